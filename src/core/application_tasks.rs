//! The methods of [`Application`] that are about tasks and time.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use super::application::Application;
use super::block_on;
use super::executor;
use super::sleep::Sleep;
use super::task::Task;
use crate::{Error, ErrorKind};

impl Application {
    /// Runs `future` in the event loop of this thread: a task, which need not be `Send` and goes on when the returned handle is
    /// dropped. It is polled for the first time by the loop, after what waits there already.
    ///
    /// One that belongs to an object and ends with it: [`Object::spawn`](crate::Object::spawn).
    ///
    /// ```
    /// use slotwire::Application;
    /// use std::time::Duration;
    /// Application::spawn_local(async {
    ///     Application::sleep(Duration::from_millis(1)).await;
    ///     println!("a millisecond later");
    ///     Application::quit();
    /// });
    /// Application::exec();
    /// ```
    #[doc(alias("QtConcurrent", "run", "QCoro"))]
    pub fn spawn_local<T: 'static>(future: impl Future<Output = T> + 'static) -> Task<T> {
        Task::spawn(None, future)
    }

    /// Runs the event loop until `future` is ready, and returns its output. All else goes on meanwhile, as in an
    /// [`EventLoop`](crate::EventLoop): so inside a slot or a task it is a nested loop, to which the
    /// [same bounds](crate::EventLoop::exec) apply.
    ///
    /// The future may borrow from its surroundings. It is polled at once, and then, after each wake, when what was posted has been
    /// delivered; by its own loop only, so one that waits for what an outer `block_on` has to do waits for ever. A panic in it goes on
    /// to the caller.
    ///
    /// # Errors
    /// [`ErrorKind::LoopEnded`] if the loop ends before, because [`quit`](Self::quit) or [`exit`](Self::exit) was called; or
    /// cannot be entered: the application is quitting, loops are nested too deep, or the system has no poller. The future is
    /// dropped then.
    ///
    /// ```
    /// use slotwire::{Application, ErrorKind};
    /// assert_eq!(Application::block_on(async { 6 * 7 })?, 42);
    ///
    /// // Whatever waits, the program can be ended.
    /// Application::invoke_later(Application::quit);
    /// let error = Application::block_on(std::future::pending::<()>()).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::LoopEnded);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias("waitFor", "QCoro"))]
    pub fn block_on<F: Future>(future: F) -> Result<F::Output, Error> {
        block_on::block_on(future)
    }

    /// A future that is ready when that much time has passed since this call, by the thread's clock, to the millisecond and never
    /// early. With a time of zero, or one that has passed already, it waits for the loop to come round: all else has a turn. Dropping
    /// it stops its timer.
    ///
    /// ```
    /// use slotwire::{Application, VirtualClock};
    /// use std::time::Duration;
    /// let clock = VirtualClock::install();
    /// Application::block_on(async {
    ///     for delay in [1, 2, 4] {
    ///         println!("trying");
    ///         Application::sleep(Duration::from_secs(delay)).await;
    ///     }
    /// })?;
    /// assert_eq!(clock.elapsed().as_secs(), 7);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias("msleep", "singleShot", "sleepFor"))]
    pub fn sleep(duration: Duration) -> Sleep {
        Sleep::new(duration)
    }

    /// Awaits `future`, but no longer than that, counted from this call: then it is dropped. A future that is ready at the same time
    /// wins.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`].
    ///
    /// ```
    /// use slotwire::{Application, ErrorKind, VirtualClock};
    /// use std::time::Duration;
    /// let _clock = VirtualClock::install();
    /// let answer = std::future::pending::<()>();
    /// let limited = Application::timeout(Duration::from_secs(5), answer);
    /// let error = Application::block_on(limited)?.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::TimedOut);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn timeout<F: Future>(
        duration: Duration,
        future: F,
    ) -> impl Future<Output = Result<F::Output, Error>> {
        let mut sleep = Self::sleep(duration);
        async move {
            let mut future = pin!(future);
            poll_fn(|context| {
                if let Poll::Ready(output) = future.as_mut().poll(context) {
                    return Poll::Ready(Ok(output));
                }
                let timed_out = || Error::new(ErrorKind::TimedOut, "the future was not ready in time");
                Pin::new(&mut sleep).poll(context).map(|()| Err(timed_out()))
            })
            .await
        }
    }

    /// The number of tasks of this thread that have not ended. A test that compares the number before and after finds what waits for
    /// ever.
    ///
    /// ```
    /// use slotwire::Application;
    /// let task = Application::spawn_local(async {});
    /// assert_eq!(Application::task_count(), 1);
    /// Application::process_events();
    /// assert_eq!(Application::task_count(), 0);
    /// ```
    pub fn task_count() -> usize {
        executor::count()
    }
}
