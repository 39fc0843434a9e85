//! A future that a loop of its own runs (private).

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::event_dispatcher;
use super::event_loop::LoopRun;
use super::executor::{self, Polled, Run};
use super::sequence::Sequence;
use super::table::Key;
use crate::{Error, ErrorKind};

/// Runs a loop until the future is ready.
pub(super) fn block_on<F: Future>(future: F) -> Result<F::Output, Error> {
    let mut future = pin!(future);
    let entered = executor::enter(None, |waker| Rc::new(Blocked { waker, woken: Cell::new(true) }));
    let Some((key, blocked)) = entered else { return Err(error("the thread is ending")) };
    let _entered = Entered(key);
    let run = Rc::new(LoopRun::default());
    let mut was_polled = false;
    let mut output = None;
    Rc::clone(&run).exec(|| {
        if run.is_running() && output.is_none() && blocked.woken.take() {
            was_polled = true;
            let poll = || match future.as_mut().poll(&mut Context::from_waker(&blocked.waker)) {
                Poll::Ready(ready) => output = Some(ready),
                Poll::Pending => {}
            };
            event_dispatcher::with(|dispatcher| dispatcher.deliver(None, poll));
            blocked.wake_again();
        }
        output.is_none()
    });
    output.ok_or_else(|| {
        error(match was_polled {
            true => "the event loop was told to exit before the future was ready",
            false => {
                "no event loop is entered here: the application is quitting, or loops are nested too deep"
            }
        })
    })
}

fn error(text: &'static str) -> Error {
    Error::new(ErrorKind::LoopEnded, text)
}

/// A future on the stack of its caller: a wake is noted, and the loop of the caller polls.
struct Blocked {
    waker: Waker,
    woken: Cell<bool>,
}

impl Blocked {
    /// Posts a wake anew by which a loop inside the poll has come, so that the loop does not wait now.
    fn wake_again(&self) {
        if self.woken.take() {
            self.waker.wake_by_ref();
        }
    }
}

impl Run for Blocked {
    fn poll(&self, _: &mut Sequence) -> Polled {
        self.woken.set(true);
        Polled::Waits
    }

    fn stop(&self, _: ErrorKind) -> bool {
        false
    }
}

/// Takes the future out of the tasks when it is dropped.
struct Entered(Key);

impl Drop for Entered {
    fn drop(&mut self) {
        executor::forget(self.0);
    }
}
