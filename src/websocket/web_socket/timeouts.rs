//! Peers that take too long once the connection is open (private): those that leave a message unfinished, and those of which
//! nothing is heard.

use std::rc::Rc;
use std::time::Duration;

use super::private::Socket;
use super::transport::{Closing, ConnectionId};
use crate::core::clock::Moment;
use crate::core::event_dispatcher;
use crate::core::timer_queue::{TimerId, TimerTarget};
use crate::websocket::limits::{LEAST_WAIT, Limits};
use crate::websocket::protocol::CloseCode;
use crate::{SocketState, TimerType};

impl Socket {
    /// Notes that something has come, where the time since then matters: the peer may owe the rest of a frame or message, whose
    /// time is limited, or be silent from now on.
    ///
    /// Each read moves the limit. That only notes the time; the timer, once it runs, looks whether it came too early.
    #[inline]
    pub(super) fn note_read(self: &Rc<Self>) {
        if self.owes_rest() {
            self.note_rest();
        } else if self.limits.get(Limits::watches_silence) {
            self.last_read.set(Moment::now());
        }
    }

    /// Notes that something has come, but not all of what has begun.
    #[inline(never)]
    fn note_rest(self: &Rc<Self>) {
        let now = Moment::now();
        self.last_read.set(now);
        self.processor.borrow_mut().note_unfinished(now.into());
        if self.idle_timer.get().is_none()
            && let Some(rest) = self.time_for_rest()
        {
            self.start_idle_timer(rest.limit);
        }
    }

    fn start_idle_timer(self: &Rc<Self>, timeout: Duration) {
        self.idle_timer.set(event_dispatcher::start_timer(timeout, TimerType::Coarse, self.clone()));
    }

    pub(super) fn idle_timed_out(self: &Rc<Self>, id: TimerId) {
        event_dispatcher::stop_timer(id);
        self.idle_timer.set(None);
        if !self.owes_rest() {
            return;
        }
        match self.time_for_rest() {
            None => {}
            Some(rest) if self.is_waiting_for_peer() => {
                // Nothing can arrive: this side does not read.
                self.start_idle_timer(rest.limit);
            }
            // The coarse timer may be early by its granularity.
            Some(rest) if rest.left > rest.limit / 20 => self.start_idle_timer(rest.left),
            Some(_) => self.fail(CloseCode::GoingAway, "Timeout when reading data from socket."),
        }
    }

    // ---- silence

    /// Begins to look after the silence of the peer, if that is limited.
    pub(super) fn watch_silence(self: &Rc<Self>) {
        self.stop_watching_silence();
        if let Some(due) = self.time_to_silence() {
            let timer = event_dispatcher::start_timer(due, TimerType::Coarse, self.clone());
            self.rare_mut().silence_timer.set(timer);
        }
    }

    fn stop_watching_silence(&self) {
        if let Some(timer) = self.rare().and_then(|rare| rare.silence_timer.take()) {
            event_dispatcher::stop_timer(timer);
        }
    }

    pub(super) fn silence_timed_out(self: &Rc<Self>) {
        self.stop_watching_silence();
        self.look_after_silence();
        self.watch_silence();
    }

    /// Sends a ping to a peer that is silent, or ends its connection. Does nothing while this side does not read: nothing can
    /// be heard then.
    pub(crate) fn look_after_silence(self: &Rc<Self>) {
        if !self.is_exchanging() || self.is_waiting_for_peer() {
            return;
        }
        let silence = self.last_read.get().elapsed();
        let (ping_after, idle_timeout) =
            self.limits.get(|limits| (limits.ping_after(), limits.idle_timeout()));
        if idle_timeout.is_some_and(|timeout| is_due(timeout, silence)) {
            self.fail(CloseCode::GoingAway, "Nothing was heard of the peer for too long.");
        } else if ping_after.is_some_and(|after| is_due(after, silence)) && !self.was_pinged() {
            self.ping(&[]);
        }
    }

    /// The time until the next check of the peer's silence; `None` if it is not limited, or the connection is not open.
    fn time_to_silence(&self) -> Option<Duration> {
        if !self.is_exchanging() {
            return None;
        }
        let silence = self.last_read.get().elapsed();
        let (ping_after, idle_timeout) =
            self.limits.get(|limits| (limits.ping_after(), limits.idle_timeout()));
        let next = match (ping_after, idle_timeout) {
            (Some(after), end) if !is_due(after, silence) => Some(end.map_or(after, |end| after.min(end))),
            // The ping is sent: what comes next is the end, or a new silence.
            (Some(after), None) => Some(silence + after),
            (_, end) => end,
        };
        Some(next?.saturating_sub(silence).max(LEAST_WAIT))
    }
}

/// Returns whether a limit is reached, as exactly as a coarse timer measures.
fn is_due(limit: Duration, elapsed: Duration) -> bool {
    elapsed + limit / 20 >= limit
}

