//! The connection of a [`TcpSocket`](super::TcpSocket), and the order of its signals; `closing` has its end, `waiting` the calls that
//! block, `writing` its output, and `encryption` what a socket has besides that can be encrypted.

mod closing;
#[cfg_attr(not(feature = "_tls"), path = "private/without_encryption.rs")]
mod encryption;
#[cfg_attr(not(feature = "_tls"), path = "private/without_ssl.rs")]
mod ssl;
mod waiting;
mod writing;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::{Rc, Weak};

use self::ssl::Ssl;
use super::input::Input;
use crate::core::event_dispatcher::InProgress;
use crate::core::object_data::ObjectClass;
use crate::core::object_table::ObjectBox;
use crate::core::sequence::Sequence;
use crate::network::abstract_socket::{BindMode, SocketFailure};
use crate::network::binding::Binding;
use crate::network::connector::{Connector, ConnectorClient};
use crate::network::host_info;
use crate::network::scratch::with_scratch;
use crate::network::socket_engine::{self, Endpoint, ReadOutcome, SocketClient, SocketEngine};
use crate::network::{Authenticator, NetworkProxy, ProxyType, SocketError, SocketState};
use crate::{ByRef, Emitter, Error, HostAddress, Pair};

#[derive(Default)]
pub(crate) struct TcpSocketPrivate {
    pub(super) state: Cell<SocketState>,
    link: RefCell<Link>,
    device: Cell<Device>,
    error: Cell<SocketError>,
    error_string: RefCell<Cow<'static, str>>,
    pub(super) proxy: RefCell<NetworkProxy>,
    peer_name: RefCell<String>,
    pub(super) peer: Cell<Option<Endpoint>>,
    pub(super) local: Cell<Option<Endpoint>>,
    pub(super) input: RefCell<Input>,
    /// Output that was written before the connection is established.
    early_output: RefCell<Vec<u8>>,
    disconnect_when_connected: Cell<bool>,
    pub(super) read_buffer_size: Cell<usize>,
    reading: Cell<Reading>,
    /// The failure that has ended the connection, behind bytes that came first.
    failure: Cell<Option<io::Error>>,
    is_emitting_ready_read: Cell<bool>,
    /// Something was received, or written, since a call began to wait for it.
    has_received: Cell<bool>,
    has_written: Cell<bool>,
    /// Of a socket that can be encrypted.
    ssl: Option<Box<Ssl>>,
    pub(super) host_found: Emitter<()>,
    pub(super) connected: Emitter<()>,
    pub(super) disconnected: Emitter<()>,
    pub(super) state_changed: Emitter<SocketState>,
    pub(super) error_occurred: Emitter<SocketError>,
    pub(super) ready_read: Emitter<()>,
    pub(super) bytes_written: Emitter<usize>,
    pub(super) about_to_close: Emitter<()>,
    pub(super) read_channel_finished: Emitter<()>,
    pub(super) proxy_authentication_required: Emitter<Pair<ByRef<NetworkProxy>, ByRef<Authenticator>>>,
}

impl ObjectClass for TcpSocketPrivate {
    const NAME: &'static str = "TcpSocket";

    fn destroy(socket: &ObjectBox<Self>) {
        if socket.is_ssl_socket() {
            socket.abort_link();
        } else if socket.state.get() != SocketState::Unconnected {
            socket.abort();
        }
    }
}

/// The connection of the socket, or the attempt at one.
#[derive(Default)]
enum Link {
    #[default]
    None,
    /// The local end is chosen.
    Bound(Box<Binding>),
    Connecting(Rc<Connector>),
    Connected(Rc<SocketEngine>),
    /// The peer has ended the connection, or it broke: `error_occurred` is being emitted.
    Lost(Rc<SocketEngine>),
    /// That was reported. Earlier output is still sent, to a peer that may have ended its side only.
    Flushing(Rc<SocketEngine>),
    /// Another owner drives the connection, see `TcpSocket::take_engine`.
    Given,
}

impl Link {
    fn engine(&self) -> Option<&Rc<SocketEngine>> {
        match self {
            Self::Connected(engine) | Self::Lost(engine) | Self::Flushing(engine) => Some(engine),
            Self::None | Self::Bound(_) | Self::Connecting(_) | Self::Given => None,
        }
    }
}

