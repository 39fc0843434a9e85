use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::iter;
use std::marker::PhantomData;
use std::num::{NonZeroU32, NonZeroU64};
use std::ops::Deref;
use std::rc::Rc;

use slab::Slab;
use smallvec::SmallVec;

use super::object::Object;
use super::object_table::{self, Node};
use super::signal::SlotList;

/// One connection of a signal to a slot, as `connect` returns it.
///
/// It is `Copy`, and harmless when it is stale: a connection that was disconnected, or whose sender or receiver was
/// deleted, stays disconnected whatever is connected later.
///
/// ```
/// use slotwire::{Emitter, Handle};
/// let button = Handle::new(Emitter::<()>::new());
/// let clicked = button.signal(|b| b);
/// let connection = clicked.connect(|()| panic!("disconnected before"));
/// assert!(connection.disconnect());
/// assert!(!connection.disconnect(), "a second time does nothing");
/// button.with(|b| b.emit(()));
/// ```
#[doc(alias = "QMetaObject::Connection")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Connection {
    index: u32,
    generation: NonZeroU32,
    not_send: PhantomData<*const ()>,
}

impl Connection {
    /// What `connect` returns when the sender or the receiver is dead: never connected.
    pub(crate) const NULL: Self =
        Self { index: u32::MAX, generation: NonZeroU32::MIN, not_send: PhantomData };

    /// Whether the connection still exists.
    #[doc(alias = "operator bool")]
    pub fn is_connected(self) -> bool {
        CONNECTIONS.try_with(|table| table.borrow().get(self).is_some()).unwrap_or(false)
    }

    /// Ends the connection; `false` if it had ended before.
    ///
    /// A slot that is disconnected while its signal is being emitted, and has not been called yet, is not called. A
    /// queued delivery that is already under way still arrives, as in Qt.
    #[doc(alias = "QObject::disconnect")]
    pub fn disconnect(self) -> bool {
        match forget(self) {
            Some(list) => {
                list.remove(self);
                true
            }
            None => false,
        }
    }

    /// A guard that disconnects when it is dropped.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle};
    /// let button = Handle::new(Emitter::<()>::new());
    /// {
    ///     let _guard = button.signal(|b| b).connect(|()| panic!("the guard is gone")).scoped();
    /// }
    /// button.with(|b| b.emit(()));
    /// ```
    pub fn scoped(self) -> ScopedConnection {
        ScopedConnection(self)
    }

    /// How many connections were made from `first` to this one: orders those of one signal, also where the count wraps.
    pub(crate) fn made_after(self, first: Self) -> u32 {
        self.generation.get().wrapping_sub(first.generation.get())
    }

    fn index(self) -> usize {
        self.index as usize
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_connected() { "connected" } else { "disconnected" };
        write!(f, "Connection({}.{}, {state})", self.index, self.generation)
    }
}

/// A [`Connection`] that is disconnected when this guard is dropped. Made by [`Connection::scoped`].
///
/// ```
/// use slotwire::{Emitter, Handle};
/// let button = Handle::new(Emitter::<()>::new());
/// let guard = button.signal(|b| b).connect(|()| panic!("disconnected before")).scoped();
/// assert!(guard.is_connected());
/// drop(guard);
/// button.with(|b| b.emit(()));
/// ```
#[derive(Debug)]
#[must_use = "the connection ends when the guard is dropped"]
pub struct ScopedConnection(Connection);

impl Deref for ScopedConnection {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl Drop for ScopedConnection {
    fn drop(&mut self) {
        self.0.disconnect();
    }
}

/// How a connection delivers, for the `connect_with` family.
///
/// ```
/// use slotwire::{ConnectionType, Emitter, Handle};
/// let button = Handle::new(Emitter::<()>::new());
/// let clicked = button.signal(|b| b);
/// let once_and_later = ConnectionType::QUEUED.single_shot();
/// clicked.connect_with(once_and_later, |()| ());
///
/// // Qt::UniqueConnection: a closure cannot be compared, so the connection is named by a key.
/// let unique = ConnectionType::AUTO.unique("log");
/// assert!(clicked.connect_with(unique, |()| ()).is_connected());
/// assert!(!clicked.connect_with(unique, |()| ()).is_connected(), "there is one of that key");
/// ```
#[doc(alias = "Qt::ConnectionType")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ConnectionType {
    pub(crate) delivery: Delivery,
    pub(crate) single_shot: bool,
    pub(crate) key: Option<ConnectionKey>,
}

