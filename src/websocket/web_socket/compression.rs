//! Compression of an open connection (private): what was agreed on, and from the first compressed message on its context.

use std::cell::Cell;
use std::mem;
use std::rc::Rc;
use std::sync::Arc;

use super::masking_keys::MaskingKeys;
use super::private::Socket;
use crate::network::socket_engine::SocketEngine;
use crate::websocket::deflate_pool::LentDeflatePool;
use crate::websocket::handshake_options::HandshakeOptions;
use crate::websocket::prepared_message::{Form, PreparedMessage};
use crate::websocket::protocol::{
    Compression, DeflateContext, DeflateParameters, Event, OpCode, Payload, ProtocolError, Role, write_frame,
};
use crate::websocket::read_buffer::ReadBuffer;

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
    Used(Box<(AgreedCompression, DeflateContext)>),
}

impl ConnectionCompression {
    pub(super) fn parameters(&self) -> Option<DeflateParameters> {
        self.with(|state| state.agreed().map(|agreed| agreed.parameters))
    }

    /// The connection is over: its context is of no use.
    pub(super) fn end(&self) {
        match self.state.take() {
            State::Used(used) => self.state.set(State::Agreed(used.0)),
            state => self.state.set(state),
        }
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
            Self::Used(used) => Some(&used.0),
        }
    }

    fn threshold(&self) -> usize {
        self.agreed().map_or(usize::MAX, |agreed| agreed.wanted.threshold())
    }

    /// The context, made when it is needed first.
    fn context(&mut self, role: Role) -> Option<(&AgreedCompression, &mut DeflateContext)> {
        if let Self::Agreed(_) = self
            && let Self::Agreed(agreed) = mem::take(self)
        {
            let context = DeflateContext::new(role, agreed.parameters, &agreed.wanted);
            *self = Self::Used(Box::new((agreed, context)));
        }
        match self {
            Self::Used(used) => Some((&used.0, &mut used.1)),
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
            let Some((_, context)) = state.context(self.role.get()) else { return false };
            let mut pool = LentDeflatePool::take();
            context.compress(op_code, message, frame_size, &mut pool, |header, payload| {
                engine.write_with(|out| write_frame(out, header, keys.next(), payload));
            });
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
            let Some((_, context)) = state.context(self.role.get()) else { return false };
            let compress = |message: &[u8]| context.compress_alone(message, &mut LentDeflatePool::take());
            let (level, window_bits) = context.form();
            let compressed = prepared.compressed(Form { level, window_bits }, compress);
            self.send_prepared_frame(engine, &compressed, keys);
            context.sent_alone(prepared.message());
            true
        })
    }

    /// Returns a received event with its message decompressed.
    pub(super) fn decompressed(&self, event: Event<'static>, buffer: &ReadBuffer) -> Event<'static> {
        match event {
            Event::ExtendedMessage { op_code, payload } => self.decompress(op_code, payload, buffer),
            event => event,
        }
    }

    fn decompress(&self, op_code: OpCode, payload: Payload<'static>, buffer: &ReadBuffer) -> Event<'static> {
        let mut buffers = buffer.pool.borrow_mut();
        let max_size = self.processor.borrow().max_allowed_message_size();
        let event = self.compression.with(|state| match state.context(self.role.get()) {
            Some((agreed, context)) => {
                let max_size = max_size.min(agreed.wanted.max_message_size());
                let mut pool = LentDeflatePool::take();
                context.inflate(op_code, payload.as_bytes(), max_size, &mut pool, &mut buffers)
            }
            // RSV1 is refused without an agreement.
            None => Event::Error(ProtocolError::NonZeroRsv),
        });
        payload.recycle(&mut buffers);
        event
    }
}
