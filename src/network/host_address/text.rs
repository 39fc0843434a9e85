//! An address as text, and back: `QHostAddress::setAddress` and `toString`.

use std::borrow::Cow;
use std::fmt;
use std::net::{AddrParseError, IpAddr, Ipv4Addr};
use std::str::FromStr;

use super::{HostAddress, ScopeId};
use crate::http;

/// Reads an IPv4 or IPv6 address, as Qt does: an IPv4 address may have fewer than four numbers, of which the last one fills the
/// rest (`127.1`), and octal (`0177.1`), hexadecimal (`0x7f.1`) or binary (`0b1`) ones; an IPv6 address (RFC 4291 §2.2) may have
/// a scope identifier (`fe80::1%eth0`); blanks around all that, and before a number, do not count.
impl FromStr for HostAddress {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        // Forms that are not read here are left to the standard library, and so is the error.
        parse(&simplified(text)).map_or_else(|| text.parse::<IpAddr>().map(Self::from), Ok)
    }
}

/// As `QHostAddress::toString()`: nothing for [`Null`](HostAddress::Null), `0.0.0.0` for [`Any`](HostAddress::Any).
impl fmt::Display for HostAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Any => fmt::Display::fmt(&Ipv4Addr::UNSPECIFIED, f),
            Self::V4(address) => fmt::Display::fmt(address, f),
            Self::V6(address) => f.pad(&http::written(*address)),
            Self::ScopedV6(address, scope_id) => f.pad(&format!("{}%{scope_id}", http::written(*address))),
        }
    }
}

/// Removes blanks around the text, and leaves one space for each sequence of blanks: `QString::simplified`.
fn simplified(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if trimmed.contains(char::is_whitespace) {
        trimmed.split_whitespace().collect::<Vec<_>>().join(" ").into()
    } else {
        trimmed.into()
    }
}

fn parse(text: &str) -> Option<HostAddress> {
    if !text.contains(':') {
        return http::ipv4_address(text, number).map(HostAddress::V4);
    }
    let (address, scope_id) = text.rsplit_once('%').unwrap_or((text, ""));
    let address = address.replace(": ", ":").parse().ok()?;
    match scope_id {
        "" => Some(HostAddress::V6(address)),
        scope_id => Some(HostAddress::ScopedV6(address, ScopeId::new(scope_id)?)),
    }
}

/// As `strtoull` reads one with a base of 0.
fn number(text: &str) -> Option<u64> {
    let text = text.strip_prefix(' ').unwrap_or(text);
    let text = text.strip_prefix('+').unwrap_or(text);
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    is_number.then(|| u64::from_str_radix(digits, radix).ok()).flatten()
}
