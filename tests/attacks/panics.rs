//! What a panic in a slot costs: that call, and nothing else.
//!
//! The program goes on after each, as one does that catches panics around its loop. What slots may do besides, signal by
//! signal, stands in `tests/core/reentrancy.rs` and `tests/websocket/reentrancy_matrix.rs`, with panics among it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

#[cfg(feature = "_tls")]
use crate::identity::{Authority, Identity, secure_server};
use crate::peer::{End, Peer, PeerListener, REQUEST, response_to};
use crate::scale::times;
#[cfg(feature = "_tls")]
use crate::support::accepted_socket;
use crate::support::{
    Connected, caught, connected_client, frame, listening_server, panic_as_told, settle_through_panics,
    wait_until,
};

/// Handles events until that is so, as a program does that goes on after panics.
#[track_caller]
fn wait_through_panics(what: &str, mut is_so: impl FnMut() -> bool) {
    while caught(|| wait_until(what, &mut is_so)).is_none() {}
}

type Numbers = Rc<RefCell<Vec<usize>>>;

/// Connects a slot that notes the numbers that come, and panics at each.
fn note_and_panic(socket: WebSocket) -> Numbers {
    let numbers = Numbers::default();
    let (texts, bytes) = (numbers.clone(), numbers.clone());
    let note = |numbers: &Numbers, text: &str| {
        numbers.borrow_mut().push(text.trim_end().parse().unwrap());
        panic_as_told();
    };
    socket.text_message_received().connect(move |text| note(&texts, text));
    socket
        .binary_message_received()
        .connect(move |binary| note(&bytes, std::str::from_utf8(binary).unwrap()));
    socket.text_message_received().connect(|_| panic!("no other slot of that emission is called"));
    numbers
}

/// Messages with numbers, of all kinds and sizes, in all kinds of frames.
fn numbered_messages(count: usize, masked: bool) -> Vec<u8> {
    let message = |number: usize| {
        let size = match number % 50 {
            4 => 60_000,
            14 => 3_000,
            24 => 200,
            _ => 1,
        };
        let text = format!("{number:<size$}");
        let (beginning, end) = text.as_bytes().split_at(text.len() / 2);
        match number % 3 {
            0 => frame(0x81, text.as_bytes(), masked),
            1 => frame(0x82, text.as_bytes(), masked),
            _ => [
                frame(0x01, beginning, masked),
                frame(0x89, b"ping", masked),
                frame(0x8a, b"pong", masked),
                frame(0x80, end, masked),
            ]
            .concat(),
        }
    };
    (0..count).flat_map(message).collect()
}

/// Sends everything, going on after panics.
fn send(peer: &mut Peer, bytes: &[u8]) {
    let mut rest = bytes;
    wait_through_panics("all is sent", || {
        rest = &rest[peer.try_send(rest)..];
        rest.is_empty()
    });
}

#[test]
fn every_message_comes_once_and_in_order_though_each_slot_panics() {
    let count = times(300);
    for accepted in [true, false] {
        let (mut peer, socket) = if accepted {
            Peer::with_accepted(listening_server())
        } else {
            let client = WebSocket::new();
            (Peer::server_of(client), client)
        };
        let numbers = note_and_panic(socket);
        send(&mut peer, &numbered_messages(count, accepted));
        wait_through_panics("all have come", || numbers.borrow().len() == count);
        assert!(numbers.take().into_iter().eq(0..count), "accepted: {accepted}");
        assert!(socket.is_valid(), "the peer has done nothing wrong: {:?}", socket.close_code());
        socket.text_message_received().disconnect_all();
        send(&mut peer, &frame(0x88, &4000_u16.to_be_bytes(), accepted));
        wait_through_panics("closed", || socket.state() == SocketState::Unconnected);
        assert_eq!(u16::from(socket.close_code()), 4000);
    }
}

