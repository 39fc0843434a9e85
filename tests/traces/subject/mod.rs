//! What plays a scenario's commands on this crate and says what happened, each a line of JSON: the *subject* of a trace.
//!
//! A command comes as a value, and each record goes to a sink: the trace suite runs it in its own process. Only `program.rs`
//! reads and writes, to be the subject behind a pipe, where a runner can have real Qt in its place.
//!
//! A record is a command that begins (`call`) or ends (`ret`, with its value), or a signal (`sig`, with its arguments and a
//! snapshot of its object) that is reported before any reaction to it runs.

pub(crate) mod core;
mod names;
pub(crate) mod program;
mod server;
mod socket;
#[cfg(feature = "_tls")]
mod ssl;
#[cfg(feature = "_tls")]
mod ssl_socket;
mod tcp;
mod values;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use slotwire::{
    Application, Authenticator, EventLoop, NetworkProxy, Object, ProxyType, TcpServer, TcpSocket, Timer,
    WebSocket, WebSocketServer,
};

/// Takes the records, in their order.
pub(crate) type Sink = Rc<dyn Fn(Value)>;

/// One run of a scenario: its objects and reactions. All objects are deleted with it, silently.
pub(crate) struct Subject(Rc<Stage>);

/// The state of a subject, which the slots of its objects share.
struct Stage {
    sink: Sink,
    /// In the order of their creation, also those that are deleted.
    actors: RefCell<Vec<Rc<Actor>>>,
    reactions: RefCell<Vec<Rc<Reaction>>>,
    policy: RefCell<OriginPolicy>,
    /// User and password that `set_auth` has given, until the slot that asked takes them.
    credentials: RefCell<Option<(String, String)>>,
    /// The connection that a slot of `sslErrorsOccurred` is told of.
    #[cfg(feature = "_tls")]
    ssl_socket: RefCell<Option<slotwire::SslSocket>>,
    /// How many accepted sockets there were, of either class.
    accepted: Cell<usize>,
    accepted_tcp: Cell<usize>,
    #[cfg(feature = "_tls")]
    accepted_ssl: Cell<usize>,
    /// The name of the one that was accepted last.
    last_accepted: RefCell<String>,
    /// The loops that end with a signal of an object.
    loops: RefCell<Vec<(String, String, EventLoop)>>,
    has_quit: Cell<bool>,
    is_silent: Cell<bool>,
}

/// An object of a scenario.
struct Actor {
    name: String,
    handle: ActorHandle,
    is_alive: Cell<bool>,
    /// The URL of the last `open`, as it was written.
    opened_url: RefCell<String>,
}

#[derive(Clone, Copy)]
enum ActorHandle {
    Socket(WebSocket),
    Server(WebSocketServer),
    TcpSocket(TcpSocket),
    TcpServer(TcpServer),
    #[cfg(feature = "_tls")]
    SslSocket(slotwire::SslSocket),
    /// A server whose connections can be encrypted.
    #[cfg(feature = "_tls")]
    SslServer(TcpServer),
}

/// Commands that a signal sets off.
struct Reaction {
    /// An object's name, or `a*` for any accepted socket, `ta*` for one of TCP.
    object: String,
    signal: String,
    /// The signal's first argument; any if null.
    when: Value,
    commands: Vec<Value>,
    /// How often it still runs; without a limit if `None`.
    left: Cell<Option<u64>>,
}

/// Which origins a server's slot lets in.
#[derive(Default)]
enum OriginPolicy {
    #[default]
    Undecided,
    AllowOnly(Vec<String>),
    Deny(Vec<String>),
}

impl Subject {
    /// A subject without objects, which reports that it is ready.
    pub(crate) fn new(role: &str, sink: Sink) -> Self {
        sink(json!({"t": "ready", "role": role, "impl": concat!("slotwire ", env!("CARGO_PKG_VERSION"))}));
        Self(Rc::new(Stage {
            sink,
            actors: RefCell::default(),
            reactions: RefCell::default(),
            policy: RefCell::default(),
            credentials: RefCell::default(),
            #[cfg(feature = "_tls")]
            ssl_socket: RefCell::default(),
            accepted: Cell::new(0),
            accepted_tcp: Cell::new(0),
            #[cfg(feature = "_tls")]
            accepted_ssl: Cell::new(0),
            last_accepted: RefCell::default(),
            loops: RefCell::default(),
            has_quit: Cell::new(false),
            is_silent: Cell::new(false),
        }))
    }

