//! A client's way to its connection, and what it knows in each state.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::Journal;
use crate::peer::{Peer, PeerListener, REQUEST, header, response_to};
use crate::support::{
    Connected, accepted_socket, connected_client, listening_server, pass, settle, wait_for_end, wait_until,
};

#[test]
fn an_unconnected_socket_sends_and_closes_nothing() {
    let socket = WebSocket::new();
    let journal = Journal::of(socket);
    assert_eq!(socket.send_text_message("text"), 0);
    assert_eq!(socket.send_binary_message(b"bytes"), 0);
    socket.ping();
    socket.close();
    socket.abort();
    settle();
    assert_eq!(journal.take(), [""; 0]);
    assert_eq!(socket.state(), SocketState::Unconnected);
}

#[test]
fn opening_goes_by_connecting_to_connected() {
    let server = listening_server();
    let client = WebSocket::new();
    let journal = Journal::of(client);
    client.open(server.server_url());
    assert_eq!(journal.take(), ["state_changed(Connecting)"]);
    assert_eq!(client.state(), SocketState::Connecting);
    assert!(!client.is_valid());
    wait_until("connected", || client.is_valid());
    settle();
    assert_eq!(journal.take(), ["state_changed(Connected)", "connected"]);
}

#[test]
fn the_request_is_reported_as_written_before_the_connection_is_open() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    let journal = Journal::of(client);
    let noted = journal.clone();
    client.bytes_written().connect(move |bytes| noted.note(format!("bytes_written({bytes})")));
    client.open(listener.url());
    let mut peer = listener.accept();
    let request = peer.accept_handshake();
    wait_until("connected", || client.is_valid());
    let written = format!("bytes_written({})", request.len());
    assert_eq!(
        journal.take(),
        ["state_changed(Connecting)", written.as_str(), "state_changed(Connected)", "connected"]
    );
}

#[test]
fn while_connecting_the_getters_know_the_target_only() {
    let listener = PeerListener::new();
    let client = WebSocket::with_origin("http://me");
    let url = format!("{}a%20path?query=1#fragment", listener.url());
    client.open(&url);
    assert_eq!(client.request_url().unwrap().as_str(), url);
    assert_eq!(client.resource_name(), "/a%20path?query=1");
    assert_eq!(client.peer_name(), "127.0.0.1");
    assert_eq!(client.origin(), "http://me");
    assert_eq!(client.error_string(), "Unknown error");
    assert_eq!(client.local_address(), HostAddress::Null);
    assert_eq!(client.send_text_message("too early"), 0);
    assert_eq!(client.bytes_to_write(), 0);
}

#[test]
fn once_connected_both_ends_know_each_other() {
    let Connected { server, client, accepted } = Connected::new();
    assert_eq!(client.peer_port(), server.server_port());
    assert_eq!(client.peer_address(), HostAddress::LocalHost);
    assert_eq!(
        (accepted.peer_address(), accepted.peer_port()),
        (client.local_address(), client.local_port())
    );
    assert_eq!(accepted.local_port(), server.server_port());
    assert_eq!(accepted.state(), SocketState::Connected);
    assert_eq!(accepted.peer_name(), "");
    assert_eq!(accepted.error_string(), "Unknown error");
    assert_eq!(accepted.version(), Version::LATEST);
    assert_eq!(accepted.parent(), None);
    assert_eq!(accepted.request_url(), Some(server.server_url()));
    assert_eq!(accepted.resource_name(), server.server_url().as_str());
    assert_eq!(accepted.request().raw_header("upgrade"), Some(&b"websocket"[..]));
}

#[test]
fn an_accepted_socket_is_named_by_its_url_as_people_read_it() {
    for (target, name) in [
        ("/a%20b/%E2%82%AC?q=%41%7e%2D", "/a b/€?q=A~-"),
        ("/%2f%3F%23%25?a%26b=%3D", "/%2F%3F%23%25?a%26b=%3D"),
        ("/%00%7F%C2%80%EF%BF%BF", "/%00%7F%C2%80%EF%BF%BF"),
        ("/%E2%82/%FF%41", "/%E2%82/%FFA"),
        ("/%zz%4%%41%", "/%25zz%254%25A%25"),
    ] {
        let server = listening_server();
        let mut peer = Peer::connect(server);
        peer.send(REQUEST.replace("/chat?room=1", target));
        let socket = accepted_socket(server);
        assert_eq!(socket.resource_name(), format!("ws://localhost{name}"));
    }
}

