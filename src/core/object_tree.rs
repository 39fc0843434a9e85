//! Who owns whom (private). The children of an object form a linked list through their own data.

use std::iter;

use super::event::{Event, EventType};
use super::object::Object;
use super::object_table::{self, Node};

pub(crate) fn set_parent(child: Object, parent: Option<Object>) {
    let Some(node) = object_table::get(child) else { return };
    let old = node.data().parent();
    if old == parent {
        return;
    }
    let new = match parent {
        Some(parent) => match object_table::get(parent) {
            Some(new) if can_own(&*new, &*node) => Some(new),
            _ => {
                log::warn!(target: "slotwire.core.object", "{parent:?} cannot become the parent of {child:?}");
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
/// tells those that somebody takes over before their turn comes.
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

/// Whether the child of a dead parent was not given to anybody else.
pub(crate) fn is_orphan_of(child: Object, parent: Object) -> bool {
    object_table::get(child).is_some_and(|node| node.data().parent() == Some(parent))
}

fn can_own(parent: &dyn Node, child: &dyn Node) -> bool {
    let mut ancestors = iter::successors(Some(parent.object()), |object| object.parent());
    let both_stay = !parent.data().is_being_deleted() && !child.data().is_being_deleted();
    both_stay && ancestors.all(|ancestor| ancestor != child.object())
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

/// Few objects look at the events of their tree; for the others this is a branch.
fn notify(node: &dyn Node, event_type: EventType) {
    if node.data().rare().is_some() {
        node.object().send_event(&Event::new(event_type));
    }
}
