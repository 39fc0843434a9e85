//! A URL as people read it (private): `QUrl::toString`.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};
use url::Url;

/// The URL without user and password. Spaces, letters, digits and characters beyond ASCII stand there as they are; what has
/// a meaning in a URL stays escaped where it is.
pub(super) fn readable(url: &Url) -> String {
    let mut url = url.clone();
    // Only a URL without a host refuses this, and has neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let mut text = String::with_capacity(url.as_str().len());
    let mut rest = url.as_str();
    while let Some(start) = rest.find('%') {
        let (plain, behind) = rest.split_at(start);
        // A percent sign that escapes nothing stands for itself.
        let (escaped, behind) = behind.split_at(escapes_size(behind).max(1));
        text.push_str(plain);
        push_readable(&mut text, escaped);
        rest = behind;
    }
    text + rest
}

/// The size of the escaped bytes (RFC 3986 §2.1) that the text begins with.
fn escapes_size(text: &str) -> usize {
    let is_escape =
        |bytes: &&[u8]| matches!(bytes, [b'%', digits @ ..] if digits.iter().all(u8::is_ascii_hexdigit));
    text.as_bytes().chunks_exact(3).take_while(is_escape).count() * 3
}

fn push_readable(text: &mut String, escaped: &str) {
    let bytes: Vec<u8> = percent_decode_str(escaped).collect();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_readable(character) {
                text.push(character);
            } else {
                text.extend(utf8_percent_encode(character.encode_utf8(&mut [0; 4]), NON_ALPHANUMERIC));
            }
        }
        text.extend(percent_encode(chunk.invalid(), NON_ALPHANUMERIC));
    }
}

/// A space, an unreserved character (RFC 3986 §2.3), or one beyond ASCII that can be seen.
fn is_readable(character: char) -> bool {
    let is_noncharacter =
        matches!(u32::from(character), 0xFDD0..=0xFDEF) || character as u32 & 0xFFFE == 0xFFFE;
    match character {
        ' ' | '-' | '.' | '_' | '~' => true,
        character if character.is_ascii() => character.is_ascii_alphanumeric(),
        character => !character.is_control() && !is_noncharacter,
    }
}
