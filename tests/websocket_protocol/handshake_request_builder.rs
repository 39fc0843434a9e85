//! The request of a client: order, and what may not be in it.

use slotwire::websocket::protocol::{
    HandshakeRequest, HandshakeRequestBuilder, HandshakeRequestError, Version, handshake_key,
};
use url::Url;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn builder(url: &str) -> HandshakeRequestBuilder {
    HandshakeRequestBuilder::new(&Url::parse(url).unwrap(), KEY)
}

fn built(builder: &HandshakeRequestBuilder) -> String {
    String::from_utf8(builder.build().unwrap()).unwrap()
}

/// The lines of a request without the final empty ones.
fn lines(builder: &HandshakeRequestBuilder) -> Vec<String> {
    built(builder).split("\r\n").map(String::from).filter(|line| !line.is_empty()).collect()
}

#[test]
fn a_plain_request_has_these_lines_in_this_order() {
    let expected = "GET / HTTP/1.1\r\nHost: localhost:1234\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    assert_eq!(built(&builder("ws://localhost:1234")), expected);
}

#[test]
fn a_full_request_has_these_lines_in_this_order() {
    let mut builder = builder("wss://user:secret@example.com/a%20b/c?d=e#f");
    builder
        .set_origin("http://origin")
        .add_subprotocol("one")
        .add_subprotocol("two")
        .add_header("X-First", b"1")
        .add_header("User-Agent", b"test")
        .set_authorization("Basic abc");
    let expected = [
        "GET /a%20b/c?d=e HTTP/1.1",
        "Host: example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Origin: http://origin",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: one, two",
        "x-first: 1",
        "user-agent: test",
        "Authorization: Basic abc",
    ];
    assert_eq!(lines(&builder), expected);
}

#[test]
fn the_server_understands_the_request() {
    let mut builder = builder("ws://[::1]:8080/path?x=1");
    builder.add_subprotocol("chat").set_origin("http://origin").add_header("X-More", b"more");
    let request = HandshakeRequest::parse(&builder.build().unwrap(), false).unwrap();
    assert_eq!(request.url().unwrap().as_str(), "ws://[::1]:8080/path?x=1");
    assert_eq!(request.key(), KEY);
    assert_eq!(request.origin(), "http://origin");
    assert_eq!(request.versions(), [Version::V13]);
    assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["chat"]);
    assert_eq!(request.header("x-more"), Some(&b"more"[..]));
}

#[test]
fn the_resource_is_the_path_and_a_query_that_is_not_empty() {
    let rows = [
        ("ws://h", "/"),
        ("ws://h/", "/"),
        ("ws://h/a", "/a"),
        ("ws://h?a=b", "/?a=b"),
        ("ws://h/a?", "/a"),
        ("ws://h/a#b", "/a"),
    ];
    for (url, resource) in rows {
        assert_eq!(lines(&builder(url))[0], format!("GET {resource} HTTP/1.1"));
    }
}

#[test]
fn a_users_host_replaces_that_of_the_url() {
    let mut builder = builder("ws://localhost");
    builder.add_header("HOST", b"example.com");
    assert_eq!(lines(&builder)[1], "Host: example.com");
    assert_eq!(lines(&builder).len(), 6);
}

#[test]
fn what_the_handshake_owns_is_not_sent_twice() {
    let mut builder = builder("ws://localhost");
    let plain = built(&builder);
    for name in
        ["Connection", "upgrade", "Sec-WebSocket-Key", "SEC-WEBSOCKET-VERSION", "Sec-WebSocket-Extensions"]
    {
        builder.add_header(name, b"other");
    }
    assert_eq!(built(&builder), plain);
}

#[test]
fn a_users_origin_and_authorization_are_sent_unless_set() {
    let mut builder = builder("ws://localhost");
    builder.add_header("Origin", b"header").add_header("Authorization", b"header");
    assert_eq!(lines(&builder)[6..], ["origin: header", "authorization: header"]);
    builder.set_origin("set").set_authorization("set");
    let lines = lines(&builder);
    assert_eq!((&lines[5][..], &lines[7][..], lines.len()), ("Origin: set", "Authorization: set", 8));
}

#[test]
fn subprotocols_are_valid_and_sent_once() {
    let mut builder = builder("ws://localhost");
    builder
        .add_header("Sec-WebSocket-Protocol", b"two, three,,four{}")
        .add_header("sec-websocket-protocol", b"five");
    for name in
        ["one", "two", "", "with space", "br{ace", "new\r\nline", "quo\"te", "comma,", "é", "one", "a/b"]
    {
        builder.add_subprotocol(name);
    }
    assert_eq!(builder.offered_subprotocols(), ["one", "two", "three", "five"]);
    assert_eq!(lines(&builder)[6..], ["Sec-WebSocket-Protocol: one, two, three, five"]);
}

#[test]
fn without_a_valid_subprotocol_there_is_no_header_for_them() {
    let mut builder = builder("ws://localhost");
    let plain = built(&builder);
    builder.add_subprotocol("not valid").add_subprotocol("neither{}");
    assert_eq!(built(&builder), plain);
}

#[test]
fn a_header_that_is_none_is_left_out() {
    let mut builder = builder("ws://localhost");
    let plain = built(&builder);
    let rows: [(&str, &[u8]); 6] = [
        ("X-Split", b"a\r\nX-Evil: 1"),
        ("X-Feed", b"a\nb"),
        ("X-Null", b"a\0b"),
        ("X Space", b"a"),
        ("X-Colon:", b"a"),
        ("", b"a"),
    ];
    for (name, value) in rows {
        builder.add_header(name, value);
    }
    assert_eq!(built(&builder), plain);
}

#[test]
fn line_breaks_in_resource_host_and_origin_are_errors_with_qts_texts() {
    for newline in ["\r\n", "\n", "\r"] {
        let evil = format!("a{newline}X-Evil: 1");
        let mut all = builder("ws://localhost");
        all.set_resource(&evil).set_host(&evil).set_origin(&evil);
        let error = all.build().unwrap_err();
        assert_eq!(error, HandshakeRequestError::ResourceContainsNewline);
        assert_eq!(error.to_string(), "The resource name contains newlines. Possible attack detected.");
        let error = all.set_resource("/").build().unwrap_err();
        assert_eq!(error, HandshakeRequestError::HostContainsNewline);
        assert_eq!(error.to_string(), "The hostname contains newlines. Possible attack detected.");
        let error = all.set_host("localhost").build().unwrap_err();
        assert_eq!(error, HandshakeRequestError::OriginContainsNewline);
        assert_eq!(error.to_string(), "The origin contains newlines. Possible attack detected.");
        all.set_origin("origin").set_authorization(&evil);
        assert!(!built(&all).contains("Evil"));
    }
}

#[test]
fn an_origin_is_written_in_latin_1() {
    let mut builder = builder("ws://localhost");
    builder.set_origin("http://é€");
    let bytes = builder.build().unwrap();
    let origin = b"Origin: http://\xe9?\r\n";
    assert!(bytes.windows(origin.len()).any(|window| window == origin));
}

#[test]
fn bytes_of_a_users_value_pass_unchanged() {
    let mut builder = builder("ws://localhost");
    builder.add_header("X-Text", "é€".as_bytes());
    assert_eq!(lines(&builder)[6], "x-text: é€");
}

#[test]
fn a_key_is_16_bytes_in_base64() {
    assert_eq!(handshake_key([0; 16]), "AAAAAAAAAAAAAAAAAAAAAA==");
    assert_eq!(handshake_key([255; 16]).len(), 24);
}
