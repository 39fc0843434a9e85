//! Peers that begin and do not go on, and peers of which nothing is heard.

use std::time::Duration;

use slotwire::prelude::*;

use crate::peer::Peer;
use crate::scheme::Scheme;
use crate::support::{accepted_socket, listening_server, pass, settle, wait_for_end, wait_until};

const SECOND: Duration = Duration::from_secs(1);

/// A scripted peer of a socket with these limits: its client, and then its server.
fn both_roles(limits: &Limits) -> impl Iterator<Item = (Peer, WebSocket)> {
    let accepted = |limits| {
        let server = listening_server();
        server.set_limits(limits);
        Peer::with_accepted(server)
    };
    let opened = |limits| {
        let client = WebSocket::new();
        client.set_limits(limits);
        (Peer::server_of(client), client)
    };
    [accepted as fn(Limits) -> _, opened].into_iter().map(move |role| role(limits.clone()))
}

/// Lets time pass a second at a time, until the socket has lost its connection; how many seconds that took.
fn seconds_until_end(clock: &VirtualClock, socket: WebSocket, most: u32) -> u32 {
    (0..most)
        .find(|_| {
            pass(clock, SECOND);
            socket.state() == SocketState::Unconnected
        })
        .unwrap_or(most)
}

#[test]
fn a_byte_every_four_and_a_half_seconds_does_not_live_for_ever() {
    let clock = VirtualClock::install();
    for (mut peer, socket) in both_roles(&Limits::internet()) {
        peer.send(&peer.frame(0x82, [0; 1000])[..8]);
        settle();
        let mut bytes = 0;
        while socket.state() == SocketState::Connected {
            pass(&clock, Duration::from_millis(4500));
            peer.try_send(&[0]);
            settle();
            bytes += 1;
            assert!(bytes <= 6, "it goes on");
        }
        wait_for_end(socket);
        assert!(bytes >= 4, "20 seconds are given, not {bytes} × 4.5");
        assert_eq!(socket.close_code(), CloseCode::GoingAway);
    }
}

#[test]
fn empty_fragments_and_pings_give_an_unfinished_message_no_time() {
    let clock = VirtualClock::install();
    for (mut peer, socket) in both_roles(&Limits::internet()) {
        peer.send(peer.frame(0x02, b"begun"));
        for _ in 0..21 {
            pass(&clock, SECOND);
            let (empty, ping) = (peer.frame(0x00, b""), peer.frame(0x89, b"?"));
            peer.try_send(&[empty, ping].concat());
            settle();
        }
        wait_for_end(socket);
        assert_eq!(socket.close_code(), CloseCode::GoingAway);
    }
}

#[test]
fn a_slow_but_steady_sender_of_a_large_message_is_waited_for() {
    let clock = VirtualClock::install();
    for (mut peer, socket) in both_roles(&Limits::internet()) {
        let received = SignalSpy::new(socket.binary_message_received());
        // Two minutes, at 600 bytes a second.
        for part in peer.frame(0x82, [7; 72_000]).chunks(600) {
            peer.send(part);
            settle();
            pass(&clock, SECOND);
        }
        wait_until("the message", || !received.is_empty());
        assert!(socket.is_valid());
    }
}

#[test]
fn the_time_of_a_message_begins_with_that_message() {
    let clock = VirtualClock::install();
    for (mut peer, socket) in both_roles(&Limits::internet()) {
        let received = SignalSpy::new(socket.binary_message_received());
        let message = peer.frame(0x82, [7; 100]);
        peer.send(&message[..50]);
        // Each read ends one message and begins the next: there is always one unfinished, and none is for long.
        for _ in 0..60 {
            settle();
            pass(&clock, SECOND);
            peer.send([&message[50..], &message[..50]].concat());
        }
        wait_until("the messages", || received.len() == 60);
        assert!(socket.is_valid());
    }
}

#[test]
fn a_pause_within_a_message_ends_the_connection_by_the_limits_of_its_socket() {
    let clock = VirtualClock::install();
    for (limits, seconds) in [(Limits::qt(), 5), (Limits::internet(), 10)] {
        for (mut peer, socket) in both_roles(&limits) {
            peer.send(&peer.frame(0x81, b"never complete")[..8]);
            settle();
            let waited = seconds_until_end(&clock, socket, 20);
            assert!((seconds - 1..=seconds + 1).contains(&waited), "{waited} s instead of {seconds}");
            assert_eq!(socket.close_code(), CloseCode::GoingAway);
        }
    }
}

#[test]
fn without_the_limits_an_unfinished_message_is_waited_for() {
    let clock = VirtualClock::install();
    for (mut peer, socket) in both_roles(&Limits::qt().with_max_message_pause(None)) {
        let message = peer.frame(0x81, b"at last");
        let received = SignalSpy::new(socket.text_message_received());
        peer.send(&message[..8]);
        settle();
        pass(&clock, Duration::from_secs(3600));
        peer.send(&message[8..]);
        wait_until("the message", || !received.is_empty());
    }
}

