//! Basic (RFC 7617) and Digest (RFC 7616) as a client answers them (private): challenges and credentials in, header values
//! out. For servers (401) and proxies (407) alike.

use std::cell::{Cell, RefCell};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};

use super::authenticator::Authenticator;
use crate::http::{Challenge, decode};

/// The authentication of one client to one server or proxy: `QAuthenticatorPrivate`.
///
/// A 401 or 407 goes to [`challenged`](Self::challenged), which says what to do; the next request has
/// [`answer`](Self::answer) in it.
#[derive(Default)]
pub(crate) struct HttpAuthentication {
    authenticator: Authenticator,
    method: RefCell<Option<Method>>,
    /// The user and the password that were sent last.
    sent: RefCell<(String, String)>,
    /// Credentials were sent again, because the nonce was stale.
    sent_again: Cell<bool>,
}

/// What to do about a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Challenged {
    /// Nothing, and the handshake fails: none of the schemes is known, or Basic is asked for after Digest.
    Unsupported,
    /// There is an answer already.
    Answer,
    /// The program has to say who asks: with [`HttpAuthentication::authenticator`], and if then
    /// [`HttpAuthentication::has_new_credentials`], there is an answer.
    Ask,
}

enum Method {
    Basic { utf8: bool },
    Digest(DigestMethod),
}

impl HttpAuthentication {
    /// Knows credentials, which are tried before the program is asked.
    pub(crate) fn with_credentials(user: impl Into<String>, password: impl Into<String>) -> Self {
        let authentication = Self::default();
        authentication.authenticator.set_user(user);
        authentication.authenticator.set_password(password);
        authentication
    }

    /// Takes the challenges of a response: the values of its `WWW-Authenticate` or `Proxy-Authenticate` fields. The first
    /// that asks for Digest in a form that is known is preferred to any that asks for Basic (RFC 7616 §3.7). Who has once asked
    /// for Digest is not answered with Basic: it would get the password itself, and somebody in between would only have to ask.
    pub(crate) fn challenged<'f>(&self, fields: impl IntoIterator<Item = &'f [u8]>) -> Challenged {
        let challenges: Vec<_> = fields.into_iter().flat_map(Challenge::parse_list).collect();
        let digest = challenges.iter().find_map(|challenge| Some((challenge, DigestMethod::of(challenge)?)));
        let basic = || challenges.iter().find(|challenge| challenge.is("Basic"));
        let (challenge, method) = if let Some((challenge, digest)) = digest {
            (challenge, Method::Digest(digest))
        } else if let Some(challenge) = basic() {
            if matches!(*self.method.borrow(), Some(Method::Digest(_))) {
                log::warn!("Basic authentication is asked for after Digest: it would give the password away");
                return Challenged::Unsupported;
            }
            (challenge, Method::Basic { utf8: challenge.says("charset", "UTF-8") })
        } else {
            return Challenged::Unsupported;
        };
        let is_stale = matches!(method, Method::Digest(_)) && challenge.says("stale", "true");
        let realm = decode(challenge.parameter("realm").unwrap_or_default()).into_owned();
        self.authenticator.set_option("realm", &*realm);
        self.authenticator.set_realm(realm);
        self.set_method(method);
        if self.has_new_credentials() {
            Challenged::Answer
        } else if is_stale && self.is_sent() && !self.sent_again.replace(true) {
            // They are not said to be wrong (RFC 7616 §3.3).
            Challenged::Answer
        } else {
            Challenged::Ask
        }
    }

    /// A server that repeats its nonce counts on.
    fn set_method(&self, mut method: Method) {
        let mut current = self.method.borrow_mut();
        if let (Some(Method::Digest(current)), Method::Digest(next)) = (&*current, &mut method)
            && current.nonce == next.nonce
        {
            next.nonce_count = current.nonce_count;
            next.cnonce = current.cnonce.clone();
        }
        *current = Some(method);
    }

    /// What the slots of a signal get, to fill in.
    pub(crate) fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    /// Whether there are other credentials than those that were sent last.
    pub(crate) fn has_new_credentials(&self) -> bool {
        self.credentials() != *self.sent.borrow()
    }

    fn is_sent(&self) -> bool {
        *self.sent.borrow() != (String::new(), String::new())
    }

    fn credentials(&self) -> (String, String) {
        (self.authenticator.user(), self.authenticator.password())
    }

    /// The value of `Authorization` or `Proxy-Authorization` for a request of `uri`, its request target (RFC 9112 §3.2) as
    /// it is sent. A new one for each request; `None` before the first challenge.
    pub(crate) fn answer(&self, http_method: &str, uri: &str) -> Option<Vec<u8>> {
        let credentials = self.credentials();
        let (user, password) = &credentials;
        let answer = match self.method.borrow_mut().as_mut()? {
            Method::Basic { utf8 } => {
                let pair = encode(&format!("{user}:{password}"), *utf8);
                format!("Basic {}", STANDARD.encode(pair)).into_bytes()
            }
            Method::Digest(digest) => digest.answer(user, password, http_method, uri),
        };
        if self.sent.replace(credentials.clone()) != credentials {
            self.sent_again.set(false);
        }
        Some(answer)
    }
}

