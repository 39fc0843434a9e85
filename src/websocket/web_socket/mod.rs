//! [`WebSocket`]. Its state machine stands beside this file: `opening`, `authentication`, `receiving`, `sending`, `closing`.

mod authentication;
mod closing;
mod opening;
mod private;
mod proxy;
mod readable_url;
mod receiving;
mod sending;
#[cfg(feature = "_tls")]
mod ssl;
#[cfg(not(feature = "_tls"))]
#[path = "without_ssl.rs"]
mod ssl;

use std::rc::Rc;
use std::time::Duration;

use url::Url;

use super::handshake_options::HandshakeOptions;
use super::mask_generator::MaskGenerator;
use super::protocol::{
    CloseCode, HandshakeRequest, MAX_INCOMING_FRAME_SIZE, MAX_INCOMING_MESSAGE_SIZE, MAX_OUTGOING_FRAME_SIZE,
    OpCode, Role, Version,
};
use super::web_socket_server::Connections;
use crate::core::handle::{Handle, object_class};
use crate::network::socket_engine::{Endpoint, SocketEngine};
use crate::{
    Authenticator, ByRef, HostAddress, NetworkRequest, Pair, PauseMode, Signal, SocketError, SocketState,
};
use private::{Connection, HANDSHAKE_TIMEOUT, RareData, Request, WebSocketPrivate};
use readable_url::readable;
use receiving::Held;

/// A WebSocket (RFC 6455): one that [`open`](Self::open)s a connection to a server, or one that a
/// [`WebSocketServer`](crate::WebSocketServer) accepted.
///
/// Nothing here waits. A call begins something, and signals tell what becomes of it; the methods can be called in any
/// state, and from any slot, also from those of this very socket: `open`, `close`, `abort`, sending, `delete_later`,
/// `delete`, and a nested event loop are all legal there.
///
/// ```
/// use slotwire::prelude::*;
///
/// let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
/// server.new_connection().connect(move |()| {
///     while let Some(socket) = server.next_pending_connection() {
///         socket.text_message_received().connect(move |text| {
///             socket.send_text_message(text);
///         });
///         socket.disconnected().connect(move |()| socket.delete_later());
///     }
/// });
/// server.listen(HostAddress::LocalHost, 0)?;
///
/// let socket = WebSocket::new();
/// socket.connected().connect(move |()| { socket.send_text_message("Hello, world!"); });
/// socket.text_message_received().connect(move |text| {
///     assert_eq!(text, "Hello, world!");
///     socket.close();
/// });
/// socket.disconnected().connect(|()| Application::quit());
/// socket.open(server.server_url());
/// Application::exec();
/// assert_eq!(socket.close_code(), CloseCode::Normal);
/// # Ok::<(), slotwire::Error>(())
/// ```
///
/// # The order of signals
///
/// | what happens | signals |
/// |---|---|
/// | `open` | `state_changed(Connecting)` inside it; `bytes_written`; `state_changed(Connected)`, `connected` |
/// | … refused, or no such host | `state_changed(Unconnected)`, `disconnected`, `error_occurred` |
/// | … handshake refused | `error_occurred`, `state_changed(Unconnected)`, `disconnected`, `read_channel_finished` |
/// | … an invalid URL | `error_occurred` inside it; a connection that existed stays |
/// | a message | `text_frame_received` for each frame, `text_message_received` |
/// | the peer closes | `about_to_close`, `state_changed(Closing)`, `state_changed(Unconnected)`, `disconnected`, `read_channel_finished` |
/// | `close` | `about_to_close` inside it; the rest of these once the peer has answered |
/// | `abort` | all of these but `Closing` inside it |
/// | the connection is lost | `error_occurred` in place of `about_to_close`, then as above |
///
/// Every `open` that got as far as `state_changed(Connecting)` ends with exactly one `disconnected`, unless another `open`
/// or the end of the socket cuts it off.
///
/// # Ways to end it
///
/// | | the peer sees | the signals |
/// |---|---|---|
/// | [`close`](Self::close) | all that was sent, and a close frame; it has three seconds to answer | `about_to_close` inside the call, the others when the connection ends |
/// | [`abort`](Self::abort) | the end of the connection; what was not written yet is lost | inside the call |
/// | `delete`, `delete_later` | all that was sent, and a close frame with [`CloseCode::GoingAway`] | `about_to_close` and `destroyed`, no `disconnected` |
/// | [`open`](Self::open) again | the end of the connection, without a close frame | those of the new connection only |
/// | dropping a handle | nothing: a handle is a number | none |
///
/// For a peer that may be dead there is `abort`: it never waits. One is enough, and none is needed in `disconnected` or after
/// an error. A socket is not deleted by its end: who has taken or made it deletes it, or its parent does.
#[doc(alias = "QWebSocket")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WebSocket(Handle<WebSocketPrivate>);

