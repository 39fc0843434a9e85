use std::sync::Arc;

/// An X.509 certificate.
#[doc(alias = "QSslCertificate")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SslCertificate(Arc<[u8]>);

impl SslCertificate {
    /// As it is encoded.
    #[doc(alias = "QSslCertificate::toDer")]
    pub fn to_der(&self) -> &[u8] {
        &self.0
    }
}
