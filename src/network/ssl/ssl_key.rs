use std::fmt;
use std::path::Path;

use super::{der, pem};
use crate::{Error, ErrorKind};

/// The algorithm that a key is for.
///
/// ```
/// use slotwire::{KeyAlgorithm, SslConfiguration};
/// let roots = SslConfiguration::system_ca_certificates().iter();
/// let with_rsa = roots.filter(|root| root.public_key().algorithm() == KeyAlgorithm::Rsa);
/// println!("{} roots have an RSA key", with_rsa.count());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// RSA.
    Rsa,
    /// ECDSA, over an elliptic curve; that of a private key is P-256, P-384 or P-521.
    Ec,
    /// Ed25519.
    Ed25519,
    /// Any other, which a certificate can have, but no private key of this crate's.
    Opaque,
}

/// The type of a key: private or public.
///
/// ```
/// use slotwire::{KeyType, SslConfiguration};
/// for root in SslConfiguration::system_ca_certificates() {
///     assert_eq!(root.public_key().key_type(), KeyType::Public);
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyType {
    /// The secret half: its owner can prove to be the subject of the certificate.
    #[doc(alias = "PrivateKey")]
    Private,
    /// The half that is in the certificate.
    #[doc(alias = "PublicKey")]
    Public,
}

/// A private key, or the public key of a certificate.
///
/// Private keys are read in all the usual forms: PKCS #8 (`PRIVATE KEY`), PKCS #1 (`RSA PRIVATE KEY`) and SEC 1
/// (`EC PRIVATE KEY`), in PEM or DER. The algorithm is read from the key: RSA (with rustls, of 2048 bits or more), EC over
/// P-256, P-384 or P-521, or Ed25519. Encrypted keys are refused.
///
/// ```
/// use slotwire::{KeyAlgorithm, SslKey};
///
/// let key = SslKey::from_pem(
///     "-----BEGIN PRIVATE KEY-----
/// MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
/// -----END PRIVATE KEY-----",
/// )?;
/// assert_eq!(key.algorithm(), KeyAlgorithm::Ed25519);
///
/// let error = SslKey::from_pem("-----BEGIN PRIVATE KEY-----").unwrap_err();
/// assert_eq!(error.to_string(), "the PEM text: the private key in it is damaged");
/// # Ok::<(), slotwire::Error>(())
/// ```
#[doc(alias = "QSslKey")]
#[derive(Clone, PartialEq, Eq)]
pub struct SslKey {
    der: Vec<u8>,
    form: Form,
    algorithm: KeyAlgorithm,
    length: u32,
}

/// The encoding of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// RFC 5208
    Pkcs8,
    /// RFC 8017 §A.1.2
    Pkcs1,
    /// RFC 5915
    Sec1,
    /// RFC 5280 §4.1, `SubjectPublicKeyInfo`
    Public,
}

// ---- reading and writing

