//! Wherever the stream is cut, the same arrives.

use proptest::prelude::*;
use slotwire::websocket::protocol::{CloseCode, FrameHeader, OpCode, Role, write_close_frame, write_frame};

use crate::support::{KEY, Received, Receiver, sample};

/// A stream that has everything in it, as a client sends it.
fn conversation() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut send = |fin, op_code, payload: &[u8]| {
        write_frame(&mut bytes, FrameHeader { fin, rsv1: false, op_code }, Some(KEY), payload);
    };
    send(true, OpCode::Text, "Grüße, 世界 😀".as_bytes());
    send(true, OpCode::Binary, &sample(200));
    send(true, OpCode::Text, b"");
    send(true, OpCode::Ping, b"");
    send(false, OpCode::Text, b"frag\xf0\x9f");
    send(true, OpCode::Ping, b"in between");
    send(false, OpCode::Continue, b"\x98");
    send(false, OpCode::Continue, b"");
    send(true, OpCode::Continue, b"\x80ment");
    send(false, OpCode::Binary, &sample(130));
    send(true, OpCode::Pong, b"unasked");
    send(true, OpCode::Continue, &sample(3));
    write_close_frame(&mut bytes, Some(KEY), CloseCode::GoingAway, "tschüß");
    bytes.extend(b"ignored");
    bytes
}

fn receive_whole(bytes: &[u8]) -> Vec<Received> {
    Receiver::with_frames(Role::Server).feed(bytes)
}

#[test]
fn the_conversation_is_understood() {
    let fragmented = [sample(130), sample(3)].concat();
    let expected = [
        Received::Text("Grüße, 世界 😀".into()),
        Received::Binary(sample(200)),
        Received::Text(String::new()),
        Received::Ping(vec![]),
        Received::TextFrame("frag".into(), false),
        Received::Ping(b"in between".to_vec()),
        Received::TextFrame(String::new(), false),
        Received::TextFrame(String::new(), false),
        Received::TextFrame("😀ment".into(), true),
        Received::FragmentedText("frag😀ment".into()),
        Received::BinaryFrame(sample(130), false),
        Received::Pong(b"unasked".to_vec()),
        Received::BinaryFrame(sample(3), true),
        Received::FragmentedBinary(fragmented),
        Received::Close(CloseCode::GoingAway, "tschüß".into()),
    ];
    assert_eq!(receive_whole(&conversation()), expected);
}

#[test]
fn one_cut_anywhere_changes_nothing() {
    let bytes = conversation();
    let expected = receive_whole(&bytes);
    for cut in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        let received = Receiver::with_frames(Role::Server).feed_all([head, tail]);
        assert_eq!(received, expected, "cut at {cut}");
    }
}

#[test]
fn pieces_of_any_one_size_change_nothing() {
    let bytes = conversation();
    let expected = receive_whole(&bytes);
    for size in 1..40 {
        let received = Receiver::with_frames(Role::Server).feed_all(bytes.chunks(size));
        assert_eq!(received, expected, "pieces of {size}");
    }
}

#[test]
fn an_empty_read_changes_nothing() {
    let bytes = conversation();
    let pieces = bytes.chunks(1).flat_map(|byte| [byte, &[]]);
    let received = Receiver::with_frames(Role::Server).feed_all(pieces);
    assert_eq!(received, receive_whole(&bytes));
}

#[test]
fn every_length_of_header_may_be_cut() {
    for size in [0, 125, 126, 65535, 65536] {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, FrameHeader::whole(OpCode::Binary), Some(KEY), &sample(size));
        for cut in 0..=14.min(bytes.len()) {
            let (head, tail) = bytes.split_at(cut);
            let received = Receiver::new(Role::Server).feed_all([head, tail]);
            assert_eq!(received, [Received::Binary(sample(size))]);
        }
    }
}

#[test]
fn an_error_in_pieces_is_the_same_error() {
    let broken: [&[u8]; 8] = [
        b"\x91\x80",
        b"\x83\x80",
        b"\x88\xfe\x00\x7e",
        b"\x08\x80",
        b"\x81\x05Hello",
        b"\x81\xfe\x00\x05",
        b"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff",
        b"\x80\x80\x00\x00\x00\x00",
    ];
    for bytes in broken {
        let expected = receive_whole(bytes);
        assert!(matches!(expected[..], [Received::Error(_)]));
        for size in 1..bytes.len() {
            let received = Receiver::with_frames(Role::Server).feed_all(bytes.chunks(size));
            assert_eq!(received, expected, "{bytes:x?} in pieces of {size}");
        }
    }
}

proptest! {
    #[test]
    fn cuts_at_random_change_nothing(cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..30)) {
        let bytes = conversation();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
        let received = Receiver::with_frames(Role::Server).feed_all(pieces);
        prop_assert_eq!(received, receive_whole(&bytes));
    }
}
