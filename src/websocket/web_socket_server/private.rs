//! The parts of a [`WebSocketServer`] (private): `QWebSocketServerPrivate`.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
#[cfg(feature = "deflate")]
use std::sync::Arc;

use slab::Slab;

use super::accepting::IncomingConnection;
use super::admission::{Admission, TooMany};
use super::connections::Connections;
use super::pending::PendingConnections;
use super::ssl::Ssl;
use super::{SslMode, WebSocketServer};
use crate::core::event_dispatcher;
use crate::core::handle::Handle;
use crate::core::object_data::ObjectClass;
use crate::core::object_table::ObjectBox;
use crate::core::sequence::Sequence;
use crate::network::listener::{self, ListenOptions};
use crate::network::listening::{ListenerClient, Listening};
use crate::network::socket_engine::SocketEngine;
use crate::websocket::limits::SharedLimits;
#[cfg(feature = "deflate")]
use crate::websocket::protocol::Compression;
use crate::{
    ByRef, CloseCode, CorsAuthenticator, Emitter, Error, ErrorKind, HostAddress, NetworkProxy, SocketError,
};

/// A server in memory.
pub(super) type Server = ObjectBox<WebSocketServerPrivate>;

pub(crate) struct WebSocketServerPrivate {
    pub(super) name: RefCell<String>,
    pub(super) secure_mode: SslMode,
    pub(super) proxy: RefCell<NetworkProxy>,
    pub(super) listener: RefCell<Option<Rc<dyn Listening>>>,
    pub(super) reuse_port: Cell<bool>,
    /// Connections whose handshake is under way.
    pub(super) handshakes: RefCell<Slab<Rc<IncomingConnection>>>,
    /// Connections that wait to be taken.
    pub(super) pending: RefCell<PendingConnections>,
    /// The number of [streams](super::Incoming) that take them.
    pub(super) streams: Cell<u32>,
    /// Connections that are sockets.
    pub(super) connections: OnceCell<Connections>,
    pub(super) admission: Admission,
    pub(super) max_pending_connections: Cell<usize>,
    pub(super) limits: SharedLimits,
    pub(super) supported_subprotocols: RefCell<Vec<String>>,
    #[cfg(feature = "deflate")]
    pub(super) compression: RefCell<Option<Arc<Compression>>>,
    pub(super) error: Cell<CloseCode>,
    pub(super) error_string: RefCell<Cow<'static, str>>,
    pub(super) new_connection: Emitter<()>,
    pub(super) closed: Emitter<()>,
    pub(super) accept_error: Emitter<SocketError>,
    pub(super) server_error: Emitter<CloseCode>,
    pub(super) origin_authentication_required: Emitter<ByRef<CorsAuthenticator>>,
    pub(super) ssl: Ssl,
}

pub(super) const MAX_PENDING_CONNECTIONS: usize = 30;

impl ObjectClass for WebSocketServerPrivate {
    const NAME: &'static str = "WebSocketServer";

    fn destroy(server: &Server) {
        server.destroy();
    }
}

impl WebSocketServerPrivate {
    pub(super) fn new(name: &str, secure_mode: SslMode) -> Self {
        Self {
            name: RefCell::new(name.to_owned()),
            secure_mode,
            proxy: RefCell::default(),
            listener: RefCell::default(),
            reuse_port: Cell::default(),
            handshakes: RefCell::default(),
            pending: RefCell::default(),
            streams: Cell::new(0),
            connections: OnceCell::new(),
            admission: Admission::default(),
            max_pending_connections: Cell::new(MAX_PENDING_CONNECTIONS),
            limits: SharedLimits::default(),
            supported_subprotocols: RefCell::default(),
            #[cfg(feature = "deflate")]
            compression: RefCell::default(),
            error: Cell::new(CloseCode::Normal),
            error_string: RefCell::default(),
            new_connection: Emitter::new(),
            closed: Emitter::new(),
            accept_error: Emitter::new(),
            server_error: Emitter::new(),
            origin_authentication_required: Emitter::new(),
            ssl: Ssl::default(),
        }
    }

    pub(super) fn into_object(self) -> WebSocketServer {
        let server = WebSocketServer(Handle::new_class(self));
        let connections = Connections::of(server);
        server.0.with(|private| private.connections.set(connections));
        server
    }
}

