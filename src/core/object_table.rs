//! The living objects of the thread (private), and the access to their values.
//!
//! A lookup clones the object's `Rc` and lets the table go before anybody does anything with it, so no borrow of the
//! table is ever open while foreign code runs, and deleting an object under a running method leaves valid memory.

use std::any::{Any, TypeId, type_name};
use std::cell::{Cell, RefCell};
use std::mem;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::rc::Rc;

use super::dead_handle;
use super::object_data::ObjectData;
use super::object_key::Object;
use super::sequence::drop_at_end_of_thread;
use super::spare_memory;
use super::table::{self, Table};

/// An object in memory: what every object has, and the value of its class.
pub(crate) struct ObjectBox<T: ?Sized> {
    pub(crate) object: Object,
    pub(crate) data: ObjectData,
    pub(crate) value: T,
}

/// A class of this crate has its methods here, so that they reach the fields of the class as their own, and can hand the object
/// on to a timer or a connection.
impl<T> Deref for ObjectBox<T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

/// An object of any class.
pub(crate) trait Node: Any {
    fn object(&self) -> Object;
    fn data(&self) -> &ObjectData;
    fn value(&self) -> &dyn Any;
    fn class_name(&self) -> &'static str;
    fn value_type(&self) -> TypeId;
}

impl<T: 'static> Node for ObjectBox<T> {
    fn object(&self) -> Object {
        self.object
    }
    fn data(&self) -> &ObjectData {
        &self.data
    }
    fn value(&self) -> &dyn Any {
        &self.value
    }
    fn class_name(&self) -> &'static str {
        self.data.class.map_or_else(type_name::<T>, |class| class.name)
    }
    fn value_type(&self) -> TypeId {
        TypeId::of::<T>()
    }
}

struct Entry {
    generation: NonZeroU32,
    /// `None` while the value is being constructed.
    node: Option<Rc<dyn Node>>,
}

impl table::Entry for Entry {
    #[inline]
    fn generation(&self) -> NonZeroU32 {
        self.generation
    }
}

struct ObjectTable(Table<Entry>);

impl Drop for ObjectTable {
    fn drop(&mut self) {
        drop_at_end_of_thread(mem::take(&mut self.0).into_entries());
    }
}

thread_local! {
    static OBJECTS: RefCell<ObjectTable> =
        const { RefCell::new(ObjectTable(Table::new())) };
    /// The number of living objects, kept outside of the table so that it can be read in a destructor.
    static ALIVE: Cell<usize> = const { Cell::new(0) };
}

/// Reserves an entry for an object that is about to be constructed. It is not alive before [`occupy`].
pub(crate) fn reserve() -> Object {
    let reserved = OBJECTS.try_with(|table| {
        table.borrow_mut().0.insert(|key| Entry { generation: key.generation(), node: None })
    });
    reserved.ok().flatten().map_or(Object::NULL, Object::of)
}

/// Puts the constructed object into its reserved entry. From here on it is alive.
pub(crate) fn occupy(node: Rc<dyn Node>) {
    let object = node.object();
    let _ = OBJECTS.try_with(|table| {
        if let Some(entry) = table.borrow_mut().0.get_mut(object.key) {
            entry.node = Some(node);
            ALIVE.set(ALIVE.get() + 1);
        }
    });
}

/// Gives a reserved entry back whose object was never constructed.
pub(crate) fn release(object: Object) {
    let _ = OBJECTS.try_with(|table| {
        table.borrow_mut().0.remove(object.key);
    });
}

/// The living object of that handle.
#[inline]
pub(crate) fn get(object: Object) -> Option<Rc<dyn Node>> {
    OBJECTS.try_with(|table| table.borrow().0.get(object.key)?.node.clone()).ok()?
}

/// The living object of that handle, if its value is a `T`.
#[inline]
pub(crate) fn get_as<T: 'static>(object: Object) -> Option<Rc<ObjectBox<T>>> {
    let node: Rc<dyn Any> = get(object)?;
    node.downcast().ok()
}

#[inline]
pub(crate) fn is_alive(object: Object) -> bool {
    OBJECTS
        .try_with(|table| table.borrow().0.get(object.key).is_some_and(|entry| entry.node.is_some()))
        .unwrap_or(false)
}

/// Empties the object's entry: from here on its handles are dead.
pub(crate) fn take(object: Object) -> Option<Rc<dyn Node>> {
    OBJECTS
        .try_with(|table| {
            let table = &mut table.borrow_mut().0;
            table.get(object.key)?.node.as_ref()?;
            if table.is_oversized() {
                spare_memory::kept();
            }
            ALIVE.set(ALIVE.get() - 1);
            table.remove(object.key)?.node
        })
        .ok()?
}

/// Gives back what the table has more than it needs.
pub(crate) fn shrink() {
    let _ = OBJECTS.try_with(|table| table.borrow_mut().0.shrink());
}

/// The number of living objects of this thread.
pub(crate) fn count() -> usize {
    ALIVE.get()
}

/// All living objects of this thread, in no particular order.
pub(crate) fn all() -> Vec<Rc<dyn Node>> {
    OBJECTS
        .try_with(|table| table.borrow().0.iter().filter_map(|entry| entry.node.clone()).collect())
        .unwrap_or_default()
}

impl Object {
    /// The object itself, for a call that a dead handle does not answer.
    pub(super) fn living(self) -> Option<Rc<dyn Node>> {
        let node = get(self);
        if node.is_none() {
            dead_handle::used(self);
        }
        node
    }
}
