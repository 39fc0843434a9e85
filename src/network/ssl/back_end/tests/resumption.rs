//! A connection goes on with the session of an earlier one, and its certificate is judged like any other.

use super::*;
use crate::SslOption;

#[track_caller]
fn is_resumed(pair: &Pair) -> bool {
    let [client, server] = [&pair.client, &pair.server].map(|side| side.session.facts().is_resumed);
    assert_eq!(client, server);
    client
}

/// The server says something, and its tickets with it.
fn greet(pair: &mut Pair) {
    let bytes = pair.server.send(b"welcome");
    pair.client.take(&bytes);
    assert_eq!(std::mem::take(&mut pair.client.received), b"welcome");
}

#[track_caller]
fn opened(client: &SslConfiguration, server: &SslConfiguration) -> Pair {
    let mut pair = Pair::opened(client, server);
    greet(&mut pair);
    pair
}

/// Returns whether the second connection resumes the session of the first; both open.
#[track_caller]
fn resumes(client: &SslConfiguration, server: &SslConfiguration) -> bool {
    assert!(!is_resumed(&opened(client, server)));
    is_resumed(&opened(client, server))
}

/// One that ignores what is wrong with its peer, on both sides.
fn lenient(client: &SslConfiguration, server: &SslConfiguration) -> Pair {
    let mut pair = Pair::new(client, server);
    pair.client.ignores = true;
    pair.server.ignores = true;
    pair.run();
    assert!(pair.client.is_open() && pair.server.is_open());
    greet(&mut pair);
    pair
}

#[test]
fn every_connection_but_the_first_goes_on_with_a_session() {
    for version in VERSIONS {
        let (client, server) = (client(version), server());
        for round in 0..4 {
            let mut pair = opened(&client, &server);
            assert_eq!(is_resumed(&pair), round > 0);
            assert!(log(&pair.client).is_empty() && log(&pair.server).is_empty());
            let facts = pair.client.session.facts();
            assert_eq!(facts.protocol, Some(version));
            assert_eq!(facts.peer_certificate_chain[0], Identity::good().certificate);
            let bytes = pair.client.send(b"hello");
            pair.server.take(&bytes);
            assert_eq!(pair.server.received, b"hello");
            let bytes = pair.server.send(b"hello yourself");
            pair.client.take(&bytes);
            assert_eq!(pair.client.received, b"hello yourself");
        }
    }
}

#[test]
fn several_connections_at_once_go_on_with_one_session() {
    let (client, server) = (client(SslProtocol::TlsV1_3), server());
    drop(opened(&client, &server));
    let mut pairs = [(); 2].map(|()| Pair::new(&client, &server));
    for pair in &mut pairs {
        pair.run();
        assert!(is_resumed(pair));
    }
}

/// The tickets come in pieces of any size, and with data behind them.
#[test]
fn data_arrives_with_the_tickets() {
    for piece in [1, 7, 100, usize::MAX] {
        let (client, server) = (client(SslProtocol::TlsV1_3), server());
        let mut pair = Pair::new(&client, &server);
        let hello = pair.client.take(&[]);
        let answer = pair.server.take(&hello);
        let end = pair.client.take(&answer);
        // They would be a write of their own.
        assert!(pair.server.take(&end).is_empty());
        assert!(pair.client.is_open() && pair.server.is_open());
        for bytes in pair.server.send(b"data").chunks(piece) {
            assert!(pair.client.take(bytes).is_empty());
        }
        assert_eq!(pair.client.received, b"data");
        assert!(is_resumed(&Pair::opened(&client, &server)));
    }
}

