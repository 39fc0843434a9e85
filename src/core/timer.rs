use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use super::deadline::Deadline;
use super::event_dispatcher;
use super::handle::{Handle, ObjectHandle};
use super::object_class::object_class;
use super::object_data::ObjectClass;
use super::object_table::ObjectBox;
use super::signal::{Emitter, Signal};
use super::timer_queue::{TimerId, TimerTarget};
use super::timer_type::TimerType;

/// Emits [`timeout`](Self::timeout) again and again, or once. The event loop fires it: without one running it never does.
///
/// An interval of zero fires in every round of the event loop, after everything that had happened before. Timers that
/// are due together fire in the order in which they were started; a timer that fell behind skips what it missed. An interval
/// of more than a hundred years counts as a hundred.
///
/// In its own slot a timer can be started, stopped, changed and deleted. While its slot runs a nested event loop, it does
/// not fire again.
///
/// Everything that all objects have, such as [`set_parent`](crate::Object::set_parent),
/// [`delete_later`](crate::Object::delete_later) and [`destroyed`](crate::Object::destroyed), is documented with
/// [`Object`](crate::Object), to which a timer dereferences.
///
/// ```
/// use std::time::Duration;
/// use slotwire::{Application, Timer};
///
/// let tick = Timer::new();
/// let mut left = 3;
/// tick.timeout().connect_mut(move |()| {
///     left -= 1;
///     if left == 0 {
///         tick.stop();
///         Application::quit();
///     }
/// });
/// tick.start(Duration::from_millis(1));
/// Application::exec();
/// ```
#[doc(alias = "QTimer")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timer(Handle<TimerPrivate>);

pub(crate) struct TimerPrivate {
    interval: Cell<Duration>,
    timer_type: Cell<TimerType>,
    single_shot: Cell<bool>,
    running: Deadline,
    timeout: Emitter<()>,
}

impl ObjectClass for TimerPrivate {
    const NAME: &'static str = "Timer";

    fn destroy(object: &ObjectBox<Self>) {
        object.running.stop();
    }
}

impl Timer {
    /// A timer that is not running, with an interval of zero.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Timer;
    /// let timer = Timer::new();
    /// assert!(!timer.is_active());
    /// assert_eq!(timer.interval(), Duration::ZERO);
    /// timer.timeout().connect(|()| println!("tick"));
    /// timer.start(Duration::from_secs(1));
    /// # timer.delete();
    /// ```
    #[expect(clippy::new_without_default, reason = "a default value that has to be deleted would surprise")]
    pub fn new() -> Self {
        Self(Handle::new_class(TimerPrivate {
            interval: Cell::default(),
            timer_type: Cell::default(),
            single_shot: Cell::default(),
            running: Deadline::default(),
            timeout: Emitter::new(),
        }))
    }

