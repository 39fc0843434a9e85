//! A server over TLS: configuration, errors of clients' certificates, alerts.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use super::accepting::IncomingConnection;
use super::private::Server;
use super::{SslMode, WebSocketServer};
use crate::core::object_class::signals;
use crate::core::sequence::Sequence;
use crate::network::abstract_socket::SocketFailure;
use crate::network::socket_engine::{SocketEngine, TlsClient};
use crate::network::ssl::alert::Alert;
use crate::network::ssl::back_end;
use crate::network::ssl::session::{TlsEvent, TlsSession};
use crate::{
    AlertLevel, AlertType, ByRef, CloseCode, Emitter, Pair, PreSharedKeyAuthenticator, SslConfiguration,
    SslError, SslSocket, Triple,
};

/// The data of a server for TLS.
#[derive(Default)]
pub(super) struct Ssl {
    /// `None`: the default one.
    configuration: RefCell<Option<SslConfiguration>>,
    peer_verify_error: Emitter<ByRef<SslError>>,
    ssl_errors: Emitter<[SslError]>,
    ssl_errors_occurred: Emitter<Pair<ByRef<SslSocket>, [SslError]>>,
    handshake_interrupted_on_error: Emitter<ByRef<SslError>>,
    pre_shared_key_authentication_required: Emitter<ByRef<PreSharedKeyAuthenticator>>,
    alert_sent: Emitter<Triple<AlertLevel, AlertType, str>>,
    alert_received: Emitter<Triple<AlertLevel, AlertType, str>>,
}

/// # TLS
///
/// Only with a TLS back end: one of the cargo features `aws-lc-rs` (on by default), `ring` and `openssl`.
impl WebSocketServer {
    /// The configuration with which connections are encrypted, if the server is [`Secure`](SslMode::Secure).
    ///
    /// ```
    /// use slotwire::{PeerVerifyMode, SslMode, WebSocketServer};
    /// // As it is, but browsers are not asked for a certificate.
    /// let server = WebSocketServer::new("Chat", SslMode::Secure);
    /// let mut configuration = server.ssl_configuration();
    /// configuration.set_peer_verify_mode(PeerVerifyMode::None);
    /// server.set_ssl_configuration(configuration);
    /// assert_eq!(server.ssl_configuration().peer_verify_mode(), PeerVerifyMode::None);
    /// # server.delete();
    /// ```
    #[doc(alias = "sslConfiguration")]
    pub fn ssl_configuration(self) -> SslConfiguration {
        self.0.with_object(|server| server.ssl_configuration()).unwrap_or_default()
    }

    /// Sets what connections that are accepted from now on are encrypted with: at least a certificate and its key. It has no
    /// effect on those whose handshake is under way. A server that is not [`Secure`](SslMode::Secure) ignores it.
    ///
    /// If no connection can be encrypted with it, [`listen`](super::WebSocketServer::listen) fails, and says what is missing:
    /// without a certificate and a slot of
    /// [`pre_shared_key_authentication_required`](Self::pre_shared_key_authentication_required), without the certificate's key,
    /// or with one that does not belong to it. A server that listens already reports the same by
    /// [`server_error`](Self::server_error) with [`AbnormalDisconnection`](crate::CloseCode::AbnormalDisconnection), by
    /// [`error_string`](Self::error_string) and in the log, inside this call and for each client that comes. A certificate that
    /// has expired is a line in the log only, as a client may ignore it.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    /// let mut configuration = SslConfiguration::new();
    /// configuration.set_local_certificate_chain(SslCertificate::from_pem(chain)?);
    /// configuration.set_private_key(SslKey::from_pem(key)?);
    /// configuration.set_peer_verify_mode(PeerVerifyMode::None);
    /// let server = WebSocketServer::new("Chat", SslMode::Secure);
    /// server.set_ssl_configuration(configuration);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert_eq!(server.server_url().scheme(), "wss");
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setSslConfiguration")]
    pub fn set_ssl_configuration(self, configuration: SslConfiguration) {
        self.0.with_object(|server| {
            if server.secure_mode != SslMode::Secure {
                return;
            }
            let replaced = server.ssl.configuration.replace(Some(configuration));
            drop(replaced);
            if server.listener.borrow().is_some() {
                server.warn_of_dates();
                if let Err(failure) = server.check_encryption() {
                    server.tell_broken_encryption(failure);
                }
            }
        });
    }
}

