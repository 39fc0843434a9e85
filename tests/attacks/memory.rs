//! Memory: a peer pays for what it has sent, and gets nothing for what it announces.

use std::cell::Cell;
use std::iter;
use std::rc::Rc;
use std::time::Duration;

use allocation_counter::measure;
use slotwire::prelude::*;

use crate::peer::{Peer, PeerListener, REQUEST, response_to};
use crate::support::{echo_server, frame, listening_server, pass, settle, wait_until};

pub(crate) const KIB: usize = 1024;
pub(crate) const MIB: usize = 1024 * KIB;

/// The figure that holds for each connection, above an idle one.
pub(crate) fn allowed(received: usize) -> usize {
    2 * received + 2 * KIB
}

/// A frame's header with the length as 64 bits, masked with zeros in a client.
pub(crate) fn header(first: u8, length: u64, is_client: bool) -> Vec<u8> {
    let mask_bit = if is_client { 0x80 } else { 0 };
    let mut header = vec![first, mask_bit | 127];
    header.extend(length.to_be_bytes());
    header.extend(iter::repeat_n(0, if is_client { 4 } else { 0 }));
    header
}

pub(crate) fn receive_only(socket: WebSocket) {
    socket.binary_message_received().connect(|_| {});
}

/// Both roles: a server's peer, and a client's. What they send is received, and nothing is done with it.
fn peers() -> [Peer; 2] {
    let server = listening_server();
    server.new_connection().connect(move |()| receive_only(server.next_pending_connection().unwrap()));
    let client = WebSocket::new();
    receive_only(client);
    let mut peers = [Peer::client_of(server), Peer::server_of(client)];
    for peer in &mut peers {
        // What there is once for all connections.
        peer.send_frame(0x82, [7; 100]);
    }
    settle();
    peers
}

/// Sends all of it and lets it be taken; allocates nothing itself.
fn send(peer: &mut Peer, mut bytes: &[u8]) {
    wait_until("all is sent", || {
        bytes = &bytes[peer.try_send(bytes)..];
        bytes.is_empty()
    });
    settle();
}

/// The most that was held meanwhile, above what was held before.
fn peak(attack: impl FnOnce()) -> usize {
    measure(attack).bytes_max.try_into().unwrap()
}

#[test]
fn what_a_header_announces_takes_no_memory_however_much_of_it_arrives() {
    let payload = vec![0; 5 * MIB];
    for arrives in [0, 1, 100, KIB, 10 * KIB, 100 * KIB, MIB, 5 * MIB] {
        for peer in &mut peers() {
            let begin = header(0x82, 100 * MIB as u64, peer.is_client);
            let peak = peak(|| {
                send(peer, &begin);
                send(peer, &payload[..arrives]);
            });
            println!("{arrives} of 100 MiB: {peak}");
            assert!(peak <= allowed(begin.len() + arrives), "{arrives} bytes: {peak}");
        }
    }
}

#[test]
fn a_header_that_does_not_end_takes_its_own_memory() {
    for size in 1..10 {
        for peer in &mut peers() {
            let header = header(0x82, 100 * MIB as u64, peer.is_client);
            let peak = peak(|| send(peer, &header[..size]));
            assert!(peak <= allowed(size), "{size} bytes: {peak}");
        }
    }
}

#[test]
fn a_ping_within_a_message_takes_no_more_than_it_brings() {
    for peer in &mut peers() {
        let message = frame(0x02, &[7], peer.is_client);
        let ping = frame(0x89, &[7; 125], peer.is_client);
        let peak = peak(|| {
            send(peer, &message);
            send(peer, &ping[..10]);
        });
        assert!(peak <= allowed(message.len() + 10), "{peak}");
    }
}

#[test]
fn fragments_take_the_memory_of_what_has_arrived_until_the_message_is_put_together() {
    for size in [0, 1, 10, 1000, 70_000] {
        for count in [1, 10, 100, 1000] {
            for peer in &mut peers() {
                let fragment = frame(0x00, &vec![7; size], peer.is_client);
                let fragments = fragment.repeat(count);
                let (first, last) = (frame(0x02, &[], peer.is_client), frame(0x80, &[], peer.is_client));
                let peak = peak(|| {
                    send(peer, &first);
                    send(peer, &fragments);
                    send(peer, &last);
                });
                let sent = first.len() + fragments.len() + last.len();
                println!("{count} fragments of {size}: {peak} for {sent}");
                assert!(peak <= allowed(sent), "{count} fragments of {size}: {peak}");
            }
        }
    }
}

