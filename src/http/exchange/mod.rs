//! One conversation of a client with a server or proxy, without I/O: a request, the head of the response, its body if it asks who
//! is there (401, 407: `unauthorized`), and the request again, on this connection or on a new one.
//!
//! The requests are the caller's. It announces each with [`Exchange::begin_request`], gives what it receives to
//! [`Exchange::receive`], and does what the [`Progress`] says, up to the [`Progress::Response`] or the failure.

mod unauthorized;

use std::mem;

use crate::http::authentication::Authentication;
use crate::http::body::{Body, BodyFraming, EndNotFound};
use crate::http::head::{find_any_header_end, find_header_end};
use crate::http::incoming_head::{HeadProgress, IncomingHead};
use crate::http::not_http::{CheckedLines, Form, NotHttp, tidied};
use crate::http::response::{HttpResponse, ResponseHead};

/// The other side of the conversation, with all that depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// The server that the request is for.
    Server,
    /// A proxy that is asked to `CONNECT`.
    Proxy,
}

impl Peer {
    /// The fields that say whether the connection is kept. Most proxies use that which no standard has.
    const fn option_fields(self) -> &'static [&'static str] {
        match self {
            Self::Server => &["connection"],
            Self::Proxy => &["proxy-connection", "connection"],
        }
    }

    const fn form(self) -> Form {
        match self {
            Self::Server => Form::Strict,
            Self::Proxy => Form::Loose,
        }
    }

    /// The number of interim responses that are skipped. A proxy, which may report that it is still at work, is limited by their
    /// size instead.
    const fn max_interim_responses(self) -> usize {
        match self {
            Self::Server => 16,
            Self::Proxy => usize::MAX,
        }
    }

    /// Returns whether the body of a response is part of the conversation: not behind a 101 or a proxy's success, where it is
    /// another protocol, and not that of a proxy that refuses, which nobody reads.
    const fn has_body(self, status: u16) -> bool {
        matches!(self, Self::Server) && status != 101
    }
}

/// The state of the conversation.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Waits for bytes of the other side.
    Waiting,
    /// Credentials are needed: [`Exchange::authenticate`].
    Asking,
    /// The request goes out again, on this connection.
    SendAgain,
    /// The request goes out again, on a new connection.
    Reconnect,
    /// The answer that is neither interim nor a challenge; what was not taken of the input is behind it.
    Response(HttpResponse),
    Failed(Failure),
}

/// The reason why there is no response, or none that helps.
#[derive(Debug)]
pub(crate) enum Failure {
    NotHttp(NotHttp),
    /// A head has too many fields, or too long a line.
    InvalidHead,
    /// The heads do not end within the limit.
    TooLarge,
    /// More interim responses have come than are skipped.
    TooManyInterimResponses(HttpResponse),
    /// The schemes of this challenge are not known, or not used after others.
    UnsupportedChallenge(HttpResponse),
    /// Nobody has answered this challenge.
    Unauthenticated(HttpResponse),
}

impl Failure {
    /// The response that is to blame, if there is one.
    pub(crate) fn into_response(self) -> Option<HttpResponse> {
        match self {
            Self::TooManyInterimResponses(response)
            | Self::UnsupportedChallenge(response)
            | Self::Unauthenticated(response) => Some(response),
            Self::NotHttp(_) | Self::InvalidHead | Self::TooLarge => None,
        }
    }
}

pub(crate) struct Exchange {
    peer: Peer,
    /// The greatest size of a head, together with those of the interim responses before it.
    max_head_size: usize,
    authentication: Authentication,
    connection: Connection,
    state: State,
    head: IncomingHead,
    lines: CheckedLines,
    /// The size of what has come before the head that is read, since the last request: interim responses and line breaks.
    interim_size: usize,
    /// The number of the interim responses to the last request.
    interim_responses: usize,
}

/// The connection that the last request went out on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    /// It had not carried another request before.
    New,
    Kept,
}

enum State {
    /// A request is to be written.
    Idle,
    ReadingHead,
    ReadingBody(Body, HttpResponse, Then),
    /// Credentials are asked for because of this challenge. Without a body the connection is used up.
    Asking(HttpResponse, Option<Body>),
    Ended,
}

/// The step that follows the end of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    SendAgain,
    Ask,
    /// The response is the answer; as much of its body is waited for as is kept.
    Tell,
}

