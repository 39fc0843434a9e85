//! What waits to be written to one connection (private).
//!
//! The memory comes from a pool of the thread and goes back as soon as everything is written, the piece used last first,
//! while it is still in the cache: an idle connection holds none.
//!
//! A large payload that lies in the thread's read buffer, because it was received and is sent on, is not copied: the output
//! shares it until it is written, which happens before the read buffer is used again.

use std::cell::RefCell;
use std::io::IoSlice;
use std::mem;
use std::ops::Range;
use std::rc::Rc;

use smallvec::SmallVec;

/// Bytes that several connections can send from.
pub(crate) type SharedBytes = Rc<RefCell<Box<[u8]>>>;

#[derive(Default)]
pub(crate) struct OutputBuffer {
    bytes: Vec<u8>,
    /// Up to here it is written.
    start: usize,
    shared: Option<Box<SharedOutput>>,
}

/// What lies elsewhere, between bytes of the output's own.
#[derive(Default)]
struct SharedOutput {
    bytes: Option<SharedBytes>,
    pieces: Vec<Piece>,
    /// Of all pieces together.
    len: usize,
}

/// A part of the shared bytes that comes after the output's own bytes up to `own_end`.
struct Piece {
    own_end: usize,
    shared: Range<usize>,
}

#[derive(Default)]
struct Pool {
    buffers: Vec<Vec<u8>>,
    /// Their capacities together.
    capacity: usize,
    shared: Vec<Box<SharedOutput>>,
}

/// A buffer that grew beyond this is given back to the system, not to the pool.
const MAX_POOLED_BUFFER: usize = 1024 * 1024;
/// What the pool may hold in all.
const MAX_POOL: usize = 4 * 1024 * 1024;
/// With the output's own bytes between them, this many can be given to one system call everywhere (`IOV_MAX`).
const MAX_PIECES: usize = 500;

thread_local! {
    static POOL: RefCell<Pool> = RefCell::default();
}

impl OutputBuffer {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start + self.shared.as_ref().map_or(0, |shared| shared.len)
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where to append.
    #[inline]
    pub(crate) fn tail(&mut self) -> &mut Vec<u8> {
        if self.bytes.capacity() == 0 {
            self.bytes = with_pool(Pool::take).unwrap_or_default();
        }
        &mut self.bytes
    }

    /// Appends a part of the shared bytes. They must not change before they are written, or [`copied`](Self::copy_shared).
    pub(crate) fn push_shared(&mut self, bytes: &SharedBytes, part: Range<usize>) {
        let own_end = self.tail().len();
        let shared = self
            .shared
            .get_or_insert_with(|| with_pool(|pool| pool.shared.pop()).flatten().unwrap_or_default());
        let is_same = shared.bytes.as_ref().is_none_or(|known| Rc::ptr_eq(known, bytes));
        if is_same && shared.pieces.len() < MAX_PIECES {
            shared.bytes = Some(bytes.clone());
            shared.len += part.len();
            shared.pieces.push(Piece { own_end, shared: part });
        } else {
            self.bytes.extend_from_slice(&bytes.borrow()[part]);
        }
    }

    /// Hands over all that waits, in order.
    #[inline]
    pub(crate) fn with_slices<R>(&self, f: impl FnOnce(&[IoSlice<'_>]) -> R) -> R {
        match &self.shared {
            None => f(&[IoSlice::new(&self.bytes[self.start..])]),
            Some(shared) => shared.with_slices(&self.bytes, self.start, f),
        }
    }

    /// Takes the first `count` bytes as written.
    pub(crate) fn consume(&mut self, count: usize) {
        if count >= self.len() {
            return self.clear();
        }
        if self.shared.is_some() {
            return self.copy_shared(count);
        }
        self.start += count;
        if self.start > self.bytes.len() / 2 {
            // Each byte is moved at most once for each byte that was written before it.
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }

    /// Makes all that waits the output's own, without the first `skip` bytes.
    pub(crate) fn copy_shared(&mut self, mut skip: usize) {
        if self.shared.is_none() {
            return;
        }
        let mut own = with_pool(Pool::take).unwrap_or_default();
        self.with_slices(|slices| {
            for slice in slices {
                let skipped = skip.min(slice.len());
                skip -= skipped;
                own.extend_from_slice(&slice[skipped..]);
            }
        });
        self.clear();
        self.bytes = own;
    }

    pub(crate) fn clear(&mut self) {
        self.start = 0;
        if let Some(mut shared) = self.shared.take() {
            shared.bytes = None;
            shared.pieces.clear();
            shared.len = 0;
            with_pool(|pool| pool.shared.push(shared));
        }
        if self.bytes.capacity() > 0 {
            let bytes = mem::take(&mut self.bytes);
            with_pool(|pool| pool.give(bytes));
        }
    }
}

impl SharedOutput {
    fn with_slices<R>(&self, own: &[u8], start: usize, f: impl FnOnce(&[IoSlice<'_>]) -> R) -> R {
        let shared = self.bytes.as_ref().map(|bytes| bytes.borrow());
        let mut slices = SmallVec::<[IoSlice<'_>; 64]>::new();
        let mut from = start;
        for piece in &self.pieces {
            slices.push(IoSlice::new(&own[from..piece.own_end]));
            slices.extend(shared.as_ref().map(|shared| IoSlice::new(&shared[piece.shared.clone()])));
            from = piece.own_end;
        }
        slices.push(IoSlice::new(&own[from..]));
        f(&slices)
    }
}

impl Drop for OutputBuffer {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Pool {
    fn take(&mut self) -> Vec<u8> {
        let buffer = self.buffers.pop().unwrap_or_default();
        self.capacity -= buffer.capacity();
        buffer
    }

    fn give(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        if buffer.capacity() <= MAX_POOLED_BUFFER && self.capacity + buffer.capacity() <= MAX_POOL {
            self.capacity += buffer.capacity();
            self.buffers.push(buffer);
        }
    }
}

fn with_pool<R>(f: impl FnOnce(&mut Pool) -> R) -> Option<R> {
    POOL.try_with(|pool| f(&mut pool.borrow_mut())).ok()
}
