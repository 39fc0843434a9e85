//! Qt's `tst_DataProcessor`, function by function. What is this crate's own stands in `messages`; the rows that end by a
//! time-out stand in `tests/websocket/qt_data_processor.rs`, because the processor has no clock.

use slotwire::websocket::protocol::{
    CloseCode, FrameHeader, MAX_INCOMING_FRAME_SIZE, OpCode, ProtocolError, Role,
};

use crate::support::{Received, Receiver, error, frame, invalid_texts, noncharacters, receive, sample};

/// The sizes of `goodBinaryFrame` and `goodTextFrame`.
fn sizes() -> impl Iterator<Item = usize> {
    (0..=65664).step_by(128)
}

/// What a client receives from a frame with that payload: the frame, and the message that it is.
fn assert_is_message(op_code: OpCode, payload: &[u8], expected: Received) {
    assert_eq!(receive(&frame(true, op_code, payload)), [expected]);
}

/// `tst_DataProcessor::goodBinaryFrame`
#[test]
fn a_binary_frame_of_any_size_and_content_is_a_message() {
    let rows: Vec<_> = sizes().map(sample).chain((0..=u8::MAX).map(|byte| vec![byte])).collect();
    assert_eq!(rows.len(), 770);
    let around_the_forms_of_a_length = [125, 126, 127, 65535, 65536, 65537].map(sample);
    for payload in rows.into_iter().chain(around_the_forms_of_a_length) {
        assert_is_message(OpCode::Binary, &payload, Received::Binary(payload.clone()));
    }
}

/// `tst_DataProcessor::goodTextFrame`
#[test]
fn a_text_frame_of_any_size_and_content_is_a_message() {
    let mut rows: Vec<String> =
        sizes().map(|size| (0..size).map(|at| char::from((at % 0x7F) as u8 + 1)).collect()).collect();
    rows.extend((0..0x80_u8).map(|byte| char::from(byte).to_string()));
    rows.push("þκόσμε\u{10ffff} 日本語, naïve 😀!?".into());
    assert_eq!((rows.len(), rows[642].chars().count()), (643, 22));
    for text in rows {
        assert_is_message(OpCode::Text, text.as_bytes(), Received::Text(text.clone()));
    }
}

/// `tst_DataProcessor::goodControlFrame`
#[test]
fn a_ping_and_a_pong_may_be_empty() {
    assert_is_message(OpCode::Ping, b"", Received::Ping(vec![]));
    assert_is_message(OpCode::Pong, b"", Received::Pong(vec![]));
}

/// `tst_DataProcessor::goodCloseFrame`
#[test]
fn a_close_frame_carries_a_code_and_a_reason() {
    let codes =
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999_u16];
    let mut rows: Vec<(u16, String)> = (0..=123).map(|size| (1000, "a".repeat(size))).collect();
    rows.extend((0..126_u8).map(|byte| (1000, char::from(byte).to_string())));
    rows.extend(codes.map(|code| (code, "Some reason".to_owned())));
    rows.extend(codes.map(|code| (code, String::new())));
    // Qt's rows, and those of the three codes that it does not take.
    assert_eq!(rows.len() + 1, 277 + 6);
    for (code, reason) in rows {
        let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
        assert_is_message(OpCode::Close, &payload, Received::Close(CloseCode::from(code), reason));
    }
    // Without a code, Qt reports 1000.
    assert_is_message(OpCode::Close, b"", Received::Close(CloseCode::Normal, String::new()));
}

/// `tst_DataProcessor::goodOpcodes`
#[test]
fn the_opcodes_of_rfc_6455_are_good_without_a_payload() {
    let rows = [
        (OpCode::Ping, Received::Ping(vec![])),
        (OpCode::Pong, Received::Pong(vec![])),
        (OpCode::Text, Received::Text(String::new())),
        (OpCode::Binary, Received::Binary(vec![])),
        (OpCode::Close, Received::Close(CloseCode::Normal, String::new())),
    ];
    for (op_code, expected) in rows {
        assert_is_message(op_code, b"", expected);
    }
}

/// `tst_DataProcessor::nonCharacterCodes`
#[test]
fn noncharacters_are_text_whole_and_in_frames() {
    let rows: Vec<_> = noncharacters().collect();
    // Qt has each of these a second time for a continuation, and does not test that.
    assert_eq!(2 * rows.len(), 68);
    let of_the_basic_plane = ('\u{fdd0}'..='\u{fdef}').map(|character| character.to_string());
    for text in rows.into_iter().chain(of_the_basic_plane) {
        assert_is_message(OpCode::Text, text.as_bytes(), Received::Text(text.clone()));
        let frames = [frame(false, OpCode::Text, b"a"), frame(true, OpCode::Continue, text.as_bytes())];
        assert_eq!(receive(&frames.concat()), [Received::FragmentedText(format!("a{text}"))]);
    }
}

/// `tst_DataProcessor::frameTooBig`
#[test]
fn a_frame_above_every_limit_is_too_big() {
    let too_big = |op_code| {
        let header = FrameHeader { fin: true, rsv1: false, op_code };
        header.encode(None, MAX_INCOMING_FRAME_SIZE as usize + 1).as_bytes().to_vec()
    };
    let rows = [
        too_big(OpCode::Text),
        too_big(OpCode::Binary),
        [frame(false, OpCode::Text, b"a"), too_big(OpCode::Continue)].concat(),
    ];
    for bytes in rows {
        assert_eq!(receive(&bytes), error(ProtocolError::FrameTooLarge));
    }
    assert_eq!(ProtocolError::FrameTooLarge.close_code(), CloseCode::TooMuchData);
}

