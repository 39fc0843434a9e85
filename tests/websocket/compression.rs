//! Compression, from the offer to the message, in both roles.

use slotwire::prelude::*;
use slotwire::websocket::protocol::{DeflateContext, DeflatePool, OpCode, Role};

use crate::peer::{Peer, PeerListener, REQUEST, response_to};
use crate::support::{Connected, accepted_socket, echo, listening_server, settle, wait_for_end, wait_until};

/// Text with much in it that is alike.
fn text(size: usize) -> String {
    (0..)
        .flat_map(|index: usize| format!("{{\"id\":{},\"room\":\"general\"}}", index % 7).into_bytes())
        .take(size)
        .map(char::from)
        .collect()
}

/// Bytes of nine bits each in the fixed code (RFC 1951 §3.2.6), of which none is like those before.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (144 + (state >> 24) % 112) as u8
    });
    bytes.take(size).collect()
}

fn compressing_server(compression: Compression) -> WebSocketServer {
    let server = listening_server();
    server.set_compression(compression);
    server
}

fn client_with(server: WebSocketServer, compression: Option<Compression>) -> WebSocket {
    let client = WebSocket::new();
    client.open_with(server.server_url(), HandshakeOptions::new().with_compression(compression));
    wait_until("the client is connected", || client.state() == SocketState::Connected);
    client
}

/// Both ends of a connection that both want to compress.
fn compressing(compression: &Compression) -> Connected {
    let server = compressing_server(compression.clone());
    let client = client_with(server, Some(compression.clone()));
    Connected { server, client, accepted: accepted_socket(server) }
}

/// A peer that is connected to a server which compresses like this, after it has offered that.
fn peer_of(server: WebSocketServer, offer: &str) -> (Peer, String) {
    let mut peer = Peer::connect(server);
    let extensions = format!("Sec-WebSocket-Extensions: {offer}\r\n\r\n");
    peer.send(REQUEST.replace("\r\n\r\n", &format!("\r\n{extensions}")));
    let head = peer.read_head();
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let answer = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
    (peer, answer.unwrap_or_default().to_owned())
}

/// The other end's compression, for a peer whose every byte is the test's.
struct PeerContext {
    context: DeflateContext,
    pool: DeflatePool,
}

impl PeerContext {
    fn new(role: Role, answer: &str) -> Self {
        let widest = Compression::new().with_server_max_window_bits(15).with_client_max_window_bits(15);
        let agreed = widest.read_response(answer).unwrap().unwrap();
        Self { context: DeflateContext::new(role, agreed, &widest), pool: DeflatePool::new() }
    }

    /// The payload of a message.
    fn compress(&mut self, message: &str) -> Vec<u8> {
        let mut compressed = Vec::new();
        self.context.compress(OpCode::Text, message.as_bytes(), 0, &mut self.pool, |_, payload| {
            compressed.extend_from_slice(payload);
        });
        compressed
    }

    fn inflate(&mut self, payload: &[u8]) -> String {
        use slotwire::websocket::protocol::{BufferPool, Event};
        let mut buffers = BufferPool::new();
        match self.context.inflate(OpCode::Text, payload, 1 << 20, &mut self.pool, &mut buffers) {
            Event::TextMessage { payload, .. } => payload.as_str().to_owned(),
            other => panic!("{other:?}"),
        }
    }
}

// ---- the handshake

#[test]
fn nothing_is_offered_and_nothing_accepted_unless_the_program_asks_for_it() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    assert!(!listener.accept().accept_handshake().contains("Extensions"));

    let (_, answer) = peer_of(listening_server(), "permessage-deflate");
    assert_eq!(answer, "");
    for (server_wants, client_wants) in [(true, false), (false, true), (false, false)] {
        let server = listening_server();
        server.set_compression(server_wants.then(Compression::new));
        let client = client_with(server, client_wants.then(Compression::new));
        let accepted = accepted_socket(server);
        assert_eq!((client.compression(), accepted.compression()), (None, None));
        client.send_text_message(text(1000));
        let received = SignalSpy::new(accepted.text_message_received());
        wait_until("the message is there", || !received.is_empty());
        assert_eq!(received.take(), [text(1000)]);
    }
}

