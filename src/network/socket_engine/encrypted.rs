//! A connection that is encrypted: what the engine does when there is a TLS session between it and its stream.
//!
//! During the handshake the engine drives the session itself and reports its events to the client. As long as the peer waits to
//! be judged nothing is read; the session itself holds back what would accept it. After it, [`SocketEngine::read`] decrypts what
//! fits into the caller's buffer, and what is to be written is collected as plaintext, so that many small messages become one
//! record.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::closing::PATIENCE;
use super::writing::Writing;
use super::{Phase, ReadOutcome, SocketClient, SocketEngine};
use crate::core::sequence::Sequence;
use crate::network::abstract_socket::SocketFailure;
use crate::network::output_buffer::OutputBuffer;
use crate::network::scratch::with_scratch;
use crate::network::ssl::pre_shared_key_authenticator::PreSharedKeyAuthenticator;
use crate::network::ssl::session::{HandshakeObserver, Received, TlsEvent, TlsProgress, TlsSession};
use crate::network::ssl::ssl_configuration::SslConfiguration;
use crate::network::ssl::ssl_error::SslError;

/// Receives the events of the encryption of an engine's connection. A client that does not encrypt has nothing to do.
pub(crate) trait TlsClient {
    /// Something happened to the encryption. On [`TlsEvent::PeerVerified`] the handshake waits for
    /// [`SocketEngine::accept_peer`], here or later; a client that does not accept the peer aborts.
    fn tls_event(self: Rc<Self>, _engine: &Rc<SocketEngine>, _event: TlsEvent) {}
    /// An error of the peer's certificate, while the handshake is being taken apart: whether to go on.
    fn handshake_interrupted(self: Rc<Self>, _engine: &Rc<SocketEngine>, _error: &SslError) -> bool {
        false
    }
    /// A pre-shared key is to be filled in, while the handshake is being taken apart.
    #[cfg_attr(not(feature = "openssl"), allow(dead_code, reason = "only OpenSSL has pre-shared keys"))]
    fn pre_shared_key_required(
        self: Rc<Self>,
        _engine: &Rc<SocketEngine>,
        _authenticator: &PreSharedKeyAuthenticator,
    ) {
    }
    /// The handshake of TLS is done. If it fails, [`ready_read`](SocketClient::ready_read) is called, and reading returns the
    /// reason.
    fn encrypted(self: Rc<Self>, _engine: &Rc<SocketEngine>) {}
}

/// The additional data of an encrypted connection.
pub(super) struct Encryption {
    /// `None` while the session works: it may call its observer, which may do anything but use it.
    session: Cell<Option<Box<dyn TlsSession>>>,
    configuration: SslConfiguration,
    stage: Cell<Stage>,
    /// The beginning of a record, as it came.
    input: RefCell<Vec<u8>>,
    /// Decrypted, and not read yet.
    plain: RefCell<Plain>,
    /// Records that wait to be written.
    output: RefCell<OutputBuffer>,
    events: RefCell<Vec<TlsEvent>>,
    /// The failure that ends reading, until it is read.
    failure: Cell<Option<SocketFailure>>,
    /// The handshake is done.
    is_done: Cell<bool>,
    has_said_goodbye: Cell<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Handshaking,
    /// The client is called about the handshake, and its slots may do anything: the handshake stands still for as
    /// long. `missed`: there is something to read meanwhile.
    Telling {
        missed: bool,
    },
    /// The client decides whether the peer is accepted; nothing is read or written.
    Judging,
    Open,
    /// Nothing more will be read: the peer said so, or the session failed.
    Ended,
}

#[derive(Default)]
struct Plain {
    bytes: Vec<u8>,
    /// The beginning of the part that was not read yet.
    start: usize,
}

