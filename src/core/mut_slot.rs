//! Slots that change what they capture (private).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::thread;

use super::args::Args;
use super::connection::{Connection, ConnectionType};
use super::event_dispatcher;
use super::object_key::Object;
use super::signal::Signal;

impl<A: Args + ?Sized> Signal<A> {
    /// Connects a slot that changes what it captures. The connection ends with the sender.
    ///
    /// An emission that comes while that slot runs (it emitted the signal itself, or entered an event loop) is
    /// delivered to it with a copy of the arguments right after it returns, in order.
    ///
    /// Nothing limits how many copies wait. A slot that waits in an event loop collects there what its sender emits
    /// meanwhile: of a socket, all that its peer sends, whatever the limits of that socket are. For a peer that is not
    /// trusted, let the slot return instead, or [`connect`](Self::connect) it: such a slot is called inside itself, and nothing
    /// waits.
    ///
    /// ```
    /// use slotwire::{Emitter, Handle};
    /// let button = Handle::new(Emitter::<()>::new());
    /// let mut clicks = 0;
    /// button.signal(|b| b).connect_mut(move |()| clicks += 1);
    /// ```
    #[doc(alias = "connect")]
    pub fn connect_mut<F>(self, slot: F) -> Connection
    where
        F: for<'a> FnMut(A::Ref<'a>) + 'static,
    {
        let sender = self.sender();
        self.add(ConnectionType::AUTO, None, move |connection| {
            let slot = MutSlot::<A, F>::new(slot, sender, connection);
            move |args: A::Ref<'_>| slot.call(args)
        })
    }
}

/// A slot that changes what it captures, so that it cannot be called inside itself.
pub(super) struct MutSlot<A: Args + ?Sized, F> {
    slot: RefCell<F>,
    /// Emissions that came while it ran.
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
