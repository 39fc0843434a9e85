//! Addresses, name lookups, TCP sockets and servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is how a test says what it needed"
)]

mod authenticator;
mod binding;
#[cfg(feature = "_tls")]
mod certificate_entries;
mod cookie_entry;
mod fuzz_entries;
#[path = "../websocket_protocol/fuzzing.rs"]
mod fuzzing;
mod happy_eyeballs;
mod host_address;
mod host_info;
#[allow(dead_code, unused_imports, unreachable_pub, reason = "the fuzzed entries use a part of it")]
#[path = "../../src/http/mod.rs"]
mod http;
mod http_headers;
mod http_proxy;
mod incoming_connection;
mod io_device;
mod proxy;
mod proxy_conversation;
mod proxy_entry;
mod proxy_server;
mod socks5;
#[cfg(feature = "_tls")]
mod ssl_certificate;
#[cfg(feature = "_tls")]
mod ssl_configuration;
#[cfg(feature = "_tls")]
mod ssl_key;
#[cfg(feature = "_tls")]
mod ssl_socket;
mod support;
mod tcp_server;
mod tcp_socket;
mod waiting;
