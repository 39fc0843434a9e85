//! The signals of the encryption.

use super::SslSocket;
use crate::{
    AlertLevel, AlertType, ByRef, PreSharedKeyAuthenticator, Signal, SslError, SslSocketMode, Triple,
};

impl SslSocket {
    /// Emitted when the handshake is done: from here on everything is encrypted, and the peer is who it has to be.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.encrypted().connect(move |()| {
    ///     if let Some(cipher) = socket.session_cipher() {
    ///         println!("encrypted by {}", cipher.name());
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    pub fn encrypted(self) -> Signal<()> {
        self.ssl_signal(|ssl| &ssl.encrypted)
    }

    /// Emitted when encryption has been asked for and is about to begin, with the new [mode](Self::mode). That it ends with the
    /// connection is not emitted.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.mode_changed().connect(|mode| println!("TLS begins, as {mode:?}"));
    /// # socket.delete();
    /// ```
    #[doc(alias = "modeChanged")]
    pub fn mode_changed(self) -> Signal<SslSocketMode> {
        self.ssl_signal(|ssl| &ssl.mode_changed)
    }

    /// One of the errors of the peer's certificate: all of them, one by one, before [`ssl_errors`](Self::ssl_errors).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.peer_verify_error().connect(|error| {
    ///     let whose = error.certificate().map(SslCertificate::subject_display_name);
    ///     println!("{error}: {}", whose.unwrap_or_default());
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "peerVerifyError")]
    pub fn peer_verify_error(self) -> Signal<ByRef<SslError>> {
        self.ssl_signal(|ssl| &ssl.peer_verify_error)
    }

    /// All that is wrong with the peer's certificate. The connection fails unless a slot calls
    /// [`ignore_ssl_errors`](Self::ignore_ssl_errors), or the socket [pauses](Self::set_pause_mode); if the peer is
    /// [not verified](crate::PeerVerifyMode), it goes on in any case.
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
    /// socket.ssl_errors().connect(move |errors| {
    ///     let kinds: Vec<_> = errors.iter().map(SslError::kind).collect();
    ///     assert_eq!(kinds, [SslErrorKind::HostNameMismatch]);
    ///     socket.ignore_ssl_errors();
    /// });
    /// socket.connect_to_host_encrypted("127.0.0.1", port);
    /// assert!(SignalSpy::new(socket.encrypted()).wait(std::time::Duration::from_secs(10)));
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "sslErrors")]
    pub fn ssl_errors(self) -> Signal<[SslError]> {
        self.ssl_signal(|ssl| &ssl.ssl_errors)
    }

    /// Emitted when the system has taken bytes of the encrypted connection, with their number, after
    /// [`bytes_written`](crate::TcpSocket::bytes_written), which counts the bytes of the program that are among them.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.encrypted_bytes_written().connect(|count| println!("{count} bytes on the wire"));
    /// # socket.delete();
    /// ```
    #[doc(alias = "encryptedBytesWritten")]
    pub fn encrypted_bytes_written(self) -> Signal<usize> {
        self.ssl_signal(|ssl| &ssl.encrypted_bytes_written)
    }

    /// An error of the peer's certificate, as soon as it is found, if
    /// [`SslConfiguration::set_handshake_must_interrupt_on_error`](crate::SslConfiguration::set_handshake_must_interrupt_on_error)
    /// asks for it: the peer gets an alert and the connection fails, unless a slot of a client calls
    /// [`continue_interrupted_handshake`](Self::continue_interrupted_handshake).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// let mut configuration = socket.ssl_configuration();
    /// configuration.set_handshake_must_interrupt_on_error(true);
    /// socket.set_ssl_configuration(configuration);
    /// socket.handshake_interrupted_on_error().connect(|error| println!("refused: {error}"));
    /// # socket.delete();
    /// ```
    #[doc(alias = "handshakeInterruptedOnError")]
    pub fn handshake_interrupted_on_error(self) -> Signal<ByRef<SslError>> {
        self.ssl_signal(|ssl| &ssl.handshake_interrupted_on_error)
    }

    /// A pre-shared key is wanted: a slot fills in the key, and in a client, for whom it is. Only with OpenSSL
    /// ([`SslSocket::set_active_backend`]). The slot has to be direct.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.pre_shared_key_authentication_required().connect(|authenticator| {
    ///     authenticator.set_identity("meter 17");
    ///     authenticator.set_pre_shared_key("a key that nobody can guess");
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "preSharedKeyAuthenticationRequired")]
    pub fn pre_shared_key_authentication_required(self) -> Signal<ByRef<PreSharedKeyAuthenticator>> {
        self.ssl_signal(|ssl| &ssl.pre_shared_key_authentication_required)
    }

    /// An alert was sent to the peer: level, type, and OpenSSL's description. `CLOSE_NOTIFY` is the end of what this side sends;
    /// it is also emitted when a connection ends without it.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.alert_sent().connect(|(level, _kind, text)| println!("sent: {level:?}, {text}"));
    /// # socket.delete();
    /// ```
    #[doc(alias = "alertSent")]
    pub fn alert_sent(self) -> Signal<Triple<AlertLevel, AlertType, str>> {
        self.ssl_signal(|ssl| &ssl.alert_sent)
    }

    /// The peer has sent an alert: level, type, and OpenSSL's description. `CLOSE_NOTIFY` is the end of what it sends.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.alert_received().connect(|(_level, kind, text)| {
    ///     if kind != AlertType::CLOSE_NOTIFY {
    ///         println!("the other side is not content: {text}");
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "alertReceived")]
    pub fn alert_received(self) -> Signal<Triple<AlertLevel, AlertType, str>> {
        self.ssl_signal(|ssl| &ssl.alert_received)
    }
}
