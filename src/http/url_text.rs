//! A URL that is given as text (private), read as `QUrl` reads it in `QUrl::TolerantMode`.
//!
//! [`Url`](url::Url) is the URL of browsers: it resolves dot segments, drops a default port, turns `\` into `/`, and leaves
//! `{ } | ^` and a backtick in a query as they are, which many servers refuse. A program that gives a text is sent what it wrote,
//! in the form that RFC 3986 §2 allows.

use std::fmt;
use std::net::Ipv6Addr;

use percent_encoding::percent_decode_str;
use url::Host;

use super::authority::{ipv4_address, is_address_of_the_future, port_of, written};

/// The parts of a URL, or of a relative reference (RFC 3986 §4.2). All but the credentials are escaped as they are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UrlText {
    /// In lower case; empty if the reference is relative.
    scheme: String,
    authority: Option<Authority>,
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Authority {
    user_info: Option<UserInfo>,
    host: UrlHost,
    port: Option<u16>,
}

/// User and password, as they are escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
struct UserInfo {
    user: String,
    password: Option<String>,
}

/// A host, which may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct UrlHost {
    /// As it is looked up: an IPv6 address without brackets, and with its zone.
    name: String,
    /// The length of the part of the name that is sent as `Host`: a zone means nothing to others (RFC 6874 §1).
    sent: usize,
    /// It stands in brackets (RFC 3986 §3.2.2).
    is_literal: bool,
}

/// The reason why a text is no URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAUrl {
    Empty,
    Scheme,
    Host,
    Ipv6Address,
    Port,
}

impl fmt::Display for NotAUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::Scheme => "in front of the first colon there has to be a scheme, as \"ws\"",
            Self::Host => "the host has to be labels of letters, digits, hyphens and underscores, with dots between them",
            Self::Ipv6Address => "what stands in brackets has to be an IPv6 address",
            Self::Port => "the port has to be a number up to 65535",
        })
    }
}

impl UrlText {
    pub(crate) fn parse(text: &str) -> Result<Self, NotAUrl> {
        if text.is_empty() {
            return Err(NotAUrl::Empty);
        }
        let (scheme, rest) = split_scheme(text)?;
        let (rest, fragment) = split_at_first(rest, '#');
        let (rest, query) = split_at_first(rest, '?');
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(Authority::parse(authority)?), path)
            }
            None => (None, rest),
        };
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            authority,
            path: escaped(path),
            query: query.map(escaped),
            fragment: fragment.map(|fragment| escaped(fragment).replace('#', "%23")),
        })
    }

    pub(crate) fn scheme(&self) -> &str {
        &self.scheme
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Path and query, as they are asked for: an empty path is `/`, and an empty query is left out.
    pub(crate) fn target(&self) -> String {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        match &self.query {
            Some(query) if !query.is_empty() => format!("{path}?{query}"),
            _ => path.to_owned(),
        }
    }

    /// The host as it is looked up: without brackets, and with the zone of an IPv6 address.
    pub(crate) fn host(&self) -> &str {
        self.authority.as_ref().map_or("", |authority| &authority.host.name)
    }

    /// The port that is written in the URL.
    pub(crate) fn port(&self) -> Option<u16> {
        self.authority.as_ref()?.port
    }

    /// The value of the field `Host`: with the port that is written in the URL (RFC 9110 §7.2).
    pub(crate) fn host_field(&self) -> String {
        let Some(Authority { host, port, .. }) = &self.authority else { return String::new() };
        let name = &host.name[..host.sent];
        let host = if host.is_literal { format!("[{name}]") } else { name.to_owned() };
        match port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// User and password, without their escapes; empty if there are none.
    pub(crate) fn credentials(&self) -> (String, String) {
        let user_info = self.authority.as_ref().and_then(|authority| authority.user_info.as_ref());
        let decoded = |text: &str| String::from_utf8_lossy(&decoded(text)).into_owned();
        user_info.map_or_else(Default::default, |UserInfo { user, password }| {
            (decoded(user), password.as_deref().map(decoded).unwrap_or_default())
        })
    }

    /// The same URL without user and password.
    pub(crate) fn without_credentials(mut self) -> Self {
        if let Some(authority) = &mut self.authority {
            authority.user_info = None;
        }
        self
    }

    /// Returns whether the same is asked for, of the same host, by the same user.
    pub(crate) fn asks_the_same(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && self.authority == other.authority
            && self.target() == other.target()
            && self.fragment == other.fragment
    }

    /// Returns whether it names a host.
    pub(crate) fn has_host(&self) -> bool {
        !self.host().is_empty()
    }
}

/// The whole URL, with its credentials.
impl fmt::Display for UrlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if let Some(Authority { user_info, host, .. }) = &self.authority {
            f.write_str("//")?;
            if let Some(UserInfo { user, password }) = user_info {
                let password = password.as_ref().map(|password| format!(":{password}"));
                write!(f, "{user}{}@", password.unwrap_or_default())?;
            }
            match host.name.get(host.sent + 1..) {
                // RFC 6874 §2
                Some(zone) => {
                    let after = self.host_field().split_off(host.sent + 2);
                    write!(f, "[{}%25{}]{after}", &host.name[..host.sent], escaped(zone))?;
                }
                None => f.write_str(&self.host_field())?,
            }
        }
        f.write_str(&self.path)?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        if let Some(fragment) = &self.fragment {
            write!(f, "#{fragment}")?;
        }
        Ok(())
    }
}

