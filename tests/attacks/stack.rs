//! Who decides how deep the stack is: neither what a peer sends, nor how many peers there are, nor the depth of a tree.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use slotwire::prelude::*;

#[cfg(feature = "_tls")]
use crate::identity::{Authority, secure_server};
use crate::peer::Peer;
use crate::scale::times;
use crate::support::{Connected, frame, listening_server, settle, wait_until};

/// Runs the attack on the stack that a thread has by default.
fn in_thread(attack: impl FnOnce() + Send + 'static) {
    const STACK_SIZE: usize = 2 * 1024 * 1024;
    thread::Builder::new().stack_size(STACK_SIZE).spawn(attack).unwrap().join().unwrap();
}

/// What a careless slot does for every message.
type Habit = fn();

const HABITS: [(&str, Habit); 5] = [
    ("process_events", || {
        Application::process_events();
    }),
    ("process_events_for", || {
        Application::process_events_for(Duration::from_millis(1));
    }),
    ("a loop that ends at once", || {
        let wait = EventLoop::new().scoped();
        let event_loop = *wait;
        Application::invoke_later(move || event_loop.quit());
        wait.exec();
    }),
    ("a loop until a timer fires", || {
        let wait = EventLoop::new().scoped();
        let event_loop = *wait;
        // A single shot of zero would end it before sockets have their turn.
        let timer = Timer::new().scoped();
        timer.timeout().connect(move |()| event_loop.quit());
        timer.restart();
        wait.exec();
    }),
    ("a spy that waits", || {
        let button = Handle::new(Emitter::<()>::new()).scoped();
        let spy = SignalSpy::new(button.signal(|button| button));
        spy.wait(Duration::from_millis(1));
    }),
];

/// Counts how deep the slots are inside each other.
#[derive(Clone, Default)]
struct Depth {
    current: Rc<Cell<usize>>,
    deepest: Rc<Cell<usize>>,
}

impl Depth {
    fn inside<R>(&self, slot: impl FnOnce() -> R) -> R {
        self.current.set(self.current.get() + 1);
        self.deepest.set(self.deepest.get().max(self.current.get()));
        let result = slot();
        self.current.set(self.current.get() - 1);
        result
    }
}

#[test]
fn a_slot_that_runs_the_loop_for_every_message_gets_all_of_them_in_order() {
    for (name, habit) in HABITS {
        in_thread(move || {
            // What waits for time takes that time.
            let count = times(if name.contains("spy") { 200 } else { 20_000 }) as u32;
            let (mut peer, socket) = Peer::with_accepted(listening_server());
            let (received, depth) = (Rc::new(RefCell::new(Vec::new())), Depth::default());
            let (log, slots) = (received.clone(), depth.clone());
            socket.text_message_received().connect(move |text| {
                slots.inside(|| {
                    log.borrow_mut().push(text.parse::<u32>().unwrap());
                    habit();
                });
            });
            let numbers: Vec<u8> =
                (0..count).flat_map(|number| frame(0x81, number.to_string().as_bytes(), true)).collect();
            peer.send(numbers);
            let deadline = Instant::now() + Duration::from_secs(120);
            while received.borrow().len() < count as usize {
                assert!(Instant::now() < deadline, "{name}: {} have come", received.borrow().len());
                Application::process_events();
            }
            assert!(received.take().into_iter().eq(0..count), "{name}");
            // Four loops, and the slots in the innermost; a loop that ends before that gives sockets no turn.
            let expected = if name == "a loop that ends at once" { 1 } else { 5 };
            assert_eq!(depth.deepest.get(), expected, "{name}");
        });
    }
}

#[test]
fn a_client_is_as_safe_from_its_server() {
    in_thread(|| {
        let count = times(20_000);
        let client = WebSocket::new();
        let mut peer = Peer::server_of(client);
        let received = Rc::new(Cell::new(0));
        let counter = received.clone();
        client.binary_message_received().connect(move |_| {
            counter.set(counter.get() + 1);
            Application::process_events();
        });
        peer.send(frame(0x82, b"!", false).repeat(count));
        wait_until("all have come", || received.get() == count);
    });
}

