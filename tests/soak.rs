//! Connections that are opened, used and ended in every way, again and again: nothing is left of them, and memory is flat.
//!
//! ```text
//! SLOTWIRE_SOAK_SECONDS=300 cargo test --release --test soak -- --nocapture
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed expectation is how a test says what it needed, and what was measured is told"
)]

use std::cell::Cell;
use std::fs;
use std::rc::Rc;
use std::time::{Duration, Instant};

use allocation_counter::AllocationInfo;
use slotwire::prelude::*;

/// Connections at a time: a multiple of the number of ends.
const ROUND: usize = 100;

/// How a connection ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The client closes it, or the server does; with or without a word, or by deleting its socket.
    Client(Way),
    Server(Way),
    /// A peer that speaks TCP only does something that is no WebSocket, or goes away.
    Foreign(&'static [u8]),
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Close,
    Abort,
    Delete,
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

const ENDS: [End; 10] = [
    End::Client(Way::Close),
    End::Server(Way::Close),
    End::Client(Way::Abort),
    End::Server(Way::Abort),
    End::Client(Way::Delete),
    End::Server(Way::Delete),
    End::Foreign(b"\r\n\r\n"),
    End::Foreign(b"GET / HTTP/1.1\r\nHost: "),
    End::Foreign(REQUEST),
    // With a reserved opcode; the first frame is not masked, which is just as wrong.
    End::Foreign(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\x83\x80\0\0\0\0",
    ),
];

/// A server that echoes, and ends a connection when it is told how.
fn server() -> WebSocketServer {
    let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
    server.set_max_pending_connections(ROUND);
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            socket.text_message_received().connect(move |text| match text {
                "Close" => socket.close_with(CloseCode::GoingAway, "as you like"),
                "Abort" => socket.abort(),
                "Delete" => socket.delete(),
                text => {
                    socket.send_text_message(text);
                }
            });
            socket.binary_message_received().connect(move |bytes| {
                socket.send_binary_message(bytes);
            });
            socket.disconnected().connect(move |()| socket.delete_later());
        }
    });
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server
}

/// Opens a connection, uses it and ends it; `running` counts those that have not ended.
fn begin(server: WebSocketServer, number: usize, running: &Rc<Cell<usize>>) {
    running.set(running.get() + 1);
    let ended = running.clone();
    match ENDS[number % ENDS.len()] {
        End::Foreign(bytes) => {
            let peer = TcpSocket::new();
            peer.connected().connect(move |()| {
                peer.write(bytes);
                if bytes.len() < 50 {
                    peer.disconnect_from_host();
                }
            });
            peer.ready_read().connect(move |()| {
                // Of the answers only the one that opens the connection leaves it open.
                if bytes == REQUEST {
                    peer.abort();
                }
            });
            peer.disconnected().connect(move |()| {
                ended.set(ended.get() - 1);
                peer.delete_later();
            });
            peer.connect_to_host(HostAddress::LocalHost, server.server_port());
        }
        end => {
            let socket = WebSocket::new();
            let size = [0, 1, 125, 126, 1000, 4096, 16_384, 70_000][number / ENDS.len() % 8];
            socket.connected().connect(move |()| {
                socket.set_outgoing_frame_size(if size == 1000 { 100 } else { 1 << 19 });
                socket.send_text_message("é".repeat(size / 2));
                socket.ping_with("are you there?");
            });
            socket.pong().connect(move |_| {
                socket.send_binary_message(vec![7; size]);
            });
            socket.binary_message_received().connect(move |bytes| {
                assert_eq!(bytes.len(), size);
                match end {
                    End::Server(way) => drop(socket.send_text_message(format!("{way:?}"))),
                    End::Client(Way::Close) => socket.close(),
                    End::Client(Way::Abort) => socket.abort(),
                    End::Client(Way::Delete) | End::Foreign(_) => socket.delete(),
                }
            });
            socket.disconnected().connect(move |()| socket.delete_later());
            socket.destroyed().connect(move |_| ended.set(ended.get() - 1));
            socket.open(server.server_url());
        }
    }
}

/// So many connections, a round of them at a time. Returns when no object, timer or event of theirs is left.
fn run(server: WebSocketServer, connections: usize) {
    let running = Rc::new(Cell::new(0));
    let objects = Application::object_count();
    for first in (0..connections).step_by(ROUND) {
        for number in first..(first + ROUND).min(connections) {
            begin(server, number, &running);
        }
        run_until(|| running.get() == 0);
    }
    run_until(|| Application::object_count() == objects && Application::next_timeout().is_none());
}

#[track_caller]
fn run_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain: {}", Application::dump_objects());
        Application::process_events();
    }
}

#[test]
fn ten_thousand_connections_leave_nothing_behind() {
    let server = server();
    let objects = Application::object_count();
    run(server, 1000);
    // What there is once for all, buffers and tables, is there now.
    let held = allocation_counter::measure(|| run(server, 4500));
    assert_nothing_is_left(&held);
    let held = allocation_counter::measure(|| run(server, 4500));
    assert_nothing_is_left(&held);
    assert_eq!(Application::object_count(), objects);
    server.delete();
    run_until(|| Application::object_count() == 0);
}

/// Nothing but buffers, of which there are as many as messages happened to be under way at the same time. What a connection
/// would leave behind, of any of the ten kinds, would be some hundreds.
#[track_caller]
fn assert_nothing_is_left(held: &AllocationInfo) {
    const BUFFERS: i64 = 16;
    assert!(held.count_current.abs() <= BUFFERS, "{held:?}");
}

/// For one second, or as long as the environment says.
#[test]
fn memory_is_flat_for_as_long_as_you_like() {
    let seconds = std::env::var("SLOTWIRE_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let (start, time) = (Instant::now(), Duration::from_secs(seconds));
    let server = server();
    // What there is once for all, buffers and tables, is there after this.
    run(server, 1000);
    let mut connections = 0;
    let mut shown = Duration::ZERO;
    println!("   seconds  connections  held in bytes  resident in KiB");
    let mut held = AllocationInfo::default();
    while start.elapsed() < time {
        held += allocation_counter::measure(|| run(server, 1000));
        connections += 1000;
        assert_nothing_is_left(&held);
        if start.elapsed() >= shown {
            let elapsed = start.elapsed().as_secs_f64();
            println!(
                "{elapsed:>10.1}  {connections:>11}  {:>13}  {:>15}",
                held.bytes_current,
                resident_kib()
            );
            shown += time / 20;
        }
    }
    server.delete();
}

/// The memory of the process that is in use, 0 where `/proc` does not tell.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
