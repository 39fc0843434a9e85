//! The end of an engine's connection: at once, once its output is written, or by letting the peer read the last of it.

use std::any::Any;
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use super::writing::Writing;
use super::{Phase, ReadOutcome, SocketEngine};
use crate::core::event_dispatcher;
use crate::core::timer_queue::{TimerId, TimerTarget};

/// The time for which the peer of a released connection may go on sending.
const LINGER_TIME: Duration = Duration::from_secs(2);

/// The time between two checks of whether the peer takes the last output.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// The amount of the last output that has to be taken in that time, for the rest to be waited for.
const LEAST_TAKEN: usize = 16 * 1024;

impl SocketEngine {
    /// Closes the connection at once. Output that waits is lost; the client is not called.
    pub(crate) fn abort(&self) {
        self.phase.set(Phase::Closed);
        self.client.replace(None);
        self.output.borrow_mut().clear();
        drop(self.take_unread());
        if let Some(encryption) = self.encryption() {
            encryption.end();
        }
        self.stop_end_timer();
        drop(self.rare.get().and_then(|rare| rare.kept_until_closed.take()));
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

    /// Closes the connection once all output is written, or the peer has stopped taking it, and then calls the client; at once
    /// if there is none, in which case it returns `true` and does not call it.
    pub(crate) fn close_when_written(self: &Rc<Self>) -> bool {
        if self.phase.get() == Phase::Closed {
            return true;
        }
        self.phase.set(Phase::Closing);
        self.write_output();
        let is_written = self.is_all_written();
        if is_written {
            self.abort();
        } else {
            self.start_end_timer(PATIENCE);
        }
        is_written
    }

    /// Returns whether there is output that the peer may still take.
    pub(crate) fn owes_output(&self) -> bool {
        self.writing.get() != Writing::Broken && !self.is_all_written()
    }

    /// Gives the connection up: what waits is written, and the peer gets the time to read it. Closing a connection that has
    /// unread input makes the system send a reset, which can overtake the last bytes (RFC 1122 §4.2.2.13).
    pub(crate) fn linger(self: &Rc<Self>) {
        if self.phase.get() == Phase::Closed {
            return;
        }
        self.client.replace(None);
        drop(self.take_unread());
        self.phase.set(Phase::Lingering);
        self.write_output();
        if self.is_all_written() {
            self.shut_down_writing();
        } else {
            self.start_end_timer(PATIENCE);
        }
        self.read_later();
    }

    /// Drops `kept` once the connection is closed, which may be right now.
    pub(crate) fn keep_until_closed(&self, kept: impl Any) {
        if self.phase.get() != Phase::Closed {
            self.rare().kept_until_closed.set(Some(Box::new(kept)));
        }
    }

    /// Once only: the system reports readiness after each shutdown.
    pub(super) fn shut_down_writing(self: &Rc<Self>) {
        self.phase.set(Phase::Draining);
        // A connection that is gone already needs no end.
        let _ = self.with_stream(|stream| stream.shutdown(Shutdown::Write));
        self.start_end_timer(LINGER_TIME);
    }

    pub(super) fn start_end_timer(self: &Rc<Self>, interval: Duration) {
        let rare = self.rare();
        rare.last_owed.set(self.bytes_to_write());
        rare.end_timer.start(interval, self.clone());
    }

    fn stop_end_timer(&self) {
        if let Some(rare) = self.rare.get() {
            rare.end_timer.stop();
        }
    }

    /// Writes what is taken now, and looks whether it was enough since the last time to wait for longer.
    fn peer_takes_output(self: &Rc<Self>) -> bool {
        self.flush_a_turn();
        let owed = self.bytes_to_write();
        let taken = self.rare().last_owed.replace(owed).saturating_sub(owed);
        taken >= LEAST_TAKEN
    }

    /// Ends the wait for the peer; calls the client, if there is one.
    fn close_now(self: &Rc<Self>) {
        let client = self.client();
        self.abort();
        if let Some(client) = client {
            client.closed(self);
        }
    }

    /// All of the last output is written, if that is so.
    #[inline]
    pub(super) fn end_if_written(self: &Rc<Self>) {
        match self.phase.get() {
            Phase::Closing if self.is_all_written() => self.close_now(),
            Phase::Lingering if self.is_all_written() => self.shut_down_writing(),
            _ => {}
        }
    }

    /// Throws away what still comes, until the peer closes.
    pub(super) fn drain(&self) {
        let mut waste = [0; 4096];
        // Bounded, so that a peer that never stops does not keep the loop; the timer ends it.
        for _ in 0..64 {
            match self.read_stream(&mut waste) {
                ReadOutcome::More(_) => {}
                ReadOutcome::Last(_) | ReadOutcome::Nothing => return,
                // It may have closed its side only, and still read.
                ReadOutcome::End if self.owes_output() => return,
                ReadOutcome::End | ReadOutcome::Failed(_) => return self.abort(),
            }
        }
        self.read_in_next_turn();
    }
}

impl TimerTarget for SocketEngine {
    fn timed_out(self: Rc<Self>, _: TimerId) {
        let is_writing = matches!(self.phase.get(), Phase::Closing | Phase::Lingering);
        if is_writing && self.peer_takes_output() {
            self.end_if_written();
        } else if self.phase.get() == Phase::Closing {
            self.close_now();
        } else {
            self.abort();
        }
    }
}
