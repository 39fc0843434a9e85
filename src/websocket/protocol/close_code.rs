//! The reasons for which a connection was closed (RFC 6455 §7.4).

use std::fmt;

macro_rules! close_codes {
    ($(#[$attribute:meta])* pub enum CloseCode {$($(#[$of_code:meta])* $name:ident = $number:literal)*}) => {
        $(#[$attribute])*
        pub enum CloseCode {
            $($(#[$of_code])* $name,)*
            /// Any other number; 3000 to 3999 are registered ones, 4000 to 4999 are for private use.
            Other(u16),
        }

        impl CloseCode {
            fn qt_name(self) -> Option<&'static str> {
                match u16::from(self) {
                    $($number => Some(concat!("CloseCode", stringify!($name))),)*
                    _ => None,
                }
            }
        }

        impl From<u16> for CloseCode {
            fn from(number: u16) -> Self {
                match number {
                    $($number => Self::$name,)*
                    other => Self::Other(other),
                }
            }
        }

        impl From<CloseCode> for u16 {
            fn from(code: CloseCode) -> Self {
                match code {
                    $(CloseCode::$name => $number,)*
                    CloseCode::Other(number) => number,
                }
            }
        }
    };
}

close_codes! {
/// The reason for which a connection was closed: the status code of a close frame.
///
/// Any 16-bit number fits. [`CloseCode::from`] gives the named variant where there is one, so two codes are
/// equal exactly when their numbers are.
///
/// ```
/// use slotwire::websocket::protocol::CloseCode;
///
/// assert_eq!(CloseCode::from(1000), CloseCode::Normal);
/// assert_eq!(CloseCode::Normal.to_string(), "CloseCodeNormal");
/// assert_eq!(CloseCode::from(4999).to_string(), "4999");
/// assert_eq!(u16::from(CloseCode::GoingAway), 1001);
/// ```
///
/// # Qt
/// `QWebSocketProtocol::CloseCode`, to which other numbers are cast.
#[derive(Clone, Copy, Default)]
pub enum CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    #[doc(alias = "CloseCodeNormal")]
    #[default]
    Normal = 1000
    /// 1001: a server goes down, or a browser leaves the page.
    #[doc(alias = "CloseCodeGoingAway")]
    GoingAway = 1001
    /// 1002: the peer broke the protocol.
    #[doc(alias = "CloseCodeProtocolError")]
    ProtocolError = 1002
    /// 1003: a kind of data that this side does not take.
    #[doc(alias = "CloseCodeDatatypeNotSupported")]
    DatatypeNotSupported = 1003
    /// 1004: reserved, never on the wire.
    #[doc(alias = "CloseCodeReserved1004")]
    Reserved1004 = 1004
    /// 1005: stands for a close frame without a code, never on the wire.
    #[doc(alias = "CloseCodeMissingStatusCode")]
    MissingStatusCode = 1005
    /// 1006: stands for an end without a close frame, never on the wire.
    #[doc(alias = "CloseCodeAbnormalDisconnection")]
    AbnormalDisconnection = 1006
    /// 1007: data that does not fit its type, such as invalid UTF-8 in a text message.
    #[doc(alias = "CloseCodeWrongDatatype")]
    WrongDatatype = 1007
    /// 1008: the message breaks a policy of the endpoint.
    #[doc(alias = "CloseCodePolicyViolated")]
    PolicyViolated = 1008
    /// 1009: a message or frame is larger than allowed.
    #[doc(alias = "CloseCodeTooMuchData")]
    TooMuchData = 1009
    /// 1010: the client wanted an extension that the server did not negotiate.
    #[doc(alias = "CloseCodeMissingExtension")]
    MissingExtension = 1010
    /// 1011: the server met something unexpected.
    #[doc(alias = "CloseCodeBadOperation")]
    BadOperation = 1011
    /// 1015: stands for a failed TLS handshake, never on the wire.
    #[doc(alias = "CloseCodeTlsHandshakeFailed")]
    TlsHandshakeFailed = 1015
}
}

impl CloseCode {
    /// Returns whether the code may stand in a close frame: 1000 to 1003, 1007 to 1014 and 3000 to 4999. Of these, 1012 (service
    /// restart), 1013 (try again later) and 1014 (bad gateway) are newer than RFC 6455, in IANA's registry.
    ///
    /// ```
    /// use slotwire::websocket::protocol::CloseCode;
    ///
    /// assert!(CloseCode::from(3000).is_valid_on_wire());
    /// assert!(!CloseCode::MissingStatusCode.is_valid_on_wire());
    /// ```
    #[doc(alias = "isCloseCodeValid")]
    #[must_use]
    pub fn is_valid_on_wire(self) -> bool {
        matches!(u16::from(self), 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

// Equality goes by number, so that a hand-made `Other(1000)` is no second normal closure.
impl PartialEq for CloseCode {
    fn eq(&self, other: &Self) -> bool {
        u16::from(*self) == u16::from(*other)
    }
}

impl Eq for CloseCode {}

impl std::hash::Hash for CloseCode {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        u16::from(*self).hash(state);
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.qt_name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", u16::from(*self)),
        }
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
