//! The errors of all layers: [`Error`], which calls return, and the errors of sockets, [`SocketError`].

mod socket_error;

use std::borrow::Cow;
use std::fmt;
use std::io;

pub use socket_error::SocketError;
pub(crate) use socket_error::SocketFailure;

/// The error of a call that can fail.
///
/// `Display` names what it is about, if there is such a thing, and says what is wrong in Qt's words where Qt has some.
/// `Debug` reads the same, so that a `main` that returns an error prints it as a person would; `{:#?}` shows all parts.
///
/// Later events of a connection are reported by signals; see [`WebSocket::error_occurred`](crate::WebSocket::error_occurred).
///
/// ```
/// use slotwire::{HostAddress, SocketError, SslMode, WebSocketServer};
///
/// let first = WebSocketServer::new("first", SslMode::NonSecure);
/// first.listen(HostAddress::LocalHost, 0)?;
/// let second = WebSocketServer::new("second", SslMode::NonSecure);
/// let port = first.server_port();
/// let error = second.listen(HostAddress::LocalHost, port).unwrap_err();
/// assert_eq!(error.socket_error(), Some(SocketError::AddressInUse));
/// let text = format!("127.0.0.1:{port}: The bound address is already in use");
/// assert_eq!(error.to_string(), text);
/// assert_eq!(second.error_string(), "The bound address is already in use"); // as Qt's
/// # first.delete(); second.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
pub struct Error(Box<Repr>);

struct Repr {
    kind: ErrorKind,
    /// The subject of the error: an address, a file.
    subject: Option<Box<str>>,
    text: Cow<'static, str>,
    source: Option<io::Error>,
}

/// The kind of an [`Error`].
///
/// ```
/// use slotwire::{ErrorKind, HostAddress, TcpServer};
///
/// let server = TcpServer::new();
/// server.listen(HostAddress::LocalHost, 0)?;
/// let error = server.listen(HostAddress::LocalHost, 0).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::AlreadyListening);
/// # server.delete();
/// # Ok::<(), slotwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An address, a port or a descriptor cannot be used as asked; [`Error::socket_error`] says why.
    Socket(SocketError),
    /// A listening server was asked to listen again.
    AlreadyListening,
    /// The object is dead, such as a deleted server that is asked to listen.
    ObjectDeleted,
    /// The thread that was to make a call has ended, or its [`Application::exec`](crate::Application::exec) has.
    LoopEnded,
    /// A call has not returned in the time that it had.
    TimedOut,
    /// A call has panicked in the thread that made it, or a [task](crate::Task) has.
    CallPanicked,
    /// A task was cancelled.
    Cancelled,
    /// A certificate cannot be read.
    InvalidCertificate,
    /// A private key cannot be read, or cannot be used.
    InvalidKey,
    /// The operating system refused something else: a descriptor, a poller, a file.
    System,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, text: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Repr { kind, subject: None, text: text.into(), source: None }))
    }

    pub(crate) fn socket(error: SocketError, text: impl Into<Cow<'static, str>>, source: io::Error) -> Self {
        Self::new(ErrorKind::Socket(error), text).caused_by(source)
    }

    #[cfg(feature = "_tls")]
    pub(crate) fn system(text: impl Into<Cow<'static, str>>, source: io::Error) -> Self {
        Self::new(ErrorKind::System, text).caused_by(source)
    }

    fn caused_by(mut self, source: io::Error) -> Self {
        self.0.source = Some(source);
        self
    }

    /// The same error, with the name of what it is about.
    pub(crate) fn about(mut self, subject: impl fmt::Display) -> Self {
        self.0.subject = Some(subject.to_string().into());
        self
    }

    /// The text of the error without its subject: Qt's `errorString`.
    pub(crate) fn text(&self) -> &str {
        &self.0.text
    }

    /// The kind of the error.
    ///
    /// ```
    /// use slotwire::{ErrorKind, HostAddress, TcpServer};
    /// let server = TcpServer::new();
    /// match server.listen(HostAddress::LocalHost, 0).map_err(|error| error.kind()) {
    ///     Ok(()) => println!("at port {}", server.server_port()),
    ///     Err(ErrorKind::Socket(error)) => println!("the address will not do: {error}"),
    ///     Err(kind) => println!("{kind:?}"),
    /// }
    /// # server.delete();
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The error of the socket, if the kind is [`ErrorKind::Socket`].
    ///
    /// ```
    /// use slotwire::{HostAddress, SocketError, TcpServer};
    /// let (first, second) = (TcpServer::new(), TcpServer::new());
    /// first.listen(HostAddress::LocalHost, 0)?;
    /// if let Err(error) = second.listen(HostAddress::LocalHost, first.server_port()) {
    ///     assert_eq!(error.socket_error(), Some(SocketError::AddressInUse));
    /// }
    /// # first.delete(); second.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn socket_error(&self) -> Option<SocketError> {
        match self.0.kind {
            ErrorKind::Socket(error) => Some(error),
            _ => None,
        }
    }
}

/// The output of a `main` that returns an error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return fmt::Display::fmt(self, f);
        }
        let Repr { kind, subject, text, source } = &*self.0;
        let mut fields = f.debug_struct("Error");
        fields.field("kind", kind).field("subject", subject).field("text", text).field("source", source);
        fields.finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(subject) = &self.0.subject {
            write!(f, "{subject}: ")?;
        }
        f.write_str(&self.0.text)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}

impl From<SocketFailure> for Error {
    fn from(failure: SocketFailure) -> Self {
        Self::new(ErrorKind::Socket(failure.error), failure.text)
    }
}

/// The text has no subject: a socket says only its own errors.
impl From<&Error> for SocketFailure {
    fn from(error: &Error) -> Self {
        Self::new(error.socket_error().unwrap_or_default(), error.text().to_owned())
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::new(ErrorKind::System, error.to_string()).caused_by(error)
    }
}
