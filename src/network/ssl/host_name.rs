//! The match of a certificate's names with a host: by Qt's rules, but where those of RFC 9525, which OpenSSL has, are stricter.

use std::net::IpAddr;

use super::general_name::{AlternativeName, GeneralName};
use super::ssl_certificate::SslCertificate;
use super::ssl_error::{SslError, SslErrorKind};

/// The error of a certificate that is another host's. The host is written as in a URL: a name, or an address.
pub(crate) fn mismatch(certificate: &SslCertificate, host: &str) -> Option<SslError> {
    (!matches(certificate, host))
        .then(|| SslError::with_certificate(SslErrorKind::HostNameMismatch, certificate.clone()))
}

fn matches(certificate: &SslCertificate, host: &str) -> bool {
    let unbracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let certificate = certificate.x509();
    let is_for = |address: IpAddr| {
        let wanted = AlternativeName::IpAddress(address);
        certificate.general_names().any(|name| name.to_alternative_name().as_ref() == Some(&wanted))
    };
    if let Ok(address) = unbracketed.parse() {
        return is_for(address);
    }
    // Names in certificates are in the encoding of the DNS (RFC 5280 §7.2).
    let host = match url::Host::parse(host) {
        Ok(url::Host::Domain(host)) => host,
        Ok(url::Host::Ipv4(address)) => return is_for(address.into()),
        _ => unbracketed.to_ascii_lowercase(),
    };
    let fits = |name: &str| fits(&name.to_ascii_lowercase(), &host);
    // The common names count where there are no others (RFC 9525 §2).
    if !certificate.has_host_name() {
        return certificate.common_names.iter().any(|name| fits(name));
    }
    certificate.general_names().any(|name| matches!(name, GeneralName::Dns(name) if fits(&name)))
}

/// Returns whether a name in a certificate, perhaps with a wildcard, is that host's; both in lower case. The wildcard stands for
/// the end of the first label, and two labels or more have to follow it; only names of hosts are matched then (RFC 1123 §2.1).
fn fits(name: &str, host: &str) -> bool {
    if !name.contains('*') {
        return name == host;
    }
    let Some((first, domain)) = name.split_once('.') else { return false };
    let Some(begin) = first.strip_suffix('*') else { return false };
    let Some((host_first, host_domain)) = host.split_once('.') else { return false };
    let are_labels = domain.contains('.') && domain.split('.').all(is_label);
    // A part of a label that is not in ASCII says nothing of the rest (RFC 6125 §7.2).
    let is_part = !begin.is_empty() && host_first.starts_with("xn--");
    let is_letters = |end: &str| end.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    are_labels
        && (begin.is_empty() || is_label(begin))
        && !begin.starts_with("xn--")
        && !is_part
        && !host_first.is_empty()
        && host_first.strip_prefix(begin).is_some_and(is_letters)
        && host_domain == domain
}

fn is_label(label: &str) -> bool {
    let is_letter = |character: char| character.is_ascii_alphanumeric() || character == '-';
    !label.is_empty() && label.chars().all(is_letter) && !label.starts_with('-') && !label.ends_with('-')
}
