use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::args::Args;
use super::connection::ScopedConnection;
use super::event_loop::EventLoop;
use super::signal::Signal;
use super::timer::Timer;

/// Records the emissions of a signal, for tests: `QSignalSpy`.
///
/// An emission is recorded as its arguments' owned form: an `i32` as it is, a `str` as a `String`, two arguments as a tuple
/// (see [`Args::Owned`]).
///
/// ```
/// use std::time::Duration;
/// use slotwire::{SignalSpy, Timer};
///
/// let timer = Timer::new();
/// let spy = SignalSpy::new(timer.timeout());
/// timer.start(Duration::from_millis(1));
/// assert!(spy.wait(Duration::from_secs(5)));
/// assert_eq!(spy.len(), 1);
/// # timer.delete();
/// ```
#[doc(alias = "QSignalSpy")]
pub struct SignalSpy<A: Args + ?Sized> {
    emissions: Rc<RefCell<Vec<A::Owned>>>,
    signal: Signal<A>,
    is_valid: bool,
    _connection: ScopedConnection,
}

impl<A: Args + ?Sized> SignalSpy<A> {
    /// Records from now on, until the spy is dropped.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle, SignalSpy};
    /// let reader = Handle::new(Emitter::<i32>::new());
    /// reader.with(|r| r.emit(1)); // before
    /// let spy = SignalSpy::new(reader.signal(|r| r));
    /// reader.with(|r| r.emit(2));
    /// assert_eq!(spy.take(), [2]);
    /// # reader.delete();
    /// ```
    pub fn new(signal: Signal<A>) -> Self {
        let emissions = Rc::<RefCell<Vec<A::Owned>>>::default();
        let record = Rc::clone(&emissions);
        let connection = signal.connect(move |args| {
            let args = A::keep(args);
            record.borrow_mut().push(args);
        });
        Self { emissions, signal, is_valid: connection.is_connected(), _connection: connection.scoped() }
    }

    /// The signal that it records.
    ///
    /// ```
    /// use slotwire::{SignalSpy, Timer};
    /// let timer = Timer::new();
    /// let spy = SignalSpy::new(timer.timeout());
    /// spy.signal().connect(|()| println!("recorded"));
    /// # timer.delete();
    /// ```
    pub fn signal(&self) -> Signal<A> {
        self.signal
    }

    /// Returns whether the object of the signal was alive when the spy was made; otherwise nothing is ever recorded.
    ///
    /// ```
    /// use slotwire::{SignalSpy, Timer};
    /// let timer = Timer::new();
    /// assert!(SignalSpy::new(timer.timeout()).is_valid());
    /// timer.delete();
    /// assert!(!SignalSpy::new(timer.timeout()).is_valid());
    /// ```
    #[doc(alias = "isValid")]
    pub fn is_valid(&self) -> bool {
        self.is_valid
    }

    /// The number of emissions that are recorded.
    ///
    /// ```
    /// use slotwire::{Object, SignalSpy};
    /// let object = Object::new();
    /// let spy = SignalSpy::new(object.destroyed());
    /// object.delete();
    /// object.delete();
    /// assert_eq!(spy.len(), 1, "the second call does nothing");
    /// ```
    #[doc(alias("count", "size"))]
    pub fn len(&self) -> usize {
        self.emissions.borrow().len()
    }

    /// Returns whether no emission is recorded.
    ///
    /// ```
    /// use slotwire::{Application, SignalSpy, Timer};
    /// let timer = Timer::new();
    /// let spy = SignalSpy::new(timer.timeout());
    /// timer.start(std::time::Duration::ZERO);
    /// assert!(spy.is_empty(), "it fires from the event loop");
    /// Application::process_events();
    /// assert!(!spy.is_empty());
    /// # timer.delete();
    /// ```
    #[doc(alias = "isEmpty")]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy of a recorded emission, the oldest being 0; `None` if there are not as many.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle, SignalSpy};
    /// let reader = Handle::new(Emitter::<str>::new());
    /// let spy = SignalSpy::new(reader.signal(|r| r));
    /// reader.with(|r| r.emit("one"));
    /// assert_eq!(spy.at(0).as_deref(), Some("one"));
    /// assert_eq!(spy.at(1), None);
    /// # reader.delete();
    /// ```
    #[doc(alias = "value")]
    pub fn at(&self, index: usize) -> Option<A::Owned>
    where
        A::Owned: Clone,
    {
        self.emissions.borrow().get(index).cloned()
    }

