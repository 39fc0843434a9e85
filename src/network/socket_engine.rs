//! A TCP connection without signals (private): what [`TcpSocket`](crate::TcpSocket) and
//! [`WebSocket`](crate::WebSocket) drive. `QAbstractSocketEngine`.
//!
//! It reads when its client asks it to, collects what is to be written, and writes it once the event that is being handled
//! has been, a turn of it in each round. It never calls its client from inside a call of the client's; only from the event loop.

mod closing;
#[cfg_attr(not(feature = "_tls"), path = "socket_engine/without_encryption.rs")]
mod encrypted;
mod endpoints;
mod pace;
mod unread;
mod writing;

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};

use mio::net::TcpStream;
use socket2::{SockRef, Socket, Type};

use self::encrypted::Encryption;
pub(crate) use self::encrypted::TlsClient;
use self::endpoints::PeerAddress;
pub(crate) use self::endpoints::{Endpoint, Tunnelled, written};
use self::pace::Pace;
pub(crate) use self::pace::ReceivingTurn;
pub(crate) use self::unread::Unread;
use self::writing::Writing;
use super::output_buffer::OutputBuffer;
use crate::core::deadline::Deadline;
use crate::core::event_dispatcher::{self, InProgress, READ_AND_WRITE, ReadyAgain, Source};
use crate::core::poller::{Readiness, SourceKey};

/// Receives the events of an engine's connection, those that concern it; and, as [`TlsClient`], those of its encryption.
pub(crate) trait SocketClient: TlsClient {
    /// The connection that [`SocketEngine::connect`] began is established.
    fn connected(self: Rc<Self>, _engine: &Rc<SocketEngine>) {}
    /// It could not be established.
    fn connect_failed(self: Rc<Self>, _engine: &Rc<SocketEngine>, _error: io::Error) {}
    /// There is something to read, or the end of it: call [`SocketEngine::read`] until it says otherwise.
    fn ready_read(self: Rc<Self>, _engine: &Rc<SocketEngine>) {}
    /// That many bytes were taken by the operating system since the last time.
    fn bytes_written(self: Rc<Self>, _engine: &Rc<SocketEngine>, _bytes: usize) {}
    /// [`SocketEngine::close_when_written`] has written everything and closed the connection.
    fn closed(self: Rc<Self>, _engine: &Rc<SocketEngine>) {}
}

/// The outcome of a read.
#[derive(Debug)]
pub(crate) enum ReadOutcome {
    /// That many bytes, and there may be more.
    More(usize),
    /// That many bytes, and that was all for now.
    Last(usize),
    /// Nothing for now.
    Nothing,
    /// The peer has closed its side.
    End,
    /// The connection is broken.
    Failed(io::Error),
}

pub(crate) struct SocketEngine {
    stream: Cell<Option<TcpStream>>,
    key: Cell<Option<SourceKey>>,
    client: Cell<Option<Weak<dyn SocketClient>>>,
    phase: Cell<Phase>,
    peer: PeerAddress,
    output: RefCell<OutputBuffer>,
    writing: Cell<Writing>,
    /// Bytes that the operating system has taken and [`SocketClient::bytes_written`] has not reported.
    unsignalled: Cell<usize>,
    /// [`SocketClient::bytes_written`] is running.
    is_signalling: Cell<bool>,
    flush_posted: Cell<bool>,
    /// The peer has closed its side, or the connection is broken: the end of what can be read comes without another edge.
    end_announced: Cell<bool>,
    pace: Cell<Pace>,
    rare: OnceCell<Box<Rare>>,
}

/// Data that few open connections need: those that are encrypted, go through a proxy, or have sent more than a turn takes.
#[derive(Default)]
struct Rare {
    /// The ends of a connection that goes through a proxy.
    tunnelled: OnceCell<Tunnelled>,
    /// The address of this end, once the connection is closed.
    closed_at: Cell<Option<SocketAddr>>,
    /// Limits the time that the end of the connection takes.
    end_timer: Deadline,
    /// The amount of output when that timer fired last.
    last_owed: Cell<usize>,
    /// Bytes that slots of [`SocketClient::bytes_written`] have flushed, and that were not reported yet.
    written_in_slots: Cell<usize>,
    unread: Cell<Option<Box<Unread>>>,
    /// Dropped once the connection is closed.
    kept_until_closed: Cell<Option<Box<dyn Any>>>,
    encryption: OnceCell<Encryption>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Connecting,
    Open,
    /// Will be closed once all output is written.
    Closing,
    /// Nobody's any more: writes the rest, and throws away what still comes.
    Lingering,
    /// Everything is written and said to be: throws away what still comes until the peer closes.
    Draining,
    Closed,
}

impl SocketEngine {
    /// Begins to connect.
    pub(crate) fn connect(address: SocketAddr, client: Weak<dyn SocketClient>) -> io::Result<Rc<Self>> {
        let stream = TcpStream::connect(address)?;
        Self::register(stream, address, Phase::Connecting, Some(client))
    }

