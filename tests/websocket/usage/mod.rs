//! How programs use `WebSocket` and `WebSocketServer`: what comes back in the code of real clients and servers, as it is written
//! with this crate.

mod blocking;
mod clients;
mod messages;
mod servers;