impl Exchange {
    /// `secret` is random: the nonces of Digest are made of it.
    pub(crate) fn new(peer: Peer, secret: [u8; 16]) -> Self {
        Self {
            peer,
            max_head_size: 64 * 1024,
            authentication: Authentication::new(secret),
            connection: Connection::New,
            state: State::Idle,
            head: IncomingHead::default(),
            lines: CheckedLines::default(),
            interim_size: 0,
            interim_responses: 0,
        }
    }

    /// Sets how large a head may be, together with those of the interim responses before it: 64 KiB at first.
    pub(crate) fn set_max_head_size(&mut self, size: usize) {
        self.max_head_size = size;
    }

    pub(crate) fn max_head_size(&self) -> usize {
        self.max_head_size
    }

    /// A request goes out: after [`Progress::SendAgain`] on the same connection, otherwise as the first on a new one. Returns the
    /// value of the field `Authorization` or `Proxy-Authorization` that it has to have, if any.
    pub(crate) fn begin_request(&mut self, method: &str, target: &str) -> Option<Vec<u8>> {
        self.state = State::ReadingHead;
        self.head = IncomingHead::default();
        self.lines = CheckedLines::default();
        (self.interim_size, self.interim_responses) = (0, 0);
        self.authentication.answer(method, target)
    }

    /// Takes what was received, and says how much of it that is: all, unless what follows is not part of this conversation.
    pub(crate) fn receive(&mut self, input: &[u8]) -> (usize, Progress) {
        let mut rest = input;
        let mut progress = Progress::Waiting;
        while matches!(progress, Progress::Waiting) && !rest.is_empty() {
            progress = match mem::replace(&mut self.state, State::Ended) {
                State::ReadingHead => {
                    self.state = State::ReadingHead;
                    self.read_head(&mut rest)
                }
                State::ReadingBody(body, response, then) => {
                    self.read_body(body, response, then, mem::take(&mut rest))
                }
                State::Asking(challenge, body) => {
                    self.state =
                        State::Asking(challenge, body.and_then(|body| body.skipping(mem::take(&mut rest))));
                    break;
                }
                state => {
                    self.state = state;
                    break;
                }
            };
        }
        (input.len() - rest.len(), progress)
    }

    fn read_head(&mut self, rest: &mut &[u8]) -> Progress {
        let form = self.peer.form();
        if form == Form::Loose && self.head.is_empty() {
            self.pass_over_line_breaks(rest);
        }
        let max = self.max_head_size.saturating_sub(self.interim_size);
        let find_end = if form == Form::Loose { find_any_header_end } else { find_header_end };
        let progress = self.head.take_to(rest, max, find_end);
        let is_too_large = matches!(progress, HeadProgress::TooLarge);
        let (head, behind) = match progress {
            HeadProgress::Complete { head, rest } => (Some(head), rest),
            HeadProgress::Incomplete | HeadProgress::TooLarge => (None, &[][..]),
        };
        *rest = behind;
        let bytes = head.as_deref().unwrap_or_else(|| self.head.bytes());
        if let Err(fault) = self.lines.check(bytes, form) {
            return self.fail(Failure::NotHttp(fault));
        }
        let Some(head) = head else {
            return if is_too_large { self.fail(Failure::TooLarge) } else { Progress::Waiting };
        };
        self.lines = CheckedLines::default();
        let parsed = match form {
            Form::Strict => ResponseHead::parse(&head),
            Form::Loose => ResponseHead::parse(&head).or_else(|_| ResponseHead::parse(&tidied(&head))),
        };
        match parsed {
            Ok(response) => self.head_received(response, head.len(), rest),
            Err(_) => self.fail(Failure::InvalidHead),
        }
    }

    /// Skips what some proxies send behind a body, as clients did once (RFC 9112 §2.2). It counts towards the limit of the head.
    fn pass_over_line_breaks(&mut self, rest: &mut &[u8]) {
        let count = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        *rest = &rest[count..];
        self.interim_size += count;
    }

    fn head_received(&mut self, head: ResponseHead, size: usize, rest: &mut &[u8]) -> Progress {
        match head.status() {
            // RFC 9110 §15.2; a 101 is followed by another protocol.
            100 | 102..200 => self.pass_over(head, size),
            status if status == self.peer.challenge_status() => self.challenged(head, mem::take(rest)),
            status if self.peer.has_body(status) => self.answered(head, mem::take(rest)),
            _ => self.end(Progress::Response(HttpResponse::new(head))),
        }
    }

