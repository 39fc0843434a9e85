//! Qt's `tst_HandshakeRequest`, function by function, and what is this crate's own.
//!
//! Qt reads into a request that is empty at first, and empty again if what it reads is invalid; here there is no request then.

use slotwire::websocket::protocol::{
    HandshakeRequest, InvalidHandshakeRequest, MAX_HEADER_FIELDS, Version, find_header_end,
};

const LINES: [&str; 6] = [
    "GET /path?query=1 HTTP/1.1",
    "Host: foo.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];

fn parse(head: &str) -> Result<HandshakeRequest, InvalidHandshakeRequest> {
    HandshakeRequest::parse(head.as_bytes(), false)
}

/// A good request with the lines of these names replaced, and more lines at the end; an empty one removes.
fn with(replaced: &[&str]) -> Result<HandshakeRequest, InvalidHandshakeRequest> {
    parse(&head_with(replaced))
}

fn head_with(replaced: &[&str]) -> String {
    let mut lines: Vec<String> = LINES.map(String::from).to_vec();
    for line in replaced {
        let name = line.split_inclusive(':').next().unwrap_or_default();
        match lines.iter_mut().find(|own| own.starts_with(name)) {
            Some(own) => *own = (*line).to_owned(),
            None => lines.push((*line).to_owned()),
        }
    }
    lines.retain(|line| !line.ends_with("(none)"));
    lines.join("\r\n") + "\r\n\r\n"
}

/// That head with one more line at its end.
fn with_another(head: &str, line: &str) -> String {
    head.replace("\r\n\r\n", &format!("\r\n{line}\r\n\r\n"))
}

#[test]
fn a_good_request_is_understood() {
    let request = with(&["Origin: http://foo.com", "X-More: 1"]).unwrap();
    assert_eq!(request.url().unwrap().as_str(), "ws://foo.com/path?query=1");
    assert_eq!(request.resource(), "/path?query=1");
    assert_eq!(request.host(), "foo.com");
    assert_eq!(request.origin(), "http://foo.com");
    assert_eq!(request.key(), "dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(request.versions(), [Version::V13]);
    assert!(!request.is_secure());
    assert_eq!(request.subprotocols().count(), 0);
    assert_eq!(request.extensions().count(), 0);
    assert_eq!(request.header("x-more"), Some(&b"1"[..]));
    assert_eq!(request.header("x-less"), None);
}

#[test]
fn a_request_over_tls_has_a_wss_url() {
    let request = HandshakeRequest::parse(head_with(&[]).as_bytes(), true).unwrap();
    assert!(request.is_secure());
    assert_eq!(request.url().unwrap().as_str(), "wss://foo.com/path?query=1");
}

#[test]
fn header_fields_keep_their_order_and_lose_their_case() {
    let request = with(&["X-Twice: a", "X-Once:  b ", "x-TWICE: c"]).unwrap();
    let names: Vec<_> = request.headers().map(|(name, _)| name).collect();
    let expected = [
        "host",
        "upgrade",
        "connection",
        "sec-websocket-key",
        "sec-websocket-version",
        "x-twice",
        "x-once",
        "x-twice",
    ];
    assert_eq!(names, expected);
    let values: Vec<_> = request.headers().skip(5).map(|(_, value)| value).collect();
    assert_eq!(values, [b"a", b"b", b"c"]);
}

/// `tst_HandshakeRequest::tst_initialization`
/// `tst_HandshakeRequest::tst_invalidStream`
#[test]
fn what_is_not_a_request_is_invalid() {
    let rows = [
        "",
        "\r\n\r\n",
        "garbage",
        "\x16\0\x01garbage\r\n\r\n",
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1",
        "GET / HTTP/1.1\r\nHost: foo.com\r\n\r\n",
        " \r\nGET / HTTP/1.1\r\n\r\n",
    ];
    for head in rows {
        assert!(parse(head).is_err(), "{head:?}");
    }
}

/// `tst_HandshakeRequest::tst_invalidStream`
#[test]
fn every_piece_of_a_request_is_needed() {
    let rows = [
        "POST / HTTP/1.1",
        "get / HTTP/1.1",
        "Host: (none)",
        "Host:",
        "Upgrade: (none)",
        "Upgrade: http",
        "Upgrade: websockets",
        "Connection: (none)",
        "Connection: keep-alive",
        "Connection: xupgrade",
        "Sec-WebSocket-Key: (none)",
        "Sec-WebSocket-Key:",
        "Sec-WebSocket-Key: AVDFBDDFF",
        "Sec-WebSocket-Key: AVD\r\n\t FBDDFF",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ===",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZTE=",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ-==",
        "Sec-WebSocket-Key: dGhlIHNhbXBs ZSBub25jZ==",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: (none)",
        "Sec-WebSocket-Version:",
        "Sec-WebSocket-Version: thirteen",
        "Sec-WebSocket-Version: -13",
    ];
    for line in rows {
        let head = if line.ends_with("HTTP/1.1") {
            head_with(&[]).replacen(LINES[0], line, 1)
        } else {
            head_with(&[line])
        };
        assert!(parse(&head).is_err(), "{line:?}");
    }
}

#[test]
fn the_protocol_is_http_1_1_or_later() {
    let rows = [
        ("HTTP/1.1", true),
        ("HTTP/1.2", true),
        ("HTTP/2.1", true),
        ("HTTP/2.0", true),
        ("HTTP/1.0", false),
        ("HTTP/0.9", false),
        ("HTTP/1", false),
        ("HTTP/1.10", false),
        ("HTTX/1.1", false),
        ("HTTP/x.y", false),
    ];
    for (protocol, valid) in rows {
        let head = head_with(&[]).replacen("HTTP/1.1", protocol, 1);
        assert_eq!(parse(&head).is_ok(), valid, "{protocol}");
    }
}

/// `tst_HandshakeRequest::tst_multipleValuesInConnectionHeader`
#[test]
fn connection_is_a_list_in_any_case() {
    for value in ["upgrade", "UPGRADE", "Upgrade,keepalive", "keep-alive, Upgrade", " keep-alive ,\tupgrade "]
    {
        assert!(with(&[&format!("Connection: {value}")]).is_ok(), "{value:?}");
    }
}

#[test]
fn upgrade_is_a_list_in_any_case() {
    for value in ["WebSocket", "h2c, websocket", "websocket,h2c", " , WEBSOCKET"] {
        assert!(with(&[&format!("Upgrade: {value}")]).is_ok(), "{value:?}");
    }
}

#[test]
fn fields_of_one_name_are_one_list() {
    for (first, second) in [
        ("Connection: keep-alive", "Connection: Upgrade"),
        ("Connection: Upgrade", "connection: close"),
        ("Upgrade: h2c", "Upgrade: websocket"),
        ("Upgrade: websocket", "UPGRADE: h2c"),
        ("Sec-WebSocket-Version: 8", "Sec-WebSocket-Version: 13"),
    ] {
        let request = parse(&with_another(&head_with(&[first]), second));
        assert!(request.is_ok_and(|request| request.supports(Version::LATEST)), "{first:?}, {second:?}");
    }
    let head = with_another(&head_with(&["Connection: keep-alive"]), "Connection: close");
    assert!(parse(&head).is_err(), "nowhere in the list");
}

#[test]
fn a_field_that_is_no_list_may_be_there_once_only() {
    for twice in [
        "Host: foo.com",
        "Host: bar.com",
        "Host:",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
    ] {
        assert!(parse(&with_another(&head_with(&[]), twice)).is_err(), "{twice:?}");
    }
}

/// `tst_HandshakeRequest::tst_multipleVersions`
#[test]
fn versions_come_highest_first() {
    let request = with(&["Sec-WebSocket-Version: 4, 5, 6, 13, 7, 8"]).unwrap();
    use Version::{V4, V5, V6, V7, V8, V13};
    assert_eq!(request.versions(), [V13, V8, V7, V6, V5, V4]);
    assert!(request.supports(Version::LATEST));
}

#[test]
fn empty_entries_of_the_versions_are_passed_over() {
    for versions in ["13,", ",13", " , 13 ,, ", "13, 13"] {
        let request = with(&[&format!("Sec-WebSocket-Version: {versions}")]).unwrap();
        assert!(request.supports(Version::LATEST), "{versions}");
    }
    for versions in ["", ",", "13, x", "13; 8"] {
        assert!(with(&[&format!("Sec-WebSocket-Version: {versions}")]).is_err(), "{versions}");
    }
}

#[test]
fn a_request_line_has_no_control_characters() {
    // A line feed would end the line.
    for control in (0..=0x1f).chain([0x7f]).map(char::from).filter(|control| *control != '\n') {
        for line in
            ["GET /a@b HTTP/1.1", "GET /@ HTTP/1.1", "GET / HTTP/1.1@", "GET / HTTP/1.1 @", "@GET / HTTP/1.1"]
        {
            let head = head_with(&[])
                .replace("GET /path?query=1 HTTP/1.1", &line.replace('@', &control.to_string()));
            assert!(parse(&head).is_err(), "{head:?}");
        }
    }
    assert!(parse(&head_with(&[]).replace("path", "p\u{e4}th")).is_ok());
}

#[test]
fn an_unknown_version_is_no_error_here() {
    let request = with(&["Sec-WebSocket-Version: 99"]).unwrap();
    assert_eq!(request.versions(), [Version::Unknown]);
    assert!(!request.supports(Version::LATEST));
}

/// `tst_HandshakeRequest::tst_parsingWhitespaceInHeaders`
#[test]
fn space_around_a_value_is_trimmed() {
    let request =
        with(&["Sec-WebSocket-Key:AVDFBDDFFAVDFBDDFFAVDF==  ", "Origin: \t  http://foo.com\t "]).unwrap();
    assert_eq!(request.key(), "AVDFBDDFFAVDFBDDFFAVDF==");
    assert_eq!(request.origin(), "http://foo.com");
}

/// `tst_HandshakeRequest::tst_parsingWhitespaceInHeaders`
#[test]
fn a_folded_line_is_joined_with_one_space() {
    let request = with(&["Origin: AVD\r\n\t  FBDDFF", "X-Last: a\r\n b\r\n  c"]).unwrap();
    assert_eq!(request.origin(), "AVD FBDDFF");
    assert_eq!(request.header("x-last"), Some(&b"a b c"[..]));
}

#[test]
fn the_first_field_cannot_be_folded() {
    let head = head_with(&[]).replacen("\r\nHost", "\r\n Host", 1);
    assert!(parse(&head).is_err());
}

#[test]
fn lists_are_split_at_commas_over_all_fields() {
    let head = head_with(&[
        "Sec-WebSocket-Protocol: chat,  superchat ,,",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x",
    ]);
    let head = head.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: third\r\n\r\n");
    let request = parse(&head).unwrap();
    assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["chat", "superchat", "third"]);
    let extensions: Vec<_> = request.extensions().collect();
    assert_eq!(extensions, ["permessage-deflate; client_max_window_bits", "x"]);
}

/// `tst_HandshakeRequest::tst_qtbug_57357`
#[test]
fn the_host_may_have_any_form_of_an_authority() {
    let rows = [
        ("localhost", true),
        ("localhost:80", true),
        ("localhost:8080", true),
        ("127.0.0.1", true),
        ("127.0.0.1:1234", true),
        ("[::1]", true),
        ("[::1]:1234", true),
        ("[56:56:56:56:56:56:56:56]:777", true),
        ("[v1.fe80]", true),
        ("[v1.fe80]:1234", true),
        ("my_host-1.example.", true),
        ("host:", true),
        ("xn--bcher-kva.example", true),
        ("", false),
        (":80", false),
        ("host:port", false),
        ("host:99999", false),
        ("host:80:80", false),
        ("[::1", false),
        ("[::g]", false),
        ("[::1]x", false),
        ("[v.x]", false),
        ("user@host", false),
        ("user:password@host", false),
        ("host/path", false),
        ("host?query", false),
        ("host#fragment", false),
        ("ho st", false),
    ];
    for (host, valid) in rows {
        let request = with(&[&format!("Host: {host}")]);
        assert_eq!(request.is_ok(), valid, "{host:?}");
        if let Ok(request) = request {
            assert_eq!(request.host(), host);
            assert_eq!(request.url().is_some(), !host.starts_with("[v"), "{host:?}");
        }
    }
}

/// `tst_HandshakeRequest::tst_qtbug_39355`
#[test]
fn the_port_of_the_host_is_that_of_the_url() {
    assert_eq!(with(&["Host: localhost:1234"]).unwrap().url().unwrap().port(), Some(1234));
}

#[test]
fn the_target_is_kept_as_it_came() {
    for target in ["/a/../b/./c//d", "/%41%2f?q=%7e", "/a\\b|c", "*", "http://other:80/x/../y"] {
        let request = parse(&head_with(&[]).replacen("/path?query=1", target, 1)).unwrap();
        assert_eq!(request.resource(), target);
        let again = HandshakeRequest::parse(&request.into_head(), false).unwrap();
        assert_eq!(again.resource(), target);
    }
}

#[test]
fn an_absolute_target_has_its_own_host() {
    let head = head_with(&[]).replacen("/path?query=1", "http://other:7/x", 1);
    assert_eq!(parse(&head).unwrap().url().unwrap().as_str(), "http://other:7/x");
    assert!(
        parse(&head.replacen("Host: foo.com\r\n", "", 1)).is_err(),
        "RFC 9112 §3.2 wants it nevertheless"
    );
    assert!(parse(&head.replacen("foo.com", "fo o.com", 1)).is_err());
    assert!(parse(&head.replacen("http://other:7/x", "http://", 1)).is_err());
}

/// `tst_HandshakeRequest::tst_qtbug_48123`
#[test]
fn a_line_has_at_most_8192_bytes() {
    let line = |size: usize| format!("X-Filler: {}", "a".repeat(size - 10));
    assert!(with(&[&line(8192)]).is_ok());
    assert!(with(&[&line(8193)]).is_err());

    let request_line = |size: usize| head_with(&[]).replacen("path", &"p".repeat(size - 22), 1);
    assert_eq!(request_line(8192).lines().next().unwrap().len(), 8192);
    assert!(parse(&request_line(8192)).is_ok());
    assert!(parse(&request_line(8193)).is_err());
}

/// `tst_HandshakeRequest::tst_qtbug_48123`
#[test]
fn there_are_at_most_100_fields() {
    let head = |count: usize| {
        let more: String = (5..count).map(|index| format!("\r\nX-{index}: {index}")).collect();
        head_with(&[]).replace("\r\n\r\n", &(more + "\r\n\r\n"))
    };
    assert_eq!(parse(&head(MAX_HEADER_FIELDS)).unwrap().headers().count(), MAX_HEADER_FIELDS);
    assert!(parse(&head(MAX_HEADER_FIELDS + 1)).is_err());
}

/// `tst_HandshakeRequest::tst_qtbug_48123`
#[test]
fn a_line_must_be_a_field() {
    for line in ["no colon", ": no name", "na me: value", "name : value", "na\0me: value", "name: val\0ue"] {
        let head = head_with(&[]).replace("\r\n\r\n", &format!("\r\n{line}\r\n\r\n"));
        assert!(parse(&head).is_err(), "{line:?}");
    }
}

#[test]
fn nothing_can_hide_behind_an_empty_line() {
    let head = head_with(&[]).replace("\r\n\r\n", "\n\nX-Hidden: 1\r\n\r\n");
    assert!(parse(&head).is_err());
}

#[test]
fn bytes_that_are_not_utf8_are_latin_1() {
    let head = head_with(&["Origin: caf?"]).replace("caf?", "caf\u{1}");
    let head: Vec<u8> = head.bytes().map(|byte| if byte == 1 { 0xE9 } else { byte }).collect();
    assert_eq!(HandshakeRequest::parse(&head, false).unwrap().origin(), "café");
    assert_eq!(with(&["Origin: café"]).unwrap().origin(), "café");
}

#[test]
fn a_request_survives_in_its_compact_form() {
    let request = with(&["Origin: a\r\n b", "Sec-WebSocket-Protocol: chat"]).unwrap();
    let again = HandshakeRequest::parse(&request.clone().into_head(), false).unwrap();
    assert!(request.headers().eq(again.headers()));
    assert_eq!(request.resource(), again.resource());
    assert_eq!(request.into_head(), again.into_head());
}

#[test]
fn the_end_of_the_head_is_found_however_it_arrives() {
    let head = head_with(&[]);
    let received = format!("{head}\u{1}frames\r\n\r\n");
    let mut scanned = 0;
    for size in 0..=received.len() {
        let end = find_header_end(&received.as_bytes()[..size], scanned);
        assert_eq!(end, (size >= head.len()).then_some(head.len()));
        if end.is_none() {
            scanned = size;
        }
    }
}

#[test]
fn no_end_is_found_where_there_is_none() {
    for head in ["", "\r\n\r", "\n\n\n\n", "\r\r\n\n", "a\r\nb\r\n", "\r\n \r\n"] {
        assert_eq!(find_header_end(head.as_bytes(), 0), None);
    }
    for (head, end) in [("\r\r\n\r\n", 5), ("\n\r\n\r\n", 5), ("\r\n\r\r\n\r\n", 7), ("abc\r\n\r\n", 7)] {
        assert_eq!(find_header_end(head.as_bytes(), 0), Some(end));
    }
    assert_eq!(find_header_end(b"\r\n\r\n", 100), None);
}
