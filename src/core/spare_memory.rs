//! Memory that a thread keeps for later use (private), and gives back when it is not used.
//!
//! An owner of spare memory [registers](register) how to release it, and reports each time when there is [something to
//! release](kept). As long as there is, the event loop looks every few seconds: memory that was not used for one such period is
//! released. Then nothing wakes the thread any more.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// The time between two looks at spare memory: unused memory is released after twice this time at the latest.
pub(crate) const PERIOD: Duration = Duration::from_secs(4);

/// While there is always something to do, the clock is read once in this many rounds.
const ROUNDS: u32 = 16;

/// The amount to release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// Memory that was not used since the last time.
    Unused,
    All,
}

/// Releases memory; returns whether more is kept that can be released another time.
pub(crate) type Releaser = fn(Release) -> bool;

thread_local! {
    /// Kept apart from the rest, because it is read for each message.
    static IS_KEPT: Cell<bool> = const { Cell::new(false) };
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
    static ROUND: Cell<u32> = const { Cell::new(0) };
    static RELEASERS: RefCell<Vec<Releaser>> = const { RefCell::new(Vec::new()) };
}

/// Registers how memory is released that the thread keeps; once for each owner.
pub(crate) fn register(releaser: Releaser) {
    let _ = RELEASERS.try_with(|all| all.borrow_mut().push(releaser));
}

/// Reports that there is something to release.
#[inline]
pub(crate) fn kept() {
    if !IS_KEPT.get() {
        IS_KEPT.set(true);
    }
}

/// Returns whether there is something to release.
pub(crate) fn is_kept() -> bool {
    IS_KEPT.get()
}

/// Ends a round of the event loop: releases memory that was not used, if it is time for that, and returns whether it was.
/// `was_idle` is whether the round had nothing to do.
#[inline]
pub(crate) fn end_round(was_idle: bool, now: impl FnOnce() -> Instant) -> bool {
    if !IS_KEPT.get() {
        return false;
    }
    let round = ROUND.get();
    ROUND.set((round + 1) % ROUNDS);
    (was_idle || round == 0) && release_if_due(now())
}

fn release_if_due(now: Instant) -> bool {
    let Some(since) = SINCE.get() else {
        SINCE.set(Some(now));
        return false;
    };
    let passed = now.saturating_duration_since(since);
    if passed < PERIOD {
        return false;
    }
    SINCE.set(Some(now));
    let mut more = release(Release::Unused);
    // A late look stands for the ones that were missed: nothing was used in the last of them.
    if more && passed >= 2 * PERIOD {
        more = release(Release::Unused);
    }
    if !more {
        SINCE.set(None);
        IS_KEPT.set(false);
    }
    true
}

/// Releases what is kept.
pub(crate) fn release(what: Release) -> bool {
    let releaser = |index| RELEASERS.try_with(|all| all.borrow().get(index).copied()).ok().flatten();
    let mut more = false;
    for release in (0..).map_while(releaser) {
        more |= release(what);
    }
    more
}

/// Returns whether shrinking a table with room for `capacity` entries is worthwhile.
pub(crate) fn is_oversized(len: usize, capacity: usize) -> bool {
    const SMALL: usize = 256;
    capacity > SMALL && len < capacity / 4
}

/// Things that are kept for later use. It knows how many of them were not needed for a while.
#[derive(Debug)]
pub(crate) struct Spares<T> {
    /// The one used last is at the end.
    things: Vec<T>,
    /// The number of those at the front that were not taken since the last look.
    unused: usize,
}

impl<T> Spares<T> {
    pub(crate) const fn new() -> Self {
        Self { things: Vec::new(), unused: 0 }
    }

    #[inline]
    pub(crate) fn take(&mut self) -> Option<T> {
        let thing = self.things.pop();
        self.unused = self.unused.min(self.things.len());
        thing
    }

    #[inline]
    pub(crate) fn keep(&mut self, thing: T) {
        self.things.push(thing);
        kept();
    }

    /// Keeps what was not used.
    pub(crate) fn keep_again(&mut self, thing: Option<T>) {
        self.things.extend(thing);
        self.unused = self.things.len();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.things.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.things.len()
    }

    /// Takes out what is to be released.
    pub(crate) fn release(&mut self, what: Release) -> Vec<T> {
        let count = match what {
            Release::Unused => self.unused,
            Release::All => self.things.len(),
        };
        let released = self.things.drain(..count).collect();
        if self.things.is_empty() {
            self.things = Vec::new();
        }
        self.unused = self.things.len();
        released
    }
}
