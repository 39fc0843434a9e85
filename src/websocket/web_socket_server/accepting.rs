//! The server's side of the opening handshake (private): a connection before it is a socket.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::{Rc, Weak};
use std::time::{Duration, SystemTime};

use super::SslMode;
use super::admission::Place;
use super::private::{Server, WebSocketServerPrivate};
use crate::core::clock::Moment;
use crate::core::deadline::Deadline;
use crate::core::event_dispatcher;
use crate::core::sequence::Sequence;
use crate::core::spare_memory::is_oversized;
use crate::core::timer_queue::{TimerId, TimerTarget};
use crate::http::without_secrets;
use crate::network::socket_engine::{ReadOutcome, SocketClient, SocketEngine};
use crate::websocket::protocol::{
    HandshakeRefusal, HandshakeRequest, HandshakeResponse, ServerHandshake, ServerHandshakeProgress,
};
use crate::websocket::read_buffer::{LentReadBuffer, ReadBuffer};
use crate::websocket::web_socket::{AgreedCompression, ReceptionHold};
use crate::{CorsAuthenticator, Limits, TcpSocket, WebSocket};

/// Drives the opening handshake: its connection, its time, and the signals of its server.
pub(super) struct IncomingConnection {
    pub(super) server: Weak<Server>,
    pub(super) engine: Rc<SocketEngine>,
    /// The index among the server's handshakes.
    index: Cell<usize>,
    /// One of the connections that its address may have, if that is limited.
    place: Cell<Option<Place>>,
    handshake: RefCell<ServerHandshake>,
    /// The bytes that the former owner of the connection has read, until they are processed.
    read_ahead: RefCell<Vec<u8>>,
    pub(super) timer: Deadline,
    /// The socket whose connection it was, see [`WebSocketServer::handle_connection`](super::WebSocketServer).
    original: Option<TcpSocket>,
    /// The time at which it began, for the log.
    began: Option<Moment>,
}

impl IncomingConnection {
    /// Waits for the request of a connection that was accepted; over TLS if the server is secure.
    pub(super) fn begin(server: &Rc<Server>, engine: Rc<SocketEngine>) {
        let Some(handshake) = Self::enter(server, engine, None) else { return };
        if server.secure_mode == SslMode::Secure {
            handshake.start_encryption(server);
        }
    }

    /// Takes over a connection that was somebody else's, and what was read from it.
    pub(super) fn take_over(server: &Rc<Server>, original: TcpSocket) {
        let Some((engine, read_ahead)) = original.take_engine() else { return };
        let Some(handshake) = Self::enter(server, engine, Some(original)) else { return };
        if !read_ahead.is_empty() {
            handshake.read_ahead.replace(read_ahead);
            let handshake = Rc::downgrade(&handshake);
            event_dispatcher::post_call_to(handshake, |handshake| handshake.take_read_ahead());
        }
    }

    /// Looks at what was read before the connection was taken over: from the event loop, and before anything that comes later.
    fn take_read_ahead(&self) {
        let read_ahead = self.read_ahead.take();
        if !read_ahead.is_empty() && self.is_under_way() {
            self.take_part(&read_ahead, true);
        }
    }

    /// `None` if the connection is refused, because there are too many.
    fn enter(server: &Rc<Server>, engine: Rc<SocketEngine>, original: Option<TcpSocket>) -> Option<Rc<Self>> {
        let (peer, _) = engine.peer();
        let place = match server.admit(peer) {
            Ok(place) => place,
            Err(why) => {
                engine.abort();
                if let Some(original) = original {
                    original.delete_later();
                }
                server.turn_away(peer, why);
                return None;
            }
        };
        let handshake = Rc::new(Self {
            server: Rc::downgrade(server),
            engine,
            index: Cell::new(0),
            place: Cell::new(place),
            handshake: RefCell::new(ServerHandshake::new(server.secure_mode == SslMode::Secure)),
            read_ahead: RefCell::default(),
            timer: Deadline::default(),
            original,
            began: log::log_enabled!(log::Level::Debug).then(Moment::now),
        });
        let client = Rc::downgrade(&handshake);
        handshake.engine.set_client(client);
        if let Some(timeout) = server.limits.get(Limits::opening_timeout) {
            handshake.start_timer(timeout);
        }
        let index = server.handshakes.borrow_mut().insert(handshake.clone());
        handshake.index.set(index);
        log::debug!("{}: TCP connection accepted", handshake.who());
        Some(handshake)
    }

    /// Drops the connection.
    pub(super) fn abort(&self) {
        self.timer.stop();
        self.engine.abort();
    }

    /// Begins the time for all of the opening, over TLS as well.
    pub(super) fn start_timer(self: &Rc<Self>, timeout: Duration) {
        self.timer.start(timeout, self.clone());
    }

