//! Timers that are started, stopped and deleted while timers fire.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use slotwire::{Application, Timer, VirtualClock};

use crate::support::OnDrop;
use crate::timer::{install, logs_time, ms, precise, run_for};

// ---- a timer in its own slot

#[test]
fn a_timer_stops_itself() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.timeout().connect(move |()| timer.stop());
    timer.start(ms(100));
    run_for(ms(500));
    assert_eq!(log.take(), "100");
    assert!(!timer.is_active());
}

#[test]
fn a_timer_restarts_itself_with_another_interval() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.timeout().connect(move |()| timer.start(timer.interval() * 2));
    timer.start(ms(10));
    run_for(ms(100));
    assert_eq!(log.take(), "10 30 70");
}

#[test]
fn a_timer_changes_its_interval_in_its_slot() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.timeout().connect(move |()| timer.set_interval(ms(7)));
    timer.start(ms(10));
    run_for(ms(30));
    assert_eq!(log.take(), "10 17 24");
}

#[test]
fn a_single_shot_timer_starts_itself_again() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.set_single_shot(true);
    timer.timeout().connect(move |()| timer.restart());
    timer.start(ms(10));
    run_for(ms(35));
    assert_eq!(log.take(), "10 20 30");
}

#[test]
fn a_timer_deletes_itself() {
    for later in [false, true] {
        let (clock, log) = install();
        let timer = logs_time(&log, &clock);
        timer.timeout().connect(move |()| if later { timer.delete_later() } else { timer.delete() });
        timer.start(ms(10));
        run_for(ms(100));
        assert_eq!(log.take(), "10");
        assert!(!timer.is_alive());
        assert_eq!(Application::next_timeout(), None);
    }
}

#[test]
fn a_timer_that_is_restarted_and_stopped_in_its_slot_stays_stopped() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.timeout().connect(move |()| {
        timer.restart();
        timer.start(ms(1));
        timer.stop();
    });
    timer.start(ms(10));
    run_for(ms(100));
    assert_eq!(log.take(), "10");
}

// ---- a timer in another's slot

#[test]
fn of_two_that_are_due_together_the_first_can_stop_or_delete_the_second() {
    for delete in [false, true] {
        let (clock, log) = install();
        let (first, second) = (logs_time(&log, &clock), logs_time(&log, &clock));
        first.timeout().connect(move |()| if delete { second.delete() } else { second.stop() });
        first.start(ms(10));
        second.start(ms(10));
        run_for(ms(15));
        assert_eq!(log.take(), "10");
    }
}

#[test]
fn of_two_that_are_due_together_the_first_can_restart_the_second() {
    let (clock, log) = install();
    let (first, second) = (precise().scoped(), logs_time(&log, &clock));
    first.set_single_shot(true);
    first.timeout().connect(move |()| second.start(ms(5)));
    first.start(ms(10));
    second.start(ms(10));
    run_for(ms(16));
    assert_eq!(log.take(), "15");
}

#[test]
fn timers_that_delete_each_other_leave_one() {
    let (clock, log) = install();
    let (a, b) = (logs_time(&log, &clock), logs_time(&log, &clock));
    a.timeout().connect(move |()| b.delete());
    b.timeout().connect(move |()| a.delete());
    a.start(ms(10));
    b.start(ms(10));
    run_for(ms(25));
    assert_eq!(log.take(), "10 20");
    assert!(a.is_alive() && !b.is_alive());
}

#[test]
fn a_timer_that_is_started_in_a_slot_waits_for_the_next_round() {
    let (_clock, log) = install();
    let first = Timer::new().scoped();
    first.set_single_shot(true);
    let outer = log.clone();
    first.timeout().connect(move |()| {
        outer.add("first");
        let inner = outer.clone();
        Timer::single_shot(Duration::ZERO, move || inner.add("second"));
    });
    first.start(Duration::ZERO);
    Application::process_events();
    assert_eq!(log.take(), "first");
    Application::process_events();
    assert_eq!(log.take(), "second");
}

#[test]
fn the_place_of_a_deleted_timer_can_be_taken_while_timers_fire() {
    let (_clock, log) = install();
    let (first, victim) = (precise().scoped(), precise());
    first.set_single_shot(true);
    let fired = log.clone();
    victim.timeout().connect(move |()| fired.add("victim"));
    let started = log.clone();
    first.timeout().connect(move |()| {
        victim.delete();
        for _ in 0..4 {
            let log = started.clone();
            Timer::single_shot(ms(5), move || log.add("new"));
        }
    });
    first.start(ms(10));
    victim.start(ms(10));
    run_for(ms(12));
    assert_eq!(log.take(), "");
    run_for(ms(10));
    assert_eq!(log.take(), "new new new new");
}

// ---- nested loops

