//! The body of an HTTP response that nobody wants (private): where it ends, so that the connection can go on; sans I/O.

/// Passes over a body whose end can be found without the end of the connection (RFC 9112 §6.3).
#[derive(Debug)]
pub(crate) struct UnwantedBody {
    state: State,
    /// How many bytes were passed over.
    skipped: usize,
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

/// The most that is passed over.
const MAX_SIZE: usize = 256 * 1024;

/// The most hexadecimal digits of the size of a chunk: more than enough for what is passed over.
const MAX_DIGITS: u8 = 15;

const NEXT_CHUNK: State = State::ChunkSize { size: 0, digits: 0, in_extension: false };

impl UnwantedBody {
    /// A body with that `Content-Length`.
    pub(crate) fn sized(size: u64) -> Self {
        Self { state: State::Sized(size), skipped: 0 }
    }

    /// A body with `Transfer-Encoding: chunked`.
    pub(crate) fn chunked() -> Self {
        Self { state: NEXT_CHUNK, skipped: 0 }
    }

    /// Takes the next bytes of the connection. Once the body has ended, returns what is behind it.
    pub(crate) fn skip<'b>(&mut self, input: &'b [u8]) -> Result<Option<&'b [u8]>, EndNotFound> {
        let mut rest = input;
        let end = self.find_end(&mut rest)?;
        self.skipped += input.len() - rest.len();
        if self.skipped > MAX_SIZE { Err(EndNotFound) } else { Ok(end.then_some(rest)) }
    }

    fn find_end(&mut self, rest: &mut &[u8]) -> Result<bool, EndNotFound> {
        loop {
            match &mut self.state {
                State::Sized(left) if *left > MAX_SIZE as u64 => return Err(EndNotFound),
                State::Sized(0) => return Ok(true),
                State::Chunk(0) => self.state = State::ChunkEnd,
                _ if rest.is_empty() => return Ok(false),
                State::Sized(left) | State::Chunk(left) => {
                    let count = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left -= count as u64;
                    *rest = &rest[count..];
                }
                _ => {
                    let byte = rest[0];
                    *rest = &rest[1..];
                    if self.take(byte)? {
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

    const CHUNKED: &str =
        "5\r\nhello\r\n00a;name=\"0\"\r\n0123\r\n5678\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n";

    #[test]
    fn the_end_of_a_body_is_found_in_every_split() {
        for (body, sized) in [(CHUNKED, false), ("0\r\n\r\n", false), ("hello", true)] {
            let bytes = [body, "HTTP/1.1"].concat();
            let new = || if sized { UnwantedBody::sized(5) } else { UnwantedBody::chunked() };
            for split in 0..body.len() {
                let mut unwanted = new();
                assert_eq!(unwanted.skip(&bytes.as_bytes()[..split]), Ok(None), "{split}");
                assert_eq!(unwanted.skip(&bytes.as_bytes()[split..]), Ok(Some(&b"HTTP/1.1"[..])), "{split}");
            }
            let mut unwanted = new();
            let ends = body.bytes().map(|byte| unwanted.skip(&[byte]).unwrap().is_some());
            assert_eq!(ends.collect::<Vec<_>>().iter().position(|&end| end), Some(body.len() - 1));
        }
    }

    #[test]
    fn no_body_ends_at_once() {
        assert_eq!(UnwantedBody::sized(0).skip(b"rest"), Ok(Some(&b"rest"[..])));
    }

    #[test]
    fn what_is_no_chunk_has_no_end() {
        for text in
            ["\r\n", "x", ";a\r\n", "-1\r\n", "1\r\nab", "1234567890123456\r\n", "fffffffffffffff\r\n"]
        {
            let mut body = UnwantedBody::chunked();
            let outcome = body.skip(text.as_bytes()).and_then(|_| body.skip(&[b'a'; MAX_SIZE]));
            assert_eq!(outcome, Err(EndNotFound), "{text}");
        }
    }

    #[test]
    fn a_body_that_is_too_long_is_not_waited_for() {
        assert_eq!(UnwantedBody::sized(MAX_SIZE as u64 + 1).skip(b""), Err(EndNotFound));
        for endless in ["0;", "0\r\nTrailer: ", "ffffff\r\n"] {
            let mut body = UnwantedBody::chunked();
            assert_eq!(body.skip(endless.as_bytes()), Ok(None));
            assert_eq!(body.skip(&[b'a'; MAX_SIZE]), Err(EndNotFound), "{endless}");
        }
        let mut empty_chunks = UnwantedBody::chunked();
        assert_eq!(empty_chunks.skip(&b"1\r\n\n\r\n".repeat(MAX_SIZE / 6 + 1)), Err(EndNotFound));
    }
}