impl Server {
    /// Emits `server_error`, unless that was the error already.
    pub(super) fn set_error(&self, code: CloseCode, text: impl Into<Cow<'static, str>>) {
        let text = text.into();
        if self.error.get() != code || *self.error_string.borrow() != text {
            self.error.set(code);
            self.error_string.replace(text);
            self.server_error.emit(code);
        }
    }

    /// A connection was refused because there are too many: the error stays until one of those has ended.
    pub(super) fn turn_away(&self, peer: HostAddress, why: TooMany) {
        self.count_refused();
        log::debug!("{peer} is refused: {}", why.text());
        self.set_error(CloseCode::AbnormalDisconnection, why.text());
    }

    /// A connection of this server has ended.
    pub(super) fn reset_error(&self) {
        self.error.set(CloseCode::Normal);
        self.error_string.replace(Cow::Borrowed(""));
    }

    /// A connection of this server has ended. If nobody has taken its socket, nobody will.
    pub(super) fn connection_ended(&self, index: u32) {
        let untaken = self.pending.borrow_mut().remove(index);
        if let Some(socket) = untaken {
            socket.delete_later();
        }
        self.reset_error();
    }

    fn stop_listening(&self) {
        let listener = self.listener.take();
        if let Some(listener) = listener {
            listener.close();
        }
        let pending = self.pending.borrow_mut().take_all();
        let mut sequence = Sequence::begin();
        for socket in pending {
            sequence.step(|| socket.close_with(CloseCode::GoingAway, "Server closed."));
            socket.delete_later();
        }
    }

    /// `~QWebSocketServer`: as `close`, and handshakes under way end.
    fn destroy(&self) {
        let _sequence = Sequence::begin_with(|| self.stop_listening());
        let handshakes = self.handshakes.take();
        for (_, handshake) in handshakes {
            handshake.abort();
        }
    }
}

impl Server {
    pub(super) fn listen(self: &Rc<Self>, address: HostAddress, port: u16) -> Result<(), Error> {
        self.check_not_listening().inspect_err(|_| {
            // The error of the QTcpServer, which is that of the last attempt that failed.
            if self.error.get() != CloseCode::AbnormalDisconnection {
                self.set_error(CloseCode::AbnormalDisconnection, "");
            }
        })?;
        let client = Rc::downgrade(self);
        let proxy = self.proxy.borrow().clone();
        let options = ListenOptions { reuse_port: self.reuse_port.get(), ..ListenOptions::default() };
        let listener = self
            .check_encryption()
            .map_err(Error::from)
            .and_then(|()| listener::listen(address, port, options, &proxy, client));
        match listener {
            // Listening at a proxy waits in an event loop, whose slots may have done anything.
            Ok(listener) if !self.is_alive() || self.listener.borrow().is_some() => {
                listener.close();
                Err(Error::new(ErrorKind::AlreadyListening, "The server is listening already"))
            }
            Ok(listener) => {
                self.listener.replace(Some(listener.clone()));
                self.warn_of_dates();
                listener.resume();
                Ok(())
            }
            Err(error) => {
                self.set_error(CloseCode::AbnormalDisconnection, error.text().to_owned());
                Err(error)
            }
        }
    }

    #[cfg(unix)]
    pub(super) fn listen_at(self: &Rc<Self>, descriptor: std::os::fd::OwnedFd) -> Result<(), Error> {
        self.check_not_listening()?;
        self.check_encryption()?;
        let listener = listener::Listener::from_fd(descriptor, Rc::downgrade(self) as _)?;
        self.listener.replace(Some(listener));
        self.warn_of_dates();
        Ok(())
    }

    fn check_not_listening(&self) -> Result<(), Error> {
        if self.listener.borrow().is_none() {
            return Ok(());
        }
        log::warn!("listen() called when already listening");
        Err(Error::new(ErrorKind::AlreadyListening, "The server is listening already"))
    }

    pub(super) fn close(self: &Rc<Self>) {
        let _sequence = Sequence::begin_with(|| self.stop_listening());
        let server = Rc::downgrade(self);
        event_dispatcher::post_slot_call(self.object, self.object, move || {
            if let Some(server) = server.upgrade() {
                server.closed.emit(());
            }
        });
    }
}

impl ListenerClient for Server {
    fn accepted(self: Rc<Self>, engine: Rc<SocketEngine>) {
        IncomingConnection::begin(&self, engine);
    }

    fn accept_failed(self: Rc<Self>, error: SocketError, text: &str) {
        self.error_string.replace(text.to_owned().into());
        self.accept_error.emit(error);
    }

    fn listened(self: Rc<Self>) {
        self.listener.take();
    }
}