impl SslKey {
    /// Reads a private key in DER, the binary form.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidKey`] if it is not a private key, is encrypted, or is for an algorithm that is not supported.
    ///
    /// ```
    /// use slotwire::{ErrorKind, KeyAlgorithm, SslKey};
    /// # let der = rcgen::KeyPair::generate().unwrap().serialize_der();
    /// let key = SslKey::from_der(der)?;
    /// assert_eq!(key.algorithm(), KeyAlgorithm::Ec);
    ///
    /// let error = SslKey::from_der("not a key").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidKey);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::read_der(der.as_ref()).map_err(|text| invalid(format!("the DER data: {text}")))
    }

    /// Reads the first private key of a PEM text. Anything else in it, such as certificates, is skipped.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidKey`] if there is no private key, or if it cannot be read, is encrypted, or is for an algorithm that
    /// is not supported; the text says which of these.
    ///
    /// ```
    /// use slotwire::{KeyType, SslKey};
    /// # let pem = rcgen::KeyPair::generate().unwrap().serialize_pem();
    /// let key = SslKey::from_pem(pem)?;
    /// assert_eq!(key.key_type(), KeyType::Private);
    ///
    /// let error = SslKey::from_pem("").unwrap_err();
    /// assert_eq!(error.to_string(), "the PEM text: no private key is in it");
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::read_pem(pem.as_ref()).map_err(|text| invalid(format!("the PEM text: {text}")))
    }

    /// Reads a private key from a file, in PEM or in DER.
    ///
    /// # Errors
    /// [`ErrorKind::System`] if the file cannot be read, [`ErrorKind::InvalidKey`] as in [`from_pem`](Self::from_pem). The
    /// text names the file.
    ///
    /// ```
    /// use slotwire::{ErrorKind, SslConfiguration, SslKey};
    /// # let path = std::env::temp_dir().join(format!("slotwire-key-{}.pem", std::process::id()));
    /// # std::fs::write(&path, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_private_key(SslKey::from_path(&path)?);
    ///
    /// let error = SslKey::from_path("no/such/key.pem").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::System);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let data = pem::read_file(path)?;
        let read = match data.first() {
            Some(&der::SEQUENCE) => Self::read_der(&data),
            _ => Self::read_pem(&data),
        };
        read.map_err(|text| invalid(format!("{}: {text}", path.display())))
    }

    fn read_pem(text: &[u8]) -> Result<Self, String> {
        for block in pem::blocks(text) {
            if block.is_encrypted || block.label == "ENCRYPTED PRIVATE KEY" {
                return Err("the private key in it is encrypted, which is not supported".to_owned());
            }
            let form = match block.label {
                "PRIVATE KEY" => Form::Pkcs8,
                "RSA PRIVATE KEY" => Form::Pkcs1,
                "EC PRIVATE KEY" => Form::Sec1,
                label if label.ends_with("PRIVATE KEY") => {
                    return Err(format!("a key of the kind \"{label}\" is not supported"));
                }
                _ => continue,
            };
            let der = block.der.ok_or("the private key in it is damaged")?;
            return Self::private(&der, form);
        }
        Err("no private key is in it".to_owned())
    }

    fn read_der(der: &[u8]) -> Result<Self, String> {
        let content = der::only(der, der::SEQUENCE).ok_or("it is not a private key")?;
        // PKCS #8 goes on with an algorithm, PKCS #1 with a number, SEC 1 with bytes. Encrypted PKCS #8 begins with one.
        let second = der::expect(content, der::INTEGER).and_then(|(_, rest)| der::value(rest));
        let form = match second {
            Some((der::SEQUENCE, ..)) => Form::Pkcs8,
            Some((der::INTEGER, ..)) => Form::Pkcs1,
            Some((der::OCTET_STRING, ..)) => Form::Sec1,
            _ if der::expect(content, der::SEQUENCE)
                .is_some_and(|(_, rest)| rest.starts_with(&[der::OCTET_STRING])) =>
            {
                return Err("the private key is encrypted, which is not supported".to_owned());
            }
            _ => return Err("it is not a private key".to_owned()),
        };
        Self::private(der, form)
    }

    fn private(der: &[u8], form: Form) -> Result<Self, String> {
        let known = match form {
            Form::Pkcs8 => pkcs8(der),
            Form::Pkcs1 => pkcs1_length(der).map(|length| (KeyAlgorithm::Rsa, length)),
            _ => sec1_length(der, None).map(|length| (KeyAlgorithm::Ec, length)),
        };
        match known {
            Some((KeyAlgorithm::Opaque, _)) => {
                Err("its algorithm is not supported: only RSA, EC (P-256, P-384, P-521) and Ed25519 are"
                    .to_owned())
            }
            Some((algorithm, length)) => Ok(Self { der: der.to_owned(), form, algorithm, length }),
            None => Err("the private key is damaged, or for a curve that is not supported".to_owned()),
        }
    }

    /// The key of a certificate, from its `SubjectPublicKeyInfo`.
    pub(super) fn of_certificate(public_key_info: &[u8]) -> Self {
        let (algorithm, length) = public(public_key_info).unwrap_or((KeyAlgorithm::Opaque, 0));
        Self { der: public_key_info.to_owned(), form: Form::Public, algorithm, length }
    }

    /// The key in DER, in the form in which it was read (a public key as `SubjectPublicKeyInfo`).
    ///
    /// ```
    /// use slotwire::SslKey;
    /// # let pem = rcgen::KeyPair::generate().unwrap().serialize_pem();
    /// let key = SslKey::from_pem(pem)?;
    /// assert_eq!(SslKey::from_der(key.to_der())?, key);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "toDer")]
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// The key in PEM, the text form; a private key is written unencrypted.
    ///
    /// ```
    /// use slotwire::SslCertificate;
    /// # let pem = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap().cert.pem();
    /// // A public key may be shown; a private key belongs in no log.
    /// let certificate = SslCertificate::from_pem(pem)?.remove(0);
    /// println!("{}", certificate.public_key().to_pem());
    /// # assert!(certificate.public_key().to_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "toPem")]
    pub fn to_pem(&self) -> String {
        let label = match self.form {
            Form::Pkcs8 => "PRIVATE KEY",
            Form::Pkcs1 => "RSA PRIVATE KEY",
            Form::Sec1 => "EC PRIVATE KEY",
            Form::Public => "PUBLIC KEY",
        };
        pem::encode(label, &self.der)
    }
}

// ---- what it is

