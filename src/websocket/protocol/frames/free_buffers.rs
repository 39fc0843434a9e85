//! Buffers of finished payloads, kept for the next ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::payload_buffer::{Loan, PayloadBuffer};
use super::protocol_error::ProtocolError;

/// The smallest buffer of those that are taken by size.
const MIN_CAPACITY: usize = 1024;

/// The buffers that a [`BufferPool`](super::BufferPool) keeps, which says what is kept and lent.
pub(crate) struct FreeBuffers {
    /// The most recently used one last.
    free: Vec<Vec<u8>>,
    /// The number of those at the front that were not used since the last [`release_unused`](Self::release_unused).
    unused: usize,
    /// The memory of a list of chunks.
    chunks: Vec<PayloadBuffer>,
    retained: usize,
    /// The number of bytes that are lent; the borrowers share it.
    lent: Option<Arc<AtomicUsize>>,
    max_retained: usize,
    max_buffers: usize,
}

impl FreeBuffers {
    /// Keeps at most `max_retained` bytes in at most `max_buffers` buffers.
    pub(super) const fn with_limits(max_retained: usize, max_buffers: usize) -> Self {
        Self {
            free: Vec::new(),
            unused: 0,
            chunks: Vec::new(),
            retained: 0,
            lent: None,
            max_retained,
            max_buffers,
        }
    }

    /// Takes out an empty buffer for at least `capacity` bytes: the smallest one that is kept and large enough, or a new one.
    pub(super) fn take(&mut self, capacity: usize) -> PayloadBuffer {
        match self.kept(capacity, usize::MAX) {
            Some(index) => self.take_kept(index),
            None => PayloadBuffer::with_capacity(round_up(capacity)),
        }
    }

    /// Takes a buffer back for later use.
    pub(crate) fn recycle(&mut self, buffer: PayloadBuffer) {
        let bytes = buffer.into_memory();
        let capacity = bytes.capacity();
        if capacity == 0 || capacity > self.max_retained || self.max_buffers == 0 {
            return;
        }
        while self.free.len() >= self.max_buffers || self.retained + capacity > self.max_retained {
            self.retained -= self.free.remove(0).capacity();
            self.unused = self.unused.saturating_sub(1);
        }
        self.retained += capacity;
        self.free.push(bytes);
    }

    /// The number of bytes that are kept for later use.
    pub(super) const fn retained(&self) -> usize {
        self.retained
    }

    pub(super) const fn max_buffers(&self) -> usize {
        self.max_buffers
    }

    /// Frees all that is kept for later use.
    pub(super) fn clear(&mut self) {
        self.free = Vec::new();
        self.unused = 0;
        self.chunks = Vec::new();
        self.retained = 0;
    }

    /// As [`take`](Self::take), but a new one is not larger than asked for.
    pub(super) fn take_exact(&mut self, capacity: usize) -> PayloadBuffer {
        match self.kept(capacity, usize::MAX) {
            Some(index) => self.take_kept(index),
            None => PayloadBuffer::with_capacity(capacity),
        }
    }

    /// Returns whether nothing was used since the last [`release_unused`](Self::release_unused).
    pub(super) fn are_unused(&self) -> bool {
        self.unused == self.free.len()
    }

    /// Frees what was not used since the last time.
    pub(super) fn release_unused(&mut self) {
        let released = self.free.drain(..self.unused);
        self.retained -= released.map(|bytes| bytes.capacity()).sum::<usize>();
        self.unused = self.free.len();
    }

    /// A buffer that holds those bytes.
    pub(super) fn copy(&mut self, bytes: &[u8]) -> PayloadBuffer {
        let mut copy = self.take(bytes.len());
        copy.append(bytes);
        copy
    }

    /// A buffer for at least `needed` bytes, and not many more than `paid`, which is at least as much.
    pub(super) fn take_paid(&mut self, needed: usize, paid: usize) -> Result<PayloadBuffer, ProtocolError> {
        if let Some(index) = self.kept(needed, paid) {
            return Ok(self.take_kept(index));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(paid).map_err(|_| ProtocolError::OutOfMemory)?;
        Ok(PayloadBuffer::from_memory(bytes))
    }

    /// One of the buffers that are kept, for `announced` bytes which may never arrive; `None` if there is none of about that
    /// size, or too much is lent already.
    pub(super) fn lend(&mut self, announced: usize) -> Option<PayloadBuffer> {
        let index = self.kept(announced, announced.saturating_mul(4))?;
        let amount = self.free[index].capacity();
        let lent = self.lent.get_or_insert_default();
        if lent.load(Ordering::Relaxed) + amount > self.max_retained / 2 {
            return None;
        }
        let loan = Loan::new(Arc::clone(lent), amount);
        Some(PayloadBuffer::lent(self.take_kept(index), loan))
    }

    /// An empty list.
    pub(super) fn take_chunks(&mut self) -> Vec<PayloadBuffer> {
        std::mem::take(&mut self.chunks)
    }

    /// Takes an empty list back.
    pub(super) fn recycle_chunks(&mut self, chunks: Vec<PayloadBuffer>) {
        if chunks.capacity() > self.chunks.capacity() {
            self.chunks = chunks;
        }
    }

    /// The index of the smallest kept buffer that has room for `min` bytes and not for more than `max`; of equal ones, the one
    /// used last.
    fn kept(&self, min: usize, max: usize) -> Option<usize> {
        let fits = |bytes: &Vec<u8>| (min..=max).contains(&bytes.capacity());
        let fitting = self.free.iter().enumerate().rev().filter(|(_, bytes)| fits(bytes));
        let best = fitting.min_by_key(|(_, bytes)| bytes.capacity());
        best.map(|(index, _)| index)
    }

    fn take_kept(&mut self, index: usize) -> PayloadBuffer {
        let bytes = self.free.remove(index);
        if index < self.unused {
            self.unused -= 1;
        }
        self.retained -= bytes.capacity();
        PayloadBuffer::from_memory(bytes)
    }
}

/// Rounds up to one of few sizes, so that buffers of one payload fit the next.
fn round_up(capacity: usize) -> usize {
    if capacity == 0 {
        return 0;
    }
    capacity.max(MIN_CAPACITY).checked_next_power_of_two().unwrap_or(capacity)
}
