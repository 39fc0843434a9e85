//! Timers, on a clock that stands still until there is nothing else to do.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use slotwire::{Application, EventLoop, Object, SignalSpy, Timer, TimerType, VirtualClock, sender};

use crate::support::Log;

pub(crate) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn precise() -> Timer {
    let timer = Timer::new();
    timer.set_timer_type(TimerType::Precise);
    timer
}

/// Runs the loop for that much virtual time.
pub(crate) fn run_for(duration: Duration) {
    let wait = EventLoop::new().scoped();
    let event_loop = *wait;
    let limit = precise().scoped();
    limit.timeout().connect(move |()| event_loop.quit());
    limit.start(duration);
    wait.exec();
}

/// A precise timer that logs when it fires, in milliseconds.
pub(crate) fn logs_time(log: &Log, clock: &Rc<VirtualClock>) -> Timer {
    let (timer, log, clock) = (precise(), log.clone(), Rc::clone(clock));
    timer.timeout().connect(move |()| log.add(clock.elapsed().as_millis()));
    timer
}

pub(crate) fn install() -> (Rc<VirtualClock>, Log) {
    (Rc::new(VirtualClock::install()), Log::new())
}

// ---- what a timer is told and tells

#[test]
fn a_new_timer_is_stopped_repeating_coarse_and_has_an_interval_of_zero() {
    let timer = Timer::new();
    assert!(!timer.is_active());
    assert!(!timer.is_single_shot());
    assert_eq!(timer.timer_type(), TimerType::Coarse);
    assert_eq!(timer.interval(), Duration::ZERO);
    assert_eq!(timer.remaining_time(), None);
}

#[test]
fn a_timer_fires_every_interval() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.start(ms(100));
    run_for(ms(450));
    assert_eq!(log.take(), "100 200 300 400");
    assert!(timer.is_active());
}

#[test]
fn a_single_shot_timer_fires_once_and_is_stopped_in_its_slot() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.set_single_shot(true);
    let inside = log.clone();
    timer.timeout().connect(move |()| inside.add(timer.is_active()));
    timer.start(ms(100));
    run_for(ms(450));
    assert_eq!(log.take(), "100 false");
    timer.restart();
    run_for(ms(450));
    assert_eq!(log.take(), "550 false");
}

#[test]
fn a_running_timer_can_be_made_single_shot() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.start(ms(100));
    run_for(ms(250));
    timer.set_single_shot(true);
    run_for(ms(450));
    assert_eq!(log.take(), "100 200 300");
}

#[test]
fn start_starts_anew() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.start(ms(100));
    run_for(ms(60));
    timer.start(ms(100));
    run_for(ms(150));
    timer.restart();
    run_for(ms(120));
    assert_eq!(log.take(), "160 310");
}

#[test]
fn set_interval_restarts_a_running_timer_and_starts_no_stopped_one() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.set_interval(ms(100));
    assert!(!timer.is_active());
    timer.restart();
    run_for(ms(60));
    timer.set_interval(ms(50));
    assert_eq!(timer.interval(), ms(50));
    run_for(ms(110));
    assert_eq!(log.take(), "110 160");
}

#[test]
fn set_timer_type_leaves_a_running_timer_alone() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.set_timer_type(TimerType::Coarse);
    assert!(!timer.is_active());
    timer.start(ms(100));
    run_for(ms(60));
    timer.set_timer_type(TimerType::Precise);
    run_for(ms(110));
    assert_eq!(log.take(), "100");
}

#[test]
fn a_stopped_timer_does_not_fire() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.start(ms(100));
    timer.stop();
    timer.stop();
    assert!(!timer.is_active());
    run_for(ms(300));
    assert_eq!(log.take(), "");
}

#[test]
fn a_timer_that_is_stopped_when_it_is_already_due_does_not_fire() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.start(ms(100));
    clock.advance(ms(150));
    timer.stop();
    Application::process_events();
    assert_eq!(log.take(), "");
}

#[test]
fn remaining_time_is_what_is_left_and_zero_when_overdue() {
    let clock = VirtualClock::install();
    let timer = precise().scoped();
    timer.start(ms(100));
    assert_eq!(timer.remaining_time(), Some(ms(100)));
    clock.advance(ms(30));
    assert_eq!(timer.remaining_time(), Some(ms(70)));
    clock.advance(ms(100));
    assert_eq!(timer.remaining_time(), Some(Duration::ZERO));
    timer.stop();
    assert_eq!(timer.remaining_time(), None);
}

#[test]
fn in_the_slot_the_remaining_time_is_that_of_the_next_time_out() {
    let (_clock, log) = install();
    let timer = precise().scoped();
    let (inside, handle) = (log.clone(), *timer);
    timer.timeout().connect(move |()| inside.add(format!("{:?}", handle.remaining_time())));
    timer.start(ms(100));
    run_for(ms(150));
    assert_eq!(log.take(), "Some(100ms)");
}

#[test]
fn the_sender_in_the_slot_is_the_timer() {
    let (_clock, log) = install();
    let timer = Timer::new().scoped();
    let (inside, handle) = (log.clone(), *timer);
    timer.timeout().connect(move |()| inside.add(sender() == Some(*handle)));
    timer.set_single_shot(true);
    timer.start(ms(1));
    run_for(ms(10));
    assert_eq!(log.take(), "true");
}

