//! A TCP connection without signals (private): what [`TcpSocket`](crate::TcpSocket) and
//! [`WebSocket`](crate::WebSocket) drive. `QAbstractSocketEngine`.
//!
//! It reads when its client asks it to, collects what is to be written, and writes it once the event that is being handled
//! has been, a turn of it in each round. It never calls its client from inside a call of the client's; only from the event loop.

mod closing;
#[cfg(feature = "_tls")]
mod encrypted;
mod endpoints;
mod pace;
mod unread;

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::io::{self, IoSlice, Read, Write};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};

use mio::net::TcpStream;
use socket2::SockRef;

#[cfg(feature = "_tls")]
use self::encrypted::Encryption;
use self::endpoints::PeerAddress;
pub(crate) use self::endpoints::{Endpoint, Tunnelled, written};
use self::pace::Pace;
pub(crate) use self::pace::ReceivingTurn;
pub(crate) use self::unread::Unread;
use super::output_buffer::OutputBuffer;
#[cfg(feature = "_tls")]
use super::ssl::{PreSharedKeyAuthenticator, SslError, session::TlsEvent};
use crate::core::deadline::Deadline;
use crate::core::event_dispatcher::{self, Flush, READ_AND_WRITE, ReadyAgain, Source};
use crate::core::poller::{Readiness, SourceKey};

/// Whom an engine tells what happens to its connection.
pub(crate) trait SocketClient {
    /// The connection that [`SocketEngine::connect`] began is established.
    fn connected(self: Rc<Self>, engine: &Rc<SocketEngine>);
    /// It could not be established.
    fn connect_failed(self: Rc<Self>, engine: &Rc<SocketEngine>, error: io::Error);
    /// There is something to read, or the end of it: call [`SocketEngine::read`] until it says otherwise.
    fn ready_read(self: Rc<Self>, engine: &Rc<SocketEngine>);
    /// That many bytes were taken by the operating system since the last time.
    fn bytes_written(self: Rc<Self>, engine: &Rc<SocketEngine>, bytes: usize);
    /// [`SocketEngine::close_when_written`] has written everything and closed the connection.
    fn closed(self: Rc<Self>, engine: &Rc<SocketEngine>);

    /// Something happened to the encryption. On [`TlsEvent::PeerVerified`] the handshake waits for
    /// [`SocketEngine::accept_peer`], here or later; who does not accept the peer aborts.
    #[cfg(feature = "_tls")]
    fn tls_event(self: Rc<Self>, engine: &Rc<SocketEngine>, event: TlsEvent) {
        let _ = (engine, event);
    }
    /// An error of the peer's certificate, while the handshake is being taken apart: whether to go on.
    #[cfg(feature = "_tls")]
    fn handshake_interrupted(self: Rc<Self>, engine: &Rc<SocketEngine>, error: &SslError) -> bool {
        let _ = (engine, error);
        false
    }
    /// A pre-shared key is to be filled in, while the handshake is being taken apart.
    #[cfg(feature = "_tls")]
    #[cfg_attr(not(feature = "openssl"), allow(dead_code, reason = "only OpenSSL has pre-shared keys"))]
    fn pre_shared_key_required(
        self: Rc<Self>,
        engine: &Rc<SocketEngine>,
        authenticator: &PreSharedKeyAuthenticator,
    ) {
        let _ = (engine, authenticator);
    }
    /// The handshake of TLS is done. If it fails, [`ready_read`](Self::ready_read) is told, and reading says why.
    #[cfg(feature = "_tls")]
    fn encrypted(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        let _ = engine;
    }
}

/// What is written before the others have their turn. More than a [`ReceivingTurn`] reads: who answers with as much as it
/// receives keeps up.
const WRITING_TURN: usize = 2 * 1024 * 1024;

/// What a read brought.
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
    /// Bytes that the operating system has taken and [`SocketClient::bytes_written`] was not told of.
    unsignalled: Cell<usize>,
    /// [`SocketClient::bytes_written`] is running.
    is_signalling: Cell<bool>,
    flush_posted: Cell<bool>,
    /// The peer has closed its side, or the connection is broken: the end of what can be read comes without another edge.
    end_announced: Cell<bool>,
    pace: Cell<Pace>,
    rare: OnceCell<Box<Rare>>,
}

