//! Qt's object model and WebSocket classes in safe Rust.
#![forbid(unsafe_code)]

pub mod websocket;
