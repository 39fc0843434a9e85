mod resolver;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{HostAddress, SocketError};
use crate::ObjectHandle;
use crate::core::event_dispatcher;
use crate::core::sequence::drop_at_end_of_thread;

/// The result of looking a host's name up: its addresses.
///
/// ```
/// use slotwire::{Application, HostInfo};
///
/// HostInfo::lookup_host("localhost", |host| {
///     for address in host.addresses() {
///         println!("{} is {address}", host.host_name());
///     }
///     Application::quit();
/// });
/// Application::exec();
/// ```
///
/// Names are looked up by the system, in threads of their own, twenty at most in a process. A name may have letters outside of
/// ASCII (`bücher.example`). An address as text, an IPv6 one with or without brackets, is its own answer.
///
/// # Qt
///
/// The name that belongs to an address is not looked up, and answers are not cached.
#[doc(alias = "QHostInfo")]
#[derive(Clone, Debug)]
pub struct HostInfo {
    host_name: String,
    addresses: Vec<HostAddress>,
    lookup_id: LookupId,
}

/// Identifies a lookup: [`HostInfo::lookup_host`] returns it, and [`HostInfo::abort_host_lookup`] takes it.
///
/// Each lookup of a process has its own. It is Qt's `int`.
///
/// ```
/// use slotwire::{HostInfo, LookupId};
/// let lookup: LookupId = HostInfo::lookup_host("127.0.0.1", |_| panic!("aborted"));
/// HostInfo::abort_host_lookup(lookup);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LookupId(u64);

/// A guard that [`HostInfo::pin`] returns: until it is dropped, a name has the addresses that were set there.
///
/// ```
/// use slotwire::{HostAddress, HostInfo, PinnedHost, SocketError};
/// let pinned: PinnedHost = HostInfo::pin("server.test", &[HostAddress::LocalHost]);
/// assert_eq!(HostInfo::from_name("server.test").addresses(), [HostAddress::LocalHost]);
/// drop(pinned);
/// # let _no_network = HostInfo::pin("server.test", &[]);
/// assert_eq!(HostInfo::from_name("server.test").error(), Some(SocketError::HostNotFound));
/// ```
#[derive(Debug)]
#[must_use = "what is pinned lasts as long as this"]
pub struct PinnedHost {
    id: u64,
    /// It is of its thread.
    _not_send: PhantomData<*const ()>,
}

impl HostInfo {
    /// Looks a name up without blocking, and calls `slot` once with the result, found or not.
    ///
    /// `slot` is called from the event loop of this thread, never inside this call.
    ///
    /// ```
    /// use slotwire::{Application, HostAddress, HostInfo};
    /// # let _pinned = HostInfo::pin("server.test", &[HostAddress::LocalHost]);
    /// HostInfo::lookup_host("server.test", |host| {
    ///     assert_eq!(host.addresses(), [HostAddress::LocalHost]);
    ///     Application::quit();
    /// });
    /// Application::exec();
    /// ```
    #[doc(alias = "lookupHost")]
    pub fn lookup_host(name: &str, slot: impl FnOnce(&Self) + 'static) -> LookupId {
        let (lookup_id, host_name) = (LookupId::next(), name.to_owned());
        start(lookup_id, name, move |addresses| slot(&Self::new(host_name, addresses, lookup_id)));
        lookup_id
    }

    /// As [`lookup_host`](Self::lookup_host), with a receiver: `slot` is not called if the receiver is deleted before.
    ///
    /// ```
    /// use slotwire::{Application, Handle, HostAddress, HostInfo};
    /// use std::cell::RefCell;
    /// # let _pinned = HostInfo::pin("server.test", &[HostAddress::LocalHost]);
    ///
    /// let cache = Handle::new(RefCell::new(Vec::new()));
    /// HostInfo::lookup_host_to("server.test", cache, |cache, host| {
    ///     cache.borrow_mut().extend_from_slice(host.addresses());
    ///     Application::quit();
    /// });
    /// Application::exec();
    /// assert_eq!(cache.with(|cache| cache.take()), Some(vec![HostAddress::LocalHost]));
    /// # cache.delete();
    /// ```
    #[doc(alias = "lookupHost")]
    pub fn lookup_host_to<H: ObjectHandle>(
        name: &str,
        receiver: H,
        slot: impl FnOnce(&H::Target, &Self) + 'static,
    ) -> LookupId {
        Self::lookup_host(name, move |host| {
            receiver.with(|receiver| slot(receiver, host));
        })
    }

