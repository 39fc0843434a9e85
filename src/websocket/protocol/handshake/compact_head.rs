//! The head of a request in little memory.

use std::fmt;

use smallvec::SmallVec;

/// The head of an opening request in little memory, for a connection that keeps it as long as it lives.
///
/// Most of such a head is the same in all requests: a phrase that browsers send is kept as one byte. What comes out
/// is what went in.
///
/// ```
/// use slotwire::websocket::protocol::CompactHead;
///
/// let head = b"GET / HTTP/1.1\r\nhost: example.com\r\n\
///     upgrade: websocket\r\nconnection: Upgrade\r\n\r\n";
/// let compact = CompactHead::new(head);
/// assert!(compact.size() < head.len() / 2);
/// assert_eq!(compact.to_bytes(), head);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CompactHead(Box<[u8]>);

/// The codes that stand for phrases: bytes that no valid head contains (RFC 9110 §5.5).
const CODES: [u8; 28] =
    [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31];

/// In front of a head that does contain one of them, and is kept as it is.
const VERBATIM: u8 = 0;

/// The phrases of browsers and other clients, field names in lower case. Each begins with a line break or a space, and one that
/// is the beginning of another comes after it.
const PHRASES: [&[u8]; CODES.len()] = [
    b"\r\nupgrade: websocket",
    b"\r\nconnection: Upgrade",
    b"\r\nconnection: keep-alive, Upgrade",
    b"\r\nsec-websocket-version: 13",
    b"\r\nsec-websocket-key: ",
    b"\r\nsec-websocket-protocol: ",
    b"\r\nsec-websocket-extensions: permessage-deflate; client_max_window_bits",
    b"\r\nsec-websocket-extensions: permessage-deflate",
    b"\r\nhost: ",
    b"\r\norigin: http://",
    b"\r\norigin: https://",
    b"\r\nuser-agent: Mozilla/5.0 (",
    b"\r\nuser-agent: ",
    b"\r\naccept: */*",
    b"\r\naccept-language: ",
    b"\r\naccept-encoding: gzip, deflate, br, zstd",
    b"\r\naccept-encoding: gzip, deflate",
    b"\r\npragma: no-cache",
    b"\r\ncache-control: no-cache",
    b"\r\ncookie: ",
    b"\r\nauthorization: ",
    b"\r\nsec-fetch-dest: websocket",
    b"\r\nsec-fetch-mode: websocket",
    b"\r\nsec-fetch-site: ",
    b"\r\nx-forwarded-for: ",
    b" HTTP/1.1",
    b" AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
    b" Gecko/20100101 Firefox/",
];

/// A head of this size is made compact on the stack.
const INLINE: usize = 512;

impl CompactHead {
    /// The compact form of these bytes.
    ///
    /// ```
    /// use slotwire::websocket::protocol::CompactHead;
    ///
    /// let strange = b"GET / HTTP/1.1\r\nname: \x01\r\n\r\n"; // any bytes will do
    /// assert_eq!(CompactHead::new(strange).to_bytes(), strange);
    /// ```
    #[must_use]
    pub fn new(head: &[u8]) -> Self {
        if head.iter().any(|byte| *byte == VERBATIM || phrase_of(*byte).is_some()) {
            return Self([&[VERBATIM], head].concat().into());
        }
        // Its memory is as large as needed from the beginning: to shrink it would leave a hole.
        if head.len() <= INLINE {
            let mut compact = SmallVec::<[u8; INLINE]>::new();
            compress(head, |byte| compact.push(byte));
            return Self(compact.as_slice().into());
        }
        let mut size = 0;
        compress(head, |_| size += 1);
        let mut compact = Vec::with_capacity(size);
        compress(head, |byte| compact.push(byte));
        Self(compact.into_boxed_slice())
    }

