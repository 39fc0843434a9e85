//! A call into another thread whose caller waits for what it returns (private).

use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use crate::{Error, ErrorKind};

/// The state that the calling and the called thread share.
pub(super) struct AwaitedCall<R> {
    state: Mutex<State<R>>,
    changed: Condvar,
}

enum State<R> {
    /// It waits for the loop.
    Waiting,
    Running,
    Returned(R),
    /// It will not be made, or not return.
    Failed(ErrorKind),
}

/// A call that its loop will not make.
pub(super) trait Withdraw: Send + Sync {
    fn withdraw(&self);
}

impl<R: Send + 'static> AwaitedCall<R> {
    /// The call, and what is posted to make it.
    pub(super) fn new(f: impl FnOnce() -> R + Send + 'static) -> (Arc<Self>, impl FnOnce() + Send + 'static) {
        let call = Arc::new(Self { state: Mutex::new(State::Waiting), changed: Condvar::new() });
        let end = CallEnd(call.clone());
        let make = move || {
            if end.0.begin() {
                let returned = f();
                end.0.finish(State::Returned(returned));
            }
        };
        (call, make)
    }

    /// Waits up to that time; a call that has not begun by then is not made.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> Result<R, Error> {
        let mut state = self.state.lock();
        loop {
            match &*state {
                State::Waiting | State::Running => {}
                State::Returned(_) | State::Failed(_) => {
                    let over = std::mem::replace(&mut *state, State::Failed(ErrorKind::LoopEnded));
                    return match over {
                        State::Returned(returned) => Ok(returned),
                        State::Failed(kind) => Err(error(kind)),
                        State::Waiting | State::Running => Err(error(ErrorKind::LoopEnded)),
                    };
                }
            }
            let timed_out = match deadline {
                Some(deadline) => self.changed.wait_until(&mut state, deadline).timed_out(),
                None => {
                    self.changed.wait(&mut state);
                    false
                }
            };
            if timed_out && matches!(*state, State::Waiting | State::Running) {
                *state = State::Failed(ErrorKind::TimedOut);
            }
        }
    }

    /// Returns whether the caller still waits for the result.
    fn begin(&self) -> bool {
        let mut state = self.state.lock();
        let is_wanted = matches!(*state, State::Waiting);
        if is_wanted {
            *state = State::Running;
        }
        is_wanted
    }

    fn finish(&self, over: State<R>) {
        let mut state = self.state.lock();
        // Nobody hears of it any more if the time was over.
        let unheard = if matches!(*state, State::Waiting | State::Running) {
            std::mem::replace(&mut *state, over)
        } else {
            over
        };
        drop(state);
        self.changed.notify_one();
        drop(unheard);
    }
}

impl<R: Send + 'static> Withdraw for AwaitedCall<R> {
    fn withdraw(&self) {
        let mut state = self.state.lock();
        if matches!(*state, State::Waiting) {
            *state = State::Failed(ErrorKind::LoopEnded);
            self.changed.notify_one();
        }
    }
}

/// Wakes the caller in any case: also if the posted call is dropped, or panics.
struct CallEnd<R: Send + 'static>(Arc<AwaitedCall<R>>);

impl<R: Send + 'static> Drop for CallEnd<R> {
    fn drop(&mut self) {
        let has_begun = matches!(*self.0.state.lock(), State::Running);
        let kind = if has_begun { ErrorKind::CallPanicked } else { ErrorKind::LoopEnded };
        self.0.finish(State::Failed(kind));
    }
}

pub(super) fn error(kind: ErrorKind) -> Error {
    Error::new(
        kind,
        match kind {
            ErrorKind::TimedOut => "the call has not returned in time",
            ErrorKind::CallPanicked => "the call has panicked",
            ErrorKind::ObjectDeleted => "the object is deleted",
            _ => "the event loop of the thread has ended",
        },
    )
}
