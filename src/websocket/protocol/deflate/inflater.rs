//! The decoder of a thread, and what bounds it.

use zlib_rs::{Inflate, InflateFlush, Status};

use super::parameters::MAX_WINDOW_BITS;
use crate::websocket::protocol::frames::{Chunks, FreeBuffers, PayloadBuffer, ProtocolError, Utf8Validator};

/// The empty block that every message has left out (RFC 7692 §7.2.2), and behind it an empty last one: a message that is complete
/// ends with just these.
const END: [u8; 9] = [0, 0, 0xFF, 0xFF, 1, 0, 0, 0xFF, 0xFF];

/// A block that says it is the last may be followed by others, which costs as much as some hundred bytes.
const BYTES_FOR_A_LAST_BLOCK: usize = 256;
const LAST_BLOCKS: usize = 16;

const MAX_WINDOW: usize = 1 << MAX_WINDOW_BITS;

/// The likely ratio of a text's size to its compressed size.
const USUAL_RATIO: usize = 8;

/// The most memory that expected output gets at once; more is taken only when there is more.
const MAX_FIRST_CHUNK: usize = 256 * 1024;

pub(super) struct Inflater {
    stream: Inflate,
    /// The size of the last message: the next is likely to be like it.
    last_size: usize,
}

/// The output of a message.
pub(super) struct Output<'p> {
    chunks: Chunks,
    utf8: Option<Utf8Validator>,
    max_size: usize,
    pool: &'p mut FreeBuffers,
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self { stream: Inflate::new(false, MAX_WINDOW_BITS), last_size: 0 }
    }

    /// Decompresses a message that may refer to `history`.
    pub(super) fn inflate(
        &mut self,
        compressed: &[u8],
        history: [&[u8]; 2],
        output: &mut Output<'_>,
    ) -> Result<(), ProtocolError> {
        if compressed.is_empty() {
            // A flush of nothing, of a peer that has not looked what becomes of it.
            return output.finish();
        }
        self.begin_behind(history)?;
        let mut input = compressed;
        let mut is_at_end = false;
        let mut last_blocks = LAST_BLOCKS + compressed.len() / BYTES_FOR_A_LAST_BLOCK;
        let likely = USUAL_RATIO.saturating_mul(compressed.len()).max(self.last_size);
        loop {
            let space = output.space(likely)?;
            let room = space.len();
            let (status, consumed, produced) = self.step(input, space)?;
            input = &input[consumed..];
            output.fill(produced)?;
            if status == Status::StreamEnd {
                if input.is_empty() {
                    self.last_size = output.chunks.len();
                    return output.finish();
                }
                // Blocks that follow a last block go on with the same window (RFC 7692 §7.2.3.4).
                last_blocks = last_blocks.checked_sub(1).ok_or(ProtocolError::InvalidCompressedData)?;
                if is_at_end {
                    return Err(ProtocolError::InvalidCompressedData);
                }
                self.begin_behind(history)?;
                output.as_history(|text| self.add_history(text))?;
            } else if produced < room {
                // It wants more.
                if is_at_end {
                    return Err(ProtocolError::InvalidCompressedData);
                }
                is_at_end = true;
                input = &END;
            }
        }
    }

    fn begin_behind(&mut self, history: [&[u8]; 2]) -> Result<(), ProtocolError> {
        self.stream.reset(false);
        history.into_iter().try_for_each(|part| self.add_history(part))
    }

    fn add_history(&mut self, text: &[u8]) -> Result<(), ProtocolError> {
        if !text.is_empty() {
            self.stream.set_dictionary(text).map_err(|_| ProtocolError::InvalidCompressedData)?;
        }
        Ok(())
    }

    /// Returns the status, how much input was consumed, and how much output was produced.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<(Status, usize, usize), ProtocolError> {
        let (consumed, produced) = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.decompress(input, output, InflateFlush::SyncFlush);
        let status = status.map_err(|_| ProtocolError::InvalidCompressedData)?;
        let consumed = self.stream.total_in() - consumed;
        let produced = self.stream.total_out() - produced;
        Ok((status, consumed as usize, produced as usize))
    }
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inflater").finish_non_exhaustive()
    }
}

impl<'p> Output<'p> {
    pub(super) fn new(is_text: bool, max_size: u64, pool: &'p mut FreeBuffers) -> Self {
        Self {
            chunks: Chunks::default(),
            utf8: is_text.then(Utf8Validator::new),
            max_size: usize::try_from(max_size).unwrap_or(usize::MAX),
            pool,
        }
    }

    /// All of it in one piece.
    pub(super) fn join(self) -> Result<PayloadBuffer, ProtocolError> {
        self.chunks.join(self.pool)
    }

    /// Memory for what comes next: a byte at least. One more than there may be shows whether there are too many.
    fn space(&mut self, likely: usize) -> Result<&mut [u8], ProtocolError> {
        let max = self.max_size.saturating_add(1) - self.chunks.len();
        self.chunks.space_for_any(likely.min(MAX_FIRST_CHUNK), max, self.pool)
    }

    /// Takes what has come in the first `count` bytes of the [`space`](Self::space).
    fn fill(&mut self, count: usize) -> Result<(), ProtocolError> {
        let piece = self.chunks.fill(count);
        if let Some(utf8) = &mut self.utf8 {
            utf8.feed(piece)?;
        }
        if self.chunks.len() > self.max_size { Err(ProtocolError::MessageTooLarge) } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<(), ProtocolError> {
        Ok(self.utf8.as_mut().map_or(Ok(()), Utf8Validator::finish)?)
    }

    /// Gives what can be referred to of it.
    fn as_history<R>(&mut self, use_text: impl FnOnce(&[u8]) -> R) -> R {
        let end = self.chunks.len();
        let text = self.chunks.copy(end.saturating_sub(MAX_WINDOW), end, self.pool);
        let result = use_text(text.as_bytes());
        self.pool.recycle(text);
        result
    }
}
