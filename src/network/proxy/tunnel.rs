//! A connection to a proxy, and through it to a peer (private): drives a [`ProxyHandshake`].
//!
//! It takes from the connection what belongs to the handshake and not a byte more; what the peer has sent right behind waits
//! in the system for the next owner of the connection.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::handshake::ProxyHandshake;
use super::request::{Command, Progress, Target};
use crate::core::deadline::Deadline;
use crate::core::sequence::Sequence;
use crate::core::timer_queue::{TimerId, TimerTarget};
use crate::network::abstract_socket::SocketFailure;
use crate::network::happy_eyeballs::{HappyEyeballs, HappyEyeballsClient};
use crate::network::host_info;
use crate::network::random::random_bytes;
use crate::network::socket_engine::{Endpoint, ReadOutcome, SocketClient, SocketEngine, TlsClient};
use crate::network::waiting::Awaited;
use crate::{Authenticator, HostAddress, LookupId, NetworkProxy, SocketError};

/// Receives the outcome of a tunnel. Always called from the event loop, never inside [`ProxyTunnel::start`].
pub(crate) trait ProxyTunnelClient {
    /// The proxy asks for credentials. Slots may do anything, also cancel.
    fn authentication_required(self: Rc<Self>, proxy: &NetworkProxy, authenticator: &Authenticator);
    /// The proxy listens there, of a [`Command::Bind`].
    fn bound(self: Rc<Self>, endpoint: Endpoint);
    /// The connection is the peer's from now on; the endpoint as in [`Progress::Established`].
    fn established(self: Rc<Self>, engine: Rc<SocketEngine>, endpoint: Option<Endpoint>);
    /// There is none.
    fn failed(self: Rc<Self>, error: SocketFailure);
}

pub(crate) struct ProxyTunnel {
    me: Weak<Self>,
    client: Weak<dyn ProxyTunnelClient>,
    proxy: NetworkProxy,
    step: RefCell<Step>,
    /// `None` while somebody is asked, and at the end.
    handshake: RefCell<Option<ProxyHandshake>>,
    /// Limits the time until the proxy's next answer.
    answer: Deadline,
}

enum Step {
    /// Nothing is under way: between two steps, or at the end.
    Idle,
    LookingUp(LookupId),
    Connecting(Rc<HappyEyeballs>),
    Talking(Rc<SocketEngine>),
}

/// The time that a proxy may take for an answer. Within that it tries what a socket would try itself.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// The number of reads before others get their turn.
const READS_PER_TURN: usize = 16;

impl ProxyTunnel {
    pub(crate) fn start(
        proxy: &NetworkProxy,
        command: Command,
        target: Target,
        client: Weak<dyn ProxyTunnelClient>,
    ) -> Rc<Self> {
        let tunnel = Rc::new_cyclic(|me| Self {
            me: me.clone(),
            client,
            proxy: proxy.clone(),
            step: RefCell::new(Step::Idle),
            handshake: RefCell::new(Some(ProxyHandshake::new(proxy, command, target, random_bytes()))),
            answer: Deadline::default(),
        });
        tunnel.connect();
        tunnel
    }

    /// Gives up, without a call of the client.
    pub(crate) fn cancel(&self) {
        self.handshake.take();
        self.end_step();
    }

    /// Things on which the tunnel waits, for a call that blocks.
    pub(crate) fn await_in(&self, awaited: &mut Awaited) {
        awaited.add_deadline(&self.answer);
        match &*self.step.borrow() {
            Step::Connecting(attempts) => attempts.await_in(awaited),
            Step::Talking(engine) => awaited.add_source(engine.key()),
            Step::Idle | Step::LookingUp(_) => {}
        }
    }

    /// Does what is due although the event loop does not run.
    pub(crate) fn catch_up(self: &Rc<Self>) {
        let step = match &*self.step.borrow() {
            Step::Idle => Step::Idle,
            Step::LookingUp(lookup) => Step::LookingUp(*lookup),
            Step::Connecting(attempts) => Step::Connecting(Rc::clone(attempts)),
            Step::Talking(engine) => Step::Talking(Rc::clone(engine)),
        };
        match step {
            Step::Idle => {}
            Step::LookingUp(lookup) => {
                host_info::abort(lookup);
                self.looked_up(&host_info::resolve(self.proxy.host_name()));
            }
            Step::Connecting(attempts) => attempts.catch_up(),
            Step::Talking(engine) => {
                engine.flush_now();
                if let Some(overdue) = self.answer.overdue() {
                    self.clone().timed_out(overdue);
                }
            }
        }
    }

    fn connect(&self) {
        let name = self.proxy.host_name();
        if let Some(address) = host_info::literal(name) {
            return self.connect_to(vec![address]);
        }
        let me = self.me.clone();
        let lookup = host_info::lookup(name, move |addresses| {
            if let Some(tunnel) = me.upgrade() {
                tunnel.looked_up(&addresses);
            }
        });
        self.step.replace(Step::LookingUp(lookup));
    }

    fn looked_up(&self, addresses: &[IpAddr]) {
        self.step.replace(Step::Idle);
        if addresses.is_empty() {
            self.fail_by_connection(SocketError::HostNotFound);
        } else {
            self.connect_to(addresses.iter().map(|address| (*address).into()).collect());
        }
    }

    fn connect_to(&self, addresses: Vec<HostAddress>) {
        let attempts = HappyEyeballs::start(addresses, self.proxy.port(), None, self.me.clone());
        self.step.replace(Step::Connecting(attempts));
    }

    fn end_step(&self) {
        self.answer.stop();
        let step = self.step.replace(Step::Idle);
        match step {
            Step::Idle => {}
            Step::LookingUp(lookup) => host_info::abort(lookup),
            Step::Connecting(attempts) => attempts.cancel(),
            Step::Talking(engine) => engine.abort(),
        }
    }

