//! The connection under a socket (private): how far it is, how far its end is, and which one it is.

use std::rc::Rc;

use super::private::Socket;
use crate::network::connector::Connector;
use crate::network::socket_engine::SocketEngine;

/// The connection under the socket, and how far it is.
#[derive(Default)]
pub(super) enum Transport {
    #[default]
    None,
    /// The TCP connection is being established.
    Connecting(Rc<Connector>),
    /// TLS is being agreed on.
    Encrypting(Rc<SocketEngine>),
    /// The request is on its way.
    Handshaking(Rc<SocketEngine>),
    /// The program is being asked for credentials; nothing is read.
    Asking(Rc<SocketEngine>),
    /// Frames go both ways; up to the end of the TCP connection.
    Open(Rc<SocketEngine>),
    /// The connection has ended, and that is being reported: its addresses are known until that is done.
    Ended(Rc<SocketEngine>),
}

/// The state of the closing handshake (RFC 6455 §7.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    No,
    /// `close` was called before there was a connection, and its error is being reported.
    Asked,
    /// This side's close frame is sent, the peer's has not come.
    Sent,
    /// The peer's close frame has come, and is answered.
    Received,
    /// The connection is lost.
    Lost,
    /// A message found no room behind those that wait: nothing more is sent, and the end is reported from the loop.
    OutOfRoom,
    /// Nothing more will be received or sent.
    Done,
}

impl Closing {
    /// Returns whether neither side has begun to close.
    pub(super) const fn is_no(self) -> bool {
        matches!(self, Self::No | Self::OutOfRoom)
    }
}

impl Transport {
    /// The TCP connection, from its establishment to its end.
    #[inline]
    pub(super) fn engine(&self) -> Option<&Rc<SocketEngine>> {
        match self {
            Self::Encrypting(engine)
            | Self::Handshaking(engine)
            | Self::Asking(engine)
            | Self::Open(engine) => Some(engine),
            Self::None | Self::Connecting(_) | Self::Ended(_) => None,
        }
    }
}

/// One connection of a socket: what runs after a signal asks by it whether a slot has ended that connection, or begun another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ConnectionId(u16);

impl Socket {
    /// Lets another connection begin.
    pub(super) fn begin_connection(&self) -> ConnectionId {
        let next = ConnectionId(self.connection_id.get().0.wrapping_add(1));
        self.connection_id.set(next);
        next
    }

    /// The connection that was begun last, whatever became of it.
    pub(super) fn connection_id(&self) -> ConnectionId {
        self.connection_id.get()
    }

    /// Returns whether no other connection was begun since. It may have ended.
    pub(super) fn is_latest(&self, id: ConnectionId) -> bool {
        self.connection_id.get() == id
    }

    /// Returns whether no other connection was begun since, and this one is established and has not ended.
    pub(super) fn is_live(&self, id: ConnectionId) -> bool {
        self.is_latest(id) && self.transport.borrow().engine().is_some()
    }

    /// The connection of that engine, while it is the one under this socket.
    pub(super) fn id_of(&self, engine: &Rc<SocketEngine>) -> Option<ConnectionId> {
        let transport = self.transport.borrow();
        transport.engine().is_some_and(|own| Rc::ptr_eq(own, engine)).then(|| self.connection_id())
    }

    /// The established connection, in whatever state.
    pub(super) fn engine(&self) -> Option<Rc<SocketEngine>> {
        self.transport.borrow().engine().cloned()
    }

    /// Returns whether there is an established connection, until its end is reported.
    pub(super) fn has_connection(&self) -> bool {
        self.engine().is_some() || matches!(&*self.transport.borrow(), Transport::Ended(_))
    }
}
