//! Servers: lists of clients, broadcasts, logins, and who is sent away.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::Journal;
use crate::peer::Peer;
use crate::support::{
    accepted_socket, connected_client, listening_server, pass, settle, wait_for_end, wait_until,
};

/// A server that keeps a list of its clients, and takes a client off it in that client's `disconnected`.
#[derive(Clone)]
struct Room {
    server: WebSocketServer,
    clients: Rc<RefCell<Vec<WebSocket>>>,
}

impl Room {
    fn new() -> Self {
        let room = Self { server: listening_server(), clients: Rc::default() };
        let this = room.clone();
        room.server.new_connection().connect(move |()| {
            while let Some(socket) = this.server.next_pending_connection() {
                this.clients.borrow_mut().push(socket);
                let clients = this.clients.clone();
                socket.disconnected().connect(move |()| {
                    clients.borrow_mut().retain(|client| *client != socket);
                    socket.delete_later();
                });
            }
        });
        room
    }

    fn join(&self, count: usize) -> Vec<WebSocket> {
        let joined = (0..count).map(|_| connected_client(self.server)).collect();
        wait_until("all have joined", || self.clients.borrow().len() == count);
        joined
    }

    fn broadcast(&self, text: &str) {
        // A copy, as Qt's foreach makes one: a slot may edit the list.
        for client in self.clients.borrow().clone() {
            client.send_text_message(text);
        }
    }
}

#[test]
fn a_list_of_clients_can_be_ended_one_after_the_other_while_the_slots_edit_it() {
    let ends: [fn(WebSocket); 3] = [WebSocket::abort, WebSocket::close, |socket| socket.delete()];
    for end in ends {
        let room = Room::new();
        let members = room.join(5);
        let list = room.clients.borrow().clone();
        list.into_iter().for_each(end);
        members.iter().for_each(|member| wait_for_end(*member));
        settle();
        // A deleted socket has no `disconnected`: who deletes it takes it off the list.
        room.clients.borrow_mut().retain(|client| client.is_alive());
        assert!(room.clients.borrow().is_empty());
        members.iter().for_each(|member| member.delete());
        room.server.delete();
        settle();
        assert_eq!(Application::dump_objects(), "");
    }
}

#[test]
fn a_broadcast_reaches_all_but_those_that_have_gone() {
    let room = Room::new();
    let members = room.join(4);
    let received: Vec<_> =
        members.iter().map(|member| SignalSpy::new(member.text_message_received())).collect();
    // One is closing, one has ended, one is deleted in the middle of it.
    let clients = room.clients.borrow().clone();
    clients[0].close();
    clients[1].abort();
    clients[2].bytes_written().connect(move |_| clients[2].delete_later());
    room.broadcast("to all");
    settle();
    room.broadcast("again");
    settle();
    assert_eq!(
        received.iter().map(SignalSpy::take).collect::<Vec<_>>().concat(),
        ["to all", "to all", "again"]
    );
    wait_for_end(members[0]);
    assert!(members[3].is_valid());
}

#[test]
fn the_sender_of_a_slot_is_the_client_that_it_is_about() {
    let server = listening_server();
    let names = Rc::<RefCell<HashMap<WebSocket, String>>>::default();
    let (on_text, on_end) = (names.clone(), names.clone());
    // One slot for all sockets, as members of a Qt server are.
    let text_received = Rc::new(move |text: &str| {
        let socket: WebSocket = sender().unwrap().cast().unwrap();
        let name = on_text.borrow_mut().insert(socket, text.to_owned());
        socket.send_text_message(format!("{name:?} is now {text}"));
    });
    let ended = Rc::new(move |()| {
        let socket: WebSocket = sender().unwrap().cast().unwrap();
        assert!(on_end.borrow_mut().remove(&socket).is_some());
        socket.delete_later();
    });
    server.new_connection().connect(move |()| {
        let server: WebSocketServer = sender().unwrap().cast().unwrap();
        let socket = server.next_pending_connection().unwrap();
        let (text_received, ended) = (text_received.clone(), ended.clone());
        socket.text_message_received().connect(move |text| text_received(text));
        socket.disconnected().connect(move |()| ended(()));
    });
    let clients = [connected_client(server), connected_client(server)];
    let answers = clients.map(|client| SignalSpy::new(client.text_message_received()));
    for (client, name) in clients.iter().zip(["anna", "berta"]) {
        client.send_text_message(name);
        client.send_text_message(name.to_uppercase());
    }
    wait_until("the answers", || answers.iter().all(|answers| answers.len() == 2));
    assert_eq!(answers[0].take(), ["None is now anna", "Some(\"anna\") is now ANNA"]);
    assert_eq!(answers[1].take(), ["None is now berta", "Some(\"berta\") is now BERTA"]);
    clients[0].close();
    clients[1].abort();
    wait_until("they have gone", || names.borrow().is_empty());
}

