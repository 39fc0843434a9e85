//! Header fields: those that a program sets (`QHttpHeaders`), and how the values of any are read and written.

use std::borrow::Cow;
use std::fmt;

use super::token::{is_field_value, is_token};

/// Header fields in the order in which they were set; their names are the same in any case.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct HttpHeaders {
    fields: Vec<(String, Vec<u8>)>,
}

impl HttpHeaders {
    /// Replaces the fields of that name by this one: `QNetworkHeadersPrivate::setRawHeader`. With an empty value, and with one
    /// that is not allowed, there is none of that name any more.
    pub(crate) fn set(&mut self, name: &str, value: &[u8]) {
        self.fields.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        if name.is_empty() || value.is_empty() {
            return;
        }
        if !is_token(name.as_bytes()) {
            log::warn!("HTTP header name contained illegal character(s): {name:?}");
        } else if !is_field_value(value) {
            log::warn!("HTTP header value contained illegal character(s): {name}");
        } else {
            self.append(name, value.trim_ascii());
        }
    }

    /// Adds a field that was received; one of that name is continued (RFC 9110 §5.2).
    pub(crate) fn append(&mut self, name: &str, value: &[u8]) {
        match self.fields.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, values)) => {
                values.extend_from_slice(b", ");
                values.extend_from_slice(value);
            }
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
    }

    /// The value of the field of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }
}

/// The names only: any value may be a secret.
impl fmt::Debug for HttpHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

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
