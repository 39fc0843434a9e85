//! Encoders and decoders alone.

use std::hint::black_box;

use comparison::{Comparison, Options, Table};
use slotwire::websocket::protocol::{
    BufferPool, Compression, DeflateContext, DeflateParameters, DeflatePool, OpCode, Role,
};
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush, Method, Strategy};

use crate::corpus::Kind;
use crate::{LEVEL, WINDOW_BITS};

const CONNECTIONS: usize = 1000;

/// The end of a flush, which a message leaves out.
pub const FLUSH_END: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// How small do messages get?
pub fn sizes(options: &Options) {
    let title = "compressed ÷ plain, with context takeover";
    if !options.wants(title) {
        return;
    }
    let mut table = Table::new(title, &["own encoder", "one connection", "1000 in turn", "without context"]);
    for kind in Kind::ALL {
        let messages = kind.messages();
        let plain: usize = messages.iter().map(Vec::len).sum();
        let ratio = |sizes: usize, rounds: usize| format!("{:.3}", sizes as f64 / (plain * rounds) as f64);
        let mut own = OwnEncoder::new();
        let mut one = Contexts::new(1, &wanted());
        // Each connection sends all of them.
        let mut many = Contexts::new(3, &wanted().with_encoder_memory(0));
        let mut alone = Contexts::new(1, &wanted().with_server_context_takeover(false));
        table.row(
            kind.name(),
            [
                ratio(messages.iter().map(|message| own.compress(message)).sum(), 1),
                ratio(messages.iter().map(|message| one.compress(message)).sum(), 1),
                ratio(
                    messages
                        .iter()
                        .flat_map(|message| [message; 3])
                        .map(|message| many.compress(message))
                        .sum(),
                    3,
                ),
                ratio(messages.iter().map(|message| alone.compress(message)).sum(), 1),
            ],
        );
    }
    table.print();
}

/// What does a message of one busy connection cost, and of many in turn?
pub fn times(options: &Options) {
    for kind in Kind::ALL {
        let messages = kind.messages();
        let bytes = messages.iter().map(Vec::len).sum::<usize>() / messages.len();
        let mut own = OwnEncoder::new();
        let mut one = Contexts::new(1, &wanted());
        Comparison::new(format!("compress {}, one connection", kind.name()))
            .bytes(bytes)
            .with("an encoder of its own", each(&messages, |message| own.compress(message)))
            .with("DeflateContext", each(&messages, |message| one.compress(message)))
            .run(options);

        let mut simple = OneForAll::new(CONNECTIONS);
        let mut many = Contexts::new(CONNECTIONS, &wanted());
        // Each has sent a window of text already.
        for message in messages.iter().cycle().take(CONNECTIONS * (1 << WINDOW_BITS) / bytes) {
            simple.compress(message);
            many.compress(message);
        }
        Comparison::new(format!("compress {}, {CONNECTIONS} connections in turn", kind.name()))
            .bytes(bytes)
            .with("one encoder, a dictionary each time", each(&messages, |message| simple.compress(message)))
            .with("DeflateContext", each(&messages, |message| many.compress(message)))
            .run(options);

        let payloads = payloads(&messages);
        let mut own = OwnDecoder::new();
        let mut contexts = Contexts::new(1, &wanted());
        Comparison::new(format!("decompress {}, one connection", kind.name()))
            .bytes(bytes)
            .with("a decoder of its own", each(&payloads, |payload| own.decompress(payload)))
            .with("DeflateContext", each(&payloads, |payload| contexts.decompress(payload)))
            .run(options);
    }
}

/// Gives them all in turn, again and again.
fn each<'a>(messages: &'a [Vec<u8>], mut call: impl FnMut(&[u8]) -> usize + 'a) -> impl FnMut() + 'a {
    let mut messages = messages.iter().cycle();
    move || {
        let message = messages.next().expect("there are messages");
        black_box(call(black_box(message)));
    }
}

/// The messages as a client sends them that begins anew after the last, so that they can be sent again and again.
pub fn payloads(messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut encoder = OwnEncoder::new();
    let compress = |message: &Vec<u8>| {
        let size = encoder.compress(message);
        encoder.output[..size].to_vec()
    };
    messages.iter().map(compress).collect()
}

