//! From bytes to messages: the receiving half of an open connection.

use std::mem;
use std::ops::Range;

use super::buffer_pool::BufferPool;
use super::event::{Event, Payload, Text};
use super::frame_parser::{FrameParser, Settings, WholeMessageHeader};
use super::free_buffers::FreeBuffers;
use super::mask::apply_mask;
use super::protocol_error::ProtocolError;
use crate::websocket::protocol::{MAX_INCOMING_FRAME_SIZE, MAX_INCOMING_MESSAGE_SIZE, Role};

/// Turns received bytes into frames and messages.
///
/// Feed it with [`process`](DataProcessor::process) until that returns `None`. A message that lies in the input
/// as one frame is unmasked there and borrowed from there; only pieces are copied, into buffers of a
/// [`BufferPool`]. Between messages it holds no memory.
///
/// It has no clock: Qt's limit of five seconds on unfinished frames and messages is for the caller, who asks
/// [`is_mid_frame`](DataProcessor::is_mid_frame) and [`is_mid_message`](DataProcessor::is_mid_message).
///
/// ```
/// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role};
///
/// let mut pool = BufferPool::new();
/// let mut processor = DataProcessor::new(Role::Client);
/// let mut received = *b"\x81\x05Hello\x89\x00";
/// let mut input = &mut received[..];
/// while let Some(event) = processor.process(&mut input, &mut pool) {
///     match &event {
///         Event::TextMessage { payload, .. } => assert_eq!(payload.as_str(), "Hello"),
///         Event::Ping(payload) => assert!(payload.as_bytes().is_empty()),
///         other => panic!("{other:?}"),
///     }
///     event.recycle(&mut pool);
/// }
/// ```
///
/// # Qt
/// `QWebSocketDataProcessor`. Differences: masking is enforced, sizes are bytes for text as well, a byte order
/// mark is content, a message that is too long is refused by its header, and invalid UTF-8 when it arrives.
#[doc(alias = "QWebSocketDataProcessor")]
#[derive(Debug)]
pub struct DataProcessor {
    /// `None` between messages: an idle connection holds no memory.
    parser: Option<Box<FrameParser>>,
    settings: Settings,
}

/// A message that lies in the input, from [`DataProcessor::next_whole_message`].
///
/// ```
/// use slotwire::websocket::protocol::{DataProcessor, Role};
///
/// let mut processor = DataProcessor::new(Role::Client);
/// let mut input = *b"\x81\x02hi";
/// let message = processor.next_whole_message(&mut input).unwrap();
/// assert_eq!((message.is_text, message.payload), (true, 2..4));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WholeMessage {
    /// True if it is text, and not binary.
    pub is_text: bool,
    /// The range of its payload in the input. The bytes behind it are the rest of the input.
    pub payload: Range<usize>,
}

impl DataProcessor {
    /// A processor for one end of a connection, before its first frame.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role};
    ///
    /// let mut processor = DataProcessor::new(Role::Server);
    /// let mut input = *b"\x81\x02hi"; // a client has to mask, and this one has not
    /// let event = processor.process(&mut &mut input[..], &mut BufferPool::new());
    /// assert!(matches!(event, Some(Event::Error(_))));
    /// ```
    #[must_use]
    pub const fn new(role: Role) -> Self {
        Self {
            parser: None,
            settings: Settings {
                max_frame_size: MAX_INCOMING_FRAME_SIZE as u32,
                max_message_size: MAX_INCOMING_MESSAGE_SIZE as u32,
                max_extended_size: MAX_INCOMING_MESSAGE_SIZE as u32,
                role,
                wants_frames: false,
                rsv1_allowed: false,
                direct: false,
            },
        }
    }

    /// The end of the connection that receives here.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{DataProcessor, Role};
    ///
    /// /// Whether what this end sends has to be masked.
    /// fn masks(processor: &DataProcessor) -> bool {
    ///     processor.role() == Role::Client
    /// }
    /// assert!(masks(&DataProcessor::new(Role::Client)));
    /// ```
    #[must_use]
    pub const fn role(&self) -> Role {
        self.settings.role
    }

