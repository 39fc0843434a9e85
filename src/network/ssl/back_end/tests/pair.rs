//! A client and a server, and what an engine does with them.

use std::cell::RefCell;
use std::rc::Rc;

use crate::network::ssl::back_end;
use crate::network::ssl::session::{HandshakeObserver, TlsEvent, TlsFailure, TlsProgress, TlsSession};
use crate::network::ssl::{SslConfiguration, SslError};

pub(crate) struct Side {
    pub(crate) session: Box<dyn TlsSession>,
    /// The events, in words.
    pub(crate) log: Rc<RefCell<Vec<String>>>,
    /// The errors of the peer's certificates.
    pub(crate) errors: Vec<SslError>,
    /// Decrypted data of the peer.
    pub(crate) received: Vec<u8>,
    pub(crate) progress: TlsProgress,
    /// Set if errors of the peer's certificate are ignored.
    pub(crate) ignores: bool,
    /// The answer of the slot of `handshakeInterruptedOnError`.
    pub(crate) continues: bool,
    is_dropped: bool,
    waiting: Vec<u8>,
}

pub(crate) struct Pair {
    pub(crate) client: Side,
    pub(crate) server: Side,
    pub(crate) to_client: Vec<u8>,
    pub(crate) to_server: Vec<u8>,
}

struct Observer {
    log: Rc<RefCell<Vec<String>>>,
    continues: bool,
}

impl HandshakeObserver for Observer {
    fn handshake_interrupted(&self, error: &SslError) -> bool {
        self.log.borrow_mut().push(format!("interrupted {:?}", error.kind()));
        self.continues
    }
}

impl Side {
    pub(crate) fn new(session: Result<Box<dyn TlsSession>, TlsFailure>) -> Self {
        Self {
            session: session.unwrap(),
            log: Rc::default(),
            errors: Vec::new(),
            received: Vec::new(),
            progress: TlsProgress::Handshaking,
            ignores: false,
            continues: false,
            is_dropped: false,
            waiting: Vec::new(),
        }
    }

    /// Takes what came and returns what goes out.
    pub(crate) fn take(&mut self, input: &[u8]) -> Vec<u8> {
        self.waiting.extend_from_slice(input);
        let mut written = Vec::new();
        while !self.is_dropped {
            let mut output = Vec::new();
            let observer = Observer { log: self.log.clone(), continues: self.continues };
            let received = self.session.receive(
                &mut self.waiting,
                &mut output,
                &mut |plain| self.received.extend_from_slice(plain),
                Some(Rc::new(observer)),
            );
            self.waiting.drain(..received.used);
            let judges = self.tell();
            if judges && !self.ignores {
                // Only an accepted message is written; this one is not.
                self.is_dropped = true;
                self.log.borrow_mut().push("dropped".to_owned());
                break;
            }
            if judges {
                self.session.accept_peer();
            }
            written.append(&mut output);
            self.progress = received.progress;
            if !judges {
                break;
            }
        }
        written
    }

    /// Returns whether the peer is judged at this point.
    pub(crate) fn tell(&mut self) -> bool {
        let mut judges = false;
        for event in self.session.take_events() {
            judges |= matches!(event, TlsEvent::PeerVerified(_));
            self.log.borrow_mut().push(match event {
                TlsEvent::PeerVerifyError(error) => format!("peerVerifyError {:?}", error.kind()),
                TlsEvent::PeerVerified(errors) => {
                    let kinds: Vec<_> = errors.iter().map(SslError::kind).collect();
                    self.errors = errors;
                    format!("sslErrors {kinds:?}")
                }
                TlsEvent::AlertSent(alert) => format!("sent {:?} {:?}", alert.level, alert.kind),
                TlsEvent::AlertReceived(alert) => format!("received {:?} {:?}", alert.level, alert.kind),
            });
        }
        judges
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.progress, TlsProgress::Open)
    }

    pub(crate) fn failure(&self) -> Option<(crate::SocketError, String)> {
        match &self.progress {
            TlsProgress::Failed(failure) => Some((failure.error, failure.text.to_string())),
            _ => None,
        }
    }

    pub(crate) fn send(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        self.session.send(plain, &mut output);
        output
    }
}

impl Pair {
    pub(crate) fn new(client: &SslConfiguration, server: &SslConfiguration) -> Self {
        Self::to("localhost", client, server)
    }

    pub(crate) fn to(host: &str, client: &SslConfiguration, server: &SslConfiguration) -> Self {
        Self::of(
            Side::new(back_end::client(client.settings(), host)),
            Side::new(back_end::server(server.settings())),
        )
    }

    pub(crate) fn of(client: Side, server: Side) -> Self {
        Self { client, server, to_client: Vec::new(), to_server: Vec::new() }
    }

    /// Runs both sides until nothing moves.
    pub(crate) fn run(&mut self) {
        self.run_in(usize::MAX);
    }

    /// Runs both sides, in pieces of that many bytes.
    pub(crate) fn run_in(&mut self, piece: usize) {
        self.to_server.extend(self.client.take(&[]));
        while !self.to_client.is_empty() || !self.to_server.is_empty() {
            let (to_server, to_client) =
                (std::mem::take(&mut self.to_server), std::mem::take(&mut self.to_client));
            for bytes in to_server.chunks(piece) {
                self.to_client.extend(self.server.take(bytes));
            }
            for bytes in to_client.chunks(piece) {
                self.to_server.extend(self.client.take(bytes));
            }
        }
    }

    pub(crate) fn opened(client: &SslConfiguration, server: &SslConfiguration) -> Self {
        let mut pair = Self::new(client, server);
        pair.run();
        assert!(
            pair.client.is_open() && pair.server.is_open(),
            "{:?} {:?}",
            pair.client.progress,
            pair.server.progress
        );
        pair
    }
}
