use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::clock;
use super::deadline::Deadline;
use super::timer_queue::{TimerId, TimerTarget};
use super::timer_type::TimerType;

/// A future that is ready when some time has passed: made by [`Application::sleep`](crate::Application::sleep).
///
/// ```
/// use slotwire::{Application, Sleep, VirtualClock};
/// use std::time::Duration;
/// let clock = VirtualClock::install();
/// let night: Sleep = Application::sleep(Duration::from_secs(8 * 3600));
/// Application::block_on(night)?;
/// assert_eq!(clock.elapsed().as_secs(), 8 * 3600);
/// # Ok::<(), slotwire::Error>(())
/// ```
#[must_use = "a future does nothing unless it is awaited"]
pub struct Sleep {
    /// `None`: beyond what a clock can hold.
    due: Option<Instant>,
    /// `None` before the first poll.
    alarm: Option<Rc<Alarm>>,
}

struct Alarm {
    timer: Deadline,
    waker: Cell<Option<Waker>>,
}

impl Sleep {
    pub(super) fn new(duration: Duration) -> Self {
        Self { due: clock::now().checked_add(duration), alarm: None }
    }

    fn remaining_time(&self) -> Option<Duration> {
        Some(self.due?.saturating_duration_since(clock::now()))
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // Beyond the end of time, no timer is needed.
        let Some(rest) = self.remaining_time() else { return Poll::Pending };
        let is_first = self.alarm.is_none();
        let alarm = self
            .alarm
            .get_or_insert_with(|| Rc::new(Alarm { timer: Deadline::default(), waker: Cell::default() }));
        if !is_first && (rest.is_zero() || !alarm.timer.is_running()) {
            alarm.timer.stop();
            return Poll::Ready(());
        }
        // Also for no time at all it waits for the loop, so that others have their turn.
        alarm.waker.set(Some(context.waker().clone()));
        if is_first {
            alarm.timer.start_as(TimerType::Precise, rest, Rc::clone(alarm) as Rc<dyn TimerTarget>);
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(alarm) = &self.alarm {
            alarm.timer.stop();
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sleep({:?})", self.remaining_time())
    }
}

impl TimerTarget for Alarm {
    fn timed_out(self: Rc<Self>, id: TimerId) {
        if self.timer.has_passed(id)
            && let Some(waker) = self.waker.take()
        {
            waker.wake();
        }
    }
}
