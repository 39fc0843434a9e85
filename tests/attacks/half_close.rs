//! Peers that end their side and still read: what they are owed is written, as long as they take it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::Journal;
use crate::peer::{End, Peer, PeerListener};
use crate::scale::times;
#[cfg(feature = "_tls")]
use crate::support::accepted_socket;
use crate::support::{
    Bystander, close_payload, echo_server, listening_server, pass, settle, wait_for_end, wait_until,
};

/// More than the system buffers for a connection over loopback.
const LARGE: usize = 24 << 20;

/// What comes when a connection is lost.
const LOSS: [&str; 5] = [
    "error_occurred(RemoteHostClosed)",
    "state_changed(Closing)",
    "state_changed(Unconnected)",
    "disconnected",
    "read_channel_finished",
];

/// What comes with a question.
const RECEIVED: [&str; 2] = ["text_frame_received(?, true)", "text_message_received(?)"];

/// Answers each message by that many bytes.
fn answer(socket: WebSocket, size: usize) {
    socket.set_outgoing_frame_size(LARGE as u64);
    socket.text_message_received().connect(move |_| {
        socket.send_binary_message(vec![7; size]);
    });
}

/// Takes what arrives; returns how much.
fn take(peer: &mut Peer) -> usize {
    peer.take_received().len()
}

#[test]
fn every_client_that_ends_its_side_behind_a_message_gets_the_answer() {
    let server = echo_server();
    for _ in 0..times(50) {
        let mut peer = Peer::client_of(server);
        peer.send_frame(0x81, "a question");
        peer.shut_down_writing();
        assert_eq!(peer.read_frame().payload, b"a question");
        peer.expect_end();
    }
}

#[test]
fn every_server_that_ends_its_side_behind_a_message_gets_the_answer() {
    for _ in 0..times(50) {
        let client = WebSocket::new();
        client.text_message_received().connect(move |text| {
            client.send_text_message(text);
        });
        let mut peer = Peer::server_of(client);
        peer.send_frame(0x81, "a question");
        peer.shut_down_writing();
        assert_eq!(peer.read_frame().payload, b"a question");
        peer.expect_end();
        client.delete();
    }
}

#[test]
fn an_answer_larger_than_the_sockets_buffer_is_written_and_disconnected_comes_behind_it() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    answer(socket, LARGE);
    peer.send_frame(0x81, "?");
    peer.shut_down_writing();
    let journal = Journal::of(socket);
    wait_until("the end of the client's side is told", || socket.state() == SocketState::Closing);
    settle();
    assert_eq!(journal.take(), [&RECEIVED[..], &LOSS[..2]].concat(), "the rest waits to be written");
    assert!(socket.bytes_to_write() > 0);
    assert_eq!(socket.send_text_message("more"), 0);
    let frame = peer.read_exactly(10 + LARGE);
    assert!(frame.ends_with(&[7; 1000]));
    peer.expect_end();
    wait_for_end(socket);
    assert_eq!(journal.take(), LOSS[2..]);
}

#[test]
fn a_client_writes_a_large_answer_to_a_server_that_has_ended_its_side() {
    let client = WebSocket::new();
    let mut peer = Peer::server_of(client);
    answer(client, LARGE);
    peer.send_frame(0x81, "?");
    peer.shut_down_writing();
    assert_eq!(peer.read_frame().payload, vec![7; LARGE]);
    peer.expect_end();
    wait_for_end(client);
}

#[test]
fn a_peer_that_has_ended_its_side_and_never_reads_is_not_waited_for_for_ever() {
    let clock = VirtualClock::install();
    let server = listening_server();
    let (mut peer, socket) = Peer::with_accepted(server);
    answer(socket, LARGE);
    peer.send_frame(0x81, "?");
    peer.shut_down_writing();
    settle();
    // A server that cannot write does not read on at once.
    pass(&clock, Duration::from_millis(200));
    wait_until("the end of the client's side is told", || socket.state() == SocketState::Closing);
    // The system may still take a little.
    for _ in 0..4 {
        pass(&clock, Duration::from_secs(3));
    }
    assert_eq!(socket.state(), SocketState::Unconnected);
    assert!(take(&mut peer) < LARGE);
}

