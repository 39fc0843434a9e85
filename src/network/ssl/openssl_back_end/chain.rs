//! What is wrong with a chain that no connection has brought, for builds without rustls: OpenSSL verifies signatures, and has to
//! be content as well.

use std::time::SystemTime;

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::stack::Stack;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509PurposeId, X509StoreContext, store::X509StoreBuilder};

use super::super::certificate_chain::{self, Purpose, Signatures, Signed, TrustedCertificates};
use super::super::ssl_configuration::Settings;
use super::super::{SslCertificate, SslError, SslErrorKind, der};
use super::context;

/// What is wrong with a server's chain, for those settings, now.
pub(in super::super) fn errors_of_server(sent: &[SslCertificate], settings: &Settings) -> Vec<SslError> {
    let trusted = TrustedCertificates::new(settings);
    let now = SystemTime::now();
    let mut errors = certificate_chain::errors(sent, &trusted, &OpenSsl, Purpose::Server, now);
    if let ([], [leaf, others @ ..]) = (&errors[..], sent)
        && !accepts(leaf, others, settings).unwrap_or(false)
    {
        errors.push(SslError::with_certificate(SslErrorKind::UnspecifiedError, leaf.clone()));
    }
    errors
}

fn accepts(
    leaf: &SslCertificate,
    others: &[SslCertificate],
    settings: &Settings,
) -> Result<bool, ErrorStack> {
    let mut sent = Stack::new()?;
    for certificate in others {
        sent.push(X509::from_der(certificate.to_der())?)?;
    }
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_purpose(X509PurposeId::SSL_SERVER)?;
    let mut store: X509StoreBuilder = context::trusted(settings)?;
    store.set_param(&parameters)?;
    let leaf = X509::from_der(leaf.to_der())?;
    X509StoreContext::new()?.init(&store.build(), &leaf, &sent, |context| context.verify_cert())
}

struct OpenSsl;

impl Signatures for OpenSsl {
    /// By a certificate of which only these parts matter.
    fn is_valid(&self, signed: &Signed<'_>) -> bool {
        let certificate = der::sequence(&[
            signed.message,
            &der::encoded(der::SEQUENCE, signed.signature_algorithm),
            &bits(signed.signature),
        ]);
        let key = der::sequence(&[&der::encoded(der::SEQUENCE, signed.key_algorithm), &bits(signed.key)]);
        let verified = X509::from_der(&certificate)
            .and_then(|certificate| certificate.verify(&*PKey::public_key_from_der(&key)?));
        verified.unwrap_or(false)
    }
}

/// A bit string of whole bytes.
fn bits(content: &[u8]) -> Vec<u8> {
    const BIT_STRING: u8 = 0x03;
    der::encoded(BIT_STRING, &[&[0], content].concat())
}
