//! Requests and responses that are wrong, and what becomes of them.

use slotwire::prelude::*;
use slotwire::websocket::protocol::MAX_HANDSHAKE_SIZE;

use crate::journal::Journal;
use crate::peer::{Peer, PeerListener, REQUEST, response_to};
use crate::support::{Bystander, echo_server, settle, wait_for_end, wait_until};

const REFUSED: [&str; 4] = [
    "error_occurred(ConnectionRefused)",
    "state_changed(Unconnected)",
    "disconnected",
    "read_channel_finished",
];

/// Lets a server answer so; returns what the client says about it.
#[track_caller]
fn error_after(response: impl Fn(&str) -> Vec<u8>) -> String {
    error_within(Limits::qt(), response)
}

fn error_within(limits: Limits, response: impl Fn(&str) -> Vec<u8>) -> String {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.set_limits(limits);
    client.open(listener.url());
    let journal = Journal::of(client);
    let mut peer = listener.accept();
    let request = peer.read_head();
    let mut rest = &response(&request)[..];
    wait_until("the client has refused the response", || {
        let sent = peer.try_send(rest);
        rest = &rest[sent..];
        client.state() == SocketState::Unconnected
    });
    settle();
    assert_eq!(journal.take(), REFUSED);
    assert_eq!(client.close_code(), CloseCode::Normal);
    peer.read_end();
    client.error_string()
}

#[test]
fn a_status_that_is_not_101_is_refused() {
    for (status, reason) in [
        (200, "OK"),
        (301, "Moved Permanently"),
        (404, "Not Found"),
        (500, "Internal Server Error"),
        (407, "Proxy Authentication Required"),
    ] {
        let text = error_after(|_| {
            format!("HTTP/1.1 {status} {reason}\r\nLocation: /\r\n\r\nbody \x08\x7f").into_bytes()
        });
        let expected =
            format!("QWebSocketPrivate::processHandshake: Unhandled http status code: {status} ({reason}).");
        assert_eq!(text, expected);
    }
}

#[test]
fn a_400_says_which_versions_the_server_wants() {
    let text = error_after(|_| b"HTTP/1.1 400 Bad Request\r\nSec-WebSocket-Version: 8, 7\r\n\r\n".to_vec());
    assert_eq!(text, "Handshake: Server requests a version that we don't support: 8, 7.");
    for field in ["", "Sec-WebSocket-Version: 13\r\n"] {
        let text = error_after(|_| format!("HTTP/1.1 400 Bad Request\r\n{field}\r\n").into_bytes());
        assert_eq!(
            text,
            "QWebSocketPrivate::processHandshake: Unknown error condition encountered. Aborting connection."
        );
    }
}

#[test]
fn a_wrong_accept_key_is_refused() {
    let wrong = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let text = error_after(|request| {
        let response = response_to(request);
        let start = response.find("Accept: ").unwrap() + 8;
        [&response[..start], wrong, &response[start + 28..]].concat().into_bytes()
    });
    assert!(text.starts_with(&format!("Accept-Key received from server {wrong} does not match")), "{text}");
}

#[test]
fn a_response_without_what_makes_an_upgrade_is_refused() {
    for (change, to) in [
        ("Upgrade: websocket\r\n", ""),
        ("Upgrade: websocket\r\n", "Upgrade: h2c\r\n"),
        ("Connection: Upgrade\r\n", ""),
        ("Connection: Upgrade\r\n", "Connection: keep-alive\r\n"),
        ("HTTP/1.1", "HTTP/1.0"),
    ] {
        let text = error_after(|request| response_to(request).replace(change, to).into_bytes());
        assert!(text.starts_with("Invalid parameter encountered during protocol upgrade: "), "{text}");
    }
    let text = error_after(|_| {
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n".to_vec()
    });
    assert_eq!(
        text,
        "Invalid parameter encountered during protocol upgrade: Accept-key size: 0, version: 1.1, \
         upgrade: websocket, connection: Upgrade"
    );
}

