//! The memory that is read into (private): one large buffer a thread, lent to the connection that is readable.
//!
//! A slot that enters the event loop again, while the buffer is lent, lets the loop lend another. What the first buffer
//! still holds is then copied over, so that nothing overtakes it.

use std::cell::{Cell, RefCell};
use std::ops::{Deref, Range};
use std::rc::Rc;

use super::protocol::BufferPool;
use crate::core::event_dispatcher;
use crate::network::output_buffer::SharedBytes;

/// A buffer to read into, and the memory for what does not arrive in one piece.
///
/// While a slot runs, `bytes` is borrowed, because the slot has a slice of it. Nobody borrows it mutably then: whoever comes
/// in again has a buffer of its own.
pub(crate) struct ReadBuffer {
    pub(crate) bytes: SharedBytes,
    pub(crate) pool: RefCell<BufferPool>,
    /// Where the bytes are that were read and not taken apart yet.
    start: Cell<usize>,
    end: Cell<usize>,
}

impl ReadBuffer {
    /// How much can be read at a time.
    pub(crate) const SIZE: usize = 128 * 1024;

    #[inline]
    pub(crate) fn unread(&self) -> Range<usize> {
        self.start.get()..self.end.get()
    }

    #[inline]
    pub(crate) fn set_unread(&self, unread: Range<usize>) {
        self.start.set(unread.start);
        self.end.set(unread.end);
    }

    /// Lets nobody have a part of the bytes any more that waits to be written, so that they can be overwritten.
    #[inline]
    pub(crate) fn reclaim(&self) {
        if self.is_shared() {
            event_dispatcher::flush();
        }
    }

    fn is_shared(&self) -> bool {
        Rc::strong_count(&self.bytes) > 1
    }

    /// Where `payload` lies in these bytes, if it does.
    fn position(&self, payload: &[u8]) -> Option<Range<usize>> {
        let start = payload.as_ptr().addr().checked_sub(self.bytes.borrow().as_ptr().addr())?;
        let end = start + payload.len();
        (end <= Self::SIZE).then_some(start..end)
    }

    /// Moves what another buffer has unread to this one.
    pub(crate) fn take_over(&self, other: &Self) {
        let unread = other.unread();
        self.fill(&other.bytes.borrow()[unread]);
        other.set_unread(0..0);
    }

    /// Puts bytes here as read; not more than [`SIZE`](Self::SIZE).
    pub(crate) fn fill(&self, bytes: &[u8]) {
        self.bytes.borrow_mut()[..bytes.len()].copy_from_slice(bytes);
        self.set_unread(0..bytes.len());
    }
}

thread_local! {
    static FREE: RefCell<Vec<Rc<ReadBuffer>>> = const { RefCell::new(Vec::new()) };
    /// The buffers that slots have slices of, the innermost loop's last.
    static IN_USE: RefCell<Vec<Rc<ReadBuffer>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer that is lent; goes back when dropped, also after a panic in a slot.
pub(crate) struct LentReadBuffer(Rc<ReadBuffer>);

impl LentReadBuffer {
    pub(crate) fn take() -> Self {
        let free = FREE.try_with(|free| free.borrow_mut().pop()).ok().flatten();
        Self(free.unwrap_or_else(|| {
            Rc::new(ReadBuffer {
                bytes: Rc::new(RefCell::new(vec![0; ReadBuffer::SIZE].into_boxed_slice())),
                pool: RefCell::default(),
                start: Cell::new(0),
                end: Cell::new(0),
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
        self.0.reclaim();
        // After a panic in a slot a part of it may still wait to be written: then it goes with that.
        if !self.0.is_shared() {
            let _ = FREE.try_with(|free| free.borrow_mut().push(Rc::clone(&self.0)));
        }
    }
}

/// Says that slots get slices of a buffer, until it is dropped.
pub(crate) struct InUse(());

impl InUse {
    pub(crate) fn begin(buffer: &Rc<ReadBuffer>) -> Self {
        let _ = IN_USE.try_with(|in_use| in_use.borrow_mut().push(Rc::clone(buffer)));
        Self(())
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let _ = IN_USE.try_with(|in_use| in_use.borrow_mut().pop());
    }
}

/// The bytes that `payload` is a part of, if a slot got it from a buffer.
pub(crate) fn find(payload: &[u8]) -> Option<(SharedBytes, Range<usize>)> {
    IN_USE
        .try_with(|in_use| {
            let in_use = in_use.borrow();
            in_use.iter().rev().find_map(|buffer| Some((buffer.bytes.clone(), buffer.position(payload)?)))
        })
        .ok()?
}
