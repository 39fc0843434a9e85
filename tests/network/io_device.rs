//! Reading from a `TcpSocket` and writing to it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use slotwire::{SignalSpy, SocketState};

use super::support::{LIMIT, Log, connection, connection_to, run_until, run_until_emitted, server, settle};

// ---- reading

#[test]
fn bytes_are_taken_from_the_front() {
    let (client, accepted) = connection();
    accepted.write(b"0123456789");
    run_until(move || client.bytes_available() == 10);
    assert_eq!(client.peek(3), b"012");
    assert_eq!(client.read(2), b"01");
    assert_eq!(client.skip(1), 1);
    let mut buffer = [0; 4];
    assert_eq!(client.read_into(&mut buffer), 4);
    assert_eq!(&buffer, b"3456");
    assert_eq!(client.bytes_available(), 3);
    assert_eq!(client.read(100), b"789");
    assert!(client.at_end());
    assert_eq!(client.read_into(&mut buffer), 0);
    assert_eq!(client.skip(1), 0);
}

#[test]
fn lines_are_read_with_their_ends() {
    let (client, accepted) = connection();
    accepted.write(b"first\nsecond\r\nrest");
    run_until(move || client.bytes_available() == 18);
    assert!(client.can_read_line());
    assert_eq!(client.read_line(), b"first\n");
    assert_eq!(client.read_line(), b"second\r\n");
    assert!(!client.can_read_line());
    assert_eq!(client.read_line(), b"rest");
    assert_eq!(client.read_line(), b"");
}

#[test]
fn a_limited_buffer_holds_no_more_than_its_limit() {
    let (client, accepted) = connection();
    client.set_read_buffer_size(4);
    let most = Rc::new(Cell::new(0));
    let (seen, data) = (Rc::clone(&most), Rc::new(Cell::new(Vec::new())));
    let all = Rc::clone(&data);
    client.ready_read().connect(move |()| {
        seen.set(seen.get().max(client.bytes_available()));
        let mut bytes = all.take();
        bytes.extend(client.read(3));
        all.set(bytes);
    });
    accepted.write(b"0123456789");
    accepted.disconnect_from_host();
    run_until_emitted(client.disconnected());
    let mut bytes = data.take();
    bytes.extend(client.read_all());
    assert_eq!(bytes, b"0123456789");
    assert_eq!(most.get(), 4);
}

#[test]
fn a_full_buffer_holds_the_peer_up() {
    let (client, accepted) = connection();
    client.set_read_buffer_size(1024);
    accepted.write(&vec![0; 64 << 20]);
    run_until(move || client.bytes_available() == 1024);
    settle();
    assert_eq!(client.bytes_available(), 1024);
    assert!(accepted.bytes_to_write() > 0);
}

#[test]
fn the_end_is_noticed_once_a_full_buffer_was_emptied() {
    let (client, accepted) = connection();
    client.set_read_buffer_size(4);
    accepted.write(b"0123");
    accepted.close();
    run_until(move || client.bytes_available() == 4);
    settle();
    assert_eq!(client.state(), SocketState::Connected);
    assert_eq!(client.read_all(), b"0123");
    run_until_emitted(client.disconnected());
}

#[test]
fn a_larger_limit_lets_reading_go_on() {
    let (client, accepted) = connection();
    client.set_read_buffer_size(4);
    accepted.write(b"0123456789");
    run_until(move || client.bytes_available() == 4);
    client.set_read_buffer_size(0);
    run_until(move || client.bytes_available() == 10);
}

#[test]
fn ready_read_is_not_emitted_inside_itself() {
    let (client, accepted) = connection();
    let depth = Rc::new(Cell::new(0));
    let inside = Rc::clone(&depth);
    client.ready_read().connect(move |()| {
        assert_eq!(inside.replace(1), 0);
        accepted.write(b"more");
        let had = client.bytes_available();
        run_until(move || client.bytes_available() > had);
        inside.set(0);
    });
    accepted.write(b"some");
    run_until(move || client.bytes_available() >= 8);
}

#[test]
fn a_flood_does_not_starve_another_socket() {
    let server = server();
    let (flooded, flooding) = connection_to(server);
    let (quiet, speaking) = connection_to(server);
    flooded.ready_read().connect(move |()| drop(flooded.read_all()));
    let chunk = Rc::new(vec![0; 1 << 20]);
    let again = Rc::clone(&chunk);
    flooding.bytes_written().connect(move |_| {
        if flooding.bytes_to_write() < again.len() {
            flooding.write(&again);
        }
    });
    flooding.write(&chunk);
    for _ in 0..10 {
        speaking.write(b"a word");
        assert!(SignalSpy::new(quiet.ready_read()).wait(LIMIT));
        quiet.read_all();
    }
}

// ---- writing

#[test]
fn writing_is_done_by_the_event_loop() {
    let (client, _) = connection();
    let log = Log::of(client);
    assert_eq!(client.write(b"a"), 1);
    assert_eq!(client.write(b"bc"), 2);
    assert_eq!(client.bytes_to_write(), 3);
    assert_eq!(log.take(), [""; 0]);
    run_until_emitted(client.bytes_written());
    assert_eq!(log.take(), ["bytes_written 3"]);
    assert_eq!(client.bytes_to_write(), 0);
}

