//! Running a thread's events: `exec`, `exit`, nested loops, and loops that belong to somebody else.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use slotwire::{Application, EventLoop, Object, SignalSpy, Timer, VirtualClock};

use crate::support::Log;

/// Fails instead of hanging: a loop that waits although it should not is woken after an hour of virtual time.
fn with_limit<R>(f: impl FnOnce() -> R) -> R {
    let clock = VirtualClock::install();
    let limit = Timer::new().scoped();
    limit.set_single_shot(true);
    limit.timeout().connect(|()| Application::exit(999));
    limit.start(Duration::from_secs(3600));
    let result = f();
    assert!(clock.elapsed() < Duration::from_secs(3000), "the loop waited");
    result
}

// ---- exec and exit

#[test]
fn exec_returns_the_code_given_to_exit() {
    Application::invoke_later(|| Application::exit(7));
    assert_eq!(Application::exec(), 7);
}

#[test]
fn quit_exits_with_zero() {
    Application::invoke_later(Application::quit);
    assert_eq!(Application::exec(), 0);
}

#[test]
fn the_last_of_several_exit_codes_counts() {
    Application::invoke_later(|| {
        Application::exit(1);
        Application::exit(2);
    });
    assert_eq!(Application::exec(), 2);
}

#[test]
fn what_waits_behind_the_slot_that_exits_is_done_before_exec_returns() {
    let log = Log::new();
    let later = log.clone();
    Application::invoke_later(Application::quit);
    Application::invoke_later(move || later.add("later"));
    Application::exec();
    assert_eq!(log.take(), "later");
}

#[test]
fn quit_before_exec_has_no_effect() {
    Application::quit();
    let wait = EventLoop::new().scoped();
    wait.exit(4);
    let event_loop = *wait;
    Application::invoke_later(move || event_loop.exit(5));
    assert_eq!(wait.exec(), 5);
    Application::invoke_later(|| Application::exit(6));
    assert_eq!(Application::exec(), 6);
}

#[test]
fn an_application_can_be_run_again() {
    for code in 1..4 {
        Application::invoke_later(move || Application::exit(code));
        assert_eq!(Application::exec(), code);
    }
}

#[test]
fn exec_of_the_application_inside_any_loop_returns_minus_one_at_once() {
    let log = Log::new();
    let inside = log.clone();
    Application::invoke_later(move || {
        inside.add(Application::exec());
        Application::quit();
    });
    Application::exec();
    assert_eq!(log.take(), "-1");

    let wait = EventLoop::new().scoped();
    let (event_loop, inside) = (*wait, log.clone());
    Application::invoke_later(move || {
        inside.add(Application::exec());
        event_loop.quit();
    });
    wait.exec();
    assert_eq!(log.take(), "-1");
}

#[test]
fn a_loop_that_runs_cannot_be_run_inside_itself() {
    let wait = EventLoop::new().scoped();
    let (event_loop, log) = (*wait, Log::new());
    let inside = log.clone();
    Application::invoke_later(move || {
        assert!(event_loop.is_running());
        inside.add(event_loop.exec());
        event_loop.exit(3);
    });
    assert!(!wait.is_running());
    assert_eq!(wait.exec(), 3);
    assert!(!wait.is_running());
    assert_eq!(log.take(), "-1");
}

#[test]
fn a_dead_loop_does_not_run() {
    let wait = EventLoop::new();
    wait.delete();
    assert_eq!(wait.exec(), -1);
    wait.quit();
    assert!(!wait.is_running());
}

#[test]
fn a_loop_that_is_deleted_while_it_runs_ends_with_minus_one() {
    let code = with_limit(|| {
        let wait = EventLoop::new();
        Application::invoke_later(move || wait.delete());
        wait.exec()
    });
    assert_eq!(code, -1);
}

#[test]
fn about_to_quit_is_emitted_inside_quit_while_the_loops_run() {
    let log = Log::new();
    let at_end = log.clone();
    let connection = Application::about_to_quit().connect(move |()| at_end.add("about to quit"));
    let in_loop = log.clone();
    Application::invoke_later(move || {
        Application::quit();
        in_loop.add("quit");
    });
    Application::exec();
    log.add("returned");
    assert_eq!(log.take(), "about to quit quit returned");
    connection.disconnect();
}