    /// Takes the oldest recorded emission, `None` if there is none.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle, SignalSpy};
    /// let reader = Handle::new(Emitter::<str>::new());
    /// let spy = SignalSpy::new(reader.signal(|r| r));
    /// reader.with(|r| r.emit("first"));
    /// assert_eq!(spy.take_first().as_deref(), Some("first"));
    /// assert!(spy.is_empty());
    /// ```
    #[doc(alias = "takeFirst")]
    pub fn take_first(&self) -> Option<A::Owned> {
        let mut emissions = self.emissions.borrow_mut();
        if emissions.is_empty() { None } else { Some(emissions.remove(0)) }
    }

    /// Takes the recorded emissions, the oldest first.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle, SignalSpy};
    /// let reader = Handle::new(Emitter::<str>::new());
    /// let spy = SignalSpy::new(reader.signal(|r| r));
    /// reader.with(|r| r.emit("one"));
    /// reader.with(|r| r.emit("two"));
    /// assert_eq!(spy.take(), ["one", "two"]);
    /// assert!(spy.is_empty());
    /// # reader.delete();
    /// ```
    #[doc(alias = "clear")]
    pub fn take(&self) -> Vec<A::Owned> {
        self.emissions.take()
    }

    /// A copy of the recorded emissions, the oldest first.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle, SignalSpy};
    /// let reader = Handle::new(Emitter::<str>::new());
    /// let spy = SignalSpy::new(reader.signal(|r| r));
    /// reader.with(|r| r.emit("one"));
    /// assert_eq!(spy.emissions(), ["one"]);
    /// assert_eq!(spy.len(), 1, "it is still there");
    /// # reader.delete();
    /// ```
    pub fn emissions(&self) -> Vec<A::Owned>
    where
        A::Owned: Clone,
    {
        self.emissions.borrow().clone()
    }

    /// Runs the event loop until the signal is emitted once more; `false` if it was not within that time, by the thread's
    /// clock. At once `false` inside [too many loops](crate::EventLoop::exec).
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Emitter, Handle, SignalSpy};
    /// let button = Handle::new(Emitter::<()>::new());
    /// let pressed = SignalSpy::new(button.signal(|b| b));
    /// assert!(!pressed.wait(Duration::from_millis(2)), "nobody presses it");
    /// button.invoke_later(move || button.with(|b| b.emit(())).unwrap_or_default());
    /// assert!(pressed.wait(Duration::from_secs(5)));
    /// # button.delete();
    /// ```
    pub fn wait(&self, timeout: Duration) -> bool {
        self.wait_for(self.len() + 1, timeout)
    }

    /// Runs the event loop until that many emissions are recorded, if they are not yet; `false` if they were not within
    /// that time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{SignalSpy, Timer};
    /// let timer = Timer::new();
    /// let spy = SignalSpy::new(timer.timeout());
    /// timer.start(Duration::from_millis(1));
    /// assert!(spy.wait_for(3, Duration::from_secs(5)));
    /// # timer.delete();
    /// ```
    #[doc(alias = "wait")]
    pub fn wait_for(&self, count: usize, timeout: Duration) -> bool {
        if self.len() < count {
            let wait = EventLoop::new().scoped();
            let (event_loop, emissions) = (*wait, Rc::clone(&self.emissions));
            let _connection = self
                .signal
                .connect(move |_| {
                    if emissions.borrow().len() >= count {
                        event_loop.quit();
                    }
                })
                .scoped();
            let limit = Timer::new().scoped();
            limit.timeout().connect(move |()| event_loop.quit());
            limit.start(timeout);
            wait.exec();
        }
        self.len() >= count
    }
}

impl<A: Args + ?Sized> fmt::Debug for SignalSpy<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignalSpy({} emissions of {:?})", self.len(), self.signal)
    }
}
