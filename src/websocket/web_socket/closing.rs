//! The closing handshake with its time limit, and every other end of a connection (private).
//!
//! The signals of each end, and their order, are documented with [`WebSocket`](crate::WebSocket#the-order-of-signals).
//!
//! A peer that has ended its side may still read. What was sent to it before is written first, between `Closing` and
//! `Unconnected`, for as long as it takes some of that ([`SocketEngine::close_when_written`]); mostly the system has it at once.
//!
//! A slot of any of these signals may open the socket again: then the rest of the old connection's is not emitted.

use std::rc::Rc;
use std::time::Duration;

use super::private::Socket;
use super::transport::{Closing, Transport};
use crate::core::sequence::Sequence;
use crate::network::abstract_socket::SocketFailure;
use crate::network::socket_engine::SocketEngine;
use crate::websocket::protocol::{CloseCode, Role, truncate_reason, write_close_frame};
use crate::{SocketError, SocketState};

/// The time that the peer has to answer a close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

impl Socket {
    pub(super) fn close(self: &Rc<Self>, code: CloseCode, reason: &str) {
        if self.is_unconnected() {
            return;
        }
        let mut sequence = Sequence::begin();
        match self.engine() {
            // QAbstractSocket::flush on a socket that has no descriptor yet. Qt goes round in circles if the error slot closes.
            None if self.closing.get() == Closing::No => {
                let id = self.connection_id();
                self.closing.set(Closing::Asked);
                self.error.set(SocketError::UnfinishedSocketOperation);
                self.set_error_string("Invalid socket descriptor");
                sequence.step(|| self.emit_error(SocketError::UnfinishedSocketOperation));
                if self.is_latest(id) {
                    self.abort();
                }
            }
            None => {}
            Some(_) if self.is_connecting() => self.abort(),
            Some(engine) if self.closing.get() == Closing::No => {
                let id = self.connection_id();
                self.closing.set(Closing::Sent);
                self.begin_closing(&engine, code, reason, &mut sequence);
                let waits = self.is_live(id)
                    && self.closing.get() == Closing::Sent
                    && self.state.get() == SocketState::Connected;
                if waits {
                    self.limit_closing();
                }
            }
            // QWebSocketPrivate::close has nothing to wait for: it closes the TCP connection.
            Some(engine) => match (self.closing.get(), self.state.get()) {
                (Closing::Received, SocketState::Connected) => self.disconnect(&engine),
                (Closing::Received, SocketState::Closing) if engine.close_when_written() => {
                    sequence.step(|| self.tell_tls_events(&engine));
                    self.finish(&engine);
                }
                (Closing::Lost, SocketState::Closing) if engine.close_when_written() => {
                    self.finish(&engine);
                }
                _ => {}
            },
        }
    }

    /// The peer's close frame. After a `close` of this side it is the answer, and changes nothing of code and reason.
    pub(super) fn close_received(self: &Rc<Self>, engine: &Rc<SocketEngine>, code: CloseCode, reason: &str) {
        let id = self.connection_id();
        let mut sequence = Sequence::begin();
        if self.closing.replace(Closing::Received).is_no() {
            self.begin_closing(engine, code, reason, &mut sequence);
        }
        if self.is_live(id) {
            self.disconnect(engine);
        }
    }

    /// Ends the connection because the peer broke the protocol, or a limit.
    pub(super) fn fail(self: &Rc<Self>, code: CloseCode, reason: &str) {
        let Some(engine) = self.engine() else { return };
        let id = self.connection_id();
        let mut sequence = Sequence::begin();
        if self.closing.replace(Closing::Done).is_no() {
            self.begin_closing(&engine, code, reason, &mut sequence);
        }
        if self.is_live(id) && self.begin_to_close(&engine, &mut sequence) {
            // Data that the peer still sends would turn the end into a reset, and the close frame could be lost.
            engine.linger();
            sequence.step(|| self.tell_tls_events(&engine));
            self.finish(&engine);
        }
    }

    /// Ends the TCP connection, after what waits to be written.
    pub(super) fn disconnect(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        if self.closing.get() != Closing::Received {
            self.closing.set(Closing::Done);
        }
        let id = self.connection_id();
        let mut sequence = Sequence::begin_with(|| engine.flush_a_turn());
        if !self.is_live(id) || !self.begin_to_close(engine, &mut sequence) {
            return;
        }
        let is_closed = engine.close_when_written();
        sequence.step(|| self.tell_tls_events(engine));
        if is_closed {
            self.finish(engine);
        }
    }

