//! What a prepared message costs while those who are to receive it do not read: one copy, however many they are.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed expectation is how a test says what it needed, and what was measured is told"
)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use allocation_counter::measure;
use rlimit::Resource;
use slotwire::prelude::*;
use socket2::{Domain, Socket, Type};

const MIB: usize = 1024 * 1024;
const READERS: usize = 1000;
/// Both ends of each connection, and what the process has open besides.
const DESCRIPTORS: u64 = 2 * READERS as u64 + 100;
/// The memory for what waits in a connection, beside the message itself.
const ENTRY: usize = 400;

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// A server, and clients that do not read: plain sockets, so that all the memory that this thread holds is the server's.
struct Stalled {
    _server: WebSocketServer,
    clients: Vec<TcpStream>,
    accepted: Vec<WebSocket>,
}

impl Stalled {
    fn new(readers: usize, compression: Option<&Compression>) -> Self {
        rlimit::increase_nofile_limit(DESCRIPTORS).unwrap();
        assert!(Resource::NOFILE.get_soft().unwrap() >= DESCRIPTORS, "too few descriptors are allowed");
        let (listener, address) = listener();
        let server = WebSocketServer::new("", SslMode::NonSecure);
        server.set_max_pending_connections(100);
        #[cfg(feature = "deflate")]
        server.set_compression(compression.cloned());
        server.set_socket_descriptor(listener.into()).unwrap();
        let mut this = Self { _server: server, clients: Vec::new(), accepted: Vec::new() };
        let offer =
            compression.map(|_| "Sec-WebSocket-Extensions: permessage-deflate\r\n").unwrap_or_default();
        for _ in 0..readers {
            this.clients.push(connect(address, offer));
            run_until(|| server.has_pending_connections());
            this.accepted.push(server.next_pending_connection().unwrap());
        }
        for client in &mut this.clients {
            let mut head = [0; 1024];
            let size = client.read(&mut head).unwrap();
            assert!(head.starts_with(b"HTTP/1.1 101 ") && head[..size].ends_with(b"\r\n\r\n"));
        }
        this
    }

    /// Sends it to all, and handles events until the system takes no more.
    fn broadcast(&self, message: &PreparedMessage) {
        for socket in &self.accepted {
            assert_eq!(socket.send_prepared_message(message), message.len());
        }
        settle();
    }

    fn bytes_to_write(&self) -> usize {
        self.accepted.iter().map(|socket| socket.bytes_to_write() as usize).sum()
    }
}

/// A listener whose connections let little wait in the system.
fn listener() -> (TcpListener, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_send_buffer_size(4096).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    socket.listen(128).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn connect(address: SocketAddr, offer: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.write_all(format!("{REQUEST}{offer}\r\n").as_bytes()).unwrap();
    stream
}

#[track_caller]
fn run_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain");
        Application::process_events();
    }
}

fn settle() {
    let mut quiet = 0;
    while quiet < 3 {
        quiet = if Application::process_events() { 0 } else { quiet + 1 };
    }
}

/// Bytes that compression makes no smaller.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    });
    bytes.take(size).collect()
}

/// What is held while that message waits in all of those connections; it has to be less.
#[track_caller]
fn assert_shared(stalled: &Stalled, message: &[u8], copies: usize, each: usize) {
    let mut prepared = None;
    // What the handshakes have left for later use.
    Application::release_memory();
    let held = measure(|| {
        let message = prepared.insert(PreparedMessage::binary(message));
        stalled.broadcast(message);
        Application::release_memory();
    });
    let waiting = stalled.bytes_to_write();
    let readers = stalled.accepted.len();
    println!("{waiting} bytes wait for {readers} readers, in {} bytes of memory", held.bytes_current);
    assert!(waiting > readers * (message.len() / 2), "only {waiting} bytes wait");
    let most = copies * (message.len() + MIB / 8) + readers * each;
    assert!(held.bytes_current <= most as i64, "{} bytes, {waiting} wait", held.bytes_current);
}

#[test]
fn a_thousand_readers_that_stall_share_one_copy_of_a_message() {
    let stalled = Stalled::new(READERS, None);
    assert_shared(&stalled, &noise(MIB), 1, ENTRY);
    // The program has let go of it, and half of the readers do as well.
    let freed = measure(|| {
        for socket in &stalled.accepted[READERS / 2..] {
            socket.abort();
        }
        settle();
    });
    assert!(freed.bytes_current <= 0 && freed.bytes_current > -(MIB as i64), "the others still need it");
    let freed = measure(|| {
        for socket in &stalled.accepted[..READERS / 2] {
            socket.abort();
        }
        settle();
        Application::release_memory();
    });
    assert!(freed.bytes_current < -(MIB as i64), "nobody needs it: {}", freed.bytes_current);
}

#[test]
fn frames_that_are_cut_share_it_as_well() {
    let stalled = Stalled::new(100, None);
    for socket in &stalled.accepted {
        socket.set_outgoing_frame_size(64 * 1024);
    }
    assert_shared(&stalled, &noise(4 * MIB), 1, 64 * ENTRY);
}

#[test]
fn messages_that_are_small_share_as_well() {
    let stalled = Stalled::new(100, None);
    // So that the system takes nothing of what follows.
    stalled.broadcast(&PreparedMessage::binary(noise(MIB)));
    let held = measure(|| {
        for _ in 0..1000 {
            stalled.broadcast(&PreparedMessage::binary(noise(4000)));
        }
    });
    println!("4,000,000 bytes wait for each of 100 readers, in {} bytes of memory", held.bytes_current);
    assert!(held.bytes_current < 4_000_000 + 100 * 1000 * 80, "{}", held.bytes_current);
}

#[cfg(feature = "deflate")]
#[test]
fn a_thousand_connections_that_compress_share_what_was_compressed_once() {
    for context_takeover in [true, false] {
        let compression = Compression::new().with_server_context_takeover(context_takeover);
        let stalled = Stalled::new(READERS, Some(&compression));
        // As it is, and compressed; and what later messages may refer to.
        let history = if context_takeover { 4 * 1024 + 64 } else { 0 };
        assert_shared(&stalled, &noise(MIB), 2, ENTRY + 200 + history);
    }
}

#[cfg(feature = "deflate")]
#[test]
fn a_broadcast_compresses_once() {
    let stalled = Stalled::new(READERS, Some(&Compression::new().with_server_context_takeover(false)));
    let message = PreparedMessage::binary(noise(MIB));
    stalled.accepted[0].send_prepared_message(&message);
    let all = format!("{message:?}");
    // Who compresses takes memory for what comes out.
    let taken = measure(|| stalled.broadcast(&message));
    assert!(taken.bytes_total < (READERS * 2 * ENTRY + MIB) as u64, "{}", taken.bytes_total);
    assert_eq!(format!("{message:?}"), all);
    assert_eq!(all.matches("window_bits").count(), 1, "{all}");
}
