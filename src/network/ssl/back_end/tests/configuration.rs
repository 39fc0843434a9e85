//! Tests that a configuration is carried out as it is written, and that an impossible one fails at once.

use super::*;
use crate::{SocketError, SslSocket};

fn refused(session: Result<Box<dyn session::TlsSession>, session::TlsFailure>, text: &str) {
    let failure = session.err().unwrap();
    assert_eq!(failure.error, SocketError::SslInvalidUserData);
    assert!(failure.text.starts_with(text), "{}", failure.text);
}

#[test]
fn the_first_of_the_servers_ciphers_that_the_client_has_is_taken() {
    for (version, first, second) in [
        (VERSIONS[0], "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        (VERSIONS[1], "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
    ] {
        for (first, second) in [(first, second), (second, first)] {
            let mut server = server();
            server.set_ciphers([first, second].into_iter().filter_map(SslCipher::from_name));
            let pair = Pair::opened(&client(version), &server);
            for side in [&pair.client, &pair.server] {
                assert_eq!(side.session.facts().cipher.unwrap().name(), first);
            }
        }
    }
}

#[test]
fn every_cipher_carries_data() {
    // The server has a key for ECDSA, and no pre-shared one.
    let fits = |cipher: &SslCipher| !cipher.name().contains("RSA") && !cipher.name().contains("PSK");
    for cipher in SslConfiguration::supported_ciphers().into_iter().filter(fits) {
        let mut client = client(SslProtocol::SecureProtocols);
        client.set_ciphers([cipher.clone()]);
        let mut pair = Pair::opened(&client, &server());
        assert_eq!(pair.client.session.facts().cipher, Some(cipher));
        let bytes = pair.client.send(&[7; 50_000]);
        pair.server.take(&bytes);
        assert!(pair.server.received == [7; 50_000]);
    }
}

#[test]
fn an_application_protocol_is_agreed_upon() {
    for version in VERSIONS {
        let (mut client, mut server) = (client(version), server());
        client.set_allowed_next_protocols(["other", "http/1.1"]);
        server.set_allowed_next_protocols(["http/1.1"]);
        let pair = Pair::opened(&client, &server);
        for side in [&pair.client, &pair.server] {
            assert_eq!(side.session.facts().application_protocol.as_deref(), Some(&b"http/1.1"[..]));
        }
        // A server without any does not mind.
        let pair = Pair::opened(&client, &super::server());
        assert_eq!(pair.client.session.facts().application_protocol, None);
    }
}

fn opens_with(identity: &Identity, version: SslProtocol) {
    let (mut client, mut server) = (client(version), server());
    identity.install(&mut server);
    client.set_ca_certificates([identity.certificate.clone()]);
    let pair = Pair::opened(&client, &server);
    assert!(pair.client.log.borrow().is_empty(), "{:?}", pair.client.log.borrow());
    // And as a client's.
    server.set_ca_certificates([identity.certificate.clone()]);
    server.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
    identity.install(&mut client);
    let pair = Pair::opened(&client, &server);
    assert!(pair.server.log.borrow().is_empty(), "{:?}", pair.server.log.borrow());
}

#[test]
fn keys_of_all_kinds_sign() {
    for version in VERSIONS {
        for algorithm in [
            &rcgen::PKCS_ECDSA_P256_SHA256,
            &rcgen::PKCS_ECDSA_P384_SHA384,
            &rcgen::PKCS_ED25519,
            &rcgen::PKCS_RSA_SHA256,
        ] {
            opens_with(&Identity::with_key_for(algorithm), version);
        }
    }
}

/// webpki does not read it; Qt does.
#[test]
fn a_certificate_of_x_509_v1_serves() {
    for version in VERSIONS {
        opens_with(&Identity::of_version_1(), version);
    }
}

#[test]
fn a_certificate_needs_its_key() {
    let mut configuration = SslConfiguration::new();
    configuration.set_local_certificate(Identity::good().certificate.clone());
    let text = "Cannot provide a certificate with no key";
    refused(back_end::server(configuration.settings()), text);
    refused(back_end::client(configuration.settings(), "localhost"), text);
    configuration.set_private_key(Identity::client().key.clone());
    let text = "Private key does not certify public key";
    refused(back_end::server(configuration.settings()), text);
    refused(back_end::client(configuration.settings(), "localhost"), text);
    configuration.set_private_key(Identity::good().key.clone());
    assert!(back_end::server(configuration.settings()).is_ok());
}

#[test]
fn versions_without_a_cipher_cannot_be_spoken() {
    let mut configuration = SslConfiguration::new();
    configuration.set_protocol(SslProtocol::TlsV1_3);
    configuration.set_ciphers(SslCipher::from_name("ECDHE-ECDSA-AES128-GCM-SHA256"));
    refused(back_end::server(configuration.settings()), "Error creating SSL context");
    refused(back_end::client(configuration.settings(), "localhost"), "Error creating SSL context");
}

/// Even if nobody else has them.
#[test]
fn settings_that_are_changed_after_they_were_used_are_used_anew() {
    let mut configuration = server();
    configuration.set_protocol(SslProtocol::TlsV1_2);
    drop(back_end::server(configuration.settings()));
    configuration.set_protocol(SslProtocol::TlsV1_3);
    Pair::opened(&client(SslProtocol::TlsV1_3), &configuration);
}

#[test]
fn pre_shared_keys_need_openssl() {
    let mut configuration = server();
    configuration.set_pre_shared_key_identity_hint("a hint");
    if SslSocket::active_backend() == "openssl" {
        assert!(back_end::server(configuration.settings()).is_ok());
    } else {
        refused(
            back_end::server(configuration.settings()),
            "pre-shared keys need OpenSSL: the feature `openssl`",
        );
    }
}
