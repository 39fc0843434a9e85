//! Connections that end without a close frame, in every state.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::{Journal, LOSS, ORDERLY_END};
use crate::peer::{Peer, PeerListener};
use crate::support::{
    Bystander, close_payload, echo_server, frame, frame_with_length, listening_server, pass, settle,
    wait_for_end, wait_until,
};

/// How a peer can drop a connection.
const DROPS: [fn(Peer); 2] = [drop, Peer::reset];

#[test]
fn a_connection_that_ends_without_a_close_frame_has_code_1006() {
    for end in DROPS {
        let (peer, accepted) = Peer::with_accepted(listening_server());
        let client = WebSocket::new();
        let server = Peer::server_of(client);
        for (peer, socket) in [(peer, accepted), (server, client)] {
            let journal = Journal::of(socket);
            end(peer);
            wait_for_end(socket);
            assert_eq!(journal.take(), LOSS);
            assert_eq!(socket.close_code(), CloseCode::AbnormalDisconnection);
            assert_eq!(socket.close_reason(), "");
        }
    }
}

/// As in Qt: a server's TCP socket is gone when its connection has ended, and the error was that one's.
#[test]
fn the_error_of_a_lost_connection_stays_with_a_client_and_is_told_to_the_slots_of_an_accepted_socket() {
    const LOST: (SocketError, &str) =
        (SocketError::RemoteHostClosed, "The remote host closed the connection");
    let (peer, accepted) = Peer::with_accepted(listening_server());
    let client = WebSocket::new();
    let server = Peer::server_of(client);
    for (peer, socket, left) in
        [(peer, accepted, (SocketError::Unknown, "Unknown error")), (server, client, LOST)]
    {
        let seen = Rc::new(Cell::new(0));
        let count = seen.clone();
        let slot = move || {
            assert_eq!((socket.error(), socket.error_string().as_str()), LOST);
            count.set(count.get() + 1);
        };
        let slots: [Rc<dyn Fn()>; 2] = [Rc::new(slot.clone()), Rc::new(slot)];
        for (signal, slot) in [socket.disconnected(), socket.read_channel_finished()].into_iter().zip(slots) {
            signal.connect(move |()| slot());
        }
        peer.reset();
        wait_for_end(socket);
        assert_eq!(seen.get(), 2);
        assert_eq!((socket.error(), socket.error_string().as_str()), left);
    }
}

#[test]
fn the_state_is_connected_when_the_loss_is_told() {
    let (peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    let noted = journal.clone();
    socket.error_occurred().connect(move |_| noted.note(format!("{:?}", socket.state())));
    peer.reset();
    wait_for_end(socket);
    assert_eq!(journal.take()[1], "Connected");
}

#[test]
fn a_peer_that_stops_writing_has_ended_the_connection() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    peer.shut_down_writing();
    wait_for_end(socket);
    assert_eq!(journal.take(), LOSS);
    peer.expect_end();
}

#[test]
fn messages_that_came_with_the_end_are_received_first() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    peer.send_frame(0x81, "one");
    peer.send_frame(0x82, "two");
    drop(peer);
    wait_for_end(socket);
    let mut expected = vec![
        "text_frame_received(one, true)",
        "text_message_received(one)",
        "binary_frame_received(3 bytes, true)",
        "binary_message_received(3 bytes)",
    ];
    expected.extend(LOSS);
    assert_eq!(journal.take(), expected);
}

#[test]
fn a_frame_that_was_cut_off_is_not_received() {
    for size in [100, 100_000, 10_000_000] {
        let whole = frame(0x82, &vec![1; size], true);
        for received in [1, 2, 7, size / 2, whole.len() - 1] {
            let (mut peer, socket) = Peer::with_accepted(listening_server());
            let journal = Journal::of(socket);
            peer.send(&whole[..received]);
            settle();
            drop(peer);
            wait_for_end(socket);
            assert_eq!(journal.take(), LOSS, "{received} of {size}");
        }
    }
}

#[test]
fn no_timer_outlives_a_lost_connection() {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    peer.send([0x81]);
    settle();
    drop(peer);
    wait_for_end(socket);
    journal.take();
    pass(&clock, Duration::from_secs(60));
    assert_eq!(journal.take(), [""; 0]);
    assert_eq!(socket.close_code(), CloseCode::AbnormalDisconnection);
    assert_eq!(Application::next_timeout(), None);
}

