//! Whom this side trusts.

use std::path::Path;

use super::{PeerVerifyMode, SslConfiguration};
use crate::{Error, SslCertificate};

impl SslConfiguration {
    /// The certificates that a peer's must come from: those that were set, else the system's.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_ca_certificates(SslCertificate::from_pem(pem)?);
    /// let names: Vec<_> = configuration.ca_certificates().iter().map(SslCertificate::subject_display_name).collect();
    /// assert_eq!(names, ["rcgen self signed cert"]);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "caCertificates")]
    pub fn ca_certificates(&self) -> &[SslCertificate] {
        self.settings.ca_certificates()
    }

    /// Trusts these and no others, not the system's either.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// // The house has a certificate authority of its own, and everybody else is a stranger.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_ca_certificates(SslCertificate::from_pem(pem)?);
    /// assert_eq!(configuration.ca_certificates().len(), 1);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setCaCertificates")]
    pub fn set_ca_certificates(&mut self, certificates: impl IntoIterator<Item = SslCertificate>) {
        self.settings_mut().ca_certificates = Some(certificates.into_iter().collect());
    }

    /// Trusts this one too, beside the system's or those that were set.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// let authority = SslCertificate::from_pem(pem)?.remove(0);
    /// let mut configuration = SslConfiguration::new();
    /// configuration.add_ca_certificate(authority.clone());
    /// assert_eq!(configuration.ca_certificates().last(), Some(&authority));
    /// assert!(configuration.ca_certificates().starts_with(SslConfiguration::system_ca_certificates()));
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "addCaCertificate")]
    pub fn add_ca_certificate(&mut self, certificate: SslCertificate) {
        self.add_ca_certificates([certificate]);
    }

    /// Trusts these too, beside the system's or those that were set.
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

    /// Trusts the certificates of a file too, in PEM or DER.
    ///
    /// # Errors
    /// As of [`SslCertificate::from_path`]; then nothing is changed.
    ///
    /// ```
    /// use slotwire::{ErrorKind, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// # let path = std::env::temp_dir().join(format!("slotwire-added-{}.pem", std::process::id()));
    /// # std::fs::write(&path, pem).unwrap();
    /// let mut configuration = SslConfiguration::new();
    /// configuration.add_ca_certificates_from_path(&path)?;
    /// assert!(configuration.ca_certificates().len() > SslConfiguration::system_ca_certificates().len());
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

    /// Whether the peer is verified.
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

    /// How many certificates may stand above the peer's; 0, as at first, for any number.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// assert_eq!(SslConfiguration::new().peer_verify_depth(), 0, "chains may be of any length");
    /// ```
    #[doc(alias = "peerVerifyDepth")]
    pub fn peer_verify_depth(&self) -> u32 {
        self.settings.peer_verify_depth
    }

    /// Sets how many certificates may stand above the peer's; 0 for any number.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// // The root, and one authority below it.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_peer_verify_depth(2);
    /// assert_eq!(configuration.peer_verify_depth(), 2);
    /// ```
    #[doc(alias = "setPeerVerifyDepth")]
    pub fn set_peer_verify_depth(&mut self, depth: u32) {
        self.settings_mut().peer_verify_depth = depth;
    }

    /// Whether each error of the peer's certificate interrupts the handshake at once.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// assert!(!SslConfiguration::new().handshake_must_interrupt_on_error());
    /// ```
    #[doc(alias = "handshakeMustInterruptOnError")]
    pub fn handshake_must_interrupt_on_error(&self) -> bool {
        self.settings.handshake_must_interrupt_on_error
    }

    /// Sets whether each error of the peer's certificate interrupts the handshake at once. Then the peer is told what is
    /// wrong; at first, errors are collected and told to the program alone.
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
    /// // The server's certificate is signed by itself: the server is told so.
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

    /// Whether a client without a certificate is refused in the handshake already.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// let configuration = SslConfiguration::new();
    /// assert!(!configuration.missing_certificate_is_fatal(), "a slot of the server may let such a client in");
    /// ```
    #[doc(alias = "missingCertificateIsFatal")]
    pub fn missing_certificate_is_fatal(&self) -> bool {
        self.settings.missing_certificate_is_fatal
    }

    /// Sets whether a server that verifies refuses a client without a certificate in the handshake already, so that the client
    /// is told why. At first that is an error like the others.
    ///
    /// ```
    /// use slotwire::{PeerVerifyMode, SslConfiguration};
    /// // A server that no client without a certificate has any business with.
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
