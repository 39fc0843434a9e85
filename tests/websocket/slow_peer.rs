//! Peers that do not read, that flood, and that crawl: memory stays bounded, and the others are served.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::{Journal, ORDERLY_END};
use crate::peer::{Peer, PeerListener, response_to};
use crate::support::{
    Bystander, close_payload, echo_server, frame, listening_server, pass, settle, wait_for_end, wait_until,
};

/// Fills what the system buffers between the socket and a peer that does not read.
fn block(socket: WebSocket) {
    while {
        socket.send_binary_message(vec![0; 1 << 20]);
        socket.flush();
        socket.bytes_to_write() < 1 << 20
    } {}
}

#[test]
fn pings_to_a_peer_that_does_not_read_are_answered_by_the_last_one_only() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    block(socket);
    let waiting = socket.bytes_to_write();
    for number in 0..10_000 {
        peer.send_frame(0x89, format!("ping {number}"));
    }
    settle();
    assert_eq!(socket.bytes_to_write(), waiting, "no pong is queued");
    wait_until("the pong", || {
        peer.take_received().ends_with(b"\x8a\x09ping 9999") && socket.bytes_to_write() == 0
    });
}

#[test]
fn a_flood_of_pings_is_answered() {
    let server = echo_server();
    let bystander = Bystander::of(server);
    let mut peer = Peer::client_of(server);
    for number in 0..1000_u32 {
        peer.send(frame(0x89, &number.to_be_bytes(), true).repeat(10));
    }
    peer.send_frame(0x81, "done");
    let mut received = Vec::new();
    wait_until("the answers", || {
        received.extend(peer.take_received());
        received.ends_with(b"\x81\x04done")
    });
    assert!(received.starts_with(b"\x8a\x04\0\0\0\0\x8a\x04"));
    bystander.goes_on();
}

#[test]
fn a_flood_of_tiny_frames_does_not_keep_the_others_waiting() {
    let server = echo_server();
    let bystander = Bystander::of(server);
    let mut peer = Peer::client_of(server);
    let flood = [frame(0x01, b"", true), frame(0x00, b"", true).repeat(10_000)].concat();
    for _ in 0..10 {
        let sent = peer.try_send(&flood);
        bystander.goes_on();
        peer.send(&flood[sent..]);
        peer.send_frame(0x80, "end");
        assert_eq!(peer.read_frame().payload, b"end");
    }
}

#[test]
fn a_message_of_many_empty_fragments_is_one_message() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let received = SignalSpy::new(socket.text_message_received());
    peer.send_frame(0x01, "");
    peer.send(frame(0x00, b"", true).repeat(100_000));
    peer.send_frame(0x80, "at last");
    wait_until("the message", || !received.is_empty());
    assert_eq!(received.take(), ["at last"]);
}

#[test]
fn a_peer_that_never_stops_sending_does_not_starve_the_others() {
    let server = echo_server();
    let bystander = Bystander::of(server);
    let (mut greedy, _other) = (Peer::client_of(server), Peer::client_of(server));
    let endless = frame(0x02, &vec![0; 60_000], true);
    greedy.send(&endless);
    let more = frame(0x00, &vec![0; 60_000], true);
    let mut rest: &[u8] = &more;
    let mut send_more = || loop {
        match greedy.try_send(rest) {
            0 => return,
            sent => rest = if sent == rest.len() { &more } else { &rest[sent..] },
        }
    };
    for _ in 0..20 {
        send_more();
        bystander.goes_on();
    }
}

#[test]
fn what_a_peer_does_not_read_waits_and_arrives_when_it_reads() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let total = Rc::new(Cell::new(0));
    let sum = total.clone();
    socket.bytes_written().connect(move |bytes| sum.set(sum.get() + bytes as usize));
    for _ in 0..32 {
        socket.send_binary_message(vec![1; 500_000]);
    }
    settle();
    let expected = 32 * 500_010;
    assert!(socket.bytes_to_write() > 0);
    assert_eq!(socket.bytes_to_write() as usize + total.get(), expected);
    let mut received = 0;
    wait_until("all has arrived", || {
        received += peer.take_received().len();
        received == expected
    });
    settle();
    assert_eq!((socket.bytes_to_write(), total.get()), (0, expected));
}

#[test]
fn an_accepted_socket_that_is_deleted_does_not_wait_for_its_peer_for_ever() {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    block(socket);
    socket.delete();
    settle();
    pass(&clock, Duration::from_secs(3));
    assert_eq!(Application::next_timeout(), None, "nothing waits any more");
    peer.read_end();
}

