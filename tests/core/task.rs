//! Tasks on the loop: when they are polled, how they end, and what of the future is dropped when.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use slotwire::{
    Application, ErrorKind, Event, EventLoop, EventType, Handle, Object, Task, Timer, VirtualClock, sender,
};

use crate::support::{Log, LogsDrop, OnDrop, button, click, clicked};

fn run() {
    while Application::process_events() {}
}

/// A future that is ready when it is polled the second time, and gives its waker to `keep` at the first.
fn woken_by(keep: impl FnOnce(Waker)) -> impl Future<Output = ()> {
    let mut keep = Some(keep);
    poll_fn(move |context| match keep.take() {
        Some(keep) => {
            keep(context.waker().clone());
            Poll::Pending
        }
        None => Poll::Ready(()),
    })
}

/// A future that wakes itself and lets others have their turn.
fn yield_now() -> impl Future<Output = ()> {
    woken_by(Waker::wake)
}

/// Logs `before`, lets others have their turn, and logs `after`.
async fn logs_twice(log: Log, before: &'static str, after: &'static str) {
    log.add(before);
    yield_now().await;
    log.add(after);
}

fn output<T: 'static>(task: Task<T>) -> Result<T, ErrorKind> {
    Application::block_on(task).unwrap().map_err(|error| error.kind())
}

// ---- when it is polled

#[test]
fn a_task_is_polled_by_the_loop_and_not_by_the_call_that_spawns_it() {
    let log = Log::new();
    let written = log.clone();
    let task = Application::spawn_local(async move { written.add("polled") });
    assert_eq!(log.take(), "");
    assert!(!task.is_finished());
    run();
    assert_eq!(log.take(), "polled");
    assert!(task.is_finished());
}

#[test]
fn a_wake_stands_among_the_posted_events_where_a_queued_call_would() {
    let log = Log::new();
    let kept = Rc::new(Cell::new(None::<Waker>));
    let (keeper, woken) = (Rc::clone(&kept), log.clone());
    Application::spawn_local(async move {
        woken_by(|waker| keeper.set(Some(waker))).await;
        woken.add("task");
    });
    run();
    let (first, last) = (log.clone(), log.clone());
    let receiver = Object::new();
    let handled = log.clone();
    let urgent = Handle::new(());
    urgent.set_event_handler(move |(), _| {
        handled.add("urgent");
        true
    });
    Application::invoke_later(move || first.add("before"));
    kept.take().unwrap().wake();
    receiver.invoke_later(move || last.add("after"));
    urgent.post_event_with(Event::new(EventType::User(1)), 1);
    run();
    assert_eq!(log.take(), "urgent before task after");
    receiver.delete();
    urgent.delete();
}

#[test]
fn wakes_from_other_threads_are_in_one_order_with_their_calls() {
    let log = Log::new();
    let (give, take) = mpsc::channel();
    let woken = log.clone();
    Application::spawn_local(async move {
        woken_by(move |waker| give.send(waker).unwrap()).await;
        woken.add("task");
    });
    run();
    let waker = take.recv().unwrap();
    let logged = Handle::new(log.clone());
    let remote = logged.remote();
    thread::spawn(move || {
        remote.invoke(|log| log.add("before"));
        waker.wake();
        remote.invoke(|log| log.add("after"));
    })
    .join()
    .unwrap();
    run();
    assert_eq!(log.take(), "before task after");
    logged.delete();
}

#[test]
fn several_wakes_before_a_poll_are_one() {
    let polls = Rc::new(Cell::new(0));
    let kept = Rc::new(Cell::new(None::<Waker>));
    let (counted, keeper) = (Rc::clone(&polls), Rc::clone(&kept));
    let task = Application::spawn_local(poll_fn(move |context| {
        counted.set(counted.get() + 1);
        keeper.set(Some(context.waker().clone()));
        Poll::<()>::Pending
    }));
    run();
    let waker = kept.take().unwrap();
    for _ in 0..3 {
        waker.wake_by_ref();
    }
    run();
    assert_eq!(polls.get(), 2);
    task.cancel();
}

