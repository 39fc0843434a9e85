//! The judgement of certificate chains with rustls: its cryptography verifies signatures, and webpki is the second opinion,
//! about the very path that was judged here.

#[cfg(test)]
pub(super) mod tests;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, UnixTime,
};
use webpki::{
    EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, KeyUsage, anchor_from_trusted_cert,
};

use super::certificate_chain::{self, Fault, Judgement, Purpose};
use super::certificate_path::{CertificatePath, End, TrustedCertificates};
use super::der;
use super::general_name::NameConstraints;
use super::settings::Settings;
use super::signatures::{Signatures, Signed};
use super::ssl_certificate::SslCertificate;
use super::ssl_error::{SslError, SslErrorKind};
use super::x509::X509;

/// Judges the peers of one configuration.
pub(crate) struct ChainVerifier {
    trusted: TrustedCertificates,
    algorithms: Vec<&'static dyn SignatureVerificationAlgorithm>,
}

impl ChainVerifier {
    pub(crate) fn new(settings: &Settings, provider: &Arc<CryptoProvider>) -> Self {
        let mut algorithms = provider.signature_verification_algorithms.all.to_vec();
        algorithms.extend(rsa_pss_keys(provider.signature_verification_algorithms.all));
        Self { trusted: TrustedCertificates::new(settings), algorithms }
    }

    /// Returns the errors of a chain as it was sent, but for the host's name; in the order of `peerVerifyError`. A chain without
    /// errors is good to both, [`certificate_chain`] and webpki.
    pub(crate) fn errors(&self, sent: &[SslCertificate], purpose: Purpose, now: SystemTime) -> Vec<SslError> {
        let Some((leaf, others)) = sent.split_first() else {
            return vec![SslError::new(SslErrorKind::NoPeerCertificate)];
        };
        let now = certificate_chain::seconds(now);
        let path = CertificatePath::build(leaf, others, &self.trusted, now);
        let judgement = certificate_chain::judge(path, self, purpose, now);
        let mut errors = judgement.errors();
        // Also where something was found: ignoring that must not hide the rest.
        if let Err(error) = self.second_opinion(&judgement)
            && !is_covered(&error, &judgement)
        {
            log::debug!("a certificate is refused by webpki alone: {error}");
            errors.push(SslError::with_certificate(SslErrorKind::UnspecifiedError, leaf.clone()));
        }
        errors
    }

    /// The error that webpki finds in the path, as if its last certificate was trusted. It stops at the first one, so it is asked
    /// about the path without anything that was found here and can be left out.
    fn second_opinion(&self, judgement: &Judgement<'_>) -> Result<(), Error> {
        let path = &judgement.path;
        let ders: Vec<_> =
            path.certificates.iter().map(|certificate| CertificateDer::from(certificate.to_der())).collect();
        let intermediates = ders.get(1..path.last()).unwrap_or_default();
        let time = if judgement.has(Fault::Expired) || judgement.has(Fault::NotYetValid) {
            common_time(path).unwrap_or(judgement.now)
        } else {
            judgement.now
        };
        let time = UnixTime::since_unix_epoch(Duration::from_secs(time.try_into().unwrap_or(0)));
        let usage = match judgement.purpose {
            _ if judgement.has(Fault::WrongPurpose) => Usage::Any,
            Purpose::Server => Usage::Of(KeyUsage::server_auth()),
            Purpose::Client => Usage::Of(KeyUsage::client_auth()),
        };
        let mut anchor = anchor_from_trusted_cert(&ders[path.last()])?;
        if path.last() == 0 {
            // Its constraints are about others.
            anchor.name_constraints = None;
        }
        EndEntityCert::try_from(&ders[0])?
            .verify_for_usage(&self.algorithms, &[anchor], intermediates, time, usage, None, None)
            .map(drop)
    }
}

/// The intended use of a certificate.
enum Usage {
    Of(KeyUsage),
    /// Any use: it is known that the certificate is for something else.
    Any,
}

impl ExtendedKeyUsageValidator for Usage {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        match self {
            Self::Of(usage) => usage.validate(purposes),
            Self::Any => purposes.into_iter().try_for_each(|purpose| purpose.map(drop)),
        }
    }
}

/// A time at which all certificates of the path that webpki looks at are valid.
fn common_time(path: &CertificatePath<'_>) -> Option<i64> {
    let looked_at = || (0..path.last().max(1)).map(|depth| path.x509(depth));
    let begin = looked_at().map(|certificate| certificate.not_before).max()?;
    let end = looked_at().map(|certificate| certificate.not_after).min()?;
    (begin <= end).then_some(begin)
}

/// Returns whether webpki's error is no news. Either it was found here as well, or it is one of the few things that webpki
/// refuses outright, without a judgement, and RFC 5280 allows: then the judgement of that path here counts, which is complete.
/// Every other error is final.
fn is_covered(error: &Error, judgement: &Judgement<'_>) -> bool {
    was_found(error, judgement) || is_refused_outright(error, &judgement.path)
}

