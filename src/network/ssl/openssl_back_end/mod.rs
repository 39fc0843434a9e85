//! OpenSSL behind [`TlsSession`]: for pre-shared keys, which rustls does not have.
//!
//! | file | holds |
//! |---|---|
//! | `session` | [`Session`]: one side of one connection |
//! | `stream` | what OpenSSL reads and writes instead of a socket |
//! | `context` | the translation of an [`SslConfiguration`](crate::SslConfiguration), made once for each |
//! | `call` | what OpenSSL's callbacks find of the session that calls them |
//! | `chain` | the checks of a chain that no connection has brought |
//! | `errors` | Qt's errors and texts for OpenSSL's, and the alerts that go with them |

mod call;
#[cfg(not(feature = "_rustls"))]
mod chain;
mod context;
mod errors;
mod session;
mod stream;
#[cfg(test)]
#[cfg(feature = "_rustls")]
mod tests;

use openssl::ssl::Ssl;

#[cfg(not(feature = "_rustls"))]
pub(super) use self::chain::errors_of_server;
use self::session::Session;
use super::session::{TlsFailure, TlsSession, server_name_indication};
use super::settings::{Settings, SslOption};

/// `QSslSocket::availableBackends`
pub(super) const NAME: &str = "openssl";

pub(super) fn client(settings: &Settings, host: &str) -> Result<Box<dyn TlsSession>, TlsFailure> {
    let context = context::client(settings)?;
    let mut ssl = Ssl::new(&context).map_err(|error| errors::unusable(&error))?;
    ssl.set_connect_state();
    if let Some(name) = server_name_indication(host)
        && !settings.has_option(SslOption::DisableServerNameIndication)
    {
        ssl.set_hostname(name).map_err(|error| errors::unusable(&error))?;
    }
    let wants_certificate = settings.peer_verify_mode.verifies_server();
    Ok(Box::new(Session::new(ssl, settings, Some(host.to_owned()), wants_certificate)?))
}

pub(super) fn server(settings: &Settings) -> Result<Box<dyn TlsSession>, TlsFailure> {
    let context = context::server(settings)?;
    let mut ssl = Ssl::new(&context).map_err(|error| errors::unusable(&error))?;
    ssl.set_accept_state();
    let wants_certificate = settings.peer_verify_mode.verifies_client();
    Ok(Box::new(Session::new(ssl, settings, None, wants_certificate)?))
}
