//! `SslSocket`: TLS on a plain socket, from the beginning and later.

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;

use slotwire::prelude::*;

use crate::support::{LIMIT, Log, run_until, run_until_emitted, server, settle};

/// A certificate for "localhost" with its key, and what a client needs to trust it.
struct Identity {
    server: SslConfiguration,
    trusting: SslConfiguration,
}

fn identity() -> Identity {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = SslCertificate::from_der(made.cert.der()).unwrap();
    let mut server = SslConfiguration::new();
    server.set_local_certificate(certificate.clone());
    server.set_private_key(SslKey::from_der(made.signing_key.serialize_der()).unwrap());
    server.set_peer_verify_mode(PeerVerifyMode::None);
    let mut trusting = SslConfiguration::new();
    trusting.set_ca_certificates([certificate]);
    Identity { server, trusting }
}

/// The sockets that a server has accepted.
type Accepted = Rc<RefCell<Vec<SslSocket>>>;

/// A server that makes its connections `SslSocket`s, and hands them to `accept`.
fn ssl_server(identity: &Identity, accept: impl Fn(SslSocket) + 'static) -> (TcpServer, Accepted) {
    let (server, accepted, configuration) = (server(), Accepted::default(), identity.server.clone());
    let sockets = accepted.clone();
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().and_then(SslSocket::from_tcp_socket).unwrap();
        socket.set_ssl_configuration(configuration.clone());
        sockets.borrow_mut().push(socket);
        accept(socket);
    });
    (server, accepted)
}

/// One that encrypts at once, and echoes.
fn echo_server(identity: &Identity) -> (TcpServer, Accepted) {
    ssl_server(identity, |socket| {
        socket.start_server_encryption();
        socket.ready_read().connect(move |()| _ = socket.write(&socket.read_all()));
    })
}

fn client(identity: &Identity) -> SslSocket {
    let socket = SslSocket::new();
    socket.set_ssl_configuration(identity.trusting.clone());
    socket
}

/// Both ends of a plain connection.
fn plain_connection(identity: &Identity) -> (SslSocket, SslSocket) {
    let (server, accepted) = ssl_server(identity, |_| {});
    let client = client(identity);
    client.connect_to_host("localhost", server.server_port());
    let there = accepted.clone();
    run_until(move || !there.borrow().is_empty() && client.state() == SocketState::Connected);
    let socket = accepted.borrow()[0];
    (client, socket)
}

/// Both ends of an encrypted one.
fn encrypted_connection() -> (SslSocket, SslSocket) {
    let (client, socket) = plain_connection(&identity());
    socket.start_server_encryption();
    client.start_client_encryption();
    run_until(move || client.is_encrypted() && socket.is_encrypted());
    (client, socket)
}

fn collect(socket: SslSocket) -> Rc<RefCell<Vec<u8>>> {
    let received = Rc::new(RefCell::new(Vec::new()));
    let all = received.clone();
    socket.ready_read().connect(move |()| all.borrow_mut().extend(socket.read_all()));
    received
}

#[test]
fn a_lot_of_data_goes_both_ways_and_is_counted_as_the_program_wrote_it() {
    let (client, socket) = encrypted_connection();
    let (sent, on_the_wire) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let (own, all) = (sent.clone(), on_the_wire.clone());
    client.bytes_written().connect(move |count| own.set(own.get() + count));
    client.encrypted_bytes_written().connect(move |count| all.set(all.get() + count));
    let data: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let (there, back) = (collect(socket), collect(client));
    client.write(&data[..1000]);
    assert_eq!(client.bytes_to_write(), 1000);
    client.write(&data[1000..]);
    socket.write(&data);
    let (expected, a, b) = (data.len(), there.clone(), back.clone());
    run_until(move || a.borrow().len() == expected && b.borrow().len() == expected);
    assert!(*there.borrow() == data && *back.borrow() == data);
    settle();
    assert_eq!(sent.get(), data.len());
    assert!(on_the_wire.get() > sent.get());
    assert_eq!(client.bytes_to_write(), 0);
}

#[test]
fn nothing_of_what_is_written_early_goes_out_as_it_is() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = client(&identity());
    let write = move || {
        client.write(b"secret");
        client.write(&b"secret".repeat(5000));
        client.flush();
    };
    client.state_changed().connect(move |_| write());
    client.mode_changed().connect(move |_| write());
    client.connected().connect(move |()| write());
    client.connect_to_host_encrypted(HostAddress::LocalHost, port);
    write();
    run_until_emitted(client.connected());
    settle();
    let mut peer = listener.accept().unwrap().0;
    client.abort();
    settle();
    let mut received = Vec::new();
    let _ = peer.read_to_end(&mut received);
    assert_eq!(received[..2], [0x16, 3], "a handshake record comes first");
    assert!(!received.windows(6).any(|part| part == b"secret"));
}

