use super::handle::ObjectHandle;
use super::object::Object;

/// Blocks an object's signals for a scope, and then sets what was before.
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
}

impl SignalBlocker {
    /// Blocks the object's signals until the blocker is dropped.
    pub fn new(object: impl ObjectHandle) -> Self {
        let object = object.object();
        Self { object, before: object.block_signals(true) }
    }

    /// Sets what was before, ahead of the end of the scope.
    pub fn unblock(&self) {
        self.object.block_signals(self.before);
    }

    /// Blocks again after [`unblock`](Self::unblock).
    pub fn reblock(&self) {
        self.object.block_signals(true);
    }
}

impl Drop for SignalBlocker {
    fn drop(&mut self) {
        self.unblock();
    }
}
