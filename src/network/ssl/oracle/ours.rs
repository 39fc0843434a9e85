//! What our judges say.

use super::case::Case;
#[cfg(feature = "_rustls")]
use super::case::now;
use super::verdict::Verdict;
use crate::network::ssl::{SslCertificate, SslError, host_name};

/// One of ours.
pub(super) struct Judge {
    pub(super) name: &'static str,
    pub(super) judge: fn(&Case) -> Verdict,
}

/// Those that are compiled in.
pub(super) const JUDGES: &[Judge] = &[
    #[cfg(feature = "_rustls")]
    Judge { name: "rustls", judge: rustls },
];

#[cfg(feature = "_rustls")]
fn rustls(case: &Case) -> Verdict {
    use crate::network::ssl::{rustls_back_end, webpki};
    let mut configuration = crate::SslConfiguration::new();
    let trusted = case.trusted.iter().filter_map(|known| SslCertificate::from_der(&known.der).ok());
    configuration.set_ca_certificates(trusted);
    let judge = webpki::ChainVerifier::new(configuration.settings(), &rustls_back_end::cryptography());
    verdict(case, |sent| judge.errors(sent, case.purpose, now()))
}

/// The host's name comes first, as in Qt.
fn verdict(case: &Case, errors_of_chain: impl FnOnce(&[SslCertificate]) -> Vec<SslError>) -> Verdict {
    let sent: Result<Vec<_>, _> = case.sent.iter().map(|sent| SslCertificate::from_der(&sent.der)).collect();
    let Ok(sent) = sent else { return Verdict(Verdict::UNREADABLE.to_owned()) };
    let host = case.host.as_deref();
    let mut errors: Vec<_> = host.and_then(|host| host_name::mismatch(&sent[0], host)).into_iter().collect();
    errors.extend(errors_of_chain(&sent));
    let kinds: Vec<_> = errors.iter().map(|error| format!("{:?}", error.kind())).collect();
    Verdict(if kinds.is_empty() { Verdict::GOOD.to_owned() } else { kinds.join(" ") })
}
