//! Reception that the program holds up (private): nothing of a socket is read as long as a stream of its messages is full, or a task
//! is about to receive it. So the system's buffers fill, and the peer has to wait: real back-pressure, of pings and close frames too.

use super::WebSocket;
use super::private::Socket;
use crate::core::clock::Moment;
use crate::core::event_dispatcher;
use crate::network::socket_engine::SocketEngine;

/// Nothing is read.
#[derive(Clone, Copy)]
pub(super) struct HeldReception {
    holds: u32,
    since: Moment,
}

/// Holds up the reception of a socket until it is dropped.
pub(crate) struct ReceptionHold(WebSocket);

impl ReceptionHold {
    /// Ends when the task that is being polled has come to its next `await`, and those that it has spawned until then have been
    /// polled for the first time: until somebody is there to receive.
    pub(crate) fn end_after_poll(self) {
        // The second call stands behind what is posted before the first one is made.
        event_dispatcher::post_call(None, move || event_dispatcher::post_call(None, move || drop(self)));
    }

    pub(crate) fn of(socket: WebSocket) -> Option<Self> {
        socket.0.with_object(|socket| {
            let held = &socket.rare_mut().held_reception;
            let HeldReception { holds, since } =
                held.get().unwrap_or_else(|| HeldReception { holds: 0, since: Moment::now() });
            held.set(Some(HeldReception { holds: holds + 1, since }));
        })?;
        Some(Self(socket))
    }
}

impl Drop for ReceptionHold {
    fn drop(&mut self) {
        if self.0.is_alive() {
            self.0.0.with_object(|socket| socket.release_reception());
        }
    }
}

impl Socket {
    /// Returns whether a stream of messages is full.
    #[inline]
    pub(super) fn is_reception_held(&self) -> bool {
        self.rare().is_some_and(|rare| rare.held_reception.get().is_some())
    }

    /// Returns whether nothing is read for now, so that nothing can be heard of the peer.
    #[inline]
    pub(super) fn does_not_read(&self) -> bool {
        self.is_waiting_for_peer() || self.is_reception_held()
    }

    fn release_reception(&self) {
        let Some(held) = self.rare().map(|rare| &rare.held_reception) else { return };
        match held.take() {
            Some(HeldReception { holds, since }) if holds > 1 => {
                held.set(Some(HeldReception { holds: holds - 1, since }));
            }
            Some(HeldReception { since, .. }) => {
                if let Some(engine) = self.engine() {
                    self.read_on(&engine, since);
                }
            }
            None => {}
        }
    }

    /// Goes on reading, which stood still since then: nothing could arrive meanwhile.
    pub(super) fn read_on(&self, engine: &SocketEngine, since: Moment) {
        self.last_read.set(Moment::now());
        self.processor.borrow_mut().delay_unfinished(since.elapsed().as_nanos() as u64);
        engine.read_later();
    }
}
