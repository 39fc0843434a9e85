//! The settings and signals of TLS.

use crate::WebSocket;
use crate::core::object_class::signals;
use crate::{AlertLevel, AlertType, ByRef, PreSharedKeyAuthenticator, SslConfiguration, SslError, Triple};

/// # TLS
///
/// Only with a TLS back end: one of the cargo features `aws-lc-rs` (on by default), `ring` and `openssl`.
impl WebSocket {
    /// The configuration with which a `wss` connection is encrypted. From [`ssl_errors`](Self::ssl_errors) on, and once it is
    /// encrypted, it also has the negotiated parameters: protocol, cipher, the peer's certificates.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let mut trusting = SslConfiguration::new();
    /// # trusting.set_ca_certificates([certificate.clone()]);
    /// # let socket = WebSocket::new();
    /// # socket.set_ssl_configuration(trusting);
    /// # socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// # assert!(SignalSpy::new(socket.connected()).wait(std::time::Duration::from_secs(10)));
    /// // `socket` is connected to a `wss` URL.
    /// let negotiated = socket.ssl_configuration();
    /// assert_eq!(negotiated.session_protocol(), Some(SslProtocol::TlsV1_3));
    /// assert!(negotiated.peer_certificate().is_some());
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "sslConfiguration")]
    pub fn ssl_configuration(self) -> SslConfiguration {
        self.0.with_object(|socket| socket.ssl_configuration()).unwrap_or_default()
    }

    /// Sets what the next `wss` connection that is [`open`](Self::open)ed is encrypted with. It has no effect on one that is open
    /// or being opened, also if that needs a second connection (401): the configuration with which it was opened decides on its
    /// trust.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let pem = certificate.to_pem();
    /// // The server's certificate comes from an authority of the house.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_ca_certificates(SslCertificate::from_pem(pem)?);
    /// let socket = WebSocket::new();
    /// socket.set_ssl_configuration(configuration);
    /// socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// assert!(SignalSpy::new(socket.connected()).wait(std::time::Duration::from_secs(10)));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setSslConfiguration")]
    pub fn set_ssl_configuration(self, configuration: SslConfiguration) {
        let replaced = self.0.with(|socket| socket.ssl_mut().configuration.replace(configuration));
        drop(replaced);
    }

    /// Lets the connection go on whatever is wrong with the peer's certificate. To be called in a slot of
    /// [`ssl_errors`](Self::ssl_errors), or before [`resume`](Self::resume).
    ///
    /// **A program that ignores all errors does not know its peer.** Ignore those that you expect, by
    /// [`ignore_ssl_errors_for`](Self::ignore_ssl_errors_for).
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let fingerprint = certificate.digest(HashAlgorithm::Sha256);
    /// // This certificate is the expected one, whatever its errors.
    /// let socket = WebSocket::new();
    /// socket.ssl_errors().connect(move |_errors| {
    ///     let negotiated = socket.ssl_configuration();
    ///     let shown = negotiated.peer_certificate().map(|it| it.digest(HashAlgorithm::Sha256));
    ///     if shown.as_ref() == Some(&fingerprint) {
    ///         socket.ignore_ssl_errors();
    ///     }
    /// });
    /// socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// assert!(SignalSpy::new(socket.connected()).wait(std::time::Duration::from_secs(10)));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    ///
    /// # Qt
    ///
    /// As in Qt, a call before [`open`](Self::open) has no effect, and neither has one when errors are expected
    /// ([`ignore_ssl_errors_for`](Self::ignore_ssl_errors_for)): then no others are ignored.
    #[doc(alias = "ignoreSslErrors")]
    pub fn ignore_ssl_errors(self) {
        self.0.with(|socket| socket.ssl_mut().ignored.ignore_all());
    }

    /// Lets connections go on in spite of these errors, if there are no others: the connection that is being opened and those
    /// that are opened later. The list replaces the one before.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslError, SslErrorKind, WebSocket};
    ///
    /// # fn certificate() -> Option<SslCertificate> { None }
    /// // The device's own certificate, which it signed itself.
    /// if let Some(certificate) = certificate() {
    ///     let socket = WebSocket::new();
    ///     let kind = SslErrorKind::SelfSignedCertificate;
    ///     let expected = SslError::with_certificate(kind, certificate);
    ///     socket.ignore_ssl_errors_for(&[expected]);
    ///     socket.open("wss://device.example/");
    /// }
    /// ```
    #[doc(alias = "ignoreSslErrors")]
    pub fn ignore_ssl_errors_for(self, errors: &[SslError]) {
        self.0.with(|socket| socket.ssl_mut().ignored.ignore(errors));
    }

    /// Lets the handshake go on after an error. To be called in a slot of
    /// [`handshake_interrupted_on_error`](Self::handshake_interrupted_on_error); anywhere else it does nothing.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let mut configuration = SslConfiguration::new();
    /// # configuration.set_handshake_must_interrupt_on_error(true);
    /// let socket = WebSocket::new();
    /// # socket.set_ssl_configuration(configuration);
    /// socket.handshake_interrupted_on_error().connect(move |error| {
    ///     if error.kind() == SslErrorKind::SelfSignedCertificate {
    ///         socket.continue_interrupted_handshake();
    ///     }
    /// });
    /// // It comes back here.
    /// socket.ssl_errors().connect(move |_errors| socket.ignore_ssl_errors());
    /// # socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// # assert!(SignalSpy::new(socket.connected()).wait(std::time::Duration::from_secs(10)));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "continueInterruptedHandshake")]
    pub fn continue_interrupted_handshake(self) {
        self.0.with(|socket| {
            if let Some(ssl) = socket.ssl() {
                ssl.goes_on.set(true);
            }
        });
    }
}

