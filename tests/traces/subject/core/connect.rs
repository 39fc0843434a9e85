//! Connections of a script.

use serde_json::{Value, json};
use slotwire::{Application, Connection, ConnectionType, Emitter, Handle, Object, Signal, sender};

use super::run::Failed;
use super::thing::Thing;
use super::{Node, Stage, stage};

/// One of a script's signals.
#[derive(Clone, Copy)]
enum Source {
    Number(Signal<i32>),
    Nothing(Signal<()>),
    Object(Signal<Object>),
    Text(Signal<str>),
    #[cfg(unix)]
    Descriptor(Signal<std::os::fd::RawFd>),
}

/// Does that with any of them.
macro_rules! with_signal {
    ($source:expr, |$signal:ident| $do:expr) => {
        match $source {
            Source::Number($signal) => $do,
            Source::Nothing($signal) => $do,
            Source::Object($signal) => $do,
            Source::Text($signal) => $do,
            #[cfg(unix)]
            Source::Descriptor($signal) => $do,
        }
    };
}

/// The number that a signal passes, 0 if it passes something else.
trait Number {
    fn number(&self) -> i32 {
        0
    }

    /// Whether it comes from an object whose handles are dead already.
    fn is_of_dead(&self) -> bool {
        false
    }
}

impl Number for () {}
impl Number for &str {}
impl Number for Object {
    fn is_of_dead(&self) -> bool {
        true
    }
}
impl Number for i32 {
    fn number(&self) -> i32 {
        *self
    }
}

/// How a connection is made.
#[derive(Default)]
struct Flags<'l> {
    connection_type: ConnectionType,
    is_blocking: bool,
    identity: Option<&'l str>,
}

impl Stage {
    pub(super) fn connect(&self, source: &str, target: &str, flags: &[&str]) -> Result<Value, Failed> {
        let flags = Flags::parse(flags, target);
        let (receiver, member) = target.split_once('.').ok_or("no target")?;
        let connection = self.connect_threads(source, receiver, member, flags.is_blocking);
        let connection = match connection {
            Some(is_connected) => return Ok(is_connected.into()),
            None => self.connect_here(source, receiver, member, flags.connection_type)?,
        };
        if let Some(identity) = flags.identity {
            self.connections.borrow_mut().insert(identity.to_owned(), connection);
        }
        Ok(connection.is_connected().into())
    }

    fn connect_here(
        &self,
        source: &str,
        receiver: &str,
        member: &str,
        connection_type: ConnectionType,
    ) -> Result<Connection, Failed> {
        let source = self.source(source)?;
        let thing = self.thing_or_app(receiver)?;
        if let (Source::Number(signal), Thing::Object(node), "a" | "b" | "c") = (source, &thing, member) {
            if connection_type == ConnectionType::AUTO {
                return Ok(signal.connect_signal(signal_of(*node, member)));
            }
            let member = member.to_owned();
            let emit = move |node: &Node, number| emitter_of(node, &member).emit(number);
            return Ok(signal.connect_to_with(connection_type, *node, emit));
        }
        if let Thing::Object(node) = thing
            && member != "deleteLater"
        {
            let key = format!("{receiver}.{member}");
            #[cfg(unix)]
            if let Source::Descriptor(signal) = source {
                // Which descriptor it is differs from run to run.
                return Ok(signal.connect_to_with(connection_type, node, move |_, _| stage().slot(&key, 0)));
            }
            return Ok(with_signal!(source, |signal| signal.connect_to_with(
                connection_type,
                node,
                move |_, arguments| stage().slot_of(&key, arguments.number(), arguments.is_of_dead())
            )));
        }
        let (member, context) = (member.to_owned(), thing.object());
        let act = move || thing.act(&member);
        Ok(match context {
            Some(context) => with_signal!(source, |signal| signal.connect_to_with(
                connection_type,
                context,
                move |_, _| act()
            )),
            None => with_signal!(source, |signal| signal.connect_with(connection_type, move |_| act())),
        })
    }

