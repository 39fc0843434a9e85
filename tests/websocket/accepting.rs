//! Accepting, the queue, and the server's errors.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::{ABORT, Journal};
use crate::peer::{End, Peer, REQUEST, header, refused_port};
use crate::support::{
    Bystander, Connected, accepted_socket, connected_client, echo_server, frame, listening_server, pass,
    settle, wait_for_end, wait_until,
};

#[test]
fn a_new_connection_is_told_once_and_waits_in_the_queue() {
    let server = listening_server();
    let told = SignalSpy::new(server.new_connection());
    let clients = [(); 3].map(|()| connected_client(server));
    assert_eq!(told.len(), 3);
    for client in clients {
        assert!(server.has_pending_connections());
        assert_eq!(server.next_pending_connection().unwrap().peer_port(), client.local_port());
    }
    assert_eq!(server.next_pending_connection(), None);
}

#[test]
fn a_greeting_that_is_sent_in_new_connection_follows_the_response() {
    let server = listening_server();
    server.new_connection().connect(move |()| {
        server.next_pending_connection().unwrap().send_text_message("welcome");
    });
    let mut peer = Peer::client_of(server);
    assert_eq!(peer.read_frame().payload, b"welcome");
    let client = WebSocket::new();
    let journal = Journal::of(client);
    client.open(server.server_url());
    wait_until("the greeting", || journal.contains("text_message_received(welcome)"));
    assert_eq!(journal.take()[..3], ["state_changed(Connecting)", "state_changed(Connected)", "connected"]);
}

#[test]
fn what_comes_with_the_request_reaches_the_slots_that_new_connection_connects() {
    let server = echo_server();
    let mut peer = Peer::connect(server);
    let messages =
        [frame(0x81, b"one", true), frame(0x89, b"two", true), frame(0x82, &[3; 200], true)].concat();
    peer.send([REQUEST.as_bytes(), &messages].concat());
    peer.read_head();
    assert_eq!(peer.read_frame().payload, b"one");
    assert_eq!(peer.read_frame().payload, b"two");
    assert_eq!(peer.read_frame().payload, [3; 200]);
}

#[test]
fn what_comes_once_the_connection_is_taken_is_received() {
    let server = listening_server();
    let (mut peer, socket) = Peer::with_accepted(server);
    let received = SignalSpy::new(socket.text_message_received());
    peer.send_frame(0x81, "after");
    wait_until("the message", || !received.is_empty());
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let server = echo_server();
    let bystander = Bystander::of(server);
    let mut peer = Peer::connect(server);
    for byte in [REQUEST.as_bytes(), &frame(0x81, b"hello", true)].concat() {
        peer.send([byte]);
        settle();
    }
    peer.read_head();
    assert_eq!(peer.read_frame().payload, b"hello");
    bystander.goes_on();
}

#[test]
fn empty_lines_in_front_of_a_request_are_passed_over() {
    let server = listening_server();
    let mut peer = Peer::connect(server);
    peer.send("\r\n");
    settle();
    peer.send("\r");
    settle();
    peer.send(format!("\n{REQUEST}"));
    assert!(peer.read_head().starts_with("HTTP/1.1 101 "));
    assert_eq!(accepted_socket(server).request_target(), "/chat?room=1");
}

#[test]
fn the_target_of_a_request_can_be_had_as_it_came() {
    for target in ["/a/../b?x=%41#y", "/%2e%2e/c\\d", "//e", "*", "ws://other:80/f/../g"] {
        let server = listening_server();
        let mut peer = Peer::connect(server);
        peer.send(REQUEST.replace("/chat?room=1", target));
        assert_eq!(accepted_socket(server).request_target(), target);
    }
    let Connected { server, client, .. } = Connected::new();
    assert_eq!(client.request_target(), "/");
    client.open(server.server_url().join("/a/../b?c=%41#d").unwrap());
    assert_eq!(client.request_target(), "/b?c=A", "of a client, what it sends");
    assert_eq!(WebSocket::new().request_target(), "");
}

/// `QHttpHeaders::values` and `QNetworkRequest::rawHeader` of Qt 6.12 say the same of it.
#[test]
fn fields_of_one_name_in_a_request_are_apart_and_together() {
    let server = listening_server();
    let mut peer = Peer::connect(server);
    peer.send(REQUEST.replace("\r\n\r\n", "\r\nX-A: 1\r\nx-a: 2\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n"));
    peer.read_head();
    let request = accepted_socket(server).request();
    assert_eq!(request.headers().values("X-A").collect::<Vec<_>>(), [b"1", b"2"]);
    assert_eq!(request.raw_header("X-A"), Some(&b"1, 2"[..]));
    let cookies = [NetworkCookie::new("a", "1"), NetworkCookie::new("b", "2")];
    assert_eq!(request.header(KnownHeader::Cookie).as_deref(), Some(&cookies[..]));
}

