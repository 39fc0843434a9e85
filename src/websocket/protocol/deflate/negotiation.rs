//! The agreement of two sides (RFC 7692 §5 and §7.1): the client offers, the server accepts one offer, the client reads what was
//! accepted.

use std::fmt;

use super::compression::Compression;
use super::extension_list::{Extension, extensions};
use super::parameters::{DeflateParameters, Direction, MAX_WINDOW_BITS, MIN_WINDOW_BITS};

const NAME: &str = "permessage-deflate";

/// The parameters of an offer, or of a response.
#[derive(Clone, Copy, Default)]
struct Given {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// `Some(None)`: the client can be asked for fewer bits.
    client_max_window_bits: Option<Option<u8>>,
}

impl Given {
    /// `None` if a parameter is unknown, there twice, without a value that it needs, or with one that it may not have
    /// (RFC 7692 §7.1).
    fn read(extension: Extension<'_>) -> Option<Self> {
        let mut given = Self::default();
        for parameter in extension.parameters() {
            let parameter = parameter?;
            let is_first = match (parameter.name, parameter.value) {
                ("server_no_context_takeover", None) => set(&mut given.server_no_context_takeover),
                ("client_no_context_takeover", None) => set(&mut given.client_no_context_takeover),
                ("server_max_window_bits", Some(bits)) => {
                    given.server_max_window_bits.replace(window_bits(bits)?).is_none()
                }
                ("client_max_window_bits", None) => given.client_max_window_bits.replace(None).is_none(),
                ("client_max_window_bits", Some(bits)) => {
                    given.client_max_window_bits.replace(Some(window_bits(bits)?)).is_none()
                }
                _ => return None,
            };
            if !is_first {
                return None;
            }
        }
        Some(given)
    }
}

/// Sets what may be set once; returns whether it was not set before.
fn set(flag: &mut bool) -> bool {
    !std::mem::replace(flag, true)
}

/// From 8 to 15, in decimal digits without a zero in front.
fn window_bits(text: &str) -> Option<u8> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let bits = is_number.then(|| text.parse().ok())?;
    bits.filter(|bits| (MIN_WINDOW_BITS..=MAX_WINDOW_BITS).contains(bits))
}

impl Compression {
    /// The offers that a client writes into its `Sec-WebSocket-Extensions`.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    ///
    /// let compression = Compression::new().with_server_max_window_bits(15);
    /// let compression = compression.with_client_max_window_bits(15);
    /// assert_eq!(compression.offer(), "permessage-deflate; client_max_window_bits");
    /// let compression = compression.with_client_max_window_bits(10);
    /// let compression = compression.with_server_context_takeover(false);
    /// assert_eq!(
    ///     compression.offer(),
    ///     "permessage-deflate; server_no_context_takeover; client_max_window_bits=10"
    /// );
    /// ```
    #[must_use]
    pub fn offer(&self) -> String {
        let mut offer = NAME.to_owned();
        if !self.server_context_takeover() {
            offer += "; server_no_context_takeover";
        }
        if !self.client_context_takeover() {
            offer += "; client_no_context_takeover";
        }
        if self.server_max_window_bits() < MAX_WINDOW_BITS {
            offer += &format!("; server_max_window_bits={}", self.server_max_window_bits());
        }
        offer += "; client_max_window_bits";
        if self.client_max_window_bits() < MAX_WINDOW_BITS {
            offer += &format!("={}", self.client_max_window_bits());
        }
        offer
    }

