//! The encryption of a socket that is an [`SslSocket`](crate::SslSocket): its beginning, the judgement of the peer, its end.
//! `QSslSocketPrivate`.

use std::rc::{Rc, Weak};

use super::ssl::{Ssl, Verdict};
use super::{Link, TcpSocketPrivate};
use crate::core::event_dispatcher;
use crate::core::object_data::Class;
use crate::core::object_table::ObjectBox;
use crate::core::sequence::Sequence;
use crate::network::abstract_socket::SocketFailure;
use crate::network::socket_engine::{SocketClient, SocketEngine, TlsClient};
use crate::network::ssl::alert::Alert;
use crate::network::ssl::back_end;
use crate::network::ssl::session::TlsEvent;
use crate::network::ssl::ssl_socket_mode::SslSocketMode;
use crate::network::tcp_socket::TcpSocket;
use crate::network::waiting::WaitLimit;
use crate::network::{PauseMode, SocketError, SocketState};
use crate::{Args, Emitter, Handle, PreSharedKeyAuthenticator, Signal, SslConfiguration, SslError};

// ---- for the class above

impl TcpSocket {
    /// A socket that can be encrypted.
    pub(in crate::network) fn with_encryption() -> Self {
        static CLASS: Class = Class::derived::<TcpSocketPrivate>("SslSocket");
        let private = TcpSocketPrivate { ssl: Some(Box::new(Ssl::new())), ..TcpSocketPrivate::new() };
        Self(Handle::construct(Some(&CLASS), |_| private))
    }

    /// Takes the connection, the parent, and what was not read, of another socket, which is deleted later. Returns `false` if that
    /// is not connected.
    pub(in crate::network) fn take_over_from(self, other: Self) -> bool {
        let Some((engine, received)) = other.take_engine() else { return false };
        if let Some(socket) = self.0.get_box() {
            engine.set_client(Rc::downgrade(&socket) as Weak<dyn SocketClient>);
            socket.accept(engine);
            socket.input.borrow_mut().push(&received);
        }
        if let Some(parent) = other.parent() {
            self.set_parent(parent);
        }
        other.delete_later();
        true
    }

    /// A socket over a connection that another owner drives, and encrypts as a server, for the time in which the peer is judged.
    pub(in crate::network) fn lent(engine: &Rc<SocketEngine>, errors: &[SslError]) -> Self {
        let socket = Self::with_encryption();
        socket.with_ssl(|socket, ssl| {
            ssl.mode.set(SslSocketMode::Server);
            ssl.errors.replace(errors.to_vec());
            if let Some(configuration) = engine.begun_with() {
                ssl.configuration.replace(configuration.clone());
            }
            socket.accept(Rc::clone(engine));
        });
        socket
    }

    pub(in crate::network) fn can_be_encrypted(self) -> bool {
        self.0.with(TcpSocketPrivate::is_ssl_socket).unwrap_or(false)
    }

    /// Calls `f` if this is a socket that can be encrypted, and alive.
    pub(in crate::network) fn with_ssl<R>(
        self,
        f: impl FnOnce(&Rc<ObjectBox<TcpSocketPrivate>>, &Ssl) -> R,
    ) -> Option<R> {
        let socket = self.0.get_box()?;
        let ssl = socket.ssl.as_deref()?;
        Some(f(&socket, ssl))
    }

    /// A signal of a socket that can be encrypted.
    pub(in crate::network) fn ssl_signal<A, F>(self, which: F) -> Signal<A>
    where
        A: Args + ?Sized,
        F: Fn(&Ssl) -> &Emitter<A> + Copy + 'static,
    {
        #[expect(clippy::expect_used, reason = "an SslSocket is made with it")]
        self.0.signal(move |socket| which(socket.ssl.as_deref().expect("the data of an SslSocket")))
    }
}

impl TcpSocketPrivate {
    pub(in crate::network) fn ssl_configuration(&self) -> SslConfiguration {
        self.note_facts();
        self.ssl().map(Ssl::configuration).unwrap_or_default()
    }

    pub(in crate::network) fn set_ssl_configuration(&self, configuration: &SslConfiguration) {
        if let Some(ssl) = self.ssl() {
            let replaced = ssl.configuration.replace(configuration.without_facts());
            drop(replaced);
        }
    }

    fn ssl(&self) -> Option<&Ssl> {
        self.ssl.as_deref()
    }

