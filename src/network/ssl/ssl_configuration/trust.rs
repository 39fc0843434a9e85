//! The peers that this side trusts.

use std::path::Path;

use super::SslConfiguration;
use crate::Error;
use crate::network::ssl::settings::PeerVerifyMode;
use crate::network::ssl::ssl_certificate::SslCertificate;

impl SslConfiguration {
    /// The trusted certificates, one of which has to stand behind a peer's: those that were set, or else the system's.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_ca_certificates(SslCertificate::from_pem(pem)?);
    /// for certificate in configuration.ca_certificates() {
    ///     println!("trusted: {}", certificate.subject_display_name());
    /// }
    /// # assert_eq!(configuration.ca_certificates().len(), 1);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "caCertificates")]
    pub fn ca_certificates(&self) -> &[SslCertificate] {
        self.settings.ca_certificates()
    }

    /// Trusts these certificates and no others: the system's are not trusted any more.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// // The company has a certificate authority of its own, and no other is trusted.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_ca_certificates(SslCertificate::from_pem(pem)?);
    /// assert_eq!(configuration.ca_certificates().len(), 1);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setCaCertificates")]
    pub fn set_ca_certificates(&mut self, certificates: impl IntoIterator<Item = SslCertificate>) {
        self.settings_mut().ca_certificates = Some(certificates.into_iter().collect());
    }

