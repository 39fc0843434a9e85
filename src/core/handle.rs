use std::any::TypeId;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;

use super::dead_handle;
use super::object_data::{Class, ObjectClass, ObjectData};
use super::object_key::Object;
use super::object_table::{self, ObjectBox};

/// A handle to an object of your own class: any `T` becomes an object by [`Handle::new`].
///
/// It is what a `QPointer<T>` is in C++: `Copy`, comparable, hashable, and it knows when the object is gone. Closures
/// capture it as C++ lambdas capture a pointer, and since it owns nothing, no cycle of handles keeps anything alive. It
/// dereferences to [`Object`], which has what every `QObject` has.
///
/// The object lives until it, or its parent, is deleted. Nothing is freed by dropping a handle; see
/// [`Object::scoped`] for an object that lives as long as a variable.
///
/// A dead handle never panics and never reaches another object: [`with`](Self::with) returns `None`, and the methods of
/// [`Object`] do nothing and return what is empty.
///
/// Methods get the value by shared reference, because a slot may call back into the object whose method is running: what
/// changes goes into a [`Cell`](std::cell::Cell) or a [`RefCell`](std::cell::RefCell).
///
/// ```
/// use slotwire::Handle;
///
/// struct Account { owner: String }
/// let account = Handle::new(Account { owner: "Ada".into() });
/// assert_eq!(account.with(|a| a.owner.clone()).as_deref(), Some("Ada"));
/// account.delete();
/// assert!(!account.is_alive());
/// assert_eq!(account.with(|a| a.owner.clone()), None);
/// ```
///
/// # A class with methods
///
/// A newtype over a handle has methods that reach the object, and signals under their own names, as the classes of this
/// crate have:
///
/// ```
/// use slotwire::{Emitter, Handle, Signal};
///
/// #[derive(Clone, Copy)]
/// struct Door(Handle<DoorPrivate>);
/// struct DoorPrivate { opened: Emitter<()> }
///
/// impl Door {
///     fn new() -> Self {
///         Door(Handle::new(DoorPrivate { opened: Emitter::new() }))
///     }
///     fn open(self) {
///         self.0.with(|door| door.opened.emit(()));
///     }
///     fn opened(self) -> Signal<()> {
///         self.0.signal(|door| &door.opened)
///     }
/// }
/// let door = Door::new();
/// door.opened().connect(|()| println!("come in"));
/// door.open();
/// ```
#[doc(alias = "QPointer")]
pub struct Handle<T> {
    object: Object,
    of: PhantomData<*const T>,
}

impl<T: 'static> Handle<T> {
    /// Makes an object of `value`. It has no parent.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use slotwire::{Application, Handle};
    /// struct Log { lines: RefCell<Vec<String>> }
    /// let log = Handle::new(Log { lines: RefCell::default() });
    /// log.set_object_name("log"); // it has what every object has
    /// Application::about_to_quit().connect(move |()| {
    ///     log.with(|log| println!("{} lines", log.lines.borrow().len()));
    /// });
    /// # log.delete();
    /// ```
    pub fn new(value: T) -> Self {
        Self::new_cyclic(|_| value)
    }

    /// Makes an object whose constructor gets its handle, C++'s `this`. The object is alive once `construct` has
    /// returned; the handle is dead until then.
    ///
    /// ```
    /// use slotwire::Handle;
    /// struct Node { me: Handle<Node> }
    /// let node = Handle::new_cyclic(|me| Node { me });
    /// assert_eq!(node.with(|n| n.me), Some(node));
    /// ```
    pub fn new_cyclic(construct: impl FnOnce(Self) -> T) -> Self {
        Self::construct(None, construct)
    }

    /// Makes an object of a class of this crate.
    pub(crate) fn new_class(value: T) -> Self
    where
        T: ObjectClass,
    {
        Self::construct(Some(Class::of::<T>()), |_| value)
    }

    pub(crate) fn construct(class: Option<&'static Class>, construct: impl FnOnce(Self) -> T) -> Self {
        let reserved = Reserved(object_table::reserve());
        let handle = Self { object: reserved.0, of: PhantomData };
        let value = construct(handle);
        let data = ObjectData::new(class);
        object_table::occupy(Rc::new(ObjectBox { object: handle.object, data, value }));
        std::mem::forget(reserved);
        handle
    }

    /// Calls `f` with the object's value and returns what that returns, `None` if the object is dead.
    ///
    /// The object may be deleted while `f` runs: the reference stays valid, and the handle is dead.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use slotwire::Handle;
    /// let log = Handle::new(RefCell::new(Vec::new()));
    /// log.with(|lines| lines.borrow_mut().push("started"));
    /// assert_eq!(log.with(|lines| lines.borrow().len()), Some(1));
    /// log.delete();
    /// assert_eq!(log.with(|lines| lines.borrow().len()), None);
    /// ```
    #[inline]
    pub fn with<R>(self, f: impl FnOnce(&T) -> R) -> Option<R> {
        self.with_object(|object| f(&object.value))
    }

    /// Calls `f` with the object itself, `None` if it is dead.
    #[inline]
    pub(crate) fn with_object<R>(self, f: impl FnOnce(&Rc<ObjectBox<T>>) -> R) -> Option<R> {
        self.get_box().map(|object| f(&object))
    }

    /// A reference to the object's value, `None` if the object is dead. It may be deleted while the reference exists, which
    /// then stays valid.
    ///
    /// ```
    /// use slotwire::Handle;
    /// let text = Handle::new(String::from("hello"));
    /// let held = text.get().unwrap();
    /// text.delete();
    /// assert_eq!(held.len(), 5);
    /// assert!(text.get().is_none());
    /// ```
    pub fn get(self) -> Option<ObjectRef<T>> {
        self.get_box().map(ObjectRef)
    }

    #[inline]
    pub(crate) fn get_box(self) -> Option<Rc<ObjectBox<T>>> {
        let living = object_table::get_as(self.object);
        if living.is_none() {
            dead_handle::used(self.object);
        }
        living
    }
}

