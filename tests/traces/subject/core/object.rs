//! What every object has: a place in the tree, a name, properties, events and filters, an end.

use serde_json::{Value, json};
use slotwire::{Application, Event, EventType, Handle, Object};

use super::connect::emitter_of;
use super::run::{Failed, Flow};
use super::thing::Thing;
use super::{Node, Stage, stage};

/// How many kinds of events a script has of its own.
const USER_EVENTS: u16 = 1000;

impl Stage {
    /// `None` if it is none of these statements.
    pub(super) fn statement_of_objects(&self, what: &str, words: &[&str]) -> Option<Result<Value, Failed>> {
        let done = match what {
            "emit" => self.emit(words[0], words.get(1).copied().unwrap_or("0")),
            "post" | "send" | "remove_posted" | "send_posted" => self.statement_of_events(what, words),
            "filter" | "unfilter" => self.statement_of_filters(what, words[0], words[1]),
            "block" | "blocked?" | "parent?" | "set_parent" | "children?" | "name?" | "set_name" | "find"
            | "find_all" | "set" | "unset" | "property?" | "properties?" | "alive?" | "delete" | "later" => {
                self.object(words[0]).and_then(|object| self.statement_of_object(object, what, &words[1..]))
            }
            _ => return None,
        };
        Some(done)
    }

    fn statement_of_object(&self, object: Object, what: &str, words: &[&str]) -> Result<Value, Failed> {
        let kind = words.get(1).copied().unwrap_or("any");
        let is_direct = words.contains(&"direct");
        match what {
            "block" => return Ok(object.block_signals(words[0] == "1").into()),
            "blocked?" => return Ok(object.signals_blocked().into()),
            "parent?" => return Ok(object.parent().and_then(|parent| self.name_of(parent)).into()),
            "set_parent" if words[0] == "-" => object.clear_parent(),
            "set_parent" => object.set_parent(self.object(words[0])?),
            "children?" => {
                return Ok(object.children().into_iter().map(|child| self.name_of(child)).collect());
            }
            "name?" => return Ok(object.object_name().into()),
            "set_name" => object.set_object_name(words.first().copied().unwrap_or_default()),
            "find" => return Ok(self.find(object, kind, words[0], is_direct)),
            "find_all" => return Ok(self.find_all(object, kind, words[0], is_direct)),
            "set" => {
                match words[1].parse::<i32>() {
                    Ok(number) => object.set_property(words[0], number),
                    Err(_) => object.set_property(words[0], words[1].to_owned()),
                }
                return Ok(false.into());
            }
            "unset" => {
                object.remove_property(words[0]);
                return Ok(false.into());
            }
            "property?" => {
                let number = object.property::<i32>(words[0]).map(Value::from);
                return Ok(number.or_else(|| object.property::<String>(words[0]).map(Value::from)).into());
            }
            "properties?" => return Ok(object.dynamic_property_names().into()),
            "alive?" => return Ok(object.is_alive().into()),
            "delete" => object.delete(),
            _ => object.delete_later(),
        }
        Ok(Value::Null)
    }

    fn emit(&self, signal: &str, value: &str) -> Result<Value, Failed> {
        let (name, signal) = signal.split_once('.').ok_or("no signal")?;
        let value = value.parse().map_err(|_| "no number")?;
        self.node(name)?.with(|node| emitter_of(node, signal).emit(value));
        Ok(Value::Null)
    }

    // ---- events

