//! The memory of a message while it arrives: in chunks, so that it follows what has arrived and growing copies nothing.

use std::mem;

use super::free_buffers::FreeBuffers;
use super::payload_buffer::PayloadBuffer;
use super::protocol_error::ProtocolError;

/// The memory that a message may have before anything of it has arrived.
const MIN_CHUNK: usize = 1024;

/// No chunk is larger. Common allocators give a chunk of this size back to the system at once when it is freed, so that the
/// joining of a large message does not double it.
const MAX_CHUNK: usize = 32 * 1024 * 1024;

/// Less room than this is not worth a read of its own, straight into the message.
const MIN_DIRECT: usize = 64 * 1024;

/// The most that is read straight into the message at a time: it is still in the cache when it is unmasked.
const MAX_DIRECT: usize = 1024 * 1024;

/// The payload of a message as far as it has arrived. It has room for as much as has arrived once more, at most, and for a
/// kibibyte: what a header announces takes no memory.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    full: Vec<PayloadBuffer>,
    last: PayloadBuffer,
    /// The length of the full chunks together.
    full_len: usize,
}

/// A payload on its way into one piece. Each chunk is given back as soon as it is copied.
#[derive(Debug)]
pub(crate) struct Joining {
    whole: PayloadBuffer,
    chunks: Vec<PayloadBuffer>,
    /// The chunk that is next, and how much of it is copied.
    next: usize,
    copied: usize,
}

impl Joining {
    /// Copies up to `max` bytes; returns whether all are copied.
    pub(crate) fn go_on(&mut self, max: usize, pool: &mut FreeBuffers) -> bool {
        let mut left = max;
        while let Some(chunk) = self.chunks.get_mut(self.next) {
            let rest = &chunk.as_bytes()[self.copied..];
            let piece = &rest[..rest.len().min(left)];
            self.whole.append(piece);
            left -= piece.len();
            if piece.len() < rest.len() {
                self.copied += piece.len();
                return false;
            }
            pool.recycle(mem::take(chunk));
            (self.next, self.copied) = (self.next + 1, 0);
        }
        true
    }

    /// The piece, once all is copied.
    pub(crate) fn finish(mut self, pool: &mut FreeBuffers) -> PayloadBuffer {
        self.chunks.clear();
        pool.recycle_chunks(self.chunks);
        self.whole
    }
}

/// The announcements of the header of the frame in progress.
#[derive(Debug, Clone, Copy)]
pub(super) struct Announced {
    /// The rest of the frame, in bytes.
    pub(super) rest: usize,
    /// Set if that is all of the message.
    pub(super) is_last: bool,
}

impl Chunks {
    pub(crate) fn len(&self) -> usize {
        self.full_len + self.last.len()
    }

    /// Adds what has arrived, the next of what was announced.
    pub(super) fn append(
        &mut self,
        piece: &[u8],
        announced: Announced,
        pool: &mut FreeBuffers,
    ) -> Result<(), ProtocolError> {
        let others = self.last.append(piece);
        if !others.is_empty() {
            let rest = announced.rest - (piece.len() - others.len());
            self.grow(others.len(), Announced { rest, ..announced }, pool)?;
            self.last.append(others);
        }
        Ok(())
    }

    /// Memory for what arrives next, if there is enough to make it worth while.
    pub(super) fn space(&mut self, announced: Announced, pool: &mut FreeBuffers) -> Option<&mut [u8]> {
        let enough = announced.rest.min(MIN_DIRECT);
        if self.last.room() == 0 && self.len() >= enough {
            self.grow(0, announced, pool).ok()?;
        }
        if self.last.room() < enough {
            return None;
        }
        Some(self.last.spare(announced.rest.min(MAX_DIRECT)))
    }

    /// Memory for what comes next, of which nothing is known but that it is at most `max` bytes: one at least, and up to `wanted`.
    /// What is `likely` is given to the first at once.
    #[cfg(feature = "deflate")]
    pub(crate) fn space_for_any(
        &mut self,
        likely: usize,
        max: usize,
        wanted: usize,
        pool: &mut FreeBuffers,
    ) -> Result<&mut [u8], ProtocolError> {
        if self.len() == 0 && self.last.room() == 0 {
            self.last = pool.take(likely.clamp(1, max));
        } else if self.last.room() == 0 {
            self.grow(0, Announced { rest: max, is_last: true }, pool)?;
        }
        Ok(self.last.spare(wanted.min(max)))
    }

    /// Takes what has arrived in the first `count` bytes of the [`space`](Self::space), and returns it.
    pub(crate) fn fill(&mut self, count: usize) -> &mut [u8] {
        self.last.advance(count)
    }

    /// A copy of what has arrived, from `start` to `end`.
    pub(crate) fn copy(&self, start: usize, end: usize, pool: &mut FreeBuffers) -> PayloadBuffer {
        let mut copy = pool.take_exact(end - start);
        let (mut skip, mut left) = (start, end - start);
        for chunk in self.full.iter().chain([&self.last]) {
            let bytes = chunk.as_bytes();
            let part = &bytes[skip.min(bytes.len())..];
            let part = &part[..left.min(part.len())];
            copy.append(part);
            skip = skip.saturating_sub(bytes.len());
            left -= part.len();
        }
        copy
    }

    /// All of it in one piece. Each chunk is given back as soon as it is copied.
    pub(crate) fn join(self, pool: &mut FreeBuffers) -> Result<PayloadBuffer, ProtocolError> {
        let mut joining = self.begin_joining(pool)?;
        joining.go_on(usize::MAX, pool);
        Ok(joining.finish(pool))
    }

    /// Begins to put it into one piece, which can be done in steps.
    pub(crate) fn begin_joining(mut self, pool: &mut FreeBuffers) -> Result<Joining, ProtocolError> {
        if self.full.is_empty() {
            return Ok(Joining { whole: self.last, chunks: self.full, next: 0, copied: 0 });
        }
        let len = self.len();
        if self.last.room() > MIN_CHUNK {
            self.last.shrink();
        }
        self.full.push(self.last);
        Ok(Joining { whole: pool.take_paid(len, len)?, chunks: self.full, next: 0, copied: 0 })
    }

    /// Begins another chunk, with room for `needed` bytes which have arrived, and for as much as was paid for.
    fn grow(
        &mut self,
        needed: usize,
        announced: Announced,
        pool: &mut FreeBuffers,
    ) -> Result<(), ProtocolError> {
        let next = match self.lend(announced, pool) {
            Some(lent) => lent,
            None => {
                // In front of another frame there may be a copy of this one, for its signal.
                let again = if announced.is_last { needed } else { 0 };
                let paid = (self.len() + needed + again).clamp(MIN_CHUNK, MAX_CHUNK.max(needed));
                let useful = if announced.is_last { announced.rest } else { usize::MAX };
                pool.take_paid(needed.max(1), paid.min(useful))?
            }
        };
        let full = mem::replace(&mut self.last, next);
        if full.len() > 0 {
            if self.full.is_empty() {
                self.full = pool.take_chunks();
            }
            self.full_len += full.len();
            self.full.push(full);
        }
        Ok(())
    }

    /// Memory that was paid for earlier, for the whole of what is announced. After one frame of several another is likely.
    fn lend(&self, announced: Announced, pool: &mut FreeBuffers) -> Option<PayloadBuffer> {
        if self.len() > 0 && !announced.is_last {
            return None;
        }
        let several = (!announced.is_last).then(|| pool.lend(2 * announced.rest)).flatten();
        several.or_else(|| pool.lend(announced.rest))
    }
}