    /// The connection ended by itself, without the closing handshake.
    pub(super) fn connection_lost(
        self: &Rc<Self>,
        engine: &Rc<SocketEngine>,
        cause: impl Into<SocketFailure>,
    ) {
        let Some(id) = self.id_of(engine) else { return };
        let failure = cause.into();
        let error = failure.error;
        let was_open = self.state.get() != SocketState::Connecting;
        let mut sequence = Sequence::begin();
        if was_open {
            sequence.step(|| engine.flush_a_turn());
        } else {
            // The opening is over, however long the slots take that hear of it.
            self.end_opening_time();
        }
        if !self.is_live(id) {
            return;
        }
        // Qt's encryption outlives the error. What it has said about that is still to be sent.
        if !engine.has_encryption() {
            self.close_lost(engine, was_open);
        }
        self.set_error(failure);
        if was_open && self.closing.get().is_no() {
            // RFC 6455 §7.1.5
            self.set_close(CloseCode::AbnormalDisconnection, "");
        }
        self.closing.set(Closing::Lost);
        sequence.step(|| self.emit_error(error));
        let is_live = self.is_live(id);
        let goes_on = match self.state.get() {
            SocketState::Connected => is_live && self.begin_to_close(engine, &mut sequence),
            _ => is_live,
        };
        if goes_on {
            let is_closed = if matches!(error, SocketError::SslHandshakeFailed | SocketError::SslInternal) {
                engine.linger();
                true
            } else {
                self.close_lost(engine, was_open)
            };
            if is_closed {
                sequence.step(|| self.finish(engine));
            }
            // As `abort` does it.
            if error == SocketError::SslHandshakeFailed && self.is_latest(id) {
                self.emit_about_to_close();
            }
        }
    }
}

impl Socket {
    /// Returns whether there is neither a connection nor an attempt at one, and so nothing to end.
    fn is_unconnected(&self) -> bool {
        matches!(&*self.transport.borrow(), Transport::None | Transport::Ended(_)) && !self.is_connecting()
    }

    /// From `state_changed(Connecting)` on: in its slots there is nothing yet that connects.
    fn is_connecting(&self) -> bool {
        self.state.get() == SocketState::Connecting
    }

    pub(super) fn abort(&self) {
        if self.is_unconnected() {
            return;
        }
        let id = self.connection_id();
        let engine = self.engine();
        let before = self.closing.replace(Closing::Done);
        let is_first = before.is_no() || before == Closing::Asked;
        // Qt has one object for the connection and its encryption, which closes itself in the end.
        let tells_last = engine.as_ref().is_some_and(|engine| engine.has_encryption());
        let mut sequence = Sequence::begin();
        if is_first && !tells_last {
            sequence.step(|| self.emit_about_to_close());
        }
        // A slot may have ended it, or opened again.
        if self.is_latest(id) && self.state.get() != SocketState::Unconnected {
            if let Some(engine) = engine {
                engine.abort();
            }
            sequence.step(|| self.end());
            if is_first && tells_last && self.is_latest(id) {
                self.emit_about_to_close();
            }
        }
    }

    /// Closes a connection that the peer has ended, or that broke; one that was open once its output is written. Returns
    /// whether it is closed; otherwise that is reported later.
    fn close_lost(&self, engine: &Rc<SocketEngine>, was_open: bool) -> bool {
        if was_open {
            return engine.close_when_written();
        }
        engine.abort();
        true
    }

    /// Reports that the connection closes. Returns whether it is still there, as a slot may have ended it.
    fn begin_to_close(&self, engine: &Rc<SocketEngine>, sequence: &mut Sequence) -> bool {
        let id = self.connection_id();
        self.stop_deadlines();
        let goes_on = self.closing.get() == Closing::Lost || !engine.has_encryption();
        sequence.step(|| self.set_state(SocketState::Closing));
        let is_live = self.is_live(id);
        if !is_live && goes_on && self.is_latest(id) {
            // QAbstractSocket::disconnectFromHost goes on to its end, whatever the slot has done.
            sequence.step(|| self.emit_read_channel_finished());
        }
        is_live
    }

