use std::borrow::Cow;
use std::fmt;

use url::Url;

use crate::http::HttpHeaders;

/// What a client asks a server for: a URL, and header fields for the opening handshake.
///
/// [`WebSocket::open`](crate::WebSocket::open) takes one, or anything that converts to it: text or a [`Url`]. On an accepted
/// socket, [`WebSocket::request`](crate::WebSocket::request) returns what the client asked for.
///
/// ```
/// use slotwire::{NetworkRequest, WebSocket};
/// let mut request = NetworkRequest::new("ws://localhost:1234/chat");
/// request.set_raw_header("Authorization", "Bearer abc");
/// assert_eq!(request.raw_header("authorization"), Some(&b"Bearer abc"[..]));
///
/// let socket = WebSocket::new();
/// socket.open(request);
/// # socket.delete();
/// ```
#[doc(alias = "QNetworkRequest")]
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NetworkRequest {
    url: Option<Url>,
    /// What was given as the URL, if it is none.
    invalid_url: String,
    headers: HttpHeaders,
}

impl NetworkRequest {
    /// A request for that URL, as text or as a [`Url`].
    ///
    /// Text that is not a valid URL is kept, and [`WebSocket::open`](crate::WebSocket::open) reports it.
    ///
    /// ```
    /// use slotwire::NetworkRequest;
    /// let mut request = NetworkRequest::new("ws://localhost:1234/chat");
    /// request.set_raw_header("User-Agent", "chat/1.0");
    /// assert!(NetworkRequest::new("not a URL").url().is_none());
    /// ```
    pub fn new(url: impl Into<Self>) -> Self {
        url.into()
    }

    /// The URL, `None` if it is not valid.
    ///
    /// ```
    /// use slotwire::NetworkRequest;
    /// let request = NetworkRequest::new("wss://example.org/chat?room=7");
    /// assert_eq!(request.url().and_then(|url| url.query()), Some("room=7"));
    /// ```
    pub fn url(&self) -> Option<&Url> {
        self.url.as_ref()
    }

    /// Sets the URL.
    ///
    /// ```
    /// use slotwire::NetworkRequest;
    /// let mut request = NetworkRequest::new("ws://localhost/chat");
    /// request.set_raw_header("Cookie", "session=1");
    /// request.set_url("ws://localhost/news".parse()?);
    /// assert_eq!(request.url().map(|url| url.path()), Some("/news"));
    /// assert!(request.has_raw_header("Cookie"));
    /// # Ok::<(), url::ParseError>(())
    /// ```
    #[doc(alias = "setUrl")]
    pub fn set_url(&mut self, url: Url) {
        self.url = Some(url);
    }

    /// The text that was given as a URL and is not one; `None` if the URL is valid.
    ///
    /// ```
    /// use slotwire::NetworkRequest;
    /// let request = NetworkRequest::new("ws://");
    /// assert_eq!((request.url(), request.invalid_url()), (None, Some("ws://")));
    /// ```
    pub fn invalid_url(&self) -> Option<&str> {
        self.url.is_none().then_some(&self.invalid_url)
    }

    /// Sets a header field; one of that name, whatever its case, is replaced.
    ///
    /// An empty value removes it, as a null one does in Qt, and so does, with a warning, one that is not allowed in a header,
    /// such as one with a line break. `Host` replaces that of the URL. The fields of the handshake itself (`Upgrade`,
    /// `Connection`, `Sec-WebSocket-Key` and the like) are never taken from here.
    ///
    /// ```
    /// use slotwire::NetworkRequest;
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_raw_header("Cookie", "session=1");
    /// request.set_raw_header("cookie", "session=2");
    /// assert_eq!(request.raw_header("COOKIE"), Some(&b"session=2"[..]));
    /// ```
    #[doc(alias = "setRawHeader")]
    pub fn set_raw_header(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.headers.set(&name.to_ascii_lowercase(), value.as_ref());
    }

    /// The value of a header field, whatever the case of its name; `None` if there is none.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer};
    /// let server = WebSocketServer::new("chat", SslMode::NonSecure);
    /// server.new_connection().connect(move |()| {
    ///     let Some(socket) = server.next_pending_connection() else { return };
    ///     let request = socket.request();
    ///     let cookie = request.raw_header("Cookie").unwrap_or_default();
    ///     if !cookie.starts_with(b"session=") {
    ///         socket.abort();
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "rawHeader")]
    pub fn raw_header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name)
    }

    /// Whether there is a header field of that name.
    ///
    /// ```
    /// use slotwire::NetworkRequest;
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// if !request.has_raw_header("user-agent") {
    ///     request.set_raw_header("User-Agent", "chat/1.0");
    /// }
    /// assert!(request.has_raw_header("USER-AGENT"));
    /// ```
    #[doc(alias = "hasRawHeader")]
    pub fn has_raw_header(&self, name: &str) -> bool {
        self.raw_header(name).is_some()
    }

    /// The header fields, in the order in which they were set, their names in lower case.
    ///
    /// ```
    /// use slotwire::NetworkRequest;
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_raw_header("User-Agent", "chat/1.0");
    /// request.set_raw_header("Cookie", "session=1");
    /// let names: Vec<_> = request.raw_headers().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["user-agent", "cookie"]);
    /// ```
    #[doc(alias = "rawHeaderList")]
    pub fn raw_headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter()
    }

    /// Adds a header field that was received; what is there of that name is continued (RFC 9110 §5.2).
    pub(crate) fn add_raw_header(&mut self, name: &str, value: &[u8]) {
        self.headers.append(&name.to_ascii_lowercase(), value);
    }
}

/// Shows no user, password or query of the URL, and no value of a header field: what is printed ends up in logs.
impl fmt::Debug for NetworkRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.as_ref().map(|url| without_secrets(url).to_string());
        f.debug_struct("NetworkRequest")
            .field("url", &url)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// The URL without user, password, query and fragment.
pub(crate) fn without_secrets(url: &Url) -> Url {
    let mut url = url.clone();
    // Only a URL without a host refuses this, and has neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url
}

impl From<Url> for NetworkRequest {
    fn from(url: Url) -> Self {
        Self { url: Some(url), ..Self::default() }
    }
}

impl From<&Url> for NetworkRequest {
    fn from(url: &Url) -> Self {
        url.clone().into()
    }
}

impl From<&str> for NetworkRequest {
    fn from(text: &str) -> Self {
        match Url::parse(&encode_line_breaks(text)) {
            Ok(url) if has_host(text) => url.into(),
            _ => Self { invalid_url: text.to_owned(), ..Self::default() },
        }
    }
}

impl From<String> for NetworkRequest {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for NetworkRequest {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&Self> for NetworkRequest {
    fn from(request: &Self) -> Self {
        request.clone()
    }
}

/// Whether the text of a `ws` or `wss` URL has a host. Where it has none, the parser would take the first part of the path.
fn has_host(text: &str) -> bool {
    match text.trim_start().split_once(':') {
        Some((scheme, rest)) if matches!(&*scheme.to_ascii_lowercase(), "ws" | "wss") => {
            rest.strip_prefix("//").is_some_and(|authority| !authority.starts_with(['/', '\\']))
        }
        _ => true,
    }
}

/// Keeps line breaks and tabs as what they are: the parser would drop them, and open something else than was asked for
/// (`QUrl::TolerantMode` encodes them).
fn encode_line_breaks(text: &str) -> Cow<'_, str> {
    if text.contains(['\r', '\n', '\t']) {
        text.replace('\r', "%0D").replace('\n', "%0A").replace('\t', "%09").into()
    } else {
        text.into()
    }
}
