//! The connections of a server that are sockets (private).

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use slab::Slab;

use super::WebSocketServer;
use super::admission::{Counted, Place};
use crate::core::deadline::Deadline;
use crate::core::handle::Handle;
use crate::core::sequence::Sequence;
use crate::core::spare_memory::is_oversized;
use crate::core::timer_queue::{TimerId, TimerTarget};
use crate::network::socket_engine::SocketEngine;
use crate::websocket::accepted_by::{AcceptedBy, ServerConnections, ServerConnectionsObject};
use crate::{Limits, WebSocket};

/// The sockets that a server accepted and that are connected.
pub(super) struct Connections {
    sockets: Rc<Sockets>,
    object: Handle<ServerConnectionsObject>,
}

impl Connections {
    pub(super) fn of(server: WebSocketServer) -> Self {
        let sockets = Rc::new(Sockets {
            server,
            sockets: RefCell::default(),
            places: RefCell::default(),
            ending: Rc::default(),
            round: Deadline::default(),
            next: Cell::default(),
        });
        let object = ServerConnectionsObject::new(sockets.clone(), server);
        Self { sockets, object }
    }

    /// Enters a socket, and looks after its silence if that is limited; returns its index. `None` if they have all ended.
    pub(super) fn add(&self, socket: WebSocket, place: Option<Place>) -> Option<u32> {
        if !self.object.is_alive() {
            return None;
        }
        let index = self.sockets.add(socket, place);
        socket.set_accepted_by(AcceptedBy::new(self.object, index));
        self.sockets.watch_silence();
        Some(index)
    }

    /// The number of connections, those included that still have output for their peer.
    pub(super) fn count(&self) -> usize {
        self.sockets.count()
    }
}

/// The list of them, which outlives the object for as long as the server needs it.
struct Sockets {
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

impl Sockets {
    fn add(&self, socket: WebSocket, place: Option<Place>) -> u32 {
        // A process has far fewer connections.
        let index = self.sockets.borrow_mut().insert(socket) as u32;
        if let Some(place) = place {
            self.places.borrow_mut().insert(index, place);
        }
        index
    }

    fn count(&self) -> usize {
        self.sockets.borrow().len() + self.ending.get()
    }

    /// Looks after those of which nothing is heard, from now on and for as long as there are any, if silence is limited.
    fn watch_silence(self: &Rc<Self>) {
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

impl ServerConnections for Sockets {
    fn ended(&self, index: u32, engine: Option<&SocketEngine>) {
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
        self.round.stop();
        let (sockets, _places) = (self.sockets.take(), self.places.take());
        let mut sequence = Sequence::begin();
        for (_, socket) in sockets {
            sequence.step(|| socket.abort());
        }
    }
}

impl TimerTarget for Sockets {
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
