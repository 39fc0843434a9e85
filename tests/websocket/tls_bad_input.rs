//! Bytes that are no TLS, or not all of it, from either side: the connection ends, with an error that says why, and nothing at
//! all happens to another one.

use slotwire::prelude::*;

use crate::identity::Authority;
use crate::peer::{Peer, PeerListener};
use crate::relay::{Direction, Relay};
use crate::support::{pass, settle, wait_for_end, wait_until};

const HANDSHAKE: u8 = 22;

/// A record with that content.
fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[kind, 3, 3], &length[..], content].concat()
}

/// What is no hello, and none after all.
fn no_hellos() -> Vec<Vec<u8>> {
    vec![
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(),
        vec![0; 100],
        vec![0xff; 100],
        // An SSL 2.0 hello.
        [&[0x80, 0x2e, 1, 3, 1, 0, 0x15, 0, 0, 0, 0x10][..], &[0; 0x25]].concat(),
        record(HANDSHAKE, b""),
        record(HANDSHAKE, &[1, 0, 0, 0]),
        record(HANDSHAKE, &[1, 0, 0, 1, 0]),
        record(HANDSHAKE, &[2, 0, 0, 0]),
        record(HANDSHAKE, &[0; 300]),
        record(HANDSHAKE, &[255; 300]),
        // A hello that claims to be 16 MB long, and one whose record is longer than records are (RFC 8446 §5.1).
        record(HANDSHAKE, &[1, 0xff, 0xff, 0xff, 3, 3]),
        vec![HANDSHAKE, 3, 1, 0xff, 0xff, 1, 0],
        // Data, a change of ciphers, a finish, and an alert in front of the hello.
        record(23, b"data"),
        record(20, &[1]),
        record(HANDSHAKE, &[20, 0, 0, 0]),
        record(21, &[2, 40]),
        record(99, b"what?"),
    ]
}

#[test]
fn a_server_ends_what_does_not_begin_with_a_hello_and_serves_the_others() {
    let clock = VirtualClock::install();
    let authority = Authority::new();
    let server = authority.echo_server();
    let bystander = authority.bystander(server);
    let accepted = SignalSpy::new(server.new_connection());
    for bytes in no_hellos() {
        let mut peer = Peer::connect(server);
        peer.send(&bytes);
        settle();
        // What may be the beginning of something is waited for, but not for ever.
        if !peer.is_ended() {
            pass(&clock, server.handshake_timeout().unwrap());
        }
        wait_until("the connection has ended", || peer.is_ended());
        bystander.goes_on();
    }
    assert!(accepted.is_empty());
}

#[test]
fn a_client_that_says_nothing_is_not_waited_for_for_ever() {
    let clock = VirtualClock::install();
    let authority = Authority::new();
    let server = authority.echo_server();
    let mut peer = Peer::connect(server);
    settle();
    pass(&clock, server.handshake_timeout().unwrap() / 2);
    assert!(!peer.is_ended());
    pass(&clock, server.handshake_timeout().unwrap() / 2);
    wait_until("the connection has ended", || peer.is_ended());
}

#[test]
fn a_client_refuses_what_does_not_begin_with_a_hello() {
    let clock = VirtualClock::install();
    for bytes in no_hellos() {
        let listener = PeerListener::new();
        let client = Authority::new().client();
        let errors = SignalSpy::new(client.error_occurred());
        client.open(format!("wss://127.0.0.1:{}/", listener.port()));
        let mut peer = listener.accept();
        wait_until("the hello has come", || !peer.take_received().is_empty());
        peer.send(&bytes);
        settle();
        if errors.is_empty() {
            pass(&clock, client.handshake_timeout().unwrap());
        }
        wait_for_end(client);
        let expected = [SocketError::SslHandshakeFailed, SocketError::SocketTimeout];
        assert!(expected.contains(&client.error()), "{bytes:?}: {:?}", client.error());
        assert!(!client.error_string().is_empty());
        assert_eq!(errors.len(), 1, "{bytes:?}");
        client.delete();
    }
}

#[test]
fn a_server_that_goes_away_instead_of_a_hello_is_an_error() {
    let listener = PeerListener::new();
    let client = Authority::new().client();
    let errors = SignalSpy::new(client.error_occurred());
    client.open(format!("wss://127.0.0.1:{}/", listener.port()));
    drop(listener.accept());
    wait_for_end(client);
    assert_eq!(errors.take(), [SocketError::RemoteHostClosed]);
}

#[test]
fn what_is_plain_and_what_is_encrypted_do_not_wait_for_each_other() {
    // No time passes in which they could.
    let _clock = VirtualClock::install();
    let authority = Authority::new();
    let (secure, plain) = (authority.echo_server(), crate::support::echo_server());
    let bystander = authority.bystander(secure);
    for (scheme, port) in [("ws", secure.server_port()), ("wss", plain.server_port())] {
        let client = authority.client();
        let errors = SignalSpy::new(client.error_occurred());
        client.open(format!("{scheme}://127.0.0.1:{port}/"));
        wait_until("the client has an error", || !errors.is_empty());
        wait_for_end(client);
        assert!(!client.error_string().is_empty());
    }
    bystander.goes_on();
}

