//! Compression for `fuzz_entries`: functions of arbitrary bytes, held against C zlib.

use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};
use slotwire::websocket::protocol::{
    BufferPool, Compression, DeflateContext, DeflatePool, Event, OpCode, ProtocolError, Role,
};

/// What a message has left out.
const FLUSH_END: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// Both ends of a connection with these parameters, and what the thread has for it.
pub(crate) struct Pair {
    pub(crate) server: DeflateContext,
    pub(crate) client: DeflateContext,
    pub(crate) pool: DeflatePool,
    pub(crate) buffers: BufferPool,
}

impl Pair {
    pub(crate) fn new(compression: &Compression) -> Self {
        let agreed = compression.accept(&compression.offer()).unwrap();
        Self {
            server: DeflateContext::new(Role::Server, agreed, compression),
            client: DeflateContext::new(Role::Client, agreed, compression),
            pool: DeflatePool::new(),
            buffers: BufferPool::new(),
        }
    }

    /// The payloads of the frames in which the server sends a message.
    pub(crate) fn compress(&mut self, message: &[u8], frame_size: usize) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        self.server.compress(OpCode::Binary, message, frame_size, &mut self.pool, |header, payload| {
            let is_first = frames.is_empty();
            assert_eq!(header.rsv1, is_first);
            assert_eq!(header.op_code, if is_first { OpCode::Binary } else { OpCode::Continue });
            frames.push((header.fin, payload.to_vec()));
        });
        let (last, others) = frames.split_last().unwrap();
        assert!(last.0 && !last.1.is_empty());
        assert!(others.iter().all(|(fin, payload)| !fin && payload.len() == frame_size));
        frames.into_iter().map(|(_, payload)| payload).collect()
    }

    /// What the client makes of that payload.
    pub(crate) fn inflate(&mut self, payload: &[u8], max_size: u64) -> Result<Vec<u8>, ProtocolError> {
        self.receive(OpCode::Binary, payload, max_size)
    }

    pub(crate) fn receive(
        &mut self,
        op_code: OpCode,
        payload: &[u8],
        max_size: u64,
    ) -> Result<Vec<u8>, ProtocolError> {
        let event = self.client.inflate(op_code, payload, max_size, &mut self.pool, &mut self.buffers);
        let result = match &event {
            Event::TextMessage { payload, single_frame: true } => Ok(payload.as_bytes().to_vec()),
            Event::BinaryMessage { payload, single_frame: true } => Ok(payload.as_bytes().to_vec()),
            Event::Error(error) => Err(*error),
            other => panic!("{other:?}"),
        };
        event.recycle(&mut self.buffers);
        result
    }
}

/// C zlib's decoder, for one direction of a connection.
pub(crate) struct Zlib(Decompress);

impl Zlib {
    pub(crate) fn new(window_bits: u8) -> Self {
        Self(Decompress::new_with_window_bits(false, window_bits.max(9)))
    }

    pub(crate) fn reset(&mut self) {
        self.0.reset(false);
    }

    /// What it makes of a message, produced in pieces of that size: so it cannot look back further than its window.
    pub(crate) fn inflate(&mut self, payload: &[u8], piece: usize) -> Result<(Vec<u8>, Status), String> {
        let input = [payload, &FLUSH_END].concat();
        let (mut message, mut consumed) = (Vec::new(), 0);
        let mut space = vec![0; piece];
        loop {
            let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
            let status = self.0.decompress(&input[consumed..], &mut space, FlushDecompress::Sync);
            let status = status.map_err(|error| error.to_string())?;
            consumed += (self.0.total_in() - before_in) as usize;
            let produced = (self.0.total_out() - before_out) as usize;
            message.extend_from_slice(&space[..produced]);
            if status == Status::StreamEnd || produced < piece {
                return Ok((message, status));
            }
        }
    }
}

/// Settings that bytes choose, and how far back a message may look.
fn settings(first: u8, second: u8) -> (Compression, u8) {
    let bits = 8 + first % 8;
    let compression = Compression::new()
        .with_level(second % 10)
        .with_server_max_window_bits(bits)
        .with_server_context_takeover(first & 0x08 == 0)
        .with_encoder_memory(if first & 0x10 == 0 { 0 } else { 1_000_000 });
    (compression, bits)
}

/// Messages that look like what they are made of: the bytes, and again what came before, so that there is much to refer to.
fn messages(data: &[u8], count: usize) -> Vec<Vec<u8>> {
    let size = (data.len() / count).max(1);
    let mut messages = Vec::new();
    for (index, part) in data.chunks(size).enumerate() {
        let repetitions = 1 + usize::from(part[0] % 8) * (index % 3);
        messages.push([&part.repeat(repetitions)[..], &data[..data.len().min(index * 40)]].concat());
    }
    messages
}

