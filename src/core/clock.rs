use std::cell::{Cell, OnceCell};
use std::marker::PhantomData;
use std::time::{Duration, Instant};

/// The source of a thread's time.
struct Clock {
    /// `None`: the system's monotonic clock.
    virtual_now: Cell<Option<Instant>>,
    /// The origin of all [`Moment`]s.
    origin: OnceCell<Instant>,
}

thread_local! {
    static CLOCK: Clock = const { Clock { virtual_now: Cell::new(None), origin: OnceCell::new() } };
}

/// The time by the thread's clock.
pub(crate) fn now() -> Instant {
    CLOCK.with(|clock| clock.virtual_now.get()).unwrap_or_else(Instant::now)
}

pub(super) fn is_virtual() -> bool {
    CLOCK.with(|clock| clock.virtual_now.get().is_some())
}

/// Lets virtual time pass up to `instant`.
pub(super) fn advance_to(instant: Instant) {
    CLOCK.with(|clock| {
        if let Some(now) = clock.virtual_now.get() {
            clock.virtual_now.set(Some(now.max(instant)));
        }
    });
}

/// A point in time by the thread's clock, half as large as an [`Instant`]: nanoseconds since the first one.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Moment(u64);

impl Moment {
    pub(crate) fn now() -> Self {
        let now = now();
        let origin = CLOCK.with(|clock| *clock.origin.get_or_init(|| now));
        // They last for five hundred years.
        Self(now.saturating_duration_since(origin).as_nanos() as u64)
    }

    pub(crate) fn elapsed(self) -> Duration {
        Duration::from_nanos(Self::now().0.saturating_sub(self.0))
    }
}

impl From<Moment> for u64 {
    fn from(moment: Moment) -> Self {
        moment.0
    }
}

/// A moment that was kept as a number.
impl From<u64> for Moment {
    fn from(nanoseconds: u64) -> Self {
        Self(nanoseconds)
    }
}

/// Replaces this thread's clock, for tests that must not wait.
///
/// While it exists, an event loop that has nothing to do steps to the next timer instead of sleeping. Timers follow it, and so
/// does everything that is built on them: time-outs of handshakes and connections, single shots,
/// [`SignalSpy::wait`](crate::SignalSpy::wait).
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
#[must_use = "the system's clock is back when the virtual one is dropped"]
pub struct VirtualClock {
    started: Instant,
    before: Option<Instant>,
    /// It is of its thread.
    not_send: PhantomData<*const ()>,
}

impl VirtualClock {
    /// Stops this thread's time until the value is dropped; from then on the system's clock counts again.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{SignalSpy, Timer, VirtualClock};
    /// let _clock = VirtualClock::install();
    /// let midnight = Timer::new();
    /// let spy = SignalSpy::new(midnight.timeout());
    /// midnight.start(Duration::from_secs(86_400));
    /// assert!(spy.wait(Duration::from_secs(90_000)), "a day later, and at once");
    /// # midnight.delete();
    /// ```
    pub fn install() -> Self {
        let started = Instant::now();
        let before = CLOCK.with(|clock| clock.virtual_now.replace(Some(started)));
        Self { started, before, not_send: PhantomData }
    }

    /// The virtual time that has passed since the clock was installed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Application, Timer, VirtualClock};
    /// let clock = VirtualClock::install();
    /// assert_eq!(clock.elapsed(), Duration::ZERO);
    /// Timer::single_shot(Duration::from_secs(2), Application::quit);
    /// Application::exec();
    /// assert_eq!(clock.elapsed().as_secs(), 2);
    /// ```
    pub fn elapsed(&self) -> Duration {
        now().saturating_duration_since(self.started)
    }

    /// Lets time pass without running the loop. What became due meanwhile is done when the loop runs next. A step beyond what an
    /// [`Instant`] can hold does nothing.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Application, SignalSpy, Timer, VirtualClock};
    /// let clock = VirtualClock::install();
    /// let timer = Timer::new();
    /// let spy = SignalSpy::new(timer.timeout());
    /// timer.start(Duration::from_secs(60));
    /// clock.advance(Duration::from_secs(90));
    /// assert!(spy.is_empty(), "the loop has not run");
    /// Application::process_events();
    /// assert_eq!(spy.len(), 1);
    /// # timer.delete();
    /// ```
    pub fn advance(&self, duration: Duration) {
        let now = now();
        // A step that leads beyond what the system's clock can hold leads nowhere.
        advance_to(now.checked_add(duration).unwrap_or(now));
    }
}

impl Drop for VirtualClock {
    fn drop(&mut self) {
        CLOCK.with(|clock| clock.virtual_now.set(self.before));
    }
}
