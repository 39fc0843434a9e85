//! The listening and accepting of a [`TcpServer`](crate::TcpServer).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use mio::net::TcpStream;

use crate::core::object_data::ObjectClass;
use crate::core::object_table::ObjectBox;
use crate::core::sequence::Sequence;
use crate::network::listener::ListenOptions;
use crate::network::listening::{ListenerClient, Listening};
use crate::network::socket_engine::SocketEngine;
use crate::network::waiting::WaitLimit;
use crate::{Emitter, NetworkProxy, SocketError, TcpSocket};

/// Does something with a connection in place of `QTcpServer::incomingConnection`.
type IncomingConnectionHandler = Rc<dyn Fn(std::net::TcpStream)>;

#[derive(Default)]
pub(crate) struct TcpServerPrivate {
    pub(super) listener: RefCell<Option<Rc<dyn Listening>>>,
    pub(super) options: Cell<ListenOptions>,
    pub(super) proxy: RefCell<NetworkProxy>,
    pub(super) incoming_connection: RefCell<Option<IncomingConnectionHandler>>,
    pub(super) pending: RefCell<VecDeque<TcpSocket>>,
    pub(super) max_pending: Cell<usize>,
    /// `TcpServer::pause_accepting` was called.
    pub(super) is_paused: Cell<bool>,
    /// A connection was accepted since `TcpServer::wait_for_new_connection` began to wait for one.
    pub(super) has_accepted: Cell<bool>,
    pub(super) error: Cell<SocketError>,
    pub(super) error_string: RefCell<String>,
    pub(super) new_connection: Emitter<()>,
    pub(super) pending_connection_available: Emitter<()>,
    pub(super) accept_error: Emitter<SocketError>,
}

impl ObjectClass for TcpServerPrivate {
    const NAME: &'static str = "TcpServer";

    fn destroy(server: &ObjectBox<Self>) {
        server.close();
    }
}

impl TcpServerPrivate {
    pub(super) fn new() -> Self {
        Self { max_pending: Cell::new(30), ..Self::default() }
    }

    pub(super) fn of_listener<R>(&self, get: impl FnOnce(&dyn Listening) -> R) -> Option<R> {
        self.listener.borrow().as_ref().map(|listener| get(&**listener))
    }

    pub(super) fn close(&self) {
        if let Some(listener) = self.listener.take() {
            listener.close();
        }
        let mut sequence = Sequence::begin();
        for socket in self.pending.take() {
            sequence.step(|| socket.delete());
        }
    }

    pub(super) fn fail(&self, error: SocketError, text: &str) {
        self.error.set(error);
        self.error_string.replace(text.to_owned());
    }

    pub(super) fn set_paused(&self, is_paused: bool) {
        self.is_paused.set(is_paused);
        self.update_accepting();
    }

    pub(super) fn wait_for_new_connection(&self, limit: WaitLimit) -> bool {
        let Some(listener) = self.listener.borrow().clone() else { return false };
        if self.is_full() {
            return true;
        }
        let was_paused = self.is_paused.get();
        self.set_paused(false);
        self.has_accepted.set(false);
        listener.look_again();
        let is_done = || self.has_accepted.get() || self.listener.borrow().is_none();
        let came = limit.wait(is_done, || listener.awaited()) && self.has_accepted.get();
        if was_paused {
            self.set_paused(true);
        }
        if !came {
            self.fail(SocketError::SocketTimeout, "Network operation timed out");
        }
        came
    }

    fn is_full(&self) -> bool {
        self.pending.borrow().len() >= self.max_pending.get()
    }

    pub(super) fn update_accepting(&self) {
        let is_full = self.is_full();
        let listener = self.listener.borrow().clone();
        match listener {
            Some(listener) if is_full || self.is_paused.get() => listener.pause(),
            Some(listener) => listener.resume(),
            None => {}
        }
    }

    pub(super) fn add_pending(&self, socket: TcpSocket) {
        self.pending.borrow_mut().push_back(socket);
        self.update_accepting();
        self.pending_connection_available.emit(());
    }

    pub(super) fn take_pending(&self) -> Option<TcpSocket> {
        let next = loop {
            let next = self.pending.borrow_mut().pop_front()?;
            if next.is_alive() {
                break next;
            }
        };
        self.update_accepting();
        Some(next)
    }
}

impl ListenerClient for ObjectBox<TcpServerPrivate> {
    fn incoming(self: Rc<Self>, stream: TcpStream) -> Option<TcpStream> {
        let Some(handler) = self.incoming_connection.borrow().clone() else { return Some(stream) };
        self.has_accepted.set(true);
        let _sequence = Sequence::begin_with(|| handler(blocking(stream)));
        self.new_connection.emit(());
        None
    }

    fn accepted(self: Rc<Self>, engine: Rc<SocketEngine>) {
        let socket = TcpSocket::over(engine);
        socket.set_parent(self.object);
        self.has_accepted.set(true);
        let _sequence = Sequence::begin_with(|| self.add_pending(socket));
        self.new_connection.emit(());
    }

    fn accept_failed(self: Rc<Self>, error: SocketError, text: &str) {
        self.fail(error, text);
        self.accept_error.emit(error);
    }

    fn listened(self: Rc<Self>) {
        self.listener.take();
    }
}

/// A stream as the standard library makes them.
fn blocking(stream: TcpStream) -> std::net::TcpStream {
    let stream = std::net::TcpStream::from(stream);
    if let Err(error) = stream.set_nonblocking(false) {
        log::warn!("an accepted stream stays non-blocking: {error}");
    }
    stream
}
