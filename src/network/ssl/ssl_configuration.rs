use std::any::Any;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::session::SessionFacts;
use super::{SslCertificate, SslCipher, SslKey, SslProtocol};
use crate::Error;

/// Whether a peer has to show a certificate, and a good one.
///
/// ```
/// use slotwire::{PeerVerifyMode, SslConfiguration};
/// // A server that lets in only who has a certificate.
/// let mut configuration = SslConfiguration::new();
/// configuration.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeerVerifyMode {
    /// No certificate is asked for, and none is checked, but for the host's name.
    #[doc(alias = "VerifyNone")]
    None,
    /// One is asked for and checked; errors are told, and do not matter.
    QueryPeer,
    /// One is asked for and checked; errors that are not ignored end the connection.
    VerifyPeer,
    /// A client verifies its server; a server asks its clients as with [`QueryPeer`](Self::QueryPeer), as in Qt. **A browser
    /// that is asked for a certificate and has none gives up the connections of its pages**: a server for browsers sets
    /// [`None`](Self::None), as Qt's example does.
    #[doc(alias = "AutoVerifyPeer")]
    #[default]
    Auto,
}

/// Something that TLS does unless it is told not to.
///
/// ```
/// use slotwire::{SslConfiguration, SslOption};
/// let mut configuration = SslConfiguration::new();
/// assert!(configuration.test_ssl_option(SslOption::DisableSessionPersistence));
/// configuration.set_ssl_option(SslOption::DisableServerNameIndication, true);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SslOption {
    /// A client does not say in the clear which host it wants (RFC 6066 §3).
    #[doc(alias = "SslOptionDisableServerNameIndication")]
    DisableServerNameIndication,
    /// A client takes no tickets with which it could go on later where it was. This is set at first. (Sessions are never
    /// resumed here, with tickets or without.)
    #[doc(alias = "SslOptionDisableSessionPersistence")]
    DisableSessionPersistence,
    /// A server takes the cipher that the client likes best, rather than the one it likes best itself.
    #[doc(alias = "SslOptionDisableServerCipherPreference")]
    DisableServerCipherPreference,
}

/// What a connection is encrypted with: certificates, a key, protocols. A value: copies are cheap and independent.
///
/// A new one is for clients: the system's roots are trusted, and servers are verified. A server needs a certificate and its
/// key.
///
/// ```
/// use slotwire::{SslConfiguration, SslProtocol};
///
/// let mut configuration = SslConfiguration::new();
/// configuration.set_protocol(SslProtocol::TlsV1_3OrLater);
/// configuration.set_allowed_next_protocols(["http/1.1"]);
///
/// let missing = configuration.add_ca_certificates_from_path("no/such/file.pem").unwrap_err();
/// assert!(missing.to_string().starts_with("no/such/file.pem: "));
/// ```
#[doc(alias = "QSslConfiguration")]
#[derive(Clone, PartialEq)]
pub struct SslConfiguration {
    settings: Arc<Settings>,
    /// What was negotiated by the connection that this was got from.
    facts: Option<Arc<SessionFacts>>,
}

#[derive(Clone, PartialEq)]
pub(crate) struct Settings {
    /// `None`: those of the system.
    pub(crate) ca_certificates: Option<Vec<SslCertificate>>,
    pub(crate) local_certificate_chain: Vec<SslCertificate>,
    pub(crate) private_key: Option<SslKey>,
    pub(crate) peer_verify_mode: PeerVerifyMode,
    /// The longest chain that is accepted; 0 for any.
    pub(crate) peer_verify_depth: u32,
    pub(crate) protocol: SslProtocol,
    /// Empty: what is safe.
    pub(crate) ciphers: Vec<SslCipher>,
    pub(crate) options: Vec<SslOption>,
    pub(crate) allowed_next_protocols: Vec<Vec<u8>>,
    pub(crate) handshake_must_interrupt_on_error: bool,
    pub(crate) missing_certificate_is_fatal: bool,
    pub(crate) pre_shared_key_identity_hint: Vec<u8>,
    /// What a back end has made of these settings.
    pub(crate) prepared: Prepared,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ca_certificates: None,
            local_certificate_chain: Vec::new(),
            private_key: None,
            peer_verify_mode: PeerVerifyMode::Auto,
            peer_verify_depth: 0,
            protocol: SslProtocol::SecureProtocols,
            ciphers: Vec::new(),
            options: vec![SslOption::DisableSessionPersistence],
            allowed_next_protocols: Vec::new(),
            handshake_must_interrupt_on_error: false,
            missing_certificate_is_fatal: false,
            pre_shared_key_identity_hint: Vec::new(),
            prepared: Prepared::default(),
        }
    }
}

