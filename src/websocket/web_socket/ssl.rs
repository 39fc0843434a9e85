//! A socket over TLS: configuration, errors of certificates, alerts. Its methods stand in `methods`.

mod methods;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use super::opening::OpeningPause;
use super::private::{Socket, WebSocketPrivate};
use super::request::Request;
use super::transport::Transport;
use crate::core::event_dispatcher;
use crate::core::sequence::Sequence;
use crate::network::socket_engine::{ReadOutcome, SocketEngine, TlsClient};
use crate::network::ssl::alert::Alert;
use crate::network::ssl::back_end;
use crate::network::ssl::ignored_errors::IgnoredErrors;
use crate::network::ssl::session::TlsEvent;
use crate::{
    AlertLevel, AlertType, ByRef, Emitter, PauseMode, PreSharedKeyAuthenticator, SocketError, SocketState,
    SslConfiguration, SslError, Triple,
};

/// Returns whether `wss` can be opened.
pub(super) const IS_SUPPORTED: bool = true;

/// The place of [`Ssl`] in a socket, allocated on first use.
pub(super) type SslData = OnceCell<Box<Ssl>>;

/// The configuration of a connection that is to be encrypted.
pub(super) type OpeningSsl = SslConfiguration;

/// The data of a socket that has ever used TLS.
pub(super) struct Ssl {
    configuration: RefCell<SslConfiguration>,
    ignored: IgnoredErrors,
    goes_on: Cell<bool>,
    verdict: RefCell<Verdict>,
    peer_verify_error: Emitter<ByRef<SslError>>,
    ssl_errors: Emitter<[SslError]>,
    handshake_interrupted_on_error: Emitter<ByRef<SslError>>,
    pre_shared_key_authentication_required: Emitter<ByRef<PreSharedKeyAuthenticator>>,
    alert_sent: Emitter<Triple<AlertLevel, AlertType, str>>,
    alert_received: Emitter<Triple<AlertLevel, AlertType, str>>,
}

/// The verdict on the peer's certificate.
#[derive(Default)]
enum Verdict {
    #[default]
    Accepted,
    /// It has errors, and these are being reported.
    Open,
    /// Waits for [`WebSocket::resume`](crate::WebSocket::resume), because of these.
    Paused(Paused),
    Rejected,
}

/// Errors that wait for the user, and how much of the time for opening is left then.
struct Paused {
    errors: Vec<SslError>,
    rest: Option<Duration>,
}

impl TlsClient for Socket {
    fn tls_event(self: Rc<Self>, engine: &Rc<SocketEngine>, event: TlsEvent) {
        let Some(id) = self.id_of(engine) else { return };
        match event {
            TlsEvent::PeerVerified(errors) => {
                self.note_facts(engine);
                self.ssl_mut().verdict.replace(Verdict::Open);
                let pause = self.pause_opening();
                let _sequence = Sequence::begin_with(|| self.ssl_mut().ssl_errors.emit(&errors));
                if self.is_live(id) {
                    self.judge(engine, errors, self.pause_mode(), pause);
                }
            }
            event => self.tell_tls_event(event),
        }
    }

    fn handshake_interrupted(self: Rc<Self>, engine: &Rc<SocketEngine>, error: &SslError) -> bool {
        let _pause = self.pause_opening();
        let ssl = self.ssl_mut();
        ssl.goes_on.set(false);
        ssl.handshake_interrupted_on_error.emit(error);
        ssl.goes_on.take() && self.id_of(engine).is_some()
    }

    fn pre_shared_key_required(
        self: Rc<Self>,
        engine: &Rc<SocketEngine>,
        authenticator: &PreSharedKeyAuthenticator,
    ) {
        let _pause = self.pause_opening();
        if let Some(ssl) = self.ssl().filter(|_| self.id_of(engine).is_some()) {
            ssl.pre_shared_key_authentication_required.emit(authenticator);
        }
    }

    fn encrypted(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        if self.id_of(engine).is_some() {
            self.note_facts(engine);
            self.log_encrypted(engine);
            self.start_handshake(engine);
        }
    }
}