impl WebSocket {
    /// A socket that is not connected.
    #[expect(clippy::new_without_default, reason = "a default value that has to be deleted would surprise")]
    pub fn new() -> Self {
        Self::with_origin("")
    }

    /// A socket that is not connected and will send that `Origin`; an empty one is not sent.
    ///
    /// An origin with a line break makes every `open` fail, with [`SocketError::ConnectionRefused`].
    pub fn with_origin(origin: &str) -> Self {
        Self::with_version(origin, Version::LATEST)
    }

    /// As [`with_origin`](Self::with_origin), with a version that is remembered; what is spoken is always version 13.
    pub fn with_version(origin: &str, version: Version) -> Self {
        let private = WebSocketPrivate::new(Role::Client);
        private.rare_mut().origin.replace(origin.into());
        private.rare_mut().version.set(version);
        private.into_object()
    }

    /// A socket for a connection whose handshake a server has done.
    pub(crate) fn accepted(
        engine: &Rc<SocketEngine>,
        request: HandshakeRequest,
        subprotocol: Option<&str>,
    ) -> Self {
        WebSocketPrivate::accepted(engine, request, subprotocol)
    }

    /// Says whose connection this is, and its place among those.
    pub(crate) fn set_accepted_by(self, connections: Handle<Connections>, index: u32) {
        self.0.with(|socket| socket.accepted_by.set(Some((connections, index))));
    }

    /// Keeps bytes that came behind the request.
    pub(crate) fn hold(self, engine: &Rc<SocketEngine>, bytes: &[u8]) -> Option<Held> {
        self.0.get_box()?.hold(engine, bytes)
    }

    /// Handles what was kept, and then what comes later.
    pub(crate) fn begin_receiving(self, engine: &Rc<SocketEngine>, held: Option<Held>, may_have_more: bool) {
        if let Some(socket) = self.0.get_box() {
            socket.begin_receiving(engine, held, may_have_more);
        }
    }

    // ---- opening and closing

    /// Opens a connection to that URL (`ws`), or makes that [`NetworkRequest`].
    ///
    /// What comes of it is told by signals, see [the table](Self#the-order-of-signals). [`state`](Self::state) is
    /// `Connecting` when this returns. What can be seen to be impossible is an `error_occurred` inside this call: a URL that
    /// is not valid, or a scheme that is not supported; then nothing else changes.
    ///
    /// A connection that exists is dropped without a close frame and without a `disconnected`; everything that was known of
    /// it, close code, error and subprotocol, is reset.
    pub fn open(self, request: impl Into<NetworkRequest>) {
        self.open_with(request, HandshakeOptions::new());
    }

    /// As [`open`](Self::open), with options such as subprotocols.
    #[doc(alias = "open")]
    pub fn open_with(self, request: impl Into<NetworkRequest>, options: HandshakeOptions) {
        if let Some(socket) = self.0.get_box() {
            socket.open(request.into(), options);
        }
    }

    /// Closes the connection with [`CloseCode::Normal`].
    pub fn close(self) {
        self.close_with(CloseCode::Normal, "");
    }

    /// Closes the connection: what was sent before goes out, then a close frame with that code and reason. The peer has three
    /// seconds to answer it; messages that arrive before its answer are still delivered.
    ///
    /// `about_to_close` is emitted inside this call, the rest when the connection ends. The code is not checked; a reason of
    /// more than 123 bytes is cut at a character. A second `close` does nothing, and nothing can be sent any more. Before the
    /// connection is open, closing it is an [`abort`](Self::abort); as long as TCP is being connected, `error_occurred` with
    /// [`SocketError::UnfinishedSocketOperation`] comes before that.
    #[doc(alias = "close")]
    pub fn close_with(self, code: CloseCode, reason: &str) {
        if let Some(socket) = self.0.get_box() {
            socket.close(code, reason);
        }
    }

