//! The scheme Digest (RFC 7616): with MD5, SHA-256 and SHA-512/256, and their `-sess` forms.

use md5::Md5;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Sha256, Sha512_256};

use super::challenge::Challenge;
use super::credentials::{Credentials, encode};
use super::fields::{decode, list_contains};

/// One challenge for Digest.
pub(crate) struct Digest {
    realm: Vec<u8>,
    nonce: Vec<u8>,
    opaque: Option<Vec<u8>>,
    algorithm: Algorithm,
    /// The name as the server writes it, if it does.
    algorithm_name: Option<Vec<u8>>,
    /// `qop=auth`; else the form of RFC 2069.
    qop: bool,
    utf8: bool,
    userhash: bool,
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

impl Digest {
    /// `None` if that is no challenge for Digest, or for one that is not known: of the qualities of protection, only `auth`
    /// is.
    pub(crate) fn of(challenge: &Challenge) -> Option<Self> {
        if !challenge.is("Digest") {
            return None;
        }
        let owned = |name| challenge.parameter(name).map(<[u8]>::to_owned);
        let offered = challenge.parameter("qop");
        let qop = offered.is_some_and(|list| list_contains(list, "auth"));
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
            nonce_count: 0,
        })
    }

    /// Goes on after `earlier`, which was answered before: a server that repeats its nonce counts on.
    pub(crate) fn continue_after(&mut self, earlier: &Self) {
        if earlier.nonce == self.nonce {
            self.nonce_count = earlier.nonce_count;
        }
    }

    /// The client's nonce: one for each of the server's, so that the `-sess` algorithms have one session.
    pub(crate) fn cnonce(&self, secret: &[u8; 16]) -> String {
        hex_hash::<Sha256>(&[secret, &self.nonce[..]].concat())[..32].to_owned()
    }

    /// The value of the field that answers it, in a request with that method and target.
    pub(crate) fn answer(
        &mut self,
        credentials: &Credentials,
        http_method: &str,
        uri: &str,
        cnonce: &str,
    ) -> Vec<u8> {
        self.nonce_count = self.nonce_count.wrapping_add(1);
        let nonce_count = format!("{:08x}", self.nonce_count);
        let response = self.response(credentials, http_method, uri, &nonce_count, cnonce);

        let mut parts = vec![
            self.user(&credentials.user),
            quoted("realm", &self.realm),
            quoted("nonce", &self.nonce),
            quoted("uri", uri.as_bytes()),
        ];
        parts.extend(self.opaque.as_ref().map(|opaque| quoted("opaque", opaque)));
        parts.push(quoted("response", response.as_bytes()));
        // It is one that is known, and so a token.
        parts.extend(self.algorithm_name.as_ref().map(|name| [b"algorithm=", &name[..]].concat()));
        if self.qop {
            parts.push(format!("qop=auth, nc={nonce_count}").into_bytes());
        }
        if self.qop || self.algorithm.session {
            parts.push(quoted("cnonce", cnonce.as_bytes()));
        }
        if self.userhash {
            parts.push(b"userhash=true".to_vec());
        }
        [b"Digest ", &parts.join(&b", "[..])[..]].concat()
    }

    /// RFC 7616 §3.4.1, and §3.4.6 for servers that know no `qop`.
    fn response(
        &self,
        Credentials { user, password }: &Credentials,
        http_method: &str,
        uri: &str,
        nonce_count: &str,
        cnonce: &str,
    ) -> String {
        let hash = self.algorithm.hash;
        let (user, password) = (encode(user, self.utf8), encode(password, self.utf8));
        let mut secret = hash(&joined(&[&user, &self.realm, &password]));
        if self.algorithm.session {
            secret = hash(&joined(&[secret.as_bytes(), &self.nonce, cnonce.as_bytes()]));
        }
        let request = hash(&joined(&[http_method.as_bytes(), uri.as_bytes()]));
        let (secret, request) = (secret.as_bytes(), request.as_bytes());
        hash(&if self.qop {
            joined(&[secret, &self.nonce, nonce_count.as_bytes(), cnonce.as_bytes(), b"auth", request])
        } else {
            joined(&[secret, &self.nonce, request])
        })
    }

    /// A name that does not fit into a quoted string goes out in the form of RFC 8187.
    fn user(&self, user: &str) -> Vec<u8> {
        let is_plain = |character: char| match character {
            ' '..='~' => true,
            character => !self.utf8 && ('\u{a0}'..='\u{ff}').contains(&character),
        };
        let encoded = encode(user, self.utf8);
        if self.userhash {
            quoted("username", (self.algorithm.hash)(&joined(&[&encoded, &self.realm])).as_bytes())
        } else if user.chars().all(is_plain) {
            quoted("username", &encoded)
        } else {
            format!("username*=UTF-8''{}", utf8_percent_encode(user, NON_ALPHANUMERIC)).into_bytes()
        }
    }
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.join(&b':')
}

