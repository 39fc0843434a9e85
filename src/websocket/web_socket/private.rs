//! What a [`WebSocket`] is made of (private): `QWebSocketPrivate`.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::super::handshake_options::HandshakeOptions;
use super::super::incoming_head::IncomingHead;
use super::super::limits::{Limits, SharedLimits};
use super::super::mask_generator::{MaskGenerator, random_mask};
use super::super::protocol::{
    CloseCode, CompactHead, DEFAULT_OUTGOING_FRAME_SIZE, DataProcessor, HandshakeRequest, Role, Version,
};
use super::super::web_socket_server::Connections;
use super::WebSocket;
use super::slow_peer::Wait;
#[cfg(feature = "_tls")]
use super::ssl::Ssl;
#[cfg(feature = "_tls")]
use crate::SslConfiguration;
use crate::core::clock::Moment;
use crate::core::event_dispatcher;
use crate::core::handle::Handle;
use crate::core::object_data::ObjectClass;
use crate::core::object_table::ObjectBox;
use crate::core::sequence::Sequence;
use crate::core::timer_queue::{TimerId, TimerTarget};
use crate::http::UnwantedBody;
use crate::network::abstract_socket::SocketFailure;
use crate::network::connector::Connector;
use crate::network::http_authentication::HttpAuthentication;
use crate::network::socket_engine::SocketEngine;
use crate::{
    Args, Authenticator, ByRef, Emitter, NetworkProxy, NetworkRequest, Pair, PauseMode, SocketError,
    SocketState, TimerType,
};

/// A socket in memory: the methods below and beside this file are its state machine.
pub(crate) type Socket = ObjectBox<WebSocketPrivate>;

pub(crate) struct WebSocketPrivate {
    pub(super) signals: Signals,
    pub(super) state: Cell<SocketState>,
    pub(super) connection: RefCell<Connection>,
    pub(super) closing: Cell<Closing>,
    pub(super) processor: RefCell<DataProcessor>,
    pub(super) role: Cell<Role>,
    /// Counts what `open` began, so that code which runs after a signal sees that its slot opened anew.
    pub(super) attempt: Cell<u16>,
    pub(super) request: RefCell<Request>,
    pub(super) error: Cell<SocketError>,
    /// A [`CloseCode`].
    pub(super) close_code: Cell<u16>,
    pub(super) outgoing_frame_size: Cell<u32>,
    /// But for the sizes of frames and messages, which the processor has.
    pub(super) limits: SharedLimits,
    pub(super) ping_sent: Cell<Moment>,
    pub(super) last_read: Cell<Moment>,
    /// Ends an unfinished frame or message.
    pub(super) idle_timer: Cell<Option<TimerId>>,
    /// Ends an opening or a closing handshake.
    pub(super) handshake_timer: Cell<Option<TimerId>>,
    /// The connections of the server that accepted this socket, and its place among them.
    pub(super) accepted_by: Cell<Option<(Handle<Connections>, u32)>>,
    rare: OnceCell<Box<RareData>>,
}

impl ObjectClass for WebSocketPrivate {
    const NAME: &'static str = "WebSocket";

    fn destroy(&self) {
        Self::destroy(self);
    }
}

/// What an accepted socket does not have as long as nobody sets it or asks for it: allocated with the first use.
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
    /// This side does not read.
    pub(super) waiting_for_peer: Cell<Option<Wait>>,
    /// When the connection was begun, for the log.
    pub(super) began: Cell<Option<Moment>>,
    /// Looks after the silence of the peer, if nobody else does.
    pub(super) silence_timer: Cell<Option<TimerId>>,
    #[cfg(feature = "_tls")]
    pub(super) ssl: OnceCell<Box<Ssl>>,
}

