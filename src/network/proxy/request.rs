//! The request that a client makes of its proxy, and how far it is (private): common to all that proxies speak.

use crate::network::abstract_socket::SocketFailure;
use crate::network::host_address::HostAddress;
use crate::network::socket_engine::Endpoint;

/// A request to the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Connect to the target.
    Connect,
    /// Listen, at the target if that is an address of the proxy's, for one connection. SOCKS5 only.
    Bind,
}

/// The destination of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Address(HostAddress, u16),
    /// A name that the proxy looks up.
    Name(String, u16),
}

/// The state of the handshake.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Waits for bytes of the proxy.
    Waiting,
    /// The program has to fill in credentials, in [`authenticator`](super::handshake::ProxyHandshake::authenticator); then
    /// [`authenticated`](super::handshake::ProxyHandshake::authenticated) goes on.
    Asking,
    /// It goes on with a new connection to the proxy: [`begin`](super::handshake::ProxyHandshake::begin).
    Reconnecting,
    /// The proxy listens there; a second answer follows when somebody has connected.
    Bound(Endpoint),
    /// Bytes from here on are the peer's. The endpoint is the one that the proxy names in its last answer: of a connection that
    /// it made, its own; of one that it accepted, the peer's.
    Established(Option<Endpoint>),
    Failed(SocketFailure),
}
