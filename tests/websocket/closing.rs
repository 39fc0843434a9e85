//! The closing handshake from both sides, and `abort`.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::{ABORT, Journal, ORDERLY_END};
use crate::peer::{End, Peer};
use crate::support::{
    Connected, close_payload, connected_client, listening_server, pass, settle, wait_for_end, wait_until,
};

#[test]
fn a_close_is_announced_at_once_and_done_when_the_peer_has_answered() {
    let Connected { client, accepted, .. } = Connected::new();
    let journals = [client, accepted].map(Journal::of);
    client.close_with(CloseCode::GoingAway, "bye");
    assert_eq!(journals[0].take(), ["about_to_close"]);
    assert_eq!(client.state(), SocketState::Connected);
    assert!(client.is_valid());
    wait_for_end(client);
    wait_for_end(accepted);
    assert_eq!(journals[0].take(), ORDERLY_END[1..]);
    assert_eq!(journals[1].take(), ORDERLY_END);
    for socket in [client, accepted] {
        assert_eq!((socket.close_code(), socket.close_reason()), (CloseCode::GoingAway, "bye".to_owned()));
        assert_eq!(socket.error(), SocketError::Unknown);
    }
}

#[test]
fn an_accepted_socket_closes_as_a_client_does() {
    let Connected { client, accepted, .. } = Connected::new();
    let journals = [client, accepted].map(Journal::of);
    accepted.close();
    wait_for_end(accepted);
    wait_for_end(client);
    assert_eq!(journals.map(|journal| journal.take()), [ORDERLY_END, ORDERLY_END]);
}

#[test]
fn both_may_close_at_once() {
    let Connected { client, accepted, .. } = Connected::new();
    let journals = [client, accepted].map(Journal::of);
    client.close_with(CloseCode::from(3001), "client");
    accepted.close_with(CloseCode::from(3002), "server");
    wait_for_end(client);
    wait_for_end(accepted);
    assert_eq!(journals.map(|journal| journal.take()), [ORDERLY_END, ORDERLY_END]);
    assert_eq!((client.close_code(), client.close_reason().as_str()), (CloseCode::from(3001), "client"));
    assert_eq!((accepted.close_code(), accepted.close_reason().as_str()), (CloseCode::from(3002), "server"));
}

#[test]
fn nothing_is_sent_after_close() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.send_text_message("before");
    socket.close();
    assert_eq!(socket.send_text_message("after"), 0);
    assert_eq!(socket.send_binary_message("after"), 0);
    socket.ping();
    settle();
    assert_eq!(peer.read_frame().payload, b"before");
    assert_eq!(peer.read_close(), (1000, String::new()));
    assert_eq!(peer.take_received(), b"");
}

#[test]
fn what_arrives_before_the_answer_to_a_close_is_still_received() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    socket.close();
    peer.send_frame(0x81, "late");
    peer.send_frame(0x88, close_payload(1000, ""));
    wait_for_end(socket);
    let mut expected =
        vec!["about_to_close", "text_frame_received(late, true)", "text_message_received(late)"];
    expected.extend(&ORDERLY_END[1..]);
    assert_eq!(journal.take(), expected);
}

#[test]
fn a_second_close_changes_nothing() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    socket.close_with(CloseCode::GoingAway, "first");
    socket.close_with(CloseCode::PolicyViolated, "second");
    assert_eq!(journal.take(), ["about_to_close"]);
    settle();
    assert_eq!(peer.read_close(), (1001, "first".to_owned()));
    assert_eq!(peer.take_received(), b"");
}

#[test]
fn a_code_in_the_answer_does_not_replace_that_of_the_close() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.close_with(CloseCode::GoingAway, "mine");
    peer.send_frame(0x88, close_payload(4000, "theirs"));
    wait_for_end(socket);
    assert_eq!((socket.close_code(), socket.close_reason().as_str()), (CloseCode::GoingAway, "mine"));
}