    /// Runs one command.
    pub(crate) fn command(&self, command: &Value) {
        self.0.run(command, &command["id"]);
    }

    /// Whether a command has asked for the end of the process.
    pub(crate) fn has_quit(&self) -> bool {
        self.0.has_quit.get()
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        self.0.is_silent.set(true);
        for actor in self.0.actors.take() {
            actor.object().delete();
        }
    }
}

impl Actor {
    fn object(&self) -> Object {
        match self.handle {
            ActorHandle::Socket(socket) => *socket,
            ActorHandle::Server(server) => *server,
            ActorHandle::TcpSocket(socket) => *socket,
            ActorHandle::TcpServer(server) => *server,
            #[cfg(feature = "_tls")]
            ActorHandle::SslSocket(socket) => **socket,
            #[cfg(feature = "_tls")]
            ActorHandle::SslServer(server) => *server,
        }
    }

    /// How the object stands at the moment of a signal.
    fn snapshot(&self) -> Value {
        match self.handle {
            _ if !self.is_alive.get() => Value::Null,
            ActorHandle::Socket(socket) => socket::snapshot(socket).into(),
            ActorHandle::Server(server) => server::snapshot(server).into(),
            ActorHandle::TcpSocket(socket) => tcp::snapshot(socket).into(),
            ActorHandle::TcpServer(server) => tcp::server_snapshot(server).into(),
            #[cfg(feature = "_tls")]
            ActorHandle::SslSocket(socket) => ssl_socket::snapshot(socket).into(),
            #[cfg(feature = "_tls")]
            ActorHandle::SslServer(server) => tcp::server_snapshot(server).into(),
        }
    }
}

impl Stage {
    // ---- commands

    /// `id` is null for a command within a batch or a reaction.
    fn run(self: &Rc<Self>, command: &Value, id: &Value) {
        let (object, name) = (&command["o"], &command["c"]);
        self.report(json!({"t": "call", "o": object, "c": name, "id": id}));
        let value = self.dispatch(command);
        self.report(json!({"t": "ret", "o": object, "c": name, "id": id, "v": value}));
    }

    fn dispatch(self: &Rc<Self>, command: &Value) -> Value {
        let object = text(command, "o");
        match text(command, "c") {
            "quit" => self.has_quit.set(true),
            "process_events" => _ = Application::process_events(),
            "objects" => {
                let actors = self.actors.borrow();
                return actors
                    .iter()
                    .filter(|actor| actor.is_alive.get())
                    .map(|actor| actor.name.as_str())
                    .collect();
            }
            "batch" => {
                for command in list(command, "do") {
                    self.run(command, &Value::Null);
                }
            }
            "set_auth" => {
                let given = (text(command, "user").to_owned(), text(command, "password").to_owned());
                self.credentials.replace(Some(given));
            }
            "on" => self.reactions.borrow_mut().push(Rc::new(Reaction {
                object: object.to_owned(),
                signal: text(command, "signal").to_owned(),
                when: command["when"].clone(),
                commands: list(command, "do").to_vec(),
                left: Cell::new(command["times"].as_u64()),
            })),
            "new" => self.adopt_socket(object, socket::create(command)),
            "new_server" => {
                let server = server::create(command);
                self.adopt_server(object, server);
                #[cfg(feature = "_tls")]
                return ssl::configure_server(server, command);
            }
            "new_tcp" => self.adopt_tcp_socket(object, TcpSocket::new()),
            "new_tcp_server" => {
                let server = TcpServer::new();
                self.adopt_tcp_server(object, server, ActorHandle::TcpServer(server));
            }
            #[cfg(feature = "_tls")]
            "new_ssl" => self.adopt_ssl_socket(object, slotwire::SslSocket::new()),
            #[cfg(feature = "_tls")]
            "new_ssl_server" => {
                let server = TcpServer::new();
                self.adopt_tcp_server(object, server, ActorHandle::SslServer(server));
            }
            "loop" => return self.run_loop(command),
            // For longer than Qt was: a machine that runs all tests at once is slower than one that records.
            "block" => thread::sleep(5 * Duration::from_millis(number(command, "ms").unsigned_abs())),
            name if values::is_known(name) => return values::command(name, command),
            name => return self.object_command(object, name, command),
        }
        Value::Null
    }

