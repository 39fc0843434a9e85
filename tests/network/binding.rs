//! Sockets that the program binds, and connections that it gives to a socket.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use slotwire::{
    BindMode, ErrorKind, HostAddress, NetworkProxy, ProxyType, SocketError, SocketState, TcpSocket,
};

use super::support::{Log, connection, run_until, run_until_emitted, server, settle};

// ---- bind

#[test]
fn a_connection_has_the_local_end_that_was_chosen() {
    let server = server();
    let socket = TcpSocket::new();
    let log = Log::of(socket);
    socket.bind(HostAddress::LocalHost, 0, BindMode::DefaultForPlatform).unwrap();
    assert_eq!(log.take(), ["Bound"]);
    let chosen = (socket.local_address(), socket.local_port());
    assert_eq!(chosen.0, HostAddress::LocalHost);
    assert_ne!(chosen.1, 0);
    socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    run_until(move || server.has_pending_connections() && socket.state() == SocketState::Connected);
    let accepted = server.next_pending_connection().unwrap();
    assert_eq!((accepted.peer_address(), accepted.peer_port()), chosen);
    assert_eq!((socket.local_address(), socket.local_port()), chosen);
}

#[test]
fn a_socket_bound_for_all_addresses_reaches_ipv4_too() {
    let server = server();
    for any in [HostAddress::Any, HostAddress::AnyIPv4] {
        let socket = TcpSocket::new();
        socket.bind(any, 0, BindMode::ShareAddress).unwrap();
        let port = socket.local_port();
        socket.connect_to_host(HostAddress::LocalHost, server.server_port());
        run_until_emitted(socket.connected());
        assert_eq!((socket.local_port(), socket.peer_address()), (port, HostAddress::LocalHost));
    }
}

/// The second address is tried from the same local end although the first attempt has used it up.
#[test]
fn a_bound_socket_tries_all_addresses_of_the_host() {
    use slotwire::HostInfo;
    let server = server();
    let _pin = HostInfo::pin("two-addresses.test", &["127.0.0.2".parse().unwrap(), HostAddress::LocalHost]);
    let socket = TcpSocket::new();
    socket.bind(HostAddress::AnyIPv4, 0, BindMode::ReuseAddressHint).unwrap();
    let port = socket.local_port();
    socket.connect_to_host("two-addresses.test", server.server_port());
    run_until_emitted(socket.connected());
    assert_eq!((socket.local_port(), socket.peer_address()), (port, HostAddress::LocalHost));
}

#[test]
fn an_address_of_another_family_cannot_be_reached() {
    let socket = TcpSocket::new();
    socket.bind(HostAddress::LocalHost, 0, BindMode::DefaultForPlatform).unwrap();
    socket.connect_to_host(HostAddress::LocalHostIPv6, 1);
    run_until_emitted(socket.error_occurred());
    assert_eq!(socket.state(), SocketState::Unconnected);
}

#[test]
fn what_cannot_be_bound_is_refused_with_a_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let (connected, _accepted) = connection();
    let with_proxy = TcpSocket::new();
    with_proxy.set_proxy(NetworkProxy::with_host(ProxyType::Socks5, "127.0.0.1", 1));
    let new = TcpSocket::new;
    let documentation = "192.0.2.1".parse().unwrap();
    for (socket, address, port, error) in [
        (new(), HostAddress::LocalHost, port, SocketError::AddressInUse),
        (new(), documentation, 0, SocketError::SocketAddressNotAvailable),
        (new(), HostAddress::Null, 0, SocketError::UnsupportedSocketOperation),
        (connected, HostAddress::LocalHost, 0, SocketError::Operation),
        (with_proxy, HostAddress::LocalHost, 0, SocketError::UnsupportedSocketOperation),
    ] {
        let (before, log) = (socket.state(), Log::of(socket));
        let refused = socket.bind(address, port, BindMode::DefaultForPlatform).unwrap_err();
        assert_eq!((refused.socket_error(), socket.error()), (Some(error), error));
        assert_eq!(refused.to_string(), socket.error_string());
        assert_eq!(log.take(), [format!("error {error:?}")]);
        assert_eq!(socket.state(), before);
    }
}

#[cfg(unix)]
#[test]
fn a_port_is_shared_by_those_who_all_want_it() {
    let bind = |port, mode| {
        let socket = TcpSocket::new();
        socket.bind(HostAddress::LocalHost, port, mode).map(|()| socket.local_port())
    };
    let shared = bind(0, BindMode::ShareAddress).unwrap();
    assert_eq!(bind(shared, BindMode::ReuseAddressHint).ok(), Some(shared));
    for mode in [BindMode::DefaultForPlatform, BindMode::DontShareAddress] {
        let refused = bind(shared, mode).unwrap_err();
        assert_eq!(refused.socket_error(), Some(SocketError::AddressInUse), "{mode:?}");
    }
}

