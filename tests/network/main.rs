//! Addresses, name lookups, TCP sockets and servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is how a test says what it needed"
)]

mod authenticator;
#[cfg(feature = "_tls")]
mod fuzz_entries;
#[cfg(feature = "_tls")]
#[path = "../websocket_protocol/fuzzing.rs"]
mod fuzzing;
mod happy_eyeballs;
mod host_address;
mod host_info;
mod http_headers;
mod http_proxy;
mod io_device;
mod proxy;
mod proxy_conversation;
mod proxy_server;
mod socks5;
#[cfg(feature = "_tls")]
mod ssl_certificate;
#[cfg(feature = "_tls")]
mod ssl_configuration;
#[cfg(feature = "_tls")]
mod ssl_key;
mod support;
mod tcp_server;
mod tcp_socket;
