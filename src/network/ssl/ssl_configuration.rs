use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::session::SessionFacts;
use super::{SslCertificate, SslCipher, SslKey, SslProtocol};

/// Whether a peer has to show a certificate, and a good one.
#[doc(alias = "QSslSocket::PeerVerifyMode")]
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
    /// A client verifies its server; a server does not ask its clients.
    #[doc(alias = "AutoVerifyPeer")]
    #[default]
    Auto,
}

/// What a connection is encrypted with: certificates, a key, protocols. A value: copies are cheap and independent.
#[doc(alias = "QSslConfiguration")]
#[derive(Clone, Default)]
pub struct SslConfiguration {
    settings: Arc<Settings>,
    /// What was negotiated by the connection that this was got from.
    facts: Option<Arc<SessionFacts>>,
}

#[derive(Clone, Default)]
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
    pub(crate) allowed_next_protocols: Vec<Vec<u8>>,
    pub(crate) handshake_must_interrupt_on_error: bool,
    pub(crate) missing_certificate_is_fatal: bool,
    pub(crate) pre_shared_key_identity_hint: Vec<u8>,
    /// What a back end has made of these settings.
    pub(crate) prepared: Prepared,
}

/// Made at the first use; a copy that is about to be changed has none.
#[derive(Default)]
pub(crate) struct Prepared(pub(crate) OnceLock<Arc<dyn Any + Send + Sync>>);

impl Clone for Prepared {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl SslConfiguration {
    /// As Qt begins.
    #[doc(alias = "QSslConfiguration::QSslConfiguration")]
    pub fn new() -> Self {
        Self::default()
    }

    /// Which versions of TLS are spoken.
    #[doc(alias = "QSslConfiguration::setProtocol")]
    pub fn set_protocol(&mut self, protocol: SslProtocol) {
        Arc::make_mut(&mut self.settings).protocol = protocol;
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same settings, with what a connection has negotiated.
    pub(crate) fn with_facts(&self, facts: SessionFacts) -> Self {
        Self { settings: self.settings.clone(), facts: Some(Arc::new(facts)) }
    }
}

impl fmt::Debug for SslConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SslConfiguration").finish_non_exhaustive()
    }
}
