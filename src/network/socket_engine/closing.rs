//! How the connection of an engine ends: at once, once its output is written, or by letting the peer read the last of it.

use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use super::{Phase, ReadOutcome, SocketEngine};
use crate::TimerType;
use crate::core::event_dispatcher;
use crate::core::timer_queue::{TimerId, TimerTarget};

/// How long a connection that is nobody's any more may go on sending.
const LINGER_TIME: Duration = Duration::from_secs(2);

impl SocketEngine {
    /// Closes the connection at once. Output that waits is lost; the client is not told.
    pub(crate) fn abort(&self) {
        self.phase.set(Phase::Closed);
        self.client.replace(None);
        self.output.borrow_mut().clear();
        #[cfg(feature = "_tls")]
        if let Some(encryption) = self.encryption() {
            encryption.end();
        }
        if let Some(timer) = self.rare.get().and_then(|rare| rare.linger_timer.take()) {
            event_dispatcher::stop_timer(timer);
        }
        if let Some(key) = self.key.take() {
            event_dispatcher::remove_source(key);
        }
        if let Some(address) = self.local_address() {
            self.rare().closed_at.set(Some(address));
        }
        // Closing the descriptor takes it from the poller as well.
        let stream = self.stream.take();
        drop(stream);
    }

    /// Closes the connection once all output is written, and then tells the client; at once if there is none, in which case
    /// it returns `true` and does not tell.
    pub(crate) fn close_when_written(self: &Rc<Self>) -> bool {
        if self.phase.get() == Phase::Closed {
            return true;
        }
        self.phase.set(Phase::Closing);
        self.write_output();
        let is_written = self.is_all_written();
        if is_written {
            self.abort();
        }
        is_written
    }

    /// Gives the connection up: what waits is written, and the peer gets the time to read it. Closing a connection that has
    /// unread input makes the system send a reset, which can overtake the last bytes (RFC 1122 §4.2.2.13).
    pub(crate) fn linger(self: &Rc<Self>) {
        if self.phase.get() == Phase::Closed {
            return;
        }
        self.client.replace(None);
        self.phase.set(Phase::Lingering);
        self.write_output();
        if self.is_all_written() {
            self.shut_down_writing();
        }
        let timer = event_dispatcher::start_timer(LINGER_TIME, TimerType::Coarse, self.clone());
        self.rare().linger_timer.set(timer);
        self.read_later();
    }

    /// Once only: the system tells readiness after each shutdown.
    pub(super) fn shut_down_writing(&self) {
        self.phase.set(Phase::Draining);
        // A connection that is gone already needs no end.
        let _ = self.with_stream(|stream| stream.shutdown(Shutdown::Write));
    }

    /// Throws away what still comes, until the peer closes.
    pub(super) fn drain(&self) {
        let mut waste = [0; 4096];
        // Bounded, so that a peer that never stops does not keep the loop; the timer ends it.
        for _ in 0..64 {
            match self.read_stream(&mut waste) {
                ReadOutcome::More(_) => {}
                ReadOutcome::Last(_) | ReadOutcome::Nothing => return,
                ReadOutcome::End | ReadOutcome::Failed(_) => return self.abort(),
            }
        }
        self.read_in_next_turn();
    }
}

impl TimerTarget for SocketEngine {
    /// [`LINGER_TIME`] is over.
    fn timed_out(self: Rc<Self>, _: TimerId) {
        self.abort();
    }
}