#[test]
fn what_was_not_asked_for_is_refused() {
    for (field, text) in [
        (
            "Sec-WebSocket-Protocol: chat",
            "WebSocket server has chosen protocol chat which has not been requested",
        ),
        (
            "Sec-WebSocket-Extensions: permessage-deflate",
            "WebSocket server has chosen extension permessage-deflate which has not been requested",
        ),
    ] {
        let answer = |request: &str| {
            response_to(request).replace("\r\n\r\n", &format!("\r\n{field}\r\n\r\n")).into_bytes()
        };
        assert_eq!(error_after(answer), text);
    }
}

#[test]
fn a_response_that_is_none_is_refused() {
    const STATUS: &str = "Read handshake request status failed: ";
    const HEADER: &str = "Parsing handshake request header failed: this is not HTTP, as ";
    // Most of these have no end that could be waited for.
    for (response, prefix, text) in [
        (&b"nonsense\r\n\r\n"[..], STATUS, "\"nonsense\" is no HTTP response"),
        (b"\r\n\r\n", STATUS, "\"\" is no HTTP response"),
        (b"\x81\x05hello", STATUS, "\"\\u{81}\\u{5}hello\" is no HTTP response"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", STATUS, "\"SSH-2.0-OpenSSH_9.6\" is no HTTP response"),
        (b"220 mail", STATUS, "\"220 mail\" is no HTTP response"),
        (b"HTTP/1.1 101 X\n", HEADER, "a line ends with LF instead of CR LF"),
        (b"HTTP/1.1 101 X\r\nA: b\n", HEADER, "a line ends with LF instead of CR LF"),
        (b"HTTP/1.1 101 X\r\nno colon\r\n", HEADER, "\"no colon\" is no header field"),
        (b"HTTP/1.1 101 X\r\nbad name: x\r\n\r\n", HEADER, "\"bad name: x\" is no header field"),
    ] {
        assert_eq!(error_after(|_| response.to_vec()), format!("{prefix}{text}"));
    }
}

#[test]
fn a_response_that_is_too_large_is_refused() {
    let endless = error_after(|_| [b"HTTP/1.1 101 X\r\nA: ".as_slice(), &vec![b'a'; 900_000]].concat());
    assert_eq!(endless, "Header is too large: it does not end within 65536 bytes");
    let fields = "A: a\r\n".repeat(101);
    for head in [
        format!("HTTP/1.1 101 X\r\n{fields}\r\n"),
        format!("HTTP/1.1 101 X\r\nA: {}\r\n\r\n", "a".repeat(102_400)),
        format!("HTTP/1.1 101 X\r\n{}\r\n", format!("A: {}\r\n", "a".repeat(90_000)).repeat(3)),
    ] {
        let limits = Limits::qt().with_max_head_size(MAX_HANDSHAKE_SIZE);
        let error = error_within(limits, |_| head.clone().into_bytes());
        assert!(
            error.starts_with("Parsing handshake request header failed: it has more than 100 "),
            "{error}"
        );
    }
}

#[test]
fn connection_may_be_a_list_and_upgrade_any_case() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    let mut peer = listener.accept();
    let response = response_to(&peer.read_head());
    peer.send(
        response
            .replace("Connection: Upgrade", "connection: keep-alive, UPGRADE")
            .replace("Upgrade: websocket", "UPGRADE: WebSocket"),
    );
    wait_until("connected", || client.is_valid());
}

#[test]
fn a_client_that_was_refused_opens_again() {
    let server = echo_server();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    peer.send("HTTP/1.1 404 Not Found\r\n\r\n\x08\x00 some body that is no frame");
    wait_for_end(client);
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
}

