//! The admission of connections to a server, by the numbers of its [`Limits`] (private).

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

use super::connections::Connections;
use super::private::Server;
use crate::network::socket_engine::SocketEngine;
use crate::{HostAddress, Limits};

/// Counts the connections that have to be counted: those of each network, and those that were refused, in all and as long as
/// they are there.
#[derive(Default)]
pub(super) struct Admission {
    networks: Rc<Networks>,
    refused: Cell<u64>,
    lingering: Rc<Cell<usize>>,
}

/// The number of connections of each network, where it is limited.
#[derive(Default)]
struct Networks(RefCell<HashMap<Network, usize>>);

/// The network of one subscriber: an address of IPv4, or the first 64 bits of those of IPv6 (RFC 6177 §2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Network {
    V4([u8; 4]),
    V6([u8; 8]),
}

/// One of the connections that a network has, until it is dropped.
pub(super) struct Place {
    networks: Rc<Networks>,
    network: Network,
}

/// A connection that is over and still there, because its peer has not read all: it is counted until it is dropped.
pub(super) struct Counted {
    count: Rc<Cell<usize>>,
    _place: Option<Place>,
}

/// The limit that is exceeded, so that a connection is refused before anything is read from it.
#[derive(Clone, Copy)]
pub(super) enum TooMany {
    Connections,
    Handshakes,
    OfAddress,
}

impl TooMany {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Connections => "Too many connections.",
            Self::Handshakes => "Too many handshakes under way.",
            Self::OfAddress => "Too many connections from one address.",
        }
    }
}

impl Server {
    /// Returns whether one more connection may begin its handshake: the place that it takes if its address is limited, or the
    /// exceeded limit.
    pub(super) fn admit(&self, peer: HostAddress) -> Result<Option<Place>, TooMany> {
        // Over TLS, a handshake costs more than an answer is worth.
        if self.secure_mode == super::SslMode::Secure && self.has_max_connections() {
            return Err(TooMany::Connections);
        }
        let handshakes = self.handshakes.borrow().len() + self.admission.lingering.get();
        if self.limits.get(Limits::max_handshakes).is_some_and(|max| handshakes >= max) {
            return Err(TooMany::Handshakes);
        }
        let max_of_address = self.limits.get(Limits::max_connections_per_address);
        let Some((max, network)) = max_of_address.zip(Network::of(peer)) else { return Ok(None) };
        self.admission.networks.enter(network, max).map(Some).ok_or(TooMany::OfAddress)
    }

    /// Returns whether it has as many connections as it may; one whose socket has ended counts as long as its peer has to get
    /// something.
    pub(super) fn has_max_connections(&self) -> bool {
        let open = || self.connections.get().map_or(0, Connections::count);
        self.limits.get(Limits::max_connections).is_some_and(|max| open() >= max)
    }

    /// Returns whether as many connections wait to be taken as may.
    pub(super) fn has_max_pending(&self) -> bool {
        self.pending.borrow().len() >= self.max_pending_connections.get()
    }

    /// Lets the peer of a connection that is refused read why. As long as that takes, the connection counts.
    pub(super) fn linger(&self, engine: &Rc<SocketEngine>, place: Option<Place>) {
        engine.keep_until_closed(Counted::new(&self.admission.lingering, place));
        engine.linger();
    }

    /// Counts a connection that was refused because of a number.
    pub(super) fn count_refused(&self) {
        self.admission.refused.set(self.admission.refused.get().saturating_add(1));
    }

    pub(super) fn refused_connections(&self) -> u64 {
        self.admission.refused.get()
    }
}

impl Networks {
    fn enter(self: &Rc<Self>, network: Network, max: usize) -> Option<Place> {
        let mut counts = self.0.borrow_mut();
        let count = counts.get(&network).copied().unwrap_or_default();
        if count >= max {
            return None;
        }
        counts.insert(network, count + 1);
        Some(Place { networks: self.clone(), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.networks.0.borrow_mut();
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
        if counts.is_empty() {
            // The memory that many addresses have taken is given back.
            counts.shrink_to_fit();
        }
    }
}

impl Counted {
    pub(super) fn new(count: &Rc<Cell<usize>>, place: Option<Place>) -> Self {
        count.set(count.get() + 1);
        Self { count: count.clone(), _place: place }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.count.set(self.count.get() - 1);
    }
}

impl Network {
    /// `None` if nobody knows the address, as that of a proxy's client.
    fn of(address: HostAddress) -> Option<Self> {
        match address.to_ip()? {
            IpAddr::V4(address) => Some(Self::V4(address.octets())),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Some(Self::V6([a, b, c, d, e, f, g, h]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::{Network, Networks};
    use crate::HostAddress;

    fn network(address: &str) -> Network {
        let address: HostAddress = address.parse().unwrap_or_default();
        Network::of(address).unwrap_or_else(|| panic!("{address} is of no network"))
    }

    #[test]
    fn addresses_of_ipv6_share_the_place_of_their_first_64_bits() {
        let networks = Rc::new(Networks::default());
        let first = networks.enter(network("2001:db8:1:2::1"), 1);
        assert!(first.is_some());
        assert!(networks.enter(network("2001:db8:1:2:ffff::9"), 1).is_none());
        assert!(networks.enter(network("2001:db8:1:3::1"), 1).is_some());
        drop(first);
        assert!(networks.enter(network("2001:db8:1:2:ffff::9"), 1).is_some());
    }

    #[test]
    fn addresses_of_ipv4_are_counted_each() {
        let networks = Rc::new(Networks::default());
        let places = [networks.enter(network("10.0.0.1"), 2), networks.enter(network("10.0.0.1"), 2)];
        assert!(places.iter().all(Option::is_some));
        assert!(networks.enter(network("10.0.0.1"), 2).is_none());
        assert!(networks.enter(network("10.0.0.2"), 2).is_some());
        drop(places);
        assert!(networks.0.borrow().is_empty());
    }
}
