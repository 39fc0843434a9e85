//! What comes in on an open connection (private).
//!
//! One buffer of the thread is filled and taken apart in place; a slot gets slices of it. No borrow of the socket is open
//! while a slot runs, and after each slot the loop looks whether the connection is still open: the slot may have closed it,
//! deleted the socket, or opened it anew.

use std::rc::Rc;

use super::super::protocol::{BufferPool, Event};
use super::super::read_buffer::LentReadBuffer;
use super::private::{Connection, Socket};
use crate::core::event_dispatcher;
use crate::network::socket_engine::{ReadOutcome, SocketClient, SocketEngine};
use crate::{SocketError, SocketState};

/// How often one connection reads before the others get their turn.
const READS_PER_TURN: usize = 8;

impl Socket {
    /// Reads until there is nothing more for now, or for as long as is fair.
    pub(super) fn read_frames(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        let mut lent = LentReadBuffer::take();
        let Some(buffer) = lent.get() else { return };
        let size = match self.value.read_buffer_size.get() {
            0 => buffer.bytes.len(),
            size => size.min(buffer.bytes.len()),
        };
        for _ in 0..READS_PER_TURN {
            if !engine.is_open() {
                return;
            }
            self.value.update_wanted_frames();
            let outcome = match self.value.read_directly(engine, &mut buffer.pool) {
                Some((outcome, event)) => {
                    if let Some(event) = event {
                        self.handle(engine, event, &mut buffer.pool);
                        self.receive(engine, &mut [], &mut buffer.pool);
                    }
                    outcome
                }
                None => {
                    let outcome = engine.read(&mut buffer.bytes[..size]);
                    if let ReadOutcome::More(count) | ReadOutcome::Last(count) = outcome {
                        self.receive(engine, &mut buffer.bytes[..count], &mut buffer.pool);
                    }
                    outcome
                }
            };
            match outcome {
                ReadOutcome::More(_) => {}
                ReadOutcome::Last(_) | ReadOutcome::Nothing => return self.watch_idle(),
                ReadOutcome::End => return self.connection_lost(engine, SocketError::RemoteHostClosed),
                ReadOutcome::Failed(error) => {
                    return self.connection_lost(engine, SocketError::from_io(&error));
                }
            }
        }
        self.watch_idle();
        engine.read_later();
    }

    /// Takes received bytes apart, one event after the other.
    pub(super) fn receive(
        self: &Rc<Self>,
        engine: &Rc<SocketEngine>,
        mut input: &mut [u8],
        pool: &mut BufferPool,
    ) {
        while engine.is_open() {
            let event = self.value.processor.borrow_mut().process(&mut input, pool);
            match event {
                Some(event) => self.handle(engine, event, pool),
                None => return,
            }
        }
    }

    #[inline]
    fn handle(self: &Rc<Self>, engine: &Rc<SocketEngine>, event: Event<'_>, pool: &mut BufferPool) {
        let signals = &self.value.signals;
        match event {
            Event::TextMessage { payload, single_frame } => {
                let text = payload.as_str();
                if single_frame {
                    signals.text_frame_received.emit((text, true));
                }
                signals.text_message_received.emit(text);
                payload.recycle(pool);
            }
            Event::BinaryMessage { payload, single_frame } => {
                let bytes = payload.as_bytes();
                if single_frame {
                    signals.binary_frame_received.emit((bytes, true));
                }
                signals.binary_message_received.emit(bytes);
                payload.recycle(pool);
            }
            Event::TextFrame { payload, is_last } => {
                signals.text_frame_received.emit((payload.as_str(), is_last));
                payload.recycle(pool);
            }
            Event::BinaryFrame { payload, is_last } => {
                signals.binary_frame_received.emit((payload.as_bytes(), is_last));
                payload.recycle(pool);
            }
            Event::Ping(payload) => {
                self.value.answer_ping(engine, payload.as_bytes());
                payload.recycle(pool);
            }
            Event::Pong(payload) => {
                let elapsed = event_dispatcher::now().saturating_duration_since(self.value.ping_sent.get());
                signals.pong.emit((elapsed, payload.as_bytes()));
                payload.recycle(pool);
            }
            Event::Close { code, reason } => self.close_received(engine, code, &reason),
            Event::Error(error) => self.fail(error.close_code(), &error.to_string()),
            // No extension is ever agreed on, and RSV1 is refused without one.
            Event::ExtendedMessage { payload, .. } => payload.recycle(pool),
        }
    }

    /// Throws away what comes while the last output is written; notices the end.
    fn discard(&self, engine: &Rc<SocketEngine>) {
        let mut lent = LentReadBuffer::take();
        let Some(buffer) = lent.get() else { return };
        for _ in 0..READS_PER_TURN {
            match engine.read(&mut buffer.bytes) {
                ReadOutcome::More(_) => {}
                ReadOutcome::Last(_) | ReadOutcome::Nothing => return,
                ReadOutcome::End | ReadOutcome::Failed(_) => {
                    engine.abort();
                    return self.value.finish(engine);
                }
            }
        }
        engine.read_later();
    }
}

impl SocketClient for Socket {
    fn ready_read(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        let is_handshaking = match &*self.value.connection.borrow() {
            Connection::Handshaking(current, _) if Rc::ptr_eq(current, engine) => true,
            Connection::Open(current) if Rc::ptr_eq(current, engine) => false,
            _ => return,
        };
        if is_handshaking {
            self.read_handshake(engine);
        } else if self.value.state.get() == SocketState::Closing {
            self.discard(engine);
        } else {
            self.read_frames(engine);
        }
    }

    fn bytes_written(self: Rc<Self>, engine: &Rc<SocketEngine>, bytes: usize) {
        self.value.pay_owed_pong(engine);
        self.value.signals.bytes_written.emit(bytes as u64);
    }

    fn closed(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        self.value.finish(engine);
    }

    // A connector waits for these; a socket gets its connections established.
    fn connected(self: Rc<Self>, _: &Rc<SocketEngine>) {}
    fn connect_failed(self: Rc<Self>, _: &Rc<SocketEngine>, _: std::io::Error) {}
}

impl super::private::WebSocketPrivate {
    /// Reads straight into the message that is arriving, if much of it is to come.
    fn read_directly(
        &self,
        engine: &SocketEngine,
        pool: &mut BufferPool,
    ) -> Option<(ReadOutcome, Option<Event<'static>>)> {
        let mut processor = self.processor.borrow_mut();
        let outcome = engine.read(processor.direct_space(pool)?);
        let event = match outcome {
            ReadOutcome::More(count) | ReadOutcome::Last(count) => processor.direct_filled(count, pool),
            ReadOutcome::Nothing | ReadOutcome::End | ReadOutcome::Failed(_) => None,
        };
        Some((outcome, event))
    }

    /// Frames of fragmented messages are copied for their signals only if somebody listens.
    #[inline]
    fn update_wanted_frames(&self) {
        let wanted = self.signals.text_frame_received.is_connected()
            || self.signals.binary_frame_received.is_connected();
        self.processor.borrow_mut().set_wants_frames(wanted);
    }
}
