//! Distinguished names, and when two of them are the same (RFC 5280 §7.1).

use super::der;

/// The subject or issuer of a certificate. Two are equal if they differ in no more than in the kinds of their strings, in upper
/// and lower case of ASCII, and in white space: as in OpenSSL.
#[derive(Clone, Debug, Default)]
pub(super) struct Name {
    encoded: Vec<u8>,
    /// Its parts, each behind its length: so one begins like another only if its first parts are those of the other.
    comparable: Vec<u8>,
}

/// A part of a name.
pub(super) struct Attribute<'a> {
    kind: &'a [u8],
    pub(super) tag: u8,
    pub(super) value: &'a [u8],
}

pub(super) const IA5_STRING: u8 = 0x16;
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];

impl Name {
    /// Parses the content of a `Name`. Strings that are none of their kind make it unreadable.
    pub(super) fn parse(content: &[u8]) -> Option<Self> {
        let mut comparable = Vec::new();
        for part in parts(content)? {
            let mut values = Vec::new();
            for attribute in &part {
                values.push(attribute.comparable()?);
            }
            // The order in a set says nothing.
            values.sort_unstable();
            append(&mut comparable, &values.concat());
        }
        Some(Self { encoded: content.to_vec(), comparable })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.comparable.is_empty()
    }

    /// Returns whether it is that name, or stands below it.
    pub(super) fn is_within(&self, base: &Self) -> bool {
        self.comparable.starts_with(&base.comparable)
    }

    #[cfg(any(test, feature = "_rustls"))]
    pub(super) fn is_encoded_as(&self, other: &Self) -> bool {
        self.encoded == other.encoded
    }

    /// The common names that are strings.
    pub(super) fn common_names(&self) -> Vec<String> {
        self.of_kind(COMMON_NAME).iter().filter_map(Attribute::text).collect()
    }

    pub(super) fn email_addresses(&self) -> Vec<Attribute<'_>> {
        self.of_kind(EMAIL_ADDRESS)
    }

    fn of_kind(&self, kind: &[u8]) -> Vec<Attribute<'_>> {
        // It was read before.
        let all = parts(&self.encoded).unwrap_or_default().into_iter().flatten();
        all.filter(|attribute| attribute.kind == kind).collect()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.comparable == other.comparable
    }
}

impl Attribute<'_> {
    /// The text of a string of any kind.
    pub(super) fn text(&self) -> Option<String> {
        match self.tag {
            // UTF8String
            0x0c => String::from_utf8(self.value.to_vec()).ok(),
            // NumericString, PrintableString, TeletexString (which holds Latin 1 in practice), IA5String
            0x12 | 0x13 | 0x14 | IA5_STRING => Some(self.value.iter().copied().map(char::from).collect()),
            // UniversalString
            0x1c => characters::<4>(self.value),
            // BMPString
            0x1e => characters::<2>(self.value),
            _ => None,
        }
    }

    fn comparable(&self) -> Option<Vec<u8>> {
        const TEXTS: [u8; 6] = [0x0c, 0x13, 0x14, IA5_STRING, 0x1c, 0x1e];
        // NumericString, BIT STRING and SEQUENCE: they are compared byte by byte. OpenSSL reads no others.
        const OTHERS: [u8; 3] = [0x12, der::BIT_STRING, der::SEQUENCE];
        let mut comparable = Vec::new();
        append(&mut comparable, self.kind);
        if TEXTS.contains(&self.tag) {
            let text = self.text()?;
            let words: Vec<_> = text.split(is_space).filter(|word| !word.is_empty()).collect();
            comparable.push(0);
            append(&mut comparable, words.join(" ").to_ascii_lowercase().as_bytes());
        } else {
            OTHERS.contains(&self.tag).then_some(())?;
            comparable.push(self.tag);
            append(&mut comparable, self.value);
        }
        Some(comparable)
    }
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}

fn characters<const SIZE: usize>(bytes: &[u8]) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<SIZE>();
    let character =
        |unit: &[u8; SIZE]| char::from_u32(unit.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)));
    rest.is_empty().then(|| units.iter().map(character).collect())?
}

