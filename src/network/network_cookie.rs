use std::time::{Duration, SystemTime, UNIX_EPOCH};

use url::{Host, Url};

use super::host_address::HostAddress;
use crate::http::{append_http_date, decode};

mod date;

/// A cookie (RFC 6265): a name and a value, and what a server says about them with `Set-Cookie`.
///
/// A server reads those of a client's request with [`KnownHeader::Cookie`](crate::KnownHeader::Cookie), and a client sends some
/// with it.
///
/// ```
/// use slotwire::{KnownHeader, NetworkCookie, NetworkRequest};
/// let mut request = NetworkRequest::new("wss://example.org/chat");
/// request.set_header(KnownHeader::Cookie, &[NetworkCookie::new("session", "31d4d96e")]);
/// assert_eq!(request.raw_header("Cookie"), Some(&b"session=31d4d96e"[..]));
///
/// let cookies = request.header(KnownHeader::Cookie).unwrap_or_default();
/// assert_eq!(cookies[0].value(), b"31d4d96e");
/// ```
///
/// Name and value are written as they are. A `;` ends a value, so text that may have one is encoded first, by Base64 for example.
#[doc(alias = "QNetworkCookie")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkCookie {
    name: Vec<u8>,
    value: Vec<u8>,
    domain: String,
    path: String,
    expiration_date: Option<SystemTime>,
    is_secure: bool,
    is_http_only: bool,
    same_site_policy: SameSite,
}

/// The requests of other sites with which a browser sends a cookie.
///
/// ```
/// use slotwire::{NetworkCookie, SameSite};
/// let mut cookie = NetworkCookie::new("session", "1");
/// cookie.set_same_site_policy(SameSite::Strict);
/// assert_eq!(cookie.to_raw_form(), b"session=1; SameSite=Strict");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// Nothing is said: the browser decides.
    #[default]
    Default,
    /// All of them.
    None,
    /// Those of a link that was followed.
    Lax,
    /// None of them.
    Strict,
}

impl NetworkCookie {
    /// A cookie with that name and value.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// assert_eq!(NetworkCookie::new("session", "1").to_raw_form(), b"session=1");
    /// ```
    pub fn new(name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        Self { name: name.as_ref().to_owned(), value: value.as_ref().to_owned(), ..Self::default() }
    }

    /// The cookies in the values of a `Set-Cookie` field, one a line. What has no name or no `=`, and what is for a domain that is
    /// none, is left out.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// let cookies = NetworkCookie::parse_cookies(b"session=1; Path=/chat; Secure; Max-Age=3600");
    /// assert_eq!((cookies[0].name(), cookies[0].path()), (&b"session"[..], "/chat"));
    /// assert!(cookies[0].is_secure() && !cookies[0].is_session_cookie());
    /// assert!(NetworkCookie::parse_cookies(b"no cookie").is_empty());
    /// ```
    #[doc(alias = "parseCookies")]
    pub fn parse_cookies(text: impl AsRef<[u8]>) -> Vec<Self> {
        let now = SystemTime::now();
        text.as_ref().split(|&byte| byte == b'\n').filter_map(|line| Self::parse(line, now)).collect()
    }

    /// The cookies of a `Cookie` field (RFC 6265 §4.2.1).
    pub(super) fn parse_pairs(text: &[u8]) -> impl Iterator<Item = Self> {
        text.split(|&byte| byte == b';').filter_map(Self::parse_pair)
    }

    /// A line of `Set-Cookie` (RFC 6265 §5.2).
    fn parse(line: &[u8], now: SystemTime) -> Option<Self> {
        let mut parts = line.split(|&byte| byte == b';');
        let mut cookie = Self::parse_pair(parts.next()?)?;
        let mut max_age = None;
        for part in parts {
            let (name, value) = split_pair(part).unwrap_or_else(|| (part.trim_ascii(), b""));
            let is_called = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
            if is_called("expires") {
                cookie.expiration_date = date::parse(value);
            } else if is_called("max-age") {
                max_age = time_after(now, value).or(max_age);
            } else if is_called("domain") {
                cookie.domain = read_domain(value)?;
            } else if is_called("path") {
                let path = if value.starts_with(b"/") { value } else { b"" };
                cookie.path = decode(path).into_owned();
            } else if is_called("secure") {
                cookie.is_secure = true;
            } else if is_called("httponly") {
                cookie.is_http_only = true;
            } else if is_called("samesite") {
                cookie.same_site_policy = SameSite::read(value);
            }
        }
        // RFC 6265 §4.1.2.2: it goes before `Expires`.
        cookie.expiration_date = max_age.or(cookie.expiration_date);
        Some(cookie)
    }

