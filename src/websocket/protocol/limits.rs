//! The limits of the protocol and of this implementation, with Qt's names.

/// The largest frame that is ever taken, in bytes of payload, and the default limit.
///
/// ```
/// use slotwire::WebSocket;
/// use slotwire::websocket::protocol::MAX_INCOMING_FRAME_SIZE;
/// assert_eq!(WebSocket::max_incoming_frame_size(), MAX_INCOMING_FRAME_SIZE);
/// ```
#[doc(alias = "maxIncomingFrameSize")]
pub const MAX_INCOMING_FRAME_SIZE: u64 = 2_147_483_646;

/// The largest message that is ever taken, in bytes, and the default limit.
///
/// ```
/// use slotwire::WebSocket;
/// use slotwire::websocket::protocol::MAX_INCOMING_MESSAGE_SIZE;
/// let socket = WebSocket::new();
/// assert_eq!(socket.max_allowed_incoming_message_size(), MAX_INCOMING_MESSAGE_SIZE);
/// # socket.delete();
/// ```
#[doc(alias = "maxIncomingMessageSize")]
pub const MAX_INCOMING_MESSAGE_SIZE: u64 = 2_147_483_646;

/// The largest frame that can be asked for when sending, in bytes of payload.
///
/// ```
/// use slotwire::WebSocket;
/// use slotwire::websocket::protocol::MAX_OUTGOING_FRAME_SIZE;
/// assert_eq!(WebSocket::max_outgoing_frame_size(), MAX_OUTGOING_FRAME_SIZE);
/// ```
#[doc(alias = "maxOutgoingFrameSize")]
pub const MAX_OUTGOING_FRAME_SIZE: u64 = 2_147_483_646;

/// The size of the frames that a sent message is cut into by default, in bytes of payload.
///
/// ```
/// use slotwire::WebSocket;
/// use slotwire::websocket::protocol::DEFAULT_OUTGOING_FRAME_SIZE;
/// let socket = WebSocket::new();
/// assert_eq!(socket.outgoing_frame_size(), DEFAULT_OUTGOING_FRAME_SIZE);
/// # socket.delete();
/// ```
pub const DEFAULT_OUTGOING_FRAME_SIZE: u64 = 524_288;

/// The most bytes that a ping, pong or close frame carries (RFC 6455 §5.5).
///
/// ```
/// use slotwire::websocket::protocol::MAX_CONTROL_PAYLOAD_SIZE;
/// let payload = b"as much as a ping takes";
/// assert!(payload.len() <= MAX_CONTROL_PAYLOAD_SIZE);
/// ```
pub const MAX_CONTROL_PAYLOAD_SIZE: usize = 125;

/// The most bytes of a close reason: those of a control frame, less two for the code.
///
/// ```
/// use slotwire::websocket::protocol::{MAX_CLOSE_REASON_SIZE, truncate_reason};
/// assert_eq!(truncate_reason(&"x".repeat(200)).len(), MAX_CLOSE_REASON_SIZE);
/// ```
pub const MAX_CLOSE_REASON_SIZE: usize = MAX_CONTROL_PAYLOAD_SIZE - 2;

/// The size that data of this size can have when it is compressed: up to nine bits for each byte, with the fixed code (RFC 1951
/// §3.2.6), and for each block a little more.
pub(crate) const fn max_compressed_size(size: u64) -> u64 {
    size + size / 8 + size / 64 + 1024
}
