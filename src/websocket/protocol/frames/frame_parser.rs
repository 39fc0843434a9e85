//! The parser of frames (RFC 6455 §5.2) and of the messages they make: control frames, fragments, and anything that the end of an
//! input has cut. Of a message that lies in the input whole, only the header is read here: `data_processor` takes it as it is.

use std::mem;

use super::chunks::Announced;
use super::close_frame::close_event;
use super::event::{Event, Payload};
use super::frame::{
    FIN, FrameHeader, LENGTH, LENGTH_IS_16_BITS, LENGTH_IS_64_BITS, MASKED, MAX_FRAME_HEADER_SIZE, OP_CODE,
    RSV1, RSV2_AND_RSV3,
};
use super::free_buffers::FreeBuffers;
use super::mask::{apply_mask, rotate_key};
use super::message::Message;
use super::op_code::OpCode;
use super::payload_buffer::PayloadBuffer;
use super::protocol_error::ProtocolError;
use crate::websocket::protocol::limits::max_compressed_size;
use crate::websocket::protocol::{MAX_CONTROL_PAYLOAD_SIZE, Role};

/// A payload with more than this to come is worth a read of its own, straight into the message.
const DIRECT: usize = 32 * 1024;

const MAX_CONTROL_LENGTH: u8 = MAX_CONTROL_PAYLOAD_SIZE as u8;

/// The settings of a processor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) max_frame_size: u32,
    pub(super) max_message_size: u32,
    /// The limit of the message that an extension makes of it.
    pub(super) max_extended_size: u32,
    pub(super) role: Role,
    pub(super) wants_frames: bool,
    pub(super) rsv1_allowed: bool,
    /// Set if the last message was so large that it was received into its own memory.
    pub(super) direct: bool,
}

impl Settings {
    /// The most bytes of a message on the wire.
    fn max_received(&self, is_extended: bool) -> u64 {
        match is_extended {
            false => self.max_message_size.into(),
            true => max_compressed_size(self.max_extended_size.min(self.max_message_size).into()),
        }
    }
}

/// A parser, with everything that has begun to arrive and is not complete.
#[derive(Debug)]
pub(super) struct FrameParser {
    state: State,
    assembly: Assembly,
    /// The time at which it began, as the owner of the processor counts it, once that has noted it.
    begun: Option<u64>,
}

/// The place of the next byte in the stream of frames.
#[derive(Debug)]
enum State {
    /// In front of a frame, or within its header.
    Header(PartialHeader),
    /// In the payload of a text, binary or continuation frame.
    Data(Remaining),
    /// In the payload of a control frame.
    Control { op_code: OpCode, remaining: Remaining, payload: PayloadBuffer },
    /// Behind a message that its receiver has not done with: whatever comes has to wait.
    #[cfg(feature = "deflate")]
    Paused,
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
    /// In bytes; a frame has at most [`MAX_INCOMING_FRAME_SIZE`](crate::websocket::protocol::MAX_INCOMING_FRAME_SIZE).
    size: u32,
    /// Rotated to where the part begins.
    mask: Option<[u8; 4]>,
    fin: bool,
}

impl Remaining {
    fn announced(self) -> Announced {
        Announced { rest: self.size as usize, is_last: self.fin }
    }

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

impl FrameParser {
    /// In front of the first frame of a message.
    pub(super) const NOTHING: Self =
        Self { state: State::BETWEEN_FRAMES, assembly: Assembly::None, begun: None };
    #[cfg(feature = "deflate")]
    pub(super) const PAUSED: Self = Self { state: State::Paused, assembly: Assembly::None, begun: None };
    pub(super) const FINISHED: Self = Self { state: State::Finished, assembly: Assembly::None, begun: None };

    pub(super) const fn is_between_messages(&self) -> bool {
        matches!(self.state, State::Header(PartialHeader { filled: 0, .. }))
            && matches!(self.assembly, Assembly::None)
    }

