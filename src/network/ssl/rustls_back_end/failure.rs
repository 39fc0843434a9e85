//! Qt's errors and texts for rustls's.

use rustls::Error;

use super::super::AlertType;
use super::super::session::TlsFailure;
use crate::network::SocketError;

pub(super) fn of_handshake(text: &str) -> TlsFailure {
    TlsFailure::new(SocketError::SslHandshakeFailed, format!("Error during SSL handshake: {text}"))
}

/// After the handshake.
pub(super) fn of_reading(text: &str) -> TlsFailure {
    TlsFailure::new(SocketError::SslInternal, format!("Error while reading: {text}"))
}

/// For what does not begin as TLS does: OpenSSL's words, as it is them that people look for.
pub(super) fn no_tls(input: &[u8]) -> &'static str {
    let is_http = [&b"GET "[..], b"POST ", b"HEAD ", b"PUT "].iter().any(|method| input.starts_with(method));
    if is_http { "http request" } else { "wrong version number" }
}

pub(super) fn text(error: &Error) -> String {
    match error {
        Error::AlertReceived(alert) => format!("received fatal alert: {}", AlertType(u8::from(*alert))),
        error => error.to_string(),
    }
}
