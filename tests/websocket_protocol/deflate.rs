//! Messages compressed and decompressed, held against RFC 7692's examples and against C zlib.

use flate2::FlushCompress;
use proptest::prelude::*;
use slotwire::websocket::protocol::{
    BufferPool, Compression, DataProcessor, DeflateContext, DeflatePool, Event, FrameHeader, OpCode,
    ProtocolError, Role, write_frame,
};

use crate::deflate_entries::{Pair, Zlib, ZlibEncoder, deflate_written};
use crate::support::sample;

const ANY_SIZE: u64 = 64 * 1024 * 1024;
const INVALID: Result<Vec<u8>, ProtocolError> = Err(ProtocolError::InvalidCompressedData);

fn widest() -> Compression {
    Compression::new().with_server_max_window_bits(15).with_client_max_window_bits(15)
}

/// What a client makes of these payloads, one message after the other.
fn inflate_all<'p>(
    compression: &Compression,
    payloads: impl IntoIterator<Item = &'p [u8]>,
) -> Vec<Result<Vec<u8>, ProtocolError>> {
    let mut pair = Pair::new(compression);
    payloads.into_iter().map(|payload| pair.inflate(payload, ANY_SIZE)).collect()
}

fn inflate(payload: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    Pair::new(&widest()).inflate(payload, ANY_SIZE)
}

/// Text with much in it that is alike.
fn text(size: usize) -> Vec<u8> {
    let lines =
        (0..).map(|index: usize| format!("{{\"id\":{},\"room\":\"general\"}}\n", index * 7919 % 1009));
    lines.flat_map(String::into_bytes).take(size).collect()
}

// ---- RFC 7692 §7.2.3

#[test]
fn the_examples_of_the_rfc_are_understood() {
    let hello = Ok(b"Hello".to_vec());
    assert_eq!(inflate(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]), hello, "§7.2.3.1");
    let shared: [&[u8]; 2] = [&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], &[0xf2, 0x00, 0x11, 0x00, 0x00]];
    assert_eq!(inflate_all(&widest(), shared), [hello.clone(), hello.clone()], "§7.2.3.2");
    let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
    assert_eq!(inflate(&stored), hello, "§7.2.3.3");
    assert_eq!(inflate(&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]), hello, "§7.2.3.4");
    let two_blocks = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
    assert_eq!(inflate(&two_blocks), hello, "§7.2.3.5");
    assert_eq!(inflate(&[0x00]), Ok(vec![]), "§7.2.3.6");
}

