//! A server that listens at a SOCKS5 proxy, by `BIND` (private).
//!
//! The proxy answers twice: with the address where it listens, and then, on the same connection, with the peer's. So each `BIND`
//! is for one client, whose connection is the one to the proxy.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::request::{Command, Target};
use super::tunnel::{ProxyTunnel, ProxyTunnelClient};
use crate::core::event_dispatcher;
use crate::network::abstract_socket::SocketFailure;
use crate::network::listening::{ListenerClient, Listening};
use crate::network::socket_engine::{Endpoint, SocketEngine, Tunnelled};
use crate::network::waiting::Awaited;
use crate::{Authenticator, Error, EventLoop, HostAddress, NetworkProxy, SocketError, Timer};

pub(crate) struct ProxyListener {
    me: Weak<Self>,
    client: Weak<dyn ListenerClient>,
    state: RefCell<State>,
    tunnel: RefCell<Option<Rc<ProxyTunnel>>>,
    /// Set at first as well, until the server has taken the listener and resumes it.
    is_paused: Cell<bool>,
    /// The connection, or why there will be none, if that came while it was paused.
    outcome: RefCell<Option<Result<Rc<SocketEngine>, SocketFailure>>>,
}

enum State {
    /// [`ProxyListener::listen`] waits in this loop for the first answer.
    Asking(EventLoop),
    Refused(SocketFailure),
    Listening(Endpoint),
    Closed,
}

/// `QSocks5SocketEngine`'s limit for the first answer.
const BIND_TIMEOUT: Duration = Duration::from_secs(5);

impl ProxyListener {
    /// Waits for the proxy's first answer, in an event loop of its own: everything else goes on meanwhile.
    pub(crate) fn listen(
        proxy: &NetworkProxy,
        address: HostAddress,
        port: u16,
        client: Weak<dyn ListenerClient>,
    ) -> Result<Rc<Self>, Error> {
        let wait = EventLoop::new().scoped();
        let event_loop = *wait;
        let limit = Timer::new().scoped();
        limit.timeout().connect(move |()| event_loop.quit());
        limit.start(BIND_TIMEOUT);
        let listener = Rc::new_cyclic(|me| Self {
            me: me.clone(),
            client,
            state: RefCell::new(State::Asking(event_loop)),
            tunnel: RefCell::default(),
            is_paused: Cell::new(true),
            outcome: RefCell::default(),
        });
        let told: Weak<dyn ProxyTunnelClient> = listener.me.clone();
        let tunnel = ProxyTunnel::start(proxy, Command::Bind, Target::Address(address, port), told);
        listener.tunnel.replace(Some(tunnel));
        wait.exec();
        let refused = match &*listener.state.borrow() {
            State::Listening(_) | State::Closed => None,
            State::Refused(failure) => Some(failure.clone()),
            State::Asking(_) => {
                Some(SocketFailure::new(SocketError::SocketTimeout, "Network operation timed out"))
            }
        };
        match refused {
            None => Ok(listener),
            Some(failure) => {
                listener.close();
                Err(failure.into())
            }
        }
    }

    fn endpoint(&self) -> Option<Endpoint> {
        match &*self.state.borrow() {
            State::Listening(endpoint) => Some(*endpoint),
            _ => None,
        }
    }

    fn come_to(&self, outcome: Result<Rc<SocketEngine>, SocketFailure>) {
        self.outcome.replace(Some(outcome));
        self.tell_outcome();
    }

    fn tell_outcome(&self) {
        let outcome = if self.is_paused.get() { None } else { self.outcome.take() };
        let Some((outcome, client)) = outcome.zip(self.client.upgrade()) else { return };
        client.clone().listened();
        match outcome {
            Ok(engine) => client.accepted(engine),
            Err(failure) => client.accept_failed(failure.error, &failure.text),
        }
    }
}

impl Listening for ProxyListener {
    fn address(&self) -> HostAddress {
        self.endpoint().map_or(HostAddress::Null, |(address, _)| address)
    }

    fn port(&self) -> u16 {
        self.endpoint().map_or(0, |(_, port)| port)
    }

    fn close(&self) {
        self.state.replace(State::Closed);
        let tunnel = self.tunnel.take();
        if let Some(tunnel) = tunnel {
            tunnel.cancel();
        }
        if let Some(Ok(engine)) = self.outcome.take() {
            engine.abort();
        }
    }

    fn pause(&self) {
        self.is_paused.set(true);
    }

    fn resume(self: Rc<Self>) {
        self.is_paused.set(false);
        event_dispatcher::post_call_to(self.me.clone(), |listener| listener.tell_outcome());
    }

    fn awaited(&self) -> Awaited {
        let mut awaited = Awaited::default();
        if let Some(tunnel) = &*self.tunnel.borrow() {
            tunnel.await_in(&mut awaited);
        }
        awaited
    }

    #[cfg(unix)]
    fn raw_fd(&self) -> Option<std::os::fd::RawFd> {
        None
    }
}

impl Drop for ProxyListener {
    fn drop(&mut self) {
        self.close();
    }
}

impl ProxyTunnelClient for ProxyListener {
    /// As in Qt, a server has no signal for that: the credentials of the proxy's settings are all there are.
    fn authentication_required(self: Rc<Self>, _: &NetworkProxy, _: &Authenticator) {}

    fn bound(self: Rc<Self>, endpoint: Endpoint) {
        let before = self.state.replace(State::Listening(endpoint));
        if let State::Asking(wait) = before {
            wait.quit();
        }
    }

    fn established(self: Rc<Self>, engine: Rc<SocketEngine>, peer: Option<Endpoint>) {
        let peer = peer.unwrap_or_default();
        engine.set_tunnelled(Tunnelled { peer, local: self.endpoint() });
        self.come_to(Ok(engine));
    }

    fn failed(self: Rc<Self>, failure: SocketFailure) {
        if let State::Asking(wait) = &*self.state.borrow() {
            wait.quit();
        } else {
            return self.come_to(Err(failure));
        }
        self.state.replace(State::Refused(failure));
    }
}