    /// Aborts a lookup of this thread: its slot will not be called. It does nothing if the lookup has ended.
    ///
    /// ```
    /// use slotwire::{Application, HostInfo};
    /// let lookup = HostInfo::lookup_host("127.0.0.1", |_| unreachable!("it was aborted"));
    /// HostInfo::abort_host_lookup(lookup);
    /// Application::process_events();
    /// ```
    #[doc(alias = "abortHostLookup")]
    pub fn abort_host_lookup(id: LookupId) {
        abort(id);
    }

    /// Looks a name up, and blocks the thread until the answer is there.
    ///
    /// ```
    /// use slotwire::{HostAddress, HostInfo};
    /// let host = HostInfo::from_name("::1");
    /// assert_eq!(host.addresses(), [HostAddress::LocalHostIPv6]);
    /// ```
    #[doc(alias = "fromName")]
    pub fn from_name(name: &str) -> Self {
        Self::new(name.to_owned(), resolve(name), LookupId::next())
    }

    /// Sets the addresses of a name, in place of the system's answer, for all lookups and connections of this thread until the
    /// returned guard is dropped. Without addresses, the name is not found.
    ///
    /// It is made for tests, like [`VirtualClock`](crate::VirtualClock).
    ///
    /// ```
    /// use slotwire::{HostAddress, HostInfo};
    /// let _pinned = HostInfo::pin("server.test", &[HostAddress::LocalHost]);
    /// assert_eq!(HostInfo::from_name("server.test").addresses(), [HostAddress::LocalHost]);
    /// ```
    pub fn pin(name: &str, addresses: &[HostAddress]) -> PinnedHost {
        let LookupId(id) = LookupId::next();
        let addresses = addresses.iter().filter_map(|address| address.to_ip()).collect();
        let _ =
            PINNED.try_with(|pinned| pinned.borrow_mut().push((id, name.to_ascii_lowercase(), addresses)));
        PinnedHost { id, _not_send: PhantomData }
    }

    /// The name that was looked up.
    ///
    /// ```
    /// use slotwire::{HostAddress, HostInfo};
    /// let _pinned = HostInfo::pin("server.test", &[HostAddress::LocalHost]);
    /// assert_eq!(HostInfo::from_name("Server.test").host_name(), "Server.test");
    /// ```
    #[doc(alias = "hostName")]
    pub fn host_name(&self) -> &str {
        &self.host_name
    }

    /// The addresses, in the order in which they should be tried, each once; none if the lookup failed.
    ///
    /// ```
    /// use slotwire::{HostAddress, HostInfo};
    /// let addresses = [HostAddress::LocalHostIPv6, HostAddress::LocalHost];
    /// let _pinned = HostInfo::pin("server.test", &addresses);
    /// let host = HostInfo::from_name("server.test");
    /// assert_eq!(host.addresses().first(), Some(&HostAddress::LocalHostIPv6));
    /// ```
    pub fn addresses(&self) -> &[HostAddress] {
        &self.addresses
    }

    /// [`SocketError::HostNotFound`] if the lookup failed.
    ///
    /// ```
    /// use slotwire::{HostInfo, SocketError};
    /// let _pinned = HostInfo::pin("nobody.test", &[]);
    /// assert_eq!(HostInfo::from_name("nobody.test").error(), Some(SocketError::HostNotFound));
    /// assert_eq!(HostInfo::from_name("127.0.0.1").error(), None);
    /// ```
    pub fn error(&self) -> Option<SocketError> {
        self.addresses.is_empty().then_some(SocketError::HostNotFound)
    }

    /// The reason why the lookup failed: "Host not found", "Invalid hostname" or "No host name given"; or else "Unknown error",
    /// as in Qt.
    ///
    /// ```
    /// use slotwire::HostInfo;
    /// let _pinned = HostInfo::pin("nobody.test", &[]);
    /// let host = HostInfo::from_name("nobody.test");
    /// println!("{}: {}", host.host_name(), host.error_string());
    /// assert_eq!(host.error_string(), "Host not found");
    /// ```
    #[doc(alias = "errorString")]
    pub fn error_string(&self) -> &str {
        match self.error() {
            Some(_) if self.host_name.is_empty() => "No host name given",
            Some(_) if !is_host_name(&self.host_name) => "Invalid hostname",
            error => error.unwrap_or_default().text(),
        }
    }

    /// The identifier that [`lookup_host`](Self::lookup_host) returned.
    ///
    /// ```
    /// use slotwire::{Application, Handle, HostInfo};
    /// use std::cell::Cell;
    ///
    /// let latest = Handle::new(Cell::new(None));
    /// for name in ["127.0.0.1", "127.0.0.2"] {
    ///     let lookup = HostInfo::lookup_host_to(name, latest, |latest, host| {
    ///         if latest.get() == Some(host.lookup_id()) {
    ///             assert_eq!(host.host_name(), "127.0.0.2");
    ///             Application::quit();
    ///         }
    ///     });
    ///     latest.with(|latest| latest.set(Some(lookup)));
    /// }
    /// Application::exec();
    /// # latest.delete();
    /// ```
    #[doc(alias = "lookupId")]
    pub fn lookup_id(&self) -> LookupId {
        self.lookup_id
    }

