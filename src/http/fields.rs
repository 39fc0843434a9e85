//! Reading and writing the values of header fields.

use std::borrow::Cow;

/// The trimmed entries of a comma-separated list that are not empty.
pub(crate) fn list_entries(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|entry| !entry.is_empty())
}

/// Returns whether a comma-separated list has this entry, in any case.
pub(crate) fn list_contains(list: &[u8], wanted: &str) -> bool {
    list_entries(list).any(|entry| entry.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// The text of header bytes: UTF-8, or else Latin-1, which is what HTTP once was written in.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// Appends a line with a field.
pub(crate) fn push_field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}
