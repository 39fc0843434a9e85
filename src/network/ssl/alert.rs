use std::fmt;

/// How bad an alert is (RFC 5246 §7.2): a fatal one ends the connection.
///
/// ```
/// use slotwire::{AlertLevel, AlertType};
/// fn log(level: AlertLevel, kind: AlertType) {
///     if level == AlertLevel::Fatal {
///         println!("the connection ends: {kind}");
///     }
/// }
/// # log(AlertLevel::Fatal, AlertType::UNKNOWN_CA);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AlertLevel {
    /// The connection may go on.
    Warning,
    /// The connection ends.
    Fatal,
    /// The peer sent another level.
    Unknown,
}

/// What an alert is about (RFC 8446 §6). Its number is `alert.0`, its name the constant; its description, by `Display`, is
/// OpenSSL's, as in Qt.
///
/// ```
/// use slotwire::AlertType;
/// assert_eq!(AlertType::UNKNOWN_CA, AlertType(48));
/// assert_eq!(AlertType::UNKNOWN_CA.to_string(), "unknown CA");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AlertType(pub u8);

/// An alert that was sent or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alert {
    pub(crate) level: AlertLevel,
    pub(crate) kind: AlertType,
}

impl Alert {
    /// Of the two bytes of the message.
    pub(crate) fn from_wire(level: u8, kind: u8) -> Self {
        let level = match level {
            1 => AlertLevel::Warning,
            2 => AlertLevel::Fatal,
            _ => AlertLevel::Unknown,
        };
        Self { level, kind: AlertType(kind) }
    }

    /// As signals carry it.
    pub(crate) fn arguments(self) -> (AlertLevel, AlertType, &'static str) {
        (self.level, self.kind, self.kind.text())
    }

    /// The end of what its sender sends.
    pub(crate) const CLOSE_NOTIFY: Self = Self { level: AlertLevel::Warning, kind: AlertType::CLOSE_NOTIFY };
}

macro_rules! alert_types {
    ($($number:literal $name:ident $qt:literal $text:literal)*) => {
        impl AlertType {
            $(
                #[doc = concat!("Alert ", $number, ", \"", $text, "\".")]
                #[doc(alias = $qt)]
                pub const $name: Self = Self($number);
            )*

            fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    _ => "unknown",
                }
            }
        }
    };
}

alert_types! {
    0 CLOSE_NOTIFY "CloseNotify" "close notify"
    10 UNEXPECTED_MESSAGE "UnexpectedMessage" "unexpected_message"
    20 BAD_RECORD_MAC "BadRecordMac" "bad record mac"
    22 RECORD_OVERFLOW "RecordOverflow" "record overflow"
    30 DECOMPRESSION_FAILURE "DecompressionFailure" "decompression failure"
    40 HANDSHAKE_FAILURE "HandshakeFailure" "handshake failure"
    41 NO_CERTIFICATE "NoCertificate" "no certificate"
    42 BAD_CERTIFICATE "BadCertificate" "bad certificate"
    43 UNSUPPORTED_CERTIFICATE "UnsupportedCertificate" "unsupported certificate"
    44 CERTIFICATE_REVOKED "CertificateRevoked" "certificate revoked"
    45 CERTIFICATE_EXPIRED "CertificateExpired" "certificate expired"
    46 CERTIFICATE_UNKNOWN "CertificateUnknown" "certificate unknown"
    47 ILLEGAL_PARAMETER "IllegalParameter" "illegal parameter"
    48 UNKNOWN_CA "UnknownCa" "unknown CA"
    49 ACCESS_DENIED "AccessDenied" "access denied"
    50 DECODE_ERROR "DecodeError" "decode error"
    51 DECRYPT_ERROR "DecryptError" "decrypt error"
    60 EXPORT_RESTRICTION "ExportRestriction" "export restriction"
    70 PROTOCOL_VERSION "ProtocolVersion" "protocol version"
    71 INSUFFICIENT_SECURITY "InsufficientSecurity" "insufficient security"
    80 INTERNAL_ERROR "InternalError" "internal error"
    86 INAPPROPRIATE_FALLBACK "InappropriateFallback" "unknown"
    90 USER_CANCELLED "UserCancelled" "user canceled"
    100 NO_RENEGOTIATION "NoRenegotiation" "no renegotiation"
    109 MISSING_EXTENSION "MissingExtension" "unknown"
    110 UNSUPPORTED_EXTENSION "UnsupportedExtension" "unsupported extension"
    111 CERTIFICATE_UNOBTAINABLE "CertificateUnobtainable" "certificate unobtainable"
    112 UNRECOGNIZED_NAME "UnrecognizedName" "unrecognized name"
    113 BAD_CERTIFICATE_STATUS_RESPONSE "BadCertificateStatusResponse" "bad certificate status response"
    114 BAD_CERTIFICATE_HASH_VALUE "BadCertificateHashValue" "bad certificate hash value"
    115 UNKNOWN_PSK_IDENTITY "UnknownPskIdentity" "unknown PSK identity"
    116 CERTIFICATE_REQUIRED "CertificateRequired" "unknown"
    120 NO_APPLICATION_PROTOCOL "NoApplicationProtocol" "no application protocol"
}

impl fmt::Display for AlertType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Debug for AlertType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "AlertType({})", self.0),
        }
    }
}
