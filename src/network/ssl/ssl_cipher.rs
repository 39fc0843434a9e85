use std::fmt;

use super::ssl_protocol::SslProtocol;

/// A cipher suite of TLS, under OpenSSL's name as in Qt.
///
/// The supported ones depend on the TLS library:
/// [`SslConfiguration::supported_ciphers`](crate::SslConfiguration::supported_ciphers).
///
/// ```
/// use slotwire::{SslCipher, SslConfiguration, SslProtocol};
///
/// let cipher = SslCipher::from_name("ECDHE-RSA-AES128-GCM-SHA256").unwrap();
/// assert_eq!(cipher.protocol(), Some(SslProtocol::TlsV1_2));
/// assert_eq!((cipher.key_exchange_method(), cipher.authentication_method()), ("ECDH", "RSA"));
/// assert_eq!((cipher.encryption_method(), cipher.used_bits()), ("AESGCM(128)", 128));
/// assert!(SslCipher::from_name("RC4-MD5").is_none());
///
/// // Only those with keys of 256 bits:
/// let mut configuration = SslConfiguration::new();
/// let ciphers = SslConfiguration::supported_ciphers().into_iter();
/// configuration.set_ciphers(ciphers.filter(|cipher| cipher.used_bits() == 256));
/// ```
#[doc(alias = "QSslCipher")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SslCipher {
    name: String,
    protocol: String,
    key_exchange: String,
    authentication: String,
    encryption: String,
}

/// The ciphers that are not broken, the best first, as OpenSSL describes them.
const USUAL: [&str; 9] = [
    "TLS_AES_256_GCM_SHA384 TLSv1.3 Kx=any Au=any Enc=AESGCM(256) Mac=AEAD",
    "TLS_CHACHA20_POLY1305_SHA256 TLSv1.3 Kx=any Au=any Enc=CHACHA20/POLY1305(256) Mac=AEAD",
    "TLS_AES_128_GCM_SHA256 TLSv1.3 Kx=any Au=any Enc=AESGCM(128) Mac=AEAD",
    "ECDHE-ECDSA-AES256-GCM-SHA384 TLSv1.2 Kx=ECDH Au=ECDSA Enc=AESGCM(256) Mac=AEAD",
    "ECDHE-RSA-AES256-GCM-SHA384 TLSv1.2 Kx=ECDH Au=RSA Enc=AESGCM(256) Mac=AEAD",
    "ECDHE-ECDSA-CHACHA20-POLY1305 TLSv1.2 Kx=ECDH Au=ECDSA Enc=CHACHA20/POLY1305(256) Mac=AEAD",
    "ECDHE-RSA-CHACHA20-POLY1305 TLSv1.2 Kx=ECDH Au=RSA Enc=CHACHA20/POLY1305(256) Mac=AEAD",
    "ECDHE-ECDSA-AES128-GCM-SHA256 TLSv1.2 Kx=ECDH Au=ECDSA Enc=AESGCM(128) Mac=AEAD",
    "ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 Kx=ECDH Au=RSA Enc=AESGCM(128) Mac=AEAD",
];

/// OpenSSL's additional ciphers for pre-shared keys, the ones that others can decrypt later last: without a key for the moment
/// (RFC 4279), or with one and an old encryption.
#[cfg(feature = "openssl")]
const PRE_SHARED_KEY: [&str; 12] = [
    "ECDHE-PSK-CHACHA20-POLY1305 TLSv1.2 Kx=ECDHEPSK Au=PSK Enc=CHACHA20/POLY1305(256) Mac=AEAD",
    "ECDHE-PSK-AES256-CBC-SHA384 TLSv1 Kx=ECDHEPSK Au=PSK Enc=AES(256) Mac=SHA384",
    "ECDHE-PSK-AES128-CBC-SHA256 TLSv1 Kx=ECDHEPSK Au=PSK Enc=AES(128) Mac=SHA256",
    "ECDHE-PSK-AES256-CBC-SHA TLSv1 Kx=ECDHEPSK Au=PSK Enc=AES(256) Mac=SHA1",
    "ECDHE-PSK-AES128-CBC-SHA TLSv1 Kx=ECDHEPSK Au=PSK Enc=AES(128) Mac=SHA1",
    "PSK-AES256-GCM-SHA384 TLSv1.2 Kx=PSK Au=PSK Enc=AESGCM(256) Mac=AEAD",
    "PSK-CHACHA20-POLY1305 TLSv1.2 Kx=PSK Au=PSK Enc=CHACHA20/POLY1305(256) Mac=AEAD",
    "PSK-AES128-GCM-SHA256 TLSv1.2 Kx=PSK Au=PSK Enc=AESGCM(128) Mac=AEAD",
    "PSK-AES256-CBC-SHA384 TLSv1 Kx=PSK Au=PSK Enc=AES(256) Mac=SHA384",
    "PSK-AES128-CBC-SHA256 TLSv1 Kx=PSK Au=PSK Enc=AES(128) Mac=SHA256",
    "PSK-AES256-CBC-SHA SSLv3 Kx=PSK Au=PSK Enc=AES(256) Mac=SHA1",
    "PSK-AES128-CBC-SHA SSLv3 Kx=PSK Au=PSK Enc=AES(128) Mac=SHA1",
];

impl SslCipher {
    /// The ciphers that every library has, the best first.
    pub(super) fn usual() -> Vec<Self> {
        USUAL.iter().filter_map(|line| Self::from_description(line)).collect()
    }

