//! How much of the machine's memory a process takes under attack. Each attack has a process of its own; the attacker is the test.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed expectation is how a test says what it needed, and what was measured is told"
)]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rlimit::Resource;
use slotwire::prelude::*;
use slotwire::websocket::protocol::accept_key;
use socket2::SockRef;

const MIB: usize = 1024 * 1024;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// Says what the process that is attacked has to be: `server`, or `client PORT`, or the same with so many MiB of memory.
const ROLE: &str = "SLOTWIRE_ATTACKED";

/// A process that is attacked.
struct Attacked(Child);

impl Attacked {
    fn start(role: &str) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["the_attacked_process", "--exact", "--ignored", "--nocapture"]);
        Self(command.env(ROLE, role).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// The port of a server.
    fn port(&mut self) -> u16 {
        let output = BufReader::new(self.0.stdout.as_mut().unwrap());
        let line = |line: Result<String, _>| Some(line.ok()?.split_once("port ")?.1.to_owned());
        output.lines().find_map(line).unwrap().parse().unwrap()
    }

    /// In bytes: a line of `/proc/PID/status`.
    fn memory(&self, line: &str) -> usize {
        memory(&self.0.id().to_string(), line)
    }
}

impl Drop for Attacked {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn memory(process: &str, line: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let kib = status.lines().find_map(|status| status.strip_prefix(line)?.strip_prefix(':'));
    kib.unwrap().trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// A client of the crate's in another process, connected to this end.
fn attacked_client(role: &str) -> (Attacked, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Attacked::start(&format!("client {} {role}", listener.local_addr().unwrap().port()));
    let mut stream = listener.accept().unwrap().0;
    let request = read_head(&mut stream);
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = String::from_utf8(accept_key(key).to_vec()).unwrap();
    let response = "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
    stream.write_all(format!("{response}{accept}\r\n\r\n").as_bytes()).unwrap();
    (client, stream)
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn binary_header(mask_bit: u8, length: usize) -> Vec<u8> {
    [&[0x82, mask_bit | 127][..], &(length as u64).to_be_bytes()].concat()
}

fn size_of_large_message() -> usize {
    if env::var_os("SLOTWIRE_ATTACKS").is_some() { 600 * MIB } else { 200 * MIB }
}

#[test]
#[ignore = "the process that others attack"]
fn the_attacked_process() {
    let Ok(role) = env::var(ROLE) else { return };
    let mut words = role.split_whitespace();
    if words.next() == Some("server") {
        let server = WebSocketServer::new("", SslMode::NonSecure);
        server.new_connection().connect(move |()| {
            while let Some(socket) = server.next_pending_connection() {
                socket.disconnected().connect(move |()| socket.delete_later());
            }
        });
        server.listen(HostAddress::LocalHost, 0).unwrap();
        println!("port {}", server.server_port());
        Application::exec();
    }
    let socket = WebSocket::new();
    socket.binary_message_received().connect(move |bytes| {
        let answer = bytes.len().to_string();
        socket.send_text_message(&answer);
    });
    socket.disconnected().connect(|()| Application::quit());
    socket.open(format!("ws://127.0.0.1:{}", words.next().unwrap()));
    while !socket.is_valid() {
        Application::process_events();
    }
    if let Some(room) = words.next() {
        let room = room.parse::<usize>().unwrap() * MIB;
        let limit = (memory("self", "VmSize") + room) as u64;
        Resource::AS.set(limit, limit).unwrap();
    }
    Application::exec();
}

#[test]
fn announced_messages_take_no_memory_of_the_machine() {
    let connections = if env::var_os("SLOTWIRE_ATTACKS").is_some() { 4000 } else { 1000 };
    let (_, most) = Resource::NOFILE.get().unwrap();
    Resource::NOFILE.set((2 * connections as u64 + 100).min(most), most).unwrap();
    let mut server = Attacked::start("server");
    let port = server.port();
    let announced = [&binary_header(0x80, 100 * MIB)[..], &[0, 0, 0, 0, 7]].concat();
    for round in 1..=3 {
        let mut peers = Vec::new();
        for _ in 0..connections {
            let mut peer = TcpStream::connect(("127.0.0.1", port)).unwrap();
            peer.write_all(REQUEST).unwrap();
            read_head(&mut peer);
            peer.write_all(&announced).unwrap();
            SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
            peers.push(peer);
        }
        drop(peers);
        println!("round {round}: {} MiB at most", server.memory("VmHWM") / MIB);
    }
    let peak = server.memory("VmHWM");
    assert!(peak <= 40 * 1_000_000, "{peak} bytes resident");
}

#[test]
fn a_large_message_takes_little_more_than_its_size() {
    let size = size_of_large_message();
    let (client, mut stream) = attacked_client("");
    let before = client.memory("VmHWM");
    stream.write_all(&binary_header(0, size)).unwrap();
    let part = vec![7; MIB];
    (0..size / MIB).for_each(|_| stream.write_all(&part).unwrap());
    let mut answer = [0; 2 + 9];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer[0], 0x81, "the message has arrived");
    let peak = client.memory("VmHWM");
    println!("{} MiB: {} MiB at most, {} before", size / MIB, peak / MIB, before / MIB);
    assert!(peak - before <= size * 13 / 10, "{peak} bytes resident");
}

#[test]
fn a_message_that_does_not_fit_in_the_memory_ends_its_connection_only() {
    let (mut client, mut stream) = attacked_client("100");
    stream.write_all(&binary_header(0, 1000 * MIB)).unwrap();
    let part = vec![7; MIB];
    stream.set_nonblocking(true).unwrap();
    let mut received = Vec::new();
    // The client says why, and reads no more.
    while received.len() < 8 {
        let _ = stream.write(&part);
        let mut buffer = [0; 100];
        let count = stream.read(&mut buffer).unwrap_or(0);
        received.extend_from_slice(&buffer[..count]);
    }
    assert_eq!(received[0], 0x88, "a close frame");
    let code = [received[6] ^ received[2], received[7] ^ received[3]];
    assert_eq!(u16::from_be_bytes(code), 1009);
    drop(stream);
    assert!(client.0.wait().unwrap().success());
}
