//! The parameters that both sides have agreed on.

use std::fmt;

#[cfg(feature = "deflate")]
use crate::websocket::protocol::Role;

pub(super) const MIN_WINDOW_BITS: u8 = 8;
pub(super) const MAX_WINDOW_BITS: u8 = 15;

/// The parameters that the two ends of a connection have agreed on for their compression (RFC 7692 §7.1).
///
/// A server gets it from [`Compression::accept`](super::Compression::accept), a client from
/// [`Compression::read_response`](super::Compression::read_response), the program from
/// [`WebSocket::compression`](crate::WebSocket::compression). It is written as in the header field.
///
/// ```
/// use slotwire::websocket::protocol::Compression;
///
/// let offer = "permessage-deflate; client_max_window_bits";
/// let agreed = Compression::new().accept(offer).unwrap();
/// assert_eq!((agreed.server_max_window_bits(), agreed.client_max_window_bits()), (12, 12));
/// assert_eq!(
///     agreed.to_string(),
///     "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeflateParameters {
    pub(super) server: Direction,
    pub(super) client: Direction,
}

/// The parameters of one side's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Direction {
    pub(super) max_window_bits: u8,
    pub(super) context_takeover: bool,
    /// The header field names the bits, though they are as they would be without: the other side has asked for them.
    pub(super) names_window_bits: bool,
}

impl DeflateParameters {
    /// The distance that the server looks back when it compresses, as a power of two in bytes, from 8 to 15.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// let offer = "permessage-deflate; server_max_window_bits=9";
    /// let agreed = Compression::new().accept(offer).unwrap();
    /// assert_eq!(agreed.server_max_window_bits(), 9, "what the client asked for is less than 12");
    /// ```
    #[must_use]
    pub const fn server_max_window_bits(self) -> u8 {
        self.server.max_window_bits
    }

    /// The distance that the client looks back when it compresses, as a power of two in bytes, from 8 to 15.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// let agreed = Compression::new().accept("permessage-deflate").unwrap();
    /// assert_eq!(agreed.client_max_window_bits(), 15, "this client cannot be asked for less");
    /// ```
    #[must_use]
    pub const fn client_max_window_bits(self) -> u8 {
        self.client.max_window_bits
    }

    /// Returns whether messages of the server may refer to those before.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// let offer = "permessage-deflate; server_no_context_takeover";
    /// let agreed = Compression::new().accept(offer).unwrap();
    /// assert!(!agreed.server_context_takeover());
    /// ```
    #[must_use]
    pub const fn server_context_takeover(self) -> bool {
        self.server.context_takeover
    }

    /// Returns whether messages of the client may refer to those before.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    /// let agreed = Compression::new().accept("permessage-deflate").unwrap();
    /// assert!(agreed.client_context_takeover());
    /// ```
    #[must_use]
    pub const fn client_context_takeover(self) -> bool {
        self.client.context_takeover
    }

    /// The parameters of the messages that this end sends.
    #[cfg(feature = "deflate")]
    pub(super) const fn sent_by(self, role: Role) -> Direction {
        match role {
            Role::Server => self.server,
            Role::Client => self.client,
        }
    }

    /// The parameters of the messages that this end receives.
    #[cfg(feature = "deflate")]
    pub(super) const fn received_by(self, role: Role) -> Direction {
        match role {
            Role::Server => self.client,
            Role::Client => self.server,
        }
    }
}

/// The name of the extension, with the parameters that are not as they would be without.
impl fmt::Display for DeflateParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("permessage-deflate")?;
        for (side, direction) in [("server", self.server), ("client", self.client)] {
            if !direction.context_takeover {
                write!(f, "; {side}_no_context_takeover")?;
            }
            if direction.max_window_bits < MAX_WINDOW_BITS || direction.names_window_bits {
                write!(f, "; {side}_max_window_bits={}", direction.max_window_bits)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DeflateParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
