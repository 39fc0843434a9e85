//! The body of a response (RFC 9112 §6): where it ends, so that the connection can go on, and whether it does.

use super::fields::list_contains;
use super::response::ResponseHead;

/// The way to find the end of a response's body (RFC 9112 §6.3).
///
/// ```
/// use slotwire::websocket::protocol::{BodyFraming, HandshakeOutcome, read_handshake_response};
///
/// let head = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\n";
/// let outcome = read_handshake_response(head, "dGhlIHNhbXBsZSBub25jZQ==", &["chat"]);
/// let HandshakeOutcome::AuthenticationRequired { body, .. } = outcome else { panic!() };
/// assert_eq!(body, BodyFraming::Sized(5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// It has that many bytes.
    Sized(u64),
    /// It comes in chunks (RFC 9112 §7.1).
    Chunked,
    /// It goes up to the end of the connection.
    UntilClose,
}

impl BodyFraming {
    /// The framing of the response to a `GET`, or of one that refuses a `CONNECT`.
    pub(crate) fn of(head: &ResponseHead) -> Self {
        if matches!(head.status(), 100..200 | 204 | 304) {
            return Self::Sized(0);
        }
        if let Some(last) = head.fields().list("transfer-encoding").last() {
            let is_chunked = last.eq_ignore_ascii_case("chunked");
            return if is_chunked { Self::Chunked } else { Self::UntilClose };
        }
        let mut sizes = head.fields().list("content-length").map(|size| {
            let is_number = size.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| size.parse().ok())?
        });
        match sizes.next() {
            // Twice the same is as good as once (RFC 9110 §8.6).
            Some(Some(size)) if sizes.all(|other| other == Some(size)) => Self::Sized(size),
            _ => Self::UntilClose,
        }
    }
}

/// Returns whether the sender keeps the connection behind this response (RFC 9112 §9.3). `option_fields` may name options; the
/// first of them that is there counts.
pub(crate) fn keeps_connection(head: &ResponseHead, option_fields: &[&str]) -> bool {
    let is_there = |name: &&&str| head.fields().first_value(name).is_some();
    let name = option_fields.iter().find(is_there).copied().unwrap_or("connection");
    let says = |option| head.fields().values(name).any(|value| list_contains(value, option));
    !says("close") && (head.version() >= (1, 1) || says("keep-alive"))
}

/// Finds the end of a body that does not need the end of the connection for it.
#[derive(Debug)]
pub(crate) struct Body {
    state: State,
    /// The number of bytes that were skipped, including the framing of chunks.
    taken: usize,
}

#[derive(Debug)]
enum State {
    /// That many bytes are left.
    Sized(u64),
    /// In the line that says the size of a chunk.
    ChunkSize { size: u64, digits: u8, in_extension: bool },
    /// That many bytes of a chunk are left.
    Chunk(u64),
    /// In the line break behind a chunk.
    ChunkEnd,
    /// In a line behind the last chunk; with an empty one the body ends.
    Trailer { is_empty: bool },
}

/// The end of a body is not to be found: it is malformed, or so far away that a new connection costs less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndNotFound;

/// The longest body whose end is waited for.
const MAX_SIZE: usize = 256 * 1024;

/// The most hexadecimal digits of the size of a chunk: more than enough for what is passed over.
const MAX_DIGITS: u8 = 15;

const NEXT_CHUNK: State = State::ChunkSize { size: 0, digits: 0, in_extension: false };

impl Body {
    /// `None`: its end is that of the connection.
    pub(crate) fn new(framing: BodyFraming) -> Option<Self> {
        let state = match framing {
            BodyFraming::Sized(size) => State::Sized(size),
            BodyFraming::Chunked => NEXT_CHUNK,
            BodyFraming::UntilClose => return None,
        };
        Some(Self { state, taken: 0 })
    }

