//! A message that is put together from pieces.

use super::chunks::{Announced, Chunks};
use super::event::{Event, Payload, Text};
use super::frame::FrameHeader;
use super::free_buffers::FreeBuffers;
use super::op_code::OpCode;
use super::protocol_error::ProtocolError;
use super::utf8::Utf8Validator;

/// A text or binary message of which something has arrived. It is text only as long as that is valid.
#[derive(Debug)]
pub(super) struct Message {
    kind: Kind,
    fragmented: bool,
    payload: Chunks,
    /// The beginning in `payload` of the frame that is reported next.
    frame_start: u32,
    utf8: Utf8Validator,
}

/// The type of a message, from its first frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Binary,
    /// Marked by RSV1: opaque until the extension has dealt with it.
    Extended(OpCode),
}

impl Kind {
    #[inline]
    pub(super) fn of(header: FrameHeader) -> Self {
        match header.op_code {
            op_code if header.rsv1 => Self::Extended(op_code),
            OpCode::Text => Self::Text,
            _ => Self::Binary,
        }
    }
}

impl Message {
    /// A message whose first frame has this header.
    pub(super) fn new(header: FrameHeader) -> Self {
        Self {
            kind: Kind::of(header),
            fragmented: !header.fin,
            payload: Chunks::default(),
            frame_start: 0,
            utf8: Utf8Validator::new(),
        }
    }

    pub(super) const fn is_extended(&self) -> bool {
        matches!(self.kind, Kind::Extended(_))
    }

    pub(super) fn len(&self) -> usize {
        self.payload.len()
    }

    /// Returns whether nothing is there yet of what the next frame event will carry.
    pub(super) fn is_at_frame_start(&self) -> bool {
        self.len() == self.frame_start as usize
    }

    /// Adds what has arrived, the next of what was announced.
    pub(super) fn append(
        &mut self,
        piece: &[u8],
        announced: Announced,
        pool: &mut FreeBuffers,
    ) -> Result<(), ProtocolError> {
        if self.kind == Kind::Text {
            self.utf8.feed(piece)?;
        }
        self.payload.append(piece, announced, pool)
    }

    /// Memory for what arrives next, if there is enough to make it worth while.
    pub(super) fn space(&mut self, announced: Announced, pool: &mut FreeBuffers) -> Option<&mut [u8]> {
        self.payload.space(announced, pool)
    }

    /// Adds what has arrived in the first `count` bytes of the [`space`](Message::space), after `unmask` has seen it.
    pub(super) fn fill(&mut self, count: usize, unmask: impl FnOnce(&mut [u8])) -> Result<(), ProtocolError> {
        let piece = self.payload.fill(count);
        unmask(piece);
        if self.kind == Kind::Text {
            self.utf8.feed(piece)?;
        }
        Ok(())
    }

    /// Checks that the text does not end within a character.
    pub(super) fn finish(&mut self) -> Result<(), ProtocolError> {
        Ok(self.utf8.finish()?)
    }

    /// Ends a frame and reports it, if `wanted` and if the message has more than this one.
    ///
    /// A text frame ends behind its last complete character; the rest is for the next. `whole` is the payload of
    /// the frame, if it lies in the input and begins the frame.
    pub(super) fn end_frame<'b>(
        &mut self,
        wanted: bool,
        whole: Option<&'b [u8]>,
        is_last: bool,
        pool: &mut FreeBuffers,
    ) -> Option<Event<'b>> {
        let start = self.frame_start as usize;
        let end = self.payload.len() - self.utf8.pending();
        self.frame_start = end as u32;
        if !wanted || !self.fragmented {
            return None;
        }
        let mut copy = || self.payload.copy(start, end, pool);
        match self.kind {
            Kind::Text => {
                let text = whole.and_then(|whole| simdutf8::basic::from_utf8(&whole[..end - start]).ok());
                let payload = text.map_or_else(|| Text::owned(copy()), Text::borrowed);
                Some(Event::TextFrame { payload, is_last })
            }
            Kind::Binary => {
                let payload = whole.map_or_else(|| Payload::Owned(copy()), Payload::Borrowed);
                Some(Event::BinaryFrame { payload, is_last })
            }
            Kind::Extended(_) => None,
        }
    }

    /// The event of the complete message.
    pub(super) fn into_event<'b>(self, pool: &mut FreeBuffers) -> Event<'b> {
        let single_frame = !self.fragmented;
        let payload = match self.payload.join(pool) {
            Ok(payload) => payload,
            Err(error) => return Event::Error(error),
        };
        match self.kind {
            Kind::Text => Event::TextMessage { payload: Text::owned(payload), single_frame },
            Kind::Binary => Event::BinaryMessage { payload: Payload::Owned(payload), single_frame },
            Kind::Extended(op_code) => Event::ExtendedMessage { op_code, payload: Payload::Owned(payload) },
        }
    }
}