#[test]
fn the_examples_of_the_rfc_are_written() {
    let mut pair = Pair::new(&widest());
    assert_eq!(pair.compress(b"Hello", 0), [[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]]);
    assert_eq!(pair.compress(b"Hello", 0), [[0xf2, 0x00, 0x11, 0x00, 0x00]]);
    assert_eq!(pair.compress(b"", 0), [[0x00]]);
    let mut pair = Pair::new(&widest());
    assert_eq!(pair.compress(b"Hello", 3).concat(), [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
}

// ---- receiving

#[test]
fn a_message_may_end_with_a_last_block_and_others_may_follow_that() {
    let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    assert_eq!(inflate(&last), Ok(b"Hello".to_vec()), "nothing behind it");
    let twice = [last, last].concat();
    assert_eq!(inflate(&twice), Ok(b"HelloHello".to_vec()));
    // The window goes on behind a last block, within the message and to the next.
    let refers = [0xf2, 0x00, 0x11, 0x00, 0x00];
    let behind = [&last[..], &refers].concat();
    assert_eq!(inflate(&behind), Ok(b"HelloHello".to_vec()));
    let next = inflate_all(&widest(), [&last[..], &refers]);
    assert_eq!(next, [Ok(b"Hello".to_vec()), Ok(b"Hello".to_vec())]);
    // C zlib's, and something behind that is no block.
    let finished = ZlibEncoder::new(6, 15).compress_with(b"Hello", FlushCompress::Finish);
    assert_eq!(inflate(&finished), Ok(b"Hello".to_vec()));
    assert_eq!(inflate(&[&finished[..], &[0x07]].concat()), INVALID);
}

#[test]
fn last_blocks_without_end_are_refused() {
    assert_eq!(inflate(&[3, 0].repeat(16)), Ok(vec![]));
    assert_eq!(inflate(&[3, 0].repeat(100_000)), INVALID);
}

#[test]
fn what_is_not_complete_or_not_compressed_is_an_error() {
    assert_eq!(
        inflate(b""),
        Ok(vec![]),
        "as a flush of nothing, of those who do not look (RFC 7692 §7.2.3.6)"
    );
    assert_eq!(inflate(b"this is not compressed"), INVALID);
    assert_eq!(inflate(&[0xFF; 100]), INVALID);
    let whole = ZlibEncoder::new(6, 15).compress(&text(2000));
    assert_eq!(inflate(&whole), Ok(text(2000)));
    for end in 1..whole.len() - 1 {
        let cut = inflate(&whole[..end]);
        assert!(cut == INVALID || cut.as_ref().is_ok_and(|cut| *cut != text(2000)), "{end} bytes of it");
    }
    // A stored block whose bytes are missing.
    assert_eq!(inflate(&[0x00, 0x10, 0x00, 0xef, 0xff, 1, 2, 3]), INVALID);
}

#[test]
fn text_that_is_further_back_than_the_window_cannot_be_referred_to() {
    let old = sample(500);
    for bits in [9, 10, 12, 15] {
        let compression = widest().with_server_max_window_bits(bits);
        let window = 1 << bits;
        for (between, expected) in [(window - old.len(), Ok(old.clone())), (window, INVALID)] {
            // C zlib with a window that is large enough for it.
            let mut encoder = ZlibEncoder::new(9, 15);
            let between = (0..between).map(|index| (index * index % 241) as u8).collect::<Vec<_>>();
            let first = encoder.compress(&[&old[..], &between].concat());
            let second = encoder.compress(&old);
            if window == 1 << 15 && expected == INVALID {
                continue; // It cannot refer to that.
            }
            let received = inflate_all(&compression, [&first[..], &second]);
            assert_eq!(received[1], expected, "{bits} bits");
        }
    }
}

#[test]
fn without_context_takeover_nothing_before_a_message_can_be_referred_to() {
    let compression = widest().with_server_context_takeover(false);
    let mut encoder = ZlibEncoder::new(6, 15);
    let payloads = [encoder.compress(&text(300)), encoder.compress(&text(300))];
    let received = inflate_all(&compression, payloads.iter().map(Vec::as_slice));
    assert_eq!(received, [Ok(text(300)), INVALID]);
}

#[test]
fn a_message_may_be_as_large_as_the_limit_and_not_larger() {
    for size in [1, 2, 1000, 1023, 1024, 1025, 70_000, 1_000_000] {
        for message in [vec![b'a'; size], text(size), sample(size)] {
            let payload = ZlibEncoder::new(6, 15).compress(&message);
            let size = size as u64;
            let mut pair = Pair::new(&widest());
            assert_eq!(pair.inflate(&payload, size).as_deref(), Ok(&message[..]));
            let mut pair = Pair::new(&widest());
            assert_eq!(pair.inflate(&payload, size - 1), Err(ProtocolError::MessageTooLarge));
        }
    }
}

#[test]
fn text_is_validated_as_it_comes_out() {
    let receive = |text: &[u8]| {
        let payload = ZlibEncoder::new(6, 15).compress(text);
        Pair::new(&widest()).receive(OpCode::Text, &payload, ANY_SIZE)
    };
    assert_eq!(receive("Grüße".as_bytes()), Ok("Grüße".as_bytes().to_vec()));
    assert_eq!(receive("Grüß".repeat(100_000).as_bytes()).unwrap().len(), 600_000);
    assert_eq!(receive(b"Gr\xfc\xdfe"), Err(ProtocolError::InvalidUtf8));
    assert_eq!(receive("Grü".as_bytes().split_last().unwrap().1), Err(ProtocolError::InvalidUtf8));
    // It is found before the rest is looked at, which would be too large.
    let long = [&b"\xff"[..], &[b'a'; 10_000_000]].concat();
    let payload = ZlibEncoder::new(6, 15).compress(&long);
    let received = Pair::new(&widest()).receive(OpCode::Text, &payload, 1_000_000);
    assert_eq!(received, Err(ProtocolError::InvalidUtf8));
}

#[test]
fn a_compressed_message_arrives_the_same_however_it_is_cut_into_frames_and_reads() {
    let compression = Compression::new();
    let messages = [text(300), b"".to_vec(), text(2000), sample(700)];
    for frame_size in [1, 7, 100, 0] {
        let mut server = Pair::new(&compression);
        let mut wire = Vec::new();
        for message in &messages {
            let mut frames = 0;
            let Pair { server, pool, .. } = &mut server;
            server.compress(OpCode::Binary, message, frame_size, pool, |header, payload| {
                write_frame(&mut wire, header, None, payload);
                frames += 1;
                if !header.fin {
                    write_frame(&mut wire, FrameHeader::whole(OpCode::Ping), None, b"in between");
                }
            });
            assert!(frame_size != 1 || frames > 1 || message.is_empty());
        }
        for piece in [1, 2, 3, 10, 333, wire.len()] {
            assert_eq!(received_in_pieces(&compression, &wire, piece), messages);
        }
        for cut in 0..wire.len() / 16 {
            let (first, second) = wire.split_at(cut * 16 + frame_size % 16);
            let mut receiver = Receiver::new(&compression);
            receiver.feed(first);
            receiver.feed(second);
            assert_eq!(receiver.messages, messages);
        }
    }
}

fn received_in_pieces(compression: &Compression, wire: &[u8], piece: usize) -> Vec<Vec<u8>> {
    let mut receiver = Receiver::new(compression);
    wire.chunks(piece).for_each(|piece| receiver.feed(piece));
    receiver.messages
}

/// A client, from bytes to messages.
struct Receiver {
    processor: DataProcessor,
    context: DeflateContext,
    buffers: BufferPool,
    pool: DeflatePool,
    messages: Vec<Vec<u8>>,
}

impl Receiver {
    fn new(compression: &Compression) -> Self {
        let Pair { client, buffers, pool, .. } = Pair::new(compression);
        let mut processor = DataProcessor::new(Role::Client);
        processor.set_rsv1_allowed(true);
        Self { processor, context: client, buffers, pool, messages: Vec::new() }
    }

    fn feed(&mut self, piece: &[u8]) {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        while let Some(event) = self.processor.process(&mut input, &mut self.buffers) {
            match event {
                Event::ExtendedMessage { op_code, payload } => {
                    let (bytes, pool) = (payload.as_bytes(), &mut self.pool);
                    let event = self.context.inflate(op_code, bytes, ANY_SIZE, pool, &mut self.buffers);
                    let Event::BinaryMessage { payload, .. } = event else { panic!("{event:?}") };
                    self.messages.push(payload.as_bytes().to_vec());
                }
                Event::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

// ---- sending

#[test]
fn output_of_every_size_ends_as_it_should() {
    // What cannot be made smaller fills the output to any byte, also to its last.
    let mut pair = Pair::new(&Compression::new());
    let mut zlib = Zlib::new(12);
    for size in (1..6000).step_by(7).chain([65_535, 65_536, 70_000, 200_000]) {
        let message: Vec<_> =
            (0..size).map(|index: usize| (index * index * 31 / 7 + index) as u8 ^ size as u8).collect();
        for frame_size in [0, 1000] {
            let payload = pair.compress(&message, frame_size).concat();
            assert_eq!(zlib.inflate(&payload, 100).unwrap().0, message, "{size} bytes");
        }
    }
}

#[test]
fn a_frame_size_cuts_what_is_compressed_into_frames_of_that_size() {
    let mut whole = Pair::new(&Compression::new());
    let message = text(20_000);
    let expected = whole.compress(&message, 0);
    assert_eq!(expected.len(), 1);
    let size = expected[0].len();
    for frame_size in [1, 2, 3, 4, 5, 100, size - 1, size, size + 1] {
        let frames = Pair::new(&Compression::new()).compress(&message, frame_size);
        assert_eq!(frames.len(), size.div_ceil(frame_size), "{frame_size}");
        assert_eq!(frames.concat(), expected[0]);
    }
}

#[test]
fn a_window_of_8_bits_is_honoured() {
    // Nothing refers back further than 256 bytes: C zlib's decoder of 9 bits is given the last 256 only.
    let compression = Compression::new().with_server_max_window_bits(8);
    for level in 1..=9 {
        let mut pair = Pair::new(&compression.clone().with_level(level));
        let mut seen = Vec::new();
        for index in 0..200 {
            let message = text(60 + index);
            let payload = pair.compress(&message, 0).concat();
            let mut decoder = flate2::Decompress::new_with_window_bits(false, 9);
            let known = &seen[usize::saturating_sub(seen.len(), 256)..];
            // A stored block takes what is known in.
            let mut stored = vec![0, known.len() as u8, (known.len() >> 8) as u8];
            stored.extend([!(known.len() as u8), !((known.len() >> 8) as u8)]);
            stored.extend(known);
            let input = [&stored[..], &payload, &[0, 0, 0xFF, 0xFF]].concat();
            let mut output = Vec::with_capacity(2000);
            decoder.decompress_vec(&input, &mut output, flate2::FlushDecompress::Sync).unwrap();
            assert_eq!(&output[known.len()..], message, "level {level}, message {index}");
            assert_eq!(pair.inflate(&payload, ANY_SIZE).as_ref(), Ok(&message));
            seen.extend(message);
        }
    }
}

#[test]
fn connections_in_turn_keep_their_contexts_whatever_memory_encoders_have() {
    for memory in [0, 300_000, 600_000, 2_000_000] {
        for connections in [1, 2, 3, 5, 12] {
            let compression = Compression::new().with_encoder_memory(memory);
            let mut pairs: Vec<_> = (0..connections)
                .map(|index: u8| {
                    let kind = compression.clone().with_level(1 + index % 2 * 5);
                    (Pair::new(&kind.with_server_max_window_bits(11 + index % 2)), Zlib::new(12))
                })
                .collect();
            let mut pool = DeflatePool::new();
            for round in 0..40 {
                for (index, (pair, zlib)) in pairs.iter_mut().enumerate() {
                    if (round + index) % 7 == 0 {
                        continue;
                    }
                    let message = [format!("{index}/{round}").as_bytes(), &text(150 + round)].concat();
                    std::mem::swap(&mut pool, &mut pair.pool);
                    let payload = pair.compress(&message, 0).concat();
                    assert!(round < 3 || payload.len() < 40, "it refers to those before");
                    assert_eq!(zlib.inflate(&payload, 50).unwrap().0, message);
                    assert_eq!(pair.inflate(&payload, ANY_SIZE).unwrap(), message);
                    std::mem::swap(&mut pool, &mut pair.pool);
                    if round == 20 {
                        pool.clear();
                    }
                }
            }
            assert!(pool.retained() <= memory.max(420_000) + 200_000, "{} of {memory}", pool.retained());
        }
    }
}

#[test]
fn a_context_that_changes_between_two_pools_stays_one_stream() {
    let mut pair = Pair::new(&Compression::new());
    let mut zlib = Zlib::new(12);
    let mut other = DeflatePool::new();
    for round in 0..50 {
        if round % 3 == 0 {
            std::mem::swap(&mut pair.pool, &mut other);
        }
        let message = [round.to_string().as_bytes(), &text(200)].concat();
        let payload = pair.compress(&message, 0).concat();
        assert_eq!(zlib.inflate(&payload, 100).unwrap().0, message);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_c_zlib_understands(data in prop::collection::vec(any::<u8>(), 4..3000)) {
        deflate_written(&data);
    }

    #[test]
    fn what_c_zlib_writes_is_understood(
        messages in prop::collection::vec("[ab]{0,300}|[ -~]{0,2000}", 1..12),
        bits in 9_u8..16,
        level in 0_u32..10,
    ) {
        let mut encoder = ZlibEncoder::new(level, bits);
        let mut pair = Pair::new(&Compression::new().with_server_max_window_bits(bits));
        for message in messages.iter().map(String::as_bytes).filter(|message| !message.is_empty()) {
            let payload = encoder.compress(message);
            let received = pair.inflate(&payload, message.len() as u64);
            prop_assert_eq!(received.as_deref(), Ok(message));
        }
    }
}

#[test]
fn what_is_added_behind_a_message_never_gets_into_it() {
    // A block of plain bytes that says it has more than there are.
    for is_last in [0, 1] {
        for missing in 1..=20_u16 {
            let size = 5 + missing;
            let payload = [&[is_last][..], &size.to_le_bytes(), &(!size).to_le_bytes(), b"Hello"].concat();
            let message = Pair::new(&Compression::new()).inflate(&payload, 1000);
            assert_eq!(message, Err(ProtocolError::InvalidCompressedData), "{missing} bytes are missing");
        }
    }
}
