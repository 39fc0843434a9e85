//! Making, connecting, closing, and what is known of a connection.

use std::fmt;

#[cfg(unix)]
use mio::net::TcpStream;

use super::private::TcpSocketPrivate;
use super::{SocketOption, TcpSocket};
#[cfg(unix)]
use crate::Error;
#[cfg(unix)]
use crate::network::socket_engine::SocketEngine;
use crate::{Handle, HostAddress, NetworkProxy, SocketError, SocketState};

impl TcpSocket {
    /// A socket that is not connected.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// assert_eq!(socket.state(), SocketState::Unconnected);
    /// socket.delete(); // or delete_later(), or by its parent
    /// ```
    #[expect(clippy::new_without_default, reason = "a default value that has to be deleted would surprise")]
    pub fn new() -> Self {
        Self(Handle::new_class(TcpSocketPrivate::new()))
    }

    /// A socket over a connection that somebody else has established. Unix only.
    ///
    /// # Errors
    /// The descriptor is not that of a connected TCP socket.
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// use slotwire::prelude::*;
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let address = listener.local_addr()?;
    /// let stream = std::net::TcpStream::connect(address)?;
    /// let socket = TcpSocket::from_fd(stream.into())?;
    /// assert_eq!(socket.peer_port(), address.port());
    /// # socket.delete();
    /// # }
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[cfg(unix)]
    #[doc(alias = "setSocketDescriptor")]
    pub fn from_fd(descriptor: std::os::fd::OwnedFd) -> Result<Self, Error> {
        let stream = std::net::TcpStream::from(descriptor);
        let socket = stream.peer_addr().and_then(|peer| {
            stream.set_nonblocking(true)?;
            SocketEngine::accepted(TcpStream::from_std(stream), peer).map(Self::over)
        });
        socket.map_err(|error| {
            Error::socket(SocketError::UnsupportedSocketOperation, "Invalid socket descriptor", error)
        })
    }

    // ---- the connection

    /// Looks the host up and connects to it. `host` is a name or an address, as text or as [`HostAddress`].
    ///
    /// All addresses of a name are tried, IPv6 and IPv4 by turns, in the order in which the system gives them: the next one
    /// when the one before has failed or not answered for 250 ms. The first to answer is connected to; each has 30 s (RFC
    /// 8305). A socket that is not [`Unconnected`](SocketState::Unconnected) stays what it is, and emits
    /// [`error_occurred`](Self::error_occurred)`(Operation)`; with a proxy that cannot connect anybody it emits
    /// `error_occurred(UnsupportedSocketOperation)`.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.write(b"GET / HTTP/1.0\r\n\r\n");
    /// });
    /// socket.connect_to_host("localhost", 80);
    /// # socket.delete();
    /// ```
    #[doc(alias = "connectToHost")]
    pub fn connect_to_host(self, host: impl fmt::Display, port: u16) {
        if let Some(socket) = self.0.get_box() {
            socket.connect_to_host(host.to_string(), port);
        }
    }

    /// Ends the connection once everything is written. If there is nothing to be written it ends inside this call; if it is
    /// not established yet, as soon as it is. What was read ahead can still be read.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let port = listener.local_addr()?.port();
    /// let socket = TcpSocket::new();
    /// socket.connect_to_host(HostAddress::LocalHost, port);
    /// socket.write(b"QUIT\r\n");
    /// socket.disconnect_from_host(); // when it is connected, and has written that
    /// socket.disconnected().connect(|()| Application::quit());
    /// Application::exec();
    /// # socket.delete();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "disconnectFromHost")]
    pub fn disconnect_from_host(self) {
        self.0.with(TcpSocketPrivate::disconnect_from_host);
    }

    /// Ends the connection at once. What is not written yet, and what is not read yet, is lost.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.connect_to_host("localhost", 1234);
    /// socket.abort(); // it is not wanted any more
    /// assert_eq!(socket.state(), SocketState::Unconnected);
    /// # socket.delete();
    /// ```
    pub fn abort(self) {
        self.0.with(TcpSocketPrivate::abort);
    }

