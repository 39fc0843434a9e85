//! The places where a peer's bytes come in, each as a function of arbitrary bytes that fails if a promise is broken.
//!
//! `tests/fuzz` lets a fuzzer choose the bytes; `fuzzing`, beside this file, runs a bounded number in the ordinary tests.

use std::time::SystemTime;

use slotwire::websocket::protocol::{
    ClientHandshake, ClientHandshakeProgress, CloseCode, FrameHeader, HandshakeOutcome, HandshakeRefusal,
    HandshakeRequest, HandshakeRequestBuilder, HandshakeResponse, HttpResponse, MAX_CLOSE_REASON_SIZE,
    OpCode, ProtocolError, Role, ServerHandshake, ServerHandshakeProgress, Utf8Validator, Version,
    accept_key, append_masked, apply_mask, find_header_end, fragments, read_handshake_response,
    truncate_reason, write_close_frame, write_frame,
};
use url::Url;

#[cfg(feature = "deflate")]
use crate::deflate_entries::{deflate_received, deflate_written, extension_offers};
use crate::support::{KEY, Received, Receiver};

pub(crate) type Entry = fn(&[u8]);

/// All of them, by name.
pub(crate) const ENTRIES: &[(&str, Entry)] = &[
    ("client_handshake", client_handshake),
    ("close_frame", close_frame),
    #[cfg(feature = "deflate")]
    ("deflate_received", deflate_received),
    #[cfg(feature = "deflate")]
    ("deflate_written", deflate_written),
    #[cfg(feature = "deflate")]
    ("extension_offers", extension_offers),
    ("frames", frames),
    ("frames_written", frames_written),
    ("handshake_head", handshake_head),
    ("handshake_request", handshake_request),
    ("handshake_request_written", handshake_request_written),
    ("handshake_response", handshake_response),
    ("mask", mask),
    ("server_handshake", server_handshake),
    ("text_frame", text_frame),
    ("utf8", utf8),
];

const CLIENT_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const SUBPROTOCOLS: [&str; 2] = ["chat", "superchat"];

/// Received frames: however they are cut into reads, the same comes of them, and no more memory is held than came.
///
/// The first byte chooses settings, the second one how the rest is cut.
pub(crate) fn frames(data: &[u8]) {
    let &[settings, cut, ref stream @ ..] = data else { return };
    let receiver = || {
        let mut receiver = Receiver::new(if settings & 1 == 0 { Role::Server } else { Role::Client });
        receiver.processor.set_wants_frames(settings & 2 != 0);
        receiver.processor.set_rsv1_allowed(settings & 4 != 0);
        if settings & 8 != 0 {
            receiver.processor.set_max_allowed_frame_size(100);
            receiver.processor.set_max_allowed_message_size(150);
        }
        receiver
    };
    let mut whole = receiver();
    let expected = whole.feed(stream);
    check_received(&expected, &whole, stream.len());

    let mut pieces = receiver();
    assert_eq!(pieces.feed_all(cut_up(stream, cut)), expected);
    check_received(&expected, &pieces, stream.len());

    let mut direct = receiver();
    assert_eq!(receive_directly(&mut direct, cut_up(stream, cut)), expected);
    check_received(&expected, &direct, stream.len());
}

fn check_received(received: &[Received], receiver: &Receiver, size: usize) {
    let is_last = |event: &Received| matches!(event, Received::Close(..) | Received::Error(_));
    let last = received.iter().position(is_last);
    assert_eq!(last.is_some(), receiver.processor.is_finished());
    assert!(last.is_none_or(|last| last + 1 == received.len()), "nothing comes after the last event");
    for event in received {
        match event {
            Received::Ping(payload) | Received::Pong(payload) => assert!(payload.len() <= 125),
            Received::Close(code, reason) => {
                assert!(code.is_valid_on_wire() && reason.len() <= MAX_CLOSE_REASON_SIZE);
            }
            _ => {}
        }
    }
    // A payload that is claimed to be large is given room for up to 1 MiB, which costs nothing until it is written to.
    assert!(receiver.pool.retained() <= 4 * size + 2 * 1024 * 1024);
}

