use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::listener;
use super::listening::{ListenerClient, Listening};
use super::socket_engine::SocketEngine;
use super::tcp_socket::TcpSocket;
use super::waiting::WaitLimit;
use super::{HostAddress, NetworkProxy, SocketError};
use crate::core::object_class::object_class;
use crate::core::object_data::ObjectClass;
use crate::core::object_table::ObjectBox;
use crate::core::sequence::Sequence;
use crate::{Emitter, Error, ErrorKind, Handle, Signal};

/// Listens at a port and accepts TCP connections.
///
/// Accepted connections wait in a queue until [`next_pending_connection`](Self::next_pending_connection) takes them; they
/// receive data already. When as many wait as [`set_max_pending_connections`](Self::set_max_pending_connections) allows, further
/// ones wait in the system.
///
/// Everything that all objects have, such as [`set_parent`](crate::Object::set_parent),
/// [`delete_later`](crate::Object::delete_later) and [`destroyed`](crate::Object::destroyed), is documented with
/// [`Object`](crate::Object), to which a server dereferences.
///
/// ```
/// use slotwire::{Application, HostAddress, TcpServer, TcpSocket};
///
/// let server = TcpServer::new();
/// server.listen(HostAddress::LocalHost, 0)?;
/// server.new_connection().connect(move |()| {
///     while let Some(socket) = server.next_pending_connection() {
///         socket.ready_read().connect(move |()| {
///             socket.write(&socket.read_all());
///         });
///         socket.disconnected().connect(move |()| socket.delete_later());
///     }
/// });
///
/// let client = TcpSocket::new();
/// client.connect_to_host(HostAddress::LocalHost, server.server_port());
/// client.write(b"echo");
/// client.ready_read().connect(move |()| {
///     assert_eq!(client.read_all(), b"echo");
///     Application::quit();
/// });
/// Application::exec();
/// # client.delete(); server.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
///
/// When the process has no descriptor left, [`accept_error`](Self::accept_error) is emitted once, and accepting goes on by
/// itself as soon as there is one.
///
/// # Listening at a proxy
///
/// With a SOCKS5 proxy ([`set_proxy`](Self::set_proxy)), and an address that is not a loopback one, `listen` asks the proxy to
/// listen (`BIND`, RFC 1928 §4) and waits for its answer, for five seconds at most, in an event loop of its own: everything else
/// goes on meanwhile. Then [`server_address`](Self::server_address) and [`server_port`](Self::server_port) are the proxy's. If
/// the proxy refuses, `listen` fails with Qt's text; with a proxy of another type, it fails with
/// [`UnsupportedSocketOperation`](SocketError::UnsupportedSocketOperation).
///
/// A proxy listens for one connection. When that has come, or the proxy has gone ([`accept_error`](Self::accept_error)), the
/// server does not listen any more; the slot of [`new_connection`](Self::new_connection) may call `listen` again. (In Qt, that
/// signal comes before anybody has connected, and the connection begins with bytes that are the proxy's.)
///
/// # Qt
///
/// `incomingConnection()` has no counterpart. The queue of the system is as long as the system allows, where Qt asks for 50.
/// Accepted sockets have [`LowDelay`](crate::SocketOption::LowDelay) set.
#[doc(alias = "QTcpServer")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TcpServer(Handle<TcpServerPrivate>);

#[derive(Default)]
pub(crate) struct TcpServerPrivate {
    listener: RefCell<Option<Rc<dyn Listening>>>,
    reuse_port: Cell<bool>,
    proxy: RefCell<NetworkProxy>,
    pending: RefCell<VecDeque<TcpSocket>>,
    max_pending: Cell<usize>,
    /// [`TcpServer::pause_accepting`] was called.
    is_paused: Cell<bool>,
    /// A connection was accepted since [`TcpServer::wait_for_new_connection`] began to wait for one.
    has_accepted: Cell<bool>,
    error: Cell<SocketError>,
    error_string: RefCell<String>,
    new_connection: Emitter<()>,
    pending_connection_available: Emitter<()>,
    accept_error: Emitter<SocketError>,
}

