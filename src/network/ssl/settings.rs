//! The settings of an [`SslConfiguration`](super::SslConfiguration), as back ends read them.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use super::ssl_certificate::SslCertificate;
use super::ssl_cipher::SslCipher;
use super::ssl_key::SslKey;
use super::ssl_protocol::SslProtocol;

/// The verification of a peer: is a certificate asked for, and does it have to be a good one?
///
/// ```
/// use slotwire::{PeerVerifyMode, SslConfiguration};
/// // A server that lets only clients with a certificate in.
/// let mut configuration = SslConfiguration::new();
/// configuration.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeerVerifyMode {
    /// A server asks for no certificate. A client checks nothing but the host name in the server's, and an error in that does
    /// not end the connection.
    #[doc(alias = "VerifyNone")]
    None,
    /// A certificate is asked for and checked. Errors are reported by signals, and do not end the connection.
    QueryPeer,
    /// A certificate is asked for and checked. Errors that are not ignored end the connection.
    VerifyPeer,
    /// `VerifyPeer` in a client, [`QueryPeer`](Self::QueryPeer) in a server, as in Qt. The default. **A browser
    /// that is asked for a certificate and has none gives the connection up**: a server for browsers sets
    /// [`None`](Self::None), as Qt's example does.
    #[doc(alias = "AutoVerifyPeer")]
    #[default]
    Auto,
}

/// An option of TLS: each one switches something off.
///
/// ```
/// use slotwire::{SslConfiguration, SslOption};
/// let mut configuration = SslConfiguration::new();
/// configuration.set_ssl_option(SslOption::DisableServerNameIndication, true);
/// assert!(configuration.test_ssl_option(SslOption::DisableServerNameIndication));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SslOption {
    /// A client does not send the name of the host, which goes unencrypted (RFC 6066 §3). A server with several certificates
    /// needs it.
    #[doc(alias = "SslOptionDisableServerNameIndication")]
    DisableServerNameIndication,
    /// A client's sessions do not outlive its process. It is set by default, and makes no difference: they are kept in memory
    /// only.
    #[doc(alias = "SslOptionDisableSessionPersistence")]
    DisableSessionPersistence,
    /// A server chooses the cipher that the client prefers, rather than the one that it prefers itself.
    #[doc(alias = "SslOptionDisableServerCipherPreference")]
    DisableServerCipherPreference,
    /// No session tickets are asked for, taken or given. As a server keeps sessions in tickets only, none of its sessions is
    /// resumed. A client can still resume a session of TLS 1.2, with a server that keeps it itself.
    #[doc(alias = "SslOptionDisableSessionTickets")]
    DisableSessionTickets,
    /// No session is resumed: each connection does a full handshake.
    #[doc(alias = "SslOptionDisableSessionSharing")]
    DisableSessionSharing,
}

impl PeerVerifyMode {
    /// Returns whether a client ends a connection because of errors of the server's certificate.
    pub(crate) fn verifies_server(self) -> bool {
        matches!(self, Self::Auto | Self::VerifyPeer)
    }

    /// Returns whether a server ends a connection because of errors of the client's certificate.
    pub(crate) fn verifies_client(self) -> bool {
        self == Self::VerifyPeer
    }
}

#[derive(Clone, PartialEq)]
pub(crate) struct Settings {
    /// `None`: those of the system.
    pub(crate) ca_certificates: Option<Vec<SslCertificate>>,
    pub(crate) local_certificate_chain: Vec<SslCertificate>,
    pub(crate) private_key: Option<SslKey>,
    pub(crate) peer_verify_mode: PeerVerifyMode,
    /// The number of intermediate certificates that are accepted; 0 for any number.
    pub(crate) peer_verify_depth: u32,
    pub(crate) protocol: SslProtocol,
    /// Empty: what is safe.
    pub(crate) ciphers: Vec<SslCipher>,
    pub(crate) options: Vec<SslOption>,
    pub(crate) allowed_next_protocols: Vec<Vec<u8>>,
    pub(crate) handshake_must_interrupt_on_error: bool,
    pub(crate) missing_certificate_is_fatal: bool,
    pub(crate) pre_shared_key_identity_hint: Vec<u8>,
    /// The translation of these settings for the back end.
    prepared: Prepared,
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
            None => system_ca_certificates(),
        }
    }

    pub(crate) fn has_option(&self, option: SslOption) -> bool {
        self.options.contains(&option)
    }

    /// Forgets the translation, before the settings are changed.
    pub(super) fn forget_prepared(&mut self) {
        self.prepared = Prepared::default();
    }

    /// Lends a back end what it has made of these settings; at its first use there is nothing yet.
    pub(crate) fn with_prepared<P, R>(&self, what: impl FnOnce(&P) -> R) -> R
    where
        P: Default + Send + Sync + 'static,
    {
        let kept = self.prepared.0.get_or_init(|| Arc::new(P::default()));
        match kept.downcast_ref() {
            Some(prepared) => what(prepared),
            // Another back end has used them before.
            None => what(&P::default()),
        }
    }
}

/// Made at the first use; settings that are about to be changed have none.
#[derive(Default)]
struct Prepared(OnceLock<Arc<dyn Any + Send + Sync>>);

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

/// The roots that this system trusts, read once.
pub(super) fn system_ca_certificates() -> &'static [SslCertificate] {
    static SYSTEM: OnceLock<Vec<SslCertificate>> = OnceLock::new();
    SYSTEM.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            log::warn!("the system's CA certificates: {error}");
        }
        found.certs.iter().filter_map(|der| SslCertificate::from_der(der).ok()).collect()
    })
}
