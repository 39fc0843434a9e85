//! A client's conversation with its proxy (private), without I/O: bytes in, bytes and a [`Progress`] out. For every connection to
//! a proxy it [begins](ProxyHandshake::begin) anew, also after a refusal.
//!
//! No more of a proxy's answers is kept than the limit of one answer.

use super::http_connect::HttpConnect;
use super::request::{Command, Progress, Target};
use super::socks5::Socks5;
use crate::network::abstract_socket::SocketFailure;
use crate::{Authenticator, NetworkProxy, ProxyType, SocketError};

pub(crate) enum ProxyHandshake {
    Socks5(Box<Socks5>),
    Http(Box<HttpConnect>),
}

impl ProxyHandshake {
    /// Makes the handshake of a proxy of type [`ProxyType::Socks5`], or else of [`ProxyType::Http`]. `secret` is random.
    pub(crate) fn new(proxy: &NetworkProxy, command: Command, target: Target, secret: [u8; 16]) -> Self {
        match proxy.proxy_type() {
            ProxyType::Socks5 => Self::Socks5(Box::new(Socks5::new(proxy, command, target))),
            _ => Self::Http(Box::new(HttpConnect::new(proxy, &target, secret))),
        }
    }

    /// A connection to the proxy is established: writes what comes first to `output`.
    pub(crate) fn begin(&mut self, output: &mut Vec<u8>) -> Progress {
        match self {
            Self::Socks5(handshake) => handshake.begin(output),
            Self::Http(handshake) => handshake.begin(output),
        }
    }

    /// Takes from `input` what belongs to the handshake, and says how much that is: all of it, unless an answer ends before.
    pub(crate) fn receive(&mut self, input: &[u8], output: &mut Vec<u8>) -> (usize, Progress) {
        match self {
            Self::Socks5(handshake) => handshake.receive(input, output),
            Self::Http(handshake) => handshake.receive(input, output),
        }
    }

    pub(crate) fn authenticator(&self) -> &Authenticator {
        match self {
            Self::Socks5(handshake) => handshake.authenticator(),
            Self::Http(handshake) => handshake.authenticator(),
        }
    }

    /// Goes on after credentials were asked for, with those that were filled in.
    pub(crate) fn authenticated(&mut self, output: &mut Vec<u8>) -> Progress {
        match self {
            Self::Socks5(handshake) => handshake.authenticated(),
            Self::Http(handshake) => handshake.authenticated(output),
        }
    }

    /// The proxy has closed the connection, or it broke.
    pub(crate) fn connection_lost(&mut self, error: SocketError, output: &mut Vec<u8>) -> Progress {
        let goes_on = match self {
            Self::Http(handshake) => handshake.connection_lost(output),
            Self::Socks5(_) => None,
        };
        goes_on.unwrap_or_else(|| Progress::Failed(self.failure_of_connection(error)))
    }

    /// Translates an error of the connection to the proxy for the users of the tunnel. `SocketTimeout` is also for a proxy that
    /// does not answer.
    pub(crate) fn failure_of_connection(&self, error: SocketError) -> SocketFailure {
        use SocketError::{
            ProxyConnectionClosed, ProxyConnectionRefused, ProxyConnectionTimeout, ProxyNotFound,
        };
        let (kind, socks5, http) = match error {
            SocketError::ConnectionRefused => {
                (ProxyConnectionRefused, "Connection to proxy refused", "Proxy connection refused")
            }
            SocketError::RemoteHostClosed => (
                ProxyConnectionClosed,
                "Connection to proxy closed prematurely",
                "Proxy connection closed prematurely",
            ),
            SocketError::HostNotFound => (ProxyNotFound, "Proxy host not found", "Proxy server not found"),
            SocketError::SocketTimeout => {
                (ProxyConnectionTimeout, "Connection to proxy timed out", "Proxy server connection timed out")
            }
            error => return error.into(),
        };
        SocketFailure::new(kind, if matches!(self, Self::Socks5(_)) { socks5 } else { http })
    }
}
