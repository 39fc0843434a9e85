//! Nobody waits for somebody else's flood: between two turns of anybody only so much of a flood is handled.
//!
//! What is counted is what one round of the loop handles of it. Everybody else has a turn in each round.

use std::cell::{Cell, RefCell};
use std::hint::spin_loop;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
#[cfg(feature = "_tls")]
use std::sync::mpsc;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use slotwire::prelude::*;
use slotwire::{EventLoopHandle, TimerType};

#[cfg(feature = "_tls")]
use crate::identity::{Authority, secure_server};
use crate::peer::{Peer, REQUEST};
use crate::scale::times;
use crate::support::{
    accepted_socket, close_payload, connected_client, frame, listening_server, settle, wait_until,
};

/// What one connection's turn is at most. In one round it may have two: one because the system tells of it, and one because
/// that was not enough.
const TURN: usize = 1024;
const ROUND: usize = 2 * TURN;

const KIB: usize = 1024;

/// How many flood messages were handled, and the most of them in one round.
#[derive(Clone, Default)]
struct Handled {
    all: Rc<Cell<usize>>,
    in_this_round: Rc<Cell<usize>>,
    most: Rc<Cell<usize>>,
}

impl Handled {
    fn count(&self) {
        self.all.set(self.all.get() + 1);
        self.in_this_round.set(self.in_this_round.get() + 1);
        self.most.set(self.most.get().max(self.in_this_round.get()));
    }

    /// One round of the loop.
    fn round(&self) {
        self.in_this_round.set(0);
        Application::process_events();
    }

    /// Rounds until that many were handled.
    #[track_caller]
    fn rounds_until(&self, count: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.all.get() < count {
            assert!(Instant::now() < deadline, "{} of {count}", self.all.get());
            self.round();
        }
    }
}

/// A server that handles messages by this slot.
fn server_with(slot: impl Fn() + Clone + 'static) -> WebSocketServer {
    let server = listening_server();
    handle_messages(server, slot);
    server
}

fn handle_messages(server: WebSocketServer, slot: impl Fn() + Clone + 'static) {
    server.set_max_pending_connections(1000);
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            let (text, binary) = (slot.clone(), slot.clone());
            socket.text_message_received().connect(move |_| text());
            socket.binary_message_received().connect(move |_| binary());
            socket.disconnected().connect(move |()| socket.delete_later());
        }
    });
}

/// What takes at least that long.
fn work(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        spin_loop();
    }
}

/// Sends messages of a byte without a pause.
struct Flooder {
    peer: Peer,
    sent: usize,
}

impl Flooder {
    fn of(server: WebSocketServer) -> Self {
        Self { peer: Peer::client_of(server), sent: 0 }
    }

    /// As many as the system takes.
    fn go_on(&mut self) {
        let frame = frame(0x82, b"x", true);
        let frames = frame.repeat(10_000);
        loop {
            match self.peer.try_send(&frames[self.sent % frame.len()..]) {
                0 => return,
                count => self.sent += count,
            }
        }
    }
}

#[test]
fn a_round_handles_so_many_messages_of_a_connection_whatever_they_are() {
    let messages: [(&str, Vec<u8>); 4] = [
        ("of a byte", frame(0x82, b"x", true)),
        ("of nothing", frame(0x81, b"", true)),
        ("of a hundred bytes", frame(0x81, &[b'x'; 100], true)),
        ("in two frames", [frame(0x01, b"x", true), frame(0x80, b"y", true)].concat()),
    ];
    for (what, message) in messages {
        let handled = Handled::default();
        let count = handled.clone();
        let server = server_with(move || count.count());
        let mut peer = Peer::client_of(server);
        settle();
        let sent = times(20_000);
        for _ in 0..sent / 5000 {
            // It is sent while rounds run, at most one between two writes.
            let (mut rest, all) = (&message.repeat(5000)[..], handled.all.get());
            while !rest.is_empty() {
                rest = &rest[peer.try_send(rest)..];
                handled.round();
            }
            handled.rounds_until(all + 5000);
        }
        assert!(handled.most.get() <= ROUND, "{what}: {}", handled.most.get());
        assert!(handled.most.get() > 100, "{what}: a flood has a turn that is worth it");
        server.delete();
    }
}

#[test]
fn a_round_answers_so_many_pings_of_a_connection() {
    const ANSWER: usize = 2;
    let mut peer = Peer::client_of(server_with(|| {}));
    settle();
    let pings = frame(0x89, b"", true).repeat(20_000);
    let (mut sent, mut most, mut answered) = (0, 0, 0);
    wait_until("all are answered", || {
        sent += peer.try_send(&pings[sent..]);
        let answers = peer.take_received().len() / ANSWER;
        answered += answers;
        most = most.max(answers);
        answered == 20_000
    });
    assert!(most <= ROUND, "{most}");
}

