//! From bytes to messages: the receiving half of an open connection.

use std::mem;
use std::ops::Range;

use super::close_frame::close_event;
use super::event::{Event, Payload, Text};
use super::frame::{MAX_FRAME_HEADER_SIZE, NoHeader, ReceivedHeader, WholeMessageHeader, read_header};
use super::mask::{apply_mask, rotate_key};
use super::message::Message;
use super::{
    BufferPool, MAX_INCOMING_FRAME_SIZE, MAX_INCOMING_MESSAGE_SIZE, OpCode, PayloadBuffer, ProtocolError,
    Role,
};

/// A payload with more than this to come is worth a read of its own, straight into the message.
const DIRECT: usize = 32 * 1024;

/// The most that is read straight into the message at a time: it is still in the cache when it is unmasked.
const MAX_DIRECT: usize = 1024 * 1024;

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
///         Event::Ping(payload) => assert!(payload.is_empty()),
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
    unfinished: Option<Box<Unfinished>>,
    settings: Settings,
}

#[derive(Debug, Clone, Copy)]
struct Settings {
    max_frame_size: u32,
    max_message_size: u32,
    role: Role,
    wants_frames: bool,
    rsv1_allowed: bool,
}

/// A message that lies in the input, from [`DataProcessor::next_whole_message`].
///
/// ```
/// use slotwire::websocket::protocol::{DataProcessor, Role, WholeMessage};
///
/// let mut processor = DataProcessor::new(Role::Client);
/// let mut input = *b"\x81\x02hi";
/// let message = processor.next_whole_message(&mut input);
/// assert_eq!(message, Some(WholeMessage { is_text: true, payload: 2..4 }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeMessage {
    /// Whether it is text, and not binary.
    pub is_text: bool,
    /// Where in the input its payload is. What follows the payload is the rest of the input.
    pub payload: Range<usize>,
}

/// Where in the stream of frames the next byte belongs.
#[derive(Debug)]
enum State {
    /// In front of a frame, or within its header.
    Header(PartialHeader),
    /// In the payload of a text, binary or continuation frame.
    Data(Remaining),
    /// In the payload of a control frame.
    Control { op_code: OpCode, remaining: Remaining, payload: PayloadBuffer },
    /// After a close frame or an error: whatever comes is ignored.
    Finished,
}

impl State {
    const BETWEEN_FRAMES: Self = Self::Header(PartialHeader { bytes: [0; MAX_FRAME_HEADER_SIZE], filled: 0 });
}

/// The beginning of a header whose rest has not arrived.
#[derive(Debug, Clone, Copy)]
struct PartialHeader {
    bytes: [u8; MAX_FRAME_HEADER_SIZE],
    filled: u8,
}

/// The part of a payload that has not arrived.
#[derive(Debug, Clone, Copy)]
struct Remaining {
    /// In bytes; a frame has at most [`MAX_INCOMING_FRAME_SIZE`].
    size: u32,
    /// Rotated to where the part begins.
    mask: Option<[u8; 4]>,
    fin: bool,
}

impl Remaining {
    /// Takes the next `count` bytes of the payload, which are at the front of `input`, and unmasks them there.
    fn take<'b>(&mut self, input: &mut &'b mut [u8]) -> &'b mut [u8] {
        let count = (self.size as usize).min(input.len());
        let (piece, rest) = mem::take(input).split_at_mut(count);
        *input = rest;
        self.unmask(piece);
        piece
    }

    /// Unmasks `piece`, the next bytes of the payload.
    fn unmask(&mut self, piece: &mut [u8]) {
        if let Some(key) = &mut self.mask {
            apply_mask(piece, *key, 0);
            *key = rotate_key(*key, piece.len());
        }
        self.size -= piece.len() as u32;
    }
}

/// The message that is being put together.
#[derive(Debug)]
enum Assembly {
    None,
    Open(Message),
    /// Its last frame was reported, the message itself is the next event.
    Complete(Message),
}

impl DataProcessor {
    /// A processor for one end of a connection, in front of the first frame.
    #[must_use]
    pub const fn new(role: Role) -> Self {
        Self {
            unfinished: None,
            settings: Settings {
                max_frame_size: MAX_INCOMING_FRAME_SIZE as u32,
                max_message_size: MAX_INCOMING_MESSAGE_SIZE as u32,
                role,
                wants_frames: false,
                rsv1_allowed: false,
            },
        }
    }

