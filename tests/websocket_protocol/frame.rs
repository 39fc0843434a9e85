//! Qt's `tst_WebSocketFrame`, function by function, and then what is this crate's own.
//!
//! Qt has one class for a frame. Here a [`FrameHeader`] is written, and the processor reads: a frame that is valid is an
//! event, an invalid one an error, and a truncated one is waited for.

use proptest::prelude::*;
use slotwire::websocket::protocol::{
    CloseCode, FrameHeader, MAX_INCOMING_FRAME_SIZE, OpCode, ProtocolError, Role, fragments, truncate_reason,
    write_close_frame, write_frame,
};

use crate::support::{KEY, Received, Receiver, error, frame, masked_frame, receive, sample};

/// `tst_WebSocketFrame::tst_initialization`
#[test]
fn before_the_first_frame_there_is_nothing() {
    let mut receiver = Receiver::new(Role::Client);
    assert_eq!(receiver.feed(b""), []);
    let processor = &receiver.processor;
    assert!(!processor.is_mid_frame() && !processor.is_mid_message() && !processor.is_finished());
    assert_eq!(processor.max_allowed_frame_size(), MAX_INCOMING_FRAME_SIZE);
}

/// `tst_WebSocketFrame::tst_copyConstructorAndAssignment`
#[test]
fn a_header_is_a_value() {
    let original = FrameHeader { fin: false, rsv1: true, op_code: OpCode::Binary };
    let copy = original;
    let mut assigned = FrameHeader::whole(OpCode::Text);
    assert_ne!(assigned, original);
    assigned = copy;
    assert_eq!((copy, assigned), (original, original));
    let encoded = original.encode(Some(KEY), 1000);
    let copy = encoded;
    assert_eq!(copy.as_bytes(), encoded.as_bytes());
}

/// `tst_WebSocketFrame::tst_goodFrames`
#[test]
fn a_frame_is_read_as_it_was_written() {
    let close = [&1001_u16.to_be_bytes()[..], b"Good-bye"].concat();
    let rows = [
        (OpCode::Text, &b"Hello world!"[..], Received::Text("Hello world!".into())),
        (OpCode::Binary, b"\x00\x01\x02\xff", Received::Binary(vec![0, 1, 2, 0xFF])),
        (OpCode::Ping, b"ping", Received::Ping(b"ping".to_vec())),
        (OpCode::Pong, b"", Received::Pong(vec![])),
        (OpCode::Close, &close, Received::Close(CloseCode::GoingAway, "Good-bye".into())),
    ];
    // Each as a server sends it, and masked, as a client does.
    assert_eq!(2 * rows.len(), 10);
    for (op_code, payload, expected) in rows {
        assert_eq!(receive(&frame(true, op_code, payload)), std::slice::from_ref(&expected));
        assert_eq!(Receiver::new(Role::Server).feed(&masked_frame(true, op_code, payload)), [expected]);
    }
}

/// `tst_WebSocketFrame::tst_invalidFrames`
#[test]
fn an_invalid_frame_is_an_error_of_the_protocol() {
    let op_codes = (3..8).chain(11..16).map(|bits| ([0x80 | bits, 0], ProtocolError::ReservedOpCode));
    let mut rows: Vec<_> = op_codes.collect();
    rows.extend((1..8).map(|rsv| ([0x81 | rsv << 4, 0], ProtocolError::NonZeroRsv)));
    rows.extend([8, 9, 10].map(|bits| ([bits, 0], ProtocolError::FragmentedControlFrame)));
    rows.extend([126, 127].map(|length| ([0x89, length], ProtocolError::ControlFrameTooLarge)));
    assert_eq!(rows.len(), 22);
    for (bytes, expected) in rows {
        assert_eq!(expected.close_code(), CloseCode::ProtocolError);
        assert_eq!(receive(&bytes), error(expected), "{bytes:x?}");
    }
}

/// `tst_WebSocketFrame::tst_malformedFrames`
///
/// What is waited for in vain is a close with 1001 when the time is up: `tests/websocket/qt_data_processor.rs`.
#[test]
fn a_truncated_frame_is_waited_for_and_a_wrong_length_is_an_error() {
    let truncated: [&[u8]; 11] = [
        b"\x81",
        b"\x81\x05",
        b"\x81\x05Hell",
        b"\x82\x7e",
        b"\x82\x7e\x01",
        b"\x82\x7e\x01\x00",
        b"\x82\x7f",
        b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00",
        b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
        b"\x89\x04pin",
        b"\x88\x02\x03",
    ];
    let mut masked = Receiver::new(Role::Server);
    assert_eq!(masked.feed(b"\x81\x85\x12\x34\x56"), []);
    assert!(masked.processor.is_mid_frame());
    for bytes in truncated {
        let mut receiver = Receiver::new(Role::Client);
        assert_eq!(receiver.feed(bytes), [], "{bytes:x?}");
        assert!(receiver.processor.is_mid_frame(), "{bytes:x?}");
    }
    let with_length = |length: u64| [&[0x82, 127], &length.to_be_bytes()[..]].concat();
    let wrong = [
        (with_length(MAX_INCOMING_FRAME_SIZE + 1), ProtocolError::FrameTooLarge, 1009),
        (with_length(i64::MAX as u64), ProtocolError::FrameTooLarge, 1009),
        (with_length(1 << 63), ProtocolError::LengthHighestBitSet, 1002),
        (with_length(65535), ProtocolError::LengthFitsTwoBytes, 1002),
        (with_length(125), ProtocolError::LengthFitsTwoBytes, 1002),
        (vec![0x82, 126, 0, 125], ProtocolError::LengthFitsOneByte, 1002),
    ];
    assert_eq!(1 + truncated.len() + wrong.len(), 18);
    for (bytes, expected, code) in wrong {
        assert_eq!(receive(&bytes), error(expected), "{bytes:x?}");
        assert_eq!(expected.close_code(), CloseCode::from(code));
    }
}

