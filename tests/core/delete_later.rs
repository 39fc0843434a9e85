//! When an object dies for which `delete_later` was called.

use std::cell::Cell;
use std::time::Duration;

use slotwire::{Application, EventLoop, Handle, Object, Timer};

use crate::support::Log;

#[test]
fn delete_later_takes_effect_when_control_is_back_in_the_loop() {
    let object = Object::new();
    Application::invoke_later(move || {
        object.delete_later();
        assert!(object.is_alive());
        Application::invoke_later(move || assert!(!object.is_alive()));
        Application::invoke_later(Application::quit);
    });
    Application::exec();
    assert!(!object.is_alive());
}

#[test]
fn delete_later_before_any_loop_takes_effect_in_the_next_one() {
    let object = Object::new();
    object.delete_later();
    object.delete_later();
    assert!(object.is_alive());
    let wait = EventLoop::new().scoped();
    let event_loop = *wait;
    Application::invoke_later(move || event_loop.quit());
    wait.exec();
    assert!(!object.is_alive());
}

#[test]
fn delete_later_before_a_nested_loop_waits_until_that_has_ended() {
    let log = Log::new();
    let inside = log.clone();
    Application::invoke_later(move || {
        let object = Handle::new(());
        object.delete_later();
        let wait = EventLoop::new().scoped();
        let (event_loop, seen) = (*wait, inside.clone());
        for _ in 0..3 {
            Application::invoke_later(|| ());
        }
        Timer::single_shot(Duration::ZERO, move || {
            seen.add(object.is_alive());
            event_loop.quit();
        });
        wait.exec();
        inside.add(object.is_alive());
        let after = inside;
        object.destroyed().connect(move |_| after.add("deleted"));
        Timer::single_shot(Duration::ZERO, Application::quit);
    });
    Application::exec();
    assert_eq!(log.take(), "true true deleted");
}

#[test]
fn delete_later_before_process_events_in_a_slot_waits_until_the_slot_has_ended() {
    let object = Object::new();
    Application::invoke_later(move || {
        object.delete_later();
        Application::process_events();
        assert!(object.is_alive());
        Application::quit();
    });
    Application::exec();
    assert!(!object.is_alive());
}

#[test]
fn delete_later_is_not_put_off_by_calls_that_are_posted_again_and_again() {
    fn again() {
        Application::process_events();
        Application::invoke_later(again);
    }
    let object = Object::new();
    Application::invoke_later(move || {
        object.delete_later();
        again();
    });
    Application::process_events();
    assert!(object.is_alive());
    Application::process_events();
    assert!(!object.is_alive());
}

#[test]
fn delete_later_inside_a_nested_loop_takes_effect_in_it() {
    let log = Log::new();
    let inside = log.clone();
    Application::invoke_later(move || {
        let object = Object::new();
        let wait = EventLoop::new().scoped();
        let event_loop = *wait;
        Application::invoke_later(move || object.delete_later());
        Timer::single_shot(Duration::from_millis(1), move || event_loop.quit());
        wait.exec();
        inside.add(object.is_alive());
        Application::quit();
    });
    Application::exec();
    assert_eq!(log.take(), "false");
}

#[test]
fn an_event_filter_that_stops_the_deferred_delete_keeps_the_object() {
    let object = Object::new();
    let guard = Handle::new(Cell::new(true));
    object.install_event_filter(guard, |keeps, _, event| {
        event.event_type() == slotwire::EventType::DeferredDelete && keeps.get()
    });
    object.delete_later();
    Application::process_events();
    assert!(object.is_alive());
    guard.with(|keeps| keeps.set(false));
    object.delete_later();
    Application::process_events();
    assert!(!object.is_alive());
}

#[test]
fn delete_overtakes_delete_later() {
    let log = Log::new();
    let object = Object::new();
    let destroyed = log.clone();
    object.destroyed().connect(move |_| destroyed.add("destroyed"));
    object.delete_later();
    object.delete();
    Application::process_events();
    assert_eq!(log.take(), "destroyed");
}
