//! The client's opening handshake (private): from `open` to `connected`, or to the error.

use std::rc::Rc;

use url::Url;

use super::super::handshake_options::HandshakeOptions;
use super::super::protocol::{
    HandshakeOutcome, HandshakeRequestBuilder, MAX_HANDSHAKE_SIZE, Role, find_header_end, handshake_key,
    read_handshake_response,
};
use super::super::read_buffer::LentReadBuffer;
use super::private::{Closing, Connection, Handshake, OpenedRequest, Request, Socket, UNKNOWN_ERROR};
use crate::network::connector::{Connector, ConnectorClient};
use crate::network::socket_engine::{ReadOutcome, SocketEngine};
use crate::{NetworkRequest, SocketError, SocketState};

/// A request that cannot be made, found before anything else happens.
struct Refused(SocketError, String);

impl Socket {
    /// `QWebSocketPrivate::open`. What cannot be opened is refused before a connection that exists is touched.
    pub(super) fn open(self: &Rc<Self>, request: NetworkRequest, options: HandshakeOptions) {
        let socket = &self.value;
        let (host, port, resource) = match target(&request) {
            Ok(target) => target,
            Err(Refused(error, text)) => {
                socket.set_error_string(text);
                socket.signals.others(|signals| signals.error_occurred.emit(error));
                return;
            }
        };
        self.value.drop_connection();
        self.reset();
        if let Some(received) = socket.received_request() {
            socket.rare_mut().origin.replace(received.origin().into());
        }
        socket.request.replace(Request::Opened(Box::new(OpenedRequest { request, options, resource })));
        let attempt = socket.attempt.get();
        socket.state.set(SocketState::Connecting);
        socket.signals.others(|signals| signals.state_changed.emit(SocketState::Connecting));
        let goes_on = socket.attempt.get() == attempt
            && socket.state.get() == SocketState::Connecting
            && self.object.is_alive();
        if goes_on {
            let client = Rc::downgrade(self);
            let connector = Connector::start(&host, port, client);
            socket.connection.replace(Connection::Connecting(connector));
        }
    }

    /// Nothing of an earlier connection is left.
    fn reset(&self) {
        let socket = &self.value;
        socket.attempt.set(socket.attempt.get().wrapping_add(1));
        // An accepted socket that is opened becomes a client.
        socket.role.set(Role::Client);
        socket.processor.borrow_mut().set_role(Role::Client);
        socket.processor.borrow_mut().clear();
        socket.closing.set(Closing::No);
        socket.set_close(super::super::protocol::CloseCode::Normal, "");
        socket.error.set(SocketError::Unknown);
        socket.set_error_string(UNKNOWN_ERROR);
        socket.set_subprotocol("");
        socket.rare_mut().owed_pong.replace(None);
    }

    /// Writes the request.
    fn start_handshake(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        let socket = &self.value;
        let mut random = [0; 16];
        for part in random.chunks_exact_mut(4) {
            // The order of the host, as in `QWebSocketPrivate::generateKey`; to anybody else it is just random.
            part.copy_from_slice(&socket.next_mask().to_ne_bytes());
        }
        let key = handshake_key(random);
        let Some(builder) = self.request_builder(&key) else { return };
        let offered_subprotocols = builder.offered_subprotocols().into_iter().map(str::to_owned).collect();
        let handshake = Handshake { engine: engine.clone(), key, offered_subprotocols, received: Vec::new() };
        match builder.build() {
            Ok(request) => {
                socket.connection.replace(Connection::Handshaking(Box::new(handshake)));
                engine.write_with(|out| out.extend_from_slice(&request));
                if let Some(timeout) = socket.rare_mut().handshake_timeout.get() {
                    self.start_handshake_timer(timeout);
                }
            }
            Err(error) => {
                // QWebSocketPrivate::processStateChanged: the connection goes first, then comes the error.
                socket.connection.replace(Connection::Handshaking(Box::new(handshake)));
                socket.set_error_string(error.to_string());
                let attempt = socket.attempt.get();
                socket.abort();
                if socket.attempt.get() == attempt {
                    socket
                        .signals
                        .others(|signals| signals.error_occurred.emit(SocketError::ConnectionRefused));
                }
            }
        }
    }