#[test]
fn what_both_sides_want_is_agreed_on_and_can_be_read_on_either() {
    let Connected { client, accepted, .. } = compressing(&Compression::new());
    let agreed = client.compression().unwrap();
    assert_eq!(agreed.to_string(), accepted.compression().unwrap().to_string());
    assert_eq!((agreed.server_max_window_bits(), agreed.client_max_window_bits()), (12, 12));

    let server = compressing_server(Compression::new().with_server_max_window_bits(9));
    let narrow = Compression::new().with_client_max_window_bits(10).with_server_context_takeover(false);
    let client = client_with(server, Some(narrow));
    let agreed = client.compression().unwrap();
    assert_eq!((agreed.server_max_window_bits(), agreed.client_max_window_bits()), (9, 10));
    assert_eq!((agreed.server_context_takeover(), agreed.client_context_takeover()), (false, true));
}

#[test]
fn a_server_sets_what_holds_for_the_connections_after_it() {
    let server = compressing_server(Compression::new());
    let first = client_with(server, Some(Compression::new()));
    server.set_compression(None);
    assert_eq!(server.compression(), None);
    let second = client_with(server, Some(Compression::new()));
    assert!(first.compression().is_some());
    assert!(second.compression().is_none());
}

#[test]
fn a_response_that_was_not_asked_for_in_this_form_fails_the_handshake() {
    for extension in ["permessage-deflate; server_max_window_bits=13", "permessage-deflate; unknown", "x"] {
        let listener = PeerListener::new();
        let client = WebSocket::new();
        let errors = SignalSpy::new(client.error_occurred());
        client.open_with(listener.url(), HandshakeOptions::new().with_compression(Compression::new()));
        let mut peer = listener.accept();
        let request = peer.read_head();
        assert!(request.contains(
            "\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12; client_max_window_bits=12\r\n"
        ));
        let extensions = format!("\r\nSec-WebSocket-Extensions: {extension}\r\n\r\n");
        peer.send(response_to(&request).replace("\r\n\r\n", &extensions));
        wait_for_end(client);
        assert_eq!(errors.take(), [SocketError::ConnectionRefused]);
        assert_eq!(
            client.error_string(),
            format!("WebSocket server has chosen extension {extension} which has not been requested")
        );
        assert_eq!(client.compression(), None);
    }
}

#[test]
fn a_socket_that_is_opened_again_agrees_anew() {
    let Connected { server, client, accepted } = compressing(&Compression::new());
    client.send_text_message(text(300));
    let received = SignalSpy::new(accepted.text_message_received());
    wait_until("the message is there", || !received.is_empty());
    client.open(server.server_url());
    wait_until("the client is connected", || client.state() == SocketState::Connected);
    assert_eq!(client.compression(), None);
    let again = accepted_socket(server);
    let received = SignalSpy::new(again.text_message_received());
    client.send_text_message(text(300));
    wait_until("the message is there", || !received.is_empty());
    client.open_with(server.server_url(), HandshakeOptions::new().with_compression(Compression::new()));
    wait_until("the client is connected", || client.state() == SocketState::Connected);
    let once_more = accepted_socket(server);
    let received = SignalSpy::new(once_more.text_message_received());
    client.send_text_message(text(300));
    wait_until("the message is there", || !received.is_empty());
    assert_eq!(received.take(), [text(300)], "with a context of its own");
}

// ---- sending

