//! The client's opening handshake (private): from `open` to `connected`, or to the error.

use std::rc::Rc;

use url::Url;

use super::authentication::Unauthorized;
use super::private::{Socket, UNKNOWN_ERROR};
use super::request::{OpenedRequest, Request};
use super::transport::{Closing, Handshake, HandshakeStage, Transport};
use crate::core::clock::Moment;
use crate::core::sequence::Sequence;
use crate::http::{HeadProgress, IncomingHead};
use crate::network::abstract_socket::SocketFailure;
use crate::network::connector::{Connector, ConnectorClient};
use crate::network::socket_engine::{ReadOutcome, SocketEngine};
use crate::websocket::handshake_options::HandshakeOptions;
use crate::websocket::limits::Limits;
use crate::websocket::protocol::{
    HandshakeOutcome, HandshakeRequestBuilder, Role, handshake_key, read_handshake_response,
};
use crate::websocket::read_buffer::{LentReadBuffer, ReadBuffer};
use crate::{Authenticator, NetworkProxy, NetworkRequest, SocketError, SocketState};

/// Where a request goes.
pub(super) struct Target {
    host: String,
    port: u16,
    resource: String,
    is_secure: bool,
}

/// Why a request cannot be made, found before anything else happens.
pub(super) enum Refused {
    InvalidUrl,
    InvalidResourceName,
    /// The scheme, and the resource.
    UnsupportedScheme(String, String),
}

impl Socket {
    /// `QWebSocketPrivate::open`. What cannot be opened is refused before a connection that exists is touched.
    pub(super) fn open(self: &Rc<Self>, request: NetworkRequest, options: HandshakeOptions) {
        let target = match Target::of(&request) {
            Ok(target) => target,
            Err(refused) => return self.refuse_to_open(refused, request, options),
        };
        self.drop_connection();
        self.reset();
        let opened = OpenedRequest {
            authentication: OpenedRequest::credentials_of(request.url()),
            request,
            options,
            resource: target.resource.clone(),
            peer_name: String::new(),
            is_secure: target.is_secure,
            proxy: self.proxy().for_connection(&target.host),
            #[cfg(feature = "_tls")]
            ssl_configuration: target.is_secure.then(|| self.next_ssl_configuration()),
        };
        self.replace_request(Request::Opened(Box::new(opened)));
        self.log_beginning();
        let id = self.connection_id();
        let mut sequence = Sequence::begin();
        sequence.step(|| self.set_state(SocketState::Connecting));
        if self.is_latest(id) && self.state.get() == SocketState::Connecting {
            if let Request::Opened(opened) = &mut *self.request.borrow_mut() {
                opened.peer_name.clone_from(&target.host);
            }
            self.start_opening_timer();
            self.connect_to(&target);
        }
    }

    /// Begins to connect, unless a slot has just deleted the socket.
    pub(super) fn connect_to(self: &Rc<Self>, target: &Target) {
        if self.object.is_alive() {
            let client = Rc::downgrade(self);
            let proxy = match &*self.request.borrow() {
                Request::Opened(opened) => opened.proxy.clone(),
                Request::None | Request::Accepted { .. } => None,
            };
            let connector = Connector::start(&target.host, target.port, proxy, client);
            self.transport.replace(Transport::Connecting(connector));
        }
    }

    /// Nothing of an earlier connection is left.
    fn reset(&self) {
        self.begin_connection();
        // An accepted socket that is opened becomes a client.
        self.role.set(Role::Client);
        self.processor.borrow_mut().set_role(Role::Client);
        self.processor.borrow_mut().clear();
        self.closing.set(Closing::No);
        self.set_close(crate::websocket::protocol::CloseCode::Normal, "");
        self.error.set(SocketError::Unknown);
        self.set_error_string(UNKNOWN_ERROR);
        self.set_subprotocol("");
        self.rare_mut().owed_pong.replace(None);
    }

