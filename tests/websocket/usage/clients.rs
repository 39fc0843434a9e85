//! Clients: classes that own a `WebSocket`, reconnect, and keep a connection alive.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::Journal;
use crate::peer::{Peer, PeerListener, refused_port};
use crate::support::{
    Connected, accepted_socket, echo_server, listening_server, pass, settle, wait_for_end, wait_until,
};

const SECOND: Duration = Duration::from_secs(1);

/// Lets so many seconds pass, one after the other: a timer that is late fires only once.
fn pass_seconds(clock: &VirtualClock, seconds: u32) {
    for _ in 0..seconds {
        pass(clock, SECOND);
    }
}

/// A class that owns its socket and a timer, and whose slots are its methods.
struct Client {
    this: Handle<Self>,
    socket: WebSocket,
    heartbeat: Timer,
    log: RefCell<Vec<String>>,
    answered: Emitter<str>,
}

impl Client {
    fn new() -> Handle<Self> {
        let this = Handle::new_cyclic(|this| Self {
            this,
            socket: WebSocket::new(),
            heartbeat: Timer::new(),
            log: RefCell::default(),
            answered: Emitter::new(),
        });
        this.with(Self::connect_all);
        this
    }

    fn connect_all(&self) {
        self.socket.set_parent(self.this);
        self.heartbeat.set_parent(self.this);
        self.heartbeat.set_timer_type(TimerType::Precise);
        self.socket.connected().connect_to(self.this, Self::on_connected);
        self.socket.disconnected().connect_to(self.this, Self::on_disconnected);
        self.socket.text_message_received().connect_to(self.this, Self::on_text_message_received);
        self.heartbeat.timeout().connect_to(self.this, Self::on_heartbeat);
    }

    fn on_connected(&self, (): ()) {
        self.log.borrow_mut().push("connected".into());
        self.heartbeat.start(10 * SECOND);
        self.socket.send_text_message("hello");
    }

    fn on_disconnected(&self, (): ()) {
        self.log.borrow_mut().push("disconnected".into());
        self.heartbeat.stop();
    }

    fn on_text_message_received(&self, text: &str) {
        self.log.borrow_mut().push(text.into());
        self.answered.emit(text);
    }

    fn on_heartbeat(&self, (): ()) {
        self.socket.send_text_message("heartbeat");
    }
}

#[test]
fn a_class_owns_its_socket_and_its_timers() {
    let clock = VirtualClock::install();
    let server = echo_server();
    let client = Client::new();
    let answers = SignalSpy::new(client.signal(|client| &client.answered));
    client.with(|client| client.socket.open(server.server_url()));
    wait_until("the echo", || answers.len() == 1);
    pass_seconds(&clock, 21);
    assert_eq!(answers.take(), ["hello", "heartbeat", "heartbeat"]);
    client.with(|client| client.socket.abort());
    pass_seconds(&clock, 60);
    let expected = ["connected", "hello", "heartbeat", "heartbeat", "disconnected"];
    assert_eq!(client.with(|client| client.log.take()).unwrap(), expected);
}

#[test]
fn what_an_object_owns_ends_with_it_and_calls_it_no_more() {
    let clock = VirtualClock::install();
    let server = echo_server();
    let client = Client::new();
    client.with(|client| client.socket.open(server.server_url()));
    settle();
    let (socket, heartbeat) = client.with(|client| (client.socket, client.heartbeat)).unwrap();
    assert!(heartbeat.is_active());
    // In the middle of one of its own slots, as programs do when the user logs out.
    socket.text_message_received().connect_to(client, |client, _| client.this.delete());
    pass_seconds(&clock, 10);
    assert!(!client.is_alive() && !socket.is_alive() && !heartbeat.is_alive());
    pass_seconds(&clock, 60);
    server.delete();
    settle();
    assert_eq!(Application::dump_objects(), "");
}

#[test]
fn what_was_set_and_connected_holds_for_the_next_connection() {
    let server = echo_server();
    let client = WebSocket::with_origin("https://example.org");
    client.set_max_allowed_incoming_frame_size(2000);
    client.set_max_allowed_incoming_message_size(3000);
    client.set_outgoing_frame_size(100);
    client.set_read_buffer_size(4096);
    client.set_handshake_timeout(Some(3 * SECOND));
    let received = SignalSpy::new(client.binary_message_received());
    for connection in 1..=3 {
        client.open(server.server_url());
        wait_until("connected", || client.is_valid());
        assert_eq!(client.max_allowed_incoming_frame_size(), 2000);
        assert_eq!(client.max_allowed_incoming_message_size(), 3000);
        assert_eq!((client.outgoing_frame_size(), client.read_buffer_size()), (100, 4096));
        assert_eq!(client.handshake_timeout(), Some(3 * SECOND));
        assert_eq!(client.origin(), "https://example.org");
        client.send_binary_message([1; 1000]);
        wait_until("the echo", || received.len() == connection);
        client.abort();
    }
}

