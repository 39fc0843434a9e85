//! The extensions of a certificate (RFC 5280 §4.2). Each is read as strictly as it is defined: one that is damaged spoils the
//! certificate, be it critical or not.

use std::collections::HashSet;

use super::{NetscapeType, X509};
use crate::network::ssl::der;
use crate::network::ssl::distinguished_name::Name;
use crate::network::ssl::general_name::{GeneralName, NameConstraints};

#[derive(Clone, Copy, Debug)]
pub(crate) struct BasicConstraints {
    pub(crate) is_ca: bool,
    pub(crate) path_length: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ExtendedKeyUsage {
    pub(crate) server: bool,
    pub(crate) client: bool,
}

/// The key of the issuer that has signed a certificate.
#[derive(Debug, Default)]
pub(crate) struct AuthorityKey {
    pub(crate) id: Option<Vec<u8>>,
    /// The certificate of that key, by its issuer and number.
    pub(crate) issuer: Option<Name>,
    pub(crate) serial_number: Option<Vec<u8>>,
}

/// All that a certificate says of policies.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    /// The policies under which it was issued, as object identifiers in their order; `None` if it names none.
    pub(crate) issued_under: Option<Vec<Vec<u8>>>,
    /// Policies of one authority are said to be equal to others of the next.
    pub(crate) are_mapped: bool,
    /// After so many certificates, one must have a policy that is valid.
    pub(crate) require_explicit: Option<u32>,
    /// After so many certificates, "any policy" is none.
    pub(crate) inhibit_any: Option<u32>,
}

impl Policies {
    /// anyPolicy
    pub(crate) const ANY: &[u8] = &[0x55, 0x1d, 0x20, 0];
}

/// 2.5.29: where the object identifiers of most extensions begin.
const ID_CE: [u8; 2] = [0x55, 0x1d];
const NETSCAPE_CERT_TYPE: &[u8] = &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1];
/// Addresses and systems of the Internet of the subject (RFC 3779), and proxies that may act for it (RFC 3820): nothing here
/// judges them.
const NOT_JUDGED: [&[u8]; 3] =
    [&[0x2b, 6, 1, 5, 5, 7, 1, 7], &[0x2b, 6, 1, 5, 5, 7, 1, 8], &[0x2b, 6, 1, 5, 5, 7, 1, 14]];

impl X509 {
    /// `rest` is what stands behind the key.
    pub(super) fn read_extensions(&mut self, rest: &[u8]) {
        match extensions(rest) {
            Some(all) if all.is_empty() || self.version == 3 => self.take_all(all),
            // Only version 3 has them.
            Some(_) => self.is_damaged = true,
            None => self.is_invalid = true,
        }
    }

    fn take_all(&mut self, all: Vec<Extension<'_>>) {
        let mut seen = HashSet::new();
        for extension in all {
            let is_new = seen.insert(extension.id);
            if !is_new || self.take(extension.id, extension.value, extension.is_critical).is_none() {
                let harm = if extension.is_looked_at_by_openssl() {
                    &mut self.is_invalid
                } else {
                    &mut self.is_damaged
                };
                *harm = true;
            }
        }
    }

