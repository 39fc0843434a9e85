//! What became of it.

use super::SslConfiguration;
use crate::{SslCertificate, SslCipher, SslProtocol};

/// What a connection has negotiated stands in the configuration that is got from its socket, and in no other.
impl SslConfiguration {
    /// The version of TLS that is spoken.
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

    /// The cipher that is used.
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

    /// The peer's certificate. That it is there does not say that it is good.
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

    /// The peer's certificate, and what else it has sent, in its order.
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
    ///     println!("{} says {}", certificate.issuer_display_name(), certificate.subject_display_name());
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

    /// The protocol inside of TLS that the two sides have agreed on.
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
