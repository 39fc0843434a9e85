mod private;

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::rc::{Rc, Weak};

#[cfg(unix)]
use mio::net::TcpStream;

use self::private::{TcpSocketPrivate, copy_front, take_front};
use super::socket_engine::{SocketClient, SocketEngine};
use super::{Authenticator, HostAddress, NetworkProxy, SocketError, SocketState};
use crate::core::handle::object_class;
use crate::{ByRef, Error, Handle, Pair, Signal};

/// An option of a socket's connection.
///
/// ```
/// use slotwire::{SocketOption, TcpSocket};
/// let socket = TcpSocket::new();
/// socket.connected().connect(move |()| socket.set_socket_option(SocketOption::KeepAlive, true));
/// # socket.delete();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SocketOption {
    /// Small pieces are sent at once rather than collected (`TCP_NODELAY`).
    #[doc(alias = "LowDelayOption")]
    LowDelay,
    /// A connection that is silent for long is checked (`SO_KEEPALIVE`).
    #[doc(alias = "KeepAliveOption")]
    KeepAlive,
}

/// A TCP connection, in buffers on both sides: nothing blocks, and signals tell what happened.
///
/// What [`write`](Self::write) is given is sent by the event loop, also what is written before the connection is
/// established. What arrives is read ahead into a buffer, which the `read` family takes from, also when the connection has
/// ended.
///
/// ```
/// use slotwire::{Application, HostAddress, TcpServer, TcpSocket};
///
/// let server = TcpServer::new();
/// server.listen(HostAddress::LocalHost, 0)?;
/// server.new_connection().connect(move |()| {
///     if let Some(accepted) = server.next_pending_connection() {
///         accepted.write(b"Hello, world!\n");
///         accepted.disconnect_from_host();
///         accepted.disconnected().connect(move |()| accepted.delete_later());
///     }
/// });
///
/// let client = TcpSocket::new();
/// client.disconnected().connect(move |()| {
///     assert_eq!(client.read_line(), b"Hello, world!\n");
///     Application::quit();
/// });
/// client.connect_to_host("localhost", server.server_port());
/// Application::exec();
/// # client.delete(); server.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
///
/// # Order of signals
///
/// As Qt emits them; state and error are set before the signal that tells of them.
///
/// | what happens | emitted |
/// |---|---|
/// | [`connect_to_host`](Self::connect_to_host) | `state_changed(HostLookup)`, `state_changed(Connecting)`, `host_found`, `state_changed(Connected)`, `connected`; the first three inside the call if the host is an address; without `host_found`, and the first two inside the call, if a proxy looks the name up |
/// | the name is not found, the peer refuses | `state_changed(Unconnected)`, `error_occurred` |
/// | the peer closes, the connection breaks | `ready_read` for the last bytes, `error_occurred`, `state_changed(Closing)`, `state_changed(Unconnected)`, `read_channel_finished`, `disconnected` |
/// | [`disconnect_from_host`](Self::disconnect_from_host) | `state_changed(Closing)`, `bytes_written` until all is, `state_changed(Unconnected)`, `read_channel_finished`, `disconnected` |
/// | [`close`](Self::close) | `about_to_close`, then as `disconnect_from_host` |
/// | [`abort`](Self::abort) | `about_to_close`, `state_changed(Unconnected)`, `read_channel_finished`, and `disconnected` if it was connected |
///
/// # Qt
///
/// `QAbstractSocket`, `QIODevice` and `QTcpSocket` in one class. Where Qt returns −1, `write` and `read` return 0 or nothing.
/// There is no `waitForConnected()` and its kin: wait with an [`EventLoop`](crate::EventLoop).
#[doc(alias = "QTcpSocket")]
#[doc(alias = "QAbstractSocket")]
#[doc(alias = "QIODevice")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TcpSocket(Handle<TcpSocketPrivate>);

impl TcpSocket {
    /// A socket that is not connected.
    #[expect(clippy::new_without_default, reason = "a default value that has to be deleted would surprise")]
    pub fn new() -> Self {
        Self(Handle::new_class(TcpSocketPrivate::new()))
    }

    /// A socket over a connection that somebody else has established.
    ///
    /// Fails if the descriptor is not that of a connected TCP socket. Unix only.
    #[cfg(unix)]
    #[doc(alias = "setSocketDescriptor")]
    pub fn from_fd(descriptor: std::os::fd::OwnedFd) -> Result<Self, Error> {
        let stream = std::net::TcpStream::from(descriptor);
        let socket = stream.peer_addr().and_then(|peer| {
            stream.set_nonblocking(true)?;
            SocketEngine::accepted(TcpStream::from_std(stream), peer).map(Self::over)
        });
        socket.map_err(|error| {
            Error::socket(SocketError::UnsupportedSocketOperation, "Invalid socket descriptor", error)
        })
    }

