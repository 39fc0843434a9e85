//! What an idle accepted connection costs: below 1 KiB of the process's memory, with three slots connected. Once all have
//! closed, what is kept for later use is given back, by a call or ten seconds later.
//!
//! The clients are plain sockets, so that all the memory that this thread holds is the server's.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed expectation is how a test says what it needed, and what was measured is told"
)]

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rlimit::Resource;
use slotwire::prelude::*;
use socket2::SockRef;

const CONNECTIONS: usize = 10_000;
const LIMIT: usize = 1024;

/// What may be left of all of them and of their server: a read buffer of half a mebibyte, and what a thread has once.
const LEFT: i64 = 1024 * 1024;

/// Both ends of each connection, and what the process has open besides.
const DESCRIPTORS: u64 = 2 * CONNECTIONS as u64 + 100;

/// The handshakes are answered while the next ones are on their way.
const BATCH: usize = 100;

/// As a browser's.
const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: localhost:1234\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n\
    Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\nOrigin: http://localhost:8000\r\n\
    Connection: keep-alive, Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[test]
fn an_idle_connection_costs_less_than_a_kibibyte() {
    // Whatever is looked after while it is idle, and however memory is given back.
    let ends: [(Limits, fn()); 2] = [
        (Limits::qt(), Application::release_memory),
        (Limits::internet().with_max_connections(None), let_ten_seconds_pass),
    ];
    for (limits, give_back) in ends {
        let held = allocation_counter::measure(|| {
            measure_idle_connections(limits);
            give_back();
        });
        println!("{} bytes are left", held.bytes_current);
        assert!(held.bytes_current <= LEFT, "{} bytes are left", held.bytes_current);
    }
}

fn let_ten_seconds_pass() {
    let clock = VirtualClock::install();
    settle();
    clock.advance(Duration::from_secs(10));
    settle();
}

fn measure_idle_connections(limits: Limits) {
    let connections = possible_connections();
    let accepted = Rc::new(Cell::new(0));
    let server = server(accepted.clone());
    server.set_limits(limits);
    // What there is once for all connections: buffers, tables, the poller.
    let first = connect(server, 1, &accepted);
    let objects = Application::object_count();
    let mut clients = Vec::with_capacity(connections);

    let held = allocation_counter::measure(|| {
        while clients.len() < connections {
            let batch = BATCH.min(connections - clients.len());
            clients.extend(connect(server, batch, &accepted));
        }
    });
    let each = usize::try_from(held.bytes_current).unwrap() / connections;
    let pieces = held.count_current as f64 / connections as f64;
    println!("{connections} idle connections: {each} bytes each, in {pieces:.2} allocations");
    assert_eq!(Application::object_count(), objects + connections);
    assert!(each < LIMIT, "an idle connection costs {each} bytes");

    for client in clients.drain(..).chain(first) {
        // So that the ports are free at once.
        SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
    }
    run_until(|| accepted.get() == 0);
    settle();
    assert_eq!(Application::object_count(), objects - 1);
    server.delete();
}

/// As many as the limit for descriptors lets there be, once it is raised as far as it goes.
fn possible_connections() -> usize {
    let (_, hard) = Resource::NOFILE.get().unwrap();
    // Only a privileged process can raise the hard limit.
    let raised = Resource::NOFILE.set(DESCRIPTORS, hard.max(DESCRIPTORS));
    if raised.is_err() {
        Resource::NOFILE.set(hard, hard).unwrap();
    }
    let (soft, _) = Resource::NOFILE.get().unwrap();
    let possible = usize::try_from((soft - 100) / 2).unwrap().min(CONNECTIONS);
    if possible < CONNECTIONS {
        println!("the limit of {soft} descriptors lets only {possible} connections be");
    }
    possible
}

/// A server that echoes, and counts its connections.
fn server(accepted: Rc<Cell<usize>>) -> WebSocketServer {
    let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            accepted.set(accepted.get() + 1);
            socket.text_message_received().connect(move |text| {
                socket.send_text_message(text);
            });
            socket.binary_message_received().connect(move |bytes| {
                socket.send_binary_message(bytes);
            });
            let accepted = accepted.clone();
            socket.disconnected().connect(move |()| {
                accepted.set(accepted.get() - 1);
                socket.delete_later();
            });
        }
    });
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server
}

/// Opens connections and uses each once.
fn connect(server: WebSocketServer, count: usize, accepted: &Cell<usize>) -> Vec<TcpStream> {
    let before = accepted.get();
    let mut clients = Vec::with_capacity(count);
    for _ in 0..count {
        let mut client = TcpStream::connect(("127.0.0.1", server.server_port())).unwrap();
        client.write_all(REQUEST).unwrap();
        clients.push(client);
    }
    run_until(|| accepted.get() == before + count);
    for client in &mut clients {
        client.write_all(b"\x81\x85\0\0\0\0hello").unwrap();
    }
    settle();
    for client in &mut clients {
        client.set_nonblocking(true).unwrap();
        let mut received = [0; 1024];
        let mut size = 0;
        while !received[..size].ends_with(b"\r\n\r\n\x81\x05hello") {
            Application::process_events();
            size += client.read(&mut received[size..]).unwrap_or(0);
        }
    }
    settle();
    clients
}

fn run_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain");
        Application::process_events();
    }
}

fn settle() {
    while Application::process_events() {}
}
