//! Qt's `tst_QWebSocketServer`, function by function; `tests/qt_autotests.rs` says which of them are elsewhere, and which
//! wait.

use std::net::Ipv4Addr;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::{Journal, ORDERLY_END};
use crate::peer::{Peer, REQUEST};
use crate::support::{
    Connected, accepted_socket, connected_client, listening_server, pass, settle, wait_for_end, wait_until,
};

/// `tst_QWebSocketServer::tst_initialisation`
#[test]
fn a_fresh_server_has_qts_defaults_and_keeps_them_when_it_is_closed() {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    for closed in [false, true] {
        if closed {
            server.close();
        }
        assert_has_defaults(server);
        server.pause_accepting();
        server.resume_accepting();
    }
    assert_eq!(WebSocketServer::new("", SslMode::Secure).secure_mode(), SslMode::Secure);
}

#[test]
fn a_dead_server_answers_as_a_fresh_one() {
    let server = WebSocketServer::new("A server", SslMode::NonSecure);
    server.delete();
    assert_has_defaults(server);
}

fn assert_has_defaults(server: WebSocketServer) {
    assert_eq!(server.server_name(), "");
    assert_eq!(server.secure_mode(), SslMode::NonSecure);
    assert!(!server.is_listening());
    assert_eq!(server.max_pending_connections(), 30);
    assert_eq!((server.server_address(), server.server_port()), (HostAddress::Null, 0));
    #[cfg(unix)]
    assert_eq!(server.socket_descriptor(), None);
    assert!(!server.has_pending_connections());
    assert_eq!(server.next_pending_connection(), None);
    assert_eq!((server.error(), server.error_string().as_str()), (CloseCode::Normal, ""));
    assert_eq!(server.supported_versions(), [Version::V13]);
    assert_eq!(server.supported_subprotocols(), [""; 0]);
    assert_eq!(server.handshake_timeout(), Some(Duration::from_secs(10)));
    // Qt's is an empty URL.
    assert_eq!(server.server_url().as_str(), "about:blank");
}

/// `tst_QWebSocketServer::tst_settersAndGetters`
///
/// Of the numbers that Qt takes, one that is negative cannot be written here; a time-out that is off is `None`.
#[test]
fn settings_are_what_was_set() {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    for connections in [23, 0, i32::MAX as usize, usize::MAX] {
        server.set_max_pending_connections(connections);
        assert_eq!(server.max_pending_connections(), connections);
    }
    let mut proxy = NetworkProxy::with_host(ProxyType::Socks5, "proxy.test", 1080);
    assert_eq!(server.proxy(), NetworkProxy::default());
    server.set_proxy(&proxy);
    proxy.set_port(1081);
    assert_eq!(server.proxy().port(), 1080);
    server.set_server_name("A server");
    assert_eq!(server.server_name(), "A server");
    let timeouts = [None, Some(Duration::ZERO), Some(Duration::from_millis(64)), Some(Duration::MAX)];
    for timeout in timeouts {
        server.set_handshake_timeout(timeout);
        assert_eq!(server.handshake_timeout(), timeout);
    }
    server.set_supported_subprotocols(["chat", "superchat"]);
    assert_eq!(server.supported_subprotocols(), ["chat", "superchat"]);
    #[cfg(unix)]
    {
        let no_socket = std::fs::File::open("/dev/null").unwrap();
        assert!(server.set_socket_descriptor(no_socket.into()).is_err());
    }
}

/// `tst_QWebSocketServer::tst_listening`
#[test]
fn listening_succeeds_here_and_fails_at_an_address_of_somebody_else() {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let (closed, errors) = (SignalSpy::new(server.closed()), SignalSpy::new(server.server_error()));
    assert!(server.listen(HostAddress::LocalHost, 0).is_ok());
    server.close();
    wait_until("it is closed", || closed.len() == 1);
    assert!(errors.is_empty());

    assert!(server.listen(Ipv4Addr::new(192, 0, 2, 1), 0).is_err());
    assert_eq!(errors.take(), [CloseCode::AbnormalDisconnection]);
    assert_eq!(server.error(), CloseCode::AbnormalDisconnection);
    assert_eq!(server.error_string(), "The address is not available");
    settle();
    assert_eq!(closed.len(), 1);
}