#[test]
fn a_message_is_compressed_in_one_frame_with_rsv1_and_refers_to_those_before() {
    let server = compressing_server(Compression::new());
    let (mut peer, answer) = peer_of(server, "permessage-deflate; client_max_window_bits");
    assert_eq!(answer, "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12");
    let mut context = PeerContext::new(Role::Client, &answer);
    let accepted = accepted_socket(server);
    let mut sizes = Vec::new();
    for _ in 0..3 {
        assert_eq!(accepted.send_text_message(text(500)), 500, "what the program has sent");
        let frame = peer.read_frame();
        assert_eq!(frame.first, 0xC1);
        sizes.push(frame.payload.len());
        assert_eq!(context.inflate(&frame.payload), text(500));
    }
    assert!(sizes[0] < 100 && sizes[1] < 20 && sizes[2] < 20, "{sizes:?}");
}

#[test]
fn a_message_below_the_threshold_or_sent_uncompressed_goes_as_it_is() {
    let server = compressing_server(Compression::new().with_threshold(10));
    let (mut peer, answer) = peer_of(server, "permessage-deflate");
    let mut context = PeerContext::new(Role::Client, &answer);
    let accepted = accepted_socket(server);
    accepted.send_text_message("123456789");
    assert_eq!(peer.read_frame().first, 0x81);
    accepted.send_text_message("1234567890");
    let frame = peer.read_frame();
    assert_eq!((frame.first, context.inflate(&frame.payload)), (0xC1, "1234567890".into()));
    assert_eq!(accepted.send_text_message_uncompressed("1234567890"), 10);
    let frame = peer.read_frame();
    assert_eq!((frame.first, &frame.payload[..]), (0x81, &b"1234567890"[..]));
    assert_eq!(accepted.send_binary_message_uncompressed(b"1234567890"), 10);
    assert_eq!(peer.read_frame().first, 0x82);
    accepted.send_text_message("");
    assert_eq!(peer.read_frame().payload, b"");
    // What went uncompressed is in nobody's context.
    accepted.send_text_message("1234567890");
    assert_eq!(context.inflate(&peer.read_frame().payload), "1234567890");
    accepted.ping_with("a ping is never compressed, whatever its size is");
    assert_eq!(peer.read_frame().first, 0x89);
}

#[test]
fn an_empty_message_is_one_byte_where_everything_is_compressed() {
    let Connected { client, accepted, .. } = compressing(&Compression::new().with_threshold(0));
    let received = SignalSpy::new(accepted.text_message_received());
    for message in ["", "x", "", ""] {
        client.send_text_message(message);
    }
    wait_until("all messages are there", || received.len() == 4);
    assert_eq!(received.take(), ["", "x", "", ""]);

    let server = compressing_server(Compression::new().with_threshold(0));
    let (mut peer, _) = peer_of(server, "permessage-deflate");
    accepted_socket(server).send_text_message("");
    let frame = peer.read_frame();
    assert_eq!((frame.first, &frame.payload[..]), (0xC1, &[0][..]));
}

#[test]
fn a_message_is_cut_into_frames_by_its_size_on_the_wire() {
    let server = compressing_server(Compression::new());
    let (mut peer, answer) = peer_of(server, "permessage-deflate");
    let mut context = PeerContext::new(Role::Client, &answer);
    let accepted = accepted_socket(server);
    accepted.set_outgoing_frame_size(10);
    let message: String = (0..300).map(|index| format!("{} ", index * 7919 % 1000)).collect();
    accepted.send_text_message(&message);
    let mut frames = vec![peer.read_frame()];
    while frames[frames.len() - 1].first & 0x80 == 0 {
        frames.push(peer.read_frame());
    }
    assert!(frames.len() > 10);
    assert_eq!(frames[0].first, 0x41, "RSV1 stands on the first");
    assert!(frames[1..frames.len() - 1].iter().all(|frame| frame.first == 0x00 && frame.payload.len() == 10));
    assert_eq!(frames[frames.len() - 1].first, 0x80);
    let payload: Vec<_> = frames.into_iter().flat_map(|frame| frame.payload).collect();
    assert_eq!(context.inflate(&payload), message);
}

