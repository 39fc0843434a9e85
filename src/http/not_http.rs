//! Detects what cannot become the head of a response by the first byte or line that shows it: the other side speaks something
//! else, and would leave its client waiting for the end of a head.

use super::fields::decode;
use super::response::StatusLine;
use super::token::{is_field_value, is_token};

/// The reason why bytes are not the head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotHttp {
    /// They begin like this.
    StatusLine(String),
    /// A line ends with LF alone (RFC 9112 §2.2).
    BareLineFeed,
    /// This line is no header field.
    Field(String),
}

/// The strictness with which a head is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Strict,
    /// Some proxies need it, and Qt has it: lines may end with LF alone, and those that are no field count for nothing.
    Loose,
}

/// The lines of a head that were looked at already.
#[derive(Debug, Default)]
pub(crate) struct CheckedLines {
    /// The beginning of the first line that was not checked yet.
    next: usize,
    /// The place up to which that line was searched for its end.
    scanned: usize,
    count: usize,
}

/// The most that is quoted of a line.
const QUOTED: usize = 60;

impl CheckedLines {
    /// Looks at what is new in a head, or in its beginning; always from its first byte on.
    pub(crate) fn check(&mut self, head: &[u8], form: Form) -> Result<(), NotHttp> {
        while let Some(size) = head[self.scanned..].iter().position(|&byte| byte == b'\n') {
            let end = self.scanned + size;
            self.check_line(&head[self.next..end], form)?;
            self.next = end + 1;
            self.scanned = self.next;
            self.count += 1;
        }
        self.scanned = head.len();
        let rest = &head[self.next..];
        match self.count {
            0 if !StatusLine::may_begin_with(rest) => Err(NotHttp::StatusLine(quoted(rest))),
            _ => Ok(()),
        }
    }

    fn check_line(&self, line: &[u8], form: Form) -> Result<(), NotHttp> {
        let (line, is_bare) = match line.strip_suffix(b"\r") {
            Some(line) => (line, false),
            None => (line, form == Form::Strict),
        };
        let is_right = match self.count {
            0 => StatusLine::parse(line).is_some() && is_field_value(line),
            _ if form == Form::Loose => true,
            // A folded line continues a field (RFC 9112 §5.2).
            count => line.is_empty() || is_field_line(line) || (count > 1 && is_folded_line(line)),
        };
        match self.count {
            0 if !is_right => Err(NotHttp::StatusLine(quoted(line))),
            _ if !is_right => Err(NotHttp::Field(quoted(line))),
            _ if is_bare => Err(NotHttp::BareLineFeed),
            _ => Ok(()),
        }
    }
}

/// A head of [loose](Form::Loose) form as the standard has it: without space in front of colons, and without the lines that are
/// no field.
pub(crate) fn tidied(head: &[u8]) -> Vec<u8> {
    let mut lines = head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut tidied = lines.next().unwrap_or_default().to_vec();
    let mut is_field = false;
    for line in lines {
        let line = without_space_before_colon(line);
        is_field = is_field_line(&line) || (is_field && is_folded_line(&line));
        if is_field {
            tidied.extend_from_slice(b"\r\n");
            tidied.extend_from_slice(&line);
        }
    }
    tidied.extend_from_slice(b"\r\n\r\n");
    tidied
}

fn without_space_before_colon(line: &[u8]) -> Vec<u8> {
    let colon = line.iter().position(|&byte| byte == b':').unwrap_or(0);
    let (name, value) = line.split_at(colon);
    [name.trim_ascii_end(), value].concat()
}

fn is_field_line(line: &[u8]) -> bool {
    let mut parts = line.splitn(2, |&byte| byte == b':');
    parts.next().is_some_and(is_token) && parts.next().is_some_and(is_field_value)
}

fn is_folded_line(line: &[u8]) -> bool {
    matches!(line, [b' ' | b'\t', ..]) && is_field_value(line)
}

fn quoted(line: &[u8]) -> String {
    decode(&line[..line.len().min(QUOTED)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &[u8], form: Form) -> Result<(), NotHttp> {
        CheckedLines::default().check(head, form)
    }

    #[test]
    fn what_may_become_a_response_is_let_pass_in_every_split() {
        let head = b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\nC:\t\xe9\r\n\r\n";
        for form in [Form::Strict, Form::Loose] {
            let mut lines = CheckedLines::default();
            for end in 0..=head.len() {
                assert_eq!(check(&head[..end], form), Ok(()), "{end}");
                assert_eq!(lines.check(&head[..end], form), Ok(()), "{end}");
            }
        }
    }

    #[test]
    fn what_cannot_fails_with_the_first_byte_that_shows_it() {
        let rows: [(&[u8], usize); 12] = [
            (b"SSH-2.0-OpenSSH_9.6\r\n", 1),
            (b"\x15\x03\x03\x00\x02\x02\x28", 1),
            (b"220 mail.example ESMTP\r\n", 1),
            (b"HTTP/2 101\r\n", 7),
            (b"HTTP/1.1101\r\n", 9),
            (b"HTTP/1.1 many\r\n", 15),
            (b"HTTP/1.1 200 OK\n", 16),
            (b"HTTP/1.1 200 OK\r\nA: b\n", 22),
            (b"HTTP/1.1 200 OK\r\nno colon\r\n", 27),
            (b"HTTP/1.1 200 OK\r\nna me: x\r\n", 27),
            (b"HTTP/1.1 200 OK\r\n folded: first\r\n", 33),
            (b"HTTP/1.1 200 OK\r\nA: \0\r\n", 23),
        ];
        for (bytes, first) in rows {
            for end in 0..=bytes.len() {
                let is_right = check(&bytes[..end], Form::Strict).is_ok();
                assert_eq!(is_right, end < first, "{:?} {end}", String::from_utf8_lossy(bytes));
            }
        }
        assert_eq!(check(b"HTTP/1.0 200\nVia: x\n\n", Form::Loose), Ok(()));
    }

    #[test]
    fn of_a_loose_head_what_is_no_field_counts_for_nothing() {
        let rows: [(&[u8], &[u8]); 6] = [
            (b"HTTP/1.0 200\nVia: x\n\n", b"HTTP/1.0 200\r\nVia: x\r\n\r\n"),
            (b"HTTP/1.0 200\r\nVia \t: x\r\n\r\n", b"HTTP/1.0 200\r\nVia: x\r\n\r\n"),
            (b"HTTP/1.0 200\r\njunk\r\n: x\r\nA: b\r\n\r\n", b"HTTP/1.0 200\r\nA: b\r\n\r\n"),
            (
                b"HTTP/1.0 200\r\n first\r\nA: b\r\n more : c\r\nju nk: x\r\n of that\r\n\r\n",
                b"HTTP/1.0 200\r\nA: b\r\n more: c\r\n\r\n",
            ),
            (b"HTTP/1.0 200\r\nA: \0\r\nB: c\r\n\r\n", b"HTTP/1.0 200\r\nB: c\r\n\r\n"),
            (b"HTTP/1.0 200\r\n\r\n", b"HTTP/1.0 200\r\n\r\n"),
        ];
        for (head, expected) in rows {
            assert_eq!(check(head, Form::Loose), Ok(()));
            assert_eq!(tidied(head), expected, "{:?}", String::from_utf8_lossy(head));
        }
    }
}