    /// Runs a nested loop until an object emits a signal, or that much time has passed.
    fn run_loop(&self, command: &Value) -> Value {
        let (event_loop, time_out) = (EventLoop::new(), Timer::new());
        time_out.timeout().connect(move |()| event_loop.exit(1));
        time_out.start(Duration::from_millis(number(command, "ms").unsigned_abs()));
        let awaited = (text(command, "o").to_owned(), text(command, "until").to_owned(), event_loop);
        self.loops.borrow_mut().push(awaited);
        let code = event_loop.exec();
        self.loops.borrow_mut().retain(|(.., other)| *other != event_loop);
        event_loop.delete();
        time_out.delete();
        match code {
            0 => "emitted".into(),
            1 => "timed out".into(),
            _ => "refused".into(),
        }
    }

    fn object_command(self: &Rc<Self>, object: &str, name: &str, command: &Value) -> Value {
        let Some(actor) = self.actor(object) else { return failed("no such object") };
        if !actor.is_alive.get() {
            return failed("deleted");
        }
        match (name, actor.handle) {
            ("delete_later", _) => actor.object().delete_later(),
            ("delete", _) => actor.object().delete(),
            (_, ActorHandle::Socket(socket)) => return socket::command(&actor, socket, name, command),
            (_, ActorHandle::Server(server)) => return self.server_command(server, name, command),
            (_, ActorHandle::TcpSocket(socket)) => return tcp::command(socket, name, command),
            (_, ActorHandle::TcpServer(server)) => return self.tcp_server_command(server, name, command),
            #[cfg(feature = "_tls")]
            (_, ActorHandle::SslSocket(socket)) => return ssl_socket::command(socket, name, command),
            #[cfg(feature = "_tls")]
            ("next_pending", ActorHandle::SslServer(server)) => return self.next_ssl_socket(server),
            #[cfg(feature = "_tls")]
            (_, ActorHandle::SslServer(server)) => return self.tcp_server_command(server, name, command),
        }
        Value::Null
    }

    fn actor(&self, name: &str) -> Option<Rc<Actor>> {
        self.actors.borrow().iter().find(|actor| actor.name == name).cloned()
    }

    /// Takes an object into the scenario; one of that name that is deleted makes room.
    fn adopt(self: &Rc<Self>, name: &str, handle: ActorHandle) -> Rc<Actor> {
        let actor = Rc::new(Actor {
            name: name.to_owned(),
            handle,
            is_alive: Cell::new(true),
            opened_url: RefCell::default(),
        });
        let mut actors = self.actors.borrow_mut();
        match actors.iter_mut().find(|known| known.name == name) {
            Some(known) => *known = actor.clone(),
            None => actors.push(actor.clone()),
        }
        actor
    }

    // ---- signals

    /// A function that reports a signal of that object, and runs the reactions to it. It takes the list of arguments.
    fn reporter(self: &Rc<Self>, actor: &Rc<Actor>, signal: &'static str) -> impl Fn(Value) + use<> {
        let (stage, actor) = (self.clone(), actor.clone());
        move |arguments| {
            stage.report_signal(&actor, signal, &arguments);
            stage.react(&actor, signal, &arguments);
        }
    }

    fn watch_destroyed(self: &Rc<Self>, actor: &Rc<Actor>) {
        let destroyed = self.reporter(actor, "destroyed");
        let watched = actor.clone();
        actor.object().destroyed().connect(move |_| {
            watched.is_alive.set(false);
            destroyed(json!([]));
        });
    }

    fn report_signal(&self, actor: &Actor, signal: &str, arguments: &Value) {
        let snapshot = actor.snapshot();
        self.report(json!({"t": "sig", "o": actor.name, "s": signal, "a": arguments, "q": snapshot}));
        for (object, until, event_loop) in self.loops.borrow().iter() {
            if *object == actor.name && until == signal {
                event_loop.exit(0);
            }
        }
    }

