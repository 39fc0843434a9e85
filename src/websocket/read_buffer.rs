//! The memory that is read into (private): one large buffer a thread, lent to the connection that is readable.
//!
//! A slot that enters the event loop again, while the buffer is lent, lets the loop lend another.

use std::cell::RefCell;

use super::protocol::BufferPool;

/// A buffer to read into, and the memory for what does not arrive in one piece.
pub(crate) struct ReadBuffer {
    pub(crate) bytes: Box<[u8]>,
    pub(crate) pool: BufferPool,
}

/// Large enough for many small messages in one read, small enough to stay in the processor's cache.
const SIZE: usize = 128 * 1024;

thread_local! {
    static FREE: RefCell<Vec<ReadBuffer>> = const { RefCell::new(Vec::new()) };
}

/// A buffer that is lent; goes back when dropped, also after a panic in a slot.
pub(crate) struct LentReadBuffer(Option<ReadBuffer>);

impl LentReadBuffer {
    pub(crate) fn take() -> Self {
        let free = FREE.try_with(|free| free.borrow_mut().pop()).ok().flatten();
        Self(Some(free.unwrap_or_else(|| ReadBuffer {
            bytes: vec![0; SIZE].into_boxed_slice(),
            pool: BufferPool::new(),
        })))
    }

    pub(crate) fn get(&mut self) -> Option<&mut ReadBuffer> {
        self.0.as_mut()
    }
}

impl Drop for LentReadBuffer {
    fn drop(&mut self) {
        if let Some(buffer) = self.0.take() {
            let _ = FREE.try_with(|free| free.borrow_mut().push(buffer));
        }
    }
}
