use std::fmt;

use parking_lot::RwLock;

use super::host_address::HostAddress;
use super::host_info;
use super::known_header::KnownHeader;
use crate::http::HttpHeaders;

/// A proxy that connections go through: SOCKS5, or HTTP by `CONNECT`.
///
/// It is a value. [`WebSocket::set_proxy`](crate::WebSocket::set_proxy) sets that of one socket,
/// [`set_application_proxy`](Self::set_application_proxy) that of all sockets without one of their own.
///
/// ```
/// use slotwire::{NetworkProxy, ProxyType, WebSocket};
///
/// let mut proxy = NetworkProxy::with_host(ProxyType::Socks5, "proxy.example", 1080);
/// proxy.set_user("joe");
/// proxy.set_password("secret");
///
/// let socket = WebSocket::new();
/// socket.set_proxy(&proxy);
/// assert_eq!(socket.proxy(), proxy);
/// # socket.delete();
/// ```
///
/// # Which proxy is used
///
/// A socket with a proxy of its own uses that, also for a peer on this host. A socket with [`ProxyType::Default`], which is the
/// default, uses the application's, but not for `localhost`, names that begin with `localhost.`, and loopback addresses. A
/// server that listens at a loopback address uses none. A socket with [`ProxyType::No`] never uses any.
///
/// # Who looks the name up
///
/// With [`ProxyCapability::HostNameLookup`], which is the default, the proxy gets the peer's name and this host looks
/// nothing up. Without it, this host looks the name up and the proxy gets an address: if there are several, one after the
/// other until the proxy has reached one.
///
/// # Authentication and limits
///
/// User and password are sent by SOCKS5's own method (RFC 1929), to an HTTP proxy by Digest or Basic. First those of the proxy
/// are tried, then those that a slot of
/// [`proxy_authentication_required`](crate::WebSocket::proxy_authentication_required) fills in. A proxy that does not answer
/// within 30 s is an error, [`ProxyConnectionTimeout`](crate::SocketError::ProxyConnectionTimeout).
///
/// # Qt
///
/// There is no `QNetworkProxyFactory`: nothing is read from the system's configuration or the environment. The connection
/// between a program and its proxy is not encrypted, as in Qt; what goes through it may be (`wss`).
#[doc(alias = "QNetworkProxy")]
#[derive(Clone, Default)]
pub struct NetworkProxy {
    proxy_type: ProxyType,
    host_name: String,
    port: u16,
    user: String,
    password: String,
    /// `None`: those of the type.
    capabilities: Option<Capabilities>,
    pub(super) headers: HttpHeaders,
}

/// The kind of a [`NetworkProxy`].
///
/// ```
/// use slotwire::{NetworkProxy, ProxyCapability, ProxyType};
/// let proxy = NetworkProxy::new(ProxyType::HttpCaching);
/// assert!(!proxy.has_capability(ProxyCapability::Tunneling), "a socket cannot use it");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProxyType {
    /// The application's proxy, see [`NetworkProxy::application_proxy`].
    #[doc(alias = "DefaultProxy")]
    #[default]
    Default,
    /// SOCKS version 5 (RFC 1928).
    #[doc(alias = "Socks5Proxy")]
    Socks5,
    /// No proxy: the peer is connected to directly.
    #[doc(alias = "NoProxy")]
    No,
    /// An HTTP proxy, by `CONNECT` (RFC 9110 §9.3.6).
    #[doc(alias = "HttpProxy")]
    Http,
    /// An HTTP proxy for requests only, of no use to sockets: connecting fails with
    /// [`UnsupportedSocketOperation`](crate::SocketError::UnsupportedSocketOperation).
    #[doc(alias = "HttpCachingProxy")]
    HttpCaching,
    /// An FTP proxy for requests only, of no use to sockets, like `HttpCaching`.
    #[doc(alias = "FtpCachingProxy")]
    FtpCaching,
}

