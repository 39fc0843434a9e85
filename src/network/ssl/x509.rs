//! The facts of a certificate (RFC 5280) that the checks of a chain need, read once.

use std::sync::OnceLock;

use x509_parser::prelude::{FromDer, X509Certificate};

use super::der;
use super::distinguished_name::{IA5_STRING, Name};
use super::general_name::{self, AlternativeName, GeneralName, NameConstraints};
use super::signatures::Signed;

mod extensions;

pub(super) use self::extensions::{AuthorityKey, BasicConstraints, ExtendedKeyUsage, Policies};

/// A certificate that could be read.
#[derive(Debug, Default)]
pub(super) struct X509 {
    pub(super) der: Vec<u8>,
    pub(super) serial_number: Vec<u8>,
    pub(super) subject: Name,
    pub(super) issuer: Name,
    /// The signed part, and the way in which it is signed.
    pub(super) to_be_signed: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) signature_algorithm: Vec<u8>,
    /// The same as what is signed names it (RFC 5280 §4.1.1.2).
    pub(super) signed_algorithm: Vec<u8>,
    /// The key, with and without what it is for.
    pub(super) public_key_info: Vec<u8>,
    pub(super) public_key: Vec<u8>,
    pub(super) public_key_algorithm: Vec<u8>,
    /// In seconds since 1970.
    pub(super) not_before: i64,
    pub(super) not_after: i64,
    /// 1 to 3.
    pub(super) version: u32,
    pub(super) subject_key_id: Option<Vec<u8>>,
    pub(super) authority_key: AuthorityKey,
    pub(super) basic_constraints: Option<BasicConstraints>,
    /// Bits as in [`KeyUsage`].
    pub(super) key_usage: Option<u16>,
    pub(super) extended_key_usage: Option<ExtendedKeyUsage>,
    /// Bits as in [`NetscapeType`].
    pub(super) netscape_type: Option<u16>,
    pub(super) policies: Option<Box<Policies>>,
    /// One of the extensions that OpenSSL looks at is damaged, or stands there twice: the certificate is nobody's issuer, and
    /// nobody is its issuer.
    pub(super) is_invalid: bool,
    /// Another one is, or has no place there.
    pub(super) is_damaged: bool,
    /// An extension must not be ignored, and is not understood.
    pub(super) has_unknown_critical_extension: bool,
    pub(super) common_names: Vec<String>,
    /// The content of `GeneralNames` and that of `NameConstraints`, which could be read. A name takes two bytes there and much
    /// more in memory, and a peer decides how many there are: so they are read when they are asked for.
    general_names: Vec<u8>,
    name_constraints: Option<Vec<u8>>,
    alternative_names: OnceLock<Vec<AlternativeName>>,
}

/// The bits of a key's usage (RFC 5280 §4.2.1.3).
#[derive(Debug)]
pub(super) struct KeyUsage;

impl KeyUsage {
    pub(super) const DIGITAL_SIGNATURE: u16 = 1;
    pub(super) const KEY_ENCIPHERMENT: u16 = 1 << 2;
    pub(super) const KEY_AGREEMENT: u16 = 1 << 4;
    pub(super) const KEY_CERT_SIGN: u16 = 1 << 5;
}

/// The bits of `netscape-cert-type`, which is older than X.509's own extensions.
#[derive(Debug)]
pub(super) struct NetscapeType;

impl NetscapeType {
    pub(super) const CLIENT: u16 = 1;
    pub(super) const SERVER: u16 = 1 << 1;
}

/// The statement of a certificate on whether it is an authority's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authority {
    No,
    Yes,
    /// It does not say so; it may still be at the end of a chain. It is of version 1 and signed by itself, or has the usage of
    /// its key stand for it.
    AtTheEnd,
}

impl X509 {
    /// Reads a certificate. There must be nothing behind it.
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        // Later, a library reads the parts of the certificate that this crate reports.
        X509Certificate::from_der(der).ok()?;
        let certificate = der::only(der, der::SEQUENCE)?;
        let (signed, rest) = der::expect(certificate, der::SEQUENCE)?;
        let to_be_signed = &certificate[..certificate.len() - rest.len()];
        let (signature_algorithm, rest) = der::expect(rest, der::SEQUENCE)?;
        let signature = whole_bytes(der::only(rest, der::BIT_STRING)?)?;

