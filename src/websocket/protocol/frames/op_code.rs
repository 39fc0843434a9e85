//! The type of a frame (RFC 6455 §5.2).

/// The type of a frame: the low four bits of its first byte.
///
/// ```
/// use slotwire::websocket::protocol::OpCode;
///
/// assert_eq!(OpCode::from_bits(0x9), Some(OpCode::Ping));
/// assert_eq!(OpCode::from_bits(0x3), None); // reserved
/// assert!(OpCode::Ping.is_control());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OpCode {
    /// A further frame of a fragmented message.
    Continue = 0x0,
    /// The first frame of a text message.
    Text = 0x1,
    /// The first frame of a binary message.
    Binary = 0x2,
    /// The close frame, the last of its direction.
    Close = 0x8,
    /// A ping, to be answered by a pong with the same payload.
    Ping = 0x9,
    /// The answer to a ping, or an unasked sign of life.
    Pong = 0xA,
}

impl OpCode {
    /// The opcode with this number; `None` if it is reserved (3 to 7, 11 to 15) or does not fit into four bits.
    ///
    /// ```
    /// use slotwire::websocket::protocol::OpCode;
    ///
    /// let first_byte = 0x81; // of a frame: FIN, and the opcode
    /// assert_eq!(OpCode::from_bits(first_byte & 0x0F), Some(OpCode::Text));
    /// assert_eq!(OpCode::from_bits(0xB), None); // reserved for further control frames
    /// ```
    #[doc(alias = "isOpCodeReserved")]
    #[must_use]
    #[inline]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        // A table, as every frame asks, and a jump for each opcode would be guessed wrong.
        const BY_BITS: [Option<OpCode>; 16] = {
            let mut by_bits = [None; 16];
            by_bits[0x0] = Some(OpCode::Continue);
            by_bits[0x1] = Some(OpCode::Text);
            by_bits[0x2] = Some(OpCode::Binary);
            by_bits[0x8] = Some(OpCode::Close);
            by_bits[0x9] = Some(OpCode::Ping);
            by_bits[0xA] = Some(OpCode::Pong);
            by_bits
        };
        if bits < 16 { BY_BITS[bits as usize] } else { None }
    }

    /// The number of the opcode.
    ///
    /// ```
    /// use slotwire::websocket::protocol::OpCode;
    ///
    /// assert_eq!(OpCode::Close.bits(), 0x8);
    /// assert_eq!(OpCode::from_bits(OpCode::Close.bits()), Some(OpCode::Close));
    /// ```
    #[must_use]
    pub const fn bits(self) -> u8 {
        self as u8
    }

    /// Returns whether this is a close, ping or pong frame, which may come between the frames of a message.
    ///
    /// ```
    /// use slotwire::websocket::protocol::OpCode;
    ///
    /// assert!(OpCode::Close.is_control());
    /// assert!(!OpCode::Continue.is_control()); // a part of a message
    /// ```
    #[must_use]
    pub const fn is_control(self) -> bool {
        self.bits() & 0x8 != 0
    }
}