/// Something that a proxy can do.
///
/// ```
/// use slotwire::{NetworkProxy, ProxyCapability, ProxyType};
/// let mut proxy = NetworkProxy::with_host(ProxyType::Socks5, "proxy.example", 1080);
/// // This host looks names up, and the proxy gets addresses.
/// proxy.set_capability(ProxyCapability::HostNameLookup, false);
/// assert!(proxy.has_capability(ProxyCapability::Tunneling));
/// ```
#[doc(alias = "Capability")]
#[doc(alias = "Capabilities")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxyCapability {
    /// Connections to any peer go through it: what a socket needs.
    #[doc(alias = "TunnelingCapability")]
    Tunneling,
    /// It listens for this host: what a server needs, and SOCKS5 can do.
    #[doc(alias = "ListeningCapability")]
    Listening,
    /// Datagrams go through it. This crate sends none.
    #[doc(alias = "UdpTunnelingCapability")]
    UdpTunneling,
    /// It answers requests from its cache. Of no use to sockets.
    #[doc(alias = "CachingCapability")]
    Caching,
    /// It looks names up, so that this host need not.
    #[doc(alias = "HostNameLookupCapability")]
    HostNameLookup,
}

/// A set of [`ProxyCapability`], a bit for each.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Capabilities(u8);

static APPLICATION_PROXY: RwLock<Option<NetworkProxy>> = RwLock::new(None);

impl NetworkProxy {
    /// A proxy of that type, without a host.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType, TcpSocket};
    /// let socket = TcpSocket::new();
    /// socket.set_proxy(NetworkProxy::new(ProxyType::No)); // not even the application's
    /// assert!(socket.proxy().host_name().is_empty());
    /// # socket.delete();
    /// ```
    pub fn new(proxy_type: ProxyType) -> Self {
        Self { proxy_type, ..Self::default() }
    }

    /// A proxy of that type at that host, a name or an address.
    ///
    /// ```
    /// use slotwire::{HostAddress, NetworkProxy, ProxyType};
    /// let proxy = NetworkProxy::with_host(ProxyType::Socks5, "proxy.example", 1080);
    /// assert_eq!((proxy.host_name(), proxy.port()), ("proxy.example", 1080));
    /// let proxy = NetworkProxy::with_host(ProxyType::Http, HostAddress::LocalHost, 3128);
    /// assert_eq!(proxy.host_name(), "127.0.0.1");
    /// ```
    pub fn with_host(proxy_type: ProxyType, host_name: impl fmt::Display, port: u16) -> Self {
        Self { proxy_type, host_name: host_name.to_string(), port, ..Self::default() }
    }

    /// The proxy of all sockets and servers that have [`ProxyType::Default`]; [`ProxyType::No`] by default.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// assert_eq!(NetworkProxy::application_proxy().proxy_type(), ProxyType::No);
    /// ```
    #[doc(alias = "applicationProxy")]
    pub fn application_proxy() -> Self {
        APPLICATION_PROXY.read().clone().unwrap_or_else(|| Self::new(ProxyType::No))
    }

    /// Sets the proxy of all sockets and servers that have [`ProxyType::Default`], in all threads of the process, for
    /// connections that begin from now on. [`ProxyType::Default`] means [`ProxyType::No`].
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// let proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// NetworkProxy::set_application_proxy(proxy);
    /// assert_eq!(NetworkProxy::application_proxy().proxy_type(), ProxyType::Http);
    /// ```
    #[doc(alias = "setApplicationProxy")]
    pub fn set_application_proxy(proxy: impl Into<Self>) {
        let proxy = proxy.into();
        let is_one = !matches!(proxy.proxy_type, ProxyType::Default | ProxyType::No);
        *APPLICATION_PROXY.write() = is_one.then_some(proxy);
    }

    /// The type.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType, WebSocket};
    /// let socket = WebSocket::new();
    /// if socket.proxy().proxy_type() == ProxyType::Default {
    ///     println!("goes through {:?}", NetworkProxy::application_proxy());
    /// }
    /// # socket.delete();
    /// ```
    #[doc(alias = "type")]
    pub fn proxy_type(&self) -> ProxyType {
        self.proxy_type
    }

    /// Sets the type, and with it the capabilities, unless [`set_capability`](Self::set_capability) was called.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyCapability, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 1080);
    /// proxy.set_proxy_type(ProxyType::Socks5);
    /// assert!(proxy.has_capability(ProxyCapability::Listening), "as SOCKS5 has it");
    /// ```
    #[doc(alias = "setType")]
    pub fn set_proxy_type(&mut self, proxy_type: ProxyType) {
        self.proxy_type = proxy_type;
    }