/// The amount that is decrypted at a time: what one read brings, at most.
const MAX_INPUT: usize = 128 * 1024;
/// A read into a smaller buffer than this takes a whole record all the same (RFC 8446 §5.2: 2^14 bytes, and what encryption
/// adds).
const RECORD: usize = 16 * 1024 + 512;
/// The least step by which the memory for the beginning of a record grows.
const GROWTH: usize = 1024;
/// The plaintext of one record (RFC 8446 §5.1).
const MAX_FRAGMENT: usize = 16 * 1024;
/// The amount that is encrypted before it is offered to the system.
const MAX_OUTPUT: usize = 8 * MAX_FRAGMENT;
/// Reads of one turn of a handshake.
const READS_PER_TURN: usize = 8;

impl SocketEngine {
    /// Encrypts from here on. The handshake begins with the event loop. Output that waits goes out first, as it is; `received`
    /// was read ahead, and is the beginning of what the peer sends to the session.
    pub(crate) fn start_encryption(
        self: &Rc<Self>,
        session: Box<dyn TlsSession>,
        configuration: SslConfiguration,
        received: Vec<u8>,
    ) {
        let encryption = Encryption {
            session: Cell::new(Some(session)),
            configuration,
            stage: Cell::new(Stage::Handshaking),
            input: RefCell::new(received),
            plain: RefCell::default(),
            output: RefCell::new(self.output.take()),
            events: RefCell::default(),
            failure: Cell::default(),
            is_done: Cell::default(),
            has_said_goodbye: Cell::default(),
        };
        let begun = self.rare().encryption.set(encryption);
        debug_assert!(begun.is_ok(), "a connection is encrypted once");
        self.read_later();
    }

    /// The peer's certificate is good enough: the handshake goes on.
    pub(crate) fn accept_peer(&self) {
        if let Some(encryption) = self.encryption()
            && encryption.stage.get() == Stage::Judging
        {
            encryption.with_session(|session| session.accept_peer());
            encryption.stage.set(Stage::Handshaking);
            self.read_later();
        }
    }

    /// Returns whether the TLS handshake was completed, also when the connection is closed.
    pub(crate) fn was_encrypted(&self) -> bool {
        self.encryption().is_some_and(|encryption| encryption.is_done.get())
    }

    /// The configuration with which encryption was begun.
    pub(crate) fn begun_with(&self) -> Option<&SslConfiguration> {
        self.encryption().map(|encryption| &encryption.configuration)
    }

    /// The configuration of the connection with what was negotiated, also when the connection is closed.
    pub(crate) fn ssl_configuration(&self) -> Option<SslConfiguration> {
        let encryption = self.encryption()?;
        let facts = encryption.with_session(|session| session.facts())?;
        Some(encryption.configuration.with_facts(facts))
    }

    /// As [`close_when_written`](Self::close_when_written), but `close_notify`, and what waits before it, is written from the event
    /// loop.
    pub(crate) fn say_goodbye_and_close(self: &Rc<Self>) -> bool {
        if self.phase.get() == Phase::Closed {
            return true;
        }
        self.phase.set(Phase::Closing);
        if let Some(encryption) = self.encryption()
            && self.is_all_written()
        {
            self.encrypt_output(encryption);
        }
        if self.is_all_written() {
            self.abort();
            return true;
        }
        if self.writing.get() == Writing::Possible {
            self.pause_writing();
        }
        self.start_end_timer(PATIENCE);
        false
    }

    /// The number of bytes that have been read and not been decrypted: a part of a record, the rest of which is still to come.
    pub(crate) fn bytes_to_decrypt(&self) -> usize {
        self.encryption().map_or(0, |encryption| encryption.input.borrow().len())
    }

    /// The number of encrypted bytes that wait to be written.
    pub(crate) fn encrypted_bytes_to_write(&self) -> usize {
        self.encryption().map_or(0, Encryption::bytes_to_write)
    }

    /// The number of bytes that wait to be encrypted.
    pub(crate) fn bytes_to_encrypt(&self) -> usize {
        if self.has_encryption() { self.output.borrow().len() } else { 0 }
    }

    /// Takes the events of the session that came up while it was read or written, and were not reported yet.
    pub(crate) fn take_tls_events(&self) -> Vec<TlsEvent> {
        self.encryption().map(Encryption::take_events).unwrap_or_default()
    }

