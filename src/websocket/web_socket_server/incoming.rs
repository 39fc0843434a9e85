use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::stream::{FusedStream, Stream};

use super::WebSocketServer;
use crate::WebSocket;
use crate::core::{Emissions, NextEmission};

impl WebSocketServer {
    /// The connections that this server accepts, as a stream: each is [taken](Self::next_pending_connection) when the stream is
    /// polled. It ends when the server [closes](Self::close) or is deleted.
    ///
    /// While there is such a stream, a new connection receives nothing before the task that takes it has come to its next `await`
    /// after that, and tasks that it spawned until then have been polled once: so [`messages`](WebSocket::messages), or a slot that is
    /// connected there, misses nothing.
    ///
    /// Connections that are not taken wait in the server, up to [`max_pending_connections`](Self::max_pending_connections); more are not
    /// accepted. A slot of [`new_connection`](Self::new_connection) that takes connections, and another stream, take them away from
    /// this one.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// async fn serve(server: WebSocketServer) {
    ///     let mut incoming = server.incoming();
    ///     while let Some(socket) = incoming.next().await {
    ///         socket.set_parent(server);
    ///         socket.spawn(echo(socket)); // one task for each, which ends with its socket
    ///     }
    /// }
    ///
    /// async fn echo(socket: WebSocket) {
    ///     let mut messages = socket.messages();
    ///     while let Some(message) = messages.next().await {
    ///         if socket.send(message).await.is_err() {
    ///             break;
    ///         }
    ///     }
    ///     socket.delete_later();
    /// }
    ///
    /// let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// server.spawn(serve(server));
    ///
    /// let url = server.server_url();
    /// let answer = Application::block_on(async {
    ///     let socket = WebSocket::connect(url).await?.scoped();
    ///     let mut messages = socket.messages();
    ///     socket.send("hello").await?;
    ///     Ok::<_, Error>(messages.next().await)
    /// })??;
    /// assert_eq!(answer, Some(Message::from("hello")));
    /// # server.delete();
    /// # Ok::<(), Error>(())
    /// ```
    #[doc(alias = "nextPendingConnection")]
    pub fn incoming(self) -> Incoming {
        self.0.with(|server| server.streams.set(server.streams.get() + 1));
        let new_connection = self.new_connection().stream();
        Incoming { server: self, new_connection, closed: self.closed().next(), has_ended: false }
    }
}

/// The connections that a server accepts: a [`Stream`], made by [`WebSocketServer::incoming`].
///
/// ```
/// use slotwire::{Application, Incoming, SslMode, WebSocketServer};
/// let server = WebSocketServer::new("", SslMode::NonSecure);
/// let mut incoming: Incoming = server.incoming();
/// server.delete();
/// assert_eq!(Application::block_on(incoming.next())?, None);
/// # Ok::<(), slotwire::Error>(())
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct Incoming {
    server: WebSocketServer,
    new_connection: Emissions<()>,
    closed: NextEmission<()>,
    has_ended: bool,
}

impl Incoming {
    /// The next connection, `None` when the server has closed. Dropping this future loses nothing.
    ///
    /// ```
    /// use slotwire::{WebSocket, WebSocketServer};
    /// /// The first client, the only one that is served.
    /// async fn first(server: WebSocketServer) -> Option<WebSocket> {
    ///     let socket = server.incoming().next().await?;
    ///     server.close();
    ///     Some(socket)
    /// }
    /// # let server = WebSocketServer::new("", slotwire::SslMode::NonSecure);
    /// # server.spawn(first(server));
    /// # server.delete();
    /// ```
    #[expect(
        clippy::should_implement_trait,
        reason = "it is called as that of `StreamExt`, which it stands for"
    )]
    pub fn next(&mut self) -> impl Future<Output = Option<WebSocket>> + Unpin {
        poll_fn(|context| self.poll_accept(context))
    }

    fn take(&self) -> Option<WebSocket> {
        let server = self.server.is_alive().then(|| self.server.0.get_box())??;
        let taken = server.pending.borrow_mut().take_first();
        let (socket, hold) = taken?;
        if let Some(hold) = hold {
            hold.end_after_poll();
        }
        Some(socket)
    }

    fn poll_accept(&mut self, context: &mut Context<'_>) -> Poll<Option<WebSocket>> {
        loop {
            if self.has_ended {
                return Poll::Ready(None);
            }
            if let Some(socket) = self.take() {
                return Poll::Ready(Some(socket));
            }
            let is_closed = Pin::new(&mut self.closed).poll(context).is_ready();
            match Pin::new(&mut self.new_connection).poll_next(context) {
                // It may have been taken by somebody else.
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) => self.has_ended = true,
                Poll::Pending if is_closed => self.has_ended = true,
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl Stream for Incoming {
    type Item = WebSocket;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<WebSocket>> {
        self.poll_accept(context)
    }
}

impl FusedStream for Incoming {
    fn is_terminated(&self) -> bool {
        self.has_ended
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let Some(server) = self.server.is_alive().then(|| self.server.0.get_box()).flatten() else { return };
        server.streams.set(server.streams.get() - 1);
        if server.streams.get() == 0 {
            let holds = server.pending.borrow_mut().take_holds();
            drop(holds);
        }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming({:?})", self.server)
    }
}
