//! `QTcpSocket` and `QTcpServer`: their commands, queries and signals.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use slotwire::{BindMode, SocketOption, TcpServer, TcpSocket};

use super::{Actor, ActorHandle, Stage, answer, bytes, failed, names, number, proxy, repeat, server, text};

pub(super) const QUERIES: [&str; 17] = [
    "state",
    "is_valid",
    "error",
    "error_string",
    "available",
    "to_write",
    "at_end",
    "can_read_line",
    "peer_name",
    "peer_address",
    "peer_port",
    "local_address",
    "local_port",
    "read_buffer_size",
    "has_descriptor",
    "proxy_type",
    "parent",
];

const SERVER_QUERIES: [&str; 9] = [
    "is_listening",
    "server_address",
    "server_port",
    "has_pending",
    "max_pending",
    "error",
    "error_string",
    "has_descriptor",
    "proxy_type",
];

// ---- sockets

pub(super) fn snapshot(socket: TcpSocket) -> String {
    let validity = if socket.is_valid() { "valid" } else { "invalid" };
    format!(
        "{:?}|{validity}|{}|{}|{}",
        socket.state(),
        socket.bytes_available(),
        many(socket.bytes_to_write()),
        names::error(socket.error()),
    )
}

/// How much of a lot the system takes is up to it.
fn many(bytes: usize) -> String {
    if bytes > 65536 { "many".to_owned() } else { bytes.to_string() }
}

pub(super) fn command(socket: TcpSocket, name: &str, command: &Value) -> Value {
    let n = usize::try_from(number(command, "n")).unwrap_or_default();
    match name {
        "connect" => {
            let port = u16::try_from(number(command, "port")).unwrap_or_default();
            socket.connect_to_host(text(command, "host"), port);
        }
        "disconnect" => socket.disconnect_from_host(),
        "close" => socket.close(),
        "abort" => socket.abort(),
        "write" => {
            let once = match command["text"].as_str() {
                Some(text) => text.as_bytes().to_vec(),
                None => bytes(command),
            };
            return socket.write(&once.repeat(repeat(command))).into();
        }
        "bind" => {
            let port = u16::try_from(number(command, "port")).unwrap_or_default();
            let mode = match text(command, "mode") {
                "share" => BindMode::ShareAddress,
                "dont_share" => BindMode::DontShareAddress,
                "reuse" => BindMode::ReuseAddressHint,
                _ => BindMode::DefaultForPlatform,
            };
            return socket.bind(server::address(command), port, mode).is_ok().into();
        }
        "set_descriptor" => {
            return match descriptor(command) {
                Ok(descriptor) => socket.set_socket_descriptor(descriptor).is_ok().into(),
                Err(error) => failed(&error.to_string()),
            };
        }
        "echo" => return socket.write(&socket.read_all()).into(),
        "flush" => return socket.flush().into(),
        "read" => return latin1(&socket.read(n)),
        "read_all" => return latin1(&socket.read_all()),
        "read_line" if command.get("n").is_some() => return latin1(&socket.read_line_up_to(n)),
        "read_line" => return latin1(&socket.read_line()),
        "get_char" => return socket.get_char().map_or(Value::Null, |byte| latin1(&[byte])),
        "put_char" => return socket.put_char(text(command, "text").as_bytes()[0]).into(),
        "unget_char" => socket.unget_char(text(command, "text").as_bytes()[0]),
        "option" => {
            return match text(command, "option") {
                "LowDelayOption" => socket.socket_option(SocketOption::LowDelay).into(),
                "KeepAliveOption" => socket.socket_option(SocketOption::KeepAlive).into(),
                "TypeOfServiceOption" => socket.socket_option(SocketOption::TypeOfService).into(),
                _ => failed("unknown option"),
            };
        }
        "peek" => return latin1(&socket.peek(n)),
        "skip" => return socket.skip(n).into(),
        "transaction" => match text(command, "what") {
            "start" => socket.start_transaction(),
            "commit" => socket.commit_transaction(),
            "rollback" => socket.rollback_transaction(),
            _ => return failed("unknown end of a transaction"),
        },
        "set_read_buffer_size" => socket.set_read_buffer_size(n),
        "set_option" => match text(command, "option") {
            "LowDelayOption" => socket.set_socket_option(SocketOption::LowDelay, n != 0),
            "KeepAliveOption" => socket.set_socket_option(SocketOption::KeepAlive, n != 0),
            "TypeOfServiceOption" => {
                socket.set_socket_option(SocketOption::TypeOfService, n.try_into().unwrap_or_default());
            }
            _ => return failed("unknown option"),
        },
        "set_proxy" => socket.set_proxy(proxy(command)),
        "wait_for" => {
            let time = Duration::from_millis(number(command, "ms").unsigned_abs());
            return match text(command, "what") {
                "connected" => socket.wait_for_connected(time),
                "ready_read" => socket.wait_for_ready_read(time),
                "bytes_written" => socket.wait_for_bytes_written(time),
                "disconnected" => socket.wait_for_disconnected(time),
                _ => return failed("unknown wait"),
            }
            .into();
        }
        "query" => return answer(command, &QUERIES, |what| query(socket, what)),
        _ => return failed("unknown command"),
    }
    Value::Null
}

