use slotwire::{
    PeerVerifyMode, SslCertificate, SslCipher, SslConfiguration, SslKey, SslOption, SslProtocol, SslSocket,
};

fn certificate() -> SslCertificate {
    SslCertificate::from_der(include_bytes!("../fuzz/corpus/certificate/ed25519")).unwrap()
}

#[test]
fn a_new_configuration_verifies_servers_by_the_roots_of_the_system() {
    let configuration = SslConfiguration::new();
    assert_eq!(configuration.ca_certificates(), SslConfiguration::system_ca_certificates());
    assert_eq!(configuration.peer_verify_mode(), PeerVerifyMode::Auto);
    assert_eq!(configuration.peer_verify_depth(), 0);
    assert_eq!(configuration.protocol(), SslProtocol::SecureProtocols);
    assert!(configuration.ciphers().is_empty());
    assert!(configuration.test_ssl_option(SslOption::DisableSessionPersistence));
    assert!(!configuration.test_ssl_option(SslOption::DisableServerNameIndication));
    assert!(!configuration.handshake_must_interrupt_on_error());
    assert!(!configuration.missing_certificate_is_fatal());
    assert_eq!(configuration, SslConfiguration::default());
}

#[test]
fn what_is_set_is_there() {
    let mut configuration = SslConfiguration::new();
    let key = SslKey::from_pem(include_str!("../fuzz/corpus/pem/ec_sec1")).unwrap();
    configuration.set_local_certificate(certificate());
    configuration.set_private_key(key.clone());
    configuration.set_peer_verify_mode(PeerVerifyMode::QueryPeer);
    configuration.set_peer_verify_depth(3);
    configuration.set_protocol(SslProtocol::TlsV1_3);
    configuration.set_ciphers(SslCipher::from_name("TLS_AES_128_GCM_SHA256"));
    configuration.set_allowed_next_protocols(["h2", "http/1.1"]);
    configuration.set_handshake_must_interrupt_on_error(true);
    configuration.set_missing_certificate_is_fatal(true);
    configuration.set_pre_shared_key_identity_hint("hint");
    assert_eq!(configuration.local_certificate(), Some(&certificate()));
    assert_eq!(configuration.local_certificate_chain(), [certificate()]);
    assert_eq!(configuration.private_key(), Some(&key));
    assert_eq!(configuration.peer_verify_mode(), PeerVerifyMode::QueryPeer);
    assert_eq!(configuration.peer_verify_depth(), 3);
    assert_eq!(configuration.protocol(), SslProtocol::TlsV1_3);
    assert_eq!(configuration.ciphers()[0].name(), "TLS_AES_128_GCM_SHA256");
    assert_eq!(configuration.allowed_next_protocols().collect::<Vec<_>>(), [&b"h2"[..], b"http/1.1"]);
    assert!(configuration.handshake_must_interrupt_on_error());
    assert!(configuration.missing_certificate_is_fatal());
    assert_eq!(configuration.pre_shared_key_identity_hint(), b"hint");
}

#[test]
fn certificates_are_trusted_beside_those_of_the_system_or_instead() {
    let mut beside = SslConfiguration::new();
    beside.add_ca_certificate(certificate());
    let system = SslConfiguration::system_ca_certificates();
    assert_eq!(beside.ca_certificates().len(), system.len() + 1);
    let mut instead = SslConfiguration::new();
    instead.set_ca_certificates([certificate()]);
    assert_eq!(instead.ca_certificates(), [certificate()]);
    instead.set_ca_certificates([]);
    assert!(instead.ca_certificates().is_empty());
}

#[test]
fn a_copy_is_independent_and_equal_until_it_is_changed() {
    let original = SslConfiguration::new();
    let mut copy = original.clone();
    assert_eq!(copy, original);
    copy.set_protocol(SslProtocol::TlsV1_2);
    assert_ne!(copy, original);
    assert_eq!(original.protocol(), SslProtocol::SecureProtocols);
}

#[test]
fn options_are_equal_in_whatever_order_they_were_set() {
    let (mut one, mut other) = (SslConfiguration::new(), SslConfiguration::new());
    one.set_ssl_option(SslOption::DisableServerNameIndication, true);
    one.set_ssl_option(SslOption::DisableServerCipherPreference, true);
    other.set_ssl_option(SslOption::DisableServerCipherPreference, true);
    other.set_ssl_option(SslOption::DisableServerNameIndication, true);
    other.set_ssl_option(SslOption::DisableServerNameIndication, true);
    assert_eq!(one, other);
    one.set_ssl_option(SslOption::DisableServerNameIndication, false);
    assert!(!one.test_ssl_option(SslOption::DisableServerNameIndication));
}

#[test]
fn nothing_was_negotiated_without_a_connection() {
    let configuration = SslConfiguration::new();
    assert_eq!(configuration.session_protocol(), None);
    assert_eq!(configuration.session_cipher(), None);
    assert_eq!(configuration.peer_certificate(), None);
    assert!(configuration.peer_certificate_chain().is_empty());
    assert_eq!(configuration.next_negotiated_protocol(), None);
}

#[test]
fn the_active_back_end_is_one_of_those_that_are_there() {
    let active = SslSocket::active_backend();
    assert!(SslSocket::available_backends().contains(&active));
    assert!(!SslSocket::set_active_backend("nonsense"));
    assert_eq!(SslSocket::active_backend(), active);
    assert!(SslSocket::set_active_backend(active));
}

#[test]
fn the_ciphers_have_the_names_and_values_of_qt() {
    let ciphers = SslConfiguration::supported_ciphers();
    // OpenSSL has more, for pre-shared keys.
    let rows: Vec<_> = ciphers.iter().filter(|cipher| !cipher.name().contains("PSK")).map(row).collect();
    let of_qt = [
        "TLS_AES_256_GCM_SHA384 TLSv1.3 any any AESGCM(256) 256",
        "TLS_CHACHA20_POLY1305_SHA256 TLSv1.3 any any CHACHA20/POLY1305(256) 256",
        "TLS_AES_128_GCM_SHA256 TLSv1.3 any any AESGCM(128) 128",
        "ECDHE-ECDSA-AES256-GCM-SHA384 TLSv1.2 ECDH ECDSA AESGCM(256) 256",
        "ECDHE-RSA-AES256-GCM-SHA384 TLSv1.2 ECDH RSA AESGCM(256) 256",
        "ECDHE-ECDSA-CHACHA20-POLY1305 TLSv1.2 ECDH ECDSA CHACHA20/POLY1305(256) 256",
        "ECDHE-RSA-CHACHA20-POLY1305 TLSv1.2 ECDH RSA CHACHA20/POLY1305(256) 256",
        "ECDHE-ECDSA-AES128-GCM-SHA256 TLSv1.2 ECDH ECDSA AESGCM(128) 128",
        "ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 ECDH RSA AESGCM(128) 128",
    ];
    assert_eq!(rows, of_qt);
}

fn row(cipher: &SslCipher) -> String {
    format!(
        "{} {} {} {} {} {}",
        cipher.name(),
        cipher.protocol_string(),
        cipher.key_exchange_method(),
        cipher.authentication_method(),
        cipher.encryption_method(),
        cipher.used_bits(),
    )
}
