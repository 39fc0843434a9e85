//! Sockets and servers in tasks: opening to a result, messages as a stream that holds up its peer, sending that waits, the end.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{FusedStream, Stream, StreamExt};
use slotwire::prelude::*;

use crate::peer::{Peer, PeerListener, refused_port};
use crate::support::{
    caught, close_payload, connected_client, echo_server, listening_server, pass, settle, wait_until,
};

/// The output of a future, which has to be ready within a minute.
fn run<T>(future: impl Future<Output = T>) -> T {
    Application::block_on(Application::timeout(Duration::from_secs(60), future)).unwrap().unwrap()
}

fn connect(server: WebSocketServer) -> WebSocket {
    run(WebSocket::connect(server.server_url())).unwrap()
}

/// Accepts what connects to the server, and does that with each in a task of its own.
fn serve<F: Future<Output = ()> + 'static>(server: WebSocketServer, task: impl Fn(WebSocket) -> F + 'static) {
    let mut incoming = server.incoming();
    server.spawn(async move {
        while let Some(socket) = incoming.next().await {
            socket.spawn(task(socket));
        }
    });
}

async fn echo(socket: WebSocket) {
    let mut messages = socket.messages();
    while let Some(message) = messages.next().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}

// ---- opening

#[test]
fn connect_returns_a_socket_that_is_open() {
    let server = echo_server();
    let socket = connect(server);
    assert_eq!(socket.state(), SocketState::Connected);
    assert!(run(socket.opened()).is_ok(), "it is open already");
}

#[test]
fn connect_begins_when_it_is_polled_and_deletes_the_socket_when_it_is_dropped() {
    let server = listening_server();
    let before = Application::object_count();
    let connecting = WebSocket::connect(server.server_url());
    assert_eq!(Application::object_count(), before);
    let task = Application::spawn_local(connecting);
    Application::process_events();
    assert_eq!(Application::object_count(), before + 1);
    task.cancel();
    assert_eq!(Application::object_count(), before);
    settle();
    assert!(!server.has_pending_connections());
}

#[test]
fn the_error_of_an_opening_names_the_url_and_what_is_wrong() {
    let before = Application::object_count();
    let refused =
        run(WebSocket::connect(format!("ws://user:secret@127.0.0.1:{}/a", refused_port()))).unwrap_err();
    assert_eq!(refused.socket_error(), Some(SocketError::ConnectionRefused));
    let text = refused.to_string();
    assert!(text.starts_with("ws://127.0.0.1:") && text.ends_with("/a: Connection refused"), "{text}");

    let scheme = run(WebSocket::connect("gopher://localhost")).unwrap_err();
    assert_eq!(scheme.socket_error(), Some(SocketError::UnsupportedSocketOperation));
    assert!(scheme.to_string().ends_with("Unsupported WebSocket scheme: gopher"), "{scheme}");

    let listener = PeerListener::new();
    let task = Application::spawn_local(WebSocket::connect(listener.url()));
    settle();
    let mut peer = listener.accept();
    peer.read_head();
    peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    let forbidden = run(task).unwrap().unwrap_err();
    assert!(forbidden.to_string().contains("403"), "{forbidden}");
    assert_eq!(Application::object_count(), before, "no socket is left");
}

#[test]
fn an_opening_that_takes_too_long_is_an_error() {
    let listener = PeerListener::new();
    let clock = VirtualClock::install();
    let task = Application::spawn_local(WebSocket::connect(listener.url()));
    settle();
    let _peer = listener.accept();
    pass(&clock, Duration::from_secs(11));
    let error = run(task).unwrap().unwrap_err();
    assert_eq!(error.socket_error(), Some(SocketError::SocketTimeout));
}

#[test]
fn opened_is_an_error_if_the_attempt_is_given_up_the_socket_deleted_or_never_opened() {
    let never = WebSocket::new();
    let error = run(never.opened()).unwrap_err();
    assert_eq!(error.to_string(), "Socket is not connected");

    let server = listening_server();
    let aborted = WebSocket::new();
    aborted.open(server.server_url());
    let opened = aborted.opened();
    aborted.abort();
    assert!(run(opened).is_err());

    let deleted = WebSocket::new();
    deleted.open(server.server_url());
    let opened = deleted.opened();
    deleted.delete();
    assert_eq!(run(opened).unwrap_err().kind(), ErrorKind::ObjectDeleted);
    assert_eq!(run(deleted.opened()).unwrap_err().kind(), ErrorKind::ObjectDeleted);
}

