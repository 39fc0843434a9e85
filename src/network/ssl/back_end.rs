//! Which TLS library encrypts: `QSslSocket::activeBackend`.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::session::TlsFailure;
use super::{SslConfiguration, SslSocket};
#[cfg(feature = "_rustls")]
use crate::network::SocketError;

/// A TLS library that is compiled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BackEnd {
    #[cfg(feature = "_rustls")]
    Rustls,
    #[cfg(feature = "openssl")]
    OpenSsl,
}

/// Those that are compiled in, the default first.
const AVAILABLE: &[BackEnd] = &[
    #[cfg(feature = "_rustls")]
    BackEnd::Rustls,
    #[cfg(feature = "openssl")]
    BackEnd::OpenSsl,
];

const NAMES: &[&str] = &[
    #[cfg(feature = "_rustls")]
    super::rustls_back_end::NAME,
    #[cfg(feature = "openssl")]
    super::openssl_back_end::NAME,
];

/// Its place among them.
static ACTIVE: AtomicUsize = AtomicUsize::new(0);

impl BackEnd {
    pub(super) fn active() -> Self {
        AVAILABLE[ACTIVE.load(Ordering::Relaxed)]
    }

    /// Whether it has what is asked for.
    pub(super) fn check(self, configuration: &SslConfiguration) -> Result<(), TlsFailure> {
        if configuration.pre_shared_key_identity_hint().is_empty() { Ok(()) } else { self.pre_shared_keys() }
    }

    /// Only OpenSSL has pre-shared keys; what else there is says so.
    pub(super) fn pre_shared_keys(self) -> Result<(), TlsFailure> {
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

/// # Back ends
impl SslSocket {
    /// The TLS libraries that are compiled in, the default first: `rustls` (cargo features `aws-lc-rs`, on by default, or
    /// `ring`) and `openssl` (the cargo feature of that name), which alone has pre-shared keys.
    ///
    /// ```
    /// use slotwire::SslSocket;
    /// if SslSocket::available_backends().contains(&"openssl") {
    ///     println!("pre-shared keys are supported");
    /// }
    /// # assert!(!SslSocket::available_backends().is_empty());
    /// ```
    #[doc(alias = "availableBackends")]
    pub fn available_backends() -> &'static [&'static str] {
        NAMES
    }

    /// The TLS library that encrypts new connections.
    ///
    /// ```
    /// use slotwire::SslSocket;
    /// assert_eq!(SslSocket::active_backend(), SslSocket::available_backends()[0]);
    /// ```
    #[doc(alias = "activeBackend")]
    pub fn active_backend() -> &'static str {
        NAMES[ACTIVE.load(Ordering::Relaxed)]
    }

    /// Sets the TLS library that encrypts new connections of this process; existing ones keep theirs. Returns `false`, and
    /// changes nothing, if there is no library of that name.
    ///
    /// ```
    /// use slotwire::SslSocket;
    ///
    /// if !SslSocket::set_active_backend("openssl") {
    ///     println!("no pre-shared keys: the cargo feature `openssl` is off");
    /// }
    /// assert!(SslSocket::available_backends().contains(&SslSocket::active_backend()));
    /// # SslSocket::set_active_backend(SslSocket::available_backends()[0]);
    /// ```
    ///
    /// # Qt
    ///
    /// Qt has one back end for the life of a process: whatever was used first.
    #[doc(alias = "setActiveBackend")]
    pub fn set_active_backend(name: &str) -> bool {
        let place = NAMES.iter().position(|known| *known == name);
        if let Some(place) = place {
            ACTIVE.store(place, Ordering::Relaxed);
        }
        place.is_some()
    }
}
