//! The signatures of certificates, and their verification.

/// A TLS library, as far as it can verify a signature.
pub(crate) trait Signatures {
    /// Returns whether it could verify the signatures of such a key. The algorithm is the content of an `AlgorithmIdentifier`.
    fn knows_key(&self, algorithm: &[u8], key: &[u8]) -> bool;

    /// Returns whether that key has signed that message in that way. The algorithms are the contents of an `AlgorithmIdentifier`
    /// (RFC 5280 §4.1.1.2).
    fn is_valid(&self, signed: &Signed<'_>) -> bool;
}

/// A certificate's signature, and the key by which it should have been made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) message: &'a [u8],
    pub(crate) signature: &'a [u8],
    pub(crate) signature_algorithm: &'a [u8],
    pub(crate) key: &'a [u8],
    pub(crate) key_algorithm: &'a [u8],
}
