//! What connections cost that send no message: their handshakes, the memory in which they wait, and what they announce.

use std::io::Write;
use std::time::Duration;

use comparison::{Table, median, significant};
use rustls::HandshakeKind;

use crate::servers::Server;
use crate::stream::{self, Stream};

const HANDSHAKES: u32 = 200;
const IDLE: usize = 2000;
const ANNOUNCING: usize = 1000;
/// The header of a message of 100 MiB, a masking key, and the first byte.
const ANNOUNCED: &[u8] = b"\x82\xff\0\0\0\0\x06\x40\0\0\0\0\0\0\x07";

/// Server CPU for one after the other, TLS and WebSocket, and the end of the connection: whole handshakes, and such that go on
/// with the session of the last.
pub fn handshakes(servers: &mut [Server], names: &[&str], rounds: usize) {
    for (title, kind) in [("handshake", HandshakeKind::Full), ("handshake, resumed", HandshakeKind::Resumed)]
    {
        handshakes_of_kind(servers, names, rounds, title, kind);
    }
}

fn handshakes_of_kind(
    servers: &mut [Server],
    names: &[&str],
    rounds: usize,
    title: &str,
    kind: HandshakeKind,
) {
    let mut measured: Vec<Vec<f64>> = vec![Vec::new(); servers.len()];
    let configs: Vec<_> = servers.iter().map(|_| stream::config(kind)).collect();
    for round in 0..=rounds {
        for ((server, config), measured) in servers.iter_mut().zip(&configs).zip(&mut measured) {
            let before = server.cpu_time();
            for number in 0..HANDSHAKES {
                let opened = stream::open_tls(server.address(), config.clone());
                let Stream::Tls(opened) = opened.expect("the server accepts") else { continue };
                let is_first = round == 0 && number == 0;
                assert!(is_first || opened.conn.handshake_kind() == Some(kind), "no handshake of this kind");
            }
            let each = (server.cpu_time() - before) / HANDSHAKES;
            // The first round is to warm up.
            if round > 0 {
                measured.push(each.as_secs_f64());
            }
        }
    }
    let reference = format!("÷ {}", names[0]);
    let mut table = Table::new(title, &["CPU µs", &reference, "per second of CPU"]);
    for (name, own) in names.iter().zip(&measured) {
        let each = median(own.iter().copied());
        let ratio = median(own.iter().zip(&measured[0]).map(|(own, reference)| own / reference));
        table.row(name, [significant(each * 1e6), format!("{ratio:.2}"), significant(1.0 / each)]);
    }
    table.print();
}

/// What the memory of a new process grows by for each connection that has been opened and waits.
pub fn idle(names: &[&str]) {
    let mut table = Table::new("idle: resident memory per connection", &["bytes"]);
    for name in names {
        let server = Server::start(name);
        let open = || stream::open(server.address(), true).expect("the server accepts");
        let first: Vec<_> = (0..100).map(|_| open()).collect();
        std::thread::sleep(Duration::from_millis(200));
        let before = server.resident_memory();
        let connections: Vec<_> = (0..IDLE).map(|_| open()).collect();
        std::thread::sleep(Duration::from_millis(200));
        let grown = server.resident_memory() - before;
        table.row(name, [significant(grown / connections.len() as f64)]);
        drop((first, connections, server));
    }
    table.print();
}

/// What the memory of a new process has grown by, each time after a thousand connections have announced a message of 100 MiB,
/// sent a byte of it, and gone.
pub fn announced(names: &[&str], tls: bool) {
    let title = "1,000 connections announce 100 MiB each: resident memory in MiB above the beginning";
    let mut table = Table::new(title, &["first", "second", "third time"]);
    for name in names {
        let server = Server::start(name);
        let open = || stream::open(server.address(), tls).expect("the server accepts");
        drop(open());
        let before = server.resident_memory();
        let grown = [(); 3].map(|()| {
            let mut connections: Vec<_> = (0..ANNOUNCING).map(|_| open()).collect();
            for connection in &mut connections {
                connection.write_all(ANNOUNCED).expect("the system takes a few bytes");
                let _ = connection.flush_some();
            }
            std::thread::sleep(Duration::from_millis(300));
            let grown = server.resident_memory() - before;
            drop(connections);
            std::thread::sleep(Duration::from_millis(300));
            significant(grown / f64::from(1 << 20))
        });
        table.row(name, grown);
    }
    table.print();
}