    /// Writes the request, as the first one of its connection or as another.
    pub(super) fn start_handshake(self: &Rc<Self>, engine: &Rc<SocketEngine>, reused: bool) {
        let mut random = [0; 16];
        for part in random.chunks_exact_mut(4) {
            // The order of the host, as in `QWebSocketPrivate::generateKey`; to anybody else it is just random.
            part.copy_from_slice(&self.next_mask().to_ne_bytes());
        }
        let key = handshake_key(random);
        let Some(builder) = self.request_builder(&key) else { return };
        let offered_subprotocols = builder.offered_subprotocols().into_iter().map(str::to_owned).collect();
        let handshake = Handshake {
            engine: engine.clone(),
            stage: HandshakeStage::Response,
            reused,
            key,
            offered_subprotocols,
            received: IncomingHead::default(),
        };
        match builder.build() {
            Ok(request) => {
                self.transport.replace(Transport::Handshaking(Box::new(handshake)));
                engine.write_with(|out| out.extend_from_slice(&request));
            }
            Err(error) => {
                // QWebSocketPrivate::processStateChanged: the connection goes first, then comes the error.
                self.transport.replace(Transport::Handshaking(Box::new(handshake)));
                self.set_error_string(error.to_string());
                let id = self.connection_id();
                let mut sequence = Sequence::begin();
                sequence.step(|| self.abort());
                if self.is_latest(id) {
                    self.emit_error(SocketError::ConnectionRefused);
                }
            }
        }
    }

    fn request_builder(&self, key: &str) -> Option<HandshakeRequestBuilder> {
        let Request::Opened(opened) = &*self.request.borrow() else { return None };
        let mut builder = HandshakeRequestBuilder::new(opened.request.url()?, key);
        builder.set_origin(&self.rare_mut().origin.borrow());
        for name in opened.options.subprotocols() {
            builder.add_subprotocol(name);
        }
        for (name, value) in opened.request.raw_headers() {
            builder.add_header(name, value);
        }
        if let Some(answer) = opened.authentication.answer("GET", &opened.resource) {
            builder.set_authorization(answer);
        }
        Some(builder)
    }

    /// Reads the response, up to its end.
    pub(super) fn read_handshake(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        let Some(id) = self.id_of(engine) else { return };
        let buffer = LentReadBuffer::take();
        let mut sequence = Sequence::begin();
        while self.is_live(id) && self.reads_handshake() {
            let outcome = engine.read(&mut buffer.bytes.borrow_mut()[..ReadBuffer::HANDSHAKE_READ]);
            if matches!(outcome, ReadOutcome::End | ReadOutcome::Failed(_)) {
                sequence.step(|| self.tell_tls_events(engine));
            }
            match outcome {
                ref outcome @ (ReadOutcome::More(count) | ReadOutcome::Last(count)) => {
                    let may_have_more = matches!(outcome, ReadOutcome::More(_));
                    if let Some(rest) = self.continue_handshake(engine, &buffer.bytes.borrow()[..count]) {
                        return self.handshake_done(engine, &rest, may_have_more);
                    }
                    if !may_have_more {
                        return;
                    }
                }
                ReadOutcome::Nothing => return self.tell_tls_events(engine),
                ReadOutcome::End | ReadOutcome::Failed(_) if self.was_not_kept() => {
                    return self.reconnect(engine);
                }
                ReadOutcome::End => return self.connection_lost(engine, SocketError::RemoteHostClosed),
                ReadOutcome::Failed(error) => return self.connection_lost(engine, error),
            }
        }
    }

    /// The connection is open; `rest` came right behind the response.
    fn handshake_done(self: &Rc<Self>, engine: &Rc<SocketEngine>, rest: &[u8], may_have_more: bool) {
        let held = self.hold(engine, rest, may_have_more);
        self.log_connected();
        self.last_read.set(Moment::now());
        let mut sequence = Sequence::begin();
        sequence.step(|| self.set_state(SocketState::Connected));
        // As in Qt, also when a slot of the change has ended the connection.
        sequence.step(|| self.signals.others(|signals| signals.connected.emit(())));
        self.begin_receiving(engine, held);
        self.watch_silence();
    }

