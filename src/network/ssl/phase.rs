//! The phases of a session (private), by whatever library it is; and the texts of Qt for its failures.

use std::borrow::Cow;

use super::session::{TlsFailure, TlsProgress};
use crate::network::abstract_socket::SocketError;

#[derive(Debug)]
pub(super) enum Phase {
    /// Nothing was sent or received.
    #[cfg(feature = "_rustls")]
    Fresh,
    /// Nothing was received.
    Greeting,
    Handshaking,
    /// The peer's certificate is judged: nothing is taken.
    Judging,
    /// It was accepted.
    Accepted,
    Open,
    /// The peer sends no more.
    PeerClosed,
    /// This side sends no more, and what the peer sends is not looked at.
    Closed,
    Failed(TlsFailure),
}

impl Phase {
    pub(super) fn progress(&self) -> TlsProgress {
        match self {
            Self::Open | Self::Closed => TlsProgress::Open,
            Self::PeerClosed => TlsProgress::PeerClosed,
            Self::Failed(failure) => TlsProgress::Failed(failure.clone()),
            _ => TlsProgress::Handshaking,
        }
    }

    pub(super) fn may_send(&self) -> bool {
        matches!(self, Self::Open | Self::PeerClosed)
    }

    /// "Any data received after a closure alert has been received MUST be ignored." (RFC 8446 §6.1)
    pub(super) fn ignores_input(&self) -> bool {
        matches!(self, Self::PeerClosed | Self::Closed | Self::Failed(_))
    }

    pub(super) fn accept_peer(&mut self) {
        if let Self::Judging = self {
            *self = Self::Accepted;
        }
    }

    /// Ends the session, as Qt says it of a handshake, or of what is read afterwards.
    pub(super) fn fail(&mut self, text: &str) {
        *self = Self::Failed(match self {
            Self::Open | Self::PeerClosed | Self::Closed => {
                TlsFailure::new(SocketError::SslInternal, format!("Error while reading: {text}"))
            }
            _ => handshake_failure(text),
        });
    }
}

pub(super) fn handshake_failure(text: &str) -> TlsFailure {
    TlsFailure::new(SocketError::SslHandshakeFailed, format!("Error during SSL handshake: {text}"))
}

pub(super) fn unusable_context(text: &str) -> TlsFailure {
    invalid_user_data(format!("Error creating SSL context ({text})"))
}

pub(super) fn invalid_user_data(text: impl Into<Cow<'static, str>>) -> TlsFailure {
    TlsFailure::new(SocketError::SslInvalidUserData, text)
}