#[test]
fn plain_output_goes_out_before_the_encryption_and_later_output_after_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = client(&identity());
    client.connect_to_host(HostAddress::LocalHost, listener.local_addr().unwrap().port());
    run_until_emitted(client.connected());
    client.write(b"STARTTLS\r\n");
    client.start_client_encryption();
    client.write(b"secret");
    assert_eq!(client.bytes_to_write(), 6, "what is to be encrypted");
    let mut peer = listener.accept().unwrap().0;
    settle();
    client.abort();
    settle();
    let mut received = Vec::new();
    let _ = peer.read_to_end(&mut received);
    assert_eq!(received[..10], *b"STARTTLS\r\n");
    assert_eq!(received[10..12], [0x16, 3]);
    assert!(!received.windows(6).any(|part| part == b"secret"));
}

#[test]
fn both_sides_of_starttls_agree_on_encryption_after_plain_lines() {
    let (client, socket) = plain_connection(&identity());
    client.write(b"STARTTLS\r\n");
    run_until(move || socket.can_read_line());
    assert_eq!(socket.read_line(), b"STARTTLS\r\n");
    socket.write(b"220 go\r\n");
    socket.start_server_encryption();
    run_until(move || client.can_read_line());
    assert_eq!(client.read_line(), b"220 go\r\n");
    client.start_client_encryption();
    assert_eq!((client.mode(), socket.mode()), (SslSocketMode::Client, SslSocketMode::Server));
    client.write(b"EHLO\r\n");
    run_until(move || socket.can_read_line());
    assert_eq!(socket.read_line(), b"EHLO\r\n");
    assert!(client.is_encrypted() && socket.is_encrypted());
    assert_eq!(client.peer_certificate(), socket.local_certificate());
}

#[test]
fn a_hello_that_has_arrived_is_read_by_the_encryption() {
    let (client, socket) = plain_connection(&identity());
    client.start_client_encryption();
    run_until(move || socket.bytes_available() > 100);
    assert_eq!(socket.peek(1), [0x16]);
    socket.start_server_encryption();
    assert_eq!(socket.bytes_available(), 0);
    run_until(move || client.is_encrypted() && socket.is_encrypted());
}

#[test]
fn lines_that_were_injected_before_the_encryption_are_never_read() {
    let (client, socket) = plain_connection(&identity());
    socket.write(b"220 go\r\n250 injected\r\n");
    run_until(move || client.bytes_available() == 22);
    assert_eq!(client.read_line(), b"220 go\r\n");
    client.start_client_encryption();
    assert_eq!(client.bytes_available(), 0);
    run_until(move || client.state() == SocketState::Unconnected);
    assert_eq!(client.error(), SocketError::SslHandshakeFailed);
    assert_eq!(client.read_all(), b"");
}

#[test]
fn an_untrusted_certificate_ends_the_connection_unless_its_errors_are_ignored() {
    let identity = identity();
    let (server, _) = echo_server(&identity);
    let client = SslSocket::new();
    let log = Log::of(*client);
    let errors = SignalSpy::new(client.ssl_errors());
    client.connect_to_host_encrypted("localhost", server.server_port());
    run_until_emitted(client.disconnected());
    assert_eq!(client.error(), SocketError::SslHandshakeFailed);
    assert_eq!(errors.take(), [client.ssl_handshake_errors()]);
    let ended = log.take().split_off(4);
    let expected = [
        "connected",
        "error SslHandshakeFailed",
        "Closing",
        "Unconnected",
        "read_channel_finished",
        "disconnected",
    ];
    assert_eq!(ended[ended.len() - 6..], expected);

    client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
    client.connect_to_host_encrypted("localhost", server.server_port());
    run_until_emitted(client.encrypted());
    assert_eq!(client.ssl_handshake_errors()[0].kind(), SslErrorKind::SelfSignedCertificate);
}