    /// Sets which end of the connection receives here, for a new connection.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{DataProcessor, Role};
    ///
    /// let mut processor = DataProcessor::new(Role::Client);
    /// processor.clear();
    /// processor.set_role(Role::Server);
    /// let mut input = *b"\x81\x82\0\0\0\0hi";
    /// assert!(processor.next_whole_message(&mut input).is_some(), "masked, as by a client");
    /// ```
    pub fn set_role(&mut self, role: Role) {
        self.settings.role = role;
    }

    /// The largest frame that is accepted, in bytes of payload; by default [`MAX_INCOMING_FRAME_SIZE`].
    ///
    /// ```
    /// use slotwire::websocket::protocol::{DataProcessor, MAX_INCOMING_FRAME_SIZE, Role};
    ///
    /// let processor = DataProcessor::new(Role::Client);
    /// assert_eq!(processor.max_allowed_frame_size(), MAX_INCOMING_FRAME_SIZE);
    /// ```
    #[must_use]
    pub const fn max_allowed_frame_size(&self) -> u64 {
        self.settings.max_frame_size as u64
    }

    /// Sets the largest frame that is taken, in bytes of payload; more than [`MAX_INCOMING_FRAME_SIZE`] is ignored.
    /// It holds from the next frame on.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, ProtocolError, Role};
    ///
    /// let mut processor = DataProcessor::new(Role::Client);
    /// processor.set_max_allowed_frame_size(1000);
    /// let mut input = *b"\x82\x7e\x03\xe9"; // the header of a frame of 1001 bytes is enough
    /// let event = processor.process(&mut &mut input[..], &mut BufferPool::new());
    /// assert!(matches!(event, Some(Event::Error(ProtocolError::FrameTooLarge))));
    /// ```
    #[doc(alias = "setMaxAllowedFrameSize")]
    pub fn set_max_allowed_frame_size(&mut self, size: u64) {
        if size <= MAX_INCOMING_FRAME_SIZE {
            self.settings.max_frame_size = size as u32;
        }
    }

    /// The largest message that is accepted, in bytes; by default [`MAX_INCOMING_MESSAGE_SIZE`].
    ///
    /// ```
    /// use slotwire::websocket::protocol::{DataProcessor, Role};
    ///
    /// let mut processor = DataProcessor::new(Role::Client);
    /// processor.set_max_allowed_message_size(1000);
    /// processor.set_max_allowed_message_size(u64::MAX); // ignored: no message can be that large
    /// assert_eq!(processor.max_allowed_message_size(), 1000);
    /// ```
    #[must_use]
    pub const fn max_allowed_message_size(&self) -> u64 {
        self.settings.max_message_size as u64
    }

    /// Sets the largest message that is taken, in bytes; more than [`MAX_INCOMING_MESSAGE_SIZE`] is ignored. It
    /// holds from the next frame on.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, ProtocolError, Role};
    ///
    /// let mut processor = DataProcessor::new(Role::Client);
    /// processor.set_max_allowed_message_size(4);
    /// // Two frames of three bytes: each is small enough, but not both together.
    /// let mut input = *b"\x01\x03Hel\x80\x03lo!";
    /// let event = processor.process(&mut &mut input[..], &mut BufferPool::new());
    /// assert!(matches!(event, Some(Event::Error(ProtocolError::MessageTooLarge))));
    /// ```
    #[doc(alias = "setMaxAllowedMessageSize")]
    pub fn set_max_allowed_message_size(&mut self, size: u64) {
        if size <= MAX_INCOMING_MESSAGE_SIZE {
            self.settings.max_message_size = size as u32;
        }
    }

