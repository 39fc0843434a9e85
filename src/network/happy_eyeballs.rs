//! From the addresses of a host to an established connection (private): Happy Eyeballs, RFC 8305.
//!
//! The addresses are tried in the resolver's order (RFC 6724), but the families take turns, beginning with that of the first
//! (RFC 8305 §4). An attempt that has neither succeeded nor failed after 250 ms is joined by the next (§5); one that
//! fails is followed by the next at once. The first to succeed wins, and the others are dropped. Each has 30 s.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::abstract_socket::{SocketError, SocketFailure};
use super::binding::Binding;
use super::host_address::HostAddress;
use super::socket_engine::{self, SocketClient, SocketEngine, TlsClient};
use super::waiting::Awaited;
use crate::core::deadline::Deadline;
use crate::core::event_dispatcher;
use crate::core::timer_queue::{TimerId, TimerTarget};

/// Receives the outcome. Always called from the event loop, never inside [`HappyEyeballs::start`].
pub(crate) trait HappyEyeballsClient {
    /// The connection is established.
    fn reached(self: Rc<Self>, engine: Rc<SocketEngine>);
    /// None of the addresses could be reached. The error is that of the last one in their order.
    fn unreachable(self: Rc<Self>, error: SocketFailure);
}

pub(crate) struct HappyEyeballs {
    me: Weak<Self>,
    client: Weak<dyn HappyEyeballsClient>,
    /// The local end that the program has chosen. Only one attempt at a time can have it.
    binding: Option<Box<Binding>>,
    /// Addresses that were not tried yet.
    waiting: RefCell<VecDeque<SocketAddr>>,
    /// The attempts under way, in the order in which they began.
    attempts: RefCell<Vec<Attempt>>,
    started: Cell<usize>,
    /// The last of the attempts that have failed, and why.
    failure: RefCell<(usize, SocketFailure)>,
    /// The time until the next attempt joins those that are under way.
    delay: Deadline,
}

struct Attempt {
    number: usize,
    engine: Rc<SocketEngine>,
    /// Limits its time.
    limit: Deadline,
}

/// RFC 8305 §5: the connection attempt delay that it recommends.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// `QAbstractSocket`'s limit for one address.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

impl HappyEyeballs {
    pub(crate) fn start(
        addresses: Vec<HostAddress>,
        port: u16,
        binding: Option<Box<Binding>>,
        client: Weak<dyn HappyEyeballsClient>,
    ) -> Rc<Self> {
        let addresses = addresses.into_iter().filter_map(|address| address.to_socket_address(port));
        let waiting = interleaved(addresses.collect()).collect();
        let this = Rc::new_cyclic(|me| Self {
            me: me.clone(),
            client,
            binding,
            waiting: RefCell::new(waiting),
            attempts: RefCell::default(),
            started: Cell::new(0),
            failure: RefCell::new((0, SocketError::HostNotFound.into())),
            delay: Deadline::default(),
        });
        this.try_next();
        this
    }

    /// Gives up, without a call of the client.
    pub(crate) fn cancel(&self) {
        self.waiting.borrow_mut().clear();
        self.delay.stop();
        let attempts = self.attempts.take();
        attempts.into_iter().for_each(Attempt::end);
    }

    /// The connections that are under way, and the times that limit them, for a call that blocks.
    pub(crate) fn await_in(&self, awaited: &mut Awaited) {
        awaited.add_deadline(&self.delay);
        for attempt in self.attempts.borrow().iter() {
            awaited.add_connecting(attempt.engine.key());
            awaited.add_deadline(&attempt.limit);
        }
    }

    /// Does what is due although the event loop does not run.
    pub(crate) fn catch_up(self: &Rc<Self>) {
        let limit = || self.attempts.borrow().iter().find_map(|attempt| attempt.limit.overdue());
        if self.attempts.borrow().is_empty() && self.waiting.borrow().is_empty() {
            self.tell_failure();
        } else if let Some(overdue) = self.delay.overdue().or_else(limit) {
            self.clone().timed_out(overdue);
        }
    }