signals! { |socket|
impl WebSocket {
    /// One of the errors of the peer's certificate: all of them, one by one, before [`ssl_errors`](Self::ssl_errors).
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// let socket = WebSocket::new();
    /// socket.peer_verify_error().connect(|error| {
    ///     println!("wrong with the server's certificate: {error}");
    /// });
    /// # let spy = SignalSpy::new(socket.peer_verify_error());
    /// socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// # assert!(spy.wait(std::time::Duration::from_secs(10)));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "peerVerifyError")]
    pub fn peer_verify_error(self) -> Signal<ByRef<SslError>> = socket.ssl_mut().peer_verify_error;

    /// All that is wrong with the peer's certificate, before anything is sent that accepts it, and before any message. If no
    /// slot calls [`ignore_ssl_errors`](Self::ignore_ssl_errors), and the errors are not all among those of
    /// [`ignore_ssl_errors_for`](Self::ignore_ssl_errors_for), the connection fails with
    /// [`SocketError::SslHandshakeFailed`](crate::SocketError::SslHandshakeFailed) right after the slots.
    ///
    /// A queued connection is too late to ignore anything, unless the socket [pauses](Self::set_pause_mode).
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// let socket = WebSocket::new();
    /// // The device's own certificate is made out for another name; all other errors still matter.
    /// socket.ssl_errors().connect(move |errors| {
    ///     println!("{errors:?}");
    ///     if errors.iter().all(|error| error.kind() == SslErrorKind::HostNameMismatch) {
    ///         socket.ignore_ssl_errors();
    ///     }
    /// });
    /// let failed = SignalSpy::new(socket.error_occurred());
    /// socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// assert!(failed.wait(std::time::Duration::from_secs(10)));
    /// assert_eq!(failed.take(), [SocketError::SslHandshakeFailed], "nobody trusts its issuer");
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "sslErrors")]
    pub fn ssl_errors(self) -> Signal<[SslError]> = socket.ssl_mut().ssl_errors;

    /// An error of the peer's certificate, as soon as it is found, if
    /// [`SslConfiguration::set_handshake_must_interrupt_on_error`] asks for it. Unless a slot calls
    /// [`continue_interrupted_handshake`](Self::continue_interrupted_handshake), the peer gets an alert, and the
    /// connection fails. An error after which it goes on is in [`ssl_errors`](Self::ssl_errors) as well, and has to be ignored
    /// there.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_handshake_must_interrupt_on_error(true);
    /// let socket = WebSocket::new();
    /// socket.set_ssl_configuration(configuration);
    /// socket.handshake_interrupted_on_error().connect(|error| {
    ///     println!("an alert goes to the server: {error}");
    /// });
    /// let alerts = SignalSpy::new(socket.alert_sent());
    /// socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// assert!(alerts.wait(std::time::Duration::from_secs(10)));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "handshakeInterruptedOnError")]
    pub fn handshake_interrupted_on_error(self) -> Signal<ByRef<SslError>>
        = socket.ssl_mut().handshake_interrupted_on_error;

    /// The server takes pre-shared keys: a slot fills in identity and key of the authenticator. Without a key the server has to
    /// show a certificate.
    ///
    /// Only with OpenSSL ([`SslSocket::set_active_backend`](crate::SslSocket::set_active_backend)). In TLS 1.3 it is emitted
    /// before anything is sent, whatever the server takes, and in TLS 1.2 once the server has chosen a cipher with such a key:
    /// so up to twice for a connection. A connection by a key has no certificate: unless nobody is verified
    /// ([`PeerVerifyMode::None`](crate::PeerVerifyMode::None)), [`ssl_errors`](Self::ssl_errors) has
    /// [`SslErrorKind::NoPeerCertificate`](crate::SslErrorKind::NoPeerCertificate), to be ignored there. The slot has to be
    /// direct.
    ///
    /// ```
    /// use slotwire::{SslErrorKind, WebSocket};
    /// let meter = WebSocket::new();
    /// meter.pre_shared_key_authentication_required().connect(|authenticator| {
    ///     authenticator.set_identity("meter 17");
    ///     authenticator.set_pre_shared_key("a key that nobody can guess");
    /// });
    /// // Who has the key needs no certificate.
    /// meter.ssl_errors().connect(move |errors| {
    ///     if errors.iter().all(|error| error.kind() == SslErrorKind::NoPeerCertificate) {
    ///         meter.ignore_ssl_errors();
    ///     }
    /// });
    /// # if slotwire::SslSocket::set_active_backend("openssl") {
    /// #     let server = slotwire::WebSocketServer::new("", slotwire::SslMode::Secure);
    /// #     let asked = server.pre_shared_key_authentication_required();
    /// #     asked.connect(move |authenticator| authenticator.set_pre_shared_key("a key that nobody can guess"));
    /// #     server.listen(slotwire::HostAddress::LocalHost, 0)?;
    /// #     meter.open(server.server_url());
    /// #     assert!(slotwire::SignalSpy::new(meter.connected()).wait(std::time::Duration::from_secs(10)));
    /// #     server.delete();
    /// # }
    /// # meter.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "preSharedKeyAuthenticationRequired")]
    pub fn pre_shared_key_authentication_required(self) -> Signal<ByRef<PreSharedKeyAuthenticator>>
        = socket.ssl_mut().pre_shared_key_authentication_required;

    /// An alert was sent: level, type, and OpenSSL's description of it.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let mut trusting = SslConfiguration::new();
    /// # trusting.set_ca_certificates([certificate.clone()]);
    /// # let socket = WebSocket::new();
    /// # socket.set_ssl_configuration(trusting);
    /// # socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// # assert!(SignalSpy::new(socket.connected()).wait(std::time::Duration::from_secs(10)));
    /// // `socket` is connected to a `wss` URL.
    /// socket.alert_sent().connect(|(level, kind, text)| {
    ///     println!("{level:?}: {text}");
    ///     assert_eq!((level, kind), (AlertLevel::Warning, AlertType::CLOSE_NOTIFY), "a good end");
    /// });
    /// # let spy = SignalSpy::new(socket.alert_sent());
    /// socket.close();
    /// # assert!(!spy.is_empty() || spy.wait(std::time::Duration::from_secs(10)));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    ///
    /// # Qt
    ///
    /// As in Qt, the last of a connection, `close notify`, is reported also where the peer does not get it any more.
    #[doc(alias = "alertSent")]
    pub fn alert_sent(self) -> Signal<Triple<AlertLevel, AlertType, str>> = socket.ssl_mut().alert_sent;

    /// The peer has sent an alert: level, type, and OpenSSL's description of it. After a fatal one the connection ends.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # server.set_ssl_configuration({
    /// #     let mut configuration = server.ssl_configuration();
    /// #     configuration.set_protocol(SslProtocol::TlsV1_2);
    /// #     configuration
    /// # });
    /// // This server does not speak TLS 1.3, and says so.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_protocol(SslProtocol::TlsV1_3);
    /// let socket = WebSocket::new();
    /// socket.set_ssl_configuration(configuration);
    /// let alerts = SignalSpy::new(socket.alert_received());
    /// socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// assert!(alerts.wait(std::time::Duration::from_secs(10)));
    /// assert_eq!(alerts.take()[0].1, AlertType::PROTOCOL_VERSION);
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "alertReceived")]
    pub fn alert_received(self) -> Signal<Triple<AlertLevel, AlertType, str>>
        = socket.ssl_mut().alert_received;
}
}
