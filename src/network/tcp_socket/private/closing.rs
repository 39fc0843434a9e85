//! The end of a [`TcpSocket`](crate::TcpSocket)'s connection: by this side, by the peer, or because it broke.

use std::rc::Rc;

use super::{Device, Link, TcpSocketPrivate};
use crate::core::sequence::Sequence;
use crate::network::abstract_socket::SocketFailure;
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
        if self.is_ssl_socket() {
            // As in Qt the connection ends first. A slot that connects anew keeps the socket open.
            let is_connecting = self.is_connecting();
            sequence.step(|| self.flush());
            if self.is_agreeing_on_encryption() {
                // Nobody knows when that will be done, and nobody can ask any more.
                self.discard_output();
            }
            sequence.step(|| self.disconnect_from_host());
            if is_connecting || self.is_over() {
                self.close_device(Device::Closing, &mut sequence);
            }
        } else if self.close_device(Device::Closing, &mut sequence) {
            self.disconnect_from_host();
        }
    }

    pub(in crate::network::tcp_socket) fn abort(&self) {
        let mut sequence = Sequence::begin();
        if self.is_ssl_socket() {
            sequence.step(|| self.abort_link());
            if self.is_over() {
                self.close_device(Device::Aborting, &mut sequence);
            }
            return;
        }
        self.discard_output();
        if self.close_device(Device::Aborting, &mut sequence) {
            self.end_link();
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state.get(), SocketState::Unconnected | SocketState::Closing)
    }

    pub(super) fn abort_link(&self) {
        self.discard_output();
        self.end_link();
    }

    fn discard_output(&self) {
        self.early_output.take();
        if let Some(engine) = self.engine() {
            engine.discard_output();
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
        let is_written = || engine.bytes_to_write() == 0 && self.bytes_to_write() == 0;
        if is_closing && (self.refuses_peer() || is_written() && self.says_goodbye(engine)) {
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
        if let Some(engine) = link.engine() {
            sequence.step(|| self.end_encryption(engine));
        }
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
    pub(super) fn lost(&self, engine: &Rc<SocketEngine>, cause: Option<SocketFailure>) {
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

    /// TLS has failed, or cannot begin.
    pub(super) fn encryption_failed(&self, engine: &Rc<SocketEngine>, failure: SocketFailure) {
        let error = failure.error;
        self.set_error(failure);
        let _sequence = Sequence::begin_with(|| self.error_occurred.emit(error));
        if self.is_linked_to(engine) {
            self.abort();
        }
    }

    fn tell_loss(&self, engine: &Rc<SocketEngine>, cause: Option<SocketFailure>) {
        let failure = cause.unwrap_or_else(|| SocketError::RemoteHostClosed.into());
        let error = failure.error;
        self.set_error(failure);
        self.link.replace(Link::Lost(Rc::clone(engine)));
        self.error_occurred.emit(error);
    }
}
