use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::SslConfiguration;
use crate::HostAddress;
use crate::network::socket_engine::SocketEngine;

/// A connection that a server encrypts, while its client's certificate is judged:
/// [`WebSocketServer::ssl_errors_occurred`](crate::WebSocketServer::ssl_errors_occurred) lends it to its slots.
///
/// ```
/// use slotwire::{SslErrorKind, SslMode, WebSocketServer};
///
/// let server = WebSocketServer::new("Bank", SslMode::Secure);
/// server.ssl_errors_occurred().connect(|(socket, errors)| {
///     // A client without a certificate is let in all the same.
///     if errors.iter().all(|error| error.kind() == SslErrorKind::NoPeerCertificate) {
///         socket.ignore_ssl_errors();
///     }
/// });
/// # server.delete();
/// ```
///
/// # Qt
///
/// It has what a slot of a server needs of `QSslSocket`. A client's connection is a [`WebSocket`](crate::WebSocket), which has
/// these methods itself.
#[doc(alias = "QSslSocket")]
#[derive(Clone)]
pub struct SslSocket {
    engine: Rc<SocketEngine>,
    ignores_all: Rc<Cell<bool>>,
}

impl SslSocket {
    pub(crate) fn new(engine: Rc<SocketEngine>) -> Self {
        Self { engine, ignores_all: Rc::default() }
    }

    pub(crate) fn ignores_all(&self) -> bool {
        self.ignores_all.get()
    }

    /// Lets the connection go on whatever is wrong with the client's certificate. It has an effect in the slot only, not later.
    ///
    /// ```
    /// use slotwire::{SslErrorKind, SslMode, WebSocketServer};
    /// // A server that verifies its clients, and still lets in one whose certificate has expired.
    /// let server = WebSocketServer::new("Bank", SslMode::Secure);
    /// server.ssl_errors_occurred().connect(|(socket, errors)| {
    ///     if errors.iter().all(|error| error.kind() == SslErrorKind::CertificateExpired) {
    ///         socket.ignore_ssl_errors();
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "ignoreSslErrors")]
    pub fn ignore_ssl_errors(&self) {
        self.ignores_all.set(true);
    }

    /// The server's configuration, with what was negotiated so far: the client's certificates, the protocol, the cipher.
    ///
    /// ```
    /// use slotwire::{HashAlgorithm, SslMode, WebSocketServer};
    /// # fn is_known(_fingerprint: &[u8]) -> bool { true }
    /// // Clients have self-signed certificates, and are known by the fingerprints of these.
    /// let server = WebSocketServer::new("Bank", SslMode::Secure);
    /// server.ssl_errors_occurred().connect(|(socket, _errors)| {
    ///     let configuration = socket.ssl_configuration();
    ///     let Some(certificate) = configuration.peer_certificate() else { return };
    ///     if is_known(&certificate.digest(HashAlgorithm::Sha256)) {
    ///         socket.ignore_ssl_errors();
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "sslConfiguration")]
    pub fn ssl_configuration(&self) -> SslConfiguration {
        self.engine.ssl_configuration().unwrap_or_default()
    }

    /// The client's address.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer};
    /// let server = WebSocketServer::new("Bank", SslMode::Secure);
    /// server.ssl_errors_occurred().connect(|(socket, _errors)| {
    ///     // Programs on this machine need no certificate.
    ///     if socket.peer_address().is_loopback() {
    ///         socket.ignore_ssl_errors();
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "peerAddress")]
    pub fn peer_address(&self) -> HostAddress {
        self.engine.peer().0
    }

    /// The client's port.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer};
    /// let server = WebSocketServer::new("Bank", SslMode::Secure);
    /// server.ssl_errors_occurred().connect(|(socket, errors)| {
    ///     println!("{} port {}: {errors:?}", socket.peer_address(), socket.peer_port());
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "peerPort")]
    pub fn peer_port(&self) -> u16 {
        self.engine.peer().1
    }
}

impl fmt::Debug for SslSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SslSocket").field("peer", &self.engine.peer()).finish_non_exhaustive()
    }
}
