//! The opening handshake of a server as a value (RFC 6455 §4.2): from the first byte of a connection to the request, and from
//! there to the answer.

use std::fmt;
use std::time::SystemTime;

use super::request::HandshakeRequest;
use super::response::{HandshakeRefusal, HandshakeResponse};
use crate::http::{HeadProgress, IncomingHead};
use crate::websocket::protocol::MAX_HANDSHAKE_SIZE;

/// The opening handshake of a server: received bytes in, the answer out.
///
/// ```
/// use slotwire::websocket::protocol::{
///     HandshakeResponse, ServerHandshake, ServerHandshakeProgress,
/// };
/// use std::time::SystemTime;
///
/// let received = b"GET /chat HTTP/1.1\r\nHost: localhost\r\n\
///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\
///     \x81\x80";
/// let mut handshake = ServerHandshake::new(false);
/// let (taken, progress) = handshake.receive(received); // in one piece, or in many
/// let ServerHandshakeProgress::Requested(request) = progress else { panic!("{progress:?}") };
/// assert_eq!(request.resource(), "/chat");
///
/// let mut answer = Vec::new();
/// let response = HandshakeResponse::new(&request, &["chat"])?;
/// handshake.accept(&response, "Chat Server", SystemTime::now(), &mut answer)?;
/// assert!(answer.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
/// assert_eq!(received[taken..], *b"\x81\x80"); // for a `DataProcessor`
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Qt
/// `QWebSocketServerPrivate::handshakeReceived`. Empty lines in front of the request are passed over (RFC 9112 §2.2).
pub struct ServerHandshake {
    stage: Stage,
    is_secure: bool,
    max_head_size: usize,
}

/// The state of a [`ServerHandshake`], and the next thing to do.
///
/// ```
/// use slotwire::websocket::protocol::{ServerHandshake, ServerHandshakeProgress};
///
/// let mut handshake = ServerHandshake::new(false);
/// let mut answer = Vec::new();
/// match handshake.receive(b"GET / HTTP/1.1\r\n\r\n").1 {
///     ServerHandshakeProgress::Waiting => println!("waits for the client"),
///     ServerHandshakeProgress::Requested(request) => println!("{}", request.resource()),
///     ServerHandshakeProgress::Refused(refusal) => handshake.refuse(refusal, &mut answer),
/// }
/// assert!(answer.starts_with(b"HTTP/1.1 400 "));
/// ```
#[derive(Clone, Debug)]
pub enum ServerHandshakeProgress {
    /// Waits for bytes of the client.
    Waiting,
    /// This is the request. It is to be answered, by [`ServerHandshake::accept`] or [`ServerHandshake::refuse`].
    Requested(HandshakeRequest),
    /// There will be no request. Answer by [`ServerHandshake::refuse`].
    Refused(HandshakeRefusal),
}

enum Stage {
    Head {
        /// The bytes of the empty lines in front of it; if their number is odd, the second half of a line break is due.
        passed_over: usize,
        received: IncomingHead,
    },
    /// The request is there: what follows it is frames.
    Requested,
    /// The reason, if the request is invalid.
    Refused(Option<&'static str>),
}

/// No request begins with it, but a client that speaks TLS does (RFC 8446 §5.1). It is not let wait for an answer.
const TLS_HANDSHAKE: u8 = 22;

impl ServerHandshake {
    /// A handshake of which nothing was received yet. `secure` says whether the connection is one over TLS.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{ServerHandshake, ServerHandshakeProgress};
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    /// let (_, progress) = ServerHandshake::new(true).receive(head);
    /// let ServerHandshakeProgress::Requested(request) = progress else { panic!("{progress:?}") };
    /// assert_eq!(request.url().unwrap().as_str(), "wss://localhost/");
    /// ```
    #[must_use]
    pub fn new(secure: bool) -> Self {
        let stage = Stage::Head { passed_over: 0, received: IncomingHead::default() };
        Self { stage, is_secure: secure, max_head_size: MAX_HANDSHAKE_SIZE }
    }

    /// Sets how large the head of the request may be, with empty lines in front of it: [`MAX_HANDSHAKE_SIZE`] at first.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{
    ///     HandshakeRefusal, ServerHandshake, ServerHandshakeProgress,
    /// };
    ///
    /// let mut handshake = ServerHandshake::new(false);
    /// handshake.set_max_head_size(1024);
    /// let (_, progress) = handshake.receive(&[b'a'; 1024]);
    /// let ServerHandshakeProgress::Refused(refusal) = progress else { panic!("{progress:?}") };
    /// assert_eq!(refusal, HandshakeRefusal::HeaderTooLarge);
    /// ```
    pub fn set_max_head_size(&mut self, size: usize) {
        self.max_head_size = size;
    }

