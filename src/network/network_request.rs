use std::fmt;
use std::time::Duration;

use url::Url;

use super::known_header::KnownHeader;
use crate::http::{self, HttpHeaders, NotAUrl, UrlText};

/// A client's request to a server: a URL, and header fields for the opening handshake.
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
    /// The text that was given, if it says more than the URL, or is none.
    text: Option<Box<str>>,
    headers: HttpHeaders,
    transfer_timeout: Option<Duration>,
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

    /// The URL, `None` if it is not valid. Of one that was given as text, it is what [`Url`] makes of that, which resolves dot
    /// segments.
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
        self.text = None;
    }

    /// The text that was given and is no [`Url`]; `None` if there is one.
    ///
    /// A few texts are a URL for [`WebSocket::open`](crate::WebSocket::open), as they are for Qt, and no [`Url`]: those with the
    /// zone of an IPv6 address, `ws://[fe80::1%25eth0]/`, those with a host such as `256.1.1.1`, and those without any.
    ///
    /// ```
    /// use slotwire::NetworkRequest;
    /// let request = NetworkRequest::new("ws://");
    /// assert_eq!((request.url(), request.invalid_url()), (None, Some("ws://")));
    /// ```
    pub fn invalid_url(&self) -> Option<&str> {
        self.url.is_none().then(|| self.text.as_deref().unwrap_or_default())
    }

    /// The parts of the URL, as they were given: what is asked for.
    pub(crate) fn parts(&self) -> Result<UrlText, NotAUrl> {
        UrlText::parse(self.as_given())
    }

    /// The URL as it may stand in a log, also if it is none.
    pub(crate) fn loggable_url(&self) -> String {
        http::without_secrets(self.as_given())
    }

    fn as_given(&self) -> &str {
        let of_url = || self.url.as_ref().map_or("", Url::as_str);
        self.text.as_deref().unwrap_or_else(of_url)
    }

    /// Takes user and password out of the URL.
    pub(crate) fn remove_credentials(&mut self) {
        if let Some(url) = &mut self.url {
            // Only a URL without a host refuses this, and has neither.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        if let Some(text) = &mut self.text
            && let Ok(parts) = UrlText::parse(text)
        {
            *text = parts.without_credentials().to_string().into();
        }
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
        self.headers.set(name, value.as_ref());
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

    /// Returns whether there is a header field of that name.
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
        self.headers.combined()
    }

    /// The value of a header field, in the type that it has; `None` if there is none, or if it cannot be read.
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_header(KnownHeader::UserAgent, "chat/1.0");
    /// assert_eq!(request.header(KnownHeader::UserAgent).as_deref(), Some("chat/1.0"));
    /// ```
    pub fn header<T: ToOwned + ?Sized>(&self, header: KnownHeader<T>) -> Option<T::Owned> {
        header.get(&self.headers)
    }

    /// Sets a header field to a value of its type; one of that name is replaced. An empty value removes it.
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkCookie, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_header(KnownHeader::Cookie, &[NetworkCookie::new("session", "1")]);
    /// assert_eq!(request.raw_header("Cookie"), Some(&b"session=1"[..]));
    /// request.set_header(KnownHeader::Cookie, &[]);
    /// assert!(!request.has_raw_header("Cookie"));
    /// ```
    #[doc(alias = "setHeader")]
    pub fn set_header<T: ToOwned + ?Sized>(&mut self, header: KnownHeader<T>, value: &T) {
        header.set(&mut self.headers, value);
    }

    /// All header fields, with those that have the same name apart.
    ///
    /// ```
    /// use slotwire::NetworkRequest;
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_raw_header("User-Agent", "chat/1.0");
    /// assert_eq!(request.headers().value("user-agent"), Some(&b"chat/1.0"[..]));
    /// ```
    pub fn headers(&self) -> &HttpHeaders {
        &self.headers
    }

    /// Sets all header fields; those that were there are gone. Several of one name are sent as one, with commas.
    ///
    /// ```
    /// use slotwire::{HttpHeaders, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// let mut headers = HttpHeaders::new();
    /// headers.append("Accept-Language", "de");
    /// headers.append("Accept-Language", "en");
    /// request.set_headers(headers);
    /// assert_eq!(request.raw_header("Accept-Language"), Some(&b"de, en"[..]));
    /// ```
    #[doc(alias = "setHeaders")]
    pub fn set_headers(&mut self, headers: HttpHeaders) {
        self.headers = headers;
    }

    /// The time that opening a connection with this request may take; `None` if it is for the socket to say.
    ///
    /// ```
    /// use slotwire::NetworkRequest;
    /// assert_eq!(NetworkRequest::new("ws://localhost").transfer_timeout(), None);
    /// ```
    #[doc(alias("transferTimeout", "transferTimeoutAsDuration"))]
    pub fn transfer_timeout(&self) -> Option<Duration> {
        self.transfer_timeout
    }

    /// Sets how long opening a connection with this request may take: it stands in for the socket's
    /// [`handshake_timeout`](crate::WebSocket::handshake_timeout), which says what is counted.
    ///
    /// ```
    /// use std::time::Duration;
    /// use slotwire::{NetworkRequest, WebSocket};
    /// let mut request = NetworkRequest::new("ws://localhost:1234");
    /// request.set_transfer_timeout(Some(Duration::from_secs(3)));
    /// let socket = WebSocket::new();
    /// socket.open(request);
    /// # socket.delete();
    /// ```
    ///
    /// # Qt
    /// `QWebSocket` takes no notice of it and waits for ever.
    #[doc(alias("setTransferTimeout", "TransferTimeoutConstant"))]
    pub fn set_transfer_timeout(&mut self, timeout: Option<Duration>) {
        self.transfer_timeout = timeout;
    }

    /// Adds a header field that was received.
    pub(crate) fn add_raw_header(&mut self, name: &str, value: &[u8]) {
        self.headers.push_received(name, value);
    }
}

/// Shows no user, password or query of the URL, and no value of a header field: what is printed ends up in logs.
impl fmt::Debug for NetworkRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.as_ref().map(|url| http::without_secrets(url.as_str()));
        f.debug_struct("NetworkRequest")
            .field("url", &url)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
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
        let Ok(parts) = UrlText::parse(text) else {
            return Self { text: Some(text.into()), ..Self::default() };
        };
        let parsed = Url::parse(&parts.to_string()).ok();
        match parsed.filter(|_| parts.has_host() || !needs_host(parts.scheme())) {
            Some(url) => {
                let says_the_same = UrlText::parse(url.as_str()).is_ok_and(|url| url.asks_the_same(&parts));
                let text = (!says_the_same).then(|| parts.to_string().into());
                Self { url: Some(url), text, ..Self::default() }
            }
            None => Self { text: Some(text.into()), ..Self::default() },
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

/// Returns whether a URL of that scheme has a host. Where a text has none, [`Url`] takes the first part of the path for one.
fn needs_host(scheme: &str) -> bool {
    matches!(scheme, "ws" | "wss" | "http" | "https" | "ftp")
}
