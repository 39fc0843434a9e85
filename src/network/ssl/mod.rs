//! TLS: Qt's vocabulary for it, and the session that a connection is encrypted by.
//!
//! | file | holds |
//! |---|---|
//! | `ssl_configuration` | [`SslConfiguration`]: what a connection is encrypted with, and what became of that |
//! | `ssl_certificate`, `ssl_key`, `ssl_cipher`, `ssl_protocol` | [`SslCertificate`], [`SslKey`], [`SslCipher`], [`SslProtocol`] |
//! | `ssl_error`, `alert` | [`SslError`]; [`AlertLevel`] and [`AlertType`] |
//! | `certificate_chain`, `host_name` | all that is wrong with a peer's certificates (private) |
//! | `certificate_path`, `general_name`, `policies` | its parts: which certificates lead to a trusted one, which names and policies those allow (private) |
//! | `webpki` | the same with rustls, whose opinion counts too (private) |
//! | `ssl_socket` | [`SslSocket`]: a connection that a server encrypts, while its client is judged |
//! | `x509`, `distinguished_name`, `pem`, `der` | what is read from a certificate; how certificates and keys are written (private) |
//! | `pre_shared_key_authenticator` | [`PreSharedKeyAuthenticator`] |
//! | `records` | where records begin and end (private) |
//! | `session` | the trait that a TLS library is hidden behind (private) |
//! | `rustls_back_end`, `openssl_back_end` | the libraries behind it (private) |
//! | `back_end` | which of them is used |

pub(crate) mod alert;
mod back_end;
pub(crate) mod certificate_chain;
mod certificate_path;
mod der;
mod distinguished_name;
mod general_name;
pub(crate) mod host_name;
#[cfg(feature = "openssl")]
mod openssl_back_end;
#[cfg(test)]
mod oracle;
mod pem;
mod policies;
mod pre_shared_key_authenticator;
mod records;
#[cfg(feature = "_rustls")]
mod rustls_back_end;
pub(crate) mod session;
mod ssl_certificate;
mod ssl_cipher;
mod ssl_configuration;
mod ssl_error;
mod ssl_key;
mod ssl_protocol;
mod ssl_socket;
#[cfg(feature = "_rustls")]
pub(crate) mod webpki;
mod x509;

use std::path::Path;

use crate::Error;

pub use alert::{AlertLevel, AlertType};
pub use pre_shared_key_authenticator::PreSharedKeyAuthenticator;
pub use ssl_certificate::{HashAlgorithm, SslCertificate, SubjectInfo};
pub use ssl_cipher::SslCipher;
pub use ssl_configuration::{PeerVerifyMode, SslConfiguration, SslOption};
pub use ssl_error::{SslError, SslErrorKind};
pub use ssl_key::{KeyAlgorithm, KeyType, SslKey};
pub use ssl_protocol::SslProtocol;
pub use ssl_socket::SslSocket;
pub use x509::AlternativeName;

/// The content of a file; the error names it.
fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::system(format!("{}: {error}", path.display()), error))
}