    fn react(self: &Rc<Self>, actor: &Actor, signal: &str, arguments: &Value) {
        if self.is_silent.get() {
            return;
        }
        let reactions = self.reactions.borrow().clone();
        for reaction in reactions.iter().filter(|reaction| reaction.is_for(actor, signal, arguments)) {
            if reaction.take_turn() {
                for command in &reaction.commands {
                    self.run(&self.complete(command, actor, arguments), &Value::Null);
                }
            }
        }
    }

    /// A command of a reaction, with what it takes from the signal.
    fn complete(&self, command: &Value, actor: &Actor, arguments: &Value) -> Value {
        let mut command = command.clone();
        let object = match command["o"].as_str() {
            None => actor.name.clone(),
            Some("$last") => self.last_accepted.borrow().clone(),
            Some(name) => name.to_owned(),
        };
        command["o"] = object.into();
        if let Some(index) = command["arg"].as_u64() {
            let parameter = if command["c"] == "send_text" { "text" } else { "hex" };
            command[parameter] = arguments[index as usize].clone();
        }
        command
    }

    /// Fills in what a reaction to the signal has given.
    fn fill_in(&self, authenticator: &Authenticator) {
        if let Some((user, password)) = self.credentials.take() {
            authenticator.set_user(user);
            authenticator.set_password(password);
        }
    }

    fn report(&self, record: Value) {
        if !self.is_silent.get() {
            (self.sink)(record);
        }
    }
}

impl Reaction {
    fn is_for(&self, actor: &Actor, signal: &str, arguments: &Value) -> bool {
        let is_any_of =
            |kind: &str| actor.name.strip_prefix(kind).is_some_and(|number| number.parse::<usize>().is_ok());
        self.signal == signal
            && (self.when.is_null() || self.when == arguments[0])
            && (self.object == actor.name || self.object.strip_suffix('*').is_some_and(is_any_of))
    }

    /// Whether it runs (again).
    fn take_turn(&self) -> bool {
        match self.left.get() {
            Some(0) => return false,
            Some(left) => self.left.set(Some(left - 1)),
            None => {}
        }
        true
    }
}

impl Stage {
    /// The name of a socket that was just accepted.
    fn next_accepted(&self, kind: &str, count: &Cell<usize>) -> String {
        let name = format!("{kind}{}", count.get());
        count.set(count.get() + 1);
        self.last_accepted.replace(name.clone());
        name
    }
}

// ---- values

/// The proxy that a `set_proxy` names.
fn proxy(command: &Value) -> NetworkProxy {
    let proxy_type = match text(command, "type") {
        "none" => ProxyType::No,
        "http" => ProxyType::Http,
        "socks5" => ProxyType::Socks5,
        _ => ProxyType::Default,
    };
    let port = u16::try_from(number(command, "port")).unwrap_or_default();
    let mut proxy = NetworkProxy::with_host(proxy_type, text(command, "host"), port);
    proxy.set_user(text(command, "user"));
    proxy.set_password(text(command, "password"));
    proxy
}

/// A parameter of a command, empty if it is not given.
fn text<'c>(command: &'c Value, parameter: &str) -> &'c str {
    command[parameter].as_str().unwrap_or_default()
}

fn list<'c>(command: &'c Value, parameter: &str) -> &'c [Value] {
    command[parameter].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn texts(command: &Value, parameter: &str) -> Vec<String> {
    list(command, parameter).iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn number(command: &Value, parameter: &str) -> i64 {
    command[parameter].as_i64().unwrap_or_default()
}

/// How often a text or payload is to be repeated.
fn repeat(command: &Value) -> usize {
    command["repeat"].as_u64().unwrap_or(1) as usize
}

fn bytes(command: &Value) -> Vec<u8> {
    let digits = text(command, "hex").as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).filter_map(byte).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn failed(why: &str) -> Value {
    json!({"failed": why})
}

/// Answers a `query`: what it names, or everything.
fn answer(command: &Value, known: &[&str], ask: impl Fn(&str) -> Value) -> Value {
    let named: Vec<_> = list(command, "what").iter().filter_map(Value::as_str).collect();
    let asked = if named.is_empty() { known } else { &named[..] };
    asked.iter().map(|name| ((*name).to_owned(), ask(name))).collect::<serde_json::Map<_, _>>().into()
}
