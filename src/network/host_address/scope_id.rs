use std::fmt;
use std::net::{Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::str;

/// The scope of an IPv6 address that is not the same everywhere: the name or the number of a network interface, `eth0` in
/// `fe80::1%eth0`.
///
/// ```
/// use slotwire::{HostAddress, ScopeId};
/// let address: HostAddress = "fe80::1%eth0".parse()?;
/// assert_eq!(address.scope_id(), ScopeId::new("eth0"));
/// assert_eq!(address.scope_id().unwrap().as_str(), "eth0");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId {
    bytes: [u8; Self::MAX_LENGTH],
    length: u8,
}

impl ScopeId {
    /// The limit of Linux for the name of an interface (`IFNAMSIZ`), without the 0.
    const MAX_LENGTH: usize = 15;

    /// `None` if the text is empty, or longer than 15 bytes: no interface has such a name.
    ///
    /// ```
    /// use slotwire::ScopeId;
    /// assert!(ScopeId::new("eth0").is_some());
    /// assert!(ScopeId::new("").is_none());
    /// ```
    pub fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::MAX_LENGTH];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        let length = u8::try_from(text.len()).ok().filter(|length| *length > 0)?;
        Some(Self { bytes, length })
    }

    /// The name or number, as it was given.
    ///
    /// ```
    /// use slotwire::ScopeId;
    /// assert_eq!(ScopeId::new("2").unwrap().as_str(), "2");
    /// ```
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.length.into()]).unwrap_or_default()
    }

    /// The address with the number of the interface in it, 0 if there is none of that name.
    pub(super) fn socket_address(self, address: Ipv6Addr, port: u16) -> SocketAddr {
        // The system knows the numbers of the names; an address is not looked up.
        let found = (format!("{address}%{self}"), port).to_socket_addrs();
        let found = found.ok().and_then(|mut addresses| addresses.next());
        found.unwrap_or_else(|| (address, port).into())
    }
}

impl fmt::Display for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
