use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Weak};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use super::application::Application;
use super::args::Args;
use super::awaited_call::{self, AwaitedCall, Withdraw};
use super::connection::{Connection, ConnectionType};
use super::event_dispatcher;
use super::handle::{Handle, ObjectHandle};
use super::object_key::Object;
use super::remote_queue::{RemoteCall, RemoteQueue, RemoteWhat};
use super::signal::{Emitter, Signal};
use super::table::Key;
use crate::{Error, ErrorKind};

/// The one thing that other threads can hold of a thread's event loop: calls posted through it run in that thread.
///
/// It can be sent and cloned. To call an object of that thread there is [`Remote`].
///
/// ```
/// use slotwire::{Application, EventLoopHandle};
///
/// let gui = EventLoopHandle::current();
/// std::thread::spawn(move || {
///     let answer = 6 * 7;
///     gui.invoke(move || {
///         assert_eq!(answer, 42);
///         Application::quit();
///     });
/// });
/// Application::exec();
/// ```
#[doc(alias = "invokeMethod")]
#[doc(alias = "wakeUp")]
#[derive(Clone)]
pub struct EventLoopHandle {
    queue: Arc<RemoteQueue>,
    thread: ThreadId,
}

impl EventLoopHandle {
    /// The loop of the calling thread. It need not be running yet: calls wait until it does.
    ///
    /// ```
    /// use slotwire::{Application, EventLoopHandle};
    /// let main = EventLoopHandle::current();
    /// let worker = std::thread::spawn(move || {
    ///     main.invoke(|| println!("called in the main thread"))
    /// });
    /// assert!(worker.join().unwrap());
    /// assert!(Application::process_events(), "the call has waited for the loop");
    /// ```
    pub fn current() -> Self {
        Self { queue: event_dispatcher::remote_queue(), thread: thread::current().id() }
    }

    /// Calls `f` in the loop's thread, in the order of the calls. Returns `false`, and drops `f`, if that thread has
    /// ended; if it ends later without running its loop, `f` is dropped then.
    ///
    /// ```
    /// use slotwire::{Application, EventLoopHandle, Timer};
    /// let main = EventLoopHandle::current();
    /// std::thread::spawn(move || {
    ///     // Objects are made and used in the thread that they live in.
    ///     main.invoke(|| Timer::single_shot(std::time::Duration::ZERO, Application::quit));
    /// });
    /// Application::exec();
    ///
    /// let ended = std::thread::spawn(EventLoopHandle::current).join().unwrap();
    /// assert!(!ended.invoke(|| println!("nobody runs this")));
    /// ```
    #[doc(alias = "QueuedConnection")]
    pub fn invoke(&self, f: impl FnOnce() + Send + 'static) -> bool {
        self.queue.push(RemoteCall { receiver: None, what: RemoteWhat::Call(Box::new(f)) })
    }

