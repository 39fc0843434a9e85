//! The authentication of a client to one server or proxy (RFC 9110 §11): challenges and credentials in, values of fields out.
//! `exchange/unauthorized` sends the request again with them.

use super::basic::Basic;
use super::challenge::Challenge;
use super::credentials::Credentials;
use super::digest::Digest;
use super::fields::decode;

/// The authentication of one client to one server or proxy: `QAuthenticatorPrivate`.
///
/// A 401 or 407 goes to [`challenged`](Self::challenged), which says what to do; the next request has
/// [`answer`](Self::answer) in it.
pub(crate) struct Authentication {
    credentials: Credentials,
    /// The credentials that were sent last.
    sent: Credentials,
    /// Credentials were sent again, because the nonce was stale.
    sent_again: bool,
    scheme: Option<Scheme>,
    realm: String,
    /// Random, to make the nonces of Digest of.
    secret: [u8; 16],
}

/// The next step after a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Challenged {
    /// Nothing, and the conversation fails: none of the schemes is known, or Basic is asked for after Digest.
    Unsupported,
    /// There is an answer already.
    Answer,
    /// The program has to give credentials, by [`Authentication::set_credentials`].
    Ask,
}

enum Scheme {
    Basic(Basic),
    Digest(Digest),
}

impl Authentication {
    pub(crate) fn new(secret: [u8; 16]) -> Self {
        Self {
            credentials: Credentials::default(),
            sent: Credentials::default(),
            sent_again: false,
            scheme: None,
            realm: String::new(),
            secret,
        }
    }

