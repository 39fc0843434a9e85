//! Peers that abuse compression: what they send is garbage, a bomb, or nothing that was agreed on.

use flate2::write::DeflateEncoder;
use slotwire::prelude::*;
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use crate::peer::{Peer, PeerListener, REQUEST, response_to};
use crate::support::{
    Bystander, accepted_socket, caught, echo_server, listening_server, panic_as_told, settle,
    settle_through_panics, wait_for_end, wait_until,
};

/// What a bomb may take besides what it has sent and the limit: buffers, the decoder, the connection.
const BESIDES: u64 = 2 * 1024 * 1024;

fn compressing_echo() -> WebSocketServer {
    let server = echo_server();
    server.set_compression(Compression::new());
    server
}

/// A peer that has offered to compress, to a server that has accepted.
fn compressing_peer(server: WebSocketServer) -> Peer {
    let mut peer = Peer::connect(server);
    peer.send(request_with("permessage-deflate; client_max_window_bits"));
    let head = peer.read_head();
    assert!(head.contains("\r\nSec-WebSocket-Extensions: permessage-deflate"), "{head}");
    peer
}

fn request_with(extensions: &str) -> String {
    REQUEST.replace("\r\n\r\n", &format!("\r\nSec-WebSocket-Extensions: {extensions}\r\n\r\n"))
}

/// The payload of a compressed message, by C zlib.
fn compressed(message: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(message).unwrap();
    encoder.flush().unwrap();
    let mut payload = encoder.get_ref().clone();
    assert!(payload.ends_with(&[0, 0, 0xFF, 0xFF]));
    payload.truncate(payload.len() - 4);
    payload
}

#[test]
fn what_is_not_compressed_text_ends_its_connection_with_the_right_code_and_no_other() {
    let truncated = |message: &[u8]| {
        let mut payload = compressed(message);
        payload.truncate(payload.len() / 2);
        payload
    };
    let far_back = {
        // The distance of the second message is more than its window has.
        let old: Vec<_> = (0..5000).map(|index: u32| (index * index % 251) as u8).collect();
        compressed(&[&old[..], &vec![b'x'; 30_000], &old[..1000]].concat())
    };
    assert!(far_back.len() > 100, "what refers that far back within one message is fine");
    let attacks: [(&str, u16, Vec<u8>); 8] = [
        ("garbage", 1002, b"this is not compressed at all".to_vec()),
        ("the same byte", 1002, vec![0xFF; 100_000]),
        ("truncated", 1002, truncated(&[b"several words of text, ".repeat(20), vec![1, 2, 3]].concat())),
        ("a distance of what was never sent", 1002, vec![0x4b, 0x84, 0x18, 0x00]),
        ("last blocks without end", 1002, [3, 0].repeat(500_000)),
        (
            "something behind the last block",
            1002,
            [&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..], &[7]].concat(),
        ),
        ("no UTF-8", 1007, compressed(b"caf\xe9 au lait")),
        ("half a character", 1007, compressed("na\u{ef}".as_bytes().split_last().unwrap().1)),
    ];
    let server = compressing_echo();
    let bystander = Bystander::of(server);
    for (what, code, payload) in attacks {
        let mut peer = compressing_peer(server);
        peer.send_frame(0xC1, payload);
        assert_eq!(peer.read_close().0, code, "{what}");
        bystander.goes_on();
    }
}

#[test]
fn text_beyond_the_window_of_the_connection_cannot_be_referred_to() {
    // C zlib with 15 bits, where 12 were agreed on.
    let server = compressing_echo();
    let mut encoder = flate2::Compress::new_with_window_bits(flate2::Compression::best(), false, 15);
    let mut message = |text: &[u8]| {
        let mut payload = Vec::with_capacity(100_000);
        encoder.compress_vec(text, &mut payload, flate2::FlushCompress::Sync).unwrap();
        payload.truncate(payload.len() - 4);
        payload
    };
    let old: Vec<_> = (0..1000).map(|index: u32| (index * index % 251) as u8).collect();
    let mut peer = compressing_peer(server);
    peer.send_frame(0xC2, message(&[&old[..], &vec![b'x'; 4000]].concat()));
    assert_eq!(peer.read_frame().first, 0xC2);
    peer.send_frame(0xC2, message(&old));
    assert_eq!(peer.read_close().0, 1002);
}

