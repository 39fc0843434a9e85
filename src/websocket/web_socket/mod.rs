//! [`WebSocket`]. Its methods stand beside this file, in `methods`, `proxy`, `request`, `settings`, `signals` and `ssl`, and
//! so does its state machine: `opening`, `authentication`, `receiving`, `sending`, `closing`.

mod authentication;
mod closing;
// The public methods, in the order in which the documentation shows them: that is the order of the modules.
mod methods;
mod opening;
mod private;
mod proxy;
mod readable_url;
mod receiving;
mod request;
mod sending;
mod settings;
mod signals;
#[cfg(feature = "_tls")]
mod ssl;
#[cfg(not(feature = "_tls"))]
#[path = "without_ssl.rs"]
mod ssl;

use std::rc::Rc;

use super::protocol::HandshakeRequest;
use super::web_socket_server::Connections;
use crate::core::handle::{Handle, object_class};
use crate::network::socket_engine::{Endpoint, SocketEngine};
use private::{Connection, RareData, Request, WebSocketPrivate};
use receiving::Held;

/// A WebSocket (RFC 6455): one that [`open`](Self::open)s a connection to a server, or one that a
/// [`WebSocketServer`](crate::WebSocketServer) accepted.
///
/// Nothing here waits. A call begins something, and signals tell what becomes of it; the methods can be called in any
/// state, and from any slot, also from those of this very socket: `open`, `close`, `abort`, sending, `delete_later`,
/// `delete`, and a nested event loop are all legal there.
///
/// What every object has, such as [`set_parent`](crate::Object::set_parent), [`delete_later`](crate::Object::delete_later) and
/// [`destroyed`](crate::Object::destroyed), stands with [`Object`](crate::Object), to which a socket dereferences.
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
/// | `delete`, `delete_later` | all that was sent, and a close frame with [`CloseCode::GoingAway`](crate::CloseCode::GoingAway) | `about_to_close` and `destroyed`, no `disconnected` |
/// | [`open`](Self::open) again | the end of the connection, without a close frame | those of the new connection only |
/// | dropping a handle | nothing: a handle is a number | none |
///
/// For a peer that may be dead there is `abort`: it never waits. One is enough, and none is needed in `disconnected` or after
/// an error. A socket is not deleted by its end: who has taken or made it deletes it, or its parent does.
#[doc(alias = "QWebSocket")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WebSocket(Handle<WebSocketPrivate>);

impl WebSocket {
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
            Connection::Ended(engine) => Some(f(engine)),
            connection => connection.engine().map(|engine| f(engine)),
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

object_class!(WebSocket, WebSocketPrivate, "WebSocket::new()");