#[test]
fn a_peer_that_ends_the_connection_before_its_response_is_an_error() {
    for end in DROPS {
        for part in ["", "HTTP/1.1 101 Switching Protocols\r\nUpgr"] {
            let listener = PeerListener::new();
            let client = WebSocket::new();
            client.open(listener.url());
            let journal = Journal::of(client);
            let mut peer = listener.accept();
            peer.read_head();
            peer.send(part);
            settle();
            end(peer);
            wait_for_end(client);
            assert_eq!(
                journal.take(),
                [
                    "error_occurred(RemoteHostClosed)",
                    "state_changed(Unconnected)",
                    "disconnected",
                    "read_channel_finished",
                ]
            );
            assert_eq!(client.close_code(), CloseCode::Normal, "there was no connection to close");
        }
    }
}

#[test]
fn a_client_that_leaves_during_its_handshake_leaves_no_trace() {
    for end in DROPS {
        for part in ["", "GET / HTTP/1.1\r\nHost: "] {
            let server = echo_server();
            let errors = SignalSpy::new(server.server_error());
            let bystander = Bystander::of(server);
            let objects = Application::object_count();
            let mut peer = Peer::connect(server);
            peer.send(part);
            settle();
            end(peer);
            settle();
            bystander.goes_on();
            assert!(errors.is_empty());
            assert_eq!(Application::object_count(), objects);
        }
    }
}