    fn parse_pair(text: &[u8]) -> Option<Self> {
        let (name, value) = split_pair(text)?;
        (!name.is_empty()).then(|| Self::new(name, value))
    }

    /// The name.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// assert_eq!(NetworkCookie::new("session", "1").name(), b"session");
    /// ```
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Sets the name.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// let mut cookie = NetworkCookie::new("session", "1");
    /// cookie.set_name("s");
    /// assert_eq!(cookie.to_raw_form(), b"s=1");
    /// ```
    #[doc(alias = "setName")]
    pub fn set_name(&mut self, name: impl AsRef<[u8]>) {
        self.name = name.as_ref().to_owned();
    }

    /// The value, with the quotes around it if it has some.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// assert_eq!(NetworkCookie::new("session", "1").value(), b"1");
    /// ```
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Sets the value.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// let mut cookie = NetworkCookie::new("session", "1");
    /// cookie.set_value("2");
    /// assert_eq!(cookie.to_raw_form(), b"session=2");
    /// ```
    #[doc(alias = "setValue")]
    pub fn set_value(&mut self, value: impl AsRef<[u8]>) {
        self.value = value.as_ref().to_owned();
    }

    /// The hosts that get the cookie: those of that domain, if it begins with a dot; empty if nothing is said.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// let cookies = NetworkCookie::parse_cookies(b"session=1; Domain=.Example.org");
    /// assert_eq!(cookies[0].domain(), ".example.org");
    /// ```
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Sets the domain.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// let mut cookie = NetworkCookie::new("session", "1");
    /// cookie.set_domain(".example.org");
    /// assert_eq!(cookie.to_raw_form(), b"session=1; domain=.example.org");
    /// ```
    #[doc(alias = "setDomain")]
    pub fn set_domain(&mut self, domain: &str) {
        domain.clone_into(&mut self.domain);
    }

    /// The path that the cookie is for, with all below it; empty if nothing is said.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// assert_eq!(NetworkCookie::parse_cookies(b"session=1; Path=/chat")[0].path(), "/chat");
    /// ```
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Sets the path.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// let mut cookie = NetworkCookie::new("session", "1");
    /// cookie.set_path("/chat");
    /// assert_eq!(cookie.to_raw_form(), b"session=1; path=/chat");
    /// ```
    #[doc(alias = "setPath")]
    pub fn set_path(&mut self, path: &str) {
        path.clone_into(&mut self.path);
    }

    /// The time when the cookie ends; `None` if it ends with the session.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use slotwire::NetworkCookie;
    /// let text = b"session=1; Expires=Thu, 01 Jan 1970 00:01:00 GMT";
    /// let end = NetworkCookie::parse_cookies(text)[0].expiration_date();
    /// assert_eq!(end, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(60)));
    /// ```
    #[doc(alias = "expirationDate")]
    pub fn expiration_date(&self) -> Option<SystemTime> {
        self.expiration_date
    }

    /// Sets the time when the cookie ends; with `None` it ends with the session.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use slotwire::NetworkCookie;
    /// let mut cookie = NetworkCookie::new("session", "");
    /// cookie.set_expiration_date(Some(SystemTime::UNIX_EPOCH)); // this is how one is deleted
    /// assert_eq!(cookie.to_raw_form(), b"session=; expires=Thu, 01-Jan-1970 00:00:00 GMT");
    /// ```
    #[doc(alias = "setExpirationDate")]
    pub fn set_expiration_date(&mut self, date: Option<SystemTime>) {
        self.expiration_date = date;
    }

    /// Returns whether the cookie ends with the session: it has no [`expiration_date`](Self::expiration_date).
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// assert!(NetworkCookie::new("session", "1").is_session_cookie());
    /// ```
    #[doc(alias = "isSessionCookie")]
    pub fn is_session_cookie(&self) -> bool {
        self.expiration_date.is_none()
    }

