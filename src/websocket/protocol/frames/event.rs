//! The events that the engine makes of the bytes it is fed.

use std::borrow::Cow;
use std::fmt;

use super::op_code::OpCode;
use super::payload_buffer::PayloadBuffer;
use super::protocol_error::ProtocolError;
use crate::websocket::protocol::CloseCode;

/// A complete event: a frame, a message, a ping, a pong, a close frame; or a violation of the protocol.
///
/// It borrows from the input at most, never from the [`DataProcessor`](super::DataProcessor): while it is
/// handled, the processor may be fed again.
///
/// ```
/// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role};
///
/// let mut pool = BufferPool::new();
/// let mut processor = DataProcessor::new(Role::Client);
/// let mut received = *b"\x82\x03\x01\x02\x03\x88\x02\x03\xe9";
/// let mut input = &mut received[..];
/// let mut log = Vec::new();
/// while let Some(event) = processor.process(&mut input, &mut pool) {
///     log.push(match &event {
///         Event::TextMessage { payload, .. } => payload.as_str().to_owned(),
///         Event::BinaryMessage { payload, .. } => format!("{:?}", payload.as_bytes()),
///         Event::Close { code, .. } => code.to_string(),
///         Event::Error(error) => error.to_string(),
///         _ => String::new(),
///     });
///     event.recycle(&mut pool);
/// }
/// assert_eq!(log, ["[1, 2, 3]", "CloseCodeGoingAway"]);
/// ```
#[derive(Debug)]
pub enum Event<'b> {
    /// One frame of a text message that has several; only if [frames are wanted](super::DataProcessor::set_wants_frames).
    ///
    /// It ends at a character; the bytes of one that the frame cuts come with the next frame.
    TextFrame {
        /// The payload.
        payload: Text<'b>,
        /// True if the message is complete with it; the message is then the next event.
        is_last: bool,
    },
    /// One frame of a binary message that has several; only if [frames are wanted](super::DataProcessor::set_wants_frames).
    BinaryFrame {
        /// The payload.
        payload: Payload<'b>,
        /// True if the message is complete with it; the message is then the next event.
        is_last: bool,
    },
    /// A text message.
    TextMessage {
        /// The text.
        payload: Text<'b>,
        /// True if it came in a single frame: then this event stands for the frame as well.
        single_frame: bool,
    },
    /// A binary message.
    BinaryMessage {
        /// The bytes.
        payload: Payload<'b>,
        /// True if it came in a single frame: then this event stands for the frame as well.
        single_frame: bool,
    },
    /// A message whose first frame has the RSV1 bit; only if [that is allowed](super::DataProcessor::set_rsv1_allowed).
    ///
    /// The payload is what the peer's extension made of it: text is not validated, and no frame events precede it.
    ExtendedMessage {
        /// [`OpCode::Text`] or [`OpCode::Binary`].
        op_code: OpCode,
        /// The payload as it was on the wire, unmasked.
        payload: Payload<'b>,
    },
    /// A ping, to be answered by a pong with the same payload; at most 125 bytes.
    Ping(Payload<'b>),
    /// A pong; at most 125 bytes.
    Pong(Payload<'b>),
    /// The peer's close frame. It is the last event.
    ///
    /// An empty close frame counts as [`CloseCode::Normal`], as in Qt. If the frame itself broke the
    /// protocol, these are the code and reason to answer with, not what it carried.
    Close {
        /// The code to answer with, which is the peer's own unless the frame broke the protocol.
        code: CloseCode,
        /// The reason, at most 123 bytes.
        reason: Cow<'b, str>,
    },
    /// The peer broke the protocol. It is the last event.
    Error(ProtocolError),
}

/// The bytes of a message or a frame: in the input, or put together from several inputs.
///
/// ```
/// use slotwire::websocket::protocol::Payload;
///
/// let payload = Payload::Borrowed(b"in one piece");
/// assert_eq!(payload.as_bytes(), b"in one piece");
/// ```
#[derive(Debug)]
pub enum Payload<'b> {
    /// The bytes arrived in one piece.
    Borrowed(&'b [u8]),
    /// The bytes were put together; [`recycle`](Payload::recycle) the buffer after use.
    Owned(PayloadBuffer),
}

impl Payload<'_> {
    /// The bytes.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, Payload};
    ///
    /// let mut pool = BufferPool::new();
    /// let borrowed = Payload::Borrowed(b"Hello");
    /// assert_eq!(borrowed.as_bytes(), b"Hello");
    /// // Wherever they are, the bytes are the same.
    /// assert_eq!(borrowed.into_owned(&mut pool).as_bytes(), b"Hello");
    /// ```
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(buffer) => buffer.as_bytes(),
        }
    }
}

impl AsRef<[u8]> for Payload<'_> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// The text of a message or a frame: in the input, or put together from several inputs.
///
/// ```
/// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role};
///
/// let mut pool = BufferPool::new();
/// let mut processor = DataProcessor::new(Role::Client);
/// let (mut first, mut second) = (*b"\x81\x05He", *b"llo");
/// assert!(processor.process(&mut &mut first[..], &mut pool).is_none());
/// let message = processor.process(&mut &mut second[..], &mut pool);
/// let Some(Event::TextMessage { payload, .. }) = message else { panic!() };
/// assert_eq!(payload.as_str(), "Hello");
/// ```
pub struct Text<'b>(pub(super) Repr<'b>);

pub(super) enum Repr<'b> {
    Borrowed(&'b str),
    /// The bytes were validated as they arrived.
    Owned(PayloadBuffer),
}

impl<'b> Text<'b> {
    pub(super) const fn borrowed(text: &'b str) -> Self {
        Self(Repr::Borrowed(text))
    }

    /// The caller has validated the bytes.
    pub(crate) const fn owned(buffer: PayloadBuffer) -> Self {
        Self(Repr::Owned(buffer))
    }

    /// The text. Call it once: for text that was put together it costs a pass over the bytes.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// // The two bytes of the é come in different frames.
    /// let mut input = *b"\x01\x04caf\xc3\x80\x01\xa9";
    /// let message = processor.process(&mut &mut input[..], &mut pool);
    /// let Some(Event::TextMessage { payload, .. }) = message else { panic!() };
    /// let text = payload.as_str();
    /// assert_eq!((text, text.chars().count()), ("café", 4));
    /// ```
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Borrowed(text) => text,
            Repr::Owned(buffer) => validated(buffer.as_bytes()),
        }
    }

    /// The text's bytes, without the pass of [`as_str`](Text::as_str).
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// let mut input = *b"\x81\x0a{\"id\": 17}";
    /// let message = processor.process(&mut &mut input[..], &mut pool);
    /// let Some(Event::TextMessage { payload, .. }) = message else { panic!() };
    /// assert_eq!(payload.as_bytes(), b"{\"id\": 17}"); // for a parser that takes bytes
    /// ```
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Borrowed(text) => text.as_bytes(),
            Repr::Owned(buffer) => buffer.as_bytes(),
        }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[expect(clippy::expect_used, reason = "only validated bytes are made into `Text`")]
fn validated(bytes: &[u8]) -> &str {
    simdutf8::basic::from_utf8(bytes).expect("the bytes were validated as they arrived")
}
