//! The events that the engine makes of the bytes it is fed.

use std::borrow::Cow;
use std::fmt;

use super::buffer_pool::{BufferPool, PayloadBuffer};
use super::op_code::OpCode;
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

impl Event<'_> {
    /// The event with memory of its own, for a caller that needs the input for something else while it is handled.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// let mut buffer = *b"\x81\x05Hello";
    /// let event = processor.process(&mut &mut buffer[..], &mut pool).unwrap();
    /// let event = event.into_owned(&mut pool);
    /// buffer.fill(0); // free for the next read
    /// let Event::TextMessage { payload, .. } = event else { panic!() };
    /// assert_eq!(payload.as_str(), "Hello");
    /// ```
    #[must_use]
    pub fn into_owned(self, pool: &mut BufferPool) -> Event<'static> {
        match self {
            Self::TextFrame { payload, is_last } => {
                Event::TextFrame { payload: payload.into_owned(pool), is_last }
            }
            Self::BinaryFrame { payload, is_last } => {
                Event::BinaryFrame { payload: payload.into_owned(pool), is_last }
            }
            Self::TextMessage { payload, single_frame } => {
                Event::TextMessage { payload: payload.into_owned(pool), single_frame }
            }
            Self::BinaryMessage { payload, single_frame } => {
                Event::BinaryMessage { payload: payload.into_owned(pool), single_frame }
            }
            Self::ExtendedMessage { op_code, payload } => {
                Event::ExtendedMessage { op_code, payload: payload.into_owned(pool) }
            }
            Self::Ping(payload) => Event::Ping(payload.into_owned(pool)),
            Self::Pong(payload) => Event::Pong(payload.into_owned(pool)),
            Self::Close { code, reason } => Event::Close { code, reason: reason.into_owned().into() },
            Self::Error(error) => Event::Error(error),
        }
    }

    /// Gives the memory of the event, if it has any, back to the pool.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Role};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// let mut input = *b"\x01\x03Hel\x80\x02lo"; // two frames, to be put together
    /// let event = processor.process(&mut &mut input[..], &mut pool).unwrap();
    /// assert_eq!(pool.retained(), 0);
    /// event.recycle(&mut pool);
    /// assert!(pool.retained() > 0, "the next message takes it from there");
    /// ```
    pub fn recycle(self, pool: &mut BufferPool) {
        match self {
            Self::TextFrame { payload, .. } | Self::TextMessage { payload, .. } => payload.recycle(pool),
            Self::BinaryFrame { payload, .. }
            | Self::BinaryMessage { payload, .. }
            | Self::ExtendedMessage { payload, .. }
            | Self::Ping(payload)
            | Self::Pong(payload) => payload.recycle(pool),
            Self::Close { .. } | Self::Error(_) => {}
        }
    }
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

    /// The same bytes in memory of their own.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, Payload};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut queue = Vec::new();
    /// for chunk in [*b"one", *b"two"] {
    ///     queue.push(Payload::Borrowed(&chunk).into_owned(&mut pool)); // outlives the chunk
    /// }
    /// assert_eq!(queue[1].as_bytes(), b"two");
    /// ```
    #[must_use]
    pub fn into_owned(self, pool: &mut BufferPool) -> Payload<'static> {
        Payload::Owned(match self {
            Self::Borrowed(bytes) => pool.copy(bytes),
            Self::Owned(buffer) => buffer,
        })
    }

    /// Gives the memory, if it is owned, back to the pool.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, Payload};
    ///
    /// let mut pool = BufferPool::new();
    /// Payload::Borrowed(b"Hello").recycle(&mut pool); // has nothing to give back
    /// assert_eq!(pool.retained(), 0);
    /// Payload::Borrowed(b"Hello").into_owned(&mut pool).recycle(&mut pool);
    /// assert!(pool.retained() > 0);
    /// ```
    #[inline]
    pub fn recycle(self, pool: &mut BufferPool) {
        if let Self::Owned(buffer) = self {
            pool.recycle(buffer);
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
pub struct Text<'b>(Repr<'b>);

enum Repr<'b> {
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

    /// The same text in memory of its own.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role, Text};
    ///
    /// /// The text of the message that a read has brought; it does not borrow from `read`.
    /// fn text(read: &mut [u8], pool: &mut BufferPool) -> Option<Text<'static>> {
    ///     match DataProcessor::new(Role::Client).process(&mut &mut *read, pool)? {
    ///         Event::TextMessage { payload, .. } => Some(payload.into_owned(pool)),
    ///         _ => None,
    ///     }
    /// }
    /// let text = text(&mut b"\x81\x05Hello".to_owned(), &mut BufferPool::new());
    /// assert_eq!(text.unwrap().as_str(), "Hello");
    /// ```
    #[must_use]
    pub fn into_owned(self, pool: &mut BufferPool) -> Text<'static> {
        Text::owned(match self.0 {
            Repr::Borrowed(text) => pool.copy(text.as_bytes()),
            Repr::Owned(buffer) => buffer,
        })
    }

    /// Gives the memory, if it is owned, back to the pool.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, Event, Role};
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// let mut input = *b"\x01\x03Hel\x80\x02lo";
    /// let message = processor.process(&mut &mut input[..], &mut pool);
    /// if let Some(Event::TextMessage { payload, .. }) = message {
    ///     println!("{}", payload.as_str());
    ///     payload.recycle(&mut pool);
    /// }
    /// assert!(pool.retained() > 0);
    /// ```
    #[inline]
    pub fn recycle(self, pool: &mut BufferPool) {
        if let Repr::Owned(buffer) = self.0 {
            pool.recycle(buffer);
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
