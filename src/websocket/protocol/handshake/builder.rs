//! The opening request as a client writes it (RFC 6455 §4.1).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::outcome::{HandshakeOutcome, read_response};
use crate::http::{decode, escaped, is_field_value, is_token, list_entries, push_field};
use crate::websocket::protocol::{Compression, Version};

/// Fields that the handshake owns: what a user sets under these names is not sent.
const OWNED: [&str; 5] =
    ["connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"];

/// The value of `Sec-WebSocket-Key` for 16 random bytes.
///
/// ```
/// use slotwire::websocket::protocol::handshake_key;
///
/// assert_eq!(handshake_key(*b"the sample nonce"), "dGhlIHNhbXBsZSBub25jZQ==");
/// ```
#[doc(alias = "generateKey")]
#[must_use]
pub fn handshake_key(random: [u8; 16]) -> String {
    STANDARD.encode(random)
}

/// The error of [`HandshakeRequestBuilder::build`]: a part of the request has a line break, by which somebody may try to
/// smuggle in header fields.
///
/// ```
/// use slotwire::websocket::protocol::{HandshakeRequestBuilder, HandshakeRequestError};
/// use slotwire::websocket::protocol::handshake_key;
///
/// let url = url::Url::parse("ws://localhost").unwrap();
/// let mut builder = HandshakeRequestBuilder::new(&url, &handshake_key([7; 16]));
/// let error = builder.set_origin("http://localhost\r\nCookie: stolen").build().unwrap_err();
/// assert_eq!(error, HandshakeRequestError::OriginContainsNewline);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeRequestError {
    /// The [resource](HandshakeRequestBuilder::set_resource) has a line break.
    ResourceContainsNewline,
    /// The [host](HandshakeRequestBuilder::set_host) has a line break.
    HostContainsNewline,
    /// The [origin](HandshakeRequestBuilder::set_origin) has a line break.
    OriginContainsNewline,
}

impl fmt::Display for HandshakeRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self {
            Self::ResourceContainsNewline => "resource name",
            Self::HostContainsNewline => "hostname",
            Self::OriginContainsNewline => "origin",
        };
        write!(f, "The {part} contains newlines. Possible attack detected.")
    }
}

impl std::error::Error for HandshakeRequestError {}

/// Writes the opening request of a client.
///
/// ```
/// use slotwire::websocket::protocol::{HandshakeRequestBuilder, handshake_key};
///
/// let url = url::Url::parse("ws://example.com/chat").unwrap();
/// let mut builder = HandshakeRequestBuilder::new(&url, &handshake_key(*b"the sample nonce"));
/// builder.set_origin("http://example.com").add_subprotocol("chat").add_header("X-Room", b"1");
/// assert_eq!(
///     String::from_utf8(builder.build()?).unwrap(),
///     "GET /chat HTTP/1.1\r\nHost: example.com\r\n\
///      Upgrade: websocket\r\nConnection: Upgrade\r\n\
///      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n\
///      Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat\r\nx-room: 1\r\n\r\n"
/// );
/// # Ok::<(), slotwire::websocket::protocol::HandshakeRequestError>(())
/// ```
///
/// # Qt
/// `QWebSocketPrivate::createHandShakeRequest`, in the same order. Header fields that the handshake writes itself
/// are not sent a second time, and subprotocols are neither empty nor sent twice (RFC 6455 §4.1).
#[doc(alias = "createHandShakeRequest")]
#[derive(Clone)]
pub struct HandshakeRequestBuilder {
    resource: String,
    host: String,
    key: String,
    origin: String,
    authorization: Vec<u8>,
    subprotocols: Vec<String>,
    header_subprotocols: Vec<String>,
    compression: Option<Compression>,
    headers: Vec<(String, Vec<u8>)>,
}

