//! The end of a [`TcpSocket`](crate::TcpSocket)'s connection: by this side, by the peer, or because it broke.

use std::io;
use std::rc::Rc;

use super::{Device, Link, TcpSocketPrivate};
use crate::core::sequence::Sequence;
use crate::network::socket_engine::SocketEngine;
use crate::network::{SocketError, SocketState};

impl TcpSocketPrivate {
    pub(in crate::network::tcp_socket) fn disconnect_from_host(&self) {
        match self.state.get() {
            _ if self.device.get() == Device::Aborting => self.end_link(),
            SocketState::HostLookup | SocketState::Connecting => self.disconnect_when_connected.set(true),
            SocketState::Bound => {
                let _sequence = Sequence::begin_with(|| self.enter(SocketState::Closing));
                if matches!(*self.link.borrow(), Link::Bound(_)) {
                    self.end();
                }
            }
            SocketState::Connected => {
                let Some(engine) = self.engine() else { return };
                let mut sequence = Sequence::begin_with(|| self.enter(SocketState::Closing));
                sequence.step(|| self.end_if_written(&engine));
                // Anything that comes from here on is thrown away, so nothing has to wait in the system.
                self.read_on();
            }
            SocketState::Closing => {
                if let Some(engine) = self.engine() {
                    self.end_if_written(&engine);
                }
            }
            _ => {}
        }
    }

    pub(in crate::network::tcp_socket) fn close(&self) {
        if self.device.get() == Device::Aborting {
            return self.abort();
        }
        let mut sequence = Sequence::begin();
        if self.close_device(Device::Closing, &mut sequence) {
            self.disconnect_from_host();
        }
    }

    pub(in crate::network::tcp_socket) fn abort(&self) {
        self.early_output.take();
        if let Some(engine) = self.engine() {
            engine.discard_output();
        }
        let mut sequence = Sequence::begin();
        if self.close_device(Device::Aborting, &mut sequence) {
            self.end_link();
        }
    }

    /// `QIODevice::close()`, which is `closing` meanwhile. Returns `false` if a slot has opened the socket anew.
    fn close_device(&self, closing: Device, sequence: &mut Sequence) -> bool {
        if self.device.get() == Device::Open {
            self.device.set(closing);
            sequence.step(|| self.about_to_close.emit(()));
            if self.device.get() == Device::Open {
                return false;
            }
        }
        self.device.set(Device::Closed);
        self.take_input();
        true
    }

    pub(super) fn end_if_written(&self, engine: &Rc<SocketEngine>) {
        let is_closing = self.is_linked_to(engine) && self.state.get() == SocketState::Closing;
        if is_closing && engine.bytes_to_write() == 0 {
            self.end();
        }
    }

    /// Ends what there is.
    fn end_link(&self) {
        if !matches!(*self.link.borrow(), Link::None | Link::Given) {
            self.end();
        }
    }

    /// Lets the connection go, or the attempt at one, and returns what it was.
    pub(super) fn let_go(&self) -> Link {
        let link = self.link.replace(Link::None);
        match &link {
            Link::Connecting(connector) => connector.cancel(),
            Link::Connected(engine) | Link::Lost(engine) | Link::Flushing(engine) => engine.abort(),
            Link::None | Link::Bound(_) | Link::Given => {}
        }
        link
    }

    /// Lets the connection go, or the attempt at one, and reports it.
    pub(super) fn end(&self) {
        let link = self.let_go();
        let is_closing = self.state.get() == SocketState::Closing;
        let mut sequence = Sequence::begin_with(|| self.enter(SocketState::Unconnected));
        sequence.step(|| self.read_channel_finished.emit(()));
        if is_closing || link.engine().is_some() {
            sequence.step(|| self.disconnected.emit(()));
        }
        // Slots of these signals still see the addresses. One of them may have connected anew.
        let state = self.state.get();
        if state == SocketState::Unconnected {
            self.local.set(None);
        }
        if matches!(state, SocketState::Unconnected | SocketState::Bound) {
            self.peer.set(None);
        }
    }

    /// The peer has closed the connection (`None`), or it broke.
    pub(super) fn lost(&self, engine: &Rc<SocketEngine>, cause: Option<&io::Error>) {
        match self.state.get() {
            SocketState::Connected => {
                // The peer may have closed its side only, and still read.
                let mut sequence = Sequence::begin_with(|| engine.flush_a_turn());
                if !self.is_linked_to(engine) {
                    return;
                }
                sequence.step(|| self.tell_loss(engine, cause));
                if self.is_linked_to(engine) {
                    self.link.replace(Link::Flushing(Rc::clone(engine)));
                    sequence.step(|| self.enter(SocketState::Closing));
                }
                if self.is_linked_to(engine) && engine.close_when_written() {
                    self.end();
                }
            }
            SocketState::Closing if cause.is_none() && !engine.is_broken() => self.end_if_written(engine),
            // Output that was not written is lost.
            SocketState::Closing => {
                let _sequence = Sequence::begin_with(|| self.tell_loss(engine, cause));
                if self.is_linked_to(engine) {
                    self.abort();
                }
            }
            _ => {}
        }
    }

    fn tell_loss(&self, engine: &Rc<SocketEngine>, cause: Option<&io::Error>) {
        let error = cause.map_or(SocketError::RemoteHostClosed, SocketError::from_io);
        self.set_error(error);
        self.link.replace(Link::Lost(Rc::clone(engine)));
        self.error_occurred.emit(error);
    }
}
