use std::cell::Cell;

/// The question whether a server allows a connection from an origin, and the answer.
///
/// The origin is that of the page that asks for the connection in a browser: `https://example.com`.
/// [`WebSocketServer::origin_authentication_required`](crate::WebSocketServer::origin_authentication_required) hands the question
/// to its slots; what the last of them leaves as [`allowed`](Self::allowed) is the answer.
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
    /// A question about that origin, which is allowed unless a slot says otherwise.
    ///
    /// ```
    /// use slotwire::CorsAuthenticator;
    /// // To try the slot of a server without a server:
    /// let is_ours = |authenticator: &CorsAuthenticator| {
    ///     authenticator.set_allowed(authenticator.origin().ends_with(".example.com"));
    /// };
    /// let stranger = CorsAuthenticator::new("https://example.org");
    /// is_ours(&stranger);
    /// assert!(!stranger.allowed());
    /// ```
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), allowed: Cell::new(true) }
    }

    /// The value of the request's header field `Origin`; empty if there is none, as only browsers have to send it.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer};
    /// let server = WebSocketServer::new("chat", SslMode::NonSecure);
    /// server.origin_authentication_required().connect(|authenticator| {
    ///     match authenticator.origin() {
    ///         "" => println!("a program, not a page in a browser"),
    ///         origin => println!("a page of {origin}"),
    ///     }
    /// });
    /// # server.delete();
    /// ```
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Allows the connection or refuses it (with HTTP status 403). It has an effect only while the signal is emitted: a queued
    /// slot comes too late, and gets a copy.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.origin_authentication_required().connect(|authenticator| {
    ///     authenticator.set_allowed(false);
    /// });
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// let socket = WebSocket::with_origin("https://example.org");
    /// socket.error_occurred().connect(move |error| {
    ///     assert_eq!(error, SocketError::ConnectionRefused);
    ///     assert!(socket.error_string().contains("403"));
    /// #     Application::quit();
    /// });
    /// # socket.open(server.server_url());
    /// # Application::exec();
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setAllowed")]
    pub fn set_allowed(&self, allowed: bool) {
        self.allowed.set(allowed);
    }

    /// Returns whether the connection is allowed.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer};
    /// let server = WebSocketServer::new("chat", SslMode::NonSecure);
    /// // Connected last, so it sees what the slots before it have decided.
    /// server.origin_authentication_required().connect(|authenticator| {
    ///     if !authenticator.allowed() {
    ///         println!("{} was turned away", authenticator.origin());
    ///     }
    /// });
    /// # server.delete();
    /// ```
    pub fn allowed(&self) -> bool {
        self.allowed.get()
    }
}
