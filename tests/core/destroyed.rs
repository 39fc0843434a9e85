//! The order in which an object ends, and the signal `destroyed`.

use slotwire::{Handle, Object};

use crate::support::{Log, LogsDrop, OnDrop, button, click, clicked};

#[test]
fn destroyed_comes_when_handles_are_dead_and_children_are_not() {
    let (parent, child, log) = (Object::new(), Object::new(), Log::new());
    child.set_parent(parent);
    let seen = log.clone();
    parent.destroyed().connect(move |which| {
        seen.add(format!("{} {} {}", which == parent, parent.is_alive(), child.is_alive()));
    });
    parent.delete();
    assert_eq!(log.take(), "true false true");
    assert!(!child.is_alive());
}

#[test]
fn destroyed_comes_before_the_value_is_dropped() {
    let log = Log::new();
    let object = Handle::new(LogsDrop(log.clone(), "dropped"));
    let seen = log.clone();
    object.destroyed().connect(move |_| seen.add("destroyed"));
    object.delete();
    assert_eq!(log.take(), "destroyed dropped");
}

#[test]
fn the_value_is_dropped_when_the_last_method_that_runs_has_returned() {
    let log = Log::new();
    let object = Handle::new(LogsDrop(log.clone(), "dropped"));
    object.with(|value| {
        object.delete();
        value.0.add("still here");
    });
    assert_eq!(log.take(), "still here dropped");
}

#[test]
fn a_value_that_uses_its_own_handle_when_it_is_dropped_finds_it_dead() {
    let log = Log::new();
    let seen = log.clone();
    let object = Handle::new_cyclic(|me: Handle<OnDrop<Box<dyn FnMut()>>>| {
        OnDrop(Box::new(move || {
            seen.add(me.is_alive());
            me.delete();
            Handle::new(()).delete();
        }) as Box<dyn FnMut()>)
    });
    object.delete();
    assert_eq!(log.take(), "false");
}

#[test]
fn everything_that_runs_in_destroyed_may_use_the_dead_object() {
    let button = button();
    button.destroyed().connect(move |object| {
        assert!(!clicked(button).connect(|_| ()).is_connected());
        object.delete();
        object.delete_later();
        click(button, 1);
        assert!(!object.destroyed().connect(|_| ()).is_connected());
    });
    button.delete();
}
