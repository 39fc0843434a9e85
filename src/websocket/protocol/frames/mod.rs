//! Frames and messages (RFC 6455 §5): `data_processor` takes received bytes apart by the headers that `frame_parser` reads, which
//! keeps, with `message`, what the end of a read has cut off; `frame` writes.
//!
//! Each file imports those of the floors below it, the lowest first:
//! - terms and bytes: `op_code`, `mask`, `utf8`, `protocol_error`
//! - memory: `payload_buffer`, `free_buffers` which keeps them, `chunks` in which a message grows
//! - frames that go out: `frame`
//! - received data: `event`, `close_frame`, `message`
//! - frames that come in: `frame_parser`; then `buffer_pool`, which keeps its memory and that of payloads, and `owned_event`
//! - `data_processor`

mod buffer_pool;
mod chunks;
mod close_frame;
mod data_processor;
mod event;
mod frame;
mod frame_parser;
mod free_buffers;
mod mask;
mod message;
mod op_code;
mod owned_event;
mod payload_buffer;
mod protocol_error;
mod utf8;

pub use buffer_pool::BufferPool;
#[cfg(feature = "deflate")]
pub(crate) use chunks::{Chunks, Joining};
pub use close_frame::{truncate_reason, write_close_frame};
pub use data_processor::{DataProcessor, WholeMessage};
pub use event::{Event, Payload, Text};
pub use frame::{EncodedHeader, FrameHeader, MAX_FRAME_HEADER_SIZE, fragments, write_frame};
#[cfg(feature = "deflate")]
pub(crate) use free_buffers::FreeBuffers;
pub use mask::{append_masked, apply_mask};
pub use op_code::OpCode;
pub use payload_buffer::PayloadBuffer;
pub use protocol_error::ProtocolError;
pub use utf8::{InvalidUtf8, Utf8Validator};
