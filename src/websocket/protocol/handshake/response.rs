//! The answer to an opening request as a server writes it (RFC 6455 §4.2.2).

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use super::accept::accept_key;
use super::request::HandshakeRequest;
use crate::http::{append_http_date, push_field};
use crate::websocket::protocol::{CloseCode, Compression, DeflateParameters, Version};

/// The answer of a server that opens the connection (HTTP status 101).
///
/// ```
/// use slotwire::websocket::protocol::{HandshakeRequest, HandshakeResponse};
/// use std::time::SystemTime;
///
/// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\
///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
///     Sec-WebSocket-Protocol: chat, superchat\r\n\r\n";
/// let request = HandshakeRequest::parse(head, false)?;
/// let response = HandshakeResponse::new(&request, &["superchat"])?;
/// assert_eq!(response.subprotocol(), Some("superchat"));
///
/// let mut out = Vec::new();
/// response.write("Chat Server", SystemTime::now(), &mut out)?;
/// assert!(out.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "QWebSocketHandshakeResponse")]
#[derive(Clone, Debug)]
pub struct HandshakeResponse<'r> {
    request: &'r HandshakeRequest,
    subprotocol: Option<Cow<'r, str>>,
    compression: Option<DeflateParameters>,
}

impl<'r> HandshakeResponse<'r> {
    /// The answer that accepts a request. Of the subprotocols that the client offers, in its order, the first that is supported
    /// is chosen.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRefusal, HandshakeRequest, HandshakeResponse};
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// let refusal = HandshakeResponse::new(&request, &["chat"]).unwrap_err();
    /// assert_eq!(refusal, HandshakeRefusal::UnsupportedVersion);
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    ///
    /// # Errors
    /// [`HandshakeRefusal::UnsupportedVersion`] if the client does not speak version 13.
    pub fn new(
        request: &'r HandshakeRequest,
        supported_subprotocols: &[impl AsRef<str>],
    ) -> Result<Self, HandshakeRefusal> {
        if !request.supports(Version::LATEST) {
            return Err(HandshakeRefusal::UnsupportedVersion);
        }
        let is_supported =
            |name: &Cow<'_, str>| supported_subprotocols.iter().any(|own| own.as_ref() == name);
        let subprotocol = request.subprotocols().find(is_supported);
        Ok(Self { request, subprotocol, compression: None })
    }

    /// The subprotocol that both sides speak; `None` if there is none.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequest, HandshakeResponse};
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\
    ///     Sec-WebSocket-Protocol: chat.v2, chat.v1\r\n\
    /// #     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// // The client's order decides, not the server's.
    /// let response = HandshakeResponse::new(&request, &["chat.v1", "chat.v2"])?;
    /// assert_eq!(response.subprotocol(), Some("chat.v2"));
    /// assert_eq!(HandshakeResponse::new(&request, &["mqtt"])?.subprotocol(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Accepts one of the client's offers to compress, if there is one that fits; otherwise nothing is compressed.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{Compression, HandshakeRequest, HandshakeResponse};
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    ///     Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    ///     Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// let mut response = HandshakeResponse::new(&request, &["chat"])?;
    /// assert_eq!(response.compression(), None);
    /// response.accept_compression(&Compression::new());
    /// assert!(response.compression().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn accept_compression(&mut self, compression: &Compression) {
        let offers = self.request.joined_extensions();
        self.compression = compression.accept(&offers);
    }

    /// The parameters that were [accepted](Self::accept_compression).
    ///
    /// ```
    /// use slotwire::websocket::protocol::{DeflateParameters, HandshakeResponse};
    ///
    /// /// For a `DeflateContext`.
    /// fn agreed(response: &HandshakeResponse<'_>) -> Option<DeflateParameters> {
    ///     response.compression()
    /// }
    /// ```
    #[must_use]
    pub const fn compression(&self) -> Option<DeflateParameters> {
        self.compression
    }

    /// Appends the answer to `out`. `server_name` becomes `Server`, if it is not empty; `now` is the date.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeOutcome, HandshakeRequest, HandshakeResponse};
    /// use slotwire::websocket::protocol::read_handshake_response;
    /// use std::time::SystemTime;
    ///
    /// # let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
    /// #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// let mut out = Vec::new();
    /// HandshakeResponse::new(&request, &["chat"])?.write("", SystemTime::now(), &mut out)?;
    /// // What the client makes of it:
    /// let outcome = read_handshake_response(&out, &request.key(), &["chat"]);
    /// assert!(matches!(outcome, HandshakeOutcome::Upgraded { subprotocol: None, .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`HandshakeRefusal::HeaderContainsNewline`] if the name contains a line break; nothing is written then.
    pub fn write(
        &self,
        server_name: &str,
        now: SystemTime,
        out: &mut Vec<u8>,
    ) -> Result<(), HandshakeRefusal> {
        // Parts of the request were parsed line by line and contain none.
        if server_name.contains(['\r', '\n']) {
            return Err(HandshakeRefusal::HeaderContainsNewline);
        }
        let origin = self.request.header("origin").filter(|origin| !origin.is_empty()).unwrap_or(b"*");
        out.reserve(384 + server_name.len() + origin.len());
        out.extend_from_slice(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
        );
        push_field(out, "Sec-WebSocket-Accept", &accept_key(&self.request.key()));
        if let Some(subprotocol) = &self.subprotocol {
            push_field(out, "Sec-WebSocket-Protocol", subprotocol.as_bytes());
        }
        if let Some(compression) = self.compression {
            push_field(out, "Sec-WebSocket-Extensions", compression.to_string().as_bytes());
        }
        if !server_name.is_empty() {
            push_field(out, "Server", server_name.as_bytes());
        }
        push_field(out, "Access-Control-Allow-Credentials", b"false");
        push_field(out, "Access-Control-Allow-Methods", b"GET");
        push_field(out, "Access-Control-Allow-Headers", b"content-type");
        push_field(out, "Access-Control-Allow-Origin", origin);
        out.extend_from_slice(b"Date: ");
        append_http_date(out, now);
        out.extend_from_slice(b"\r\n\r\n");
        Ok(())
    }
}

