//! What a slot may do to the very socket that called it, case by case; all cases at once stand in `reentrancy_matrix`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::{ABORT, Journal, ORDERLY_END};
use crate::peer::{Peer, PeerListener};
use crate::reentrancy_matrix::SIGNALS;
use crate::support::{
    Connected, connected_client, echo_server, frame, listening_server, settle, wait_for_end, wait_until,
};

#[test]
fn nothing_of_a_socket_that_was_deleted_in_a_slot_is_emitted() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    socket.text_message_received().connect(move |_| socket.delete());
    peer.send([frame(0x81, b"one", true), frame(0x81, b"two", true)].concat());
    wait_until("the socket is deleted", || !socket.is_alive());
    settle();
    assert_eq!(
        journal.take(),
        ["text_frame_received(one, true)", "text_message_received(one)", "about_to_close"]
    );
}

#[test]
fn nothing_is_received_after_an_abort_in_a_slot() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    socket.text_frame_received().connect(move |_| socket.abort());
    peer.send([frame(0x81, b"one", true), frame(0x81, b"two", true)].concat());
    wait_for_end(socket);
    settle();
    let mut expected = vec!["text_frame_received(one, true)"];
    expected.extend(ABORT);
    // Whether the rest of a message that has come is told after an abort is left open.
    let entries = journal.take();
    assert!(entries == expected || entries[5..] == ["text_message_received(one)"], "{entries:?}");
    assert!(!entries.contains(&"text_message_received(two)".to_owned()));
}

#[test]
fn a_socket_opens_again_in_its_disconnected_slot() {
    let server = echo_server();
    let client = connected_client(server);
    let journal = Journal::of(client);
    let opened = client.disconnected().connect(move |()| client.open(server.server_url()));
    client.abort();
    assert_eq!(
        journal.take(),
        ["about_to_close", "state_changed(Unconnected)", "disconnected", "state_changed(Connecting)"]
    );
    opened.disconnect();
    wait_until("connected again", || client.is_valid());
    assert_eq!(journal.take(), ["state_changed(Connected)", "connected"]);
}

#[test]
fn a_socket_opens_again_when_its_state_becomes_unconnected() {
    let server = echo_server();
    let client = connected_client(server);
    let again = Cell::new(true);
    client.state_changed().connect(move |state| {
        if state == SocketState::Unconnected && again.replace(false) {
            client.open(server.server_url());
        }
    });
    client.close();
    wait_until("connected again", || {
        client.local_port() != 0
            && client.close_code() == CloseCode::Normal
            && client.is_valid()
            && client.state() == SocketState::Connected
    });
    let echo = SignalSpy::new(client.text_message_received());
    wait_until("an echo", || {
        client.send_text_message("hello");
        !echo.is_empty()
    });
}

#[test]
fn a_socket_that_was_refused_opens_again_in_its_error_slot() {
    let server = echo_server();
    let client = WebSocket::new();
    let journal = Journal::of(client);
    client.error_occurred().connect(move |_| client.open(server.server_url()));
    client.open(format!("ws://127.0.0.1:{}", crate::peer::refused_port()));
    wait_until("connected", || client.is_valid());
    settle();
    assert_eq!(
        journal.take(),
        [
            "state_changed(Connecting)",
            "state_changed(Unconnected)",
            "disconnected",
            "error_occurred(ConnectionRefused)",
            "state_changed(Connecting)",
            "state_changed(Connected)",
            "connected",
        ]
    );
}

#[test]
fn a_lost_socket_opens_again_in_its_error_slot() {
    let server = echo_server();
    let client = WebSocket::new();
    let peer = Peer::server_of(client);
    let journal = Journal::of(client);
    client.error_occurred().connect(move |_| client.open(server.server_url()));
    peer.reset();
    wait_until("connected", || client.is_valid() && client.peer_port() == server.server_port());
    settle();
    assert_eq!(
        journal.take(),
        [
            "error_occurred(RemoteHostClosed)",
            "state_changed(Connecting)",
            "state_changed(Connected)",
            "connected",
        ]
    );
}

