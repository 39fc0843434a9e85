//! A listening socket and how it accepts (private): what `TcpServer` and `WebSocketServer` have in common.
//!
//! It accepts in bounded batches, so that a flood of connections does not keep the ones that exist from their turn. When
//! the process has no descriptor left, accepting fails for as long as that lasts, with the connection still in the kernel's
//! queue and no further readiness is reported: so it is tried again after a while.

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::Duration;

use mio::Interest;
use mio::net::{TcpListener, TcpStream};
use socket2::Socket;

use super::abstract_socket::SocketFailure;
use super::binding::{self, bind_error};
use super::listening::{ListenerClient, Listening};
use super::proxy::ProxyListener;
use super::socket_engine::{self, SocketEngine};
use super::waiting::Awaited;
use super::{HostAddress, NetworkProxy, ProxyType, SocketError};
use crate::Error;
use crate::core::deadline::Deadline;
use crate::core::event_dispatcher::{self, InProgress, ReadyAgain, Source};
use crate::core::poller::{Readiness, SourceKey};
use crate::core::timer_queue::{TimerId, TimerTarget};

/// The options of a listening socket of this host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListenOptions {
    /// Several listeners, of other threads or processes too, share the port, and the kernel spreads the connections over them.
    pub(crate) reuse_port: bool,
    /// The number of connections that may wait in the kernel; it takes the smaller of this and its own limit.
    pub(crate) backlog: i32,
}

impl Default for ListenOptions {
    /// Qt's 50 would refuse bursts that the loop could well serve.
    fn default() -> Self {
        Self { reuse_port: false, backlog: 4096 }
    }
}

impl ListenOptions {
    /// Sets up a socket that is not bound yet.
    fn prepare(self, socket: &Socket) -> io::Result<()> {
        // On Windows this would let another process take the port.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        if self.reuse_port {
            share_port(socket)?;
        }
        // Accepted connections inherit it, which spares a system call for each. Where they do not, `set_low_delay` does it.
        socket.set_tcp_nodelay(true)
    }
}

/// Listens at that address, of this host or, with a proxy that a server can use, of the proxy; port 0 lets the system choose
/// one.
pub(crate) fn listen(
    address: HostAddress,
    port: u16,
    options: ListenOptions,
    proxy: &NetworkProxy,
    client: Weak<dyn ListenerClient>,
) -> Result<Rc<dyn Listening>, Error> {
    let listener: Result<Rc<dyn Listening>, Error> = match proxy.for_listening(address) {
        None => Err(SocketFailure::from(SocketError::UnsupportedSocketOperation).into()),
        Some(proxy) if proxy.proxy_type() == ProxyType::No => {
            Listener::listen(address, port, options, client).map(|listener| listener as _)
        }
        Some(proxy) => ProxyListener::listen(&proxy, address, port, client).map(|listener| listener as _),
    };
    listener.map_err(|error| error.about(socket_engine::written((address, port))))
}

pub(crate) struct Listener {
    /// `None` once it is closed.
    socket: RefCell<Option<TcpListener>>,
    address: HostAddress,
    port: u16,
    key: Cell<Option<SourceKey>>,
    state: Cell<State>,
    /// The end of the wait after accepting has failed.
    retry: Deadline,
    client: Weak<dyn ListenerClient>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Accepting,
    Paused,
    /// Accepting failed, and waits.
    Failed,
    /// The wait is over; if the next attempt fails again, that is not reported again.
    Retrying,
    Closed,
}

/// Connections accepted before others get their turn.
const ACCEPTS_PER_TURN: usize = 16;
const MAY_ACCEPT: Readiness = Readiness::READABLE;
/// The pause of accepting after it failed.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

impl Listener {
    fn listen(
        address: HostAddress,
        port: u16,
        options: ListenOptions,
        client: Weak<dyn ListenerClient>,
    ) -> Result<Rc<Self>, Error> {
        let socket = binding::bind(address, port, |socket| options.prepare(socket)).and_then(|socket| {
            socket.listen(options.backlog)?;
            Ok(socket)
        });
        Self::new(socket.map_err(bind_error)?, client)
    }

    /// Takes over a socket that is bound and listening already.
    #[cfg(unix)]
    pub(crate) fn from_fd(
        descriptor: std::os::fd::OwnedFd,
        client: Weak<dyn ListenerClient>,
    ) -> Result<Rc<Self>, Error> {
        let socket = Socket::from(descriptor);
        let invalid = |error| {
            Error::socket(SocketError::UnsupportedSocketOperation, "Invalid socket descriptor", error)
        };
        // Not every system tells whether a socket listens; there, the first accept fails.
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
        if !socket.is_listener().map_err(invalid)? {
            return Err(invalid(ErrorKind::InvalidInput.into()));
        }
        socket.set_nonblocking(true).map_err(invalid)?;
        Self::new(socket, client)
    }

