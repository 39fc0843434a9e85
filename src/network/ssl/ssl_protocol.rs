/// A version of TLS, or a range of them.
///
/// TLS 1.2 and 1.3 are supported; a range means those two as far as they are in it.
///
/// ```
/// use slotwire::{SslConfiguration, SslProtocol};
/// let mut configuration = SslConfiguration::new();
/// configuration.set_protocol(SslProtocol::TlsV1_3OrLater);
/// assert_eq!(configuration.protocol(), SslProtocol::TlsV1_3OrLater);
/// ```
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
    /// All that are supported: TLS 1.2 and 1.3.
    AnyProtocol,
    /// All that are secure: TLS 1.2 and later. The default.
    #[default]
    SecureProtocols,
}

impl SslProtocol {
    /// Returns whether connections of TLS 1.2 are within the range.
    pub(crate) fn has_tls_1_2(self) -> bool {
        !matches!(self, Self::TlsV1_3 | Self::TlsV1_3OrLater)
    }

    /// Returns whether connections of TLS 1.3 are within the range.
    pub(crate) fn has_tls_1_3(self) -> bool {
        self != Self::TlsV1_2
    }
}