    /// Sets whether the frames of a message that has several are reported one by one, before the message; not by
    /// default. It holds from the next frame on that is complete.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// processor.set_wants_frames(true);
    /// let mut received = *b"\x01\x03Hel\x80\x02lo";
    /// let mut input = &mut received[..];
    /// let mut log = Vec::new();
    /// while let Some(event) = processor.process(&mut input, &mut pool) {
    ///     log.push(match event {
    ///         Event::TextFrame { payload, is_last } => format!("{} {is_last}", payload.as_str()),
    ///         Event::TextMessage { payload, .. } => payload.as_str().to_owned(),
    ///         _ => String::new(),
    ///     });
    /// }
    /// assert_eq!(log, ["Hel false", "lo true", "Hello"]);
    /// ```
    pub fn set_wants_frames(&mut self, wants_frames: bool) {
        self.settings.wants_frames = wants_frames;
    }

    /// Sets whether a negotiated extension uses the RSV1 bit; not by default.
    ///
    /// Such messages come as [`Event::ExtendedMessage`], for the extension to decode and validate.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, OpCode, Role};
    ///
    /// let mut processor = DataProcessor::new(Role::Client);
    /// processor.set_rsv1_allowed(true);
    /// // "Hello", compressed (RFC 7692 §7.2.3.1).
    /// let mut input = *b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
    /// let event = processor.process(&mut &mut input[..], &mut BufferPool::new());
    /// let Some(Event::ExtendedMessage { op_code, payload }) = event else { panic!() };
    /// assert_eq!(op_code, OpCode::Text);
    /// assert_eq!(payload.as_bytes().len(), 7); // for the extension to inflate
    /// ```
    pub fn set_rsv1_allowed(&mut self, allowed: bool) {
        self.settings.rsv1_allowed = allowed;
    }

    /// Returns whether an extension was agreed on.
    #[cfg(feature = "deflate")]
    #[inline]
    pub(crate) const fn is_rsv1_allowed(&self) -> bool {
        self.settings.rsv1_allowed
    }

    /// Sets the largest message that an extension may make of an [`Event::ExtendedMessage`], in bytes; it is for the extension to
    /// hold to it. On the wire such a message may be a little larger than that. The limit of all messages holds as well.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, ProtocolError, Role};
    ///
    /// let mut processor = DataProcessor::new(Role::Client);
    /// processor.set_rsv1_allowed(true);
    /// processor.set_max_extended_message_size(4096);
    /// let mut input = *b"\xc1\x7e\x40\x00"; // the header of a frame of 16 KiB is enough
    /// let event = processor.process(&mut &mut input[..], &mut BufferPool::new());
    /// assert!(matches!(event, Some(Event::Error(ProtocolError::MessageTooLarge))));
    /// ```
    pub fn set_max_extended_message_size(&mut self, size: u64) {
        self.settings.max_extended_size = size.min(MAX_INCOMING_MESSAGE_SIZE) as u32;
    }

