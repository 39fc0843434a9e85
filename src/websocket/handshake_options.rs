#[cfg(feature = "deflate")]
use std::sync::Arc;

#[cfg(feature = "deflate")]
use super::protocol::Compression;

/// A client's requests for the opening handshake besides the URL and header fields: subprotocols, and compression.
///
/// ```
/// use slotwire::HandshakeOptions;
/// let options = HandshakeOptions::new().with_subprotocols(["chat.v2", "chat.v1"]);
/// assert_eq!(options.subprotocols(), ["chat.v2", "chat.v1"]);
/// ```
#[doc(alias = "QWebSocketHandshakeOptions")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandshakeOptions {
    subprotocols: Vec<String>,
    #[cfg(feature = "deflate")]
    compression: Option<Arc<Compression>>,
}

impl HandshakeOptions {
    /// Options that ask for nothing: those of [`WebSocket::open`](crate::WebSocket::open).
    ///
    /// ```
    /// use slotwire::{HandshakeOptions, WebSocket};
    /// let options = HandshakeOptions::new();
    /// assert!(options.subprotocols().is_empty());
    ///
    /// let socket = WebSocket::new();
    /// socket.open_with("ws://localhost:1234", options); // the same as `open`
    /// # socket.delete();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The subprotocols to offer, the preferred one first, as they were set.
    ///
    /// ```
    /// use slotwire::HandshakeOptions;
    /// let options = HandshakeOptions::new().with_subprotocols(["chat.v2", "chat.v1"]);
    /// assert_eq!(options.subprotocols()[0], "chat.v2"); // the preferred one
    /// ```
    pub fn subprotocols(&self) -> &[String] {
        &self.subprotocols
    }

    /// Sets the subprotocols to offer, the preferred one first. A name that is not valid (RFC 6455 §4.1) is left out of the
    /// request, with a warning in the log; so is one that is there already.
    ///
    /// ```
    /// use slotwire::HandshakeOptions;
    /// let mut options = HandshakeOptions::new();
    /// options.set_subprotocols(["chat.v1"]);
    /// options.set_subprotocols(["chat.v3", "chat.v2"]); // in place of those before
    /// assert_eq!(options.subprotocols(), ["chat.v3", "chat.v2"]);
    /// ```
    #[doc(alias = "setSubprotocols")]
    pub fn set_subprotocols<S: Into<String>>(&mut self, subprotocols: impl IntoIterator<Item = S>) {
        self.subprotocols = subprotocols.into_iter().map(Into::into).collect();
    }

    /// These options with the subprotocols set, as by [`set_subprotocols`](Self::set_subprotocols): for a chain of calls.
    ///
    /// ```
    /// use slotwire::{HandshakeOptions, WebSocket};
    /// let socket = WebSocket::new();
    /// let options = HandshakeOptions::new().with_subprotocols(["mqtt"]);
    /// socket.open_with("ws://localhost:1234", options);
    /// assert_eq!(socket.handshake_options().subprotocols(), ["mqtt"]);
    /// # socket.delete();
    /// ```
    #[doc(alias = "setSubprotocols")]
    #[must_use]
    pub fn with_subprotocols<S: Into<String>>(mut self, subprotocols: impl IntoIterator<Item = S>) -> Self {
        self.set_subprotocols(subprotocols);
        self
    }
}

#[cfg(feature = "deflate")]
impl HandshakeOptions {
    /// The same, for the connections that are opened with it.
    pub(crate) fn shared_compression(&self) -> Option<Arc<Compression>> {
        self.compression.clone()
    }

    /// The compression to offer, if any.
    ///
    /// ```
    /// use slotwire::HandshakeOptions;
    /// assert_eq!(HandshakeOptions::new().compression(), None);
    /// ```
    #[must_use]
    pub fn compression(&self) -> Option<&Compression> {
        self.compression.as_deref()
    }

    /// Sets the compression to offer; `None`, as at first, offers none. Whether the server has agreed, and on what,
    /// [`WebSocket::compression`](crate::WebSocket::compression) says from `connected` on.
    ///
    /// ```
    /// use slotwire::{Compression, HandshakeOptions};
    /// let mut options = HandshakeOptions::new();
    /// options.set_compression(Compression::new());
    /// assert!(options.compression().is_some());
    /// options.set_compression(None);
    /// assert_eq!(options, HandshakeOptions::new());
    /// ```
    ///
    /// # Qt
    /// Qt 6 has no compression.
    pub fn set_compression(&mut self, compression: impl Into<Option<Compression>>) {
        self.compression = compression.into().map(Arc::new);
    }

    /// These options with the compression set, as by [`set_compression`](Self::set_compression): for a chain of calls.
    ///
    /// ```
    /// use slotwire::prelude::*;
    ///
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.set_compression(Compression::new());
    /// server.listen(HostAddress::LocalHost, 0)?;
    ///
    /// let socket = WebSocket::new();
    /// let options = HandshakeOptions::new().with_compression(Compression::new());
    /// socket.open_with(server.server_url(), options);
    /// socket.connected().connect(move |()| {
    ///     let agreed = socket.compression().expect("both sides want it");
    ///     assert_eq!(agreed.server_max_window_bits(), 12);
    ///     Application::quit();
    /// });
    /// Application::exec();
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[must_use]
    pub fn with_compression(mut self, compression: impl Into<Option<Compression>>) -> Self {
        self.set_compression(compression);
        self
    }
}
