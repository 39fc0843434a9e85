//! Texts that are opened, against what real Qt makes of each: `recorded.tsv`, which `record.py` writes.

use slotwire::prelude::*;

use crate::journal::Journal;
use crate::peer::{Peer, PeerListener};
use crate::support::{settle, wait_until};

const RECORDED: &str = include_str!("recorded.tsv");

/// A text, and what comes of it.
struct Row<'r> {
    text: String,
    outcome: Vec<&'r str>,
}

fn rows() -> Vec<Row<'static>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for line in RECORDED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<_> = line.split('\t').collect();
        match columns[0] {
            "!" => rows.last_mut().unwrap().outcome = columns[1..].to_vec(),
            text => rows.push(Row { text: unescaped(text), outcome: columns[1..].to_vec() }),
        }
    }
    rows
}

/// The text in quotes, with escapes as in Rust.
fn unescaped(quoted: &str) -> String {
    let mut text = String::new();
    let mut rest = quoted[1..quoted.len() - 1].chars();
    while let Some(character) = rest.next() {
        text.push(match character {
            '\\' => match rest.next().unwrap() {
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                '0' => '\0',
                'u' => {
                    let digits: String = rest.by_ref().skip(1).take_while(|digit| *digit != '}').collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
                }
                other => other,
            },
            character => character,
        });
    }
    text
}

/// Opens it through a proxy that accepts everything: the target, the field `Host`, the peer's name, and the error.
fn outcome_of(text: &str) -> Vec<String> {
    let proxy = PeerListener::new();
    let socket = WebSocket::new().scoped();
    socket.set_proxy(NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", proxy.port()));
    let journal = Journal::of(*socket);
    socket.open(text);
    let (mut host, mut refused) = (String::new(), String::new());
    if socket.state() == SocketState::Unconnected {
        refused = socket.error_string();
        let error = match refused.starts_with("Unsupported WebSocket scheme: ") {
            true => SocketError::UnsupportedSocketOperation,
            false => SocketError::ConnectionRefused,
        };
        assert_eq!(journal.take(), [format!("error_occurred({error:?})")], "{text:?}");
    } else if !socket.peer_name().is_empty() || text.starts_with("wss://") {
        let mut peer = proxy.accept();
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\n\r\n");
        if text.starts_with("wss:") {
            wait_until("TLS begins", || !socket.peer_name().is_empty());
        } else {
            host = host_field(&mut peer, &socket.resource_name());
        }
    }
    [socket.resource_name(), host, socket.peer_name(), refused]
        .map(|column| if column.is_empty() { "-".to_owned() } else { column })
        .to_vec()
}

/// Reads a request, which has to be for that.
fn host_field(peer: &mut Peer, resource: &str) -> String {
    let request = peer.read_head();
    assert!(request.starts_with(&format!("GET {resource} HTTP/1.1\r\n")), "{request}");
    let fields: Vec<_> = request.lines().filter_map(|line| line.strip_prefix("Host: ")).collect();
    assert_eq!(fields.len(), 1, "{request}");
    fields[0].to_owned()
}

#[test]
fn a_text_is_asked_for_as_qt_asks_for_it() {
    let mut wrong = Vec::new();
    for Row { text, outcome } in rows() {
        if text.starts_with("wss:") && !cfg!(feature = "_tls") {
            continue;
        }
        let ours = outcome_of(&text);
        if ours != outcome {
            wrong.push(format!("{text:?}\n    it should be {outcome:?}\n    and it is    {ours:?}"));
        }
    }
    settle();
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}
