//! The encoders and the decoder of a thread (private), lent to the connection that compresses or decompresses a message.
//!
//! They are lent for one message, during which no slot runs.

use std::cell::{Cell, RefCell};

use super::protocol::DeflatePool;
use crate::core::spare_memory::{self, Release};

thread_local! {
    static FREE: RefCell<Vec<DeflatePool>> = {
        spare_memory::register(release);
        const { RefCell::new(Vec::new()) }
    };
}

thread_local! {
    static HAS_LARGE_MESSAGE: Cell<bool> = const { Cell::new(false) };
}

/// The right to decompress a large message in steps, until it is dropped. Only one in a thread has it: the memory of one message
/// is all that such messages take, however many connections send them, and the others wait with what they have received.
pub(crate) struct LargeMessageTurn(());

impl LargeMessageTurn {
    pub(crate) fn take() -> Option<Self> {
        let is_taken = HAS_LARGE_MESSAGE.try_with(|is_taken| is_taken.replace(true));
        matches!(is_taken, Ok(false)).then(|| Self(()))
    }
}

impl Drop for LargeMessageTurn {
    fn drop(&mut self) {
        let _ = HAS_LARGE_MESSAGE.try_with(|is_taken| is_taken.set(false));
    }
}

/// Lends a pool for as long as the call takes.
pub(crate) fn with_deflate_pool<R>(use_it: impl FnOnce(&mut DeflatePool) -> R) -> R {
    let mut pool = FREE.try_with(|free| free.borrow_mut().pop()).ok().flatten().unwrap_or_default();
    let result = use_it(&mut pool);
    let _ = FREE.try_with(|free| free.borrow_mut().push(pool));
    spare_memory::kept();
    result
}

fn release(what: Release) -> bool {
    let released = FREE.try_with(|free| {
        let mut free = free.borrow_mut();
        match what {
            Release::All => free.clear(),
            Release::Unused => free.retain_mut(DeflatePool::release_unused),
        }
        if free.is_empty() {
            *free = Vec::new();
        }
        !free.is_empty()
    });
    released.unwrap_or(false)
}
