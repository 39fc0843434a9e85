//! What the crate logs: one line for each event of a connection's life, to be found by the usual filters, and no secret in any.

#![allow(clippy::unwrap_used, reason = "a failed expectation is how a test says what it needed")]

use std::cell::RefCell;
use std::sync::Once;

use log::Level;
use slotwire::prelude::*;

#[cfg(feature = "_tls")]
#[allow(dead_code, reason = "shared with tests/websocket")]
#[path = "websocket/identity.rs"]
mod identity;
#[allow(dead_code, reason = "shared with tests/websocket")]
#[path = "websocket/peer.rs"]
mod peer;
#[allow(dead_code, reason = "shared with tests/websocket")]
#[path = "websocket/support.rs"]
mod support;

use peer::{Peer, PeerListener, REQUEST};
use support::{Connected, connected_client, echo_server, listening_server, settle, wait_for_end, wait_until};

thread_local! {
    static LINES: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

#[derive(Clone, Debug)]
struct Line {
    level: Level,
    target: String,
    text: String,
}

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = Line {
            level: record.level(),
            target: record.target().to_owned(),
            text: record.args().to_string(),
        };
        LINES.with_borrow_mut(|lines| lines.push(line));
    }

    fn flush(&self) {}
}

/// Records what this thread logs from now on.
fn record() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        log::set_logger(&Recorder).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    LINES.take();
}

/// The crate's lines up to a level, with what differs from run to run replaced: ports by `PORT`, durations by `TIME`.
fn logged(most: Level) -> Vec<String> {
    let lines = LINES.with_borrow(Vec::clone);
    let own = lines.iter().filter(|line| line.target.starts_with("slotwire::") && line.level <= most);
    own.map(|line| normalised(&line.text)).collect()
}

fn normalised(text: &str) -> String {
    let mut words = Vec::new();
    let mut before = "";
    for word in text.split(' ') {
        let is_number = word.starts_with(|first: char| first.is_ascii_digit());
        let end = &word[word.trim_end_matches([',', ':']).len()..];
        words.push(match before {
            "after" if is_number => format!("TIME{end}"),
            "port" if is_number => format!("PORT{end}"),
            _ => without_port(word),
        });
        before = word;
    }
    words.join(" ")
}

/// Replaces a port behind an address.
fn without_port(word: &str) -> String {
    let mut text = String::new();
    for (index, part) in word.split(':').enumerate() {
        let digits = part.chars().take_while(char::is_ascii_digit).count();
        text.push_str(if index > 0 { ":" } else { "" });
        text.push_str(if index > 0 && digits >= 4 { "PORT" } else { &part[..digits] });
        text.push_str(&part[digits..]);
    }
    text
}

#[track_caller]
fn assert_logged(most: Level, expected: &[&str]) {
    let lines = logged(most);
    let mut rest = lines.iter();
    for wanted in expected {
        assert!(rest.any(|line| line == wanted), "not logged, or not in this order: {wanted}\n{lines:#?}");
    }
}

#[test]
fn the_life_of_a_connection_is_logged_on_both_sides() {
    record();
    let server = echo_server();
    let client = WebSocket::new();
    client.open(format!("ws://127.0.0.1:{}/chat?token=hidden", server.server_port()));
    wait_until("connected", || client.is_valid());
    client.close_with(CloseCode::GoingAway, "that is \u{1b}[31mall");
    wait_for_end(client);
    settle();
    server.close();
    client.delete();
    server.delete();
    settle();
    assert_eq!(calls_on_dead_handles(), [""; 0], "the crate itself calls nobody who is dead");
    assert_logged(
        Level::Debug,
        &[
            "listening at 127.0.0.1:PORT",
            "client of ws://127.0.0.1:PORT/chat: opening",
            "connecting to 127.0.0.1:PORT",
            "client of ws://127.0.0.1:PORT/chat: TCP connection to 127.0.0.1:PORT",
        ],
    );
    assert_logged(
        Level::Debug,
        &[
            "ws client 127.0.0.1:PORT at port PORT: TCP connection accepted",
            "ws client 127.0.0.1:PORT at port PORT: request for \"/chat\", origin \"\"",
            "ws client 127.0.0.1:PORT at port PORT: accepted, no subprotocol",
            "ws client 127.0.0.1:PORT at port PORT: closed after TIME, close code 1001, reason \"that is \\u{1b}[31mall\"",
            "not listening any more at 127.0.0.1:PORT",
        ],
    );
    assert_logged(
        Level::Debug,
        &[
            "client of ws://127.0.0.1:PORT/chat: connected after TIME, no subprotocol",
            "client of ws://127.0.0.1:PORT/chat: closed after TIME, close code 1001, reason \"that is \\u{1b}[31mall\"",
        ],
    );
}