#[test]
fn a_client_reconnects_with_a_growing_delay() {
    let clock = VirtualClock::install();
    let server = listening_server();
    let (now, attempts) = (Rc::new(Cell::new(0)), Rc::<RefCell<Vec<u32>>>::default());
    let (time, times) = (now.clone(), attempts.clone());
    server.origin_authentication_required().connect(move |authenticator| {
        times.borrow_mut().push(time.get());
        authenticator.set_allowed(times.borrow().len() == 6);
    });
    let client = WebSocket::new();
    let retry = Timer::new();
    retry.set_single_shot(true);
    retry.set_timer_type(TimerType::Precise);
    retry.set_interval(SECOND);
    let url = server.server_url();
    retry.timeout().connect(move |()| {
        retry.set_interval((retry.interval() * 2).min(8 * SECOND));
        client.open(&url);
    });
    client.disconnected().connect(move |()| retry.restart());
    client.connected().connect(move |()| retry.set_interval(SECOND));
    client.open(server.server_url());
    settle();
    for second in 1..30 {
        now.set(second);
        pass(&clock, SECOND);
    }
    assert_eq!(*attempts.borrow(), [0, 1, 3, 7, 15, 23]);
    assert!(client.is_valid());
    assert_eq!((retry.is_active(), retry.interval()), (false, SECOND));
}

#[test]
fn a_retry_ends_with_its_owner() {
    let clock = VirtualClock::install();
    let url = format!("ws://127.0.0.1:{}/", refused_port());
    let owner = Handle::new(WebSocket::new());
    let socket = owner.with(|socket| *socket).unwrap();
    socket.set_parent(owner);
    let tries = Rc::new(Cell::new(0));
    let count = tries.clone();
    socket.disconnected().connect(move |()| {
        let (url, count) = (url.clone(), count.clone());
        Timer::single_shot_to(SECOND, owner, move |socket| {
            count.set(count.get() + 1);
            socket.open(&url);
        });
    });
    socket.open(format!("ws://127.0.0.1:{}/", refused_port()));
    wait_for_end(socket);
    for _ in 0..3 {
        pass(&clock, SECOND);
        wait_for_end(socket);
    }
    assert_eq!(tries.get(), 3);
    owner.delete();
    pass_seconds(&clock, 60);
    assert_eq!(tries.get(), 3);
}

/// Pings every fifteen seconds, and aborts a peer that does not answer within five.
fn watch(socket: WebSocket) {
    let (ping, deadline) = (Timer::new(), Timer::new());
    ping.set_parent(socket);
    deadline.set_parent(socket);
    deadline.set_single_shot(true);
    socket.connected().connect(move |()| ping.start(15 * SECOND));
    ping.timeout().connect(move |()| {
        socket.ping_with(b"are you there?");
        deadline.start(5 * SECOND);
    });
    socket.pong().connect(move |_| deadline.stop());
    socket.disconnected().connect(move |()| {
        ping.stop();
        deadline.stop();
    });
    deadline.timeout().connect(move |()| socket.abort());
}

#[test]
fn a_heartbeat_aborts_a_dead_peer_and_the_client_reconnects() {
    let clock = VirtualClock::install();
    let server = echo_server();
    let client = WebSocket::new();
    watch(client);
    let mut dead = Peer::server_of(client);
    let journal = Journal::of(client);
    client.disconnected().connect(move |()| client.open(server.server_url()));
    pass_seconds(&clock, 16);
    assert_eq!(dead.read_frame().payload, b"are you there?");
    assert_eq!(journal.take(), [""; 0]);
    pass_seconds(&clock, 5);
    wait_until("connected again", || client.is_valid());
    assert_eq!(client.peer_port(), server.server_port());
    assert_eq!(
        journal.take(),
        [
            "about_to_close",
            "state_changed(Unconnected)",
            "disconnected",
            "state_changed(Connecting)",
            "state_changed(Connected)",
            "connected",
        ]
    );
    dead.read_end();
    // The new peer answers, so nothing happens to it.
    for _ in 0..20 {
        pass_seconds(&clock, 15);
    }
    assert_eq!(journal.take(), ["pong(are you there?)"; 20]);
}

#[test]
fn a_heartbeat_has_the_interval_that_the_server_told_last() {
    let clock = VirtualClock::install();
    let Connected { client, accepted, .. } = Connected::new();
    let heartbeat = Timer::new();
    heartbeat.set_timer_type(TimerType::Precise);
    client.text_message_received().connect(move |text| {
        // Starting a timer that runs begins anew.
        heartbeat.start(Duration::from_secs(text.parse().unwrap()));
    });
    heartbeat.timeout().connect(move |()| {
        client.send_text_message("");
    });
    let beats = SignalSpy::new(accepted.text_message_received());
    accepted.send_text_message("10");
    settle();
    pass_seconds(&clock, 9);
    accepted.send_text_message("4");
    settle();
    pass_seconds(&clock, 3);
    assert!(beats.is_empty(), "the first interval is no more");
    pass_seconds(&clock, 9);
    assert_eq!(beats.take(), ["", "", ""]);
}

