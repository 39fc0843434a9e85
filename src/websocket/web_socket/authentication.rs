//! What a client does about a 401 (private): it asks who is there, and sends its request again.

use std::rc::Rc;

use url::Url;

use super::opening::Target;
use super::private::Socket;
use super::request::{OpenedRequest, Request};
use super::transport::{HandshakeStage, Transport};
use crate::SocketState;
use crate::core::sequence::Sequence;
use crate::http::UnwantedBody;
use crate::network::http_authentication::{Challenged, HttpAuthentication};
use crate::network::socket_engine::SocketEngine;
use crate::websocket::protocol::BodyFraming;

/// A 401, as far as it matters here.
pub(super) struct Unauthorized {
    /// The values of `WWW-Authenticate`.
    pub(super) challenges: Vec<Vec<u8>>,
    /// Whether the server ends the connection, or has to.
    pub(super) connection_close: bool,
    pub(super) body: BodyFraming,
    /// What has already arrived behind the head.
    pub(super) rest: Vec<u8>,
}

impl Unauthorized {
    /// The body, if another response can come behind it.
    fn unwanted_body(&self) -> Option<UnwantedBody> {
        match self.body {
            _ if self.connection_close => None,
            BodyFraming::Sized(size) => Some(UnwantedBody::sized(size)),
            BodyFraming::Chunked => Some(UnwantedBody::chunked()),
            BodyFraming::UntilClose => None,
        }
    }
}

impl OpenedRequest {
    /// User and password are kept back until the server asks.
    pub(super) fn credentials_of(url: Option<&Url>) -> Rc<HttpAuthentication> {
        let decoded = |text: &str| String::from_utf8_lossy(&percent_decoded(text)).into_owned();
        Rc::new(match url {
            Some(url) => HttpAuthentication::with_credentials(
                decoded(url.username()),
                decoded(url.password().unwrap_or_default()),
            ),
            None => HttpAuthentication::default(),
        })
    }

    /// What was asked for, without what was to be tried once.
    fn take_credentials_from_url(&mut self) {
        if let Some(url) = self.request.url()
            && (!url.username().is_empty() || url.password().is_some())
        {
            let mut url = url.clone();
            // Only a URL without a host refuses this, and has neither.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            self.request.set_url(url);
        }
    }
}

impl Socket {
    /// Takes the challenges; says with what they are answered, and what to do. `None` if nothing was asked for.
    fn challenged(&self, challenges: &[Vec<u8>]) -> Option<(Rc<HttpAuthentication>, Challenged)> {
        let Request::Opened(opened) = &mut *self.request.borrow_mut() else { return None };
        let challenged = opened.authentication.challenged(challenges.iter().map(Vec::as_slice));
        if challenged != Challenged::Unsupported {
            opened.take_credentials_from_url();
        }
        Some((opened.authentication.clone(), challenged))
    }

    fn set_handshake_stage(&self, stage: HandshakeStage) {
        if let Transport::Handshaking(handshake) = &mut *self.transport.borrow_mut() {
            handshake.stage = stage;
        }
    }
}

impl Socket {
    /// `QWebSocketPrivate::processHandshake`, case 401.
    pub(super) fn authentication_required(
        self: &Rc<Self>,
        engine: &Rc<SocketEngine>,
        unauthorized: Unauthorized,
    ) {
        let challenges = &unauthorized.challenges;
        let Some((authentication, challenged)) = self.challenged(challenges) else { return };
        self.log_authentication_required();
        let mut sequence = Sequence::begin();
        match challenged {
            Challenged::Answer => {}
            Challenged::Unsupported => {
                let plural = if challenges.len() == 1 { "" } else { "s" };
                let text = format!(
                    "QWebSocketPrivate::processHandshake: \
                     Unsupported WWW-Authenticate challenge{plural} encountered."
                );
                return self.handshake_failed(engine, text);
            }
            Challenged::Ask => {
                // A person may be asked, and what arrives meanwhile waits.
                let pause = self.pause_opening_timer();
                self.set_handshake_stage(HandshakeStage::Asking);
                let authenticator = authentication.authenticator();
                let id = self.connection_id();
                sequence.step(|| {
                    self.signals.others(|signals| signals.authentication_required.emit(authenticator));
                });
                let is_unanswered = !authentication.has_new_credentials();
                if is_unanswered && self.is_latest(id) {
                    // As in Qt, also when the slot has ended the connection.
                    let text = "QWebSocket::processHandshake: Host requires authentication".to_owned();
                    return self.handshake_failed(engine, text);
                }
                if !self.is_live(id) {
                    return;
                }
                drop(pause);
                engine.read_later();
            }
        }
        match unauthorized.unwanted_body() {
            Some(body) => {
                self.set_handshake_stage(HandshakeStage::Body(body));
                self.skip_body(engine, &unauthorized.rest);
            }
            None => self.reconnect(engine),
        }
    }

    /// Passes over a part of the body of a 401, and behind it sends the request again.
    pub(super) fn skip_body(self: &Rc<Self>, engine: &Rc<SocketEngine>, part: &[u8]) {
        let skipped = match &mut *self.transport.borrow_mut() {
            Transport::Handshaking(handshake) => match &mut handshake.stage {
                HandshakeStage::Body(body) => body.skip(part).map(|rest| rest.map(<[u8]>::to_vec)),
                HandshakeStage::Response | HandshakeStage::Asking => return,
            },
            _ => return,
        };
        match skipped {
            Ok(None) => {}
            // What comes behind it answers nothing.
            Ok(Some(rest)) if rest.is_empty() => self.start_handshake(engine, true),
            Ok(Some(_)) | Err(_) => self.reconnect(engine),
        }
    }

    /// The server has closed a connection that it had promised to keep: within the body of a 401, or before anything came in
    /// response to the next request. Then a new one serves as well (RFC 9112 §9.3.1).
    pub(super) fn was_not_kept(&self) -> bool {
        match &*self.transport.borrow() {
            Transport::Handshaking(handshake) => match handshake.stage {
                HandshakeStage::Body(_) => true,
                HandshakeStage::Response => handshake.reused && handshake.received.is_empty(),
                HandshakeStage::Asking => false,
            },
            _ => false,
        }
    }

    /// Sends the request again, over a new connection. The state stays `Connecting`.
    pub(super) fn reconnect(self: &Rc<Self>, engine: &Rc<SocketEngine>) {
        let target = match &*self.request.borrow() {
            Request::Opened(opened) => Target::of(&opened.request).ok(),
            Request::None | Request::Accepted { .. } => None,
        };
        let Some(target) = target else { return };
        // Frees the other side from waiting; whatever it still sends is of no interest.
        engine.linger();
        let mut sequence = Sequence::begin();
        sequence.step(|| self.tell_tls_events(engine));
        self.transport.take();
        let id = self.begin_connection();
        sequence.step(|| self.emit_read_channel_finished());
        if self.is_latest(id) && self.state.get() == SocketState::Connecting {
            self.connect_to(&target);
        }
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let escaped = match after {
            [high, low, ..] if *byte == b'%' => hex_digit(*high).zip(hex_digit(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                decoded.push(high << 4 | low);
                rest = &after[2..];
            }
            None => {
                decoded.push(*byte);
                rest = after;
            }
        }
    }
    decoded
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}
