use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;
use std::mem;
use std::num::{NonZeroU32, NonZeroU64};
use std::ops::Deref;
use std::rc::Rc;

use slab::Slab;
use smallvec::SmallVec;

use super::linked::{Linked, Neighbours, Place};
use super::object_key::Object;
use super::object_table::{self, Node};
use super::sequence::{Sequence, drop_at_end_of_thread};
use super::slot_list::SlotList;
use super::spare_memory::is_oversized;
use super::table::{self, Key, Table};

/// One connection of a signal to a slot, as `connect` returns it.
///
/// It is `Copy`, and harmless when it is stale: a connection that was disconnected, or whose sender or receiver was
/// deleted, stays disconnected whatever is connected later. In Qt, `QMetaObject::Connection`.
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
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Connection {
    key: Key,
    not_send: PhantomData<*const ()>,
}

impl Connection {
    /// The connection that `connect` returns when the sender or the receiver is dead: never connected.
    pub(crate) const NULL: Self = Self { key: Key::NULL, not_send: PhantomData };

    /// Returns whether the connection still exists.
    ///
    /// ```
    /// use slotwire::{Handle, Timer};
    /// let (timer, label) = (Timer::new(), Handle::new("label"));
    /// let connection = timer.timeout().connect_to(label, |text, ()| println!("{text}"));
    /// assert!(connection.is_connected());
    /// label.delete();
    /// assert!(!connection.is_connected(), "it ended with its receiver");
    /// # timer.delete();
    /// ```
    #[doc(alias = "operator bool")]
    pub fn is_connected(self) -> bool {
        CONNECTIONS.try_with(|table| table.borrow().get(self).is_some()).unwrap_or(false)
    }

    /// Ends the connection; `false` if it had ended before.
    ///
    /// A slot that is disconnected while its signal is being emitted, and has not been called yet, is not called. A
    /// queued delivery that is already under way still arrives, as in Qt.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle};
    /// let button = Handle::new(Emitter::<()>::new());
    /// let connection = button.signal(|b| b).connect(|()| panic!("disconnected"));
    /// assert!(connection.disconnect());
    /// assert!(!connection.disconnect(), "it has ended already");
    /// button.with(|b| b.emit(()));
    /// ```
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
    ///     let _guard = button.signal(|b| b).connect(|()| panic!("it is gone")).scoped();
    /// }
    /// button.with(|b| b.emit(()));
    /// ```
    pub fn scoped(self) -> ScopedConnection {
        ScopedConnection(self)
    }

    /// The number of connections that were made from `first` to this one: orders those of one signal, also where the count wraps.
    pub(crate) fn made_after(self, first: Self) -> u32 {
        self.key.generation().get().wrapping_sub(first.key.generation().get())
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_connected() { "connected" } else { "disconnected" };
        let (index, generation) = self.key.parts();
        write!(f, "Connection({index}.{generation}, {state})")
    }
}

/// A [`Connection`] that is disconnected when this guard is dropped. Made by [`Connection::scoped`].
///
/// ```
/// use slotwire::{Emitter, Handle};
/// let button = Handle::new(Emitter::<()>::new());
/// let guard = button.signal(|b| b).connect(|()| panic!("disconnected")).scoped();
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