    /// A socket over a connection that is established.
    pub(crate) fn over(engine: Rc<SocketEngine>) -> Self {
        let socket = Self::new();
        if let Some(object) = socket.0.get_box() {
            engine.set_client(Rc::downgrade(&object) as Weak<dyn SocketClient>);
            object.value.accept(engine);
        }
        socket
    }

    /// Gives the connection away, with what was read ahead of it. From here on the giver hears nothing of it and cannot
    /// harm it; its getters go on answering. `None` if it is not connected.
    ///
    /// What the system has got meanwhile is told to the engine's new client, whom the caller sets.
    pub(crate) fn take_engine(self) -> Option<(Rc<SocketEngine>, Vec<u8>)> {
        self.0.with(TcpSocketPrivate::give_engine).flatten()
    }

    // ---- the connection

    /// Looks the host up and connects to it. `host` is a name or an address, as text or as [`HostAddress`].
    ///
    /// All addresses of a name are tried, IPv6 and IPv4 by turns, in the order in which the system gives them: the next one
    /// when the one before has failed or not answered for 250 ms. The first to answer is connected to; each has 30 s (RFC
    /// 8305). A socket that is not [`Unconnected`](SocketState::Unconnected) stays what it is, and emits
    /// [`error_occurred`](Self::error_occurred)`(Operation)`; with a proxy that cannot connect anybody it emits
    /// `error_occurred(UnsupportedSocketOperation)`.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.connected().connect(move |()| {
    ///     socket.write(b"GET / HTTP/1.0\r\n\r\n");
    /// });
    /// socket.connect_to_host("localhost", 80);
    /// # socket.delete();
    /// ```
    #[doc(alias = "connectToHost")]
    pub fn connect_to_host(self, host: impl fmt::Display, port: u16) {
        if let Some(socket) = self.0.get_box() {
            socket.connect_to_host(host.to_string(), port);
        }
    }

    /// Ends the connection once everything is written. If there is nothing to be written it ends inside this call; if it is
    /// not established yet, as soon as it is. What was read ahead can still be read.
    #[doc(alias = "disconnectFromHost")]
    pub fn disconnect_from_host(self) {
        self.0.with(TcpSocketPrivate::disconnect_from_host);
    }

    /// Ends the connection at once. What is not written yet, and what is not read yet, is lost.
    pub fn abort(self) {
        self.0.with(TcpSocketPrivate::abort);
    }

    /// Closes the socket: nothing can be read or written any more, what was read ahead is lost, and the connection ends once
    /// everything is written.
    pub fn close(self) {
        self.0.with(TcpSocketPrivate::close);
    }

    /// What the socket is doing.
    pub fn state(self) -> SocketState {
        self.0.with(|socket| socket.state.get()).unwrap_or_default()
    }

    /// Whether the socket can be used: from [`connect_to_host`](Self::connect_to_host) until it is closed.
    #[doc(alias = "isValid")]
    #[doc(alias = "isOpen")]
    pub fn is_valid(self) -> bool {
        self.0.with(TcpSocketPrivate::is_valid).unwrap_or(false)
    }

    /// The last error, [`SocketError::Unknown`] if there was none.
    pub fn error(self) -> SocketError {
        self.0.with(TcpSocketPrivate::error).unwrap_or_default()
    }

    /// The last error in words, "Unknown error" if there was none.
    #[doc(alias = "errorString")]
    pub fn error_string(self) -> String {
        let text = self.0.with(TcpSocketPrivate::error_string);
        text.unwrap_or_else(|| SocketError::Unknown.text().to_owned())
    }

    /// The name or address that was given to [`connect_to_host`](Self::connect_to_host); empty for an accepted connection.
    #[doc(alias = "peerName")]
    pub fn peer_name(self) -> String {
        self.0.with(|socket| socket.peer_name.borrow().clone()).unwrap_or_default()
    }

    /// The peer's address, [`HostAddress::Null`] while not connected, and if a proxy has looked its name up.
    #[doc(alias = "peerAddress")]
    pub fn peer_address(self) -> HostAddress {
        self.0.with(|socket| socket.peer.get()).flatten().map(|(address, _)| address).unwrap_or_default()
    }

    /// The peer's port, 0 while not connected.
    #[doc(alias = "peerPort")]
    pub fn peer_port(self) -> u16 {
        self.0.with(|socket| socket.peer.get()).flatten().map_or(0, |(_, port)| port)
    }

