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
#[path = "../attacks/scheme.rs"]
mod scheme;
mod support;
mod warnings;
mod worker;

mod accepting;
mod authentication;
mod bad_arguments;
#[cfg(feature = "_tls")]
mod bad_certificates;
mod bad_handshakes;
mod bad_input;
mod closing;
#[cfg(feature = "deflate")]
mod compression;
mod cors_authenticator;
mod data;
mod handle_connection;
mod listening;
mod lost_connection;
mod mask_generator;
mod opening;
mod prepared_message;
mod proxy;
mod qt_data_processor;
mod qt_web_socket;
mod qt_web_socket_server;
mod reentrancy;
mod reentrancy_matrix;
#[cfg(feature = "_rustls")]
mod resumption;
#[cfg(feature = "_tls")]
mod secure;
#[cfg(feature = "_tls")]
mod server_certificate;
mod slow_peer;
#[cfg(feature = "_tls")]
mod ssl_errors;
#[cfg(feature = "_tls")]
mod ssl_options;
mod tasks;
#[cfg(feature = "_tls")]
mod tls_bad_input;
mod urls;
mod usage;