impl SslKey {
    /// The algorithm that it is for.
    ///
    /// ```
    /// use slotwire::{KeyAlgorithm, SslKey};
    /// # let pem = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_pem();
    /// let key = SslKey::from_pem(pem)?;
    /// if key.algorithm() == KeyAlgorithm::Ed25519 {
    ///     println!("many browsers will not connect: they know RSA and EC only");
    /// }
    /// # assert_eq!(key.algorithm(), KeyAlgorithm::Ed25519);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// Its length in bits; 0 if that is not known.
    ///
    /// ```
    /// use slotwire::SslKey;
    /// # let pem = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap().serialize_pem();
    /// let key = SslKey::from_pem(pem)?;
    /// assert_eq!(key.length(), 384);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn length(&self) -> u32 {
        self.length
    }

    /// The type of the key: private or public.
    ///
    /// ```
    /// use slotwire::{KeyType, SslCertificate, SslKey};
    /// # let made = rcgen::generate_simple_self_signed(["demo.example".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let pem = made.signing_key.serialize_pem();
    /// assert_eq!(certificate.public_key().key_type(), KeyType::Public);
    /// assert_eq!(SslKey::from_pem(pem)?.key_type(), KeyType::Private);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "type")]
    pub fn key_type(&self) -> KeyType {
        if self.form == Form::Public { KeyType::Public } else { KeyType::Private }
    }
}

impl fmt::Debug for SslKey {
    /// Shows the type and length, not the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SslKey({:?}, {:?}, {} bits)", self.key_type(), self.algorithm, self.length)
    }
}

fn invalid(text: String) -> Error {
    Error::new(ErrorKind::InvalidKey, text)
}

// ---- looking into the forms

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

fn pkcs8(der: &[u8]) -> Option<(KeyAlgorithm, u32)> {
    let (_version, rest) = der::expect(der::only(der, der::SEQUENCE)?, der::INTEGER)?;
    let (algorithm, rest) = der::expect(rest, der::SEQUENCE)?;
    let (key, _attributes) = der::expect(rest, der::OCTET_STRING)?;
    let (oid, parameters) = der::expect(algorithm, der::OBJECT_IDENTIFIER)?;
    Some(match oid {
        RSA => (KeyAlgorithm::Rsa, pkcs1_length(key)?),
        EC => (KeyAlgorithm::Ec, sec1_length(key, Some(parameters))?),
        ED25519 => (KeyAlgorithm::Ed25519, 256),
        _ => (KeyAlgorithm::Opaque, 0),
    })
}

fn pkcs1_length(der: &[u8]) -> Option<u32> {
    let (_version, rest) = der::expect(der::only(der, der::SEQUENCE)?, der::INTEGER)?;
    bits(der::expect(rest, der::INTEGER)?.0)
}

/// The curve stands in the key, or in what the key is wrapped in.
fn sec1_length(der: &[u8], outer: Option<&[u8]>) -> Option<u32> {
    let (_version, rest) = der::expect(der::only(der, der::SEQUENCE)?, der::INTEGER)?;
    let (_key, rest) = der::expect(rest, der::OCTET_STRING)?;
    curve_length(outer.or_else(|| der::expect(rest, der::CONTEXT_0).map(|(inner, _)| inner))?)
}

fn curve_length(parameters: &[u8]) -> Option<u32> {
    match der::expect(parameters, der::OBJECT_IDENTIFIER)?.0 {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7] => Some(256),
        [0x2b, 0x81, 4, 0, 34] => Some(384),
        [0x2b, 0x81, 4, 0, 35] => Some(521),
        _ => None,
    }
}

fn public(info: &[u8]) -> Option<(KeyAlgorithm, u32)> {
    const BIT_STRING: u8 = 0x03;
    let (algorithm, rest) = der::expect(der::only(info, der::SEQUENCE)?, der::SEQUENCE)?;
    let (oid, parameters) = der::expect(algorithm, der::OBJECT_IDENTIFIER)?;
    // Its first byte counts bits that are not used.
    let (_unused, key) = der::only(rest, BIT_STRING)?.split_first()?;
    Some(match oid {
        RSA => (KeyAlgorithm::Rsa, bits(der::expect(der::only(key, der::SEQUENCE)?, der::INTEGER)?.0)?),
        EC => (KeyAlgorithm::Ec, curve_length(parameters).unwrap_or(0)),
        ED25519 => (KeyAlgorithm::Ed25519, 256),
        _ => (KeyAlgorithm::Opaque, 0),
    })
}

/// The number of bits of a number that is not negative.
fn bits(number: &[u8]) -> Option<u32> {
    let leading = number.iter().position(|byte| *byte != 0)?;
    let number = &number[leading..];
    u32::try_from(number.len()).ok()?.checked_mul(8)?.checked_sub(number.first()?.leading_zeros())
}