/// The hash of what a unique connection is named by.
pub(crate) type ConnectionKey = NonZeroU64;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Delivery {
    #[default]
    Direct,
    Queued,
}

impl ConnectionType {
    /// Direct when sender and receiver live in one thread. Handles cannot leave their thread, so here that is always;
    /// a receiver in another thread is reached by [`Signal::connect_remote`](crate::Signal::connect_remote).
    #[doc(alias = "Qt::AutoConnection")]
    pub const AUTO: Self = Self { delivery: Delivery::Direct, single_shot: false, key: None };
    /// The slot runs inside the emission.
    #[doc(alias = "Qt::DirectConnection")]
    pub const DIRECT: Self = Self::AUTO;
    /// The slot runs from the event loop with a copy of the arguments; not at all if the receiver dies before.
    #[doc(alias = "Qt::QueuedConnection")]
    pub const QUEUED: Self = Self { delivery: Delivery::Queued, single_shot: false, key: None };

    /// The connection ends with its first delivery; it is disconnected before the slot runs.
    #[doc(alias = "Qt::SingleShotConnection")]
    #[must_use]
    pub const fn single_shot(mut self) -> Self {
        self.single_shot = true;
        self
    }

    /// At most one connection of this signal has this key: a second `connect` with it connects nothing and returns a
    /// [`Connection`] that is not connected.
    #[doc(alias = "Qt::UniqueConnection")]
    #[must_use]
    pub fn unique(mut self, key: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        self.key = Some(ConnectionKey::new(hasher.finish()).unwrap_or(ConnectionKey::MIN));
        self
    }
}

/// A place in the connection table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(NonZeroU32);

