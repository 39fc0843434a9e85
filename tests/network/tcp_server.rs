use std::cell::Cell;
use std::rc::Rc;

use slotwire::{ErrorKind, HostAddress, SignalSpy, SocketError, SocketState, TcpServer, TcpSocket};

use super::support::{LIMIT, connection_to, run_until, run_until_emitted, server, settle};

/// A client that is connecting.
fn client_of(server: TcpServer) -> TcpSocket {
    let client = TcpSocket::new();
    client.connect_to_host(HostAddress::LocalHost, server.server_port());
    client
}

#[test]
fn a_new_server_does_not_listen() {
    let server = TcpServer::new();
    assert!(!server.is_listening());
    assert_eq!((server.server_address(), server.server_port()), (HostAddress::Null, 0));
    assert_eq!((server.error(), server.error_string().as_str()), (SocketError::Unknown, ""));
    assert_eq!(server.max_pending_connections(), 30);
    assert!(!server.has_pending_connections() && server.next_pending_connection().is_none());
    server.close();
    server.pause_accepting();
    server.resume_accepting();
}

#[test]
fn a_listening_server_has_an_address_and_a_port() {
    for address in [HostAddress::LocalHost, HostAddress::Any, HostAddress::AnyIPv4] {
        let server = TcpServer::new();
        server.listen(address, 0).unwrap();
        assert!(server.is_listening());
        assert_eq!(server.server_address(), address);
        assert_ne!(server.server_port(), 0);
        #[cfg(unix)]
        assert!(server.socket_descriptor().is_some());
        server.delete();
    }
}

#[test]
fn a_server_at_any_address_is_reached_by_both_families() {
    let server = TcpServer::new();
    server.listen(HostAddress::Any, 0).unwrap();
    for address in [HostAddress::LocalHost, HostAddress::LocalHostIPv6] {
        let client = TcpSocket::new();
        client.connect_to_host(address, server.server_port());
        run_until_emitted(server.new_connection());
        let accepted = server.next_pending_connection().unwrap();
        assert_eq!(accepted.peer_address(), address, "an IPv4 peer is not shown as IPv4-mapped");
        assert_eq!(accepted.local_address(), address);
    }
}

#[test]
fn a_server_of_ipv6_leaves_the_port_to_another_of_ipv4() {
    let six = TcpServer::new();
    six.listen(HostAddress::AnyIPv6, 0).unwrap();
    let four = TcpServer::new();
    four.listen(HostAddress::AnyIPv4, six.server_port()).unwrap();
}

#[test]
fn an_error_is_printed_as_a_person_reads_it_and_whole_if_asked() {
    let taken = server();
    let error = TcpServer::new().listen(HostAddress::LocalHost, taken.server_port()).unwrap_err();
    let expected = format!("127.0.0.1:{}: The bound address is already in use", taken.server_port());
    assert_eq!(error.to_string(), expected);
    assert_eq!(format!("{error:?}"), expected);
    assert!(format!("{error:#?}").contains("kind: Socket(\n        AddressInUse"), "{error:#?}");
}

#[test]
fn failures_to_listen_are_told_as_qt_tells_them() {
    let taken = server();
    let cases = [
        (
            "1.2.3.4".parse().unwrap(),
            0,
            SocketError::SocketAddressNotAvailable,
            "The address is not available",
        ),
        (HostAddress::Null, 0, SocketError::UnsupportedSocketOperation, "Unsupported socket operation"),
        (
            HostAddress::LocalHost,
            taken.server_port(),
            SocketError::AddressInUse,
            "The bound address is already in use",
        ),
    ];
    for (address, port, error, text) in cases {
        let server = TcpServer::new();
        let failure = server.listen(address, port).unwrap_err();
        assert_eq!(failure.socket_error(), Some(error));
        assert!(failure.to_string().ends_with(&format!(":{port}: {text}")) || address == HostAddress::Null);
        assert_eq!((server.error(), server.error_string().as_str()), (error, text));
        assert!(!server.is_listening());
        assert_eq!(server.server_port(), 0);
    }
}

#[test]
fn listening_twice_is_refused() {
    let server = server();
    let port = server.server_port();
    assert_eq!(server.listen(HostAddress::LocalHost, 0).unwrap_err().kind(), ErrorKind::AlreadyListening);
    assert_eq!(server.server_port(), port);
}

#[test]
fn a_dead_server_does_not_listen() {
    let server = TcpServer::new();
    server.delete();
    assert_eq!(server.listen(HostAddress::LocalHost, 0).unwrap_err().kind(), ErrorKind::ObjectDeleted);
    assert!(!server.is_listening());
}

#[test]
fn a_closed_server_frees_its_port() {
    let server = server();
    let port = server.server_port();
    server.close();
    assert!(!server.is_listening());
    assert_eq!((server.server_address(), server.server_port()), (HostAddress::Null, 0));
    server.listen(HostAddress::LocalHost, port).unwrap();
    connection_to(server);
}

#[test]
fn each_connection_is_told_by_both_signals_in_qts_order() {
    let server = server();
    let log = Rc::new(Cell::new(Vec::new()));
    let push = |entry: &'static str| {
        let log = Rc::clone(&log);
        move |()| {
            let mut entries = log.take();
            entries.push(entry);
            log.set(entries);
        }
    };
    server.new_connection().connect(push("new"));
    server.pending_connection_available().connect(push("available"));
    for _ in 0..2 {
        client_of(server);
    }
    run_until(move || server.pending() == 2);
    assert_eq!(log.take(), ["available", "new", "available", "new"]);
}

trait Pending {
    /// How many connections wait to be taken.
    fn pending(self) -> usize;
}

impl Pending for TcpServer {
    fn pending(self) -> usize {
        self.find_children::<TcpSocket>().len()
    }
}

