//! Memory that is needed for a moment (private): to read into, to decrypt in.
//!
//! It is not that of `websocket/read_buffer`: while TLS reads, both are lent, so that one list for both would hold as much, and it
//! costs a small message 6% more instructions. Nor is it that of output, which outlives the call, and is as large as it has to be.

use std::cell::RefCell;

use crate::core::spare_memory::{self, Release, Spares};

thread_local! {
    static SPARE: RefCell<Spares<Vec<u8>>> = {
        spare_memory::register(release);
        const { RefCell::new(Spares::new()) }
    };
}

/// Lends `size` bytes, left from earlier use, for as long as the call takes.
pub(super) fn with_scratch<R>(size: usize, use_it: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut scratch = SPARE.try_with(|spare| spare.borrow_mut().take()).ok().flatten().unwrap_or_default();
    if scratch.len() < size {
        scratch.reserve_exact(size - scratch.len());
        scratch.resize(size, 0);
    }
    let result = use_it(&mut scratch[..size]);
    let _ = SPARE.try_with(|spare| spare.borrow_mut().keep(scratch));
    result
}

fn release(what: Release) -> bool {
    let released = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        let released = spare.release(what);
        (spare.len() > 0, released)
    });
    released.is_ok_and(|(is_kept, _)| is_kept)
}