/// A descriptor that is not the crate's.
fn descriptor(command: &Value) -> io::Result<OwnedFd> {
    Ok(match text(command, "of") {
        "connected" => {
            let port = u16::try_from(number(command, "port")).unwrap_or_default();
            TcpStream::connect((Ipv4Addr::LOCALHOST, port))?.into()
        }
        "listening" => TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.into(),
        "udp" => UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?.into(),
        "unconnected" => socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?.into(),
        _ => File::open("/dev/null")?.into(),
    })
}

/// A character for each byte.
fn latin1(bytes: &[u8]) -> Value {
    bytes.iter().copied().map(char::from).collect::<String>().into()
}

pub(super) fn query(socket: TcpSocket, what: &str) -> Value {
    match what {
        "state" => names::state(socket.state()).into(),
        "is_valid" => socket.is_valid().into(),
        "is_open" | "is_readable" | "is_writable" => socket.is_open().into(),
        "is_transaction_started" => socket.is_transaction_started().into(),
        "error" => names::error(socket.error()).into(),
        "error_string" => socket.error_string().into(),
        "available" => socket.bytes_available().into(),
        "to_write" => socket.bytes_to_write().into(),
        "at_end" => socket.at_end().into(),
        "can_read_line" => socket.can_read_line().into(),
        "peer_name" => socket.peer_name().into(),
        "peer_address" => socket.peer_address().to_string().into(),
        "peer_port" => socket.peer_port().into(),
        "local_address" => socket.local_address().to_string().into(),
        "local_port" => socket.local_port().into(),
        "read_buffer_size" => socket.read_buffer_size().into(),
        "has_descriptor" => socket.socket_descriptor().is_some().into(),
        "proxy_type" => names::proxy_type(socket.proxy().proxy_type()).into(),
        "parent" => socket.parent().is_some().into(),
        _ => failed("unknown"),
    }
}

impl Stage {
    /// Takes a socket into the scenario, and reports all its signals.
    pub(super) fn adopt_tcp_socket(self: &Rc<Self>, name: &str, socket: TcpSocket) {
        let actor = self.adopt(name, ActorHandle::TcpSocket(socket));
        self.watch_tcp_socket(&actor, socket);
    }

    pub(super) fn watch_tcp_socket(self: &Rc<Self>, actor: &Rc<Actor>, socket: TcpSocket) {
        let on = |signal| self.reporter(actor, signal);

        let report = on("stateChanged");
        socket.state_changed().connect(move |state| report(json!([names::state(state)])));
        let report = on("errorOccurred");
        socket.error_occurred().connect(move |error| report(json!([names::error(error)])));
        let report = on("bytesWritten");
        socket.bytes_written().connect(move |bytes| report(json!([bytes])));
        let signals = [
            ("hostFound", socket.host_found()),
            ("connected", socket.connected()),
            ("disconnected", socket.disconnected()),
            ("readyRead", socket.ready_read()),
            ("aboutToClose", socket.about_to_close()),
            ("readChannelFinished", socket.read_channel_finished()),
        ];
        for (name, signal) in signals {
            let report = on(name);
            signal.connect(move |()| report(json!([])));
        }
        self.watch_destroyed(actor);
    }
}