#[test]
fn a_message_comes_though_the_slots_of_its_frames_and_of_pongs_panic() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let log = Rc::new(RefCell::new(Vec::new()));
    let note = |log: &Rc<RefCell<Vec<String>>>, entry: String| {
        log.borrow_mut().push(entry);
        panic_as_told();
    };
    let (frames, binaries, pongs, messages) = (log.clone(), log.clone(), log.clone(), log.clone());
    socket
        .text_frame_received()
        .connect(move |(text, is_last)| note(&frames, format!("frame {text} {is_last}")));
    socket
        .binary_frame_received()
        .connect(move |(bytes, is_last)| note(&binaries, format!("frame {} {is_last}", bytes.len())));
    socket.pong().connect(move |_| note(&pongs, "pong".to_owned()));
    socket.text_message_received().connect(move |text| note(&messages, format!("message {text}")));
    let large = log.clone();
    socket.binary_message_received().connect(move |bytes| note(&large, format!("message {}", bytes.len())));
    let large = vec![b'x'; 200_000];
    send(
        &mut peer,
        &[
            frame(0x81, b"one", true),
            frame(0x01, b"t", true),
            frame(0x8a, b"", true),
            frame(0x00, b"w", true),
            frame(0x80, b"o", true),
            frame(0x02, &large, true),
            frame(0x80, &large, true),
            frame(0x81, b"three", true),
        ]
        .concat(),
    );
    wait_through_panics("the last has come", || log.borrow().iter().any(|entry| entry == "message three"));
    assert_eq!(
        log.take(),
        [
            "frame one true",
            "message one",
            "frame t false",
            "pong",
            "frame w false",
            "frame o true",
            "message two",
            "frame 200000 false",
            "frame 200000 true",
            "message 400000",
            "frame three true",
            "message three",
        ]
    );
}

#[test]
fn a_panic_inside_a_nested_loop_leaves_the_rest_for_the_loops_outside() {
    for catches in [true, false] {
        let (mut peer, socket) = Peer::with_accepted(listening_server());
        let numbers = Numbers::default();
        let list = numbers.clone();
        socket.text_message_received().connect(move |text| {
            let number: usize = text.parse().unwrap();
            list.borrow_mut().push(number);
            match number % 3 {
                0 if catches => {
                    caught(Application::process_events);
                }
                0 => {
                    Application::process_events();
                }
                1 => panic_as_told(),
                _ => {}
            }
        });
        let count = 100;
        let messages: Vec<u8> =
            (0..count).flat_map(|number| frame(0x81, number.to_string().as_bytes(), true)).collect();
        send(&mut peer, &messages);
        wait_through_panics("all have come", || numbers.borrow().len() == count);
        assert!(numbers.take().into_iter().eq(0..count), "catches: {catches}");
    }
}

#[test]
fn an_answer_that_was_sent_before_the_panic_is_on_its_way() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.text_message_received().connect(move |text| {
        socket.send_text_message(text);
        panic_as_told();
    });
    send(&mut peer, &[frame(0x81, b"one", true), frame(0x81, b"two", true)].concat());
    settle_through_panics();
    assert_eq!(peer.read_frame().payload, b"one");
    assert_eq!(peer.read_frame().payload, b"two");
}

// ---- the beginning of a connection

#[test]
fn a_check_of_an_origin_that_panics_refuses_and_leaves_nothing_open() {
    let server = listening_server();
    let objects = Application::object_count();
    server.origin_authentication_required().connect(|_| panic_as_told());
    for _ in 0..50 {
        let mut peer = Peer::connect(server);
        send(&mut peer, REQUEST.as_bytes());
        wait_through_panics("the connection is closed", || peer.is_ended());
        let (answer, end) = peer.read_end();
        assert!(answer.starts_with(b"HTTP/1.1 403 "), "{}", String::from_utf8_lossy(&answer));
        assert_eq!(end, End::Closed);
    }
    assert!(!server.has_pending_connections());
    assert_eq!(Application::object_count(), objects);
    server.origin_authentication_required().disconnect_all();
    assert!(connected_client(server).is_valid());
}

#[test]
fn a_connection_whose_arrival_panics_is_there_with_all_that_it_brought() {
    let server = listening_server();
    let numbers = Rc::new(RefCell::new(None));
    let noted = numbers.clone();
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        *noted.borrow_mut() = Some((socket, note_and_panic(socket)));
        panic_as_told();
    });
    let mut peer = Peer::connect(server);
    send(&mut peer, &[REQUEST.as_bytes(), &numbered_messages(20, true)].concat());
    wait_through_panics("all have come", || {
        numbers.borrow().as_ref().is_some_and(|(_, numbers)| numbers.borrow().len() == 20)
    });
    let (socket, numbers) = numbers.take().unwrap();
    assert!(numbers.take().into_iter().eq(0..20));
    assert!(socket.is_valid());
}

