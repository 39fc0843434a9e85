//! From a host's name to an established connection (private), directly or through a proxy.
//!
//! Directly: the name is looked up, and its addresses are tried ([`HappyEyeballs`]). Through a proxy: a [`ProxyTunnel`]
//! reaches the proxy in the same way and asks it for the connection. The proxy gets the name, or, if it cannot
//! look names up, the addresses that were found here, one after the other.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::mem;
use std::net::IpAddr;
use std::rc::{Rc, Weak};

use super::abstract_socket::{SocketError, SocketFailure};
use super::authenticator::Authenticator;
use super::binding::Binding;
use super::happy_eyeballs::{HappyEyeballs, HappyEyeballsClient};
use super::host_address::HostAddress;
use super::host_info::{self, LookupId};
use super::network_proxy::{NetworkProxy, ProxyCapability, ProxyType};
use super::proxy::{Command, Target};
use super::proxy::{ProxyTunnel, ProxyTunnelClient};
use super::socket_engine::{Endpoint, SocketEngine, Tunnelled};
use super::waiting::Awaited;
use crate::core::event_dispatcher;
use crate::core::sequence::Sequence;

/// Receives the outcome of a connector. Always called from the event loop, never inside [`Connector::start`].
pub(crate) trait ConnectorClient {
    /// The name was looked up and has addresses.
    fn host_found(self: Rc<Self>);
    /// The proxy asks for credentials. Slots may do anything, also cancel.
    fn proxy_authentication_required(self: Rc<Self>, proxy: &NetworkProxy, authenticator: &Authenticator);
    /// The connection is established.
    fn established(self: Rc<Self>, engine: Rc<SocketEngine>);
    /// None of the addresses could be reached, or there is none, or the proxy did not do it.
    fn failed(self: Rc<Self>, error: SocketFailure);
}

pub(crate) struct Connector {
    me: Weak<Self>,
    client: Weak<dyn ConnectorClient>,
    port: u16,
    proxy: NetworkProxy,
    /// The local end of a direct connection, if the program has chosen one.
    binding: Cell<Option<Box<Binding>>>,
    step: RefCell<Step>,
    /// Targets for which the proxy was not asked yet.
    targets: RefCell<VecDeque<Target>>,
}

enum Step {
    /// Nothing is under way yet.
    New,
    /// Nothing is under way: between two steps, or at the end.
    Idle,
    LookingUp(LookupId),
    /// The client hears of these addresses, and may cancel; to connect to them is next.
    Found(Vec<HostAddress>),
    Connecting(Rc<HappyEyeballs>),
    Tunnelling(Rc<ProxyTunnel>),
    /// It has failed at once, which is told from the event loop.
    Failed(SocketFailure),
}

