use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use super::back_end;
use super::ssl_configuration::SslConfiguration;
use crate::network::host_address::HostAddress;
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

/// # Back ends
impl SslSocket {
    /// The TLS libraries that are compiled in, the default first: `rustls` (cargo features `aws-lc-rs`, on by default, or
    /// `ring`) and `openssl` (the cargo feature of that name), which alone has pre-shared keys.
    ///
    /// ```
    /// use slotwire::SslSocket;
    /// if SslSocket::available_backends().contains(&"openssl") {
    ///     println!("pre-shared keys are supported");
    /// }
    /// # assert!(!SslSocket::available_backends().is_empty());
    /// ```
    #[doc(alias = "availableBackends")]
    pub fn available_backends() -> &'static [&'static str] {
        back_end::NAMES
    }

    /// The TLS library that encrypts new connections.
    ///
    /// ```
    /// use slotwire::SslSocket;
    /// assert_eq!(SslSocket::active_backend(), SslSocket::available_backends()[0]);
    /// ```
    #[doc(alias = "activeBackend")]
    pub fn active_backend() -> &'static str {
        back_end::active()
    }

    /// Sets the TLS library that encrypts new connections of this process; existing ones keep theirs. Returns `false`, and
    /// changes nothing, if there is no library of that name.
    ///
    /// ```
    /// use slotwire::SslSocket;
    ///
    /// if !SslSocket::set_active_backend("openssl") {
    ///     println!("no pre-shared keys: the cargo feature `openssl` is off");
    /// }
    /// assert!(SslSocket::available_backends().contains(&SslSocket::active_backend()));
    /// # SslSocket::set_active_backend(SslSocket::available_backends()[0]);
    /// ```
    ///
    /// # Qt
    ///
    /// Qt has one back end for the life of a process: whatever was used first.
    #[doc(alias = "setActiveBackend")]
    pub fn set_active_backend(name: &str) -> bool {
        back_end::set_active(name)
    }
}

impl fmt::Debug for SslSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SslSocket").field("peer", &self.engine.peer()).finish_non_exhaustive()
    }
}
