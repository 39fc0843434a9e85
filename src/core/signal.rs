use std::any::type_name;
use std::cell::OnceCell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use super::args::Args;
use super::connection::{self, Connection, ConnectionType, Delivery};
use super::event_dispatcher;
use super::handle::{Handle, ObjectHandle};
use super::object_key::Object;
use super::object_table::{self, Node, ObjectBox};
use super::slot_list::{SlotFn, SlotList, Slots};

/// The owner's end of a signal: a field of the object that emits it.
///
/// Only the code that has the field can emit, as a Qt signal is emitted by its class. Others connect to the [`Signal`], which
/// [`Handle::signal`] makes.
///
/// A signal that nobody is connected to costs one branch and eight bytes; it allocates with its first connection.
///
/// ```
/// use slotwire::{Emitter, Handle};
///
/// struct Counter { value: std::cell::Cell<i32>, value_changed: Emitter<i32> }
/// impl Counter {
///     fn set_value(&self, value: i32) {
///         if self.value.replace(value) != value {
///             self.value_changed.emit(value);
///         }
///     }
/// }
/// let a = Handle::new(Counter { value: 0.into(), value_changed: Emitter::new() });
/// let b = Handle::new(Counter { value: 0.into(), value_changed: Emitter::new() });
/// a.signal(|c| &c.value_changed).connect_to(b, |b, value| b.set_value(value));
/// a.with(|a| a.set_value(12));
/// assert_eq!(b.with(|b| b.value.get()), Some(12));
/// ```
#[doc(alias = "Q_SIGNAL")]
pub struct Emitter<A: Args + ?Sized> {
    slots: OnceCell<Rc<Slots<A>>>,
}

impl<A: Args + ?Sized> Emitter<A> {
    /// A signal without connections.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle};
    /// struct Player { finished: Emitter<()>, moved: Emitter<u64> }
    /// let player = Handle::new(Player { finished: Emitter::new(), moved: Emitter::new() });
    /// player.signal(|p| &p.moved).connect(|seconds| println!("at {seconds} s"));
    /// player.signal(|p| &p.finished).connect(|()| println!("the end"));
    /// # player.delete();
    /// ```
    pub const fn new() -> Self {
        Self { slots: OnceCell::new() }
    }

    /// Calls the connected slots, in the order in which they were connected.
    ///
    /// A slot may do anything, also connect, disconnect, emit again, and delete the sender or a receiver. One that is
    /// connected meanwhile is not called by this emission, one that is disconnected is not called any more; when the
    /// sender is deleted, no further slot runs. So after this returns, assume anything, and check whether your object is
    /// still in the state you need.
    ///
    /// A slot that panics ends the emission, and the panic reaches the caller of `emit`; the connections stay.
    ///
    /// Does nothing while the object's signals are blocked, and when the object is dead.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use slotwire::{Emitter, Handle};
    /// struct Volume { percent: Cell<u8>, changed: Emitter<u8> }
    /// let volume = Handle::new(Volume { percent: Cell::new(0), changed: Emitter::new() });
    /// volume.signal(|v| &v.changed).connect_to(volume, |volume, percent| {
    ///     assert_eq!(volume.percent.get(), percent);
    /// });
    /// volume.with(|volume| {
    ///     volume.percent.set(40); // the state first, the signal last
    ///     volume.changed.emit(40);
    /// });
    /// # volume.delete();
    /// ```
    #[doc(alias = "Q_EMIT")]
    #[inline]
    pub fn emit(&self, args: A::Ref<'_>) {
        if let Some(slots) = self.slots.get() {
            slots.emit(args);
        }
    }

    /// Returns whether anything is connected.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle};
    /// struct Camera { frame_taken: Emitter<[u8]> }
    /// impl Camera {
    ///     fn tick(&self) {
    ///         if self.frame_taken.is_connected() {
    ///             self.frame_taken.emit(&self.take_frame());
    ///         }
    ///     }
    ///     fn take_frame(&self) -> Vec<u8> { unreachable!("nobody looks") }
    /// }
    /// let camera = Handle::new(Camera { frame_taken: Emitter::new() });
    /// camera.with(Camera::tick);
    /// # camera.delete();
    /// ```
    #[doc(alias = "isSignalConnected")]
    #[inline]
    pub fn is_connected(&self) -> bool {
        self.slots.get().is_some_and(|slots| slots.is_connected())
    }

