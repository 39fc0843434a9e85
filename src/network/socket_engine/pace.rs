//! The amount of one connection's input that is received before the others have their turn.

use std::cell::Cell;
use std::time::Duration;

use super::SocketEngine;
use crate::core::turn::{Turn, TurnLength};

/// The experience of a connection's last turns, for the next one. One byte: a server has many connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace(u8);

/// A turn of one connection. It ends after a number of messages, of bytes, or some time.
pub(crate) struct ReceivingTurn<'e> {
    pace: &'e Cell<Pace>,
    turn: Turn,
    is_over: bool,
    bytes: usize,
    /// Messages before the last read, until that is handled.
    before_read: Option<u32>,
}

/// The length of a turn, in messages.
static LENGTH: TurnLength =
    TurnLength { max_steps: 1024, max_time: Duration::from_micros(500), steps_per_look: 32 };
static LENGTH_WITH_SLOW_SLOTS: TurnLength = TurnLength { steps_per_look: 1, ..LENGTH };
const MAX_BYTES: usize = 1024 * 1024;
/// With slots that take no longer, it is enough to look at the clock once in many messages.
const QUICK: Duration = Duration::from_micros(5);

impl Pace {
    const MIN_READ: usize = 16 * 1024;
    /// The number of times that the smallest read is doubled: that many bytes are read at a time.
    const DOUBLINGS: u8 = 0b111;
    const MAX_DOUBLINGS: u8 = 5;
    /// Slots have taken long.
    const SLOW: u8 = 0b1000;

    /// The amount that may be read at a time. A read that brings few messages costs more than it needs, one that brings many
    /// lasts.
    fn read_size(self) -> usize {
        Self::MIN_READ << self.doublings()
    }

    fn doublings(self) -> u8 {
        self.0 & Self::DOUBLINGS
    }

    fn with_doublings(self, doublings: u8) -> Self {
        Self(self.0 & !Self::DOUBLINGS | doublings.min(Self::MAX_DOUBLINGS))
    }

    fn is_slow(self) -> bool {
        self.0 & Self::SLOW != 0
    }

    fn with_slow(self, is_slow: bool) -> Self {
        Self(self.0 & !Self::SLOW | if is_slow { Self::SLOW } else { 0 })
    }
}

impl Default for Pace {
    /// 64 KiB at a time.
    fn default() -> Self {
        Self(2)
    }
}

impl<'e> ReceivingTurn<'e> {
    #[inline]
    pub(crate) fn begin(engine: &'e SocketEngine) -> Self {
        let pace = &engine.pace;
        let mut this = Self { pace, turn: Turn::new(&LENGTH), is_over: false, bytes: 0, before_read: None };
        if pace.get().is_slow() {
            this.expect_slow_slots();
        }
        this
    }

    // Apart, so that the other turns are not put together in a second place first.
    #[inline(never)]
    fn expect_slow_slots(&mut self) {
        self.turn = Turn::begun(&LENGTH_WITH_SLOW_SLOTS);
    }

    /// The amount that may be read next.
    pub(crate) fn read_size(&self) -> usize {
        self.pace.get().read_size()
    }

    /// A message, frame or pong was handled.
    #[inline]
    pub(crate) fn message_handled(&mut self) {
        if self.turn.step() {
            self.is_over = true;
        }
    }

    /// Looks at the clock, because something other than a message may have taken long.
    pub(crate) fn look(&mut self) {
        if self.turn.look() {
            self.is_over = true;
        }
    }

    /// Ends the turn, whatever is left of it.
    pub(crate) fn end(&mut self) {
        self.is_over = true;
    }

    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// A read is about to be handled; it brought this many bytes.
    #[inline]
    pub(crate) fn has_read(&mut self, count: usize) {
        self.before_read = Some(self.turn.steps());
        self.bytes += count;
    }

    /// All that was read is handled, and there may be more.
    pub(crate) fn may_go_on(&mut self) {
        const FEW_MESSAGES: u32 = 256;
        if let Some(before) = self.before_read.take()
            && self.turn.steps() - before < FEW_MESSAGES
        {
            let pace = self.pace.get();
            self.pace.set(pace.with_doublings(pace.doublings() + 1));
        }
        // The clock costs little beside a read.
        self.look();
        self.is_over |= self.bytes >= MAX_BYTES;
    }

    /// A part of what was read has to wait: it was more than a turn can handle.
    pub(crate) fn leaves_unread(&self) {
        let pace = self.pace.get();
        self.pace.set(pace.with_doublings(pace.doublings().saturating_sub(2)));
    }
}

impl Drop for ReceivingTurn<'_> {
    fn drop(&mut self) {
        if let Some(time) = self.turn.time_of_step() {
            self.pace.set(self.pace.get().with_slow(time > QUICK));
        }
    }
}