        let (version, rest) = version(signed)?;
        let (serial_number, rest) = der::expect(rest, der::INTEGER)?;
        der::is_integer(serial_number).then_some(())?;
        let (signed_algorithm, rest) = der::expect(rest, der::SEQUENCE)?;
        let (issuer, rest) = der::expect(rest, der::SEQUENCE)?;
        let (validity, rest) = der::expect(rest, der::SEQUENCE)?;
        let (subject, after_subject) = der::expect(rest, der::SEQUENCE)?;
        let (key_info, rest) = der::expect(after_subject, der::SEQUENCE)?;
        let public_key_info = &after_subject[..after_subject.len() - rest.len()];
        let (public_key_algorithm, key) = der::expect(key_info, der::SEQUENCE)?;
        let (not_before, not_after) =
            der::value(validity).map(|(tag, content, rest)| (time(tag, content), rest))?;
        let (tag, not_after, behind) = der::value(not_after)?;
        behind.is_empty().then_some(())?;

        let subject = Name::parse(subject)?;
        let mut read = Self {
            der: der.to_vec(),
            serial_number: serial_number.to_vec(),
            common_names: subject.common_names(),
            subject,
            issuer: Name::parse(issuer)?,
            to_be_signed: to_be_signed.to_vec(),
            signature: signature.to_vec(),
            signature_algorithm: signature_algorithm.to_vec(),
            signed_algorithm: signed_algorithm.to_vec(),
            public_key_info: public_key_info.to_vec(),
            public_key: whole_bytes(der::only(key, der::BIT_STRING)?)?.to_vec(),
            public_key_algorithm: public_key_algorithm.to_vec(),
            not_before: not_before?,
            not_after: time(tag, not_after)?,
            version,
            ..Self::default()
        };
        read.read_extensions(rest);
        Some(read)
    }

    /// Returns whether this certificate may have issued the other one: names, key identifiers and algorithm fit. The signature
    /// shows whether it did.
    pub(super) fn may_have_issued(&self, other: &Self) -> bool {
        let named = &other.authority_key;
        let same_id = match (&self.subject_key_id, &named.id) {
            (Some(own), Some(named)) => own == named,
            _ => true,
        };
        !self.is_invalid
            && !other.is_invalid
            && self.subject == other.issuer
            && same_id
            && named.serial_number.as_ref().is_none_or(|serial_number| *serial_number == self.serial_number)
            && named.issuer.as_ref().is_none_or(|issuer| *issuer == self.issuer)
            && self.has_key_for(other)
    }

    /// Returns whether its key is of the kind that has signed the other one.
    fn has_key_for(&self, other: &Self) -> bool {
        const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
        const RSA_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
        const EC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
        const EC_SIGNATURE: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4];
        match (algorithm(&self.public_key_algorithm), algorithm(&other.signed_algorithm)) {
            (RSA_KEY, signature) => signature.starts_with(RSA),
            (EC_KEY, signature) => signature.starts_with(EC_SIGNATURE),
            // Those of RSA-PSS and of Edwards curves are called like their signatures.
            (key, signature) => key == signature,
        }
    }

    /// Its signature, to be verified by that issuer's key.
    pub(super) fn signed_by<'a>(&'a self, issuer: &'a Self) -> Signed<'a> {
        Signed {
            message: &self.to_be_signed,
            signature: &self.signature,
            signature_algorithm: &self.signature_algorithm,
            key: &issuer.public_key,
            key_algorithm: &issuer.public_key_algorithm,
        }
    }

    /// Returns whether it may be signed by the key that is in it.
    pub(super) fn is_self_signed(&self) -> bool {
        self.may_have_issued(self)
    }

    /// Returns whether its issuer and subject are the same: such certificates replace keys, and do not count (RFC 5280 §6.1).
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Returns whether it is valid then, as OpenSSL takes it: in its last second it has expired.
    pub(super) fn is_in_date(&self, now: i64) -> bool {
        self.not_before <= now && now < self.not_after
    }

    /// Returns whether its key may sign certificates.
    pub(super) fn may_sign(&self) -> bool {
        self.key_usage.is_none_or(|usage| usage & KeyUsage::KEY_CERT_SIGN != 0)
    }

    pub(super) fn authority(&self) -> Authority {
        match self.basic_constraints {
            _ if !self.may_sign() => Authority::No,
            Some(constraints) if constraints.is_ca => Authority::Yes,
            None if self.key_usage.is_some() || (self.version == 1 && self.is_self_signed()) => {
                Authority::AtTheEnd
            }
            _ => Authority::No,
        }
    }

    /// Returns whether it names its host where names of hosts belong: then its common names are none (RFC 9525 §2).
    pub(super) fn has_host_name(&self) -> bool {
        self.general_names().any(|name| matches!(name, GeneralName::Dns(_)))
    }

    /// The names that it is for, of all kinds.
    pub(super) fn general_names(&self) -> impl Iterator<Item = GeneralName> {
        // They were read before.
        der::iterate(&self.general_names).filter_map(|(tag, content)| GeneralName::parse(tag, content))
    }

    /// The names that constraints are about: alternative names, the subject, and the e-mail addresses in that; and if it
    /// `may_serve_by_common_name`, the common names that a host can be called. `None` if one cannot be judged.
    pub(super) fn constrained_names(
        &self,
        may_serve_by_common_name: bool,
    ) -> Option<impl Iterator<Item = GeneralName>> {
        let mut of_subject = Vec::new();
        if !self.subject.is_empty() {
            of_subject.push(GeneralName::Directory(self.subject.clone()));
        }
        for email in self.subject.email_addresses() {
            let text = email.text().filter(|text| email.tag == IA5_STRING && text.is_ascii())?;
            of_subject.push(GeneralName::Email(text));
        }
        if may_serve_by_common_name && !self.has_host_name() {
            for name in &self.common_names {
                (!name.contains('\0')).then_some(())?;
                if general_name::is_host(name) {
                    of_subject.push(GeneralName::Dns(name.clone()));
                }
            }
        }
        Some(self.general_names().chain(of_subject))
    }

    /// The alternative names that Qt knows.
    pub(super) fn alternative_names(&self) -> &[AlternativeName] {
        let read = || self.general_names().filter_map(|name| name.to_alternative_name()).collect();
        self.alternative_names.get_or_init(read)
    }

    /// The names for which it may issue certificates.
    pub(super) fn name_constraints(&self) -> Option<NameConstraints> {
        NameConstraints::parse(self.name_constraints.as_deref()?)
    }

    /// Returns whether its key describes its curve by itself instead of by name: such keys can be forged.
    pub(super) fn has_key_on_own_curve(&self) -> bool {
        const EC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
        match der::expect(&self.public_key_algorithm, der::OBJECT_IDENTIFIER) {
            Some((EC_KEY, parameters)) => der::only(parameters, der::OBJECT_IDENTIFIER).is_none(),
            _ => false,
        }
    }
}

