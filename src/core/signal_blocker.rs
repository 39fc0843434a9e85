use std::cell::Cell;

use super::handle::ObjectHandle;
use super::object_key::Object;

/// Blocks an object's signals for a scope, and then restores what was set before.
///
/// Emissions meanwhile are lost, as [`Object::block_signals`] says.
///
/// ```
/// use slotwire::{Emitter, Handle, SignalBlocker};
/// let slider = Handle::new(Emitter::<i32>::new());
/// slider.signal(|s| s).connect(|_| panic!("blocked"));
/// {
///     let _blocker = SignalBlocker::new(slider);
///     slider.with(|s| s.emit(3));
/// }
/// assert!(!slider.signals_blocked());
/// ```
#[doc(alias = "QSignalBlocker")]
#[derive(Debug)]
#[must_use = "the signals are let through again when the blocker is dropped"]
pub struct SignalBlocker {
    object: Object,
    before: bool,
    is_dismissed: Cell<bool>,
}

impl SignalBlocker {
    /// Blocks the object's signals until the blocker is dropped.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle, SignalBlocker, SignalSpy};
    /// let slider = Handle::new(Emitter::<i32>::new());
    /// let moved = SignalSpy::new(slider.signal(|s| s));
    /// let blocker = SignalBlocker::new(slider);
    /// slider.with(|s| s.emit(1));
    /// drop(blocker);
    /// slider.with(|s| s.emit(2));
    /// assert_eq!(moved.take(), [2]);
    /// # slider.delete();
    /// ```
    pub fn new(object: impl ObjectHandle) -> Self {
        let object = object.object();
        Self { object, before: object.block_signals(true), is_dismissed: Cell::new(false) }
    }

    /// Restores what was set before, ahead of the end of the scope.
    ///
    /// ```
    /// use slotwire::{Object, SignalBlocker};
    /// let slider = Object::new();
    /// let outer = SignalBlocker::new(slider);
    /// let inner = SignalBlocker::new(slider);
    /// inner.unblock();
    /// assert!(slider.signals_blocked(), "as it was before `inner`");
    /// outer.unblock();
    /// assert!(!slider.signals_blocked());
    /// # drop((outer, inner));
    /// # slider.delete();
    /// ```
    pub fn unblock(&self) {
        if !self.is_dismissed.get() {
            self.object.block_signals(self.before);
        }
    }

    /// Leaves the object as it is: the blocker has no effect any more, also when it is dropped.
    ///
    /// ```
    /// use slotwire::{Object, SignalBlocker};
    /// let slider = Object::new();
    /// let blocker = SignalBlocker::new(slider);
    /// blocker.dismiss(); // the slider is not to be heard again
    /// drop(blocker);
    /// assert!(slider.signals_blocked());
    /// # slider.delete();
    /// ```
    pub fn dismiss(&self) {
        self.is_dismissed.set(true);
    }

    /// Blocks again after [`unblock`](Self::unblock).
    ///
    /// ```
    /// use slotwire::{Emitter, Handle, SignalBlocker, SignalSpy};
    /// let slider = Handle::new(Emitter::<i32>::new());
    /// let moved = SignalSpy::new(slider.signal(|s| s));
    /// let blocker = SignalBlocker::new(slider);
    /// blocker.unblock();
    /// slider.with(|s| s.emit(1)); // this one is to be heard
    /// blocker.reblock();
    /// slider.with(|s| s.emit(2));
    /// assert_eq!(moved.take(), [1]);
    /// # slider.delete();
    /// ```
    pub fn reblock(&self) {
        if !self.is_dismissed.get() {
            self.object.block_signals(true);
        }
    }
}

impl Drop for SignalBlocker {
    fn drop(&mut self) {
        self.unblock();
    }
}
