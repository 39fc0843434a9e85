//! What stands between a client and a server of the crate's, and does to their bytes what the test wants.

use slotwire::prelude::*;

use crate::peer::{Peer, PeerListener};
use crate::support::wait_until;

/// A connection of a client to a server, in two halves.
pub(crate) struct Relay {
    to_client: Peer,
    to_server: Peer,
}

impl Relay {
    /// Opens a connection of that client to that server.
    pub(crate) fn between(client: WebSocket, server: WebSocketServer) -> Self {
        let listener = PeerListener::new();
        client.open(format!("wss://127.0.0.1:{}/", listener.port()));
        let to_client = listener.accept();
        Self { to_client, to_server: Peer::connect(server) }
    }

    /// Passes on what came, after the test has had its hands on it. Whether either has ended its connection.
    pub(crate) fn pass_on(&mut self, mut change: impl FnMut(Direction, &mut Vec<u8>)) -> bool {
        for direction in [Direction::ToServer, Direction::ToClient] {
            let (from, to) = match direction {
                Direction::ToServer => (&mut self.to_client, &mut self.to_server),
                Direction::ToClient => (&mut self.to_server, &mut self.to_client),
            };
            let mut bytes = from.take_received();
            change(direction, &mut bytes);
            if !bytes.is_empty() {
                to.try_send(&bytes);
            }
        }
        self.to_client.is_ended() || self.to_server.is_ended()
    }

    /// Passes everything on until that is so.
    #[track_caller]
    pub(crate) fn pass_until(&mut self, what: &str, mut is_so: impl FnMut() -> bool) {
        wait_until(what, || {
            self.pass_on(|_, _| {});
            is_so()
        });
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    ToServer,
    ToClient,
}
