//! The answer to a 401 or 407: whether the request is sent again with credentials, on which connection, and who is asked for them.

use std::mem;

use super::{Connection, Exchange, Failure, Peer, Progress, State, Then};
use crate::http::authentication::Challenged;
use crate::http::body::{Body, BodyFraming, keeps_connection};
use crate::http::credentials::Credentials;
use crate::http::response::{HttpResponse, ResponseHead};

impl Peer {
    pub(super) const fn challenge_status(self) -> u16 {
        match self {
            Self::Server => 401,
            Self::Proxy => 407,
        }
    }

    pub(super) const fn challenge_field(self) -> &'static str {
        match self {
            Self::Server => "www-authenticate",
            Self::Proxy => "proxy-authenticate",
        }
    }

    /// Returns whether credentials are asked for after the head of a challenge, as Qt's WebSockets do; else after its body, as Qt
    /// does for proxies.
    const fn asks_before_body(self) -> bool {
        matches!(self, Self::Server)
    }
}

impl Exchange {
    /// Sets credentials that are tried before anybody is asked.
    pub(crate) fn set_credentials(&mut self, credentials: Credentials) {
        self.authentication.set_credentials(credentials);
    }

    /// The realm for which the other side wants credentials.
    pub(crate) fn realm(&self) -> &str {
        self.authentication.realm()
    }

    /// The credentials that are known: if somebody is asked, those that were refused.
    pub(crate) fn credentials(&self) -> &Credentials {
        self.authentication.credentials()
    }

    /// Goes on with these credentials. Credentials that were refused already are no answer.
    pub(crate) fn authenticate(&mut self, credentials: Credentials) -> Progress {
        match mem::replace(&mut self.state, State::Ended) {
            State::Asking(challenge, _) if !self.authentication.set_credentials(credentials) => {
                self.fail(Failure::Unauthenticated(challenge))
            }
            State::Asking(challenge, Some(body)) => self.read_body(body, challenge, Then::SendAgain, &[]),
            State::Asking(_, None) => self.send_again(None),
            state => {
                self.state = state;
                Progress::Waiting
            }
        }
    }

    /// Takes the head of a 401 or 407, with what has come of its body.
    pub(super) fn challenged(&mut self, head: ResponseHead, rest: &[u8]) -> Progress {
        let challenged = self.authentication.challenged(head.fields().values(self.peer.challenge_field()));
        let is_kept = keeps_connection(&head, self.peer.option_fields());
        let body = if is_kept { Body::new(BodyFraming::of(&head)) } else { None };
        let challenge = HttpResponse::new(head);
        let then = match challenged {
            Challenged::Unsupported => return self.fail(Failure::UnsupportedChallenge(challenge)),
            Challenged::Answer => Then::SendAgain,
            Challenged::Ask => Then::Ask,
        };
        match body {
            body if then == Then::Ask && self.peer.asks_before_body() => {
                self.ask(challenge, body.and_then(|body| body.skipping(rest)))
            }
            Some(body) => self.read_body(body, challenge, then, rest),
            None => self.body_over(None, challenge, then),
        }
    }

    /// Asks for credentials; without the body, the connection is of no more use.
    pub(super) fn ask(&mut self, challenge: HttpResponse, body: Option<Body>) -> Progress {
        self.state = State::Asking(challenge, body);
        Progress::Asking
    }

    /// Sends the request again, on this connection if the body of the challenge has come to its end.
    pub(super) fn send_again(&mut self, body: Option<Body>) -> Progress {
        self.state = State::Idle;
        self.connection = if body.is_some() { Connection::Kept } else { Connection::New };
        if body.is_some() { Progress::SendAgain } else { Progress::Reconnect }
    }
}
