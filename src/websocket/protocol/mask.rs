//! Masking (RFC 6455 §5.3), at the speed of memory.

/// How much is copied before it is masked: the second pass then finds it in the nearest cache.
const BLOCK: usize = 8 * 1024;

/// Masks or unmasks `bytes` in place with `key`.
///
/// `offset` is the position of the first byte within the frame's payload, so that a payload can be
/// unmasked piece by piece.
///
/// ```
/// use slotwire::websocket::protocol::apply_mask;
///
/// let mut payload = *b"Hello";
/// apply_mask(&mut payload, [0x37, 0xfa, 0x21, 0x3d], 0);
/// assert_eq!(payload, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
///
/// let (head, tail) = payload.split_at_mut(3);
/// apply_mask(head, [0x37, 0xfa, 0x21, 0x3d], 0);
/// apply_mask(tail, [0x37, 0xfa, 0x21, 0x3d], 3);
/// assert_eq!(&payload, b"Hello");
/// ```
#[doc(alias = "QWebSocketProtocol::mask")]
#[inline]
pub fn apply_mask(bytes: &mut [u8], key: [u8; 4], offset: usize) {
    let key = u64::from(u32::from_ne_bytes(rotate_key(key, offset)));
    let word_key = key << 32 | key;

    // Blocks of four words become vector instructions; the rest is at most three words and seven bytes.
    let (blocks, rest) = bytes.as_chunks_mut::<32>();
    for block in blocks {
        for word in block.as_chunks_mut::<8>().0 {
            *word = (u64::from_ne_bytes(*word) ^ word_key).to_ne_bytes();
        }
    }
    let (words, rest) = rest.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ word_key).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(word_key.to_ne_bytes()) {
        *byte ^= key;
    }
}

/// Appends `payload`, masked with `key`, to `out`.
///
/// ```
/// use slotwire::websocket::protocol::append_masked;
///
/// let mut out = vec![0x81, 0x85];
/// append_masked(&mut out, b"Hello", [0x37, 0xfa, 0x21, 0x3d]);
/// assert_eq!(out[2..], [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
/// ```
#[inline]
pub fn append_masked(out: &mut Vec<u8>, payload: &[u8], key: [u8; 4]) {
    out.reserve(payload.len());
    // A block is a multiple of the key's length, so that every one begins at offset 0.
    for block in payload.chunks(BLOCK) {
        let start = out.len();
        out.extend_from_slice(block);
        apply_mask(&mut out[start..], key, 0);
    }
}

/// The key as it applies from `offset` on.
#[inline]
pub(super) fn rotate_key(key: [u8; 4], offset: usize) -> [u8; 4] {
    let bits = 8 * (offset % 4) as u32;
    u32::from_be_bytes(key).rotate_left(bits).to_be_bytes()
}