fn hex_hash<H: sha2::Digest>(data: &[u8]) -> String {
    H::digest(data).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn quoted(name: &str, value: &[u8]) -> Vec<u8> {
    let mut out = format!("{name}=\"").into_bytes();
    for &byte in value {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: (&str, &str) = ("Mufasa", "Circle of Life");

    fn digest(field: &str) -> Digest {
        Digest::of(&Challenge::parse_list(field.as_bytes())[0]).unwrap()
    }

    /// The answer to this challenge, with that cnonce.
    fn answer(field: &str, credentials: (&str, &str), cnonce: &str, uri: &str) -> String {
        next_answer(&mut digest(field), credentials, cnonce, uri)
    }

    fn next_answer(digest: &mut Digest, (user, password): (&str, &str), cnonce: &str, uri: &str) -> String {
        let answer = digest.answer(&Credentials::new(user, password), "GET", uri, cnonce);
        String::from_utf8(answer).unwrap()
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
            let answer = answer(&field, LIFE, cnonce, "/dir/index.html");
            let expected = format!(
                "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", response=\"{response}\", \
                 algorithm={algorithm}, qop=auth, nc=00000001, cnonce=\"{cnonce}\""
            );
            assert_eq!(answer, expected);
        }
    }

    /// The numbers are those of erratum 4897: those of the text were not made with SHA-512/256.
    #[test]
    fn digest_answers_as_in_rfc_7616_3_9_2() {
        let field = "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, \
            nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", \
            opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8, userhash=true";
        let credentials = ("J\u{e4}s\u{f8}n Doe", "Secret, or not?");
        let answer = answer(field, credentials, "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", "/doe.json");
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
        let with_qop = answer(&format!("{old}, qop=auth"), credentials, "0a4f113b", "/dir/index.html");
        assert_eq!(parameter(&with_qop, "response").as_deref(), Some("6629fae49393a05397450978507c4ef1"));
        let without = answer(old, credentials, "0a4f113b", "/dir/index.html");
        assert_eq!(parameter(&without, "response").as_deref(), Some("670fd8c2df070c60b045671b8b24ff02"));
        assert!(["algorithm", "qop", "nc", "cnonce"].iter().all(|name| parameter(&without, name).is_none()));
    }

    #[test]
    fn a_session_keeps_its_cnonce() {
        let field = "Digest realm=a, nonce=b, qop=auth, algorithm=SHA-256-sess";
        let mut digest = digest(field);
        assert_eq!(digest.cnonce(&[1; 16]), digest.cnonce(&[1; 16]));
        assert_ne!(digest.cnonce(&[1; 16]), digest.cnonce(&[2; 16]));
        assert_ne!(digest.cnonce(&[1; 16]), self::digest("Digest nonce=c").cnonce(&[1; 16]));
        let hash = |text: &str| hex_hash::<Sha256>(text.as_bytes());
        let secret = hash(&format!("{}:b:c", hash("user:a:password")));
        for count in ["00000001", "00000002"] {
            let answer = next_answer(&mut digest, ("user", "password"), "c", "/d");
            let expected = hash(&format!("{secret}:b:{count}:c:auth:{}", hash("GET:/d")));
            assert_eq!(parameter(&answer, "response"), Some(expected));
            assert_eq!(parameter(&answer, "nc").as_deref(), Some(count));
        }
    }

    #[test]
    fn what_is_in_the_answer_cannot_end_it() {
        let field = "Digest realm=\"a\\\"b\\\\\", nonce=n";
        let answer = answer(field, ("us\"er\\", "p"), "", "/");
        assert!(answer.starts_with("Digest username=\"us\\\"er\\\\\", realm=\"a\\\"b\\\\\", "), "{answer}");
        for (user, encoded) in [("a\r\nb", "a%0D%0Ab"), ("\u{20ac} *", "%E2%82%AC%20%2A")] {
            let answer = self::answer(field, (user, "p"), "", "/");
            assert!(answer.starts_with(&format!("Digest username*=UTF-8''{encoded}, realm=")), "{answer}");
        }
    }
}
