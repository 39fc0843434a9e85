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

/// A TLS library that is compiled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BackEnd {
    #[cfg(feature = "_rustls")]
    Rustls,
    #[cfg(feature = "openssl")]
    OpenSsl,
}

/// The back ends that are compiled in, the default first.
const AVAILABLE: &[BackEnd] = &[
    #[cfg(feature = "_rustls")]
    BackEnd::Rustls,
    #[cfg(feature = "openssl")]
    BackEnd::OpenSsl,
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
pub(crate) fn client(settings: &Settings, host: &str) -> Result<Box<dyn TlsSession>, TlsFailure> {
    BackEnd::active().check(settings)?;
    match BackEnd::active() {
        #[cfg(feature = "_rustls")]
        BackEnd::Rustls => rustls_back_end::client(settings, host),
        #[cfg(feature = "openssl")]
        BackEnd::OpenSsl => openssl_back_end::client(settings, host),
    }
}

/// A server's side.
pub(crate) fn server(settings: &Settings) -> Result<Box<dyn TlsSession>, TlsFailure> {
    BackEnd::active().check(settings)?;
    match BackEnd::active() {
        #[cfg(feature = "_rustls")]
        BackEnd::Rustls => rustls_back_end::server(settings),
        #[cfg(feature = "openssl")]
        BackEnd::OpenSsl => openssl_back_end::server(settings),
    }
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
    match BackEnd::active() {
        #[cfg(feature = "_rustls")]
        BackEnd::Rustls => SslCipher::usual(),
        #[cfg(feature = "openssl")]
        BackEnd::OpenSsl => SslCipher::of_openssl(),
    }
}

impl BackEnd {
    fn active() -> Self {
        AVAILABLE[ACTIVE.load(Ordering::Relaxed)]
    }

    /// An error if it lacks what is asked for.
    fn check(self, settings: &Settings) -> Result<(), TlsFailure> {
        if settings.pre_shared_key_identity_hint.is_empty() { Ok(()) } else { self.pre_shared_keys() }
    }

    /// Returns an error unless this is OpenSSL, which alone has pre-shared keys.
    fn pre_shared_keys(self) -> Result<(), TlsFailure> {
        match self {
            #[cfg(feature = "_rustls")]
            Self::Rustls => Err(TlsFailure::new(
                SocketError::SslInvalidUserData,
                "pre-shared keys need OpenSSL: the feature `openssl` of the crate, and \
                 SslSocket::set_active_backend(\"openssl\")",
            )),
            #[cfg(feature = "openssl")]
            Self::OpenSsl => Ok(()),
        }
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
