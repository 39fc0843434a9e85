//! The methods of [`Object`] that are about dynamic properties.

use std::any::Any;
use std::mem;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use super::event::{Event, EventType};
use super::object_key::Object;

impl Object {
    /// Sets a property by name, then sends [`EventType::DynamicPropertyChange`]. A property is a value of any type that is
    /// kept with the object, as `QVariant` holds it in Qt. An equal value of a type that the language or its standard library
    /// has for numbers, text, bytes and time changes nothing, and nothing is sent; other types cannot be compared.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.set_property("user", String::from("Ada"));
    /// assert_eq!(socket.property::<String>("user").as_deref(), Some("Ada"));
    /// assert_eq!(socket.property::<u32>("user"), None, "of another type");
    /// ```
    #[doc(alias = "setProperty")]
    pub fn set_property(self, name: &str, value: impl Any) {
        let Some(node) = self.living() else { return };
        let value: Rc<dyn Any> = Rc::new(value);
        let replaced = {
            let mut properties = node.data().rare_mut().properties.borrow_mut();
            match properties.iter_mut().find(|(known, _)| known == name) {
                Some((_, old)) if are_equal(&**old, &*value) => return,
                Some((_, old)) => Some(mem::replace(old, value)),
                None => {
                    properties.push((name.to_owned(), value));
                    None
                }
            }
        };
        drop(replaced);
        self.send_event(&Event::with_value(EventType::DynamicPropertyChange, name.to_owned()));
    }

    /// The property of that name, if there is one and it is a `T`.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.set_property("failures", 2_u32);
    /// // A slot finds with the socket what belongs to it.
    /// let failures = socket.property::<u32>("failures").unwrap_or_default();
    /// assert_eq!(failures, 2);
    /// assert_eq!(socket.property::<u32>("successes"), None);
    /// # socket.delete();
    /// ```
    pub fn property<T: Clone + 'static>(self, name: &str) -> Option<T> {
        let node = self.living()?;
        let value = {
            let properties = node.data().rare()?.properties.borrow();
            Rc::clone(&properties.iter().find(|(known, _)| known == name)?.1)
        };
        value.downcast_ref::<T>().cloned()
    }

    /// Takes a property away, then sends [`EventType::DynamicPropertyChange`]. Returns whether there was one. In Qt,
    /// `setProperty` with an invalid `QVariant`.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.set_property("user", "Ada");
    /// assert!(socket.remove_property("user"), "she logs out");
    /// assert!(!socket.remove_property("user"), "there is none any more");
    /// assert_eq!(socket.property::<&str>("user"), None);
    /// # socket.delete();
    /// ```
    #[doc(alias = "setProperty")]
    pub fn remove_property(self, name: &str) -> bool {
        let Some(node) = self.living() else { return false };
        let removed = node.data().rare().and_then(|rare| {
            let mut properties = rare.properties.borrow_mut();
            let index = properties.iter().position(|(known, _)| known == name)?;
            Some(properties.remove(index))
        });
        let was_there = removed.is_some();
        drop(removed);
        if was_there {
            self.send_event(&Event::with_value(EventType::DynamicPropertyChange, name.to_owned()));
        }
        was_there
    }

    /// The names of the properties, in the order in which they were first set.
    ///
    /// ```
    /// use slotwire::Object;
    /// let object = Object::new();
    /// object.set_property("user", "Ada");
    /// object.set_property("room", 7);
    /// object.set_property("user", "Grace");
    /// assert_eq!(object.dynamic_property_names(), ["user", "room"]);
    /// # object.delete();
    /// ```
    #[doc(alias = "dynamicPropertyNames")]
    pub fn dynamic_property_names(self) -> Vec<String> {
        let Some(node) = self.living() else { return Vec::new() };
        let names = node.data().rare().map(|rare| {
            let properties = rare.properties.borrow();
            properties.iter().map(|(name, _)| name.clone()).collect()
        });
        names.unwrap_or_default()
    }
}

/// Returns whether both are of the same type, one that is known here, and equal.
fn are_equal(one: &dyn Any, other: &dyn Any) -> bool {
    fn as_type<T: PartialEq + 'static>(one: &dyn Any, other: &dyn Any) -> Option<bool> {
        Some(*one.downcast_ref::<T>()? == *other.downcast_ref::<T>()?)
    }
    macro_rules! as_any_of {
        ($($type:ty),* $(,)?) => {
            None$(.or_else(|| as_type::<$type>(one, other)))*
        };
    }
    let equal: Option<bool> = as_any_of![
        i32,
        &'static str,
        String,
        bool,
        u32,
        i64,
        u64,
        usize,
        f64,
        i8,
        u8,
        i16,
        u16,
        i128,
        u128,
        isize,
        f32,
        char,
        (),
        Vec<u8>,
        Vec<String>,
        Duration,
        Instant,
        SystemTime,
    ];
    equal.unwrap_or(false)
}
