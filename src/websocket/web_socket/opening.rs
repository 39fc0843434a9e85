//! The client's opening handshake (private): from `open` to `connected`, or to the error. What is said and understood is that of
//! [`ClientHandshake`]; here are its connections, its time and its signals.

use std::rc::Rc;
use std::time::Duration;

use super::compression::{AgreedCompression, wanted_compression};
use super::private::{Socket, UNKNOWN_ERROR};
use super::request::{OpenedRequest, Request};
use super::target::{Refused, Target};
use super::transport::{Closing, ConnectionId, Transport};
use crate::core::clock::Moment;
use crate::core::sequence::Sequence;
use crate::network::abstract_socket::SocketFailure;
use crate::network::connector::{Connector, ConnectorClient};
use crate::network::random::random_bytes;
use crate::network::socket_engine::{ReadOutcome, SocketEngine};
use crate::websocket::protocol::{ClientHandshake, ClientHandshakeProgress, HandshakeRequestBuilder, Role};
use crate::websocket::read_buffer::{LentReadBuffer, ReadBuffer};
use crate::{
    Authenticator, DeflateParameters, HandshakeOptions, Limits, NetworkProxy, NetworkRequest, SocketError,
    SocketState,
};

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
            request,
            options,
            resource: target.resource.clone(),
            host_field: target.host_field.clone(),
            proxy: self.proxy().for_connection(&target.host),
            ssl: target.is_secure.then(|| self.opening_ssl()),
            ..OpenedRequest::default()
        };
        self.replace_request(Request::Opened(Box::new(opened)));
        self.log_beginning();
        let id = self.connection_id();
        let _sequence = Sequence::begin_with(|| self.set_state(SocketState::Connecting));
        if self.is_latest(id) && self.state.get() == SocketState::Connecting {
            self.with_opened(|opened| opened.peer_name.clone_from(&target.host));
            self.limit_opening();
            self.connect_to(&target);
        }
    }

    /// Begins to connect, unless a slot has just deleted the socket.
    fn connect_to(self: &Rc<Self>, target: &Target) {
        if self.object.is_alive() {
            let client = Rc::downgrade(self);
            let proxy = self.with_opened(|opened| opened.proxy.clone()).flatten();
            let connector = Connector::start(&target.host, target.port, proxy, client);
            self.transport.replace(Transport::Connecting(connector));
        }
    }

    /// Clears everything of an earlier connection.
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
        self.set_compression(None);
        self.rare_mut().owed_pong.replace(None);
    }

    /// Writes the request, as the first one of its connection or as another.
    pub(super) fn start_handshake(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        let mut nonce = [0; 16];
        for part in nonce.chunks_exact_mut(4) {
            // The order of the host, as in `QWebSocketPrivate::generateKey`; to anybody else it is just random.
            part.copy_from_slice(&self.next_mask().to_ne_bytes());
        }
        self.make_handshake();
        self.transport.replace(Transport::Handshaking(engine.clone()));
        let mut request = Vec::new();
        match self.with_handshake(|handshake| handshake.send_request(nonce, &mut request)) {
            None => {}
            Some(Ok(())) => engine.write_with(|out| out.extend_from_slice(&request)),
            Some(Err(error)) => {
                // QWebSocketPrivate::processStateChanged: the connection goes first, then comes the error.
                self.set_error_string(error.to_string());
                let id = self.connection_id();
                let _sequence = Sequence::begin_with(|| self.abort());
                if self.is_latest(id) {
                    self.emit_error(SocketError::ConnectionRefused);
                }
            }
        }
    }

    /// Makes the handshake of this opening, which may take more than one connection.
    fn make_handshake(&self) {
        let Request::Opened(opened) = &mut *self.request.borrow_mut() else { return };
        if opened.handshake.is_none() {
            let (host, resource) = (opened.host_field.clone(), opened.resource.clone());
            let mut request = HandshakeRequestBuilder::for_target(host, resource, "");
            request.set_origin(&self.rare_mut().origin.borrow());
            for name in opened.options.subprotocols() {
                request.add_subprotocol(name);
            }
            request.set_compression(wanted_compression(&opened.options));
            for (name, value) in opened.request.raw_headers() {
                request.add_header(name, value);
            }
            let mut handshake = ClientHandshake::new(request, random_bytes());
            handshake.set_max_head_size(self.limits.get(Limits::max_head_size));
            let (user, password) = opened.request.parts().map(|url| url.credentials()).unwrap_or_default();
            // They are kept back until the server asks.
            handshake.set_credentials(&user, &password);
            opened.handshake = Some(Box::new(handshake));
        }
    }

    fn with_handshake<R>(&self, act: impl FnOnce(&mut ClientHandshake) -> R) -> Option<R> {
        self.with_opened(|opened| opened.handshake.as_deref_mut().map(act)).flatten()
    }

    /// Reads the response, up to its end.
    pub(super) fn read_handshake(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        let Some(id) = self.id_of(engine) else { return };
        let buffer = LentReadBuffer::take();
        let mut sequence = Sequence::begin();
        while self.is_live(id) && matches!(&*self.transport.borrow(), Transport::Handshaking(_)) {
            let outcome = engine.read(&mut buffer.bytes.borrow_mut()[..ReadBuffer::HANDSHAKE_READ]);
            if matches!(outcome, ReadOutcome::End | ReadOutcome::Failed(_)) {
                sequence.step(|| self.tell_tls_events(engine));
            }
            match outcome {
                ref outcome @ (ReadOutcome::More(count) | ReadOutcome::Last(count)) => {
                    let may_have_more = matches!(outcome, ReadOutcome::More(_));
                    let part = &buffer.bytes.borrow()[..count];
                    match self.with_handshake(|handshake| handshake.receive(part)) {
                        Some((taken, ClientHandshakeProgress::Upgraded { subprotocol, compression })) => {
                            self.upgraded(engine, subprotocol, compression);
                            return self.handshake_done(engine, &part[taken..], may_have_more);
                        }
                        Some((_, progress)) => self.go_on(engine, progress),
                        None => return,
                    }
                    if !may_have_more {
                        return;
                    }
                }
                ReadOutcome::Nothing => return self.tell_tls_events(engine),
                ReadOutcome::End => return self.handshake_lost(engine, SocketError::RemoteHostClosed),
                ReadOutcome::Failed(error) => return self.handshake_lost(engine, error),
            }
        }
    }

    /// Does what the handshake wants next.
    fn go_on(self: &Rc<Self>, engine: &Rc<SocketEngine>, progress: ClientHandshakeProgress) {
        match progress {
            ClientHandshakeProgress::Waiting | ClientHandshakeProgress::Upgraded { .. } => {}
            ClientHandshakeProgress::AuthenticationRequired => self.ask_who_asks(engine),
            ClientHandshakeProgress::SendAgain => {
                self.take_credentials_from_url();
                self.start_handshake(engine);
            }
            ClientHandshakeProgress::Reconnect => {
                self.take_credentials_from_url();
                self.reconnect(engine);
            }
            ClientHandshakeProgress::Failed { text, response } => {
                self.with_opened(|opened| {
                    opened.handshake = None;
                    opened.refusal = response.map(Box::new);
                });
                self.handshake_failed(engine, text);
            }
        }
    }

    fn upgraded(
        &self,
        engine: &Rc<SocketEngine>,
        subprotocol: Option<String>,
        compression: Option<DeflateParameters>,
    ) {
        self.end_opening_time();
        self.set_subprotocol(&subprotocol.unwrap_or_default());
        self.with_opened(|opened| {
            opened.handshake = None;
            self.set_compression(AgreedCompression::of(&opened.options, compression));
        });
        self.transport.replace(Transport::Open(engine.clone()));
    }

    /// `QWebSocketPrivate::processHandshake`, case 401: the program has to give credentials. A person may be asked, and what
    /// arrives meanwhile waits.
    fn ask_who_asks(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        self.take_credentials_from_url();
        self.log_authentication_required();
        let authenticator = Authenticator::default();
        self.with_handshake(|handshake| authenticator.ask(handshake.realm(), handshake.credentials()));
        self.transport.replace(Transport::Asking(engine.clone()));
        let pause = self.pause_opening();
        let id = self.connection_id();
        let ask = || self.signals.others(|signals| signals.authentication_required.emit(&authenticator));
        let _sequence = Sequence::begin_with(ask);
        if !self.is_latest(id) {
            return;
        }
        let (user, password) = (authenticator.user(), authenticator.password());
        match self.with_handshake(|handshake| handshake.authenticate(&user, &password)) {
            // As in Qt, also when the slot has ended the connection.
            Some(failed @ ClientHandshakeProgress::Failed { .. }) => self.go_on(engine, failed),
            Some(progress) if self.is_live(id) => {
                self.transport.replace(Transport::Handshaking(engine.clone()));
                drop(pause);
                engine.read_later();
                self.go_on(engine, progress);
            }
            _ => {}
        }
    }

    /// Takes user and password out of the URL: they were to be tried once.
    fn take_credentials_from_url(&self) {
        self.with_opened(|opened| opened.request.remove_credentials());
    }

    /// Sends the request again, over a new connection. The state stays `Connecting`.
    fn reconnect(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        let target = self.with_opened(|opened| Target::of(&opened.request).ok());
        let Some(Some(target)) = target else { return };
        // Frees the other side from waiting; whatever it still sends is of no interest.
        engine.linger();
        let mut sequence = Sequence::begin_with(|| self.tell_tls_events(engine));
        self.transport.take();
        let id = self.begin_connection();
        sequence.step(|| self.emit_read_channel_finished());
        if self.is_latest(id) && self.state.get() == SocketState::Connecting {
            self.connect_to(&target);
        }
    }

    /// The connection has ended before it was open.
    fn handshake_lost(self: &Rc<Self>, engine: &Rc<SocketEngine>, cause: impl Into<SocketFailure>) {
        match self.with_handshake(ClientHandshake::connection_lost).flatten() {
            Some(progress) => self.go_on(engine, progress),
            None => self.connection_lost(engine, cause),
        }
    }

    /// The connection is open; `rest` came right behind the response.
    fn handshake_done(self: &Rc<Self>, engine: &Rc<SocketEngine>, rest: &[u8], may_have_more: bool) {
        let held = self.hold(engine, rest, may_have_more);
        self.log_connected();
        self.last_read.set(Moment::now());
        let mut sequence = Sequence::begin_with(|| self.set_state(SocketState::Connected));
        // As in Qt, also when a slot of the change has ended the connection.
        sequence.step(|| self.signals.others(|signals| signals.connected.emit(())));
        self.begin_receiving(engine, held);
        self.watch_silence();
    }

    fn handshake_failed(self: &Rc<Self>, engine: &Rc<SocketEngine>, text: String) {
        // A slot that waits, as one that shows a dialog, is not told of a timeout as well.
        self.end_opening_time();
        self.set_error_string(text);
        let id = self.connection_id();
        let mut sequence = Sequence::begin_with(|| self.emit_error(SocketError::ConnectionRefused));
        if self.is_live(id) {
            if engine.has_encryption() {
                // As Qt, which says good-bye before it says that it is unconnected.
                engine.linger();
                sequence.step(|| self.tell_tls_events(engine));
            } else {
                engine.abort();
            }
            self.finish(engine);
        }
    }

    /// The opening took too long.
    pub(super) fn opening_timed_out(self: &Rc<Self>) {
        self.log_opening_timeout();
        let Some(engine) = self.engine() else {
            // Nothing but a connector that is at work.
            return ConnectorClient::failed(self.clone(), SocketError::SocketTimeout.into());
        };
        // A refusal of which only the rest of the body is missing is one.
        if let Some(refused) = self.with_handshake(ClientHandshake::timed_out).flatten() {
            return self.go_on(&engine, refused);
        }
        engine.abort();
        self.set_error(SocketError::SocketTimeout);
        let id = self.connection_id();
        let _sequence = Sequence::begin_with(|| self.emit_error(SocketError::SocketTimeout));
        if self.is_live(id) {
            self.finish(&engine);
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
            self.transport.replace(Transport::Encrypting(engine.clone()));
            self.start_encryption(&engine);
        } else {
            self.start_handshake(&engine);
        }
    }

    fn proxy_authentication_required(self: Rc<Self>, proxy: &NetworkProxy, authenticator: &Authenticator) {
        let _pause = self.pause_opening();
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
        self.end_opening_time();
        let id = self.connection_id();
        // Qt's encryption takes the error over from its connection when that is reported.
        let is_secure = self.is_secure();
        if !is_secure {
            self.set_error(failure.clone());
        }
        let mut sequence = Sequence::begin_with(|| self.set_state(SocketState::Unconnected));
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
    /// A connection that exists or is under way goes on, and is still the one that was asked for. Without one, what is
    /// refused now is kept as [`WebSocket::request`](crate::WebSocket::request), as far as Qt keeps it.
    fn refuse_to_open(&self, refused: Refused, request: NetworkRequest, options: HandshakeOptions) {
        let (error, text, reason) = refused.facts();
        self.set_error_string(text);
        log::debug!("{:?} cannot be opened: {reason}", request.loggable_url());
        match refused {
            _ if self.state.get() != SocketState::Unconnected => {}
            Refused::InvalidUrl(_) => {}
            Refused::InvalidResourceName => {
                let resource = self.with_opened(|opened| opened.resource.clone()).unwrap_or_default();
                self.replace_request(Request::refused(NetworkRequest::default(), options, resource));
            }
            Refused::UnsupportedScheme(_, resource) => {
                self.replace_request(Request::refused(request, options, resource));
            }
        }
        self.emit_error(error);
    }

    /// Returns whether it was opened with `wss`.
    fn is_secure(&self) -> bool {
        self.with_opened(|opened| opened.ssl.is_some()).unwrap_or(false)
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
    /// The known parts of a request that was refused at once.
    fn refused(request: NetworkRequest, options: HandshakeOptions, resource: String) -> Self {
        Self::Opened(Box::new(OpenedRequest { request, options, resource, ..OpenedRequest::default() }))
    }
}

impl Socket {
    /// Begins the time that the opening may take, if it is limited.
    pub(super) fn limit_opening(self: &Rc<Self>) {
        let of_request = match &*self.request.borrow() {
            Request::Opened(opened) => opened.request.transfer_timeout(),
            Request::None | Request::Accepted { .. } => None,
        };
        if let Some(timeout) = of_request.or_else(|| self.limits.get(Limits::opening_timeout)) {
            self.rare_mut().opening_deadline.start(timeout, self.clone());
        }
    }

    /// Stops that time while the program is asked, until dropped.
    pub(super) fn pause_opening(self: &Rc<Self>) -> OpeningPause<'_> {
        let rest = self.rare().and_then(|rare| rare.opening_deadline.suspend());
        OpeningPause::with_rest(self, rest)
    }

    /// Ends that time: the opening is over.
    pub(super) fn end_opening_time(&self) {
        if let Some(rare) = self.rare() {
            rare.opening_deadline.stop();
        }
    }
}

/// Goes on with what was left of the time for the opening, if that is still under way; also after a panic in a slot.
pub(super) struct OpeningPause<'s> {
    socket: &'s Rc<Socket>,
    id: ConnectionId,
    pub(super) rest: Option<Duration>,
}

impl<'s> OpeningPause<'s> {
    pub(super) fn with_rest(socket: &'s Rc<Socket>, rest: Option<Duration>) -> Self {
        Self { socket, id: socket.connection_id(), rest }
    }
}

impl Drop for OpeningPause<'_> {
    fn drop(&mut self) {
        let socket = self.socket;
        let is_under_way = socket.object.is_alive()
            && socket.is_latest(self.id)
            && socket.state.get() == SocketState::Connecting;
        let deadline = &socket.rare_mut().opening_deadline;
        if let Some(rest) = self.rest.take_if(|_| is_under_way && !deadline.is_running()) {
            deadline.start(rest, socket.clone());
        }
    }
}