impl Socket {
    /// The TCP connection is there: begins TLS.
    pub(super) fn start_encryption(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        let ssl = self.ssl_mut();
        ssl.ignored.begin();
        ssl.verdict.replace(Verdict::Accepted);
        let opened = self.with_opened(|opened| opened.ssl.clone()).flatten();
        let configuration = opened.unwrap_or_else(SslConfiguration::default_configuration);
        let host = self.with_opened(|opened| opened.peer_name.clone()).unwrap_or_default();
        match back_end::client(configuration.settings(), &host) {
            Ok(session) => {
                engine.start_encryption(session, configuration, Vec::new());
            }
            Err(failure) => self.connection_lost(engine, failure),
        }
    }

    /// Reading says how.
    pub(super) fn encryption_failed(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        match engine.read(&mut []) {
            ReadOutcome::End => self.connection_lost(engine, SocketError::RemoteHostClosed),
            ReadOutcome::Failed(error) => self.connection_lost(engine, error),
            ReadOutcome::More(_) | ReadOutcome::Last(_) | ReadOutcome::Nothing => {}
        }
    }

    fn judge(
        self: &Rc<Self>,
        engine: &Rc<SocketEngine>,
        errors: Vec<SslError>,
        pause_mode: PauseMode,
        pause: OpeningPause<'_>,
    ) {
        // Before it is decided whether they matter.
        for error in &errors {
            log::debug!("{}: certificate: {:?}", self.who(), error.to_string());
        }
        let ssl = self.ssl_mut();
        // The configuration with which the connection was begun counts: a slot may have set another one, for later connections.
        let is_verified = engine.begun_with().is_none_or(|begun| begun.peer_verify_mode().verifies_server());
        if !is_verified || ssl.ignored.cover(&errors) {
            ssl.verdict.replace(Verdict::Accepted);
            engine.accept_peer();
        } else if pause_mode == PauseMode::OnSslErrors {
            // It takes as long as the user takes.
            ssl.verdict.replace(Verdict::Paused(Paused { errors, rest: pause.keep() }));
        } else {
            ssl.verdict.replace(Verdict::Rejected);
            self.reject_peer(engine, &errors);
        }
    }

    /// `QSslSocketPrivate::checkSslErrors`: the first error is what is said.
    fn reject_peer(self: &Rc<Self>, engine: &Rc<SocketEngine>, errors: &[SslError]) {
        self.error.set(SocketError::SslHandshakeFailed);
        self.set_error_string(errors.first().map(ToString::to_string).unwrap_or_default());
        let id = self.connection_id();
        let _sequence = Sequence::begin_with(|| self.emit_error(SocketError::SslHandshakeFailed));
        if self.is_live(id) {
            engine.abort();
            self.finish(engine);
        }
    }

    /// `QSslSocketPrivate::_q_resumeImplementation`: from the event loop.
    pub(super) fn resume(self: &Rc<Self>) {
        let is_paused = |ssl: &Ssl| matches!(*ssl.verdict.borrow(), Verdict::Paused(_));
        if self.engine().is_some() && self.ssl().is_some_and(is_paused) {
            let id = self.connection_id();
            event_dispatcher::post_call_to(Rc::downgrade(self), move |socket| {
                // Another connection, that a slot has opened meanwhile, has errors of its own.
                if let Some(engine) = socket.engine().filter(|_| socket.is_live(id)) {
                    socket.decide(&engine);
                }
            });
        }
    }

    fn decide(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        let Some(ssl) = self.ssl() else { return };
        let Paused { errors, rest } = match ssl.verdict.replace(Verdict::Open) {
            Verdict::Paused(paused) => paused,
            verdict => {
                ssl.verdict.replace(verdict);
                return;
            }
        };
        let pause = OpeningPause::with_rest(self, rest);
        self.judge(engine, errors, PauseMode::Never, pause);
    }
}

impl Socket {
    fn pause_mode(&self) -> PauseMode {
        self.rare().map(|rare| rare.pause_mode.get()).unwrap_or_default()
    }

    /// The configuration of a connection that is opened next.
    pub(super) fn opening_ssl(&self) -> OpeningSsl {
        self.ssl_mut().configuration.borrow().clone()
    }

