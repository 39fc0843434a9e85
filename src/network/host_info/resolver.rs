//! Threads that wait for the system's resolver, which knows no other way than to block: `QHostInfoLookupManager`.
//!
//! They are started on demand and never joined: one that is stuck in the resolver must not keep the process from ending.
//! There are at most [`MAX_NETWORK_THREADS`], and others for names that need no network, so that these never wait behind names
//! whose servers do not answer. What a name needs is seen by itself, or, once all threads of the network are taken, by the
//! system's file of hosts.

use std::collections::VecDeque;
use std::net::{IpAddr, ToSocketAddrs};
use std::time::Duration;
use std::{fs, mem, thread};

use parking_lot::{Condvar, Mutex};

use super::{LookupId, answer, ascii_name};
use crate::EventLoopHandle;

static POOL: Pool = Pool::new(resolve, is_in_hosts_file);

/// The greatest number of threads, as in Qt's `QHostInfoLookupManager`.
const MAX_NETWORK_THREADS: usize = 20;
const MAX_LOCAL_THREADS: usize = 2;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

struct Pool {
    resolver: Mutex<Resolver>,
    requested: [Condvar; 2],
    resolve: fn(&str) -> Vec<IpAddr>,
    is_known_here: fn(&str) -> bool,
}

struct Resolver {
    lanes: [Lane; 2],
    /// The names that are looked up or wait for it, each with everyone who asked. A second request for a name shares the answer;
    /// so a name that a thread has taken stays here when nobody waits for it any more, lest a program that tries again and again
    /// occupies all threads.
    waiting: Vec<(String, Vec<Asker>)>,
}

/// Threads, and names that none of them has taken yet.
struct Lane {
    requests: VecDeque<String>,
    threads: usize,
    idle: usize,
    max_threads: usize,
}

/// The way in which a name is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Network,
    /// Names that need no network, and names of which that is to be found out.
    Local,
}

struct Asker {
    event_loop: EventLoopHandle,
    id: LookupId,
}

/// Has a name looked up: the thread that calls this is answered by its event loop.
pub(super) fn ask(name: &str, id: LookupId) {
    POOL.ask(name, id);
}

