//! [`WebSocketServer`]. Its methods stand in `methods`, `signals`, `settings` and `ssl`. What happens to a connection
//! before it is a socket stands in `accepting`, which ones are let in by their number in `admission`.

// The public methods, in the order in which the documentation shows them: that is the order of the modules.
mod incoming;
mod methods;

mod signals;

mod settings;
#[cfg_attr(not(feature = "_tls"), path = "without_ssl.rs")]
mod ssl;

mod accepting;
mod admission;
mod connections;
mod pending;
mod private;

use std::rc::Rc;

use crate::core::handle::Handle;
use crate::core::object_class::object_class;
use crate::network::listening::Listening;
pub use incoming::Incoming;
use private::WebSocketServerPrivate;

/// The protocol of a server: `wss` or `ws`.
///
/// A client that speaks the other one is refused at once. In a build without TLS (see the cargo features) a server with
/// [`SslMode::Secure`] refuses to listen, with
/// [`SocketError::UnsupportedSocketOperation`](crate::SocketError::UnsupportedSocketOperation).
///
/// ```
/// use slotwire::{SslMode, WebSocketServer};
/// let server = WebSocketServer::new("Bank", SslMode::Secure);
/// assert_eq!(server.secure_mode(), SslMode::Secure);
/// # server.delete();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SslMode {
    /// `wss`: WebSocket over TLS. It needs a [configuration](WebSocketServer::set_ssl_configuration) before it listens.
    #[doc(alias = "SecureMode")]
    Secure,
    /// `ws`: WebSocket over TCP.
    #[doc(alias = "NonSecureMode")]
    NonSecure,
}

/// Listens at a port and accepts WebSocket connections.
///
/// Each connection that has done the opening handshake waits, as a [`WebSocket`](crate::WebSocket) that is connected, to be taken
/// with [`next_pending_connection`](Self::next_pending_connection); [`new_connection`](Self::new_connection) announces it. What
/// the client sends with its request, or right after it, reaches the slots that are connected there.
///
/// Everything that all objects have, such as [`set_parent`](crate::Object::set_parent),
/// [`delete_later`](crate::Object::delete_later) and [`destroyed`](crate::Object::destroyed), is documented with
/// [`Object`](crate::Object), to which a server dereferences.
///
/// ```
/// use slotwire::prelude::*;
///
/// let server = WebSocketServer::new("Chat", SslMode::NonSecure);
/// server.new_connection().connect(move |()| {
///     while let Some(socket) = server.next_pending_connection() {
///         socket.set_max_allowed_incoming_message_size(64 * 1024);
///         socket.send_text_message("welcome");
///         socket.disconnected().connect(move |()| socket.delete_later());
///     }
/// });
/// server.listen(HostAddress::LocalHost, 0)?;
/// println!("listening on {}", server.server_url());
/// # server.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
///
/// A server that is made with [`SslMode::Secure`] speaks `wss`: set its certificate and the key of that with
/// [`set_ssl_configuration`](#method.set_ssl_configuration), and for pages in browsers `PeerVerifyMode::None`, or they ask their
/// users for a certificate.
///
/// An accepted socket has no parent; whoever takes it deletes it. When the server is deleted, its connections end.
///
/// No method waits, and each can be called in any slot.
#[doc(alias = "QWebSocketServer")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WebSocketServer(Handle<WebSocketServerPrivate>);

impl WebSocketServer {
    fn listener(self) -> Option<Rc<dyn Listening>> {
        self.0.with(|server| server.listener.borrow().clone())?
    }
}

object_class!(
    WebSocketServer,
    WebSocketServerPrivate,
    "WebSocketServer::new(\"Echo Server\", SslMode::NonSecure)"
);