#[test]
fn a_nested_loop_in_a_slot_receives_what_comes_later() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    let noted = journal.clone();
    socket.text_message_received().connect(move |text| {
        if text == "outer" {
            let inner = SignalSpy::new(socket.text_message_received());
            noted.note("ready");
            wait_until("the inner message", || !inner.is_empty());
            noted.note("inner has returned");
        }
    });
    peer.send_frame(0x81, "outer");
    let at_last = Rc::new(RefCell::new(Some(peer)));
    let watched = journal.clone();
    let timer = Timer::new();
    timer.timeout().connect(move |()| {
        if watched.contains("ready")
            && let Some(mut peer) = at_last.take()
        {
            peer.send_frame(0x81, "inner");
            std::mem::forget(peer);
        }
    });
    timer.start(Duration::ZERO);
    wait_until("all is done", || journal.contains("inner has returned"));
    timer.delete();
    assert_eq!(
        journal.take(),
        [
            "text_frame_received(outer, true)",
            "text_message_received(outer)",
            "ready",
            "text_frame_received(inner, true)",
            "text_message_received(inner)",
            "inner has returned",
        ]
    );
}

#[test]
fn a_nested_loop_gets_the_messages_that_had_come_in_the_same_segment() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let order = Rc::<RefCell<Vec<String>>>::default();
    let list = order.clone();
    socket.text_message_received().connect(move |text| {
        list.borrow_mut().push(text.to_owned());
        if text == "one" {
            wait_until("the second message", || list.borrow().len() >= 2);
        }
    });
    let segment: Vec<u8> =
        ["one", "two", "three"].iter().flat_map(|text| frame(0x81, text.as_bytes(), true)).collect();
    peer.send(segment);
    wait_until("all messages", || order.borrow().len() == 3);
    assert_eq!(order.take(), ["one", "two", "three"]);
}

#[test]
fn messages_stay_in_order_when_a_slot_enters_the_loop() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let order = Rc::<RefCell<Vec<String>>>::default();
    let list = order.clone();
    let peer_rest = Rc::<RefCell<Vec<u8>>>::default();
    let whole: Vec<u8> =
        (0..20).flat_map(|number: u32| frame(0x81, format!("message {number}").as_bytes(), true)).collect();
    // The first segment ends in the middle of a frame; the rest comes while the first slot runs.
    let (first, rest) = whole.split_at(100);
    peer.send(first);
    peer_rest.borrow_mut().extend_from_slice(rest);
    let peer = Rc::new(RefCell::new(peer));
    let sender = peer.clone();
    socket.text_message_received().connect(move |text| {
        list.borrow_mut().push(text.to_owned());
        let rest = peer_rest.take();
        if !rest.is_empty() {
            assert_eq!(sender.borrow_mut().try_send(&rest), rest.len());
            settle();
        }
    });
    wait_until("all messages", || order.borrow().len() == 20 || !socket.is_valid());
    assert_eq!(order.take(), (0..20).map(|number| format!("message {number}")).collect::<Vec<_>>());
    drop(peer);
}

#[test]
fn a_slot_may_close_while_more_has_come() {
    let Connected { client, accepted, .. } = Connected::new();
    accepted.text_message_received().connect(move |_| accepted.close());
    let journals = [client, accepted].map(Journal::of);
    for _ in 0..3 {
        client.send_text_message("x");
    }
    wait_for_end(client);
    wait_for_end(accepted);
    assert_eq!(journals[0].take(), ORDERLY_END);
    let mut expected = ["text_frame_received(x, true)", "text_message_received(x)"].repeat(3);
    expected.insert(1, "about_to_close");
    expected.extend(&ORDERLY_END[1..]);
    assert_eq!(journals[1].take(), expected);
}

#[test]
fn an_attempt_is_given_up_in_the_slot_of_its_own_beginning() {
    let deeds: [fn(WebSocket); 2] = [|socket| socket.abort(), |socket| socket.close()];
    for deed in deeds {
        let server = listening_server();
        let client = WebSocket::new();
        let journal = Journal::of(client);
        client.state_changed().connect(move |state| {
            if state == SocketState::Connecting {
                deed(client);
                assert_eq!(client.state(), SocketState::Unconnected);
            }
        });
        client.open(server.server_url());
        assert_eq!(client.state(), SocketState::Unconnected);
        settle();
        let entries: Vec<_> =
            journal.take().into_iter().filter(|entry| !entry.starts_with("error")).collect();
        assert_eq!(entries[0], "state_changed(Connecting)");
        assert_eq!(entries[1..], ABORT);
        assert!(!server.has_pending_connections());
    }
}

#[test]
fn closing_in_the_error_slot_of_a_close_before_the_connection_does_nothing() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    let journal = Journal::of(client);
    client.error_occurred().connect(move |_| client.close());
    client.close();
    let mut expected = vec!["error_occurred(UnfinishedSocketOperation)"];
    expected.extend(ABORT);
    assert_eq!(journal.take(), expected);
}

