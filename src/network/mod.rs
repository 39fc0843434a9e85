//! `QtNetwork`: addresses, name lookup, and TCP connections.
//!
//! | file | holds |
//! |---|---|
//! | `abstract_socket` | [`SocketState`], [`SocketError`], [`PauseMode`]: Qt's vocabulary |
//! | `host_address`, `host_info` | [`HostAddress`]; [`HostInfo`]: looking a name up without blocking the loop |
//! | `network_request` | [`NetworkRequest`]: a URL and header fields |
//! | `authenticator` | [`Authenticator`]: who asks, in the words of a slot |
//! | `http_authentication`, `http_challenge` | Basic and Digest, for servers and proxies (private) |
//! | `http_headers` | the header fields of requests and proxies (private) |
//! | `http_body` | the end of a response that nobody wants (private) |
//! | `tcp_socket`, `tcp_server` | [`TcpSocket`], [`TcpServer`]: connections with signals, and accepting them |
//! | `listener` | a listening socket and how it accepts (private) |
//! | `network_proxy` | [`NetworkProxy`]: what stands between a socket and its peer |
//! | `connector`, `happy_eyeballs` | from a name to an established connection (private) |
//! | `proxy_tunnel`, `proxy_handshake` | a connection through a proxy (private) |
//! | `proxy_listener` | a server that listens at a proxy (private) |
//! | `ssl` | TLS: `SslConfiguration`, `SslError` and what they are made of |
//! | `socket_engine`, `output_buffer` | an established connection without signals (private) |
//!
//! Everything that reads or writes goes through `socket_engine`: TLS sits between it and its stream. It calls its client from
//! the event loop only, never inside one of the client's own calls.

pub(crate) mod abstract_socket;
mod authenticator;
pub(crate) mod connector;
mod happy_eyeballs;
mod host_address;
pub(crate) mod host_info;
pub(crate) mod http_authentication;
pub(crate) mod http_body;
mod http_challenge;
mod http_headers;
pub(crate) mod listener;
pub(crate) mod network_proxy;
mod network_request;
mod output_buffer;
mod proxy_handshake;
mod proxy_listener;
mod proxy_tunnel;
pub(crate) mod socket_engine;
#[cfg(feature = "_tls")]
#[cfg_attr(not(feature = "openssl"), allow(dead_code, reason = "rustls has no pre-shared keys"))]
pub(crate) mod ssl;
mod tcp_server;
mod tcp_socket;

// The aliases stand here as well because rustdoc 1.95 forgets those of what is re-exported (rust-lang/rust#153136).
pub use abstract_socket::{PauseMode, SocketError, SocketState};
#[doc(alias = "QAuthenticator")]
pub use authenticator::Authenticator;
#[doc(alias = "QHostAddress")]
pub use host_address::HostAddress;
#[doc(alias = "QHostInfo")]
pub use host_info::HostInfo;
pub use host_info::{LookupId, PinnedHost};
#[doc(alias = "QNetworkProxy")]
pub use network_proxy::NetworkProxy;
#[doc(alias = "Capability")]
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