    /// `None` if it is damaged.
    fn take(&mut self, id: &[u8], value: &[u8], is_critical: bool) -> Option<()> {
        match id.strip_prefix(&ID_CE) {
            // Identifiers of keys are never critical (RFC 5280 §4.2.1.1).
            Some([14]) if !is_critical => {
                der::only(value, der::OCTET_STRING).map(|id| self.subject_key_id = Some(id.to_vec()))
            }
            Some([15]) => key_usage(value).map(|usage| self.key_usage = Some(usage)),
            Some([17]) => {
                let names = der::only(value, der::SEQUENCE)?;
                GeneralName::are_readable(names).then(|| self.general_names = names.to_vec())
            }
            Some([19]) => {
                basic_constraints(value).map(|constraints| self.basic_constraints = Some(constraints))
            }
            Some([30]) => NameConstraints::parse(value).map(|_| self.name_constraints = Some(value.to_vec())),
            Some([31]) => distribution_points(value),
            Some([32]) => issued_under(value, is_critical)
                .map(|policies| self.of_policies().issued_under = Some(policies)),
            Some([33]) => policy_mappings(value).map(|()| self.of_policies().are_mapped = true),
            Some([35]) if !is_critical => authority_key(value).map(|key| self.authority_key = key),
            Some([36]) => require_explicit(value).map(|count| self.of_policies().require_explicit = count),
            Some([37]) => extended_key_usage(value).map(|usage| self.extended_key_usage = Some(usage)),
            Some([54]) => der::only(value, der::INTEGER)
                .and_then(der::unsigned)
                .map(|count| self.of_policies().inhibit_any = Some(count)),
            _ if id == NETSCAPE_CERT_TYPE => der::only(value, der::BIT_STRING)
                .and_then(der::bits)
                .map(|kind| self.netscape_type = Some(kind)),
            _ => {
                self.has_unknown_critical_extension |= is_critical || NOT_JUDGED.contains(&id);
                Some(())
            }
        }
    }

    fn of_policies(&mut self) -> &mut Policies {
        self.policies.get_or_insert_default()
    }

    /// Returns whether `netscape-cert-type` allows that use.
    pub(crate) fn netscape_type_allows(&self, usage: u16) -> bool {
        debug_assert!(usage == NetscapeType::CLIENT || usage == NetscapeType::SERVER);
        self.netscape_type.is_none_or(|kind| kind & usage != 0)
    }
}

struct Extension<'a> {
    id: &'a [u8],
    is_critical: bool,
    value: &'a [u8],
}

impl Extension<'_> {
    fn is_looked_at_by_openssl(&self) -> bool {
        match self.id.strip_prefix(&ID_CE) {
            Some(number) => matches!(number, [14 | 15 | 17 | 19 | 30 | 31 | 35 | 37]),
            None => self.id == NETSCAPE_CERT_TYPE,
        }
    }
}

/// The extensions behind the key, if only those stand there.
fn extensions(rest: &[u8]) -> Option<Vec<Extension<'_>>> {
    const ISSUER_UNIQUE_ID: u8 = 0x81;
    const SUBJECT_UNIQUE_ID: u8 = 0x82;
    const EXTENSIONS: u8 = 0xa3;
    let (_, rest) = der::optional(rest, ISSUER_UNIQUE_ID)?;
    let (_, rest) = der::optional(rest, SUBJECT_UNIQUE_ID)?;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    der::each(der::only(der::only(rest, EXTENSIONS)?, der::SEQUENCE)?, |tag, extension| {
        let (id, rest) = der::expect(extension, der::OBJECT_IDENTIFIER)?;
        let (is_critical, rest) = boolean(rest)?;
        let value = der::only(rest, der::OCTET_STRING)?;
        (tag == der::SEQUENCE).then_some(Extension { id, is_critical, value })
    })
}

/// A boolean that is left out if it is false, and what follows it.
fn boolean(input: &[u8]) -> Option<(bool, &[u8])> {
    match der::optional(input, der::BOOLEAN)? {
        (None, rest) | (Some([0]), rest) => Some((false, rest)),
        (Some([0xff]), rest) => Some((true, rest)),
        _ => None,
    }
}

fn basic_constraints(value: &[u8]) -> Option<BasicConstraints> {
    let (is_ca, rest) = boolean(der::only(value, der::SEQUENCE)?)?;
    let path_length = match rest {
        [] => None,
        rest => Some(der::unsigned(der::only(rest, der::INTEGER)?)?),
    };
    Some(BasicConstraints { is_ca, path_length })
}

/// "at least one of the bits MUST be set" (RFC 5280 §4.2.1.3)
fn key_usage(value: &[u8]) -> Option<u16> {
    der::bits(der::only(value, der::BIT_STRING)?).filter(|bits| *bits != 0)
}

fn extended_key_usage(value: &[u8]) -> Option<ExtendedKeyUsage> {
    const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
    const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
    let purposes = der::each(der::only(value, der::SEQUENCE)?, |tag, purpose| {
        (tag == der::OBJECT_IDENTIFIER).then_some(purpose)
    })?;
    Some(ExtendedKeyUsage {
        server: purposes.contains(&SERVER_AUTH),
        client: purposes.contains(&CLIENT_AUTH),
    })
}

