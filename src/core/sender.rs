use std::cell::Cell;

use super::object_key::Object;

/// The object whose signal called the running slot, `None` outside of a slot: `QObject::sender()`.
///
/// A queued slot finds it as well. If the sender was deleted meanwhile, its handle is dead. Capturing the handle in the
/// closure is clearer; this is for code that is ported line by line.
///
/// ```
/// use slotwire::{Emitter, Handle, sender};
/// let button = Handle::new(Emitter::<()>::new());
/// button.signal(|b| b).connect(move |()| assert_eq!(sender(), Some(*button)));
/// button.with(|b| b.emit(()));
/// assert_eq!(sender(), None);
/// ```
pub fn sender() -> Option<Object> {
    SENDER.get()
}

thread_local! {
    static SENDER: Cell<Option<Object>> = const { Cell::new(None) };
}

/// Runs `f` as a slot of that sender's signal.
pub(crate) fn with_sender<R>(sender: Object, f: impl FnOnce() -> R) -> R {
    let _restore = begin_slots_of(sender);
    f()
}

/// Names the sender of the slots that run until what is returned is dropped.
#[inline]
pub(crate) fn begin_slots_of(sender: Object) -> RestoreSender {
    RestoreSender(SENDER.replace(Some(sender)))
}

/// Sets what [`sender`] was before, when it is dropped.
#[must_use]
pub(crate) struct RestoreSender(Option<Object>);

/// Lets there be no sender: what the loop delivers inside a slot is no slot of that sender's.
pub(crate) fn without_sender() -> RestoreSender {
    RestoreSender(SENDER.replace(None))
}

impl Drop for RestoreSender {
    fn drop(&mut self) {
        SENDER.set(self.0);
    }
}