#[test]
fn a_bound_socket_does_not_pass_a_proxy_by() {
    let server = server();
    let socket = TcpSocket::new();
    socket.bind(HostAddress::LocalHost, 0, BindMode::DefaultForPlatform).unwrap();
    socket.set_proxy(NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", 1));
    socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    assert_eq!(socket.error(), SocketError::UnsupportedSocketOperation);
    settle();
    assert!(!server.has_pending_connections());
}

#[test]
fn the_end_of_a_bound_socket_frees_its_port() {
    for end in [TcpSocket::abort, |socket: TcpSocket| socket.delete()] {
        let socket = TcpSocket::new();
        socket.bind(HostAddress::LocalHost, 0, BindMode::DefaultForPlatform).unwrap();
        let port = socket.local_port();
        end(socket);
        assert!(TcpListener::bind(("127.0.0.1", port)).is_ok());
    }
}

// ---- connections that are given to a socket

/// A connected stream, and its peer.
fn streams() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (stream, listener.accept().unwrap().0)
}

#[test]
fn a_socket_takes_over_a_stream() {
    let (stream, mut peer) = streams();
    let socket = TcpSocket::new();
    let log = Log::of(socket);
    socket.set_socket_descriptor(stream).unwrap();
    assert_eq!(log.take(), ["Connected"]);
    peer.write_all(b"before").unwrap();
    run_until_emitted(socket.ready_read());
    assert_eq!(socket.read_all(), b"before");
    socket.write(b"after");
    socket.close();
    run_until_emitted(socket.disconnected());
    let mut text = String::new();
    peer.read_to_string(&mut text).unwrap();
    assert_eq!(text, "after");
}

#[test]
fn another_connection_takes_the_place_of_the_first() {
    let (socket, first) = connection();
    let (stream, mut peer) = streams();
    first.write(b"old");
    run_until_emitted(socket.ready_read());
    let log = Log::of(socket);
    socket.set_socket_descriptor(stream).unwrap();
    assert_eq!(log.take(), [""; 0]);
    run_until_emitted(first.disconnected());
    peer.write_all(b"new").unwrap();
    run_until_emitted(socket.ready_read());
    assert_eq!(socket.read_all(), b"new");
    assert_eq!(log.take(), ["ready_read"]);
}

#[test]
fn an_attempt_that_a_stream_has_replaced_says_nothing_more() {
    let server = server();
    let (stream, _peer) = streams();
    let socket = TcpSocket::new();
    socket.connect_to_host("localhost", server.server_port());
    let log = Log::of(socket);
    socket.set_socket_descriptor(stream).unwrap();
    settle();
    assert_eq!(log.take(), ["Connected"]);
}

#[test]
fn what_is_no_connection_leaves_the_socket_as_it_was() {
    let (socket, accepted) = connection();
    let unconnected = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let log = Log::of(socket);
    let error = socket.set_socket_descriptor(unconnected).unwrap_err();
    assert_eq!(error.socket_error(), Some(SocketError::UnsupportedSocketOperation));
    assert_eq!(socket.error(), SocketError::UnsupportedSocketOperation);
    assert_eq!(log.take(), [""; 0]);
    accepted.write(b"still there");
    run_until_emitted(socket.ready_read());
}

#[cfg(unix)]
#[test]
fn no_other_kind_of_descriptor_is_a_connection() {
    use std::net::UdpSocket;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.connect("127.0.0.1:9").unwrap();
    let file = std::fs::File::open("/dev/null").unwrap();
    let (local, _) = UnixStream::pair().unwrap();
    let socket = TcpSocket::new();
    for descriptor in [OwnedFd::from(listener), OwnedFd::from(udp), OwnedFd::from(file), OwnedFd::from(local)]
    {
        assert!(socket.set_socket_descriptor(descriptor).is_err());
        assert_eq!(socket.state(), SocketState::Unconnected);
    }
}

#[test]
fn slots_may_give_a_socket_another_connection() {
    let (socket, accepted) = connection();
    let (stream, mut peer) = streams();
    let next = std::cell::Cell::new(Some(stream));
    socket.disconnected().connect(move |()| {
        if let Some(stream) = next.take() {
            socket.set_socket_descriptor(stream).unwrap();
        }
    });
    accepted.close();
    run_until_emitted(socket.disconnected());
    assert_eq!(socket.state(), SocketState::Connected);
    assert_ne!(socket.peer_port(), 0);
    peer.write_all(b"new").unwrap();
    run_until_emitted(socket.ready_read());
    assert_eq!(socket.read_all(), b"new");
}

#[test]
fn a_deleted_socket_takes_nothing() {
    let socket = TcpSocket::new();
    socket.delete();
    let (stream, mut peer) = streams();
    assert_eq!(socket.set_socket_descriptor(stream).unwrap_err().kind(), ErrorKind::ObjectDeleted);
    assert_eq!(peer.read(&mut [0]).unwrap(), 0, "the stream is closed");
    let bound = socket.bind(HostAddress::LocalHost, 0, BindMode::DefaultForPlatform);
    assert_eq!(bound.unwrap_err().kind(), ErrorKind::ObjectDeleted);
}
