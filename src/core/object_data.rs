//! What every object has (private): its place in the tree, its connections, and what few objects use.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use smallvec::SmallVec;

use super::connection::Connection;
use super::event::Event;
use super::object::Object;
use super::object_table::Node;
use super::signal::{Emitter, SlotList};

/// A class's destructor: runs while the object is still alive and its signals still reach their slots.
pub(crate) type Destructor = fn(&dyn Node);
pub(crate) type EventHandler = dyn Fn(&Event) -> bool;
pub(crate) type EventFilter = dyn Fn(Object, &Event) -> bool;

pub(crate) struct ObjectData {
    class_name: &'static str,
    pub(crate) destructor: Option<Destructor>,
    pub(crate) parent: Cell<Option<Object>>,
    // The children form a doubly linked list, so that adding and removing one costs the same with ten thousand.
    pub(crate) first_child: Cell<Option<Object>>,
    pub(crate) last_child: Cell<Option<Object>>,
    pub(crate) previous_sibling: Cell<Option<Object>>,
    pub(crate) next_sibling: Cell<Option<Object>>,
    pub(crate) life: Cell<Life>,
    pub(crate) signals_blocked: Cell<bool>,
    /// The signals of this object that have connections.
    pub(crate) signals: RefCell<SmallVec<[Rc<dyn SlotList>; 1]>>,
    /// The first of the connections that this object receives; the rest is linked in the connection table.
    pub(crate) incoming: Cell<Option<Connection>>,
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

/// What few objects use, allocated with the first use.
#[derive(Default)]
pub(crate) struct RareData {
    pub(crate) name: RefCell<String>,
    pub(crate) properties: RefCell<Vec<(String, Rc<dyn Any>)>>,
    pub(crate) filters: RefCell<Vec<(Object, Rc<EventFilter>)>>,
    pub(crate) event_handler: RefCell<Option<Rc<EventHandler>>>,
    pub(crate) destroyed: Emitter<Object>,
}

impl ObjectData {
    pub(crate) fn new(class_name: &'static str, destructor: Option<Destructor>) -> Self {
        Self {
            class_name,
            destructor,
            parent: Cell::new(None),
            first_child: Cell::new(None),
            last_child: Cell::new(None),
            previous_sibling: Cell::new(None),
            next_sibling: Cell::new(None),
            life: Cell::new(Life::Alive),
            signals_blocked: Cell::new(false),
            signals: RefCell::default(),
            incoming: Cell::new(None),
            rare: OnceCell::new(),
        }
    }

    pub(crate) fn class_name(&self) -> &'static str {
        self.class_name
    }

    /// Whether `delete` has begun: the class's destructor has run or is running, and nothing may be started any more.
    pub(crate) fn is_being_deleted(&self) -> bool {
        self.life.get() == Life::Deleting
    }

    /// What was ever put there.
    pub(crate) fn rare(&self) -> Option<&RareData> {
        self.rare.get().map(|rare| &**rare)
    }

    /// The place to put something.
    pub(crate) fn rare_mut(&self) -> &RareData {
        self.rare.get_or_init(Box::default)
    }
}
