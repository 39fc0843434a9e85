//! TLS: Qt's vocabulary for it, and the session that a connection is encrypted by.
//!
//! | file | holds |
//! |---|---|
//! | `ssl_configuration` | [`SslConfiguration`]: what a connection is encrypted with, and what became of that |
//! | `ssl_certificate`, `ssl_key`, `ssl_cipher`, `ssl_protocol` | [`SslCertificate`], [`SslKey`], [`SslCipher`], [`SslProtocol`] |
//! | `ssl_error`, `alert` | [`SslError`]; [`AlertLevel`] and [`AlertType`] |
//! | `session` | the trait that a TLS library is hidden behind (private) |

mod alert;
pub(crate) mod session;
mod ssl_certificate;
mod ssl_cipher;
mod ssl_configuration;
mod ssl_error;
mod ssl_key;
mod ssl_protocol;

pub use alert::{AlertLevel, AlertType};
pub use ssl_certificate::SslCertificate;
pub use ssl_cipher::SslCipher;
pub use ssl_configuration::{PeerVerifyMode, SslConfiguration};
pub use ssl_error::{SslError, SslErrorKind};
pub use ssl_key::{KeyAlgorithm, SslKey};
pub use ssl_protocol::SslProtocol;
