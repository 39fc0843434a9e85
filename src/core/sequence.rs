//! Steps that are all taken, whatever becomes of the foreign code in them (private).

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

/// A sequence of steps that call slots, filters or destructors: each is taken, also when one before it has panicked. The
/// first panic goes on when the sequence is dropped, which has then done all that it owes.
#[derive(Default)]
pub(crate) struct Sequence {
    first_panic: Option<Box<dyn Any + Send>>,
}

impl Sequence {
    pub(crate) fn begin() -> Self {
        Self::default()
    }

    /// Begins with a step.
    pub(crate) fn begin_with<R>(step: impl FnOnce() -> R) -> Self {
        let mut sequence = Self::begin();
        sequence.step(step);
        sequence
    }

    /// Takes a step; `None` if it panicked.
    pub(crate) fn step<R>(&mut self, step: impl FnOnce() -> R) -> Option<R> {
        match catch_unwind(AssertUnwindSafe(step)) {
            Ok(result) => Some(result),
            Err(panic) => {
                self.note(panic);
                None
            }
        }
    }

    /// Takes over a panic that was caught elsewhere.
    pub(crate) fn note(&mut self, panic: Box<dyn Any + Send>) {
        self.first_panic.get_or_insert(panic);
    }
}

impl Drop for Sequence {
    #[inline]
    fn drop(&mut self) {
        // Two panics at a time end the process. The panic hook has reported both.
        if let Some(panic) = self.first_panic.take()
            && !thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}

/// Drops values whose destructors are foreign code, at the end of a thread: nobody is there to catch a panic, which would end
/// the process.
pub(crate) fn drop_at_end_of_thread<T>(values: impl IntoIterator<Item = T>) {
    for value in values {
        // The panic hook has reported it.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
    }
}

/// Drops values whose destructors are foreign code, each whatever becomes of the others.
pub(crate) fn drop_each<T>(values: impl IntoIterator<Item = T>) {
    let mut sequence = Sequence::begin();
    for value in values {
        sequence.step(|| drop(value));
    }
}
