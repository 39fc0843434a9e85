use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::application::Application;
use super::handle::{Handle, ObjectHandle};
use super::object_class::object_class;
use super::object_data::ObjectClass;
use super::object_key::Object;
use super::object_table::ObjectBox;
use super::remote::{EventLoopHandle, Remote};
use super::signal::{Emitter, Signal};
use crate::{Error, ErrorKind};

/// A thread with an event loop of its own, as an object of the thread that has started it.
///
/// Its signals are emitted here, in the thread of this object. What lives in the other thread is made there, by
/// [`create`](Self::create), and is called through the [`Remote`] that this returns; so there is nothing to move, and no worker
/// can be used from the wrong thread.
///
/// Everything that all objects have, such as [`set_parent`](crate::Object::set_parent),
/// [`delete_later`](crate::Object::delete_later) and [`destroyed`](crate::Object::destroyed), is documented with
/// [`Object`], to which a thread dereferences. Its [name](crate::Object::set_object_name) at the start is what
/// the system shows.
///
/// ```
/// use slotwire::prelude::*;
///
/// struct Worker { result_ready: Emitter<str> }
///
/// impl Worker {
///     fn do_work(&self, text: &str) {
///         self.result_ready.emit(&text.to_uppercase());
///     }
/// }
///
/// struct Controller;
///
/// let thread = Thread::new();
/// thread.start()?;
/// let worker = thread.create(|| Handle::new(Worker { result_ready: Emitter::new() }))?;
///
/// let controller = Handle::new(Controller);
/// worker.connect_remote(|worker| &worker.result_ready, &controller.remote(), move |_, text| {
///     assert_eq!(text, "HELLO");
///     Application::quit();
/// });
/// worker.invoke(|worker| worker.do_work("hello"));
/// Application::exec();
///
/// thread.quit();
/// thread.wait(None); // the worker is deleted there
/// # thread.delete(); controller.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
///
/// # The end of a thread
///
/// A thread ends when its loop has ended, or the closure of [`start_with`](Self::start_with) has returned or panicked. Then what
/// [`create`](Self::create) has made there is deleted, [`finished`](Self::finished) is posted to the thread of this object, and
/// [`wait`](Self::wait) returns. It may then be started again.
///
/// If this object is deleted before, or its own thread ends, the other thread is asked to end, as by
/// [`request_interruption`](Self::request_interruption) and [`quit`](Self::quit), and nobody waits for it: it goes on until it
/// returns to its loop, and its signals are not emitted. (In Qt that ends the program.)
///
/// # Qt
///
/// `QThread`. `moveToThread` is [`create`](Self::create); `run` and `QThread::create` are [`start_with`](Self::start_with).
/// A `terminate` there is not: no thread can be ended safely from outside.
#[doc(alias = "QThread")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thread(Handle<ThreadPrivate>);

#[derive(Default)]
pub(crate) struct ThreadPrivate {
    /// The last run.
    run: RefCell<Option<Run>>,
    stack_size: Cell<usize>,
    started: Emitter<()>,
    finished: Emitter<()>,
}

impl ObjectClass for ThreadPrivate {
    const NAME: &'static str = "Thread";

    fn destroy(thread: &ObjectBox<Self>) {
        drop(thread.run.take());
    }
}

impl Thread {
    /// A thread that was not started.
    ///
    /// ```
    /// use slotwire::Thread;
    /// let thread = Thread::new();
    /// assert!(!thread.is_running() && !thread.is_finished());
    /// thread.delete(); // nothing else ends it
    /// ```
    #[expect(clippy::new_without_default, reason = "a default value that has to be deleted would surprise")]
    pub fn new() -> Self {
        Self(Handle::new_class(ThreadPrivate::default()))
    }

    /// Starts the thread with an event loop, and returns as soon as it runs; [`started`](Self::started) is emitted later, by the
    /// loop of this thread. Nothing happens if it [runs](Self::is_running) already.
    ///
    /// # Errors
    /// The system starts no more threads, or none with [that stack](Self::set_stack_size) ([`ErrorKind::System`]), or this object
    /// is deleted ([`ErrorKind::ObjectDeleted`]). No signal is emitted then.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let thread = Thread::new();
    /// thread.finished().connect(|()| Application::quit());
    /// thread.start()?;
    /// thread.quit();
    /// Application::exec();
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn start(self) -> Result<(), Error> {
        self.start_with(|| _ = Application::exec())
    }

