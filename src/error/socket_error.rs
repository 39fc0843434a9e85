use std::borrow::Cow;
use std::fmt;
use std::io;

/// An error of a socket. `Display` writes Qt's text.
///
/// The `error_string` of the socket often says more.
///
/// ```
/// use slotwire::{SocketError, WebSocket};
/// let socket = WebSocket::new();
/// socket.error_occurred().connect(move |error| match error {
///     SocketError::HostNotFound => println!("is the name right?"),
///     SocketError::RemoteHostClosed => println!("the connection was lost"),
///     _ => println!("{error:?}: {}", socket.error_string()),
/// });
/// assert_eq!(SocketError::HostNotFound.to_string(), "Host not found");
/// # socket.delete();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SocketError {
    /// The peer refused the connection. In a WebSocket also: the URL is not valid, or the server's answer to the opening
    /// handshake is not the right one.
    #[doc(alias = "ConnectionRefusedError")]
    ConnectionRefused,
    /// The peer closed the connection; in a WebSocket, without a close frame.
    #[doc(alias = "RemoteHostClosedError")]
    RemoteHostClosed,
    /// The host's name was not found.
    #[doc(alias = "HostNotFoundError")]
    HostNotFound,
    /// The program lacks a privilege, or a proxy denies access.
    #[doc(alias = "SocketAccessError")]
    SocketAccess,
    /// The system has run out of something: descriptors, for example; or as much waits to be sent to the peer of a WebSocket as
    /// [may](crate::Limits::max_bytes_to_write).
    #[doc(alias = "SocketResourceError")]
    SocketResource,
    /// It took too long: no address answered within 30 s, or the opening handshake of a WebSocket
    /// exceeded its limit; or its peer has [not read](crate::SlowPeerPolicy::StopReading) for too long.
    #[doc(alias = "SocketTimeoutError")]
    SocketTimeout,
    /// A datagram was too large. Does not occur.
    #[doc(alias = "DatagramTooLargeError")]
    DatagramTooLarge,
    /// The network cannot be reached, or failed.
    #[doc(alias = "NetworkError")]
    Network,
    /// The address to listen at is in use.
    #[doc(alias = "AddressInUseError")]
    AddressInUse,
    /// The address to listen at does not belong to this host.
    #[doc(alias = "SocketAddressNotAvailableError")]
    SocketAddressNotAvailable,
    /// The operation is not supported: a URL that is neither `ws` nor `wss`, or a proxy of the wrong type.
    #[doc(alias = "UnsupportedSocketOperationError")]
    UnsupportedSocketOperation,
    /// A WebSocket was closed before it was connected.
    #[doc(alias = "UnfinishedSocketOperationError")]
    UnfinishedSocketOperation,
    /// The proxy wants user and password, and was given none, or wrong ones.
    #[doc(alias = "ProxyAuthenticationRequiredError")]
    ProxyAuthenticationRequired,
    /// The TLS handshake failed, or something is wrong with the peer's certificate.
    #[doc(alias = "SslHandshakeFailedError")]
    SslHandshakeFailed,
    /// The proxy refused the connection.
    #[doc(alias = "ProxyConnectionRefusedError")]
    ProxyConnectionRefused,
    /// The proxy closed the connection before the peer was reached.
    #[doc(alias = "ProxyConnectionClosedError")]
    ProxyConnectionClosed,
    /// The proxy did not answer within 30 s.
    #[doc(alias = "ProxyConnectionTimeoutError")]
    ProxyConnectionTimeout,
    /// The proxy's name was not found.
    #[doc(alias = "ProxyNotFoundError")]
    ProxyNotFound,
    /// The proxy's answer could not be understood.
    #[doc(alias = "ProxyProtocolError")]
    ProxyProtocol,
    /// The state of the socket does not permit this.
    #[doc(alias = "OperationError")]
    Operation,
    /// The TLS library reported an error on an established connection.
    #[doc(alias = "SslInternalError")]
    SslInternal,
    /// The own certificate or key cannot be used.
    #[doc(alias = "SslInvalidUserDataError")]
    SslInvalidUserData,
    /// An error that may pass. Does not occur.
    #[doc(alias = "TemporaryError")]
    Temporary,
    /// None of the above, or no error at all: what [`WebSocket::error`](crate::WebSocket::error) returns if there was none.
    #[doc(alias = "UnknownSocketError")]
    #[default]
    Unknown,
}

