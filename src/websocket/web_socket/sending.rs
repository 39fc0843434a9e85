//! Sending on an open connection (private).

use std::io::IoSlice;
use std::rc::Rc;

use log::Level;
use smallvec::SmallVec;

use super::masking_keys::MaskingKeys;
use super::private::Socket;
use super::transport::Transport;
use crate::core::clock::Moment;
use crate::network::socket_engine::SocketEngine;
use crate::websocket::prepared_message::{PreparedFrame, PreparedMessage};
use crate::websocket::protocol::{
    EncodedHeader, FrameHeader, MAX_CONTROL_PAYLOAD_SIZE, OpCode, Role, append_masked, fragments, write_frame,
};

/// The size from which on a payload is offered to the operating system where it lies; only the rest that it does not take is
/// copied. Below it one copy is cheaper than one more system call.
const WRITE_IN_PLACE: usize = 32 * 1024;

/// The number of bytes that are masked at a time, so that they are still in the cache when they are written. A multiple of the
/// key's length.
const MASK_AT_A_TIME: usize = 64 * 1024;

impl Socket {
    /// Sends a message, in as many frames as its size asks for; returns its size, 0 if it cannot be sent.
    #[inline]
    pub(super) fn send(&self, op_code: OpCode, message: &[u8]) -> usize {
        self.send_by(op_code, message, |engine, keys| {
            if self.compresses(message.len()) {
                return self.send_compressed(engine, op_code, message, keys);
            }
            self.send_as_it_is(engine, op_code, message, keys);
            true
        })
    }

    /// Sends a message that was prepared for many; returns its size, 0 if it cannot be sent.
    pub(super) fn send_prepared(&self, prepared: &PreparedMessage) -> usize {
        let message = prepared.message();
        self.send_by(prepared.op_code(), message, |engine, keys| {
            if self.compresses(message.len()) {
                return self.send_prepared_compressed(engine, prepared, keys);
            }
            self.send_prepared_frame(engine, prepared.plain(), keys);
            true
        })
    }

    /// Sends a message in the frames that this connection makes of it. What a server sends is shared with other connections; a
    /// client has to mask it, by a key that is known to nobody before (RFC 6455 §5.3), and has it for itself.
    pub(super) fn send_prepared_frame(
        &self,
        engine: &Rc<SocketEngine>,
        prepared: &PreparedFrame,
        keys: &mut MaskingKeys,
    ) {
        let frame_size = self.outgoing_frame_size.get() as usize;
        let whole = prepared.header();
        let mut start = 0;
        for (header, payload) in fragments(whole.op_code, prepared.payload(), frame_size) {
            let header = FrameHeader { rsv1: whole.rsv1 && start == 0, ..header };
            match keys.next() {
                Some(key) if payload.len() < MASK_AT_A_TIME => {
                    engine.write_with(|out| write_frame(out, header, Some(key), payload));
                }
                Some(key) => send_masked(engine, header, key, payload),
                None if header == whole => engine.write_shared(prepared.bytes(), 0..prepared.bytes().len()),
                None => {
                    let header = header.encode(None, payload.len());
                    engine.write_with(|out| out.extend_from_slice(header.as_bytes()));
                    engine.write_shared(prepared.bytes(), prepared.part(start, payload.len()));
                }
            }
            start += payload.len();
        }
        if prepared.payload().len() >= WRITE_IN_PLACE {
            engine.write_a_turn();
        }
    }

    /// Sends a message that is not compressed; returns its size, 0 if it cannot be sent.
    pub(super) fn send_uncompressed(&self, op_code: OpCode, message: &[u8]) -> usize {
        self.send_by(op_code, message, |engine, keys| {
            self.send_as_it_is(engine, op_code, message, keys);
            true
        })
    }

    /// Sends a message by `write`, if the connection takes one; returns its size, 0 if it is not sent.
    #[inline]
    fn send_by(
        &self,
        op_code: OpCode,
        message: &[u8],
        write: impl FnOnce(&Rc<SocketEngine>, &mut MaskingKeys) -> bool,
    ) -> usize {
        let mut keys = self.masking_keys(message.len());
        let transport = self.transport.borrow();
        let Transport::Open(engine) = &*transport else { return 0 };
        if !self.is_exchanging() || !self.has_room(engine) {
            return 0;
        }
        if log::log_enabled!(Level::Trace) {
            self.log_sent_message(op_code, message.len());
        }
        if write(engine, &mut keys) { message.len() } else { 0 }
    }

