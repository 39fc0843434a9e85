//! The identity of this side: its certificates and key.

use super::SslConfiguration;
use crate::network::ssl::ssl_certificate::SslCertificate;
use crate::network::ssl::ssl_key::SslKey;

impl SslConfiguration {
    /// This side's own certificate, the first of [`local_certificate_chain`](Self::local_certificate_chain).
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// let configuration = SslConfiguration::new();
    /// if configuration.local_certificate().is_none() {
    ///     println!("good for a client, not for a server");
    /// }
    /// ```
    #[doc(alias = "localCertificate")]
    pub fn local_certificate(&self) -> Option<&SslCertificate> {
        self.local_certificate_chain().first()
    }

    /// Sets this side's own certificate, without intermediate certificates.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_local_certificate(certificate.clone());
    /// assert_eq!(configuration.local_certificate(), Some(&certificate));
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setLocalCertificate")]
    pub fn set_local_certificate(&mut self, certificate: SslCertificate) {
        self.set_local_certificate_chain([certificate]);
    }

    /// This side's own certificate, and the intermediate certificates that lead from it to a root; empty by default.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use slotwire::{SslCertificate, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// # let mut configuration = SslConfiguration::new();
    /// # configuration.set_local_certificate_chain(SslCertificate::from_pem(pem)?);
    /// // Which is the first to expire?
    /// let dates = configuration.local_certificate_chain().iter().map(SslCertificate::expiry_date);
    /// assert!(dates.min().is_some_and(|date| date > SystemTime::now()));
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "localCertificateChain")]
    pub fn local_certificate_chain(&self) -> &[SslCertificate] {
        &self.settings.local_certificate_chain
    }

    /// Sets this side's own certificate, the first, and the intermediate certificates that lead from it to a root. All of them
    /// are sent to the peer. The certificate needs its [private key](Self::set_private_key).
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// // As authorities hand it out: one file, the server's certificate first.
    /// let chain = SslCertificate::from_pem(pem)?;
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_local_certificate_chain(chain.clone());
    /// assert_eq!(configuration.local_certificate_chain(), chain);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setLocalCertificateChain")]
    pub fn set_local_certificate_chain(&mut self, chain: impl IntoIterator<Item = SslCertificate>) {
        self.settings_mut().local_certificate_chain = chain.into_iter().collect();
    }

    /// The private key of this side's certificate.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// assert!(SslConfiguration::new().private_key().is_none(), "a client needs none");
    /// ```
    #[doc(alias = "privateKey")]
    pub fn private_key(&self) -> Option<&SslKey> {
        self.settings.private_key.as_ref()
    }

    /// Sets the private key of this side's certificate.
    ///
    /// If it does not belong to the certificate, a client's connections and a server's
    /// [`listen`](crate::WebSocketServer::listen) fail with [`SslInvalidUserData`](crate::SocketError::SslInvalidUserData).
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslConfiguration, SslKey};
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let (certificates, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_local_certificate_chain(SslCertificate::from_pem(certificates)?);
    /// configuration.set_private_key(SslKey::from_pem(key)?);
    /// assert_eq!(configuration.private_key().map(SslKey::length), Some(256));
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setPrivateKey")]
    pub fn set_private_key(&mut self, key: SslKey) {
        self.settings_mut().private_key = Some(key);
    }

    /// The hint for clients about which pre-shared key to use (RFC 4279 §5.2), in a server; empty by default.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// assert!(SslConfiguration::new().pre_shared_key_identity_hint().is_empty());
    /// ```
    #[doc(alias = "preSharedKeyIdentityHint")]
    pub fn pre_shared_key_identity_hint(&self) -> &[u8] {
        &self.settings.pre_shared_key_identity_hint
    }

    /// Sets the hint for clients about which pre-shared key to use (RFC 4279 §5.2), in a server.
    ///
    /// It needs OpenSSL ([`SslSocket::set_active_backend`](crate::SslSocket::set_active_backend)): with rustls, connections fail
    /// with an error that says so. The slots of the server see it
    /// ([`PreSharedKeyAuthenticator::identity_hint`](crate::PreSharedKeyAuthenticator::identity_hint)). The clients do not: it
    /// is not sent, because there is no safe way to give it to OpenSSL.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_pre_shared_key_identity_hint("meters");
    /// assert_eq!(configuration.pre_shared_key_identity_hint(), b"meters");
    /// ```
    #[doc(alias = "setPreSharedKeyIdentityHint")]
    pub fn set_pre_shared_key_identity_hint(&mut self, hint: impl AsRef<[u8]>) {
        self.settings_mut().pre_shared_key_identity_hint = hint.as_ref().to_owned();
    }
}
