//! The extensions of certificates (RFC 5280 §4.2).

use super::der;

/// An extension as it is encoded.
#[derive(Clone, Debug)]
pub(super) struct Extension {
    pub(super) id: String,
    is_critical: bool,
    content: Vec<u8>,
}

pub(super) const KEY_ID: &str = "2.5.29.14";
pub(super) const KEY_USAGE: &str = "2.5.29.15";
pub(super) const ALTERNATIVE_NAME: &str = "2.5.29.17";
pub(super) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(super) const NAME_CONSTRAINTS: &str = "2.5.29.30";
pub(super) const POLICIES: &str = "2.5.29.32";
pub(super) const AUTHORITY_KEY_ID: &str = "2.5.29.35";
pub(super) const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
/// Nobody's.
pub(super) const UNKNOWN: &str = "1.3.6.1.4.1.55555.1";

/// Bits of a key's usage (§4.2.1.3).
pub(super) const SIGNATURE: u8 = 0;
pub(super) const NON_REPUDIATION: u8 = 1;
pub(super) const KEY_ENCIPHERMENT: u8 = 2;
pub(super) const DATA_ENCIPHERMENT: u8 = 3;
pub(super) const KEY_AGREEMENT: u8 = 4;
pub(super) const CERT_SIGN: u8 = 5;
pub(super) const CRL_SIGN: u8 = 6;

/// Purposes (§4.2.1.12).
pub(super) const ANY_PURPOSE: &str = "2.5.29.37.0";
pub(super) const SERVER: &str = "1.3.6.1.5.5.7.3.1";
pub(super) const CLIENT: &str = "1.3.6.1.5.5.7.3.2";
pub(super) const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
pub(super) const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
pub(super) const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
pub(super) const SERVER_GATED_CRYPTO: &str = "2.16.840.1.113730.4.1";

pub(super) const ANY_POLICY: &str = "2.5.29.32.0";

/// One that is not critical.
pub(super) fn extension(id: &str, content: impl Into<Vec<u8>>) -> Extension {
    Extension { id: id.to_owned(), is_critical: false, content: content.into() }
}

impl Extension {
    pub(super) fn critical(self) -> Self {
        Self { is_critical: true, ..self }
    }

    pub(super) fn not_critical(self) -> Self {
        Self { is_critical: false, ..self }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut parts = vec![der::oid(&self.id)];
        if self.is_critical {
            parts.push(der::boolean(true));
        }
        parts.push(der::value(der::OCTET_STRING, &self.content));
        der::sequence(parts)
    }
}

/// The basic constraints of an authority, with or without a limit to its path.
pub(super) fn authority(path_length: Option<i64>) -> Extension {
    let content = [Some(der::boolean(true)), path_length.map(der::integer)];
    extension(BASIC_CONSTRAINTS, der::sequence(content.into_iter().flatten())).critical()
}

pub(super) fn no_authority() -> Extension {
    extension(BASIC_CONSTRAINTS, der::value(der::SEQUENCE, [])).critical()
}

pub(super) fn key_usage(bits: &[u8]) -> Extension {
    extension(KEY_USAGE, der::named_bits(bits)).critical()
}

pub(super) fn extended_key_usage(purposes: &[&str]) -> Extension {
    extension(EXTENDED_KEY_USAGE, der::sequence(purposes.iter().map(|purpose| der::oid(purpose))))
}

/// subjectAltName
pub(super) fn names(names: impl IntoIterator<Item = Vec<u8>>) -> Extension {
    extension(ALTERNATIVE_NAME, der::sequence(names))
}

/// The extension with the permitted and the excluded subtrees.
pub(super) fn name_constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Extension {
    let subtrees = |number, names: &[Vec<u8>]| {
        let subtrees = names.iter().map(|name| der::sequence([name]));
        if names.is_empty() { Vec::new() } else { der::tagged(number, &der::concat(subtrees)) }
    };
    let content = der::sequence([subtrees(0, permitted), subtrees(1, excluded)]);
    extension(NAME_CONSTRAINTS, content).critical()
}

pub(super) fn permit(names: impl IntoIterator<Item = Vec<u8>>) -> Extension {
    name_constraints(&names.into_iter().collect::<Vec<_>>(), &[])
}

pub(super) fn exclude(names: impl IntoIterator<Item = Vec<u8>>) -> Extension {
    name_constraints(&[], &names.into_iter().collect::<Vec<_>>())
}

pub(super) fn policies(ids: &[&str]) -> Extension {
    extension(POLICIES, der::sequence(ids.iter().map(|id| der::sequence([der::oid(id)]))))
}

/// Policies of an issuer, and what its subjects call them (§4.2.1.5).
pub(super) fn policy_mappings(pairs: &[(&str, &str)]) -> Extension {
    let pairs = pairs.iter().map(|(own, theirs)| der::sequence([der::oid(own), der::oid(theirs)]));
    extension("2.5.29.33", der::sequence(pairs)).critical()
}

/// After so many certificates a policy has to be named, or may not be mapped (§4.2.1.11).
pub(super) fn policy_constraints(require: Option<u8>, inhibit_mapping: Option<u8>) -> Extension {
    let skip = |number: u8, count: Option<u8>| count.map(|count| der::value(0x80 | number, [count]));
    let content = [skip(0, require), skip(1, inhibit_mapping)];
    extension("2.5.29.36", der::sequence(content.into_iter().flatten())).critical()
}

pub(super) fn inhibit_any_policy(after: i64) -> Extension {
    extension("2.5.29.54", der::integer(after)).critical()
}

pub(super) fn key_id(id: &[u8]) -> Extension {
    extension(KEY_ID, der::value(der::OCTET_STRING, id))
}

pub(super) fn authority_key_id(id: &[u8]) -> Extension {
    extension(AUTHORITY_KEY_ID, der::sequence([der::value(0x80, id)]))
}

/// The issuer's key by the issuer's own issuer and serial number.
pub(super) fn authority_serial(issuer: &[u8], serial: i64) -> Extension {
    let names = der::value(0xa1, super::name::directory(issuer));
    let mut serial = der::integer(serial);
    serial[0] = 0x82;
    extension(AUTHORITY_KEY_ID, der::sequence([names, serial]))
}