#[test]
fn the_last_slots_of_a_connection_still_see_its_addresses() {
    let ends: [fn(&Connected); 3] =
        [|both| both.client.close(), |both| both.client.abort(), |both| both.accepted.abort()];
    for end in ends {
        let both = Connected::new();
        let addresses = |socket: WebSocket| {
            [(socket.peer_address(), socket.peer_port()), (socket.local_address(), socket.local_port())]
        };
        let seen = Rc::new(Cell::new(0));
        for socket in [both.client, both.accepted] {
            let known = addresses(socket);
            for signal in [socket.disconnected(), socket.read_channel_finished()] {
                let seen = seen.clone();
                signal.connect(move |()| {
                    assert_eq!(addresses(socket), known);
                    seen.set(seen.get() + 1);
                });
            }
        }
        end(&both);
        for socket in [both.client, both.accepted] {
            wait_for_end(socket);
            assert_eq!(addresses(socket), [(HostAddress::Null, 0); 2]);
        }
        assert_eq!(seen.get(), 4);
    }
}

#[test]
fn opening_again_while_connecting_is_no_change_of_state() {
    let server = listening_server();
    let client = WebSocket::new();
    client.open(server.server_url());
    let journal = Journal::of(client);
    client.open(server.server_url());
    wait_until("it is connected", || journal.contains("connected"));
    assert_eq!(journal.take(), ["state_changed(Connected)", "connected"]);
}

#[test]
fn the_deprecated_error_signal_is_a_twin() {
    let client = WebSocket::new();
    let journal = Journal::default();
    let (first, second) = (journal.clone(), journal.clone());
    #[expect(deprecated, reason = "it is what is tested")]
    client.error_signal().connect(move |error| second.note(format!("error({error:?})")));
    client.error_occurred().connect(move |error| first.note(format!("error_occurred({error:?})")));
    client.open("");
    assert_eq!(journal.take(), ["error_occurred(ConnectionRefused)", "error(ConnectionRefused)"]);
}

#[test]
fn the_pause_mode_is_remembered() {
    let Connected { client, .. } = Connected::new();
    assert_eq!(client.pause_mode(), PauseMode::Never);
    client.set_pause_mode(PauseMode::OnSslErrors);
    assert_eq!(client.pause_mode(), PauseMode::OnSslErrors);
    client.resume();
    assert!(client.is_valid());
}

#[test]
fn a_closed_socket_keeps_what_it_was_opened_with() {
    let Connected { server, client, .. } = Connected::new();
    client.close_with(CloseCode::GoingAway, "enough");
    wait_for_end(client);
    assert_eq!(client.request_url(), Some(server.server_url()));
    assert_eq!(client.peer_name(), "127.0.0.1");
    assert_eq!((client.peer_address(), client.peer_port()), (HostAddress::Null, 0));
    assert_eq!(client.close_code(), CloseCode::GoingAway);
    assert_eq!(client.close_reason(), "enough");
    assert!(!client.is_valid());
}

#[test]
fn nothing_is_stale_after_opening_again() {
    let Connected { server, client, accepted } = Connected::new();
    accepted.close_with(CloseCode::PolicyViolated, "go away");
    wait_for_end(client);
    assert_eq!((client.close_code(), client.close_reason().as_str()), (CloseCode::PolicyViolated, "go away"));
    client.open(server.server_url());
    assert_eq!((client.close_code(), client.close_reason().as_str()), (CloseCode::Normal, ""));
    assert_eq!(client.error_string(), "Unknown error");
    wait_until("connected again", || client.is_valid());
}

#[test]
fn opening_while_connected_drops_the_old_connection_without_a_word() {
    let client = WebSocket::new();
    let mut old = Peer::server_of(client);
    let journal = Journal::of(client);
    let mut new = Peer::server_of(client);
    assert_eq!(journal.take(), ["state_changed(Connecting)", "state_changed(Connected)", "connected"]);
    old.expect_end();
    client.send_text_message("to the new one");
    assert_eq!(new.read_frame().payload, b"to the new one");
}

#[test]
fn opening_an_invalid_url_while_connected_leaves_the_connection_alone() {
    let Connected { client, accepted, .. } = Connected::new();
    let journal = Journal::of(client);
    client.open("ws://[not a host");
    assert_eq!(journal.take(), ["error_occurred(ConnectionRefused)"]);
    assert_eq!(client.error_string(), "Invalid URL.");
    let received = SignalSpy::new(accepted.text_message_received());
    client.send_text_message("still here");
    wait_until("the message arrives", || !received.is_empty());
}

