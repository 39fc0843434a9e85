//! WebSockets through a proxy that the test plays. What is said to it is tested in `tests/network`.

use slotwire::prelude::*;

use crate::journal::Journal;
use crate::peer::{Peer, PeerListener, response_to};
use crate::support::{settle, wait_until};

fn http(listener: &PeerListener) -> NetworkProxy {
    NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", listener.port())
}

/// A socket that is opened, and the proxy's end of its connection, which has read the `CONNECT`.
fn opened(url: &str) -> (WebSocket, Journal, Peer) {
    let listener = PeerListener::new();
    let socket = WebSocket::new();
    socket.set_proxy(http(&listener));
    let journal = Journal::of(socket);
    socket.open(url);
    assert_eq!(journal.take(), ["state_changed(Connecting)"]);
    let mut proxy = listener.accept();
    proxy.read_head();
    (socket, journal, proxy)
}

/// `tst_QWebSocket::tst_setProxy`
#[test]
fn the_proxy_is_a_copy_of_what_was_set() {
    let socket = WebSocket::new();
    assert_eq!(socket.proxy(), NetworkProxy::new(ProxyType::Default));
    let mut proxy = NetworkProxy::default();
    proxy.set_port(123);
    socket.set_proxy(&proxy);
    assert_eq!(socket.proxy(), proxy);
    proxy.set_port(321);
    assert_eq!(socket.proxy().port(), 123);
    socket.set_proxy(&proxy);
    assert_eq!(socket.proxy(), proxy);
    socket.delete();
    assert_eq!(socket.proxy(), NetworkProxy::default());
}

#[test]
fn the_signals_are_those_of_any_connection() {
    let (socket, journal, mut proxy) = opened("ws://target.test:81/chat");
    proxy.send("HTTP/1.1 200 Connection established\r\n\r\n");
    let request = proxy.read_head();
    assert!(request.starts_with("GET /chat HTTP/1.1\r\nHost: target.test:81\r\n"), "{request}");
    assert_eq!((socket.peer_address(), socket.peer_port()), (HostAddress::Null, 81));
    proxy.send(response_to(&request));
    wait_until("it is connected", || socket.state() == SocketState::Connected);
    assert_eq!(journal.take(), ["state_changed(Connected)", "connected"]);
    assert_eq!((socket.peer_name(), socket.peer_port()), ("target.test".into(), 81));
}

#[test]
fn nothing_that_comes_in_one_piece_with_the_answers_is_lost() {
    let (socket, _journal, mut proxy) = opened("ws://target.test/");
    let messages = SignalSpy::new(socket.text_message_received());
    proxy.send("HTTP/1.1 200 Connection established\r\n\r\n");
    let request = proxy.read_head();
    proxy.send([response_to(&request).as_bytes(), b"\x81\x05hello"].concat());
    wait_until("the message is there", || !messages.is_empty());
    assert_eq!(messages.take(), ["hello"]);
    socket.send_text_message("hi");
    assert_eq!(proxy.read_frame().payload, b"hi");
}

#[test]
fn a_proxy_that_refuses_is_told_as_a_refused_connection() {
    let (socket, journal, mut proxy) = opened("ws://target.test/");
    proxy.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    wait_until("it has failed", || socket.state() == SocketState::Unconnected);
    settle();
    let told = ["state_changed(Unconnected)", "disconnected", "error_occurred(SocketAccess)"];
    assert_eq!(journal.take(), told);
    assert_eq!(socket.error_string(), "Proxy denied connection");
    proxy.expect_end();
}

#[test]
fn a_proxy_that_cannot_connect_anybody_is_told_as_a_refused_connection() {
    let socket = WebSocket::new();
    socket.set_proxy(NetworkProxy::with_host(ProxyType::HttpCaching, "127.0.0.1", 1));
    let journal = Journal::of(socket);
    socket.open("ws://target.test/");
    // Where Qt stays for ever.
    assert_eq!(journal.take(), ["state_changed(Connecting)"]);
    settle();
    let told = ["state_changed(Unconnected)", "disconnected", "error_occurred(UnsupportedSocketOperation)"];
    assert_eq!(journal.take(), told);
    assert_eq!(socket.error_string(), "Operation on socket is not supported");
}

