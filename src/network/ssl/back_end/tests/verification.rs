//! The errors of certificates that are reported, their order, and the records that leave before the peer is judged. The sequences
//! are those of Qt 6.4.2 with OpenSSL 3.0 on both sides.

use super::*;
use crate::SocketError;

const BAD: [&str; 4] = [
    "peerVerifyError SelfSignedCertificate",
    "peerVerifyError CertificateExpired",
    "peerVerifyError HostNameMismatch",
    "sslErrors [HostNameMismatch, SelfSignedCertificate, CertificateExpired]",
];

/// A server that is self-signed, expired and another host's.
fn bad_server() -> SslConfiguration {
    let mut configuration = server();
    Identity::bad().install(&mut configuration);
    configuration
}

fn interrupting(mut configuration: SslConfiguration) -> SslConfiguration {
    configuration.set_handshake_must_interrupt_on_error(true);
    configuration
}

#[test]
fn all_errors_of_a_server_are_told_and_nothing_that_accepts_it_leaves() {
    for version in VERSIONS {
        let mut pair = Pair::new(&client(version), &bad_server());
        pair.run();
        assert_eq!(log(&pair.client), [&BAD[..], &["dropped"]].concat());
        // Not its Finished either: the server goes on waiting.
        assert!(log(&pair.server).is_empty());
        assert!(matches!(pair.server.progress, TlsProgress::Handshaking));
    }
}

#[test]
fn the_chain_can_be_looked_at_while_it_is_judged() {
    for version in VERSIONS {
        let mut pair = Pair::new(&client(version), &bad_server());
        pair.run();
        assert_eq!(pair.client.session.facts().peer_certificate_chain, [Identity::bad().certificate.clone()]);
    }
}

#[test]
fn a_server_whose_errors_are_ignored_is_accepted() {
    for version in VERSIONS {
        let mut pair = Pair::new(&client(version), &bad_server());
        pair.client.ignores = true;
        pair.run();
        assert_eq!(log(&pair.client), BAD);
        assert!(pair.client.is_open() && pair.server.is_open());
        let bytes = pair.client.send(b"hello");
        pair.server.take(&bytes);
        assert_eq!(pair.server.received, b"hello");
    }
}

#[test]
fn an_interrupted_handshake_ends_with_the_alert_of_the_error() {
    for version in VERSIONS {
        let mut pair = Pair::new(&interrupting(client(version)), &bad_server());
        pair.run();
        assert_eq!(log(&pair.client), ["interrupted SelfSignedCertificate", "sent Fatal UNKNOWN_CA"]);
        assert_eq!(log(&pair.server), ["received Fatal UNKNOWN_CA"]);
        assert_eq!(pair.client.failure().unwrap().0, SocketError::SslHandshakeFailed);
        let (error, text) = pair.server.failure().unwrap();
        assert_eq!(error, SocketError::SslHandshakeFailed);
        assert!(text.starts_with("Error during SSL handshake: "), "{text}");
        assert!(text.ends_with("alert: unknown CA") || text.ends_with("alert unknown ca"), "{text}");
    }
}

#[test]
fn a_handshake_that_goes_on_after_each_error_is_still_judged() {
    for version in VERSIONS {
        for ignores in [false, true] {
            let mut pair = Pair::new(&interrupting(client(version)), &bad_server());
            pair.client.continues = true;
            pair.client.ignores = ignores;
            pair.run();
            let told =
                ["interrupted SelfSignedCertificate", "interrupted CertificateExpired", BAD[2], BAD[3]];
            assert_eq!(log(&pair.client)[..4], told);
            assert_eq!(pair.client.is_open(), ignores);
        }
    }
}

#[test]
fn the_host_is_checked_even_where_no_chain_is() {
    for version in VERSIONS {
        let mut client = client(version);
        client.set_peer_verify_mode(PeerVerifyMode::None);
        let mut pair = Pair::new(&client, &bad_server());
        pair.client.ignores = true;
        pair.run();
        assert_eq!(log(&pair.client), [BAD[2], "sslErrors [HostNameMismatch]"]);
    }
}

#[test]
fn a_server_is_reached_by_its_address() {
    for version in VERSIONS {
        for (host, is_good) in
            [("127.0.0.1", true), ("::1", false), ("LOCALHOST", true), ("-no name-", false)]
        {
            let mut pair = Pair::to(host, &client(version), &server());
            pair.run();
            assert_eq!(pair.client.is_open(), is_good, "{host}");
        }
    }
}

#[test]
fn a_client_with_a_good_certificate_gets_in() {
    for version in VERSIONS {
        for mode in [PeerVerifyMode::Auto, PeerVerifyMode::QueryPeer, PeerVerifyMode::VerifyPeer] {
            let pair = Pair::opened(&client_with(version, Identity::client()), &verifying(mode));
            assert!(log(&pair.server).is_empty());
            let chain = pair.server.session.facts().peer_certificate_chain;
            assert_eq!(chain[0], Identity::client().certificate);
        }
    }
}

#[test]
fn a_client_that_is_not_asked_shows_nothing() {
    for version in VERSIONS {
        let pair = Pair::opened(&client_with(version, Identity::bad()), &verifying(PeerVerifyMode::None));
        assert!(log(&pair.server).is_empty());
        assert!(pair.server.session.facts().peer_certificate_chain.is_empty());
    }
}

