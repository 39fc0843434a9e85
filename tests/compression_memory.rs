//! What compression costs in memory: nothing for a connection that has not compressed, the agreed windows for one that has, and in
//! steady state no allocation for a message.

#![cfg(feature = "deflate")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed expectation is how a test says what it needed, and what was measured is told"
)]

use std::time::{Duration, Instant};

use slotwire::prelude::*;

const PAIRS: usize = 50;

#[track_caller]
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

/// Both ends of a connection.
#[derive(Clone, Copy)]
struct Pair {
    client: WebSocket,
    accepted: WebSocket,
}

impl Pair {
    fn of(server: WebSocketServer, compression: Option<&Compression>) -> Self {
        let client = WebSocket::new();
        client.open_with(server.server_url(), HandshakeOptions::new().with_compression(compression.cloned()));
        run_until(|| client.is_valid() && server.has_pending_connections());
        let accepted = server.next_pending_connection().unwrap();
        assert_eq!(accepted.compression().is_some(), compression.is_some());
        Self { client, accepted }
    }

    /// Sends that many messages both ways.
    fn exchange(self, messages: usize, text: &str) {
        let received = SignalSpy::new(self.client.text_message_received());
        self.accepted.text_message_received().connect(move |_| {});
        for _ in 0..messages {
            self.client.send_text_message(text);
            self.accepted.send_text_message(text);
        }
        run_until(|| received.len() == messages);
        settle();
        self.client.text_message_received().disconnect_all();
        self.accepted.text_message_received().disconnect_all();
    }
}

fn server(compression: Option<&Compression>) -> WebSocketServer {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    server.set_compression(compression.cloned());
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server
}

/// Bytes and allocations of each of many connections.
fn connect(compression: Option<&Compression>) -> (i64, i64, Vec<Pair>) {
    let server = server(compression);
    let first = Pair::of(server, compression);
    first.exchange(3, "x");
    let mut pairs = Vec::with_capacity(PAIRS);
    Application::release_memory();
    let held = allocation_counter::measure(|| {
        pairs.extend((0..PAIRS).map(|_| Pair::of(server, compression)));
        settle();
        Application::release_memory();
    });
    let each = |count: i64| count / PAIRS as i64;
    (each(held.bytes_current), each(held.count_current), pairs)
}

/// Text as it is usual: a third of it is left when it is compressed.
fn json(size: usize) -> String {
    let number = |index: u64| index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44;
    let line =
        |index| format!("{{\"id\":{},\"price\":{},\"room\":\"general\"}},", number(index), number(index + 7));
    (0..).map(line).flat_map(String::into_bytes).take(size).map(char::from).collect()
}

#[test]
fn a_connection_that_has_not_compressed_has_no_memory_for_it() {
    let (_, without, _pairs) = connect(None);
    let (_, with, pairs) = connect(Some(&Compression::new()));
    println!("{without} allocations for both ends without compression, {with} with it");
    // The request's own: what the client has asked for.
    assert!(with <= without + 1);
    pairs.iter().for_each(|pair| pair.exchange(1, "x"));
    Application::release_memory();
    let held = allocation_counter::measure(|| {
        pairs.iter().for_each(|pair| pair.exchange(3, "too short to be compressed"));
        Application::release_memory();
    });
    assert!(held.bytes_current <= 0, "{} bytes are left", held.bytes_current);
}

#[test]
fn a_connection_that_has_compressed_has_its_windows_and_little_more() {
    for (bits, most) in [(9, 512 + 64), (12, 4096 + 64), (15, 33 * 1024)] {
        let compression = Compression::new().with_level(1);
        let compression = compression.with_server_max_window_bits(bits).with_client_max_window_bits(bits);
        let (_, _, pairs) = connect(Some(&compression));
        let text: String =
            (0..10_000).map(|index: usize| char::from(b'a' + (index * index % 26) as u8)).collect();
        pairs.iter().for_each(|pair| pair.exchange(1, "x"));
        Application::release_memory();
        let held = allocation_counter::measure(|| {
            pairs.iter().for_each(|pair| pair.exchange(8, &text));
            settle();
            Application::release_memory();
        });
        // Two directions at each of two ends.
        let each = held.bytes_current / PAIRS as i64 / 4;
        println!("{bits} bits: {each} bytes for each direction");
        assert!(each <= most, "{bits} bits: {each} bytes for each direction");
        let held = allocation_counter::measure(|| {
            for pair in pairs {
                pair.client.close();
                run_until(|| pair.accepted.state() == SocketState::Unconnected);
            }
            settle();
            Application::release_memory();
        });
        // The end of a connection takes something itself.
        let given_back = -held.bytes_current / PAIRS as i64;
        println!("{bits} bits: {given_back} bytes of each connection are given back with it");
        assert!(bits == 9 || given_back >= 3 * each, "{given_back} bytes");
    }
}

#[test]
fn a_compressed_message_allocates_nothing_on_either_side() {
    for compression in [
        Compression::new(),
        Compression::new().with_server_context_takeover(false).with_client_context_takeover(false),
    ] {
        let server = server(Some(&compression));
        let pairs = [(); 3].map(|()| Pair::of(server, Some(&compression)));
        for pair in pairs {
            pair.accepted.text_message_received().connect(move |text| {
                pair.accepted.send_text_message(text);
            });
        }
        for size in [100, 1000, 2048, 4096, 14_000] {
            let text = json(size);
            let count = std::rc::Rc::new(std::cell::Cell::new(0));
            for pair in pairs {
                let count = count.clone();
                pair.client.text_message_received().connect(move |_| count.set(count.get() + 1));
            }
            let turn = || {
                let awaited = count.get() + pairs.len();
                for pair in pairs {
                    pair.client.send_text_message(&text);
                }
                run_until(|| count.get() == awaited);
            };
            (0..100).for_each(|_| turn());
            let spent = allocation_counter::measure(|| (0..50).for_each(|_| turn()));
            assert_eq!(spent.count_total, 0, "{size} bytes, {compression:?}");
            for pair in pairs {
                pair.client.text_message_received().disconnect_all();
            }
        }
    }
}
