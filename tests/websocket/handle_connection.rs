//! Connections that somebody else accepted, and has read from: HTTP and WebSocket on one port.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::{Journal, ORDERLY_END};
use crate::peer::{Peer, REQUEST};
use crate::support::{accepted_socket, close_payload, frame, pass, settle, wait_for_end, wait_until};

/// A server that never listens, and connections of a TCP server to give to it.
struct Adopting {
    tcp_server: TcpServer,
    server: WebSocketServer,
}

impl Adopting {
    fn new() -> Self {
        let tcp_server = TcpServer::new();
        tcp_server.listen(HostAddress::LocalHost, 0).unwrap();
        Self { tcp_server, server: WebSocketServer::new("", SslMode::NonSecure) }
    }

    /// Both ends of a new connection.
    fn connection(&self) -> (Peer, TcpSocket) {
        let peer = Peer::connect_to_port(self.tcp_server.server_port());
        wait_until("a connection", || self.tcp_server.has_pending_connections());
        (peer, self.tcp_server.next_pending_connection().unwrap())
    }
}

/// Waits until the socket has read that much.
fn wait_for_bytes(socket: TcpSocket, count: usize) {
    wait_until("the bytes", || socket.bytes_available() == count);
}

#[test]
fn one_port_serves_http_and_websocket() {
    let Adopting { tcp_server, server } = Adopting::new();
    // As a program does it whose parser wants to see the head before it decides.
    tcp_server.new_connection().connect(move |()| {
        while let Some(socket) = tcp_server.next_pending_connection() {
            socket.ready_read().connect(move |()| {
                let head = String::from_utf8(socket.peek(4096)).unwrap();
                if !head.ends_with("\r\n\r\n") {
                    return;
                }
                socket.ready_read().disconnect_all();
                if head.contains("Upgrade: websocket") {
                    server.handle_connection(socket);
                } else {
                    socket.read_all();
                    socket.write(b"HTTP/1.1 204 No Content\r\n\r\n");
                    socket.disconnect_from_host();
                }
            });
        }
    });
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        socket.send_text_message("welcome");
    });
    let mut http = Peer::connect_to_port(tcp_server.server_port());
    http.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(http.read_head(), "HTTP/1.1 204 No Content\r\n\r\n");
    for pieces in [vec![REQUEST], REQUEST.split_inclusive("\r\n").collect()] {
        let mut peer = Peer::connect_to_port(tcp_server.server_port());
        for piece in pieces {
            peer.send(piece);
            settle();
        }
        assert!(peer.read_head().starts_with("HTTP/1.1 101 "));
        assert_eq!(peer.read_frame().payload, b"welcome");
    }
}

#[test]
fn what_was_read_ahead_is_the_beginning_wherever_it_is_cut() {
    let adopting = Adopting::new();
    let all = [REQUEST.as_bytes(), &frame(0x81, b"with the request", true)].concat();
    for read_ahead in [0, 1, 20, REQUEST.len() - 1, REQUEST.len(), REQUEST.len() + 3, all.len()] {
        let (mut peer, socket) = adopting.connection();
        peer.send(&all[..read_ahead]);
        wait_for_bytes(socket, read_ahead);
        adopting.server.handle_connection(socket);
        peer.send(&all[read_ahead..]);
        wait_until("it is accepted", || adopting.server.has_pending_connections());
        let accepted = accepted_socket(adopting.server);
        let received = SignalSpy::new(accepted.text_message_received());
        peer.send_frame(0x81, "last");
        wait_until("the last message", || received.emissions().last().is_some_and(|text| text == "last"));
        assert!(peer.read_head().starts_with("HTTP/1.1 101 "));
    }
}

#[test]
fn what_arrives_in_the_slot_that_gives_the_connection_away_comes_after_what_was_read() {
    let adopting = Adopting::new();
    let server = adopting.server;
    let (peer, socket) = adopting.connection();
    let peer = Rc::new(RefCell::new(peer));
    let sender = peer.clone();
    let (begin, rest) = REQUEST.split_at(30);
    socket.ready_read().connect(move |()| {
        server.handle_connection(socket);
        let mut peer = sender.borrow_mut();
        assert_eq!(peer.try_send(rest.as_bytes()), rest.len());
    });
    peer.borrow_mut().send(begin);
    settle();
    assert!(peer.borrow_mut().read_head().starts_with("HTTP/1.1 101 "));
}

#[test]
fn what_arrives_in_the_same_round_comes_after_what_was_read() {
    let adopting = Adopting::new();
    let server = adopting.server;
    let (mut first, chooser) = adopting.connection();
    let (mut second, chosen) = adopting.connection();
    let (begin, rest) = REQUEST.split_at(30);
    second.send(begin);
    wait_for_bytes(chosen, begin.len());
    chooser.ready_read().connect(move |()| server.handle_connection(chosen));
    // Both sockets are readable now, and one gives the other away.
    first.try_send(b"now");
    second.try_send(rest.as_bytes());
    settle();
    assert!(second.read_head().starts_with("HTTP/1.1 101 "));
}