/// The part of the socket that is a `QIODevice`. It is open from `connect_to_host` to `close`, also after the connection has
/// ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Device {
    #[default]
    Closed,
    Open,
    /// `about_to_close` is being emitted: it can still be read and written.
    Closing,
    /// The same in an abort: a close meanwhile aborts, too.
    Aborting,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reading {
    /// Everything that arrives is read.
    #[default]
    Flowing,
    /// The buffer has reached its limit: the rest stays with the system until something is taken.
    Full,
}

/// The number of bytes that are read at a time.
const READ_SIZE: usize = 64 * 1024;

/// The number of bytes that are read for one event before other sockets get their turn.
const READ_BUDGET: usize = 256 * 1024;

impl TcpSocketPrivate {
    pub(super) fn new() -> Self {
        Self { error_string: RefCell::new(SocketError::Unknown.text().into()), ..Self::default() }
    }

    pub(in crate::network) fn engine(&self) -> Option<Rc<SocketEngine>> {
        self.link.borrow().engine().map(Rc::clone)
    }

    #[cfg(unix)]
    pub(super) fn descriptor(&self) -> Option<std::os::fd::RawFd> {
        match &*self.link.borrow() {
            Link::Connected(engine) | Link::Lost(engine) => engine.raw_descriptor(),
            Link::Bound(binding) => binding.raw_descriptor(),
            Link::None | Link::Connecting(_) | Link::Flushing(_) | Link::Given => None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.device.get() != Device::Closed
    }

    pub(super) fn is_valid(&self) -> bool {
        match *self.link.borrow() {
            _ if self.is_ssl_socket() => self.is_open(),
            Link::Bound(_) | Link::Connected(_) => true,
            Link::Lost(_) => false,
            Link::None | Link::Connecting(_) | Link::Flushing(_) | Link::Given => self.is_open(),
        }
    }

    /// A `QSslSocket` knows it from `Connected` until `disconnected`, as the address.
    pub(super) fn shown_peer_name(&self) -> String {
        if self.is_ssl_socket() && self.peer.get().is_none() {
            return String::new();
        }
        self.peer_name.borrow().clone()
    }

    fn is_linked_to(&self, engine: &Rc<SocketEngine>) -> bool {
        self.link.borrow().engine().is_some_and(|current| Rc::ptr_eq(current, engine))
    }

    pub(super) fn is_connecting_by(&self, connector: &Rc<Connector>) -> bool {
        matches!(&*self.link.borrow(), Link::Connecting(current) if Rc::ptr_eq(current, connector))
    }

    pub(super) fn error(&self) -> SocketError {
        self.error.get()
    }

    pub(super) fn error_string(&self) -> String {
        self.error_string.borrow().to_string()
    }

    pub(super) fn set_error(&self, failure: impl Into<SocketFailure>) {
        let SocketFailure { error, text } = failure.into();
        log::debug!("TCP socket of {}: {error:?}, {text:?}", self.who());
        self.error.set(error);
        self.error_string.replace(text);
    }

    fn enter(&self, state: SocketState) {
        log::debug!("TCP socket of {}: {state:?}", self.who());
        self.state.set(state);
        self.state_changed.emit(state);
    }

    // ---- the beginning

    /// The owner of the connection, for the log.
    fn who(&self) -> String {
        match self.peer.get() {
            Some(peer) => socket_engine::written(peer),
            None => self.peer_name.borrow().clone(),
        }
    }

    fn prepare_connecting(&self, host: String) {
        self.device.set(Device::Open);
        self.reset();
        self.peer_name.replace(host);
    }

    /// Forgets an earlier connection.
    fn reset(&self) {
        self.error.set(SocketError::Unknown);
        self.error_string.replace(SocketError::Unknown.text().into());
        self.disconnect_when_connected.set(false);
        self.input.borrow_mut().start_over();
        self.early_output.take();
        self.prepare_encryption(false);
    }

    pub(super) fn start_connecting(&self, connector: &Rc<Connector>) {
        let _sequence = Sequence::begin_with(|| self.enter(SocketState::Connecting));
        if self.is_connecting_by(connector) {
            self.host_found.emit(());
        }
    }

    pub(super) fn bind(&self, address: HostAddress, port: u16, mode: BindMode) -> Result<(), Error> {
        match self.binding(address, port, mode) {
            Ok(binding) => {
                self.local.set(Some(binding.local()));
                self.link.replace(Link::Bound(binding));
                self.enter(SocketState::Bound);
                Ok(())
            }
            Err(error) => {
                self.set_error(&error);
                self.error_occurred.emit(self.error.get());
                Err(error)
            }
        }
    }

    fn binding(&self, address: HostAddress, port: u16, mode: BindMode) -> Result<Box<Binding>, Error> {
        if self.state.get() != SocketState::Unconnected {
            log::warn!("bind() of a socket that is in use");
            let text = "Trying to bind while the socket is in use";
            return Err(SocketFailure::new(SocketError::Operation, text).into());
        }
        let proxy = self.proxy.borrow().for_connection(&address.to_string());
        if proxy.is_none_or(|proxy| proxy.proxy_type() != ProxyType::No) {
            let text = "Unsupported socket operation";
            return Err(SocketFailure::new(SocketError::UnsupportedSocketOperation, text).into());
        }
        Binding::new(address, port, mode).map(Box::new)
    }

    /// Makes an accepted connection the socket's own.
    pub(super) fn accept(&self, engine: Rc<SocketEngine>) {
        self.device.set(Device::Open);
        self.take_over(engine);
    }

    fn take_over(&self, engine: Rc<SocketEngine>) {
        self.peer.set(Some(engine.peer()));
        self.local.set(engine.local());
        self.reading.set(Reading::Flowing);
        self.failure.take();
        self.state.set(SocketState::Connected);
        let before = self.link.replace(Link::Connected(engine));
        drop(before);
    }

    fn established(&self, engine: &Rc<SocketEngine>) {
        self.take_over(Rc::clone(engine));
        let encrypts = self.waits_for_encryption();
        let ends_encrypted = encrypts && self.is_open();
        if !encrypts {
            self.write_early_output(engine);
        }
        log::debug!("TCP socket of {}: connected", self.who());
        let mut sequence = Sequence::begin_with(|| self.state_changed.emit(SocketState::Connected));
        if encrypts && self.is_linked_to(engine) {
            sequence.step(|| self.begin_encryption());
        }
        if self.is_linked_to(engine) {
            sequence.step(|| self.connected.emit(()));
        }
        if !ends_encrypted && self.is_linked_to(engine) && self.disconnect_when_connected.take() {
            self.disconnect_from_host();
        }
    }

    fn failed(&self, failure: SocketFailure) {
        let error = failure.error;
        self.set_error(failure);
        self.early_output.take();
        let connector = self.link.replace(Link::None);
        drop(connector);
        let _sequence = Sequence::begin_with(|| self.enter(SocketState::Unconnected));
        self.error_occurred.emit(error);
    }

    pub(super) fn give_engine(&self) -> Option<(Rc<SocketEngine>, Vec<u8>)> {
        if self.state.get() != SocketState::Connected {
            return None;
        }
        let engine = self.engine()?;
        self.link.replace(Link::Given);
        engine.read_later();
        Some((engine, self.take_input()))
    }

    // ---- data

    /// Takes all that has arrived and was not taken, and ends a transaction.
    fn take_input(&self) -> Vec<u8> {
        let mut input = self.input.take();
        input.commit_transaction();
        input.take(usize::MAX)
    }

    /// Puts a byte back, or one that was never there.
    pub(super) fn unget(&self, byte: u8) {
        if self.device.get() != Device::Closed && !self.input.borrow_mut().unget(byte) {
            log::warn!("unget_char() while a transaction is in progress");
        }
    }

    /// Goes on reading after the buffer was full, if there is space now.
    pub(super) fn read_on(&self) {
        if self.reading.get() == Reading::Full && self.space() > 0 {
            self.reading.set(Reading::Flowing);
            if let Some(engine) = self.engine() {
                engine.read_later();
            }
        }
    }

    /// The number of bytes that may still be read ahead. A closing socket throws away everything it reads.
    fn space(&self) -> usize {
        match self.read_buffer_size.get() {
            _ if self.state.get() == SocketState::Closing => usize::MAX,
            0 => usize::MAX,
            size => size.saturating_sub(self.input.borrow().buffered()),
        }
    }

    fn ready_read(&self, engine: &Rc<SocketEngine>) {
        if self.waits_for_encryption() {
            // It is for the encryption, which reads it.
            return;
        }
        let had = self.input.borrow().buffered();
        let ending = match self.failure.take() {
            Some(failure) => Some(Err(failure)),
            None => self.read_ahead(engine),
        };
        let mut sequence = Sequence::begin();
        let has_more = self.input.borrow().buffered() > had;
        if has_more {
            self.has_received.set(true);
        }
        if has_more && !self.is_emitting_ready_read.get() {
            let _emitting = Emitting::begin(&self.is_emitting_ready_read);
            sequence.step(|| self.ready_read.emit(()));
        }
        sequence.step(|| self.tell_tls_events(engine));
        if !self.is_linked_to(engine) {
            return;
        }
        match ending {
            None => self.end_if_written(engine),
            Some(Ok(())) => self.lost(engine, None),
            Some(Err(error)) => match error.downcast::<SocketFailure>() {
                Ok(failure) if failure.error.is_of_tls() => self.encryption_failed(engine, failure),
                Ok(failure) => self.lost(engine, Some(failure)),
                Err(error) => self.lost(engine, Some(SocketError::from_io(&error).into())),
            },
        }
    }

    /// Reads what has arrived. `Some` if that was the end of it, with the error that ended it.
    ///
    /// A socket that is closing reads and throws away: closing with unread input would reset the connection, and the peer
    /// lose what it was sent (RFC 1122 §4.2.2.13).
    fn read_ahead(&self, engine: &Rc<SocketEngine>) -> Option<io::Result<()>> {
        with_scratch(READ_SIZE, |scratch| {
            let mut budget = READ_BUDGET;
            while budget > 0 {
                let space = self.space();
                if space == 0 {
                    self.reading.set(Reading::Full);
                    return None;
                }
                let length = scratch.len().min(space);
                let buffer = &mut scratch[..length];
                let (count, is_last) = match engine.read(buffer) {
                    ReadOutcome::More(count) => (count, false),
                    ReadOutcome::Last(count) => (count, true),
                    ReadOutcome::Nothing => return None,
                    // The last bytes and the end are two events, so that a loop in a slot of the one gets the other.
                    ReadOutcome::End if budget < READ_BUDGET => {
                        engine.read_later();
                        return None;
                    }
                    ReadOutcome::Failed(error) if budget < READ_BUDGET => {
                        self.failure.replace(Some(error));
                        engine.read_later();
                        return None;
                    }
                    ReadOutcome::End => return Some(Ok(())),
                    ReadOutcome::Failed(error) => return Some(Err(error)),
                };
                if self.state.get() != SocketState::Closing {
                    self.input.borrow_mut().push(&buffer[..count]);
                }
                if is_last {
                    return None;
                }
                budget = budget.saturating_sub(count);
            }
            engine.read_in_next_turn();
            None
        })
    }
}

impl ObjectBox<TcpSocketPrivate> {
    pub(super) fn connect_to_host(self: &Rc<Self>, host: String, port: u16) {
        self.begin_connecting(host, port, false);
    }

