use std::marker::PhantomData;

use super::table::Key;

/// An untyped handle to an object: what `QObject *` is in C++, but it knows when the object is gone.
///
/// Eight bytes, `Copy`, comparable and hashable, also when the object is gone: a dead handle equals only itself, so it can
/// stay a key in a map. It cannot leave its thread. All other handles ([`Handle<T>`](crate::Handle),
/// [`WebSocket`](crate::WebSocket), [`Timer`](crate::Timer) …) dereference to it.
///
/// # Ownership
///
/// An object belongs to its parent and is deleted with it. One without a parent lives until somebody calls
/// [`delete`](Self::delete) or [`delete_later`](Self::delete_later); [`Application::dump_objects`] shows
/// what was never deleted.
///
/// [`Application::dump_objects`]: crate::Application::dump_objects
///
/// ```
/// use slotwire::{Handle, Object};
///
/// let window = Object::new();
/// let button = Handle::new("OK");
/// button.set_parent(window);
/// window.delete();
/// assert!(!button.is_alive());
/// ```
#[doc(alias = "QObject")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Object {
    pub(super) key: Key,
    not_send: PhantomData<*const ()>,
}

impl Object {
    /// A dead handle, for a thread that is ending and can have no objects any more.
    pub(super) const NULL: Self = Self::of(Key::NULL);

    pub(super) const fn of(key: Key) -> Self {
        Self { key, not_send: PhantomData }
    }
}