    pub(super) fn disconnect(&self, source: &str, receiver: Option<&str>) -> Result<Value, Failed> {
        if source.starts_with('#') {
            let connection = self.connections.borrow().get(source).copied();
            return Ok(connection.is_some_and(Connection::disconnect).into());
        }
        let receiver = receiver.map(|receiver| self.object(receiver)).transpose()?;
        let count = match (source.contains('.'), receiver) {
            (true, None) => with_signal!(self.source(source)?, |signal| signal.disconnect_all()),
            (true, Some(receiver)) => {
                with_signal!(self.source(source)?, |signal| signal.disconnect_receiver(receiver))
            }
            (false, None) => self.object(source)?.disconnect_all(),
            (false, Some(receiver)) => self.object(source)?.disconnect_receiver(receiver),
        };
        Ok((count > 0).into())
    }

    /// Tells of a slot that is called.
    pub(super) fn slot(&self, key: &str, number: i32) {
        self.slot_of(key, number, false);
    }

    fn slot_of(&self, key: &str, number: i32, is_of_dead: bool) {
        let sender = sender().filter(|sender| is_of_dead || sender.is_alive());
        let is_application = |sender: &Object| *sender == Application::about_to_quit().sender();
        let sender = sender.and_then(|sender| {
            self.name_of(sender).or_else(|| is_application(&sender).then(|| "app".to_owned()))
        });
        self.called(json!(["slot", self.mark(key), number, sender]), key);
    }

    fn source(&self, text: &str) -> Result<Source, Failed> {
        let (name, signal) = text.split_once('.').ok_or("no signal")?;
        Ok(match (self.thing_or_app(name)?, signal) {
            (Thing::App, "about") => Source::Nothing(Application::about_to_quit()),
            (thing, "renamed") => Source::Text(thing.object().ok_or("no object")?.object_name_changed()),
            (thing, "destroyed") => Source::Object(thing.object().ok_or("no object")?.destroyed()),
            (Thing::Object(node), name) => Source::Number(signal_of(node, name)),
            (Thing::Timer(timer), _) => Source::Nothing(timer.timeout()),
            (Thing::Thread(thread), "started") => Source::Nothing(thread.started()),
            (Thing::Thread(thread), _) => Source::Nothing(thread.finished()),
            #[cfg(unix)]
            (Thing::Notifier(notifier), _) => Source::Descriptor(notifier.activated()),
            _ => return Err(format!("no signal {text}")),
        })
    }

    pub(super) fn number_signal(&self, text: &str) -> Result<Signal<i32>, Failed> {
        match self.source(text)? {
            Source::Number(signal) => Ok(signal),
            _ => Err(format!("{text} passes no number")),
        }
    }
}

impl<'l> Flags<'l> {
    fn parse(flags: &[&'l str], target: &str) -> Self {
        let mut parsed = Self::default();
        for flag in flags {
            match *flag {
                "queued" => parsed.connection_type = ConnectionType::QUEUED,
                "blocking" => parsed.is_blocking = true,
                _ => {}
            }
        }
        for flag in flags {
            match *flag {
                "single" => parsed.connection_type = parsed.connection_type.single_shot(),
                "unique" => parsed.connection_type = parsed.connection_type.unique(target),
                identity if identity.starts_with('#') => parsed.identity = Some(identity),
                _ => {}
            }
        }
        parsed
    }
}

pub(super) fn signal_of(node: Handle<Node>, name: &str) -> Signal<i32> {
    match name {
        "a" => node.signal(|node| &node.a),
        "b" => node.signal(|node| &node.b),
        _ => node.signal(|node| &node.c),
    }
}

pub(super) fn emitter_of<'n>(node: &'n Node, name: &str) -> &'n Emitter<i32> {
    match name {
        "a" => &node.a,
        "b" => &node.b,
        _ => &node.c,
    }
}
