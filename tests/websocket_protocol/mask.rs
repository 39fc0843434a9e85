use proptest::prelude::*;
use slotwire::websocket::protocol::{append_masked, apply_mask};

use crate::support::sample;

/// The definition of RFC 6455 §5.3.
fn by_definition(bytes: &[u8], key: [u8; 4], offset: usize) -> Vec<u8> {
    bytes.iter().enumerate().map(|(index, byte)| byte ^ key[(index + offset) % 4]).collect()
}

/// `tst_WebSocketProtocol::tst_validMasks`
#[test]
fn masking_gives_the_vectors_of_the_definition() {
    let key = [0x12, 0x34, 0x56, 0x78];
    let rows: [(&[u8], &[u8]); 4] = [
        (b"", b""),
        (b"\x00\x00\x00\x00\x00", b"\x12\x34\x56\x78\x12"),
        (b"\x12\x34\x56\x78", b"\x00\x00\x00\x00"),
        (b"Hello", b"\x5a\x51\x3a\x14\x7d"),
    ];
    for (plain, masked) in rows {
        let mut bytes = plain.to_vec();
        apply_mask(&mut bytes, key, 0);
        assert_eq!(bytes, masked);
        apply_mask(&mut bytes, key, 0);
        assert_eq!(bytes, plain);
    }
}

#[test]
fn a_key_of_zero_changes_nothing() {
    let mut bytes = *b"unchanged";
    apply_mask(&mut bytes, [0; 4], 3);
    assert_eq!(&bytes, b"unchanged");
}

#[test]
fn masking_agrees_with_the_definition_at_every_size_and_alignment() {
    let plain = sample(200);
    for start in 0..16 {
        for end in start..plain.len() {
            let mut bytes = plain.clone();
            apply_mask(&mut bytes[start..end], [1, 2, 3, 4], start);
            assert_eq!(bytes[start..end], by_definition(&plain[start..end], [1, 2, 3, 4], start));
        }
    }
}

proptest! {
    #[test]
    fn masking_can_be_resumed_anywhere(
        plain in prop::collection::vec(any::<u8>(), 0..300),
        key: [u8; 4],
        offset: usize,
        split: prop::sample::Index,
    ) {
        let expected = by_definition(&plain, key, offset % 4);
        let mut bytes = plain.clone();
        let split = split.index(plain.len() + 1);
        let (head, tail) = bytes.split_at_mut(split);
        apply_mask(head, key, offset % 4);
        apply_mask(tail, key, offset % 4 + split);
        prop_assert_eq!(bytes, expected);
    }

    #[test]
    fn appending_masked_is_masking_a_copy(
        size in 0_usize..20_000,
        key: [u8; 4],
    ) {
        let plain = sample(size);
        let mut out = b"before".to_vec();
        append_masked(&mut out, &plain, key);
        prop_assert_eq!(&out[..6], b"before");
        prop_assert_eq!(&out[6..], &by_definition(&plain, key, 0)[..]);
    }
}