impl ObjectClass for TcpServerPrivate {
    const NAME: &'static str = "TcpServer";

    fn destroy(server: &ObjectBox<Self>) {
        server.close();
    }
}

impl TcpServer {
    /// A server that does not listen.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// assert!(!server.is_listening());
    /// server.delete(); // nothing else ends it
    /// ```
    #[expect(clippy::new_without_default, reason = "a default value that has to be deleted would surprise")]
    pub fn new() -> Self {
        Self(Handle::new_class(TcpServerPrivate {
            max_pending: Cell::new(30),
            ..TcpServerPrivate::default()
        }))
    }

    /// Listens at that address and port; port 0 lets the system choose one. [`HostAddress::Any`] is IPv4 and IPv6, or IPv4
    /// alone where there is no IPv6.
    ///
    /// # Errors
    /// The address is in use or not one of this host, the program may not use the port, or the address is
    /// [`HostAddress::Null`]; [`error`](Self::error) and [`error_string`](Self::error_string) then have the reason as well. Or
    /// the server listens already ([`ErrorKind::AlreadyListening`]), and goes on.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert!(server.is_listening() && server.server_port() != 0);
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn listen(self, address: impl Into<HostAddress>, port: u16) -> Result<(), Error> {
        let address = address.into();
        self.start(|server, client| {
            let proxy = server.proxy.borrow().clone();
            listener::listen(address, port, server.reuse_port.get(), &proxy, client)
        })
    }

    /// The proxy that was set; by default one of [`ProxyType::Default`](crate::ProxyType::Default), which stands for the
    /// application's.
    ///
    /// ```
    /// use slotwire::{ProxyType, TcpServer};
    /// let server = TcpServer::new();
    /// assert_eq!(server.proxy().proxy_type(), ProxyType::Default);
    /// # server.delete();
    /// ```
    pub fn proxy(self) -> NetworkProxy {
        self.0.with(|server| server.proxy.borrow().clone()).unwrap_or_default()
    }

    /// Sets the proxy through which the server listens, from the next [`listen`](Self::listen) on: see
    /// [Listening at a proxy](Self#listening-at-a-proxy).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// // An HTTP proxy cannot listen.
    /// server.set_proxy(NetworkProxy::with_host(ProxyType::Http, "proxy.example", 3128));
    /// assert!(server.listen(HostAddress::Any, 0).is_err());
    /// assert_eq!(server.error(), SocketError::UnsupportedSocketOperation);
    /// # server.delete();
    /// ```
    #[doc(alias = "setProxy")]
    pub fn set_proxy(self, proxy: impl Into<NetworkProxy>) {
        self.0.with(|server| server.proxy.replace(proxy.into()));
    }

    /// Sets whether the port is shared with other servers, in other threads or processes: the system spreads the connections
    /// over all that listen there (`SO_REUSEPORT`).
    ///
    /// Each of them has to set it before [`listen`](Self::listen), which fails where the system has no such option. It is off by
    /// default.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// use slotwire::prelude::*;
    /// let (first, second) = (TcpServer::new(), TcpServer::new());
    /// first.set_reuse_port(true);
    /// second.set_reuse_port(true);
    /// first.listen(HostAddress::LocalHost, 0)?;
    /// second.listen(HostAddress::LocalHost, first.server_port())?;
    /// # first.delete(); second.delete();
    /// # }
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn set_reuse_port(self, reuse_port: bool) {
        self.0.with(|server| server.reuse_port.set(reuse_port));
    }

    /// Stops listening, and deletes the connections that nobody has taken. Those that were taken stay as they are.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// server.close();
    /// assert!(!server.is_listening());
    /// server.listen(HostAddress::LocalHost, 0)?; // it can listen again
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn close(self) {
        self.0.with(TcpServerPrivate::close);
    }