#[test]
fn a_silent_peer_is_pinged_and_one_that_answers_stays() {
    let clock = VirtualClock::install();
    for (mut peer, socket) in both_roles(&Limits::internet()) {
        let mut pings = 0;
        for _ in 0..200 {
            pass(&clock, SECOND);
            while !peer.take_received().is_empty() {
                pings += 1;
                peer.send(peer.frame(0x8a, b""));
                settle();
            }
        }
        assert!((7..=10).contains(&pings), "{pings} pings in 200 seconds");
        assert!(socket.is_valid());
        socket.abort();
    }
}

#[test]
fn a_peer_that_answers_no_ping_is_ended() {
    let clock = VirtualClock::install();
    for scheme in Scheme::both() {
        for (mut peer, socket) in both_roles(&Limits::internet()) {
            let waited = seconds_until_end(&clock, socket, 60);
            assert!((38..=46).contains(&waited), "{waited} s");
            assert_eq!(socket.close_code(), CloseCode::GoingAway);
            assert_eq!(peer.read_frame().first, 0x89);
            assert_eq!(peer.read_close().0, 1001);
        }
        // Of two ends of this crate, both answer, whoever pings.
        let (client, accepted) = scheme.connected(Limits::internet());
        let pongs = SignalSpy::new(accepted.pong());
        for _ in 0..100 {
            pass(&clock, SECOND);
        }
        assert!(client.is_valid() && accepted.is_valid());
        assert!(pongs.len() >= 3, "{} pings", pongs.len());
    }
}

#[test]
fn without_pings_a_peer_that_has_nothing_to_say_is_ended_by_the_limit_of_silence() {
    let clock = VirtualClock::install();
    let limits = Limits::qt().with_idle_timeout(Some(Duration::from_secs(30)));
    for (mut peer, socket) in both_roles(&limits) {
        for _ in 0..5 {
            pass(&clock, Duration::from_secs(20));
            peer.send(peer.frame(0x81, b"now and then"));
            settle();
        }
        assert!(socket.is_valid());
        let waited = seconds_until_end(&clock, socket, 60);
        assert!((28..=39).contains(&waited), "{waited} s");
        assert_eq!(peer.read_close().0, 1001);
    }
}

#[test]
fn with_pings_alone_nobody_is_ended() {
    let clock = VirtualClock::install();
    for (mut peer, socket) in both_roles(&Limits::qt().with_ping_after(Some(SECOND))) {
        for _ in 0..60 {
            pass(&clock, SECOND);
        }
        assert_eq!(peer.read_frame().first, 0x89);
        assert!(peer.take_received().is_empty(), "it is not asked twice");
        assert!(socket.is_valid());
        socket.abort();
    }
}

#[test]
fn limits_of_silence_that_are_set_on_an_open_connection_hold_from_then_on() {
    let clock = VirtualClock::install();
    for (peer, socket) in both_roles(&Limits::qt()) {
        pass(&clock, Duration::from_secs(3600));
        assert!(socket.is_valid());
        socket.set_limits(Limits::qt().with_idle_timeout(Some(Duration::from_secs(10))));
        assert!(seconds_until_end(&clock, socket, 60) < 15);
        drop(peer);
    }
}

#[test]
fn many_silent_connections_are_ended_within_a_quarter_of_the_limit() {
    let clock = VirtualClock::install();
    let server = listening_server();
    server.set_max_pending_connections(1000);
    server.set_limits(Limits::qt().with_idle_timeout(Some(Duration::from_secs(40))));
    let peers: Vec<_> = (0..300).map(|_| Peer::client_of(server)).collect();
    let sockets: Vec<_> = peers.iter().map(|_| accepted_socket(server)).collect();
    for _ in 0..36 {
        pass(&clock, SECOND);
    }
    assert!(sockets.iter().all(|socket| socket.is_valid()));
    for _ in 0..14 {
        pass(&clock, SECOND);
    }
    assert!(sockets.iter().all(|socket| socket.state() == SocketState::Unconnected));
    // Nobody is left to look after.
    pass(&clock, Duration::from_secs(20));
    assert_eq!(Application::next_timeout(), None);
}

/// What comes over TLS is unfinished too if only a part of its records comes.
#[cfg(feature = "_tls")]
#[test]
fn a_pause_within_a_message_ends_a_connection_over_tls() {
    use crate::identity::Authority;
    use crate::relay::Relay;

    const PAYLOAD: usize = 200_000;
    // Of the message, and of the message and its echo.
    for what_arrives in [PAYLOAD / 2, PAYLOAD + PAYLOAD / 2] {
        let authority = Authority::new();
        let server = authority.echo_server();
        server.set_limits(Limits::internet());
        let client = authority.client();
        client.set_limits(Limits::internet());
        let mut relay = Relay::between(client, server);
        relay.pass_until("connected", || client.is_valid());
        let clock = VirtualClock::install();
        client.send_binary_message(vec![0; PAYLOAD]);
        let mut left = what_arrives;
        for _ in 0..200 {
            settle();
            relay.pass_on(|_, bytes| {
                bytes.truncate(left);
                left -= bytes.len();
            });
        }
        let mut seconds = 0;
        while client.state() != SocketState::Unconnected && seconds < 60 {
            pass(&clock, SECOND);
            relay.pass_on(|_, _| {});
            settle();
            seconds += 1;
        }
        assert!((9..=12).contains(&seconds), "{seconds} s");
        assert_eq!(client.close_code(), CloseCode::GoingAway);
        drop(clock);
    }
}
