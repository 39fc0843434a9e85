//! The opening handshake (RFC 6455 §4) as text: `client`, `builder` and `outcome` are a client's, `request`,
//! `response` and `server` a server's. `client` and `server` are whole conversations.

mod accept;
mod builder;
mod client;
mod compact_head;
mod outcome;
mod request;
mod response;
mod server;

pub use accept::accept_key;
pub use builder::{HandshakeRequestBuilder, HandshakeRequestError, handshake_key};
pub use client::{ClientHandshake, ClientHandshakeProgress};
pub use compact_head::CompactHead;
pub use outcome::{HandshakeOutcome, read_handshake_response};
pub use request::{HandshakeRequest, InvalidHandshakeRequest};
pub use response::{HandshakeRefusal, HandshakeResponse};
pub use server::{ServerHandshake, ServerHandshakeProgress};