    fn note_facts(&self) {
        if let Some(ssl) = self.ssl()
            && let Some(negotiated) = self.engine().and_then(|engine| engine.ssl_configuration())
        {
            ssl.negotiated.replace(Some(negotiated));
        }
    }

    // ---- the beginning

    /// Forgets the encryption of the connection before. `QSslSocketPrivate::init`.
    pub(super) fn prepare_encryption(&self, begins_at_once: bool) {
        if let Some(ssl) = self.ssl() {
            ssl.mode.set(SslSocketMode::Unencrypted);
            ssl.begins_at_once.set(begins_at_once);
            ssl.is_encrypted.set(false);
            ssl.verdict.replace(Verdict::Accepted);
            ssl.ignored.begin();
            ssl.negotiated.take();
        }
    }

    /// Returns whether the connection will be encrypted, and is not yet: until then nothing may be read or written.
    pub(super) fn waits_for_encryption(&self) -> bool {
        self.ssl().is_some_and(|ssl| {
            let is_wanted = ssl.begins_at_once.get() || ssl.mode.get() != SslSocketMode::Unencrypted;
            is_wanted && !self.engine().is_some_and(|engine| engine.has_encryption())
        })
    }

    /// The connection is established: encrypts it, if that was asked for.
    pub(super) fn begin_encryption(&self) {
        if self
            .ssl()
            .is_some_and(|ssl| ssl.begins_at_once.get() && ssl.mode.get() == SslSocketMode::Unencrypted)
        {
            self.start_encryption(SslSocketMode::Client);
        }
    }

    pub(in crate::network) fn start_encryption(&self, mode: SslSocketMode) {
        let Some(ssl) = self.ssl() else { return };
        let engine = match &*self.link.borrow() {
            Link::Connected(engine) if self.state.get() == SocketState::Connected => Rc::clone(engine),
            _ => return log::warn!("a connection is encrypted once it is established, not before or after"),
        };
        if ssl.mode.get() != SslSocketMode::Unencrypted {
            return log::warn!("the connection is encrypted already");
        }
        ssl.mode.set(mode);
        ssl.verdict.replace(Verdict::Accepted);
        ssl.errors.take();
        ssl.to_report.set(0);
        // Nobody has read it as plaintext, and from here on nothing is.
        let received = self.take_input();
        let _sequence = Sequence::begin_with(|| ssl.mode_changed.emit(mode));
        if self.is_linked_to(&engine) {
            self.encrypt(ssl, &engine, received);
        }
    }

    fn encrypt(&self, ssl: &Ssl, engine: &Rc<SocketEngine>, received: Vec<u8>) {
        let configuration = ssl.configuration.borrow().clone();
        let session = match ssl.mode.get() {
            SslSocketMode::Server => back_end::server(configuration.settings()),
            SslSocketMode::Client | SslSocketMode::Unencrypted => {
                back_end::client(configuration.settings(), &self.name_to_verify(ssl))
            }
        };
        match session {
            Ok(session) => {
                engine.start_encryption(session, configuration, received);
                self.write_early_output(engine);
            }
            Err(failure) => self.encryption_failed(engine, failure),
        }
    }

    fn name_to_verify(&self, ssl: &Ssl) -> String {
        let name = ssl.verify_name.borrow();
        if name.is_empty() { self.peer_name.borrow().clone() } else { name.clone() }
    }

    // ---- the handshake

    fn handle_tls_event(&self, engine: &Rc<SocketEngine>, event: TlsEvent) {
        if let Some(alert) = event.alert_for_log() {
            log::debug!("TCP socket of {}: {alert}", self.who());
        }
        let Some(ssl) = self.ssl() else { return };
        match event {
            TlsEvent::PeerVerifyError(error) => {
                ssl.verdict.replace(Verdict::Open);
                ssl.peer_verify_error.emit(&error);
            }
            TlsEvent::PeerVerified(errors) => {
                self.note_facts();
                ssl.verdict.replace(Verdict::Open);
                ssl.errors.replace(errors.clone());
                let _sequence = Sequence::begin_with(|| ssl.ssl_errors.emit(&errors));
                if self.is_linked_to(engine) {
                    self.judge(ssl, engine, ssl.pause_mode.get());
                }
            }
            TlsEvent::AlertSent(alert) => ssl.alert_sent.emit(alert.arguments()),
            TlsEvent::AlertReceived(alert) => ssl.alert_received.emit(alert.arguments()),
        }
    }

