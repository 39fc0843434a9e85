//! Peers that do not read, that flood, and that crawl: memory stays bounded, and the others are served.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::{Journal, ORDERLY_END};
use crate::peer::Peer;
use crate::support::{
    Bystander, echo_server, frame, listening_server, pass, settle, wait_for_end, wait_until,
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
