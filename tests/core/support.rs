//! What the tests share.

use std::cell::RefCell;
use std::fmt::Display;
use std::rc::Rc;

use slotwire::{Emitter, Handle, Signal};

/// What happened, in order. Clones write to the same log.
#[derive(Clone, Debug, Default)]
pub struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&self, entry: impl Display) {
        self.0.borrow_mut().push(entry.to_string());
    }

    /// What was written since the last time, separated by blanks.
    pub fn take(&self) -> String {
        self.0.take().join(" ")
    }
}

/// Writes to the log when it is dropped.
pub struct LogsDrop(pub Log, pub &'static str);

impl Drop for LogsDrop {
    fn drop(&mut self) {
        self.0.add(self.1);
    }
}

/// Calls its function when it is dropped: foreign code in the least convenient place.
pub struct OnDrop<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// An object with one signal.
pub type Button = Handle<Emitter<i32>>;

pub fn button() -> Button {
    Handle::new(Emitter::new())
}

pub fn clicked(button: Button) -> Signal<i32> {
    button.signal(|emitter| emitter)
}

pub fn click(button: Button, value: i32) {
    button.with(|emitter| emitter.emit(value));
}