#[test]
fn the_name_that_is_verified_may_be_another_one_than_that_of_the_host() {
    let identity = identity();
    let (server, _) = echo_server(&identity);
    let client = client(&identity);
    client.connect_to_host_encrypted(HostAddress::LocalHost, server.server_port());
    run_until_emitted(client.ssl_errors());
    assert_eq!(client.ssl_handshake_errors()[0].kind(), SslErrorKind::HostNameMismatch);
    run_until(move || client.state() == SocketState::Unconnected);
    client.connect_to_host_encrypted_as(HostAddress::LocalHost, server.server_port(), "localhost");
    run_until_emitted(client.encrypted());
    assert_eq!(client.peer_verify_name(), "localhost");
}

#[test]
fn an_accepted_socket_may_be_the_client_and_has_to_name_its_peer() {
    let identity = identity();
    let (server, client) = plain_connection(&identity);
    server.set_ssl_configuration(identity.server.clone());
    server.start_server_encryption();
    client.set_ssl_configuration(identity.trusting.clone());
    client.start_client_encryption();
    run_until_emitted(client.ssl_errors());
    assert_eq!(client.ssl_handshake_errors()[0].kind(), SslErrorKind::HostNameMismatch);
}

#[test]
fn a_socket_takes_over_a_connected_one_with_what_was_not_read() {
    assert_eq!(SslSocket::from_tcp_socket(TcpSocket::new()), None);
    let (server, parent) = (server(), Handle::new(()));
    let peer = TcpSocket::new();
    peer.connect_to_host(HostAddress::LocalHost, server.server_port());
    peer.write(b"hello");
    run_until_emitted(server.new_connection());
    let accepted = server.next_pending_connection().unwrap();
    accepted.set_parent(*parent);
    run_until(move || accepted.bytes_available() == 5);
    let socket = SslSocket::from_tcp_socket(accepted).unwrap();
    assert_eq!(socket.read_all(), b"hello");
    assert_eq!(socket.parent(), Some(*parent));
    assert_eq!(socket.peer_port(), peer.local_port());
    run_until(move || !accepted.is_alive());
    peer.write(b"more");
    run_until_emitted(socket.ready_read());
    assert_eq!(socket.read_all(), b"more");
}

/// A subclass of `QTcpServer` as most have written it, before there was a `QSslServer`.
#[test]
fn an_encrypted_socket_that_is_to_be_taken_over_is_itself_also_in_its_own_slots() {
    let identity = identity();
    let (server, accepted) = ssl_server(&identity, move |socket| {
        socket.start_server_encryption();
        let again = SslSocket::from_tcp_socket(*socket).unwrap();
        assert!(again == socket && again.mode() == SslSocketMode::Server);
        again.start_server_encryption();
    });
    let client = SslSocket::new();
    client.ssl_errors().connect(move |errors| {
        let again = SslSocket::from_tcp_socket(*client).unwrap();
        assert!(again == client);
        again.start_client_encryption();
        again.ignore_ssl_errors_for(errors);
    });
    client.connect_to_host_encrypted("localhost", server.server_port());
    run_until_emitted(client.encrypted());
    let taken = accepted.borrow()[0];
    run_until(move || taken.is_encrypted());
    assert!(SslSocket::from_tcp_socket(*taken).is_some_and(|again| again.is_encrypted()));
}

#[test]
fn nothing_is_told_of_output_after_the_end_of_its_connection() {
    let (client, _socket) = encrypted_connection();
    client.bytes_written().connect(move |_| client.abort());
    let told = SignalSpy::new(client.encrypted_bytes_written());
    client.write(b"hello");
    run_until_emitted(client.disconnected());
    settle();
    assert!(told.is_empty());
}

#[test]
fn a_handler_of_incoming_connections_makes_encrypted_sockets_of_them() {
    let identity = identity();
    let (server, configuration) = (server(), identity.server.clone());
    server.set_incoming_connection_handler(move |stream| {
        let socket = SslSocket::new();
        socket.set_ssl_configuration(configuration.clone());
        socket.set_socket_descriptor(stream).unwrap();
        socket.start_server_encryption();
        server.add_pending_connection(*socket);
    });
    let client = client(&identity);
    client.connect_to_host_encrypted("localhost", server.server_port());
    client.write(b"hello");
    run_until(move || server.has_pending_connections());
    let socket = server.next_pending_connection().unwrap();
    run_until(move || socket.bytes_available() == 5);
    assert_eq!(socket.read_all(), b"hello");
    assert!(socket.cast::<SslSocket>().is_some_and(SslSocket::is_encrypted));
}

