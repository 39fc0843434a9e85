//! A tunnel through an HTTP proxy (RFC 9110 §9.3.6), with Basic and Digest: `QHttpSocketEngine`.

use super::handshake::{Progress, Target};
use crate::http::HttpHeaders;
use crate::http::{EndNotFound, UnwantedBody};
use crate::network::abstract_socket::{SocketError, SocketFailure};
use crate::network::authenticator::Authenticator;
use crate::network::host_address::HostAddress;
use crate::network::host_info;
use crate::network::http_authentication::{Challenged, HttpAuthentication};
use crate::network::network_proxy::NetworkProxy;

/// The limit of a response's head, together with those of the interim responses before it (RFC 9110 §15.2): without one, a
/// proxy could send these for ever.
const MAX_HEAD_SIZE: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;

pub(crate) struct HttpConnect {
    /// Without a port.
    host: String,
    port: u16,
    headers: HttpHeaders,
    authentication: HttpAuthentication,
    connection: Connection,
    state: State,
    /// The beginning of a response's head.
    received: Vec<u8>,
    /// How much has come in answer to the last request.
    head_size: usize,
}

/// The connection to the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    /// The last request was the first on it.
    New,
    /// The last request was not the first on it.
    Kept,
    /// The next request needs another one.
    UsedUp,
}

#[derive(Debug)]
enum State {
    ReadingHead,
    /// Of a 407, which is then answered like this.
    SkippingBody(UnwantedBody, Challenged),
    Ended,
}

/// What of a response counts.
struct Response {
    status: u16,
    challenges: Vec<Vec<u8>>,
    /// The connection can be used for another request behind that. `None`: it cannot.
    body: Option<UnwantedBody>,
}

impl HttpConnect {
    pub(super) fn new(proxy: &NetworkProxy, target: &Target) -> Self {
        let (host, port) = match target {
            Target::Address(HostAddress::V6(address), port) => (format!("[{address}]"), *port),
            Target::Address(address, port) => (address.to_string(), *port),
            Target::Name(name, port) => (host_info::ascii_name(name).unwrap_or_default().into_owned(), *port),
        };
        Self {
            host,
            port,
            headers: proxy.headers.clone(),
            authentication: HttpAuthentication::with_credentials(proxy.user(), proxy.password()),
            connection: Connection::New,
            state: State::ReadingHead,
            received: Vec::new(),
            head_size: 0,
        }
    }

    pub(super) fn authenticator(&self) -> &Authenticator {
        self.authentication.authenticator()
    }

