//! `QtNetwork`
mod abstract_socket;
pub(crate) mod connector;
mod host_address;
pub(crate) mod host_info;
pub(crate) mod listener;
mod output_buffer;
pub(crate) mod socket_engine;
mod tcp_server;
mod tcp_socket;
pub use abstract_socket::{SocketError, SocketState};
pub use host_address::HostAddress;
pub use host_info::{HostInfo, LookupId};
pub use tcp_server::TcpServer;
pub use tcp_socket::{SocketOption, TcpSocket};
