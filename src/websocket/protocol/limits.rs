//! The limits of the protocol and of this implementation, with Qt's names.

/// The largest frame that is ever taken, in bytes of payload, and the default limit.
#[doc(alias = "maxIncomingFrameSize")]
pub const MAX_INCOMING_FRAME_SIZE: u64 = 2_147_483_646;

/// The largest message that is ever taken, in bytes, and the default limit.
#[doc(alias = "maxIncomingMessageSize")]
pub const MAX_INCOMING_MESSAGE_SIZE: u64 = 2_147_483_646;

/// The largest frame that can be asked for when sending, in bytes of payload.
#[doc(alias = "maxOutgoingFrameSize")]
pub const MAX_OUTGOING_FRAME_SIZE: u64 = 2_147_483_646;

/// The size of the frames that a sent message is cut into by default, in bytes of payload.
pub const DEFAULT_OUTGOING_FRAME_SIZE: u64 = 524_288;

/// The most bytes that a ping, pong or close frame carries (RFC 6455 §5.5).
pub const MAX_CONTROL_PAYLOAD_SIZE: usize = 125;

/// The most bytes of a close reason: a control payload less the code.
pub const MAX_CLOSE_REASON_SIZE: usize = MAX_CONTROL_PAYLOAD_SIZE - 2;

/// The longest line of a handshake request, in bytes without the line break.
#[doc(alias = "MAX_HEADERLINE_LENGTH")]
pub const MAX_REQUEST_LINE_SIZE: usize = 8192;

/// The longest line of a handshake response, in bytes without the line break.
pub const MAX_RESPONSE_LINE_SIZE: usize = 102_400;

/// The largest handshake response, in bytes.
pub const MAX_RESPONSE_SIZE: usize = 256 * 1024;

/// The most header fields of a handshake, in either direction.
#[doc(alias = "MAX_HEADERLINES")]
pub const MAX_HEADER_FIELDS: usize = 100;

/// How many bytes of a handshake may arrive without its end in sight.
pub const MAX_HANDSHAKE_SIZE: usize = MAX_REQUEST_LINE_SIZE * MAX_HEADER_FIELDS + 4;
