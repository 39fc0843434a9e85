//! What is read from a certificate (RFC 5280), once: the facts that the checks of a chain need.

use std::net::IpAddr;

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate, X509Version};

use super::certificate_chain::Signed;
use super::der;

/// A certificate that could be read.
#[derive(Debug)]
pub(super) struct X509 {
    pub(super) der: Vec<u8>,
    /// Names as they are encoded.
    pub(super) subject: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) subject_key_id: Option<Vec<u8>>,
    pub(super) authority_key_id: Option<Vec<u8>>,
    /// What is signed, and how.
    pub(super) to_be_signed: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) signature_algorithm: Vec<u8>,
    /// The key, with and without what it is for.
    pub(super) public_key_info: Vec<u8>,
    pub(super) public_key: Vec<u8>,
    pub(super) public_key_algorithm: Vec<u8>,
    /// In seconds since 1970.
    pub(super) not_before: i64,
    pub(super) not_after: i64,
    /// 1 to 3.
    pub(super) version: u32,
    pub(super) basic_constraints: Option<BasicConstraints>,
    /// Bits as in [`KeyUsage`].
    pub(super) key_usage: Option<u16>,
    pub(super) extended_key_usage: Option<ExtendedKeyUsage>,
    /// An extension must not be ignored, and is not understood.
    pub(super) has_unknown_critical_extension: bool,
    pub(super) common_names: Vec<String>,
    pub(super) alternative_names: Vec<AlternativeName>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct BasicConstraints {
    pub(super) is_ca: bool,
    pub(super) path_length: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ExtendedKeyUsage {
    pub(super) server: bool,
    pub(super) client: bool,
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

impl X509 {
    /// Reads a certificate. There must be nothing behind it.
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        let (rest, parsed) = X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        // The algorithms are compared as they are encoded, so they are cut out rather than read.
        let certificate = der::only(der, der::SEQUENCE)?;
        let (_, after_signed) = der::expect(certificate, der::SEQUENCE)?;
        let (signature_algorithm, _) = der::expect(after_signed, der::SEQUENCE)?;
        let public_key_info = parsed.public_key().raw;
        let (public_key_algorithm, _) =
            der::expect(der::only(public_key_info, der::SEQUENCE)?, der::SEQUENCE)?;
        let mut read = Self {
            der: der.to_vec(),
            subject: parsed.subject().as_raw().to_vec(),
            issuer: parsed.issuer().as_raw().to_vec(),
            subject_key_id: None,
            authority_key_id: None,
            to_be_signed: parsed.tbs_certificate.as_ref().to_vec(),
            signature: parsed.signature_value.data.to_vec(),
            signature_algorithm: signature_algorithm.to_vec(),
            public_key_info: public_key_info.to_vec(),
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
            public_key_algorithm: public_key_algorithm.to_vec(),
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            version: match parsed.version() {
                X509Version::V1 => 1,
                X509Version::V2 => 2,
                _ => 3,
            },
            basic_constraints: None,
            key_usage: None,
            extended_key_usage: None,
            has_unknown_critical_extension: false,
            common_names: parsed
                .subject()
                .iter_common_name()
                .filter_map(|name| name.as_str().ok().map(str::to_owned))
                .collect(),
            alternative_names: Vec::new(),
        };
        for extension in parsed.extensions() {
            read.take(extension.parsed_extension(), extension.critical);
        }
        Some(read)
    }

    fn take(&mut self, extension: &ParsedExtension<'_>, is_critical: bool) {
        match extension {
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                self.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
            ParsedExtension::BasicConstraints(constraints) => {
                self.basic_constraints = Some(BasicConstraints {
                    is_ca: constraints.ca,
                    path_length: constraints.path_len_constraint,
                });
            }
            ParsedExtension::KeyUsage(usage) => self.key_usage = Some(usage.flags),
            ParsedExtension::ExtendedKeyUsage(usage) => {
                self.extended_key_usage =
                    Some(ExtendedKeyUsage { server: usage.server_auth, client: usage.client_auth });
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.alternative_names.extend(names.general_names.iter().filter_map(alternative_name));
            }
            ParsedExtension::UnsupportedExtension { .. } | ParsedExtension::ParseError { .. } => {
                self.has_unknown_critical_extension |= is_critical;
            }
            _ => {}
        }
    }

    /// Whether the other one may have been issued by this one: names, key identifiers and algorithm fit. Whether it was, the
    /// signature says.
    pub(super) fn may_have_issued(&self, other: &Self) -> bool {
        const RSA_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
        const RSA_SIGNATURE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
        const EC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
        const EC_SIGNATURE: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4];
        let oid = |algorithm| der::expect(algorithm, der::OBJECT_IDENTIFIER).map_or(&[][..], |(oid, _)| oid);
        let (key, signature) = (oid(&self.public_key_algorithm), oid(&other.signature_algorithm));
        let fits = match key {
            RSA_KEY => signature.starts_with(RSA_SIGNATURE),
            EC_KEY => signature.starts_with(EC_SIGNATURE),
            _ => true,
        };
        let same_id = match (&self.subject_key_id, &other.authority_key_id) {
            (Some(own), Some(named)) => own == named,
            _ => true,
        };
        self.subject == other.issuer && same_id && fits
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

    pub(super) fn is_self_issued(&self) -> bool {
        self.may_have_issued(self)
    }

    /// Whether its key may sign certificates.
    pub(super) fn may_sign(&self) -> bool {
        self.key_usage.is_none_or(|usage| usage & KeyUsage::KEY_CERT_SIGN != 0)
    }

    /// Whether it is a certificate authority's. Certificates of version 1 cannot say, and are if they are roots.
    pub(super) fn is_ca(&self) -> bool {
        let says = self.basic_constraints.map(|constraints| constraints.is_ca);
        self.may_sign() && says.unwrap_or_else(|| self.version == 1 && self.is_self_issued())
    }
}

fn alternative_name(name: &GeneralName<'_>) -> Option<AlternativeName> {
    Some(match name {
        GeneralName::RFC822Name(name) => AlternativeName::Email((*name).to_owned()),
        GeneralName::DNSName(name) => AlternativeName::Dns((*name).to_owned()),
        GeneralName::IPAddress(bytes) => AlternativeName::IpAddress(match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok()?.into(),
            16 => <[u8; 16]>::try_from(*bytes).ok()?.into(),
            _ => return None,
        }),
        _ => return None,
    })
}
