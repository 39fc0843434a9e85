//! Construction, opening, closing, and sending.

use super::WebSocket;
use super::private::WebSocketPrivate;
use crate::core::event_dispatcher;
use crate::websocket::protocol::{OpCode, Role, truncate_reason};
use crate::{CloseCode, HandshakeOptions, NetworkRequest, PreparedMessage, SocketState, Version};

impl WebSocket {
    /// A socket that is not connected.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// let same = socket; // a handle to it, not another socket
    /// assert_eq!(same, socket);
    /// socket.delete(); // it lives until then, or as long as its parent
    /// assert!(!same.is_alive());
    /// ```
    #[expect(clippy::new_without_default, reason = "a default value that has to be deleted would surprise")]
    pub fn new() -> Self {
        Self::with_origin("")
    }

    /// A socket that is not connected, and that will send this `Origin` with its handshake; an empty one is not sent.
    ///
    /// An origin with a line break makes every `open` fail, with [`SocketError::ConnectionRefused`](crate::SocketError::ConnectionRefused).
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::with_origin("https://example.org");
    /// assert_eq!(socket.origin(), "https://example.org");
    /// # socket.delete();
    /// ```
    pub fn with_origin(origin: &str) -> Self {
        Self::with_version(origin, Version::LATEST)
    }

    /// As [`with_origin`](Self::with_origin), with a [`version`](Self::version) that is only remembered: what is spoken is always
    /// version 13.
    ///
    /// ```
    /// use slotwire::{Version, WebSocket};
    /// let socket = WebSocket::with_version("https://example.org", Version::V8);
    /// assert_eq!(socket.version(), Version::V8); // and the request will say 13
    /// # socket.delete();
    /// ```
    pub fn with_version(origin: &str, version: Version) -> Self {
        let private = WebSocketPrivate::new(Role::Client);
        private.rare_mut().origin.replace(origin.into());
        private.rare_mut().version.set(version);
        private.into_object()
    }

    // ---- opening and closing

    /// Opens a connection to a URL of the scheme `ws` or `wss`, which is given as such or in a [`NetworkRequest`] with header
    /// fields.
    ///
    /// Signals report the outcome, see [the table](Self#the-order-of-signals). [`state`](Self::state) is `Connecting` when
    /// this returns. A URL that is not valid, or of another scheme, emits `error_occurred` inside this call, and nothing else
    /// changes. In a build without TLS, `wss` is such a scheme.
    ///
    /// A URL that is given as text is asked for as it was written, and as `QUrl` would ask for it: with its dot segments and its
    /// port, and with escapes for what a request may not have, as `{`, `|` and spaces. A [`Url`](url::Url) has taken dot segments
    /// and a default port out. The log says, at `debug`, what is wrong with a text that is refused.
    ///
    /// All addresses of the host are tried, as by [`TcpSocket::connect_to_host`](crate::TcpSocket::connect_to_host).
    ///
    /// A connection that exists is dropped without a close frame and without a `disconnected`; everything that was known of
    /// it, close code, error and subprotocol, is reset. Settings and the connections of signals stay.
    ///
    /// ```
    /// use slotwire::{NetworkRequest, WebSocket};
    /// let socket = WebSocket::new();
    /// socket.open("ws://localhost:1234/chat?room=lobby");
    ///
    /// let mut request = NetworkRequest::new("ws://localhost:1234");
    /// request.set_raw_header("Cookie", "session=1");
    /// socket.open(request);
    /// # socket.delete();
    /// ```
    pub fn open(self, request: impl Into<NetworkRequest>) {
        self.open_with(request, HandshakeOptions::new());
    }

    /// As [`open`](Self::open), with options such as subprotocols.
    ///
    /// ```
    /// use slotwire::{HandshakeOptions, WebSocket};
    /// let socket = WebSocket::new();
    /// let options = HandshakeOptions::new().with_subprotocols(["chat.v2", "chat.v1"]);
    /// socket.open_with("ws://localhost:1234", options);
    /// # socket.delete();
    /// ```
    #[doc(alias = "open")]
    pub fn open_with(self, request: impl Into<NetworkRequest>, options: HandshakeOptions) {
        self.0.with_object(|socket| socket.open(request.into(), options));
    }

    /// Closes the connection with [`CloseCode::Normal`] and no reason; otherwise as [`close_with`](Self::close_with).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// let socket = WebSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.send_text_message("that is all"); // still goes out
    ///     socket.close();
    /// });
    /// socket.disconnected().connect(|()| Application::quit());
    /// # socket.open(server.server_url());
    /// # Application::exec();
    /// # assert_eq!(socket.close_code(), CloseCode::Normal);
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn close(self) {
        self.close_with(CloseCode::Normal, "");
    }