impl HandshakeRequestBuilder {
    /// A request for `url`, with a key from [`handshake_key`].
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequestBuilder, handshake_key};
    ///
    /// let url = url::Url::parse("ws://ada:secret@localhost:1234/chat?room=1").unwrap();
    /// let mut random = [0; 16];
    /// getrandom::fill(&mut random).unwrap();
    /// let request = HandshakeRequestBuilder::new(&url, &handshake_key(random)).build()?;
    /// // User and password are not for all to see.
    /// assert!(request.starts_with(b"GET /chat?room=1 HTTP/1.1\r\nHost: localhost:1234\r\n"));
    /// # Ok::<(), slotwire::websocket::protocol::HandshakeRequestError>(())
    /// ```
    #[must_use]
    pub fn new(url: &Url, key: &str) -> Self {
        Self::for_target(authority_of(url), resource_of(url), key)
    }

    /// A request for that path and query, with that `Host`.
    pub(crate) fn for_target(host: String, resource: String, key: &str) -> Self {
        Self {
            resource,
            host,
            key: key.to_owned(),
            origin: String::new(),
            authorization: Vec::new(),
            subprotocols: Vec::new(),
            header_subprotocols: Vec::new(),
            compression: None,
            headers: Vec::new(),
        }
    }

    /// Sets the key, from [`handshake_key`], in place of that of an earlier request.
    pub(super) fn set_key(&mut self, key: String) {
        self.key = key;
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn resource(&self) -> &str {
        &self.resource
    }

    /// Sets the path and query to ask for, if not those of the URL.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequestBuilder, handshake_key};
    ///
    /// let url = url::Url::parse("ws://localhost/").unwrap();
    /// let mut builder = HandshakeRequestBuilder::new(&url, &handshake_key([7; 16]));
    /// builder.set_resource("/chat?room=1");
    /// assert!(builder.build()?.starts_with(b"GET /chat?room=1 HTTP/1.1\r\n"));
    /// # Ok::<(), slotwire::websocket::protocol::HandshakeRequestError>(())
    /// ```
    pub fn set_resource(&mut self, resource: &str) -> &mut Self {
        resource.clone_into(&mut self.resource);
        self
    }

    /// Sets the `Host`, if not that of the URL.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequestBuilder, handshake_key};
    ///
    /// // The address to connect to, and the site to ask for there.
    /// let url = url::Url::parse("ws://127.0.0.1:8080/").unwrap();
    /// let mut builder = HandshakeRequestBuilder::new(&url, &handshake_key([7; 16]));
    /// builder.set_host("chat.example.com");
    /// assert!(builder.build()?.starts_with(b"GET / HTTP/1.1\r\nHost: chat.example.com\r\n"));
    /// # Ok::<(), slotwire::websocket::protocol::HandshakeRequestError>(())
    /// ```
    pub fn set_host(&mut self, host: &str) -> &mut Self {
        host.clone_into(&mut self.host);
        self
    }

    /// Sets the `Origin`; empty for none.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequest, HandshakeRequestBuilder};
    /// use slotwire::websocket::protocol::handshake_key;
    ///
    /// let url = url::Url::parse("ws://localhost/").unwrap();
    /// let mut builder = HandshakeRequestBuilder::new(&url, &handshake_key([7; 16]));
    /// let request = builder.set_origin("https://example.com").build()?;
    /// assert_eq!(HandshakeRequest::parse(&request, false)?.origin(), "https://example.com");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_origin(&mut self, origin: &str) -> &mut Self {
        origin.clone_into(&mut self.origin);
        self
    }

    /// Sets the `Authorization` that answers a 401; empty for none.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequest, HandshakeRequestBuilder};
    /// use slotwire::websocket::protocol::handshake_key;
    ///
    /// let url = url::Url::parse("ws://localhost/").unwrap();
    /// let mut builder = HandshakeRequestBuilder::new(&url, &handshake_key([7; 16]));
    /// // The server has answered 401 to the first request, so the second one has credentials.
    /// let request = builder.set_authorization("Basic YWRhOmxvdmVsYWNl").build()?;
    /// let request = HandshakeRequest::parse(&request, false)?;
    /// assert_eq!(request.header("authorization"), Some(&b"Basic YWRhOmxvdmVsYWNl"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_authorization(&mut self, authorization: impl AsRef<[u8]>) -> &mut Self {
        authorization.as_ref().clone_into(&mut self.authorization);
        self
    }

    /// Offers a subprotocol, after those offered before. A name that is not valid is left out, with a warning.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequest, HandshakeRequestBuilder};
    /// use slotwire::websocket::protocol::handshake_key;
    ///
    /// let url = url::Url::parse("ws://localhost/").unwrap();
    /// let mut builder = HandshakeRequestBuilder::new(&url, &handshake_key([7; 16]));
    /// let request = builder.add_subprotocol("chat.v2").add_subprotocol("chat.v1").build()?;
    /// let request = HandshakeRequest::parse(&request, false)?;
    /// assert!(request.subprotocols().eq(["chat.v2", "chat.v1"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_subprotocol(&mut self, name: &str) -> &mut Self {
        self.subprotocols.push(name.to_owned());
        self
    }

    /// Sets the compression to offer; at first there is none.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{Compression, HandshakeRequestBuilder};
    /// # let url = url::Url::parse("ws://example.com/chat")?;
    /// let mut builder = HandshakeRequestBuilder::new(&url, "dGhlIHNhbXBsZSBub25jZQ==");
    /// builder.set_compression(Some(Compression::new()));
    /// let request = String::from_utf8(builder.build()?)?;
    /// assert!(request.contains("\r\nSec-WebSocket-Extensions: permessage-deflate; "));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_compression(&mut self, compression: Option<Compression>) -> &mut Self {
        self.compression = compression;
        self
    }

    /// Adds a header field of the program's own, which is sent with its name in lower case.
    ///
    /// A `Host` replaces that of the URL, `Sec-WebSocket-Protocol` adds to the subprotocols, `Origin` and
    /// `Authorization` are sent unless they are set otherwise, and fields that the handshake owns are left
    /// out. What is not a header field, such as a value with a line break, is left out with a warning.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequestBuilder, handshake_key};
    ///
    /// let url = url::Url::parse("ws://localhost/").unwrap();
    /// let mut builder = HandshakeRequestBuilder::new(&url, &handshake_key([7; 16]));
    /// builder.add_header("Cookie", b"session=1");
    /// builder.add_header("X-Name", b"Ada\r\nX-Admin: yes"); // left out
    /// builder.add_header("Upgrade", b"something else"); // left out, as it is the handshake's
    /// assert!(builder.build()?.ends_with(b"\r\ncookie: session=1\r\n\r\n"));
    /// # Ok::<(), slotwire::websocket::protocol::HandshakeRequestError>(())
    /// ```
    pub fn add_header(&mut self, name: &str, value: &[u8]) -> &mut Self {
        let name = name.to_ascii_lowercase();
        if !is_token(name.as_bytes()) || !is_field_value(value) {
            log::warn!("HTTP header {name:?} contained illegal character(s)");
        } else if name == "host" {
            self.host = decode(value).into_owned();
        } else if name == "sec-websocket-protocol" {
            self.header_subprotocols.extend(list_entries(value).map(|entry| decode(entry).into_owned()));
        } else if !OWNED.contains(&name.as_str()) {
            self.headers.push((name, value.to_owned()));
        }
        self
    }

    /// The subprotocols that the request offers: valid, and each once.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeOutcome, read_handshake_response};
    /// use slotwire::websocket::protocol::{HandshakeRequestBuilder, handshake_key};
    ///
    /// let url = url::Url::parse("ws://localhost/").unwrap();
    /// let key = handshake_key([7; 16]);
    /// let mut builder = HandshakeRequestBuilder::new(&url, &key);
    /// builder.add_subprotocol("chat").add_subprotocol("not a token").add_subprotocol("chat");
    /// assert_eq!(builder.offered_subprotocols(), ["chat"]);
    /// // They are needed once more, as the server must not choose any other.
    /// let head = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";
    /// let outcome = read_handshake_response(head, &key, &builder.offered_subprotocols());
    /// assert!(matches!(outcome, HandshakeOutcome::Failed(text) if text.contains("mqtt")));
    /// ```
    #[must_use]
    pub fn offered_subprotocols(&self) -> Vec<&str> {
        let mut offered = Vec::new();
        for name in self.subprotocols.iter().chain(&self.header_subprotocols).map(String::as_str) {
            if is_token(name.as_bytes()) && !offered.contains(&name) {
                offered.push(name);
            }
        }
        offered
    }

    /// The compression to offer.
    pub(super) const fn compression(&self) -> Option<&Compression> {
        self.compression.as_ref()
    }

    /// Reads the answer to this request, as [`read_handshake_response`](super::read_handshake_response) does; and what became of
    /// the compression that it offers.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{Compression, HandshakeOutcome, HandshakeRequestBuilder};
    /// # let url = url::Url::parse("ws://example.com/chat")?;
    /// let mut builder = HandshakeRequestBuilder::new(&url, "dGhlIHNhbXBsZSBub25jZQ==");
    /// builder.set_compression(Some(Compression::new()));
    /// let head = b"HTTP/1.1 101 Switching Protocols\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
    ///     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    ///     Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12\r\n\r\n";
    /// let HandshakeOutcome::Upgraded { compression: Some(agreed), .. } = builder.read_response(head)
    /// else { panic!() };
    /// assert_eq!(agreed.server_max_window_bits(), 12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn read_response(&self, head: &[u8]) -> HandshakeOutcome {
        read_response(head, &self.key, &self.offered_subprotocols(), self.compression.as_ref())
    }

    /// The bytes of the request.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRequestBuilder, HandshakeRequestError};
    /// use slotwire::websocket::protocol::handshake_key;
    ///
    /// let url = url::Url::parse("ws://localhost/chat").unwrap();
    /// let mut builder = HandshakeRequestBuilder::new(&url, &handshake_key([7; 16]));
    /// let mut connection = Vec::new(); // a `TcpStream`, as a rule
    /// std::io::Write::write_all(&mut connection, &builder.build()?)?;
    /// assert!(connection.ends_with(b"\r\n\r\n"));
    ///
    /// builder.set_resource("/chat HTTP/1.1\r\nCookie: stolen");
    /// assert_eq!(builder.build(), Err(HandshakeRequestError::ResourceContainsNewline));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The resource, the host or the origin contains a line break.
    pub fn build(&self) -> Result<Vec<u8>, HandshakeRequestError> {
        self.check_newlines()?;
        self.warn_of_invalid_subprotocols();
        let mut out = Vec::with_capacity(512);
        for part in [b"GET ", &latin1(&self.resource)[..], b" HTTP/1.1\r\n"] {
            out.extend_from_slice(part);
        }
        push_field(&mut out, "Host", &latin1(&self.host));
        push_field(&mut out, "Upgrade", b"websocket");
        push_field(&mut out, "Connection", b"Upgrade");
        push_field(&mut out, "Sec-WebSocket-Key", self.key.as_bytes());
        if !self.origin.is_empty() {
            push_field(&mut out, "Origin", &latin1(&self.origin));
        }
        push_field(&mut out, "Sec-WebSocket-Version", Version::LATEST.number().to_string().as_bytes());
        let subprotocols = self.offered_subprotocols();
        if !subprotocols.is_empty() {
            push_field(&mut out, "Sec-WebSocket-Protocol", subprotocols.join(", ").as_bytes());
        }
        if let Some(compression) = &self.compression {
            push_field(&mut out, "Sec-WebSocket-Extensions", compression.offer().as_bytes());
        }
        for (name, value) in self.headers.iter().filter(|(name, _)| !self.is_generated(name)) {
            push_field(&mut out, name, value);
        }
        if self.has_authorization() {
            push_field(&mut out, "Authorization", &self.authorization);
        }
        out.extend_from_slice(b"\r\n");
        Ok(out)
    }

    fn check_newlines(&self) -> Result<(), HandshakeRequestError> {
        if contains_newline(&self.resource) {
            Err(HandshakeRequestError::ResourceContainsNewline)
        } else if contains_newline(&self.host) {
            Err(HandshakeRequestError::HostContainsNewline)
        } else if contains_newline(&self.origin) {
            Err(HandshakeRequestError::OriginContainsNewline)
        } else {
            Ok(())
        }
    }

    fn warn_of_invalid_subprotocols(&self) {
        for name in self.subprotocols.iter().chain(&self.header_subprotocols) {
            if !is_token(name.as_bytes()) {
                log::warn!("Ignoring invalid WebSocket subprotocol name {name:?}");
            }
        }
    }

    /// Returns whether this field of the user's is one that the request has already.
    fn is_generated(&self, name: &str) -> bool {
        (name == "origin" && !self.origin.is_empty()) || (name == "authorization" && self.has_authorization())
    }

    fn has_authorization(&self) -> bool {
        !self.authorization.is_empty() && is_field_value(&self.authorization)
    }
}

/// Shows no query, and no value of a header field: what is printed ends up in logs.
impl fmt::Debug for HandshakeRequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("HandshakeRequestBuilder")
            .field("host", &self.host)
            .field("path", &self.resource.split('?').next())
            .field("origin", &self.origin)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

/// Path and query; an empty query is left out. A `Url` leaves characters in a query that no request may have (RFC 3986 §3.4).
fn resource_of(url: &Url) -> String {
    let path = if url.path().is_empty() { "/" } else { url.path() };
    match url.query() {
        None | Some("") => escaped(path),
        Some(query) => format!("{}?{}", escaped(path), escaped(query)),
    }
}

/// Host and port, without user name and password.
fn authority_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        None => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    }
}

fn contains_newline(text: &str) -> bool {
    text.contains(['\r', '\n'])
}

/// Latin-1, with a question mark for what that does not have.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect()
}
