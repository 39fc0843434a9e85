use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

/// A request for user and password, which a slot answers.
///
/// [`WebSocket::authentication_required`](crate::WebSocket::authentication_required) lends it to its slots, and so do the
/// signals of proxies. [`realm`](Self::realm) says what the other side wants them for; [`user`](Self::user) is the one that it
/// has refused, if it has refused one. A slot fills in user and password before it returns; if no slot changes either, the
/// connection fails.
///
/// ```
/// use slotwire::WebSocket;
/// let socket = WebSocket::new();
/// socket.authentication_required().connect(|authenticator| {
///     if authenticator.user().is_empty() {
///         authenticator.set_user("ada");
///         authenticator.set_password("lovelace");
///     } // else these were refused: give up
/// });
/// # socket.delete();
/// ```
#[doc(alias = "QAuthenticator")]
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Authenticator(RefCell<AuthenticatorData>);

#[derive(Clone, Default, PartialEq, Eq)]
struct AuthenticatorData {
    user: String,
    password: String,
    realm: String,
    options: BTreeMap<String, String>,
}

impl Authenticator {
    /// An authenticator in which nothing is filled in, to try a slot with.
    ///
    /// ```
    /// use slotwire::Authenticator;
    /// let authenticator = Authenticator::new();
    /// assert_eq!((authenticator.user(), authenticator.realm()), (String::new(), String::new()));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The user: in a slot, the one that was refused, or empty if none was.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.authentication_required().connect(move |authenticator| {
    ///     if !authenticator.user().is_empty() {
    ///         println!("{} was refused", authenticator.user());
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    pub fn user(&self) -> String {
        self.0.borrow().user.clone()
    }

    /// Sets the user. It has an effect while the signal is being emitted only: a queued slot has a copy.
    ///
    /// ```
    /// use slotwire::TcpSocket;
    /// let socket = TcpSocket::new();
    /// socket.proxy_authentication_required().connect(|(proxy, authenticator)| {
    ///     if proxy.host_name() == "proxy.example" {
    ///         authenticator.set_user("ada");
    ///         authenticator.set_password("lovelace");
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "setUser")]
    pub fn set_user(&self, user: impl Into<String>) {
        self.0.borrow_mut().user = user.into();
    }

    /// The password: in a slot, the one that was refused, or empty if none was.
    ///
    /// ```
    /// use slotwire::Authenticator;
    /// let authenticator = Authenticator::new();
    /// authenticator.set_password("lovelace");
    /// assert_eq!(authenticator.password(), "lovelace");
    /// assert!(!format!("{authenticator:?}").contains("lovelace"), "it is in no log");
    /// ```
    pub fn password(&self) -> String {
        self.0.borrow().password.clone()
    }

    /// Sets the password. It has an effect while the signal is being emitted only: a queued slot has a copy.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.authentication_required().connect(|authenticator| {
    ///     authenticator.set_user("ada");
    ///     authenticator.set_password(std::env::var("PASSWORD").unwrap_or_default());
    /// });
    /// # socket.delete();
    /// ```
    #[doc(alias = "setPassword")]
    pub fn set_password(&self, password: impl Into<String>) {
        self.0.borrow_mut().password = password.into();
    }

    /// The realm of the credentials, in the words of the other side; empty if it names none.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.authentication_required().connect(|authenticator| {
    ///     let is_staff = authenticator.realm() == "staff";
    ///     authenticator.set_user(if is_staff { "ada" } else { "guest" });
    /// });
    /// # socket.delete();
    /// ```
    pub fn realm(&self) -> String {
        self.0.borrow().realm.clone()
    }

    /// Sets the realm, to try a slot with. It has no effect on a connection.
    ///
    /// ```
    /// use slotwire::Authenticator;
    /// let authenticator = Authenticator::new();
    /// authenticator.set_realm("staff");
    /// assert_eq!(authenticator.realm(), "staff");
    /// ```
    #[doc(alias = "setRealm")]
    pub fn set_realm(&self, realm: impl Into<String>) {
        self.0.borrow_mut().realm = realm.into();
    }

    /// The value of an option, `None` if there is none of that name. Basic and Digest have one, `realm`.
    ///
    /// ```
    /// use slotwire::Authenticator;
    /// let authenticator = Authenticator::new();
    /// authenticator.set_option("realm", "staff");
    /// assert_eq!(authenticator.option("realm").as_deref(), Some("staff"));
    /// assert_eq!(authenticator.option("domain"), None);
    /// ```
    pub fn option(&self, name: &str) -> Option<String> {
        self.0.borrow().options.get(name).cloned()
    }

    /// All options, by their names.
    ///
    /// ```
    /// use slotwire::WebSocket;
    /// let socket = WebSocket::new();
    /// socket.authentication_required().connect(|authenticator| {
    ///     for (name, value) in authenticator.options() {
    ///         println!("{name}: {value}");
    ///     }
    /// });
    /// # socket.delete();
    /// ```
    pub fn options(&self) -> BTreeMap<String, String> {
        self.0.borrow().options.clone()
    }

    /// Sets an option. It has no effect on Basic and Digest.
    ///
    /// ```
    /// use slotwire::Authenticator;
    /// let authenticator = Authenticator::new();
    /// authenticator.set_option("domain", "example");
    /// authenticator.set_option("domain", "example.org");
    /// assert_eq!(authenticator.option("domain").as_deref(), Some("example.org"));
    /// ```
    #[doc(alias = "setOption")]
    pub fn set_option(&self, name: impl Into<String>, value: impl Into<String>) {
        self.0.borrow_mut().options.insert(name.into(), value.into());
    }

    /// Returns whether nothing is filled in.
    ///
    /// ```
    /// use slotwire::Authenticator;
    /// let authenticator = Authenticator::new();
    /// assert!(authenticator.is_null());
    /// authenticator.set_user("ada");
    /// assert!(!authenticator.is_null());
    /// ```
    #[doc(alias = "isNull")]
    pub fn is_null(&self) -> bool {
        *self == Self::default()
    }
}

impl Authenticator {
    /// Fills in what is asked, and the credentials that are known, for the slots of a signal.
    pub(crate) fn ask(&self, realm: &str, (user, password): (&str, &str)) {
        self.set_realm(realm);
        self.set_option("realm", realm);
        self.set_user(user);
        self.set_password(password);
    }
}

/// Shows no password: what is printed ends up in logs.
impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AuthenticatorData { user, realm, options, .. } = &*self.0.borrow();
        f.debug_struct("Authenticator")
            .field("user", user)
            .field("realm", realm)
            .field("options", options)
            .finish_non_exhaustive()
    }
}
