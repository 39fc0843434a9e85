//! Whatever a peer sends, nothing breaks and memory stays bounded.

use proptest::prelude::*;
use slotwire::websocket::protocol::{
    FrameHeader, HandshakeRequest, OpCode, Role, find_header_end, read_handshake_response,
};

use crate::support::{KEY, Received, Receiver, frame};

/// Bytes that look like frames far more often than random ones do.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = (any::<bool>(), 0_u8..16, prop::collection::vec(any::<u8>(), 0..140), any::<u8>());
    prop::collection::vec(piece, 0..12).prop_map(|pieces| {
        let mut bytes = Vec::new();
        for (fin, op_code, payload, noise) in pieces {
            let op_code = OpCode::from_bits(op_code).unwrap_or(OpCode::Continue);
            bytes.extend_from_slice(
                FrameHeader { fin, rsv1: false, op_code }.encode(Some(KEY), payload.len()).as_bytes(),
            );
            bytes.extend(payload);
            if noise > 240 {
                bytes.push(noise);
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn random_bytes_never_break_the_processor(
        bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..400), stream()],
        size in 1_usize..100,
        is_server: bool,
        wants_frames: bool,
    ) {
        let role = if is_server { Role::Server } else { Role::Client };
        let mut receiver = Receiver::new(role);
        receiver.processor.set_wants_frames(wants_frames);
        let received = receiver.feed_all(bytes.chunks(size));
        let last = received.iter().position(|event| matches!(event, Received::Close(..) | Received::Error(_)));
        prop_assert_eq!(last.is_some(), receiver.processor.is_finished());
        if let Some(last) = last {
            prop_assert_eq!(last + 1, received.len());
        }
    }

    #[test]
    fn the_size_of_the_pieces_makes_no_difference(bytes in stream(), size in 1_usize..100) {
        let whole = Receiver::with_frames(Role::Server).feed(&bytes);
        let pieces = Receiver::with_frames(Role::Server).feed_all(bytes.chunks(size));
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn random_bytes_never_break_the_handshakes(
        mut bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "[ -~\r\n\t:]{0,200}".prop_map(String::into_bytes),
            "(GET|POST) [ -~]{0,20} HTTP/[0-9][.][0-9]\r\n([A-Za-z-]{0,8}:[ -~]{0,9}\r\n[ \t]?){0,9}"
                .prop_map(String::into_bytes),
        ],
    ) {
        let _ = find_header_end(&bytes, 0);
        let _ = HandshakeRequest::parse(&bytes, false);
        let _ = read_handshake_response(&bytes, "key", &["chat"]);
        bytes.extend(b"\r\n\r\n");
        let _ = HandshakeRequest::parse(&bytes, true);
        let _ = read_handshake_response(&bytes, "key", &["chat"]);
        let response = [b"HTTP/1.1 101 Switching Protocols\r\n", &bytes[..]].concat();
        let _ = read_handshake_response(&response, "key", &["chat"]);
    }
}

#[test]
fn a_flood_of_empty_fragments_takes_no_memory() {
    let mut receiver = Receiver::with_frames(Role::Client);
    receiver.feed(&frame(false, OpCode::Binary, b""));
    let flood = frame(false, OpCode::Continue, b"").repeat(100_000);
    assert_eq!(receiver.feed(&flood).len(), 100_000);
    let end = receiver.feed(&frame(true, OpCode::Continue, b""));
    assert_eq!(end, [Received::BinaryFrame(vec![], true), Received::FragmentedBinary(vec![])]);
    assert_eq!(receiver.pool.retained(), 0);
}

#[test]
fn a_flood_of_tiny_fragments_takes_the_memory_of_its_payload() {
    let mut receiver = Receiver::new(Role::Client);
    receiver.feed(&frame(false, OpCode::Text, b""));
    for _ in 0..1000 {
        assert_eq!(receiver.feed(&frame(false, OpCode::Continue, b"x").repeat(100)), []);
    }
    let end = receiver.feed(&frame(true, OpCode::Continue, b""));
    assert_eq!(end, [Received::FragmentedText("x".repeat(100_000))]);
    assert!(receiver.pool.retained() <= 4 * 100_000);
}

#[test]
fn a_claimed_length_takes_no_memory_of_its_own() {
    let mut receivers: Vec<_> = (0..100).map(|_| Receiver::new(Role::Server)).collect();
    for receiver in &mut receivers {
        let header = FrameHeader::whole(OpCode::Binary).encode(Some(KEY), 2_147_483_646);
        assert_eq!(receiver.feed(header.as_bytes()), []);
        receiver.feed(b"x");
        assert!(receiver.processor.direct_space(&mut receiver.pool).is_none());
    }
}
