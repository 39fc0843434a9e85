use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::object_key::Object;

/// The kind of an [`Event`].
///
/// ```
/// use slotwire::{EventType, Handle, Object};
/// let parent = Handle::new(());
/// let child = Object::new();
/// parent.set_event_handler(move |_, event| {
///     assert_eq!(event.event_type(), EventType::ChildAdded(child));
///     true
/// });
/// child.set_parent(parent);
/// ```
#[doc(alias = "Type")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventType {
    /// That object became a child of the receiver. Sent inside [`Object::set_parent`].
    ChildAdded(Object),
    /// That object is no longer a child of the receiver. Sent inside [`Object::set_parent`], and when the child is
    /// deleted.
    ChildRemoved(Object),
    /// The receiver is about to be deleted because [`Object::delete_later`] was called. A filter that stops this event
    /// keeps the object alive.
    DeferredDelete,
    /// A property was set or removed; the event's value is its name, a `String`. Sent inside [`Object::set_property`] and
    /// [`Object::remove_property`].
    DynamicPropertyChange,
    /// An event of the program's own. Which number means what is up to the program: there is nothing to register.
    #[doc(alias = "registerEventType")]
    User(u16),
}

/// Something that happened, for one object: sent at once with [`Object::send_event`] or later with
/// [`Object::post_event`].
///
/// ```
/// use slotwire::{Application, Event, EventType, Handle};
///
/// const PROGRESS: EventType = EventType::User(1);
/// let window = Handle::new(std::cell::Cell::new(0));
/// window.set_event_handler(|percent, event| {
///     if let (PROGRESS, Some(value)) = (event.event_type(), event.value::<u32>()) {
///         percent.set(*value);
///         return true;
///     }
///     false
/// });
/// window.post_event(Event::with_value(PROGRESS, 40_u32));
/// Application::process_events();
/// assert_eq!(window.with(|percent| percent.get()), Some(40));
/// ```
#[doc(alias = "QEvent")]
#[derive(Clone)]
pub struct Event {
    event_type: EventType,
    value: Option<Rc<dyn Any>>,
    accepted: Cell<bool>,
}

impl Event {
    /// An event without a value. It is accepted.
    ///
    /// ```
    /// use slotwire::{Event, EventType, Handle};
    /// const SAVED: EventType = EventType::User(1);
    /// let document = Handle::new(());
    /// document.set_event_handler(|_, event| event.event_type() == SAVED);
    /// assert!(document.send_event(&Event::new(SAVED)));
    /// # document.delete();
    /// ```
    pub fn new(event_type: EventType) -> Self {
        Self { event_type, value: None, accepted: Cell::new(true) }
    }

    /// An event that carries a value. It is accepted.
    ///
    /// ```
    /// use slotwire::{Event, EventType};
    /// const OPEN: EventType = EventType::User(2);
    /// let event = Event::with_value(OPEN, String::from("letter.txt"));
    /// assert_eq!(event.value::<String>().map(String::as_str), Some("letter.txt"));
    /// assert!(event.is_accepted());
    /// ```
    pub fn with_value(event_type: EventType, value: impl Any) -> Self {
        Self { event_type, value: Some(Rc::new(value)), accepted: Cell::new(true) }
    }

    /// The kind of this event.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use slotwire::{Event, EventType, Handle};
    /// let zoom = Handle::new(Cell::new(100));
    /// zoom.set_event_handler(|percent, event| {
    ///     match event.event_type() {
    ///         EventType::User(1) => percent.set(percent.get() * 2),
    ///         EventType::User(2) => percent.set(100),
    ///         _ => return false, // not one that it knows
    ///     }
    ///     true
    /// });
    /// zoom.send_event(&Event::new(EventType::User(1)));
    /// assert_eq!(zoom.with(Cell::get), Some(200));
    /// # zoom.delete();
    /// ```
    #[doc(alias = "type")]
    pub fn event_type(&self) -> EventType {
        self.event_type
    }

    /// The value it carries, if that is a `T`.
    ///
    /// ```
    /// use slotwire::{EventType, Handle};
    /// let user = Handle::new(());
    /// user.set_event_handler(|_, event| {
    ///     assert_eq!(event.event_type(), EventType::DynamicPropertyChange);
    ///     assert_eq!(event.value::<String>().map(String::as_str), Some("name"));
    ///     assert_eq!(event.value::<u32>(), None, "of another type");
    ///     true
    /// });
    /// user.set_property("name", "Ada");
    /// # user.delete();
    /// ```
    pub fn value<T: Any>(&self) -> Option<&T> {
        self.value.as_deref()?.downcast_ref()
    }

    /// Marks the event as wanted. A mark for the sender: delivery does not depend on it.
    ///
    /// ```
    /// use slotwire::{Event, EventType, Handle};
    /// let drop_zone = Handle::new(());
    /// drop_zone.set_event_handler(|_, event| {
    ///     event.accept(); // "it can be dropped here"
    ///     true
    /// });
    /// let dragged = Event::with_value(EventType::User(1), String::from("letter.txt"));
    /// dragged.ignore(); // until somebody wants it
    /// drop_zone.send_event(&dragged);
    /// assert!(dragged.is_accepted());
    /// # drop_zone.delete();
    /// ```
    pub fn accept(&self) {
        self.accepted.set(true);
    }

    /// Marks the event as not wanted.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use slotwire::{Event, EventType, Handle};
    /// const CLOSE: EventType = EventType::User(1);
    /// let editor = Handle::new(Cell::new(true)); // with changes that are not saved
    /// editor.set_event_handler(|unsaved, event| {
    ///     if event.event_type() == CLOSE && unsaved.get() {
    ///         event.ignore();
    ///     }
    ///     true
    /// });
    /// let close = Event::new(CLOSE);
    /// editor.send_event(&close);
    /// assert!(!close.is_accepted(), "so it stays open");
    /// # editor.delete();
    /// ```
    pub fn ignore(&self) {
        self.accepted.set(false);
    }

    /// The mark that [`accept`](Self::accept) and [`ignore`](Self::ignore) set.
    ///
    /// ```
    /// use slotwire::{Event, EventType, Object};
    /// let editor = Object::new();
    /// let close = Event::new(EventType::User(1));
    /// editor.send_event(&close);
    /// if close.is_accepted() { // nobody objected
    ///     editor.delete();
    /// }
    /// assert!(!editor.is_alive());
    /// ```
    #[doc(alias = "isAccepted")]
    pub fn is_accepted(&self) -> bool {
        self.accepted.get()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("type", &self.event_type)
            .field("accepted", &self.accepted.get())
            .finish()
    }
}