#[test]
fn slots_that_take_long_end_the_turn_sooner() {
    const SLOT: Duration = Duration::from_micros(100);
    let handled = Handled::default();
    let count = handled.clone();
    let server = server_with(move || {
        work(SLOT);
        count.count();
    });
    let mut peer = Peer::client_of(server);
    settle();
    peer.send(frame(0x82, b"x", true).repeat(200));
    handled.rounds_until(200);
    // It is known by then.
    handled.most.set(0);
    peer.send(frame(0x82, b"x", true).repeat(200));
    handled.rounds_until(400);
    assert!(handled.most.get() <= 2 * 5, "{}", handled.most.get());
}

#[test]
fn another_connection_has_its_turn_beside_those_that_flood_and_that_does_not_get_worse() {
    for flooders in [1, 16] {
        let handled = Handled::default();
        let count = handled.clone();
        let server = server_with(move || count.count());
        let mut bystander = Peer::client_of(server);
        let mut peers: Vec<_> = (0..flooders).map(|_| Flooder::of(server)).collect();
        settle();
        for _ in 0..20 {
            peers.iter_mut().for_each(Flooder::go_on);
            bystander.send_frame(0x89, "ping");
            let before = handled.all.get();
            assert_eq!(bystander.read_frame().payload, b"ping");
            let meanwhile = handled.all.get() - before;
            assert!(meanwhile > 0 && meanwhile <= 2 * ROUND * flooders, "{meanwhile} beside {flooders}");
        }
    }
}

#[test]
fn a_timer_a_queued_call_and_a_call_of_another_thread_have_their_turns_beside_a_flood() {
    let handled = Handled::default();
    let count = handled.clone();
    let server = server_with(move || count.count());
    let mut peers: Vec<_> = (0..4).map(|_| Flooder::of(server)).collect();
    settle();
    let turns: Rc<[Cell<usize>; 3]> = Rc::default();
    let timer = Timer::new();
    timer.set_timer_type(TimerType::Precise);
    let fired = turns.clone();
    timer.timeout().connect(move |()| fired[0].set(fired[0].get() + 1));
    timer.start(Duration::ZERO);
    for _ in 0..20 {
        peers.iter_mut().for_each(Flooder::go_on);
        let called = turns.clone();
        Application::invoke_later(move || called[1].set(called[1].get() + 1));
        EventLoopHandle::current().invoke(|| {});
        let (before, fired) = (turns[1].get(), turns[0].get());
        handled.round();
        assert_eq!(turns[1].get(), before + 1, "a round delivers what was queued before it");
        assert!(turns[0].get() > fired, "a round fires a timer that is due");
    }
    assert!(handled.most.get() > 0);
    let (event_loop, answer) = (EventLoopHandle::current(), Rc::new(Cell::new(0)));
    let other = std::thread::spawn(move || (0..20).all(|_| event_loop.invoke_blocking(|| 1).is_ok()));
    while !other.is_finished() {
        peers.iter_mut().for_each(Flooder::go_on);
        handled.round();
        answer.set(answer.get() + 1);
        assert!(answer.get() < 100_000, "the calls are never made");
    }
    assert!(other.join().unwrap());
    timer.delete();
}

#[test]
fn calls_that_are_queued_without_end_leave_turns_for_the_others() {
    let calls = Rc::new(Cell::new(0));
    fn queue(calls: &Rc<Cell<usize>>) {
        let counted = calls.clone();
        Application::invoke_later(move || {
            work(Duration::from_micros(100));
            counted.set(counted.get() + 1);
            queue(&counted);
        });
    }
    let server = server_with(|| {});
    let mut bystander = Peer::client_of(server);
    settle();
    (0..10_000).for_each(|_| queue(&calls));
    for _ in 0..3 {
        let before = calls.get();
        bystander.send_frame(0x89, "ping");
        assert_eq!(bystander.read_frame().payload, b"ping");
        assert!(calls.get() - before <= 3 * 64, "{}", calls.get() - before);
    }
}