/// Feeds as a socket does, which reads large payloads into their place.
fn receive_directly<'p>(receiver: &mut Receiver, pieces: impl Iterator<Item = &'p [u8]>) -> Vec<Received> {
    let mut received = Vec::new();
    for mut piece in pieces {
        while let Some(space) = receiver.processor.direct_space(&mut receiver.pool) {
            let count = space.len().min(piece.len());
            space[..count].copy_from_slice(&piece[..count]);
            piece = &piece[count..];
            if let Some(event) = receiver.processor.direct_filled(count, &mut receiver.pool) {
                received.push(Received::from(&event));
                event.recycle(&mut receiver.pool);
            }
            received.extend(receiver.feed(&[]));
            if piece.is_empty() {
                break;
            }
        }
        received.extend(receiver.feed(piece));
    }
    received
}

/// A text frame that arrives byte by byte: it fails with the first byte that no continuation could mend.
pub(crate) fn text_frame(text: &[u8]) {
    let mut receiver = Receiver::new(Role::Client);
    assert_eq!(
        receiver.feed(FrameHeader::whole(OpCode::Text).encode(None, text.len()).as_bytes()),
        match text {
            [] => vec![Received::Text(String::new())],
            _ => vec![],
        }
    );
    for (index, byte) in text.iter().enumerate() {
        let is_last = index + 1 == text.len();
        let received = receiver.feed(&[*byte]);
        match std::str::from_utf8(&text[..=index]) {
            Ok(text) if is_last => assert_eq!(received, [Received::Text(text.to_owned())]),
            Err(error) if error.error_len().is_some() || is_last => {
                assert_eq!(received, [Received::Error(ProtocolError::InvalidUtf8)]);
                return;
            }
            Ok(_) | Err(_) => assert_eq!(received, []),
        }
    }
}

/// What is written is what is read, in frames of any size; the first bytes choose it.
pub(crate) fn frames_written(data: &[u8]) {
    let &[kind, frame_size, ref payload @ ..] = data else { return };
    let op_code = match kind % 4 {
        0 => OpCode::Binary,
        1 => OpCode::Text,
        2 => OpCode::Ping,
        _ => OpCode::Pong,
    };
    let frame_size = if op_code.is_control() { 0 } else { usize::from(frame_size) };
    let payload = if op_code.is_control() { &payload[..payload.len().min(125)] } else { payload };
    let (role, key) = if kind & 4 == 0 { (Role::Server, Some(KEY)) } else { (Role::Client, None) };
    let mut wire = Vec::new();
    let mut count = 0;
    for (header, part) in fragments(op_code, payload, frame_size) {
        write_frame(&mut wire, header, key, part);
        count += 1;
    }
    let received = Receiver::new(role).feed(&wire);
    let text = || String::from_utf8(payload.to_vec());
    let expected = match op_code {
        OpCode::Ping => Received::Ping(payload.to_vec()),
        OpCode::Pong => Received::Pong(payload.to_vec()),
        OpCode::Binary if count == 1 => Received::Binary(payload.to_vec()),
        OpCode::Binary => Received::FragmentedBinary(payload.to_vec()),
        _ => match text() {
            Ok(text) if count == 1 => Received::Text(text),
            Ok(text) => Received::FragmentedText(text),
            Err(_) => Received::Error(ProtocolError::InvalidUtf8),
        },
    };
    assert_eq!(received, [expected]);
}

/// The payload of a close frame, received and sent.
pub(crate) fn close_frame(data: &[u8]) {
    let payload = &data[..data.len().min(125)];
    let mut frame = Vec::new();
    write_frame(&mut frame, FrameHeader::whole(OpCode::Close), None, payload);
    let received = Receiver::new(Role::Client).feed(&frame);
    let [Received::Close(code, reason)] = &received[..] else { panic!("{received:?}") };
    assert!(code.is_valid_on_wire() && reason.len() <= MAX_CLOSE_REASON_SIZE);

    let &[high, low, ref reason @ ..] = data else { return };
    let code = CloseCode::from(u16::from_be_bytes([high, low]));
    let reason = String::from_utf8_lossy(reason);
    let mut written = Vec::new();
    write_close_frame(&mut written, Some(KEY), code, &reason);
    let received = Receiver::new(Role::Server).feed(&written);
    if code.is_valid_on_wire() {
        assert!(reason.starts_with(truncate_reason(&reason)));
        assert_eq!(received, [Received::Close(code, truncate_reason(&reason).to_owned())]);
    } else {
        assert!(matches!(received[..], [Received::Close(CloseCode::ProtocolError, _)]), "{received:?}");
    }
}