    fn begin_connecting(self: &Rc<Self>, host: String, port: u16, encrypts: bool) {
        if !matches!(self.state.get(), SocketState::Unconnected | SocketState::Bound) {
            log::warn!("connect_to_host() of a socket that is in use");
            let text = "Trying to connect while connection is in progress";
            self.set_error(SocketFailure::new(SocketError::Operation, text));
            self.error_occurred.emit(SocketError::Operation);
            return;
        }
        let is_bound = self.state.get() == SocketState::Bound;
        let proxy = self.proxy.borrow().for_connection(&host);
        let usable = |proxy: &NetworkProxy| !is_bound || proxy.proxy_type() == ProxyType::No;
        let Some(proxy) = proxy.filter(usable) else {
            self.set_error(SocketError::UnsupportedSocketOperation);
            self.error_occurred.emit(SocketError::UnsupportedSocketOperation);
            return;
        };
        let connector = Connector::new(port, proxy, Rc::downgrade(self) as Weak<dyn ConnectorClient>);
        self.prepare_connecting(host.clone());
        self.prepare_encryption(encrypts);
        if let Link::Bound(binding) = self.link.replace(Link::Connecting(Rc::clone(&connector))) {
            connector.bind(binding);
        }
        let mut sequence = Sequence::begin_with(|| self.enter(SocketState::HostLookup));
        let is_before = self.state.get() == SocketState::HostLookup && self.is_connecting_by(&connector);
        if is_before && host_info::literal(&host).is_some() {
            sequence.step(|| self.start_connecting(&connector));
        }
        // Only now, so that nothing has come yet in a loop that a slot entered.
        if self.is_connecting_by(&connector) {
            connector.begin(&host);
            if connector.is_asking_proxy() && self.state.get() == SocketState::HostLookup {
                self.enter(SocketState::Connecting);
            }
        }
    }
}

impl ObjectBox<TcpSocketPrivate> {
    /// Takes over a connection in place of what there is, which ends without a signal: `QAbstractSocket::setSocketDescriptor`.
    pub(super) fn set_connection(self: &Rc<Self>, engine: Rc<SocketEngine>) {
        self.let_go();
        self.reset();
        engine.set_client(Rc::downgrade(self) as Weak<dyn SocketClient>);
        let before = self.state.get();
        self.accept(engine);
        if before != SocketState::Connected {
            self.enter(SocketState::Connected);
        }
    }
}

impl ConnectorClient for ObjectBox<TcpSocketPrivate> {
    fn host_found(self: Rc<Self>) {
        let connector = match &*self.link.borrow() {
            Link::Connecting(connector) => Rc::clone(connector),
            _ => return,
        };
        self.start_connecting(&connector);
    }

