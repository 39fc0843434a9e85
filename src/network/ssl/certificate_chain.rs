//! What is wrong with a chain of certificates: all of it, in the order in which OpenSSL finds it when it is told to go on after
//! each error, as Qt tells it to. Independent of the TLS library, but for [`Signatures`].
//!
//! This explains; it does not accept. A chain in which nothing is found has to be good to the TLS library as well.

use std::time::SystemTime;

use super::ssl_configuration::Settings;
use super::x509::{KeyUsage, X509};
use super::{SslCertificate, SslError, SslErrorKind};

/// Longer chains are not built, as in OpenSSL.
const MAX_DEPTH: usize = 100;

/// Whose certificate is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Server,
    #[cfg_attr(
        not(any(feature = "_rustls", test)),
        expect(dead_code, reason = "OpenSSL looks at its clients itself")
    )]
    Client,
}

/// A TLS library, as far as it can verify a signature.
pub(crate) trait Signatures {
    /// Whether that key has signed that message in that way. The algorithms are the contents of an `AlgorithmIdentifier`
    /// (RFC 5280 §4.1.1.2).
    fn is_valid(&self, signed: &Signed<'_>) -> bool;
}

/// A certificate's signature, and the key of who should have made it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) message: &'a [u8],
    pub(crate) signature: &'a [u8],
    pub(crate) signature_algorithm: &'a [u8],
    pub(crate) key: &'a [u8],
    pub(crate) key_algorithm: &'a [u8],
}

/// The certificates that a peer's has to come from. Made once for a configuration.
#[derive(Debug)]
pub(crate) struct TrustedCertificates {
    certificates: Vec<SslCertificate>,
    /// `SslConfiguration::peer_verify_depth`
    max_depth: usize,
}

impl TrustedCertificates {
    pub(crate) fn new(settings: &Settings) -> Self {
        let max_depth = match settings.peer_verify_depth {
            0 => MAX_DEPTH,
            depth => MAX_DEPTH.min(usize::try_from(depth).unwrap_or(MAX_DEPTH)),
        };
        Self { certificates: settings.ca_certificates().to_vec(), max_depth }
    }

    #[cfg(feature = "_rustls")]
    pub(crate) fn certificates(&self) -> &[SslCertificate] {
        &self.certificates
    }

    /// Those that have not expired: Qt trusts no others.
    fn at(&self, now: i64) -> impl Iterator<Item = &X509> {
        self.certificates.iter().map(SslCertificate::x509).filter(move |known| known.not_after >= now)
    }

    fn contains(&self, certificate: &X509, now: i64) -> bool {
        self.at(now).any(|known| known.der == certificate.der)
    }
}

/// What is wrong with a chain as a peer has sent it, its own certificate first; in the order in which Qt emits
/// `peerVerifyError`.
///
/// The certificate of an error is the one that stands at that depth in what was *sent*, as in Qt.
pub(crate) fn errors(
    sent: &[SslCertificate],
    trusted: &TrustedCertificates,
    signatures: &dyn Signatures,
    purpose: Purpose,
    now: SystemTime,
) -> Vec<SslError> {
    let Some((leaf, others)) = sent.split_first() else {
        return vec![SslError::new(SslErrorKind::NoPeerCertificate)];
    };
    let now = seconds(now);
    let mut check = Check {
        chain: Chain::build(leaf, others, trusted, now),
        signatures,
        purpose,
        now,
        found: Vec::new(),
    };
    check.anchor();
    check.extensions();
    check.signatures_and_dates();
    let of_sent = |(kind, depth): (SslErrorKind, usize)| match sent.get(depth) {
        Some(certificate) => SslError::with_certificate(kind, certificate.clone()),
        None => SslError::new(kind),
    };
    check.found.into_iter().map(of_sent).collect()
}

/// The certificates from the peer's to where it ends.
struct Chain<'a> {
    certificates: Vec<&'a X509>,
    end: End,
}

/// What the last certificate of a chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// A root that is trusted.
    Trusted,
    /// A root that is not.
    Untrusted,
    /// Not a root, but one of those that are trusted; its issuer is not among them.
    TrustedNoRoot,
    /// Its issuer is not known.
    Incomplete,
    /// Who issued it may be known, but there are too many already.
    TooLong,
}

impl<'a> Chain<'a> {
    /// Issuers are looked for among the trusted certificates first, then in what the peer has sent.
    fn build(
        leaf: &'a SslCertificate,
        others: &'a [SslCertificate],
        trusted: &'a TrustedCertificates,
        now: i64,
    ) -> Self {
        let mut certificates = vec![leaf.x509()];
        let mut last = leaf.x509();
        let end = loop {
            if last.is_self_issued() {
                break if trusted.contains(last, now) { End::Trusted } else { End::Untrusted };
            }
            if certificates.len() > trusted.max_depth + 1 {
                break End::TooLong;
            }
            let is_new = |issuer: &&X509| !certificates.iter().any(|known| known.der == issuer.der);
            let issuer =
                trusted.at(now).filter(is_new).find(|issuer| issuer.may_have_issued(last)).or_else(|| {
                    let sent = others.iter().map(SslCertificate::x509).filter(is_new);
                    sent.into_iter().find(|issuer| issuer.may_have_issued(last))
                });
            match issuer {
                Some(issuer) => {
                    certificates.push(issuer);
                    last = issuer;
                }
                None if certificates.len() > 1 && trusted.contains(last, now) => break End::TrustedNoRoot,
                None => break End::Incomplete,
            }
        };
        Self { certificates, end }
    }

