//! From a host's name to an established connection (private): name lookup, then one address after the other.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::abstract_socket::SocketError;
use super::host_info::{self, LookupId};
use super::socket_engine::{SocketClient, SocketEngine};
use crate::TimerType;
use crate::core::event_dispatcher;
use crate::core::timer_queue::{TimerId, TimerTarget};

/// Whom a connector tells. Always from the event loop, never inside [`Connector::start`].
pub(crate) trait ConnectorClient {
    /// The name was looked up and has addresses.
    fn host_found(self: Rc<Self>);
    /// The connection is established.
    fn established(self: Rc<Self>, engine: Rc<SocketEngine>);
    /// None of the addresses could be reached, or there is none.
    fn failed(self: Rc<Self>, error: SocketError);
}

pub(crate) struct Connector {
    me: Weak<Self>,
    client: Weak<dyn ConnectorClient>,
    port: u16,
    addresses: RefCell<VecDeque<IpAddr>>,
    step: RefCell<Step>,
    last_error: Cell<SocketError>,
    timer: Cell<Option<TimerId>>,
}

enum Step {
    LookingUp(LookupId),
    Connecting(Rc<SocketEngine>),
    /// Nothing is under way: between two steps, or at the end.
    Idle,
}

/// `QAbstractSocket`'s limit for one address.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

impl Connector {
    /// Begins. `host` is a name or an address; IPv6 addresses may be in brackets.
    pub(crate) fn start(host: &str, port: u16, client: Weak<dyn ConnectorClient>) -> Rc<Self> {
        let connector = Rc::new_cyclic(|me| Self {
            me: me.clone(),
            client,
            port,
            addresses: RefCell::default(),
            step: RefCell::new(Step::Idle),
            last_error: Cell::new(SocketError::HostNotFound),
            timer: Cell::new(None),
        });
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        match host.parse::<IpAddr>() {
            Err(_) if host.is_empty() => connector.next_address(),
            Ok(address) => {
                connector.addresses.borrow_mut().push_back(address);
                connector.next_address();
            }
            Err(_) => {
                let found = Rc::downgrade(&connector);
                let lookup = host_info::lookup(host, move |addresses| {
                    if let Some(connector) = found.upgrade() {
                        connector.looked_up(addresses);
                    }
                });
                connector.step.replace(Step::LookingUp(lookup));
            }
        }
        connector
    }

    /// Gives up; the client is not told.
    pub(crate) fn cancel(&self) {
        self.addresses.borrow_mut().clear();
        self.end_attempt();
    }

    fn looked_up(&self, addresses: Vec<IpAddr>) {
        self.step.replace(Step::Idle);
        let any = !addresses.is_empty();
        self.addresses.borrow_mut().extend(addresses);
        if any {
            self.tell(ConnectorClient::host_found);
        }
        self.next_address();
    }

    /// Tries the next address; without one left it is over. What fails at once is told from the event loop all the same.
    fn next_address(&self) {
        let Some(address) = self.addresses.borrow_mut().pop_front() else { return self.fail_later() };
        let Some(me) = self.me.upgrade() else { return };
        match SocketEngine::connect(SocketAddr::new(address, self.port), self.me.clone()) {
            Ok(engine) => {
                self.step.replace(Step::Connecting(engine));
                self.timer.set(event_dispatcher::start_timer(CONNECT_TIMEOUT, TimerType::Coarse, me));
            }
            Err(error) => {
                self.last_error.set(SocketError::from_io(&error));
                self.next_address();
            }
        }
    }

    fn fail_later(&self) {
        let connector = self.me.clone();
        event_dispatcher::post_call(None, move || {
            if let Some(connector) = connector.upgrade() {
                connector.tell(|client| client.failed(connector.last_error.get()));
            }
        });
    }

    fn tell(&self, what: impl FnOnce(Rc<dyn ConnectorClient>)) {
        if let Some(client) = self.client.upgrade() {
            what(client);
        }
    }

    /// The attempt under way has failed.
    fn try_next(&self, error: SocketError) {
        self.last_error.set(error);
        self.end_attempt();
        self.next_address();
    }

    /// Ends what is under way.
    fn end_attempt(&self) {
        if let Some(timer) = self.timer.take() {
            event_dispatcher::stop_timer(timer);
        }
        match self.step.replace(Step::Idle) {
            Step::LookingUp(lookup) => host_info::abort(lookup),
            Step::Connecting(engine) => engine.abort(),
            Step::Idle => {}
        }
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl SocketClient for Connector {
    fn connected(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        self.step.replace(Step::Idle);
        self.end_attempt();
        self.addresses.borrow_mut().clear();
        match self.client.upgrade() {
            Some(client) => client.established(engine.clone()),
            None => engine.abort(),
        }
    }

    fn connect_failed(self: Rc<Self>, engine: &Rc<SocketEngine>, error: io::Error) {
        engine.abort();
        self.try_next(SocketError::from_io(&error));
    }

    fn ready_read(self: Rc<Self>, _: &Rc<SocketEngine>) {}
    fn bytes_written(self: Rc<Self>, _: &Rc<SocketEngine>, _: usize) {}
    fn closed(self: Rc<Self>, _: &Rc<SocketEngine>) {}
}

impl TimerTarget for Connector {
    fn timed_out(self: Rc<Self>, _: TimerId) {
        self.try_next(SocketError::SocketTimeout);
    }
}
