//! The choice of the TLS library: `QSslSocket::activeBackend`. The one file that knows all of them.

#[cfg(test)]
pub(super) mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(feature = "openssl")]
use super::openssl_back_end;
#[cfg(feature = "_rustls")]
use super::rustls_back_end;
use super::session::{TlsFailure, TlsSession};
use super::settings::Settings;
use super::ssl_certificate::SslCertificate;
use super::ssl_cipher::SslCipher;
use super::ssl_error::SslError;
use super::ssl_key::KeyAlgorithm;
use super::ssl_protocol::SslProtocol;
use crate::network::abstract_socket::SocketError;

/// A session that was begun, or the reason why it was not.
type Begun = Result<Box<dyn TlsSession>, TlsFailure>;

/// A TLS library that is compiled in.
struct BackEnd {
    client: fn(&Settings, &str) -> Begun,
    server: fn(&Settings) -> Begun,
    /// All its ciphers, the best first.
    ciphers: fn() -> Vec<SslCipher>,
    has_pre_shared_keys: bool,
}

/// The back ends that are compiled in, the default first.
static AVAILABLE: &[BackEnd] = &[
    #[cfg(feature = "_rustls")]
    BackEnd {
        client: rustls_back_end::client,
        server: rustls_back_end::server,
        ciphers: SslCipher::usual,
        has_pre_shared_keys: false,
    },
    #[cfg(feature = "openssl")]
    BackEnd {
        client: openssl_back_end::client,
        server: openssl_back_end::server,
        ciphers: SslCipher::of_openssl,
        has_pre_shared_keys: true,
    },
];

/// Their names, for `QSslSocket::availableBackends`.
pub(super) const NAMES: &[&str] = &[
    #[cfg(feature = "_rustls")]
    rustls_back_end::NAME,
    #[cfg(feature = "openssl")]
    openssl_back_end::NAME,
];

/// Its index among them.
static ACTIVE: AtomicUsize = AtomicUsize::new(0);

/// A client's side, for a server of that name or address.
pub(crate) fn client(settings: &Settings, host: &str) -> Begun {
    (BackEnd::for_settings(settings)?.client)(settings, host)
}

/// A server's side.
pub(crate) fn server(settings: &Settings) -> Begun {
    (BackEnd::for_settings(settings)?.server)(settings)
}

/// Returns an error that names what is missing, if a server that has begun with these settings lacks something that clients ask
/// for. `has_pre_shared_keys`: its program knows those of its clients.
pub(crate) fn check_server(settings: &Settings, has_pre_shared_keys: bool) -> Result<(), TlsFailure> {
    if !settings.local_certificate_chain.is_empty() {
        return check_ciphers(settings);
    }
    let invalid = |text| Err(TlsFailure::new(SocketError::SslInvalidUserData, text));
    match BackEnd::active().pre_shared_keys() {
        Ok(()) if has_pre_shared_keys => Ok(()),
        Err(failure) if has_pre_shared_keys => Err(failure),
        _ if settings.private_key.is_some() => invalid(
            "The server has a private key and no certificate: SslConfiguration::set_local_certificate_chain",
        ),
        _ => invalid(
            "The server has neither a certificate (SslConfiguration::set_local_certificate_chain, set_private_key) nor a slot \
             that knows pre-shared keys (pre_shared_key_authentication_required, with OpenSSL)",
        ),
    }
}

/// In TLS 1.2 a cipher belongs to a kind of key.
fn check_ciphers(settings: &Settings) -> Result<(), TlsFailure> {
    let Some(key) = &settings.private_key else { return Ok(()) };
    let authentication = if key.algorithm() == KeyAlgorithm::Rsa { "RSA" } else { "ECDSA" };
    let fits = |cipher: &SslCipher| match cipher.protocol() {
        Some(SslProtocol::TlsV1_3) => settings.protocol.has_tls_1_3(),
        _ => settings.protocol.has_tls_1_2() && cipher.authentication_method() == authentication,
    };
    if settings.ciphers.is_empty() || settings.ciphers.iter().any(fits) {
        return Ok(());
    }
    let text = format!("The server's key, {:?}, fits none of its ciphers", key.algorithm());
    Err(TlsFailure::new(SocketError::SslInvalidUserData, text))
}

/// Returns the errors of a server's chain, for those settings, at this moment.
pub(super) fn errors_of_server(chain: &[SslCertificate], settings: &Settings) -> Vec<SslError> {
    #[cfg(feature = "_rustls")]
    return rustls_back_end::errors_of_server(chain, settings);
    #[cfg(not(feature = "_rustls"))]
    openssl_back_end::errors_of_server(chain, settings)
}

/// The name of the library in use, one of [`NAMES`].
pub(super) fn active() -> &'static str {
    NAMES[ACTIVE.load(Ordering::Relaxed)]
}

/// Uses the one of that name from now on; says whether there is one.
pub(super) fn set_active(name: &str) -> bool {
    let place = NAMES.iter().position(|known| *known == name);
    if let Some(place) = place {
        ACTIVE.store(place, Ordering::Relaxed);
    }
    place.is_some()
}

/// All ciphers of the one that is used, the best first.
pub(super) fn ciphers() -> Vec<SslCipher> {
    (BackEnd::active().ciphers)()
}

impl BackEnd {
    fn active() -> &'static Self {
        &AVAILABLE[ACTIVE.load(Ordering::Relaxed)]
    }

    /// The one in use; an error if it lacks what is asked for.
    fn for_settings(settings: &Settings) -> Result<&'static Self, TlsFailure> {
        let back_end = Self::active();
        if !settings.pre_shared_key_identity_hint.is_empty() {
            back_end.pre_shared_keys()?;
        }
        Ok(back_end)
    }

    fn pre_shared_keys(&self) -> Result<(), TlsFailure> {
        self.has_pre_shared_keys.then_some(()).ok_or_else(|| {
            TlsFailure::new(
                SocketError::SslInvalidUserData,
                "pre-shared keys need OpenSSL: the feature `openssl` of the crate, and \
                 SslSocket::set_active_backend(\"openssl\")",
            )
        })
    }
}

impl SslCipher {
    /// The cipher of that name, `None` if it is not supported.
    ///
    /// ```
    /// use slotwire::{SslCipher, SslConfiguration};
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_ciphers(SslCipher::from_name("TLS_AES_256_GCM_SHA384"));
    /// assert_eq!(configuration.ciphers().len(), 1);
    /// assert_eq!(SslCipher::from_name("DES-CBC3-SHA"), None, "which is broken");
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        ciphers().into_iter().find(|cipher| cipher.name() == name)
    }
}
