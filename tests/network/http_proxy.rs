//! HTTP proxies, in every split.

use std::time::Duration;

use slotwire::{NetworkProxy, ProxyType, SocketError, SocketState, TcpSocket, VirtualClock};

use super::proxy_conversation::Turn::{self, Again, Closes, Request, Says};
use super::proxy_conversation::{Conversation, Cut, Proxy, refused};
use super::support::run_until;

fn http() -> NetworkProxy {
    NetworkProxy::new(ProxyType::Http)
}

fn http_as(user: &str, password: &str) -> NetworkProxy {
    let mut proxy = http();
    proxy.set_user(user);
    proxy.set_password(password);
    proxy
}

const CONNECT: Turn = Request(&[
    "CONNECT target.test:81 HTTP/1.1",
    "Proxy-Connection: keep-alive",
    "Host: target.test:81",
    "User-Agent: Mozilla/5.0",
]);
/// With "joe" and "secret".
const CONNECT_BASIC: Turn = Request(&[
    "CONNECT target.test:81 HTTP/1.1",
    "Proxy-Connection: keep-alive",
    "Host: target.test:81",
    "User-Agent: Mozilla/5.0",
    "Proxy-Authorization: Basic am9lOnNlY3JldA==",
]);
const CONNECT_DIGEST: Turn = Request(&[
    "CONNECT target.test:81 HTTP/1.1",
    "Proxy-Connection: keep-alive",
    "Host: target.test:81",
    "User-Agent: Mozilla/5.0",
    "Proxy-Authorization: Digest username=\"joe\", realm=\"px\", nonce=\"n\", uri=\"target.test:81\", response=\"*\", \
     algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"*\"",
]);
const OK: Turn = Says(b"HTTP/1.1 200 Connection established\r\n\r\n");
const BASIC: Turn = Says(
    b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"px\"\r\n\
    Content-Length: 5\r\n\r\nhello",
);