#[test]
fn a_peer_that_reads_slowly_is_waited_for() {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    answer(socket, LARGE);
    peer.send_frame(0x81, "?");
    peer.shut_down_writing();
    settle();
    // A server that cannot write does not read on at once.
    pass(&clock, Duration::from_millis(200));
    wait_until("the end of the client's side is told", || socket.state() == SocketState::Closing);
    let mut received = 0;
    while received < 10 + LARGE {
        assert_eq!(socket.state() == SocketState::Unconnected, socket.bytes_to_write() == 0);
        received += peer.read_exactly((1 << 20).min(10 + LARGE - received)).len();
        pass(&clock, Duration::from_secs(2));
    }
    peer.expect_end();
}

#[test]
fn a_close_frame_and_the_end_right_behind_a_message_leave_it_its_answer() {
    for size in [100, LARGE] {
        let (mut peer, socket) = Peer::with_accepted(listening_server());
        answer(socket, size);
        let journal = Journal::of(socket);
        peer.send_frame(0x81, "?");
        peer.send_frame(0x88, close_payload(1000, "done"));
        peer.shut_down_writing();
        assert_eq!(peer.read_frame().payload.len(), size);
        assert_eq!(peer.read_close(), (1000, "done".to_owned()));
        peer.expect_end();
        wait_for_end(socket);
        assert!(!journal.take().iter().any(|entry| entry.starts_with("error")), "an orderly end");
    }
}

#[test]
fn a_violation_behind_a_message_leaves_it_its_answer() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    answer(socket, LARGE);
    peer.send_frame(0x81, "?");
    peer.send_frame(0x83, "an opcode that is reserved");
    peer.shut_down_writing();
    wait_for_end(socket);
    assert_eq!(peer.read_frame().payload.len(), LARGE);
    assert_eq!(peer.read_close().0, 1002);
    peer.expect_end();
}

#[test]
fn what_was_sent_before_a_close_is_written_to_a_peer_that_reads_slowly() {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.set_outgoing_frame_size(LARGE as u64);
    socket.send_binary_message(vec![7; LARGE]);
    socket.close();
    let mut received = 0;
    while received < 10 + LARGE {
        received += peer.read_exactly((1 << 20).min(10 + LARGE - received)).len();
        pass(&clock, Duration::from_secs(2));
    }
    assert_eq!(peer.read_close().0, 1000);
    wait_for_end(socket);
}

#[test]
fn a_reset_behind_messages_is_one_end_behind_what_the_system_still_gives() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    for _ in 0..100 {
        peer.send_frame(0x82, "no answer wanted");
    }
    peer.reset();
    wait_for_end(socket);
    let journal: Vec<_> = journal.take().into_iter().filter(|entry| !entry.starts_with("binary")).collect();
    assert_eq!(journal, LOSS);
}

#[test]
fn a_reset_ends_the_wait_of_a_connection_that_still_writes() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    answer(socket, LARGE);
    peer.send_frame(0x81, "?");
    peer.shut_down_writing();
    wait_until("the end of the client's side is told", || socket.state() == SocketState::Closing);
    let ends = SignalSpy::new(socket.disconnected());
    peer.reset();
    wait_for_end(socket);
    assert_eq!(ends.len(), 1);
}

#[test]
fn the_socket_can_be_deleted_or_aborted_while_it_still_writes() {
    let server = echo_server();
    let bystander = Bystander::of(server);
    for delete in [true, false] {
        let (mut peer, socket) = Peer::with_accepted(listening_server());
        answer(socket, LARGE);
        peer.send_frame(0x81, "?");
        peer.shut_down_writing();
        wait_until("the end of the client's side is told", || socket.state() == SocketState::Closing);
        if delete {
            // It says good-bye to the program, and not to the peer.
            socket.delete();
            assert_eq!(peer.read_frame().payload.len(), LARGE);
            peer.expect_end();
        } else {
            socket.abort();
            assert_eq!(socket.state(), SocketState::Unconnected);
            assert!(peer.read_end().0.len() < LARGE);
        }
    }
    bystander.goes_on();
}

