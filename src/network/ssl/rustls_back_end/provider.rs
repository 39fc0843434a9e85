//! The cryptography: that of aws-lc-rs, or of ring where only that is built in.

use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use rustls::server::ProducesTickets;
use rustls::{CipherSuite, SupportedCipherSuite};

#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs as cryptography;
#[cfg(not(feature = "aws-lc-rs"))]
use rustls::crypto::ring as cryptography;

use super::alert_tap;
use crate::network::ssl::ssl_cipher::SslCipher;

/// The provider with these ciphers, the first preferred; with all if none is named.
pub(super) fn with_ciphers(ciphers: &[SslCipher]) -> Arc<CryptoProvider> {
    static ALL: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let mut provider = unwatched();
        provider.cipher_suites = provider.cipher_suites.into_iter().map(alert_tap::watched).collect();
        Arc::new(provider)
    });
    if ciphers.is_empty() {
        return all.clone();
    }
    let find = |cipher: &SslCipher| {
        all.cipher_suites.iter().find(|suite| openssl_name(suite.suite()) == Some(cipher.name())).copied()
    };
    let cipher_suites = ciphers.iter().filter_map(find).collect();
    Arc::new(CryptoProvider { cipher_suites, ..CryptoProvider::clone(all) })
}

/// The provider of the cryptography, unchanged.
pub(super) fn unwatched() -> CryptoProvider {
    cryptography::default_provider()
}

/// The encryption of a server's tickets, with keys that only it knows, and changes every six hours.
pub(super) fn ticketer() -> Result<Arc<dyn ProducesTickets>, rustls::Error> {
    cryptography::Ticketer::new()
}

/// The cipher as Qt names it.
pub(super) fn cipher(suite: SupportedCipherSuite) -> Option<SslCipher> {
    let name = openssl_name(suite.suite())?;
    SslCipher::usual().into_iter().find(|cipher| cipher.name() == name)
}

fn openssl_name(suite: CipherSuite) -> Option<&'static str> {
    Some(match suite {
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => "ECDHE-ECDSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-ECDSA-CHACHA20-POLY1305",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => "ECDHE-RSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => "ECDHE-RSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-RSA-CHACHA20-POLY1305",
        _ => return None,
    })
}
