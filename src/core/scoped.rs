use std::ops::Deref;

use super::handle::{Handle, ObjectHandle};
use super::object_key::Object;

/// Deletes its object when it is dropped: a C++ object on the stack. Made by `scoped`, which every handle has, as
/// [`Object::scoped`].
///
/// ```
/// use slotwire::{Handle, Scoped};
/// let handle;
/// {
///     let scoped = Scoped::new(Handle::new("local"));
///     handle = *scoped;
///     assert!(handle.is_alive());
/// }
/// assert!(!handle.is_alive());
/// ```
#[doc(alias = "QScopedPointer")]
#[derive(Debug)]
#[must_use = "the object is deleted when the guard is dropped"]
pub struct Scoped<H: ObjectHandle>(H);

impl<H: ObjectHandle> Scoped<H> {
    /// Ties the object's life to this guard.
    ///
    /// ```
    /// use slotwire::{Application, Handle, Scoped};
    /// fn greet(name: &str) -> Option<String> {
    ///     let greeting = Scoped::new(Handle::new(format!("Hello, {name}!")));
    ///     greeting.with(String::clone) // and here the object ends
    /// }
    /// assert_eq!(greet("Ada").as_deref(), Some("Hello, Ada!"));
    /// assert_eq!(Application::object_count(), 0);
    /// ```
    pub fn new(handle: H) -> Self {
        Self(handle)
    }

    /// Lets the object live on without the guard, and returns its handle.
    ///
    /// ```
    /// use slotwire::Timer;
    /// fn timer_of(seconds: &str) -> Result<Timer, std::num::ParseIntError> {
    ///     let timer = Timer::new().scoped();
    ///     let seconds = seconds.parse()?; // an error deletes the timer
    ///     timer.set_interval(std::time::Duration::from_secs(seconds));
    ///     Ok(timer.release())
    /// }
    /// assert!(timer_of("ten").is_err());
    /// assert!(timer_of("10").is_ok_and(|timer| timer.is_alive()));
    /// ```
    pub fn release(self) -> H {
        let handle = self.0;
        std::mem::forget(self);
        handle
    }
}

impl<H: ObjectHandle> Deref for Scoped<H> {
    type Target = H;
    fn deref(&self) -> &H {
        &self.0
    }
}

impl<H: ObjectHandle> Drop for Scoped<H> {
    fn drop(&mut self) {
        self.0.object().delete();
    }
}

impl<T: 'static> Handle<T> {
    /// A guard that deletes the object when it is dropped: a C++ object on the stack.
    ///
    /// ```
    /// use slotwire::Handle;
    /// struct Session { user: &'static str }
    /// let session = Handle::new(Session { user: "Ada" }).scoped();
    /// let handle = *session;
    /// assert_eq!(handle.with(|session| session.user), Some("Ada"));
    /// drop(session);
    /// assert_eq!(handle.with(|session| session.user), None);
    /// ```
    pub fn scoped(self) -> Scoped<Self> {
        Scoped::new(self)
    }
}

impl Object {
    /// A guard that deletes the object when it is dropped: a C++ object on the stack.
    ///
    /// ```
    /// use slotwire::{Object, Timer};
    /// let timer = Timer::new();
    /// {
    ///     let owner = Object::new().scoped();
    ///     timer.set_parent(*owner);
    /// }
    /// assert!(!timer.is_alive(), "deleted with its owner");
    /// ```
    #[doc(alias = "QScopedPointer")]
    pub fn scoped(self) -> Scoped<Self> {
        Scoped::new(self)
    }
}
