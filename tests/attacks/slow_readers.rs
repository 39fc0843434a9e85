//! Peers that do not read what is sent to them.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::peer::Peer;
use crate::scheme::Scheme;
use crate::support::{accepted_socket, listening_server, pass, settle, wait_for_end, wait_until};

const SECOND: Duration = Duration::from_secs(1);
const MIB: usize = 1024 * 1024;

/// What the systems of both ends hold of a connection, at most.
const IN_THE_SYSTEM: usize = 16 * MIB;

fn limited_to(bytes: usize, policy: SlowPeerPolicy) -> Limits {
    Limits::internet().with_max_bytes_to_write(Some(bytes)).with_slow_peer_policy(policy)
}

fn try_again_later() -> CloseCode {
    CloseCode::from(1013)
}

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

/// Sends until that is refused; how many messages were taken.
fn send_until_refused(socket: WebSocket, message: &[u8]) -> usize {
    let taken = (0..).take_while(|_| socket.send_binary_message(message) > 0).take(1_000_000).count();
    assert!(taken < 1_000_000, "nothing bounds it");
    taken
}

/// What a peer sends, over and over, as far as it is taken, while the other end handles it; how much that was.
fn flood(peer: &mut Peer, flood: &[u8], rounds: usize) -> usize {
    let mut sent = 0;
    for _ in 0..rounds {
        sent += peer.try_send(&flood[sent % flood.len()..]);
        settle();
    }
    sent
}

fn echo(socket: WebSocket) {
    socket.binary_message_received().connect(move |bytes| {
        assert_eq!(socket.send_binary_message(bytes), bytes.len(), "an echo was lost");
    });
}

#[test]
fn what_waits_for_a_peer_that_never_reads_is_bounded_in_both_roles() {
    for policy in [
        SlowPeerPolicy::StopReading { up_to: SECOND },
        SlowPeerPolicy::Close(CloseCode::PolicyViolated),
        SlowPeerPolicy::Close(try_again_later()),
        SlowPeerPolicy::Abort,
    ] {
        for (mut peer, socket) in both_roles(&limited_to(MIB, policy)) {
            let errors = SignalSpy::new(socket.error_occurred());
            let message = vec![1; 100_000];
            send_until_refused(socket, &message);
            let waiting = socket.bytes_to_write() as usize;
            assert!(waiting <= IN_THE_SYSTEM + MIB + message.len() + 100, "{waiting} bytes wait");
            assert!(
                errors.is_empty() && socket.state() == SocketState::Connected,
                "it is told from the loop"
            );
            assert_eq!(socket.send_text_message("one more"), 0);

            wait_for_end(socket);
            assert_eq!(errors.take(), [SocketError::SocketResource]);
            let expected = match policy {
                SlowPeerPolicy::Close(code) => code,
                SlowPeerPolicy::Abort => CloseCode::AbnormalDisconnection,
                _ => try_again_later(),
            };
            assert_eq!(socket.close_code(), expected, "{policy:?}");
            if policy != SlowPeerPolicy::Abort {
                // Who begins to read gets all that was taken, and then the reason.
                let received = peer.read_end().0;
                let close = [&u16::from(expected).to_be_bytes(), &b"The peer does not read."[..]].concat();
                assert!(received.ends_with(&close) || !received.ends_with(&message), "{policy:?}");
            }
        }
    }
}

#[test]
fn the_bound_holds_over_tls() {
    let clock = VirtualClock::install();
    for scheme in Scheme::both() {
        let limits = limited_to(MIB, SlowPeerPolicy::Abort);
        let (client, accepted) = scheme.connected(limits.clone());
        client.set_limits(limits);
        for (sender, receiver) in [(client, accepted), (accepted, client)] {
            // Everything is read: far more than the limit goes through.
            let received = Rc::new(Cell::new(0));
            let sum = received.clone();
            let connection =
                receiver.binary_message_received().connect(move |bytes| sum.set(sum.get() + bytes.len()));
            let mut sent = 0;
            while sent < 20 * MIB {
                if sender.bytes_to_write() < MIB as u64 / 2 {
                    sent += sender.send_binary_message(vec![3; 100_000]);
                }
                Application::process_events();
            }
            wait_until("all has arrived", || received.get() == sent);
            connection.disconnect();
        }
        // Then nothing is: no loop runs while it is sent.
        let taken = send_until_refused(accepted, &[1; 100_000]) * 100_000;
        assert!(taken < IN_THE_SYSTEM + 2 * MIB, "{taken}");
        settle();
        assert_eq!(accepted.close_code(), CloseCode::AbnormalDisconnection);
        pass(&clock, SECOND);
    }
}