    /// The bytes that are kept.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{CompactHead, HandshakeRequest};
    ///
    /// let head = b"GET /chat HTTP/1.1\r\nhost: localhost\r\n\
    ///     upgrade: websocket\r\nconnection: Upgrade\r\n\
    ///     sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n";
    /// let kept = CompactHead::new(head);
    /// let request = HandshakeRequest::parse(&kept.to_bytes(), false)?; // when someone asks for it
    /// assert_eq!(request.resource(), "/chat");
    /// # Ok::<(), slotwire::websocket::protocol::InvalidHandshakeRequest>(())
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        if let [VERBATIM, head @ ..] = &*self.0 {
            return head.to_vec();
        }
        let mut head = Vec::with_capacity(2 * self.0.len());
        for &byte in &self.0 {
            match phrase_of(byte) {
                Some(phrase) => head.extend_from_slice(phrase),
                None => head.push(byte),
            }
        }
        head
    }

    /// The memory that it takes, in bytes.
    ///
    /// ```
    /// use slotwire::websocket::protocol::CompactHead;
    ///
    /// assert_eq!(CompactHead::new(b"\r\nupgrade: websocket").size(), 1);
    /// assert_eq!(CompactHead::new(b"\r\nx-name: Ada").size(), 13); // no client's phrase
    /// ```
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

/// Shows only the size: output ends up in logs, and a head has secrets.
impl fmt::Debug for CompactHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompactHead").field("size", &self.size()).finish_non_exhaustive()
    }
}

/// Gives the bytes of the compact form to `put`.
fn compress(head: &[u8], mut put: impl FnMut(u8)) {
    let mut rest = head;
    while let Some((&byte, after)) = rest.split_first() {
        match phrase_at(rest) {
            Some((code, phrase)) => {
                put(code);
                rest = &rest[phrase.len()..];
            }
            None => {
                put(byte);
                rest = after;
            }
        }
    }
}

/// The phrase that this byte stands for.
fn phrase_of(byte: u8) -> Option<&'static [u8]> {
    const INDEX: [Option<&'static [u8]>; 32] = {
        let mut index = [None; 32];
        let mut code = 0;
        while code < CODES.len() {
            index[CODES[code] as usize] = Some(PHRASES[code]);
            code += 1;
        }
        index
    };
    INDEX.get(usize::from(byte)).copied().flatten()
}

/// The phrase that `head` begins with, and its code. Of a head that is made to cost time, a byte costs little: it is looked
/// for where its beginning leaves a choice.
fn phrase_at(head: &[u8]) -> Option<(u8, &'static [u8])> {
    let candidates = match head {
        [b'\r', b'\n', b'a'..=b'z', ..] => 0..FIRST_WITH_SPACE,
        [b' ', b'A' | b'G' | b'H', ..] => FIRST_WITH_SPACE..CODES.len(),
        _ => return None,
    };
    #[cfg(test)]
    tests::COMPARED.set(tests::COMPARED.get() + candidates.len());
    let mut candidates = candidates.map(|index| (CODES[index], PHRASES[index]));
    candidates.find(|(_, phrase)| head.starts_with(phrase))
}

/// The phrases from here on begin with a space, the others with a line break.
const FIRST_WITH_SPACE: usize = 25;

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// The number of phrases that were compared with something.
        pub(super) static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    /// The number of phrases with which a head of that size is compared.
    fn compared(piece: &[u8], size: usize) -> usize {
        COMPARED.set(0);
        let head = piece.repeat(size / piece.len());
        assert_eq!(CompactHead::new(&head).to_bytes(), head);
        COMPARED.get()
    }

    #[test]
    fn phrases_are_grouped_by_how_they_begin() {
        for (index, phrase) in PHRASES.iter().enumerate() {
            assert_eq!(phrase[0] == b' ', index >= FIRST_WITH_SPACE);
            assert_eq!(phrase_at(phrase), Some((CODES[index], *phrase)), "it is found");
        }
    }

    #[test]
    fn no_head_costs_more_than_its_size_allows() {
        const SIZE: usize = 60_000;
        assert_eq!(compared(b" ", SIZE), 0);
        assert_eq!(compared(b"\r\n", SIZE), 0);
        for piece in [&b" H"[..], b" G", b"\r\na", b"\r\nsec-", b"\r\nx: ", b"a\r\n "] {
            let (less, more) = (compared(piece, SIZE), compared(piece, 10 * SIZE));
            assert!(less <= SIZE * 20, "{less}");
            assert_eq!(more, 10 * less);
        }
    }
}