    /// Begins the next attempt. An attempt that fails at once is reported from the event loop all the same.
    fn try_next(&self) {
        self.delay.stop();
        loop {
            let Some(address) = self.waiting.borrow_mut().pop_front() else { break };
            log::debug!("connecting to {address}");
            let number = self.started.get() + 1;
            self.started.set(number);
            match self.connect(address) {
                Ok(engine) => {
                    let limit = Deadline::default();
                    self.start_deadline(&limit, CONNECT_TIMEOUT);
                    self.attempts.borrow_mut().push(Attempt { number, engine, limit });
                    if self.binding.is_none() && !self.waiting.borrow().is_empty() {
                        self.start_deadline(&self.delay, ATTEMPT_DELAY);
                    }
                    return;
                }
                Err(error) => {
                    log::debug!("connecting to {address}: {error}");
                    self.note_failure(number, error.into());
                }
            }
        }
        if self.attempts.borrow().is_empty() {
            self.give_up();
        }
    }

    fn connect(&self, address: SocketAddr) -> io::Result<Rc<SocketEngine>> {
        match &self.binding {
            Some(binding) => SocketEngine::connect_from(binding.take_socket()?, address, self.me.clone()),
            None => SocketEngine::connect(address, self.me.clone()),
        }
    }

    fn start_deadline(&self, deadline: &Deadline, time: Duration) {
        if let Some(me) = self.me.upgrade() {
            deadline.start(time, me);
        }
    }

    fn note_failure(&self, number: usize, error: SocketFailure) {
        let mut last = self.failure.borrow_mut();
        if number > last.0 {
            *last = (number, error);
        }
    }

    fn give_up(&self) {
        event_dispatcher::post_call_to(self.me.clone(), |this| this.tell_failure());
    }

    fn tell_failure(&self) {
        let error = self.failure.borrow().1.clone();
        if let Some(client) = self.client.upgrade() {
            client.unreachable(error);
        }
    }

    fn take(&self, is_it: impl Fn(&Attempt) -> bool) -> Option<Attempt> {
        let mut attempts = self.attempts.borrow_mut();
        let index = attempts.iter().position(is_it)?;
        Some(attempts.remove(index))
    }

    fn failed(&self, attempt: Attempt, error: SocketFailure) {
        log::debug!("connecting to {}: {error}", socket_engine::written(attempt.engine.peer()));
        self.note_failure(attempt.number, error);
        attempt.end();
        self.try_next();
    }
}

impl Attempt {
    fn end(self) {
        self.engine.abort();
    }
}

impl Drop for HappyEyeballs {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl TlsClient for HappyEyeballs {}

impl SocketClient for HappyEyeballs {
    fn connected(self: Rc<Self>, engine: &Rc<SocketEngine>) {
        drop(self.take(|attempt| Rc::ptr_eq(&attempt.engine, engine)));
        self.cancel();
        match self.client.upgrade() {
            Some(client) => client.reached(engine.clone()),
            None => engine.abort(),
        }
    }

    fn connect_failed(self: Rc<Self>, engine: &Rc<SocketEngine>, error: io::Error) {
        if let Some(attempt) = self.take(|attempt| Rc::ptr_eq(&attempt.engine, engine)) {
            self.failed(attempt, error.into());
        }
    }
}

impl TimerTarget for HappyEyeballs {
    fn timed_out(self: Rc<Self>, id: TimerId) {
        if self.delay.has_passed(id) {
            self.try_next();
        } else if let Some(attempt) = self.take(|attempt| attempt.limit.is(id)) {
            self.failed(attempt, SocketError::SocketTimeout.into());
        }
    }
}

/// RFC 8305 §4, with a First Address Family Count of 1: one of the first family, one of the other, and so on.
fn interleaved(addresses: Vec<SocketAddr>) -> impl Iterator<Item = SocketAddr> {
    let is_first_ipv4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == is_first_ipv4);
    let turns = first.len().max(second.len());
    (0..turns).flat_map(move |turn| [first.get(turn).copied(), second.get(turn).copied()]).flatten()
}
