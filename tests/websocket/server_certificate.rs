//! Servers that are to encrypt and cannot: they say what is missing, and where it happens.

use std::cell::RefCell;
use std::net::TcpListener;
use std::rc::Rc;

use slotwire::ErrorKind;
use slotwire::prelude::*;

use crate::identity::{Authority, Identity, expired, not_yet_valid, secure_server};
use crate::support::{accepted_socket, settle, wait_for_end, wait_until};
use crate::warnings;

/// Configurations with which no client gets in, and a part of what is said about each.
fn broken(authority: &Authority) -> Vec<(&'static str, SslConfiguration, &'static str)> {
    let good = || authority.issue().configuration();
    let change = |change: &dyn Fn(&mut SslConfiguration)| {
        let mut configuration = good();
        change(&mut configuration);
        configuration
    };
    let mut without_key = SslConfiguration::new();
    without_key.set_local_certificate(authority.issue().certificate);
    let mut without_certificate = SslConfiguration::new();
    without_certificate.set_private_key(authority.issue().key);
    let ciphers = |name: &str| {
        SslConfiguration::supported_ciphers()
            .into_iter()
            .filter(|c| c.name().contains(name))
            .collect::<Vec<_>>()
    };
    let short = include_str!("rsa_1024.pem");
    let mut with_short_key = SslConfiguration::new();
    with_short_key.set_local_certificate_chain(SslCertificate::from_pem(short).unwrap());
    with_short_key.set_private_key(SslKey::from_pem(short).unwrap());
    vec![
        (
            "a short key",
            with_short_key,
            if SslSocket::active_backend() == "rustls" {
                "RSA of 1024 bits is too short"
            } else {
                "too small"
            },
        ),
        ("nothing", SslConfiguration::new(), "neither a certificate"),
        ("no key", without_key, "no key"),
        ("no certificate", without_certificate, "no certificate"),
        ("no certificates", change(&|good| good.set_local_certificate_chain([])), "no certificate"),
        ("another key", change(&|good| good.set_private_key(authority.issue().key)), "key values mismatch"),
        (
            "a public key",
            change(&|good| good.set_private_key(good.local_certificate().unwrap().public_key())),
            "private key",
        ),
        (
            "the root first",
            change(&|good| {
                let own = good.local_certificate().unwrap().clone();
                good.set_local_certificate_chain([authority.certificate.clone(), own]);
            }),
            "key values mismatch",
        ),
        (
            "ciphers of another kind of key",
            change(&|good| {
                good.set_ciphers(ciphers("ECDHE-RSA"));
                good.set_protocol(SslProtocol::TlsV1_2);
            }),
            "ciphers",
        ),
        (
            "ciphers of another protocol",
            change(&|good| {
                good.set_ciphers(ciphers("TLS_"));
                good.set_protocol(SslProtocol::TlsV1_2);
            }),
            "cipher",
        ),
    ]
}

/// The text of the server's error in each emission of `server_error`.
fn texts(server: WebSocketServer) -> Rc<RefCell<Vec<String>>> {
    let texts = Rc::new(RefCell::new(Vec::new()));
    let noted = texts.clone();
    server.server_error().connect(move |code| {
        assert_eq!(code, CloseCode::AbnormalDisconnection);
        noted.borrow_mut().push(server.error_string());
    });
    texts
}

#[test]
fn listen_says_why_no_client_would_get_in() {
    let authority = Authority::new();
    for (what, configuration, expected) in broken(&authority) {
        let server = WebSocketServer::new("", SslMode::Secure);
        let told = texts(server);
        server.set_ssl_configuration(configuration);
        assert!(told.take().is_empty(), "{what}: it does not listen yet");
        let error = server.listen(HostAddress::LocalHost, 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Socket(SocketError::SslInvalidUserData), "{what}");
        assert!(error.to_string().contains(expected), "{what}: {error}");
        assert!(!server.is_listening());
        let told = told.take();
        assert!(matches!(&told[..], [text] if error.to_string().contains(text)), "{what}: {told:?}");

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = server.set_socket_descriptor(listener.into()).unwrap_err();
        assert!(error.to_string().contains(expected), "{what}: {error}");

        server.set_ssl_configuration(authority.issue().configuration());
        server.listen(HostAddress::LocalHost, 0).unwrap();
        let client = authority.client();
        client.open(server.server_url());
        wait_until("connected", || client.is_valid());
    }
}

