//! What the tests of the processor share.

use slotwire::websocket::protocol::{
    BufferPool, CloseCode, DataProcessor, Event, FrameHeader, OpCode, Payload, ProtocolError, Role,
    write_frame,
};

/// The key that clients mask with in these tests.
pub(crate) const KEY: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// An [`Event`], detached from the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    TextFrame(String, bool),
    BinaryFrame(Vec<u8>, bool),
    Text(String),
    Binary(Vec<u8>),
    FragmentedText(String),
    FragmentedBinary(Vec<u8>),
    Extended(OpCode, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(CloseCode, String),
    Error(ProtocolError),
}

impl From<&Event<'_>> for Received {
    fn from(event: &Event<'_>) -> Self {
        match event {
            Event::TextFrame { payload, is_last } => Self::TextFrame(payload.as_str().to_owned(), *is_last),
            Event::BinaryFrame { payload, is_last } => {
                Self::BinaryFrame(payload.as_bytes().to_vec(), *is_last)
            }
            Event::TextMessage { payload, single_frame: true } => Self::Text(payload.as_str().to_owned()),
            Event::TextMessage { payload, .. } => Self::FragmentedText(payload.as_str().to_owned()),
            Event::BinaryMessage { payload, single_frame: true } => Self::Binary(payload.as_bytes().to_vec()),
            Event::BinaryMessage { payload, .. } => Self::FragmentedBinary(payload.as_bytes().to_vec()),
            Event::ExtendedMessage { op_code, payload } => {
                Self::Extended(*op_code, payload.as_bytes().to_vec())
            }
            Event::Ping(payload) => Self::Ping(payload.as_bytes().to_vec()),
            Event::Pong(payload) => Self::Pong(payload.as_bytes().to_vec()),
            Event::Close { code, reason } => Self::Close(*code, reason.clone().into_owned()),
            Event::Error(error) => Self::Error(*error),
        }
    }
}

/// A processor with its pool.
pub(crate) struct Receiver {
    pub(crate) processor: DataProcessor,
    pub(crate) pool: BufferPool,
}

impl Receiver {
    pub(crate) fn new(role: Role) -> Self {
        Self { processor: DataProcessor::new(role), pool: BufferPool::new() }
    }

    pub(crate) fn with_frames(role: Role) -> Self {
        let mut receiver = Self::new(role);
        receiver.processor.set_wants_frames(true);
        receiver
    }

    /// Feeds one piece and returns all its events.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Vec<Received> {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        let mut received = Vec::new();
        while let Some(event) = self.processor.process(&mut input, &mut self.pool) {
            received.push(Received::from(&event));
            event.recycle(&mut self.pool);
        }
        assert!(input.is_empty(), "the processor left input behind");
        received
    }

    pub(crate) fn feed_all<'p>(&mut self, pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<Received> {
        pieces.into_iter().flat_map(|piece| self.feed(piece)).collect()
    }
}

/// What a client receives from these bytes.
pub(crate) fn receive(bytes: &[u8]) -> Vec<Received> {
    Receiver::new(Role::Client).feed(bytes)
}

/// That error, and nothing else.
pub(crate) fn error(error: ProtocolError) -> Vec<Received> {
    vec![Received::Error(error)]
}

/// A frame of a server.
pub(crate) fn frame(fin: bool, op_code: OpCode, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_frame(&mut bytes, FrameHeader { fin, rsv1: false, op_code }, None, payload);
    bytes
}

/// A frame of a client.
pub(crate) fn masked_frame(fin: bool, op_code: OpCode, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_frame(&mut bytes, FrameHeader { fin, rsv1: false, op_code }, Some(KEY), payload);
    bytes
}

/// Whether a payload lies in the input rather than in a buffer.
pub(crate) fn is_borrowed(payload: &Payload<'_>) -> bool {
    matches!(payload, Payload::Borrowed(_))
}

/// Bytes that are not all alike.
pub(crate) fn sample(size: usize) -> Vec<u8> {
    (0..size).map(|index| (index * 7 + index / 251) as u8).collect()
}

