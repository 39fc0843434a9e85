//! A writer of DER (X.690), which writes nonsense as readily.

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// A value: its tag, its length and its content.
pub(super) fn value(tag: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let mut value = vec![tag];
    match content.len() {
        short @ ..0x80 => value.push(short as u8),
        middle @ ..0x100 => value.extend([0x81, middle as u8]),
        long => value.extend([0x82, (long >> 8) as u8, long as u8]),
    }
    value.extend_from_slice(content);
    value
}

/// The same with a length that takes a byte more than it needs: BER, not DER.
pub(super) fn with_long_length(value: &[u8]) -> Vec<u8> {
    let header = match value[1] {
        short @ ..=0x7f => vec![value[0], 0x81, short],
        0x81 => vec![value[0], 0x82, 0, value[2]],
        _ => vec![value[0], 0x83, 0, value[2], value[3]],
    };
    [&header[..], &value[header.len() - 1..]].concat()
}

pub(super) fn sequence<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    value(SEQUENCE, concat(parts))
}

pub(super) fn set<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    value(SET, concat(parts))
}

pub(super) fn concat<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    parts.into_iter().fold(Vec::new(), |mut all, part| {
        all.extend_from_slice(part.as_ref());
        all
    })
}

pub(super) fn boolean(is: bool) -> Vec<u8> {
    value(BOOLEAN, [if is { 0xff } else { 0 }])
}

pub(super) fn integer(number: i64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let is_redundant = |at: usize| {
        let sign_of_next = bytes[at + 1] & 0x80 != 0;
        (bytes[at] == 0 && !sign_of_next) || (bytes[at] == 0xff && sign_of_next)
    };
    let begin = (0..7).find(|at| !is_redundant(*at)).unwrap_or(7);
    value(INTEGER, &bytes[begin..])
}

/// A bit string of whole bytes.
pub(super) fn bits(content: &[u8]) -> Vec<u8> {
    value(BIT_STRING, [&[0], content].concat())
}

/// A bit string of named bits: the highest of the first byte is bit 0.
pub(super) fn named_bits(numbers: &[u8]) -> Vec<u8> {
    let Some(last) = numbers.iter().max() else { return value(BIT_STRING, [0]) };
    let mut content = vec![0; usize::from(last / 8) + 2];
    content[0] = 7 - last % 8;
    for number in numbers {
        content[1 + usize::from(number / 8)] |= 0x80 >> (number % 8);
    }
    value(BIT_STRING, content)
}

/// An object identifier, in dots.
pub(super) fn oid(dotted: &str) -> Vec<u8> {
    const OBJECT_IDENTIFIER: u8 = 0x06;
    let numbers: Vec<u64> = dotted.split('.').map(|number| number.parse().expect("a number")).collect();
    let mut content = Vec::new();
    for number in std::iter::once(&(numbers[0] * 40 + numbers[1])).chain(&numbers[2..]) {
        let length = (64 - number.leading_zeros()).div_ceil(7).max(1);
        content.extend((0..length).rev().map(|at| {
            let more = if at > 0 { 0x80 } else { 0 };
            (number >> (7 * at)) as u8 & 0x7f | more
        }));
    }
    value(OBJECT_IDENTIFIER, content)
}

/// An explicit tag around a value.
pub(super) fn tagged(number: u8, inner: &[u8]) -> Vec<u8> {
    value(0xa0 | number, inner)
}

#[test]
fn values_are_written_as_x_690_says() {
    assert_eq!(integer(0), [2, 1, 0]);
    assert_eq!(integer(128), [2, 2, 0, 128]);
    assert_eq!(integer(-1), [2, 1, 0xff]);
    assert_eq!(oid("1.2.840.113549"), [6, 6, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]);
    assert_eq!(named_bits(&[5, 6]), [3, 2, 1, 6]);
    assert_eq!(with_long_length(&[0x30, 1, 5]), [0x30, 0x81, 1, 5]);
    assert_eq!(value(4, [0; 200])[..3], [4, 0x81, 200]);
}