    /// Returns whether the server listens, also while accepting is [paused](Self::pause_accepting).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// if !server.is_listening() {
    ///     server.listen(HostAddress::LocalHost, 0)?;
    /// }
    /// assert!(server.is_listening());
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "isListening")]
    pub fn is_listening(self) -> bool {
        self.0.with(|server| server.listener.borrow().is_some()).unwrap_or(false)
    }

    /// The address the server listens at, [`HostAddress::Null`] if it does not.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// assert!(server.server_address().is_null());
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert_eq!(server.server_address(), HostAddress::LocalHost);
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "serverAddress")]
    pub fn server_address(self) -> HostAddress {
        self.0.with(|server| server.of_listener(|listener| listener.address())).flatten().unwrap_or_default()
    }

    /// The port the server listens at, 0 if it does not.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// // The one that the system has chosen:
    /// println!("connect to port {}", server.server_port());
    /// assert_ne!(server.server_port(), 0);
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "serverPort")]
    pub fn server_port(self) -> u16 {
        self.0.with(|server| server.of_listener(|listener| listener.port())).flatten().unwrap_or(0)
    }

    /// The number of the listening descriptor, `None` if the server does not listen, or listens at a proxy. Unix only.
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// assert_eq!(server.socket_descriptor(), None);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert!(server.socket_descriptor().is_some());
    /// # server.delete();
    /// # }
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[cfg(unix)]
    #[doc(alias = "socketDescriptor")]
    pub fn socket_descriptor(self) -> Option<std::os::fd::RawFd> {
        self.0.with(|server| server.of_listener(|listener| listener.raw_fd())).flatten().flatten()
    }

    /// Accepts connections from a socket that listens already: one that was inherited, for example. Unix only.
    ///
    /// # Errors
    /// The descriptor is not that of a listening TCP socket, or the server listens already
    /// ([`ErrorKind::AlreadyListening`]).
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// use slotwire::TcpServer;
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?; // or an inherited one
    /// let port = listener.local_addr()?.port();
    /// let server = TcpServer::new();
    /// server.set_socket_descriptor(listener.into())?;
    /// assert_eq!(server.server_port(), port);
    /// # server.delete();
    /// # }
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[cfg(unix)]
    #[doc(alias = "setSocketDescriptor")]
    pub fn set_socket_descriptor(self, descriptor: std::os::fd::OwnedFd) -> Result<(), Error> {
        self.start(|_, client| Ok(listener::Listener::from_fd(descriptor, client)?))
    }

    /// The number of connections that may wait to be taken; 30 by default.
    ///
    /// ```
    /// use slotwire::TcpServer;
    /// let server = TcpServer::new();
    /// assert_eq!(server.max_pending_connections(), 30);
    /// # server.delete();
    /// ```
    #[doc(alias = "maxPendingConnections")]
    pub fn max_pending_connections(self) -> usize {
        self.0.with(|server| server.max_pending.get()).unwrap_or(0)
    }

    /// Sets how many connections may wait to be taken. The system keeps those that come beyond that.
    ///
    /// ```
    /// use slotwire::TcpServer;
    /// let server = TcpServer::new();
    /// server.set_max_pending_connections(1); // one after the other
    /// assert_eq!(server.max_pending_connections(), 1);
    /// # server.delete();
    /// ```
    #[doc(alias = "setMaxPendingConnections")]
    pub fn set_max_pending_connections(self, max: usize) {
        self.0.with(|server| {
            server.max_pending.set(max);
            server.update_accepting();
        });
    }

    /// Returns whether a connection waits to be taken.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// let client = TcpSocket::new();
    /// client.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// while !server.has_pending_connections() {
    ///     Application::process_events_for(std::time::Duration::from_millis(100));
    /// }
    /// assert!(server.next_pending_connection().is_some());
    /// # client.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "hasPendingConnections")]
    pub fn has_pending_connections(self) -> bool {
        self.0.with(|server| server.pending.borrow().iter().any(|socket| socket.is_alive())).unwrap_or(false)
    }

    /// Takes the connection that has waited longest, `None` if none waits. The socket is a child of the server, and is deleted
    /// with it at the latest; to save memory, delete it when it is [`disconnected`](TcpSocket::disconnected).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     while let Some(socket) = server.next_pending_connection() {
    ///         socket.disconnected().connect(move |()| socket.delete_later());
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "nextPendingConnection")]
    pub fn next_pending_connection(self) -> Option<TcpSocket> {
        self.0.with(TcpServerPrivate::take_pending).flatten()
    }

    /// Waits until a connection was accepted; returns whether one was. [`new_connection`](Self::new_connection) is emitted inside
    /// the call, and nothing else is delivered meanwhile: see [`TcpSocket::wait_for_connected`]. `None` waits without limit.
    ///
    /// Connections that wait to be taken already do not count, but if there are as many as may be, it returns `true` at once. It
    /// accepts also while accepting is [paused](Self::pause_accepting). If the time passes, [`error`](Self::error) is
    /// [`SocketTimeout`](SocketError::SocketTimeout). It returns `false` without a wait if the server does not listen.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// use std::time::Duration;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// let client = std::net::TcpStream::connect(("127.0.0.1", server.server_port()))?;
    /// assert!(server.wait_for_new_connection(Duration::from_secs(30)));
    /// let socket = server.next_pending_connection().expect("it has come");
    /// assert_eq!(socket.peer_port(), client.local_addr()?.port());
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "waitForNewConnection")]
    pub fn wait_for_new_connection(self, timeout: impl Into<Option<Duration>>) -> bool {
        let limit = WaitLimit::after(timeout.into());
        self.0.get_box().is_some_and(|server| server.wait_for_new_connection(limit))
    }

    /// Stops accepting until [`resume_accepting`](Self::resume_accepting) or the next [`listen`](Self::listen); the system keeps
    /// the connections that come meanwhile.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     // One client at a time.
    ///     server.pause_accepting();
    ///     let Some(socket) = server.next_pending_connection() else { return };
    ///     socket.disconnected().connect(move |()| server.resume_accepting());
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "pauseAccepting")]
    pub fn pause_accepting(self) {
        self.0.with(|server| server.set_paused(true));
    }

    /// Accepts again after [`pause_accepting`](Self::pause_accepting).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// server.pause_accepting();
    /// let client = TcpSocket::new();
    /// client.connect_to_host(HostAddress::LocalHost, server.server_port());
    /// client.connected().connect(move |()| server.resume_accepting()); // the system has it already
    /// server.new_connection().connect(|()| Application::quit());
    /// Application::exec();
    /// # client.delete(); server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "resumeAccepting")]
    pub fn resume_accepting(self) {
        self.0.with(|server| server.set_paused(false));
    }

    /// The last error, [`SocketError::Unknown`] if there was none.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let (first, second) = (TcpServer::new(), TcpServer::new());
    /// first.listen(HostAddress::LocalHost, 0)?;
    /// if second.listen(HostAddress::LocalHost, first.server_port()).is_err() {
    ///     assert_eq!(second.error(), SocketError::AddressInUse);
    /// }
    /// # first.delete(); second.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "serverError")]
    pub fn error(self) -> SocketError {
        self.0.with(|server| server.error.get()).unwrap_or_default()
    }

    /// The text of the last error, empty if there was none.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.accept_error().connect(move |_| println!("cannot accept: {}", server.error_string()));
    /// assert_eq!(server.error_string(), "");
    /// # server.delete();
    /// ```
    #[doc(alias = "errorString")]
    pub fn error_string(self) -> String {
        self.0.with(|server| server.error_string.borrow().clone()).unwrap_or_default()
    }

    /// Emitted when a connection was accepted and can be taken, once for each.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.new_connection().connect(move |()| {
    ///     if let Some(socket) = server.next_pending_connection() {
    ///         println!("{} has connected", socket.peer_address());
    ///         socket.disconnected().connect(move |()| socket.delete_later());
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "newConnection")]
    pub fn new_connection(self) -> Signal<()> {
        self.0.signal(|server| &server.new_connection)
    }

    /// Emitted for each connection like [`new_connection`](Self::new_connection), just before it.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.pending_connection_available().connect(move |()| {
    ///     let Some(socket) = server.next_pending_connection() else { return };
    ///     socket.write(b"220 ready\r\n");
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "pendingConnectionAvailable")]
    pub fn pending_connection_available(self) -> Signal<()> {
        self.0.signal(|server| &server.pending_connection_available)
    }

    /// Emitted when a connection could not be accepted, with the error; not again until one could. Accepting goes on by itself:
    /// it is tried again every 100 ms.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let server = TcpServer::new();
    /// server.accept_error().connect(|error| match error {
    ///     SocketError::SocketResource => println!("too many connections: the others have to wait"),
    ///     error => println!("{error}"),
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "acceptError")]
    pub fn accept_error(self) -> Signal<SocketError> {
        self.0.signal(|server| &server.accept_error)
    }

    fn start(
        self,
        open: impl FnOnce(&TcpServerPrivate, Weak<dyn ListenerClient>) -> Result<Rc<dyn Listening>, Error>,
    ) -> Result<(), Error> {
        let Some(server) = self.0.get_box() else {
            return Err(Error::new(ErrorKind::ObjectDeleted, "The server is deleted"));
        };
        if server.listener.borrow().is_some() {
            log::warn!("listen() of a server that is listening");
            return Err(Error::new(ErrorKind::AlreadyListening, "The server is listening already"));
        }
        match open(&server, Rc::downgrade(&server) as Weak<dyn ListenerClient>) {
            // Listening at a proxy waits in an event loop, whose slots may have done anything.
            Ok(listener) if !server.is_alive() || server.listener.borrow().is_some() => {
                listener.close();
                Err(Error::new(ErrorKind::AlreadyListening, "The server is listening already"))
            }
            Ok(listener) => {
                server.listener.replace(Some(listener));
                server.set_paused(false);
                Ok(())
            }
            Err(error) => {
                server.fail(error.socket_error().unwrap_or_default(), error.text());
                Err(error)
            }
        }
    }
}