#[test]
fn a_connection_that_is_given_to_an_encrypted_socket_is_plain() {
    let (client, _socket) = encrypted_connection();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut peer = listener.accept().unwrap().0;
    client.set_socket_descriptor(stream).unwrap();
    assert!(!client.is_encrypted());
    assert_eq!(client.mode(), SslSocketMode::Unencrypted);
    client.write(b"plain");
    assert!(client.flush());
    let mut bytes = [0; 5];
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"plain");
}

#[test]
fn the_class_is_known_to_the_tree_of_objects() {
    let (parent, plain, ssl) = (Handle::new(()), TcpSocket::new(), SslSocket::new());
    plain.set_parent(*parent);
    ssl.set_parent(*parent);
    assert_eq!(ssl.class_name(), "SslSocket");
    assert_eq!(parent.find_children::<SslSocket>(), [ssl]);
    assert_eq!(parent.find_children::<TcpSocket>(), [plain, *ssl]);
    parent.delete();
    assert!(!ssl.is_alive());
    assert_eq!(ssl.mode(), SslSocketMode::Unencrypted);
    assert!(!ssl.wait_for_encrypted(LIMIT));
    ssl.connect_to_host_encrypted("localhost", 1);
    ssl.start_client_encryption();
}

#[test]
fn encryption_is_begun_once_and_only_while_connected() {
    let (client, socket) = encrypted_connection();
    client.start_server_encryption();
    socket.start_client_encryption();
    assert_eq!((client.mode(), socket.mode()), (SslSocketMode::Client, SslSocketMode::Server));
    let modes = SignalSpy::new(client.mode_changed());
    client.abort();
    client.start_client_encryption();
    assert!(modes.take().is_empty());
    assert_eq!(client.mode(), SslSocketMode::Client, "until it is connected again");
}

#[test]
fn a_server_without_its_key_ends_the_connection_with_an_error() {
    let (client, socket) = plain_connection(&identity());
    socket.set_ssl_configuration(SslConfiguration::new());
    let error = SignalSpy::new(socket.error_occurred());
    socket.start_server_encryption();
    client.start_client_encryption();
    run_until(move || {
        client.state() == SocketState::Unconnected && socket.state() == SocketState::Unconnected
    });
    assert_eq!(error.take().len(), 1);
    assert_ne!(socket.error_string(), "Unknown error");
}

#[test]
fn garbage_in_place_of_a_handshake_ends_the_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for garbage in [&b"220 hello\r\n"[..], &[0x16, 3, 3, 0xFF, 0xFF, 0, 0], &[0; 100_000]] {
        let client = client(&identity());
        client.connect_to_host_encrypted("localhost", port);
        run_until_emitted(client.connected());
        let mut peer = listener.accept().unwrap().0;
        let _ = peer.write_all(garbage);
        drop(peer);
        run_until(move || client.state() == SocketState::Unconnected);
        assert_ne!(client.error(), SocketError::Unknown);
        assert!(!client.is_encrypted());
    }
}

#[test]
fn the_beginning_of_a_record_waits_for_the_rest() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = client(&identity());
    client.connect_to_host_encrypted("localhost", listener.local_addr().unwrap().port());
    run_until_emitted(client.connected());
    let mut peer = listener.accept().unwrap().0;
    peer.write_all(&[0x16, 3, 3, 0]).unwrap();
    if SslSocket::active_backend() == "rustls" {
        run_until(move || client.encrypted_bytes_available() == 4);
    }
    settle();
    assert_eq!((client.bytes_available(), client.encrypted_bytes_to_write()), (0, 0));
}

#[test]
fn a_peer_that_says_goodbye_ends_the_connection_and_one_that_breaks_off_too() {
    for says_goodbye in [true, false] {
        let (client, socket) = encrypted_connection();
        let received = SignalSpy::new(client.alert_received());
        socket.write(b"bye");
        run_until(move || client.bytes_available() == 3);
        if says_goodbye {
            socket.disconnect_from_host();
        } else {
            socket.abort();
        }
        run_until(move || client.state() == SocketState::Unconnected);
        assert_eq!(client.error(), SocketError::RemoteHostClosed);
        assert_eq!(client.read_all(), b"bye");
        let kinds: Vec<_> = received.take().into_iter().map(|(_, kind, _)| kind).collect();
        assert_eq!(kinds.contains(&AlertType::CLOSE_NOTIFY), says_goodbye);
    }
}

