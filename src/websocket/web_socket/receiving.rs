//! Receiving on an open connection (private).
//!
//! One buffer of the thread is filled and taken apart in place; a slot gets slices of it. After each slot the loop looks
//! whether the connection is still open: the slot may have closed it, deleted the socket, or opened it anew. A slot that
//! enters the event loop receives what is left in the buffer there, before anything that comes later.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;

use log::Level;

use super::private::Socket;
use super::transport::{Closing, Transport};
use crate::core::event_dispatcher::InProgress;
use crate::core::poller::SourceKey;
use crate::core::sequence::Sequence;
use crate::network::abstract_socket::SocketFailure;
use crate::network::socket_engine::{ReadOutcome, ReceivingTurn, SocketClient, SocketEngine, Unread};
use crate::websocket::protocol::{Event, ProtocolError};
use crate::websocket::read_buffer::{LentReadBuffer, ReadBuffer};
use crate::{SocketError, SocketState};

/// The size of the pieces in which scattered input is processed.
const PIECE: usize = 16 * 1024;

/// Reads of a turn that throw away what they bring.
const DISCARDING_READS: usize = 2;

/// The size of the first read of a message that is likely to be large: enough to know whether it is. The rest is received
/// straight into the message's memory.
const BEGINNING: usize = 16 * 1024;

/// The outcome of reading, until others get their turn.
enum Outcome {
    /// There is nothing more for now.
    Done,
    /// There may be more.
    Unfinished,
    /// A stream of messages is full.
    Held,
    /// The bytes that were read only added to output that is not taken.
    PeerDoesNotRead,
    /// The peer has closed the connection, or it broke.
    Ended(SocketFailure),
    /// This side has closed it.
    Closed,
}

impl Socket {
    /// Reads until there is nothing more for now, or for as long as is fair.
    pub(super) fn read_frames(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        let outcome = self.read_for_a_turn(engine);
        let mut sequence = Sequence::begin();
        if engine.has_encryption() {
            sequence.step(|| self.tell_tls_events(engine));
        }
        match outcome {
            Outcome::Done => self.note_read(),
            Outcome::Unfinished => {
                self.note_read();
                engine.read_in_next_turn();
            }
            Outcome::PeerDoesNotRead => {
                self.wait_for_peer();
                self.note_read();
            }
            Outcome::Held => self.note_read(),
            Outcome::Ended(cause) => self.connection_lost(engine, cause),
            Outcome::Closed => {}
        }
    }

    fn read_for_a_turn(self: &Rc<Self>, engine: &Rc<SocketEngine>) -> Outcome {
        let input = Input::begin(engine);
        let mut turn = ReceivingTurn::begin(engine);
        loop {
            if !engine.is_open() {
                return Outcome::Closed;
            }
            if self.is_decompressing() {
                let Some(event) = self.go_on_decompressing(&input.buffer) else { return Outcome::Unfinished };
                let _receiving = Receiving::begin(engine, &input.buffer);
                self.report(engine, event, &input.buffer);
                turn.message_handled();
                turn.look();
                if turn.is_over() && engine.is_open() {
                    return Outcome::Unfinished;
                }
                continue;
            }
            if self.is_half_full(engine) {
                return Outcome::PeerDoesNotRead;
            }
            if self.is_reception_held() && !engine.is_broken() {
                return Outcome::Held;
            }
            // Frames of fragmented messages are copied for their signals only if somebody listens.
            self.processor.borrow_mut().set_wants_frames(self.signals.frames_are_wanted());
            let waiting = engine.bytes_to_write();
            let outcome = if input.take_unread() {
                self.receive(&input, &mut turn);
                ReadOutcome::More(0)
            } else {
                self.read_once(&input, &mut turn)
            };
            if engine.is_open() && self.is_decompressing() {
                return Outcome::Unfinished;
            }
            if engine.is_open() && self.pauses_after_read(engine, waiting) {
                return Outcome::PeerDoesNotRead;
            }
            if turn.is_over() && engine.is_open() && !input.buffer.unread().is_empty() {
                turn.leaves_unread();
                return Outcome::Unfinished;
            }
            match outcome {
                ReadOutcome::More(_) => turn.may_go_on(),
                ReadOutcome::Last(_) | ReadOutcome::Nothing => return Outcome::Done,
                ReadOutcome::End => return Outcome::Ended(SocketError::RemoteHostClosed.into()),
                ReadOutcome::Failed(error) => return Outcome::Ended(error.into()),
            }
            if turn.is_over() {
                return Outcome::Unfinished;
            }
        }
    }