impl SocketError {
    /// The error that stands for what the operating system said.
    pub(crate) fn from_io(error: &io::Error) -> Self {
        use io::ErrorKind;
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::ConnectionRefused,
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => Self::RemoteHostClosed,
            ErrorKind::PermissionDenied => Self::SocketAccess,
            ErrorKind::TimedOut => Self::SocketTimeout,
            ErrorKind::AddrInUse => Self::AddressInUse,
            ErrorKind::AddrNotAvailable => Self::SocketAddressNotAvailable,
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
                Self::Network
            }
            ErrorKind::OutOfMemory => Self::SocketResource,
            ErrorKind::Unsupported => Self::UnsupportedSocketOperation,
            _ if is_unsupported_protocol(error) => Self::UnsupportedSocketOperation,
            _ if is_out_of_descriptors(error) => Self::SocketResource,
            _ => Self::Unknown,
        }
    }

    /// Returns whether it is the encryption that has failed.
    pub(crate) fn is_of_tls(self) -> bool {
        matches!(self, Self::SslHandshakeFailed | Self::SslInternal | Self::SslInvalidUserData)
    }

    /// Qt's text.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::ConnectionRefused => "Connection refused",
            Self::RemoteHostClosed => "The remote host closed the connection",
            Self::HostNotFound => "Host not found",
            Self::SocketAccess => "Permission denied",
            Self::SocketResource => "Out of resources",
            Self::SocketTimeout => "Connection timed out",
            Self::DatagramTooLarge => "Datagram was too large to send",
            Self::Network => "Network unreachable",
            Self::AddressInUse => "The bound address is already in use",
            Self::SocketAddressNotAvailable => "The address is not available",
            Self::UnsupportedSocketOperation => "Operation on socket is not supported",
            Self::UnfinishedSocketOperation => "Network operation is not finished",
            Self::ProxyAuthenticationRequired => "Proxy requires authentication",
            Self::SslHandshakeFailed => "The TLS handshake failed",
            Self::ProxyConnectionRefused => "Proxy connection refused",
            Self::ProxyConnectionClosed => "Proxy connection closed prematurely",
            Self::ProxyConnectionTimeout => "Proxy connection timed out",
            Self::ProxyNotFound => "Proxy not found",
            Self::ProxyProtocol => "Proxy protocol error",
            Self::Operation => "Invalid socket operation",
            Self::SslInternal => "Internal TLS error",
            Self::SslInvalidUserData => "Invalid certificate or key",
            Self::Temporary => "Temporary error",
            Self::Unknown => "Unknown error",
        }
    }
}

/// An error, and what is said about it: usually Qt's text for it, sometimes more.
#[derive(Clone, Debug)]
pub(crate) struct SocketFailure {
    pub(crate) error: SocketError,
    pub(crate) text: Cow<'static, str>,
}

impl SocketFailure {
    pub(crate) fn new(error: SocketError, text: impl Into<Cow<'static, str>>) -> Self {
        Self { error, text: text.into() }
    }

    /// Translates an error of the operating system into Qt's words: some errors have a text of their own.
    pub(crate) fn from_io(error: &io::Error) -> Self {
        let socket_error = SocketError::from_io(error);
        let text = match error.kind() {
            io::ErrorKind::HostUnreachable => "Host unreachable",
            _ if is_unsupported_protocol(error) => "Protocol type not supported",
            _ => socket_error.text(),
        };
        Self::new(socket_error, text)
    }
}

impl From<SocketError> for SocketFailure {
    fn from(error: SocketError) -> Self {
        Self::new(error, error.text())
    }
}

/// Takes the kind and text of the operating system's error, or of the failure that it carries.
impl From<io::Error> for SocketFailure {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => failure,
            Err(error) => Self::from_io(&error),
        }
    }
}

impl fmt::Display for SocketFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for SocketFailure {}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Returns whether the system has no such family of addresses or no such protocol (`socket(2)`): usually, it is without IPv6.
fn is_unsupported_protocol(error: &io::Error) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CODES: &[i32] = &[97, 93]; // EAFNOSUPPORT, EPROTONOSUPPORT
    #[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
    const CODES: &[i32] = &[47, 43];
    #[cfg(windows)]
    const CODES: &[i32] = &[10047, 10043]; // WSAEAFNOSUPPORT, WSAEPROTONOSUPPORT
    #[cfg(not(any(unix, windows)))]
    const CODES: &[i32] = &[];
    error.raw_os_error().is_some_and(|code| CODES.contains(&code))
}

/// Returns whether the process or the system has no descriptor left (`EMFILE`, `ENFILE`), or no memory for buffers.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    #[cfg(unix)]
    const CODES: &[i32] = &[24, 23, 105, 12]; // EMFILE, ENFILE, ENOBUFS (Linux), ENOMEM
    #[cfg(windows)]
    const CODES: &[i32] = &[10024, 10055]; // WSAEMFILE, WSAENOBUFS
    #[cfg(not(any(unix, windows)))]
    const CODES: &[i32] = &[];
    error.raw_os_error().is_some_and(|code| CODES.contains(&code))
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use super::*;

    #[test]
    fn the_errors_of_a_system_call_have_qts_numbers_and_texts() {
        for (code, error, text) in [
            (97, SocketError::UnsupportedSocketOperation, "Protocol type not supported"), // EAFNOSUPPORT
            (93, SocketError::UnsupportedSocketOperation, "Protocol type not supported"), // EPROTONOSUPPORT
            (24, SocketError::SocketResource, "Out of resources"),                        // EMFILE
            (105, SocketError::SocketResource, "Out of resources"),                       // ENOBUFS
            (13, SocketError::SocketAccess, "Permission denied"),                         // EACCES
            (98, SocketError::AddressInUse, "The bound address is already in use"),
            (99, SocketError::SocketAddressNotAvailable, "The address is not available"),
            (101, SocketError::Network, "Network unreachable"),
            (113, SocketError::Network, "Host unreachable"),
            (111, SocketError::ConnectionRefused, "Connection refused"),
        ] {
            let failure = SocketFailure::from(io::Error::from_raw_os_error(code));
            assert_eq!((failure.error, &*failure.text), (error, text), "{code}");
        }
    }
}