#[test]
fn the_request_has_qts_lines_in_qts_order() {
    let listener = PeerListener::new();
    let client = WebSocket::with_origin("http://example.org");
    let mut request = NetworkRequest::new(format!("{}path?q=1", listener.url()));
    request.set_raw_header("X-Own", "value");
    client.open_with(&request, HandshakeOptions::new().with_subprotocols(["chat", "superchat"]));
    let mut peer = listener.accept();
    let sent = peer.read_head();
    let key = header(&sent, "Sec-WebSocket-Key").unwrap();
    assert_eq!(key.len(), 24);
    let expected = format!(
        "GET /path?q=1 HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\nOrigin: http://example.org\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: chat, superchat\r\nx-own: value\r\n\r\n",
        listener.port()
    );
    assert_eq!(sent, expected);
}

#[test]
fn two_connections_have_two_keys() {
    let listener = PeerListener::new();
    let keys = [(); 2].map(|()| {
        let client = WebSocket::new();
        client.open(listener.url());
        header(&listener.accept().read_head(), "Sec-WebSocket-Key").unwrap().to_owned()
    });
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn what_comes_right_behind_the_response_is_received_after_connected() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    let journal = Journal::of(client);
    client.open(listener.url());
    let mut peer = listener.accept();
    let request = peer.read_head();
    peer.send([response_to(&request).as_bytes(), b"\x81\x05hello"].concat());
    wait_until("the greeting arrives", || journal.contains("text_message_received(hello)"));
    assert_eq!(
        journal.take(),
        [
            "state_changed(Connecting)",
            "state_changed(Connected)",
            "connected",
            "text_frame_received(hello, true)",
            "text_message_received(hello)",
        ]
    );
}

#[test]
fn a_response_may_come_byte_by_byte() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    let mut peer = listener.accept();
    let request = peer.read_head();
    for byte in response_to(&request).as_bytes() {
        assert_eq!(client.state(), SocketState::Connecting);
        peer.send([*byte]);
        settle();
    }
    assert!(client.is_valid());
}

#[test]
fn a_subprotocol_is_agreed_on_in_the_order_of_the_client() {
    let server = listening_server();
    server.set_supported_subprotocols(["amqp", "superchat", "chat"]);
    let client = WebSocket::new();
    let options = HandshakeOptions::new().with_subprotocols(["mqtt", "chat", "superchat"]);
    client.open_with(server.server_url(), options.clone());
    wait_until("connected", || client.is_valid());
    let accepted = server.next_pending_connection().unwrap();
    assert_eq!((client.subprotocol(), accepted.subprotocol()), ("chat".to_owned(), "chat".to_owned()));
    assert_eq!(accepted.handshake_options(), options);
    assert_eq!(client.handshake_options(), options);
}

#[test]
fn without_a_common_subprotocol_there_is_none() {
    let server = listening_server();
    server.set_supported_subprotocols(["amqp"]);
    let client = WebSocket::new();
    client.open_with(server.server_url(), HandshakeOptions::new().with_subprotocols(["mqtt"]));
    wait_until("connected", || client.is_valid());
    assert_eq!(client.subprotocol(), "");
}

#[test]
fn a_server_that_does_not_answer_is_given_up_after_ten_seconds() {
    let clock = VirtualClock::install();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    let journal = Journal::of(client);
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    pass(&clock, Duration::from_secs(9));
    assert_eq!(journal.take(), ["state_changed(Connecting)"]);
    pass(&clock, Duration::from_secs(2));
    assert_eq!(
        journal.take(),
        [
            "error_occurred(SocketTimeout)",
            "state_changed(Unconnected)",
            "disconnected",
            "read_channel_finished",
        ]
    );
    assert_eq!(client.error_string(), "Connection timed out");
    peer.expect_end();
}

#[test]
fn the_handshake_timeout_can_be_set_or_be_off() {
    let clock = VirtualClock::install();
    let listener = PeerListener::new();
    let (short, off) = (WebSocket::new(), WebSocket::new());
    assert_eq!(short.handshake_timeout(), Some(Duration::from_secs(10)));
    short.set_handshake_timeout(Some(Duration::from_secs(1)));
    off.set_handshake_timeout(None);
    let peers = [short, off].map(|client| {
        client.open(listener.url());
        let mut peer = listener.accept();
        peer.read_head();
        peer
    });
    pass(&clock, Duration::from_secs(2));
    assert_eq!(short.state(), SocketState::Unconnected);
    pass(&clock, Duration::from_secs(3600));
    assert_eq!(off.state(), SocketState::Connecting);
    drop(peers);
}