#[test]
fn errors_of_a_client_are_told_without_its_name() {
    let told = [BAD[0], BAD[1], "sslErrors [SelfSignedCertificate, CertificateExpired]"];
    for version in VERSIONS {
        for mode in [PeerVerifyMode::Auto, PeerVerifyMode::QueryPeer, PeerVerifyMode::VerifyPeer] {
            let mut pair = Pair::new(&client_with(version, Identity::bad()), &verifying(mode));
            pair.server.ignores = true;
            pair.run();
            assert_eq!(log(&pair.server), told);
            assert!(pair.client.is_open() && pair.server.is_open());
        }
    }
}

#[test]
fn nothing_that_accepts_a_client_leaves_before_it_is_judged() {
    for version in VERSIONS {
        let server = verifying(PeerVerifyMode::VerifyPeer);
        let mut pair = Pair::new(&client_with(version, Identity::bad()), &server);
        pair.run();
        assert_eq!(log(&pair.server).last().unwrap(), "dropped");
        // In TLS 1.3 the server's Finished comes first.
        assert_eq!(pair.client.is_open(), version == SslProtocol::TlsV1_3);
        // Data that the client sends meanwhile is not given out.
        let bytes = pair.client.send(b"secret");
        pair.server.take(&bytes);
        assert!(pair.server.received.is_empty());
    }
}

#[test]
fn a_client_without_a_certificate_is_an_error_where_it_has_to_have_one() {
    for version in VERSIONS {
        for mode in [PeerVerifyMode::Auto, PeerVerifyMode::QueryPeer, PeerVerifyMode::None] {
            let pair = Pair::opened(&client(version), &verifying(mode));
            assert!(log(&pair.server).is_empty());
        }
        let told = ["peerVerifyError NoPeerCertificate", "sslErrors [NoPeerCertificate]", "dropped"];
        for interrupts in [false, true] {
            let mut server = verifying(PeerVerifyMode::VerifyPeer);
            server.set_handshake_must_interrupt_on_error(interrupts);
            let mut pair = Pair::new(&client(version), &server);
            pair.run();
            assert_eq!(log(&pair.server), told);
            assert_eq!(pair.client.is_open(), version == SslProtocol::TlsV1_3);
        }
    }
}

#[test]
fn data_that_comes_with_the_end_of_the_handshake_waits_for_the_judgement() {
    let mut pair = Pair::new(&client(SslProtocol::TlsV1_3), &verifying(PeerVerifyMode::VerifyPeer));
    let hello = pair.client.take(&[]);
    let answer = pair.server.take(&hello);
    let mut end = pair.client.take(&answer);
    end.extend(pair.client.send(b"early bird"));
    pair.server.take(&end);
    assert!(pair.server.received.is_empty());

    let mut pair = Pair::new(&client(SslProtocol::TlsV1_3), &verifying(PeerVerifyMode::VerifyPeer));
    pair.server.ignores = true;
    let hello = pair.client.take(&[]);
    let answer = pair.server.take(&hello);
    let mut end = pair.client.take(&answer);
    end.extend(pair.client.send(b"early bird"));
    pair.server.take(&end);
    assert_eq!(pair.server.received, b"early bird");
}

#[test]
fn a_missing_certificate_can_be_fatal() {
    // There is no error to interrupt on, in Qt as well.
    for (version, interrupts) in
        [(VERSIONS[0], false), (VERSIONS[1], false), (VERSIONS[0], true), (VERSIONS[1], true)]
    {
        let mut server = verifying(PeerVerifyMode::VerifyPeer);
        server.set_missing_certificate_is_fatal(true);
        server.set_handshake_must_interrupt_on_error(interrupts);
        let mut pair = Pair::new(&client(version), &server);
        pair.run();
        // TLS 1.2 has none of its own for it.
        let is_old = version == SslProtocol::TlsV1_2;
        let alert = if is_old { "HANDSHAKE_FAILURE" } else { "CERTIFICATE_REQUIRED" };
        assert_eq!(log(&pair.server), [format!("sent Fatal {alert}")]);
        assert_eq!(log(&pair.client), [format!("received Fatal {alert}")]);
        assert_eq!(pair.server.failure().unwrap().0, SocketError::SslHandshakeFailed);
    }
}

#[test]
fn a_refused_client_of_tls_1_3_hears_of_it_after_its_handshake() {
    for version in VERSIONS {
        let server = interrupting(verifying(PeerVerifyMode::VerifyPeer));
        let mut pair = Pair::new(&client_with(version, Identity::bad()), &server);
        pair.run();
        assert_eq!(log(&pair.server), ["interrupted SelfSignedCertificate", "sent Fatal UNKNOWN_CA"]);
        assert_eq!(log(&pair.client), ["received Fatal UNKNOWN_CA"]);
        let (error, text) = pair.client.failure().unwrap();
        if version == SslProtocol::TlsV1_3 {
            assert_eq!(error, SocketError::SslInternal);
            assert!(text.starts_with("Error while reading: "), "{text}");
            assert!(text.ends_with("alert: unknown CA") || text.ends_with("alert unknown ca"), "{text}");
        } else {
            assert_eq!(error, SocketError::SslHandshakeFailed);
        }
    }
}
