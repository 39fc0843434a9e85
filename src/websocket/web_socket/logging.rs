//! The log records of a socket's connection (private): one line for each event of its life.
//!
//! At `debug`: that it is opened, established, encrypted, connected, what went wrong, and how it ended. At `trace`: each
//! message and control frame, by its kind and size. Whose connection it is stands in front. No payload, header field, user,
//! password or query of a URL is logged at any level, and what a peer has sent as text is quoted, so that it cannot write a line
//! of its own.

use std::time::Duration;

use log::Level;

use super::private::Socket;
use super::request::Request;
use super::transport::{Closing, Transport};
use crate::core::clock::Moment;
use crate::http;
use crate::network::socket_engine::{self, SocketEngine};
use crate::websocket::protocol::{Event, Role};
use crate::{Limits, SocketError};

impl Socket {
    /// The connection is about to be opened, or was accepted.
    pub(super) fn log_beginning(&self) {
        if log::log_enabled!(Level::Debug) {
            self.rare_mut().began.set(Some(Moment::now()));
            match self.role.get() {
                Role::Client => log::debug!("{}: opening", self.who()),
                Role::Server => log::debug!("{}: accepted, {}", self.who(), self.agreed()),
            }
        }
    }

    /// The TCP connection of a client is there.
    pub(super) fn log_established(&self, engine: &SocketEngine) {
        log::debug!("{}: TCP connection to {}", self.who(), socket_engine::written(engine.peer()));
    }

    /// The server asks for credentials (401): the request is sent again, or the opening fails.
    pub(super) fn log_authentication_required(&self) {
        log::debug!("{}: the server asks for user and password{}", self.who(), self.age());
    }

    /// The opening took all the time that it may take.
    pub(super) fn log_opening_timeout(&self) {
        let limit = self.limits.get(Limits::opening_timeout).unwrap_or_default();
        log::debug!("{}: opening takes longer than {limit:?}", self.who());
    }

    /// The peer has taken all the time that it may take for the closing handshake.
    pub(super) fn log_closing_timeout(&self, limit: Duration) {
        log::debug!("{}: closing takes longer than {limit:?}", self.who());
    }

    /// The opening handshake of a client has succeeded.
    pub(super) fn log_connected(&self) {
        log::debug!("{}: connected{}, {}", self.who(), self.age(), self.agreed());
    }

    /// A message that lies whole in the buffer has arrived.
    #[cold]
    pub(super) fn log_message(&self, is_text: bool, size: usize) {
        let kind = if is_text { "text" } else { "binary" };
        log::trace!("{}: received a {kind} message of {size} bytes", self.who());
    }

    /// Logs an event, but for the messages that lie whole in the buffer.
    #[inline]
    pub(super) fn log_event(&self, event: &Event<'_>) {
        if log::log_enabled!(Level::Trace) {
            log::trace!("{}: received {}", self.who(), summary(event));
        }
    }

    /// Something went wrong, and is reported next.
    pub(super) fn log_error(&self, error: SocketError) {
        log::debug!("{}: {error:?}, {:?}", self.who(), self.error_string());
    }

    /// An attempt to open a connection has ended. The content of a close frame is not logged: there was none.
    pub(super) fn log_end_of_opening(&self) {
        log::debug!("{}: ended{}, without having been open", self.who(), self.age());
    }

    /// The connection has ended.
    pub(super) fn log_end(&self) {
        if !log::log_enabled!(Level::Debug) {
            return;
        }
        let how = match self.closing.get() {
            Closing::No | Closing::OutOfRoom | Closing::Asked | Closing::Done => "ended by this side",
            Closing::Sent | Closing::Received => "closed",
            Closing::Lost => "lost",
        };
        let code = self.close_code.get();
        let reason = self.rare().map(|rare| rare.close_reason.borrow().clone()).unwrap_or_default();
        log::debug!("{}: {how}{}, close code {code}, reason {reason:?}", self.who(), self.age());
    }

    /// The other end of the connection: a client names its server, a server its client.
    pub(super) fn who(&self) -> String {
        match &*self.request.borrow() {
            Request::Opened(opened) => match opened.request.url() {
                Some(url) => format!("client of {}", http::without_secrets(url.as_str())),
                None => "client of an invalid URL".to_owned(),
            },
            Request::Accepted { secure, .. } => {
                let scheme = if *secure { "wss" } else { "ws" };
                let ends = match &*self.transport.borrow() {
                    Transport::Ended(engine) => Some(engine.written_ends()),
                    connection => connection.engine().map(|engine| engine.written_ends()),
                };
                format!("{scheme} client {}", ends.unwrap_or_default())
            }
            Request::None => "client".to_owned(),
        }
    }

    /// The age of the connection, if its beginning was noted: it is while the log is on.
    pub(super) fn age(&self) -> String {
        let began = self.rare().and_then(|rare| rare.began.get());
        began.map(|began| format!(" after {:.1?}", began.elapsed())).unwrap_or_default()
    }

    fn agreed(&self) -> String {
        match self.rare().map(|rare| rare.subprotocol.borrow().clone()).unwrap_or_default() {
            none if none.is_empty() => "no subprotocol".to_owned(),
            subprotocol => format!("subprotocol {subprotocol:?}"),
        }
    }
}

/// The kind and the size.
fn summary(event: &Event<'_>) -> String {
    match event {
        Event::TextFrame { payload, .. } => format!("a frame of text of {} bytes", payload.as_str().len()),
        Event::BinaryFrame { payload, .. } => format!("a binary frame of {} bytes", payload.as_bytes().len()),
        Event::TextMessage { payload, .. } => format!("a text message of {} bytes", payload.as_str().len()),
        Event::BinaryMessage { payload, .. } | Event::ExtendedMessage { payload, .. } => {
            format!("a binary message of {} bytes", payload.as_bytes().len())
        }
        Event::Ping(payload) => format!("a ping of {} bytes", payload.as_bytes().len()),
        Event::Pong(payload) => format!("a pong of {} bytes", payload.as_bytes().len()),
        Event::Close { code, .. } => format!("a close frame, {code}"),
        Event::Error(error) => format!("what breaks the protocol: {error}"),
    }
}
