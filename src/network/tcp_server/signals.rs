//! Signals.

use super::TcpServer;
use crate::SocketError;
use crate::core::object_class::signals;

signals! { |server|
impl TcpServer {
    /// Emitted when a connection was accepted and can be taken, once for each.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     if let Some(socket) = server.next_pending_connection() {
    ///         println!("{} has connected", socket.peer_address());
    ///         socket.disconnected().connect(move |()| socket.delete_later());
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "newConnection")]
    pub fn new_connection(self) -> Signal<()> = server.new_connection;

    /// Emitted for each connection like [`new_connection`](Self::new_connection), just before it.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.pending_connection_available().connect(move |()| {
    ///     let Some(socket) = server.next_pending_connection() else { return };
    ///     socket.write(b"220 ready\r\n");
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "pendingConnectionAvailable")]
    pub fn pending_connection_available(self) -> Signal<()> = server.pending_connection_available;

    /// Emitted when a connection could not be accepted, with the error; not again until one could. Accepting goes on by itself:
    /// it is tried again every 100 ms.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.accept_error().connect(|error| match error {
    ///     SocketError::SocketResource => println!("too many connections: the others have to wait"),
    ///     error => println!("{error}"),
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "acceptError")]
    pub fn accept_error(self) -> Signal<SocketError> = server.accept_error;
}
}