    /// Closes the connection: what was sent before goes out, then a close frame with that code and reason. The peer has three
    /// seconds to answer it, then the connection ends without an answer; messages that arrive before are still delivered.
    ///
    /// `about_to_close` is emitted inside this call, the rest when the connection ends. The code is not checked; a reason of
    /// more than 123 bytes is cut at a character. A second `close` does nothing, and nothing can be sent any more. Before the
    /// connection is open, closing it is an [`abort`](Self::abort); as long as TCP is being connected, `error_occurred` with
    /// [`SocketError::UnfinishedSocketOperation`](crate::SocketError::UnfinishedSocketOperation) comes before that.
    ///
    /// ```
    /// use slotwire::{CloseCode, WebSocket};
    /// let socket = WebSocket::new();
    /// socket.text_message_received().connect(move |text| {
    ///     if text.len() > 1000 {
    ///         socket.close_with(CloseCode::PolicyViolated, "too long");
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "close")]
    pub fn close_with(self, code: CloseCode, reason: &str) {
        if let Some(socket) = self.0.get_box() {
            let reason: Box<str> = truncate_reason(reason).into();
            event_dispatcher::end_connection(*self, move || socket.close(code, &reason));
        }
    }

    /// Drops the connection at once: what waits to be written is lost, and no close frame is sent. The signals come inside
    /// this call; the [`close_code`](Self::close_code) stays what it was. Does nothing if there is no connection. In a slot of
    /// the end of a socket that was ended in a slot of the end of another, and so on, more than 64 deep, this and
    /// [`close`](Self::close) are done from the event loop.
    ///
    /// Before the connection is open, it ends the attempt to open it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Timer, WebSocket};
    /// let socket = WebSocket::new();
    /// // Whoever does not answer a ping within five seconds is taken for dead.
    /// let deadline = Timer::new();
    /// deadline.set_single_shot(true);
    /// deadline.timeout().connect(move |()| socket.abort());
    /// socket.pong().connect(move |_| deadline.stop());
    /// socket.connected().connect(move |()| {
    ///     socket.ping();
    ///     deadline.start(Duration::from_secs(5));
    /// });
    /// # socket.delete(); deadline.delete();
    /// ```
    pub fn abort(self) {
        if let Some(socket) = self.0.get_box() {
            event_dispatcher::end_connection(*self, move || socket.abort());
        }
    }

    // ---- sending

    /// Sends a text message; returns its size in bytes, or 0 if the socket is not connected or is closing.
    ///
    /// An empty message is sent as well, and its size is 0.
    ///
    /// It is written once the event that is being handled has been, together with what else is sent until then; `flush`
    /// writes now. A message larger than [`outgoing_frame_size`](Self::outgoing_frame_size) goes out in several frames.
    ///
    /// Data that the peer does not take yet waits in memory: a program that sends faster than its peers read looks at
    /// [`bytes_to_write`](Self::bytes_to_write). With a [limit](crate::Limits::max_bytes_to_write), a message that finds so much
    /// waiting is not sent, and its size is 0. The connection ends then, as the [policy](crate::SlowPeerPolicy) says, but not
    /// inside this call.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.send_text_message("hello");
    ///     socket.send_text_message(format!("{} of {}", 1, 3));
    /// });
    /// assert_eq!(socket.send_text_message("not connected yet"), 0);
    /// # socket.delete();
    /// ```
    #[doc(alias = "sendTextMessage")]
    #[inline]
    pub fn send_text_message(self, message: impl AsRef<str>) -> usize {
        self.send_as(OpCode::Text, message.as_ref().as_bytes())
    }

    /// Sends a binary message; otherwise as [`send_text_message`](Self::send_text_message).
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.send_binary_message([1, 2, 3]);
    ///     socket.send_binary_message(vec![0; 1024]);
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "sendBinaryMessage")]
    #[inline]
    pub fn send_binary_message(self, message: impl AsRef<[u8]>) -> usize {
        self.send_as(OpCode::Binary, message.as_ref())
    }

    /// Sends a text message as it is, also where messages are [compressed](crate::Compression); otherwise as
    /// [`send_text_message`](Self::send_text_message).
    ///
    /// It is for secrets. Whoever sees how large compressed messages are, and has some text of its own choice put next to a
    /// secret or after it, can find out the secret by trying: the message gets smaller where the two are alike (CRIME; RFC 7692
    /// §8). A message that is sent as it is shows its size only, and no later message refers to it.
    ///
    /// ```
    /// use slotwire::WebSocket;
    ///
    /// /// Gives a client the token that it comes back with.
    /// fn welcome(socket: WebSocket, token: &str) {
    ///     socket.send_text_message_uncompressed(token);
    ///     socket.send_text_message("everything else may be compressed");
    /// }
    /// # let socket = WebSocket::new();
    /// # welcome(socket, "secret");
    /// # socket.delete();
    /// ```
    ///
    /// # Qt
    /// Qt 6 has no compression.
    pub fn send_text_message_uncompressed(self, message: impl AsRef<str>) -> usize {
        self.send_uncompressed(OpCode::Text, message.as_ref().as_bytes())
    }

    /// Sends a binary message as it is; otherwise as [`send_text_message_uncompressed`](Self::send_text_message_uncompressed). It
    /// is also for what cannot be made smaller, such as pictures.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.connected().connect(move |()| {
    ///     let jpeg = [0xff, 0xd8, 0xff]; // and so on
    ///     socket.send_binary_message_uncompressed(jpeg);
    /// });
    /// # socket.delete();
    /// ```
    ///
    /// # Qt
    /// Qt 6 has no compression.
    pub fn send_binary_message_uncompressed(self, message: impl AsRef<[u8]>) -> usize {
        self.send_uncompressed(OpCode::Binary, message.as_ref())
    }

    /// Sends a message that was [prepared](PreparedMessage) for many sockets; returns its size in bytes, 0 if the socket is not connected or is
    /// closing; otherwise as [`send_text_message`](Self::send_text_message).
    ///
    /// ```
    /// use slotwire::prelude::*;
    ///
    /// let server = WebSocketServer::new("News", SslMode::NonSecure);
    /// # #[cfg(feature = "deflate")]
    /// server.set_compression(Compression::new());
    /// let news = PreparedMessage::text("compressed once, however many there are to receive it");
    /// server.new_connection().connect(move |()| {
    ///     while let Some(socket) = server.next_pending_connection() {
    ///         socket.send_prepared_message(&news);
    ///         socket.disconnected().connect(move |()| socket.delete_later());
    ///     }
    /// });
    /// # server.delete();
    /// ```
    ///
    /// # Qt
    /// Qt 6 has nothing of the kind.
    pub fn send_prepared_message(self, message: &PreparedMessage) -> usize {
        self.0.with_object(|socket| socket.send_prepared(message)).unwrap_or(0)
    }

    fn send_uncompressed(self, op_code: OpCode, message: &[u8]) -> usize {
        self.0.with_object(|socket| socket.send_uncompressed(op_code, message)).unwrap_or(0)
    }

    #[inline]
    fn send_as(self, op_code: OpCode, message: &[u8]) -> usize {
        self.0.with_object(|socket| socket.send(op_code, message)).unwrap_or(0)
    }

    /// Sends a ping without a payload; otherwise as [`ping_with`](Self::ping_with). The peer's answer is the signal
    /// [`pong`](Self::pong).
    ///
    /// Pings of the peer are answered without any help.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{Timer, WebSocket};
    /// let socket = WebSocket::new();
    /// // A sign of life twice a minute, lest a router on the way forget the connection.
    /// let keep_alive = Timer::new();
    /// keep_alive.timeout().connect(move |()| socket.ping());
    /// socket.connected().connect(move |()| keep_alive.start(Duration::from_secs(30)));
    /// socket.disconnected().connect(move |()| keep_alive.stop());
    /// # socket.delete();
    /// # keep_alive.delete();
    /// ```
    pub fn ping(self) {
        self.ping_with([]);
    }

    /// Sends a ping with the first 125 bytes of that payload. The time that [`pong`](Self::pong) carries counts from here. Does
    /// nothing if the socket is not connected, or is closing.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.connected().connect(move |()| socket.ping_with(b"are you there?"));
    /// socket.pong().connect(|(elapsed, payload)| {
    ///     assert_eq!(payload, b"are you there?");
    ///     println!("a round trip of {elapsed:?}");
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "ping")]
    pub fn ping_with(self, payload: impl AsRef<[u8]>) {
        self.0.with_object(|socket| socket.ping(payload.as_ref()));
    }

    /// Writes what waits to be written, as much as the operating system takes now; returns whether that was anything. It is
    /// `true` also for a socket that was never opened, or is being connected, as in Qt.
    /// [`bytes_written`](Self::bytes_written) is emitted inside this call.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// let socket = WebSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.send_text_message("this will take a while");
    ///     assert!(socket.flush()); // on its way before the work begins
    ///     assert_eq!(socket.bytes_to_write(), 0);
    ///     // … the work, without a return to the event loop …
    /// #     Application::quit();
    /// });
    /// # socket.open(server.server_url());
    /// # Application::exec();
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn flush(self) -> bool {
        match self.engine() {
            Some(engine) => engine.flush_now(),
            None => {
                let was_opened = self.with_opened(|opened| !opened.peer_name.is_empty()).unwrap_or(false);
                !(was_opened && self.state() == SocketState::Unconnected)
            }
        }
    }

    /// The number of bytes that wait to be written, frame headers included: those that were sent, and not yet reported by
    /// [`bytes_written`](Self::bytes_written). [`Limits::max_bytes_to_write`](crate::Limits::max_bytes_to_write) counts fewer:
    /// only those that the system has not taken.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// /// Leaves a client out that does not keep up.
    /// fn send_picture(client: WebSocket, picture: &[u8]) {
    ///     if client.bytes_to_write() < 1024 * 1024 {
    ///         client.send_binary_message(picture);
    ///     }
    /// }
    /// # send_picture(socket, b"");
    /// # socket.delete();
    /// ```
    #[doc(alias = "bytesToWrite")]
    pub fn bytes_to_write(self) -> u64 {
        self.engine().map_or(0, |engine| engine.bytes_to_write() as u64)
    }
}
