//! `QtNetwork`: addresses, name lookup, TCP connections and servers, proxies, and TLS.
//!
//! All of it is at the root of the crate too: `slotwire::TcpSocket` is `slotwire::network::TcpSocket`.
//!
//! | for | there are |
//! |---|---|
//! | TCP connections | [`TcpSocket`], with [`SocketState`], [`SocketError`], [`SocketOption`] and [`BindMode`]; [`TcpServer`] |
//! | addresses, and the names of hosts | [`HostAddress`], with [`ScopeId`] and [`ConversionMode`]; [`HostInfo`], with [`LookupId`], and [`PinnedHost`] for tests |
//! | the URL and header fields that a WebSocket opens | [`NetworkRequest`], with [`HttpHeaders`](crate::HttpHeaders), [`KnownHeader`], [`NetworkCookie`] and [`SameSite`] |
//! | user and password | [`Authenticator`] |
//! | proxies | [`NetworkProxy`], with [`ProxyType`] and [`ProxyCapability`] |
//! | encrypted TCP connections | [`SslSocket`], with [`SslSocketMode`] |
//! | how a connection is encrypted | [`SslConfiguration`], with [`PeerVerifyMode`], [`SslProtocol`], [`SslCipher`] and [`SslOption`] |
//! | certificates and keys | [`SslCertificate`], with [`SubjectInfo`], [`AlternativeName`] and [`HashAlgorithm`]; [`SslKey`], with [`KeyAlgorithm`] and [`KeyType`] |
//! | what is wrong with a certificate | [`SslError`] and [`SslErrorKind`]; [`PauseMode`], to ask somebody |
//! | alerts and pre-shared keys of TLS | [`AlertType`] and [`AlertLevel`]; [`PreSharedKeyAuthenticator`] |
//!
//! The types called `Ssl…`, and the other types of TLS, exist with one of the cargo features `aws-lc-rs` (on by default), `ring`
//! and `openssl`. Sockets that speak TLS are a [`WebSocket`](crate::WebSocket) with a `wss` URL, and [`SslSocket`], which is a
//! [`TcpSocket`] that can be encrypted.
//!
//! ```
//! use slotwire::network::{HostAddress, TcpServer, TcpSocket};
//! use slotwire::Application;
//!
//! let server = TcpServer::new();
//! server.listen(HostAddress::LocalHost, 0)?;
//! server.new_connection().connect(move |()| {
//!     let Some(socket) = server.next_pending_connection() else { return };
//!     socket.write(b"hello\n");
//! });
//!
//! let client = TcpSocket::new();
//! client.ready_read().connect(move |()| {
//!     assert_eq!(client.read_all(), b"hello\n");
//!     Application::quit();
//! });
//! client.connect_to_host(HostAddress::LocalHost, server.server_port());
//! Application::exec();
//! # client.delete(); server.delete();
//! # Ok::<(), slotwire::Error>(())
//! ```

// The files that hold no public type:
//
// `socket_engine`, `output_buffer`          an established connection without signals: all that reads or writes goes through it,
//                                           and TLS sits between it and its stream. It calls its client from the event loop
//                                           only, never inside one of the client's own calls
// `connector`, `happy_eyeballs`             from a name to an established connection
// `listening`, `listener`                   the listening part of a server; a listening socket, and how it accepts
// `binding`                                 local addresses of sockets that listen, or are to connect
// `waiting`                                 calls that block until one connection or listener has gone on
// `proxy`                                   connections through a proxy, and servers that listen at one
// `random`, `scratch`                       random bytes for nonces; memory that a thread uses for a moment

pub(crate) mod abstract_socket;
pub(crate) mod authenticator;
mod binding;
pub(crate) mod connector;
mod happy_eyeballs;
mod host_address;
pub(crate) mod host_info;
mod known_header;
pub(crate) mod listener;
pub(crate) mod listening;
mod network_cookie;
pub(crate) mod network_proxy;
mod network_request;
pub(crate) mod output_buffer;
mod proxy;
pub(crate) mod random;
mod scratch;
pub(crate) mod socket_engine;
#[cfg(feature = "_tls")]
#[cfg_attr(not(feature = "openssl"), allow(dead_code, reason = "rustls has no pre-shared keys"))]
pub(crate) mod ssl;
mod tcp_server;
mod tcp_socket;
mod waiting;

// The aliases stand here as well because rustdoc 1.95 forgets those of what is re-exported (rust-lang/rust#153136).
#[doc(alias = "BindFlag")]
pub use abstract_socket::BindMode;
#[doc(alias = "PauseModes")]
pub use abstract_socket::PauseMode;
pub use abstract_socket::{SocketError, SocketState};
#[doc(alias = "QAuthenticator")]
pub use authenticator::Authenticator;
#[doc(alias = "ConversionModeFlag")]
pub use host_address::ConversionMode;
#[doc(alias = "QHostAddress")]
#[doc(alias = "SpecialAddress")]
pub use host_address::HostAddress;
pub use host_address::ScopeId;
#[doc(alias = "QHostInfo")]
pub use host_info::HostInfo;
pub use host_info::{LookupId, PinnedHost};
#[doc(alias = "KnownHeaders")]
pub use known_header::KnownHeader;
#[doc(alias = "QNetworkCookie")]
pub use network_cookie::NetworkCookie;
pub use network_cookie::SameSite;
#[doc(alias = "QNetworkProxy")]
pub use network_proxy::NetworkProxy;
#[doc(alias = "Capability")]
#[doc(alias = "Capabilities")]
pub use network_proxy::ProxyCapability;
pub use network_proxy::ProxyType;
#[doc(alias = "QNetworkRequest")]
pub use network_request::NetworkRequest;
#[cfg(feature = "_tls")]
#[doc(alias = "AlternativeNameEntryType")]
pub use ssl::AlternativeName;
#[cfg(feature = "_tls")]
#[doc(alias = "Algorithm")]
pub use ssl::HashAlgorithm;
#[cfg(feature = "_tls")]
#[doc(alias = "QSslPreSharedKeyAuthenticator")]
pub use ssl::PreSharedKeyAuthenticator;
#[cfg(feature = "_tls")]
#[doc(alias = "QSslCertificate")]
pub use ssl::SslCertificate;
#[cfg(feature = "_tls")]
#[doc(alias = "QSslCipher")]
pub use ssl::SslCipher;
#[cfg(feature = "_tls")]
#[doc(alias = "QSslConfiguration")]
pub use ssl::SslConfiguration;
#[cfg(feature = "_tls")]
#[doc(alias = "QSslError")]
pub use ssl::SslError;
#[cfg(feature = "_tls")]
#[doc(alias = "QSslKey")]
pub use ssl::SslKey;
#[cfg(feature = "_tls")]
#[doc(alias = "QSslSocket")]
pub use ssl::SslSocket;
#[cfg(feature = "_tls")]
#[doc(alias = "SslMode")]
pub use ssl::SslSocketMode;
#[cfg(feature = "_tls")]
pub use ssl::{
    AlertLevel, AlertType, KeyAlgorithm, KeyType, PeerVerifyMode, SslErrorKind, SslOption, SslProtocol,
    SubjectInfo,
};
#[doc(alias = "QTcpServer")]
pub use tcp_server::TcpServer;
pub use tcp_socket::SocketOption;
#[doc(alias = "QTcpSocket")]
#[doc(alias = "QAbstractSocket")]
#[doc(alias = "QIODevice")]
pub use tcp_socket::TcpSocket;
