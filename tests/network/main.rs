//! Addresses, name lookups, TCP sockets and servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is how a test says what it needed"
)]

mod authenticator;
mod host_address;
mod host_info;
mod support;
mod tcp_server;
mod tcp_socket;
