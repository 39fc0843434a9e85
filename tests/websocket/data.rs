//! Messages, frames, pings, and how they are counted.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::Journal;
use crate::peer::{Frame, Peer};
use crate::support::{
    Connected, connected_client, echo_server, frame, listening_server, pass, settle, wait_until,
};

#[test]
fn a_text_goes_both_ways() {
    let Connected { client, accepted, .. } = Connected::new();
    let text = "Grüße, 世界 \0 \u{feff}\u{10ffff}";
    for (from, to) in [(client, accepted), (accepted, client)] {
        let received = SignalSpy::new(to.text_message_received());
        assert_eq!(from.send_text_message(text), text.len());
        wait_until("the text", || !received.is_empty());
        assert_eq!(received.take(), [text]);
    }
}

#[test]
fn a_message_of_any_size_goes_both_ways() {
    let Connected { client, accepted, .. } = Connected::new();
    for size in [0, 1, 125, 126, 127, 65535, 65536, 131_071, 131_072, 524_288, 524_289, 16 << 20] {
        let message: Vec<u8> = (0..size).map(|index: usize| ((index * 31) >> 3) as u8).collect();
        for (from, to) in [(client, accepted), (accepted, client)] {
            let received = SignalSpy::new(to.binary_message_received());
            assert_eq!(from.send_binary_message(&message), size);
            wait_until("the message", || !received.is_empty());
            assert!(received.take() == [message.as_slice()], "{size}");
        }
    }
}

#[test]
fn a_large_text_goes_both_ways() {
    let Connected { client, accepted, .. } = Connected::new();
    let text = "aé世🦀".repeat((16 << 20) / 10);
    for (from, to) in [(client, accepted), (accepted, client)] {
        let received = SignalSpy::new(to.text_message_received());
        from.send_text_message(&text);
        wait_until("the text", || !received.is_empty());
        assert!(received.take() == [text.as_str()]);
    }
}

#[test]
fn a_tiny_read_buffer_stalls_nothing() {
    for size in [1, 7, 1000] {
        let Connected { client, accepted, .. } = Connected::new();
        for socket in [client, accepted] {
            socket.set_read_buffer_size(size);
            assert_eq!(socket.read_buffer_size(), size);
        }
        let messages = [vec![1; 300], vec![2; 16 << 20], vec![], vec![3; 30_000]];
        for (from, to) in [(client, accepted), (accepted, client)] {
            let received = SignalSpy::new(to.binary_message_received());
            for message in &messages {
                from.send_binary_message(message);
            }
            wait_until("the messages", || received.len() == messages.len());
            assert!(received.take() == messages, "{size}");
        }
    }
}

#[test]
fn a_client_with_a_tiny_read_buffer_opens_and_closes() {
    let server = echo_server();
    let client = WebSocket::new();
    client.set_read_buffer_size(1);
    let ended = SignalSpy::new(client.disconnected());
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
    client.close();
    wait_until("closed", || !ended.is_empty());
    assert_eq!(client.close_code(), CloseCode::Normal);
}

#[test]
fn many_messages_in_one_segment_are_all_received() {
    let Connected { client, accepted, .. } = Connected::new();
    let received = SignalSpy::new(accepted.text_message_received());
    let messages: Vec<_> = (0..1000).map(|number| format!("message {number}")).collect();
    for message in &messages {
        client.send_text_message(message);
    }
    wait_until("all messages", || received.len() == messages.len());
    assert_eq!(received.take(), messages);
}

#[test]
fn a_frame_may_come_byte_by_byte() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    for byte in [frame(0x81, "Grüße".as_bytes(), true), frame(0x82, &[9; 200], true)].concat() {
        peer.send([byte]);
        settle();
    }
    assert_eq!(
        journal.take(),
        [
            "text_frame_received(Grüße, true)",
            "text_message_received(Grüße)",
            "binary_frame_received(200 bytes, true)",
            "binary_message_received(200 bytes)",
        ]
    );
}

#[test]
fn each_frame_is_told_before_its_message() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    for (first, payload) in [(0x01, "one "), (0x00, "two "), (0x80, "three"), (0x02, "a"), (0x80, "")] {
        peer.send_frame(first, payload);
    }
    settle();
    assert_eq!(
        journal.take(),
        [
            "text_frame_received(one , false)",
            "text_frame_received(two , false)",
            "text_frame_received(three, true)",
            "text_message_received(one two three)",
            "binary_frame_received(1 bytes, false)",
            "binary_frame_received(0 bytes, true)",
            "binary_message_received(1 bytes)",
        ]
    );
}

#[test]
fn a_character_that_the_end_of_a_frame_cuts_belongs_to_the_next() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    let text = "a€b".as_bytes();
    peer.send_frame(0x01, &text[..2]);
    peer.send_frame(0x00, &text[2..3]);
    peer.send_frame(0x80, &text[3..]);
    settle();
    assert_eq!(
        journal.take(),
        [
            "text_frame_received(a, false)",
            "text_frame_received(, false)",
            "text_frame_received(€b, true)",
            "text_message_received(a€b)",
        ]
    );
}

