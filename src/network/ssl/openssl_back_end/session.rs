use std::mem;
use std::rc::Rc;
use std::time::SystemTime;

use openssl::error::ErrorStack;
use openssl::ssl::{ErrorCode, Ssl, SslStream};

use super::call::Call;
use super::errors;
use super::stream::Stream;
use crate::network::scratch::with_scratch;
use crate::network::ssl::alert::Alert;
use crate::network::ssl::certificate_chain::{self, Purpose};
use crate::network::ssl::certificate_path::{CertificatePath, End};
use crate::network::ssl::host_name;
use crate::network::ssl::phase::Phase;
use crate::network::ssl::records::{self, ALERT, APPLICATION_DATA, HEADER, Seen, Watcher};
use crate::network::ssl::session::{
    HandshakeObserver, Received, SessionFacts, TlsEvent, TlsFailure, TlsSession,
};
use crate::network::ssl::settings::Settings;
use crate::network::ssl::signatures::{Signatures, Signed};
use crate::network::ssl::ssl_error::SslErrorKind;
use crate::{AlertLevel, AlertType, SslCertificate, SslCipher, SslError, SslProtocol};

/// One side of one connection, by OpenSSL.
pub(super) struct Session {
    stream: SslStream<Stream>,
    call: Rc<Call>,
    phase: Phase,
    /// The server's name, as the user wrote it; nothing in a server.
    host: Option<String>,
    /// It is an error if the peer has no certificate.
    wants_certificate: bool,
    interrupts: bool,
    /// The peer's certificate was looked at, and this many of the errors that OpenSSL found have been reported.
    judged: bool,
    told: usize,
    /// Output that accepts the peer, until it is accepted.
    held: Vec<u8>,
    /// The watcher of the peer's records.
    watcher: Watcher,
    /// The first bytes of the peer, until it is clear that they are TLS.
    greeting: Vec<u8>,
}

impl Session {
    pub(super) fn new(
        ssl: Ssl,
        settings: &Settings,
        host: Option<String>,
        wants_certificate: bool,
    ) -> Result<Self, TlsFailure> {
        let interrupts = settings.handshake_must_interrupt_on_error;
        let call = Call::new(interrupts, settings.pre_shared_key_identity_hint.clone());
        Ok(Self {
            stream: SslStream::new(ssl, Stream::default()).map_err(|error| errors::unusable(&error))?,
            call: Rc::new(call),
            phase: Phase::Greeting,
            host,
            wants_certificate,
            interrupts,
            judged: false,
            told: 0,
            held: Vec::new(),
            watcher: Watcher::default(),
            greeting: Vec::new(),
        })
    }

    fn is_tls_1_3(&self) -> bool {
        self.stream.ssl().version_str() == "TLSv1.3"
    }

    /// Runs `work` while the output of OpenSSL goes to `output`.
    fn with_output<R>(&mut self, output: &mut Vec<u8>, work: impl FnOnce(&mut SslStream<Stream>) -> R) -> R {
        mem::swap(&mut self.stream.get_mut().output, output);
        let result = self.call.clone().during(|| work(&mut self.stream));
        mem::swap(&mut self.stream.get_mut().output, output);
        result
    }

    /// Ends a wait that OpenSSL would keep up in vain, and reports a warning in clear, which OpenSSL keeps to itself. Returns how
    /// much of the input may be records.
    fn look_at(&mut self, input: &[u8]) -> usize {
        if let Phase::Greeting = self.phase
            && !input.is_empty()
        {
            let begin = &mut self.greeting;
            begin.extend_from_slice(&input[..input.len().min(8)]);
            if !records::are_likely(begin, self.host.is_none()) {
                self.phase.fail(records::no_tls(begin));
                return 0;
            }
            if begin.len() >= HEADER {
                self.greeting = Vec::new();
                self.phase = Phase::Handshaking;
            }
        }
        let mut rest = input;
        while let Some(seen) = self.watcher.watch(&mut rest) {
            match seen {
                Seen::Malformed => return (input.len() - rest.len()).saturating_sub(HEADER),
                Seen::Alert(1, kind) if matches!(self.phase, Phase::Greeting | Phase::Handshaking) => {
                    self.call.tell(TlsEvent::AlertReceived(Alert::from_wire(1, kind)));
                }
                Seen::Alert(..) => {}
            }
        }
        input.len()
    }

    fn handshake(&mut self, output: &mut Vec<u8>) {
        let mut written = Vec::new();
        let outcome = self.with_output(&mut written, SslStream::do_handshake);
        let failed = match outcome {
            Ok(()) => None,
            Err(error) if error.code() == ErrorCode::WANT_READ => None,
            Err(error) => Some(error),
        };
        self.tell_errors_of_chain();
        let is_open = failed.is_none() && self.stream.ssl().is_init_finished();
        if let Some(error) = failed {
            self.fail(&written, error.ssl_error());
            output.append(&mut written);
            return;
        }
        self.tell_sent_alerts(&written, None);
        if self.judges(is_open, !written.is_empty()) {
            self.held = written;
            return;
        }
        output.append(&mut written);
        if is_open {
            self.phase = Phase::Open;
        }
    }

