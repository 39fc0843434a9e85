//! The memory of one payload.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The memory of one payload, from a [`BufferPool`](crate::websocket::protocol::BufferPool): it is filled from the front.
///
/// Give it back with [`BufferPool::recycle`](crate::websocket::protocol::BufferPool::recycle); dropping it frees it.
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
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self::from_memory(Vec::with_capacity(capacity))
    }

    /// An empty buffer in memory of an earlier use, as long as that is initialised.
    pub(super) fn from_memory(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// The memory, for a later use. What was lent with it has come back.
    pub(super) fn into_memory(self) -> Vec<u8> {
        self.bytes
    }

    /// The buffer, as one that is lent until it is dropped or its memory comes back.
    pub(super) fn lent(self, loan: Loan) -> Self {
        Self { _loan: Some(loan), ..self }
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
pub(super) struct Loan {
    lent: Arc<AtomicUsize>,
    amount: usize,
}

impl Loan {
    /// Counts `amount` bytes as lent, until it is dropped.
    pub(super) fn new(lent: Arc<AtomicUsize>, amount: usize) -> Self {
        lent.fetch_add(amount, Ordering::Relaxed);
        Self { lent, amount }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.lent.fetch_sub(self.amount, Ordering::Relaxed);
    }
}