#[test]
fn control_frames_may_stand_between_fragments() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let journal = Journal::of(socket);
    peer.send_frame(0x01, "be");
    peer.send_frame(0x89, "ping");
    peer.send_frame(0x8a, "pong");
    peer.send_frame(0x80, "tween");
    settle();
    assert_eq!(
        journal.take(),
        [
            "text_frame_received(be, false)",
            "pong(pong)",
            "text_frame_received(tween, true)",
            "text_message_received(between)",
        ]
    );
    assert_eq!(peer.read_frame(), Frame { first: 0x8a, masked: false, payload: b"ping".to_vec() });
}

#[test]
fn a_message_is_cut_into_frames_of_the_outgoing_size() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    for (size, message, expected) in [
        (4, "abcdefghij", vec![(0x01, "abcd"), (0x00, "efgh"), (0x80, "ij")]),
        (5, "abcdefghij", vec![(0x01, "abcde"), (0x80, "fghij")]),
        (10, "abcdefghij", vec![(0x81, "abcdefghij")]),
        (1, "", vec![(0x81, "")]),
        (0, "abcdefghij", vec![(0x81, "abcdefghij")]),
    ] {
        socket.set_outgoing_frame_size(size);
        assert_eq!(socket.send_text_message(message), message.len());
        settle();
        for (first, payload) in expected {
            assert_eq!(
                peer.read_frame(),
                Frame { first, masked: false, payload: payload.as_bytes().to_vec() },
                "{size}"
            );
        }
    }
}

#[test]
fn the_frames_of_a_default_message_have_half_a_mebibyte() {
    let client = WebSocket::new();
    let mut peer = Peer::server_of(client);
    client.send_binary_message(vec![5; (1 << 20) + 1]);
    for (first, size) in [(0x02, 1 << 19), (0x00, 1 << 19), (0x80, 1)] {
        assert_eq!(peer.read_frame(), Frame { first, masked: true, payload: vec![5; size] });
    }
}

#[test]
fn an_outgoing_frame_size_that_is_too_large_is_ignored() {
    let socket = WebSocket::new();
    socket.set_outgoing_frame_size(1000);
    socket.set_outgoing_frame_size(WebSocket::max_outgoing_frame_size() + 1);
    assert_eq!(socket.outgoing_frame_size(), 1000);
}

#[test]
fn every_frame_of_a_client_has_its_own_mask() {
    struct Counter(Cell<u32>);
    impl MaskGenerator for Counter {
        fn next_mask(&self) -> u32 {
            self.0.set(self.0.get() + 1);
            self.0.get()
        }
    }
    let client = WebSocket::new();
    let mut peer = Peer::server_of(client);
    let generator: Rc<dyn MaskGenerator> = Rc::new(Counter(Cell::new(0)));
    client.set_mask_generator(Some(generator.clone()));
    assert!(Rc::ptr_eq(&client.mask_generator().unwrap(), &generator));
    client.set_outgoing_frame_size(2);
    client.send_binary_message([0; 4]);
    client.ping();
    assert_eq!(
        peer.read_exactly(22),
        [
            [0x02, 0x82, 0, 0, 0, 1, 0, 0].as_slice(),
            &[0x80, 0x82, 0, 0, 0, 2, 0, 0],
            &[0x89, 0x80, 0, 0, 0, 3],
        ]
        .concat()
    );
}

#[test]
fn a_ping_is_answered_with_its_payload() {
    for payload in [vec![], b"hello".to_vec(), vec![0xff; 125]] {
        let (mut peer, _) = Peer::with_accepted(listening_server());
        peer.send_frame(0x89, &payload);
        assert_eq!(peer.read_frame(), Frame { first: 0x8a, masked: false, payload });
    }
}

#[test]
fn a_pong_tells_the_time_since_the_ping() {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let pongs = SignalSpy::new(socket.pong());
    clock.advance(Duration::from_millis(500));
    peer.send_frame(0x8a, "unasked");
    settle();
    socket.ping_with("asked");
    assert_eq!(peer.read_frame().payload, b"asked");
    pass(&clock, Duration::from_millis(250));
    peer.send_frame(0x8a, "asked");
    settle();
    pass(&clock, Duration::from_millis(250));
    peer.send_frame(0x8a, "asked");
    settle();
    let milliseconds: Vec<_> = pongs.take().iter().map(|(elapsed, _)| elapsed.as_millis()).collect();
    assert_eq!(milliseconds, [500, 250, 500]);
}

#[test]
fn a_ping_carries_its_first_125_bytes() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.ping_with(vec![7; 200]);
    settle();
    assert_eq!(peer.read_frame(), Frame { first: 0x89, masked: false, payload: vec![7; 125] });
}