impl Settings {
    pub(crate) fn ca_certificates(&self) -> &[SslCertificate] {
        match &self.ca_certificates {
            Some(certificates) => certificates,
            None => SslConfiguration::system_ca_certificates(),
        }
    }

    pub(crate) fn has_option(&self, option: SslOption) -> bool {
        self.options.contains(&option)
    }
}

/// Made at the first use; settings that are about to be changed have none.
#[derive(Default)]
pub(crate) struct Prepared(pub(crate) OnceLock<Arc<dyn Any + Send + Sync>>);

impl Clone for Prepared {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Prepared {
    /// It follows from the settings.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What [`SslConfiguration::default_configuration`] is: one for all, so that what a back end makes of it is made once.
static DEFAULT: Mutex<Option<SslConfiguration>> = Mutex::new(None);

impl SslConfiguration {
    /// The system's roots, servers are verified, TLS 1.2 and 1.3.
    pub fn new() -> Self {
        // All share one, and with it what a back end makes of it: the system's roots, read for it.
        static SETTINGS: OnceLock<Arc<Settings>> = OnceLock::new();
        Self { settings: SETTINGS.get_or_init(Arc::default).clone(), facts: None }
    }

    /// What connections of this process use that were given nothing else.
    #[doc(alias = "defaultConfiguration")]
    pub fn default_configuration() -> Self {
        DEFAULT.lock().get_or_insert_default().clone()
    }

    /// Sets what connections of this process use from now on that are given nothing else.
    #[doc(alias = "setDefaultConfiguration")]
    pub fn set_default_configuration(configuration: &Self) {
        // Whatever connection it is of, others are to begin with its settings only.
        let settings = Self { settings: configuration.settings.clone(), facts: None };
        *DEFAULT.lock() = Some(settings);
    }

    /// The roots that this system trusts. They are read once, when they are first needed.
    ///
    /// On Unix, the environment variables `SSL_CERT_FILE` and `SSL_CERT_DIR` name others. What cannot be read is missing, and
    /// a warning says so (by the `log` crate).
    #[doc(alias = "systemCaCertificates")]
    pub fn system_ca_certificates() -> &'static [SslCertificate] {
        static SYSTEM: OnceLock<Vec<SslCertificate>> = OnceLock::new();
        SYSTEM.get_or_init(|| {
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                log::warn!("the system's CA certificates: {error}");
            }
            found.certs.iter().filter_map(|der| SslCertificate::from_der(der).ok()).collect()
        })
    }

    /// All ciphers that there are, the best first.
    #[doc(alias = "supportedCiphers")]
    pub fn supported_ciphers() -> Vec<SslCipher> {
        SslCipher::supported()
    }

    fn settings_mut(&mut self) -> &mut Settings {
        let settings = Arc::make_mut(&mut self.settings);
        settings.prepared = Prepared::default();
        settings
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same settings, with what a connection has negotiated.
    pub(crate) fn with_facts(&self, facts: SessionFacts) -> Self {
        Self { settings: self.settings.clone(), facts: Some(Arc::new(facts)) }
    }
}

// ---- whom this side trusts

impl SslConfiguration {
    /// The certificates that a peer's must come from: those that were set, else the system's.
    #[doc(alias = "caCertificates")]
    pub fn ca_certificates(&self) -> &[SslCertificate] {
        self.settings.ca_certificates()
    }

    /// Trusts these and no others, not the system's either.
    #[doc(alias = "setCaCertificates")]
    pub fn set_ca_certificates(&mut self, certificates: impl IntoIterator<Item = SslCertificate>) {
        self.settings_mut().ca_certificates = Some(certificates.into_iter().collect());
    }

    /// Trusts this one too, beside the system's or those that were set.
    #[doc(alias = "addCaCertificate")]
    pub fn add_ca_certificate(&mut self, certificate: SslCertificate) {
        self.add_ca_certificates([certificate]);
    }

    /// Trusts these too, beside the system's or those that were set.
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
    #[doc(alias = "addCaCertificates")]
    pub fn add_ca_certificates_from_path(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.add_ca_certificates(SslCertificate::from_path(path)?);
        Ok(())
    }

    /// Whether the peer is verified.
    #[doc(alias = "peerVerifyMode")]
    pub fn peer_verify_mode(&self) -> PeerVerifyMode {
        self.settings.peer_verify_mode
    }