#[test]
fn a_client_whose_slots_of_the_beginning_panic_is_connected_and_gets_all() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.state_changed().connect(|_| panic_as_told());
    client.connected().connect(|()| panic_as_told());
    let numbers = note_and_panic(client);
    assert_eq!(caught(|| client.open(listener.url())), None, "the panic reaches who has called open()");
    let mut peer = listener.accept();
    let request = peer.read_head();
    send(&mut peer, &[response_to(&request).into_bytes(), numbered_messages(20, false)].concat());
    wait_through_panics("all have come", || numbers.borrow().len() == 20);
    assert!(numbers.take().into_iter().eq(0..20));
    assert!(client.is_valid());
}

#[test]
fn each_signal_of_an_end_comes_though_those_before_it_panic() {
    type End = fn(Peer, WebSocket);
    let ends: [(&str, End); 5] = [
        ("closed by the peer", |mut peer, _| {
            send(&mut peer, &frame(0x88, b"\x03\xe8", true));
            settle_through_panics();
        }),
        ("lost", |peer, _| drop(peer)),
        ("a violation of the protocol", |mut peer, _| send(&mut peer, b"\xff\xff")),
        ("aborted", |_peer, socket| {
            assert_eq!(caught(|| socket.abort()), None);
        }),
        ("deleted", |_peer, socket| {
            assert_eq!(caught(|| socket.delete()), None);
        }),
    ];
    for (name, end) in ends {
        let objects = Application::object_count();
        let server = listening_server();
        let (peer, socket) = Peer::with_accepted(server);
        let count = Rc::new(Cell::new(0));
        let counter = count.clone();
        let slot = move || {
            counter.set(counter.get() + 1);
            panic_as_told();
        };
        let slots: [_; 6] = std::array::from_fn(|_| slot.clone());
        let [first, second, third, fourth, fifth, sixth] = slots;
        socket.error_occurred().connect(move |_| first());
        socket.about_to_close().connect(move |()| second());
        socket.state_changed().connect(move |_| third());
        socket.disconnected().connect(move |()| fourth());
        socket.read_channel_finished().connect(move |()| fifth());
        socket.destroyed().connect(move |_| sixth());
        end(peer, socket);
        wait_through_panics(name, || !socket.is_alive() || socket.state() == SocketState::Unconnected);
        let expected = match name {
            "closed by the peer" | "lost" | "a violation of the protocol" => 5,
            "aborted" => 4,
            _ => 2,
        };
        assert_eq!(count.get(), expected, "{name}");
        caught(|| socket.delete());
        assert!(!socket.is_alive(), "{name}");
        server.delete();
        settle_through_panics();
        assert_eq!(Application::object_count(), objects, "{name}: {}", Application::dump_objects());
    }
}

#[test]
fn a_server_closes_all_that_waits_though_their_slots_panic() {
    let server = listening_server();
    let mut peers: Vec<_> = (0..5).map(|_| Peer::client_of(server)).collect();
    wait_until("all wait", || server.has_pending_connections());
    settle_through_panics();
    server.server_error().connect(|_| panic_as_told());
    server.closed().connect(|()| panic_as_told());
    server.destroyed().connect(|_| panic_as_told());
    assert_eq!(caught(|| server.delete()), None);
    assert!(!server.is_alive());
    for peer in &mut peers {
        wait_through_panics("the connection is closed", || peer.is_ended());
    }
    settle_through_panics();
    assert_eq!(Application::dump_objects(), "");
}

#[test]
fn a_request_is_refused_though_the_slot_of_that_error_panics() {
    let server = listening_server();
    server.server_error().connect(|_| panic_as_told());
    for request in ["nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01"] {
        let mut peer = Peer::connect(server);
        send(&mut peer, request.as_bytes());
        wait_through_panics("it is refused", || peer.is_ended());
    }
}

#[test]
fn a_client_that_is_asked_for_a_password_fails_though_the_slot_panics() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.authentication_required().connect(|_| panic_as_told());
    let failed = SignalSpy::new(client.error_occurred());
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    let asked =
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    send(&mut peer, asked.as_bytes());
    wait_through_panics("it has failed", || !failed.is_empty());
    assert_eq!(client.state(), SocketState::Unconnected);
}