#[test]
fn what_a_server_sends_at_once_waits_for_the_task_that_connects() {
    let server = listening_server();
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        for number in 0..3 {
            socket.send_text_message(number.to_string());
        }
        socket.close();
    });
    let received = run(async move {
        let socket = WebSocket::connect(server.server_url()).await.unwrap();
        // One more task, which is polled later.
        let messages = socket.spawn(async move { socket.messages().collect::<Vec<_>>().await });
        messages.await.unwrap()
    });
    assert_eq!(received, ["0", "1", "2"].map(Message::from));
}

#[test]
fn what_comes_with_the_handshake_waits_for_the_task_that_connects() {
    let listener = PeerListener::new();
    let url = listener.url();
    let task = Application::spawn_local(async move {
        let socket = WebSocket::connect(url).await.unwrap();
        socket.messages().next().await
    });
    settle();
    let mut peer = listener.accept();
    let request = peer.read_head();
    let mut answer = crate::peer::response_to(&request).into_bytes();
    answer.extend(peer.frame(0x81, "early"));
    peer.send(answer);
    assert_eq!(run(task).unwrap(), Some(Message::from("early")));
}

// ---- messages

#[test]
fn messages_come_in_their_order_and_end_with_the_connection() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let mut messages = socket.messages();
    peer.send_frame(0x81, "text");
    peer.send_frame(0x82, [1, 2]);
    peer.send_frame(0x01, "frag");
    peer.send_frame(0x80, "ments");
    peer.send_frame(0x88, close_payload(1000, ""));
    let all = run(messages.by_ref().collect::<Vec<_>>());
    assert_eq!(all, [Message::from("text"), Message::from(vec![1, 2]), Message::from("fragments")]);
    assert!(messages.is_terminated());
    assert_eq!(run(messages.next()), None);
}

#[test]
fn a_stream_of_a_socket_that_is_deleted_ends_after_what_waits() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let messages = socket.messages();
    peer.send_frame(0x81, "one");
    wait_until("the message", || messages.size_hint().0 == 1);
    socket.delete();
    assert_eq!(run(messages.collect::<Vec<_>>()), [Message::from("one")]);
}

#[test]
fn a_stream_belongs_to_one_connection() {
    let server = echo_server();
    let socket = WebSocket::new();
    let first = socket.messages();
    socket.open(server.server_url());
    run(socket.opened()).unwrap();
    socket.send_text_message("first");
    wait_until("the echo", || first.size_hint().0 == 1);
    socket.close();
    run(socket.closed());
    socket.open(server.server_url());
    run(socket.opened()).unwrap();
    let mut second = socket.messages();
    socket.send_text_message("second");
    assert_eq!(run(second.next()), Some(Message::from("second")));
    assert_eq!(run(first.collect::<Vec<_>>()), [Message::from("first")]);
}

#[test]
fn slots_and_streams_both_get_each_message() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let slot = SignalSpy::new(socket.text_message_received());
    let (mut first, mut second) = (socket.messages(), socket.messages());
    peer.send_frame(0x81, "all");
    assert_eq!(run(first.next()), Some(Message::from("all")));
    assert_eq!(run(second.next()), Some(Message::from("all")));
    assert_eq!(slot.take(), ["all"]);
}

#[test]
fn a_stream_that_is_full_holds_up_the_peer_and_nothing_is_lost() {
    const MESSAGES: u32 = 20_000;
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let pongs = SignalSpy::new(socket.pong());
    let messages = socket.messages();
    let mut wire = Vec::new();
    for number in 0..MESSAGES {
        wire.extend(peer.frame(0x82, [&number.to_be_bytes()[..], &[0; 1000]].concat()));
    }
    wire.extend(peer.frame(0x8a, "pong"));
    wire.extend(peer.frame(0x88, close_payload(1001, "gone")));
    // What the system takes between the two ends is not all of it.
    let mut sent = 0;
    while let more @ 1.. = peer.try_send(&wire[sent..]) {
        sent += more;
        settle();
    }
    assert!(sent < wire.len());
    assert_eq!(messages.size_hint().0, 64);
    assert_eq!(socket.state(), SocketState::Connected);

    let seen = Rc::new(Cell::new(0_u32));
    let counter = Rc::clone(&seen);
    let task = Application::spawn_local(async move {
        let mut messages = messages;
        while let Some(message) = messages.next().await {
            assert_eq!(message.as_bytes()[..4], counter.get().to_be_bytes());
            assert!(messages.size_hint().0 <= 64);
            counter.set(counter.get() + 1);
        }
    });
    wait_until("all messages", || {
        sent += peer.try_send(&wire[sent..]);
        task.is_finished()
    });
    assert_eq!(seen.get(), MESSAGES);
    assert_eq!(pongs.len(), 1);
    assert_eq!((socket.close_code(), &*socket.close_reason()), (CloseCode::GoingAway, "gone"));
}

