//! Random bytes of the operating system (private).

/// Bytes that nobody can guess, of which the client makes its nonces for Digest.
pub(crate) fn random_bytes() -> [u8; 16] {
    let mut random = [0; 16];
    if let Err(error) = getrandom::fill(&mut random) {
        // Only a system without any source of randomness gets here. A server's own nonce protects the answer as well.
        log::error!("the operating system has no random numbers: {error}");
    }
    random
}