    /// One read, and all that it brought, or as much as the turn lasts: into the message itself if much of that is to come,
    /// else into the buffer.
    fn read_once(self: &Rc<Self>, input: &Input<'_>, turn: &mut ReceivingTurn<'_>) -> ReadOutcome {
        let Input { engine, buffer } = input;
        let mut processor = self.processor.borrow_mut();
        let direct_space =
            processor.direct_space(&mut buffer.pool.borrow_mut()).map(|space| engine.read(space));
        match direct_space {
            Some(outcome) => {
                if let ReadOutcome::More(count) | ReadOutcome::Last(count) = outcome {
                    turn.has_read(count);
                    let event = processor.direct_filled(count, &mut buffer.pool.borrow_mut());
                    drop(processor);
                    if let Some(event) = event {
                        self.handle(engine, event, buffer);
                        turn.message_handled();
                        self.receive(input, turn);
                    }
                }
                outcome
            }
            None => {
                let size = self.limited_to_read_buffer(turn.read_size());
                let size = if processor.expects_large_message() { size.min(BEGINNING) } else { size };
                drop(processor);
                let outcome = engine.read(&mut buffer.bytes.borrow_mut()[..size]);
                if let ReadOutcome::More(count) | ReadOutcome::Last(count) = outcome {
                    turn.has_read(count);
                    buffer.set_unread(0..count);
                    self.receive(input, turn);
                }
                outcome
            }
        }
    }

    /// Keeps bytes that came with the handshake, and the rest with the system, until the signals of the opening were emitted. A
    /// slot that enters the event loop meanwhile receives them there.
    pub(super) fn hold(&self, engine: &Rc<SocketEngine>, bytes: &[u8], may_have_more: bool) -> Option<Held> {
        if bytes.is_empty() && !may_have_more {
            return None;
        }
        if !bytes.is_empty() {
            engine.put_back(Unread { bytes: bytes.into(), start: 0 });
        }
        let in_progress = engine.key().map(InProgress::begin);
        Some(Held { engine: engine.clone(), _in_progress: in_progress })
    }

    /// Handles what was kept, and then what comes later.
    pub(super) fn begin_receiving(self: &Rc<Self>, engine: &Rc<SocketEngine>, held: Option<Held>) {
        let may_be_read = held.is_some();
        drop(held);
        if self.id_of(engine).is_some() {
            self.note_read();
            if may_be_read {
                self.read_frames(engine);
            }
        }
    }

    /// Takes apart what the buffer has unread, one event after the other, as long as the turn lasts.
    fn receive(self: &Rc<Self>, input: &Input<'_>, turn: &mut ReceivingTurn<'_>) {
        let Input { engine, buffer } = input;
        let _receiving = Receiving::begin(engine, buffer);
        while engine.is_open() && !turn.is_over() && self.may_have_event(buffer) {
            if self.receive_whole_message(buffer) {
                turn.message_handled();
                self.end_if_full(engine, turn);
                continue;
            }
            match self.next_event(buffer) {
                Some(event) => {
                    self.handle(engine, event, buffer);
                    turn.message_handled();
                    self.end_if_full(engine, turn);
                }
                None if buffer.unread().is_empty() || self.is_decompressing() => return,
                // Many fragments take long; the payload of one does not.
                None if self.processor.borrow().rest_of_frame() < PIECE => turn.look(),
                None => {}
            }
        }
    }

    /// Ends the turn if too much output waits: messages that have not been handled cannot be answered, and the rest waits for the
    /// peer to read. Or if the program has no place for more of them.
    #[inline]
    fn end_if_full(&self, engine: &SocketEngine, turn: &mut ReceivingTurn<'_>) {
        if self.is_half_full(engine) || self.is_reception_held() {
            turn.end();
        }
    }

    /// The lane for nearly all traffic: a message that lies in the buffer as one frame. Returns whether there was one.
    #[inline]
    fn receive_whole_message(self: &Rc<Self>, buffer: &ReadBuffer) -> bool {
        let unread = buffer.unread();
        let message = {
            let mut bytes = buffer.bytes.borrow_mut();
            self.processor.borrow_mut().next_whole_message(&mut bytes[unread.clone()])
        };
        let Some(message) = message else { return false };
        let payload = unread.start + message.payload.start..unread.start + message.payload.end;
        buffer.set_unread(payload.end..unread.end);
        let signals = &self.signals;
        let bytes = buffer.bytes.borrow();
        let payload = &bytes[payload];
        if log::log_enabled!(Level::Trace) {
            self.log_message(message.is_text, payload.len());
        }
        if !message.is_text {
            signals.emit_binary_message(payload, true);
        } else if let Ok(text) = simdutf8::basic::from_utf8(payload) {
            signals.emit_text_message(text, true);
        } else {
            let error = ProtocolError::InvalidUtf8;
            self.fail(error.close_code(), &error.to_string());
        }
        true
    }

