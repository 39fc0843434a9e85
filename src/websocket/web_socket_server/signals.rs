//! The signals, but for those of TLS.

use super::WebSocketServer;
use crate::core::object_class::signals;
use crate::{ByRef, CloseCode, CorsAuthenticator, SocketError};

signals! { |server|
impl WebSocketServer {
    /// A connection has done the handshake and waits to be taken with
    /// [`next_pending_connection`](WebSocketServer::next_pending_connection). Take all there are, as a slot may miss an emission:
    /// while signals are blocked, for example.
    ///
    /// Settings that a direct slot makes (limits, slots of the socket's signals) hold for the first message.
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
    pub fn new_connection(self) -> Signal<()> = server.new_connection;

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
    pub fn closed(self) -> Signal<()> = server.closed;

    /// A connection could not be accepted, for example because the process has no descriptor left.
    /// [`error_string`](Self::error_string) has the text. Accepting pauses, and is tried again by itself; the signal comes once
    /// for each such pause.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.accept_error().connect(move |_| eprintln!("{}", server.error_string()));
    /// # server.delete();
    /// ```
    #[doc(alias = "acceptError")]
    pub fn accept_error(self) -> Signal<SocketError> = server.accept_error;

    /// Listening failed, or a client was refused: [`error_string`](Self::error_string) says why.
    ///
    /// | what happened | code | the client gets |
    /// |---|---|---|
    /// | [`listen`](Self::listen) failed | [`AbnormalDisconnection`](CloseCode::AbnormalDisconnection) | |
    /// | a server over TLS that listens has a configuration with which no client gets in: when that is set, and for each client | [`AbnormalDisconnection`](CloseCode::AbnormalDisconnection) | an alert, or the end of the connection |
    /// | the request is not valid, or not one for a WebSocket | [`ProtocolError`](CloseCode::ProtocolError) | 400 |
    /// | the client does not speak version 13 | [`ProtocolError`](CloseCode::ProtocolError) | 426 |
    /// | the [origin](Self::origin_authentication_required) is refused | [`PolicyViolated`](CloseCode::PolicyViolated) | 403 |
    /// | the head of the request does not end | [`TooMuchData`](CloseCode::TooMuchData) | 431 |
    /// | [too many](Self::set_max_pending_connections) connections wait | [`AbnormalDisconnection`](CloseCode::AbnormalDisconnection) | 503 |
    /// | the server has [as many](crate::Limits::max_connections) connections as it may | [`AbnormalDisconnection`](CloseCode::AbnormalDisconnection) | 503; over TLS the end of the connection |
    /// | too many [handshakes](crate::Limits::max_handshakes) are under way, or connections [of one address](crate::Limits::max_connections_per_address) open | [`AbnormalDisconnection`](CloseCode::AbnormalDisconnection) | the end of the connection |
    /// | the [name](Self::set_server_name) of the server has a line break | [`AbnormalDisconnection`](CloseCode::AbnormalDisconnection) | 500 |
    ///
    /// A client that leaves, or takes longer than [`handshake_timeout`](Self::handshake_timeout), is not reported. As long as
    /// [`error`](Self::error) is not reset, the same failure is reported once.
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
    pub fn server_error(self) -> Signal<CloseCode> = server.server_error;

    /// A client asks for a connection, from the origin that the authenticator names. A slot refuses it with
    /// [`set_allowed(false)`](CorsAuthenticator::set_allowed), or the connection is accepted; the slot has to be direct. The
    /// signal comes for every valid request that finds room in the queue, also for one without an origin. If a slot panics, the
    /// client is refused.
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
    pub fn origin_authentication_required(self) -> Signal<ByRef<CorsAuthenticator>>
        = server.origin_authentication_required;
}
}
