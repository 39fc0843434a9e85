use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use md5::Digest;
use x509_parser::asn1_rs::Tag;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::general_name::AlternativeName;
use super::ssl_key::SslKey;
use super::x509::X509;
use super::{der, pem};
use crate::{Error, ErrorKind};

/// An X.509 certificate: a subject, its key, and the issuer that confirms both.
///
/// Two are equal if their encodings are. Copies are cheap.
///
/// ```
/// use slotwire::{AlternativeName, SslCertificate, SslErrorKind, SubjectInfo};
///
/// let pem = "\
/// -----BEGIN CERTIFICATE-----
/// MIIBfDCCAS6gAwIBAgIUTRu6FglzA4saJwA7aoWCEehlDTowBQYDK2VwMCYxDTAL
/// BgNVBAoMBERlbW8xFTATBgNVBAMMDGRlbW8uZXhhbXBsZTAgFw0yNjExMjUxODE1
/// MDhaGA8yMTI2MTEwMTE4MTUwOFowJjENMAsGA1UECgwERGVtbzEVMBMGA1UEAwwM
/// ZGVtby5leGFtcGxlMCowBQYDK2VwAyEAkAGgaKPuWC6sy548jWiEwmgoSMxrJxP3
/// HVBgEbCODi6jbDBqMB0GA1UdDgQWBBSTx/vZjt47+1dr5KdyYyfH1DlA0jAfBgNV
/// HSMEGDAWgBSTx/vZjt47+1dr5KdyYyfH1DlA0jAPBgNVHRMBAf8EBTADAQH/MBcG
/// A1UdEQQQMA6CDGRlbW8uZXhhbXBsZTAFBgMrZXADQQD6qMyufjL2EbtUtG7WyX3h
/// FLpXOKV7T2qCVRlK/HLNF3e4Hf/liLza51fThTeT+F6oegrZliIptWnI6M0Q+CIC
/// -----END CERTIFICATE-----";
/// let [certificate] = SslCertificate::from_pem(pem)?.try_into().unwrap();
/// assert_eq!(certificate.subject_info(SubjectInfo::Organization), ["Demo"]);
/// let name = AlternativeName::Dns("demo.example".to_owned());
/// assert_eq!(certificate.subject_alternative_names(), [name]);
/// assert!(certificate.is_self_signed());
///
/// let errors = SslCertificate::verify(&[certificate], Some("example.com"));
/// assert_eq!(errors[0].kind(), SslErrorKind::HostNameMismatch);
/// assert_eq!(errors[1].kind(), SslErrorKind::SelfSignedCertificate);
///
/// let error = SslCertificate::from_pem(pem.replace("MII", "oops")).unwrap_err();
/// assert_eq!(error.to_string(), "the PEM text: certificate 1 in it cannot be read");
/// # Ok::<(), slotwire::Error>(())
/// ```
#[doc(alias = "QSslCertificate")]
#[derive(Clone)]
pub struct SslCertificate(Arc<X509>);

/// A part of a certificate's subject or issuer, which are distinguished names (RFC 5280 §4.1.2.4).
///
/// ```
/// use slotwire::{SslConfiguration, SubjectInfo};
/// for root in SslConfiguration::system_ca_certificates() {
///     let organization = root.subject_info(SubjectInfo::Organization);
///     let country = root.subject_info(SubjectInfo::CountryName);
///     println!("{organization:?} in {country:?}");
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubjectInfo {
    /// O, the organization.
    Organization,
    /// CN, the common name: in older certificates, that of the host.
    CommonName,
    /// L, the locality: a town, usually.
    LocalityName,
    /// OU, the organizational unit: a department, usually.
    OrganizationalUnitName,
    /// C, the country, in two letters.
    CountryName,
    /// ST, the state or province.
    StateOrProvinceName,
    /// The qualifier that tells two subjects of the same name apart.
    DistinguishedNameQualifier,
    /// The serial number of the subject; that of the certificate is [`SslCertificate::serial_number`].
    SerialNumber,
    /// The e-mail address.
    EmailAddress,
}

