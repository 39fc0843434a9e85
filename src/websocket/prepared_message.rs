//! [`PreparedMessage`]: one message for many sockets.

#[cfg(feature = "deflate")]
use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::rc::Rc;

use super::protocol::{FrameHeader, OpCode};
use crate::network::output_buffer::SharedBytes;

/// A message that is sent to any number of sockets, and made ready for them once: for broadcasts.
///
/// For sockets that [compress](crate::Compression), it is compressed when the first of them needs it, once for each level and window,
/// however many receivers there are. So compressed, it refers to nothing that went before, which makes small messages larger than
/// [`send_text_message`](crate::WebSocket::send_text_message) would; later messages may refer to it.
///
/// A message that waits because receivers read slowly is in memory once for all of them, also when the value is dropped: each
/// connection has a place in it. Frames below 512 bytes are copied for each; over TLS up to 128 KiB for each connection are
/// encrypted ahead; and a client has a masked copy of its own (RFC 6455 §5.3).
/// [`Limits::max_bytes_to_write`](crate::Limits::max_bytes_to_write) counts what waits for each connection all the same.
///
/// Copies share one message. It belongs to the thread, as sockets do.
///
/// ```
/// use slotwire::prelude::*;
///
/// /// Tells all clients the same.
/// fn broadcast(clients: &[WebSocket], text: &str) {
///     let message = PreparedMessage::text(text);
///     for client in clients {
///         client.send_prepared_message(&message);
///     }
/// }
/// # broadcast(&[WebSocket::new()], "nobody is connected");
/// ```
///
/// # Qt
/// Qt 6 has nothing of the kind.
#[derive(Clone)]
pub struct PreparedMessage(Rc<Prepared>);

struct Prepared {
    plain: PreparedFrame,
    /// Few: one for each level and window in use.
    #[cfg(feature = "deflate")]
    compressed: RefCell<Vec<(Form, PreparedFrame)>>,
}

/// Settings for which a message is compressed.
#[cfg(feature = "deflate")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) level: u8,
    pub(crate) window_bits: u8,
}

/// A message as the frame in which a server sends it, if it goes out in one.
#[derive(Clone)]
pub(crate) struct PreparedFrame {
    header: FrameHeader,
    header_size: usize,
    bytes: SharedBytes,
}

impl PreparedFrame {
    fn new(header: FrameHeader, payload: &[u8]) -> Self {
        let encoded = header.encode(None, payload.len());
        let bytes = [encoded.as_bytes(), payload].concat();
        Self { header, header_size: encoded.as_bytes().len(), bytes: Rc::new(bytes) }
    }

    /// The header of a frame that has the whole message.
    pub(crate) fn header(&self) -> FrameHeader {
        self.header
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.bytes[self.header_size..]
    }

    /// The frame as it is sent.
    pub(crate) fn bytes(&self) -> &SharedBytes {
        &self.bytes
    }

    /// The place of a part of the payload, which begins there, in [`bytes`](Self::bytes).
    pub(crate) fn part(&self, start: usize, len: usize) -> Range<usize> {
        let start = self.header_size + start;
        start..start + len
    }
}

impl PreparedMessage {
    /// A text message.
    ///
    /// ```
    /// use slotwire::PreparedMessage;
    /// let message = PreparedMessage::text("the server restarts at noon");
    /// assert_eq!(message.len(), 27);
    /// ```
    #[must_use]
    pub fn text(message: impl AsRef<str>) -> Self {
        Self::new(OpCode::Text, message.as_ref().as_bytes())
    }

    /// A binary message.
    ///
    /// ```
    /// use slotwire::PreparedMessage;
    /// let message = PreparedMessage::binary([1, 2, 3]);
    /// assert_eq!(message.len(), 3);
    /// ```
    #[must_use]
    pub fn binary(message: impl AsRef<[u8]>) -> Self {
        Self::new(OpCode::Binary, message.as_ref())
    }

    /// Its size in bytes, before it is compressed.
    ///
    /// ```
    /// use slotwire::PreparedMessage;
    /// assert_eq!(PreparedMessage::text("Grüße").len(), 7);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.message().len()
    }

    /// True if there is nothing in it: it is a message all the same.
    ///
    /// ```
    /// use slotwire::PreparedMessage;
    /// assert!(PreparedMessage::text("").is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.message().is_empty()
    }

    fn new(op_code: OpCode, message: &[u8]) -> Self {
        Self(Rc::new(Prepared {
            plain: PreparedFrame::new(FrameHeader::whole(op_code), message),
            #[cfg(feature = "deflate")]
            compressed: RefCell::default(),
        }))
    }

    pub(crate) fn op_code(&self) -> OpCode {
        self.plain().header().op_code
    }

    pub(crate) fn message(&self) -> &[u8] {
        self.plain().payload()
    }

    /// The message as it is.
    pub(crate) fn plain(&self) -> &PreparedFrame {
        &self.0.plain
    }

    /// The message compressed for that, by `compress` if nobody has needed it yet.
    #[cfg(feature = "deflate")]
    pub(crate) fn compressed(&self, form: Form, compress: impl FnOnce(&[u8]) -> Vec<u8>) -> PreparedFrame {
        let known = |known: &(Form, PreparedFrame)| (known.0 == form).then(|| known.1.clone());
        let mut all = self.0.compressed.borrow_mut();
        all.iter().find_map(known).unwrap_or_else(|| {
            let header = FrameHeader { rsv1: true, ..self.plain().header() };
            let compressed = PreparedFrame::new(header, &compress(self.message()));
            all.push((form, compressed.clone()));
            compressed
        })
    }
}

impl fmt::Debug for PreparedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut message = f.debug_struct("PreparedMessage");
        message.field("op_code", &self.op_code()).field("len", &self.len());
        #[cfg(feature = "deflate")]
        message.field("compressed", &*self.0.compressed.borrow());
        message.finish()
    }
}

impl fmt::Debug for PreparedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.payload().len())
    }
}
