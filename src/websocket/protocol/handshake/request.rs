//! The opening request as a server reads it (RFC 6455 §4.2.1).

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;

use url::Url;

use crate::http::{Head, RequestLine, decode, is_authority, list_contains};
use crate::websocket::protocol::{MAX_REQUEST_LINE_SIZE, Version};

/// The error of [`HandshakeRequest::parse`]: this is no request that opens a WebSocket.
///
/// ```
/// use slotwire::websocket::protocol::{HandshakeRequest, InvalidHandshakeRequest};
///
/// let head = b"GET /index.html HTTP/1.1\r\nHost: example.com\r\n\r\n";
/// assert_eq!(HandshakeRequest::parse(head, false).unwrap_err(), InvalidHandshakeRequest);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidHandshakeRequest;

impl fmt::Display for InvalidHandshakeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Invalid handshake request.")
    }
}

impl std::error::Error for InvalidHandshakeRequest {}

/// The opening request of a client, as a server has read and checked it.
///
/// It keeps the bytes it was parsed from and where the fields are in them; everything else is worked out when
/// it is asked for.
///
/// ```
/// use slotwire::websocket::protocol::{HandshakeRequest, Version};
///
/// let head = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com:8080\r\n\
///     Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
/// let request = HandshakeRequest::parse(head, false)?;
/// assert_eq!(request.url().unwrap().as_str(), "ws://example.com:8080/chat?room=1");
/// assert_eq!(request.key(), "dGhlIHNhbXBsZSBub25jZQ==");
/// assert_eq!(request.versions(), [Version::V13]);
/// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
/// ```
#[doc(alias = "QWebSocketHandshakeRequest")]
#[derive(Clone)]
pub struct HandshakeRequest {
    head: Head,
    secure: bool,
}