/// The way in which a connection delivers, for the `connect_with` family.
///
/// ```
/// use slotwire::{ConnectionType, Emitter, Handle};
/// let button = Handle::new(Emitter::<()>::new());
/// let clicked = button.signal(|b| b);
/// let once_and_later = ConnectionType::QUEUED.single_shot();
/// clicked.connect_with(once_and_later, |()| println!("clicked"));
///
/// // Qt::UniqueConnection: closures cannot be compared, so a key names the connection.
/// let unique = ConnectionType::AUTO.unique("log");
/// assert!(clicked.connect_with(unique, |()| ()).is_connected());
/// assert!(!clicked.connect_with(unique, |()| ()).is_connected(), "there is one");
/// ```
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
    ///
    /// ```
    /// use slotwire::{ConnectionType, Timer};
    /// let timer = Timer::new();
    /// // What `connect` does.
    /// timer.timeout().connect_with(ConnectionType::AUTO, |()| println!("tick"));
    /// ```
    #[doc(alias = "AutoConnection")]
    pub const AUTO: Self = Self { delivery: Delivery::Direct, single_shot: false, key: None };
    /// The slot runs inside the emission: when `emit` returns, it has run.
    ///
    /// ```
    /// use slotwire::{ConnectionType, Emitter, Handle};
    /// use std::{cell::Cell, rc::Rc};
    /// let (button, clicks) = (Handle::new(Emitter::<()>::new()), Rc::new(Cell::new(0)));
    /// let counter = clicks.clone();
    /// let count = move |()| counter.set(counter.get() + 1);
    /// button.signal(|clicked| clicked).connect_with(ConnectionType::DIRECT, count);
    ///
    /// button.with(|clicked| clicked.emit(()));
    /// assert_eq!(clicks.get(), 1);
    /// ```
    #[doc(alias = "DirectConnection")]
    pub const DIRECT: Self = Self::AUTO;
    /// The slot runs from the event loop with a copy of the arguments; not at all if the receiver dies before. Without a
    /// receiver the sender counts as one.
    ///
    /// ```
    /// use slotwire::{Application, ConnectionType, Emitter, Handle};
    /// use std::{cell::Cell, rc::Rc};
    /// let (button, clicks) = (Handle::new(Emitter::<()>::new()), Rc::new(Cell::new(0)));
    /// let counter = clicks.clone();
    /// let count = move |()| counter.set(counter.get() + 1);
    /// button.signal(|clicked| clicked).connect_with(ConnectionType::QUEUED, count);
    ///
    /// button.with(|clicked| clicked.emit(()));
    /// assert_eq!(clicks.get(), 0);
    /// Application::process_events();
    /// assert_eq!(clicks.get(), 1);
    /// ```
    #[doc(alias = "QueuedConnection")]
    pub const QUEUED: Self = Self { delivery: Delivery::Queued, single_shot: false, key: None };

    /// The connection ends with the first emission; it is disconnected before the slot runs, or is queued.
    ///
    /// ```
    /// use slotwire::{ConnectionType, Emitter, Handle};
    /// let stream = Handle::new(Emitter::<i32>::new());
    /// let once = ConnectionType::AUTO.single_shot();
    /// let first = stream.signal(|s| s).connect_with(once, |value| assert_eq!(value, 1));
    /// stream.with(|s| s.emit(1));
    /// assert!(!first.is_connected());
    /// stream.with(|s| s.emit(2));
    /// # stream.delete();
    /// ```
    #[doc(alias = "SingleShotConnection")]
    #[must_use]
    pub const fn single_shot(mut self) -> Self {
        self.single_shot = true;
        self
    }

    /// At most one connection of this signal has this key: a second `connect` with it connects nothing and returns a
    /// [`Connection`] that is not connected.
    ///
    /// ```
    /// use slotwire::{Connection, ConnectionType, WebSocket};
    /// fn watch(socket: WebSocket) -> Connection {
    ///     let unique = ConnectionType::AUTO.unique("watch");
    ///     socket.error_occurred().connect_with(unique, |error| eprintln!("{error}"))
    /// }
    /// let socket = WebSocket::new();
    /// assert!(watch(socket).is_connected());
    /// assert!(!watch(socket).is_connected(), "each error is printed once");
    /// # socket.delete();
    /// ```
    #[doc(alias = "UniqueConnection")]
    #[must_use]
    pub fn unique(mut self, key: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        self.key = Some(ConnectionKey::new(hasher.finish()).unwrap_or(ConnectionKey::MIN));
        self
    }
}

struct Record {
    generation: NonZeroU32,
    /// Its entry among the connections of its receiver, if that is not the sender.
    reception: Option<Place>,
    list: Rc<dyn SlotList>,
    /// The neighbours among the connections of the same sender.
    neighbours: Neighbours,
}

/// The additional data of a connection to another object than its sender.
struct Reception {
    receiver: Object,
    connection: Connection,
    /// The neighbours among the connections to the same receiver.
    neighbours: Neighbours,
}

impl table::Entry for Record {
    #[inline]
    fn generation(&self) -> NonZeroU32 {
        self.generation
    }
}

struct ConnectionTable {
    records: Table<Record>,
    receptions: Slab<Reception>,
    /// The keys of unique connections, which are few.
    keys: BTreeMap<usize, ConnectionKey>,
}

impl Drop for ConnectionTable {
    fn drop(&mut self) {
        drop_at_end_of_thread(mem::take(&mut self.records).into_entries());
    }
}

thread_local! {
    static CONNECTIONS: RefCell<ConnectionTable> = const {
        RefCell::new(ConnectionTable {
            records: Table::new(),
            receptions: Slab::new(),
            keys: BTreeMap::new(),
        })
    };
}

/// Gives back what the tables have more than they need.
pub(crate) fn shrink() {
    let _ = CONNECTIONS.try_with(|table| {
        let ConnectionTable { records, receptions, .. } = &mut *table.borrow_mut();
        records.shrink();
        if is_oversized(receptions.len(), receptions.capacity()) {
            receptions.shrink_to_fit();
        }
    });
}

