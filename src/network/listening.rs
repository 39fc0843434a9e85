//! The two sides of listening (private): what a server listens with, at this host or at a proxy, and its events.

use std::rc::Rc;

use mio::net::TcpStream;

use super::abstract_socket::SocketError;
use super::host_address::HostAddress;
use super::socket_engine::SocketEngine;
use super::waiting::Awaited;

/// Receives the connections of a listener. It may do anything meanwhile, also pause or close the listener.
pub(crate) trait ListenerClient {
    /// A connection was accepted at this host. `None`: the client has taken it, and [`accepted`](Self::accepted) is not called.
    fn incoming(self: Rc<Self>, stream: TcpStream) -> Option<TcpStream> {
        Some(stream)
    }

    /// A connection was accepted, and has no client yet.
    fn accepted(self: Rc<Self>, engine: Rc<SocketEngine>);
    /// A connection could not be accepted. Told once; accepting goes on by itself when it can.
    fn accept_failed(self: Rc<Self>, error: SocketError, text: &str);
    /// It does not listen any more: a proxy listens for one connection only, which is reported next, or the reason why there is
    /// none.
    fn listened(self: Rc<Self>);
}

/// The listening part of a server.
pub(crate) trait Listening {
    /// The address it listens at.
    fn address(&self) -> HostAddress;
    /// The port it listens at.
    fn port(&self) -> u16;
    /// Stops listening and frees the address. What waits in the kernel's queue is refused.
    fn close(&self);
    /// Leaves connections where they wait from now on.
    fn pause(&self);
    /// Accepts again after a [`pause`](Self::pause), from the event loop. A server that has just got it says so, too.
    fn resume(self: Rc<Self>);
    /// Things on which it waits, for a call that blocks.
    fn awaited(&self) -> Awaited;
    /// Accepts once more, though nothing was told of a connection.
    fn look_again(&self) {}
    /// `None` if that is of no use to anybody.
    #[cfg(unix)]
    fn raw_fd(&self) -> Option<std::os::fd::RawFd>;
}