    /// Drops the connection at once: what waits to be written is lost, and no close frame is sent. The signals come inside
    /// this call. Does nothing if there is no connection.
    pub fn abort(self) {
        self.0.with(WebSocketPrivate::abort);
    }

    // ---- sending

    /// Sends a text message; returns its size in bytes, or 0 if the socket is not connected or is closing.
    ///
    /// An empty message is sent as well, and its size is 0.
    ///
    /// It is written once the event that is being handled has been, together with what else is sent until then; `flush`
    /// writes now. A message larger than [`outgoing_frame_size`](Self::outgoing_frame_size) goes out in several frames.
    ///
    /// What the peer does not take yet waits in memory without a limit: a program that sends faster than its peers read
    /// looks at [`bytes_to_write`](Self::bytes_to_write).
    #[doc(alias = "sendTextMessage")]
    #[inline]
    pub fn send_text_message(self, message: impl AsRef<str>) -> usize {
        self.send(OpCode::Text, message.as_ref().as_bytes())
    }

    /// Sends a binary message; otherwise as [`send_text_message`](Self::send_text_message).
    #[doc(alias = "sendBinaryMessage")]
    #[inline]
    pub fn send_binary_message(self, message: impl AsRef<[u8]>) -> usize {
        self.send(OpCode::Binary, message.as_ref())
    }

    #[inline]
    fn send(self, op_code: OpCode, message: &[u8]) -> usize {
        self.0.with(|socket| socket.send(op_code, message)).unwrap_or(0)
    }

    /// Sends a ping without a payload. The answer is [`pong`](Self::pong).
    pub fn ping(self) {
        self.ping_with([]);
    }

    /// Sends a ping with that payload, of which it takes the first 125 bytes, and begins to measure the time. Does nothing if
    /// the socket is not connected.
    #[doc(alias = "ping")]
    pub fn ping_with(self, payload: impl AsRef<[u8]>) {
        self.0.with(|socket| socket.ping(payload.as_ref()));
    }

    /// Writes what waits to be written, as far as that goes without waiting; returns whether anything was written. `true`
    /// also for a socket that was never connected, as in Qt. `bytes_written` is emitted inside this call.
    pub fn flush(self) -> bool {
        match self.engine() {
            Some(engine) => engine.flush_now(),
            None => {
                let was_opened = self.with_opened(|opened| !opened.peer_name.is_empty()).unwrap_or(false);
                !(was_opened && self.state() == SocketState::Unconnected)
            }
        }
    }

    /// How many bytes were sent, frame headers included, and are not reported by [`bytes_written`](Self::bytes_written) yet.
    #[doc(alias = "bytesToWrite")]
    pub fn bytes_to_write(self) -> u64 {
        self.engine().map_or(0, |engine| engine.bytes_to_write() as u64)
    }

    // ---- state

    /// Unconnected, Connecting, Connected or Closing. An accepted socket is Connected from the beginning.
    pub fn state(self) -> SocketState {
        self.0.with(|socket| socket.state.get()).unwrap_or_default()
    }

    /// Whether messages can be received; still `true` between `close` and the end of the connection.
    #[doc(alias = "isValid")]
    pub fn is_valid(self) -> bool {
        self.state() == SocketState::Connected && self.engine().is_some_and(|engine| engine.is_open())
    }

    /// The error of the connection under this socket, [`SocketError::Unknown`] if there was none. A handshake that failed is
    /// told by [`error_occurred`](Self::error_occurred) only, as in Qt.
    pub fn error(self) -> SocketError {
        self.0.with(|socket| socket.error.get()).unwrap_or_default()
    }

    /// What went wrong last, for people. Empty before the first `open`.
    #[doc(alias = "errorString")]
    pub fn error_string(self) -> String {
        self.0.with(|socket| socket.error_string().into_owned()).unwrap_or_default()
    }

    /// The code with which the connection was closed: the one that came or was given first. [`CloseCode::Normal`] as long as
    /// it is not, [`CloseCode::AbnormalDisconnection`] if it ended without a close frame.
    #[doc(alias = "closeCode")]
    pub fn close_code(self) -> CloseCode {
        self.0.with(|socket| socket.close_code.get()).map_or(CloseCode::Normal, CloseCode::from)
    }