/// A hash function, for [`SslCertificate::digest`].
///
/// ```
/// use slotwire::{HashAlgorithm, SslConfiguration};
/// for root in SslConfiguration::system_ca_certificates() {
///     assert_eq!(root.digest(HashAlgorithm::Sha256).len(), 32);
/// }
/// ```
#[doc(alias = "Algorithm")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// MD5: 16 bytes. Qt's default, and broken: digests can be forged.
    Md5,
    /// SHA-1: 20 bytes. Broken as well.
    Sha1,
    /// SHA-256: 32 bytes.
    Sha256,
    /// SHA-384: 48 bytes.
    Sha384,
    /// SHA-512: 64 bytes.
    Sha512,
}

impl SubjectInfo {
    fn oid(self) -> &'static str {
        match self {
            Self::Organization => "2.5.4.10",
            Self::CommonName => "2.5.4.3",
            Self::LocalityName => "2.5.4.7",
            Self::OrganizationalUnitName => "2.5.4.11",
            Self::CountryName => "2.5.4.6",
            Self::StateOrProvinceName => "2.5.4.8",
            Self::DistinguishedNameQualifier => "2.5.4.46",
            Self::SerialNumber => "2.5.4.5",
            Self::EmailAddress => "1.2.840.113549.1.9.1",
        }
    }
}

// ---- reading and writing

impl SslCertificate {
    /// Reads one certificate in DER, the binary form.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidCertificate`] if it is not one.
    ///
    /// ```
    /// use slotwire::{ErrorKind, SslCertificate};
    /// # let der = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.der().to_vec();
    /// let certificate = SslCertificate::from_der(&der)?;
    /// assert_eq!(certificate.to_der(), der);
    ///
    /// let error = SslCertificate::from_der(&der[1..]).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidCertificate);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "fromData")]
    pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::read_der(der.as_ref()).ok_or_else(|| invalid("the data is not a certificate in DER".to_owned()))
    }

    /// Reads all certificates of a PEM text, in order. Anything else in it, such as keys, is skipped.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidCertificate`] if there is none, or one of them cannot be read; the text says which.
    ///
    /// ```
    /// use slotwire::SslCertificate;
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// // A server's own certificate, then the intermediate certificates.
    /// let chain = SslCertificate::from_pem(&pem)?;
    /// assert_eq!(chain.len(), 1);
    ///
    /// let error = SslCertificate::from_pem("localhost").unwrap_err();
    /// assert_eq!(error.to_string(), "the PEM text: no certificate is in it");
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "fromData")]
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Vec<Self>, Error> {
        Self::read_pem(pem.as_ref()).map_err(|text| invalid(format!("the PEM text: {text}")))
    }

    /// Reads the certificates of a file, in PEM or in DER.
    ///
    /// # Errors
    /// [`ErrorKind::System`] if the file cannot be read, [`ErrorKind::InvalidCertificate`] if there is no certificate in it
    /// or one of them cannot be read. The text names the file.
    ///
    /// ```
    /// use slotwire::{ErrorKind, SslCertificate};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// # let path = std::env::temp_dir().join(format!("slotwire-read-{}.pem", std::process::id()));
    /// # std::fs::write(&path, pem).unwrap();
    /// let chain = SslCertificate::from_path(&path)?;
    /// assert_eq!(chain.len(), 1);
    ///
    /// let error = SslCertificate::from_path("no/such/file.pem").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::System);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "fromPath")]
    #[doc(alias = "fromFile")]
    pub fn from_path(path: impl AsRef<Path>) -> Result<Vec<Self>, Error> {
        let path = path.as_ref();
        let data = pem::read_file(path)?;
        if let Some(certificate) = Self::read_der(&data) {
            return Ok(vec![certificate]);
        }
        Self::read_pem(&data).map_err(|text| invalid(format!("{}: {text}", path.display())))
    }

    fn read_der(der: &[u8]) -> Option<Self> {
        X509::parse(der).map(|parsed| Self(Arc::new(parsed)))
    }

    fn read_pem(text: &[u8]) -> Result<Vec<Self>, String> {
        // The last two are names that OpenSSL has used; behind a trusted one stands what it is trusted for.
        let is_certificate =
            |label: &str| matches!(label, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE");
        let blocks = pem::blocks(text).into_iter().filter(|block| is_certificate(block.label));
        let mut found = Vec::new();
        for (index, block) in blocks.enumerate() {
            let der = block.der.as_deref().map(|der| match block.label {
                "TRUSTED CERTIFICATE" => first_value(der),
                _ => der,
            });
            let read = der.and_then(Self::read_der);
            found.push(read.ok_or_else(|| format!("certificate {} in it cannot be read", index + 1))?);
        }
        if found.is_empty() { Err("no certificate is in it".to_owned()) } else { Ok(found) }
    }

    /// The certificate in DER, the binary form.
    ///
    /// ```
    /// use slotwire::SslCertificate;
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// # let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// let der = certificate.to_der();
    /// assert_eq!(SslCertificate::from_der(der)?, certificate);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "toDer")]
    pub fn to_der(&self) -> &[u8] {
        &self.0.der
    }

    /// The certificate in PEM, the text form.
    ///
    /// ```
    /// use slotwire::SslCertificate;
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// # let chain = SslCertificate::from_pem(pem)?;
    /// // A whole chain in one text:
    /// let text: String = chain.iter().map(SslCertificate::to_pem).collect();
    /// assert!(text.starts_with("-----BEGIN CERTIFICATE-----\n"));
    /// assert_eq!(SslCertificate::from_pem(text)?, chain);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "toPem")]
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", self.to_der())
    }

    pub(super) fn x509(&self) -> &X509 {
        &self.0
    }
}