    fn await_answer(&self) {
        if let Some(me) = self.me.upgrade() {
            self.answer.start(ANSWER_TIMEOUT, me);
        }
    }

    fn is_talking(&self, engine: &Rc<SocketEngine>) -> bool {
        matches!(&*self.step.borrow(), Step::Talking(current) if Rc::ptr_eq(current, engine))
    }

    /// Lets the handshake act, and sends what it has to say.
    fn talk(
        &self,
        engine: &Rc<SocketEngine>,
        act: impl FnOnce(&mut ProxyHandshake, &mut Vec<u8>) -> Progress,
    ) {
        let mut output = Vec::new();
        let Some(progress) =
            self.handshake.borrow_mut().as_mut().map(|handshake| act(handshake, &mut output))
        else {
            return;
        };
        if !output.is_empty() {
            engine.write_with(|waiting| waiting.extend_from_slice(&output));
        }
        match progress {
            Progress::Waiting => {}
            Progress::Asking => self.ask(engine),
            Progress::Reconnecting => {
                self.end_step();
                self.connect();
            }
            Progress::Bound(endpoint) => {
                // From here on it waits for a client, however long that takes.
                self.answer.stop();
                engine.set_keep_alive(true);
                self.tell(|client| client.bound(endpoint));
            }
            Progress::Established(endpoint) => {
                self.answer.stop();
                self.handshake.take();
                self.step.replace(Step::Idle);
                // The peer may have sent something already, which nothing else would report.
                engine.read_later();
                match self.client.upgrade() {
                    Some(client) => client.established(engine.clone(), endpoint),
                    None => engine.abort(),
                }
            }
            Progress::Failed(failure) => self.fail(failure),
        }
    }

    /// Asks the client for credentials. Meanwhile no time-out runs, and nothing is read.
    fn ask(&self, engine: &Rc<SocketEngine>) {
        self.answer.stop();
        let Some(handshake) = self.handshake.take() else { return };
        let _sequence = Sequence::begin_with(|| {
            self.tell(|client| client.authentication_required(&self.proxy, handshake.authenticator()));
        });
        if self.is_talking(engine) {
            self.handshake.replace(Some(handshake));
            self.await_answer();
            self.talk(engine, ProxyHandshake::authenticated);
            // Anything that has come meanwhile, an end for example, was left unread.
            if self.is_talking(engine) {
                engine.read_later();
            }
        }
    }

    fn fail(&self, failure: SocketFailure) {
        self.cancel();
        self.tell(|client| client.failed(failure));
    }

    fn fail_by_connection(&self, error: SocketError) {
        let failure = match &*self.handshake.borrow() {
            Some(handshake) => handshake.failure_of_connection(error),
            None => return,
        };
        self.fail(failure);
    }

    fn tell(&self, what: impl FnOnce(Rc<dyn ProxyTunnelClient>)) {
        if let Some(client) = self.client.upgrade() {
            what(client);
        }
    }

    /// Reads once; says whether there may be more.
    fn read(&self, engine: &Rc<SocketEngine>) -> bool {
        let mut buffer = [0; 4096];
        match engine.peek(&mut buffer) {
            ReadOutcome::More(count) | ReadOutcome::Last(count) => {
                let mut taken = 0;
                self.talk(engine, |handshake, output| {
                    let (count, progress) = handshake.receive(&buffer[..count], output);
                    taken = count;
                    // Before anybody hears of it: what follows is the peer's.
                    discard(engine, &mut buffer[..taken]);
                    progress
                });
                taken > 0
            }
            ReadOutcome::Nothing => false,
            ReadOutcome::End => {
                self.talk(engine, |handshake, output| {
                    handshake.connection_lost(SocketError::RemoteHostClosed, output)
                });
                false
            }
            ReadOutcome::Failed(error) => {
                let error = SocketError::from_io(&error);
                self.talk(engine, |handshake, output| handshake.connection_lost(error, output));
                false
            }
        }
    }
}

/// Takes bytes that were peeked at.
fn discard(engine: &Rc<SocketEngine>, mut bytes: &mut [u8]) {
    while !bytes.is_empty() {
        match engine.read(bytes) {
            ReadOutcome::More(count) | ReadOutcome::Last(count) => bytes = &mut bytes[count..],
            ReadOutcome::Nothing | ReadOutcome::End | ReadOutcome::Failed(_) => return,
        }
    }
}

impl Drop for ProxyTunnel {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl HappyEyeballsClient for ProxyTunnel {
    fn reached(self: Rc<Self>, engine: Rc<SocketEngine>) {
        let client: Weak<dyn SocketClient> = self.me.clone();
        engine.set_client(client);
        // As of any socket that talks in turns.
        engine.set_no_delay(true);
        self.step.replace(Step::Talking(engine.clone()));
        self.await_answer();
        self.talk(&engine, ProxyHandshake::begin);
    }

    fn unreachable(self: Rc<Self>, error: SocketFailure) {
        self.fail_by_connection(error.error);
    }
}

impl TlsClient for ProxyTunnel {}

impl SocketClient for ProxyTunnel {
    fn ready_read(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        for _ in 0..READS_PER_TURN {
            let is_read = self.is_talking(engine) && self.handshake.borrow().is_some() && self.read(engine);
            if !is_read {
                return;
            }
        }
        engine.read_in_next_turn();
    }
}

impl TimerTarget for ProxyTunnel {
    fn timed_out(self: Rc<Self>, _: TimerId) {
        self.fail_by_connection(SocketError::SocketTimeout);
    }
}