impl Default for RareData {
    fn default() -> Self {
        Self {
            origin: RefCell::default(),
            version: Cell::new(Version::LATEST),
            subprotocol: RefCell::default(),
            error_string: RefCell::default(),
            close_reason: RefCell::default(),
            read_buffer_size: Cell::new(0),
            pause_mode: Cell::default(),
            proxy: RefCell::default(),
            mask_generator: RefCell::default(),
            owed_pong: RefCell::default(),
            waiting_for_peer: Cell::default(),
            began: Cell::default(),
            silence_timer: Cell::default(),
            #[cfg(feature = "_tls")]
            ssl: OnceCell::new(),
        }
    }
}

/// The signals that nearly every program connects to, and the others.
#[derive(Default)]
pub(super) struct Signals {
    pub(super) disconnected: Emitter<()>,
    pub(super) text_message_received: Emitter<str>,
    pub(super) binary_message_received: Emitter<[u8]>,
    others: OnceCell<Box<OtherSignals>>,
}

/// Allocated when one of them is connected to, because a server has many sockets.
#[derive(Default)]
pub(super) struct OtherSignals {
    pub(super) connected: Emitter<()>,
    pub(super) state_changed: Emitter<SocketState>,
    pub(super) error_occurred: Emitter<SocketError>,
    /// `QWebSocket::error`, the deprecated twin.
    pub(super) error: Emitter<SocketError>,
    pub(super) text_frame_received: Emitter<Pair<str, bool>>,
    pub(super) binary_frame_received: Emitter<Pair<[u8], bool>>,
    pub(super) pong: Emitter<Pair<Duration, [u8]>>,
    pub(super) bytes_written: Emitter<u64>,
    pub(super) about_to_close: Emitter<()>,
    pub(super) read_channel_finished: Emitter<()>,
    pub(super) authentication_required: Emitter<ByRef<Authenticator>>,
    pub(super) proxy_authentication_required: Emitter<Pair<ByRef<NetworkProxy>, ByRef<Authenticator>>>,
}

impl Signals {
    /// Emits one of the other signals, if any of them was ever connected to.
    #[inline]
    pub(super) fn others(&self, emit: impl FnOnce(&OtherSignals)) {
        if let Some(others) = self.others.get() {
            emit(others);
        }
    }

    /// The other signals, to be connected to.
    pub(super) fn others_mut(&self) -> &OtherSignals {
        self.others.get_or_init(Box::default)
    }

    /// Emits a text message, and before it its frame if that was the only one.
    #[inline]
    pub(super) fn emit_text_message(&self, text: &str, single_frame: bool) {
        match self.others.get() {
            Some(others) if single_frame && others.text_frame_received.is_connected() => {
                emit_both(&others.text_frame_received, (text, true), &self.text_message_received, text);
            }
            _ => self.text_message_received.emit(text),
        }
    }

    /// Emits a binary message, and before it its frame if that was the only one.
    #[inline]
    pub(super) fn emit_binary_message(&self, bytes: &[u8], single_frame: bool) {
        match self.others.get() {
            Some(others) if single_frame && others.binary_frame_received.is_connected() => {
                emit_both(&others.binary_frame_received, (bytes, true), &self.binary_message_received, bytes);
            }
            _ => self.binary_message_received.emit(bytes),
        }
    }

    /// Whether somebody wants the frames of messages.
    pub(super) fn frames_are_wanted(&self) -> bool {
        self.others.get().is_some_and(|others| {
            others.text_frame_received.is_connected() || others.binary_frame_received.is_connected()
        })
    }
}

/// The connection under the socket, and how far it is.
#[derive(Default)]
pub(super) enum Connection {
    #[default]
    None,
    /// The TCP connection is being established.
    Connecting(Rc<Connector>),
    /// TLS is being agreed on.
    #[cfg_attr(not(feature = "_tls"), expect(dead_code, reason = "nothing encrypts"))]
    Encrypting(Rc<SocketEngine>),
    /// The request is on its way.
    Handshaking(Box<Handshake>),
    /// Frames go both ways; up to the end of the TCP connection.
    Open(Rc<SocketEngine>),
    /// The connection has ended, and that is being told: its addresses are known until that is done.
    Ended(Rc<SocketEngine>),
}