#[cfg(unix)]
#[test]
fn many_peers_nest_no_deeper_than_a_thread_allows() {
    in_thread(|| {
        let peers = 3_000;
        assert!(
            rlimit::increase_nofile_limit(7_000).unwrap() >= 7_000,
            "the test needs that many descriptors"
        );
        let server = listening_server();
        let (received, depth) = (Rc::new(Cell::new(0)), Depth::default());
        let (counter, slots) = (received.clone(), depth.clone());
        server.new_connection().connect(move |()| {
            let socket = server.next_pending_connection().unwrap();
            let (counter, slots) = (counter.clone(), slots.clone());
            socket.text_message_received().connect(move |_| {
                slots.inside(|| {
                    Application::process_events();
                    counter.set(counter.get() + 1);
                });
            });
        });
        let mut connected: Vec<Peer> = (0..peers).map(|_| Peer::client_of(server)).collect();
        for peer in &mut connected {
            let message = frame(0x81, b"one message", true);
            assert_eq!(peer.try_send(&message), message.len());
        }
        wait_until("each message has come", || received.get() == peers);
        // Each of 64 nested loops, the outermost, and the slots in the innermost.
        assert!(depth.deepest.get() <= 66, "{}", depth.deepest.get());
    });
}

#[test]
fn queued_slots_and_timers_nest_no_deeper_either() {
    in_thread(|| {
        let count = times(20_000);
        let Connected { client, accepted, .. } = Connected::new();
        let (queued, timed) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let counter = queued.clone();
        accepted.text_message_received().connect_with(ConnectionType::QUEUED, move |_| {
            Application::send_posted_events(accepted);
            Application::process_events();
            counter.set(counter.get() + 1);
        });
        let counter = timed.clone();
        accepted.text_message_received().connect(move |_| {
            let counter = counter.clone();
            Timer::single_shot(Duration::ZERO, move || {
                Application::process_events();
                counter.set(counter.get() + 1);
            });
        });
        for _ in 0..count {
            client.send_text_message("x");
        }
        wait_until("all have come", || queued.get() == count && timed.get() == count);
    });
}

/// What many peers can cause at once, each in a slot that runs the loop.
#[cfg(feature = "_tls")]
#[test]
fn handshakes_of_many_peers_nest_no_deeper_inside_their_slots() {
    in_thread(|| {
        let peers = 150;
        let authority = Authority::new();
        let mut configuration = authority.issue().configuration();
        configuration.set_peer_verify_mode(PeerVerifyMode::QueryPeer);
        let server = secure_server(configuration);
        server.set_max_pending_connections(peers);
        let (depth, asked) = (Depth::default(), Rc::new(Cell::new(0)));
        let careless = move |depth: &Depth, asked: &Rc<Cell<usize>>| {
            let (depth, asked) = (depth.clone(), asked.clone());
            move || {
                depth.inside(|| {
                    asked.set(asked.get() + 1);
                    Application::process_events();
                });
            }
        };
        let check = careless(&depth, &asked);
        server.origin_authentication_required().connect(move |_| check());
        let clients: Vec<_> = (0..peers)
            .map(|_| {
                let client = WebSocket::new();
                let mut strict = SslConfiguration::new();
                strict.set_handshake_must_interrupt_on_error(true);
                client.set_ssl_configuration(strict);
                let interrupted = careless(&depth, &asked);
                client.handshake_interrupted_on_error().connect(move |_| {
                    interrupted();
                    client.continue_interrupted_handshake();
                });
                let [errors, changed, connected, alert] = [(); 4].map(|()| careless(&depth, &asked));
                client.ssl_errors().connect(move |_| {
                    errors();
                    client.ignore_ssl_errors();
                });
                client.state_changed().connect(move |_| changed());
                client.connected().connect(move |()| connected());
                client.alert_sent().connect(move |_| alert());
                client
            })
            .collect();
        for client in &clients {
            client.open(server.server_url());
        }
        wait_until("all are connected", || clients.iter().all(|client| client.is_valid()));
        assert!(asked.get() > 4 * peers && depth.deepest.get() <= 66, "{}", depth.deepest.get());
        for client in &clients {
            client.close();
        }
        wait_until("all are closed", || {
            clients.iter().all(|client| client.state() == SocketState::Unconnected)
        });
        assert!(depth.deepest.get() <= 66, "{}", depth.deepest.get());
    });
}