#[test]
fn timers_that_are_always_due_leave_turns_for_the_others() {
    let fired = Rc::new(Cell::new(0));
    let server = server_with(|| {});
    let mut bystander = Peer::client_of(server);
    settle();
    let timers: Vec<_> = (0..1000)
        .map(|_| {
            let timer = Timer::new();
            let fired = fired.clone();
            timer.timeout().connect(move |()| {
                work(Duration::from_micros(100));
                fired.set(fired.get() + 1);
            });
            timer.start(Duration::ZERO);
            timer
        })
        .collect();
    for _ in 0..3 {
        let before = fired.get();
        bystander.send_frame(0x89, "ping");
        assert_eq!(bystander.read_frame().payload, b"ping");
        assert!(fired.get() - before <= 3 * 32, "{}", fired.get() - before);
    }
    // All of them have their turns.
    let counts: Vec<_> = timers.iter().map(|timer| SignalSpy::new(timer.timeout())).collect();
    wait_until("each has fired", || counts.iter().all(|spy| !spy.is_empty()));
    timers.into_iter().for_each(|timer| timer.delete());
}

#[test]
fn a_flood_of_connections_leaves_turns_for_the_others() {
    let server = server_with(|| {});
    let accepted = Rc::new(Cell::new(0));
    let count = accepted.clone();
    server.new_connection().connect(move |()| count.set(count.get() + 1));
    let mut bystander = Peer::client_of(server);
    settle();
    let mut peers: Vec<_> = (0..200).map(|_| Peer::connect(server)).collect();
    for peer in &mut peers {
        assert_eq!(peer.try_send(REQUEST.as_bytes()), REQUEST.len());
    }
    accepted.set(0);
    bystander.send_frame(0x89, "ping");
    assert_eq!(bystander.read_frame().payload, b"ping");
    assert!(accepted.get() <= 64, "{}", accepted.get());
    wait_until("all are accepted", || accepted.get() == 200);
}

#[test]
fn what_is_left_of_a_read_is_handled_in_order_also_if_a_slot_panics() {
    let server = listening_server();
    let received = Rc::new(RefCell::new(Vec::new()));
    let numbers = received.clone();
    server.new_connection().connect(move |()| {
        let (socket, numbers) = (server.next_pending_connection().unwrap(), numbers.clone());
        socket.text_message_received().connect(move |text| {
            let number: usize = text.parse().unwrap();
            numbers.borrow_mut().push(number);
            assert!(number % 700 != 13, "a slot that panics");
        });
    });
    let mut peer = Peer::client_of(server);
    settle();
    let flood: Vec<u8> =
        (0..10_000).flat_map(|number| frame(0x81, number.to_string().as_bytes(), true)).collect();
    assert_eq!(peer.try_send(&flood), flood.len());
    let mut panics = 0;
    for _ in 0..1000 {
        panics += usize::from(catch_unwind(AssertUnwindSafe(Application::process_events)).is_err());
    }
    assert_eq!(*received.borrow(), (0..10_000).collect::<Vec<_>>());
    assert_eq!(panics, 10_000_usize.div_ceil(700));
}

#[test]
fn what_a_slot_receives_in_a_loop_of_its_own_beside_a_flood_is_in_order() {
    let server = listening_server();
    let received = Rc::new(RefCell::new(Vec::<usize>::new()));
    let numbers = received.clone();
    server.new_connection().connect(move |()| {
        let (socket, numbers) = (server.next_pending_connection().unwrap(), numbers.clone());
        socket.text_message_received().connect(move |text| {
            numbers.borrow_mut().push(text.parse().unwrap());
            if numbers.borrow().len() % 500 == 0 {
                Application::process_events();
            }
        });
    });
    let mut peer = Peer::client_of(server);
    settle();
    let flood: Vec<u8> =
        (0..10_000).flat_map(|number| frame(0x81, number.to_string().as_bytes(), true)).collect();
    peer.send(&flood);
    wait_until("all are received", || received.borrow().len() == 10_000);
    assert_eq!(*received.borrow(), (0..10_000).collect::<Vec<usize>>());
}

#[test]
fn many_who_flood_make_the_server_keep_no_more_than_a_read_of_each() {
    const FLOODERS: usize = 100;
    /// The first read, and what there is once for all.
    const ALLOWED: usize = FLOODERS * (64 * KIB + KIB) + 1024 * KIB;
    let handled = Handled::default();
    let count = handled.clone();
    let server = server_with(move || count.count());
    let mut peers: Vec<_> = (0..FLOODERS).map(|_| Peer::client_of(server)).collect();
    settle();
    let frames = frame(0x82, b"x", true).repeat(20_000);
    for peer in &mut peers {
        let _ = peer.try_send(&frames);
    }
    let held = measure(|| (0..20).for_each(|_| handled.round()));
    assert!(held.bytes_max <= ALLOWED as u64, "{}", held.bytes_max);
    settle();
    assert_eq!(handled.all.get() % 20_000, 0, "nothing is left");
}

