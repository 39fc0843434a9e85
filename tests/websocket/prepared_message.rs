//! Messages that are prepared for many sockets: each gets what it would have got by itself, in its place.

use std::cell::Cell;
use std::rc::Rc;

use slotwire::prelude::*;

use crate::peer::Peer;
use crate::scheme::Scheme;
use crate::support::{
    Connected, accepted_socket, caught, connected_client, listening_server, panic_as_told, settle,
    wait_for_end, wait_until,
};

const MIB: usize = 1024 * 1024;

/// Bytes by which it is seen if one is missing.
fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|index| (index % 251) as u8 ^ (index >> 12) as u8).collect()
}

/// The ends of that many connections to one server.
fn connected_to(server: WebSocketServer, count: usize) -> (Vec<WebSocket>, Vec<WebSocket>) {
    (0..count).map(|_| (connected_client(server), accepted_socket(server))).unzip()
}

#[test]
fn messages_of_every_size_arrive_in_order_whatever_the_frame_size_and_the_role() {
    for scheme in Scheme::both() {
        let (client, accepted) = scheme.connected(Limits::qt());
        for (sender, receiver) in [(accepted, client), (client, accepted)] {
            for frame_size in [0, 511, 512, 1000, 65_536, 512 * 1024] {
                sender.set_outgoing_frame_size(frame_size);
                let received = SignalSpy::new(receiver.binary_message_received());
                let mut expected = Vec::new();
                for size in [0, 1, 125, 126, 511, 512, 513, 1000, 40_000, 100, 65_536, 2 * MIB, 3, 700_000] {
                    for message in [bytes(size), vec![7; size % 600]] {
                        let half = message[message.len() / 2..].to_vec();
                        sender.send_prepared_message(&PreparedMessage::binary(&message));
                        sender.send_binary_message(&half);
                        expected.extend([message, half]);
                    }
                    sender.ping();
                }
                // Nothing was read so far: most of it waits.
                assert!(sender.bytes_to_write() > 0);
                wait_until("all is there", || received.len() == expected.len());
                assert!(received.take() == expected, "frames of {frame_size}");
                assert_eq!(sender.bytes_to_write(), 0);
            }
        }
    }
}

#[cfg(feature = "deflate")]
#[test]
fn large_ones_fit_into_compressed_streams_in_their_place() {
    for scheme in Scheme::both() {
        for compression in [
            Compression::new().with_level(1),
            Compression::new()
                .with_level(1)
                .with_server_context_takeover(false)
                .with_client_context_takeover(false),
            Compression::new().with_level(1).with_server_max_window_bits(15).with_client_max_window_bits(9),
        ] {
            let server = scheme.server(Limits::qt());
            server.set_compression(compression.clone());
            let client = scheme.client();
            client.open_with(server.server_url(), HandshakeOptions::new().with_compression(compression));
            wait_until("the client is connected", || client.state() == SocketState::Connected);
            let accepted = accepted_socket(server);
            for (sender, receiver) in [(accepted, client), (client, accepted)] {
                let received = SignalSpy::new(receiver.binary_message_received());
                let mut expected = Vec::new();
                for frame_size in [0, 600, 4096, 65_536] {
                    sender.set_outgoing_frame_size(frame_size);
                    for size in [0, 1, 63, 64, 600, 5000, 300_000] {
                        // Half of it gets smaller.
                        let message: Vec<u8> = (0..size as u32)
                            .map(|index| {
                                (index.wrapping_mul(0x9e37_79b9) >> 24) as u8 * u8::from(index % 8000 < 4000)
                            })
                            .collect();
                        sender.send_prepared_message(&PreparedMessage::binary(&message));
                        sender.send_binary_message(&message);
                        sender.send_binary_message_uncompressed(&message);
                        expected.extend([message.clone(), message.clone(), message]);
                    }
                }
                wait_until("all is there", || received.len() == expected.len());
                assert!(received.take() == expected);
            }
            client.delete();
            server.delete();
        }
    }
}

#[test]
fn what_is_written_of_it_is_counted_like_all_else() {
    for scheme in Scheme::both() {
        let (client, accepted) = scheme.connected(Limits::qt());
        let received = SignalSpy::new(client.binary_message_received());
        let written = Rc::new(Cell::new(0));
        let sum = written.clone();
        accepted.bytes_written().connect(move |count| sum.set(sum.get() + count));
        let message = PreparedMessage::binary(bytes(3 * MIB));
        for _ in 0..4 {
            accepted.send_prepared_message(&message);
        }
        assert!(written.get() == 0, "it is told from the loop");
        wait_until("all is there", || received.len() == 4 && accepted.bytes_to_write() == 0);
        // Frames of half a mebibyte, with headers of ten bytes; and what TLS adds.
        assert!(written.get() >= 4 * (3 * MIB as u64 + 6 * 10));
        if matches!(scheme, Scheme::Ws) {
            assert_eq!(written.get(), 4 * (3 * MIB as u64 + 6 * 10));
        }
    }
}