/// What is sent compressed is what C zlib and this crate make of it, with every level, window and size of frames.
pub(crate) fn deflate_written(data: &[u8]) {
    let &[first, second, frame_size, count, ref data @ ..] = data else { return };
    let (compression, bits) = settings(first, second);
    let mut pair = Pair::new(&compression);
    let mut zlib = Zlib::new(bits);
    // Another connection uses the same encoders in between.
    let mut other = Pair::new(&compression);
    for (index, message) in messages(data, 1 + usize::from(count % 16)).iter().enumerate() {
        let payload = pair.compress(message, frame_size.into()).concat();
        if !compression.server_context_takeover() {
            zlib.reset();
        }
        let by_zlib = if message.is_empty() { vec![] } else { zlib.inflate(&payload, 61).unwrap().0 };
        assert_eq!(&by_zlib, message, "{compression:?}");
        assert_eq!(&pair.inflate(&payload, message.len() as u64).unwrap(), message, "{compression:?}");
        if index % 3 == 1 {
            std::mem::swap(&mut pair.pool, &mut other.pool);
            other.pool = std::mem::take(&mut pair.pool);
            other.compress(b"something else, and not what this connection has seen", 0);
            pair.pool = std::mem::take(&mut other.pool);
        }
    }
}

/// Whatever a peer sends as compressed: it is what C zlib makes of it, or an error, and no larger than it may be.
pub(crate) fn deflate_received(data: &[u8]) {
    let &[first, second, ref data @ ..] = data else { return };
    let (compression, _) = settings(first & 0xEF, 6);
    let max_size = 1 << (second % 16);
    let mut pair = Pair::new(&compression);
    let mut zlib = Zlib::new(15);
    let parts = data.chunks(data.len() / (1 + usize::from(second >> 4)) + 1);
    for payload in parts {
        if !compression.server_context_takeover() {
            zlib.reset();
        }
        let ours = pair.inflate(payload, max_size);
        match zlib.inflate(payload, 1 << 13) {
            Err(_) => return assert!(ours.is_err()),
            // It ends with a last block, which this crate goes on behind.
            Ok((_, Status::StreamEnd)) => return,
            Ok((theirs, _)) => match ours {
                Ok(ours) => {
                    assert_eq!(ours, theirs);
                    assert!(ours.len() as u64 <= max_size);
                }
                // What is not complete C zlib waits for; and it keeps a larger window.
                Err(ProtocolError::InvalidCompressedData) => return,
                // Of what is not complete, more may come out.
                Err(error) => return assert_eq!(error, ProtocolError::MessageTooLarge),
            },
        }
    }
}

/// What C zlib compresses, with a window of those bits, for a connection with context takeover.
pub(crate) struct ZlibEncoder(Compress);

impl ZlibEncoder {
    pub(crate) fn new(level: u32, window_bits: u8) -> Self {
        Self(Compress::new_with_window_bits(flate2::Compression::new(level), false, window_bits))
    }

    pub(crate) fn compress(&mut self, message: &[u8]) -> Vec<u8> {
        self.compress_with(message, FlushCompress::Sync)
    }

    /// The payload of a message, flushed in that way.
    pub(crate) fn compress_with(&mut self, message: &[u8], flush: FlushCompress) -> Vec<u8> {
        let mut payload = Vec::with_capacity(2 * message.len() + 100);
        self.0.compress_vec(message, &mut payload, flush).unwrap();
        if payload.ends_with(&FLUSH_END) {
            payload.truncate(payload.len() - 4);
        }
        payload
    }
}

/// Offers and responses of any form: what is accepted can be read, and is within what was wanted.
pub(crate) fn extension_offers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let own = Compression::new();
    if let Some(agreed) = own.accept(text) {
        assert!((8..=12).contains(&agreed.server_max_window_bits()));
        let response = agreed.to_string();
        let widest = own.clone().with_server_max_window_bits(15).with_client_max_window_bits(15);
        let read = widest.read_response(&response).unwrap().unwrap();
        assert_eq!(read.server_max_window_bits(), agreed.server_max_window_bits());
        assert_eq!(read.client_max_window_bits(), agreed.client_max_window_bits());
    }
    if let Ok(Some(agreed)) = own.read_response(text) {
        assert!(agreed.server_max_window_bits() <= 12 && agreed.client_max_window_bits() <= 12);
    }
}