#[test]
fn large_messages_fill_a_stream_by_their_bytes() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let mut messages = socket.messages();
    let payload = vec![0; 600 * 1024];
    let wire = [peer.frame(0x82, &payload), peer.frame(0x82, &payload), peer.frame(0x81, "last")].concat();
    let mut sent = 0;
    wait_until("two messages", || {
        sent += peer.try_send(&wire[sent..]);
        sent == wire.len() && messages.size_hint().0 == 2
    });
    settle();
    assert_eq!(messages.size_hint().0, 2);
    assert_eq!(run(messages.next()).unwrap().as_bytes().len(), payload.len());
    settle();
    assert_eq!(messages.size_hint().0, 1, "more than half of it is there");
    assert_eq!(run(messages.next()).unwrap().as_bytes().len(), payload.len());
    assert_eq!(run(messages.next()), Some(Message::from("last")));
}

#[test]
fn a_stream_that_is_dropped_lets_the_socket_receive_again() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let (full, other) = (socket.messages(), socket.messages());
    let received = SignalSpy::new(socket.text_message_received());
    for number in 0..100 {
        peer.send_frame(0x81, number.to_string());
    }
    wait_until("two full streams", || other.size_hint().0 == 64);
    settle();
    assert_eq!(received.len(), 64);
    drop(full);
    settle();
    assert_eq!(received.len(), 64, "the other one is full");
    drop(other);
    wait_until("the rest", || received.len() == 100);
}

#[test]
fn a_peer_that_is_held_up_is_not_taken_for_silent_or_slow() {
    let server = listening_server();
    server.set_limits(Limits::internet());
    let (mut peer, socket) = Peer::with_accepted(server);
    let clock = VirtualClock::install();
    let mut messages = socket.messages();
    for number in 0..64 {
        peer.send_frame(0x81, number.to_string());
    }
    // Half a message.
    let last = peer.frame(0x81, "the last one");
    peer.send(&last[..8]);
    wait_until("a full stream", || messages.size_hint().0 == 64);
    for _ in 0..10 {
        pass(&clock, Duration::from_secs(60));
    }
    assert_eq!(socket.state(), SocketState::Connected);
    peer.send(&last[8..]);
    for number in 0..64 {
        assert_eq!(run(messages.next()), Some(Message::from(&*number.to_string())));
    }
    assert_eq!(run(messages.next()), Some(Message::from("the last one")));
}

#[test]
fn a_socket_that_is_held_up_and_closes_waits_three_seconds_for_the_answer() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let clock = VirtualClock::install();
    let messages = socket.messages();
    for number in 0..65 {
        peer.send_frame(0x81, number.to_string());
    }
    wait_until("a full stream", || messages.size_hint().0 == 64);
    socket.close();
    let closed = socket.closed();
    pass(&clock, Duration::from_secs(4));
    assert_eq!(run(closed), Some((CloseCode::Normal, String::new())));
    assert_eq!(run(messages.count()), 64);
}

#[test]
fn a_reset_ends_a_stream_that_is_full_once_it_is_read() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let mut messages = socket.messages();
    for number in 0..70 {
        peer.send_frame(0x81, number.to_string());
    }
    wait_until("a full stream", || messages.size_hint().0 == 64);
    peer.reset();
    settle();
    let count = run(messages.by_ref().count());
    assert!((64..=70).contains(&count), "{count}");
    assert_eq!(socket.state(), SocketState::Unconnected);
}

#[test]
fn messages_over_many_connections_do_not_wait_for_one_that_is_full() {
    let server = echo_server();
    let (full, other) = (connect(server), connect(server));
    let stuck = full.messages();
    for _ in 0..1000 {
        full.send_text_message("echo");
    }
    wait_until("a full stream", || stuck.size_hint().0 == 64);
    let mut messages = other.messages();
    for _ in 0..1000 {
        other.send_text_message("echo");
        assert_eq!(run(messages.next()), Some(Message::from("echo")));
    }
}

// ---- sending