#[test]
fn a_loss_is_logged_on_the_side_that_suffers_it() {
    record();
    let Connected { client, .. } = Connected::new();
    record();
    client.abort();
    settle();
    assert_logged(
        Level::Debug,
        &[
            "ws client 127.0.0.1:PORT at port PORT: RemoteHostClosed, \"The remote host closed the connection\"",
            "ws client 127.0.0.1:PORT at port PORT: lost after TIME, close code 1006, reason \"\"",
        ],
    );
}

#[test]
fn a_connection_that_is_refused_is_logged() {
    record();
    let port = PeerListener::new().port();
    let client = WebSocket::new();
    client.open(format!("ws://127.0.0.1:{port}/"));
    wait_until("refused", || client.state() == SocketState::Unconnected);
    assert_logged(
        Level::Debug,
        &[
            "connecting to 127.0.0.1:PORT: Connection refused",
            "client of ws://127.0.0.1:PORT/: ended after TIME, without having been open",
            "client of ws://127.0.0.1:PORT/: ConnectionRefused, \"Connection refused\"",
        ],
    );
}

#[test]
fn a_url_that_is_refused_is_logged_with_what_is_wrong_with_it() {
    record();
    let client = WebSocket::new();
    for url in ["ws://ada:secret@h:99999/a?token=1", "://", "ws://[::g]/", "ws://a..b/"] {
        client.open(url);
    }
    let refused: Vec<_> =
        logged(Level::Debug).into_iter().filter(|line| line.contains("cannot be opened")).collect();
    assert_eq!(
        refused,
        [
            "\"ws://h:PORT/a\" cannot be opened: the port has to be a number up to 65535",
            "\"://\" cannot be opened: in front of the first colon there has to be a scheme, as \"ws\"",
            "\"ws://[::g]/\" cannot be opened: what stands in brackets has to be an IPv6 address",
            "\"ws://a..b/\" cannot be opened: the host has to be labels of letters, digits, hyphens and underscores, with dots \
             between them",
        ],
    );
}

#[test]
fn text_of_a_server_is_escaped_in_the_error_and_in_the_log() {
    record();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    peer.send("HTTP/1.1 418 red \x1b[31mtea\x07 \u{202e}für\r\n\r\n");
    wait_for_end(client);
    let error = client.error_string();
    assert!(error.contains("red \\u{1b}[31mtea\\u{7} \\u{202e}für"), "{error}");
    let controls = |character: char| character.is_control() || character == '\u{202e}';
    assert!(logged(Level::Trace).iter().all(|line| !line.contains(controls)));
    assert!(logged(Level::Debug).iter().any(|line| line.contains("418")), "{:#?}", logged(Level::Debug));
}

#[test]
fn a_handshake_that_is_refused_is_logged_without_a_close_code() {
    record();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    wait_for_end(client);
    let lines = logged(Level::Debug);
    assert!(
        lines.iter().any(|line| line.ends_with(": ended after TIME, without having been open")),
        "{lines:#?}"
    );
    assert!(lines.iter().all(|line| !line.contains("close code")), "{lines:#?}");
}