    /// Closes the socket: nothing can be read or written any more, what was read ahead is lost, and the connection ends once
    /// everything is written.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let port = listener.local_addr()?.port();
    /// let socket = TcpSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.close();
    ///     assert_eq!(socket.write(b"too late"), 0);
    /// });
    /// socket.disconnected().connect(|()| Application::quit());
    /// socket.connect_to_host(HostAddress::LocalHost, port);
    /// Application::exec();
    /// # socket.delete();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn close(self) {
        self.0.with(TcpSocketPrivate::close);
    }

    /// What the socket is doing.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// if socket.state() == SocketState::Unconnected {
    ///     socket.connect_to_host("localhost", 1234);
    /// }
    /// assert_eq!(socket.state(), SocketState::HostLookup);
    /// # socket.delete();
    /// ```
    pub fn state(self) -> SocketState {
        self.0.with(|socket| socket.state.get()).unwrap_or_default()
    }

    /// Whether the socket can be used: from [`connect_to_host`](Self::connect_to_host) until it is closed.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// assert!(!socket.is_valid());
    /// socket.connect_to_host("localhost", 1234);
    /// assert!(socket.is_valid(), "it can be written to, though it is not connected yet");
    /// # socket.delete();
    /// ```
    #[doc(alias = "isValid")]
    #[doc(alias = "isOpen")]
    pub fn is_valid(self) -> bool {
        self.0.with(TcpSocketPrivate::is_valid).unwrap_or(false)
    }

    /// The last error, [`SocketError::Unknown`] if there was none.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let _pinned = HostInfo::pin("nobody.test", &[]);
    /// let socket = TcpSocket::new();
    /// socket.connect_to_host("nobody.test", 1234);
    /// SignalSpy::new(socket.error_occurred()).wait(std::time::Duration::from_secs(5));
    /// assert_eq!(socket.error(), SocketError::HostNotFound);
    /// # socket.delete();
    /// ```
    pub fn error(self) -> SocketError {
        self.0.with(TcpSocketPrivate::error).unwrap_or_default()
    }

    /// The last error in words, "Unknown error" if there was none.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let _pinned = HostInfo::pin("nobody.test", &[]);
    /// let socket = TcpSocket::new();
    /// socket.error_occurred().connect(move |_| {
    ///     println!("{}: {}", socket.peer_name(), socket.error_string());
    ///     Application::quit();
    /// });
    /// socket.connect_to_host("nobody.test", 1234);
    /// Application::exec();
    /// assert_eq!(socket.error_string(), "Host not found");
    /// # socket.delete();
    /// ```
    #[doc(alias = "errorString")]
    pub fn error_string(self) -> String {
        let text = self.0.with(TcpSocketPrivate::error_string);
        text.unwrap_or_else(|| SocketError::Unknown.text().to_owned())
    }

    /// The name or address that was given to [`connect_to_host`](Self::connect_to_host); empty for an accepted connection.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.connect_to_host("localhost", 1234);
    /// assert_eq!(socket.peer_name(), "localhost");
    /// # socket.delete();
    /// ```
    #[doc(alias = "peerName")]
    pub fn peer_name(self) -> String {
        self.0.with(|socket| socket.peer_name.borrow().clone()).unwrap_or_default()
    }

    /// The peer's address, [`HostAddress::Null`] while not connected, and if a proxy has looked its name up.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     let Some(socket) = server.next_pending_connection() else { return };
    ///     if !socket.peer_address().is_private_use() {
    ///         socket.abort();
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "peerAddress")]
    pub fn peer_address(self) -> HostAddress {
        self.0.with(|socket| socket.peer.get()).flatten().map(|(address, _)| address).unwrap_or_default()
    }

    /// The peer's port, 0 while not connected.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     if let Some(socket) = server.next_pending_connection() {
    ///         println!("{} port {}", socket.peer_address(), socket.peer_port());
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "peerPort")]
    pub fn peer_port(self) -> u16 {
        self.0.with(|socket| socket.peer.get()).flatten().map_or(0, |(_, port)| port)
    }

    /// This end's address, [`HostAddress::Null`] while not connected. Through SOCKS it is what the proxy says.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let port = listener.local_addr()?.port();
    /// let socket = TcpSocket::new();
    /// socket.connect_to_host(HostAddress::LocalHost, port);
    /// SignalSpy::new(socket.connected()).wait(std::time::Duration::from_secs(5));
    /// assert_eq!(socket.local_address(), HostAddress::LocalHost);
    /// # socket.delete();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "localAddress")]
    pub fn local_address(self) -> HostAddress {
        self.0.with(|socket| socket.local.get()).flatten().map(|(address, _)| address).unwrap_or_default()
    }

    /// This end's port, 0 while not connected.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.connected().connect(move |()| println!("from port {}", socket.local_port()));
    /// assert_eq!(socket.local_port(), 0);
    /// # socket.delete();
    /// ```
    #[doc(alias = "localPort")]
    pub fn local_port(self) -> u16 {
        self.0.with(|socket| socket.local.get()).flatten().map_or(0, |(_, port)| port)
    }

    /// Sets an option of the connection. Without one it does nothing, as in Qt: set it when
    /// [`connected`](Self::connected) is emitted.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     if let Some(socket) = server.next_pending_connection() {
    ///         // Many bytes in small pieces: rather few packets than early ones.
    ///         socket.set_socket_option(SocketOption::LowDelay, false);
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "setSocketOption")]
    pub fn set_socket_option(self, option: SocketOption, enabled: bool) {
        if let Some(engine) = self.0.with(TcpSocketPrivate::engine).flatten() {
            match option {
                SocketOption::LowDelay => engine.set_no_delay(enabled),
                SocketOption::KeepAlive => engine.set_keep_alive(enabled),
            }
        }
    }

    /// The proxy that the socket goes through, of [`ProxyType::Default`](crate::ProxyType::Default) at first.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType, TcpSocket};
    /// let socket = TcpSocket::new();
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// socket.set_proxy(&proxy);
    /// proxy.set_port(8080);
    /// assert_eq!(socket.proxy().port(), 3128, "the socket has a copy");
    /// # socket.delete();
    /// ```
    pub fn proxy(self) -> NetworkProxy {
        self.0.with(|socket| socket.proxy.borrow().clone()).unwrap_or_default()
    }

    /// Sets the proxy that the next [`connect_to_host`](Self::connect_to_host) goes through.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType, TcpSocket};
    /// let socket = TcpSocket::new();
    /// socket.set_proxy(NetworkProxy::with_host(ProxyType::Socks5, "proxy.example", 1080));
    /// assert_eq!(socket.proxy().proxy_type(), ProxyType::Socks5);
    /// socket.set_proxy(ProxyType::Default); // the application's again
    /// # socket.delete();
    /// ```
    #[doc(alias = "setProxy")]
    pub fn set_proxy(self, proxy: impl Into<NetworkProxy>) {
        self.0.with(|socket| socket.proxy.replace(proxy.into()));
    }

    /// The number of the connection's descriptor. Unix only.
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// assert_eq!(socket.socket_descriptor(), None);
    /// socket.connected().connect(move |()| println!("connected, as descriptor {:?}", socket.socket_descriptor()));
    /// # socket.delete();
    /// # }
    /// ```
    #[cfg(unix)]
    #[doc(alias = "socketDescriptor")]
    pub fn socket_descriptor(self) -> Option<std::os::fd::RawFd> {
        self.0.with(TcpSocketPrivate::engine).flatten()?.raw_descriptor()
    }
}
