use std::mem;
use std::ops::DerefMut;
use std::rc::Rc;

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedConnectionCommon, UnbufferedStatus,
    WriteTraffic,
};
use rustls::{CommonState, Error, HandshakeKind, PeerIncompatible, ProtocolVersion};

use super::call::{Call, Handshake};
use super::in_place::STUB;
use super::provider;
use crate::network::ssl::alert::Alert;
use crate::network::ssl::certificate_chain::Purpose;
use crate::network::ssl::phase::Phase;
use crate::network::ssl::records::{self, ALERT, MAX_OVERHEAD, MAX_PLAIN};
use crate::network::ssl::session::{HandshakeObserver, Received, SessionFacts, TlsEvent, TlsSession};
use crate::network::ssl::ssl_error::SslErrorKind;
use crate::{AlertLevel, AlertType, SslCertificate, SslError, SslProtocol};

/// The greatest length of the records that may bring the beginning of a handshake message. The message itself may be 64 KiB long.
const MAX_UNFINISHED: usize = 256 << 10;

/// The number of records for which rustls is asked at a time.
const RECORDS_AT_ONCE: usize = 16;
/// The most that rustls may have to send before data: updates of keys.
const MAX_UPDATE: usize = 64;

/// One side of one connection, by rustls.
///
/// Its unbuffered API decrypts where the bytes lie and encrypts into the caller's buffer. Of its input it wants to see again
/// only the records that hold a part of a message of the handshake: they are kept here.
pub(super) struct Session<C> {
    connection: C,
    call: Call,
    phase: Phase,
    unfinished: Vec<u8>,
    /// Output that is not given out yet: the peer's certificate may have to be judged first; or it goes with data.
    held: Vec<u8>,
}

