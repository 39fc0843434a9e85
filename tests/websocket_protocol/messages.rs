//! What the processor does beyond the rows of Qt's tests, which stand in `data_processor` and `frame`.

use slotwire::websocket::protocol::{
    CloseCode, Event, FrameHeader, MAX_INCOMING_FRAME_SIZE, MAX_INCOMING_MESSAGE_SIZE, OpCode, ProtocolError,
    Role, write_frame,
};

use crate::support::{KEY, Received, Receiver, error, frame, is_borrowed, masked_frame, receive, sample};

#[test]
fn a_byte_order_mark_is_content() {
    let text = "\u{feff}mark";
    assert_eq!(receive(&frame(true, OpCode::Text, text.as_bytes())), [Received::Text(text.into())]);
    let pieces =
        [frame(false, OpCode::Text, b"\xef\xbb"), frame(true, OpCode::Continue, b"\xbfmark")].concat();
    assert_eq!(receive(&pieces), [Received::FragmentedText(text.into())]);
}

#[test]
fn ping_and_pong_carry_up_to_125_bytes() {
    for size in [0, 1, 124, 125] {
        let payload = sample(size);
        assert_eq!(receive(&frame(true, OpCode::Ping, &payload)), [Received::Ping(payload.clone())]);
        assert_eq!(receive(&frame(true, OpCode::Pong, &payload)), [Received::Pong(payload)]);
    }
}

#[test]
fn reserved_bits_are_an_error_in_any_frame() {
    for rsv in 1..8_u8 {
        for op_code in 0..16 {
            let bytes = [0x80 | rsv << 4 | op_code, 0];
            assert_eq!(receive(&bytes), error(ProtocolError::NonZeroRsv));
            let continued = [frame(false, OpCode::Text, b"a"), bytes.to_vec()].concat();
            assert_eq!(receive(&continued), error(ProtocolError::NonZeroRsv));
        }
    }
}

#[test]
fn a_length_with_the_highest_bit_is_an_error() {
    let bytes = [&[0x82, 127], &(1_u64 << 63).to_be_bytes()[..]].concat();
    assert_eq!(receive(&bytes), error(ProtocolError::LengthHighestBitSet));
}

#[test]
fn the_checks_come_in_qts_order() {
    let rows: [(&[u8], ProtocolError); 5] = [
        (b"\xf3\xfe", ProtocolError::NonZeroRsv),
        (b"\x03\xfe", ProtocolError::ReservedOpCode),
        (b"\x08\xfe", ProtocolError::ControlFrameTooLarge),
        (b"\x08\x80", ProtocolError::FragmentedControlFrame),
        (b"\x81\xfe\x00\x00", ProtocolError::MaskedFrame),
    ];
    for (bytes, expected) in rows {
        assert_eq!(receive(bytes), error(expected));
    }
}

#[test]
fn the_limits_are_settable_up_to_their_maximum() {
    let mut processor = Receiver::new(Role::Client).processor;
    assert_eq!(processor.max_allowed_frame_size(), MAX_INCOMING_FRAME_SIZE);
    assert_eq!(processor.max_allowed_message_size(), MAX_INCOMING_MESSAGE_SIZE);
    processor.set_max_allowed_frame_size(1000);
    processor.set_max_allowed_message_size(2000);
    for too_large in [MAX_INCOMING_MESSAGE_SIZE + 1, u64::from(u32::MAX) + 1, u64::MAX] {
        processor.set_max_allowed_frame_size(too_large);
        processor.set_max_allowed_message_size(too_large);
        assert_eq!((processor.max_allowed_frame_size(), processor.max_allowed_message_size()), (1000, 2000));
    }
    processor.set_max_allowed_frame_size(MAX_INCOMING_FRAME_SIZE);
    processor.set_max_allowed_message_size(MAX_INCOMING_MESSAGE_SIZE);
    assert_eq!(processor.max_allowed_frame_size(), MAX_INCOMING_FRAME_SIZE);
    assert_eq!(processor.max_allowed_message_size(), MAX_INCOMING_MESSAGE_SIZE);
}