    /// This end's address, [`HostAddress::Null`] while not connected. Through SOCKS it is what the proxy says.
    #[doc(alias = "localAddress")]
    pub fn local_address(self) -> HostAddress {
        self.0.with(|socket| socket.local.get()).flatten().map(|(address, _)| address).unwrap_or_default()
    }

    /// This end's port, 0 while not connected.
    #[doc(alias = "localPort")]
    pub fn local_port(self) -> u16 {
        self.0.with(|socket| socket.local.get()).flatten().map_or(0, |(_, port)| port)
    }

    /// Sets an option of the connection. Without one it does nothing, as in Qt: set it when
    /// [`connected`](Self::connected) is emitted.
    #[doc(alias = "setSocketOption")]
    pub fn set_socket_option(self, option: SocketOption, enabled: bool) {
        if let Some(engine) = self.0.with(TcpSocketPrivate::engine).flatten() {
            match option {
                SocketOption::LowDelay => engine.set_no_delay(enabled),
                SocketOption::KeepAlive => engine.set_keep_alive(enabled),
            }
        }
    }

    /// The proxy that the socket goes through, of [`ProxyType::Default`](crate::ProxyType::Default) at first.
    pub fn proxy(self) -> NetworkProxy {
        self.0.with(|socket| socket.proxy.borrow().clone()).unwrap_or_default()
    }

    /// Sets the proxy that the next [`connect_to_host`](Self::connect_to_host) goes through.
    #[doc(alias = "setProxy")]
    pub fn set_proxy(self, proxy: impl Into<NetworkProxy>) {
        self.0.with(|socket| socket.proxy.replace(proxy.into()));
    }

    /// The number of the connection's descriptor. Unix only.
    #[cfg(unix)]
    #[doc(alias = "socketDescriptor")]
    pub fn socket_descriptor(self) -> Option<std::os::fd::RawFd> {
        self.0.with(TcpSocketPrivate::engine).flatten()?.raw_descriptor()
    }

    // ---- reading

    /// How many bytes can be read at once.
    #[doc(alias = "bytesAvailable")]
    pub fn bytes_available(self) -> usize {
        self.0.with(|socket| socket.input.borrow().len()).unwrap_or(0)
    }

    /// Takes at most that many bytes.
    pub fn read(self, max: usize) -> Vec<u8> {
        self.take(|input| {
            let count = max.min(input.len());
            take_front(input, count)
        })
    }

    /// Takes as many bytes as fit into `buffer`, and returns how many.
    #[doc(alias = "read")]
    pub fn read_into(self, buffer: &mut [u8]) -> usize {
        self.take(|input| copy_front(input, buffer))
    }