/// UTF-8 in pieces against the standard library on the whole; the first byte cuts.
pub(crate) fn utf8(data: &[u8]) {
    let Some((&cut, text)) = data.split_first() else { return };
    let mut validator = Utf8Validator::new();
    let mut received = 0;
    for piece in cut_up(text, cut) {
        received += piece.len();
        match (std::str::from_utf8(&text[..received]), validator.feed(piece)) {
            (Ok(_), outcome) => assert_eq!((outcome, validator.pending()), (Ok(()), 0)),
            (Err(error), outcome) if error.error_len().is_none() => {
                assert_eq!((outcome, validator.pending()), (Ok(()), received - error.valid_up_to()));
            }
            (Err(_), outcome) => return assert!(outcome.is_err()),
        }
    }
    assert_eq!(validator.finish().is_ok(), std::str::from_utf8(text).is_ok());
}

/// Masking against its definition, in place and appended, whole and in two pieces.
pub(crate) fn mask(data: &[u8]) {
    let Some((&[a, b, c, d, cut], payload)) = data.split_first_chunk() else { return };
    let key = [a, b, c, d];
    let expected: Vec<_> = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    let mut appended = vec![cut];
    append_masked(&mut appended, payload, key);
    assert_eq!(appended[1..], expected);
    let mut masked = payload.to_vec();
    let cut = usize::from(cut).min(masked.len());
    apply_mask(&mut masked[cut..], key, cut);
    apply_mask(&mut masked[..cut], key, 0);
    assert_eq!(masked, expected);
}

/// The end of a head, found in pieces as in the whole; the first byte cuts.
pub(crate) fn handshake_head(data: &[u8]) {
    let Some((&cut, bytes)) = data.split_first() else { return };
    let expected = bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|start| start + 4);
    assert_eq!(find_header_end(bytes, 0), expected);
    let mut received = 0;
    for piece in cut_up(bytes, cut) {
        let scanned = received;
        received += piece.len();
        let found = find_header_end(&bytes[..received], scanned);
        assert_eq!(found, expected.filter(|end| *end <= received));
        if found.is_some() {
            return;
        }
    }
}