#[test]
fn who_asks_is_asked_while_the_socket_is_connecting() {
    let (socket, journal, mut proxy) = opened("ws://target.test/");
    let asked = SignalSpy::new(socket.proxy_authentication_required());
    socket.proxy_authentication_required().connect(move |(proxy, authenticator)| {
        assert_eq!(proxy.host_name(), "127.0.0.1");
        assert_eq!(authenticator.realm(), "px");
        assert_eq!(socket.state(), SocketState::Connecting);
        authenticator.set_user("joe");
        authenticator.set_password("secret");
    });
    proxy.send("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"px\"\r\nContent-Length: 0\r\n\r\n");
    let request = proxy.read_head();
    assert!(request.contains("Proxy-Authorization: Basic am9lOnNlY3JldA==\r\n"), "{request}");
    assert_eq!(asked.len(), 1);
    proxy.send("HTTP/1.1 200 OK\r\n\r\n");
    let request = proxy.read_head();
    assert!(!request.contains("Authorization"), "the server is not told: {request}");
    proxy.send(response_to(&request));
    wait_until("it is connected", || socket.state() == SocketState::Connected);
    assert!(journal.contains("connected"));
}

#[test]
fn a_socket_can_be_opened_anew_in_the_slot_that_is_asked() {
    let (socket, _journal, mut proxy) = opened("ws://target.test/");
    let other = PeerListener::new();
    let url = other.url();
    socket.proxy_authentication_required().connect(move |_| {
        socket.set_proxy(ProxyType::No);
        socket.open(&url);
    });
    proxy.send("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n");
    let mut peer = other.accept();
    peer.accept_handshake();
    wait_until("it is connected", || socket.state() == SocketState::Connected);
    proxy.expect_end();
}

#[test]
fn a_server_that_asks_who_is_there_is_answered_through_the_proxy_again() {
    let listener = PeerListener::new();
    let socket = WebSocket::new();
    socket.set_proxy(http(&listener));
    socket.open("ws://ada:lovelace@target.test/");
    for is_answer in [false, true] {
        let mut proxy = listener.accept();
        assert!(proxy.read_head().starts_with("CONNECT target.test:80 "));
        proxy.send("HTTP/1.1 200 OK\r\n\r\n");
        let request = proxy.read_head();
        assert_eq!(request.contains("\r\nAuthorization: Basic "), is_answer, "{request}");
        if is_answer {
            proxy.send(response_to(&request));
            wait_until("it is connected", || socket.state() == SocketState::Connected);
        } else {
            proxy.send("HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic\r\nConnection: close\r\n\r\n");
        }
    }
}

#[test]
fn a_refused_handshake_is_the_servers_and_not_the_proxys() {
    let (socket, journal, mut proxy) = opened("ws://target.test/");
    proxy.send("HTTP/1.1 200 OK\r\n\r\n");
    proxy.read_head();
    proxy.send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    wait_until("it has failed", || socket.state() == SocketState::Unconnected);
    assert!(journal.contains("error_occurred(ConnectionRefused)"));
    assert!(socket.error_string().contains("Unhandled http status code: 407"));
}

#[cfg(feature = "_tls")]
mod wss {
    use super::*;
    use crate::identity::{Authority, echo_server};
    use crate::relay::Relay;

    #[test]
    fn a_proxy_carries_wss_and_the_certificate_is_that_of_the_peer() {
        for proxy_type in [ProxyType::Http, ProxyType::Socks5] {
            let authority = Authority::new();
            let server = echo_server(authority.issue_for(&["target.test"], |_| {}).configuration());
            let socket = authority.client();
            socket.ssl_errors().connect(|errors| panic!("{errors:?}"));
            let mut proxy = Relay::as_proxy(socket, proxy_type, server);
            proxy.pass_until("it is connected", || socket.state() == SocketState::Connected);
            let messages = SignalSpy::new(socket.text_message_received());
            let text = "encrypted ".repeat(10_000);
            socket.send_text_message(&text);
            proxy.pass_until("the echo is there", || !messages.is_empty());
            assert!(messages.take() == [text]);
            assert_eq!((socket.peer_name(), socket.peer_port()), ("target.test".into(), 443));
        }
    }

    #[test]
    fn the_name_of_the_proxy_is_nothing_that_a_certificate_may_have() {
        let authority = Authority::new();
        let server = authority.echo_server();
        let socket = authority.client();
        let errors = SignalSpy::new(socket.ssl_errors());
        let mut proxy = Relay::as_proxy(socket, ProxyType::Http, server);
        proxy.pass_until("it has failed", || socket.state() == SocketState::Unconnected);
        let kinds: Vec<_> = errors.take().concat().iter().map(SslError::kind).collect();
        assert_eq!(kinds, [SslErrorKind::HostNameMismatch]);
    }
}