fn was_found(error: &Error, judgement: &Judgement<'_>) -> bool {
    let path = &judgement.path;
    let has = |fault| judgement.has(fault);
    let is_damaged =
        (0..=path.last()).any(|depth| path.x509(depth).is_damaged || path.x509(depth).is_invalid);
    match error {
        Error::CertExpired { .. } => has(Fault::Expired),
        Error::CertNotValidYet { .. } => has(Fault::NotYetValid),
        Error::EndEntityUsedAsCa => has(Fault::NoAuthority),
        Error::EmptyEkuExtension => has(Fault::WrongPurpose),
        Error::PathLenConstraintViolated => has(Fault::PathTooLong),
        Error::UnsupportedCriticalExtension => has(Fault::UnknownCriticalExtension) || is_damaged,
        Error::UnknownIssuer => has(Fault::CannotVerifyFirst),
        Error::NameConstraintViolation
        | Error::MalformedDnsIdentifier
        | Error::MalformedNameConstraint
        | Error::InvalidNetworkMaskConstraint => has(Fault::ForbiddenName),
        Error::InvalidSignatureForPublicKey
        | Error::SignatureAlgorithmMismatch
        | Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => has(Fault::WrongSignature),
        Error::BadDer | Error::ExtensionValueInvalid | Error::TrailingData(_) => {
            has(Fault::ForbiddenName) || is_damaged
        }
        _ => false,
    }
}

/// The list is closed, and each line of it says what makes webpki refuse such a path.
fn is_refused_outright(error: &Error, path: &CertificatePath<'_>) -> bool {
    /// The number of intermediates that webpki takes.
    const MAX_INTERMEDIATES: usize = 6;
    let any = |what: fn(&X509) -> bool| (0..=path.last()).any(|depth| what(path.x509(depth)));
    let renews_key = (1..path.last()).any(|depth| path.x509(depth).is_self_issued());
    let is_trusted_itself = path.last() == 0 && path.end == End::Trusted;
    match error {
        // Version 1 has no extensions that could be overlooked.
        Error::UnsupportedCertVersion => any(|certificate| certificate.version < 3),
        Error::CaUsedAsEndEntity => {
            path.x509(0).basic_constraints.is_some_and(|constraints| constraints.is_ca)
        }
        // It does not look at policies.
        Error::UnsupportedCriticalExtension => {
            any(|certificate| certificate.policies.is_some() || certificate.netscape_type.is_some())
        }
        Error::MaximumPathDepthExceeded => path.last() > MAX_INTERMEDIATES,
        // It counts those that renew a key.
        Error::PathLenConstraintViolated => renews_key,
        // It also tries the key of another one of the same name, and reports the error of that.
        Error::InvalidSignatureForPublicKey if renews_key => true,
        // A trusted certificate needs no signature.
        Error::InvalidSignatureForPublicKey
        | Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => is_trusted_itself,
        // It compares names byte by byte.
        Error::UnknownIssuer => {
            let issued = |depth: usize| (&path.x509(depth).issuer, &path.x509(depth + 1).subject);
            (0..path.last()).map(issued).any(|(issuer, subject)| !issuer.is_encoded_as(subject))
        }
        // It does not look into directory names, mailboxes and URIs: one that is constrained is a forbidden one. And it looks at
        // the names of those that renew a key.
        Error::NameConstraintViolation => {
            let is_about_others = |depth| {
                let constraints = path.x509(depth).name_constraints();
                constraints.as_ref().is_some_and(NameConstraints::has_other_than_hosts)
            };
            renews_key || (0..=path.last()).any(is_about_others)
        }
        _ => false,
    }
}

impl Signatures for ChainVerifier {
    fn knows_key(&self, algorithm: &[u8], key: &[u8]) -> bool {
        self.algorithms.iter().any(|known| known.public_key_alg_id().as_ref() == algorithm)
            && rsa_modulus(algorithm, key).is_none_or(|modulus| modulus.len() >= MIN_RSA_BYTES)
    }

    fn is_valid(&self, signed: &Signed<'_>) -> bool {
        self.algorithms.iter().any(|algorithm| {
            algorithm.signature_alg_id().as_ref() == signed.signature_algorithm
                && algorithm.public_key_alg_id().as_ref() == signed.key_algorithm
                && algorithm.verify_signature(signed.key, signed.message, signed.signature).is_ok()
        })
    }
}

/// The least length of an RSA key with which rustls verifies signatures: 2048 bits.
const MIN_RSA_BYTES: usize = 256;

/// The number that a key of RSA consists of, without zeros at its beginning.
fn rsa_modulus<'a>(algorithm: &[u8], key: &'a [u8]) -> Option<&'a [u8]> {
    /// 1.2.840.113549.1.1
    const RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
    if !algorithm.starts_with(RSA) {
        return None;
    }
    let modulus = der::only(key, der::SEQUENCE).and_then(|key| der::expect(key, der::INTEGER));
    Some(modulus.map_or(&[], |(modulus, _)| modulus.strip_prefix(&[0]).unwrap_or(modulus)))
}

/// A key that is for RSA-PSS only (RFC 4055 §1.2), with the algorithm that rustls has for keys of RSA in general.
#[derive(Debug)]
struct RsaPssKey {
    algorithm: &'static dyn SignatureVerificationAlgorithm,
    key_algorithm: AlgorithmIdentifier,
}

impl SignatureVerificationAlgorithm for RsaPssKey {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.algorithm.verify_signature(key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key_algorithm
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.signature_alg_id()
    }
}

/// Those keys say nothing more, or just what the signature has to be like.
fn rsa_pss_keys(
    known: &[&'static dyn SignatureVerificationAlgorithm],
) -> impl Iterator<Item = &'static dyn SignatureVerificationAlgorithm> {
    const RSASSA_PSS: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    static KEYS: OnceLock<Vec<RsaPssKey>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        let pss = known.iter().filter(|known| known.signature_alg_id().starts_with(RSASSA_PSS));
        pss.flat_map(|algorithm| {
            [AlgorithmIdentifier::from_slice(RSASSA_PSS), algorithm.signature_alg_id()]
                .map(|key_algorithm| RsaPssKey { algorithm: *algorithm, key_algorithm })
        })
        .collect()
    });
    keys.iter().map(|key| key as &'static dyn SignatureVerificationAlgorithm)
}
