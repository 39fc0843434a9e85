use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use url::Url;

use super::network_cookie::NetworkCookie;
use crate::http::{HttpHeaders, append_http_date, decode, list_entries};

/// A header field whose value has a type of its own: what [`NetworkRequest::header`](crate::NetworkRequest::header) returns, and
/// [`set_header`](crate::NetworkRequest::set_header) takes.
///
/// ```
/// use slotwire::{KnownHeader, NetworkCookie, NetworkRequest};
/// let mut request = NetworkRequest::new("ws://localhost");
/// request.set_header(KnownHeader::UserAgent, "chat/1.0");
/// let cookies = [NetworkCookie::new("session", "1"), NetworkCookie::new("theme", "dark")];
/// request.set_header(KnownHeader::Cookie, &cookies);
///
/// assert_eq!(request.header(KnownHeader::UserAgent).as_deref(), Some("chat/1.0"));
/// assert_eq!(request.raw_header("Cookie"), Some(&b"session=1; theme=dark"[..]));
/// ```
#[doc(alias = "KnownHeaders")]
pub struct KnownHeader<T: ToOwned + ?Sized> {
    name: &'static str,
    read: fn(&HttpHeaders, &str) -> Option<T::Owned>,
    /// The values, each of which becomes a field.
    write: fn(&T) -> Vec<Cow<'_, [u8]>>,
}

impl<T: ToOwned + ?Sized> KnownHeader<T> {
    /// The name of the field, in lower case.
    ///
    /// ```
    /// use slotwire::KnownHeader;
    /// assert_eq!(KnownHeader::UserAgent.name(), "user-agent");
    /// ```
    #[doc(alias = "wellKnownHeaderName")]
    pub fn name(self) -> &'static str {
        self.name
    }

    pub(super) fn get(self, headers: &HttpHeaders) -> Option<T::Owned> {
        (self.read)(headers, self.name)
    }

    /// Replaces what there is of that name.
    pub(super) fn set(self, headers: &mut HttpHeaders, value: &T) {
        headers.remove_all(self.name);
        for value in (self.write)(value).iter().filter(|value| !value.is_empty()) {
            headers.append(self.name, value);
        }
    }
}

/// Text. It is sent as UTF-8; what is received and is not, is read as Latin-1.
#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl KnownHeader<str> {
    const fn text(name: &'static str) -> Self {
        Self { name, read: read_text, write: |text| vec![text.as_bytes().into()] }
    }

    /// `Content-Disposition`
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_header(KnownHeader::ContentDisposition, "inline");
    /// assert_eq!(request.header(KnownHeader::ContentDisposition).as_deref(), Some("inline"));
    /// ```
    #[doc(alias = "ContentDispositionHeader")]
    pub const ContentDisposition: Self = Self::text("content-disposition");
    /// `Content-Type`
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_header(KnownHeader::ContentType, "text/plain");
    /// assert_eq!(request.raw_header("Content-Type"), Some(&b"text/plain"[..]));
    /// ```
    #[doc(alias = "ContentTypeHeader")]
    pub const ContentType: Self = Self::text("content-type");
    /// `ETag`: the version of what is sent, with its quotes. What has none is not read.
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_header(KnownHeader::ETag, r#""33a64df5""#);
    /// assert_eq!(request.header(KnownHeader::ETag).as_deref(), Some(r#""33a64df5""#));
    /// ```
    #[doc(alias = "ETagHeader")]
    pub const ETag: Self = Self {
        read: |headers, name| read_text(headers, name).filter(|tag| is_entity_tag(tag)),
        ..Self::text("etag")
    };
    /// `Server`: the program that answers.
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_header(KnownHeader::Server, "chat/1.0");
    /// assert_eq!(request.raw_header("Server"), Some(&b"chat/1.0"[..]));
    /// ```
    #[doc(alias = "ServerHeader")]
    pub const Server: Self = Self::text("server");
    /// `User-Agent`: the program that asks.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer, KnownHeader};
    /// let server = WebSocketServer::new("chat", SslMode::NonSecure);
    /// server.new_connection().connect(move |()| {
    ///     let Some(socket) = server.next_pending_connection() else { return };
    ///     let program = socket.request().header(KnownHeader::UserAgent);
    ///     println!("a client: {}", program.unwrap_or_default());
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "UserAgentHeader")]
    pub const UserAgent: Self = Self::text("user-agent");
}

#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl KnownHeader<u64> {
    /// `Content-Length`, in bytes.
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_header(KnownHeader::ContentLength, &5);
    /// assert_eq!(request.header(KnownHeader::ContentLength), Some(5));
    /// ```
    #[doc(alias = "ContentLengthHeader")]
    pub const ContentLength: Self = Self {
        name: "content-length",
        read: |headers, name| read_text(headers, name)?.parse().ok(),
        write: |length| vec![length.to_string().into_bytes().into()],
    };
}

#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl KnownHeader<Url> {
    /// `Location`: where the client is to go. One that is relative to another is not read.
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_header(KnownHeader::Location, &"https://example.org/".parse()?);
    /// assert_eq!(request.raw_header("Location"), Some(&b"https://example.org/"[..]));
    /// # Ok::<(), url::ParseError>(())
    /// ```
    #[doc(alias = "LocationHeader")]
    pub const Location: Self = Self {
        name: "location",
        read: |headers, name| read_text(headers, name)?.parse().ok(),
        write: |url| vec![url.as_str().as_bytes().into()],
    };
}

