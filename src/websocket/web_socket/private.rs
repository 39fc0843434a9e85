//! The parts of a [`WebSocket`] (private): `QWebSocketPrivate`.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use super::WebSocket;
use super::compression::{AgreedCompression, ConnectionCompression};
use super::reception::HeldReception;
use super::request::{OpenedRequest, Request};
use super::signals::Signals;
use super::slow_peer::Wait;
use super::ssl::SslData;
use super::transport::{Closing, ConnectionId, Transport};
use crate::core::clock::Moment;
use crate::core::deadline::Deadline;
use crate::core::handle::Handle;
use crate::core::object_data::ObjectClass;
use crate::core::object_table::ObjectBox;
use crate::core::sequence::Sequence;
use crate::core::timer_queue::{TimerId, TimerTarget};
use crate::network::abstract_socket::SocketFailure;
use crate::network::socket_engine::SocketEngine;
use crate::websocket::accepted_by::AcceptedBy;
use crate::websocket::limits::SharedLimits;
use crate::websocket::protocol::{
    CompactHead, DEFAULT_OUTGOING_FRAME_SIZE, DataProcessor, HandshakeRequest, Role,
};
use crate::{CloseCode, Limits, MaskGenerator, NetworkProxy, PauseMode, SocketError, SocketState, Version};

/// A socket in memory: the self of the state machine below and in the files beside this one.
pub(crate) type Socket = ObjectBox<WebSocketPrivate>;

/// The fields of a [`Socket`].
pub(crate) struct WebSocketPrivate {
    pub(super) signals: Signals,
    pub(super) state: Cell<SocketState>,
    pub(super) transport: RefCell<Transport>,
    pub(super) closing: Cell<Closing>,
    pub(super) processor: RefCell<DataProcessor>,
    pub(super) compression: ConnectionCompression,
    pub(super) role: Cell<Role>,
    pub(super) connection_id: Cell<ConnectionId>,
    pub(super) request: RefCell<Request>,
    pub(super) error: Cell<SocketError>,
    /// A [`CloseCode`].
    pub(super) close_code: Cell<u16>,
    pub(super) outgoing_frame_size: Cell<u32>,
    /// But for the sizes of frames and messages, which the processor has.
    pub(super) limits: SharedLimits,
    pub(super) ping_sent: Cell<Moment>,
    pub(super) last_read: Cell<Moment>,
    /// Limits the time for the rest of a frame or message.
    pub(super) message_deadline: Deadline,
    /// The server that accepted this socket, until it knows of the end.
    pub(super) accepted_by: Cell<Option<AcceptedBy>>,
    rare: OnceCell<Box<RareData>>,
}

impl ObjectClass for WebSocketPrivate {
    const NAME: &'static str = "WebSocket";

    fn destroy(socket: &Socket) {
        socket.destroy();
    }
}

/// Data that an accepted socket does not need as long as nobody sets it or asks for it: allocated on first use.
#[derive(Default)]
pub(super) struct RareData {
    pub(super) origin: RefCell<Box<str>>,
    pub(super) version: Cell<Version>,
    pub(super) subprotocol: RefCell<Box<str>>,
    pub(super) error_string: RefCell<Option<Cow<'static, str>>>,
    pub(super) close_reason: RefCell<Box<str>>,
    pub(super) read_buffer_size: Cell<usize>,
    pub(super) pause_mode: Cell<PauseMode>,
    /// `None`: of [`ProxyType::Default`](crate::ProxyType::Default).
    pub(super) proxy: RefCell<Option<Box<NetworkProxy>>>,
    pub(super) mask_generator: RefCell<Option<Rc<dyn MaskGenerator>>>,
    /// The payload of a ping that was not answered because output is blocked (RFC 6455 §5.5.3 asks for the last only).
    pub(super) owed_pong: RefCell<Option<Box<[u8]>>>,
    /// Limits the opening, up to the end of the handshake.
    pub(super) opening_deadline: Deadline,
    /// Limits the closing handshake, once this side has begun it.
    pub(super) closing_deadline: Deadline,
    /// This side does not read.
    pub(super) waiting_for_peer: Cell<Option<Wait>>,
    /// Limits that.
    pub(super) wait_deadline: Deadline,
    /// The program does not want more for now.
    pub(super) held_reception: Cell<Option<HeldReception>>,
    /// The time at which the connection was begun, for the log.
    pub(super) began: Cell<Option<Moment>>,
    /// Looks after the silence of the peer, if nobody else does.
    pub(super) silence_deadline: Deadline,
    #[allow(dead_code, reason = "without TLS there is nothing in it")]
    pub(super) ssl: SslData,
}

impl WebSocketPrivate {
    pub(super) fn new(role: Role) -> Self {
        let now = Moment::now();
        Self {
            signals: Signals::default(),
            state: Cell::new(SocketState::Unconnected),
            transport: RefCell::default(),
            closing: Cell::new(Closing::No),
            processor: RefCell::new(DataProcessor::new(role)),
            compression: ConnectionCompression::default(),
            role: Cell::new(role),
            connection_id: Cell::default(),
            request: RefCell::default(),
            error: Cell::default(),
            close_code: Cell::new(CloseCode::Normal.into()),
            outgoing_frame_size: Cell::new(DEFAULT_OUTGOING_FRAME_SIZE as u32),
            limits: SharedLimits::default(),
            ping_sent: Cell::new(now),
            last_read: Cell::new(now),
            message_deadline: Deadline::default(),
            accepted_by: Cell::default(),
            rare: OnceCell::new(),
        }
    }

    pub(super) fn into_object(self) -> WebSocket {
        WebSocket(Handle::new_class(self))
    }

