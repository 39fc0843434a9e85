//! Header fields of requests and of proxies.

use std::time::{Duration, SystemTime};

use slotwire::{HttpHeaders, KnownHeader, NetworkCookie, NetworkProxy, NetworkRequest, ProxyType};

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

#[test]
fn what_is_no_header_field_is_not_taken_and_changes_nothing() {
    let mut headers = HttpHeaders::from([("A", "1"), ("a name", "2"), ("A", "3")]);
    let before = headers.clone();
    for (name, value) in [("", "1"), ("a name", "1"), ("é", "1"), ("A", "a\r\nb"), ("A", "\0")] {
        assert!(!headers.append(name, value) && !headers.insert(0, name, value), "{name:?}: {value:?}");
        assert!(!headers.replace(0, name, value) && !headers.replace_or_append(name, value));
    }
    assert!(!headers.replace(2, "A", "1"), "there are two");
    headers.remove_at(2);
    assert_eq!(headers, before);
}

#[test]
fn header_fields_are_equal_if_they_come_to_the_same_whatever_was_between() {
    let mut headers = HttpHeaders::from([("A", "1"), ("B", "2"), ("A", "3")]);
    headers.insert(usize::MAX, "C", "4");
    headers.remove_at(2);
    headers.replace_or_append("b", "5");
    headers.remove_all("c");
    assert_eq!(headers, HttpHeaders::from([("a", "1"), ("b", "5")]));
}

#[test]
fn a_request_shows_fields_of_one_name_as_one_and_apart() {
    let mut request = NetworkRequest::default();
    request.set_headers(HttpHeaders::from([("A", "1"), ("B", "2"), ("a", "3")]));
    assert_eq!(request.raw_headers().collect::<Vec<_>>(), [("a", &b"1, 3"[..]), ("b", b"2")]);
    assert_eq!(request.headers().values("A").collect::<Vec<_>>(), [b"1", b"3"]);
    request.set_raw_header("A", "4");
    assert_eq!(request.raw_headers().collect::<Vec<_>>(), [("b", &b"2"[..]), ("a", b"4")]);
}

/// A value that is none as a header field, and one that is empty, leave no field behind.
#[test]
fn a_known_header_is_taken_away_by_an_empty_value_and_by_one_that_cannot_be_sent() {
    let mut request = NetworkRequest::default();
    for value in ["", "a\r\nX-Admin: yes"] {
        request.set_header(KnownHeader::UserAgent, "chat/1.0");
        request.set_header(KnownHeader::UserAgent, value);
        assert_eq!(request.header(KnownHeader::UserAgent), None, "{value:?}");
        assert_eq!(request.headers().len(), 0);
    }
    request.set_header(KnownHeader::Cookie, &[NetworkCookie::new("", "1"), NetworkCookie::new("a", "1\n2")]);
    assert_eq!(request.header(KnownHeader::Cookie), None);
}

#[test]
fn cookies_are_set_in_a_field_each_and_sent_in_one() {
    let cookies = [NetworkCookie::new("a", "1"), NetworkCookie::new("b", "2")];
    let mut request = NetworkRequest::default();
    request.set_header(KnownHeader::SetCookie, &cookies);
    assert_eq!(request.headers().values("Set-Cookie").collect::<Vec<_>>(), [b"a=1", b"b=2"]);
    assert_eq!(request.header(KnownHeader::SetCookie).as_deref(), Some(&cookies[..]));
    request.set_header(KnownHeader::Cookie, &cookies);
    assert_eq!(request.headers().values("Cookie").collect::<Vec<_>>(), [b"a=1; b=2"]);
    assert_eq!(request.header(KnownHeader::Cookie).as_deref(), Some(&cookies[..]));
}

#[test]
fn no_time_is_too_early_or_too_late_for_a_header_field() {
    let mut request = NetworkRequest::default();
    let (day, far) = (Duration::from_secs(24 * 60 * 60), Duration::from_secs(1 << 39));
    for (time, text) in [
        (SystemTime::UNIX_EPOCH - day, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (SystemTime::UNIX_EPOCH + far, "Fri, 31 Dec 9999 00:00:00 GMT"),
    ] {
        request.set_header(KnownHeader::LastModified, &time);
        assert_eq!(request.raw_header("Last-Modified"), Some(text.as_bytes()));
        let mut cookie = NetworkCookie::new("a", "1");
        cookie.set_expiration_date(Some(time));
        let expires = format!("a=1; expires={}", text.replacen(' ', "-", 3).replacen('-', " ", 1));
        assert_eq!(String::from_utf8_lossy(&cookie.to_raw_form()), expires);
    }
}

#[test]
fn any_bytes_are_read_as_cookies_without_a_panic() {
    let mut texts =
        vec![vec![b'='], vec![b'\n'; 3], b"a=1; domain=[::1]; path=/\xff; expires=1:1:1:1".to_vec()];
    texts.push(b"a=1; max-age=99999999999999999999999999".to_vec());
    texts.extend((0..=255).map(|byte| [b"a=1; domain=", &[byte; 3][..], b"; expires=", &[byte; 3]].concat()));
    for text in texts {
        for cookie in NetworkCookie::parse_cookies(&text) {
            assert_eq!(cookie.name(), b"a", "{text:?}");
            cookie.to_raw_form();
        }
    }
}