    pub(super) fn begin(&mut self, output: &mut Vec<u8>) -> Progress {
        // A name goes into a line of the request.
        if self.host.is_empty() || self.host.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return self.fail(SocketError::HostNotFound);
        }
        self.connection = Connection::New;
        self.send_request(output);
        Progress::Waiting
    }

    /// The lines of Qt, in its order.
    fn send_request(&mut self, output: &mut Vec<u8>) {
        self.state = State::ReadingHead;
        self.received.clear();
        self.head_size = 0;
        let Self { host, port, .. } = self;
        let target = format!("{host}:{port}");
        let lines = format!("CONNECT {target} HTTP/1.1\r\nProxy-Connection: keep-alive\r\nHost: {host}\r\n");
        output.extend_from_slice(lines.as_bytes());
        if self.headers.get("User-Agent").is_none() {
            output.extend_from_slice(b"User-Agent: Mozilla/5.0\r\n");
        }
        for (name, value) in self.headers.iter() {
            push_header(output, name, value);
        }
        if let Some(answer) = self.authentication.answer("CONNECT", &target) {
            push_header(output, "Proxy-Authorization", &answer);
        }
        output.extend_from_slice(b"\r\n");
    }

    pub(super) fn receive(&mut self, input: &[u8], output: &mut Vec<u8>) -> (usize, Progress) {
        let mut taken = 0;
        while taken < input.len() {
            let rest = &input[taken..];
            match &mut self.state {
                State::ReadingHead => {
                    let (count, is_whole) = self.take_head(rest);
                    taken += count;
                    if is_whole {
                        match self.head_received(output) {
                            Progress::Waiting => {}
                            progress => return (taken, progress),
                        }
                    } else if self.head_size >= MAX_HEAD_SIZE || !begins_as_http(&self.received) {
                        return (taken, self.fail(not_http()));
                    }
                }
                State::SkippingBody(body, challenged) => {
                    let challenged = *challenged;
                    let skipped = body.skip(rest).map(|behind| behind.map(<[u8]>::len));
                    taken = input.len() - skipped.ok().flatten().unwrap_or(0);
                    match self.body_skipped(skipped.map(|behind| behind.is_some()), challenged, output) {
                        Progress::Waiting => {}
                        progress => return (taken, progress),
                    }
                }
                State::Ended => break,
            }
        }
        (taken, Progress::Waiting)
    }

    /// Takes bytes up to the end of a head, but no more than a head may have; returns how many, and whether that was the end.
    fn take_head(&mut self, input: &[u8]) -> (usize, bool) {
        let room = MAX_HEAD_SIZE.saturating_sub(self.head_size);
        let (count, is_whole) = self.take_head_within(&input[..input.len().min(room)]);
        self.head_size += count;
        (count, is_whole)
    }

    fn take_head_within(&mut self, input: &[u8]) -> (usize, bool) {
        for (index, byte) in input.iter().enumerate() {
            self.received.push(*byte);
            // Old proxies leave the CR out.
            if self.received.ends_with(b"\n\r\n") || self.received.ends_with(b"\n\n") {
                return (index + 1, true);
            }
        }
        (input.len(), false)
    }

    fn head_received(&mut self, output: &mut Vec<u8>) -> Progress {
        let head = std::mem::take(&mut self.received);
        let Some(response) = Response::parse(&head) else { return self.fail(not_http()) };
        match response.status {
            // An interim response, RFC 9110 §15.2.
            100..200 => Progress::Waiting,
            200..300 => {
                self.state = State::Ended;
                Progress::Established(None)
            }
            407 => self.challenged(response, output),
            403 | 405 => self.fail(SocketFailure::new(SocketError::SocketAccess, "Proxy denied connection")),
            404 => self.fail(SocketError::HostNotFound),
            503 => self.fail(SocketError::ConnectionRefused),
            _ => self
                .fail(SocketFailure::new(SocketError::ProxyProtocol, "Error communicating with HTTP proxy")),
        }
    }

    fn challenged(&mut self, response: Response, output: &mut Vec<u8>) -> Progress {
        let challenges = response.challenges.iter().map(Vec::as_slice);
        let challenged = self.authentication.challenged(challenges);
        if challenged == Challenged::Unsupported {
            let text = "Error parsing authentication request from proxy";
            return self.fail(SocketFailure::new(SocketError::ProxyProtocol, text));
        }
        let Some(mut body) = response.body else {
            return self.body_skipped(Err(EndNotFound), challenged, output);
        };
        let skipped = body.skip(&[]).map(|behind| behind.is_some());
        self.state = State::SkippingBody(body, challenged);
        self.body_skipped(skipped, challenged, output)
    }

    /// The end of the body is there, or not yet, or not to be found.
    fn body_skipped(
        &mut self,
        skipped: Result<bool, EndNotFound>,
        challenged: Challenged,
        output: &mut Vec<u8>,
    ) -> Progress {
        match skipped {
            Ok(false) => return Progress::Waiting,
            Ok(true) => {}
            Err(EndNotFound) => self.connection = Connection::UsedUp,
        }
        self.state = State::Ended;
        match challenged {
            Challenged::Ask => Progress::Asking,
            Challenged::Answer | Challenged::Unsupported => self.send_again(output),
        }
    }

    fn send_again(&mut self, output: &mut Vec<u8>) -> Progress {
        if self.connection == Connection::UsedUp {
            return Progress::Reconnecting;
        }
        self.connection = Connection::Kept;
        self.send_request(output);
        Progress::Waiting
    }

    pub(super) fn authenticated(&mut self, output: &mut Vec<u8>) -> Progress {
        if self.authentication.has_new_credentials() {
            return self.send_again(output);
        }
        let text = "Authentication required";
        self.fail(SocketFailure::new(SocketError::ProxyAuthenticationRequired, text))
    }

    /// Whether the last request went out on a connection that was used before, and nothing has come back: the proxy may have
    /// closed it before it heard of the request (RFC 9112 §9.3.1).
    pub(super) fn is_unheard(&self) -> bool {
        self.connection == Connection::Kept
            && matches!(self.state, State::ReadingHead)
            && self.received.is_empty()
    }

    fn fail(&mut self, failure: impl Into<SocketFailure>) -> Progress {
        self.state = State::Ended;
        Progress::Failed(failure.into())
    }
}

impl Response {
    fn parse(head: &[u8]) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let mut parser = httparse::ParserConfig::default();
        parser.allow_spaces_after_header_name_in_responses(true);
        parser.allow_obsolete_multiline_headers_in_responses(true);
        parser.parse_response(&mut response, head).ok().filter(httparse::Status::is_complete)?;
        let values = |name: &'static str| {
            let fields = response.headers.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
            fields.map(|field| field.value)
        };
        let is_kept = {
            // Most proxies use the field that no standard has.
            let mut options: Vec<_> = values("Proxy-Connection").collect();
            if options.is_empty() {
                options.extend(values("Connection"));
            }
            let says = |option: &str| {
                let entries = options.iter().flat_map(|value| value.split(|byte| *byte == b','));
                entries.map(<[u8]>::trim_ascii).any(|entry| entry.eq_ignore_ascii_case(option.as_bytes()))
            };
            !says("close") && (says("keep-alive") || response.version == Some(1))
        };
        // Without either a body goes up to the end of the connection (RFC 9112 §6.3).
        let number = |value: &[u8]| str::from_utf8(value).ok()?.trim().parse().ok();
        let body = match values("Transfer-Encoding").next_back() {
            Some(coding) if coding.trim_ascii().eq_ignore_ascii_case(b"chunked") => {
                Some(UnwantedBody::chunked())
            }
            Some(_) => None,
            None => values("Content-Length").next().and_then(number).map(UnwantedBody::sized),
        };
        Some(Self {
            status: response.code?,
            challenges: values("Proxy-Authenticate").map(<[u8]>::to_owned).collect(),
            body: body.filter(|_| is_kept),
        })
    }
}

/// Whether it may become a response. What is none may have no end either.
fn begins_as_http(received: &[u8]) -> bool {
    received.iter().zip(b"HTTP/").all(|(byte, expected)| byte == expected)
}

fn push_header(output: &mut Vec<u8>, name: &str, value: &[u8]) {
    output.extend_from_slice(name.as_bytes());
    output.extend_from_slice(b": ");
    output.extend_from_slice(value);
    output.extend_from_slice(b"\r\n");
}

fn not_http() -> SocketFailure {
    SocketFailure::new(SocketError::ProxyProtocol, "Did not receive HTTP response from proxy")
}
