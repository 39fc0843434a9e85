//! The head of an HTTP message: a start line and header fields. What both handshakes are read from.

use std::borrow::Cow;

use super::fields::{decode, list_entries};

/// The largest head of a handshake that is parsed: as many lines as there may be, each as long as it may be. Sockets and servers
/// take less by default ([`Limits::max_head_size`](crate::Limits::max_head_size)).
///
/// ```
/// use slotwire::prelude::*;
/// use slotwire::websocket::protocol::MAX_HANDSHAKE_SIZE;
/// assert!(Limits::qt().max_head_size() < MAX_HANDSHAKE_SIZE);
/// ```
pub const MAX_HANDSHAKE_SIZE: usize = MAX_REQUEST_LINE_SIZE * MAX_HEADER_FIELDS + 4;

/// The most header fields of a handshake, in either direction.
///
/// ```
/// use slotwire::websocket::protocol::{HandshakeRequest, MAX_HEADER_FIELDS};
/// let request = |further_fields| {
///     let fields = "X: y\r\n".repeat(further_fields);
///     let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\n\
///         Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
///         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{fields}\r\n");
///     HandshakeRequest::parse(head.as_bytes(), false)
/// };
/// assert!(request(MAX_HEADER_FIELDS - 5).is_ok());
/// assert!(request(MAX_HEADER_FIELDS - 4).is_err());
/// ```
#[doc(alias = "MAX_HEADERLINES")]
pub const MAX_HEADER_FIELDS: usize = 100;

/// The longest line of a handshake request, in bytes without the line break.
///
/// ```
/// use slotwire::websocket::protocol::{HandshakeRequest, MAX_REQUEST_LINE_SIZE};
/// let request = |room_size| {
///     let room = "x".repeat(room_size);
///     let head = format!("GET /?{room} HTTP/1.1\r\nHost: localhost\r\n\
///         Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
///         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
///     HandshakeRequest::parse(head.as_bytes(), false)
/// };
/// let largest = MAX_REQUEST_LINE_SIZE - "GET /? HTTP/1.1".len();
/// assert!(request(largest).is_ok());
/// assert!(request(largest + 1).is_err());
/// ```
#[doc(alias = "MAX_HEADERLINE_LENGTH")]
pub const MAX_REQUEST_LINE_SIZE: usize = 8192;

/// Finds where the head of a handshake ends in `received`: behind the first empty line. `None` if that is not there yet.
///
/// `scanned` is how many of the bytes were looked at in vain before, so that a head that trickles in is not searched
/// from its beginning again and again.
///
/// ```
/// use slotwire::websocket::protocol::find_header_end;
///
/// assert_eq!(find_header_end(b"GET / HTTP/1.1\r\n\r", 0), None);
/// assert_eq!(find_header_end(b"GET / HTTP/1.1\r\n\r\n\x81\x00", 17), Some(18));
/// ```
#[must_use]
pub fn find_header_end(received: &[u8], scanned: usize) -> Option<usize> {
    const END: &[u8] = b"\r\n\r\n";
    // The end may have begun in the bytes scanned before.
    let mut last = scanned.max(END.len() - 1);
    while let Some(byte) = received.get(last) {
        match byte {
            b'\n' if received[..=last].ends_with(END) => return Some(last + 1),
            b'\r' | b'\n' => last += 1,
            // No end contains this byte.
            _ => last += END.len(),
        }
    }
    None
}

/// As [`find_header_end`], where a line may also end with LF alone (RFC 9112 §2.2).
pub(crate) fn find_any_header_end(received: &[u8], scanned: usize) -> Option<usize> {
    let is_end = |end: &usize| received[..*end].ends_with(b"\n\r\n") || received[..*end].ends_with(b"\n\n");
    (scanned + 1..=received.len()).find(is_end)
}

/// A parsed head, in one piece of memory. Field names are lower case, folded lines are joined.
#[derive(Clone)]
pub(crate) struct Head {
    bytes: Box<[u8]>,
    start_line: Span,
    fields: Box<[(Span, Span)]>,
}

/// A part of the head's bytes.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

/// The reason why some bytes are not the head of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidHead;

impl Head {
    /// Parses a head up to and with its empty line; no line may be longer than `max_line_size`.
    pub(crate) fn parse(head: &[u8], max_line_size: usize) -> Result<Self, InvalidHead> {
        if head.len() > MAX_HANDSHAKE_SIZE {
            return Err(InvalidHead);
        }
        let start_line_break = head.iter().position(|&byte| byte == b'\n').ok_or(InvalidHead)?;
        let fields_start = start_line_break + 1;
        // A folded line begins with what no field begins with, so that only a failure asks for a closer look.
        Self::parse_unfolded(head, fields_start, max_line_size)
            .or_else(|_| Self::parse_unfolded(&unfold(head, fields_start), fields_start, max_line_size))
    }

