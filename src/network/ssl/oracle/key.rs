//! Keys that are the same in every run: those of Ed25519 follow from their owner's name, the others lie in `key/`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::SigningKey;
use sha2::{Digest, Sha256};

use super::der;

#[derive(Clone, Debug)]
pub(super) struct Key(Arc<Pair>);

#[derive(Debug)]
struct Pair {
    /// PKCS #8
    private: Vec<u8>,
    /// `SubjectPublicKeyInfo`
    public: Vec<u8>,
    signer: Option<Arc<dyn SigningKey>>,
}

static KEYS: LazyLock<Mutex<HashMap<String, Key>>> = LazyLock::new(Mutex::default);

impl Key {
    /// The Ed25519 key of that owner.
    pub(super) fn of(owner: &str) -> Self {
        Self::once(owner, || {
            let seed = der::value(der::OCTET_STRING, Sha256::digest(owner));
            let algorithm = der::sequence([der::oid("1.3.101.112")]);
            der::sequence([der::integer(0), algorithm, der::value(der::OCTET_STRING, seed)])
        })
    }

    pub(super) fn p256() -> Self {
        Self::of_file("p256", include_str!("key/p256.pem"))
    }

    pub(super) fn p384() -> Self {
        Self::of_file("p384", include_str!("key/p384.pem"))
    }

    pub(super) fn p521() -> Self {
        Self::of_file("p521", include_str!("key/p521.pem"))
    }

    pub(super) fn rsa() -> Self {
        Self::of_file("rsa", include_str!("key/rsa.pem"))
    }

    /// The key of [`rsa`](Self::rsa), for RSA-PSS alone (RFC 4055 §1.2).
    pub(super) fn rsa_pss() -> Self {
        let Pair { private, public, signer } = &*Self::rsa().0;
        let (_, key) = crate::network::ssl::der::expect(&public[4..], der::SEQUENCE).expect("an algorithm");
        let public = der::sequence([&der::sequence([der::oid("1.2.840.113549.1.1.10")])[..], key]);
        Self(Arc::new(Pair { private: private.clone(), public, signer: signer.clone() }))
    }

    /// One with that public part, which nobody can sign by.
    pub(super) fn public_only(public: Vec<u8>) -> Self {
        Self(Arc::new(Pair { private: Vec::new(), public, signer: None }))
    }

    fn of_file(name: &str, pem: &str) -> Self {
        Self::once(name, || {
            PrivateKeyDer::from_pem_slice(pem.as_bytes()).expect("a key").secret_der().to_vec()
        })
    }

    fn once(name: &str, private: impl FnOnce() -> Vec<u8>) -> Self {
        let mut keys = KEYS.lock().expect("no panic before");
        keys.entry(name.to_owned()).or_insert_with(|| Self::from_pkcs8(private())).clone()
    }

    fn from_pkcs8(private: Vec<u8>) -> Self {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(private.clone()));
        let signer = any_supported_type(&key).expect("a key that can sign");
        let public = signer.public_key().expect("a public key").to_vec();
        Self(Arc::new(Pair { private, public, signer: Some(signer) }))
    }

    pub(super) fn private(&self) -> &[u8] {
        &self.0.private
    }

    pub(super) fn public(&self) -> &[u8] {
        &self.0.public
    }

    /// The identifier by which certificates name it (RFC 5280 §4.2.1.2).
    pub(super) fn id(&self) -> Vec<u8> {
        Sha256::digest(&self.0.public)[..20].to_vec()
    }

    /// The signature over that message.
    pub(super) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let Some(signer) = &self.0.signer else { return vec![0; 64] };
        let signer = signer.choose_scheme(&[algorithm.scheme()]).expect("an algorithm of this key");
        signer.sign(message).expect("a signature")
    }

    /// The algorithm by which it signs unless another one is given.
    pub(super) fn algorithm(&self) -> Algorithm {
        let schemes = [Algorithm::Ed25519, Algorithm::EcdsaSha256, Algorithm::EcdsaSha384];
        let schemes = schemes.into_iter().chain([Algorithm::EcdsaSha512, Algorithm::RsaSha256]);
        let Some(signer) = &self.0.signer else { return Algorithm::Ed25519 };
        let fits = |algorithm: &Algorithm| signer.choose_scheme(&[algorithm.scheme()]).is_some();
        schemes.into_iter().find(fits).expect("an algorithm")
    }
}

/// The algorithm by which a certificate is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Ed25519,
    EcdsaSha256,
    EcdsaSha384,
    EcdsaSha512,
    RsaSha256,
    RsaSha384,
    RsaSha512,
    PssSha256,
    PssSha384,
    PssSha512,
}

impl Algorithm {
    fn scheme(self) -> SignatureScheme {
        match self {
            Self::Ed25519 => SignatureScheme::ED25519,
            Self::EcdsaSha256 => SignatureScheme::ECDSA_NISTP256_SHA256,
            Self::EcdsaSha384 => SignatureScheme::ECDSA_NISTP384_SHA384,
            Self::EcdsaSha512 => SignatureScheme::ECDSA_NISTP521_SHA512,
            Self::RsaSha256 => SignatureScheme::RSA_PKCS1_SHA256,
            Self::RsaSha384 => SignatureScheme::RSA_PKCS1_SHA384,
            Self::RsaSha512 => SignatureScheme::RSA_PKCS1_SHA512,
            Self::PssSha256 => SignatureScheme::RSA_PSS_SHA256,
            Self::PssSha384 => SignatureScheme::RSA_PSS_SHA384,
            Self::PssSha512 => SignatureScheme::RSA_PSS_SHA512,
        }
    }

    /// `AlgorithmIdentifier` (RFC 5280 §4.1.1.2)
    pub(super) fn identifier(self) -> Vec<u8> {
        let rsa = |last| {
            der::sequence([der::oid(&format!("1.2.840.113549.1.1.{last}")), der::value(der::NULL, [])])
        };
        match self {
            Self::Ed25519 => der::sequence([der::oid("1.3.101.112")]),
            Self::EcdsaSha256 => der::sequence([der::oid("1.2.840.10045.4.3.2")]),
            Self::EcdsaSha384 => der::sequence([der::oid("1.2.840.10045.4.3.3")]),
            Self::EcdsaSha512 => der::sequence([der::oid("1.2.840.10045.4.3.4")]),
            Self::RsaSha256 => rsa(11),
            Self::RsaSha384 => rsa(12),
            Self::RsaSha512 => rsa(13),
            Self::PssSha256 => pss(1, 32),
            Self::PssSha384 => pss(2, 48),
            Self::PssSha512 => pss(3, 64),
        }
    }
}

/// RFC 4055 §3.1: SHA-2 of that number, in the message and in the mask, and a salt as long.
fn pss(hash: u8, salt: i64) -> Vec<u8> {
    let hash = der::sequence([der::oid(&format!("2.16.840.1.101.3.4.2.{hash}")), der::value(der::NULL, [])]);
    let mask = der::sequence([der::oid("1.2.840.113549.1.1.8"), hash.clone()]);
    let parameters =
        der::sequence([der::tagged(0, &hash), der::tagged(1, &mask), der::tagged(2, &der::integer(salt))]);
    der::sequence([der::oid("1.2.840.113549.1.1.10"), parameters])
}
