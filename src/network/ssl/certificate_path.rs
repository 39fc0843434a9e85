//! The certificates that lead from a peer's to a trusted one: those that OpenSSL takes. Of several paths, this is the one that is
//! judged.

use super::settings::Settings;
use super::ssl_certificate::SslCertificate;
use super::x509::X509;

/// Longer paths are not built, as in OpenSSL.
const MAX_DEPTH: usize = 100;

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

    /// The certificates that have not expired: Qt trusts no others.
    fn at(&self, now: i64) -> impl Iterator<Item = &SslCertificate> {
        self.certificates.iter().filter(move |known| known.x509().not_after >= now)
    }
}

/// The certificates from the peer's to where it ends.
#[derive(Debug)]
pub(super) struct CertificatePath<'a> {
    /// The path: at least one certificate.
    pub(super) certificates: Vec<&'a SslCertificate>,
    pub(super) end: End,
}

/// The state of the last certificate of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A root that is trusted.
    Trusted,
    /// A root that is not.
    Untrusted,
    /// Not a root, but one of those that are trusted; its issuer is not among them.
    TrustedNoRoot,
    /// Its issuer is not known.
    Incomplete,
    /// The path is too long already; its issuer may be known.
    TooLong,
}

impl<'a> CertificatePath<'a> {
    /// Issuers are looked for among the trusted certificates first, then in what the peer has sent; above a trusted one, only
    /// among the trusted.
    pub(super) fn build(
        leaf: &'a SslCertificate,
        sent: &'a [SslCertificate],
        trusted: &'a TrustedCertificates,
        now: i64,
    ) -> Self {
        let mut certificates = vec![leaf];
        let mut is_trusted = false;
        let end = loop {
            let last = certificates[certificates.len() - 1];
            if last.x509().is_self_signed() {
                // That one, and not one of the same name.
                let is_trusted = trusted.at(now).any(|known| known == last);
                break if is_trusted { End::Trusted } else { End::Untrusted };
            }
            if certificates.len() > trusted.max_depth + 1 {
                break End::TooLong;
            }
            let mut issuer = best_issuer(last.x509(), trusted.at(now), &certificates, now);
            if issuer.is_some() {
                is_trusted = true;
            } else if !is_trusted {
                issuer = best_issuer(last.x509(), sent.iter(), &certificates, now);
            }
            match issuer {
                Some(issuer) => certificates.push(issuer),
                None if is_trusted => break End::TrustedNoRoot,
                None => break End::Incomplete,
            }
        };
        Self { certificates, end }
    }

    pub(super) fn last(&self) -> usize {
        self.certificates.len() - 1
    }

    pub(super) fn x509(&self, depth: usize) -> &'a X509 {
        self.certificates[depth].x509()
    }

    pub(super) fn ends_in_root(&self) -> bool {
        matches!(self.end, End::Trusted | End::Untrusted)
    }
}

/// The best of several issuers: the first that is in date, else the one that expires last: a certificate may have been renewed.
fn best_issuer<'a>(
    of: &X509,
    among: impl Iterator<Item = &'a SslCertificate>,
    path: &[&SslCertificate],
    now: i64,
) -> Option<&'a SslCertificate> {
    let mut best: Option<&SslCertificate> = None;
    for issuer in among.filter(|issuer| issuer.x509().may_have_issued(of) && !path.contains(issuer)) {
        if issuer.x509().is_in_date(now) {
            return Some(issuer);
        }
        if best.is_none_or(|best| best.x509().not_after < issuer.x509().not_after) {
            best = Some(issuer);
        }
    }
    best
}
