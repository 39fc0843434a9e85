//! Servers and clients of both schemes, for attacks that have to fail with either.

use slotwire::prelude::*;

#[cfg(feature = "_tls")]
use crate::identity::Authority;
use crate::support::{accepted_socket, wait_until};

/// Who makes servers and clients of one scheme.
pub(crate) enum Scheme {
    Ws,
    #[cfg(feature = "_tls")]
    Wss(Box<Authority>),
}

impl Scheme {
    pub(crate) fn both() -> Vec<Self> {
        vec![
            Self::Ws,
            #[cfg(feature = "_tls")]
            Self::Wss(Box::new(Authority::new())),
        ]
    }

    /// A server on a free port, with these limits.
    pub(crate) fn server(&self, limits: Limits) -> WebSocketServer {
        let server = match self {
            Self::Ws => WebSocketServer::new("", SslMode::NonSecure),
            #[cfg(feature = "_tls")]
            Self::Wss(authority) => {
                let server = WebSocketServer::new("", SslMode::Secure);
                server.set_ssl_configuration(authority.issue().configuration());
                server
            }
        };
        server.set_limits(limits);
        server.listen(HostAddress::LocalHost, 0).unwrap();
        server
    }

    /// A client that trusts the servers.
    pub(crate) fn client(&self) -> WebSocket {
        match self {
            Self::Ws => WebSocket::new(),
            #[cfg(feature = "_tls")]
            Self::Wss(authority) => authority.client(),
        }
    }

    /// A client that is connected to that server.
    #[track_caller]
    pub(crate) fn connected_client(&self, server: WebSocketServer) -> WebSocket {
        let client = self.client();
        client.open(server.server_url());
        wait_until("the client is connected", || client.state() == SocketState::Connected);
        client
    }

    /// A client, and the socket that a server with these limits has for it.
    #[track_caller]
    pub(crate) fn connected(&self, limits: Limits) -> (WebSocket, WebSocket) {
        let server = self.server(limits);
        let client = self.connected_client(server);
        (client, accepted_socket(server))
    }
}