/// One challenge for Digest.
struct DigestMethod {
    realm: Vec<u8>,
    nonce: Vec<u8>,
    opaque: Option<Vec<u8>>,
    algorithm: Algorithm,
    /// As the server writes it, if it does.
    algorithm_name: Option<Vec<u8>>,
    /// `qop=auth`; else the form of RFC 2069.
    qop: bool,
    utf8: bool,
    userhash: bool,
    /// One for each nonce, so that the `-sess` algorithms have one session.
    cnonce: String,
    nonce_count: u32,
}

#[derive(Clone, Copy)]
struct Algorithm {
    hash: fn(&[u8]) -> String,
    session: bool,
}

impl Algorithm {
    fn of(name: Option<&[u8]>) -> Option<Self> {
        let name = name.map_or_else(|| "md5".to_owned(), |name| decode(name).to_ascii_lowercase());
        let (hash, session) = match name.strip_suffix("-sess") {
            Some(hash) => (hash, true),
            None => (&*name, false),
        };
        let hash: fn(&[u8]) -> String = match hash {
            "md5" => hex_hash::<Md5>,
            "sha-256" => hex_hash::<Sha256>,
            "sha-512-256" => hex_hash::<Sha512_256>,
            _ => return None,
        };
        Some(Self { hash, session })
    }
}

impl DigestMethod {
    /// `None` if that is no challenge for Digest, or for one that is not known: of the qualities of protection, only `auth`
    /// is.
    fn of(challenge: &Challenge) -> Option<Self> {
        if !challenge.is("Digest") {
            return None;
        }
        let owned = |name| challenge.parameter(name).map(<[u8]>::to_owned);
        let offered = challenge.parameter("qop");
        let is_auth = |entry: &[u8]| entry.trim_ascii().eq_ignore_ascii_case(b"auth");
        let qop = offered.is_some_and(|list| list.split(|&byte| byte == b',').any(is_auth));
        if offered.is_some() && !qop {
            return None;
        }
        Some(Self {
            realm: owned("realm").unwrap_or_default(),
            nonce: owned("nonce")?,
            opaque: owned("opaque"),
            algorithm: Algorithm::of(challenge.parameter("algorithm"))?,
            algorithm_name: owned("algorithm"),
            qop,
            utf8: challenge.says("charset", "UTF-8"),
            userhash: challenge.says("userhash", "true"),
            cnonce: random_cnonce(),
            nonce_count: 0,
        })
    }

    fn answer(&mut self, user: &str, password: &str, http_method: &str, uri: &str) -> Vec<u8> {
        self.nonce_count = self.nonce_count.wrapping_add(1);
        let nonce_count = format!("{:08x}", self.nonce_count);
        let response = self.response(user, password, http_method, uri, &nonce_count);

        let mut answer = b"Digest ".to_vec();
        if self.userhash {
            let user = encode(user, self.utf8);
            let hash = (self.algorithm.hash)(&joined(&[&user, &self.realm]));
            push_quoted(&mut answer, "username", hash.as_bytes());
        } else {
            self.push_user(&mut answer, user);
        }
        answer.extend_from_slice(b", ");
        push_quoted(&mut answer, "realm", &self.realm);
        answer.extend_from_slice(b", ");
        push_quoted(&mut answer, "nonce", &self.nonce);
        answer.extend_from_slice(b", ");
        push_quoted(&mut answer, "uri", uri.as_bytes());
        if let Some(opaque) = &self.opaque {
            answer.extend_from_slice(b", ");
            push_quoted(&mut answer, "opaque", opaque);
        }
        answer.extend_from_slice(b", ");
        push_quoted(&mut answer, "response", response.as_bytes());
        if let Some(name) = &self.algorithm_name {
            // It is one that is known, and so a token.
            answer.extend_from_slice(b", algorithm=");
            answer.extend_from_slice(name);
        }
        if self.qop {
            answer.extend_from_slice(format!(", qop=auth, nc={nonce_count}").as_bytes());
        }
        if self.qop || self.algorithm.session {
            answer.extend_from_slice(b", ");
            push_quoted(&mut answer, "cnonce", self.cnonce.as_bytes());
        }
        if self.userhash {
            answer.extend_from_slice(b", userhash=true");
        }
        answer
    }

