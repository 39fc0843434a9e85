//! Qt's errors and texts for rustls's.

use rustls::Error;

use crate::network::abstract_socket::SocketError;
use crate::network::ssl::alert::AlertType;
use crate::network::ssl::session::TlsFailure;

pub(super) fn of_handshake(text: &str) -> TlsFailure {
    TlsFailure::new(SocketError::SslHandshakeFailed, format!("Error during SSL handshake: {text}"))
}

/// After the handshake.
pub(super) fn of_reading(text: &str) -> TlsFailure {
    TlsFailure::new(SocketError::SslInternal, format!("Error while reading: {text}"))
}

pub(super) fn text(error: &Error) -> String {
    match error {
        Error::AlertReceived(alert) => format!("received fatal alert: {}", AlertType(u8::from(*alert))),
        error => error.to_string(),
    }
}