    fn last(&self) -> usize {
        self.certificates.len() - 1
    }

    fn ends_in_root(&self) -> bool {
        matches!(self.end, End::Trusted | End::Untrusted)
    }
}

/// The checks, in OpenSSL's order.
struct Check<'a> {
    chain: Chain<'a>,
    signatures: &'a dyn Signatures,
    purpose: Purpose,
    now: i64,
    /// And at which depth: 0 is the peer's own certificate.
    found: Vec<(SslErrorKind, usize)>,
}

impl Check<'_> {
    /// Whether the chain ends where it should.
    fn anchor(&mut self) {
        let last = self.chain.last();
        let kind = match self.chain.end {
            End::Trusted => return,
            End::Untrusted if last == 0 => SslErrorKind::SelfSignedCertificate,
            End::Untrusted => SslErrorKind::SelfSignedCertificateInChain,
            End::TrustedNoRoot => SslErrorKind::UnableToGetIssuerCertificate,
            End::Incomplete => SslErrorKind::UnableToGetLocalIssuerCertificate,
            End::TooLong => SslErrorKind::UnspecifiedError,
        };
        self.found.push((kind, last));
    }

    /// What each certificate may be used for, from the peer's upwards.
    fn extensions(&mut self) {
        // How many there are below that count (RFC 5280 §4.2.1.9).
        let mut below = 0;
        for (depth, certificate) in self.chain.certificates.iter().enumerate() {
            let mut add = |kind| self.found.push((kind, depth));
            if certificate.has_unknown_critical_extension {
                add(SslErrorKind::UnspecifiedError);
            }
            let is_ca = certificate.is_ca();
            if depth > 0 && !is_ca {
                add(SslErrorKind::InvalidCaCertificate);
            }
            let may_be_used = if depth > 0 { is_ca } else { self.purpose.allows_key_usage_of(certificate) };
            if !may_be_used || !self.purpose.allows_extended_key_usage_of(certificate) {
                add(SslErrorKind::InvalidPurpose);
            }
            let path_length = certificate.basic_constraints.and_then(|constraints| constraints.path_length);
            if depth > 1 && path_length.is_some_and(|allowed| below > allowed) {
                add(SslErrorKind::PathLengthExceeded);
            }
            if depth == 0 || !certificate.is_self_issued() {
                below += 1;
            }
        }
    }

    /// From the top downwards. A last certificate that is no root is not looked at.
    fn signatures_and_dates(&mut self) {
        let last = self.chain.last();
        if self.chain.ends_in_root() {
            self.dates(last);
        } else if last == 0 {
            self.found.push((SslErrorKind::UnableToVerifyFirstCertificate, 0));
            self.dates(0);
        }
        for depth in (0..last).rev() {
            let (certificate, issuer) = (self.chain.certificates[depth], self.chain.certificates[depth + 1]);
            if !issuer.may_sign() {
                self.found.push((SslErrorKind::UnspecifiedError, depth + 1));
            }
            if !self.signatures.is_valid(&certificate.signed_by(issuer)) {
                self.found.push((SslErrorKind::CertificateSignatureFailed, depth));
            }
            self.dates(depth);
        }
    }

    fn dates(&mut self, depth: usize) {
        let certificate = self.chain.certificates[depth];
        if certificate.not_before > self.now {
            self.found.push((SslErrorKind::CertificateNotYetValid, depth));
        }
        if certificate.not_after < self.now {
            self.found.push((SslErrorKind::CertificateExpired, depth));
        }
    }
}

impl Purpose {
    fn allows_key_usage_of(self, certificate: &X509) -> bool {
        let usable = match self {
            Self::Server => {
                KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT | KeyUsage::KEY_AGREEMENT
            }
            Self::Client => KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_AGREEMENT,
        };
        certificate.key_usage.is_none_or(|usage| usage & usable != 0)
    }

    fn allows_extended_key_usage_of(self, certificate: &X509) -> bool {
        certificate.extended_key_usage.is_none_or(|usage| match self {
            Self::Server => usage.server,
            Self::Client => usage.client,
        })
    }
}

/// Since 1970.
fn seconds(time: SystemTime) -> i64 {
    let signed = |seconds| i64::try_from(seconds).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => signed(after.as_secs()),
        Err(before) => -signed(before.duration().as_secs()),
    }
}
