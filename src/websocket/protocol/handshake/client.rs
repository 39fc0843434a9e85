//! The opening handshake of a client as a value (RFC 6455 §4.1): from the first request to the open connection, or to the reason
//! why there is none.

use std::fmt;

use super::builder::{HandshakeRequestBuilder, HandshakeRequestError, handshake_key};
use super::outcome::{judge, without_controls};
use crate::http::{Credentials, Exchange, Failure, HttpResponse, NotHttp, Peer, Progress};
use crate::websocket::protocol::{DeflateParameters, MAX_HEADER_FIELDS, MAX_RESPONSE_LINE_SIZE};

/// The opening handshake of a client: requests out, received bytes in, over one connection after the other if need be.
///
/// It passes over interim responses (RFC 9110 §15.2), answers a 401 with Basic or Digest, finds the end of its body, and says
/// after each step what is to be done next.
///
/// ```
/// use slotwire::websocket::protocol::{ClientHandshake, ClientHandshakeProgress};
/// use slotwire::websocket::protocol::{HandshakeRequestBuilder, accept_key, handshake_key};
///
/// let url = url::Url::parse("ws://example.com/chat")?;
/// // 16 random bytes each, as a rule.
/// let (secret, nonce) = ([1; 16], *b"the sample nonce");
/// let mut handshake = ClientHandshake::new(HandshakeRequestBuilder::new(&url, ""), secret);
/// let mut connection = Vec::new();
/// handshake.send_request(nonce, &mut connection)?;
/// assert!(connection.starts_with(b"GET /chat HTTP/1.1\r\n"));
///
/// let received = b"HTTP/1.1 101 Switching Protocols\r\n\
///     Upgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\
///     \x81\x02hi";
/// let (taken, progress) = handshake.receive(received);
/// assert!(matches!(progress, ClientHandshakeProgress::Upgraded { subprotocol: None, .. }));
/// assert_eq!(received[taken..], *b"\x81\x02hi"); // for a `DataProcessor`
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Qt
/// `QWebSocketPrivate::processHandshake`, and its texts.
#[doc(alias = "processHandshake")]
pub struct ClientHandshake {
    request: HandshakeRequestBuilder,
    exchange: Exchange,
    /// All that follows is frames.
    is_open: bool,
}

/// The state of a [`ClientHandshake`], and the next thing to do.
///
/// ```
/// use slotwire::websocket::protocol::ClientHandshakeProgress;
///
/// fn needs_a_connection(progress: &ClientHandshakeProgress) -> bool {
///     matches!(progress, ClientHandshakeProgress::Reconnect)
/// }
/// assert!(!needs_a_connection(&ClientHandshakeProgress::Waiting));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientHandshakeProgress {
    /// Waits for bytes of the server.
    Waiting,
    /// The server asks for credentials for its [realm](ClientHandshake::realm): [`ClientHandshake::authenticate`]. The
    /// connection is still to be read, up to the end of the response.
    AuthenticationRequired,
    /// The request is to be sent again, on this connection: [`ClientHandshake::send_request`].
    SendAgain,
    /// The request is to be sent again, on a new connection: [`ClientHandshake::send_request`].
    Reconnect,
    /// The connection is open; what follows is frames.
    Upgraded {
        /// The subprotocol that the server chose, if it chose one.
        subprotocol: Option<String>,
        /// The agreed parameters of compression, if it was [offered](HandshakeRequestBuilder::set_compression).
        compression: Option<DeflateParameters>,
    },
    /// There will be no connection.
    Failed {
        /// The reason, in Qt's words.
        text: String,
        /// The server's response, if there is one.
        response: Option<HttpResponse>,
    },
}