fn append(all: &mut Vec<u8>, part: &[u8]) {
    all.extend_from_slice(&part.len().to_be_bytes());
    all.extend_from_slice(part);
}

/// `RDNSequence`
fn parts(content: &[u8]) -> Option<Vec<Vec<Attribute<'_>>>> {
    der::each(content, |tag, set| {
        let attributes = der::each(set, |tag, attribute| {
            let (kind, rest) = der::expect(attribute, der::OBJECT_IDENTIFIER)?;
            let (value_tag, value, rest) = der::value(rest)?;
            let is_whole = tag == der::SEQUENCE && rest.is_empty();
            is_whole.then_some(Attribute { kind, tag: value_tag, value })
        })?;
        (tag == der::SET && !attributes.is_empty()).then_some(attributes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const UTF_8: u8 = 0x0c;
    const PRINTABLE: u8 = 0x13;
    const T61: u8 = 0x14;
    const BMP: u8 = 0x1e;

    fn attribute(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        let content = [der::encoded(der::OBJECT_IDENTIFIER, kind), der::encoded(tag, value)].concat();
        der::encoded(der::SEQUENCE, &content)
    }

    fn part(attributes: &[Vec<u8>]) -> Vec<u8> {
        der::encoded(der::SET, &attributes.concat())
    }

    fn common(tag: u8, value: &[u8]) -> Name {
        Name::parse(&part(&[attribute(COMMON_NAME, tag, value)])).unwrap()
    }

    #[test]
    fn names_are_equal_but_for_kinds_of_strings_case_and_white_space() {
        let name = common(UTF_8, "Örtliche CA".as_bytes());
        assert_eq!(name, common(T61, b"  \xd6RTLICHE \t ca "));
        assert_eq!(name, common(BMP, b"\0\xd6\0r\0t\0l\0i\0c\0h\0e\0 \0C\0A"));
        assert_eq!(common(PRINTABLE, b"a"), common(IA5_STRING, b"A"));
        assert!(!common(PRINTABLE, b"a").is_encoded_as(&common(IA5_STRING, b"a")));
        // Only the case of ASCII does not count.
        assert_ne!(name, common(UTF_8, "örtliche CA".as_bytes()));
        assert_ne!(common(UTF_8, b"ab"), common(UTF_8, b"a b"));
    }

    #[test]
    fn what_is_no_string_is_compared_as_it_is() {
        assert_ne!(common(0x12, b"1"), common(PRINTABLE, b"1"));
        assert_eq!(common(0x12, b"1"), common(0x12, b"1"));
        assert_ne!(common(0x12, b"1 "), common(0x12, b"1"));
    }

    #[test]
    fn the_order_counts_among_parts_and_not_inside_of_one() {
        let (a, b) = (attribute(COMMON_NAME, UTF_8, b"a"), attribute(EMAIL_ADDRESS, IA5_STRING, b"b"));
        let (a_alone, b_alone) = (part(std::slice::from_ref(&a)), part(std::slice::from_ref(&b)));
        let parse = |parts: &[&[u8]]| Name::parse(&parts.concat()).unwrap();
        let together = parse(&[&part(&[a.clone(), b.clone()])]);
        assert_eq!(together, parse(&[&part(&[b, a])]));
        let one_by_one = parse(&[&a_alone, &b_alone]);
        assert_ne!(together, one_by_one);
        assert_ne!(one_by_one, parse(&[&b_alone, &a_alone]));
        assert!(one_by_one.is_within(&parse(&[&a_alone])));
        assert!(!together.is_within(&parse(&[&a_alone])));
        assert!(one_by_one.is_within(&parse(&[])));
    }

    #[test]
    fn what_is_no_string_of_its_kind_is_not_read() {
        for (tag, value) in
            [(0x1a, &b"a"[..]), (UTF_8, b"\xff"), (BMP, b"\0"), (BMP, b"\xd8\0"), (0x1c, b"\0\x11\0\0")]
        {
            assert!(Name::parse(&part(&[attribute(COMMON_NAME, tag, value)])).is_none(), "{tag}: {value:?}");
        }
        assert!(Name::parse(&part(&[])).is_none());
    }
}
