//! Memory for what does not arrive in one piece, kept for the next of its kind.

use std::fmt;

use super::frame_parser::FrameParser;
use super::free_buffers::FreeBuffers;
use super::payload_buffer::PayloadBuffer;

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
    buffers: FreeBuffers,
    /// Places for messages to come.
    #[expect(clippy::vec_box, reason = "what is kept is the allocation")]
    parsers: Vec<Box<FrameParser>>,
}

/// Leaves out the bytes that were received into the buffers that it keeps.
impl fmt::Debug for BufferPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferPool").field("retained", &self.retained()).finish_non_exhaustive()
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
        Self { buffers: FreeBuffers::with_limits(max_retained, max_buffers), parsers: Vec::new() }
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
    #[inline]
    #[must_use]
    pub fn take(&mut self, capacity: usize) -> PayloadBuffer {
        self.buffers.take(capacity)
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
    #[inline]
    pub fn recycle(&mut self, buffer: PayloadBuffer) {
        self.buffers.recycle(buffer);
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
        self.buffers.retained()
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
        self.buffers.clear();
        self.parsers = Vec::new();
    }

    /// Frees what was not used since the last time.
    pub(crate) fn release_unused(&mut self) {
        if self.buffers.are_unused() {
            return self.clear();
        }
        self.buffers.release_unused();
    }

    /// The buffers alone, for a payload that is put together.
    #[inline]
    pub(crate) const fn buffers(&mut self) -> &mut FreeBuffers {
        &mut self.buffers
    }

    /// A buffer for data that begins to arrive.
    pub(super) fn take_parser(&mut self) -> Box<FrameParser> {
        self.parsers.pop().unwrap_or_else(|| Box::new(FrameParser::NOTHING))
    }

    /// Takes an empty buffer back.
    pub(super) fn recycle_parser(&mut self, parser: Box<FrameParser>) {
        if self.parsers.len() < self.buffers.max_buffers() {
            self.parsers.push(parser);
        }
    }
}

impl Default for BufferPool {
    fn default() -> Self {
        Self::new()
    }
}