#[test]
fn what_is_deleted_later_at_the_end_is_deleted_before_exec_returns() {
    let object = Object::new();
    let connection = Application::about_to_quit().connect(move |()| object.delete_later());
    Application::invoke_later(Application::quit);
    Application::exec();
    assert!(!object.is_alive());
    connection.disconnect();
}

// ---- nested loops

#[test]
fn a_nested_loop_handles_what_was_posted_before_it() {
    let log = Log::new();
    let (outer, inner) = (log.clone(), log.clone());
    Application::invoke_later(move || {
        let wait = EventLoop::new().scoped();
        let event_loop = *wait;
        Application::invoke_later(move || event_loop.quit());
        outer.add("in");
        wait.exec();
        outer.add("out");
        Application::quit();
    });
    Application::invoke_later(move || inner.add("posted"));
    Application::exec();
    assert_eq!(log.take(), "in posted out");
}

#[test]
fn exit_of_the_application_ends_all_loops() {
    let log = Log::new();
    let outer = log.clone();
    Application::invoke_later(move || {
        let wait = EventLoop::new().scoped();
        Application::invoke_later(|| Application::exit(9));
        outer.add(wait.exec());
        outer.add(wait.exec());
    });
    assert_eq!(Application::exec(), 9);
    assert_eq!(log.take(), "9 -1", "a loop that is started while all are told to exit does not run");
}

#[test]
fn exit_of_the_application_ends_a_loop_without_an_application() {
    let wait = EventLoop::new().scoped();
    Application::invoke_later(|| Application::exit(9));
    assert_eq!(wait.exec(), 9);
    let event_loop = *wait;
    Application::invoke_later(move || event_loop.exit(2));
    assert_eq!(wait.exec(), 2, "the next one runs");
}

#[test]
fn exit_of_an_inner_loop_leaves_the_outer_one_running() {
    let log = Log::new();
    let outer = log.clone();
    Application::invoke_later(move || {
        let wait = EventLoop::new().scoped();
        let event_loop = *wait;
        Application::invoke_later(move || event_loop.exit(1));
        outer.add(wait.exec());
        Application::invoke_later(|| Application::exit(2));
    });
    assert_eq!(Application::exec(), 2);
    assert_eq!(log.take(), "1");
}

#[test]
fn an_outer_loop_that_was_told_to_exit_ends_when_the_inner_one_has() {
    let log = Log::new();
    let inside = log.clone();
    let code = with_limit(|| {
        let (outer, inner) = (EventLoop::new(), EventLoop::new());
        Application::invoke_later(move || {
            outer.exit(1);
            Timer::single_shot(Duration::from_millis(5), move || inner.exit(2));
            inside.add(inner.exec());
        });
        outer.exec()
    });
    assert_eq!((code, log.take()), (1, "2".into()));
}

#[test]
fn an_outer_loop_can_be_told_to_exit_inside_the_inner_one() {
    let code = with_limit(|| {
        let (outer, inner) = (EventLoop::new(), EventLoop::new());
        Application::invoke_later(move || {
            Application::invoke_later(move || outer.exit(1));
            Timer::single_shot(Duration::from_millis(5), move || inner.quit());
            inner.exec();
        });
        outer.exec()
    });
    assert_eq!(code, 1);
}

#[test]
fn a_loop_that_was_told_to_exit_does_not_wait_after_process_events() {
    let code = with_limit(|| {
        Application::invoke_later(|| {
            Application::exit(1);
            Application::process_events();
        });
        Application::exec()
    });
    assert_eq!(code, 1);
}

// ---- process_events

#[test]
fn process_events_says_whether_there_was_anything() {
    assert!(!Application::process_events());
    Application::invoke_later(|| ());
    assert!(Application::process_events());
    assert!(!Application::process_events());
}

#[test]
fn process_events_does_not_wait() {
    let clock = VirtualClock::install();
    let fired = Rc::new(Cell::new(false));
    let fires = Rc::clone(&fired);
    Timer::single_shot(Duration::from_millis(10), move || fires.set(true));
    assert!(!Application::process_events());
    assert_eq!(clock.elapsed(), Duration::ZERO);
    clock.advance(Duration::from_millis(10));
    assert!(Application::process_events());
    assert!(fired.get());
}