impl ClientHandshake {
    /// A handshake that sends this request; each time with a key of its own, in place of the builder's. `secret` is random: the
    /// client's nonces for Digest are made of it.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{ClientHandshake, HandshakeRequestBuilder};
    ///
    /// let url = url::Url::parse("ws://example.com/chat")?;
    /// let mut request = HandshakeRequestBuilder::new(&url, "");
    /// request.set_origin("https://example.com").add_subprotocol("chat");
    /// let mut secret = [0; 16];
    /// getrandom::fill(&mut secret)?;
    /// let handshake = ClientHandshake::new(request, secret);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(request: HandshakeRequestBuilder, secret: [u8; 16]) -> Self {
        Self { request, exchange: Exchange::new(Peer::Server, secret), is_open: false }
    }

    /// Sets user and password that are tried, once, when the server asks.
    ///
    /// ```
    /// # use slotwire::websocket::protocol::{ClientHandshake, ClientHandshakeProgress};
    /// # use slotwire::websocket::protocol::HandshakeRequestBuilder;
    /// # let url = url::Url::parse("ws://example.com/chat")?;
    /// let mut handshake = ClientHandshake::new(HandshakeRequestBuilder::new(&url, ""), [1; 16]);
    /// handshake.set_credentials("ada", "lovelace");
    /// let mut connection = Vec::new();
    /// handshake.send_request([2; 16], &mut connection)?;
    /// let (_, progress) = handshake.receive(
    ///     b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
    /// );
    /// assert_eq!(progress, ClientHandshakeProgress::SendAgain);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_credentials(&mut self, user: &str, password: &str) {
        self.exchange.set_credentials(Credentials::new(user, password));
    }

    /// Sets how large the head of a response may be, together with those of interim responses before it: 64 KiB at first.
    ///
    /// ```
    /// # use slotwire::websocket::protocol::{ClientHandshake, ClientHandshakeProgress};
    /// # use slotwire::websocket::protocol::HandshakeRequestBuilder;
    /// # let url = url::Url::parse("ws://example.com/chat")?;
    /// let mut handshake = ClientHandshake::new(HandshakeRequestBuilder::new(&url, ""), [1; 16]);
    /// handshake.set_max_head_size(1024);
    /// handshake.send_request([2; 16], &mut Vec::new())?;
    /// let (_, progress) = handshake.receive("HTTP/1.1 101 ".repeat(100).as_bytes());
    /// assert!(matches!(progress, ClientHandshakeProgress::Failed { .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_max_head_size(&mut self, size: usize) {
        self.exchange.set_max_head_size(size);
    }

    /// Appends the request to `output`, with the key of these 16 random bytes. For each connection, and again after
    /// [`ClientHandshakeProgress::SendAgain`].
    ///
    /// ```
    /// # use slotwire::websocket::protocol::{ClientHandshake, HandshakeRequestBuilder};
    /// # let url = url::Url::parse("ws://example.com/chat")?;
    /// let mut handshake = ClientHandshake::new(HandshakeRequestBuilder::new(&url, ""), [1; 16]);
    /// let mut connection = Vec::new(); // a `TcpStream`, as a rule
    /// handshake.send_request(*b"the sample nonce", &mut connection)?;
    /// let request = String::from_utf8(connection)?;
    /// assert!(request.contains("\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`HandshakeRequestBuilder::build`]; nothing is written then.
    pub fn send_request(
        &mut self,
        nonce: [u8; 16],
        output: &mut Vec<u8>,
    ) -> Result<(), HandshakeRequestError> {
        self.request.set_key(handshake_key(nonce));
        if let Some(answer) = self.exchange.begin_request("GET", self.request.resource()) {
            self.request.set_authorization(answer);
        }
        output.extend_from_slice(&self.request.build()?);
        Ok(())
    }

    /// Takes what was received; says how much of it belongs to the handshake, and how far that is. All of it belongs there unless
    /// the connection is open.
    ///
    /// ```
    /// # use slotwire::websocket::protocol::{ClientHandshake, ClientHandshakeProgress};
    /// # use slotwire::websocket::protocol::HandshakeRequestBuilder;
    /// # let url = url::Url::parse("ws://example.com/chat")?;
    /// # let mut handshake = ClientHandshake::new(HandshakeRequestBuilder::new(&url, ""), [1; 16]);
    /// # handshake.send_request([2; 16], &mut Vec::new())?;
    /// // Somebody has taken the wrong port.
    /// let (_, progress) = handshake.receive(b"SSH-2.0-OpenSSH_9.6\r\n");
    /// let ClientHandshakeProgress::Failed { text, response: None } = progress else { panic!() };
    /// assert!(text.contains("\"SSH-2.0-OpenSSH_9.6\" is no HTTP response"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn receive(&mut self, input: &[u8]) -> (usize, ClientHandshakeProgress) {
        if self.is_open {
            return (0, ClientHandshakeProgress::Waiting);
        }
        let (taken, progress) = self.exchange.receive(input);
        let progress = self.judged(progress);
        self.is_open = matches!(progress, ClientHandshakeProgress::Upgraded { .. });
        (if self.is_open { taken } else { input.len() }, progress)
    }

    /// The realm for which user and password are wanted, in the server's words; empty if it names none.
    ///
    /// ```
    /// # use slotwire::websocket::protocol::{ClientHandshake, ClientHandshakeProgress};
    /// # use slotwire::websocket::protocol::HandshakeRequestBuilder;
    /// # let url = url::Url::parse("ws://example.com/chat")?;
    /// # let mut handshake = ClientHandshake::new(HandshakeRequestBuilder::new(&url, ""), [1; 16]);
    /// # handshake.send_request([2; 16], &mut Vec::new())?;
    /// let (_, progress) = handshake.receive(
    ///     b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"staff\"\r\n\r\n",
    /// );
    /// assert_eq!(progress, ClientHandshakeProgress::AuthenticationRequired);
    /// assert_eq!(handshake.realm(), "staff");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn realm(&self) -> &str {
        self.exchange.realm()
    }

    /// The user and the password that are known: those that were refused, if the server asks once more.
    ///
    /// ```
    /// # use slotwire::websocket::protocol::{ClientHandshake, HandshakeRequestBuilder};
    /// # let url = url::Url::parse("ws://example.com/chat")?;
    /// # let mut handshake = ClientHandshake::new(HandshakeRequestBuilder::new(&url, ""), [1; 16]);
    /// handshake.set_credentials("ada", "lovelace");
    /// assert_eq!(handshake.credentials(), ("ada", "lovelace"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn credentials(&self) -> (&str, &str) {
        let Credentials { user, password } = self.exchange.credentials();
        (user, password)
    }

    /// Answers [`ClientHandshakeProgress::AuthenticationRequired`]. What was refused already is no answer, and ends the
    /// handshake.
    ///
    /// ```
    /// # use slotwire::websocket::protocol::{ClientHandshake, ClientHandshakeProgress};
    /// # use slotwire::websocket::protocol::HandshakeRequestBuilder;
    /// # let url = url::Url::parse("ws://example.com/chat")?;
    /// # let mut handshake = ClientHandshake::new(HandshakeRequestBuilder::new(&url, ""), [1; 16]);
    /// # handshake.send_request([2; 16], &mut Vec::new())?;
    /// let (_, progress) = handshake.receive(
    ///     b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 5\r\n\r\nhe",
    /// );
    /// assert_eq!(progress, ClientHandshakeProgress::AuthenticationRequired);
    /// assert_eq!(handshake.authenticate("ada", "lovelace"), ClientHandshakeProgress::Waiting);
    /// assert_eq!(handshake.receive(b"llo").1, ClientHandshakeProgress::SendAgain);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn authenticate(&mut self, user: &str, password: &str) -> ClientHandshakeProgress {
        let progress = self.exchange.authenticate(Credentials::new(user, password));
        self.judged(progress)
    }

    /// The connection has ended: says how the handshake goes on all the same, if it does.
    ///
    /// ```
    /// # use slotwire::websocket::protocol::{ClientHandshake, ClientHandshakeProgress};
    /// # use slotwire::websocket::protocol::HandshakeRequestBuilder;
    /// # let url = url::Url::parse("ws://example.com/chat")?;
    /// # let mut handshake = ClientHandshake::new(HandshakeRequestBuilder::new(&url, ""), [1; 16]);
    /// # handshake.send_request([2; 16], &mut Vec::new())?;
    /// assert_eq!(handshake.connection_lost(), None); // nothing has come
    /// # handshake.set_credentials("ada", "lovelace");
    /// # handshake.receive(
    /// #     b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
    /// # );
    /// # handshake.send_request([3; 16], &mut Vec::new())?;
    /// // Behind a 401, it was to be kept for the request that answers it.
    /// assert_eq!(handshake.connection_lost(), Some(ClientHandshakeProgress::Reconnect));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn connection_lost(&mut self) -> Option<ClientHandshakeProgress> {
        let progress = self.exchange.connection_lost()?;
        Some(self.judged(progress))
    }

    /// Ends the wait: a refusal of which only the rest of the body is missing is returned without it. `None` if
    /// there is no response.
    ///
    /// ```
    /// # use slotwire::websocket::protocol::{ClientHandshake, ClientHandshakeProgress};
    /// # use slotwire::websocket::protocol::HandshakeRequestBuilder;
    /// # let url = url::Url::parse("ws://example.com/chat")?;
    /// # let mut handshake = ClientHandshake::new(HandshakeRequestBuilder::new(&url, ""), [1; 16]);
    /// # handshake.send_request([2; 16], &mut Vec::new())?;
    /// let (_, progress) =
    ///     handshake.receive(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nno");
    /// assert_eq!(progress, ClientHandshakeProgress::Waiting);
    /// let Some(ClientHandshakeProgress::Failed { response, .. }) = handshake.timed_out() else {
    ///     panic!()
    /// };
    /// assert_eq!(response.unwrap().body(), b"no");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn timed_out(&mut self) -> Option<ClientHandshakeProgress> {
        let response = self.exchange.take_response()?;
        Some(self.judged(Progress::Response(response)))
    }

    fn judged(&self, progress: Progress) -> ClientHandshakeProgress {
        match progress {
            Progress::Waiting => ClientHandshakeProgress::Waiting,
            Progress::Asking => ClientHandshakeProgress::AuthenticationRequired,
            Progress::SendAgain => ClientHandshakeProgress::SendAgain,
            Progress::Reconnect => ClientHandshakeProgress::Reconnect,
            Progress::Response(response) => {
                let offered = self.request.offered_subprotocols();
                let compression = self.request.compression();
                match judge(response.head(), self.request.key(), &offered, compression) {
                    Ok((subprotocol, compression)) => {
                        ClientHandshakeProgress::Upgraded { subprotocol, compression }
                    }
                    Err(text) => ClientHandshakeProgress::Failed {
                        text: without_controls(text),
                        response: Some(response),
                    },
                }
            }
            Progress::Failed(failure) => {
                let text = self.explain(&failure);
                ClientHandshakeProgress::Failed {
                    text: without_controls(text),
                    response: failure.into_response(),
                }
            }
        }
    }

    fn explain(&self, failure: &Failure) -> String {
        const STATUS: &str = "Read handshake request status failed";
        const HEADER: &str = "Parsing handshake request header failed";
        match failure {
            Failure::NotHttp(NotHttp::StatusLine(begin)) => {
                format!("{STATUS}: {begin:?} is no HTTP response")
            }
            Failure::NotHttp(NotHttp::BareLineFeed) => {
                format!("{HEADER}: this is not HTTP, as a line ends with LF instead of CR LF")
            }
            Failure::NotHttp(NotHttp::Field(line)) => {
                format!("{HEADER}: this is not HTTP, as {line:?} is no header field")
            }
            Failure::InvalidHead => format!(
                "{HEADER}: it has more than {MAX_HEADER_FIELDS} fields, or a line of more than \
                 {MAX_RESPONSE_LINE_SIZE} bytes"
            ),
            Failure::TooLarge => {
                format!("Header is too large: it does not end within {} bytes", self.exchange.max_head_size())
            }
            Failure::TooManyInterimResponses(response) => format!(
                "QWebSocketPrivate::processHandshake: Unhandled http status code: {}, in too many interim responses.",
                response.status_code()
            ),
            Failure::UnsupportedChallenge(response) => {
                let count = response.head().fields().values("www-authenticate").count();
                let plural = if count == 1 { "" } else { "s" };
                format!(
                    "QWebSocketPrivate::processHandshake: \
                     Unsupported WWW-Authenticate challenge{plural} encountered."
                )
            }
            Failure::Unauthenticated(_) => {
                "QWebSocket::processHandshake: Host requires authentication".to_owned()
            }
        }
    }
}

/// Shows the request as [`HandshakeRequestBuilder`] does, without secrets.
impl fmt::Debug for ClientHandshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientHandshake").field("request", &self.request).finish_non_exhaustive()
    }
}
