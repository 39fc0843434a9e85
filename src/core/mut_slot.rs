//! Slots that change what they capture (private).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::thread;

use super::args::Args;
use super::connection::Connection;
use super::event_dispatcher;
use super::object::Object;

/// A slot that changes what it captures, so that it cannot be called inside itself.
pub(super) struct MutSlot<A: Args + ?Sized, F> {
    slot: RefCell<F>,
    /// What was emitted while it ran.
    waiting: RefCell<VecDeque<A::Owned>>,
    sender: Object,
    connection: Connection,
}

impl<A, F> MutSlot<A, F>
where
    A: Args + ?Sized,
    F: for<'a> FnMut(A::Ref<'a>) + 'static,
{
    pub(super) fn new(slot: F, sender: Object, connection: Connection) -> Rc<Self> {
        Rc::new(Self { slot: RefCell::new(slot), waiting: RefCell::default(), sender, connection })
    }

    pub(super) fn call(self: &Rc<Self>, args: A::Ref<'_>) {
        let Ok(mut slot) = self.slot.try_borrow_mut() else {
            let args = A::keep(args);
            self.waiting.borrow_mut().push_back(args);
            return;
        };
        let _rest = RestAfterPanic(self);
        if self.waiting.borrow().is_empty() {
            slot(args);
        } else {
            // Left over by a panic, and older.
            let args = A::keep(args);
            self.waiting.borrow_mut().push_back(args);
        }
        self.deliver_waiting(&mut slot);
    }

    fn deliver_waiting(&self, slot: &mut F) {
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            let Some(args) = next else { break };
            if self.connection.is_connected() {
                slot(A::lend(&args));
            }
        }
    }
}

/// Lets the event loop deliver what waits for a slot that has panicked.
struct RestAfterPanic<'s, A, F>(&'s Rc<MutSlot<A, F>>)
where
    A: Args + ?Sized,
    F: for<'a> FnMut(A::Ref<'a>) + 'static;

impl<A, F> Drop for RestAfterPanic<'_, A, F>
where
    A: Args + ?Sized,
    F: for<'a> FnMut(A::Ref<'a>) + 'static,
{
    #[inline]
    fn drop(&mut self) {
        if thread::panicking() && !self.0.waiting.borrow().is_empty() {
            let (slot, sender) = (Rc::clone(self.0), self.0.sender);
            event_dispatcher::post_slot_call(sender, sender, move || {
                if let Ok(mut function) = slot.slot.try_borrow_mut() {
                    let _rest = RestAfterPanic(&slot);
                    slot.deliver_waiting(&mut function);
                }
            });
        }
    }
}
