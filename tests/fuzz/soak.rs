//! Compression against C zlib for as long as is asked for: messages of connections that live on, which a fuzzer, that begins
//! anew with each input, does not reach in such numbers.

use std::time::{Duration, Instant};

use flate2::{FlushCompress, Status};
use slotwire::websocket::protocol::{
    BufferPool, Compression, DeflateContext, DeflatePool, Event, OpCode, ProtocolError, Role,
};

use crate::deflate_entries::{Zlib, ZlibEncoder};

/// The connections that share what a thread has.
const CONNECTIONS: usize = 6;

/// A connection ends after about as many messages.
const MESSAGES: usize = 200;

/// Garbage that is looked at for each message.
const GARBAGE: usize = 4;

/// The memory for encoders changes after as many rounds.
const ROUNDS: u64 = 20_000;

const LARGEST: usize = 300_000;

/// The numbers of messages that went each way, each of which counts as an execution.
#[derive(Default)]
struct Executions {
    /// Compressed by this crate, decompressed by C zlib and by this crate.
    written: u64,
    /// Compressed by C zlib.
    read: u64,
    /// Compressed by nobody, or damaged.
    garbage: u64,
}

/// Runs for that time; prints what was done, and panics if a promise is broken.
pub fn run(time: Duration, seed: u64) {
    let mut random = Random(seed ^ 0x9e37_79b9_7f4a_7c15);
    let mut executions = Executions::default();
    let (begin, mut told) = (Instant::now(), Instant::now());
    while begin.elapsed() < time {
        let memory = [0, 1_000_000, 20_000_000][random.below(3)];
        epoch(&mut random, memory, &mut executions);
        if told.elapsed() > Duration::from_secs(60) || begin.elapsed() >= time {
            told = Instant::now();
            println!("{} after {} s", executions.told(), begin.elapsed().as_secs());
        }
    }
}

impl Executions {
    fn told(&self) -> String {
        let Self { written, read, garbage } = self;
        format!("{} executions: {written} written, {read} read, {garbage} garbage", written + read + garbage)
    }
}

/// Some rounds with one amount of memory for the encoders.
fn epoch(random: &mut Random, memory: usize, executions: &mut Executions) {
    let mut thread = Thread::default();
    let mut writing: Vec<_> = (0..CONNECTIONS).map(|_| Writing::new(random, memory)).collect();
    let mut reading: Vec<_> = (0..CONNECTIONS).map(|_| Reading::new(random)).collect();
    for _ in 0..ROUNDS {
        let index = random.below(CONNECTIONS);
        if random.below(MESSAGES / CONNECTIONS) == 0 {
            writing[index] = Writing::new(random, memory);
            reading[index] = Reading::new(random);
        }
        let payload = writing[index].message(random, &mut thread);
        executions.written += 1;
        if random.below(8) == 0 {
            reading[index].message(random, &mut thread);
            executions.read += 1;
        }
        for _ in 0..GARBAGE {
            garbage(random, &payload, &mut thread);
            executions.garbage += 1;
        }
    }
}

/// What a thread has for its connections.
struct Thread {
    pool: DeflatePool,
    buffers: BufferPool,
    zlib: Zlib,
}

impl Default for Thread {
    fn default() -> Self {
        Self { pool: DeflatePool::new(), buffers: BufferPool::new(), zlib: Zlib::new(15) }
    }
}

impl Thread {
    fn inflate(
        &mut self,
        context: &mut DeflateContext,
        payload: &[u8],
        max_size: u64,
        check: impl FnOnce(Result<&[u8], ProtocolError>),
    ) {
        let event = context.inflate(OpCode::Binary, payload, max_size, &mut self.pool, &mut self.buffers);
        match &event {
            Event::BinaryMessage { payload, .. } => check(Ok(payload.as_bytes())),
            Event::Error(error) => check(Err(*error)),
            other => panic!("{other:?}"),
        }
        event.recycle(&mut self.buffers);
    }
}