#[test]
fn rsv1_where_it_does_not_belong_is_an_error_of_the_protocol() {
    let hello = compressed(b"Hello");
    let server = echo_server();
    let mut peer = Peer::client_of(server);
    peer.send_frame(0xC1, &hello);
    assert_eq!(peer.read_close().0, 1002, "nothing was agreed on");

    server.set_compression(Compression::new());
    for frames in [
        &[(0xC9, &b"a ping"[..])][..],
        &[(0xCA, b"a pong")],
        &[(0xC8, &[0x03, 0xE8])],
        &[(0x41, &hello[..3]), (0xC0, &hello[3..])],
        &[(0x01, b"Hel"), (0xC0, b"lo")],
        &[(0xA1, b"RSV2")],
        &[(0xE1, b"RSV1 and RSV2")],
    ] {
        let mut peer = compressing_peer(server);
        for (first, payload) in frames {
            peer.send_frame(*first, payload);
        }
        assert_eq!(peer.read_close().0, 1002, "{frames:?}");
    }
    // The client is told the same.
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.accept_handshake();
    peer.send_frame(0xC1, &hello);
    wait_for_end(client);
    assert_eq!(client.close_code(), CloseCode::ProtocolError);
}

#[test]
fn a_bomb_costs_what_it_has_sent_and_the_limit() {
    const LIMIT: u64 = 4 * 1024 * 1024;
    let bomb = compressed(&vec![b'a'; 100 * 1024 * 1024]);
    assert!(bomb.len() < 110_000, "a thousand to one");
    let server = compressing_echo();
    let bystander = Bystander::of(server);
    server.set_compression(Compression::new().with_max_message_size(LIMIT));
    let mut peer = compressing_peer(server);
    let wire = peer.frame(0xC1, &bomb);
    // Whatever is there once is there.
    bystander.goes_on();
    let spent = allocation_counter::measure(|| {
        peer.send(&wire);
        assert_eq!(peer.read_close().0, 1009);
    });
    let most = 3 * wire.len() as u64 + LIMIT + BESIDES;
    println!("a bomb of {} bytes took {} at most", wire.len(), spent.bytes_max);
    assert!(spent.bytes_max <= most, "{} bytes were taken, {most} are due", spent.bytes_max);
    bystander.goes_on();
}

#[test]
fn a_message_that_does_not_end_is_refused_by_its_size_on_the_wire() {
    let server = echo_server();
    server.set_compression(Compression::new().with_max_message_size(100_000));
    let mut peer = compressing_peer(server);
    let block = [0, 0x10, 0x27, 0xEF, 0xD8].into_iter().chain([7; 10_000]).collect::<Vec<u8>>();
    peer.send_frame(0x42, &block);
    for _ in 0..20 {
        if !peer.is_ended() {
            let frame = peer.frame(0x00, &block);
            peer.try_send(&frame);
            settle();
        }
    }
    assert_eq!(peer.read_close().0, 1009);
}

#[test]
fn the_default_holds_also_where_messages_may_be_of_any_size() {
    let server = echo_server();
    server.set_compression(Compression::new());
    let mut peer = compressing_peer(server);
    let accepted_limit = server.limits().max_message_size();
    assert!(accepted_limit > 2_000_000_000);
    peer.send_frame(0xC2, compressed(&vec![0; 64 * 1024 * 1024 + 1]));
    assert_eq!(peer.read_close().0, 1009);
}

