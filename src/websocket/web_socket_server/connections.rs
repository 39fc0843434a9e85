//! The connections of a server that are sockets (private).

use std::cell::RefCell;

use slab::Slab;

use super::super::web_socket::WebSocket;
use super::WebSocketServer;
use super::private::WebSocketServerPrivate;
use crate::core::handle::Handle;
use crate::core::object_data::ObjectClass;

/// The sockets that a server accepted and that are connected. A child of the server, as the `QTcpServer` of Qt's: with it the
/// connections end, after the server's `destroyed`.
pub(crate) struct Connections {
    server: WebSocketServer,
    sockets: RefCell<Slab<WebSocket>>,
}

impl ObjectClass for Connections {
    const NAME: &'static str = "WebSocketServerConnections";

    fn destroy(&self) {
        self.end_all();
    }
}

impl Connections {
    pub(super) fn of(server: WebSocketServer) -> Handle<Self> {
        let connections = Self { server, sockets: RefCell::default() };
        let connections = Handle::new_class(connections);
        connections.set_parent(server);
        connections
    }

    /// Enters a socket; returns its place.
    pub(super) fn add(&self, socket: WebSocket) -> u32 {
        // A process has far fewer connections.
        self.sockets.borrow_mut().insert(socket) as u32
    }

    /// The connection of the socket in that place has ended.
    pub(crate) fn ended(&self, index: u32) {
        let removed = self.sockets.borrow_mut().try_remove(index as usize);
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
