//! The state of a socket, and the facts about its connection.

use super::WebSocket;
use super::request::OpenedRequest;
use crate::{CloseCode, HostAddress, SocketError, SocketState};

impl WebSocket {
    /// The state: `Unconnected`, `Connecting`, `Connected` or `Closing`. An accepted socket is `Connected` from the beginning.
    ///
    /// It is still `Connected` after [`close`](Self::close), until the peer has answered.
    ///
    /// ```
    /// use slotwire::{SocketState, WebSocket};
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.state(), SocketState::Unconnected);
    /// socket.open("ws://localhost:1234");
    /// assert_eq!(socket.state(), SocketState::Connecting);
    /// # socket.delete();
    /// ```
    pub fn state(self) -> SocketState {
        self.0.with(|socket| socket.state.get()).unwrap_or_default()
    }

    /// Returns whether messages can be received; still `true` between `close` and the end of the connection.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// let socket = WebSocket::new();
    /// socket.open(server.server_url());
    /// assert!(!socket.is_valid()); // not before `connected`
    /// socket.connected().connect(move |()| {
    ///     socket.close();
    ///     assert!(socket.is_valid()); // the peer may have more to say
    /// });
    /// socket.disconnected().connect(|()| Application::quit());
    /// Application::exec();
    /// assert!(!socket.is_valid());
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "isValid")]
    pub fn is_valid(self) -> bool {
        self.state() == SocketState::Connected && self.engine().is_some_and(|engine| engine.is_open())
    }

    /// The last error of the TCP or TLS connection under this socket, [`SocketError::Unknown`] if there was none.
    ///
    /// A URL that cannot be opened, and a handshake that the server refused, are reported by
    /// [`error_occurred`](Self::error_occurred) only, as in Qt.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// server.new_connection().connect(move |()| {
    ///     while let Some(client) = server.next_pending_connection() {
    ///         client.abort(); // without a close frame
    ///     }
    /// });
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.error(), SocketError::Unknown);
    /// socket.disconnected().connect(|()| Application::quit());
    /// socket.open(server.server_url());
    /// Application::exec();
    /// assert_eq!(socket.error(), SocketError::RemoteHostClosed);
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn error(self) -> SocketError {
        self.0.with(|socket| socket.error.get()).unwrap_or_default()
    }

    /// The last error, for people. Empty before the first `open`, and "Unknown error" as long as there was none after it.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.open("gopher://localhost");
    /// assert_eq!(socket.error_string(), "Unsupported WebSocket scheme: gopher");
    /// # socket.delete();
    /// ```
    #[doc(alias = "errorString")]
    pub fn error_string(self) -> String {
        self.0.with_object(|socket| socket.error_string().into_owned()).unwrap_or_default()
    }

    /// The code that the connection was closed with: the peer's, or the one given to [`close_with`](Self::close_with),
    /// whichever came first.
    ///
    /// It is [`CloseCode::Normal`] as long as the connection is open, after an [`abort`](Self::abort), and for a close frame
    /// without a code; [`CloseCode::AbnormalDisconnection`] if the connection was lost without a close frame.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.disconnected().connect(move |()| {
    ///     println!("{} {}", socket.close_code(), socket.close_reason());
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "closeCode")]
    pub fn close_code(self) -> CloseCode {
        self.0.with(|socket| socket.close_code.get()).map_or(CloseCode::Normal, CloseCode::from)
    }

    /// The reason that came with the [`close_code`](Self::close_code); empty if none did.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// server.new_connection().connect(move |()| {
    ///     while let Some(client) = server.next_pending_connection() {
    ///         client.close_with(CloseCode::GoingAway, "back at noon");
    ///     }
    /// });
    /// let socket = WebSocket::new();
    /// socket.disconnected().connect(|()| Application::quit());
    /// socket.open(server.server_url());
    /// Application::exec();
    /// assert_eq!(socket.close_reason(), "back at noon");
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "closeReason")]
    pub fn close_reason(self) -> String {
        self.with_rare(|rare| rare.close_reason.borrow().to_string()).unwrap_or_default()
    }

    /// The address of this end; [`HostAddress::Null`] without a connection. Through a SOCKS5 proxy it is what the proxy says.
    ///
    /// In the slots of the signals that report the end of a connection, up to
    /// [`read_channel_finished`](Self::read_channel_finished), it is still known.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// let socket = WebSocket::new();
    /// assert!(socket.local_address().is_null());
    /// socket.connected().connect(move |()| {
    ///     // By which of this machine's addresses the server is reached.
    ///     assert_eq!(socket.local_address(), HostAddress::LocalHost);
    /// #     Application::quit();
    /// });
    /// # socket.open(server.server_url());
    /// # Application::exec();
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "localAddress")]
    pub fn local_address(self) -> HostAddress {
        self.local().map_or(HostAddress::Null, |(address, _)| address)
    }

    /// The port of this end, 0 without a connection; known for as long as the [address](Self::local_address).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// server.new_connection().connect(move |()| {
    ///     while let Some(client) = server.next_pending_connection() {
    ///         assert_eq!(client.local_port(), server.server_port());
    ///     }
    /// #     Application::quit();
    /// });
    /// # let socket = WebSocket::new();
    /// # assert_eq!(socket.local_port(), 0);
    /// # socket.open(server.server_url());
    /// # Application::exec();
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "localPort")]
    pub fn local_port(self) -> u16 {
        self.local().map_or(0, |(_, port)| port)
    }

    /// The address of the peer; [`HostAddress::Null`] without a connection, and if a proxy has looked up its name.
    ///
    /// In the slots of the signals that report the end of a connection, up to
    /// [`read_channel_finished`](Self::read_channel_finished), it is still known.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer};
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.new_connection().connect(move |()| {
    ///     while let Some(socket) = server.next_pending_connection() {
    ///         println!("{}:{}", socket.peer_address(), socket.peer_port());
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "peerAddress")]
    pub fn peer_address(self) -> HostAddress {
        self.peer().map_or(HostAddress::Null, |(address, _)| address)
    }

    /// The port of the peer, 0 without a connection; known for as long as the [address](Self::peer_address).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// let socket = WebSocket::new();
    /// socket.connected().connect(move |()| {
    ///     assert_eq!(socket.peer_port(), server.server_port());
    ///     socket.close();
    /// });
    /// socket.disconnected().connect(|()| Application::quit());
    /// socket.open(server.server_url());
    /// Application::exec();
    /// assert_eq!(socket.peer_port(), 0); // the connection is over
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "peerPort")]
    pub fn peer_port(self) -> u16 {
        self.peer().map_or(0, |(_, port)| port)
    }

    /// The host of the URL that was opened; empty for an accepted socket, and, as in Qt, for `wss` while there is no TCP
    /// connection.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.open("ws://localhost:1234/chat");
    /// assert_eq!(socket.peer_name(), "localhost"); // known before it is looked up
    /// # socket.delete();
    /// ```
    #[doc(alias = "peerName")]
    pub fn peer_name(self) -> String {
        // Qt's encryption has it from its connection, and while there is one.
        let has_connection = self.0.with_object(|socket| socket.has_connection()).unwrap_or_default();
        let name = |opened: &mut OpenedRequest| match opened.ssl.is_some() && !has_connection {
            true => String::new(),
            false => opened.peer_name.clone(),
        };
        self.with_opened(name).unwrap_or_default()
    }
}