    fn pass_over(&mut self, interim: ResponseHead, size: usize) -> Progress {
        self.interim_size += size;
        self.interim_responses += 1;
        if self.interim_responses > self.peer.max_interim_responses() {
            return self.fail(Failure::TooManyInterimResponses(HttpResponse::new(interim)));
        }
        Progress::Waiting
    }

    fn answered(&mut self, head: ResponseHead, rest: &[u8]) -> Progress {
        let framing = match BodyFraming::of(&head) {
            BodyFraming::Sized(size) => BodyFraming::Sized(size.min(HttpResponse::MAX_BODY_SIZE as u64)),
            framing => framing,
        };
        let mut response = HttpResponse::new(head);
        match Body::new(framing) {
            Some(body) => self.read_body(body, response, Then::Tell, rest),
            None => {
                response.append(rest);
                self.end(Progress::Response(response))
            }
        }
    }

    /// Takes a part of a body.
    fn read_body(&mut self, mut body: Body, mut response: HttpResponse, then: Then, part: &[u8]) -> Progress {
        let outcome = body.read(part, |content| {
            if then == Then::Tell {
                response.append(content);
            }
        });
        match outcome {
            Ok(None) if response.has_room() => {
                self.state = State::ReadingBody(body, response, then);
                Progress::Waiting
            }
            Ok(Some([])) => self.body_over(Some(body), response, then),
            // Bytes behind it answer nothing.
            Ok(_) | Err(EndNotFound) => self.body_over(None, response, then),
        }
    }

    /// The end of a body has come; without the body, the connection is of no more use.
    fn body_over(&mut self, body: Option<Body>, response: HttpResponse, then: Then) -> Progress {
        match then {
            Then::Tell => self.end(Progress::Response(response)),
            Then::Ask => self.ask(response, body),
            Then::SendAgain => self.send_again(body),
        }
    }

    /// The connection has ended, or nobody wants to wait any longer: an answer of which only the rest of the body is missing.
    pub(crate) fn take_response(&mut self) -> Option<HttpResponse> {
        match mem::replace(&mut self.state, State::Ended) {
            State::ReadingBody(_, response, Then::Tell) => Some(response),
            state => {
                self.state = state;
                None
            }
        }
    }

    /// The connection has ended. If the other side had promised to keep it, the request may go out again on a new one (RFC 9112
    /// §9.3.1): within the body of a challenge that has its answer, or when nothing has come in response to the request behind
    /// one. `None`: the conversation is over.
    pub(crate) fn connection_lost(&mut self) -> Option<Progress> {
        let is_unheard = self.head.is_empty() && self.interim_responses == 0;
        match self.state {
            State::ReadingBody(_, _, Then::SendAgain) => {}
            State::ReadingHead if self.connection == Connection::Kept && is_unheard => {}
            _ => return self.take_response().map(Progress::Response),
        }
        self.state = State::Idle;
        self.connection = Connection::New;
        Some(Progress::Reconnect)
    }

    fn fail(&mut self, failure: Failure) -> Progress {
        self.end(Progress::Failed(failure))
    }

