//! Header fields of requests and of proxies.

use slotwire::{NetworkProxy, NetworkRequest, ProxyType};

/// A name, a value, and what `QNetworkRequest::rawHeader` of Qt 6.12 says after `setRawHeader` with them.
const ROWS: [(&str, &str, Option<&str>); 17] = [
    ("X-Plain", "1", Some("1")),
    ("X-Utf8", "é", Some("é")),
    ("X-Tab", "a\tb", Some("a\tb")),
    ("X-Spaces-Around", "  a c  ", Some("a c")),
    ("X-Nothing-But-Spaces", "  ", Some("")),
    ("X-Line", "1\r\nX-Injected: 2", None),
    ("X-Line-Feed", "a\nb", None),
    ("X-Line-At-End", "a\r\n", None),
    ("X-Nul", "a\0b", None),
    ("X-Control", "a\x01b", None),
    ("X-Delete", "a\x7f", None),
    ("", "1", None),
    ("X Space", "1", None),
    ("X-Colon:", "1", None),
    ("X\r\nInjected", "1", None),
    ("É", "1", None),
    ("x!#$%&'*+-.^_`|~9", "1", Some("1")),
];

#[test]
fn only_what_can_be_sent_becomes_a_header_field() {
    for (name, value, expected) in ROWS {
        let expected = expected.map(str::as_bytes);
        let mut request = NetworkRequest::default();
        request.set_raw_header(name, "old");
        request.set_raw_header(name, value);
        assert_eq!(request.raw_header(name), expected, "{name:?}: {value:?}");
        assert_eq!(request.raw_headers().count(), usize::from(expected.is_some()), "{name:?}");

        let mut proxy = NetworkProxy::new(ProxyType::Http);
        proxy.set_raw_header(name, "old");
        proxy.set_raw_header(name, value);
        assert_eq!(proxy.raw_header(name), expected, "{name:?}: {value:?}");
        assert_eq!(proxy.raw_headers().count(), usize::from(expected.is_some()), "{name:?}");
    }
}

#[test]
fn an_empty_value_takes_a_header_field_away() {
    let mut request = NetworkRequest::default();
    request.set_raw_header("X-A", "1");
    request.set_raw_header("x-a", "");
    assert!(!request.has_raw_header("X-A"));
}

#[test]
fn a_header_field_that_is_set_again_moves_behind_the_others() {
    let mut request = NetworkRequest::default();
    request.set_raw_header("X-A", "1");
    request.set_raw_header("X-B", "2");
    request.set_raw_header("x-a", "3");
    let fields: Vec<_> = request.raw_headers().collect();
    // As Qt tells them: in lower case.
    assert_eq!(fields, [("x-b", &b"2"[..]), ("x-a", b"3")]);
}

#[test]
fn a_request_is_printed_with_the_names_of_its_header_fields() {
    let mut request = NetworkRequest::new("ws://localhost/");
    request.set_raw_header("X-Name", "Ada");
    assert!(format!("{request:?}").contains(r#"headers: ["x-name"]"#), "{request:?}");
}