#[test]
fn a_client_masks_what_it_has_compressed() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open_with(listener.url(), HandshakeOptions::new().with_compression(Compression::new()));
    let mut peer = listener.accept();
    let request = peer.read_head();
    let answer = "permessage-deflate; server_max_window_bits=12";
    let extensions = format!("\r\nSec-WebSocket-Extensions: {answer}\r\n\r\n");
    peer.send(response_to(&request).replace("\r\n\r\n", &extensions));
    wait_until("the client is connected", || client.state() == SocketState::Connected);
    let mut context = PeerContext::new(Role::Server, answer);
    client.set_outgoing_frame_size(20);
    client.send_text_message(text(400));
    let mut frames = vec![peer.read_frame()];
    while frames[frames.len() - 1].first & 0x80 == 0 {
        frames.push(peer.read_frame());
    }
    assert!(frames.iter().all(|frame| frame.masked));
    let payload: Vec<_> = frames.into_iter().flat_map(|frame| frame.payload).collect();
    assert_eq!(context.inflate(&payload), text(400));
    let answer = context.compress("and back");
    peer.send_frame(0xC1, &answer);
    let received = SignalSpy::new(client.text_message_received());
    wait_until("the message is there", || !received.is_empty());
    assert_eq!(received.take(), ["and back"]);
}

#[test]
fn messages_of_all_kinds_and_sizes_come_back_as_they_were() {
    for compression in [
        Compression::new(),
        Compression::new().with_level(1).with_server_max_window_bits(8).with_client_max_window_bits(8),
        Compression::new().with_level(9).with_server_max_window_bits(15).with_client_max_window_bits(15),
        Compression::new().with_level(0),
        Compression::new().with_server_context_takeover(false).with_client_context_takeover(false),
        Compression::new().with_threshold(0).with_encoder_memory(0),
    ] {
        let server = compressing_server(compression.clone());
        echo(server);
        let clients = [(); 2].map(|()| client_with(server, Some(compression.clone())));
        let texts = clients.map(|client| SignalSpy::new(client.text_message_received()));
        let binaries = clients.map(|client| SignalSpy::new(client.binary_message_received()));
        for size in [0, 1, 63, 64, 65, 1000, 4096, 70_000, 300_000] {
            let noise: Vec<_> = (0..size).map(|index: usize| (index * index / 3 + index) as u8).collect();
            for client in clients {
                client.send_text_message(text(size));
                client.send_binary_message(&noise);
            }
            wait_until("all is back", || binaries.iter().all(|binaries| !binaries.is_empty()));
            for (texts, binaries) in texts.iter().zip(&binaries) {
                assert!(texts.take() == [text(size)], "{size} bytes, {compression:?}");
                assert!(binaries.take() == [noise.clone()], "{size} bytes, {compression:?}");
            }
        }
    }
}

// ---- receiving

#[test]
fn a_compressed_message_in_frames_is_told_as_one_frame_once_it_is_whole() {
    let server = compressing_server(Compression::new());
    let (mut peer, answer) = peer_of(server, "permessage-deflate");
    let accepted = accepted_socket(server);
    let frames = SignalSpy::new(accepted.text_frame_received());
    let messages = SignalSpy::new(accepted.text_message_received());
    let mut context = PeerContext::new(Role::Client, &answer);
    for _ in 0..2 {
        let payload = context.compress(&text(500));
        let (first, rest) = payload.split_at(3);
        peer.send_frame(0x41, first);
        peer.send_frame(0x89, b"in between");
        settle();
        assert_eq!(peer.read_frame().first, 0x8A);
        assert!(frames.is_empty() && messages.is_empty());
        peer.send_frame(0x80, rest);
        wait_until("the message is there", || !messages.is_empty());
        assert_eq!(frames.take(), [(text(500), true)]);
        assert_eq!(messages.take(), [text(500)]);
    }
    // One that is not compressed, in between.
    peer.send_frame(0x01, b"as it ");
    peer.send_frame(0x80, b"is");
    wait_until("the message is there", || !messages.is_empty());
    assert_eq!(frames.take(), [("as it ".into(), false), ("is".into(), true)]);
}