    fn end(&mut self, progress: Progress) -> Progress {
        self.state = State::Ended;
        progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::credentials::Credentials;
    use crate::http::fields::decode;

    const BASIC: &str = "WWW-Authenticate: Basic realm=\"r\"\r\n";

    /// Plays a conversation in which the server sends these responses, one after each request, cut before each of these offsets;
    /// and returns its log.
    fn play(peer: Peer, responses: &[&[u8]], cuts: &[usize]) -> Vec<String> {
        let mut exchange = Exchange::new(peer, [1; 16]);
        exchange.set_credentials(Credentials::new("joe", "secret"));
        let mut log = Vec::new();
        for response in responses {
            let answer = exchange.begin_request("GET", "/").unwrap_or_default();
            log.push(format!("request {}", decode(&answer)));
            let mut rest = *response;
            let mut begin = 0;
            for end in cuts.iter().copied().filter(|cut| *cut < response.len()).chain([response.len()]) {
                let piece = &response[begin..end];
                let (taken, mut progress) = exchange.receive(piece);
                rest = &rest[taken..];
                begin = end;
                if matches!(progress, Progress::Asking) {
                    log.push(format!("asks for {}", exchange.realm()));
                    progress = exchange.authenticate(Credentials::new("ada", "lovelace"));
                }
                match progress {
                    Progress::Waiting => assert_eq!(taken, piece.len()),
                    progress => {
                        log.push(shown(&progress));
                        break;
                    }
                }
            }
            if !rest.is_empty() {
                log.push(format!("behind it {}", decode(rest)));
            }
        }
        log
    }

    fn shown(progress: &Progress) -> String {
        match progress {
            Progress::Response(response) => {
                format!("{} {}", response.status_code(), decode(response.body()))
            }
            progress => format!("{progress:?}"),
        }
    }

    /// Plays it in every split into two, byte by byte, and whole: always the same becomes of it.
    #[track_caller]
    fn check(peer: Peer, responses: &[&str], expected: &[&str]) {
        let responses: Vec<_> = responses.iter().map(|response| response.as_bytes()).collect();
        let longest = responses.iter().map(|response| response.len()).max().unwrap_or(0);
        assert_eq!(play(peer, &responses, &[]), expected);
        for cut in 1..longest {
            assert_eq!(play(peer, &responses, &[cut]), expected, "cut before {cut}");
        }
        assert_eq!(play(peer, &responses, &(1..longest).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn a_401_is_answered_on_the_same_connection_or_on_a_new_one_in_every_split() {
        let answered = "request Basic am9lOnNlY3JldA==";
        let again = ["request ", "SendAgain", answered, "101 ", "behind it \u{1}frames"];
        let anew = ["request ", "Reconnect", answered, "101 ", "behind it \u{1}frames"];
        let switched = "HTTP/1.1 101 Switching\r\nA: b\r\n\r\n\u{1}frames";
        for (head, body, expected) in [
            ("HTTP/1.1 401 No\r\nContent-Length: 5\r\n", "hello", again),
            ("HTTP/1.1 401 No\r\nContent-Length: 0\r\n", "", again),
            ("HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\nA: b\r\n\r\n", again),
            ("HTTP/1.0 401 No\r\nConnection: keep-alive\r\nContent-Length: 5\r\n", "hello", again),
            ("HTTP/1.0 401 No\r\nContent-Length: 5\r\n", "", anew),
            ("HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 5\r\n", "", anew),
            ("HTTP/1.1 401 No\r\n", "", anew),
            ("HTTP/1.1 401 No\r\nContent-Length: 262145\r\n", "", anew),
            ("HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n", "x", anew),
        ] {
            let challenge = format!("{head}{BASIC}\r\n{body}");
            check(Peer::Server, &[&challenge, switched], &expected);
        }
    }

    #[test]
    fn credentials_that_are_refused_are_asked_for() {
        let challenge = format!("HTTP/1.1 401 No\r\nContent-Length: 2\r\n{BASIC}\r\nhi");
        let expected = [
            "request ",
            "SendAgain",
            "request Basic am9lOnNlY3JldA==",
            "asks for r",
            "SendAgain",
            "request Basic YWRhOmxvdmVsYWNl",
            "404 gone",
        ];
        let refusal = "HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone";
        check(Peer::Server, &[&challenge, &challenge, refusal], &expected);
        let challenge = challenge.replace("401", "407").replace("WWW-", "Proxy-");
        let expected = expected.map(|line| if line.starts_with("404") { "404 " } else { line });
        check(Peer::Proxy, &[&challenge, &challenge, "HTTP/1.1 404 No\r\n\r\n"], &expected);
    }

    #[test]
    fn interim_responses_are_passed_over_up_to_sixteen() {
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
        let switched = "HTTP/1.1 101 Switching\r\n\r\n";
        check(Peer::Server, &[&(interim.repeat(16) + switched)], &["request ", "101 "]);
        let mut exchange = Exchange::new(Peer::Server, [1; 16]);
        exchange.begin_request("GET", "/");
        let (_, progress) = exchange.receive(interim.repeat(17).as_bytes());
        assert!(matches!(progress, Progress::Failed(Failure::TooManyInterimResponses(_))), "{progress:?}");
    }

    #[test]
    fn interim_responses_and_the_head_have_one_limit() {
        let interim = "HTTP/1.1 100 Continue\r\n\r\n";
        let switched = "HTTP/1.1 101 Switching\r\n\r\n";
        for (limit, is_enough) in
            [(interim.len() + switched.len(), true), (interim.len() + switched.len() - 1, false)]
        {
            for pieces in [1, 7, 1000] {
                let mut exchange = Exchange::new(Peer::Server, [1; 16]);
                exchange.set_max_head_size(limit);
                exchange.begin_request("GET", "/");
                let mut progress = Progress::Waiting;
                for piece in [interim, switched].concat().as_bytes().chunks(pieces) {
                    progress = exchange.receive(piece).1;
                }
                assert_eq!(matches!(progress, Progress::Response(_)), is_enough, "{limit} {progress:?}");
            }
        }
    }

    #[test]
    fn of_a_refusal_the_beginning_of_the_body_is_told() {
        let rows: [(&str, &str, &str); 5] = [
            ("Content-Length: 5\r\n", "hello", "404 hello"),
            ("Transfer-Encoding: chunked\r\n", "3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n", "404 hello"),
            ("Transfer-Encoding: chunked\r\n", "3\r\nhelx", "404 hel"),
            ("Content-Length: 0\r\n", "", "404 "),
            ("Content-Length: many\r\n", "", "404 "),
        ];
        for (field, body, expected) in rows {
            let response = format!("HTTP/1.1 404 Not Found\r\n{field}\r\n{body}");
            check(Peer::Server, &[&response], &["request ", expected]);
        }
        let long = "x".repeat(HttpResponse::MAX_BODY_SIZE);
        let response = format!("HTTP/1.1 404 No\r\nContent-Length: 1000000\r\n\r\n{long}y");
        assert_eq!(play(Peer::Server, &[response.as_bytes()], &[]), ["request ", &format!("404 {long}")]);
    }

    #[test]
    fn what_the_other_side_does_not_keep_goes_on_over_a_new_connection() {
        let challenge = format!("HTTP/1.1 401 No\r\nContent-Length: 2\r\n{BASIC}\r\n");
        let mut exchange = Exchange::new(Peer::Server, [1; 16]);
        exchange.set_credentials(Credentials::new("joe", "secret"));
        exchange.begin_request("GET", "/");
        assert!(exchange.connection_lost().is_none());
        exchange.receive(challenge.as_bytes());
        assert!(matches!(exchange.connection_lost(), Some(Progress::Reconnect)), "within the body");

        exchange.begin_request("GET", "/");
        assert!(matches!(exchange.receive([&challenge, "hi"].concat().as_bytes()).1, Progress::Asking));
        let progress = exchange.authenticate(Credentials::new("joe", "other"));
        assert!(matches!(progress, Progress::SendAgain), "{progress:?}");
        exchange.begin_request("GET", "/");
        assert!(matches!(exchange.connection_lost(), Some(Progress::Reconnect)), "before the response");
        exchange.begin_request("GET", "/");
        assert!(exchange.connection_lost().is_none(), "a new one that ends is an end");
    }

    #[test]
    fn a_refusal_whose_body_does_not_come_is_told_in_the_end() {
        let mut exchange = Exchange::new(Peer::Server, [1; 16]);
        exchange.begin_request("GET", "/");
        assert!(exchange.take_response().is_none());
        exchange.receive(b"HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nlater");
        assert_eq!(
            exchange.take_response().map(|response| response.body().to_vec()),
            Some(b"later".to_vec())
        );
        assert!(exchange.take_response().is_none());
    }

    #[test]
    fn a_head_that_is_no_response_fails_at_once_in_every_split() {
        for (bytes, shown) in [
            ("HTTP/1.1 200 OK\n\n", "BareLineFeed"),
            ("HTTP/1.1 200 OK\r\nno colon\r\n", "Field(\"no colon\")"),
            ("HTTP/1.1 many\r\n", "StatusLine(\"HTTP/1.1 many\")"),
        ] {
            let failed = format!("Failed(NotHttp({shown}))");
            for cut in 0..bytes.len() {
                let log = play(Peer::Server, &[bytes.as_bytes()], &[cut]);
                assert_eq!(log[..2], ["request ".to_owned(), failed.clone()], "{bytes:?} {cut}");
            }
        }
    }
}
