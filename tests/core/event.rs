//! Events: sent, posted, filtered, and the properties that announce themselves with one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use slotwire::{Application, Event, EventType, Handle, Object};

use crate::support::{Log, LogsDrop, OnDrop};

const FIRST: EventType = EventType::User(1);
const SECOND: EventType = EventType::User(2);
const THIRD: EventType = EventType::User(3);

/// An object that logs the number of each user event it gets.
fn logs_events(log: &Log) -> Object {
    let object = Handle::new(());
    let log = log.clone();
    object.set_event_handler(move |(), event| match event.event_type() {
        EventType::User(number) => {
            log.add(number);
            true
        }
        _ => false,
    });
    *object
}

// ---- the event

#[test]
fn an_event_carries_a_value_of_one_type() {
    let event = Event::with_value(FIRST, 7_u8);
    assert_eq!(event.event_type(), FIRST);
    assert_eq!(event.value::<u8>(), Some(&7));
    assert_eq!(event.value::<u16>(), None);
    assert_eq!(Event::new(FIRST).value::<u8>(), None);
}

#[test]
fn an_event_is_accepted_until_it_is_ignored() {
    let event = Event::new(FIRST);
    assert!(event.is_accepted());
    event.ignore();
    assert!(!event.is_accepted());
    assert!(!event.is_accepted());
    event.accept();
    assert!(event.is_accepted());
    assert!(format!("{event:?}").contains("User(1)"));
}

// ---- sending

#[test]
fn an_event_that_is_sent_is_delivered_at_once() {
    let log = Log::new();
    let object = logs_events(&log);
    assert!(object.send_event(&Event::new(FIRST)));
    assert_eq!(log.take(), "1");
    assert!(!object.send_event(&Event::new(EventType::DynamicPropertyChange)), "not recognised");
}

#[test]
fn an_event_of_the_program_is_recognised_by_an_object_without_a_handler() {
    assert!(Object::new().send_event(&Event::new(FIRST)));
    assert!(!Object::new().send_event(&Event::new(EventType::DynamicPropertyChange)));
}

#[test]
fn a_handler_replaces_the_one_before() {
    let log = Log::new();
    let object = Handle::new(());
    for name in ["old", "new"] {
        let log = log.clone();
        object.set_event_handler(move |(), _| {
            log.add(name);
            true
        });
    }
    object.send_event(&Event::new(FIRST));
    assert_eq!(log.take(), "new");
}

#[test]
fn a_handler_can_replace_itself_and_send_again() {
    let log = Log::new();
    let object = Handle::new(());
    let (old, kept) = (log.clone(), LogsDrop(log.clone(), "dropped"));
    object.set_event_handler(move |(), event| {
        let _kept = &kept;
        let new = old.clone();
        object.set_event_handler(move |(), _| {
            new.add("new");
            true
        });
        object.send_event(event);
        old.add("old");
        true
    });
    object.send_event(&Event::new(FIRST));
    assert_eq!(log.take(), "new old dropped");
}

#[test]
fn a_handler_can_delete_its_object() {
    let object = Handle::new(());
    object.set_event_handler(move |(), _| {
        object.delete();
        true
    });
    assert!(object.send_event(&Event::new(FIRST)));
    assert!(!object.send_event(&Event::new(FIRST)));
}

// ---- posting

#[test]
fn events_that_are_posted_are_delivered_in_order_by_the_loop() {
    let log = Log::new();
    let object = logs_events(&log);
    for event_type in [FIRST, SECOND, THIRD] {
        object.post_event(Event::new(event_type));
    }
    assert_eq!(log.take(), "");
    Application::process_events();
    assert_eq!(log.take(), "1 2 3");
}

#[test]
fn events_of_a_higher_priority_are_delivered_first() {
    let log = Log::new();
    let object = logs_events(&log);
    for (number, priority) in [(1, 0), (2, -5), (3, 5), (4, 0), (5, 5), (6, i32::MIN), (7, i32::MAX)] {
        object.post_event_with(Event::new(EventType::User(number)), priority);
    }
    Application::process_events();
    assert_eq!(log.take(), "7 3 5 1 4 2 6");
}

#[test]
fn an_event_that_posts_itself_again_with_a_high_priority_does_not_keep_the_others_waiting() {
    let log = Log::new();
    let again = Handle::new(());
    again.set_event_handler(move |(), event| {
        again.post_event_with(event.clone(), 10);
        true
    });
    let other = logs_events(&log);
    again.post_event_with(Event::new(FIRST), 10);
    other.post_event(Event::new(SECOND));
    Application::process_events();
    assert_eq!(log.take(), "2");
    again.delete();
}