/// A connection on which this crate compresses.
struct Writing {
    compression: Compression,
    server: DeflateContext,
    client: DeflateContext,
    zlib: Zlib,
    text: Vec<u8>,
}

impl Writing {
    fn new(random: &mut Random, memory: usize) -> Self {
        let bits = 8 + random.below(8) as u8;
        let compression = Compression::new()
            .with_level(random.below(10) as u8)
            .with_server_max_window_bits(bits)
            .with_server_context_takeover(random.below(8) > 0)
            .with_encoder_memory(memory);
        let agreed = compression.accept(&compression.offer()).expect("the same wishes");
        Self {
            server: DeflateContext::new(Role::Server, agreed, &compression),
            client: DeflateContext::new(Role::Client, agreed, &compression),
            zlib: Zlib::new(bits),
            compression,
            text: Vec::new(),
        }
    }

    /// Sends one; returns what is on the wire.
    fn message(&mut self, random: &mut Random, thread: &mut Thread) -> Vec<u8> {
        let message = message(random, &mut self.text);
        let frame_size = if random.below(4) == 0 { 1 + random.below(300) } else { 0 };
        let (mut payload, mut frames) = (Vec::new(), 0);
        self.server.compress(OpCode::Binary, &message, frame_size, &mut thread.pool, |header, part| {
            assert_eq!(header.rsv1, frames == 0);
            assert!(header.fin || part.len() == frame_size);
            payload.extend_from_slice(part);
            frames += 1;
        });
        if !self.compression.server_context_takeover() {
            self.zlib.reset();
        }
        // Small pieces cannot look back further than the window.
        let piece = if message.len() < 1000 { 61 } else { 509 };
        let (by_zlib, _) = self.zlib.inflate(&payload, piece).expect("C zlib understands it");
        assert!(by_zlib == message || message.is_empty(), "{:?}, {message:?}, C zlib", self.compression);
        thread.inflate(&mut self.client, &payload, message.len() as u64, |ours| {
            assert_eq!(ours.ok(), Some(&message[..]), "{:?}", self.compression);
        });
        payload
    }
}

/// A connection on which C zlib compresses.
struct Reading {
    bits: u8,
    encoder: ZlibEncoder,
    client: DeflateContext,
    text: Vec<u8>,
}

impl Reading {
    fn new(random: &mut Random) -> Self {
        let bits = 9 + random.below(7) as u8;
        let compression = Compression::new().with_server_max_window_bits(bits);
        let agreed = compression.accept(&compression.offer()).expect("the same wishes");
        Self {
            bits,
            encoder: ZlibEncoder::new(random.below(10) as u32, bits),
            client: DeflateContext::new(Role::Client, agreed, &compression),
            text: Vec::new(),
        }
    }

    fn message(&mut self, random: &mut Random, thread: &mut Thread) {
        let message = message(random, &mut self.text);
        let payload = match random.below(16) {
            0 => self.in_finished_parts(&message, random),
            1..4 => self.encoder.compress_with(&message, FlushCompress::Full),
            _ => self.encoder.compress_with(&message, FlushCompress::Sync),
        };
        let fits = message.len() as u64 - u64::from(random.below(9) == 0 && !message.is_empty());
        let mut is_over = false;
        thread.inflate(&mut self.client, &payload, fits, |ours| match ours {
            Ok(ours) => assert_eq!(ours, message),
            Err(error) => {
                assert_eq!(error, ProtocolError::MessageTooLarge);
                assert!(fits < message.len() as u64);
                is_over = true;
            }
        });
        if is_over {
            *self = Self::new(random);
        }
    }
}

