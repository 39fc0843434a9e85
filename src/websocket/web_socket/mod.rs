//! [`WebSocket`]. Its methods stand beside this file, in `methods`, `state`, `signals`, `request`, `settings`, `proxy` and `ssl`, and
//! so does its state machine: `opening` (to a `target`), `receiving`, `sending`, `closing`, each with its time limit.
//! `slow_sender` and `slow_peer` are about peers that do not send, and that do not read. Both have one self, the `Socket` of `private`.
//!
//! # The state machine
//!
//! Three fields hold the state of a socket: Qt's [`SocketState`](crate::SocketState), the [`Transport`] and the
//! [`Closing`](transport::Closing). They occur in these combinations and no others. The arrows show the usual path; a loss,
//! `abort` or a timeout leads from each row to `Ended`.
//!
//! ```text
//!   state        transport        closing             when
//!
//!   Unconnected  None             any                 before `open`; after the end: as that was
//!        │ open
//!        ▼
//!   Connecting   None             No                  slots of state_changed(Connecting);
//!        │                                            between two connections, after a 401
//!        ▼
//!   Connecting   Connecting       No, Asked           name lookup, TCP, proxy
//!        │
//!        ├──── wss ──▶ Encrypting  No                 TLS handshake
//!        ▼                │
//!   Connecting   Handshaking ◀┘   No                  request sent; again after a 401
//!        │       Asking           No                  slots of authentication_required
//!        │ 101
//!        ▼
//!   Connected    Open             No                  messages in both directions
//!        │                        OutOfRoom           nothing more is sent; the loop reports it
//!        │                        Sent                after `close`: the peer has three seconds
//!        │                        Received,           slots of the signals before
//!        │                          Done, Lost          state_changed(Closing)
//!        ▼
//!   Closing      Open             Received,           remaining output is written
//!        │                          Done, Lost
//!        ▼
//!   Unconnected  Ended            as before           slots of the signals that report the end
//!        │
//!        ▼
//!   Unconnected  None             as before
//! ```
//!
//! `Asked`, and `Done` of an `abort`, go one row further if a slot that hears of them enters an event loop.
//!
//! A slot may leave this path at any signal. Whatever goes on behind one asks with the [`ConnectionId`](transport::ConnectionId)
//! from before whether the connection is still the latest, or still live.

// The public methods, in the order in which the documentation shows them: that is the order of the modules.
mod awaiting;
mod masking_keys;
mod messages;
mod methods;

mod state;

mod signals;

mod request;
mod settings;

mod proxy;
#[cfg_attr(not(feature = "_tls"), path = "without_ssl.rs")]
mod ssl;

mod closing;
#[cfg(feature = "deflate")]
mod compression;
#[cfg(not(feature = "deflate"))]
#[path = "without_compression.rs"]
mod compression;
mod logging;
mod opening;
mod private;
mod readable_url;
mod receiving;
mod reception;
mod sending;
mod slow_peer;
mod slow_sender;
mod target;
mod transport;

use std::rc::Rc;

use super::accepted_by::AcceptedBy;
use super::protocol::HandshakeRequest;
use crate::core::handle::Handle;
use crate::core::object_class::object_class;
use crate::network::socket_engine::{Endpoint, SocketEngine};
pub(crate) use compression::AgreedCompression;
pub use messages::Messages;
use private::{RareData, WebSocketPrivate};
use receiving::Held;
pub(crate) use reception::ReceptionHold;
use request::OpenedRequest;
use transport::Transport;

