//! [`SslConfiguration`]. Its methods stand beside this file: how one is got and what is spoken (`methods`), who a side is
//! (`identity`), whom it trusts (`trust`), and what became of that (`negotiated`).

// The public methods, in the order in which the documentation shows them: that is the order of the modules.
mod methods;

mod identity;
mod trust;

mod negotiated;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::session::SessionFacts;
use super::{SslCertificate, SslCipher, SslKey, SslProtocol};

/// Whether a peer has to show a certificate, and whether it has to be a good one.
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
    /// A certificate is asked for and checked. Errors are told by signals, and do not end the connection.
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

/// How a connection is encrypted: certificates, a key, protocols; and, got from a connected socket, what was negotiated.
///
/// It is a value: copies are cheap and independent, and changing one has no effect on the sockets and servers that it was
/// given to. A new one fits clients: the system's root certificates are trusted, and servers are verified. A server needs its
/// certificate and private key.
///
/// Whether a certificate was revoked (CRLs, OCSP) is not checked, and one that demands proof of that (must-staple) is taken without
/// it.
///
/// ```
/// use slotwire::prelude::*;
/// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
/// # let directory = std::env::temp_dir().join(format!("slotwire-configuration-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory)?;
/// # let [certificates, key] = ["server.pem", "server.key"].map(|name| directory.join(name));
/// # std::fs::write(&certificates, made.cert.pem())?;
/// # std::fs::write(&key, made.signing_key.serialize_pem())?;
///
/// // For a server, from the paths of two PEM files:
/// let mut configuration = SslConfiguration::new();
/// configuration.set_local_certificate_chain(SslCertificate::from_path(&certificates)?);
/// configuration.set_private_key(SslKey::from_path(&key)?);
/// // Do not ask browsers for a certificate.
/// configuration.set_peer_verify_mode(PeerVerifyMode::None);
/// let server = WebSocketServer::new("Bank", SslMode::Secure);
/// server.set_ssl_configuration(configuration);
/// server.listen(HostAddress::LocalHost, 0)?;
///
/// // For a client that trusts this certificate as well as the system's roots:
/// let mut configuration = SslConfiguration::new();
/// configuration.add_ca_certificates_from_path(&certificates)?;
/// let socket = WebSocket::new();
/// socket.set_ssl_configuration(configuration);
/// socket.open(format!("wss://localhost:{}/", server.server_port()));
/// # assert!(SignalSpy::new(socket.connected()).wait(std::time::Duration::from_secs(10)));
/// # std::fs::remove_dir_all(directory)?;
/// # socket.delete();
/// # server.delete();
/// # Ok::<(), Box<dyn std::error::Error>>(())
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
    /// How many intermediate certificates are accepted; 0 for any number.
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
            None => SslConfiguration::system_ca_certificates(),
        }
    }

    pub(crate) fn has_option(&self, option: SslOption) -> bool {
        self.options.contains(&option)
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

impl SslConfiguration {
    fn settings_mut(&mut self) -> &mut Settings {
        let settings = Arc::make_mut(&mut self.settings);
        settings.prepared = Prepared::default();
        settings
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether one comes from the other, and was not changed.
    pub(crate) fn has_settings_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.settings, &other.settings)
    }

    /// The same settings, with what a connection has negotiated.
    pub(crate) fn with_facts(&self, facts: SessionFacts) -> Self {
        Self { settings: self.settings.clone(), facts: Some(Arc::new(facts)) }
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
