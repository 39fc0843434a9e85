//! Events with memory of their own, which a pool gives and takes back.

use super::buffer_pool::BufferPool;
use super::event::{Event, Payload, Repr, Text};

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

impl Payload<'_> {
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
            Self::Borrowed(bytes) => pool.buffers().copy(bytes),
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

impl Text<'_> {
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
            Repr::Borrowed(text) => pool.buffers().copy(text.as_bytes()),
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