    /// Takes the handshake off the server's list: it is over, one way or the other.
    fn leave(&self) -> Option<Rc<Server>> {
        self.timer.stop();
        let server = self.server.upgrade()?;
        let mut handshakes = server.handshakes.borrow_mut();
        let this = handshakes.try_remove(self.index.get());
        if is_oversized(handshakes.len(), handshakes.capacity()) {
            handshakes.shrink_to_fit();
        }
        drop(handshakes);
        drop(this);
        Some(server)
    }

    /// Drops the connection, without a signal.
    pub(super) fn give_up(&self, why: &str) {
        log::debug!("{}: dropped{}: {why}", self.who(), self.age());
        self.engine.abort();
        self.delete_original();
        if let Some(server) = self.leave() {
            server.reset_error();
        }
    }

    /// Drops the connection once the peer has its refusal.
    fn give_up_after_alert(&self, failure: &io::Error) {
        log::debug!("{}: TLS failed{}: {:?}", self.who(), self.age(), failure.to_string());
        match self.leave() {
            Some(server) => {
                server.linger(&self.engine, self.place.take());
                server.reset_error();
            }
            None => self.engine.linger(),
        }
    }

    /// The other end of the connection, for the log.
    pub(super) fn who(&self) -> String {
        let is_secure = self.server.upgrade().is_some_and(|server| server.secure_mode == SslMode::Secure);
        let scheme = if is_secure { "wss" } else { "ws" };
        format!("{scheme} client {}", self.engine.written_ends())
    }

    /// The age of the connection, if its beginning was noted: it is while the log is on.
    pub(super) fn age(&self) -> String {
        self.began.map(|began| format!(" after {:.1?}", began.elapsed())).unwrap_or_default()
    }

    fn take_part(&self, part: &[u8], may_have_more: bool) {
        let Some(server) = self.server.upgrade() else { return self.give_up("the server is gone") };
        let (taken, progress) = {
            let mut handshake = self.handshake.borrow_mut();
            handshake.set_max_head_size(server.limits.get(Limits::max_head_size));
            handshake.receive(part)
        };
        if matches!(progress, ServerHandshakeProgress::Waiting) {
            return;
        }
        let Some(server) = self.leave() else { return self.engine.abort() };
        match progress {
            ServerHandshakeProgress::Waiting => {}
            ServerHandshakeProgress::Refused(refusal @ HandshakeRefusal::HeaderTooLarge) => {
                self.refuse_then_tell(&server, refusal);
            }
            _ if server.has_max_pending() => self.refuse_pending(&server),
            ServerHandshakeProgress::Refused(refusal) => {
                let fault = self.handshake.borrow().fault();
                log::debug!("{}: {}", self.who(), fault.unwrap_or_default());
                self.tell_then_refuse(&server, refusal);
            }
            ServerHandshakeProgress::Requested(request) => {
                self.requested(&server, request, &part[taken..], may_have_more);
            }
        }
    }

    /// `QWebSocketServerPrivate::handshakeReceived`
    fn requested(
        &self,
        server: &Rc<Server>,
        request: HandshakeRequest,
        rest: &[u8],
        mut may_have_more: bool,
    ) {
        log::debug!(
            "{}: request for {:?}, origin {:?}",
            self.who(),
            without_secrets(&request.resource()),
            without_secrets(&request.origin())
        );
        let mut sequence = Sequence::begin();
        if server.origin_authentication_required.is_connected() {
            let authenticator = CorsAuthenticator::new(request.origin());
            let asked = sequence.step(|| server.origin_authentication_required.emit(&authenticator));
            // A slot that entered the event loop may have kept the client's next bytes waiting.
            may_have_more = true;
            // A slot that did not come to its end has not allowed the connection either.
            if asked.is_none() || !authenticator.allowed() {
                return self.tell_then_refuse(server, HandshakeRefusal::OriginRefused);
            }
            // Others may have come in while a slot was in the event loop.
            if server.has_max_pending() {
                return self.refuse_pending(server);
            }
        }
        if server.has_max_connections() {
            server.count_refused();
            return self.refuse_then_tell(server, HandshakeRefusal::TooManyConnections);
        }
        match self.accept(server, &request) {
            Ok(agreed) => self.upgrade(server, request, agreed, rest, may_have_more),
            Err(refusal) => self.tell_then_refuse(server, refusal),
        }
    }

    fn refuse_pending(&self, server: &Server) {
        server.count_refused();
        log::warn!(
            "{}: no room, as {} connections wait to be taken",
            self.who(),
            server.pending.borrow().len()
        );
        self.refuse_then_tell(server, HandshakeRefusal::TooManyPendingConnections);
    }

    /// Writes the answer that accepts; returns what was agreed on.
    fn accept(&self, server: &Server, request: &HandshakeRequest) -> Result<Agreed, HandshakeRefusal> {
        let (supported, name) = (server.supported_subprotocols.borrow(), server.name.borrow());
        let mut response = HandshakeResponse::new(request, &supported)?;
        let compression = server.agree_on_compression(&mut response);
        let mut outcome = Ok(());
        // A connection that ended in a slot takes nothing.
        self.engine.write_with(|out| {
            outcome = self.handshake.borrow_mut().accept(&response, &name, SystemTime::now(), out);
        });
        outcome?;
        Ok(Agreed { subprotocol: response.subprotocol().map(str::to_owned), compression })
    }