impl ConnectionTable {
    fn get(&self, connection: Connection) -> Option<&Record> {
        self.records.get(connection.key)
    }
}

impl Linked for Record {
    fn neighbours(&mut self) -> &mut Neighbours {
        &mut self.neighbours
    }
}

impl Linked for Reception {
    fn neighbours(&mut self) -> &mut Neighbours {
        &mut self.neighbours
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
        let table = &mut *table.borrow_mut();
        let connection = Connection { key: table.records.begin()?, not_send: PhantomData };
        let records = table.records.places_mut();
        let place = Record::link(records, &sender.data().outgoing, |neighbours| Record {
            generation: connection.key.generation(),
            reception: None,
            list,
            neighbours,
        })?;
        if let Some(receiver) = receiver {
            let incoming = &receiver.data().incoming;
            let receiver = receiver.object();
            let reception = Reception::link(&mut table.receptions, incoming, |neighbours| Reception {
                receiver,
                connection,
                neighbours,
            });
            table.records.places_mut()[place.index()].reception = reception;
        }
        if let Some(key) = key {
            table.keys.insert(connection.key.index(), key);
        }
        Some(connection)
    });
    registered.ok().flatten().unwrap_or(Connection::NULL)
}

/// Takes a connection out of the table and out of the lists of its sender and receiver; returns the list that holds its slot.
pub(crate) fn forget(connection: Connection) -> Option<Rc<dyn SlotList>> {
    let (record, reception) = CONNECTIONS
        .try_with(|table| {
            let table = &mut *table.borrow_mut();
            table.get(connection)?;
            table.keys.remove(&connection.key.index());
            let record = Record::unlink(table.records.places_mut(), Place::of(connection.key))?;
            let reception =
                record.reception.and_then(|place| Reception::unlink(&mut table.receptions, place));
            Some((record, reception))
        })
        .ok()??;
    if record.neighbours.previous.is_none()
        && let Some(sender) = object_table::get(record.list.sender())
    {
        sender.data().outgoing.set(record.neighbours.next);
    }
    if let Some(reception) = reception
        && reception.neighbours.previous.is_none()
        && let Some(receiver) = object_table::get(reception.receiver)
    {
        receiver.data().incoming.set(reception.neighbours.next);
    }
    Some(record.list)
}

/// The receiver of a connection; `None` if that is the sender, or if the connection has ended.
pub(crate) fn receiver_of(connection: Connection) -> Option<Object> {
    CONNECTIONS
        .try_with(|table| {
            let table = table.borrow();
            let reception = table.get(connection)?.reception?;
            table.receptions.get(reception.index()).map(|reception| reception.receiver)
        })
        .ok()?
}

/// The key of a unique connection.
pub(crate) fn key_of(connection: Connection) -> Option<ConnectionKey> {
    CONNECTIONS.try_with(|table| table.borrow().keys.get(&connection.key.index()).copied()).ok()?
}

/// The lists of the signals of `sender` that have connections, the oldest connection's first.
pub(crate) fn lists_of(sender: &dyn Node) -> SmallVec<[Rc<dyn SlotList>; 4]> {
    let mut lists = SmallVec::<[Rc<dyn SlotList>; 4]>::new();
    let _ = CONNECTIONS.try_with(|table| {
        let records = table.borrow();
        let records = records.records.places();
        let mut place = sender.data().outgoing.get();
        while let Some(record) = place.and_then(|place| records.get(place.index())) {
            // Connections of one signal often follow each other. To name a list twice does no harm.
            if !lists.last().is_some_and(|last| Rc::ptr_eq(last, &record.list)) {
                lists.push(Rc::clone(&record.list));
            }
            place = record.neighbours.next;
        }
    });
    lists.reverse();
    lists
}

/// Ends all connections that `receiver` receives; it may already be out of the object table.
pub(crate) fn disconnect_receiver(receiver: &dyn Node) {
    let mut incoming = SmallVec::<[Connection; 8]>::new();
    let _ = CONNECTIONS.try_with(|table| {
        let receptions = &table.borrow().receptions;
        let mut place = receiver.data().incoming.take();
        while let Some(reception) = place.and_then(|place| receptions.get(place.index())) {
            incoming.push(reception.connection);
            place = reception.neighbours.next;
        }
    });
    let mut sequence = Sequence::begin();
    for connection in incoming {
        sequence.step(|| connection.disconnect());
    }
}