impl HandshakeRequest {
    /// Reads a request from its head, up to and with the empty line (see [`find_header_end`]). `secure` says whether
    /// it came over TLS.
    ///
    /// [`find_header_end`]: crate::websocket::protocol::find_header_end
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequest, find_header_end};
    ///
    /// let received = b"GET /chat HTTP/1.1\r\nHost: localhost\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\
    ///     \x81\x80";
    /// let (head, frames) = received.split_at(find_header_end(received, 0).unwrap());
    /// let request = HandshakeRequest::parse(head, false)?;
    /// assert_eq!(request.resource(), "/chat");
    /// assert_eq!(frames, b"\x81\x80"); // for a `DataProcessor`
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    ///
    /// # Errors
    /// The request is malformed, larger than Qt's limits ([`MAX_REQUEST_LINE_SIZE`], [`MAX_HEADER_FIELDS`]), or not one for
    /// a WebSocket: that is a `GET` of HTTP 1.1 with one `Host`, an `Upgrade` that lists `websocket`, a `Connection` that lists
    /// `Upgrade`, and one `Sec-WebSocket-Key`, 16 bytes in base64 (RFC 6455 §4.2.1). The `Sec-WebSocket-Version` has to be
    /// numbers, of which none need be 13. Several fields of a name are one list (RFC 9110 §5.3).
    ///
    /// [`MAX_HEADER_FIELDS`]: crate::websocket::protocol::MAX_HEADER_FIELDS
    pub fn parse(head: &[u8], secure: bool) -> Result<Self, InvalidHandshakeRequest> {
        Self::read(head, secure).map_err(|_| InvalidHandshakeRequest)
    }

    /// As [`parse`](Self::parse); the error says what is wrong.
    pub(super) fn read(head: &[u8], secure: bool) -> Result<Self, &'static str> {
        let head = Head::parse(head, MAX_REQUEST_LINE_SIZE)
            .map_err(|_| "it is not the head of an HTTP request, or too large a one")?;
        let request = Self { head, secure };
        match request.fault() {
            None => Ok(request),
            Some(fault) => Err(fault),
        }
    }

    /// Returns whether the request came over TLS.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HandshakeRequest;
    ///
    /// let head = b"GET /chat HTTP/1.1\r\nHost: localhost\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, true)?; // the head itself does not show it
    /// assert!(request.is_secure());
    /// assert_eq!(request.url().unwrap().scheme(), "wss");
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The URL that was asked for: the target's own if it is absolute, else that of the `Host`.
    ///
    /// `None` if `Host` has the form that RFC 3986 keeps for future kinds of IP addresses.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HandshakeRequest;
    ///
    /// let head = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com:8080\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// let url = HandshakeRequest::parse(head, false)?.url().unwrap();
    /// assert_eq!((url.host_str(), url.port()), (Some("example.com"), Some(8080)));
    /// assert_eq!((url.path(), url.query()), ("/chat", Some("room=1")));
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    #[doc(alias = "requestUrl")]
    #[must_use]
    pub fn url(&self) -> Option<Url> {
        let resource = self.resource();
        if is_absolute(&resource) {
            return Url::parse(&resource).ok();
        }
        let scheme = if self.secure { "wss" } else { "ws" };
        let slash = if resource.starts_with('/') { "" } else { "/" };
        Url::parse(&format!("{scheme}://{}{slash}{resource}", self.host())).ok()
    }

    /// The request's target as it was sent: usually a path and a query. [`url`](Self::url) has no dot segments in its path, this
    /// has.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HandshakeRequest;
    ///
    /// let head = b"GET /caf%C3%A9?room=1 HTTP/1.1\r\nHost: example.com\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// assert_eq!(request.resource(), "/caf%C3%A9?room=1"); // nothing is unescaped
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    #[must_use]
    pub fn resource(&self) -> Cow<'_, str> {
        decode(self.request_line().map_or(&[], |line| line.target))
    }

    /// The `Host`, with its port if one was given; empty if there is none.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HandshakeRequest;
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: chat.example.com:8080\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// // One server, many sites.
    /// assert_eq!(request.host(), "chat.example.com:8080");
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    #[must_use]
    pub fn host(&self) -> Cow<'_, str> {
        self.text("host")
    }

    /// The `Origin`; empty if there is none.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRefusal, HandshakeRequest};
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// let mut answer = Vec::new();
    /// if request.origin() != "https://example.com" {
    ///     HandshakeRefusal::OriginRefused.write(&mut answer);
    /// }
    /// assert!(answer.starts_with(b"HTTP/1.1 403 "));
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    #[must_use]
    pub fn origin(&self) -> Cow<'_, str> {
        self.text("origin")
    }

    /// The `Sec-WebSocket-Key`, to be answered by [`accept_key`](super::accept_key).
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequest, accept_key};
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// assert_eq!(accept_key(&request.key())[..], *b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    #[must_use]
    pub fn key(&self) -> Cow<'_, str> {
        self.text("sec-websocket-key")
    }

    /// The versions that the client speaks, the highest first; those that are not known are [`Version::Unknown`].
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequest, Version};
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 7, 8, 13\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// assert_eq!(request.versions(), [Version::V13, Version::V8, Version::V7]);
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    #[must_use]
    pub fn versions(&self) -> Vec<Version> {
        let mut versions: Vec<_> = self.known_versions().collect();
        versions.sort_unstable_by_key(|version| Reverse(*version));
        versions
    }

    /// Returns whether the client speaks this version.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequest, Version};
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?; // a draft, and still valid
    /// assert!(request.supports(Version::V8));
    /// assert!(!request.supports(Version::LATEST));
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    #[must_use]
    pub fn supports(&self, version: Version) -> bool {
        self.known_versions().any(|offered| offered == version)
    }

    /// The subprotocols that the client offers, in its order.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HandshakeRequest;
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\
    ///     Sec-WebSocket-Protocol: chat.v2, chat.v1\r\n\
    /// #     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// assert!(request.subprotocols().eq(["chat.v2", "chat.v1"]));
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    pub fn subprotocols(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.head.list("sec-websocket-protocol")
    }

    /// The extensions that the client offers, with their parameters, in its order.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HandshakeRequest;
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    ///     Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// assert!(request.extensions().any(|extension| extension.starts_with("permessage-deflate")));
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    pub fn extensions(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.head.list("sec-websocket-extensions")
    }

    /// The same as one list, with what is in quotes.
    pub(super) fn joined_extensions(&self) -> String {
        self.head.joined_values("sec-websocket-extensions")
    }

    /// All header fields in order: names in lower case, values trimmed.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HandshakeRequest;
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent:  curl \r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// for (name, value) in request.headers() {
    ///     println!("{name}: {}", String::from_utf8_lossy(value));
    /// }
    /// assert_eq!(request.headers().nth(1), Some(("user-agent", &b"curl"[..])));
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head.fields()
    }

    /// The value of the first header field with this name, which must be in lower case.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HandshakeRequest;
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: session=1\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// assert_eq!(request.header("cookie"), Some(&b"session=1"[..]));
    /// assert_eq!(request.header("authorization"), None);
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head.first_value(name)
    }

    /// The head alone, the smallest form in which a request can be kept. [`parse`](HandshakeRequest::parse) takes
    /// it again.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{CompactHead, HandshakeRequest};
    ///
    /// let head = b"GET /chat HTTP/1.1\r\nHost: localhost\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// let request = HandshakeRequest::parse(head, false)?;
    /// let kept = CompactHead::new(&request.into_head());
    /// // Much later, someone asks:
    /// assert_eq!(HandshakeRequest::parse(&kept.to_bytes(), false)?.resource(), "/chat");
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    #[must_use]
    pub fn into_head(self) -> Box<[u8]> {
        self.head.into_bytes()
    }

    fn text(&self, name: &str) -> Cow<'_, str> {
        decode(self.header(name).unwrap_or_default())
    }

    fn request_line(&self) -> Option<RequestLine<'_>> {
        RequestLine::parse(self.head.start_line())
    }

    /// The entries of all version fields; `None` for what is not a number.
    fn version_numbers(&self) -> impl Iterator<Item = Option<u32>> {
        self.head.list("sec-websocket-version").map(|entry| entry.parse().ok())
    }

    fn known_versions(&self) -> impl Iterator<Item = Version> {
        self.version_numbers().flatten().map(|number| Version::from_number(number.into()))
    }

    /// The reason why it is no request for a WebSocket.
    fn fault(&self) -> Option<&'static str> {
        let checks = [
            // RFC 9112 §3; of a CR within a line, §2.2.
            (
                !self.head.start_line().iter().any(u8::is_ascii_control),
                "the request line has control characters",
            ),
            (self.request_line().is_some_and(|line| line.method == b"GET"), "the method is not GET"),
            (
                self.request_line().is_some_and(|line| line.is_http_1_1_or_later()),
                "the protocol is not HTTP/1.1 or later",
            ),
            (self.is_upgrade(), "it does not ask for an upgrade to a WebSocket"),
            // RFC 6455 §4.2.1
            (
                self.only_value("sec-websocket-key").is_some_and(is_key),
                "Sec-WebSocket-Key is not there once, with 16 bytes in base64",
            ),
            (self.has_only_numbers_as_versions(), "Sec-WebSocket-Version is missing or no number"),
            (self.has_valid_host(), "Host is not there once, with a valid authority"),
            (self.has_valid_target(), "the target is no valid URL"),
        ];
        checks.into_iter().find_map(|(is_so, fault)| (!is_so).then_some(fault))
    }

    fn is_upgrade(&self) -> bool {
        self.lists("upgrade", "websocket") && self.lists("connection", "upgrade")
    }

    /// Returns whether the list in the fields of that name has this entry, in any case.
    fn lists(&self, name: &str, wanted: &str) -> bool {
        self.head.values(name).any(|value| list_contains(value, wanted))
    }

    /// The value of a field that may be there once only.
    fn only_value(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.head.fields().filter(|(field, _)| *field == name).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    }

    fn has_only_numbers_as_versions(&self) -> bool {
        let mut numbers = self.version_numbers().peekable();
        numbers.peek().is_some() && numbers.all(|number| number.is_some())
    }

    /// RFC 9112 §3.2: one, also if the target has a host of its own.
    fn has_valid_host(&self) -> bool {
        self.only_value("host").is_some_and(|host| is_authority(&decode(host)))
    }

    fn has_valid_target(&self) -> bool {
        let resource = self.resource();
        !is_absolute(&resource) || Url::parse(&resource).is_ok_and(|url| url.has_host())
    }
}

/// Shows no query, and no value of a header field: what is printed ends up in logs.
impl fmt::Debug for HandshakeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers().map(|(name, _)| name).collect();
        f.debug_struct("HandshakeRequest")
            .field("secure", &self.secure)
            .field("host", &self.host())
            .field("path", &self.url().as_ref().map(Url::path))
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

/// Returns whether these are 16 bytes in base64: 22 digits and the padding.
fn is_key(value: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    value.strip_suffix(b"==").is_some_and(|digits| digits.len() == 22 && digits.iter().all(is_digit))
}

/// Returns whether a request target is a URL of its own rather than a path.
fn is_absolute(resource: &str) -> bool {
    !resource.starts_with('/') && resource.contains("://")
}
