//! The part of the record layer that is needed beside a TLS library (RFC 8446 §5.1).

/// Kind, version, length.
pub(super) const HEADER: usize = 5;
/// No record holds more.
#[cfg(feature = "_rustls")]
pub(super) const MAX_PLAIN: usize = 1 << 14;
/// The most by which a record is longer than its content: an explicit nonce and a tag (RFC 5288 §3).
#[cfg(feature = "_rustls")]
pub(super) const MAX_OVERHEAD: usize = HEADER + 8 + 16;
/// No record is longer (RFC 5246 §6.2.3), without its header.
const MAX_LENGTH: usize = (1 << 14) + 2048;

const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
pub(super) const APPLICATION_DATA: u8 = 23;

/// Returns whether the first bytes of a peer may be TLS: a server begins with a message of the handshake, or with an alert if it
/// does not like the client's; a client with a message.
pub(super) fn are_likely(input: &[u8], from_client: bool) -> bool {
    let is_kind = match input.first() {
        Some(&HANDSHAKE) | None => true,
        Some(&ALERT) => !from_client,
        Some(_) => false,
    };
    is_kind && input.get(1).is_none_or(|major| *major == 3)
}

/// The error of input that does not begin as TLS does, in OpenSSL's words, for which people search.
pub(super) fn no_tls(input: &[u8]) -> &'static str {
    let is_http = [&b"GET "[..], b"POST ", b"HEAD ", b"PUT "].iter().any(|method| input.starts_with(method));
    if is_http { "http request" } else { "wrong version number" }
}

#[cfg(feature = "_rustls")]
/// The length of the record at the front, if all of it is there. What is no record is there: it waits for nothing.
pub(super) fn first(input: &[u8]) -> Option<usize> {
    let (&[kind, major, _, high, low], _) = input.split_first_chunk::<HEADER>()?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if !(CHANGE_CIPHER_SPEC..=APPLICATION_DATA).contains(&kind) || major != 3 || length > MAX_LENGTH {
        return Some(input.len());
    }
    Some(HEADER + length).filter(|end| *end <= input.len())
}

#[cfg(feature = "_rustls")]
/// The length of all records at the front that are there, if there is one.
pub(super) fn whole(input: &[u8]) -> Option<usize> {
    let mut end = 0;
    while let Some(length) = first(&input[end..]) {
        end += length;
    }
    (end > 0).then_some(end)
}

/// Sees records pass, in whatever pieces they come.
#[cfg(feature = "openssl")]
#[derive(Debug, Default)]
pub(super) struct Watcher {
    /// The header, and of an alert in clear the two bytes behind it.
    begin: [u8; HEADER + 2],
    filled: usize,
    /// The number of bytes of the record that are still to come.
    left: usize,
}

/// Something of note in a stream of records.
#[cfg(feature = "openssl")]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// An alert in clear: level and kind.
    Alert(u8, u8),
    /// Not a record, or too long to be one.
    Malformed,
}

#[cfg(feature = "openssl")]
impl Watcher {
    /// Looks at what comes next, up to something of note.
    pub(super) fn watch(&mut self, input: &mut &[u8]) -> Option<Seen> {
        while !input.is_empty() {
            if self.filled >= HEADER && self.left > 0 && !self.is_alert_in_clear() {
                let count = self.left.min(input.len());
                *input = &input[count..];
                self.left -= count;
            } else {
                self.begin[self.filled] = input[0];
                self.filled += 1;
                *input = &input[1..];
                self.left = self.left.saturating_sub(1);
                if self.filled == HEADER {
                    let [kind, major, _, high, low, ..] = self.begin;
                    self.left = usize::from(u16::from_be_bytes([high, low]));
                    let is_kind = (CHANGE_CIPHER_SPEC..=APPLICATION_DATA).contains(&kind);
                    if !is_kind || major != 3 || self.left > MAX_LENGTH {
                        return Some(Seen::Malformed);
                    }
                }
            }
            if self.filled >= HEADER && self.left == 0 {
                let is_alert = self.filled == self.begin.len();
                let [.., level, kind] = self.begin;
                self.filled = 0;
                if is_alert {
                    return Some(Seen::Alert(level, kind));
                }
            }
        }
        None
    }

    fn is_alert_in_clear(&self) -> bool {
        matches!(self.begin, [ALERT, _, _, 0, 2, ..])
    }
}
