//! As much of the record layer as is needed to hand rustls whole records (RFC 8446 §5.1).

/// Kind, version, length.
const HEADER: usize = 5;
/// No record holds more.
pub(super) const MAX_PLAIN: usize = 1 << 14;
/// What a record is longer than what it holds, at most: by an explicit nonce and a tag (RFC 5288 §3).
pub(super) const MAX_OVERHEAD: usize = HEADER + 8 + 16;
/// No record is longer (RFC 5246 §6.2.3), without its header.
const MAX_LENGTH: usize = MAX_PLAIN + 2048;

const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// Whether the first bytes of a peer may be TLS: a server begins with a message of the handshake, or with an alert if it does
/// not like the client's; a client with a message.
pub(super) fn are_likely(input: &[u8], from_client: bool) -> bool {
    let is_kind = match input.first() {
        Some(&HANDSHAKE) | None => true,
        Some(&ALERT) => !from_client,
        Some(_) => false,
    };
    is_kind && input.get(1).is_none_or(|major| *major == 3)
}

/// The length of the record at the front, if all of it is there. What is no record is there: it waits for nothing.
pub(super) fn first(input: &[u8]) -> Option<usize> {
    let (&[kind, major, _, high, low], _) = input.split_first_chunk::<HEADER>()?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if !(CHANGE_CIPHER_SPEC..=APPLICATION_DATA).contains(&kind) || major != 3 || length > MAX_LENGTH {
        return Some(input.len());
    }
    Some(HEADER + length).filter(|end| *end <= input.len())
}

/// The length of all records at the front that are there, if there is one.
pub(super) fn whole(input: &[u8]) -> Option<usize> {
    let mut end = 0;
    while let Some(length) = first(&input[end..]) {
        end += length;
    }
    (end > 0).then_some(end)
}
