//! An address as text, and back: `QHostAddress::setAddress` and `toString`.

use std::borrow::Cow;
use std::fmt;
use std::net::{AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::{HostAddress, ScopeId};

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
            Self::V6(address) => f.pad(&written_v6(*address)),
            Self::ScopedV6(address, scope_id) => f.pad(&format!("{}%{scope_id}", written_v6(*address))),
        }
    }
}

/// As `inet_ntop` writes it: an IPv4 address in the last 32 bits as that.
fn written_v6(address: Ipv6Addr) -> String {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
            format!("::{}", Ipv4Addr::from_bits(address.to_bits() as u32))
        }
        _ => address.to_string(),
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
        return parse_v4(text).map(HostAddress::V4);
    }
    let (address, scope_id) = text.rsplit_once('%').unwrap_or((text, ""));
    let address = address.replace(": ", ":").parse().ok()?;
    match scope_id {
        "" => Some(HostAddress::V6(address)),
        scope_id => Some(HostAddress::ScopedV6(address, ScopeId::new(scope_id)?)),
    }
}

/// As `inet_aton`: of fewer than four numbers, the last one fills the rest.
fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let mut rest = 32;
    let mut bits = 0;
    let mut numbers = text.split('.').peekable();
    while let Some(text) = numbers.next() {
        let value = number(text)?;
        let width = if numbers.peek().is_some() { 8 } else { rest };
        if width == 0 || value >> width != 0 {
            return None;
        }
        rest -= width;
        bits |= value << rest;
    }
    u32::try_from(bits).ok().map(Ipv4Addr::from_bits)
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
