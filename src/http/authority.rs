//! The authority of a URL (RFC 3986 §3.2): rules that URLs and the field `Host` have in common.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::Url;

/// Returns whether the field `Host` may have that value: a host, and a port or none.
pub(crate) fn is_authority(authority: &str) -> bool {
    if let Some(rest) = authority.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else { return false };
        let is_address =
            address.parse::<Ipv6Addr>().is_ok() || is_address_of_the_future(&address.to_ascii_lowercase());
        return is_address && is_port_suffix(port);
    }
    let host = authority.split(':').next().unwrap_or_default();
    let is_simple = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if !host.is_empty() && host.bytes().all(is_simple) {
        return is_port_suffix(&authority[host.len()..]);
    }
    is_unusual_authority(authority)
}

/// The rare names, escaped or international, are left to the URL parser.
fn is_unusual_authority(authority: &str) -> bool {
    let is_delimiter = |character: char| matches!(character, '/' | '\\' | '?' | '#' | '@');
    let has_host = |url: Url| url.host_str().is_some_and(|host| !host.is_empty());
    !authority.contains(is_delimiter) && Url::parse(&format!("ws://{authority}/")).is_ok_and(has_host)
}

/// Nothing, or a colon and a port, which may be left out.
fn is_port_suffix(suffix: &str) -> bool {
    suffix.strip_prefix(':').map_or(suffix.is_empty(), |port| port_of(port).is_some())
}

/// The port, if it is one. It may be empty, which says the same as no port (RFC 3986 §6.2.3).
pub(crate) fn port_of(text: &str) -> Option<Option<u16>> {
    match text {
        "" => Some(None),
        text if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok().map(Some),
        _ => None,
    }
}

/// `IPvFuture` of RFC 3986 §3.2.2, in small letters and without the brackets.
pub(crate) fn is_address_of_the_future(text: &str) -> bool {
    let Some((version, address)) = text.strip_prefix('v').and_then(|text| text.split_once('.')) else {
        return false;
    };
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:".contains(&byte);
    !version.is_empty()
        && version.bytes().all(|digit| digit.is_ascii_hexdigit())
        && !address.is_empty()
        && address.bytes().all(is_allowed)
}

/// An IPv4 address as `inet_aton` reads it: of fewer than four numbers, the last one fills the rest.
pub(crate) fn ipv4_address(text: &str, number: impl Fn(&str) -> Option<u64>) -> Option<Ipv4Addr> {
    let numbers: Vec<u64> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = numbers.split_last()?;
    let last_bits = 32 - 8 * u32::try_from(first.len()).ok().filter(|bytes| *bytes < 4)?;
    if first.iter().any(|byte| *byte > 0xFF) || *last >= 1 << last_bits {
        return None;
    }
    let first = first.iter().fold(0, |address, byte| address << 8 | byte);
    u32::try_from(first << last_bits | last).ok().map(Ipv4Addr::from)
}

/// An IPv6 address as `inet_ntop` writes it, and Qt: an IPv4 address in the last 32 bits as that.
pub(crate) fn written(address: Ipv6Addr) -> String {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
            format!("::{}", Ipv4Addr::from_bits(address.to_bits() as u32))
        }
        _ => address.to_string(),
    }
}