    /// Starts the thread with a closure, in place of the event loop: the override of `QThread::run`. The thread ends when the
    /// closure has returned; it may run a loop itself, as [`Application::exec`].
    ///
    /// # Errors
    /// As of [`start`](Self::start).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let thread = Thread::new();
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// thread.start_with(move || {
    ///     let sum: u64 = (1..=100).sum();
    ///     let _ = sender.send(sum);
    /// })?;
    /// assert_eq!(receiver.recv(), Ok(5050));
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "run")]
    #[doc(alias = "create")]
    pub fn start_with(self, run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let Some(thread) = self.0.get_box() else {
            return Err(Error::new(ErrorKind::ObjectDeleted, "the thread's object is deleted"));
        };
        if thread.is_running() {
            return Ok(());
        }
        thread.join();
        let name = self.object_name();
        let started = Run::start(self.0.remote(), thread.builder(&name), run);
        let before = thread.run.replace(Some(started.map_err(|error| error.about("a new thread"))?));
        drop(before);
        Ok(())
    }

    /// Makes an object in the thread, and waits for that. The object lives there, and is deleted when the thread ends, if it was
    /// not before: `moveToThread`, and the connection of `finished` to `deleteLater`.
    ///
    /// The thread has to run its loop for that, and must not wait for this one meanwhile.
    ///
    /// # Errors
    /// [`ErrorKind::LoopEnded`] if the thread was not started or has ended, or ends before it comes to this;
    /// [`ErrorKind::CallPanicked`] if `make` panics, which ends the thread.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use slotwire::prelude::*;
    /// let thread = Thread::new();
    /// thread.start()?;
    /// let counter = thread.create(|| Handle::new(Cell::new(0)))?;
    /// counter.invoke(|counter| counter.set(counter.get() + 1));
    /// assert_eq!(counter.invoke_blocking(Cell::get)?, 1);
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "moveToThread")]
    pub fn create<T: 'static>(
        self,
        make: impl FnOnce() -> Handle<T> + Send + 'static,
    ) -> Result<Remote<T>, Error> {
        let Some(event_loop) = self.event_loop() else {
            return Err(Error::new(ErrorKind::LoopEnded, "the thread was not started"));
        };
        event_loop.invoke_blocking(move || {
            let object = make();
            keep_until_the_end(object.object());
            object.remote()
        })
    }

    /// The loop of the thread, for calls from any other; `None` if it was never started. After its end, calls fail.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let thread = Thread::new();
    /// assert!(thread.event_loop().is_none());
    /// thread.start()?;
    /// let event_loop = thread.event_loop().expect("it was started");
    /// let name = event_loop.invoke_blocking(|| format!("{:?}", std::thread::current().id()))?;
    /// println!("called in {name}");
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "eventDispatcher")]
    pub fn event_loop(self) -> Option<EventLoopHandle> {
        self.0.with(|thread| thread.run.borrow().as_ref().map(|run| run.event_loop.clone())).flatten()
    }

    /// Ends the loops of the thread with that code, once it has made the calls that it was sent before.
    ///
    /// It reaches the loop that runs then: told before the thread has come to its [`Application::exec`], it ends this as soon as
    /// it begins. Nothing happens if the thread does not run, and a later run knows nothing of it.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let thread = Thread::new();
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// thread.start_with(move || _ = sender.send(Application::exec()))?;
    /// thread.exit(3);
    /// assert_eq!(receiver.recv(), Ok(3));
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn exit(self, code: i32) {
        if let Some(event_loop) = self.event_loop() {
            event_loop.invoke(move || Application::exit(code));
        }
    }

    /// Ends the loops of the thread with code 0, as [`exit`](Self::exit).
    ///
    /// ```
    /// use slotwire::Thread;
    /// let thread = Thread::new();
    /// thread.start()?;
    /// thread.quit();
    /// assert!(thread.wait(None));
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn quit(self) {
        self.exit(0);
    }

    /// Waits until the thread has ended, at most that long by the system's clock; `None` waits without limit. Returns whether it
    /// has ended, or was never started.
    ///
    /// Nothing is delivered in this thread meanwhile: [`finished`](Self::finished) is emitted when its loop runs again. No thread
    /// can wait for itself, as it has no handle to its own object. If the other thread waits for this one, as in [`Remote::invoke_blocking`], both wait for ever.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Thread;
    /// let thread = Thread::new();
    /// thread.start()?;
    /// assert!(!thread.wait(Duration::from_millis(1)), "nobody has told it to end");
    /// thread.quit();
    /// assert!(thread.wait(None));
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn wait(self, timeout: impl Into<Option<Duration>>) -> bool {
        let deadline = timeout.into().and_then(|timeout| Instant::now().checked_add(timeout));
        let Some(thread) = self.0.get_box() else { return true };
        let has_ended = match thread.progress() {
            Some(progress) => progress.wait(deadline),
            None => true,
        };
        if has_ended {
            thread.join();
        }
        has_ended
    }

    /// Returns whether the thread was started and has not ended.
    ///
    /// ```
    /// use slotwire::Thread;
    /// let thread = Thread::new();
    /// thread.start()?;
    /// assert!(thread.is_running());
    /// thread.quit();
    /// thread.wait(None);
    /// assert!(!thread.is_running());
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "isRunning")]
    pub fn is_running(self) -> bool {
        self.0.with(ThreadPrivate::is_running).unwrap_or(false)
    }

    /// Returns whether the thread has ended, and was not started again.
    ///
    /// ```
    /// use slotwire::Thread;
    /// let thread = Thread::new();
    /// thread.start_with(|| println!("in a thread"))?;
    /// thread.wait(None);
    /// assert!(thread.is_finished());
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "isFinished")]
    pub fn is_finished(self) -> bool {
        self.0.with(|thread| thread.state().is_some_and(|state| state != State::Running)).unwrap_or(false)
    }

    /// Returns whether the thread has ended by a panic: in a slot, in the closure that it was started with, or in the deletion of
    /// its objects.
    ///
    /// ```
    /// use slotwire::Thread;
    /// let thread = Thread::new();
    /// thread.start_with(|| assert_eq!(6 * 7, 42))?;
    /// thread.wait(None);
    /// assert!(!thread.has_panicked());
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn has_panicked(self) -> bool {
        self.0.with(|thread| thread.state() == Some(State::Panicked)).unwrap_or(false)
    }

    /// Asks the thread to stop what it does: from now on
    /// [`is_interruption_requested`](Self::is_interruption_requested) returns `true` there. Nothing else happens. A thread that does
    /// not run is not asked, nor is its next run.
    ///
    /// ```
    /// use slotwire::Thread;
    /// let thread = Thread::new();
    /// thread.start_with(|| {
    ///     while !Thread::is_interruption_requested() {
    ///         std::thread::yield_now(); // a part of the work
    ///     }
    /// })?;
    /// thread.request_interruption();
    /// assert!(thread.wait(None));
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "requestInterruption")]
    pub fn request_interruption(self) {
        if let Some(progress) = self.0.with(ThreadPrivate::progress).flatten() {
            progress.request_interruption();
        }
    }

    /// Returns whether the calling thread was asked to stop, by [`request_interruption`](Self::request_interruption) or because
    /// its [`Thread`] was deleted. It is `false` in threads that were started otherwise.
    ///
    /// Long work asks it now and then. Qt's is a method of the thread's object, and allowed in that thread alone.
    ///
    /// ```
    /// use slotwire::Thread;
    /// assert!(!Thread::is_interruption_requested(), "nobody can ask the main thread");
    /// ```
    #[doc(alias = "isInterruptionRequested")]
    pub fn is_interruption_requested() -> bool {
        let asked = |current: &RefCell<Current>| {
            current.borrow().progress.as_ref().is_some_and(|progress| progress.is_asked_to_stop())
        };
        CURRENT.try_with(asked).unwrap_or(false)
    }

    /// The size of the stack that was set, in bytes; 0, the default, for that of the standard library, 2 MiB.
    ///
    /// ```
    /// use slotwire::Thread;
    /// let thread = Thread::new();
    /// assert_eq!(thread.stack_size(), 0);
    /// # thread.delete();
    /// ```
    #[doc(alias = "stackSize")]
    pub fn stack_size(self) -> usize {
        self.0.with(|thread| thread.stack_size.get()).unwrap_or(0)
    }

    /// Sets the size of the stack in bytes, from the next start on; 0 for the default.
    ///
    /// ```
    /// use slotwire::Thread;
    /// let thread = Thread::new();
    /// thread.set_stack_size(8 << 20);
    /// thread.start_with(|| println!("much space"))?;
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setStackSize")]
    pub fn set_stack_size(self, bytes: usize) {
        self.0.with(|thread| thread.stack_size.set(bytes));
    }

    /// Emitted when the thread has begun, by the loop of the thread that this object lives in.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let thread = Thread::new();
    /// thread.started().connect(move |()| {
    ///     println!("it runs");
    ///     thread.quit();
    /// });
    /// thread.finished().connect(|()| Application::quit());
    /// thread.start()?;
    /// Application::exec();
    /// # thread.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn started(self) -> Signal<()> {
        self.0.signal(|thread| &thread.started)
    }

    /// Emitted when the thread has ended, also by a panic, by the loop of the thread that this object lives in. What it has sent to
    /// this thread before, calls and signals, has come by then.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let thread = Thread::new();
    /// thread.finished().connect(move |()| {
    ///     assert!(thread.is_finished() && !thread.has_panicked());
    ///     thread.delete_later();
    ///     Application::quit();
    /// });
    /// thread.start_with(|| println!("work"))?;
    /// Application::exec();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn finished(self) -> Signal<()> {
        self.0.signal(|thread| &thread.finished)
    }
}