#[test]
fn flushing_writes_at_once() {
    let (client, _) = connection();
    let log = Log::of(client);
    client.write(b"now");
    assert!(client.flush());
    assert_eq!(log.take(), ["bytes_written 3"]);
    assert!(!client.flush());
}

#[test]
fn writing_to_a_connection_that_the_peer_closed_is_refused() {
    let (client, accepted) = connection();
    accepted.close();
    run_until_emitted(client.disconnected());
    assert_eq!(client.write(b"lost"), 0);
    assert_eq!(client.error_string(), "Socket is not connected");
}

#[test]
fn small_and_large_writes_keep_their_order() {
    let (client, accepted) = connection();
    let mut expected = Vec::new();
    for (index, size) in [1, 100_000, 3, 16_384, 16_383, 1_000_000, 5].into_iter().enumerate() {
        let bytes = vec![u8::try_from(index).unwrap(); size];
        client.write(&bytes);
        expected.extend(bytes);
    }
    let count = expected.len();
    run_until(move || accepted.bytes_available() == count);
    assert!(accepted.read_all() == expected);
}

#[test]
fn an_echo_comes_back() {
    let (client, accepted) = connection();
    accepted.ready_read().connect(move |()| {
        accepted.write(&accepted.read_all());
    });
    client.write(b"echo");
    run_until_emitted(client.ready_read());
    assert_eq!(client.read_all(), b"echo");
}

// ---- transactions

#[test]
fn a_message_in_any_pieces_is_read_whole_by_transactions() {
    let (client, accepted) = connection();
    let messages = Rc::new(RefCell::new(Vec::new()));
    let read = Rc::clone(&messages);
    client.ready_read().connect(move |()| {
        loop {
            client.start_transaction();
            let Some(length) = client.get_char() else { break };
            let message = client.read(length.into());
            if message.len() < length.into() {
                break;
            }
            client.commit_transaction();
            read.borrow_mut().push(message);
        }
        client.rollback_transaction();
    });
    for byte in b"\x05hello\x00\x05world\x03a" {
        accepted.write(&[*byte]);
        accepted.flush();
        settle();
    }
    assert_eq!(messages.take(), [b"hello".to_vec(), b"".to_vec(), b"world".to_vec()]);
    assert_eq!(client.read_all(), b"\x03a");
}

#[test]
fn every_way_of_reading_can_be_taken_back() {
    let (client, accepted) = connection();
    accepted.write(b"one\ntwo\nthree");
    run_until(move || client.bytes_available() == 13);
    client.start_transaction();
    assert_eq!(client.get_char(), Some(b'o'));
    assert_eq!(client.skip(1), 1);
    assert_eq!(client.peek(2), b"e\n");
    assert_eq!(client.read_line(), b"e\n");
    let mut buffer = [0; 2];
    assert_eq!(client.read_into(&mut buffer), 2);
    assert_eq!(&buffer, b"tw");
    let mut line = b"what was in it".to_vec();
    assert!(client.read_line_into(&mut line));
    assert_eq!(line, b"o\n");
    assert_eq!(client.read_line_up_to(2), b"th");
    assert_eq!(client.read_all(), b"ree");
    assert!(client.at_end());
    assert!(!client.read_line_into(&mut line));
    assert!(line.is_empty());
    client.rollback_transaction();
    assert_eq!(client.bytes_available(), 13);
    assert_eq!(client.read_all(), b"one\ntwo\nthree");
}

/// Each kind of reading and each end of a transaction, in any order, against a model of two queues.
#[test]
fn transactions_lose_and_double_nothing() {
    let (client, accepted) = connection();
    let mut random = 1_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let (mut model, mut taken, mut is_started) = (Vec::new(), 0, false);
    for _ in 0..3000 {
        let rest = &model[taken..];
        let length = next(7) as usize;
        let line = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        assert_eq!(client.bytes_available(), rest.len());
        assert_eq!(client.can_read_line(), rest.contains(&b'\n'));
        assert_eq!(client.peek(length), rest[..length.min(rest.len())]);
        let count = match next(9) {
            0 | 1 => {
                let bytes: Vec<u8> = (0..length).map(|_| b"abc\n"[next(4) as usize]).collect();
                let expected = client.bytes_available() + bytes.len();
                accepted.write(&bytes);
                run_until(move || client.bytes_available() == expected);
                model.extend(bytes);
                0
            }
            2 => client.read(length).len(),
            3 => client.skip(length),
            4 => {
                assert_eq!(client.read_line(), rest[..line]);
                line
            }
            5 => client.get_char().iter().len(),
            6 => {
                client.start_transaction();
                is_started = true;
                0
            }
            7 => {
                client.commit_transaction();
                is_started = false;
                0
            }
            _ => {
                client.rollback_transaction();
                if is_started {
                    taken = 0;
                }
                is_started = false;
                0
            }
        };
        taken += count;
        assert_eq!(client.is_transaction_started(), is_started);
        if !is_started {
            model.drain(..taken);
            taken = 0;
        }
    }
}

#[test]
fn a_transaction_keeps_a_full_buffer_full() {
    let (client, accepted) = connection();
    client.set_read_buffer_size(4);
    accepted.write(b"0123456789");
    run_until(move || client.bytes_available() == 4);
    client.start_transaction();
    assert_eq!(client.read_all(), b"0123");
    settle();
    assert_eq!(client.bytes_available(), 0);
    client.commit_transaction();
    run_until(move || client.bytes_available() == 4);
    assert_eq!(client.read_all(), b"4567");
}
