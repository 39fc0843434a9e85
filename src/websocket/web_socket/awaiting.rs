//! The calls of a socket that a task awaits.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use super::WebSocket;
use super::private::UNKNOWN_ERROR;
use super::readable_url::readable;
use super::reception::ReceptionHold;
use crate::core::emissions::Awaiting;
use crate::websocket::limits::Limits;
use crate::websocket::message::Message;
use crate::websocket::protocol::CloseCode;
use crate::{Error, ErrorKind, NetworkRequest, NextEmission, SocketError, SocketState};

/// As much may wait to be sent before a task waits.
const MAX_QUEUED: u64 = 1024 * 1024;

impl WebSocket {
    /// Opens a connection, and returns the socket when that is open. The socket is made, and [opened](Self::open), when this future is
    /// polled for the first time, and deleted if the future is dropped before it is ready, or fails. What the peer sends at once
    /// is not lost, as [`opened`](Self::opened) says.
    ///
    /// A socket with settings and slots of its own is [awaited](Self::opened) instead.
    ///
    /// # Errors
    /// [`ErrorKind::Socket`], with what [`error`](Self::error) and [`error_string`](Self::error_string) would have been.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let url = server.server_url();
    /// let socket = Application::block_on(WebSocket::connect(url))??;
    /// assert_eq!(socket.state(), SocketState::Connected);
    /// # socket.delete(); server.delete();
    ///
    /// let error = Application::block_on(WebSocket::connect("gopher://localhost"))?.unwrap_err();
    /// assert_eq!(error.socket_error(), Some(SocketError::UnsupportedSocketOperation));
    /// # Ok::<(), Error>(())
    /// ```
    #[doc(alias = "open")]
    pub fn connect(request: impl Into<NetworkRequest>) -> impl Future<Output = Result<Self, Error>> {
        let request = request.into();
        async move {
            let socket = Self::new().scoped();
            let opening = Opening::of(*socket);
            socket.open(request);
            opening.outcome().await?;
            Ok(socket.release())
        }
    }

