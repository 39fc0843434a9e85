use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::BitOr;

use super::HostAddress;

/// The different addresses that [`HostAddress::is_equal`] takes for the same; combined with `|`.
///
/// ```
/// use slotwire::{ConversionMode, HostAddress};
/// let mode = ConversionMode::LocalHost | ConversionMode::Unspecified;
/// assert!(HostAddress::LocalHost.is_equal(HostAddress::LocalHostIPv6, mode));
/// assert!(HostAddress::AnyIPv4.is_equal(HostAddress::Any, mode));
/// ```
#[doc(alias = "ConversionModeFlag")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConversionMode(u8);

#[expect(non_upper_case_globals, reason = "used as Qt's enumerators are")]
impl ConversionMode {
    /// None.
    ///
    /// ```
    /// use slotwire::{ConversionMode, HostAddress};
    /// assert!(!HostAddress::LocalHost.is_equal(HostAddress::LocalHostIPv6, ConversionMode::Strict));
    /// ```
    #[doc(alias = "StrictConversion")]
    pub const Strict: Self = Self(0);
    /// An IPv4 address, and the IPv6 address that it is mapped to (`::ffff:192.0.2.1`).
    ///
    /// ```
    /// use slotwire::{ConversionMode, HostAddress};
    /// let mapped: HostAddress = "::ffff:127.0.0.1".parse()?;
    /// assert!(mapped.is_equal(HostAddress::LocalHost, ConversionMode::V4Mapped));
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "ConvertV4MappedToIPv4")]
    pub const V4Mapped: Self = Self(1);
    /// An IPv4 address, and the IPv4-compatible IPv6 address (`::192.0.2.1`).
    ///
    /// ```
    /// use slotwire::{ConversionMode, HostAddress};
    /// let compatible: HostAddress = "::127.0.0.1".parse()?;
    /// assert!(compatible.is_equal(HostAddress::LocalHost, ConversionMode::V4Compatible));
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "ConvertV4CompatToIPv4")]
    pub const V4Compatible: Self = Self(2);
    /// [`Any`](HostAddress::Any), [`AnyIPv4`](HostAddress::AnyIPv4) and [`AnyIPv6`](HostAddress::AnyIPv6).
    ///
    /// ```
    /// use slotwire::{ConversionMode, HostAddress};
    /// assert!(HostAddress::Any.is_equal(HostAddress::AnyIPv6, ConversionMode::Unspecified));
    /// ```
    #[doc(alias = "ConvertUnspecifiedAddress")]
    pub const Unspecified: Self = Self(4);
    /// [`LocalHost`](HostAddress::LocalHost) and [`LocalHostIPv6`](HostAddress::LocalHostIPv6).
    ///
    /// ```
    /// use slotwire::{ConversionMode, HostAddress};
    /// let (one, other) = (HostAddress::LocalHost, HostAddress::LocalHostIPv6);
    /// assert!(one.is_equal(other, ConversionMode::LocalHost));
    /// ```
    #[doc(alias = "ConvertLocalHost")]
    pub const LocalHost: Self = Self(8);
    /// All of these.
    ///
    /// ```
    /// use slotwire::{ConversionMode, HostAddress};
    /// assert!(HostAddress::AnyIPv4.is_equal(HostAddress::AnyIPv6, ConversionMode::Tolerant));
    /// ```
    #[doc(alias = "TolerantConversion")]
    pub const Tolerant: Self = Self(0b1111);

    const fn has(self, mode: Self) -> bool {
        self.0 & mode.0 != 0
    }

    /// The IPv4 address that an IPv6 address is the same as.
    fn to_ipv4(self, address: Ipv6Addr) -> Option<Ipv4Addr> {
        let low = address.to_bits() as u32;
        match address.segments() {
            [0, 0, 0, 0, 0, 0xFFFF, ..] => self.has(Self::V4Mapped).then(|| low.into()),
            [0, 0, 0, 0, 0, 0, ..] => match low {
                0 if self.has(Self::Unspecified) => Some(Ipv4Addr::UNSPECIFIED),
                1 => self.has(Self::LocalHost).then_some(Ipv4Addr::LOCALHOST),
                _ => self.has(Self::V4Compatible).then(|| low.into()),
            },
            _ => None,
        }
    }
}

impl BitOr for ConversionMode {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl HostAddress {
    /// Returns whether it is the same address, or one that this mode takes for the same. Scope identifiers do not count.
    ///
    /// ```
    /// use slotwire::{ConversionMode, HostAddress};
    /// let mapped: HostAddress = "::ffff:127.0.0.1".parse()?;
    /// assert_ne!(mapped, HostAddress::LocalHost);
    /// assert!(mapped.is_equal(HostAddress::LocalHost, ConversionMode::Tolerant));
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[doc(alias = "isEqual")]
    pub fn is_equal(self, other: Self, mode: ConversionMode) -> bool {
        match (self.without_scope_id(), other.without_scope_id()) {
            (Self::V4(v4), Self::V6(v6)) | (Self::V6(v6), Self::V4(v4)) => mode.to_ipv4(v6) == Some(v4),
            (Self::Any, other @ (Self::V4(_) | Self::V6(_)))
            | (other @ (Self::V4(_) | Self::V6(_)), Self::Any) => {
                mode.has(ConversionMode::Unspecified) && other.to_ip().is_some_and(|ip| ip.is_unspecified())
            }
            (one, other) => one == other,
        }
    }
}