#[test]
fn what_is_unpacked_has_the_limits_of_the_socket_and_of_compression() {
    for (limit, compression) in [
        (Some(1000), Compression::new()),
        (None, Compression::new().with_max_message_size(1000)),
        (Some(5000), Compression::new().with_max_message_size(1000)),
    ] {
        let Connected { client, accepted, .. } = compressing(&compression);
        if let Some(limit) = limit {
            accepted.set_max_allowed_incoming_message_size(limit);
        }
        let received = SignalSpy::new(accepted.text_message_received());
        client.send_text_message(text(1000));
        wait_until("the message is there", || !received.is_empty());
        client.send_text_message(text(1001));
        wait_for_end(accepted);
        assert_eq!(received.take(), [text(1000)]);
        assert_eq!(accepted.close_code(), CloseCode::TooMuchData);
    }
}

#[test]
fn what_cannot_be_made_smaller_may_be_as_large_as_the_limit_all_the_same() {
    for level in 0..=9 {
        for size in [3000, 40_000] {
            let compression = Compression::new().with_level(level);
            let Connected { server, client, accepted } = compressing(&compression);
            accepted.set_max_allowed_incoming_message_size(size as u64);
            let received = SignalSpy::new(accepted.binary_message_received());
            client.send_binary_message(noise(size));
            wait_until("the message is there", || !received.is_empty() || !client.is_valid());
            assert!(received.take() == [noise(size)], "level {level}, {size} bytes");
            client.delete();
            server.delete();
        }
    }
}

#[test]
fn compression_works_the_same_in_slots_that_enter_an_event_loop() {
    let Connected { client, accepted, .. } = compressing(&Compression::new());
    let order = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let seen = order.clone();
    accepted.text_message_received().connect(move |message| {
        seen.borrow_mut().push(format!("begin {}", &message[..1]));
        if message.starts_with('1') {
            accepted.send_text_message(format!("0{}", text(300)));
            settle();
            accepted.send_text_message(format!("9{}", text(300)));
        }
        seen.borrow_mut().push(format!("end {}", &message[..1]));
    });
    let answers = SignalSpy::new(client.text_message_received());
    for index in 1..4 {
        client.send_text_message(format!("{index}{}", text(300)));
    }
    wait_until("the answers are there", || answers.len() == 2);
    assert_eq!(*order.borrow(), ["begin 1", "begin 2", "end 2", "begin 3", "end 3", "end 1"]);
    assert_eq!(answers.take(), [format!("0{}", text(300)), format!("9{}", text(300))]);
}

#[test]
fn a_generator_of_masking_keys_may_send_something_itself() {
    use std::cell::Cell;
    thread_local!(static SOCKET: Cell<Option<WebSocket>> = const { Cell::new(None) });
    #[derive(Default)]
    struct Sending;
    impl MaskGenerator for Sending {
        fn next_mask(&self) -> u32 {
            if let Some(socket) = SOCKET.take() {
                socket.send_text_message(text(200));
            }
            0x0102_0304
        }
    }
    let Connected { client, accepted, .. } = compressing(&Compression::new());
    let received = SignalSpy::new(accepted.text_message_received());
    client.set_mask_generator(Some(std::rc::Rc::new(Sending)));
    SOCKET.set(Some(client));
    client.send_text_message(text(300));
    wait_until("both are there", || received.len() == 2);
    assert_eq!(received.take(), [text(200), text(300)]);
}

// ---- prepared messages

