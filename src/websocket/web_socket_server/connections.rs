//! The connections of a server that are sockets (private).

use std::cell::RefCell;
use std::collections::HashMap;

use slab::Slab;

use super::super::web_socket::WebSocket;
use super::WebSocketServer;
use super::admission::Place;
use super::private::WebSocketServerPrivate;
use crate::core::handle::Handle;
use crate::core::object_data::ObjectClass;

/// The sockets that a server accepted and that are connected. A child of the server, as the `QTcpServer` of Qt's: with it the
/// connections end, after the server's `destroyed`.
pub(crate) struct Connections {
    server: WebSocketServer,
    sockets: RefCell<Slab<WebSocket>>,
    /// The places of those whose address is limited.
    places: RefCell<HashMap<u32, Place>>,
}

impl ObjectClass for Connections {
    const NAME: &'static str = "WebSocketServerConnections";

    fn destroy(&self) {
        self.end_all();
    }
}

impl Connections {
    pub(super) fn of(server: WebSocketServer) -> Handle<Self> {
        let connections = Self { server, sockets: RefCell::default(), places: RefCell::default() };
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

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.sockets.borrow().len()
    }

    /// The connection of the socket with that index has ended.
    pub(crate) fn ended(&self, index: u32) {
        let removed = self.sockets.borrow_mut().try_remove(index as usize);
        let place = self.places.borrow_mut().remove(&index);
        drop(place);
        if removed.is_some() {
            self.server.0.with(WebSocketServerPrivate::reset_error);
        }
    }

    fn end_all(&self) {
        let sockets = self.sockets.take();
        for (_, socket) in sockets {
            socket.abort();
        }
    }
}
