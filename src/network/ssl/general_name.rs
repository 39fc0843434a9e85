//! The names of RFC 5280 §4.2.1.6, and which of them an authority may give out (§4.2.1.10).

use std::net::IpAddr;

use super::der;
use super::distinguished_name::Name;

/// A name that a certificate is valid for (RFC 5280 §4.2.1.6).
///
/// ```
/// use slotwire::{AlternativeName, SslCertificate};
/// fn hosts(certificate: &SslCertificate) -> impl Iterator<Item = &str> {
///     certificate.subject_alternative_names().iter().filter_map(|name| match name {
///         AlternativeName::Dns(host) => Some(host.as_str()),
///         _ => None,
///     })
/// }
/// # slotwire::SslConfiguration::system_ca_certificates().iter().for_each(|root| drop(hosts(root)));
/// ```
#[doc(alias = "AlternativeNameEntryType")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AlternativeName {
    /// An e-mail address.
    #[doc(alias = "EmailEntry")]
    Email(String),
    /// A host's name, possibly with a wildcard: `*.example.org`.
    #[doc(alias = "DnsEntry")]
    Dns(String),
    /// An IP address.
    #[doc(alias = "IpAddressEntry")]
    IpAddress(IpAddr),
}

/// A name that a certificate is valid for, or what such names have to end in.
#[derive(Clone, Debug)]
pub(super) enum GeneralName {
    Email(String),
    Dns(String),
    Directory(Name),
    Uri(String),
    /// An address; in a constraint, with a mask behind it.
    Ip(Vec<u8>),
    /// A name of another kind, with its tag.
    Other(u8, Vec<u8>),
}

impl GeneralName {
    pub(super) fn parse(tag: u8, content: &[u8]) -> Option<Self> {
        let text = || content.is_ascii().then(|| content.iter().copied().map(char::from).collect());
        Some(match tag {
            0x81 => Self::Email(text()?),
            0x82 => Self::Dns(text()?),
            0xa4 => Self::Directory(Name::parse(der::only(content, der::SEQUENCE)?)?),
            0x86 => Self::Uri(text()?),
            0x87 => Self::Ip(content.to_vec()),
            // otherName, x400Address, ediPartyName, registeredID
            0xa0 | 0xa3 | 0xa5 | 0x88 => Self::Other(tag, content.to_vec()),
            _ => return None,
        })
    }

    /// Returns whether that is the content of `GeneralNames`.
    pub(super) fn are_readable(content: &[u8]) -> bool {
        der::each(content, |tag, name| Self::parse(tag, name).map(drop)).is_some()
    }

    /// Parses the content of `GeneralNames`.
    pub(super) fn parse_all(content: &[u8]) -> Option<Vec<Self>> {
        der::each(content, Self::parse)
    }

    pub(super) fn to_alternative_name(&self) -> Option<AlternativeName> {
        Some(match self {
            Self::Email(name) => AlternativeName::Email(name.clone()),
            Self::Dns(name) => AlternativeName::Dns(name.clone()),
            Self::Ip(bytes) => AlternativeName::IpAddress(address(bytes)?),
            _ => return None,
        })
    }

    /// Returns whether a constraint of that kind concerns this name at all.
    fn is_kind_of(&self, base: &Self) -> bool {
        /// `SmtpUTF8Mailbox` (RFC 9598)
        const MAILBOX: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 8, 9];
        match (self, base) {
            (Self::Other(0xa0, name), Self::Email(_)) => name.starts_with(MAILBOX),
            (Self::Other(0xa0, name), Self::Other(0xa0, base)) => {
                let kind = |name| der::expect(name, der::OBJECT_IDENTIFIER).map(|(kind, _)| kind);
                kind(name) == kind(base)
            }
            (Self::Other(tag, _), Self::Other(base, _)) => tag == base,
            _ => std::mem::discriminant(self) == std::mem::discriminant(base),
        }
    }

    /// Returns whether the constraint includes this name; `None` if that cannot be judged.
    fn is_within(&self, base: &Self) -> Option<bool> {
        match (self, base) {
            (Self::Dns(name), Self::Dns(base)) => Some(is_subdomain(name, base)),
            (Self::Email(name), Self::Email(base)) => is_email_within(name, base),
            (Self::Uri(name), Self::Uri(base)) => is_uri_within(name, base),
            (Self::Ip(name), Self::Ip(base)) => is_address_within(name, base),
            (Self::Directory(name), Self::Directory(base)) => Some(name.is_within(base)),
            _ => None,
        }
    }

    /// Returns whether one of the hosts that it stands for, by a wildcard or with the dot of the root at its end, is in the
    /// constraint.
    fn stands_for_one_within(&self, base: &Self) -> bool {
        let (Self::Dns(name), Self::Dns(base)) = (self, base) else { return false };
        let [name, base] = [name, base].map(|name| name.strip_suffix('.').unwrap_or(name));
        let domain = name.split_once('.').filter(|(first, _)| first.contains('*')).map(|(_, domain)| domain);
        is_subdomain(name, base) || domain.is_some_and(|domain| is_subdomain(base, domain))
    }
}