#[test]
fn what_arrives_at_a_tcp_server_nests_no_deeper_either() {
    in_thread(|| {
        let server = TcpServer::new();
        server.listen(HostAddress::LocalHost, 0).unwrap();
        let (depth, received) = (Depth::default(), Rc::new(Cell::new(0)));
        let (slots, bytes) = (depth.clone(), received.clone());
        server.new_connection().connect(move |()| {
            let socket = server.next_pending_connection().unwrap();
            let (inner, bytes) = (slots.clone(), bytes.clone());
            socket.ready_read().connect(move |()| {
                inner.inside(|| {
                    bytes.set(bytes.get() + socket.read_all().len());
                    Application::process_events();
                });
            });
            slots.inside(Application::process_events);
        });
        let mut peers: Vec<_> = (0..300).map(|_| Peer::connect_to_port(server.server_port())).collect();
        for peer in &mut peers {
            assert_eq!(peer.try_send(b"!"), 1);
        }
        wait_until("all has come", || received.get() == peers.len());
        assert!(depth.deepest.get() <= 66, "{}", depth.deepest.get());
    });
}

#[test]
fn a_slot_may_still_wait_for_the_answer_of_its_peer() {
    let Connected { client, accepted, .. } = Connected::new();
    accepted.text_message_received().connect(move |text| {
        accepted.send_text_message(text);
    });
    let answers = Rc::new(RefCell::new(Vec::new()));
    let log = answers.clone();
    client.text_message_received().connect(move |text| {
        log.borrow_mut().push(text.to_owned());
        let level = text.len();
        if level < 4 {
            let next = SignalSpy::new(client.text_message_received());
            client.send_text_message("x".repeat(level + 1));
            assert!(next.wait(Duration::from_secs(20)), "the answer at level {level}");
        }
    });
    client.send_text_message("x");
    wait_until("the innermost has come", || answers.borrow().len() == 4);
    settle();
    assert_eq!(answers.take(), ["x", "xx", "xxx", "xxxx"]);
}

#[test]
fn one_loop_too_many_is_refused_by_every_call_that_runs_one() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let refused = Rc::new(Cell::new(false));
    let (seen, level) = (refused.clone(), Cell::new(0));
    socket.text_message_received().connect(move |_| {
        level.set(level.get() + 1);
        if level.get() == 5 {
            let wait = EventLoop::new().scoped();
            assert_eq!(wait.exec(), -1);
            assert!(!wait.is_running());
            Application::invoke_later(|| {});
            assert!(!Application::process_events());
            assert!(!Application::process_events_for(Duration::from_secs(3600)));
            let spy = SignalSpy::new(socket.pong());
            assert!(!spy.wait(Duration::from_secs(3600)));
            assert_eq!(Application::exec(), -1);
            seen.set(true);
        } else {
            Application::process_events();
        }
        level.set(level.get() - 1);
    });
    peer.send(frame(0x81, b"!", true).repeat(5));
    wait_until("the fifth has come", || refused.get());
    // The loops that ran are left, so there is room again.
    refused.set(false);
    peer.send(frame(0x81, b"!", true).repeat(5));
    wait_until("the fifth has come again", || refused.get());
}

