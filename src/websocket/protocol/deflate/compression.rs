//! The compression that one side wants.

use super::parameters::{MAX_WINDOW_BITS, MIN_WINDOW_BITS};
use crate::websocket::protocol::settings::settings;

/// The compression of a connection's messages, if the peer agrees: `permessage-deflate` (RFC 7692).
///
/// It is off unless asked for: by
/// [`HandshakeOptions::set_compression`](crate::HandshakeOptions::set_compression) for a client, by
/// [`WebSocketServer::set_compression`](crate::WebSocketServer::set_compression) for a server. What the two agree on,
/// [`WebSocket::compression`](crate::WebSocket::compression) says. Text that is like the text before it takes a quarter to a half
/// of its size on the wire then, and some microseconds of time on each side.
///
/// Each side keeps the last text of each direction, up to the agreed windows, from the first compressed message on; encoders and
/// decoder belong to the thread. A compressed message that comes in several frames is unpacked when it is whole: the signals of
/// frames report it as a single one. What has to be kept secret is sent by
/// [`send_text_message_uncompressed`](crate::WebSocket::send_text_message_uncompressed), which says why.
///
/// A value is changed by methods that return it, and nothing is ever out of range: a number that is too large or too small counts
/// as the nearest that there is.
///
/// ```
/// use slotwire::websocket::protocol::Compression;
///
/// let compression = Compression::new().with_level(1).with_threshold(256);
/// assert_eq!((compression.level(), compression.threshold()), (1, 256));
/// assert_eq!(Compression::default(), Compression::new());
/// ```
///
/// # Qt
/// Qt 6 has no compression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compression {
    level: u8,
    server_max_window_bits: u8,
    client_max_window_bits: u8,
    server_context_takeover: bool,
    client_context_takeover: bool,
    threshold: usize,
    max_message_size: u64,
    encoder_memory: usize,
}

impl Compression {
    /// Settings for small messages of many connections: level 6, windows of 12 bits (4 KiB for each direction), context takeover
    /// on both sides.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    ///
    /// let compression = Compression::new();
    /// assert_eq!(compression.level(), 6);
    /// assert_eq!(compression.server_max_window_bits(), 12);
    /// assert_eq!(compression.client_max_window_bits(), 12);
    /// assert!(compression.server_context_takeover() && compression.client_context_takeover());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            level: 6,
            server_max_window_bits: 12,
            client_max_window_bits: 12,
            server_context_takeover: true,
            client_context_takeover: true,
            threshold: 64,
            max_message_size: 64 * 1024 * 1024,
            encoder_memory: 2 * 1024 * 1024,
        }
    }
}

