//! The tie of an accepted socket to its server (private). It stands below both: a socket says that it has ended, and knows no
//! server.

use std::rc::Rc;

use crate::ObjectHandle;
use crate::core::handle::Handle;
use crate::core::object_data::ObjectClass;
use crate::core::object_table::ObjectBox;
use crate::network::socket_engine::SocketEngine;

/// The connections of a server that are sockets.
pub(crate) trait ServerConnections {
    /// The socket with that index has ended, its connection perhaps not yet.
    fn ended(&self, index: u32, engine: Option<&SocketEngine>);

    /// The server is gone: all of them end.
    fn end_all(&self);
}

/// The connections of a server as an object: a child of the server, as the `QTcpServer` of Qt's. With it they end, after the
/// server's `destroyed`.
pub(crate) struct ServerConnectionsObject(Rc<dyn ServerConnections>);

impl ServerConnectionsObject {
    pub(crate) fn new(connections: Rc<dyn ServerConnections>, server: impl ObjectHandle) -> Handle<Self> {
        let object = Handle::new_class(Self(connections));
        object.set_parent(server);
        object
    }
}

impl ObjectClass for ServerConnectionsObject {
    const NAME: &'static str = "WebSocketServerConnections";

    fn destroy(object: &ObjectBox<Self>) {
        object.value.0.end_all();
    }
}

/// The place of a socket among the connections of the server that accepted it. Each accepted socket has one, so it is small.
#[derive(Clone, Copy)]
pub(crate) struct AcceptedBy {
    connections: Handle<ServerConnectionsObject>,
    index: u32,
}

impl AcceptedBy {
    pub(crate) fn new(connections: Handle<ServerConnectionsObject>, index: u32) -> Self {
        Self { connections, index }
    }

    /// The socket has ended. Nothing happens if the server's connections are gone.
    pub(crate) fn ended(self, engine: Option<&SocketEngine>) {
        self.connections.with(|connections| connections.0.ended(self.index, engine));
    }
}