/// An object per client, which owns its socket.
struct Session {
    socket: WebSocket,
    user: RefCell<String>,
}

impl Session {
    fn new(socket: WebSocket) -> Handle<Self> {
        let this = Handle::new(Self { socket, user: RefCell::default() });
        socket.set_parent(this);
        socket.text_message_received().connect_to(this, Self::on_text_message_received);
        socket.disconnected().connect(move |()| this.delete_later());
        this
    }

    fn on_text_message_received(&self, text: &str) {
        match text.split_once(' ') {
            Some(("login", user)) => *self.user.borrow_mut() = user.to_owned(),
            _ => {
                self.socket.send_text_message(format!("{}: {text}", self.user.borrow()));
            }
        }
    }
}

#[test]
fn an_object_for_each_client_owns_its_socket_and_goes_with_it() {
    let server = listening_server();
    let sessions = Rc::<RefCell<Vec<Handle<Session>>>>::default();
    let list = sessions.clone();
    server.new_connection().connect(move |()| {
        list.borrow_mut().push(Session::new(server.next_pending_connection().unwrap()));
    });
    let clients = [connected_client(server), connected_client(server)];
    wait_until("both sessions", || sessions.borrow().len() == 2);
    let echo = SignalSpy::new(clients[0].text_message_received());
    clients[0].send_text_message("login anna");
    clients[0].send_text_message("hello");
    wait_until("the answer", || !echo.is_empty());
    assert_eq!(echo.take(), ["anna: hello"]);
    // One ends with its connection, the other ends its connection.
    let [first, second] = [sessions.borrow()[0], sessions.borrow()[1]];
    clients[0].close();
    wait_until("the session has gone", || !first.is_alive());
    second.delete();
    wait_for_end(clients[1]);
    assert_eq!(
        (clients[1].close_code(), clients[1].close_reason()),
        (CloseCode::GoingAway, "Connection closed".into())
    );
}

#[test]
fn a_client_carries_properties() {
    let server = listening_server();
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        socket.set_property("messages", 0_u32);
        socket.text_message_received().connect(move |text| {
            let count = socket.property::<u32>("messages").unwrap() + 1;
            socket.set_property("messages", count);
            socket.set_property("last", text.to_owned());
            socket.send_text_message(count.to_string());
        });
    });
    let client = connected_client(server);
    let counts = SignalSpy::new(client.text_message_received());
    for text in ["a", "b", "c"] {
        client.send_text_message(text);
    }
    wait_until("the counts", || counts.len() == 3);
    assert_eq!(counts.take(), ["1", "2", "3"]);
}

#[test]
fn a_greeting_may_come_at_once_or_later() {
    let clock = VirtualClock::install();
    let server = listening_server();
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        socket.send_text_message("at once");
        Timer::single_shot_to(Duration::ZERO, socket, move |_| {
            socket.send_text_message("from the loop");
        });
        Timer::single_shot_to(Duration::from_millis(200), socket, move |_| {
            socket.send_text_message("after a while");
        });
    });
    let client = WebSocket::new();
    let received = SignalSpy::new(client.text_message_received());
    client.open(server.server_url());
    wait_until("two greetings", || received.len() == 2);
    pass(&clock, Duration::from_millis(210));
    assert_eq!(received.take(), ["at once", "from the loop", "after a while"]);
}

