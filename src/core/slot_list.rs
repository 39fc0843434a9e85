//! The slots of one signal (private).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use smallvec::SmallVec;

use super::args::Args;
use super::connection::{self, Connection, ConnectionKey};
use super::object_key::Object;
use super::sender::{self, RestoreSender};
use super::sequence::{Sequence, drop_each};

/// The connections of one signal, without its arguments' type.
pub(crate) trait SlotList {
    /// The object whose signal it is.
    fn sender(&self) -> Object;
    /// Lets the slot of a connection go that is no longer in the connection table.
    fn remove(&self, connection: Connection);
    /// Ends all connections: the sender is dead.
    fn sever(&self);
    fn set_blocked(&self, blocked: bool);
    fn disconnect_where(&self, condition: &dyn Fn(Option<Object>) -> bool) -> usize;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ListState {
    Open,
    Blocked,
    Severed,
}

pub(super) struct Slots<A: Args + ?Sized> {
    sender: Object,
    entries: RefCell<SmallVec<[Entry<A>; 1]>>,
    /// Emissions under way. Entries are taken out only when there is none, so that indices stay what they are.
    emissions: Cell<u32>,
    /// A slot was disconnected during an emission and its entry is still there.
    has_dead: Cell<bool>,
    state: Cell<ListState>,
}

struct Entry<A: Args + ?Sized> {
    connection: Connection,
    /// `None` once it is disconnected. By itself, so that to reach it takes no look at what kind of closure it is.
    slot: Option<Rc<SlotFn<A>>>,
}

impl<A: Args + ?Sized> Entry<A> {
    fn is_live(&self) -> bool {
        self.slot.is_some()
    }
}

pub(super) type SlotFn<A> = dyn for<'a> Fn(<A as Args>::Ref<'a>);

impl<A: Args + ?Sized> Slots<A> {
    /// A list without slots, of a signal of that sender's.
    pub(super) fn new(sender: Object) -> Self {
        Self {
            sender,
            entries: RefCell::default(),
            emissions: Cell::new(0),
            has_dead: Cell::new(false),
            state: Cell::new(ListState::Open),
        }
    }

    pub(super) fn push(&self, connection: Connection, slot: Rc<SlotFn<A>>) {
        self.entries.borrow_mut().push(Entry { connection, slot: Some(slot) });
    }

    pub(super) fn is_connected(&self) -> bool {
        self.entries.borrow().iter().any(Entry::is_live)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    /// Lets the signal through even if it was blocked or severed.
    pub(super) fn open(&self) {
        self.state.set(ListState::Open);
    }

    /// Mirrors what `QMetaObject::activate` guarantees: slots in order, up to the last one there was at the start.
    #[inline]
    pub(super) fn emit(&self, args: A::Ref<'_>) {
        if self.state.get() != ListState::Open {
            return;
        }
        let count = self.entries.borrow().len();
        if count == 0 {
            return;
        }
        let _emission = Emission::begin(self);
        for index in 0..count {
            let Some(slot) = self.live_slot(index) else { continue };
            slot(args);
            if self.state.get() == ListState::Severed {
                break;
            }
        }
    }

    /// The slot to call, if it is (still) connected.
    #[inline]
    fn live_slot(&self, index: usize) -> Option<Rc<SlotFn<A>>> {
        self.entries.borrow().get(index)?.slot.clone()
    }

    pub(super) fn has_key(&self, key: ConnectionKey) -> bool {
        let is_named = |entry: &Entry<A>| connection::key_of(entry.connection) == Some(key);
        self.entries.borrow().iter().any(|entry| entry.is_live() && is_named(entry))
    }

    /// Takes dead entries out.
    // Apart, so that an emission that has nothing to take out does not save registers for it.
    #[cold]
    #[inline(never)]
    fn compact(&self) {
        self.entries.borrow_mut().retain(|entry| entry.is_live());
    }

    fn position(entries: &[Entry<A>], connection: Connection) -> Option<usize> {
        let first = entries.first()?.connection;
        let age = connection.made_after(first);
        let index = entries.partition_point(|entry| entry.connection.made_after(first) < age);
        (entries.get(index)?.connection == connection).then_some(index)
    }
}

impl<A: Args + ?Sized> SlotList for Slots<A> {
    fn sender(&self) -> Object {
        self.sender
    }

    fn remove(&self, connection: Connection) {
        let mut removed = None;
        {
            let mut entries = self.entries.borrow_mut();
            if let Some(index) = Self::position(&entries, connection) {
                removed = entries[index].slot.take();
                if self.emissions.get() == 0 {
                    entries.remove(index);
                } else {
                    self.has_dead.set(true);
                }
            }
        }
        // Apart from the list, because dropping a slot runs foreign code.
        drop(removed);
    }

    fn sever(&self) {
        self.state.set(ListState::Severed);
        let entries = std::mem::take(&mut *self.entries.borrow_mut());
        for entry in &entries {
            connection::forget(entry.connection);
        }
        drop_each(entries);
    }

    fn set_blocked(&self, blocked: bool) {
        if self.state.get() != ListState::Severed {
            self.state.set(if blocked { ListState::Blocked } else { ListState::Open });
        }
    }

    fn disconnect_where(&self, condition: &dyn Fn(Option<Object>) -> bool) -> usize {
        let connections: SmallVec<[Connection; 8]> = {
            let entries = self.entries.borrow();
            let is_meant = |connection| condition(connection::receiver_of(connection));
            let live = entries.iter().filter(|entry| entry.is_live() && is_meant(entry.connection));
            live.map(|entry| entry.connection).collect()
        };
        let mut sequence = Sequence::begin();
        connections
            .iter()
            .filter(|connection| sequence.step(|| connection.disconnect()) == Some(true))
            .count()
    }
}

/// One emission under way; ends in its destructor, so that a panic in a slot leaves the list in order.
struct Emission<'s, A: Args + ?Sized> {
    slots: &'s Slots<A>,
    _sender: RestoreSender,
    /// Keeps `emissions` balanced by type: only `begin` and `drop` touch it.
    depth: u32,
}

impl<'s, A: Args + ?Sized> Emission<'s, A> {
    #[inline]
    fn begin(slots: &'s Slots<A>) -> Self {
        let depth = slots.emissions.get();
        slots.emissions.set(depth + 1);
        Self { slots, _sender: sender::begin_slots_of(slots.sender), depth }
    }
}

impl<A: Args + ?Sized> Drop for Emission<'_, A> {
    #[inline]
    fn drop(&mut self) {
        self.slots.emissions.set(self.depth);
        if self.depth == 0 && self.slots.has_dead.take() {
            self.slots.compact();
        }
    }
}