    /// Takes the challenges of a response: the values of its `WWW-Authenticate` or `Proxy-Authenticate` fields. The first
    /// that asks for Digest in a form that is known is preferred to any that asks for Basic (RFC 7616 §3.7). Who has once asked
    /// for Digest is not answered with Basic: it would get the password itself, and somebody in between would only have to ask.
    pub(crate) fn challenged<'f>(&mut self, fields: impl IntoIterator<Item = &'f [u8]>) -> Challenged {
        let challenges: Vec<_> = fields.into_iter().flat_map(Challenge::parse_list).collect();
        let digest = challenges.iter().find_map(|challenge| Some((challenge, Digest::of(challenge)?)));
        let basic = || challenges.iter().find_map(|challenge| Some((challenge, Basic::of(challenge)?)));
        let (challenge, is_stale) = if let Some((challenge, mut digest)) = digest {
            if let Some(Scheme::Digest(earlier)) = &self.scheme {
                digest.continue_after(earlier);
            }
            self.scheme = Some(Scheme::Digest(digest));
            (challenge, challenge.says("stale", "true"))
        } else if let Some((challenge, basic)) = basic() {
            if matches!(self.scheme, Some(Scheme::Digest(_))) {
                log::warn!("Basic authentication is asked for after Digest: it would give the password away");
                return Challenged::Unsupported;
            }
            self.scheme = Some(Scheme::Basic(basic));
            (challenge, false)
        } else {
            return Challenged::Unsupported;
        };
        self.realm = decode(challenge.parameter("realm").unwrap_or_default()).into_owned();
        if self.has_new_credentials() {
            Challenged::Answer
        } else if is_stale && !self.sent.is_empty() && !self.sent_again {
            // They are not said to be wrong (RFC 7616 §3.3).
            self.sent_again = true;
            Challenged::Answer
        } else {
            Challenged::Ask
        }
    }

    /// The realm of the challenge: the purpose of the credentials.
    pub(crate) fn realm(&self) -> &str {
        &self.realm
    }

    /// The known credentials: after a challenge, those that were refused.
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Sets credentials, before a challenge or for it. Returns whether they are others than those that were sent last: then there
    /// is an answer.
    pub(crate) fn set_credentials(&mut self, credentials: Credentials) -> bool {
        self.credentials = credentials;
        self.has_new_credentials()
    }

    fn has_new_credentials(&self) -> bool {
        self.credentials != self.sent
    }

    /// The value of `Authorization` or `Proxy-Authorization` for a request of `target`, its request target (RFC 9112 §3.2) as
    /// it is sent. A new one for each request; `None` before the first challenge.
    pub(crate) fn answer(&mut self, http_method: &str, target: &str) -> Option<Vec<u8>> {
        let answer = match self.scheme.as_mut()? {
            Scheme::Basic(basic) => basic.answer(&self.credentials),
            Scheme::Digest(digest) => {
                let cnonce = digest.cnonce(&self.secret);
                digest.answer(&self.credentials, http_method, target, &cnonce)
            }
        };
        if self.has_new_credentials() {
            self.sent.clone_from(&self.credentials);
            self.sent_again = false;
        }
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: (&str, &str) = ("Mufasa", "Circle of Life");

    fn knowing((user, password): (&str, &str)) -> Authentication {
        let mut authentication = Authentication::new([7; 16]);
        authentication.set_credentials(Credentials::new(user, password));
        authentication
    }

    /// The answer to these fields of one response.
    fn answer(fields: &[&str], credentials: (&str, &str)) -> (Authentication, String) {
        let mut authentication = knowing(credentials);
        assert_eq!(challenged(&mut authentication, fields), Challenged::Answer);
        let answer = next_answer(&mut authentication);
        (authentication, answer)
    }

    fn challenged(authentication: &mut Authentication, fields: &[&str]) -> Challenged {
        authentication.challenged(fields.iter().map(|field| field.as_bytes()))
    }

    fn next_answer(authentication: &mut Authentication) -> String {
        String::from_utf8(authentication.answer("GET", "/").unwrap()).unwrap()
    }

    fn answers(authentication: &mut Authentication, password: &str) -> bool {
        authentication.set_credentials(Credentials::new("user", password))
    }

    #[test]
    fn a_repeated_nonce_is_counted_on_and_a_new_one_from_the_start() {
        let (mut authentication, first) = answer(&["Digest nonce=n, qop=auth"], ("user", "wrong"));
        assert!(first.contains("nc=00000001"), "{first}");
        for (nonce, count) in [("n", "nc=00000002"), ("m", "nc=00000001")] {
            assert!(answers(&mut authentication, &format!("for {nonce}")));
            let field = format!("Digest nonce={nonce}, qop=auth");
            assert_eq!(challenged(&mut authentication, &[&field]), Challenged::Answer);
            let answer = next_answer(&mut authentication);
            assert!(answer.contains(count), "{answer}");
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
            let (_, answer) = answer(&[field], (user, password));
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
            let (authentication, answer) = answer(fields, LIFE);
            assert!(answer.starts_with(scheme), "{fields:?}: {answer}");
            assert_eq!(authentication.realm(), realm);
        }
        for fields in [&[] as &[&str], &["Negotiate"], &["Digest realm=a"], &["Digest nonce=a, qop=\"\""]] {
            let mut authentication = knowing(("user", "password"));
            assert_eq!(challenged(&mut authentication, fields), Challenged::Unsupported);
            assert_eq!(authentication.answer("GET", "/"), None);
        }
    }

    #[test]
    fn credentials_are_tried_once_and_then_asked_for() {
        let mut authentication = Authentication::new([7; 16]);
        assert_eq!(challenged(&mut authentication, &["Basic"]), Challenged::Ask);
        for password in ["one", "two"] {
            assert!(answers(&mut authentication, password));
            assert!(authentication.answer("GET", "/").is_some());
            assert_eq!(challenged(&mut authentication, &["Basic"]), Challenged::Ask);
            assert!(!answers(&mut authentication, password));
        }
    }

    #[test]
    fn credentials_are_sent_again_for_a_stale_nonce_but_not_for_ever() {
        let stale = ["Digest nonce=1, stale=TRUE"];
        let mut authentication = Authentication::new([7; 16]);
        assert_eq!(challenged(&mut authentication, &stale), Challenged::Ask);
        for password in ["one", "two"] {
            assert!(answers(&mut authentication, password));
            assert!(authentication.answer("GET", "/").is_some());
            assert_eq!(challenged(&mut authentication, &stale), Challenged::Answer);
            assert!(authentication.answer("GET", "/").is_some());
            assert_eq!(challenged(&mut authentication, &stale), Challenged::Ask);
        }
    }
}
