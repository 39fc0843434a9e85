//! Construction, connecting, closing, and the facts about a connection.

use std::{fmt, io};

use super::private::TcpSocketPrivate;
use super::{SocketOption, TcpSocket};
use crate::core::event_dispatcher;
use crate::network::socket_engine::SocketEngine;
use crate::{BindMode, Error, ErrorKind, Handle, HostAddress, NetworkProxy, SocketError, SocketState};

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

    /// A socket that takes over an established connection, given by its descriptor. Unix only.
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
        SocketEngine::over(stream).map(Self::over).map_err(invalid_descriptor)
    }

    /// Takes over an established connection: a [`std::net::TcpStream`], or on Unix an `OwnedFd`.
    ///
    /// A connection that the socket had, or was making, ends without a signal, and what was received of it is gone.
    /// [`state_changed`](Self::state_changed)`(Connected)` is emitted inside the call, unless the socket was connected before;
    /// [`connected`](Self::connected) is not.
    ///
    /// # Errors
    /// It is not a connected TCP socket: [`error`](Self::error) is then
    /// [`UnsupportedSocketOperation`](SocketError::UnsupportedSocketOperation), and the socket goes on as it was. Or the socket is
    /// deleted ([`ErrorKind::ObjectDeleted`]). The stream is closed.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let address = listener.local_addr()?;
    /// let socket = TcpSocket::new();
    /// socket.set_socket_descriptor(std::net::TcpStream::connect(address)?)?;
    /// assert_eq!(socket.state(), SocketState::Connected);
    /// assert_eq!(socket.peer_port(), address.port());
    /// # socket.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setSocketDescriptor")]
    pub fn set_socket_descriptor(self, stream: impl Into<std::net::TcpStream>) -> Result<(), Error> {
        let Some(socket) = self.0.get_box() else { return Err(deleted()) };
        match SocketEngine::over(stream.into()) {
            Ok(engine) => {
                socket.set_connection(engine);
                Ok(())
            }
            Err(error) => {
                let error = invalid_descriptor(error);
                socket.set_error(&error);
                Err(error)
            }
        }
    }

    // ---- the connection

    /// Chooses the local address and port of the next connection; port 0 lets the system choose one. The state is then
    /// [`Bound`](SocketState::Bound), which is emitted inside the call, and [`local_address`](Self::local_address) and
    /// [`local_port`](Self::local_port) say where.
    ///
    /// [`connect_to_host`](Self::connect_to_host) of a bound socket tries the addresses of the host one after the other, and only
    /// those of the same family can be reached. When the connection has ended, or could not be made, the socket is bound no more.
    ///
    /// # Errors
    /// The address is in use or not one of this host, the program may not use the port, the socket is connected or about to
    /// be, or it has a [proxy](Self::set_proxy) for connections like this: [`error`](Self::error) then says so, and
    /// [`error_occurred`](Self::error_occurred) is emitted inside the call. Or the socket is deleted
    /// ([`ErrorKind::ObjectDeleted`]).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let port = listener.local_addr()?.port();
    /// let socket = TcpSocket::new();
    /// socket.bind(HostAddress::LocalHost, 0, BindMode::DefaultForPlatform)?;
    /// let chosen = socket.local_port();
    /// socket.connect_to_host(HostAddress::LocalHost, port);
    /// socket.connected().connect(|()| Application::quit());
    /// Application::exec();
    /// assert_eq!(socket.local_port(), chosen);
    /// # socket.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn bind(self, address: impl Into<HostAddress>, port: u16, mode: BindMode) -> Result<(), Error> {
        match self.0.get_box() {
            Some(socket) => socket.bind(address.into(), port, mode),
            None => Err(deleted()),
        }
    }

    /// Looks a host up and connects to it. `host` is a name or an address, as text or as [`HostAddress`].
    ///
    /// The event loop emits [`connected`](Self::connected) when it is done, or [`error_occurred`](Self::error_occurred). All
    /// addresses of a name are tried, in the system's order but IPv6 and IPv4 by turns (RFC 8305): the next one when the one
    /// before has failed, or has not answered for 250 ms. The first that answers is taken; each has 30 s.
    ///
    /// A socket that is not [`Unconnected`](SocketState::Unconnected) is left as it is, and emits `error_occurred(Operation)`
    /// inside the call. With a [proxy](Self::set_proxy) of a type that sockets cannot use it emits
    /// `error_occurred(UnsupportedSocketOperation)` there.
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
        self.0.with_object(|socket| socket.connect_to_host(host.to_string(), port));
    }

    /// Ends the connection once everything is written.
    ///
    /// If nothing is to be written it ends inside this call; if it is not established yet, as soon as it is and everything is
    /// written. What has arrived before can still be read; what arrives from now on is thrown away.
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
        if let Some(socket) = self.0.get_box() {
            event_dispatcher::end_connection(*self, move || socket.disconnect_from_host());
        }
    }

    /// Ends the connection, or the attempt at one, inside this call. What is not written yet, and what is not read yet, is lost.
    /// More than 64 deep in slots of the ends of other sockets, this, [`close`](Self::close) and
    /// [`disconnect_from_host`](Self::disconnect_from_host) are done from the event loop.
    ///
    /// Of a connection that is over, it throws away what is not read yet, after
    /// [`about_to_close`](Self::about_to_close).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.connect_to_host("localhost", 1234);
    /// socket.abort();
    /// assert_eq!(socket.state(), SocketState::Unconnected);
    /// # socket.delete();
    /// ```
    pub fn abort(self) {
        if let Some(socket) = self.0.get_box() {
            event_dispatcher::end_connection(*self, move || socket.abort());
        }
    }

    /// Closes the socket: nothing can be read or written any more, and the connection ends once everything is written. What is
    /// not read yet is lost; [`about_to_close`](Self::about_to_close) is the last chance.
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
        if let Some(socket) = self.0.get_box() {
            event_dispatcher::end_connection(*self, move || socket.close());
        }
    }

    /// The state of the socket.
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

    /// Returns whether the socket is connected, or [open](Self::is_open) between two connections; but not in the slots of
    /// [`error_occurred`](Self::error_occurred) that hear of the end of a connection.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// assert!(!socket.is_valid());
    /// socket.connect_to_host("localhost", 1234);
    /// assert!(socket.is_valid()); // it can be written to, though it is not connected yet
    /// # socket.delete();
    /// ```
    #[doc(alias = "isValid")]
    pub fn is_valid(self) -> bool {
        self.0.with(TcpSocketPrivate::is_valid).unwrap_or(false)
    }

    /// Returns whether the socket is open: from [`connect_to_host`](Self::connect_to_host) until [`close`](Self::close) or
    /// [`abort`](Self::abort), also after the peer has ended the connection. What was received can be read as long as it is.
    ///
    /// It stands for `isReadable()` and `isWritable()`, too: a socket is opened for both.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// assert!(!socket.is_open());
    /// socket.connect_to_host("localhost", 1234);
    /// assert!(socket.is_open());
    /// socket.close();
    /// assert!(!socket.is_open());
    /// # socket.delete();
    /// ```
    #[doc(alias = "isOpen")]
    #[doc(alias = "isReadable")]
    #[doc(alias = "isWritable")]
    #[doc(alias = "openMode")]
    pub fn is_open(self) -> bool {
        self.0.with(TcpSocketPrivate::is_open).unwrap_or(false)
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

    /// The text of the last error, "Unknown error" if there was none.
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
        self.0.with(TcpSocketPrivate::shown_peer_name).unwrap_or_default()
    }

    /// The peer's address; [`HostAddress::Null`] while not connected, and if a proxy has looked the name up.
    ///
    /// It is known from [`state_changed`](Self::state_changed)`(Connected)` until [`disconnected`](Self::disconnected), in whose
    /// slots too.
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

    /// The peer's port, 0 while not connected; known as long as [`peer_address`](Self::peer_address).
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

    /// The address of this end, [`HostAddress::Null`] while not connected. Through a SOCKS5 proxy it is the one that the proxy
    /// says.
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

    /// The port of this end, 0 while not connected.
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

    /// Sets an option of the connection. While not connected it does nothing, as in Qt: set it when
    /// [`connected`](Self::connected) is emitted.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     if let Some(socket) = server.next_pending_connection() {
    ///         // For many bytes in small pieces: few packets rather than early ones.
    ///         socket.set_socket_option(SocketOption::LowDelay, false);
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "setSocketOption")]
    pub fn set_socket_option<T>(self, option: SocketOption<T>, value: T) {
        if let Some(engine) = self.0.with(TcpSocketPrivate::engine).flatten() {
            engine.set_option(|stream| option.set(stream, value));
        }
    }

    /// The value of an option of the connection; `None` while not connected.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// assert_eq!(socket.socket_option(SocketOption::KeepAlive), None);
    /// socket.connected().connect(move |()| {
    ///     socket.set_socket_option(SocketOption::KeepAlive, true);
    ///     assert_eq!(socket.socket_option(SocketOption::KeepAlive), Some(true));
    ///     # Application::quit();
    /// });
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// Application::exec();
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "socketOption")]
    pub fn socket_option<T>(self, option: SocketOption<T>) -> Option<T> {
        let engine = self.0.with(TcpSocketPrivate::engine).flatten()?;
        engine.option(|stream| option.get(stream))
    }

    /// The proxy that was set; by default one of [`ProxyType::Default`](crate::ProxyType::Default), which stands for the
    /// application's.
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

    /// Sets the proxy that connections go through, from the next [`connect_to_host`](Self::connect_to_host) on.
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

    /// The number of the connection's descriptor, `None` while not connected. Unix only.
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// assert_eq!(socket.socket_descriptor(), None);
    /// socket.connected().connect(move |()| println!("descriptor {:?}", socket.socket_descriptor()));
    /// # socket.delete();
    /// # }
    /// ```
    #[cfg(unix)]
    #[doc(alias = "socketDescriptor")]
    pub fn socket_descriptor(self) -> Option<std::os::fd::RawFd> {
        self.0.with(TcpSocketPrivate::descriptor).flatten()
    }
}

fn deleted() -> Error {
    Error::new(ErrorKind::ObjectDeleted, "The socket is deleted")
}

fn invalid_descriptor(error: io::Error) -> Error {
    Error::socket(SocketError::UnsupportedSocketOperation, "Invalid socket descriptor", error)
}
