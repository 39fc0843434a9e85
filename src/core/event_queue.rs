//! The queue of everything that is posted to this thread's objects (private).

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::VecDeque;

use super::event::{Event, EventType};
use super::object_key::Object;
use super::spare_memory::is_oversized;
use super::table::Key;

pub(crate) struct Posted {
    /// `None`: a call that depends on no object.
    pub(crate) receiver: Option<Object>,
    pub(crate) what: What,
    place: Place,
}

impl Posted {
    /// Returns whether it is for that receiver; everything is for `None`.
    pub(crate) fn is_to(&self, receiver: Option<Object>) -> bool {
        receiver.is_none() || self.receiver == receiver
    }

    pub(crate) fn is_event_of(&self, event_type: EventType) -> bool {
        matches!(&self.what, What::Event(event) if event.event_type() == event_type)
    }
}

/// The position of a posted event: behind all that an earlier pass delivers, then by priority, and in the order of posting among
/// equals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    pass: u64,
    priority: Reverse<i32>,
    serial: u64,
}

pub(crate) enum What {
    Event(Event),
    Call(Box<dyn FnOnce()>),
    /// The task of that key was woken.
    Wake(Key),
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
    /// The pass in which that is delivered which is posted now.
    next_pass: Cell<u64>,
}

impl EventQueue {
    pub(crate) fn push(&self, receiver: Option<Object>, what: What, priority: i32) {
        self.insert(Posted { receiver, what, place: self.place(Reverse(priority)) });
    }

    /// The position of the next posted event.
    fn place(&self, priority: Reverse<i32>) -> Place {
        Place { pass: self.next_pass.get(), priority, serial: self.serial() }
    }

    /// Begins a pass over what waits: what is posted from here on is for the next one, so that an event that posts itself
    /// again does not keep the loop from everything else. A pass inside another one is begun for both, as in Qt. It comes by
    /// the deferred deletes that are held too, and moves them behind itself if it has to hold them again.
    pub(crate) fn begin_pass(&self) {
        self.release_held(|_| true);
        self.next_pass.set(self.next_pass.get() + 1);
    }

    /// The next one of this pass. A nested loop takes from the same queue, so nothing is delivered twice or out of order.
    pub(crate) fn pop(&self) -> Option<Posted> {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.front()?.place.pass < self.next_pass.get() { waiting.pop_front() } else { None }
    }

    /// The next one of this pass that is wanted.
    pub(crate) fn pop_where(&self, is_wanted: impl Fn(&Posted) -> bool) -> Option<Posted> {
        let mut waiting = self.waiting.borrow_mut();
        let next_pass = self.next_pass.get();
        let mut of_pass = waiting.iter().take_while(|posted| posted.place.pass < next_pass);
        let index = of_pass.position(is_wanted)?;
        waiting.remove(index)
    }

    /// Returns whether nothing waits but deferred deletes that belong to an outer loop.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    /// Returns whether a pass would come by nothing at all.
    pub(crate) fn is_empty_for_pass(&self) -> bool {
        self.is_empty() && self.held.borrow().is_empty()
    }

    /// Keeps a deferred delete for an outer loop, as if it were posted now.
    pub(crate) fn hold(&self, mut posted: Posted) {
        posted.place = self.place(posted.place.priority);
        self.held.borrow_mut().push(posted);
    }

    /// Puts those back at their positions for whose level `has_returned` says that control is back there.
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

    fn insert(&self, posted: Posted) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.back().is_none_or(|last| last.place < posted.place) {
            waiting.push_back(posted);
        } else {
            let index = waiting.partition_point(|other| other.place < posted.place);
            waiting.insert(index, posted);
        }
    }
}