    pub(super) const fn is_mid_frame(&self) -> bool {
        match self.state {
            State::Header(PartialHeader { filled, .. }) => filled > 0,
            State::Data(_) | State::Control { .. } => true,
            #[cfg(feature = "deflate")]
            State::Paused => false,
            State::Finished => false,
        }
    }

    /// The number of bytes still to come of the payload of a frame that has begun.
    pub(super) const fn rest_of_frame(&self) -> usize {
        match &self.state {
            State::Data(remaining) | State::Control { remaining, .. } => remaining.size as usize,
            _ => 0,
        }
    }

    pub(super) const fn is_mid_message(&self) -> bool {
        matches!(self.assembly, Assembly::Open(_))
    }

    /// Notes when what is unfinished began, if that is not known.
    pub(super) fn note(&mut self, now: u64) {
        self.begun.get_or_insert(now);
    }

    pub(super) fn delay(&mut self, delay: u64) {
        self.begun = self.begun.map(|begun| begun + delay);
    }

    /// The time at which the unfinished message began, if it was noted, and how much of it has arrived.
    pub(super) fn since(&self) -> Option<(u64, usize)> {
        let received = match &self.assembly {
            Assembly::Open(message) | Assembly::Complete(message) => message.len(),
            Assembly::None => 0,
        };
        Some((self.begun?, received))
    }

    /// Forgets that time: the next bytes are another message.
    pub(super) fn forget_beginning(&mut self) {
        self.begun = None;
    }

    #[cfg(feature = "deflate")]
    pub(super) const fn is_paused(&self) -> bool {
        matches!(self.state, State::Paused)
    }

    pub(super) const fn is_finished(&self) -> bool {
        matches!(self.state, State::Finished)
    }

    pub(super) fn direct_space(&mut self, pool: &mut FreeBuffers) -> Option<&mut [u8]> {
        let (State::Data(remaining), Assembly::Open(message)) = (&self.state, &mut self.assembly) else {
            return None;
        };
        if remaining.size as usize <= DIRECT {
            return None;
        }
        message.space(remaining.announced(), pool)
    }