#[test]
fn a_processor_receives_as_the_end_that_it_is_set_to() {
    let mut receiver = Receiver::new(Role::Server);
    receiver.processor.set_role(Role::Client);
    assert_eq!(receiver.processor.role(), Role::Client);
    assert_eq!(receiver.feed(&frame(true, OpCode::Text, b"a")), [Received::Text("a".into())]);
}

#[test]
fn a_frame_may_have_the_size_that_is_allowed() {
    for op_code in [OpCode::Text, OpCode::Binary, OpCode::Ping] {
        let mut receiver = Receiver::new(Role::Client);
        receiver.processor.set_max_allowed_frame_size(5);
        assert_eq!(receiver.feed(&frame(true, op_code, b"12345")).len(), 1);
        assert_eq!(receiver.feed(&frame(true, op_code, b"123456")), error(ProtocolError::FrameTooLarge));
    }
}

#[test]
fn a_frame_limit_of_zero_takes_empty_frames() {
    let mut receiver = Receiver::new(Role::Client);
    receiver.processor.set_max_allowed_frame_size(0);
    assert_eq!(receiver.feed(&frame(true, OpCode::Text, b"")), [Received::Text(String::new())]);
    assert_eq!(receiver.feed(&frame(true, OpCode::Text, b"a")), error(ProtocolError::FrameTooLarge));
}

#[test]
fn a_message_limit_counts_the_bytes_of_all_frames() {
    for op_code in [OpCode::Text, OpCode::Binary] {
        let mut receiver = Receiver::new(Role::Client);
        receiver.processor.set_max_allowed_message_size(10);
        assert_eq!(receiver.feed(&frame(true, op_code, &[b'a'; 10])).len(), 1);
        assert_eq!(receiver.feed(&frame(false, op_code, "€€€".as_bytes())), []);
        let rest = frame(true, OpCode::Continue, "€".as_bytes());
        assert_eq!(receiver.feed(&rest), error(ProtocolError::MessageTooLarge));
    }
}

#[test]
fn a_message_that_is_too_big_is_refused_by_its_header() {
    let mut receiver = Receiver::new(Role::Client);
    receiver.processor.set_max_allowed_message_size(1000);
    assert_eq!(receiver.feed(&[0x82, 126]), []);
    assert_eq!(receiver.feed(&1001_u16.to_be_bytes()), error(ProtocolError::MessageTooLarge));
}

#[test]
fn a_continuation_needs_a_beginning() {
    for fin in [false, true] {
        let bytes = frame(fin, OpCode::Continue, b"a");
        assert_eq!(receive(&bytes), error(ProtocolError::UnexpectedContinuation));
        let after_message = [frame(true, OpCode::Text, b"a"), bytes].concat();
        let expected = [Received::Text("a".into()), Received::Error(ProtocolError::UnexpectedContinuation)];
        assert_eq!(receive(&after_message), expected);
    }
}

#[test]
fn a_message_must_end_before_the_next() {
    for op_code in [OpCode::Text, OpCode::Binary] {
        for fin in [false, true] {
            let bytes = [frame(false, OpCode::Text, b"a"), frame(fin, op_code, b"b")].concat();
            assert_eq!(receive(&bytes), error(ProtocolError::ExpectedContinuation));
        }
    }
}

#[test]
fn masking_is_enforced_both_ways() {
    assert_eq!(receive(&masked_frame(true, OpCode::Text, b"a")), error(ProtocolError::MaskedFrame));
    let received = Receiver::new(Role::Server).feed(&frame(true, OpCode::Text, b"a"));
    assert_eq!(received, error(ProtocolError::UnmaskedFrame));
}

#[test]
fn a_mask_key_of_zero_is_a_mask() {
    let mut bytes = Vec::new();
    write_frame(&mut bytes, FrameHeader::whole(OpCode::Text), Some([0; 4]), b"plain");
    assert_eq!(Receiver::new(Role::Server).feed(&bytes), [Received::Text("plain".into())]);
}

