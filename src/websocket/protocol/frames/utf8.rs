//! UTF-8 validation of text that arrives in pieces.

use std::fmt;
use std::str;

/// The error of text that is not UTF-8: an overlong form, a surrogate, a number above U+10FFFF, a stray or a missing byte.
///
/// ```
/// use slotwire::websocket::protocol::{InvalidUtf8, Utf8Validator};
/// assert_eq!(Utf8Validator::new().feed(b"\xc0\xaf"), Err(InvalidUtf8)); // an overlong slash
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidUtf8;

impl fmt::Display for InvalidUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid UTF-8")
    }
}

impl std::error::Error for InvalidUtf8 {}

/// Validates UTF-8 that arrives in pieces, wherever it is cut.
///
/// An invalid byte is found in the piece that contains it, even within a character that is not complete yet.
/// The cost is linear in the number of bytes, however small the pieces.
///
/// ```
/// use slotwire::websocket::protocol::Utf8Validator;
///
/// let mut validator = Utf8Validator::new();
/// assert!(validator.feed(b"caf\xc3").is_ok());
/// assert_eq!(validator.pending(), 1);
/// assert!(validator.feed(b"\xa9").is_ok());
/// assert!(validator.finish().is_ok());
///
/// assert!(validator.feed(b"\xf4").is_ok());
/// assert!(validator.feed(b"\x90").is_err()); // above U+10FFFF, whatever follows
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf8Validator {
    /// The bytes of a character that is not complete yet; at most three.
    carried: [u8; 3],
    carried_len: u8,
}

impl Utf8Validator {
    /// A validator at the beginning of a text.
    ///
    /// ```
    /// use slotwire::websocket::protocol::Utf8Validator;
    ///
    /// let mut validator = Utf8Validator::new();
    /// assert!(validator.finish().is_ok()); // an empty text is one
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { carried: [0; 3], carried_len: 0 }
    }

    /// Takes the next piece of the text.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{InvalidUtf8, Utf8Validator};
    ///
    /// let mut validator = Utf8Validator::new();
    /// for piece in [&b"\xe2"[..], b"\x82", b"\xac 5"] {
    ///     validator.feed(piece)?; // "€ 5", in three pieces
    /// }
    /// assert_eq!(validator.feed(b"\xff"), Err(InvalidUtf8));
    /// # Ok::<(), InvalidUtf8>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidUtf8`] if no continuation could make the text valid.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), InvalidUtf8> {
        let chunk = self.complete_carried(chunk)?;
        let (complete, incomplete) = chunk.split_at(chunk.len() - incomplete_tail(chunk));
        simdutf8::basic::from_utf8(complete).map_err(|_| InvalidUtf8)?;
        if !incomplete.is_empty() {
            check(incomplete)?;
            self.carried[..incomplete.len()].copy_from_slice(incomplete);
            self.carried_len = incomplete.len() as u8;
        }
        Ok(())
    }

    /// Ends the text; the validator is then ready for the next one.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{InvalidUtf8, Utf8Validator};
    ///
    /// let mut validator = Utf8Validator::new();
    /// assert!(validator.feed(b"caf\xc3").is_ok()); // could become "café"
    /// assert_eq!(validator.finish(), Err(InvalidUtf8)); // but did not
    /// assert!(validator.feed(b"tea").is_ok());
    /// ```
    ///
    /// # Errors
    /// [`InvalidUtf8`] if the last character is not complete.
    pub fn finish(&mut self) -> Result<(), InvalidUtf8> {
        let complete = self.carried_len == 0;
        *self = Self::new();
        if complete { Ok(()) } else { Err(InvalidUtf8) }
    }

    /// The number of last bytes that belong to a character that is not complete yet: 0 to 3.
    ///
    /// ```
    /// use slotwire::websocket::protocol::{InvalidUtf8, Utf8Validator};
    ///
    /// let piece = b"5 \xe2\x82";
    /// let mut validator = Utf8Validator::new();
    /// validator.feed(piece)?;
    /// // What can be shown already.
    /// assert_eq!(&piece[..piece.len() - validator.pending()], b"5 ");
    /// # Ok::<(), InvalidUtf8>(())
    /// ```
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.carried_len as usize
    }

    /// Completes the carried character from the front of `chunk`, byte by byte, and returns the rest.
    fn complete_carried<'c>(&mut self, mut chunk: &'c [u8]) -> Result<&'c [u8], InvalidUtf8> {
        while self.carried_len > 0 {
            let Some((&byte, rest)) = chunk.split_first() else { break };
            chunk = rest;
            let carried = self.pending();
            let mut character = [0; 4];
            character[..carried].copy_from_slice(&self.carried[..carried]);
            character[carried] = byte;
            match check(&character[..=carried])? {
                Progress::Complete => self.carried_len = 0,
                Progress::Incomplete => {
                    // An incomplete character has at most three bytes, so this one has room.
                    self.carried[carried] = byte;
                    self.carried_len += 1;
                }
            }
        }
        Ok(chunk)
    }
}

enum Progress {
    Complete,
    Incomplete,
}

/// Returns whether the bytes of one character are complete, or the beginning of a valid one; else an error.
fn check(character: &[u8]) -> Result<Progress, InvalidUtf8> {
    match str::from_utf8(character) {
        Ok(_) => Ok(Progress::Complete),
        Err(error) if error.error_len().is_none() => Ok(Progress::Incomplete),
        Err(_) => Err(InvalidUtf8),
    }
}

/// The length of the unfinished character at the end of `chunk`, judged by its lead byte alone.
fn incomplete_tail(chunk: &[u8]) -> usize {
    let needed = |lead: u8| match lead {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xFF => 4,
        _ => 1,
    };
    for (index, &byte) in chunk.iter().rev().take(3).enumerate() {
        let is_continuation = byte & 0xC0 == 0x80;
        if !is_continuation {
            let available = index + 1;
            return if needed(byte) > available { available } else { 0 };
        }
    }
    0
}