/// The names that the certificates below one may have (`NameConstraints`).
#[derive(Debug)]
pub(super) struct NameConstraints {
    permitted: Vec<GeneralName>,
    excluded: Vec<GeneralName>,
}

impl NameConstraints {
    /// Parses the content of the extension. Limits other than "from here on downwards" do not occur (RFC 5280 §4.2.1.10).
    pub(super) fn parse(value: &[u8]) -> Option<Self> {
        const PERMITTED: u8 = 0xa0;
        const EXCLUDED: u8 = 0xa1;
        let subtrees = |content| {
            der::each(content, |tag, subtree| {
                let (base_tag, base, rest) = der::value(subtree)?;
                (tag == der::SEQUENCE && rest.is_empty()).then(|| GeneralName::parse(base_tag, base))?
            })
        };
        let (permitted, rest) = der::optional(der::only(value, der::SEQUENCE)?, PERMITTED)?;
        let (excluded, rest) = der::optional(rest, EXCLUDED)?;
        rest.is_empty().then_some(())?;
        Some(Self {
            permitted: subtrees(permitted.unwrap_or_default())?,
            excluded: subtrees(excluded.unwrap_or_default())?,
        })
    }

    /// Returns whether some constraints concern other names than those of hosts.
    #[cfg(feature = "_rustls")]
    pub(super) fn has_other_than_hosts(&self) -> bool {
        let mut all = self.permitted.iter().chain(&self.excluded);
        all.any(|base| !matches!(base, GeneralName::Dns(_) | GeneralName::Ip(_)))
    }

    /// Returns whether a certificate may have these names.
    pub(super) fn allow(
        &self,
        mut names: impl Iterator<Item = GeneralName>,
        comparisons: &mut Comparisons,
    ) -> bool {
        let count = 1 + self.permitted.len() + self.excluded.len();
        names.all(|name| comparisons.take(count) && self.allow_name(&name))
    }

    fn allow_name(&self, name: &GeneralName) -> bool {
        let mut permitted = self.permitted.iter().filter(|base| name.is_kind_of(base)).peekable();
        let is_permitted =
            permitted.peek().is_none() || permitted.any(|base| name.is_within(base) == Some(true));
        let mut excluded = self.excluded.iter().filter(|base| name.is_kind_of(base));
        is_permitted
            && !excluded.any(|base| name.is_within(base) != Some(false) || name.stands_for_one_within(base))
    }
}

/// The number of comparisons of names with constraints that are left on a path: more are an attack. As many as in OpenSSL, which
/// counts them for each certificate and each authority above it.
pub(super) struct Comparisons(usize);

impl Default for Comparisons {
    fn default() -> Self {
        Self(1 << 20)
    }
}

impl Comparisons {
    fn take(&mut self, count: usize) -> bool {
        self.0 = self.0.saturating_sub(count);
        self.0 > 0
    }
}

/// Returns whether it is a possible name of a host, perhaps with a wildcard.
pub(super) fn is_host(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.*".contains(c))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(<[u8; 4]>::try_from(bytes).ok()?.into()),
        16 => Some(<[u8; 16]>::try_from(bytes).ok()?.into()),
        _ => None,
    }
}

fn ends_in(name: &str, end: &str) -> bool {
    let begin = name.len().wrapping_sub(end.len());
    name.get(begin..).is_some_and(|found| found.eq_ignore_ascii_case(end))
}

/// A base that begins with a dot is about what is below it only, one without about itself too.
fn is_subdomain(name: &str, base: &str) -> bool {
    ends_in(name, base)
        && (name.len() == base.len()
            || base.is_empty()
            || base.starts_with('.')
            || name[..name.len() - base.len()].ends_with('.'))
}

/// A host; a base that begins with a dot is about the hosts of that domain.
fn is_host_within(host: &str, base: &str) -> bool {
    if base.starts_with('.') {
        host.len() > base.len() && ends_in(host, base)
    } else {
        host.eq_ignore_ascii_case(base)
    }
}

fn is_email_within(name: &str, base: &str) -> Option<bool> {
    let (mailbox, host) = name.rsplit_once('@')?;
    Some(match base.rsplit_once('@') {
        Some((base_mailbox, base_host)) => {
            (base_mailbox.is_empty() || base_mailbox == mailbox) && host.eq_ignore_ascii_case(base_host)
        }
        None => is_host_within(host, base),
    })
}

/// Constraints are about the host in a URI, which has to have one, by name.
fn is_uri_within(name: &str, base: &str) -> Option<bool> {
    let (_, rest) = name.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let is_name =
        !host.is_empty() && !authority.contains(['@', '[', '\\']) && host.parse::<IpAddr>().is_err();
    is_name.then(|| is_host_within(host, base))
}

fn is_address_within(name: &[u8], base: &[u8]) -> Option<bool> {
    let (size, base_size) = (name.len(), base.len());
    if !matches!(size, 4 | 16) || !matches!(base_size, 8 | 32) {
        return None;
    }
    let (network, mask) = base.split_at(base_size / 2);
    let mut bytes = name.iter().zip(network).zip(mask);
    Some(size * 2 == base_size && bytes.all(|((byte, network), mask)| (byte ^ network) & mask == 0))
}
