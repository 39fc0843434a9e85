//! Construction, the default configuration, and the protocols.

use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::SslConfiguration;
use crate::network::ssl::back_end;
use crate::network::ssl::settings::{self, Settings, SslOption};
use crate::network::ssl::ssl_certificate::SslCertificate;
use crate::network::ssl::ssl_cipher::SslCipher;
use crate::network::ssl::ssl_protocol::SslProtocol;

/// The value of [`SslConfiguration::default_configuration`]: one for all, so that a back end translates it once.
static DEFAULT: Mutex<Option<SslConfiguration>> = Mutex::new(None);

impl SslConfiguration {
    /// The default settings: the system's roots are trusted, servers are verified, TLS 1.2 and 1.3.
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

    /// The configuration of all sockets and servers of this process that were not given one.
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslProtocol, WebSocket};
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.ssl_configuration(), SslConfiguration::default_configuration());
    ///
    /// // The same for this socket, but for one setting.
    /// let mut configuration = SslConfiguration::default_configuration();
    /// configuration.set_protocol(SslProtocol::TlsV1_3);
    /// socket.set_ssl_configuration(configuration);
    /// # socket.delete();
    /// ```
    #[doc(alias = "defaultConfiguration")]
    pub fn default_configuration() -> Self {
        DEFAULT.lock().get_or_insert_default().clone()
    }

    /// Sets the configuration that, from now on, sockets and servers of this process use that were not given one.
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
        // The facts of its connection are left out: others are to begin with its settings only.
        *DEFAULT.lock() = Some(configuration.without_facts());
    }

    /// The roots that this system trusts. They are read once, when they are first needed.
    ///
    /// On Unix, the environment variables `SSL_CERT_FILE` and `SSL_CERT_DIR` name others. What cannot be read is missing, and
    /// a warning says so (by the `log` crate).
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SubjectInfo};
    /// // Trust the roots of one organization only.
    /// let organization = "Internet Security Research Group".to_owned();
    /// let roots = SslConfiguration::system_ca_certificates().iter().filter(|root| {
    ///     root.subject_info(SubjectInfo::Organization).contains(&organization)
    /// });
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_ca_certificates(roots.cloned());
    /// ```
    #[doc(alias = "systemCaCertificates")]
    pub fn system_ca_certificates() -> &'static [SslCertificate] {
        settings::system_ca_certificates()
    }

    /// All ciphers that can be used with the [active TLS library](crate::SslSocket::active_backend), the best first.
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
        back_end::ciphers()
    }
}

// ---- what is spoken

impl SslConfiguration {
    /// The versions of TLS that may be used.
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslProtocol};
    /// assert_eq!(SslConfiguration::new().protocol(), SslProtocol::SecureProtocols);
    /// ```
    pub fn protocol(&self) -> SslProtocol {
        self.settings.protocol
    }

    /// Sets the versions of TLS that may be used.
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslProtocol};
    /// // For a server whose clients are all up to date.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_protocol(SslProtocol::TlsV1_3);
    /// assert_eq!(configuration.protocol(), SslProtocol::TlsV1_3);
    /// ```
    #[doc(alias = "setProtocol")]
    pub fn set_protocol(&mut self, protocol: SslProtocol) {
        self.settings_mut().protocol = protocol;
    }

    /// The ciphers that may be used, the best first; empty, the default, for all that are supported.
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

    /// Sets the ciphers that may be used, the best first; none of them for all that are supported.
    ///
    /// ```
    /// use slotwire::{SslCipher, SslConfiguration};
    /// // These two, and the first rather than the second.
    /// let names = ["TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"];
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_ciphers(names.into_iter().filter_map(SslCipher::from_name));
    /// assert_eq!(configuration.ciphers()[0].name(), "TLS_CHACHA20_POLY1305_SHA256");
    /// ```
    #[doc(alias = "setCiphers")]
    pub fn set_ciphers(&mut self, ciphers: impl IntoIterator<Item = SslCipher>) {
        self.settings_mut().ciphers = ciphers.into_iter().collect();
    }

    /// The application protocols that this side offers or accepts (ALPN, RFC 7301), the preferred one first; none by default.
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

    /// Sets the application protocols that this side offers or accepts (ALPN, RFC 7301), the preferred one first. If both sides
    /// have some and none in common, the handshake fails; if one side has none, nothing is negotiated.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// // Where HTTP/2 might be chosen, over which this crate speaks no WebSocket.
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_allowed_next_protocols(["http/1.1"]);
    /// assert_eq!(configuration.allowed_next_protocols().count(), 1);
    /// ```
    #[doc(alias = "setAllowedNextProtocols")]
    pub fn set_allowed_next_protocols(&mut self, protocols: impl IntoIterator<Item = impl AsRef<[u8]>>) {
        let protocols = protocols.into_iter().map(|protocol| protocol.as_ref().to_owned());
        self.settings_mut().allowed_next_protocols = protocols.collect();
    }

    /// Returns whether an option is set.
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

    /// Sets an option, or clears it.
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslOption};
    /// // Nobody on the way shall read which host is asked for.
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
