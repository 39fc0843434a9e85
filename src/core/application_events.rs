//! The methods of [`Application`] that are about the events of all objects of a thread.

use super::application::Application;
use super::event::{Event, EventType};
use super::event_dispatcher;
use super::handle::ObjectHandle;
use super::object_events;
use super::object_key::Object;

impl Application {
    /// Delivers at once what was posted to that object: events, and the calls of queued connections to it. What waits for
    /// other objects goes on waiting.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use slotwire::{Application, Event, EventType, Handle};
    /// let label = Handle::new(Cell::new(false));
    /// label.set_event_handler(|shown, event| {
    ///     shown.set(event.event_type() == EventType::User(1));
    ///     true
    /// });
    /// label.post_event(Event::new(EventType::User(1)));
    /// Application::send_posted_events(label);
    /// assert_eq!(label.with(Cell::get), Some(true), "without a round of the loop");
    /// # label.delete();
    /// ```
    #[doc(alias = "sendPostedEvents")]
    pub fn send_posted_events(receiver: impl ObjectHandle) {
        let receiver = receiver.object();
        event_dispatcher::with(|dispatcher| dispatcher.send_posted_events_to(Some(receiver)));
    }

    /// As [`send_posted_events`](Self::send_posted_events), but only the events of one type. Queued calls are of none. With
    /// [`EventType::DeferredDelete`] the object is deleted if [`delete_later`](crate::Object::delete_later) was called for it here,
    /// or inside slots that have returned.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use slotwire::{Application, Event, EventType, Handle};
    /// const LAYOUT: EventType = EventType::User(1);
    /// const PAINT: EventType = EventType::User(2);
    /// let view = Handle::new(RefCell::new(Vec::new()));
    /// view.set_event_handler(|done, event| {
    ///     done.borrow_mut().push(event.event_type());
    ///     true
    /// });
    /// view.post_event(Event::new(PAINT));
    /// view.post_event(Event::new(LAYOUT));
    /// Application::send_posted_events_of_type(view, LAYOUT); // its size is needed at once
    /// assert_eq!(view.with(RefCell::take), Some(vec![LAYOUT]));
    /// # view.delete();
    /// ```
    #[doc(alias = "sendPostedEvents")]
    pub fn send_posted_events_of_type(receiver: impl ObjectHandle, event_type: EventType) {
        let receiver = receiver.object();
        event_dispatcher::with(|dispatcher| {
            dispatcher.send_posted_events_of_type(Some(receiver), event_type);
        });
    }

    /// As [`send_posted_events`](Self::send_posted_events), for all objects of this thread.
    ///
    /// ```
    /// use slotwire::{Application, Object};
    /// let object = Object::new();
    /// object.invoke_later(move || object.set_object_name("called"));
    /// Application::send_all_posted_events();
    /// assert_eq!(object.object_name(), "called");
    /// # object.delete();
    /// ```
    #[doc(alias = "sendPostedEvents")]
    pub fn send_all_posted_events() {
        event_dispatcher::with(|dispatcher| dispatcher.send_posted_events_to(None));
    }

    /// As [`send_posted_events_of_type`](Self::send_posted_events_of_type), for all objects of this thread.
    ///
    /// ```
    /// use slotwire::{Application, Event, EventType, Handle};
    /// const SAVE: EventType = EventType::User(1);
    /// let document = Handle::new(std::cell::Cell::new(false));
    /// document.set_event_handler(|saved, event| {
    ///     saved.set(event.event_type() == SAVE);
    ///     true
    /// });
    /// document.post_event(Event::new(SAVE));
    /// Application::send_all_posted_events_of_type(SAVE);
    /// assert_eq!(document.with(|saved| saved.get()), Some(true));
    /// # document.delete();
    /// ```
    #[doc(alias = "sendPostedEvents")]
    pub fn send_all_posted_events_of_type(event_type: EventType) {
        event_dispatcher::with(|dispatcher| dispatcher.send_posted_events_of_type(None, event_type));
    }

    /// Deletes at once what [`delete_later`](crate::Object::delete_later) was called for here, or inside slots that have
    /// returned: `sendPostedEvents(nullptr, QEvent::DeferredDelete)`. Events and queued calls go on waiting.
    ///
    /// ```
    /// use slotwire::{Application, Object};
    /// let object = Object::new();
    /// object.delete_later();
    /// Application::send_deferred_deletes();
    /// assert!(!object.is_alive(), "without a round of the loop");
    /// ```
    #[doc(alias = "sendPostedEvents")]
    pub fn send_deferred_deletes() {
        event_dispatcher::with(|dispatcher| dispatcher.send_deferred_deletes(None));
    }

    /// Takes back the events of one type that were posted to any object of this thread and not delivered yet:
    /// `removePostedEvents(nullptr, type)`. [`Object::remove_posted_events`](crate::Object::remove_posted_events) does it for an
    /// object, and says what stays.
    ///
    /// ```
    /// use slotwire::{Application, Event, EventType, Handle};
    /// const PAINT: EventType = EventType::User(1);
    /// let view = Handle::new(());
    /// view.set_event_handler(|_, _| panic!("taken back"));
    /// view.post_event(Event::new(PAINT));
    /// Application::remove_all_posted_events_of_type(PAINT); // the screen is off
    /// Application::process_events();
    /// # view.delete();
    /// ```
    #[doc(alias = "removePostedEvents")]
    pub fn remove_all_posted_events_of_type(event_type: EventType) {
        event_dispatcher::remove_posted_events(None, |event| event.event_type() == event_type);
    }

    /// Lets `filter` see the events of all objects of this thread, before the filters of each object do:
    /// `qApp->installEventFilter(filter)`. Otherwise it is as [`Object::install_event_filter`](crate::Object::install_event_filter).
    ///
    /// Each event costs a call of `call` then, also the smallest.
    ///
    /// ```
    /// use slotwire::{Application, Event, EventType, Handle, Object};
    /// const KEY: EventType = EventType::User(1);
    /// let (editor, locked) = (Handle::new(()), Object::new());
    /// editor.set_event_handler(|_, event| event.event_type() == KEY);
    /// Application::install_event_filter(locked, |_locked, receiver, event| {
    ///     println!("{:?} for {receiver:?}", event.event_type());
    ///     event.event_type() == KEY // nobody gets one
    /// });
    /// let key = Event::new(KEY);
    /// key.ignore();
    /// editor.send_event(&key);
    /// # assert!(!key.is_accepted());
    /// # locked.delete();
    /// # editor.delete();
    /// ```
    #[doc(alias = "installEventFilter")]
    pub fn install_event_filter<H: ObjectHandle>(
        filter: H,
        call: impl Fn(&H::Target, Object, &Event) -> bool + 'static,
    ) {
        event_dispatcher::install_application_filter(
            filter.object(),
            object_events::event_filter(filter, call),
        );
    }

    /// Takes away the filter that was [installed](Self::install_event_filter) for the object `filter`; does nothing if there is
    /// none.
    ///
    /// ```
    /// use slotwire::{Application, Event, EventType, Object};
    /// let (object, trace) = (Object::new(), Object::new());
    /// Application::install_event_filter(trace, |_, _, _| panic!("removed"));
    /// Application::remove_event_filter(trace);
    /// object.send_event(&Event::new(EventType::User(1)));
    /// # object.delete();
    /// # trace.delete();
    /// ```
    #[doc(alias = "removeEventFilter")]
    pub fn remove_event_filter(filter: impl ObjectHandle) {
        event_dispatcher::remove_application_filter(filter.object());
    }
}