    fn judge(&self, ssl: &Ssl, engine: &Rc<SocketEngine>, pause_mode: PauseMode) {
        let errors = ssl.errors.borrow().clone();
        // The configuration with which the encryption was begun counts.
        let verify_mode = engine.begun_with().map(SslConfiguration::peer_verify_mode).unwrap_or_default();
        let is_verified = match ssl.mode.get() {
            SslSocketMode::Server => verify_mode.verifies_client(),
            SslSocketMode::Client | SslSocketMode::Unencrypted => verify_mode.verifies_server(),
        };
        if !is_verified || ssl.ignored.cover(&errors) {
            ssl.verdict.replace(Verdict::Accepted);
            engine.accept_peer();
        } else if pause_mode == PauseMode::OnSslErrors {
            ssl.verdict.replace(Verdict::Paused);
        } else {
            ssl.verdict.replace(Verdict::Rejected);
            self.reject_peer(engine, &errors);
        }
    }

    /// `QSslSocketPrivate::checkSslErrors`: the first error is what is said.
    fn reject_peer(&self, engine: &Rc<SocketEngine>, errors: &[SslError]) {
        let text = errors.first().map(ToString::to_string).unwrap_or_default();
        self.set_error(SocketFailure::new(SocketError::SslHandshakeFailed, text));
        let mut sequence = Sequence::begin_with(|| self.error_occurred.emit(SocketError::SslHandshakeFailed));
        if self.is_linked_to(engine) && self.state.get() == SocketState::Connected {
            sequence.step(|| self.enter(SocketState::Closing));
        }
        if self.is_linked_to(engine) {
            self.end();
        }
    }

    fn goes_on_after(&self, engine: &Rc<SocketEngine>, error: &SslError) -> bool {
        let Some(ssl) = self.ssl().filter(|_| self.is_linked_to(engine)) else { return false };
        ssl.goes_on.set(false);
        ssl.handshake_interrupted_on_error.emit(error);
        // As in Qt, a server cannot go on.
        ssl.goes_on.take() && ssl.mode.get() == SslSocketMode::Client && self.is_linked_to(engine)
    }

    fn encryption_done(&self, engine: &Rc<SocketEngine>) {
        let Some(ssl) = self.ssl() else { return };
        self.note_facts();
        ssl.is_encrypted.set(true);
        log::debug!("TCP socket of {}: encrypted, {}", self.who(), ssl.configuration().summary());
        let _sequence = Sequence::begin_with(|| ssl.encrypted.emit(()));
        if self.is_linked_to(engine) && self.disconnect_when_connected.take() {
            self.disconnect_from_host();
        }
    }

    // ---- data

    /// The engine has got that many bytes more to write.
    pub(super) fn note_output(&self, count: usize) {
        if let Some(ssl) = self.ssl() {
            ssl.to_report.set(ssl.to_report.get() + count);
        }
    }

    /// The system has taken that many bytes: returns how many of the program's bytes are on their way by that.
    pub(super) fn own_bytes_of(&self, engine: &SocketEngine, count: usize) -> usize {
        match self.ssl().filter(|ssl| ssl.mode.get() != SslSocketMode::Unencrypted) {
            None => count,
            Some(ssl) => {
                let left = engine.bytes_to_encrypt();
                ssl.to_report.replace(left).saturating_sub(left)
            }
        }
    }

    pub(super) fn tell_encrypted_bytes_written(&self, count: usize) {
        if let Some(ssl) = self.ssl().filter(|ssl| ssl.mode.get() != SslSocketMode::Unencrypted) {
            ssl.encrypted_bytes_written.emit(count);
        }
    }

    /// The bytes of the program that wait, if they are to be encrypted.
    pub(super) fn bytes_to_encrypt(&self) -> Option<usize> {
        let engine = self.engine().filter(|_| self.ssl().is_some())?;
        let is_encrypting = engine.has_encryption() || self.waits_for_encryption();
        is_encrypting.then(|| engine.bytes_to_encrypt() + self.early_output.borrow().len())
    }

    /// Reports the events of the encryption that came up while something was read or written.
    pub(super) fn tell_tls_events(&self, engine: &Rc<SocketEngine>) {
        if engine.has_encryption() {
            let mut sequence = Sequence::begin();
            for event in engine.take_tls_events() {
                sequence.step(|| self.handle_tls_event(engine, event));
            }
        }
    }

    // ---- the end

    /// Returns whether it is a `QSslSocket`, which closes its connection before itself.
    pub(super) fn is_ssl_socket(&self) -> bool {
        self.ssl().is_some()
    }

