//! The output that waits to be written to one connection (private).
//!
//! The memory comes from a pool of the thread and goes back as soon as everything is written, the piece used last first,
//! while it is still in the cache: an idle connection holds none. Bytes that many connections send are not copied for each:
//! they are shared, in their place between a connection's own.

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::IoSlice;
use std::ops::Range;
use std::rc::Rc;

use smallvec::SmallVec;

use crate::core::spare_memory::{self, Release, Spares};

/// Bytes that any number of connections send. The last that has written them frees them.
pub(crate) type SharedBytes = Rc<Vec<u8>>;

#[derive(Default)]
pub(crate) struct OutputBuffer(Option<Box<Waiting>>);

#[derive(Default)]
struct Waiting {
    /// The bytes of this connection alone.
    own: Vec<u8>,
    /// The beginning of the part of them that is not written yet.
    start: usize,
    shared: VecDeque<Shared>,
    /// The sum of their rests.
    shared_len: usize,
}

/// Shared bytes between a connection's own.
struct Shared {
    /// The number of own bytes before it.
    at: usize,
    bytes: SharedBytes,
    /// The part that is not written yet: never empty.
    rest: Range<usize>,
}

struct Pool {
    buffers: Spares<Box<Waiting>>,
    /// The sum of their capacities.
    capacity: usize,
}

/// The size from which on shared bytes are not copied. Below it the copy costs less than one more slice for the system, and
/// little more memory than the entry for them.
const SHARED_FROM: usize = 512;
/// The number of slices that are written at a time.
const SLICES: usize = 64;
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
        self.0.as_ref().map_or(0, |waiting| waiting.len())
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The beginning of the output, up to where shared bytes begin or end.
    #[inline]
    pub(crate) fn front(&self) -> &[u8] {
        match &self.0 {
            Some(waiting) if waiting.shared.is_empty() => &waiting.own[waiting.start..],
            Some(waiting) => waiting.pieces().next().unwrap_or_default(),
            None => &[],
        }
    }

    /// The beginning of the output, at most `max` bytes of it, as slices for one write.
    pub(crate) fn slices(&self, max: usize) -> SmallVec<[IoSlice<'_>; SLICES]> {
        let mut room = max;
        let pieces = self.0.iter().flat_map(|waiting| waiting.pieces());
        let fitting = pieces.map_while(|piece| {
            let part = &piece[..piece.len().min(room)];
            room -= part.len();
            (!part.is_empty()).then(|| IoSlice::new(part))
        });
        fitting.take(SLICES).collect()
    }

    /// Copies the beginning of the output; returns how much of it that is.
    #[cfg_attr(not(feature = "_tls"), expect(dead_code, reason = "nothing encrypts"))]
    pub(crate) fn copy_to(&self, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        for piece in self.slices(buffer.len()) {
            buffer[filled..filled + piece.len()].copy_from_slice(&piece);
            filled += piece.len();
        }
        filled
    }

    /// The buffer to which output is appended.
    #[inline]
    pub(crate) fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.0.get_or_insert_with(take_from_pool).own
    }

    /// Appends a part of shared bytes, without a copy unless it is small.
    pub(crate) fn share(&mut self, bytes: &SharedBytes, part: Range<usize>) {
        if part.len() < SHARED_FROM {
            return self.tail().extend_from_slice(&bytes[part]);
        }
        let waiting = self.0.get_or_insert_with(take_from_pool);
        waiting.shared_len += part.len();
        waiting.shared.push_back(Shared { at: waiting.own.len(), bytes: bytes.clone(), rest: part });
    }

    /// Takes the first `count` bytes as written.
    pub(crate) fn consume(&mut self, count: usize) {
        let Some(waiting) = &mut self.0 else { return };
        waiting.consume(count);
        if waiting.len() == 0 {
            self.clear();
        } else if waiting.start > waiting.own.len() / 2 {
            waiting.move_to_front();
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

impl Waiting {
    #[inline]
    fn len(&self) -> usize {
        self.own.len() - self.start + self.shared_len
    }

    /// The memory that it holds by itself.
    fn capacity(&self) -> usize {
        self.own.capacity() + self.shared.capacity() * size_of::<Shared>()
    }

    /// All of it in order.
    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = self.start;
        let shared = self.shared.iter().map(|shared| (shared.at, &shared.bytes[shared.rest.clone()]));
        let all = shared.chain([(self.own.len(), &[][..])]).flat_map(move |(end, shared)| {
            let own = &self.own[start..end];
            start = end;
            [own, shared]
        });
        all.filter(|piece| !piece.is_empty())
    }

    fn consume(&mut self, count: usize) {
        let mut rest = count;
        while let Some(first) = self.shared.front_mut() {
            let own = rest.min(first.at - self.start);
            self.start += own;
            let shared = (rest - own).min(first.rest.len());
            first.rest.start += shared;
            self.shared_len -= shared;
            rest -= own + shared;
            if !first.rest.is_empty() {
                return;
            }
            self.shared.pop_front();
        }
        self.start += rest;
    }

    /// Frees the room of own bytes that are written. Each byte is moved at most once for each byte that was written before it.
    fn move_to_front(&mut self) {
        self.own.drain(..self.start);
        for shared in &mut self.shared {
            shared.at -= self.start;
        }
        self.start = 0;
    }

    fn clear(&mut self) {
        self.own.clear();
        self.start = 0;
        self.shared.clear();
        self.shared_len = 0;
    }
}

fn take_from_pool() -> Box<Waiting> {
    POOL.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        let buffer = pool.buffers.take().unwrap_or_default();
        pool.capacity -= buffer.capacity();
        buffer
    })
    .unwrap_or_default()
}

fn give_to_pool(mut buffer: Box<Waiting>) {
    buffer.clear();
    let _ = POOL.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        let capacity = buffer.capacity();
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
        pool.capacity -= released.iter().map(|buffer| buffer.capacity()).sum::<usize>();
        (pool.buffers.len() > 0, released)
    });
    released.is_ok_and(|(is_kept, _)| is_kept)
}