    fn ssl_configuration(&self) -> SslConfiguration {
        let accepted = match (&*self.request.borrow(), &*self.transport.borrow()) {
            (Request::Accepted { .. }, Transport::Open(engine) | Transport::Ended(engine)) => {
                engine.ssl_configuration()
            }
            _ => None,
        };
        let own = || self.ssl().map(|ssl| ssl.configuration.borrow().clone());
        accepted.or_else(own).unwrap_or_else(SslConfiguration::default_configuration)
    }

    /// `QWebSocketPrivate`: the configuration that is returned has the negotiated parameters. One that a slot has set for later
    /// connections stays: else it would be lost, and they would be less strict than they should be.
    fn note_facts(&self, engine: &SocketEngine) {
        if let Some(negotiated) = engine.ssl_configuration() {
            let configuration = &self.ssl_mut().configuration;
            let is_set_anew = !configuration.borrow().has_settings_of(&negotiated);
            if !is_set_anew {
                configuration.replace(negotiated);
            }
        }
    }

    /// TLS is agreed on.
    fn log_encrypted(&self, engine: &SocketEngine) {
        if log::log_enabled!(log::Level::Debug)
            && let Some(agreed) = engine.ssl_configuration()
        {
            log::debug!("{}: encrypted{}, {}", self.who(), self.age(), agreed.summary());
        }
    }

    /// Reports the events of the encryption that came up while something was read or written.
    #[inline]
    pub(super) fn tell_tls_events(&self, engine: &SocketEngine) {
        if engine.has_encryption() {
            let mut sequence = Sequence::begin();
            for event in engine.take_tls_events() {
                sequence.step(|| self.tell_tls_event(event));
            }
        }
    }

    fn tell_tls_event(&self, event: TlsEvent) {
        if let Some(alert) = event.alert_for_log() {
            log::debug!("{}: {alert}", self.who());
        }
        // Nobody can have connected to anything if it is not there.
        let Some(ssl) = self.ssl() else { return };
        match event {
            TlsEvent::PeerVerifyError(error) => {
                ssl.verdict.replace(Verdict::Open);
                ssl.peer_verify_error.emit(&error);
            }
            TlsEvent::AlertSent(alert) => ssl.alert_sent.emit(alert.arguments()),
            TlsEvent::AlertReceived(alert) => ssl.alert_received.emit(alert.arguments()),
            TlsEvent::PeerVerified(_) => {}
        }
    }

    /// Qt frees its encryption last, which sends `close_notify` once more, to nobody. Here it may be somebody who still reads.
    pub(super) fn tell_last_alert(&self, engine: &SocketEngine) {
        let Some(ssl) = self.ssl() else { return };
        self.tell_tls_events(engine);
        let is_accepted = matches!(*ssl.verdict.borrow(), Verdict::Accepted);
        let has_ended_alone = self.state.get() == SocketState::Unconnected && !engine.has_said_goodbye();
        if engine.has_encryption() && has_ended_alone && (!is_accepted || engine.was_encrypted()) {
            ssl.alert_sent.emit(Alert::CLOSE_NOTIFY.arguments());
        }
    }
}

impl WebSocketPrivate {
    pub(super) fn ssl(&self) -> Option<&Ssl> {
        self.rare()?.ssl.get().map(|ssl| &**ssl)
    }

    pub(super) fn ssl_mut(&self) -> &Ssl {
        self.rare_mut().ssl.get_or_init(Box::default)
    }
}

impl Default for Ssl {
    fn default() -> Self {
        Self {
            configuration: RefCell::new(SslConfiguration::default_configuration()),
            ignored: IgnoredErrors::default(),
            goes_on: Cell::default(),
            verdict: RefCell::default(),
            peer_verify_error: Emitter::new(),
            ssl_errors: Emitter::new(),
            handshake_interrupted_on_error: Emitter::new(),
            pre_shared_key_authentication_required: Emitter::new(),
            alert_sent: Emitter::new(),
            alert_received: Emitter::new(),
        }
    }
}

impl OpeningPause<'_> {
    /// Makes the pause last as long as the user takes; returns what is left of the time.
    fn keep(mut self) -> Option<Duration> {
        self.rest.take()
    }
}