impl Connector {
    /// A connector that has not begun. `proxy` is one that a socket can use, [`NetworkProxy::for_connection`].
    pub(crate) fn new(port: u16, proxy: NetworkProxy, client: Weak<dyn ConnectorClient>) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            me: me.clone(),
            client,
            port,
            proxy,
            binding: Cell::default(),
            step: RefCell::new(Step::New),
            targets: RefCell::default(),
        })
    }

    /// Connects from there; not through a proxy.
    pub(crate) fn bind(&self, binding: Box<Binding>) {
        self.binding.set(Some(binding));
    }

    /// Begins, if it has not begun. `host` is a name or an address; IPv6 addresses may be in brackets.
    pub(crate) fn begin(&self, host: &str) {
        if !matches!(*self.step.borrow(), Step::New) {
            return;
        }
        self.step.replace(Step::Idle);
        if host.is_empty() {
            self.fail_later(SocketError::HostNotFound.into());
        } else if let Some(address) = host_info::literal(host) {
            self.connect_to(vec![address]);
        } else if proxy_looks_up(&self.proxy) {
            self.targets.borrow_mut().push_back(Target::Name(host.to_owned(), self.port));
            self.ask_proxy();
        } else {
            self.look_up(host);
        }
    }

    /// A connector that has begun. Without a `proxy` it fails.
    pub(crate) fn start(
        host: &str,
        port: u16,
        proxy: Option<NetworkProxy>,
        client: Weak<dyn ConnectorClient>,
    ) -> Rc<Self> {
        let is_usable = proxy.is_some();
        let connector = Self::new(port, proxy.unwrap_or_default(), client);
        if is_usable {
            connector.begin(host);
        } else {
            connector.fail_later(SocketError::UnsupportedSocketOperation.into());
        }
        connector
    }

    /// Gives up, without a call of the client.
    pub(crate) fn cancel(&self) {
        self.targets.borrow_mut().clear();
        let step = self.step.replace(Step::Idle);
        match step {
            Step::New | Step::Idle | Step::Found(_) | Step::Failed(_) => {}
            Step::LookingUp(lookup) => host_info::abort(lookup),
            Step::Connecting(attempts) => attempts.cancel(),
            Step::Tunnelling(tunnel) => tunnel.cancel(),
        }
    }

    /// Things on which the connector waits, for a call that blocks.
    pub(crate) fn awaited(&self) -> Awaited {
        let mut awaited = Awaited::default();
        match &*self.step.borrow() {
            Step::Connecting(attempts) => attempts.await_in(&mut awaited),
            Step::Tunnelling(tunnel) => tunnel.await_in(&mut awaited),
            Step::New | Step::Idle | Step::LookingUp(_) | Step::Found(_) | Step::Failed(_) => {}
        }
        awaited
    }

    /// Does what is due although the event loop does not run, also the look-up of the name, for which this waits.
    pub(crate) fn catch_up(&self, host: &str) {
        self.begin(host);
        if let Step::LookingUp(lookup) = *self.step.borrow() {
            host_info::abort(lookup);
        }
        if self.is_looking_up() {
            return self.looked_up(&host_info::resolve(host));
        }
        self.connect_to_found();
        let (attempts, tunnel) = match &*self.step.borrow() {
            Step::Connecting(attempts) => (Some(Rc::clone(attempts)), None),
            Step::Tunnelling(tunnel) => (None, Some(Rc::clone(tunnel))),
            Step::New | Step::Idle | Step::LookingUp(_) | Step::Found(_) | Step::Failed(_) => (None, None),
        };
        self.tell_failure();
        if let Some(attempts) = attempts {
            attempts.catch_up();
        }
        if let Some(tunnel) = tunnel {
            tunnel.catch_up();
        }
    }

    /// Returns whether the name is being looked up: [`ConnectorClient::host_found`] or an error is next.
    pub(crate) fn is_looking_up(&self) -> bool {
        matches!(*self.step.borrow(), Step::LookingUp(_))
    }

    /// Returns whether a proxy is asked, also for a name.
    pub(crate) fn is_asking_proxy(&self) -> bool {
        matches!(*self.step.borrow(), Step::Tunnelling(_))
    }

    fn look_up(&self, host: &str) {
        let found = self.me.clone();
        let lookup = host_info::lookup(host, move |addresses| {
            if let Some(connector) = found.upgrade() {
                connector.looked_up(&addresses);
            }
        });
        self.step.replace(Step::LookingUp(lookup));
    }

    fn looked_up(&self, addresses: &[IpAddr]) {
        if addresses.is_empty() {
            self.step.replace(Step::Idle);
            return self.tell(|client| client.failed(SocketError::HostNotFound.into()));
        }
        self.step.replace(Step::Found(addresses.iter().map(|address| (*address).into()).collect()));
        let _sequence = Sequence::begin_with(|| self.tell(ConnectorClient::host_found));
        self.connect_to_found();
    }

    fn connect_to_found(&self) {
        let found = match &mut *self.step.borrow_mut() {
            Step::Found(addresses) => mem::take(addresses),
            _ => return,
        };
        self.step.replace(Step::Idle);
        self.connect_to(found);
    }

    fn connect_to(&self, addresses: Vec<HostAddress>) {
        if self.proxy.proxy_type() == ProxyType::No {
            let attempts = HappyEyeballs::start(addresses, self.port, self.binding.take(), self.me.clone());
            self.step.replace(Step::Connecting(attempts));
        } else {
            let targets = addresses.into_iter().map(|address| Target::Address(address, self.port));
            self.targets.borrow_mut().extend(targets);
            self.ask_proxy();
        }
    }

    /// Asks the proxy for the next of the targets; says whether there was one.
    fn ask_proxy(&self) -> bool {
        let Some(target) = self.targets.borrow().front().cloned() else { return false };
        let tunnel = ProxyTunnel::start(&self.proxy, Command::Connect, target, self.me.clone());
        self.step.replace(Step::Tunnelling(tunnel));
        true
    }

    fn fail_later(&self, error: SocketFailure) {
        self.step.replace(Step::Failed(error));
        event_dispatcher::post_call_to(self.me.clone(), |connector| connector.tell_failure());
    }

    fn tell_failure(&self) {
        if !matches!(*self.step.borrow(), Step::Failed(_)) {
            return;
        }
        if let Step::Failed(error) = self.step.replace(Step::Idle) {
            self.tell(|client| client.failed(error));
        }
    }

    fn tell(&self, what: impl FnOnce(Rc<dyn ConnectorClient>)) {
        if let Some(client) = self.client.upgrade() {
            what(client);
        }
    }

    fn end(&self, outcome: impl FnOnce(Rc<dyn ConnectorClient>)) {
        let ended = self.step.replace(Step::Idle);
        self.tell(outcome);
        drop(ended);
    }
}

