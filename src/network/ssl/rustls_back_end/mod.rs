//! rustls behind [`TlsSession`].
//!
//! | file | holds |
//! |---|---|
//! | `session` | [`Session`]: one side of one connection, on rustls's unbuffered API |
//! | `configuration` | the translation of an [`SslConfiguration`](crate::SslConfiguration), made once for each |
//! | `provider`, `alert_tap`, `in_place` | the cryptography; its reports of alerts, and its work in the caller's buffers |
//! | `sessions` | those that can be resumed |
//! | `verifier` | the checks of certificates, which record what is wrong |
//! | `call` | what those find of the session that calls them |

mod alert_tap;
mod call;
mod configuration;
mod in_place;
mod provider;
mod session;
mod sessions;
#[cfg(test)]
mod tests;
mod verifier;

use std::sync::Arc;
use std::time::SystemTime;

use rustls::client::UnbufferedClientConnection;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::server::UnbufferedServerConnection;

use self::call::Handshake;
use self::configuration::Setup;
use self::session::{Session, text};
use self::sessions::unnamed;
use super::certificate_chain::Purpose;
use super::phase::handshake_failure;
use super::session::{TlsFailure, TlsSession, server_name_indication};
use super::settings::Settings;
use super::ssl_certificate::SslCertificate;
use super::ssl_error::SslError;
use super::webpki::ChainVerifier;

/// `QSslSocket::availableBackends`
pub(super) const NAME: &str = "rustls";

pub(super) fn client(settings: &Settings, host: &str) -> Result<Box<dyn TlsSession>, TlsFailure> {
    let Setup { config, verifier } = configuration::client(settings)?;
    let name = server_name(host);
    let connection =
        UnbufferedClientConnection::new(config, name).map_err(|error| handshake_failure(&text(&error)))?;
    let handshake = Handshake { host: host.to_owned(), ..Handshake::new(verifier) };
    Ok(Box::new(Session::new(connection, handshake)))
}

pub(super) fn server(settings: &Settings) -> Result<Box<dyn TlsSession>, TlsFailure> {
    let Setup { config, verifier } = configuration::server(settings)?;
    let connection =
        UnbufferedServerConnection::new(config).map_err(|error| handshake_failure(&text(&error)))?;
    let wants_certificate = settings.peer_verify_mode.verifies_client();
    let handshake = Handshake { wants_certificate, ..Handshake::new(verifier) };
    Ok(Box::new(Session::new(connection, handshake)))
}

/// The name that the server is asked for (RFC 6066 §3). An address is not sent, and neither is a name that no host can have: then
/// rustls is given an address. The host is compared with the certificate by [`verifier`], as it was written.
fn server_name(host: &str) -> ServerName<'static> {
    let name = server_name_indication(host).unwrap_or(host);
    ServerName::try_from(name.to_owned()).unwrap_or_else(|_| unnamed())
}

/// Returns the errors of a server's chain, for those settings, at this moment.
pub(super) fn errors_of_server(sent: &[SslCertificate], settings: &Settings) -> Vec<SslError> {
    ChainVerifier::new(settings, &cryptography()).errors(sent, Purpose::Server, SystemTime::now())
}

/// The cryptography, with all ciphers.
pub(super) fn cryptography() -> Arc<CryptoProvider> {
    provider::with_ciphers(&[])
}