    fn new(socket: Socket, client: Weak<dyn ListenerClient>) -> Result<Rc<Self>, Error> {
        let (address, port) = binding::local_address(&socket).map_err(bind_error)?;
        let mut socket = TcpListener::from_std(socket.into());
        let listener = Rc::new(Self {
            socket: RefCell::default(),
            address,
            port,
            key: Cell::default(),
            state: Cell::new(State::Accepting),
            retry: Deadline::default(),
            client,
        });
        let source = Rc::clone(&listener) as Rc<dyn Source>;
        let key = event_dispatcher::add_source(source, |poller, key| {
            poller.register(&mut socket, key, Interest::READABLE)
        });
        listener.key.set(Some(key.map_err(bind_error)?));
        listener.socket.replace(Some(socket));
        log::debug!("listening at {}", socket_engine::written((address, port)));
        Ok(listener)
    }

    fn enter(&self, state: State) {
        self.state.set(state);
        self.retry.stop();
    }

    fn accept_soon(&self) {
        if let Some(key) = self.key.get() {
            event_dispatcher::make_ready(key, MAY_ACCEPT);
        }
    }

    fn accept_in_next_turn(&self) {
        if let Some(key) = self.key.get() {
            event_dispatcher::requeue(key, MAY_ACCEPT);
        }
    }

    fn accept(self: &Rc<Self>) {
        for _ in 0..ACCEPTS_PER_TURN {
            if !matches!(self.state.get(), State::Accepting | State::Retrying) {
                return;
            }
            let Some(client) = self.client.upgrade() else { return self.close() };
            match self.accept_one() {
                Ok((stream, peer)) => {
                    self.enter(State::Accepting);
                    self.hand_over(client, stream, peer);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return self.enter(State::Accepting),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => return self.fail(client, &error),
            }
        }
        self.accept_in_next_turn();
    }

    /// Gives the client a connection. A loop that runs in its slots accepts others.
    fn hand_over(&self, client: Rc<dyn ListenerClient>, stream: TcpStream, peer: SocketAddr) {
        set_low_delay(&stream);
        let _in_progress = self.key.get().map(InProgress::begin);
        let Some(stream) = Rc::clone(&client).incoming(stream) else { return };
        match SocketEngine::accepted(stream, peer) {
            Ok(engine) => client.accepted(engine),
            Err(error) => {
                log::warn!("{peer} cannot be served: {error}");
                let kind = SocketError::from_io(&error);
                client.accept_failed(kind, kind.text());
            }
        }
    }

    fn accept_one(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &*self.socket.borrow() {
            Some(socket) => socket.accept(),
            None => Err(ErrorKind::WouldBlock.into()),
        }
    }

    fn fail(self: &Rc<Self>, client: Rc<dyn ListenerClient>, error: &io::Error) {
        let is_told = self.state.get() == State::Retrying;
        self.enter(State::Failed);
        self.retry.start(RETRY_INTERVAL, self.clone());
        if !is_told {
            log::warn!("cannot accept at port {}: {error}", self.port);
            let kind = SocketError::from_io(error);
            client.accept_failed(kind, kind.text());
        }
    }
}

impl Listening for Listener {
    fn address(&self) -> HostAddress {
        self.address
    }

    fn port(&self) -> u16 {
        self.port
    }

    fn close(&self) {
        self.enter(State::Closed);
        if let Some(mut socket) = self.socket.take() {
            log::debug!("not listening any more at {}", socket_engine::written((self.address, self.port)));
            // A socket that the poller does not know any more needs no deregistration.
            let _ = event_dispatcher::with_poller(|poller| poller.deregister(&mut socket));
        }
        if let Some(key) = self.key.take() {
            event_dispatcher::remove_source(key);
        }
    }

    fn pause(&self) {
        if self.state.get() != State::Closed {
            self.enter(State::Paused);
        }
    }

    fn resume(self: Rc<Self>) {
        if self.state.get() == State::Paused {
            self.enter(State::Accepting);
            self.accept_soon();
        }
    }

    fn awaited(&self) -> Awaited {
        Awaited::source(self.key.get())
    }

    fn look_again(&self) {
        self.accept_soon();
    }

    #[cfg(unix)]
    fn raw_fd(&self) -> Option<std::os::fd::RawFd> {
        self.socket.borrow().as_ref().map(std::os::fd::AsRawFd::as_raw_fd)
    }
}

impl Source for Listener {
    fn ready(self: Rc<Self>, readiness: Readiness) {
        let _again = self.key.get().map(|key| ReadyAgain::after_panic(key, readiness));
        self.accept();
    }
}

impl TimerTarget for Listener {
    fn timed_out(self: Rc<Self>, id: TimerId) {
        if self.retry.has_passed(id) {
            self.enter(State::Retrying);
            self.accept();
        }
    }
}

#[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"))))]
fn share_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

#[cfg(not(all(unix, not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin")))))]
fn share_port(_: &Socket) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

fn set_low_delay(stream: &TcpStream) {
    if cfg!(not(any(target_os = "linux", target_os = "android"))) {
        // A connection that is gone already says so when it is read.
        let _ = stream.set_nodelay(true);
    }
}

/// Returns whether only the connection at the head of the queue failed, so that the next one may well be accepted (`accept(2)`).
fn is_of_one_connection(error: &io::Error) -> bool {
    use ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown, NetworkUnreachable,
        TimedOut,
    };
    matches!(
        error.kind(),
        Interrupted
            | ConnectionAborted
            | ConnectionReset
            | HostUnreachable
            | NetworkDown
            | NetworkUnreachable
            | TimedOut
    )
}
