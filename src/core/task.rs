use std::any::type_name;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::mem;
use std::ops::Deref;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::executor::{self, Polled, Run};
use super::object_key::Object;
use super::object_table::Node;
use super::sequence::Sequence;
use super::table::Key;
use crate::{Error, ErrorKind};

/// A future that the event loop runs: made by [`Application::spawn_local`](crate::Application::spawn_local), or, for a task that
/// ends with an object, by [`Object::spawn`](crate::Object::spawn).
///
/// **Dropping it detaches the task**, which goes on, as a thread does without its `JoinHandle`. It is [cancelled](Self::cancel) by
/// a call, or by a guard: [`scoped`](Self::scoped).
///
/// It is a future itself: awaited in another task, it gives what the task returns, or the reason why it did not get that far. The
/// kind of the error is
///
/// * [`ErrorKind::Cancelled`]: somebody called [`cancel`](Self::cancel);
/// * [`ErrorKind::ObjectDeleted`]: the object of the task is dead;
/// * [`ErrorKind::CallPanicked`]: the task has panicked. The panic itself goes on to the caller that runs the loop, as that of a
///   slot does;
/// * [`ErrorKind::LoopEnded`]: the thread is ending.
///
/// ```
/// use slotwire::{Application, Error};
/// use std::time::Duration;
///
/// let sum = Application::block_on(async {
///     let double = |n: u32| async move {
///         Application::sleep(Duration::from_millis(1)).await;
///         2 * n
///     };
///     // Both are under way at the same time.
///     let first = Application::spawn_local(double(1));
///     let second = Application::spawn_local(double(2));
///     Ok::<_, Error>(first.await? + second.await?)
/// })??;
/// assert_eq!(sum, 6);
/// # Ok::<(), Error>(())
/// ```
///
/// # What a task may rely on
///
/// * It is polled by the loop of its thread, nested loops included, and never inside the call that spawns it or wakes it. The wake
///   is a queued call: the poll comes behind what was posted before, and before what is posted later, also by other threads. What it
///   does there is done in a [round](crate::architecture#a-round-of-the-event-loop) of the loop: [`sender`](crate::sender) is `None`,
///   and [`delete_later`](crate::Object::delete_later) deletes after the poll.
/// * A wake during the poll, also by itself, leads to another one in the next pass: sockets and timers have their turn before.
///   Several wakes before a poll are one.
/// * While a poll runs the loop inside itself, the task is not polled there; what wakes it meanwhile does so afterwards.
/// * A task that has ended, in whatever way, is never polled again, and its future is dropped while nothing of the crate is borrowed: its
///   destructors may spawn, delete, emit, run a loop. One that is cancelled, or whose object is deleted, while its poll runs, runs on
///   until it has to wait, and then its future is dropped. What it returns meanwhile is dropped.
/// * Its waker may be called from any thread and at any time. When the task, its loop or its thread is gone, that does nothing.
#[doc(alias("QFuture", "QCoro", "JoinHandle"))]
pub struct Task<T> {
    key: Key,
    state: Rc<TaskState<T>>,
}

impl<T: 'static> Task<T> {
    /// Spawns a task, which ends with that object if there is one.
    pub(super) fn spawn(owner: Option<&dyn Node>, future: impl Future<Output = T> + 'static) -> Self {
        // Apart from what is borrowed meanwhile: if there is no place for it, it is dropped.
        let mut future: Option<Pin<Box<dyn Future<Output = T>>>> = Some(Box::pin(future));
        let entered = executor::enter(owner, |waker| {
            let state = future.take().map_or(State::Taken, State::Waiting);
            Rc::new(TaskState::new(waker, state))
        });
        match entered {
            Some((key, state)) => {
                state.waker.wake_by_ref();
                Self { key, state }
            }
            None => Self::stillborn(ErrorKind::LoopEnded),
        }
    }

    /// A task that is over before it begins.
    pub(super) fn stillborn(why: ErrorKind) -> Self {
        Self { key: Key::NULL, state: Rc::new(TaskState::new(Waker::noop().clone(), State::Stopped(why))) }
    }

    /// Ends the task: drops its future, before this returns if it is not being polled right now. Returns `false` if it had
    /// ended before.
    ///
    /// ```
    /// use slotwire::{Application, ErrorKind};
    /// let task = Application::spawn_local(async { unreachable!("the loop has not run") });
    /// assert!(task.cancel());
    /// assert!(!task.cancel(), "it has ended");
    /// let error = Application::block_on(task).unwrap().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Cancelled);
    /// ```
    #[doc(alias = "abort")]
    pub fn cancel(&self) -> bool {
        executor::stop(self.key, ErrorKind::Cancelled)
    }

    /// Returns whether the task has ended: it has returned, panicked or was cancelled, or its object is dead.
    ///
    /// ```
    /// use slotwire::Application;
    /// let task = Application::spawn_local(async { 7 });
    /// assert!(!task.is_finished());
    /// Application::process_events();
    /// assert!(task.is_finished());
    /// ```
    #[doc(alias = "isFinished")]
    pub fn is_finished(&self) -> bool {
        self.state.is_finished()
    }

    /// A guard that cancels the task when it is dropped: the task lives no longer than what waits for it.
    ///
    /// ```
    /// use slotwire::Application;
    /// use std::future::pending;
    /// let task = Application::spawn_local(pending::<()>()).scoped();
    /// assert_eq!(Application::task_count(), 1);
    /// drop(task);
    /// assert_eq!(Application::task_count(), 0);
    /// ```
    pub fn scoped(self) -> ScopedTask<T> {
        ScopedTask(self)
    }
}

