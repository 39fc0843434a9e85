//! The data of a socket that is an [`SslSocket`](crate::SslSocket).

use std::cell::{Cell, RefCell};

use crate::network::PauseMode;
use crate::network::ssl::ignored_errors::IgnoredErrors;
use crate::network::ssl::ssl_socket_mode::SslSocketMode;
use crate::{
    AlertLevel, AlertType, ByRef, Emitter, PreSharedKeyAuthenticator, SslConfiguration, SslError, Triple,
};

/// The data of an [`SslSocket`](crate::SslSocket).
#[derive(Default)]
pub(in crate::network) struct Ssl {
    pub(in crate::network) mode: Cell<SslSocketMode>,
    /// The encryption begins with the connection.
    pub(super) begins_at_once: Cell<bool>,
    pub(in crate::network) is_encrypted: Cell<bool>,
    pub(super) configuration: RefCell<SslConfiguration>,
    /// The configuration of the connection, with what was negotiated.
    pub(super) negotiated: RefCell<Option<SslConfiguration>>,
    /// The name that the peer's certificate has to have, if it is not the one that was connected to.
    pub(in crate::network) verify_name: RefCell<String>,
    pub(in crate::network) ignored: IgnoredErrors,
    pub(in crate::network) errors: RefCell<Vec<SslError>>,
    pub(in crate::network) pause_mode: Cell<PauseMode>,
    pub(super) verdict: RefCell<Verdict>,
    pub(in crate::network) goes_on: Cell<bool>,
    /// The number of bytes that the engine has got to encrypt, and of which `bytes_written` has not told.
    pub(super) to_report: Cell<usize>,
    pub(in crate::network) encrypted: Emitter<()>,
    pub(in crate::network) mode_changed: Emitter<SslSocketMode>,
    pub(in crate::network) encrypted_bytes_written: Emitter<usize>,
    pub(in crate::network) peer_verify_error: Emitter<ByRef<SslError>>,
    pub(in crate::network) ssl_errors: Emitter<[SslError]>,
    pub(in crate::network) handshake_interrupted_on_error: Emitter<ByRef<SslError>>,
    pub(in crate::network) pre_shared_key_authentication_required: Emitter<ByRef<PreSharedKeyAuthenticator>>,
    pub(in crate::network) alert_sent: Emitter<Triple<AlertLevel, AlertType, str>>,
    pub(in crate::network) alert_received: Emitter<Triple<AlertLevel, AlertType, str>>,
}

/// The verdict on the peer's certificate.
#[derive(Default)]
pub(super) enum Verdict {
    #[default]
    Accepted,
    /// It has errors, and these are being reported.
    Open,
    /// Waits for [`SslSocket::resume`](crate::SslSocket::resume).
    Paused,
    Rejected,
}

impl Ssl {
    pub(super) fn new() -> Self {
        Self { configuration: RefCell::new(SslConfiguration::default_configuration()), ..Self::default() }
    }

    /// The settings of the next encryption, with what the last one has negotiated.
    pub(super) fn configuration(&self) -> SslConfiguration {
        let settings = self.configuration.borrow();
        match &*self.negotiated.borrow() {
            Some(negotiated) => settings.with_facts_of(negotiated),
            None => settings.clone(),
        }
    }
}