#[test]
fn a_server_looks_at_who_comes_and_sends_some_away_with_a_reason() {
    let server = listening_server();
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        let request = socket.request();
        let url = socket.request_url().unwrap();
        let token = url.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned());
        assert_eq!(socket.version(), Version::V13);
        assert_eq!(socket.peer_address(), HostAddress::LocalHost);
        let refusal = match () {
            () if url.path() != "/chat" => Some("no such path"),
            () if socket.origin() != "https://example.org" => Some("wrong origin"),
            () if request.raw_header("Cookie") != Some(b"session=1") => Some("no cookie"),
            () if request.raw_header("X-Forwarded-For") == Some(b"203.0.113.7") => Some("banned"),
            () if token.as_deref() != Some("geheim & mehr") => Some("wrong token"),
            () => None,
        };
        match refusal {
            Some(reason) => {
                socket.disconnected().connect(move |()| socket.delete_later());
                socket.close_with(CloseCode::PolicyViolated, reason);
            }
            None => {
                socket.send_text_message("welcome");
            }
        }
    });
    let token = "?token=geheim%20%26%20mehr";
    for (origin, path, cookie, address, expected) in [
        ("https://example.org", "other", "session=1", "", "no such path"),
        ("https://example.com", "chat", "session=1", "", "wrong origin"),
        ("https://example.org", "chat", "", "", "no cookie"),
        ("https://example.org", "chat", "session=1", "203.0.113.7", "banned"),
        ("https://example.org", "chat?token=none", "session=1", "", "wrong token"),
        ("https://example.org", &format!("chat{token}"), "session=1", "203.0.113.8", "welcome"),
    ] {
        let client = WebSocket::with_origin(origin);
        let greeting = SignalSpy::new(client.text_message_received());
        let mut request = NetworkRequest::new(format!("{}{path}", server.server_url()));
        request.set_raw_header("Cookie", cookie);
        request.set_raw_header("X-Forwarded-For", address);
        client.open(request);
        wait_until(expected, || !greeting.is_empty() || !client.close_reason().is_empty());
        if expected == "welcome" {
            assert_eq!(greeting.take(), ["welcome"]);
        } else {
            wait_for_end(client);
            assert_eq!(
                (client.close_code(), client.close_reason().as_str()),
                (CloseCode::PolicyViolated, expected)
            );
            assert!(greeting.is_empty());
        }
    }
}

#[test]
fn who_does_not_log_in_with_the_first_message_in_time_is_sent_away() {
    let clock = VirtualClock::install();
    let server = listening_server();
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        let in_time = Timer::new();
        in_time.set_parent(socket);
        in_time.set_single_shot(true);
        in_time.timeout().connect(move |()| socket.close_with(CloseCode::PolicyViolated, "too late"));
        in_time.start(Duration::from_secs(5));
        let first = ConnectionType::AUTO.single_shot();
        socket.text_message_received().connect_with(first, move |text| {
            in_time.stop();
            if text != "token" {
                return socket.close_with(CloseCode::PolicyViolated, "wrong token");
            }
            socket.text_message_received().connect(move |text| {
                socket.send_text_message(text);
            });
        });
    });
    let [good, bad, silent] = [(); 3].map(|()| connected_client(server));
    let echo = SignalSpy::new(good.text_message_received());
    good.send_text_message("token");
    good.send_text_message("hello");
    bad.send_text_message("guess");
    bad.send_text_message("hello");
    wait_for_end(bad);
    wait_until("the echo", || !echo.is_empty());
    pass(&clock, Duration::from_secs(6));
    wait_for_end(silent);
    assert_eq!((bad.close_reason().as_str(), silent.close_reason().as_str()), ("wrong token", "too late"));
    assert!(good.is_valid());
    assert_eq!(echo.take(), ["hello"]);
}

#[test]
fn an_id_finds_its_socket_and_a_dead_one_is_not_found() {
    let server = listening_server();
    let sockets = Rc::<RefCell<HashMap<u32, WebSocket>>>::default();
    let (map, next) = (sockets.clone(), Cell::new(0));
    server.new_connection().connect(move |()| {
        let id = next.replace(next.get() + 1);
        map.borrow_mut().insert(id, server.next_pending_connection().unwrap());
    });
    let clients = [connected_client(server), connected_client(server)];
    let received = SignalSpy::new(clients[1].text_message_received());
    wait_until("both are there", || sockets.borrow().len() == 2);
    sockets.borrow()[&0].delete();
    // Nobody took it off the map: what is done to it does nothing, and reaches no other socket.
    let stale = sockets.borrow()[&0];
    let fresh = WebSocket::new();
    assert!(!stale.is_alive() && stale != fresh);
    assert_eq!((stale.send_text_message("lost"), stale.state()), (0, SocketState::Unconnected));
    sockets.borrow()[&1].send_text_message("found");
    wait_until("the message", || !received.is_empty());
    assert_eq!(received.take(), ["found"]);
}