#[test]
fn a_bad_server_is_judged_again_before_anything_that_accepts_it_leaves() {
    for version in VERSIONS {
        let (client, mut server) = (client(version), server());
        Identity::bad().install(&mut server);
        let first = log(&lenient(&client, &server).client);
        assert_eq!(first.len(), 4);

        let mut pair = Pair::new(&client, &server);
        pair.run();
        assert!(is_resumed(&pair));
        assert_eq!(log(&pair.client), [&first[..], &["dropped".to_owned()]].concat());
        let chain = pair.client.session.facts().peer_certificate_chain;
        assert_eq!(chain, [Identity::bad().certificate.clone()]);
        // The server waits for the client's Finished.
        assert!(matches!(pair.server.progress, TlsProgress::Handshaking));

        let mut client_that_ignores = lenient(&client, &server);
        assert!(!client_that_ignores.client.session.facts().peer_certificate_chain.is_empty());
        let bytes = client_that_ignores.client.send(b"hello");
        client_that_ignores.server.take(&bytes);
        assert_eq!(client_that_ignores.server.received, b"hello");
    }
}

#[test]
fn a_client_is_known_by_the_certificate_of_its_session() {
    for version in VERSIONS {
        for mode in [PeerVerifyMode::Auto, PeerVerifyMode::QueryPeer, PeerVerifyMode::VerifyPeer] {
            let (client, server) = (client_with(version, Identity::client()), verifying(mode));
            assert!(resumes(&client, &server));
            let pair = Pair::opened(&client, &server);
            assert!(log(&pair.server).is_empty());
            let chain = pair.server.session.facts().peer_certificate_chain;
            assert_eq!(chain[0], Identity::client().certificate);
        }
    }
}

#[test]
fn a_bad_client_is_judged_again_before_anything_that_accepts_it_leaves() {
    let told = [
        "peerVerifyError SelfSignedCertificate",
        "peerVerifyError CertificateExpired",
        "sslErrors [SelfSignedCertificate, CertificateExpired]",
    ];
    for version in VERSIONS {
        for mode in [PeerVerifyMode::QueryPeer, PeerVerifyMode::VerifyPeer] {
            let (client, server) = (client_with(version, Identity::bad()), verifying(mode));
            for _ in 0..2 {
                assert_eq!(log(&lenient(&client, &server).server), told);
            }
            let mut pair = Pair::new(&client, &server);
            pair.run();
            assert!(pair.server.session.facts().is_resumed);
            assert_eq!(log(&pair.server), [&told[..], &["dropped"]].concat());
            // The client waits for the server's Finished.
            assert!(matches!(pair.client.progress, TlsProgress::Handshaking));
        }
    }
}

#[test]
fn a_client_that_had_no_certificate_has_none() {
    for version in VERSIONS {
        assert!(resumes(&client(version), &verifying(PeerVerifyMode::QueryPeer)));

        let (client, server) = (client(version), verifying(PeerVerifyMode::VerifyPeer));
        let told = ["peerVerifyError NoPeerCertificate", "sslErrors [NoPeerCertificate]"];
        for _ in 0..2 {
            assert_eq!(log(&lenient(&client, &server).server), told);
        }
        let mut pair = Pair::new(&client, &server);
        pair.run();
        assert!(is_resumed(&pair));
        assert_eq!(log(&pair.server), [&told[..], &["dropped"]].concat());
    }
}

#[test]
fn a_session_is_that_of_one_host() {
    for version in VERSIONS {
        let (client, server) = (client(version), server());
        drop(opened(&client, &server));
        for (host, expected) in [("127.0.0.1", false), ("127.0.0.1", true), ("LOCALHOST", true)] {
            let mut pair = Pair::to(host, &client, &server);
            pair.run();
            assert!(pair.client.is_open());
            greet(&mut pair);
            assert_eq!(is_resumed(&pair), expected, "{host}");
        }
        // They all look alike to the library.
        for host in ["-no name-", "-nor this-", "-no name-"] {
            let mut pair = Pair::to(host, &client, &server);
            pair.client.ignores = true;
            pair.run();
            greet(&mut pair);
            assert!(!is_resumed(&pair), "{host}");
        }
    }
}

#[test]
fn a_configuration_that_was_made_anew_has_no_sessions() {
    for version in VERSIONS {
        let (kept, server) = (client(version), server());
        drop(opened(&kept, &server));
        assert!(!is_resumed(&opened(&client(version), &server)));
        // Or changed, be it to what it was.
        let mut changed = kept.clone();
        changed.set_protocol(version);
        assert_eq!(changed, kept);
        assert!(!is_resumed(&opened(&changed, &server)));
        assert!(is_resumed(&Pair::opened(&kept, &server)));
    }
}