#[test]
fn send_waits_while_a_mebibyte_waits_for_the_peer() {
    const CHUNK: usize = 100_000;
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let sent = Rc::new(Cell::new(0));
    let counter = Rc::clone(&sent);
    let task = Application::spawn_local(async move {
        for _ in 0..300 {
            socket.send(vec![7; CHUNK]).await?;
            counter.set(counter.get() + 1);
            assert!(socket.bytes_to_write() < (1 << 20) + CHUNK as u64 + 16);
        }
        Ok::<_, Error>(())
    });
    settle();
    assert!(sent.get() < 300, "it waits");
    let mut received = 0;
    wait_until("all of it", || {
        received += peer.take_received().len();
        task.is_finished() && received >= 300 * CHUNK
    });
    run(task).unwrap().unwrap();
}

#[test]
fn send_waits_at_half_of_the_limit_of_what_may_wait() {
    let (_peer, socket) = Peer::with_accepted(listening_server());
    socket.set_limits(Limits::qt().with_max_bytes_to_write(Some(64 * 1024)));
    let task = Application::spawn_local(async move {
        loop {
            socket.send(vec![7; 1000]).await?;
            assert!(socket.bytes_to_write() < 33 * 1024);
        }
        #[expect(unreachable_code, reason = "the type of the task")]
        Ok::<_, Error>(())
    });
    settle();
    assert!(socket.bytes_to_write() >= 32 * 1024 && !task.is_finished());
    assert_eq!(socket.state(), SocketState::Connected);
    socket.abort();
    let error = run(task).unwrap().unwrap_err();
    assert_eq!(error.socket_error(), Some(SocketError::Operation));
}

#[test]
fn send_is_an_error_if_the_socket_is_not_connected_closing_or_deleted() {
    let socket = WebSocket::new();
    assert_eq!(run(socket.send("nobody")).unwrap_err().socket_error(), Some(SocketError::Operation));
    let open = connect(echo_server());
    open.close();
    assert_eq!(run(open.send("too late")).unwrap_err().socket_error(), Some(SocketError::Operation));
    open.delete();
    assert_eq!(run(open.send("too late")).unwrap_err().kind(), ErrorKind::ObjectDeleted);
    socket.delete();
}

#[test]
fn a_send_that_waits_ends_with_the_connection_or_the_socket() {
    for end in [WebSocket::abort as fn(WebSocket), |socket| socket.delete()] {
        let (_peer, socket) = Peer::with_accepted(listening_server());
        while socket.bytes_to_write() < 1 << 20 {
            socket.send_binary_message(vec![0; 1 << 20]);
            socket.flush();
        }
        let task = Application::spawn_local(socket.send("more"));
        settle();
        assert!(!task.is_finished());
        end(socket);
        assert!(run(task).unwrap().is_err());
    }
}

// ---- the end

#[test]
fn closed_has_the_code_and_the_reason_also_if_a_slot_deletes_the_socket() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    socket.disconnected().connect(move |()| socket.delete_later());
    let closed = Application::spawn_local(socket.closed());
    settle();
    peer.send_frame(0x88, close_payload(4000, "enough"));
    let (code, reason) = run(closed).unwrap().unwrap();
    assert_eq!((u16::from(code), &*reason), (4000, "enough"));
}

#[test]
fn closed_is_ready_at_once_without_a_connection_and_none_for_a_socket_that_is_deleted() {
    let socket = WebSocket::new();
    assert_eq!(run(socket.closed()), Some((CloseCode::Normal, String::new())));
    let open = connect(echo_server());
    let closed = open.closed();
    open.delete();
    assert_eq!(run(closed), None);
    assert_eq!(run(open.closed()), None);
    socket.delete();
}

// ---- servers

#[test]
fn a_server_serves_each_connection_in_a_task() {
    let server = listening_server();
    serve(server, echo);
    let clients: Vec<_> = (0..20).map(|_| connect(server)).collect();
    run(async {
        let mut streams: Vec<_> = clients.iter().map(|client| client.messages()).collect();
        for round in 0..10 {
            for client in &clients {
                client.send(round.to_string()).await.unwrap();
            }
            for stream in &mut streams {
                assert_eq!(stream.next().await, Some(Message::from(round.to_string())));
            }
        }
    });
    clients.iter().for_each(|client| client.delete());
    wait_until("the tasks of the connections have ended", || Application::task_count() == 1);
}

#[test]
fn what_a_client_sends_with_its_request_waits_for_the_task_that_takes_the_connection() {
    let server = listening_server();
    serve(server, echo);
    let mut peer = Peer::connect(server);
    let mut wire = crate::peer::REQUEST.as_bytes().to_vec();
    for text in ["one", "two"] {
        wire.extend(peer.frame(0x81, text));
    }
    peer.send(wire);
    peer.read_head();
    assert_eq!(peer.read_frame().payload, b"one");
    assert_eq!(peer.read_frame().payload, b"two");
}

