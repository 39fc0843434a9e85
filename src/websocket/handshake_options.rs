/// What to ask for in the opening handshake, besides the URL and header fields.
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
    /// Nothing in particular.
    pub fn new() -> Self {
        Self::default()
    }

    /// The subprotocols to offer, the preferred one first, as they were set.
    pub fn subprotocols(&self) -> &[String] {
        &self.subprotocols
    }

    /// Sets the subprotocols to offer, the preferred one first. A name that is not valid (RFC 6455 §4.1) is left out of the
    /// request, with a warning in the log; so is one that is there already.
    #[doc(alias = "setSubprotocols")]
    pub fn set_subprotocols<S: Into<String>>(&mut self, subprotocols: impl IntoIterator<Item = S>) {
        self.subprotocols = subprotocols.into_iter().map(Into::into).collect();
    }

    /// As [`set_subprotocols`](Self::set_subprotocols), in a chain.
    #[doc(alias = "setSubprotocols")]
    #[must_use]
    pub fn with_subprotocols<S: Into<String>>(mut self, subprotocols: impl IntoIterator<Item = S>) -> Self {
        self.set_subprotocols(subprotocols);
        self
    }
}