    /// Takes what was received next; returns how many bytes of it, and how far the handshake is. Bytes behind the request are not
    /// taken, as they are frames; those behind a request that was refused are, and nothing comes of them.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{ServerHandshake, ServerHandshakeProgress};
    ///
    /// let mut handshake = ServerHandshake::new(false);
    /// let (taken, progress) = handshake.receive(b"GET /chat HT");
    /// assert_eq!(taken, 12);
    /// assert!(matches!(progress, ServerHandshakeProgress::Waiting));
    /// ```
    pub fn receive(&mut self, input: &[u8]) -> (usize, ServerHandshakeProgress) {
        use ServerHandshakeProgress::Waiting;

        let (passed_over, received) = match &mut self.stage {
            Stage::Head { passed_over, received } => (passed_over, received),
            Stage::Requested => return (0, Waiting),
            Stage::Refused(_) => return (input.len(), Waiting),
        };
        let part = if received.is_empty() { pass_over_empty_lines(input, passed_over) } else { input };
        if *passed_over >= self.max_head_size {
            return (input.len(), self.too_large());
        }
        if let Some(&first) = part.first().filter(|_| received.is_empty()) {
            if first == TLS_HANDSHAKE {
                return (input.len(), self.invalid("speaks TLS to a server that does not"));
            }
            if !passed_over.is_multiple_of(2) {
                return (input.len(), self.invalid("begins with half a line break"));
            }
        }
        match received.take(part, self.max_head_size - *passed_over) {
            HeadProgress::Incomplete => (input.len(), Waiting),
            HeadProgress::Complete { head, rest } => {
                let taken = input.len() - rest.len();
                match HandshakeRequest::read(&head, self.is_secure) {
                    Ok(request) => {
                        self.stage = Stage::Requested;
                        (taken, ServerHandshakeProgress::Requested(request))
                    }
                    Err(fault) => (input.len(), self.invalid(fault)),
                }
            }
            HeadProgress::TooLarge => (input.len(), self.too_large()),
        }
    }

    /// Appends the answer that accepts the request to `output`. `server_name` becomes `Server`, if it is not empty; `now` is the
    /// date. Subprotocol and [compression](HandshakeResponse::accept_compression) are those of the response.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{
    ///     HandshakeResponse, ServerHandshake, ServerHandshakeProgress,
    /// };
    /// use std::time::SystemTime;
    ///
    /// let head = b"GET / HTTP/1.1\r\nHost: localhost\r\n\
    ///     Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: v2, v1\r\n\
    ///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    /// let mut handshake = ServerHandshake::new(false);
    /// let mut answer = Vec::new();
    /// if let (_, ServerHandshakeProgress::Requested(request)) = handshake.receive(head) {
    ///     match HandshakeResponse::new(&request, &["v1"]) {
    ///         Ok(response) => {
    ///             assert_eq!(response.subprotocol(), Some("v1"));
    ///             handshake.accept(&response, "", SystemTime::now(), &mut answer)?;
    ///         }
    ///         Err(refusal) => handshake.refuse(refusal, &mut answer),
    ///     }
    /// }
    /// assert!(answer.starts_with(b"HTTP/1.1 101 "));
    /// # Ok::<(), slotwire::websocket::protocol::HandshakeRefusal>(())
    /// ```
    ///
    /// # Errors
    /// Nothing is written, and the request is to be [refused](Self::refuse) with this: the name contains a line break.
    pub fn accept(
        &mut self,
        response: &HandshakeResponse<'_>,
        server_name: &str,
        now: SystemTime,
        output: &mut Vec<u8>,
    ) -> Result<(), HandshakeRefusal> {
        response.write(server_name, now, output)
    }

    /// Appends the answer that refuses to `output`. The connection is to be closed after it.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{HandshakeRefusal, ServerHandshake};
    ///
    /// let mut handshake = ServerHandshake::new(false);
    /// let mut answer = Vec::new();
    /// // Also before there is a request.
    /// handshake.refuse(HandshakeRefusal::TooManyConnections, &mut answer);
    /// assert!(answer.starts_with(b"HTTP/1.1 503 Service Unavailable\r\n"));
    /// assert_eq!(handshake.receive(b"GET / HTTP/1.1\r\n").0, 16); // and nothing comes of it
    /// ```
    pub fn refuse(&mut self, refusal: HandshakeRefusal, output: &mut Vec<u8>) {
        refusal.write(output);
        if !matches!(self.stage, Stage::Refused(_)) {
            self.stage = Stage::Refused(None);
        }
    }

    /// The error of the request, for the log.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        match self.stage {
            Stage::Refused(fault) => fault,
            Stage::Head { .. } | Stage::Requested => None,
        }
    }

    fn too_large(&mut self) -> ServerHandshakeProgress {
        self.stage = Stage::Refused(None);
        ServerHandshakeProgress::Refused(HandshakeRefusal::HeaderTooLarge)
    }

    fn invalid(&mut self, fault: &'static str) -> ServerHandshakeProgress {
        self.stage = Stage::Refused(Some(fault));
        ServerHandshakeProgress::Refused(HandshakeRefusal::InvalidRequest)
    }
}

/// Shows the state only. The received bytes may be a secret.
impl fmt::Debug for ServerHandshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Head { .. } => "Head",
            Stage::Requested => "Requested",
            Stage::Refused(_) => "Refused",
        };
        f.debug_struct("ServerHandshake").field("stage", &stage).finish_non_exhaustive()
    }
}

/// The rest of the input behind line breaks, whose bytes are counted in `passed_over` (RFC 9112 §2.2).
fn pass_over_empty_lines<'i>(input: &'i [u8], passed_over: &mut usize) -> &'i [u8] {
    let mut rest = input;
    while let Some((&byte, behind)) = rest.split_first() {
        let due = if passed_over.is_multiple_of(2) { b'\r' } else { b'\n' };
        if byte != due {
            break;
        }
        *passed_over += 1;
        rest = behind;
    }
    rest
}
