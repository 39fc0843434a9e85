//! Handles: what they reach, and that a dead one reaches nothing.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use slotwire::{
    Application, ConnectionType, Emitter, Event, EventLoop, EventType, Handle, Object, ObjectHandle, Scoped,
    SignalBlocker, SignalSpy, Timer, TimerType,
};

use crate::support::{Log, LogsDrop, button, click, clicked};

// ---- life

#[test]
fn an_object_lives_until_it_is_deleted() {
    let object = Handle::new(String::from("value"));
    assert!(object.is_alive());
    assert_eq!(object.with(String::len), Some(5));
    object.delete();
    object.delete();
    assert!(!object.is_alive());
    assert_eq!(object.with(String::len), None);
}

#[test]
fn object_count_counts_the_living_of_this_thread() {
    let before = Application::object_count();
    let objects = [*Handle::new(1), Object::new(), *Timer::new(), *EventLoop::new()];
    assert_eq!(Application::object_count(), before + 4);
    std::thread::spawn(|| assert_eq!(Application::object_count(), 0)).join().unwrap();
    objects.iter().for_each(|object| object.delete());
    assert_eq!(Application::object_count(), before);
}

#[test]
fn an_object_is_printed_with_its_class_and_its_name() {
    let timer = Timer::new();
    let unnamed = format!("{timer:?}");
    assert!(unnamed.starts_with("Timer(") && unnamed.ends_with(')'), "{unnamed}");
    assert_ne!(unnamed, format!("{:?}", Timer::new()));
    timer.set_object_name("heartbeat");
    assert_eq!(format!("{timer:?}"), unnamed.replace(')', ", \"heartbeat\")"));
    timer.delete();
    assert_eq!(format!("{timer:?}"), unnamed.replace("Timer", "Object").replace(')', ", dead)"));
}

#[test]
fn an_object_is_dead_while_it_is_constructed() {
    let seen = Rc::new(Cell::new(None));
    let see = Rc::clone(&seen);
    let before = Application::object_count();
    let object = Handle::new_cyclic(|me: Handle<Emitter<()>>| {
        me.delete();
        me.delete_later();
        me.set_parent(Object::new());
        assert!(!me.signal(|m| m).connect(|()| ()).is_connected());
        assert!(!me.destroyed().connect(|_| ()).is_connected());
        assert!(me.cast::<Handle<Emitter<()>>>().is_none());
        see.set(Some((me, me.is_alive(), Application::object_count() - before)));
        Emitter::new()
    });
    assert_eq!(seen.get(), Some((object, false, 1)), "the one is the refused parent");
    assert!(object.is_alive());
    Application::process_events();
    assert!(object.is_alive());
}

#[test]
fn objects_that_are_made_in_a_constructor_are_others() {
    let mut inner = Vec::new();
    let outer = Handle::new_cyclic(|_| {
        inner.extend((0..10).map(Handle::new));
        inner[3].delete();
        "outer"
    });
    assert_eq!(outer.with(|value| *value), Some("outer"));
    assert!(inner.iter().all(|handle| handle.object() != outer.object()));
    assert_eq!(inner[4].with(|value| *value), Some(4));
}

#[test]
fn a_constructor_that_panics_leaves_nothing() {
    let before = Application::object_count();
    let leaked = Rc::new(Cell::new(None));
    let leak = Rc::clone(&leaked);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        Handle::<u8>::new_cyclic(|me| {
            leak.set(Some(me));
            panic!("as told")
        })
    }));
    assert!(caught.is_err());
    assert_eq!(Application::object_count(), before);
    let next = Handle::new(7_u8);
    let leaked = leaked.get().unwrap();
    assert_ne!(next, leaked);
    assert!(!leaked.is_alive());
}

#[test]
fn a_reference_to_a_value_outlives_its_object() {
    let log = Log::new();
    let object = Handle::new(LogsDrop(log.clone(), "dropped"));
    let held = object.get().unwrap();
    object.delete();
    assert!(object.get().is_none());
    assert_eq!(log.take(), "");
    assert_eq!(held.1, "dropped");
    drop(held);
    assert_eq!(log.take(), "dropped");
    let debug = format!("{:?}", Handle::new("text").get().unwrap());
    assert_eq!(debug, "\"text\"");
}

#[test]
fn a_value_may_be_deleted_by_its_own_method_which_goes_on() {
    let object = Handle::new(RefCell::new(vec![1]));
    let length = object.with(|value| {
        value.borrow_mut().push(2);
        object.delete();
        value.borrow_mut().push(3);
        value.borrow().len()
    });
    assert_eq!(length, Some(3));
}

// ---- scoped

#[test]
fn a_scoped_object_is_deleted_at_the_end_of_its_scope_also_by_a_panic() {
    let timer = Rc::new(Cell::new(None));
    let keep = Rc::clone(&timer);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let scoped = Timer::new().scoped();
        keep.set(Some(*scoped));
        assert!(scoped.is_alive());
        panic!("as told");
    }));
    assert!(caught.is_err());
    assert!(!timer.get().unwrap().is_alive());
}