/// The reason why a server does not open a connection, and the HTTP response that says so.
///
/// `Display` and [`close_code`](HandshakeRefusal::close_code) give what the server reports as its error.
///
/// ```
/// use slotwire::websocket::protocol::HandshakeRefusal;
///
/// let mut out = Vec::new();
/// HandshakeRefusal::OriginRefused.write(&mut out);
/// assert_eq!(
///     out,
///     b"HTTP/1.1 403 Access Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
/// );
/// ```
///
/// # Qt
/// Qt answers with 400 to an unsupported version, and otherwise, but for a refused origin, just closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeRefusal {
    /// 400: the request is malformed or not one for a WebSocket.
    InvalidRequest,
    /// 431: the head of the request is larger than the server takes
    /// ([`Limits::max_head_size`](crate::Limits::max_head_size)).
    HeaderTooLarge,
    /// 403: the policy of the server does not allow the origin.
    OriginRefused,
    /// 426: the client does not speak version 13.
    UnsupportedVersion,
    /// 503: as many connections wait to be taken as may.
    TooManyPendingConnections,
    /// 503: the server has as many connections as it may.
    TooManyConnections,
    /// 500: the server's own name contains a line break.
    HeaderContainsNewline,
}

impl HandshakeRefusal {
    /// The code that the server reports as its error.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{CloseCode, HandshakeRefusal};
    ///
    /// let refusal = HandshakeRefusal::OriginRefused;
    /// assert_eq!(refusal.close_code(), CloseCode::PolicyViolated);
    /// assert_eq!(refusal.to_string(), "Access forbidden.");
    /// ```
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        self.facts().0
    }

    /// Appends the HTTP response to `out`. The connection is to be closed after it.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HandshakeRefusal;
    ///
    /// let mut out = Vec::new();
    /// HandshakeRefusal::UnsupportedVersion.write(&mut out);
    /// // It says what would have been understood (RFC 6455 §4.2.2).
    /// assert!(out.starts_with(b"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n"));
    /// ```
    pub fn write(self, out: &mut Vec<u8>) {
        let (_, _, status) = self.facts();
        out.extend_from_slice(format!("HTTP/1.1 {status}\r\n").as_bytes());
        if self == Self::UnsupportedVersion {
            push_field(out, "Sec-WebSocket-Version", Version::LATEST.number().to_string().as_bytes());
        }
        out.extend_from_slice(b"Connection: close\r\nContent-Length: 0\r\n\r\n");
    }

    /// The code and the text that the server reports, and the status of its answer.
    const fn facts(self) -> (CloseCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => {
                (CloseCode::ProtocolError, "Invalid handshake request.", "400 Bad Request")
            }
            Self::HeaderTooLarge => {
                (CloseCode::TooMuchData, "Header is too large.", "431 Request Header Fields Too Large")
            }
            Self::OriginRefused => (CloseCode::PolicyViolated, "Access forbidden.", "403 Access Forbidden"),
            Self::UnsupportedVersion => {
                (CloseCode::ProtocolError, "Unsupported version requested.", "426 Upgrade Required")
            }
            Self::TooManyPendingConnections => {
                (CloseCode::AbnormalDisconnection, "Too many pending connections.", "503 Service Unavailable")
            }
            Self::TooManyConnections => {
                (CloseCode::AbnormalDisconnection, "Too many connections.", "503 Service Unavailable")
            }
            Self::HeaderContainsNewline => (
                CloseCode::AbnormalDisconnection,
                "One of the headers contains a newline. Possible attack detected.",
                "500 Internal Server Error",
            ),
        }
    }
}

impl fmt::Display for HandshakeRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().1)
    }
}

impl std::error::Error for HandshakeRefusal {}
