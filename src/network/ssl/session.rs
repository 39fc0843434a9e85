//! The encryption of a connection (private): bytes in, bytes and events out, no I/O and no signal. Each TLS library is hidden
//! behind [`TlsSession`]; `back_end` begins one.
//!
//! Its shape is that of a library which works in the caller's buffers: records are taken from a slice and may be decrypted in
//! place, output is appended, plaintext is lent.

use std::net::IpAddr;
use std::rc::Rc;

use super::alert::Alert;
use super::pre_shared_key_authenticator::PreSharedKeyAuthenticator;
use super::ssl_certificate::SslCertificate;
use super::ssl_cipher::SslCipher;
use super::ssl_error::SslError;
use super::ssl_protocol::SslProtocol;
use crate::network::abstract_socket::SocketFailure;

/// One side of one TLS connection.
pub(crate) trait TlsSession {
    /// Takes apart what the peer sent: whole records from the front of `input`, which may be decrypted there. Plaintext goes to
    /// `plain`, piece by piece; bytes for the peer are appended to `output`. A client that has not begun begins (`input` may
    /// be empty). What is left of the input is less than a record, and is as it came.
    ///
    /// It stops early, with input left, when the peer's certificate wants to be judged ([`TlsEvent::PeerVerified`]), and takes
    /// nothing until the peer is [accepted](Self::accept_peer). Up to then nothing that accepts the peer is in any output: what
    /// this side answers to the peer's part of the handshake is kept back, and so is plaintext. What was appended before may be
    /// written; an owner that does not accept the peer just drops the session.
    ///
    /// `observer` is asked from inside; there is one as long as the handshake lasts.
    fn receive(
        &mut self,
        input: &mut [u8],
        output: &mut Vec<u8>,
        plain: &mut dyn FnMut(&[u8]),
        observer: Option<Rc<dyn HandshakeObserver>>,
    ) -> Received;

    /// The peer was judged, and is good enough: the next [`receive`](Self::receive) goes on. At any other time it does nothing.
    fn accept_peer(&mut self);

    /// Encrypts: appends records. After the handshake only: before it, and after its own end, nothing.
    fn send(&mut self, plain: &[u8], output: &mut Vec<u8>);

    /// Appends `close_notify`, the last thing that is sent; anything after it is ignored. Once only, after the
    /// handshake, and not after a fatal alert: else it returns `false`.
    fn send_close_notify(&mut self, output: &mut Vec<u8>) -> bool;

    /// Takes the events since the last call, in order.
    fn take_events(&mut self) -> Vec<TlsEvent>;

    /// The facts that were negotiated so far.
    fn facts(&self) -> SessionFacts;
}

/// The outcome of [`TlsSession::receive`].
#[derive(Debug)]
pub(crate) struct Received {
    /// The number of bytes of the input that are done with. The rest has to be passed again, with what comes after it.
    pub(crate) used: usize,
    pub(crate) progress: TlsProgress,
}

#[derive(Debug)]
pub(crate) enum TlsProgress {
    /// The handshake goes on.
    Handshaking,
    /// The handshake is done, on this side.
    Open,
    /// The peer has said that nothing more will come.
    PeerClosed,
    /// Over. The alert for the peer is in the output.
    Failed(TlsFailure),
}

/// The reason why there is no connection: `SslHandshakeFailed`, `SslInternal` or `SslInvalidUserData`, and the text.
pub(crate) type TlsFailure = SocketFailure;

#[derive(Clone, Debug)]
pub(crate) enum TlsEvent {
    /// `QSslSocket::peerVerifyError`: something is wrong with the peer's certificate.
    PeerVerifyError(SslError),
    /// The peer's certificate has been looked at; these are all errors, in the order of `QSslSocket::sslErrors`, and at least
    /// one. Nothing that accepts the peer has left yet, and nothing is read before it has been decided.
    PeerVerified(Vec<SslError>),
    AlertSent(Alert),
    AlertReceived(Alert),
}

impl TlsEvent {
    /// The alert and its direction, for the log.
    pub(crate) fn alert_for_log(&self) -> Option<String> {
        let (what, Alert { level, kind }) = match self {
            Self::AlertSent(alert) => ("sent", alert),
            Self::AlertReceived(alert) => ("received", alert),
            Self::PeerVerifyError(_) | Self::PeerVerified(_) => return None,
        };
        Some(format!("{what} the TLS alert {kind:?} ({level:?})"))
    }
}

/// Answers questions that come up inside a handshake. The session must not be used meanwhile; if the connection is ended there,
/// the session sees that after the call.
pub(crate) trait HandshakeObserver {
    /// `QSslSocket::handshakeInterruptedOnError`: whether to go on.
    fn handshake_interrupted(&self, error: &SslError) -> bool;
    /// `QSslSocket::preSharedKeyAuthenticationRequired`: a key is to be filled in, and in a client, for whom it is.
    fn pre_shared_key_required(&self, _authenticator: &PreSharedKeyAuthenticator) {}
}

/// The negotiated parameters of a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SessionFacts {
    pub(crate) protocol: Option<SslProtocol>,
    pub(crate) cipher: Option<SslCipher>,
    /// The chain as the peer sent it, its own certificate first.
    pub(crate) peer_certificate_chain: Vec<SslCertificate>,
    pub(crate) application_protocol: Option<Vec<u8>>,
    /// An earlier session was resumed.
    pub(crate) is_resumed: bool,
}

/// The name that a client asks the server for (RFC 6066 §3): the host's, without the dot that may end it. `None` for an address,
/// also for one in the brackets of a URL.
pub(super) fn server_name_indication(host: &str) -> Option<&str> {
    let name = host.strip_suffix('.').unwrap_or(host);
    let unbracketed = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let is_name = !name.is_empty() && unbracketed.parse::<IpAddr>().is_err();
    is_name.then_some(name)
}