#[test]
fn it_is_sent_also_if_nobody_has_it_any_more() {
    let server = listening_server();
    let (clients, accepted) = connected_to(server, 3);
    let received: Vec<_> = clients.iter().map(|it| SignalSpy::new(it.binary_message_received())).collect();
    let mut source = bytes(5 * MIB);
    let message = PreparedMessage::binary(&source);
    let copy = message.clone();
    accepted.iter().for_each(|socket| assert_eq!(socket.send_prepared_message(&message), 5 * MIB));
    drop((message, copy));
    let expected = source.clone();
    source.fill(0);
    drop(source);
    wait_until("all have it", || received.iter().all(|received| received.len() == 1));
    assert!(received.iter().all(|received| received.take() == [&expected[..]]));
}

#[test]
fn a_close_comes_behind_it_and_it_does_not_come_behind_a_close() {
    for scheme in Scheme::both() {
        let (client, accepted) = scheme.connected(Limits::qt());
        let received = SignalSpy::new(client.binary_message_received());
        let message = PreparedMessage::binary(bytes(5 * MIB));
        accepted.send_prepared_message(&message);
        accepted.close();
        assert_eq!(accepted.send_prepared_message(&message), 0);
        wait_for_end(accepted);
        wait_for_end(client);
        assert_eq!(received.take(), [bytes(5 * MIB)]);
        assert_eq!(client.close_code(), CloseCode::Normal);
        assert_eq!([accepted, client].map(|socket| socket.send_prepared_message(&message)), [0, 0]);
    }
}

#[test]
fn receivers_that_die_while_it_waits_do_not_hold_up_the_others() {
    let server = listening_server();
    let (clients, accepted) = connected_to(server, 6);
    let received: Vec<_> = clients.iter().map(|it| SignalSpy::new(it.binary_message_received())).collect();
    let message = PreparedMessage::binary(bytes(4 * MIB));
    for socket in &accepted {
        socket.send_prepared_message(&message);
        socket.send_prepared_message(&message);
    }
    accepted[0].abort();
    clients[1].abort();
    accepted[2].delete();
    clients[3].delete();
    for socket in &accepted {
        socket.send_prepared_message(&message);
    }
    wait_until("the others have it", || received[4..].iter().all(|received| received.len() == 3));
    assert!(received[4..].iter().all(|received| received.take() == vec![bytes(4 * MIB); 3]));
    settle();
    assert_eq!([0, 1].map(|dead| accepted[dead].state()), [SocketState::Unconnected; 2]);
}

#[test]
fn slots_broadcast_end_and_panic_as_elsewhere() {
    let server = listening_server();
    let (clients, accepted) = connected_to(server, 4);
    let received: Vec<_> = clients.iter().map(|it| SignalSpy::new(it.text_message_received())).collect();
    let all = accepted.clone();
    let broadcast = move |message: &PreparedMessage| {
        for socket in &all {
            socket.send_prepared_message(message);
        }
    };
    let last = accepted[3];
    accepted[0].text_message_received().connect(move |text| {
        let message = PreparedMessage::text(text.repeat(10_000));
        broadcast(&message);
        settle();
        broadcast(&message);
        last.delete();
        panic_as_told();
    });
    let first = accepted[0];
    accepted[1].bytes_written().connect(move |_| {
        first.send_prepared_message(&PreparedMessage::text("written"));
    });
    clients[0].send_text_message("to all ");
    wait_until("the slot has panicked", || caught(Application::process_events).is_none());
    wait_until("they have both", || {
        received[1].len() == 2 && received[2].len() == 2 && received[0].len() > 2
    });
    let expected = "to all ".repeat(10_000);
    assert!(received[1].take().iter().chain(&received[2].take()).all(|text| *text == expected));
    let texts = received[0].take();
    assert_eq!(texts.iter().filter(|text| **text == expected).count(), 2);
    assert!(texts.iter().all(|text| *text == expected || text == "written"));
}

#[test]
fn the_limit_for_slow_peers_counts_it_and_frees_it() {
    let server = listening_server();
    server.set_limits(
        Limits::internet()
            .with_max_bytes_to_write(Some(3 * MIB))
            .with_slow_peer_policy(SlowPeerPolicy::Abort),
    );
    let (_peer, socket) = Peer::with_accepted(server);
    let errors = SignalSpy::new(socket.error_occurred());
    let message = PreparedMessage::binary(bytes(MIB));
    let taken = (0..1000).take_while(|_| socket.send_prepared_message(&message) > 0).count();
    assert!((3..100).contains(&taken), "{taken} were taken");
    wait_for_end(socket);
    assert_eq!(errors.take(), [SocketError::SocketResource]);
    assert_eq!(socket.bytes_to_write(), 0);
}

#[test]
fn each_frame_of_a_client_has_a_key_of_its_own() {
    let Connected { client, accepted, .. } = Connected::new();
    let received = SignalSpy::new(accepted.binary_message_received());
    let message = PreparedMessage::binary(bytes(300_000));
    client.set_outgoing_frame_size(100_000);
    client.send_prepared_message(&message);
    client.send_prepared_message(&message);
    wait_until("both are there", || received.len() == 2);
    assert!(received.take() == vec![bytes(300_000); 2]);

    let unconnected = WebSocket::new();
    let mut peer = Peer::server_of(unconnected);
    unconnected.send_prepared_message(&PreparedMessage::binary(bytes(100)));
    unconnected.send_prepared_message(&PreparedMessage::binary(bytes(100)));
    let mut received = Vec::new();
    wait_until("both frames are there", || {
        received.extend(peer.take_received());
        received.len() == 2 * 106
    });
    let (first, second) = received.split_at(106);
    assert_ne!(first[2..6], second[2..6], "the keys");
}
