//! The opening handshake of a server, in every split of what it receives.

use std::time::SystemTime;

use proptest::prelude::*;
use slotwire::websocket::protocol::{
    HandshakeOutcome, HandshakeRefusal, HandshakeResponse, MAX_HANDSHAKE_SIZE, ServerHandshake,
    ServerHandshakeProgress, read_handshake_response,
};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// What came of a stream, and how many of its bytes were taken.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Waiting,
    Requested { resource: String, taken: usize },
    Refused(HandshakeRefusal),
}

/// Feeds pieces as a connection does, up to the first answer that is due.
fn feed<'p>(handshake: &mut ServerHandshake, pieces: impl IntoIterator<Item = &'p [u8]>) -> Outcome {
    let mut before = 0;
    for piece in pieces {
        let (taken, progress) = handshake.receive(piece);
        match progress {
            ServerHandshakeProgress::Waiting => assert_eq!(taken, piece.len()),
            ServerHandshakeProgress::Requested(request) => {
                return Outcome::Requested { resource: request.resource().into(), taken: before + taken };
            }
            ServerHandshakeProgress::Refused(refusal) => {
                assert_eq!(taken, piece.len());
                return Outcome::Refused(refusal);
            }
        }
        before += piece.len();
    }
    Outcome::Waiting
}

fn limited(max: usize) -> ServerHandshake {
    let mut handshake = ServerHandshake::new(false);
    handshake.set_max_head_size(max);
    handshake
}

/// Checks that the stream has that outcome however it is cut in two, and byte by byte.
#[track_caller]
fn check(stream: &[u8], max: usize, expected: &Outcome) {
    assert_eq!(&feed(&mut limited(max), [stream]), expected, "{:?}", String::from_utf8_lossy(stream));
    for cut in 0..=stream.len() {
        let (first, second) = stream.split_at(cut);
        assert_eq!(&feed(&mut limited(max), [first, second]), expected, "cut at {cut}");
    }
    assert_eq!(&feed(&mut limited(max), stream.chunks(1)), expected, "byte by byte");
}

fn requested(taken: usize) -> Outcome {
    Outcome::Requested { resource: "/chat?room=1".into(), taken }
}

#[test]
fn a_request_is_there_in_every_split_and_what_follows_is_left() {
    let stream = [REQUEST.as_bytes(), b"\x81\x80\x00\x00\x00\x00\r\n\r\nGET"].concat();
    check(&stream, MAX_HANDSHAKE_SIZE, &requested(REQUEST.len()));
    check(&REQUEST.as_bytes()[..REQUEST.len() - 1], MAX_HANDSHAKE_SIZE, &Outcome::Waiting);
}

#[test]
fn empty_lines_in_front_of_a_request_are_passed_over() {
    for lines in 1..4 {
        let stream = "\r\n".repeat(lines) + REQUEST;
        check(stream.as_bytes(), MAX_HANDSHAKE_SIZE, &requested(stream.len()));
    }
    check(b"\r\n\r\n\r\n\r", MAX_HANDSHAKE_SIZE, &Outcome::Waiting);
}

#[test]
fn half_a_line_break_is_none() {
    for start in ["\r", "\r\n\r", "\n", "\r\n\n", "\r\r\n"] {
        let stream = start.to_owned() + REQUEST;
        check(stream.as_bytes(), MAX_HANDSHAKE_SIZE, &Outcome::Refused(HandshakeRefusal::InvalidRequest));
    }
}

#[test]
fn a_head_is_limited_with_the_empty_lines_in_front_of_it() {
    let size = REQUEST.len();
    let too_large = Outcome::Refused(HandshakeRefusal::HeaderTooLarge);
    check(REQUEST.as_bytes(), size, &requested(size));
    check(REQUEST.as_bytes(), size - 1, &too_large);
    let stream = "\r\n\r\n".to_owned() + REQUEST;
    check(stream.as_bytes(), size + 4, &requested(size + 4));
    check(stream.as_bytes(), size + 3, &too_large);
    check("\r\n".repeat(10).as_bytes(), 20, &too_large);
    check(&[b'a'; 20], 20, &too_large);
    check(&[b'a'; 19], 20, &Outcome::Waiting);
    check(b"a", 0, &too_large);
}

