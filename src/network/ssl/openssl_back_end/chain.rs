//! The errors of a chain that no connection has brought, for builds without rustls: OpenSSL verifies signatures, and has to be
//! content as well.

use std::time::SystemTime;

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::stack::Stack;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509PurposeId, X509StoreContext, store::X509StoreBuilder};

use super::context;
use crate::network::ssl::certificate_chain::{self, Purpose};
use crate::network::ssl::certificate_path::{CertificatePath, TrustedCertificates};
use crate::network::ssl::der;
use crate::network::ssl::settings::Settings;
use crate::network::ssl::signatures::{Signatures, Signed};
use crate::network::ssl::ssl_error::SslErrorKind;
use crate::{SslCertificate, SslError};

/// Returns the errors of a server's chain, for those settings, at this moment.
pub(crate) fn errors_of_server(sent: &[SslCertificate], settings: &Settings) -> Vec<SslError> {
    let Some((leaf, others)) = sent.split_first() else {
        return vec![SslError::new(SslErrorKind::NoPeerCertificate)];
    };
    let trusted = TrustedCertificates::new(settings);
    let now = certificate_chain::seconds(SystemTime::now());
    let path = CertificatePath::build(leaf, others, &trusted, now);
    let mut errors = certificate_chain::judge(path, &OpenSsl, Purpose::Server, now).errors();
    if errors.is_empty() && !accepts(leaf, others, settings, now).unwrap_or(false) {
        errors.push(SslError::with_certificate(SslErrorKind::UnspecifiedError, leaf.clone()));
    }
    errors
}

fn accepts(
    leaf: &SslCertificate,
    others: &[SslCertificate],
    settings: &Settings,
    now: i64,
) -> Result<bool, ErrorStack> {
    let mut sent = Stack::new()?;
    for certificate in others {
        sent.push(X509::from_der(certificate.to_der())?)?;
    }
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_purpose(X509PurposeId::SSL_SERVER)?;
    parameters.set_time(now);
    let mut store: X509StoreBuilder = context::trusted(settings)?;
    store.set_param(&parameters)?;
    let leaf = X509::from_der(leaf.to_der())?;
    X509StoreContext::new()?.init(&store.build(), &leaf, &sent, |context| context.verify_cert())
}

struct OpenSsl;

impl Signatures for OpenSsl {
    fn knows_key(&self, algorithm: &[u8], key: &[u8]) -> bool {
        PKey::public_key_from_der(&key_info(algorithm, key)).is_ok()
    }

    /// By a certificate of which only these parts matter.
    fn is_valid(&self, signed: &Signed<'_>) -> bool {
        let certificate = der::sequence(&[
            signed.message,
            &der::encoded(der::SEQUENCE, signed.signature_algorithm),
            &bits(signed.signature),
        ]);
        let key = key_info(signed.key_algorithm, signed.key);
        let verified = X509::from_der(&certificate)
            .and_then(|certificate| certificate.verify(&*PKey::public_key_from_der(&key)?));
        verified.unwrap_or(false)
    }
}

/// `SubjectPublicKeyInfo`
fn key_info(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::encoded(der::SEQUENCE, algorithm), &bits(key)])
}

/// A bit string of whole bytes.
fn bits(content: &[u8]) -> Vec<u8> {
    der::encoded(der::BIT_STRING, &[&[0], content].concat())
}