/// The text as it may stand in a log, whatever it is: without user, password, query and fragment.
pub(crate) fn without_secrets(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let is_path = text.starts_with('/') && !text.starts_with("//");
    match text.rsplit_once('@').filter(|_| !is_path) {
        Some((before, rest)) => {
            let scheme = before.split_once("//").map_or("", |(scheme, _)| scheme);
            if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}//{rest}") }
        }
        None => text.to_owned(),
    }
}

/// The scheme, empty if there is none, and what follows it. A colon behind what is no scheme would be ambiguous (RFC 3986 §4.2).
fn split_scheme(text: &str) -> Result<(&str, &str), NotAUrl> {
    let first_part = text.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((scheme, _)) = first_part.split_once(':') else { return Ok(("", text)) };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if is_scheme { Ok((scheme, &text[scheme.len() + 1..])) } else { Err(NotAUrl::Scheme) }
}

fn split_at_first(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

impl Authority {
    fn parse(text: &str) -> Result<Self, NotAUrl> {
        let (user_info, rest) = text.split_once('@').map_or((None, text), |(user, rest)| (Some(user), rest));
        let user_info = user_info.map(UserInfo::parse);
        let (host, port) = if rest.starts_with('[') {
            let end = rest.find(']').ok_or(NotAUrl::Ipv6Address)?;
            let (literal, after) = rest.split_at(end + 1);
            let port = match after {
                "" => None,
                after => Some(after.strip_prefix(':').ok_or(NotAUrl::Ipv6Address)?),
            };
            (UrlHost::literal(&literal[1..end])?, port)
        } else {
            let (host, port) = rest.rsplit_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
            let port_is_valid = port.is_none_or(|port| port_of(port).is_some());
            (if port_is_valid { UrlHost::name(host)? } else { UrlHost::default() }, port)
        };
        let port = port.map(|port| port_of(port).ok_or(NotAUrl::Port)).transpose()?.flatten();
        Ok(Self { user_info, host, port })
    }
}

impl UserInfo {
    fn parse(text: &str) -> Self {
        let (user, password) = split_at_first(text, ':');
        Self { user: escaped(user), password: password.map(escaped) }
    }
}

impl UrlHost {
    /// An address in brackets, which are not part of `text`.
    fn literal(text: &str) -> Result<Self, NotAUrl> {
        let text = String::from_utf8(decoded(text)).map_err(|_| NotAUrl::Ipv6Address)?;
        if is_address_of_the_future(&text) {
            return Ok(Self { sent: text.len(), name: text, is_literal: true });
        }
        let (address, zone) = split_at_first(&text, '%');
        if zone.is_some_and(|zone| {
            zone.is_empty() || !zone.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'%')
        }) {
            return Err(NotAUrl::Ipv6Address);
        }
        let address: Ipv6Addr = address.parse().map_err(|_| NotAUrl::Ipv6Address)?;
        let address = written(address);
        let sent = address.len();
        let name = zone.map_or_else(|| address.clone(), |zone| format!("{address}%{zone}"));
        Ok(Self { name, sent, is_literal: true })
    }

    /// A name, an IPv4 address in one of its forms, or nothing.
    fn name(text: &str) -> Result<Self, NotAUrl> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let name = String::from_utf8(decoded(text)).map_err(|_| NotAUrl::Host)?;
        let name = if name.is_ascii() {
            name.to_ascii_lowercase()
        } else {
            // Internationalized names are looked up in their ASCII form (RFC 5891 §4).
            Host::parse(&name).map_err(|_| NotAUrl::Host)?.to_string()
        };
        let without_root = name.strip_suffix('.').unwrap_or(&name);
        if !without_root.split('.').all(is_label) {
            return Err(NotAUrl::Host);
        }
        let name = ipv4_address(&name, number).map_or_else(|| name.clone(), |address| address.to_string());
        Ok(Self { sent: name.len(), name, is_literal: false })
    }
}

/// RFC 1123 §2.1, and the underscore that many networks have.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// A decimal, octal or hexadecimal number.
fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    is_number.then(|| u64::from_str_radix(digits, radix).ok())?
}

/// Escapes what has to be (RFC 3986 §2.1), and nothing else. A percent sign that begins no escape means itself, and so do all
/// others beside it: a program that wrote one such did not escape.
pub(crate) fn escaped(text: &str) -> String {
    let has_escapes = has_escapes(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        match *byte {
            b'%' if has_escapes => {
                let escape = escaped_byte(after).unwrap_or(b'%');
                rest = after.get(2..).unwrap_or_default();
                if is_unreserved(escape) {
                    out.push(char::from(escape));
                } else {
                    push_escape(&mut out, escape);
                }
            }
            byte if is_sent_as_it_is(byte) => out.push(char::from(byte)),
            byte => push_escape(&mut out, byte),
        }
    }
    out
}

/// The meaning of the text without its escapes, if it has any.
fn decoded(text: &str) -> Vec<u8> {
    if has_escapes(text) { percent_decode_str(text).collect() } else { text.as_bytes().to_vec() }
}

/// Returns whether each percent sign begins an escape.
fn has_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|after| escaped_byte(after.as_bytes()).is_some())
}

fn escaped_byte(digits: &[u8]) -> Option<u8> {
    let digit = |index: usize| digits.get(index).and_then(|digit| char::from(*digit).to_digit(16));
    u8::try_from(digit(0)? << 4 | digit(1)?).ok()
}

fn push_escape(out: &mut String, byte: u8) {
    out.push_str(&format!("%{byte:02X}"));
}

/// RFC 3986 §2.3
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn is_sent_as_it_is(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"%<>\\^`{|}".contains(&byte)
}