    fn upgrade(
        &self,
        server: &Rc<Server>,
        request: HandshakeRequest,
        agreed: Agreed,
        rest: &[u8],
        may_have_more: bool,
    ) {
        // A slot of origin_authentication_required may have deleted the server.
        let Some(connections) = server.connections.get().filter(|_| server.is_alive()) else {
            return self.engine.abort();
        };
        let Agreed { subprotocol, compression } = agreed;
        let limits = server.limits.share();
        let socket = WebSocket::accepted(&self.engine, request, subprotocol.as_deref(), compression, limits);
        if let Some(index) = connections.add(socket, self.place.take()) {
            let hold = (server.streams.get() > 0).then(|| ReceptionHold::of(socket)).flatten();
            server.pending.borrow_mut().push(index, socket, hold);
        }
        if let Some(original) = self.original {
            socket.disconnected().connect_to(original, |original, ()| original.delete_later());
            original.destroyed().connect_to(socket, |socket, _| socket.abort());
        }
        let held = socket.hold(&self.engine, rest, may_have_more);
        let _sequence = Sequence::begin_with(|| server.new_connection.emit(()));
        socket.begin_receiving(&self.engine, held);
    }

    /// The server's error can be read in its slots; it is reset when the connection closes right after.
    fn tell_then_refuse(&self, server: &Server, refusal: HandshakeRefusal) {
        let _sequence = Sequence::begin_with(|| server.set_error(refusal.close_code(), refusal.to_string()));
        self.refuse(server, refusal);
        server.reset_error();
    }

    /// The server's error stays, because the connection is closed before it is set.
    fn refuse_then_tell(&self, server: &Server, refusal: HandshakeRefusal) {
        self.refuse(server, refusal);
        server.reset_error();
        server.set_error(refusal.close_code(), refusal.to_string());
    }

    fn refuse(&self, server: &Server, refusal: HandshakeRefusal) {
        log::debug!("{}: refused{}: {:?}", self.who(), self.age(), refusal.to_string());
        self.engine.write_with(|out| self.handshake.borrow_mut().refuse(refusal, out));
        server.linger(&self.engine, self.place.take());
        self.delete_original();
    }

    /// Qt deletes a socket that it was given when that disconnects.
    fn delete_original(&self) {
        if let Some(original) = self.original {
            original.delete_later();
        }
    }
}

/// The agreement of both sides.
struct Agreed {
    subprotocol: Option<String>,
    compression: Option<AgreedCompression>,
}

impl WebSocketServerPrivate {
    /// Accepts what the client offers, if the server compresses at all.
    #[cfg(feature = "deflate")]
    fn agree_on_compression(&self, response: &mut HandshakeResponse<'_>) -> Option<AgreedCompression> {
        let wanted = self.compression.borrow().clone()?;
        response.accept_compression(&wanted);
        Some(AgreedCompression { wanted, parameters: response.compression()? })
    }

    #[cfg(not(feature = "deflate"))]
    fn agree_on_compression(&self, _: &mut HandshakeResponse<'_>) -> Option<AgreedCompression> {
        None
    }
}

impl SocketClient for IncomingConnection {
    fn ready_read(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        self.take_read_ahead();
        let buffer = LentReadBuffer::take();
        while engine.is_open() && self.is_under_way() {
            let outcome = engine.read(&mut buffer.bytes.borrow_mut()[..ReadBuffer::HANDSHAKE_READ]);
            match outcome {
                ReadOutcome::More(count) => {
                    self.take_part(&buffer.bytes.borrow()[..count], true);
                }
                ReadOutcome::Last(count) => return self.take_part(&buffer.bytes.borrow()[..count], false),
                ReadOutcome::Nothing => return self.tell_tls_events(),
                ReadOutcome::Failed(error) if engine.has_encryption() => {
                    let _sequence = Sequence::begin_with(|| self.tell_tls_events());
                    return self.give_up_after_alert(&error);
                }
                ReadOutcome::Failed(error) => return self.give_up(&error.to_string()),
                ReadOutcome::End => {
                    let _sequence = Sequence::begin_with(|| self.tell_tls_events());
                    return self.give_up("the client left during the opening handshake");
                }
            }
        }
    }
}

impl IncomingConnection {
    pub(super) fn is_under_way(&self) -> bool {
        let Some(server) = self.server.upgrade() else { return false };
        let handshakes = server.handshakes.borrow();
        handshakes.get(self.index.get()).is_some_and(|known| std::ptr::eq(&**known, self))
    }
}

impl TimerTarget for IncomingConnection {
    fn timed_out(self: Rc<Self>, _: TimerId) {
        self.give_up("the opening handshake took too long");
    }
}