#[test]
fn the_transfer_timeout_of_a_request_stands_in_for_the_handshake_timeout() {
    let clock = VirtualClock::install();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    let open_for = |seconds: u64| {
        let mut request = NetworkRequest::new(listener.url());
        request.set_transfer_timeout(Some(Duration::from_secs(seconds)));
        client.open(request);
        let mut peer = listener.accept();
        peer.read_head();
        peer
    };
    let peer = open_for(1);
    pass(&clock, Duration::from_secs(2));
    assert_eq!(client.error(), SocketError::SocketTimeout);
    let other = open_for(60);
    pass(&clock, Duration::from_secs(50));
    assert_eq!(client.state(), SocketState::Connecting);
    pass(&clock, Duration::from_secs(11));
    assert_eq!(client.state(), SocketState::Unconnected);
    drop((peer, other));
}

#[test]
fn a_connection_that_is_open_does_not_time_out() {
    let clock = VirtualClock::install();
    let Connected { client, accepted, .. } = Connected::new();
    pass(&clock, Duration::from_secs(3600));
    assert!(client.is_valid() && accepted.is_valid());
}

#[test]
fn closing_while_the_response_is_awaited_aborts() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    let journal = Journal::of(client);
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    journal.take();
    client.close();
    assert_eq!(journal.take(), crate::journal::ABORT);
    // Nothing but the request was in the HTTP stream.
    peer.expect_end();
}

#[test]
fn aborting_while_the_response_is_awaited_ends_it() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    let journal = Journal::of(client);
    client.open(listener.url());
    listener.accept().read_head();
    journal.take();
    client.abort();
    assert_eq!(journal.take(), crate::journal::ABORT);
}

#[test]
fn closing_before_there_is_a_connection_is_an_error() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    let journal = Journal::of(client);
    client.close();
    assert_eq!(
        journal.take(),
        [
            "error_occurred(UnfinishedSocketOperation)",
            "about_to_close",
            "state_changed(Unconnected)",
            "disconnected",
            "read_channel_finished",
        ]
    );
    settle();
    assert_eq!(journal.take(), [""; 0]);
}

#[test]
fn what_is_closed_before_there_is_a_connection_makes_none() {
    for end in [WebSocket::close, WebSocket::abort] {
        let server = listening_server();
        let connections = SignalSpy::new(server.new_connection());
        let client = WebSocket::new();
        client.open(server.server_url());
        let written = SignalSpy::new(client.bytes_written());
        end(client);
        connected_client(server);
        settle();
        assert_eq!(connections.len(), 1, "that of the other client");
        assert!(written.is_empty());
        assert_eq!((client.peer_address(), client.local_port()), (HostAddress::Null, 0));
    }
}

#[test]
fn a_ping_before_the_handshake_puts_nothing_into_the_http_stream() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    client.ping_with("early");
    let mut peer = listener.accept();
    peer.read_head();
    client.ping_with("early");
    settle();
    assert_eq!(peer.take_received(), b"");
}

#[test]
fn a_name_is_looked_up() {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    server.listen(HostAddress::Any, 0).unwrap();
    let client = WebSocket::new();
    client.open(format!("ws://localhost:{}/", server.server_port()));
    wait_until("connected", || client.is_valid());
    assert_eq!(client.peer_name(), "localhost");
    assert!(client.peer_address().is_loopback());
}

#[test]
fn one_server_has_many_clients() {
    let server = listening_server();
    server.set_max_pending_connections(64);
    let clients: Vec<_> = (0..64).map(|_| connected_client(server)).collect();
    let accepted: Vec<_> = std::iter::from_fn(|| server.next_pending_connection()).collect();
    assert_eq!(accepted.len(), 64);
    let ports = |sockets: &[WebSocket], port: fn(WebSocket) -> u16| {
        let mut ports: Vec<_> = sockets.iter().map(|&socket| port(socket)).collect();
        ports.sort_unstable();
        ports
    };
    assert_eq!(ports(&clients, WebSocket::local_port), ports(&accepted, WebSocket::peer_port));
}

