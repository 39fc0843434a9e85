//! The judgement of certificate chains with rustls: its cryptography verifies signatures, and webpki is the second opinion.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{CertificateError, Error, RootCertStore};

use super::certificate_chain::{self, Purpose, Signatures, Signed, TrustedCertificates};
use super::ssl_configuration::Settings;
use super::{SslCertificate, SslError, SslErrorKind, rustls_back_end};

/// What is wrong with a server's chain, for those settings, now.
pub(super) fn errors_of_server(sent: &[SslCertificate], settings: &Settings) -> Vec<SslError> {
    ChainVerifier::new(settings, &rustls_back_end::cryptography()).errors(
        sent,
        Purpose::Server,
        SystemTime::now(),
    )
}

/// Judges the peers of one configuration.
pub(crate) struct ChainVerifier {
    trusted: TrustedCertificates,
    algorithms: WebPkiSupportedAlgorithms,
    roots: Arc<RootCertStore>,
    /// `None` if nobody is trusted.
    clients: Option<Arc<dyn ClientCertVerifier>>,
}

impl ChainVerifier {
    pub(crate) fn new(settings: &Settings, provider: &Arc<CryptoProvider>) -> Self {
        let trusted = TrustedCertificates::new(settings);
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(trusted.certificates().iter().map(der));
        let roots = Arc::new(roots);
        let clients = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone());
        Self {
            trusted,
            algorithms: provider.signature_verification_algorithms,
            roots,
            clients: clients.build().ok(),
        }
    }

    /// What is wrong with a chain as it was sent, but for the host's name; in the order of `peerVerifyError`. Only a chain
    /// that is good to both, [`certificate_chain::errors`] and webpki, has no error.
    pub(crate) fn errors(&self, sent: &[SslCertificate], purpose: Purpose, now: SystemTime) -> Vec<SslError> {
        let mut errors = certificate_chain::errors(sent, &self.trusted, self, purpose, now);
        if let ([], [leaf, ..]) = (&errors[..], sent)
            && !self.accepts(sent, purpose, now)
        {
            errors.push(SslError::with_certificate(SslErrorKind::UnspecifiedError, leaf.clone()));
        }
        errors
    }

    /// What webpki says, but for two things that OpenSSL takes and webpki does not.
    fn accepts(&self, sent: &[SslCertificate], purpose: Purpose, now: SystemTime) -> bool {
        let Some((leaf, others)) = sent.split_first() else { return false };
        // A root that serves itself and is trusted by name. That it is a root, and in date, has been checked.
        if leaf.is_self_signed() && self.trusted.certificates().contains(leaf) {
            return true;
        }
        let now =
            UnixTime::since_unix_epoch(now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO));
        let (leaf, others) = (der(leaf), others.iter().map(der).collect::<Vec<_>>());
        let opinion = match (purpose, &self.clients) {
            (Purpose::Server, _) => ParsedCertificate::try_from(&leaf).and_then(|leaf| {
                verify_server_cert_signed_by_trust_anchor(
                    &leaf,
                    &self.roots,
                    &others,
                    now,
                    self.algorithms.all,
                )
            }),
            (Purpose::Client, Some(clients)) => clients.verify_client_cert(&leaf, &others, now).map(|_| ()),
            (Purpose::Client, None) => return false,
        };
        // The other: an authority's certificate that serves.
        opinion.is_ok() || opinion.is_err_and(|error| is_ca_used_as_end_entity(&error))
    }
}

impl Signatures for ChainVerifier {
    fn is_valid(&self, signed: &Signed<'_>) -> bool {
        self.algorithms.all.iter().any(|algorithm| {
            algorithm.signature_alg_id().as_ref() == signed.signature_algorithm
                && algorithm.public_key_alg_id().as_ref() == signed.key_algorithm
                && algorithm.verify_signature(signed.key, signed.message, signed.signature).is_ok()
        })
    }
}

/// rustls passes webpki's error on as it is, and only its name can be read.
fn is_ca_used_as_end_entity(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::Other(error)) => {
            format!("{error:?}").contains("CaUsedAsEndEntity")
        }
        _ => false,
    }
}

fn der(certificate: &SslCertificate) -> CertificateDer<'_> {
    CertificateDer::from(certificate.to_der())
}