#[test]
fn a_tcp_server_accepts_the_others_though_each_arrival_panics() {
    let server = TcpServer::new();
    server.listen(HostAddress::LocalHost, 0).unwrap();
    let taken = Rc::new(RefCell::new(Vec::new()));
    let list = taken.clone();
    server.pending_connection_available().connect(|()| panic_as_told());
    server.new_connection().connect(move |()| {
        list.borrow_mut().extend(server.next_pending_connection());
        panic_as_told();
    });
    let peers: Vec<_> = (0..50).map(|_| Peer::connect_to_port(server.server_port())).collect();
    wait_through_panics("all are accepted", || taken.borrow().len() == peers.len());
    for socket in taken.take() {
        let ended = Rc::new(Cell::new(0));
        for signal in [socket.about_to_close(), socket.disconnected(), socket.read_channel_finished()] {
            let counter = ended.clone();
            signal.connect(move |()| {
                counter.set(counter.get() + 1);
                panic_as_told();
            });
        }
        assert_eq!(caught(|| socket.abort()), None);
        assert_eq!((socket.state(), ended.get()), (SocketState::Unconnected, 3));
    }
}

#[test]
fn a_tcp_socket_reads_on_though_its_slots_panic() {
    let server = TcpServer::new();
    server.listen(HostAddress::LocalHost, 0).unwrap();
    let socket = TcpSocket::new();
    socket.state_changed().connect(|_| panic_as_told());
    socket.host_found().connect(|()| panic_as_told());
    socket.connected().connect(|()| panic_as_told());
    socket.bytes_written().connect(|_| panic_as_told());
    let received = Rc::new(RefCell::new(Vec::new()));
    let log = received.clone();
    socket.ready_read().connect(move |()| {
        log.borrow_mut().extend(socket.read_all());
        panic_as_told();
    });
    caught(|| socket.connect_to_host("127.0.0.1", server.server_port()));
    wait_through_panics("connected", || {
        socket.state() == SocketState::Connected && server.has_pending_connections()
    });
    let other = server.next_pending_connection().unwrap();
    for part in [b"one ".as_slice(), b"two ", b"three"] {
        socket.write(b"!");
        other.write(part);
        settle_through_panics();
    }
    wait_through_panics("all has come", || received.borrow().len() == 13);
    other.disconnect_from_host();
    wait_through_panics("it has ended", || socket.state() == SocketState::Unconnected);
    assert_eq!(received.take(), b"one two three");
}

// ---- over TLS

#[cfg(feature = "_tls")]
#[test]
fn every_message_comes_once_over_tls_as_well() {
    let count = times(300);
    let authority = Authority::new();
    let server = secure_server(authority.issue().configuration());
    let client = authority.client();
    client.connected().connect(|()| panic_as_told());
    client.bytes_written().connect(|_| panic_as_told());
    caught(|| client.open(server.server_url()));
    wait_through_panics("connected", || client.is_valid() && server.has_pending_connections());
    let accepted = accepted_socket(server);
    for (sender, receiver) in [(client, accepted), (accepted, client)] {
        let numbers = note_and_panic(receiver);
        for number in 0..count {
            let size = if number % 50 == 0 { 60_000 } else { 1 };
            sender.send_text_message(format!("{number:<size$}"));
        }
        wait_through_panics("all have come", || numbers.borrow().len() == count);
        assert!(numbers.take().into_iter().eq(0..count));
        assert!(sender.is_valid() && receiver.is_valid());
    }
}