object_class!(Thread, ThreadPrivate, "Thread::new()");

impl ThreadPrivate {
    fn progress(&self) -> Option<Arc<Progress>> {
        self.run.borrow().as_ref().map(|run| Arc::clone(&run.progress))
    }

    fn state(&self) -> Option<State> {
        self.progress().map(|progress| *progress.state.lock())
    }

    fn is_running(&self) -> bool {
        self.state() == Some(State::Running)
    }

    /// Lets a thread that is over leave the system.
    fn join(&self) {
        let over = self.run.borrow_mut().as_mut().and_then(|run| run.thread.take());
        if let Some(over) = over {
            // A panic was noted before.
            let _ = over.join();
        }
    }

    fn builder(&self, name: &str) -> thread::Builder {
        let mut builder = thread::Builder::new();
        if !name.is_empty() {
            builder = builder.name(name.replace('\0', ""));
        }
        match self.stack_size.get() {
            0 => builder,
            size => builder.stack_size(size),
        }
    }
}

/// A thread of the system that was started. It is asked to end when nobody knows of it any more.
struct Run {
    progress: Arc<Progress>,
    event_loop: EventLoopHandle,
    /// `None` once it was waited for.
    thread: Option<JoinHandle<()>>,
}

impl Run {
    fn start(
        starter: Remote<ThreadPrivate>,
        builder: thread::Builder,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<Self, Error> {
        let progress = Arc::new(Progress::default());
        let current = Arc::clone(&progress);
        let (tell, hear) = mpsc::channel();
        let thread = builder.spawn(move || {
            let ending = Ending { progress: Arc::clone(&current), starter };
            CURRENT.with(|data| data.borrow_mut().progress = Some(current));
            let is_awaited = tell.send(EventLoopHandle::current());
            debug_assert!(is_awaited.is_ok(), "whoever starts a thread waits for that");
            ending.starter.invoke(|thread| thread.started.emit(()));
            run();
        })?;
        match hear.recv() {
            Ok(event_loop) => Ok(Self { progress, event_loop, thread: Some(thread) }),
            Err(_) => Err(Error::new(ErrorKind::LoopEnded, "the thread has ended at once")),
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.progress.request_interruption();
        self.event_loop.quit();
    }
}

/// The progress of a thread, which it shares with those who have started it.
#[derive(Default)]
struct Progress {
    state: Mutex<State>,
    ended: Condvar,
    is_asked_to_stop: AtomicBool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Running,
    Ended,
    Panicked,
}

impl Progress {
    fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.state.lock();
        while *state == State::Running {
            match deadline {
                Some(deadline) if self.ended.wait_until(&mut state, deadline).timed_out() => {
                    return *state != State::Running;
                }
                Some(_) => {}
                None => self.ended.wait(&mut state),
            }
        }
        true
    }

    fn request_interruption(&self) {
        self.is_asked_to_stop.store(true, Ordering::Release);
    }

    fn is_asked_to_stop(&self) -> bool {
        self.is_asked_to_stop.load(Ordering::Acquire)
    }

    /// Ends it, and tells so. Who hears of it by `tell`, or by a wait, finds both done.
    fn end(&self, end: State, tell: impl FnOnce()) {
        let mut state = self.state.lock();
        tell();
        *state = end;
        self.ended.notify_all();
    }
}

/// The end of a thread's work, also by a panic.
struct Ending {
    progress: Arc<Progress>,
    starter: Remote<ThreadPrivate>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let mut state = if thread::panicking() { State::Panicked } else { State::Ended };
        // A panic while another one goes on would end the program; the objects go with the thread then.
        if state == State::Ended && catch_unwind(AssertUnwindSafe(delete_objects)).is_err() {
            state = State::Panicked;
        }
        self.progress.end(state, || _ = self.starter.invoke(|thread| thread.finished.emit(())));
    }
}

/// The data of a thread that a [`Thread`] has started.
#[derive(Default)]
struct Current {
    progress: Option<Arc<Progress>>,
    /// Objects that end with it.
    objects: Vec<Object>,
}

thread_local! {
    static CURRENT: RefCell<Current> = RefCell::default();
}

fn keep_until_the_end(object: Object) {
    let _ = CURRENT.try_with(|current| {
        let objects = &mut current.borrow_mut().objects;
        objects.retain(|object| object.is_alive());
        objects.push(object);
    });
}

/// Deletes the objects of this thread, the last first, as each may use those that were made before.
fn delete_objects() {
    while let Some(object) = CURRENT.with(|current| current.borrow_mut().objects.pop()) {
        object.delete();
    }
}
