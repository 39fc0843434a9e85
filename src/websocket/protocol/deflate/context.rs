//! The data that a connection owns for its compression.

use std::sync::atomic::{AtomicU64, Ordering};

use super::compression::Compression;
use super::deflater::{Kind, Point};
use super::history::History;
use super::inflation::Inflation;
use super::parameters::{DeflateParameters, Direction};
use super::pool::DeflatePool;
use crate::websocket::protocol::Role;
use crate::websocket::protocol::frames::{BufferPool, Event, FrameHeader, OpCode, Payload, Text};

/// An empty message: an empty block, without what every message leaves out (RFC 7692 §7.2.3.6).
const EMPTY: &[u8] = &[0];

/// The compression of one connection: the last of the text that went each way.
///
/// It has memory from the first compressed message on, no more than the agreed windows. Encoders and decoder are those of a
/// [`DeflatePool`].
///
/// ```
/// use slotwire::websocket::protocol::Compression;
/// use slotwire::websocket::protocol::{
///     BufferPool, DataProcessor, DeflateContext, DeflatePool, Event, OpCode, Role, write_frame,
/// };
///
/// let compression = Compression::new();
/// let agreed = compression.accept(&compression.offer()).unwrap();
/// let mut pool = DeflatePool::new();
///
/// let mut server = DeflateContext::new(Role::Server, agreed, &compression);
/// let mut wire = Vec::new();
/// for _ in 0..2 {
///     server.compress(OpCode::Text, b"Hello, hello", 0, &mut pool, |header, payload| {
///         write_frame(&mut wire, header, None, payload);
///     });
/// }
///
/// let mut client = DeflateContext::new(Role::Client, agreed, &compression);
/// let mut processor = DataProcessor::new(Role::Client);
/// processor.set_rsv1_allowed(true);
/// let mut buffers = BufferPool::new();
/// let (mut input, mut received) = (&mut wire[..], Vec::new());
/// while let Some(event) = processor.process(&mut input, &mut buffers) {
///     let Event::ExtendedMessage { op_code, payload } = event else { panic!("not compressed") };
///     let size = payload.as_bytes().len();
///     match client.inflate(op_code, payload.as_bytes(), 1000, &mut pool, &mut buffers) {
///         Event::TextMessage { payload, .. } => {
///             received.push((payload.as_str().to_owned(), size));
///         }
///         other => panic!("{other:?}"),
///     }
/// }
/// let [(first, first_size), (second, second_size)] = &received[..] else { panic!() };
/// assert_eq!([first, second], ["Hello, hello"; 2]);
/// assert!(second_size < first_size, "it refers to the first");
/// ```
#[derive(Debug)]
pub struct DeflateContext {
    outgoing: Direction,
    incoming: Direction,
    level: u8,
    encoder_memory: usize,
    /// The position of its stream of sent messages.
    point: Point,
    sent: History,
    received: History,
}

impl DeflateContext {
    /// The context of a connection before its first message, at this end of it.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// use slotwire::websocket::protocol::{DeflateContext, Role};
    ///
    /// let compression = Compression::new();
    /// let agreed = compression.accept("permessage-deflate").unwrap();
    /// let _context = DeflateContext::new(Role::Server, agreed, &compression); // takes no memory yet
    /// ```
    #[must_use]
    pub fn new(role: Role, agreed: DeflateParameters, compression: &Compression) -> Self {
        static CONTEXTS: AtomicU64 = AtomicU64::new(0);
        Self {
            outgoing: agreed.sent_by(role),
            incoming: agreed.received_by(role),
            level: compression.level(),
            encoder_memory: compression.encoder_memory(),
            point: Point { context: CONTEXTS.fetch_add(1, Ordering::Relaxed), messages: 0 },
            sent: History::default(),
            received: History::default(),
        }
    }

    /// Compresses a message, and gives its frames to `frame`, one after the other: the first has the RSV1 bit, and each but the
    /// last has `frame_size` bytes of payload. A `frame_size` of 0 does not cut.
    ///
    /// All frames have to be sent, and in the order of the messages: those of later messages refer to them.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// use slotwire::websocket::protocol::{DeflateContext, DeflatePool, OpCode, Role};
    ///
    /// let compression = Compression::new();
    /// let agreed = compression.accept("permessage-deflate").unwrap();
    /// let mut context = DeflateContext::new(Role::Server, agreed, &compression);
    /// let mut frames = Vec::new();
    /// context.compress(OpCode::Text, b"Hello", 4, &mut DeflatePool::new(), |header, payload| {
    ///     frames.push((header.rsv1, header.fin, payload.to_vec()));
    /// });
    /// // The example of RFC 7692 §7.2.3.1
    /// assert_eq!(frames[0], (true, false, vec![0xf2, 0x48, 0xcd, 0xc9]));
    /// assert_eq!(frames[1], (false, true, vec![0xc9, 0x07, 0x00]));
    /// ```
    pub fn compress(
        &mut self,
        op_code: OpCode,
        message: &[u8],
        frame_size: usize,
        pool: &mut DeflatePool,
        mut frame: impl FnMut(FrameHeader, &[u8]),
    ) {
        let frame_size = if frame_size == 0 { usize::MAX } else { frame_size };
        let mut header = FrameHeader { fin: false, rsv1: true, op_code };
        let mut send = |payload: &[u8], is_last: bool| {
            frame(FrameHeader { fin: is_last, ..header }, payload);
            header = FrameHeader { fin: false, rsv1: false, op_code: OpCode::Continue };
        };
        if message.is_empty() {
            return send(EMPTY, true);
        }
        let kind = Kind { level: self.level, window_bits: self.outgoing.max_window_bits };
        let DeflatePool { encoders, output, .. } = pool;
        if self.outgoing.context_takeover {
            let encoder = encoders.at(self.point, self.sent.parts(), kind, self.encoder_memory);
            self.point.messages += 1;
            self.sent.append(message, kind.reach());
            encoder.compress(message, frame_size, output, send);
            encoder.hold(self.point);
        } else {
            encoders.without_context(kind, self.encoder_memory).compress(message, frame_size, output, send);
        }
        pool.trim_output();
    }