    /// Begins to connect with a socket that is bound.
    pub(crate) fn connect_from(
        socket: Socket,
        address: SocketAddr,
        client: Weak<dyn SocketClient>,
    ) -> io::Result<Rc<Self>> {
        match socket.connect(&of_its_family(&socket, address)?.into()) {
            Err(error) if !is_in_progress(&error) => Err(error),
            _ => {
                let stream = TcpStream::from_std(socket.into());
                Self::register(stream, address, Phase::Connecting, Some(client))
            }
        }
    }

    /// Takes over a connection that is established, as the standard library or another program has made it.
    pub(crate) fn over(stream: std::net::TcpStream) -> io::Result<Rc<Self>> {
        if SockRef::from(&stream).r#type()? != Type::STREAM {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let peer = stream.peer_addr()?;
        stream.set_nonblocking(true)?;
        Self::accepted(TcpStream::from_std(stream), peer)
    }

    /// Takes over a connection that is established.
    pub(crate) fn accepted(stream: TcpStream, peer: SocketAddr) -> io::Result<Rc<Self>> {
        Self::register(stream, peer, Phase::Open, None)
    }

    fn register(
        mut stream: TcpStream,
        peer: SocketAddr,
        phase: Phase,
        client: Option<Weak<dyn SocketClient>>,
    ) -> io::Result<Rc<Self>> {
        let engine = Rc::new(Self {
            stream: Cell::new(None),
            key: Cell::new(None),
            client: Cell::new(client),
            phase: Cell::new(phase),
            peer: peer.into(),
            output: RefCell::default(),
            writing: Cell::new(Writing::Possible),
            unsignalled: Cell::new(0),
            is_signalling: Cell::new(false),
            flush_posted: Cell::new(false),
            end_announced: Cell::new(false),
            pace: Cell::default(),
            rare: OnceCell::new(),
        });
        let source: Rc<dyn Source> = engine.clone();
        let key = event_dispatcher::add_source(source, |poller, key| {
            poller.register(&mut stream, key, READ_AND_WRITE)
        })?;
        engine.key.set(Some(key));
        engine.stream.set(Some(stream));
        Ok(engine)
    }

    /// Sets the client that is called from here on.
    pub(crate) fn set_client(&self, client: Weak<dyn SocketClient>) {
        self.client.replace(Some(client));
    }

