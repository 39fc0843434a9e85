//! Plays a scenario: has the subject run commands, plays the other end of the wire, and collects what happens.

use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use socket2::{Domain, Socket, Type};

use crate::driver::Driver;
use crate::peer::Peer;
use crate::scenario::{Bytes, Greeter, Role, Scenario, Send, Step};
use crate::tls::{self, Tls};
use crate::trace::Trace;

/// How long anything may take, in real time.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long nothing has to happen before a peer closes its socket, and at the end.
const BEFORE_CLOSE: Duration = Duration::from_millis(30);
const AT_THE_END: Duration = Duration::from_millis(120);

/// What every socket and server that is left is asked at the end.
const FINAL_OF_SOCKET: [&str; 16] = [
    "state",
    "is_valid",
    "close_code",
    "close_reason",
    "error",
    "error_string",
    "origin",
    "resource_name",
    "request_url",
    "subprotocol",
    "bytes_to_write",
    "peer_address",
    "peer_port",
    "peer_name",
    "local_address",
    "local_port",
];
const FINAL_OF_SERVER: [&str; 6] =
    ["server_url", "server_port", "is_listening", "error", "error_string", "has_pending"];
const FINAL_OF_TCP_SOCKET: [&str; 12] = [
    "state",
    "is_valid",
    "error",
    "error_string",
    "available",
    "to_write",
    "peer_name",
    "peer_address",
    "peer_port",
    "local_address",
    "local_port",
    "has_descriptor",
];
const FINAL_OF_TCP_SERVER: [&str; 6] =
    ["is_listening", "server_address", "server_port", "has_pending", "error", "error_string"];

/// What an object of that name is asked at the end.
fn last_questions(name: &str) -> &'static [&'static str] {
    match name.trim_end_matches(|digit: char| digit.is_ascii_digit()) {
        "s" => &FINAL_OF_SERVER,
        "t" | "ta" | "x" | "xa" => &FINAL_OF_TCP_SOCKET,
        "ts" => &FINAL_OF_TCP_SERVER,
        _ => &FINAL_OF_SOCKET,
    }
}

/// A scenario that is being played.
pub(crate) struct Run<'s> {
    pub(crate) scenario: &'s Scenario,
    driver: Box<dyn Driver>,
    pub(crate) peers: Vec<Peer>,
    listeners: HashMap<String, TcpListener>,
    /// Connections to the listeners that greet.
    greeters: HashMap<String, Receiver<(TcpStream, SocketAddr)>>,
    /// Connections that fill a listener's queue.
    fillers: Vec<Socket>,
    pub(crate) ports: Vec<(String, u16)>,
    /// What the subject said, but not about the runner's own questions.
    pub(crate) records: Vec<Value>,
    returned: HashMap<u64, Value>,
    own_commands: HashSet<u64>,
    last_command: u64,
    /// How many occurrences of each signal and log entry have been waited for.
    awaited: HashMap<(String, String), usize>,
    /// Counts all that happened.
    activity: usize,
    no_more_files: bool,
    /// As what the subject has presented itself.
    implementation: String,
}

/// What came of it.
pub(crate) struct Performance {
    /// Up to the end, or to where it got stuck.
    pub(crate) trace: Trace,
    pub(crate) outcome: Result<(), String>,
    pub(crate) implementation: String,
}

/// Why a scenario does not go on.
enum Stop {
    Failed(String),
    /// The subject has died, which a trace can tell.
    SubjectExited,
}

type Played<T = ()> = Result<T, Stop>;

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

pub(crate) fn play(scenario: &Scenario, driver: Box<dyn Driver>) -> Performance {
    let mut run = Run {
        scenario,
        driver,
        peers: Vec::new(),
        listeners: HashMap::new(),
        greeters: HashMap::new(),
        fillers: Vec::new(),
        ports: Vec::new(),
        records: Vec::new(),
        returned: HashMap::new(),
        own_commands: HashSet::new(),
        last_command: 0,
        awaited: HashMap::new(),
        activity: 0,
        no_more_files: false,
        implementation: String::new(),
    };
    let mut last_words = Map::new();
    let outcome = match run.play(&mut last_words) {
        Ok(()) => Ok(()),
        Err(Stop::SubjectExited) => {
            run.records.push(json!({"t": "exit", "code": run.driver.exit_code()}));
            Ok(())
        }
        Err(Stop::Failed(why)) => Err(why),
    };
    Performance { trace: Trace::new(&run, last_words), outcome, implementation: run.implementation }
}