signals! { |server|
impl WebSocketServer {
    /// One of the errors of a client's certificate: all of them, one by one, before [`ssl_errors`](Self::ssl_errors).
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let mut trusting = SslConfiguration::new();
    /// # trusting.set_ca_certificates([certificate]);
    /// # let socket = WebSocket::new();
    /// # socket.set_ssl_configuration(trusting);
    /// server.peer_verify_error().connect(|error| {
    ///     let whose = error.certificate().map(SslCertificate::subject_display_name);
    ///     println!("a client's certificate, of {}: {error}", whose.unwrap_or_default());
    /// });
    /// # let spy = SignalSpy::new(server.peer_verify_error());
    /// # socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// # assert!(spy.wait(std::time::Duration::from_secs(10)));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "peerVerifyError")]
    pub fn peer_verify_error(self) -> Signal<ByRef<SslError>> = server.ssl.peer_verify_error;

    /// All that is wrong with a client's certificate. The connection is dropped, if the configuration says
    /// [`VerifyPeer`](crate::PeerVerifyMode::VerifyPeer) and no slot of
    /// [`ssl_errors_occurred`](Self::ssl_errors_occurred), which follows, ignores them.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let mut trusting = SslConfiguration::new();
    /// # trusting.set_ca_certificates([certificate]);
    /// # let socket = WebSocket::new();
    /// # socket.set_ssl_configuration(trusting);
    /// // `server` verifies its clients, and `socket` has no certificate.
    /// let errors = SignalSpy::new(server.ssl_errors());
    /// socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// assert!(errors.wait(std::time::Duration::from_secs(10)));
    /// assert_eq!(errors.take(), [[SslError::new(SslErrorKind::NoPeerCertificate)]]);
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "sslErrors")]
    pub fn ssl_errors(self) -> Signal<[SslError]> = server.ssl.ssl_errors;

    /// All that is wrong with a client's certificate, and the connection: a slot that calls
    /// [`SslSocket::ignore_ssl_errors`] lets it go on.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let mut trusting = SslConfiguration::new();
    /// # trusting.set_ca_certificates([certificate]);
    /// # let socket = WebSocket::new();
    /// # socket.set_ssl_configuration(trusting);
    /// // `server` verifies its clients, but for those on this machine, such as `socket`.
    /// server.ssl_errors_occurred().connect(|(socket, _errors)| {
    ///     if socket.peer_address().is_loopback() {
    ///         socket.ignore_ssl_errors();
    ///     }
    /// });
    /// socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// assert!(SignalSpy::new(server.new_connection()).wait(std::time::Duration::from_secs(10)));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "sslErrorsOccurred")]
    pub fn ssl_errors_occurred(self) -> Signal<Pair<ByRef<SslSocket>, [SslError]>>
        = server.ssl.ssl_errors_occurred;

    /// An error of a client's certificate, as soon as it is found, if
    /// [`SslConfiguration::set_handshake_must_interrupt_on_error`] asks for it: the client gets an alert, and the
    /// connection fails. As in Qt, a server cannot let it go on.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let mut trusting = SslConfiguration::new();
    /// # trusting.set_ca_certificates([certificate]);
    /// # let socket = WebSocket::new();
    /// # socket.set_ssl_configuration(trusting);
    /// let mut configuration = server.ssl_configuration();
    /// configuration.set_handshake_must_interrupt_on_error(true);
    /// # socket.set_ssl_configuration({
    /// #     let mut own = configuration.clone();
    /// #     own.set_peer_verify_mode(PeerVerifyMode::None);
    /// #     own
    /// # });
    /// server.set_ssl_configuration(configuration);
    /// server.handshake_interrupted_on_error().connect(|error| {
    ///     println!("a client is refused: {error}");
    /// });
    /// # let spy = SignalSpy::new(server.handshake_interrupted_on_error());
    /// # socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// # assert!(spy.wait(std::time::Duration::from_secs(10)));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "handshakeInterruptedOnError")]
    pub fn handshake_interrupted_on_error(self) -> Signal<ByRef<SslError>>
        = server.ssl.handshake_interrupted_on_error;

    /// A client comes with a pre-shared key: a slot fills in the key for the identity that the authenticator names. Without
    /// one there is no connection, or in TLS 1.3 one by certificates, if the server has any.
    ///
    /// Only with OpenSSL ([`SslSocket::set_active_backend`](crate::SslSocket::set_active_backend)). The slot has to be direct.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer};
    /// let server = WebSocketServer::new("Meters", SslMode::Secure);
    /// server.pre_shared_key_authentication_required().connect(|authenticator| {
    ///     match authenticator.identity().as_slice() {
    ///         b"meter 17" => authenticator.set_pre_shared_key("a key that nobody can guess"),
    ///         b"meter 18" => authenticator.set_pre_shared_key("another one"),
    ///         _ => {} // A stranger.
    ///     }
    /// });
    /// # if slotwire::SslSocket::set_active_backend("openssl") {
    /// #     let meter = slotwire::WebSocket::new();
    /// #     meter.pre_shared_key_authentication_required().connect(|asked| {
    /// #         asked.set_identity("meter 17");
    /// #         asked.set_pre_shared_key("a key that nobody can guess");
    /// #     });
    /// #     meter.ssl_errors().connect(move |_| meter.ignore_ssl_errors());
    /// #     server.listen(slotwire::HostAddress::LocalHost, 0)?;
    /// #     meter.open(server.server_url());
    /// #     assert!(slotwire::SignalSpy::new(meter.connected()).wait(std::time::Duration::from_secs(10)));
    /// #     meter.delete();
    /// # }
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "preSharedKeyAuthenticationRequired")]
    pub fn pre_shared_key_authentication_required(self) -> Signal<ByRef<PreSharedKeyAuthenticator>>
        = server.ssl.pre_shared_key_authentication_required;

    /// An alert was sent to a client whose connection is no socket yet: level, type, and OpenSSL's description. Later ones are
    /// reported by [`WebSocket::alert_sent`](crate::WebSocket::alert_sent).
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let mut trusting = SslConfiguration::new();
    /// # trusting.set_ca_certificates([certificate]);
    /// # let socket = WebSocket::new();
    /// # socket.set_ssl_configuration(trusting);
    /// let mut configuration = server.ssl_configuration();
    /// configuration.set_missing_certificate_is_fatal(true);
    /// server.set_ssl_configuration(configuration);
    /// server.alert_sent().connect(|(level, _kind, text)| {
    ///     println!("sent to a client: {level:?}, {text}");
    /// });
    /// # let spy = SignalSpy::new(server.alert_sent());
    /// # socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// # assert!(spy.wait(std::time::Duration::from_secs(10)));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "alertSent")]
    pub fn alert_sent(self) -> Signal<Triple<AlertLevel, AlertType, str>> = server.ssl.alert_sent;

    /// A client whose connection is no socket yet has sent an alert: level, type, and OpenSSL's description.
    ///
    /// ```
    /// # use slotwire::prelude::*;
    /// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    /// # let certificate = SslCertificate::from_der(made.cert.der())?;
    /// # let key = SslKey::from_der(made.signing_key.serialize_der())?;
    /// # let mut secure = SslConfiguration::new();
    /// # secure.set_local_certificate(certificate.clone());
    /// # secure.set_private_key(key);
    /// # secure.set_peer_verify_mode(PeerVerifyMode::None);
    /// # let server = WebSocketServer::new("", SslMode::Secure);
    /// # server.set_ssl_configuration(secure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// server.alert_received().connect(|(_level, kind, text)| {
    ///     println!("a client does not like this server: {text}");
    ///     if kind == AlertType::CERTIFICATE_EXPIRED {
    ///         println!("it is time for a new certificate");
    ///     }
    /// });
    /// # let spy = SignalSpy::new(server.alert_received());
    /// # let mut strict = SslConfiguration::new();
    /// # strict.set_handshake_must_interrupt_on_error(true);
    /// # let socket = WebSocket::new();
    /// # socket.set_ssl_configuration(strict);
    /// # socket.open(format!("wss://localhost:{}/", server.server_port()));
    /// # assert!(spy.wait(std::time::Duration::from_secs(10)));
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "alertReceived")]
    pub fn alert_received(self) -> Signal<Triple<AlertLevel, AlertType, str>> = server.ssl.alert_received;
}
}

