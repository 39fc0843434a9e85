//! The depth of nested loops (private): no peer may decide by what it sends how deep the stack is.
//!
//! A slot may run the loop to wait for something, and what is delivered meanwhile calls slots that may do the same. Each
//! loop is on the stack, so there is a bound, and at the bound a loop is refused rather than entered: the slot goes on, and
//! what there is to deliver is delivered by the loops that run.

use std::cell::{Cell, RefCell};

use super::poller::SourceKey;

/// Loops of a thread, each inside a slot of the one before, not counting the outermost. A level takes some ten KiB of the stack
/// in a debug build, and the stack of a thread has 2 MiB.
pub(super) const MAX_NESTED_LOOPS: usize = 64;

/// The greatest number of nested loops that the slots of one connection, notifier or listener have entered.
pub(super) const MAX_NESTED_LOOPS_OF_SOURCE: usize = 4;

/// Calls that end connections, each in a slot of the end of another one. With many connections, as many as there are peers, that
/// would be as deep.
const MAX_NESTED_ENDS: u32 = 64;

#[derive(Default)]
pub(super) struct Nesting {
    /// The loops that run, each inside the one before, and whose slot has entered it.
    loops: RefCell<Vec<Option<SourceKey>>>,
    /// The source whose slots are running; `None`: those of a timer, of something posted, or none.
    caller: Cell<Option<SourceKey>>,
    has_told: Cell<bool>,
    ends: Cell<u32>,
}

impl Nesting {
    /// Enters a loop, unless that would be one too many.
    pub(super) fn enter(&self) -> Option<EnteredLoop<'_>> {
        let caller = self.caller.get();
        let refused = {
            let loops = self.loops.borrow();
            let of_caller = loops.iter().filter(|entered| caller.is_some() && **entered == caller).count();
            if loops.len() > MAX_NESTED_LOOPS {
                Some((loops.len(), "of this thread"))
            } else if of_caller >= MAX_NESTED_LOOPS_OF_SOURCE {
                Some((of_caller, "that the slots of one connection have entered"))
            } else {
                None
            }
        };
        if let Some((count, whose)) = refused {
            self.tell_refusal(count, whose);
            return None;
        }
        self.loops.borrow_mut().push(caller);
        // In the new loop, slots run for no source until one delivers to them.
        self.caller.set(None);
        Some(EnteredLoop { nesting: self, caller })
    }

    /// Sets the source whose slots run, until the result is dropped.
    #[inline]
    pub(super) fn call_slots_of(&self, source: Option<SourceKey>) -> CallingSlots<'_> {
        CallingSlots { nesting: self, outer: self.caller.replace(source) }
    }

    /// Begins a call that ends a connection, unless that would be too deep.
    pub(super) fn begin_end(&self) -> Option<EndUnderWay<'_>> {
        let ends = self.ends.get();
        (ends < MAX_NESTED_ENDS).then(|| {
            self.ends.set(ends + 1);
            EndUnderWay(&self.ends)
        })
    }

    /// Once: a peer that sends the cause again and again does not fill the log.
    fn tell_refusal(&self, count: usize, whose: &str) {
        let level = if self.has_told.replace(true) { log::Level::Debug } else { log::Level::Warn };
        log::log!(
            level,
            "an event loop is not entered in this slot, because it would be inside {count} loops {whose}: \
             a slot that runs the loop for everything that comes nests as deep as there is something to come"
        );
    }
}

/// A loop that runs; left when dropped, also after a panic.
pub(super) struct EnteredLoop<'n> {
    nesting: &'n Nesting,
    caller: Option<SourceKey>,
}

impl Drop for EnteredLoop<'_> {
    fn drop(&mut self) {
        self.nesting.loops.borrow_mut().pop();
        self.nesting.caller.set(self.caller);
    }
}

/// A call that ends a connection; over when dropped, also after a panic.
pub(super) struct EndUnderWay<'n>(&'n Cell<u32>);

impl Drop for EndUnderWay<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Slots of a source that run; over when dropped, also after a panic.
pub(super) struct CallingSlots<'n> {
    nesting: &'n Nesting,
    outer: Option<SourceKey>,
}

impl Drop for CallingSlots<'_> {
    #[inline]
    fn drop(&mut self) {
        self.nesting.caller.set(self.outer);
    }
}