/// A WebSocket (RFC 6455): one that connects to a server by [`open`](Self::open), or one that a
/// [`WebSocketServer`](crate::WebSocketServer) accepted.
///
/// No method waits. A call begins something, and signals report the outcome. Each can be called in any state and in any
/// slot, also in the slots of this very socket: `open`, `close`, `abort`, sending, `delete_later`, `delete`, and a nested event
/// loop are all legal there.
///
/// Everything that all objects have, such as [`set_parent`](crate::Object::set_parent),
/// [`delete_later`](crate::Object::delete_later) and [`destroyed`](crate::Object::destroyed), is documented with
/// [`Object`](crate::Object), to which a socket dereferences.
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
/// socket.connected().connect(move |()| {
///     socket.send_text_message("Hello, world!");
/// });
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
/// | `open` | `state_changed(Connecting)` inside the call; `bytes_written`; `state_changed(Connected)`, `connected` |
/// | … TCP is refused, or there is no such host | `state_changed(Unconnected)`, `disconnected`, `error_occurred` |
/// | … the handshake is refused, or takes too long | `error_occurred`, `state_changed(Unconnected)`, `disconnected`, `read_channel_finished` |
/// | … the URL is invalid | `error_occurred` inside the call; a connection that existed stays |
/// | a message | `text_frame_received` for each frame, `text_message_received` |
/// | the peer closes, or violates the protocol | `about_to_close`, `state_changed(Closing)`, `state_changed(Unconnected)`, `disconnected`, `read_channel_finished` |
/// | `close` | `about_to_close` inside the call; the others as above, once the peer has answered, or after three seconds |
/// | `abort` | `about_to_close`, `state_changed(Unconnected)`, `disconnected`, `read_channel_finished`, all inside the call |
/// | the peer does not read, and a [limit](crate::SlowPeerPolicy) is reached | `error_occurred`, then as if the peer closed, or as `abort` |
/// | the connection is lost | `error_occurred`, `state_changed(Closing)`, `state_changed(Unconnected)`, `disconnected`, `read_channel_finished` |
///
/// Every `open` that got as far as `state_changed(Connecting)` ends with exactly one `disconnected`, unless another `open`
/// or the end of the socket cuts it off. Over TLS, `abort` and a handshake of TLS
/// that fails emit `about_to_close` last, as in Qt.
///
/// # Ways to end it
///
/// | | the peer sees | the signals |
/// |---|---|---|
/// | [`close`](Self::close) | all that was sent, and a close frame; it has three seconds to answer | `about_to_close` inside the call, the others when the connection ends |
/// | [`abort`](Self::abort) | the end of the connection; what was not written yet is lost | all inside the call |
/// | `delete`, `delete_later` | all that was sent, and a close frame with [`CloseCode::GoingAway`](crate::CloseCode::GoingAway) | `about_to_close` and `destroyed`, no `disconnected` |
/// | [`open`](Self::open) again | the end of the connection, without a close frame | those of the new connection only |
/// | dropping a handle | nothing: a handle is a number | none |
///
/// For a peer that may be dead there is `abort`, which does not wait for it. One of these calls is enough; in `disconnected`, or
/// after an error, none is needed. The end of a connection does not delete the socket: whoever made it, or took it from a server,
/// deletes it, or its parent does. It can be opened again.
///
/// # Limits
///
/// The peer's demands on this socket are limited by one value, [`Limits`](crate::Limits): [`set_limits`](Self::set_limits), of
/// the socket, or of the server that accepts it. By default they are Qt's:
///
/// | of | by default | set by |
/// |---|---|---|
/// | a message, and a frame, that is received | 2 GiB | `Limits`; [`set_max_allowed_incoming_message_size`](Self::set_max_allowed_incoming_message_size), [`set_max_allowed_incoming_frame_size`](Self::set_max_allowed_incoming_frame_size) |
/// | the time between two parts of a message | 5 s; then the connection is closed with [`CloseCode::GoingAway`](crate::CloseCode::GoingAway) | `Limits` |
/// | the time for the opening handshake | 10 s | `Limits`; [`set_handshake_timeout`](Self::set_handshake_timeout) |
/// | the time for the peer to answer a close frame | 3 s | – |
/// | what waits to be written | none | `Limits`; look at [`bytes_to_write`](Self::bytes_to_write) |
/// | the time for a whole message, and without any | none | `Limits` |
#[doc(alias = "QWebSocket")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WebSocket(Handle<WebSocketPrivate>);

impl WebSocket {
    /// Sets the server that has to hear of the end of this socket.
    pub(crate) fn set_accepted_by(self, server: AcceptedBy) {
        self.0.with(|socket| socket.accepted_by.set(Some(server)));
    }

    /// Keeps bytes that came behind the request.
    pub(crate) fn hold(self, engine: &Rc<SocketEngine>, bytes: &[u8], may_have_more: bool) -> Option<Held> {
        self.0.get_box()?.hold(engine, bytes, may_have_more)
    }

    /// Handles what was kept, and then what comes later.
    pub(crate) fn begin_receiving(self, engine: &Rc<SocketEngine>, held: Option<Held>) {
        self.0.with_object(|socket| socket.begin_receiving(engine, held));
    }

    /// Looks whether the peer is silent for too long.
    pub(crate) fn look_after_silence(self) {
        self.0.with_object(|socket| socket.look_after_silence());
    }

    // ---- helpers

    fn engine(self) -> Option<Rc<SocketEngine>> {
        self.0.with_object(|socket| socket.engine())?
    }

    fn local(self) -> Option<Endpoint> {
        self.with_addresses(SocketEngine::local)?
    }

    fn peer(self) -> Option<Endpoint> {
        self.with_addresses(SocketEngine::peer)
    }

    fn with_addresses<R>(self, f: impl FnOnce(&SocketEngine) -> R) -> Option<R> {
        self.0.with(|socket| match &*socket.transport.borrow() {
            Transport::Ended(engine) => Some(f(engine)),
            connection => connection.engine().map(|engine| f(engine)),
        })?
    }

    fn with_rare<R>(self, f: impl FnOnce(&RareData) -> R) -> Option<R> {
        self.0.with(|socket| socket.rare().map(f))?
    }

    fn with_opened<R>(self, f: impl FnOnce(&mut OpenedRequest) -> R) -> Option<R> {
        self.0.with(|socket| socket.with_opened(f))?
    }

    fn received_request(self) -> Option<HandshakeRequest> {
        self.0.with_object(|socket| socket.received_request())?
    }
}

object_class!(WebSocket, WebSocketPrivate, "WebSocket::new()");