#[test]
fn a_malformed_frame_from_a_peer_that_does_not_read_ends_the_connection_at_once() {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    block(socket);
    let journal = Journal::of(socket);
    peer.send([0x83, 0x80, 0, 0, 0, 0]);
    wait_for_end(socket);
    assert_eq!(journal.take(), ORDERLY_END);
    assert_eq!(socket.close_code(), CloseCode::ProtocolError);
    pass(&clock, Duration::from_secs(3));
    assert_eq!(Application::next_timeout(), None);
    peer.read_end();
}

#[test]
fn a_peer_that_goes_on_sending_after_it_was_refused_is_dropped() {
    let clock = VirtualClock::install();
    let server = echo_server();
    let bystander = Bystander::of(server);
    let mut peer = Peer::client_of(server);
    peer.send([0x83, 0x80, 0, 0, 0, 0]);
    settle();
    for _ in 0..30 {
        peer.try_send(&[0; 100_000]);
        settle();
        pass(&clock, Duration::from_millis(100));
    }
    peer.read_end();
    bystander.goes_on();
}

#[test]
fn a_peer_that_sends_a_close_frame_byte_by_byte_is_answered() {
    let clock = VirtualClock::install();
    for code in [1000, 4999] {
        let (mut peer, socket) = Peer::with_accepted(listening_server());
        let journal = Journal::of(socket);
        for byte in frame(0x88, &close_payload(code, "slowly does it"), true) {
            assert_eq!(socket.state(), SocketState::Connected);
            pass(&clock, Duration::from_secs(1));
            peer.send([byte]);
            settle();
        }
        wait_for_end(socket);
        assert_eq!(journal.take(), ORDERLY_END);
        assert_eq!(peer.read_close(), (code, "slowly does it".to_owned()));
        peer.expect_end();
    }
}

#[test]
fn a_server_that_sends_a_byte_a_second_is_understood_from_its_response_to_its_close_frame() {
    let clock = VirtualClock::install();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.set_handshake_timeout(None);
    client.open(listener.url());
    let mut peer = listener.accept();
    let response = response_to(&peer.read_head());
    let journal = Journal::of(client);
    let message = frame(0x81, "Grüße".as_bytes(), false);
    let close = frame(0x88, &close_payload(1001, ""), false);
    for byte in [response.as_bytes(), &message, &close].concat() {
        pass(&clock, Duration::from_secs(1));
        peer.send([byte]);
        settle();
    }
    wait_for_end(client);
    let expected = ["state_changed(Connected)", "connected", "text_frame_received(Grüße, true)"];
    let journal = journal.take();
    assert_eq!(journal[..3], expected);
    assert_eq!(journal[3], "text_message_received(Grüße)");
    assert_eq!(journal[4..], ORDERLY_END);
}

#[test]
fn many_peers_that_crawl_delay_nobody() {
    const CRAWLING: usize = 200;
    let clock = VirtualClock::install();
    let server = echo_server();
    let bystander = Bystander::of(server);
    let mut peers: Vec<_> = (0..CRAWLING).map(|_| Peer::client_of(server)).collect();
    for byte in frame(0x81, b"in time", true) {
        pass(&clock, Duration::from_secs(1));
        for peer in &mut peers {
            peer.send([byte]);
        }
        bystander.goes_on();
    }
    for peer in &mut peers {
        assert_eq!(peer.read_frame().payload, b"in time");
    }
}

#[test]
fn a_flood_of_pongs_and_of_empty_messages_is_taken_in_order() {
    let server = echo_server();
    let bystander = Bystander::of(server);
    let mut peer = Peer::client_of(server);
    let flood = [frame(0x8a, b"unasked", true), frame(0x82, b"", true)].concat();
    let mut received = Vec::new();
    for _ in 0..20 {
        peer.send(flood.repeat(500));
        bystander.goes_on();
        received.extend(peer.take_received());
    }
    peer.send_frame(0x81, "done");
    wait_until("all is answered", || {
        received.extend(peer.take_received());
        received.ends_with(b"done")
    });
    assert_eq!(received, [frame(0x82, b"", false).repeat(20 * 500), frame(0x81, b"done", false)].concat());
}

#[test]
fn a_peer_that_reads_no_answers_cannot_fill_the_memory() {
    let _clock = VirtualClock::install();
    let server = listening_server();
    let (mut peer, socket) = Peer::with_accepted(server);
    socket.binary_message_received().connect(move |bytes| {
        socket.send_binary_message(bytes);
    });
    let flood = frame(0x82, &[0; 1000], true).repeat(1000);
    let mut refused = 0;
    let mut sent = 0;
    // As much as 1 GB, of which what the system buffers and a few reads are taken.
    for _ in 0..1000 {
        let count = peer.try_send(&flood[sent % flood.len()..]);
        sent += count;
        settle();
        refused += usize::from(count == 0);
    }
    assert!(refused > 500, "{sent} bytes were taken");
    assert!(socket.bytes_to_write() < 32 * 1024 * 1024, "{} bytes wait", socket.bytes_to_write());
    assert!(socket.is_valid());
}