#[test]
fn a_server_that_does_not_know_the_session_does_a_whole_handshake() {
    for version in VERSIONS {
        let client = client(version);
        for _ in 0..3 {
            // Restarted, as it were.
            let pair = opened(&client, &server());
            assert!(!is_resumed(&pair));
            assert!(log(&pair.client).is_empty() && log(&pair.server).is_empty());
        }
        // Nor does one that does not speak its version.
        let (mut any, mut server) = (client.clone(), server());
        any.set_protocol(SslProtocol::SecureProtocols);
        for version in [version, VERSIONS[0], VERSIONS[1], VERSIONS[0]] {
            server.set_protocol(version);
            assert!(!is_resumed(&opened(&any, &server)));
        }
    }
}

#[test]
fn where_that_is_switched_off_no_session_is_gone_on_with() {
    let changes: [fn(&mut SslConfiguration); 3] = [
        |configuration| configuration.set_ssl_option(SslOption::DisableSessionSharing, true),
        |configuration| configuration.set_ssl_option(SslOption::DisableSessionTickets, true),
        // Errors of a certificate stop this one in the middle.
        |configuration| configuration.set_handshake_must_interrupt_on_error(true),
    ];
    for version in VERSIONS {
        for change in changes {
            let mut changed = client(version);
            change(&mut changed);
            assert!(!resumes(&changed, &server()));
            let mut changed = server();
            change(&mut changed);
            assert!(!resumes(&client(version), &changed));
        }
    }
}

#[test]
fn a_server_that_gives_no_tickets_sends_nothing_but_data_after_the_handshake() {
    // One record.
    let expected = b"data".len() + 22;
    for option in [SslOption::DisableSessionTickets, SslOption::DisableSessionSharing] {
        let mut server = server();
        assert!(Pair::opened(&client(SslProtocol::TlsV1_3), &server).server.send(b"data").len() > expected);
        server.set_ssl_option(option, true);
        let mut pair = Pair::opened(&client(SslProtocol::TlsV1_3), &server);
        assert_eq!(pair.server.send(b"data").len(), expected);
    }
}

#[test]
fn tickets_come_with_the_end_as_well() {
    let (client, server) = (client(SslProtocol::TlsV1_3), server());
    let mut pair = Pair::opened(&client, &server);
    let mut bytes = Vec::new();
    assert!(pair.server.session.send_close_notify(&mut bytes));
    pair.client.take(&bytes);
    assert!(matches!(pair.client.progress, TlsProgress::PeerClosed));
    assert!(is_resumed(&Pair::opened(&client, &server)));
}

/// A ticket would contain it.
#[test]
fn the_session_of_a_client_with_a_very_long_chain_is_not_given_away() {
    for version in VERSIONS {
        let authority = Identity::authority().certificate.clone();
        let mut client = client_with(version, Identity::client());
        let chain = [Identity::client().certificate.clone()].into_iter();
        client.set_local_certificate_chain(chain.chain(std::iter::repeat_n(authority, 60)));
        assert!(!resumes(&client, &verifying(PeerVerifyMode::QueryPeer)));
    }
}

/// The hello with one byte changed, for every one.
#[test]
fn a_broken_ticket_is_no_session_and_does_no_harm() {
    for version in VERSIONS {
        let (client, server) = (client(version), server());
        drop(opened(&client, &server));
        let mut pair = Pair::new(&client, &server);
        let hello = pair.client.take(&[]);
        let mut whole_handshakes = 0;
        for index in 0..hello.len() {
            let mut broken = hello.clone();
            broken[index] ^= 0x55;
            let mut side = Side::new(back_end::server(server.settings()));
            let answer = side.take(&broken);
            if !answer.is_empty() && side.failure().is_none() && !side.session.facts().is_resumed {
                whole_handshakes += 1;
            }
        }
        // A ticket is this long, at least.
        assert!(whole_handshakes > 100, "{whole_handshakes} of {}", hello.len());
        pair.to_server = hello;
        pair.run();
        assert!(is_resumed(&pair) && pair.client.is_open());
    }
}
