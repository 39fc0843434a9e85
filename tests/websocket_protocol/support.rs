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
            Event::BinaryFrame { payload, is_last } => Self::BinaryFrame(payload.to_vec(), *is_last),
            Event::TextMessage { payload, single_frame: true } => Self::Text(payload.as_str().to_owned()),
            Event::TextMessage { payload, .. } => Self::FragmentedText(payload.as_str().to_owned()),
            Event::BinaryMessage { payload, single_frame: true } => Self::Binary(payload.to_vec()),
            Event::BinaryMessage { payload, .. } => Self::FragmentedBinary(payload.to_vec()),
            Event::ExtendedMessage { op_code, payload } => Self::Extended(*op_code, payload.to_vec()),
            Event::Ping(payload) => Self::Ping(payload.to_vec()),
            Event::Pong(payload) => Self::Pong(payload.to_vec()),
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
