//! Connections that go on with the session of an earlier one, as a program sees them.

use slotwire::prelude::*;

use crate::identity::{Authority, Identity, secure_server};
use crate::support::{accepted_socket, wait_for_end, wait_until};

/// A client that has been connected and is closed again; whether its session was resumed, as both sides say.
#[track_caller]
fn has_resumed(server: WebSocketServer, configuration: &SslConfiguration) -> bool {
    let client = WebSocket::new();
    client.set_ssl_configuration(configuration.clone());
    client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
    client.open(server.server_url());
    wait_until("the client is connected", || client.state() == SocketState::Connected);
    let accepted = accepted_socket(server);
    let is_resumed = client.ssl_configuration().is_session_resumed();
    assert_eq!(accepted.ssl_configuration().is_session_resumed(), is_resumed);
    accepted.delete();
    wait_for_end(client);
    is_resumed
}

#[test]
fn copies_of_a_configuration_share_their_sessions_and_changed_ones_do_not() {
    let authority = Authority::new();
    for protocol in [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3] {
        let server = secure_server(authority.issue().configuration());
        let mut configuration = authority.configuration();
        configuration.set_protocol(protocol);
        assert!(!configuration.is_session_resumed());
        assert!(!has_resumed(server, &configuration));
        assert!(has_resumed(server, &configuration));
        assert!(has_resumed(server, &configuration.clone()));
        configuration.set_allowed_next_protocols(["http/1.1"]);
        assert!(!has_resumed(server, &configuration));
    }
}

#[test]
fn a_socket_that_is_opened_again_goes_on_with_its_session() {
    let authority = Authority::new();
    let server = secure_server(authority.issue().configuration());
    let client = authority.client();
    for round in 0..3 {
        client.open(server.server_url());
        wait_until("the client is connected", || client.state() == SocketState::Connected);
        assert_eq!(client.ssl_configuration().is_session_resumed(), round > 0);
        let accepted = accepted_socket(server);
        let messages = SignalSpy::new(client.text_message_received());
        accepted.send_text_message("hello");
        wait_until("the message has come", || !messages.is_empty());
        client.close();
        wait_until("the client is closed", || client.state() == SocketState::Unconnected);
    }
    client.delete();
}

#[test]
fn a_self_signed_certificate_is_told_of_again_and_has_to_be_ignored_again() {
    let identity = Identity::self_signed(&["localhost", "127.0.0.1"], |_| {});
    let server = secure_server(identity.configuration());
    let configuration = Authority::new().configuration();
    assert!(!has_resumed(server, &configuration));
    assert!(has_resumed(server, &configuration));

    let client = WebSocket::new();
    client.set_ssl_configuration(configuration);
    let errors = SignalSpy::new(client.ssl_errors());
    let failures = SignalSpy::new(client.error_occurred());
    let accepted = SignalSpy::new(server.new_connection());
    client.ssl_errors().connect(move |_| {
        assert!(client.ssl_configuration().is_session_resumed());
        assert_eq!(client.ssl_configuration().peer_certificate(), Some(&identity.certificate));
    });
    client.open(server.server_url());
    wait_until("it has failed", || !failures.is_empty());
    assert_eq!(failures.take(), [SocketError::SslHandshakeFailed]);
    let errors = errors.take();
    assert_eq!(errors.len(), 1);
    assert_eq!(
        errors[0].iter().map(SslError::kind).collect::<Vec<_>>(),
        [SslErrorKind::SelfSignedCertificate]
    );
    wait_for_end(client);
    assert!(accepted.is_empty());
}

#[test]
fn a_client_of_a_resumed_session_has_its_certificate() {
    let authority = Authority::new();
    let client = authority.issue_for(&["client"], |_| {});
    for mode in [PeerVerifyMode::QueryPeer, PeerVerifyMode::VerifyPeer] {
        let mut configuration = authority.issue().configuration();
        configuration.set_ca_certificates([authority.certificate.clone()]);
        configuration.set_peer_verify_mode(mode);
        let server = secure_server(configuration);
        let mut configuration = client.configuration();
        configuration.set_ca_certificates([authority.certificate.clone()]);
        for is_resumed in [false, true] {
            let socket = WebSocket::new();
            socket.set_ssl_configuration(configuration.clone());
            socket.open(server.server_url());
            wait_until("the client is connected", || socket.state() == SocketState::Connected);
            let negotiated = accepted_socket(server).ssl_configuration();
            assert_eq!(negotiated.is_session_resumed(), is_resumed);
            assert_eq!(negotiated.peer_certificate(), Some(&client.certificate));
            socket.delete();
        }
    }
}

#[test]
fn a_server_that_is_given_another_configuration_has_given_tickets_in_vain() {
    let authority = Authority::new();
    for protocol in [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3] {
        let server = secure_server(authority.issue().configuration());
        let mut configuration = authority.configuration();
        configuration.set_protocol(protocol);
        assert!(!has_resumed(server, &configuration));
        assert!(has_resumed(server, &configuration));
        server.set_ssl_configuration(authority.issue().configuration());
        let alerts = SignalSpy::new(server.alert_sent());
        let errors = SignalSpy::new(server.server_error());
        assert!(!has_resumed(server, &configuration));
        assert!(has_resumed(server, &configuration));
        assert!(errors.is_empty());
        assert!(alerts.take().iter().all(|(_, kind, _)| *kind == AlertType::CLOSE_NOTIFY));
    }
}