#[test]
fn a_message_larger_than_the_limit_goes_out_when_nothing_waits() {
    for (mut peer, socket) in both_roles(&limited_to(1000, SlowPeerPolicy::Abort)) {
        let message = vec![7; 30 * MIB];
        assert_eq!(socket.send_binary_message(&message), message.len());
        let mut received = 0;
        wait_until("it has arrived", || {
            received += peer.take_received().len();
            received > message.len() && socket.bytes_to_write() == 0
        });
        assert_eq!(socket.send_text_message("next"), 4);
        settle();
        assert!(socket.is_valid());
    }
}

#[test]
fn many_messages_in_one_slot_are_no_reason_to_end_a_peer_that_reads() {
    for (mut peer, socket) in both_roles(&limited_to(100_000, SlowPeerPolicy::Abort)) {
        // Far more than the limit, and far less than the system takes at once.
        for _ in 0..1000 {
            assert_eq!(socket.send_binary_message([1; 1000]), 1000);
        }
        let mut received = 0;
        wait_until("it has arrived", || {
            received += peer.take_received().len();
            received >= 1000 * 1000
        });
        assert!(socket.is_valid());
    }
}

#[test]
fn who_floods_and_does_not_read_is_not_read_and_is_ended_after_the_wait() {
    let clock = VirtualClock::install();
    let policy = SlowPeerPolicy::StopReading { up_to: Duration::from_secs(30) };
    for (mut peer, socket) in both_roles(&limited_to(4 * MIB, policy)) {
        echo(socket);
        let errors = SignalSpy::new(socket.error_occurred());
        let message = peer.frame(0x82, [0; 1000]).repeat(1000);
        flood(&mut peer, &message, 200);
        let waiting = socket.bytes_to_write() as usize;
        assert!(waiting < 4 * MIB, "{waiting} bytes wait");
        assert!(socket.is_valid());
        for _ in 0..28 {
            pass(&clock, SECOND);
            assert_eq!(peer.try_send(&message), 0, "nothing is read meanwhile");
        }
        assert!(socket.is_valid());
        pass(&clock, 4 * SECOND);
        wait_for_end(socket);
        assert_eq!(socket.close_code(), try_again_later());
        assert_eq!(errors.take(), [SocketError::SocketTimeout]);
        peer.read_end();
    }
}

#[test]
fn who_reads_again_in_time_gets_everything() {
    let clock = VirtualClock::install();
    for (mut peer, socket) in both_roles(&limited_to(MIB, SlowPeerPolicy::StopReading { up_to: 30 * SECOND }))
    {
        echo(socket);
        let message = peer.frame(0x82, [0; 1000]).repeat(1000);
        let sent = flood(&mut peer, &message, 100);
        pass(&clock, 20 * SECOND);
        // The rest of the message that was cut off.
        let rest = &message[sent % message.len()..];
        let rest = &rest[..rest.len() % (message.len() / 1000)];
        let total = (sent + rest.len()) / (message.len() / 1000) * (socket_frame(&peer));
        let mut received = 0;
        let mut left = rest;
        wait_until("every echo has come", || {
            received += peer.take_received().len();
            left = &left[peer.try_send(left)..];
            received == total
        });
        pass(&clock, 15 * SECOND);
        assert!(socket.is_valid(), "the wait is over");
    }
}

/// The size of an echo of 1000 bytes to that peer.
fn socket_frame(peer: &Peer) -> usize {
    // A frame of the peer is masked when one of the socket is not.
    (4 + 1000 + 4 + 1000 + 4) - peer.frame(0x82, [0; 1000]).len()
}

#[test]
fn without_a_limit_a_client_is_slowed_as_a_server_is() {
    let _clock = VirtualClock::install();
    for (mut peer, socket) in both_roles(&Limits::qt()) {
        echo(socket);
        let message = peer.frame(0x82, [0; 1000]).repeat(1000);
        // As much as 1 GB, of which what the system buffers and a few reads are taken.
        flood(&mut peer, &message, 1000);
        let waiting = socket.bytes_to_write();
        assert!(waiting < 32 * MIB as u64, "{waiting} bytes wait");
        assert!(socket.is_valid());
    }
}

/// Both ends send until neither takes more, and each answers what it receives: whoever waits for the other one, it ends.
#[test]
fn two_ends_do_not_wait_for_each_other_for_ever() {
    let clock = VirtualClock::install();
    for scheme in Scheme::both() {
        for limits in [Limits::qt(), limited_to(MIB, SlowPeerPolicy::StopReading { up_to: 30 * SECOND })] {
            let (client, accepted) = scheme.connected(limits.clone());
            client.set_limits(limits.clone());
            let handled = Rc::new(Cell::new(0_u32));
            for socket in [client, accepted] {
                let handled = handled.clone();
                socket.binary_message_received().connect(move |bytes| {
                    handled.set(handled.get() + 1);
                    socket.send_binary_message(bytes);
                });
                // No loop runs meanwhile, so that neither end can read.
                while socket.bytes_to_write() < 900_000 {
                    socket.send_binary_message(vec![0; 100_000]);
                    socket.flush();
                }
            }
            let is_over = || [client, accepted].iter().any(|socket| !socket.is_valid());
            for second in 0..40 {
                let before = handled.get();
                clock.advance(SECOND);
                for _ in 0..10 {
                    Application::process_events();
                }
                if is_over() {
                    assert!(limits.max_bytes_to_write().is_some() && second >= 29);
                    break;
                }
                // Where nothing is limited, neither waits for more than a tenth of a second.
                assert!(limits.max_bytes_to_write().is_some() || handled.get() > before, "nothing goes on");
            }
            assert!(is_over() || handled.get() > 100, "they wait for each other");
            for socket in [client, accepted] {
                socket.binary_message_received().disconnect_all();
            }
            client.abort();
            accepted.abort();
            settle();
        }
    }
}