#[test]
fn a_connection_that_waits_for_a_stream_receives_when_a_slot_takes_it_or_the_stream_is_gone() {
    let server = listening_server();
    let incoming = server.incoming();
    let (mut first, mut second) = (Peer::client_of(server), Peer::client_of(server));
    first.send_frame(0x81, "one");
    second.send_frame(0x81, "two");
    settle();
    let taken = server.next_pending_connection().unwrap();
    let received = SignalSpy::new(taken.text_message_received());
    wait_until("the message", || received.len() == 1);
    drop(incoming);
    let taken = server.next_pending_connection().unwrap();
    let received = SignalSpy::new(taken.text_message_received());
    wait_until("the other message", || received.len() == 1);
}

#[test]
fn incoming_ends_when_the_server_closes_or_is_deleted() {
    let server = listening_server();
    let mut incoming = server.incoming();
    server.close();
    assert!(run(incoming.next()).is_none());
    assert!(incoming.is_terminated());

    let server = listening_server();
    let mut incoming = server.incoming();
    server.delete();
    assert!(run(incoming.next()).is_none());
}

#[test]
fn a_client_that_is_gone_before_it_is_taken_ends_its_stream() {
    let server = listening_server();
    let mut incoming = server.incoming();
    let mut peer = Peer::client_of(server);
    peer.send_frame(0x81, "last words");
    peer.reset();
    settle();
    run(async {
        let Some(socket) = incoming.next().await else { return };
        assert!(socket.messages().count().await <= 1);
        assert_eq!(socket.state(), SocketState::Unconnected);
    });
}

// ---- re-entrancy

#[test]
fn a_task_may_delete_its_socket_at_each_await() {
    for at in 0..5_u32 {
        let server = echo_server();
        let socket = WebSocket::new();
        let reached = Rc::new(Cell::new(0));
        let counter = Rc::clone(&reached);
        let task = socket.spawn(async move {
            let here = async |step: u32| {
                counter.set(step);
                if step == at {
                    socket.delete();
                    std::future::pending::<()>().await;
                }
            };
            here(0).await;
            socket.open(server.server_url());
            socket.opened().await.unwrap();
            here(1).await;
            let mut messages = socket.messages();
            socket.send("one").await.unwrap();
            here(2).await;
            messages.next().await.unwrap();
            here(3).await;
            socket.close();
            socket.closed().await.unwrap();
            here(4).await;
        });
        wait_until("its end", || task.is_finished());
        assert_eq!(reached.get(), at);
        assert_eq!(run(task).unwrap_err().kind(), ErrorKind::ObjectDeleted);
        server.delete();
    }
    settle();
    assert_eq!(Application::task_count(), 0);
    assert_eq!(Application::object_count(), 0);
}

#[test]
fn a_panic_in_a_task_of_a_socket_costs_the_task_and_not_the_connection() {
    let server = echo_server();
    let socket = connect(server);
    let mut messages = socket.messages();
    let task = socket.spawn(async move {
        messages.next().await;
        crate::support::panic_as_told();
    });
    socket.send_text_message("one");
    let outcome = RefCell::new(None);
    wait_until("the panic", || {
        outcome.replace(caught(Application::process_events));
        task.is_finished()
    });
    let mut messages = socket.messages();
    socket.send_text_message("two");
    assert_eq!(run(messages.next()), Some(Message::from("two")));
}

#[test]
fn block_on_in_a_slot_of_a_message_receives_the_next_one() {
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    let answers = Rc::new(RefCell::new(Vec::new()));
    let received = Rc::clone(&answers);
    let once = ConnectionType::AUTO.single_shot();
    socket.text_message_received().connect_with(once, move |_| {
        let next = run(socket.text_message_received().next());
        received.borrow_mut().extend(next);
    });
    peer.send([peer.frame(0x81, "one"), peer.frame(0x81, "two")].concat());
    wait_until("the second message", || !answers.borrow().is_empty());
    assert_eq!(*answers.borrow(), ["two"]);
}

#[test]
fn a_client_of_slots_and_one_of_tasks_look_the_same_to_a_server() {
    let server = echo_server();
    let (slots, tasks) = (connected_client(server), connect(server));
    let echoed = SignalSpy::new(slots.text_message_received());
    slots.send_text_message("hello");
    wait_until("the echo", || echoed.len() == 1);
    let answer = run(async {
        let mut messages = tasks.messages();
        tasks.send("hello").await.unwrap();
        messages.next().await
    });
    assert_eq!(answer, Some(Message::from("hello")));
}
