//! SOCKS version 5 (RFC 1928), with user and password (RFC 1929): `QSocks5SocketEngine`.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::request::{Command, Progress, Target};
use crate::network::abstract_socket::SocketFailure;
use crate::network::host_info;
use crate::network::socket_engine::Endpoint;
use crate::{Authenticator, HostAddress, NetworkProxy, SocketError};

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USERNAME_PASSWORD: u8 = 2;
const NO_ACCEPTABLE_METHODS: u8 = 0xff;
/// The version of the negotiation with user and password, RFC 1929 §2.
const USERNAME_PASSWORD_VERSION: u8 = 1;

pub(crate) struct Socks5 {
    command: Command,
    target: Target,
    user: String,
    password: String,
    state: State,
    /// The beginning of an answer: at most 262 bytes.
    received: Vec<u8>,
    authenticator: Authenticator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    MethodsSent,
    CredentialsSent,
    RequestSent,
    /// The first of the two replies to a `Bind` was received.
    Listening,
    Ended,
}

impl Socks5 {
    pub(super) fn new(proxy: &NetworkProxy, command: Command, target: Target) -> Self {
        Self {
            command,
            target,
            user: proxy.user().to_owned(),
            password: proxy.password().to_owned(),
            state: State::MethodsSent,
            received: Vec::new(),
            authenticator: Authenticator::default(),
        }
    }

    pub(super) fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    /// Begins the handshake. Like Qt, it offers one method only.
    pub(super) fn begin(&mut self, output: &mut Vec<u8>) -> Progress {
        self.state = State::MethodsSent;
        self.received.clear();
        output.extend([VERSION, 1, self.method()]);
        Progress::Waiting
    }

    fn method(&self) -> u8 {
        if self.user.is_empty() && self.password.is_empty() { NO_AUTHENTICATION } else { USERNAME_PASSWORD }
    }

    pub(super) fn receive(&mut self, input: &[u8], output: &mut Vec<u8>) -> (usize, Progress) {
        let mut taken = 0;
        // Byte by byte, so that nothing is taken that belongs to the peer.
        while taken < input.len() && self.state != State::Ended {
            self.received.push(input[taken]);
            taken += 1;
            match self.take_answer(output) {
                Progress::Waiting => {}
                progress => return (taken, progress),
            }
        }
        (taken, Progress::Waiting)
    }

    /// Looks whether what was received is an answer.
    fn take_answer(&mut self, output: &mut Vec<u8>) -> Progress {
        match (self.state, self.received.as_slice()) {
            (State::MethodsSent, &[version, method]) => {
                self.received.clear();
                self.method_selected(version, method, output)
            }
            (State::CredentialsSent, &[version, status]) => {
                self.received.clear();
                if (version, status) == (USERNAME_PASSWORD_VERSION, 0) {
                    self.send_request(output)
                } else {
                    self.ask()
                }
            }
            (State::RequestSent | State::Listening, reply) => match Reply::parse(reply) {
                Reply::Incomplete => Progress::Waiting,
                Reply::Succeeded(endpoint) => {
                    self.received.clear();
                    self.succeeded(endpoint)
                }
                Reply::Refused(code) => self.fail(self.failure_of_reply(code)),
                Reply::Invalid => self.fail(protocol_error()),
            },
            _ => Progress::Waiting,
        }
    }

    fn method_selected(&mut self, version: u8, method: u8, output: &mut Vec<u8>) -> Progress {
        match method {
            _ if version != VERSION => self.fail(protocol_error()),
            // Also if the other one was offered.
            NO_AUTHENTICATION => self.send_request(output),
            NO_ACCEPTABLE_METHODS => self.ask(),
            USERNAME_PASSWORD if self.method() == USERNAME_PASSWORD => self.send_credentials(output),
            _ => {
                let text = "Proxy authentication failed: Socks5 host did not support authentication method.";
                self.fail(SocketFailure::new(SocketError::SocketAccess, text))
            }
        }
    }

    fn send_credentials(&mut self, output: &mut Vec<u8>) -> Progress {
        let (user, password) = (self.user.as_bytes(), self.password.as_bytes());
        let (Ok(user_length), Ok(password_length)) = (u8::try_from(user.len()), u8::try_from(password.len()))
        else {
            return self.fail(SocketFailure::new(
                SocketError::ProxyAuthenticationRequired,
                "Proxy authentication failed: User or password is too long.",
            ));
        };
        output.extend([USERNAME_PASSWORD_VERSION, user_length]);
        output.extend(user);
        output.push(password_length);
        output.extend(password);
        self.state = State::CredentialsSent;
        Progress::Waiting
    }

    /// The slots see which credentials were refused, as those of an HTTP proxy do.
    fn ask(&mut self) -> Progress {
        self.state = State::Ended;
        self.authenticator = Authenticator::default();
        self.authenticator.set_user(&*self.user);
        self.authenticator.set_password(&*self.password);
        Progress::Asking
    }

