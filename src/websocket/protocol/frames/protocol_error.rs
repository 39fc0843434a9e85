//! Violations of the protocol by a peer once the connection is open.

use std::fmt;

use super::utf8::InvalidUtf8;
use crate::websocket::protocol::CloseCode;

/// A breach of the protocol by the peer: the connection is to be closed with [`close_code`] and, as the reason,
/// the text that `Display` gives.
///
/// ```
/// use slotwire::websocket::protocol::{CloseCode, ProtocolError};
///
/// let error = ProtocolError::FrameTooLarge;
/// assert_eq!(error.close_code(), CloseCode::TooMuchData);
/// assert_eq!(error.to_string(), "Maximum framesize exceeded.");
/// ```
///
/// # Qt
/// The texts are those of `QWebSocketFrame` and `QWebSocketDataProcessor`. Qt does not enforce masking, and
/// its text for an invalid close code names 1002, whatever the code was.
///
/// [`close_code`]: ProtocolError::close_code
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A reserved bit is set that no extension has given a meaning.
    NonZeroRsv,
    /// The opcode is a reserved one.
    ReservedOpCode,
    /// A control frame announces more than 125 bytes.
    ControlFrameTooLarge,
    /// A control frame is not marked as final.
    FragmentedControlFrame,
    /// A client sent a frame that is not masked (RFC 6455 §5.1).
    UnmaskedFrame,
    /// A server sent a masked frame (RFC 6455 §5.1).
    MaskedFrame,
    /// A length below 126 was written with 16 bits.
    LengthFitsOneByte,
    /// A length is above 2⁶³ − 1.
    LengthHighestBitSet,
    /// A length below 65536 was written with 64 bits.
    LengthFitsTwoBytes,
    /// The frame is larger than allowed.
    FrameTooLarge,
    /// A continuation frame came outside of a message.
    UnexpectedContinuation,
    /// A new message began before the end of the last one.
    ExpectedContinuation,
    /// The message is larger than allowed.
    MessageTooLarge,
    /// There is not enough memory for the message.
    OutOfMemory,
    /// A compressed message is not what RFC 7692 says, or refers to text that is too far back.
    InvalidCompressedData,
    /// Text or a close reason is not UTF-8.
    InvalidUtf8,
    /// The payload of a close frame is a single byte.
    ClosePayloadTooSmall,
    /// A close frame carries a code that must not be on the wire.
    InvalidCloseCode(u16),
}

impl ProtocolError {
    /// The code to close the connection with.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{CloseCode, ProtocolError, write_close_frame};
    ///
    /// let error = ProtocolError::InvalidUtf8;
    /// assert_eq!(error.close_code(), CloseCode::WrongDatatype);
    /// let mut answer = Vec::new();
    /// write_close_frame(&mut answer, None, error.close_code(), &error.to_string());
    /// assert_eq!(answer[2..4], 1007u16.to_be_bytes());
    /// ```
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::FrameTooLarge | Self::MessageTooLarge | Self::OutOfMemory => CloseCode::TooMuchData,
            Self::InvalidUtf8 => CloseCode::WrongDatatype,
            _ => CloseCode::ProtocolError,
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NonZeroRsv => "Rsv field is non-zero",
            Self::ReservedOpCode => "Used reserved opcode",
            Self::ControlFrameTooLarge => "Control frame is larger than 125 bytes",
            Self::FragmentedControlFrame => "Control frames cannot be fragmented",
            Self::UnmaskedFrame => "Frames from a client must be masked.",
            Self::MaskedFrame => "Frames from a server must not be masked.",
            Self::LengthFitsOneByte => "Lengths smaller than 126 must be expressed as one byte.",
            Self::LengthHighestBitSet => "Highest bit of payload length is not 0.",
            Self::LengthFitsTwoBytes => "Lengths smaller than 65536 (2^16) must be expressed as 2 bytes.",
            Self::FrameTooLarge => "Maximum framesize exceeded.",
            Self::UnexpectedContinuation => {
                "Received Continuation frame, while there is nothing to continue."
            }
            Self::ExpectedContinuation => {
                "All data frames after the initial data frame must have opcode 0 (continuation)."
            }
            Self::MessageTooLarge => "Received message is too big.",
            Self::OutOfMemory => "There is not enough memory for the message.",
            Self::InvalidCompressedData => "Invalid compressed data encountered.",
            Self::InvalidUtf8 => "Invalid UTF-8 code encountered.",
            Self::ClosePayloadTooSmall => "Payload of close frame is too small.",
            Self::InvalidCloseCode(code) => return write!(f, "Invalid close code {code} detected."),
        })
    }
}

impl std::error::Error for ProtocolError {}

impl From<InvalidUtf8> for ProtocolError {
    fn from(_: InvalidUtf8) -> Self {
        Self::InvalidUtf8
    }
}