#[test]
fn a_head_that_trickles_in_takes_no_more_than_it_has_brought() {
    let (server, client) = (listening_server(), WebSocket::new());
    drop(Peer::client_of(server));
    // However slow the machine is, the time for the opening does not pass.
    let _clock = VirtualClock::install();
    for pieces in [1, 7, 1000, 8000] {
        let listener = PeerListener::new();
        client.open(listener.url());
        let mut peers = [Peer::connect(server), listener.accept()];
        peers[1].read_head();
        for peer in &mut peers {
            settle();
            let line = [b"x: ".as_slice(), &[b'a'; 200], b"\r\n"].concat();
            let first: &[u8] = if peer.is_client { b"GET / HTTP/1.1\r\n" } else { b"HTTP/1.1 101 X\r\n" };
            let head = [first, &line.repeat(if pieces == 1 { 20 } else { 200 })].concat();
            let peak = peak(|| head.chunks(pieces).for_each(|piece| send(peer, piece)));
            println!("{} bytes of a head, {pieces} at a time: {peak}", head.len());
            assert!(peak <= allowed(head.len()), "{pieces} at a time: {peak}");
        }
        client.abort();
    }
}

#[test]
fn a_head_that_is_larger_than_the_limit_is_refused_in_both_roles() {
    let limits = Limits::qt().with_max_head_size(2000);
    let fields = |count: usize| "x: a\r\n".repeat(count);
    for (is_whole, count, is_taken) in [(true, 80, true), (true, 400, false), (false, 400, false)] {
        let end = if is_whole { "\r\n" } else { "" };
        let server = echo_server();
        server.set_limits(limits.clone());
        let mut peer = Peer::connect(server);
        peer.send(REQUEST.replace("\r\n\r\n", &format!("\r\n{}{end}", fields(count))));
        let answer = peer.read_head();
        assert!(answer.starts_with(if is_taken { "HTTP/1.1 101 " } else { "HTTP/1.1 431 " }), "{answer}");

        let client = WebSocket::new();
        client.set_limits(limits.clone());
        let listener = PeerListener::new();
        client.open(listener.url());
        let mut peer = listener.accept();
        let response = response_to(&peer.read_head());
        peer.send(response.replace("\r\n\r\n", &format!("\r\n{}{end}", fields(count))));
        wait_until("the handshake is over", || client.state() != SocketState::Connecting);
        assert_eq!(client.is_valid(), is_taken);
        if !is_taken {
            assert_eq!(client.error_string(), "Header is too large: it does not end within 2000 bytes");
        }
    }
}

#[test]
fn a_large_request_is_kept_in_its_compact_form() {
    let server = echo_server();
    drop(Peer::client_of(server));
    let field = |index: usize| format!("x{index}: {}\r\n", "a".repeat(600));
    let fields: String = (0..80).map(field).collect();
    let request = REQUEST.replace("\r\n\r\n", &format!("\r\n{fields}\r\n"));
    let mut peer = Peer::connect(server);
    settle();
    let held = measure(|| {
        send(&mut peer, request.as_bytes());
        settle();
    });
    assert!(peer.read_head().starts_with("HTTP/1.1 101 "));
    println!("a request of {}: {} held, {} at most", request.len(), held.bytes_current, held.bytes_max);
    assert!(held.bytes_current as usize <= request.len() + 2 * KIB);
    assert!(held.bytes_max as usize <= allowed(request.len()));
}

#[test]
fn a_thousand_connections_that_announce_and_reset_leave_nothing() {
    const CONNECTIONS: usize = 200;
    let server = echo_server();
    drop(Peer::client_of(server));
    settle();
    let begin = [&header(0x82, 100 * MIB as u64, true)[..], &[7]].concat();
    let mut after_first = 0;
    for round in 0..3 {
        let held = measure(|| {
            let mut peers: Vec<_> = (0..CONNECTIONS).map(|_| Peer::client_of(server)).collect();
            let growth = peak(|| peers.iter_mut().for_each(|peer| send(peer, &begin)));
            println!("{CONNECTIONS} unfinished messages: {growth}");
            assert!(growth <= CONNECTIONS * allowed(begin.len()), "{growth}");
            peers.into_iter().for_each(Peer::reset);
            settle();
        });
        after_first += if round == 0 { 0 } else { held.bytes_current };
    }
    assert!(after_first < 64 * CONNECTIONS as i64, "each round leaves something: {after_first}");
}

/// A client of the crate's that gets back what it sends.
fn echo_client(server: WebSocketServer) -> (WebSocket, Rc<Cell<usize>>) {
    let client = WebSocket::new();
    let received = Rc::new(Cell::new(0));
    let count = received.clone();
    client.binary_message_received().connect(move |bytes| count.set(count.get() + bytes.len()));
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
    (client, received)
}

/// What is held of that by the end, besides what was held before.
fn held(work: impl FnOnce()) -> i64 {
    measure(work).bytes_current
}

