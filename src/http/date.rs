//! The date of a response (RFC 9110 §5.6.7).

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use httpdate::HttpDate;

/// 31 December 9999, the last day with a year of four digits.
const LAST_DAY: Duration = Duration::from_secs(253_402_214_400);

/// Appends a date as `Sun, 06 Nov 1994 08:49:37 GMT`. Times before 1970 count as 1970, and those behind the year 9999 as its last
/// day.
pub(crate) fn append_http_date(out: &mut Vec<u8>, time: SystemTime) {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let date = HttpDate::from(UNIX_EPOCH + since_1970.min(LAST_DAY));
    // Writing to memory cannot fail.
    let _ = write!(out, "{date}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_the_form_of_http_whatever_the_time() {
        let day = Duration::from_secs(24 * 60 * 60);
        let rows = [
            (UNIX_EPOCH, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (UNIX_EPOCH - day, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (UNIX_EPOCH + Duration::from_secs(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"),
            (UNIX_EPOCH + 19_782 * day, "Thu, 29 Feb 2024 00:00:00 GMT"),
            (UNIX_EPOCH + 4_000_000 * day, "Fri, 31 Dec 9999 00:00:00 GMT"),
        ];
        for (time, text) in rows {
            let mut out = Vec::new();
            append_http_date(&mut out, time);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