#[test]
fn that_a_server_asks_for_a_password_is_logged() {
    record();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    peer.send(
        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
    );
    wait_for_end(client);
    let asks = |line: &String| line.ends_with(": the server asks for user and password after TIME");
    assert!(logged(Level::Debug).iter().any(asks), "{:#?}", logged(Level::Debug));
}

#[test]
fn why_a_server_refuses_is_logged() {
    record();
    let server = listening_server();
    server.origin_authentication_required().connect(|authenticator| authenticator.set_allowed(false));
    let mut peer = Peer::connect(server);
    peer.send("GET /chat HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil\x1b.example\r\n");
    peer.send("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    peer.send("Sec-WebSocket-Version: 13\r\n\r\n");
    peer.read_end();
    let mut plain = Peer::connect(server);
    plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    plain.read_end();
    let mut encrypted = Peer::connect(server);
    encrypted.send([22, 3, 1, 0, 1, 1]);
    encrypted.read_end();
    settle();
    let refusals = logged(Level::Debug).into_iter().filter(|line| line.contains(": refused after ")).count();
    assert_eq!(refusals, 3, "{:#?}", logged(Level::Debug));
    assert_logged(
        Level::Debug,
        &["ws client 127.0.0.1:PORT at port PORT: speaks TLS to a server that does not"],
    );
}

#[test]
fn an_operator_is_warned_when_nobody_takes_the_connections() {
    record();
    let server = listening_server();
    server.set_max_pending_connections(1);
    let _first = connected_client(server);
    let second = WebSocket::new();
    second.open(server.server_url());
    wait_until("refused", || second.state() == SocketState::Unconnected);
    assert_logged(
        Level::Warn,
        &["ws client 127.0.0.1:PORT at port PORT: no room, as 1 connections wait to be taken"],
    );
}

#[test]
fn an_opening_handshake_that_takes_too_long_is_logged() {
    record();
    let clock = VirtualClock::install();
    let server = listening_server();
    let _peer = Peer::connect(server);
    settle();
    support::pass(&clock, std::time::Duration::from_secs(20));
    assert_logged(
        Level::Debug,
        &["ws client 127.0.0.1:PORT at port PORT: dropped after TIME: the opening handshake took too long"],
    );
}

/// What the log says of calls on dead handles.
fn calls_on_dead_handles() -> Vec<String> {
    logged(Level::Debug).into_iter().filter(|line| line.contains(": a call of ")).collect()
}

#[cfg(debug_assertions)]
#[test]
fn a_call_on_a_dead_handle_says_where_the_object_was_deleted_and_who_called() {
    record();
    let socket = WebSocket::new();
    let deleted_at = line!() + 1;
    socket.delete();
    send_to(socket);
    let lines = calls_on_dead_handles();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0]
            .contains(&format!("an object of WebSocket that was deleted at tests/logging.rs:{deleted_at}:")),
        "{lines:#?}"
    );
    assert!(lines[0].contains("::send_text_message reaches"), "{lines:#?}");
    assert!(lines[0].contains("logging::send_to"), "{lines:#?}");

    record();
    let timer = Timer::new();
    let deleted_at = line!() + 1;
    timer.delete_later();
    settle();
    timer.timeout().connect(|()| ());
    let lines = calls_on_dead_handles();
    assert!(
        lines[0].contains(&format!("an object of Timer that was deleted at tests/logging.rs:{deleted_at}:")),
        "{lines:#?}"
    );
}

#[cfg(debug_assertions)]
#[inline(never)]
fn send_to(socket: WebSocket) {
    socket.send_text_message("nobody is there");
}