#[test]
fn a_reset_while_output_waits_ends_the_connection_once() {
    let (peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    socket.send_binary_message(vec![0; 16 * 1024 * 1024]);
    settle();
    assert!(socket.bytes_to_write() > 0);
    peer.reset();
    wait_for_end(socket);
    assert_eq!(journal.take(), LOSS);
    assert_eq!(socket.bytes_to_write(), 0);
}

#[test]
fn sending_to_a_peer_that_has_reset_ends_the_connection_once() {
    let (peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    peer.reset();
    for _ in 0..10 {
        socket.send_text_message("into the void");
        socket.flush();
    }
    wait_for_end(socket);
    settle();
    assert_eq!(journal.take(), LOSS);
}

#[test]
fn a_reset_after_close_is_an_error() {
    let (peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    socket.close_with(CloseCode::GoingAway, "");
    settle();
    peer.reset();
    wait_for_end(socket);
    let mut expected = vec!["about_to_close"];
    expected.extend(LOSS);
    assert_eq!(journal.take(), expected);
    assert_eq!(socket.close_code(), CloseCode::GoingAway);
}

#[test]
fn a_reset_while_the_last_output_is_written_is_just_the_end() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    socket.send_binary_message(vec![0; 16 * 1024 * 1024]);
    settle();
    peer.send_frame(0x88, close_payload(1000, ""));
    settle();
    assert_eq!(socket.state(), SocketState::Closing);
    peer.reset();
    wait_for_end(socket);
    assert_eq!(journal.take(), ORDERLY_END);
}

#[test]
fn a_frame_that_is_not_finished_in_five_seconds_ends_the_connection() {
    for begun in [
        frame(0x82, b"unfinished", true)[..1].to_vec(),
        frame(0x82, b"unfinished", true)[..5].to_vec(),
        frame(0x82, b"unfinished", true)[..12].to_vec(),
        frame_with_length(0x82, &[127, 0, 0, 0, 0, 0, 0x10, 0, 0], b"much to come", true),
        frame(0x89, b"ping", true)[..7].to_vec(),
        frame(0x01, b"first of two", true),
    ] {
        let clock = VirtualClock::install();
        let server = echo_server();
        let bystander = Bystander::of(server);
        let mut peer = Peer::client_of(server);
        peer.send(&begun);
        settle();
        pass(&clock, Duration::from_millis(4700));
        assert_eq!(peer.take_received(), b"", "{begun:x?}");
        pass(&clock, Duration::from_millis(600));
        assert_eq!(peer.read_close(), (1001, "Timeout when reading data from socket.".to_owned()));
        peer.expect_end();
        bystander.goes_on();
    }
}

#[test]
fn a_timed_out_frame_ends_the_connection_in_order() {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    peer.send([0x81]);
    settle();
    pass(&clock, Duration::from_millis(5300));
    assert_eq!(journal.take(), ORDERLY_END);
    assert_eq!(socket.close_code(), CloseCode::GoingAway);
    assert_eq!(socket.close_reason(), "Timeout when reading data from socket.");
}

#[test]
fn a_peer_that_sends_a_byte_a_second_is_not_timed_out() {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    for byte in frame(0x81, b"a byte a second is enough", true) {
        pass(&clock, Duration::from_secs(1));
        peer.send([byte]);
        settle();
    }
    wait_until("the message arrives", || journal.len() == 2);
    assert_eq!(journal.take()[1], "text_message_received(a byte a second is enough)");
}

#[test]
fn no_time_limit_holds_between_messages() {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    for _ in 0..3 {
        let whole = frame(0x81, b"now", true);
        peer.send(&whole[..3]);
        settle();
        pass(&clock, Duration::from_secs(4));
        peer.send(&whole[3..]);
        settle();
        pass(&clock, Duration::from_secs(3600));
        assert!(socket.is_valid());
    }
    assert_eq!(Application::next_timeout(), None);
}

#[test]
fn a_server_that_ends_the_connection_as_soon_as_it_is_there_is_one_error() {
    for end in DROPS {
        let clock = VirtualClock::install();
        let listener = PeerListener::new();
        let client = WebSocket::new();
        client.open(listener.url());
        let journal = Journal::of(client);
        end(listener.accept());
        wait_for_end(client);
        pass(&clock, Duration::from_secs(60));
        // Whether the client has noticed by then that it was connected decides about the order.
        let mut journal = journal.take();
        journal.retain(|entry| entry != "read_channel_finished");
        journal.sort();
        assert_eq!(
            journal,
            ["disconnected", "error_occurred(RemoteHostClosed)", "state_changed(Unconnected)"]
        );
        assert_eq!(Application::next_timeout(), None);
    }
}

#[test]
fn a_connection_that_is_lost_in_the_middle_of_a_message_ends_once() {
    let fragment = frame(0x01, b"the first of two", true);
    let claimed = frame_with_length(0x82, &[127, 0, 0, 0, 0, 0, 0x10, 0, 0], &[7; 100_000], true);
    for begun in [&fragment, &fragment[..1], &fragment[..7], &claimed] {
        for end in DROPS {
            let clock = VirtualClock::install();
            let (mut peer, socket) = Peer::with_accepted(listening_server());
            peer.send(begun);
            settle();
            let journal = Journal::of(socket);
            end(peer);
            wait_for_end(socket);
            pass(&clock, Duration::from_secs(60));
            assert_eq!(journal.take(), LOSS, "after {} bytes", begun.len());
            assert_eq!(Application::next_timeout(), None);
        }
    }
}

#[test]
fn a_connection_that_is_lost_while_a_slot_runs_a_loop_ends_inside_it() {
    for end in DROPS {
        let (mut peer, socket) = Peer::with_accepted(listening_server());
        let journal = Journal::of(socket);
        peer.send_frame(0x82, "now");
        let peer = Cell::new(Some(peer));
        let noted = journal.clone();
        socket.binary_message_received().connect(move |_| {
            peer.take().map(end);
            wait_for_end(socket);
            noted.note("the slot returns");
        });
        wait_until("the slot has returned", || journal.contains("the slot returns"));
        settle();
        let mut expected = vec!["binary_frame_received(3 bytes, true)", "binary_message_received(3 bytes)"];
        expected.extend(LOSS);
        expected.push("the slot returns");
        assert_eq!(journal.take(), expected);
    }
}

#[test]
fn a_reset_after_a_refused_frame_changes_nothing() {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    peer.send_frame(0x83, "reserved");
    wait_for_end(socket);
    peer.reset();
    settle();
    assert_eq!(journal.take(), ORDERLY_END);
    assert_eq!(socket.close_code(), CloseCode::ProtocolError);
    pass(&clock, Duration::from_secs(3));
    assert_eq!(Application::next_timeout(), None);
}

#[test]
fn a_handed_over_connection_that_is_lost_during_its_handshake_leaves_no_trace() {
    for end in DROPS {
        for part in ["", "GET / HTTP/1.1\r\nHost: "] {
            let clock = VirtualClock::install();
            let (tcp_server, server) = (TcpServer::new(), WebSocketServer::new("", SslMode::NonSecure));
            tcp_server.listen(HostAddress::LocalHost, 0).unwrap();
            tcp_server.new_connection().connect(move |()| {
                while let Some(socket) = tcp_server.next_pending_connection() {
                    server.handle_connection(socket);
                }
            });
            let errors = SignalSpy::new(server.server_error());
            let objects = Application::object_count();
            let mut peer = Peer::connect_to_port(tcp_server.server_port());
            peer.send(part);
            settle();
            end(peer);
            settle();
            assert!(errors.is_empty());
            assert_eq!(Application::object_count(), objects);
            pass(&clock, Duration::from_secs(60));
            assert_eq!(Application::next_timeout(), None);
        }
    }
}