    /// Takes the front of `input` up to the next event and returns that; `None` when all of it is taken and more
    /// is needed.
    ///
    /// The input is unmasked in place. What is left of it after an event has to be given to the processor before
    /// anything that was received later.
    ///
    /// It may be called again while an event is still being handled, with what is left of the input: the processor has
    /// nothing more to do with a message that it has returned.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// // As it comes from the network: a message and a half, then the rest.
    /// let mut messages = Vec::new();
    /// for read in [&b"\x81\x03one\x81\x03t"[..], b"wo"] {
    ///     let mut read = read.to_vec();
    ///     let mut input = &mut read[..];
    ///     while let Some(event) = processor.process(&mut input, &mut pool) {
    ///         if let Event::TextMessage { payload, .. } = &event {
    ///             messages.push(payload.as_str().to_owned());
    ///         }
    ///         event.recycle(&mut pool);
    ///     }
    /// }
    /// assert_eq!(messages, ["one", "two"]);
    /// ```
    #[inline]
    pub fn process<'b>(&mut self, input: &mut &'b mut [u8], pool: &mut BufferPool) -> Option<Event<'b>> {
        if let Some(event) = self.take_whole_message(input) {
            return Some(event);
        }
        self.process_pieces(input, pool)
    }

    /// Looks for a message that is the next frame and lies in the input, and unmasks it there. `None`, with nothing taken, if
    /// that is not what comes: [`process`](DataProcessor::process) says what does.
    ///
    /// This is for a caller that cannot keep the input borrowed while the message is handled. Text is not validated:
    /// bytes that are no UTF-8 are [`ProtocolError::InvalidUtf8`].
    ///
    /// ```
    /// use slotwire::websocket::protocol::{DataProcessor, Role};
    ///
    /// let mut processor = DataProcessor::new(Role::Client);
    /// let mut input = *b"\x81\x05Hello\x89\x00";
    /// let message = processor.next_whole_message(&mut input).unwrap();
    /// assert!(message.is_text);
    /// assert_eq!(&input[message.payload.clone()], b"Hello");
    /// let rest = &mut input[message.payload.end..];
    /// assert!(processor.next_whole_message(rest).is_none(), "that is a ping");
    /// ```
    #[inline(always)]
    pub fn next_whole_message(&mut self, input: &mut [u8]) -> Option<WholeMessage> {
        if self.parser.is_some() {
            return None;
        }
        let WholeMessageHeader { is_text, mask, length, size } =
            WholeMessageHeader::read(input, self.settings.role)?;
        let max_length = self.settings.max_frame_size.min(self.settings.max_message_size) as usize;
        if length > max_length || length > input.len() - size {
            return None;
        }
        self.settings.direct = false;
        let payload = size..size + length;
        if let Some(key) = mask {
            apply_mask(&mut input[payload.clone()], key, 0);
        }
        Some(WholeMessage { is_text, payload })
    }

    /// The memory for the caller to receive into, if the frame in progress has much to come: up to 1 MiB of the message's own.
    /// Call [`direct_filled`](DataProcessor::direct_filled) with the number of bytes received.
    ///
    /// `None` if there are not more than 32 KiB to come, or if so little has arrived that the message has no memory for much
    /// more: receive into a buffer then, and [`process`](DataProcessor::process) that. What the memory holds before has no
    /// meaning.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, FrameHeader, OpCode, Role};
    /// use std::io::Read;
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// let header = FrameHeader::whole(OpCode::Binary).encode(None, 100_000);
    /// let mut received = header.as_bytes().to_vec();
    /// assert!(processor.process(&mut &mut received[..], &mut pool).is_none());
    /// assert!(processor.direct_space(&mut pool).is_none(), "it is only announced");
    /// let mut received = [7; 60_000];
    /// assert!(processor.process(&mut &mut received[..], &mut pool).is_none());
    ///
    /// let mut connection = std::io::repeat(7);
    /// let space = processor.direct_space(&mut pool).unwrap();
    /// assert_eq!(space.len(), 40_000);
    /// let count = connection.read(space)?;
    /// let message = processor.direct_filled(count, &mut pool);
    /// assert!(message.is_some());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn direct_space(&mut self, pool: &mut BufferPool) -> Option<&mut [u8]> {
        self.parser.as_deref_mut()?.direct_space(pool.buffers())
    }

    /// Takes the first `count` bytes of what [`direct_space`](DataProcessor::direct_space) offered as received.
    ///
    /// After an event, call [`process`](DataProcessor::process) with an empty input for those that may follow.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role};
    /// use slotwire::websocket::protocol::{FrameHeader, OpCode};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// let header = FrameHeader::whole(OpCode::Binary).encode(None, 100_000);
    /// let mut received = header.as_bytes().to_vec();
    /// received.resize(received.len() + 50_000, 7);
    /// assert!(processor.process(&mut &mut received[..], &mut pool).is_none());
    ///
    /// processor.direct_space(&mut pool).unwrap()[..10_000].fill(7); // so much has been read
    /// assert!(processor.direct_filled(10_000, &mut pool).is_none());
    /// processor.direct_space(&mut pool).unwrap().fill(7); // and now the rest
    /// let message = processor.direct_filled(40_000, &mut pool);
    /// let Some(Event::BinaryMessage { payload, .. }) = message else { panic!() };
    /// assert_eq!(payload.as_bytes(), [7; 100_000]);
    /// ```
    pub fn direct_filled(&mut self, count: usize, pool: &mut BufferPool) -> Option<Event<'static>> {
        self.settings.direct = true;
        self.advance(pool, |parser, settings, buffers| parser.direct_filled(settings, count, buffers))
    }

    /// Returns whether the next message is likely to be large: the last one was received into its own memory. Then it pays to
    /// read little at first, so that most of the payload can go where it belongs.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, FrameHeader, OpCode, Role};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// assert!(!processor.expects_large_message());
    /// let header = FrameHeader::whole(OpCode::Binary).encode(None, 100_000);
    /// let mut received = header.as_bytes().to_vec();
    /// received.resize(received.len() + 50_000, 7);
    /// assert!(processor.process(&mut &mut received[..], &mut pool).is_none());
    /// processor.direct_space(&mut pool).unwrap().fill(7);
    /// assert!(processor.direct_filled(50_000, &mut pool).is_some());
    ///
    /// // Enough for the header of the next, and its payload can go where it belongs.
    /// let read_size = if processor.expects_large_message() { 512 } else { 64 * 1024 };
    /// assert_eq!(read_size, 512);
    /// ```
    #[must_use]
    pub const fn expects_large_message(&self) -> bool {
        self.settings.direct && self.parser.is_none()
    }

    /// Returns whether a frame has begun to arrive and is not complete.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Role};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// assert!(processor.process(&mut &mut b"\x81\x05Hel".to_owned()[..], &mut pool).is_none());
    /// assert!(processor.is_mid_frame(), "time to start a clock");
    /// assert!(processor.process(&mut &mut b"lo".to_owned()[..], &mut pool).is_some());
    /// assert!(!processor.is_mid_frame(), "and to stop it");
    /// ```
    #[must_use]
    pub const fn is_mid_frame(&self) -> bool {
        self.parser().is_mid_frame()
    }

    /// Returns whether a text or binary message has begun to arrive and is not complete.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Role};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// assert!(processor.process(&mut &mut b"\x01\x03Hel".to_owned()[..], &mut pool).is_none());
    /// assert!(!processor.is_mid_frame(), "that frame is complete");
    /// assert!(processor.is_mid_message(), "but was not the last");
    /// ```
    #[must_use]
    pub const fn is_mid_message(&self) -> bool {
        self.parser().is_mid_message()
    }

    /// Holds back what follows the message that was reported last, until [`resume`](Self::resume): its receiver has not done with
    /// it.
    #[cfg(feature = "deflate")]
    pub(crate) fn pause(&mut self) {
        debug_assert!(self.parser.is_none(), "a whole message was reported");
        self.parser = Some(Box::new(FrameParser::PAUSED));
    }

    #[cfg(feature = "deflate")]
    pub(crate) fn resume(&mut self) {
        if self.is_paused() {
            self.parser = None;
        }
    }

    #[cfg(feature = "deflate")]
    #[inline]
    pub(crate) const fn is_paused(&self) -> bool {
        match &self.parser {
            Some(parser) => parser.is_paused(),
            None => false,
        }
    }

    /// Returns whether anything has begun that is not complete, or not reported completely.
    #[inline]
    pub(crate) const fn has_unfinished(&self) -> bool {
        self.parser.is_some()
    }

    /// Notes that what is unfinished has begun by `now`, in any unit, if that was not noted before.
    /// The parser, or one that has nothing.
    const fn parser(&self) -> &FrameParser {
        static NOTHING: FrameParser = FrameParser::NOTHING;
        match &self.parser {
            Some(parser) => parser,
            None => &NOTHING,
        }
    }

    pub(crate) fn note_unfinished(&mut self, now: u64) {
        if let Some(parser) = &mut self.parser {
            parser.note(now);
        }
    }

    /// Takes what is unfinished to have begun that much later: meanwhile nothing could arrive.
    pub(crate) fn delay_unfinished(&mut self, delay: u64) {
        if let Some(parser) = &mut self.parser {
            parser.delay(delay);
        }
    }

    /// The time that was [noted](Self::note_unfinished) for the unfinished message, and how many bytes of it have arrived.
    pub(crate) fn unfinished_since(&self) -> Option<(u64, usize)> {
        self.parser.as_ref()?.since()
    }

    /// Returns whether the last event has come: a close frame, or an error. Anything that is received after it is thrown away.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// let mut received = *b"\x88\x00\x81\x02hi";
    /// let mut input = &mut received[..];
    /// assert!(matches!(processor.process(&mut input, &mut pool), Some(Event::Close { .. })));
    /// assert!(processor.is_finished());
    /// // What comes behind a close frame is thrown away.
    /// assert!(processor.process(&mut input, &mut pool).is_none());
    /// ```
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.parser().is_finished()
    }

    /// The number of bytes still to come of the payload of a frame that has begun.
    pub(crate) const fn rest_of_frame(&self) -> usize {
        self.parser().rest_of_frame()
    }

    /// Forgets everything that has arrived, for a new connection; settings stay.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Role};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// assert!(processor.process(&mut &mut b"\x81\x05Hel".to_owned()[..], &mut pool).is_none());
    /// // The connection was lost in the middle of a message.
    /// processor.clear();
    /// assert!(!processor.is_mid_message());
    /// assert!(processor.process(&mut &mut b"\x81\x02hi".to_owned()[..], &mut pool).is_some());
    /// ```
    pub fn clear(&mut self) {
        self.parser = None;
    }

    /// The lane for nearly all traffic.
    #[inline]
    fn take_whole_message<'b>(&mut self, input: &mut &'b mut [u8]) -> Option<Event<'b>> {
        let WholeMessage { is_text, payload } = self.next_whole_message(input)?;
        let (frame, rest) = mem::take(input).split_at_mut(payload.end);
        *input = rest;
        let payload = &frame[payload.start..];
        if !is_text {
            return Some(Event::BinaryMessage { payload: Payload::Borrowed(payload), single_frame: true });
        }
        match simdutf8::basic::from_utf8(payload) {
            Ok(text) => Some(Event::TextMessage { payload: Text::borrowed(text), single_frame: true }),
            Err(_) => {
                self.parser = Some(Box::new(FrameParser::FINISHED));
                Some(Event::Error(ProtocolError::InvalidUtf8))
            }
        }
    }

    /// The way of everything else: control frames, fragments, and what the end of an input has cut.
    #[inline(never)]
    fn process_pieces<'b>(&mut self, input: &mut &'b mut [u8], pool: &mut BufferPool) -> Option<Event<'b>> {
        if self.parser.is_none() && input.is_empty() {
            return None;
        }
        self.advance(pool, |parser, settings, buffers| parser.process(settings, input, buffers))
    }

    /// Lets `step` go on with what is unfinished, and holds it only as long as it is.
    fn advance<'b>(
        &mut self,
        pool: &mut BufferPool,
        step: impl FnOnce(&mut FrameParser, &Settings, &mut FreeBuffers) -> Option<Event<'b>>,
    ) -> Option<Event<'b>> {
        let mut parser = self.parser.take().unwrap_or_else(|| pool.take_parser());
        let event = step(&mut parser, &self.settings, pool.buffers());
        if parser.is_between_messages() {
            parser.forget_beginning();
            pool.recycle_parser(parser);
        } else {
            self.parser = Some(parser);
        }
        event
    }
}