/// `tst_DataProcessor::invalidHeader`
#[test]
fn reserved_bits_and_reserved_opcodes_are_an_error() {
    let bits = (1..8_u8).map(|rsv| (0x82 | rsv << 4, ProtocolError::NonZeroRsv));
    let op_codes = (3..8).chain(11..16_u8).map(|bits| (0x80 | bits, ProtocolError::ReservedOpCode));
    let rows: Vec<_> = bits.chain(op_codes).collect();
    assert_eq!(2 * rows.len(), 34);
    for (first, expected) in rows {
        assert_eq!(expected.close_code(), CloseCode::ProtocolError);
        assert_eq!(receive(&[first, 0]), error(expected));
        let continued = [frame(false, OpCode::Text, b"a"), vec![first, 0]].concat();
        assert_eq!(receive(&continued), error(expected));
    }
}

/// `tst_DataProcessor::invalidControlFrame`
#[test]
fn a_control_frame_is_short_and_whole() {
    for op_code in [OpCode::Close, OpCode::Ping, OpCode::Pong].map(OpCode::bits) {
        // Qt has a row for 126; 127 is the other form of a length.
        for length in [126, 127] {
            assert_eq!(receive(&[0x80 | op_code, length]), error(ProtocolError::ControlFrameTooLarge));
        }
        assert_eq!(receive(&[op_code, 0]), error(ProtocolError::FragmentedControlFrame));
    }
    for expected in [ProtocolError::ControlFrameTooLarge, ProtocolError::FragmentedControlFrame] {
        assert_eq!(expected.close_code(), CloseCode::ProtocolError);
    }
}

/// `tst_DataProcessor::invalidCloseFrame`
#[test]
fn an_invalid_close_frame_is_a_close_with_1002() {
    let codes = [1006, 1005, 1004, 1015, 0, 999, 1016, 1100, 2000, 2999, 5000, 65535_u16];
    // Qt's text names 1002 instead of the code.
    let mut rows: Vec<_> = codes
        .map(|code| (code.to_be_bytes().to_vec(), format!("Invalid close code {code} detected.")))
        .into();
    rows.push((b"x".to_vec(), "Payload of close frame is too small.".to_owned()));
    // Qt's rows without those three, and 1016.
    assert_eq!(rows.len(), 15 - 3 + 1);
    for (payload, reason) in rows {
        assert_is_message(OpCode::Close, &payload, Received::Close(CloseCode::ProtocolError, reason));
    }
}

/// `tst_DataProcessor::invalidPayload`
#[test]
fn invalid_text_closes_with_1007_whole_and_in_frames() {
    assert_eq!(2 * invalid_texts().len(), 144);
    for text in invalid_texts() {
        let whole = frame(true, OpCode::Text, &text);
        assert_eq!(receive(&whole), error(ProtocolError::InvalidUtf8), "{text:x?}");
        let continued = [frame(false, OpCode::Text, b"ok"), frame(true, OpCode::Continue, &text)].concat();
        assert_eq!(receive(&continued), error(ProtocolError::InvalidUtf8), "{text:x?}");
    }
    assert_eq!(ProtocolError::InvalidUtf8.close_code(), CloseCode::WrongDatatype);
}

/// `tst_DataProcessor::invalidPayloadInCloseFrame`
#[test]
fn an_invalid_close_reason_closes_with_1007() {
    assert_eq!(invalid_texts().len(), 72);
    for reason in invalid_texts() {
        let payload = [b"\x03\xe8", &reason[..]].concat();
        let expected = Received::Close(CloseCode::WrongDatatype, "Invalid UTF-8 code encountered.".into());
        assert_is_message(OpCode::Close, &payload, expected);
    }
}

/// `tst_DataProcessor::minimumSizeRequirement`
#[test]
fn a_length_must_not_take_more_bytes_than_it_needs() {
    let in_two_bytes = [0, 1, 63, 64, 124, 125_u16]
        .map(|length| ([&[126], &length.to_be_bytes()[..]].concat(), ProtocolError::LengthFitsOneByte));
    let in_eight_bytes = [0, 1, 64, 125, 126, 127, 32767, 32768, 65534, 65535_u64]
        .map(|length| ([&[127], &length.to_be_bytes()[..]].concat(), ProtocolError::LengthFitsTwoBytes));
    let lengths = [&in_two_bytes[..], &in_eight_bytes[..]].concat();
    let op_codes = [OpCode::Text, OpCode::Binary, OpCode::Continue].map(OpCode::bits);
    assert_eq!(op_codes.len() * lengths.len(), 48);
    for (length, expected) in lengths {
        assert_eq!(expected.close_code(), CloseCode::ProtocolError);
        for first in op_codes.into_iter().flat_map(|op_code| [op_code, 0x80 | op_code]) {
            assert_eq!(receive(&[&[first], &length[..]].concat()), error(expected));
        }
    }
}

/// `tst_DataProcessor::clearDataBuffers`
#[test]
fn a_message_put_together_leaves_nothing_to_the_one_received_inside_of_it() {
    let mut receiver = Receiver::new(Role::Client);
    let mut outer = [frame(false, OpCode::Text, b"hello "), frame(true, OpCode::Continue, b"world")].concat();
    let mut input = &mut outer[..];
    let held = receiver.processor.process(&mut input, &mut receiver.pool).unwrap();
    assert!(!receiver.processor.is_mid_message());

    let nested = [frame(false, OpCode::Text, b"good"), frame(true, OpCode::Continue, b"bye")].concat();
    assert_eq!(receiver.feed(&nested), [Received::FragmentedText("goodbye".into())]);
    assert_eq!(Received::from(&held), Received::FragmentedText("hello world".into()));
}