impl Run<'_> {
    fn play(&mut self, last_words: &mut Map<String, Value>) -> Played {
        let scenario = self.scenario;
        if scenario.role == Role::Client {
            self.listen("port", Some(16))?;
            self.listen("refused", None)?;
        }
        for (at, step) in scenario.steps.iter().enumerate() {
            self.step(step).map_err(|stop| match stop {
                Stop::Failed(why) => Stop::Failed(format!("step {}: {why}", at + 1)),
                Stop::SubjectExited => stop,
            })?;
        }
        self.settle(AT_THE_END)?;
        self.peers.iter_mut().for_each(Peer::end);
        if !scenario.options.no_final {
            for object in self.ask(json!({"c": "objects"}))?.as_array().into_iter().flatten() {
                let name = object.as_str().unwrap_or_default();
                let answer = self.ask(json!({"c": "query", "o": name, "what": last_questions(name)}))?;
                last_words.insert(name.to_owned(), answer);
            }
        }
        Ok(())
    }

    // ---- steps

    fn step(&mut self, step: &Step) -> Played {
        match step {
            Step::Command(command) => self.command(command),
            Step::Wait { o, s } => {
                let count = self.awaits(o, s, 1);
                self.until(&format!("{o} to emit {s}"), None, |run| run.emissions(o, s) >= count)
            }
            Step::Settle(ms) => self.settle(Duration::from_millis(*ms)),
            Step::Sleep(ms) => self.sleep(Duration::from_millis(*ms)),
            Step::Listener { name, backlog, fill } => {
                self.listen(name, Some(*backlog))?;
                self.fill(name, *fill)
            }
            Step::Greeter(greeter) => self.greet(greeter),
            Step::Accept(accept) => {
                self.accept(&accept.peer, accept.listener.as_deref().unwrap_or("port"))?;
                self.start_tls(&accept.peer, accept.tls.as_ref(), Tls::server)
            }
            Step::Connect(connect) => {
                self.connect(&connect.peer)?;
                self.start_tls(&connect.peer, connect.tls.as_ref(), Tls::client)?;
                let peer = self.peer(&connect.peer)?;
                self.until("the handshake of TLS", None, |run| run.peers[peer].is_decided())
            }
            Step::StartTls(start) => {
                let begin = if self.scenario.role == Role::Client { Tls::server } else { Tls::client };
                self.start_tls(&start.peer, Some(&start.tls), begin)
            }
            Step::Expect { peer, what, n, within } => {
                self.expect(peer, what, n.unwrap_or(1), within.map(Duration::from_millis))
            }
            Step::ExpectBytes { peer, n } => {
                let peer = self.peer(peer)?;
                self.until(&format!("{n} bytes from the subject"), None, |run| {
                    run.peers[peer].unread() >= *n || run.peers[peer].is_closed_by_subject
                })?;
                self.peers[peer].take_bytes(*n);
                Ok(())
            }
            Step::ReadAs { peer, what } => {
                let peer = self.peer(peer)?;
                self.peers[peer].read_as(*what);
                Ok(())
            }
            Step::Hold(peer) => {
                let peer = self.peer(peer)?;
                self.peers[peer].hold();
                Ok(())
            }
            Step::Send(send) => self.send(send),
            Step::HalfClose(peer) => {
                let peer = self.peer(peer)?;
                Ok(self.peers[peer].half_close()?)
            }
            Step::Rst(peer) => {
                let peer = self.peer(peer)?;
                self.settle(BEFORE_CLOSE)?;
                Ok(self.peers[peer].rst()?)
            }
            Step::Fin(peer) => {
                let peer = self.peer(peer)?;
                self.settle(BEFORE_CLOSE)?;
                self.peers[peer].fin();
                Ok(())
            }
            Step::CloseNotify(peer) => {
                let peer = self.peer(peer)?;
                self.peers[peer].close_notify();
                Ok(())
            }
            Step::Probe(peer) => {
                let peer = self.peer(peer)?;
                self.peers[peer].probe();
                Ok(())
            }
            Step::NoMoreFiles(on) => {
                self.no_more_files = *on;
                Ok(self.driver.set_no_more_files(*on)?)
            }
            Step::LearnPort { o } => {
                let answer = self.ask(json!({"c": "query", "o": o, "what": ["server_port"]}))?;
                let port = answer["server_port"].as_u64().and_then(|port| u16::try_from(port).ok());
                self.learn_port("port", port.ok_or_else(|| Stop::Failed("the server has no port".into()))?);
                Ok(())
            }
        }
    }

    /// Listens at a port; only keeps it to itself without a `backlog`.
    fn listen(&mut self, name: &str, backlog: Option<i32>) -> Played {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        if let Some(backlog) = backlog {
            socket.listen(backlog)?;
        }
        socket.set_nonblocking(true)?;
        let listener = TcpListener::from(socket);
        self.learn_port(name, listener.local_addr()?.port());
        self.listeners.insert(name.to_owned(), listener);
        Ok(())
    }

    /// Takes the places in a listener's queue.
    fn fill(&mut self, name: &str, count: usize) -> Played {
        let address = self.listeners[name].local_addr()?;
        for _ in 0..count {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.set_nonblocking(true)?;
            // Whether it gets through does not matter.
            let _ = socket.connect(&address.into());
            self.fillers.push(socket);
        }
        Ok(())
    }

    /// Listens at a port, and says something at once to whom it accepts, also while the subject is busy.
    fn greet(&mut self, greeter: &Greeter) -> Played {
        self.listen(&greeter.name, Some(16))?;
        let listener = self.listeners[&greeter.name].try_clone()?;
        listener.set_nonblocking(false)?;
        let mut bytes = Vec::new();
        greeter.bytes.iter().for_each(|part| part.append_to(&mut bytes, |text| self.fill_in(text)));
        let (count, ends) = (greeter.count.unwrap_or(1), greeter.half_close);
        let (greeted, waiting) = mpsc::channel();
        thread::spawn(move || {
            for _ in 0..count {
                let Ok((mut stream, address)) = listener.accept() else { return };
                let _ = stream.write_all(&bytes);
                if ends {
                    let _ = stream.shutdown(Shutdown::Write);
                }
                if greeted.send((stream, address)).is_err() {
                    return;
                }
            }
        });
        self.greeters.insert(greeter.name.clone(), waiting);
        Ok(())
    }

    fn accept(&mut self, name: &str, listener: &str) -> Played {
        let greeted = self.greeters.remove(listener);
        let socket = self.listeners[listener].try_clone()?;
        let mut accepted = None;
        self.until("the subject to connect", None, |_| {
            accepted = match &greeted {
                Some(greeted) => greeted.try_recv().ok(),
                None => socket.accept().ok(),
            };
            accepted.is_some()
        })?;
        if let Some(greeted) = greeted {
            self.greeters.insert(listener.to_owned(), greeted);
        }
        let (stream, address) = accepted.expect("until says so");
        self.learn_port(&format!("{name}.port"), address.port());
        self.peers.push(Peer::new(name, stream, self.scenario.options.show_mask)?);
        self.activity += 1;
        Ok(())
    }

    fn connect(&mut self, name: &str) -> Played {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port("port")));
        if self.no_more_files {
            // For both, if both are one process.
            self.driver.set_no_more_files(false)?;
        }
        let peer = match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                self.learn_port(&format!("{name}.port"), stream.local_addr()?.port());
                Peer::new(name, stream, self.scenario.options.show_mask)?
            }
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Peer::refused(name),
            Err(error) => return Err(error.into()),
        };
        self.peers.push(peer);
        self.activity += 1;
        if self.no_more_files {
            self.driver.set_no_more_files(true)?;
        }
        Ok(())
    }

    fn start_tls(
        &mut self,
        name: &str,
        tls: Option<&Value>,
        begin: fn(&Value) -> Result<Tls, String>,
    ) -> Played {
        let Some(tls) = tls else { return Ok(()) };
        let peer = self.peer(name)?;
        if !self.peers[peer].is_closed_by_subject {
            self.peers[peer].start_tls(begin(tls).map_err(Stop::Failed)?);
        }
        Ok(())
    }

    fn expect(&mut self, name: &str, what: &str, count: usize, within: Option<Duration>) -> Played {
        let peer = self.peer(name)?;
        let count = self.awaits(name, what, count);
        self.until(&format!("{what} from the subject"), within, |run| {
            run.peers[peer].count(what) >= count || run.peers[peer].is_closed_by_subject
        })?;
        if self.peers[peer].count(what) < count {
            return Err(Stop::Failed(format!("{name}: connection closed while expecting {what}")));
        }
        Ok(())
    }

    fn send(&mut self, send: &Send) -> Played {
        let peer = self.peer(&send.peer)?;
        let bytes = self.bytes(peer, &send.bytes);
        let part = send.split.unwrap_or(bytes.len()).max(1);
        for (at, part) in bytes.chunks(part).enumerate() {
            if at > 0 {
                self.sleep(Duration::from_millis(send.gap))?;
            }
            self.peers[peer].send(part);
        }
        if !send.no_wait {
            self.until("the subject to read", None, |run| run.peers[peer].has_sent())?;
        }
        Ok(())
    }

    fn bytes(&self, peer: usize, parts: &[Bytes]) -> Vec<u8> {
        let fill = |text: &str| self.fill_in(text).replace("{accept}", &self.peers[peer].accept());
        let mut bytes = Vec::new();
        parts.iter().for_each(|part| part.append_to(&mut bytes, fill));
        bytes
    }

    fn peer(&self, name: &str) -> Played<usize> {
        // A name may be used again.
        let peer = self.peers.iter().rposition(|peer| peer.name == name);
        peer.ok_or_else(|| Stop::Failed(format!("there is no peer {name}")))
    }

    // ---- commands

    fn command(&mut self, command: &Map<String, Value>) -> Played {
        self.quiesce()?;
        let command = self.fill_in_all(&Value::Object(command.clone()));
        let value = self.issue(command, false)?;
        match value.get("failed").and_then(Value::as_str) {
            None | Some("deleted" | "no such object") => Ok(()),
            Some(why) => Err(Stop::Failed(why.to_owned())),
        }
    }

    /// Runs a command that is none of the scenario's: nothing of it is in the trace.
    fn ask(&mut self, command: Value) -> Played<Value> {
        self.issue(command, true)
    }

    fn issue(&mut self, mut command: Value, is_own: bool) -> Played<Value> {
        self.last_command += 1;
        let id = self.last_command;
        if is_own {
            self.own_commands.insert(id);
        }
        command["id"] = id.into();
        self.driver.command(&command);
        let mut value = None;
        self.until(&format!("{} to return", command["c"]), None, |run| {
            value = run.returned.remove(&id);
            value.is_some()
        })?;
        Ok(value.expect("until says so"))
    }

    fn fill_in_all(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.fill_in(text).into(),
            Value::Array(values) => values.iter().map(|value| self.fill_in_all(value)).collect(),
            Value::Object(fields) => {
                let filled = |(key, value): (&String, &Value)| {
                    let value = self.fill_in_all(value);
                    let port =
                        value.as_str().filter(|_| key == "port").and_then(|port| port.parse::<u16>().ok());
                    (key.clone(), port.map_or(value, Value::from))
                };
                fields.iter().map(filled).collect()
            }
            other => other.clone(),
        }
    }

    fn fill_in(&self, text: &str) -> String {
        let fill = |text: String, (name, port): &(String, u16)| {
            text.replace(&format!("{{{name}}}"), &port.to_string())
        };
        let text = match tls::certificates() {
            Ok(folder) => text.replace("{certs}", &folder.to_string_lossy()),
            Err(_) => text.to_owned(),
        };
        self.ports.iter().fold(text, fill)
    }

    fn learn_port(&mut self, name: &str, port: u16) {
        self.ports.retain(|(known, _)| known != name);
        self.ports.push((name.to_owned(), port));
    }

    fn port(&self, name: &str) -> u16 {
        self.ports.iter().find(|(known, _)| known == name).map_or(0, |&(_, port)| port)
    }

    // ---- time

    /// Lets both ends handle what there is. Returns whether there was anything.
    fn pump(&mut self) -> Played<bool> {
        let mut any = self.driver.run();
        any |= self.collect()?;
        for peer in &mut self.peers {
            if peer.serve() {
                any = true;
                self.activity += 1;
            }
        }
        Ok(any)
    }

    /// Takes what the subject has said. Returns whether it is of the scenario.
    fn collect(&mut self) -> Played<bool> {
        let mut any = false;
        for record in self.driver.take_records() {
            any |= self.record(record)?;
        }
        Ok(any)
    }

    fn record(&mut self, record: Value) -> Played<bool> {
        let id = record["id"].as_u64();
        if record["t"] == "bug" {
            return Err(Stop::Failed(format!("the subject says: {record}")));
        }
        if let Some(id) = id.filter(|_| record["t"] == "ret") {
            self.returned.insert(id, record["v"].clone());
        }
        if record["t"] == "ready" {
            self.implementation = record["impl"].as_str().unwrap_or_default().to_owned();
            return Ok(false);
        }
        if id.is_some_and(|id| self.own_commands.contains(&id)) {
            return Ok(false);
        }
        self.records.push(record);
        self.activity += 1;
        Ok(true)
    }

    /// Goes on until that is so, or that much of the subject's time has passed.
    fn until(
        &mut self,
        what: &str,
        within: Option<Duration>,
        mut is_so: impl FnMut(&mut Self) -> bool,
    ) -> Played {
        let give_up_at = Instant::now() + PATIENCE;
        let deadline = within.map(|within| self.driver.now() + within);
        // What is so already is not waited for: the subject has no turn then.
        self.collect()?;
        let mut any = true;
        while !is_so(self) {
            if self.driver.exit_code().is_some() {
                return Err(Stop::SubjectExited);
            }
            let left = deadline.map(|deadline| deadline.saturating_sub(self.driver.now()));
            if Instant::now() > give_up_at || left == Some(Duration::ZERO) {
                return Err(Stop::Failed(format!("waited in vain for {what}")));
            }
            match left {
                _ if any => {}
                None => self.driver.idle(),
                Some(left) => {
                    self.driver.flush_loopback();
                    if !self.pump()? {
                        self.driver.pass(left);
                    }
                }
            }
            any = self.pump()?;
        }
        Ok(())
    }

    /// Goes on until neither end has anything left to do at this moment.
    fn quiesce(&mut self) -> Played {
        let give_up_at = Instant::now() + PATIENCE;
        let mut rounds_without_any = 0;
        while rounds_without_any < 2 {
            if Instant::now() > give_up_at {
                return Err(Stop::Failed("the subject never becomes quiet".into()));
            }
            self.driver.flush_loopback();
            let before = self.activity;
            self.ask(json!({"c": "objects"}))?;
            let any = self.pump()? || self.activity != before;
            rounds_without_any = if any { 0 } else { rounds_without_any + 1 };
        }
        Ok(())
    }

    /// Goes on until nothing has happened for that long.
    fn settle(&mut self, quiet: Duration) -> Played {
        let give_up_at = Instant::now() + PATIENCE;
        loop {
            self.quiesce()?;
            let before = self.activity;
            let until = self.driver.now() + quiet;
            while self.activity == before && self.driver.now() < until {
                if Instant::now() > give_up_at {
                    return Err(Stop::Failed("the subject never becomes quiet".into()));
                }
                self.driver.pass(until.saturating_sub(self.driver.now()));
                self.pump()?;
            }
            self.quiesce()?;
            if self.activity == before {
                return Ok(());
            }
        }
    }

    /// Goes on while that much time passes.
    fn sleep(&mut self, duration: Duration) -> Played {
        let until = self.driver.now() + duration;
        self.quiesce()?;
        while self.driver.now() < until {
            self.driver.pass(until.saturating_sub(self.driver.now()));
            self.quiesce()?;
        }
        Ok(())
    }

    // ---- what has happened

    /// Notes that so many more of something are waited for. Returns how many there have to be.
    fn awaits(&mut self, of: &str, what: &str, count: usize) -> usize {
        let awaited = self.awaited.entry((of.to_owned(), what.to_owned())).or_default();
        *awaited += count;
        *awaited
    }

    fn emissions(&self, object: &str, signal: &str) -> usize {
        let is_it = |record: &&Value| record["t"] == "sig" && record["o"] == object && record["s"] == signal;
        self.records.iter().filter(is_it).count()
    }
}
