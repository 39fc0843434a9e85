//! The ownership of objects (private). The children of an object form a linked list through their own data.

use std::cell::Cell;
use std::iter;

use super::event::{Event, EventType};
use super::event_dispatcher;
use super::object_data::Relatives;
use super::object_key::Object;
use super::object_table::{self, Node};

pub(crate) fn set_parent(child: Object, parent: Option<Object>) {
    let Some(node) = child.living() else { return };
    let old = node.data().parent();
    if old == parent {
        return;
    }
    let new = match parent {
        Some(parent) => match object_table::get(parent) {
            Some(new) if can_own(&*new, &*node) => Some(new),
            _ => {
                log::warn!("{parent:?} cannot become the parent of {child:?}");
                return;
            }
        },
        None => None,
    };
    // A dead parent has let its children go already.
    let old = old.and_then(object_table::get);
    if let Some(old) = &old {
        unlink(&*node, &**old);
    }
    node.data().relatives_mut().parent.set(None);
    if let Some(new) = &new {
        link(&*node, &**new);
    }
    if let Some(old) = old {
        notify(&*old, EventType::ChildRemoved(child));
    }
    if let Some(new) = new {
        notify(&*new, EventType::ChildAdded(child));
    }
}

pub(crate) fn children(parent: &dyn Node) -> impl Iterator<Item = Object> + use<> {
    let first = parent.data().relatives().and_then(|relatives| relatives.first_child.get());
    iter::successors(first, |child| object_table::get(*child)?.data().relatives()?.next_sibling.get())
}

/// Takes all children out of the list of a parent that is dead, in their order. They still name it as their parent, which
/// shows those that get another parent before their turn comes.
pub(crate) fn orphan_children(parent: &dyn Node) -> Vec<Object> {
    let orphans: Vec<Object> = children(parent).collect();
    if let Some(relatives) = parent.data().relatives() {
        relatives.first_child.set(None);
        relatives.last_child.set(None);
    }
    for node in orphans.iter().filter_map(|child| object_table::get(*child)) {
        let relatives = node.data().relatives_mut();
        relatives.previous_sibling.set(None);
        relatives.next_sibling.set(None);
    }
    orphans
}

/// Returns whether the child of a dead parent was not given to another parent.
pub(crate) fn is_orphan_of(child: Object, parent: Object) -> bool {
    object_table::get(child).is_some_and(|node| node.data().parent() == Some(parent))
}

fn can_own(parent: &dyn Node, child: &dyn Node) -> bool {
    let both_stay = !parent.data().is_being_deleted() && !child.data().is_being_deleted();
    both_stay && !is_at_or_below(parent.object(), child.object())
}

/// Returns whether `object` is `top` or below it. Looks upwards from the one and downwards from the other by turns, so that it
/// costs no more than the shorter way, and a chain is built at either end in time proportional to its length.
fn is_at_or_below(object: Object, top: Object) -> bool {
    let mut ancestors = iter::successors(Some(object), |object| object.parent());
    let mut descendants = iter::successors(Some(top), |descendant| next_below(top, *descendant));
    loop {
        match (ancestors.next(), descendants.next()) {
            (Some(ancestor), _) if ancestor == top => return true,
            (_, Some(descendant)) if descendant == object => return true,
            (Some(_), Some(_)) => {}
            _ => return false,
        }
    }
}

/// All objects below that one: each before what is below it, siblings in their order.
pub(crate) fn descendants(top: Object) -> impl Iterator<Item = Object> {
    iter::successors(next_below(top, top), move |descendant| next_below(top, *descendant))
}

/// The descendant of `top` that comes after `object` in that order.
fn next_below(top: Object, object: Object) -> Option<Object> {
    if let Some(child) = relative(object, |relatives| &relatives.first_child) {
        return Some(child);
    }
    let way_up = iter::successors(Some(object), |object| relative(*object, |relatives| &relatives.parent));
    way_up
        .take_while(|object| *object != top)
        .find_map(|object| relative(object, |relatives| &relatives.next_sibling))
}

fn relative(object: Object, which: impl Fn(&Relatives) -> &Cell<Option<Object>>) -> Option<Object> {
    object_table::get(object)?.data().relatives().and_then(|relatives| which(relatives).get())
}

fn link(child: &dyn Node, parent: &dyn Node) {
    let (me, child, owner) = (child.object(), child.data().relatives_mut(), parent.data().relatives_mut());
    let last = owner.last_child.replace(Some(me));
    child.parent.set(Some(parent.object()));
    child.previous_sibling.set(last);
    match last.and_then(object_table::get) {
        Some(last) => last.data().relatives_mut().next_sibling.set(Some(me)),
        None => owner.first_child.set(Some(me)),
    }
}

fn unlink(child: &dyn Node, parent: &dyn Node) {
    let (child, parent) = (child.data().relatives_mut(), parent.data().relatives_mut());
    let (previous, next) = (child.previous_sibling.take(), child.next_sibling.take());
    match previous.and_then(object_table::get) {
        Some(previous) => previous.data().relatives_mut().next_sibling.set(next),
        None => parent.first_child.set(next),
    }
    match next.and_then(object_table::get) {
        Some(next) => next.data().relatives_mut().previous_sibling.set(previous),
        None => parent.last_child.set(previous),
    }
}

/// Few objects look at the events of their tree, and few applications; for the others this is a branch.
fn notify(node: &dyn Node, event_type: EventType) {
    if node.data().rare().is_some() || event_dispatcher::has_application_filters() {
        node.object().send_event(&Event::new(event_type));
    }
}
