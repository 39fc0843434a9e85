//! [`TcpSocket`]. Its methods stand beside this file, in `methods`, `io_device` (reading and writing), `transactions`,
//! `waiting` and `signals`.

// The public methods, in the order in which the documentation shows them: that is the order of the modules.
mod methods;

mod io_device;
mod transactions;
mod waiting;

mod signals;

mod input;
mod private;
mod socket_option;

use std::rc::{Rc, Weak};

use self::private::TcpSocketPrivate;
pub use self::socket_option::SocketOption;
use super::socket_engine::{SocketClient, SocketEngine};
use crate::Handle;
use crate::core::object_class::object_class;

/// A TCP connection with buffers for both directions: signals report what happens, and no method blocks but those that begin with
/// `wait_for`.
///
/// Data that is given to [`write`](Self::write) is sent by the event loop, and may be written before the connection is
/// established. Data that arrives is read into a buffer at once, from which the `read` methods take it, even after the connection
/// has ended.
///
/// Everything that all objects have, such as [`set_parent`](crate::Object::set_parent),
/// [`delete_later`](crate::Object::delete_later) and [`destroyed`](crate::Object::destroyed), is documented with
/// [`Object`](crate::Object), to which a socket dereferences.
///
/// ```
/// use slotwire::{Application, HostAddress, TcpServer, TcpSocket};
///
/// let server = TcpServer::new();
/// server.listen(HostAddress::LocalHost, 0)?;
/// server.new_connection().connect(move |()| {
///     if let Some(accepted) = server.next_pending_connection() {
///         accepted.write(b"Hello, world!\n");
///         accepted.disconnect_from_host();
///         accepted.disconnected().connect(move |()| accepted.delete_later());
///     }
/// });
///
/// let client = TcpSocket::new();
/// client.disconnected().connect(move |()| {
///     assert_eq!(client.read_line(), b"Hello, world!\n");
///     Application::quit();
/// });
/// client.connect_to_host("localhost", server.server_port());
/// Application::exec();
/// # client.delete(); server.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
///
/// # Order of signals
///
/// It is Qt's order. State and error are set before the signal that reports them is emitted.
///
/// | what happens | emitted |
/// |---|---|
/// | [`connect_to_host`](Self::connect_to_host) | `state_changed(HostLookup)`, inside the call |
/// | the name is found | `state_changed(Connecting)`, `host_found`. Inside the call if the host is an address; also if a proxy looks the name up, but then without `host_found` |
/// | the connection is established | `state_changed(Connected)`, `connected` |
/// | the name is not found, or the peer refuses | `state_changed(Unconnected)`, `error_occurred` |
/// | the peer closes, or the connection breaks | `ready_read` for the last bytes, `error_occurred`, `state_changed(Closing)`, `state_changed(Unconnected)`, `read_channel_finished`, `disconnected` |
/// | [`disconnect_from_host`](Self::disconnect_from_host) | `state_changed(Closing)`, `bytes_written` until everything is written, `state_changed(Unconnected)`, `read_channel_finished`, `disconnected` |
/// | [`close`](Self::close) | `about_to_close`, then as with `disconnect_from_host` |
/// | [`abort`](Self::abort) | `about_to_close`, `state_changed(Unconnected)`, `read_channel_finished`, and `disconnected` if it was connected |
///
/// # Qt
///
/// It is `QAbstractSocket`, `QIODevice` and `QTcpSocket` in one class. Where Qt returns −1, [`write`](Self::write) returns 0,
/// and [`read`](Self::read) no bytes.
#[doc(alias = "QTcpSocket")]
#[doc(alias = "QAbstractSocket")]
#[doc(alias = "QIODevice")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TcpSocket(Handle<TcpSocketPrivate>);

impl TcpSocket {
    /// A socket over a connection that is established.
    pub(crate) fn over(engine: Rc<SocketEngine>) -> Self {
        let socket = Self::new();
        if let Some(object) = socket.0.get_box() {
            engine.set_client(Rc::downgrade(&object) as Weak<dyn SocketClient>);
            object.accept(engine);
        }
        socket
    }

    /// Gives the connection away, with what was read ahead of it. From here on the giver hears nothing of it and cannot
    /// harm it; its getters go on answering. `None` if it is not connected.
    ///
    /// Events of the connection from here on go to the engine's new client, which the caller sets.
    pub(crate) fn take_engine(self) -> Option<(Rc<SocketEngine>, Vec<u8>)> {
        self.0.with(TcpSocketPrivate::give_engine).flatten()
    }
}

object_class!(TcpSocket, TcpSocketPrivate, "TcpSocket::new()");