impl<T: 'static> Future for Task<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.state.poll_output(context.waker()).map(|output| output.map_err(error))
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, generation) = self.key.parts();
        let state = if self.state.is_finished() { "finished" } else { "running" };
        write!(f, "Task<{}>({index}.{generation}, {state})", type_name::<T>())
    }
}

/// A [`Task`] that is cancelled when this guard is dropped. Made by [`Task::scoped`].
///
/// ```
/// use slotwire::Application;
/// use std::time::Duration;
/// let answer = Application::block_on(async {
///     let search = Application::spawn_local(async { 42 }).scoped();
///     // If this future is dropped before, the search ends with it.
///     Application::timeout(Duration::from_secs(1), search).await
/// });
/// assert_eq!(answer???, 42);
/// # Ok::<(), slotwire::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "the task is cancelled when the guard is dropped"]
pub struct ScopedTask<T: 'static>(Task<T>);

impl<T> Deref for ScopedTask<T> {
    type Target = Task<T>;
    fn deref(&self) -> &Task<T> {
        &self.0
    }
}

impl<T> Future for ScopedTask<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for ScopedTask<T> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn error(kind: ErrorKind) -> Error {
    let text = match kind {
        ErrorKind::ObjectDeleted => "the object of the task is deleted",
        ErrorKind::CallPanicked => "the task has panicked",
        ErrorKind::LoopEnded => "the thread of the task is ending",
        _ => "the task is cancelled",
    };
    Error::new(kind, text)
}

/// The state that a task and its [`Task`] share.
struct TaskState<T> {
    /// Wakes the task.
    waker: Waker,
    state: RefCell<State<T>>,
    /// Wakes what awaits the task.
    awaiting: Cell<Option<Waker>>,
}

enum State<T> {
    Waiting(Pin<Box<dyn Future<Output = T>>>),
    /// The poll of its future runs. `woken`: a loop inside that has come by a wake.
    Polling {
        woken: bool,
    },
    Finished(T),
    /// It will not finish.
    Stopped(ErrorKind),
    /// The output was taken.
    Taken,
}

impl<T> TaskState<T> {
    fn new(waker: Waker, state: State<T>) -> Self {
        Self { waker, state: RefCell::new(state), awaiting: Cell::new(None) }
    }

    fn is_finished(&self) -> bool {
        !matches!(*self.state.borrow(), State::Waiting(_) | State::Polling { .. })
    }

    /// Takes the future out to poll it. If there is none: whether it is being polled, or has ended.
    fn begin_poll(&self) -> Result<Pin<Box<dyn Future<Output = T>>>, Polled> {
        let mut state = self.state.borrow_mut();
        match mem::replace(&mut *state, State::Polling { woken: false }) {
            State::Waiting(future) => Ok(future),
            State::Polling { .. } => {
                *state = State::Polling { woken: true };
                Err(Polled::Waits)
            }
            ended => {
                *state = ended;
                Err(Polled::Ended)
            }
        }
    }

