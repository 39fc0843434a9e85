//! The public methods that are settings, but for those of TLS.

#[cfg(feature = "deflate")]
use std::sync::Arc;
use std::time::Duration;

use super::private::MAX_PENDING_CONNECTIONS;
use super::{SslMode, WebSocketServer};
#[cfg(feature = "deflate")]
use crate::websocket::protocol::Compression;
use crate::{Limits, NetworkProxy, Version};

impl WebSocketServer {
    /// The limits of this server's clients, and of its sockets; [`Limits::qt`] by default.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// assert_eq!(server.limits(), Limits::qt());
    /// # server.delete();
    /// ```
    pub fn limits(self) -> Limits {
        self.0.with(|server| server.limits.get(Limits::clone)).unwrap_or_default()
    }

    /// Sets what its clients may ask of this server and of its sockets. It holds for connections that are accepted from now on,
    /// each from its first byte: a socket that comes out of [`next_pending_connection`](Self::next_pending_connection) has these
    /// limits, and its own setters change them for it alone.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.set_limits(Limits::internet());
    /// server.new_connection().connect(move |()| {
    ///     while let Some(socket) = server.next_pending_connection() {
    ///         assert_eq!(socket.limits(), Limits::internet());
    ///     }
    /// });
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    ///
    /// # Qt
    /// Qt has nothing of the kind: each socket is limited by itself, once it is connected.
    pub fn set_limits(self, limits: Limits) {
        self.0.with(|server| server.limits.set(limits));
    }

    /// The compression of its connections' messages, if a client asks for it; none by default.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// assert_eq!(server.compression(), None);
    /// # server.delete();
    /// ```
    #[cfg(feature = "deflate")]
    pub fn compression(self) -> Option<Compression> {
        self.0.with(|server| server.compression.borrow().as_deref().cloned())?
    }

    /// Sets how the messages of its connections are compressed, if a client asks for it; `None`, as at first, declines. It holds
    /// for connections that are accepted from now on; of an accepted socket,
    /// [`WebSocket::compression`](crate::WebSocket::compression) says what was agreed on.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// // A little of time for each message, and none of memory for each connection.
    /// let compression = Compression::new().with_level(1);
    /// let compression = compression.with_server_context_takeover(false);
    /// server.set_compression(compression.with_client_context_takeover(false));
    /// # server.delete();
    /// ```
    ///
    /// # Qt
    /// Qt 6 has no compression.
    #[cfg(feature = "deflate")]
    pub fn set_compression(self, compression: impl Into<Option<Compression>>) {
        let compression = compression.into().map(Arc::new);
        self.0.with(|server| server.compression.replace(compression));
    }

    /// The number of connections that may wait to be taken; 30 by default.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// assert_eq!(server.max_pending_connections(), 30);
    /// # server.delete();
    /// ```
    #[doc(alias = "maxPendingConnections")]
    pub fn max_pending_connections(self) -> usize {
        self.0.with(|server| server.max_pending_connections.get()).unwrap_or(MAX_PENDING_CONNECTIONS)
    }

    /// Sets how many connections may wait to be taken; with 0, none is accepted. One more is refused with HTTP status 503, and
    /// [`server_error`](Self::server_error) is emitted with
    /// [`CloseCode::AbnormalDisconnection`](crate::CloseCode::AbnormalDisconnection).
    ///
    /// It is no limit of the connections that were taken: there is none.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.set_max_pending_connections(0); // the program is about to end
    /// server.server_error().connect(|_| Application::quit());
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// let client = WebSocket::new();
    /// client.open(server.server_url());
    /// Application::exec();
    /// assert!(!server.has_pending_connections());
    /// # client.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setMaxPendingConnections")]
    pub fn set_max_pending_connections(self, connections: usize) {
        self.0.with(|server| server.max_pending_connections.set(connections));
    }

