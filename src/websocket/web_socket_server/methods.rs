//! The public methods, and the signals but for those of TLS.

use std::time::Duration;

use url::Url;

use super::private::WebSocketServerPrivate;
use super::{SslMode, WebSocketServer, handshake};
use crate::websocket::cors_authenticator::CorsAuthenticator;
use crate::websocket::protocol::{CloseCode, Version};
use crate::websocket::web_socket::WebSocket;
use crate::{ByRef, Error, ErrorKind, HostAddress, NetworkProxy, Signal, SocketError, TcpSocket};

impl WebSocketServer {
    /// A server that does not listen yet. The name is sent as the header field `Server`, if it is not empty.
    pub fn new(server_name: &str, secure_mode: SslMode) -> Self {
        WebSocketServerPrivate::new(server_name, secure_mode).into_object()
    }

    // ---- listening

    /// Listens at that address; port 0 lets the system choose one, see [`server_port`](Self::server_port).
    /// [`HostAddress::Any`] is all addresses, of IPv4 and IPv6.
    ///
    /// On failure [`server_error`](Self::server_error) is emitted inside this call as well, with
    /// [`CloseCode::AbnormalDisconnection`] as in Qt, and [`error_string`](Self::error_string) holds the text. A server that
    /// listens already goes on; Qt has no text for that.
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
    pub fn listen(self, address: HostAddress, port: u16) -> Result<(), Error> {
        match self.0.get_box() {
            Some(server) => server.listen(address, port),
            None => Err(Error::new(ErrorKind::ObjectDeleted, "the server is deleted")),
        }
    }