    /// Lets the future wait after its poll; gives it back if the task was stopped meanwhile.
    fn wait(&self, future: Pin<Box<dyn Future<Output = T>>>) -> Result<(), Pin<Box<dyn Future<Output = T>>>> {
        let mut state = self.state.borrow_mut();
        let State::Polling { woken } = *state else { return Err(future) };
        *state = State::Waiting(future);
        drop(state);
        if woken {
            self.waker.wake_by_ref();
        }
        Ok(())
    }

    /// Ends the task after its poll; gives the output back if it was stopped meanwhile.
    fn finish(&self, output: Result<T, ErrorKind>) -> Result<(), Result<T, ErrorKind>> {
        let mut state = self.state.borrow_mut();
        if !matches!(*state, State::Polling { .. }) {
            return Err(output);
        }
        *state = output.map_or_else(State::Stopped, State::Finished);
        drop(state);
        self.wake_awaiting();
        Ok(())
    }

    fn wake_awaiting(&self) {
        if let Some(waker) = self.awaiting.take() {
            waker.wake();
        }
    }

    fn poll_output(&self, waker: &Waker) -> Poll<Result<T, ErrorKind>> {
        if self.is_finished() {
            return Poll::Ready(match self.state.replace(State::Taken) {
                State::Finished(output) => Ok(output),
                State::Stopped(why) => Err(why),
                _ => Err(ErrorKind::Cancelled),
            });
        }
        let known = self.awaiting.take().filter(|known| known.will_wake(waker));
        self.awaiting.set(Some(known.unwrap_or_else(|| waker.clone())));
        Poll::Pending
    }
}

impl<T> Run for TaskState<T> {
    fn poll(&self, sequence: &mut Sequence) -> Polled {
        let mut future = match self.begin_poll() {
            Ok(future) => future,
            Err(polled) => return polled,
        };
        let polled = sequence.step(|| future.as_mut().poll(&mut Context::from_waker(&self.waker)));
        let output = match polled {
            Some(Poll::Pending) => match self.wait(future) {
                Ok(()) => return Polled::Waits,
                Err(future) => {
                    sequence.step(|| drop(future));
                    return Polled::Ended;
                }
            },
            Some(Poll::Ready(output)) => Ok(output),
            None => Err(ErrorKind::CallPanicked),
        };
        sequence.step(|| drop(future));
        sequence.step(|| drop(self.finish(output)));
        Polled::Ended
    }

    fn stop(&self, why: ErrorKind) -> bool {
        if self.is_finished() {
            return false;
        }
        let future = self.state.replace(State::Stopped(why));
        let mut sequence = Sequence::begin();
        sequence.step(|| drop(future));
        sequence.step(|| self.wake_awaiting());
        true
    }
}

impl Object {
    /// Runs `future` in the event loop, as [`Application::spawn_local`](crate::Application::spawn_local) does, for as long as this
    /// object lives: when the object is deleted, the task ends, and its future is dropped, together with the slots of which the
    /// object is the receiver, before [`destroyed`](Self::destroyed). Nothing is polled that could reach a dead object.
    ///
    /// A task that deletes its own object runs on until it has to wait, as a slot runs on to its end. For a dead object the future is
    /// dropped at once, and the task has [ended](Task::is_finished).
    ///
    /// ```
    /// use slotwire::{Application, Handle, Timer, VirtualClock};
    /// use std::cell::Cell;
    /// use std::time::Duration;
    ///
    /// struct Clock { seconds: Cell<u32> }
    /// # let _clock = VirtualClock::install();
    /// let clock = Handle::new(Clock { seconds: Cell::new(0) });
    /// clock.spawn(async move {
    ///     loop {
    ///         Application::sleep(Duration::from_secs(1)).await;
    ///         clock.with(|clock| clock.seconds.set(clock.seconds.get() + 1));
    ///     }
    /// });
    /// Timer::single_shot(Duration::from_millis(3500), Application::quit);
    /// Application::exec();
    /// assert_eq!(clock.with(|clock| clock.seconds.get()), Some(3));
    /// clock.delete();
    /// assert_eq!(Application::task_count(), 0, "it ended with its object");
    /// ```
    #[doc(alias("connect", "QCoro"))]
    pub fn spawn<T: 'static>(self, future: impl Future<Output = T> + 'static) -> Task<T> {
        match self.living() {
            Some(node) => Task::spawn(Some(&*node), future),
            None => Task::stillborn(ErrorKind::ObjectDeleted),
        }
    }
}
