//! Frames as they go out (RFC 6455 §5.2): headers, whole frames, and the frames of a message.

use super::mask::append_masked;
use super::op_code::OpCode;

/// The most bytes that the header of a frame takes: two, a 64-bit length, a masking key.
///
/// ```
/// use slotwire::websocket::protocol::{FrameHeader, MAX_FRAME_HEADER_SIZE, OpCode};
/// use slotwire::websocket::protocol::write_frame;
/// let mut out = Vec::with_capacity(MAX_FRAME_HEADER_SIZE + 5);
/// write_frame(&mut out, FrameHeader::whole(OpCode::Text), None, b"Hello");
/// assert!(out.len() <= MAX_FRAME_HEADER_SIZE + 5);
/// ```
pub const MAX_FRAME_HEADER_SIZE: usize = 14;

pub(super) const FIN: u8 = 0x80;
pub(super) const RSV1: u8 = 0x40;
pub(super) const RSV2_AND_RSV3: u8 = 0x30;
pub(super) const OP_CODE: u8 = 0x0F;
pub(super) const MASKED: u8 = 0x80;
pub(super) const LENGTH: u8 = 0x7F;
pub(super) const LENGTH_IS_16_BITS: u8 = 126;
pub(super) const LENGTH_IS_64_BITS: u8 = 127;

/// The first byte of a frame: what the frame is, and whether it is the last of its message.
///
/// ```
/// use slotwire::websocket::protocol::{FrameHeader, OpCode, write_frame};
///
/// let first = FrameHeader { fin: false, ..FrameHeader::whole(OpCode::Text) };
/// let last = FrameHeader::whole(OpCode::Continue);
/// let mut out = Vec::new();
/// write_frame(&mut out, first, None, b"Hel");
/// write_frame(&mut out, last, None, b"lo");
/// assert_eq!(out, b"\x01\x03Hel\x80\x02lo");
/// ```
#[doc(alias = "QWebSocketFrame")]
#[doc(alias = "getFrameHeader")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// True if this is the last frame of its message.
    pub fin: bool,
    /// The bit that an extension may use, such as the compression of RFC 7692.
    pub rsv1: bool,
    /// The type of the frame.
    pub op_code: OpCode,
}

impl FrameHeader {
    /// The header of a frame that is a whole message, or a control frame.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{FrameHeader, OpCode, write_frame};
    ///
    /// let mut out = Vec::new();
    /// write_frame(&mut out, FrameHeader::whole(OpCode::Ping), None, b"?");
    /// assert_eq!(out, b"\x89\x01?");
    /// ```
    #[must_use]
    pub const fn whole(op_code: OpCode) -> Self {
        Self { fin: true, rsv1: false, op_code }
    }

    /// The header bytes in front of `length` bytes of payload, for a caller that writes the payload apart from them.
    ///
    /// The length takes the fewest bytes it fits in.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{FrameHeader, OpCode};
    ///
    /// let header = FrameHeader::whole(OpCode::Text);
    /// assert_eq!(header.encode(None, 5).as_bytes(), [0x81, 5]);
    /// assert_eq!(header.encode(None, 1000).as_bytes(), [0x81, 126, 0x03, 0xE8]);
    /// ```
    #[inline]
    #[must_use]
    pub fn encode(self, mask: Option<[u8; 4]>, length: usize) -> EncodedHeader {
        let mut encoded = EncodedHeader { bytes: [0; MAX_FRAME_HEADER_SIZE], size: 0 };
        self.write(mask, length, |part| encoded.append(part));
        encoded
    }

    /// Gives the header to `append` in parts whose size the compiler knows: to append one is a plain store.
    #[inline]
    fn write(self, mask: Option<[u8; 4]>, length: usize, mut append: impl FnMut(&[u8])) {
        let first = self.first_byte();
        let mask_bit = if mask.is_some() { MASKED } else { 0 };
        if length < LENGTH_IS_16_BITS as usize {
            append(&[first, mask_bit | length as u8]);
        } else if let Ok(length) = u16::try_from(length) {
            let [high, low] = length.to_be_bytes();
            append(&[first, mask_bit | LENGTH_IS_16_BITS, high, low]);
        } else {
            append(&[first, mask_bit | LENGTH_IS_64_BITS]);
            append(&(length as u64).to_be_bytes());
        }
        if let Some(key) = mask {
            append(&key);
        }
    }

