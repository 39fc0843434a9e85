//! Peers that take too long once the connection is open (private): those that leave a message unfinished, and those of which
//! nothing is heard.

use std::rc::Rc;
use std::time::Duration;

use super::super::limits::{LEAST_WAIT, Limits};
use super::super::protocol::CloseCode;
use super::private::{Closing, Socket, WebSocketPrivate};
use crate::core::clock::Moment;
use crate::core::event_dispatcher;
use crate::core::timer_queue::TimerId;
use crate::{SocketState, TimerType};

impl Socket {
    /// Notes that something has come, where the time since then matters: the peer may owe the rest of a frame or message, whose
    /// time is limited, or be silent from now on.
    ///
    /// Each read moves the limit. That only notes the time; the timer, once it runs, looks whether it came too early.
    #[inline]
    pub(super) fn note_read(self: &Rc<Self>) {
        let socket = &self.value;
        if socket.owes_rest() {
            self.note_rest();
        } else if socket.limits.get(Limits::watches_silence) {
            socket.last_read.set(Moment::now());
        }
    }

    /// Notes that something has come, but not all of what has begun.
    #[inline(never)]
    fn note_rest(self: &Rc<Self>) {
        let socket = &self.value;
        let now = Moment::now();
        socket.last_read.set(now);
        socket.processor.borrow_mut().note_unfinished(now.into());
        if socket.idle_timer.get().is_none()
            && let Some(rest) = socket.time_for_rest()
        {
            self.start_idle_timer(rest.limit);
        }
    }

    fn start_idle_timer(self: &Rc<Self>, timeout: Duration) {
        self.value.idle_timer.set(event_dispatcher::start_timer(timeout, TimerType::Coarse, self.clone()));
    }

    pub(super) fn idle_timed_out(self: &Rc<Self>, id: TimerId) {
        let socket = &self.value;
        event_dispatcher::stop_timer(id);
        socket.idle_timer.set(None);
        if !socket.owes_rest() {
            return;
        }
        match socket.time_for_rest() {
            None => {}
            Some(rest) if socket.is_waiting_for_peer() => {
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
            self.value.rare_mut().silence_timer.set(timer);
        }
    }

    fn stop_watching_silence(&self) {
        if let Some(timer) = self.value.rare().and_then(|rare| rare.silence_timer.take()) {
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
        let socket = &self.value;
        if !socket.is_exchanging() || socket.is_waiting_for_peer() {
            return;
        }
        let silence = socket.last_read.get().elapsed();
        let (ping_after, idle_timeout) =
            socket.limits.get(|limits| (limits.ping_after(), limits.idle_timeout()));
        if idle_timeout.is_some_and(|timeout| is_due(timeout, silence)) {
            self.fail(CloseCode::GoingAway, "Nothing was heard of the peer for too long.");
        } else if ping_after.is_some_and(|after| is_due(after, silence)) && !socket.was_pinged() {
            socket.ping(&[]);
        }
    }

    /// When to look after the silence next; `None` if it is not limited, or the connection is not open.
    fn time_to_silence(&self) -> Option<Duration> {
        let socket = &self.value;
        if !socket.is_exchanging() {
            return None;
        }
        let silence = socket.last_read.get().elapsed();
        let (ping_after, idle_timeout) =
            socket.limits.get(|limits| (limits.ping_after(), limits.idle_timeout()));
        let next = match (ping_after, idle_timeout) {
            (Some(after), end) if !is_due(after, silence) => Some(end.map_or(after, |end| after.min(end))),
            // The ping is sent: what comes next is the end, or a new silence.
            (Some(after), None) => Some(silence + after),
            (_, end) => end,
        };
        Some(next?.saturating_sub(silence).max(LEAST_WAIT))
    }
}

/// Whether a limit is reached, as exactly as a coarse timer tells.
fn is_due(limit: Duration, elapsed: Duration) -> bool {
    elapsed + limit / 20 >= limit
}

/// How long the rest of a message may still take, and the limit which says so.
struct TimeLeft {
    left: Duration,
    limit: Duration,
}

impl WebSocketPrivate {
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

    /// Whether messages go both ways.
    pub(super) fn is_exchanging(&self) -> bool {
        self.state.get() == SocketState::Connected && self.closing.get() == Closing::No
    }

    /// Whether a ping was sent since something was heard.
    fn was_pinged(&self) -> bool {
        self.ping_sent.get() > self.last_read.get()
    }
}
