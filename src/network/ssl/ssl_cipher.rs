use super::SslProtocol;

/// A cipher suite, under OpenSSL's name as in Qt.
#[doc(alias = "QSslCipher")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SslCipher {
    name: &'static str,
    protocol: SslProtocol,
}

impl SslCipher {
    /// Its name.
    #[doc(alias = "QSslCipher::name")]
    pub fn name(&self) -> &str {
        self.name
    }

    /// The version of TLS it belongs to.
    #[doc(alias = "QSslCipher::protocol")]
    pub fn protocol(&self) -> SslProtocol {
        self.protocol
    }
}
