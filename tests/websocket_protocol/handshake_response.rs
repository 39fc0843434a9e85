//! The answers of a server, byte by byte.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use slotwire::websocket::protocol::{CloseCode, HandshakeRefusal, HandshakeRequest, HandshakeResponse};

fn request(lines: &str) -> HandshakeRequest {
    let head = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n"
    );
    HandshakeRequest::parse(head.as_bytes(), false).unwrap()
}

fn response(lines: &str, supported: &[&str], server_name: &str, now: SystemTime) -> String {
    let request = request(&format!("Sec-WebSocket-Version: 13\r\n{lines}"));
    let mut out = Vec::new();
    HandshakeResponse::new(&request, supported).unwrap().write(server_name, now, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn an_upgrade_has_these_lines_in_this_order() {
    let expected = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
                    Access-Control-Allow-Credentials: false\r\nAccess-Control-Allow-Methods: GET\r\n\
                    Access-Control-Allow-Headers: content-type\r\nAccess-Control-Allow-Origin: *\r\n\
                    Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n";
    assert_eq!(response("", &[], "", UNIX_EPOCH), expected);
}

#[test]
fn subprotocol_server_and_origin_have_their_place() {
    let lines = "Origin: http://example.com\r\nSec-WebSocket-Protocol: a, b\r\n";
    let response = response(lines, &["b"], "Test Server", UNIX_EPOCH);
    let names: Vec<_> = response.split("\r\n").map(|line| line.split(':').next().unwrap()).collect();
    let expected = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade",
        "Connection",
        "Sec-WebSocket-Accept",
        "Sec-WebSocket-Protocol",
        "Server",
        "Access-Control-Allow-Credentials",
        "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers",
        "Access-Control-Allow-Origin",
        "Date",
        "",
        "",
    ];
    assert_eq!(names, expected);
    assert!(response.contains("\r\nSec-WebSocket-Protocol: b\r\nServer: Test Server\r\n"));
    assert!(response.contains("\r\nAccess-Control-Allow-Origin: http://example.com\r\n"));
}

#[test]
fn the_subprotocol_is_the_first_of_the_clients_that_the_server_has() {
    let rows: [(&str, &[&str], Option<&str>); 6] = [
        ("a, b, c", &["c", "b"], Some("b")),
        ("a", &["a"], Some("a")),
        ("a", &["b"], None),
        ("a", &[], None),
        ("", &["a"], None),
        ("A", &["a"], None),
    ];
    for (offered, supported, expected) in rows {
        let request = request(&format!("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {offered}\r\n"));
        let response = HandshakeResponse::new(&request, supported).unwrap();
        assert_eq!(response.subprotocol(), expected);
    }
}

/// `tst_HandshakeResponse::tst_date_response`
#[test]
fn the_date_is_in_the_fixed_format() {
    let rows = [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
        (4_102_444_800, "Fri, 01 Jan 2100 00:00:00 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ];
    for (seconds, date) in rows {
        let response = response("", &[], "", UNIX_EPOCH + Duration::from_secs(seconds));
        assert!(response.ends_with(&format!("\r\nDate: {date}\r\n\r\n")), "{response}");
    }
}

#[test]
fn a_time_before_1970_does_no_harm() {
    let response = response("", &[], "", UNIX_EPOCH - Duration::from_secs(1));
    assert!(response.contains("Date: Thu, 01 Jan 1970"));
}

#[test]
fn a_client_without_version_13_is_refused() {
    for versions in ["8", "8, 7", "14", "0"] {
        let request = request(&format!("Sec-WebSocket-Version: {versions}\r\n"));
        let refusal = HandshakeResponse::new(&request, &["a"]).unwrap_err();
        assert_eq!(refusal, HandshakeRefusal::UnsupportedVersion);
    }
    assert!(HandshakeResponse::new(&request("Sec-WebSocket-Version: 8, 13\r\n"), &["a"]).is_ok());
}

#[test]
fn a_server_name_with_a_line_break_is_refused_and_nothing_is_written() {
    let request = request("Sec-WebSocket-Version: 13\r\n");
    let response = HandshakeResponse::new(&request, &["a"]).unwrap();
    for name in ["a\r\nX-Evil: 1", "a\nb", "a\rb"] {
        let mut out = Vec::new();
        let refusal = response.write(name, UNIX_EPOCH, &mut out).unwrap_err();
        assert_eq!(refusal, HandshakeRefusal::HeaderContainsNewline);
        assert!(out.is_empty());
    }
}

#[test]
fn a_refusal_is_a_response_and_an_error() {
    use HandshakeRefusal::*;
    let rows = [
        (InvalidRequest, "400 Bad Request", 1002, "Invalid handshake request."),
        (HeaderTooLarge, "431 Request Header Fields Too Large", 1009, "Header is too large."),
        (OriginRefused, "403 Access Forbidden", 1008, "Access forbidden."),
        (UnsupportedVersion, "426 Upgrade Required", 1002, "Unsupported version requested."),
        (TooManyPendingConnections, "503 Service Unavailable", 1006, "Too many pending connections."),
        (TooManyConnections, "503 Service Unavailable", 1006, "Too many connections."),
        (
            HeaderContainsNewline,
            "500 Internal Server Error",
            1006,
            "One of the headers contains a newline. Possible attack detected.",
        ),
    ];
    for (refusal, status, code, text) in rows {
        let mut out = Vec::new();
        refusal.write(&mut out);
        let version = if refusal == UnsupportedVersion { "Sec-WebSocket-Version: 13\r\n" } else { "" };
        let expected =
            format!("HTTP/1.1 {status}\r\n{version}Connection: close\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(refusal.close_code(), CloseCode::from(code));
        assert_eq!(refusal.to_string(), text);
    }
}
