//! [`SslConfiguration`]. Its methods stand beside this file: construction and protocols (`methods`), the identity of a side
//! (`identity`), its trust in others (`trust`), and the negotiated parameters (`negotiated`).

// The public methods, in the order in which the documentation shows them: that is the order of the modules.
mod methods;

mod identity;
mod trust;

mod negotiated;

use std::fmt;
use std::sync::Arc;

use crate::network::ssl::session::SessionFacts;
use crate::network::ssl::settings::Settings;

/// The encryption of a connection: certificates, a key, protocols; and, if it comes from a connected socket, the negotiated
/// parameters.
///
/// It is a value: copies are cheap and independent, and changing one has no effect on the sockets and servers that it was
/// given to. A new one fits clients: the system's root certificates are trusted, and servers are verified. A server needs its
/// certificate and private key.
///
/// Revocation of certificates (CRLs, OCSP) is not checked, and a certificate that demands proof of its status (must-staple) is
/// taken without it.
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
    /// The facts of the connection that this configuration comes from.
    facts: Option<Arc<SessionFacts>>,
}

impl SslConfiguration {
    fn settings_mut(&mut self) -> &mut Settings {
        let settings = Arc::make_mut(&mut self.settings);
        settings.forget_prepared();
        settings
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns whether one comes from the other, and was not changed.
    pub(crate) fn has_settings_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.settings, &other.settings)
    }

    /// The same settings, with what the connection has negotiated that the other one comes from.
    pub(crate) fn with_facts_of(&self, other: &Self) -> Self {
        Self { settings: self.settings.clone(), facts: other.facts.clone() }
    }

    /// The same settings, for another connection.
    pub(crate) fn without_facts(&self) -> Self {
        Self { settings: self.settings.clone(), facts: None }
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
