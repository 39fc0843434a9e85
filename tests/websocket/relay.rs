//! What stands between a client and a server of the crate's, and does to their bytes what the test wants.

use slotwire::prelude::*;

use crate::peer::{Peer, PeerListener};
use crate::support::wait_until;

/// A connection of a client to a server, in two halves.
pub(crate) struct Relay {
    to_client: Peer,
    to_server: Peer,
    /// What the server and the client have not taken yet.
    waiting: [Vec<u8>; 2],
}

impl Relay {
    /// Opens a connection of that client to that server.
    pub(crate) fn between(client: WebSocket, server: WebSocketServer) -> Self {
        let listener = PeerListener::new();
        client.open(format!("wss://127.0.0.1:{}/", listener.port()));
        let to_client = listener.accept();
        Self { to_client, to_server: Peer::connect(server), waiting: Default::default() }
    }

    /// Opens a connection of that client to `target.test`, as its proxy, which finds that server there.
    pub(crate) fn as_proxy(client: WebSocket, proxy_type: ProxyType, server: WebSocketServer) -> Self {
        let listener = PeerListener::new();
        client.set_proxy(NetworkProxy::with_host(proxy_type, "127.0.0.1", listener.port()));
        client.open("wss://target.test/");
        let mut to_client = listener.accept();
        if proxy_type == ProxyType::Http {
            let request = to_client.read_head();
            assert!(request.starts_with("CONNECT target.test:443 HTTP/1.1\r\n"), "{request}");
            to_client.send("HTTP/1.1 200 Connection established\r\n\r\n");
        } else {
            to_client.read_exactly(3);
            to_client.send(b"\x05\x00");
            assert_eq!(to_client.read_exactly(18), b"\x05\x01\x00\x03\x0btarget.test\x01\xbb");
            to_client.send(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbb");
        }
        Self { to_client, to_server: Peer::connect(server), waiting: Default::default() }
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
            let waiting = &mut self.waiting[direction as usize];
            waiting.append(&mut bytes);
            if !waiting.is_empty() {
                let taken = to.try_send(waiting);
                waiting.drain(..taken);
            }
        }
        self.to_client.is_ended() || self.to_server.is_ended()
    }

    /// Nothing more comes from that side; the other one still reads.
    #[allow(dead_code, reason = "of tests/attacks")]
    pub(crate) fn half_close(&self, direction: Direction) {
        match direction {
            Direction::ToServer => self.to_server.shut_down_writing(),
            Direction::ToClient => self.to_client.shut_down_writing(),
        }
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