    fn first_byte(self) -> u8 {
        let fin = if self.fin { FIN } else { 0 };
        let rsv1 = if self.rsv1 { RSV1 } else { 0 };
        fin | rsv1 | self.op_code.bits()
    }
}

/// A header in its wire form, made by [`FrameHeader::encode`].
///
/// ```
/// use slotwire::websocket::protocol::{EncodedHeader, FrameHeader, OpCode};
/// let header: EncodedHeader = FrameHeader::whole(OpCode::Text).encode(None, 5);
/// assert_eq!(header.as_bytes(), [0x81, 5]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EncodedHeader {
    bytes: [u8; MAX_FRAME_HEADER_SIZE],
    size: u8,
}

impl EncodedHeader {
    /// The bytes of the header.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{FrameHeader, OpCode};
    ///
    /// let header = FrameHeader::whole(OpCode::Text).encode(Some([1, 2, 3, 4]), 5);
    /// assert_eq!(header.as_bytes(), [0x81, 0x85, 1, 2, 3, 4]); // and five bytes of payload follow
    /// ```
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.size)]
    }

    #[inline]
    fn append(&mut self, part: &[u8]) {
        let start = usize::from(self.size);
        self.bytes[start..start + part.len()].copy_from_slice(part);
        self.size += part.len() as u8;
    }
}

impl AsRef<[u8]> for EncodedHeader {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// Appends a frame to `out`: the header, then the payload, masked if there is a key.
///
/// A client masks every frame with a new key that cannot be guessed, a server none (RFC 6455 §5.3).
///
/// ```
/// use slotwire::websocket::protocol::{FrameHeader, OpCode, write_frame};
///
/// let mut out = Vec::new();
/// write_frame(&mut out, FrameHeader::whole(OpCode::Text), None, b"Hello");
/// assert_eq!(out, b"\x81\x05Hello");
/// ```
#[inline]
pub fn write_frame(out: &mut Vec<u8>, header: FrameHeader, mask: Option<[u8; 4]>, payload: &[u8]) {
    out.reserve(MAX_FRAME_HEADER_SIZE + payload.len());
    header.write(mask, payload.len(), |part| out.extend_from_slice(part));
    match mask {
        None => out.extend_from_slice(payload),
        Some(key) => append_masked(out, payload, key),
    }
}

/// Cuts a message into frames of at most `frame_size` bytes.
///
/// There is always at least one frame, and no empty one at the end of a message that is not empty. A character of a text
/// may be cut in two. A `frame_size` of 0 does not cut.
///
/// ```
/// use slotwire::websocket::protocol::{OpCode, fragments};
///
/// let frames: Vec<_> = fragments(OpCode::Text, b"Hello", 2).collect();
/// assert_eq!(frames.len(), 3);
/// let ((first, start), (last, end)) = (frames[0], frames[2]);
/// assert_eq!((first.op_code, first.fin, start), (OpCode::Text, false, &b"He"[..]));
/// assert_eq!((last.op_code, last.fin, end), (OpCode::Continue, true, &b"o"[..]));
/// ```
pub fn fragments(
    op_code: OpCode,
    message: &[u8],
    frame_size: usize,
) -> impl Iterator<Item = (FrameHeader, &[u8])> {
    let frame_size = if frame_size == 0 { usize::MAX } else { frame_size };
    let mut rest = Some(message);
    let mut op_code = op_code;
    std::iter::from_fn(move || {
        let message = rest?;
        let (payload, tail) = message.split_at(message.len().min(frame_size));
        rest = if tail.is_empty() { None } else { Some(tail) };
        let header = FrameHeader { fin: rest.is_none(), rsv1: false, op_code };
        op_code = OpCode::Continue;
        Some((header, payload))
    })
}