    /// Returns whether the cookie is sent over encrypted connections only.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// assert!(NetworkCookie::parse_cookies(b"session=1; Secure")[0].is_secure());
    /// ```
    #[doc(alias = "isSecure")]
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Sets whether it is.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// let mut cookie = NetworkCookie::new("session", "1");
    /// cookie.set_secure(true);
    /// assert_eq!(cookie.to_raw_form(), b"session=1; secure");
    /// ```
    #[doc(alias = "setSecure")]
    pub fn set_secure(&mut self, is_secure: bool) {
        self.is_secure = is_secure;
    }

    /// Returns whether the scripts of a page are kept from seeing the cookie.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// assert!(NetworkCookie::parse_cookies(b"session=1; HttpOnly")[0].is_http_only());
    /// ```
    #[doc(alias = "isHttpOnly")]
    pub fn is_http_only(&self) -> bool {
        self.is_http_only
    }

    /// Sets whether they are.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// let mut cookie = NetworkCookie::new("session", "1");
    /// cookie.set_http_only(true);
    /// assert_eq!(cookie.to_raw_form(), b"session=1; HttpOnly");
    /// ```
    #[doc(alias = "setHttpOnly")]
    pub fn set_http_only(&mut self, is_http_only: bool) {
        self.is_http_only = is_http_only;
    }

    /// The requests of other sites that the cookie is sent with.
    ///
    /// ```
    /// use slotwire::{NetworkCookie, SameSite};
    /// let cookies = NetworkCookie::parse_cookies(b"session=1; SameSite=Lax");
    /// assert_eq!(cookies[0].same_site_policy(), SameSite::Lax);
    /// ```
    #[doc(alias = "sameSitePolicy")]
    pub fn same_site_policy(&self) -> SameSite {
        self.same_site_policy
    }

    /// Sets the requests of other sites that the cookie is sent with.
    ///
    /// ```
    /// use slotwire::{NetworkCookie, SameSite};
    /// let mut cookie = NetworkCookie::new("session", "1");
    /// cookie.set_same_site_policy(SameSite::Lax);
    /// assert_eq!(cookie.to_raw_form(), b"session=1; SameSite=Lax");
    /// ```
    #[doc(alias = "setSameSitePolicy")]
    pub fn set_same_site_policy(&mut self, policy: SameSite) {
        self.same_site_policy = policy;
    }

    /// Returns whether one of the two would replace the other: they have the same name, domain and path.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// let (old, new) = (NetworkCookie::new("session", "1"), NetworkCookie::new("session", "2"));
    /// assert!(old.has_same_identifier(&new) && old != new);
    /// ```
    #[doc(alias = "hasSameIdentifier")]
    pub fn has_same_identifier(&self, other: &Self) -> bool {
        (&self.name, &self.domain, &self.path) == (&other.name, &other.domain, &other.path)
    }

    /// Fills in what a server has not said, from the URL that the cookie came from: its host is the domain, the folder of its
    /// path the path. A domain that is a name gets a dot before it.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// let mut cookie = NetworkCookie::new("session", "1");
    /// cookie.normalize(&"wss://example.org/chat/room".parse()?);
    /// assert_eq!((cookie.domain(), cookie.path()), ("example.org", "/chat/"));
    /// # Ok::<(), url::ParseError>(())
    /// ```
    pub fn normalize(&mut self, url: &Url) {
        if self.path.is_empty() {
            let (folder, _) = url.path().rsplit_once('/').unwrap_or_default();
            self.path = format!("{folder}/");
        }
        if self.domain.is_empty() {
            url.host_str().unwrap_or_default().clone_into(&mut self.domain);
        } else if !self.domain.starts_with('.') && self.domain.parse::<HostAddress>().is_err() {
            self.domain.insert(0, '.');
        }
    }

