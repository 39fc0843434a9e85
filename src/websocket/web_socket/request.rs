//! The request with which a connection was opened, and the result of its handshake.

use url::Url;

use super::WebSocket;
use super::readable_url::readable;
use super::ssl::OpeningSsl;
#[cfg(feature = "deflate")]
use crate::websocket::protocol::DeflateParameters;
use crate::websocket::protocol::{ClientHandshake, CompactHead, HandshakeRequest};
use crate::{HandshakeOptions, HttpResponse, NetworkProxy, NetworkRequest, Version};

impl WebSocket {
    /// The request with which the connection was opened; of an accepted socket, the URL and all header fields that the client
    /// sent: those of the same name are one, with commas between. Empty before the first `open`.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer};
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.new_connection().connect(move |()| {
    ///     while let Some(socket) = server.next_pending_connection() {
    ///         if let Some(cookie) = socket.request().raw_header("cookie") {
    ///             println!("{}", String::from_utf8_lossy(cookie));
    ///         }
    ///     }
    /// });
    /// # server.delete();
    /// ```
    pub fn request(self) -> NetworkRequest {
        let opened = self.with_opened(|opened| opened.request.clone());
        opened
            .or_else(|| self.received_request().map(|request| as_network_request(&request)))
            .unwrap_or_default()
    }

    /// The URL of [`request`](Self::request); `None` before the first `open`.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.request_url(), None);
    /// socket.open("ws://localhost:1234/chat?room=lobby");
    /// let url = socket.request_url().unwrap();
    /// assert_eq!((url.path(), url.query()), ("/chat", Some("room=lobby")));
    /// assert_eq!(socket.resource_name(), "/chat?room=lobby");
    /// # socket.delete();
    /// ```
    #[doc(alias = "requestUrl")]
    pub fn request_url(self) -> Option<Url> {
        self.with_opened(|opened| opened.request.url().cloned())
            .unwrap_or_else(|| self.received_request().and_then(|request| request.url()))
    }

    /// The path and the query that are asked for, with their escapes; of an accepted socket, as in Qt, the whole URL as people
    /// read it: with spaces, and with characters beyond ASCII as they are.
    ///
    /// [`request_url`](Self::request_url) has the parts of both, [`request_target`](Self::request_target) what was sent.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// let socket = WebSocket::new();
    /// let url = server.server_url().join("rooms/caf%C3%A9?seat=2").unwrap();
    /// socket.open(url);
    /// assert_eq!(socket.resource_name(), "/rooms/caf%C3%A9?seat=2");
    /// server.new_connection().connect(move |()| {
    ///     while let Some(client) = server.next_pending_connection() {
    ///         assert!(client.resource_name().ends_with("/rooms/café?seat=2"));
    ///     }
    /// #     Application::quit();
    /// });
    /// # Application::exec();
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "resourceName")]
    pub fn resource_name(self) -> String {
        let opened = self.with_opened(|opened| opened.resource.clone());
        opened.or_else(|| self.request_url().map(|url| readable(&url))).unwrap_or_default()
    }