    /// The reason that came with the [`close_code`](Self::close_code).
    #[doc(alias = "closeReason")]
    pub fn close_reason(self) -> String {
        self.with_rare(|rare| rare.close_reason.borrow().to_string()).unwrap_or_default()
    }

    /// The address of this end, null without a connection; through SOCKS, what the proxy says. As long as the end of a connection is told, up to
    /// [`read_channel_finished`](Self::read_channel_finished), it is still known.
    #[doc(alias = "localAddress")]
    pub fn local_address(self) -> HostAddress {
        self.local().map_or(HostAddress::Null, |(address, _)| address)
    }

    /// The port of this end, 0 without a connection; known as long as the [address](Self::local_address).
    #[doc(alias = "localPort")]
    pub fn local_port(self) -> u16 {
        self.local().map_or(0, |(_, port)| port)
    }

    /// The address of the peer, null without a connection, and if a proxy has looked its name up. As long as the end of a connection is told, up to
    /// [`read_channel_finished`](Self::read_channel_finished), it is still known.
    #[doc(alias = "peerAddress")]
    pub fn peer_address(self) -> HostAddress {
        self.peer().map_or(HostAddress::Null, |(address, _)| address)
    }

    /// The port of the peer, 0 without a connection; known as long as the [address](Self::peer_address).
    #[doc(alias = "peerPort")]
    pub fn peer_port(self) -> u16 {
        self.peer().map_or(0, |(_, port)| port)
    }

    /// The host of the URL that was opened, empty for an accepted socket; of `wss`, empty again once the connection is over.
    #[doc(alias = "peerName")]
    pub fn peer_name(self) -> String {
        let is_over = self.state() == SocketState::Unconnected;
        // Qt forgets it with the encryption.
        let name = |opened: &private::OpenedRequest| match opened.is_secure && is_over {
            true => String::new(),
            false => opened.peer_name.clone(),
        };
        self.with_opened(name).unwrap_or_default()
    }

    // ---- the handshake

    /// What the connection was opened with; of an accepted socket, the URL and all header fields that the client sent, their
    /// names in lower case.
    pub fn request(self) -> NetworkRequest {
        let opened = self.with_opened(|opened| opened.request.clone());
        opened
            .or_else(|| self.received_request().map(|request| as_network_request(&request)))
            .unwrap_or_default()
    }

    /// The URL of [`request`](Self::request); `None` before the first `open`.
    #[doc(alias = "requestUrl")]
    pub fn request_url(self) -> Option<Url> {
        self.with_opened(|opened| opened.request.url().cloned())
            .unwrap_or_else(|| self.received_request().and_then(|request| request.url()))
    }

    /// The path and query that are asked for; of an accepted socket, the whole URL as people read it: with spaces, and with
    /// characters beyond ASCII as they are.
    #[doc(alias = "resourceName")]
    pub fn resource_name(self) -> String {
        let opened = self.with_opened(|opened| opened.resource.clone());
        opened.or_else(|| self.request_url().map(|url| readable(&url))).unwrap_or_default()
    }

    /// The options that were given to [`open_with`](Self::open_with); of an accepted socket, what the client offered.
    #[doc(alias = "handshakeOptions")]
    pub fn handshake_options(self) -> HandshakeOptions {
        self.with_opened(|opened| opened.options.clone()).unwrap_or_else(|| match self.received_request() {
            Some(request) => HandshakeOptions::new()
                .with_subprotocols(request.subprotocols().map(|name| name.into_owned())),
            None => HandshakeOptions::new(),
        })
    }

    /// The origin that was given to the constructor, or received from the client.
    pub fn origin(self) -> String {
        match self.received_request() {
            Some(request) => request.origin().into_owned(),
            None => self.with_rare(|rare| rare.origin.borrow().to_string()).unwrap_or_default(),
        }
    }

    /// The subprotocol that both sides agreed on, empty if none.
    pub fn subprotocol(self) -> String {
        self.with_rare(|rare| rare.subprotocol.borrow().to_string()).unwrap_or_default()
    }

    /// The version that was given to the constructor; 13 for an accepted socket.
    pub fn version(self) -> Version {
        self.with_rare(|rare| rare.version.get()).unwrap_or(Version::LATEST)
    }

