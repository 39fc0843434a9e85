//! The translation of settings for OpenSSL: made at their first use, and kept with them.

use std::sync::OnceLock;
use std::time::SystemTime;

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    AlpnError, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslSessionCacheMode,
    SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;

use super::{call, errors};
use crate::network::ssl::der;
use crate::network::ssl::phase::{invalid_user_data, unusable_context};
use crate::network::ssl::session::TlsFailure;
use crate::network::ssl::settings::Settings;
use crate::{PeerVerifyMode, SslCertificate, SslCipher, SslOption, SslProtocol};

#[derive(Default)]
struct Prepared {
    client: OnceLock<Result<SslContext, TlsFailure>>,
    server: OnceLock<Result<SslContext, TlsFailure>>,
}

pub(super) fn client(settings: &Settings) -> Result<SslContext, TlsFailure> {
    settings
        .with_prepared(|prepared: &Prepared| prepared.client.get_or_init(|| make_client(settings)).clone())
}

pub(super) fn server(settings: &Settings) -> Result<SslContext, TlsFailure> {
    settings
        .with_prepared(|prepared: &Prepared| prepared.server.get_or_init(|| make_server(settings)).clone())
}

fn make_client(settings: &Settings) -> Result<SslContext, TlsFailure> {
    let mut builder = begin(SslMethod::tls_client(), settings)?;
    // With a callback, OpenSSL looks at the chain also where it does not matter.
    match settings.peer_verify_mode {
        PeerVerifyMode::None => builder.set_verify(SslVerifyMode::NONE),
        _ => builder.set_verify_callback(SslVerifyMode::PEER, call::verify),
    }
    builder.set_psk_client_callback(|_, hint, identity, key| Ok(call::client_key(hint, identity, key)));
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    if !settings.allowed_next_protocols.is_empty() {
        let protocols = on_wire(&settings.allowed_next_protocols);
        builder.set_alpn_protos(&protocols).map_err(|error| errors::unusable(&error))?;
    }
    Ok(builder.build())
}

fn make_server(settings: &Settings) -> Result<SslContext, TlsFailure> {
    let mut builder = begin(SslMethod::tls_server(), settings)?;
    // `QSslSocket::AutoVerifyPeer` is `QueryPeer` on a server.
    let verify = match settings.peer_verify_mode {
        PeerVerifyMode::None => SslVerifyMode::NONE,
        _ if settings.missing_certificate_is_fatal => {
            SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT
        }
        _ => SslVerifyMode::PEER,
    };
    builder.set_verify_callback(verify, call::verify);
    builder.set_psk_server_callback(|_, identity, key| Ok(call::server_key(identity, key)));
    // OpenSSL looks at no certificate of a session that is resumed; and before it takes a ticket of TLS 1.3 for one, it asks for
    // the pre-shared key of that name.
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder.set_options(SslOptions::NO_TICKET);
    builder.set_num_tickets(0).map_err(|error| errors::unusable(&error))?;
    // A pre-shared key is a session of sorts, and a session wants to know whose it is.
    builder.set_session_id_context(b"slotwire").map_err(|error| errors::unusable(&error))?;
    if !settings.has_option(SslOption::DisableServerCipherPreference) {
        builder.set_options(SslOptions::CIPHER_SERVER_PREFERENCE);
    }
    if !settings.allowed_next_protocols.is_empty() {
        let own = settings.allowed_next_protocols.clone();
        builder.set_alpn_select_callback(move |_, offered| {
            let known = own.iter().find_map(|wanted| entries(offered).find(|entry| entry == wanted));
            // RFC 7301 §3.2
            known.ok_or(AlpnError::ALERT_FATAL)
        });
    }
    Ok(builder.build())
}

/// Builds the common part of both sides.
fn begin(method: SslMethod, settings: &Settings) -> Result<SslContextBuilder, TlsFailure> {
    let begun = SslContextBuilder::new(method).and_then(|mut builder| {
        builder.set_min_proto_version(Some(if settings.protocol.has_tls_1_2() {
            SslVersion::TLS1_2
        } else {
            SslVersion::TLS1_3
        }))?;
        builder.set_max_proto_version(Some(if settings.protocol.has_tls_1_3() {
            SslVersion::TLS1_3
        } else {
            SslVersion::TLS1_2
        }))?;
        builder.set_cert_store(trusted(settings)?.build());
        Ok(builder)
    });
    let mut builder = begun.map_err(|error| errors::unusable(&error))?;
    // An idle connection holds no buffers.
    builder.set_mode(SslMode::RELEASE_BUFFERS);
    builder.set_options(SslOptions::NO_RENEGOTIATION | SslOptions::NO_COMPRESSION);
    if settings.peer_verify_depth > 0 {
        builder.set_verify_depth(settings.peer_verify_depth);
    }
    set_ciphers(&mut builder, settings)?;
    set_certificate(&mut builder, settings)?;
    Ok(builder)
}

