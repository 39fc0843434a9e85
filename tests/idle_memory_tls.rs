//! What an idle accepted connection costs when it is encrypted: below 4 KiB of the process's memory, with two slots connected,
//! and another kibibyte for the two keys. That is not counted where C code keeps it.
//!
//! The clients are in another thread, so that all the memory that this thread holds is the server's.

#![cfg(feature = "_rustls")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed expectation is how a test says what it needed, and what was measured is told"
)]

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use slotwire::prelude::*;
use slotwire::{SslCertificate, SslConfiguration, SslKey};

const CONNECTIONS: usize = 200;
/// ring keeps the keys in Rust's memory.
const LIMIT: usize = if cfg!(feature = "aws-lc-rs") { 4 * 1024 } else { 5 * 1024 };

#[test]
fn an_idle_encrypted_connection_costs_less_than_four_kibibytes_and_its_keys() {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = SslCertificate::from_der(params.self_signed(&key).unwrap().der()).unwrap();
    let mut configuration = SslConfiguration::new();
    configuration.set_local_certificate(certificate.clone());
    configuration.set_private_key(SslKey::from_der(key.serialize_der()).unwrap());

    let accepted = Rc::new(Cell::new(0));
    let server = server(configuration, accepted.clone());
    let port = server.server_port();
    let (wanted, counts) = channel();
    let clients = std::thread::spawn(move || hold_clients(port, &certificate, &counts));

    // What there is once for all connections: buffers, tables, what rustls is told.
    open(&wanted, 10, &accepted);
    let held = allocation_counter::measure(|| open(&wanted, CONNECTIONS, &accepted));
    let each = usize::try_from(held.bytes_current).unwrap() / CONNECTIONS;
    let pieces = held.count_current as f64 / CONNECTIONS as f64;
    println!("{CONNECTIONS} idle encrypted connections: {each} bytes each, in {pieces:.2} allocations");
    assert!(each < LIMIT, "an idle encrypted connection costs {each} bytes");

    drop(wanted);
    run_until(|| accepted.get() == 0);
    clients.join().unwrap();
}

/// A server that echoes, and counts the connections that it has echoed on.
fn server(configuration: SslConfiguration, accepted: Rc<Cell<usize>>) -> WebSocketServer {
    let server = WebSocketServer::new("Echo Server", SslMode::Secure);
    server.set_ssl_configuration(configuration);
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            let count = accepted.clone();
            socket.text_message_received().connect(move |text| {
                socket.send_text_message(text);
                count.set(count.get() + 1);
            });
            let count = accepted.clone();
            socket.disconnected().connect(move |()| {
                count.set(count.get() - 1);
                socket.delete_later();
            });
        }
    });
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server
}

/// Opens as many connections as it is told, again and again; each says something once. In the end it closes them.
fn hold_clients(port: u16, certificate: &SslCertificate, counts: &Receiver<usize>) {
    let mut configuration = SslConfiguration::new();
    configuration.set_ca_certificates([certificate.clone()]);
    let answered = Rc::new(Cell::new(0));
    let mut sockets = Vec::new();
    while let Ok(count) = counts.recv() {
        for _ in 0..count {
            let socket = WebSocket::new();
            socket.set_ssl_configuration(configuration.clone());
            socket.connected().connect(move |()| {
                socket.send_text_message("hello");
            });
            let answered = answered.clone();
            socket.text_message_received().connect(move |_| answered.set(answered.get() + 1));
            socket.open(format!("wss://localhost:{port}"));
            sockets.push(socket);
        }
        run_until(|| answered.get() == sockets.len());
    }
    for socket in &sockets {
        socket.close();
    }
    run_until(|| sockets.iter().all(|socket| socket.state() == SocketState::Unconnected));
}

fn open(wanted: &Sender<usize>, count: usize, accepted: &Cell<usize>) {
    let before = accepted.get();
    // A backlog holds not too many at once.
    for batch in std::iter::repeat_n(10, count / 10) {
        wanted.send(batch).unwrap();
        let expected = accepted.get() + batch;
        run_until(|| accepted.get() == expected);
    }
    assert_eq!(accepted.get(), before + count);
    while Application::process_events() {}
}

fn run_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain");
        Application::process_events();
    }
}
