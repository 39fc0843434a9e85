//! rustls behind [`TlsSession`].
//!
//! | file | holds |
//! |---|---|
//! | `session` | [`Session`]: one side of one connection, on rustls's unbuffered API |
//! | `configuration` | what rustls is told of an [`SslConfiguration`], made once for each |
//! | `provider`, `alert_tap`, `in_place` | the cryptography; how it tells of the alerts that pass, and works in the caller's buffers |
//! | `sessions` | those that can be resumed |
//! | `verifier` | the checks of certificates, which record what is wrong |
//! | `call` | what those find of the session that calls them |
//! | `failure` | Qt's errors and texts for rustls's |

mod alert_tap;
mod call;
mod configuration;
mod failure;
mod in_place;
mod provider;
mod session;
mod sessions;
#[cfg(test)]
mod tests;
mod verifier;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rustls::client::UnbufferedClientConnection;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::server::UnbufferedServerConnection;

use self::call::Handshake;
use self::configuration::Setup;
use self::session::Session;
use super::session::{TlsFailure, TlsSession, server_name_indication};
use super::{PeerVerifyMode, SslConfiguration};

/// `QSslSocket::availableBackends`
pub(super) const NAME: &str = "rustls";

/// The cryptography, with all ciphers.
pub(super) fn cryptography() -> Arc<CryptoProvider> {
    provider::with_ciphers(&[])
}

pub(super) fn client(
    configuration: &SslConfiguration,
    host: &str,
) -> Result<Box<dyn TlsSession>, TlsFailure> {
    let Setup { config, verifier } = configuration::client(configuration)?;
    let name = server_name(host);
    let connection = UnbufferedClientConnection::new(config, name)
        .map_err(|error| failure::of_handshake(&failure::text(&error)))?;
    let handshake = Handshake { host: host.to_owned(), ..Handshake::new(verifier) };
    Ok(Box::new(Session::new(connection, handshake)))
}

pub(super) fn server(configuration: &SslConfiguration) -> Result<Box<dyn TlsSession>, TlsFailure> {
    let Setup { config, verifier } = configuration::server(configuration)?;
    let connection = UnbufferedServerConnection::new(config)
        .map_err(|error| failure::of_handshake(&failure::text(&error)))?;
    let wants_certificate = configuration.settings().peer_verify_mode == PeerVerifyMode::VerifyPeer;
    let handshake = Handshake { wants_certificate, ..Handshake::new(verifier) };
    Ok(Box::new(Session::new(connection, handshake)))
}

/// What the server is asked for (RFC 6066 §3). An address is not sent, and neither is what no host can be called: then rustls
/// is given an address. Whom the certificate is for is checked by [`verifier`], against the name as it was written.
fn server_name(host: &str) -> ServerName<'static> {
    let name = server_name_indication(host).unwrap_or(host);
    ServerName::try_from(name.to_owned()).unwrap_or_else(|_| unnamed())
}

fn unnamed() -> ServerName<'static> {
    ServerName::from(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}