impl Server {
    fn ssl_configuration(&self) -> SslConfiguration {
        let own = self.ssl.configuration.borrow().clone();
        own.unwrap_or_else(SslConfiguration::default_configuration)
    }

    /// Returns an error unless the server can do its work, if that is to encrypt.
    pub(super) fn check_encryption(&self) -> Result<(), SocketFailure> {
        if self.secure_mode == SslMode::Secure {
            self.begin_encryption(&self.ssl_configuration()).1?;
        }
        Ok(())
    }

    /// The server's side of a connection, if there can be one, and whether any client gets in.
    fn begin_encryption(
        &self,
        configuration: &SslConfiguration,
    ) -> (Option<Box<dyn TlsSession>>, Result<(), SocketFailure>) {
        match back_end::server(configuration.settings()) {
            Ok(session) => {
                let has_pre_shared_keys = self.ssl.pre_shared_key_authentication_required.is_connected();
                (Some(session), back_end::check_server(configuration.settings(), has_pre_shared_keys))
            }
            Err(failure) => (None, Err(failure)),
        }
    }

    /// A server that listens cannot encrypt. That is reported each time, as each client that comes is refused for it.
    fn tell_broken_encryption(&self, failure: SocketFailure) {
        log::warn!("no client can connect: {failure}");
        self.reset_error();
        self.set_error(CloseCode::AbnormalDisconnection, failure.text);
    }