#[test]
fn process_events_does_one_round() {
    let log = Log::new();
    let outer = log.clone();
    Application::invoke_later(move || {
        outer.add("first");
        let inner = outer;
        Application::invoke_later(move || inner.add("second"));
    });
    Application::process_events();
    assert_eq!(log.take(), "first");
    Application::process_events();
    assert_eq!(log.take(), "second");
}

#[test]
fn process_events_for_goes_on_until_nothing_is_left() {
    let log = Log::new();
    let outer = log.clone();
    Application::invoke_later(move || {
        outer.add("first");
        let inner = outer;
        Application::invoke_later(move || inner.add("second"));
    });
    assert!(Application::process_events_for(Duration::from_secs(600)));
    assert_eq!(log.take(), "first second");
}

#[test]
fn process_events_for_ends_with_its_time_although_there_is_always_something() {
    let busy = Timer::new().scoped();
    let spy = SignalSpy::new(busy.timeout());
    busy.start(Duration::ZERO);
    let begin = Instant::now();
    assert!(Application::process_events_for(Duration::from_millis(5)));
    assert!(begin.elapsed() >= Duration::from_millis(5));
    assert!(spy.len() > 1);
}

#[test]
fn process_events_works_inside_a_slot() {
    let log = Log::new();
    let (outer, inner) = (log.clone(), log.clone());
    Application::invoke_later(move || {
        Application::process_events();
        outer.add("outer");
    });
    Application::invoke_later(move || inner.add("inner"));
    Application::process_events();
    assert_eq!(log.take(), "inner outer");
}

#[test]
fn send_posted_events_delivers_those_of_one_object_at_once() {
    let log = Log::new();
    let (here, there) = (Object::new(), Object::new());
    for (object, name) in [(there, "there"), (here, "a"), (here, "b")] {
        let log = log.clone();
        object.invoke_later(move || log.add(name));
    }
    Application::send_posted_events(here);
    assert_eq!(log.take(), "a b");
    Application::process_events();
    assert_eq!(log.take(), "there");
}

#[test]
fn send_posted_events_leaves_what_is_posted_meanwhile_for_the_loop() {
    let log = Log::new();
    let object = Object::new();
    let outer = log.clone();
    object.invoke_later(move || {
        let inner = outer.clone();
        object.invoke_later(move || inner.add("inner"));
    });
    Application::send_posted_events(object);
    assert_eq!(log.take(), "");
    Application::process_events();
    assert_eq!(log.take(), "inner");
}

#[test]
fn what_waits_behind_a_posted_call_that_panics_is_not_lost() {
    let log = Log::new();
    let object = Object::new();
    for send in [true, false] {
        let later = log.clone();
        object.invoke_later(|| panic!("as told"));
        object.invoke_later(move || later.add("later"));
        let caught = std::panic::catch_unwind(|| {
            if send {
                Application::send_posted_events(object);
            } else {
                Application::process_events();
            }
        });
        assert!(caught.is_err());
        assert_eq!(log.take(), "");
        Application::process_events();
        assert_eq!(log.take(), "later");
    }
}

#[test]
fn a_nested_loop_gets_what_send_posted_events_has_not_delivered_yet() {
    let log = Log::new();
    let object = Object::new();
    let (outer, inner) = (log.clone(), log.clone());
    object.invoke_later(move || {
        Application::process_events();
        outer.add("first");
    });
    object.invoke_later(move || inner.add("second"));
    Application::send_posted_events(object);
    assert_eq!(log.take(), "second first");
}

#[test]
fn process_events_comes_by_any_number_of_calls_of_the_dead() {
    let log = Log::new();
    let object = Object::new();
    for _ in 0..200_000 {
        object.invoke_later(|| unreachable!("its receiver is dead"));
    }
    object.delete();
    let behind = log.clone();
    Application::invoke_later(move || behind.add("behind"));
    assert!(Application::process_events());
    assert_eq!(log.take(), "behind");
}

#[test]
fn process_events_comes_by_any_number_of_objects_that_an_outer_loop_deletes() {
    let log = Log::new();
    let (inner, behind) = (log.clone(), log.clone());
    Application::invoke_later(move || {
        for _ in 0..100_000 {
            Object::new().delete_later();
        }
        Application::invoke_later(move || behind.add("behind"));
        assert!(Application::process_events());
        inner.add("inside");
    });
    Application::process_events();
    assert_eq!(log.take(), "behind inside");
    while Application::process_events() {}
    assert_eq!(Application::object_count(), 0);
}