    /// The time that a client may take for the opening handshake, that of TLS included; `None` is for ever. Ten seconds by
    /// default.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// assert_eq!(server.handshake_timeout(), Some(Duration::from_secs(10)));
    /// # server.delete();
    /// ```
    #[doc(alias = "handshakeTimeout")]
    #[doc(alias = "handshakeTimeoutMS")]
    pub fn handshake_timeout(self) -> Option<Duration> {
        self.limits().opening_timeout()
    }

    /// Sets how long a client may take for the opening handshake, counted from when its connection is accepted, whatever it
    /// sends meanwhile; `None` is for ever. Then the connection is dropped without a signal. It holds for connections that are
    /// accepted from now on.
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
        self.0.with(|server| server.limits.change(|limits| limits.with_opening_timeout(timeout)));
    }

    /// The proxy through which the server listens. At first it is of [`ProxyType::Default`](crate::ProxyType::Default), which
    /// stands for that of the application.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// assert_eq!(server.proxy().proxy_type(), ProxyType::Default); // the application's
    /// # server.delete();
    /// ```
    pub fn proxy(self) -> NetworkProxy {
        self.0.with(|server| server.proxy.borrow().clone()).unwrap_or_default()
    }

    /// Sets the proxy through which the server listens, from the next [`listen`](Self::listen) on. As with a
    /// [`TcpServer`](crate::TcpServer#listening-at-a-proxy), there is one connection for each `listen` then.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// // This one is for clients on this host, whatever proxy the application has.
    /// server.set_proxy(NetworkProxy::new(ProxyType::No));
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setProxy")]
    pub fn set_proxy(self, proxy: impl Into<NetworkProxy>) {
        self.0.with(|server| server.proxy.replace(proxy.into()));
    }

    /// The name that is sent as the header field `Server`.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("Chat/1.0", SslMode::NonSecure);
    /// assert_eq!(server.server_name(), "Chat/1.0");
    /// # server.delete();
    /// ```
    #[doc(alias = "serverName")]
    pub fn server_name(self) -> String {
        self.0.with(|server| server.name.borrow().clone()).unwrap_or_default()
    }

    /// Sets the name that is sent as the header field `Server` from now on; an empty one is not sent. If it has a line break,
    /// every handshake is refused.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("Chat/1.0", SslMode::NonSecure);
    /// server.set_server_name(""); // no client needs to know what this is
    /// assert_eq!(server.server_name(), "");
    /// # server.delete();
    /// ```
    #[doc(alias = "setServerName")]
    pub fn set_server_name(self, name: &str) {
        self.0.with(|server| server.name.replace(name.to_owned()));
    }

    /// The protocol of the server: `wss` or `ws`.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// let default_port = match server.secure_mode() {
    ///     SslMode::Secure => 443,
    ///     SslMode::NonSecure => 80,
    /// };
    /// assert_eq!(default_port, 80);
    /// # server.delete();
    /// ```
    #[doc(alias = "secureMode")]
    pub fn secure_mode(self) -> SslMode {
        self.0.with(|server| server.secure_mode).unwrap_or(SslMode::NonSecure)
    }

    /// The subprotocols that this server speaks; none by default.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.set_supported_subprotocols(["chat.v1"]);
    /// // A module of the program adds its own.
    /// let mut subprotocols = server.supported_subprotocols();
    /// subprotocols.push("files.v1".into());
    /// server.set_supported_subprotocols(subprotocols);
    /// assert_eq!(server.supported_subprotocols(), ["chat.v1", "files.v1"]);
    /// # server.delete();
    /// ```
    #[doc(alias = "supportedSubprotocols")]
    pub fn supported_subprotocols(self) -> Vec<String> {
        self.0.with(|server| server.supported_subprotocols.borrow().clone()).unwrap_or_default()
    }

    /// Sets the subprotocols that this server speaks.
    ///
    /// Of those that a client offers, in its order, the first that is among them is agreed on. If there is none, the connection
    /// is opened without a subprotocol.
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
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// assert_eq!(server.supported_versions(), [Version::LATEST]);
    /// # server.delete();
    /// ```
    #[doc(alias = "supportedVersions")]
    pub fn supported_versions(self) -> Vec<Version> {
        vec![Version::LATEST]
    }
}
