//! Connections that were accepted, and wait to be taken.

use std::net::TcpStream;
use std::rc::Rc;
use std::time::Duration;

use super::TcpServer;
use super::private::TcpServerPrivate;
use crate::TcpSocket;
use crate::network::waiting::WaitLimit;

impl TcpServer {
    /// The number of connections that may wait to be taken; 30 by default.
    ///
    /// ```
    /// use slotwire::TcpServer;
    /// let server = TcpServer::new();
    /// assert_eq!(server.max_pending_connections(), 30);
    /// # server.delete();
    /// ```
    #[doc(alias = "maxPendingConnections")]
    pub fn max_pending_connections(self) -> usize {
        self.0.with(|server| server.max_pending.get()).unwrap_or(0)
    }

    /// Sets how many connections may wait to be taken. The system keeps those that come beyond that.
    ///
    /// ```
    /// use slotwire::TcpServer;
    /// let server = TcpServer::new();
    /// server.set_max_pending_connections(1); // one after the other
    /// assert_eq!(server.max_pending_connections(), 1);
    /// # server.delete();
    /// ```
    #[doc(alias = "setMaxPendingConnections")]
    pub fn set_max_pending_connections(self, max: usize) {
        self.0.with(|server| {
            server.max_pending.set(max);
            server.update_accepting();
        });
    }

    /// Returns whether a connection waits to be taken.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// let client = TcpSocket::new();
    /// client.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// while !server.has_pending_connections() {
    ///     Application::process_events_for(std::time::Duration::from_millis(100));
    /// }
    /// assert!(server.next_pending_connection().is_some());
    /// # client.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "hasPendingConnections")]
    pub fn has_pending_connections(self) -> bool {
        self.0.with(|server| server.pending.borrow().iter().any(|socket| socket.is_alive())).unwrap_or(false)
    }

    /// Takes the connection that has waited longest, `None` if none waits. The socket is a child of the server, and is deleted
    /// with it at the latest; to save memory, delete it when it is [`disconnected`](TcpSocket::disconnected).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     while let Some(socket) = server.next_pending_connection() {
    ///         socket.disconnected().connect(move |()| socket.delete_later());
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "nextPendingConnection")]
    pub fn next_pending_connection(self) -> Option<TcpSocket> {
        self.0.with(TcpServerPrivate::take_pending).flatten()
    }

    /// Waits until a connection was accepted; returns whether one was. [`new_connection`](Self::new_connection) is emitted inside
    /// the call, and nothing else is delivered meanwhile: see [`TcpSocket::wait_for_connected`]. `None` waits without limit.
    ///
    /// Connections that wait to be taken already do not count, but if there are as many as may be, it returns `true` at once. It
    /// accepts also while accepting is [paused](Self::pause_accepting). If the time passes, [`error`](Self::error) is
    /// [`SocketTimeout`](crate::SocketError::SocketTimeout). It returns `false` without a wait if the server does not listen.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// use std::time::Duration;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// let client = std::net::TcpStream::connect(("127.0.0.1", server.server_port()))?;
    /// assert!(server.wait_for_new_connection(Duration::from_secs(30)));
    /// let socket = server.next_pending_connection().expect("it has come");
    /// assert_eq!(socket.peer_port(), client.local_addr()?.port());
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "waitForNewConnection")]
    pub fn wait_for_new_connection(self, timeout: impl Into<Option<Duration>>) -> bool {
        let limit = WaitLimit::after(timeout.into());
        self.0.get_box().is_some_and(|server| server.wait_for_new_connection(limit))
    }

    /// Stops accepting until [`resume_accepting`](Self::resume_accepting) or the next [`listen`](Self::listen); the system keeps
    /// the connections that come meanwhile.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     // One client at a time.
    ///     server.pause_accepting();
    ///     let Some(socket) = server.next_pending_connection() else { return };
    ///     socket.disconnected().connect(move |()| server.resume_accepting());
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "pauseAccepting")]
    pub fn pause_accepting(self) {
        self.0.with(|server| server.set_paused(true));
    }

    /// Accepts again after [`pause_accepting`](Self::pause_accepting).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// server.pause_accepting();
    /// let client = TcpSocket::new();
    /// client.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// client.connected().connect(move |()| server.resume_accepting()); // the system has it already
    /// server.new_connection().connect(|()| Application::quit());
    /// Application::exec();
    /// # client.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "resumeAccepting")]
    pub fn resume_accepting(self) {
        self.0.with(|server| server.set_paused(false));
    }

    /// Sets what is done with each connection that is accepted: the override of `incomingConnection` in a subclass of
    /// `QTcpServer`. Without it, a connection becomes a [`TcpSocket`] that waits to be taken.
    ///
    /// The closure gets the stream, in blocking mode, with [`LowDelay`](crate::SocketOption::LowDelay) set. It may send it to a
    /// thread, make a [socket](TcpSocket::set_socket_descriptor) of it and
    /// [add that](Self::add_pending_connection), or drop it, which closes the connection.
    /// [`new_connection`](Self::new_connection) is emitted after each call, as in Qt.
    ///
    /// [`set_max_pending_connections`](Self::set_max_pending_connections) counts the sockets that were added: to limit what the
    /// closure does with its streams is left to it. A connection that came [through a proxy](Self#listening-at-a-proxy) has no
    /// stream of its own, and becomes a socket as without the closure. A loop that runs in the closure accepts further connections
    /// there, and calls it inside itself.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// use std::io::Write;
    /// let server = TcpServer::new();
    /// // Each client has a thread of its own, which does one thing after the other.
    /// server.set_incoming_connection_handler(|mut stream| {
    ///     std::thread::spawn(move || stream.write_all(b"hello\n"));
    /// });
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// let client = TcpSocket::new();
    /// client.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// client.disconnected().connect(|()| Application::quit());
    /// Application::exec();
    /// assert_eq!(client.read_line(), b"hello\n");
    /// # client.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "incomingConnection")]
    pub fn set_incoming_connection_handler(self, handler: impl Fn(TcpStream) + 'static) {
        self.0.with(|server| server.incoming_connection.replace(Some(Rc::new(handler))));
    }

    /// Lets a socket wait to be taken, as one that was accepted; emits
    /// [`pending_connection_available`](Self::pending_connection_available) inside the call. It is for the
    /// [handler of incoming connections](Self::set_incoming_connection_handler), and works at any time.
    ///
    /// The parent of the socket stays as it is. [`close`](Self::close) and the deletion of the server delete it as long as it waits.
    /// A socket that is deleted is not added.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.set_incoming_connection_handler(move |stream| {
    ///     let socket = TcpSocket::new();
    ///     socket.set_parent(server);
    ///     socket.set_read_buffer_size(64 * 1024); // before anything is read
    ///     if socket.set_socket_descriptor(stream).is_ok() {
    ///         server.add_pending_connection(socket);
    ///     }
    /// });
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// let client = TcpSocket::new();
    /// client.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// server.new_connection().connect(|()| Application::quit());
    /// Application::exec();
    /// let accepted = server.next_pending_connection().expect("it was added");
    /// assert_eq!(accepted.read_buffer_size(), 64 * 1024);
    /// # client.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "addPendingConnection")]
    pub fn add_pending_connection(self, socket: TcpSocket) {
        if !socket.is_alive() {
            log::warn!("add_pending_connection() of a deleted socket");
            return;
        }
        self.0.with(|server| server.add_pending(socket));
    }
}
