use std::borrow::Cow;
use std::fmt;
use std::io;

/// What a socket is doing. Its name, by `Display`, is Qt's: `ConnectedState`.
///
/// A [`WebSocket`](crate::WebSocket) is only ever `Unconnected`, `Connecting`, `Connected` or `Closing`.
///
/// ```
/// use slotwire::{SocketState, TcpSocket};
/// let socket = TcpSocket::new();
/// assert_eq!(socket.state(), SocketState::Unconnected);
/// assert_eq!(socket.state().to_string(), "UnconnectedState");
/// # socket.delete();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SocketState {
    /// Not connected.
    #[doc(alias = "UnconnectedState")]
    #[default]
    Unconnected,
    /// Looking up the host's name.
    #[doc(alias = "HostLookupState")]
    HostLookup,
    /// Establishing the connection; for a WebSocket up to the end of the opening handshake.
    #[doc(alias = "ConnectingState")]
    Connecting,
    /// Connected.
    #[doc(alias = "ConnectedState")]
    Connected,
    /// Bound to an address.
    #[doc(alias = "BoundState")]
    Bound,
    /// Listening (of a server's own socket).
    #[doc(alias = "ListeningState")]
    Listening,
    /// About to close; data may still have to be written.
    #[doc(alias = "ClosingState")]
    Closing,
}

/// Whether a socket waits for the program when something notable happens.
///
/// ```
/// use slotwire::{PauseMode, WebSocket};
/// let socket = WebSocket::new();
/// socket.set_pause_mode(PauseMode::OnSslErrors);
/// assert_eq!(socket.pause_mode(), PauseMode::OnSslErrors);
/// # socket.delete();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PauseMode {
    /// Never: everything goes on by itself.
    #[doc(alias = "PauseNever")]
    #[default]
    Never,
    /// When a certificate is not as it should be, until `resume` is called.
    #[doc(alias = "PauseOnSslErrors")]
    OnSslErrors,
}

/// What went wrong with a socket. Its text, by `Display`, is Qt's.
///
/// ```
/// use slotwire::{SocketError, WebSocket};
/// let socket = WebSocket::new();
/// socket.error_occurred().connect(|error| assert_eq!(error, SocketError::UnsupportedSocketOperation));
/// socket.open("gopher://localhost");
/// assert_eq!(SocketError::HostNotFound.to_string(), "Host not found");
/// # socket.delete();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SocketError {
    /// The peer refused the connection, or timed out; a WebSocket uses it for every failure of the opening handshake.
    #[doc(alias = "ConnectionRefusedError")]
    ConnectionRefused,
    /// The peer closed the connection.
    #[doc(alias = "RemoteHostClosedError")]
    RemoteHostClosed,
    /// The host's name has no address.
    #[doc(alias = "HostNotFoundError")]
    HostNotFound,
    /// The program lacks the privileges.
    #[doc(alias = "SocketAccessError")]
    SocketAccess,
    /// The system ran out of something, descriptors for example.
    #[doc(alias = "SocketResourceError")]
    SocketResource,
    /// It took too long.
    #[doc(alias = "SocketTimeoutError")]
    SocketTimeout,
    /// A datagram, or a payload, was larger than is possible.
    #[doc(alias = "DatagramTooLargeError")]
    DatagramTooLarge,
    /// The network failed.
    #[doc(alias = "NetworkError")]
    Network,
    /// The address is in use.
    #[doc(alias = "AddressInUseError")]
    AddressInUse,
    /// The address does not belong to this host.
    #[doc(alias = "SocketAddressNotAvailableError")]
    SocketAddressNotAvailable,
    /// The platform cannot do this.
    #[doc(alias = "UnsupportedSocketOperationError")]
    UnsupportedSocketOperation,
    /// An operation was not finished yet.
    #[doc(alias = "UnfinishedSocketOperationError")]
    UnfinishedSocketOperation,
    /// The proxy wants authentication.
    #[doc(alias = "ProxyAuthenticationRequiredError")]
    ProxyAuthenticationRequired,
    /// The TLS handshake failed.
    #[doc(alias = "SslHandshakeFailedError")]
    SslHandshakeFailed,
    /// The proxy refused the connection.
    #[doc(alias = "ProxyConnectionRefusedError")]
    ProxyConnectionRefused,
    /// The proxy closed the connection before it was established.
    #[doc(alias = "ProxyConnectionClosedError")]
    ProxyConnectionClosed,
    /// The proxy did not answer in time.
    #[doc(alias = "ProxyConnectionTimeoutError")]
    ProxyConnectionTimeout,
    /// The proxy's name has no address.
    #[doc(alias = "ProxyNotFoundError")]
    ProxyNotFound,
    /// The proxy's answer could not be understood.
    #[doc(alias = "ProxyProtocolError")]
    ProxyProtocol,
    /// The socket's state does not permit this.
    #[doc(alias = "OperationError")]
    Operation,
    /// The TLS library failed.
    #[doc(alias = "SslInternalError")]
    SslInternal,
    /// A certificate or a key cannot be used.
    #[doc(alias = "SslInvalidUserDataError")]
    SslInvalidUserData,
    /// Try again.
    #[doc(alias = "TemporaryError")]
    Temporary,
    /// None of the above; also what [`WebSocket::error`](crate::WebSocket::error) says when there was none.
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
            _ if is_out_of_descriptors(error) => Self::SocketResource,
            _ => Self::Unknown,
        }
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
}

impl From<SocketError> for SocketFailure {
    fn from(error: SocketError) -> Self {
        Self::new(error, error.text())
    }
}

/// What the operating system said, or what was put into its place.
impl From<io::Error> for SocketFailure {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => failure,
            Err(error) => SocketError::from_io(&error).into(),
        }
    }
}

impl fmt::Display for SocketFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for SocketFailure {}

impl fmt::Display for SocketState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}State")
    }
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Whether the process or the system has no descriptor left (`EMFILE`, `ENFILE`), or no memory for buffers.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    #[cfg(unix)]
    const CODES: &[i32] = &[24, 23, 105, 12]; // EMFILE, ENFILE, ENOBUFS (Linux), ENOMEM
    #[cfg(windows)]
    const CODES: &[i32] = &[10024, 10055]; // WSAEMFILE, WSAENOBUFS
    #[cfg(not(any(unix, windows)))]
    const CODES: &[i32] = &[];
    error.raw_os_error().is_some_and(|code| CODES.contains(&code))
}