#[test]
fn a_program_that_sends_to_many_is_not_interrupted_by_the_end_of_one() {
    let server = listening_server();
    server.set_limits(limited_to(MIB, SlowPeerPolicy::Abort));
    let mut peers: Vec<_> = (0..3).map(|_| Peer::client_of(server)).collect();
    let clients: Rc<std::cell::RefCell<Vec<_>>> = Rc::default();
    for _ in &peers {
        let socket = accepted_socket(server);
        clients.borrow_mut().push(socket);
        let list = clients.clone();
        socket.disconnected().connect(move |()| {
            // Panics if the list is being walked.
            list.borrow_mut().retain(|other| *other != socket);
            socket.delete_later();
        });
    }
    for _ in 0..400 {
        for socket in clients.borrow().iter() {
            socket.send_binary_message(vec![0; 100_000]);
        }
        settle();
        peers[0].take_received();
        peers[1].take_received();
    }
    assert_eq!(clients.borrow().len(), 2);
    assert!(clients.borrow().iter().all(|socket| socket.is_valid()));
}

#[test]
fn slots_may_do_anything_when_a_message_finds_no_room() {
    type Act = fn(WebSocket);
    let acts: [Act; 6] = [
        WebSocket::close,
        WebSocket::abort,
        |socket| socket.delete(),
        |socket| socket.delete_later(),
        |socket| socket.set_limits(Limits::qt()),
        |socket| assert_eq!(socket.send_text_message("more"), 0),
    ];
    for policy in [SlowPeerPolicy::Close(try_again_later()), SlowPeerPolicy::Abort] {
        for act in acts {
            for (mut peer, socket) in both_roles(&limited_to(MIB, policy)) {
                // In the slot of the error, and before it comes.
                socket.error_occurred().connect(move |_| act(socket));
                send_until_refused(socket, &[0; 100_000]);
                wait_until("the end", || socket.state() == SocketState::Unconnected);
                peer.read_end();
            }
            for (mut peer, socket) in both_roles(&limited_to(MIB, policy)) {
                send_until_refused(socket, &[0; 100_000]);
                act(socket);
                wait_until("the end", || socket.state() == SocketState::Unconnected);
                peer.read_end();
            }
        }
    }
}

#[test]
fn a_peer_that_resets_while_it_is_waited_for_is_noticed_at_once() {
    let _clock = VirtualClock::install();
    for (mut peer, socket) in both_roles(&limited_to(MIB, SlowPeerPolicy::StopReading { up_to: 30 * SECOND }))
    {
        echo(socket);
        let message = peer.frame(0x82, [0; 1000]).repeat(1000);
        flood(&mut peer, &message, 100);
        peer.reset();
        wait_for_end(socket);
        assert_eq!(socket.close_code(), CloseCode::AbnormalDisconnection);
    }
}

#[test]
fn requests_that_all_come_at_once_are_answered_as_the_peer_reads_however_large_the_answers() {
    const REQUESTS: usize = 3000;
    let _clock = VirtualClock::install();
    for (mut peer, socket) in both_roles(&limited_to(MIB, SlowPeerPolicy::StopReading { up_to: 30 * SECOND }))
    {
        socket.text_message_received().connect(move |_| {
            assert_eq!(socket.send_binary_message([1; 10_000]), 10_000, "an answer was lost");
            assert!(socket.bytes_to_write() < 4 * MIB as u64, "{} bytes", socket.bytes_to_write());
        });
        peer.send(peer.frame(0x81, "?").repeat(REQUESTS));
        settle();
        let answer = 10_000 + if peer.frame(0x81, "").len() > 2 { 4 } else { 8 };
        let mut received = 0;
        wait_until("every answer has come", || {
            received += peer.take_received().len();
            received == REQUESTS * answer
        });
        assert!(socket.is_valid());
    }
}

#[test]
fn the_other_end_understands_that_it_is_to_try_again_later() {
    for scheme in Scheme::both() {
        let (client, accepted) = scheme.connected(Limits::internet());
        accepted.close_with(try_again_later(), "busy");
        wait_for_end(client);
        assert_eq!((client.close_code(), client.close_reason().as_str()), (try_again_later(), "busy"));
    }
}
