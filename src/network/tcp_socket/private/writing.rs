//! The output of a [`TcpSocket`](crate::TcpSocket): it waits for the connection, then goes to its engine.

use std::io;
use std::rc::Rc;

use super::{Device, Link, TcpSocketPrivate};
use crate::network::abstract_socket::SocketFailure;
use crate::network::socket_engine::SocketEngine;
use crate::network::{SocketError, SocketState};

/// The size from which on output is offered to the system at once, which spares a copy.
const LARGE_WRITE: usize = 16 * 1024;

impl TcpSocketPrivate {
    pub(in crate::network::tcp_socket) fn write(&self, bytes: &[u8]) -> usize {
        if self.device.get() == Device::Closed {
            log::warn!("write() of a TCP socket that is not open");
            return 0;
        }
        let can_write = match &*self.link.borrow() {
            Link::Connecting(_) => {
                self.early_output.borrow_mut().extend_from_slice(bytes);
                true
            }
            Link::Connected(_) if self.waits_for_encryption() => {
                self.early_output.borrow_mut().extend_from_slice(bytes);
                true
            }
            Link::Connected(engine) | Link::Lost(engine) | Link::Flushing(engine)
                if self.takes_output(engine) =>
            {
                self.note_output(bytes.len());
                if bytes.len() < LARGE_WRITE {
                    engine.write_with(|output| output.extend_from_slice(bytes));
                } else {
                    engine.write_vectored(&mut [io::IoSlice::new(bytes)]);
                }
                true
            }
            _ => false,
        };
        if can_write {
            return bytes.len();
        }
        self.set_error(SocketFailure::new(SocketError::Unknown, "Socket is not connected"));
        0
    }

    pub(in crate::network::tcp_socket) fn flush(&self) -> bool {
        self.engine().is_some_and(|engine| engine.flush_now())
    }

    pub(in crate::network::tcp_socket) fn bytes_to_write(&self) -> usize {
        if let Some(count) = self.bytes_to_encrypt() {
            return count;
        }
        match &*self.link.borrow() {
            Link::Connecting(_) => self.early_output.borrow().len(),
            link => link.engine().map_or(0, |engine| engine.bytes_to_write()),
        }
    }

    /// Also while the connection closes.
    fn takes_output(&self, engine: &SocketEngine) -> bool {
        match self.state.get() {
            SocketState::Connected => true,
            SocketState::Closing => engine.takes_output(),
            _ => false,
        }
    }

    /// Writes what was written before the connection took it.
    pub(super) fn write_early_output(&self, engine: &Rc<SocketEngine>) {
        let output = self.early_output.take();
        if !output.is_empty() {
            self.note_output(output.len());
            engine.write_with(|waiting| waiting.extend_from_slice(&output));
        }
    }
}
