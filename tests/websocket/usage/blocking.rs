//! Waiting where one stands, and other threads: local event loops that a signal of a socket ends, a program that makes one
//! request, and sockets that are reached from elsewhere.

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use slotwire::prelude::*;

use crate::peer::{PeerListener, REQUEST};
use crate::support::{Connected, connected_client, echo_server, listening_server, settle, wait_until};
use crate::worker::Worker;

const LIMIT: Duration = Duration::from_secs(5);

/// Opens, and waits until that has come to something.
fn open_and_wait(socket: WebSocket, url: impl Into<NetworkRequest>, limit: Duration) -> bool {
    let wait = EventLoop::new().scoped();
    let event_loop = *wait;
    let time_out = Timer::new().scoped();
    time_out.set_single_shot(true);
    time_out.timeout().connect(move |()| event_loop.exit(1));
    // The slots end with the loop, so they are not left behind on the socket.
    socket.connected().connect_to(event_loop, move |_, ()| event_loop.quit());
    socket.disconnected().connect_to(event_loop, move |_, ()| event_loop.exit(2));
    socket.open(url);
    time_out.start(limit);
    wait.exec() == 0
}

/// Asks, and waits for the answer.
fn ask(socket: WebSocket, question: &str, limit: Duration) -> Option<String> {
    let wait = EventLoop::new().scoped();
    let event_loop = *wait;
    let time_out = Timer::new().scoped();
    time_out.set_single_shot(true);
    time_out.timeout().connect(move |()| event_loop.quit());
    let answer = Rc::<RefCell<Option<String>>>::default();
    let found = answer.clone();
    let first = ConnectionType::AUTO.single_shot();
    socket.text_message_received().connect_to_with(first, event_loop, move |_, text| {
        found.replace(Some(text.to_owned()));
        event_loop.quit();
    });
    socket.disconnected().connect_to(event_loop, move |_, ()| event_loop.quit());
    socket.send_text_message(question);
    time_out.start(limit);
    wait.exec();
    answer.take()
}

#[test]
fn a_function_blocks_until_the_answer_is_there() {
    let server = echo_server();
    let socket = WebSocket::new();
    assert!(open_and_wait(socket, server.server_url(), LIMIT));
    for question in ["one", "two"] {
        assert_eq!(ask(socket, question, LIMIT).as_deref(), Some(question));
    }
    server.delete();
    assert_eq!(ask(socket, "nobody is there", LIMIT), None);
}

#[test]
fn a_function_that_blocks_gives_up_when_its_time_is_over() {
    let listener = PeerListener::new();
    let socket = WebSocket::new();
    let begin = Instant::now();
    assert!(!open_and_wait(socket, listener.url(), Duration::from_millis(50)));
    assert!(begin.elapsed() < LIMIT);
    let Connected { client, .. } = Connected::new();
    assert_eq!(ask(client, "silence", Duration::from_millis(50)), None);
    assert!(begin.elapsed() < LIMIT);
    assert!(client.is_valid());
}

#[test]
fn a_function_may_block_inside_a_slot_of_the_same_socket() {
    let client = connected_client(echo_server());
    let log = Rc::<RefCell<Vec<String>>>::default();
    let list = log.clone();
    client.text_message_received().connect_with(ConnectionType::AUTO.single_shot(), move |text| {
        let answer = ask(client, "from within", LIMIT);
        list.borrow_mut().push(format!("{text}, then {}", answer.unwrap_or_default()));
    });
    client.send_text_message("outer");
    wait_until("both answers", || !log.borrow().is_empty());
    assert_eq!(log.take(), ["outer, then from within"]);
}

#[test]
fn a_function_that_blocks_in_connected_and_in_new_connection_serves_both() {
    let server = listening_server();
    let log = Rc::<RefCell<Vec<String>>>::default();
    let list = log.clone();
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        // The server asks before anything else, and so does the client.
        let name = ask(socket, "who are you?", LIMIT);
        list.borrow_mut().push(name.unwrap_or_default());
        socket.send_text_message("welcome");
    });
    let client = WebSocket::new();
    let list = log.clone();
    client.connected().connect(move |()| {
        let answer = ask(client, "anna", LIMIT);
        list.borrow_mut().push(answer.unwrap_or_default());
    });
    client.open(server.server_url());
    wait_until("both", || log.borrow().len() == 2);
    let mut log = log.take();
    log.sort();
    assert_eq!(log, ["anna", "who are you?"]);
}

#[test]
fn a_function_that_blocks_in_new_connection_sees_that_the_client_has_gone() {
    let server = listening_server();
    let seen = Rc::new(Cell::new(None));
    let told = seen.clone();
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        told.set(Some(SignalSpy::new(socket.disconnected()).wait(LIMIT)));
    });
    let mut client = TcpStream::connect(("127.0.0.1", server.server_port())).unwrap();
    client.write_all(REQUEST.as_bytes()).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    wait_until("the slot has returned", || seen.get().is_some());
    assert_eq!(seen.get(), Some(true));
}