    /// The cookie as `Set-Cookie` has it, with everything that was said about it. Empty if it has no name.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// let mut cookie = NetworkCookie::new("session", "1");
    /// cookie.set_path("/");
    /// cookie.set_secure(true);
    /// assert_eq!(cookie.to_raw_form(), b"session=1; secure; path=/");
    /// ```
    #[doc(alias("toRawForm", "RawForm", "Full"))]
    pub fn to_raw_form(&self) -> Vec<u8> {
        let mut text = self.to_name_and_value();
        if text.is_empty() {
            return text;
        }
        let mut add = |part: &str| text.extend_from_slice(part.as_bytes());
        if self.is_secure {
            add("; secure");
        }
        if self.is_http_only {
            add("; HttpOnly");
        }
        match self.same_site_policy {
            SameSite::Default => {}
            SameSite::None => add("; SameSite=None"),
            SameSite::Lax => add("; SameSite=Lax"),
            SameSite::Strict => add("; SameSite=Strict"),
        }
        if let Some(date) = self.expiration_date {
            add("; expires=");
            let mut with_blanks = Vec::new();
            append_http_date(&mut with_blanks, date);
            // `Thu, 01-Jan-1970 00:00:00 GMT`: the form of the first cookies, which Qt writes.
            for between in [7, 11] {
                with_blanks[between] = b'-';
            }
            add(&decode(&with_blanks));
        }
        if !self.domain.is_empty() {
            add("; domain=");
            add(&written_domain(&self.domain));
        }
        if !self.path.is_empty() {
            add("; path=");
            add(&self.path);
        }
        text
    }

    /// The cookie as `Cookie` has it, `name=value`. Empty if it has no name.
    ///
    /// ```
    /// use slotwire::NetworkCookie;
    /// let mut cookie = NetworkCookie::new("session", "1");
    /// cookie.set_secure(true);
    /// assert_eq!(cookie.to_name_and_value(), b"session=1");
    /// ```
    #[doc(alias("toRawForm", "NameAndValueOnly"))]
    pub fn to_name_and_value(&self) -> Vec<u8> {
        if self.name.is_empty() {
            return Vec::new();
        }
        [&self.name[..], b"=", &self.value].concat()
    }
}

impl SameSite {
    /// The policy of that name; the default for any other.
    fn read(value: &[u8]) -> Self {
        match value.to_ascii_lowercase().as_slice() {
            b"none" => Self::None,
            b"lax" => Self::Lax,
            b"strict" => Self::Strict,
            _ => Self::Default,
        }
    }
}

/// The name before the `=` and the value behind it, trimmed.
fn split_pair(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|&byte| byte == b'=')?;
    Some((text[..end].trim_ascii(), text[end + 1..].trim_ascii()))
}

/// The time so many seconds later; the earliest there is, if they are no more than none (RFC 6265 §5.2.2).
fn time_after(now: SystemTime, seconds: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(seconds).ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More than a century is for ever, and so is what is too long for a number.
    let most = u32::MAX;
    let seconds = if digits == text { text.parse().unwrap_or(most) } else { 0 };
    match seconds {
        0 => Some(UNIX_EPOCH),
        _ => now.checked_add(Duration::from_secs(seconds.into())),
    }
}

/// A domain in lower case, with the dot that it begins with; `None` if it is none.
fn read_domain(value: &[u8]) -> Option<String> {
    let text = decode(value);
    let (dot, name) = text.strip_prefix('.').map_or(("", &*text), |name| (".", name));
    if text.is_empty() {
        return Some(String::new());
    }
    if let Ok(address) = name.trim_matches(['[', ']']).parse::<HostAddress>() {
        return Some(address.to_string());
    }
    let name = Host::parse(name).ok()?.to_string();
    let is_whole = !name.is_empty() && !name.starts_with('.') && !name.contains("..");
    is_whole.then(|| format!("{dot}{name}"))
}

/// A domain as it is written: IPv6 addresses in brackets, names in ASCII. Nothing is written of what is none.
fn written_domain(domain: &str) -> String {
    if let Ok(address @ (HostAddress::V6(_) | HostAddress::ScopedV6(..))) = domain.parse() {
        return format!("[{address}]");
    }
    let (dot, name) = domain.strip_prefix('.').map_or(("", domain), |name| (".", name));
    let name = Host::parse(name).map(|name| name.to_string()).unwrap_or_default();
    format!("{dot}{name}")
}
