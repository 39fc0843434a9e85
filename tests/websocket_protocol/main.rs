//! The sans-I/O engine, through its public API alone.
#![allow(clippy::unwrap_used, reason = "a test says by failing what it needs")]

mod buffer_pool;
mod client_handshake;
mod close_code;
mod compact_head;
mod data_processor;
#[cfg(feature = "deflate")]
mod deflate;
#[cfg(feature = "deflate")]
mod deflate_entries;
#[cfg(feature = "deflate")]
mod deflate_negotiation;
mod direct_space;
mod frame;
mod fuzz_entries;
mod fuzzing;
mod handshake_outcome;
mod handshake_request;
mod handshake_request_builder;
mod handshake_response;
mod mask;
mod messages;
mod op_code;
mod random;
mod server_handshake;
mod splits;
mod support;
mod utf8;
mod version;
