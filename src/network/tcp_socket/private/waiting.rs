//! Calls that block until the connection has gone on: `QAbstractSocket::waitForConnected` and the like.

use std::cell::Cell;
use std::rc::Rc;

use super::{Link, TcpSocketPrivate};
use crate::core::sequence::Sequence;
use crate::network::abstract_socket::SocketFailure;
use crate::network::host_info;
use crate::network::waiting::{Awaited, WaitLimit};
use crate::network::{SocketError, SocketState};

impl TcpSocketPrivate {
    pub(in crate::network::tcp_socket) fn wait_for_connected(&self, limit: WaitLimit) -> bool {
        limit.wait(
            || {
                self.catch_up();
                !self.is_connecting()
            },
            || self.awaited(),
        );
        if self.is_connecting() {
            self.give_up_connecting();
        }
        self.state.get() == SocketState::Connected
    }

    pub(in crate::network::tcp_socket) fn wait_for_ready_read(&self, limit: WaitLimit) -> bool {
        noticed(&self.has_received, || self.wait_for(limit, || self.has_received.get()))
    }

    pub(in crate::network::tcp_socket) fn wait_for_bytes_written(&self, limit: WaitLimit) -> bool {
        if self.bytes_to_write() == 0 {
            return false;
        }
        noticed(&self.has_written, || self.wait_for(limit, || self.has_written.get()))
    }

    pub(in crate::network::tcp_socket) fn wait_for_disconnected(&self, limit: WaitLimit) -> bool {
        self.wait_for(limit, || false) && self.state.get() == SocketState::Unconnected
    }

    /// Lets the connection go on until that holds or it has ended, and returns whether either came to be.
    pub(super) fn wait_for(&self, limit: WaitLimit, holds: impl Fn() -> bool) -> bool {
        if matches!(self.state.get(), SocketState::Unconnected | SocketState::Bound) {
            return false;
        }
        if self.is_connecting() {
            self.wait_for_connected(limit);
            if self.state.get() == SocketState::Unconnected {
                // It could not be established, or has ended already as it was to.
                return self.error() == SocketError::Unknown;
            }
        }
        // Anything that has come before this call, and was not told yet, comes with no further edge.
        if let Some(engine) = self.engine() {
            engine.read_later();
        }
        let is_done = || holds() || self.state.get() == SocketState::Unconnected;
        let came = limit.wait(
            || {
                is_done() || {
                    self.flush_for_wait();
                    is_done()
                }
            },
            || self.awaited(),
        );
        if !came {
            self.set_error(SocketFailure::new(SocketError::SocketTimeout, "Network operation timed out"));
            self.error_occurred.emit(SocketError::SocketTimeout);
        }
        came
    }

    fn flush_for_wait(&self) {
        if self.flush() {
            self.has_written.set(true);
        }
    }

    pub(super) fn is_connecting(&self) -> bool {
        matches!(self.state.get(), SocketState::HostLookup | SocketState::Connecting)
    }

    fn catch_up(&self) {
        let connector = match &*self.link.borrow() {
            Link::Connecting(connector) => Rc::clone(connector),
            _ => return,
        };
        let host = self.peer_name.borrow().clone();
        // Inside a slot of the states before.
        if self.state.get() == SocketState::HostLookup && host_info::literal(&host).is_some() {
            self.start_connecting(&connector);
        }
        if self.is_connecting_by(&connector) {
            connector.catch_up(&host);
        }
    }

    fn awaited(&self) -> Awaited {
        match &*self.link.borrow() {
            Link::Connecting(connector) => connector.awaited(),
            link => Awaited::source(link.engine().and_then(|engine| engine.key())),
        }
    }

    fn give_up_connecting(&self) {
        self.set_error(SocketFailure::new(SocketError::SocketTimeout, "Socket operation timed out"));
        self.early_output.take();
        if let Link::Connecting(connector) = self.link.replace(Link::None) {
            connector.cancel();
        }
        let _sequence = Sequence::begin_with(|| self.enter(SocketState::Unconnected));
    }
}

/// Returns whether `mark` was set while `wait` ran. A wait that another one was inside finds its own mark again.
fn noticed(mark: &Cell<bool>, wait: impl FnOnce() -> bool) -> bool {
    let before = mark.replace(false);
    let is_noticed = wait() && mark.get();
    mark.set(before || mark.get());
    is_noticed
}
