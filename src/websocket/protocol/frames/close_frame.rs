//! Close frames, which carry a code and a reason (RFC 6455 §5.5.1).

use std::borrow::Cow;

use super::event::{Event, Payload};
use super::frame::FrameHeader;
use super::mask::apply_mask;
use super::op_code::OpCode;
use super::protocol_error::ProtocolError;
use crate::websocket::protocol::{CloseCode, MAX_CLOSE_REASON_SIZE};

/// Appends a close frame with a code and a reason, which is cut to what fits (see [`truncate_reason`]).
///
/// The code is written as it is, valid or not.
///
/// ```
/// use slotwire::websocket::protocol::{CloseCode, write_close_frame};
///
/// let mut out = Vec::new();
/// write_close_frame(&mut out, None, CloseCode::Normal, "bye");
/// assert_eq!(out, b"\x88\x05\x03\xe8bye");
/// ```
pub fn write_close_frame(out: &mut Vec<u8>, mask: Option<[u8; 4]>, code: CloseCode, reason: &str) {
    let reason = truncate_reason(reason).as_bytes();
    let mut payload = [0; 2 + MAX_CLOSE_REASON_SIZE];
    let payload = &mut payload[..2 + reason.len()];
    payload[..2].copy_from_slice(&u16::from(code).to_be_bytes());
    payload[2..].copy_from_slice(reason);
    if let Some(key) = mask {
        apply_mask(payload, key, 0);
    }
    out.extend_from_slice(FrameHeader::whole(OpCode::Close).encode(mask, payload.len()).as_bytes());
    out.extend_from_slice(payload);
}

/// The part of a close reason that fits into a close frame: whole characters of at most 123 bytes.
///
/// ```
/// use slotwire::websocket::protocol::truncate_reason;
///
/// assert_eq!(truncate_reason("bye"), "bye");
/// assert_eq!(truncate_reason(&"€".repeat(100)).len(), 123);
/// assert_eq!(truncate_reason(&"é".repeat(100)).len(), 122);
/// ```
///
/// # Qt
/// Qt cuts at 123 bytes even within a character.
#[must_use]
pub fn truncate_reason(reason: &str) -> &str {
    let mut end = reason.len().min(MAX_CLOSE_REASON_SIZE);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}

/// Reads the payload of a close frame (RFC 6455 §5.5.1, §7.4).
pub(super) fn close_event<'b>(payload: Payload<'b>) -> Event<'b> {
    let parsed = match payload {
        Payload::Borrowed(bytes) => parse_close(bytes).map(|(code, reason)| (code, Cow::Borrowed(reason))),
        Payload::Owned(buffer) => {
            parse_close(buffer.as_bytes()).map(|(code, reason)| (code, Cow::Owned(reason.to_owned())))
        }
    };
    let (code, reason) = parsed.unwrap_or_else(|error| (error.close_code(), error.to_string().into()));
    Event::Close { code, reason }
}

fn parse_close(payload: &[u8]) -> Result<(CloseCode, &str), ProtocolError> {
    let (number, reason) = match *payload {
        [] => return Ok((CloseCode::Normal, "")),
        [_] => return Err(ProtocolError::ClosePayloadTooSmall),
        [high, low, ref reason @ ..] => (u16::from_be_bytes([high, low]), reason),
    };
    let code = CloseCode::from(number);
    if !code.is_valid_on_wire() {
        return Err(ProtocolError::InvalidCloseCode(number));
    }
    let reason = std::str::from_utf8(reason).map_err(|_| ProtocolError::InvalidUtf8)?;
    Ok((code, reason))
}
