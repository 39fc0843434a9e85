//! Memory for payloads that do not arrive in one piece.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::protocol_error::ProtocolError;
use super::unfinished::Unfinished;

/// The smallest buffer of those that are [taken](BufferPool::take) by size.
const MIN_CAPACITY: usize = 1024;

/// The memory of one payload, from a [`BufferPool`]: it is filled from the front.
///
/// Give it back with [`BufferPool::recycle`]; dropping it frees it.
///
/// ```
/// use slotwire::websocket::protocol::BufferPool;
///
/// let buffer = BufferPool::new().take(100);
/// assert_eq!(buffer.as_bytes(), b"");
/// assert!(buffer.capacity() >= 100);
/// ```
#[derive(Default)]
pub struct PayloadBuffer {
    /// As long as the longest use so far: that much is initialised, and never again.
    bytes: Vec<u8>,
    filled: usize,
    _loan: Option<Loan>,
}

impl PayloadBuffer {
    fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), ..Self::default() }
    }

    /// The filled part.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, Payload};
    ///
    /// let mut pool = BufferPool::new();
    /// let payload = Payload::Borrowed(b"Hello").into_owned(&mut pool);
    /// let Payload::Owned(buffer) = payload else { panic!() };
    /// assert_eq!(buffer.as_bytes(), b"Hello"); // of more, as a rule, that it has room for
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// The number of bytes for which it has room.
    ///
    /// ```
    /// use slotwire::websocket::protocol::BufferPool;
    ///
    /// let buffer = BufferPool::new().take(5);
    /// assert!(buffer.as_bytes().is_empty());
    /// assert_eq!(buffer.capacity(), 1024); // there are few sizes, so that it fits the next one
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    pub(super) fn len(&self) -> usize {
        self.filled
    }

    /// The number of bytes for which it still has room.
    pub(super) fn room(&self) -> usize {
        self.bytes.capacity() - self.filled
    }

    /// The next `count` bytes of the part that is not filled yet; fewer if there are fewer. Their content is left from earlier
    /// use.
    pub(super) fn spare(&mut self, count: usize) -> &mut [u8] {
        let end = self.filled + count.min(self.room());
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        &mut self.bytes[self.filled..end]
    }

    /// Counts the first `count` bytes of what [`spare`](Self::spare) has returned as filled, and returns them.
    pub(super) fn advance(&mut self, count: usize) -> &mut [u8] {
        let start = self.filled;
        self.filled = (start + count).min(self.bytes.len());
        &mut self.bytes[start..self.filled]
    }

    /// Appends as many of these bytes as fit in, and returns the others.
    pub(super) fn append<'p>(&mut self, bytes: &'p [u8]) -> &'p [u8] {
        let (fitting, others) = bytes.split_at(bytes.len().min(self.room()));
        let (used_before, new) = fitting.split_at(fitting.len().min(self.bytes.len() - self.filled));
        self.bytes[self.filled..self.filled + used_before.len()].copy_from_slice(used_before);
        self.bytes.extend_from_slice(new);
        self.filled += fitting.len();
        others
    }

    /// Gives back what is not filled.
    pub(super) fn shrink(&mut self) {
        self.bytes.truncate(self.filled);
        self.bytes.shrink_to_fit();
    }
}

impl AsRef<[u8]> for PayloadBuffer {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for PayloadBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayloadBuffer")
            .field("len", &self.filled)
            .field("capacity", &self.bytes.capacity())
            .finish()
    }
}

/// Memory of a pool that is lent for what a header announces, before it has arrived.
#[derive(Debug)]
struct Loan {
    lent: Arc<AtomicUsize>,
    amount: usize,
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.lent.fetch_sub(self.amount, Ordering::Relaxed);
    }
}

/// Keeps the buffers of finished payloads for the next ones, so that steady traffic allocates nothing.
///
/// One pool serves all connections of a thread. What it keeps is bounded in bytes and in number; when a
/// buffer is too much, the one that was not used for longest goes, and [`clear`](Self::clear) frees them all.
///
/// An *announced* size allocates nothing: memory is taken for what has arrived, at most as much again, and a kibibyte. A buffer
/// that the pool keeps, and that earlier messages have paid for, is lent for an announced size, though; of what it may keep, the
/// half at a time.
///
/// ```
/// use slotwire::websocket::protocol::BufferPool;
///
/// let mut pool = BufferPool::with_limits(1024 * 1024, 8);
/// let buffer = pool.take(5000);
/// assert!(buffer.as_bytes().is_empty() && buffer.capacity() >= 5000);
/// pool.recycle(buffer);
/// assert!(pool.retained() >= 5000);
/// ```
pub struct BufferPool {
    /// The most recently used one last.
    free: Vec<Vec<u8>>,
    /// The number of those at the front that were not used since the last [`release_unused`](Self::release_unused).
    unused: usize,
    /// Places for messages to come.
    #[expect(clippy::vec_box, reason = "what is kept is the allocation")]
    unfinished: Vec<Box<Unfinished>>,
    /// The memory of a list of chunks.
    chunks: Vec<PayloadBuffer>,
    retained: usize,
    /// The number of bytes that are lent; the borrowers share it.
    lent: Option<Arc<AtomicUsize>>,
    max_retained: usize,
    max_buffers: usize,
}

