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
    pub(super) fn error(&self) -> SocketError {
        match self {
            Self::InvalidUrl(_) | Self::InvalidResourceName => SocketError::ConnectionRefused,
            Self::UnsupportedScheme(..) => SocketError::UnsupportedSocketOperation,
        }
    }

    /// A more precise reason than Qt's text, for the log.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::InvalidUrl(fault) => fault.to_string(),
            Self::InvalidResourceName => "a path has no line breaks".to_owned(),
            Self::UnsupportedScheme(..) if ssl::IS_SUPPORTED => {
                "the scheme has to be \"ws\" or \"wss\"".to_owned()
            }
            Self::UnsupportedScheme(..) => "the scheme has to be \"ws\": this build has no TLS".to_owned(),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::InvalidUrl(_) => "Invalid URL.".to_owned(),
            Self::InvalidResourceName => "Invalid resource name.".to_owned(),
            Self::UnsupportedScheme(scheme, _) if scheme == "wss" => {
                "SSL Sockets are not supported on this platform.".to_owned()
            }
            Self::UnsupportedScheme(scheme, _) => format!("Unsupported WebSocket scheme: {scheme}"),
        }
    }
}
