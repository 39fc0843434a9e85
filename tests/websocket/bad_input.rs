//! Everything that a peer can do wrong once the connection is open, in both roles: the right code, reason and signals on that
//! connection, and nothing at all on another one.

use slotwire::prelude::*;

use crate::journal::{Journal, ORDERLY_END};
use crate::peer::{End, Peer};
use crate::support::{
    Bystander, close_payload, echo_server, frame, frame_with_length, listening_server, settle, wait_for_end,
};

/// Bytes that a peer sends, masked or not.
type Bytes = Box<dyn Fn(bool) -> Vec<u8>>;

fn one(first: u8, payload: impl AsRef<[u8]>) -> Bytes {
    let payload = payload.as_ref().to_vec();
    Box::new(move |masked| frame(first, &payload, masked))
}

fn two(first: (u8, &'static str), second: (u8, &'static str)) -> Bytes {
    Box::new(move |masked| {
        [frame(first.0, first.1.as_bytes(), masked), frame(second.0, second.1.as_bytes(), masked)].concat()
    })
}

fn with_length(first: u8, length: &'static [u8], payload: usize) -> Bytes {
    Box::new(move |masked| frame_with_length(first, length, &vec![b'a'; payload], masked))
}

const RSV: &str = "Rsv field is non-zero";
const RESERVED: &str = "Used reserved opcode";
const TOO_LARGE_CONTROL: &str = "Control frame is larger than 125 bytes";
const FRAGMENTED_CONTROL: &str = "Control frames cannot be fragmented";
const NOT_ONE_BYTE: &str = "Lengths smaller than 126 must be expressed as one byte.";
const NOT_TWO_BYTES: &str = "Lengths smaller than 65536 (2^16) must be expressed as 2 bytes.";
const HIGHEST_BIT: &str = "Highest bit of payload length is not 0.";
const NOTHING_TO_CONTINUE: &str = "Received Continuation frame, while there is nothing to continue.";
const NOT_CONTINUED: &str = "All data frames after the initial data frame must have opcode 0 (continuation).";
const FRAME_TOO_LARGE: &str = "Maximum framesize exceeded.";
const MESSAGE_TOO_LARGE: &str = "Received message is too big.";
const INVALID_UTF8: &str = "Invalid UTF-8 code encountered.";

/// The largest frame, and the largest message, that the sockets of these tests take.
const MAX_FRAME: u64 = 70_000;
const MAX_MESSAGE: u64 = 69_000;