/// Leaves out the bytes that were received into the buffers that it keeps.
impl fmt::Debug for BufferPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferPool").field("retained", &self.retained).finish_non_exhaustive()
    }
}

impl BufferPool {
    /// A pool that keeps at most 16 MiB in at most 64 buffers.
    ///
    /// ```
    /// use slotwire::websocket::protocol::BufferPool;
    ///
    /// let pool = BufferPool::new();
    /// assert_eq!(pool.retained(), 0); // it keeps what comes back, and begins with nothing
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self::with_limits(16 * 1024 * 1024, 64)
    }

    /// A pool that keeps at most `max_retained` bytes in at most `max_buffers` buffers.
    ///
    /// ```
    /// use slotwire::websocket::protocol::BufferPool;
    ///
    /// let mut pool = BufferPool::with_limits(64 * 1024, 8);
    /// let large = pool.take(1024 * 1024);
    /// pool.recycle(large); // is freed: it is more than all that may be kept
    /// assert_eq!(pool.retained(), 0);
    /// ```
    #[must_use]
    pub const fn with_limits(max_retained: usize, max_buffers: usize) -> Self {
        Self {
            free: Vec::new(),
            unused: 0,
            unfinished: Vec::new(),
            chunks: Vec::new(),
            retained: 0,
            lent: None,
            max_retained,
            max_buffers,
        }
    }

    /// Takes out an empty buffer for at least `capacity` bytes: the smallest one that is kept and large enough, or a new one.
    ///
    /// ```
    /// use slotwire::websocket::protocol::BufferPool;
    ///
    /// let mut pool = BufferPool::new();
    /// let (small, large) = (pool.take(1000), pool.take(100_000));
    /// pool.recycle(small);
    /// pool.recycle(large);
    /// assert!(pool.take(500).capacity() < 100_000, "the large one waits for its like");
    /// ```
    #[must_use]
    pub fn take(&mut self, capacity: usize) -> PayloadBuffer {
        match self.kept(capacity, usize::MAX) {
            Some(index) => self.take_kept(index),
            None => PayloadBuffer::with_capacity(round_up(capacity)),
        }
    }

    /// Takes a buffer back for later use.
    ///
    /// ```
    /// use slotwire::websocket::protocol::BufferPool;
    ///
    /// let mut pool = BufferPool::new();
    /// let buffer = pool.take(5000);
    /// let address = buffer.as_bytes().as_ptr();
    /// pool.recycle(buffer);
    /// assert_eq!(pool.take(5000).as_bytes().as_ptr(), address); // the same memory again
    /// ```
    pub fn recycle(&mut self, buffer: PayloadBuffer) {
        let PayloadBuffer { bytes, .. } = buffer;
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
    ///
    /// ```
    /// use slotwire::websocket::protocol::BufferPool;
    ///
    /// let mut pool = BufferPool::new();
    /// let buffer = pool.take(4096);
    /// assert_eq!(pool.retained(), 0); // what is in use does not count
    /// pool.recycle(buffer);
    /// assert_eq!(pool.retained(), 4096);
    /// ```
    #[must_use]
    pub const fn retained(&self) -> usize {
        self.retained
    }

    /// Frees all that is kept for later use.
    ///
    /// ```
    /// use slotwire::websocket::protocol::BufferPool;
    ///
    /// let mut pool = BufferPool::new();
    /// let buffer = pool.take(4096);
    /// pool.recycle(buffer);
    /// pool.clear();
    /// assert_eq!(pool.retained(), 0);
    /// ```
    pub fn clear(&mut self) {
        self.free = Vec::new();
        self.unused = 0;
        self.unfinished = Vec::new();
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

    /// Frees what was not used since the last time.
    pub(crate) fn release_unused(&mut self) {
        if self.unused == self.free.len() {
            return self.clear();
        }
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
        Ok(PayloadBuffer { bytes, ..Default::default() })
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
        lent.fetch_add(amount, Ordering::Relaxed);
        let loan = Loan { lent: Arc::clone(lent), amount };
        Some(PayloadBuffer { _loan: Some(loan), ..self.take_kept(index) })
    }

    /// A buffer for data that begins to arrive.
    pub(super) fn take_unfinished(&mut self) -> Box<Unfinished> {
        self.unfinished.pop().unwrap_or_else(|| Box::new(Unfinished::NOTHING))
    }

    /// Takes an empty buffer back.
    pub(super) fn recycle_unfinished(&mut self, unfinished: Box<Unfinished>) {
        if self.unfinished.len() < self.max_buffers {
            self.unfinished.push(unfinished);
        }
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
        PayloadBuffer { bytes, ..Default::default() }
    }
}

impl Default for BufferPool {
    fn default() -> Self {
        Self::new()
    }
}

/// Rounds up to one of few sizes, so that buffers of one payload fit the next.
fn round_up(capacity: usize) -> usize {
    if capacity == 0 {
        return 0;
    }
    capacity.max(MIN_CAPACITY).checked_next_power_of_two().unwrap_or(capacity)
}