#[test]
fn the_second_of_two_clients_is_sent_away() {
    // "One client only" is no matter of the queue: that is about those that nobody has taken.
    let server = listening_server();
    server.set_max_pending_connections(1);
    let current = Rc::new(Cell::new(None::<WebSocket>));
    let only = current.clone();
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        socket.disconnected().connect(move |()| socket.delete_later());
        if only.get().is_some_and(WebSocket::is_valid) {
            return socket.close_with(CloseCode::from(4001), "one at a time");
        }
        only.set(Some(socket));
    });
    let first = connected_client(server);
    let second = WebSocket::new();
    let ended = SignalSpy::new(second.disconnected());
    second.open(server.server_url());
    wait_until("the second has gone", || !ended.is_empty());
    assert_eq!((u16::from(second.close_code()), second.close_reason().as_str()), (4001, "one at a time"));
    assert!(first.is_valid());
    first.close();
    wait_for_end(first);
    settle();
    let third = connected_client(server);
    settle();
    assert!(third.is_valid());
}

#[test]
fn a_server_is_closed_and_listens_again_while_its_clients_stay() {
    let server = listening_server();
    let client = connected_client(server);
    let accepted = accepted_socket(server);
    let journal = Journal::of(client);
    for _ in 0..3 {
        let port = server.server_port();
        server.close();
        server.listen(HostAddress::LocalHost, port).unwrap();
        accepted_socket_of(server);
    }
    accepted.send_text_message("still here");
    wait_until("the message", || journal.len() == 2);
    assert_eq!(journal.take()[1], "text_message_received(still here)");
}

fn accepted_socket_of(server: WebSocketServer) -> WebSocket {
    connected_client(server);
    accepted_socket(server)
}

#[test]
fn draining_takes_no_new_client_and_lets_the_others_finish() {
    let server = listening_server();
    let client = connected_client(server);
    let accepted = accepted_socket(server);
    server.pause_accepting();
    let waiting = WebSocket::new();
    waiting.open(server.server_url());
    settle();
    assert_eq!(waiting.state(), SocketState::Connecting);
    client.send_text_message("the last");
    let received = SignalSpy::new(accepted.text_message_received());
    wait_until("the message", || !received.is_empty());
    accepted.close_with(CloseCode::GoingAway, "maintenance");
    wait_for_end(client);
    server.close();
    // What the system had accepted and the program had not is told by the system.
    wait_for_end(waiting);
    assert_eq!(client.close_reason(), "maintenance");
}

#[test]
fn a_server_for_each_client_never_listens() {
    let tcp_server = TcpServer::new();
    tcp_server.listen(HostAddress::LocalHost, 0).unwrap();
    let port = tcp_server.server_port();
    tcp_server.new_connection().connect(move |()| {
        let socket = tcp_server.next_pending_connection().unwrap();
        // It belongs to its connection: their ends are one.
        let server = WebSocketServer::new("one", SslMode::NonSecure);
        server.set_parent(socket);
        server.new_connection().connect(move |()| {
            let client = server.next_pending_connection().unwrap();
            client.send_text_message("from a server of my own");
            client.disconnected().connect(move |()| client.delete_later());
        });
        server.handle_connection(socket);
    });
    let clients: Vec<_> = (0..5).map(|_| WebSocket::new()).collect();
    let received: Vec<_> =
        clients.iter().map(|client| SignalSpy::new(client.text_message_received())).collect();
    for client in &clients {
        client.open(format!("ws://127.0.0.1:{port}/"));
    }
    wait_until("all greetings", || received.iter().all(|received| received.len() == 1));
    for client in clients {
        client.close();
        wait_for_end(client);
        client.delete();
    }
    tcp_server.delete();
    settle();
    assert_eq!(Application::dump_objects(), "");
}

#[test]
fn limits_of_each_client_hold_from_its_first_byte_on() {
    let server = listening_server();
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        socket.set_max_allowed_incoming_frame_size(10);
        socket.set_max_allowed_incoming_message_size(15);
        socket.set_outgoing_frame_size(4);
        socket.send_text_message("welcome");
        socket.text_message_received().connect(|text| panic!("{text} is too long"));
    });
    for frames in [
        vec![crate::support::frame(0x81, &[b'a'; 11], true)],
        vec![crate::support::frame(0x01, &[b'a'; 10], true), crate::support::frame(0x80, &[b'a'; 6], true)],
    ] {
        // The message comes with the request, and once more when the connection is there.
        for is_pipelined in [true, false] {
            let mut peer = Peer::connect(server);
            let request = crate::peer::REQUEST.as_bytes();
            if is_pipelined {
                peer.send([request, &frames.concat()].concat());
                peer.read_head();
            } else {
                peer.send(request);
                peer.read_head();
                peer.send(frames.concat());
            }
            assert_eq!(peer.read_frame().payload, b"welc");
            assert_eq!(peer.read_frame().payload, b"ome");
            assert_eq!(peer.read_close().0, 1009);
        }
    }
}