#[test]
fn what_is_sent_counts_as_to_write_until_it_is_reported_as_written() {
    let Connected { client, accepted, .. } = Connected::new();
    for (socket, header) in [(client, 6), (accepted, 2)] {
        let written = SignalSpy::new(socket.bytes_written());
        socket.send_text_message("Hello, world");
        assert_eq!(socket.bytes_to_write(), 12 + header);
        assert!(written.is_empty());
        settle();
        assert_eq!(written.take(), [12 + header]);
        assert_eq!(socket.bytes_to_write(), 0);
    }
}

#[test]
fn a_large_message_counts_with_its_headers() {
    let (_peer, socket) = Peer::with_accepted(listening_server());
    socket.send_binary_message(vec![0; 1 << 20]);
    assert_eq!(socket.bytes_to_write(), (1 << 20) + 2 * 10);
    let client = WebSocket::new();
    let _peer = Peer::server_of(client);
    client.send_binary_message(vec![0; 1 << 20]);
    assert_eq!(client.bytes_to_write(), 1_048_604);
}

#[test]
fn all_that_is_sent_is_reported_as_written_in_the_end() {
    let Connected { client, accepted, .. } = Connected::new();
    let total = Rc::new(Cell::new(0));
    let sum = total.clone();
    client.bytes_written().connect(move |bytes| sum.set(sum.get() + bytes));
    let received = SignalSpy::new(accepted.binary_message_received());
    let mut expected = 0;
    for (size, overhead) in [(0, 6), (100, 6), (1000, 8), (100_000, 14), (10 << 20, 20 * 14)] {
        client.send_binary_message(vec![0; size]);
        expected += size as u64 + overhead;
    }
    assert_eq!(client.bytes_to_write() + total.get(), expected);
    wait_until("all is received", || received.len() == 5);
    settle();
    assert_eq!((client.bytes_to_write(), total.get()), (0, expected));
}

#[test]
fn flush_writes_now() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let written = SignalSpy::new(socket.bytes_written());
    socket.send_text_message("now");
    assert_eq!(peer.take_received(), b"");
    assert!(socket.flush());
    assert_eq!(peer.take_received(), b"\x81\x03now");
    assert_eq!(written.take(), [5]);
    assert!(!socket.flush());
    settle();
    assert!(written.is_empty());
}

#[test]
fn what_is_sent_in_one_slot_leaves_together() {
    let Connected { client, accepted, .. } = Connected::new();
    accepted.text_message_received().connect(move |_| {
        for _ in 0..5 {
            accepted.send_text_message("answer");
        }
    });
    let written = SignalSpy::new(accepted.bytes_written());
    let received = SignalSpy::new(client.text_message_received());
    client.send_text_message("question");
    wait_until("the answers", || received.len() == 5);
    assert_eq!(written.take(), [5 * 8]);
}

#[test]
fn a_slot_of_bytes_written_may_send_more() {
    let Connected { client, accepted, .. } = Connected::new();
    let left = Cell::new(100);
    client.bytes_written().connect(move |_| {
        if left.get() > 0 {
            left.set(left.get() - 1);
            client.send_binary_message([0; 1000]);
        }
    });
    let received = SignalSpy::new(accepted.binary_message_received());
    client.send_binary_message([0; 1000]);
    wait_until("all messages", || received.len() == 101);
}

#[test]
fn limits_that_are_set_in_new_connection_hold_for_the_first_message() {
    let server = listening_server();
    server.new_connection().connect(move |()| {
        let Some(socket) = server.next_pending_connection() else { return };
        socket.set_max_allowed_incoming_message_size(10);
        assert_eq!(socket.max_allowed_incoming_message_size(), 10);
    });
    let mut peer = Peer::connect(server);
    peer.send([crate::peer::REQUEST.as_bytes(), &frame(0x81, b"eleven byte", true)].concat());
    peer.read_head();
    assert_eq!(peer.read_close(), (1009, "Received message is too big.".to_owned()));
}

#[test]
fn a_handle_is_a_map_key_after_its_socket_is_gone() {
    use std::collections::HashMap;
    let server = echo_server();
    let names = Rc::<RefCell<HashMap<WebSocket, &str>>>::default();
    let clients = ["anna", "berta"].map(|name| {
        let client = connected_client(server);
        names.borrow_mut().insert(client, name);
        let names = names.clone();
        client.destroyed().connect(move |_| {
            assert_eq!(names.borrow_mut().remove(&client), Some(name));
        });
        client
    });
    clients[0].delete();
    let other = WebSocket::new();
    assert_eq!(names.borrow().get(&other), None, "a new socket is not taken for the dead one");
    assert_eq!(names.borrow().get(&clients[1]), Some(&"berta"));
    clients[1].delete_later();
    settle();
    assert!(names.borrow().is_empty());
}