    /// Returns whether the peer has to be judged at this point: at the end, or before an answer to its certificate leaves.
    fn judges(&mut self, is_open: bool, has_answer: bool) -> bool {
        if self.judged || !(is_open || has_answer) {
            return false;
        }
        let Some(chain) = self.peer_chain() else {
            self.phase.fail("a certificate cannot be read");
            return true;
        };
        if chain.is_empty() && !is_open {
            return false;
        }
        self.judged = true;
        // The order of the list and that of the single errors differ in Qt.
        let mut errors = Vec::new();
        if let (Some(host), Some(own)) = (&self.host, chain.first()) {
            errors.extend(host_name::mismatch(own, host));
        }
        if chain.is_empty() && self.wants_certificate {
            errors.push(SslError::new(SslErrorKind::NoPeerCertificate));
        }
        let of_chain = self.errors_of_chain();
        let told = self.call.found.borrow().len();
        for error in of_chain[told..].iter().chain(&errors) {
            self.call.tell(TlsEvent::PeerVerifyError(error.clone()));
        }
        errors.extend(of_chain);
        if errors.is_empty() {
            return false;
        }
        self.call.tell(TlsEvent::PeerVerified(errors));
        self.phase = Phase::Judging;
        true
    }

    /// The errors that OpenSSL found; and behind them, those that RFC 5280 adds about the path it took: policies, for example,
    /// which OpenSSL ignores.
    fn errors_of_chain(&self) -> Vec<SslError> {
        let mut errors = self.call.found.borrow().clone();
        let path = self.call.path.borrow();
        if path.is_empty() {
            return errors;
        }
        let path = CertificatePath { certificates: path.iter().collect(), end: End::Trusted };
        let purpose = if self.host.is_some() { Purpose::Server } else { Purpose::Client };
        let now = certificate_chain::seconds(SystemTime::now());
        for error in certificate_chain::judge(path, &Verified, purpose, now).errors() {
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
        errors
    }

    fn tell_errors_of_chain(&mut self) {
        let found = self.call.found.borrow();
        if !self.interrupts {
            for error in &found[self.told..] {
                self.call.tell(TlsEvent::PeerVerifyError(error.clone()));
            }
        }
        self.told = found.len();
    }

    /// `None` if something was sent that cannot be read: who is whose issuer, and even whose certificate is the peer's own,
    /// would be a guess without it.
    fn peer_chain(&self) -> Option<Vec<SslCertificate>> {
        let ssl = self.stream.ssl();
        // A server's list is without the client's own.
        let own = ssl.peer_certificate().filter(|_| self.host.is_none());
        let sent = ssl.peer_cert_chain().into_iter().flatten();
        let all = own.as_deref().into_iter().chain(sent);
        all.map(|certificate| SslCertificate::from_der(certificate.to_der().ok()?).ok()).collect()
    }

    fn read(&mut self, output: &mut Vec<u8>, plain: &mut dyn FnMut(&[u8])) {
        let begin = output.len();
        let failed = with_scratch(1 << 14, |buffer| {
            loop {
                match self.with_output(output, |stream| stream.ssl_read(buffer)) {
                    Ok(count) => plain(&buffer[..count]),
                    Err(error) => return error,
                }
            }
        });
        match failed.code() {
            ErrorCode::WANT_READ => self.tell_sent_alerts(&output[begin..], None),
            ErrorCode::ZERO_RETURN => {
                self.tell_sent_alerts(&output[begin..], None);
                self.call.tell(TlsEvent::AlertReceived(Alert::CLOSE_NOTIFY));
                self.phase = Phase::PeerClosed;
            }
            _ => self.fail(&output[begin..], failed.ssl_error()),
        }
    }

    /// OpenSSL has given up. `written` is what it has written meanwhile.
    fn fail(&mut self, written: &[u8], error: Option<&ErrorStack>) {
        let fatal = |kind| Alert { level: AlertLevel::Fatal, kind };
        let received = error.and_then(errors::received_alert);
        if let Some(kind) = received {
            self.call.tell(TlsEvent::AlertReceived(fatal(kind)));
        } else if let Some(error) = error {
            let verify_result = self.stream.ssl().verify_result().as_raw();
            let kind = errors::sent_alert(error, verify_result, self.is_tls_1_3());
            self.tell_sent_alerts(written, Some(fatal(kind)));
        }
        self.phase.fail(&error.map(errors::text).unwrap_or_default());
    }

    /// Looks for alerts in records that were written. What is in one that is encrypted follows from `failing`, or it is the one
    /// that does not end the connection.
    fn tell_sent_alerts(&self, mut written: &[u8], failing: Option<Alert>) {
        while let Some((&[kind, _, _, high, low], rest)) = written.split_first_chunk::<HEADER>() {
            let size = usize::from(u16::from_be_bytes([high, low])).min(rest.len());
            let (record, after) = rest.split_at(size);
            let is_last = after.is_empty();
            let alert = match (kind, record) {
                (ALERT, &[level, kind]) => Some(Alert::from_wire(level, kind)),
                (ALERT, _) => {
                    failing.or(Some(Alert { level: AlertLevel::Warning, kind: AlertType::NO_RENEGOTIATION }))
                }
                // In TLS 1.3 every record looks like data; but after a failure there is none.
                _ if is_last && self.is_tls_1_3() && size > 2 => failing.filter(|_| kind == APPLICATION_DATA),
                _ => None,
            };
            if let Some(alert) = alert {
                self.call.tell(TlsEvent::AlertSent(alert));
            }
            written = after;
        }
    }
}

impl TlsSession for Session {
    fn receive(
        &mut self,
        input: &mut [u8],
        output: &mut Vec<u8>,
        plain: &mut dyn FnMut(&[u8]),
        observer: Option<Rc<dyn HandshakeObserver>>,
    ) -> Received {
        if let Phase::Judging = self.phase {
            return Received { used: 0, progress: self.phase.progress() };
        }
        let used = input.len();
        let well_formed = self.look_at(input);
        if matches!(self.phase, Phase::Failed(_)) {
            return Received { used, progress: self.phase.progress() };
        }
        self.stream.get_mut().receive(&input[..well_formed]);
        self.call.observer.replace(observer);
        if let Phase::Accepted = self.phase {
            output.append(&mut mem::take(&mut self.held));
            self.phase = if self.stream.ssl().is_init_finished() { Phase::Open } else { Phase::Handshaking };
        }
        if let Phase::Greeting | Phase::Handshaking = self.phase {
            self.handshake(output);
        }
        if let Phase::Open = self.phase {
            self.read(output, plain);
        }
        if well_formed < used && !self.phase.ignores_input() {
            self.phase.fail("a record is malformed");
        }
        if self.phase.ignores_input() {
            self.stream.get_mut().clear();
        }
        self.call.observer.take();
        Received { used, progress: self.phase.progress() }
    }