    /// Returns whether `close_notify` was sent.
    pub(crate) fn has_said_goodbye(&self) -> bool {
        self.encryption().is_some_and(|encryption| encryption.has_said_goodbye.get())
    }

    pub(super) fn encryption(&self) -> Option<&Encryption> {
        self.rare.get()?.encryption.get()
    }

    // ---- the handshake

    pub(super) fn continue_handshake(self: &Rc<Self>, encryption: &Encryption) {
        let Some(client) = self.client() else { return };
        let mut sequence = Sequence::begin();
        let observer =
            Rc::new(Observer { engine: self.clone(), client: client.clone(), panic: Cell::default() });
        for _ in 0..READS_PER_TURN {
            match encryption.stage.get() {
                Stage::Handshaking => {}
                Stage::Telling { .. } => return encryption.stage.set(Stage::Telling { missed: true }),
                Stage::Judging | Stage::Open | Stage::Ended => return,
            }
            let arrived = self.read_input(encryption);
            encryption.stage.set(Stage::Telling { missed: false });
            let received = encryption.receive_handshake(observer.clone());
            if let Some(panic) = observer.panic.take() {
                sequence.note(panic);
            }
            let Some(received) = received else { return };
            let was_judged = sequence.step(|| self.tell_tls_events(encryption, &client));
            if self.phase.get() != Phase::Open || encryption.stage.get() == Stage::Judging {
                return;
            }
            if was_judged == Some(true) {
                // The answer to the peer goes with what is there to be written.
                continue;
            }
            self.write_output();
            self.flush_later();
            match received {
                TlsProgress::Handshaking => {}
                TlsProgress::Open => {
                    encryption.stage.set(Stage::Open);
                    encryption.is_done.set(true);
                    // There may be data behind the handshake, decrypted or not.
                    self.read_later();
                    return client.encrypted(self);
                }
                TlsProgress::PeerClosed => {
                    encryption.stage.set(Stage::Ended);
                    return client.ready_read(self);
                }
                TlsProgress::Failed(failure) => {
                    encryption.fail(failure);
                    return client.ready_read(self);
                }
            }
            match arrived {
                ReadOutcome::More(_) => {}
                ReadOutcome::Last(_) | ReadOutcome::Nothing => return,
                ReadOutcome::End => {
                    encryption.stage.set(Stage::Ended);
                    return client.ready_read(self);
                }
                ReadOutcome::Failed(error) => {
                    encryption.fail(error.into());
                    return client.ready_read(self);
                }
            }
        }
        self.read_in_next_turn();
    }

    /// Reads what the stream has behind what is there.
    fn read_input(&self, encryption: &Encryption) -> ReadOutcome {
        with_scratch(RECORD, |scratch| {
            let outcome = self.read_stream(scratch);
            if let ReadOutcome::More(count) | ReadOutcome::Last(count) = outcome {
                append_exactly(&mut encryption.input.borrow_mut(), &scratch[..count]);
            }
            outcome
        })
    }

    /// Returns whether the peer has been judged.
    fn tell_tls_events(self: &Rc<Self>, encryption: &Encryption, client: &Rc<dyn SocketClient>) -> bool {
        let mut sequence = Sequence::begin();
        let events = encryption.take_events();
        let is_judged = events.iter().any(|event| matches!(event, TlsEvent::PeerVerified(_)));
        for event in events {
            match (&event, encryption.stage.get()) {
                (TlsEvent::PeerVerified(_), _) => encryption.stage.set(Stage::Judging),
                (_, Stage::Handshaking) => encryption.stage.set(Stage::Telling { missed: false }),
                _ => {}
            }
            sequence.step(|| client.clone().tls_event(self, event));
            if self.phase.get() != Phase::Open {
                return is_judged;
            }
        }
        if let Stage::Telling { missed } = encryption.stage.get() {
            encryption.stage.set(Stage::Handshaking);
            if missed {
                self.read_later();
            }
        }
        is_judged
    }

