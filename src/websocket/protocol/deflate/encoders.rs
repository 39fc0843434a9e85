//! The encoders of a thread, and which of them a message gets.
//!
//! One is shared by all contexts without one of their own: it is reset for each message and given the connection's history. A
//! connection that is back soon gets one that nobody else uses meanwhile, if there is memory for it, and goes on with that as
//! long as it has compressed nothing elsewhere. With many connections in turn all share the one, which so stays in the
//! processor's cache.

use std::collections::VecDeque;

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Method, Strategy};

/// The end of a flush, which a message leaves out (RFC 7692 §7.2.1).
const FLUSH_END: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// With less room than this for its output an encoder might mark the same flush again and again.
const MIN_ROOM: usize = 64;

/// The steps by which the memory for output grows.
const GROWTH: std::ops::RangeInclusive<usize> = 1024..=64 * 1024;

/// zlib's `memLevel`: how many symbols a block may have.
const MEM_LEVEL: i32 = 8;

/// The parameters in which encoders differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) level: u8,
    /// From 8 on; of zlib there is none below 9.
    pub(super) window_bits: u8,
}

impl Kind {
    fn zlib_window_bits(self) -> u8 {
        self.window_bits.max(9)
    }

    /// The distance that an encoder refers back: zlib keeps the longest match and a little more out of its window
    /// (`MIN_LOOKAHEAD`). So one of 9 bits does for 8 as well.
    pub(super) fn reach(self) -> usize {
        (1 << self.zlib_window_bits()) - 262
    }

    /// The memory of an encoder, in bytes: for any window hash table and symbols, and twice the window in bytes and in links.
    fn memory(self) -> usize {
        249_000 + (4 << self.zlib_window_bits())
    }
}

/// A point in the stream of one connection's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) context: u64,
    /// The number of its messages that were compressed.
    pub(super) messages: u64,
}

#[derive(Debug, Default)]
pub(super) struct Encoders {
    /// The one used last is at the end.
    all: Vec<Encoder>,
    /// The contexts that found no encoder to go on with, the last at the end; as many as there can be encoders.
    strangers: VecDeque<u64>,
}

pub(super) struct Encoder {
    stream: Deflate,
    kind: Kind,
    /// The position for whose next message its state is right.
    holds: Option<Point>,
    is_shared: bool,
    /// Set if it was used since the last look.
    used: bool,
}

impl Encoders {
    /// An encoder that refers to nothing.
    pub(super) fn without_context(&mut self, kind: Kind, memory: usize) -> &mut Encoder {
        let index = self.shared(kind, memory);
        let encoder = self.use_encoder(index);
        encoder.stream.reset();
        encoder
    }

    /// An encoder that goes on at that point, behind `history`.
    pub(super) fn at(
        &mut self,
        point: Point,
        history: [&[u8]; 2],
        kind: Kind,
        memory: usize,
    ) -> &mut Encoder {
        let goes_on = |encoder: &Encoder| encoder.kind == kind && encoder.holds == Some(point);
        if let Some(index) = self.all.iter().rposition(goes_on) {
            return self.use_encoder(index);
        }
        let index = match self.is_back_soon(point.context, memory / kind.memory()) {
            true => self.dedicated(kind, memory),
            false => self.shared(kind, memory),
        };
        let encoder = self.use_encoder(index);
        encoder.begin_behind(history);
        encoder
    }