    /// As [`emit`](Self::emit), but also when the object's signals are blocked, or when it is being deleted.
    pub(crate) fn emit_unblocked(&self, args: A::Ref<'_>) {
        if let Some(slots) = self.slots.get() {
            slots.open();
            slots.emit(args);
        }
    }

    pub(crate) fn sever(&self) {
        if let Some(slots) = self.slots.get() {
            slots.sever();
        }
    }

    /// Returns whether that list is this signal's.
    pub(crate) fn is_list(&self, list: &Rc<dyn SlotList>) -> bool {
        self.slots.get().is_some_and(|slots| std::ptr::addr_eq(Rc::as_ptr(slots), Rc::as_ptr(list)))
    }

    fn slots_of(&self, owner: &dyn Node) -> &Rc<Slots<A>> {
        self.slots.get_or_init(|| Rc::new(Slots::new(owner.object())))
    }
}

impl<A: Args + ?Sized> Default for Emitter<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Args + ?Sized> Drop for Emitter<A> {
    fn drop(&mut self) {
        self.sever();
    }
}

impl<A: Args + ?Sized> fmt::Debug for Emitter<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = self.slots.get().map_or(0, |slots| slots.len());
        write!(f, "Emitter<{}>({connections} connections)", type_name::<A>())
    }
}

/// A signal as others connect to it: a sender and one of its signals, as Qt's `(sender, &Class::signal)`.
///
/// It is `Copy` and holds nothing alive. Connecting to a signal of a dead object connects nothing.
///
/// Slots are `Fn`, because a slot that causes its own signal to be emitted is called again inside itself, as in Qt. What a
/// slot changes is kept in a `Cell` or `RefCell`, or the slot is connected by [`connect_mut`](Self::connect_mut).
///
/// ```
/// use slotwire::{Emitter, Handle, Signal};
/// let button = Handle::new(Emitter::<()>::new());
/// let clicked: Signal<()> = button.signal(|b| b);
/// clicked.connect(|()| println!("clicked"));
/// button.with(|b| b.emit(()));
/// ```
#[doc(alias = "Q_SIGNALS")]
#[doc(alias = "fromSignal")]
pub struct Signal<A: Args + ?Sized> {
    sender: Object,
    locate: &'static dyn Locate<A>,
}

impl<A: Args + ?Sized> Signal<A> {
    /// The signal of `sender` that `which` finds in it.
    pub(crate) fn new<T, F>(sender: Object, which: F) -> Self
    where
        T: 'static,
        F: Fn(&T) -> &Emitter<A> + Copy + 'static,
    {
        const { assert!(size_of::<F>() == 0, "a signal is named by a closure that captures nothing") }
        // Of size zero, so nothing is allocated and nothing leaks.
        Self { sender, locate: Box::leak(Box::new(Locator { which, of: PhantomData::<fn(&T)> })) }
    }

    pub(crate) fn name_changed(sender: Object) -> Self
    where
        NameChanged: Locate<A>,
    {
        Self { sender, locate: &NameChanged }
    }

    pub(crate) fn destroyed(sender: Object) -> Self
    where
        Destroyed: Locate<A>,
    {
        Self { sender, locate: &Destroyed }
    }

    /// The object that emits this signal.
    ///
    /// ```
    /// use slotwire::{Signal, Timer};
    /// fn log(signal: Signal<()>) {
    ///     let sender = signal.sender();
    ///     signal.connect(move |()| println!("a signal of {}", sender.object_name()));
    /// }
    /// let timer = Timer::new();
    /// log(timer.timeout());
    /// assert_eq!(timer.timeout().sender(), *timer);
    /// # timer.delete();
    /// ```
    pub fn sender(self) -> Object {
        self.sender
    }

