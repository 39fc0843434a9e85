//! [`TcpServer`]. Its methods stand beside this file, in `methods`, `accepting` and `signals`.

// The public methods, in the order in which the documentation shows them: that is the order of the modules.
mod methods;

mod accepting;

mod signals;

mod private;

use self::private::TcpServerPrivate;
use crate::Handle;
use crate::core::object_class::object_class;

/// Listens at a port and accepts TCP connections.
///
/// Accepted connections wait in a queue until [`next_pending_connection`](Self::next_pending_connection) takes them; they
/// receive data already. When as many wait as [`set_max_pending_connections`](Self::set_max_pending_connections) allows, further
/// ones wait in the system.
///
/// Everything that all objects have, such as [`set_parent`](crate::Object::set_parent),
/// [`delete_later`](crate::Object::delete_later) and [`destroyed`](crate::Object::destroyed), is documented with
/// [`Object`](crate::Object), to which a server dereferences.
///
/// ```
/// use slotwire::{Application, HostAddress, TcpServer, TcpSocket};
///
/// let server = TcpServer::new();
/// server.listen(HostAddress::LocalHost, 0)?;
/// server.new_connection().connect(move |()| {
///     while let Some(socket) = server.next_pending_connection() {
///         socket.ready_read().connect(move |()| {
///             socket.write(&socket.read_all());
///         });
///         socket.disconnected().connect(move |()| socket.delete_later());
///     }
/// });
///
/// let client = TcpSocket::new();
/// client.connect_to_host(HostAddress::LocalHost, server.server_port());
/// client.write(b"echo");
/// client.ready_read().connect(move |()| {
///     assert_eq!(client.read_all(), b"echo");
///     Application::quit();
/// });
/// Application::exec();
/// # client.delete(); server.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
///
/// When the process has no descriptor left, [`accept_error`](Self::accept_error) is emitted once, and accepting goes on by
/// itself as soon as there is one.
///
/// # Listening at a proxy
///
/// With a SOCKS5 proxy ([`set_proxy`](Self::set_proxy)), and an address that is not a loopback one, `listen` asks the proxy to
/// listen (`BIND`, RFC 1928 §4) and waits for its answer, for five seconds at most, in an event loop of its own: everything else
/// goes on meanwhile. Then [`server_address`](Self::server_address) and [`server_port`](Self::server_port) are the proxy's. If
/// the proxy refuses, `listen` fails with Qt's text; with a proxy of another type, it fails with
/// [`UnsupportedSocketOperation`](crate::SocketError::UnsupportedSocketOperation).
///
/// A proxy listens for one connection. When that has come, or the proxy has gone ([`accept_error`](Self::accept_error)), the
/// server does not listen any more; the slot of [`new_connection`](Self::new_connection) may call `listen` again. (In Qt, that
/// signal comes before anybody has connected, and the connection begins with bytes that are the proxy's.)
///
/// # Qt
///
/// `incomingConnection()` is overridden with a [closure](Self::set_incoming_connection_handler). The queue of the system is as long
/// as it allows, where Qt asks for 50: see [`set_listen_backlog_size`](Self::set_listen_backlog_size).
/// Accepted sockets have [`LowDelay`](crate::SocketOption::LowDelay) set.
#[doc(alias = "QTcpServer")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TcpServer(Handle<TcpServerPrivate>);

object_class!(TcpServer, TcpServerPrivate, "TcpServer::new()");