object_class!(TcpServer, TcpServerPrivate, "TcpServer::new()");

impl TcpServerPrivate {
    fn of_listener<R>(&self, get: impl FnOnce(&dyn Listening) -> R) -> Option<R> {
        self.listener.borrow().as_ref().map(|listener| get(&**listener))
    }

    fn close(&self) {
        if let Some(listener) = self.listener.take() {
            listener.close();
        }
        let mut sequence = Sequence::begin();
        for socket in self.pending.take() {
            sequence.step(|| socket.delete());
        }
    }

    fn fail(&self, error: SocketError, text: &str) {
        self.error.set(error);
        self.error_string.replace(text.to_owned());
    }

    fn set_paused(&self, is_paused: bool) {
        self.is_paused.set(is_paused);
        self.update_accepting();
    }

    fn wait_for_new_connection(&self, limit: WaitLimit) -> bool {
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

    fn update_accepting(&self) {
        let is_full = self.is_full();
        let listener = self.listener.borrow().clone();
        match listener {
            Some(listener) if is_full || self.is_paused.get() => listener.pause(),
            Some(listener) => listener.resume(),
            None => {}
        }
    }

    fn take_pending(&self) -> Option<TcpSocket> {
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
    fn accepted(self: Rc<Self>, engine: Rc<SocketEngine>) {
        let socket = TcpSocket::over(engine);
        socket.set_parent(self.object);
        self.pending.borrow_mut().push_back(socket);
        self.has_accepted.set(true);
        self.update_accepting();
        let _sequence = Sequence::begin_with(|| self.pending_connection_available.emit(()));
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
