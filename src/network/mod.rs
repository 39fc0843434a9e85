//! `QtNetwork`
mod abstract_socket;
pub use abstract_socket::{SocketError, SocketState};