impl Reading {
    /// The payload of a message in several parts, of which each ends with a block that says it is the last (RFC 7692 §7.2.3.4). No
    /// part refers to what was before it, as C zlib begins anew.
    fn in_finished_parts(&mut self, message: &[u8], random: &mut Random) -> Vec<u8> {
        let mut payload = Vec::new();
        for part in message.chunks(1 + message.len() / (1 + random.below(4))) {
            self.encoder = ZlibEncoder::new(random.below(10) as u32, self.bits);
            payload.extend(self.encoder.compress_with(part, FlushCompress::Finish));
        }
        self.encoder = ZlibEncoder::new(random.below(10) as u32, self.bits);
        // With or without an empty block behind it.
        if payload.is_empty() || random.below(2) == 0 {
            payload.push(0);
        }
        payload
    }
}

/// A payload that nobody has compressed, or one that was damaged: it is what C zlib makes of it, or an error.
fn garbage(random: &mut Random, payload: &[u8], thread: &mut Thread) {
    let payload = damaged(random, payload);
    let max_size = 1 << random.below(18);
    let compression = Compression::new().with_server_max_window_bits(15);
    let agreed = compression.accept(&compression.offer()).expect("the same wishes");
    let mut context = DeflateContext::new(Role::Client, agreed, &compression);
    thread.zlib.reset();
    let theirs = thread.zlib.inflate(&payload, 1 << 13);
    thread.inflate(&mut context, &payload, max_size, |ours| match (theirs, ours) {
        (Err(_), ours) => assert!(ours.is_err(), "{payload:?}"),
        // Behind a last block only this crate goes on.
        (Ok((_, Status::StreamEnd)), ours) => assert!(ours.map_or(0, <[u8]>::len) as u64 <= max_size),
        (Ok((theirs, _)), Ok(ours)) => {
            assert!(ours == theirs && ours.len() as u64 <= max_size, "{payload:?}");
        }
        // C zlib waits for more where a message is not complete.
        (Ok(_), Err(error)) => assert!(
            matches!(error, ProtocolError::InvalidCompressedData | ProtocolError::MessageTooLarge),
            "{error}"
        ),
    });
}

fn damaged(random: &mut Random, payload: &[u8]) -> Vec<u8> {
    if random.below(4) == 0 || payload.is_empty() {
        let size = random.below(80);
        let mut noise = random.bytes(size);
        // A block of one of the kinds, mostly the last of them.
        if let Some(first) = noise.first_mut() {
            *first = *first & 0xF8 | [0, 1, 2, 3, 4, 5, 4, 5][random.below(8)];
        }
        return noise;
    }
    let start = if random.below(8) == 0 { random.below(payload.len()) } else { 0 };
    let mut bytes = payload[start..payload.len().min(start + 2000)].to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.next() as u8),
            2 => bytes.extend_from_within(at..),
            _ if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            _ => {}
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

/// A message that is partly what was sent before (`text`), partly new, partly the same again and again.
fn message(random: &mut Random, text: &mut Vec<u8>) -> Vec<u8> {
    let wanted = match random.below(2000) {
        0 => random.below(LARGEST),
        1..20 => random.below(20_000),
        20..200 => random.below(2000),
        _ => random.below(200),
    };
    let mut message = Vec::with_capacity(wanted + 300);
    while message.len() < wanted {
        let length = 1 + random.below(1 + wanted / 2).min(random.below(600));
        match random.below(6) {
            0 => message.extend(random.bytes(length.min(60))),
            1 => {
                let byte = random.next() as u8;
                message.extend(std::iter::repeat_n(byte, length));
            }
            2 => {
                let letters = random.bytes(length.min(40));
                message.extend(letters.iter().map(|byte| b"etaoin shrdlu,:\"{"[usize::from(byte % 17)]));
            }
            _ if text.is_empty() => message.push(0),
            _ => {
                let start = text.len() - 1 - random.below(text.len()).min(random.below(40_000));
                message.extend_from_slice(&text[start..text.len().min(start + length)]);
            }
        }
    }
    message.truncate(wanted);
    text.extend_from_slice(&message);
    if text.len() > 200_000 {
        text.drain(..text.len() - 50_000);
    }
    message
}

/// As xorshift64: no randomness, but far enough from order.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 32) * limit as u64 >> 32) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).take(count).collect()
    }
}