    /// Returns the next event that is not a whole message: control frames, fragments, and messages that the end of a read has
    /// cut. As many fragments are no event, it does not look at all unread bytes, but as far as payload goes.
    fn next_event(&self, buffer: &ReadBuffer) -> Option<Event<'static>> {
        let unread = buffer.unread();
        let mut bytes = buffer.bytes.borrow_mut();
        let mut pool = buffer.pool.borrow_mut();
        let mut processor = self.processor.borrow_mut();
        let size = PIECE.max(processor.rest_of_frame());
        let looked_at = unread.start..unread.end.min(unread.start + size);
        let mut input = &mut bytes[looked_at.clone()];
        let event = processor.process(&mut input, &mut pool);
        let event = event.map(|event| event.into_owned(&mut pool));
        buffer.set_unread(looked_at.end - input.len()..unread.end);
        event
    }

    fn handle(self: &Rc<Self>, engine: &Rc<SocketEngine>, event: Event<'static>, buffer: &ReadBuffer) {
        if let Some(event) = self.decompressed(event, buffer) {
            self.report(engine, event, buffer);
        }
    }

    /// Does what an event asks for, and tells the program.
    fn report(self: &Rc<Self>, engine: &Rc<SocketEngine>, event: Event<'static>, buffer: &ReadBuffer) {
        self.log_event(&event);
        let _sequence = Sequence::begin_with(|| self.act_on(engine, &event));
        event.recycle(&mut buffer.pool.borrow_mut());
    }

    fn act_on(self: &Rc<Self>, engine: &Rc<SocketEngine>, event: &Event<'static>) {
        let signals = &self.signals;
        match event {
            Event::TextMessage { payload, single_frame } => {
                signals.emit_text_message(payload.as_str(), *single_frame);
            }
            Event::BinaryMessage { payload, single_frame } => {
                signals.emit_binary_message(payload.as_bytes(), *single_frame);
            }
            Event::TextFrame { payload, is_last } => {
                signals.others(|signals| signals.text_frame_received.emit((payload.as_str(), *is_last)));
            }
            Event::BinaryFrame { payload, is_last } => {
                signals.others(|signals| signals.binary_frame_received.emit((payload.as_bytes(), *is_last)));
            }
            Event::Ping(payload) => self.answer_ping(engine, payload.as_bytes()),
            Event::Pong(payload) => {
                let elapsed = self.ping_sent.get().elapsed();
                signals.others(|signals| signals.pong.emit((elapsed, payload.as_bytes())));
            }
            Event::Close { code, reason } => self.close_received(engine, *code, reason),
            Event::Error(error) => self.fail(error.close_code(), &error.to_string()),
            // It was decompressed, and without compression RSV1 is refused.
            Event::ExtendedMessage { .. } => {}
        }
    }

    /// Throws away what comes while the last output is written; notices the end.
    fn discard(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        self.compression.abandon_message();
        let buffer = LentReadBuffer::take();
        for _ in 0..DISCARDING_READS {
            let outcome = engine.read(&mut buffer.bytes.borrow_mut());
            match outcome {
                ReadOutcome::More(_) => {}
                ReadOutcome::Last(_) | ReadOutcome::Nothing => return,
                // It may have closed its side only, and still read.
                ReadOutcome::End if engine.owes_output() => return,
                ReadOutcome::End | ReadOutcome::Failed(_) => {
                    engine.abort();
                    return self.finish(engine);
                }
            }
        }
        engine.read_in_next_turn();
    }
}

impl SocketClient for Socket {
    fn ready_read(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        if self.id_of(engine).is_none() {
            return;
        }
        let read: fn(&Rc<Self>, &Rc<SocketEngine>) = match &*self.transport.borrow() {
            // The engine reports only that it has failed.
            Transport::Encrypting(_) => Self::encryption_failed,
            Transport::Handshaking(_) => Self::read_handshake,
            // Bytes that arrive meanwhile wait.
            Transport::Asking(_) => return,
            _ if self.state.get() == SocketState::Closing => Self::discard,
            _ if self.closing.get() == Closing::OutOfRoom => Self::out_of_room,
            _ if self.does_not_read() && !engine.is_broken() => return,
            _ => Self::read_frames,
        };
        read(&self, engine);
    }