#[test]
fn calls_and_events_are_delivered_in_the_order_in_which_they_were_posted() {
    let log = Log::new();
    let object = logs_events(&log);
    let call = log.clone();
    object.post_event(Event::new(FIRST));
    object.invoke_later(move || call.add("call"));
    object.post_event(Event::new(SECOND));
    Application::process_events();
    assert_eq!(log.take(), "1 call 2");
}

#[test]
fn what_was_posted_to_a_dead_object_is_dropped() {
    let log = Log::new();
    let object = logs_events(&log);
    object.post_event(Event::new(FIRST));
    let kept = LogsDrop(log.clone(), "dropped");
    object.invoke_later(move || kept.0.add("called"));
    object.delete();
    Application::process_events();
    assert_eq!(log.take(), "dropped");
}

#[test]
fn remove_posted_events_takes_back_the_events_of_one_object_and_no_calls() {
    let log = Log::new();
    let (here, there) = (logs_events(&log), logs_events(&log));
    here.post_event(Event::new(FIRST));
    there.post_event(Event::new(SECOND));
    here.post_event(Event::new(THIRD));
    let call = log.clone();
    here.invoke_later(move || call.add("call"));
    here.remove_posted_events();
    Application::process_events();
    assert_eq!(log.take(), "2 call");
}

#[test]
fn an_event_whose_value_posts_another_when_it_is_dropped_is_taken_back() {
    let log = Log::new();
    let object = logs_events(&log);
    object.post_event(Event::with_value(FIRST, OnDrop(move || object.post_event(Event::new(SECOND)))));
    object.remove_posted_events();
    Application::process_events();
    assert_eq!(log.take(), "2");
}

// ---- filters

/// Installs a filter that logs its name and stops the event if it is told to.
fn filter(object: Object, log: &Log, name: &'static str, stops: bool) -> Handle<()> {
    let guard = Handle::new(());
    let log = log.clone();
    object.install_event_filter(guard, move |(), _, _| {
        log.add(name);
        stops
    });
    guard
}

#[test]
fn filters_are_asked_the_one_installed_last_first_and_then_the_handler() {
    let log = Log::new();
    let object = logs_events(&log);
    filter(object, &log, "a", false);
    filter(object, &log, "b", false);
    assert!(object.send_event(&Event::new(FIRST)));
    assert_eq!(log.take(), "b a 1");
}

#[test]
fn a_filter_that_returns_true_stops_the_event() {
    let log = Log::new();
    let object = logs_events(&log);
    filter(object, &log, "a", false);
    filter(object, &log, "b", true);
    assert!(object.send_event(&Event::new(FIRST)));
    assert_eq!(log.take(), "b");
}

#[test]
fn a_filter_sees_who_is_watched_and_what_comes() {
    let object = Object::new();
    let guard = Handle::new(Cell::new(None));
    object.install_event_filter(guard, |seen, watched, event| {
        seen.set(Some((watched, event.event_type())));
        false
    });
    object.send_event(&Event::new(THIRD));
    assert_eq!(guard.with(Cell::get), Some(Some((object, THIRD))));
}

#[test]
fn a_filter_that_is_installed_again_replaces_itself_and_is_asked_first() {
    let log = Log::new();
    let object = logs_events(&log);
    let a = filter(object, &log, "old", false);
    filter(object, &log, "b", false);
    let again = log.clone();
    object.install_event_filter(a, move |(), _, _| {
        again.add("new");
        false
    });
    object.send_event(&Event::new(FIRST));
    assert_eq!(log.take(), "new b 1");
}

#[test]
fn a_filter_that_is_removed_or_dead_is_not_asked() {
    let log = Log::new();
    let object = logs_events(&log);
    let a = filter(object, &log, "a", false);
    let b = filter(object, &log, "b", false);
    object.remove_event_filter(a);
    object.remove_event_filter(a);
    b.delete();
    object.send_event(&Event::new(FIRST));
    assert_eq!(log.take(), "1");
}

#[test]
fn a_filter_that_is_removed_by_another_while_the_event_runs_is_not_asked() {
    for delete in [false, true] {
        let log = Log::new();
        let object = logs_events(&log);
        let victim = filter(object, &log, "victim", true);
        let guard = Handle::new(());
        object.install_event_filter(guard, move |(), watched, _| {
            if delete {
                victim.delete();
            } else {
                watched.remove_event_filter(victim);
            }
            false
        });
        object.send_event(&Event::new(FIRST));
        assert_eq!(log.take(), "1");
    }
}

