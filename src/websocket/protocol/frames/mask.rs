//! Masking (RFC 6455 §5.3), at the speed of memory.

/// The number of bytes that are masked at a time: a few vector instructions, and a multiple of the key's length.
const BLOCK: usize = 32;

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
#[doc(alias = "mask")]
#[inline]
pub fn apply_mask(bytes: &mut [u8], key: [u8; 4], offset: usize) {
    let word_key = word_key(rotate_key(key, offset));
    // The rest is at most three words and seven bytes.
    let (blocks, rest) = bytes.as_chunks_mut::<BLOCK>();
    for block in blocks {
        *block = masked(*block, word_key);
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
    let word_key = word_key(key);
    let (blocks, rest) = payload.as_chunks::<BLOCK>();
    // The iterator knows its length, so this is one pass that neither clears nor checks the room it writes to.
    out.reserve(payload.len());
    out.extend(blocks.iter().flat_map(|block| masked(*block, word_key)));
    let start = out.len();
    out.extend_from_slice(rest);
    apply_mask(&mut out[start..], key, 0);
}

#[inline]
fn masked(mut block: [u8; BLOCK], word_key: u64) -> [u8; BLOCK] {
    for word in block.as_chunks_mut::<8>().0 {
        *word = (u64::from_ne_bytes(*word) ^ word_key).to_ne_bytes();
    }
    block
}

/// The key, twice.
#[inline]
fn word_key(key: [u8; 4]) -> u64 {
    let key = u64::from(u32::from_ne_bytes(key));
    key << 32 | key
}

/// The key as it applies from `offset` on.
#[inline]
pub(super) fn rotate_key(key: [u8; 4], offset: usize) -> [u8; 4] {
    let bits = 8 * (offset % 4) as u32;
    u32::from_be_bytes(key).rotate_left(bits).to_be_bytes()
}