    /// Calls `f` once, that much later, from the event loop. It cannot be stopped;
    /// [`single_shot_to`](Self::single_shot_to) ends with its receiver.
    ///
    /// Up to two seconds it is as precise as [`TimerType::Precise`], beyond that as [`TimerType::Coarse`]. With an interval of
    /// zero it is a queued call, as [`Application::invoke_later`](crate::Application::invoke_later).
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Application, Timer};
    /// Timer::single_shot(Duration::ZERO, Application::quit);
    /// Application::exec();
    /// ```
    #[doc(alias = "singleShot")]
    pub fn single_shot(interval: Duration, f: impl FnOnce() + 'static) {
        SingleShot::start(interval, None, f);
    }

    /// As [`single_shot`](Self::single_shot), as exactly as that says. A timer of zero has no type.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Application, Timer, TimerType};
    /// Timer::single_shot_with(Duration::from_millis(1), TimerType::Coarse, Application::quit);
    /// Application::exec();
    /// ```
    #[doc(alias = "singleShot")]
    pub fn single_shot_with(interval: Duration, timer_type: TimerType, f: impl FnOnce() + 'static) {
        SingleShot::start(interval, Some(timer_type), f);
    }

    /// As [`single_shot`](Self::single_shot), with a receiver; `f` is not called if that dies before.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Handle, Timer};
    /// let client = Handle::new(String::from("Ada"));
    /// Timer::single_shot_to(Duration::from_secs(5), client, |name| println!("{name} is late"));
    /// client.delete(); // and nothing will be printed
    /// ```
    #[doc(alias = "singleShot")]
    pub fn single_shot_to<H: ObjectHandle>(
        interval: Duration,
        receiver: H,
        f: impl FnOnce(&H::Target) + 'static,
    ) {
        if interval.is_zero() {
            event_dispatcher::post_call(Some(receiver.object()), move || _ = receiver.with(f));
            return;
        }
        SingleShot::start(interval, None, move || {
            receiver.with(f);
        });
    }

    /// Sets the interval and starts the timer; one that is running starts anew.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Timer;
    /// let timer = Timer::new();
    /// timer.start(Duration::from_secs(10));
    /// assert!(timer.is_active());
    /// assert_eq!(timer.interval(), Duration::from_secs(10));
    /// # timer.delete();
    /// ```
    pub fn start(self, interval: Duration) {
        if let Some(timer) = self.0.get_box() {
            timer.value.interval.set(interval);
            timer.restart();
        }
    }

    /// Starts the timer with the interval it has; one that is running starts anew. In Qt, `start()` without an argument.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Timer, WebSocket};
    /// let (socket, watchdog) = (WebSocket::new(), Timer::new());
    /// watchdog.set_interval(Duration::from_secs(30));
    /// watchdog.timeout().connect(move |()| socket.abort());
    /// // Whatever comes puts it off.
    /// socket.text_message_received().connect(move |_| watchdog.restart());
    /// # socket.delete(); watchdog.delete();
    /// ```
    #[doc(alias = "start")]
    pub fn restart(self) {
        if let Some(timer) = self.0.get_box() {
            timer.restart();
        }
    }

    /// Stops the timer. A time-out that was already due is not emitted any more.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Application, Timer};
    /// let timer = Timer::new();
    /// timer.timeout().connect(|()| panic!("stopped"));
    /// timer.start(Duration::ZERO);
    /// timer.stop();
    /// Application::process_events();
    /// assert!(!timer.is_active());
    /// # timer.delete();
    /// ```
    pub fn stop(self) {
        self.0.with(|timer| timer.running.stop());
    }

    /// Returns whether the timer is running.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Timer;
    /// let save = Timer::new();
    /// save.set_interval(Duration::from_secs(5));
    /// // At the first change only: those that follow do not put it off.
    /// if !save.is_active() {
    ///     save.restart();
    /// }
    /// assert!(save.is_active());
    /// # save.delete();
    /// ```
    #[doc(alias = "isActive")]
    pub fn is_active(self) -> bool {
        self.0.with(|timer| timer.running.is_running()).unwrap_or(false)
    }

    /// The time between two time-outs; zero for a dead timer.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Timer;
    /// let reconnect = Timer::new();
    /// reconnect.start(Duration::from_secs(1));
    /// // After each failure it waits twice as long.
    /// reconnect.start(reconnect.interval() * 2);
    /// assert_eq!(reconnect.interval(), Duration::from_secs(2));
    /// # reconnect.delete();
    /// ```
    #[doc(alias = "intervalAsDuration")]
    pub fn interval(self) -> Duration {
        self.0.with(|timer| timer.interval.get()).unwrap_or_default()
    }

    /// Sets the interval; a running timer starts anew with it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Timer;
    /// let poll = Timer::new();
    /// poll.set_interval(Duration::from_secs(60));
    /// assert!(!poll.is_active(), "it has to be started as well");
    /// poll.restart();
    /// poll.set_interval(Duration::from_secs(5));
    /// assert!(poll.remaining_time() < Some(Duration::from_secs(6)), "it started anew");
    /// # poll.delete();
    /// ```
    #[doc(alias = "setInterval")]
    pub fn set_interval(self, interval: Duration) {
        if let Some(timer) = self.0.get_box() {
            timer.value.interval.set(interval);
            timer.restart_if_running();
        }
    }

    /// The time until the next time-out, zero if it is overdue; `None` if the timer is not running.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Timer;
    /// let timer = Timer::new();
    /// assert_eq!(timer.remaining_time(), None);
    /// timer.start(Duration::from_secs(10));
    /// assert!(timer.remaining_time().unwrap() <= Duration::from_secs(11));
    /// # timer.delete();
    /// ```
    #[doc(alias("remainingTime", "remainingTimeAsDuration"))]
    pub fn remaining_time(self) -> Option<Duration> {
        self.0.with(|timer| timer.running.remaining_time()).flatten()
    }

    /// Returns whether the timer stops with its first time-out.
    ///
    /// ```
    /// use slotwire::Timer;
    /// let timer = Timer::new();
    /// assert!(!timer.is_single_shot(), "it fires again and again");
    /// timer.set_single_shot(true);
    /// assert!(timer.is_single_shot());
    /// # timer.delete();
    /// ```
    #[doc(alias = "isSingleShot")]
    pub fn is_single_shot(self) -> bool {
        self.0.with(|timer| timer.single_shot.get()).unwrap_or(false)
    }

    /// Lets the timer stop with its first time-out, just before that is emitted; also when it is running already.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Application, Timer};
    /// let timer = Timer::new();
    /// timer.set_single_shot(true);
    /// timer.timeout().connect(|()| Application::quit());
    /// timer.start(Duration::from_millis(1));
    /// Application::exec();
    /// assert!(!timer.is_active());
    /// # timer.delete();
    /// ```
    #[doc(alias = "setSingleShot")]
    pub fn set_single_shot(self, single_shot: bool) {
        self.0.with(|timer| timer.single_shot.set(single_shot));
    }

    /// The precision with which the timer keeps its time. [`TimerType::Coarse`] by default.
    ///
    /// ```
    /// use slotwire::{Timer, TimerType};
    /// let timer = Timer::new();
    /// assert_eq!(timer.timer_type(), TimerType::Coarse, "within 5 % of the interval");
    /// # timer.delete();
    /// ```
    #[doc(alias = "timerType")]
    pub fn timer_type(self) -> TimerType {
        self.0.with(|timer| timer.timer_type.get()).unwrap_or_default()
    }

    /// Sets how exactly the timer keeps its time, from its next start on.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Timer, TimerType};
    /// let metronome = Timer::new();
    /// metronome.set_timer_type(TimerType::Precise);
    /// metronome.start(Duration::from_millis(500));
    /// assert_eq!(metronome.timer_type(), TimerType::Precise);
    /// # metronome.delete();
    /// ```
    #[doc(alias = "setTimerType")]
    pub fn set_timer_type(self, timer_type: TimerType) {
        self.0.with(|timer| timer.timer_type.set(timer_type));
    }

    /// Emitted from the event loop each time the interval has passed, with a single-shot timer once.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Application, Timer, WebSocket};
    /// let (socket, heartbeat) = (WebSocket::new(), Timer::new());
    /// heartbeat.timeout().connect(move |()| socket.ping());
    /// heartbeat.timeout().connect(|()| Application::quit());
    /// heartbeat.start(Duration::from_millis(1));
    /// Application::exec();
    /// # socket.delete();
    /// # heartbeat.delete();
    /// ```
    #[doc(alias = "callOnTimeout")]
    pub fn timeout(self) -> Signal<()> {
        self.0.signal(|timer| &timer.timeout)
    }
}

