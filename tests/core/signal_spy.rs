//! Recording a signal in tests.

use std::time::Duration;

use slotwire::{Application, Emitter, Handle, Pair, SignalSpy, Timer, VirtualClock};

use crate::support::{button, click, clicked};

#[test]
fn a_spy_records_owned_arguments_in_order() {
    let chat = Handle::new(Emitter::<Pair<str, bool>>::new());
    let spy = SignalSpy::new(chat.signal(|c| c));
    assert!(spy.is_empty());
    chat.with(|c| {
        c.emit(("one", false));
        c.emit(("two", true));
    });
    assert_eq!(spy.len(), 2);
    assert_eq!(spy.emissions(), [("one".into(), false), ("two".into(), true)]);
    assert_eq!(spy.take().len(), 2);
    assert!(spy.is_empty());
    assert!(format!("{spy:?}").starts_with("SignalSpy(0 emissions"));
}

#[test]
fn a_spy_that_is_dropped_is_disconnected() {
    let button = button();
    drop(SignalSpy::new(clicked(button)));
    assert!(!clicked(button).is_connected());
}

#[test]
fn wait_runs_the_loop_until_the_next_emission() {
    let _clock = VirtualClock::install();
    let timer = Timer::new().scoped();
    let spy = SignalSpy::new(timer.timeout());
    timer.start(Duration::from_secs(10));
    assert!(spy.wait(Duration::from_secs(60)));
    assert_eq!(spy.len(), 1);
    assert!(spy.wait(Duration::from_secs(60)));
    assert_eq!(spy.len(), 2);
}

#[test]
fn wait_gives_up_after_its_time() {
    let clock = VirtualClock::install();
    let button = button();
    let spy = SignalSpy::new(clicked(button));
    click(button, 1);
    assert!(!spy.wait(Duration::from_secs(60)));
    assert!(clock.elapsed().abs_diff(Duration::from_secs(60)) <= Duration::from_secs(3));
}

#[test]
fn wait_for_returns_at_once_when_there_are_enough() {
    let clock = VirtualClock::install();
    let button = button();
    let spy = SignalSpy::new(clicked(button));
    click(button, 1);
    click(button, 2);
    assert!(spy.wait_for(2, Duration::from_secs(60)));
    assert_eq!(clock.elapsed(), Duration::ZERO);
    Timer::single_shot(Duration::from_secs(1), move || (3..6).for_each(|value| click(button, value)));
    assert!(spy.wait_for(4, Duration::from_secs(60)));
    assert_eq!(spy.take(), [1, 2, 3, 4, 5]);
}

#[test]
fn waiting_leaves_no_object_and_no_connection() {
    let _clock = VirtualClock::install();
    let button = button();
    let spy = SignalSpy::new(clicked(button));
    let before = Application::object_count();
    assert!(!spy.wait(Duration::from_secs(1)));
    assert_eq!(Application::object_count(), before);
    assert_eq!(clicked(button).disconnect_all(), 1);
}

#[test]
fn waiting_for_a_dead_sender_ends_with_the_time() {
    let _clock = VirtualClock::install();
    let button = button();
    let spy = SignalSpy::new(clicked(button));
    button.invoke_later(move || button.delete());
    assert!(!spy.wait(Duration::from_secs(1)));
}

#[test]
fn a_spy_can_wait_inside_a_slot() {
    let _clock = VirtualClock::install();
    let (outer, inner) = (button(), button());
    let waited = SignalSpy::new(clicked(inner));
    clicked(outer).connect(move |_| {
        let spy = SignalSpy::new(clicked(inner));
        Timer::single_shot(Duration::from_secs(1), move || click(inner, 5));
        assert!(spy.wait(Duration::from_secs(60)));
    });
    click(outer, 1);
    assert_eq!(waited.take(), [5]);
}
