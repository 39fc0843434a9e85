//! Sockets: their commands, queries and signals.

use std::rc::Rc;

use serde_json::{Value, json};
use slotwire::{CloseCode, HandshakeOptions, MaskGenerator, NetworkRequest, PauseMode, Version, WebSocket};

use super::{
    Actor, ActorHandle, Stage, answer, bytes, failed, hex, list, names, number, proxy, repeat, text, texts,
};

const QUERIES: [&str; 30] = [
    "state",
    "is_valid",
    "close_code",
    "close_reason",
    "error",
    "error_string",
    "origin",
    "resource_name",
    "request_url",
    "request_headers",
    "peer_address",
    "peer_port",
    "peer_name",
    "local_address",
    "local_port",
    "subprotocol",
    "requested_subprotocols",
    "version",
    "bytes_to_write",
    "read_buffer_size",
    "outgoing_frame_size",
    "max_outgoing_frame_size",
    "max_frame",
    "max_message",
    "max_incoming_frame_limit",
    "max_incoming_message_limit",
    "pause_mode",
    "proxy_type",
    "ssl_verify",
    "ssl_peer_cn",
];

struct FixedMask(u32);

impl MaskGenerator for FixedMask {
    fn next_mask(&self) -> u32 {
        self.0
    }
}

pub(super) fn create(command: &Value) -> WebSocket {
    let version = command["version"].as_i64().map_or(Version::LATEST, Version::from_number);
    WebSocket::with_version(text(command, "origin"), version)
}

pub(super) fn snapshot(socket: WebSocket) -> String {
    let validity = if socket.is_valid() { "valid" } else { "invalid" };
    format!(
        "{:?}|{validity}|{}|{}|{}",
        socket.state(),
        u16::from(socket.close_code()),
        socket.close_reason(),
        names::error(socket.error()),
    )
}

pub(super) fn command(actor: &Actor, socket: WebSocket, name: &str, command: &Value) -> Value {
    let n = number(command, "n");
    match name {
        "open" => {
            actor.opened_url.replace(text(command, "url").to_owned());
            open(socket, command);
        }
        "send_text" => {
            return socket.send_text_message(text(command, "text").repeat(repeat(command))).into();
        }
        "send_binary" => return socket.send_binary_message(bytes(command).repeat(repeat(command))).into(),
        "ping" if command.get("hex").is_some() => socket.ping_with(bytes(command).repeat(repeat(command))),
        "ping" => socket.ping(),
        "close" if command.get("code").is_some() => {
            // Qt takes any int and sends its lower 16 bits.
            let code = CloseCode::from(number(command, "code") as u16);
            socket.close_with(code, &text(command, "reason").repeat(repeat(command)));
        }
        "close" => socket.close(),
        "abort" => socket.abort(),
        "flush" => return socket.flush().into(),
        "set_max_frame" => socket.set_max_allowed_incoming_frame_size(n as u64),
        "set_max_message" => socket.set_max_allowed_incoming_message_size(n as u64),
        "set_outgoing_frame_size" => socket.set_outgoing_frame_size(n as u64),
        "set_read_buffer_size" => socket.set_read_buffer_size(usize::try_from(n).unwrap_or(0)),
        "set_mask" => {
            let mask = number(command, "mask") as u32;
            socket.set_mask_generator(Some(Rc::new(FixedMask(mask))));
        }
        "set_pause_mode" => {
            let on = command["on"].as_bool().unwrap_or_default();
            socket.set_pause_mode(if on { PauseMode::OnSslErrors } else { PauseMode::Never });
        }
        "resume" => socket.resume(),
        "query" => return answer(command, &QUERIES, |what| query(actor, socket, what)),
        "set_proxy" => socket.set_proxy(proxy(command)),
        #[cfg(feature = "_tls")]
        "set_ssl" | "ignore_ssl_errors" | "continue_interrupted_handshake" => {
            return super::ssl::socket_command(socket, name, command);
        }
        _ => return failed("unknown command"),
    }
    Value::Null
}

fn open(socket: WebSocket, command: &Value) {
    let mut request = NetworkRequest::new(text(command, "url"));
    for header in list(command, "headers") {
        let value = header[1].as_str().unwrap_or_default();
        request.set_raw_header(header[0].as_str().unwrap_or_default(), to_latin1(value));
    }
    if command.get("subprotocols").is_some() {
        let options = HandshakeOptions::new().with_subprotocols(texts(command, "subprotocols"));
        socket.open_with(request, options);
    } else {
        socket.open(request);
    }
}