#[test]
fn a_silent_peer_is_given_three_seconds_to_answer_a_close() {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    socket.close();
    pass(&clock, Duration::from_millis(2800));
    assert_eq!(journal.take(), ["about_to_close"]);
    assert_eq!(socket.state(), SocketState::Connected);
    pass(&clock, Duration::from_millis(400));
    assert_eq!(journal.take(), ORDERLY_END[1..]);
    assert_eq!(socket.close_code(), CloseCode::Normal);
    peer.read_close();
    peer.expect_end();
}

#[test]
fn a_peer_that_drops_the_connection_instead_of_answering_a_close_is_an_error() {
    let (peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    socket.close_with(CloseCode::GoingAway, "bye");
    settle();
    drop(peer);
    wait_for_end(socket);
    let mut expected = vec!["about_to_close", "error_occurred(RemoteHostClosed)"];
    expected.extend(&ORDERLY_END[1..]);
    assert_eq!(journal.take(), expected);
    assert_eq!(socket.close_code(), CloseCode::GoingAway);
}

#[test]
fn a_close_frame_is_answered_with_its_code_and_reason() {
    for (payload, code, reason) in [
        (close_payload(1000, ""), 1000, ""),
        (close_payload(1001, "going"), 1001, "going"),
        (close_payload(4999, "own"), 4999, "own"),
        (vec![], 1000, ""),
    ] {
        let (mut peer, socket) = Peer::with_accepted(listening_server());
        let journal = Journal::of(socket);
        peer.send_frame(0x88, &payload);
        assert_eq!(peer.read_close(), (code, reason.to_owned()));
        peer.expect_end();
        assert_eq!(journal.take(), ORDERLY_END);
        assert_eq!((u16::from(socket.close_code()), socket.close_reason().as_str()), (code, reason));
    }
}

#[test]
fn messages_come_before_the_end_of_their_connection() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    peer.send_frame(0x81, "last words");
    peer.send_frame(0x88, close_payload(1000, ""));
    wait_for_end(socket);
    let mut expected = vec!["text_frame_received(last words, true)", "text_message_received(last words)"];
    expected.extend(ORDERLY_END);
    assert_eq!(journal.take(), expected);
}

#[test]
fn a_long_reason_is_cut_at_a_character() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.close_with(CloseCode::Normal, &"€".repeat(60));
    settle();
    let expected = "€".repeat(41);
    assert_eq!(peer.read_close(), (1000, expected.clone()));
    assert_eq!(socket.close_reason(), expected);
}

#[test]
fn a_reason_of_123_bytes_is_whole() {
    let Connected { client, accepted, .. } = Connected::new();
    let reason = "r".repeat(123);
    client.close_with(CloseCode::Normal, &reason);
    wait_for_end(accepted);
    assert_eq!(accepted.close_reason(), reason);
}

#[test]
fn aborting_ends_it_inside_the_call() {
    let Connected { client, accepted, .. } = Connected::new();
    let journal = Journal::of(client);
    client.abort();
    assert_eq!(journal.take(), ABORT);
    assert_eq!(client.state(), SocketState::Unconnected);
    wait_for_end(accepted);
    settle();
    assert_eq!(journal.take(), [""; 0]);
}

#[test]
fn aborting_sends_no_close_frame() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.abort();
    peer.expect_end();
}

#[test]
fn aborting_after_close_does_not_announce_it_again() {
    let Connected { client, .. } = Connected::new();
    let journal = Journal::of(client);
    client.close();
    client.abort();
    assert_eq!(journal.take(), ABORT);
}

#[test]
fn aborting_what_has_ended_does_nothing() {
    let Connected { client, .. } = Connected::new();
    client.close();
    wait_for_end(client);
    let journal = Journal::of(client);
    client.abort();
    client.close();
    assert_eq!(journal.take(), [""; 0]);
}