/// The trusted certificates that have not expired: Qt trusts no others.
pub(super) fn trusted(settings: &Settings) -> Result<X509StoreBuilder, ErrorStack> {
    let now = SystemTime::now();
    let mut store = X509StoreBuilder::new()?;
    for certificate in settings.ca_certificates() {
        // One that OpenSSL cannot read is not trusted; one that is there twice is there.
        if certificate.expiry_date() >= now
            && let Ok(certificate) = X509::from_der(certificate.to_der())
        {
            store.add_cert(certificate)?;
        }
    }
    Ok(store)
}

/// Sets the ciphers of the configuration, else those that are not broken.
fn set_ciphers(builder: &mut SslContextBuilder, settings: &Settings) -> Result<(), TlsFailure> {
    let supported = SslCipher::of_openssl();
    let ciphers = if settings.ciphers.is_empty() { &supported } else { &settings.ciphers };
    let names = |is_wanted: fn(&SslCipher) -> bool| {
        let wanted = ciphers.iter().filter(|cipher| is_wanted(cipher));
        wanted.map(SslCipher::name).collect::<Vec<_>>().join(":")
    };
    let is_tls_1_3 = |cipher: &SslCipher| cipher.protocol() == Some(SslProtocol::TlsV1_3);
    let (old, new) = (names(|cipher| cipher.protocol() != Some(SslProtocol::TlsV1_3)), names(is_tls_1_3));
    let has_usable = (!old.is_empty() && settings.protocol.has_tls_1_2())
        || (!new.is_empty() && settings.protocol.has_tls_1_3());
    let mut set = || {
        if old.is_empty() {
            builder.set_min_proto_version(Some(SslVersion::TLS1_3))?;
        } else {
            builder.set_cipher_list(&old)?;
        }
        if new.is_empty() {
            builder.set_max_proto_version(Some(SslVersion::TLS1_2))?;
        } else {
            builder.set_ciphersuites(&new)?;
        }
        Ok::<_, ErrorStack>(())
    };
    let refused = |error: String| unusable_context(&format!("no cipher that can be used; {error}"));
    if has_usable {
        set().map_err(|error| refused(errors::text(&error)))
    } else {
        Err(refused(String::new()))
    }
}

fn set_certificate(builder: &mut SslContextBuilder, settings: &Settings) -> Result<(), TlsFailure> {
    let [first, others @ ..] = &settings.local_certificate_chain[..] else { return Ok(()) };
    let Some(key) = &settings.private_key else {
        return Err(invalid_user_data("Cannot provide a certificate with no key"));
    };
    let refused = |what: &'static str| {
        move |error: ErrorStack| invalid_user_data(format!("{what}, {}", errors::text(&error)))
    };
    let read = |certificate: &SslCertificate| X509::from_der(certificate.to_der());
    let own = read(first).map_err(refused("Error loading local certificate"))?;
    builder.set_certificate(&own).map_err(refused("Error loading local certificate"))?;
    let without_public = private_key_info(key.to_der());
    let key = PKey::private_key_from_der(without_public.as_deref().unwrap_or_else(|| key.to_der()))
        .map_err(refused("Error loading private key"))?;
    let key_fits = own.public_key().is_ok_and(|public| public.public_eq(&key));
    if !key_fits {
        return Err(invalid_user_data("Private key does not certify public key, key values mismatch"));
    }
    builder.set_private_key(&key).map_err(refused("Error loading private key"))?;
    for certificate in others {
        let added = read(certificate).and_then(|certificate| builder.add_extra_chain_cert(certificate));
        added.map_err(refused("Error loading local certificate"))?;
    }
    Ok(())
}

/// A private key in PKCS #8 with its public key in it (RFC 5958 §2), without that: OpenSSL 3.0 does not read it else.
fn private_key_info(der: &[u8]) -> Option<Vec<u8>> {
    let content = der::only(der, der::SEQUENCE)?;
    let (version, rest) = der::expect(content, der::INTEGER)?;
    let (algorithm, rest) = der::expect(rest, der::SEQUENCE)?;
    let (key, _) = der::expect(rest, der::OCTET_STRING)?;
    (version == [1]).then(|| {
        der::sequence(&[
            &der::encoded(der::INTEGER, &[0]),
            &der::encoded(der::SEQUENCE, algorithm),
            &der::encoded(der::OCTET_STRING, key),
        ])
    })
}

/// The protocols that a client offers.
fn entries(mut wire: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (&size, rest) = wire.split_first()?;
        let (entry, after) = rest.split_at_checked(size.into())?;
        wire = after;
        Some(entry)
    })
}

/// RFC 7301 §3.1. A name that is too long is none.
fn on_wire(protocols: &[Vec<u8>]) -> Vec<u8> {
    let mut wire = Vec::new();
    for protocol in protocols {
        if let Ok(size @ 1..) = u8::try_from(protocol.len()) {
            wire.push(size);
            wire.extend_from_slice(protocol);
        }
    }
    wire
}
