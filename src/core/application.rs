use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use super::event_dispatcher;
use super::event_loop::{self, LoopRun};
use super::handle::Handle;
use super::object;
use super::object_data::ObjectClass;
use super::object_table;
use super::process_events_flags::ProcessEventsFlags;
use super::sequence::Sequence;
use super::signal::{Emitter, Signal};
use super::spare_memory::{self, Release};

/// The event loop of a thread, and what concerns all its objects: `QCoreApplication`, without an instance to pass around.
///
/// Everything here is about the calling thread. Each thread can have a loop of its own; other threads reach it through an
/// [`EventLoopHandle`](crate::EventLoopHandle).
///
/// ```
/// use slotwire::{Application, Timer};
/// Timer::single_shot(std::time::Duration::ZERO, || Application::exit(3));
/// assert_eq!(Application::exec(), 3);
/// ```
///
/// # In somebody else's loop
///
/// A program whose loop belongs to a GUI or a game lends this one a moment: wait until `Application::poller_fd` is
/// readable or [`next_timeout`](Self::next_timeout) has passed, whichever comes first, and call
/// [`process_events`](Self::process_events). What is registered with the poller reaches it at once, so the descriptor may be
/// waited on at any time; a `next_timeout` of zero says that there is something to do already.
#[doc(alias = "QCoreApplication")]
#[derive(Debug)]
#[non_exhaustive]
pub struct Application {}

pub(crate) struct ApplicationPrivate {
    about_to_quit: Emitter<()>,
}

impl ObjectClass for ApplicationPrivate {
    const NAME: &'static str = "Application";
}

thread_local! {
    static INSTANCE: Cell<Option<Handle<ApplicationPrivate>>> = const { Cell::new(None) };
}

/// The state of [`Application::exec`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Idle,
    Running,
    /// `about_to_quit` was emitted.
    Quitting,
}

thread_local! {
    static RUN: Cell<Run> = const { Cell::new(Run::Idle) };
}

/// The application runs until this is dropped, also by a panic.
struct RunningApplication(());

impl RunningApplication {
    fn begin() -> Self {
        RUN.set(Run::Running);
        Self(())
    }
}

impl Drop for RunningApplication {
    fn drop(&mut self) {
        RUN.set(Run::Idle);
    }
}

impl Application {
    /// Runs the thread's events until [`quit`](Self::quit) or [`exit`](Self::exit) is called, and returns the code given
    /// there. At the end what [`delete_later`](crate::Object::delete_later) was called for is deleted. Events and queued calls
    /// that are still waiting go on waiting for the next loop.
    ///
    /// Returns −1 at once if a loop of this thread is running already, this one or an [`EventLoop`](crate::EventLoop), and if
    /// the operating system gives no poller, or inside [too many loops](crate::EventLoop::exec).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// // A program makes its objects, connects them, and runs.
    /// let work = Timer::new();
    /// work.timeout().connect(|()| Application::quit());
    /// work.start(std::time::Duration::from_millis(1));
    /// let code = Application::exec();
    /// assert_eq!(code, 0);
    /// # work.delete();
    /// ```
    pub fn exec() -> i32 {
        if event_dispatcher::with(|dispatcher| dispatcher.loop_level()).unwrap_or(0) > 0 {
            log::warn!("the application's event loop is already running");
            return -1;
        }
        let _loop = event_dispatcher::with(|dispatcher| dispatcher.remote().begin_loop());
        let code = {
            let _running = RunningApplication::begin();
            Rc::new(LoopRun::default()).exec(|| true)
        };
        event_dispatcher::with(|dispatcher| dispatcher.send_deferred_deletes(None));
        code
    }

    /// Ends [`exec`](Self::exec) with code 0, and every [`EventLoop`](crate::EventLoop) of this thread: each returns once
    /// the slot that is running has returned. If no loop is running it does nothing, and the next one runs all the same.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let window = Object::new();
    /// window.destroyed().connect(|_| Application::quit()); // the last window is closed
    /// window.delete_later();
    /// assert_eq!(Application::exec(), 0);
    /// ```
    pub fn quit() {
        Self::exit(0);
    }

