//! The date of a cookie (RFC 6265 §5.1.1), read in whatever order its parts come.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MONTHS: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// The parts that have been found: the first of each kind counts.
#[derive(Default)]
struct Parts {
    time: Option<[u64; 3]>,
    day: Option<u64>,
    month: Option<u64>,
    year: Option<u64>,
}

/// The time that a date tells, `None` if it is none. Those before 1970 count as 1970: over is over.
pub(super) fn parse(text: &[u8]) -> Option<SystemTime> {
    let mut parts = Parts::default();
    for token in text.split(|&byte| is_delimiter(byte)).filter(|token| !token.is_empty()) {
        parts.take(token);
    }
    parts.time()
}

/// Everything but digits, letters, colons, and what is no ASCII.
fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

impl Parts {
    fn take(&mut self, token: &[u8]) {
        if self.time.is_none()
            && let Some(time) = time_of_day(token)
        {
            self.time = Some(time);
        } else if self.day.is_none()
            && let Some(day) = number(token, 1, 2)
        {
            self.day = Some(day);
        } else if self.month.is_none()
            && let Some(month) = month(token)
        {
            self.month = Some(month);
        } else if self.year.is_none()
            && let Some(year) = number(token, 2, 4)
        {
            self.year = Some(match year {
                70..=99 => year + 1900,
                0..=69 => year + 2000,
                _ => year,
            });
        }
    }

    fn time(self) -> Option<SystemTime> {
        let ([hour, minute, second], day, month, year) = (self.time?, self.day?, self.month?, self.year?);
        let is_date = (1..=days_of(month, year)).contains(&day) && year >= 1601;
        if !is_date || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        if year < 1970 {
            return Some(UNIX_EPOCH);
        }
        let days_before = |year: u64| year * 365 + year / 4 - year / 100 + year / 400;
        let of_months: u64 = (1..month).map(|month| days_of(month, year)).sum();
        let days = days_before(year - 1) - days_before(1969) + of_months + day - 1;
        UNIX_EPOCH.checked_add(Duration::from_secs(((days * 24 + hour) * 60 + minute) * 60 + second))
    }
}

fn days_of(month: u64, year: u64) -> u64 {
    let is_leap_year = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap_year => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `08:49:37`, with anything but a digit behind it.
fn time_of_day(token: &[u8]) -> Option<[u64; 3]> {
    let mut fields = token.splitn(3, |&byte| byte == b':');
    let mut field = |is_last: bool| {
        let field = fields.next()?;
        let end = if is_last { digits(field) } else { field.len() };
        number(field, 1, 2).filter(|_| digits(field) == end)
    };
    Some([field(false)?, field(false)?, field(true)?])
}

fn month(token: &[u8]) -> Option<u64> {
    let name = token.get(..3)?.to_ascii_lowercase();
    (1..).zip(MONTHS).find(|(_, month)| name == *month).map(|(number, _)| number)
}

/// The number that a token begins with, if it has so many digits.
fn number(token: &[u8], least: usize, most: usize) -> Option<u64> {
    let digits = &token[..digits(token)];
    let is_fit = (least..=most).contains(&digits.len());
    is_fit.then(|| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// The number of digits that it begins with.
fn digits(token: &[u8]) -> usize {
    token.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<u64> {
        parse(text.as_bytes()).map(|time| time.duration_since(UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn a_date_is_read_in_all_the_forms_that_servers_write() {
        for text in [
            "Wed, 21 Oct 2015 07:28:00 GMT",
            "Wed, 21-Oct-2015 07:28:00 GMT",
            "Wednesday, 21-Oct-15 07:28:00 GMT",
            "Wed Oct 21 07:28:00 2015",
            "2015 october 21 7:28:0",
        ] {
            assert_eq!(seconds(text), Some(1_445_412_480), "{text}");
        }
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("29 Feb 2024 12:30:05"), Some(1_709_209_805));
        assert_eq!(seconds("31 Dec 9999 23:59:59"), Some(253_402_300_799));
        assert_eq!(seconds("1 Mar 1601 00:00:00"), Some(0));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "tomorrow",
            "21 Oct 2015",
            "30 Feb 2024 00:00:00",
            "29 Feb 2023 00:00:00",
            "21 Oct 2015 24:00:00",
            "21 Oct 2015 07:60:00",
            "1 Jan 1600 00:00:00",
            "21 Oct 20155 07:28:00",
            "0 Jan 2015 07:28:00",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
