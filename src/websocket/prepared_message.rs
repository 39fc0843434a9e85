//! [`PreparedMessage`]: one message for many sockets.

#[cfg(feature = "deflate")]
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use super::protocol::OpCode;

/// A message that is sent to any number of sockets, and made ready for them once: for broadcasts.
///
/// For sockets that [compress](crate::Compression), it is compressed when the first of them needs it, once for each level and window,
/// however many receivers there are. So compressed, it refers to nothing that went before, which makes small messages larger than
/// [`send_text_message`](crate::WebSocket::send_text_message) would; later messages may refer to it.
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
    op_code: OpCode,
    message: Box<[u8]>,
    /// Few: one for each level and window in use.
    #[cfg(feature = "deflate")]
    compressed: RefCell<Vec<(Form, Rc<[u8]>)>>,
}

/// A level and a window in bits, for which a message is compressed.
#[cfg(feature = "deflate")]
pub(crate) type Form = (u8, u8);

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
        self.0.message.len()
    }

    /// True if there is nothing in it: it is a message all the same.
    ///
    /// ```
    /// use slotwire::PreparedMessage;
    /// assert!(PreparedMessage::text("").is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.message.is_empty()
    }

    fn new(op_code: OpCode, message: &[u8]) -> Self {
        Self(Rc::new(Prepared {
            op_code,
            message: message.into(),
            #[cfg(feature = "deflate")]
            compressed: RefCell::default(),
        }))
    }

    pub(crate) fn op_code(&self) -> OpCode {
        self.0.op_code
    }

    pub(crate) fn message(&self) -> &[u8] {
        &self.0.message
    }

    /// The message compressed for that, by `compress` if nobody has needed it yet.
    #[cfg(feature = "deflate")]
    pub(crate) fn compressed(&self, form: Form, compress: impl FnOnce(&[u8]) -> Vec<u8>) -> Rc<[u8]> {
        let known = |known: &(Form, Rc<[u8]>)| (known.0 == form).then(|| known.1.clone());
        let mut all = self.0.compressed.borrow_mut();
        all.iter().find_map(known).unwrap_or_else(|| {
            let compressed: Rc<[u8]> = compress(&self.0.message).into();
            all.push((form, compressed.clone()));
            compressed
        })
    }
}

impl fmt::Debug for PreparedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedMessage")
            .field("op_code", &self.0.op_code)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
