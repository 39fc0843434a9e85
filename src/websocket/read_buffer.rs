//! The memory that is read into (private): one large buffer a thread, lent to the connection that is readable.
//!
//! A slot that enters the event loop again, while the buffer is lent, lets the loop lend another. What the first buffer
//! still holds is then copied over, so that nothing overtakes it.
//!
//! Bytes that are left at the end of a turn are moved to memory of the connection's own, once: its next turns process them there.

use std::cell::{Cell, RefCell};
use std::ops::{Deref, Range};
use std::rc::Rc;

use super::protocol::BufferPool;
use crate::core::spare_memory::{self, Release, Spares};

/// A buffer to read into, and the memory for what does not arrive in one piece.
///
/// While a slot runs, `bytes` is borrowed, because the slot has a slice of it. Nobody borrows it mutably then: whoever comes
/// in again has a buffer of its own.
pub(crate) struct ReadBuffer {
    pub(crate) bytes: RefCell<Box<[u8]>>,
    pub(crate) pool: RefCell<BufferPool>,
    /// The beginning of the bytes that were read and not processed yet.
    start: Cell<usize>,
    end: Cell<usize>,
    /// The memory to read into, while `bytes` is a connection's own.
    aside: Cell<Option<Box<[u8]>>>,
}

impl ReadBuffer {
    /// The number of bytes that can be read at a time: so many that the bytes of many small messages are taken by one read, after
    /// which the system announces once to the peer that there is room again.
    pub(crate) const SIZE: usize = 512 * 1024;

    /// The number of bytes of an opening handshake that are read at a time. Bytes behind it have to be kept.
    pub(crate) const HANDSHAKE_READ: usize = 16 * 1024;

    #[inline]
    pub(crate) fn unread(&self) -> Range<usize> {
        self.start.get()..self.end.get()
    }

    #[inline]
    pub(crate) fn set_unread(&self, unread: Range<usize>) {
        self.start.set(unread.start);
        self.end.set(unread.end);
    }

    /// Moves what another buffer has unread to this one.
    pub(crate) fn take_over(&self, other: &Self) {
        let unread = other.unread();
        self.fill(&other.bytes.borrow()[unread]);
        other.set_unread(0..0);
    }

    /// Puts bytes here as read, any number: more than [`SIZE`](Self::SIZE) get memory of their own.
    pub(crate) fn fill(&self, bytes: &[u8]) {
        let mut own = self.bytes.borrow_mut();
        match own.get_mut(..bytes.len()) {
            Some(place) => place.copy_from_slice(bytes),
            None => *own = bytes.into(),
        }
        self.set_unread(0..bytes.len());
    }

    /// Lets bytes that a connection has kept be taken apart where they are.
    pub(crate) fn lay_open(&self, kept: Box<[u8]>, start: usize) {
        self.set_unread(start..kept.len());
        let own = self.bytes.replace(kept);
        self.aside.set(Some(own));
    }

    /// Makes room for a read, when nothing is unread.
    #[inline]
    pub(crate) fn make_room(&self) {
        if let Some(own) = self.aside.take() {
            self.bytes.replace(own);
        }
    }

    /// Takes out what is unread, in memory of its own: that, and where in it the rest begins.
    pub(crate) fn take_rest(&self) -> Option<(Box<[u8]>, usize)> {
        let unread = self.unread();
        if unread.is_empty() {
            return None;
        }
        self.set_unread(0..0);
        match self.aside.take() {
            Some(own) => Some((self.bytes.replace(own), unread.start)),
            None => Some((self.bytes.borrow()[unread].into(), 0)),
        }
    }

    /// Returns whether it holds no more memory than others.
    fn is_of_usual_size(&self) -> bool {
        self.bytes.try_borrow().is_ok_and(|bytes| bytes.len() == Self::SIZE)
    }
}

thread_local! {
    static FREE: RefCell<Spares<Rc<ReadBuffer>>> = {
        spare_memory::register(release);
        const { RefCell::new(Spares::new()) }
    };
}

/// A buffer that is lent; goes back when dropped, also after a panic in a slot.
pub(crate) struct LentReadBuffer(Rc<ReadBuffer>);

impl LentReadBuffer {
    pub(crate) fn take() -> Self {
        let free = FREE.try_with(|free| free.borrow_mut().take()).ok().flatten();
        Self(free.unwrap_or_else(|| {
            Rc::new(ReadBuffer {
                bytes: RefCell::new(vec![0; ReadBuffer::SIZE].into_boxed_slice()),
                pool: RefCell::default(),
                start: Cell::new(0),
                end: Cell::new(0),
                aside: Cell::new(None),
            })
        }))
    }

    pub(crate) fn share(&self) -> Rc<ReadBuffer> {
        Rc::clone(&self.0)
    }
}

impl Deref for LentReadBuffer {
    type Target = ReadBuffer;
    fn deref(&self) -> &ReadBuffer {
        &self.0
    }
}

impl Drop for LentReadBuffer {
    fn drop(&mut self) {
        self.0.set_unread(0..0);
        self.0.make_room();
        if self.0.is_of_usual_size() {
            let _ = FREE.try_with(|free| free.borrow_mut().keep(Rc::clone(&self.0)));
        }
    }
}

/// Releases buffers, and of those that stay the memory for messages. The one that was used last stays, as there will be another
/// message, unless all are wanted back.
fn release(what: Release) -> bool {
    let released = FREE.try_with(|free| {
        let mut free = free.borrow_mut();
        let mut released = free.release(what);
        if what == Release::Unused && free.len() == 0 {
            free.keep_again(released.pop());
        }
        let mut more = free.len() > 1;
        for buffer in free.iter() {
            let mut pool = buffer.pool.borrow_mut();
            pool.release_unused();
            more |= pool.retained() > 0;
        }
        (more, released)
    });
    released.is_ok_and(|(more, _)| more)
}