    /// How long [`open`](Self::open) may wait for the server's answer once the TCP connection is established; `None` for
    /// ever. Ten seconds at first. When it has passed, the connection fails with [`SocketError::SocketTimeout`].
    ///
    /// # Qt
    /// Has no such limit for clients, and waits for ever.
    pub fn handshake_timeout(self) -> Option<Duration> {
        self.with_rare(|rare| rare.handshake_timeout.get()).unwrap_or(Some(HANDSHAKE_TIMEOUT))
    }

    /// Sets the [`handshake_timeout`](Self::handshake_timeout) of the next `open`.
    pub fn set_handshake_timeout(self, timeout: Option<Duration>) {
        self.0.with(|socket| socket.rare_mut().handshake_timeout.set(timeout));
    }

    // ---- limits and settings

    /// The largest frame, in bytes of payload, that may come. A larger one ends the connection with
    /// [`CloseCode::TooMuchData`] as soon as its header has arrived.
    #[doc(alias = "maxAllowedIncomingFrameSize")]
    pub fn max_allowed_incoming_frame_size(self) -> u64 {
        self.0
            .with(|socket| socket.processor.borrow().max_allowed_frame_size())
            .unwrap_or(MAX_INCOMING_FRAME_SIZE)
    }

    /// Sets the largest frame that may come; more than [`max_incoming_frame_size`](Self::max_incoming_frame_size) is ignored.
    #[doc(alias = "setMaxAllowedIncomingFrameSize")]
    pub fn set_max_allowed_incoming_frame_size(self, size: u64) {
        self.0.with(|socket| socket.processor.borrow_mut().set_max_allowed_frame_size(size));
    }

    /// The largest message, in bytes, that may come. A larger one ends the connection with [`CloseCode::TooMuchData`] as soon
    /// as a header shows it.
    #[doc(alias = "maxAllowedIncomingMessageSize")]
    pub fn max_allowed_incoming_message_size(self) -> u64 {
        self.0
            .with(|socket| socket.processor.borrow().max_allowed_message_size())
            .unwrap_or(MAX_INCOMING_MESSAGE_SIZE)
    }

    /// Sets the largest message that may come; more than [`max_incoming_message_size`](Self::max_incoming_message_size) is
    /// ignored. Set in a slot of [`new_connection`](crate::WebSocketServer::new_connection), it holds for the first message.
    #[doc(alias = "setMaxAllowedIncomingMessageSize")]
    pub fn set_max_allowed_incoming_message_size(self, size: u64) {
        self.0.with(|socket| socket.processor.borrow_mut().set_max_allowed_message_size(size));
    }

    /// The most that can be set as the largest frame: 2147483646, which is also what is set at first.
    #[doc(alias = "maxIncomingFrameSize")]
    pub const fn max_incoming_frame_size() -> u64 {
        MAX_INCOMING_FRAME_SIZE
    }

    /// The most that can be set as the largest message: 2147483646, which is also what is set at first.
    #[doc(alias = "maxIncomingMessageSize")]
    pub const fn max_incoming_message_size() -> u64 {
        MAX_INCOMING_MESSAGE_SIZE
    }

    /// The payload of the frames into which large messages are cut, in bytes. 512 KiB at first.
    #[doc(alias = "outgoingFrameSize")]
    pub fn outgoing_frame_size(self) -> u64 {
        self.0.with(|socket| socket.outgoing_frame_size.get()).unwrap_or_default().into()
    }

    /// Sets the payload of the frames into which large messages are cut. More than
    /// [`max_outgoing_frame_size`](Self::max_outgoing_frame_size) is ignored; 0 does not cut.
    #[doc(alias = "setOutgoingFrameSize")]
    pub fn set_outgoing_frame_size(self, size: u64) {
        if let Ok(size) = u32::try_from(size)
            && u64::from(size) <= MAX_OUTGOING_FRAME_SIZE
        {
            self.0.with(|socket| socket.outgoing_frame_size.set(size));
        }
    }

    /// The most that can be set as the outgoing frame size: 2147483646.
    #[doc(alias = "maxOutgoingFrameSize")]
    pub const fn max_outgoing_frame_size() -> u64 {
        MAX_OUTGOING_FRAME_SIZE
    }

    /// How many bytes are taken from the operating system at a time; 0, as at first, for as many as there are.
    #[doc(alias = "readBufferSize")]
    pub fn read_buffer_size(self) -> usize {
        self.with_rare(|rare| rare.read_buffer_size.get()).unwrap_or_default()
    }