    /// Takes the next bytes of the connection, and gives what of them is content to `take`. Once the body has ended, returns
    /// what is behind it.
    pub(crate) fn read<'b>(
        &mut self,
        input: &'b [u8],
        mut take: impl FnMut(&'b [u8]),
    ) -> Result<Option<&'b [u8]>, EndNotFound> {
        let mut rest = input;
        let end = self.find_end(&mut rest, &mut take)?;
        self.taken += input.len() - rest.len();
        if self.taken > MAX_SIZE { Err(EndNotFound) } else { Ok(end.then_some(rest)) }
    }

    /// Takes the next bytes and gives them to nobody. `None` if there is something behind the body, or no end to be found.
    pub(crate) fn skipping(mut self, part: &[u8]) -> Option<Self> {
        match self.read(part, |_| {}) {
            Ok(None | Some([])) => Some(self),
            Ok(Some(_)) | Err(EndNotFound) => None,
        }
    }

    fn find_end<'b>(
        &mut self,
        rest: &mut &'b [u8],
        take: &mut impl FnMut(&'b [u8]),
    ) -> Result<bool, EndNotFound> {
        loop {
            match &mut self.state {
                State::Sized(left) if *left > MAX_SIZE as u64 => return Err(EndNotFound),
                State::Sized(0) => return Ok(true),
                State::Chunk(0) => self.state = State::ChunkEnd,
                _ if rest.is_empty() => return Ok(false),
                State::Sized(left) | State::Chunk(left) => {
                    let count = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    let (content, behind) = rest.split_at(count);
                    *left -= count as u64;
                    take(content);
                    *rest = behind;
                }
                _ => {
                    let byte = rest[0];
                    *rest = &rest[1..];
                    if self.take(byte)? {
                        self.state = State::Sized(0);
                        return Ok(true);
                    }
                }
            }
        }
    }

    /// Takes a byte of a line around chunks; says whether the body ends with it.
    fn take(&mut self, byte: u8) -> Result<bool, EndNotFound> {
        match &mut self.state {
            State::ChunkSize { digits: 0, .. } if !byte.is_ascii_hexdigit() => return Err(EndNotFound),
            State::ChunkSize { size: 0, .. } if byte == b'\n' => {
                self.state = State::Trailer { is_empty: true };
            }
            State::ChunkSize { size, .. } if byte == b'\n' => self.state = State::Chunk(*size),
            State::ChunkSize { size, digits, in_extension: false } if byte.is_ascii_hexdigit() => {
                if *digits == MAX_DIGITS {
                    return Err(EndNotFound);
                }
                *digits += 1;
                *size = *size << 4 | u64::from((byte as char).to_digit(16).unwrap_or_default());
            }
            State::ChunkSize { in_extension, .. } => *in_extension = true,
            State::ChunkEnd if byte == b'\n' => self.state = NEXT_CHUNK,
            State::ChunkEnd if byte != b'\r' => return Err(EndNotFound),
            State::Trailer { is_empty: true } if byte == b'\n' => return Ok(true),
            State::Trailer { is_empty } => *is_empty = byte == b'\n' || (*is_empty && byte == b'\r'),
            State::Sized(_) | State::Chunk(_) | State::ChunkEnd => {}
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Body {
        fn sized(size: u64) -> Self {
            Self { state: State::Sized(size), taken: 0 }
        }

        fn chunked() -> Self {
            Self { state: NEXT_CHUNK, taken: 0 }
        }

        fn skip<'b>(&mut self, input: &'b [u8]) -> Result<Option<&'b [u8]>, EndNotFound> {
            self.read(input, |_| {})
        }
    }

    const CHUNKED: &str =
        "5\r\nhello\r\n00a;name=\"0\"\r\n0123\r\n5678\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n";

    #[test]
    fn the_end_of_a_body_is_found_in_every_split() {
        for (text, is_sized) in [(CHUNKED, false), ("0\r\n\r\n", false), ("hello", true)] {
            let bytes = [text, "HTTP/1.1"].concat();
            let new = || if is_sized { Body::sized(5) } else { Body::chunked() };
            for split in 0..text.len() {
                let mut body = new();
                assert_eq!(body.skip(&bytes.as_bytes()[..split]), Ok(None), "{split}");
                assert_eq!(body.skip(&bytes.as_bytes()[split..]), Ok(Some(&b"HTTP/1.1"[..])), "{split}");
            }
            let mut body = new();
            let ends = text.bytes().map(|byte| body.skip(&[byte]).unwrap().is_some());
            assert_eq!(ends.collect::<Vec<_>>().iter().position(|&end| end), Some(text.len() - 1));
        }
    }

    #[test]
    fn the_content_is_what_stands_between_the_sizes() {
        for piece in 1..CHUNKED.len() {
            let (mut body, mut content) = (Body::chunked(), Vec::new());
            for piece in CHUNKED.as_bytes().chunks(piece) {
                body.read(piece, |part| content.extend_from_slice(part)).unwrap();
            }
            assert_eq!(content, b"hello0123\r\n5678");
        }
    }

    #[test]
    fn no_body_ends_at_once() {
        assert_eq!(Body::sized(0).skip(b"rest"), Ok(Some(&b"rest"[..])));
    }

    #[test]
    fn what_is_no_chunk_has_no_end() {
        for text in
            ["\r\n", "x", ";a\r\n", "-1\r\n", "1\r\nab", "1234567890123456\r\n", "fffffffffffffff\r\n"]
        {
            let mut body = Body::chunked();
            let outcome = body.skip(text.as_bytes()).and_then(|_| body.skip(&[b'a'; MAX_SIZE]));
            assert_eq!(outcome, Err(EndNotFound), "{text}");
        }
    }

    #[test]
    fn a_body_that_is_too_long_is_not_waited_for() {
        assert_eq!(Body::sized(MAX_SIZE as u64 + 1).skip(b""), Err(EndNotFound));
        for endless in ["0;", "0\r\nTrailer: ", "ffffff\r\n"] {
            let mut body = Body::chunked();
            assert_eq!(body.skip(endless.as_bytes()), Ok(None));
            assert_eq!(body.skip(&[b'a'; MAX_SIZE]), Err(EndNotFound), "{endless}");
        }
        let mut empty_chunks = Body::chunked();
        assert_eq!(empty_chunks.skip(&b"1\r\n\n\r\n".repeat(MAX_SIZE / 6 + 1)), Err(EndNotFound));
    }
}