    /// Accepts the first possible one of the offers in the client's `Sec-WebSocket-Extensions`, with this server's own wishes as
    /// far as it allows any. `None`: there is none, and nothing is compressed.
    ///
    /// A server writes what it has accepted into its response as it is [displayed](DeflateParameters).
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    ///
    /// let compression = Compression::new().with_server_max_window_bits(15);
    /// let offers = "permessage-deflate; x, permessage-deflate; server_max_window_bits=10";
    /// let accepted = compression.accept(offers).unwrap();
    /// assert_eq!(accepted.to_string(), "permessage-deflate; server_max_window_bits=10");
    /// assert_eq!(compression.accept("x-webkit-deflate-frame"), None);
    /// ```
    #[must_use]
    pub fn accept(&self, offers: &str) -> Option<DeflateParameters> {
        let offers = extensions(offers).flatten().filter(|extension| extension.name == NAME);
        let offer = offers.filter_map(Given::read).next()?;
        let server = Direction {
            max_window_bits: at_most(offer.server_max_window_bits, self.server_max_window_bits()),
            context_takeover: !offer.server_no_context_takeover && self.server_context_takeover(),
            names_window_bits: offer.server_max_window_bits.is_some(),
        };
        // A client that does not know the parameter cannot be asked for fewer bits (RFC 7692 §7.1.2.2).
        let max_window_bits = match offer.client_max_window_bits {
            Some(bits) => at_most(bits, self.client_max_window_bits()),
            None => MAX_WINDOW_BITS,
        };
        let client = Direction {
            max_window_bits,
            context_takeover: !offer.client_no_context_takeover && self.client_context_takeover(),
            names_window_bits: false,
        };
        Some(DeflateParameters { server, client })
    }

    /// Reads the `Sec-WebSocket-Extensions` of the server's response to a client that has [offered](Self::offer) this. `None`:
    /// there is nothing in it, and nothing is compressed.
    ///
    /// # Errors
    /// [`UnacceptableExtension`] if the server has accepted something else than was offered: the connection has to fail (RFC 7692
    /// §5.1).
    ///
    /// ```
    /// use slotwire::websocket::protocol::Compression;
    ///
    /// let compression = Compression::new();
    /// assert_eq!(compression.read_response(""), Ok(None));
    /// let response = "permessage-deflate; server_max_window_bits=10";
    /// let agreed = compression.read_response(response).unwrap();
    /// assert_eq!(agreed.unwrap().server_max_window_bits(), 10);
    /// assert!(compression.read_response("permessage-deflate").is_err(), "12 bits were asked for");
    /// assert!(compression.read_response("bzip2").is_err());
    /// ```
    pub fn read_response(&self, response: &str) -> Result<Option<DeflateParameters>, UnacceptableExtension> {
        let mut accepted = extensions(response);
        let Some(first) = accepted.next() else { return Ok(None) };
        if accepted.next().is_some() {
            return Err(UnacceptableExtension);
        }
        let given = first.filter(|extension| extension.name == NAME).and_then(Given::read);
        let agreed = given.and_then(|given| self.agree(given));
        agreed.map(Some).ok_or(UnacceptableExtension)
    }

    /// Returns the parameters that a response means for a client that has offered this, if it is a possible answer to that.
    fn agree(&self, given: Given) -> Option<DeflateParameters> {
        let takeover_is_allowed = self.server_context_takeover() || given.server_no_context_takeover;
        let server_bits = given.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS);
        let client_bits = match given.client_max_window_bits {
            // Less than what the server is ready for is this side's own affair.
            None => self.client_max_window_bits(),
            Some(bits) => bits.filter(|bits| *bits <= self.client_max_window_bits())?,
        };
        if !takeover_is_allowed || server_bits > self.server_max_window_bits() {
            return None;
        }
        Some(DeflateParameters {
            server: Direction {
                max_window_bits: server_bits,
                context_takeover: !given.server_no_context_takeover,
                names_window_bits: false,
            },
            client: Direction {
                max_window_bits: client_bits,
                context_takeover: !given.client_no_context_takeover && self.client_context_takeover(),
                names_window_bits: false,
            },
        })
    }
}

fn at_most(asked: Option<u8>, own: u8) -> u8 {
    asked.map_or(own, |asked| asked.min(own))
}

/// The server has accepted something that the client has not offered.
///
/// ```
/// use slotwire::websocket::protocol::Compression;
/// use slotwire::websocket::protocol::UnacceptableExtension;
///
/// let response = "permessage-deflate; server_max_window_bits=16";
/// let answer = Compression::new().read_response(response);
/// assert_eq!(answer, Err(UnacceptableExtension));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnacceptableExtension;

impl fmt::Display for UnacceptableExtension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server has accepted an extension that was not offered in this form")
    }
}

impl std::error::Error for UnacceptableExtension {}
