//! Header fields (private): those that a [`NetworkRequest`](crate::NetworkRequest) and a
//! [`NetworkProxy`](crate::NetworkProxy) have. `QHttpHeaders`.

use std::fmt;

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
        if !is_field_name(name) {
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

/// A token (RFC 9110 §5.6.2).
fn is_field_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// No control characters but the tab (RFC 9110 §5.5): a line break would begin another field.
fn is_field_value(value: &[u8]) -> bool {
    value.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control())
}