#[test]
fn a_task_that_wakes_itself_starves_neither_timers_nor_other_calls() {
    let _clock = VirtualClock::install();
    let task = Application::spawn_local(async {
        loop {
            yield_now().await;
        }
    });
    let log = Log::new();
    let (called, fired) = (log.clone(), log.clone());
    Timer::single_shot(Duration::from_millis(1), move || fired.add("timer"));
    // Virtual time passes when there is nothing to do, and there always is.
    let wait = EventLoop::new().scoped();
    let event_loop = *wait;
    Timer::single_shot(Duration::ZERO, move || {
        called.add("call");
        event_loop.exit(1);
    });
    assert_eq!(wait.exec(), 1);
    assert_eq!(log.take(), "call");
    task.cancel();
    while log.take() != "timer" {
        Application::process_events_with(slotwire::ProcessEventsFlags::WaitForMoreEvents);
    }
}

#[cfg(unix)]
#[test]
fn a_task_that_wakes_itself_does_not_starve_a_socket() {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let notifier = slotwire::SocketNotifier::new(&ours, slotwire::NotifierType::Read).unwrap();
    let task = Application::spawn_local(async {
        loop {
            yield_now().await;
        }
    });
    notifier.activated().connect(move |_| Application::quit());
    theirs.write_all(b"!").unwrap();
    assert_eq!(Application::exec(), 0);
    task.cancel();
    notifier.delete();
}

#[test]
fn tasks_that_wake_themselves_take_turns() {
    let log = Log::new();
    Application::spawn_local(logs_twice(log.clone(), "a", "c"));
    Application::spawn_local(logs_twice(log.clone(), "b", "d"));
    run();
    assert_eq!(log.take(), "a b c d");
}

#[test]
fn there_is_no_sender_in_a_task_that_a_slot_has_woken() {
    let button = button();
    let kept = Rc::new(Cell::new(None::<Waker>));
    let keeper = Rc::clone(&kept);
    let task = Application::spawn_local(async move {
        woken_by(|waker| keeper.set(Some(waker))).await;
        sender()
    });
    run();
    clicked(button).connect(move |_| kept.take().unwrap().wake());
    click(button, 1);
    assert_eq!(output(task), Ok(None));
    button.delete();
}

#[test]
fn what_a_task_deletes_later_is_deleted_after_its_poll() {
    let log = Log::new();
    let (object, written) = (Object::new(), log.clone());
    let deleted = log.clone();
    object.destroyed().connect(move |_| deleted.add("deleted"));
    Application::spawn_local(async move {
        object.delete_later();
        written.add("polled");
    });
    run();
    assert_eq!(log.take(), "polled deleted");
}

