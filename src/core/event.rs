use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::object::Object;

/// What kind of event an [`Event`] is.
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
    /// A property was set; the event's value is its name, a `String`.
    DynamicPropertyChange,
    /// An event of the program's own.
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
    pub fn new(event_type: EventType) -> Self {
        Self { event_type, value: None, accepted: Cell::new(true) }
    }

    /// An event that carries a value. It is accepted.
    pub fn with_value(event_type: EventType, value: impl Any) -> Self {
        Self { event_type, value: Some(Rc::new(value)), accepted: Cell::new(true) }
    }

    /// What kind of event this is.
    #[doc(alias = "type")]
    pub fn event_type(&self) -> EventType {
        self.event_type
    }

    /// The value it carries, if that is a `T`.
    pub fn value<T: Any>(&self) -> Option<&T> {
        self.value.as_deref()?.downcast_ref()
    }

    /// Marks the event as wanted. A mark for the sender: delivery does not depend on it.
    pub fn accept(&self) {
        self.accepted.set(true);
    }

    /// Marks the event as not wanted.
    pub fn ignore(&self) {
        self.accepted.set(false);
    }

    /// The mark that [`accept`](Self::accept) and [`ignore`](Self::ignore) set.
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
