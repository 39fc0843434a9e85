//! Qt's `tst_DataProcessor`, as far as it needs the time or an event loop: the processor itself has neither. The rest stands
//! in `tests/websocket_protocol/data_processor.rs`.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::peer::Peer;
use crate::support::{frame, frame_with_length, listening_server, pass, settle, wait_until};

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CONTINUATION: u8 = 0x80;

/// A message that is not finished, so that a continuation may follow.
fn begun(first: u8) -> Vec<u8> {
    if first & 0x0F == 0 { frame(0x01, b"begun", true) } else { Vec::new() }
}

/// What is waited for in vain ends the connection with 1001.
fn assert_times_out(bytes: &[u8]) {
    let clock = VirtualClock::install();
    let (mut peer, socket) = Peer::with_accepted(listening_server());
    peer.send(bytes);
    settle();
    pass(&clock, Duration::from_millis(4700));
    assert!(socket.is_valid(), "{bytes:x?}");
    pass(&clock, Duration::from_millis(600));
    assert_eq!(socket.state(), SocketState::Unconnected, "{bytes:x?}");
    assert_eq!(socket.close_code(), CloseCode::GoingAway);
    assert_eq!(peer.read_close(), (1001, "Timeout when reading data from socket.".to_owned()));
}

/// `tst_DataProcessor::frameTooSmall`
///
/// Qt asks its processor to read although nothing has come, and lets that time out as well; no socket does.
#[test]
fn one_byte_and_a_lone_fragment_time_out() {
    assert_times_out(&[TEXT]);
    assert_times_out(&frame(0x01, b"", true));
    assert_times_out(&frame(0x01, b"first", true));
}

/// `tst_DataProcessor::incompleteSizeField`
#[test]
fn a_frame_without_the_rest_of_its_length_times_out() {
    let lengths = |form: u8, size: usize| {
        (0..size).map(move |arrived| [&[0x80 | form][..], &[0; 8][..arrived]].concat())
    };
    let mut rows = 0;
    for first in [TEXT, BINARY, CONTINUATION] {
        for length in lengths(126, 2).chain(lengths(127, 8)) {
            assert_times_out(&[begun(first), vec![first], length].concat());
            rows += 1;
        }
    }
    assert_eq!(rows, 30);
}

/// `tst_DataProcessor::incompletePayload`
/// `tst_WebSocketFrame::tst_malformedFrames`
#[test]
fn a_frame_without_the_rest_of_its_payload_times_out() {
    let mut rows = Vec::new();
    for first in [TEXT, BINARY, CONTINUATION] {
        for length in [&[125][..], &[126, 0x01, 0x00], &[126, 0xFF, 0xFF], &[127, 0, 0, 0, 0, 0, 1, 0, 0]] {
            rows.push([begun(first), frame_with_length(first, length, &[b'a'; 100], true)].concat());
        }
    }
    for control in [0x88, 0x89, 0x8A] {
        rows.push(frame_with_length(control, &[125], &[b'a'; 100], true));
    }
    assert_eq!(rows.len(), 15);
    rows.iter().for_each(|row| assert_times_out(row));
}

/// `tst_DataProcessor::clearDataBuffers`
#[test]
fn a_message_that_is_received_in_a_nested_loop_is_not_appended_to_the_outer_one() {
    for [begin, end] in [[0x01, 0x80_u8], [0x02, 0x80]] {
        let (mut peer, socket) = Peer::with_accepted(listening_server());
        let received = Rc::<RefCell<Vec<String>>>::default();
        let nested = {
            let received = received.clone();
            move |message: &str| {
                let is_outer = received.borrow().is_empty();
                received.borrow_mut().push(message.to_owned());
                if is_outer {
                    wait_until("the inner message", || received.borrow().len() == 2);
                }
            }
        };
        let again = nested.clone();
        socket.text_message_received().connect(move |text| nested(text));
        socket.binary_message_received().connect(move |bytes| again(std::str::from_utf8(bytes).unwrap()));
        peer.send_frame(begin, "hello ");
        peer.send_frame(end, "world");
        peer.send_frame(begin, "good");
        peer.send_frame(end, "bye");
        wait_until("both messages", || received.borrow().len() == 2);
        assert_eq!(received.take(), ["hello world", "goodbye"]);
    }
}
