//! The errors of a chain of certificates: all of them, in the order in which OpenSSL finds them when it is told to go on after
//! each error, as Qt tells it to. Independent of the TLS library, but for [`Signatures`].
//!
//! One path is built ([`certificate_path`](super::certificate_path)), and all that RFC 5280 §6 asks for is judged on it:
//! signatures, dates, which of the certificates are authorities and how many may be below them, what keys are for, names
//! ([`general_name`](super::general_name)), and policies ([`policies`]). What cannot be judged is an error.
//!
//! This does not accept: a chain in which nothing is found has to be good to the TLS library as well, on that very path.

use std::time::SystemTime;

use super::certificate_path::{CertificatePath, End};
use super::general_name::Comparisons;
use super::policies;
use super::signatures::Signatures;
use super::ssl_error::{SslError, SslErrorKind};
use super::x509::{Authority, KeyUsage, NetscapeType, X509};

/// The side whose certificate is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Server,
    Client,
}

/// An error of a certificate of a path. Qt has fewer names for them: [`Self::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    UnusableKey,
    SelfSigned,
    SelfSignedInChain,
    NoIssuer,
    NoLocalIssuer,
    TooLong,
    UnknownCriticalExtension,
    Damaged,
    NoAuthority,
    KeyOnOwnCurve,
    WrongPurpose,
    PathTooLong,
    CannotVerifyFirst,
    MayNotSign,
    WrongSignature,
    NotYetValid,
    Expired,
    ForbiddenName,
    NoValidPolicy,
}

impl Fault {
    fn kind(self) -> SslErrorKind {
        match self {
            Self::SelfSigned => SslErrorKind::SelfSignedCertificate,
            Self::SelfSignedInChain => SslErrorKind::SelfSignedCertificateInChain,
            Self::NoIssuer => SslErrorKind::UnableToGetIssuerCertificate,
            Self::NoLocalIssuer => SslErrorKind::UnableToGetLocalIssuerCertificate,
            Self::NoAuthority => SslErrorKind::InvalidCaCertificate,
            Self::WrongPurpose => SslErrorKind::InvalidPurpose,
            Self::PathTooLong => SslErrorKind::PathLengthExceeded,
            Self::CannotVerifyFirst => SslErrorKind::UnableToVerifyFirstCertificate,
            Self::WrongSignature => SslErrorKind::CertificateSignatureFailed,
            Self::NotYetValid => SslErrorKind::CertificateNotYetValid,
            Self::Expired => SslErrorKind::CertificateExpired,
            Self::UnusableKey
            | Self::TooLong
            | Self::UnknownCriticalExtension
            | Self::Damaged
            | Self::KeyOnOwnCurve
            | Self::MayNotSign
            | Self::ForbiddenName
            | Self::NoValidPolicy => SslErrorKind::UnspecifiedError,
        }
    }
}

/// A path, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Judgement<'a> {
    pub(super) path: CertificatePath<'a>,
    pub(super) purpose: Purpose,
    /// In seconds since 1970.
    pub(super) now: i64,
    /// And with which certificate: 0 is the peer's own.
    pub(super) found: Vec<(Fault, usize)>,
}

/// Judges the path of a peer's certificate; `now` is in seconds since 1970.
pub(super) fn judge<'a>(
    path: CertificatePath<'a>,
    library: &dyn Signatures,
    purpose: Purpose,
    now: i64,
) -> Judgement<'a> {
    let mut judgement = Judgement { path, purpose, now, found: Vec::new() };
    judgement.key(library);
    judgement.anchor();
    judgement.extensions();
    judgement.signatures_and_dates(library);
    judgement.names();
    judgement.policies();
    judgement
}