    /// Takes a part of the response. Once the connection is open, returns what came behind it.
    fn continue_handshake(self: &Rc<Self>, engine: &Rc<SocketEngine>, part: &[u8]) -> Option<Vec<u8>> {
        let (outcome, rest) = {
            let mut connection = self.transport.borrow_mut();
            let Transport::Handshaking(handshake) = &mut *connection else { return None };
            if let HandshakeStage::Body(_) = handshake.stage {
                drop(connection);
                self.skip_body(engine, part);
                return None;
            }
            let max = self.limits.get(Limits::max_head_size);
            match handshake.received.take(part, max) {
                HeadProgress::Incomplete => return None,
                HeadProgress::Complete { head, rest } => {
                    let Handshake { key, offered_subprotocols, .. } = &**handshake;
                    (read_handshake_response(&head, key, offered_subprotocols), rest.to_vec())
                }
                HeadProgress::TooLarge => {
                    let text = format!("Header is too large: it does not end within {max} bytes");
                    (HandshakeOutcome::Failed(text), Vec::new())
                }
            }
        };
        match outcome {
            HandshakeOutcome::Upgraded { subprotocol } => {
                self.stop_handshake_timer();
                self.set_subprotocol(&subprotocol.unwrap_or_default());
                self.transport.replace(Transport::Open(engine.clone()));
                return Some(rest);
            }
            HandshakeOutcome::AuthenticationRequired { challenges, connection_close, body } => {
                let unauthorized = Unauthorized { challenges, connection_close, body, rest };
                self.authentication_required(engine, unauthorized);
            }
            HandshakeOutcome::Failed(text) => self.handshake_failed(engine, text),
        }
        None
    }

    pub(super) fn handshake_failed(self: &Rc<Self>, engine: &Rc<SocketEngine>, text: String) {
        self.set_error_string(text);
        let id = self.connection_id();
        let mut sequence = Sequence::begin();
        sequence.step(|| self.emit_error(SocketError::ConnectionRefused));
        if self.is_live(id) {
            engine.abort();
            self.finish(engine);
        }
    }