    fn request_builder(&self, key: &str) -> Option<HandshakeRequestBuilder> {
        let Request::Opened(opened) = &*self.value.request.borrow() else { return None };
        let mut builder = HandshakeRequestBuilder::new(opened.request.url()?, key);
        builder.set_origin(&self.value.rare_mut().origin.borrow());
        for name in opened.options.subprotocols() {
            builder.add_subprotocol(name);
        }
        for (name, value) in opened.request.raw_headers() {
            builder.add_header(name, value);
        }
        Some(builder)
    }

    /// Reads the response, up to its end.
    pub(super) fn read_handshake(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        let buffer = LentReadBuffer::take();
        while self.value.is_current(engine) {
            let outcome = engine.read(&mut buffer.bytes.borrow_mut());
            match outcome {
                outcome @ (ReadOutcome::More(count) | ReadOutcome::Last(count)) => {
                    let may_have_more = matches!(outcome, ReadOutcome::More(_));
                    if let Some(rest) = self.continue_handshake(engine, &buffer.bytes.borrow()[..count]) {
                        return self.handshake_done(engine, &rest, may_have_more);
                    }
                    if !may_have_more {
                        return;
                    }
                }
                ReadOutcome::Nothing => return,
                ReadOutcome::End => return self.connection_lost(engine, SocketError::RemoteHostClosed),
                ReadOutcome::Failed(error) => {
                    return self.connection_lost(engine, SocketError::from_io(&error));
                }
            }
        }
    }

    /// The connection is open; `rest` came right behind the response.
    fn handshake_done(self: &Rc<Self>, engine: &Rc<SocketEngine>, rest: &[u8], may_have_more: bool) {
        let socket = &self.value;
        let held = self.hold(engine, rest);
        socket.set_state(SocketState::Connected);
        if socket.is_current(engine) {
            socket.signals.others(|signals| signals.connected.emit(()));
        }
        self.begin_receiving(engine, held, may_have_more);
    }

    /// Takes a part of the response. Once the connection is open, returns what came behind it.
    fn continue_handshake(self: &Rc<Self>, engine: &Rc<SocketEngine>, part: &[u8]) -> Option<Vec<u8>> {
        let socket = &self.value;
        let outcome = {
            let Connection::Handshaking(handshake) = &mut *socket.connection.borrow_mut() else {
                return None;
            };
            let scanned = handshake.received.len();
            handshake.received.extend_from_slice(part);
            match find_header_end(&handshake.received, scanned) {
                Some(end) => {
                    let rest = handshake.received.split_off(end);
                    let Handshake { received, key, offered_subprotocols, .. } = &**handshake;
                    Ok((read_handshake_response(received, key, offered_subprotocols), rest))
                }
                None if handshake.received.len() > MAX_HANDSHAKE_SIZE => Err("Header is too large"),
                None => return None,
            }
        };
        match outcome {
            Ok((HandshakeOutcome::Upgraded { subprotocol }, rest)) => {
                socket.stop_handshake_timer();
                socket.set_subprotocol(&subprotocol.unwrap_or_default());
                socket.connection.replace(Connection::Open(engine.clone()));
                return Some(rest);
            }
            Ok((HandshakeOutcome::AuthenticationRequired { challenges, .. }, _)) => {
                self.handshake_failed(engine, unanswered(&challenges).to_owned());
            }
            Ok((HandshakeOutcome::Failed(text), _)) => self.handshake_failed(engine, text),
            Err(text) => self.handshake_failed(engine, text.to_owned()),
        }
        None
    }

