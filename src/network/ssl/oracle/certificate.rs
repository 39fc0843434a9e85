//! Certificates, put together part by part: whatever is wrong with one has been put in on purpose.

use super::der;
use super::extension::{self, Extension};
use super::key::{Algorithm, Key};
use super::name;

/// The description of a certificate. It becomes one by [`by`](Self::by) or [`self_signed`](Self::self_signed).
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    subject: Vec<u8>,
    key: Key,
    extensions: Vec<Extension>,
    version: Option<i64>,
    serial: Vec<u8>,
    not_before: Vec<u8>,
    not_after: Vec<u8>,
    issuer: Option<Vec<u8>>,
    /// The algorithm by which it is signed, and its identifiers outside and inside.
    algorithm: Option<Algorithm>,
    outer: Option<Vec<u8>>,
    inner: Option<Vec<u8>>,
    names_issuer_key: bool,
    is_tampered: bool,
    /// Goes over what is signed before it is signed, and over all of it afterwards.
    damage_inside: Damage,
    damage_outside: Damage,
}

/// Makes something else of bytes.
pub(super) type Damage = fn(Vec<u8>) -> Vec<u8>;

/// A certificate.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub(super) der: Vec<u8>,
    /// The part that is the same in every run: not all signatures are.
    pub(super) to_be_signed: Vec<u8>,
    pub(super) key: Key,
    subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
}

pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;

/// An authority: a root, or one that was made such by another.
pub(super) fn ca(common_name: &str) -> Recipe {
    Recipe::new(common_name)
        .with(extension::authority(None))
        .with(extension::key_usage(&[extension::CERT_SIGN, extension::CRL_SIGN]))
}

/// A server or a client with that name, and no more.
pub(super) fn bare(common_name: &str) -> Recipe {
    Recipe::new(common_name)
}

/// A server of that host, or a client of that name.
pub(super) fn leaf(host: &str) -> Recipe {
    Recipe::new("leaf").with(extension::names([name::dns(host)]))
}

impl Recipe {
    fn new(common_name: &str) -> Self {
        let key = Key::of(common_name);
        Self {
            subject: name::cn(common_name),
            extensions: vec![extension::key_id(&key.id())],
            key,
            version: Some(2),
            serial: der::integer(1000),
            not_before: der::value(UTC_TIME, "200101000000Z"),
            not_after: der::value(UTC_TIME, "491231235959Z"),
            issuer: None,
            algorithm: None,
            outer: None,
            inner: None,
            names_issuer_key: true,
            is_tampered: false,
            damage_inside: |bytes| bytes,
            damage_outside: |bytes| bytes,
        }
    }

    pub(super) fn subject(self, subject: Vec<u8>) -> Self {
        Self { subject, ..self }
    }

    /// Another key, and its identifier if there was one.
    pub(super) fn key(mut self, key: Key) -> Self {
        for known in self.extensions.iter_mut().filter(|known| known.id == extension::KEY_ID) {
            *known = extension::key_id(&key.id());
        }
        Self { key, ..self }
    }

    /// Adds that extension, in place of one of the same kind.
    pub(super) fn with(mut self, extension: Extension) -> Self {
        match self.extensions.iter_mut().find(|known| known.id == extension.id) {
            Some(known) => *known = extension,
            None => self.extensions.push(extension),
        }
        self
    }