/// A date, in each of the three forms of HTTP (RFC 9110 §5.6.7).
#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl KnownHeader<SystemTime> {
    const fn date(name: &'static str) -> Self {
        Self {
            name,
            read: |headers, name| httpdate::parse_http_date(&read_text(headers, name)?).ok(),
            write: |time| {
                let mut date = Vec::new();
                append_http_date(&mut date, *time);
                vec![date.into()]
            },
        }
    }

    /// `If-Modified-Since`
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use slotwire::{KnownHeader, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_header(KnownHeader::IfModifiedSince, &SystemTime::UNIX_EPOCH);
    /// let text = request.raw_header("If-Modified-Since");
    /// assert_eq!(text, Some(&b"Thu, 01 Jan 1970 00:00:00 GMT"[..]));
    /// ```
    #[doc(alias = "IfModifiedSinceHeader")]
    pub const IfModifiedSince: Self = Self::date("if-modified-since");
    /// `Last-Modified`
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use slotwire::{KnownHeader, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_raw_header("Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT");
    /// assert_eq!(request.header(KnownHeader::LastModified), Some(SystemTime::UNIX_EPOCH));
    /// ```
    #[doc(alias = "LastModifiedHeader")]
    pub const LastModified: Self = Self::date("last-modified");
}

#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl KnownHeader<[NetworkCookie]> {
    /// `Cookie`: the cookies that a client sends. What is none among them is left out.
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkCookie, NetworkRequest};
    /// fn session(request: &NetworkRequest) -> Option<NetworkCookie> {
    ///     let cookies = request.header(KnownHeader::Cookie)?;
    ///     cookies.into_iter().find(|cookie| cookie.name() == b"session")
    /// }
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_raw_header("Cookie", "theme=dark; session=31d4d96e");
    /// assert_eq!(session(&request), Some(NetworkCookie::new("session", "31d4d96e")));
    /// ```
    #[doc(alias = "CookieHeader")]
    pub const Cookie: Self = Self {
        name: "cookie",
        read: |headers, name| {
            read_cookies(headers, name, |field| NetworkCookie::parse_pairs(field).collect())
        },
        write: |cookies| {
            let texts: Vec<_> = cookies.iter().map(NetworkCookie::to_name_and_value).collect();
            vec![texts.join(&b"; "[..]).into()]
        },
    };
    /// `Set-Cookie`: the cookies that a server gives to a client, a field each.
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_raw_header("Set-Cookie", "session=1; Path=/chat");
    /// let cookies = request.header(KnownHeader::SetCookie).unwrap_or_default();
    /// assert_eq!(cookies[0].path(), "/chat");
    /// ```
    #[doc(alias = "SetCookieHeader")]
    pub const SetCookie: Self = Self {
        name: "set-cookie",
        read: |headers, name| read_cookies(headers, name, |field| NetworkCookie::parse_cookies(field)),
        write: |cookies| cookies.iter().map(|cookie| cookie.to_raw_form().into()).collect(),
    };
}

/// A list of [`ETag`](KnownHeader::ETag)s, or `*`. What is none among them is left out.
#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl KnownHeader<[String]> {
    /// `If-Match`, of which tags with a `W/` are left out: they never match (RFC 9110 §13.1.1).
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_raw_header("If-Match", r#""1", W/"2", "3""#);
    /// let tags = request.header(KnownHeader::IfMatch).unwrap_or_default();
    /// assert_eq!(tags, [r#""1""#, r#""3""#]);
    /// ```
    #[doc(alias = "IfMatchHeader")]
    pub const IfMatch: Self = Self {
        name: "if-match",
        read: |headers, name| read_tags(headers, name, |tag| tag.starts_with('"') && is_entity_tag(tag)),
        write: write_tags,
    };
    /// `If-None-Match`
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkRequest};
    /// let mut request = NetworkRequest::new("ws://localhost");
    /// request.set_header(KnownHeader::IfNoneMatch, &[r#""1""#.to_owned(), r#"W/"2""#.to_owned()]);
    /// assert_eq!(request.raw_header("If-None-Match"), Some(&br#""1", W/"2""#[..]));
    /// ```
    #[doc(alias = "IfNoneMatchHeader")]
    pub const IfNoneMatch: Self = Self {
        name: "if-none-match",
        read: |headers, name| read_tags(headers, name, is_entity_tag),
        write: write_tags,
    };
}

fn read_text(headers: &HttpHeaders, name: &str) -> Option<String> {
    headers.get(name).map(|value| decode(value).into_owned())
}

fn read_cookies(
    headers: &HttpHeaders,
    name: &str,
    read: impl Fn(&[u8]) -> Vec<NetworkCookie>,
) -> Option<Vec<NetworkCookie>> {
    headers.contains(name).then(|| headers.values(name).flat_map(read).collect())
}

fn read_tags(headers: &HttpHeaders, name: &str, is_fit: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let list = headers.get(name)?;
    if list == b"*" {
        return Some(vec!["*".to_owned()]);
    }
    Some(list_entries(list).map(|tag| decode(tag).into_owned()).filter(|tag| is_fit(tag)).collect())
}

fn write_tags(tags: &[String]) -> Vec<Cow<'_, [u8]>> {
    vec![tags.join(", ").into_bytes().into()]
}

/// An entity tag (RFC 9110 §8.8.3): text in quotes, with `W/` before it if it is a weak one.
fn is_entity_tag(text: &str) -> bool {
    let quoted = text.strip_prefix("W/").unwrap_or(text);
    quoted.len() > 1 && quoted.starts_with('"') && quoted.ends_with('"')
}

impl<T: ToOwned + ?Sized> Clone for KnownHeader<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ToOwned + ?Sized> Copy for KnownHeader<T> {}

impl<T: ToOwned + ?Sized> fmt::Debug for KnownHeader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KnownHeader").field(&self.name).finish()
    }
}
