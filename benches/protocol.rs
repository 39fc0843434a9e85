//! What do the parts of the engine cost, beside memcpy and beside tungstenite?
//!
//! - *masking* and *UTF-8*: how far from the speed of memory are they?
//! - *encode*: messages into one output buffer, as many as make 64 KiB, or one.
//! - *decode*: the same back, from reads of at most 128 KiB. Both libraries get the bytes copied into their own buffer, as a
//!   kernel would; the memcpy beside them is that copy alone.
//!
//! A client's frames are masked; tungstenite makes a random key for each, here the key is given.

use std::hint::black_box;
use std::io::{self, Read, Write};

use comparison::{Comparison, Options, size_name};
use slotwire::websocket::protocol::{
    BufferPool, DataProcessor, FrameHeader, OpCode, Role, Utf8Validator, append_masked, apply_mask,
    write_frame,
};
use tungstenite::protocol::Role as TungsteniteRole;
use tungstenite::{Bytes, Message, Utf8Bytes, WebSocket};

const SIZES: [usize; 6] = [16, 256, 4 << 10, 16 << 10, 64 << 10, 1 << 20];
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const BATCH: usize = 64 << 10;
const READ: usize = 128 << 10;

fn main() {
    let options = Options::from_args(&[]);
    SIZES.iter().for_each(|&size| masking(&options, size));
    SIZES.iter().for_each(|&size| utf8(&options, "ASCII", &ascii(size)));
    SIZES.iter().for_each(|&size| utf8(&options, "mixed", &mixed(size)));
    for role in [Role::Server, Role::Client] {
        SIZES.iter().for_each(|&size| encode(&options, role, size));
    }
    SIZES.iter().for_each(|&size| decode(&options, "binary", OpCode::Binary, &ascii(size)));
    SIZES.iter().for_each(|&size| decode(&options, "ASCII text", OpCode::Text, &ascii(size)));
    SIZES.iter().for_each(|&size| decode(&options, "mixed text", OpCode::Text, &mixed(size)));
}

/// Is masking as fast as memory?
fn masking(options: &Options, size: usize) {
    let source = ascii(size);
    let source = source.as_bytes();
    let mut target = vec![0; size];
    let mut masked = source.to_vec();
    let mut out = Vec::with_capacity(size);
    Comparison::new(format!("masking {}", size_name(size)))
        .bytes(size)
        .with("memcpy", || black_box(&mut target[..]).copy_from_slice(black_box(source)))
        .with("apply_mask, in place", || apply_mask(black_box(&mut masked), black_box(KEY), 0))
        .with("append_masked, into another buffer", || {
            out.clear();
            append_masked(black_box(&mut out), black_box(source), black_box(KEY));
        })
        .run(options);
}

/// Is the validation of UTF-8 as fast as memory?
fn utf8(options: &Options, what: &str, text: &str) {
    let text = text.as_bytes();
    let mut target = vec![0; text.len()];
    Comparison::new(format!("UTF-8 {what} {}", size_name(text.len())))
        .bytes(text.len())
        .with("memcpy", || black_box(&mut target[..]).copy_from_slice(black_box(text)))
        .with("Utf8Validator", || {
            let mut validator = Utf8Validator::new();
            black_box(validator.feed(black_box(text)).and_then(|()| validator.finish()).is_ok());
        })
        .with("simdutf8", || {
            black_box(simdutf8::basic::from_utf8(black_box(text)).is_ok());
        })
        .with("std", || {
            black_box(std::str::from_utf8(black_box(text)).is_ok());
        })
        .run(options);
}

/// What does a message cost on its way out?
fn encode(options: &Options, role: Role, size: usize) {
    let payload = Bytes::from(ascii(size));
    let count = messages_per_batch(size);
    let (mut copy, mut out) = (Vec::new(), Vec::new());
    let (mask, peer) = match role {
        Role::Server => (None, TungsteniteRole::Server),
        Role::Client => (Some(KEY), TungsteniteRole::Client),
    };
    let mut tungstenite = WebSocket::from_raw_socket(Wire::default(), peer, None);
    Comparison::new(format!("encode as {role:?} {}", size_name(size)))
        .items(count)
        .bytes(size)
        .with("memcpy", || {
            copy.clear();
            for _ in 0..count {
                black_box(&mut copy).extend_from_slice(black_box(&payload));
            }
        })
        .with("slotwire", || {
            out.clear();
            for _ in 0..count {
                write_frame(
                    black_box(&mut out),
                    FrameHeader::whole(OpCode::Binary),
                    mask,
                    black_box(&payload),
                );
            }
        })
        .with("tungstenite", || {
            for _ in 0..count {
                tungstenite.write(Message::Binary(black_box(&payload).clone())).expect("the wire takes all");
            }
            tungstenite.flush().expect("the wire takes all");
        })
        .run(options);
}