#[test]
fn invalid_text_is_found_before_its_frame_is_complete() {
    let header = FrameHeader::whole(OpCode::Text).encode(None, 100);
    let mut receiver = Receiver::new(Role::Client);
    assert_eq!(receiver.feed(&[header.as_bytes(), b"abc\xf4"].concat()), []);
    assert_eq!(receiver.feed(b"\x90"), error(ProtocolError::InvalidUtf8));
}

#[test]
fn every_error_has_its_close_code_and_text() {
    let rows = [
        (ProtocolError::NonZeroRsv, 1002, "Rsv field is non-zero"),
        (ProtocolError::ReservedOpCode, 1002, "Used reserved opcode"),
        (ProtocolError::ControlFrameTooLarge, 1002, "Control frame is larger than 125 bytes"),
        (ProtocolError::FragmentedControlFrame, 1002, "Control frames cannot be fragmented"),
        (ProtocolError::LengthFitsOneByte, 1002, "Lengths smaller than 126 must be expressed as one byte."),
        (ProtocolError::LengthHighestBitSet, 1002, "Highest bit of payload length is not 0."),
        (
            ProtocolError::LengthFitsTwoBytes,
            1002,
            "Lengths smaller than 65536 (2^16) must be expressed as 2 bytes.",
        ),
        (ProtocolError::FrameTooLarge, 1009, "Maximum framesize exceeded."),
        (
            ProtocolError::UnexpectedContinuation,
            1002,
            "Received Continuation frame, while there is nothing to continue.",
        ),
        (
            ProtocolError::ExpectedContinuation,
            1002,
            "All data frames after the initial data frame must have opcode 0 (continuation).",
        ),
        (ProtocolError::MessageTooLarge, 1009, "Received message is too big."),
        (ProtocolError::InvalidUtf8, 1007, "Invalid UTF-8 code encountered."),
        (ProtocolError::ClosePayloadTooSmall, 1002, "Payload of close frame is too small."),
        (ProtocolError::InvalidCloseCode(1005), 1002, "Invalid close code 1005 detected."),
    ];
    for (error, code, text) in rows {
        assert_eq!(error.close_code(), CloseCode::from(code));
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn control_frames_may_come_between_fragments() {
    let bytes = [
        frame(false, OpCode::Text, b"one"),
        frame(true, OpCode::Ping, b"ping"),
        frame(false, OpCode::Continue, b"two"),
        frame(true, OpCode::Pong, b"pong"),
        frame(true, OpCode::Continue, b"three"),
    ];
    let expected = [
        Received::Ping(b"ping".to_vec()),
        Received::Pong(b"pong".to_vec()),
        Received::FragmentedText("onetwothree".into()),
    ];
    assert_eq!(receive(&bytes.concat()), expected);
}

#[test]
fn frames_are_reported_before_their_message_if_they_are_wanted() {
    let bytes = [
        frame(false, OpCode::Binary, b"one"),
        frame(false, OpCode::Continue, b""),
        frame(true, OpCode::Continue, b"two"),
        frame(true, OpCode::Binary, b"single"),
    ];
    let expected = [
        Received::BinaryFrame(b"one".to_vec(), false),
        Received::BinaryFrame(b"".to_vec(), false),
        Received::BinaryFrame(b"two".to_vec(), true),
        Received::FragmentedBinary(b"onetwo".to_vec()),
        Received::Binary(b"single".to_vec()),
    ];
    assert_eq!(Receiver::with_frames(Role::Client).feed(&bytes.concat()), expected);
}

#[test]
fn a_text_frame_carries_complete_characters() {
    let bytes = [
        frame(false, OpCode::Text, b"a\xf0"),
        frame(false, OpCode::Continue, b"\x9f\x98"),
        frame(false, OpCode::Continue, b"\x80\xe2\x82"),
        frame(true, OpCode::Continue, b"\xacb"),
    ];
    let expected = [
        Received::TextFrame("a".into(), false),
        Received::TextFrame("".into(), false),
        Received::TextFrame("😀".into(), false),
        Received::TextFrame("€b".into(), true),
        Received::FragmentedText("a😀€b".into()),
    ];
    assert_eq!(Receiver::with_frames(Role::Client).feed(&bytes.concat()), expected);
}

#[test]
fn a_character_must_be_complete_at_the_end_of_the_message() {
    let bytes = [frame(false, OpCode::Text, b"a"), frame(true, OpCode::Continue, b"\xe2\x82")].concat();
    assert_eq!(receive(&bytes), error(ProtocolError::InvalidUtf8));
    let empty_end = [frame(false, OpCode::Text, b"a\xe2"), frame(true, OpCode::Continue, b"")].concat();
    assert_eq!(receive(&empty_end), error(ProtocolError::InvalidUtf8));
}

#[test]
fn nothing_comes_after_a_close_frame() {
    let mut receiver = Receiver::new(Role::Client);
    let bytes = [frame(true, OpCode::Close, b""), frame(true, OpCode::Text, b"late")].concat();
    assert_eq!(receiver.feed(&bytes), [Received::Close(CloseCode::Normal, String::new())]);
    assert!(receiver.processor.is_finished());
    assert_eq!(receiver.feed(&frame(true, OpCode::Text, b"later")), []);
}

#[test]
fn nothing_comes_after_an_error() {
    let mut receiver = Receiver::new(Role::Client);
    assert_eq!(receiver.feed(b"\xff\xff rubbish"), error(ProtocolError::NonZeroRsv));
    assert!(receiver.processor.is_finished());
    assert_eq!(receiver.feed(&frame(true, OpCode::Text, b"later")), []);
}

#[test]
fn a_cleared_processor_begins_anew() {
    let beginnings = [
        frame(true, OpCode::Close, b""),
        frame(false, OpCode::Text, b"part"),
        vec![0x81, 5, b'a'],
        vec![0x81],
        vec![0x89, 5, b'a'],
    ];
    for beginning in beginnings {
        let mut receiver = Receiver::new(Role::Client);
        receiver.feed(&beginning);
        receiver.processor.clear();
        assert!(!receiver.processor.is_mid_frame() && !receiver.processor.is_mid_message());
        assert_eq!(receiver.feed(&frame(true, OpCode::Text, b"new")), [Received::Text("new".into())]);
    }
}

#[test]
fn the_processor_knows_whether_something_is_unfinished() {
    let rows: [(&[u8], bool, bool); 9] = [
        (b"", false, false),
        (b"\x81", true, false),
        (b"\x81\x05", true, true),
        (b"\x81\x05Hell", true, true),
        (b"\x81\x05Hello", false, false),
        (b"\x01\x05Hello", false, true),
        (b"\x01\x05Hello\x80", true, true),
        (b"\x89\x05pin", true, false),
        (b"\x88\x00", false, false),
    ];
    for (bytes, mid_frame, mid_message) in rows {
        let mut receiver = Receiver::new(Role::Client);
        receiver.feed(bytes);
        assert_eq!(receiver.processor.is_mid_frame(), mid_frame, "{bytes:x?}");
        assert_eq!(receiver.processor.is_mid_message(), mid_message, "{bytes:x?}");
    }
}

#[test]
fn a_message_in_the_input_is_not_copied() {
    let mut receiver = Receiver::new(Role::Server);
    let mut bytes = masked_frame(true, OpCode::Binary, &sample(100_000));
    let payload_start = bytes.as_ptr().addr() + 14;
    let mut input = &mut bytes[..];
    let Some(Event::BinaryMessage { payload, .. }) =
        receiver.processor.process(&mut input, &mut receiver.pool)
    else {
        panic!("no message");
    };
    assert!(is_borrowed(&payload));
    assert_eq!(payload.as_bytes().as_ptr().addr(), payload_start);
}

#[test]
fn a_frame_of_a_fragmented_message_in_the_input_is_not_copied() {
    let mut receiver = Receiver::with_frames(Role::Server);
    let mut bytes = masked_frame(false, OpCode::Binary, b"fragment");
    let mut input = &mut bytes[..];
    let event = receiver.processor.process(&mut input, &mut receiver.pool);
    assert!(matches!(event, Some(Event::BinaryFrame { payload, .. }) if is_borrowed(&payload)));
}

#[test]
fn an_event_can_be_held_while_the_processor_takes_other_input() {
    let mut receiver = Receiver::with_frames(Role::Client);
    let mut outer = [frame(true, OpCode::Text, b"outer"), frame(true, OpCode::Text, b"rest")].concat();
    let mut input = &mut outer[..];
    let held = receiver.processor.process(&mut input, &mut receiver.pool).unwrap();

    let nested = [
        frame(false, OpCode::Text, b"ne"),
        frame(true, OpCode::Continue, b"sted"),
        frame(true, OpCode::Ping, b""),
    ];
    let expected = [
        Received::TextFrame("ne".into(), false),
        Received::TextFrame("sted".into(), true),
        Received::FragmentedText("nested".into()),
        Received::Ping(b"".to_vec()),
    ];
    assert_eq!(receiver.feed(&nested.concat()), expected);

    assert_eq!(Received::from(&held), Received::Text("outer".into()));
    let rest = receiver.processor.process(&mut input, &mut receiver.pool).unwrap();
    assert_eq!(Received::from(&rest), Received::Text("rest".into()));
}

#[test]
fn the_message_of_a_last_frame_comes_first_if_its_slot_enters_again() {
    let mut receiver = Receiver::with_frames(Role::Client);
    let mut outer = [frame(false, OpCode::Text, b"a"), frame(true, OpCode::Continue, b"b")].concat();
    let mut input = &mut outer[..];
    receiver.processor.process(&mut input, &mut receiver.pool).unwrap();
    let last = receiver.processor.process(&mut input, &mut receiver.pool).unwrap();
    assert_eq!(Received::from(&last), Received::TextFrame("b".into(), true));

    let nested = receiver.feed(&frame(true, OpCode::Text, b"nested"));
    assert_eq!(nested, [Received::FragmentedText("ab".into()), Received::Text("nested".into())]);
    assert!(receiver.processor.process(&mut input, &mut receiver.pool).is_none());
}

#[test]
fn rsv1_is_for_the_first_frame_of_a_message_and_only_if_allowed() {
    let mut compressed = Vec::new();
    let header = FrameHeader { fin: true, rsv1: true, op_code: OpCode::Text };
    write_frame(&mut compressed, header, Some(KEY), b"\xff\xfe");

    let mut receiver = Receiver::new(Role::Server);
    assert_eq!(receiver.feed(&compressed), error(ProtocolError::NonZeroRsv));

    let mut receiver = Receiver::with_frames(Role::Server);
    receiver.processor.set_rsv1_allowed(true);
    let expected = Received::Extended(OpCode::Text, b"\xff\xfe".to_vec());
    assert_eq!(receiver.feed(&compressed), [expected]);

    let mut fragments = Vec::new();
    write_frame(&mut fragments, FrameHeader { fin: false, ..header }, Some(KEY), b"\xff");
    fragments.extend(masked_frame(true, OpCode::Continue, b"\xfe"));
    assert_eq!(receiver.feed(&fragments), [Received::Extended(OpCode::Text, b"\xff\xfe".to_vec())]);

    for op_code in [OpCode::Continue, OpCode::Ping, OpCode::Close] {
        let mut receiver = Receiver::new(Role::Client);
        receiver.processor.set_rsv1_allowed(true);
        let header = FrameHeader { fin: true, rsv1: true, op_code };
        assert_eq!(receiver.feed(header.encode(None, 0).as_bytes()), error(ProtocolError::NonZeroRsv));
    }
}

#[test]
fn an_idle_processor_is_small() {
    assert!(size_of::<slotwire::websocket::protocol::DataProcessor>() <= 128);
}