    /// Sets how many bytes are taken from the operating system at a time: what is not taken makes the peer wait.
    ///
    /// # Qt
    /// A size smaller than a frame stalls Qt's connection for good. Here it only makes more, smaller reads; a message is put
    /// together up to its own limit.
    #[doc(alias = "setReadBufferSize")]
    pub fn set_read_buffer_size(self, size: usize) {
        self.0.with(|socket| socket.rare_mut().read_buffer_size.set(size));
    }

    /// Whether the connection waits for [`resume`](Self::resume) after an error of TLS; [`PauseMode::Never`] at first.
    #[doc(alias = "pauseMode")]
    pub fn pause_mode(self) -> PauseMode {
        self.with_rare(|rare| rare.pause_mode.get()).unwrap_or_default()
    }

    /// Sets whether the connection waits for [`resume`](Self::resume) after an error of TLS.
    #[doc(alias = "setPauseMode")]
    pub fn set_pause_mode(self, pause_mode: PauseMode) {
        self.0.with(|socket| socket.rare_mut().pause_mode.set(pause_mode));
    }

    /// Lets a connection go on that waits because of its [`pause_mode`](Self::pause_mode), from the event loop: if the errors
    /// are ignored then, else it fails. Nothing happens if it does not wait.
    pub fn resume(self) {
        if let Some(socket) = self.0.get_box() {
            socket.resume();
        }
    }

    /// The generator of masking keys that was set; `None` for the default.
    #[doc(alias = "maskGenerator")]
    pub fn mask_generator(self) -> Option<Rc<dyn MaskGenerator>> {
        self.with_rare(|rare| rare.mask_generator.borrow().clone()).flatten()
    }

    /// Sets the generator of masking keys, `None` for the default. A client masks with it from the next frame on.
    #[doc(alias = "setMaskGenerator")]
    pub fn set_mask_generator(self, generator: Option<Rc<dyn MaskGenerator>>) {
        let replaced = self.0.with(|socket| socket.rare_mut().mask_generator.replace(generator));
        drop(replaced);
    }

    // ---- signals

    /// The connection is open: the server has accepted the handshake. Not emitted by accepted sockets.
    pub fn connected(self) -> Signal<()> {
        self.0.signal(|socket| &socket.signals.others_mut().connected)
    }

    /// The connection has ended, or could not be opened: right after `state_changed(Unconnected)`.
    pub fn disconnected(self) -> Signal<()> {
        self.0.signal(|socket| &socket.signals.disconnected)
    }

    /// The state has changed.
    #[doc(alias = "stateChanged")]
    pub fn state_changed(self) -> Signal<SocketState> {
        self.0.signal(|socket| &socket.signals.others_mut().state_changed)
    }

    /// Something went wrong. [`error_string`](Self::error_string) says what. A peer that breaks the protocol is no error of
    /// the socket: the connection is closed, and [`close_code`](Self::close_code) tells why.
    #[doc(alias = "errorOccurred")]
    pub fn error_occurred(self) -> Signal<SocketError> {
        self.0.signal(|socket| &socket.signals.others_mut().error_occurred)
    }

    /// Emitted right after [`error_occurred`](Self::error_occurred), with the same error.
    #[deprecated = "use `error_occurred`"]
    #[doc(alias = "error")]
    pub fn error_signal(self) -> Signal<SocketError> {
        self.0.signal(|socket| &socket.signals.others_mut().error)
    }

    /// A text frame has arrived, complete: its text, and whether it is the last of its message. Just before
    /// `text_message_received`, if it is.
    ///
    /// A character that is cut by the end of a frame belongs to the next one.
    #[doc(alias = "textFrameReceived")]
    pub fn text_frame_received(self) -> Signal<Pair<str, bool>> {
        self.0.signal(|socket| &socket.signals.others_mut().text_frame_received)
    }

    /// A binary frame has arrived, complete: its bytes, and whether it is the last of its message. Just before
    /// `binary_message_received`, if it is.
    #[doc(alias = "binaryFrameReceived")]
    pub fn binary_frame_received(self) -> Signal<Pair<[u8], bool>> {
        self.0.signal(|socket| &socket.signals.others_mut().binary_frame_received)
    }

    /// A text message has arrived. The slot gets a view of the received bytes; nothing is copied.
    #[doc(alias = "textMessageReceived")]
    pub fn text_message_received(self) -> Signal<str> {
        self.0.signal(|socket| &socket.signals.text_message_received)
    }