/// What does a message from a client cost on its way in?
fn decode(options: &Options, what: &str, op_code: OpCode, text: &str) {
    let count = messages_per_batch(text.len());
    let mut bytes = Vec::new();
    for _ in 0..count {
        write_frame(&mut bytes, FrameHeader::whole(op_code), Some(KEY), text.as_bytes());
    }
    let mut target = vec![0; READ.min(bytes.len())];
    let mut receiver = Receiver::new();
    let wire = Wire { bytes: bytes.clone(), position: 0 };
    let mut tungstenite = WebSocket::from_raw_socket(wire, TungsteniteRole::Server, None);
    Comparison::new(format!("decode {what} {}", size_name(text.len())))
        .items(count)
        .bytes(text.len())
        .with("memcpy", || {
            for piece in black_box(&bytes).chunks(READ) {
                black_box(&mut target[..piece.len()]).copy_from_slice(piece);
            }
        })
        .with("slotwire", || assert_eq!(receiver.receive(black_box(&bytes)), count))
        .with("tungstenite", || {
            let mut received = 0;
            while let Ok(message) = tungstenite.read() {
                match black_box(&message) {
                    Message::Text(text) => drop(black_box::<&Utf8Bytes>(text)),
                    message => drop(black_box(message)),
                }
                received += 1;
            }
            assert_eq!(received, count);
        })
        .run(options);
}

/// Reads as the crate's sockets do: large payloads straight into their message, the rest through one buffer.
struct Receiver {
    processor: DataProcessor,
    pool: BufferPool,
    buffer: Vec<u8>,
}

impl Receiver {
    fn new() -> Self {
        Self { processor: DataProcessor::new(Role::Server), pool: BufferPool::new(), buffer: vec![0; READ] }
    }

    /// Returns the number of messages.
    fn receive(&mut self, mut wire: &[u8]) -> usize {
        let Self { processor, pool, buffer } = self;
        let mut messages = 0;
        while !wire.is_empty() {
            if let Some(space) = processor.direct_space(pool) {
                let count = wire.read(space).unwrap_or(0);
                if let Some(event) = processor.direct_filled(count, pool) {
                    black_box(&event);
                    event.recycle(pool);
                    messages += 1;
                }
            } else {
                let count = wire.read(buffer).unwrap_or(0);
                let mut input = &mut buffer[..count];
                while let Some(event) = processor.process(&mut input, pool) {
                    black_box(&event);
                    event.recycle(pool);
                    messages += 1;
                }
            }
        }
        messages
    }
}

/// A stream that takes what is written, and gives the same bytes again and again, with nothing to read in between.
#[derive(Default)]
struct Wire {
    bytes: Vec<u8>,
    position: usize,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = &self.bytes[self.position..];
        if rest.is_empty() {
            self.position = 0;
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.position += count;
        Ok(count)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(black_box(bytes).len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn messages_per_batch(size: usize) -> usize {
    (BATCH / size).max(1)
}

fn ascii(size: usize) -> String {
    fill(size, "The quick brown fox jumps over the lazy dog. ")
}

/// One to four bytes a character.
fn mixed(size: usize) -> String {
    fill(size, "Grüße, 世界! Здравствуй, мир 🦀 naïve café. ")
}

fn fill(size: usize, pattern: &str) -> String {
    // What is allocated next begins half a page further within its page: a copy between addresses that are alike in their
    // low twelve bits is slow on many processors, and chance should not decide who suffers from it.
    let mut text = String::with_capacity(size + 2048);
    for character in pattern.chars().cycle() {
        if text.len() + character.len_utf8() > size {
            break;
        }
        text.push(character);
    }
    text.extend(std::iter::repeat_n('.', size - text.len()));
    text
}