#[test]
fn the_response_has_qts_lines_in_qts_order() {
    let server = listening_server();
    server.set_server_name("Tester");
    server.set_supported_subprotocols(["chat"]);
    let mut peer = Peer::connect(server);
    let fields = "\r\nOrigin: http://o\r\nSec-WebSocket-Protocol: x, chat\r\n\r\n";
    peer.send(REQUEST.replace("\r\n\r\n", fields));
    let head = peer.read_head();
    let date = header(&head, "Date").unwrap();
    assert!(date.ends_with(" GMT"), "{date}");
    let expected = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\
         Server: Tester\r\nAccess-Control-Allow-Credentials: false\r\nAccess-Control-Allow-Methods: GET\r\n\
         Access-Control-Allow-Headers: content-type\r\nAccess-Control-Allow-Origin: http://o\r\n\
         Date: {date}\r\n\r\n"
    );
    assert_eq!(head, expected);
}

#[test]
fn a_full_queue_refuses_with_503_until_there_is_room() {
    let server = listening_server();
    server.set_max_pending_connections(2);
    let errors = SignalSpy::new(server.server_error());
    let origins = SignalSpy::new(server.origin_authentication_required());
    let waiting = [(); 2].map(|()| connected_client(server));
    let refused = WebSocket::new();
    let journal = Journal::of(refused);
    refused.open(server.server_url());
    wait_until("it is refused", || journal.contains("disconnected"));
    assert_eq!(
        refused.error_string(),
        "QWebSocketPrivate::processHandshake: Unhandled http status code: 503 (Service Unavailable)."
    );
    assert_eq!(errors.take(), [CloseCode::AbnormalDisconnection]);
    assert_eq!(server.error_string(), "Too many pending connections.");
    assert_eq!(origins.len(), 2);
    assert_eq!(server.next_pending_connection().unwrap().peer_port(), waiting[0].local_port());
    connected_client(server);
}