/// What few open connections have: those that are encrypted, go through a proxy, or have sent more than a turn takes.
#[derive(Default)]
struct Rare {
    /// The ends of a connection that goes through a proxy.
    tunnelled: OnceCell<Tunnelled>,
    /// The address of this end, once the connection is closed.
    closed_at: Cell<Option<SocketAddr>>,
    /// Limits the time that the end of the connection takes.
    end_timer: Deadline,
    /// How much output there was when that timer fired last.
    last_owed: Cell<usize>,
    /// Bytes that slots of [`SocketClient::bytes_written`] have flushed, which nobody was told of yet.
    written_in_slots: Cell<usize>,
    unread: Cell<Option<Box<Unread>>>,
    /// Dropped once the connection is closed.
    kept_until_closed: Cell<Option<Box<dyn Any>>>,
    #[cfg(feature = "_tls")]
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    Possible,
    /// As much is written as a turn lets: it goes on after others have had theirs.
    Paused,
    /// The operating system takes no more; it will tell when it does.
    Blocked,
    /// The connection is broken: output is thrown away. Reading tells the client.
    Broken,
}

impl SocketEngine {
    /// Begins to connect.
    pub(crate) fn connect(address: SocketAddr, client: Weak<dyn SocketClient>) -> io::Result<Rc<Self>> {
        let stream = TcpStream::connect(address)?;
        Self::register(stream, address, Phase::Connecting, Some(client))
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

    /// Says who is told from now on.
    pub(crate) fn set_client(&self, client: Weak<dyn SocketClient>) {
        self.client.replace(Some(client));
    }

    /// Whether the connection is established and not closed by this side.
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

    fn set_option(&self, set: impl FnOnce(&TcpStream) -> io::Result<()>) {
        if let Some(Err(error)) = self.with_stream(set) {
            log::debug!("a socket option was refused: {error}");
        }
    }

    /// Whether it is encrypted, or about to be.
    pub(crate) fn has_encryption(&self) -> bool {
        #[cfg(feature = "_tls")]
        return self.encryption().is_some();
        #[cfg(not(feature = "_tls"))]
        false
    }

    fn rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }

    // ---- reading

