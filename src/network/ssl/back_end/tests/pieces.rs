//! However the bytes come, the same comes of them.

use super::*;

/// All that the server and the client are sent in a handshake, and of data both ways.
fn conversation(version: SslProtocol, piece: usize) -> (Vec<String>, Vec<u8>, Vec<u8>) {
    let mut server = server();
    server.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
    let mut pair = Pair::new(&client(version), &server);
    pair.server.ignores = true;
    pair.run_in(piece);
    for length in [5, 40_000] {
        let data: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
        pair.to_server = pair.client.send(&data);
        pair.to_client = pair.server.send(&data);
        pair.run_in(piece);
    }
    let mut output = Vec::new();
    assert!(pair.client.session.send_close_notify(&mut output));
    pair.to_server = output;
    pair.run_in(piece);
    let log = pair.server.log.borrow().clone();
    (log, pair.server.received, pair.client.received)
}

#[test]
fn in_pieces_of_any_length() {
    for version in VERSIONS {
        let whole = conversation(version, usize::MAX);
        assert_eq!(whole.0.last().unwrap(), "received Warning CLOSE_NOTIFY");
        assert_eq!((whole.1.len(), whole.2.len()), (40_005, 40_005));
        for piece in [1, 2, 3, 5, 7, 64, 100, 1000, 16_384, 16_400] {
            assert!(conversation(version, piece) == whole, "{version:?}, {piece}");
        }
    }
}

#[test]
fn split_anywhere_in_two() {
    for version in VERSIONS {
        let hello = Pair::new(&client(version), &server()).client.take(&[]);
        for split in 0..=hello.len() {
            let mut pair = Pair::new(&client(version), &server());
            let hello = pair.client.take(&[]);
            let split = split.min(hello.len());
            let mut answer = pair.server.take(&hello[..split]);
            assert_eq!(answer.is_empty(), split < hello.len());
            answer.extend(pair.server.take(&hello[split..]));
            // The lengths of signatures differ.
            let split = split * answer.len() / hello.len();
            let mut end = pair.client.take(&answer[..split]);
            end.extend(pair.client.take(&answer[split..]));
            pair.to_server = end;
            pair.run();
            assert!(pair.client.is_open() && pair.server.is_open());
        }
    }
}

/// A message of the handshake may be spread over records (RFC 8446 §5.1), here one for each byte.
#[test]
fn a_message_in_many_records() {
    for version in VERSIONS {
        let mut pair = Pair::new(&client(version), &server());
        let hello = pair.client.take(&[]);
        let (header, message) = hello.split_at(5);
        let mut spread = Vec::new();
        for byte in message {
            spread.extend_from_slice(&[header[0], header[1], header[2], 0, 1, *byte]);
        }
        for piece in [1, 6, 11, usize::MAX] {
            let mut pair = Pair::new(&client(version), &server());
            let own = pair.client.take(&[]);
            assert_eq!(own.len(), hello.len());
            let mut spread = Vec::new();
            for byte in &own[5..] {
                spread.extend_from_slice(&[header[0], header[1], header[2], 0, 1, *byte]);
            }
            for part in spread.chunks(piece) {
                let answer = pair.server.take(part);
                pair.to_client.extend(answer);
            }
            pair.run();
            assert!(pair.client.is_open() && pair.server.is_open());
        }
        assert!(!spread.is_empty());
    }
}

/// The records are kept until the message is whole, but not without bound.
#[test]
fn a_message_that_never_ends_is_refused() {
    let mut side = Side::new(back_end::server(server().settings()));
    // A ClientHello of 65535 bytes, one byte in each record.
    side.take(&[22, 3, 1, 0, 4, 1, 0, 0xff, 0xff]);
    let mut sent = 0;
    while side.failure().is_none() {
        side.take(&[22, 3, 1, 0, 1, 0]);
        sent += 6;
        assert!(sent < 400_000);
    }
    // And one that says from the beginning that it is too long.
    let mut side = Side::new(back_end::server(server().settings()));
    side.take(&[22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff]);
    assert!(side.failure().is_some());
}