#[test]
fn events_are_processed_until_a_flag_is_set_or_the_time_is_over() {
    let client = connected_client(echo_server());
    let done = Rc::new(Cell::new(false));
    let flag = done.clone();
    client.text_message_received().connect(move |_| flag.set(true));
    client.send_text_message("are we there yet?");
    let deadline = Instant::now() + LIMIT;
    while !done.get() && Instant::now() < deadline {
        Application::process_events_for(Duration::from_millis(10));
    }
    assert!(done.get());
}

#[test]
fn a_spy_waits_for_a_signal() {
    let server = echo_server();
    let client = WebSocket::new();
    let (connected, received) =
        (SignalSpy::new(client.connected()), SignalSpy::new(client.text_message_received()));
    client.open(server.server_url());
    assert!(connected.wait(LIMIT));
    client.send_text_message("one");
    client.send_text_message("two");
    assert!(received.wait_for(2, LIMIT));
    assert_eq!(received.take(), ["one", "two"]);
    assert!(!received.wait(Duration::from_millis(20)));
}

#[test]
fn a_program_makes_one_request_and_ends_with_its_code() {
    // In a thread of its own: a thread has one application.
    let server = echo_server();
    let url = server.server_url();
    let program = thread::spawn(move || {
        let socket = WebSocket::new();
        let log = Rc::<RefCell<Vec<&str>>>::default();
        let (quitting, answered) = (log.clone(), log.clone());
        Application::about_to_quit().connect(move |()| quitting.borrow_mut().push("about to quit"));
        socket.connected().connect(move |()| {
            socket.send_text_message("42");
        });
        socket.text_message_received().connect(move |text| {
            answered.borrow_mut().push("answered");
            Application::exit(text.parse().unwrap());
        });
        socket.error_occurred().connect(|_| Application::exit(1));
        socket.open(url);
        let code = Application::exec();
        socket.delete();
        (code, log.take())
    });
    wait_until("the program has ended", || program.is_finished());
    assert_eq!(program.join().unwrap(), (42, vec!["answered", "about to quit"]));
}

#[test]
fn a_server_in_a_thread_of_its_own_serves_and_is_called_from_others() {
    /// What the worker has, for the others to reach.
    struct Service {
        clients: RefCell<Vec<WebSocket>>,
    }
    let worker = Worker::start();
    let (service, url) = worker.call(|| {
        let server = listening_server();
        let service = Handle::new(Service { clients: RefCell::default() });
        server.set_parent(service);
        server.new_connection().connect_to(service, move |service, ()| {
            let socket = server.next_pending_connection().unwrap();
            socket.set_parent(server);
            service.clients.borrow_mut().push(socket);
        });
        (service.remote(), server.server_url())
    });
    let clients = [(); 3].map(|()| WebSocket::new());
    let received = clients.map(|client| SignalSpy::new(client.text_message_received()));
    for client in clients {
        client.open(&url);
    }
    wait_until("all are connected", || clients.iter().all(|client| client.is_valid()));
    wait_until("all are known", || {
        service.invoke_blocking(|service| service.clients.borrow().len()).ok() == Some(clients.len())
    });
    // Any thread may ask for a broadcast.
    let caller = service.clone();
    let other = thread::spawn(move || {
        caller.invoke(|service| {
            for client in &*service.clients.borrow() {
                client.send_text_message("news");
            }
        })
    });
    wait_until("all have it", || received.iter().all(|received| received.len() == 1));
    assert!(other.join().unwrap());
    let ended = clients.map(|client| SignalSpy::new(client.disconnected()));
    assert!(service.invoke(|_| ()));
    worker.call({
        let service = service.clone();
        move || service.handle().unwrap().delete()
    });
    wait_until("all are disconnected", || ended.iter().all(|ended| ended.len() == 1));
    assert!(service.invoke_blocking(|service| service.clients.borrow().len()).is_err());
    worker.end();
}

#[test]
fn the_messages_of_a_socket_are_handled_in_another_thread_and_answered_from_there() {
    struct Handler {
        answers: mpsc::Sender<String>,
        to: EventLoopHandle,
    }
    /// The socket's owner, in its thread.
    struct Owner {
        socket: WebSocket,
    }
    let Connected { client, accepted, .. } = Connected::new();
    let owner = Handle::new(Owner { socket: accepted });
    let (worker, here) = (Worker::start(), EventLoopHandle::current());
    let (answers, handled) = mpsc::channel();
    let handler = worker.call(move || Handle::new(Handler { answers, to: here }).remote());
    let remote_owner = owner.remote();
    accepted.text_message_received().connect_remote(&handler, move |handler, text| {
        let answer = text.to_uppercase();
        handler.answers.send(format!("{:?}", handler.to)).unwrap();
        remote_owner.invoke(move |owner| {
            owner.socket.send_text_message(answer);
        });
    });
    let received = SignalSpy::new(client.text_message_received());
    for text in ["one", "two", "three"] {
        client.send_text_message(text);
    }
    wait_until("the answers", || received.len() == 3);
    assert_eq!(received.take(), ["ONE", "TWO", "THREE"]);
    assert_eq!(handled.try_iter().count(), 3);
    // What comes after the socket has gone is dropped.
    client.send_text_message("late");
    settle();
    owner.delete();
    accepted.delete();
    worker.end();
    settle();
    assert!(received.is_empty() || received.take() == ["LATE"]);
}
