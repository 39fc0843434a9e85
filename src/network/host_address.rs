mod conversion_mode;
mod scope_id;
mod text;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub use self::conversion_mode::ConversionMode;
pub use self::scope_id::ScopeId;

/// An IPv4 or IPv6 address, or [`Any`](Self::Any) address of this host.
///
/// Addresses are compared as they are written: `127.0.0.1` is not `::ffff:127.0.0.1`,
/// [`Any`](Self::Any) is neither [`AnyIPv4`](Self::AnyIPv4) nor [`AnyIPv6`](Self::AnyIPv6), and `fe80::1%1` is not `fe80::1%2`.
/// [`is_equal`](Self::is_equal) is more tolerant.
///
/// ```
/// use slotwire::HostAddress;
///
/// let address: HostAddress = "127.0.0.1".parse()?;
/// assert_eq!(address, HostAddress::LocalHost);
/// assert!(address.is_loopback());
/// assert_eq!(HostAddress::LocalHostIPv6.to_string(), "::1");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
///
/// # Qt
///
/// There is no `protocol()`: the variants show it. Text is [read](#impl-FromStr-for-HostAddress) as in Qt.
#[doc(alias = "QHostAddress")]
#[doc(alias = "SpecialAddress")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostAddress {
    /// No address.
    #[default]
    Null,
    /// All addresses of this host, IPv4 and IPv6, to listen at.
    Any,
    /// An IPv4 address.
    #[doc(alias = "IPv4Protocol")]
    V4(Ipv4Addr),
    /// An IPv6 address.
    #[doc(alias = "IPv6Protocol")]
    V6(Ipv6Addr),
    /// An IPv6 address of one network interface only: `fe80::1%eth0`.
    ScopedV6(Ipv6Addr, ScopeId),
}

#[expect(non_upper_case_globals, reason = "used like the variants, as Qt's enumerators are")]
impl HostAddress {
    /// `127.0.0.1`: this host, by IPv4. What listens there is reached by programs on this host only.
    ///
    /// ```
    /// use slotwire::{HostAddress, TcpServer};
    /// let server = TcpServer::new();
    /// server.listen(HostAddress::LocalHost, 0)?;
    /// assert_eq!(server.server_address(), HostAddress::LocalHost);
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub const LocalHost: Self = Self::V4(Ipv4Addr::LOCALHOST);

    /// `::1`: this host, by IPv6.
    ///
    /// ```
    /// use slotwire::{HostAddress, HostInfo};
    /// let addresses = [HostAddress::LocalHostIPv6, HostAddress::LocalHost];
    /// let _pinned = HostInfo::pin("server.test", &addresses);
    /// assert_eq!(HostInfo::from_name("server.test").addresses(), addresses);
    /// ```
    pub const LocalHostIPv6: Self = Self::V6(Ipv6Addr::LOCALHOST);

    /// `0.0.0.0`: all IPv4 addresses of this host, to listen at.
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// let address: HostAddress = "0.0.0.0".parse()?;
    /// assert_eq!(address, HostAddress::AnyIPv4);
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub const AnyIPv4: Self = Self::V4(Ipv4Addr::UNSPECIFIED);

    /// `::`: all IPv6 addresses of this host, and only those, to listen at. Both families are [`Any`](Self::Any).
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// let address: HostAddress = "::".parse()?;
    /// assert_eq!(address, HostAddress::AnyIPv6);
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub const AnyIPv6: Self = Self::V6(Ipv6Addr::UNSPECIFIED);

    /// `255.255.255.255`: all hosts of the local network. A datagram can be sent there; TCP cannot connect to it.
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// assert!(HostAddress::Broadcast.is_broadcast());
    /// ```
    pub const Broadcast: Self = Self::V4(Ipv4Addr::BROADCAST);
}

impl HostAddress {
    /// The IP address; `None` for [`Null`](Self::Null) and [`Any`](Self::Any).
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// let address: HostAddress = "::1".parse()?;
    /// assert!(address.to_ip().unwrap().is_loopback());
    /// assert_eq!(HostAddress::Null.to_ip(), None);
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub fn to_ip(self) -> Option<IpAddr> {
        match self {
            Self::Null | Self::Any => None,
            Self::V4(address) => Some(address.into()),
            Self::V6(address) | Self::ScopedV6(address, _) => Some(address.into()),
        }
    }