#[test]
fn a_tcp_socket_writes_what_a_peer_is_owed_that_has_ended_its_side() {
    for size in [100, LARGE] {
        let server = TcpServer::new();
        server.listen(HostAddress::LocalHost, 0).unwrap();
        let ended = Rc::new(Cell::new(false));
        let flag = ended.clone();
        server.new_connection().connect(move |()| {
            let flag = flag.clone();
            let socket = server.next_pending_connection().unwrap();
            socket.ready_read().connect(move |()| {
                socket.read_all();
                socket.write(&vec![7; size]);
            });
            socket.disconnected().connect(move |()| flag.set(true));
        });
        let mut peer = Peer::connect_to_port(server.server_port());
        peer.send("?");
        peer.shut_down_writing();
        let received = peer.read_end();
        assert_eq!((received.0.len(), received.1), (size, End::Closed));
        wait_until("the end is told", || ended.get());
        server.delete();
    }
}

#[test]
fn a_server_that_ends_its_side_during_the_opening_is_an_error_and_nothing_hangs() {
    let _clock = VirtualClock::install();
    for part in ["", "HTTP/1.1 101 Switching"] {
        let listener = PeerListener::new();
        let client = WebSocket::new();
        let errors = SignalSpy::new(client.error_occurred());
        client.open(listener.url());
        let mut peer = listener.accept();
        peer.read_head();
        peer.send(part);
        peer.shut_down_writing();
        wait_for_end(client);
        assert_eq!(errors.take(), [SocketError::RemoteHostClosed]);
        peer.expect_end();
    }
}

#[cfg(feature = "_tls")]
mod tls {
    use super::*;
    use crate::identity::Authority;
    use crate::relay::{Direction, Relay};

    /// Both ends of a connection, and what is between them.
    fn relayed(authority: &Authority) -> (WebSocket, WebSocket, Relay) {
        let server = crate::identity::secure_server(authority.issue().configuration());
        let client = authority.client();
        let mut relay = Relay::between(client, server);
        relay.pass_until("a connection", || client.is_valid());
        (client, accepted_socket(server), relay)
    }

    #[test]
    fn the_answer_and_close_notify_are_written_to_a_peer_that_has_ended_its_side() {
        let authority = Authority::new();
        for size in [100, LARGE] {
            for answers in [Direction::ToClient, Direction::ToServer] {
                let (client, accepted, mut relay) = relayed(&authority);
                let (asking, answering, questions) = match answers {
                    Direction::ToClient => (client, accepted, Direction::ToServer),
                    Direction::ToServer => (accepted, client, Direction::ToClient),
                };
                answer(answering, size);
                let answered = SignalSpy::new(asking.binary_message_received());
                let alerts = SignalSpy::new(asking.alert_received());
                let sent_alerts = SignalSpy::new(answering.alert_sent());
                let journal = Journal::of(answering);
                asking.send_text_message("?");
                // The question, and the end of that side.
                relay.pass_until("the question", || journal.len() > 0);
                relay.half_close(questions);
                relay.pass_until("the answer", || !answered.is_empty());
                assert_eq!(answered.take()[0].len(), size);
                relay.pass_until("close_notify", || !alerts.is_empty());
                relay.pass_until("the end", || answering.state() == SocketState::Unconnected);
                assert_eq!(journal.take(), [&RECEIVED[..], &LOSS[..]].concat());
                assert_eq!(sent_alerts.len(), 1);
            }
        }
    }

    #[test]
    fn an_end_of_one_side_in_the_handshake_of_tls_is_an_end() {
        let _clock = VirtualClock::install();
        let authority = Authority::new();
        let server = crate::identity::secure_server(authority.issue().configuration());
        for direction in [Direction::ToClient, Direction::ToServer] {
            let client = authority.client();
            let mut relay = Relay::between(client, server);
            relay.pass_until("the hello", || relay_has_begun(client));
            relay.half_close(direction);
            wait_until("an end", || relay.pass_on(|_, _| {}));
            client.delete();
        }
    }

    fn relay_has_begun(client: WebSocket) -> bool {
        client.state() == SocketState::Connecting && client.bytes_to_write() == 0
    }
}