// ---- servers

pub(super) fn server_snapshot(server: TcpServer) -> String {
    let listening = if server.is_listening() { "listening" } else { "idle" };
    let pending = if server.has_pending_connections() { "pending" } else { "none" };
    format!("{listening}|{pending}|{}", names::error(server.error()))
}

impl Stage {
    /// Takes a server into the scenario, and reports all its signals.
    pub(super) fn adopt_tcp_server(self: &Rc<Self>, name: &str, server: TcpServer, handle: ActorHandle) {
        let actor = self.adopt(name, handle);
        let on = |signal| self.reporter(&actor, signal);

        let report = on("newConnection");
        server.new_connection().connect(move |()| report(json!([])));
        let report = on("pendingConnectionAvailable");
        server.pending_connection_available().connect(move |()| report(json!([])));
        let report = on("acceptError");
        server.accept_error().connect(move |error| report(json!([names::error(error)])));
        self.watch_destroyed(&actor);
    }

    pub(super) fn tcp_server_command(
        self: &Rc<Self>,
        server: TcpServer,
        name: &str,
        command: &Value,
    ) -> Value {
        match name {
            "listen" => {
                let port = u16::try_from(number(command, "port")).unwrap_or_default();
                return server.listen(server::address(command), port).is_ok().into();
            }
            "close" => server.close(),
            "wait_for" => {
                let time = Duration::from_millis(number(command, "ms").unsigned_abs());
                return server.wait_for_new_connection(time).into();
            }
            "pause_accepting" => server.pause_accepting(),
            "resume_accepting" => server.resume_accepting(),
            "set_max_pending" => {
                let max = usize::try_from(number(command, "n")).unwrap_or_default();
                server.set_max_pending_connections(max);
            }
            "set_backlog" => {
                let size = usize::try_from(number(command, "n")).unwrap_or_default();
                server.set_listen_backlog_size(size);
            }
            "incoming" => self.handle_incoming_connections(text(command, "o"), server, text(command, "as")),
            "add_pending" => match self.actor(text(command, "socket")).map(|actor| actor.handle) {
                Some(ActorHandle::TcpSocket(socket)) => server.add_pending_connection(socket),
                _ => return failed("no such socket"),
            },
            "next_pending" => {
                let Some(socket) = server.next_pending_connection() else { return Value::Null };
                let name = self.next_accepted("ta", &self.accepted_tcp);
                self.adopt_tcp_socket(&name, socket);
                return name.into();
            }
            "set_proxy" => server.set_proxy(proxy(command)),
            "query" => return answer(command, &SERVER_QUERIES, |what| server_query(server, what)),
            _ => return failed("unknown command"),
        }
        Value::Null
    }
}

impl Stage {
    /// Reports each connection that is accepted as a signal, and then does that with it.
    fn handle_incoming_connections(self: &Rc<Self>, name: &str, server: TcpServer, what: &str) {
        let Some(actor) = self.actor(name) else { return };
        let (report, what) = (self.reporter(&actor, "incomingConnection"), what.to_owned());
        let kept = RefCell::new(Vec::new());
        server.set_incoming_connection_handler(move |stream| {
            report(json!([]));
            match &*what {
                "drop" => drop(stream),
                "keep" => kept.borrow_mut().push(stream),
                _ => {
                    let socket = TcpSocket::new();
                    if what == "child" {
                        socket.set_parent(server);
                    }
                    if socket.set_socket_descriptor(stream).is_ok() {
                        server.add_pending_connection(socket);
                    }
                }
            }
        });
    }
}

fn server_query(server: TcpServer, what: &str) -> Value {
    match what {
        "is_listening" => server.is_listening().into(),
        "server_address" => server.server_address().to_string().into(),
        "server_port" => server.server_port().into(),
        "has_pending" => server.has_pending_connections().into(),
        "backlog" => server.listen_backlog_size().into(),
        "max_pending" => server.max_pending_connections().into(),
        "error" => names::error(server.error()).into(),
        "error_string" => server.error_string().into(),
        "has_descriptor" => server.socket_descriptor().is_some().into(),
        "proxy_type" => names::proxy_type(server.proxy().proxy_type()).into(),
        _ => failed("unknown"),
    }
}
