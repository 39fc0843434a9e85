use std::cell::Cell;

/// The question whether a request from an origin is allowed, and the answer.
///
/// [`WebSocketServer::origin_authentication_required`](crate::WebSocketServer::origin_authentication_required) hands it to
/// its slots; allowed is what the last of them left.
///
/// ```
/// use slotwire::{SslMode, WebSocketServer};
/// let server = WebSocketServer::new("chat", SslMode::NonSecure);
/// server.origin_authentication_required().connect(|authenticator| {
///     authenticator.set_allowed(authenticator.origin() == "https://example.com");
/// });
/// # server.delete();
/// ```
#[doc(alias = "QWebSocketCorsAuthenticator")]
#[derive(Clone, Debug)]
pub struct CorsAuthenticator {
    origin: String,
    allowed: Cell<bool>,
}

impl CorsAuthenticator {
    /// A question about that origin. It is allowed at first.
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), allowed: Cell::new(true) }
    }

    /// The value of the request's `Origin`, empty if it has none: only browsers have to send it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Allows the connection or refuses it (with HTTP status 403). Of effect only while the signal is being emitted; a
    /// queued slot gets a copy.
    #[doc(alias = "setAllowed")]
    pub fn set_allowed(&self, allowed: bool) {
        self.allowed.set(allowed);
    }

    /// Whether the connection is allowed.
    pub fn allowed(&self) -> bool {
        self.allowed.get()
    }
}