/// Returns whether the error is the proxy's, so that another address would fare no better.
fn is_of_proxy(error: SocketError) -> bool {
    use SocketError::{
        ProxyAuthenticationRequired, ProxyConnectionClosed, ProxyConnectionRefused, ProxyConnectionTimeout,
        ProxyNotFound, ProxyProtocol,
    };
    matches!(
        error,
        ProxyAuthenticationRequired
            | ProxyConnectionClosed
            | ProxyConnectionRefused
            | ProxyConnectionTimeout
            | ProxyNotFound
            | ProxyProtocol
    )
}

/// Returns whether the proxy looks up the name, instead of this side.
fn proxy_looks_up(proxy: &NetworkProxy) -> bool {
    proxy.proxy_type() != ProxyType::No && proxy.has_capability(ProxyCapability::HostNameLookup)
}

impl Drop for Connector {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl HappyEyeballsClient for Connector {
    fn reached(self: Rc<Self>, engine: Rc<SocketEngine>) {
        self.end(|client| client.established(engine));
    }

    fn unreachable(self: Rc<Self>, error: SocketFailure) {
        self.end(|client| client.failed(error));
    }
}

impl ProxyTunnelClient for Connector {
    fn authentication_required(self: Rc<Self>, proxy: &NetworkProxy, authenticator: &Authenticator) {
        self.tell(|client| client.proxy_authentication_required(proxy, authenticator));
    }

    fn bound(self: Rc<Self>, _: Endpoint) {}

    fn established(self: Rc<Self>, engine: Rc<SocketEngine>, local: Option<Endpoint>) {
        let target = self.targets.take().pop_front();
        let peer = match target {
            Some(Target::Address(address, port)) => (address, port),
            // As in Qt, where the proxy looked the name up its address is not known.
            _ => (HostAddress::Null, self.port),
        };
        engine.set_tunnelled(Tunnelled { peer, local });
        self.end(|client| client.established(engine));
    }

    fn failed(self: Rc<Self>, error: SocketFailure) {
        self.targets.borrow_mut().pop_front();
        if is_of_proxy(error.error) || !self.ask_proxy() {
            self.end(|client| client.failed(error));
        }
    }
}