#[cfg(feature = "_tls")]
#[test]
fn a_certificate_is_refused_though_the_slots_of_its_errors_panic() {
    for interrupts in [false, true] {
        let server = secure_server(Identity::self_signed(&["127.0.0.1"], |_| {}).configuration());
        let client = WebSocket::new();
        let mut configuration = SslConfiguration::new();
        configuration.set_handshake_must_interrupt_on_error(interrupts);
        client.set_ssl_configuration(configuration);
        client.handshake_interrupted_on_error().connect(|_| panic_as_told());
        client.peer_verify_error().connect(|_| panic_as_told());
        client.ssl_errors().connect(|_| panic_as_told());
        client.alert_sent().connect(|_| panic_as_told());
        let failed = SignalSpy::new(client.error_occurred());
        client.error_occurred().connect(|_| panic_as_told());
        client.open(server.server_url());
        wait_through_panics("it is refused", || client.state() == SocketState::Unconnected);
        assert_eq!(failed.take(), [SocketError::SslHandshakeFailed]);
        settle_through_panics();
        assert!(!server.has_pending_connections());

        // What the slot has done before it panicked holds.
        client.ssl_errors().connect(|_| panic!("a slot before has panicked"));
        client.ssl_errors().disconnect_all();
        client.ssl_errors().connect(move |_| {
            client.ignore_ssl_errors();
            panic_as_told();
        });
        client.handshake_interrupted_on_error().disconnect_all();
        client.handshake_interrupted_on_error().connect(move |_| client.continue_interrupted_handshake());
        client.open(server.server_url());
        wait_through_panics("connected", || client.is_valid());
        server.delete();
    }
}

#[cfg(feature = "_tls")]
#[test]
fn a_client_without_a_certificate_is_refused_though_the_servers_slots_panic() {
    let authority = Authority::new();
    let mut configuration = authority.issue().configuration();
    configuration.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
    let server = secure_server(configuration);
    let called = Rc::new(Cell::new(0));
    let counter = called.clone();
    server.peer_verify_error().connect(|_| panic_as_told());
    server.ssl_errors().connect(|_| panic_as_told());
    server.ssl_errors_occurred().connect(move |_| {
        counter.set(counter.get() + 1);
        panic_as_told();
    });
    server.alert_sent().connect(|_| panic_as_told());
    let client = authority.client();
    client.open(server.server_url());
    wait_through_panics("it is refused", || client.state() == SocketState::Unconnected);
    settle_through_panics();
    assert!(!server.has_pending_connections());
    assert!(called.get() <= 1);
}

// ---- what is not a socket

#[test]
fn a_timer_goes_on_though_each_time_out_panics() {
    let clock = VirtualClock::install();
    let (repeating, once) = (Timer::new(), Rc::new(Cell::new(0)));
    let count = Rc::new(Cell::new(0));
    let counter = count.clone();
    repeating.timeout().connect(move |()| {
        counter.set(counter.get() + 1);
        panic_as_told();
    });
    repeating.start(Duration::from_secs(1));
    let fired = once.clone();
    Timer::single_shot(Duration::from_secs(1), move || {
        fired.set(fired.get() + 1);
        panic_as_told();
    });
    for second in 1..=10 {
        clock.advance(Duration::from_secs(1));
        settle_through_panics();
        assert_eq!((count.get(), once.get()), (second, 1));
        assert!(repeating.is_active());
    }
    repeating.delete();
    assert_eq!(Application::next_timeout(), None);
}

#[test]
fn what_is_posted_is_delivered_though_each_call_panics() {
    let called = Rc::new(RefCell::new(Vec::new()));
    let receiver = Handle::new(());
    for number in 0..100 {
        let list = called.clone();
        receiver.invoke_later(move || {
            list.borrow_mut().push(number);
            panic_as_told();
        });
    }
    assert_eq!(settle_through_panics(), 100, "each is told to who runs the loop");
    assert!(called.take().into_iter().eq(0..100));
}

#[test]
fn a_slot_with_state_gets_what_had_to_wait_though_it_panics() {
    let button = Handle::new(Emitter::<usize>::new());
    let numbers = Numbers::default();
    let list = numbers.clone();
    button.signal(|button| button).connect_mut(move |number| {
        list.borrow_mut().push(number);
        if number == 0 {
            for number in 1..5 {
                button.with(|button| button.emit(number));
            }
        }
        panic_as_told();
    });
    caught(|| button.with(|button| button.emit(0)));
    caught(|| button.with(|button| button.emit(5)));
    settle_through_panics();
    assert!(numbers.take().into_iter().eq(0..6));
}

