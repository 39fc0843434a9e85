//! The methods of [`Object`] that are about events: sent, posted, filtered.

use std::ops::ControlFlow;
use std::rc::Rc;

use super::event::{Event, EventType};
use super::event_dispatcher;
use super::event_filters::EventFilter;
use super::handle::{Handle, ObjectHandle};
use super::object_key::Object;

impl Object {
    /// Delivers an event at once: to the filters of the
    /// [application](crate::Application::install_event_filter) and to those of the object, the one installed last first, and then to its handler
    /// ([`Handle::set_event_handler`](crate::Handle::set_event_handler)). Returns whether one of them recognised it; `false`
    /// if the object is dead.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use slotwire::{Event, EventType, Handle};
    /// let counter = Handle::new(Cell::new(0));
    /// counter.set_event_handler(|count, event| {
    ///     count.set(count.get() + 1);
    ///     event.event_type() == EventType::User(1)
    /// });
    /// assert!(counter.send_event(&Event::new(EventType::User(1))));
    /// assert_eq!(counter.with(Cell::get), Some(1), "without an event loop");
    /// # counter.delete();
    /// ```
    #[doc(alias = "sendEvent")]
    pub fn send_event(self, event: &Event) -> bool {
        event_dispatcher::with(|dispatcher| dispatcher.send_event(|| self.receive(event))).unwrap_or(false)
    }

    /// Hands an event to the filters and the handler, and does what every object does about it.
    pub(super) fn receive(self, event: &Event) -> bool {
        let Some(node) = self.living() else { return false };
        if let ControlFlow::Break(answer) = event_dispatcher::show_to_application_filters(self, event) {
            return answer;
        }
        let Some(rare) = node.data().rare() else { return self.event(event) };
        if let ControlFlow::Break(answer) = rare.filters.show(self, event) {
            return answer;
        }
        let handler = rare.event_handler.borrow().clone();
        match handler {
            None => self.event(event),
            Some(handler) if handler(event) => true,
            // An event that the program does not recognise is not for every object either, but for its end.
            Some(_) => event.event_type() == EventType::DeferredDelete && self.event(event),
        }
    }

    /// `QObject::event`: what an object does about an event that nobody handles. Returns whether it recognises it.
    fn event(self, event: &Event) -> bool {
        match event.event_type() {
            EventType::DeferredDelete => self.delete(),
            EventType::DynamicPropertyChange => return false,
            EventType::ChildAdded(_) | EventType::ChildRemoved(_) | EventType::User(_) => {}
        }
        true
    }

    /// Delivers an event from the event loop, in the order of posting; not at all if the object dies before.
    ///
    /// ```
    /// use slotwire::{Application, Event, EventType, Handle};
    /// let window = Handle::new(());
    /// window.set_event_handler(|_, event| event.event_type() == EventType::User(1));
    /// window.post_event(Event::new(EventType::User(1)));
    /// Application::process_events();
    /// ```
    #[doc(alias = "postEvent")]
    pub fn post_event(self, event: Event) {
        self.post_event_with(event, 0);
    }

    /// As [`post_event`](Self::post_event), before the waiting events of a lower priority. `post_event` is of priority 0, and
    /// so are queued calls and deferred deletions.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use slotwire::{Application, Event, EventType, Handle};
    /// let log = Handle::new(RefCell::new(Vec::new()));
    /// log.set_event_handler(|log, event| {
    ///     log.borrow_mut().push(event.event_type());
    ///     true
    /// });
    /// log.post_event(Event::new(EventType::User(1)));
    /// log.post_event_with(Event::new(EventType::User(2)), 1);
    /// Application::process_events();
    /// let order = log.with(|log| log.take());
    /// assert_eq!(order, Some(vec![EventType::User(2), EventType::User(1)]));
    /// # log.delete();
    /// ```
    #[doc(alias("postEvent", "EventPriority"))]
    pub fn post_event_with(self, event: Event, priority: i32) {
        event_dispatcher::post_event(self, event, priority);
    }

    /// Takes back the events that were posted to this object and not delivered yet. Queued calls and
    /// [`delete_later`](Self::delete_later) stay, which Qt takes back as well.
    ///
    /// ```
    /// use slotwire::{Application, Event, EventType, Handle};
    /// let view = Handle::new(());
    /// view.set_event_handler(|_, _| panic!("taken back"));
    /// view.post_event(Event::new(EventType::User(1)));
    /// view.remove_posted_events(); // it is hidden, and need not be drawn
    /// Application::process_events();
    /// # view.delete();
    /// ```
    #[doc(alias = "removePostedEvents")]
    pub fn remove_posted_events(self) {
        event_dispatcher::remove_posted_events(Some(self), |_| true);
    }

