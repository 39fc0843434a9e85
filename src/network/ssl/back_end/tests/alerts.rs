//! Alerts are reported with level and kind, on both sides, and in order with the rest.

use super::*;
use crate::{SocketError, SslSocket};

fn assert_refused(pair: &Pair, sent: &str, received: &str) {
    assert_eq!(log(&pair.server), [sent]);
    assert_eq!(log(&pair.client), [received]);
    assert_eq!(pair.server.failure().unwrap().0, SocketError::SslHandshakeFailed);
    assert_eq!(pair.client.failure().unwrap().0, SocketError::SslHandshakeFailed);
}

#[test]
fn no_common_version() {
    for (own, other) in [(VERSIONS[0], VERSIONS[1]), (VERSIONS[1], VERSIONS[0])] {
        let mut server = server();
        server.set_protocol(other);
        let mut pair = Pair::new(&client(own), &server);
        pair.run();
        assert_refused(&pair, "sent Fatal PROTOCOL_VERSION", "received Fatal PROTOCOL_VERSION");
    }
}

#[test]
fn a_client_of_tls_1_1() {
    let random = [7; 32];
    // No session, ECDHE-ECDSA-AES128-SHA, no compression, and no extensions (RFC 4346 §7.4.1.2).
    let hello = [&[3, 2][..], &random, &[0, 0, 2, 0xc0, 9, 1, 0]].concat();
    let length = hello.len() as u8;
    let record = [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &hello].concat();
    let mut side = Side::new(back_end::server(server().settings()));
    let answer = side.take(&record);
    assert_eq!(log(&side), ["sent Fatal PROTOCOL_VERSION"]);
    // OpenSSL writes the version of the hello.
    let [21, 3, _, 0, 2, 2, 70] = answer[..] else { panic!("{answer:?}") };
    assert_eq!(side.failure().unwrap().0, SocketError::SslHandshakeFailed);
}