#[test]
fn a_loop_inside_a_poll_does_not_poll_that_task_and_loses_no_wake() {
    let log = Log::new();
    let (written, other) = (log.clone(), log.clone());
    let task = Application::spawn_local(async move {
        let inner = written.clone();
        let mut polls = 0;
        poll_fn(move |context| {
            polls += 1;
            inner.add(format!("poll{polls}"));
            if polls == 2 {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            inner.add("(");
            while Application::process_events() {}
            inner.add(")");
            Poll::Pending
        })
        .await;
    });
    Application::spawn_local(async move { other.add("other") });
    run();
    assert_eq!(log.take(), "poll1 ( other ) poll2");
    assert!(task.is_finished());
}

#[test]
fn sending_what_was_posted_to_an_object_polls_its_tasks_only() {
    let log = Log::new();
    let owner = Object::new();
    let (own, other) = (log.clone(), log.clone());
    Application::spawn_local(async move { other.add("other") });
    owner.spawn(async move { own.add("own") });
    Application::send_posted_events(owner);
    assert_eq!(log.take(), "own");
    run();
    assert_eq!(log.take(), "other");
    owner.delete();
}

// ---- how it ends

#[test]
fn a_task_gives_what_it_returns_to_who_awaits_it() {
    let inner = Application::spawn_local(async {
        yield_now().await;
        Rc::new(7)
    });
    let outer = Application::spawn_local(async move { *inner.await.unwrap() + 1 });
    assert_eq!(output(outer), Ok(8));
    assert_eq!(output(Application::spawn_local(ready(1))), Ok(1));
}

#[test]
fn a_task_goes_on_without_its_handle() {
    let log = Log::new();
    drop(Application::spawn_local(logs_twice(log.clone(), "a", "b")));
    run();
    assert_eq!(log.take(), "a b");
    assert_eq!(Application::task_count(), 0);
}

#[test]
fn what_a_detached_task_returns_is_dropped_when_it_has_ended() {
    let log = Log::new();
    let value = LogsDrop(log.clone(), "dropped");
    drop(Application::spawn_local(async move { value }));
    assert_eq!(log.take(), "");
    run();
    assert_eq!(log.take(), "dropped");
}

#[test]
fn a_cancelled_task_is_dropped_before_the_call_returns_and_never_polled_again() {
    let log = Log::new();
    let (guard, written) = (LogsDrop(log.clone(), "dropped"), log.clone());
    let kept = Rc::new(Cell::new(None::<Waker>));
    let keeper = Rc::clone(&kept);
    let task = Application::spawn_local(async move {
        let _guard = guard;
        woken_by(|waker| keeper.set(Some(waker))).await;
        written.add("polled");
    });
    run();
    let waker = kept.take().unwrap();
    waker.wake_by_ref();
    assert!(task.cancel());
    assert_eq!(log.take(), "dropped");
    assert!(task.is_finished() && !task.cancel());
    waker.wake();
    run();
    assert_eq!(log.take(), "");
    assert_eq!(output(task), Err(ErrorKind::Cancelled));
}

#[test]
fn a_task_that_cancels_itself_runs_to_its_next_await_and_is_dropped_there() {
    let log = Log::new();
    let own = Rc::new(RefCell::new(None::<Task<()>>));
    let (handle, written) = (Rc::clone(&own), log.clone());
    let guard = LogsDrop(log.clone(), "dropped");
    *own.borrow_mut() = Some(Application::spawn_local(async move {
        let _guard = guard;
        let task = handle.take().unwrap();
        assert!(task.cancel());
        assert!(task.is_finished() && !task.cancel());
        written.add("ran-on");
        yield_now().await;
        written.add("not here");
    }));
    run();
    assert_eq!(log.take(), "ran-on dropped");
    assert_eq!(Application::task_count(), 0);
}

#[test]
fn what_a_task_returns_after_it_was_cancelled_is_dropped() {
    let log = Log::new();
    let own = Rc::new(RefCell::new(None::<Rc<Task<LogsDrop>>>));
    let (handle, value) = (Rc::clone(&own), LogsDrop(log.clone(), "dropped"));
    let task = Rc::new(Application::spawn_local(async move {
        handle.borrow().as_ref().unwrap().cancel();
        value
    }));
    *own.borrow_mut() = Some(Rc::clone(&task));
    run();
    assert_eq!(log.take(), "dropped");
    own.take();
    let error = output(Rc::into_inner(task).unwrap()).err();
    assert_eq!(error, Some(ErrorKind::Cancelled));
}

#[test]
fn a_scoped_task_ends_with_its_guard() {
    let log = Log::new();
    let guard = LogsDrop(log.clone(), "dropped");
    let inner = async move {
        let _guard = guard;
        pending::<()>().await;
    };
    let outer = Application::spawn_local(async move { Application::spawn_local(inner).scoped().await });
    run();
    assert_eq!(Application::task_count(), 2);
    outer.cancel();
    assert_eq!(log.take(), "dropped");
    assert_eq!(Application::task_count(), 0);
}

#[test]
fn a_panic_costs_that_task_and_goes_on_to_who_runs_the_loop() {
    let log = Log::new();
    let guard = LogsDrop(log.clone(), "dropped");
    let task = Application::spawn_local(async move {
        let _guard = guard;
        panic_any("as told")
    });
    Application::spawn_local(logs_twice(log.clone(), "a", "b"));
    let caught = catch_unwind(run).unwrap_err();
    assert_eq!(caught.downcast_ref(), Some(&"as told"));
    assert_eq!(log.take(), "dropped");
    assert_eq!(output::<()>(task), Err(ErrorKind::CallPanicked));
    run();
    assert_eq!(log.take(), "a b");
}

#[test]
fn a_task_handle_inside_its_own_task_leaks_nothing_when_that_ends() {
    let log = Log::new();
    let own = Rc::new(RefCell::new(None::<Task<()>>));
    let (handle, guard) = (Rc::clone(&own), LogsDrop(log.clone(), "dropped"));
    let owner = Object::new();
    *own.borrow_mut() = Some(owner.spawn(async move {
        let _both = (guard, handle.take());
        pending::<()>().await;
    }));
    run();
    owner.delete();
    assert_eq!(log.take(), "dropped");
}

// ---- with its object

#[test]
fn a_task_ends_with_its_object_before_destroyed_is_emitted() {
    let log = Log::new();
    let owner = Object::new();
    let (guard, destroyed) = (LogsDrop(log.clone(), "dropped"), log.clone());
    owner.destroyed().connect(move |_| destroyed.add("destroyed"));
    let task = owner.spawn(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    run();
    owner.delete();
    assert_eq!(log.take(), "dropped destroyed");
    assert!(task.is_finished());
    assert_eq!(output(task), Err(ErrorKind::ObjectDeleted));
}

#[test]
fn the_tasks_of_an_object_end_in_the_order_in_which_they_were_spawned() {
    let log = Log::new();
    let owner = Object::new();
    for name in ["a", "b", "c", "d"] {
        let guard = LogsDrop(log.clone(), name);
        let task = owner.spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        if name == "b" {
            assert!(task.cancel());
        }
    }
    assert_eq!(log.take(), "b");
    owner.delete();
    assert_eq!(log.take(), "a c d");
    assert_eq!(Application::task_count(), 0);
}

#[test]
fn a_woken_task_whose_object_dies_first_is_not_polled() {
    let log = Log::new();
    let (owner, written) = (Object::new(), log.clone());
    Application::invoke_later(move || owner.delete());
    owner.spawn(async move { written.add("polled") });
    run();
    assert_eq!(log.take(), "");
}

#[test]
fn a_task_that_deletes_its_object_runs_to_its_next_await() {
    let log = Log::new();
    let (owner, written) = (Object::new(), log.clone());
    let guard = LogsDrop(log.clone(), "dropped");
    let task = owner.spawn(async move {
        let _guard = guard;
        owner.delete();
        written.add("ran-on");
        yield_now().await;
        written.add("not here");
    });
    run();
    assert_eq!(log.take(), "ran-on dropped");
    assert_eq!(output(task), Err(ErrorKind::ObjectDeleted));
}

#[test]
fn a_task_of_a_dead_object_is_over_before_it_begins() {
    let log = Log::new();
    let owner = Object::new();
    owner.delete();
    let guard = LogsDrop(log.clone(), "dropped");
    let task = owner.spawn(async move {
        let _guard = guard;
    });
    assert_eq!(log.take(), "dropped");
    assert!(task.is_finished());
    assert_eq!(output(task), Err(ErrorKind::ObjectDeleted));
}

#[test]
fn a_future_that_is_dropped_may_spawn_delete_emit_and_run_a_loop() {
    let log = Log::new();
    let (owner, other) = (Object::new(), Object::new());
    let button = button();
    let seen = log.clone();
    clicked(button).connect(move |value| seen.add(value));
    let (spawned, refused) = (log.clone(), log.clone());
    let guard = OnDrop(move || {
        let (spawned, refused) = (spawned.clone(), refused.clone());
        Application::spawn_local(async move { spawned.add("spawned") });
        assert!(owner.spawn(async move { refused.add("of a dead object") }).is_finished());
        click(button, 1);
        other.delete();
        while Application::process_events() {}
    });
    owner.spawn(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    let of_other = LogsDrop(log.clone(), "other");
    other.spawn(async move {
        let _guard = of_other;
        pending::<()>().await;
    });
    run();
    owner.delete();
    assert_eq!(log.take(), "1 other spawned");
    assert_eq!(Application::task_count(), 0);
    button.delete();
}

#[test]
fn a_destructor_that_panics_keeps_no_other_task_from_its_end() {
    let log = Log::new();
    let owner = Object::new();
    let guard = OnDrop(|| panic_any("as told"));
    owner.spawn(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    let last = LogsDrop(log.clone(), "dropped");
    owner.spawn(async move {
        let _guard = last;
        pending::<()>().await;
    });
    let caught = catch_unwind(AssertUnwindSafe(|| owner.delete())).unwrap_err();
    assert_eq!(caught.downcast_ref(), Some(&"as told"));
    assert_eq!(log.take(), "dropped");
    assert!(!owner.is_alive());
    assert_eq!(Application::task_count(), 0);
}

#[test]
fn a_task_spawns_another_inside_its_poll() {
    let log = Log::new();
    let (owner, written) = (Object::new(), log.clone());
    owner.spawn(async move {
        let inner = written.clone();
        owner.spawn(async move { inner.add("inner") });
        written.add("outer");
    });
    run();
    assert_eq!(log.take(), "outer inner");
    owner.delete();
}

// ---- loops and threads

#[test]
fn a_future_may_be_woken_by_any_thread_and_the_loop_wakes_for_it() {
    let (give, take) = mpsc::channel::<Waker>();
    let worker = thread::spawn(move || take.into_iter().for_each(Waker::wake));
    for _ in 0..100 {
        Application::block_on(woken_by(|waker| give.send(waker).unwrap())).unwrap();
    }
    drop(give);
    worker.join().unwrap();
}

#[test]
fn a_waker_outlives_its_task_its_loop_and_its_thread() {
    let waker = thread::spawn(|| {
        let kept = Rc::new(Cell::new(None::<Waker>));
        let keeper = Rc::clone(&kept);
        Application::spawn_local(async move {
            woken_by(|waker| keeper.set(Some(waker))).await;
            unreachable!("the thread ends before");
        });
        run();
        kept.take().unwrap()
    })
    .join()
    .unwrap();
    waker.wake_by_ref();
    waker.wake();
}

#[test]
fn the_tasks_of_a_thread_are_dropped_when_it_ends() {
    struct Tells(mpsc::Sender<&'static str>);
    impl Drop for Tells {
        fn drop(&mut self) {
            // Too late for a task: it is dropped at once.
            let task = Application::spawn_local(pending::<()>());
            self.0.send(if task.is_finished() { "refused" } else { "spawned" }).unwrap();
            Application::block_on(pending::<()>()).unwrap_err();
        }
    }
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let own = Rc::new(RefCell::new(None::<Task<()>>));
        let (handle, tells) = (Rc::clone(&own), Tells(tell));
        *own.borrow_mut() = Some(Application::spawn_local(async move {
            let _all = (tells, handle.take(), Application::sleep(Duration::from_secs(3600)));
            pending::<()>().await;
        }));
        run();
    })
    .join()
    .unwrap();
    assert_eq!(told.recv(), Ok("refused"));
}

#[test]
fn block_on_returns_the_output_of_a_future_that_borrows() {
    let text = String::from("borrowed");
    let length = Application::block_on(async {
        yield_now().await;
        text.len()
    });
    assert_eq!(length.unwrap(), 8);
}

#[test]
fn block_on_delivers_everything_else_meanwhile() {
    let clock = VirtualClock::install();
    let log = Log::new();
    let (called, fired) = (log.clone(), log.clone());
    Application::invoke_later(move || called.add("call"));
    Timer::single_shot(Duration::from_secs(1), move || fired.add("timer"));
    Application::spawn_local(logs_twice(log.clone(), "a", "b"));
    Application::block_on(Application::sleep(Duration::from_secs(2))).unwrap();
    assert_eq!(log.take(), "call a b timer");
    assert_eq!(clock.elapsed().as_secs(), 2);
}

#[test]
fn block_on_inside_block_on_and_inside_a_task_is_a_nested_loop() {
    let _clock = VirtualClock::install();
    let log = Log::new();
    let inner = log.clone();
    let task = Application::spawn_local(async move {
        inner.add("(");
        Application::block_on(async { Application::sleep(Duration::from_secs(1)).await }).unwrap();
        inner.add(")");
        1
    });
    let sum = Application::block_on(async {
        Application::sleep(Duration::ZERO).await;
        let inner = Application::block_on(async { Application::sleep(Duration::from_secs(1)).await });
        log.add("inner");
        inner.unwrap();
        task.await.unwrap() + 1
    });
    assert_eq!(sum.unwrap(), 2);
    assert_eq!(log.take(), "( ) inner");
}

#[test]
fn block_on_ends_when_the_application_quits_and_drops_its_future() {
    let log = Log::new();
    let guard = LogsDrop(log.clone(), "dropped");
    Application::invoke_later(Application::quit);
    let error = Application::block_on(async move {
        let _guard = guard;
        pending::<()>().await;
    })
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoopEnded);
    assert_eq!(error.to_string(), "the event loop was told to exit before the future was ready");
    assert_eq!(log.take(), "dropped");
    assert_eq!(Application::task_count(), 0);
}

#[test]
fn block_on_inside_too_many_loops_is_refused() {
    fn nest(depth: u32) -> Result<u32, ErrorKind> {
        if depth == 100 {
            return Ok(depth);
        }
        match Application::block_on(async { nest(depth + 1) }) {
            Ok(deepest) => deepest,
            Err(error) => Err(error.kind()),
        }
    }
    assert_eq!(nest(0), Err(ErrorKind::LoopEnded));
    assert_eq!(nest(80), Ok(100));
}

#[test]
fn block_on_ends_whichever_poll_quits() {
    for yields in 0..4 {
        let error = Application::block_on(async {
            for _ in 0..yields {
                yield_now().await;
            }
            Application::quit();
            pending::<()>().await;
        });
        assert_eq!(error.unwrap_err().kind(), ErrorKind::LoopEnded);
    }
}

#[test]
fn block_on_loses_no_wake_to_a_loop_inside_its_poll() {
    for yields in 0..4 {
        let mut polls = 0;
        let answer = Application::block_on(async {
            for _ in 0..yields {
                yield_now().await;
            }
            poll_fn(|context| {
                polls += 1;
                if polls == 2 {
                    return Poll::Ready(42);
                }
                let waker = context.waker().clone();
                Application::invoke_later(move || waker.wake());
                run();
                Poll::Pending
            })
            .await
        });
        assert_eq!(answer.unwrap(), 42);
    }
}

#[test]
fn block_on_gives_a_panic_of_its_future_to_the_caller() {
    let caught = catch_unwind(|| Application::block_on(async { panic_any("as told") })).unwrap_err();
    assert_eq!(caught.downcast_ref(), Some(&"as told"));
    assert_eq!(Application::task_count(), 0);
    assert_eq!(Application::block_on(async { 1 }).unwrap(), 1);
}

#[test]
fn a_future_that_was_ready_when_the_application_quit_has_its_output() {
    let output = Application::block_on(async {
        Application::quit();
        5
    });
    assert_eq!(output.unwrap(), 5);
}

// ---- time

#[test]
fn sleep_counts_from_the_call_and_is_never_early() {
    let clock = VirtualClock::install();
    let sleep = Application::sleep(Duration::from_millis(1500));
    clock.advance(Duration::from_millis(500));
    Application::block_on(sleep).unwrap();
    assert_eq!(clock.elapsed(), Duration::from_millis(1500));
}

#[test]
fn a_sleep_of_no_time_lets_everything_else_have_its_turn() {
    let _clock = VirtualClock::install();
    let task = Application::spawn_local(async {
        loop {
            Application::sleep(Duration::ZERO).await;
        }
    });
    for _ in 0..10 {
        assert!(Application::process_events());
    }
    task.cancel();
    run();
    assert_eq!(Application::next_timeout(), None, "its timer is gone");
}

#[test]
fn a_sleep_beyond_the_end_of_time_waits_for_ever() {
    let task = Application::spawn_local(Application::sleep(Duration::MAX));
    run();
    assert_eq!(Application::next_timeout(), None);
    assert!(task.cancel());
}

#[test]
fn a_sleep_moves_from_one_task_to_another_with_its_waker() {
    let clock = VirtualClock::install();
    let mut sleep = Box::pin(Application::sleep(Duration::from_secs(1)));
    let first = Application::block_on(async {
        poll_fn(|context| Poll::Ready(sleep.as_mut().poll(context).is_ready())).await
    });
    assert!(!first.unwrap());
    assert_eq!(output(Application::spawn_local(sleep)), Ok(()));
    assert_eq!(clock.elapsed().as_secs(), 1);
}

#[test]
fn a_timeout_drops_what_it_waits_for() {
    let clock = VirtualClock::install();
    let log = Log::new();
    let guard = LogsDrop(log.clone(), "dropped");
    let slow = async move {
        let _guard = guard;
        pending::<()>().await;
    };
    let error =
        Application::block_on(Application::timeout(Duration::from_secs(3), slow)).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(log.take(), "dropped");
    assert_eq!(clock.elapsed().as_secs(), 3);
    let quick = Application::timeout(Duration::from_secs(3), ready(1));
    assert_eq!(Application::block_on(quick).unwrap().unwrap(), 1);
    assert_eq!(Application::next_timeout(), None, "its timer is gone");
}

#[test]
fn a_future_that_is_ready_when_its_time_is_over_wins() {
    let _clock = VirtualClock::install();
    let second = Duration::from_secs(1);
    let limited = Application::timeout(second, Application::sleep(second));
    assert!(Application::block_on(limited).unwrap().is_ok());
}