#[test]
fn bytes_written_is_not_emitted_inside_itself() {
    in_thread(|| {
        let count = times(50_000);
        let Connected { client, accepted, .. } = Connected::new();
        let (depth, sent, told) = (Depth::default(), Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let (slots, number, bytes) = (depth.clone(), sent.clone(), told.clone());
        client.bytes_written().connect(move |written| {
            bytes.set(bytes.get() + written);
            slots.inside(|| {
                if number.get() < count {
                    number.set(number.get() + 1);
                    client.send_text_message("!");
                    client.flush();
                    assert_eq!(client.bytes_to_write(), 0, "it is written, though not told yet");
                }
            });
        });
        let received = Rc::new(Cell::new(0));
        let counter = received.clone();
        accepted.text_message_received().connect(move |_| counter.set(counter.get() + 1));
        client.send_text_message("!");
        client.flush();
        wait_until("all have come", || received.get() == count + 1);
        settle();
        assert_eq!(depth.deepest.get(), 1);
        assert_eq!(told.get(), (count as u64 + 1) * 7, "every byte is told");
    });
}

#[test]
fn a_tcp_socket_does_not_tell_what_it_has_written_inside_itself() {
    in_thread(|| {
        let server = TcpServer::new();
        server.listen(HostAddress::LocalHost, 0).unwrap();
        let socket = TcpSocket::new();
        let (depth, left) = (Depth::default(), Cell::new(50_000));
        let slots = depth.clone();
        let done = Rc::new(Cell::new(false));
        let ended = done.clone();
        socket.bytes_written().connect(move |_| {
            slots.inside(|| {
                left.set(left.get() - 1);
                if left.get() > 0 {
                    socket.write(b"!");
                    socket.flush();
                } else {
                    ended.set(true);
                }
            });
        });
        socket.connected().connect(move |()| {
            socket.write(b"!");
        });
        socket.connect_to_host("127.0.0.1", server.server_port());
        wait_until("all is written", || done.get());
        assert_eq!(depth.deepest.get(), 1);
    });
}

/// Lets the end of each socket end the next, as a game ends for all when one of them leaves.
#[cfg(unix)]
#[test]
fn connections_that_end_each_other_end_in_any_number() {
    type End = fn(WebSocket);
    let ends: [End; 2] = [|socket| socket.abort(), |socket| socket.close()];
    for end in ends {
        in_thread(move || {
            rlimit::increase_nofile_limit(7_000).unwrap();
            let server = listening_server();
            server.set_max_pending_connections(2_000);
            let peers: Vec<_> = (0..1_500).map(|_| Peer::client_of(server)).collect();
            let members: Vec<_> = std::iter::from_fn(|| server.next_pending_connection()).collect();
            assert_eq!(members.len(), peers.len());
            let depth = Depth::default();
            for pair in members.windows(2) {
                let [member, next] = [pair[0], pair[1]];
                let (slots, inner) = (depth.clone(), depth.clone());
                member.about_to_close().connect(move |()| slots.inside(|| end(next)));
                member.disconnected().connect(move |()| inner.inside(|| end(next)));
            }
            end(members[0]);
            drop(peers);
            wait_until("all have ended", || {
                members.iter().all(|socket| socket.state() == SocketState::Unconnected)
            });
            assert!(depth.deepest.get() <= 130, "{}", depth.deepest.get());
        });
    }
}

/// A chain of objects, each the parent of the next, built from that end.
fn chain(length: usize, from_the_top: bool) -> (Object, Object) {
    let first = Object::new();
    let last = (1..length).fold(first, |last, _| {
        let next = Object::new();
        if from_the_top {
            next.set_parent(last);
        } else {
            last.set_parent(next);
        }
        next
    });
    if from_the_top { (first, last) } else { (last, first) }
}

#[test]
fn a_chain_of_parents_is_built_and_deleted_in_any_depth() {
    for from_the_top in [true, false] {
        in_thread(move || {
            let length = 30_000;
            let before = Application::object_count();
            let (top, bottom) = chain(length, from_the_top);
            let deleted = Rc::new(Cell::new(0));
            for object in [top, bottom] {
                let counter = deleted.clone();
                object.destroyed().connect(move |_| counter.set(counter.get() + 1));
            }
            top.delete();
            assert_eq!((deleted.get(), Application::object_count()), (2, before));
        });
    }
}

#[test]
fn a_chain_is_searched_and_dumped_in_any_depth() {
    in_thread(|| {
        let length = 30_000;
        let (top, bottom) = chain(length, true);
        bottom.set_object_name("bottom");
        assert_eq!(top.find_child("bottom"), Some(bottom));
        assert_eq!(top.find_children::<Object>().len(), length - 1);
        assert_eq!(top.find_child::<Timer>("bottom"), None);
        let dump = top.dump_object_tree();
        assert_eq!(dump.lines().count(), length);
        assert!(dump.len() < 400 * length, "it grows with the length, not with its square");
        // Nobody owns an ancestor.
        top.set_parent(bottom);
        assert_eq!(top.parent(), None);
        top.delete();
    });
}

#[test]
fn objects_that_delete_each_other_in_their_slots_end_in_order() {
    in_thread(|| {
        let (top, bottom) = chain(30_000, true);
        let order = Rc::new(RefCell::new(Vec::new()));
        for (name, object) in [("top", top), ("bottom", bottom)] {
            let log = order.clone();
            object.destroyed().connect(move |_| {
                log.borrow_mut().push(name);
                bottom.delete();
            });
        }
        top.delete();
        assert_eq!(order.take(), ["top", "bottom"]);
    });
}