    /// The connection is closed: says so. Does nothing if it is not the current one.
    pub(super) fn finish(&self, engine: &Rc<SocketEngine>) {
        if self.id_of(engine).is_some() {
            self.end();
        }
    }

    fn end(&self) {
        let id = self.connection_id();
        let engine = self.engine();
        let ended = engine.clone().map_or(Transport::None, Transport::Ended);
        match self.transport.replace(ended) {
            Transport::Open(_) => self.log_end(),
            Transport::Connecting(connector) => {
                connector.cancel();
                self.log_end_of_opening();
            }
            _ => self.log_end_of_opening(),
        }
        self.compression.end();
        self.stop_deadlines();
        self.leave_server(engine.as_ref());
        let mut sequence = Sequence::begin_with(|| self.set_state(SocketState::Unconnected));
        // As in Qt, a slot that opens anew on the change of state still sees the end of the old connection.
        sequence.step(|| self.signals.disconnected.emit(()));
        if self.is_latest(id) {
            sequence.step(|| self.emit_read_channel_finished());
        }
        if let Some(engine) = engine
            && self.is_latest(id)
        {
            sequence.step(|| self.tell_last_alert(&engine));
        }
        if self.is_latest(id) {
            let connection = self.transport.take();
            drop(connection);
            self.forget_error_of_accepted();
        }
    }

    /// Once it is over, nothing of the TCP connection is left with an accepted socket: Qt's server deletes that one.
    fn forget_error_of_accepted(&self) {
        if self.role.get() == Role::Server {
            self.error.set(SocketError::Unknown);
            if let Some(rare) = self.rare() {
                rare.error_string.take();
            }
        }
    }

    /// Ends a connection without a word: `open` replaces it.
    pub(super) fn drop_connection(&self) {
        self.stop_deadlines();
        self.leave_server(self.engine().as_ref());
        let connection = self.transport.take();
        if let Transport::Connecting(connector) = &connection {
            connector.cancel();
        } else if let Some(engine) = connection.engine() {
            engine.abort();
        }
    }

    /// Ends what the socket does, as `~QWebSocket`: a connected socket sends a close frame; nobody waits for the answer.
    pub(super) fn destroy(&self) {
        let id = self.connection_id();
        let mut sequence = Sequence::begin();
        if let Some(engine) = self.engine() {
            if self.state.get() == SocketState::Connected && self.closing.get().is_no() {
                self.closing.set(Closing::Done);
                self.begin_closing(&engine, CloseCode::GoingAway, "Connection closed", &mut sequence);
            }
            if self.is_live(id) && self.state.get() != SocketState::Connecting {
                engine.linger();
                self.transport.take();
            }
        }
        self.drop_connection();
    }

    fn emit_about_to_close(&self) {
        self.signals.others(|signals| signals.about_to_close.emit(()));
    }

    pub(super) fn emit_read_channel_finished(&self) {
        self.signals.others(|signals| signals.read_channel_finished.emit(()));
    }

    /// Says that the connection is to be closed: to the peer, and then to the program.
    fn begin_closing(
        &self,
        engine: &Rc<SocketEngine>,
        code: CloseCode,
        reason: &str,
        sequence: &mut Sequence,
    ) {
        self.set_close(code, truncate_reason(reason));
        sequence.step(|| self.send_close(engine, code, reason));
        sequence.step(|| self.emit_about_to_close());
    }

    /// Writes a close frame, and sends what waits: after it comes nothing more.
    fn send_close(&self, engine: &Rc<SocketEngine>, code: CloseCode, reason: &str) {
        log::trace!("{}: sends a close frame, {code}", self.who());
        let mask = self.mask();
        engine.write_with(|out| write_close_frame(out, mask, code, reason));
        engine.flush_a_turn();
    }
}

impl Socket {
    /// Begins the time that the closing handshake may take.
    pub(super) fn limit_closing(self: &Rc<Self>) {
        self.rare_mut().closing_deadline.start(CLOSE_TIMEOUT, self.clone());
    }

    pub(super) fn closing_timed_out(self: &Rc<Self>) {
        if let Some(engine) = self.engine() {
            self.log_closing_timeout(CLOSE_TIMEOUT);
            self.disconnect(&engine);
        }
    }
}