    #[cfg(feature = "openssl")]
    pub(super) fn of_openssl() -> Vec<Self> {
        let mut ciphers = Self::usual();
        ciphers.extend(PRE_SHARED_KEY.iter().filter_map(|line| Self::from_description(line)));
        ciphers
    }

    /// Takes apart how OpenSSL describes a cipher (`SSL_CIPHER_description`).
    pub(crate) fn from_description(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (name, protocol) = (words.next()?, words.next()?);
        let mut value = |key: &str| words.next()?.strip_prefix(key).map(str::to_owned);
        Some(Self {
            name: name.to_owned(),
            protocol: protocol.to_owned(),
            key_exchange: value("Kx=")?,
            authentication: value("Au=")?,
            encryption: value("Enc=")?,
        })
    }

    /// The name, as OpenSSL has it.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// // As `openssl ciphers` lists them:
    /// let ciphers = SslConfiguration::supported_ciphers();
    /// let names: Vec<_> = ciphers.iter().map(|cipher| cipher.name()).collect();
    /// assert!(names.join(":").starts_with("TLS_AES_256_GCM_SHA384:"));
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of TLS that it came with; `None` for those older than TLS 1.2.
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslProtocol};
    /// // Only those of TLS 1.3:
    /// let mut ciphers = SslConfiguration::supported_ciphers();
    /// ciphers.retain(|cipher| cipher.protocol() == Some(SslProtocol::TlsV1_3));
    /// assert!(ciphers.iter().all(|cipher| cipher.name().starts_with("TLS_")));
    /// ```
    pub fn protocol(&self) -> Option<SslProtocol> {
        match self.protocol.as_str() {
            "TLSv1.2" => Some(SslProtocol::TlsV1_2),
            "TLSv1.3" => Some(SslProtocol::TlsV1_3),
            _ => None,
        }
    }

    /// The version of TLS that it came with, as text: `TLSv1.3`.
    ///
    /// ```
    /// use slotwire::SslCipher;
    /// let cipher = SslCipher::from_name("ECDHE-ECDSA-AES256-GCM-SHA384").unwrap();
    /// assert_eq!(cipher.protocol_string(), "TLSv1.2");
    /// ```
    #[doc(alias = "protocolString")]
    pub fn protocol_string(&self) -> &str {
        &self.protocol
    }

    /// The method by which the two sides agree on a key: `ECDH`, for example; `any` in TLS 1.3, where the cipher does not
    /// determine it.
    ///
    /// ```
    /// use slotwire::SslCipher;
    /// let of_1_2 = SslCipher::from_name("ECDHE-ECDSA-AES256-GCM-SHA384").unwrap();
    /// let of_1_3 = SslCipher::from_name("TLS_AES_256_GCM_SHA384").unwrap();
    /// assert_eq!((of_1_2.key_exchange_method(), of_1_3.key_exchange_method()), ("ECDH", "any"));
    /// ```
    #[doc(alias = "keyExchangeMethod")]
    pub fn key_exchange_method(&self) -> &str {
        &self.key_exchange
    }

    /// The method by which the server authenticates: `RSA` or `ECDSA`, for example; `any` in TLS 1.3.
    ///
    /// ```
    /// use slotwire::{SslConfiguration, SslProtocol};
    /// // Those that a server with an EC key can use:
    /// let mut ciphers = SslConfiguration::supported_ciphers();
    /// ciphers.retain(|cipher| matches!(cipher.authentication_method(), "ECDSA" | "any"));
    /// assert!(ciphers.iter().any(|cipher| cipher.protocol() == Some(SslProtocol::TlsV1_2)));
    /// ```
    #[doc(alias = "authenticationMethod")]
    pub fn authentication_method(&self) -> &str {
        &self.authentication
    }

    /// The encryption, with the bits of its key: `AESGCM(256)`, for example.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// // ChaCha20 first, for a machine without AES in hardware:
    /// let mut ciphers = SslConfiguration::supported_ciphers();
    /// ciphers.sort_by_key(|cipher| !cipher.encryption_method().starts_with("CHACHA20"));
    /// assert_eq!(ciphers[0].encryption_method(), "CHACHA20/POLY1305(256)");
    /// ```
    #[doc(alias = "encryptionMethod")]
    pub fn encryption_method(&self) -> &str {
        &self.encryption
    }

    /// The number of bits of the key that are used.
    ///
    /// ```
    /// use slotwire::SslConfiguration;
    /// let mut strong = SslConfiguration::supported_ciphers();
    /// strong.retain(|cipher| cipher.used_bits() >= 256);
    /// assert!(strong.iter().any(|cipher| cipher.name() == "TLS_CHACHA20_POLY1305_SHA256"));
    /// ```
    #[doc(alias = "usedBits")]
    pub fn used_bits(&self) -> u32 {
        let bits = self.encryption.split_once('(').and_then(|(_, bits)| bits.strip_suffix(')'));
        bits.and_then(|bits| bits.parse().ok()).unwrap_or(0)
    }

    /// The number of bits that the key may have: always [`used_bits`](Self::used_bits).
    ///
    /// ```
    /// use slotwire::SslCipher;
    /// let cipher = SslCipher::from_name("TLS_AES_128_GCM_SHA256").unwrap();
    /// assert_eq!(cipher.supported_bits(), cipher.used_bits());
    /// ```
    #[doc(alias = "supportedBits")]
    pub fn supported_bits(&self) -> u32 {
        self.used_bits()
    }
}

impl fmt::Debug for SslCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SslCipher({}, {})", self.name, self.protocol)
    }
}