    pub(super) fn direct_filled(
        &mut self,
        settings: &Settings,
        count: usize,
        pool: &mut FreeBuffers,
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

    pub(super) fn process<'b>(
        &mut self,
        settings: &Settings,
        input: &mut &'b mut [u8],
        pool: &mut FreeBuffers,
    ) -> Option<Event<'b>> {
        if matches!(self.assembly, Assembly::Complete(_)) {
            return self.take_complete(pool);
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
                    let announced = remaining.announced();
                    let piece = remaining.take(input);
                    self.append(settings, piece, announced, pool)
                }
                State::Control { ref mut remaining, ref mut payload, op_code } => {
                    payload.append(remaining.take(input));
                    if remaining.size > 0 {
                        return None;
                    }
                    let payload = Payload::Owned(mem::take(payload));
                    self.state = State::BETWEEN_FRAMES;
                    self.control_event(op_code, payload)
                }
                #[cfg(feature = "deflate")]
                State::Paused => return None,
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
        pool: &mut FreeBuffers,
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
            match pool.take_paid(length as usize, MAX_CONTROL_PAYLOAD_SIZE) {
                Ok(payload) => self.state = State::Control { op_code, remaining, payload },
                Err(error) => return self.fail(error),
            }
            return None;
        }
        if let Err(error) = self.check_data_frame(settings, header, length) {
            return self.fail(error);
        }
        if header.rsv1 && header.fin && length <= input.len() as u64 {
            let payload = Payload::Borrowed(remaining.take(input));
            return Some(Event::ExtendedMessage { op_code: header.op_code, payload });
        }
        if let Assembly::None = self.assembly {
            self.assembly = Assembly::Open(Message::new(header));
        }
        self.state = State::Data(remaining);
        None
    }

    /// Checks that a data frame may stand at its place in the message.
    fn check_data_frame(
        &self,
        settings: &Settings,
        header: FrameHeader,
        length: u64,
    ) -> Result<(), ProtocolError> {
        let (accumulated, is_extended) = match (&self.assembly, header.op_code) {
            (Assembly::Open(message), OpCode::Continue) => (message.len() as u64, message.is_extended()),
            (Assembly::Open(_), _) => return Err(ProtocolError::ExpectedContinuation),
            (_, OpCode::Continue) => return Err(ProtocolError::UnexpectedContinuation),
            _ => (0, header.rsv1),
        };
        if accumulated + length > settings.max_received(is_extended) {
            return Err(ProtocolError::MessageTooLarge);
        }
        Ok(())
    }

    /// Adds a piece of a data frame to the message.
    fn append<'b>(
        &mut self,
        settings: &Settings,
        piece: &'b [u8],
        announced: Announced,
        pool: &mut FreeBuffers,
    ) -> Option<Event<'b>> {
        let (State::Data(remaining), Assembly::Open(message)) = (&self.state, &mut self.assembly) else {
            return None;
        };
        let Remaining { size, fin, .. } = *remaining;
        let is_first_piece = message.is_at_frame_start();
        match message.append(piece, announced, pool) {
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
        pool: &mut FreeBuffers,
    ) -> Option<Event<'b>> {
        self.state = State::BETWEEN_FRAMES;
        let Assembly::Open(message) = &mut self.assembly else { return None };
        if fin && let Err(error) = message.finish() {
            return self.fail(error);
        }
        let frame = message.end_frame(settings.wants_frames, whole, fin, pool);
        if !fin {
            return frame;
        }
        self.forget_beginning();
        match (mem::replace(&mut self.assembly, Assembly::None), frame) {
            (Assembly::Open(message), Some(frame)) => {
                self.assembly = Assembly::Complete(message);
                Some(frame)
            }
            (Assembly::Open(message), None) => Some(self.completed(message, pool)),
            _ => None,
        }
    }

    fn take_complete<'b>(&mut self, pool: &mut FreeBuffers) -> Option<Event<'b>> {
        match mem::replace(&mut self.assembly, Assembly::None) {
            Assembly::Complete(message) => Some(self.completed(message, pool)),
            _ => None,
        }
    }

    fn completed<'b>(&mut self, message: Message, pool: &mut FreeBuffers) -> Event<'b> {
        let event = message.into_event(pool);
        if matches!(event, Event::Error(_)) {
            self.finish();
        }
        event
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

/// A header that was read, with all that a header alone can do wrong ruled out.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReceivedHeader {
    pub(super) header: FrameHeader,
    pub(super) mask: Option<[u8; 4]>,
    pub(super) length: u64,
    /// The size of the header itself, in bytes.
    pub(super) size: usize,
}

/// The reason why some bytes contain no header.
#[derive(Clone, Copy, Debug)]
pub(super) enum NoHeader {
    /// More bytes are needed.
    Incomplete,
    /// No further byte can make it right.
    Invalid(ProtocolError),
}

impl From<ProtocolError> for NoHeader {
    fn from(error: ProtocolError) -> Self {
        Self::Invalid(error)
    }
}

/// Reads the header at the front of `bytes`, as `role` receives it.
///
/// The checks come in Qt's order, each as soon as its bytes are there.
#[inline]
pub(super) fn read_header(bytes: &[u8], role: Role, rsv1_allowed: bool) -> Result<ReceivedHeader, NoHeader> {
    let &[first, second, ref rest @ ..] = bytes else { return Err(NoHeader::Incomplete) };
    let header = check_first_bytes(first, second, role, rsv1_allowed)?;
    let (length, rest) = read_length(second & LENGTH, rest)?;
    let (mask, rest) = match (second & MASKED != 0, rest) {
        (false, _) => (None, rest),
        (true, &[a, b, c, d, ref rest @ ..]) => (Some([a, b, c, d]), rest),
        (true, _) => return Err(NoHeader::Incomplete),
    };
    Ok(ReceivedHeader { header, mask, length, size: bytes.len() - rest.len() })
}