fn wanted() -> Compression {
    Compression::new()
        .with_level(LEVEL)
        .with_server_max_window_bits(WINDOW_BITS)
        .with_client_max_window_bits(WINDOW_BITS)
}

fn encoder() -> Deflate {
    Deflate::new_with_config(DeflateConfig {
        level: LEVEL.into(),
        method: Method::Deflated,
        window_bits: -i32::from(WINDOW_BITS),
        mem_level: 8,
        strategy: Strategy::Default,
    })
}

/// Compresses into memory that is large enough; returns the size.
fn compress(encoder: &mut Deflate, message: &[u8], output: &mut Vec<u8>) -> usize {
    output.resize(message.len() + message.len() / 8 + 64, 0);
    let before = encoder.total_out();
    encoder.compress(message, output, DeflateFlush::SyncFlush).expect("the settings are right");
    (encoder.total_out() - before) as usize - FLUSH_END.len()
}

/// What everybody else does: an encoder for each connection.
struct OwnEncoder {
    encoder: Deflate,
    output: Vec<u8>,
}

impl OwnEncoder {
    fn new() -> Self {
        Self { encoder: encoder(), output: Vec::new() }
    }

    fn compress(&mut self, message: &[u8]) -> usize {
        compress(&mut self.encoder, message, &mut self.output)
    }
}

/// The least that many connections with one encoder need: each has the text that its next message may refer to.
struct OneForAll {
    encoder: Deflate,
    output: Vec<u8>,
    histories: Vec<Vec<u8>>,
    next: usize,
}

impl OneForAll {
    const REACH: usize = (1 << WINDOW_BITS) - 262;

    fn new(connections: usize) -> Self {
        Self { encoder: encoder(), output: Vec::new(), histories: vec![Vec::new(); connections], next: 0 }
    }

    fn compress(&mut self, message: &[u8]) -> usize {
        self.next = (self.next + 1) % self.histories.len();
        let history = &mut self.histories[self.next];
        self.encoder.reset();
        if !history.is_empty() {
            self.encoder.set_dictionary(history).expect("a raw stream");
        }
        let size = compress(&mut self.encoder, message, &mut self.output);
        history.extend_from_slice(&message[message.len().saturating_sub(Self::REACH)..]);
        let outdated = history.len().saturating_sub(Self::REACH);
        history.drain(..outdated);
        size
    }
}

/// This crate's, for connections that send in turn.
struct Contexts {
    pool: DeflatePool,
    buffers: BufferPool,
    servers: Vec<DeflateContext>,
    next: usize,
}

impl Contexts {
    fn new(count: usize, compression: &Compression) -> Self {
        let agreed: DeflateParameters = compression.accept(&compression.offer()).expect("the same wishes");
        let servers = (0..count).map(|_| DeflateContext::new(Role::Server, agreed, compression)).collect();
        Self { pool: DeflatePool::new(), buffers: BufferPool::new(), servers, next: 0 }
    }

    fn compress(&mut self, message: &[u8]) -> usize {
        self.next = (self.next + 1) % self.servers.len();
        let mut size = 0;
        self.servers[self.next].compress(OpCode::Text, message, 0, &mut self.pool, |_, payload| {
            size += black_box(payload).len();
        });
        size
    }

    fn decompress(&mut self, payload: &[u8]) -> usize {
        let max_size = 1 << 20;
        // Its own output is not validated, as that of the other is not.
        let server = &mut self.servers[0];
        let event = server.inflate(OpCode::Binary, payload, max_size, &mut self.pool, &mut self.buffers);
        black_box(&event);
        event.recycle(&mut self.buffers);
        payload.len()
    }
}

pub struct OwnDecoder {
    decoder: Inflate,
    pub output: Vec<u8>,
}

impl OwnDecoder {
    pub fn new() -> Self {
        Self { decoder: Inflate::new(false, 15), output: vec![0; 1 << 16] }
    }

    pub fn decompress(&mut self, payload: &[u8]) -> usize {
        let before = self.decoder.total_out();
        for part in [payload, &FLUSH_END] {
            let produced = (self.decoder.total_out() - before) as usize;
            let room = &mut self.output[produced..];
            self.decoder.decompress(part, room, InflateFlush::SyncFlush).expect("it is compressed");
        }
        (self.decoder.total_out() - before) as usize
    }
}
