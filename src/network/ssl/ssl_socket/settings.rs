//! The settings of the encryption, and what was negotiated.

use super::SslSocket;
use crate::{PauseMode, PeerVerifyMode, SslCertificate, SslCipher, SslConfiguration, SslKey, SslProtocol};

impl SslSocket {
    /// The configuration of the encryption; while there is one, and after its end, with what was negotiated: the peer's
    /// certificates, the protocol, the cipher.
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
    /// let configuration = socket.ssl_configuration();
    /// assert_eq!(configuration.peer_certificate(), Some(&certificate));
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "sslConfiguration")]
    pub fn ssl_configuration(self) -> SslConfiguration {
        self.with_ssl(|socket, _| socket.ssl_configuration()).unwrap_or_default()
    }

    /// Sets the configuration of encryption that begins from now on.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// let mut configuration = socket.ssl_configuration();
    /// configuration.set_protocol(SslProtocol::TlsV1_3OrLater);
    /// socket.set_ssl_configuration(configuration);
    /// # socket.delete();
    /// ```
    #[doc(alias = "setSslConfiguration")]
    pub fn set_ssl_configuration(self, configuration: SslConfiguration) {
        self.with_ssl(|socket, _| socket.set_ssl_configuration(&configuration));
    }

    /// This side's own certificate.
    ///
    /// [`SslConfiguration::local_certificate`] of [`ssl_configuration`](Self::ssl_configuration).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let (pem, key_pem) = (made.cert.pem(), made.signing_key.serialize_pem());
    /// let socket = SslSocket::new();
    /// let chain = SslCertificate::from_pem(pem)?;
    /// socket.set_local_certificate(chain[0].clone());
    /// socket.set_private_key(SslKey::from_pem(key_pem)?);
    /// assert_eq!(socket.local_certificate_chain(), chain);
    /// assert_eq!(socket.local_certificate(), chain.first().cloned());
    /// assert!(socket.private_key().is_some());
    /// # socket.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "localCertificate")]
    pub fn local_certificate(self) -> Option<SslCertificate> {
        self.ssl_configuration().local_certificate().cloned()
    }

    /// Sets this side's own certificate, without intermediate certificates.
    ///
    /// [`SslConfiguration::set_local_certificate`], for encryption that begins from now on.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let (pem, key_pem) = (made.cert.pem(), made.signing_key.serialize_pem());
    /// let socket = SslSocket::new();
    /// let chain = SslCertificate::from_pem(pem)?;
    /// socket.set_local_certificate(chain[0].clone());
    /// socket.set_private_key(SslKey::from_pem(key_pem)?);
    /// assert_eq!(socket.local_certificate_chain(), chain);
    /// assert_eq!(socket.local_certificate(), chain.first().cloned());
    /// assert!(socket.private_key().is_some());
    /// # socket.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setLocalCertificate")]
    pub fn set_local_certificate(self, certificate: SslCertificate) {
        self.configure(|configuration| configuration.set_local_certificate(certificate));
    }

    /// This side's own certificate, and the intermediate certificates that lead from it to a root.
    ///
    /// [`SslConfiguration::local_certificate_chain`] of [`ssl_configuration`](Self::ssl_configuration).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let (pem, key_pem) = (made.cert.pem(), made.signing_key.serialize_pem());
    /// let socket = SslSocket::new();
    /// let chain = SslCertificate::from_pem(pem)?;
    /// socket.set_local_certificate_chain(chain.clone());
    /// socket.set_private_key(SslKey::from_pem(key_pem)?);
    /// assert_eq!(socket.local_certificate_chain(), chain);
    /// assert_eq!(socket.local_certificate(), chain.first().cloned());
    /// assert!(socket.private_key().is_some());
    /// # socket.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "localCertificateChain")]
    pub fn local_certificate_chain(self) -> Vec<SslCertificate> {
        self.ssl_configuration().local_certificate_chain().to_vec()
    }

    /// Sets this side's own certificate, the first, and the intermediate certificates that lead from it to a root.
    ///
    /// [`SslConfiguration::set_local_certificate_chain`], for encryption that begins from now on.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let (pem, key_pem) = (made.cert.pem(), made.signing_key.serialize_pem());
    /// let socket = SslSocket::new();
    /// let chain = SslCertificate::from_pem(pem)?;
    /// socket.set_local_certificate_chain(chain.clone());
    /// socket.set_private_key(SslKey::from_pem(key_pem)?);
    /// assert_eq!(socket.local_certificate_chain(), chain);
    /// assert_eq!(socket.local_certificate(), chain.first().cloned());
    /// assert!(socket.private_key().is_some());
    /// # socket.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setLocalCertificateChain")]
    pub fn set_local_certificate_chain(self, chain: impl IntoIterator<Item = SslCertificate>) {
        self.configure(|configuration| configuration.set_local_certificate_chain(chain));
    }

    /// The private key of this side's certificate.
    ///
    /// [`SslConfiguration::private_key`] of [`ssl_configuration`](Self::ssl_configuration).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let (pem, key_pem) = (made.cert.pem(), made.signing_key.serialize_pem());
    /// let socket = SslSocket::new();
    /// let chain = SslCertificate::from_pem(pem)?;
    /// socket.set_local_certificate_chain(chain.clone());
    /// socket.set_private_key(SslKey::from_pem(key_pem)?);
    /// assert_eq!(socket.local_certificate_chain(), chain);
    /// assert_eq!(socket.local_certificate(), chain.first().cloned());
    /// assert!(socket.private_key().is_some());
    /// # socket.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "privateKey")]
    pub fn private_key(self) -> Option<SslKey> {
        self.ssl_configuration().private_key().cloned()
    }

    /// Sets the private key of this side's certificate.
    ///
    /// [`SslConfiguration::set_private_key`], for encryption that begins from now on.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let (pem, key_pem) = (made.cert.pem(), made.signing_key.serialize_pem());
    /// let socket = SslSocket::new();
    /// let chain = SslCertificate::from_pem(pem)?;
    /// socket.set_local_certificate_chain(chain.clone());
    /// socket.set_private_key(SslKey::from_pem(key_pem)?);
    /// assert_eq!(socket.local_certificate_chain(), chain);
    /// assert_eq!(socket.local_certificate(), chain.first().cloned());
    /// assert!(socket.private_key().is_some());
    /// # socket.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setPrivateKey")]
    pub fn set_private_key(self, key: SslKey) {
        self.configure(|configuration| configuration.set_private_key(key));
    }

    /// The way in which the peer's certificate is verified.
    ///
    /// [`SslConfiguration::peer_verify_mode`] of [`ssl_configuration`](Self::ssl_configuration).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.set_peer_verify_mode(PeerVerifyMode::QueryPeer);
    /// socket.set_peer_verify_depth(1);
    /// socket.set_protocol(SslProtocol::TlsV1_3OrLater);
    /// assert_eq!(socket.peer_verify_mode(), PeerVerifyMode::QueryPeer);
    /// assert_eq!(socket.peer_verify_depth(), 1);
    /// assert_eq!(socket.protocol(), SslProtocol::TlsV1_3OrLater);
    /// # socket.delete();
    /// ```
    #[doc(alias = "peerVerifyMode")]
    pub fn peer_verify_mode(self) -> PeerVerifyMode {
        self.ssl_configuration().peer_verify_mode()
    }

    /// Sets how the peer's certificate is verified.
    ///
    /// [`SslConfiguration::set_peer_verify_mode`], for encryption that begins from now on.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.set_peer_verify_mode(PeerVerifyMode::QueryPeer);
    /// socket.set_peer_verify_depth(1);
    /// socket.set_protocol(SslProtocol::TlsV1_3OrLater);
    /// assert_eq!(socket.peer_verify_mode(), PeerVerifyMode::QueryPeer);
    /// assert_eq!(socket.peer_verify_depth(), 1);
    /// assert_eq!(socket.protocol(), SslProtocol::TlsV1_3OrLater);
    /// # socket.delete();
    /// ```
    #[doc(alias = "setPeerVerifyMode")]
    pub fn set_peer_verify_mode(self, mode: PeerVerifyMode) {
        self.configure(|configuration| configuration.set_peer_verify_mode(mode));
    }

    /// The number of intermediate certificates that are accepted; 0 for any number.
    ///
    /// [`SslConfiguration::peer_verify_depth`] of [`ssl_configuration`](Self::ssl_configuration).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.set_peer_verify_mode(PeerVerifyMode::QueryPeer);
    /// socket.set_peer_verify_depth(1);
    /// socket.set_protocol(SslProtocol::TlsV1_3OrLater);
    /// assert_eq!(socket.peer_verify_mode(), PeerVerifyMode::QueryPeer);
    /// assert_eq!(socket.peer_verify_depth(), 1);
    /// assert_eq!(socket.protocol(), SslProtocol::TlsV1_3OrLater);
    /// # socket.delete();
    /// ```
    #[doc(alias = "peerVerifyDepth")]
    pub fn peer_verify_depth(self) -> u32 {
        self.ssl_configuration().peer_verify_depth()
    }

    /// Sets the number of intermediate certificates that are accepted.
    ///
    /// [`SslConfiguration::set_peer_verify_depth`], for encryption that begins from now on.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.set_peer_verify_mode(PeerVerifyMode::QueryPeer);
    /// socket.set_peer_verify_depth(1);
    /// socket.set_protocol(SslProtocol::TlsV1_3OrLater);
    /// assert_eq!(socket.peer_verify_mode(), PeerVerifyMode::QueryPeer);
    /// assert_eq!(socket.peer_verify_depth(), 1);
    /// assert_eq!(socket.protocol(), SslProtocol::TlsV1_3OrLater);
    /// # socket.delete();
    /// ```
    #[doc(alias = "setPeerVerifyDepth")]
    pub fn set_peer_verify_depth(self, depth: u32) {
        self.configure(|configuration| configuration.set_peer_verify_depth(depth));
    }

    /// The versions of TLS that are allowed.
    ///
    /// [`SslConfiguration::protocol`] of [`ssl_configuration`](Self::ssl_configuration).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.set_peer_verify_mode(PeerVerifyMode::QueryPeer);
    /// socket.set_peer_verify_depth(1);
    /// socket.set_protocol(SslProtocol::TlsV1_3OrLater);
    /// assert_eq!(socket.peer_verify_mode(), PeerVerifyMode::QueryPeer);
    /// assert_eq!(socket.peer_verify_depth(), 1);
    /// assert_eq!(socket.protocol(), SslProtocol::TlsV1_3OrLater);
    /// # socket.delete();
    /// ```
    pub fn protocol(self) -> SslProtocol {
        self.ssl_configuration().protocol()
    }

    /// Sets the versions of TLS that are allowed.
    ///
    /// [`SslConfiguration::set_protocol`], for encryption that begins from now on.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.set_peer_verify_mode(PeerVerifyMode::QueryPeer);
    /// socket.set_peer_verify_depth(1);
    /// socket.set_protocol(SslProtocol::TlsV1_3OrLater);
    /// assert_eq!(socket.peer_verify_mode(), PeerVerifyMode::QueryPeer);
    /// assert_eq!(socket.peer_verify_depth(), 1);
    /// assert_eq!(socket.protocol(), SslProtocol::TlsV1_3OrLater);
    /// # socket.delete();
    /// ```
    #[doc(alias = "setProtocol")]
    pub fn set_protocol(self, protocol: SslProtocol) {
        self.configure(|configuration| configuration.set_protocol(protocol));
    }

    /// The name that the peer's certificate has to have; empty, as by default, for that of the host that the socket connects to.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// assert_eq!(socket.peer_verify_name(), "");
    /// socket.set_peer_verify_name("mail.example");
    /// assert_eq!(socket.peer_verify_name(), "mail.example");
    /// # socket.delete();
    /// ```
    #[doc(alias = "peerVerifyName")]
    pub fn peer_verify_name(self) -> String {
        self.with_ssl(|_, ssl| ssl.verify_name.borrow().clone()).unwrap_or_default()
    }

    /// Sets the name that the peer's certificate has to have, for encryption that begins from now on. It is also the name that a
    /// server is asked for (SNI, RFC 6066 §3).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// // The service's host is found by an SRV record; the certificate is for the domain.
    /// socket.set_peer_verify_name("chat.example");
    /// socket.connect_to_host_encrypted("host17.chat.example", 5223);
    /// # socket.delete();
    /// ```
    #[doc(alias = "setPeerVerifyName")]
    pub fn set_peer_verify_name(self, name: &str) {
        self.with_ssl(|_, ssl| ssl.verify_name.replace(name.to_owned()));
    }

    /// The peer's certificate, whether it is good or not; `None` if it has sent none.
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
    /// assert_eq!(socket.peer_certificate(), Some(certificate.clone()));
    /// assert_eq!(socket.peer_certificate_chain(), [certificate]);
    /// assert_eq!(socket.session_protocol(), Some(SslProtocol::TlsV1_3));
    /// assert!(socket.session_cipher().is_some_and(|cipher| cipher.used_bits() >= 128));
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "peerCertificate")]
    pub fn peer_certificate(self) -> Option<SslCertificate> {
        self.ssl_configuration().peer_certificate().cloned()
    }

    /// The peer's certificate, then the other certificates that it has sent.
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
    /// assert_eq!(socket.peer_certificate(), Some(certificate.clone()));
    /// assert_eq!(socket.peer_certificate_chain(), [certificate]);
    /// assert_eq!(socket.session_protocol(), Some(SslProtocol::TlsV1_3));
    /// assert!(socket.session_cipher().is_some_and(|cipher| cipher.used_bits() >= 128));
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "peerCertificateChain")]
    pub fn peer_certificate_chain(self) -> Vec<SslCertificate> {
        self.ssl_configuration().peer_certificate_chain().to_vec()
    }

    /// The cipher of the connection; `None` before it is encrypted.
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
    /// assert_eq!(socket.peer_certificate(), Some(certificate.clone()));
    /// assert_eq!(socket.peer_certificate_chain(), [certificate]);
    /// assert_eq!(socket.session_protocol(), Some(SslProtocol::TlsV1_3));
    /// assert!(socket.session_cipher().is_some_and(|cipher| cipher.used_bits() >= 128));
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "sessionCipher")]
    pub fn session_cipher(self) -> Option<SslCipher> {
        self.ssl_configuration().session_cipher().cloned()
    }

    /// The version of TLS of the connection; `None` before it is encrypted.
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
    /// assert_eq!(socket.peer_certificate(), Some(certificate.clone()));
    /// assert_eq!(socket.peer_certificate_chain(), [certificate]);
    /// assert_eq!(socket.session_protocol(), Some(SslProtocol::TlsV1_3));
    /// assert!(socket.session_cipher().is_some_and(|cipher| cipher.used_bits() >= 128));
    /// # socket.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "sessionProtocol")]
    pub fn session_protocol(self) -> Option<SslProtocol> {
        self.ssl_configuration().session_protocol()
    }

    /// The events after which the socket pauses; never by default.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.set_pause_mode(PauseMode::OnSslErrors);
    /// assert_eq!(socket.pause_mode(), PauseMode::OnSslErrors);
    /// socket.ssl_errors().connect(|errors| println!("ask somebody whether to go on: {errors:?}"));
    /// # socket.delete();
    /// ```
    #[doc(alias = "pauseMode")]
    pub fn pause_mode(self) -> PauseMode {
        self.with_ssl(|_, ssl| ssl.pause_mode.get()).unwrap_or_default()
    }

    /// Sets the events after which the socket pauses, until [`resume`](Self::resume) is called.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = SslSocket::new();
    /// socket.set_pause_mode(PauseMode::OnSslErrors);
    /// assert_eq!(socket.pause_mode(), PauseMode::OnSslErrors);
    /// socket.ssl_errors().connect(|errors| println!("ask somebody whether to go on: {errors:?}"));
    /// # socket.delete();
    /// ```
    #[doc(alias = "setPauseMode")]
    pub fn set_pause_mode(self, mode: PauseMode) {
        self.with_ssl(|_, ssl| ssl.pause_mode.set(mode));
    }

    fn configure(self, change: impl FnOnce(&mut SslConfiguration)) {
        let mut configuration = self.ssl_configuration();
        change(&mut configuration);
        self.set_ssl_configuration(configuration);
    }
}
