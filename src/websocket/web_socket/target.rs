//! The destination of an opening (private): the URL of its request, checked, or the reason why it cannot be opened.

use super::ssl;
use crate::http::NotAUrl;
use crate::{NetworkRequest, SocketError};

/// The destination of a request.
pub(super) struct Target {
    pub(super) host: String,
    pub(super) host_field: String,
    pub(super) port: u16,
    pub(super) resource: String,
    pub(super) is_secure: bool,
}

/// The reason why a request cannot be made, found before anything else happens.
pub(super) enum Refused {
    InvalidUrl(NotAUrl),
    InvalidResourceName,
    /// The scheme, and the resource.
    UnsupportedScheme(String, String),
}

impl Target {
    pub(super) fn of(request: &NetworkRequest) -> Result<Self, Refused> {
        let url = request.parts().map_err(Refused::InvalidUrl)?;
        if url.path().contains("%0D%0A") {
            return Err(Refused::InvalidResourceName);
        }
        match default_port(url.scheme()) {
            Some((port, is_secure)) => Ok(Self {
                // It may be empty, as in Qt: such a host is looked up, in vain.
                host: url.host().to_owned(),
                host_field: url.host_field(),
                port: url.port().unwrap_or(port),
                resource: url.target(),
                is_secure,
            }),
            None => Err(Refused::UnsupportedScheme(url.scheme().to_owned(), url.target())),
        }
    }
}

/// The port of a scheme that can be opened, and whether it is that of TLS.
fn default_port(scheme: &str) -> Option<(u16, bool)> {
    match scheme {
        "ws" => Some((80, false)),
        "wss" if ssl::IS_SUPPORTED => Some((443, true)),
        _ => None,
    }
}

impl Refused {
    /// The error and its text, as Qt has them, and a more precise reason for the log.
    pub(super) fn facts(&self) -> (SocketError, String, String) {
        const SCHEMES: &str = match ssl::IS_SUPPORTED {
            true => "the scheme has to be \"ws\" or \"wss\"",
            false => "the scheme has to be \"ws\": this build has no TLS",
        };
        let refused = |text: &str, reason: String| (SocketError::ConnectionRefused, text.to_owned(), reason);
        match self {
            Self::InvalidUrl(fault) => refused("Invalid URL.", fault.to_string()),
            Self::InvalidResourceName => {
                refused("Invalid resource name.", "a path has no line breaks".to_owned())
            }
            Self::UnsupportedScheme(scheme, _) => {
                let text = match scheme.as_str() {
                    "wss" => "SSL Sockets are not supported on this platform.".to_owned(),
                    scheme => format!("Unsupported WebSocket scheme: {scheme}"),
                };
                (SocketError::UnsupportedSocketOperation, text, SCHEMES.to_owned())
            }
        }
    }
}