    fn accept_peer(&mut self) {
        self.phase.accept_peer();
    }

    fn send(&mut self, plain: &[u8], output: &mut Vec<u8>) {
        if !self.phase.may_send() || plain.is_empty() {
            return;
        }
        let mut rest = plain;
        while !rest.is_empty() {
            match self.with_output(output, |stream| stream.ssl_write(rest)) {
                Ok(count) => rest = &rest[count..],
                Err(error) => {
                    return self.phase.fail(&error.ssl_error().map(errors::text).unwrap_or_default());
                }
            }
        }
    }

    fn send_close_notify(&mut self, output: &mut Vec<u8>) -> bool {
        if !self.phase.may_send() {
            return false;
        }
        self.phase = Phase::Closed;
        let is_sent = self.with_output(output, SslStream::shutdown).is_ok();
        if is_sent {
            self.call.tell(TlsEvent::AlertSent(Alert::CLOSE_NOTIFY));
        }
        is_sent
    }

    fn take_events(&mut self) -> Vec<TlsEvent> {
        self.call.events.take()
    }

    fn facts(&self) -> SessionFacts {
        let ssl = self.stream.ssl();
        let cipher = ssl.current_cipher();
        let protocol = match (cipher, ssl.version_str()) {
            (Some(_), "TLSv1.2") => Some(SslProtocol::TlsV1_2),
            (Some(_), "TLSv1.3") => Some(SslProtocol::TlsV1_3),
            _ => None,
        };
        SessionFacts {
            protocol,
            cipher: cipher.and_then(|cipher| SslCipher::from_description(&cipher.description())),
            peer_certificate_chain: self.peer_chain().unwrap_or_default(),
            application_protocol: ssl.selected_alpn_protocol().map(<[u8]>::to_vec),
            // OpenSSL calls a connection by a pre-shared key resumed as well.
            is_resumed: ssl.session_reused() && !self.call.has_pre_shared_key.get(),
        }
    }
}

/// OpenSSL has verified the signatures already.
struct Verified;

impl Signatures for Verified {
    fn knows_key(&self, _: &[u8], _: &[u8]) -> bool {
        true
    }

    fn is_valid(&self, _: &Signed<'_>) -> bool {
        true
    }
}
