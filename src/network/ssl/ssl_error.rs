use std::fmt;

use super::SslCertificate;

/// Something that is wrong with a peer's certificate, and with which certificate of its chain. Its text, by `Display`, is Qt's.
///
/// Two errors are equal if kind and certificate are.
///
/// ```ignore
/// use slotwire::{SslError, SslErrorKind};
/// let error = SslError::new(SslErrorKind::HostNameMismatch);
/// assert!(error.to_string().starts_with("The host name did not match"));
/// ```
#[doc(alias = "QSslError")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SslError {
    kind: SslErrorKind,
    certificate: Option<SslCertificate>,
}

impl SslError {
    /// An error without a certificate.
    #[doc(alias = "QSslError::QSslError")]
    pub fn new(kind: SslErrorKind) -> Self {
        Self { kind, certificate: None }
    }

    /// An error of that certificate.
    pub fn with_certificate(kind: SslErrorKind, certificate: SslCertificate) -> Self {
        Self { kind, certificate: Some(certificate) }
    }

    /// What is wrong.
    #[doc(alias = "QSslError::error")]
    pub fn kind(&self) -> SslErrorKind {
        self.kind
    }

    /// With which certificate.
    #[doc(alias = "QSslError::certificate")]
    pub fn certificate(&self) -> Option<&SslCertificate> {
        self.certificate.as_ref()
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        /// What is wrong with a certificate.
        #[doc(alias = "QSslError::SslError")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum SslErrorKind {
            $($(#[$doc])* $name,)*
        }

        impl SslErrorKind {
            /// Qt's text.
            pub(crate) fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

kinds! {
    /// It is signed by itself, and not among the trusted ones.
    SelfSignedCertificate "The certificate is self-signed, and untrusted"
    /// It was made out for another host.
    HostNameMismatch "The host name did not match any of the valid hosts for this certificate"
}

impl fmt::Display for SslError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.text())
    }
}

impl fmt::Debug for SslError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}