    /// The end of the connection that receives here.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.settings.role
    }

    /// Sets which end of the connection receives here, for a new connection.
    pub fn set_role(&mut self, role: Role) {
        self.settings.role = role;
    }

    /// The largest frame that is taken, in bytes of payload; by default [`MAX_INCOMING_FRAME_SIZE`].
    #[must_use]
    pub const fn max_allowed_frame_size(&self) -> u64 {
        self.settings.max_frame_size as u64
    }

    /// Sets the largest frame that is taken, in bytes of payload; more than [`MAX_INCOMING_FRAME_SIZE`] is ignored.
    /// It holds from the next frame on.
    #[doc(alias = "setMaxAllowedFrameSize")]
    pub fn set_max_allowed_frame_size(&mut self, size: u64) {
        if size <= MAX_INCOMING_FRAME_SIZE {
            self.settings.max_frame_size = size as u32;
        }
    }

    /// The largest message that is taken, in bytes; by default [`MAX_INCOMING_MESSAGE_SIZE`].
    #[must_use]
    pub const fn max_allowed_message_size(&self) -> u64 {
        self.settings.max_message_size as u64
    }

    /// Sets the largest message that is taken, in bytes; more than [`MAX_INCOMING_MESSAGE_SIZE`] is ignored. It
    /// holds from the next frame on.
    #[doc(alias = "setMaxAllowedMessageSize")]
    pub fn set_max_allowed_message_size(&mut self, size: u64) {
        if size <= MAX_INCOMING_MESSAGE_SIZE {
            self.settings.max_message_size = size as u32;
        }
    }

    /// Sets whether the frames of a message that has several are reported one by one, before the message; not by
    /// default. It holds from the next frame on that is complete.
    pub fn set_wants_frames(&mut self, wants_frames: bool) {
        self.settings.wants_frames = wants_frames;
    }

    /// Sets whether a negotiated extension uses the RSV1 bit; not by default.
    ///
    /// Such messages come as [`Event::ExtendedMessage`], for the extension to decode and validate.
    pub fn set_rsv1_allowed(&mut self, allowed: bool) {
        self.settings.rsv1_allowed = allowed;
    }

    /// Takes the front of `input` up to the next event and returns that; `None` when all of it is taken and more
    /// is needed.
    ///
    /// The input is unmasked in place. What is left of it after an event has to be fed before anything that
    /// was received later, also by a caller that enters again while the event is handled. At the end of a
    /// message the processor is done with it: what enters again begins a new one.
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
    /// assert!(processor.next_whole_message(&mut input[message.payload.end..]).is_none(), "that is a ping");
    /// ```
    #[inline]
    pub fn next_whole_message(&mut self, input: &mut [u8]) -> Option<WholeMessage> {
        if self.unfinished.is_some() {
            return None;
        }
        let WholeMessageHeader { is_text, mask, length, size } =
            WholeMessageHeader::read(input, self.settings.role)?;
        let max_length = self.settings.max_frame_size.min(self.settings.max_message_size) as usize;
        if length > max_length || length > input.len() - size {
            return None;
        }
        let payload = size..size + length;
        if let Some(key) = mask {
            apply_mask(&mut input[payload.clone()], key, 0);
        }
        Some(WholeMessage { is_text, payload })
    }

    /// Where the caller may receive next, if the frame in progress has much to come: up to 1 MiB of the message's
    /// own memory. Call [`direct_filled`](DataProcessor::direct_filled) with the number of bytes received.
    ///
    /// `None` if there are not more than 32 KiB to come: receive into a buffer then, and
    /// [`process`](DataProcessor::process) that. What is in the memory before is of no meaning.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{BufferPool, DataProcessor, FrameHeader, OpCode, Role};
    /// use std::io::Read;
    ///
    /// let mut pool = BufferPool::new();
    /// let mut processor = DataProcessor::new(Role::Client);
    /// let mut header = FrameHeader::whole(OpCode::Binary).encode(None, 100_000).to_vec();
    /// assert!(processor.process(&mut &mut header[..], &mut pool).is_none());
    ///
    /// let mut connection = std::io::repeat(7);
    /// let space = processor.direct_space(&mut pool).unwrap();
    /// assert_eq!(space.len(), 100_000);
    /// let count = connection.read(space)?;
    /// let message = processor.direct_filled(count, &mut pool);
    /// assert!(message.is_some());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn direct_space(&mut self, pool: &mut BufferPool) -> Option<&mut [u8]> {
        self.unfinished.as_deref_mut()?.direct_space(pool)
    }

    /// Takes the first `count` bytes of what [`direct_space`](DataProcessor::direct_space) offered as received.
    ///
    /// After an event, call [`process`](DataProcessor::process) with an empty input for those that may follow.
    pub fn direct_filled(&mut self, count: usize, pool: &mut BufferPool) -> Option<Event<'static>> {
        self.advance(pool, |unfinished, settings, pool| unfinished.direct_filled(settings, count, pool))
    }

    /// Whether a frame has begun to arrive and is not complete.
    #[must_use]
    pub const fn is_mid_frame(&self) -> bool {
        match &self.unfinished {
            Some(unfinished) => unfinished.is_mid_frame(),
            None => false,
        }
    }

    /// Whether a text or binary message has begun to arrive and is not complete.
    #[must_use]
    pub const fn is_mid_message(&self) -> bool {
        match &self.unfinished {
            Some(unfinished) => matches!(unfinished.assembly, Assembly::Open(_)),
            None => false,
        }
    }

    /// Whether the last event has been: a close frame or an error.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        match &self.unfinished {
            Some(unfinished) => matches!(unfinished.state, State::Finished),
            None => false,
        }
    }

    /// Forgets everything that has arrived, for a new connection; settings stay.
    pub fn clear(&mut self) {
        self.unfinished = None;
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
                self.unfinished = Some(Box::new(Unfinished::FINISHED));
                Some(Event::Error(ProtocolError::InvalidUtf8))
            }
        }
    }

    /// The way of everything else: control frames, fragments, and what the end of an input has cut.
    #[inline(never)]
    fn process_pieces<'b>(&mut self, input: &mut &'b mut [u8], pool: &mut BufferPool) -> Option<Event<'b>> {
        if self.unfinished.is_none() && input.is_empty() {
            return None;
        }
        self.advance(pool, |unfinished, settings, pool| unfinished.process(settings, input, pool))
    }

    /// Lets `step` go on with what is unfinished, and holds it only as long as it is.
    fn advance<'b>(
        &mut self,
        pool: &mut BufferPool,
        step: impl FnOnce(&mut Unfinished, &Settings, &mut BufferPool) -> Option<Event<'b>>,
    ) -> Option<Event<'b>> {
        let mut unfinished = self.unfinished.take().unwrap_or_else(|| pool.take_unfinished());
        let event = step(&mut unfinished, &self.settings, pool);
        if unfinished.is_between_messages() {
            pool.recycle_unfinished(unfinished);
        } else {
            self.unfinished = Some(unfinished);
        }
        event
    }
}

