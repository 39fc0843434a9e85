//! Peers that do not read what is sent to them (private): what waits for them is bounded, and so is how long this side waits.
//!
//! A program that answers what it receives is kept from filling the memory by not reading: what has not been read cannot be
//! answered. Without a limit of what may wait, reading goes on ten times a second, so that two ends that both wait for the
//! other one to read still get on. With one and [`SlowPeerPolicy::StopReading`], it stops at half of the limit until less waits,
//! and the connection ends if that takes too long: two ends of this kind cannot wait for ever either.

use std::rc::Rc;
use std::time::Duration;

use super::private::Socket;
use super::transport::Closing;
use crate::core::clock::Moment;
use crate::core::sequence::Sequence;
use crate::network::abstract_socket::SocketFailure;
use crate::network::socket_engine::SocketEngine;
use crate::websocket::limits::TRY_AGAIN_LATER;
use crate::{CloseCode, Limits, SlowPeerPolicy, SocketError};

/// The pause of reading where waiting output is not limited.
const PAUSE: Duration = Duration::from_millis(100);

/// This side does not read, because its peer does not.
#[derive(Clone, Copy)]
pub(super) struct Wait {
    since: Moment,
    /// Set if the connection ends at the end of its time, and not the wait.
    is_last: bool,
}

impl Socket {
    /// Returns whether one more message may wait to be sent. If not, the connection is about to end, as the policy says.
    #[inline]
    pub(super) fn has_room(&self, engine: &Rc<SocketEngine>) -> bool {
        match self.limits.get(Limits::max_bytes_to_write) {
            None => true,
            Some(max) => engine.unwritten() < max.max(1) || self.finds_room(engine, max.max(1)),
        }
    }

    #[cold]
    fn finds_room(&self, engine: &Rc<SocketEngine>, max: usize) -> bool {
        // Output of this turn of the loop has not been offered to the system yet.
        engine.write_now();
        let has_room = engine.unwritten() < max;
        if !has_room {
            // Its signals come from the loop: a program that sends to many does not expect one of them to end inside that.
            self.closing.set(Closing::OutOfRoom);
            engine.read_later();
        }
        has_room
    }

    /// Returns whether this side has to pause, after a read before which that much waited to be sent: the messages that came have
    /// only added to that.
    #[inline]
    pub(super) fn pauses_after_read(&self, engine: &SocketEngine, waiting_before: usize) -> bool {
        engine.is_blocked()
            && engine.bytes_to_write() > waiting_before
            && self.limits.get(Limits::stops_reading_at).is_none()
    }

    /// Returns whether so much waits to be sent that nothing more is read.
    #[inline]
    pub(super) fn is_half_full(&self, engine: &SocketEngine) -> bool {
        self.limits.get(Limits::stops_reading_at).is_some_and(|half| still_owes(engine, half))
    }

    #[inline]
    pub(super) fn is_waiting_for_peer(&self) -> bool {
        self.wait().is_some()
    }

    #[inline]
    fn wait(&self) -> Option<Wait> {
        self.rare()?.waiting_for_peer.get()
    }

    /// Goes on reading.
    fn stop_waiting_for_peer(&self, engine: &SocketEngine) {
        if let Some(rare) = self.rare()
            && let Some(wait) = rare.waiting_for_peer.take()
        {
            rare.wait_deadline.stop();
            self.read_on(engine, wait.since);
        }
    }

    /// The peer has read something.
    #[inline]
    pub(super) fn peer_has_read(&self, engine: &SocketEngine) {
        if self.is_waiting_for_peer() {
            self.go_on_if_less_waits(engine);
        }
    }

    #[cold]
    fn go_on_if_less_waits(&self, engine: &SocketEngine) {
        let goes_on = match self.limits.get(Limits::stops_reading_at) {
            Some(half) => engine.unwritten() < half,
            None => !engine.is_blocked(),
        };
        if goes_on {
            self.stop_waiting_for_peer(engine);
        }
    }
}

/// Returns whether at least so much waits to be sent, also after it was offered to the system.
#[inline(never)]
fn still_owes(engine: &SocketEngine, bytes: usize) -> bool {
    engine.unwritten() >= bytes && {
        engine.write_a_turn();
        engine.unwritten() >= bytes
    }
}

impl Socket {
    /// Does not read until the peer has read, or for as long as that may take.
    pub(super) fn wait_for_peer(self: &Rc<Self>) {
        let last = self.limits.get(Limits::longest_wait_for_peer);
        let rare = self.rare_mut();
        rare.waiting_for_peer.set(Some(Wait { since: Moment::now(), is_last: last.is_some() }));
        rare.wait_deadline.start(last.unwrap_or(PAUSE), self.clone());
    }

    pub(super) fn wait_timed_out(self: &Rc<Self>) {
        let (Some(wait), Some(engine)) = (self.wait(), self.engine()) else { return };
        if wait.is_last {
            let text = "The peer does not read: what waits for it has not become less for too long";
            self.end_slow_peer(&engine, SocketFailure::new(SocketError::SocketTimeout, text));
        } else {
            self.stop_waiting_for_peer(&engine);
        }
    }

    /// A message found no room, and was not sent.
    pub(super) fn out_of_room(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        let text = "The peer does not read: as much waits for it as may";
        self.end_slow_peer(engine, SocketFailure::new(SocketError::SocketResource, text));
    }

    /// Ends the connection as the policy says.
    fn end_slow_peer(self: &Rc<Self>, engine: &Rc<SocketEngine>, failure: SocketFailure) {
        let error = failure.error;
        let policy = self.limits.get(Limits::slow_peer_policy);
        let limit = self.limits.get(Limits::max_bytes_to_write).unwrap_or(usize::MAX);
        log::debug!(
            "{}: {error:?}, as {} bytes wait to be sent, of at most {limit}",
            self.who(),
            engine.unwritten()
        );
        self.set_error(failure);
        let id = self.connection_id();
        let _sequence = Sequence::begin_with(|| self.emit_error(error));
        // A slot may have ended it.
        if !self.is_live(id) || !self.closing.get().is_no() {
            return;
        }
        match policy {
            SlowPeerPolicy::StopReading { .. } => {
                self.fail(CloseCode::from(TRY_AGAIN_LATER), "The peer does not read.");
            }
            SlowPeerPolicy::Close(code) => self.fail(code, "The peer does not read."),
            SlowPeerPolicy::Abort => {
                self.set_close(CloseCode::AbnormalDisconnection, "");
                self.abort();
            }
        }
    }
}