/// An opening handshake under way.
pub(super) struct Handshake {
    pub(super) engine: Rc<SocketEngine>,
    pub(super) stage: HandshakeStage,
    /// Whether the connection has carried an earlier request and its response.
    pub(super) reused: bool,
    pub(super) key: String,
    pub(super) offered_subprotocols: Vec<String>,
    pub(super) received: IncomingHead,
}

/// What comes next on the connection of an opening handshake.
pub(super) enum HandshakeStage {
    Response,
    /// Nothing that is of interest yet: the program is being asked for credentials.
    Asking,
    /// The body of a 401, behind which the request is sent again.
    Body(UnwantedBody),
}

/// How far the closing handshake is (RFC 6455 §7.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    No,
    /// `close` was called before there was a connection, and its error is being told.
    Asked,
    /// This side's close frame is sent, the peer's has not come.
    Sent,
    /// The peer's close frame has come, and is answered.
    Received,
    /// The connection is lost.
    Lost,
    /// A message found no room behind those that wait: nothing more is sent, and the end is told from the loop.
    OutOfRoom,
    /// Nothing more will be received or sent.
    Done,
}

impl Closing {
    /// Whether neither side has begun to close.
    pub(super) const fn is_no(self) -> bool {
        matches!(self, Self::No | Self::OutOfRoom)
    }
}

/// What the connection was opened with.
#[derive(Default)]
pub(super) enum Request {
    #[default]
    None,
    Opened(Box<OpenedRequest>),
    /// The client's request: it is taken apart when somebody asks.
    Accepted {
        head: CompactHead,
        secure: bool,
    },
}

pub(super) struct OpenedRequest {
    pub(super) request: NetworkRequest,
    pub(super) options: HandshakeOptions,
    pub(super) resource: String,
    /// Empty if it was refused, and while `state_changed(Connecting)` is emitted.
    pub(super) peer_name: String,
    /// `wss`
    pub(super) is_secure: bool,
    /// What was set when it was opened holds for all its connections: a 401 may need a second one. `None`: there is no proxy
    /// that a socket can use.
    pub(super) proxy: Option<NetworkProxy>,
    /// `None`: it is not encrypted.
    #[cfg(feature = "_tls")]
    pub(super) ssl_configuration: Option<SslConfiguration>,
    pub(super) authentication: Rc<HttpAuthentication>,
}

/// Emits two signals of one event, the second also if a slot of the first panics.
#[inline(never)]
fn emit_both<A: Args + ?Sized, B: Args + ?Sized>(
    first: &Emitter<A>,
    its_args: A::Ref<'_>,
    second: &Emitter<B>,
    args: B::Ref<'_>,
) {
    let mut sequence = Sequence::begin();
    sequence.step(|| first.emit(its_args));
    second.emit(args);
}

pub(super) const UNKNOWN_ERROR: &str = "Unknown error";

impl Connection {
    /// The TCP connection, from its establishment to its end.
    #[inline]
    pub(super) fn engine(&self) -> Option<&Rc<SocketEngine>> {
        match self {
            Self::Handshaking(handshake) => Some(&handshake.engine),
            Self::Encrypting(engine) | Self::Open(engine) => Some(engine),
            Self::None | Self::Connecting(_) | Self::Ended(_) => None,
        }
    }
}

