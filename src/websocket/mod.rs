//! `QtWebSockets`: the socket, the server, and under them the protocol engine.
//!
//! | file | holds |
//! |---|---|
//! | `web_socket` | [`WebSocket`]; beside it `opening`, `authentication`, `receiving`, `sending`, `closing` |
//! | `web_socket_server` | [`WebSocketServer`]; beside it `handshake` |
//! | `handshake_options`, `cors_authenticator`, `mask_generator` | [`HandshakeOptions`], [`CorsAuthenticator`], [`MaskGenerator`] |
//! | `read_buffer` | the memory that is read into (private) |
//! | [`protocol`] | frames, masking, UTF-8, messages, handshakes: bytes in, events out |
//!
//! # The life of a message
//!
//! A socket becomes readable: `receiving` borrows the thread's read buffer and fills it. The engine of [`protocol`] finds a
//! frame in it, unmasks it there, checks its text and returns it as an event that borrows from the buffer. With no borrow of
//! the socket open, `receiving` emits [`WebSocket::text_message_received`], and the slot gets that very memory. What it sends
//! is encoded by `sending` into the output of a connection, and written by the dispatcher once the whole buffer is handled.

mod cors_authenticator;
mod handshake_options;
mod mask_generator;
pub mod protocol;
mod read_buffer;
mod web_socket;
mod web_socket_server;

// The aliases stand here as well because rustdoc 1.95 forgets those of what is re-exported (rust-lang/rust#153136).
#[doc(alias = "QWebSocketCorsAuthenticator")]
pub use cors_authenticator::CorsAuthenticator;
#[doc(alias = "QWebSocketHandshakeOptions")]
pub use handshake_options::HandshakeOptions;
#[doc(alias = "QMaskGenerator")]
pub use mask_generator::MaskGenerator;
pub use protocol::{CloseCode, Version};
#[doc(alias = "QWebSocket")]
pub use web_socket::WebSocket;
pub use web_socket_server::SslMode;
#[doc(alias = "QWebSocketServer")]
pub use web_socket_server::WebSocketServer;