    #[inline]
    fn send_as_it_is(
        &self,
        engine: &Rc<SocketEngine>,
        op_code: OpCode,
        message: &[u8],
        keys: &mut MaskingKeys,
    ) {
        let fits_one_frame = message.len() <= self.outgoing_frame_size.get() as usize;
        match self.role.get() {
            Role::Server if fits_one_frame && message.len() < WRITE_IN_PLACE => {
                engine.write_with(|out| write_frame(out, FrameHeader::whole(op_code), None, message));
            }
            Role::Client if fits_one_frame && message.len() < MASK_AT_A_TIME => {
                self.send_in_one_frame(engine, op_code, message, keys.next());
            }
            Role::Server | Role::Client => self.send_large(engine, op_code, message, keys),
        }
    }

    /// Logs the message that [`send`](Self::send) is about to send.
    #[cold]
    fn log_sent_message(&self, op_code: OpCode, size: usize) {
        log::trace!("{}: sends a message of {size} bytes, {op_code:?}", self.who());
    }

    /// Sends a frame that is masked if this side masks.
    #[inline(never)]
    fn send_in_one_frame(
        &self,
        engine: &Rc<SocketEngine>,
        op_code: OpCode,
        payload: &[u8],
        mask: Option<[u8; 4]>,
    ) {
        if op_code.is_control() {
            log::trace!("{}: sends a frame of {} bytes, {op_code:?}", self.who(), payload.len());
        }
        engine.write_with(|out| write_frame(out, FrameHeader::whole(op_code), mask, payload));
    }

    #[inline(never)]
    fn send_large(&self, engine: &Rc<SocketEngine>, op_code: OpCode, message: &[u8], keys: &mut MaskingKeys) {
        let frame_size = self.outgoing_frame_size.get() as usize;
        let mut frames = fragments(op_code, message, frame_size);
        match keys.next() {
            Some(first) => {
                let others = std::iter::from_fn(|| keys.next());
                for (key, (header, payload)) in std::iter::once(first).chain(others).zip(frames) {
                    send_masked(engine, header, key, payload);
                }
            }
            None if frame_size < WRITE_IN_PLACE => {
                for (header, payload) in frames {
                    engine.write_with(|out| write_frame(out, header, None, payload));
                }
            }
            None => loop {
                // A system call takes a limited number of slices.
                let batch: SmallVec<[(EncodedHeader, &[u8]); 4]> = frames
                    .by_ref()
                    .take(256)
                    .map(|(header, payload)| (header.encode(None, payload.len()), payload))
                    .collect();
                if batch.is_empty() {
                    break;
                }
                let mut slices: SmallVec<[IoSlice<'_>; 8]> = batch
                    .iter()
                    .flat_map(|(header, payload)| [IoSlice::new(header.as_bytes()), IoSlice::new(payload)])
                    .collect();
                engine.write_vectored(&mut slices);
            },
        }
    }

    /// Sends a ping with the first 125 bytes of that payload.
    pub(super) fn ping(&self, payload: &[u8]) {
        let payload = &payload[..payload.len().min(MAX_CONTROL_PAYLOAD_SIZE)];
        let mask = self.mask();
        let connection = self.transport.borrow();
        let Transport::Open(engine) = &*connection else { return };
        if !self.is_exchanging() || !self.has_room(engine) {
            return;
        }
        self.ping_sent.set(Moment::now());
        self.send_in_one_frame(engine, OpCode::Ping, payload, mask);
    }

    /// Answers a ping. While the peer does not read, only the last ping is remembered, so that pings cannot fill the memory.
    pub(super) fn answer_ping(&self, engine: &Rc<SocketEngine>, payload: &[u8]) {
        if engine.is_blocked() {
            self.rare_mut().owed_pong.replace(Some(payload.into()));
        } else {
            self.send_in_one_frame(engine, OpCode::Pong, payload, self.mask());
        }
    }

    pub(super) fn pay_owed_pong(&self, engine: &Rc<SocketEngine>) {
        let owed = self.rare().and_then(|rare| rare.owed_pong.take());
        if let Some(payload) = owed {
            self.send_in_one_frame(engine, OpCode::Pong, &payload, self.mask());
        }
    }
}

/// Sends a large masked frame piece by piece, so that what is masked is still in the cache when it is written.
fn send_masked(engine: &Rc<SocketEngine>, header: FrameHeader, mask: [u8; 4], payload: &[u8]) {
    engine.write_with(|out| out.extend_from_slice(header.encode(Some(mask), payload.len()).as_bytes()));
    for piece in payload.chunks(MASK_AT_A_TIME) {
        engine.write_with(|out| append_masked(out, piece, mask));
        engine.write_now();
    }
}
