//! The connection, and its encryption.

use std::fmt;
use std::time::Duration;

use super::SslSocket;
use crate::network::tcp_socket::TcpSocket;
use crate::network::waiting::WaitLimit;
use crate::{SslError, SslSocketMode};

impl SslSocket {
    /// A socket that is not connected. Its configuration is the [default](crate::SslConfiguration::default_configuration).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// assert!(!socket.is_encrypted());
    /// # socket.delete();
    /// ```
    #[expect(clippy::new_without_default, reason = "a default value that has to be deleted would surprise")]
    pub fn new() -> Self {
        Self(TcpSocket::with_encryption())
    }

    /// A socket that takes over the connection of `socket`, with what has arrived and was not read, and its parent. `socket`
    /// itself is deleted later. `None` if it is not connected; then it stays as it is. One that is an `SslSocket` already is
    /// returned itself, in whatever state.
    ///
    /// A server encrypts its connections so: Qt's `incomingConnection()` with `setSocketDescriptor()`.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let identity = SslConfiguration::new();
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     let accepted = server.next_pending_connection().and_then(SslSocket::from_tcp_socket);
    ///     let Some(socket) = accepted else { return };
    ///     socket.set_ssl_configuration(identity.clone());
    ///     socket.start_server_encryption();
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "setSocketDescriptor")]
    pub fn from_tcp_socket(socket: TcpSocket) -> Option<Self> {
        if let Some(socket) = socket.cast() {
            return Some(socket);
        }
        let taken = TcpSocket::with_encryption();
        if !taken.take_over_from(socket) {
            taken.delete();
            return None;
        }
        Some(Self(taken))
    }

    /// Connects to a host as [`connect_to_host`](TcpSocket::connect_to_host) does, and encrypts the connection as soon as it is
    /// established: [`encrypted`](Self::encrypted) follows, or an error.
    ///
    /// The peer's certificate has to be for `host`, or for [`peer_verify_name`](Self::peer_verify_name) if that is set. A socket
    /// that is connected, or connecting, is left as it is.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let mut identity = SslConfiguration::new();
    /// # identity.set_local_certificate(certificate.clone());
    /// # identity.set_private_key(SslKey::from_der(made.signing_key.serialize_der())?);
    /// # identity.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let port = server.server_port();
    /// # server.new_connection().connect(move |()| {
    /// #     let accepted = server.next_pending_connection().and_then(SslSocket::from_tcp_socket);
    /// #     let Some(peer) = accepted else { return };
    /// #     peer.set_ssl_configuration(identity.clone());
    /// #     peer.start_server_encryption();
    /// #     peer.ready_read().connect(move |()| { peer.write(&peer.read_all()); });
    /// # });
    /// # let mut trusting = SslConfiguration::new();
    /// # trusting.set_ca_certificates([certificate.clone()]);
    /// # let socket = SslSocket::new();
    /// # socket.set_ssl_configuration(trusting);
    /// socket.connect_to_host_encrypted("localhost", port);
    /// assert!(SignalSpy::new(socket.encrypted()).wait(std::time::Duration::from_secs(10)));
    /// assert!(socket.is_encrypted());
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "connectToHostEncrypted")]
    pub fn connect_to_host_encrypted(self, host: impl fmt::Display, port: u16) {
        self.with_ssl(|socket, _| socket.connect_to_host_encrypted(host.to_string(), port));
    }

    /// As [`connect_to_host_encrypted`](Self::connect_to_host_encrypted), after
    /// [`set_peer_verify_name`](Self::set_peer_verify_name): the certificate has to be for that name.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let mut identity = SslConfiguration::new();
    /// # identity.set_local_certificate(certificate.clone());
    /// # identity.set_private_key(SslKey::from_der(made.signing_key.serialize_der())?);
    /// # identity.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let port = server.server_port();
    /// # server.new_connection().connect(move |()| {
    /// #     let accepted = server.next_pending_connection().and_then(SslSocket::from_tcp_socket);
    /// #     let Some(peer) = accepted else { return };
    /// #     peer.set_ssl_configuration(identity.clone());
    /// #     peer.start_server_encryption();
    /// #     peer.ready_read().connect(move |()| { peer.write(&peer.read_all()); });
    /// # });
    /// # let mut trusting = SslConfiguration::new();
    /// # trusting.set_ca_certificates([certificate.clone()]);
    /// # let socket = SslSocket::new();
    /// # socket.set_ssl_configuration(trusting);
    /// // By its address, whatever the name service says.
    /// socket.connect_to_host_encrypted_as("127.0.0.1", port, "localhost");
    /// assert!(SignalSpy::new(socket.encrypted()).wait(std::time::Duration::from_secs(10)));
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "connectToHostEncrypted")]
    pub fn connect_to_host_encrypted_as(self, host: impl fmt::Display, port: u16, peer_name: &str) {
        self.set_peer_verify_name(peer_name);
        self.connect_to_host_encrypted(host, port);
    }

    /// Encrypts an established connection, as the client of TLS: `STARTTLS` and the like. [`mode_changed`](Self::mode_changed) is
    /// emitted inside the call; the handshake begins with the event loop, and [`encrypted`](Self::encrypted) follows, or an
    /// error.
    ///
    /// Output from before the call goes out first, as it is; output from here on is encrypted. Input that has arrived and was not
    /// read counts as the beginning of what the peer sends encrypted: nothing that was injected before is ever taken for the
    /// peer's. So read the peer's consent before the call.
    ///
    /// The peer's certificate has to be for the host that was connected to, or for
    /// [`peer_verify_name`](Self::peer_verify_name) if that is set; an accepted socket has only the latter. No time limits the
    /// handshake: a program that wants one starts a [`Timer`](crate::Timer).
    ///
    /// It does nothing, but for a warning, while not connected, or if the connection is encrypted already.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// // A client of SMTP (RFC 3207); the greeting is read, and EHLO answered.
    /// let socket = SslSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     while socket.can_read_line() {
    ///         if socket.read_line().starts_with(b"220 ") && !socket.is_encrypted() {
    ///             socket.start_client_encryption();
    ///         }
    ///     }
    /// });
    /// socket.encrypted().connect(move |()| {
    ///     socket.write(b"EHLO here.example\r\n");
    /// });
    /// socket.write(b"STARTTLS\r\n");
    /// # socket.delete();
    /// ```
    #[doc(alias = "startClientEncryption")]
    pub fn start_client_encryption(self) {
        self.with_ssl(|socket, _| socket.start_encryption(SslSocketMode::Client));
    }

    /// Encrypts an established connection, as the server of TLS, with the certificate and key of its
    /// [configuration](Self::set_ssl_configuration). All else is as with
    /// [`start_client_encryption`](Self::start_client_encryption): a client's hello that has arrived already is read. Without a
    /// certificate or its key, the handshake of each client fails with [`error_occurred`](TcpSocket::error_occurred).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let identity = SslConfiguration::new();
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     let accepted = server.next_pending_connection().and_then(SslSocket::from_tcp_socket);
    ///     let Some(socket) = accepted else { return };
    ///     socket.set_ssl_configuration(identity.clone());
    ///     socket.ready_read().connect(move |()| {
    ///         if socket.mode() == SslSocketMode::Unencrypted && socket.can_read_line() {
    ///             assert_eq!(socket.read_line(), b"STARTTLS\r\n");
    ///             socket.write(b"220 go ahead\r\n");
    ///             socket.start_server_encryption();
    ///         }
    ///     });
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "startServerEncryption")]
    pub fn start_server_encryption(self) {
        self.with_ssl(|socket, _| socket.start_encryption(SslSocketMode::Server));
    }

    /// Returns whether the handshake is done: from [`encrypted`](Self::encrypted) until the end of the connection, just before
    /// [`disconnected`](TcpSocket::disconnected).
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let mut identity = SslConfiguration::new();
    /// # identity.set_local_certificate(certificate.clone());
    /// # identity.set_private_key(SslKey::from_der(made.signing_key.serialize_der())?);
    /// # identity.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let port = server.server_port();
    /// # server.new_connection().connect(move |()| {
    /// #     let accepted = server.next_pending_connection().and_then(SslSocket::from_tcp_socket);
    /// #     let Some(peer) = accepted else { return };
    /// #     peer.set_ssl_configuration(identity.clone());
    /// #     peer.start_server_encryption();
    /// #     peer.ready_read().connect(move |()| { peer.write(&peer.read_all()); });
    /// # });
    /// # let mut trusting = SslConfiguration::new();
    /// # trusting.set_ca_certificates([certificate.clone()]);
    /// # let socket = SslSocket::new();
    /// # socket.set_ssl_configuration(trusting);
    /// socket.connect_to_host_encrypted("localhost", port);
    /// assert!(SignalSpy::new(socket.encrypted()).wait(std::time::Duration::from_secs(10)));
    /// assert!(socket.is_encrypted());
    /// socket.abort();
    /// assert!(!socket.is_encrypted());
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "isEncrypted")]
    pub fn is_encrypted(self) -> bool {
        self.with_ssl(|_, ssl| ssl.is_encrypted.get()).unwrap_or(false)
    }

    /// The part that the socket plays in the encryption; from the beginning of that until it is connected again.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.connected().connect(move |()| {
    ///     if socket.mode() == SslSocketMode::Unencrypted {
    ///         println!("{} may be read by everybody", socket.peer_name());
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    pub fn mode(self) -> SslSocketMode {
        self.with_ssl(|_, ssl| ssl.mode.get()).unwrap_or_default()
    }

    /// The number of bytes that have arrived and cannot be decrypted yet, because the rest of their record is missing. The back
    /// end `openssl` has them itself, and they are not counted, as in Qt.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// assert_eq!(socket.encrypted_bytes_available(), 0);
    /// # socket.delete();
    /// ```
    #[doc(alias = "encryptedBytesAvailable")]
    pub fn encrypted_bytes_available(self) -> usize {
        self.with_ssl(|socket, _| socket.engine()).flatten().map_or(0, |engine| engine.bytes_to_decrypt())
    }

    /// The number of encrypted bytes that the system has not taken yet. [`bytes_to_write`](TcpSocket::bytes_to_write) counts those
    /// that are not encrypted yet.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// assert_eq!(socket.encrypted_bytes_to_write(), 0);
    /// # socket.delete();
    /// ```
    #[doc(alias = "encryptedBytesToWrite")]
    pub fn encrypted_bytes_to_write(self) -> usize {
        let engine = self.with_ssl(|socket, _| socket.engine()).flatten();
        engine.map_or(0, |engine| engine.encrypted_bytes_to_write())
    }

    /// All that is wrong with the peer's certificate, as [`ssl_errors`](Self::ssl_errors) has said; empty if nothing is.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let mut identity = SslConfiguration::new();
    /// # identity.set_local_certificate(certificate.clone());
    /// # identity.set_private_key(SslKey::from_der(made.signing_key.serialize_der())?);
    /// # identity.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let port = server.server_port();
    /// # server.new_connection().connect(move |()| {
    /// #     let accepted = server.next_pending_connection().and_then(SslSocket::from_tcp_socket);
    /// #     let Some(peer) = accepted else { return };
    /// #     peer.set_ssl_configuration(identity.clone());
    /// #     peer.start_server_encryption();
    /// #     peer.ready_read().connect(move |()| { peer.write(&peer.read_all()); });
    /// # });
    /// # let mut trusting = SslConfiguration::new();
    /// # trusting.set_ca_certificates([certificate.clone()]);
    /// # let socket = SslSocket::new();
    /// # socket.set_ssl_configuration(trusting);
    /// socket.ssl_errors().connect(move |_| socket.ignore_ssl_errors());
    /// socket.connect_to_host_encrypted("127.0.0.1", port);
    /// assert!(SignalSpy::new(socket.encrypted()).wait(std::time::Duration::from_secs(10)));
    /// let kinds: Vec<_> = socket.ssl_handshake_errors().iter().map(SslError::kind).collect();
    /// assert_eq!(kinds, [SslErrorKind::HostNameMismatch]);
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "sslHandshakeErrors")]
    pub fn ssl_handshake_errors(self) -> Vec<SslError> {
        self.with_ssl(|_, ssl| ssl.errors.borrow().clone()).unwrap_or_default()
    }

    /// Lets the connection go on, whatever is wrong with the peer's certificate.
    ///
    /// It is called in a slot of [`ssl_errors`](Self::ssl_errors), or before, once the socket is connecting, and holds for one
    /// connection. **Whoever is in between reads and writes along.**
    ///
    /// It has no effect if there is a [list](Self::ignore_ssl_errors_for) of errors.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.ssl_errors().connect(move |errors| {
    ///     // As long as nothing else is wrong than that it has expired.
    ///     if errors.iter().all(|error| error.kind() == SslErrorKind::CertificateExpired) {
    ///         socket.ignore_ssl_errors();
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "ignoreSslErrors")]
    pub fn ignore_ssl_errors(self) {
        self.with_ssl(|_, ssl| ssl.ignored.ignore_all());
    }

    /// Lets connections go on if nothing but these errors is wrong with the peer's certificate: from now on, and in place of
    /// those that were given before. An error counts with its certificate.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let mut identity = SslConfiguration::new();
    /// # identity.set_local_certificate(certificate.clone());
    /// # identity.set_private_key(SslKey::from_der(made.signing_key.serialize_der())?);
    /// # identity.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = TcpServer::new();
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let port = server.server_port();
    /// # server.new_connection().connect(move |()| {
    /// #     let accepted = server.next_pending_connection().and_then(SslSocket::from_tcp_socket);
    /// #     let Some(peer) = accepted else { return };
    /// #     peer.set_ssl_configuration(identity.clone());
    /// #     peer.start_server_encryption();
    /// #     peer.ready_read().connect(move |()| { peer.write(&peer.read_all()); });
    /// # });
    /// # let mut trusting = SslConfiguration::new();
    /// # trusting.set_ca_certificates([certificate.clone()]);
    /// # let socket = SslSocket::new();
    /// # socket.set_ssl_configuration(trusting);
    /// // The test server's certificate has the wrong name, and nobody else has that certificate.
    /// let expected = SslError::with_certificate(SslErrorKind::HostNameMismatch, certificate);
    /// socket.ignore_ssl_errors_for(&[expected]);
    /// socket.connect_to_host_encrypted("127.0.0.1", port);
    /// assert!(SignalSpy::new(socket.encrypted()).wait(std::time::Duration::from_secs(10)));
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "ignoreSslErrors")]
    pub fn ignore_ssl_errors_for(self, errors: &[SslError]) {
        self.with_ssl(|_, ssl| ssl.ignored.ignore(errors));
    }

    /// In a slot of [`handshake_interrupted_on_error`](Self::handshake_interrupted_on_error): lets the handshake go on. The
    /// errors are told by [`ssl_errors`](Self::ssl_errors) then, and have to be ignored there.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.handshake_interrupted_on_error().connect(move |error| {
    ///     if error.kind() == SslErrorKind::SelfSignedCertificate {
    ///         socket.continue_interrupted_handshake();
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "continueInterruptedHandshake")]
    pub fn continue_interrupted_handshake(self) {
        self.with_ssl(|_, ssl| ssl.goes_on.set(true));
    }

    /// Goes on after a [pause](Self::set_pause_mode), from the event loop: the connection is encrypted if the errors have been
    /// ignored meanwhile, or else fails.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.set_pause_mode(PauseMode::OnSslErrors);
    /// let is_it_good = |answer: bool| {
    ///     if answer {
    ///         socket.ignore_ssl_errors();
    ///     }
    ///     socket.resume();
    /// };
    /// # is_it_good(true);
    /// # socket.delete();
    /// ```
    pub fn resume(self) {
        self.with_ssl(|socket, _| socket.resume());
    }

    /// Waits until the connection is encrypted; returns whether it is, at once if it was before. A socket that connects is
    /// [waited for](TcpSocket::wait_for_connected) first.
    ///
    /// It returns `false` without a wait if no encryption was asked for, and as soon as the connection has ended. All else is as
    /// with [`wait_for_ready_read`](TcpSocket::wait_for_ready_read).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// # let _pinned = HostInfo::pin("mail.example", &[]);
    /// socket.connect_to_host_encrypted("mail.example", 465);
    /// if socket.wait_for_encrypted(std::time::Duration::from_secs(30)) {
    ///     socket.write(b"EHLO here.example\r\n");
    /// } else {
    ///     println!("{}", socket.error_string());
    /// }
    /// # socket.delete();
    /// ```
    #[doc(alias = "waitForEncrypted")]
    pub fn wait_for_encrypted(self, timeout: impl Into<Option<Duration>>) -> bool {
        let limit = WaitLimit::after(timeout.into());
        self.with_ssl(|socket, _| socket.clone()).is_some_and(|socket| socket.wait_for_encrypted(limit))
    }
}
