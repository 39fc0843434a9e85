//! The reference: no library. Whole messages, unmasked and turned round in the buffer they were read into.
//!
//! It knows what the load generator sends, unfragmented data frames, and ends the connection at anything else.

use std::io::{self, Read, Write};
use std::ops::Range;

use mio::net::TcpStream;

use super::mio_loop;

const BUFFER: usize = 128 << 10;

pub fn serve() {
    let mut buffer = vec![0; BUFFER];
    mio_loop::run(
        Connection::new,
        |connection| &mut connection.stream,
        |connection| connection.echo(&mut buffer),
    );
}

struct Connection {
    stream: TcpStream,
    /// The beginning of a frame whose end has not arrived: the first `filled` bytes.
    rest: Vec<u8>,
    filled: usize,
    /// What the kernel did not take.
    unsent: Vec<u8>,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self { stream, rest: Vec::new(), filled: 0, unsent: Vec::new() }
    }

    fn echo(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        loop {
            if !self.flush()? {
                return Ok(());
            }
            let continues = self.filled > 0;
            let input = if continues { &mut self.rest[..] } else { &mut *buffer };
            let count = match self.stream.read(&mut input[self.filled..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            let end = self.filled + count;
            let is_all = end < input.len();
            let Turned { output, consumed, wanted } = turn_round(&mut input[..end])?;
            let sent = write(&mut self.stream, &input[output.clone()])?;
            self.unsent.extend_from_slice(&input[output.start + sent..output.end]);
            self.filled = end - consumed;
            if continues {
                self.rest.copy_within(consumed..end, 0);
            }
            if self.rest.len() < wanted {
                self.rest.resize(wanted, 0);
            }
            if !continues {
                self.rest[..self.filled].copy_from_slice(&buffer[consumed..end]);
            }
            if is_all {
                return Ok(());
            }
        }
    }

    /// Sends what is left; returns whether nothing is left.
    fn flush(&mut self) -> io::Result<bool> {
        if !self.unsent.is_empty() {
            let sent = write(&mut self.stream, &self.unsent)?;
            self.unsent.drain(..sent);
        }
        Ok(self.unsent.is_empty())
    }
}

/// What became of some input.
struct Turned {
    /// Where the frames for the client are.
    output: Range<usize>,
    /// How much of the input they were made of.
    consumed: usize,
    /// How large a buffer the frame that follows needs.
    wanted: usize,
}

/// Makes server frames of the client frames in `input`.
fn turn_round(input: &mut [u8]) -> io::Result<Turned> {
    let mut output = 0..0;
    let mut consumed = 0;
    loop {
        let available = input.len() - consumed;
        let Some((header, length)) = read_header(&input[consumed..])? else {
            let wanted = if available == 0 { 0 } else { BUFFER };
            return Ok(Turned { output, consumed, wanted });
        };
        if available < header + length {
            return Ok(Turned { output, consumed, wanted: header + length });
        }
        // The client's header is that of the server and a mask key, so the echo fits in front of its own payload.
        let payload = consumed + header..consumed + header + length;
        let mut key = [0; 4];
        key.copy_from_slice(&input[payload.start - 4..payload.start]);
        unmask(&mut input[payload.clone()], key);
        if input[consumed] & 0x0F == 1 && simdutf8::basic::from_utf8(&input[payload.clone()]).is_err() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let header_size = header - 4;
        if output.is_empty() {
            output = consumed + 4..consumed + 4;
        }
        input.copy_within(consumed..consumed + header_size, output.end);
        input[output.end + 1] &= 0x7F;
        output.end += header_size;
        if output.end < payload.start {
            input.copy_within(payload.clone(), output.end);
        }
        output.end += length;
        consumed = payload.end;
    }
}

/// The sizes of the header and the payload; `None` if the header is not complete.
fn read_header(bytes: &[u8]) -> io::Result<Option<(usize, usize)>> {
    let &[first, second, ..] = bytes else { return Ok(None) };
    if !matches!(first, 0x81 | 0x82) || second & 0x80 == 0 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let (header, length) = match (second & 0x7F, bytes) {
        (126, &[_, _, a, b, ..]) => (8, u16::from_be_bytes([a, b]).into()),
        (127, &[_, _, a, b, c, d, e, f, g, h, ..]) => (14, u64::from_be_bytes([a, b, c, d, e, f, g, h])),
        (126 | 127, _) => return Ok(None),
        (length, _) => (6, length.into()),
    };
    Ok((bytes.len() >= header).then_some((header, length as usize)))
}

fn unmask(payload: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let word_key = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ word_key).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

/// Writes what the kernel takes.
fn write(stream: &mut TcpStream, mut bytes: &[u8]) -> io::Result<usize> {
    let size = bytes.len();
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(size - bytes.len())
}