/// The object identifier of an `AlgorithmIdentifier`.
fn algorithm(identifier: &[u8]) -> &[u8] {
    der::expect(identifier, der::OBJECT_IDENTIFIER).map_or(&[], |(algorithm, _)| algorithm)
}

/// The content of a bit string that ends with a byte.
fn whole_bytes(bits: &[u8]) -> Option<&[u8]> {
    bits.split_first().filter(|(unused, _)| **unused == 0).map(|(_, bytes)| bytes)
}

/// The version, and what follows it.
fn version(signed: &[u8]) -> Option<(u32, &[u8])> {
    let (version, rest) = der::optional(signed, der::CONTEXT_0)?;
    let version = match version {
        None => 0,
        Some(version) => der::unsigned(der::only(version, der::INTEGER)?)?,
    };
    (version <= 2).then_some((version + 1, rest))
}

/// In seconds since 1970, of a time as RFC 5280 §4.1.2.5 wants it written.
fn time(tag: u8, content: &[u8]) -> Option<i64> {
    const UTC_TIME: u8 = 0x17;
    const GENERALIZED_TIME: u8 = 0x18;
    let digits = content.strip_suffix(b"Z").filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let number = |digits: &[u8]| digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let (year, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let year = number(&digits[..2]);
            (if year < 50 { 2000 + year } else { 1900 + year }, &digits[2..])
        }
        (GENERALIZED_TIME, 14) => (number(&digits[..4]), &digits[4..]),
        _ => return None,
    };
    let (pairs, _) = rest.as_chunks::<2>();
    let [month, day, hour, minute, second] = *pairs.iter().map(|pair| number(pair)).collect::<Vec<_>>()
    else {
        return None;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month - 1).ok()?;
    let is_valid = (1..=*lengths.get(before)?).contains(&day) && hour < 24 && minute < 60 && second < 60;
    // Leap years up to the one before it, and since.
    let leap_days = |years: i64| years / 4 - years / 100 + years / 400;
    let days_of_years = (year - 1970) * 365 + leap_days((year - 1).max(0)) - leap_days(1969);
    let days = days_of_years + lengths[..before].iter().sum::<i64>() + day - 1;
    is_valid.then_some(((days * 24 + hour) * 60 + minute) * 60 + second)
}