    /// Warns of certificates that are out of date. They are sent all the same: a client may ignore that.
    pub(super) fn warn_of_dates(&self) {
        let now = SystemTime::now();
        for certificate in self.ssl_configuration().local_certificate_chain() {
            let whose = certificate.subject_display_name();
            let fault = match now {
                now if certificate.expiry_date() < now => "has expired",
                now if certificate.effective_date() > now => "is not valid yet",
                _ => continue,
            };
            log::warn!("the server's certificate of {whose} {fault}: clients that verify it refuse it");
        }
    }
}

impl TlsClient for IncomingConnection {
    fn tls_event(self: Rc<Self>, _: &Rc<SocketEngine>, event: TlsEvent) {
        self.handle_tls_event(event);
    }

    /// A server cannot go on.
    fn handshake_interrupted(self: Rc<Self>, _: &Rc<SocketEngine>, error: &SslError) -> bool {
        if let Some(server) = self.server.upgrade() {
            let _pause = self.pause_timer();
            server.ssl.handshake_interrupted_on_error.emit(error);
        }
        false
    }

    fn pre_shared_key_required(
        self: Rc<Self>,
        _: &Rc<SocketEngine>,
        authenticator: &PreSharedKeyAuthenticator,
    ) {
        if let Some(server) = self.server.upgrade().filter(|_| self.is_under_way()) {
            let _pause = self.pause_timer();
            server.ssl.pre_shared_key_authentication_required.emit(authenticator);
        }
    }