    /// A binary message has arrived. The slot gets a view of the received bytes; nothing is copied.
    #[doc(alias = "binaryMessageReceived")]
    pub fn binary_message_received(self) -> Signal<[u8]> {
        self.0.signal(|socket| &socket.signals.binary_message_received)
    }

    /// A pong has arrived, asked for or not: the time since the last ping (or since the socket was made), and the payload.
    pub fn pong(self) -> Signal<Pair<Duration, [u8]>> {
        self.0.signal(|socket| &socket.signals.others_mut().pong)
    }

    /// That many bytes were given to the operating system: of the handshake, frame headers and payloads alike.
    #[doc(alias = "bytesWritten")]
    pub fn bytes_written(self) -> Signal<u64> {
        self.0.signal(|socket| &socket.signals.others_mut().bytes_written)
    }

    /// The connection is about to be closed, by either side; once for each connection.
    #[doc(alias = "aboutToClose")]
    pub fn about_to_close(self) -> Signal<()> {
        self.0.signal(|socket| &socket.signals.others_mut().about_to_close)
    }

    /// Nothing more will be received: the last signal of a connection, after `disconnected`.
    #[doc(alias = "readChannelFinished")]
    pub fn read_channel_finished(self) -> Signal<()> {
        self.0.signal(|socket| &socket.signals.others_mut().read_channel_finished)
    }

    /// The server asks who is there (401): a slot fills in user and password of the [`Authenticator`], which names the
    /// [`realm`](Authenticator::realm) and the user that was refused, if one was. The request is then sent again, over a new
    /// connection if the server closes this one. Emitted while the state is `Connecting`, and again for as long as the server
    /// refuses what is filled in; if the slots change neither, the connection fails with `error_occurred(ConnectionRefused)`.
    ///
    /// User and password of the URL are tried first, once, and are then no longer in [`request_url`](Self::request_url). Known
    /// are Basic and Digest (MD5, SHA-256 and SHA-512/256); Digest is preferred. The slot has to be direct; while it runs, for
    /// instance an event loop of its own, no time-out does.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.authentication_required().connect(|authenticator| {
    ///     if authenticator.realm() == "staff" {
    ///         authenticator.set_user("ada");
    ///         authenticator.set_password("lovelace");
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "authenticationRequired")]
    pub fn authentication_required(self) -> Signal<ByRef<Authenticator>> {
        self.0.signal(|socket| &socket.signals.others_mut().authentication_required)
    }

    // ---- helpers

    fn engine(self) -> Option<Rc<SocketEngine>> {
        self.0.with(WebSocketPrivate::engine)?
    }

    fn local(self) -> Option<Endpoint> {
        self.with_addresses(SocketEngine::local)?
    }

    fn peer(self) -> Option<Endpoint> {
        self.with_addresses(SocketEngine::peer)
    }

    fn with_addresses<R>(self, f: impl FnOnce(&SocketEngine) -> R) -> Option<R> {
        self.0.with(|socket| match &*socket.connection.borrow() {
            Connection::Handshaking(handshake) => Some(f(&handshake.engine)),
            Connection::Encrypting(engine) | Connection::Open(engine) | Connection::Ended(engine) => {
                Some(f(engine))
            }
            Connection::None | Connection::Connecting(_) => None,
        })?
    }

    fn with_rare<R>(self, f: impl FnOnce(&RareData) -> R) -> Option<R> {
        self.0.with(|socket| socket.rare().map(f))?
    }

    fn with_opened<R>(self, f: impl FnOnce(&private::OpenedRequest) -> R) -> Option<R> {
        self.0.with(|socket| match &*socket.request.borrow() {
            Request::Opened(opened) => Some(f(opened)),
            Request::None | Request::Accepted { .. } => None,
        })?
    }

    fn received_request(self) -> Option<HandshakeRequest> {
        self.0.with(WebSocketPrivate::received_request)?
    }
}

object_class!(WebSocket, WebSocketPrivate);

fn as_network_request(received: &HandshakeRequest) -> NetworkRequest {
    let mut request = received.url().map(NetworkRequest::from).unwrap_or_default();
    for (name, value) in received.headers() {
        request.add_raw_header(&name.to_ascii_lowercase(), value);
    }
    request
}
