//! Whom a socket and a server trust, and what slots can do about it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::identity::{Authority, Identity, secure_server};
use crate::journal::Journal;
use crate::secure::{client_of, trusted, trusted_server, trusting};
use crate::support::{accepted_socket, echo_server, pass, settle, wait_for_end, wait_until};

fn self_signed_server() -> WebSocketServer {
    secure_server(Identity::self_signed(&["127.0.0.1"], |_| {}).configuration())
}

fn kinds(errors: &[SslError]) -> Vec<SslErrorKind> {
    errors.iter().map(SslError::kind).collect()
}

// ---- whom a client trusts

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_unless_a_slot_says_otherwise() {
    let server = self_signed_server();
    let client = WebSocket::new();
    let journal = Journal::of(client);
    let told = journal.clone();
    client
        .peer_verify_error()
        .connect(move |error| told.note(format!("peer_verify_error({:?})", error.kind())));
    let told = journal.clone();
    client.ssl_errors().connect(move |errors| told.note(format!("ssl_errors({:?})", kinds(errors))));
    client.open(server.server_url());
    wait_for_end(client);
    assert_eq!(
        journal.take(),
        [
            "state_changed(Connecting)",
            "peer_verify_error(SelfSignedCertificate)",
            "ssl_errors([SelfSignedCertificate])",
            "error_occurred(SslHandshakeFailed)",
            "state_changed(Unconnected)",
            "disconnected",
            "read_channel_finished",
        ]
    );
    assert_eq!(client.error_string(), "The certificate is self-signed, and untrusted");
    settle();
    assert!(!server.has_pending_connections());

    client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
    client.open(server.server_url());
    wait_until("connected all the same", || client.is_valid());
}

#[test]
fn ignoring_everything_holds_for_one_connection_only() {
    let server = self_signed_server();
    let client = WebSocket::new();
    // Too early: as in Qt, it has no effect.
    client.ignore_ssl_errors();
    client.open(server.server_url());
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::SslHandshakeFailed);
    let once = client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
    once.disconnect();
    client.open(server.server_url());
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::SslHandshakeFailed);
}

#[test]
fn expected_errors_are_ignored_if_there_are_no_others() {
    let expired_name = Identity::self_signed(&["another.example"], |_| {});
    let server = secure_server(expired_name.configuration());
    let of = |kind| SslError::with_certificate(kind, expired_name.certificate.clone());
    let self_signed = of(SslErrorKind::SelfSignedCertificate);
    let mismatch = of(SslErrorKind::HostNameMismatch);
    let strange =
        SslError::with_certificate(SslErrorKind::SelfSignedCertificate, trusted().server.certificate.clone());
    for (expected, is_enough) in [
        (vec![], false),
        (vec![self_signed.clone()], false),
        (vec![mismatch.clone()], false),
        (vec![mismatch.clone(), strange], false),
        (vec![self_signed, mismatch], true),
    ] {
        let client = WebSocket::new();
        let errors = SignalSpy::new(client.ssl_errors());
        client.ignore_ssl_errors_for(&expected);
        client.open(server.server_url());
        wait_until("decided", || client.state() != SocketState::Connecting);
        assert_eq!(client.is_valid(), is_enough, "{expected:?}");
        assert_eq!(
            kinds(&errors.take()[0]),
            [SslErrorKind::HostNameMismatch, SslErrorKind::SelfSignedCertificate]
        );
    }
}

#[test]
fn a_queued_slot_is_too_late_unless_the_socket_pauses() {
    let server = self_signed_server();
    let client = WebSocket::new();
    client.ssl_errors().connect_with(ConnectionType::QUEUED, move |_| {
        client.ignore_ssl_errors();
        client.resume();
    });
    client.open(server.server_url());
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::SslHandshakeFailed);
    client.set_pause_mode(PauseMode::OnSslErrors);
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
}

#[test]
fn a_paused_socket_waits_for_as_long_as_it_takes() {
    let clock = VirtualClock::install();
    let server = self_signed_server();
    server.set_handshake_timeout(None);
    let client = WebSocket::new();
    let errors = SignalSpy::new(client.ssl_errors());
    client.set_pause_mode(PauseMode::OnSslErrors);
    client.open(server.server_url());
    wait_until("asked", || !errors.is_empty());
    pass(&clock, Duration::from_secs(3600));
    assert_eq!(client.state(), SocketState::Connecting);
    assert!(!server.has_pending_connections());
    client.ignore_ssl_errors();
    client.resume();
    wait_until("connected", || client.is_valid());
}