    fn statement_of_events(&self, what: &str, words: &[&str]) -> Result<Value, Failed> {
        match (what, words) {
            ("post", [name, kind, priority @ ..]) => {
                let priority =
                    priority.first().map_or(Ok(0), |text| text.parse()).map_err(|_| "no priority")?;
                let receiver = self.object(name)?;
                receiver.post_event_with(Event::new(event_type(kind)?), priority);
                Ok(Value::Null)
            }
            ("send", [name, kind]) => {
                Ok(self.object(name)?.send_event(&Event::new(event_type(kind)?)).into())
            }
            ("remove_posted", [name, kind]) if *name != "*" => {
                self.object(name)?.remove_posted_events_of_type(event_type(kind)?);
                Ok(Value::Null)
            }
            ("remove_posted", [name]) if *name != "*" => {
                self.object(name)?.remove_posted_events();
                Ok(Value::Null)
            }
            ("send_posted", [] | ["*"]) => {
                Application::send_all_posted_events();
                Ok(Value::Null)
            }
            ("remove_posted", ["*", kind]) => {
                Application::remove_all_posted_events_of_type(event_type(kind)?);
                Ok(Value::Null)
            }
            ("send_posted", ["*", kind]) => {
                Application::send_all_posted_events_of_type(event_type(kind)?);
                Ok(Value::Null)
            }
            ("send_posted", [name, kind]) => {
                Application::send_posted_events_of_type(self.object(name)?, event_type(kind)?);
                Ok(Value::Null)
            }
            ("send_posted", [name]) if *name != "*" => {
                match self.thing(name)? {
                    Thing::Object(node) => Application::send_posted_events(node),
                    thing => Application::send_posted_events(thing.object().ok_or("no object")?),
                }
                Ok(Value::Null)
            }
            _ => Err(format!("{what} {} is not known", words.join(" "))),
        }
    }

    /// What an object of the program does with an event.
    pub(super) fn handle_event(&self, node: &Node, event: &Event) -> bool {
        let Some(me) = self.node_name(node) else { return false };
        let Some((name, detail)) = self.describe(event) else { return false };
        let key = format!("{me}:{name}");
        let is_stopped = self.called(json!(["event", self.mark(&key), detail]), &key) == Flow::Stopped;
        match event.event_type() {
            EventType::User(_) => !is_stopped,
            _ => is_stopped,
        }
    }

    fn node_name(&self, node: &Node) -> Option<String> {
        let things = self.things.borrow();
        let is_it = |thing: &Thing| matches!(thing, Thing::Object(handle) if handle.with(|other| std::ptr::eq(other, node)) == Some(true));
        things.iter().find(|(_, thing)| is_it(thing)).map(|(name, _)| name.clone())
    }

    /// The name of an event, and the child or property that it is about.
    fn describe(&self, event: &Event) -> Option<(String, Option<String>)> {
        Some(match event.event_type() {
            EventType::ChildAdded(child) => ("child_added".to_owned(), self.name_of(child)),
            EventType::ChildRemoved(child) => ("child_removed".to_owned(), self.name_of(child)),
            EventType::DeferredDelete => ("deferred_delete".to_owned(), None),
            EventType::DynamicPropertyChange => ("property".to_owned(), event.value::<String>().cloned()),
            EventType::User(number) if number < USER_EVENTS => (number.to_string(), None),
            _ => return None,
        })
    }

    fn statement_of_filters(&self, what: &str, watched: &str, guard: &str) -> Result<Value, Failed> {
        let (node, guard) = (self.node(guard)?, guard.to_owned());
        let call = move |_: &Node, watched, event: &Event| stage().filter(&guard, watched, event);
        match (what, watched) {
            ("unfilter", "app") => Application::remove_event_filter(node),
            ("unfilter", _) => self.object(watched)?.remove_event_filter(node),
            (_, "app") => Application::install_event_filter(node, call),
            _ => self.object(watched)?.install_event_filter(node, call),
        }
        Ok(Value::Null)
    }

    fn filter(&self, guard: &str, watched: Object, event: &Event) -> bool {
        let Some((name, _)) = self.describe(event) else { return false };
        let key = format!("{guard}?{name}");
        self.called(json!(["filter", self.mark(&key), self.name_of(watched)]), &key) == Flow::Stopped
    }
}

fn event_type(name: &str) -> Result<EventType, Failed> {
    match name {
        "deferred_delete" => Ok(EventType::DeferredDelete),
        number => number.parse().map(EventType::User).map_err(|_| format!("there is no event {name}")),
    }
}

/// The object of a thread that runs a loop.
pub(super) fn create_in_thread() -> Handle<Node> {
    let node = Node::create();
    node.set_event_handler(|node, event| stage().handle_event(node, event));
    node
}