// ---- what it says

impl SslCertificate {
    /// The version of X.509: 1 to 3.
    ///
    /// ```
    /// use slotwire::SslCertificate;
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// assert_eq!(certificate.version(), 3, "all with alternative names are of version 3");
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn version(&self) -> u32 {
        self.0.version
    }

    /// The serial number that the issuer has given it, in hexadecimal, the bytes separated by colons.
    ///
    /// ```
    /// use slotwire::SslCertificate;
    /// # let mut parameters = rcgen::CertificateParams::new(["demo.example".to_owned()]).unwrap();
    /// # parameters.serial_number = Some(rcgen::SerialNumber::from(vec![0x4d, 0x1b, 0xba]));
    /// # let pem = parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// assert_eq!(certificate.serial_number(), "4d:1b:ba");
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "serialNumber")]
    pub fn serial_number(&self) -> String {
        self.parsed(|parsed| {
            // A leading zero only says that the number is not negative.
            let bytes = match parsed.raw_serial() {
                [0, rest @ ..] if !rest.is_empty() => rest,
                bytes => bytes,
            };
            bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
        })
    }

    /// The digest of its DER form: its fingerprint.
    ///
    /// ```
    /// use slotwire::{HashAlgorithm, SslCertificate};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// # let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// // As browsers show it:
    /// let digest = certificate.digest(HashAlgorithm::Sha256);
    /// let fingerprint: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    /// println!("{}", fingerprint.join(":"));
    /// assert_eq!(fingerprint.len(), 32);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn digest(&self, algorithm: HashAlgorithm) -> Vec<u8> {
        let der = self.to_der();
        match algorithm {
            HashAlgorithm::Md5 => md5::Md5::digest(der).to_vec(),
            HashAlgorithm::Sha1 => sha1::Sha1::digest(der).to_vec(),
            HashAlgorithm::Sha256 => sha2::Sha256::digest(der).to_vec(),
            HashAlgorithm::Sha384 => sha2::Sha384::digest(der).to_vec(),
            HashAlgorithm::Sha512 => sha2::Sha512::digest(der).to_vec(),
        }
    }

    /// Returns whether it names itself as its issuer, as root certificates and home-made ones do.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SslConfiguration};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// if certificate.is_self_signed() {
    ///     // No authority vouches for it, so it has to be trusted by itself.
    ///     let mut configuration = SslConfiguration::new();
    ///     configuration.set_ca_certificates([certificate.clone()]);
    /// }
    /// # assert!(certificate.is_self_signed());
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "isSelfSigned")]
    pub fn is_self_signed(&self) -> bool {
        self.0.is_self_issued()
    }

    /// A part of the subject's name; several values if that part is there more than once, none if it is not there.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SubjectInfo};
    /// # let mut parameters = rcgen::CertificateParams::new(["demo.example".to_owned()]).unwrap();
    /// # parameters.distinguished_name.push(rcgen::DnType::OrganizationName, "Demo");
    /// # let pem = parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// assert_eq!(certificate.subject_info(SubjectInfo::Organization), ["Demo"]);
    /// assert!(certificate.subject_info(SubjectInfo::CountryName).is_empty());
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "subjectInfo")]
    pub fn subject_info(&self, info: SubjectInfo) -> Vec<String> {
        self.parsed(|parsed| values(parsed.subject(), info))
    }

    /// A part of the name of its issuer; several values if that part is there more than once, none if it is not there.
    ///
    /// ```
    /// use slotwire::{SslCertificate, SubjectInfo};
    /// # let mut parameters = rcgen::CertificateParams::new([]).unwrap();
    /// # parameters.distinguished_name.push(rcgen::DnType::OrganizationName, "Demo Authority");
    /// # let authority = rcgen::Issuer::new(parameters, rcgen::KeyPair::generate().unwrap());
    /// # let parameters = rcgen::CertificateParams::new(["demo.example".to_owned()]).unwrap();
    /// # let pem = parameters.signed_by(&rcgen::KeyPair::generate().unwrap(), &authority).unwrap().pem();
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// assert_eq!(certificate.issuer_info(SubjectInfo::Organization), ["Demo Authority"]);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "issuerInfo")]
    pub fn issuer_info(&self, info: SubjectInfo) -> Vec<String> {
        self.parsed(|parsed| values(parsed.issuer(), info))
    }

    /// A name of the subject to show: the common name, or else the organization, or else the organizational unit; empty if
    /// there is none of these.
    ///
    /// ```
    /// use slotwire::SslCertificate;
    /// # let mut parameters = rcgen::CertificateParams::new(["demo.example".to_owned()]).unwrap();
    /// # parameters.distinguished_name.push(rcgen::DnType::CommonName, "demo.example");
    /// # let pem = parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// assert_eq!(certificate.subject_display_name(), "demo.example");
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "subjectDisplayName")]
    pub fn subject_display_name(&self) -> String {
        display_name(|info| self.subject_info(info))
    }

    /// A name to show of its issuer, as [`subject_display_name`](Self::subject_display_name).
    ///
    /// ```
    /// use slotwire::SslCertificate;
    /// # let mut parameters = rcgen::CertificateParams::new([]).unwrap();
    /// # parameters.distinguished_name.push(rcgen::DnType::CommonName, "Demo Authority");
    /// # let authority = rcgen::Issuer::new(parameters, rcgen::KeyPair::generate().unwrap());
    /// # let parameters = rcgen::CertificateParams::new(["demo.example".to_owned()]).unwrap();
    /// # let pem = parameters.signed_by(&rcgen::KeyPair::generate().unwrap(), &authority).unwrap().pem();
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// assert_eq!(certificate.issuer_display_name(), "Demo Authority");
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "issuerDisplayName")]
    pub fn issuer_display_name(&self) -> String {
        display_name(|info| self.issuer_info(info))
    }

    /// The host names, addresses and e-mail addresses that it is for; other kinds of names are left out.
    ///
    /// ```
    /// use slotwire::{AlternativeName, SslCertificate};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// let name = AlternativeName::Dns("demo.example".to_owned());
    /// assert!(certificate.subject_alternative_names().contains(&name));
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "subjectAlternativeNames")]
    pub fn subject_alternative_names(&self) -> &[AlternativeName] {
        self.0.alternative_names()
    }

    /// The beginning of its validity.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use slotwire::SslCertificate;
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// let is_too_early = SystemTime::now() < certificate.effective_date();
    /// assert!(!is_too_early);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "effectiveDate")]
    pub fn effective_date(&self) -> SystemTime {
        time(self.0.not_before)
    }

    /// The end of its validity.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use slotwire::SslCertificate;
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// // Is it time to renew it?
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// let in_a_month = SystemTime::now() + Duration::from_secs(30 * 24 * 60 * 60);
    /// assert!(certificate.expiry_date() > in_a_month);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "expiryDate")]
    pub fn expiry_date(&self) -> SystemTime {
        time(self.0.not_after)
    }

    /// The public key that it certifies.
    ///
    /// ```
    /// use slotwire::{KeyAlgorithm, KeyType, SslCertificate};
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// let key = SslCertificate::from_pem(pem)?.remove(0).public_key();
    /// assert_eq!(key.key_type(), KeyType::Public);
    /// assert_eq!((key.algorithm(), key.length()), (KeyAlgorithm::Ec, 256));
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "publicKey")]
    pub fn public_key(&self) -> SslKey {
        SslKey::of_certificate(&self.0.public_key_info)
    }

    /// Reads it again, for what is seldom asked for.
    fn parsed<R: Default>(&self, read: impl FnOnce(&X509Certificate<'_>) -> R) -> R {
        X509Certificate::from_der(&self.0.der).map(|(_, parsed)| read(&parsed)).unwrap_or_default()
    }
}

