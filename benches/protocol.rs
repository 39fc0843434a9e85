//! The cost of the engine's parts beside what bounds them (memcpy) and beside `tungstenite`, in one run.
//!
//! `cargo bench --bench protocol`; the numbers mean something as ratios within a group.

use std::hint::black_box;
use std::io::{self, Read, Write};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use slotwire::websocket::protocol::{
    BufferPool, DataProcessor, Event, FrameHeader, OpCode, Role, Utf8Validator, append_masked, apply_mask,
    write_frame,
};
use tungstenite::protocol::{Role as TungsteniteRole, WebSocket};
use tungstenite::{Bytes, Message};

const SIZES: [usize; 6] = [16, 64, 1024, 16 * 1024, 128 * 1024, 1024 * 1024];
const KEY: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// One read of a busy connection.
const READ: usize = 64 * 1024;

criterion_group!(benches, mask, utf8, decode, encode);
criterion_main!(benches);

fn group<'c>(criterion: &'c mut Criterion, name: &str, bytes: usize) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(bytes as u64));
    group
}

fn mask(criterion: &mut Criterion) {
    for size in SIZES {
        let mut group = group(criterion, "mask", size);
        let source = vec![0xA5; size];
        let mut bytes = vec![0; size];
        let mut out = Vec::with_capacity(size);
        group.bench_function(BenchmarkId::new("memcpy", size), |bencher| {
            bencher.iter(|| black_box(&mut bytes).copy_from_slice(black_box(&source)));
        });
        group.bench_function(BenchmarkId::new("apply_mask", size), |bencher| {
            bencher.iter(|| apply_mask(black_box(&mut bytes), KEY, 0));
        });
        group.bench_function(BenchmarkId::new("append_masked", size), |bencher| {
            bencher.iter(|| {
                out.clear();
                append_masked(&mut out, black_box(&source), KEY);
            });
        });
    }
}

fn utf8(criterion: &mut Criterion) {
    for size in SIZES {
        let mut group = group(criterion, "utf8", size);
        let mut copy = vec![0; size];
        let ascii = "a".repeat(size);
        let mixed = "Grüß 世界".repeat(size / "Grüß 世界".len());
        group.bench_function(BenchmarkId::new("memcpy", size), |bencher| {
            bencher.iter(|| black_box(&mut copy).copy_from_slice(black_box(ascii.as_bytes())));
        });
        for (kind, text) in [("ascii", ascii.as_str()), ("mixed", mixed.as_str())] {
            group.bench_function(BenchmarkId::new(format!("validator, {kind}"), size), |bencher| {
                bencher.iter(|| Utf8Validator::new().feed(black_box(text.as_bytes())));
            });
            group.bench_function(BenchmarkId::new(format!("std, {kind}"), size), |bencher| {
                bencher.iter(|| std::str::from_utf8(black_box(text.as_bytes())).is_ok());
            });
        }
    }
}

/// As many masked messages as a read has, or one that is larger.
fn stream(op_code: OpCode, size: usize) -> (Vec<u8>, usize) {
    let mut stream = Vec::new();
    let count = (READ / (size + 8)).max(1);
    for _ in 0..count {
        write_frame(&mut stream, FrameHeader::whole(op_code), Some(KEY), &vec![b'a'; size]);
    }
    (stream, count)
}

fn decode(criterion: &mut Criterion) {
    for op_code in [OpCode::Binary, OpCode::Text] {
        for size in SIZES {
            let (stream, count) = stream(op_code, size);
            let mut group = group(criterion, &format!("decode {op_code:?}, {count} messages"), stream.len());
            let mut input = stream.clone();
            group.bench_function(BenchmarkId::new("memcpy", size), |bencher| {
                bencher.iter(|| black_box(&mut input).copy_from_slice(black_box(&stream)));
            });
            let (mut processor, mut pool) = (DataProcessor::new(Role::Server), BufferPool::new());
            group.bench_function(BenchmarkId::new("memcpy and DataProcessor", size), |bencher| {
                bencher.iter(|| {
                    // Both engines unmask in place, so that both need the stream anew.
                    input.copy_from_slice(&stream);
                    let mut input = &mut input[..];
                    while let Some(event) = processor.process(&mut input, &mut pool) {
                        if let Event::TextMessage { payload, .. } = &event {
                            black_box(payload.as_str());
                        }
                        black_box(&event);
                        event.recycle(&mut pool);
                    }
                });
            });
            let mut peer = WebSocket::from_raw_socket(Loop::new(&stream), TungsteniteRole::Server, None);
            group.bench_function(BenchmarkId::new("tungstenite", size), |bencher| {
                bencher.iter(|| (0..count).for_each(|_| drop(black_box(peer.read()))));
            });
        }
    }
}

fn encode(criterion: &mut Criterion) {
    for size in SIZES {
        let payload = vec![b'a'; size];
        let count = (READ / (size + 8)).max(1);
        let mut group = group(criterion, &format!("encode, {count} messages"), count * size);
        let mut out = Vec::new();
        for (name, mask) in [("server", None), ("client", Some(KEY))] {
            group.bench_function(BenchmarkId::new(format!("write_frame, {name}"), size), |bencher| {
                bencher.iter(|| {
                    out.clear();
                    for _ in 0..count {
                        write_frame(&mut out, FrameHeader::whole(OpCode::Binary), mask, black_box(&payload));
                    }
                });
            });
        }
        let message = Bytes::from(payload.clone());
        for role in [TungsteniteRole::Server, TungsteniteRole::Client] {
            let mut peer = WebSocket::from_raw_socket(Loop::new(b""), role, None);
            group.bench_function(BenchmarkId::new(format!("tungstenite, {role:?}"), size), |bencher| {
                bencher.iter(|| {
                    for _ in 0..count {
                        let _ = black_box(peer.write(Message::Binary(message.clone())));
                    }
                    let _ = peer.flush();
                });
            });
        }
    }
}

/// A transport that sends the same again and again and swallows what it is sent.
struct Loop {
    stream: Vec<u8>,
    position: usize,
}

impl Loop {
    fn new(stream: &[u8]) -> Self {
        Self { stream: stream.to_vec(), position: 0 }
    }
}

impl Read for Loop {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&self.stream[self.position..]).read(buffer)?;
        self.position = (self.position + count) % self.stream.len().max(1);
        Ok(count)
    }
}

impl Write for Loop {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
