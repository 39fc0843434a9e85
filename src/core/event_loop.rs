use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::event_dispatcher::{self, EventDispatcher};
use super::handle::Handle;
use super::object_class::object_class;
use super::object_data::ObjectClass;
use super::process_events::Round;
use super::process_events_flags::ProcessEventsFlags;

/// A loop of one's own inside a function: runs the thread's events until [`exit`](Self::exit) or [`quit`](Self::quit).
///
/// The program as a whole runs [`Application::exec`](crate::Application::exec). A local loop is for code that has to
/// wait for a signal in the middle of a function. All that happens meanwhile is handled as always, so after
/// [`exec`](Self::exec) assume anything, and check that your objects are still alive.
///
/// Everything that all objects have, such as [`set_parent`](crate::Object::set_parent),
/// [`delete_later`](crate::Object::delete_later) and [`destroyed`](crate::Object::destroyed), is documented with
/// [`Object`](crate::Object), to which a loop dereferences.
///
/// ```
/// use std::time::Duration;
/// use slotwire::{EventLoop, Timer};
///
/// let timer = Timer::new();
/// timer.start(Duration::from_millis(1));
/// let wait = EventLoop::new();
/// timer.timeout().connect(move |()| wait.exit(7));
/// assert_eq!(wait.exec(), 7);
/// # wait.delete(); timer.delete();
/// ```
#[doc(alias = "QEventLoop")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventLoop(Handle<EventLoopPrivate>);

pub(crate) struct EventLoopPrivate {
    run: Rc<LoopRun>,
}

impl ObjectClass for EventLoopPrivate {
    const NAME: &'static str = "EventLoop";
}

impl EventLoop {
    /// A loop that is not running.
    ///
    /// ```
    /// use slotwire::EventLoop;
    /// let wait = EventLoop::new();
    /// wait.quit(); // does nothing yet
    /// assert!(!wait.is_running());
    /// # wait.delete();
    /// ```
    #[expect(clippy::new_without_default, reason = "a default value that has to be deleted would surprise")]
    pub fn new() -> Self {
        Self(Handle::new_class(EventLoopPrivate { run: Rc::default() }))
    }

    /// Runs events until [`exit`](Self::exit) or [`quit`](Self::quit) is called, and returns the code given there.
    ///
    /// Returns −1 at once if this loop is running already, if it is dead, or if the application is quitting. A loop that is
    /// deleted while it runs ends with −1, and so does one that gets no poller from the operating system.
    ///
    /// # Loops inside loops
    /// A slot that waits in a loop of its own is called again there when there is more to deliver, and may wait again. So that
    /// no peer decides how deep that goes, a loop is not entered, but returns −1 at once, with a line in the log (the first of a
    /// thread is a warning),
    ///
    /// * inside four nested loops that slots of the same connection have entered: of its socket, or of the server that accepted
    ///   it;
    /// * inside 64 nested loops of the thread, the outermost not counted.
    ///
    /// Nothing is lost or delayed by that: everything is delivered by the loops that run. The same holds for
    /// what runs a loop inside: [`Application::process_events`](crate::Application::process_events) and
    /// [`Application::send_posted_events`](crate::Application::send_posted_events) do nothing then, and
    /// [`SignalSpy::wait`](crate::SignalSpy::wait) does not wait.
    ///
    /// ```
    /// use slotwire::{EventLoop, Timer};
    /// /// Returns when that much time has passed; all else goes on meanwhile.
    /// fn pause(duration: std::time::Duration) {
    ///     let wait = EventLoop::new().scoped();
    ///     let event_loop = *wait;
    ///     Timer::single_shot_to(duration, event_loop, |event_loop| event_loop.quit());
    ///     wait.exec();
    /// }
    /// pause(std::time::Duration::from_millis(1));
    /// ```
    pub fn exec(self) -> i32 {
        let Some(run) = self.0.with(|event_loop| Rc::clone(&event_loop.run)) else { return -1 };
        run.exec(|| self.is_alive())
    }

    /// Ends the loop with that code: it returns once the slot that is running has returned. Has no effect on a loop that is
    /// not running, nor on its next run.
    ///
    /// ```
    /// use slotwire::{Application, EventLoop};
    /// const YES: i32 = 1;
    /// let question = EventLoop::new();
    /// Application::invoke_later(move || question.exit(YES)); // the user has clicked
    /// assert_eq!(question.exec(), YES);
    /// # question.delete();
    /// ```
    pub fn exit(self, code: i32) {
        self.0.with(|event_loop| event_loop.run.exit(code));
    }

    /// Ends the loop with code 0.
    ///
    /// ```
    /// use slotwire::{EventLoop, Timer, WebSocket};
    /// let (socket, wait) = (WebSocket::new(), EventLoop::new());
    /// socket.text_message_received().connect(move |_| wait.quit());
    /// // The answer is waited for, but not for ever.
    /// Timer::single_shot(std::time::Duration::from_millis(1), move || wait.quit());
    /// assert_eq!(wait.exec(), 0);
    /// # socket.delete();
    /// # wait.delete();
    /// ```
    pub fn quit(self) {
        self.exit(0);
    }

