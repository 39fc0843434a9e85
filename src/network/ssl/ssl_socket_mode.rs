/// The part that an [`SslSocket`](crate::SslSocket) plays in the encryption of its connection.
///
/// ```
/// use slotwire::{SslSocket, SslSocketMode};
/// let socket = SslSocket::new();
/// assert_eq!(socket.mode(), SslSocketMode::Unencrypted);
/// # socket.delete();
/// ```
#[doc(alias = "SslMode")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SslSocketMode {
    /// The connection is not encrypted, and nobody has asked for it. The default.
    #[doc(alias = "UnencryptedMode")]
    #[default]
    Unencrypted,
    /// The socket is the client of TLS.
    #[doc(alias = "SslClientMode")]
    Client,
    /// The socket is the server of TLS.
    #[doc(alias = "SslServerMode")]
    Server,
}