#[test]
fn a_server_without_tls_needs_no_certificate() {
    WebSocketServer::new("", SslMode::NonSecure).listen(HostAddress::LocalHost, 0).unwrap();
}

#[test]
fn a_slot_that_knows_pre_shared_keys_is_as_good_as_a_certificate_where_there_are_such_keys() {
    let server = WebSocketServer::new("", SslMode::Secure);
    server.pre_shared_key_authentication_required().connect(|asked| asked.set_pre_shared_key("secret"));
    let listening = server.listen(HostAddress::LocalHost, 0);
    if SslSocket::active_backend() == "openssl" {
        listening.unwrap();
    } else {
        let error = listening.unwrap_err().to_string();
        assert!(error.contains("need OpenSSL"), "{error}");
    }
}

#[test]
fn a_configuration_that_breaks_a_server_which_listens_is_told_at_once_and_for_each_client() {
    warnings::record();
    let authority = Authority::new();
    for (what, configuration, expected) in broken(&authority) {
        let server = secure_server(authority.issue().configuration());
        let earlier = authority.client();
        earlier.open(server.server_url());
        wait_until("connected", || earlier.is_valid());
        let told = texts(server);
        warnings::take();
        server.set_ssl_configuration(configuration);
        assert!(matches!(&told.take()[..], [text] if text.contains(expected)), "{what}");
        assert!(warnings::take().iter().any(|text| text.contains(expected)), "{what}");

        for _ in 0..2 {
            let client = authority.client();
            client.open(server.server_url());
            wait_for_end(client);
            assert_ne!(client.error(), SocketError::Unknown);
            wait_until("told", || !told.borrow().is_empty());
            settle();
            assert!(matches!(&told.take()[..], [text] if text.contains(expected)), "{what}");
            assert!(warnings::take().iter().any(|text| text.contains(expected)), "{what}");
        }
        assert!(server.is_listening());
        assert!(earlier.is_valid(), "{what}: who is connected stays so");

        server.set_ssl_configuration(authority.issue().configuration());
        let client = authority.client();
        client.open(server.server_url());
        wait_until("connected", || client.is_valid());
        assert!(told.take().is_empty());
        server.delete();
    }
}

#[test]
fn a_client_of_a_server_that_lost_its_certificate_is_told_by_an_alert() {
    let authority = Authority::new();
    let server = secure_server(authority.issue().configuration());
    server.set_ssl_configuration(SslConfiguration::new());
    let (sent, client) = (SignalSpy::new(server.alert_sent()), authority.client());
    let received = SignalSpy::new(client.alert_received());
    client.open(server.server_url());
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::SslHandshakeFailed);
    assert_eq!(sent.take()[0].1, AlertType::HANDSHAKE_FAILURE);
    assert_eq!(received.take()[0].1, AlertType::HANDSHAKE_FAILURE);
}

#[test]
fn a_slot_that_hears_of_it_may_delete_the_server_or_mend_it() {
    let authority = Authority::new();
    let server = secure_server(authority.issue().configuration());
    server.server_error().connect(move |_| server.delete());
    server.set_ssl_configuration(SslConfiguration::new());
    assert!(!server.is_alive());

    for deletes in [true, false] {
        let server = secure_server(authority.issue().configuration());
        server.set_ssl_configuration(SslConfiguration::new());
        // The same error is told again once a connection has ended.
        let first = authority.client();
        first.open(server.server_url());
        wait_for_end(first);
        settle();
        let good = authority.issue().configuration();
        server.server_error().connect(move |_| {
            if deletes { server.delete() } else { server.set_ssl_configuration(good.clone()) }
        });
        let second = authority.client();
        second.open(server.server_url());
        wait_for_end(second);
        let third = authority.client();
        if !deletes {
            third.open(server.server_url());
            wait_until("connected", || third.is_valid());
        }
        assert_eq!(server.is_alive(), !deletes);
    }
}

#[test]
fn a_certificate_that_is_out_of_date_is_a_line_in_the_log_only() {
    warnings::record();
    for (change, expected) in
        [(expired as fn(&mut rcgen::CertificateParams), "has expired"), (not_yet_valid, "is not valid yet")]
    {
        let identity = Identity::self_signed(&["127.0.0.1"], change);
        let server = secure_server(identity.configuration());
        assert!(matches!(&warnings::take()[..], [text] if text.contains(expected)));
        let client = WebSocket::new();
        client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
        client.open(server.server_url());
        wait_until("connected", || client.is_valid());
        assert!(accepted_socket(server).is_valid());
    }
}
