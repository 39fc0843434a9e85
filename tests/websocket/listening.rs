//! Listening, at addresses and with descriptors, and the end of it.

use std::net::{Ipv4Addr, TcpListener};

use slotwire::prelude::*;

use crate::peer::{Peer, REQUEST};
use crate::support::{Connected, connected_client, listening_server, settle, wait_for_end, wait_until};

#[test]
fn a_listening_server_knows_its_address() {
    let server = listening_server();
    assert!(server.is_listening());
    assert_eq!(server.server_address(), HostAddress::LocalHost);
    assert_ne!(server.server_port(), 0);
    assert_eq!(server.server_url().as_str(), format!("ws://127.0.0.1:{}/", server.server_port()));
    #[cfg(unix)]
    assert!(server.socket_descriptor().is_some());
}

#[test]
fn a_server_for_any_address_has_a_url_of_this_host() {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    server.listen(HostAddress::Any, 0).unwrap();
    assert_eq!(server.server_address(), HostAddress::Any);
    assert_eq!(server.server_url().as_str(), format!("ws://127.0.0.1:{}/", server.server_port()));
    connected_client(server);
}

#[test]
fn a_server_listens_at_ipv6() {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    if server.listen(HostAddress::LocalHostIPv6, 0).is_ok() {
        assert_eq!(server.server_url().as_str(), format!("ws://[::1]:{}/", server.server_port()));
        let client = connected_client(server);
        assert_eq!(client.peer_address(), HostAddress::LocalHostIPv6);
    }
}

#[test]
fn closing_a_server_ends_what_was_not_taken_and_nothing_else() {
    let Connected { server, client: taken, accepted } = Connected::new();
    let closed = SignalSpy::new(server.closed());
    let waiting = connected_client(server);
    server.close();
    assert!(!server.is_listening() && !server.has_pending_connections());
    assert!(closed.is_empty(), "it comes from the event loop");
    wait_for_end(waiting);
    assert_eq!(
        (waiting.close_code(), waiting.close_reason().as_str()),
        (CloseCode::GoingAway, "Server closed.")
    );
    assert_eq!(closed.len(), 1);
    let received = SignalSpy::new(accepted.text_message_received());
    taken.send_text_message("still here");
    wait_until("the message", || !received.is_empty());
}

#[test]
fn closed_comes_once_for_each_close() {
    let server = listening_server();
    let closed = SignalSpy::new(server.closed());
    server.close();
    server.close();
    settle();
    assert_eq!(closed.len(), 2);
}

#[test]
fn a_handshake_under_way_survives_the_close_of_the_server() {
    let server = listening_server();
    let told = SignalSpy::new(server.new_connection());
    let mut peer = Peer::connect(server);
    settle();
    server.close();
    settle();
    peer.send(REQUEST);
    assert!(peer.read_head().starts_with("HTTP/1.1 101 "));
    assert_eq!(told.len(), 1);
}

#[test]
fn a_closed_server_listens_again() {
    let server = listening_server();
    server.close();
    server.listen(HostAddress::LocalHost, 0).unwrap();
    connected_client(server);
}

#[test]
fn pausing_leaves_connections_in_the_queue_of_the_system() {
    let server = listening_server();
    server.pause_accepting();
    let client = WebSocket::new();
    client.open(server.server_url());
    settle();
    assert_eq!(client.state(), SocketState::Connecting);
    server.resume_accepting();
    wait_until("connected", || client.is_valid());
}

#[test]
fn a_port_in_use_is_an_error_and_told_once() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let errors = SignalSpy::new(server.server_error());
    for _ in 0..2 {
        let error = server.listen(HostAddress::LocalHost, port).unwrap_err();
        assert_eq!(error.socket_error(), Some(SocketError::AddressInUse));
        assert_eq!(error.to_string(), format!("127.0.0.1:{port}: The bound address is already in use"));
    }
    assert_eq!(errors.take(), [CloseCode::AbnormalDisconnection]);
    assert_eq!(server.error(), CloseCode::AbnormalDisconnection);
    assert_eq!(server.error_string(), "The bound address is already in use");
    server.listen(HostAddress::LocalHost, 0).unwrap();
    assert_eq!(server.error(), CloseCode::AbnormalDisconnection, "as in Qt, it stays");
}

#[test]
fn an_address_of_somebody_else_is_an_error() {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let errors = SignalSpy::new(server.server_error());
    let error = server.listen(Ipv4Addr::new(192, 0, 2, 1), 0).unwrap_err();
    assert_eq!(error.socket_error(), Some(SocketError::SocketAddressNotAvailable));
    assert_eq!(server.error_string(), "The address is not available");
    assert_eq!(errors.take(), [CloseCode::AbnormalDisconnection]);
    assert!(!server.is_listening());
}

#[test]
fn listening_twice_fails_and_goes_on_listening() {
    let server = listening_server();
    let errors = SignalSpy::new(server.server_error());
    let error = server.listen(HostAddress::LocalHost, 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyListening);
    assert_eq!(errors.take(), [CloseCode::AbnormalDisconnection]);
    assert_eq!(server.error_string(), "", "as in Qt");
    connected_client(server);
}

#[test]
fn a_dead_server_is_harmless() {
    let server = listening_server();
    server.delete();
    assert_eq!(server.listen(HostAddress::LocalHost, 0).unwrap_err().kind(), ErrorKind::ObjectDeleted);
    server.close();
    server.resume_accepting();
    server.new_connection().connect(|()| unreachable!("nobody connects"));
}

#[cfg(unix)]
#[test]
fn a_listening_descriptor_is_taken_over() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = WebSocketServer::new("", SslMode::NonSecure);
    server.set_socket_descriptor(listener.into()).unwrap();
    assert_eq!((server.server_port(), server.server_address()), (port, HostAddress::LocalHost));
    connected_client(server);
}

#[cfg(target_os = "linux")]
#[test]
fn a_descriptor_that_does_not_listen_is_refused_without_a_signal() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connected = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let file = std::fs::File::open("/dev/null").unwrap();
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let errors = SignalSpy::new(server.server_error());
    for descriptor in [std::os::fd::OwnedFd::from(connected), file.into()] {
        assert!(server.set_socket_descriptor(descriptor).is_err());
        assert!(!server.is_listening());
    }
    assert!(errors.is_empty());
}

#[cfg(unix)]
#[test]
fn servers_share_a_port_if_each_of_them_says_so() {
    let first = WebSocketServer::new("", SslMode::NonSecure);
    first.set_reuse_port(true);
    first.listen(HostAddress::LocalHost, 0).unwrap();
    let second = WebSocketServer::new("", SslMode::NonSecure);
    assert!(second.listen(HostAddress::LocalHost, first.server_port()).is_err());
    second.set_reuse_port(true);
    second.listen(HostAddress::LocalHost, first.server_port()).unwrap();
    // The system chooses: with one of them gone, it is the other.
    first.close();
    let client = connected_client(second);
    assert_eq!(crate::support::accepted_socket(second).peer_port(), client.local_port());
}