/// The common part of rustls's two kinds of connection, for which it has no trait.
pub(super) trait Connection:
    DerefMut<Target = UnbufferedConnectionCommon<<Self as Connection>::Data>>
{
    type Data;

    const IS_SERVER: bool;

    fn process<'c, 'i>(&'c mut self, input: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data>;
}

impl Connection for UnbufferedClientConnection {
    type Data = ClientConnectionData;

    const IS_SERVER: bool = false;

    fn process<'c, 'i>(&'c mut self, input: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(input)
    }
}

impl Connection for UnbufferedServerConnection {
    type Data = ServerConnectionData;

    const IS_SERVER: bool = true;

    fn process<'c, 'i>(&'c mut self, input: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(input)
    }
}

impl<C: Connection> Session<C> {
    pub(super) fn new(connection: C, handshake: Handshake) -> Self {
        Self {
            connection,
            call: Call { handshake: Some(Box::new(handshake)), ..Call::default() },
            phase: Phase::Fresh,
            unfinished: Vec::new(),
            held: Vec::new(),
        }
    }

    fn common(&self) -> &CommonState {
        &self.connection
    }

    /// Takes what can be taken now; returns how much of the input that was.
    fn take_in(&mut self, input: &mut [u8], output: &mut Vec<u8>, plain: &mut dyn FnMut(&[u8])) -> usize {
        match self.phase {
            Phase::Fresh => {
                self.phase = Phase::Greeting;
                self.process(&mut [], output, plain);
            }
            Phase::Accepted => {
                self.call.handshake = None;
                self.phase = Phase::Handshaking;
                // Data that came with the end of the handshake was left unread.
                self.take_records(&mut [], output, plain);
            }
            _ => {}
        }
        let mut used = 0;
        while used < input.len() {
            let rest = &mut input[used..];
            let length = match self.phase {
                Phase::Greeting if !records::are_likely(rest, C::IS_SERVER) => {
                    self.phase.fail(records::no_tls(rest));
                    break;
                }
                Phase::Greeting | Phase::Handshaking => records::first(rest),
                Phase::Open => records::whole(rest),
                _ => break,
            };
            let Some(length) = length else { break };
            used += length;
            self.take_records(&mut rest[..length], output, plain);
        }
        match self.phase {
            _ if self.phase.ignores_input() => input.len(),
            _ => used,
        }
    }

    /// Takes whole records; one as long as the handshake lasts, so that an alert in clear is reported when its turn comes.
    fn take_records(&mut self, records: &mut [u8], output: &mut Vec<u8>, plain: &mut dyn FnMut(&[u8])) {
        if matches!(self.phase, Phase::Greeting | Phase::Handshaking) {
            self.phase = Phase::Handshaking;
            if let ([ALERT, _, _, 0, 2, level, kind], false) = (&*records, self.call.decrypts) {
                self.call.tell(TlsEvent::AlertReceived(Alert::from_wire(*level, *kind)));
            }
        }
        self.call.takes_opened = matches!(self.phase, Phase::Open);
        if self.unfinished.is_empty() {
            let used = self.process(records, output, plain);
            if used < records.len() {
                self.unfinished = records[used..].to_vec();
            }
        } else {
            let mut all = mem::take(&mut self.unfinished);
            all.extend_from_slice(records);
            let used = self.process(&mut all, output, plain);
            if used < all.len() {
                all.drain(..used);
                self.unfinished = all;
            }
        }
        if self.unfinished.len() > MAX_UNFINISHED {
            self.phase.fail("a message of the handshake is spread over too many records");
        }
    }

    /// Returns how much rustls is done with.
    fn process(&mut self, records: &mut [u8], output: &mut Vec<u8>, plain: &mut dyn FnMut(&[u8])) -> usize {
        let (mut used, mut has_said) = (0, false);
        loop {
            let Self { connection, call, held, .. } = self;
            let status = call.during(|| connection.process(&mut records[used..]));
            used += status.discard;
            match status.state {
                // It is asked for again when the peer is accepted.
                Ok(ConnectionState::ReadTraffic(_)) if call.waits_for_judgement() => break,
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(Ok(record)) = traffic.next_record() {
                        if call.opened.is_none() {
                            plain(record.payload);
                        }
                    }
                    if let Some(opened) = call.opened.take() {
                        plain(opened.at_end_of(&records[..used]));
                    }
                }
                Ok(ConnectionState::EncodeTlsData(data)) => {
                    encode(data, held, call);
                    has_said = true;
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.phase = Phase::PeerClosed,
                Ok(_) => break,
                Err(error) => {
                    self.fail(&error, output);
                    return records.len();
                }
            }
        }
        self.proceed(has_said, output);
        used
    }

    /// Takes the steps that follow from the processed input.
    fn proceed(&mut self, has_said: bool, output: &mut Vec<u8>) {
        let is_done = !self.common().is_handshaking();
        if let Err(error) = self.verify_resumed() {
            self.fail(&error, output);
            return;
        }
        if let Some(handshake) = &mut self.call.handshake {
            if is_done && handshake.misses_certificate() {
                let error = SslError::new(SslErrorKind::NoPeerCertificate);
                handshake.errors.push(error.clone());
                self.call.events.push(TlsEvent::PeerVerifyError(error));
            }
            if !handshake.errors.is_empty() {
                if is_done || !self.held.is_empty() {
                    self.call.events.push(TlsEvent::PeerVerified(handshake.errors.clone()));
                    self.phase = Phase::Judging;
                }
                return;
            }
        }
        let opens = is_done && matches!(self.phase, Phase::Handshaking);
        // A server of TLS 1.3 has only tickets to send at this point. They would cost a write of their own, and go with its first
        // data.
        let waits = match self.phase {
            Phase::Open => !has_said,
            _ => opens && C::IS_SERVER && self.is_tls_1_3(),
        };
        if !waits {
            self.release(output);
        }
        if opens {
            self.call.handshake = None;
            self.phase = Phase::Open;
        }
    }

    /// rustls takes the certificate of a session that is resumed for as good as it was; here it is looked at as any other, as
    /// soon as it is known. It may have expired since, be another host's, or have been bad then.
    fn verify_resumed(&mut self) -> Result<(), Error> {
        let Self { connection, call, .. } = self;
        let Some(handshake) = call.handshake.as_ref().filter(|handshake| handshake.peer_chain.is_empty())
        else {
            return Ok(());
        };
        match connection.peer_certificates() {
            Some([own, others @ ..]) if connection.handshake_kind() == Some(HandshakeKind::Resumed) => {
                let verifier = handshake.verifier.clone();
                let purpose = if C::IS_SERVER { Purpose::Client } else { Purpose::Server };
                call.during(|| verifier.verify(own, others, purpose))
            }
            _ => Ok(()),
        }
    }

    /// Ends it; the alert for the peer goes out.
    fn fail(&mut self, error: &Error, output: &mut Vec<u8>) {
        self.phase.fail(&text(error));
        let handshake = self.call.handshake.take();
        if handshake.as_ref().is_some_and(|handshake| !handshake.errors.is_empty()) {
            // Nothing that accepts the peer.
            self.held.clear();
        }
        let lacks_certificate = handshake.is_some_and(|handshake| handshake.lacks_certificate);
        let (mut alerts, before) = (Vec::new(), self.call.events.len());
        self.drain(&mut alerts);
        if let Some(kind) = self.refusal(error, lacks_certificate) {
            let alert = Alert { level: AlertLevel::Fatal, kind };
            alerts = vec![ALERT, 3, 3, 0, 2, 2, alert.kind.0];
            self.call.events.truncate(before);
            self.call.tell(TlsEvent::AlertSent(alert));
        }
        self.release(output);
        output.append(&mut alerts);
    }

    /// The alert that OpenSSL sends where rustls sends another; everything is in clear there.
    fn refusal(&self, error: &Error, lacks_certificate: bool) -> Option<AlertType> {
        match error {
            // rustls calls it "access denied"; OpenSSL, that there is no common ground.
            _ if lacks_certificate => Some(AlertType::HANDSHAKE_FAILURE),
            // It is of TLS 1.1 or older, which had none.
            Error::PeerIncompatible(PeerIncompatible::SignatureAlgorithmsExtensionRequired) => {
                Some(AlertType::PROTOCOL_VERSION)
            }
            // rustls says what TLS 1.3 says, which has an alert for it.
            Error::NoCertificatesPresented
                if self.common().protocol_version() == Some(ProtocolVersion::TLSv1_2) =>
            {
                Some(AlertType::HANDSHAKE_FAILURE)
            }
            _ => None,
        }
    }

    /// Takes the output that rustls still has. It gives that out before it looks for the rest of its input, which it is not
    /// shown.
    fn drain(&mut self, output: &mut Vec<u8>) {
        while self.common().wants_write() {
            let Self { connection, call, .. } = self;
            match call.during(|| connection.process(&mut [])).state {
                Ok(ConnectionState::EncodeTlsData(data)) => encode(data, output, call),
                _ => break,
            }
        }
    }

    fn is_tls_1_3(&self) -> bool {
        self.common().protocol_version() == Some(ProtocolVersion::TLSv1_3)
    }

    /// Gives out the bytes that were kept back.
    fn release(&mut self, output: &mut Vec<u8>) {
        if !self.held.is_empty() {
            output.append(&mut mem::take(&mut self.held));
        }
    }

    /// Lets rustls write; returns how much it has.
    fn write(
        &mut self,
        room: &mut [u8],
        write: impl FnOnce(&mut WriteTraffic<'_, C::Data>, &mut [u8]) -> Result<usize, EncryptError>,
    ) -> Result<usize, EncryptError> {
        let Self { connection, call, unfinished, .. } = self;
        call.during(|| {
            loop {
                // It wants to see what it did not finish.
                match connection.process(unfinished).state {
                    Ok(ConnectionState::WriteTraffic(mut traffic)) => return write(&mut traffic, room),
                    Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                    _ => return Err(EncryptError::EncryptExhausted),
                }
            }
        })
    }

    /// Encrypts into the output, past rustls, which has nothing to write then but what updates its keys: that comes first.
    fn encrypt_in_place(&mut self, plain: &[u8], output: &mut Vec<u8>) -> Result<(), EncryptError> {
        let begin = output.len();
        let stubs = STUB * plain.len().div_ceil(MAX_PLAIN);
        let mut room = [0; STUB * RECORDS_AT_ONCE + MAX_UPDATE];
        self.call.lent_output = Some(mem::take(output));
        let written = self.write(&mut room, |traffic, room| traffic.encrypt(plain, room));
        *output = self.call.lent_output.take().unwrap_or_default();
        let update = &room[..written?.saturating_sub(stubs)];
        if !update.is_empty() {
            output.splice(begin..begin, update.iter().copied());
        }
        Ok(())
    }

    fn encrypt(&mut self, plain: &[u8], output: &mut Vec<u8>) -> Result<(), EncryptError> {
        let begin = output.len();
        output.resize(begin + plain.len() + MAX_OVERHEAD * RECORDS_AT_ONCE, 0);
        let written = self.write(&mut output[begin..], |traffic, room| traffic.encrypt(plain, room));
        output.truncate(begin + written.as_ref().map_or(0, |written| *written));
        written.map(drop)
    }
}

impl<C: Connection> TlsSession for Session<C> {
    fn receive(
        &mut self,
        input: &mut [u8],
        output: &mut Vec<u8>,
        plain: &mut dyn FnMut(&[u8]),
        observer: Option<Rc<dyn HandshakeObserver>>,
    ) -> Received {
        if let Some(handshake) = &mut self.call.handshake {
            handshake.observer = observer;
        }
        let used = self.take_in(input, output, plain);
        if let Some(handshake) = &mut self.call.handshake {
            handshake.observer = None;
        }
        Received { used, progress: self.phase.progress() }
    }

    fn accept_peer(&mut self) {
        self.phase.accept_peer();
    }

    fn send(&mut self, plain: &[u8], output: &mut Vec<u8>) {
        if !self.phase.may_send() {
            return;
        }
        self.release(output);
        let is_in_place = self.is_tls_1_3();
        output.reserve(plain.len() + plain.len().div_ceil(MAX_PLAIN) * MAX_OVERHEAD);
        for part in plain.chunks(RECORDS_AT_ONCE * MAX_PLAIN) {
            let encrypted =
                if is_in_place { self.encrypt_in_place(part, output) } else { self.encrypt(part, output) };
            if encrypted.is_err() {
                // As much as one key is good for in TLS 1.2 (RFC 8446 §5.5); rustls closes.
                self.drain(output);
                return self.phase.fail("the key has encrypted all that it may");
            }
        }
    }

    fn send_close_notify(&mut self, output: &mut Vec<u8>) -> bool {
        if !self.phase.may_send() {
            return false;
        }
        self.phase = Phase::Closed;
        self.release(output);
        let mut room = [0; MAX_UPDATE + 2 + MAX_OVERHEAD];
        let written = self.write(&mut room, |traffic, room| traffic.queue_close_notify(room));
        output.extend_from_slice(&room[..written.as_ref().map_or(0, |written| *written)]);
        written.is_ok()
    }

    fn take_events(&mut self) -> Vec<TlsEvent> {
        mem::take(&mut self.call.events)
    }

    fn facts(&self) -> SessionFacts {
        let common = self.common();
        let protocol = match common.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => Some(SslProtocol::TlsV1_2),
            Some(ProtocolVersion::TLSv1_3) => Some(SslProtocol::TlsV1_3),
            _ => None,
        };
        let known = |chain: &[rustls::pki_types::CertificateDer<'_>]| {
            chain.iter().filter_map(|certificate| SslCertificate::from_der(certificate).ok()).collect()
        };
        let peer_certificate_chain = match (&self.call.handshake, common.peer_certificates()) {
            (Some(handshake), None) => handshake.peer_chain.clone(),
            (_, chain) => chain.map(known).unwrap_or_default(),
        };
        SessionFacts {
            protocol,
            cipher: common.negotiated_cipher_suite().and_then(provider::cipher),
            peer_certificate_chain,
            application_protocol: common.alpn_protocol().map(<[u8]>::to_vec),
            is_resumed: common.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }
}

/// Appends a record; an alert in clear is reported.
fn encode<Data>(mut data: EncodeTlsData<'_, Data>, output: &mut Vec<u8>, call: &mut Call) {
    let begin = output.len();
    append(&mut data, output);
    if let [ALERT, _, _, 0, 2, level, kind] = output[begin..] {
        call.tell(TlsEvent::AlertSent(Alert::from_wire(level, kind)));
    }
}

fn append<Data>(data: &mut EncodeTlsData<'_, Data>, output: &mut Vec<u8>) {
    let begin = output.len();
    if let Err(EncodeError::InsufficientSize(size)) = data.encode(&mut []) {
        output.resize(begin + size.required_size, 0);
        // It has as much room as it said.
        let _ = data.encode(&mut output[begin..]);
    }
}

/// The text of an error, as Qt says it.
pub(super) fn text(error: &Error) -> String {
    match error {
        Error::AlertReceived(alert) => format!("received fatal alert: {}", AlertType(u8::from(*alert))),
        error => error.to_string(),
    }
}
