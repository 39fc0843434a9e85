//! The thread's running timers, in the order in which they are due (private).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::mem;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::table::{self, Key, Table};
use super::timer_type::TimerType;

/// Receives the time-outs of a timer.
pub(crate) trait TimerTarget {
    fn timed_out(self: Rc<Self>, id: TimerId);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerId(Key);

struct Entry {
    generation: NonZeroU32,
    interval: Duration,
    timer_type: TimerType,
    target: Rc<dyn TimerTarget>,
    due: Due,
    /// Its target is running: a nested loop does not call it again inside itself.
    running: bool,
}

impl table::Entry for Entry {
    fn generation(&self) -> NonZeroU32 {
        self.generation
    }
}

/// The due time of a timer. The number keeps timers that are due together in the order in which they were started, and tells
/// those apart that were started while others fire.
type Due = (Instant, u64);

#[derive(Default)]
pub(crate) struct TimerQueue {
    entries: RefCell<Table<Entry>>,
    order: RefCell<BTreeMap<Due, TimerId>>,
    started: Cell<u64>,
    origin: Cell<Option<Instant>>,
}

impl TimerQueue {
    /// Starts a timer that fires every `interval` until it is stopped.
    pub(crate) fn start(
        &self,
        now: Instant,
        interval: Duration,
        timer_type: TimerType,
        target: Rc<dyn TimerTarget>,
    ) -> TimerId {
        // Far enough for any program, near enough for any platform's clock.
        const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
        let interval = interval.min(FOREVER);
        let due = self.due(now, interval, timer_type);
        let id = self.entries.borrow_mut().insert(|key| Entry {
            generation: key.generation(),
            interval,
            timer_type,
            target,
            due,
            running: false,
        });
        // A thread has far fewer timers than a table has entries.
        let id = TimerId(id.unwrap_or(Key::NULL));
        self.order.borrow_mut().insert(due, id);
        id
    }

    pub(crate) fn stop(&self, id: TimerId) {
        // Out of the borrow before its target is dropped.
        let removed = self.entries.borrow_mut().remove(id.0);
        if let Some(entry) = removed {
            self.order.borrow_mut().remove(&entry.due);
        }
    }

    /// Gives back what the table has more than it needs.
    pub(crate) fn shrink(&self) {
        self.entries.borrow_mut().shrink();
    }

    /// Takes out the targets of all timers, at the end of the thread.
    pub(crate) fn take_targets(&self) -> impl Iterator<Item = Rc<dyn TimerTarget>> {
        self.entries.take().into_entries().map(|entry| entry.target)
    }

    pub(crate) fn due_at(&self, id: TimerId) -> Option<Instant> {
        self.entries.borrow().get(id.0).map(|entry| entry.due.0)
    }

    /// The time at which the next timer fires, of those that may.
    pub(crate) fn next(&self) -> Option<Instant> {
        let entries = self.entries.borrow();
        let order = self.order.borrow();
        order.iter().find(|(_, id)| !is_running(&entries, **id)).map(|(due, _)| due.0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.borrow().is_empty()
    }

    /// Fires what is due, each timer once, until `call` returns `false`. What is started meanwhile waits for the next round.
    /// Returns whether any fired.
    pub(crate) fn fire_due(
        &self,
        now: Instant,
        mut call: impl FnMut(Rc<dyn TimerTarget>, TimerId) -> bool,
    ) -> bool {
        let end_of_round = self.started.get();
        let mut fired = false;
        while let Some((id, target)) = self.begin(now, end_of_round) {
            let _running = Running { timers: self, id };
            fired = true;
            if !call(target, id) {
                break;
            }
        }
        fired
    }

    /// Takes the next due timer and starts its next period before its target runs, so that the target can stop it.
    fn begin(&self, now: Instant, end_of_round: u64) -> Option<(TimerId, Rc<dyn TimerTarget>)> {
        let mut entries = self.entries.borrow_mut();
        let mut order = self.order.borrow_mut();
        loop {
            let (_, &id) = order.range(..=(now, u64::MAX)).find(|(due, _)| due.1 < end_of_round)?;
            let entry = entries.get_mut(id.0)?;
            order.remove(&entry.due);
            // QTimerInfoList: periods that were missed are skipped, not made up for.
            let next = entry.due.0 + entry.interval;
            let from = if next < now { now } else { entry.due.0 };
            entry.due = self.due(from, entry.interval, entry.timer_type);
            order.insert(entry.due, id);
            // So is a period that ends while the target of the timer runs, in a loop inside it.
            if !mem::replace(&mut entry.running, true) {
                return Some((id, Rc::clone(&entry.target)));
            }
        }
    }

    fn due(&self, from: Instant, interval: Duration, timer_type: TimerType) -> Due {
        let number = self.started.get();
        self.started.set(number + 1);
        let exact = from + interval;
        // A virtual clock that is gone may have been ahead.
        let origin = self.origin.get().map_or(from, |origin| origin.min(from));
        self.origin.set(Some(origin));
        let Some(granularity) = timer_type.granularity(interval) else { return (exact, number) };
        let rounded = origin + round(exact.saturating_duration_since(origin), granularity);
        (if rounded > from { rounded } else { rounded + granularity }, number)
    }
}

fn is_running(entries: &Table<Entry>, id: TimerId) -> bool {
    entries.get(id.0).is_some_and(|entry| entry.running)
}

/// Rounds to the nearest multiple, so that timers of similar intervals wake the thread together.
fn round(time: Duration, granularity: Duration) -> Duration {
    let granularity = granularity.as_nanos().max(1);
    let nanos = (time.as_nanos() + granularity / 2) / granularity * granularity;
    u64::try_from(nanos).map_or(time, Duration::from_nanos)
}

/// Marks a timer as not running any more, also after a panic in its target.
struct Running<'t> {
    timers: &'t TimerQueue,
    id: TimerId,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(entry) = self.timers.entries.borrow_mut().get_mut(self.id.0) {
            entry.running = false;
        }
    }
}