fn query(actor: &Actor, socket: WebSocket, what: &str) -> Value {
    match what {
        "state" => names::state(socket.state()).into(),
        "is_valid" => socket.is_valid().into(),
        "close_code" => u16::from(socket.close_code()).into(),
        "close_reason" => socket.close_reason().into(),
        "error" => names::error(socket.error()).into(),
        "error_string" => socket.error_string().into(),
        "origin" => socket.origin().into(),
        "resource_name" => socket.resource_name().into(),
        "request_url" => request_url(socket, &actor.opened_url.borrow()).into(),
        "request_headers" => {
            let request = socket.request();
            request.raw_headers().map(|(name, value)| json!([name, from_latin1(value)])).collect()
        }
        "peer_address" => socket.peer_address().to_string().into(),
        "peer_port" => socket.peer_port().into(),
        "peer_name" => socket.peer_name().into(),
        "local_address" => socket.local_address().to_string().into(),
        "local_port" => socket.local_port().into(),
        "subprotocol" => socket.subprotocol().into(),
        "requested_subprotocols" => socket.handshake_options().subprotocols().into(),
        "version" => socket.version().number().into(),
        "bytes_to_write" => socket.bytes_to_write().into(),
        "read_buffer_size" => socket.read_buffer_size().into(),
        "outgoing_frame_size" => socket.outgoing_frame_size().into(),
        "max_outgoing_frame_size" => WebSocket::max_outgoing_frame_size().into(),
        "max_frame" => socket.max_allowed_incoming_frame_size().into(),
        "max_message" => socket.max_allowed_incoming_message_size().into(),
        "max_incoming_frame_limit" => WebSocket::max_incoming_frame_size().into(),
        "max_incoming_message_limit" => WebSocket::max_incoming_message_size().into(),
        "pause_mode" => names::pause_mode(socket.pause_mode()).into(),
        "proxy_type" => names::proxy_type(socket.proxy().proxy_type()).into(),
        #[cfg(feature = "_tls")]
        "ssl_verify" | "ssl_peer_cn" => super::ssl::query(socket, what),
        _ => failed("unknown"),
    }
}

impl Stage {
    /// Takes a socket into the scenario, and reports all its signals.
    pub(super) fn adopt_socket(self: &Rc<Self>, name: &str, socket: WebSocket) {
        let actor = self.adopt(name, ActorHandle::Socket(socket));
        let on = |signal| self.reporter(&actor, signal);

        let report = on("stateChanged");
        socket.state_changed().connect(move |state| report(json!([names::state(state)])));
        let report = on("connected");
        socket.connected().connect(move |()| report(json!([])));
        let report = on("disconnected");
        socket.disconnected().connect(move |()| report(json!([])));
        let report = on("aboutToClose");
        socket.about_to_close().connect(move |()| report(json!([])));
        let report = on("readChannelFinished");
        socket.read_channel_finished().connect(move |()| report(json!([])));
        let report = on("textFrameReceived");
        socket.text_frame_received().connect(move |(text, is_last)| report(json!([text, is_last])));
        let report = on("binaryFrameReceived");
        socket.binary_frame_received().connect(move |(bytes, is_last)| report(json!([hex(bytes), is_last])));
        let report = on("textMessageReceived");
        socket.text_message_received().connect(move |text| report(json!([text])));
        let report = on("binaryMessageReceived");
        socket.binary_message_received().connect(move |bytes| report(json!([hex(bytes)])));
        let report = on("pong");
        socket.pong().connect(move |(elapsed, payload)| {
            report(json!([elapsed.as_millis() as u64, hex(payload)]));
        });
        let report = on("bytesWritten");
        socket.bytes_written().connect(move |bytes| report(json!([bytes])));
        let report = on("errorOccurred");
        socket.error_occurred().connect(move |error| report(json!([names::error(error)])));
        let (stage, report) = (self.clone(), on("authenticationRequired"));
        socket.authentication_required().connect(move |authenticator| {
            report(json!([authenticator.realm()]));
            stage.fill_in(authenticator);
        });
        let (stage, asked) = (self.clone(), actor.clone());
        socket.proxy_authentication_required().connect(move |(proxy, authenticator)| {
            let signal = "proxyAuthenticationRequired";
            let arguments = json!([proxy.host_name(), authenticator.realm()]);
            stage.report_signal(&asked, signal, &arguments);
            stage.react(&asked, signal, &arguments);
            stage.fill_in(authenticator);
        });
        #[cfg(feature = "_tls")]
        self.watch_ssl_of_socket(&actor, socket);
        self.watch_destroyed(&actor);
    }
}

/// As Qt writes it: a `QUrl` may have no path, or be no whole URL, where a `Url` always has a path.
fn request_url(socket: WebSocket, opened: &str) -> String {
    let request = socket.request();
    let Some(url) = request.url() else { return request.invalid_url().unwrap_or_default().to_owned() };
    let is_opened = NetworkRequest::from(opened).url() == Some(url);
    let authority = opened.split_once("://").map_or(opened, |(_, rest)| rest);
    let has_path = authority.split(['?', '#']).next().is_some_and(|authority| authority.contains('/'));
    if is_opened && !has_path && url.path() == "/" {
        let before_path = url[..url::Position::BeforePath].to_owned();
        before_path + &url[url::Position::AfterPath..]
    } else {
        url.to_string()
    }
}

fn to_latin1(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect()
}

fn from_latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