#[test]
fn connections_are_taken_in_their_order_as_children_of_the_server() {
    let server = server();
    let clients: Vec<_> = (0..5)
        .map(|_| {
            let client = client_of(server);
            run_until_emitted(server.new_connection());
            client
        })
        .collect();
    for client in clients {
        let accepted = server.next_pending_connection().unwrap();
        assert_eq!(accepted.peer_port(), client.local_port());
        assert_eq!(accepted.parent(), Some(*server));
        assert_eq!(accepted.state(), SocketState::Connected);
    }
    assert!(!server.has_pending_connections());
}

#[test]
fn no_more_connections_are_accepted_than_may_wait() {
    let server = server();
    server.set_max_pending_connections(2);
    let spy = SignalSpy::new(server.new_connection());
    let clients: Vec<_> = (0..4).map(|_| client_of(server)).collect();
    run_until(move || clients.iter().all(|client| client.state() == SocketState::Connected));
    settle();
    assert_eq!(spy.len(), 2);
    server.next_pending_connection().unwrap();
    assert!(spy.wait_for(3, LIMIT));
    settle();
    assert_eq!(spy.len(), 3);
    server.set_max_pending_connections(30);
    assert!(spy.wait_for(4, LIMIT));
}

#[test]
fn accepting_can_be_paused() {
    let server = server();
    let spy = SignalSpy::new(server.new_connection());
    server.pause_accepting();
    let client = client_of(server);
    run_until_emitted(client.connected());
    settle();
    assert!(spy.is_empty());
    server.resume_accepting();
    assert!(spy.wait_for(1, LIMIT));
}

#[test]
fn accepting_can_be_paused_in_the_slot_of_a_connection() {
    let server = server();
    server.new_connection().connect(move |()| server.pause_accepting());
    let spy = SignalSpy::new(server.new_connection());
    let clients: Vec<_> = (0..3).map(|_| client_of(server)).collect();
    run_until(move || clients.iter().all(|client| client.state() == SocketState::Connected));
    settle();
    for count in 1..=3 {
        assert_eq!(spy.len(), count);
        server.resume_accepting();
        settle();
    }
}

#[test]
fn a_waiting_connection_that_was_deleted_is_not_taken() {
    let server = server();
    client_of(server);
    run_until_emitted(server.new_connection());
    server.find_children::<TcpSocket>()[0].delete();
    assert!(!server.has_pending_connections());
    assert!(server.next_pending_connection().is_none());
}

#[test]
fn a_waiting_connection_that_ended_can_still_be_taken() {
    let server = server();
    let client = client_of(server);
    client.write(b"bye");
    run_until_emitted(server.new_connection());
    client.close();
    settle();
    let accepted = server.next_pending_connection().unwrap();
    run_until(move || accepted.state() == SocketState::Unconnected);
    assert_eq!(accepted.read_all(), b"bye");
}

#[test]
fn closing_ends_the_connections_that_nobody_took() {
    let server = server();
    let (taken_client, taken) = connection_to(server);
    let waiting_client = client_of(server);
    run_until_emitted(server.new_connection());
    server.close();
    assert!(!server.has_pending_connections());
    run_until_emitted(waiting_client.disconnected());
    assert_eq!((taken.state(), taken_client.state()), (SocketState::Connected, SocketState::Connected));
}

#[test]
fn deleting_the_server_ends_all_its_connections() {
    let server = server();
    let (client, accepted) = connection_to(server);
    server.delete();
    assert!(!accepted.is_alive());
    run_until_emitted(client.disconnected());
}

#[test]
fn a_server_may_be_deleted_in_its_slots() {
    for is_closed_only in [true, false] {
        let server = server();
        server
            .pending_connection_available()
            .connect(move |()| if is_closed_only { server.close() } else { server.delete() });
        let clients: Vec<_> = (0..3).map(|_| client_of(server)).collect();
        run_until(move || clients.iter().all(|client| client.state() == SocketState::Unconnected));
        assert!(!server.is_listening());
    }
}

#[test]
fn many_connections_at_once_are_all_accepted() {
    let server = server();
    server.set_max_pending_connections(1000);
    let spy = SignalSpy::new(server.new_connection());
    let clients: Vec<_> = (0..200).map(|_| client_of(server)).collect();
    assert!(spy.wait_for(clients.len(), LIMIT));
    for client in clients {
        client.delete();
    }
    server.delete();
}

#[cfg(unix)]
mod unix {
    use std::net::TcpListener;
    use std::os::fd::OwnedFd;

    use super::*;

    #[test]
    fn servers_can_share_a_port() {
        let first = TcpServer::new();
        first.set_reuse_port(true);
        first.listen(HostAddress::LocalHost, 0).unwrap();
        let second = TcpServer::new();
        second.set_reuse_port(true);
        second.listen(HostAddress::LocalHost, first.server_port()).unwrap();
        let third = TcpServer::new();
        assert!(third.listen(HostAddress::LocalHost, first.server_port()).is_err());
    }

    #[test]
    fn a_socket_that_listens_already_can_be_taken_over() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = TcpServer::new();
        server.set_socket_descriptor(OwnedFd::from(listener)).unwrap();
        assert_eq!((server.server_address(), server.server_port()), (HostAddress::LocalHost, port));
        connection_to(server);
    }

    #[test]
    fn another_descriptor_is_refused() {
        let file = std::fs::File::open("/dev/null").unwrap();
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        for descriptor in [OwnedFd::from(file), OwnedFd::from(udp)] {
            let server = TcpServer::new();
            let error = server.set_socket_descriptor(descriptor).unwrap_err();
            assert_eq!(error.to_string(), "Invalid socket descriptor");
            assert!(!server.is_listening());
        }
    }
}