    /// The proxy's name or address, empty if none was set.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.proxy_authentication_required().connect(|(proxy, authenticator)| {
    ///     println!("{} wants a password for {:?}", proxy.host_name(), authenticator.realm());
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "hostName")]
    pub fn host_name(&self) -> &str {
        &self.host_name
    }

    /// Sets the proxy's name or address.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::new(ProxyType::Http);
    /// proxy.set_host_name("proxy.example");
    /// proxy.set_port(3128);
    /// assert_eq!(proxy, NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128));
    /// ```
    #[doc(alias = "setHostName")]
    pub fn set_host_name(&mut self, host_name: impl fmt::Display) {
        self.host_name = host_name.to_string();
    }

    /// The proxy's port, 0 if none was set.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Socks5, "proxy.example", 0);
    /// if proxy.port() == 0 {
    ///     proxy.set_port(1080); // the usual one
    /// }
    /// assert_eq!(proxy.port(), 1080);
    /// ```
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sets the proxy's port.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// let first = NetworkProxy::with_host(ProxyType::Socks5, "proxy.example", 1080);
    /// let mut second = first.clone();
    /// second.set_port(1081);
    /// assert_ne!(first, second);
    /// ```
    #[doc(alias = "setPort")]
    pub fn set_port(&mut self, port: u16) {
        self.port = port;
    }

    /// The user that is tried first, empty if none was set.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.proxy_authentication_required().connect(|(proxy, _)| {
    ///     if !proxy.user().is_empty() {
    ///         println!("the proxy does not take {} with that password", proxy.user());
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Sets the user that is tried first, before
    /// [`proxy_authentication_required`](crate::WebSocket::proxy_authentication_required) is emitted.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// proxy.set_user("joe");
    /// proxy.set_password("secret");
    /// assert_eq!(proxy.user(), "joe");
    /// ```
    #[doc(alias = "setUser")]
    pub fn set_user(&mut self, user: impl Into<String>) {
        self.user = user.into();
    }

    /// The password of the [`user`](Self::user).
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Socks5, "proxy.example", 1080);
    /// proxy.set_password("secret");
    /// assert_eq!(proxy.password(), "secret");
    /// assert!(!format!("{proxy:?}").contains("secret"), "it is in no log");
    /// ```
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Sets the password of the [`user`](Self::user).
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// proxy.set_user("joe");
    /// proxy.set_password(std::env::var("PROXY_PASSWORD").unwrap_or_default());
    /// ```
    #[doc(alias = "setPassword")]
    pub fn set_password(&mut self, password: impl Into<String>) {
        self.password = password.into();
    }

    /// Returns whether the proxy can do that: the capabilities that were set, or else those of proxies of its type.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyCapability, ProxyType};
    /// let proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// assert!(proxy.has_capability(ProxyCapability::Tunneling), "sockets can use it");
    /// assert!(!proxy.has_capability(ProxyCapability::Listening), "servers cannot");
    /// ```
    #[doc(alias = "capabilities")]
    pub fn has_capability(&self, capability: ProxyCapability) -> bool {
        self.all_capabilities().contains(capability)
    }

    /// Sets whether the proxy can do that. From now on the capabilities do not change with the type any more.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyCapability, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Socks5, "proxy.example", 1080);
    /// // The proxy cannot look names up: it gets addresses.
    /// proxy.set_capability(ProxyCapability::HostNameLookup, false);
    /// assert!(!proxy.has_capability(ProxyCapability::HostNameLookup));
    /// ```
    #[doc(alias = "setCapabilities")]
    pub fn set_capability(&mut self, capability: ProxyCapability, has: bool) {
        self.capabilities = Some(self.all_capabilities().with(capability, has));
    }

    /// Returns whether it has [`ProxyCapability::Caching`].
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// assert!(NetworkProxy::new(ProxyType::Http).is_caching_proxy());
    /// assert!(!NetworkProxy::new(ProxyType::Socks5).is_caching_proxy());
    /// ```
    #[doc(alias = "isCachingProxy")]
    pub fn is_caching_proxy(&self) -> bool {
        self.has_capability(ProxyCapability::Caching)
    }

    /// Returns whether it has [`ProxyCapability::Tunneling`], which sockets need.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// assert!(NetworkProxy::new(ProxyType::Http).is_transparent_proxy());
    /// assert!(!NetworkProxy::new(ProxyType::HttpCaching).is_transparent_proxy());
    /// ```
    #[doc(alias = "isTransparentProxy")]
    pub fn is_transparent_proxy(&self) -> bool {
        self.has_capability(ProxyCapability::Tunneling)
    }

    /// Sets a header field that an HTTP proxy is sent with `CONNECT`, `User-Agent` for example; one of that name, whatever its
    /// case, is replaced.
    ///
    /// An empty value removes it, and so does, with a warning, one that is not allowed in a header, such as one with a line
    /// break.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// proxy.set_raw_header("User-Agent", "chat/1.0");
    /// assert!(proxy.has_raw_header("User-Agent"));
    /// proxy.set_raw_header("User-Agent", "");
    /// assert!(!proxy.has_raw_header("User-Agent"));
    /// ```
    #[doc(alias = "setRawHeader")]
    pub fn set_raw_header(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.headers.set(name, value.as_ref());
    }

    /// The value of a header field, whatever the case of its name; `None` if there is none.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// proxy.set_raw_header("User-Agent", "chat/1.0");
    /// assert_eq!(proxy.raw_header("user-agent"), Some(&b"chat/1.0"[..]));
    /// assert_eq!(proxy.raw_header("Via"), None);
    /// ```
    #[doc(alias = "rawHeader")]
    pub fn raw_header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name)
    }

    /// Returns whether there is a header field of that name.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// if !proxy.has_raw_header("User-Agent") {
    ///     proxy.set_raw_header("User-Agent", "chat/1.0");
    /// }
    /// ```
    #[doc(alias = "hasRawHeader")]
    pub fn has_raw_header(&self, name: &str) -> bool {
        self.raw_header(name).is_some()
    }

    /// The header fields, in the order in which they were set.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// proxy.set_raw_header("User-Agent", "chat/1.0");
    /// for (name, value) in proxy.raw_headers() {
    ///     println!("{name}: {}", String::from_utf8_lossy(value));
    /// }
    /// ```
    #[doc(alias = "rawHeaderList")]
    pub fn raw_headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.combined()
    }

    /// The value of a header field, in the type that it has; `None` if there is none, or if it cannot be read.
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// proxy.set_header(KnownHeader::UserAgent, "chat/1.0");
    /// assert_eq!(proxy.header(KnownHeader::UserAgent).as_deref(), Some("chat/1.0"));
    /// ```
    pub fn header<T: ToOwned + ?Sized>(&self, header: KnownHeader<T>) -> Option<T::Owned> {
        header.get(&self.headers)
    }

    /// Sets a header field to a value of its type; one of that name is replaced. An empty value removes it.
    ///
    /// ```
    /// use slotwire::{KnownHeader, NetworkCookie, NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// proxy.set_header(KnownHeader::Cookie, &[NetworkCookie::new("session", "1")]);
    /// assert_eq!(proxy.raw_header("Cookie"), Some(&b"session=1"[..]));
    /// proxy.set_header(KnownHeader::Cookie, &[]);
    /// assert!(!proxy.has_raw_header("Cookie"));
    /// ```
    #[doc(alias = "setHeader")]
    pub fn set_header<T: ToOwned + ?Sized>(&mut self, header: KnownHeader<T>, value: &T) {
        header.set(&mut self.headers, value);
    }

    /// All header fields, with those that have the same name apart.
    ///
    /// ```
    /// use slotwire::{NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// proxy.set_raw_header("User-Agent", "chat/1.0");
    /// assert_eq!(proxy.headers().value("user-agent"), Some(&b"chat/1.0"[..]));
    /// ```
    pub fn headers(&self) -> &HttpHeaders {
        &self.headers
    }

    /// Sets all header fields; those that were there are gone. Several of one name are sent as one, with commas.
    ///
    /// ```
    /// use slotwire::{HttpHeaders, NetworkProxy, ProxyType};
    /// let mut proxy = NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128);
    /// let mut headers = HttpHeaders::new();
    /// headers.append("Accept-Language", "de");
    /// headers.append("Accept-Language", "en");
    /// proxy.set_headers(headers);
    /// assert_eq!(proxy.raw_header("Accept-Language"), Some(&b"de, en"[..]));
    /// ```
    #[doc(alias = "setHeaders")]
    pub fn set_headers(&mut self, headers: HttpHeaders) {
        self.headers = headers;
    }

    fn all_capabilities(&self) -> Capabilities {
        self.capabilities.unwrap_or_else(|| Capabilities::of_type(self.proxy_type))
    }

    /// The proxy of a connection to that host: `QAbstractSocketPrivate::resolveProxy`. `None` if a socket cannot use it.
    pub(crate) fn for_connection(&self, host: &str) -> Option<Self> {
        let proxy = match self.proxy_type {
            ProxyType::Default if is_local(host) => Self::new(ProxyType::No),
            ProxyType::Default => Self::application_proxy(),
            _ => self.clone(),
        };
        let can_be_used = matches!(proxy.proxy_type, ProxyType::No | ProxyType::Socks5 | ProxyType::Http);
        (can_be_used && proxy.has_capability(ProxyCapability::Tunneling)).then_some(proxy)
    }

    /// The proxy of a server at that address: `QTcpServerPrivate::resolveProxy`. `None` if a server cannot use it.
    pub(crate) fn for_listening(&self, address: HostAddress) -> Option<Self> {
        let proxy = match self.proxy_type {
            _ if address.is_loopback() => Self::new(ProxyType::No),
            ProxyType::Default => Self::application_proxy(),
            _ => self.clone(),
        };
        let can_be_used = matches!(proxy.proxy_type, ProxyType::No | ProxyType::Socks5);
        (can_be_used && proxy.has_capability(ProxyCapability::Listening)).then_some(proxy)
    }
}