#[test]
fn closing_and_opening_in_one_go_says_only_what_is_new() {
    let client = WebSocket::new();
    let mut old = Peer::server_of(client);
    let journal = Journal::of(client);
    let server = listening_server();
    client.close();
    client.open(server.server_url());
    wait_until("connected again", || client.is_valid());
    settle();
    assert_eq!(
        journal.take(),
        ["about_to_close", "state_changed(Connecting)", "state_changed(Connected)", "connected"]
    );
    assert_eq!(old.read_close(), (1000, String::new()));
    old.expect_end();
}

#[test]
fn a_large_message_sent_before_close_arrives_whole() {
    let Connected { client, accepted, .. } = Connected::new();
    let received = SignalSpy::new(accepted.binary_message_received());
    let message = vec![7; 8 * 1024 * 1024];
    client.send_binary_message(&message);
    client.close();
    wait_for_end(accepted);
    assert!(received.take() == [message]);
    assert_eq!(accepted.close_code(), CloseCode::Normal);
}

#[test]
fn garbage_after_a_close_frame_is_ignored() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    peer.send_frame(0x88, close_payload(1000, "done"));
    peer.try_send(&[0xff; 10_000]);
    assert_eq!(peer.read_close(), (1000, "done".to_owned()));
    wait_for_end(socket);
    assert_eq!(journal.take(), ORDERLY_END);
    assert_eq!(socket.close_code(), CloseCode::Normal);
}

#[test]
fn a_peer_that_closes_and_does_not_read_is_given_up_after_three_seconds() {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    socket.send_binary_message(vec![0; 16 * 1024 * 1024]);
    settle();
    assert!(socket.bytes_to_write() > 0);
    peer.send_frame(0x88, close_payload(1000, ""));
    settle();
    assert_eq!(journal.take(), ["about_to_close", "state_changed(Closing)"]);
    assert!(!socket.is_valid());
    pass(&clock, Duration::from_millis(3200));
    assert_eq!(journal.take(), ORDERLY_END[2..]);
    assert_eq!(socket.bytes_to_write(), 0);
    assert!(peer.read_end().0.len() < 16 * 1024 * 1024);
}

#[test]
fn a_peer_that_closes_and_reads_slowly_gets_everything() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    // More than the system takes.
    socket.send_binary_message(vec![7; 16 * 1024 * 1024]);
    settle();
    peer.send_frame(0x88, close_payload(1000, ""));
    settle();
    assert_eq!(socket.state(), SocketState::Closing);
    let (received, end) = peer.read_end();
    assert_eq!(end, End::Closed);
    // 32 frames of 512 KiB with headers of ten bytes, and a close frame.
    assert_eq!(received.len(), 16 * 1024 * 1024 + 32 * 10 + 4);
    wait_for_end(socket);
}

