/// What kind of key it is.
#[doc(alias = "QSsl::KeyAlgorithm")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// RSA.
    Rsa,
    /// Elliptic curves.
    Ec,
    /// Ed25519.
    Ed25519,
}

/// A private key.
#[doc(alias = "QSslKey")]
#[derive(Clone, Debug)]
pub struct SslKey {
    der: Vec<u8>,
}

impl SslKey {
    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }
}