    /// Ends [`exec`](Self::exec) with that code, as [`quit`](Self::quit) does with 0. Of several calls the last one counts.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = WebSocket::new();
    /// socket.error_occurred().connect(|error| {
    ///     eprintln!("{error}");
    ///     Application::exit(2);
    /// });
    /// socket.invoke_later(move || socket.open("gopher://localhost"));
    /// assert_eq!(Application::exec(), 2); // what `main` gives to `std::process::exit`
    /// # socket.delete();
    /// ```
    pub fn exit(code: i32) {
        let mut sequence = Sequence::begin();
        if RUN.get() == Run::Running {
            RUN.set(Run::Quitting);
            if let Some(application) = INSTANCE.get() {
                sequence.step(|| application.with(|application| application.about_to_quit.emit(())));
            }
        }
        sequence.step(|| event_loop::exit_all(code));
    }

    /// Gives the memory back at once that this thread keeps for later use: buffers to read into, of messages and of output, and
    /// the room in tables that is left from objects that are gone.
    ///
    /// Without this call it is given back after it was not used for four to eight seconds, as long as events are processed; one
    /// buffer of half a mebibyte stays. Buffers that are in use, and what belongs to objects, are not touched.
    ///
    /// It goes to the allocator of the program, which may keep it for the process. That of glibc gives large pieces back
    /// to the system at once, and small ones only from the end of its heap; `malloc_trim` of the crate `libc` makes it give back
    /// the rest.
    ///
    /// ```
    /// use slotwire::prelude::*;
    ///
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let url = server.server_url();
    /// let socket = WebSocket::new();
    /// socket.disconnected().connect(move |()| {
    ///     socket.delete();
    ///     Application::release_memory(); // nothing more will come for long
    ///     Application::quit();
    /// });
    /// socket.connected().connect(move |()| socket.close());
    /// socket.open(url);
    /// Application::exec();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "malloc_trim")]
    #[doc(alias = "trim_memory")]
    #[doc(alias = "shrink_to_fit")]
    pub fn release_memory() {
        spare_memory::release(Release::All);
        event_dispatcher::with(|dispatcher| dispatcher.shrink());
    }

    /// Emitted inside [`exit`](Self::exit) or [`quit`](Self::quit), once for each [`exec`](Self::exec), before any loop is told
    /// to end. A slot may enter a loop, and what it posts is still delivered there.
    ///
    /// ```
    /// use slotwire::{Application, Timer};
    /// Application::about_to_quit().connect(|()| println!("good-bye"));
    /// Timer::single_shot(std::time::Duration::ZERO, Application::quit);
    /// Application::exec();
    /// ```
    #[doc(alias = "aboutToQuit")]
    pub fn about_to_quit() -> Signal<()> {
        let instance = INSTANCE.get().filter(|instance| instance.is_alive()).unwrap_or_else(|| {
            let private = ApplicationPrivate { about_to_quit: Emitter::new() };
            let instance = Handle::new_class(private);
            INSTANCE.set(Some(instance));
            instance
        });
        instance.signal(|application| &application.about_to_quit)
    }

    /// Handles what there is to handle and returns without waiting: calls from other threads, posted events, sockets and
    /// timers, once each. Returns whether there was anything.
    ///
    /// It may be called in a slot of a running loop. What [`delete_later`](crate::Object::delete_later) was called for in that
    /// slot is then left for the loop to delete. Inside [too many loops](crate::EventLoop::exec) it does
    /// nothing and returns `false`.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let frame = Timer::new();
    /// let drawn = SignalSpy::new(frame.timeout());
    /// frame.start(std::time::Duration::ZERO);
    /// // The loop of a game lends a moment in every frame.
    /// while drawn.len() < 3 {
    ///     Application::process_events();
    /// }
    /// # frame.delete();
    /// ```
    #[doc(alias = "processEvents")]
    pub fn process_events() -> bool {
        event_loop::process_events_with(ProcessEventsFlags::AllEvents)
    }

    /// As [`process_events`](Self::process_events), but leaves alone what the flags exclude, and waits if they say so until
    /// something was done. A call from another thread ends the wait, and is made in the next round.
    ///
    /// ```
    /// use slotwire::{Application, EventLoopHandle, ProcessEventsFlags};
    /// let main = EventLoopHandle::current();
    /// std::thread::spawn(move || main.invoke(|| println!("from a thread")));
    /// Application::process_events_with(ProcessEventsFlags::WaitForMoreEvents); // until it comes
    /// Application::process_events();
    /// ```
    #[doc(alias = "processEvents")]
    pub fn process_events_with(flags: ProcessEventsFlags) -> bool {
        event_loop::process_events_with(flags)
    }