    /// The target in the first line of the opening request, as it was sent (RFC 9112 §3.2): usually a path and a query. Empty
    /// before the first `open`.
    ///
    /// Of an accepted socket, nothing in it is changed: dot segments, backslashes and escapes are those that the client wrote,
    /// which the [URL](Self::request_url) does not show.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # use std::io::Write;
    /// let server = WebSocketServer::new("", SslMode::NonSecure);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// server.new_connection().connect(move |()| {
    ///     while let Some(client) = server.next_pending_connection() {
    ///         assert_eq!(client.request_target(), "/rooms/../secret?seat=%32");
    ///         assert_eq!(client.request_url().unwrap().path(), "/secret");
    ///     }
    /// #     Application::quit();
    /// });
    /// # let mut client = std::net::TcpStream::connect(("127.0.0.1", server.server_port())).unwrap();
    /// # write!(client, "GET /rooms/../secret?seat=%32 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    /// #     Connection: Upgrade\r\n\
    /// #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").unwrap();
    /// # Application::exec();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn request_target(self) -> String {
        let opened = self.with_opened(|opened| opened.resource.clone());
        opened
            .or_else(|| self.received_request().map(|request| request.resource().into_owned()))
            .unwrap_or_default()
    }

    /// The options that were given to [`open_with`](Self::open_with); of an accepted socket, what the client offered.
    ///
    /// ```
    /// use slotwire::{HandshakeOptions, WebSocket};
    /// let socket = WebSocket::new();
    /// let options = HandshakeOptions::new().with_subprotocols(["chat.v2", "chat.v1"]);
    /// socket.open_with("ws://localhost:1234", options);
    /// // The connection is lost: the same again.
    /// socket.disconnected().connect(move |()| {
    ///     socket.open_with(socket.request(), socket.handshake_options());
    /// });
    /// assert_eq!(socket.handshake_options().subprotocols(), ["chat.v2", "chat.v1"]);
    /// # socket.delete();
    /// ```
    #[doc(alias = "handshakeOptions")]
    pub fn handshake_options(self) -> HandshakeOptions {
        self.with_opened(|opened| opened.options.clone()).unwrap_or_else(|| match self.received_request() {
            Some(request) => HandshakeOptions::new()
                .with_subprotocols(request.subprotocols().map(|name| name.into_owned())),
            None => HandshakeOptions::new(),
        })
    }

    /// The origin that was given to [`with_origin`](Self::with_origin), or received from the client; empty if there is none.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// server.new_connection().connect(move |()| {
    ///     while let Some(client) = server.next_pending_connection() {
    ///         // The page that has opened this connection in a browser.
    ///         assert_eq!(client.origin(), "https://example.org");
    ///     }
    /// #     Application::quit();
    /// });
    /// # let socket = WebSocket::with_origin("https://example.org");
    /// # socket.open(server.server_url());
    /// # Application::exec();
    /// # socket.delete();
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn origin(self) -> String {
        match self.received_request() {
            Some(request) => request.origin().into_owned(),
            None => self.with_rare(|rare| rare.origin.borrow().to_string()).unwrap_or_default(),
        }
    }

    /// The subprotocol that both sides agreed on, known from `connected` on; empty if there is none.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.connected().connect(move |()| match &*socket.subprotocol() {
    ///     "chat.v2" => println!("the new one"),
    ///     _ => socket.close(),
    /// });
    /// # socket.delete();
    /// ```
    pub fn subprotocol(self) -> String {
        self.with_rare(|rare| rare.subprotocol.borrow().to_string()).unwrap_or_default()
    }

    /// The parameters of compression that both sides have agreed on, known from `connected` on; `None` if nothing is compressed.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// let socket = WebSocket::new();
    /// let options = HandshakeOptions::new().with_compression(Compression::new());
    /// socket.open_with("ws://localhost:1234", options);
    /// socket.connected().connect(move |()| match socket.compression() {
    ///     Some(agreed) => println!("{agreed}"),
    ///     None => println!("the server does not compress"),
    /// });
    /// # socket.delete();
    /// ```
    ///
    /// # Qt
    /// Qt 6 has no compression.
    #[cfg(feature = "deflate")]
    pub fn compression(self) -> Option<DeflateParameters> {
        self.0.with(|socket| socket.compression.parameters())?
    }

    /// The response by which the server has refused the last [`open`](Self::open): status, header fields as `Location` and
    /// `Retry-After`, and the [beginning of the body](HttpResponse::body). Known from `error_occurred` on, up to the next `open`;
    /// `None` if there was no such response.
    ///
    /// A body that has a length, or comes in chunks, is waited for before the error is reported, up to 4 KiB, and up to the
    /// [time for the handshake](Self::handshake_timeout). Of a 401 that nobody answers there is no body.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// # use slotwire::Application;
    /// # use std::io::{Read, Write};
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let url = format!("ws://{}", listener.local_addr()?);
    /// # std::thread::spawn(move || {
    /// #     let (mut stream, _) = listener.accept().unwrap();
    /// #     let _ = stream.read(&mut [0; 1024]);
    /// #     stream.write_all(b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 5\r\n\r\nlater").unwrap();
    /// # });
    /// let socket = WebSocket::new();
    /// socket.error_occurred().connect(move |_| {
    ///     let Some(response) = socket.refusal() else { return };
    ///     assert_eq!(response.status_code(), 503);
    ///     assert_eq!(response.raw_header("Retry-After"), Some(&b"120"[..]));
    ///     assert_eq!(response.body(), b"later");
    /// #   Application::quit();
    /// });
    /// socket.open(url);
    /// # Application::exec();
    /// # socket.delete();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Qt
    /// Qt has the status in the text of the error only.
    pub fn refusal(self) -> Option<HttpResponse> {
        self.with_opened(|opened| opened.refusal.as_deref().cloned()).flatten()
    }

    /// The version that was given to [`with_version`](Self::with_version); 13 for an accepted socket, and by default.
    ///
    /// ```
    /// use slotwire::{Version, WebSocket};
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.version(), Version::LATEST);
    /// assert_eq!(socket.version().number(), 13);
    /// # socket.delete();
    /// ```
    pub fn version(self) -> Version {
        self.with_rare(|rare| rare.version.get()).unwrap_or(Version::LATEST)
    }
}

fn as_network_request(received: &HandshakeRequest) -> NetworkRequest {
    let mut request = received.url().map(NetworkRequest::from).unwrap_or_default();
    for (name, value) in received.headers() {
        request.add_raw_header(name, value);
    }
    request
}

/// The request that the connection belongs to.
#[derive(Default)]
pub(super) enum Request {
    #[default]
    None,
    Opened(Box<OpenedRequest>),
    /// The client's request: it is taken apart when somebody asks.
    Accepted {
        head: CompactHead,
        secure: bool,
    },
}

#[derive(Default)]
pub(super) struct OpenedRequest {
    pub(super) request: NetworkRequest,
    pub(super) options: HandshakeOptions,
    pub(super) resource: String,
    pub(super) host_field: String,
    /// Empty if it was refused, and while `state_changed(Connecting)` is emitted.
    pub(super) peer_name: String,
    /// The proxy that was set when the socket was opened, for all its connections: a 401 may need a second one. `None`: there is
    /// no proxy that a socket can use.
    pub(super) proxy: Option<NetworkProxy>,
    /// The configuration of `wss`; `None`: it is not encrypted.
    pub(super) ssl: Option<OpeningSsl>,
    /// While it is under way.
    pub(super) handshake: Option<Box<ClientHandshake>>,
    pub(super) refusal: Option<Box<HttpResponse>>,
}