    /// Sets whether the peer is verified.
    #[doc(alias = "setPeerVerifyMode")]
    pub fn set_peer_verify_mode(&mut self, mode: PeerVerifyMode) {
        self.settings_mut().peer_verify_mode = mode;
    }

    /// How many certificates may stand above the peer's; 0, as at first, for any number.
    #[doc(alias = "peerVerifyDepth")]
    pub fn peer_verify_depth(&self) -> u32 {
        self.settings.peer_verify_depth
    }

    /// Sets how many certificates may stand above the peer's; 0 for any number.
    #[doc(alias = "setPeerVerifyDepth")]
    pub fn set_peer_verify_depth(&mut self, depth: u32) {
        self.settings_mut().peer_verify_depth = depth;
    }

    /// Whether each error of the peer's certificate interrupts the handshake at once.
    #[doc(alias = "handshakeMustInterruptOnError")]
    pub fn handshake_must_interrupt_on_error(&self) -> bool {
        self.settings.handshake_must_interrupt_on_error
    }

    /// Sets whether each error of the peer's certificate interrupts the handshake at once. Then the peer is told what is
    /// wrong; at first, errors are collected and told to the program alone.
    #[doc(alias = "setHandshakeMustInterruptOnError")]
    pub fn set_handshake_must_interrupt_on_error(&mut self, interrupt: bool) {
        self.settings_mut().handshake_must_interrupt_on_error = interrupt;
    }

    /// Whether a client without a certificate is refused in the handshake already.
    #[doc(alias = "missingCertificateIsFatal")]
    pub fn missing_certificate_is_fatal(&self) -> bool {
        self.settings.missing_certificate_is_fatal
    }

    /// Sets whether a server that verifies refuses a client without a certificate in the handshake already, so that the client
    /// is told why. At first that is an error like the others.
    #[doc(alias = "setMissingCertificateIsFatal")]
    pub fn set_missing_certificate_is_fatal(&mut self, is_fatal: bool) {
        self.settings_mut().missing_certificate_is_fatal = is_fatal;
    }
}

// ---- who this side is

impl SslConfiguration {
    /// This side's own certificate.
    #[doc(alias = "localCertificate")]
    pub fn local_certificate(&self) -> Option<&SslCertificate> {
        self.local_certificate_chain().first()
    }

    /// Sets this side's own certificate, without others that lead from it to a root.
    #[doc(alias = "setLocalCertificate")]
    pub fn set_local_certificate(&mut self, certificate: SslCertificate) {
        self.set_local_certificate_chain([certificate]);
    }

    /// This side's own certificate, and those that lead from it to a root.
    #[doc(alias = "localCertificateChain")]
    pub fn local_certificate_chain(&self) -> &[SslCertificate] {
        &self.settings.local_certificate_chain
    }

    /// Sets this side's own certificate, the first, and those that lead from it to a root. All are sent.
    #[doc(alias = "setLocalCertificateChain")]
    pub fn set_local_certificate_chain(&mut self, chain: impl IntoIterator<Item = SslCertificate>) {
        self.settings_mut().local_certificate_chain = chain.into_iter().collect();
    }

    /// The private key of this side's certificate.
    #[doc(alias = "privateKey")]
    pub fn private_key(&self) -> Option<&SslKey> {
        self.settings.private_key.as_ref()
    }

    /// Sets the private key of this side's certificate.
    #[doc(alias = "setPrivateKey")]
    pub fn set_private_key(&mut self, key: SslKey) {
        self.settings_mut().private_key = Some(key);
    }

    /// What a server says so that a client knows which pre-shared key to use.
    #[doc(alias = "preSharedKeyIdentityHint")]
    pub fn pre_shared_key_identity_hint(&self) -> &[u8] {
        &self.settings.pre_shared_key_identity_hint
    }

    /// Sets what a server says so that a client knows which pre-shared key to use. Only with OpenSSL
    /// ([`SslSocket::set_active_backend`](crate::SslSocket::set_active_backend)): with rustls, connections fail with an error
    /// that says so.
    ///
    /// # Qt
    ///
    /// The slots of the server see it
    /// ([`PreSharedKeyAuthenticator::identity_hint`](crate::PreSharedKeyAuthenticator::identity_hint)), but it is not sent: there
    /// is no safe way to tell OpenSSL.
    #[doc(alias = "setPreSharedKeyIdentityHint")]
    pub fn set_pre_shared_key_identity_hint(&mut self, hint: impl AsRef<[u8]>) {
        self.settings_mut().pre_shared_key_identity_hint = hint.as_ref().to_owned();
    }
}

// ---- what is spoken

impl SslConfiguration {
    /// Which versions of TLS are spoken.
    pub fn protocol(&self) -> SslProtocol {
        self.settings.protocol
    }

