//! Blocking calls (private): they drive what one connection or listener waits for, and nothing else.

use std::time::{Duration, Instant};

use crate::core::clock;
use crate::core::deadline::Deadline;
use crate::core::event_dispatcher;
use crate::core::poller::{Readiness, SourceKey};

/// Things that a blocking call waits for.
#[derive(Debug, Default)]
pub(crate) struct Awaited {
    sources: Vec<(SourceKey, Readiness)>,
    until: Option<Instant>,
}

impl Awaited {
    pub(crate) fn source(key: Option<SourceKey>) -> Self {
        let mut awaited = Self::default();
        awaited.add_source(key);
        awaited
    }

    pub(crate) fn add_source(&mut self, key: Option<SourceKey>) {
        self.sources.extend(key.map(|key| (key, Readiness::ALL)));
    }

    /// A connection that is not established yet. Data that comes with it is left to those who wait for that.
    pub(crate) fn add_connecting(&mut self, key: Option<SourceKey>) {
        self.sources.extend(key.map(|key| (key, Readiness::WRITABLE | Readiness::CLOSED)));
    }

    pub(crate) fn add_deadline(&mut self, deadline: &Deadline) {
        if let Some(time) = deadline.remaining_time() {
            self.until = earlier(self.until, clock::now().checked_add(time));
        }
    }
}

/// The time that a blocking call may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaitLimit(Option<Instant>);

impl WaitLimit {
    /// A time that ends in so long; `None`, and one that no clock can hold: never.
    pub(crate) fn after(timeout: Option<Duration>) -> Self {
        Self(timeout.and_then(|timeout| clock::now().checked_add(timeout)))
    }

    pub(crate) fn has_passed(self) -> bool {
        self.0.is_some_and(|end| clock::now() >= end)
    }

    /// Handles what `awaited` says, again and again, until `is_done`, which may do something itself. Returns `false` if the time
    /// has passed before, if there is nothing to wait for, or if loops are nested too deep.
    pub(crate) fn wait(self, mut is_done: impl FnMut() -> bool, awaited: impl Fn() -> Awaited) -> bool {
        let rounds = || loop {
            if is_done() {
                return true;
            }
            let Awaited { sources, until } = awaited();
            let until = earlier(self.0, until);
            if sources.is_empty() && until.is_none() {
                return false;
            }
            let handled = event_dispatcher::with(|dispatcher| dispatcher.handle_sources(&sources, until));
            if let Some(Err(error)) = handled {
                log::error!("cannot wait for a socket: {error}");
                return false;
            }
            if self.has_passed() {
                return is_done();
            }
        };
        event_dispatcher::with(|dispatcher| dispatcher.look_in(rounds)).flatten().unwrap_or(false)
    }
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    [one, other].into_iter().flatten().min()
}
