//! The part of DER (X.690) that is needed to take values apart and to put them together.

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
pub(super) const CONTEXT_0: u8 = 0xa0;

/// The first value: its tag, its content, and what follows it. A length that is longer than it has to be is none (X.690 §10.1).
pub(super) fn value(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // Four bytes of length are more than anything here has.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            let is_short = length < 0x80 || bytes[0] == 0;
            (Some(length).filter(|_| !is_short)?, rest)
        }
        _ => return None,
    };
    // A tag of several bytes occurs nowhere here.
    let (content, rest) = rest.split_at_checked(length)?;
    (tag & 0x1f != 0x1f).then_some((tag, content, rest))
}

/// The content of the first value, which has to be of that kind, and what follows it.
pub(super) fn expect(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    value(input).filter(|(found, ..)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// The content of the first value if it is of that kind, and what follows it; else everything follows.
pub(super) fn optional(input: &[u8], tag: u8) -> Option<(Option<&[u8]>, &[u8])> {
    if input.first() != Some(&tag) {
        return Some((None, input));
    }
    expect(input, tag).map(|(content, rest)| (Some(content), rest))
}

/// The content of the only value.
pub(super) fn only(input: &[u8], tag: u8) -> Option<&[u8]> {
    expect(input, tag).filter(|(_, rest)| rest.is_empty()).map(|(content, _)| content)
}

/// The values that stand one behind the other, each with its tag, up to what is none.
pub(super) fn iterate(mut input: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (tag, content, rest) = value(input)?;
        input = rest;
        Some((tag, content))
    })
}

/// Maps a sequence of values, each with its tag, by `read`.
pub(super) fn each<'a, T>(
    mut input: &'a [u8],
    mut read: impl FnMut(u8, &'a [u8]) -> Option<T>,
) -> Option<Vec<T>> {
    let mut all = Vec::new();
    while !input.is_empty() {
        let (tag, content, rest) = value(input)?;
        all.push(read(tag, content)?);
        input = rest;
    }
    Some(all)
}

/// A number that is not negative, from the content of an `INTEGER`.
pub(super) fn unsigned(content: &[u8]) -> Option<u32> {
    match content {
        [0x80..=0xff, ..] => None,
        _ if !is_integer(content) => None,
        [0, number @ ..] | number if number.len() <= 4 => {
            Some(number.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
        }
        _ => None,
    }
}

/// Returns whether the content of an `INTEGER` is valid, and no longer than necessary.
pub(super) fn is_integer(content: &[u8]) -> bool {
    !matches!(content, [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..])
}

/// The bits that are set, the first of them the lowest, from the content of a `BIT STRING`; none behind the sixteenth.
pub(super) fn bits(content: &[u8]) -> Option<u16> {
    let (&unused, bytes) = content.split_first()?;
    let padding = bytes.last().map_or(unused, |last| last & !u8::MAX.checked_shl(unused.into()).unwrap_or(0));
    let [first, second] = [0, 1].map(|at| bytes.get(at).map_or(0, |byte| u16::from(byte.reverse_bits())));
    (unused < 8 && padding == 0).then_some(first | second << 8)
}

/// A sequence of these values.
#[cfg(feature = "openssl")]
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    encoded(SEQUENCE, &parts.concat())
}

/// A value of that kind.
#[cfg(any(test, feature = "openssl"))]
pub(super) fn encoded(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut value = vec![tag];
    let length = content.len().to_be_bytes();
    let begin = length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1);
    if content.len() >= 0x80 {
        value.push(0x80 | (length.len() - begin) as u8);
    }
    value.extend_from_slice(&length[begin..]);
    value.extend_from_slice(content);
    value
}