/// A request as a server reads it: it can be kept as bytes, and the answer is one that a client understands.
pub(crate) fn handshake_request(data: &[u8]) {
    let Some((&settings, head)) = data.split_first() else { return };
    let Ok(request) = HandshakeRequest::parse(head, settings & 1 != 0) else { return };
    assert!(request.key().len() == 24 && request.key().ends_with("=="));
    assert!(request.versions().is_sorted_by(|one, other| one >= other));
    let _ = (request.url(), request.resource(), request.host(), request.origin());
    let _ = (request.subprotocols().count(), request.extensions().count());
    for (name, value) in request.headers() {
        assert!(!name.is_empty() && !name.contains(|byte: char| byte.is_ascii_uppercase()));
        assert!(!value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
        assert!(request.header(name).is_some());
    }

    let fields = |request: &HandshakeRequest| {
        request.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    let head = request.clone().into_head();
    let again = HandshakeRequest::parse(&head, request.is_secure()).unwrap();
    assert_eq!(fields(&again), fields(&request));
    assert_eq!((again.url(), again.resource()), (request.url(), request.resource()));

    let mut answer = Vec::new();
    match HandshakeResponse::new(&request, &SUBPROTOCOLS) {
        Ok(response) => {
            response.write("Server", SystemTime::UNIX_EPOCH, &mut answer).unwrap();
            let outcome = read_handshake_response(&answer, &request.key(), &SUBPROTOCOLS);
            let subprotocol = response.subprotocol().map(str::to_owned);
            assert_eq!(outcome, HandshakeOutcome::Upgraded { subprotocol, compression: None });
        }
        Err(refusal) => {
            assert_eq!(refusal, HandshakeRefusal::UnsupportedVersion);
            assert!(!request.supports(Version::LATEST));
            refusal.write(&mut answer);
        }
    }
    assert_eq!(find_header_end(&answer, 0), Some(answer.len()), "nothing is smuggled into the answer");
}

/// All that a server receives before there is a connection: however it is cut, the same comes of it. The first byte chooses
/// settings, the second one how the rest is cut.
pub(crate) fn server_handshake(data: &[u8]) {
    let &[settings, cut, ref stream @ ..] = data else { return };
    let max = if settings & 2 == 0 { 64 * 1024 } else { 300 };
    let new = || {
        let mut handshake = ServerHandshake::new(settings & 1 != 0);
        handshake.set_max_head_size(max);
        handshake
    };
    let mut whole = new();
    let (taken, expected) = whole.receive(stream);
    let mut pieces = new();
    let mut received = 0;
    for piece in cut_up(stream, cut) {
        let (part, progress) = pieces.receive(piece);
        received += part;
        match (progress, &expected) {
            (ServerHandshakeProgress::Waiting, _) => assert_eq!(part, piece.len()),
            (ServerHandshakeProgress::Refused(refusal), ServerHandshakeProgress::Refused(expected)) => {
                assert_eq!(refusal, *expected);
                assert_eq!(part, piece.len());
                return;
            }
            (ServerHandshakeProgress::Requested(request), ServerHandshakeProgress::Requested(expected)) => {
                assert_eq!(received, taken);
                assert!(taken <= max && request.headers().eq(expected.headers()));
                let mut answer = Vec::new();
                let now = SystemTime::UNIX_EPOCH;
                let accepted = HandshakeResponse::new(&request, &SUBPROTOCOLS)
                    .and_then(|response| pieces.accept(&response, "Server", now, &mut answer));
                if let Err(refusal) = accepted {
                    pieces.refuse(refusal, &mut answer);
                }
                assert_eq!(find_header_end(&answer, 0), Some(answer.len()), "nothing is smuggled into it");
                return;
            }
            (progress, expected) => panic!("{progress:?} in pieces, {expected:?} in the whole"),
        }
    }
    assert!(matches!(expected, ServerHandshakeProgress::Waiting));
    assert!(stream.len() < max);
}

/// A response as a client reads it.
pub(crate) fn handshake_response(head: &[u8]) {
    match read_handshake_response(head, CLIENT_KEY, &SUBPROTOCOLS) {
        HandshakeOutcome::Upgraded { subprotocol, .. } => {
            assert!(subprotocol.is_none_or(|name| SUBPROTOCOLS.contains(&name.as_str())));
            let accept = accept_key(CLIENT_KEY);
            assert!(head.windows(accept.len()).any(|window| window == accept));
        }
        HandshakeOutcome::AuthenticationRequired { .. } => {}
        HandshakeOutcome::Failed(text) => assert!(!text.is_empty()),
    }
}

/// What a server says in a client's opening handshake, responses one after the other: however that is cut into reads, the same
/// becomes of a handshake without authentication, and any handshake ends. The first byte cuts.
pub(crate) fn client_handshake(data: &[u8]) {
    let Some((&cut, stream)) = data.split_first() else { return };
    let whole = shake_hands(std::iter::once(stream));
    let pieces = shake_hands(cut_up(stream, cut));
    match (&whole, &pieces) {
        // What is no HTTP is quoted as far as it has come.
        (
            ClientHandshakeProgress::Failed { text, response: None },
            ClientHandshakeProgress::Failed { text: other, response: None },
        ) => assert_eq!(text.split('"').next(), other.split('"').next()),
        // What comes behind the body of a challenge in one read answers nothing; in another, it is the next response.
        _ if stream.windows(3).any(|window| window == b"401") => {}
        // A body without a length is not waited for.
        (
            ClientHandshakeProgress::Failed { text, response: Some(_) },
            ClientHandshakeProgress::Failed { text: other, response: Some(_) },
        ) => assert_eq!(text, other),
        _ => assert_eq!(whole, pieces),
    }
}

/// What becomes of a handshake in which the server says that; a new connection begins where the old one was left.
fn shake_hands<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> ClientHandshakeProgress {
    let url = Url::parse("ws://localhost/").unwrap();
    let mut request = HandshakeRequestBuilder::new(&url, "");
    for name in SUBPROTOCOLS {
        request.add_subprotocol(name);
    }
    let mut handshake = ClientHandshake::new(request, [1; 16]);
    handshake.set_credentials("ada", "one");
    handshake.send_request(*b"the sample nonce", &mut Vec::new()).unwrap();
    let mut requests = 1;
    for piece in pieces {
        let (taken, mut progress) = handshake.receive(piece);
        let is_open = matches!(progress, ClientHandshakeProgress::Upgraded { .. });
        assert!(taken <= piece.len() && (is_open || taken == piece.len()));
        if progress == ClientHandshakeProgress::AuthenticationRequired {
            progress = handshake.authenticate("ada", "two");
        }
        match progress {
            ClientHandshakeProgress::Waiting => {}
            ClientHandshakeProgress::AuthenticationRequired => {
                panic!("nobody is asked twice for one challenge")
            }
            ClientHandshakeProgress::SendAgain | ClientHandshakeProgress::Reconnect => {
                let mut request = Vec::new();
                handshake.send_request(*b"the sample nonce", &mut request).unwrap();
                assert_eq!(find_header_end(&request, 0), Some(request.len()), "nothing is smuggled into it");
                requests += 1;
                // Two pairs of credentials, and each once more for a nonce that was stale.
                assert!(requests <= 5);
            }
            progress => {
                if let ClientHandshakeProgress::Failed { text, response } = &progress {
                    assert!(!text.is_empty() && !text.contains(char::is_control));
                    let size = response.as_ref().map_or(0, |response| response.body().len());
                    assert!(size <= HttpResponse::MAX_BODY_SIZE);
                }
                assert_eq!(handshake.connection_lost(), None, "it is over");
                // What comes later is of nobody, or frames.
                let expected = if is_open { 0 } else { piece.len() };
                assert_eq!(handshake.receive(piece), (expected, ClientHandshakeProgress::Waiting));
                return progress;
            }
        }
    }
    handshake.connection_lost().unwrap_or(ClientHandshakeProgress::Waiting)
}

/// A request as a client writes it, of what its program got from elsewhere: nothing is smuggled into it.
pub(crate) fn handshake_request_written(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(6, '\u{1}');
    let mut next = || parts.next().unwrap_or_default();
    let Ok(url) = Url::parse(next()) else { return };
    let (origin, authorization, subprotocol, name, value) = (next(), next(), next(), next(), next());
    let mut builder = HandshakeRequestBuilder::new(&url, CLIENT_KEY);
    builder.set_origin(origin).set_authorization(authorization).add_subprotocol(subprotocol);
    builder.add_header(name, value.as_bytes());
    let Ok(request) = builder.build() else {
        return assert!(
            origin.contains(['\r', '\n']) || url.as_str().contains(['\r', '\n']) || name == "host"
        );
    };
    assert_eq!(find_header_end(&request, 0), Some(request.len()));
    let lines: Vec<_> = request.split(|byte| *byte == b'\n').collect();
    let fields = |name: &str| {
        let is_it = |line: &&&[u8]| {
            line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        };
        lines.iter().filter(is_it).count()
    };
    assert!(request.starts_with(b"GET "));
    for name in ["host:", "upgrade:", "connection:", "sec-websocket-key:", "sec-websocket-version:"] {
        assert_eq!(fields(name), 1, "{name} {:?}", String::from_utf8_lossy(&request));
    }
    assert!(
        fields("origin:") <= 1 && fields("authorization:") <= 1 && fields("sec-websocket-protocol:") <= 1
    );
}

/// Cuts `bytes` into pieces whose sizes follow from `seed`: all alike for some, of every kind for others.
fn cut_up(bytes: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut state = u32::from(seed);
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
        let size = match seed {
            0..=63 => usize::from(seed) + 1,
            64..=159 => (state >> 16) as usize % 8 + 1,
            _ => (state >> 16) as usize % 200 + 1,
        };
        let (piece, tail) = rest.split_at(size.min(rest.len()));
        rest = tail;
        Some(piece)
    })
}