    /// Returns whether the handshake has begun and is not done.
    pub(super) fn is_agreeing_on_encryption(&self) -> bool {
        self.ssl().is_some_and(|ssl| ssl.mode.get() != SslSocketMode::Unencrypted && !ssl.is_encrypted.get())
    }

    /// Returns whether the peer's certificate is not good enough, or not yet: what is to be written to it never will be.
    pub(super) fn refuses_peer(&self) -> bool {
        self.ssl().is_some_and(|ssl| !matches!(*ssl.verdict.borrow(), Verdict::Accepted))
    }

    /// All is written: says `close_notify`, if that has to be said. Returns whether the connection can be ended at once, else it
    /// ends when that is written.
    pub(super) fn says_goodbye(&self, engine: &Rc<SocketEngine>) -> bool {
        if !engine.has_encryption() {
            return true;
        }
        let is_closed = engine.is_open() && engine.say_goodbye_and_close();
        let _sequence = Sequence::begin_with(|| self.tell_tls_events(engine));
        is_closed && self.is_linked_to(engine)
    }

    /// The connection has ended. Qt frees its encryption here, which says `close_notify` once more, to nobody.
    pub(super) fn end_encryption(&self, engine: &Rc<SocketEngine>) {
        let Some(ssl) = self.ssl() else { return };
        ssl.begins_at_once.set(false);
        ssl.is_encrypted.set(false);
        self.early_output.take();
        if !engine.has_encryption() {
            return;
        }
        if let Some(negotiated) = engine.ssl_configuration() {
            ssl.negotiated.replace(Some(negotiated));
        }
        let _sequence = Sequence::begin_with(|| self.tell_tls_events(engine));
        let is_accepted = matches!(*ssl.verdict.borrow(), Verdict::Accepted);
        if !engine.has_said_goodbye() && (!is_accepted || engine.was_encrypted()) {
            ssl.alert_sent.emit(Alert::CLOSE_NOTIFY.arguments());
        }
    }
}

impl ObjectBox<TcpSocketPrivate> {
    pub(in crate::network) fn connect_to_host_encrypted(self: &Rc<Self>, host: String, port: u16) {
        if matches!(self.state.get(), SocketState::Connected | SocketState::Connecting) {
            return log::warn!("connect_to_host_encrypted() of a socket that is in use");
        }
        self.begin_connecting(host, port, true);
    }

    pub(in crate::network) fn wait_for_encrypted(&self, limit: WaitLimit) -> bool {
        let Some(ssl) = self.ssl() else { return false };
        let is_wanted = ssl.begins_at_once.get() || ssl.mode.get() != SslSocketMode::Unencrypted;
        is_wanted
            && (ssl.is_encrypted.get() || self.wait_for(limit, || ssl.is_encrypted.get()))
            && ssl.is_encrypted.get()
    }

    /// `QSslSocketPrivate::_q_resumeImplementation`: from the event loop.
    pub(in crate::network) fn resume(self: &Rc<Self>) {
        let Some(engine) = self.engine() else { return };
        let socket = Rc::downgrade(self);
        event_dispatcher::post_call(None, move || {
            if let Some(socket) = socket.upgrade()
                && let Some(ssl) = socket.ssl().filter(|ssl| matches!(*ssl.verdict.borrow(), Verdict::Paused))
                && socket.is_linked_to(&engine)
            {
                socket.judge(ssl, &engine, PauseMode::Never);
            }
        });
    }
}

impl TlsClient for ObjectBox<TcpSocketPrivate> {
    fn tls_event(self: Rc<Self>, engine: &Rc<SocketEngine>, event: TlsEvent) {
        if self.is_linked_to(engine) {
            self.handle_tls_event(engine, event);
        }
    }

    fn handshake_interrupted(self: Rc<Self>, engine: &Rc<SocketEngine>, error: &SslError) -> bool {
        self.goes_on_after(engine, error)
    }

    fn pre_shared_key_required(
        self: Rc<Self>,
        engine: &Rc<SocketEngine>,
        authenticator: &PreSharedKeyAuthenticator,
    ) {
        if let Some(ssl) = self.ssl().filter(|_| self.is_linked_to(engine)) {
            ssl.pre_shared_key_authentication_required.emit(authenticator);
        }
    }

    fn encrypted(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        if self.is_linked_to(engine) {
            self.encryption_done(engine);
        }
    }
}
