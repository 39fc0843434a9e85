//! The translation of settings for rustls: made at their first use, and kept with them.

use std::sync::{Arc, OnceLock};

use rustls::client::{Resumption, Tls12Resumption};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ServerConfig, SupportedProtocolVersion};

use super::sessions::{self, Sessions, Tickets};
use super::verifier::Verifier;
use super::{call, provider};
use crate::network::ssl::phase::{invalid_user_data, unusable_context};
use crate::network::ssl::session::TlsFailure;
use crate::network::ssl::settings::{PeerVerifyMode, Settings, SslOption};
use crate::network::ssl::ssl_key::KeyAlgorithm;
use crate::network::ssl::webpki::ChainVerifier;

/// The number of tickets that a client of TLS 1.3 is given, as by OpenSSL: each is good for one connection.
const TICKETS: usize = 2;

/// The least length of an RSA key, for the cryptography.
const MIN_RSA_LENGTH: u32 = 2048;

#[derive(Default)]
struct Prepared {
    client: OnceLock<Result<Setup<ClientConfig>, TlsFailure>>,
    server: OnceLock<Result<Setup<ServerConfig>, TlsFailure>>,
}

/// The common beginning of all connections of one side.
#[derive(Clone)]
pub(super) struct Setup<Config> {
    pub(super) config: Arc<Config>,
    /// The one of the config, which does not lend it.
    pub(super) verifier: Arc<Verifier>,
}

pub(super) fn client(settings: &Settings) -> Result<Setup<ClientConfig>, TlsFailure> {
    settings
        .with_prepared(|prepared: &Prepared| prepared.client.get_or_init(|| make_client(settings)).clone())
}

pub(super) fn server(settings: &Settings) -> Result<Setup<ServerConfig>, TlsFailure> {
    settings
        .with_prepared(|prepared: &Prepared| prepared.server.get_or_init(|| make_server(settings)).clone())
}

fn make_client(settings: &Settings) -> Result<Setup<ClientConfig>, TlsFailure> {
    client_with(settings, provider::with_ciphers(&settings.ciphers))
}

pub(super) fn client_with(
    settings: &Settings,
    provider: Arc<CryptoProvider>,
) -> Result<Setup<ClientConfig>, TlsFailure> {
    let verifier = verifier(settings, &provider);
    let key = certified_key(settings, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions(settings))
        .map_err(unusable)?
        .dangerous()
        .with_custom_certificate_verifier(verifier.clone());
    let mut config = match key {
        Some(key) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = settings.allowed_next_protocols.clone();
    config.enable_sni = !settings.has_option(SslOption::DisableServerNameIndication);
    config.resumption = Resumption::store(Arc::new(Sessions::new(settings))).tls12_resumption(
        if sessions::have_tickets(settings) {
            Tls12Resumption::SessionIdOrTickets
        } else if sessions::are_resumed(settings) {
            Tls12Resumption::SessionIdOnly
        } else {
            Tls12Resumption::Disabled
        },
    );
    Ok(Setup { config: Arc::new(config), verifier })
}

fn make_server(settings: &Settings) -> Result<Setup<ServerConfig>, TlsFailure> {
    let provider = provider::with_ciphers(&settings.ciphers);
    let verifier = verifier(settings, &provider);
    let resolver: Arc<dyn ResolvesServerCert> = match certified_key(settings, &provider)? {
        Some(key) => Arc::new(SingleCertAndKey::from(key)),
        None => Arc::new(NoCertificate),
    };
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions(settings))
        .map_err(unusable)?;
    // `QSslSocket::AutoVerifyPeer` is `QueryPeer` on a server.
    let builder = if settings.peer_verify_mode != PeerVerifyMode::None {
        builder.with_client_cert_verifier(verifier.clone())
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_cert_resolver(resolver);
    config.alpn_protocols = settings.allowed_next_protocols.clone();
    config.ignore_client_order = !settings.has_option(SslOption::DisableServerCipherPreference);
    // The client keeps its session itself, in a ticket: a server's memory does not grow with its clients.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    if sessions::have_tickets(settings) {
        config.ticketer = Arc::new(Tickets(provider::ticketer().map_err(unusable)?));
        config.send_tls13_tickets = TICKETS;
    } else {
        config.send_tls13_tickets = 0;
    }
    Ok(Setup { config: Arc::new(config), verifier })
}

fn verifier(settings: &Settings, provider: &Arc<CryptoProvider>) -> Arc<Verifier> {
    let verifies = settings.peer_verify_mode != PeerVerifyMode::None;
    Arc::new(Verifier {
        algorithms: provider.signature_verification_algorithms,
        chains: verifies.then(|| ChainVerifier::new(settings, provider)),
        interrupts: settings.handshake_must_interrupt_on_error,
        requires_certificate: settings.missing_certificate_is_fatal,
    })
}

fn versions(settings: &Settings) -> &'static [&'static SupportedProtocolVersion] {
    static BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
    match (settings.protocol.has_tls_1_3(), settings.protocol.has_tls_1_2()) {
        (true, true) => &BOTH,
        (true, false) => &BOTH[..1],
        (false, _) => &BOTH[1..],
    }
}

fn certified_key(settings: &Settings, provider: &CryptoProvider) -> Result<Option<CertifiedKey>, TlsFailure> {
    let [first, ..] = &settings.local_certificate_chain[..] else { return Ok(None) };
    let Some(key) = &settings.private_key else {
        return Err(invalid_user_data("Cannot provide a certificate with no key"));
    };
    let load = |der: &[u8]| {
        let der = PrivateKeyDer::try_from(der.to_vec()).map_err(str::to_owned)?;
        provider.key_provider.load_private_key(der).map_err(|error| error.to_string())
    };
    let key = load(key.to_der()).map_err(|error| {
        let reason = match key.algorithm() {
            KeyAlgorithm::Rsa if key.length() < MIN_RSA_LENGTH => {
                format!("RSA of {} bits is too short: it takes {MIN_RSA_LENGTH}", key.length())
            }
            _ => error,
        };
        invalid_user_data(format!("Error loading private key, {reason}"))
    })?;
    if key.public_key().is_some_and(|key| key.as_ref() != first.x509().public_key_info) {
        return Err(invalid_user_data("Private key does not certify public key, key values mismatch"));
    }
    let chain = settings.local_certificate_chain.iter();
    let chain = chain.map(|certificate| CertificateDer::from(certificate.to_der().to_vec())).collect();
    // Not `from_der`, which refuses certificates of X.509 v1.
    Ok(Some(CertifiedKey::new(chain, key)))
}

fn unusable(error: rustls::Error) -> TlsFailure {
    match error {
        rustls::Error::General(text) => unusable_context(&text),
        error => unusable_context(&error.to_string()),
    }
}

/// A server without a certificate can be made; no client gets in.
#[derive(Debug)]
struct NoCertificate;

impl ResolvesServerCert for NoCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        call::with_current(|call| {
            if let Some(handshake) = &mut call.handshake {
                handshake.lacks_certificate = true;
            }
        });
        None
    }
}