#[test]
fn a_socket_closes_itself_in_its_connected_slot() {
    let server = echo_server();
    let client = WebSocket::new();
    let journal = Journal::of(client);
    client.connected().connect(move |()| client.close());
    client.open(server.server_url());
    wait_until("it has ended", || journal.contains("disconnected"));
    let mut expected = vec!["state_changed(Connecting)", "state_changed(Connected)", "connected"];
    expected.extend(ORDERLY_END);
    assert_eq!(journal.take(), expected);
}

#[test]
fn an_open_inside_the_slot_of_its_own_beginning_replaces_it() {
    let server = echo_server();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    let again = Cell::new(true);
    client.state_changed().connect(move |state| {
        if state == SocketState::Connecting && again.replace(false) {
            client.open(server.server_url());
        }
    });
    let connected = SignalSpy::new(client.connected());
    client.open(listener.url());
    wait_until("connected", || client.is_valid());
    assert_eq!((client.peer_port(), connected.len()), (server.server_port(), 1));
    assert_eq!(client.request_url(), Some(server.server_url()));
}

#[test]
fn an_accepted_socket_can_open_a_connection_of_its_own() {
    let Connected { client, accepted, .. } = Connected::new();
    let server = echo_server();
    let journal = Journal::of(accepted);
    accepted.open(server.server_url());
    wait_for_end(client);
    wait_until("connected", || accepted.is_valid());
    accepted.send_text_message("masked now");
    wait_until("the echo", || journal.contains("text_message_received(masked now)"));
    assert_eq!(journal.take()[..3], ["state_changed(Connecting)", "state_changed(Connected)", "connected"]);
    assert_eq!(accepted.request_url(), Some(server.server_url()));
}

#[test]
fn the_sender_of_each_signal_is_the_socket() {
    let server = listening_server();
    let client = WebSocket::new();
    let senders = Rc::<RefCell<Vec<Option<WebSocket>>>>::default();
    for (_, hook) in SIGNALS {
        let senders = senders.clone();
        hook(client, Rc::new(move || senders.borrow_mut().push(sender().and_then(|object| object.cast()))));
    }
    let seen = SignalSpy::new(server.new_connection());
    server.new_connection().connect(move |()| {
        assert_eq!(sender().and_then(|object| object.cast()), Some(server));
    });
    client.open(server.server_url());
    wait_until("connected", || client.is_valid() && !seen.is_empty());
    client.close();
    wait_for_end(client);
    assert!(senders.borrow().len() >= 7);
    assert!(senders.borrow().iter().all(|&sender| sender == Some(client)));
}

#[test]
fn a_slot_may_edit_the_list_that_is_broadcast_over() {
    let server = listening_server();
    let clients = Rc::<RefCell<Vec<WebSocket>>>::default();
    let list = clients.clone();
    server.new_connection().connect(move |()| {
        let Some(socket) = server.next_pending_connection() else { return };
        list.borrow_mut().push(socket);
        let others = list.clone();
        socket.text_message_received().connect(move |text| {
            for other in others.borrow().clone() {
                if other != socket {
                    other.send_text_message(text);
                    other.flush();
                }
            }
        });
        let own = list.clone();
        socket.disconnected().connect(move |()| {
            own.borrow_mut().retain(|&other| other != socket);
            socket.delete_later();
        });
    });
    let members: Vec<_> = (0..4).map(|_| connected_client(server)).collect();
    wait_until("all are members", || clients.borrow().len() == 4);
    let journals: Vec<_> = members.iter().map(|&member| Journal::of(member)).collect();
    members[3].abort();
    members[0].send_text_message("hello all");
    wait_until("the others have it", || {
        (1..3).all(|member| journals[member].contains("text_message_received(hello all)"))
    });
    settle();
    assert_eq!(journals[0].take(), [""; 0]);
    assert_eq!(clients.borrow().len(), 3);
}

#[test]
fn blocked_signals_are_not_emitted() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    let blocker = SignalBlocker::new(socket);
    peer.send_frame(0x81, "unheard");
    settle();
    drop(blocker);
    peer.send_frame(0x81, "heard");
    wait_until("a message", || journal.len() > 0);
    assert_eq!(journal.take(), ["text_frame_received(heard, true)", "text_message_received(heard)"]);
}
