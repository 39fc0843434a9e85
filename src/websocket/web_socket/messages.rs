use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_core::stream::{FusedStream, Stream};

use super::WebSocket;
use super::reception::ReceptionHold;
use crate::core::Connection;
use crate::websocket::message::Message;

/// From so many messages or bytes on, nothing more is read.
const MAX_MESSAGES: usize = 64;
const MAX_BYTES: usize = 1024 * 1024;

impl WebSocket {
    /// The messages of this connection from this call on, text and binary in their order, as a stream of copies. It ends when the
    /// connection has ended ([`disconnected`](Self::disconnected)) or the socket is deleted, after the messages that wait then. On a
    /// socket that is not open yet, it is about the connection to come.
    ///
    /// **It is bounded**: when 64 messages or 1 MiB wait in it, nothing more of this socket is read until half of them are taken,
    /// and the peer has to wait. That holds up all that the peer sends, also its pings and close frames, and the signals of this socket. So
    /// empty the stream, or drop it. The silence and the unfinished messages of a peer that is not read count for nothing
    /// ([`Limits`](crate::Limits)). The answer to a [`close`](Self::close) is waited for as long as always, three seconds.
    ///
    /// The signals fire as ever: a slot gets each message, too.
    ///
    /// ```
    /// use slotwire::prelude::*;
    /// # let server = WebSocketServer::new("", SslMode::NonSecure);
    /// # server.new_connection().connect(move |()| {
    /// #     let socket = server.next_pending_connection().unwrap();
    /// #     socket.send_text_message("one");
    /// #     socket.send_binary_message([2]);
    /// #     socket.close();
    /// # });
    /// # server.listen(HostAddress::LocalHost, 0)?;
    /// # let url = server.server_url();
    /// let received = Application::block_on(async {
    ///     let socket = WebSocket::connect(url).await?;
    ///     let mut messages = socket.messages();
    ///     let mut received = Vec::new();
    ///     while let Some(message) = messages.next().await {
    ///         received.push(message);
    ///     }
    ///     # socket.delete();
    ///     Ok::<_, Error>(received)
    /// })??;
    /// assert_eq!(received, [Message::from("one"), Message::from(vec![2])]);
    /// # server.delete();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn messages(self) -> Messages {
        let queue = Rc::new(Queue::of(self));
        let (texts, bytes, end) = (Rc::clone(&queue), Rc::clone(&queue), OnEnd(Rc::clone(&queue)));
        let connections = [
            self.text_message_received().connect(move |text| texts.push(|| text.into())),
            self.binary_message_received().connect(move |payload| bytes.push(|| payload.into())),
            self.disconnected().connect(move |()| end.0.end()),
        ];
        Messages { queue, connections }
    }
}

/// The messages of a connection: a [`Stream`], made by [`WebSocket::messages`], which says what it holds up.
///
/// ```
/// use slotwire::{Messages, WebSocket};
/// async fn print(mut messages: Messages) {
///     while let Some(message) = messages.next().await {
///         println!("{}", message.as_text().unwrap_or("binary"));
///     }
/// }
/// let socket = WebSocket::new();
/// socket.spawn(print(socket.messages()));
/// # socket.delete();
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct Messages {
    queue: Rc<Queue>,
    connections: [Connection; 3],
}

impl Messages {
    /// The next message, `None` after the end of the connection. Dropping this future loses nothing.
    ///
    /// ```
    /// use slotwire::{Application, WebSocket};
    /// let socket = WebSocket::new();
    /// let mut messages = socket.messages();
    /// socket.delete();
    /// assert_eq!(Application::block_on(messages.next())?, None);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[expect(
        clippy::should_implement_trait,
        reason = "it is called as that of `StreamExt`, which it stands for"
    )]
    pub fn next(&mut self) -> impl Future<Output = Option<Message>> + Unpin {
        poll_fn(|context| self.queue.poll_next(context.waker()))
    }
}

impl Stream for Messages {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Message>> {
        self.queue.poll_next(context.waker())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let waiting = self.queue.waiting.borrow().len();
        (waiting, self.queue.has_ended.get().then_some(waiting))
    }
}

impl FusedStream for Messages {
    fn is_terminated(&self) -> bool {
        self.queue.has_ended.get() && self.queue.waiting.borrow().is_empty()
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        self.queue.waker.take();
        for connection in self.connections {
            connection.disconnect();
        }
    }
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Messages({:?}, {} waiting)", self.queue.socket, self.queue.waiting.borrow().len())
    }
}

/// The messages that wait, which the slots and the stream share.
struct Queue {
    socket: WebSocket,
    waiting: RefCell<VecDeque<Message>>,
    bytes: Cell<usize>,
    /// It is full.
    hold: Cell<Option<ReceptionHold>>,
    waker: Cell<Option<Waker>>,
    has_ended: Cell<bool>,
}

impl Queue {
    fn of(socket: WebSocket) -> Self {
        Self {
            socket,
            waiting: RefCell::default(),
            bytes: Cell::new(0),
            hold: Cell::default(),
            waker: Cell::default(),
            has_ended: Cell::new(false),
        }
    }

    fn push(&self, message: impl FnOnce() -> Message) {
        // The next connection is not this stream's.
        if self.has_ended.get() {
            return;
        }
        let message = message();
        self.bytes.set(self.bytes.get() + message.as_bytes().len());
        self.waiting.borrow_mut().push_back(message);
        if self.has(MAX_MESSAGES, MAX_BYTES) {
            let held = self.hold.take().or_else(|| ReceptionHold::of(self.socket));
            self.hold.set(held);
        }
        self.wake();
    }

    /// Returns whether so many messages wait, or so many bytes.
    fn has(&self, messages: usize, bytes: usize) -> bool {
        self.waiting.borrow().len() >= messages || self.bytes.get() >= bytes
    }

    fn poll_next(&self, waker: &Waker) -> Poll<Option<Message>> {
        let next = self.waiting.borrow_mut().pop_front();
        if let Some(message) = &next {
            self.bytes.set(self.bytes.get() - message.as_bytes().len());
            if !self.has(MAX_MESSAGES / 2, MAX_BYTES / 2) {
                self.hold.take();
            }
        } else if !self.has_ended.get() {
            let known = self.waker.take().filter(|known| known.will_wake(waker));
            self.waker.set(Some(known.unwrap_or_else(|| waker.clone())));
            return Poll::Pending;
        }
        Poll::Ready(next)
    }

    fn end(&self) {
        self.has_ended.set(true);
        self.hold.take();
        self.wake();
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Ends the stream with the slot of `disconnected`, if the socket is deleted.
struct OnEnd(Rc<Queue>);

impl Drop for OnEnd {
    fn drop(&mut self) {
        self.0.end();
    }
}
