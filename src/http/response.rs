//! A response as a client reads it (RFC 9112 §4): the head, and what a program may see of one that refuses.

use std::fmt;

use super::fields::decode;
use super::head::{Head, InvalidHead};

/// The longest line of a handshake response, in bytes without the line break.
///
/// ```
/// use slotwire::websocket::protocol::{HandshakeOutcome, MAX_RESPONSE_LINE_SIZE};
/// use slotwire::websocket::protocol::read_handshake_response;
/// let head = format!("HTTP/1.1 101 \r\nX: {}\r\n\r\n", "x".repeat(MAX_RESPONSE_LINE_SIZE));
/// let (key, offered) = ("dGhlIHNhbXBsZSBub25jZQ==", ["chat"]);
/// let outcome = read_handshake_response(head.as_bytes(), key, &offered);
/// assert!(matches!(outcome, HandshakeOutcome::Failed(_)));
/// ```
pub const MAX_RESPONSE_LINE_SIZE: usize = 102_400;

/// The largest handshake response that is taken, in bytes.
///
/// ```
/// use slotwire::websocket::protocol::{MAX_RESPONSE_LINE_SIZE, MAX_RESPONSE_SIZE};
/// assert!(MAX_RESPONSE_SIZE > MAX_RESPONSE_LINE_SIZE);
/// ```
pub const MAX_RESPONSE_SIZE: usize = 256 * 1024;

/// The head of a response.
#[derive(Clone)]
pub(crate) struct ResponseHead {
    head: Head,
    line: StatusLine,
}

/// `HTTP/1.1 101 Switching Protocols`; the text may be missing.
#[derive(Clone, Copy)]
pub(crate) struct StatusLine {
    version: (u8, u8),
    status: u16,
    /// The offset of the reason phrase in the line.
    reason: usize,
}

impl StatusLine {
    /// Parses the status line of a head.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
        Self::parse(line.strip_suffix(b"\r").unwrap_or(line))
    }

    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        let [major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9', b' ', rest @ ..] =
            line.strip_prefix(b"HTTP/")?
        else {
            return None;
        };
        let size = rest.iter().position(|&byte| byte == b' ').unwrap_or(rest.len());
        let status = &rest[..size];
        let is_number = status.iter().all(u8::is_ascii_digit);
        let status = std::str::from_utf8(status).ok().filter(|_| is_number)?.parse().ok()?;
        let reason = line.len() - rest.len() + (size + 1).min(rest.len());
        Some(Self { version: (major - b'0', minor - b'0'), status, reason })
    }

    /// Returns whether these bytes, which have no line break, may become a status line.
    pub(crate) fn may_begin_with(bytes: &[u8]) -> bool {
        const FORM: &[u8] = b"HTTP/0.0 ";
        bytes.iter().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == form,
        })
    }
}

impl ResponseHead {
    /// Parses a head up to and with its empty line.
    pub(crate) fn parse(head: &[u8]) -> Result<Self, InvalidHead> {
        if head.len() > MAX_RESPONSE_SIZE {
            return Err(InvalidHead);
        }
        let head = Head::parse(head, MAX_RESPONSE_LINE_SIZE)?;
        let line = StatusLine::parse(head.start_line()).ok_or(InvalidHead)?;
        Ok(Self { head, line })
    }

    pub(crate) fn fields(&self) -> &Head {
        &self.head
    }

    /// Major and minor.
    pub(crate) fn version(&self) -> (u8, u8) {
        self.line.version
    }

    pub(crate) fn status(&self) -> u16 {
        self.line.status
    }

    /// The text behind the status.
    pub(crate) fn reason(&self) -> &[u8] {
        self.head.start_line().get(self.line.reason..).unwrap_or_default()
    }
}

