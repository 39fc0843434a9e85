/// A version of TLS, or a range of them.
///
/// Only TLS 1.2 and 1.3 are spoken; of a range, that part of it.
///
/// ```ignore
/// use slotwire::{SslConfiguration, SslProtocol};
/// let mut configuration = SslConfiguration::new();
/// configuration.set_protocol(SslProtocol::TlsV1_3OrLater);
/// ```
#[doc(alias = "QSsl::SslProtocol")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SslProtocol {
    /// TLS 1.2 alone.
    TlsV1_2,
    /// TLS 1.2 and later.
    TlsV1_2OrLater,
    /// TLS 1.3 alone.
    TlsV1_3,
    /// TLS 1.3 and later.
    TlsV1_3OrLater,
    /// What is safe: TLS 1.2 and later.
    #[default]
    SecureProtocols,
}