#[test]
fn a_scoped_object_that_is_released_lives_on() {
    let object = Object::new().scoped().release();
    assert!(object.is_alive());
    let scoped = Scoped::new(object);
    object.delete();
    drop(scoped);
}

// ---- identity

#[test]
fn a_handle_is_a_key_also_when_it_is_dead() {
    let handles: Vec<_> = (0..100).map(Handle::new).collect();
    let map: HashMap<Object, usize> =
        handles.iter().enumerate().map(|(index, handle)| (handle.object(), index)).collect();
    handles.iter().for_each(|handle| handle.delete());
    let others: Vec<_> = (0..100).map(Handle::new).collect();
    for (index, handle) in handles.iter().enumerate() {
        assert_eq!(map.get(&handle.object()), Some(&index));
        assert_eq!(handle, handle);
    }
    assert!(others.iter().all(|other| !map.contains_key(other)));
}

#[test]
fn the_place_of_a_dead_object_is_reused_but_its_handles_never_reach_the_new_one() {
    let mut seen = HashSet::new();
    let mut old: Vec<Handle<usize>> = Vec::new();
    for round in 0..20_000 {
        let handle = Handle::new(round);
        assert!(seen.insert(handle));
        assert_eq!(handle.with(|value| *value), Some(round));
        if let Some(stale) = old.last() {
            stale.delete();
            stale.set_object_name("wrong");
            assert!(!stale.is_alive());
        }
        assert!(handle.is_alive());
        assert_eq!(handle.object_name(), "");
        handle.delete();
        old.push(handle);
    }
    let alive: Vec<_> = (0..50).map(Handle::new).collect();
    assert!(old.iter().all(|stale| !stale.is_alive() && stale.with(|_| ()).is_none()));
    assert_eq!(alive.len(), 50);
}

#[test]
fn a_handle_prints_whether_it_is_dead() {
    let object = Object::new();
    assert!(!format!("{object:?}").contains("dead"));
    object.delete();
    assert!(format!("{object:?}").contains("dead"));
    let handle = Handle::new(1);
    assert_eq!(format!("{handle:?}"), format!("{:?}", handle.object()));
    let timer = Timer::new();
    assert_eq!(format!("{timer:?}"), format!("{:?}", timer.object()));
}

#[test]
fn all_handles_are_two_words_of_32_bits() {
    assert_eq!(size_of::<Object>(), 8);
    assert_eq!(size_of::<Handle<String>>(), 8);
    assert_eq!(size_of::<Timer>(), 8);
    assert_eq!(size_of::<slotwire::Connection>(), 8);
    assert_eq!(size_of::<Emitter<str>>(), 8);
}

// ---- class

#[test]
fn an_object_is_cast_to_its_class_and_to_no_other() {
    let (timer, text, plain) = (Timer::new(), Handle::new("text"), Object::new());
    assert_eq!(timer.cast::<Timer>(), Some(timer));
    assert_eq!(timer.cast::<EventLoop>(), None);
    assert_eq!(timer.cast::<Handle<&str>>(), None);
    assert_eq!(timer.cast::<Object>(), Some(*timer));
    assert_eq!(text.cast::<Handle<&str>>(), Some(text));
    assert_eq!(text.cast::<Handle<String>>(), None);
    assert_eq!(plain.cast::<Timer>(), None);
    timer.delete();
    assert_eq!(timer.cast::<Timer>(), None);
    assert_eq!(timer.cast::<Object>(), None);
}

#[test]
fn the_class_name_is_that_of_the_type() {
    struct Mine;
    assert_eq!(Timer::new().class_name(), "Timer");
    assert_eq!(EventLoop::new().class_name(), "EventLoop");
    assert_eq!(Object::new().class_name(), "Object");
    assert!(Handle::new(Mine).class_name().ends_with("Mine"));
    let dead = Timer::new();
    dead.delete();
    assert_eq!(dead.class_name(), "");
}

#[test]
fn an_object_has_a_name() {
    let object = Object::new();
    assert_eq!(object.object_name(), "");
    object.set_object_name("a");
    object.set_object_name(String::from("b"));
    assert_eq!(object.object_name(), "b");
}

#[test]
fn every_handle_converts_to_an_object() {
    let (timer, text) = (Timer::new(), Handle::new("text"));
    assert_eq!(Object::from(timer), timer.object());
    assert_eq!(Object::from(text), text.object());
    assert_eq!(ObjectHandle::with(timer, |target| *target), Some(timer));
    assert_eq!(ObjectHandle::with(text, |target| *target), Some("text"));
    assert_eq!(ObjectHandle::with(*timer, |target| *target), Some(*timer));
}

// ---- dead handles

