//! Servers that listen at a SOCKS5 proxy, which a thread of the test plays.

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use slotwire::{
    ErrorKind, HostAddress, NetworkProxy, ProxyCapability, ProxyType, SignalSpy, SocketError, SslMode,
    TcpServer, TcpSocket, Timer, VirtualClock, WebSocketServer,
};

use super::support::{run_until, run_until_emitted, settle};

/// 198.51.100.1:8080, where the proxy listens.
const BOUND: &[u8] = b"\x05\x00\x00\x01\xc6\x33\x64\x01\x1f\x90";
/// 192.0.2.7:1234 has connected.
const CONNECTED: &[u8] = b"\x05\x00\x00\x01\xc0\x00\x02\x07\x04\xd2";

/// Plays a proxy to one client; with the settings that lead there.
fn proxy(play: impl FnOnce(&mut TcpStream) + Send + 'static) -> (NetworkProxy, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = thread::spawn(move || play(&mut listener.accept().unwrap().0));
    (NetworkProxy::with_host(ProxyType::Socks5, "127.0.0.1", port), thread)
}

fn hear(stream: &mut TcpStream, expected: &[u8]) {
    let mut heard = vec![0; expected.len()];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(heard, expected);
}

/// Up to the answer to a `BIND` at any address and port 7.
fn bind(stream: &mut TcpStream, answer: &[u8]) {
    hear(stream, b"\x05\x01\x00");
    stream.write_all(b"\x05\x00").unwrap();
    hear(stream, b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x07");
    stream.write_all(answer).unwrap();
}

/// Waits until the client has closed the connection.
fn hear_end(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert_eq!(rest, b"");
}

#[test]
fn a_server_listens_where_the_proxy_says() {
    let (proxy, thread) = proxy(|stream| {
        bind(stream, BOUND);
        hear_end(stream);
    });
    let server = TcpServer::new();
    server.set_proxy(&proxy);
    let accepted = SignalSpy::new(server.new_connection());
    server.listen(HostAddress::Any, 7).unwrap();
    assert!(server.is_listening());
    assert_eq!((server.server_address().to_string(), server.server_port()), ("198.51.100.1".into(), 8080));
    settle();
    assert!(accepted.is_empty(), "nobody has connected");
    assert_eq!(server.listen(HostAddress::Any, 7).unwrap_err().kind(), ErrorKind::AlreadyListening);
    server.close();
    assert!(!server.is_listening());
    thread.join().unwrap();
}

#[test]
fn the_connection_comes_with_the_second_answer_and_what_is_behind_it() {
    let (proxy, thread) = proxy(|stream| {
        bind(stream, BOUND);
        stream.write_all(&[CONNECTED, b"hello"].concat()).unwrap();
        hear(stream, b"and good-bye");
        hear_end(stream);
    });
    let server = TcpServer::new();
    server.set_proxy(&proxy);
    let accepted = SignalSpy::new(server.new_connection());
    server.listen(HostAddress::Any, 7).unwrap();
    run_until(move || server.has_pending_connections());
    assert_eq!(accepted.len(), 1);
    assert!(!server.is_listening(), "a proxy listens for one connection");
    let socket = server.next_pending_connection().unwrap();
    assert_eq!((socket.peer_address().to_string(), socket.peer_port()), ("192.0.2.7".into(), 1234));
    assert_eq!((socket.local_address().to_string(), socket.local_port()), ("198.51.100.1".into(), 8080));
    run_until(move || socket.bytes_available() == 5);
    assert_eq!(socket.read_all(), b"hello");
    socket.write(b"and good-bye");
    socket.disconnect_from_host();
    run_until_emitted(socket.disconnected());
    thread.join().unwrap();
}

/// It has no stream of its own: what comes with the proxy's answer was read with it.
#[test]
fn a_connection_through_a_proxy_becomes_a_socket_also_with_a_handler_of_streams() {
    let (proxy, thread) = proxy(|stream| {
        bind(stream, BOUND);
        stream.write_all(&[CONNECTED, b"hello"].concat()).unwrap();
        hear_end(stream);
    });
    let server = TcpServer::new();
    server.set_proxy(&proxy);
    server.set_incoming_connection_handler(|_| unreachable!("there is no stream"));
    server.listen(HostAddress::Any, 7).unwrap();
    run_until(move || server.has_pending_connections());
    let socket = server.next_pending_connection().unwrap();
    run_until(move || socket.bytes_available() == 5);
    socket.close();
    thread.join().unwrap();
}

#[test]
fn a_server_can_listen_again_in_the_slot_of_its_connection() {
    let (first, thread) = proxy(|stream| {
        bind(stream, BOUND);
        stream.write_all(CONNECTED).unwrap();
        hear_end(stream);
    });
    let (second, other_thread) = proxy(|stream| {
        bind(stream, BOUND);
        hear_end(stream);
    });
    let server = TcpServer::new();
    server.set_proxy(&first);
    server.new_connection().connect(move |()| {
        server.set_proxy(&second);
        server.listen(HostAddress::Any, 7).unwrap();
    });
    server.listen(HostAddress::Any, 7).unwrap();
    run_until(move || server.has_pending_connections() && server.is_listening());
    server.delete();
    thread.join().unwrap();
    other_thread.join().unwrap();
}

#[test]
fn what_a_proxy_refuses_is_qts_error() {
    use SocketError as E;
    let rows: [(&[u8], E, &str); 5] = [
        (b"\x05\x01\x00", E::Network, "General SOCKSv5 server failure"),
        (b"\x05\x02\x00", E::SocketAccess, "Connection not allowed by SOCKSv5 server"),
        (b"\x05\x07\x00", E::UnsupportedSocketOperation, "SOCKSv5 command not supported"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", E::ProxyProtocol, "SOCKS version 5 protocol error"),
        (b"", E::ProxyConnectionClosed, "Connection to proxy closed prematurely"),
    ];
    for (answer, error, text) in rows {
        let (proxy, thread) = proxy(move |stream| bind(stream, answer));
        let server = TcpServer::new();
        server.set_proxy(&proxy);
        let failure = server.listen(HostAddress::Any, 7).unwrap_err();
        assert_eq!(failure.socket_error(), Some(error));
        assert!(failure.to_string().ends_with(&format!(": {text}")), "{failure}");
        assert_eq!((server.error(), server.error_string().as_str()), (error, text));
        assert!(!server.is_listening());
        thread.join().unwrap();
    }
}

#[test]
fn a_proxy_that_does_not_know_the_user_is_qts_error() {
    let (mut proxy, thread) = proxy(|stream| {
        hear(stream, b"\x05\x01\x02");
        stream.write_all(b"\x05\x02").unwrap();
        hear(stream, b"\x01\x03joe\x05guess");
        stream.write_all(b"\x01\x01").unwrap();
        hear_end(stream);
    });
    proxy.set_user("joe");
    proxy.set_password("guess");
    let server = WebSocketServer::new("", SslMode::NonSecure);
    server.set_proxy(&proxy);
    let failure = server.listen(HostAddress::AnyIPv4, 7).unwrap_err();
    assert_eq!(failure.socket_error(), Some(SocketError::ProxyAuthenticationRequired));
    assert_eq!(server.error_string(), "Proxy authentication failed");
    thread.join().unwrap();
}

#[test]
fn a_proxy_that_does_not_answer_is_waited_for_for_five_seconds() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let clock = VirtualClock::install();
    let server = TcpServer::new();
    server.set_proxy(NetworkProxy::with_host(
        ProxyType::Socks5,
        "127.0.0.1",
        silent.local_addr().unwrap().port(),
    ));
    let ticks = Rc::new(Cell::new(0));
    let (timer, count) = (Timer::new(), Rc::clone(&ticks));
    timer.timeout().connect(move |()| count.set(count.get() + 1));
    timer.start(Duration::from_secs(1));
    let failure = server.listen(HostAddress::Any, 0).unwrap_err();
    assert_eq!(failure.socket_error(), Some(SocketError::SocketTimeout));
    assert_eq!(failure.to_string(), "0.0.0.0:0: Network operation timed out");
    let waited = clock.elapsed();
    assert!((Duration::from_millis(4700)..Duration::from_millis(5300)).contains(&waited), "{waited:?}");
    assert!(ticks.get() >= 4, "everything else goes on");
    timer.delete();
}

#[test]
fn a_proxy_that_leaves_later_is_an_accept_error() {
    let (proxy, thread) = proxy(|stream| bind(stream, &[BOUND, b"\x05\x00"].concat()));
    let server = TcpServer::new();
    server.set_proxy(&proxy);
    let errors = SignalSpy::new(server.accept_error());
    server.listen(HostAddress::Any, 7).unwrap();
    run_until(move || !server.is_listening());
    assert_eq!(errors.take(), [SocketError::ProxyConnectionClosed]);
    assert_eq!(server.error_string(), "Connection to proxy closed prematurely");
    thread.join().unwrap();
}

#[test]
fn a_connection_waits_while_accepting_is_paused() {
    let (proxy, thread) = proxy(|stream| {
        bind(stream, BOUND);
        stream.write_all(CONNECTED).unwrap();
        hear_end(stream);
    });
    let server = TcpServer::new();
    server.set_proxy(&proxy);
    server.listen(HostAddress::Any, 7).unwrap();
    server.pause_accepting();
    settle();
    assert!(!server.has_pending_connections() && server.is_listening());
    server.resume_accepting();
    run_until(move || server.has_pending_connections());
    server.delete();
    thread.join().unwrap();
}

#[test]
fn a_loopback_address_and_another_proxy() {
    let server = TcpServer::new();
    server.set_proxy(NetworkProxy::with_host(ProxyType::Socks5, "127.0.0.1", 1));
    server.listen(HostAddress::LocalHost, 0).unwrap();
    assert_eq!(server.server_address(), HostAddress::LocalHost, "the proxy is left out");
    server.close();

    let mut not_listening = NetworkProxy::with_host(ProxyType::Socks5, "127.0.0.1", 1);
    not_listening.set_capability(ProxyCapability::Listening, false);
    for proxy in [NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", 1), not_listening] {
        server.set_proxy(proxy);
        let failure = server.listen(HostAddress::Any, 0).unwrap_err();
        assert_eq!(failure.socket_error(), Some(SocketError::UnsupportedSocketOperation));
        assert_eq!(failure.to_string(), "0.0.0.0:0: Operation on socket is not supported");
    }
    server.set_proxy(ProxyType::No);
    server.listen(HostAddress::Any, 0).unwrap();
    assert_eq!(server.server_address(), HostAddress::Any);
}

#[test]
fn slots_may_do_anything_while_a_server_waits_for_its_proxy() {
    type Act = fn(TcpServer);
    let acts: [Act; 3] = [
        |server| server.delete(),
        |server| {
            server.set_proxy(ProxyType::No);
            server.listen(HostAddress::Any, 0).unwrap();
        },
        TcpServer::close,
    ];
    for (index, act) in acts.into_iter().enumerate() {
        let (said, wait) = std::sync::mpsc::channel::<()>();
        let (proxy, thread) = proxy(move |stream| {
            // Not before the slot has acted.
            wait.recv().unwrap();
            bind(stream, BOUND);
            hear_end(stream);
        });
        let server = TcpServer::new();
        server.set_proxy(&proxy);
        let said = RefCell::new(Some(said));
        Timer::single_shot(Duration::ZERO, move || {
            act(server);
            said.borrow_mut().take().unwrap().send(()).unwrap();
        });
        let outcome = server.listen(HostAddress::Any, 7);
        match index {
            0 | 1 => assert!(outcome.is_err()),
            _ => assert!(outcome.is_ok(), "there was nothing to be closed yet"),
        }
        server.delete();
        thread.join().unwrap();
    }
}

#[test]
fn a_web_socket_server_listens_at_a_proxy_too() {
    const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: 198.51.100.1:8080\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\
        \x81\x85\x00\x00\x00\x00hello";
    let (proxy, thread) = proxy(|stream| {
        bind(stream, BOUND);
        stream.write_all(&[CONNECTED, REQUEST].concat()).unwrap();
        let mut head = vec![0; 12];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(head, b"HTTP/1.1 101");
        let _ = stream.read_to_end(&mut head);
        assert!(head.ends_with(b"\x81\x05hello\x88\x02\x03\xe8"), "{head:?}");
    });
    let server = WebSocketServer::new("", SslMode::NonSecure);
    server.set_proxy(&proxy);
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        assert_eq!(socket.peer_address().to_string(), "192.0.2.7");
        socket.text_message_received().connect(move |text| {
            socket.send_text_message(text);
            socket.close();
        });
    });
    server.listen(HostAddress::Any, 7).unwrap();
    assert_eq!(server.server_url().as_str(), "ws://198.51.100.1:8080/");
    run_until(move || !server.is_listening());
    let is_over = move || thread.is_finished();
    run_until(is_over);
}

/// What a proxy says instead of its two answers.
#[test]
fn no_proxy_can_do_harm_to_a_server() {
    let known = [b"\x05\x00".as_slice(), BOUND, CONNECTED].concat();
    for at in 0..known.len() {
        for byte in [0, 1, 3, 4, 5, 0xff] {
            let mut bytes = known.clone();
            bytes[at] = byte;
            let (proxy, thread) = proxy(move |stream| {
                let _ = stream.write_all(&bytes);
                let _ = stream.shutdown(std::net::Shutdown::Write);
                let _ = stream.read_to_end(&mut Vec::new());
            });
            let server = TcpServer::new();
            server.set_proxy(&proxy);
            let listened = server.listen(HostAddress::Any, 7).is_ok();
            run_until(move || !server.is_listening());
            assert!(listened || !server.has_pending_connections());
            let sockets: Vec<TcpSocket> = std::iter::from_fn(|| server.next_pending_connection()).collect();
            assert!(sockets.len() <= 1);
            server.delete();
            thread.join().unwrap();
        }
    }
}
