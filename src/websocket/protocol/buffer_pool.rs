//! Memory for payloads that do not arrive in one piece.

use std::fmt;

use super::unfinished::Unfinished;

/// The smallest buffer: a control payload, or the rest of a small message, fits into it.
const MIN_CAPACITY: usize = 1024;

/// What the length in a frame header alone can make the engine allocate. More follows what has arrived.
const MAX_FIRST_CAPACITY: usize = 1024 * 1024;

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
    /// Initialised once, at allocation; growing and reusing never clears it again.
    bytes: Box<[u8]>,
    filled: usize,
}

impl PayloadBuffer {
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

    /// How many bytes fit in without growing.
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
        self.bytes.len()
    }

    /// The part that is not filled yet. Its content is left from earlier use.
    pub(super) fn spare(&mut self) -> &mut [u8] {
        &mut self.bytes[self.filled..]
    }

    /// Counts the first `count` bytes of the spare part as filled and returns them.
    pub(super) fn advance(&mut self, count: usize) -> &mut [u8] {
        let start = self.filled;
        self.filled = (start + count).min(self.bytes.len());
        &mut self.bytes[start..self.filled]
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
            .field("capacity", &self.bytes.len())
            .finish()
    }
}

/// Keeps the buffers of finished payloads for the next ones, so that steady traffic allocates nothing.
///
/// One pool serves all connections of a thread. What it keeps is bounded in bytes and in number; when a
/// buffer is too much, the one that was not used for longest goes.
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
    free: Vec<Box<[u8]>>,
    /// Places for messages to come.
    #[expect(clippy::vec_box, reason = "what is kept is the allocation")]
    unfinished: Vec<Box<Unfinished>>,
    retained: usize,
    max_retained: usize,
    max_buffers: usize,
}

/// Not what was received into the buffers that it keeps.
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
        Self { free: Vec::new(), unfinished: Vec::new(), retained: 0, max_retained, max_buffers }
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
        PayloadBuffer { bytes: self.take_bytes(capacity), filled: 0 }
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
        self.recycle_bytes(buffer.bytes);
    }

    /// How many bytes are kept for later use.
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

    /// A buffer for a payload whose header claims `length` bytes; the claim is believed up to 1 MiB.
    pub(super) fn take_for(&mut self, length: usize) -> PayloadBuffer {
        self.take(length.min(MAX_FIRST_CAPACITY))
    }

    /// A buffer that holds those bytes.
    pub(super) fn copy(&mut self, bytes: &[u8]) -> PayloadBuffer {
        let mut copy = self.take(bytes.len());
        self.append(&mut copy, bytes);
        copy
    }

    /// Appends bytes that have arrived.
    pub(super) fn append(&mut self, buffer: &mut PayloadBuffer, bytes: &[u8]) {
        self.reserve(buffer, bytes.len());
        buffer.advance(bytes.len()).copy_from_slice(bytes);
    }

    /// Makes room for `additional` bytes, at least doubling the capacity when it grows.
    pub(super) fn reserve(&mut self, buffer: &mut PayloadBuffer, additional: usize) {
        if buffer.spare().len() >= additional {
            return;
        }
        let wanted = (buffer.filled + additional).max(buffer.capacity().saturating_mul(2));
        let mut bytes = self.take_bytes(wanted);
        bytes[..buffer.filled].copy_from_slice(buffer.as_bytes());
        self.recycle_bytes(std::mem::replace(&mut buffer.bytes, bytes));
    }

    /// A place for what begins to arrive.
    pub(super) fn take_unfinished(&mut self) -> Box<Unfinished> {
        self.unfinished.pop().unwrap_or_else(|| Box::new(Unfinished::NOTHING))
    }

    /// Takes a place back, with nothing in it.
    pub(super) fn recycle_unfinished(&mut self, unfinished: Box<Unfinished>) {
        if self.unfinished.len() < self.max_buffers {
            self.unfinished.push(unfinished);
        }
    }

    fn take_bytes(&mut self, capacity: usize) -> Box<[u8]> {
        if capacity == 0 {
            return Box::default();
        }
        let best = self.free.iter().enumerate().rev().filter(|(_, bytes)| bytes.len() >= capacity);
        let Some((index, _)) = best.min_by_key(|(_, bytes)| bytes.len()) else {
            // Large ones come from the system as untouched zero pages: only what arrives costs memory.
            return vec![0; round_up(capacity)].into_boxed_slice();
        };
        let bytes = self.free.remove(index);
        self.retained -= bytes.len();
        bytes
    }

    fn recycle_bytes(&mut self, bytes: Box<[u8]>) {
        if bytes.is_empty() || bytes.len() > self.max_retained || self.max_buffers == 0 {
            return;
        }
        while self.free.len() >= self.max_buffers || self.retained + bytes.len() > self.max_retained {
            self.retained -= self.free.remove(0).len();
        }
        self.retained += bytes.len();
        self.free.push(bytes);
    }
}

impl Default for BufferPool {
    fn default() -> Self {
        Self::new()
    }
}

/// Few sizes, so that buffers of one payload fit the next.
fn round_up(capacity: usize) -> usize {
    capacity.max(MIN_CAPACITY).checked_next_power_of_two().unwrap_or(capacity)
}
