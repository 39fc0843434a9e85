//! `QtNetwork`
mod abstract_socket;
mod output_buffer;
pub(crate) mod socket_engine;
pub use abstract_socket::{SocketError, SocketState};
