//! The answer to an opening request as a client reads it (RFC 6455 §4.1).

use super::accept::accept_key;
use crate::http::{HandshakeHead, decode, list_contains};
use crate::websocket::protocol::{MAX_RESPONSE_LINE_SIZE, MAX_RESPONSE_SIZE, Version};

/// What a server has answered to an opening request, as [`read_handshake_response`] understands it.
///
/// ```
/// use slotwire::websocket::protocol::{HandshakeOutcome, read_handshake_response};
///
/// let head = b"HTTP/1.1 404 Not Found\r\n\r\n";
/// let outcome = read_handshake_response(head, "dGhlIHNhbXBsZSBub25jZQ==", &["chat"]);
/// assert!(matches!(outcome, HandshakeOutcome::Failed(text) if text.contains("404")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeOutcome {
    /// The connection is open; what follows the head is frames.
    Upgraded {
        /// The subprotocol that the server chose, if it chose one.
        subprotocol: Option<String>,
    },
    /// The server wants to know who asks (401).
    AuthenticationRequired {
        /// The values of `WWW-Authenticate`, one for each such header field.
        challenges: Vec<Vec<u8>>,
        /// Whether the next attempt needs a new connection.
        connection_close: bool,
        /// How the end of the body is found, behind which the next response begins.
        body: BodyFraming,
    },
    /// The connection is not opened; the text says why, in Qt's words.
    Failed(String),
}

/// How the end of a response's body is found (RFC 9112 §6.3).
///
/// ```
/// use slotwire::websocket::protocol::{BodyFraming, HandshakeOutcome, read_handshake_response};
///
/// let head = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\n";
/// let outcome = read_handshake_response(head, "dGhlIHNhbXBsZSBub25jZQ==", &["chat"]);
/// let HandshakeOutcome::AuthenticationRequired { body, .. } = outcome else { panic!() };
/// assert_eq!(body, BodyFraming::Sized(5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// It has that many bytes.
    Sized(u64),
    /// It comes in chunks (RFC 9112 §7.1).
    Chunked,
    /// It goes up to the end of the connection.
    UntilClose,
}

/// Reads the answer to a request that had `key` and offered `subprotocols`, from its head up to and with the empty
/// line (see [`find_header_end`](super::find_header_end)).
///
/// ```
/// use slotwire::websocket::protocol::{HandshakeOutcome, read_handshake_response};
///
/// let head = b"HTTP/1.1 101 Switching Protocols\r\n\
///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
/// let outcome = read_handshake_response(head, "dGhlIHNhbXBsZSBub25jZQ==", &["chat"]);
/// assert_eq!(outcome, HandshakeOutcome::Upgraded { subprotocol: None });
/// ```
///
/// # Qt
/// The texts are those of `QWebSocketPrivate::processHandshake`. Differences: `Connection` may be a list, as HTTP
/// allows, and an extension is refused, as none was asked for (RFC 6455 §4.1).
#[doc(alias = "processHandshake")]
#[must_use]
pub fn read_handshake_response(head: &[u8], key: &str, subprotocols: &[impl AsRef<str>]) -> HandshakeOutcome {
    read(head, key, subprotocols).unwrap_or_else(|text| HandshakeOutcome::Failed(without_controls(text)))
}