#[test]
fn what_is_no_request_is_refused() {
    let invalid = Outcome::Refused(HandshakeRefusal::InvalidRequest);
    check(b"nonsense\r\n\r\n", MAX_HANDSHAKE_SIZE, &invalid);
    check(REQUEST.replace("13", "x").as_bytes(), MAX_HANDSHAKE_SIZE, &invalid);
    check(b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", MAX_HANDSHAKE_SIZE, &invalid);
}

#[test]
fn a_client_that_speaks_tls_does_not_wait_for_an_answer() {
    assert_eq!(
        feed(&mut ServerHandshake::new(false), [&b"\x16"[..]]),
        Outcome::Refused(HandshakeRefusal::InvalidRequest)
    );
    let inside = REQUEST.replace("/chat?room=1", "/\u{16}");
    assert_eq!(feed(&mut ServerHandshake::new(false), [&inside.as_bytes()[..6]]), Outcome::Waiting);
}

#[test]
fn nothing_is_taken_behind_a_request_and_all_behind_a_refusal() {
    let mut accepted = ServerHandshake::new(false);
    assert_eq!(feed(&mut accepted, [REQUEST.as_bytes()]), requested(REQUEST.len()));
    let (taken, progress) = accepted.receive(b"\x81\x80");
    assert!(taken == 0 && matches!(progress, ServerHandshakeProgress::Waiting));

    let mut refused = ServerHandshake::new(false);
    feed(&mut refused, [&b"nonsense\r\n\r\n"[..]]);
    let (taken, progress) = refused.receive(REQUEST.as_bytes());
    assert!(taken == REQUEST.len() && matches!(progress, ServerHandshakeProgress::Waiting));

    let mut out = Vec::new();
    accepted.refuse(HandshakeRefusal::OriginRefused, &mut out);
    assert!(out.starts_with(b"HTTP/1.1 403 "));
    assert_eq!(accepted.receive(b"\x81\x80").0, 2);
}

#[test]
fn the_answer_has_the_time_and_the_name_that_it_is_given() {
    let mut handshake = ServerHandshake::new(true);
    let head = REQUEST.replace("Host:", "Sec-WebSocket-Protocol: a, b\r\nHost:");
    let (_, ServerHandshakeProgress::Requested(request)) = handshake.receive(head.as_bytes()) else {
        panic!("there is a request")
    };
    assert!(request.is_secure());
    let mut out = Vec::new();
    let response = HandshakeResponse::new(&request, &["b"]).unwrap();
    assert_eq!(response.subprotocol(), Some("b"));
    let refused = handshake.accept(&response, "a\r\nb", SystemTime::UNIX_EPOCH, &mut out);
    assert_eq!((refused, out.len()), (Err(HandshakeRefusal::HeaderContainsNewline), 0));
    let accepted = handshake.accept(&response, "name", SystemTime::UNIX_EPOCH, &mut out);
    assert_eq!(accepted, Ok(()));
    let text = String::from_utf8(out.clone()).unwrap();
    assert!(text.contains("\r\nServer: name\r\n"), "{text}");
    assert!(text.contains("\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"), "{text}");
    let outcome = read_handshake_response(&out, KEY, &["a", "b"]);
    assert_eq!(outcome, HandshakeOutcome::Upgraded { subprotocol: Some("b".into()), compression: None });
}

#[test]
fn nothing_of_the_request_can_be_printed() {
    let mut handshake = ServerHandshake::new(false);
    handshake.receive(b"GET /?token=secret HTTP/1.1\r\nCookie: secret");
    assert!(!format!("{handshake:?}").contains("secret"));
}

/// What streams are made of.
const PARTS: &[&[u8]] = &[
    b"\r\n",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n",
    b"Host: a\r\n",
    b"x: y\r\n",
    REQUEST.as_bytes(),
    b"\x16",
    b"\xff\0",
];

proptest! {
    #[test]
    fn any_stream_has_the_same_outcome_in_any_pieces(
        parts in prop::collection::vec(prop::sample::select(PARTS), 0..8),
        cuts in prop::collection::vec(1_usize..40, 0..40),
        max in prop_oneof![0_usize..400, Just(MAX_HANDSHAKE_SIZE)],
    ) {
        let stream = parts.concat();
        let mut rest = &stream[..];
        let mut pieces = Vec::new();
        for cut in cuts {
            let (piece, tail) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = tail;
        }
        pieces.push(rest);
        prop_assert_eq!(feed(&mut limited(max), pieces), feed(&mut limited(max), [&stream[..]]));
    }
}
