//! In steady state a message costs no allocation: text and binary, sent and received, as server and as client; nor does the wake
//! of a task. What a task takes, and what a burst gives back.
//!
//! What is counted is all that this thread allocates between the warm-up and the end: the test's own loop included.

#![allow(clippy::unwrap_used, reason = "a failed expectation is how a test says what it needed")]

use std::cell::Cell;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::rc::Rc;
use std::time::{Duration, Instant};

use slotwire::prelude::*;

const SIZES: [usize; 6] = [0, 64, 125, 1024, 4096, 16 * 1024];

/// Messages before what is counted, and messages that are counted.
const WARM_UP: usize = 50;
const COUNTED: usize = 50;

const PATIENCE: Duration = Duration::from_secs(60);

#[track_caller]
fn run_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain");
        Application::process_events();
    }
}

fn echo_server() -> WebSocketServer {
    let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            socket.text_message_received().connect(move |text| {
                socket.send_text_message(text);
            });
            socket.binary_message_received().connect(move |bytes| {
                socket.send_binary_message(bytes);
            });
        }
    });
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server
}

/// A client that counts what comes back.
struct Client {
    socket: WebSocket,
    received: Rc<Cell<usize>>,
    /// Time stands still: on a busy machine the thread would release what it keeps for later while it is counted.
    _clock: VirtualClock,
}

impl Client {
    fn of(server: WebSocketServer) -> Self {
        let clock = VirtualClock::install();
        let socket = WebSocket::new();
        let received = Rc::new(Cell::new(0));
        let count = received.clone();
        socket.text_message_received().connect(move |_| count.set(count.get() + 1));
        let count = received.clone();
        socket.binary_message_received().connect(move |_| count.set(count.get() + 1));
        socket.open(server.server_url());
        run_until(|| socket.is_valid());
        Self { socket, received, _clock: clock }
    }

    /// Sends that many messages, `in_flight` at a time, and awaits their echoes.
    fn exchange(&self, messages: usize, in_flight: usize, send: impl Fn(WebSocket)) {
        for _ in 0..messages / in_flight {
            let awaited = self.received.get() + in_flight;
            for _ in 0..in_flight {
                send(self.socket);
            }
            run_until(|| self.received.get() == awaited);
        }
    }

    /// How many allocations that takes, in steady state.
    fn count(&self, in_flight: usize, send: impl Fn(WebSocket)) -> u64 {
        self.exchange(WARM_UP, in_flight, &send);
        allocation_counter::measure(|| self.exchange(COUNTED, in_flight, &send)).count_total
    }
}

#[test]
fn a_binary_message_allocates_nothing_on_either_side() {
    let client = Client::of(echo_server());
    for size in SIZES {
        let message = vec![7; size];
        for in_flight in [1, 10] {
            let count = client.count(in_flight, |socket| {
                socket.send_binary_message(&message);
            });
            assert_eq!(count, 0, "{size} bytes, {in_flight} in flight");
        }
    }
}

#[test]
fn a_text_message_allocates_nothing_on_either_side() {
    let client = Client::of(echo_server());
    for size in SIZES {
        let message = "é".repeat(size / 2);
        for in_flight in [1, 10] {
            let count = client.count(in_flight, |socket| {
                socket.send_text_message(&message);
            });
            assert_eq!(count, 0, "{size} bytes, {in_flight} in flight");
        }
    }
}

#[test]
fn a_large_message_allocates_nothing_on_either_side() {
    let client = Client::of(echo_server());
    let message = vec![b'a'; 1 << 20];
    let count = client.count(1, |socket| {
        socket.send_binary_message(&message);
    });
    assert_eq!(count, 0, "binary");
    let text = std::str::from_utf8(&message).unwrap();
    let count = client.count(1, |socket| {
        socket.send_text_message(text);
    });
    assert_eq!(count, 0, "text");
}

#[test]
fn a_fragmented_message_allocates_nothing_on_either_side() {
    let client = Client::of(echo_server());
    client.socket.set_outgoing_frame_size(100);
    let message = vec![7; 1000];
    let count = client.count(1, |socket| {
        socket.send_binary_message(&message);
    });
    assert_eq!(count, 0);
}

#[test]
fn a_ping_and_its_pong_allocate_nothing_on_either_side() {
    let client = Client::of(echo_server());
    let count = client.received.clone();
    client.socket.pong().connect(move |_| count.set(count.get() + 1));
    let count = client.count(1, |socket| socket.ping_with("are you there?"));
    assert_eq!(count, 0);
}

#[test]
fn many_connections_take_turns_without_an_allocation() {
    let server = echo_server();
    let clients: Vec<_> = (0..20).map(|_| Client::of(server)).collect();
    let turn = || {
        for client in &clients {
            client.socket.send_text_message("my turn");
        }
        let awaited = clients[0].received.get() + 1;
        run_until(|| clients.iter().all(|client| client.received.get() == awaited));
    };
    (0..WARM_UP).for_each(|_| turn());
    let count = allocation_counter::measure(|| (0..COUNTED).for_each(|_| turn())).count_total;
    assert_eq!(count, 0);
}