    /// The memory of all encoders, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.all.iter().map(|encoder| encoder.kind.memory()).sum()
    }

    /// Frees those that were not used since the last time.
    pub(super) fn release_unused(&mut self) {
        self.all.retain_mut(|encoder| std::mem::take(&mut encoder.used));
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns whether that context is one of the last `count` that found no encoder, and adds it to them.
    fn is_back_soon(&mut self, context: u64, count: usize) -> bool {
        let known = self.strangers.iter().position(|stranger| *stranger == context);
        if let Some(index) = known {
            self.strangers.remove(index);
        }
        self.strangers.push_back(context);
        let outdated = self.strangers.len().saturating_sub(count.max(1));
        self.strangers.drain(..outdated);
        known.is_some()
    }

    fn shared(&mut self, kind: Kind, memory: usize) -> usize {
        let shared = self.all.iter().position(|encoder| encoder.kind == kind && encoder.is_shared);
        shared.unwrap_or_else(|| self.add(kind, true, memory))
    }

    /// A new one, if there is memory for it; else the one that was used least lately.
    fn dedicated(&mut self, kind: Kind, memory: usize) -> usize {
        let oldest = self.all.iter().position(|encoder| encoder.kind == kind);
        match oldest {
            Some(index) if self.memory() + kind.memory() > memory => index,
            _ => self.add(kind, false, memory),
        }
    }

    /// Makes another one, for which those have to go that were used least lately.
    fn add(&mut self, kind: Kind, is_shared: bool, memory: usize) -> usize {
        while !self.all.is_empty() && self.memory() + kind.memory() > memory {
            self.all.remove(0);
        }
        self.all.push(Encoder::new(kind, is_shared));
        self.all.len() - 1
    }

    fn use_encoder(&mut self, index: usize) -> &mut Encoder {
        self.all[index..].rotate_left(1);
        let last = self.all.len() - 1;
        let encoder = &mut self.all[last];
        encoder.used = true;
        // Should it be left in the middle of a message, nobody goes on with it.
        encoder.holds = None;
        encoder
    }
}

impl Encoder {
    fn new(kind: Kind, is_shared: bool) -> Self {
        let config = DeflateConfig {
            level: kind.level.into(),
            method: Method::Deflated,
            window_bits: -i32::from(kind.zlib_window_bits()),
            mem_level: MEM_LEVEL,
            strategy: Strategy::Default,
        };
        Self { stream: Deflate::new_with_config(config), kind, holds: None, is_shared, used: true }
    }

    #[expect(clippy::expect_used, reason = "zlib takes a dictionary of a raw stream between any two blocks")]
    fn begin_behind(&mut self, history: [&[u8]; 2]) {
        self.stream.reset();
        for part in history.into_iter().filter(|part| !part.is_empty()) {
            self.stream.set_dictionary(part).expect("a raw stream was reset");
        }
    }

    /// Notes that it has compressed the messages up to that point.
    pub(super) fn hold(&mut self, point: Point) {
        self.holds = Some(point);
    }

    /// Compresses a message that is not empty, and gives it to `frame` in pieces of at most `frame_size` bytes, and whether it is
    /// the last.
    pub(super) fn compress(
        &mut self,
        message: &[u8],
        frame_size: usize,
        output: &mut Vec<u8>,
        mut frame: impl FnMut(&[u8], bool),
    ) {
        let mut rest = message;
        let mut filled = 0;
        loop {
            if output.len() < filled + MIN_ROOM {
                output.resize(filled + (rest.len() / 2).clamp(*GROWTH.start(), *GROWTH.end()), 0);
            }
            let (consumed, produced) = self.step(rest, &mut output[filled..]);
            rest = &rest[consumed..];
            filled += produced;
            // Output that fits exactly is not the end: only room that is left says that nothing more comes.
            let is_complete = rest.is_empty() && filled < output.len();
            let mut start = 0;
            while filled - start > frame_size.saturating_add(FLUSH_END.len()) {
                frame(&output[start..start + frame_size], false);
                start += frame_size;
            }
            if is_complete {
                debug_assert!(output[start..filled].ends_with(&FLUSH_END));
                return frame(&output[start..filled - FLUSH_END.len()], true);
            }
            output.copy_within(start..filled, 0);
            filled -= start;
        }
    }

    /// The amounts of input that was consumed and of output that was produced.
    #[expect(
        clippy::expect_used,
        reason = "zlib knows only wrong settings as an error, and these were accepted"
    )]
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> (usize, usize) {
        let (consumed, produced) = (self.stream.total_in(), self.stream.total_out());
        self.stream.compress(input, output, DeflateFlush::SyncFlush).expect("its settings were accepted");
        let consumed = self.stream.total_in() - consumed;
        let produced = self.stream.total_out() - produced;
        (consumed as usize, produced as usize)
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder")
            .field("kind", &self.kind)
            .field("holds", &self.holds)
            .finish_non_exhaustive()
    }
}