    fn bytes_written(self: Rc<Self>, engine: &Rc<SocketEngine>, bytes: usize) {
        if !engine.is_blocked() {
            self.pay_owed_pong(engine);
        }
        self.peer_has_read(engine);
        self.signals.others(|signals| signals.bytes_written.emit(bytes as u64));
    }

    fn closed(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        // The `close_notify` of a connection that was lost is reported last.
        let mut sequence = Sequence::begin();
        if self.closing.get() != Closing::Lost {
            sequence.step(|| self.tell_tls_events(engine));
        }
        self.finish(engine);
    }
}

impl Socket {
    /// Limits the size of a read, if the program has asked for less.
    fn limited_to_read_buffer(&self, size: usize) -> usize {
        match self.rare().map(|rare| rare.read_buffer_size.get()) {
            None | Some(0) => size,
            Some(limit) => limit.min(size),
        }
    }

    /// Returns whether there is anything to process, or to report.
    #[inline]
    fn may_have_event(&self, buffer: &ReadBuffer) -> bool {
        !buffer.unread().is_empty() || self.processor.borrow().has_unfinished()
    }
}

/// Lasts as long as what [`Socket::hold`] has kept waits.
pub(crate) struct Held {
    engine: Rc<SocketEngine>,
    _in_progress: Option<InProgress>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if thread::panicking() {
            self.engine.read_later();
        }
    }
}

/// The buffer into which one turn reads. The bytes that it leaves stay with the connection, in order, also after a panic in a
/// slot.
struct Input<'e> {
    engine: &'e Rc<SocketEngine>,
    buffer: LentReadBuffer,
}

impl<'e> Input<'e> {
    fn begin(engine: &'e Rc<SocketEngine>) -> Self {
        Self { engine, buffer: LentReadBuffer::take() }
    }

    /// Takes what is to be handled before anything is read: in a nested event loop what the outer one has read, else what an
    /// earlier turn has left. Returns whether there was anything.
    fn take_unread(&self) -> bool {
        self.buffer.make_room();
        if let Some(outer) = self.engine.key().and_then(Receiving::unread) {
            self.buffer.take_over(&outer);
        } else if let Some(Unread { bytes, start }) = self.engine.take_unread() {
            self.buffer.lay_open(bytes, start);
        } else {
            return false;
        }
        true
    }
}

impl Drop for Input<'_> {
    fn drop(&mut self) {
        if !self.engine.is_open() {
            return;
        }
        if let Some((bytes, start)) = self.buffer.take_rest() {
            self.engine.put_back(Unread { bytes, start });
        }
        if thread::panicking() {
            // The processor may have more events from the bytes that it has taken.
            self.engine.put_back_nothing();
            self.engine.read_in_next_turn();
        }
    }
}

/// A buffer with what was read from a connection, while that is taken apart. A slot that enters the event loop finds it here.
struct Receiving {
    key: SourceKey,
    buffer: Rc<ReadBuffer>,
}

thread_local! {
    /// One inside the other.
    static RECEIVING: RefCell<Vec<Receiving>> = const { RefCell::new(Vec::new()) };
}

impl Receiving {
    /// Notes what is being taken apart, for a nested event loop.
    fn begin(engine: &SocketEngine, buffer: &LentReadBuffer) -> Option<ReceivingGuard> {
        let key = engine.key()?;
        let receiving = Self { key, buffer: buffer.share() };
        RECEIVING.try_with(|all| all.borrow_mut().push(receiving)).ok()?;
        Some(ReceivingGuard { _in_progress: InProgress::begin(key) })
    }

    /// The buffer that holds what was read from that connection and not taken apart.
    fn unread(key: SourceKey) -> Option<Rc<ReadBuffer>> {
        let find = |all: &RefCell<Vec<Self>>| {
            let all = all.borrow();
            let unread = |receiving: &&Self| receiving.key == key && !receiving.buffer.unread().is_empty();
            all.iter().rev().find(unread).map(|receiving| receiving.buffer.clone())
        };
        RECEIVING.try_with(find).ok()?
    }
}

/// Ends what [`Receiving::begin`] noted, also after a panic in a slot.
struct ReceivingGuard {
    _in_progress: InProgress,
}

impl Drop for ReceivingGuard {
    fn drop(&mut self) {
        let _ = RECEIVING.try_with(|all| all.borrow_mut().pop());
    }
}