    /// The scope identifier of an IPv6 address, if it has one.
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// let address: HostAddress = "fe80::1%eth0".parse()?;
    /// assert_eq!(address.scope_id().map(|scope_id| scope_id.to_string()).as_deref(), Some("eth0"));
    /// assert_eq!(HostAddress::LocalHostIPv6.scope_id(), None);
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "scopeId")]
    pub fn scope_id(self) -> Option<ScopeId> {
        match self {
            Self::ScopedV6(_, scope_id) => Some(scope_id),
            _ => None,
        }
    }

    /// Gives an IPv6 address a scope identifier, or takes it; another address has none.
    ///
    /// ```
    /// use slotwire::{HostAddress, ScopeId};
    /// let mut address: HostAddress = "fe80::1".parse()?;
    /// address.set_scope_id(ScopeId::new("eth0"));
    /// assert_eq!(address.to_string(), "fe80::1%eth0");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "setScopeId")]
    pub fn set_scope_id(&mut self, scope_id: Option<ScopeId>) {
        if let Self::V6(address) | Self::ScopedV6(address, _) = *self {
            *self = scope_id.map_or(Self::V6(address), |scope_id| Self::ScopedV6(address, scope_id));
        }
    }

    fn without_scope_id(mut self) -> Self {
        self.set_scope_id(None);
        self
    }

    /// The IPv4 address, also of an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`); `None` if it has none.
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// use std::net::Ipv4Addr;
    /// let address: HostAddress = "::ffff:192.0.2.1".parse()?;
    /// assert_eq!(address.to_ipv4_address(), Some(Ipv4Addr::new(192, 0, 2, 1)));
    /// assert_eq!(HostAddress::LocalHostIPv6.to_ipv4_address(), None);
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "toIPv4Address")]
    pub fn to_ipv4_address(self) -> Option<Ipv4Addr> {
        match self.canonical() {
            Some(IpAddr::V4(address)) => Some(address),
            _ => None,
        }
    }

    /// The IPv6 address; an IPv4 address is mapped (`::ffff:192.0.2.1`). `None` for [`Null`](Self::Null).
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// let mapped = HostAddress::LocalHost.to_ipv6_address();
    /// assert_eq!(mapped.map(|address| address.to_string()).as_deref(), Some("::ffff:127.0.0.1"));
    /// assert_eq!(HostAddress::Null.to_ipv6_address(), None);
    /// ```
    #[doc(alias = "toIPv6Address")]
    pub fn to_ipv6_address(self) -> Option<Ipv6Addr> {
        match self {
            Self::Null => None,
            Self::Any => Some(Ipv6Addr::UNSPECIFIED),
            Self::V4(address) => Some(address.to_ipv6_mapped()),
            Self::V6(address) | Self::ScopedV6(address, _) => Some(address),
        }
    }

    /// Returns whether it is [`Null`](Self::Null): no address.
    ///
    /// ```
    /// use slotwire::{HostAddress, TcpServer};
    /// let server = TcpServer::new();
    /// assert!(server.server_address().is_null(), "it does not listen");
    /// assert!(!HostAddress::Any.is_null());
    /// # server.delete();
    /// ```
    #[doc(alias = "isNull")]
    pub fn is_null(self) -> bool {
        self == Self::Null
    }

    /// Returns whether it leads back to this host: `127.0.0.0/8` or `::1`.
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// for address in ["127.0.0.1", "127.3.4.5", "::1", "::ffff:127.0.0.1"] {
    ///     assert!(address.parse::<HostAddress>()?.is_loopback());
    /// }
    /// assert!(!HostAddress::Any.is_loopback());
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "isLoopback")]
    pub fn is_loopback(self) -> bool {
        self.canonical().is_some_and(|address| address.is_loopback())
    }

    /// Returns whether it is a multicast address, that of a group of hosts: `224.0.0.0/4` or `ff00::/8`.
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// assert!("224.0.0.251".parse::<HostAddress>()?.is_multicast());
    /// assert!("ff02::fb".parse::<HostAddress>()?.is_multicast());
    /// assert!(!HostAddress::Broadcast.is_multicast());
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "isMulticast")]
    pub fn is_multicast(self) -> bool {
        self.canonical().is_some_and(|address| address.is_multicast())
    }

    /// Returns whether it is `255.255.255.255`.
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// assert!(HostAddress::Broadcast.is_broadcast());
    /// assert!(!"192.168.0.255".parse::<HostAddress>()?.is_broadcast(), "not that of one subnet");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "isBroadcast")]
    pub fn is_broadcast(self) -> bool {
        self.to_ipv4_address() == Some(Ipv4Addr::BROADCAST)
    }

    /// Returns whether it is valid on one link only: `169.254.0.0/16` or `fe80::/10`.
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// assert!("169.254.7.9".parse::<HostAddress>()?.is_link_local());
    /// assert!("fe80::1".parse::<HostAddress>()?.is_link_local());
    /// assert!(!"192.168.7.9".parse::<HostAddress>()?.is_link_local());
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "isLinkLocal")]
    pub fn is_link_local(self) -> bool {
        match self.canonical() {
            Some(IpAddr::V4(address)) => address.is_link_local(),
            Some(IpAddr::V6(address)) => address.is_unicast_link_local(),
            None => false,
        }
    }

    /// Returns whether it is an IPv6 unique local address (`fc00::/7`).
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// assert!("fd12:3456::1".parse::<HostAddress>()?.is_unique_local_unicast());
    /// assert!(!"192.168.7.9".parse::<HostAddress>()?.is_unique_local_unicast(), "it is IPv4");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "isUniqueLocalUnicast")]
    pub fn is_unique_local_unicast(self) -> bool {
        matches!(self.to_ip(), Some(IpAddr::V6(address)) if address.is_unique_local())
    }

    /// Returns whether it is an IPv6 site-local address (`fec0::/10`), which RFC 3879 has abolished.
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// assert!("fec0::1".parse::<HostAddress>()?.is_site_local());
    /// assert!(!"fe80::1".parse::<HostAddress>()?.is_site_local());
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "isSiteLocal")]
    pub fn is_site_local(self) -> bool {
        matches!(self.to_ip(), Some(IpAddr::V6(address)) if address.segments()[0] & 0xFFC0 == 0xFEC0)
    }

    /// Returns whether it belongs to a private network: `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16` or `fc00::/7`.
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// for address in ["10.0.0.1", "172.31.0.1", "192.168.7.9", "fd12:3456::1"] {
    ///     assert!(address.parse::<HostAddress>()?.is_private_use());
    /// }
    /// assert!(!"172.32.0.1".parse::<HostAddress>()?.is_private_use());
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "isPrivateUse")]
    pub fn is_private_use(self) -> bool {
        self.is_unique_local_unicast() || self.to_ipv4_address().is_some_and(|address| address.is_private())
    }

    /// Returns whether packets to it may be routed beyond the local link. As in Qt, that includes private networks.
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// assert!("192.0.2.1".parse::<HostAddress>()?.is_global());
    /// assert!("192.168.7.9".parse::<HostAddress>()?.is_global(), "a router may lead there");
    /// assert!(!"fe80::1".parse::<HostAddress>()?.is_global());
    /// assert!(!HostAddress::LocalHost.is_global());
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "isGlobal")]
    pub fn is_global(self) -> bool {
        let is_routed = match self.canonical() {
            Some(IpAddr::V4(address)) => !matches!(address.octets()[0], 0 | 240..),
            Some(IpAddr::V6(address)) => !address.is_unspecified(),
            None => false,
        };
        is_routed && !self.is_loopback() && !self.is_multicast() && !self.is_link_local()
    }

    /// Returns whether its first `prefix_length` bits are those of `subnet`. Always `false` between IPv4 and IPv6, and if
    /// `prefix_length` is greater than 32 or 128.
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// let address: HostAddress = "192.168.7.3".parse()?;
    /// let (subnet, prefix_length) = HostAddress::parse_subnet("192.168.0.0/16").unwrap();
    /// assert!(address.is_in_subnet(subnet, prefix_length));
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "isInSubnet")]
    pub fn is_in_subnet(self, subnet: Self, prefix_length: u8) -> bool {
        fn same_prefix(bits: u128, subnet: u128, width: u32, prefix_length: u32) -> bool {
            prefix_length <= width
                && (bits ^ subnet).checked_shr(width - prefix_length).is_none_or(|difference| difference == 0)
        }
        let prefix_length = prefix_length.into();
        match (self.without_scope_id(), subnet.without_scope_id()) {
            (Self::V4(address), Self::V4(subnet)) => {
                same_prefix(address.to_bits().into(), subnet.to_bits().into(), 32, prefix_length)
            }
            (Self::V6(address), Self::V6(subnet)) => {
                same_prefix(address.to_bits(), subnet.to_bits(), 128, prefix_length)
            }
            _ => false,
        }
    }

    /// Reads a subnet, `192.168.0.0/16` or `2001:db8::/32`: its address, the bits behind the prefix cleared, and the length of
    /// the prefix. `None` if that is not a subnet.
    ///
    /// As in Qt, the numbers at the end of an IPv4 address may be left out (`192.168/16`), the length may be a netmask
    /// (`192.168.0.0/255.255.0.0`), and without a length, the numbers that are there are the prefix (`10` is
    /// `10.0.0.0/8`).
    ///
    /// ```
    /// use slotwire::HostAddress;
    /// let (subnet, prefix_length) = HostAddress::parse_subnet("192.168/16").unwrap();
    /// assert_eq!((subnet.to_string().as_str(), prefix_length), ("192.168.0.0", 16));
    /// let address: HostAddress = "192.168.7.9".parse()?;
    /// assert!(address.is_in_subnet(subnet, prefix_length));
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "parseSubnet")]
    pub fn parse_subnet(subnet: &str) -> Option<(Self, u8)> {
        let (address, length) = match subnet.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (subnet, None),
        };
        if address.contains(':') {
            let address: Self = address.parse().ok()?;
            let length = length.map_or(Some(128), |length| length.trim().parse().ok())?;
            let unused = 128_u32.checked_sub(length)?;
            let bits = address.to_ipv6_address()?.to_bits() & u128::MAX.checked_shl(unused).unwrap_or(0);
            let mut prefix = Self::V6(bits.into());
            prefix.set_scope_id(address.scope_id());
            return Some((prefix, u8::try_from(length).ok()?));
        }
        if subnet.is_empty() {
            return None;
        }
        let (address, count) = leading_octets(address)?;
        let length = match length {
            None => 8 * count,
            Some(mask) if mask.contains('.') => {
                prefix_length_of(mask.parse::<Self>().ok()?.to_ipv4_address()?)?
            }
            Some(length) => length.trim().parse().ok()?,
        };
        let unused = 32_u32.checked_sub(length)?;
        let prefix = address.to_bits() & u32::MAX.checked_shl(unused).unwrap_or(0);
        Some((Self::V4(prefix.into()), u8::try_from(length).ok()?))
    }

    /// The address of a socket's other or own end. What an IPv4 peer of a dual-stack socket has is presented as IPv4.
    pub(crate) fn of_socket(address: SocketAddr) -> Self {
        let mut host = Self::from(address.ip().to_canonical());
        if let SocketAddr::V6(address) = address
            && address.scope_id() != 0
        {
            host.set_scope_id(ScopeId::new(&address.scope_id().to_string()));
        }
        host
    }

    /// The address for a socket that connects or listens there; `None` for [`Null`](Self::Null) and [`Any`](Self::Any).
    pub(crate) fn to_socket_address(self, port: u16) -> Option<SocketAddr> {
        match self {
            Self::ScopedV6(address, scope_id) => Some(scope_id.socket_address(address, port)),
            address => address.to_ip().map(|ip| (ip, port).into()),
        }
    }

    fn canonical(self) -> Option<IpAddr> {
        self.to_ip().map(|address| address.to_canonical())
    }
}

/// The IPv4 address that begins with those numbers, and how many there are; the last dot may have none behind it.
fn leading_octets(text: &str) -> Option<(Ipv4Addr, u32)> {
    let numbers: Vec<_> = text.split('.').collect();
    let mut octets = [0; 4];
    if numbers.len() > octets.len() {
        return None;
    }
    let count = numbers.len() - usize::from(numbers.ends_with(&[""]));
    for (octet, number) in octets.iter_mut().zip(&numbers[..count]) {
        *octet = number.trim().parse().ok()?;
    }
    Some((octets.into(), u32::try_from(count).ok()?))
}

/// The number of bits of a netmask that are set; `None` if they are not all at its beginning.
fn prefix_length_of(mask: Ipv4Addr) -> Option<u32> {
    let length = mask.to_bits().leading_ones();
    (length == mask.to_bits().count_ones()).then_some(length)
}

impl From<IpAddr> for HostAddress {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address),
        }
    }
}

impl From<Ipv4Addr> for HostAddress {
    fn from(address: Ipv4Addr) -> Self {
        Self::V4(address)
    }
}

impl From<Ipv6Addr> for HostAddress {
    fn from(address: Ipv6Addr) -> Self {
        Self::V6(address)
    }
}