#[test]
fn without_verification_only_the_name_is_told() {
    let server = secure_server(Identity::self_signed(&["another.example"], |_| {}).configuration());
    let mut configuration = SslConfiguration::new();
    configuration.set_peer_verify_mode(PeerVerifyMode::None);
    let client = WebSocket::new();
    let errors = SignalSpy::new(client.ssl_errors());
    client.set_ssl_configuration(configuration);
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
    assert_eq!(kinds(&errors.take()[0]), [SslErrorKind::HostNameMismatch]);
}

#[test]
fn an_error_is_told_early_if_the_configuration_asks_for_it() {
    let mut configuration = SslConfiguration::new();
    configuration.set_handshake_must_interrupt_on_error(true);
    for continues in [false, true] {
        let server = self_signed_server();
        let heard = SignalSpy::new(server.alert_received());
        let client = WebSocket::new();
        client.set_ssl_configuration(configuration.clone());
        let errors = SignalSpy::new(client.ssl_errors());
        client.handshake_interrupted_on_error().connect(move |error| {
            assert_eq!(error.kind(), SslErrorKind::SelfSignedCertificate);
            if continues {
                client.continue_interrupted_handshake();
            }
        });
        client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
        client.open(server.server_url());
        wait_until("decided", || client.state() != SocketState::Connecting);
        assert_eq!(client.is_valid(), continues);
        assert_eq!(errors.len(), usize::from(continues));
        if !continues {
            wait_until("the server is told", || !heard.is_empty());
            assert_eq!(heard.take()[0], (AlertLevel::Fatal, AlertType::UNKNOWN_CA, "unknown CA".to_owned()));
        }
    }
}

#[test]
fn every_slot_of_a_handshake_may_end_the_socket() {
    type Deed = fn(WebSocket);
    let deeds: [(&str, Deed); 5] = [
        ("abort", |client| client.abort()),
        ("close", |client| client.close()),
        ("delete", |client| client.delete()),
        ("delete later", |client| client.delete_later()),
        ("open another", |client| {
            let plain = echo_server();
            client.open(plain.server_url());
        }),
    ];
    type Watch = fn(WebSocket, Rc<dyn Fn()>);
    let slots: [(&str, Watch); 4] = [
        ("peer_verify_error", |client, deed| {
            client.peer_verify_error().connect(move |_| deed());
        }),
        ("ssl_errors", |client, deed| {
            client.ssl_errors().connect(move |_| deed());
        }),
        ("handshake_interrupted_on_error", |client, deed| {
            client.handshake_interrupted_on_error().connect(move |_| {
                deed();
                client.continue_interrupted_handshake();
            });
        }),
        ("alert_sent", |client, deed| {
            client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
            client.connected().connect_with(ConnectionType::DIRECT.single_shot(), move |()| client.close());
            client.alert_sent().connect(move |_| deed());
        }),
    ];
    let server = self_signed_server();
    let mut configuration = SslConfiguration::new();
    for (slot, watch) in slots {
        configuration.set_handshake_must_interrupt_on_error(slot == "handshake_interrupted_on_error");
        for (name, deed) in deeds {
            let client = WebSocket::new();
            client.set_ssl_configuration(configuration.clone());
            let done = Rc::new(Cell::new(false));
            let once = done.clone();
            watch(
                client,
                Rc::new(move || {
                    if !once.replace(true) {
                        deed(client);
                    }
                }),
            );
            client.open(server.server_url());
            wait_until(&format!("{name} in {slot}"), || done.get());
            settle();
            match name {
                "open another" => wait_until("the other is open", || client.is_valid()),
                "delete" | "delete later" => assert!(!client.is_alive()),
                _ => wait_for_end(client),
            }
            client.delete();
        }
    }
    let client = WebSocket::new();
    client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
    client.open(server.server_url());
    wait_until("the server goes on", || client.is_valid());
}

#[test]
fn a_slot_of_ssl_errors_may_ask_the_user_in_a_loop_of_its_own() {
    let server = self_signed_server();
    let client = WebSocket::new();
    client.ssl_errors().connect(move |_| {
        let asking = EventLoop::new();
        Timer::single_shot(Duration::ZERO, move || asking.quit());
        asking.exec();
        client.ignore_ssl_errors();
    });
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
}

#[test]
fn a_panic_in_a_slot_of_a_handshake_breaks_that_connection_only() {
    let server = self_signed_server();
    let client = WebSocket::new();
    let mut configuration = SslConfiguration::new();
    configuration.set_handshake_must_interrupt_on_error(true);
    client.set_ssl_configuration(configuration);
    client.handshake_interrupted_on_error().connect(|_| panic!("in the slot"));
    client.open(server.server_url());
    let handled = std::panic::AssertUnwindSafe(|| wait_for_end(client));
    assert!(std::panic::catch_unwind(handled).is_err());
    client.abort();
    assert_eq!(client.state(), SocketState::Unconnected);
    let other = WebSocket::new();
    other.ssl_errors().connect(move |_| other.ignore_ssl_errors());
    other.open(server.server_url());
    wait_until("another connects", || other.is_valid());
}

