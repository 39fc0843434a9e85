//! Compression of an open connection (private): what was agreed on, and from the first compressed message on its context.

use std::cell::Cell;
use std::mem;
use std::rc::Rc;
use std::sync::Arc;

use super::masking_keys::MaskingKeys;
use super::private::Socket;
use crate::network::socket_engine::SocketEngine;
use crate::websocket::deflate_pool::{LargeMessageTurn, with_deflate_pool};
use crate::websocket::handshake_options::HandshakeOptions;
use crate::websocket::prepared_message::{Form, PreparedMessage};
use crate::websocket::protocol::{
    Compression, DeflateContext, DeflateParameters, Event, Inflation, OpCode, Payload, ProtocolError, Role,
    write_frame,
};
use crate::websocket::read_buffer::ReadBuffer;

/// The most that is decompressed at a time, in bytes: then others get their turn.
const STEP: usize = 256 * 1024;

/// The compression of a connection, as it was agreed on.
pub(crate) struct AgreedCompression {
    pub(crate) wanted: Arc<Compression>,
    pub(crate) parameters: DeflateParameters,
}

/// The compression that `open` has to offer.
pub(super) fn wanted_compression(options: &HandshakeOptions) -> Option<Compression> {
    options.compression().cloned()
}

impl AgreedCompression {
    /// The compression of a connection, from a client's wishes and the agreed parameters.
    pub(super) fn of(options: &HandshakeOptions, agreed: Option<DeflateParameters>) -> Option<Self> {
        Some(Self { wanted: options.shared_compression()?, parameters: agreed? })
    }
}

/// The compression of a socket's connection, if there is any.
#[derive(Default)]
pub(super) struct ConnectionCompression {
    /// Taken out while it is used: nothing of the program's is called meanwhile.
    state: Cell<State>,
}

#[derive(Default)]
enum State {
    #[default]
    Off,
    /// Nothing was compressed yet: there is no memory for it.
    Agreed(AgreedCompression),
    Used(Box<Used>),
}

struct Used {
    agreed: AgreedCompression,
    context: DeflateContext,
    /// The message that is being decompressed, if that takes more than a step.
    large: Option<Box<LargeMessage>>,
}

struct LargeMessage {
    payload: Payload<'static>,
    inflation: Inflation,
    /// `None` while another connection has it.
    turn: Option<LargeMessageTurn>,
}

impl ConnectionCompression {
    pub(super) fn parameters(&self) -> Option<DeflateParameters> {
        self.with(|state| state.agreed().map(|agreed| agreed.parameters))
    }

    /// The connection is over: its context is of no use.
    pub(super) fn end(&self) {
        match self.state.take() {
            State::Used(used) => self.state.set(State::Agreed(used.agreed)),
            state => self.state.set(state),
        }
    }

    /// A message that has not been reported will not be.
    pub(super) fn abandon_message(&self) {
        self.with(|state| {
            if let State::Used(used) = state {
                used.large = None;
            }
        });
    }

    fn with<R>(&self, use_state: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.take();
        let result = use_state(&mut state);
        self.state.set(state);
        result
    }
}

impl State {
    fn agreed(&self) -> Option<&AgreedCompression> {
        match self {
            Self::Off => None,
            Self::Agreed(agreed) => Some(agreed),
            Self::Used(used) => Some(&used.agreed),
        }
    }

    fn threshold(&self) -> usize {
        self.agreed().map_or(usize::MAX, |agreed| agreed.wanted.threshold())
    }

    /// The context, made when it is needed first.
    fn context(&mut self, role: Role) -> Option<&mut DeflateContext> {
        self.used(role).map(|used| &mut used.context)
    }

    fn used(&mut self, role: Role) -> Option<&mut Used> {
        if let Self::Agreed(_) = self
            && let Self::Agreed(agreed) = mem::take(self)
        {
            let context = DeflateContext::new(role, agreed.parameters, &agreed.wanted);
            *self = Self::Used(Box::new(Used { agreed, context, large: None }));
        }
        match self {
            Self::Used(used) => Some(used),
            Self::Off | Self::Agreed(_) => None,
        }
    }
}

impl Socket {
    /// A connection begins, with or without compression.
    pub(super) fn set_compression(&self, agreed: Option<AgreedCompression>) {
        let mut processor = self.processor.borrow_mut();
        processor.set_rsv1_allowed(agreed.is_some());
        if let Some(AgreedCompression { wanted, .. }) = &agreed {
            processor.set_max_extended_message_size(wanted.max_message_size());
        }
        self.compression.state.set(agreed.map_or(State::Off, State::Agreed));
    }

