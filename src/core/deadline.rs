//! The one owner of a running timer (private).

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::event_dispatcher;
use super::timer_queue::{TimerId, TimerTarget};
use super::timer_type::TimerType;

/// A timer that runs or not, and stops when it is dropped.
///
/// While it runs, the event loop owns its target, and calls it each time that the time has passed:
/// [`TimerTarget::timed_out`]. A target with several deadlines asks each whether it is the one; one that is to pass once is asked
/// whether it [has passed](Self::has_passed), which stops it.
#[derive(Default)]
pub(crate) struct Deadline(Cell<Option<TimerId>>);

impl Deadline {
    /// Starts it, coarse and anew if it runs already.
    pub(crate) fn start(&self, time: Duration, target: Rc<dyn TimerTarget>) {
        self.start_as(TimerType::Coarse, time, target);
    }

    pub(super) fn start_as(&self, timer_type: TimerType, interval: Duration, target: Rc<dyn TimerTarget>) {
        self.stop();
        self.0.set(event_dispatcher::start_timer(interval, timer_type, target));
    }

    /// Stops it, if it runs.
    pub(crate) fn stop(&self) {
        if let Some(id) = self.0.take() {
            event_dispatcher::stop_timer(id);
        }
    }

    /// Stops it, and says how much of its time is left; `None` if it did not run.
    pub(crate) fn suspend(&self) -> Option<Duration> {
        let rest = self.remaining_time();
        self.stop();
        rest
    }

    pub(crate) fn is_running(&self) -> bool {
        self.0.get().is_some()
    }

    pub(crate) fn remaining_time(&self) -> Option<Duration> {
        event_dispatcher::remaining_time(self.0.get()?)
    }

    /// The timer, if its time has passed and the loop was not there to say so.
    pub(crate) fn overdue(&self) -> Option<TimerId> {
        self.0.get().filter(|_| self.remaining_time() == Some(Duration::ZERO))
    }

    /// Returns whether this is the timer that has fired.
    pub(crate) fn is(&self, id: TimerId) -> bool {
        self.0.get() == Some(id)
    }

    /// Returns whether this is the timer that has fired; then it is stopped.
    pub(crate) fn has_passed(&self, id: TimerId) -> bool {
        let has_passed = self.is(id);
        if has_passed {
            self.stop();
        }
        has_passed
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deadline({:?})", self.remaining_time())
    }
}