    /// Returns whether the connection is established and not closed by this side.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.phase.get(), Phase::Open)
    }

    /// Its name with the event loop, until it is closed.
    #[inline]
    pub(crate) fn key(&self) -> Option<SourceKey> {
        self.key.get()
    }

    #[cfg(unix)]
    pub(crate) fn raw_descriptor(&self) -> Option<std::os::fd::RawFd> {
        use std::os::fd::AsRawFd;
        self.with_stream(AsRawFd::as_raw_fd)
    }

    pub(crate) fn set_no_delay(&self, no_delay: bool) {
        self.set_option(|stream| stream.set_nodelay(no_delay));
    }

    pub(crate) fn set_keep_alive(&self, keep_alive: bool) {
        self.set_option(|stream| SockRef::from(stream).set_keepalive(keep_alive));
    }

    /// `None` if the connection is closed.
    #[inline]
    fn with_stream<R>(&self, f: impl FnOnce(&TcpStream) -> R) -> Option<R> {
        let stream = self.stream.take()?;
        let result = f(&stream);
        self.stream.set(Some(stream));
        Some(result)
    }

    pub(super) fn option<T>(&self, get: impl FnOnce(&TcpStream) -> io::Result<T>) -> Option<T> {
        self.with_stream(get)?.ok()
    }

    pub(super) fn set_option(&self, set: impl FnOnce(&TcpStream) -> io::Result<()>) {
        if let Some(Err(error)) = self.with_stream(set) {
            log::debug!("a socket option was refused: {error}");
        }
    }

    /// Returns whether it is encrypted, or about to be.
    pub(crate) fn has_encryption(&self) -> bool {
        self.encryption().is_some()
    }

    fn rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }

    // ---- reading

    /// Reads what fits into `buffer`.
    #[inline]
    pub(crate) fn read(self: &Rc<Self>, buffer: &mut [u8]) -> ReadOutcome {
        if let Some(encryption) = self.encryption() {
            return self.read_encrypted(encryption, buffer);
        }
        self.read_stream(buffer)
    }

    #[inline]
    fn read_stream(&self, buffer: &mut [u8]) -> ReadOutcome {
        loop {
            let Some(read) = self.with_stream(|mut stream| stream.read(buffer)) else {
                return ReadOutcome::Nothing;
            };
            match read {
                Ok(0) if !buffer.is_empty() => return ReadOutcome::End,
                Ok(count) if count < buffer.len() && self.waits_for_more() => {
                    return ReadOutcome::Last(count);
                }
                Ok(count) => return ReadOutcome::More(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return ReadOutcome::Nothing,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return ReadOutcome::Failed(error),
            }
        }
    }

    /// After a short read, which has emptied the socket: whether bytes that come later are reported as new readiness. Only an end
    /// that was announced together with the data is not.
    fn waits_for_more(&self) -> bool {
        !self.end_announced.get() && self.is_rearmed()
    }

    #[cfg(not(windows))]
    fn is_rearmed(&self) -> bool {
        true
    }

    /// mio reports nothing more here until a read would have blocked.
    #[cfg(windows)]
    fn is_rearmed(&self) -> bool {
        matches!(self.peek(&mut [0]), ReadOutcome::Nothing)
    }

    /// Copies received bytes without consuming them. The rest of `buffer` is not touched.
    pub(crate) fn peek(&self, buffer: &mut [u8]) -> ReadOutcome {
        loop {
            let Some(peeked) = self.with_stream(|stream| stream.peek(buffer)) else {
                return ReadOutcome::Nothing;
            };
            match peeked {
                Ok(0) if !buffer.is_empty() => return ReadOutcome::End,
                Ok(count) => return ReadOutcome::More(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return ReadOutcome::Nothing,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return ReadOutcome::Failed(error),
            }
        }
    }

    /// Calls [`SocketClient::ready_read`] from the loop: there may be something to read that the system does not report again.
    pub(crate) fn read_later(&self) {
        if let Some(key) = self.key.get() {
            event_dispatcher::make_ready(key, self.may_be_read());
        }
    }

    /// Calls [`SocketClient::ready_read`] once more after others have had their turn: the client stopped before it had read
    /// everything.
    pub(crate) fn read_in_next_turn(&self) {
        if let Some(key) = self.key.get() {
            event_dispatcher::requeue(key, self.may_be_read());
        }
    }

    fn may_be_read(&self) -> Readiness {
        Readiness::READABLE | Readiness::CLOSED.only_if(self.end_announced.get())
    }

    fn tell(&self, what: impl FnOnce(Rc<dyn SocketClient>)) {
        if let Some(client) = self.client() {
            what(client);
        }
    }

    fn client(&self) -> Option<Rc<dyn SocketClient>> {
        let client = self.client.take();
        let alive = client.as_ref().and_then(Weak::upgrade);
        self.client.set(client);
        alive
    }

    fn finish_connecting(self: &Rc<Self>, closed: bool) {
        let outcome = self.with_stream(|stream| match stream.take_error() {
            Ok(Some(error)) | Err(error) => Err(error),
            Ok(None) => stream.peer_addr(),
        });
        match outcome {
            None => {}
            Some(Ok(_)) => {
                self.phase.set(Phase::Open);
                self.tell(|client| client.connected(self));
            }
            Some(Err(error)) if error.kind() == io::ErrorKind::NotConnected && !closed => {}
            Some(Err(error)) if error.kind() == io::ErrorKind::NotConnected => {
                // It was, and is no more.
                let error = io::ErrorKind::ConnectionReset.into();
                self.tell(|client| client.connect_failed(self, error));
            }
            Some(Err(error)) => self.tell(|client| client.connect_failed(self, error)),
        }
    }
}

impl Source for SocketEngine {
    fn ready(self: Rc<Self>, readiness: Readiness) {
        let _again = self.key.get().map(|key| ReadyAgain::after_panic(key, readiness));
        if readiness.is_closed() {
            self.end_announced.set(true);
        }
        if self.phase.get() == Phase::Connecting {
            if readiness.is_writable() || readiness.is_closed() {
                // Bytes that came with the connection are for a loop that a slot enters, or else for the code that follows here.
                let _in_progress = self.key.get().map(InProgress::begin);
                self.finish_connecting(readiness.is_closed());
            }
            if self.phase.get() != Phase::Open {
                return;
            }
        }
        if readiness.is_writable() {
            self.writable();
        }
        if readiness.is_readable() {
            if let Some(encryption) = self.encryption()
                && encryption.is_handshaking()
                && self.phase.get() == Phase::Open
            {
                return self.continue_handshake(encryption);
            }
            match self.phase.get() {
                Phase::Open | Phase::Closing => self.tell(|client| client.ready_read(&self)),
                Phase::Lingering | Phase::Draining => self.drain(),
                Phase::Connecting | Phase::Closed => {}
            }
        }
    }
}

/// The address as a socket that is bound for both families needs it.
fn of_its_family(socket: &Socket, address: SocketAddr) -> io::Result<SocketAddr> {
    let is_ipv6 = socket.local_addr()?.is_ipv6();
    Ok(match address {
        SocketAddr::V4(address) if is_ipv6 => (address.ip().to_ipv6_mapped(), address.port()).into(),
        _ => address,
    })
}

/// Returns whether the outcome of `connect` comes later (`EINPROGRESS`).
fn is_in_progress(error: &io::Error) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CODE: i32 = if cfg!(any(target_arch = "mips", target_arch = "mips64")) { 150 } else { 115 };
    #[cfg(any(target_os = "solaris", target_os = "illumos"))]
    const CODE: i32 = 150;
    #[cfg(not(any(
        target_os = "linux",
        target_os = "android",
        target_os = "solaris",
        target_os = "illumos"
    )))]
    const CODE: i32 = 36;
    // Windows says that it would block.
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(CODE)
}
