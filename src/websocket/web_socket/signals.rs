//! The signals, but for those of TLS and proxies.

use std::cell::OnceCell;
use std::time::Duration;

use super::WebSocket;
use crate::core::object_class::signals;
use crate::core::sequence::Sequence;
use crate::{Args, Authenticator, ByRef, Emitter, NetworkProxy, Pair, SocketError, SocketState};

signals! { |socket|
impl WebSocket {
    /// The connection is open: the server has accepted the handshake. Not emitted by accepted sockets. It comes after
    /// `state_changed(Connected)`, as in Qt also when a slot of that has ended the connection.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.send_text_message("hello");
    /// });
    /// # socket.delete();
    /// ```
    pub fn connected(self) -> Signal<()> = socket.signals.others_mut().connected;

    /// The connection has ended, or could not be opened: right after `state_changed(Unconnected)`.
    ///
    /// A peer may end its side and still read. Then the error and `state_changed(Closing)` come at once, and this comes when
    /// what was sent before is written; or when the peer has taken less than 16 KiB of it within three seconds.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.disconnected().connect(move |()| socket.delete_later());
    /// # socket.delete();
    /// ```
    pub fn disconnected(self) -> Signal<()> = socket.signals.disconnected;

    /// The state has changed, to the one given.
    ///
    /// ```
    /// use slotwire::{SocketState, WebSocket};
    /// let socket = WebSocket::new();
    /// socket.state_changed().connect(|state| match state {
    ///     SocketState::Connected => println!("online"),
    ///     other => println!("{other}"), // its name in Qt, `ConnectingState`
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "stateChanged")]
    pub fn state_changed(self) -> Signal<SocketState> = socket.signals.others_mut().state_changed;

    /// Something went wrong, and [`error_string`](Self::error_string) says what: the URL cannot be opened, the connection cannot
    /// be made, the server refuses it, or it is lost; or its peer does not read, and a [limit](crate::Limits::max_bytes_to_write)
    /// of what may wait is reached (`SocketResource`), or of [how long](crate::SlowPeerPolicy::StopReading) (`SocketTimeout`).
    ///
    /// It comes beside [`disconnected`](Self::disconnected), not in its place. A peer that breaks the protocol is no error of the
    /// socket: the connection is closed, and [`close_code`](Self::close_code) has the reason.
    ///
    /// ```
    /// use slotwire::{SocketError, WebSocket};
    /// let socket = WebSocket::new();
    /// socket.error_occurred().connect(move |error| match error {
    ///     SocketError::HostNotFound => println!("is the name right?"),
    ///     _ => println!("{}", socket.error_string()),
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "errorOccurred")]
    pub fn error_occurred(self) -> Signal<SocketError> = socket.signals.others_mut().error_occurred;

    /// Emitted right after [`error_occurred`](Self::error_occurred), with the same error.
    ///
    /// ```
    /// # #![allow(deprecated)]
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// // Code that was written for Qt 5 connects this one.
    /// socket.error_signal().connect(move |_| println!("{}", socket.error_string()));
    /// # socket.delete();
    /// ```
    #[deprecated = "use `error_occurred`"]
    #[doc(alias = "error")]
    pub fn error_signal(self) -> Signal<SocketError> = socket.signals.others_mut().error;

    /// A text frame has arrived, complete: its text, and whether it is the last of its message. If it is,
    /// [`text_message_received`](Self::text_message_received) comes right afterwards.
    ///
    /// A character that is cut by the end of a frame belongs to the next one.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.text_frame_received().connect(|(text, is_last)| {
    ///     println!("{} bytes, {}", text.len(), if is_last { "the end" } else { "more to come" });
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "textFrameReceived")]
    pub fn text_frame_received(self) -> Signal<Pair<str, bool>>
        = socket.signals.others_mut().text_frame_received;

    /// A binary frame has arrived, complete: its bytes, and whether it is the last of its message. If it is,
    /// [`binary_message_received`](Self::binary_message_received) comes right afterwards.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// let received = Cell::new(0);
    /// socket.binary_frame_received().connect(move |(bytes, is_last)| {
    ///     received.set(received.get() + bytes.len());
    ///     if is_last {
    ///         println!("a message of {} bytes", received.take());
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "binaryFrameReceived")]
    pub fn binary_frame_received(self) -> Signal<Pair<[u8], bool>>
        = socket.signals.others_mut().binary_frame_received;

    /// A text message has arrived, complete and valid UTF-8.
    ///
    /// The slot borrows the text while it runs; a message that one read has brought in one frame is not copied at all. While a
    /// slot runs an event loop of its own, further messages come in there, in order.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.text_message_received().connect(move |text| {
    ///     socket.send_text_message(text.to_uppercase());
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "textMessageReceived")]
    pub fn text_message_received(self) -> Signal<str> = socket.signals.text_message_received;

    /// A binary message has arrived, complete. The slot borrows the bytes, as it does
    /// [text](Self::text_message_received).
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.binary_message_received().connect(|bytes| match bytes {
    ///     [1, payload @ ..] => println!("{} bytes", payload.len()),
    ///     _ => println!("of an unknown kind"),
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "binaryMessageReceived")]
    pub fn binary_message_received(self) -> Signal<[u8]> = socket.signals.binary_message_received;

    /// A pong has arrived, asked for or not: the time since the last [`ping`](Self::ping) of this side, or since the socket was
    /// made, and the payload.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.pong().connect(|(elapsed, _payload)| println!("{elapsed:?}"));
    /// socket.connected().connect(move |()| socket.ping());
    /// # socket.delete();
    /// ```
    pub fn pong(self) -> Signal<Pair<Duration, [u8]>> = socket.signals.others_mut().pong;

    /// This many bytes were given to the operating system: of the handshake, frame headers and payloads alike. It is not emitted
    /// inside its own slots: what they send and [`flush`](Self::flush) is reported once they have returned, from the event loop.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.bytes_written().connect(move |count| {
    ///     println!("{count} bytes written, {} to go", socket.bytes_to_write());
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "bytesWritten")]
    pub fn bytes_written(self) -> Signal<u64> = socket.signals.others_mut().bytes_written;

    /// The connection is about to be closed, by either side; once for each connection, and not if it is lost.
    ///
    /// In its slots, [`close_code`](Self::close_code) and reason are known, and nothing can be sent any more.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.about_to_close().connect(move |()| println!("{}", socket.close_code()));
    /// # socket.delete();
    /// ```
    #[doc(alias = "aboutToClose")]
    pub fn about_to_close(self) -> Signal<()> = socket.signals.others_mut().about_to_close;

    /// Nothing more will be received: the last signal of a connection, after [`disconnected`](Self::disconnected). Not emitted if
    /// there was no TCP connection; as in Qt emitted once more when a slot of `state_changed(Closing)` has ended the connection.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// let socket = WebSocket::new();
    /// socket.read_channel_finished().connect(move |()| {
    ///     // All has been said of the connection; its ends are known for the last time.
    ///     println!("done with {}:{}", socket.peer_address(), socket.peer_port());
    ///     socket.delete_later();
    /// #     assert!(!socket.peer_address().is_null());
    /// #     Application::quit();
    /// });
    /// # socket.connected().connect(move |()| socket.close());
    /// # socket.open(server.server_url());
    /// # Application::exec();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "readChannelFinished")]
    pub fn read_channel_finished(self) -> Signal<()> = socket.signals.others_mut().read_channel_finished;

    /// The server asks for a user and a password (401): a slot enters them in the [`Authenticator`], which names the
    /// [`realm`](Authenticator::realm) and the user that was refused, if one was. The slot has to be direct; it may run an event
    /// loop of its own to ask somebody, as the time-out of the handshake stands still meanwhile.
    ///
    /// The request is then sent again, over a new connection if the server closes this one. The signal comes while the state is
    /// `Connecting`, and again for as long as the server refuses what is filled in; if the slots change neither, the connection
    /// fails with `error_occurred(ConnectionRefused)`.
    ///
    /// User and password of the URL are tried first, once, and are then no longer in [`request_url`](Self::request_url). Known
    /// are Basic and Digest (MD5, SHA-256 and SHA-512/256); Digest is preferred. Without TLS, Basic shows the password to
    /// everybody on the way; a server that has asked for Digest is not answered with it.
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
    pub fn authentication_required(self) -> Signal<ByRef<Authenticator>>
        = socket.signals.others_mut().authentication_required;
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

    /// Returns whether a slot wants the frames of messages.
    pub(super) fn frames_are_wanted(&self) -> bool {
        self.others.get().is_some_and(|others| {
            others.text_frame_received.is_connected() || others.binary_frame_received.is_connected()
        })
    }
}

/// Emits two signals of one event, the second also if a slot of the first panics.
#[inline(never)]
fn emit_both<A: Args + ?Sized, B: Args + ?Sized>(
    first: &Emitter<A>,
    its_args: A::Ref<'_>,
    second: &Emitter<B>,
    args: B::Ref<'_>,
) {
    let _sequence = Sequence::begin_with(|| first.emit(its_args));
    second.emit(args);
}