object_class!(Timer, TimerPrivate, "Timer::new()");

impl ObjectBox<TimerPrivate> {
    fn restart(self: &Rc<Self>) {
        let timer = &self.value;
        if self.data.is_being_deleted() {
            timer.running.stop();
        } else {
            timer.running.start_as(timer.timer_type.get(), timer.interval.get(), self.clone());
        }
    }

    fn restart_if_running(self: &Rc<Self>) {
        if self.value.running.is_running() {
            self.restart();
        }
    }
}

impl TimerTarget for ObjectBox<TimerPrivate> {
    fn timed_out(self: Rc<Self>, id: TimerId) {
        if !self.value.running.is(id) {
            return;
        }
        if self.value.single_shot.get() {
            self.value.running.stop();
        }
        self.value.timeout.emit(());
    }
}

/// A call that waits for its time.
struct SingleShot<F> {
    call: Cell<Option<F>>,
}

impl<F: FnOnce() + 'static> SingleShot<F> {
    fn start(interval: Duration, timer_type: Option<TimerType>, call: F) {
        if interval.is_zero() {
            return event_dispatcher::post_call(None, call);
        }
        // QTimer::singleShot's default.
        let precise = interval <= Duration::from_secs(2);
        let default = if precise { TimerType::Precise } else { TimerType::Coarse };
        let timer_type = timer_type.unwrap_or(default);
        event_dispatcher::start_timer(interval, timer_type, Rc::new(Self { call: Cell::new(Some(call)) }));
    }
}

impl<F: FnOnce() + 'static> TimerTarget for SingleShot<F> {
    fn timed_out(self: Rc<Self>, id: TimerId) {
        event_dispatcher::stop_timer(id);
        if let Some(call) = self.call.take() {
            call();
        }
    }
}
