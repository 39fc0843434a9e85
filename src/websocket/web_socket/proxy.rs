//! The proxy that a socket's connection goes through. What is said to it stands in `network/proxy_handshake.rs`.

use super::WebSocket;
use super::private::WebSocketPrivate;
use crate::{Authenticator, ByRef, NetworkProxy, Pair, Signal};

impl WebSocket {
    /// The proxy that connections go through, of [`ProxyType::Default`](crate::ProxyType::Default) at first.
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
        self.0.with(WebSocketPrivate::proxy).unwrap_or_default()
    }

    /// Sets the proxy that connections go through, from the next [`open`](Self::open) on. With one that cannot connect
    /// anybody, `open` fails like a refused connection, with `UnsupportedSocketOperation`.
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

    /// The proxy wants to know who asks, or refuses who it was told; the user and password of the
    /// [`NetworkProxy`] were tried before. A slot fills the authenticator in, before it returns; it has to be direct.
    ///
    /// If none gives a new user or password, the connection fails like a refused one, with
    /// [`SocketError::ProxyAuthenticationRequired`](crate::SocketError::ProxyAuthenticationRequired). With a wrong one, the
    /// signal comes again.
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

impl WebSocketPrivate {
    pub(super) fn proxy(&self) -> NetworkProxy {
        let proxy = self.rare().and_then(|rare| rare.proxy.borrow().as_deref().cloned());
        proxy.unwrap_or_default()
    }
}