#[cfg(unix)]
#[test]
fn a_notifier_tells_again_what_a_slot_has_left_when_it_panicked() {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    let (mut ours, mut theirs) = UnixStream::pair().unwrap();
    let notifier = SocketNotifier::new(&ours, NotifierType::Read).unwrap();
    let received = Rc::new(RefCell::new(Vec::new()));
    let log = received.clone();
    notifier.activated().connect_mut(move |_| {
        let mut byte = [0];
        ours.read_exact(&mut byte).unwrap();
        log.borrow_mut().push(byte[0]);
        panic_as_told();
    });
    theirs.write_all(b"every byte").unwrap();
    wait_through_panics("all is read", || received.borrow().len() == 10);
    assert_eq!(received.take(), b"every byte");
}

/// Panics when it is dropped.
struct Fragile;

impl Drop for Fragile {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic_as_told();
        }
    }
}

#[test]
fn an_object_ends_though_everything_in_it_panics() {
    let before = Application::object_count();
    let parent = Handle::new((Emitter::<()>::new(), Fragile));
    let ended = Rc::new(Cell::new(0));
    let server = listening_server();
    let socket = connected_client(server);
    socket.set_parent(parent);
    socket.about_to_close().connect(|()| panic_as_told());
    let children: Vec<_> = (0..3).map(|_| Handle::new(Fragile)).collect();
    for child in &children {
        child.set_parent(parent);
        Handle::new(Fragile).set_parent(*child);
    }
    for object in [*parent, *children[0], *children[1], *children[2], *socket] {
        let counter = ended.clone();
        let guard = Fragile;
        object.destroyed().connect(move |_| {
            let _guard = &guard;
            counter.set(counter.get() + 1);
            panic_as_told();
        });
        let guard = Fragile;
        parent.signal(|(emitter, _)| emitter).connect_to(object, move |_, ()| {
            let _guard = &guard;
        });
        object.install_event_filter(parent, |_, _, _| {
            panic_as_told();
            true
        });
    }
    parent.delete_later();
    settle_through_panics();
    assert_eq!(ended.get(), 5);
    server.delete();
    settle_through_panics();
    assert_eq!(Application::object_count(), before, "{}", Application::dump_objects());
}

#[test]
fn a_thread_ends_with_all_that_panics_in_it() {
    let thread = std::thread::spawn(|| {
        for number in 0..3 {
            let object = Handle::new((Emitter::<()>::new(), Fragile));
            let [slot, filter, call, timer, property] = [(); 5].map(|()| Fragile);
            object.signal(|(emitter, _)| emitter).connect(move |()| {
                let _ = &slot;
            });
            object.install_event_filter(Object::new(), move |_, _, _| {
                let _ = &filter;
                false
            });
            object.invoke_later(move || drop(call));
            Timer::single_shot(Duration::from_secs(3600), move || drop(timer));
            object.set_property("fragile", (property, number));
        }
        for name in ["127.0.0.1", "localhost"] {
            let lookup = Fragile;
            HostInfo::lookup_host(name, move |_| drop(lookup));
        }
    });
    assert!(thread.join().is_ok());
}

#[test]
fn deleting_while_a_panic_unwinds_does_not_end_the_process() {
    let button = Handle::new(Emitter::<()>::new());
    button.signal(|button| button).connect(|()| {
        let guarded = Object::new().scoped();
        guarded.destroyed().connect(|_| panic_as_told());
        panic_as_told();
    });
    assert_eq!(caught(|| button.with(|button| button.emit(()))), None);
    button.delete();
    assert_eq!(Application::dump_objects(), "");
}

#[test]
fn a_thread_goes_on_after_panics_in_the_middle_of_exec() {
    let Connected { client, accepted, .. } = Connected::new();
    let numbers = note_and_panic(accepted);
    for number in 0..20 {
        client.send_text_message(number.to_string());
    }
    let (list, ends) = (numbers.clone(), Timer::new());
    ends.timeout().connect(move |()| {
        if list.borrow().len() == 20 {
            Application::exit(7);
        }
    });
    ends.start(Duration::from_millis(1));
    let limit = Timer::new();
    limit.timeout().connect(|()| Application::exit(1));
    limit.start(Duration::from_secs(20));
    let mut panics = 0;
    let code = loop {
        match caught(Application::exec) {
            Some(code) => break code,
            None => panics += 1,
        }
    };
    assert_eq!((code, panics), (7, 20), "each panic reaches who runs the loop");
    assert!(numbers.take().into_iter().eq(0..20));
}
