//! A list of event filters (private): those of an object, or those of the application.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use smallvec::SmallVec;

use super::event::Event;
use super::object_key::Object;
use super::sequence::drop_each;

pub(crate) type EventFilter = dyn Fn(Object, &Event) -> bool;

/// The filters, in the order of their installation.
#[derive(Default)]
pub(crate) struct EventFilters(RefCell<Vec<Installed>>);

#[derive(Clone)]
pub(crate) struct Installed {
    filter: Object,
    call: Rc<EventFilter>,
}

impl EventFilters {
    /// Adds a filter, or moves it to the front; forgets those that are dead.
    pub(crate) fn install(&self, filter: Object, call: Rc<EventFilter>) {
        self.remove(filter);
        let gone: Vec<_> = {
            let mut filters = self.0.borrow_mut();
            let gone = filters.extract_if(.., |known| !known.filter.is_alive()).collect();
            filters.push(Installed { filter, call });
            gone
        };
        drop_each(gone);
    }

    pub(crate) fn remove(&self, filter: Object) {
        let removed = {
            let mut filters = self.0.borrow_mut();
            let index = filters.iter().position(|known| known.filter == filter);
            index.map(|index| filters.remove(index))
        };
        drop(removed);
    }

    /// Shows an event to the filters, the one installed last first. Breaks with the answer to its sender: `true` if a filter has
    /// stopped it, `false` if its receiver has died in one.
    pub(crate) fn show(&self, receiver: Object, event: &Event) -> ControlFlow<bool> {
        let filters: SmallVec<[Installed; 2]> = self.0.borrow().iter().rev().cloned().collect();
        for Installed { filter, call } in filters {
            if filter.is_alive() && self.contains(&call) && call(receiver, event) {
                return ControlFlow::Break(true);
            }
            if !receiver.is_alive() {
                return ControlFlow::Break(false);
            }
        }
        ControlFlow::Continue(())
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Takes out all of them, to be dropped.
    pub(crate) fn take(&self) -> Vec<Installed> {
        self.0.take()
    }

    fn contains(&self, call: &Rc<EventFilter>) -> bool {
        self.0.borrow().iter().any(|known| Rc::ptr_eq(&known.call, call))
    }
}
