//! A certificate for this host, made when the program starts and signed by nobody else.

use rcgen::CertifiedKey;
use slotwire::{SslCertificate, SslKey};

/// The certificate and its key.
pub(crate) fn certificate() -> Result<(SslCertificate, SslKey), Box<dyn std::error::Error>> {
    let names = ["localhost", "127.0.0.1", "::1"].map(String::from);
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names)?;
    Ok((SslCertificate::from_der(cert.der())?, SslKey::from_pem(signing_key.serialize_pem())?))
}