/// `tst_QWebSocketServer::tst_connectivity`
#[test]
fn a_client_connects_to_a_server_for_any_address() {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let told = SignalSpy::new(server.new_connection());
    let asked = SignalSpy::new(server.origin_authentication_required());
    let (closed, errors) = (SignalSpy::new(server.closed()), SignalSpy::new(server.server_error()));
    server.listen(HostAddress::Any, 0).unwrap();
    assert_eq!(server.server_address(), HostAddress::Any);
    assert_eq!(server.server_url().as_str(), format!("ws://127.0.0.1:{}/", server.server_port()));

    let client = WebSocket::new();
    let connected = SignalSpy::new(client.connected());
    client.open(server.server_url());
    wait_until("the client is connected", || !connected.is_empty());
    assert_eq!(client.state(), SocketState::Connected);
    assert_eq!((connected.len(), told.len(), asked.len()), (1, 1, 1));
    assert!(server.has_pending_connections());
    assert!(closed.is_empty());

    server.close();
    wait_until("it is closed", || !closed.is_empty());
    settle();
    assert_eq!((closed.len(), errors.len()), (1, 0));
}

/// `tst_QWebSocketServer::tst_protocols`
#[test]
fn both_sides_agree_on_the_first_subprotocol_of_the_client_that_the_server_has() {
    // Of the client's header, of its options, of the server; what is offered, and what both agree on.
    type Row = (
        &'static str,
        &'static [&'static str],
        &'static [&'static str],
        &'static [&'static str],
        &'static str,
    );
    let rows: [Row; 7] = [
        ("", &[], &[], &[], ""),
        ("", &["chat", "superchat"], &["superchat", "chat"], &["chat", "superchat"], "chat"),
        ("chat, superchat", &[], &["superchat"], &["chat", "superchat"], "superchat"),
        ("superchat", &["chat"], &["superchat", "chat"], &["chat", "superchat"], "chat"),
        ("chat", &["chat"], &["chat"], &["chat"], "chat"),
        ("", &["chat"], &["superchat"], &["chat"], ""),
        ("", &[], &["chat"], &[], ""),
    ];
    for (own_header, options, supported, offered, agreed) in rows {
        let server = listening_server();
        server.set_supported_subprotocols(supported.iter().copied());
        let mut request = NetworkRequest::new(server.server_url());
        request.set_raw_header("Sec-WebSocket-Protocol", own_header);
        let client = WebSocket::new();
        client.open_with(request, HandshakeOptions::new().with_subprotocols(options.iter().copied()));
        wait_until("the client is connected", || client.is_valid());
        let accepted = accepted_socket(server);
        assert_eq!(accepted.handshake_options().subprotocols(), offered);
        assert_eq!((client.subprotocol().as_str(), accepted.subprotocol().as_str()), (agreed, agreed));
    }
}

/// `tst_QWebSocketServer::tst_maxPendingConnections`
#[test]
fn a_third_client_is_refused_while_two_wait_and_they_are_taken_in_order() {
    let server = listening_server();
    server.set_max_pending_connections(2);
    let told = SignalSpy::new(server.new_connection());
    let asked = SignalSpy::new(server.origin_authentication_required());
    let errors = SignalSpy::new(server.server_error());
    let waiting = [(); 2].map(|()| connected_client(server));

    let refused = WebSocket::new();
    let journal = Journal::of(refused);
    refused.open(server.server_url());
    wait_for_end(refused);
    settle();
    // As in Qt, but that Qt closes the connection without a response: RemoteHostClosed.
    assert_eq!(
        journal.take(),
        [
            "state_changed(Connecting)",
            "error_occurred(ConnectionRefused)",
            "state_changed(Unconnected)",
            "disconnected",
            "read_channel_finished",
        ]
    );
    assert_eq!(errors.take(), [CloseCode::AbnormalDisconnection]);
    assert_eq!(server.error_string(), "Too many pending connections.");
    assert_eq!((told.len(), asked.len()), (2, 2));

    for client in waiting {
        assert!(server.has_pending_connections());
        assert_eq!(server.next_pending_connection().unwrap().peer_port(), client.local_port());
    }
    assert!(!server.has_pending_connections());
    assert_eq!(server.next_pending_connection(), None);
    connected_client(server);
}