    // ---- data

    pub(super) fn read_encrypted(self: &Rc<Self>, encryption: &Encryption, buffer: &mut [u8]) -> ReadOutcome {
        let count = encryption.plain.borrow_mut().take(buffer);
        if count > 0 {
            return ReadOutcome::More(count);
        }
        match encryption.stage.get() {
            Stage::Open => {}
            Stage::Handshaking | Stage::Telling { .. } | Stage::Judging => return ReadOutcome::Nothing,
            Stage::Ended => return encryption.end_of_input(),
        }
        let (arrived, count) = self.read_records(encryption, buffer);
        if count > 0 {
            let is_last = matches!(arrived, ReadOutcome::Last(_))
                && encryption.plain.borrow().is_empty()
                && encryption.stage.get() == Stage::Open;
            return if is_last { ReadOutcome::Last(count) } else { ReadOutcome::More(count) };
        }
        if encryption.stage.get() == Stage::Ended {
            return encryption.end_of_input();
        }
        match arrived {
            ReadOutcome::More(_) => {
                // So many records without data are a turn's work.
                self.read_in_next_turn();
                ReadOutcome::Nothing
            }
            ReadOutcome::Last(_) => ReadOutcome::Nothing,
            ended => ended,
        }
    }

    /// One read of the stream, decrypted into `buffer`: what does not fit there waits. Returns what the stream gave, and how
    /// much was decrypted.
    fn read_records(self: &Rc<Self>, encryption: &Encryption, buffer: &mut [u8]) -> (ReadOutcome, usize) {
        let beginning = encryption.input.take();
        let had = beginning.len();
        with_scratch(had.max(2 * MAX_FRAGMENT) + MAX_INPUT, |scratch| {
            scratch[..had].copy_from_slice(&beginning);
            let room = buffer.len().saturating_sub(had).clamp(RECORD, MAX_INPUT);
            let arrived = self.read_stream(&mut scratch[had..had + room]);
            let (ReadOutcome::More(count) | ReadOutcome::Last(count)) = arrived else {
                encryption.input.replace(beginning);
                return (arrived, 0);
            };
            let decrypted = encryption.receive(&mut scratch[..had + count], beginning, buffer);
            if encryption.bytes_to_write() > 0 {
                self.flush_later();
            }
            (arrived, decrypted)
        })
    }

    /// Encrypts and writes output, at most `max` bytes of records.
    pub(super) fn write_encrypted(&self, encryption: &Encryption, max: usize) {
        let mut written = 0;
        while self.writing.get() == Writing::Possible {
            if encryption.output.borrow().is_empty() && !self.encrypt_output(encryption) {
                break;
            }
            written += self.write_buffer(&mut encryption.output.borrow_mut(), max - written);
        }
        if self.writing.get() == Writing::Broken {
            self.output.borrow_mut().clear();
            encryption.output.borrow_mut().clear();
        }
    }

    /// Encrypts a part of the output; at its end, if this side is closing, `close_notify`. Returns whether there was anything.
    fn encrypt_output(&self, encryption: &Encryption) -> bool {
        if encryption.is_handshaking() {
            return false;
        }
        if !self.output.borrow().is_empty() {
            self.encrypt_front(encryption);
            return true;
        }
        matches!(self.phase.get(), Phase::Closing | Phase::Lingering) && encryption.say_goodbye()
    }

    /// Encrypts the beginning of the output, from where it lies if there is enough for a record.
    fn encrypt_front(&self, encryption: &Encryption) {
        let mut output = self.output.borrow_mut();
        let front = output.front();
        let part = if front.len() == output.len() || front.len() >= MAX_FRAGMENT {
            let part = front.len().min(MAX_OUTPUT);
            encryption.send(&front[..part]);
            part
        } else {
            with_scratch(MAX_FRAGMENT, |scratch| {
                let part = output.copy_to(scratch);
                encryption.send(&scratch[..part]);
                part
            })
        };
        output.consume(part);
    }