    fn encrypted(self: Rc<Self>, _: &Rc<SocketEngine>) {
        if self.is_under_way() {
            let agreed = self.engine.ssl_configuration().map(|agreed| agreed.summary()).unwrap_or_default();
            log::debug!("{}: encrypted{}, {agreed}", self.who(), self.age());
        }
    }
}

impl IncomingConnection {
    pub(super) fn start_encryption(&self, server: &Server) {
        let configuration = server.ssl_configuration();
        let (session, checked) = server.begin_encryption(&configuration);
        if let Err(failure) = checked {
            server.tell_broken_encryption(failure);
        }
        match session {
            // A slot may have ended it.
            _ if !self.is_under_way() => {}
            Some(session) => self.engine.start_encryption(session, configuration, Vec::new()),
            None => self.give_up("there is no encryption for it"),
        }
    }

    pub(super) fn handle_tls_event(self: &Rc<Self>, event: TlsEvent) {
        let Some(server) = self.server.upgrade().filter(|_| self.is_under_way()) else { return };
        let ssl = &server.ssl;
        if let Some(alert) = event.alert_for_log() {
            log::debug!("{}: {alert}", self.who());
        }
        match event {
            TlsEvent::PeerVerified(errors) => self.judge(&server, &errors),
            TlsEvent::PeerVerifyError(error) => ssl.peer_verify_error.emit(&error),
            TlsEvent::AlertSent(alert) => ssl.alert_sent.emit(alert.arguments()),
            TlsEvent::AlertReceived(alert) => ssl.alert_received.emit(alert.arguments()),
        }
    }

    fn judge(self: &Rc<Self>, server: &Server, errors: &[SslError]) {
        let ssl = &server.ssl;
        let _pause = self.pause_timer();
        let mut sequence = Sequence::begin_with(|| ssl.ssl_errors.emit(errors));
        let is_ignored = if ssl.ssl_errors_occurred.is_connected() {
            let socket = SslSocket::lent(&self.engine, errors);
            sequence.step(|| ssl.ssl_errors_occurred.emit((&socket, errors)));
            sequence.step(|| socket.give_back(errors)).unwrap_or(false)
        } else {
            false
        };
        let is_verified =
            self.engine.begun_with().is_none_or(|begun| begun.peer_verify_mode().verifies_client());
        if !self.is_under_way() {
            return;
        }
        for error in errors {
            log::debug!("{}: certificate: {:?}", self.who(), error.to_string());
        }
        if !self.engine.is_open() {
            self.give_up("a slot has ended it");
        } else if is_verified && !is_ignored {
            self.give_up("its certificate is not accepted");
            // As Qt: its encryption sends `close_notify`, to nobody.
            ssl.alert_sent.emit(Alert::CLOSE_NOTIFY.arguments());
        } else {
            self.engine.accept_peer();
        }
    }

    /// Stops the time while the program is asked, until dropped.
    fn pause_timer(self: &Rc<Self>) -> TimerPause<'_> {
        TimerPause { handshake: self, rest: self.timer.suspend() }
    }

    pub(super) fn tell_tls_events(self: &Rc<Self>) {
        let mut sequence = Sequence::begin();
        for event in self.engine.take_tls_events() {
            sequence.step(|| self.handle_tls_event(event));
        }
    }
}

/// Goes on with what was left of the time, also after a panic in a slot.
struct TimerPause<'h> {
    handshake: &'h Rc<IncomingConnection>,
    rest: Option<Duration>,
}

impl Drop for TimerPause<'_> {
    fn drop(&mut self) {
        if let Some(rest) = self.rest.filter(|_| self.handshake.is_under_way()) {
            self.handshake.start_timer(rest);
        }
    }
}