    /// As [`process_events`](Self::process_events), again and again until there is nothing left or that much time has
    /// passed; what is being handled then is finished.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::Application;
    /// Application::invoke_later(|| println!("handled"));
    /// assert!(Application::process_events_for(Duration::from_millis(50)));
    /// assert!(!Application::process_events());
    /// ```
    #[doc(alias = "processEvents")]
    pub fn process_events_for(max_time: Duration) -> bool {
        event_loop::process_events_for(max_time)
    }

    /// Calls `f` from the event loop, after what waits there already. [`Object::invoke_later`](crate::Object::invoke_later)
    /// does it for an object, and does not call if that dies before.
    ///
    /// ```
    /// use slotwire::Application;
    /// Application::invoke_later(|| {
    ///     println!("second");
    ///     Application::quit();
    /// });
    /// println!("first");
    /// Application::exec();
    /// ```
    #[doc(alias = "invokeMethod")]
    #[doc(alias = "QueuedConnection")]
    pub fn invoke_later(f: impl FnOnce() + 'static) {
        event_dispatcher::post_call(None, f);
    }

    /// The longest time that the loop may wait: zero if there is something to do, `None` if only a socket, a notifier or another
    /// thread can wake it.
    ///
    /// While the thread keeps memory that it will [give back](Self::release_memory) unless it is used, that is four seconds at
    /// most, except under a [`VirtualClock`](crate::VirtualClock); `None` comes after that.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Application, Timer};
    /// assert_eq!(Application::next_timeout(), None);
    /// let timer = Timer::new();
    /// timer.start(Duration::from_secs(1));
    /// assert!(Application::next_timeout().unwrap() <= Duration::from_secs(2));
    /// # timer.delete();
    /// ```
    #[doc(alias = "hasPendingEvents")]
    pub fn next_timeout() -> Option<Duration> {
        event_dispatcher::with(|dispatcher| dispatcher.next_timeout()).flatten()
    }

    /// The descriptor that is readable when there are sockets or notifiers to handle, or calls from other threads.
    ///
    /// Unix only: elsewhere a poller has no descriptor that another loop could wait for.
    ///
    /// # Errors
    /// The process has no descriptor left.
    ///
    /// ```
    /// use std::os::fd::AsRawFd;
    /// use slotwire::Application;
    /// let poller = Application::poller_fd()?;
    /// // What the other loop waits for, by `poll(2)`, `epoll_ctl(2)` or a watcher of its own:
    /// println!("descriptor {}", poller.as_raw_fd());
    /// println!("for {:?} at most", Application::next_timeout());
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[cfg(unix)]
    pub fn poller_fd() -> Result<PollerFd, crate::Error> {
        event_dispatcher::with_poller(|poller| poller.registry().try_clone())
            .map(PollerFd)
            .map_err(Into::into)
    }

    /// The number of living objects of this thread. A test that compares the number before and after finds what was never
    /// deleted.
    ///
    /// ```
    /// use slotwire::{Application, WebSocket};
    /// let before = Application::object_count();
    /// let socket = WebSocket::new();
    /// assert_eq!(Application::object_count(), before + 1);
    /// socket.delete();
    /// assert_eq!(Application::object_count(), before, "nothing is left behind");
    /// ```
    pub fn object_count() -> usize {
        object_table::count()
    }

    /// All objects of this thread that have no parent, each with what is below it, in the form of
    /// [`Object::dump_object_tree`](crate::Object::dump_object_tree): what was never deleted.
    ///
    /// ```
    /// use slotwire::{Application, Timer};
    /// let forgotten = Timer::new();
    /// forgotten.set_object_name("heartbeat");
    /// assert!(Application::dump_objects().contains("Timer::heartbeat"));
    /// forgotten.delete();
    /// assert_eq!(Application::dump_objects(), "");
    /// ```
    #[doc(alias = "dumpObjectTree")]
    pub fn dump_objects() -> String {
        object::dump_objects()
    }
}

/// The descriptor of a thread's poller, from [`Application::poller_fd`], for another event loop to wait for. Unix only.
///
/// ```
/// use std::os::fd::{AsFd, AsRawFd};
/// use slotwire::Application;
///
/// let poller = Application::poller_fd()?;
/// // Another loop waits until this descriptor is readable, and then lends a moment:
/// assert!(poller.as_fd().as_raw_fd() >= 0);
/// Application::process_events();
/// # Ok::<(), slotwire::Error>(())
/// ```
#[cfg(unix)]
#[derive(Debug)]
pub struct PollerFd(mio::Registry);

#[cfg(unix)]
impl std::os::fd::AsFd for PollerFd {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for PollerFd {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        use std::os::fd::AsFd;
        self.as_fd().as_raw_fd()
    }
}
