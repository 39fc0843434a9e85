//! Records of TLS 1.3 without detours: rustls would encrypt each into memory of its own, and copy what it decrypts. It keeps
//! the keys and counts the records; the data goes from the caller's buffers and into them, past it.

#[cfg(feature = "aws-lc-rs")]
use aws_lc_rs::aead;
#[cfg(not(feature = "aws-lc-rs"))]
use ring::aead;

use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, MessageDecrypter, MessageEncrypter, Nonce,
    OutboundOpaqueMessage, OutboundPlainMessage, PrefixedPayload, Tls13AeadAlgorithm,
    UnsupportedOperationError, make_tls13_aad,
};
use rustls::{CipherSuite, ConnectionTrafficSecrets, ContentType, Error, ProtocolVersion};

use super::call::{self, Opened};

/// The length of the stub that rustls gets in place of a record that has been written already: its header, which is thrown away.
pub(super) const STUB: usize = 5;

/// The encryption of a suite, in place.
pub(super) struct InPlace {
    own: &'static dyn Tls13AeadAlgorithm,
    algorithm: &'static aead::Algorithm,
}

impl InPlace {
    pub(super) fn of(suite: CipherSuite, own: &'static dyn Tls13AeadAlgorithm) -> Option<Self> {
        let algorithm = match suite {
            CipherSuite::TLS13_AES_256_GCM_SHA384 => &aead::AES_256_GCM,
            CipherSuite::TLS13_AES_128_GCM_SHA256 => &aead::AES_128_GCM,
            CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => &aead::CHACHA20_POLY1305,
            _ => return None,
        };
        Some(Self { own, algorithm })
    }
}

impl Tls13AeadAlgorithm for InPlace {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        match aead::UnboundKey::new(self.algorithm, key.as_ref()) {
            Ok(own) => Box::new(Encrypter { key: aead::LessSafeKey::new(own), iv }),
            // The key does not have the length that the suite says.
            Err(_) => self.own.encrypter(key, iv),
        }
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        Box::new(Decrypter { own: self.own.decrypter(key, iv), is_in_place: true })
    }

    fn key_len(&self) -> usize {
        self.own.key_len()
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: Iv,
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.own.extract_keys(key, iv)
    }
}

struct Encrypter {
    key: aead::LessSafeKey,
    iv: Iv,
}

impl Encrypter {
    /// Appends the record (RFC 8446 §5.2): message and kind, encrypted, and the tag. Its header is what is authenticated with
    /// it.
    fn seal(
        &self,
        message: &OutboundPlainMessage<'_>,
        sequence: u64,
        output: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let header = make_tls13_aad(message.payload.len() + 1 + self.key.algorithm().tag_len());
        output.extend_from_slice(&header);
        let begin = output.len();
        message.payload.copy_to_vec(output);
        output.push(message.typ.into());
        // rustls counts on, and gives no number twice.
        let nonce = aead::Nonce::assume_unique_for_key(Nonce::new(&self.iv, sequence).0);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, aead::Aad::from(header), &mut output[begin..])
            .map_err(|_| Error::EncryptError)?;
        output.extend_from_slice(tag.as_ref());
        Ok(())
    }
}

impl MessageEncrypter for Encrypter {
    fn encrypt(
        &mut self,
        message: OutboundPlainMessage<'_>,
        sequence: u64,
    ) -> Result<OutboundOpaqueMessage, Error> {
        call::note_sent(&message);
        let is_data = message.typ == ContentType::ApplicationData;
        let seal = |output: &mut Vec<u8>| self.seal(&message, sequence, output);
        let payload = match is_data.then(|| call::with_lent_output(seal)).flatten() {
            Some(sealed) => {
                sealed?;
                PrefixedPayload::with_capacity(0)
            }
            None => {
                let mut record = Vec::new();
                self.seal(&message, sequence, &mut record)?;
                PrefixedPayload::from(&record[STUB..])
            }
        };
        Ok(OutboundOpaqueMessage::new(ContentType::ApplicationData, ProtocolVersion::TLSv1_2, payload))
    }

    /// Asked for data only, of which nothing is left but the stub.
    fn encrypted_payload_len(&self, _: usize) -> usize {
        0
    }
}

/// Reports what arrives; and leaves data where it is, if the cipher opens it in place.
pub(super) struct Decrypter {
    pub(super) own: Box<dyn MessageDecrypter>,
    pub(super) is_in_place: bool,
}

impl MessageDecrypter for Decrypter {
    fn decrypt<'a>(
        &mut self,
        message: InboundOpaqueMessage<'a>,
        sequence: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let encrypted = message.payload.len();
        let mut message = self.own.decrypt(message, sequence)?;
        call::note_received(&message);
        let plain = message.payload.len();
        if self.is_in_place
            && message.typ == ContentType::ApplicationData
            && plain > 0
            && call::leaves_data(Opened { encrypted, plain })
        {
            // An empty one would count as a nuisance.
            message.payload = &message.payload[..1];
        }
        Ok(message)
    }
}
