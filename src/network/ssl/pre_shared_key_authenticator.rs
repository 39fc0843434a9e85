use std::cell::RefCell;
use std::fmt;

/// The question for a pre-shared key, and the answer (RFC 4279; RFC 8446 §2.2): both sides know a key, and its name, the
/// identity.
///
/// [`WebSocket::pre_shared_key_authentication_required`](crate::WebSocket::pre_shared_key_authentication_required) and the
/// signal of that name of [`WebSocketServer`](crate::WebSocketServer) hand it to their slots. A client's slot fills in
/// identity and key; a server's the key for the client's identity. Without a key there is no connection.
///
/// It needs the cargo feature `openssl`, and [`SslSocket::set_active_backend`](crate::SslSocket::set_active_backend).
///
/// ```
/// use slotwire::{SslMode, WebSocket, WebSocketServer};
///
/// let key = b"a key that nobody can guess";
/// let server = WebSocketServer::new("Meter", SslMode::Secure);
/// server.pre_shared_key_authentication_required().connect(move |authenticator| {
///     if authenticator.identity() == b"meter 17" {
///         authenticator.set_pre_shared_key(key);
///     }
/// });
/// let meter = WebSocket::new();
/// meter.pre_shared_key_authentication_required().connect(move |authenticator| {
///     authenticator.set_identity("meter 17");
///     authenticator.set_pre_shared_key(key);
/// });
/// # meter.delete();
/// # server.delete();
/// ```
#[doc(alias = "QSslPreSharedKeyAuthenticator")]
#[derive(Clone, PartialEq, Eq)]
pub struct PreSharedKeyAuthenticator {
    identity_hint: Vec<u8>,
    identity: RefCell<Vec<u8>>,
    maximum_identity_length: usize,
    pre_shared_key: RefCell<Vec<u8>>,
    maximum_pre_shared_key_length: usize,
}

impl PreSharedKeyAuthenticator {
    #[cfg_attr(not(feature = "openssl"), expect(dead_code, reason = "rustls has no pre-shared keys"))]
    pub(crate) fn new(
        identity_hint: Vec<u8>,
        identity: Vec<u8>,
        maximum_identity_length: usize,
        maximum_pre_shared_key_length: usize,
    ) -> Self {
        Self {
            identity_hint,
            identity: identity.into(),
            maximum_identity_length,
            pre_shared_key: RefCell::default(),
            maximum_pre_shared_key_length,
        }
    }

    /// What the server says so that a client knows which key to use; empty if it says nothing, and in TLS 1.3.
    #[doc(alias = "identityHint")]
    pub fn identity_hint(&self) -> &[u8] {
        &self.identity_hint
    }

    /// The name of the key: in a server the client's, in a client what was set.
    pub fn identity(&self) -> Vec<u8> {
        self.identity.borrow().clone()
    }

    /// Sets the name of the key, in a client. What is longer than
    /// [`maximum_identity_length`](Self::maximum_identity_length) is cut; one with a zero in it is none.
    #[doc(alias = "setIdentity")]
    pub fn set_identity(&self, identity: impl AsRef<[u8]>) {
        self.identity.replace(identity.as_ref().to_owned());
    }

    /// How long the identity may be, in bytes; 0 in a server, where it cannot be set.
    #[doc(alias = "maximumIdentityLength")]
    pub fn maximum_identity_length(&self) -> usize {
        self.maximum_identity_length
    }

    /// The key that was set.
    #[doc(alias = "preSharedKey")]
    pub fn pre_shared_key(&self) -> Vec<u8> {
        self.pre_shared_key.borrow().clone()
    }

    /// Sets the key. What is longer than [`maximum_pre_shared_key_length`](Self::maximum_pre_shared_key_length) is cut.
    #[doc(alias = "setPreSharedKey")]
    pub fn set_pre_shared_key(&self, key: impl AsRef<[u8]>) {
        self.pre_shared_key.replace(key.as_ref().to_owned());
    }

    /// How long the key may be, in bytes.
    #[doc(alias = "maximumPreSharedKeyLength")]
    pub fn maximum_pre_shared_key_length(&self) -> usize {
        self.maximum_pre_shared_key_length
    }
}

/// Shows no key: what is printed ends up in logs.
impl fmt::Debug for PreSharedKeyAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreSharedKeyAuthenticator")
            .field("identity_hint", &String::from_utf8_lossy(&self.identity_hint))
            .field("identity", &String::from_utf8_lossy(&self.identity.borrow()))
            .finish_non_exhaustive()
    }
}