#[test]
fn the_slots_that_new_connection_connects_get_what_was_read_ahead() {
    let adopting = Adopting::new();
    let server = adopting.server;
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        socket.text_message_received().connect(move |text| {
            socket.send_text_message(text);
        });
    });
    let (mut peer, socket) = adopting.connection();
    peer.send([REQUEST.as_bytes(), &frame(0x81, b"one", true), &frame(0x81, b"two", true)].concat());
    wait_until("the bytes", || socket.bytes_available() > REQUEST.len());
    server.handle_connection(socket);
    peer.read_head();
    assert_eq!(peer.read_frame().payload, b"one");
    assert_eq!(peer.read_frame().payload, b"two");
}

#[test]
fn what_was_written_before_goes_out_before_the_response() {
    let adopting = Adopting::new();
    let (mut peer, socket) = adopting.connection();
    socket.write(b"hello\n");
    adopting.server.handle_connection(socket);
    peer.send(REQUEST);
    assert_eq!(peer.read_exactly(6), b"hello\n");
    assert!(peer.read_head().starts_with("HTTP/1.1 101 "));
}

#[test]
fn the_tcp_socket_is_deleted_when_its_connection_has_ended() {
    let adopting = Adopting::new();
    let (mut peer, socket) = adopting.connection();
    adopting.server.handle_connection(socket);
    peer.send(REQUEST);
    let accepted = accepted_socket(adopting.server);
    let journal = Journal::of(accepted);
    assert!(socket.is_alive());
    assert_eq!((socket.peer_port(), socket.local_port()), (accepted.peer_port(), accepted.local_port()));
    peer.send_frame(0x88, close_payload(1000, ""));
    wait_for_end(accepted);
    settle();
    assert_eq!(journal.take(), ORDERLY_END);
    assert!(!socket.is_alive());
}

#[test]
fn the_tcp_socket_of_a_refused_request_is_deleted() {
    let clock = VirtualClock::install();
    let adopting = Adopting::new();
    let errors = SignalSpy::new(adopting.server.server_error());
    let (mut refused, first) = adopting.connection();
    let (mut silent, second) = adopting.connection();
    let (gone, third) = adopting.connection();
    for socket in [first, second, third] {
        adopting.server.handle_connection(socket);
    }
    refused.send("GET / HTTP/1.1\r\n\r\n");
    assert!(refused.read_head().starts_with("HTTP/1.1 400 "));
    drop(gone);
    pass(&clock, Duration::from_secs(11));
    silent.expect_end();
    wait_until("they are deleted", || ![first, second, third].iter().any(|socket| socket.is_alive()));
    assert_eq!(errors.take(), [CloseCode::ProtocolError]);
}

#[test]
fn deleting_the_tcp_socket_ends_the_connection() {
    let adopting = Adopting::new();
    let (mut peer, socket) = adopting.connection();
    adopting.server.handle_connection(socket);
    peer.send(REQUEST);
    let accepted = accepted_socket(adopting.server);
    let ended = SignalSpy::new(accepted.disconnected());
    socket.delete();
    assert_eq!((ended.len(), accepted.state()), (1, SocketState::Unconnected));
    peer.read_end();
}

#[test]
fn what_is_not_connected_is_not_taken_over() {
    let adopting = Adopting::new();
    let server = adopting.server;
    let (mut peer, ended) = adopting.connection();
    peer.send(REQUEST);
    wait_for_bytes(ended, REQUEST.len());
    ended.abort();
    let dead = TcpSocket::new();
    dead.delete();
    for socket in [TcpSocket::new(), ended, dead] {
        server.handle_connection(socket);
    }
    settle();
    assert!(!server.has_pending_connections());
    assert_eq!(server.error(), CloseCode::Normal);
}

#[test]
fn a_server_that_is_deleted_ends_the_connections_it_was_given() {
    let adopting = Adopting::new();
    let (mut handshaking, first) = adopting.connection();
    let (mut open, second) = adopting.connection();
    for socket in [first, second] {
        adopting.server.handle_connection(socket);
    }
    open.send(REQUEST);
    let accepted = accepted_socket(adopting.server);
    open.read_head();
    adopting.server.delete();
    assert_eq!(accepted.state(), SocketState::Unconnected);
    assert_eq!(handshaking.read_end().0, b"");
    assert_eq!(open.read_end().0, b"");
    settle();
    accepted.delete();
    adopting.tcp_server.delete();
    settle();
    assert_eq!(Application::dump_objects(), "");
}
