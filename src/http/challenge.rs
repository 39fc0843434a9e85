//! The challenges of a server or proxy that asks for credentials (RFC 9110 §11.3).

use super::fields::decode;
use super::token::is_token_byte;

/// One challenge: a scheme and its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    scheme: String,
    /// Names in lower case; values without the quotes and backslashes of a quoted string.
    parameters: Vec<(String, Vec<u8>)>,
}

impl Challenge {
    /// The challenges of one `WWW-Authenticate` or `Proxy-Authenticate`, in their order. What is none is left out.
    pub(crate) fn parse_list(field: &[u8]) -> Vec<Self> {
        let mut reader = Reader { rest: field };
        let mut challenges: Vec<Self> = Vec::new();
        loop {
            reader.skip(|byte| matches!(byte, b' ' | b'\t' | b','));
            if reader.rest.is_empty() {
                return challenges;
            }
            let name = reader.take(is_token_byte);
            reader.skip(is_space);
            if name.is_empty() {
                reader.skip_element();
            } else if reader.rest.first() == Some(&b'=') {
                reader.rest = &reader.rest[1..];
                reader.skip(is_space);
                let value = reader.take_value();
                // In front of the first scheme it belongs to nothing.
                if let Some(challenge) = challenges.last_mut() {
                    challenge.parameters.push((decode(name).to_ascii_lowercase(), value));
                }
            } else {
                challenges.push(Self { scheme: decode(name).into_owned(), parameters: Vec::new() });
                reader.skip_token68();
            }
        }
    }

    /// Returns whether it is a challenge of that scheme, in any case.
    pub(crate) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The value of the parameter with this lower-case name; of one that is there twice, the first.
    pub(crate) fn parameter(&self, name: &str) -> Option<&[u8]> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// Returns whether that parameter has that value, in any case.
    pub(crate) fn says(&self, name: &str, value: &str) -> bool {
        self.parameter(name).is_some_and(|known| known.eq_ignore_ascii_case(value.as_bytes()))
    }
}

struct Reader<'f> {
    rest: &'f [u8],
}

impl<'f> Reader<'f> {
    fn take(&mut self, belongs: impl Fn(u8) -> bool) -> &'f [u8] {
        let size = self.rest.iter().position(|&byte| !belongs(byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(size);
        self.rest = rest;
        taken
    }

    fn skip(&mut self, belongs: impl Fn(u8) -> bool) {
        self.take(belongs);
    }

    /// A token or a quoted string; one that does not end goes up to the end of the field.
    fn take_value(&mut self) -> Vec<u8> {
        if self.rest.first() != Some(&b'"') {
            return self.take(|byte| byte != b',' && !is_space(byte)).to_vec();
        }
        let mut value = Vec::new();
        let mut bytes = self.rest[1..].iter();
        while let Some(&byte) = bytes.next() {
            match byte {
                b'"' => break,
                b'\\' => value.extend(bytes.next()),
                byte => value.push(byte),
            }
        }
        self.rest = bytes.as_slice();
        value
    }

    /// Skips the `token68` that schemes other than Basic and Digest may have in place of parameters.
    fn skip_token68(&mut self) {
        let before = self.rest;
        self.skip(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
        self.skip(|byte| byte == b'=');
        self.skip(is_space);
        if self.rest.len() == before.len() || !matches!(self.rest.first(), None | Some(b',')) {
            self.rest = before;
        }
    }

    /// Goes on behind what begins like nothing that is known: at the next comma, or behind the next quoted string.
    fn skip_element(&mut self) {
        if self.rest.first() == Some(&b'"') {
            self.take_value();
        } else {
            self.skip(|byte| byte != b',' && byte != b'"');
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each challenge as text: its scheme, and its parameters behind it.
    fn read(field: &str) -> Vec<String> {
        let challenges = Challenge::parse_list(field.as_bytes());
        let parameter = |(name, value): &(String, Vec<u8>)| format!(" {name}={}", decode(value));
        let show = |challenge: &Challenge| {
            challenge.scheme.clone() + &challenge.parameters.iter().map(parameter).collect::<String>()
        };
        challenges.iter().map(show).collect()
    }

    #[test]
    fn a_field_may_have_several_challenges() {
        // RFC 9110 §11.6.1
        let field = "Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"";
        assert_eq!(read(field), ["Basic realm=simple", "Newauth realm=apps type=1 title=Login to \"apps\""]);
        assert_eq!(read("Negotiate, Negotiate YWJj==, NTLM"), ["Negotiate", "Negotiate", "NTLM"]);
        assert_eq!(read("Negotiate YWJj , , Basic realm=a"), ["Negotiate", "Basic realm=a"]);
        assert_eq!(
            read("Digest\tREALM = \"a, b\" ,nonce =x,, Basic"),
            ["Digest realm=a, b nonce=x", "Basic"]
        );
    }

    #[test]
    fn what_is_no_challenge_is_left_out() {
        let rows: [(&str, &[&str]); 9] = [
            ("", &[]),
            (" , ,", &[]),
            ("realm=\"nobody's\", Basic", &["Basic"]),
            ("\"Basic realm=1\", Basic", &["Basic"]),
            ("(), Basic realm=\"open", &["Basic realm=open"]),
            ("Basic realm=\"open\\", &["Basic realm=open"]),
            ("Basic realm=", &["Basic"]),
            ("Basic = , Digest", &["Digest"]),
            ("Basic \u{e9}\u{e9}, x=\u{e9}", &["Basic x=\u{e9}"]),
        ];
        for (field, challenges) in rows {
            assert_eq!(read(field), challenges, "{field}");
        }
    }

    #[test]
    fn any_bytes_are_read_to_their_end() {
        let alphabet = b"aB= ,\"\\\t(\xff";
        let mut field = Vec::new();
        for number in 0..100_000_u32 {
            field.clear();
            field.extend((0..5).map(|place| alphabet[(number / 10_u32.pow(place) % 10) as usize]));
            Challenge::parse_list(&field);
        }
    }
}