#[test]
fn an_offer_of_ten_thousand_parameters_is_refused_and_one_that_fits_is_declined() {
    let server = compressing_echo();
    server.set_limits(Limits::qt().with_max_head_size(1024 * 1024));
    for parameter in
        ["; unknown", "; server_no_context_takeover", ", permessage-deflate; server_max_window_bits=7"]
    {
        let offer = |count| request_with(&format!("permessage-deflate; x{}", parameter.repeat(count)));
        let mut peer = Peer::connect(server);
        peer.send(offer(10_000));
        assert!(peer.read_head().starts_with("HTTP/1.1 400 "), "a line of that size");
        let mut peer = Peer::connect(server);
        peer.send(offer(150));
        let head = peer.read_head();
        assert!(head.starts_with("HTTP/1.1 101 ") && !head.contains("Extensions"), "{head}");
        peer.send_frame(0x81, b"uncompressed");
        assert_eq!(peer.read_frame().payload, b"uncompressed");
    }
    // A client does not take such an answer.
    let listener = PeerListener::new();
    let client = WebSocket::new();
    let errors = SignalSpy::new(client.error_occurred());
    client.set_limits(Limits::qt().with_max_head_size(1024 * 1024));
    client.open_with(listener.url(), HandshakeOptions::new().with_compression(Compression::new()));
    let mut peer = listener.accept();
    let request = peer.read_head();
    let parameters = "; server_max_window_bits=12".repeat(3_000);
    let answer = format!("\r\nSec-WebSocket-Extensions: permessage-deflate{parameters}\r\n\r\n");
    peer.send(response_to(&request).replace("\r\n\r\n", &answer));
    wait_for_end(client);
    assert_eq!(errors.take(), [SocketError::ConnectionRefused]);
}

// ---- slots

/// What a slot does with its socket when a compressed message has come.
type Deed = fn(WebSocket);

const DEEDS: [(&str, Deed); 9] = [
    ("send", |socket| {
        socket.send_text_message("an answer that is long enough to be compressed, and more than that");
    }),
    ("send uncompressed", |socket| {
        socket.send_text_message_uncompressed("a secret");
    }),
    ("close", |socket| socket.close()),
    ("abort", |socket| socket.abort()),
    ("delete", |socket| socket.delete()),
    ("delete later", |socket| socket.delete_later()),
    ("event loop", |_| settle()),
    ("limits", |socket| socket.set_max_allowed_incoming_message_size(1)),
    ("panic", |_| panic_as_told()),
];

#[test]
fn every_call_is_legal_in_a_slot_of_a_compressed_message() {
    for in_frames in [false, true] {
        for (what, deed) in DEEDS {
            let server = listening_server();
            server.set_compression(Compression::new());
            let client = WebSocket::new();
            client
                .open_with(server.server_url(), HandshakeOptions::new().with_compression(Compression::new()));
            let accepted = accepted_socket(server);
            wait_until("the client is connected", || client.is_valid());
            if in_frames {
                client.set_outgoing_frame_size(7);
            }
            let received = SignalSpy::new(accepted.text_message_received());
            let mut once = Some(deed);
            accepted.text_message_received().connect_mut(move |_| {
                if let Some(deed) = once.take() {
                    deed(accepted);
                }
            });
            let message = |index: u32| {
                format!("message {index}, with enough text in it to be compressed well: {index}")
            };
            for index in 0..4 {
                client.send_text_message(message(index));
            }
            settle_through_panics();
            let received = received.take();
            assert_eq!(received[0], message(0), "{what}");
            let goes_on = ["send", "send uncompressed", "event loop", "panic"].contains(&what);
            if goes_on {
                assert_eq!(received, (0..4).map(message).collect::<Vec<_>>(), "{what}");
                // The contexts of both sides are still the same.
                let answers = SignalSpy::new(client.text_message_received());
                accepted.send_text_message(message(9));
                wait_until("the answer is there", || !answers.is_empty());
                assert_eq!(answers.take().last(), Some(&message(9)));
            }
            // Whoever is left can be let go of.
            caught(|| client.abort());
            settle_through_panics();
        }
    }
}