    /// RFC 7616 §3.4.1, and §3.4.6 for servers that know no `qop`.
    fn response(
        &self,
        user: &str,
        password: &str,
        http_method: &str,
        uri: &str,
        nonce_count: &str,
    ) -> String {
        let hash = self.algorithm.hash;
        let (user, password) = (encode(user, self.utf8), encode(password, self.utf8));
        let cnonce = self.cnonce.as_bytes();
        let mut secret = hash(&joined(&[&user, &self.realm, &password]));
        if self.algorithm.session {
            secret = hash(&joined(&[secret.as_bytes(), &self.nonce, cnonce]));
        }
        let request = hash(&joined(&[http_method.as_bytes(), uri.as_bytes()]));
        let (secret, request) = (secret.as_bytes(), request.as_bytes());
        hash(&if self.qop {
            joined(&[secret, &self.nonce, nonce_count.as_bytes(), cnonce, b"auth", request])
        } else {
            joined(&[secret, &self.nonce, request])
        })
    }

    /// A name that does not fit into a quoted string goes out in the form of RFC 8187.
    fn push_user(&self, answer: &mut Vec<u8>, user: &str) {
        let is_plain = |character: char| match character {
            ' '..='~' => true,
            character => !self.utf8 && ('\u{a0}'..='\u{ff}').contains(&character),
        };
        if user.chars().all(is_plain) {
            push_quoted(answer, "username", &encode(user, self.utf8));
            return;
        }
        answer.extend_from_slice(b"username*=UTF-8''");
        for byte in user.bytes() {
            if byte.is_ascii_alphanumeric() {
                answer.push(byte);
            } else {
                answer.extend_from_slice(format!("%{byte:02X}").as_bytes());
            }
        }
    }
}

/// User and password in the bytes that the other side expects: UTF-8 if it says so; else Latin-1, in which old servers
/// read them, unless there is a character that Latin-1 does not have.
fn encode(text: &str, utf8: bool) -> Vec<u8> {
    let latin1 = || text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    let latin1 = if utf8 { None } else { latin1() };
    latin1.unwrap_or_else(|| text.as_bytes().to_vec())
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.join(&b':')
}