    /// As [`remove_posted_events`](Self::remove_posted_events), but only those of one type.
    ///
    /// ```
    /// use slotwire::{Application, Event, EventType, Handle};
    /// const UPDATE: EventType = EventType::User(1);
    /// const CLOSE: EventType = EventType::User(2);
    /// let view = Handle::new(());
    /// view.set_event_handler(|_, event| {
    ///     assert_eq!(event.event_type(), CLOSE);
    ///     true
    /// });
    /// view.post_event(Event::new(UPDATE));
    /// view.post_event(Event::new(CLOSE));
    /// view.remove_posted_events_of_type(UPDATE); // nothing is to be drawn any more
    /// Application::process_events();
    /// # view.delete();
    /// ```
    #[doc(alias = "removePostedEvents")]
    pub fn remove_posted_events_of_type(self, event_type: EventType) {
        event_dispatcher::remove_posted_events(Some(self), |event| event.event_type() == event_type);
    }

    /// Calls `f` from the event loop, after what waits there already; not at all if the object dies before.
    ///
    /// ```
    /// use slotwire::{Application, Object};
    /// let object = Object::new();
    /// object.invoke_later(|| println!("from the loop"));
    /// Application::process_events();
    /// ```
    #[doc(alias = "invokeMethod")]
    pub fn invoke_later(self, f: impl FnOnce() + 'static) {
        event_dispatcher::post_call(Some(self), f);
    }

    /// Lets `filter` see the events of this object before it does: `call` gets the filter, the watched object and the
    /// event, and stops the event by returning `true`. A filter installed later is asked earlier; one that is installed
    /// again moves to the front. It is gone with either object.
    ///
    /// ```
    /// use slotwire::{Event, EventType, Handle, Object};
    /// let watched = Handle::new(());
    /// watched.set_event_handler(|_, _| panic!("the filter stops it"));
    /// let guard = Handle::new(());
    /// watched.install_event_filter(guard, |_guard, _watched, event| {
    ///     event.event_type() == EventType::User(7)
    /// });
    /// assert!(watched.send_event(&Event::new(EventType::User(7))));
    /// ```
    #[doc(alias = "installEventFilter")]
    #[doc(alias = "eventFilter")]
    pub fn install_event_filter<H: ObjectHandle>(
        self,
        filter: H,
        call: impl Fn(&H::Target, Self, &Event) -> bool + 'static,
    ) {
        if let Some(node) = self.living() {
            node.data().rare_mut().filters.install(filter.object(), event_filter(filter, call));
        }
    }

    /// Takes away the filter that was installed for the object `filter`; does nothing if there is none.
    ///
    /// ```
    /// use slotwire::{Event, EventType, Handle, Object};
    /// let (editor, read_only) = (Handle::new(()), Object::new());
    /// editor.set_event_handler(|_, event| event.event_type() == EventType::User(1));
    /// editor.install_event_filter(read_only, |_, _, _| panic!("removed"));
    /// editor.remove_event_filter(read_only);
    /// assert!(editor.send_event(&Event::new(EventType::User(1))));
    /// # editor.delete();
    /// # read_only.delete();
    /// ```
    #[doc(alias = "removeEventFilter")]
    pub fn remove_event_filter(self, filter: impl ObjectHandle) {
        if let Some(rare) = self.living().as_ref().and_then(|node| node.data().rare()) {
            rare.filters.remove(filter.object());
        }
    }

    pub(crate) fn set_handler(self, handler: impl Fn(&Event) -> bool + 'static) {
        if let Some(node) = self.living() {
            let replaced = node.data().rare_mut().event_handler.replace(Some(Rc::new(handler)));
            drop(replaced);
        }
    }
}

/// A filter that calls `call` with the object `filter`, for as long as that is alive.
pub(super) fn event_filter<H: ObjectHandle>(
    filter: H,
    call: impl Fn(&H::Target, Object, &Event) -> bool + 'static,
) -> Rc<EventFilter> {
    Rc::new(move |receiver, event| filter.with(|filter| call(filter, receiver, event)).unwrap_or(false))
}

impl<T: 'static> Handle<T> {
    /// Sets what handles the events of this object, as `QObject::event()` does in a subclass. The handler returns whether it
    /// recognised the event. A second handler replaces the first.
    ///
    /// ```
    /// use slotwire::{Event, EventType, Handle};
    /// let object = Handle::new(());
    /// object.set_event_handler(|_, event| event.event_type() == EventType::User(1));
    /// assert!(object.send_event(&Event::new(EventType::User(1))));
    /// assert!(!object.send_event(&Event::new(EventType::User(2))));
    /// ```
    #[doc(alias = "event")]
    #[doc(alias = "childEvent")]
    #[doc(alias = "customEvent")]
    pub fn set_event_handler(self, handler: impl Fn(&T, &Event) -> bool + 'static) {
        self.object().set_handler(move |event| self.with(|value| handler(value, event)).unwrap_or(false));
    }
}
