//! Frames and messages (RFC 6455 §5): `data_processor` takes received bytes apart, `unfinished` and `message` keep what the end
//! of a read has cut off, and `frame` writes.

mod buffer_pool;
mod chunks;
mod close_frame;
mod data_processor;
mod event;
mod frame;
mod mask;
mod message;
mod op_code;
mod protocol_error;
mod unfinished;
mod utf8;

pub use buffer_pool::{BufferPool, PayloadBuffer};
#[cfg(feature = "deflate")]
pub(crate) use chunks::Chunks;
pub use close_frame::{truncate_reason, write_close_frame};
pub use data_processor::{DataProcessor, WholeMessage};
pub use event::{Event, Payload, Text};
pub use frame::{EncodedHeader, FrameHeader, MAX_FRAME_HEADER_SIZE, fragments, write_frame};
pub use mask::{append_masked, apply_mask};
pub use op_code::OpCode;
pub use protocol_error::ProtocolError;
pub use utf8::{InvalidUtf8, Utf8Validator};
