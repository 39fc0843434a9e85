//! A tunnel through an HTTP proxy (RFC 9110 §9.3.6), with Basic and Digest: `QHttpSocketEngine`.

use super::request::{Progress, Target};
use crate::http::{self, Credentials, Exchange, Failure, HttpHeaders, Peer, push_field};
use crate::network::abstract_socket::SocketFailure;
use crate::network::host_info;
use crate::{Authenticator, HostAddress, NetworkProxy, SocketError};

pub(crate) struct HttpConnect {
    /// Host and port; `None` if the host has no name that can stand in a line of the request.
    authority: Option<String>,
    headers: HttpHeaders,
    authenticator: Authenticator,
    exchange: Exchange,
}

impl HttpConnect {
    /// `secret` is random.
    pub(super) fn new(proxy: &NetworkProxy, target: &Target, secret: [u8; 16]) -> Self {
        let mut exchange = Exchange::new(Peer::Proxy, secret);
        exchange.set_credentials(Credentials::new(proxy.user(), proxy.password()));
        Self {
            authority: authority_of(target),
            headers: proxy.headers.clone(),
            authenticator: Authenticator::default(),
            exchange,
        }
    }

    pub(super) fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    pub(super) fn begin(&mut self, output: &mut Vec<u8>) -> Progress {
        match self.write_request(output) {
            Some(()) => Progress::Waiting,
            None => Progress::Failed(SocketError::HostNotFound.into()),
        }
    }

    /// The lines of Qt, in its order, but for the port in `Host` (RFC 9112 §3.2.3).
    fn write_request(&mut self, output: &mut Vec<u8>) -> Option<()> {
        let authority = self.authority.as_deref()?;
        output.extend_from_slice(format!("CONNECT {authority} HTTP/1.1\r\n").as_bytes());
        push_field(output, "Proxy-Connection", b"keep-alive");
        push_field(output, "Host", authority.as_bytes());
        if self.headers.get("User-Agent").is_none() {
            push_field(output, "User-Agent", b"Mozilla/5.0");
        }
        for (name, value) in self.headers.combined() {
            push_field(output, name, value);
        }
        if let Some(answer) = self.exchange.begin_request("CONNECT", authority) {
            push_field(output, "Proxy-Authorization", &answer);
        }
        output.extend_from_slice(b"\r\n");
        Some(())
    }

    pub(super) fn receive(&mut self, input: &[u8], output: &mut Vec<u8>) -> (usize, Progress) {
        let (taken, progress) = self.exchange.receive(input);
        (taken, self.go_on(progress, output))
    }

    pub(super) fn authenticated(&mut self, output: &mut Vec<u8>) -> Progress {
        let progress = self
            .exchange
            .authenticate(Credentials::new(self.authenticator.user(), self.authenticator.password()));
        self.go_on(progress, output)
    }

    /// Returns `None` if that is the end.
    pub(super) fn connection_lost(&mut self, output: &mut Vec<u8>) -> Option<Progress> {
        let progress = self.exchange.connection_lost()?;
        Some(self.go_on(progress, output))
    }

    fn go_on(&mut self, progress: http::Progress, output: &mut Vec<u8>) -> Progress {
        match progress {
            http::Progress::Waiting => Progress::Waiting,
            http::Progress::Asking => {
                let Credentials { user, password } = self.exchange.credentials();
                self.authenticator.ask(self.exchange.realm(), (user, password));
                Progress::Asking
            }
            http::Progress::SendAgain => self.begin(output),
            http::Progress::Reconnect => Progress::Reconnecting,
            http::Progress::Response(response) => answered(response.status_code()),
            http::Progress::Failed(failure) => Progress::Failed(explained(&failure)),
        }
    }
}

/// `QHttpSocketEngine::slotSocketReadNotification`
fn answered(status: u16) -> Progress {
    Progress::Failed(match status {
        200..300 => return Progress::Established(None),
        403 | 405 => SocketFailure::new(SocketError::SocketAccess, "Proxy denied connection"),
        404 => SocketError::HostNotFound.into(),
        503 => SocketError::ConnectionRefused.into(),
        _ => SocketFailure::new(SocketError::ProxyProtocol, "Error communicating with HTTP proxy"),
    })
}

fn explained(failure: &Failure) -> SocketFailure {
    let (error, text) = match failure {
        Failure::Unauthenticated(_) => (SocketError::ProxyAuthenticationRequired, "Authentication required"),
        Failure::UnsupportedChallenge(_) => {
            (SocketError::ProxyProtocol, "Error parsing authentication request from proxy")
        }
        Failure::NotHttp(_)
        | Failure::InvalidHead
        | Failure::TooLarge
        | Failure::TooManyInterimResponses(_) => {
            (SocketError::ProxyProtocol, "Did not receive HTTP response from proxy")
        }
    };
    SocketFailure::new(error, text)
}

fn authority_of(target: &Target) -> Option<String> {
    let (host, port) = match target {
        Target::Address(HostAddress::V6(address) | HostAddress::ScopedV6(address, _), port) => {
            (format!("[{address}]"), port)
        }
        Target::Address(address, port) => (address.to_string(), port),
        Target::Name(name, port) => (host_info::ascii_name(name).unwrap_or_default().into_owned(), port),
    };
    let fits = !host.is_empty() && host.bytes().all(|byte| byte > b' ' && byte != 0x7f);
    fits.then(|| format!("{host}:{port}"))
}