    fn parse_unfolded(head: &[u8], fields_start: usize, max_line_size: usize) -> Result<Self, InvalidHead> {
        if longest_line(head, max_line_size) > max_line_size {
            return Err(InvalidHead);
        }
        let mut parsed = [httparse::EMPTY_HEADER; MAX_HEADER_FIELDS];
        let fields = match httparse::parse_headers(&head[fields_start..], &mut parsed) {
            // A lone empty line of another form would end the head before its end.
            Ok(httparse::Status::Complete((size, fields))) if fields_start + size == head.len() => fields,
            _ => return Err(InvalidHead),
        };
        let span = |part: &[u8]| Span::of(part, head);
        let fields = fields.iter().map(|field| (span(field.name.as_bytes()), span(field.value))).collect();
        let start_line = span(without_line_break(&head[..fields_start]));

        let mut head = Self { bytes: head.into(), start_line, fields };
        head.lower_names();
        Ok(head)
    }

    /// The first line, without its line break.
    pub(crate) fn start_line(&self) -> &[u8] {
        self.part(self.start_line)
    }

    /// The header fields in order: lower-case name and trimmed value.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|&(name, value)| {
            // A name is a token, which is ASCII.
            (std::str::from_utf8(self.part(name)).unwrap_or_default(), self.part(value))
        })
    }

    /// The values of all fields with this lower-case name.
    pub(crate) fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h [u8]> {
        let fields = self.fields.iter().filter(move |&&(field, _)| self.part(field) == name.as_bytes());
        fields.map(|&(_, value)| self.part(value))
    }

    /// The value of the first field with this lower-case name.
    pub(crate) fn first_value(&self, name: &str) -> Option<&[u8]> {
        let field = self.fields.iter().find(|&&(field, _)| self.part(field) == name.as_bytes());
        field.map(|&(_, value)| self.part(value))
    }

    /// The values of all fields with this lower-case name, joined as RFC 9110 §5.3 allows.
    pub(crate) fn joined_values(&self, name: &str) -> String {
        let mut joined = String::new();
        for (index, value) in self.values(name).enumerate() {
            if index > 0 {
                joined.push_str(", ");
            }
            joined.push_str(&decode(value));
        }
        joined
    }

    /// The entries of the comma-separated lists in all fields with this lower-case name: trimmed, none empty.
    pub(crate) fn list<'h>(&'h self, name: &'h str) -> impl Iterator<Item = Cow<'h, str>> {
        self.values(name).flat_map(list_entries).map(decode)
    }

    /// The bytes it was parsed from, names in lower case, folded lines joined; they can be parsed again.
    pub(crate) fn into_bytes(self) -> Box<[u8]> {
        self.bytes
    }

    fn part(&self, span: Span) -> &[u8] {
        &self.bytes[span.start as usize..span.end as usize]
    }

    fn lower_names(&mut self) {
        for &(name, _) in &self.fields {
            self.bytes[name.start as usize..name.end as usize].make_ascii_lowercase();
        }
    }
}

impl Span {
    /// The range of `part` in `whole`; a head is far smaller than 4 GiB.
    fn of(part: &[u8], whole: &[u8]) -> Self {
        let start = part.as_ptr().addr() - whole.as_ptr().addr();
        Self { start: start as u32, end: (start + part.len()) as u32 }
    }
}

fn without_line_break(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Joins each folded line to the one before with one space (RFC 9112 §5.2), from `fields_start` on.
fn unfold(head: &[u8], fields_start: usize) -> Vec<u8> {
    let (start_line, mut rest) = head.split_at(fields_start);
    let mut unfolded = start_line.to_vec();
    while let Some((&byte, after)) = rest.split_first() {
        if matches!(rest, [b'\n', b' ' | b'\t', ..]) {
            if unfolded.ends_with(b"\r") {
                unfolded.pop();
            }
            unfolded.push(b' ');
            let text = after.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(after.len());
            rest = &after[text..];
        } else {
            unfolded.push(byte);
            rest = after;
        }
    }
    unfolded
}

/// The length of the longest line; as long as no line can be too long, the length of the head will do.
fn longest_line(head: &[u8], max_line_size: usize) -> usize {
    if head.len() <= max_line_size {
        return head.len();
    }
    let lines = head.split_inclusive(|&byte| byte == b'\n');
    lines.map(|line| without_line_break(line).len()).max().unwrap_or(0)
}
