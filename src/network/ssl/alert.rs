use std::fmt;

/// The severity of a TLS alert (RFC 5246 §7.2): a fatal one ends the connection.
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
    /// The peer sent a level that TLS does not define.
    Unknown,
}

/// The description of a TLS alert (RFC 8446 §6): a number, with a constant for each that has a name.
///
/// Alerts are how the two sides of a TLS connection tell each other that it ends, or why it fails:
/// [`WebSocket::alert_received`](crate::WebSocket::alert_received), [`WebSocket::alert_sent`](crate::WebSocket::alert_sent).
/// `Display` writes OpenSSL's description, as in Qt, and "unknown" where OpenSSL has none; `Debug` writes the name of the
/// constant; the field is the number.
///
/// ```
/// use slotwire::{AlertType, WebSocket};
/// let socket = WebSocket::new();
/// socket.alert_received().connect(|(_level, kind, description)| {
///     if kind == AlertType::UNKNOWN_CA {
///         println!("the server does not trust our certificate");
///     } else {
///         println!("alert {}: {description}", kind.0); // as `kind.to_string()`
///     }
/// });
/// # socket.delete();
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
    /// Reads the two bytes of the message.
    pub(crate) fn from_wire(level: u8, kind: u8) -> Self {
        let level = match level {
            1 => AlertLevel::Warning,
            2 => AlertLevel::Fatal,
            _ => AlertLevel::Unknown,
        };
        Self { level, kind: AlertType(kind) }
    }

    /// The arguments of the signals.
    pub(crate) fn arguments(self) -> (AlertLevel, AlertType, &'static str) {
        (self.level, self.kind, self.kind.text())
    }

    /// The end of what its sender sends.
    pub(crate) const CLOSE_NOTIFY: Self = Self { level: AlertLevel::Warning, kind: AlertType::CLOSE_NOTIFY };
}

macro_rules! alert_types {
    ($($number:literal $name:ident $qt:literal $text:literal $meaning:literal)*) => {
        impl AlertType {
            $(
                #[doc = $meaning]
                ///
                /// ```
                /// use slotwire::AlertType;
                #[doc = concat!("assert_eq!(AlertType::", stringify!($name), ".0, ", $number, ");")]
                #[doc = concat!("assert_eq!(AlertType::", stringify!($name), ".to_string(), ", stringify!($text), ");")]
                /// ```
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
        "The sender sends no more: the end of its data, and not an error."
    10 UNEXPECTED_MESSAGE "UnexpectedMessage" "unexpected_message"
        "A message came that has no place there."
    20 BAD_RECORD_MAC "BadRecordMac" "bad record mac"
        "A record could not be decrypted: it was tampered with, or the keys differ."
    22 RECORD_OVERFLOW "RecordOverflow" "record overflow"
        "A record is longer than TLS allows."
    30 DECOMPRESSION_FAILURE "DecompressionFailure" "decompression failure"
        "Compressed data cannot be unpacked. TLS 1.3 knows no compression."
    40 HANDSHAKE_FAILURE "HandshakeFailure" "handshake failure"
        "The two sides have nothing in common: no cipher, group or signature that both accept."
    41 NO_CERTIFICATE "NoCertificate" "no certificate"
        "There is no certificate to show. Of SSL 3.0 only."
    42 BAD_CERTIFICATE "BadCertificate" "bad certificate"
        "The certificate is malformed, or its signature is wrong."
    43 UNSUPPORTED_CERTIFICATE "UnsupportedCertificate" "unsupported certificate"
        "The certificate is of a kind that the sender does not take."
    44 CERTIFICATE_REVOKED "CertificateRevoked" "certificate revoked"
        "The certificate was revoked by its authority."
    45 CERTIFICATE_EXPIRED "CertificateExpired" "certificate expired"
        "The certificate has expired, or is not valid yet."
    46 CERTIFICATE_UNKNOWN "CertificateUnknown" "certificate unknown"
        "The certificate is not accepted for another reason."
    47 ILLEGAL_PARAMETER "IllegalParameter" "illegal parameter"
        "A field of the handshake has a value that it must not have."
    48 UNKNOWN_CA "UnknownCa" "unknown CA"
        "The certificate leads to no authority that the sender trusts."
    49 ACCESS_DENIED "AccessDenied" "access denied"
        "The certificate is valid, but its owner is not let in."
    50 DECODE_ERROR "DecodeError" "decode error"
        "A message could not be read: it is malformed, or its length is wrong."
    51 DECRYPT_ERROR "DecryptError" "decrypt error"
        "A signature, a key exchange or a Finished message of the handshake could not be verified."
    60 EXPORT_RESTRICTION "ExportRestriction" "export restriction"
        "The keys are longer than an export restriction allowed. Before TLS 1.1 only."
    70 PROTOCOL_VERSION "ProtocolVersion" "protocol version"
        "The sender does not speak the version of TLS that the peer wants."
    71 INSUFFICIENT_SECURITY "InsufficientSecurity" "insufficient security"
        "The peer offers no cipher that is secure enough for the sender."
    80 INTERNAL_ERROR "InternalError" "internal error"
        "Something failed at the sender that is not the peer's doing."
    86 INAPPROPRIATE_FALLBACK "InappropriateFallback" "unknown"
        "A client retried with an older version than it had to (RFC 7507)."
    90 USER_CANCELLED "UserCancelled" "user canceled"
        "The handshake was given up for a reason that is not of the protocol."
    100 NO_RENEGOTIATION "NoRenegotiation" "no renegotiation"
        "The sender does not negotiate anew. TLS 1.3 knows no renegotiation."
    109 MISSING_EXTENSION "MissingExtension" "unknown"
        "An extension that the handshake needs was not sent."
    110 UNSUPPORTED_EXTENSION "UnsupportedExtension" "unsupported extension"
        "An extension came that must not stand in that message, or was not asked for."
    111 CERTIFICATE_UNOBTAINABLE "CertificateUnobtainable" "certificate unobtainable"
        "The server could not fetch the client's certificate from its URL (RFC 6066 §5)."
    112 UNRECOGNIZED_NAME "UnrecognizedName" "unrecognized name"
        "The server does not serve the host that the client named (RFC 6066 §3)."
    113 BAD_CERTIFICATE_STATUS_RESPONSE "BadCertificateStatusResponse" "bad certificate status response"
        "The stapled OCSP response is invalid (RFC 6066 §8)."
    114 BAD_CERTIFICATE_HASH_VALUE "BadCertificateHashValue" "bad certificate hash value"
        "The client's certificate is not the one whose hash was given (RFC 6066 §5)."
    115 UNKNOWN_PSK_IDENTITY "UnknownPskIdentity" "unknown PSK identity"
        "The server knows no pre-shared key of that identity."
    116 CERTIFICATE_REQUIRED "CertificateRequired" "unknown"
        "The server wants a certificate, and the client sent none."
    120 NO_APPLICATION_PROTOCOL "NoApplicationProtocol" "no application protocol"
        "The client offers no application protocol that the server speaks (ALPN, RFC 7301)."
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
