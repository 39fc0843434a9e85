/// What a client asks for in the opening handshake besides the URL and header fields: subprotocols.
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