#[test]
fn a_timer_does_not_fire_again_in_a_nested_loop_of_its_own_slot() {
    let (clock, log) = install();
    let timer = precise().scoped();
    let (inside, time, handle) = (log.clone(), Rc::clone(&clock), *timer);
    timer.timeout().connect(move |()| {
        inside.add(format!("in:{}", time.elapsed().as_millis()));
        run_for(ms(35));
        inside.add(format!("out:{}", time.elapsed().as_millis()));
        handle.stop();
    });
    timer.start(ms(10));
    run_for(ms(200));
    assert_eq!(log.take(), "in:10 out:45");
}

#[test]
fn other_timers_fire_in_a_nested_loop() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.start(ms(10));
    Timer::single_shot(ms(15), || run_for(ms(30)));
    run_for(ms(60));
    assert_eq!(log.take(), "10 20 30 40 50 60");
}

#[test]
fn a_timer_that_is_started_anew_in_its_slot_fires_in_a_nested_loop() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    let done = Rc::new(Cell::new(false));
    timer.timeout().connect(move |()| {
        if !done.replace(true) {
            timer.restart();
            run_for(ms(25));
            timer.stop();
        }
    });
    timer.start(ms(10));
    run_for(ms(100));
    assert_eq!(log.take(), "10 20 30");
}

#[test]
fn a_timer_of_interval_zero_does_not_recurse() {
    let _clock = VirtualClock::install();
    let timer = Timer::new().scoped();
    let depth = Rc::new(Cell::new(0));
    let seen = Rc::clone(&depth);
    timer.timeout().connect(move |()| {
        seen.set(seen.get() + 1);
        Application::process_events();
        Application::process_events();
    });
    timer.start(Duration::ZERO);
    Application::process_events();
    assert_eq!(depth.get(), 1);
}

// ---- foreign code in destructors

#[test]
fn a_slot_that_starts_a_timer_when_it_is_dropped_may_be_dropped_by_delete() {
    let (_clock, log) = install();
    let timer = Timer::new();
    let fired = log.clone();
    let on_drop = OnDrop(move || {
        let log = fired.clone();
        Timer::single_shot(ms(1), move || log.add("fired"));
    });
    timer.timeout().connect(move |()| {
        let _kept = &on_drop;
    });
    timer.start(ms(10));
    timer.delete();
    run_for(ms(5));
    assert_eq!(log.take(), "fired");
}

#[test]
fn a_single_shot_call_that_starts_a_timer_when_it_is_dropped_is_called() {
    let (_clock, log) = install();
    let fired = log.clone();
    let on_drop = OnDrop(move || {
        let log = fired.clone();
        Timer::single_shot(ms(1), move || log.add("fired"));
    });
    Timer::single_shot(ms(1), move || drop(on_drop));
    run_for(ms(5));
    assert_eq!(log.take(), "fired");
}

#[test]
fn a_timer_that_is_restarted_while_it_is_deleted_does_not_run() {
    let _clock = VirtualClock::install();
    let parent = slotwire::Handle::new(());
    let timer = Timer::new();
    timer.set_parent(parent);
    parent.set_event_handler(move |(), _| {
        timer.restart();
        true
    });
    timer.start(Duration::ZERO);
    timer.delete();
    Application::process_events();
    Application::process_events();
    assert_eq!(Application::next_timeout(), None);
}

#[test]
fn timers_can_be_touched_while_the_data_of_a_thread_is_destroyed() {
    struct Touches(Vec<Timer>);
    impl Drop for Touches {
        fn drop(&mut self) {
            let started = Timer::new();
            started.start(ms(1));
            for timer in self.0.iter().copied().chain([started]) {
                timer.start(ms(1));
                timer.stop();
                timer.set_interval(ms(2));
                let _ = (timer.is_active(), timer.remaining_time());
                timer.timeout().connect(|()| ());
                timer.delete_later();
                timer.delete();
            }
            Timer::single_shot(ms(1), || ());
            Application::process_events();
            let _ = Application::object_count();
        }
    }
    thread_local! {
        static BEFORE: RefCell<Option<Touches>> = const { RefCell::new(None) };
        static AFTER: RefCell<Option<Touches>> = const { RefCell::new(None) };
    }
    let thread = std::thread::spawn(|| {
        BEFORE.with(|before| before.replace(Some(Touches(Vec::new()))));
        let timers: Vec<Timer> = (0..3).map(|_| Timer::new()).collect();
        timers[0].start(ms(1));
        let kept = Touches(timers.clone());
        timers[1].timeout().connect(move |()| {
            let _kept = &kept;
        });
        let waiting = Touches(timers.clone());
        Timer::single_shot(ms(1000), move || drop(waiting));
        let posted = Touches(timers.clone());
        Application::invoke_later(move || drop(posted));
        slotwire::Handle::new(Touches(timers.clone()));
        BEFORE.with(|before| before.borrow_mut().as_mut().unwrap().0.clone_from(&timers));
        AFTER.with(|after| after.replace(Some(Touches(timers))));
    });
    assert!(thread.join().is_ok());
}