#[test]
fn what_is_written_before_a_disconnect_arrives_also_during_the_handshake() {
    let identity = identity();
    let (server, accepted) = ssl_server(&identity, SslSocket::start_server_encryption);
    let client = client(&identity);
    client.connect_to_host_encrypted("localhost", server.server_port());
    client.connected().connect(move |()| {
        client.write(&[7; 100_000]);
        client.disconnect_from_host();
    });
    run_until(move || client.state() == SocketState::Unconnected && client.mode() == SslSocketMode::Client);
    let socket = accepted.borrow()[0];
    run_until(move || socket.state() == SocketState::Unconnected);
    assert_eq!(socket.read_all(), [7; 100_000]);
}

#[test]
fn a_loop_in_a_slot_of_connected_sees_the_encryption() {
    let identity = identity();
    let (server, _) = echo_server(&identity);
    let client = client(&identity);
    let seen = Rc::new(Cell::new(false));
    let looked = seen.clone();
    client.connected().connect(move |()| {
        run_until(move || client.is_encrypted());
        client.write(b"echo");
        run_until(move || client.bytes_available() == 4);
        looked.set(true);
    });
    client.connect_to_host_encrypted("localhost", server.server_port());
    run_until(move || seen.get());
}

#[test]
fn a_call_waits_for_the_encryption() {
    let (tell, ports) = mpsc::channel();
    let (stop, stopped) = mpsc::channel::<()>();
    let identity = identity();
    let configuration = identity.server.clone();
    let peer = thread::spawn(move || {
        let (server, _) = echo_server(&Identity { server: configuration, trusting: SslConfiguration::new() });
        tell.send(server.server_port()).unwrap();
        run_until(move || matches!(stopped.try_recv(), Err(mpsc::TryRecvError::Disconnected)));
    });
    let port = ports.recv().unwrap();
    let client = client(&identity);
    assert!(!client.wait_for_encrypted(LIMIT), "nobody has asked for it");
    client.connect_to_host_encrypted("localhost", port);
    assert!(client.wait_for_encrypted(LIMIT));
    assert!(client.wait_for_encrypted(LIMIT));
    client.write(b"echo");
    assert!(client.wait_for_bytes_written(LIMIT));
    while client.bytes_available() < 4 {
        assert!(client.wait_for_ready_read(LIMIT));
    }
    assert_eq!(client.read_all(), b"echo");
    client.disconnect_from_host();
    assert!(client.state() == SocketState::Unconnected || client.wait_for_disconnected(LIMIT));
    drop(stop);
    peer.join().unwrap();
}

#[test]
fn a_wait_for_the_encryption_ends_when_its_time_is_over() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = client(&identity());
    client.connect_to_host_encrypted("localhost", listener.local_addr().unwrap().port());
    assert!(client.wait_for_connected(LIMIT));
    assert!(!client.wait_for_encrypted(std::time::Duration::from_millis(20)));
    assert_eq!(client.error(), SocketError::SocketTimeout);
    assert_eq!(client.state(), SocketState::Connected);
    let _peer: TcpStream = listener.accept().unwrap().0;
}

#[test]
fn a_paused_socket_goes_on_or_ends_as_it_is_told() {
    let identity = identity();
    let (server, _) = echo_server(&identity);
    for is_accepted in [true, false] {
        let client = SslSocket::new();
        client.set_pause_mode(PauseMode::OnSslErrors);
        client.connect_to_host_encrypted("localhost", server.server_port());
        run_until_emitted(client.ssl_errors());
        settle();
        assert!(client.state() == SocketState::Connected && !client.is_encrypted());
        if is_accepted {
            client.ignore_ssl_errors();
        }
        client.resume();
        client.resume();
        assert!(!client.is_encrypted(), "not inside the call");
        run_until(move || client.is_encrypted() || client.state() == SocketState::Unconnected);
        assert_eq!(client.is_encrypted(), is_accepted);
    }
}

// ---- re-entrancy