/// Returns whether the application's proxy is not used for that host: `QGlobalNetworkProxy::proxyForQuery`.
fn is_local(host: &str) -> bool {
    let is_named_so = host.eq_ignore_ascii_case("localhost")
        || host.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("localhost."));
    is_named_so || host_info::literal(host).is_some_and(HostAddress::is_loopback)
}

impl Capabilities {
    /// `QNetworkProxyPrivate::defaultCapabilitiesForType`
    fn of_type(proxy_type: ProxyType) -> Self {
        use ProxyCapability::{Caching, HostNameLookup, Listening, Tunneling, UdpTunneling};
        let all: &[ProxyCapability] = match proxy_type {
            ProxyType::Default | ProxyType::No => &[Tunneling, Listening, UdpTunneling],
            ProxyType::Socks5 => &[Tunneling, Listening, UdpTunneling, HostNameLookup],
            ProxyType::Http => &[Tunneling, Caching, HostNameLookup],
            ProxyType::HttpCaching | ProxyType::FtpCaching => &[Caching, HostNameLookup],
        };
        all.iter().fold(Self(0), |capabilities, capability| capabilities.with(*capability, true))
    }

    fn with(self, capability: ProxyCapability, has: bool) -> Self {
        let bit = 1 << capability as u8;
        Self(if has { self.0 | bit } else { self.0 & !bit })
    }

    fn contains(self, capability: ProxyCapability) -> bool {
        self.0 & 1 << capability as u8 != 0
    }
}

/// Two proxies are equal if they act alike: whether capabilities were set or came with the type makes no difference.
impl PartialEq for NetworkProxy {
    fn eq(&self, other: &Self) -> bool {
        self.proxy_type == other.proxy_type
            && (&self.host_name, self.port) == (&other.host_name, other.port)
            && (&self.user, &self.password) == (&other.user, &other.password)
            && self.all_capabilities() == other.all_capabilities()
            && self.headers == other.headers
    }
}

impl Eq for NetworkProxy {}

/// Leaves out the password, which does not belong into a log.
impl fmt::Debug for NetworkProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkProxy")
            .field("proxy_type", &self.proxy_type)
            .field("host_name", &self.host_name)
            .field("port", &self.port)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl From<ProxyType> for NetworkProxy {
    fn from(proxy_type: ProxyType) -> Self {
        Self::new(proxy_type)
    }
}

impl From<&Self> for NetworkProxy {
    fn from(proxy: &Self) -> Self {
        proxy.clone()
    }
}