fn hex_hash<H: Digest>(data: &[u8]) -> String {
    hex(&H::digest(data))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random_cnonce() -> String {
    let mut random = [0; 16];
    if let Err(error) = getrandom::fill(&mut random) {
        // Only a system without any source of randomness gets here. A server's own nonce protects the answer as well.
        log::error!("the operating system has no random numbers: {error}");
    }
    hex(&random)
}

fn push_quoted(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    for &byte in value {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: (&str, &str) = ("Mufasa", "Circle of Life");

    /// The answer to these fields of one response, with that cnonce.
    fn answer(
        fields: &[&str],
        (user, password): (&str, &str),
        cnonce: &str,
        uri: &str,
    ) -> (HttpAuthentication, String) {
        let authentication = HttpAuthentication::with_credentials(user, password);
        assert_eq!(challenged(&authentication, fields), Challenged::Answer);
        if let Some(Method::Digest(digest)) = &mut *authentication.method.borrow_mut() {
            digest.cnonce = cnonce.to_owned();
        }
        let answer = next_answer(&authentication, uri);
        (authentication, answer)
    }

    fn challenged(authentication: &HttpAuthentication, fields: &[&str]) -> Challenged {
        authentication.challenged(fields.iter().map(|field| field.as_bytes()))
    }

    fn next_answer(authentication: &HttpAuthentication, uri: &str) -> String {
        String::from_utf8(authentication.answer("GET", uri).unwrap()).unwrap()
    }

    /// The value of a parameter of an answer.
    fn parameter(answer: &str, name: &str) -> Option<String> {
        let challenges = Challenge::parse_list(answer.as_bytes());
        challenges[0].parameter(name).map(|value| decode(value).into_owned())
    }

    #[test]
    fn digest_answers_as_in_rfc_7616_3_9_1() {
        let common = "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", \
            nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
            opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let field = format!("Digest {common}, algorithm={algorithm}");
            let (_, answer) = answer(&[&field], LIFE, cnonce, "/dir/index.html");
            let expected = format!(
                "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", response=\"{response}\", \
                 algorithm={algorithm}, qop=auth, nc=00000001, cnonce=\"{cnonce}\""
            );
            assert_eq!(answer, expected);
        }
    }

    /// With the numbers of its erratum 4897: those of the text were not made with SHA-512/256.
    #[test]
    fn digest_answers_as_in_rfc_7616_3_9_2() {
        let field = "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, \
            nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", \
            opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8, userhash=true";
        let credentials = ("J\u{e4}s\u{f8}n Doe", "Secret, or not?");
        let (_, answer) =
            answer(&[field], credentials, "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", "/doe.json");
        assert_eq!(
            parameter(&answer, "username").as_deref(),
            Some("793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b")
        );
        assert_eq!(
            parameter(&answer, "response").as_deref(),
            Some("3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5")
        );
        assert!(answer.ends_with(", userhash=true"), "{answer}");
    }

    /// The numbers of RFC 2617 §3.5, and the same request for a server of RFC 2069.
    #[test]
    fn digest_without_an_algorithm_is_md5_and_without_qop_that_of_rfc_2069() {
        let old = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
        let credentials = ("Mufasa", "Circle Of Life");
        let (_, with_qop) =
            answer(&[&format!("{old}, qop=auth")], credentials, "0a4f113b", "/dir/index.html");
        assert_eq!(parameter(&with_qop, "response").as_deref(), Some("6629fae49393a05397450978507c4ef1"));
        let (_, without) = answer(&[old], credentials, "0a4f113b", "/dir/index.html");
        assert_eq!(parameter(&without, "response").as_deref(), Some("670fd8c2df070c60b045671b8b24ff02"));
        assert!(["algorithm", "qop", "nc", "cnonce"].iter().all(|name| parameter(&without, name).is_none()));
    }

    #[test]
    fn a_session_keeps_its_cnonce() {
        let field = "Digest realm=a, nonce=b, qop=auth, algorithm=SHA-256-sess";
        let (authentication, first) = answer(&[field], ("user", "password"), "c", "/d");
        let hash = |text: &str| hex_hash::<Sha256>(text.as_bytes());
        let secret = hash(&format!("{}:b:c", hash("user:a:password")));
        for (count, answer) in [("00000001", first), ("00000002", next_answer(&authentication, "/d"))] {
            let expected = hash(&format!("{secret}:b:{count}:c:auth:{}", hash("GET:/d")));
            assert_eq!(parameter(&answer, "response"), Some(expected));
            assert_eq!(parameter(&answer, "nc").as_deref(), Some(count));
        }
    }

    #[test]
    fn a_repeated_nonce_is_counted_on_and_a_new_one_from_the_start() {
        let (authentication, first) = answer(&["Digest nonce=n, qop=auth"], ("user", "wrong"), "c", "/");
        assert_eq!(parameter(&first, "nc").as_deref(), Some("00000001"));
        for (nonce, count) in [("n", "00000002"), ("m", "00000001")] {
            authentication.authenticator().set_password(format!("for {nonce}"));
            let field = format!("Digest nonce={nonce}, qop=auth");
            assert_eq!(challenged(&authentication, &[&field]), Challenged::Answer);
            assert_eq!(parameter(&next_answer(&authentication, "/"), "nc").as_deref(), Some(count));
        }
    }

    #[test]
    fn basic_answers_as_in_rfc_7617() {
        let rows = [
            ("Basic realm=\"WallyWorld\"", "Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("basic realm=foo, charset=\"UTF-8\"", "test", "123\u{a3}", "dGVzdDoxMjPCow=="),
            // in Latin-1, and in UTF-8 because of the second character
            ("Basic realm=foo", "test", "123\u{a3}", "dGVzdDoxMjOj"),
            ("Basic realm=foo", "test", "\u{a3}\u{20ac}", "dGVzdDrCo+KCrA=="),
            ("BASIC", "", "password", "OnBhc3N3b3Jk"),
        ];
        for (field, user, password, encoded) in rows {
            let (_, answer) = answer(&[field], (user, password), "", "/");
            assert_eq!(answer, format!("Basic {encoded}"));
        }
    }

    #[test]
    fn of_several_challenges_the_first_known_digest_is_answered_or_else_basic() {
        let digest = |number| format!("Digest realm={number}, nonce=n");
        let rows: [(&[&str], &str, &str); 8] = [
            (&["Basic realm=1", &digest(2)], "Digest", "2"),
            (&[&format!("Basic realm=1, {}", digest(2))], "Digest", "2"),
            (&["Negotiate", "Basic realm=2", "NTLM"], "Basic", "2"),
            (&[&format!("{}, algorithm=SHA-256", digest(1)), &digest(2)], "Digest", "1"),
            (&[&format!("{}, algorithm=SHA3-512", digest(1)), &digest(2)], "Digest", "2"),
            (&[&format!("{}, algorithm=unknown", digest(1)), "Basic realm=2"], "Basic", "2"),
            (&[&format!("{}, qop=auth-int", digest(1)), "Basic realm=2"], "Basic", "2"),
            (&["Digest realm=no-nonce, Basic realm=2"], "Basic", "2"),
        ];
        for (fields, scheme, realm) in rows {
            let (authentication, answer) = answer(fields, LIFE, "", "/");
            assert!(answer.starts_with(scheme), "{fields:?}: {answer}");
            let authenticator = authentication.authenticator();
            assert_eq!(
                (authenticator.realm(), authenticator.option("realm")),
                (realm.into(), Some(realm.into()))
            );
        }
        for fields in [&[] as &[&str], &["Negotiate"], &["Digest realm=a"], &["Digest nonce=a, qop=\"\""]] {
            let authentication = HttpAuthentication::with_credentials("user", "password");
            assert_eq!(challenged(&authentication, fields), Challenged::Unsupported);
            assert_eq!(authentication.answer("GET", "/"), None);
        }
    }

    #[test]
    fn credentials_are_tried_once_and_then_asked_for() {
        let authentication = HttpAuthentication::default();
        let authenticator = authentication.authenticator();
        assert_eq!(challenged(&authentication, &["Basic"]), Challenged::Ask);
        assert!(!authentication.has_new_credentials());
        for password in ["one", "two"] {
            authenticator.set_user("user");
            authenticator.set_password(password);
            assert!(authentication.has_new_credentials());
            assert!(authentication.answer("GET", "/").is_some());
            assert_eq!(challenged(&authentication, &["Basic"]), Challenged::Ask);
            authenticator.set_password(password);
            assert!(!authentication.has_new_credentials());
        }
    }

    #[test]
    fn credentials_are_sent_again_for_a_stale_nonce_but_not_for_ever() {
        let stale = ["Digest nonce=1, stale=TRUE"];
        let authentication = HttpAuthentication::default();
        assert_eq!(challenged(&authentication, &stale), Challenged::Ask);
        for password in ["one", "two"] {
            authentication.authenticator().set_password(password);
            assert!(authentication.answer("GET", "/").is_some());
            assert_eq!(challenged(&authentication, &stale), Challenged::Answer);
            assert!(authentication.answer("GET", "/").is_some());
            assert_eq!(challenged(&authentication, &stale), Challenged::Ask);
        }
    }

    #[test]
    fn what_is_in_the_answer_cannot_end_it() {
        let field = "Digest realm=\"a\\\"b\\\\\", nonce=n";
        let (_, answer) = answer(&[field], ("us\"er\\", "p"), "", "/");
        assert!(answer.starts_with("Digest username=\"us\\\"er\\\\\", realm=\"a\\\"b\\\\\", "), "{answer}");
        for (user, encoded) in [("a\r\nb", "a%0D%0Ab"), ("\u{20ac} *", "%E2%82%AC%20%2A")] {
            let (_, answer) = self::answer(&[field], (user, "p"), "", "/");
            assert!(answer.starts_with(&format!("Digest username*=UTF-8''{encoded}, realm=")), "{answer}");
        }
    }
}