impl PartialEq for SslCertificate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.to_der() == other.to_der()
    }
}

impl Eq for SslCertificate {}

impl Hash for SslCertificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.to_der().hash(state);
    }
}

impl fmt::Debug for SslCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SslCertificate")
            .field("subject", &self.subject_display_name())
            .field("issuer", &self.issuer_display_name())
            .field("serial_number", &self.serial_number())
            .finish_non_exhaustive()
    }
}

fn invalid(text: String) -> Error {
    Error::new(ErrorKind::InvalidCertificate, text)
}

/// The first of several values in DER, with its header.
fn first_value(input: &[u8]) -> &[u8] {
    let rest = der::value(input).map_or(0, |(.., rest)| rest.len());
    &input[..input.len() - rest]
}

fn values(name: &X509Name<'_>, info: SubjectInfo) -> Vec<String> {
    let wanted = name.iter_attributes().filter(|value| value.attr_type().to_id_string() == info.oid());
    wanted.filter_map(text).collect()
}

/// The text of a part of a name, of whatever kind of string it is.
fn text(value: &AttributeTypeAndValue<'_>) -> Option<String> {
    let bytes = value.as_slice();
    match value.attr_value().tag() {
        Tag::BmpString => {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            Some(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        // In practice it holds Latin 1.
        Tag::T61String => Some(bytes.iter().copied().map(char::from).collect()),
        _ => value.as_str().ok().map(str::to_owned),
    }
}

fn display_name(info: impl Fn(SubjectInfo) -> Vec<String>) -> String {
    let parts = [SubjectInfo::CommonName, SubjectInfo::Organization, SubjectInfo::OrganizationalUnitName];
    parts.into_iter().find_map(|part| info(part).into_iter().next()).unwrap_or_default()
}

fn time(seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    // Some systems know no time before 1970.
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}