#[test]
fn what_echoed_messages_took_is_given_back_ten_seconds_later() {
    let clock = VirtualClock::install();
    let server = echo_server();
    let echo = || {
        let (client, received) = echo_client(server);
        let message = vec![7; MIB];
        for count in 1..=64 {
            client.send_binary_message(&message);
            wait_until("the echo is there", || received.get() == count * MIB);
        }
        client.close();
        wait_until("closed", || client.state() == SocketState::Unconnected);
        client.delete();
        settle();
    };
    let held = held(|| {
        let before = measure(echo).bytes_current;
        pass(&clock, Duration::from_secs(10));
        println!("64 MiB echoed: {before} before");
    });
    println!("64 MiB echoed: {held} after");
    assert!(held <= MIB as i64, "{held}");
    assert_eq!(Application::next_timeout(), None, "nothing is left to give back");
    server.delete();
}

#[test]
fn a_loop_waits_no_longer_than_until_it_gives_memory_back() {
    let server = echo_server();
    let (client, received) = echo_client(server);
    client.send_binary_message([7; KIB]);
    wait_until("the echo is there", || received.get() == KIB);
    client.delete();
    server.delete();
    settle();
    let timeout = Application::next_timeout();
    assert!(timeout.is_some_and(|timeout| timeout <= Duration::from_secs(4)), "{timeout:?}");

    let clock = VirtualClock::install();
    pass(&clock, Duration::from_secs(10));
    drop(clock);
    assert_eq!(Application::next_timeout(), None);
}

#[test]
fn what_many_messages_at_once_took_is_given_back_at_once_by_a_call() {
    let server = echo_server();
    let held = held(|| {
        let clients: Vec<_> = (0..20).map(|_| echo_client(server)).collect();
        let message = vec![7; 700 * KIB];
        for (client, _) in &clients {
            client.send_binary_message(&message);
        }
        for (client, received) in &clients {
            wait_until("the echo is there", || received.get() == message.len());
            client.close();
            wait_until("closed", || client.state() == SocketState::Unconnected);
            client.delete();
        }
        settle();
        Application::release_memory();
    });
    println!("20 x 700 KiB echoed at once: {held} after release_memory()");
    assert!(held <= 64 * KIB as i64, "{held}");
}

#[test]
fn what_the_tables_had_for_many_connections_is_given_back() {
    const CONNECTIONS: usize = 400;
    let clock = VirtualClock::install();
    let server = echo_server();
    drop(Peer::client_of(server));
    pass(&clock, Duration::from_secs(10));
    let held = held(|| {
        let peers: Vec<_> = (0..CONNECTIONS).map(|_| Peer::client_of(server)).collect();
        settle();
        drop(peers);
        settle();
        pass(&clock, Duration::from_secs(10));
    });
    println!("{CONNECTIONS} connections closed: {held}");
    assert!(held <= 32 * KIB as i64, "{held}");
}

#[test]
fn the_body_of_a_refusal_is_passed_over_and_not_kept() {
    let client = WebSocket::new();
    client.authentication_required().connect(|authenticator| {
        authenticator.set_user("user");
        authenticator.set_password("secret");
    });
    drop(Peer::client_of(echo_server()));
    let listener = PeerListener::new();
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    let body = vec![b'x'; 200 * KIB];
    let head = "HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 204800\r\n\r\n";
    let peak = peak(|| {
        send(&mut peer, head.as_bytes());
        body.chunks(KIB).for_each(|part| send(&mut peer, part));
    });
    println!("a body of 200 KiB: {peak}");
    assert!(peak <= 8 * KIB, "{peak}");
    peer.accept_handshake();
    wait_until("the second request is accepted", || client.is_valid());
}

#[test]
fn the_answer_of_a_proxy_takes_no_more_than_a_head_may_have() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.set_proxy(NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", listener.port()));
    drop(Peer::client_of(echo_server()));
    client.open("ws://localhost:1/");
    let mut peer = listener.accept();
    peer.read_head();
    let endless = vec![b'x'; 300 * KIB];
    let peak = peak(|| {
        peer.try_send(b"HTTP/1.1 200 X\r\nx: ");
        for part in endless.chunks(KIB) {
            peer.try_send(part);
            settle();
        }
    });
    println!("an endless answer of a proxy: {peak}");
    assert!(peak <= allowed(64 * KIB) + 64 * KIB, "{peak}");
    assert_eq!(client.state(), SocketState::Unconnected);
}

#[test]
fn pings_of_a_peer_that_does_not_read_take_the_answers_of_one_turn() {
    let server = listening_server();
    let (mut peer, socket) = Peer::with_accepted(server);
    peer.send_frame(0x89, "first");
    settle();
    // What the system takes of the output is full.
    while socket.bytes_to_write() < MIB as u64 {
        socket.send_binary_message([7; 64 * KIB]);
        settle();
    }
    let pings = frame(0x89, &[7; 125], true).repeat(10_000);
    let peak = peak(|| {
        peer.try_send(&pings);
        settle();
    });
    println!("10,000 pings to a peer that does not read: {peak}");
    // The answers of one turn are collected before it shows that the system takes no more.
    assert!(peak <= 1024 * 131 + 4 * KIB, "{peak}");
}