/// Calls everything that an `Object` has.
fn use_as_object(object: Object) {
    let other = Handle::new(());
    assert!(!object.is_alive());
    assert_eq!(object.class_name(), "");
    assert_eq!(object.cast::<Object>(), None);
    assert_eq!(object.parent(), None);
    object.set_parent(other);
    other.set_parent(object);
    object.clear_parent();
    assert!(object.children().is_empty() && other.children().is_empty());
    assert_eq!(object.find_child::<Object>(""), None);
    assert!(object.find_children::<Object>().is_empty());
    object.set_object_name("name");
    assert_eq!(object.object_name(), "");
    let _ = object.dump_object_tree();
    object.delete();
    object.delete_later();
    assert!(!object.destroyed().connect(|_| ()).is_connected());
    assert!(!object.destroyed().is_connected());
    assert_eq!(object.destroyed().disconnect_all(), 0);
    assert_eq!(object.destroyed().disconnect_receiver(other), 0);
    assert!(!object.block_signals(true) && !object.signals_blocked());
    drop(SignalBlocker::new(object));
    assert_eq!(object.disconnect_all(), 0);
    assert_eq!(object.disconnect_receiver(other), 0);
    object.set_property("name", 1);
    assert_eq!(object.property::<i32>("name"), None);
    assert!(!object.remove_property("name"));
    assert!(object.dynamic_property_names().is_empty());
    assert!(!object.send_event(&Event::new(EventType::User(1))));
    object.post_event(Event::new(EventType::User(1)));
    object.post_event_with(Event::new(EventType::User(1)), 5);
    object.remove_posted_events();
    object.invoke_later(|| panic!("its object is dead"));
    object.install_event_filter(other, |(), _, _| panic!("its object is dead"));
    other.install_event_filter(object, |_, _, _| panic!("the filter is dead"));
    other.send_event(&Event::new(EventType::User(1)));
    object.remove_event_filter(other);
    other.remove_event_filter(object);
    Application::send_posted_events(object);
    Timer::single_shot_to(Duration::ZERO, object, |_| panic!("its receiver is dead"));
    drop(object.scoped());
    Application::process_events();
    other.delete();
}

#[test]
fn a_dead_object_does_nothing() {
    let object = Object::new();
    object.delete();
    use_as_object(object);
}

#[test]
fn a_dead_handle_does_nothing() {
    let handle = button();
    handle.delete();
    use_as_object(*handle);
    assert!(handle.with(|_| ()).is_none());
    assert!(handle.get().is_none());
    handle.set_event_handler(|_, _| panic!("its object is dead"));
    assert!(!handle.remote().invoke(|_| panic!("its object is dead")) || Application::process_events());
    assert_eq!(
        handle.remote().invoke_blocking(|_| ()).unwrap_err().kind(),
        slotwire::ErrorKind::ObjectDeleted
    );
    assert_eq!(handle.remote().handle(), None);
    let alive = button();
    let signal = clicked(handle);
    assert!(!signal.connect(|_| ()).is_connected());
    assert!(!signal.connect_mut(|_| ()).is_connected());
    assert!(!signal.connect_with(ConnectionType::QUEUED, |_| ()).is_connected());
    assert!(!signal.connect_to(alive, |_, _| ()).is_connected());
    assert!(!signal.connect_to_with(ConnectionType::QUEUED, alive, |_, _| ()).is_connected());
    assert!(!signal.connect_signal(clicked(alive)).is_connected());
    assert!(!signal.connect_remote(&alive.remote(), |_, _| ()).is_connected());
    assert!(!signal.is_connected());
    assert_eq!(signal.disconnect_all() + signal.disconnect_receiver(alive), 0);
    assert!(!SignalSpy::new(signal).wait(Duration::ZERO));
    click(handle, 1);
}

#[test]
fn a_dead_timer_does_nothing() {
    let timer = Timer::new();
    timer.start(Duration::from_secs(1));
    timer.delete();
    use_as_object(*timer);
    timer.start(Duration::ZERO);
    timer.restart();
    timer.stop();
    timer.set_interval(Duration::ZERO);
    timer.set_single_shot(true);
    timer.set_timer_type(TimerType::Precise);
    assert!(!timer.is_active() && !timer.is_single_shot());
    assert_eq!(timer.interval(), Duration::ZERO);
    assert_eq!(timer.remaining_time(), None);
    assert_eq!(timer.timer_type(), TimerType::Coarse);
    assert!(!timer.timeout().connect(|()| ()).is_connected());
    assert_eq!(Application::next_timeout(), None);
}

#[test]
fn a_dead_event_loop_does_nothing() {
    let event_loop = EventLoop::new();
    event_loop.delete();
    use_as_object(*event_loop);
    event_loop.exit(1);
    event_loop.quit();
    assert!(!event_loop.is_running());
    assert_eq!(event_loop.exec(), -1);
}

#[cfg(unix)]
#[test]
fn a_dead_notifier_does_nothing() {
    use slotwire::{NotifierType, SocketNotifier};
    let (stream, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let notifier = SocketNotifier::new(&stream, NotifierType::Write).unwrap();
    notifier.delete();
    use_as_object(*notifier);
    assert_eq!(notifier.socket(), None);
    assert_eq!(notifier.notifier_type(), None);
    assert!(!notifier.is_enabled());
    notifier.set_enabled(true).unwrap();
    assert!(!notifier.is_enabled());
    assert!(!notifier.activated().connect(|_| ()).is_connected());
    assert!(!Application::process_events());
}