    /// Sets which versions of TLS are spoken.
    #[doc(alias = "setProtocol")]
    pub fn set_protocol(&mut self, protocol: SslProtocol) {
        self.settings_mut().protocol = protocol;
    }

    /// The ciphers that may be used, the best first; none, as at first, for all that are supported.
    pub fn ciphers(&self) -> &[SslCipher] {
        &self.settings.ciphers
    }

    /// Sets the ciphers that may be used, the best first; none for all that are supported.
    #[doc(alias = "setCiphers")]
    pub fn set_ciphers(&mut self, ciphers: impl IntoIterator<Item = SslCipher>) {
        self.settings_mut().ciphers = ciphers.into_iter().collect();
    }

    /// The protocols to be spoken inside of TLS, for the two sides to agree on (ALPN, RFC 7301).
    #[doc(alias = "allowedNextProtocols")]
    pub fn allowed_next_protocols(&self) -> impl Iterator<Item = &[u8]> {
        self.settings.allowed_next_protocols.iter().map(Vec::as_slice)
    }

    /// Sets the protocols to be spoken inside of TLS, the best first, for the two sides to agree on (ALPN, RFC 7301). None,
    /// as at first, leaves it open.
    #[doc(alias = "setAllowedNextProtocols")]
    pub fn set_allowed_next_protocols(&mut self, protocols: impl IntoIterator<Item = impl AsRef<[u8]>>) {
        let protocols = protocols.into_iter().map(|protocol| protocol.as_ref().to_owned());
        self.settings_mut().allowed_next_protocols = protocols.collect();
    }

    /// Whether that is switched off.
    #[doc(alias = "testSslOption")]
    pub fn test_ssl_option(&self, option: SslOption) -> bool {
        self.settings.has_option(option)
    }

    /// Switches something off, or on again.
    #[doc(alias = "setSslOption")]
    pub fn set_ssl_option(&mut self, option: SslOption, on: bool) {
        let options = &mut self.settings_mut().options;
        options.retain(|known| *known != option);
        if on {
            options.push(option);
            // In one order, so that equal ones are equal.
            options.sort_by_key(|option| *option as u8);
        }
    }
}

// ---- what became of it

/// What a connection has negotiated stands in the configuration that is got from its socket, and in no other.
impl SslConfiguration {
    /// The version of TLS that is spoken.
    #[doc(alias = "sessionProtocol")]
    pub fn session_protocol(&self) -> Option<SslProtocol> {
        self.facts.as_ref().and_then(|facts| facts.protocol)
    }

    /// The cipher that is used.
    #[doc(alias = "sessionCipher")]
    pub fn session_cipher(&self) -> Option<&SslCipher> {
        self.facts.as_ref().and_then(|facts| facts.cipher.as_ref())
    }

    /// The peer's certificate. That it is there does not say that it is good.
    #[doc(alias = "peerCertificate")]
    pub fn peer_certificate(&self) -> Option<&SslCertificate> {
        self.peer_certificate_chain().first()
    }

    /// The peer's certificate, and what else it has sent, in its order.
    #[doc(alias = "peerCertificateChain")]
    pub fn peer_certificate_chain(&self) -> &[SslCertificate] {
        self.facts.as_ref().map_or(&[], |facts| &facts.peer_certificate_chain)
    }

    /// The protocol inside of TLS that the two sides have agreed on.
    #[doc(alias = "nextNegotiatedProtocol")]
    #[doc(alias = "nextProtocolNegotiationStatus")]
    pub fn next_negotiated_protocol(&self) -> Option<&[u8]> {
        self.facts.as_ref().and_then(|facts| facts.application_protocol.as_deref())
    }
}

impl Default for SslConfiguration {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SslConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SslConfiguration")
            .field("local_certificate", &self.local_certificate())
            .field("peer_verify_mode", &self.peer_verify_mode())
            .field("protocol", &self.protocol())
            .field("session_protocol", &self.session_protocol())
            .field("session_cipher", &self.session_cipher())
            .field("peer_certificate", &self.peer_certificate())
            .finish_non_exhaustive()
    }
}