    /// Takes everything there is.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     let bytes = socket.read_all();
    ///     socket.write(&bytes);
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "readAll")]
    pub fn read_all(self) -> Vec<u8> {
        self.take(|input| mem::take(input).into())
    }

    /// Takes a line with its `\n`; without one, everything there is. See [`can_read_line`](Self::can_read_line).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     while socket.can_read_line() {
    ///         println!("{}", String::from_utf8_lossy(&socket.read_line()));
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "readLine")]
    pub fn read_line(self) -> Vec<u8> {
        self.take(|input| {
            let end = input.iter().position(|byte| *byte == b'\n');
            let count = end.map_or(input.len(), |index| index + 1);
            take_front(input, count)
        })
    }

    /// Whether a whole line has arrived.
    #[doc(alias = "canReadLine")]
    pub fn can_read_line(self) -> bool {
        self.0.with(|socket| socket.input.borrow().contains(&b'\n')).unwrap_or(false)
    }

    /// A copy of at most that many bytes, which stay there to be read.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.ready_read().connect(move |()| {
    ///     if socket.peek(3) == b"GET" {
    ///         println!("a request: {} bytes up to now", socket.bytes_available());
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    pub fn peek(self, max: usize) -> Vec<u8> {
        self.0.with(|socket| socket.input.borrow().iter().take(max).copied().collect()).unwrap_or_default()
    }

    /// Throws at most that many bytes away, and returns how many.
    pub fn skip(self, max: usize) -> usize {
        self.take(|input| input.drain(..max.min(input.len())).len())
    }

    /// Whether there is nothing to be read now.
    #[doc(alias = "atEnd")]
    pub fn at_end(self) -> bool {
        self.bytes_available() == 0
    }

    /// How much is read ahead at most, 0 for any amount, which is the default.
    #[doc(alias = "readBufferSize")]
    pub fn read_buffer_size(self) -> usize {
        self.0.with(|socket| socket.read_buffer_size.get()).unwrap_or(0)
    }

    /// Limits how much is read ahead: while so much waits to be read, the peer is held up, and its end of the connection is
    /// not noticed. 0 removes the limit; then a peer that sends faster than the program reads makes the buffer grow.
    #[doc(alias = "setReadBufferSize")]
    pub fn set_read_buffer_size(self, size: usize) {
        self.0.with(|socket| {
            socket.read_buffer_size.set(size);
            socket.read_on();
        });
    }

    // ---- writing

    /// Sends bytes, from the event loop. Returns how many were accepted: all of them, or 0 if there is no connection nor one
    /// being established; then [`error_string`](Self::error_string) says "Socket is not connected".
    pub fn write(self, bytes: &[u8]) -> usize {
        self.0.with(|socket| socket.write(bytes)).unwrap_or(0)
    }

    /// How many bytes wait to be sent, or were sent and not told by [`bytes_written`](Self::bytes_written) yet.
    #[doc(alias = "bytesToWrite")]
    pub fn bytes_to_write(self) -> usize {
        self.0.with(TcpSocketPrivate::bytes_to_write).unwrap_or(0)
    }

    /// Sends what the system takes now, without waiting for the event loop; returns whether it took anything.
    /// [`bytes_written`](Self::bytes_written) is emitted inside the call.
    pub fn flush(self) -> bool {
        let engine = self.0.with(TcpSocketPrivate::engine).flatten();
        engine.is_some_and(|engine| engine.flush_now())
    }

    // ---- signals

    /// Emitted when the host's name is found, and the connection is about to be established.
    #[doc(alias = "hostFound")]
    pub fn host_found(self) -> Signal<()> {
        self.0.signal(|socket| &socket.host_found)
    }

    /// Emitted when the connection is established.
    pub fn connected(self) -> Signal<()> {
        self.0.signal(|socket| &socket.connected)
    }

    /// Emitted when an established connection has ended, whoever ended it. What was read ahead can still be read.
    pub fn disconnected(self) -> Signal<()> {
        self.0.signal(|socket| &socket.disconnected)
    }

    /// Emitted whenever [`state`](Self::state) has changed, with the new one.
    #[doc(alias = "stateChanged")]
    pub fn state_changed(self) -> Signal<SocketState> {
        self.0.signal(|socket| &socket.state_changed)
    }

    /// Emitted when something went wrong. When the peer closes the connection it is
    /// [`RemoteHostClosed`](SocketError::RemoteHostClosed).
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = TcpSocket::new();
    /// socket.error_occurred().connect(move |error| match error {
    ///     SocketError::RemoteHostClosed => println!("the other side has closed"),
    ///     _ => println!("{}", socket.error_string()),
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "errorOccurred")]
    pub fn error_occurred(self) -> Signal<SocketError> {
        self.0.signal(|socket| &socket.error_occurred)
    }

    /// Emitted when new bytes can be read. Not emitted again inside a slot of its own that enters an event loop.
    #[doc(alias = "readyRead")]
    pub fn ready_read(self) -> Signal<()> {
        self.0.signal(|socket| &socket.ready_read)
    }

    /// Emitted when the system has taken bytes to be sent, with their number.
    #[doc(alias = "bytesWritten")]
    pub fn bytes_written(self) -> Signal<usize> {
        self.0.signal(|socket| &socket.bytes_written)
    }

    /// Emitted when the socket is about to be closed, and what was read ahead is about to be lost.
    #[doc(alias = "aboutToClose")]
    pub fn about_to_close(self) -> Signal<()> {
        self.0.signal(|socket| &socket.about_to_close)
    }

    /// Emitted when nothing will arrive any more: the connection has ended.
    #[doc(alias = "readChannelFinished")]
    pub fn read_channel_finished(self) -> Signal<()> {
        self.0.signal(|socket| &socket.read_channel_finished)
    }

    /// Emitted when the proxy wants to know who asks, or refuses who it was told: a slot fills the authenticator in, before it
    /// returns. If none gives a new user or password the connection fails with
    /// [`SocketError::ProxyAuthenticationRequired`].
    #[doc(alias = "proxyAuthenticationRequired")]
    pub fn proxy_authentication_required(self) -> Signal<Pair<ByRef<NetworkProxy>, ByRef<Authenticator>>> {
        self.0.signal(|socket| &socket.proxy_authentication_required)
    }

    /// Takes from what was read ahead, and reads on if that was held up.
    fn take<R: Default>(self, take: impl FnOnce(&mut VecDeque<u8>) -> R) -> R {
        let taken = self.0.with(|socket| {
            let taken = {
                let mut input = socket.input.borrow_mut();
                let taken = take(&mut input);
                if input.is_empty() {
                    *input = VecDeque::new();
                }
                taken
            };
            socket.read_on();
            taken
        });
        taken.unwrap_or_default()
    }
}

object_class!(TcpSocket, TcpSocketPrivate);