    /// Calls `f` in the loop's thread and waits for what it returns. Before that thread's first [`Application::exec`] the call
    /// waits for it.
    ///
    /// In the loop's own thread, where waiting would never end, `f` is called at once. Two threads that call each other wait for
    /// ever, and so does a call to a thread that waits for the caller to end: there is
    /// [`invoke_blocking_for`](Self::invoke_blocking_for).
    ///
    /// # Errors
    /// [`ErrorKind::CallPanicked`] if `f` panics: the panic goes on in the loop's thread, as one of a slot does, and ends that
    /// thread unless it is caught there; [`ErrorKind::LoopEnded`] if the thread has ended, or its [`Application::exec`] has
    /// returned, or does so before `f` is called. Then it is not called.
    ///
    /// ```
    /// use slotwire::{Application, EventLoopHandle};
    /// let gui = EventLoopHandle::current();
    /// let worker = std::thread::spawn(move || {
    ///     let text = gui.invoke_blocking(|| String::from("from the loop's thread"));
    ///     gui.invoke(Application::quit);
    ///     text
    /// });
    /// Application::exec();
    /// assert_eq!(worker.join().unwrap()?, "from the loop's thread");
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "BlockingQueuedConnection")]
    pub fn invoke_blocking<R: Send + 'static>(
        &self,
        f: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Error> {
        self.call_and_wait(None, f)
    }

    /// As [`invoke_blocking`](Self::invoke_blocking), but waits at most that long, by the system's clock. If `f` has not begun by
    /// then it is not called any more; if it has, it runs to its end, and what it returns is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`], and those of [`invoke_blocking`](Self::invoke_blocking).
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{ErrorKind, EventLoopHandle};
    /// let main = EventLoopHandle::current(); // runs no loop
    /// let worker = std::thread::spawn(move || {
    ///     main.invoke_blocking_for(Duration::from_millis(1), || println!("not printed"))
    /// });
    /// let error = worker.join().unwrap().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::TimedOut);
    /// ```
    pub fn invoke_blocking_for<R: Send + 'static>(
        &self,
        timeout: Duration,
        f: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Error> {
        self.call_and_wait(Instant::now().checked_add(timeout), f)
    }

    fn call_and_wait<R: Send + 'static>(
        &self,
        deadline: Option<Instant>,
        f: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Error> {
        if thread::current().id() == self.thread {
            return Ok(f());
        }
        let (call, make) = AwaitedCall::new(f);
        let awaited: Weak<dyn Withdraw> = Arc::downgrade(&call) as _;
        if !self.queue.await_call(awaited) || !self.invoke(make) {
            return Err(awaited_call::error(ErrorKind::LoopEnded));
        }
        call.wait(deadline)
    }

    /// Ends that thread's [`Application::exec`] with code 0. Returns `false` if that thread has ended.
    ///
    /// ```
    /// use slotwire::{Application, EventLoopHandle};
    /// let main = EventLoopHandle::current();
    /// let worker = std::thread::spawn(move || {
    ///     let sum: u64 = (1..=100).sum();
    ///     main.quit(); // the work is done
    ///     sum
    /// });
    /// assert_eq!(Application::exec(), 0);
    /// assert_eq!(worker.join().unwrap(), 5050);
    /// ```
    pub fn quit(&self) -> bool {
        self.invoke(Application::quit)
    }
}

impl fmt::Debug for EventLoopHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventLoopHandle({:?})", self.thread)
    }
}

/// A handle to an object that other threads can hold: what they call through it runs in the object's thread.
///
/// [`Handle::remote`] makes one, in the object's thread. It can be sent and cloned, and does not keep the object alive.
///
/// ```
/// use slotwire::{Application, Handle};
/// struct Progress { percent: std::cell::Cell<u32> }
/// let progress = Handle::new(Progress { percent: 0.into() });
/// let remote = progress.remote();
/// std::thread::spawn(move || {
///     remote.invoke(|progress| {
///         progress.percent.set(100);
///         Application::quit();
///     });
/// });
/// Application::exec();
/// assert_eq!(progress.with(|p| p.percent.get()), Some(100));
/// ```
#[doc(alias = "invokeMethod")]
pub struct Remote<T> {
    event_loop: EventLoopHandle,
    key: Key,
    of: PhantomData<fn(&T)>,
}