/// A reserved entry of the table; given back if the constructor panics.
struct Reserved(Object);

impl Drop for Reserved {
    fn drop(&mut self) {
        object_table::release(self.0);
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

impl<T> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.object == other.object
    }
}

impl<T> Eq for Handle<T> {}

impl<T> Hash for Handle<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.object.hash(state);
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.object, f)
    }
}

impl<T> Deref for Handle<T> {
    type Target = Object;
    fn deref(&self) -> &Object {
        &self.object
    }
}

impl<T> From<Handle<T>> for Object {
    fn from(handle: Handle<T>) -> Self {
        handle.object
    }
}

/// A reference to an object's value, from [`Handle::get`]. It keeps the value in memory, but not the object alive.
///
/// ```
/// use slotwire::{Handle, ObjectRef};
/// let text = Handle::new(String::from("hello"));
/// let held: ObjectRef<String> = text.get().unwrap();
/// assert_eq!(held.to_uppercase(), "HELLO");
/// ```
pub struct ObjectRef<T: 'static>(Rc<ObjectBox<T>>);

impl<T> Deref for ObjectRef<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T: fmt::Debug> fmt::Debug for ObjectRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.value, f)
    }
}

/// Any kind of handle: [`Object`], [`Handle<T>`] and the classes of this crate. It cannot be implemented elsewhere.
///
/// ```
/// use slotwire::{ObjectHandle, Timer};
///
/// fn describe(receiver: impl ObjectHandle) -> String {
///     let object = receiver.object();
///     format!("{} {:?}", object.class_name(), object.object_name())
/// }
/// let timer = Timer::new();
/// timer.set_object_name("heartbeat");
/// assert_eq!(describe(timer), "Timer \"heartbeat\"");
/// ```
pub trait ObjectHandle: sealed::Sealed + Copy + 'static {
    /// The type to which a slot with this receiver gets a reference: the value of a [`Handle<T>`], else the handle itself.
    ///
    /// ```
    /// use slotwire::{Handle, ObjectHandle, Timer};
    /// use std::time::Duration;
    ///
    /// fn every_second<H: ObjectHandle>(receiver: H, slot: impl Fn(&H::Target) + 'static) {
    ///     let timer = Timer::new();
    ///     timer.set_parent(receiver);
    ///     timer.timeout().connect_to(receiver, move |receiver, ()| slot(receiver));
    ///     timer.start(Duration::from_secs(1));
    /// }
    /// every_second(Handle::new(String::from("Ada")), |name| println!("{name} is here"));
    /// ```
    type Target: ?Sized + 'static;

    /// The untyped handle.
    ///
    /// ```
    /// use slotwire::{Object, ObjectHandle, Timer};
    /// fn root_of(handle: impl ObjectHandle) -> Object {
    ///     let mut object = handle.object();
    ///     while let Some(parent) = object.parent() {
    ///         object = parent;
    ///     }
    ///     object
    /// }
    /// let (window, timer) = (Object::new(), Timer::new());
    /// timer.set_parent(window);
    /// assert_eq!(root_of(timer), window);
    /// ```
    fn object(self) -> Object;

    /// That object as one of this class; `None` if it is dead or of another class. See [`Object::cast`].
    ///
    /// ```
    /// use slotwire::{Object, ObjectHandle, Timer};
    /// fn count<H: ObjectHandle>(children: &[Object]) -> usize {
    ///     children.iter().filter_map(|child| H::from_object(*child)).count()
    /// }
    /// let window = Object::new();
    /// Timer::new().set_parent(window);
    /// assert_eq!(count::<Timer>(&window.children()), 1);
    /// ```
    fn from_object(object: Object) -> Option<Self>;

    /// Calls `f` with the target, `None` if the object is dead.
    ///
    /// ```
    /// use slotwire::{ObjectHandle, Timer};
    /// let timer = Timer::new();
    /// assert_eq!(ObjectHandle::with(timer, |timer| timer.is_active()), Some(false));
    /// timer.delete();
    /// assert_eq!(ObjectHandle::with(timer, |timer| timer.is_active()), None);
    /// ```
    fn with<R>(self, f: impl FnOnce(&Self::Target) -> R) -> Option<R>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

impl<T> sealed::Sealed for Handle<T> {}

impl<T: 'static> ObjectHandle for Handle<T> {
    type Target = T;
    #[inline]
    fn object(self) -> Object {
        self.object
    }
    fn from_object(object: Object) -> Option<Self> {
        let node = object_table::get(object)?;
        (node.value_type() == TypeId::of::<T>()).then_some(Self { object, of: PhantomData })
    }
    #[inline]
    fn with<R>(self, f: impl FnOnce(&T) -> R) -> Option<R> {
        Self::with(self, f)
    }
}

impl sealed::Sealed for Object {}

impl ObjectHandle for Object {
    type Target = Self;
    #[inline]
    fn object(self) -> Object {
        self
    }
    fn from_object(object: Object) -> Option<Self> {
        object_table::is_alive(object).then_some(object)
    }
    fn with<R>(self, f: impl FnOnce(&Self) -> R) -> Option<R> {
        object_table::is_alive(self).then(|| f(&self))
    }
}