#[test]
fn a_blocked_timer_runs_in_silence() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.start(ms(100));
    timer.block_signals(true);
    run_for(ms(250));
    timer.block_signals(false);
    run_for(ms(100));
    assert_eq!(log.take(), "300");
}

// ---- order

#[test]
fn timers_fire_in_the_order_in_which_they_are_due() {
    let (clock, log) = install();
    for interval in [30, 10, 20] {
        let (timer, log) = (precise(), log.clone());
        timer.set_single_shot(true);
        timer.timeout().connect(move |()| log.add(interval));
        timer.start(ms(interval));
    }
    clock.advance(ms(35));
    Application::process_events();
    assert_eq!(log.take(), "10 20 30");
}

#[test]
fn timers_that_are_due_together_fire_in_the_order_in_which_they_were_started() {
    let (_clock, log) = install();
    let timers: Vec<Timer> = (0..5)
        .map(|number| {
            let (timer, log) = (precise(), log.clone());
            timer.timeout().connect(move |()| log.add(number));
            timer
        })
        .collect();
    for number in [3, 1, 4, 0, 2] {
        timers[number].start(ms(100));
    }
    run_for(ms(250));
    assert_eq!(log.take(), "3 1 4 0 2 3 1 4 0 2");
}

#[test]
fn posted_calls_come_before_timers_that_are_due() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.start(ms(10));
    clock.advance(ms(10));
    let call = log.clone();
    Application::invoke_later(move || call.add("call"));
    Application::process_events();
    assert_eq!(log.take(), "call 10");
}

#[test]
fn periods_that_were_missed_are_skipped() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.start(ms(100));
    clock.advance(ms(1050));
    Application::process_events();
    Application::process_events();
    assert_eq!(log.take(), "1050");
    assert_eq!(timer.remaining_time(), Some(ms(100)));
    run_for(ms(110));
    assert_eq!(log.take(), "1150");
}

#[test]
fn a_timer_that_is_a_little_late_keeps_its_beat() {
    let (clock, log) = install();
    let timer = logs_time(&log, &clock);
    timer.start(ms(100));
    clock.advance(ms(130));
    Application::process_events();
    run_for(ms(80));
    assert_eq!(log.take(), "130 200");
}

// ---- interval zero

#[test]
fn an_interval_of_zero_fires_once_in_every_round() {
    let _clock = VirtualClock::install();
    let timer = Timer::new().scoped();
    let spy = SignalSpy::new(timer.timeout());
    timer.start(Duration::ZERO);
    for round in 1..=5 {
        Application::process_events();
        assert_eq!(spy.len(), round);
    }
    assert_eq!(Application::next_timeout(), Some(Duration::ZERO));
}

#[test]
fn timers_of_interval_zero_do_not_starve_each_other_nor_posted_calls() {
    let (_clock, log) = install();
    for number in 0..2 {
        let (timer, log) = (Timer::new(), log.clone());
        timer.timeout().connect(move |()| {
            log.add(number);
            let log = log.clone();
            Application::invoke_later(move || log.add("call"));
        });
        timer.start(Duration::ZERO);
    }
    Application::process_events();
    Application::process_events();
    assert_eq!(log.take(), "0 1 call call 0 1");
}

#[test]
fn virtual_time_stands_still_while_there_is_something_to_do() {
    let clock = VirtualClock::install();
    let busy = Timer::new().scoped();
    let spy = SignalSpy::new(busy.timeout());
    busy.start(Duration::ZERO);
    let wait = EventLoop::new().scoped();
    let event_loop = *wait;
    let mut left = 50;
    busy.timeout().connect_mut(move |()| {
        left -= 1;
        if left == 0 {
            event_loop.quit();
        }
    });
    wait.exec();
    assert_eq!((spy.len(), clock.elapsed()), (50, Duration::ZERO));
}

#[test]
fn an_interval_of_zero_fires_in_every_round_whatever_the_type() {
    for timer_type in [TimerType::Precise, TimerType::Coarse, TimerType::VeryCoarse] {
        let clock = VirtualClock::install();
        let origin = precise().scoped();
        origin.start(ms(1));
        clock.advance(ms(700));
        Application::process_events();
        origin.stop();
        let timer = Timer::new().scoped();
        let spy = SignalSpy::new(timer.timeout());
        timer.set_timer_type(timer_type);
        timer.start(Duration::ZERO);
        for _ in 0..3 {
            Application::process_events();
        }
        assert_eq!(spy.len(), 3, "{timer_type:?}");
    }
}

// ---- how exact