    /// Lets several servers, of other threads or processes, listen at one port, each with this set before
    /// [`listen`](Self::listen): the system spreads the connections over them, and the program serves on all cores.
    /// `listen` fails then where the system cannot do that. The example `all_cores` shows the whole.
    ///
    /// # Qt
    /// Has nothing of the kind.
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
        if let Some(server) = self.0.get_box() {
            server.close();
        }
    }

    /// Whether the server listens.
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
    /// server.pause_accepting(); // maintenance: who comes now waits
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
    #[doc(alias = "resumeAccepting")]
    pub fn resume_accepting(self) {
        if let Some(listener) = self.listener() {
            listener.resume();
        }
    }

    /// The address it listens at, null if it does not.
    #[doc(alias = "serverAddress")]
    pub fn server_address(self) -> HostAddress {
        self.listener().map_or(HostAddress::Null, |listener| listener.address())
    }

    /// The port it listens at, 0 if it does not.
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
            HostAddress::V6(address) => format!("[{address}]"),
            address => address.to_string(),
        };
        Url::parse(&format!("{scheme}://{host}:{}", listener.port())).unwrap_or_else(|_| blank_url())
    }

    /// The descriptor of the listening socket; `None` if it does not listen. Unix only.
    #[cfg(unix)]
    #[doc(alias = "socketDescriptor")]
    pub fn socket_descriptor(self) -> Option<std::os::fd::RawFd> {
        self.listener()?.raw_fd()
    }

    /// Listens with a socket that is bound and listening already, from a service manager for example. Unix only.
    ///
    /// A failure changes nothing and emits nothing.
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
            None => Err(Error::new(ErrorKind::ObjectDeleted, "the server is deleted")),
        }
    }

    /// The descriptor of the listening socket.
    #[cfg(unix)]
    #[deprecated = "use `socket_descriptor`"]
    #[doc(alias = "nativeDescriptor")]
    pub fn native_descriptor(self) -> Option<std::os::fd::RawFd> {
        self.socket_descriptor()
    }

    /// Listens with a socket that is bound and listening already.
    #[cfg(unix)]
    #[deprecated = "use `set_socket_descriptor`"]
    #[doc(alias = "setNativeDescriptor")]
    pub fn set_native_descriptor(self, descriptor: std::os::fd::OwnedFd) -> Result<(), Error> {
        self.set_socket_descriptor(descriptor)
    }

    // ---- connections

    /// Does the opening handshake with a connection that somebody else accepted, and that may have been read from: a program
    /// that serves HTTP and WebSocket on one port looks at the request and gives its socket away when that is an upgrade.
    ///
    /// What `socket` has read and nobody has taken from it ([`TcpSocket::peek`] takes nothing) is the beginning of the request.
    /// The socket keeps its parent and its addresses and is deleted later when the connection ends; deleting it before ends the
    /// connection. A server that takes connections this way need not listen; the handshake timeout holds for these as well.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// let http = TcpServer::new();
    /// http.new_connection().connect(move |()| {
    ///     while let Some(connection) = http.next_pending_connection() {
    ///         // A program that serves pages as well looks first at what `connection.peek` returns.
    ///         server.handle_connection(connection);
    ///     }
    /// });
    /// http.listen(HostAddress::LocalHost, 0)?;
    /// # http.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "handleConnection")]
    pub fn handle_connection(self, socket: TcpSocket) {
        if let Some(server) = self.0.get_box() {
            handshake::ServerHandshake::take_over(&server, socket);
        }
    }

    /// Whether a connection waits to be taken.
    #[doc(alias = "hasPendingConnections")]
    pub fn has_pending_connections(self) -> bool {
        self.0.with(|server| !server.pending.borrow().is_empty()).unwrap_or(false)
    }

    /// Takes the connection that has waited longest. It has no parent: who takes it deletes it. It may have ended meanwhile;
    /// then it is unconnected.
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
        self.0.with(|server| server.pending.borrow_mut().pop_front()).flatten()
    }

    /// How many connections may wait to be taken; 30 at first.
    #[doc(alias = "maxPendingConnections")]
    pub fn max_pending_connections(self) -> usize {
        self.0.with(|server| server.max_pending_connections.get()).unwrap_or_default()
    }

    /// Sets how many connections may wait to be taken; with 0, none gets in. One more is refused with HTTP status 503, and
    /// [`server_error`](Self::server_error) is emitted with [`CloseCode::AbnormalDisconnection`].
    #[doc(alias = "setMaxPendingConnections")]
    pub fn set_max_pending_connections(self, connections: usize) {
        self.0.with(|server| server.max_pending_connections.set(connections));
    }

    /// How long a client may take for the opening handshake; `None` for ever. Ten seconds at first.
    #[doc(alias = "handshakeTimeout")]
    #[doc(alias = "handshakeTimeoutMS")]
    pub fn handshake_timeout(self) -> Option<Duration> {
        self.0.with(|server| server.handshake_timeout.get()).flatten()
    }

    /// Sets how long a client may take, from the moment its connection is accepted, whatever it sends meanwhile. Then the
    /// connection is dropped without a signal; with zero, at once. It holds for connections that are accepted from now on.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.set_handshake_timeout(Some(Duration::from_secs(3)));
    /// # server.delete();
    /// ```
    #[doc(alias = "setHandshakeTimeout")]
    pub fn set_handshake_timeout(self, timeout: Option<Duration>) {
        self.0.with(|server| server.handshake_timeout.set(timeout));
    }

    // ---- settings

    /// The proxy through which the server listens, of [`ProxyType::Default`](crate::ProxyType::Default) at first.
    pub fn proxy(self) -> NetworkProxy {
        self.0.with(|server| server.proxy.borrow().clone()).unwrap_or_default()
    }

    /// Sets the proxy through which the server listens, from the next [`listen`](Self::listen) on. It is as
    /// [of a `TcpServer`](crate::TcpServer#listening-at-a-proxy): one connection for each `listen`.
    #[doc(alias = "setProxy")]
    pub fn set_proxy(self, proxy: impl Into<NetworkProxy>) {
        self.0.with(|server| server.proxy.replace(proxy.into()));
    }

    /// The name that is sent as the header field `Server`.
    #[doc(alias = "serverName")]
    pub fn server_name(self) -> String {
        self.0.with(|server| server.name.borrow().clone()).unwrap_or_default()
    }

    /// Sets the name that is sent as the header field `Server` from now on; an empty one is not sent. With a line break in it,
    /// every handshake fails.
    #[doc(alias = "setServerName")]
    pub fn set_server_name(self, name: &str) {
        self.0.with(|server| server.name.replace(name.to_owned()));
    }

    /// Whether it speaks `wss` or `ws`.
    #[doc(alias = "secureMode")]
    pub fn secure_mode(self) -> SslMode {
        self.0.with(|server| server.secure_mode).unwrap_or(SslMode::NonSecure)
    }

    /// The subprotocols that this server speaks.
    #[doc(alias = "supportedSubprotocols")]
    pub fn supported_subprotocols(self) -> Vec<String> {
        self.0.with(|server| server.supported_subprotocols.borrow().clone()).unwrap_or_default()
    }

    /// Sets the subprotocols that this server speaks. The first one that a client offers and that is among them is agreed on;
    /// if there is none, the connection goes without.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.set_supported_subprotocols(["chat.v2", "chat.v1"]);
    /// assert_eq!(server.supported_subprotocols(), ["chat.v2", "chat.v1"]);
    /// # server.delete();
    /// ```
    #[doc(alias = "setSupportedSubprotocols")]
    pub fn set_supported_subprotocols<S: Into<String>>(self, subprotocols: impl IntoIterator<Item = S>) {
        let subprotocols = subprotocols.into_iter().map(Into::into).collect();
        self.0.with(|server| server.supported_subprotocols.replace(subprotocols));
    }

    /// The versions that this server speaks: 13.
    #[doc(alias = "supportedVersions")]
    pub fn supported_versions(self) -> Vec<Version> {
        vec![Version::LATEST]
    }

    // ---- errors

    /// What went wrong last, [`CloseCode::Normal`] if nothing did. It is reset whenever a connection of this server ends, so
    /// that of a refused handshake can be read in the slot of [`server_error`](Self::server_error) only, as in Qt.
    pub fn error(self) -> CloseCode {
        self.0.with(|server| server.error.get()).unwrap_or(CloseCode::Normal)
    }

    /// What went wrong last, for people; empty if nothing did.
    #[doc(alias = "errorString")]
    pub fn error_string(self) -> String {
        self.0.with(|server| server.error_string.borrow().to_string()).unwrap_or_default()
    }

    // ---- signals

    /// A connection has done the handshake and waits to be taken. Take all there are: one emission may be missed while
    /// signals are blocked.
    #[doc(alias = "newConnection")]
    pub fn new_connection(self) -> Signal<()> {
        self.0.signal(|server| &server.new_connection)
    }

    /// The server has stopped listening: from the event loop after each [`close`](Self::close).
    pub fn closed(self) -> Signal<()> {
        self.0.signal(|server| &server.closed)
    }

    /// A connection could not be accepted, because the process has no descriptor left for example. Accepting pauses, and is
    /// tried again by itself; the signal comes once for each such pause. [`error_string`](Self::error_string) has the text.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.accept_error().connect(move |_| eprintln!("{}", server.error_string()));
    /// # server.delete();
    /// ```
    #[doc(alias = "acceptError")]
    pub fn accept_error(self) -> Signal<SocketError> {
        self.0.signal(|server| &server.accept_error)
    }

    /// Listening failed, or the handshake of a client: [`error_string`](Self::error_string) says why. As long as
    /// [`error`](Self::error) is not reset, the same failure is told once.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.server_error().connect(move |code| {
    ///     eprintln!("a client was refused, {code}: {}", server.error_string());
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "serverError")]
    pub fn server_error(self) -> Signal<CloseCode> {
        self.0.signal(|server| &server.server_error)
    }

    /// A client asks for a connection, from the origin that the authenticator names. A slot refuses it with
    /// [`CorsAuthenticator::set_allowed`]; the slot has to be direct. It comes for every valid request that finds room in the
    /// queue, also without an origin.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.origin_authentication_required().connect(|authenticator| {
    ///     authenticator.set_allowed(authenticator.origin() == "https://example.org");
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "originAuthenticationRequired")]
    pub fn origin_authentication_required(self) -> Signal<ByRef<CorsAuthenticator>> {
        self.0.signal(|server| &server.origin_authentication_required)
    }
}

#[expect(clippy::expect_used, reason = "the text is a URL")]
fn blank_url() -> Url {
    Url::parse("about:blank").expect("`about:blank` is a URL")
}
