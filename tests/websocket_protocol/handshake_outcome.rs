//! The answers of servers, good and bad, as a client reads them.

use std::time::UNIX_EPOCH;

use slotwire::websocket::protocol::{
    BodyFraming, HandshakeOutcome, HandshakeRequest, HandshakeRequestBuilder, HandshakeResponse,
    MAX_HEADER_FIELDS, MAX_RESPONSE_LINE_SIZE, MAX_RESPONSE_SIZE, read_handshake_response,
};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const PARSING_FAILED: &str = "Parsing handshake request header failed";
const STATUS_FAILED: &str = "Read handshake request status failed";

fn read(head: &str) -> HandshakeOutcome {
    read_handshake_response(head.as_bytes(), KEY, &["chat", "superchat"])
}

fn answer(status: &str, lines: &[&str]) -> HandshakeOutcome {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    read(&format!("{status}\r\n{lines}\r\n"))
}

/// A good answer with these lines instead of the ones with the same name, and more at the end.
fn upgrade(replaced: &[&str]) -> HandshakeOutcome {
    let mut lines = vec!["Upgrade: websocket", "Connection: Upgrade", ACCEPT];
    for line in replaced {
        let name = line.split_inclusive(':').next().unwrap_or_default();
        lines.retain(|own| !own.starts_with(name));
        lines.push(line);
    }
    answer("HTTP/1.1 101 Switching Protocols", &lines)
}

fn upgraded(subprotocol: Option<&str>) -> HandshakeOutcome {
    HandshakeOutcome::Upgraded { subprotocol: subprotocol.map(String::from), compression: None }
}

fn failed(text: &str) -> HandshakeOutcome {
    HandshakeOutcome::Failed(text.to_owned())
}

#[test]
fn a_good_answer_upgrades() {
    assert_eq!(upgrade(&[]), upgraded(None));
    assert_eq!(
        upgrade(&["upgrade: WebSocket", "Upgrade: WEBSOCKET"]),
        failed_upgrade("WebSocket, WEBSOCKET")
    );
    assert_eq!(
        answer("HTTP/1.1 101", &["Upgrade: websocket", "Connection: upgrade", ACCEPT]),
        upgraded(None)
    );
}

fn failed_upgrade(upgrade: &str) -> HandshakeOutcome {
    failed(&format!(
        "Invalid parameter encountered during protocol upgrade: Accept-key size: 28, version: 1.1, \
         upgrade: {upgrade}, connection: Upgrade"
    ))
}

#[test]
fn the_answer_of_the_own_server_upgrades() {
    let url = url::Url::parse("ws://localhost/").unwrap();
    let mut builder = HandshakeRequestBuilder::new(&url, KEY);
    builder.add_subprotocol("chat");
    let request = HandshakeRequest::parse(&builder.build().unwrap(), false).unwrap();
    let mut out = Vec::new();
    HandshakeResponse::new(&request, &["chat"]).unwrap().write("name", UNIX_EPOCH, &mut out).unwrap();
    assert_eq!(read_handshake_response(&out, KEY, &builder.offered_subprotocols()), upgraded(Some("chat")));
}

#[test]
fn connection_is_a_list() {
    assert_eq!(upgrade(&["Connection: keep-alive, Upgrade"]), upgraded(None));
}

#[test]
fn a_subprotocol_is_one_that_was_offered() {
    assert_eq!(upgrade(&["Sec-WebSocket-Protocol: superchat"]), upgraded(Some("superchat")));
    assert_eq!(upgrade(&["Sec-WebSocket-Protocol:"]), upgraded(None));
    for chosen in ["other", "chat, superchat", "Chat"] {
        let text = format!("WebSocket server has chosen protocol {chosen} which has not been requested");
        assert_eq!(upgrade(&[&format!("Sec-WebSocket-Protocol: {chosen}")]), failed(&text));
    }
    let twice = answer(
        "HTTP/1.1 101 Switching Protocols",
        &["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: superchat"],
    );
    let text = "WebSocket server has chosen protocol chat, superchat which has not been requested";
    assert_eq!(twice, failed(text));
}

