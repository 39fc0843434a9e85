//! The negotiated parameters.

use super::SslConfiguration;
use crate::network::ssl::ssl_certificate::SslCertificate;
use crate::network::ssl::ssl_cipher::SslCipher;
use crate::network::ssl::ssl_protocol::SslProtocol;

/// The parameters that a connection has negotiated are in the configuration that its socket returns
/// ([`WebSocket::ssl_configuration`](crate::WebSocket::ssl_configuration)), and in no other.
impl SslConfiguration {
    /// The version of TLS that was negotiated.
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
    /// // `socket` is connected to a server of this crate.
    /// assert_eq!(socket.ssl_configuration().session_protocol(), Some(SslProtocol::TlsV1_3));
    /// assert_eq!(SslConfiguration::new().session_protocol(), None);
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "sessionProtocol")]
    pub fn session_protocol(&self) -> Option<SslProtocol> {
        self.facts.as_ref().and_then(|facts| facts.protocol)
    }

    /// A summary of the negotiated parameters for a log.
    pub(crate) fn summary(&self) -> String {
        let protocol = self.session_protocol().map(|protocol| format!("{protocol:?}")).unwrap_or_default();
        let cipher = self.session_cipher().map(SslCipher::name).unwrap_or_default();
        let resumed = if self.is_session_resumed() { ", resumed" } else { "" };
        format!("{protocol} {cipher}{resumed}")
    }

    /// The cipher that was negotiated.
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
    /// let configuration = socket.ssl_configuration();
    /// if let Some(cipher) = configuration.session_cipher() {
    ///     println!("encrypted by {}", cipher.name());
    ///     assert!(cipher.used_bits() >= 128);
    /// }
    /// # assert!(configuration.session_cipher().is_some());
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "sessionCipher")]
    pub fn session_cipher(&self) -> Option<&SslCipher> {
        self.facts.as_ref().and_then(|facts| facts.cipher.as_ref())
    }

    /// The peer's certificate, whether it is good or not; `None` if the peer has sent none.
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
    /// // `socket` is connected to a server that shows `certificate`.
    /// assert_eq!(socket.ssl_configuration().peer_certificate(), Some(&certificate));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "peerCertificate")]
    pub fn peer_certificate(&self) -> Option<&SslCertificate> {
        self.peer_certificate_chain().first()
    }

    /// The peer's certificate, then the other certificates that it has sent, in the order in which it has sent them.
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
    /// for certificate in socket.ssl_configuration().peer_certificate_chain() {
    ///     let (subject, issuer) =
    ///         (certificate.subject_display_name(), certificate.issuer_display_name());
    ///     println!("{subject}, issued by {issuer}");
    /// }
    /// # assert_eq!(socket.ssl_configuration().peer_certificate_chain(), [certificate]);
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "peerCertificateChain")]
    pub fn peer_certificate_chain(&self) -> &[SslCertificate] {
        self.facts.as_ref().map_or(&[], |facts| &facts.peer_certificate_chain)
    }

    /// Returns whether the connection has resumed the session of an earlier one, which saves the handshake the certificates and
    /// their signatures. The peer's certificate is that of the earlier connection, and was judged again.
    ///
    /// A client resumes a session that a connection to that host with the same configuration has left; copies of a
    /// configuration are the same until one is changed. It keeps the sessions of 32 hosts, in memory, as long as the
    /// configuration exists. A server keeps none: it gives them to its clients, as tickets that only it can read. They are good
    /// for 12 hours at most, and for nothing once the server has another configuration. A session that the server cannot use
    /// leads to a full handshake, not to an error.
    ///
    /// No session is resumed where [`SslOption::DisableSessionSharing`](crate::SslOption::DisableSessionSharing) or
    /// [`set_handshake_must_interrupt_on_error`](Self::set_handshake_must_interrupt_on_error) is set, on either side, and none
    /// by OpenSSL.
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
    /// # configuration.set_ca_certificates([certificate.clone()]);
    /// let [first, second] = [WebSocket::new(), WebSocket::new()];
    /// for socket in [first, second] {
    ///     socket.set_ssl_configuration(configuration.clone());
    ///     socket.open(format!("wss://localhost:{}/", server.server_port()));
    ///     assert!(SignalSpy::new(socket.connected()).wait(std::time::Duration::from_secs(10)));
    /// }
    /// assert!(!first.ssl_configuration().is_session_resumed());
    /// let is_possible = SslSocket::active_backend() == "rustls";
    /// assert_eq!(second.ssl_configuration().is_session_resumed(), is_possible);
    /// # first.delete();
    /// # second.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    ///
    /// # Qt
    ///
    /// Qt resumes a session if the program takes its `sessionTicket()` from one configuration and gives it to another; whether
    /// it was resumed cannot be found out.
    pub fn is_session_resumed(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.is_resumed)
    }

    /// The application protocol that was negotiated (ALPN, RFC 7301), `None` if none was.
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
    /// let mut configuration = server.ssl_configuration();
    /// configuration.set_allowed_next_protocols(["http/1.1"]);
    /// server.set_ssl_configuration(configuration.clone());
    /// let socket = WebSocket::new();
    /// # configuration.set_ca_certificates([certificate]);
    /// # configuration.set_peer_verify_mode(PeerVerifyMode::Auto);
    /// socket.set_ssl_configuration(configuration);
    /// socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// assert!(SignalSpy::new(socket.connected()).wait(std::time::Duration::from_secs(10)));
    /// assert_eq!(socket.ssl_configuration().next_negotiated_protocol(), Some(&b"http/1.1"[..]));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "nextNegotiatedProtocol")]
    #[doc(alias = "nextProtocolNegotiationStatus")]
    pub fn next_negotiated_protocol(&self) -> Option<&[u8]> {
        self.facts.as_ref().and_then(|facts| facts.application_protocol.as_deref())
    }
}