/// A response in place of the one that was hoped for: the answer of a server that does not open the connection.
///
/// ```
/// use slotwire::websocket::protocol::HttpResponse;
/// // Some servers say why, and when to come again.
/// fn report(response: &HttpResponse) {
///     println!("{} {}", response.status_code(), response.reason_phrase());
///     if let Some(when) = response.raw_header("retry-after") {
///         println!("again after {} s", String::from_utf8_lossy(when));
///     }
///     println!("{}", String::from_utf8_lossy(response.body()));
/// }
/// ```
///
/// # Qt
/// `QNetworkReply` has the same of a response: `HttpStatusCodeAttribute`, `HttpReasonPhraseAttribute`, `rawHeader` and
/// `readAll`. Of a WebSocket's, Qt reports the text of the error only.
#[derive(Clone)]
pub struct HttpResponse {
    head: ResponseHead,
    body: Vec<u8>,
}

impl HttpResponse {
    /// The most that is kept of a body.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HttpResponse;
    /// assert_eq!(HttpResponse::MAX_BODY_SIZE, 4096);
    /// ```
    pub const MAX_BODY_SIZE: usize = 4096;

    pub(crate) fn new(head: ResponseHead) -> Self {
        Self { head, body: Vec::new() }
    }

    /// Keeps this part of the body, as far as there is room for it.
    pub(crate) fn append(&mut self, part: &[u8]) {
        let room = Self::MAX_BODY_SIZE - self.body.len();
        self.body.extend_from_slice(&part[..part.len().min(room)]);
    }

    pub(crate) fn has_room(&self) -> bool {
        self.body.len() < Self::MAX_BODY_SIZE
    }

    pub(crate) fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// The status: 404 for "Not Found".
    ///
    /// ```
    /// use slotwire::websocket::protocol::HttpResponse;
    /// fn may_come_again(response: &HttpResponse) -> bool {
    ///     matches!(response.status_code(), 429 | 503)
    /// }
    /// ```
    #[doc(alias = "HttpStatusCodeAttribute")]
    #[must_use]
    pub fn status_code(&self) -> u16 {
        self.head.status()
    }

    /// The text behind the status, which may be any and may be missing.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HttpResponse;
    /// fn status_line(response: &HttpResponse) -> String {
    ///     format!("{} {}", response.status_code(), response.reason_phrase())
    /// }
    /// ```
    #[doc(alias = "HttpReasonPhraseAttribute")]
    #[must_use]
    pub fn reason_phrase(&self) -> String {
        decode(self.head.reason()).into_owned()
    }

    /// The value of the first header field with this name, in any case.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HttpResponse;
    /// /// Where the server has moved to, if it has.
    /// fn location(response: &HttpResponse) -> Option<&str> {
    ///     std::str::from_utf8(response.raw_header("Location")?).ok()
    /// }
    /// ```
    #[doc(alias = "rawHeader")]
    #[must_use]
    pub fn raw_header(&self, name: &str) -> Option<&[u8]> {
        self.raw_headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All header fields in their order: names in lower case, values trimmed.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HttpResponse;
    /// fn print(response: &HttpResponse) {
    ///     for (name, value) in response.raw_headers() {
    ///         println!("{name}: {}", String::from_utf8_lossy(value));
    ///     }
    /// }
    /// ```
    #[doc(alias = "rawHeaderPairs")]
    pub fn raw_headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head.fields().fields()
    }

    /// The beginning of the body, at most [`MAX_BODY_SIZE`](Self::MAX_BODY_SIZE) bytes, without what stands around chunks.
    /// A body whose end is that of the connection is not waited for: of that, here is what has come along with the head.
    ///
    /// ```
    /// use slotwire::websocket::protocol::HttpResponse;
    /// fn explanation(response: &HttpResponse) -> String {
    ///     String::from_utf8_lossy(response.body()).into_owned()
    /// }
    /// ```
    #[doc(alias = "readAll")]
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Shows no value of a header field and no body: what is printed ends up in logs.
impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.raw_headers().map(|(name, _)| name).collect();
        f.debug_struct("HttpResponse")
            .field("status_code", &self.status_code())
            .field("headers", &names)
            .field("body_size", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The same bytes, but for the case of the names of fields.
impl PartialEq for HttpResponse {
    fn eq(&self, other: &Self) -> bool {
        let line = |response: &Self| response.head.fields().start_line().to_vec();
        line(self) == line(other) && self.raw_headers().eq(other.raw_headers()) && self.body == other.body
    }
}

impl Eq for HttpResponse {}