    fn handshake_failed(self: &Rc<Self>, engine: &Rc<SocketEngine>, text: String) {
        let socket = &self.value;
        socket.set_error_string(text);
        socket.signals.others(|signals| signals.error_occurred.emit(SocketError::ConnectionRefused));
        if socket.is_current(engine) {
            engine.abort();
            socket.finish(engine);
        }
    }

    /// The opening or the closing handshake took too long.
    pub(super) fn handshake_timed_out(self: &Rc<Self>) {
        let socket = &self.value;
        let Some(engine) = socket.engine() else { return };
        match socket.state.get() {
            SocketState::Connecting => {
                engine.abort();
                socket.set_error(SocketError::SocketTimeout);
                socket.signals.others(|signals| signals.error_occurred.emit(SocketError::SocketTimeout));
                if socket.is_current(&engine) {
                    socket.finish(&engine);
                }
            }
            SocketState::Closing => {
                engine.abort();
                socket.finish(&engine);
            }
            _ => self.disconnect(&engine),
        }
    }
}

impl ConnectorClient for Socket {
    fn host_found(self: Rc<Self>) {}

    fn established(self: Rc<Self>, engine: Rc<SocketEngine>) {
        // QWebSocketPrivate::processStateChanged
        engine.set_no_delay(true);
        engine.set_keep_alive(true);
        let client = Rc::downgrade(&self);
        engine.set_client(client);
        self.start_handshake(&engine);
    }

    fn failed(self: Rc<Self>, error: SocketError) {
        let socket = &self.value;
        if !matches!(&*socket.connection.borrow(), Connection::Connecting(_)) {
            return;
        }
        let connecting = socket.connection.take();
        drop(connecting);
        socket.set_error(error);
        let attempt = socket.attempt.get();
        let is_same = || socket.attempt.get() == attempt;
        socket.set_state(SocketState::Unconnected);
        socket.signals.disconnected.emit(());
        if is_same() {
            socket.signals.others(|signals| signals.error_occurred.emit(error));
        }
    }
}

/// Where a request goes: host, port and resource.
fn target(request: &NetworkRequest) -> Result<(String, u16, String), Refused> {
    let refused = |text: &str| Refused(SocketError::ConnectionRefused, text.to_owned());
    let url = request.url().ok_or_else(|| refused("Invalid URL."))?;
    let resource = resource_name(url);
    if url.path().to_ascii_uppercase().contains("%0D%0A") {
        return Err(refused("Invalid resource name."));
    }
    let port = match url.scheme() {
        "ws" => 80,
        "wss" => {
            let text = "SSL Sockets are not supported on this platform.".to_owned();
            return Err(Refused(SocketError::UnsupportedSocketOperation, text));
        }
        scheme => {
            let text = format!("Unsupported WebSocket scheme: {scheme}");
            return Err(Refused(SocketError::UnsupportedSocketOperation, text));
        }
    };
    let host = url.host_str().ok_or_else(|| refused("Invalid URL."))?.to_owned();
    Ok((host, url.port().unwrap_or(port), resource))
}

/// `QWebSocket::resourceName`: the path and the query, as they are sent.
fn resource_name(url: &Url) -> String {
    match url.query() {
        Some(query) if !query.is_empty() => format!("{}?{query}", url.path()),
        _ => url.path().to_owned(),
    }
}

/// What Qt says about a 401 that it is given no credentials for.
fn unanswered(challenges: &[String]) -> &'static str {
    let is_supported = |challenge: &String| {
        let scheme = challenge.split_ascii_whitespace().next().unwrap_or_default();
        scheme.eq_ignore_ascii_case("basic") || scheme.eq_ignore_ascii_case("digest")
    };
    match challenges {
        challenges if challenges.iter().any(is_supported) => {
            "QWebSocket::processHandshake: Host requires authentication"
        }
        [_] => "QWebSocketPrivate::processHandshake: Unsupported WWW-Authenticate challenge encountered.",
        _ => "QWebSocketPrivate::processHandshake: Unsupported WWW-Authenticate challenges encountered.",
    }
}