#[test]
fn a_filter_that_is_installed_while_the_event_runs_is_asked_from_the_next_one_on() {
    let log = Log::new();
    let object = logs_events(&log);
    let guard = Handle::new(());
    let inside = log.clone();
    object.install_event_filter(guard, move |(), watched, _| {
        watched.remove_event_filter(guard);
        filter(watched, &inside, "new", false);
        false
    });
    object.send_event(&Event::new(FIRST));
    assert_eq!(log.take(), "1");
    object.send_event(&Event::new(SECOND));
    assert_eq!(log.take(), "new 2");
}

#[test]
fn a_filter_can_delete_the_watched_object() {
    let log = Log::new();
    let object = logs_events(&log);
    filter(object, &log, "never", false);
    object.install_event_filter(Handle::new(()), |(), watched, _| {
        watched.delete();
        false
    });
    assert!(!object.send_event(&Event::new(FIRST)));
    assert_eq!(log.take(), "");
}

#[test]
fn installing_a_filter_lets_those_of_dead_objects_go_with_no_list_borrowed() {
    let log = Log::new();
    let object = logs_events(&log);
    let dead = Handle::new(());
    let (dropped, inside) = (log.clone(), Handle::new(()));
    let on_drop = OnDrop(move || {
        dropped.add("dropped");
        object.install_event_filter(inside, |(), _, _| false);
        object.send_event(&Event::new(SECOND));
    });
    object.install_event_filter(dead, move |(), _, _| {
        let _kept = &on_drop;
        false
    });
    dead.delete();
    filter(object, &log, "new", false);
    assert_eq!(log.take(), "dropped new 2");
}

// ---- dynamic properties

#[test]
fn a_property_has_a_name_a_value_and_one_type() {
    let object = Object::new();
    object.set_property("age", 36_u8);
    object.set_property("name", String::from("Ada"));
    assert_eq!(object.property::<u8>("age"), Some(36));
    assert_eq!(object.property::<u16>("age"), None);
    assert_eq!(object.property::<String>("name").as_deref(), Some("Ada"));
    assert_eq!(object.property::<u8>("other"), None);
    assert_eq!(object.dynamic_property_names(), ["age", "name"]);
}

#[test]
fn a_property_that_is_set_again_keeps_its_place_and_may_change_its_type() {
    let object = Object::new();
    object.set_property("a", 1);
    object.set_property("b", 2);
    object.set_property("a", "three");
    assert_eq!(object.property::<&str>("a"), Some("three"));
    assert_eq!(object.property::<i32>("a"), None);
    assert_eq!(object.dynamic_property_names(), ["a", "b"]);
}

#[test]
fn a_property_can_be_removed() {
    let object = Object::new();
    assert!(!object.remove_property("a"));
    object.set_property("a", 1);
    assert!(object.remove_property("a"));
    assert_eq!(object.property::<i32>("a"), None);
    assert!(object.dynamic_property_names().is_empty());
    assert!(!object.remove_property("a"));
}

#[test]
fn a_change_of_a_property_is_told_with_its_name_after_it() {
    let log = Log::new();
    let object = Handle::new(());
    let told = log.clone();
    object.set_event_handler(move |(), event| {
        let name = event.value::<String>().unwrap();
        told.add(format!("{name}={:?}", object.property::<i32>(name)));
        event.event_type() == EventType::DynamicPropertyChange
    });
    object.set_property("a", 1);
    object.set_property("a", 2);
    object.remove_property("a");
    object.remove_property("a");
    assert_eq!(log.take(), "a=Some(1) a=Some(2) a=None");
}

#[test]
fn a_property_whose_value_changes_properties_when_it_is_dropped_is_replaced() {
    let object = Object::new();
    let value = |depth: u32| {
        let drops = Rc::new(OnDrop(move || object.set_property("b", depth)));
        object.set_property("a", drops);
    };
    value(1);
    value(2);
    assert_eq!(object.property::<u32>("b"), Some(1));
    object.remove_property("a");
    assert_eq!(object.property::<u32>("b"), Some(2));
    value(3);
    object.delete();
}

#[test]
fn a_property_can_be_read_by_a_clone_that_writes_it() {
    struct Writes(Object);
    impl Clone for Writes {
        fn clone(&self) -> Self {
            self.0.set_property("copied", true);
            Self(self.0)
        }
    }
    let object = Object::new();
    object.set_property("a", Writes(object));
    assert!(object.property::<Writes>("a").is_some());
    assert_eq!(object.property::<bool>("copied"), Some(true));
}

#[test]
fn events_can_be_recorded_by_a_shared_list() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let object = Handle::new(());
    let record = Rc::clone(&seen);
    object.set_event_handler(move |(), event| {
        record.borrow_mut().push(event.clone());
        true
    });
    object.post_event(Event::with_value(FIRST, 5));
    Application::process_events();
    assert_eq!(seen.borrow()[0].value::<i32>(), Some(&5));
}