#[test]
fn nothing_secret_is_logged_at_any_level() {
    record();
    let server = echo_server();
    let client = WebSocket::new();
    let mut request = NetworkRequest::new(format!(
        "ws://user:hidden@127.0.0.1:{}/chat?token=hidden#hidden",
        server.server_port()
    ));
    request.set_raw_header("Authorization", "Bearer hidden");
    request.set_raw_header("Cookie", "session=hidden");
    client.open(request);
    wait_until("connected", || client.is_valid());
    let echo = SignalSpy::new(client.text_message_received());
    client.send_text_message("hidden");
    client.ping_with("hidden");
    wait_until("the echo", || !echo.is_empty());
    client.close();
    wait_for_end(client);
    let refused = WebSocket::new();
    refused.open("wss://user:hidden@127.0.0.1:1/?token=hidden");
    refused.open("http://user:hidden@127.0.0.1:1/?token=hidden");
    settle();
    let lines = logged(Level::Trace);
    assert!(!lines.is_empty());
    for line in lines {
        assert!(!line.contains("hidden"), "{line}");
        assert!(!line.contains("dGhl") && !line.to_lowercase().contains("sec-websocket-key"), "{line}");
    }
}

#[test]
fn nothing_secret_in_the_urls_that_a_client_sends_is_logged() {
    record();
    let server = listening_server();
    for target in [
        "http://user:hidden@localhost/chat",
        "//user:hidden@localhost",
        "user:hidden@localhost",
        "/?hidden",
        "/#hidden",
    ] {
        for origin in [
            "http://user:hidden@localhost",
            "http://localhost?hidden",
            "http://localhost/#hidden",
            "user:hidden@localhost",
        ] {
            let mut peer = Peer::connect(server);
            let request = REQUEST.replace("/chat?room=1", target);
            peer.send(request.replace("Host:", &format!("Origin: {origin}\r\nHost:")));
            peer.read_head();
        }
    }
    let mut peer = Peer::connect(server);
    peer.send(REQUEST.replace("/chat?room=1", "/@alice"));
    peer.read_head();
    settle();
    let lines = logged(Level::Trace);
    assert!(lines.iter().any(|line| line.contains("/@alice")), "{lines:#?}");
    assert!(lines.iter().all(|line| !line.contains("hidden")), "{lines:#?}");
}

#[cfg(feature = "_tls")]
mod tls {
    use super::*;
    use identity::Authority;

    #[test]
    fn an_encrypted_connection_says_how_it_is_encrypted() {
        record();
        let authority = Authority::new();
        let server = authority.echo_server();
        let client = authority.client();
        client.open(server.server_url());
        wait_until("connected", || client.is_valid());
        let lines = logged(Level::Debug);
        let encrypted = lines.iter().filter(|line| line.contains(": encrypted")).count();
        assert_eq!(encrypted, 2, "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains(", TlsV1_3 TLS_")), "{lines:#?}");
    }

    #[test]
    fn a_tls_alert_says_which_way_it_went() {
        record();
        let authority = Authority::new();
        let server = authority.echo_server();
        let client = authority.client();
        client.open(server.server_url());
        wait_until("connected", || client.is_valid());
        client.close();
        wait_for_end(client);
        settle();
        let lines = logged(Level::Debug);
        let received = ": received the TLS alert CLOSE_NOTIFY (Warning)";
        assert!(lines.iter().any(|line| line.ends_with(received)), "{lines:#?}");
    }

    #[test]
    fn a_certificate_that_is_not_trusted_is_logged_with_what_is_wrong() {
        record();
        let server = Authority::new().echo_server();
        let client = Authority::new().client();
        client.open(server.server_url());
        wait_for_end(client);
        settle();
        let lines = logged(Level::Debug);
        assert!(lines.iter().any(|line| line.contains(": certificate: ")), "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains("SslHandshakeFailed")), "{lines:#?}");
    }

    #[test]
    fn plain_http_at_a_server_of_tls_is_logged() {
        record();
        let server = Authority::new().echo_server();
        let mut peer = Peer::connect(server);
        peer.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        peer.read_end();
        settle();
        let lines = logged(Level::Debug);
        assert!(
            lines.iter().any(|line| line.contains("at port PORT: TLS failed after TIME: ")),
            "{lines:#?}"
        );
    }
}
