//! The public methods, but for the settings.

use url::Url;

use super::private::WebSocketServerPrivate;
use super::{SslMode, WebSocketServer, accepting};
use crate::{CloseCode, Error, ErrorKind, HostAddress, TcpSocket, WebSocket};

impl WebSocketServer {
    /// A server that does not listen yet. The name is sent as the header field `Server`, if it is not empty.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("Chat", SslMode::NonSecure);
    /// assert_eq!(server.server_name(), "Chat");
    /// assert!(!server.is_listening());
    /// # server.delete();
    /// ```
    pub fn new(server_name: &str, secure_mode: SslMode) -> Self {
        WebSocketServerPrivate::new(server_name, secure_mode).into_object()
    }

    // ---- listening

    /// Listens at that address and port; with port 0 the system chooses one, see [`server_port`](Self::server_port).
    /// [`HostAddress::Any`] is all addresses, of IPv4 and IPv6.
    ///
    /// # Errors
    /// The address is in use or not of this host; the port is not permitted ([`SocketAccess`](crate::SocketError::SocketAccess):
    /// on Unix, ports below 1024 take a privilege); or the server listens already: then it goes on, and Qt has no text for that.
    /// Or the server is [`Secure`](SslMode::Secure) and no client would get in: the error names what is missing, such as the
    /// certificate; it has to be configured before it listens.
    ///
    /// [`server_error`](Self::server_error) is emitted inside this call as well, with [`CloseCode::AbnormalDisconnection`] as
    /// in Qt, and [`error_string`](Self::error_string) holds the text.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// println!("listening at port {}", server.server_port());
    ///
    /// let other = WebSocketServer::new("", SslMode::NonSecure);
    /// let error = other.listen(HostAddress::LocalHost, server.server_port()).unwrap_err();
    /// assert_eq!(error.socket_error(), Some(SocketError::AddressInUse));
    /// # other.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn listen(self, address: impl Into<HostAddress>, port: u16) -> Result<(), Error> {
        match self.0.get_box() {
            Some(server) => server.listen(address.into(), port),
            None => Err(Error::new(ErrorKind::ObjectDeleted, "The server is deleted")),
        }
    }

    /// Lets several servers, of other threads or processes, listen at one port, each with this set before
    /// [`listen`](Self::listen): the system spreads the connections over them, and the program serves on all cores.
    /// Where the system cannot do that, `listen` fails. The example `all_cores` shows the whole.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.set_reuse_port(true);
    /// if let Err(error) = server.listen(HostAddress::LocalHost, 0) {
    ///     eprintln!("one thread has to serve all: {error}");
    ///     server.set_reuse_port(false);
    ///     server.listen(HostAddress::LocalHost, 0)?;
    /// }
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    ///
    /// # Qt
    /// Qt has nothing of the kind.
    pub fn set_reuse_port(self, reuse_port: bool) {
        self.0.with(|server| server.reuse_port.set(reuse_port));
    }

    /// Stops listening. Connections that were not taken are closed with [`CloseCode::GoingAway`], "Server closed."; those
    /// that were taken stay as they are, and so do handshakes under way. [`closed`](Self::closed) follows from the event loop.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// server.closed().connect(|()| Application::quit());
    /// server.close();
    /// assert!(!server.is_listening());
    /// Application::exec();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn close(self) {
        self.0.with_object(|server| server.close());
    }

    /// Returns whether the server listens.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert!(server.is_listening());
    /// server.close();
    /// assert!(!server.is_listening());
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "isListening")]
    pub fn is_listening(self) -> bool {
        self.0.with(|server| server.listener.borrow().is_some()).unwrap_or(false)
    }

    /// Leaves new connections in the operating system's queue, until [`resume_accepting`](Self::resume_accepting). Does
    /// nothing if the server does not listen.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// server.pause_accepting(); // maintenance: new clients wait
    /// server.resume_accepting();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "pauseAccepting")]
    pub fn pause_accepting(self) {
        if let Some(listener) = self.listener() {
            listener.pause();
        }
    }

    /// Accepts again after [`pause_accepting`](Self::pause_accepting).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.new_connection().connect(move |()| {
    ///     server.pause_accepting(); // one client at a time
    ///     while let Some(socket) = server.next_pending_connection() {
    ///         socket.disconnected().connect(move |()| {
    ///             socket.delete_later();
    ///             server.resume_accepting();
    ///         });
    ///     }
    /// });
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "resumeAccepting")]
    pub fn resume_accepting(self) {
        if let Some(listener) = self.listener() {
            listener.resume();
        }
    }

    /// The address it listens at, null if it does not.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// assert_eq!(server.server_address(), HostAddress::Null);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert!(server.server_address().is_loopback(), "not to be reached from outside");
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "serverAddress")]
    pub fn server_address(self) -> HostAddress {
        self.listener().map_or(HostAddress::Null, |listener| listener.address())
    }

    /// The port it listens at, 0 if it does not.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// assert_eq!(server.server_port(), 0);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert_ne!(server.server_port(), 0, "the system has chosen one");
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "serverPort")]
    pub fn server_port(self) -> u16 {
        self.listener().map_or(0, |listener| listener.port())
    }

    /// The URL that a client on this host can open. [`HostAddress::Any`] becomes `127.0.0.1`. If the server does not listen,
    /// `about:blank`, which nobody can open; Qt's is empty then.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// assert_eq!(server.server_url().as_str(), "about:blank");
    /// server.listen(HostAddress::Any, 0)?;
    /// assert_eq!(server.server_url().host_str(), Some("127.0.0.1"));
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "serverUrl")]
    pub fn server_url(self) -> Url {
        let Some(listener) = self.listener() else { return blank_url() };
        let scheme = match self.secure_mode() {
            SslMode::Secure => "wss",
            SslMode::NonSecure => "ws",
        };
        let host = match listener.address() {
            HostAddress::Any => "127.0.0.1".to_owned(),
            HostAddress::V6(address) | HostAddress::ScopedV6(address, _) => format!("[{address}]"),
            address => address.to_string(),
        };
        Url::parse(&format!("{scheme}://{host}:{}", listener.port())).unwrap_or_else(|_| blank_url())
    }

    /// The descriptor of the listening socket; `None` if it does not listen. Unix only.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// assert_eq!(server.socket_descriptor(), None);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// println!("the number that `lsof` shows: {:?}", server.socket_descriptor());
    /// # assert!(server.socket_descriptor().is_some());
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[cfg(unix)]
    #[doc(alias = "socketDescriptor")]
    pub fn socket_descriptor(self) -> Option<std::os::fd::RawFd> {
        self.listener()?.raw_fd()
    }

    /// Listens with a socket that is bound and listening already, from a service manager for example. Unix only.
    ///
    /// # Errors
    /// The descriptor is not that of a listening TCP socket, the server listens already, or no client would get in, as in
    /// [`listen`](Self::listen). Nothing is changed then, and nothing is emitted.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// server.set_socket_descriptor(listener.into())?;
    /// assert!(server.is_listening());
    /// # server.delete();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(unix)]
    #[doc(alias = "setSocketDescriptor")]
    pub fn set_socket_descriptor(self, descriptor: std::os::fd::OwnedFd) -> Result<(), Error> {
        match self.0.get_box() {
            Some(server) => server.listen_at(descriptor),
            None => Err(Error::new(ErrorKind::ObjectDeleted, "The server is deleted")),
        }
    }

    /// The descriptor of the listening socket.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// # #[expect(deprecated)]
    /// let descriptor = server.native_descriptor();
    /// assert_eq!(descriptor, server.socket_descriptor());
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[cfg(unix)]
    #[deprecated = "use `socket_descriptor`"]
    #[doc(alias = "nativeDescriptor")]
    pub fn native_descriptor(self) -> Option<std::os::fd::RawFd> {
        self.socket_descriptor()
    }

    /// Listens with a socket that is bound and listening already.
    ///
    /// # Errors
    /// As of [`set_socket_descriptor`](Self::set_socket_descriptor).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let port = listener.local_addr()?.port();
    /// # #[expect(deprecated)]
    /// server.set_native_descriptor(listener.into())?;
    /// assert_eq!(server.server_port(), port);
    /// # server.delete();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(unix)]
    #[deprecated = "use `set_socket_descriptor`"]
    #[doc(alias = "setNativeDescriptor")]
    pub fn set_native_descriptor(self, descriptor: std::os::fd::OwnedFd) -> Result<(), Error> {
        self.set_socket_descriptor(descriptor)
    }

    // ---- connections

    /// Takes over a TCP connection that somebody else has accepted, and does the opening handshake on it: a program that serves
    /// HTTP and WebSocket on one port looks at the request, and hands its socket over if that asks for a WebSocket.
    ///
    /// Bytes that `socket` has received and nobody has read ([`TcpSocket::peek`] leaves them there) are the beginning of the
    /// request. The socket keeps its parent and its addresses, and is deleted when the connection ends; deleting it before ends
    /// the connection.
    ///
    /// A server that is given its connections this way need not listen; [`handshake_timeout`](Self::handshake_timeout) holds for
    /// them as well. They are not encrypted, whatever the [`secure_mode`](Self::secure_mode). The example
    /// `http_and_websocket` is a whole program.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// let http = TcpServer::new();
    /// http.new_connection().connect(move |()| {
    ///     while let Some(connection) = http.next_pending_connection() {
    ///         connection.ready_read().connect(move |()| {
    ///             if connection.peek(8) == b"GET /ws " {
    ///                 server.handle_connection(connection);
    ///             } // else the answer is a page
    ///         });
    ///     }
    /// });
    /// http.listen(HostAddress::LocalHost, 0)?;
    /// # http.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "handleConnection")]
    pub fn handle_connection(self, socket: TcpSocket) {
        self.0.with_object(|server| accepting::IncomingConnection::take_over(server, socket));
    }

    /// Returns whether a connection waits to be taken.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// let client = WebSocket::new();
    /// client.open(server.server_url());
    /// let connections = SignalSpy::new(server.new_connection());
    /// assert!(connections.wait(std::time::Duration::from_secs(5)));
    /// assert!(server.has_pending_connections());
    /// let socket = server.next_pending_connection();
    /// assert!(socket.is_some() && !server.has_pending_connections());
    /// # client.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "hasPendingConnections")]
    pub fn has_pending_connections(self) -> bool {
        self.0.with(|server| !server.pending.borrow().is_empty()).unwrap_or(false)
    }

    /// Takes the connection that has waited longest; `None` if none waits. It has no parent: whoever takes it deletes it. One
    /// that ends while it waits is not among them any more, and is deleted.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.new_connection().connect(move |()| {
    ///     while let Some(socket) = server.next_pending_connection() {
    ///         socket.disconnected().connect(move |()| socket.delete_later());
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "nextPendingConnection")]
    pub fn next_pending_connection(self) -> Option<WebSocket> {
        let taken = self.0.with(|server| server.pending.borrow_mut().take_first()).flatten();
        // From here on it may receive.
        taken.map(|(socket, _hold)| socket)
    }

    /// The number of connections that this server has refused because there were too many:
    /// [pending](Self::max_pending_connections) ones, or by its [`limits`](Self::limits) those of the server, of one address, or
    /// handshakes under way.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.set_limits(Limits::internet().with_max_connections(Some(1)));
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// let (first, second) = (WebSocket::new(), WebSocket::new());
    /// first.connected().connect(move |()| second.open(server.server_url()));
    /// second.disconnected().connect(|()| Application::quit());
    /// first.open(server.server_url());
    /// Application::exec();
    /// assert_eq!(server.refused_connections(), 1);
    /// # first.delete();
    /// # second.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    ///
    /// # Qt
    /// Qt counts none.
    pub fn refused_connections(self) -> u64 {
        self.0.with_object(|server| server.refused_connections()).unwrap_or_default()
    }

    // ---- errors

    /// The last error, [`CloseCode::Normal`] if there was none.
    ///
    /// It is reset whenever a connection of this server ends: the error of a refused handshake can be read in the slots of
    /// [`server_error`](Self::server_error) only, as in Qt.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// assert_eq!(server.error(), CloseCode::Normal);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert!(server.listen(HostAddress::LocalHost, 0).is_err(), "it listens already");
    /// assert_eq!(server.error(), CloseCode::AbnormalDisconnection);
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn error(self) -> CloseCode {
        self.0.with(|server| server.error.get()).unwrap_or(CloseCode::Normal)
    }

    /// The last error, for people; empty if there was none.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// if server.listen(HostAddress::LocalHost, taken.local_addr()?.port()).is_err() {
    ///     eprintln!("cannot listen: {}", server.error_string());
    /// }
    /// # assert!(!server.error_string().is_empty());
    /// # server.delete();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "errorString")]
    pub fn error_string(self) -> String {
        self.0.with(|server| server.error_string.borrow().to_string()).unwrap_or_default()
    }
}

#[expect(clippy::expect_used, reason = "the text is a URL")]
fn blank_url() -> Url {
    Url::parse("about:blank").expect("`about:blank` is a URL")
}