    fn new(host_name: String, addresses: Vec<IpAddr>, lookup_id: LookupId) -> Self {
        let addresses = match literal(&host_name) {
            Some(address) => vec![address],
            None => addresses.into_iter().map(HostAddress::from).collect(),
        };
        Self { host_name, addresses, lookup_id }
    }
}

impl LookupId {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Looks a name up and calls `done` once, from this thread's event loop, with the addresses in the resolver's order, none
/// if the name has none.
pub(crate) fn lookup(name: &str, done: impl FnOnce(Vec<IpAddr>) + 'static) -> LookupId {
    let id = LookupId::next();
    start(id, name, done);
    id
}

/// Forgets a lookup of this thread: its `done` is dropped.
pub(crate) fn abort(id: LookupId) {
    if take_done(id).is_some() {
        resolver::forget(id);
    }
}

/// Looks a name up in the caller's thread, which waits for it.
pub(crate) fn resolve(name: &str) -> Vec<IpAddr> {
    known(name).unwrap_or_else(|| resolver::resolve(name))
}

type Done = Box<dyn FnOnce(Vec<IpAddr>)>;

/// The callbacks that get the answers.
#[derive(Default)]
struct Lookups(HashMap<LookupId, Done>);

impl Drop for Lookups {
    fn drop(&mut self) {
        for id in self.0.keys() {
            // Lest names that nobody waits for keep those of other threads waiting.
            resolver::forget(*id);
        }
        drop_at_end_of_thread(self.0.drain());
    }
}

/// Its number, name and addresses.
type Pinned = (u64, String, Vec<IpAddr>);

thread_local! {
    /// The callbacks of this thread's lookups. They need not be `Send`, so they wait here.
    static DONE: RefCell<Lookups> = RefCell::default();
    static PINNED: RefCell<Vec<Pinned>> = RefCell::default();
}

/// The addresses that need no resolver.
fn known(name: &str) -> Option<Vec<IpAddr>> {
    let pinned = || {
        let find = |pinned: &RefCell<Vec<Pinned>>| {
            let pinned = pinned.borrow();
            let newest = pinned.iter().rev().find(|(_, known, _)| known.eq_ignore_ascii_case(name));
            newest.map(|(_, _, addresses)| addresses.clone())
        };
        PINNED.try_with(find).ok().flatten()
    };
    literal(name).and_then(HostAddress::to_ip).map(|address| vec![address]).or_else(pinned)
}

impl Drop for PinnedHost {
    fn drop(&mut self) {
        let _ = PINNED.try_with(|pinned| pinned.borrow_mut().retain(|(id, ..)| *id != self.id));
    }
}

fn start(id: LookupId, name: &str, done: impl FnOnce(Vec<IpAddr>) + 'static) {
    let _ = DONE.try_with(|map| map.borrow_mut().0.insert(id, Box::new(done)));
    match known(name) {
        Some(addresses) => event_dispatcher::post_call(None, move || answer(id, addresses)),
        None => resolver::ask(name, id),
    }
}

fn answer(id: LookupId, addresses: Vec<IpAddr>) {
    if let Some(done) = take_done(id) {
        done(addresses);
    }
}

fn take_done(id: LookupId) -> Option<Done> {
    DONE.try_with(|map| map.borrow_mut().0.remove(&id)).ok().flatten()
}

/// The address, if the name is one. Brackets, as around an IPv6 address in a URL, are allowed.
pub(crate) fn literal(name: &str) -> Option<HostAddress> {
    let bracketed = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    bracketed.unwrap_or(name).parse().ok()
}

/// The name as the resolver takes it: an international one in its ASCII form (`QUrl::toAce`).
pub(crate) fn ascii_name(name: &str) -> Option<Cow<'_, str>> {
    if name.is_empty() {
        return None;
    }
    if name.is_ascii() {
        return Some(name.into());
    }
    url::Host::parse(name).ok().map(|host| host.to_string().into())
}

/// Returns whether it is a possible name of a host.
fn is_host_name(name: &str) -> bool {
    let Some(name) = ascii_name(name) else { return false };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_label = |label: &str| {
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(is_letter)
    };
    name.strip_suffix('.').unwrap_or(&name).split('.').all(is_label)
}