    /// The level, and the window in bits, for which messages of this end are compressed.
    pub(crate) const fn form(&self) -> (u8, u8) {
        (self.level, self.outgoing.max_window_bits)
    }

    /// A message compressed so that it refers to nothing before it, for any context of this [form](Self::form).
    pub(crate) fn compress_alone(&self, message: &[u8], pool: &mut DeflatePool) -> Vec<u8> {
        if message.is_empty() {
            return EMPTY.to_vec();
        }
        let kind = Kind { level: self.level, window_bits: self.outgoing.max_window_bits };
        let DeflatePool { encoders, output, .. } = pool;
        let mut compressed = Vec::new();
        let encoder = encoders.without_context(kind, self.encoder_memory);
        encoder.compress(message, usize::MAX, output, |payload, _| compressed.extend_from_slice(payload));
        pool.trim_output();
        compressed
    }

    /// A message was sent that was compressed [alone](Self::compress_alone): later ones may refer to it.
    pub(crate) fn sent_alone(&mut self, message: &[u8]) {
        if self.outgoing.context_takeover {
            self.point.messages += 1;
            let kind = Kind { level: self.level, window_bits: self.outgoing.max_window_bits };
            self.sent.append(message, kind.reach());
        }
    }

    /// Makes a message of the payload of an [`Event::ExtendedMessage`]: an [`Event::TextMessage`] or [`Event::BinaryMessage`] as
    /// if it had come in a single frame, or an [`Event::Error`], after which the context is of no use.
    ///
    /// The memory it takes is that of the output, and no more than `max_size`: a message that would be larger is
    /// [`MessageTooLarge`](crate::websocket::protocol::ProtocolError::MessageTooLarge). Text is validated as it comes out.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// use slotwire::websocket::protocol::{
    ///     BufferPool, DeflateContext, DeflatePool, Event, OpCode, ProtocolError, Role,
    /// };
    ///
    /// let compression = Compression::new();
    /// let agreed = compression.accept("permessage-deflate").unwrap();
    /// let mut context = DeflateContext::new(Role::Server, agreed, &compression);
    /// let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    /// let mut inflate = |max_size| {
    ///     let (mut pool, mut buffers) = (DeflatePool::new(), BufferPool::new());
    ///     context.inflate(OpCode::Text, &hello, max_size, &mut pool, &mut buffers)
    /// };
    /// let Event::TextMessage { payload, .. } = inflate(5) else { panic!() };
    /// assert_eq!(payload.as_str(), "Hello");
    /// assert!(matches!(inflate(4), Event::Error(ProtocolError::MessageTooLarge)));
    /// ```
    pub fn inflate(
        &mut self,
        op_code: OpCode,
        payload: &[u8],
        max_size: u64,
        pool: &mut DeflatePool,
        buffers: &mut BufferPool,
    ) -> Event<'static> {
        let mut inflation = Inflation::new(op_code, max_size);
        loop {
            if let Some(event) = self.go_on_inflating(&mut inflation, payload, usize::MAX, pool, buffers) {
                return event;
            }
        }
    }

    /// Goes on with a message by up to `budget` bytes, of input or output; returns what becomes of it once that is done, as
    /// [`inflate`](Self::inflate) does.
    pub(crate) fn go_on_inflating(
        &mut self,
        inflation: &mut Inflation,
        payload: &[u8],
        budget: usize,
        pool: &mut DeflatePool,
        buffers: &mut BufferPool,
    ) -> Option<Event<'static>> {
        let message = match inflation.go_on(payload, self.received.parts(), budget, pool, buffers.buffers()) {
            Ok(message) => message?,
            Err(error) => return Some(Event::Error(error)),
        };
        if self.incoming.context_takeover {
            self.received.append(message.as_bytes(), 1 << self.incoming.max_window_bits);
        }
        Some(match inflation.op_code() {
            OpCode::Text => Event::TextMessage { payload: Text::owned(message), single_frame: true },
            _ => Event::BinaryMessage { payload: Payload::Owned(message), single_frame: true },
        })
    }
}
