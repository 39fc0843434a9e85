//! Peers that send slowly (private): the rest of a message, or anything at all.

use std::rc::Rc;
use std::time::Duration;

use super::private::Socket;
use super::transport::Closing;
use crate::core::clock::Moment;
use crate::websocket::limits::LEAST_WAIT;
use crate::{CloseCode, Limits, SocketState};

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
        if !self.message_deadline.is_running()
            && let Some(rest) = self.time_for_rest()
        {
            self.message_deadline.start(rest.limit, self.clone());
        }
    }

    pub(super) fn message_timed_out(self: &Rc<Self>) {
        if !self.owes_rest() {
            return;
        }
        match self.time_for_rest() {
            None => {}
            Some(rest) if self.does_not_read() => {
                // Nothing can arrive: this side does not read.
                self.message_deadline.start(rest.limit, self.clone());
            }
            // The coarse timer may be early by its granularity.
            Some(rest) if rest.left > rest.limit / 20 => {
                self.message_deadline.start(rest.left, self.clone());
            }
            Some(_) => self.fail(CloseCode::GoingAway, "Timeout when reading data from socket."),
        }
    }

    // ---- silence

    /// Begins to look after the silence of the peer, if that is limited.
    pub(super) fn watch_silence(self: &Rc<Self>) {
        self.stop_watching_silence();
        if let Some(due) = self.time_to_silence() {
            self.rare_mut().silence_deadline.start(due, self.clone());
        }
    }

    fn stop_watching_silence(&self) {
        if let Some(rare) = self.rare() {
            rare.silence_deadline.stop();
        }
    }

    pub(super) fn silence_timed_out(self: &Rc<Self>) {
        self.look_after_silence();
        self.watch_silence();
    }

    /// Sends a ping to a peer that is silent, or ends its connection. Does nothing while this side does not read: nothing can
    /// be heard then.
    pub(crate) fn look_after_silence(self: &Rc<Self>) {
        if !self.is_exchanging() || self.does_not_read() {
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
        processor.has_unfinished() && (processor.is_mid_frame() || processor.is_mid_message())
    }

    /// The limit for an unfinished message that is reached first.
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
