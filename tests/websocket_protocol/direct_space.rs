//! Receiving straight into the memory of a message.

use slotwire::websocket::protocol::{FrameHeader, OpCode, ProtocolError, Role};

use crate::support::{KEY, Received, Receiver, frame, masked_frame, sample};

const KIB: usize = 1024;

/// Feeds a stream as a socket would that reads `first` bytes, and then directly wherever it may.
fn receive_directly(receiver: &mut Receiver, stream: &[u8], first: usize, read: usize) -> Vec<Received> {
    let (head, mut rest) = stream.split_at(first.min(stream.len()));
    let mut received = receiver.feed(head);
    while !rest.is_empty() {
        let count = match receiver.processor.direct_space(&mut receiver.pool) {
            Some(space) => {
                let count = space.len().min(read).min(rest.len());
                space[..count].copy_from_slice(&rest[..count]);
                if let Some(event) = receiver.processor.direct_filled(count, &mut receiver.pool) {
                    received.push(Received::from(&event));
                    event.recycle(&mut receiver.pool);
                }
                received.extend(receiver.feed(&[]));
                count
            }
            None => {
                let count = read.min(rest.len());
                received.extend(receiver.feed(&rest[..count]));
                count
            }
        };
        rest = &rest[count..];
    }
    received
}

#[test]
fn a_large_message_is_received_directly_in_reads_of_any_size() {
    let payload = sample(3 * KIB * KIB + 5);
    let stream =
        [masked_frame(true, OpCode::Binary, &payload), masked_frame(true, OpCode::Ping, b"next")].concat();
    for (first, read) in [(14, 16 * KIB), (15, 100_001), (64 * KIB, 256 * KIB), (20, usize::MAX)] {
        let mut receiver = Receiver::new(Role::Server);
        let received = receive_directly(&mut receiver, &stream, first, read);
        assert!(received == [Received::Binary(payload.clone()), Received::Ping(b"next".to_vec())]);
    }
}

#[test]
fn text_received_directly_is_validated_as_it_arrives() {
    let text = "😀€".repeat(20_000);
    let stream = frame(true, OpCode::Text, text.as_bytes());
    let received = receive_directly(&mut Receiver::new(Role::Client), &stream, 10, 10_001);
    assert!(received == [Received::Text(text)]);

    let mut broken = stream;
    broken[50_000] = 0xFF;
    let received = receive_directly(&mut Receiver::new(Role::Client), &broken[..60_000], 10, 10_001);
    assert_eq!(received, [Received::Error(ProtocolError::InvalidUtf8)]);
}

#[test]
fn fragments_received_directly_are_frames() {
    let payload = sample(200 * KIB);
    let stream = [frame(false, OpCode::Binary, &payload), frame(true, OpCode::Continue, &payload)].concat();
    let received = receive_directly(&mut Receiver::with_frames(Role::Client), &stream, 1000, 50 * KIB);
    let expected = [
        Received::BinaryFrame(payload.clone(), false),
        Received::BinaryFrame(payload.clone(), true),
        Received::FragmentedBinary([&payload[..], &payload].concat()),
    ];
    assert!(received == expected);
}

#[test]
fn space_is_offered_only_for_much_payload() {
    let mut receiver = Receiver::new(Role::Server);
    assert!(receiver.processor.direct_space(&mut receiver.pool).is_none());
    let frame = masked_frame(true, OpCode::Binary, &sample(70 * KIB));
    let begin = |rest| &frame[..frame.len() - rest];
    receiver.feed(begin(32 * KIB));
    assert!(receiver.processor.direct_space(&mut receiver.pool).is_none());

    let mut receiver = Receiver::new(Role::Server);
    receiver.feed(begin(32 * KIB + 1));
    assert_eq!(receiver.processor.direct_space(&mut receiver.pool).unwrap().len(), 32 * KIB + 1);
    receiver.processor.direct_filled(1, &mut receiver.pool);
    assert!(receiver.processor.direct_space(&mut receiver.pool).is_none());
}

#[test]
fn space_follows_what_has_arrived_and_not_what_is_claimed() {
    let mut receiver = Receiver::new(Role::Server);
    receiver.feed(FrameHeader::whole(OpCode::Binary).encode(Some(KEY), 1 << 30).as_bytes());
    assert!(receiver.processor.direct_space(&mut receiver.pool).is_none());
    receiver.feed(&[7; 100]);
    assert!(receiver.processor.direct_space(&mut receiver.pool).is_none());
    let mut arrived = 100 * KIB;
    receiver.feed(&sample(arrived));
    for _ in 0..6 {
        let space = receiver.processor.direct_space(&mut receiver.pool).unwrap().len();
        assert!(space <= KIB * KIB && space <= arrived + 1000);
        assert!(receiver.processor.direct_filled(space, &mut receiver.pool).is_none());
        arrived += space;
    }
    assert!(arrived > 3 * KIB * KIB);
}

#[test]
fn more_than_was_offered_is_not_taken() {
    let mut receiver = Receiver::new(Role::Client);
    let frame = frame(true, OpCode::Binary, &sample(100 * KIB));
    receiver.feed(&frame[..60 * KIB]);
    assert!(
        receiver.processor.direct_filled(usize::MAX, &mut receiver.pool).is_none(),
        "nothing was offered"
    );
    assert!(receiver.processor.direct_space(&mut receiver.pool).is_some());
    let event = receiver.processor.direct_filled(usize::MAX, &mut receiver.pool);
    assert!(event.is_some(), "the payload is complete");
    assert!(receiver.processor.direct_filled(1, &mut receiver.pool).is_none(), "there is no payload");
}

#[test]
fn one_large_message_after_another_uses_the_same_memory() {
    let stream = masked_frame(true, OpCode::Binary, &sample(KIB * KIB));
    let mut receiver = Receiver::new(Role::Server);
    receive_directly(&mut receiver, &stream, 64 * KIB, 256 * KIB);
    let retained = receiver.pool.retained();
    assert!((KIB * KIB..=2 * KIB * KIB).contains(&retained), "{retained}");
    for _ in 0..3 {
        receive_directly(&mut receiver, &stream, 64 * KIB, 256 * KIB);
        assert_eq!(receiver.pool.retained(), retained);
    }
}

#[test]
fn after_a_large_message_another_is_expected_until_a_small_one_comes() {
    let mut receiver = Receiver::new(Role::Server);
    assert!(!receiver.processor.expects_large_message());
    let large = masked_frame(true, OpCode::Binary, &sample(100 * KIB));
    receive_directly(&mut receiver, &large, 60 * KIB, usize::MAX);
    assert!(receiver.processor.expects_large_message());
    receiver.feed(&large[..20]);
    assert!(!receiver.processor.expects_large_message(), "it has come");
    receive_directly(&mut receiver, &large[20..], 0, usize::MAX);
    receiver.feed(&masked_frame(true, OpCode::Text, b"small"));
    assert!(!receiver.processor.expects_large_message());
}