#[cfg(feature = "_tls")]
#[test]
fn messages_over_tls_count_as_others() {
    let authority = Authority::new();
    let server = secure_server(authority.issue().configuration());
    let handled = Handled::default();
    let count = handled.clone();
    handle_messages(server, move || count.count());
    let client = WebSocket::new();
    client.set_ssl_configuration(authority.configuration());
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
    settle();
    for _ in 0..20_000 {
        client.send_binary_message(b"x");
    }
    handled.rounds_until(20_000);
    assert!(handled.most.get() <= ROUND, "{}", handled.most.get());
}

/// What waits for a peer that has read nothing yet, in messages.
const PILE: usize = 4096;
const MESSAGE: usize = 16 * KIB;

/// What is written of that in one round: a turn before it waits, one because the system tells, one because that was not enough.
const WRITTEN_IN_A_ROUND: usize = 3 * 2 * KIB * KIB;

/// Piles up messages for that socket, and then lets its peer read all of them in another thread. A bystander has its turns
/// meanwhile.
fn read_a_pile(socket: WebSocket, peer: impl FnOnce() + Send + 'static) {
    let mut bystander = Peer::client_of(server_with(|| {}));
    for number in 0..PILE {
        socket.send_binary_message([number as u8; MESSAGE]);
    }
    let reader = std::thread::spawn(peer);
    let (mut turns, mut most) = (0, 0);
    while !reader.is_finished() {
        let before = socket.bytes_to_write();
        bystander.send_frame(0x89, "ping");
        assert_eq!(bystander.read_frame().payload, b"ping");
        turns += 1;
        let after = socket.bytes_to_write();
        if after > 0 {
            most = most.max(before - after);
        }
    }
    let allowed = 2 * WRITTEN_IN_A_ROUND;
    assert!(most <= allowed as u64, "{most} bytes were written between two turns");
    assert!(turns >= PILE * MESSAGE / allowed, "{turns} turns");
    reader.join().unwrap();
}

#[test]
fn a_peer_that_begins_to_read_leaves_turns_for_the_others_however_its_connection_ends() {
    let last_messages: [(&str, Vec<u8>); 3] = [
        ("it stays open", frame(0x8A, b"", true)),
        ("the peer closes it", frame(0x88, &close_payload(1000, ""), true)),
        ("the peer breaks the protocol", frame(0x83, b"", true)),
    ];
    for (what, last_message) in last_messages {
        let server = listening_server();
        let mut stream = TcpStream::connect(("127.0.0.1", server.server_port())).unwrap();
        stream.write_all(REQUEST.as_bytes()).unwrap();
        let socket = accepted_socket(server);
        settle();
        let mut head = [0; 4096];
        let size = stream.read(&mut head).unwrap();
        assert!(head[..size].ends_with(b"\r\n\r\n"), "the response is there at once");
        read_a_pile(socket, move || {
            stream.write_all(&last_message).unwrap();
            let mut message = vec![0; 4 + MESSAGE];
            for number in 0..PILE {
                stream.read_exact(&mut message).unwrap();
                let is_whole = message[4..] == [number as u8; MESSAGE];
                assert!(is_whole, "message {number}, {what}");
            }
        });
        server.delete();
    }
}

#[cfg(feature = "_tls")]
#[test]
fn a_peer_that_begins_to_read_over_tls_leaves_turns_for_the_others() {
    let server = secure_server(Authority::new().issue().configuration());
    let url = server.server_url();
    let (told, is_connected) = mpsc::channel();
    let (let_read, may_read) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let client = WebSocket::new();
        client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
        client.open(url);
        wait_until("connected", || client.is_valid());
        told.send(()).unwrap();
        may_read.recv().unwrap();
        let received = Rc::new(Cell::new(0));
        let count = received.clone();
        client.binary_message_received().connect(move |bytes| {
            assert!(*bytes == [count.get() as u8; MESSAGE]);
            count.set(count.get() + 1);
        });
        wait_until("all are received", || received.get() == PILE);
        client.delete();
    });
    wait_until("connected", || is_connected.try_recv().is_ok());
    let socket = accepted_socket(server);
    read_a_pile(socket, move || {
        let_read.send(()).unwrap();
        reader.join().unwrap();
    });
    server.delete();
}

#[test]
fn a_client_gives_the_others_their_turns_too() {
    let handled = Handled::default();
    let server = listening_server();
    let client = connected_client(server);
    let count = handled.clone();
    client.binary_message_received().connect(move |_| count.count());
    wait_until("accepted", || server.has_pending_connections());
    let accepted = server.next_pending_connection().unwrap();
    for _ in 0..20_000 {
        accepted.send_binary_message(b"x");
    }
    handled.rounds_until(20_000);
    assert!(handled.most.get() <= ROUND, "{}", handled.most.get());
}