impl<T: 'static> Remote<T> {
    fn new(object: Object) -> Self {
        Self { event_loop: EventLoopHandle::current(), key: object.key, of: PhantomData }
    }

    /// Calls `f` with the object in its thread; not at all if the object is dead by then. Returns `false` if that thread
    /// has ended.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use slotwire::{Application, Handle};
    /// let log = Handle::new(RefCell::new(Vec::new()));
    /// let remote = log.remote();
    /// std::thread::spawn(move || {
    ///     remote.invoke(|log| log.borrow_mut().push("measured"));
    ///     remote.invoke(|log| log.borrow_mut().push("sent"));
    ///     remote.event_loop().quit();
    /// });
    /// Application::exec();
    /// assert_eq!(log.with(RefCell::take), Some(vec!["measured", "sent"]));
    /// # log.delete();
    /// ```
    #[doc(alias = "QueuedConnection")]
    pub fn invoke(&self, f: impl FnOnce(&T) + Send + 'static) -> bool {
        let key = self.key;
        let call = move || {
            if let Some(handle) = Self::resolve(key) {
                handle.with(f);
            }
        };
        self.event_loop.queue.push(RemoteCall { receiver: Some(key), what: RemoteWhat::Call(Box::new(call)) })
    }

    /// Calls `f` with the object in its thread and waits for what it returns. In the object's own thread `f` is called at once.
    ///
    /// # Errors
    /// [`ErrorKind::ObjectDeleted`] if the object is dead, and those of [`EventLoopHandle::invoke_blocking`].
    ///
    /// ```
    /// use slotwire::{Application, Handle};
    /// let settings = Handle::new(String::from("dark"));
    /// let remote = settings.remote();
    /// let worker = std::thread::spawn(move || {
    ///     let theme = remote.invoke_blocking(String::clone);
    ///     remote.event_loop().quit();
    ///     theme
    /// });
    /// Application::exec();
    /// assert_eq!(worker.join().unwrap()?, "dark");
    /// # settings.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "BlockingQueuedConnection")]
    pub fn invoke_blocking<R: Send + 'static>(
        &self,
        f: impl FnOnce(&T) -> R + Send + 'static,
    ) -> Result<R, Error> {
        let key = self.key;
        Self::of_living(self.event_loop.invoke_blocking(move || Self::resolve(key)?.with(f)))
    }

    /// As [`invoke_blocking`](Self::invoke_blocking), but waits at most that long.
    ///
    /// # Errors
    /// [`ErrorKind::ObjectDeleted`] if the object is dead, and those of [`EventLoopHandle::invoke_blocking_for`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Application, Handle};
    /// let settings = Handle::new(String::from("dark"));
    /// let remote = settings.remote();
    /// let worker = std::thread::spawn(move || {
    ///     let theme = remote.invoke_blocking_for(Duration::from_secs(5), String::clone);
    ///     remote.event_loop().quit();
    ///     theme.unwrap_or_else(|_| "light".into())
    /// });
    /// Application::exec();
    /// assert_eq!(worker.join().unwrap(), "dark");
    /// # settings.delete();
    /// ```
    pub fn invoke_blocking_for<R: Send + 'static>(
        &self,
        timeout: Duration,
        f: impl FnOnce(&T) -> R + Send + 'static,
    ) -> Result<R, Error> {
        let key = self.key;
        let called = self.event_loop.invoke_blocking_for(timeout, move || Self::resolve(key)?.with(f));
        Self::of_living(called)
    }

    fn of_living<R>(called: Result<Option<R>, Error>) -> Result<R, Error> {
        called?.ok_or_else(|| awaited_call::error(ErrorKind::ObjectDeleted))
    }

    /// Connects a signal of the object to a slot of an object in another thread, usually this one. The connection is made in
    /// the object's thread, before what is called through [`invoke`](Self::invoke) after this; each emission is delivered in
    /// the receiver's thread, with a copy of the arguments. Returns `false` if the object's thread has ended.
    ///
    /// So a worker gets its work by [`invoke`](Self::invoke), and its answers come as signals.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use slotwire::{Application, Emitter, Handle};
    ///
    /// struct Worker { done: Emitter<str> }
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let thread = std::thread::spawn(move || {
    ///     let worker = Handle::new(Worker { done: Emitter::new() });
    ///     sender.send(worker.remote()).unwrap();
    ///     Application::exec()
    /// });
    /// let worker = receiver.recv().unwrap();
    ///
    /// let label = Handle::new(RefCell::new(String::new()));
    /// worker.connect_remote(|worker| &worker.done, &label.remote(), |label, text| {
    ///     label.replace(text);
    ///     Application::quit();
    /// });
    /// worker.invoke(|worker| worker.done.emit("done"));
    /// Application::exec();
    /// assert_eq!(label.with(RefCell::take).as_deref(), Some("done"));
    /// # worker.event_loop().quit();
    /// # thread.join().unwrap();
    /// # label.delete();
    /// ```
    #[doc(alias = "connect")]
    #[doc(alias = "QueuedConnection")]
    pub fn connect_remote<A, E, R, F>(&self, which: E, receiver: &Remote<R>, slot: F) -> bool
    where
        A: Args<Owned: Send> + ?Sized,
        E: Fn(&T) -> &Emitter<A> + Copy + Send + 'static,
        R: 'static,
        F: Fn(&R, A::Owned) + Send + Sync + 'static,
    {
        let (key, receiver) = (self.key, receiver.clone());
        self.event_loop.invoke(move || {
            if let Some(sender) = Self::resolve(key) {
                sender.signal(which).connect_remote(&receiver, slot);
            }
        })
    }

    /// The loop of the object's thread.
    ///
    /// ```
    /// use slotwire::{Application, Handle};
    /// let service = Handle::new(()).remote();
    /// std::thread::spawn(move || service.event_loop().quit());
    /// assert_eq!(Application::exec(), 0);
    /// ```
    pub fn event_loop(&self) -> &EventLoopHandle {
        &self.event_loop
    }

    /// The handle, in the object's own thread; `None` in another, or if the object is dead.
    ///
    /// ```
    /// use slotwire::Handle;
    /// let label = Handle::new("label");
    /// let remote = label.remote();
    /// assert_eq!(remote.handle(), Some(label));
    /// let elsewhere = remote.clone();
    /// assert!(std::thread::spawn(move || elsewhere.handle().is_none()).join().unwrap());
    /// label.delete();
    /// assert_eq!(remote.handle(), None);
    /// ```
    pub fn handle(&self) -> Option<Handle<T>> {
        (thread::current().id() == self.event_loop.thread).then(|| Self::resolve(self.key)).flatten()
    }

    fn resolve(key: Key) -> Option<Handle<T>> {
        Handle::from_object(Object::of(key))
    }
}

impl<A: Args + ?Sized> Signal<A> {
    /// Delivers every emission to an object that lives in another thread: its slot runs in that thread's event loop,
    /// with a copy of the arguments. The connection ends with the sender; what is delivered after the receiver's death
    /// is dropped.
    ///
    /// The copy is made with [`Args::keep`]; the slot gets the owned values.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use slotwire::{Application, Emitter, Handle};
    ///
    /// let total = Handle::new(Cell::new(0));
    /// let remote = total.remote();
    /// std::thread::spawn(move || {
    ///     let sensor = Handle::new(Emitter::<i32>::new());
    ///     sensor.signal(|s| s).connect_remote(&remote, |total, value| {
    ///         total.set(total.get() + value);
    ///         Application::quit();
    ///     });
    ///     sensor.with(|s| s.emit(42));
    /// });
    /// Application::exec();
    /// assert_eq!(total.with(Cell::get), Some(42));
    /// ```
    #[doc(alias = "connect")]
    #[doc(alias = "QueuedConnection")]
    pub fn connect_remote<T, F>(self, receiver: &Remote<T>, slot: F) -> Connection
    where
        T: 'static,
        A::Owned: Send,
        F: Fn(&T, A::Owned) + Send + Sync + 'static,
    {
        let (receiver, slot) = (receiver.clone(), Arc::new(slot));
        self.add(ConnectionType::AUTO, None, move |_| {
            move |args: A::Ref<'_>| {
                let (slot, args) = (Arc::clone(&slot), A::keep(args));
                receiver.invoke(move |receiver| slot(receiver, args));
            }
        })
    }
}

impl<T: 'static> Handle<T> {
    /// A handle to this object for other threads.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use slotwire::{Application, Handle};
    /// let finished = Handle::new(Cell::new(0));
    /// for _part in 0..2 {
    ///     let finished = finished.remote();
    ///     std::thread::spawn(move || {
    ///         finished.invoke(|parts| {
    ///             parts.set(parts.get() + 1);
    ///             if parts.get() == 2 { Application::quit() }
    ///         })
    ///     });
    /// }
    /// Application::exec();
    /// assert_eq!(finished.with(Cell::get), Some(2));
    /// # finished.delete();
    /// ```
    pub fn remote(self) -> Remote<T> {
        Remote::new(self.object())
    }
}

impl<T> Clone for Remote<T> {
    fn clone(&self) -> Self {
        Self { event_loop: self.event_loop.clone(), key: self.key, of: PhantomData }
    }
}

impl<T> fmt::Debug for Remote<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, generation) = self.key.parts();
        write!(f, "Remote({index}.{generation} of {:?})", self.event_loop)
    }
}