/// The noncharacters at the end of each plane, as text.
pub(crate) fn noncharacters() -> impl Iterator<Item = String> {
    let numbers = (0..=16).flat_map(|plane| [plane << 16 | 0xFFFE, plane << 16 | 0xFFFF]);
    numbers.map(|number| char::from_u32(number).unwrap().to_string())
}

/// Bytes that are no UTF-8, by the ways in which they are not (Autobahn's cases 6.3 to 6.21).
pub(crate) fn invalid_texts() -> Vec<Vec<u8>> {
    let kosme = "κόσμε".as_bytes();
    let incomplete: [&[u8]; 10] = [
        b"\xc0",
        b"\xe0\x80",
        b"\xf0\x80\x80",
        b"\xf8\x80\x80\x80",
        b"\xfc\x80\x80\x80\x80",
        b"\xdf",
        b"\xef\xbf",
        b"\xf7\xbf\xbf",
        b"\xfb\xbf\xbf\xbf",
        b"\xfd\xbf\xbf\xbf\xbf",
    ];
    let mut texts = vec![
        // Valid but for one character in the middle.
        [kosme, b"\xed\xa0\x80edited"].concat(),
        [kosme, b"\xf4\x90\x80\x80edited"].concat(),
        // Beyond U+10FFFF, and in five and six bytes.
        b"\xf4\x90\x80\x80".to_vec(),
        b"\xf5\x80\x80\x80".to_vec(),
        b"\xf7\xbf\xbf\xbf".to_vec(),
        b"\xf8\x88\x80\x80\x80".to_vec(),
        b"\xfb\xbf\xbf\xbf\xbf".to_vec(),
        b"\xfc\x84\x80\x80\x80\x80".to_vec(),
        b"\xfd\xbf\xbf\xbf\xbf\xbf".to_vec(),
        // Impossible bytes.
        b"\xfe".to_vec(),
        b"\xff".to_vec(),
        b"\xfe\xfe\xff\xff".to_vec(),
    ];
    // A text that ends within a character.
    texts.extend(
        (1..kosme.len()).filter(|&end| "κόσμε".get(..end).is_none()).map(|end| kosme[..end].to_vec()),
    );
    // Continuation bytes with nothing to continue.
    texts.push(b"\x80".to_vec());
    texts.extend((1..8).map(|count| b"\xbf\x80".iter().copied().cycle().take(count).collect()));
    texts.push((0x80..0xC0).collect());
    // First bytes with nothing that continues them.
    for first in [0xC0..0xE0_u8, 0xE0..0xF0, 0xF0..0xF8, 0xF8..0xFC, 0xFC..0xFE] {
        texts.push(first.flat_map(|byte| [byte, b' ']).collect());
    }
    texts.extend(incomplete.map(<[u8]>::to_vec));
    texts.push(incomplete.concat());
    // Longer than they need to be: a slash, the last character of each shorter length, and NUL.
    for (last, of_two) in [(0xAF, 0xC0), (0xBF, 0xC1), (0x80, 0xC0_u8)] {
        let is_greatest = last == 0xBF;
        texts.push(vec![of_two, last]);
        for (first, second, size) in [(0xE0, 0x9F, 3), (0xF0, 0x8F, 4), (0xF8, 0x87, 5), (0xFC, 0x83, 6)] {
            let mut text = vec![if is_greatest { 0xBF } else { 0x80 }; size];
            text[0] = first;
            text[1] = if is_greatest { second } else { 0x80 };
            text[size - 1] = last;
            texts.push(text);
        }
    }
    // Surrogates, single and in pairs.
    let surrogate = |number: u16| vec![0xED, 0x80 | (number >> 6 & 0x3F) as u8, 0x80 | (number & 0x3F) as u8];
    texts.extend([0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF].map(surrogate));
    for high in [0xD800, 0xDB7F, 0xDB80, 0xDBFF] {
        texts.extend([0xDC00, 0xDFFF].map(|low| [surrogate(high), surrogate(low)].concat()));
    }
    texts
}
