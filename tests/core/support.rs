//! What the tests share.

use std::cell::RefCell;
use std::fmt::Display;
use std::rc::Rc;

use slotwire::{Connection, Emitter, Handle, Signal};

/// What happened, in order. Clones write to the same log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn add(&self, entry: impl Display) {
        self.0.borrow_mut().push(entry.to_string());
    }

    /// What was written since the last time, separated by blanks.
    pub(crate) fn take(&self) -> String {
        self.0.take().join(" ")
    }
}

/// Writes to the log when it is dropped.
pub(crate) struct LogsDrop(pub(crate) Log, pub(crate) &'static str);

impl Drop for LogsDrop {
    fn drop(&mut self) {
        self.0.add(self.1);
    }
}

/// Calls its function when it is dropped: foreign code in the least convenient place.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// An object with one signal.
pub(crate) type Button = Handle<Emitter<i32>>;

pub(crate) fn button() -> Button {
    Handle::new(Emitter::new())
}

pub(crate) fn clicked(button: Button) -> Signal<i32> {
    button.signal(|emitter| emitter)
}

pub(crate) fn click(button: Button, value: i32) {
    button.with(|emitter| emitter.emit(value));
}

/// Connects a slot that logs `name` and the value.
pub(crate) fn logs(button: Button, log: &Log, name: &'static str) -> Connection {
    let log = log.clone();
    clicked(button).connect(move |value| log.add(format!("{name}{value}")))
}
