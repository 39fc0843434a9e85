use proptest::prelude::*;
use slotwire::websocket::protocol::{InvalidUtf8, Utf8Validator};

/// Valid text, among it the boundaries of every length, noncharacters, NUL and a byte order mark.
const VALID: &[&[u8]] = &[
    b"",
    b"\x00",
    b"Hello",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
    b"\x7f",
    b"\xc2\x80",
    b"\xdf\xbf",
    b"\xe0\xa0\x80",
    b"\xef\xbf\xbf",
    b"\xf0\x90\x80\x80",
    b"\xf4\x8f\xbf\xbf",
    b"\xed\x9f\xbf",
    b"\xee\x80\x80",
    b"\xef\xbf\xbd",
    b"\xef\xb7\x90",
    b"\xf0\x9f\xbf\xbe",
    b"\xef\xbb\xbfmark",
];

/// What Autobahn's cases 6.3 to 6.21 send, with the number of bytes at whose end the text is beyond repair; one
/// more than there are if only the end of the text shows it.
const INVALID: &[(&[u8], usize)] = &[
    (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", 13),
    (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited", 13),
    (b"\x80", 1),
    (b"\xbf", 1),
    (b"\x80\xbf\x80", 1),
    (b"a\x80", 2),
    (b"\xc0 ", 1),
    (b"\xc2 ", 2),
    (b"\xe0 ", 2),
    (b"\xe1\x80 ", 3),
    (b"\xf0 ", 2),
    (b"\xf1\x80\x80 ", 4),
    (b"\xf8 ", 1),
    (b"\xfc ", 1),
    (b"\xc3", 2),
    (b"\xe0\xa0", 3),
    (b"\xf0\x90\x80", 4),
    (b"\xef\xbf", 3),
    (b"\xf7\xbf\xbf\xbf", 1),
    (b"\xf8\x88\x80\x80\x80", 1),
    (b"\xfb\xbf\xbf\xbf", 1),
    (b"\xfc\x84\x80\x80\x80\x80", 1),
    (b"\xfd\xbf\xbf\xbf\xbf", 1),
    (b"\xfe", 1),
    (b"\xff", 1),
    (b"\xfe\xfe\xff\xff", 1),
    (b"\xc0\xaf", 1),
    (b"\xc1\xbf", 1),
    (b"\xe0\x80\xaf", 2),
    (b"\xe0\x9f\xbf", 2),
    (b"\xf0\x80\x80\xaf", 2),
    (b"\xf0\x8f\xbf\xbf", 2),
    (b"\xf8\x80\x80\x80\xaf", 1),
    (b"\xc0\x80", 1),
    (b"\xe0\x80\x80", 2),
    (b"\xf0\x80\x80\x80", 2),
    (b"\xed\xa0\x80", 2),
    (b"\xed\xad\xbf", 2),
    (b"\xed\xbf\xbf", 2),
    (b"\xed\xa0\x80\xed\xb0\x80", 2),
    (b"\xf4\x90\x80\x80", 2),
    (b"\xf5\x80\x80\x80", 1),
];

fn validate<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Result<(), InvalidUtf8> {
    let mut validator = Utf8Validator::new();
    pieces.into_iter().try_for_each(|piece| validator.feed(piece))?;
    validator.finish()
}

#[test]
fn valid_text_is_valid_in_every_split() {
    for text in VALID {
        assert_eq!(validate([*text]), Ok(()));
        assert_eq!(validate(text.chunks(1)), Ok(()));
        for split in 0..=text.len() {
            assert_eq!(validate([&text[..split], &text[split..]]), Ok(()), "{text:x?} at {split}");
        }
    }
}

#[test]
fn invalid_text_is_invalid_in_every_split() {
    for (text, _) in INVALID {
        assert_eq!(validate([*text]), Err(InvalidUtf8), "{text:x?}");
        for split in 0..=text.len() {
            assert_eq!(validate([&text[..split], &text[split..]]), Err(InvalidUtf8), "{text:x?} at {split}");
        }
    }
}

#[test]
fn an_invalid_byte_is_found_as_it_arrives() {
    for &(text, fatal) in INVALID {
        let mut validator = Utf8Validator::new();
        let accepted = text.iter().take_while(|byte| validator.feed(&[**byte]).is_ok()).count();
        assert_eq!(accepted + 1, fatal, "{text:x?}");
    }
}

#[test]
fn an_invalid_byte_behind_much_text_is_found() {
    for (text, _) in INVALID {
        let long = [&b"a".repeat(1000), *text, &b"b".repeat(1000)].concat();
        assert_eq!(validate([&long[..]]), Err(InvalidUtf8), "{text:x?}");
    }
}

#[test]
fn pending_counts_the_bytes_of_the_unfinished_character() {
    let mut validator = Utf8Validator::new();
    for (byte, pending) in [(b'a', 0), (0xf0, 1), (0x9f, 2), (0x98, 3), (0x80, 0)] {
        validator.feed(&[byte]).unwrap();
        assert_eq!(validator.pending(), pending);
    }
}

#[test]
fn a_finished_validator_begins_anew() {
    let mut validator = Utf8Validator::new();
    validator.feed(b"\xf0\x9f").unwrap();
    assert_eq!(validator.finish(), Err(InvalidUtf8));
    assert_eq!(validator.feed(b"a"), Ok(()));
    assert_eq!(validator.finish(), Ok(()));
}

proptest! {
    #[test]
    fn pieces_are_judged_as_the_standard_library_judges_the_whole(
        text in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..20),
            "\\PC{0,40}".prop_map(String::into_bytes),
            ("\\PC{0,80}", any::<u8>(), any::<prop::sample::Index>()).prop_map(|(text, byte, at)| {
                let mut bytes = text.into_bytes();
                bytes.insert(at.index(bytes.len() + 1), byte);
                bytes
            }),
        ],
        size in 1_usize..9,
    ) {
        prop_assert_eq!(validate(text.chunks(size)).is_ok(), std::str::from_utf8(&text).is_ok());
    }
}
