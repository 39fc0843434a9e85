//! The sources whose readiness the operating system reports (private), and the lines in which they wait for their turn.
//!
//! A source stands in line once, however often the system reports it meanwhile: its readiness is collected. There are
//! two lines. One is for sources that the system has reported. In the other stand those that have stopped early, to be fair, with
//! more to do; each round gives both lines their part, so that a source with little to do does not wait for all that have much.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::mem;
use std::num::NonZeroU32;
use std::rc::Rc;

use super::poller::{Readiness, SourceKey};
use super::spare_memory::{self, is_oversized};
use super::table::{self, Table};

/// Something whose readiness the operating system reports.
pub(crate) trait Source {
    fn ready(self: Rc<Self>, readiness: Readiness);
}

#[derive(Default)]
pub(super) struct Sources {
    entries: RefCell<Table<Entry>>,
    ready: RefCell<VecDeque<SourceKey>>,
    unfinished: RefCell<VecDeque<SourceKey>>,
}

/// The line in which a source waits for its turn.
#[derive(Clone, Copy, Debug)]
pub(super) enum Line {
    Ready,
    Unfinished,
}

struct Entry {
    source: Rc<dyn Source>,
    generation: NonZeroU32,
    /// Readiness that was not delivered yet. The source stands in line as long as there is any.
    pending: Readiness,
}

impl table::Entry for Entry {
    #[inline]
    fn generation(&self) -> NonZeroU32 {
        self.generation
    }
}

impl Sources {
    /// Adds the source that `register` registers.
    pub(super) fn add(
        &self,
        source: Rc<dyn Source>,
        register: impl FnOnce(SourceKey) -> io::Result<()>,
    ) -> io::Result<SourceKey> {
        let key = self.entries.borrow_mut().begin().ok_or(io::ErrorKind::OutOfMemory)?;
        let key = SourceKey::new(key);
        register(key)?;
        let entry = Entry { source, generation: key.0.generation(), pending: Readiness::default() };
        self.entries.borrow_mut().places_mut().insert(entry);
        Ok(key)
    }

    pub(super) fn remove(&self, key: SourceKey) -> Option<Rc<dyn Source>> {
        let mut entries = self.entries.borrow_mut();
        if entries.is_oversized() {
            spare_memory::kept();
        }
        entries.remove(key.0).map(|entry| entry.source)
    }

    /// Notes what a source is ready for, and puts it at the end of that line unless it waits already.
    #[inline]
    pub(super) fn note(&self, key: SourceKey, readiness: Readiness, line: Line) {
        let mut entries = self.entries.borrow_mut();
        let Some(entry) = entries.get_mut(key.0) else { return };
        if !entry.pending.is_any() {
            self.line(line).borrow_mut().push_back(key);
        }
        entry.pending |= readiness;
    }

    /// The first in that line, and what it is ready for.
    #[inline]
    pub(super) fn next(&self, line: Line) -> Option<(SourceKey, Rc<dyn Source>, Readiness)> {
        let mut line = self.line(line).borrow_mut();
        let mut entries = self.entries.borrow_mut();
        // The slot of a source that has ended while it waited may belong to another one.
        loop {
            let key = line.pop_front()?;
            if let Some(entry) = entries.get_mut(key.0) {
                return Some((key, Rc::clone(&entry.source), mem::take(&mut entry.pending)));
            }
        }
    }

    /// Takes what a source is ready for, as far as it is wanted, before its turn; `None` if it is ready for nothing of that. It
    /// stays in line with the rest.
    pub(super) fn take(&self, key: SourceKey, wanted: Readiness) -> Option<(Rc<dyn Source>, Readiness)> {
        let mut entries = self.entries.borrow_mut();
        let entry = entries.get_mut(key.0)?;
        let taken = entry.pending.of(wanted);
        if !taken.is_any() {
            return None;
        }
        entry.pending = entry.pending.without(wanted);
        if !entry.pending.is_any() {
            for line in [&self.ready, &self.unfinished] {
                line.borrow_mut().retain(|waiting| *waiting != key);
            }
        }
        Some((Rc::clone(&entry.source), taken))
    }

    pub(super) fn waiting(&self, line: Line) -> usize {
        self.line(line).borrow().len()
    }

    /// Returns whether no source waits for its turn.
    pub(super) fn are_idle(&self) -> bool {
        self.waiting(Line::Ready) == 0 && self.waiting(Line::Unfinished) == 0
    }

    /// Gives back what the tables have more than they need.
    pub(super) fn shrink(&self) {
        self.entries.borrow_mut().shrink();
        for line in [&self.ready, &self.unfinished] {
            let mut line = line.borrow_mut();
            if is_oversized(line.len(), line.capacity()) {
                line.shrink_to_fit();
            }
        }
    }

    #[inline]
    fn line(&self, line: Line) -> &RefCell<VecDeque<SourceKey>> {
        match line {
            Line::Ready => &self.ready,
            Line::Unfinished => &self.unfinished,
        }
    }
}