/// The header of a message in one frame without extensions, which nearly all traffic is.
#[derive(Clone, Copy, Debug)]
pub(super) struct WholeMessageHeader {
    pub(super) is_text: bool,
    pub(super) mask: Option<[u8; 4]>,
    pub(super) length: usize,
    /// The size of the header itself, in bytes.
    pub(super) size: usize,
}

impl WholeMessageHeader {
    /// `None` if the header at the front of `bytes` is another, incomplete or wrong: [`read_header`] says which.
    #[inline(always)]
    pub(super) fn read(bytes: &[u8], role: Role) -> Option<Self> {
        const WHOLE_TEXT: u8 = FIN | 0x1;
        const WHOLE_BINARY: u8 = FIN | 0x2;
        let (&[first, second], rest) = bytes.split_first_chunk()?;
        if !matches!(first, WHOLE_TEXT | WHOLE_BINARY) {
            return None;
        }
        let (length, size, rest) = match second & LENGTH {
            length if length < LENGTH_IS_16_BITS => (length.into(), 2, rest),
            length => {
                let (length, after) = read_length(length, rest).ok()?;
                (length, 2 + rest.len() - after.len(), after)
            }
        };
        let length = usize::try_from(length).ok()?;
        let is_text = first == WHOLE_TEXT;
        match (role, second & MASKED != 0) {
            (Role::Server, true) => {
                let mask = Some(*rest.first_chunk()?);
                Some(Self { is_text, mask, length, size: size + 4 })
            }
            (Role::Client, false) => Some(Self { is_text, mask: None, length, size }),
            _ => None,
        }
    }
}

#[inline]
fn check_first_bytes(
    first: u8,
    second: u8,
    role: Role,
    rsv1_allowed: bool,
) -> Result<FrameHeader, ProtocolError> {
    let op_code = OpCode::from_bits(first & OP_CODE);
    let rsv1 = first & RSV1 != 0;
    // An extension marks the first frame of a message only (RFC 7692 §6.1).
    let rsv1_valid = !rsv1 || (rsv1_allowed && matches!(op_code, Some(OpCode::Text | OpCode::Binary)));
    if first & RSV2_AND_RSV3 != 0 || !rsv1_valid {
        return Err(ProtocolError::NonZeroRsv);
    }
    let op_code = op_code.ok_or(ProtocolError::ReservedOpCode)?;
    let fin = first & FIN != 0;
    if op_code.is_control() {
        if second & LENGTH > MAX_CONTROL_LENGTH {
            return Err(ProtocolError::ControlFrameTooLarge);
        }
        if !fin {
            return Err(ProtocolError::FragmentedControlFrame);
        }
    }
    match (role, second & MASKED != 0) {
        (Role::Server, false) => Err(ProtocolError::UnmaskedFrame),
        (Role::Client, true) => Err(ProtocolError::MaskedFrame),
        _ => Ok(FrameHeader { fin, rsv1, op_code }),
    }
}

/// The payload length, and what follows it.
#[inline]
fn read_length(short: u8, rest: &[u8]) -> Result<(u64, &[u8]), NoHeader> {
    match short {
        LENGTH_IS_16_BITS => {
            let (bytes, rest) = rest.split_first_chunk::<2>().ok_or(NoHeader::Incomplete)?;
            let length = u16::from_be_bytes(*bytes);
            if length < u16::from(LENGTH_IS_16_BITS) {
                return Err(ProtocolError::LengthFitsOneByte.into());
            }
            Ok((length.into(), rest))
        }
        LENGTH_IS_64_BITS => {
            let (bytes, rest) = rest.split_first_chunk::<8>().ok_or(NoHeader::Incomplete)?;
            let length = u64::from_be_bytes(*bytes);
            if length >> 63 != 0 {
                return Err(ProtocolError::LengthHighestBitSet.into());
            }
            if length <= u16::MAX.into() {
                return Err(ProtocolError::LengthFitsTwoBytes.into());
            }
            Ok((length, rest))
        }
        length => Ok((length.into(), rest)),
    }
}