/// The time that the rest of a message may still take, and the limit that says so.
struct TimeLeft {
    left: Duration,
    limit: Duration,
}

impl Socket {
    #[inline]
    fn owes_rest(&self) -> bool {
        let processor = self.processor.borrow();
        processor.is_mid_frame() || processor.is_mid_message()
    }

    /// Of the limits for an unfinished message that which is reached first.
    fn time_for_rest(&self) -> Option<TimeLeft> {
        let pause = self.limits.get(Limits::max_message_pause).map(|limit| {
            let left = limit.saturating_sub(self.last_read.get().elapsed());
            TimeLeft { left, limit }
        });
        let message = self.processor.borrow().unfinished_since().and_then(|(begun, received)| {
            let limit = self.limits.get(|limits| limits.time_for_message(received))?;
            let left = limit.saturating_sub(Moment::from(begun).elapsed());
            Some(TimeLeft { left, limit })
        });
        pause.into_iter().chain(message).min_by_key(|time| time.left)
    }

    /// Returns whether messages go both ways.
    pub(super) fn is_exchanging(&self) -> bool {
        self.state.get() == SocketState::Connected && self.closing.get() == Closing::No
    }

    /// Returns whether a ping was sent since something was heard.
    fn was_pinged(&self) -> bool {
        self.ping_sent.get() > self.last_read.get()
    }
}

impl Socket {
    /// Begins the time that the opening handshake may take, if it is limited.
    pub(super) fn start_opening_timer(self: &Rc<Self>) {
        if let Some(timeout) = self.limits.get(Limits::opening_timeout) {
            self.start_handshake_timer(timeout);
        }
    }

    /// Stops that time while the program is asked, until dropped.
    pub(super) fn pause_opening_timer(self: &Rc<Self>) -> OpeningPause<'_> {
        let timer = self.handshake_timer.take();
        OpeningPause::with_rest(self, timer.and_then(event_dispatcher::suspend_timer))
    }

    /// Limits the handshake that has just begun, opening or closing.
    pub(super) fn start_handshake_timer(self: &Rc<Self>, timeout: Duration) {
        self.stop_handshake_timer();
        let id = event_dispatcher::start_timer(timeout, TimerType::Coarse, self.clone());
        self.handshake_timer.set(id);
    }
}

impl Socket {
    pub(super) fn stop_timers(&self) {
        if let Some(wait) = self.wait_timer() {
            event_dispatcher::stop_timer(wait);
            self.rare_mut().waiting_for_peer.set(None);
        }
        let rare = self.rare().map(|rare| &rare.silence_timer);
        for timer in [&self.idle_timer, &self.handshake_timer].into_iter().chain(rare) {
            if let Some(id) = timer.take() {
                event_dispatcher::stop_timer(id);
            }
        }
    }

    fn silence_timer(&self) -> Option<TimerId> {
        self.rare()?.silence_timer.get()
    }

    pub(super) fn stop_handshake_timer(&self) {
        if let Some(id) = self.handshake_timer.take() {
            event_dispatcher::stop_timer(id);
        }
    }
}

/// Goes on with what was left of the time for the opening, if that is still under way; also after a panic in a slot.
pub(super) struct OpeningPause<'s> {
    socket: &'s Rc<Socket>,
    id: ConnectionId,
    rest: Option<Duration>,
}

impl<'s> OpeningPause<'s> {
    pub(super) fn with_rest(socket: &'s Rc<Socket>, rest: Option<Duration>) -> Self {
        Self { socket, id: socket.connection_id(), rest }
    }

    /// Makes the pause last; returns what is left of the time.
    #[cfg_attr(not(feature = "_tls"), expect(dead_code, reason = "only errors of TLS pause it for long"))]
    pub(super) fn keep(mut self) -> Option<Duration> {
        self.rest.take()
    }
}

impl Drop for OpeningPause<'_> {
    fn drop(&mut self) {
        let socket = self.socket;
        let is_under_way = socket.object.is_alive()
            && socket.is_latest(self.id)
            && socket.state.get() == SocketState::Connecting
            && socket.handshake_timer.get().is_none();
        if let Some(rest) = self.rest.take_if(|_| is_under_way) {
            socket.start_handshake_timer(rest);
        }
    }
}

impl TimerTarget for Socket {
    fn timed_out(self: Rc<Self>, id: TimerId) {
        if self.wait_timer() == Some(id) {
            self.wait_timed_out();
        } else if self.idle_timer.get() == Some(id) {
            self.idle_timed_out(id);
        } else if self.silence_timer() == Some(id) {
            self.silence_timed_out();
        } else if self.handshake_timer.get() == Some(id) {
            self.stop_handshake_timer();
            self.handshake_timed_out();
        }
    }
}