    /// Trusts this certificate too, beside the system's or those that were set.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// let authority = SslCertificate::from_pem(pem)?.remove(0);
    /// let mut configuration = SslConfiguration::new();
    /// configuration.add_ca_certificate(authority.clone());
    /// assert_eq!(configuration.ca_certificates().last(), Some(&authority));
    /// let system = SslConfiguration::system_ca_certificates();
    /// assert!(configuration.ca_certificates().starts_with(system));
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "addCaCertificate")]
    pub fn add_ca_certificate(&mut self, certificate: SslCertificate) {
        self.add_ca_certificates([certificate]);
    }

    /// Trusts these certificates too, beside the system's or those that were set.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// let bundle = SslCertificate::from_pem(pem)?;
    /// let mut configuration = SslConfiguration::new();
    /// configuration.add_ca_certificates(bundle.clone());
    /// assert!(configuration.ca_certificates().ends_with(&bundle));
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "addCaCertificates")]
    pub fn add_ca_certificates(&mut self, certificates: impl IntoIterator<Item = SslCertificate>) {
        let known = self.settings_mut().ca_certificates.take();
        let mut known = known.unwrap_or_else(|| Self::system_ca_certificates().to_vec());
        known.extend(certificates);
        self.settings_mut().ca_certificates = Some(known);
    }

    /// Trusts the certificates of a file too, in PEM or DER, beside the system's or those that were set.
    ///
    /// # Errors
    /// Those of [`SslCertificate::from_path`]; then nothing is changed.
    ///
    /// ```
    /// use slotwire::{ErrorKind, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// # let path = std::env::temp_dir().join(format!("slotwire-added-{}.pem", std::process::id()));
    /// # std::fs::write(&path, pem).unwrap();
    /// let mut configuration = SslConfiguration::new();
    /// configuration.add_ca_certificates_from_path(&path)?;
    /// let system = SslConfiguration::system_ca_certificates();
    /// assert!(configuration.ca_certificates().len() > system.len());
    ///
    /// let error = configuration.add_ca_certificates_from_path("no/such/file.pem").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::System);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "addCaCertificates")]
    pub fn add_ca_certificates_from_path(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.add_ca_certificates(SslCertificate::from_path(path)?);
        Ok(())
    }

    /// The verification of the peer: [`Auto`](PeerVerifyMode::Auto) by default.
    ///
    /// ```
    /// use slotwire::{PeerVerifyMode, SslConfiguration};
    /// assert_eq!(SslConfiguration::new().peer_verify_mode(), PeerVerifyMode::Auto);
    /// ```
    #[doc(alias = "peerVerifyMode")]
    pub fn peer_verify_mode(&self) -> PeerVerifyMode {
        self.settings.peer_verify_mode
    }

    /// Sets whether the peer is verified.
    ///
    /// ```
    /// use slotwire::{PeerVerifyMode, SslConfiguration};
    /// // A server for browsers, which are not to be asked for a certificate.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_peer_verify_mode(PeerVerifyMode::None);
    /// assert_eq!(configuration.peer_verify_mode(), PeerVerifyMode::None);
    /// ```
    #[doc(alias = "setPeerVerifyMode")]
    pub fn set_peer_verify_mode(&mut self, mode: PeerVerifyMode) {
        self.settings_mut().peer_verify_mode = mode;
    }

    /// The number of intermediate certificates that may stand between the peer's and the root; 0, the default, for any number.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// assert_eq!(SslConfiguration::new().peer_verify_depth(), 0, "chains may be of any length");
    /// ```
    #[doc(alias = "peerVerifyDepth")]
    pub fn peer_verify_depth(&self) -> u32 {
        self.settings.peer_verify_depth
    }

    /// Sets how many intermediate certificates may stand between the peer's and the root; 0 for any number. A longer chain is
    /// an [`UnspecifiedError`](crate::SslErrorKind::UnspecifiedError).
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// // The peer's certificate, at most one intermediate certificate, and the root.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_peer_verify_depth(1);
    /// assert_eq!(configuration.peer_verify_depth(), 1);
    /// ```
    #[doc(alias = "setPeerVerifyDepth")]
    pub fn set_peer_verify_depth(&mut self, depth: u32) {
        self.settings_mut().peer_verify_depth = depth;
    }

    /// Returns whether each error of the peer's certificate interrupts the handshake at once.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// assert!(!SslConfiguration::new().handshake_must_interrupt_on_error());
    /// ```
    #[doc(alias = "handshakeMustInterruptOnError")]
    pub fn handshake_must_interrupt_on_error(&self) -> bool {
        self.settings.handshake_must_interrupt_on_error
    }

    /// Sets whether each error of the peer's certificate interrupts the handshake at once, with
    /// [`WebSocket::handshake_interrupted_on_error`](crate::WebSocket::handshake_interrupted_on_error). Then an alert tells
    /// the peer what is wrong. By default errors are collected, and only this side learns of them.
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
    /// // The server's certificate is self-signed: the server gets an alert.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_handshake_must_interrupt_on_error(true);
    /// let socket = WebSocket::new();
    /// socket.set_ssl_configuration(configuration);
    /// let interrupted = SignalSpy::new(socket.handshake_interrupted_on_error());
    /// socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// assert!(interrupted.wait(std::time::Duration::from_secs(10)));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setHandshakeMustInterruptOnError")]
    pub fn set_handshake_must_interrupt_on_error(&mut self, interrupt: bool) {
        self.settings_mut().handshake_must_interrupt_on_error = interrupt;
    }

    /// Returns whether a client without a certificate is refused during the handshake; `false` by default.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// let configuration = SslConfiguration::new();
    /// assert!(!configuration.missing_certificate_is_fatal());
    /// ```
    #[doc(alias = "missingCertificateIsFatal")]
    pub fn missing_certificate_is_fatal(&self) -> bool {
        self.settings.missing_certificate_is_fatal
    }

    /// Sets whether a server that asks for certificates refuses a client without one during the handshake, so that an alert
    /// tells the client why. By default that is an error like the others, which a slot may ignore.
    ///
    /// ```
    /// use slotwire::{PeerVerifyMode, SslConfiguration};
    /// // A server for clients with certificates only.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
    /// configuration.set_missing_certificate_is_fatal(true);
    /// assert!(configuration.missing_certificate_is_fatal());
    /// ```
    #[doc(alias = "setMissingCertificateIsFatal")]
    pub fn set_missing_certificate_is_fatal(&mut self, is_fatal: bool) {
        self.settings_mut().missing_certificate_is_fatal = is_fatal;
    }
}