impl Place {
    fn of(connection: Connection) -> Self {
        // `u32::MAX` is the index of no connection in the table.
        Self(NonZeroU32::MIN.saturating_add(connection.index))
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

struct Record {
    generation: NonZeroU32,
    list: Rc<dyn SlotList>,
    receiver: Option<Object>,
    /// Neighbours among the connections of the same sender.
    of_sender: Neighbours,
    /// Neighbours among the connections of the same receiver.
    of_receiver: Neighbours,
}

#[derive(Clone, Copy, Default)]
struct Neighbours {
    previous: Option<Place>,
    next: Option<Place>,
}

struct ConnectionTable {
    records: Slab<Record>,
    /// The keys of unique connections, which are few.
    keys: BTreeMap<u32, ConnectionKey>,
    next_generation: NonZeroU32,
}

thread_local! {
    static CONNECTIONS: RefCell<ConnectionTable> = const {
        RefCell::new(ConnectionTable {
            records: Slab::new(),
            keys: BTreeMap::new(),
            next_generation: NonZeroU32::MIN,
        })
    };
}

impl ConnectionTable {
    fn get(&self, connection: Connection) -> Option<&Record> {
        self.records.get(connection.index()).filter(|record| record.generation == connection.generation)
    }

    /// Puts what is in that place in front of the list that begins with `first`, and returns its neighbours.
    fn link(
        &mut self,
        place: Place,
        first: &Cell<Option<Place>>,
        which: fn(&mut Record) -> &mut Neighbours,
    ) -> Neighbours {
        let next = first.replace(Some(place));
        if let Some(next) = next.and_then(|next| self.records.get_mut(next.index())) {
            which(next).previous = Some(place);
        }
        Neighbours { previous: None, next }
    }

    fn unlink(&mut self, neighbours: Neighbours, which: fn(&mut Record) -> &mut Neighbours) {
        if let Some(previous) = neighbours.previous.and_then(|place| self.records.get_mut(place.index())) {
            which(previous).next = neighbours.next;
        }
        if let Some(next) = neighbours.next.and_then(|place| self.records.get_mut(place.index())) {
            which(next).previous = neighbours.previous;
        }
    }

    /// The connections of a list, with their places, from `first` on.
    fn list(
        &self,
        first: Option<Place>,
        which: fn(&Record) -> &Neighbours,
    ) -> impl Iterator<Item = (Place, &Record)> {
        let at = |place: Place| self.records.get(place.index()).map(|record| (place, record));
        iter::successors(first.and_then(at), move |(_, record)| which(record).next.and_then(at))
    }
}

/// Enters a connection of that list of that sender's to that receiver (`None`: the sender itself is the context).
pub(crate) fn register(
    list: Rc<dyn SlotList>,
    sender: &dyn Node,
    receiver: Option<&dyn Node>,
    key: Option<ConnectionKey>,
) -> Connection {
    let registered = CONNECTIONS.try_with(|table| {
        let mut table = table.borrow_mut();
        let generation = table.next_generation;
        table.next_generation = generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        let Ok(index) = u32::try_from(table.records.vacant_key()) else { return Connection::NULL };
        let id = Connection { index, generation, not_send: PhantomData };
        let of_sender = table.link(Place::of(id), &sender.data().outgoing, |record| &mut record.of_sender);
        let of_receiver = match receiver {
            Some(receiver) => {
                table.link(Place::of(id), &receiver.data().incoming, |record| &mut record.of_receiver)
            }
            None => Neighbours::default(),
        };
        let receiver = receiver.map(|node| node.object());
        table.records.insert(Record { generation, list, receiver, of_sender, of_receiver });
        if let Some(key) = key {
            table.keys.insert(index, key);
        }
        id
    });
    registered.unwrap_or(Connection::NULL)
}

/// Takes a connection out of the table and out of the lists of its sender and receiver; returns the list that holds its slot.
pub(crate) fn forget(connection: Connection) -> Option<Rc<dyn SlotList>> {
    let record = CONNECTIONS
        .try_with(|table| {
            let mut table = table.borrow_mut();
            table.get(connection)?;
            let record = table.records.remove(connection.index());
            table.unlink(record.of_sender, |record| &mut record.of_sender);
            table.unlink(record.of_receiver, |record| &mut record.of_receiver);
            table.keys.remove(&connection.index);
            Some(record)
        })
        .ok()??;
    if record.of_sender.previous.is_none()
        && let Some(sender) = object_table::get(record.list.sender())
    {
        sender.data().outgoing.set(record.of_sender.next);
    }
    if record.of_receiver.previous.is_none()
        && let Some(receiver) = record.receiver.and_then(object_table::get)
    {
        receiver.data().incoming.set(record.of_receiver.next);
    }
    Some(record.list)
}

/// The receiver of a connection; `None` if that is the sender, or if the connection has ended.
pub(crate) fn receiver_of(connection: Connection) -> Option<Object> {
    CONNECTIONS.try_with(|table| table.borrow().get(connection)?.receiver).ok()?
}

/// The key of a unique connection.
pub(crate) fn key_of(connection: Connection) -> Option<ConnectionKey> {
    CONNECTIONS.try_with(|table| table.borrow().keys.get(&connection.index).copied()).ok()?
}

/// The lists of the signals of `sender` that have connections, the oldest connection's first.
pub(crate) fn lists_of(sender: &dyn Node) -> SmallVec<[Rc<dyn SlotList>; 4]> {
    let mut lists = SmallVec::<[Rc<dyn SlotList>; 4]>::new();
    let _ = CONNECTIONS.try_with(|table| {
        let table = table.borrow();
        for (_, record) in table.list(sender.data().outgoing.get(), |record| &record.of_sender) {
            // Connections of one signal often follow each other. To name a list twice does no harm.
            if !lists.last().is_some_and(|last| Rc::ptr_eq(last, &record.list)) {
                lists.push(Rc::clone(&record.list));
            }
        }
    });
    lists.reverse();
    lists
}

/// Ends all connections that `receiver` receives; it may already be out of the object table.
pub(crate) fn disconnect_receiver(receiver: &dyn Node) {
    let mut incoming = SmallVec::<[Connection; 8]>::new();
    let _ = CONNECTIONS.try_with(|table| {
        let table = table.borrow();
        for (place, record) in table.list(receiver.data().incoming.take(), |record| &record.of_receiver) {
            let index = place.index() as u32;
            incoming.push(Connection { index, generation: record.generation, not_send: PhantomData });
        }
    });
    for connection in incoming {
        connection.disconnect();
    }
}