    /// A refusal ends the connection (RFC 1929 §2), so credentials need another. The same ones would be refused again.
    pub(super) fn authenticated(&mut self) -> Progress {
        let (user, password) = (self.authenticator.user(), self.authenticator.password());
        if (&user, &password) == (&self.user, &self.password) {
            let text = "Proxy authentication failed";
            return self.fail(SocketFailure::new(SocketError::ProxyAuthenticationRequired, text));
        }
        (self.user, self.password) = (user, password);
        Progress::Reconnecting
    }

    /// RFC 1928 §4
    fn send_request(&mut self, output: &mut Vec<u8>) -> Progress {
        let command = match self.command {
            Command::Connect => 1,
            Command::Bind => 2,
        };
        let mut request = vec![VERSION, command, 0];
        let port = match &self.target {
            Target::Address(address, port) => {
                match address {
                    HostAddress::V6(address) | HostAddress::ScopedV6(address, _) => {
                        request.push(4);
                        request.extend(address.octets());
                    }
                    // SOCKS knows no address for both families.
                    address => {
                        request.push(1);
                        request.extend(address.to_ipv4_address().unwrap_or(Ipv4Addr::UNSPECIFIED).octets());
                    }
                }
                *port
            }
            Target::Name(name, port) => {
                let name = host_info::ascii_name(name).unwrap_or_default();
                let Ok(length @ 1..) = u8::try_from(name.len()) else {
                    return self.fail(SocketError::HostNotFound.into());
                };
                request.extend([3, length]);
                request.extend(name.as_bytes());
                *port
            }
        };
        output.extend(request);
        output.extend(port.to_be_bytes());
        self.state = State::RequestSent;
        Progress::Waiting
    }

    fn succeeded(&mut self, endpoint: Endpoint) -> Progress {
        if self.command == Command::Bind && self.state == State::RequestSent {
            self.state = State::Listening;
            return Progress::Bound(endpoint);
        }
        self.state = State::Ended;
        Progress::Established(Some(endpoint))
    }

    /// `QSocks5SocketEnginePrivate::setErrorState`
    fn failure_of_reply(&self, code: u8) -> SocketFailure {
        let is_by_name = matches!(self.target, Target::Name(..));
        match code {
            // Dante says this of a name that it does not find.
            1 | 2 if is_by_name => SocketError::HostNotFound.into(),
            1 => SocketFailure::new(SocketError::Network, "General SOCKSv5 server failure"),
            2 => SocketFailure::new(SocketError::SocketAccess, "Connection not allowed by SOCKSv5 server"),
            3 => SocketError::Network.into(),
            4 => SocketError::HostNotFound.into(),
            5 => SocketError::ConnectionRefused.into(),
            6 => SocketFailure::new(SocketError::Network, "TTL expired"),
            7 => SocketFailure::new(SocketError::UnsupportedSocketOperation, "SOCKSv5 command not supported"),
            8 => SocketFailure::new(SocketError::UnsupportedSocketOperation, "Address type not supported"),
            code => SocketFailure::new(
                SocketError::Unknown,
                format!("Unknown SOCKSv5 proxy error code 0x{code:x}"),
            ),
        }
    }

    fn fail(&mut self, failure: SocketFailure) -> Progress {
        self.state = State::Ended;
        Progress::Failed(failure)
    }
}

fn protocol_error() -> SocketFailure {
    SocketFailure::new(SocketError::ProxyProtocol, "SOCKS version 5 protocol error")
}

/// A reply (RFC 1928 §6), or the beginning of one.
#[derive(Debug, PartialEq, Eq)]
enum Reply {
    Incomplete,
    Succeeded(Endpoint),
    Refused(u8),
    Invalid,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Self {
        // An error in the beginning is reported before the rest is there: a proxy may well leave that out.
        match *bytes {
            [version, ..] if version != VERSION => return Self::Invalid,
            [_, _, reserved, ..] if reserved != 0 => return Self::Invalid,
            [_, code, _, ..] if code != 0 => return Self::Refused(code),
            _ => {}
        }
        let Some((kind, rest)) = bytes.get(3..).and_then(<[u8]>::split_first) else {
            return Self::Incomplete;
        };
        let parsed = match *kind {
            1 => take::<4>(rest).map(|(octets, rest)| (HostAddress::V4(Ipv4Addr::from(octets)), rest)),
            4 => take::<16>(rest).map(|(octets, rest)| (HostAddress::V6(Ipv6Addr::from(octets)), rest)),
            // A name, which is no address.
            3 => rest
                .split_first()
                .and_then(|(length, rest)| rest.get(usize::from(*length)..))
                .map(|rest| (HostAddress::Null, rest)),
            _ => return Self::Invalid,
        };
        match parsed.and_then(|(address, rest)| Some((address, take::<2>(rest)?.0))) {
            Some((address, port)) => Self::Succeeded((address, u16::from_be_bytes(port))),
            None => Self::Incomplete,
        }
    }
}

fn take<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    bytes.split_first_chunk::<N>().map(|(taken, rest)| (*taken, rest))
}