/// A text that quotes the server, fit for a terminal or a log: what controls either of them is written as escapes, and so is what
/// changes how the characters around it are shown, as U+202E does.
fn without_controls(text: String) -> String {
    // What does not print is written as `\u{…}` by `escape_debug`.
    let controls = |character: char| character.is_control() || character.escape_debug().len() > 2;
    if !text.contains(controls) {
        return text;
    }
    let escaped = |character: char| match controls(character) {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    text.chars().map(escaped).collect()
}

fn read(head: &[u8], key: &str, subprotocols: &[impl AsRef<str>]) -> Result<HandshakeOutcome, String> {
    let start_line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let start_line = start_line.strip_suffix(b"\r").unwrap_or(start_line);
    let status = StatusLine::parse(start_line).ok_or("Read handshake request status failed")?;
    if head.len() > MAX_RESPONSE_SIZE {
        return Err("Parsing handshake request header failed".into());
    }
    let head = HandshakeHead::parse(head, MAX_RESPONSE_LINE_SIZE)
        .map_err(|_| "Parsing handshake request header failed")?;

    let subprotocol = head.joined_values("sec-websocket-protocol");
    if !subprotocol.is_empty() && !subprotocols.iter().any(|offered| offered.as_ref() == subprotocol) {
        return Err(format!(
            "WebSocket server has chosen protocol {subprotocol} which has not been requested"
        ));
    }
    match status.code {
        101 => {
            check_upgrade(&head, &status, key)?;
            let subprotocol = Some(subprotocol).filter(|name| !name.is_empty());
            Ok(HandshakeOutcome::Upgraded { subprotocol })
        }
        400 => Err(bad_request(&head)),
        401 => Ok(authentication_required(&head, &status)),
        code => Err(format!(
            "QWebSocketPrivate::processHandshake: Unhandled http status code: {code} ({}).",
            decode(status.reason)
        )),
    }
}

fn check_upgrade(head: &HandshakeHead, status: &StatusLine<'_>, key: &str) -> Result<(), String> {
    let accept = head.joined_values("sec-websocket-accept");
    let upgrade = head.joined_values("upgrade");
    let connection = head.joined_values("connection");
    let is_upgrade = status.major > 0
        && status.minor > 0
        && upgrade.eq_ignore_ascii_case("websocket")
        && list_contains(connection.as_bytes(), "upgrade");
    if accept.is_empty() || !is_upgrade {
        return Err(format!(
            "Invalid parameter encountered during protocol upgrade: Accept-key size: {}, version: {}.{}, \
             upgrade: {upgrade}, connection: {connection}",
            accept.len(),
            status.major,
            status.minor,
        ));
    }
    let expected = accept_key(key);
    if accept.as_bytes() != expected {
        return Err(format!(
            "Accept-Key received from server {accept} does not match the client key {}.",
            decode(&expected)
        ));
    }
    let extensions = head.joined_values("sec-websocket-extensions");
    if !extensions.is_empty() {
        return Err(format!(
            "WebSocket server has chosen extension {extensions} which has not been requested"
        ));
    }
    Ok(())
}

fn bad_request(head: &HandshakeHead) -> String {
    let versions: Vec<_> = head.list("sec-websocket-version").collect();
    if versions.is_empty() || versions.iter().any(|version| Version::from_name(version) == Version::LATEST) {
        return "QWebSocketPrivate::processHandshake: Unknown error condition encountered. \
                Aborting connection."
            .into();
    }
    format!("Handshake: Server requests a version that we don't support: {}.", versions.join(", "))
}

fn authentication_required(head: &HandshakeHead, status: &StatusLine<'_>) -> HandshakeOutcome {
    let says = |option| head.values("connection").any(|value| list_contains(value, option));
    let is_persistent = status.major > 1 || (status.major == 1 && status.minor > 0) || says("keep-alive");
    HandshakeOutcome::AuthenticationRequired {
        challenges: head.values("www-authenticate").map(<[u8]>::to_owned).collect(),
        connection_close: says("close") || !is_persistent,
        body: body_framing(head),
    }
}

fn body_framing(head: &HandshakeHead) -> BodyFraming {
    if let Some(last) = head.list("transfer-encoding").last() {
        let is_chunked = last.eq_ignore_ascii_case("chunked");
        return if is_chunked { BodyFraming::Chunked } else { BodyFraming::UntilClose };
    }
    let mut sizes = head.list("content-length").map(|size| {
        let is_number = size.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| size.parse().ok())?
    });
    match sizes.next() {
        // Twice the same is as good as once (RFC 9110 §8.6).
        Some(Some(size)) if sizes.all(|other| other == Some(size)) => BodyFraming::Sized(size),
        _ => BodyFraming::UntilClose,
    }
}

/// `HTTP/1.1 101 Switching Protocols`; the text may be missing.
struct StatusLine<'h> {
    major: u8,
    minor: u8,
    code: u32,
    reason: &'h [u8],
}

impl<'h> StatusLine<'h> {
    fn parse(line: &'h [u8]) -> Option<Self> {
        let [major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9', b' ', rest @ ..] =
            line.strip_prefix(b"HTTP/")?
        else {
            return None;
        };
        let code_size = rest.iter().position(|&byte| byte == b' ').unwrap_or(rest.len());
        let (code, reason) = rest.split_at(code_size);
        let code = std::str::from_utf8(code).ok()?.parse().ok()?;
        let reason = reason.strip_prefix(b" ").unwrap_or_default();
        Some(Self { major: major - b'0', minor: minor - b'0', code, reason })
    }
}
