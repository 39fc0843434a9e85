//! The decoder of a thread, and what bounds it.

use zlib_rs::{Inflate, InflateFlush, Status};

use super::parameters::MAX_WINDOW_BITS;
use crate::websocket::protocol::frames::{Chunks, FreeBuffers, ProtocolError, Utf8Validator};

/// The rest of the empty block that every message has left out (RFC 7692 §7.2.2), and behind it an empty last one. Behind a message
/// that is complete they end the stream, and nothing comes of them.
const END: [u8; 9] = [0, 0, 0xFF, 0xFF, 1, 0, 0, 0xFF, 0xFF];

/// A block that says it is the last may be followed by others, which costs as much as some hundred bytes of text.
const BYTES_FOR_A_LAST_BLOCK: usize = 256;
const LAST_BLOCKS: usize = 16;

const MAX_WINDOW: usize = 1 << MAX_WINDOW_BITS;

/// The likely ratio of a text's size to its compressed size.
const USUAL_RATIO: usize = 8;

/// The most memory that expected output gets at once; more is taken only when there is more.
const MAX_FIRST_CHUNK: usize = 256 * 1024;

/// A decoder of zlib.
pub(super) struct Inflater {
    stream: Inflate,
    /// The size of the last message: the next is likely to be like it.
    last_size: usize,
}

/// The place in a message up to which it is decompressed.
#[derive(Debug)]
pub(super) struct Progress {
    input: Input,
    /// The number of last blocks that may still be followed by others.
    last_blocks: usize,
    /// The size of output for which memory is taken at first.
    likely: usize,
}

/// The next input, and how much of it is consumed.
#[derive(Clone, Copy, Debug)]
enum Input {
    Message(usize),
    End(usize),
}

/// The output of a message.
#[derive(Debug)]
pub(super) struct Output {
    chunks: Chunks,
    utf8: Option<Utf8Validator>,
    max_size: usize,
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self { stream: Inflate::new(false, MAX_WINDOW_BITS), last_size: 0 }
    }

    /// Begins a message that may refer to `history`.
    pub(super) fn begin(
        &mut self,
        compressed: &[u8],
        history: [&[u8]; 2],
    ) -> Result<Progress, ProtocolError> {
        self.begin_behind(history)?;
        Ok(Progress {
            input: Input::Message(0),
            last_blocks: LAST_BLOCKS + compressed.len() / BYTES_FOR_A_LAST_BLOCK,
            likely: USUAL_RATIO.saturating_mul(compressed.len()).max(self.last_size),
        })
    }

    /// Decompresses up to `budget` bytes, of input or output; returns whether the message is complete.
    pub(super) fn go_on(
        &mut self,
        progress: &mut Progress,
        compressed: &[u8],
        history: [&[u8]; 2],
        budget: usize,
        output: &mut Output,
        buffers: &mut FreeBuffers,
    ) -> Result<bool, ProtocolError> {
        if compressed.is_empty() {
            // A flush of nothing, of a peer that has not looked what becomes of it.
            return output.finish().map(|()| true);
        }
        let mut left = budget;
        while left > 0 {
            let rest = progress.input.rest(compressed);
            let piece = &rest[..rest.len().min(left)];
            let space = output.space(progress.likely, left, buffers)?;
            let room = space.len();
            let (status, consumed, produced) = self.step(piece, space)?;
            let is_consumed = consumed == rest.len();
            progress.input.consume(consumed);
            left -= consumed.max(produced);
            if produced > 0 && matches!(progress.input, Input::End(_)) {
                // A block that is not complete has taken the end for a part of it.
                return Err(ProtocolError::InvalidCompressedData);
            }
            output.fill(produced)?;
            if status == Status::StreamEnd {
                match progress.input {
                    Input::Message(_) if !is_consumed => {
                        self.go_on_behind_last_block(progress, history, output, buffers)?;
                    }
                    Input::Message(_) | Input::End(_) if is_consumed => {
                        self.last_size = output.chunks.len();
                        return output.finish().map(|()| true);
                    }
                    _ => return Err(ProtocolError::InvalidCompressedData),
                }
            } else if produced < room && piece.len() == rest.len() {
                progress.input = progress.input.next().ok_or(ProtocolError::InvalidCompressedData)?;
            }
        }
        Ok(false)
    }

    /// Blocks that follow a last block go on with the same window (RFC 7692 §7.2.3.4).
    fn go_on_behind_last_block(
        &mut self,
        progress: &mut Progress,
        history: [&[u8]; 2],
        output: &Output,
        buffers: &mut FreeBuffers,
    ) -> Result<(), ProtocolError> {
        let last_blocks = progress.last_blocks.checked_sub(1);
        progress.last_blocks = last_blocks.ok_or(ProtocolError::InvalidCompressedData)?;
        self.begin_behind(history)?;
        output.as_history(buffers, |text| self.add_history(text))
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

impl Input {
    fn rest(self, compressed: &[u8]) -> &[u8] {
        match self {
            Self::Message(consumed) => &compressed[consumed..],
            Self::End(consumed) => &END[consumed..],
        }
    }

    /// The input that comes where the decoder wants more.
    fn next(self) -> Option<Self> {
        match self {
            Self::Message(_) => Some(Self::End(0)),
            Self::End(_) => None,
        }
    }

    fn consume(&mut self, count: usize) {
        let (Self::Message(consumed) | Self::End(consumed)) = self;
        *consumed += count;
    }
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inflater").finish_non_exhaustive()
    }
}

impl Output {
    pub(super) fn new(is_text: bool, max_size: u64) -> Self {
        Self {
            chunks: Chunks::default(),
            utf8: is_text.then(Utf8Validator::new),
            max_size: usize::try_from(max_size).unwrap_or(usize::MAX),
        }
    }

    pub(super) fn into_chunks(self) -> Chunks {
        self.chunks
    }

    /// Memory for what comes next: a byte at least, and up to `wanted`. One more than there may be shows whether there are too many.
    fn space(
        &mut self,
        likely: usize,
        wanted: usize,
        buffers: &mut FreeBuffers,
    ) -> Result<&mut [u8], ProtocolError> {
        let max = self.max_size.saturating_add(1) - self.chunks.len();
        self.chunks.space_for_any(likely.min(MAX_FIRST_CHUNK), max, wanted, buffers)
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
    fn as_history<R>(&self, buffers: &mut FreeBuffers, use_text: impl FnOnce(&[u8]) -> R) -> R {
        let end = self.chunks.len();
        let text = self.chunks.copy(end.saturating_sub(MAX_WINDOW), end, buffers);
        let result = use_text(text.as_bytes());
        buffers.recycle(text);
        result
    }
}
