//! The replacement of `compression` in a build without it (private): nothing.

use std::rc::Rc;

use super::masking_keys::MaskingKeys;
use super::private::Socket;
use crate::network::socket_engine::SocketEngine;
use crate::websocket::protocol::{Event, OpCode};
use crate::websocket::read_buffer::ReadBuffer;
use crate::{Compression, DeflateParameters, HandshakeOptions, PreparedMessage};

/// No connection has it.
pub(crate) enum AgreedCompression {}

pub(super) fn wanted_compression(_: &HandshakeOptions) -> Option<Compression> {
    None
}

impl AgreedCompression {
    pub(super) fn of(_: &HandshakeOptions, _: Option<DeflateParameters>) -> Option<Self> {
        None
    }
}

#[derive(Default)]
pub(super) struct ConnectionCompression {}

impl ConnectionCompression {
    pub(super) fn end(&self) {}

    pub(super) fn abandon_message(&self) {}
}

impl Socket {
    pub(super) fn set_compression(&self, _: Option<AgreedCompression>) {}

    #[inline]
    pub(super) fn compresses(&self, _: usize) -> bool {
        false
    }

    pub(super) fn send_compressed(
        &self,
        _: &Rc<SocketEngine>,
        _: OpCode,
        _: &[u8],
        _: &mut MaskingKeys,
    ) -> bool {
        false
    }

    pub(super) fn send_prepared_compressed(
        &self,
        _: &Rc<SocketEngine>,
        _: &PreparedMessage,
        _: &mut MaskingKeys,
    ) -> bool {
        false
    }

    #[inline]
    pub(super) fn is_decompressing(&self) -> bool {
        false
    }

    #[inline]
    pub(super) fn decompressed(&self, event: Event<'static>, _: &ReadBuffer) -> Option<Event<'static>> {
        Some(event)
    }

    pub(super) fn go_on_decompressing(&self, _: &ReadBuffer) -> Option<Event<'static>> {
        None
    }
}
