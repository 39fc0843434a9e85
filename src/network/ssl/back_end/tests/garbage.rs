//! Peers that do not speak TLS, or badly: a clear error at once, and never a panic.

use super::*;
use crate::SocketError;

const HTTP: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn fails_at_once(mut side: Side, input: &[u8], text: &str) {
    side.take(&[]);
    assert!(side.take(input).is_empty(), "an alert would tell that peer nothing");
    let (error, said) = side.failure().unwrap();
    assert_eq!(error, SocketError::SslHandshakeFailed);
    assert_eq!(said, format!("Error during SSL handshake: {text}"));
    assert!(side.log.borrow().is_empty());
}

#[test]
fn a_server_knows_at_the_first_byte_that_it_is_no_tls() {
    let new = || Side::new(back_end::server(server().settings()));
    fails_at_once(new(), HTTP, "http request");
    for first in (0..=255).filter(|byte| *byte != 22) {
        fails_at_once(new(), &[first], "wrong version number");
    }
    fails_at_once(new(), &[22, 1], "wrong version number");
    // A client does not begin with an alert.
    fails_at_once(new(), &[21, 3, 3, 0, 2, 2, 40], "wrong version number");
}

#[test]
fn a_client_knows_at_the_first_byte_that_it_is_no_tls() {
    let new = || Side::new(back_end::client(client(VERSIONS[1]).settings(), "localhost"));
    fails_at_once(new(), b"HTTP/1.1 400 Bad Request\r\n\r\n", "wrong version number");
    for first in (0..=255).filter(|byte| ![21, 22].contains(byte)) {
        fails_at_once(new(), &[first], "wrong version number");
    }
    fails_at_once(new(), b"\x16HTTP", "wrong version number");
}

#[test]
fn a_record_that_is_too_long_is_not_waited_for() {
    for version in VERSIONS {
        let mut pair = Pair::opened(&client(version), &server());
        pair.server.take(&[23, 3, 3, 0xff, 0xff]);
        assert!(pair.server.failure().is_some());
        let mut pair = Pair::opened(&client(version), &server());
        pair.server.take(&[99, 3, 3, 0, 9]);
        assert!(pair.server.failure().is_some());
    }
}

/// A conversation, with a byte changed, left out or put in somewhere, or cut off.
#[test]
fn nothing_that_comes_makes_it_panic() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below.max(1) as u64) as usize
    };
    for round in 0..600 {
        let mut server = server();
        if round % 2 == 0 {
            server.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
        }
        let mut pair = Pair::new(&client(VERSIONS[round % 2]), &server);
        pair.server.ignores = true;
        pair.client.ignores = round % 3 == 0;
        pair.to_server = pair.client.take(&[]);
        let mut turn = 0;
        let when = next(6);
        while turn < 12 {
            turn += 1;
            for to_server in [true, false] {
                let bytes = if to_server { &mut pair.to_server } else { &mut pair.to_client };
                let mut bytes = std::mem::take(bytes);
                if turn - 1 == when / 2 && (when % 2 == 0) == to_server {
                    let at = next(bytes.len() + 1);
                    match next(4) {
                        0 if at < bytes.len() => bytes[at] = next(256) as u8,
                        1 if at < bytes.len() => drop(bytes.remove(at)),
                        2 => bytes.insert(at, next(256) as u8),
                        _ => bytes.truncate(at),
                    }
                }
                let side = if to_server { &mut pair.server } else { &mut pair.client };
                let mut answer = side.take(&bytes);
                side.session.send(b"data", &mut answer);
                if turn == 4 {
                    side.session.send_close_notify(&mut answer);
                }
                if to_server {
                    pair.to_client.extend(answer);
                } else {
                    pair.to_server.extend(answer);
                }
            }
        }
    }
}

#[test]
fn nothing_at_all_makes_it_panic() {
    let mut random = 99_u64;
    for _ in 0..2000 {
        let mut side = Side::new(back_end::server(server().settings()));
        let mut bytes = vec![22, 3, 1];
        for _ in 0..100 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes.push((random >> 56) as u8);
        }
        // Short records, so that what is in them is looked at.
        bytes[3] = 0;
        side.take(&bytes);
    }
}