    /// Uses the request that was opened, if it is one of this side.
    pub(super) fn with_opened<R>(&self, f: impl FnOnce(&mut OpenedRequest) -> R) -> Option<R> {
        match &mut *self.request.borrow_mut() {
            Request::Opened(opened) => Some(f(opened)),
            Request::None | Request::Accepted { .. } => None,
        }
    }

    /// The rare data, if any was ever set.
    pub(super) fn rare(&self) -> Option<&RareData> {
        self.rare.get().map(|rare| &**rare)
    }

    /// The rare data, allocated if there was none.
    pub(super) fn rare_mut(&self) -> &RareData {
        self.rare.get_or_init(Box::default)
    }
}

pub(super) const UNKNOWN_ERROR: &str = "Unknown error";

impl WebSocket {
    /// Makes a socket of an accepted connection whose handshake is done.
    pub(crate) fn accepted(
        engine: &Rc<SocketEngine>,
        request: HandshakeRequest,
        subprotocol: Option<&str>,
        compression: Option<AgreedCompression>,
        limits: SharedLimits,
    ) -> Self {
        let private = WebSocketPrivate { limits, ..WebSocketPrivate::new(Role::Server) };
        private.state.set(SocketState::Connected);
        private.transport.replace(Transport::Open(engine.clone()));
        let secure = request.is_secure();
        let head = CompactHead::new(&request.into_head());
        private.request.replace(Request::Accepted { head, secure });
        let socket = private.into_object();
        socket.0.with_object(|object| {
            object.limit_processor();
            object.set_subprotocol(subprotocol.unwrap_or_default());
            object.set_compression(compression);
            let client: Weak<Socket> = Rc::downgrade(object);
            engine.set_client(client);
            object.log_beginning();
        });
        socket
    }
}

impl Socket {
    /// Lets the processor take what the limits say.
    pub(super) fn limit_processor(&self) {
        let mut processor = self.processor.borrow_mut();
        processor.set_max_allowed_frame_size(self.limits.get(Limits::max_frame_size));
        processor.set_max_allowed_message_size(self.limits.get(Limits::max_message_size));
    }

    /// The limits that apply: the socket's own, or its server's.
    pub(super) fn limits(&self) -> Limits {
        let processor = self.processor.borrow();
        let limits = self.limits.get(Limits::clone).with_max_frame_size(processor.max_allowed_frame_size());
        limits.with_max_message_size(processor.max_allowed_message_size())
    }

    /// The request of the client, if this socket was accepted.
    pub(super) fn received_request(&self) -> Option<HandshakeRequest> {
        match &*self.request.borrow() {
            Request::Accepted { head, secure } => HandshakeRequest::parse(&head.to_bytes(), *secure).ok(),
            Request::None | Request::Opened(_) => None,
        }
    }

    pub(super) fn set_state(&self, state: SocketState) {
        if self.state.replace(state) != state {
            self.signals.others(|signals| signals.state_changed.emit(state));
        }
    }

    pub(super) fn set_error(&self, failure: impl Into<SocketFailure>) {
        let SocketFailure { error, text } = failure.into();
        self.error.set(error);
        self.set_error_string(text);
    }

    pub(super) fn error_string(&self) -> Cow<'static, str> {
        let set = self.rare().and_then(|rare| rare.error_string.borrow().clone());
        set.unwrap_or_else(|| match &*self.request.borrow() {
            // The initial text of the TCP socket.
            Request::Accepted { .. } => UNKNOWN_ERROR.into(),
            Request::None | Request::Opened(_) => Cow::default(),
        })
    }

    pub(super) fn set_error_string(&self, text: impl Into<Cow<'static, str>>) {
        self.rare_mut().error_string.replace(Some(text.into()));
    }

    pub(super) fn emit_error(&self, error: SocketError) {
        self.log_error(error);
        self.signals.others(|signals| {
            let mut sequence = Sequence::begin_with(|| signals.error_occurred.emit(error));
            sequence.step(|| signals.error.emit(error));
        });
    }

    pub(super) fn set_close(&self, code: CloseCode, reason: &str) {
        self.close_code.set(code.into());
        self.set_text(reason, |rare| &rare.close_reason);
    }

    pub(super) fn set_subprotocol(&self, subprotocol: &str) {
        self.set_text(subprotocol, |rare| &rare.subprotocol);
    }

    /// Sets a text that is usually empty.
    fn set_text(&self, text: &str, which: impl Fn(&RareData) -> &RefCell<Box<str>>) {
        if !text.is_empty() || self.rare().is_some() {
            which(self.rare_mut()).replace(text.into());
        }
    }

    pub(super) fn leave_server(&self, engine: Option<&Rc<SocketEngine>>) {
        if let Some(server) = self.accepted_by.take() {
            server.ended(engine.map(Rc::as_ref));
        }
    }
}

// ---- the deadlines of a socket: each stands with what it limits

impl Socket {
    pub(super) fn stop_deadlines(&self) {
        self.message_deadline.stop();
        if let Some(rare) = self.rare() {
            rare.opening_deadline.stop();
            rare.closing_deadline.stop();
            rare.silence_deadline.stop();
            rare.wait_deadline.stop();
            rare.waiting_for_peer.set(None);
        }
    }
}

impl TimerTarget for Socket {
    fn timed_out(self: Rc<Self>, id: TimerId) {
        if self.message_deadline.has_passed(id) {
            return self.message_timed_out();
        }
        let Some(rare) = self.rare() else { return };
        if rare.opening_deadline.has_passed(id) {
            self.opening_timed_out();
        } else if rare.closing_deadline.has_passed(id) {
            self.closing_timed_out();
        } else if rare.silence_deadline.has_passed(id) {
            self.silence_timed_out();
        } else if rare.wait_deadline.is(id) {
            self.wait_timed_out();
        }
    }
}
