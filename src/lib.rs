#![doc = include_str!("../README.md")]
//!
//! ## Pages
//!
//! * Types to begin with: [`WebSocket`], [`WebSocketServer`]; [`Handle`], [`Object`], [`Emitter`], [`Signal`];
//!   [`Application`], [`Timer`], [`EventLoopHandle`]
//! * [Porting from Qt](porting): a guide, beginning with [a first program](porting::first_program)
//! * All members of Qt's classes, and what stands for them: [QtWebSockets](porting::members_websockets),
//!   [QtCore](porting::members_core), [QtNetwork](porting::members_network)
//! * [Differences from Qt](differences)
//! * [Architecture](architecture)
//! * [The protocol engine](websocket::protocol), without I/O

#![forbid(unsafe_code)]
// docs.rs shows beside each item which cargo feature brings it.
#![cfg_attr(docsrs, feature(doc_cfg))]
// Without TLS there is nothing behind the links to its items.
#![cfg_attr(not(feature = "_tls"), allow(rustdoc::broken_intra_doc_links))]

// Cargo proposes this feature for an example that needs TLS.
#[cfg(all(feature = "_tls", not(any(feature = "aws-lc-rs", feature = "ring", feature = "openssl"))))]
compile_error!(
    "`_tls` is what the back ends of TLS have in common: name one, `aws-lc-rs`, `ring` or `openssl`"
);

pub mod architecture;
pub mod core;
pub mod differences;
mod error;
mod http;
pub mod network;
pub mod porting;
pub mod websocket;

#[doc(inline)]
pub use core::*;
pub use error::{Error, ErrorKind};
#[doc(alias = "QHttpHeaders")]
pub use http::HttpHeaders;
pub use http::HttpResponse;
#[doc(inline)]
pub use network::*;
#[doc(inline)]
pub use websocket::{
    CloseCode, Compression, CorsAuthenticator, DeflateParameters, HandshakeOptions, Incoming, Limits,
    MaskGenerator, Message, Messages, PreparedMessage, SlowPeerPolicy, SslMode, Version, WebSocket,
    WebSocketServer,
};

/// All of the crate but the protocol engine: what a program usually needs, by one `use`.
///
/// ```
/// use slotwire::prelude::*;
/// let socket = WebSocket::new();
/// socket.connected().connect(|()| println!("connected"));
/// # socket.delete();
/// ```
///
/// It is what stands at the root of the crate, so each name can also be imported alone: `use slotwire::WebSocket;`. A name of
/// the program's own wins over one that comes by the `*`, as with every glob import.
pub mod prelude {
    pub use crate::core::*;
    pub use crate::http::{HttpHeaders, HttpResponse};
    pub use crate::network::*;
    pub use crate::websocket::{
        CloseCode, Compression, CorsAuthenticator, DeflateParameters, HandshakeOptions, Incoming, Limits,
        MaskGenerator, Message, Messages, PreparedMessage, SlowPeerPolicy, SslMode, Version, WebSocket,
        WebSocketServer,
    };
    pub use crate::{Error, ErrorKind};
}
