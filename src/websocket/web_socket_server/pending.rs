//! The connections of a server that nobody has taken yet (private).

use std::collections::{BTreeMap, HashMap};

use crate::websocket::web_socket::{ReceptionHold, WebSocket};

/// First come, first taken. One that ends leaves from wherever it stands.
#[derive(Default)]
pub(super) struct PendingConnections {
    /// The waiting sockets by their numbers.
    waiting: BTreeMap<u64, Pending>,
    /// The number of each, by that index.
    numbers: HashMap<u32, u64>,
    next_number: u64,
}

struct Pending {
    /// Its index among the server's connections.
    index: u32,
    socket: WebSocket,
    /// Lets it receive nothing before a task has taken it.
    hold: Option<ReceptionHold>,
}

impl PendingConnections {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn push(&mut self, index: u32, socket: WebSocket, hold: Option<ReceptionHold>) {
        let number = self.next_number;
        self.next_number += 1;
        self.waiting.insert(number, Pending { index, socket, hold });
        self.numbers.insert(index, number);
    }

    pub(super) fn take_first(&mut self) -> Option<(WebSocket, Option<ReceptionHold>)> {
        let (_, Pending { index, socket, hold }) = self.waiting.pop_first()?;
        self.numbers.remove(&index);
        Some((socket, hold))
    }

    /// Takes what holds up the connections.
    pub(super) fn take_holds(&mut self) -> Vec<ReceptionHold> {
        self.waiting.values_mut().filter_map(|pending| pending.hold.take()).collect()
    }

    /// Takes the connection with that index out, if it is one of these.
    pub(super) fn remove(&mut self, index: u32) -> Option<WebSocket> {
        let number = self.numbers.remove(&index)?;
        self.waiting.remove(&number).map(|pending| pending.socket)
    }

    pub(super) fn take_all(&mut self) -> impl Iterator<Item = WebSocket> + use<> {
        self.numbers.clear();
        std::mem::take(&mut self.waiting).into_values().map(|pending| pending.socket)
    }
}
