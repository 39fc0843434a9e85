//! Parents and children.

use slotwire::{Application, Emitter, Event, EventType, Handle, Object, Timer};

use crate::support::{Log, LogsDrop};

/// An object that logs what becomes of its children.
fn watches_children(log: &Log) -> Object {
    let object = Handle::new(());
    let log = log.clone();
    object.set_event_handler(move |(), event| {
        match event.event_type() {
            EventType::ChildAdded(child) => log.add(format!("+{}", child.object_name())),
            EventType::ChildRemoved(child) => log.add(format!("-{}", child.object_name())),
            _ => return false,
        }
        true
    });
    *object
}

fn named(name: &str) -> Object {
    let object = Object::new();
    object.set_object_name(name);
    object
}

fn child_of(parent: Object, name: &str) -> Object {
    let object = named(name);
    object.set_parent(parent);
    object
}

fn names(objects: &[Object]) -> String {
    objects.iter().map(|object| object.object_name()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_new_object_has_no_parent_and_no_children() {
    let object = Object::new();
    assert_eq!(object.parent(), None);
    assert!(object.children().is_empty());
}

#[test]
fn children_are_listed_in_the_order_in_which_they_came() {
    let parent = Object::new();
    for name in ["a", "b", "c", "d"] {
        child_of(parent, name);
    }
    assert_eq!(names(&parent.children()), "a b c d");
}

#[test]
fn a_child_that_leaves_keeps_the_order_of_the_others() {
    for (leaving, left) in [("a", "b c"), ("b", "a c"), ("c", "a b")] {
        let parent = Object::new();
        for name in ["a", "b", "c"] {
            child_of(parent, name);
        }
        let child = parent.find_child::<Object>(leaving).unwrap();
        child.clear_parent();
        assert_eq!(names(&parent.children()), left);
        assert_eq!(child.parent(), None);
        child.set_parent(parent);
        assert_eq!(names(&parent.children()), format!("{left} {leaving}"));
    }
}

#[test]
fn setting_the_same_parent_again_changes_nothing() {
    let log = Log::new();
    let parent = watches_children(&log);
    let first = child_of(parent, "a");
    child_of(parent, "b");
    log.take();
    first.set_parent(parent);
    assert_eq!(names(&parent.children()), "a b");
    assert_eq!(log.take(), "");
}

#[test]
fn re_parenting_tells_the_old_parent_and_then_the_new_one() {
    let log = Log::new();
    let (old, new) = (watches_children(&log), watches_children(&log));
    let child = child_of(old, "x");
    assert_eq!(log.take(), "+x");
    child.set_parent(new);
    assert_eq!(log.take(), "-x +x");
    assert_eq!(child.parent(), Some(new));
    assert!(old.children().is_empty());
    child.clear_parent();
    assert_eq!(log.take(), "-x");
}

#[test]
fn deleting_a_child_tells_its_parent() {
    let log = Log::new();
    let parent = watches_children(&log);
    let child = child_of(parent, "x");
    log.take();
    child.delete();
    assert_eq!(log.take(), "-x");
    assert!(parent.children().is_empty());
}

#[test]
fn an_object_cannot_own_itself_or_what_is_above_it() {
    let top = named("top");
    let middle = child_of(top, "middle");
    let bottom = child_of(middle, "bottom");
    top.set_parent(top);
    top.set_parent(middle);
    top.set_parent(bottom);
    middle.set_parent(bottom);
    assert_eq!(top.parent(), None);
    assert_eq!(middle.parent(), Some(top));
    assert_eq!(bottom.parent(), Some(middle));
}

#[test]
fn a_dead_parent_is_refused() {
    let (parent, dead) = (Object::new(), Object::new());
    dead.delete();
    let child = child_of(parent, "x");
    child.set_parent(dead);
    assert_eq!(child.parent(), Some(parent));
}

#[test]
fn children_are_deleted_in_order_each_with_what_is_below_it_after_their_parent() {
    let log = Log::new();
    let top = named("top");
    let a = child_of(top, "a");
    let b = child_of(top, "b");
    let a1 = child_of(a, "a1");
    for (object, name) in [(top, "top"), (a, "a"), (b, "b"), (a1, "a1")] {
        let log = log.clone();
        object.destroyed().connect(move |_| log.add(name));
    }
    top.delete();
    assert_eq!(log.take(), "top a a1 b");
    assert!([top, a, b, a1].iter().all(|object| !object.is_alive()));
}

/// The steps of `Object::delete`, in its order.
#[test]
fn an_object_ends_in_the_documented_order() {
    let log = Log::new();
    let (parent, sender) = (Handle::new(()), Handle::new(Emitter::<()>::new()));
    let object = *Handle::new(LogsDrop(log.clone(), "dropped"));
    object.set_parent(*parent);
    let child = child_of(object, "child");
    let seen = log.clone();
    parent.set_event_handler(move |(), event| {
        if event.event_type() == EventType::ChildRemoved(object) {
            seen.add(format!("left, alive: {}", object.is_alive()));
        }
        false
    });
    let to_it = sender.signal(|emitter| emitter).connect_to(object, |_, ()| {});
    let seen = log.clone();
    object.destroyed().connect(move |_| {
        let (alive, connected, parent) = (object.is_alive(), to_it.is_connected(), child.parent());
        seen.add(format!("destroyed, alive: {alive}, connected: {connected}, child's parent: {parent:?}"));
    });
    let seen = log.clone();
    child.destroyed().connect(move |_| seen.add("child"));
    object.delete();
    let expected =
        "left, alive: true destroyed, alive: false, connected: false, child's parent: None child dropped";
    assert_eq!(log.take(), expected);
}

#[test]
fn ten_thousand_children_die_with_their_parent() {
    let before = Application::object_count();
    let parent = Object::new();
    let children: Vec<_> = (0..10_000).map(|_| child_of(parent, "")).collect();
    for child in children.iter().step_by(3) {
        child.delete();
    }
    parent.delete();
    assert_eq!(Application::object_count(), before);
}

#[test]
fn find_child_looks_at_all_children_before_it_looks_below_them() {
    let top = Object::new();
    let a = child_of(top, "a");
    let deep = child_of(a, "x");
    let shallow = child_of(top, "x");
    assert_eq!(top.find_child::<Object>("x"), Some(shallow));
    shallow.delete();
    assert_eq!(top.find_child::<Object>("x"), Some(deep));
    deep.delete();
    assert_eq!(top.find_child::<Object>("x"), None);
}

#[test]
fn find_child_looks_for_a_class() {
    let top = Object::new();
    child_of(top, "x");
    let timer = Timer::new();
    timer.set_object_name("x");
    timer.set_parent(top);
    let own = Handle::new(7_u8);
    own.set_object_name("x");
    own.set_parent(top);
    assert_eq!(top.find_child::<Timer>("x"), Some(timer));
    assert_eq!(top.find_child::<Handle<u8>>("x"), Some(own));
    assert_eq!(top.find_child::<Handle<u16>>("x"), None);
}

#[test]
fn find_child_without_a_name_finds_one_that_has_none() {
    let top = Object::new();
    child_of(top, "named");
    let nameless = Object::new();
    nameless.set_parent(top);
    assert_eq!(top.find_child::<Object>(""), Some(nameless));
}

#[test]
fn find_children_lists_everything_below_each_before_what_is_below_it() {
    let top = Object::new();
    let a = child_of(top, "a");
    child_of(a, "a1");
    child_of(top, "b");
    assert_eq!(names(&top.find_children::<Object>()), "a a1 b");
    assert!(top.find_children::<Timer>().is_empty());
}

#[test]
fn the_tree_is_dumped_with_class_and_name_indented() {
    let top = named("top");
    let timer = Timer::new();
    timer.set_object_name("tick");
    timer.set_parent(top);
    let dump = top.dump_object_tree();
    let lines: Vec<_> = dump.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("Object::top "), "{dump}");
    assert!(lines[1].starts_with("    Timer::tick "), "{dump}");
}

#[test]
fn what_was_never_deleted_is_dumped_the_oldest_first() {
    let (first, second) = (named("first"), named("second"));
    child_of(first, "child");
    let dump = Application::dump_objects();
    let order: Vec<_> = dump.lines().filter_map(|line| line.trim().split(' ').next()).collect();
    assert_eq!(order, ["Object::first", "Object::child", "Object::second"]);
    first.delete();
    second.delete();
    assert_eq!(Application::dump_objects(), "");
}

// ---- the tree while it is being taken down

#[test]
fn a_child_whose_parent_is_being_deleted_has_no_parent() {
    let parent = Object::new();
    let child = child_of(parent, "x");
    let log = Log::new();
    let seen = log.clone();
    parent.destroyed().connect(move |_| seen.add(format!("{:?}", child.parent())));
    parent.delete();
    assert_eq!(log.take(), "None");
}

#[test]
fn a_child_that_is_given_to_another_when_its_parent_dies_lives_on() {
    let (parent, other) = (Object::new(), Object::new());
    child_of(other, "o");
    let [a, b, c] = ["a", "b", "c"].map(|name| child_of(parent, name));
    parent.destroyed().connect(move |_| b.set_parent(other));
    parent.delete();
    assert!(!a.is_alive() && !c.is_alive());
    assert_eq!(names(&other.children()), "o b");
    let later = child_of(other, "p");
    assert_eq!(names(&other.children()), "o b p");
    other.delete();
    assert!(!b.is_alive() && !later.is_alive());
}

#[test]
fn a_child_that_is_taken_out_of_the_tree_when_its_parent_dies_lives_on() {
    let parent = Object::new();
    let [a, b] = ["a", "b"].map(|name| child_of(parent, name));
    parent.destroyed().connect(move |_| a.clear_parent());
    parent.delete();
    assert!(a.is_alive() && !b.is_alive());
    assert_eq!(a.parent(), None);
}

#[test]
fn a_child_that_is_rescued_when_its_sibling_dies_lives_on() {
    let (parent, other) = (Object::new(), Object::new());
    let [a, b, c] = ["a", "b", "c"].map(|name| child_of(parent, name));
    a.destroyed().connect(move |_| b.set_parent(other));
    parent.delete();
    assert!(b.is_alive() && !c.is_alive());
    assert_eq!(b.parent(), Some(other));
}

#[test]
fn a_sibling_that_is_deleted_when_another_dies_is_deleted_once() {
    let log = Log::new();
    let parent = Object::new();
    let [a, b] = ["a", "b"].map(|name| child_of(parent, name));
    let destroyed = log.clone();
    a.destroyed().connect(move |_| b.delete());
    b.destroyed().connect(move |_| destroyed.add("b"));
    parent.delete();
    assert_eq!(log.take(), "b");
}

#[test]
fn a_dying_object_takes_no_new_children_and_no_new_parent() {
    let (parent, other) = (Handle::new(()), Object::new());
    let child = child_of(*parent, "x");
    let stray = child_of(other, "stray");
    parent.set_event_handler(move |(), event| {
        if let EventType::ChildRemoved(child) = event.event_type() {
            child.set_parent(other);
            stray.set_parent(child);
        }
        true
    });
    child.delete();
    assert!(!child.is_alive());
    assert_eq!(names(&other.children()), "stray");
    child_of(other, "next");
    assert_eq!(names(&other.children()), "stray next");
    other.delete();
    assert!(!stray.is_alive());
}

#[test]
fn a_parent_that_is_deleted_when_it_gets_a_child_takes_the_child_along() {
    let parent = Handle::new(());
    parent.set_event_handler(move |(), _| {
        parent.delete();
        true
    });
    let child = child_of(*parent, "x");
    assert!(!parent.is_alive() && !child.is_alive());
}

#[test]
fn a_new_parent_that_the_old_one_deletes_takes_the_child_along() {
    let (old, new) = (Handle::new(()), Object::new());
    let child = child_of(*old, "x");
    old.set_event_handler(move |(), _| {
        new.delete();
        true
    });
    child.set_parent(new);
    assert!(!child.is_alive());
    assert!(old.children().is_empty());
}

#[test]
fn an_object_is_deleted_from_its_own_method() {
    struct Node(Emitter<()>);
    let node = Handle::new_cyclic(|_| Node(Emitter::new()));
    let child = child_of(*node, "x");
    node.with(|value| {
        node.delete();
        assert!(!node.is_alive());
        value.0.emit(());
    });
    assert!(!child.is_alive());
}

#[test]
fn an_event_of_the_tree_carries_the_child() {
    let parent = Object::new();
    let event = Event::new(EventType::ChildAdded(parent));
    assert_eq!(event.event_type(), EventType::ChildAdded(parent));
    assert!(parent.send_event(&event), "every object knows it");
}