    /// Reads what fits into `buffer`.
    #[inline]
    pub(crate) fn read(self: &Rc<Self>, buffer: &mut [u8]) -> ReadOutcome {
        #[cfg(feature = "_tls")]
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

    /// After a short read, which has emptied the socket: whether what comes later is told as new readiness. Only an end
    /// that was announced together with the data is not.
    fn waits_for_more(&self) -> bool {
        !self.end_announced.get() && self.is_rearmed()
    }

    #[cfg(not(windows))]
    fn is_rearmed(&self) -> bool {
        true
    }

    /// mio tells nothing more here until a read would have blocked.
    #[cfg(windows)]
    fn is_rearmed(&self) -> bool {
        matches!(self.peek(&mut [0]), ReadOutcome::Nothing)
    }

    /// What can be read, and stays there to be read. The rest of `buffer` is not touched.
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

    /// Calls [`SocketClient::ready_read`] from the loop: there may be something to read that the system does not tell again.
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

    // ---- writing

    /// Collects output: `write` appends to what waits to be written.
    #[inline]
    pub(crate) fn write_with(self: &Rc<Self>, write: impl FnOnce(&mut Vec<u8>)) {
        if self.takes_output() {
            write(self.output.borrow_mut().tail());
            self.flush_later();
        }
    }

    /// Writes these slices at once, as far as the operating system takes them, and collects only the rest.
    pub(crate) fn write_vectored(self: &Rc<Self>, slices: &mut [IoSlice<'_>]) {
        if !self.takes_output() {
            return;
        }
        #[cfg(feature = "_tls")]
        if let Some(encryption) = self.encryption() {
            return self.write_vectored_encrypted(encryption, slices);
        }
        if self.writing.get() == Writing::Possible && self.phase.get() != Phase::Connecting {
            self.write_output();
        }
        let mut rest = slices;
        while !rest.is_empty() && self.writing.get() == Writing::Possible && self.output.borrow().is_empty() {
            match self.write_slices(rest) {
                Some(count) => IoSlice::advance_slices(&mut rest, count),
                None => break,
            }
        }
        if !rest.is_empty() && self.writing.get() != Writing::Broken {
            let mut output = self.output.borrow_mut();
            let tail = output.tail();
            for slice in rest {
                tail.extend_from_slice(slice);
            }
        }
        self.flush_later();
    }

    /// How much is not written yet, or was written since [`SocketClient::bytes_written`] was told the last time.
    pub(crate) fn bytes_to_write(&self) -> usize {
        self.unwritten() + self.unsignalled.get()
    }

    /// How much the operating system has not taken yet.
    #[inline]
    pub(crate) fn unwritten(&self) -> usize {
        let waiting = self.output.borrow().len();
        #[cfg(feature = "_tls")]
        let waiting = waiting + self.encryption().map_or(0, Encryption::bytes_to_write);
        waiting
    }

    /// Whether the operating system takes no more for now, so that output piles up here.
    pub(crate) fn is_blocked(&self) -> bool {
        self.writing.get() == Writing::Blocked
    }

    /// Whether writing has failed. What came before the end can still be read.
    pub(crate) fn is_broken(&self) -> bool {
        self.writing.get() == Writing::Broken
    }

    /// Writes now what the operating system takes now; returns whether it took anything.
    /// [`SocketClient::bytes_written`] follows inside this call.
    pub(crate) fn flush_now(self: &Rc<Self>) -> bool {
        self.end_pause();
        self.flush_up_to(usize::MAX)
    }

    /// As [`flush_now`](Self::flush_now), but no more than what is left of a turn.
    pub(crate) fn flush_a_turn(self: &Rc<Self>) -> bool {
        self.flush_up_to(WRITING_TURN)
    }

    fn flush_up_to(self: &Rc<Self>, max: usize) -> bool {
        if self.phase.get() == Phase::Connecting || self.bytes_to_write() == 0 {
            return false;
        }
        if self.writing.get() == Writing::Blocked {
            // It tells when it takes a lot; a little it may take before.
            self.writing.set(Writing::Possible);
        }
        self.write_up_to(max);
        self.signal_written()
    }

    /// Writes now what the operating system takes now, without a word to the client yet.
    pub(crate) fn write_now(&self) {
        if self.phase.get() != Phase::Connecting {
            self.end_pause();
            self.write_up_to(usize::MAX);
        }
    }

    /// As [`write_now`](Self::write_now), but no more than what is left of a turn.
    pub(crate) fn write_a_turn(&self) {
        if self.phase.get() != Phase::Connecting {
            self.write_output();
        }
    }

    #[inline]
    fn takes_output(&self) -> bool {
        matches!(self.phase.get(), Phase::Open | Phase::Connecting) && self.writing.get() != Writing::Broken
    }

    #[inline]
    fn flush_later(self: &Rc<Self>) {
        if !self.flush_posted.replace(true) {
            event_dispatcher::flush_later(self.clone());
        }
    }

    /// Writes collected output until it is empty, the operating system takes no more, or the turn is over.
    fn write_output(&self) {
        self.write_up_to(WRITING_TURN);
    }

    /// Writes at most `max` bytes of collected output; if there is more, the rest after others have had their turn.
    fn write_up_to(&self, max: usize) {
        #[cfg(feature = "_tls")]
        if let Some(encryption) = self.encryption() {
            return self.write_encrypted(encryption, max);
        }
        let mut output = self.output.borrow_mut();
        self.write_buffer(&mut output, max);
        if self.writing.get() == Writing::Broken {
            output.clear();
        }
    }

    fn end_pause(&self) {
        if self.writing.get() == Writing::Paused {
            self.writing.set(Writing::Possible);
        }
    }

    /// Writes at most `max` bytes of that output; returns how many. Pauses if there is more.
    fn write_buffer(&self, output: &mut OutputBuffer, max: usize) -> usize {
        let mut written = 0;
        while !output.is_empty() && self.writing.get() == Writing::Possible {
            let bytes = output.as_bytes();
            let part = &bytes[..bytes.len().min(max - written)];
            if part.is_empty() {
                self.pause_writing();
                break;
            }
            let Some(count) = self.write_slices(&[IoSlice::new(part)]) else { break };
            output.consume(count);
            written += count;
        }
        written
    }

    /// The rest is written after others have had their turn.
    fn pause_writing(&self) {
        self.writing.set(Writing::Paused);
        if let Some(key) = self.key.get() {
            event_dispatcher::requeue(key, Readiness::WRITABLE);
        }
    }

    /// Whether the operating system has all.
    fn is_all_written(&self) -> bool {
        let is_written = self.output.borrow().is_empty();
        #[cfg(feature = "_tls")]
        let is_written = is_written && self.encryption().is_none_or(Encryption::is_all_written);
        is_written
    }

    /// One write; `None` if nothing was taken. What is taken is less than all only if no more is taken for now.
    fn write_slices(&self, slices: &[IoSlice<'_>]) -> Option<usize> {
        loop {
            let written = self.with_stream(|mut stream| match slices {
                [slice] => stream.write(slice),
                slices => stream.write_vectored(slices),
            })?;
            match written {
                Ok(count) => {
                    self.unsignalled.set(self.unsignalled.get() + count);
                    return Some(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.writing.set(Writing::Blocked);
                    return None;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    log::debug!("writing to {:?} failed: {error}", self.peer());
                    self.writing.set(Writing::Broken);
                    // What the peer sent before it went is read first; the end of that tells the client.
                    self.end_announced.set(true);
                    self.read_later();
                    return None;
                }
            }
        }
    }

    /// Tells what was written, but not inside the slots that are being told. `QAbstractSocketPrivate::emittedBytesWritten`
    fn signal_written(self: &Rc<Self>) -> bool {
        let bytes = self.unsignalled.take();
        if bytes == 0 {
            return false;
        }
        if self.is_signalling.get() {
            let written_in_slots = &self.rare().written_in_slots;
            written_in_slots.set(written_in_slots.get() + bytes);
        } else {
            let _signalling = Signalling::begin(self);
            self.tell(|client| client.bytes_written(self, bytes));
        }
        true
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

    fn writable(self: &Rc<Self>) {
        if matches!(self.writing.get(), Writing::Blocked | Writing::Paused) {
            self.writing.set(Writing::Possible);
            self.write_output();
            if self.signal_written() && self.phase.get() == Phase::Closed {
                return;
            }
        }
        self.end_if_written();
    }
}

/// The time in which a client is told what was written; over when dropped, also after a panic. What its slots have written
/// meanwhile is told from the loop.
struct Signalling<'e>(&'e Rc<SocketEngine>);

impl<'e> Signalling<'e> {
    fn begin(engine: &'e Rc<SocketEngine>) -> Self {
        engine.is_signalling.set(true);
        Self(engine)
    }
}

impl Drop for Signalling<'_> {
    fn drop(&mut self) {
        let engine = self.0;
        engine.is_signalling.set(false);
        let written_in_slots = engine.rare.get().map_or(0, |rare| rare.written_in_slots.take());
        if written_in_slots > 0 {
            engine.unsignalled.set(engine.unsignalled.get() + written_in_slots);
            engine.flush_later();
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
            #[cfg(feature = "_tls")]
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

impl Flush for SocketEngine {
    fn flush(self: Rc<Self>) {
        self.flush_posted.set(false);
        if self.phase.get() == Phase::Connecting {
            return;
        }
        if self.writing.get() == Writing::Possible {
            self.write_output();
        }
        self.signal_written();
    }

    fn key(&self) -> Option<SourceKey> {
        self.key.get()
    }
}