impl WebSocketPrivate {
    pub(super) fn new(role: Role) -> Self {
        let now = Moment::now();
        Self {
            signals: Signals::default(),
            state: Cell::new(SocketState::Unconnected),
            connection: RefCell::default(),
            closing: Cell::new(Closing::No),
            processor: RefCell::new(DataProcessor::new(role)),
            role: Cell::new(role),
            attempt: Cell::new(0),
            request: RefCell::default(),
            error: Cell::default(),
            close_code: Cell::new(CloseCode::Normal.into()),
            outgoing_frame_size: Cell::new(DEFAULT_OUTGOING_FRAME_SIZE as u32),
            limits: SharedLimits::default(),
            ping_sent: Cell::new(now),
            last_read: Cell::new(now),
            idle_timer: Cell::default(),
            handshake_timer: Cell::default(),
            accepted_by: Cell::default(),
            rare: OnceCell::new(),
        }
    }

    /// Makes a socket of an accepted connection whose handshake is done.
    pub(super) fn accepted(
        engine: &Rc<SocketEngine>,
        request: HandshakeRequest,
        subprotocol: Option<&str>,
        limits: SharedLimits,
    ) -> WebSocket {
        let private = Self { limits, ..Self::new(Role::Server) };
        private.limit_processor();
        private.state.set(SocketState::Connected);
        private.connection.replace(Connection::Open(engine.clone()));
        private.set_subprotocol(subprotocol.unwrap_or_default());
        let secure = request.is_secure();
        let head = CompactHead::new(&request.into_head());
        private.request.replace(Request::Accepted { head, secure });
        let socket = Self::into_object(private);
        if let Some(object) = socket.0.get_box() {
            let client: Weak<Socket> = Rc::downgrade(&object);
            engine.set_client(client);
            object.value.log_beginning();
        }
        socket
    }

    /// Lets the processor take what the limits say.
    pub(super) fn limit_processor(&self) {
        let mut processor = self.processor.borrow_mut();
        processor.set_max_allowed_frame_size(self.limits.get(Limits::max_frame_size));
        processor.set_max_allowed_message_size(self.limits.get(Limits::max_message_size));
    }

    /// The limits that hold, whoever has set them.
    pub(super) fn limits(&self) -> Limits {
        let processor = self.processor.borrow();
        let limits = self.limits.get(Limits::clone).with_max_frame_size(processor.max_allowed_frame_size());
        limits.with_max_message_size(processor.max_allowed_message_size())
    }

    pub(super) fn into_object(self) -> WebSocket {
        WebSocket(Handle::new_class(self))
    }

    /// The request of the client, if this socket was accepted.
    pub(super) fn received_request(&self) -> Option<HandshakeRequest> {
        match &*self.request.borrow() {
            Request::Accepted { head, secure } => HandshakeRequest::parse(&head.to_bytes(), *secure).ok(),
            Request::None | Request::Opened(_) => None,
        }
    }

    /// The established connection, in whatever state.
    pub(super) fn engine(&self) -> Option<Rc<SocketEngine>> {
        self.connection.borrow().engine().cloned()
    }

    /// Whether that is (still) the connection under this socket. A slot may have ended it, or opened another.
    pub(super) fn is_current(&self, engine: &Rc<SocketEngine>) -> bool {
        self.connection.borrow().engine().is_some_and(|current| Rc::ptr_eq(current, engine))
    }