/// Removes an asker, and the request too if nobody else asked and no thread has taken it.
pub(super) fn forget(id: LookupId) {
    POOL.resolver.lock().forget(id);
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

impl Pool {
    const fn new(resolve: fn(&str) -> Vec<IpAddr>, is_known_here: fn(&str) -> bool) -> Self {
        let resolver = Resolver {
            lanes: [Lane::new(MAX_NETWORK_THREADS), Lane::new(MAX_LOCAL_THREADS)],
            waiting: Vec::new(),
        };
        Self {
            resolver: Mutex::new(resolver),
            requested: [Condvar::new(), Condvar::new()],
            resolve,
            is_known_here,
        }
    }

    fn ask(&'static self, name: &str, id: LookupId) {
        let asker = Asker { event_loop: EventLoopHandle::current(), id };
        let mut resolver = self.resolver.lock();
        if let Some((_, askers)) = resolver.waiting.iter_mut().find(|(known, _)| known == name) {
            askers.push(asker);
            return;
        }
        resolver.waiting.push((name.to_owned(), vec![asker]));
        let way = if is_local(name) || resolver.lanes[Way::Network as usize].is_full() {
            Way::Local
        } else {
            Way::Network
        };
        let failed = self.request(&mut resolver, way, name.to_owned());
        drop(resolver);
        for askers in failed {
            tell(askers, &[]);
        }
    }

    /// Gives a name to the threads of one way, one more if need be. Returns the askers for names that nobody will look up.
    fn request(&'static self, resolver: &mut Resolver, way: Way, name: String) -> Vec<Vec<Asker>> {
        let lane = &mut resolver.lanes[way as usize];
        lane.requests.push_back(name);
        if lane.requests.len() > lane.idle && lane.threads < lane.max_threads {
            lane.threads += 1;
            let thread = thread::Builder::new().name("host lookup".into());
            if let Err(error) = thread.spawn(move || self.serve(way)) {
                log::error!("cannot start a thread for lookups: {error}");
                lane.threads -= 1;
                if lane.threads == 0 {
                    let names = mem::take(&mut lane.requests);
                    return names.iter().map(|name| resolver.take_askers(name)).collect();
                }
            }
        }
        self.requested[way as usize].notify_one();
        Vec::new()
    }

    /// One of the threads.
    fn serve(&'static self, way: Way) {
        while let Some(name) = self.next_request(way) {
            let answered = if way == Way::Network || is_local(&name) || (self.is_known_here)(&name) {
                let addresses = (self.resolve)(&name);
                vec![(self.resolver.lock().take_askers(&name), addresses)]
            } else {
                let mut resolver = self.resolver.lock();
                let failed = if resolver.is_waited_for(&name) {
                    self.request(&mut resolver, Way::Network, name)
                } else {
                    vec![resolver.take_askers(&name)]
                };
                failed.into_iter().map(|askers| (askers, Vec::new())).collect()
            };
            for (askers, addresses) in answered {
                tell(askers, &addresses);
            }
        }
    }

    /// The next name to look up; `None` once there was none for so long that the thread may end.
    fn next_request(&self, way: Way) -> Option<String> {
        let mut resolver = self.resolver.lock();
        loop {
            if let Some(name) = resolver.lanes[way as usize].requests.pop_front() {
                return Some(name);
            }
            resolver.lanes[way as usize].idle += 1;
            let timed_out = self.requested[way as usize].wait_for(&mut resolver, IDLE_TIMEOUT).timed_out();
            let lane = &mut resolver.lanes[way as usize];
            lane.idle -= 1;
            if timed_out && lane.requests.is_empty() {
                lane.threads -= 1;
                return None;
            }
        }
    }
}

impl Lane {
    const fn new(max_threads: usize) -> Self {
        Self { requests: VecDeque::new(), threads: 0, idle: 0, max_threads }
    }

    /// Returns whether the next name would have to wait.
    fn is_full(&self) -> bool {
        self.threads == self.max_threads && self.requests.len() >= self.idle
    }
}

fn tell(askers: Vec<Asker>, addresses: &[IpAddr]) {
    for Asker { event_loop, id } in askers {
        let addresses = addresses.to_vec();
        // A thread that has ended has dropped what it would have called.
        event_loop.invoke(move || answer(id, addresses));
    }
}

/// Returns whether a name is resolved without a network, as it shows by itself: an address in a rare notation, or this host.
fn is_local(name: &str) -> bool {
    let is_address = name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        || name.contains(':')
        || name.starts_with("0x");
    is_address || name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case("localhost")
}

/// Returns whether the system knows the name without asking anybody.
fn is_in_hosts_file(name: &str) -> bool {
    let path = if cfg!(windows) {
        let root = std::env::var("SystemRoot").unwrap_or_else(|_| r"C:\Windows".into());
        format!(r"{root}\System32\drivers\etc\hosts")
    } else {
        "/etc/hosts".to_owned()
    };
    fs::read(path).is_ok_and(|hosts| hosts_name(&String::from_utf8_lossy(&hosts), name))
}

/// Returns whether that text in the form of a hosts file (`hosts(5)`) names that host.
fn hosts_name(hosts: &str, name: &str) -> bool {
    let entries = hosts.lines().map(|line| line.split('#').next().unwrap_or_default());
    let mut names = entries.flat_map(|entry| entry.split_ascii_whitespace().skip(1));
    names.any(|known| known.eq_ignore_ascii_case(name))
}

impl Resolver {
    fn take_askers(&mut self, name: &str) -> Vec<Asker> {
        let index = self.waiting.iter().position(|(known, _)| known == name);
        index.map(|index| self.waiting.swap_remove(index).1).unwrap_or_default()
    }

    fn is_waited_for(&self, name: &str) -> bool {
        self.waiting.iter().any(|(known, askers)| known == name && !askers.is_empty())
    }

    fn forget(&mut self, id: LookupId) {
        let Some(index) =
            self.waiting.iter().position(|(_, askers)| askers.iter().any(|asker| asker.id == id))
        else {
            return;
        };
        let (name, askers) = &mut self.waiting[index];
        askers.retain(|asker| asker.id != id);
        if !askers.is_empty() {
            return;
        }
        for lane in &mut self.lanes {
            if let Some(position) = lane.requests.iter().position(|request| request == name) {
                lane.requests.remove(position);
                self.waiting.swap_remove(index);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Instant;

    use super::*;
    use crate::Application;
    use crate::network::host_info::DONE;

    static GATE: Mutex<()> = Mutex::new(());

    /// Names of the network are stuck as long as the gate is closed.
    fn stuck(name: &str) -> Vec<IpAddr> {
        if name.ends_with(".test") {
            drop(GATE.lock());
        }
        vec![IpAddr::from([127, 0, 0, 1])]
    }

    fn ask(pool: &'static Pool, name: &'static str, answered: &Rc<RefCell<Vec<&'static str>>>) -> LookupId {
        let id = LookupId::next();
        let answered = answered.clone();
        DONE.with(|done| done.borrow_mut().0.insert(id, Box::new(move |_| answered.borrow_mut().push(name))));
        pool.ask(name, id);
        id
    }

    fn run_until(is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !is_so() {
            assert!(Instant::now() < deadline);
            Application::process_events();
            thread::yield_now();
        }
    }

    #[test]
    fn names_that_need_no_network_do_not_wait_behind_names_that_are_stuck() {
        static POOL: Pool = Pool::new(stuck, |name| name == "printer");
        let closed = GATE.lock();
        let answered = Rc::new(RefCell::new(Vec::new()));
        for number in 0..2 * MAX_NETWORK_THREADS {
            ask(&POOL, Box::leak(format!("stuck-{number}.test").into_boxed_str()), &answered);
        }
        for name in ["localhost", "printer", "127.1"] {
            ask(&POOL, name, &answered);
        }
        run_until(|| answered.borrow().len() == 3);
        answered.borrow_mut().sort_unstable();
        assert_eq!(*answered.borrow(), ["127.1", "localhost", "printer"]);
        let threads = POOL.resolver.lock().lanes.each_ref().map(|lane| lane.threads);
        assert_eq!(threads[Way::Network as usize], MAX_NETWORK_THREADS, "and no more");
        assert!(threads[Way::Local as usize] <= MAX_LOCAL_THREADS);
        drop(closed);
        run_until(|| answered.borrow().len() == 3 + 2 * MAX_NETWORK_THREADS);
    }

    #[test]
    fn a_name_that_is_stuck_and_asked_for_again_and_again_takes_one_thread() {
        static POOL: Pool = Pool::new(stuck, |_| false);
        let closed = GATE.lock();
        let answered = Rc::new(RefCell::new(Vec::new()));
        // As a client does whose time for opening is over before the name is found, and that tries again.
        for _ in 0..3 * MAX_NETWORK_THREADS {
            let id = ask(&POOL, "gone.test", &answered);
            // A thread has taken it.
            run_until(|| POOL.resolver.lock().lanes.iter().all(|lane| lane.requests.is_empty()));
            POOL.resolver.lock().forget(id);
        }
        assert_eq!(POOL.resolver.lock().lanes[Way::Network as usize].threads, 1);
        assert_eq!(POOL.resolver.lock().lanes[Way::Local as usize].threads, 0);
        ask(&POOL, "network", &answered);
        run_until(|| *answered.borrow() == ["network"]);
        ask(&POOL, "gone.test", &answered);
        drop(closed);
        run_until(|| *answered.borrow() == ["network", "gone.test"]);
        assert!(POOL.resolver.lock().waiting.is_empty());
    }

    #[test]
    fn names_that_a_thread_has_asked_for_are_not_looked_up_once_it_has_ended() {
        let is_known = |name| POOL.resolver.lock().waiting.iter().any(|(known, _)| known == name);
        let asked = thread::spawn(move || {
            let id = LookupId::next();
            DONE.with(|done| done.borrow_mut().0.insert(id, Box::new(|_| ())));
            let asker = Asker { event_loop: EventLoopHandle::current(), id };
            let mut resolver = POOL.resolver.lock();
            // No thread is woken, so none takes it.
            resolver.waiting.push(("ended.test".into(), vec![asker]));
            resolver.lanes[Way::Network as usize].requests.push_back("ended.test".into());
            drop(resolver);
            is_known("ended.test")
        });
        assert!(asked.join().unwrap_or_default());
        assert!(!is_known("ended.test"));
        assert!(POOL.resolver.lock().lanes[Way::Network as usize].requests.is_empty());
    }

    #[test]
    fn a_file_of_hosts_is_read_as_the_system_reads_it() {
        let hosts = "127.0.0.1\tlocalhost\n::1 ip6-localhost  Router # old\n# 10.0.0.1 gone\n10.0.0.2";
        for (name, is_known) in
            [("localhost", true), ("router", true), ("gone", false), ("old", false), ("10.0.0.2", false)]
        {
            assert_eq!(hosts_name(hosts, name), is_known, "{name}");
        }
    }

    #[test]
    fn what_is_local_shows_by_itself() {
        for name in ["localhost", "LOCALHOST.", "127.1", "0x7f.1", "fe80::1%eth0"] {
            assert!(is_local(name), "{name}");
        }
        for name in ["localhost.example", "127.example", "abc.de", "a.localhost"] {
            assert!(!is_local(name), "{name}");
        }
    }
}