    /// Adds that extension even if there is one of the kind.
    pub(super) fn twice(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    pub(super) fn without(mut self, id: &str) -> Self {
        self.extensions.retain(|known| known.id != id);
        self.names_issuer_key &= id != extension::AUTHORITY_KEY_ID;
        self
    }

    /// Makes it X.509 v1: without extensions.
    pub(super) fn v1(self) -> Self {
        Self { version: None, extensions: Vec::new(), names_issuer_key: false, ..self }
    }

    /// Writes that version: 0 is v1.
    pub(super) fn version(self, number: i64) -> Self {
        Self { version: Some(number), ..self }
    }

    pub(super) fn serial(self, number: i64) -> Self {
        Self { serial: der::integer(number), ..self }
    }

    pub(super) fn raw_serial(self, bytes: &[u8]) -> Self {
        Self { serial: der::value(der::INTEGER, bytes), ..self }
    }

    /// The times as they are written: in 13 characters, or in 15 where the year has four digits.
    pub(super) fn valid(self, from: &str, to: &str) -> Self {
        let time = |text: &str| der::value(if text.len() > 13 { GENERALIZED_TIME } else { UTC_TIME }, text);
        Self { not_before: time(from), not_after: time(to), ..self }
    }

    pub(super) fn raw_times(self, not_before: Vec<u8>, not_after: Vec<u8>) -> Self {
        Self { not_before, not_after, ..self }
    }

    pub(super) fn expired(self) -> Self {
        self.valid("200101000000Z", "210101000000Z")
    }

    pub(super) fn not_yet_valid(self) -> Self {
        self.valid("480101000000Z", "491231235959Z")
    }

    /// The issuer's name is written so.
    pub(super) fn issuer(self, name: Vec<u8>) -> Self {
        Self { issuer: Some(name), ..self }
    }

    pub(super) fn signed_as(self, algorithm: Algorithm) -> Self {
        Self { algorithm: Some(algorithm), ..self }
    }

    /// Sets the identifier of the signature's algorithm outside of the signed part.
    pub(super) fn outer_algorithm(self, identifier: Vec<u8>) -> Self {
        Self { outer: Some(identifier), ..self }
    }

    /// Sets the identifier of the signature's algorithm inside the signed part.
    pub(super) fn inner_algorithm(self, identifier: Vec<u8>) -> Self {
        Self { inner: Some(identifier), ..self }
    }

    /// Its signature is wrong.
    pub(super) fn tampered(self) -> Self {
        Self { is_tampered: true, ..self }
    }

    pub(super) fn damaged_inside(self, damage: Damage) -> Self {
        Self { damage_inside: damage, ..self }
    }

    pub(super) fn damaged_outside(self, damage: Damage) -> Self {
        Self { damage_outside: damage, ..self }
    }

    pub(super) fn by(self, issuer: &Certificate) -> Certificate {
        let id = issuer.key_id.clone();
        self.sign(issuer.subject.clone(), &issuer.key, id.as_deref())
    }

    pub(super) fn self_signed(self) -> Certificate {
        let (subject, key) = (self.subject.clone(), self.key.clone());
        self.sign(subject, &key, None)
    }

    fn sign(mut self, issuer: Vec<u8>, key: &Key, issuer_id: Option<&[u8]>) -> Certificate {
        let names_issuer_key = self.names_issuer_key && !self.has(extension::AUTHORITY_KEY_ID);
        if let Some(id) = issuer_id.filter(|_| names_issuer_key) {
            self.extensions.push(extension::authority_key_id(id));
        }
        let key_id = self.has(extension::KEY_ID).then(|| self.key.id());
        let algorithm = self.algorithm.unwrap_or_else(|| key.algorithm());
        let to_be_signed = (self.damage_inside)(self.to_be_signed(issuer, algorithm));
        let mut signature = key.sign(algorithm, &to_be_signed);
        if self.is_tampered {
            *signature.last_mut().expect("a signature") ^= 1;
        }
        let outer = self.outer.clone().unwrap_or_else(|| algorithm.identifier());
        let der = der::sequence([&to_be_signed, &outer, &der::bits(&signature)]);
        let der = (self.damage_outside)(der);
        Certificate { der, to_be_signed, key: self.key, subject: self.subject, key_id }
    }

    fn has(&self, id: &str) -> bool {
        self.extensions.iter().any(|known| known.id == id)
    }

    fn to_be_signed(&self, issuer: Vec<u8>, algorithm: Algorithm) -> Vec<u8> {
        let mut parts = Vec::new();
        parts.extend(self.version.map(|version| der::tagged(0, &der::integer(version))));
        parts.push(self.serial.clone());
        parts.push(self.inner.clone().unwrap_or_else(|| algorithm.identifier()));
        parts.push(self.issuer.clone().unwrap_or(issuer));
        parts.push(der::sequence([&self.not_before, &self.not_after]));
        parts.push(self.subject.clone());
        parts.push(self.key.public().to_vec());
        if !self.extensions.is_empty() {
            let extensions = der::sequence(self.extensions.iter().map(Extension::encode));
            parts.push(der::tagged(3, &extensions));
        }
        der::sequence(parts)
    }
}
