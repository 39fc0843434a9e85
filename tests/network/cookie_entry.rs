//! Cookies as a peer sends them, as a function of arbitrary bytes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use slotwire::{KnownHeader, NetworkCookie, NetworkRequest};

/// The cookies that a server sets are read again as they are written; and those of a client are apart.
pub(crate) fn cookies(bytes: &[u8]) {
    for cookie in NetworkCookie::parse_cookies(bytes) {
        let written = cookie.to_raw_form();
        let again = NetworkCookie::parse_cookies(&written);
        assert_eq!(again.len(), 1, "{}", String::from_utf8_lossy(&written));
        assert_eq!(as_written(again[0].clone()), as_written(cookie));
    }
    let mut request = NetworkRequest::default();
    request.set_raw_header("Cookie", bytes);
    let cookies = request.header(KnownHeader::Cookie).unwrap_or_default();
    request.set_header(KnownHeader::Cookie, &cookies);
    assert_eq!(request.header(KnownHeader::Cookie).unwrap_or_default(), cookies);
}

/// Times are written in seconds, and no later than the last day of the year 9999.
fn as_written(mut cookie: NetworkCookie) -> NetworkCookie {
    let last_day = Duration::from_secs(253_402_214_400);
    let seconds = |time: SystemTime| {
        let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default().min(last_day);
        UNIX_EPOCH + Duration::from_secs(since_1970.as_secs())
    };
    cookie.set_expiration_date(cookie.expiration_date().map(seconds));
    cookie
}