#[test]
fn a_message_in_pieces_allocates_nothing() {
    let server = echo_server();
    let mut stream = TcpStream::connect(("127.0.0.1", server.server_port())).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
        .write_all(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        )
        .unwrap();
    let mut buffer = [0; 4096];
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        Application::process_events();
        let count = read(&mut stream, &mut buffer);
        head.extend_from_slice(&buffer[..count]);
    }
    let frame = [&[0x82, 0xfe, 0x03, 0xe8, 0, 0, 0, 0][..], &[5; 1000]].concat();
    let mut exchange = || {
        for piece in frame.chunks(100) {
            stream.write_all(piece).unwrap();
            Application::process_events();
        }
        let mut received = 0;
        while received < 1004 {
            Application::process_events();
            received += read(&mut stream, &mut buffer);
        }
    };
    (0..WARM_UP).for_each(|_| exchange());
    let count = allocation_counter::measure(|| (0..COUNTED).for_each(|_| exchange())).count_total;
    // A frame that is not finished keeps a timer running; its place in the queue may come from the system.
    assert_eq!(count, 0);
}

/// A button whose clicks are numbers.
fn button() -> Handle<Emitter<i32>> {
    Handle::new(Emitter::new())
}

#[test]
fn to_wake_and_poll_a_task_allocates_nothing() {
    let _clock = VirtualClock::install();
    let (button, total) = (button(), Rc::new(Cell::new(0)));
    let (mut clicks, sum) = (button.signal(|button| button).stream(), total.clone());
    button.spawn(async move {
        while let Some(value) = clicks.next().await {
            sum.set(sum.get() + value);
        }
    });
    let turn = || {
        button.with(|clicked| clicked.emit(1));
        Application::process_events();
    };
    (0..WARM_UP).for_each(|_| turn());
    let count = allocation_counter::measure(|| (0..COUNTED).for_each(|_| turn())).count_total;
    assert_eq!(count, 0);
    assert_eq!(total.get(), (WARM_UP + COUNTED) as i32);
    button.delete();
}

#[test]
fn a_burst_of_emissions_or_of_calls_leaves_no_memory_behind() {
    let button = button();
    let mut clicks = button.signal(|button| button).stream();
    let event_loop = EventLoopHandle::current();
    let mut burst = |count| {
        button.with(|clicked| (0..count).for_each(|number| clicked.emit(number)));
        let taken = async {
            for number in 0..count {
                assert_eq!(clicks.next().await, Some(number));
            }
        };
        Application::block_on(taken).unwrap();
        (0..count).for_each(|_| assert!(event_loop.invoke(|| ())));
        while Application::process_events() {}
        Application::release_memory();
    };
    burst(1);
    let held = allocation_counter::measure(|| burst(100_000));
    assert!(held.bytes_max > 400_000, "they have waited: {held:?}");
    assert!(held.bytes_current < 20_000, "{held:?}");
    button.delete();
}

/// The future, what a task and its handle share, and the waker.
#[test]
fn a_task_takes_three_allocations() {
    let turn = || {
        let value = 7;
        let task = Application::spawn_local(async move { value });
        Application::process_events();
        assert!(task.is_finished());
    };
    (0..WARM_UP).for_each(|_| turn());
    let count = allocation_counter::measure(|| (0..COUNTED).for_each(|_| turn())).count_total;
    assert_eq!(count, 3 * COUNTED as u64);
}

/// What the future and its slot share, and the slot.
#[test]
fn to_await_the_next_emission_takes_two_allocations() {
    let button = button();
    let turn = || {
        let next = button.signal(|button| button).next();
        button.with(|clicked| clicked.emit(1));
        assert_eq!(Application::block_on(next).ok().flatten(), Some(1));
    };
    let without = || assert_eq!(Application::block_on(async { 1 }).ok(), Some(1));
    (0..WARM_UP).for_each(|_| turn());
    let both = allocation_counter::measure(|| (0..COUNTED).for_each(|_| turn())).count_total;
    let loops = allocation_counter::measure(|| (0..COUNTED).for_each(|_| without())).count_total;
    assert_eq!(both - loops, 2 * COUNTED as u64);
    button.delete();
}

/// Each with a task of its own, which awaits each of its messages.
#[test]
fn ten_thousand_tasks_that_wait_for_as_many_objects_take_less_than_768_bytes_each() {
    const TASKS: usize = 10_000;
    let objects: Vec<_> = (0..TASKS).map(|_| button()).collect();
    let taken = allocation_counter::measure(|| {
        for object in &objects {
            let object = *object;
            object.spawn(async move { while object.signal(|button| button).next().await.is_some() {} });
        }
        while Application::process_events() {}
    });
    let each = taken.bytes_current / TASKS as i64;
    assert!(each < 768, "{each} bytes");
    let given_back = allocation_counter::measure(|| objects.iter().for_each(|object| object.delete()));
    assert!(given_back.bytes_current < -350 * TASKS as i64, "{given_back:?}");
    assert_eq!(Application::task_count(), 0);
}

fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> usize {
    match stream.read(buffer) {
        Ok(count) => count,
        Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
        Err(error) => panic!("{error}"),
    }
}