    fn established(self: Rc<Self>, engine: Rc<SocketEngine>) {
        engine.set_client(Rc::downgrade(&self) as Weak<dyn SocketClient>);
        TcpSocketPrivate::established(&self, &engine);
    }

    fn proxy_authentication_required(self: Rc<Self>, proxy: &NetworkProxy, authenticator: &Authenticator) {
        self.proxy_authentication_required.emit((proxy, authenticator));
    }

    fn failed(self: Rc<Self>, error: SocketFailure) {
        TcpSocketPrivate::failed(&self, error);
    }
}

impl SocketClient for ObjectBox<TcpSocketPrivate> {
    fn closed(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        if self.is_linked_to(engine) {
            self.end();
        }
    }

    fn ready_read(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        if self.is_linked_to(engine) {
            TcpSocketPrivate::ready_read(&self, engine);
        }
    }

    fn bytes_written(self: Rc<Self>, engine: &Rc<SocketEngine>, bytes: usize) {
        if self.is_linked_to(engine) {
            let own_bytes = self.own_bytes_of(engine, bytes);
            if own_bytes > 0 {
                self.has_written.set(true);
            }
            // A loop in a slot sees the end of a connection that closes.
            let is_closing = self.state.get() == SocketState::Closing;
            let _in_progress = engine.key().filter(|_| is_closing).map(InProgress::begin);
            let mut sequence = Sequence::begin();
            if own_bytes > 0 {
                sequence.step(|| self.bytes_written.emit(own_bytes));
            }
            sequence.step(|| {
                if self.is_linked_to(engine) {
                    self.tell_encrypted_bytes_written(bytes);
                }
            });
            self.end_if_written(engine);
        }
    }
}

/// Marks that a signal is being emitted, until dropped, also by a panic.
struct Emitting<'s>(&'s Cell<bool>);

impl<'s> Emitting<'s> {
    fn begin(is_emitting: &'s Cell<bool>) -> Self {
        is_emitting.set(true);
        Self(is_emitting)
    }
}

impl Drop for Emitting<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