fn authority_key(value: &[u8]) -> Option<AuthorityKey> {
    let (id, rest) = der::optional(der::only(value, der::SEQUENCE)?, 0x80)?;
    let (issuer, rest) = der::optional(rest, 0xa1)?;
    let (serial_number, rest) = der::optional(rest, 0x82)?;
    let issuer =
        GeneralName::parse_all(issuer.unwrap_or_default())?.into_iter().find_map(|name| match name {
            GeneralName::Directory(name) => Some(name),
            _ => None,
        });
    rest.is_empty().then(|| AuthorityKey {
        id: id.map(<[u8]>::to_vec),
        issuer,
        serial_number: serial_number.map(<[u8]>::to_vec),
    })
}

/// The locations of lists of revoked certificates. They are not used, but have to be encoded correctly.
fn distribution_points(value: &[u8]) -> Option<()> {
    der::each(der::only(value, der::SEQUENCE)?, |tag, point| {
        let (name, rest) = der::optional(point, 0xa0)?;
        let (reasons, rest) = der::optional(rest, 0x81)?;
        let (issuer, rest) = der::optional(rest, 0xa2)?;
        if let Some(name) = name {
            match der::value(name)? {
                (0xa0, names, []) => drop(GeneralName::parse_all(names)?),
                (0xa1, _, []) => {}
                _ => return None,
            }
        }
        reasons.map_or(Some(0), der::bits)?;
        GeneralName::parse_all(issuer.unwrap_or_default())?;
        (tag == der::SEQUENCE && rest.is_empty()).then_some(())
    })
    .map(drop)
}

/// If it is critical, all that is said of a policy has to be understood (RFC 5280 §4.2.1.4).
fn issued_under(value: &[u8], is_critical: bool) -> Option<Vec<Vec<u8>>> {
    /// A statement of practice, and a notice to users, which bind nobody here.
    const UNDERSTOOD: [&[u8]; 2] = [&[0x2b, 6, 1, 5, 5, 7, 2, 1], &[0x2b, 6, 1, 5, 5, 7, 2, 2]];
    let mut policies = der::each(der::only(value, der::SEQUENCE)?, |tag, policy| {
        let (id, rest) = der::expect(policy, der::OBJECT_IDENTIFIER)?;
        let qualifiers = match rest {
            [] => rest,
            rest => der::only(rest, der::SEQUENCE)?,
        };
        der::each(qualifiers, |tag, qualifier| {
            let (id, _) = der::expect(qualifier, der::OBJECT_IDENTIFIER)?;
            (tag == der::SEQUENCE && (!is_critical || UNDERSTOOD.contains(&id))).then_some(())
        })?;
        (tag == der::SEQUENCE).then(|| id.to_vec())
    })?;
    policies.sort_unstable();
    (!policies.is_empty()).then_some(policies)
}

/// That some are mapped is all that matters; "any policy" must not be (RFC 5280 §6.1.4).
fn policy_mappings(value: &[u8]) -> Option<()> {
    der::each(der::only(value, der::SEQUENCE)?, |tag, mapping| {
        let (from, rest) = der::expect(mapping, der::OBJECT_IDENTIFIER)?;
        let to = der::only(rest, der::OBJECT_IDENTIFIER)?;
        (tag == der::SEQUENCE && from != Policies::ANY && to != Policies::ANY).then_some(())
    })
    .map(drop)
}

fn require_explicit(value: &[u8]) -> Option<Option<u32>> {
    let (require, rest) = der::optional(der::only(value, der::SEQUENCE)?, 0x80)?;
    let (inhibit_mapping, rest) = der::optional(rest, 0x81)?;
    let require = require.map(der::unsigned);
    let inhibit_mapping = inhibit_mapping.map(der::unsigned);
    let is_damaged = require == Some(None) || inhibit_mapping == Some(None) || !rest.is_empty();
    (!is_damaged).then(|| require.flatten())
}
