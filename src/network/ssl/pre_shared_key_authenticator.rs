use std::cell::RefCell;
use std::fmt;

/// A request for a pre-shared key, which a slot answers (RFC 4279; RFC 8446 §2.2).
///
/// Both sides know the key, and its name, the identity.
/// [`WebSocket::pre_shared_key_authentication_required`](crate::WebSocket::pre_shared_key_authentication_required) and the
/// signal of that name of [`WebSocketServer`](crate::WebSocketServer) hand it to their slots. A client's slot fills in
/// identity and key, a server's slot the key for the client's identity, before it returns.
/// If no slot gives a key, the handshake fails, unless it can go on with a certificate.
///
/// It needs OpenSSL: the cargo feature `openssl`, and
/// [`SslSocket::set_active_backend`](crate::SslSocket::set_active_backend).
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

    /// The server's hint about which key to use; empty if it sends none, and in TLS 1.3. In a server, the one that was
    /// [set](crate::SslConfiguration::set_pre_shared_key_identity_hint).
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let meter = WebSocket::new();
    /// meter.pre_shared_key_authentication_required().connect(|authenticator| {
    ///     // The server says whose keys it knows.
    ///     match authenticator.identity_hint() {
    ///         b"factory" => authenticator.set_identity("meter 17, as delivered"),
    ///         _ => authenticator.set_identity("meter 17"),
    ///     }
    /// });
    /// # meter.delete();
    /// ```
    #[doc(alias = "identityHint")]
    pub fn identity_hint(&self) -> &[u8] {
        &self.identity_hint
    }

    /// The name of the key: in a server the one that the client sent, in a client the one that was set.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use slotwire::{SslMode, WebSocketServer};
    /// let keys = HashMap::from([(b"meter 17".to_vec(), "a key that nobody can guess")]);
    /// let server = WebSocketServer::new("Meters", SslMode::Secure);
    /// server.pre_shared_key_authentication_required().connect(move |authenticator| {
    ///     if let Some(key) = keys.get(&authenticator.identity()) {
    ///         authenticator.set_pre_shared_key(key);
    ///     }
    /// });
    /// # if slotwire::SslSocket::set_active_backend("openssl") {
    /// #     let meter = slotwire::WebSocket::new();
    /// #     meter.pre_shared_key_authentication_required().connect(|asked| {
    /// #         asked.set_identity("meter 17");
    /// #         asked.set_pre_shared_key("a key that nobody can guess");
    /// #     });
    /// #     meter.ssl_errors().connect(move |_| meter.ignore_ssl_errors());
    /// #     server.listen(slotwire::HostAddress::LocalHost, 0)?;
    /// #     meter.open(server.server_url());
    /// #     assert!(slotwire::SignalSpy::new(meter.connected()).wait(std::time::Duration::from_secs(10)));
    /// #     meter.delete();
    /// # }
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    pub fn identity(&self) -> Vec<u8> {
        self.identity.borrow().clone()
    }

    /// Sets the name of the key, in a client. What is longer than
    /// [`maximum_identity_length`](Self::maximum_identity_length) is cut; one that contains a zero byte cannot be sent, as if
    /// there were no key. In TLS 1.3 it may not be empty (RFC 8446 §4.2.11).
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let meter = WebSocket::new();
    /// meter.pre_shared_key_authentication_required().connect(|authenticator| {
    ///     authenticator.set_identity("meter 17");
    ///     assert_eq!(authenticator.identity(), b"meter 17");
    ///     authenticator.set_pre_shared_key("a key that nobody can guess");
    /// });
    /// # meter.ssl_errors().connect(move |_| meter.ignore_ssl_errors());
    /// # if slotwire::SslSocket::set_active_backend("openssl") {
    /// #     let server = slotwire::WebSocketServer::new("", slotwire::SslMode::Secure);
    /// #     let asked = server.pre_shared_key_authentication_required();
    /// #     asked.connect(move |authenticator| authenticator.set_pre_shared_key("a key that nobody can guess"));
    /// #     server.listen(slotwire::HostAddress::LocalHost, 0)?;
    /// #     meter.open(server.server_url());
    /// #     assert!(slotwire::SignalSpy::new(meter.connected()).wait(std::time::Duration::from_secs(10)));
    /// #     server.delete();
    /// # }
    /// # meter.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setIdentity")]
    pub fn set_identity(&self, identity: impl AsRef<[u8]>) {
        self.identity.replace(identity.as_ref().to_owned());
    }

    /// The greatest length of the identity in bytes; 0 in a server, where it cannot be set.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let name = "meter 17 in the cellar of the house at the corner";
    /// let meter = WebSocket::new();
    /// meter.pre_shared_key_authentication_required().connect(move |authenticator| {
    ///     if name.len() <= authenticator.maximum_identity_length() {
    ///         authenticator.set_identity(name);
    ///     }
    /// });
    /// # meter.delete();
    /// ```
    #[doc(alias = "maximumIdentityLength")]
    pub fn maximum_identity_length(&self) -> usize {
        self.maximum_identity_length
    }

    /// The key that was set, empty if none was.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer};
    /// let server = WebSocketServer::new("Meters", SslMode::Secure);
    /// # server.pre_shared_key_authentication_required().connect(|_| ());
    /// // Connected after the slots that know keys:
    /// server.pre_shared_key_authentication_required().connect(|authenticator| {
    ///     if authenticator.pre_shared_key().is_empty() {
    ///         println!("nobody knows {}", String::from_utf8_lossy(&authenticator.identity()));
    ///     }
    /// });
    /// # server.delete();
    /// ```
    #[doc(alias = "preSharedKey")]
    pub fn pre_shared_key(&self) -> Vec<u8> {
        self.pre_shared_key.borrow().clone()
    }

    /// Sets the key. What is longer than [`maximum_pre_shared_key_length`](Self::maximum_pre_shared_key_length) is cut.
    ///
    /// ```
    /// use slotwire::{SslMode, WebSocketServer};
    /// let server = WebSocketServer::new("Meters", SslMode::Secure);
    /// server.pre_shared_key_authentication_required().connect(|authenticator| {
    ///     if authenticator.identity() == b"meter 17" {
    ///         authenticator.set_pre_shared_key(b"a key that nobody can guess");
    ///     }
    /// });
    /// # if slotwire::SslSocket::set_active_backend("openssl") {
    /// #     let meter = slotwire::WebSocket::new();
    /// #     meter.pre_shared_key_authentication_required().connect(|asked| {
    /// #         asked.set_identity("meter 17");
    /// #         asked.set_pre_shared_key(b"a key that nobody can guess");
    /// #     });
    /// #     meter.ssl_errors().connect(move |_| meter.ignore_ssl_errors());
    /// #     server.listen(slotwire::HostAddress::LocalHost, 0)?;
    /// #     meter.open(server.server_url());
    /// #     assert!(slotwire::SignalSpy::new(meter.connected()).wait(std::time::Duration::from_secs(10)));
    /// #     meter.delete();
    /// # }
    /// # server.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
    #[doc(alias = "setPreSharedKey")]
    pub fn set_pre_shared_key(&self, key: impl AsRef<[u8]>) {
        self.pre_shared_key.replace(key.as_ref().to_owned());
    }

    /// The greatest length of the key in bytes.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let key = [0x5a; 64];
    /// let meter = WebSocket::new();
    /// meter.pre_shared_key_authentication_required().connect(move |authenticator| {
    ///     assert!(key.len() <= authenticator.maximum_pre_shared_key_length());
    ///     authenticator.set_identity("meter 17");
    ///     authenticator.set_pre_shared_key(key);
    /// });
    /// # meter.ssl_errors().connect(move |_| meter.ignore_ssl_errors());
    /// # if slotwire::SslSocket::set_active_backend("openssl") {
    /// #     let server = slotwire::WebSocketServer::new("", slotwire::SslMode::Secure);
    /// #     let asked = server.pre_shared_key_authentication_required();
    /// #     asked.connect(move |authenticator| authenticator.set_pre_shared_key(key));
    /// #     server.listen(slotwire::HostAddress::LocalHost, 0)?;
    /// #     meter.open(server.server_url());
    /// #     assert!(slotwire::SignalSpy::new(meter.connected()).wait(std::time::Duration::from_secs(10)));
    /// #     server.delete();
    /// # }
    /// # meter.delete();
    /// # Ok::<(), slotwire::Error>(())
    /// ```
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