/// A class whose signals are those of its socket.
struct Channel {
    opened: Emitter<()>,
    received: Emitter<str>,
    failed: Emitter<str>,
}

#[test]
fn the_signals_of_a_socket_become_those_of_its_class() {
    let server = echo_server();
    let socket = WebSocket::new();
    let channel =
        Handle::new(Channel { opened: Emitter::new(), received: Emitter::new(), failed: Emitter::new() });
    socket.connected().connect_signal(channel.signal(|channel| &channel.opened));
    socket.text_message_received().connect_signal(channel.signal(|channel| &channel.received));
    // With another argument, it is a slot that emits.
    socket
        .error_occurred()
        .connect_to(channel, move |channel, _| channel.failed.emit(&socket.error_string()));
    let opened = SignalSpy::new(channel.signal(|channel| &channel.opened));
    let received = SignalSpy::new(channel.signal(|channel| &channel.received));
    let failed = SignalSpy::new(channel.signal(|channel| &channel.failed));
    socket.open(server.server_url());
    assert!(opened.wait(5 * SECOND));
    socket.send_text_message("forwarded");
    assert!(received.wait(5 * SECOND));
    socket.open(format!("ws://127.0.0.1:{}/", refused_port()));
    assert!(failed.wait(5 * SECOND));
    assert_eq!(received.take(), ["forwarded"]);
    assert_eq!(failed.take(), ["Connection refused"]);
    channel.delete();
    socket.open(server.server_url());
    wait_until("connected", || socket.is_valid());
    assert_eq!(opened.len(), 1);
}

#[test]
fn a_slot_that_is_connected_in_connected_comes_once_for_each_connection_unless_it_is_unique() {
    let server = echo_server();
    for (unique, expected) in [(false, [1, 2, 3]), (true, [1, 1, 1])] {
        let socket = WebSocket::new();
        let calls = Rc::new(Cell::new(0));
        let count = calls.clone();
        socket.connected().connect(move |()| {
            let count = count.clone();
            let connection_type = match unique {
                true => ConnectionType::AUTO.unique("received"),
                false => ConnectionType::AUTO,
            };
            socket.text_message_received().connect_with(connection_type, move |_| count.set(count.get() + 1));
            socket.send_text_message("once");
        });
        let echo = SignalSpy::new(socket.text_message_received());
        for (reconnects, calls_each) in expected.into_iter().enumerate() {
            socket.open(server.server_url());
            wait_until("the echo", || echo.len() > reconnects);
            settle();
            assert_eq!(calls.take(), calls_each);
        }
    }
}

#[test]
fn a_script_is_told_whether_a_connection_was_closed_cleanly() {
    // The WebSocket of browsers: onopen, onerror, and onclose with wasClean, code and reason.
    let wrap = |socket: WebSocket| {
        let log = Rc::<RefCell<Vec<String>>>::default();
        let (open, error, close) = (log.clone(), log.clone(), log.clone());
        socket.connected().connect(move |()| open.borrow_mut().push("open".into()));
        socket.error_occurred().connect(move |_| error.borrow_mut().push("error".into()));
        socket.disconnected().connect(move |()| {
            let was_clean = socket.error() == SocketError::Unknown;
            let (code, reason) = (u16::from(socket.close_code()), socket.close_reason());
            close.borrow_mut().push(format!("close {was_clean} {code} {reason}"));
        });
        log
    };
    let Connected { client, accepted, .. } = Connected::new();
    let log = wrap(client);
    accepted.close_with(CloseCode::from(4000), "enough");
    wait_for_end(client);
    assert_eq!(log.take(), ["close true 4000 enough"]);

    let Connected { client, accepted, .. } = Connected::new();
    let log = wrap(client);
    accepted.abort();
    wait_for_end(client);
    assert_eq!(log.take(), ["error", "close false 1006 "]);

    let client = WebSocket::new();
    let log = wrap(client);
    client.open(format!("ws://127.0.0.1:{}/", refused_port()));
    wait_until("the error", || log.borrow().len() == 2);
    assert_eq!(log.take(), ["close false 1000 ", "error"]);
}

