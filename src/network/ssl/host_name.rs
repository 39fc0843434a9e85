//! Whether a certificate was made out for a host, by Qt's rules.

use std::net::IpAddr;

use super::x509::AlternativeName;
use super::{SslCertificate, SslError, SslErrorKind};

/// The error of a certificate that is another host's. The host is written as in a URL: a name, or an address.
pub(crate) fn mismatch(certificate: &SslCertificate, host: &str) -> Option<SslError> {
    (!matches(certificate, host))
        .then(|| SslError::with_certificate(SslErrorKind::HostNameMismatch, certificate.clone()))
}

/// The alternative names count, and, other than in RFC 6125, the common names beside them.
fn matches(certificate: &SslCertificate, host: &str) -> bool {
    let unbracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let address = unbracketed.parse::<IpAddr>().ok();
    // Names in certificates are in the encoding of the DNS (RFC 5280 §7.2).
    let host = match url::Host::parse(host) {
        Ok(url::Host::Domain(host)) => host,
        _ => unbracketed.to_ascii_lowercase(),
    };
    let certificate = certificate.x509();
    let fits = |name: &str| fits(&name.to_ascii_lowercase(), &host, address.is_some());
    let is_alternative = certificate.alternative_names.iter().any(|name| match name {
        AlternativeName::IpAddress(known) => address == Some(*known),
        AlternativeName::Dns(name) => fits(name),
        AlternativeName::Email(_) => false,
    });
    is_alternative || certificate.common_names.iter().any(|name| fits(name))
}

/// Whether a name in a certificate, perhaps with a wildcard, is that host's; both in lower case. The wildcard stands for the
/// end of the first label, and two labels or more have to follow it.
fn fits(name: &str, host: &str, host_is_address: bool) -> bool {
    if !name.contains('*') {
        return name == host;
    }
    let Some((first, domain)) = name.split_once('.') else { return false };
    let Some(begin) = first.strip_suffix('*') else { return false };
    let Some((host_first, host_domain)) = host.split_once('.') else { return false };
    let has_two_labels = domain.split_once('.').is_some_and(|(_, rest)| !rest.is_empty());
    has_two_labels
        && !begin.contains('*')
        && !domain.contains('*')
        && !begin.starts_with("xn--")
        && !host_is_address
        && host_first.starts_with(begin)
        && host_domain == domain
}
