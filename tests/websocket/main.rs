//! `WebSocket` and `WebSocketServer` over loopback: with each other, and with a peer whose bytes the test writes itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is how a test says what it needed"
)]

#[cfg(feature = "_tls")]
mod identity;
mod journal;
mod peer;
#[cfg(feature = "_tls")]
mod relay;
#[path = "../attacks/scale.rs"]
mod scale;
mod support;
mod warnings;
mod worker;

mod accepting;
mod any_slot;
mod authentication;
mod bad_arguments;
#[cfg(feature = "_tls")]
mod bad_certificates;
mod bad_input;
mod blocking_shapes;
mod client_shapes;
mod closing;
mod cors_authenticator;
mod data;
mod data_processor;
mod handle_connection;
mod handshake;
mod lifetime;
mod listening;
mod lost_connection;
mod mask_generator;
mod message_shapes;
mod opening;
mod proxy;
mod reentrancy;
#[cfg(feature = "_rustls")]
mod resumption;
#[cfg(feature = "_tls")]
mod secure;
#[cfg(feature = "_tls")]
mod server_certificate;
mod server_shapes;
mod slow_peer;
#[cfg(feature = "_tls")]
mod ssl_errors;
#[cfg(feature = "_tls")]
mod ssl_options;
#[cfg(feature = "_tls")]
mod tls_bad_input;
mod web_socket;
mod web_socket_server;