settings! {
impl Compression {
    /// The effort with which this side looks for repetitions, from 0 (none) to 9; by default 6.
    ///
    /// ```
    /// assert_eq!(slotwire::websocket::protocol::Compression::new().level(), 6);
    /// ```
    pub const fn level(&self) -> u8;

    /// Sets how hard this side looks for what is alike, from 0 to 9. Level 1 takes less than a third of the time of level 6 on a
    /// busy connection, about half where many send in turn, and makes small messages a tenth larger, tables of 14 KB 60 %. The
    /// peer does not learn of it.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// assert_eq!(Compression::new().with_level(1).level(), 1);
    /// assert_eq!(Compression::new().with_level(10).level(), 9, "there is no more");
    /// ```
    pub const fn with_level(mut self, level: u8 => if level < 9 { level } else { 9 }) -> Self;

    /// The distance that the server may look back when it compresses, as a power of two in bytes, from 8 to 15; by default 12,
    /// which is 4 KiB.
    ///
    /// ```
    /// assert_eq!(slotwire::websocket::protocol::Compression::new().server_max_window_bits(), 12);
    /// ```
    pub const fn server_max_window_bits(&self) -> u8;

    /// Sets how far back the server may look when it compresses (RFC 7692 §7.1.2.1). Each side keeps as much text of each
    /// connection, if there is context takeover. A client that asks for less than 15 does without compression if the server does
    /// not agree.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// let compression = Compression::new().with_server_max_window_bits(15);
    /// assert_eq!(compression.server_max_window_bits(), 15);
    /// let compression = compression.with_server_max_window_bits(3);
    /// assert_eq!(compression.server_max_window_bits(), 8, "the least");
    /// ```
    pub const fn with_server_max_window_bits(mut self, bits: u8 => clamped(bits)) -> Self;

    /// The distance that the client may look back when it compresses, as a power of two in bytes, from 8 to 15; by default 12,
    /// which is 4 KiB.
    ///
    /// ```
    /// assert_eq!(slotwire::websocket::protocol::Compression::new().client_max_window_bits(), 12);
    /// ```
    pub const fn client_max_window_bits(&self) -> u8;

    /// Sets how far back the client may look when it compresses (RFC 7692 §7.1.2.2). A server can ask for less than 15 only if
    /// the client says that it understands; with one that does not, it is 15.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// let compression = Compression::new().with_client_max_window_bits(9);
    /// assert_eq!(compression.client_max_window_bits(), 9);
    /// ```
    pub const fn with_client_max_window_bits(mut self, bits: u8 => clamped(bits)) -> Self;

    /// Returns whether messages of the server may refer to those before; by default yes.
    ///
    /// ```
    /// assert!(slotwire::websocket::protocol::Compression::new().server_context_takeover());
    /// ```
    #[doc(alias = "server_no_context_takeover")]
    pub const fn server_context_takeover(&self) -> bool;

    /// Sets whether messages of the server may refer to those before (RFC 7692 §7.1.1.1). Without, each message is compressed
    /// alone: small ones get about twice as large, and neither side keeps text.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// let compression = Compression::new().with_server_context_takeover(false);
    /// assert!(!compression.server_context_takeover());
    /// ```
    pub const fn with_server_context_takeover(mut self, takeover: bool) -> Self;

    /// Returns whether messages of the client may refer to those before; by default yes.
    ///
    /// ```
    /// assert!(slotwire::websocket::protocol::Compression::new().client_context_takeover());
    /// ```
    #[doc(alias = "client_no_context_takeover")]
    pub const fn client_context_takeover(&self) -> bool;

    /// Sets whether messages of the client may refer to those before (RFC 7692 §7.1.1.2).
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// let compression = Compression::new().with_client_context_takeover(false);
    /// assert!(!compression.client_context_takeover());
    /// ```
    pub const fn with_client_context_takeover(mut self, takeover: bool) -> Self;

    /// The size in bytes from which on this side compresses a message; by default 64.
    ///
    /// ```
    /// assert_eq!(slotwire::websocket::protocol::Compression::new().threshold(), 64);
    /// ```
    pub const fn threshold(&self) -> usize;

    /// Sets from how many bytes on this side compresses a message. What is smaller is sent as it is, and is not referred to
    /// later.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// assert_eq!(Compression::new().with_threshold(1024).threshold(), 1024);
    /// ```
    pub const fn with_threshold(mut self, bytes: usize) -> Self;

    /// The largest that a compressed message may get when it is unpacked, in bytes; by default 64 MiB.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// assert_eq!(Compression::new().max_message_size(), 64 * 1024 * 1024);
    /// ```
    pub const fn max_message_size(&self) -> u64;

    /// Sets the largest that a compressed message may get when it is unpacked, in bytes. The
    /// [limit of all messages](crate::Limits::max_message_size) holds as well; but that is 2 GiB by default, which a peer could
    /// fill by 2 MiB of its own. A message that gets larger ends the connection with
    /// [`CloseCode::TooMuchData`](crate::CloseCode::TooMuchData) when it has got there, and has taken no more memory.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// assert_eq!(Compression::new().with_max_message_size(4096).max_message_size(), 4096);
    /// ```
    pub const fn with_max_message_size(mut self, bytes: u64) -> Self;

    /// The memory that all encoders of the thread may take, in bytes; by default 2 MiB.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// assert_eq!(Compression::new().encoder_memory(), 2 * 1024 * 1024);
    /// ```
    pub const fn encoder_memory(&self) -> usize;

    /// Sets how much memory all encoders of the thread may take, in bytes. One takes from 161 KiB (windows of 8 bits) to 287 KiB
    /// (of 15), and there is always one, if it is needed. Each that fits makes one more busy connection faster: about twice for
    /// small messages. Those that are not used for some seconds are given back. Where the connections of a thread differ in it, the
    /// one that needs a new encoder decides.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// let frugal = Compression::new().with_encoder_memory(0);
    /// assert_eq!(frugal.encoder_memory(), 0, "one encoder for all");
    /// ```
    pub const fn with_encoder_memory(mut self, bytes: usize) -> Self;
}
}

impl Default for Compression {
    fn default() -> Self {
        Self::new()
    }
}

const fn clamped(bits: u8) -> u8 {
    match bits {
        0..=MIN_WINDOW_BITS => MIN_WINDOW_BITS,
        MAX_WINDOW_BITS.. => MAX_WINDOW_BITS,
        _ => bits,
    }
}