#[test]
fn a_coarse_timer_is_within_five_percent() {
    for interval in [1, 7, 19, 20, 21, 39, 50, 70, 90, 100, 333, 999, 1000, 1500, 4321, 20_000, 61_234] {
        for offset in [0, 1, 3, 17] {
            let clock = VirtualClock::install();
            let origin = precise().scoped();
            origin.start(ms(1000));
            clock.advance(ms(offset));
            let timer = Timer::new().scoped();
            let spy = SignalSpy::new(timer.timeout());
            let mut before = clock.elapsed();
            timer.start(ms(interval));
            origin.stop();
            for _ in 0..4 {
                assert!(spy.wait(ms(interval * 3)));
                let passed = clock.elapsed() - before;
                before = clock.elapsed();
                let error = passed.abs_diff(ms(interval));
                assert!(error <= ms(interval) / 20, "{interval} ms took {passed:?}");
            }
        }
    }
}

#[test]
fn coarse_timers_of_similar_intervals_fire_together() {
    let (clock, log) = install();
    for interval in [1000, 1005, 995] {
        let timer = logs_time(&log, &clock);
        timer.set_timer_type(TimerType::Coarse);
        timer.set_single_shot(true);
        timer.start(ms(interval));
    }
    run_for(ms(1100));
    let times = log.take();
    let mut times = times.split(' ');
    let first = times.next().unwrap();
    assert!(times.all(|time| time == first));
}

#[test]
fn a_very_coarse_timer_fires_on_the_full_second() {
    let (clock, log) = install();
    let origin = precise().scoped();
    origin.start(Duration::from_secs(3600));
    clock.advance(ms(300));
    let timer = logs_time(&log, &clock);
    timer.set_timer_type(TimerType::VeryCoarse);
    timer.start(Duration::from_secs(2));
    run_for(Duration::from_secs(7));
    assert_eq!(log.take(), "2000 4000 6000");
}

#[test]
fn a_very_coarse_timer_of_less_than_a_second_does_not_spin() {
    let clock = VirtualClock::install();
    let timer = Timer::new().scoped();
    let spy = SignalSpy::new(timer.timeout());
    timer.set_timer_type(TimerType::VeryCoarse);
    timer.start(ms(100));
    run_for(Duration::from_secs(3) + ms(500));
    assert_eq!(spy.len(), 3);
    assert!(clock.elapsed() >= Duration::from_secs(3));
}

#[test]
fn an_interval_without_end_never_fires_and_does_not_overflow() {
    for timer_type in [TimerType::Precise, TimerType::Coarse, TimerType::VeryCoarse] {
        let timer = Timer::new().scoped();
        let spy = SignalSpy::new(timer.timeout());
        timer.set_timer_type(timer_type);
        timer.start(Duration::MAX);
        assert!(timer.remaining_time().unwrap() > Duration::from_secs(3600 * 24 * 365));
        Application::process_events();
        assert!(spy.is_empty());
        let clock = VirtualClock::install();
        clock.advance(Duration::from_secs(3600 * 24 * 365 * 101));
        Application::process_events();
        assert_eq!(timer.interval(), Duration::MAX);
    }
}

#[test]
fn a_coarse_timer_that_is_started_after_a_virtual_clock_is_gone_keeps_real_time() {
    {
        let clock = VirtualClock::install();
        clock.advance(Duration::from_secs(3600));
        Timer::single_shot(ms(1), || ());
        Application::process_events();
    }
    let timer = Timer::new().scoped();
    timer.start(ms(100));
    assert!(timer.remaining_time().unwrap() < ms(200));
}

// ---- single_shot

#[test]
fn single_shot_calls_once_at_its_time() {
    let (clock, log) = install();
    let (called, time) = (log.clone(), Rc::clone(&clock));
    Timer::single_shot(ms(100), move || called.add(time.elapsed().as_millis()));
    run_for(ms(500));
    assert_eq!(log.take(), "100");
}

#[test]
fn single_shot_to_gives_the_receiver() {
    let _clock = VirtualClock::install();
    let receiver = slotwire::Handle::new(Cell::new(0));
    Timer::single_shot_to(ms(100), receiver, |value| value.set(5));
    run_for(ms(200));
    assert_eq!(receiver.with(Cell::get), Some(5));
}

#[test]
fn single_shot_to_a_receiver_that_dies_before_is_not_called() {
    let (_clock, log) = install();
    let receiver = Object::new();
    let called = log.clone();
    Timer::single_shot_to(ms(100), receiver, move |_| called.add("called"));
    run_for(ms(50));
    receiver.delete();
    run_for(ms(200));
    assert_eq!(log.take(), "");
}

#[test]
fn single_shot_of_zero_waits_for_the_loop_and_can_start_another() {
    let log = Log::new();
    let outer = log.clone();
    Timer::single_shot(Duration::ZERO, move || {
        outer.add("first");
        let inner = outer;
        Timer::single_shot(Duration::ZERO, move || inner.add("second"));
    });
    assert_eq!(log.take(), "");
    Application::process_events();
    assert_eq!(log.take(), "first");
    Application::process_events();
    assert_eq!(log.take(), "second");
    assert_eq!(Application::next_timeout(), None);
}

#[test]
fn a_virtual_clock_stays_where_it_is_when_it_is_told_to_go_beyond_all_time() {
    let clock = VirtualClock::install();
    let timeout = SignalSpy::new(Timer::new().timeout());
    clock.advance(Duration::MAX);
    Application::process_events();
    assert!(timeout.is_empty());
}