#[test]
fn a_prepared_message_fits_into_every_stream_and_later_messages_refer_to_it() {
    for compression in [
        Some(Compression::new()),
        Some(Compression::new().with_server_context_takeover(false).with_client_context_takeover(false)),
        Some(Compression::new().with_server_max_window_bits(9).with_level(1)),
        None,
    ] {
        let server = listening_server();
        server.set_compression(compression.clone());
        let mut received = Vec::new();
        let mut accepted = Vec::new();
        for index in 0..6 {
            let client = client_with(server, compression.clone());
            received.push(SignalSpy::new(client.text_message_received()));
            accepted.push(accepted_socket(server));
            accepted[index].set_outgoing_frame_size(if index % 2 == 0 { 0 } else { 7 });
        }
        let mut expected = Vec::new();
        for round in 0..4 {
            let own = format!("{round}{}", text(100));
            accepted.iter().for_each(|socket| assert_eq!(socket.send_text_message(&own), own.len()));
            let all = format!("for all {round} {}", text(150));
            let prepared = PreparedMessage::text(&all);
            accepted.iter().for_each(|socket| assert_eq!(socket.send_prepared_message(&prepared), all.len()));
            let empty = PreparedMessage::text("");
            accepted.iter().for_each(|socket| assert_eq!(socket.send_prepared_message(&empty), 0));
            expected.extend([own, all, String::new()]);
        }
        wait_until("all is there", || received.iter().all(|received| received.len() == expected.len()));
        assert!(received.iter().all(|received| received.take() == expected));
    }
}

#[test]
fn a_prepared_message_of_a_client_is_masked_and_one_of_a_closed_socket_is_not_sent() {
    let Connected { client, accepted, .. } = compressing(&Compression::new());
    let received = SignalSpy::new(accepted.binary_message_received());
    let prepared = PreparedMessage::binary(text(300));
    client.send_prepared_message(&prepared);
    client.send_binary_message(text(300));
    wait_until("both are there", || received.len() == 2);
    client.abort();
    assert_eq!(client.send_prepared_message(&prepared), 0);
    assert_eq!(WebSocket::new().send_prepared_message(&prepared), 0);
}

#[test]
fn a_broadcast_to_many_compresses_once() {
    let server = compressing_server(Compression::new());
    let peers: Vec<_> =
        (0..20).map(|_| peer_of(server, "permessage-deflate; client_max_window_bits")).collect();
    let accepted: Vec<_> = peers.iter().map(|_| accepted_socket(server)).collect();
    let prepared = PreparedMessage::text(text(2000));
    accepted.iter().for_each(|socket| assert_eq!(socket.send_prepared_message(&prepared), 2000));
    let mut frames = peers.into_iter().map(|(mut peer, _)| peer.read_frame());
    let first = frames.next().unwrap();
    assert_eq!(first.first, 0xC1);
    assert!(frames.all(|frame| frame == first), "the very same bytes");
}

struct Constant;

impl MaskGenerator for Constant {
    fn next_mask(&self) -> u32 {
        0x5555_5555
    }
}

#[test]
fn every_frame_of_a_client_is_masked_also_if_its_message_gets_larger() {
    let noise = noise(20_000);
    for level in [0, 1, 2, 6, 9] {
        for bits in [8, 12, 15] {
            let compression = Compression::new().with_level(level).with_client_max_window_bits(bits);
            let Connected { server, client, accepted } = compressing(&compression);
            let received = SignalSpy::new(accepted.binary_message_received());
            for of_its_own in [false, true] {
                let generator = std::rc::Rc::new(Constant);
                client.set_mask_generator(of_its_own.then_some(generator as _));
                for (size, frame_size) in [(100, 1), (500, 1), (1000, 1), (20_000, 100)] {
                    client.set_outgoing_frame_size(frame_size);
                    client.send_binary_message(&noise[..size]);
                    wait_until("the message is there", || !received.is_empty() || !client.is_valid());
                    assert!(received.take() == [&noise[..size]], "level {level}, {bits} bits, {size} bytes");
                }
            }
            client.delete();
            server.delete();
        }
    }
}
