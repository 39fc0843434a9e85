#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod core;
mod error;
pub mod network;
pub mod websocket;

pub use core::*;
pub use error::{Error, ErrorKind};
pub use network::*;
pub use websocket::*;

/// Everything that a program usually needs: `use slotwire::prelude::*;`
pub mod prelude {
    pub use crate::core::*;
    pub use crate::network::*;
    pub use crate::websocket::{
        CloseCode, CorsAuthenticator, HandshakeOptions, MaskGenerator, SslMode, Version, WebSocket,
        WebSocketServer,
    };
    pub use crate::{Error, ErrorKind};
}