    /// A large payload is encrypted from where it lies.
    pub(super) fn write_vectored_encrypted(
        self: &Rc<Self>,
        encryption: &Encryption,
        slices: &mut [IoSlice<'_>],
    ) {
        self.write_output();
        let mut rest = slices;
        // A header comes first: with it goes as much as makes a whole record.
        let is_free = |engine: &Self| {
            engine.writing.get() == Writing::Possible
                && !encryption.is_handshaking()
                && engine.is_all_written()
        };
        if is_free(self) {
            self.collect(&mut rest, MAX_FRAGMENT);
            self.write_output();
        }
        while let Some(slice) = rest.first()
            && is_free(self)
        {
            let part = slice.len().min(MAX_OUTPUT);
            encryption.send(&slice[..part]);
            IoSlice::advance_slices(&mut rest, part);
            self.write_output();
        }
        if self.writing.get() != Writing::Broken {
            self.collect(&mut rest, usize::MAX);
        }
        self.flush_later();
    }

    /// Moves at most `max` bytes to the output.
    fn collect(&self, slices: &mut &mut [IoSlice<'_>], max: usize) {
        let mut output = self.output.borrow_mut();
        let mut room = max;
        while room > 0
            && let Some(slice) = slices.first()
        {
            let part = slice.len().min(room);
            output.tail().extend_from_slice(&slice[..part]);
            room -= part;
            IoSlice::advance_slices(slices, part);
        }
    }
}

impl Encryption {
    pub(super) fn is_handshaking(&self) -> bool {
        matches!(self.stage.get(), Stage::Handshaking | Stage::Telling { .. } | Stage::Judging)
    }

    pub(super) fn bytes_to_write(&self) -> usize {
        self.output.borrow().len()
    }

    /// Returns whether the operating system has all output, `close_notify` included.
    pub(super) fn is_all_written(&self) -> bool {
        self.output.borrow().is_empty()
    }

    /// The connection is closed. What was negotiated can still be asked for.
    pub(super) fn end(&self) {
        self.stage.set(Stage::Ended);
        self.output.borrow_mut().clear();
        self.input.take();
        self.plain.take();
    }

    /// `None` if the session is at work.
    fn with_session<R>(&self, f: impl FnOnce(&mut dyn TlsSession) -> R) -> Option<R> {
        let mut session = self.session.take()?;
        let result = f(&mut *session);
        self.session.set(Some(session));
        Some(result)
    }

    fn take_events(&self) -> Vec<TlsEvent> {
        self.events.take()
    }

    fn note_events(&self) {
        if let Some(events) = self.with_session(|session| session.take_events())
            && !events.is_empty()
        {
            self.events.borrow_mut().extend(events);
        }
    }

    fn fail(&self, failure: SocketFailure) {
        self.stage.set(Stage::Ended);
        self.failure.set(Some(failure));
    }

    fn end_of_input(&self) -> ReadOutcome {
        match self.failure.take() {
            Some(failure) => ReadOutcome::Failed(io::Error::other(failure)),
            None => ReadOutcome::End,
        }
    }

    /// Takes a part of the handshake. `None` if that has ended the connection.
    fn receive_handshake(&self, observer: Rc<dyn HandshakeObserver>) -> Option<TlsProgress> {
        let mut input = self.input.take();
        // Nothing is borrowed meanwhile: the observer may end the connection.
        let (mut output, mut plain) = (Vec::new(), Vec::new());
        let received = self.with_session(|session| {
            session.receive(
                &mut input,
                &mut output,
                &mut |part| plain.extend_from_slice(part),
                Some(observer),
            )
        });
        self.note_events();
        let Received { used, progress } = received?;
        if self.stage.get() == Stage::Ended {
            return None;
        }
        input.drain(..used);
        if !input.is_empty() {
            self.input.replace(input);
        }
        if !output.is_empty() {
            self.output.borrow_mut().tail().extend_from_slice(&output);
        }
        self.plain.borrow_mut().bytes.extend_from_slice(&plain);
        Some(progress)
    }

    /// Decrypts into `buffer`, and keeps what does not fit there, and the beginning of a record, for which there is memory.
    /// Returns how much was put into `buffer`.
    fn receive(&self, records: &mut [u8], mut beginning: Vec<u8>, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        let mut plain = self.plain.borrow_mut();
        let mut output = self.output.borrow_mut();
        let received = self.with_session(|session| {
            let mut put = |part: &[u8]| {
                let fits = part.len().min(buffer.len() - filled);
                buffer[filled..filled + fits].copy_from_slice(&part[..fits]);
                filled += fits;
                plain.bytes.extend_from_slice(&part[fits..]);
            };
            with_tail(&mut output, |tail| session.receive(records, tail, &mut put, None))
        });
        self.note_events();
        let Some(Received { used, progress }) = received else { return filled };
        match progress {
            TlsProgress::Handshaking | TlsProgress::Open => {
                if used < records.len() {
                    let rest = &records[used..];
                    if beginning.capacity() > 2 * rest.len() + GROWTH {
                        // A whole record may have been kept there before.
                        beginning = Vec::new();
                    }
                    beginning.clear();
                    append_exactly(&mut beginning, rest);
                    self.input.replace(beginning);
                }
            }
            TlsProgress::PeerClosed => self.stage.set(Stage::Ended),
            TlsProgress::Failed(failure) => self.fail(failure),
        }
        filled
    }

    fn send(&self, plain: &[u8]) {
        let mut output = self.output.borrow_mut();
        self.with_session(|session| with_tail(&mut output, |tail| session.send(plain, tail)));
    }

    /// Announces the end of this side's data by `close_notify` (RFC 8446 §6.1). Returns whether there is something to be written
    /// for that.
    fn say_goodbye(&self) -> bool {
        if self.has_said_goodbye.replace(true) {
            return false;
        }
        let mut output = self.output.borrow_mut();
        let said =
            self.with_session(|session| with_tail(&mut output, |tail| session.send_close_notify(tail)));
        self.note_events();
        said == Some(true)
    }
}

/// Appends to the beginning of a record. It grows by little at a time: what is there and what it grows to are not much more
/// than twice what has arrived.
fn append_exactly(input: &mut Vec<u8>, part: &[u8]) {
    if input.capacity() - input.len() < part.len() {
        input.reserve_exact(part.len().max(GROWTH));
    }
    input.extend_from_slice(part);
}

/// Appends to the output; without anything appended it holds no memory.
fn with_tail<R>(output: &mut OutputBuffer, append: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let result = append(output.tail());
    if output.is_empty() {
        output.clear();
    }
    result
}

impl Plain {
    fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    fn take(&mut self, buffer: &mut [u8]) -> usize {
        let count = buffer.len().min(self.bytes.len() - self.start);
        buffer[..count].copy_from_slice(&self.bytes[self.start..self.start + count]);
        self.start += count;
        if self.is_empty() && self.start > 0 {
            *self = Self::default();
        }
        count
    }
}

struct Observer {
    engine: Rc<SocketEngine>,
    client: Rc<dyn SocketClient>,
    /// The panic of a slot. It must not unwind through a TLS library.
    panic: Cell<Option<Box<dyn Any + Send>>>,
}

impl Observer {
    /// Returns the answer of a slot; the default if it panics.
    fn ask<R: Default>(&self, ask: impl FnOnce(Rc<dyn SocketClient>) -> R) -> R {
        catch_unwind(AssertUnwindSafe(|| ask(self.client.clone()))).unwrap_or_else(|panic| {
            self.panic.set(Some(panic));
            R::default()
        })
    }
}

impl HandshakeObserver for Observer {
    fn handshake_interrupted(&self, error: &SslError) -> bool {
        self.ask(|client| client.handshake_interrupted(&self.engine, error)) && self.engine.is_open()
    }

    fn pre_shared_key_required(&self, authenticator: &PreSharedKeyAuthenticator) {
        self.ask(|client| client.pre_shared_key_required(&self.engine, authenticator));
    }
}