#[test]
fn of_several_sockets_the_first_that_connects_is_kept() {
    let (silent, server) = (PeerListener::new(), listening_server());
    let urls = [
        silent.url(),
        format!("ws://127.0.0.1:{}/", refused_port()),
        server.server_url().to_string(),
        "ws://name.invalid/".to_owned(),
    ];
    let sockets: Rc<[WebSocket]> = urls.iter().map(|_| WebSocket::new()).collect();
    let journals: Vec<_> = sockets.iter().map(|socket| Journal::of(*socket)).collect();
    let winner = Rc::new(Cell::new(None));
    for &socket in &*sockets {
        let (all, winner) = (sockets.clone(), winner.clone());
        socket.connected().connect(move |()| {
            winner.set(Some(socket));
            for &other in all.iter().filter(|other| **other != socket) {
                other.abort();
                other.delete_later();
            }
        });
    }
    for (socket, url) in sockets.iter().zip(&urls) {
        socket.open(url);
    }
    wait_until("one is connected", || winner.get().is_some());
    settle();
    assert_eq!(winner.get(), Some(sockets[2]));
    assert!(sockets[2].is_valid());
    for loser in [0, 1, 3] {
        assert!(!sockets[loser].is_alive());
        let entries = journals[loser].take();
        assert_eq!(entries.iter().filter(|entry| *entry == "disconnected").count(), 1, "{entries:?}");
        assert!(!entries.iter().any(|entry| entry == "connected"));
    }
}

/// An argument that a slot answers by.
#[derive(Clone, Default)]
struct Veto(Cell<bool>);

#[test]
fn a_slot_answers_by_an_argument() {
    struct Gate {
        about_to_open: Emitter<ByRef<Veto>>,
    }
    let gate = Handle::new(Gate { about_to_open: Emitter::new() });
    gate.signal(|gate| &gate.about_to_open).connect(|veto| veto.0.set(true));
    let socket = WebSocket::new();
    let veto = Veto::default();
    gate.with(|gate| gate.about_to_open.emit(&veto));
    if !veto.0.get() {
        socket.open("ws://127.0.0.1/");
    }
    assert_eq!(socket.state(), SocketState::Unconnected);
}

#[test]
fn a_loss_and_a_refusal_are_each_told_once_by_the_error_and_once_by_disconnected() {
    let count =
        |socket: WebSocket| (SignalSpy::new(socket.error_occurred()), SignalSpy::new(socket.disconnected()));
    let Connected { client, accepted, .. } = Connected::new();
    let (errors, ends) = count(client);
    accepted.abort();
    wait_for_end(client);
    settle();
    assert_eq!((errors.len(), ends.len()), (1, 1));

    let refused = WebSocket::new();
    let (errors, ends) = count(refused);
    refused.open(format!("ws://127.0.0.1:{}/", refused_port()));
    wait_until("the error", || !errors.is_empty());
    settle();
    assert_eq!((errors.len(), ends.len()), (1, 1));
}

#[test]
fn who_reconnects_in_both_of_them_has_one_connection() {
    let server = listening_server();
    let Connected { server: first, client, .. } = Connected::new();
    let (in_error, in_disconnected) = (server.server_url(), server.server_url());
    client.error_occurred().connect(move |_| client.open(&in_error));
    client.disconnected().connect(move |()| client.open(&in_disconnected));
    let connected = SignalSpy::new(client.connected());
    first.delete();
    wait_until("connected again", || client.is_valid() && client.peer_port() == server.server_port());
    settle();
    assert_eq!(connected.len(), 1);
    assert_eq!(accepted_socket(server).state(), SocketState::Connected);
    assert!(!server.has_pending_connections());
}

#[test]
fn closing_in_the_error_slot_does_not_go_round_in_circles() {
    let errors = Rc::new(Cell::new(0));
    let count = errors.clone();
    let socket = WebSocket::new();
    socket.error_occurred().connect(move |_| {
        count.set(count.get() + 1);
        assert!(count.get() < 5, "an error for each close");
        socket.close();
        socket.abort();
    });
    socket.open(format!("ws://127.0.0.1:{}/", refused_port()));
    wait_until("the error", || errors.get() > 0);
    socket.open("nonsense");
    let server = listening_server();
    socket.open(server.server_url());
    accepted_socket(server).abort();
    wait_for_end(socket);
    settle();
    assert_eq!(errors.get(), 3);
    // Closing before TCP is connected is an error of its own.
    socket.open(format!("ws://127.0.0.1:{}/", refused_port()));
    socket.close();
    settle();
    assert_eq!((errors.get(), socket.state()), (4, SocketState::Unconnected));
}

#[test]
fn deleting_later_in_the_error_slot_and_in_disconnected_is_deleting_once() {
    let client = WebSocket::new();
    client.error_occurred().connect(move |_| client.delete_later());
    client.disconnected().connect(move |()| client.delete_later());
    let destroyed = SignalSpy::new(client.destroyed());
    client.open(format!("ws://127.0.0.1:{}/", refused_port()));
    wait_until("it is deleted", || !client.is_alive());
    settle();
    assert_eq!(destroyed.len(), 1);
}
