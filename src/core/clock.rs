use std::cell::Cell;
use std::time::{Duration, Instant};

use super::event_dispatcher;

/// Where a thread's loop takes the time from.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// `None`: the system's monotonic clock.
    virtual_now: Cell<Option<Instant>>,
}

impl Clock {
    pub(crate) fn now(&self) -> Instant {
        self.virtual_now.get().unwrap_or_else(Instant::now)
    }

    pub(crate) fn is_virtual(&self) -> bool {
        self.virtual_now.get().is_some()
    }

    /// Lets virtual time pass up to `instant`.
    pub(crate) fn advance_to(&self, instant: Instant) {
        if let Some(now) = self.virtual_now.get() {
            self.virtual_now.set(Some(now.max(instant)));
        }
    }
}

/// Replaces this thread's clock, for tests that shall not wait: while it exists, the event loop, when it has nothing to do,
/// steps to the next timer instead of sleeping. Timers and everything made of them follow.
///
/// Sockets and calls from other threads still work, but real time passes for them while virtual time stands still, so a
/// time-out may come before an answer that is under way.
///
/// ```
/// use std::time::{Duration, Instant};
/// use slotwire::{EventLoop, Timer, VirtualClock};
///
/// let clock = VirtualClock::install();
/// let real = Instant::now();
/// let wait = EventLoop::new();
/// Timer::single_shot(Duration::from_secs(3600), move || wait.quit());
/// wait.exec();
/// assert!(clock.elapsed() > Duration::from_secs(3590));
/// assert!(real.elapsed() < Duration::from_secs(60));
/// ```
#[derive(Debug)]
pub struct VirtualClock {
    started: Instant,
    before: Option<Instant>,
}

impl VirtualClock {
    /// Stops this thread's time until the value is dropped.
    pub fn install() -> Self {
        let started = Instant::now();
        let before = event_dispatcher::with(|dispatcher| dispatcher.clock.virtual_now.replace(Some(started)));
        Self { started, before: before.flatten() }
    }

    /// How much virtual time has passed since the clock was installed.
    pub fn elapsed(&self) -> Duration {
        event_dispatcher::now().saturating_duration_since(self.started)
    }

    /// Lets time pass without running the loop: what became due meanwhile is done when the loop runs next.
    pub fn advance(&self, duration: Duration) {
        event_dispatcher::with(|dispatcher| dispatcher.clock.advance_to(dispatcher.clock.now() + duration));
    }
}

impl Drop for VirtualClock {
    fn drop(&mut self) {
        event_dispatcher::with(|dispatcher| dispatcher.clock.virtual_now.set(self.before));
    }
}
