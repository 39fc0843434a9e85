//! Threads that wait for the system's resolver, which knows no other way than to block: `QHostInfoLookupManager`.
//!
//! They are started on demand and never joined: one that is stuck in the resolver must not keep the process from ending.

use std::collections::VecDeque;
use std::net::{IpAddr, ToSocketAddrs};
use std::time::Duration;
use std::{mem, thread};

use parking_lot::{Condvar, Mutex};

use super::{LookupId, answer, ascii_name};
use crate::EventLoopHandle;

static RESOLVER: Mutex<Resolver> =
    Mutex::new(Resolver { requests: VecDeque::new(), waiting: Vec::new(), threads: 0, idle: 0 });
static REQUESTED: Condvar = Condvar::new();

/// As in Qt's `QHostInfoLookupManager`.
const MAX_THREADS: usize = 20;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

struct Resolver {
    /// Names that no thread has taken yet.
    requests: VecDeque<String>,
    /// Who waits for which name, taken or not. Whoever asks for a name that is being looked up shares the answer.
    waiting: Vec<(String, Vec<Asker>)>,
    threads: usize,
    idle: usize,
}

struct Asker {
    event_loop: EventLoopHandle,
    id: LookupId,
}

/// Has a name looked up: the thread that calls this is answered by its event loop.
pub(super) fn ask(name: &str, id: LookupId) {
    let asker = Asker { event_loop: EventLoopHandle::current(), id };
    let mut resolver = RESOLVER.lock();
    if let Some((_, askers)) = resolver.waiting.iter_mut().find(|(known, _)| known == name) {
        askers.push(asker);
        return;
    }
    resolver.waiting.push((name.to_owned(), vec![asker]));
    resolver.requests.push_back(name.to_owned());
    if resolver.requests.len() > resolver.idle && resolver.threads < MAX_THREADS {
        resolver.threads += 1;
        if let Err(error) = thread::Builder::new().name("host lookup".into()).spawn(serve) {
            log::error!("cannot start a thread for lookups: {error}");
            resolver.threads -= 1;
            if resolver.threads == 0 {
                // Nobody would ever answer.
                resolver.requests.clear();
                let failed = mem::take(&mut resolver.waiting);
                drop(resolver);
                for (_, askers) in failed {
                    tell(askers, &[]);
                }
                return;
            }
        }
    }
    REQUESTED.notify_one();
}

/// Takes out who has asked, and the request too if nobody else asked and no thread has taken it.
pub(super) fn forget(id: LookupId) {
    RESOLVER.lock().forget(id);
}

/// The name's addresses in the system's order, each once.
pub(super) fn resolve(name: &str) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    let Some(name) = ascii_name(name) else { return addresses };
    match (&*name, 0).to_socket_addrs() {
        Ok(found) => {
            for address in found.map(|address| address.ip()) {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
        }
        Err(error) => log::debug!("{name}: {error}"),
    }
    addresses
}

/// One of the threads.
fn serve() {
    while let Some(name) = next_request() {
        let addresses = resolve(&name);
        let askers = RESOLVER.lock().take_askers(&name);
        tell(askers, &addresses);
    }
}

/// The next name to look up; `None` once there was none for so long that the thread may end.
fn next_request() -> Option<String> {
    let mut resolver = RESOLVER.lock();
    loop {
        if let Some(name) = resolver.requests.pop_front() {
            return Some(name);
        }
        resolver.idle += 1;
        let timed_out = REQUESTED.wait_for(&mut resolver, IDLE_TIMEOUT).timed_out();
        resolver.idle -= 1;
        if timed_out && resolver.requests.is_empty() {
            resolver.threads -= 1;
            return None;
        }
    }
}

fn tell(askers: Vec<Asker>, addresses: &[IpAddr]) {
    for Asker { event_loop, id } in askers {
        let addresses = addresses.to_vec();
        // A thread that has ended has dropped what it would have called.
        event_loop.invoke(move || answer(id, addresses));
    }
}

impl Resolver {
    fn take_askers(&mut self, name: &str) -> Vec<Asker> {
        let index = self.waiting.iter().position(|(known, _)| known == name);
        index.map(|index| self.waiting.swap_remove(index).1).unwrap_or_default()
    }

    fn forget(&mut self, id: LookupId) {
        for (_, askers) in &mut self.waiting {
            askers.retain(|asker| asker.id != id);
        }
        let Self { requests, waiting, .. } = self;
        requests.retain(|name| waiting.iter().any(|(known, askers)| known == name && !askers.is_empty()));
        waiting.retain(|(_, askers)| !askers.is_empty());
    }
}
