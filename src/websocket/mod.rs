//! `QtWebSockets`: the socket, the server, and under them the protocol engine.
//!
//! | for | there is |
//! |---|---|
//! | a connection, of a client or to one | [`WebSocket`] |
//! | a server | [`WebSocketServer`], with [`SslMode`] |
//! | subprotocols to offer | [`HandshakeOptions`] |
//! | one message for many sockets | [`PreparedMessage`] |
//! | messages that a task receives and sends | [`Message`], [`Messages`] |
//! | messages compressed | [`Compression`] |
//! | the response of a server that refuses | [`HttpResponse`] |
//! | the question which pages may connect | [`CorsAuthenticator`] |
//! | why a connection was closed | [`CloseCode`] |
//! | what a peer may ask of a socket or a server | [`Limits`], with [`SlowPeerPolicy`] |
//! | masking keys that a test knows | [`MaskGenerator`] |
//! | the version of the protocol, which is always 13 | [`Version`] |
//! | frames, messages and handshakes without sockets: bytes in, events out | [`protocol`] |
//!
//! # The source files
//!
//! Beside `web_socket` stand `opening`, `receiving`, `sending` and `closing`, one for each part of its state machine; beside
//! `web_socket_server` stands `accepting`, the connection before it is a socket. `read_buffer` is the memory that all sockets of
//! a thread read into. `accepted_by` ties an accepted socket to its server, and imports neither.
//!
//! The page [`architecture`](crate::architecture#a-message) follows a message through these files.

mod accepted_by;
mod cors_authenticator;
#[cfg(feature = "deflate")]
mod deflate_pool;
mod handshake_options;
mod limits;
mod mask_generator;
mod message;
mod prepared_message;
pub mod protocol;
mod read_buffer;
mod web_socket;
mod web_socket_server;

// The aliases stand here as well because rustdoc 1.95 forgets those of what is re-exported (rust-lang/rust#153136).
pub use crate::http::HttpResponse;
#[doc(alias = "QWebSocketCorsAuthenticator")]
pub use cors_authenticator::CorsAuthenticator;
#[doc(alias = "QWebSocketHandshakeOptions")]
pub use handshake_options::HandshakeOptions;
pub use limits::{Limits, SlowPeerPolicy};
#[doc(alias = "QMaskGenerator")]
pub use mask_generator::MaskGenerator;
pub use message::Message;
pub use prepared_message::PreparedMessage;
#[doc(alias = "QWebSocketProtocol")]
pub use protocol::{CloseCode, Version};
pub use protocol::{Compression, DeflateParameters};
pub use web_socket::Messages;
#[doc(alias = "QWebSocket")]
pub use web_socket::WebSocket;
pub use web_socket_server::Incoming;
pub use web_socket_server::SslMode;
#[doc(alias = "QWebSocketServer")]
pub use web_socket_server::WebSocketServer;
