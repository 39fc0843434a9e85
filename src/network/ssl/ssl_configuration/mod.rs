//! [`SslConfiguration`]. Beside this file stand whom a side trusts (`trust`), who it is (`identity`), and what became of that
//! (`negotiated`).

mod identity;
mod negotiated;
mod trust;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::session::SessionFacts;
use super::{SslCertificate, SslCipher, SslKey, SslProtocol};

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
    ///
    /// ```
    /// use slotwire::{PeerVerifyMode, SslConfiguration, SslProtocol};
    /// let configuration = SslConfiguration::new();
    /// assert_eq!(configuration.protocol(), SslProtocol::SecureProtocols);
    /// assert_eq!(configuration.peer_verify_mode(), PeerVerifyMode::Auto);
    /// assert_eq!(configuration.ca_certificates(), SslConfiguration::system_ca_certificates());
    /// ```
    pub fn new() -> Self {
        // All share one, and with it what a back end makes of it: the system's roots, read for it.
        static SETTINGS: OnceLock<Arc<Settings>> = OnceLock::new();
        Self { settings: SETTINGS.get_or_init(Arc::default).clone(), facts: None }
    }

    /// What connections of this process use that were given nothing else.
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslProtocol, WebSocket};
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.ssl_configuration(), SslConfiguration::default_configuration());
    ///
    /// // What all do, with one difference.
    /// let mut configuration = SslConfiguration::default_configuration();
    /// configuration.set_protocol(SslProtocol::TlsV1_3);
    /// socket.set_ssl_configuration(configuration);
    /// # socket.delete();
    /// ```
    #[doc(alias = "defaultConfiguration")]
    pub fn default_configuration() -> Self {
        DEFAULT.lock().get_or_insert_default().clone()
    }

    /// Sets what connections of this process use from now on that are given nothing else.
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslProtocol, WebSocket};
    /// let mut configuration = SslConfiguration::default_configuration();
    /// configuration.set_protocol(SslProtocol::TlsV1_3OrLater);
    /// SslConfiguration::set_default_configuration(&configuration);
    ///
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.ssl_configuration().protocol(), SslProtocol::TlsV1_3OrLater);
    /// # socket.delete();
    /// # SslConfiguration::set_default_configuration(&SslConfiguration::new());
    /// ```
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
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SubjectInfo};
    /// // Trust the roots of one organization only.
    /// let is_wanted = |name: &String| name == "Internet Security Research Group";
    /// let roots = SslConfiguration::system_ca_certificates().iter();
    /// let roots = roots.filter(|root| root.subject_info(SubjectInfo::Organization).iter().any(is_wanted));
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_ca_certificates(roots.cloned());
    /// ```
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
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslProtocol};
    /// let ciphers = SslConfiguration::supported_ciphers();
    /// assert_eq!(ciphers[0].protocol(), Some(SslProtocol::TlsV1_3));
    /// for cipher in ciphers {
    ///     println!("{}: {} bits", cipher.name(), cipher.used_bits());
    /// }
    /// ```
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

// ---- what is spoken

impl SslConfiguration {
    /// Which versions of TLS are spoken.
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslProtocol};
    /// assert_eq!(SslConfiguration::new().protocol(), SslProtocol::SecureProtocols);
    /// ```
    pub fn protocol(&self) -> SslProtocol {
        self.settings.protocol
    }

    /// Sets which versions of TLS are spoken.
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslProtocol};
    /// // For a server whose clients are all of today.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_protocol(SslProtocol::TlsV1_3);
    /// assert_eq!(configuration.protocol(), SslProtocol::TlsV1_3);
    /// ```
    #[doc(alias = "setProtocol")]
    pub fn set_protocol(&mut self, protocol: SslProtocol) {
        self.settings_mut().protocol = protocol;
    }

    /// The ciphers that may be used, the best first; none, as at first, for all that are supported.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// let mut configuration = SslConfiguration::new();
    /// assert!(configuration.ciphers().is_empty(), "it is left to the library");
    /// configuration.set_ciphers(SslConfiguration::supported_ciphers().into_iter().take(3));
    /// assert_eq!(configuration.ciphers().len(), 3);
    /// ```
    pub fn ciphers(&self) -> &[SslCipher] {
        &self.settings.ciphers
    }

    /// Sets the ciphers that may be used, the best first; none for all that are supported.
    ///
    /// ```
    /// use slotwire::{SslCipher, SslConfiguration};
    /// // These two, and this one rather than that one.
    /// let names = ["TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"];
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_ciphers(names.into_iter().filter_map(SslCipher::from_name));
    /// assert_eq!(configuration.ciphers()[0].name(), "TLS_CHACHA20_POLY1305_SHA256");
    /// ```
    #[doc(alias = "setCiphers")]
    pub fn set_ciphers(&mut self, ciphers: impl IntoIterator<Item = SslCipher>) {
        self.settings_mut().ciphers = ciphers.into_iter().collect();
    }

    /// The protocols to be spoken inside of TLS, for the two sides to agree on (ALPN, RFC 7301).
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_allowed_next_protocols(["http/1.1"]);
    /// assert!(configuration.allowed_next_protocols().any(|protocol| protocol == b"http/1.1"));
    /// ```
    #[doc(alias = "allowedNextProtocols")]
    pub fn allowed_next_protocols(&self) -> impl Iterator<Item = &[u8]> {
        self.settings.allowed_next_protocols.iter().map(Vec::as_slice)
    }

    /// Sets the protocols to be spoken inside of TLS, the best first, for the two sides to agree on (ALPN, RFC 7301). None,
    /// as at first, leaves it open.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// // For a proxy in front of the server that also speaks HTTP/2, which carries no such WebSockets.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_allowed_next_protocols(["http/1.1"]);
    /// assert_eq!(configuration.allowed_next_protocols().count(), 1);
    /// ```
    #[doc(alias = "setAllowedNextProtocols")]
    pub fn set_allowed_next_protocols(&mut self, protocols: impl IntoIterator<Item = impl AsRef<[u8]>>) {
        let protocols = protocols.into_iter().map(|protocol| protocol.as_ref().to_owned());
        self.settings_mut().allowed_next_protocols = protocols.collect();
    }

    /// Whether that is switched off.
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslOption};
    /// let configuration = SslConfiguration::new();
    /// assert!(configuration.test_ssl_option(SslOption::DisableSessionPersistence));
    /// assert!(!configuration.test_ssl_option(SslOption::DisableServerNameIndication));
    /// ```
    #[doc(alias = "testSslOption")]
    pub fn test_ssl_option(&self, option: SslOption) -> bool {
        self.settings.has_option(option)
    }

    /// Switches something off, or on again.
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslOption};
    /// // Nobody on the way is to read which host is wanted.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_ssl_option(SslOption::DisableServerNameIndication, true);
    /// assert!(configuration.test_ssl_option(SslOption::DisableServerNameIndication));
    /// ```
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
