//! The data of a session for rustls's callbacks. Callbacks are shared between threads and get no argument for it (`Send + Sync`),
//! a session belongs to one thread: so for the duration of each call it puts its data where only this thread sees it.

use std::cell::Cell;
use std::mem;
use std::rc::Rc;
use std::sync::Arc;

use rustls::crypto::cipher::{InboundPlainMessage, OutboundPlainMessage};
use rustls::pki_types::CertificateDer;
use rustls::{ContentType, Error};

use crate::network::ssl::alert::Alert;
use crate::network::ssl::certificate_chain::Purpose;
use crate::network::ssl::session::{HandshakeObserver, TlsEvent};
use crate::{SslCertificate, SslError};

/// The data of one session.
#[derive(Default)]
pub(super) struct Call {
    /// The events, in order.
    pub(super) events: Vec<TlsEvent>,
    /// The handshake, as long as it lasts.
    pub(super) handshake: Option<Box<Handshake>>,
    /// A message of the peer's was encrypted: what is in clear is none of its any more.
    pub(super) decrypts: bool,
    /// The buffer to which encrypted data is appended; see [`in_place`](super::in_place).
    pub(super) lent_output: Option<Vec<u8>>,
    /// Set while decrypted data stays where it is, and the last that was decrypted.
    pub(super) takes_opened: bool,
    pub(super) opened: Option<Opened>,
}

/// The checks of the peer's certificates. They record in the [`Call`] what is wrong.
pub(super) trait PeerVerifier {
    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        purpose: Purpose,
    ) -> Result<(), Error>;
}

/// The facts about a handshake that is not done yet.
pub(super) struct Handshake {
    /// Checks the certificates of a resumed session, which rustls does not have checked.
    pub(super) verifier: Arc<dyn PeerVerifier>,
    /// The server's name, as the user wrote it; nothing in a server.
    pub(super) host: String,
    pub(super) observer: Option<Rc<dyn HandshakeObserver>>,
    /// The chain as the peer sent it, once it has.
    pub(super) peer_chain: Vec<SslCertificate>,
    /// Its errors, in the order of `QSslSocket::sslErrors`.
    pub(super) errors: Vec<SslError>,
    /// A client is asked for a certificate, and it is an error if it has none.
    pub(super) wants_certificate: bool,
    /// The client asked, and there was no certificate to answer with.
    pub(super) lacks_certificate: bool,
}

/// Data that lies where its record was.
#[derive(Clone, Copy)]
pub(super) struct Opened {
    /// The length of the record without its header.
    pub(super) encrypted: usize,
    pub(super) plain: usize,
}

impl Opened {
    /// The data, if the record is the last one there.
    pub(super) fn at_end_of(self, records: &[u8]) -> &[u8] {
        let begin = records.len().saturating_sub(self.encrypted);
        records.get(begin..begin + self.plain).unwrap_or_default()
    }
}

impl Handshake {
    pub(super) fn new(verifier: Arc<dyn PeerVerifier>) -> Self {
        Self {
            verifier,
            host: String::new(),
            observer: None,
            peer_chain: Vec::new(),
            errors: Vec::new(),
            wants_certificate: false,
            lacks_certificate: false,
        }
    }

    /// Returns whether the peer sent no certificate in the handshake, once that is done.
    pub(super) fn misses_certificate(&self) -> bool {
        self.wants_certificate && self.peer_chain.is_empty() && self.errors.is_empty()
    }
}

thread_local! {
    static CURRENT: Cell<Option<Call>> = const { Cell::new(None) };
}

impl Call {
    /// Lets callbacks find it while this runs. It may happen inside of another session's, when a slot of the application uses
    /// that one.
    pub(super) fn during<R>(&mut self, run: impl FnOnce() -> R) -> R {
        struct Restore<'a>(&'a mut Call, Option<Call>);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                if let Some(own) = replace(self.1.take()) {
                    *self.0 = own;
                }
            }
        }
        let outer = replace(Some(mem::take(self)));
        let _restore = Restore(self, outer);
        run()
    }

    /// The handshake is done, as far as rustls is concerned, but with an error that is to be judged.
    pub(super) fn waits_for_judgement(&self) -> bool {
        self.handshake.as_ref().is_some_and(|own| !own.errors.is_empty() || own.misses_certificate())
    }

    pub(super) fn tell(&mut self, event: TlsEvent) {
        self.events.push(event);
    }
}

/// Runs a closure with the data of the session that calls; returns `None` if there is none.
pub(super) fn with_current<R>(what: impl FnOnce(&mut Call) -> R) -> Option<R> {
    let mut call = replace(None)?;
    let result = what(&mut call);
    replace(Some(call));
    Some(result)
}

/// A message is about to be encrypted.
pub(super) fn note_sent(message: &OutboundPlainMessage<'_>) {
    if message.typ == ContentType::Alert {
        note_alert(TlsEvent::AlertSent, &message.payload.to_vec());
    }
}

/// A message was decrypted.
pub(super) fn note_received(message: &InboundPlainMessage<'_>) {
    if message.typ != ContentType::ApplicationData {
        with_current(|call| call.decrypts = true);
        if message.typ == ContentType::Alert {
            note_alert(TlsEvent::AlertReceived, message.payload);
        }
    }
}

fn note_alert(event: fn(Alert) -> TlsEvent, message: &[u8]) {
    if let [level, kind] = *message {
        with_current(|call| call.tell(event(Alert::from_wire(level, kind))));
    }
}

/// `None` if no output is lent.
pub(super) fn with_lent_output<R>(append: impl FnOnce(&mut Vec<u8>) -> R) -> Option<R> {
    with_current(|call| call.lent_output.as_mut().map(append)).flatten()
}

/// Returns whether the session takes the data from where it lies.
pub(super) fn leaves_data(opened: Opened) -> bool {
    with_current(|call| {
        if call.takes_opened {
            call.opened = Some(opened);
        }
        call.takes_opened
    })
    .unwrap_or(false)
}

/// Replaces the call of this thread. At the end of the thread there is none any more.
fn replace(call: Option<Call>) -> Option<Call> {
    CURRENT.try_with(|current| current.replace(call)).ok().flatten()
}