/// What has begun to arrive and is not complete.
#[derive(Debug)]
pub(super) struct Unfinished {
    state: State,
    assembly: Assembly,
}

impl Unfinished {
    /// In front of the first frame of a message.
    pub(super) const NOTHING: Self = Self { state: State::BETWEEN_FRAMES, assembly: Assembly::None };
    const FINISHED: Self = Self { state: State::Finished, assembly: Assembly::None };

    const fn is_between_messages(&self) -> bool {
        matches!(self.state, State::Header(PartialHeader { filled: 0, .. }))
            && matches!(self.assembly, Assembly::None)
    }

    const fn is_mid_frame(&self) -> bool {
        match self.state {
            State::Header(PartialHeader { filled, .. }) => filled > 0,
            State::Data(_) | State::Control { .. } => true,
            State::Finished => false,
        }
    }

    fn direct_space(&mut self, pool: &mut BufferPool) -> Option<&mut [u8]> {
        let (State::Data(remaining), Assembly::Open(message)) = (&self.state, &mut self.assembly) else {
            return None;
        };
        let size = remaining.size as usize;
        if size <= DIRECT {
            return None;
        }
        let space = message.space(pool);
        let offered = space.len().min(size).min(MAX_DIRECT);
        Some(&mut space[..offered])
    }

