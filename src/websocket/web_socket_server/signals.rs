//! The signals, but for those of TLS.

use super::WebSocketServer;
use crate::websocket::cors_authenticator::CorsAuthenticator;
use crate::websocket::protocol::CloseCode;
use crate::{ByRef, Signal, SocketError};

impl WebSocketServer {
    /// A connection has done the handshake and waits to be taken. Take all there are: one emission may be missed while
    /// signals are blocked.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("Echo", SslMode::NonSecure);
    /// server.new_connection().connect(move |()| {
    ///     while let Some(socket) = server.next_pending_connection() {
    ///         socket.text_message_received().connect(move |text| {
    ///             socket.send_text_message(text);
    ///         });
    ///         socket.disconnected().connect(move |()| socket.delete_later());
    ///     }
    /// });
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "newConnection")]
    pub fn new_connection(self) -> Signal<()> {
        self.0.signal(|server| &server.new_connection)
    }

    /// The server has stopped listening: from the event loop after each [`close`](Self::close).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// let closed = SignalSpy::new(server.closed());
    /// server.close();
    /// assert!(closed.is_empty(), "it comes from the event loop");
    /// assert!(closed.wait(std::time::Duration::from_secs(5)));
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn closed(self) -> Signal<()> {
        self.0.signal(|server| &server.closed)
    }

    /// A connection could not be accepted, because the process has no descriptor left for example. Accepting pauses, and is
    /// tried again by itself; the signal comes once for each such pause. [`error_string`](Self::error_string) has the text.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.accept_error().connect(move |_| eprintln!("{}", server.error_string()));
    /// # server.delete();
    /// ```
    #[doc(alias = "acceptError")]
    pub fn accept_error(self) -> Signal<SocketError> {
        self.0.signal(|server| &server.accept_error)
    }

    /// Listening failed, or the handshake of a client: [`error_string`](Self::error_string) says why. As long as
    /// [`error`](Self::error) is not reset, the same failure is told once.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.server_error().connect(move |code| {
    ///     eprintln!("a client was refused, {code}: {}", server.error_string());
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "serverError")]
    pub fn server_error(self) -> Signal<CloseCode> {
        self.0.signal(|server| &server.server_error)
    }

    /// A client asks for a connection, from the origin that the authenticator names. A slot refuses it with
    /// [`CorsAuthenticator::set_allowed`]; the slot has to be direct. It comes for every valid request that finds room in the
    /// queue, also without an origin.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.origin_authentication_required().connect(|authenticator| {
    ///     authenticator.set_allowed(authenticator.origin() == "https://example.org");
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "originAuthenticationRequired")]
    pub fn origin_authentication_required(self) -> Signal<ByRef<CorsAuthenticator>> {
        self.0.signal(|server| &server.origin_authentication_required)
    }
}
