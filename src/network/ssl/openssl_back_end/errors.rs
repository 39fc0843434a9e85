//! Qt's errors and texts for OpenSSL's, and the alerts that go with them: OpenSSL does not say which alert it sends once the
//! handshake is encrypted.

use openssl::error::ErrorStack;

use crate::AlertType;
use crate::network::ssl::phase::unusable_context;
use crate::network::ssl::session::TlsFailure;
use crate::network::ssl::ssl_error::SslErrorKind;

pub(super) fn unusable(error: &ErrorStack) -> TlsFailure {
    unusable_context(&text(error))
}

/// The text of an error, as `ERR_error_string` writes it.
pub(super) fn text(stack: &ErrorStack) -> String {
    let texts = stack.errors().iter().map(|error| {
        let library = error.library().unwrap_or("lib(0)");
        let reason = error.reason().map_or_else(|| format!("reason({})", error.reason_code()), str::to_owned);
        format!("error:{:08X}:{library}::{reason}", error.code())
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// The alert that the peer has ended the connection by.
pub(super) fn received_alert(stack: &ErrorStack) -> Option<AlertType> {
    // SSL_AD_REASON_OFFSET
    stack.errors().iter().find_map(|error| match error.reason_code() {
        reason @ 1000..=1255 => u8::try_from(reason - 1000).ok().map(AlertType),
        _ => None,
    })
}

/// The alert that OpenSSL ends the connection by when it fails like that; `verify_result` is what it holds against the peer's
/// certificate.
pub(super) fn sent_alert(stack: &ErrorStack, verify_result: i32, is_tls_1_3: bool) -> AlertType {
    let reason = stack.errors().last().map_or(0, openssl::error::Error::reason_code);
    match reason {
        // CERTIFICATE_VERIFY_FAILED
        134 => alert_for(verify_result),
        // PEER_DID_NOT_RETURN_A_CERTIFICATE
        199 if is_tls_1_3 => AlertType::CERTIFICATE_REQUIRED,
        // NO_SHARED_CIPHER, NO_SUITABLE_KEY_SHARE, NO_SUITABLE_SIGNATURE_ALGORITHM, NO_SHARED_SIGNATURE_ALGORITHMS,
        // NO_SHARED_GROUPS
        101 | 118 | 193 | 199 | 376 | 410 => AlertType::HANDSHAKE_FAILURE,
        // UNSUPPORTED_PROTOCOL, VERSION_TOO_HIGH, VERSION_TOO_LOW, WRONG_VERSION_NUMBER, WRONG_SSL_VERSION
        166 | 258 | 266 | 267 | 396 => AlertType::PROTOCOL_VERSION,
        // DECRYPTION_FAILED_OR_BAD_RECORD_MAC
        281 => AlertType::BAD_RECORD_MAC,
        // NO_APPLICATION_PROTOCOL
        235 => AlertType::NO_APPLICATION_PROTOCOL,
        // PSK_IDENTITY_NOT_FOUND
        223 => AlertType::UNKNOWN_PSK_IDENTITY,
        // BAD_PSK_IDENTITY, BINDER_DOES_NOT_VERIFY, BAD_PSK
        114 | 219 | 253 => AlertType::ILLEGAL_PARAMETER,
        // DIGEST_CHECK_FAILED, BAD_SIGNATURE
        123 | 149 => AlertType::DECRYPT_ERROR,
        // DATA_LENGTH_TOO_LONG, ENCRYPTED_LENGTH_TOO_LONG, PACKET_LENGTH_TOO_LONG
        146 | 150 | 198 => AlertType::RECORD_OVERFLOW,
        // UNEXPECTED_MESSAGE, UNEXPECTED_RECORD, CCS_RECEIVED_EARLY, UNEXPECTED_CCS_MESSAGE, BAD_RECORD_TYPE,
        // DATA_BETWEEN_CCS_AND_FINISHED, NOT_ON_RECORD_BOUNDARY, TOO_MANY_WARN_ALERTS
        133 | 145 | 182 | 244 | 245 | 262 | 409 | 443 => AlertType::UNEXPECTED_MESSAGE,
        // LENGTH_MISMATCH, LENGTH_TOO_LONG, LENGTH_TOO_SHORT, BAD_LENGTH, BAD_EXTENSION
        110 | 159 | 160 | 271 | 404 => AlertType::DECODE_ERROR,
        // UNSOLICITED_EXTENSION
        217 => AlertType::UNSUPPORTED_EXTENSION,
        _ => AlertType::INTERNAL_ERROR,
    }
}

/// `ssl_x509err2alert`
fn alert_for(verify_result: i32) -> AlertType {
    match verify_result {
        10 | 12 => AlertType::CERTIFICATE_EXPIRED,
        23 => AlertType::CERTIFICATE_REVOKED,
        26 => AlertType::UNSUPPORTED_CERTIFICATE,
        // Signatures of certificates and of lists of revoked ones.
        7 | 8 => AlertType::DECRYPT_ERROR,
        2 | 3 | 18 | 19 | 20 | 21 | 22 | 25 | 33 | 79 => AlertType::UNKNOWN_CA,
        1 | 17 => AlertType::INTERNAL_ERROR,
        50 => AlertType::HANDSHAKE_FAILURE,
        4 | 5 | 6 | 9 | 11 | 13 | 14 | 15 | 16 | 27 | 28 | 62..=68 => AlertType::BAD_CERTIFICATE,
        _ => AlertType::CERTIFICATE_UNKNOWN,
    }
}

/// `X509_V_ERR_…`, as Qt names them; one that it does not name is [`SslErrorKind::UnspecifiedError`].
pub(super) fn kind(code: i32) -> SslErrorKind {
    match code {
        2 => SslErrorKind::UnableToGetIssuerCertificate,
        4 => SslErrorKind::UnableToDecryptCertificateSignature,
        6 => SslErrorKind::UnableToDecodeIssuerPublicKey,
        7 => SslErrorKind::CertificateSignatureFailed,
        9 => SslErrorKind::CertificateNotYetValid,
        10 => SslErrorKind::CertificateExpired,
        13 => SslErrorKind::InvalidNotBeforeField,
        14 => SslErrorKind::InvalidNotAfterField,
        18 => SslErrorKind::SelfSignedCertificate,
        19 => SslErrorKind::SelfSignedCertificateInChain,
        20 => SslErrorKind::UnableToGetLocalIssuerCertificate,
        21 => SslErrorKind::UnableToVerifyFirstCertificate,
        23 => SslErrorKind::CertificateRevoked,
        // 24 was its number before OpenSSL 3.
        79 => SslErrorKind::InvalidCaCertificate,
        24 if openssl::version::number() < 0x3000_0000 => SslErrorKind::InvalidCaCertificate,
        25 => SslErrorKind::PathLengthExceeded,
        26 => SslErrorKind::InvalidPurpose,
        27 => SslErrorKind::CertificateUntrusted,
        28 => SslErrorKind::CertificateRejected,
        _ => SslErrorKind::UnspecifiedError,
    }
}
