//! As much of DER (X.690) as is needed to cut values out of one another, and to put them together.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const CONTEXT_0: u8 = 0xa0;

/// The first value: its tag, its content, and what follows it.
pub(super) fn value(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // Four bytes of length are more than anything here has.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The content of the first value, which has to be of that kind, and what follows it.
pub(super) fn expect(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    value(input).filter(|(found, ..)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// The content of the only value.
pub(super) fn only(input: &[u8], tag: u8) -> Option<&[u8]> {
    expect(input, tag).filter(|(_, rest)| rest.is_empty()).map(|(content, _)| content)
}

/// A sequence of these values.
#[cfg(feature = "openssl")]
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    encoded(SEQUENCE, &parts.concat())
}

/// A value of that kind.
#[cfg(feature = "openssl")]
pub(super) fn encoded(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut value = vec![tag];
    if content.len() < 0x80 {
        value.push(content.len() as u8);
    } else {
        // Four bytes of length are more than anything here has.
        value.push(0x84);
        value.extend_from_slice(&(content.len() as u32).to_be_bytes());
    }
    value.extend_from_slice(content);
    value
}
