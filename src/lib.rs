//! Qt's object model and WebSocket classes in safe Rust.
#![forbid(unsafe_code)]

pub mod core;
mod error;
pub mod network;
pub mod websocket;

pub use core::*;
pub use error::{Error, ErrorKind};
pub use network::*;