// ---- whom a server trusts

/// A server that wants certificates, by that mode.
fn strict_server(mode: PeerVerifyMode) -> WebSocketServer {
    let mut configuration = trusted().server.configuration();
    configuration.set_ca_certificates([trusted().authority.certificate.clone()]);
    configuration.set_peer_verify_mode(mode);
    secure_server(configuration)
}

fn with_identity(identity: &Identity) -> SslConfiguration {
    let mut configuration = trusting();
    configuration.set_local_certificate(identity.certificate.clone());
    configuration.set_private_key(identity.key.clone());
    configuration
}

#[test]
fn a_client_with_a_good_certificate_is_known_to_the_server() {
    let server = strict_server(PeerVerifyMode::VerifyPeer);
    let client = client_of(server, with_identity(&trusted().client));
    wait_until("connected", || client.is_valid());
    let accepted = accepted_socket(server);
    let certificate = accepted.ssl_configuration().peer_certificate().cloned().unwrap();
    assert_eq!(certificate, trusted().client.certificate);
    assert_eq!(certificate.subject_info(SubjectInfo::CommonName), ["client"]);
}

#[test]
fn a_client_without_a_good_certificate_is_dropped_by_a_server_that_verifies() {
    for protocol in [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3] {
        let strange = Authority::new().issue_for(&["client"], |_| {});
        for (identity, expected) in [
            (None, vec![SslErrorKind::NoPeerCertificate]),
            (
                Some(strange),
                vec![
                    SslErrorKind::UnableToGetLocalIssuerCertificate,
                    SslErrorKind::UnableToVerifyFirstCertificate,
                ],
            ),
        ] {
            let server = strict_server(PeerVerifyMode::VerifyPeer);
            let (errors, occurred) =
                (SignalSpy::new(server.ssl_errors()), SignalSpy::new(server.ssl_errors_occurred()));
            let mut configuration = identity.as_ref().map_or_else(trusting, with_identity);
            configuration.set_protocol(protocol);
            let client = client_of(server, configuration);
            wait_until("told", || !errors.is_empty());
            wait_for_end(client);
            assert_eq!(kinds(&errors.take()[0]), expected);
            assert_eq!(occurred.len(), 1);
            assert!(!server.has_pending_connections());
        }
    }
}

#[test]
fn a_server_lets_in_whom_its_slot_ignores_the_errors_of() {
    let server = strict_server(PeerVerifyMode::VerifyPeer);
    server.ssl_errors_occurred().connect(move |(socket, errors)| {
        assert_eq!(kinds(errors), [SslErrorKind::NoPeerCertificate]);
        assert!(socket.peer_address().is_loopback());
        assert!(socket.peer_port() > 0);
        socket.ignore_ssl_errors();
    });
    let client = client_of(server, trusting());
    wait_until("connected", || client.is_valid());
    assert!(accepted_socket(server).is_valid());
}

#[test]
fn a_server_that_only_asks_lets_everybody_in() {
    let server = strict_server(PeerVerifyMode::QueryPeer);
    let errors = SignalSpy::new(server.peer_verify_error());
    let client = client_of(server, trusting());
    wait_until("connected", || client.is_valid());
    // As in Qt, who has none has no errors either.
    assert!(errors.is_empty());
    let client = client_of(server, with_identity(&Authority::new().issue_for(&["client"], |_| {})));
    wait_until("connected", || client.is_valid());
    assert_eq!(errors.take()[0].kind(), SslErrorKind::UnableToGetLocalIssuerCertificate);
}

#[test]
fn a_slot_of_ssl_errors_may_delete_the_server() {
    let server = strict_server(PeerVerifyMode::VerifyPeer);
    server.ssl_errors().connect(move |_| server.delete());
    let client = client_of(server, trusting());
    wait_for_end(client);
    assert!(!server.is_alive());
}

#[test]
fn a_new_configuration_holds_for_new_connections() {
    let server = trusted_server();
    let first = client_of(server, trusting());
    wait_until("connected", || first.is_valid());
    let other = Identity::self_signed(&["127.0.0.1"], |_| {});
    server.set_ssl_configuration(other.configuration());
    let second = client_of(server, trusting());
    let errors = SignalSpy::new(second.ssl_errors());
    wait_for_end(second);
    assert_eq!(errors.take()[0][0].certificate(), Some(&other.certificate));
    assert!(first.is_valid());
}