#[test]
fn http_connects_in_every_split() {
    let by_name = |name, proxy, turns| Conversation {
        name,
        proxy,
        host: "target.test",
        answers: &[("joe", "secret")],
        turns,
        failure: None,
    };
    let conversations = [
        by_name("without authentication", http(), vec![CONNECT, OK]),
        by_name("in an old proxy's words", http(), vec![CONNECT, Says(b"HTTP/1.0 200\nVia: x\n\n")]),
        by_name(
            "with space in front of a colon, and lines that are no field",
            http_as("joe", "secret"),
            vec![
                CONNECT,
                Says(
                    b"HTTP/1.1 407 No\r\nVia : x\r\njunk\r\nProxy-Authenticate : Basic realm=\"px\"\r\n\
                    Content-Length\t: 5\r\nNul: \0\r\n\r\nhello",
                ),
                CONNECT_BASIC,
                Says(b"\r\nHTTP/1.1 200 OK\r\njunk\r\nVia : x\r\n\r\n"),
            ],
        ),
        by_name(
            "after an interim response",
            http(),
            vec![CONNECT, Says(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Done\r\n\r\n")],
        ),
        by_name(
            "with its own credentials",
            http_as("joe", "secret"),
            vec![CONNECT, BASIC, CONNECT_BASIC, OK],
        ),
        by_name("with credentials that are asked for", http(), vec![CONNECT, BASIC, CONNECT_BASIC, OK]),
        by_name(
            "with credentials that are refused, and others",
            http_as("jim", "guess"),
            vec![
                CONNECT,
                BASIC,
                Request(&["*Proxy-Authorization: Basic amltOmd1ZXNz"]),
                BASIC,
                CONNECT_BASIC,
                OK,
            ],
        ),
        by_name(
            "over a new connection",
            http(),
            vec![
                CONNECT,
                Says(
                    b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"px\"\r\n\
                    Proxy-Connection: close\r\nContent-Length: 5\r\n\r\n",
                ),
                Again,
                CONNECT_BASIC,
                OK,
            ],
        ),
        by_name(
            "over a new connection, because of the version",
            http_as("joe", "secret"),
            vec![
                CONNECT,
                Says(b"HTTP/1.0 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"),
                Again,
                CONNECT_BASIC,
                OK,
            ],
        ),
        by_name(
            "over a new connection, because the body has no length",
            http(),
            vec![
                CONNECT,
                Says(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"px\"\r\n\r\n"),
                Again,
                CONNECT_BASIC,
                OK,
            ],
        ),
        by_name(
            "over a new connection, because the proxy does not keep the first as it says",
            http(),
            vec![CONNECT, BASIC, Closes, CONNECT_BASIC, OK],
        ),
        by_name(
            "after a body in chunks",
            http(),
            vec![
                CONNECT,
                Says(
                    b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"px\"\r\n\
                    Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                ),
                CONNECT_BASIC,
                OK,
            ],
        ),
        by_name(
            "with Digest",
            http(),
            vec![
                CONNECT,
                Says(
                    b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"px\"\r\n\
                    Proxy-Authenticate: Digest realm=\"px\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"\r\n\
                    Content-Length: 0\r\n\r\n",
                ),
                CONNECT_DIGEST,
                OK,
            ],
        ),
    ];
    for conversation in conversations {
        conversation.play_in_every_split();
    }
}

#[test]
fn an_http_proxy_is_sent_the_header_fields_that_were_set() {
    let mut proxy = http();
    proxy.set_raw_header("X-Via", "slotwire");
    proxy.set_raw_header("user-agent", "slotwire/1");
    proxy.set_raw_header("X-Evil", "1\r\nX-More: 2");
    let lines = Request(&[
        "CONNECT target.test:81 HTTP/1.1",
        "Proxy-Connection: keep-alive",
        "Host: target.test:81",
        "x-via: slotwire",
        "user-agent: slotwire/1",
    ]);
    let turns = vec![lines, OK];
    Conversation { name: "fields", proxy, host: "target.test", answers: &[], turns, failure: None }
        .play(Cut::No);
}

#[test]
fn http_puts_ipv6_addresses_into_brackets() {
    let lines = Request(&["CONNECT [2001:db8::1]:81 HTTP/1.1", "*Host: [2001:db8::1]:81", "*"]);
    let turns = vec![lines, OK];
    Conversation { name: "IPv6", proxy: http(), host: "2001:db8::1", answers: &[], turns, failure: None }
        .play(Cut::No);
}

#[test]
fn what_an_http_proxy_refuses_fails_with_qts_errors() {
    use SocketError as E;
    let protocol = |text| (E::ProxyProtocol, text);
    let not_http = protocol("Did not receive HTTP response from proxy");
    let other = protocol("Error communicating with HTTP proxy");
    let unknown_scheme = protocol("Error parsing authentication request from proxy");
    let rows: [(&[u8], (E, &str)); 11] = [
        (
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nhello",
            (E::SocketAccess, "Proxy denied connection"),
        ),
        (b"HTTP/1.1 405 No\r\n\r\n", (E::SocketAccess, "Proxy denied connection")),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", (E::HostNotFound, "Host not found")),
        (b"HTTP/1.1 503 Not now\r\n\r\n", (E::ConnectionRefused, "Connection refused")),
        (b"HTTP/1.1 500 Oh\r\n\r\n", other),
        (b"HTTP/1.1 302 There\r\nLocation: http://b/\r\n\r\n", other),
        (b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n", unknown_scheme),
        (b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Negotiate\r\n\r\n", unknown_scheme),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", not_http),
        (b"\x05\x00\n\n", not_http),
        (b"HTTQ", not_http),
    ];
    for (response, (error, text)) in rows {
        refused(text, http(), "target.test", vec![CONNECT, Says(response)], error, text)
            .play_in_every_split();
    }
}

#[test]
fn an_http_proxy_that_nobody_answers_fails_with_qts_error() {
    let error = SocketError::ProxyAuthenticationRequired;
    let text = "Authentication required";
    refused("asked", http(), "target.test", vec![CONNECT, BASIC], error, text).play_in_every_split();
    let wrong = vec![CONNECT, BASIC, CONNECT_BASIC, BASIC];
    refused("wrong", http_as("joe", "secret"), "target.test", wrong, error, text).play_in_every_split();
}

#[test]
fn a_proxy_that_puts_its_client_off_has_thirty_seconds_all_the_same() {
    let clock = VirtualClock::install();
    let mut proxy = Proxy::new();
    let socket = TcpSocket::new();
    socket.set_proxy(NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", proxy.port()));
    socket.connect_to_host("target.test", 81);
    proxy.hear_request();
    for _ in 0..31 {
        proxy.say(&b"HTTP/1.1 100 Continue\r\n\r\n".repeat(50), Cut::No);
        clock.advance(Duration::from_secs(1));
    }
    run_until(move || socket.state() == SocketState::Unconnected);
    assert_eq!(socket.error(), SocketError::ProxyConnectionTimeout);
}

#[test]
fn an_http_proxy_that_leaves_fails_with_qts_error() {
    let rows = [
        vec![CONNECT, Closes],
        vec![CONNECT, Says(b"HTTP/1.1 200 OK\r\n"), Closes],
        vec![
            CONNECT,
            Says(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 9\r\n\r\nx"),
            Closes,
        ],
    ];
    for turns in rows {
        let text = "Proxy connection closed prematurely";
        refused("leaves", http(), "target.test", turns, SocketError::ProxyConnectionClosed, text)
            .play(Cut::No);
    }
}

#[test]
fn a_response_without_an_end_takes_64_kib_at_most() {
    let mut proxy = Proxy::new();
    let socket = TcpSocket::new();
    socket.set_proxy(NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", proxy.port()));
    socket.connect_to_host("target.test", 81);
    proxy.hear_request();
    proxy.say(b"HTTP/1.1 200 OK\r\n", Cut::No);
    for _ in 0..65 {
        proxy.say(&[b'x'; 1024], Cut::No);
    }
    run_until(move || socket.state() == SocketState::Unconnected);
    assert_eq!(socket.error_string(), "Did not receive HTTP response from proxy");
}