    fn direct_filled(
        &mut self,
        settings: &Settings,
        count: usize,
        pool: &mut BufferPool,
    ) -> Option<Event<'static>> {
        let (State::Data(remaining), Assembly::Open(message)) = (&mut self.state, &mut self.assembly) else {
            return None;
        };
        let count = count.min(remaining.size as usize);
        let filled = message.fill(count, |piece| remaining.unmask(piece));
        let Remaining { size, fin, .. } = *remaining;
        match filled {
            Err(error) => self.fail(error),
            Ok(()) if size > 0 => None,
            Ok(()) => self.end_frame(settings, None, fin, pool),
        }
    }

    fn process<'b>(
        &mut self,
        settings: &Settings,
        input: &mut &'b mut [u8],
        pool: &mut BufferPool,
    ) -> Option<Event<'b>> {
        if matches!(self.assembly, Assembly::Complete(_)) {
            return self.take_complete();
        }
        loop {
            let event = match self.state {
                State::Header(PartialHeader { filled, .. }) => {
                    let received = if filled == 0 {
                        self.begin_header(settings, input)
                    } else {
                        self.complete_header(settings, input)
                    };
                    match received {
                        Ok(received) => self.begin_frame(settings, received, input, pool),
                        Err(NoHeader::Incomplete) => return None,
                        Err(NoHeader::Invalid(error)) => self.fail(error),
                    }
                }
                State::Data(ref mut remaining) => {
                    if input.is_empty() && remaining.size > 0 {
                        return None;
                    }
                    let piece = remaining.take(input);
                    self.append(settings, piece, pool)
                }
                State::Control { ref mut remaining, ref mut payload, op_code } => {
                    pool.append(payload, remaining.take(input));
                    if remaining.size > 0 {
                        return None;
                    }
                    let payload = Payload::Owned(mem::take(payload));
                    self.state = State::BETWEEN_FRAMES;
                    self.control_event(op_code, payload)
                }
                State::Finished => {
                    *input = &mut [];
                    return None;
                }
            };
            if event.is_some() {
                return event;
            }
        }
    }

    fn fail<'b>(&mut self, error: ProtocolError) -> Option<Event<'b>> {
        self.finish();
        Some(Event::Error(error))
    }

    fn finish(&mut self) {
        self.state = State::Finished;
        self.assembly = Assembly::None;
    }

    /// Reads a header at the front of the input, or keeps the beginning of it until its rest arrives.
    fn begin_header(
        &mut self,
        settings: &Settings,
        input: &mut &mut [u8],
    ) -> Result<ReceivedHeader, NoHeader> {
        let result = read_header(input, settings.role, settings.rsv1_allowed);
        match result {
            Ok(ReceivedHeader { size, .. }) => skip(input, size),
            Err(NoHeader::Incomplete) => {
                let mut partial =
                    PartialHeader { bytes: [0; MAX_FRAME_HEADER_SIZE], filled: input.len() as u8 };
                partial.bytes[..input.len()].copy_from_slice(input);
                self.state = State::Header(partial);
                *input = &mut [];
            }
            Err(NoHeader::Invalid(_)) => {}
        }
        result
    }

    /// Adds bytes to the kept beginning of a header.
    fn complete_header(
        &mut self,
        settings: &Settings,
        input: &mut &mut [u8],
    ) -> Result<ReceivedHeader, NoHeader> {
        let State::Header(partial) = &mut self.state else { return Err(NoHeader::Incomplete) };
        while let Some(&byte) = input.first() {
            skip(input, 1);
            // A header is complete with its last byte, so there is room for every byte before.
            partial.bytes[usize::from(partial.filled)] = byte;
            partial.filled += 1;
            let bytes = &partial.bytes[..usize::from(partial.filled)];
            match read_header(bytes, settings.role, settings.rsv1_allowed) {
                Err(NoHeader::Incomplete) => {}
                result => {
                    self.state = State::BETWEEN_FRAMES;
                    return result;
                }
            }
        }
        Err(NoHeader::Incomplete)
    }

    /// Goes from a header to its payload; a control frame that is in the input is an event at once.
    fn begin_frame<'b>(
        &mut self,
        settings: &Settings,
        received: ReceivedHeader,
        input: &mut &'b mut [u8],
        pool: &mut BufferPool,
    ) -> Option<Event<'b>> {
        let ReceivedHeader { header, mask, length, .. } = received;
        if length > settings.max_frame_size.into() {
            return self.fail(ProtocolError::FrameTooLarge);
        }
        let mut remaining = Remaining { size: length as u32, mask, fin: header.fin };
        if header.op_code.is_control() {
            let op_code = header.op_code;
            if length <= input.len() as u64 {
                return self.control_event(op_code, Payload::Borrowed(remaining.take(input)));
            }
            let payload = pool.take_for(length as usize);
            self.state = State::Control { op_code, remaining, payload };
            return None;
        }
        if let Err(error) = self.check_data_frame(settings, header.op_code, length) {
            return self.fail(error);
        }
        if let Assembly::None = self.assembly {
            self.assembly = Assembly::Open(Message::new(header, pool.take_for(length as usize)));
        }
        self.state = State::Data(remaining);
        None
    }

    /// What a data frame can do wrong by its place in the message.
    fn check_data_frame(
        &self,
        settings: &Settings,
        op_code: OpCode,
        length: u64,
    ) -> Result<(), ProtocolError> {
        let accumulated = match (&self.assembly, op_code) {
            (Assembly::Open(message), OpCode::Continue) => message.len() as u64,
            (Assembly::Open(_), _) => return Err(ProtocolError::ExpectedContinuation),
            (_, OpCode::Continue) => return Err(ProtocolError::UnexpectedContinuation),
            _ => 0,
        };
        if accumulated + length > settings.max_message_size.into() {
            return Err(ProtocolError::MessageTooLarge);
        }
        Ok(())
    }

    /// Adds a piece of a data frame to the message.
    fn append<'b>(
        &mut self,
        settings: &Settings,
        piece: &'b [u8],
        pool: &mut BufferPool,
    ) -> Option<Event<'b>> {
        let (State::Data(remaining), Assembly::Open(message)) = (&self.state, &mut self.assembly) else {
            return None;
        };
        let Remaining { size, fin, .. } = *remaining;
        let is_first_piece = message.is_at_frame_start();
        match message.append(piece, pool) {
            Err(error) => self.fail(error),
            Ok(()) if size > 0 => None,
            Ok(()) => self.end_frame(settings, is_first_piece.then_some(piece), fin, pool),
        }
    }

    /// Ends a data frame, and with the last one the message.
    fn end_frame<'b>(
        &mut self,
        settings: &Settings,
        whole: Option<&'b [u8]>,
        fin: bool,
        pool: &mut BufferPool,
    ) -> Option<Event<'b>> {
        self.state = State::BETWEEN_FRAMES;
        let Assembly::Open(mut message) = mem::replace(&mut self.assembly, Assembly::None) else {
            return None;
        };
        if fin && let Err(error) = message.finish() {
            return self.fail(error);
        }
        let frame = message.end_frame(settings.wants_frames, whole, fin, pool);
        match (fin, frame) {
            (true, None) => Some(message.into_event()),
            (true, frame) => {
                self.assembly = Assembly::Complete(message);
                frame
            }
            (false, frame) => {
                self.assembly = Assembly::Open(message);
                frame
            }
        }
    }

    fn take_complete<'b>(&mut self) -> Option<Event<'b>> {
        match mem::replace(&mut self.assembly, Assembly::None) {
            Assembly::Complete(message) => Some(message.into_event()),
            _ => None,
        }
    }

    fn control_event<'b>(&mut self, op_code: OpCode, payload: Payload<'b>) -> Option<Event<'b>> {
        Some(match op_code {
            OpCode::Ping => Event::Ping(payload),
            OpCode::Pong => Event::Pong(payload),
            _ => {
                self.finish();
                close_event(payload)
            }
        })
    }
}

/// Drops the first `count` bytes of the input.
#[inline]
fn skip(input: &mut &mut [u8], count: usize) {
    *input = &mut mem::take(input)[count..];
}
