//! The sans-I/O engine: bytes in, events and bytes out.
//!
//! Nothing here reads, writes, waits, emits or knows the time, so all of it can be used alone, with any
//! transport, and is tested without one.
//!
//! # What lives here
//! | | |
//! |---|---|
//! | [`DataProcessor`], [`Event`] | received frames, up to whole messages |
//! | [`FrameHeader`], [`write_frame`], [`fragments`] | frames to send |
//! | [`apply_mask`], [`Utf8Validator`], [`BufferPool`] | what these are made of |
//! | [`CloseCode`], [`OpCode`], [`Version`], [`ProtocolError`] | the vocabulary |
//!
//! # The life of a byte
//! A connection collects bytes until [`find_header_end`] sees the end of the handshake. A server hands them to
//! in the same read or later, goes through [`DataProcessor::process`]: header ([`ProtocolError`] if the peer does
//! wrong), unmasking in place, UTF-8, and out as an [`Event`] that borrows from the very bytes that were
//! received. Only what is cut off by the end of a read is copied, into a buffer of the [`BufferPool`], where it
//! waits for its rest.
//!
//! # Who may use it
//! Everyone. Within the crate, the sockets do; nothing here uses them.

mod accept;
mod buffer_pool;
mod close_code;
mod data_processor;
mod event;
mod frame;
mod limits;
mod mask;
mod op_code;
mod protocol_error;
mod utf8;
mod version;

pub use accept::accept_key;
pub use buffer_pool::{BufferPool, PayloadBuffer};
pub use close_code::CloseCode;
pub use data_processor::DataProcessor;
pub use event::{Event, Payload, Text};
pub use frame::{
    EncodedHeader, FrameHeader, MAX_FRAME_HEADER_SIZE, fragments, truncate_reason, write_close_frame,
    write_frame,
};
pub use limits::{
    DEFAULT_OUTGOING_FRAME_SIZE, MAX_CLOSE_REASON_SIZE, MAX_CONTROL_PAYLOAD_SIZE, MAX_HANDSHAKE_SIZE,
    MAX_HEADER_FIELDS, MAX_INCOMING_FRAME_SIZE, MAX_INCOMING_MESSAGE_SIZE, MAX_OUTGOING_FRAME_SIZE,
    MAX_REQUEST_LINE_SIZE, MAX_RESPONSE_LINE_SIZE, MAX_RESPONSE_SIZE,
};
pub use mask::{append_masked, apply_mask};
pub use op_code::OpCode;
pub use protocol_error::ProtocolError;
pub use utf8::{InvalidUtf8, Utf8Validator};
pub use version::Version;

/// Which end of a connection someone is. It decides who masks: the client does, the server does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The end that opened the connection.
    Client,
    /// The end that accepted it.
    Server,
}