/// What a client knows that is refused by these, one after the other.
fn refusal_after(responses: &[&str]) -> (WebSocket, HttpResponse) {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    for response in responses {
        settle();
        assert_eq!(client.refusal(), None);
        peer.send(response);
    }
    wait_for_end(client);
    let refusal = client.refusal().unwrap();
    (client, refusal)
}

#[test]
fn interim_responses_before_the_response_are_passed_over() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    let mut peer = listener.accept();
    let request = peer.read_head();
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    peer.send(interim.repeat(8));
    settle();
    assert_eq!(client.state(), SocketState::Connecting);
    peer.send(response_to(&request));
    wait_until("connected", || client.is_valid());
}

#[test]
fn a_seventeenth_interim_response_is_one_too_many() {
    let (client, refusal) = refusal_after(&[&"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(17)]);
    assert_eq!(refusal.status_code(), 103);
    assert!(client.error_string().contains("status code: 103"), "{}", client.error_string());
}

#[test]
fn interim_responses_count_towards_the_limit_of_the_head() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.set_limits(Limits::qt().with_max_head_size(1000));
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    let interim = format!("HTTP/1.1 103 Early Hints\r\nA: {}\r\n\r\n", "a".repeat(470));
    peer.send(interim.repeat(2));
    wait_for_end(client);
    assert_eq!(client.error_string(), "Header is too large: it does not end within 1000 bytes");
}

#[test]
fn a_refusal_is_known_with_its_fields_and_the_beginning_of_its_body() {
    let (client, refusal) = refusal_after(&[
        "HTTP/1.1 503 Come again\r\nRetry-After: 120\r\nLocation: /queue\r\nContent-Length: 9\r\n\r\n",
        "not",
        " today",
    ]);
    assert_eq!((refusal.status_code(), &*refusal.reason_phrase()), (503, "Come again"));
    assert_eq!(refusal.raw_header("retry-after"), Some(&b"120"[..]));
    assert_eq!(refusal.raw_header("Location"), Some(&b"/queue"[..]));
    assert_eq!(refusal.body(), b"not today");
    assert!(!format!("{refusal:?}").contains("today"), "a log does not tell it");
    client.open("ws://[");
    assert_eq!(client.refusal(), Some(refusal), "what cannot be opened changes nothing");
    client.open("ws://127.0.0.1:1/");
    assert_eq!(client.refusal(), None);
}

#[test]
fn no_more_of_the_body_of_a_refusal_is_kept_than_its_beginning() {
    let body = "x".repeat(HttpResponse::MAX_BODY_SIZE);
    for head in ["Content-Length: 1000000\r\n", "Transfer-Encoding: chunked\r\n"] {
        let size = if head.starts_with('T') { "2000\r\n" } else { "" };
        let (_, refusal) = refusal_after(&[&format!("HTTP/1.1 404 No\r\n{head}\r\n{size}{body}yyy")]);
        assert_eq!(refusal.body(), body.as_bytes());
    }
}

#[test]
fn a_refusal_whose_body_does_not_come_is_told_when_the_server_closes_or_the_time_is_over() {
    let text = "QWebSocketPrivate::processHandshake: Unhandled http status code: 404 (No).";
    for closes in [true, false] {
        let clock = VirtualClock::install();
        let listener = PeerListener::new();
        let client = WebSocket::new();
        client.open(listener.url());
        let mut peer = listener.accept();
        peer.read_head();
        peer.send("HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nhalf");
        settle();
        assert_eq!(client.state(), SocketState::Connecting);
        if closes {
            drop(peer);
        } else {
            clock.advance(Duration::from_secs(11));
        }
        wait_for_end(client);
        assert_eq!(client.error_string(), text);
        assert_eq!(client.refusal().unwrap().body(), b"half");
    }
}

#[test]
fn a_426_names_the_version_that_the_server_asks_for() {
    let (client, refusal) =
        refusal_after(&["HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 8, 7\r\n\r\n"]);
    assert!(client.error_string().ends_with("426 (Upgrade Required). The server asks for version 8, 7."));
    assert_eq!(refusal.raw_header("sec-websocket-version"), Some(&b"8, 7"[..]));
}

#[test]
fn a_response_that_does_not_open_the_connection_is_a_refusal_whatever_its_status() {
    let (_, refusal) = refusal_after(&["HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"]);
    assert_eq!((refusal.status_code(), refusal.raw_header("upgrade")), (101, Some(&b"h2c"[..])));
    let (_, refusal) = refusal_after(&["HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"a\"\r\n\r\n"]);
    assert_eq!(refusal.status_code(), 401);
}
