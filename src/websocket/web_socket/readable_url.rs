//! A URL as people read it (private): `QUrl::toString`.

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
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let mut escaped = Vec::new();
        while let Some(byte) = leading_escape(rest) {
            escaped.push(byte);
            rest = &rest[3..];
        }
        if escaped.is_empty() {
            text.push('%');
            rest = &rest[1..];
        }
        push_readable(&mut text, &escaped);
    }
    text + rest
}

/// The byte that the text begins with in escaped form.
fn leading_escape(text: &str) -> Option<u8> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
}

fn push_readable(text: &mut String, escaped: &[u8]) {
    for chunk in escaped.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_readable(character) {
                text.push(character);
            } else {
                push_escaped(text, character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        push_escaped(text, chunk.invalid());
    }
}

fn push_escaped(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        text.push_str(&format!("%{byte:02X}"));
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