#[test]
fn messages_of_the_largest_size_cost_one_of_them_and_the_pool_however_many_connections_send_them() {
    const LIMIT: usize = 8 * 1024 * 1024;
    let noise: Vec<u8> = (0..80).map(|index: u32| (index * index * 97 / 7) as u8 & 0x7F).collect();
    for message in [vec![b'a'; LIMIT], noise.iter().cycle().take(LIMIT).copied().collect()] {
        let payload = compressed(&message);
        let server = listening_server();
        server.set_compression(Compression::new().with_max_message_size(LIMIT as u64));
        let mut peers = [(); 8].map(|()| compressing_peer(server));
        let wires: Vec<_> = peers.iter().map(|peer| peer.frame(0xC1, &payload)).collect();
        let sockets: Vec<_> = std::iter::from_fn(|| server.next_pending_connection()).collect();
        let got = Rc::new(std::cell::Cell::new(0));
        for socket in &sockets {
            let got = got.clone();
            socket.text_message_received().connect(move |text| got.set(got.get() + text.len()));
        }
        let spent = allocation_counter::measure(|| {
            for (peer, wire) in peers.iter_mut().zip(&wires) {
                peer.send(wire);
            }
            wait_until("all are there", || got.get() == 8 * LIMIT);
        });
        println!(
            "{}:1, in 8 connections: {} at most, {} are left",
            LIMIT / payload.len(),
            spent.bytes_max,
            spent.bytes_current
        );
        let pool = 16 * 1024 * 1024;
        let most = pool + LIMIT as u64 + 8 * wires[0].len() as u64 + BESIDES;
        assert!(spent.bytes_max <= most, "{} bytes, {most} are due", spent.bytes_max);
        let after = allocation_counter::measure(Application::release_memory);
        println!("{} are given back", -after.bytes_current);
    }
}

#[test]
fn others_get_their_turn_while_bombs_are_unpacked() {
    const LIMIT: u64 = 16 * 1024 * 1024;
    const BOMBS: usize = 4;
    let server = compressing_echo();
    server.set_compression(Compression::new().with_max_message_size(LIMIT));
    let bystander = Bystander::of(server);
    let bomb = compressed(&vec![b'a'; 2 * LIMIT as usize]);
    let mut peers = [(); BOMBS].map(|()| compressing_peer(server));
    for peer in &mut peers {
        let frame = peer.frame(0xC1, &bomb);
        peer.try_send(&frame);
    }
    let mut rounds = 0;
    while !peers.iter_mut().all(|peer| peer.is_ended()) {
        bystander.goes_on();
        rounds += 1;
    }
    println!("{rounds} times somebody else was answered");
    assert!(rounds > 10, "only {rounds} times somebody else was answered meanwhile");
    for peer in &mut peers {
        assert_eq!(peer.read_close().0, 1009);
    }
}

#[test]
fn what_follows_a_large_message_comes_after_it() {
    let server = listening_server();
    server.set_compression(Compression::new());
    let mut peer = compressing_peer(server);
    let accepted = accepted_socket(server);
    let texts = SignalSpy::new(accepted.text_message_received());
    let pongs = SignalSpy::new(accepted.pong());
    let large = "a large message, ".repeat(200_000);
    let mut wire = peer.frame(0xC1, compressed(large.as_bytes()));
    wire.extend(peer.frame(0x8A, b"a pong"));
    wire.extend(peer.frame(0x81, b"not compressed"));
    // A nested loop takes what follows as well.
    let before = Rc::new(RefCell::new(Vec::new()));
    let pongs_before = before.clone();
    accepted.text_message_received().connect(move |_| {
        pongs_before.borrow_mut().push(pongs.len());
        settle();
        assert_eq!(pongs.len(), 1, "the pong came within the slot");
    });
    peer.send(&wire);
    wait_until("both are there", || texts.len() == 2);
    assert_eq!(texts.take(), [large, "not compressed".to_owned()]);
    assert_eq!(*before.borrow(), [0, 1], "pongs in front of each");
}

#[test]
fn a_connection_that_ends_while_its_message_is_unpacked_lets_the_next_one_go_on() {
    let bomb = compressed(&vec![b'a'; 16 * 1024 * 1024]);
    let deeds: [Deed; 3] = [|socket| socket.abort(), |socket| socket.close(), |socket| socket.delete()];
    for deed in deeds {
        let server = listening_server();
        server.set_compression(Compression::new());
        let mut peer = compressing_peer(server);
        let first = accepted_socket(server);
        let frame = peer.frame(0xC1, &bomb);
        peer.send(&frame);
        Application::process_events();
        deed(first);
        let mut other = compressing_peer(server);
        let second = accepted_socket(server);
        let received = SignalSpy::new(second.text_message_received());
        let frame = other.frame(0xC1, &bomb);
        other.send(&frame);
        wait_until("the other message is there", || !received.is_empty());
        assert_eq!(received.take()[0].len(), 16 * 1024 * 1024);
    }
}
