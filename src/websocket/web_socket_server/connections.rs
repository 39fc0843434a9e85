//! The connections of a server that are sockets (private).

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use slab::Slab;

use super::WebSocketServer;
use super::admission::{Counted, Place};
use crate::core::deadline::Deadline;
use crate::core::handle::Handle;
use crate::core::object_data::ObjectClass;
use crate::core::object_table::ObjectBox;
use crate::core::sequence::Sequence;
use crate::core::spare_memory::is_oversized;
use crate::core::timer_queue::{TimerId, TimerTarget};
use crate::network::socket_engine::SocketEngine;
use crate::websocket::limits::Limits;
use crate::websocket::web_socket::WebSocket;

/// The sockets that a server accepted and that are connected. A child of the server, as the `QTcpServer` of Qt's: with it the
/// connections end, after the server's `destroyed`.
pub(crate) struct Connections {
    server: WebSocketServer,
    sockets: RefCell<Slab<WebSocket>>,
    /// The places of those whose address is limited.
    places: RefCell<HashMap<u32, Place>>,
    /// The number of connections whose socket has ended.
    ending: Rc<Cell<usize>>,
    /// A round looks after each connection of which nothing is heard, a part at a time: so none of them needs a timer, and
    /// no part takes long.
    round: Deadline,
    /// The index that comes next in the round.
    next: Cell<usize>,
}

/// The number of connections that are looked at without a pause.
const PART: usize = 256;

impl ObjectClass for Connections {
    const NAME: &'static str = "WebSocketServerConnections";

    fn destroy(connections: &ObjectBox<Self>) {
        connections.round.stop();
        connections.end_all();
    }
}

impl Connections {
    pub(super) fn of(server: WebSocketServer) -> Handle<Self> {
        let connections = Self {
            server,
            sockets: RefCell::default(),
            places: RefCell::default(),
            ending: Rc::default(),
            round: Deadline::default(),
            next: Cell::default(),
        };
        let connections = Handle::new_class(connections);
        connections.set_parent(server);
        connections
    }

    /// Enters a socket; returns its index.
    pub(super) fn add(&self, socket: WebSocket, place: Option<Place>) -> u32 {
        // A process has far fewer connections.
        let index = self.sockets.borrow_mut().insert(socket) as u32;
        if let Some(place) = place {
            self.places.borrow_mut().insert(index, place);
        }
        index
    }

    /// The number of connections, those included that still have output for their peer.
    pub(super) fn count(&self) -> usize {
        self.sockets.borrow().len() + self.ending.get()
    }

    /// The socket with that index has ended, its connection perhaps not yet.
    pub(crate) fn ended(&self, index: u32, engine: Option<&SocketEngine>) {
        let mut sockets = self.sockets.borrow_mut();
        let removed = sockets.try_remove(index as usize);
        if is_oversized(sockets.len(), sockets.capacity()) {
            sockets.shrink_to_fit();
        }
        drop(sockets);
        let place = self.places.borrow_mut().remove(&index);
        let counted = Counted::new(&self.ending, place);
        if let Some(engine) = engine {
            engine.keep_until_closed(counted);
        }
        if removed.is_some() {
            self.server.0.with_object(|server| server.connection_ended(index));
        }
    }

    fn end_all(&self) {
        let sockets = self.sockets.take();
        let mut sequence = Sequence::begin();
        for (_, socket) in sockets {
            sequence.step(|| socket.abort());
        }
    }
}

impl ObjectBox<Connections> {
    /// Looks after those of which nothing is heard, from now on and for as long as there are any, if silence is limited.
    pub(super) fn watch_silence(self: &Rc<Self>) {
        if !self.round.is_running() {
            self.begin_round();
        }
    }

    fn begin_round(self: &Rc<Self>) {
        self.round.stop();
        self.next.set(0);
        let granularity = self.server.0.with(|server| server.limits.get(Limits::silence_granularity));
        if let Some(granularity) = granularity.flatten()
            && self.count() > 0
        {
            let parts = self.sockets.borrow().capacity().div_ceil(PART).max(1);
            // A process has far fewer connections.
            let pause = granularity / parts as u32;
            self.round.start(pause, self.clone());
        }
    }
}

impl TimerTarget for ObjectBox<Connections> {
    /// Looks after the next part of the connections.
    fn timed_out(self: Rc<Self>, id: TimerId) {
        let begin = self.next.get();
        let next = begin + PART;
        self.next.set(next);
        for index in begin..next {
            let socket = self.sockets.borrow().get(index).copied();
            if let Some(socket) = socket {
                socket.look_after_silence();
            }
        }
        let is_over = next >= self.sockets.borrow().capacity();
        if is_over && self.round.is(id) {
            self.begin_round();
        }
    }
}
