//! The output that waits to be written to one connection (private).
//!
//! The memory comes from a pool of the thread and goes back as soon as everything is written, the piece used last first,
//! while it is still in the cache: an idle connection holds none.

use std::cell::RefCell;

use crate::core::spare_memory::{self, Release, Spares};

#[derive(Default)]
pub(crate) struct OutputBuffer(Option<Box<Waiting>>);

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// The beginning of the part that is not written yet.
    start: usize,
}

struct Pool {
    buffers: Spares<Box<Waiting>>,
    /// The sum of their capacities.
    capacity: usize,
}

/// A buffer that grew beyond this is given back to the system, not to the pool.
const MAX_POOLED_BUFFER: usize = 1024 * 1024;
/// The size that the pool may have in all.
const MAX_POOL: usize = 4 * 1024 * 1024;

thread_local! {
    static POOL: RefCell<Pool> = {
        spare_memory::register(release);
        RefCell::new(Pool { buffers: Spares::new(), capacity: 0 })
    };
}

impl OutputBuffer {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |waiting| waiting.bytes.len() - waiting.start)
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |waiting| &waiting.bytes[waiting.start..])
    }

    /// The buffer to which output is appended.
    #[inline]
    pub(crate) fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.0.get_or_insert_with(take_from_pool).bytes
    }

    /// Takes the first `count` bytes as written.
    pub(crate) fn consume(&mut self, count: usize) {
        let Some(waiting) = &mut self.0 else { return };
        waiting.start += count;
        if waiting.start == waiting.bytes.len() {
            self.clear();
        } else if waiting.start > waiting.bytes.len() / 2 {
            // Each byte is moved at most once for each byte that was written before it.
            waiting.bytes.drain(..waiting.start);
            waiting.start = 0;
        }
    }

    pub(crate) fn clear(&mut self) {
        if let Some(waiting) = self.0.take() {
            give_to_pool(waiting);
        }
    }
}

impl Drop for OutputBuffer {
    fn drop(&mut self) {
        self.clear();
    }
}

fn take_from_pool() -> Box<Waiting> {
    POOL.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        let buffer = pool.buffers.take().unwrap_or_default();
        pool.capacity -= buffer.bytes.capacity();
        buffer
    })
    .unwrap_or_default()
}

fn give_to_pool(mut buffer: Box<Waiting>) {
    buffer.bytes.clear();
    buffer.start = 0;
    let _ = POOL.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        let capacity = buffer.bytes.capacity();
        if capacity <= MAX_POOLED_BUFFER && pool.capacity + capacity <= MAX_POOL {
            pool.capacity += capacity;
            pool.buffers.keep(buffer);
        }
    });
}

fn release(what: Release) -> bool {
    let released = POOL.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        let released = pool.buffers.release(what);
        pool.capacity -= released.iter().map(|buffer| buffer.bytes.capacity()).sum::<usize>();
        (pool.buffers.len() > 0, released)
    });
    released.is_ok_and(|(is_kept, _)| is_kept)
}
