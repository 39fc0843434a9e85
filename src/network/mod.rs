//! `QtNetwork`
mod abstract_socket;
mod host_address;
pub(crate) mod host_info;
pub(crate) mod listener;
pub use abstract_socket::{SocketError, SocketState};
pub use host_address::HostAddress;
pub use host_info::{HostInfo, LookupId};
