//! The versions of the protocol.

/// The version of the WebSocket protocol that a handshake names.
///
/// Only version 13 (RFC 6455) is spoken; the others are recognised, so that they can be refused by name.
///
/// ```
/// use slotwire::websocket::protocol::Version;
///
/// assert_eq!(Version::from_name("13"), Version::LATEST);
/// assert_eq!(Version::from_name("14"), Version::Unknown);
/// assert_eq!(Version::V13.number(), 13);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i32)]
pub enum Version {
    /// None of the versions below.
    #[doc(alias = "VersionUnknown")]
    Unknown = -1,
    /// hixie-76 and hybi-00.
    #[doc(alias = "Version0")]
    V0 = 0,
    /// hybi-04.
    #[doc(alias = "Version4")]
    V4 = 4,
    /// hybi-05.
    #[doc(alias = "Version5")]
    V5 = 5,
    /// hybi-06.
    #[doc(alias = "Version6")]
    V6 = 6,
    /// hybi-07.
    #[doc(alias = "Version7")]
    V7 = 7,
    /// hybi-08 to hybi-12.
    #[doc(alias = "Version8")]
    V8 = 8,
    /// RFC 6455.
    #[doc(alias = "Version13")]
    V13 = 13,
}

impl Version {
    /// The newest version, and the one that is spoken.
    ///
    /// ```
    /// use slotwire::{Version, WebSocket};
    /// let socket = WebSocket::new();
    /// assert_eq!(socket.version(), Version::LATEST);
    /// # socket.delete();
    /// ```
    #[doc(alias = "VersionLatest")]
    #[doc(alias = "currentVersion")]
    pub const LATEST: Self = Self::V13;

    /// The version that a `Sec-WebSocket-Version` entry names; [`Version::Unknown`] if it is none of the known.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Version;
    ///
    /// let field = "8, 13, draft"; // of a `Sec-WebSocket-Version`
    /// let versions: Vec<_> = field.split(',').map(Version::from_name).collect();
    /// assert_eq!(versions, [Version::V8, Version::V13, Version::Unknown]);
    /// ```
    #[doc(alias = "versionFromString")]
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        name.trim().parse().map_or(Self::Unknown, Self::from_number)
    }

    /// The version with this number; [`Version::Unknown`] if there is none.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Version;
    ///
    /// assert_eq!(Version::from_number(8), Version::V8);
    /// assert_eq!(Version::from_number(9), Version::Unknown); // those drafts call themselves 8
    /// ```
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        match number {
            0 => Self::V0,
            4 => Self::V4,
            5 => Self::V5,
            6 => Self::V6,
            7 => Self::V7,
            8 => Self::V8,
            13 => Self::V13,
            _ => Self::Unknown,
        }
    }

    /// The number of the version, −1 for [`Version::Unknown`].
    ///
    /// ```
    /// use slotwire::websocket::protocol::Version;
    ///
    /// let field = format!("Sec-WebSocket-Version: {}", Version::LATEST.number());
    /// assert_eq!(field, "Sec-WebSocket-Version: 13");
    /// assert_eq!(Version::Unknown.number(), -1);
    /// ```
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }
}

impl Default for Version {
    /// [`Version::LATEST`].
    fn default() -> Self {
        Self::LATEST
    }
}