    /// Calls `slot` with the arguments of every emission, before [`emit`](Emitter::emit) returns. The connection ends with the
    /// sender.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle};
    /// let button = Handle::new(Emitter::<str>::new());
    /// button.signal(|b| b).connect(|text| assert_eq!(text, "pressed"));
    /// button.with(|b| b.emit("pressed"));
    /// ```
    pub fn connect<F>(self, slot: F) -> Connection
    where
        F: for<'a> Fn(A::Ref<'a>) + 'static,
    {
        self.connect_with(ConnectionType::AUTO, slot)
    }

    /// Calls `slot` with `receiver` and the arguments. The connection ends with the sender or the receiver, whichever
    /// is deleted first.
    ///
    /// The slot can be a method of the receiver's class:
    ///
    /// ```
    /// use slotwire::{Emitter, Handle};
    /// struct Label;
    /// impl Label {
    ///     fn set_text(&self, text: &str) { println!("{text}"); }
    /// }
    /// let button = Handle::new(Emitter::<str>::new());
    /// let label = Handle::new(Label);
    /// let connection = button.signal(|b| b).connect_to(label, Label::set_text);
    /// label.delete();
    /// assert!(!connection.is_connected());
    /// ```
    #[doc(alias = "connect")]
    pub fn connect_to<H, F>(self, receiver: H, slot: F) -> Connection
    where
        H: ObjectHandle,
        F: for<'a> Fn(&H::Target, A::Ref<'a>) + 'static,
    {
        self.connect_to_with(ConnectionType::AUTO, receiver, slot)
    }

    /// As [`connect`](Self::connect), in the way that `connection_type` says. A queued slot is not called any more when the
    /// sender is dead.
    ///
    /// ```
    /// use slotwire::{Application, ConnectionType, Emitter, Handle};
    /// let button = Handle::new(Emitter::<i32>::new());
    /// let clicked = button.signal(|b| b);
    /// clicked.connect_with(ConnectionType::QUEUED, |n| println!("{n}, from the event loop"));
    /// clicked.connect_with(ConnectionType::AUTO.single_shot(), |n| println!("{n}, once"));
    /// button.with(|b| b.emit(1));
    /// Application::process_events();
    /// ```
    #[doc(alias = "connect")]
    pub fn connect_with<F>(self, connection_type: ConnectionType, slot: F) -> Connection
    where
        F: for<'a> Fn(A::Ref<'a>) + 'static,
    {
        match connection_type.delivery {
            Delivery::Direct => self.add(connection_type, None, |_| slot),
            Delivery::Queued => {
                let (slot, sender) = (Rc::new(slot), self.sender);
                self.add(connection_type, None, move |_| {
                    move |args: A::Ref<'_>| {
                        let (slot, args) = (Rc::clone(&slot), A::keep(args));
                        event_dispatcher::post_slot_call(sender, sender, move || slot(A::lend(&args)));
                    }
                })
            }
        }
    }

    /// As [`connect_to`](Self::connect_to), in the way that `connection_type` says. A queued slot is not called any more when
    /// the receiver is dead; if only the sender is, it is called.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use slotwire::{Application, ConnectionType, Emitter, Handle};
    /// let slider = Handle::new(Emitter::<i32>::new());
    /// let label = Handle::new(Cell::new(0));
    /// slider.signal(|s| s).connect_to_with(ConnectionType::QUEUED, label, Cell::set);
    /// slider.with(|s| s.emit(7));
    /// assert_eq!(label.with(Cell::get), Some(0), "it is queued");
    /// Application::process_events();
    /// assert_eq!(label.with(Cell::get), Some(7));
    /// # slider.delete();
    /// # label.delete();
    /// ```
    #[doc(alias = "connect")]
    pub fn connect_to_with<H, F>(self, connection_type: ConnectionType, receiver: H, slot: F) -> Connection
    where
        H: ObjectHandle,
        F: for<'a> Fn(&H::Target, A::Ref<'a>) + 'static,
    {
        let context = Some(receiver.object());
        match connection_type.delivery {
            Delivery::Direct => self.add(connection_type, context, move |_| {
                move |args: A::Ref<'_>| {
                    receiver.with(|receiver| slot(receiver, args));
                }
            }),
            Delivery::Queued => {
                let (slot, sender) = (Rc::new(slot), self.sender);
                self.add(connection_type, context, move |_| {
                    move |args: A::Ref<'_>| {
                        let (slot, args) = (Rc::clone(&slot), A::keep(args));
                        event_dispatcher::post_slot_call(sender, receiver.object(), move || {
                            receiver.with(|receiver| slot(receiver, A::lend(&args)));
                        });
                    }
                })
            }
        }
    }

    /// Emits `other` with every emission of this signal: signal to signal. The connection ends with the sender of either.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle};
    /// struct Button { clicked: Emitter<()> }
    /// struct Dialog { accepted: Emitter<()> }
    /// let button = Handle::new(Button { clicked: Emitter::new() });
    /// let dialog = Handle::new(Dialog { accepted: Emitter::new() });
    /// button.signal(|b| &b.clicked).connect_signal(dialog.signal(|d| &d.accepted));
    ///
    /// dialog.signal(|d| &d.accepted).connect(|()| println!("accepted"));
    /// button.with(|b| b.clicked.emit(()));
    /// ```
    #[doc(alias = "connect")]
    pub fn connect_signal(self, other: Self) -> Connection {
        self.add(ConnectionType::AUTO, Some(other.sender), move |_| {
            move |args: A::Ref<'_>| {
                if let Some(node) = object_table::get(other.sender)
                    && let Some(emitter) = other.locate.emitter(&*node)
                {
                    emitter.emit(args);
                }
            }
        })
    }

    /// Ends all connections of this signal. Returns how many there were.
    ///
    /// ```
    /// use slotwire::Timer;
    /// let timer = Timer::new();
    /// timer.timeout().connect(|()| println!("tick"));
    /// timer.timeout().connect(|()| println!("tock"));
    /// assert_eq!(timer.timeout().disconnect_all(), 2);
    /// assert!(!timer.timeout().is_connected());
    /// # timer.delete();
    /// ```
    #[doc(alias = "disconnect")]
    pub fn disconnect_all(self) -> usize {
        self.disconnect_where(|_| true)
    }

    /// Ends all connections of this signal that were made with `connect_to` for that receiver. Returns how many there
    /// were.
    ///
    /// ```
    /// use slotwire::{Handle, Timer};
    /// let (clock, alarm) = (Handle::new("clock"), Handle::new("alarm"));
    /// let timer = Timer::new();
    /// timer.timeout().connect_to(clock, |name, ()| println!("{name}"));
    /// timer.timeout().connect_to(alarm, |name, ()| println!("{name}"));
    /// assert_eq!(timer.timeout().disconnect_receiver(alarm), 1);
    /// assert!(timer.timeout().is_connected(), "the other one stays");
    /// # timer.delete();
    /// # clock.delete();
    /// # alarm.delete();
    /// ```
    #[doc(alias = "disconnect")]
    pub fn disconnect_receiver(self, receiver: impl ObjectHandle) -> usize {
        let receiver = receiver.object();
        self.disconnect_where(|context| context == Some(receiver))
    }

    /// Returns whether anything is connected to this signal.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// assert!(!socket.error_occurred().is_connected(), "nobody would hear of a failure");
    /// socket.error_occurred().connect(|error| eprintln!("{error}"));
    /// assert!(socket.error_occurred().is_connected());
    /// # socket.delete();
    /// ```
    #[doc(alias = "isSignalConnected")]
    pub fn is_connected(self) -> bool {
        self.with_emitter(|_, emitter| emitter.is_connected()).unwrap_or(false)
    }

    fn disconnect_where(self, condition: impl Fn(Option<Object>) -> bool) -> usize {
        let slots = self.with_emitter(|_, emitter| emitter.slots.get().cloned()).flatten();
        slots.map_or(0, |slots| slots.disconnect_where(&condition))
    }

    fn with_emitter<R>(self, f: impl FnOnce(&dyn Node, &Emitter<A>) -> R) -> Option<R> {
        let node = self.sender.living()?;
        let emitter = self.locate.emitter(&*node)?;
        Some(f(&*node, emitter))
    }

    /// Adds a slot, made by `make`, which gets its connection.
    pub(super) fn add<F, M>(
        self,
        connection_type: ConnectionType,
        context: Option<Object>,
        make: M,
    ) -> Connection
    where
        F: for<'a> Fn(A::Ref<'a>) + 'static,
        M: FnOnce(Connection) -> F,
    {
        let receiver = match context {
            Some(receiver) => match object_table::get(receiver) {
                Some(node) => Some(node),
                None => return Connection::NULL,
            },
            None => None,
        };
        self.with_emitter(|owner, emitter| {
            let slots = emitter.slots_of(owner);
            if connection_type.key.is_some_and(|key| slots.has_key(key)) {
                return Connection::NULL;
            }
            // A list without connections has nothing to do.
            slots.set_blocked(owner.data().signals_blocked.get());
            let ConnectionType { single_shot, key, .. } = connection_type;
            let list = Rc::clone(slots) as Rc<dyn SlotList>;
            let connection = connection::register(list, owner, receiver.as_deref(), key);
            let slot = make(connection);
            let slot: Rc<SlotFn<A>> = if single_shot {
                // The connection ends before its slot runs.
                Rc::new(move |args: A::Ref<'_>| {
                    connection.disconnect();
                    slot(args);
                })
            } else {
                Rc::new(slot)
            };
            slots.push(connection, slot);
            connection
        })
        .unwrap_or(Connection::NULL)
    }
}

