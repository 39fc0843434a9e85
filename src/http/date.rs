//! The date of a response (RFC 9110 §5.6.7).

use std::time::{SystemTime, UNIX_EPOCH};

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;
/// 1 January 1970 was a Thursday.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Appends a date as `Sun, 06 Nov 1994 08:49:37 GMT`. Times before 1970 count as 1970.
pub(crate) fn append_http_date(out: &mut Vec<u8>, time: SystemTime) {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, second) = (seconds / SECONDS_PER_DAY, seconds % SECONDS_PER_DAY);
    let (year, month, day) = civil_date(days);
    // Every connection writes one, and the formatting machinery would cost more than the rest of the response.
    out.extend_from_slice(WEEKDAYS[(days % 7) as usize].as_bytes());
    out.extend_from_slice(b", ");
    push_two_digits(out, day);
    out.push(b' ');
    out.extend_from_slice(MONTHS[month].as_bytes());
    out.push(b' ');
    push_two_digits(out, year / 100 % 100);
    push_two_digits(out, year % 100);
    out.push(b' ');
    push_two_digits(out, second / 3600);
    out.push(b':');
    push_two_digits(out, second / 60 % 60);
    out.push(b':');
    push_two_digits(out, second % 60);
    out.extend_from_slice(b" GMT");
}

fn push_two_digits(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&[b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]);
}

/// Year, month (0 to 11) and day (1 to 31) of a day counted from 1 January 1970.
///
/// The count begins on 1 March of the year 0, so that leap days come last in their year, their century and
/// their cycle of 400 years.
fn civil_date(days_since_1970: u64) -> (u64, usize, u64) {
    let days = days_since_1970 + 719_468;
    let (cycle, day_of_cycle) = (days / 146_097, days % 146_097);
    let year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    let year = cycle * 400 + year_of_cycle + u64::from(month < 2);
    (year, month as usize, day)
}