    /// Whether there is an established connection, up to when its end is told.
    pub(super) fn has_connection(&self) -> bool {
        self.engine().is_some() || matches!(&*self.connection.borrow(), Connection::Ended(_))
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
            let mut sequence = Sequence::begin();
            sequence.step(|| signals.error_occurred.emit(error));
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

    /// What was ever put there.
    pub(super) fn rare(&self) -> Option<&RareData> {
        self.rare.get().map(|rare| &**rare)
    }

    /// The place to put something.
    pub(super) fn rare_mut(&self) -> &RareData {
        self.rare.get_or_init(Box::default)
    }

    /// The next masking key, if this side masks (RFC 6455 §5.3).
    #[inline]
    pub(super) fn mask(&self) -> Option<[u8; 4]> {
        match self.role.get() {
            Role::Server => None,
            Role::Client => Some(self.next_mask().to_be_bytes()),
        }
    }

    pub(super) fn next_mask(&self) -> u32 {
        let generator = self.rare().and_then(|rare| rare.mask_generator.borrow().clone());
        generator.map_or_else(random_mask, |generator| generator.next_mask())
    }

    pub(super) fn stop_timers(&self) {
        if let Some(wait) = self.wait_timer() {
            event_dispatcher::stop_timer(wait);
            self.rare_mut().waiting_for_peer.set(None);
        }
        let rare = self.rare().map(|rare| &rare.silence_timer);
        for timer in [&self.idle_timer, &self.handshake_timer].into_iter().chain(rare) {
            if let Some(id) = timer.take() {
                event_dispatcher::stop_timer(id);
            }
        }
    }

    pub(super) fn leave_server(&self, engine: Option<&Rc<SocketEngine>>) {
        if let Some((connections, index)) = self.accepted_by.take() {
            connections.with(|connections| connections.ended(index, engine.map(Rc::as_ref)));
        }
    }
}

impl Socket {
    /// Begins the time that the opening handshake may take, if it is limited.
    pub(super) fn start_opening_timer(self: &Rc<Self>) {
        if let Some(timeout) = self.value.limits.get(Limits::opening_timeout) {
            self.start_handshake_timer(timeout);
        }
    }

    /// Stops that time while the program is asked, until dropped.
    pub(super) fn pause_opening_timer(self: &Rc<Self>) -> OpeningPause<'_> {
        let timer = self.value.handshake_timer.take();
        OpeningPause::with_rest(self, timer.and_then(event_dispatcher::suspend_timer))
    }

    /// Limits the handshake that has just begun, opening or closing.
    pub(super) fn start_handshake_timer(self: &Rc<Self>, timeout: Duration) {
        self.value.stop_handshake_timer();
        let id = event_dispatcher::start_timer(timeout, TimerType::Coarse, self.clone());
        self.value.handshake_timer.set(id);
    }
}

impl WebSocketPrivate {
    fn silence_timer(&self) -> Option<TimerId> {
        self.rare()?.silence_timer.get()
    }

    pub(super) fn stop_handshake_timer(&self) {
        if let Some(id) = self.handshake_timer.take() {
            event_dispatcher::stop_timer(id);
        }
    }
}

/// Goes on with what was left of the time for the opening, if that is still under way; also after a panic in a slot.
pub(super) struct OpeningPause<'s> {
    socket: &'s Rc<Socket>,
    attempt: u16,
    rest: Option<Duration>,
}

impl<'s> OpeningPause<'s> {
    pub(super) fn with_rest(socket: &'s Rc<Socket>, rest: Option<Duration>) -> Self {
        Self { socket, attempt: socket.value.attempt.get(), rest }
    }

    /// Makes the pause last; returns what is left of the time.
    #[cfg_attr(not(feature = "_tls"), expect(dead_code, reason = "only errors of TLS pause it for long"))]
    pub(super) fn keep(mut self) -> Option<Duration> {
        self.rest.take()
    }
}

impl Drop for OpeningPause<'_> {
    fn drop(&mut self) {
        let socket = &self.socket.value;
        let is_under_way = self.socket.object.is_alive()
            && socket.attempt.get() == self.attempt
            && socket.state.get() == SocketState::Connecting
            && socket.handshake_timer.get().is_none();
        if let Some(rest) = self.rest.take_if(|_| is_under_way) {
            self.socket.start_handshake_timer(rest);
        }
    }
}

impl TimerTarget for Socket {
    fn timed_out(self: Rc<Self>, id: TimerId) {
        if self.value.wait_timer() == Some(id) {
            self.wait_timed_out();
        } else if self.value.idle_timer.get() == Some(id) {
            self.idle_timed_out(id);
        } else if self.value.silence_timer() == Some(id) {
            self.silence_timed_out();
        } else if self.value.handshake_timer.get() == Some(id) {
            self.value.stop_handshake_timer();
            self.handshake_timed_out();
        }
    }
}
