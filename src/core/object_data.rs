//! The data of every object (private): its links in the tree, its connections, and data that few objects need.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::event::Event;
use super::event_filters::EventFilters;
use super::linked::Place;
use super::object_key::Object;
use super::object_table::{Node, ObjectBox};
use super::signal::Emitter;

/// A class of this crate.
pub(crate) trait ObjectClass: Sized + 'static {
    const NAME: &'static str;

    /// Ends what the object does, while it is still alive and its signals still reach their slots.
    fn destroy(_object: &ObjectBox<Self>) {}
}

/// The data that all objects of one of this crate's classes share.
pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) destroy: fn(&dyn Node),
}

impl Class {
    pub(crate) const fn of<T: ObjectClass>() -> &'static Self {
        const { &Self { name: T::NAME, destroy: destroy_as::<T> } }
    }

    /// A class that derives from another one, and has its data.
    #[cfg_attr(not(feature = "_tls"), expect(dead_code, reason = "SslSocket is the only one"))]
    pub(crate) const fn derived<T: ObjectClass>(name: &'static str) -> Self {
        Self { name, destroy: destroy_as::<T> }
    }
}

fn destroy_as<T: ObjectClass>(node: &dyn Node) {
    let node: &dyn Any = node;
    if let Some(object) = node.downcast_ref() {
        T::destroy(object);
    }
}

pub(crate) type EventHandler = dyn Fn(&Event) -> bool;

pub(crate) struct ObjectData {
    /// `None` for a class of the program's own.
    pub(crate) class: Option<&'static Class>,
    pub(crate) life: Cell<Life>,
    pub(crate) signals_blocked: Cell<bool>,
    /// The first of the connections from this object's signals; the rest is linked in the connection table.
    pub(crate) outgoing: Cell<Option<Place>>,
    /// The first of the connections that this object receives.
    pub(crate) incoming: Cell<Option<Place>>,
    /// The first of the tasks that end with this object.
    pub(crate) tasks: Cell<Option<Place>>,
    relatives: OnceCell<Box<Relatives>>,
    rare: OnceCell<Box<RareData>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Alive,
    /// `delete_later` was called; a second call does nothing.
    DeletePosted,
    /// `delete` has begun; a second one does nothing.
    Deleting,
}

/// An object's links in the tree, allocated with the first.
///
/// The children form a doubly linked list, so that adding and removing one costs the same with ten thousand.
#[derive(Default)]
pub(crate) struct Relatives {
    pub(crate) parent: Cell<Option<Object>>,
    pub(crate) first_child: Cell<Option<Object>>,
    pub(crate) last_child: Cell<Option<Object>>,
    pub(crate) previous_sibling: Cell<Option<Object>>,
    pub(crate) next_sibling: Cell<Option<Object>>,
}

/// Data that few objects need, allocated on first use.
#[derive(Default)]
pub(crate) struct RareData {
    pub(crate) name: RefCell<String>,
    pub(crate) properties: RefCell<Vec<(String, Rc<dyn Any>)>>,
    pub(crate) filters: EventFilters,
    pub(crate) event_handler: RefCell<Option<Rc<EventHandler>>>,
    pub(crate) name_changed: Emitter<str>,
    pub(crate) destroyed: Emitter<Object>,
}

impl ObjectData {
    pub(crate) fn new(class: Option<&'static Class>) -> Self {
        Self {
            class,
            life: Cell::new(Life::Alive),
            signals_blocked: Cell::new(false),
            outgoing: Cell::new(None),
            incoming: Cell::new(None),
            tasks: Cell::new(None),
            relatives: OnceCell::new(),
            rare: OnceCell::new(),
        }
    }

    /// The object that owns this one; it may be dead.
    pub(crate) fn parent(&self) -> Option<Object> {
        self.relatives().and_then(|relatives| relatives.parent.get())
    }

    /// The object's links in the tree, if it ever had any.
    pub(crate) fn relatives(&self) -> Option<&Relatives> {
        self.relatives.get().map(|relatives| &**relatives)
    }

    /// The object's links in the tree, to be changed.
    pub(crate) fn relatives_mut(&self) -> &Relatives {
        self.relatives.get_or_init(Box::default)
    }

    /// Returns whether `delete` has begun: the class's destructor has run or is running, and nothing may be started any more.
    pub(crate) fn is_being_deleted(&self) -> bool {
        self.life.get() == Life::Deleting
    }

    /// The rare data, if any was ever set.
    pub(crate) fn rare(&self) -> Option<&RareData> {
        self.rare.get().map(|rare| &**rare)
    }

    /// The rare data, allocated if there was none.
    pub(crate) fn rare_mut(&self) -> &RareData {
        self.rare.get_or_init(Box::default)
    }
}