    /// Returns whether a message of that size is compressed. Without compression, only the first condition is checked.
    #[inline]
    pub(super) fn compresses(&self, size: usize) -> bool {
        self.processor.borrow().is_rsv1_allowed() && self.compression.with(|state| size >= state.threshold())
    }

    /// Sends a message compressed; returns whether it could be sent.
    #[inline(never)]
    pub(super) fn send_compressed(
        &self,
        engine: &Rc<SocketEngine>,
        op_code: OpCode,
        message: &[u8],
        keys: &mut MaskingKeys,
    ) -> bool {
        let frame_size = self.outgoing_frame_size.get() as usize;
        self.compression.with(|state| {
            let Some(context) = state.context(self.role.get()) else { return false };
            let send = |header, payload: &[u8]| {
                engine.write_with(|out| write_frame(out, header, keys.next(), payload));
            };
            with_deflate_pool(|pool| context.compress(op_code, message, frame_size, pool, send));
            true
        })
    }

    /// Sends a prepared message compressed; returns whether it could be sent.
    #[inline(never)]
    pub(super) fn send_prepared_compressed(
        &self,
        engine: &Rc<SocketEngine>,
        prepared: &PreparedMessage,
        keys: &mut MaskingKeys,
    ) -> bool {
        self.compression.with(|state| {
            let Some(context) = state.context(self.role.get()) else { return false };
            let compress = |message: &[u8]| with_deflate_pool(|pool| context.compress_alone(message, pool));
            let (level, window_bits) = context.form();
            let compressed = prepared.compressed(Form { level, window_bits }, compress);
            self.send_prepared_frame(engine, &compressed, keys);
            context.sent_alone(prepared.message());
            true
        })
    }

    /// Returns whether a message is being decompressed. What follows waits until it is done.
    #[inline]
    pub(super) fn is_decompressing(&self) -> bool {
        self.processor.borrow().is_paused()
    }

    /// Returns a received event with its message decompressed; `None` if that takes more than a step.
    pub(super) fn decompressed(&self, event: Event<'static>, buffer: &ReadBuffer) -> Option<Event<'static>> {
        match event {
            Event::ExtendedMessage { op_code, payload } => self.decompress(op_code, payload, buffer),
            event => Some(event),
        }
    }

    fn decompress(
        &self,
        op_code: OpCode,
        payload: Payload<'static>,
        buffer: &ReadBuffer,
    ) -> Option<Event<'static>> {
        let max_size = self.processor.borrow().max_allowed_message_size();
        let event = self.compression.with(|state| {
            // RSV1 is refused without an agreement.
            let Some(used) = state.used(self.role.get()) else {
                return Some(Event::Error(ProtocolError::NonZeroRsv));
            };
            let max_size = max_size.min(used.agreed.wanted.max_message_size());
            let mut message =
                LargeMessage { payload, inflation: Inflation::new(op_code, max_size), turn: None };
            let event = message.go_on(&mut used.context, buffer);
            match event {
                Some(_) => message.payload.recycle(&mut buffer.pool.borrow_mut()),
                None => used.large = Some(Box::new(message)),
            }
            event
        });
        if event.is_none() {
            self.processor.borrow_mut().pause();
        }
        event
    }

    /// Goes on by a step with the message that is being decompressed; returns it once that is done.
    pub(super) fn go_on_decompressing(&self, buffer: &ReadBuffer) -> Option<Event<'static>> {
        let event = self.compression.with(|state| {
            let State::Used(used) = state else { return None };
            let message = used.large.as_mut()?;
            message.turn = message.turn.take().or_else(LargeMessageTurn::take);
            message.turn.as_ref()?;
            let event = message.go_on(&mut used.context, buffer)?;
            if let Some(message) = used.large.take() {
                message.payload.recycle(&mut buffer.pool.borrow_mut());
            }
            Some(event)
        });
        if event.is_some() {
            self.processor.borrow_mut().resume();
        }
        event
    }
}

impl LargeMessage {
    /// Goes on by a step; keeps what it has got by that only if it is this message's turn.
    fn go_on(&mut self, context: &mut DeflateContext, buffer: &ReadBuffer) -> Option<Event<'static>> {
        let mut buffers = buffer.pool.borrow_mut();
        let Self { payload, inflation, turn } = self;
        with_deflate_pool(|pool| {
            let event = context.go_on_inflating(inflation, payload.as_bytes(), STEP, pool, &mut buffers);
            if event.is_none() {
                *turn = turn.take().or_else(LargeMessageTurn::take);
                if turn.is_none() {
                    inflation.restart(pool);
                }
            }
            event
        })
    }
}