/// A signal of a client's life, and how to connect a slot to it.
type Point = (&'static str, fn(SslSocket, Box<dyn Fn()>));

const POINTS: [Point; 10] = [
    ("state_changed", |socket, act| _ = socket.state_changed().connect(move |_| act())),
    ("mode_changed", |socket, act| _ = socket.mode_changed().connect(move |_| act())),
    ("connected", |socket, act| _ = socket.connected().connect(move |()| act())),
    ("peer_verify_error", |socket, act| _ = socket.peer_verify_error().connect(move |_| act())),
    ("ssl_errors", |socket, act| _ = socket.ssl_errors().connect(move |_| act())),
    ("encrypted", |socket, act| _ = socket.encrypted().connect(move |()| act())),
    ("ready_read", |socket, act| _ = socket.ready_read().connect(move |()| act())),
    ("bytes_written", |socket, act| _ = socket.bytes_written().connect(move |_| act())),
    ("encrypted_bytes_written", |socket, act| _ = socket.encrypted_bytes_written().connect(move |_| act())),
    ("alert_sent", |socket, act| _ = socket.alert_sent().connect(move |_| act())),
];

type Act = (&'static str, fn(SslSocket, u16));

const ACTS: [Act; 10] = [
    ("abort", |socket, _| socket.abort()),
    ("close", |socket, _| socket.close()),
    ("disconnect", |socket, _| socket.disconnect_from_host()),
    ("delete", |socket, _| socket.delete()),
    ("delete_later", |socket, _| socket.delete_later()),
    ("panic", |_, _| panic!("in a slot")),
    ("loop", |_, _| settle()),
    ("reconnect", |socket, port| {
        socket.abort();
        socket.connect_to_host_encrypted("localhost", port);
    }),
    ("start", |socket, _| {
        socket.start_server_encryption();
        socket.start_client_encryption();
    }),
    ("wait", |socket, _| _ = socket.wait_for_encrypted(std::time::Duration::from_millis(1))),
];

/// A connection that ignores the errors of its peer, echoes, and is disconnected; in one of its slots something happens, once.
/// Whatever that is, the socket ends unconnected or dead, and another one works.
fn play(identity: &Identity, server: TcpServer, point: &Point, act: &Act) {
    let client = SslSocket::new();
    let disconnections = Rc::new(Cell::new(0));
    let (connections, ends) = (Rc::new(Cell::new(0)), disconnections.clone());
    let begun = connections.clone();
    client.connected().connect(move |()| begun.set(begun.get() + 1));
    client.disconnected().connect(move |()| ends.set(ends.get() + 1));
    client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
    client.encrypted().connect(move |()| _ = client.write(b"echo"));
    client.ready_read().connect(move |()| client.disconnect_from_host());
    let (port, done, run) = (server.server_port(), Cell::new(false), act.1);
    (point.1)(
        client,
        Box::new(move || {
            if !done.replace(true) {
                run(client, port);
            }
        }),
    );
    let _ = catch_unwind(AssertUnwindSafe(|| client.connect_to_host_encrypted("localhost", port)));
    let name = format!("{} in a slot of {}", act.0, point.0);
    let steps = Cell::new(0);
    while client.is_alive() && client.state() != SocketState::Unconnected {
        let _ = catch_unwind(AssertUnwindSafe(Application::process_events));
        steps.set(steps.get() + 1);
        assert!(steps.get() < 500_000, "{name}: it never ends");
        thread::yield_now();
    }
    let _ = catch_unwind(AssertUnwindSafe(settle));
    assert!(disconnections.get() <= connections.get() + 1, "{name}: it has ended too often");
    client.delete();
    let after = self::client(identity);
    after.connect_to_host_encrypted("localhost", port);
    run_until_emitted(after.encrypted());
    after.delete();
}

#[test]
fn whatever_a_slot_does_the_connection_ends_and_the_next_one_works() {
    let identity = identity();
    let (server, _) = echo_server(&identity);
    for point in &POINTS {
        for act in &ACTS {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| play(&identity, server, point, act))) {
                panic!("{} in a slot of {}: {:?}", act.0, point.0, panic.downcast_ref::<String>());
            }
        }
    }
}

#[test]
fn a_panic_in_a_slot_does_not_keep_the_connection_from_being_encrypted() {
    let identity = identity();
    let (server, _) = echo_server(&identity);
    for signal in ["mode_changed", "connected", "state_changed"] {
        let client = client(&identity);
        let point = POINTS.iter().find(|point| point.0 == signal).unwrap();
        (point.1)(client, Box::new(|| panic!("in a slot")));
        let _ = catch_unwind(AssertUnwindSafe(|| {
            client.connect_to_host_encrypted("localhost", server.server_port());
        }));
        let mut steps = 0;
        while !client.is_encrypted() {
            let _ = catch_unwind(AssertUnwindSafe(Application::process_events));
            steps += 1;
            assert!(steps < 500_000, "a panic in a slot of {signal}: it is never encrypted");
            thread::yield_now();
        }
        let _ = catch_unwind(AssertUnwindSafe(|| client.delete()));
    }
}
