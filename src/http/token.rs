//! The two rules for what a header field is made of (RFC 9110 §5.1, §5.5): every name and value goes by them.

/// A token (RFC 9110 §5.6.2): a field's name, a scheme, a subprotocol.
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&byte| is_token_byte(byte))
}

pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// No control characters but the tab (RFC 9110 §5.5): a line break would begin another field.
pub(crate) fn is_field_value(value: &[u8]) -> bool {
    value.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_no_delimiters() {
        assert!(is_token(b"Sec-WebSocket-Key") && is_token(b"!#$%&'*+-.^_`|~09azAZ"));
        for text in [&b""[..], b"a b", b"a:", b"(a)", b"a\x7f", b"\xe9", b"a\t", b"a,b", b"{a}", b"\"a\""] {
            assert!(!is_token(text), "{text:?}");
        }
    }

    #[test]
    fn a_value_has_no_controls_but_the_tab() {
        assert!(is_field_value(b"") && is_field_value(b"a\tb \xe9 ~"));
        assert!(
            (0..=0x1f).chain([0x7f]).filter(|byte| *byte != b'\t').all(|byte| !is_field_value(&[b'a', byte]))
        );
    }
}