    /// The outcome of [`open`](Self::open), which was called before: ready when the connection is open, or the attempt has ended.
    ///
    /// Nothing is received before the task that awaits this has come to its next `await` after it, and tasks that it spawned until then
    /// have been polled once: so [`messages`](Self::messages), or a slot that is connected there, misses nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Socket`], with [`error`](Self::error) and [`error_string`](Self::error_string); at once if the socket is not
    /// connecting. [`ErrorKind::ObjectDeleted`] if the socket is deleted.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let url = server.server_url();
    /// let socket = WebSocket::new();
    /// socket.set_limits(Limits::internet());
    /// socket.authentication_required().connect(|authenticator| {
    ///     authenticator.set_user("Ada");
    /// });
    /// socket.open(url);
    /// Application::block_on(socket.opened())??;
    /// assert!(socket.is_valid());
    /// # socket.delete(); server.delete();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn opened(self) -> impl Future<Output = Result<(), Error>> {
        let state = self.state();
        let opening = (state == SocketState::Connecting).then(|| Opening::of(self));
        async move {
            match opening {
                Some(opening) => opening.outcome().await,
                None if state == SocketState::Connected => Ok(()),
                None => Err(self.opening_error(self.error())),
            }
        }
    }

    /// The end of the connection, with the code and the reason that it was closed with, as they are in the slots of
    /// [`disconnected`](Self::disconnected); at once if there is none, and `None` if the socket is deleted.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.new_connection().connect(move |()| {
    /// #     server.next_pending_connection().unwrap().close_with(CloseCode::GoingAway, "bye");
    /// # });
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let url = server.server_url();
    /// let closed = Application::block_on(async {
    ///     let socket = WebSocket::connect(url).await?.scoped();
    ///     Ok::<_, Error>(socket.closed().await)
    /// })??;
    /// assert_eq!(closed, Some((CloseCode::GoingAway, String::from("bye"))));
    /// # server.delete();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn closed(self) -> impl Future<Output = Option<(CloseCode, String)>> {
        let how = move || (self.close_code(), self.close_reason());
        let is_connected = self.state() != SocketState::Unconnected;
        let ended = is_connected.then(|| self.disconnected().next_with(move |()| how()));
        async move {
            match ended {
                Some(ended) => ended.await,
                None => self.is_alive().then(how),
            }
        }
    }

    /// Waits until less than 1 MiB waits to be sent, or than half of [its limit](crate::Limits::max_bytes_to_write) if that is less;
    /// mostly it is ready at once. A task that awaits this before it sends never fills the memory for a peer that does not read.
    ///
    /// # Errors
    /// [`ErrorKind::Socket`] if the socket is not connected, or closes meanwhile; [`ErrorKind::ObjectDeleted`].
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let url = server.server_url();
    /// let chunk = vec![0; 256 * 1024];
    /// Application::block_on(async {
    ///     let socket = WebSocket::connect(url).await?.scoped();
    ///     for _ in 0..40 {
    ///         socket.ready_to_send().await?;
    ///         socket.send_binary_message(&chunk); // where it lies
    ///     }
    ///     Ok::<_, Error>(())
    /// })??;
    /// # server.delete();
    /// # Ok::<(), Error>(())
    /// ```
    pub async fn ready_to_send(self) -> Result<(), Error> {
        loop {
            let Some(socket) = self.0.get_box() else { return Err(deleted()) };
            if !socket.is_exchanging() {
                let text = "Socket is not connected";
                return Err(Error::new(ErrorKind::Socket(SocketError::Operation), text));
            }
            let limit = socket.limits.get(Limits::max_bytes_to_write);
            drop(socket);
            let max = limit.map_or(MAX_QUEUED, |limit| (limit as u64 / 2).clamp(1, MAX_QUEUED));
            if self.bytes_to_write() < max {
                return Ok(());
            }
            let (mut written, mut ended) = (self.bytes_written().next(), self.disconnected().next());
            poll_fn(|context| {
                let is_written = Pin::new(&mut written).poll(context).is_ready();
                let is_over = Pin::new(&mut ended).poll(context).is_ready();
                if is_written || is_over { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
    }

    /// Sends a message when not too much waits: [`ready_to_send`](Self::ready_to_send), and then
    /// [`send_text_message`](Self::send_text_message) or [`send_binary_message`](Self::send_binary_message), which take a message
    /// without a copy.
    ///
    /// # Errors
    /// Those of [`ready_to_send`](Self::ready_to_send): the message is not sent.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let url = server.server_url();
    /// Application::block_on(async {
    ///     let socket = WebSocket::connect(url).await?.scoped();
    ///     socket.send("text").await?;
    ///     socket.send(vec![1, 2, 3]).await
    /// })??;
    /// # server.delete();
    /// # Ok::<(), Error>(())
    /// ```
    #[doc(alias("sendTextMessage", "sendBinaryMessage"))]
    pub fn send(self, message: impl Into<Message>) -> impl Future<Output = Result<(), Error>> {
        let message = message.into();
        async move {
            self.ready_to_send().await?;
            match message {
                Message::Text(text) => self.send_text_message(text),
                Message::Binary(bytes) => self.send_binary_message(bytes),
            };
            Ok(())
        }
    }

    /// The reason why the socket is not open, with that error.
    fn opening_error(self, error: SocketError) -> Error {
        if !self.is_alive() {
            return deleted();
        }
        let (error, text) = match self.error_string() {
            unknown if unknown.is_empty() || unknown == UNKNOWN_ERROR => {
                (SocketError::Operation, String::from("Socket is not connected"))
            }
            text => (error, text),
        };
        let error = Error::new(ErrorKind::Socket(error), text);
        match self.request_url() {
            Some(url) => error.about(readable(&url)),
            None => error,
        }
    }
}

/// An opening that is awaited: the signals of which one tells its outcome.
struct Opening {
    socket: WebSocket,
    connected: Awaiting<Option<ReceptionHold>>,
    failed: Awaiting<Error>,
    ended: NextEmission<()>,
}

impl Opening {
    fn of(socket: WebSocket) -> Self {
        Self {
            socket,
            connected: socket.connected().next_with(move |()| ReceptionHold::of(socket)),
            failed: socket.error_occurred().next_with(move |error| socket.opening_error(error)),
            ended: socket.disconnected().next(),
        }
    }

    async fn outcome(mut self) -> Result<(), Error> {
        let unknown = |socket: WebSocket| socket.opening_error(socket.error());
        poll_fn(|context| {
            if let Poll::Ready(Some(hold)) = Pin::new(&mut self.connected).poll(context) {
                if let Some(hold) = hold {
                    hold.end_after_poll();
                }
                return Poll::Ready(Ok(()));
            }
            if let Poll::Ready(failed) = Pin::new(&mut self.failed).poll(context) {
                return Poll::Ready(Err(failed.unwrap_or_else(|| unknown(self.socket))));
            }
            Pin::new(&mut self.ended).poll(context).map(|_| Err(unknown(self.socket)))
        })
        .await
    }
}

fn deleted() -> Error {
    Error::new(ErrorKind::ObjectDeleted, "The socket is deleted")
}