impl Judgement<'_> {
    /// The errors in the order in which Qt emits `peerVerifyError`, each with its certificate of the path, sent or not.
    pub(super) fn errors(&self) -> Vec<SslError> {
        let error = |&(fault, depth): &(Fault, usize)| {
            SslError::with_certificate(fault.kind(), self.path.certificates[depth].clone())
        };
        self.found.iter().map(error).collect()
    }

    #[cfg(feature = "_rustls")]
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.found.iter().any(|(found, _)| *found == fault)
    }

    fn add(&mut self, fault: Fault, depth: usize) {
        self.found.push((fault, depth));
    }

    fn add_if(&mut self, is_wrong: bool, fault: Fault, depth: usize) {
        if is_wrong {
            self.add(fault, depth);
        }
    }

    /// Checks the subject's own key only: the keys of issuers show their worth when they have to verify something.
    fn key(&mut self, library: &dyn Signatures) {
        let own = self.path.x509(0);
        self.add_if(!library.knows_key(&own.public_key_algorithm, &own.public_key), Fault::UnusableKey, 0);
    }

    /// Checks that the path ends where it should.
    fn anchor(&mut self) {
        let last = self.path.last();
        let fault = match self.path.end {
            End::Trusted => return,
            End::Untrusted if last == 0 => Fault::SelfSigned,
            End::Untrusted => Fault::SelfSignedInChain,
            End::TrustedNoRoot => Fault::NoIssuer,
            End::Incomplete => Fault::NoLocalIssuer,
            End::TooLong => Fault::TooLong,
        };
        self.add(fault, last);
    }

    /// Checks the permitted uses of each certificate, from the peer's upwards.
    fn extensions(&mut self) {
        let last = self.path.last();
        // The number of authorities below that count (RFC 5280 §4.2.1.9).
        let mut below = 0;
        for depth in 0..=last {
            let certificate = self.path.x509(depth);
            let authority = certificate.authority();
            self.add_if(certificate.has_unknown_critical_extension, Fault::UnknownCriticalExtension, depth);
            // Paths end at what is invalid; but others' may go on.
            let goes_on = self.path.end == End::Trusted && (depth < last || certificate.is_self_issued());
            let is_damaged = certificate.is_damaged || (certificate.is_invalid && goes_on);
            self.add_if(is_damaged, Fault::Damaged, depth);
            let is_authority =
                authority == Authority::Yes || (authority == Authority::AtTheEnd && depth == last);
            self.add_if(depth > 0 && !is_authority, Fault::NoAuthority, depth);
            self.add_if(certificate.has_key_on_own_curve(), Fault::KeyOnOwnCurve, depth);
            let may_be_used = match depth {
                0 => self.purpose.allows_use_of(certificate),
                _ => authority != Authority::No,
            };
            let is_meant_for_it = self.purpose.allows_extended_key_usage_of(certificate);
            self.add_if(!may_be_used || !is_meant_for_it, Fault::WrongPurpose, depth);
            let allowed = certificate.basic_constraints.and_then(|constraints| constraints.path_length);
            self.add_if(
                depth > 1 && allowed.is_some_and(|allowed| below > allowed),
                Fault::PathTooLong,
                depth,
            );
            if depth > 0 && !certificate.is_self_issued() {
                below += 1;
            }
        }
    }

    /// Checks signatures and dates, from the top downwards. A last certificate that is no root is not looked at.
    fn signatures_and_dates(&mut self, library: &dyn Signatures) {
        let last = self.path.last();
        if self.path.ends_in_root() {
            self.dates(last);
        } else if last == 0 {
            self.add(Fault::CannotVerifyFirst, 0);
            self.dates(0);
        }
        for depth in (0..last).rev() {
            let (certificate, issuer) = (self.path.x509(depth), self.path.x509(depth + 1));
            self.add_if(!issuer.may_sign(), Fault::MayNotSign, depth + 1);
            let is_signed = certificate.signed_algorithm == certificate.signature_algorithm
                && library.is_valid(&certificate.signed_by(issuer));
            self.add_if(!is_signed, Fault::WrongSignature, depth);
            self.dates(depth);
        }
    }

    fn dates(&mut self, depth: usize) {
        let certificate = self.path.x509(depth);
        self.add_if(certificate.not_before > self.now, Fault::NotYetValid, depth);
        self.add_if(certificate.not_after <= self.now, Fault::Expired, depth);
    }

    /// Checks that the authorities above may issue for the names of those below, from the top downwards. The names of one that
    /// renews a key do not count (RFC 5280 §6.1.3).
    fn names(&mut self) {
        let last = self.path.last();
        let constraints: Vec<_> = (0..=last).map(|depth| self.path.x509(depth).name_constraints()).collect();
        let mut comparisons = Comparisons::default();
        for depth in (0..last).rev() {
            let certificate = self.path.x509(depth);
            if depth > 0 && certificate.is_self_issued() {
                continue;
            }
            for above in constraints[depth + 1..].iter().rev() {
                let are_allowed = above.as_ref().is_none_or(|above| {
                    certificate
                        .constrained_names(depth == 0)
                        .is_some_and(|names| above.allow(names, &mut comparisons))
                });
                self.add_if(!are_allowed, Fault::ForbiddenName, depth);
            }
        }
    }

    fn policies(&mut self) {
        let path: Vec<_> = self.path.certificates.iter().map(|certificate| certificate.x509()).collect();
        self.add_if(!policies::allow(&path), Fault::NoValidPolicy, 0);
    }
}

impl Purpose {
    fn allows_use_of(self, certificate: &X509) -> bool {
        let (usable, kind) = match self {
            Self::Server => (
                KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT | KeyUsage::KEY_AGREEMENT,
                NetscapeType::SERVER,
            ),
            Self::Client => (KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_AGREEMENT, NetscapeType::CLIENT),
        };
        certificate.key_usage.is_none_or(|usage| usage & usable != 0)
            && certificate.netscape_type_allows(kind)
    }

    fn allows_extended_key_usage_of(self, certificate: &X509) -> bool {
        certificate.extended_key_usage.is_none_or(|usage| match self {
            Self::Server => usage.server,
            Self::Client => usage.client,
        })
    }
}

/// In seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> i64 {
    let signed = |seconds| i64::try_from(seconds).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => signed(after.as_secs()),
        Err(before) => -signed(before.duration().as_secs()),
    }
}
