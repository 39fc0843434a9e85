use std::fmt;

// QAbstractSocket::SocketError.
pub use crate::error::SocketError;
pub(crate) use crate::error::SocketFailure;

/// The state of a socket. `Display` writes Qt's name: `ConnectedState`.
///
/// A [`WebSocket`](crate::WebSocket) is only ever `Unconnected`, `Connecting`, `Connected` or `Closing`; a
/// [`TcpSocket`](crate::TcpSocket) may be in `HostLookup` or `Bound` as well. `Listening` is Qt's, and does not occur.
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
    /// The host's name is being looked up.
    #[doc(alias = "HostLookupState")]
    HostLookup,
    /// The connection is being established; in a WebSocket, up to the end of the opening handshake.
    #[doc(alias = "ConnectingState")]
    Connecting,
    /// Connected: data can be sent and received.
    #[doc(alias = "ConnectedState")]
    Connected,
    /// Bound to an address by [`bind`](crate::TcpSocket::bind), and not connecting yet.
    #[doc(alias = "BoundState")]
    Bound,
    /// Listening. Does not occur: servers are no sockets here.
    #[doc(alias = "ListeningState")]
    Listening,
    /// About to close: data may still have to be written, and a WebSocket waits for the peer's close frame.
    #[doc(alias = "ClosingState")]
    Closing,
}

/// Ways to share an address and port, for [`TcpSocket::bind`](crate::TcpSocket::bind).
///
/// ```
/// use slotwire::prelude::*;
/// let socket = TcpSocket::new();
/// socket.bind(HostAddress::LocalHost, 0, BindMode::ShareAddress)?;
/// # socket.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
#[doc(alias = "BindFlag")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BindMode {
    /// As the system does it. The default. On Unix a port that was in use a short while ago is not free (`SO_REUSEADDR` is off).
    #[default]
    DefaultForPlatform,
    /// Others may use the port as well, as far as the system allows that (`SO_REUSEADDR`).
    ShareAddress,
    /// Nobody else may use the port. On Unix it is as [`DefaultForPlatform`](Self::DefaultForPlatform).
    DontShareAddress,
    /// The port is taken even if it was in use a short while ago (`SO_REUSEADDR`). On Windows, which does that anyway, it is as
    /// [`DefaultForPlatform`](Self::DefaultForPlatform).
    ReuseAddressHint,
}

/// The events after which a socket pauses, and waits for the program to call [`resume`](crate::WebSocket::resume).
///
/// ```
/// use slotwire::{PauseMode, WebSocket};
/// let socket = WebSocket::new();
/// socket.set_pause_mode(PauseMode::OnSslErrors);
/// assert_eq!(socket.pause_mode(), PauseMode::OnSslErrors);
/// # socket.delete();
/// ```
#[doc(alias = "PauseModes")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PauseMode {
    /// It never pauses. The default.
    #[doc(alias = "PauseNever")]
    #[default]
    Never,
    /// It pauses when something is wrong with the peer's certificate, after [`ssl_errors`](crate::WebSocket::ssl_errors) was
    /// emitted.
    #[doc(alias = "PauseOnSslErrors")]
    OnSslErrors,
}

impl fmt::Display for SocketState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}State")
    }
}