impl<A: Args + ?Sized> Clone for Signal<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Args + ?Sized> Copy for Signal<A> {}

impl<A: Args + ?Sized> fmt::Debug for Signal<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signal<{}>(of {:?})", type_name::<A>(), self.sender)
    }
}

/// Finds an emitter in an object, without its type.
pub(crate) trait Locate<A: Args + ?Sized> {
    fn emitter<'n>(&self, node: &'n dyn Node) -> Option<&'n Emitter<A>>;
}

struct Locator<T, F> {
    which: F,
    of: PhantomData<fn(&T)>,
}

impl<A, T, F> Locate<A> for Locator<T, F>
where
    A: Args + ?Sized,
    T: 'static,
    F: Fn(&T) -> &Emitter<A>,
{
    fn emitter<'n>(&self, node: &'n dyn Node) -> Option<&'n Emitter<A>> {
        node.value().downcast_ref().map(|value| (self.which)(value))
    }
}

/// `QObject::objectNameChanged` is a signal of every object.
pub(crate) struct NameChanged;

impl Locate<str> for NameChanged {
    fn emitter<'n>(&self, node: &'n dyn Node) -> Option<&'n Emitter<str>> {
        Some(&node.data().rare_mut().name_changed)
    }
}

/// `QObject::destroyed` is one, too.
pub(crate) struct Destroyed;

impl Locate<Object> for Destroyed {
    fn emitter<'n>(&self, node: &'n dyn Node) -> Option<&'n Emitter<Object>> {
        Some(&node.data().rare_mut().destroyed)
    }
}

impl<T: 'static> Handle<T> {
    /// The signal that `which` names, for others to connect to. `which` is a closure that captures nothing and returns a field;
    /// with one that captures something the program does not compile.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle};
    /// struct Door { opened: Emitter<()> }
    /// let door = Handle::new(Door { opened: Emitter::new() });
    /// door.signal(|d| &d.opened).connect(|()| println!("it is open"));
    /// ```
    pub fn signal<A, F>(self, which: F) -> Signal<A>
    where
        A: Args + ?Sized,
        F: Fn(&T) -> &Emitter<A> + Copy + 'static,
    {
        Signal::new(self.object(), which)
    }
}

/// A signal's owner is reached from its box when a class of this crate emits for itself.
impl<T> ObjectBox<T> {
    pub(crate) fn is_alive(&self) -> bool {
        object_table::is_alive(self.object)
    }
}