/// Sends a request to a server that has another client; returns the status line and the server's errors.
#[track_caller]
fn answer_to(request: &[u8]) -> (String, Vec<CloseCode>) {
    let server = echo_server();
    let bystander = Bystander::of(server);
    let errors = SignalSpy::new(server.server_error());
    let mut peer = Peer::connect(server);
    peer.send(request);
    settle();
    bystander.goes_on();
    let (answer, _) = peer.read_end();
    let answer = String::from_utf8(answer).unwrap();
    let mut parts = answer.splitn(2, "\r\n");
    let status = parts.next().unwrap_or_default().to_owned();
    assert_eq!(parts.next(), Some("Connection: close\r\nContent-Length: 0\r\n\r\n"), "{answer:?}");
    (status, errors.take())
}

#[test]
fn a_request_that_is_none_gets_400() {
    let refused = ("HTTP/1.1 400 Bad Request".to_owned(), vec![CloseCode::ProtocolError]);
    for (change, to) in [
        ("GET", "POST"),
        ("GET", "get"),
        ("HTTP/1.1", "HTTP/1.0"),
        ("HTTP/1.1", "nonsense"),
        ("Host: localhost\r\n", ""),
        ("Host: localhost", "Host: "),
        ("Host: localhost", "Host: user@localhost"),
        ("Upgrade: websocket", "Upgrade: h2c"),
        ("Upgrade: websocket\r\n", ""),
        ("Connection: Upgrade", "Connection: close"),
        ("Connection: Upgrade\r\n", ""),
        ("Host: localhost", "Host: localhost\r\nHost: localhost"),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: AVDFBDDFF"),
        (
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
        ("Sec-WebSocket-Version: 13\r\n", ""),
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: x"),
        ("Host: localhost", "no colon"),
        ("Host: localhost", "bad name: x\r\nHost: localhost"),
    ] {
        assert_eq!(answer_to(REQUEST.replacen(change, to, 1).as_bytes()), refused, "{to:?} for {change:?}");
    }
    for request in
        [&b"\r\r\n\r\n"[..], b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\0\r\n\r\n", b"\xff\xfe\0\r\n\r\n"]
    {
        assert_eq!(answer_to(request), refused, "{request:?}");
    }
}

#[test]
fn a_request_that_is_too_large_is_refused() {
    let refused = ("HTTP/1.1 400 Bad Request".to_owned(), vec![CloseCode::ProtocolError]);
    let with = |field: &str| REQUEST.replace("\r\n\r\n", &format!("\r\n{field}\r\n\r\n"));
    let value = |size: usize| format!("A: {}", "a".repeat(size - 3));
    assert_eq!(answer_to(with(&value(8193)).as_bytes()), refused);
    assert_eq!(answer_to(with(&["A: a"; 96].join("\r\n")).as_bytes()), refused);
    let line = |size: usize| {
        REQUEST.replace("/chat?room=1", &format!("/{}", "a".repeat(size - "GET / HTTP/1.1".len())))
    };
    assert_eq!(answer_to(line(8193).as_bytes()), refused);
    for good in [with(&value(8192)), with(&["A: a"; 95].join("\r\n")), line(8192)] {
        let mut peer = Peer::connect(echo_server());
        peer.send(good);
        assert!(peer.read_head().starts_with("HTTP/1.1 101 "));
    }
}

#[test]
fn a_head_without_an_end_is_refused_in_time() {
    let endless = [b"GET / HTTP/1.1\r\nA: ".as_slice(), &vec![b'a'; 900_000]].concat();
    assert_eq!(
        answer_to(&endless),
        ("HTTP/1.1 431 Request Header Fields Too Large".to_owned(), vec![CloseCode::TooMuchData])
    );
}

#[test]
fn what_is_sent_after_a_refused_request_is_ignored() {
    let server = echo_server();
    let mut peer = Peer::connect(server);
    peer.send("nonsense\r\n\r\n");
    peer.try_send(REQUEST.as_bytes());
    settle();
    peer.try_send(&[0xff; 100_000]);
    assert!(peer.read_head().starts_with("HTTP/1.1 400 "));
    assert_eq!(peer.read_end().0, b"");
}