#[test]
fn a_full_queue_is_told_every_time_in_an_error_that_can_be_read_afterwards() {
    let server = listening_server();
    server.set_max_pending_connections(0);
    let errors = SignalSpy::new(server.server_error());
    for count in 1..=3 {
        let mut peer = Peer::connect(server);
        peer.send(REQUEST);
        assert!(peer.read_head().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
        peer.expect_end();
        assert_eq!(errors.len(), count);
        assert_eq!(server.error(), CloseCode::AbnormalDisconnection);
    }
}

#[test]
fn a_refused_origin_gets_403() {
    let server = listening_server();
    server.origin_authentication_required().connect(|authenticator| {
        authenticator.set_allowed(authenticator.origin() == "http://good");
    });
    let errors = Rc::<RefCell<Vec<_>>>::default();
    let seen = errors.clone();
    server.server_error().connect(move |code| {
        assert_eq!(server.error(), code);
        seen.borrow_mut().push((code, server.error_string()));
    });
    let bad = WebSocket::with_origin("http://bad");
    bad.open(server.server_url());
    let journal = Journal::of(bad);
    wait_for_end(bad);
    assert_eq!(
        journal.take(),
        [
            "error_occurred(ConnectionRefused)",
            "state_changed(Unconnected)",
            "disconnected",
            "read_channel_finished",
        ]
    );
    assert_eq!(
        bad.error_string(),
        "QWebSocketPrivate::processHandshake: Unhandled http status code: 403 (Access Forbidden)."
    );
    assert_eq!(errors.take(), [(CloseCode::PolicyViolated, "Access forbidden.".to_owned())]);
    // Outside of the slot the error is that of the server, and it has none.
    assert_eq!((server.error(), server.error_string().as_str()), (CloseCode::Normal, ""));
    let good = WebSocket::with_origin("http://good");
    good.open(server.server_url());
    wait_until("connected", || good.is_valid());
    assert_eq!(accepted_socket(server).origin(), "http://good");
}

#[test]
fn what_comes_while_a_slot_thinks_about_the_origin_is_received() {
    let server = listening_server();
    let peer = Rc::new(RefCell::new(Peer::connect(server)));
    let sender = peer.clone();
    server.origin_authentication_required().connect(move |_| {
        let message = frame(0x81, b"early", true);
        assert_eq!(sender.borrow_mut().try_send(&message), message.len());
        settle();
    });
    let received = Rc::new(Cell::new(false));
    let flag = received.clone();
    server.new_connection().connect(move |()| {
        let flag = flag.clone();
        let socket = server.next_pending_connection().unwrap();
        socket.text_message_received().connect(move |text| flag.set(text == "early"));
    });
    peer.borrow_mut().send(REQUEST);
    wait_until("the message", || received.get());
}

#[test]
fn a_refusal_is_told_every_time() {
    let server = listening_server();
    let errors = SignalSpy::new(server.server_error());
    for _ in 0..3 {
        let mut peer = Peer::connect(server);
        peer.send("GET / HTTP/1.1\r\n\r\n");
        assert!(peer.read_head().starts_with("HTTP/1.1 400 Bad Request\r\n"));
        peer.expect_end();
    }
    assert_eq!(errors.take(), [CloseCode::ProtocolError; 3]);
}

#[test]
fn an_error_is_reset_when_a_connection_of_the_server_ends() {
    let Connected { server, client, .. } = Connected::new();
    server.set_max_pending_connections(0);
    let mut peer = Peer::connect(server);
    peer.send(REQUEST);
    peer.read_end();
    assert_eq!(server.error(), CloseCode::AbnormalDisconnection);
    client.close();
    wait_for_end(client);
    settle();
    assert_eq!((server.error(), server.error_string().as_str()), (CloseCode::Normal, ""));
}

#[test]
fn another_version_gets_426() {
    let server = listening_server();
    let errors = SignalSpy::new(server.server_error());
    for versions in ["8", "7, 8", "99"] {
        let mut peer = Peer::connect(server);
        peer.send(REQUEST.replace("Version: 13", &format!("Version: {versions}")));
        let head = peer.read_head();
        assert!(head.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{head}");
        assert_eq!(header(&head, "Sec-WebSocket-Version"), Some("13"));
        peer.expect_end();
    }
    assert_eq!(errors.take(), [CloseCode::ProtocolError; 3]);
}

#[test]
fn a_name_with_a_line_break_fails_every_handshake() {
    let server = listening_server();
    server.set_server_name("bad\r\nInjected: yes");
    let text = Rc::<RefCell<String>>::default();
    let seen = text.clone();
    server.server_error().connect(move |_| *seen.borrow_mut() = server.error_string());
    let mut peer = Peer::connect(server);
    peer.send(REQUEST);
    let head = peer.read_head();
    assert!(head.starts_with("HTTP/1.1 500 "), "{head}");
    assert!(!head.contains("Injected"));
    peer.expect_end();
    assert_eq!(*text.borrow(), "One of the headers contains a newline. Possible attack detected.");
}

#[test]
fn a_handshake_that_takes_too_long_is_dropped_without_a_word() {
    let clock = VirtualClock::install();
    let server = echo_server();
    let bystander = Bystander::of(server);
    let errors = SignalSpy::new(server.server_error());
    let (mut silent, mut slow) = (Peer::connect(server), Peer::connect(server));
    settle();
    for byte in REQUEST.as_bytes().iter().take(9) {
        pass(&clock, Duration::from_secs(1));
        slow.send([*byte]);
    }
    settle();
    assert!(!silent.is_ended() && !slow.is_ended());
    pass(&clock, Duration::from_millis(1600));
    assert_eq!(silent.read_end().0, b"");
    assert_eq!(slow.read_end().0, b"");
    assert!(errors.is_empty());
    assert_eq!(server.error(), CloseCode::Normal);
    bystander.goes_on();
}

#[test]
fn the_handshake_timeout_can_be_set_or_be_off() {
    let clock = VirtualClock::install();
    let server = listening_server();
    server.set_handshake_timeout(Some(Duration::from_millis(500)));
    let mut short = Peer::connect(server);
    settle();
    server.set_handshake_timeout(None);
    let mut endless = Peer::connect(server);
    settle();
    pass(&clock, Duration::from_secs(1));
    assert!(short.is_ended());
    pass(&clock, Duration::from_secs(3600));
    assert!(!endless.is_ended());
    endless.send(REQUEST);
    endless.read_head();
}

#[test]
fn with_a_handshake_timeout_of_zero_nobody_gets_in() {
    let server = listening_server();
    server.set_handshake_timeout(Some(Duration::ZERO));
    let mut peer = Peer::connect(server);
    peer.send(REQUEST);
    assert_eq!(peer.read_end().0, b"");
    assert!(!server.has_pending_connections());
}

#[test]
fn a_finished_handshake_does_not_time_out() {
    let clock = VirtualClock::install();
    let (_peer, socket) = Peer::with_accepted(listening_server());
    pass(&clock, Duration::from_secs(60));
    assert!(socket.is_valid());
    assert_eq!(Application::next_timeout(), None);
}

#[test]
fn deleting_a_server_ends_its_connections() {
    let Connected { server, client, accepted } = Connected::new();
    let journal = Journal::of(accepted);
    let noted = journal.clone();
    server.destroyed().connect(move |_| noted.note("server destroyed"));
    server.delete();
    let mut expected = vec!["server destroyed"];
    expected.extend(ABORT);
    assert_eq!(journal.take(), expected);
    assert!(accepted.is_alive());
    assert_eq!(accepted.state(), SocketState::Unconnected);
    assert_eq!((accepted.send_text_message("x"), accepted.peer_port()), (0, 0));
    accepted.close();
    wait_for_end(client);
    assert_eq!(journal.take(), [""; 0]);
}

#[test]
fn deleting_a_server_says_good_bye_to_what_was_not_taken() {
    let server = listening_server();
    let waiting = connected_client(server);
    let mut handshaking = Peer::connect(server);
    settle();
    server.delete();
    wait_for_end(waiting);
    assert_eq!(
        (waiting.close_code(), waiting.close_reason().as_str()),
        (CloseCode::GoingAway, "Server closed.")
    );
    assert_eq!(handshaking.read_end().0, b"");
    waiting.delete();
    settle();
    assert_eq!(Application::dump_objects(), "");
}

#[test]
fn a_pending_connection_that_has_ended_is_not_there_any_more() {
    let server = listening_server();
    let clients = [(); 3].map(|()| connected_client(server));
    clients[1].close();
    wait_for_end(clients[1]);
    settle();
    for place in [0, 2] {
        let socket = server.next_pending_connection().unwrap();
        assert_eq!(socket.state(), SocketState::Connected);
        assert_eq!(socket.peer_port(), clients[place].local_port());
    }
    assert_eq!(server.next_pending_connection(), None);
    assert!(!server.has_pending_connections());
}

#[test]
fn a_server_may_be_deleted_in_each_of_its_slots() {
    for signal in ["new_connection", "origin_authentication_required", "server_error", "closed"] {
        let server = listening_server();
        match signal {
            "new_connection" => {
                server.new_connection().connect(move |()| server.delete());
            }
            "origin_authentication_required" => {
                server.origin_authentication_required().connect(move |_| server.delete());
            }
            "server_error" => {
                server.server_error().connect(move |_| server.delete());
            }
            _ => {
                server.closed().connect(move |()| server.delete());
            }
        }
        let mut peer = Peer::connect(server);
        peer.send(if signal == "server_error" { "nonsense\r\n\r\n" } else { REQUEST });
        settle();
        if signal == "closed" {
            server.close();
        }
        wait_until(signal, || !server.is_alive());
        peer.read_end();
        settle();
        assert_eq!(Application::dump_objects(), "", "{signal}");
    }
}

#[test]
fn a_nested_loop_in_new_connection_serves_the_others() {
    let server = listening_server();
    let bystander = {
        let echo = echo_server();
        Bystander::of(echo)
    };
    let outer = Cell::new(true);
    let told = Rc::new(Cell::new(0));
    let count = told.clone();
    server.new_connection().connect(move |()| {
        count.set(count.get() + 1);
        if outer.replace(false) {
            wait_until("a second connection", || count.get() == 2);
        }
    });
    let clients = [WebSocket::new(), WebSocket::new()];
    for client in clients {
        client.open(server.server_url());
    }
    wait_until("both are connected", || clients.iter().all(|client| client.is_valid()));
    assert_eq!(told.get(), 2);
    bystander.goes_on();
}

#[test]
fn a_foreign_client_that_does_nothing_harms_nobody() {
    let server = echo_server();
    let _idle: Vec<_> = (0..100).map(|_| Peer::connect(server)).collect();
    Bystander::of(server).goes_on();
}

#[test]
fn a_client_of_a_server_that_is_not_there_is_refused() {
    let client = WebSocket::new();
    client.open(format!("ws://127.0.0.1:{}/", refused_port()));
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::ConnectionRefused);
}

#[test]
fn an_aborted_socket_has_no_descriptor_any_more() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.abort();
    assert_ne!(peer.read_end().1, End::Reset);
    assert_eq!(socket.local_port(), 0);
}