#[test]
fn a_connection_byte_by_byte_is_one_all_the_same() {
    let authority = Authority::new();
    let server = authority.echo_server();
    let client = authority.client();
    let mut relay = Relay::between(client, server);
    let mut waiting = [Vec::new(), Vec::new()];
    let mut pass_one = || {
        relay.pass_on(|direction, bytes| {
            let waiting: &mut Vec<u8> = &mut waiting[direction as usize];
            waiting.append(bytes);
            bytes.extend(waiting.drain(..waiting.len().min(1)));
        });
    };
    wait_until("the client is connected", || {
        pass_one();
        client.state() == SocketState::Connected
    });
    let echo = SignalSpy::new(client.text_message_received());
    client.send_text_message("byte by byte");
    wait_until("the echo is there", || {
        pass_one();
        !echo.is_empty()
    });
    assert_eq!(echo.take(), ["byte by byte"]);
}

#[test]
fn a_handshake_that_is_cut_off_anywhere_ends_on_both_sides() {
    let clock = VirtualClock::install();
    let authority = Authority::new();
    let server = authority.echo_server();
    let bystander = authority.bystander(server);
    let accepted = SignalSpy::new(server.new_connection());
    // The hello is 200 bytes long or more, the answer 500.
    let lengths = [1, 4, 5, 6, 50, 100, 200, 300, 500];
    for (direction, lengths) in [(Direction::ToServer, &lengths[..7]), (Direction::ToClient, &lengths)] {
        for &length in lengths {
            let client = authority.client();
            let errors = SignalSpy::new(client.error_occurred());
            let mut relay = Relay::between(client, server);
            let mut left = length;
            wait_until(&format!("{length} bytes have been passed on, {direction:?}"), || {
                relay.pass_on(|towards, bytes| {
                    if towards == direction {
                        bytes.truncate(left);
                        left -= bytes.len();
                    }
                });
                left == 0
            });
            drop(relay);
            wait_for_end(client);
            assert_eq!(errors.len(), 1, "{direction:?} {length}");
            assert_eq!(client.error(), SocketError::RemoteHostClosed, "{direction:?} {length}");
            bystander.goes_on();
            client.delete();
        }
    }
    pass(&clock, server.handshake_timeout().unwrap());
    assert!(accepted.is_empty());
}

#[test]
fn a_byte_that_is_wrong_anywhere_in_the_handshake_is_found() {
    let clock = VirtualClock::install();
    let authority = Authority::new();
    let server = authority.echo_server();
    let bystander = authority.bystander(server);
    for direction in [Direction::ToServer, Direction::ToClient] {
        for position in (0..1500_usize).step_by(37) {
            let client = authority.client();
            let mut relay = Relay::between(client, server);
            let mut passed = 0;
            let mut is_over = false;
            for _ in 0..10 {
                settle();
                is_over |= relay.pass_on(|towards, bytes| {
                    if towards == direction {
                        if let Some(byte) = position.checked_sub(passed).and_then(|at| bytes.get_mut(at)) {
                            *byte ^= 0x10;
                        }
                        passed += bytes.len();
                    }
                });
            }
            // A length that has become greater is waited for.
            if !is_over && client.state() == SocketState::Connecting {
                pass(&clock, client.handshake_timeout().unwrap());
            }
            let is_connected = client.state() == SocketState::Connected;
            assert!(!is_connected || passed <= position, "{direction:?} {position}: {passed}");
            drop(relay);
            wait_for_end(client);
            client.delete();
        }
        bystander.goes_on();
    }
}

#[test]
fn a_record_that_was_changed_ends_the_connection() {
    for direction in [Direction::ToServer, Direction::ToClient] {
        let authority = Authority::new();
        let server = authority.echo_server();
        let bystander = authority.bystander(server);
        let client = authority.client();
        let alerts_sent = SignalSpy::new(client.alert_sent());
        let alerts_received = SignalSpy::new(client.alert_received());
        let messages = SignalSpy::new(client.text_message_received());
        let mut relay = Relay::between(client, server);
        relay.pass_until("the client is connected", || client.state() == SocketState::Connected);
        client.send_text_message("a secret");
        wait_until("the connection has ended", || {
            relay.pass_on(|towards, bytes| {
                if towards == direction
                    && let Some(last) = bytes.last_mut()
                {
                    *last ^= 1;
                }
            });
            client.state() == SocketState::Unconnected
        });
        assert!(messages.is_empty());
        let bad_record = (AlertLevel::Fatal, AlertType::BAD_RECORD_MAC, "bad record mac".to_owned());
        let alerts = match direction {
            Direction::ToServer => alerts_received.take(),
            Direction::ToClient => alerts_sent.take(),
        };
        assert_eq!(alerts.first(), Some(&bad_record), "{direction:?}");
        assert_eq!(client.error(), SocketError::SslInternal, "{direction:?}");
        bystander.goes_on();
    }
}

#[test]
fn random_bytes_after_the_handshake_end_the_connection() {
    let authority = Authority::new();
    let server = authority.echo_server();
    let bystander = authority.bystander(server);
    for bytes in no_hellos() {
        let client = authority.client();
        let mut relay = Relay::between(client, server);
        relay.pass_until("the client is connected", || client.state() == SocketState::Connected);
        let mut bytes = Some(bytes);
        relay.pass_on(|towards, passed| {
            if towards == Direction::ToServer {
                passed.extend(bytes.take().unwrap());
            }
        });
        // Whole records are refused, and what is shorter at the end at the latest.
        client.send_text_message("more");
        for _ in 0..10 {
            settle();
            relay.pass_on(|_, _| {});
        }
        drop(relay);
        wait_for_end(client);
        bystander.goes_on();
        client.delete();
    }
}