    /// Returns whether the loop is in [`exec`](Self::exec), and was not told to [`exit`](Self::exit) yet.
    ///
    /// ```
    /// use slotwire::{Application, EventLoop};
    /// let wait = EventLoop::new();
    /// Application::invoke_later(move || {
    ///     assert!(wait.is_running());
    ///     assert_eq!(wait.exec(), -1, "once at a time");
    ///     wait.quit();
    ///     assert!(!wait.is_running());
    /// });
    /// wait.exec();
    /// assert!(!wait.is_running());
    /// # wait.delete();
    /// ```
    #[doc(alias = "isRunning")]
    pub fn is_running(self) -> bool {
        self.0.with(|event_loop| event_loop.run.is_running()).unwrap_or(false)
    }
}

object_class!(EventLoop, EventLoopPrivate, "EventLoop::new()");

/// One `exec`, of an [`EventLoop`] or of the application.
#[derive(Debug, Default)]
pub(crate) struct LoopRun {
    state: Cell<RunState>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum RunState {
    #[default]
    Idle,
    Running,
    Exiting(i32),
}

#[derive(Default)]
struct Loops {
    /// The loops running in this thread, the innermost last.
    running: RefCell<Vec<Rc<LoopRun>>>,
    /// All of them have to exit, and the outermost has not returned yet.
    quitting: Cell<bool>,
}

thread_local! {
    static LOOPS: Loops = Loops::default();
}

impl LoopRun {
    /// Runs rounds as long as `goes_on` says so, which is asked before each and after what was posted, until the loop is told to
    /// exit; returns the code given there, or −1.
    pub(crate) fn exec(self: Rc<Self>, mut goes_on: impl FnMut() -> bool) -> i32 {
        if self.is_in_exec() {
            log::warn!("the event loop is already running");
            return -1;
        }
        if LOOPS.try_with(|loops| loops.quitting.get()).unwrap_or(true) {
            return -1;
        }
        event_dispatcher::with(|dispatcher| {
            dispatcher.enter_loop(|| {
                let _running = Running::begin(Rc::clone(&self));
                while goes_on() {
                    if let RunState::Exiting(code) = self.state.get() {
                        return code;
                    }
                    let round = || match self.state.get() {
                        // It may have told the loop to exit.
                        RunState::Running if goes_on() && self.is_running() => Round::MayWait,
                        _ => Round::Ends,
                    };
                    if let Err(error) = dispatcher.process_events(ProcessEventsFlags::AllEvents, round) {
                        log::error!("the event loop cannot wait: {error}");
                        return -1;
                    }
                }
                -1
            })
        })
        .flatten()
        .unwrap_or(-1)
    }

    pub(crate) fn exit(&self, code: i32) {
        if self.is_in_exec() {
            self.state.set(RunState::Exiting(code));
        }
    }

    fn is_in_exec(&self) -> bool {
        self.state.get() != RunState::Idle
    }

    pub(crate) fn is_running(&self) -> bool {
        self.state.get() == RunState::Running
    }
}

/// Makes all loops of this thread exit.
pub(crate) fn exit_all(code: i32) {
    let _ = LOOPS.try_with(|loops| {
        let running = loops.running.borrow();
        loops.quitting.set(!running.is_empty());
        for run in running.iter() {
            run.exit(code);
        }
    });
}

/// Handles what there is to handle and is not excluded, once. Returns whether there was anything.
pub(crate) fn process_events_with(flags: ProcessEventsFlags) -> bool {
    look_in(
        |dispatcher| if flags.waits() { wait_for_events(dispatcher, flags) } else { look(dispatcher, flags) },
    )
}

/// Handles what there is to handle, for at most that long. Returns whether there was anything.
pub(crate) fn process_events_for(max_time: Duration) -> bool {
    look_in(|dispatcher| {
        let deadline = Instant::now().checked_add(max_time);
        let mut did_something = false;
        while look(dispatcher, ProcessEventsFlags::AllEvents) {
            did_something = true;
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break;
            }
        }
        did_something
    })
}

fn look_in(rounds: impl FnOnce(&EventDispatcher) -> bool) -> bool {
    event_dispatcher::with(|dispatcher| dispatcher.look_in(|| rounds(dispatcher))).flatten().unwrap_or(false)
}

fn look(dispatcher: &EventDispatcher, flags: ProcessEventsFlags) -> bool {
    dispatcher.process_events(flags, || Round::DoesNotWait).unwrap_or_else(|error| {
        log::error!("the event loop cannot look for events: {error}");
        false
    })
}

/// Runs rounds until one has done something: a wait may also end for a socket that is excluded.
fn wait_for_events(dispatcher: &EventDispatcher, flags: ProcessEventsFlags) -> bool {
    loop {
        match dispatcher.process_events(flags, || Round::WaitsIfIdle) {
            Ok(false) => {}
            Ok(true) => return true,
            Err(error) => {
                log::error!("the event loop cannot wait: {error}");
                return false;
            }
        }
    }
}

/// A loop in the list of the running ones; out of it when dropped, also after a panic.
struct Running(Rc<LoopRun>);

impl Running {
    fn begin(run: Rc<LoopRun>) -> Self {
        run.state.set(RunState::Running);
        let _ = LOOPS.try_with(|loops| loops.running.borrow_mut().push(Rc::clone(&run)));
        Self(run)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.state.set(RunState::Idle);
        let _ = LOOPS.try_with(|loops| {
            let mut running = loops.running.borrow_mut();
            running.retain(|run| !Rc::ptr_eq(run, &self.0));
            if running.is_empty() {
                loops.quitting.set(false);
            }
        });
    }
}