fn violations() -> Vec<(Bytes, u16, String)> {
    let mut violations: Vec<(Bytes, u16, &str)> = vec![
        (one(0xc1, "a"), 1002, RSV),
        (one(0xa1, "a"), 1002, RSV),
        (one(0x91, "a"), 1002, RSV),
        (one(0xf9, ""), 1002, RSV),
        (one(0xc8, close_payload(1000, "")), 1002, RSV),
        (two((0x01, "a"), (0xc0, "b")), 1002, RSV),
        (with_length(0x88, &[126, 0, 126], 126), 1002, TOO_LARGE_CONTROL),
        (with_length(0x89, &[126, 0, 126], 126), 1002, TOO_LARGE_CONTROL),
        (with_length(0x8a, &[127, 0, 0, 0, 0, 0, 1, 0, 0], 1000), 1002, TOO_LARGE_CONTROL),
        (one(0x08, ""), 1002, FRAGMENTED_CONTROL),
        (one(0x09, "a"), 1002, FRAGMENTED_CONTROL),
        (one(0x0a, "a"), 1002, FRAGMENTED_CONTROL),
        (with_length(0x81, &[126, 0, 125], 125), 1002, NOT_ONE_BYTE),
        (with_length(0x82, &[126, 0, 0], 0), 1002, NOT_ONE_BYTE),
        (with_length(0x81, &[127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 65535), 1002, NOT_TWO_BYTES),
        (with_length(0x81, &[127, 0, 0, 0, 0, 0, 0, 0, 0], 0), 1002, NOT_TWO_BYTES),
        (with_length(0x82, &[127, 0x80, 0, 0, 0, 0, 0, 0, 0], 0), 1002, HIGHEST_BIT),
        (with_length(0x82, &[127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 0), 1002, HIGHEST_BIT),
        (one(0x80, "a"), 1002, NOTHING_TO_CONTINUE),
        (one(0x00, "a"), 1002, NOTHING_TO_CONTINUE),
        (two((0x01, "a"), (0x81, "b")), 1002, NOT_CONTINUED),
        (two((0x01, "a"), (0x02, "b")), 1002, NOT_CONTINUED),
        (two((0x02, ""), (0x82, "")), 1002, NOT_CONTINUED),
        (with_length(0x82, &[127, 0, 0, 0, 0, 0, 1, 0x11, 0x71], 0), 1009, FRAME_TOO_LARGE),
        (with_length(0x82, &[127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 0), 1009, FRAME_TOO_LARGE),
        (one(0x82, [0; 69_001]), 1009, MESSAGE_TOO_LARGE),
        (
            Box::new(|masked| [frame(0x02, &[0; 60_000], masked), frame(0x80, &[0; 9_001], masked)].concat()),
            1009,
            MESSAGE_TOO_LARGE,
        ),
        (one(0x81, b"\xc3\x28"), 1007, INVALID_UTF8),
        (one(0x81, b"\xe2\x82"), 1007, INVALID_UTF8),
        (one(0x81, b"\xed\xa0\x80"), 1007, INVALID_UTF8),
        (one(0x81, b"\xf4\x90\x80\x80"), 1007, INVALID_UTF8),
        (one(0x81, b"\xc0\xaf"), 1007, INVALID_UTF8),
        (one(0x01, b"fragment \xff"), 1007, INVALID_UTF8),
        (one(0x88, "a"), 1002, "Payload of close frame is too small."),
        (one(0x88, [&close_payload(1000, "")[..], b"\xff\xfe"].concat()), 1007, INVALID_UTF8),
    ];
    for op_code in (0x83..=0x87).chain(0x8b..=0x8f) {
        violations.push((one(op_code, ""), 1002, RESERVED));
    }
    let mut violations: Vec<_> =
        violations.into_iter().map(|(bytes, code, reason)| (bytes, code, reason.to_owned())).collect();
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        let reason = format!("Invalid close code {code} detected.");
        violations.push((one(0x88, close_payload(code, "because")), 1002, reason));
    }
    violations
}

/// What the connection has to come to. Nothing was received before.
#[track_caller]
fn expect_failure(peer: &mut Peer, socket: WebSocket, journal: &Journal, code: u16, reason: &str) {
    wait_for_end(socket);
    let entries = journal.take();
    let frames = entries.iter().take_while(|entry| entry.contains("_frame_received(")).count();
    assert_eq!(entries[frames..], ORDERLY_END, "{reason}");
    assert_eq!((u16::from(socket.close_code()), socket.close_reason().as_str()), (code, reason));
    assert_eq!((socket.error(), socket.error_string().as_str()), (SocketError::Unknown, "Unknown error"));
    assert_eq!(peer.read_close(), (code, reason.to_owned()));
    assert_eq!(peer.read_end(), (vec![], End::Closed), "{reason}");
}

fn set_limits(socket: WebSocket) {
    socket.set_max_allowed_incoming_frame_size(MAX_FRAME);
    socket.set_max_allowed_incoming_message_size(MAX_MESSAGE);
}

#[test]
fn a_server_refuses_every_malformed_frame_and_serves_the_others() {
    let others = echo_server();
    let bystander = Bystander::of(others);
    for (bytes, code, reason) in violations() {
        let (mut peer, socket) = Peer::with_accepted(listening_server());
        set_limits(socket);
        let journal = Journal::of(socket);
        peer.send(bytes(true));
        expect_failure(&mut peer, socket, &journal, code, &reason);
        bystander.goes_on();
    }
}

#[test]
fn a_client_refuses_every_malformed_frame() {
    for (bytes, code, reason) in violations() {
        let client = WebSocket::new();
        set_limits(client);
        let mut peer = Peer::server_of(client);
        let journal = Journal::of(client);
        peer.send(bytes(false));
        expect_failure(&mut peer, client, &journal, code, &reason);
    }
}

#[test]
fn a_malformed_frame_is_refused_byte_by_byte_as_well() {
    for (bytes, code, reason) in violations() {
        let bytes = bytes(true);
        if bytes.len() > 200 {
            continue;
        }
        let (mut peer, socket) = Peer::with_accepted(listening_server());
        set_limits(socket);
        let journal = Journal::of(socket);
        for byte in bytes {
            peer.try_send(&[byte]);
            settle();
        }
        expect_failure(&mut peer, socket, &journal, code, &reason);
    }
}

#[test]
fn a_server_refuses_frames_that_are_not_masked() {
    for bytes in [frame(0x81, b"text", false), frame(0x89, b"", false), frame(0x88, b"", false)] {
        let (mut peer, socket) = Peer::with_accepted(listening_server());
        let journal = Journal::of(socket);
        peer.send(bytes);
        expect_failure(&mut peer, socket, &journal, 1002, "Frames from a client must be masked.");
    }
}

#[test]
fn a_client_refuses_masked_frames() {
    for bytes in [frame(0x81, b"text", true), frame(0x89, b"", true), frame(0x88, b"", true)] {
        let client = WebSocket::new();
        let mut peer = Peer::server_of(client);
        let journal = Journal::of(client);
        peer.send(bytes);
        expect_failure(&mut peer, client, &journal, 1002, "Frames from a server must not be masked.");
    }
}

#[test]
fn what_came_before_a_malformed_frame_is_received() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    peer.send([frame(0x81, b"good", true), frame(0x83, b"bad", true), frame(0x81, b"late", true)].concat());
    wait_for_end(socket);
    let mut expected = vec!["text_frame_received(good, true)", "text_message_received(good)"];
    expected.extend(ORDERLY_END);
    assert_eq!(journal.take(), expected);
}

#[test]
fn a_breach_after_close_ends_the_connection_with_the_code_of_the_close() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    socket.close_with(CloseCode::GoingAway, "bye");
    peer.send([0xff; 100]);
    wait_for_end(socket);
    assert_eq!(journal.take(), ORDERLY_END);
    assert_eq!((socket.close_code(), socket.close_reason().as_str()), (CloseCode::GoingAway, "bye"));
    assert_eq!(peer.read_close(), (1001, "bye".to_owned()));
    peer.expect_end();
}

