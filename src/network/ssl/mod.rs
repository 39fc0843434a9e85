//! TLS: Qt's vocabulary for it, and the session that a connection is encrypted by.
//!
//! The floors, the lowest first; a file uses those below, and no two files use each other:
//!
//! | floor | file | holds |
//! |---|---|---|
//! | values | `der`, `pem`, `records` | the encodings: of certificates and keys, as text, of the record layer (private) |
//! | | `ssl_protocol`, `ssl_cipher`, `ssl_key` | [`SslProtocol`], [`SslCipher`], [`SslKey`] |
//! | | `ssl_socket_mode` | [`SslSocketMode`] |
//! | | `alert`, `pre_shared_key_authenticator` | [`AlertLevel`] and [`AlertType`]; [`PreSharedKeyAuthenticator`] |
//! | | `distinguished_name`, `general_name` | the names in certificates, and which of them an authority may give out: [`AlternativeName`] |
//! | certificates | `signatures`, `x509` | signatures and their verification; the facts of a certificate (private) |
//! | | `ssl_certificate`, `ssl_error` | [`SslCertificate`]; [`SslError`] |
//! | | `ignored_errors` | the errors that a program lets pass (private) |
//! | | `settings` | the settings of a configuration, as back ends read them: [`PeerVerifyMode`], [`SslOption`] |
//! | judgement | `certificate_path`, `policies`, `host_name` | which certificates lead to a trusted one, and under which policies; the host a certificate is for (private) |
//! | | `certificate_chain` | all that is wrong with a peer's certificates (private) |
//! | | `webpki` | the same with rustls, whose opinion counts too (private) |
//! | session | `session`, `phase` | the trait that a TLS library is hidden behind (private); the phases of a session |
//! | back ends | `rustls_back_end`, `openssl_back_end` | the libraries behind it (private) |
//! | choice | `back_end` | the back end that is used (private) |
//! | Qt's classes | `ssl_configuration`, `verification` | [`SslConfiguration`]; [`SslCertificate::verify`] |
//! | | `ssl_socket` | [`SslSocket`]. It stands above `tcp_socket`, which has its connection, and uses all floors but this one |

pub(crate) mod alert;
pub(crate) mod back_end;
pub(crate) mod certificate_chain;
mod certificate_path;
mod der;
mod distinguished_name;
mod general_name;
pub(crate) mod host_name;
pub(crate) mod ignored_errors;
#[cfg(feature = "openssl")]
mod openssl_back_end;
#[cfg(test)]
mod oracle;
mod pem;
mod phase;
mod policies;
pub(crate) mod pre_shared_key_authenticator;
mod records;
#[cfg(feature = "_rustls")]
mod rustls_back_end;
pub(crate) mod session;
mod settings;
mod signatures;
mod ssl_certificate;
mod ssl_cipher;
pub(crate) mod ssl_configuration;
pub(crate) mod ssl_error;
mod ssl_key;
mod ssl_protocol;
mod ssl_socket;
pub(crate) mod ssl_socket_mode;
mod verification;
#[cfg(feature = "_rustls")]
pub(crate) mod webpki;
mod x509;

pub use alert::{AlertLevel, AlertType};
pub use general_name::AlternativeName;
pub use pre_shared_key_authenticator::PreSharedKeyAuthenticator;
pub use settings::{PeerVerifyMode, SslOption};
pub use ssl_certificate::{HashAlgorithm, SslCertificate, SubjectInfo};
pub use ssl_cipher::SslCipher;
pub use ssl_configuration::SslConfiguration;
pub use ssl_error::{SslError, SslErrorKind};
pub use ssl_key::{KeyAlgorithm, KeyType, SslKey};
pub use ssl_protocol::SslProtocol;
pub use ssl_socket::SslSocket;
pub use ssl_socket_mode::SslSocketMode;