#[test]
fn the_wrong_parameters_are_named() {
    let rows = [
        ("HTTP/1.1", "Upgrade: h2c", 28, "h2c", "Upgrade"),
        ("HTTP/1.1", "Upgrade:", 28, "", "Upgrade"),
        ("HTTP/1.1", "Connection: close", 28, "websocket", "close"),
        ("HTTP/1.1", "Sec-WebSocket-Accept:", 0, "websocket", "Upgrade"),
        ("HTTP/1.0", "X: y", 28, "websocket", "Upgrade"),
        ("HTTP/2.0", "X: y", 28, "websocket", "Upgrade"),
        ("HTTP/0.9", "X: y", 28, "websocket", "Upgrade"),
    ];
    for (protocol, line, accept, upgrade, connection) in rows {
        let mut lines = vec!["Upgrade: websocket", "Connection: Upgrade", ACCEPT];
        lines.retain(|own| own.split(':').next() != line.split(':').next());
        lines.push(line);
        let text = format!(
            "Invalid parameter encountered during protocol upgrade: Accept-key size: {accept}, version: {}, \
             upgrade: {upgrade}, connection: {connection}",
            &protocol[5..]
        );
        assert_eq!(answer(&format!("{protocol} 101 Switching Protocols"), &lines), failed(&text));
    }
}

#[test]
fn a_wrong_accept_key_fails() {
    let text =
        "Accept-Key received from server AAAA does not match the client key s3pPLMBiTxaQ9kYGzzhZRbK+xOo=.";
    assert_eq!(upgrade(&["Sec-WebSocket-Accept: AAAA"]), failed(text));
}

#[test]
fn an_extension_that_was_not_asked_for_fails() {
    let text = "WebSocket server has chosen extension permessage-deflate which has not been requested";
    assert_eq!(upgrade(&["Sec-WebSocket-Extensions: permessage-deflate"]), failed(text));
    assert_eq!(upgrade(&["Sec-WebSocket-Extensions:"]), upgraded(None));
}

#[test]
fn a_400_may_name_the_versions() {
    let unknown =
        "QWebSocketPrivate::processHandshake: Unknown error condition encountered. Aborting connection.";
    let unsupported = "Handshake: Server requests a version that we don't support: 7, 8.";
    let rows: [(&[&str], &str); 4] = [
        (&[], unknown),
        (&["Sec-WebSocket-Version: 13"], unknown),
        (&["Sec-WebSocket-Version: 7, 13"], unknown),
        (&["Sec-WebSocket-Version: 7, 8"], unsupported),
    ];
    for (lines, text) in rows {
        assert_eq!(answer("HTTP/1.1 400 Bad Request", lines), failed(text));
    }
}

#[test]
fn a_401_asks_who_is_there() {
    let lines = [
        "WWW-Authenticate: Basic realm=\"one\"",
        "www-authenticate: Digest realm=\"two\"",
        "Content-Length: 12",
        "Connection: Close",
    ];
    let expected = HandshakeOutcome::AuthenticationRequired {
        challenges: vec![b"Basic realm=\"one\"".to_vec(), b"Digest realm=\"two\"".to_vec()],
        connection_close: true,
        body: BodyFraming::Sized(12),
    };
    assert_eq!(answer("HTTP/1.1 401 Unauthorized", &lines), expected);
}