#[test]
fn limits_of_exactly_the_size_let_it_pass() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.set_max_allowed_incoming_frame_size(10);
    socket.set_max_allowed_incoming_message_size(15);
    let journal = Journal::of(socket);
    peer.send_frame(0x01, "0123456789");
    peer.send_frame(0x80, "01234");
    settle();
    assert_eq!(journal.take()[2], "text_message_received(012345678901234)");
}

#[test]
fn the_size_of_a_text_is_that_of_its_bytes() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.set_max_allowed_incoming_message_size(10);
    peer.send_frame(0x01, "€€€");
    peer.send_frame(0x80, "€€");
    assert_eq!(peer.read_close(), (1009, MESSAGE_TOO_LARGE.to_owned()));
}

#[test]
fn a_frame_limit_of_nothing_lets_empty_frames_pass() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.set_max_allowed_incoming_frame_size(0);
    let journal = Journal::of(socket);
    peer.send_frame(0x81, "");
    settle();
    assert_eq!(journal.take(), ["text_frame_received(, true)", "text_message_received()"]);
    peer.send_frame(0x81, "a");
    assert_eq!(peer.read_close().0, 1009);
}

#[test]
fn a_header_that_claims_much_costs_only_what_has_come() {
    let server = echo_server();
    let bystander = Bystander::of(server);
    // As much as is allowed: 2 GiB less two bytes.
    let length = [127, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xfe];
    let mut peers: Vec<_> = (0..200).map(|_| Peer::client_of(server)).collect();
    for peer in &mut peers {
        peer.send(frame_with_length(0x82, &length, b"little", true));
    }
    settle();
    bystander.goes_on();
}

/// A generator of numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 24) as u8).collect()
    }
}

#[test]
fn random_bytes_instead_of_a_request_harm_nobody() {
    let server = echo_server();
    let bystander = Bystander::of(server);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..200 {
        let mut peer = Peer::connect(server);
        let mut bytes = random.bytes(round * 7);
        if round % 2 == 0 {
            bytes.extend_from_slice(b"\r\n\r\n");
        }
        peer.try_send(&bytes);
        settle();
    }
    bystander.goes_on();
}

#[test]
fn random_bytes_after_the_handshake_harm_nobody() {
    let server = echo_server();
    let bystander = Bystander::of(server);
    let mut random = Random(42);
    for round in 0..300 {
        let mut peer = Peer::client_of(server);
        peer.try_send(&random.bytes(1 + round * 3));
        settle();
        if round % 3 == 0 {
            peer.reset();
        }
    }
    settle();
    bystander.goes_on();
}

#[test]
fn random_bytes_to_a_client_end_in_one_disconnected_at_most() {
    let mut random = Random(7);
    for round in 0..200 {
        let client = WebSocket::new();
        let mut peer = Peer::server_of(client);
        let ended = SignalSpy::new(client.disconnected());
        for _ in 0..5 {
            peer.try_send(&random.bytes(1 + round));
            settle();
        }
        drop(peer);
        wait_for_end(client);
        assert_eq!(ended.len(), 1);
        client.delete();
    }
}

#[test]
fn nothing_is_left_of_connections_that_misbehaved() {
    let server = echo_server();
    let objects = Application::object_count();
    for (bytes, ..) in violations() {
        let mut peer = Peer::client_of(server);
        peer.send(bytes(true));
        settle();
    }
    settle();
    // The limits of these sockets are the usual ones, so a few of these are no breach; then the peer has gone.
    assert_eq!(Application::object_count(), objects);
}
