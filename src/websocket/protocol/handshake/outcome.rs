//! The answer to an opening request as a client reads it (RFC 6455 §4.1).

use super::accept::accept_key;
use crate::http::{BodyFraming, Head, ResponseHead, StatusLine, decode, keeps_connection, list_contains};
use crate::websocket::protocol::{Compression, DeflateParameters, UnacceptableExtension, Version};

/// The answer of a server to an opening request, as [`read_handshake_response`] understands it.
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
        /// The agreed parameters of compression, if it was [offered](super::HandshakeRequestBuilder::set_compression).
        compression: Option<DeflateParameters>,
    },
    /// The server asks for credentials (401).
    AuthenticationRequired {
        /// The values of `WWW-Authenticate`, one for each such header field.
        challenges: Vec<Vec<u8>>,
        /// True if the next attempt needs a new connection.
        connection_close: bool,
        /// The way to find the end of the body, behind which the next response begins.
        body: BodyFraming,
    },
    /// The connection is not opened; the text says why, in Qt's words.
    Failed(String),
}

/// Reads the answer to a request that had `key` and offered `subprotocols`, from its head up to and with the empty
/// line (see [`find_header_end`](crate::websocket::protocol::find_header_end)).
///
/// ```
/// use slotwire::websocket::protocol::{HandshakeOutcome, read_handshake_response};
///
/// let head = b"HTTP/1.1 101 Switching Protocols\r\n\
///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
/// let outcome = read_handshake_response(head, "dGhlIHNhbXBsZSBub25jZQ==", &["chat"]);
/// assert_eq!(outcome, HandshakeOutcome::Upgraded { subprotocol: None, compression: None });
/// ```
///
/// # Qt
/// The texts are those of `QWebSocketPrivate::processHandshake`. Differences: `Connection` may be a list, as HTTP
/// allows, and an extension is refused, as none was asked for (RFC 6455 §4.1).
#[doc(alias = "processHandshake")]
#[must_use]
pub fn read_handshake_response(head: &[u8], key: &str, subprotocols: &[impl AsRef<str>]) -> HandshakeOutcome {
    read_response(head, key, subprotocols, None)
}

/// The same, of a request that has offered this compression.
pub(super) fn read_response(
    head: &[u8],
    key: &str,
    subprotocols: &[impl AsRef<str>],
    offered: Option<&Compression>,
) -> HandshakeOutcome {
    read(head, key, subprotocols, offered)
        .unwrap_or_else(|text| HandshakeOutcome::Failed(without_controls(text)))
}

/// A text that quotes the server, fit for a terminal or a log: what controls either of them is written as escapes, and so is what
/// changes how the characters around it are shown, as U+202E does.
pub(super) fn without_controls(text: String) -> String {
    // Characters that do not print are written as `\u{…}` by `escape_debug`.
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

fn read(
    head: &[u8],
    key: &str,
    subprotocols: &[impl AsRef<str>],
    offered: Option<&Compression>,
) -> Result<HandshakeOutcome, String> {
    let head = ResponseHead::parse(head).map_err(|_| match StatusLine::of(head) {
        Some(_) => "Parsing handshake request header failed",
        None => "Read handshake request status failed",
    })?;
    if head.status() == 401 {
        check_subprotocol(&head, subprotocols)?;
        return Ok(HandshakeOutcome::AuthenticationRequired {
            challenges: head.fields().values("www-authenticate").map(<[u8]>::to_owned).collect(),
            connection_close: !keeps_connection(&head, &[]),
            body: BodyFraming::of(&head),
        });
    }
    let (subprotocol, compression) = judge(&head, key, subprotocols, offered)?;
    Ok(HandshakeOutcome::Upgraded { subprotocol, compression })
}

/// Judges the response to a request, if it is not one that asks for credentials. Returns subprotocol and compression, if the
/// connection is open; else the reason why it is not.
pub(super) fn judge(
    head: &ResponseHead,
    key: &str,
    subprotocols: &[impl AsRef<str>],
    offered: Option<&Compression>,
) -> Result<(Option<String>, Option<DeflateParameters>), String> {
    let subprotocol = check_subprotocol(head, subprotocols)?;
    match head.status() {
        101 => {
            check_upgrade(head, key)?;
            Ok((subprotocol, check_extensions(head, offered)?))
        }
        400 => Err(bad_request(head.fields())),
        _ => Err(unhandled(head)),
    }
}

fn check_subprotocol(head: &ResponseHead, offered: &[impl AsRef<str>]) -> Result<Option<String>, String> {
    let chosen = head.fields().joined_values("sec-websocket-protocol");
    if !chosen.is_empty() && !offered.iter().any(|offered| offered.as_ref() == chosen) {
        return Err(format!("WebSocket server has chosen protocol {chosen} which has not been requested"));
    }
    Ok(Some(chosen).filter(|chosen| !chosen.is_empty()))
}

fn check_upgrade(head: &ResponseHead, key: &str) -> Result<(), String> {
    let fields = head.fields();
    let (major, minor) = head.version();
    let accept = fields.joined_values("sec-websocket-accept");
    let upgrade = fields.joined_values("upgrade");
    let connection = fields.joined_values("connection");
    let is_upgrade = major > 0
        && minor > 0
        && upgrade.eq_ignore_ascii_case("websocket")
        && list_contains(connection.as_bytes(), "upgrade");
    if accept.is_empty() || !is_upgrade {
        return Err(format!(
            "Invalid parameter encountered during protocol upgrade: Accept-key size: {}, version: {major}.{minor}, \
             upgrade: {upgrade}, connection: {connection}",
            accept.len(),
        ));
    }
    let expected = accept_key(key);
    if accept.as_bytes() != expected {
        return Err(format!(
            "Accept-Key received from server {accept} does not match the client key {}.",
            decode(&expected)
        ));
    }
    Ok(())
}

/// Nothing but what was offered may be chosen (RFC 6455 §4.1).
fn check_extensions(
    head: &ResponseHead,
    offered: Option<&Compression>,
) -> Result<Option<DeflateParameters>, String> {
    let extensions = head.fields().joined_values("sec-websocket-extensions");
    let chosen = match offered {
        Some(offered) => offered.read_response(&extensions),
        None if extensions.is_empty() => Ok(None),
        None => Err(UnacceptableExtension),
    };
    chosen.map_err(|UnacceptableExtension| {
        format!("WebSocket server has chosen extension {extensions} which has not been requested")
    })
}

fn bad_request(fields: &Head) -> String {
    let versions: Vec<_> = fields.list("sec-websocket-version").collect();
    if versions.is_empty() || versions.iter().any(|version| Version::from_name(version) == Version::LATEST) {
        return "QWebSocketPrivate::processHandshake: Unknown error condition encountered. \
                Aborting connection."
            .into();
    }
    format!("Handshake: Server requests a version that we don't support: {}.", versions.join(", "))
}

fn unhandled(head: &ResponseHead) -> String {
    let mut text = format!(
        "QWebSocketPrivate::processHandshake: Unhandled http status code: {} ({}).",
        head.status(),
        decode(head.reason())
    );
    // RFC 6455 §4.4
    let versions: Vec<_> = head.fields().list("sec-websocket-version").collect();
    if head.status() == 426 && !versions.is_empty() {
        text += &format!(" The server asks for version {}.", versions.join(", "));
    }
    text
}