/// `tst_QWebSocketServer::tst_serverDestroyedWhileSocketConnected`
#[test]
fn a_client_is_disconnected_when_its_server_is_deleted() {
    for is_taken in [false, true] {
        let server = listening_server();
        let client = connected_client(server);
        let ended = SignalSpy::new(client.disconnected());
        if is_taken {
            accepted_socket(server);
        }
        server.delete();
        wait_until("the client is disconnected", || !ended.is_empty());
        assert_eq!(ended.len(), 1);
    }
}

/// `tst_QWebSocketServer::tst_scheme`
///
/// The part for `wss` is in `secure`.
#[test]
fn the_scheme_of_an_accepted_sockets_url_is_that_of_the_server() {
    let Connected { accepted, .. } = Connected::new();
    assert_eq!(accepted.request_url().unwrap().scheme(), "ws");
}

/// `tst_QWebSocketServer::tst_handleConnection`
#[test]
fn a_connection_of_a_tcp_server_becomes_a_socket() {
    let tcp_server = TcpServer::new();
    tcp_server.listen(HostAddress::LocalHost, 0).unwrap();
    let server = WebSocketServer::new("", SslMode::NonSecure);
    tcp_server.new_connection().connect(move |()| {
        while let Some(socket) = tcp_server.next_pending_connection() {
            server.handle_connection(socket);
        }
    });
    let told = SignalSpy::new(server.new_connection());
    let client = WebSocket::new();
    client.open(format!("ws://127.0.0.1:{}/", tcp_server.server_port()));
    wait_until("the client is connected", || client.is_valid());
    assert_eq!(told.len(), 1);
    assert!(!server.is_listening());

    let accepted = accepted_socket(server);
    let journals = [client, accepted].map(Journal::of);
    for (from, to, written) in [(client, 1, 18), (accepted, 0, 14)] {
        assert_eq!(from.send_text_message("Hello world!"), 12);
        assert_eq!(from.bytes_to_write(), written, "the header is counted, and the mask of a client");
        wait_until("the message", || journals[to].len() == 2);
        assert_eq!(from.bytes_to_write(), 0);
        let received = ["text_frame_received(Hello world!, true)", "text_message_received(Hello world!)"];
        assert_eq!(journals[to].take(), received);
    }
    client.close();
    wait_for_end(client);
    wait_for_end(accepted);
    assert_eq!(journals.map(|journal| journal.take()), [ORDERLY_END, ORDERLY_END]);
}

/// `tst_QWebSocketServer::tst_handshakeTimeout`
///
/// The same with TLS is in `secure`.
#[test]
fn fifty_clients_that_say_nothing_are_dropped_in_time_and_a_real_one_gets_through() {
    let clock = VirtualClock::install();
    let server = listening_server();
    server.set_handshake_timeout(Some(Duration::from_millis(500)));
    let mut silent: Vec<_> = (0..50).map(|_| Peer::connect(server)).collect();
    let client = connected_client(server);
    pass(&clock, Duration::from_millis(450));
    assert!(silent.iter_mut().all(|peer| !peer.is_ended()));
    pass(&clock, Duration::from_millis(100));
    silent.iter_mut().for_each(Peer::expect_end);
    // What has done its handshake is not timed out.
    pass(&clock, Duration::from_secs(60));
    assert!(client.is_valid());
}

/// `tst_QWebSocketServer::tst_handshakeTimeout`
#[test]
fn without_a_time_out_a_silent_client_is_waited_for() {
    let clock = VirtualClock::install();
    let server = listening_server();
    server.set_handshake_timeout(None);
    let mut peer = Peer::connect(server);
    pass(&clock, Duration::from_secs(24 * 3600));
    peer.send(REQUEST);
    assert!(peer.read_head().starts_with("HTTP/1.1 101 "));
}

/// `tst_QWebSocketServer::multipleFrames`
#[test]
fn messages_that_are_sent_at_once_arrive_together() {
    let Connected { client, accepted, .. } = Connected::new();
    let received = SignalSpy::new(client.binary_message_received());
    for _ in 0..10 {
        accepted.send_binary_message([0; 10]);
    }
    let mut rounds = 0;
    wait_until("all have arrived", || {
        rounds += usize::from(Application::process_events());
        received.len() == 10
    });
    assert!(rounds < 10, "more than one at a time");
}