#[test]
fn no_common_cipher() {
    for (version, own, other) in [
        (VERSIONS[0], "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (VERSIONS[1], "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"),
    ] {
        let (mut client, mut server) = (client(version), server());
        client.set_ciphers(SslCipher::from_name(own));
        server.set_ciphers(SslCipher::from_name(other));
        server.set_protocol(version);
        let mut pair = Pair::new(&client, &server);
        pair.run();
        assert_refused(&pair, "sent Fatal HANDSHAKE_FAILURE", "received Fatal HANDSHAKE_FAILURE");
    }
}

#[test]
fn no_common_application_protocol() {
    for version in VERSIONS {
        let (mut client, mut server) = (client(version), server());
        client.set_allowed_next_protocols(["one"]);
        server.set_allowed_next_protocols(["two"]);
        let mut pair = Pair::new(&client, &server);
        pair.run();
        let kind = "NO_APPLICATION_PROTOCOL";
        assert_refused(&pair, &format!("sent Fatal {kind}"), &format!("received Fatal {kind}"));
    }
}

#[test]
fn a_server_without_a_certificate() {
    for version in VERSIONS {
        let mut pair = Pair::new(&client(version), &SslConfiguration::new());
        pair.run();
        let (sent, received) = ("sent Fatal HANDSHAKE_FAILURE", "received Fatal HANDSHAKE_FAILURE");
        if version == SslProtocol::TlsV1_2 && SslSocket::active_backend() == "openssl" {
            // It wants a pre-shared key, and the client has none.
            assert_eq!((log(&pair.client), log(&pair.server)), (vec![sent.into()], vec![received.into()]));
        } else {
            assert_refused(&pair, sent, received);
        }
    }
}

#[test]
fn a_record_that_was_tampered_with() {
    for version in VERSIONS {
        let mut pair = Pair::opened(&client(version), &server());
        let good = pair.client.send(b"good");
        let mut bad = pair.client.send(b"bad");
        *bad.last_mut().unwrap() ^= 1;
        let alert = pair.server.take(&[good, bad].concat());
        assert_eq!(pair.server.received, b"good");
        assert_eq!(log(&pair.server), ["sent Fatal BAD_RECORD_MAC"]);
        let (error, text) = pair.server.failure().unwrap();
        assert_eq!(error, SocketError::SslInternal);
        assert!(text.starts_with("Error while reading: "), "{text}");
        pair.client.take(&alert);
        assert_eq!(log(&pair.client), ["received Fatal BAD_RECORD_MAC"]);
        let text = pair.client.failure().unwrap().1;
        assert!(text.starts_with("Error while reading: ") && text.ends_with("bad record mac"), "{text}");
        // It is over: nothing is sent, nothing is read.
        assert!(pair.server.send(b"more").is_empty());
        assert!(!pair.server.session.send_close_notify(&mut Vec::new()));
        let more = pair.client.send(b"more");
        assert!(pair.server.take(&more).is_empty());
        assert_eq!(pair.server.received, b"good");
    }
}

#[test]
fn close_notify_goes_both_ways() {
    for version in VERSIONS {
        let mut pair = Pair::opened(&client(version), &server());
        let mut last = pair.client.send(b"last");
        assert!(pair.client.session.send_close_notify(&mut last));
        pair.client.tell();
        assert_eq!(log(&pair.client), ["sent Warning CLOSE_NOTIFY"]);
        // Once, and nothing after it.
        assert!(!pair.client.session.send_close_notify(&mut last));
        assert!(pair.client.send(b"too late").is_empty());
        // Bytes behind it are ignored.
        last.extend_from_slice(b"garbage");
        pair.server.take(&last);
        assert_eq!(pair.server.received, b"last");
        assert_eq!(log(&pair.server), ["received Warning CLOSE_NOTIFY"]);
        assert!(matches!(pair.server.progress, TlsProgress::PeerClosed));
        // The other direction is open still (RFC 8446 §6.1).
        let mut answer = pair.server.send(b"answer");
        assert!(!answer.is_empty());
        assert!(pair.server.session.send_close_notify(&mut answer));
        pair.server.tell();
        assert_eq!(log(&pair.server)[1..], ["sent Warning CLOSE_NOTIFY"]);
        assert!(pair.client.take(&answer).is_empty());
    }
}

#[test]
fn there_is_no_close_notify_before_the_end_of_the_handshake() {
    let mut pair = Pair::new(&client(VERSIONS[1]), &server());
    assert!(!pair.client.session.send_close_notify(&mut Vec::new()));
    assert!(pair.client.send(b"early").is_empty());
    pair.run();
    assert!(pair.client.is_open());
}

/// Nobody in clear speaks for a peer that encrypts.
#[test]
fn an_alert_in_clear_counts_only_before_encryption() {
    let close_notify = [21, 3, 3, 0, 2, 1, 0];
    for version in VERSIONS {
        let mut pair = Pair::opened(&client(version), &server());
        pair.server.take(&close_notify);
        assert!(pair.server.failure().is_some());
        assert!(!log(&pair.server).contains(&"received Warning CLOSE_NOTIFY".to_owned()));
    }
    let mut side = Side::new(back_end::client(client(VERSIONS[1]).settings(), "localhost"));
    side.take(&[]);
    side.take(&[21, 3, 3, 0, 2, 2, 40]);
    assert_eq!(log(&side), ["received Fatal HANDSHAKE_FAILURE"]);
    let text = side.failure().unwrap().1;
    assert!(
        text.starts_with("Error during SSL handshake: ") && text.ends_with("handshake failure"),
        "{text}"
    );
}

#[test]
fn warnings_are_told_and_the_handshake_goes_on() {
    let mut pair = Pair::new(&client(VERSIONS[0]), &server());
    let hello = pair.client.take(&[]);
    let answer = pair.server.take(&hello);
    let unrecognized_name = [21, 3, 3, 0, 2, 1, 112];
    pair.to_server = pair.client.take(&[&unrecognized_name[..], &answer].concat());
    pair.run();
    assert_eq!(log(&pair.client), ["received Warning UNRECOGNIZED_NAME"]);
    assert!(pair.client.is_open());
}
