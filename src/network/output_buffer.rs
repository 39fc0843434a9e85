//! What waits to be written to one connection (private).
//!
//! The memory comes from a pool of the thread and goes back as soon as everything is written, the piece used last first,
//! while it is still in the cache: an idle connection holds none.

use std::cell::RefCell;
use std::mem;

#[derive(Default)]
pub(crate) struct OutputBuffer {
    bytes: Vec<u8>,
    /// Up to here it is written.
    start: usize,
}

#[derive(Default)]
struct Pool {
    buffers: Vec<Vec<u8>>,
    /// Their capacities together.
    capacity: usize,
}

/// A buffer that grew beyond this is given back to the system, not to the pool.
const MAX_POOLED_BUFFER: usize = 1024 * 1024;
/// What the pool may hold in all.
const MAX_POOL: usize = 4 * 1024 * 1024;

thread_local! {
    static POOL: RefCell<Pool> = RefCell::default();
}

impl OutputBuffer {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Where to append.
    #[inline]
    pub(crate) fn tail(&mut self) -> &mut Vec<u8> {
        if self.bytes.capacity() == 0 {
            self.bytes = take_from_pool();
        }
        &mut self.bytes
    }

    /// Takes the first `count` bytes as written.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start += count;
        if self.is_empty() {
            self.clear();
        } else if self.start > self.bytes.len() / 2 {
            // Each byte is moved at most once for each byte that was written before it.
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.start = 0;
        if self.bytes.capacity() > 0 {
            give_to_pool(mem::take(&mut self.bytes));
        }
    }
}

impl Drop for OutputBuffer {
    fn drop(&mut self) {
        self.clear();
    }
}

fn take_from_pool() -> Vec<u8> {
    POOL.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        let buffer = pool.buffers.pop().unwrap_or_default();
        pool.capacity -= buffer.capacity();
        buffer
    })
    .unwrap_or_default()
}

fn give_to_pool(mut buffer: Vec<u8>) {
    buffer.clear();
    let _ = POOL.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        if buffer.capacity() <= MAX_POOLED_BUFFER && pool.capacity + buffer.capacity() <= MAX_POOL {
            pool.capacity += buffer.capacity();
            pool.buffers.push(buffer);
        }
    });
}