#[test]
fn a_close_to_a_peer_that_does_not_read_takes_three_seconds_and_three_more() {
    let clock = VirtualClock::install();
    let (_peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    socket.send_binary_message(vec![0; 16 * 1024 * 1024]);
    socket.close();
    pass(&clock, Duration::from_millis(3200));
    assert_eq!(journal.take(), ["about_to_close", "state_changed(Closing)"]);
    pass(&clock, Duration::from_millis(3200));
    assert_eq!(journal.take(), ORDERLY_END[2..]);
}

/// Real Qt 6.12 does so, and its chat server prints them in the slot of `disconnected`.
#[test]
fn the_addresses_are_known_until_the_end_has_been_told() {
    let ends: [fn(WebSocket, &mut Peer); 4] = [
        |socket, _| socket.abort(),
        |_, peer| peer.send_frame(0x88, close_payload(1000, "")),
        |_, peer| peer.send_frame(0x83, ""),
        |_, peer| peer.shut_down_writing(),
    ];
    for end in ends {
        let (mut peer, socket) = Peer::with_accepted(listening_server());
        let addresses =
            move || (socket.peer_address(), socket.peer_port(), socket.local_address(), socket.local_port());
        let expected = addresses();
        let seen = Rc::new(Cell::new(0));
        let check = || {
            let seen = seen.clone();
            move || {
                assert_eq!(addresses(), expected);
                seen.set(seen.get() + 1);
            }
        };
        let (told, lost, finished, closing) = (check(), check(), check(), check());
        socket.state_changed().connect(move |_| told());
        socket.disconnected().connect(move |()| lost());
        socket.read_channel_finished().connect(move |()| finished());
        socket.error_occurred().connect(move |_| closing());
        end(socket, &mut peer);
        wait_for_end(socket);
        assert!(seen.get() >= 3);
        assert_eq!(addresses(), (HostAddress::Null, 0, HostAddress::Null, 0));
    }
}

#[test]
fn a_socket_opened_again_in_disconnected_has_no_addresses_of_the_old_connection() {
    let Connected { server, client, accepted } = Connected::new();
    let ports = Rc::new(Cell::new((1, 1)));
    let seen = ports.clone();
    client.disconnected().connect(move |()| {
        client.open(server.server_url());
        seen.set((client.peer_port(), client.local_port()));
    });
    accepted.close();
    wait_until("it is opened again", || ports.get() != (1, 1));
    assert_eq!(ports.get(), (0, 0));
}

#[test]
fn a_deleted_client_says_good_bye() {
    let client = WebSocket::new();
    let mut peer = Peer::server_of(client);
    let journal = Journal::of(client);
    client.delete();
    assert_eq!(journal.take(), ["about_to_close"]);
    assert_eq!(peer.read_close(), (1001, "Connection closed".to_owned()));
    peer.expect_end();
}

#[test]
fn what_was_sent_before_a_socket_is_deleted_arrives() {
    let deeds: [fn(WebSocket); 2] = [|socket| socket.delete(), |socket| socket.delete_later()];
    for delete in deeds {
        let Connected { client, accepted, .. } = Connected::new();
        let received = SignalSpy::new(client.binary_message_received());
        for _ in 0..4 {
            accepted.send_binary_message(vec![1; 1024 * 1024]);
        }
        delete(accepted);
        wait_for_end(client);
        assert_eq!(received.take().iter().map(Vec::len).collect::<Vec<_>>(), [1024 * 1024; 4]);
        assert_eq!(client.close_code(), CloseCode::GoingAway);
    }
}

#[test]
fn a_deleted_accepted_socket_frees_its_connection() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.delete();
    assert_eq!(peer.read_close(), (1001, "Connection closed".to_owned()));
    peer.expect_end();
}

#[test]
fn a_dead_handle_is_harmless() {
    let Connected { server, client, .. } = Connected::new();
    client.delete();
    assert!(!client.is_alive());
    assert_eq!(client.state(), SocketState::Unconnected);
    assert!(!client.is_valid());
    assert_eq!(client.send_text_message("to nobody"), 0);
    assert_eq!((client.bytes_to_write(), client.peer_port(), client.error_string().as_str()), (0, 0, ""));
    assert_eq!(client.request_url(), None);
    client.ping();
    client.close();
    client.abort();
    client.open(server.server_url());
    client.set_read_buffer_size(1);
    client.connected().connect(|()| unreachable!("nobody is connected here"));
    assert!(client.flush());
    settle();
    client.delete();
    client.delete_later();
}

#[test]
fn a_close_is_the_last_thing_a_peer_reads_after_much_data() {
    let server = listening_server();
    let client = connected_client(server);
    let accepted = server.next_pending_connection().unwrap();
    for _ in 0..1000 {
        accepted.send_text_message("x".repeat(1000));
    }
    accepted.close_with(CloseCode::from(4000), "all sent");
    let journal = Journal::of(client);
    wait_for_end(client);
    let entries = journal.take();
    assert_eq!(entries.len(), 2000 + ORDERLY_END.len());
    assert_eq!(entries[2000..], ORDERLY_END);
    assert_eq!(client.close_reason(), "all sent");
}
