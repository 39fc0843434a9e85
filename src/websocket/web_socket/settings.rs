//! Limits and settings.

use std::rc::Rc;
use std::time::Duration;

use super::WebSocket;
use crate::websocket::protocol::{
    DEFAULT_OUTGOING_FRAME_SIZE, MAX_INCOMING_FRAME_SIZE, MAX_INCOMING_MESSAGE_SIZE, MAX_OUTGOING_FRAME_SIZE,
};
use crate::{Limits, MaskGenerator, PauseMode};

impl WebSocket {
    /// The limits that hold for the peer: those of [`set_limits`](Self::set_limits), or of the server that accepted the socket,
    /// and what other setters have changed of them.
    ///
    /// ```
    /// use slotwire::{Limits, WebSocket};
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.limits(), Limits::qt());
    /// socket.set_max_allowed_incoming_message_size(1000);
    /// assert_eq!(socket.limits(), Limits::qt().with_max_message_size(1000));
    /// # socket.delete();
    /// ```
    pub fn limits(self) -> Limits {
        self.0.with_object(|socket| socket.limits()).unwrap_or_default()
    }

    /// Sets all limits that concern one connection, in place of those that were set before: of this value, or by
    /// [`set_max_allowed_incoming_frame_size`](Self::set_max_allowed_incoming_frame_size),
    /// [`set_max_allowed_incoming_message_size`](Self::set_max_allowed_incoming_message_size) and
    /// [`set_handshake_timeout`](Self::set_handshake_timeout). Set before [`open`](Self::open), they hold from the first byte;
    /// else from now on. An accepted socket has those of its [server](crate::WebSocketServer::set_limits) at first.
    ///
    /// ```
    /// use slotwire::{Limits, WebSocket};
    /// let socket = WebSocket::new();
    /// // A server that nobody vouches for.
    /// socket.set_limits(Limits::internet());
    /// socket.open("ws://localhost:1234");
    /// assert_eq!(socket.max_allowed_incoming_message_size(), 1024 * 1024);
    /// # socket.delete();
    /// ```
    ///
    /// # Qt
    /// Qt has nothing of the kind.
    pub fn set_limits(self, limits: Limits) {
        self.0.with_object(|socket| {
            socket.limits.set(limits);
            socket.limit_processor();
            socket.watch_silence();
        });
    }

    /// The largest frame that the peer may send, in bytes of payload; [the most that can be set](Self::max_incoming_frame_size)
    /// by default. A larger one ends the connection with [`CloseCode::TooMuchData`](crate::CloseCode::TooMuchData) as soon as its
    /// header has arrived.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.max_allowed_incoming_frame_size(), WebSocket::max_incoming_frame_size());
    /// socket.set_max_allowed_incoming_frame_size(64 * 1024);
    /// assert_eq!(socket.max_allowed_incoming_frame_size(), 64 * 1024);
    /// # socket.delete();
    /// ```
    #[doc(alias = "maxAllowedIncomingFrameSize")]
    pub fn max_allowed_incoming_frame_size(self) -> u64 {
        self.0
            .with(|socket| socket.processor.borrow().max_allowed_frame_size())
            .unwrap_or(MAX_INCOMING_FRAME_SIZE)
    }

    /// Sets the largest frame that the peer may send, in bytes of payload, from the next frame on; more than
    /// [`max_incoming_frame_size`](Self::max_incoming_frame_size) is ignored.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// server.new_connection().connect(move |()| {
    ///     while let Some(client) = server.next_pending_connection() {
    ///         client.set_max_allowed_incoming_frame_size(10);
    ///     }
    /// });
    /// let socket = WebSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.send_text_message("more than ten bytes");
    /// });
    /// # socket.disconnected().connect(|()| Application::quit());
    /// # socket.open(server.server_url());
    /// # Application::exec();
    /// // … and once it is disconnected:
    /// assert_eq!(socket.close_code(), CloseCode::TooMuchData);
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setMaxAllowedIncomingFrameSize")]
    pub fn set_max_allowed_incoming_frame_size(self, size: u64) {
        self.0.with(|socket| socket.processor.borrow_mut().set_max_allowed_frame_size(size));
    }

    /// The largest message that the peer may send, in bytes; [the most that can be set](Self::max_incoming_message_size) by
    /// default. A larger one ends the connection with [`CloseCode::TooMuchData`](crate::CloseCode::TooMuchData) as soon as the
    /// header of a frame shows it.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.set_max_allowed_incoming_message_size(1024 * 1024);
    /// // No frame can then be larger than a message may be.
    /// socket.set_max_allowed_incoming_frame_size(socket.max_allowed_incoming_message_size());
    /// assert_eq!(socket.max_allowed_incoming_frame_size(), 1024 * 1024);
    /// # socket.delete();
    /// ```
    #[doc(alias = "maxAllowedIncomingMessageSize")]
    pub fn max_allowed_incoming_message_size(self) -> u64 {
        self.0
            .with(|socket| socket.processor.borrow().max_allowed_message_size())
            .unwrap_or(MAX_INCOMING_MESSAGE_SIZE)
    }

    /// Sets the largest message that the peer may send, in bytes, from the next frame on; more than
    /// [`max_incoming_message_size`](Self::max_incoming_message_size) is ignored.
    ///
    /// Set in a slot of [`new_connection`](crate::WebSocketServer::new_connection), it holds for the first message.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer};
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.new_connection().connect(move |()| {
    ///     while let Some(socket) = server.next_pending_connection() {
    ///         socket.set_max_allowed_incoming_frame_size(64 * 1024);
    ///         socket.set_max_allowed_incoming_message_size(64 * 1024);
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "setMaxAllowedIncomingMessageSize")]
    pub fn set_max_allowed_incoming_message_size(self, size: u64) {
        self.0.with(|socket| socket.processor.borrow_mut().set_max_allowed_message_size(size));
    }

    /// The most that can be set as the largest frame: 2147483646, which is also the default.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.set_max_allowed_incoming_frame_size(1000);
    /// let too_much = WebSocket::max_incoming_frame_size() + 1;
    /// socket.set_max_allowed_incoming_frame_size(too_much); // is ignored
    /// assert_eq!(socket.max_allowed_incoming_frame_size(), 1000);
    /// # socket.delete();
    /// ```
    #[doc(alias = "maxIncomingFrameSize")]
    pub const fn max_incoming_frame_size() -> u64 {
        MAX_INCOMING_FRAME_SIZE
    }

    /// The most that can be set as the largest message: 2147483646, which is also the default.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let limit_from_the_command_line: u64 = 10_000_000_000;
    /// let socket = WebSocket::new();
    /// let limit = limit_from_the_command_line.min(WebSocket::max_incoming_message_size());
    /// socket.set_max_allowed_incoming_message_size(limit);
    /// assert_eq!(socket.max_allowed_incoming_message_size(), 2_147_483_646);
    /// # socket.delete();
    /// ```
    #[doc(alias = "maxIncomingMessageSize")]
    pub const fn max_incoming_message_size() -> u64 {
        MAX_INCOMING_MESSAGE_SIZE
    }

    /// The size of the frames that large messages are cut into when they are sent, in bytes of payload; 512 KiB by default.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.outgoing_frame_size(), 512 * 1024);
    /// let film: u64 = 100 * 1024 * 1024;
    /// assert_eq!(film.div_ceil(socket.outgoing_frame_size()), 200); // the number of frames
    /// # socket.delete();
    /// ```
    #[doc(alias = "outgoingFrameSize")]
    pub fn outgoing_frame_size(self) -> u64 {
        self.0.with(|socket| socket.outgoing_frame_size.get().into()).unwrap_or(DEFAULT_OUTGOING_FRAME_SIZE)
    }

    /// Sets the size of the frames that large messages are cut into when they are sent, in bytes of payload. More than
    /// [`max_outgoing_frame_size`](Self::max_outgoing_frame_size) is ignored; with 0, messages are not cut.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.set_outgoing_frame_size(16 * 1024);
    /// assert_eq!(socket.outgoing_frame_size(), 16 * 1024);
    /// # socket.delete();
    /// ```
    #[doc(alias = "setOutgoingFrameSize")]
    pub fn set_outgoing_frame_size(self, size: u64) {
        if let Ok(size) = u32::try_from(size)
            && u64::from(size) <= MAX_OUTGOING_FRAME_SIZE
        {
            self.0.with(|socket| socket.outgoing_frame_size.set(size));
        }
    }

    /// The most that can be set as the outgoing frame size: 2147483646.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// // For a peer that does not understand fragments: as good as everything in one frame.
    /// socket.set_outgoing_frame_size(WebSocket::max_outgoing_frame_size());
    /// assert_eq!(socket.outgoing_frame_size(), 2_147_483_646);
    /// # socket.delete();
    /// ```
    #[doc(alias = "maxOutgoingFrameSize")]
    pub const fn max_outgoing_frame_size() -> u64 {
        MAX_OUTGOING_FRAME_SIZE
    }

    /// The number of bytes that are taken from the operating system at a time; 0, the default, stands for as many as there are.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.read_buffer_size(), 0); // as many as there are
    /// # socket.delete();
    /// ```
    #[doc(alias = "readBufferSize")]
    pub fn read_buffer_size(self) -> usize {
        self.with_rare(|rare| rare.read_buffer_size.get()).unwrap_or_default()
    }

    /// Sets how many bytes are taken from the operating system at a time; what is not taken makes the peer wait.
    ///
    /// It is no limit of messages. The rest of a large frame goes straight into the memory of its message, up to 1 MiB at a time.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer};
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.new_connection().connect(move |()| {
    ///     while let Some(client) = server.next_pending_connection() {
    ///         // A peer that sends a lot does not keep the others waiting.
    ///         client.set_read_buffer_size(16 * 1024);
    ///         assert_eq!(client.read_buffer_size(), 16 * 1024);
    ///     }
    /// });
    /// # server.delete();
    /// ```
    ///
    /// # Qt
    /// A size smaller than a frame stalls Qt's connection for good. Here it only makes more, smaller reads; a message is put
    /// together up to its own limit.
    #[doc(alias = "setReadBufferSize")]
    pub fn set_read_buffer_size(self, size: usize) {
        self.0.with(|socket| socket.rare_mut().read_buffer_size.set(size));
    }

    /// The longest time that a client takes for [`open`](Self::open), up to [`connected`](Self::connected); `None` is for ever.
    /// Ten seconds by default, for TCP, TLS and HTTP together. Then the connection fails with
    /// [`SocketError::SocketTimeout`](crate::SocketError::SocketTimeout).
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.handshake_timeout(), Some(Duration::from_secs(10)));
    /// socket.set_handshake_timeout(None); // as patient as Qt
    /// assert_eq!(socket.handshake_timeout(), None);
    /// # socket.delete();
    /// ```
    ///
    /// # Qt
    /// Qt has no such limit for clients, which wait for ever.
    pub fn handshake_timeout(self) -> Option<Duration> {
        self.limits().opening_timeout()
    }

    /// Sets how long [`open`](Self::open) may take from then on, until [`connected`](Self::connected): looking the name up, TCP,
    /// a proxy, TLS and the handshake together; `None` is for ever. While the program is asked, by `ssl_errors` (with
    /// [`PauseMode::OnSslErrors`] up to [`resume`](Self::resume)) or for a password, the time stands still.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.set_handshake_timeout(Some(Duration::from_secs(3)));
    /// socket.open("ws://localhost:1234");
    /// # socket.delete();
    /// ```
    pub fn set_handshake_timeout(self, timeout: Option<Duration>) {
        self.0.with(|socket| socket.limits.change(|limits| limits.with_opening_timeout(timeout)));
    }

    /// The events after which the connection waits for [`resume`](Self::resume): errors of TLS or none; [`PauseMode::Never`] by
    /// default.
    ///
    /// ```
    /// use slotwire::{PauseMode, WebSocket};
    /// let socket = WebSocket::new();
    /// socket.error_occurred().connect(move |_| {
    ///     if socket.pause_mode() == PauseMode::Never {
    ///         println!("{}, and nobody was asked", socket.error_string());
    ///     }
    /// });
    /// # assert_eq!(socket.pause_mode(), PauseMode::Never);
    /// # socket.delete();
    /// ```
    #[doc(alias = "pauseMode")]
    pub fn pause_mode(self) -> PauseMode {
        self.with_rare(|rare| rare.pause_mode.get()).unwrap_or_default()
    }

    /// Sets whether the connection waits for [`resume`](Self::resume) after an error of TLS.
    ///
    /// ```
    /// use slotwire::{PauseMode, WebSocket};
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.pause_mode(), PauseMode::Never);
    /// socket.set_pause_mode(PauseMode::OnSslErrors);
    /// # socket.delete();
    /// ```
    #[doc(alias = "setPauseMode")]
    pub fn set_pause_mode(self, pause_mode: PauseMode) {
        self.0.with(|socket| socket.rare_mut().pause_mode.set(pause_mode));
    }

    /// Continues a connection that waits because of its [`pause_mode`](Self::pause_mode): from the event loop it goes on if the
    /// errors are ignored by then, else it fails. Does nothing if the connection does not wait.
    ///
    /// ```
    /// use slotwire::{PauseMode, WebSocket};
    /// # #[cfg(feature = "_tls")] {
    /// let socket = WebSocket::new();
    /// socket.set_pause_mode(PauseMode::OnSslErrors);
    /// socket.ssl_errors().connect(|errors| {
    ///     println!("{} errors. Go on all the same?", errors.len());
    /// });
    /// /// When the user has answered, however long that took.
    /// fn answered(socket: WebSocket, yes: bool) {
    ///     if yes {
    ///         socket.ignore_ssl_errors();
    ///     }
    ///     socket.resume();
    /// }
    /// # answered(socket, true);
    /// # socket.delete(); }
    /// ```
    pub fn resume(self) {
        self.0.with_object(|socket| socket.resume());
    }

    /// The generator of masking keys that was set; `None` for the default.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let (first, second) = (WebSocket::new(), WebSocket::new());
    /// assert!(first.mask_generator().is_none()); // what cannot be guessed
    /// second.set_mask_generator(first.mask_generator()); // both have the same one
    /// # first.delete();
    /// # second.delete();
    /// ```
    #[doc(alias = "maskGenerator")]
    pub fn mask_generator(self) -> Option<Rc<dyn MaskGenerator>> {
        self.with_rare(|rare| rare.mask_generator.borrow().clone()).flatten()
    }

    /// Sets the generator of masking keys, `None` for the default. A client masks with it from the next frame on, and takes the
    /// key of its next handshake from it.
    ///
    /// ```
    /// use std::rc::Rc;
    /// use slotwire::{MaskGenerator, WebSocket};
    ///
    /// struct Fixed;
    /// impl MaskGenerator for Fixed {
    ///     fn next_mask(&self) -> u32 {
    ///         0x01020304
    ///     }
    /// }
    /// let socket = WebSocket::new();
    /// socket.set_mask_generator(Some(Rc::new(Fixed)));
    /// # socket.delete();
    /// ```
    #[doc(alias = "setMaskGenerator")]
    pub fn set_mask_generator(self, generator: Option<Rc<dyn MaskGenerator>>) {
        let replaced = self.0.with(|socket| socket.rare_mut().mask_generator.replace(generator));
        drop(replaced);
    }
}
