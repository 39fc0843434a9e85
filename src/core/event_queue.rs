//! The queue of everything that is posted to this thread's objects (private).

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::VecDeque;

use super::event::Event;
use super::object_key::Object;
use super::spare_memory::is_oversized;

pub(crate) struct Posted {
    /// `None`: a call that depends on no object.
    pub(crate) receiver: Option<Object>,
    pub(crate) what: What,
    priority: i32,
    serial: u64,
}

pub(crate) enum What {
    Event(Event),
    Call(Box<dyn FnOnce()>),
    /// `delete_later`, with the level of the loop and of the delivery inside which it was called.
    DeferredDelete {
        level: u32,
    },
}

#[derive(Default)]
pub(crate) struct EventQueue {
    waiting: RefCell<VecDeque<Posted>>,
    /// Deferred deletes that belong to an outer loop, kept until that loop is back.
    held: RefCell<Vec<Posted>>,
    next_serial: Cell<u64>,
}

impl EventQueue {
    pub(crate) fn push(&self, receiver: Option<Object>, what: What, priority: i32) {
        let serial = self.serial();
        self.insert(Posted { receiver, what, priority, serial });
    }

    /// The end of a pass over the queue: anything posted during the pass waits for the next one, so that an event that posts
    /// itself again does not keep the loop from everything else.
    pub(crate) fn end_of_pass(&self) -> u64 {
        self.next_serial.get()
    }

    /// The next one of that pass. A nested loop takes from the same queue, so nothing is delivered twice or out of order.
    pub(crate) fn pop(&self, end_of_pass: u64) -> Option<Posted> {
        self.pop_where(end_of_pass, |_| true)
    }

    /// The next one of that pass for that receiver.
    pub(crate) fn pop_of(&self, end_of_pass: u64, receiver: Object) -> Option<Posted> {
        self.pop_where(end_of_pass, |posted| posted.receiver == Some(receiver))
    }

    fn pop_where(&self, end_of_pass: u64, condition: impl Fn(&Posted) -> bool) -> Option<Posted> {
        let mut waiting = self.waiting.borrow_mut();
        // An event of higher priority that was posted during the pass may stand in front.
        let index = waiting.iter().position(|posted| posted.serial < end_of_pass && condition(posted))?;
        waiting.remove(index)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    /// Keeps a deferred delete for an outer loop.
    pub(crate) fn hold(&self, posted: Posted) {
        self.held.borrow_mut().push(posted);
    }

    /// Puts those back in their places for whose level `has_returned` says that control is back there.
    #[inline]
    pub(crate) fn release_held(&self, has_returned: impl Fn(u32) -> bool) {
        if !self.held.borrow().is_empty() {
            self.put_back(has_returned);
        }
    }

    #[cold]
    fn put_back(&self, has_returned: impl Fn(u32) -> bool) {
        let is_free = |posted: &mut Posted| matches!(posted.what, What::DeferredDelete { level } if has_returned(level));
        let free: Vec<Posted> = self.held.borrow_mut().extract_if(.., is_free).collect();
        for posted in free {
            self.insert(posted);
        }
    }

    /// Takes out all that waits, at the end of the thread.
    pub(crate) fn take_all(&self) -> impl Iterator<Item = Posted> {
        self.waiting.take().into_iter().chain(self.held.take())
    }

    /// Takes out what `condition` chooses, in order.
    pub(crate) fn take_where(&self, condition: impl Fn(&Posted) -> bool) -> Vec<Posted> {
        let mut waiting = self.waiting.borrow_mut();
        let (taken, left) = std::mem::take(&mut *waiting).into_iter().partition::<Vec<_>, _>(condition);
        waiting.extend(left);
        taken
    }

    /// Gives back what the queues have more than they need.
    pub(crate) fn shrink(&self) {
        let mut waiting = self.waiting.borrow_mut();
        if is_oversized(waiting.len(), waiting.capacity()) {
            waiting.shrink_to_fit();
        }
        let mut held = self.held.borrow_mut();
        if is_oversized(held.len(), held.capacity()) {
            held.shrink_to_fit();
        }
    }

    fn serial(&self) -> u64 {
        let serial = self.next_serial.get();
        self.next_serial.set(serial + 1);
        serial
    }

    /// By priority, and in the order of posting among equals.
    fn insert(&self, posted: Posted) {
        let mut waiting = self.waiting.borrow_mut();
        let place = |posted: &Posted| (Reverse(posted.priority), posted.serial);
        if waiting.back().is_none_or(|last| place(last) < place(&posted)) {
            waiting.push_back(posted);
        } else {
            let index = waiting.partition_point(|other| place(other) < place(&posted));
            waiting.insert(index, posted);
        }
    }
}
