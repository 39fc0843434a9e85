//! Handshakes that stand still at an error of a certificate: nobody gets in who was not let in twice.

use std::cell::Cell;
use std::rc::Rc;

use slotwire::prelude::*;

use crate::identity::{Authority, Identity, expired, secure_server};
use crate::support::{accepted_socket, settle, wait_for_end, wait_until};

const PROTOCOLS: [SslProtocol; 2] = [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3];

fn interrupting(protocol: SslProtocol, mut configuration: SslConfiguration) -> SslConfiguration {
    configuration.set_handshake_must_interrupt_on_error(true);
    configuration.set_protocol(protocol);
    configuration
}

fn trusting_nobody() -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    configuration.set_ca_certificates([]);
    configuration
}

fn client(configuration: SslConfiguration) -> WebSocket {
    let client = WebSocket::new();
    client.set_ssl_configuration(configuration);
    client
}

#[track_caller]
fn gets_in(client: WebSocket, server: WebSocketServer) -> bool {
    client.open(server.server_url());
    wait_until("decided", || client.is_valid() || client.state() == SocketState::Unconnected);
    settle();
    let is_in = client.is_valid();
    assert_eq!(server.has_pending_connections(), is_in);
    if is_in {
        accepted_socket(server).delete();
        wait_for_end(client);
    }
    is_in
}

#[test]
fn a_client_goes_on_only_if_it_continues_after_each_error_and_ignores_them_all() {
    let server = secure_server(Identity::self_signed(&["127.0.0.1"], expired).configuration());
    for protocol in PROTOCOLS {
        let probe = client(interrupting(protocol, trusting_nobody()));
        let errors = SignalSpy::new(probe.handshake_interrupted_on_error());
        let continuing =
            probe.handshake_interrupted_on_error().connect(move |_| probe.continue_interrupted_handshake());
        assert!(!gets_in(probe, server), "continued, and not ignored");
        let count = errors.take().len();
        assert!(count >= 2, "it is self-signed, and expired");
        continuing.disconnect();
        probe.ssl_errors().connect(move |_| probe.ignore_ssl_errors());
        assert!(!gets_in(probe, server), "ignored, and not continued");
        assert_eq!(errors.take().len(), 1, "the first was the last");

        for stops_at in 0..=count {
            let client = client(interrupting(protocol, trusting_nobody()));
            client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
            let number = Cell::new(0);
            client.handshake_interrupted_on_error().connect(move |_| {
                if number.replace(number.get() + 1) != stops_at {
                    client.continue_interrupted_handshake();
                }
            });
            let alerts = SignalSpy::new(client.alert_sent());
            assert_eq!(gets_in(client, server), stops_at == count, "{stops_at}");
            let is_fatal = alerts.take().iter().any(|(level, ..)| *level == AlertLevel::Fatal);
            assert_eq!(is_fatal, stops_at < count, "the server is told");
        }
    }
}

#[test]
fn continuing_in_any_other_slot_does_nothing() {
    let server = secure_server(Identity::self_signed(&["127.0.0.1"], |_| {}).configuration());
    for protocol in PROTOCOLS {
        let client = client(interrupting(protocol, trusting_nobody()));
        client.state_changed().connect(move |_| client.continue_interrupted_handshake());
        client.peer_verify_error().connect(move |_| client.continue_interrupted_handshake());
        client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
        client.continue_interrupted_handshake();
        assert!(!gets_in(client, server));
        client.handshake_interrupted_on_error().connect_with(ConnectionType::QUEUED, move |_| {
            client.continue_interrupted_handshake();
        });
        assert!(!gets_in(client, server), "a queued slot is too late");
    }
}

#[test]
fn another_connection_is_interrupted_again() {
    let server = secure_server(Identity::self_signed(&["127.0.0.1"], |_| {}).configuration());
    for protocol in PROTOCOLS {
        let client = client(interrupting(protocol, trusting_nobody()));
        let times = Rc::new(Cell::new(0));
        let count = times.clone();
        client.handshake_interrupted_on_error().connect(move |_| {
            if count.replace(count.get() + 1) < 2 {
                client.continue_interrupted_handshake();
            }
        });
        client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
        // No session is resumed meanwhile.
        for expected in [true, true, false] {
            assert_eq!(gets_in(client, server), expected);
        }
        assert_eq!(times.get(), 3);
    }
}

#[test]
fn a_name_that_does_not_fit_has_to_be_ignored_though_it_interrupts_nothing() {
    let authority = Authority::new();
    let server = secure_server(authority.issue_for(&["another.example"], |_| {}).configuration());
    for protocol in PROTOCOLS {
        let client = client(interrupting(protocol, authority.configuration()));
        let interruptions = SignalSpy::new(client.handshake_interrupted_on_error());
        let errors = SignalSpy::new(client.ssl_errors());
        assert!(!gets_in(client, server));
        assert!(interruptions.is_empty());
        assert_eq!(errors.take()[0][0].kind(), SslErrorKind::HostNameMismatch);
    }
}

#[test]
fn a_server_that_interrupts_lets_no_bad_certificate_in_whatever_its_slots_ignore() {
    let authority = Authority::new();
    let strange = Authority::new().issue_for(&["client"], |_| {});
    for protocol in PROTOCOLS {
        for mode in [PeerVerifyMode::QueryPeer, PeerVerifyMode::VerifyPeer] {
            let mut configuration = authority.issue().configuration();
            configuration.set_ca_certificates([authority.certificate.clone()]);
            configuration.set_peer_verify_mode(mode);
            let server = secure_server(interrupting(protocol, configuration));
            let interruptions = SignalSpy::new(server.handshake_interrupted_on_error());
            let sent = SignalSpy::new(server.alert_sent());
            server.ssl_errors_occurred().connect(|(socket, _)| socket.ignore_ssl_errors());

            let mut own = strange.configuration();
            own.set_ca_certificates([authority.certificate.clone()]);
            assert!(!gets_in(client(own), server));
            assert_eq!(interruptions.len(), 1);
            assert!(sent.take().iter().any(|(level, ..)| *level == AlertLevel::Fatal));

            let mut own = authority.issue_for(&["client"], |_| {}).configuration();
            own.set_ca_certificates([authority.certificate.clone()]);
            assert!(gets_in(client(own), server), "a good certificate is no reason to stop");
            assert_eq!(interruptions.len(), 1);
            server.delete();
        }
    }
}