    /// The opening or the closing handshake took too long.
    pub(super) fn handshake_timed_out(self: &Rc<Self>) {
        self.log_opening_timeout();
        let Some(engine) = self.engine() else {
            // Nothing but a connector that is at work.
            return ConnectorClient::failed(self.clone(), SocketError::SocketTimeout.into());
        };
        match self.state.get() {
            SocketState::Connecting => {
                engine.abort();
                self.set_error(SocketError::SocketTimeout);
                let id = self.connection_id();
                let mut sequence = Sequence::begin();
                sequence.step(|| self.emit_error(SocketError::SocketTimeout));
                if self.is_live(id) {
                    self.finish(&engine);
                }
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
        self.log_established(&engine);
        if self.is_secure() {
            self.start_encryption(&engine);
        } else {
            self.start_handshake(&engine, false);
        }
    }

    fn proxy_authentication_required(self: Rc<Self>, proxy: &NetworkProxy, authenticator: &Authenticator) {
        let _pause = self.pause_opening_timer();
        self.signals.others(|signals| {
            signals.proxy_authentication_required.emit((proxy, authenticator));
        });
    }

    fn failed(self: Rc<Self>, failure: SocketFailure) {
        let error = failure.error;
        if !matches!(&*self.transport.borrow(), Transport::Connecting(_)) {
            return;
        }
        let connecting = self.transport.take();
        drop(connecting);
        self.log_end_of_opening();
        self.stop_handshake_timer();
        let id = self.connection_id();
        // Qt's encryption takes the error over from its connection when that is told.
        let is_secure = self.is_secure();
        if !is_secure {
            self.set_error(failure.clone());
        }
        let mut sequence = Sequence::begin();
        sequence.step(|| self.set_state(SocketState::Unconnected));
        sequence.step(|| self.signals.disconnected.emit(()));
        if self.is_latest(id) {
            if is_secure {
                self.set_error(failure);
            }
            self.emit_error(error);
        }
    }
}

impl Socket {
    /// Whether there is a handshake that wants to know what comes.
    fn reads_handshake(&self) -> bool {
        match &*self.transport.borrow() {
            Transport::Handshaking(handshake) => !matches!(handshake.stage, HandshakeStage::Asking),
            _ => false,
        }
    }

    /// A connection that exists or is under way goes on, and is still the one that was asked for. Without one, what is
    /// refused now is kept as [`WebSocket::request`](crate::WebSocket::request), as far as Qt keeps it.
    fn refuse_to_open(&self, refused: Refused, request: NetworkRequest, options: HandshakeOptions) {
        self.set_error_string(refused.text());
        let error = refused.error();
        match refused {
            _ if self.state.get() != SocketState::Unconnected => {}
            Refused::InvalidUrl => {}
            Refused::InvalidResourceName => {
                let resource = match &*self.request.borrow() {
                    Request::Opened(opened) => opened.resource.clone(),
                    Request::None | Request::Accepted { .. } => String::new(),
                };
                self.replace_request(Request::refused(NetworkRequest::default(), options, resource));
            }
            Refused::UnsupportedScheme(_, resource) => {
                self.replace_request(Request::refused(request, options, resource));
            }
        }
        self.emit_error(error);
    }

    /// Whether it was opened with `wss`.
    fn is_secure(&self) -> bool {
        matches!(&*self.request.borrow(), Request::Opened(opened) if opened.is_secure)
    }

    /// An accepted socket that is opened keeps its origin.
    fn replace_request(&self, request: Request) {
        if let Some(received) = self.received_request() {
            self.rare_mut().origin.replace(received.origin().into());
        }
        self.request.replace(request);
    }
}

impl Request {
    /// What is known of a request that nothing comes of.
    fn refused(request: NetworkRequest, options: HandshakeOptions, resource: String) -> Self {
        Self::Opened(Box::new(OpenedRequest {
            authentication: OpenedRequest::credentials_of(None),
            request,
            options,
            resource,
            peer_name: String::new(),
            is_secure: false,
            proxy: None,
            #[cfg(feature = "_tls")]
            ssl_configuration: None,
        }))
    }
}

impl Target {
    pub(super) fn of(request: &NetworkRequest) -> Result<Self, Refused> {
        let Some(url) = request.url() else {
            return Self::of_text(request.invalid_url().unwrap_or_default());
        };
        if has_line_break(url.path()) {
            return Err(Refused::InvalidResourceName);
        }
        let resource = resource_name(url);
        match default_port(url.scheme()) {
            Some((port, is_secure)) => {
                let host = url.host_str().ok_or(Refused::InvalidUrl)?.to_owned();
                Ok(Self { host, port: url.port().unwrap_or(port), resource, is_secure })
            }
            None => Err(Refused::UnsupportedScheme(url.scheme().to_owned(), resource)),
        }
    }

    /// What is no [`Url`] may be one for Qt: a `QUrl` may be relative, and its host empty. Such a host is looked up, in vain.
    fn of_text(text: &str) -> Result<Self, Refused> {
        if text.is_empty() || text.contains("\r\n") {
            return Err(Refused::InvalidUrl);
        }
        let resource = |reference: &str| match reference.split('#').next() {
            None | Some("") => "/".to_owned(),
            Some(resource) => resource.to_owned(),
        };
        let known = text.split_once(':').and_then(|(scheme, rest)| {
            default_port(&scheme.to_ascii_lowercase()).map(|(port, is_secure)| (rest, port, is_secure))
        });
        match known {
            Some((rest, port, is_secure)) => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                let has_host = path.len() < rest.len() && !path.is_empty() && !path.starts_with('/');
                if has_host {
                    // Something else is wrong with it.
                    return Err(Refused::InvalidUrl);
                }
                if has_line_break(path) {
                    return Err(Refused::InvalidResourceName);
                }
                Ok(Self { host: String::new(), port, resource: resource(path), is_secure })
            }
            _ if Url::parse(text) == Err(url::ParseError::RelativeUrlWithoutBase) => {
                Err(Refused::UnsupportedScheme(String::new(), resource(text)))
            }
            _ => Err(Refused::InvalidUrl),
        }
    }
}

/// The port of a scheme that can be opened, and whether it is that of TLS.
fn default_port(scheme: &str) -> Option<(u16, bool)> {
    match scheme {
        "ws" => Some((80, false)),
        "wss" if cfg!(feature = "_tls") => Some((443, true)),
        _ => None,
    }
}

fn has_line_break(path: &str) -> bool {
    path.to_ascii_uppercase().contains("%0D%0A")
}

impl Refused {
    fn error(&self) -> SocketError {
        match self {
            Self::InvalidUrl | Self::InvalidResourceName => SocketError::ConnectionRefused,
            Self::UnsupportedScheme(..) => SocketError::UnsupportedSocketOperation,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::InvalidUrl => "Invalid URL.".to_owned(),
            Self::InvalidResourceName => "Invalid resource name.".to_owned(),
            Self::UnsupportedScheme(scheme, _) if scheme == "wss" => {
                "SSL Sockets are not supported on this platform.".to_owned()
            }
            Self::UnsupportedScheme(scheme, _) => format!("Unsupported WebSocket scheme: {scheme}"),
        }
    }
}

/// `QWebSocket::resourceName`: the path and the query, as they are sent.
fn resource_name(url: &Url) -> String {
    match url.query() {
        Some(query) if !query.is_empty() => format!("{}?{query}", url.path()),
        _ => url.path().to_owned(),
    }
}