#[test]
fn a_length_takes_as_few_bytes_as_it_can() {
    let rows: [(usize, &[u8]); 7] = [
        (0, &[0x82, 0]),
        (1, &[0x82, 1]),
        (125, &[0x82, 125]),
        (126, &[0x82, 126, 0, 126]),
        (65535, &[0x82, 126, 0xFF, 0xFF]),
        (65536, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        (0x0123_4567, &[0x82, 127, 0, 0, 0, 0, 0x01, 0x23, 0x45, 0x67]),
    ];
    for (length, expected) in rows {
        assert_eq!(FrameHeader::whole(OpCode::Binary).encode(None, length).as_bytes(), expected);

        let mut masked = expected.to_vec();
        masked[1] |= 0x80;
        masked.extend(KEY);
        assert_eq!(FrameHeader::whole(OpCode::Binary).encode(Some(KEY), length).as_bytes(), masked);
    }
}

#[test]
fn the_first_byte_is_fin_rsv1_and_opcode() {
    for op_code in [OpCode::Continue, OpCode::Text, OpCode::Binary, OpCode::Close, OpCode::Ping, OpCode::Pong]
    {
        for (fin, rsv1, flags) in
            [(false, false, 0), (true, false, 0x80), (false, true, 0x40), (true, true, 0xC0)]
        {
            let header = FrameHeader { fin, rsv1, op_code };
            assert_eq!(header.encode(None, 0).as_bytes()[0], flags | op_code.bits());
        }
    }
}

#[test]
fn a_key_of_zero_is_written_as_a_mask() {
    let mut out = Vec::new();
    write_frame(&mut out, FrameHeader::whole(OpCode::Text), Some([0; 4]), b"hi");
    assert_eq!(out, b"\x81\x82\0\0\0\0hi");
}

#[test]
fn frames_are_appended() {
    let mut out = b"before".to_vec();
    write_frame(&mut out, FrameHeader::whole(OpCode::Ping), None, b"");
    write_frame(&mut out, FrameHeader::whole(OpCode::Pong), None, b"x");
    assert_eq!(out, b"before\x89\x00\x8a\x01x");
}

#[test]
fn a_close_frame_has_its_code_even_if_it_is_invalid() {
    for (code, bytes) in [(CloseCode::MissingStatusCode, [3, 0xED]), (CloseCode::from(0), [0, 0])] {
        let mut out = Vec::new();
        write_close_frame(&mut out, None, code, "");
        assert_eq!(out, [0x88, 2, bytes[0], bytes[1]]);
    }
}

#[test]
fn a_masked_close_frame_is_read_back() {
    let mut out = Vec::new();
    write_close_frame(&mut out, Some(KEY), CloseCode::GoingAway, "wählt");
    let received = Receiver::new(Role::Server).feed(&out);
    assert_eq!(received, [Received::Close(CloseCode::GoingAway, "wählt".into())]);
}

#[test]
fn a_reason_is_cut_between_characters() {
    for (reason, size) in [("a".repeat(123), 123), ("a".repeat(124), 123), ("€".repeat(41), 123)] {
        assert_eq!(truncate_reason(&reason).len(), size);
    }
    assert_eq!(truncate_reason(&format!("{}é", "a".repeat(122))).len(), 122);
    assert_eq!(truncate_reason(&format!("{}😀", "a".repeat(120))).len(), 120);

    let mut out = Vec::new();
    write_close_frame(&mut out, None, CloseCode::Normal, &"é".repeat(200));
    assert_eq!(receive(&out), [Received::Close(CloseCode::Normal, "é".repeat(61))]);
}

#[test]
fn a_message_is_cut_into_frames() {
    let rows: [(usize, usize, &[usize]); 7] = [
        (0, 10, &[0]),
        (9, 10, &[9]),
        (10, 10, &[10]),
        (11, 10, &[10, 1]),
        (20, 10, &[10, 10]),
        (25, 10, &[10, 10, 5]),
        (25, 0, &[25]),
    ];
    for (size, frame_size, expected) in rows {
        let message = sample(size);
        let frames: Vec<_> = fragments(OpCode::Binary, &message, frame_size).collect();
        let sizes: Vec<_> = frames.iter().map(|(_, payload)| payload.len()).collect();
        assert_eq!(sizes, expected);
        for (index, (header, _)) in frames.iter().enumerate() {
            assert_eq!(header.fin, index + 1 == frames.len());
            assert_eq!(header.op_code, if index == 0 { OpCode::Binary } else { OpCode::Continue });
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        size in 0_usize..70_000,
        frame_size in 0_usize..30_000,
        key: Option<[u8; 4]>,
    ) {
        let payload = sample(size);
        let frame_size = if frame_size == 0 { 0 } else { frame_size.max(1000) };
        let mut out = Vec::new();
        for (header, fragment) in fragments(OpCode::Binary, &payload, frame_size) {
            write_frame(&mut out, header, key, fragment);
        }
        let role = if key.is_some() { Role::Server } else { Role::Client };
        let is_single = frame_size == 0 || payload.len() <= frame_size;
        let expected =
            if is_single { Received::Binary(payload) } else { Received::FragmentedBinary(payload) };
        prop_assert_eq!(Receiver::new(role).feed(&out), [expected]);
    }
}
