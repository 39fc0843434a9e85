//! One encoder of zlib: where a message is compressed.

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Method, Strategy};

/// The end of a flush, which a message leaves out (RFC 7692 §7.2.1).
const FLUSH_END: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// With less room than this for its output an encoder might mark the same flush again and again.
const MIN_ROOM: usize = 64;

/// The steps by which the memory for output grows.
const GROWTH: std::ops::RangeInclusive<usize> = 1024..=64 * 1024;

/// zlib's `memLevel`: a block may have 4096 symbols. zlib-rs clears the memory of as many as it may have for each message; larger
/// blocks make nothing smaller.
const MEM_LEVEL: i32 = 6;

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
    pub(super) fn memory(self) -> usize {
        163_000 + (4 << self.zlib_window_bits())
    }
}

/// A point in the stream of one connection's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) context: u64,
    /// The number of its messages that were compressed.
    pub(super) messages: u64,
}

pub(super) struct Deflater {
    stream: Deflate,
    pub(super) kind: Kind,
    /// The position for whose next message its state is right.
    pub(super) holds: Option<Point>,
    pub(super) is_shared: bool,
    /// Set if it was used since the last look.
    pub(super) used: bool,
}

impl Deflater {
    pub(super) fn new(kind: Kind, is_shared: bool) -> Self {
        let config = DeflateConfig {
            level: kind.level.into(),
            method: Method::Deflated,
            window_bits: -i32::from(kind.zlib_window_bits()),
            mem_level: MEM_LEVEL,
            strategy: Strategy::Default,
        };
        Self { stream: Deflate::new_with_config(config), kind, holds: None, is_shared, used: true }
    }

    /// Begins a message that refers to nothing.
    pub(super) fn begin_anew(&mut self) {
        self.stream.reset();
    }

    /// Begins a message that refers to `history`.
    #[expect(clippy::expect_used, reason = "zlib takes a dictionary of a raw stream between any two blocks")]
    pub(super) fn begin_behind(&mut self, history: [&[u8]; 2]) {
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

impl std::fmt::Debug for Deflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deflater")
            .field("kind", &self.kind)
            .field("holds", &self.holds)
            .finish_non_exhaustive()
    }
}
