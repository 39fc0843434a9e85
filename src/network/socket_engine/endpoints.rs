//! The endpoints of an engine's connection, as its client sees them.

use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};

use mio::net::TcpStream;

use super::SocketEngine;
use crate::network::host_address::HostAddress;

/// One end of a connection.
pub(crate) type Endpoint = (HostAddress, u16);

/// The ends of a connection that goes through a proxy, as the proxy presents them.
pub(crate) struct Tunnelled {
    pub(crate) peer: Endpoint,
    /// `None`: the proxy does not say, and it is that of the connection to the proxy.
    pub(crate) local: Option<Endpoint>,
}

/// The address of the peer. Kept as small as most are: there is one in each idle connection.
pub(super) enum PeerAddress {
    V4(SocketAddrV4),
    V6(Box<SocketAddrV6>),
}

impl From<SocketAddr> for PeerAddress {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(address) => Self::V4(address),
            // A listener for both families sees an IPv4 peer like this.
            SocketAddr::V6(address) => match address.ip().to_ipv4_mapped() {
                Some(ip) => Self::V4(SocketAddrV4::new(ip, address.port())),
                None => Self::V6(Box::new(address)),
            },
        }
    }
}

impl SocketEngine {
    /// Notes that it goes through a proxy.
    pub(crate) fn set_tunnelled(&self, tunnelled: Tunnelled) {
        self.rare().tunnelled.get_or_init(|| tunnelled);
    }

    /// The other end, also when the connection is closed.
    pub(crate) fn peer(&self) -> Endpoint {
        match (self.tunnelled(), &self.peer) {
            (Some(tunnelled), _) => tunnelled.peer,
            (None, PeerAddress::V4(address)) => endpoint((*address).into()),
            (None, PeerAddress::V6(address)) => endpoint((**address).into()),
        }
    }

    /// This end, also when the connection is closed.
    pub(crate) fn local(&self) -> Option<Endpoint> {
        let tunnelled = self.tunnelled().and_then(|tunnelled| tunnelled.local);
        tunnelled.or_else(|| self.local_address().map(endpoint))
    }

    /// The other end, and the port of this one, for a log.
    pub(crate) fn written_ends(&self) -> String {
        let port = self.local().map(|(_, port)| format!(" at port {port}")).unwrap_or_default();
        written(self.peer()) + &port
    }

    fn tunnelled(&self) -> Option<&Tunnelled> {
        self.rare.get()?.tunnelled.get()
    }

    /// This end of the TCP connection itself, which may be one to a proxy.
    pub(super) fn local_address(&self) -> Option<SocketAddr> {
        match self.with_stream(TcpStream::local_addr) {
            Some(address) => address.ok(),
            None => self.rare.get().and_then(|rare| rare.closed_at.get()),
        }
    }
}

/// An address with its port, as it is written in a URL.
pub(crate) fn written((address, port): Endpoint) -> String {
    match address {
        HostAddress::Null => format!("port {port} of no address"),
        HostAddress::V6(_) | HostAddress::ScopedV6(..) => format!("[{address}]:{port}"),
        HostAddress::Any | HostAddress::V4(_) => format!("{address}:{port}"),
    }
}

fn endpoint(address: SocketAddr) -> Endpoint {
    (HostAddress::of_socket(address), address.port())
}