#[test]
fn a_401_says_whether_and_where_the_next_response_begins() {
    use BodyFraming::{Chunked, Sized, UntilClose};
    let rows: [(&str, &[&str], bool, BodyFraming); 13] = [
        ("1.1", &[], false, UntilClose),
        ("1.0", &[], true, UntilClose),
        ("0.9", &["Content-Length: 1"], true, Sized(1)),
        ("1.0", &["Content-Length: 1", "Connection: Keep-Alive"], false, Sized(1)),
        ("1.1", &["Content-Length: 0", "Connection: upgrade, close"], true, Sized(0)),
        ("1.1", &["Content-Length: many"], false, UntilClose),
        ("1.1", &["Content-Length: +1"], false, UntilClose),
        ("1.1", &["Content-Length: 99999999999999999999"], false, UntilClose),
        ("1.1", &["Content-Length: 5, 5", "Content-Length: 5"], false, Sized(5)),
        ("1.1", &["Content-Length: 5", "Content-Length: 6"], false, UntilClose),
        ("1.1", &["Transfer-Encoding: Chunked", "Content-Length: 6"], false, Chunked),
        ("1.1", &["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"], false, Chunked),
        ("1.1", &["Transfer-Encoding: chunked, gzip"], false, UntilClose),
    ];
    for (version, lines, connection_close, body) in rows {
        let expected =
            HandshakeOutcome::AuthenticationRequired { challenges: vec![], connection_close, body };
        assert_eq!(
            answer(&format!("HTTP/{version} 401 Unauthorized"), lines),
            expected,
            "{version} {lines:?}"
        );
    }
}

#[test]
fn any_other_status_is_not_handled() {
    let rows = [
        (100, "Continue"),
        (200, "OK"),
        (301, "Moved Permanently"),
        (403, "Access Forbidden"),
        (407, "Proxy Authentication Required"),
        (426, "Upgrade Required"),
        (503, "Service Unavailable"),
    ];
    for (code, reason) in rows {
        let text =
            format!("QWebSocketPrivate::processHandshake: Unhandled http status code: {code} ({reason}).");
        assert_eq!(answer(&format!("HTTP/1.1 {code} {reason}"), &[]), failed(&text));
    }
}

#[test]
fn an_unreadable_status_line_fails() {
    for status in
        ["", "garbage", "HTTP/1.1", "HTTP/1.1 abc", "HTTP/1 200 OK", "HTTX/1.1 200 OK", "HTTP/1.1200"]
    {
        assert_eq!(answer(status, &[]), failed(STATUS_FAILED), "{status:?}");
    }
    assert_eq!(read(""), failed(STATUS_FAILED));
}

#[test]
fn unreadable_fields_fail() {
    for line in ["no colon", ": no name", "na me: value", " folded: first"] {
        assert_eq!(answer("HTTP/1.1 101 Switching Protocols", &[line]), failed(PARSING_FAILED), "{line:?}");
    }
}

#[test]
fn folded_lines_are_joined() {
    assert_eq!(upgrade(&["Connection: keep-alive,\r\n\tUpgrade"]), upgraded(None));
}

#[test]
fn there_are_at_most_100_fields() {
    let lines: Vec<_> = (3..=MAX_HEADER_FIELDS).map(|index| format!("X-{index}: {index}")).collect();
    let mut lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(upgrade(&lines), failed(PARSING_FAILED));
    lines.pop();
    assert_eq!(upgrade(&lines), upgraded(None));
}

#[test]
fn a_line_has_at_most_100_kib() {
    let line = |size: usize| format!("X-Filler: {}", "a".repeat(size - 10));
    assert_eq!(upgrade(&[&line(MAX_RESPONSE_LINE_SIZE)]), upgraded(None));
    assert_eq!(upgrade(&[&line(MAX_RESPONSE_LINE_SIZE + 1)]), failed(PARSING_FAILED));
}

#[test]
fn a_response_has_at_most_256_kib() {
    let lines: Vec<_> =
        (0..3).map(|index| format!("X-{index}: {}", "a".repeat(MAX_RESPONSE_SIZE / 3))).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(upgrade(&lines), failed(PARSING_FAILED));
    assert_eq!(upgrade(&lines[1..]), upgraded(None));
}
