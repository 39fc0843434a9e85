//! The proxy that a socket's connection goes through. What is said to it stands in `network/proxy`.

use super::WebSocket;
use super::private::Socket;
use crate::{Authenticator, ByRef, NetworkProxy, Pair, Signal};

impl WebSocket {
    /// The proxy that connections go through. At first it is of [`ProxyType::Default`](crate::ProxyType::Default), which stands
    /// for [that of the application](NetworkProxy::application_proxy).
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType, WebSocket};
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.proxy().proxy_type(), ProxyType::Default); // the application's
    /// socket.set_proxy(NetworkProxy::with_host(ProxyType::Socks5, "proxy.example", 1080));
    /// assert_eq!(socket.proxy().host_name(), "proxy.example");
    /// # socket.delete();
    /// ```
    pub fn proxy(self) -> NetworkProxy {
        self.0.with_object(|socket| socket.proxy()).unwrap_or_default()
    }

    /// Sets the proxy that connections go through, from the next [`open`](Self::open) on.
    ///
    /// With one that makes no connections, as [`ProxyType::HttpCaching`](crate::ProxyType::HttpCaching), `open` fails like a
    /// refused connection, with [`SocketError::UnsupportedSocketOperation`](crate::SocketError::UnsupportedSocketOperation).
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType, WebSocket};
    /// let socket = WebSocket::new();
    /// socket.set_proxy(NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128));
    /// socket.set_proxy(ProxyType::No); // not even the application's
    /// # socket.delete();
    /// ```
    #[doc(alias = "setProxy")]
    pub fn set_proxy(self, proxy: impl Into<NetworkProxy>) {
        self.0.with(|socket| socket.rare_mut().proxy.replace(Some(Box::new(proxy.into()))));
    }

    /// The proxy asks for a user and a password, or refuses those that it was given; those of the [`NetworkProxy`] are tried
    /// first. A slot enters them in the authenticator before it returns, so it has to be direct.
    ///
    /// If no slot gives a new user or password, the connection fails like a refused one, with
    /// [`SocketError::ProxyAuthenticationRequired`](crate::SocketError::ProxyAuthenticationRequired). If the proxy refuses what a
    /// slot has given, the signal comes again.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.proxy_authentication_required().connect(|(proxy, authenticator)| {
    ///     println!("{} wants to know who you are", proxy.host_name());
    ///     authenticator.set_user("ada");
    ///     authenticator.set_password("lovelace");
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "proxyAuthenticationRequired")]
    pub fn proxy_authentication_required(self) -> Signal<Pair<ByRef<NetworkProxy>, ByRef<Authenticator>>> {
        self.0.signal(|socket| &socket.signals.others_mut().proxy_authentication_required)
    }
}

impl Socket {
    pub(super) fn proxy(&self) -> NetworkProxy {
        let proxy = self.rare().and_then(|rare| rare.proxy.borrow().as_deref().cloned());
        proxy.unwrap_or_default()
    }
}
