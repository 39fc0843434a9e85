//! Qt's `tst_QWebSocket`, function by function; `tests/qt_autotests.rs` says which of them are elsewhere, and which wait.

use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::{Journal, ORDERLY_END};
use crate::peer::{PeerListener, header, refused_port, response_to};
use crate::support::{
    Connected, accepted_socket, connected_client, echo_server, listening_server, settle, wait_for_end,
    wait_until,
};
use crate::warnings;
use crate::worker::Worker;

/// How long Qt's tests wait for a signal.
const FIVE_SECONDS: Duration = Duration::from_secs(5);

/// `tst_QWebSocket::tst_initialisation`
#[test]
fn a_fresh_socket_has_qts_defaults() {
    let rows = [
        (WebSocket::new(), "", Version::LATEST),
        (WebSocket::with_origin("My origin"), "My origin", Version::V13),
        (WebSocket::with_version("My origin", Version::V7), "My origin", Version::V7),
    ];
    for (socket, origin, version) in rows {
        assert_has_defaults(socket, origin, version);
    }
}

#[test]
fn a_dead_socket_answers_as_a_fresh_one() {
    let socket = WebSocket::with_version("My origin", Version::V7);
    socket.set_outgoing_frame_size(1);
    socket.delete();
    assert_has_defaults(socket, "", Version::LATEST);
}

fn assert_has_defaults(socket: WebSocket, origin: &str, version: Version) {
    assert_eq!((socket.origin().as_str(), socket.version()), (origin, version));
    assert_eq!((socket.error(), socket.error_string().as_str()), (SocketError::Unknown, ""));
    assert!(!socket.is_valid());
    assert_eq!((socket.local_address(), socket.local_port()), (HostAddress::Null, 0));
    assert_eq!((socket.peer_address(), socket.peer_port()), (HostAddress::Null, 0));
    assert_eq!(socket.peer_name(), "");
    assert_eq!(socket.state(), SocketState::Unconnected);
    assert_eq!(socket.read_buffer_size(), 0);
    assert_eq!((socket.resource_name().as_str(), socket.request_url()), ("", None));
    assert_eq!(socket.request(), NetworkRequest::default());
    assert_eq!(socket.handshake_options(), HandshakeOptions::new());
    assert_eq!(socket.subprotocol(), "");
    assert_eq!((socket.close_code(), socket.close_reason().as_str()), (CloseCode::Normal, ""));
    assert!(socket.mask_generator().is_none());
    assert_eq!(socket.outgoing_frame_size(), 512 * 1024);
    assert_eq!(socket.max_allowed_incoming_frame_size(), 2_147_483_646);
    assert_eq!(socket.max_allowed_incoming_message_size(), 2_147_483_646);
    assert!(socket.flush());
    assert_eq!(socket.bytes_to_write(), 0);
    assert_eq!((socket.send_text_message("A text"), socket.send_binary_message(b"Bytes")), (0, 0));
}

/// `tst_QWebSocket::tst_settersAndGetters`
///
/// Qt's −1 for the read buffer cannot be written here.
#[test]
fn the_pause_mode_and_the_read_buffer_size_are_what_was_set() {
    let socket = WebSocket::new();
    assert_eq!(socket.pause_mode(), PauseMode::Never);
    for mode in [PauseMode::OnSslErrors, PauseMode::Never] {
        socket.set_pause_mode(mode);
        assert_eq!(socket.pause_mode(), mode);
    }
    for size in [0, 128, usize::MAX] {
        socket.set_read_buffer_size(size);
        assert_eq!(socket.read_buffer_size(), size);
    }
}

/// `tst_QWebSocket::tst_invalidOpen`
#[test]
fn what_cannot_be_opened_is_one_error() {
    let rows = [
        (format!("ws://127.0.0.1:{}/", refused_port()), SocketState::Connecting, 1, 2),
        (format!("ws://127.0.0.1\r\n:{}/", refused_port()), SocketState::Unconnected, 0, 0),
        (format!("ws://127.0.0.1:{}/a\r\nb", refused_port()), SocketState::Unconnected, 0, 0),
    ];
    for (url, state, disconnections, changes) in rows {
        let socket = WebSocket::new();
        let journal = Journal::of(socket);
        let (errors, written) =
            (SignalSpy::new(socket.error_occurred()), SignalSpy::new(socket.bytes_written()));
        socket.open(&url);
        assert_eq!(socket.state(), state, "{url:?}");
        wait_until("the error", || !errors.is_empty());
        settle();
        assert_eq!(errors.take(), [SocketError::ConnectionRefused], "{url:?}");
        let entries = journal.take();
        let count = |name: &str| entries.iter().filter(|entry| entry.starts_with(name)).count();
        assert_eq!((count("disconnected"), count("state_changed")), (disconnections, changes), "{url:?}");
        assert_eq!(entries.len(), 1 + disconnections + changes, "{url:?}: {entries:?}");
        assert!(written.is_empty());
        assert!(!socket.is_valid());
        assert_eq!((socket.send_text_message("A text"), socket.send_binary_message(b"Bytes")), (0, 0));
    }
}

/// `tst_QWebSocket::tst_invalidOrigin`
#[test]
fn an_invalid_origin_is_no_matter_where_nobody_listens() {
    let socket = WebSocket::with_origin("My server\r\nin the wild.");
    let journal = Journal::of(socket);
    socket.open(format!("ws://127.0.0.1:{}/", refused_port()));
    assert_eq!(socket.state(), SocketState::Connecting);
    wait_until("the error", || journal.contains("error_occurred(ConnectionRefused)"));
    settle();
    assert_eq!(
        journal.take(),
        [
            "state_changed(Connecting)",
            "state_changed(Unconnected)",
            "disconnected",
            "error_occurred(ConnectionRefused)",
        ]
    );
}

/// What `tst_sendTextMessage` and `tst_sendBinaryMessage` have in common.
struct Exchange {
    /// Sends the message.
    send: fn(WebSocket, &'static str) -> usize,
    /// What is received of it.
    received: fn(&str) -> [String; 2],
}

const TEXT: Exchange = Exchange {
    send: |socket, text| socket.send_text_message(text),
    received: |text| [format!("text_frame_received({text}, true)"), format!("text_message_received({text})")],
};

const BINARY: Exchange = Exchange {
    send: |socket, text| socket.send_binary_message(text),
    received: |text| {
        let size = text.len();
        [
            format!("binary_frame_received({size} bytes, true)"),
            format!("binary_message_received({size} bytes)"),
        ]
    },
};

/// `tst_QWebSocket::tst_sendTextMessage`
/// `tst_QWebSocket::tst_sendBinaryMessage`
#[test]
fn a_message_comes_back_in_one_frame_and_so_it_does_after_opening_again() {
    for Exchange { send, received } in [TEXT, BINARY] {
        let server = echo_server();
        let socket = WebSocket::new();
        assert_eq!(send(socket, "Hello world!"), 0);
        let journal = Journal::of(socket);
        for _ in 0..3 {
            socket.open(server.server_url());
            wait_until("it is connected", || socket.is_valid());
            assert_eq!(
                journal.take(),
                ["state_changed(Connecting)", "state_changed(Connected)", "connected"]
            );
            assert_eq!(socket.bytes_to_write(), 0);
            assert_eq!(send(socket, "Hello world!"), 12);
            assert!(socket.bytes_to_write() > 12);
            wait_until("the echo", || journal.len() == 2);
            assert_eq!(socket.bytes_to_write(), 0);
            assert_eq!(journal.take(), received("Hello world!"));
            socket.close();
            wait_for_end(socket);
            assert_eq!(journal.take(), ORDERLY_END);
            assert_eq!((socket.close_code(), socket.close_reason().as_str()), (CloseCode::Normal, ""));
        }
    }
}

/// `tst_QWebSocket::tst_sendTextMessage`
#[test]
fn the_url_reaches_the_server_as_it_was_opened() {
    let server = listening_server();
    let socket = WebSocket::new();
    let told = SignalSpy::new(server.new_connection());
    socket.open(format!("{}segment/with spaces?query", server.server_url()));
    assert!(told.wait_for(1, FIVE_SECONDS));
    let accepted = accepted_socket(server);
    assert_eq!(accepted.request_url(), socket.request_url());
    assert!(socket.request_url().unwrap().as_str().ends_with("/segment/with%20spaces?query"));
}

/// `tst_QWebSocket::tst_sendTextMessage`
#[test]
fn a_text_of_a_mebibyte_comes_back_after_opening_again() {
    let server = echo_server();
    let socket = connected_client(server);
    socket.close();
    wait_for_end(socket);
    let received = SignalSpy::new(socket.text_message_received());
    let frames = SignalSpy::new(socket.text_frame_received());
    socket.open(server.server_url());
    wait_until("it is connected", || socket.is_valid());
    let text = "a".repeat(1024 * 1024);
    assert_eq!(socket.send_text_message(&text), text.len());
    assert!(received.wait_for(1, FIVE_SECONDS));
    assert!(received.take() == [text]);
    let frames: Vec<_> = frames.take().iter().map(|(text, is_last)| (text.len(), *is_last)).collect();
    assert_eq!(frames, [(512 * 1024, false), (512 * 1024, true)]);
}

/// `tst_QWebSocket::tst_sendTextMessage`
#[test]
fn the_code_and_the_reason_of_the_server_can_be_read() {
    let Connected { client, accepted, .. } = Connected::new();
    accepted.close_with(CloseCode::BadOperation, "closed by the server");
    wait_for_end(client);
    assert_eq!(
        (client.close_code(), client.close_reason().as_str()),
        (CloseCode::BadOperation, "closed by the server")
    );
}

/// `tst_QWebSocket::tst_errorString`
#[test]
fn the_error_string_says_what_went_wrong() {
    let socket = WebSocket::new();
    let errors = SignalSpy::new(socket.error_occurred());
    assert_eq!(socket.error_string(), "");
    socket.open("ws://someserver.invalid/");
    wait_until("the error", || !errors.is_empty());
    assert_eq!(errors.take(), [SocketError::HostNotFound]);
    assert_eq!(socket.error_string(), "Host not found");

    let server = listening_server();
    server.origin_authentication_required().connect(|authenticator| authenticator.set_allowed(false));
    socket.open(server.server_url());
    wait_for_end(socket);
    assert_eq!(errors.take(), [SocketError::ConnectionRefused]);
    assert_eq!(
        socket.error_string(),
        "QWebSocketPrivate::processHandshake: Unhandled http status code: 403 (Access Forbidden)."
    );
    assert!(!server.has_pending_connections());
}

/// `tst_QWebSocket::tst_openRequest`
#[test]
fn a_header_and_subprotocols_reach_the_server_and_invalid_names_do_not() {
    // Of the request's own header, of the options, and what arrives of them.
    let rows: [(&str, &[&str], &[&str], usize); 5] = [
        ("", &[], &[], 0),
        ("", &["chat", "superchat"], &["chat", "superchat"], 0),
        ("foo, bar", &[], &["foo", "bar"], 0),
        ("bar, baz", &["foo", "bar"], &["foo", "bar", "baz"], 0),
        ("{ok}, fine", &["chat\r\nBad: yes", "with space", "good"], &["good", "fine"], 3),
    ];
    warnings::record();
    let server = listening_server();
    for (own_header, subprotocols, expected, invalid) in rows {
        let mut request = NetworkRequest::new(server.server_url());
        request.set_raw_header("X-Custom-Header", "A custom header");
        request.set_raw_header("Sec-WebSocket-Protocol", own_header);
        let options = HandshakeOptions::new().with_subprotocols(subprotocols.iter().copied());
        let socket = WebSocket::new();
        socket.open_with(&request, options.clone());
        wait_until("it is connected", || socket.is_valid());
        let accepted = accepted_socket(server);
        assert_eq!(accepted.request().raw_header("X-Custom-Header"), Some(&b"A custom header"[..]));
        assert_eq!(accepted.handshake_options().subprotocols(), expected);
        // What was asked for stays as it was given.
        assert_eq!((socket.request(), socket.handshake_options()), (request, options));
        let warnings = warnings::take();
        assert_eq!(warnings.len(), invalid, "{warnings:?}");
        assert!(warnings.iter().all(|warning| warning.contains("invalid WebSocket subprotocol name")));
    }
}

/// `tst_QWebSocket::tst_protocolAccessor`
#[test]
fn the_subprotocol_is_the_first_of_the_clients_that_the_server_has() {
    let server = listening_server();
    server.set_supported_subprotocols(["foo", "bar"]);
    let socket = WebSocket::new();
    let mut request = NetworkRequest::new(server.server_url());
    request.set_raw_header("Sec-WebSocket-Protocol", "bar, foo");
    socket.open(request);
    wait_until("it is connected", || socket.is_valid());
    assert_eq!(socket.subprotocol(), "bar");
    assert_eq!(accepted_socket(server).subprotocol(), "bar");
}

/// `tst_QWebSocket::protocolsHeaderGeneration`
#[test]
fn there_is_no_header_for_subprotocols_without_a_valid_one() {
    let rows: [(&[&str], Option<&str>); 3] = [
        (&["chat", "superchat"], Some("chat, superchat")),
        (&["chat,superchat", "super chat"], None),
        (&["chat", "in{valid}", "superchat", "inva\u{e9}lid"], Some("chat, superchat")),
    ];
    for (subprotocols, expected) in rows {
        let listener = PeerListener::new();
        let socket = WebSocket::new();
        socket.open_with(
            listener.url(),
            HandshakeOptions::new().with_subprotocols(subprotocols.iter().copied()),
        );
        let request = listener.accept().read_head();
        assert_eq!(header(&request, "Sec-WebSocket-Protocol"), expected, "{subprotocols:?}");
    }
}

/// `tst_QWebSocket::tst_moveToThread`
/// `tst_QWebSocket::tst_moveToThreadNoWarning`
///
/// A socket is not moved here: it is made in the thread that it is for.
#[test]
fn a_socket_lives_in_another_thread_without_a_warning() {
    let server = echo_server();
    let accepted = SignalSpy::new(server.new_connection());
    let url = server.server_url();
    let thread = Worker::start();
    let (send, received) = std::sync::mpsc::channel();
    thread.call(move || {
        warnings::record();
        let socket = WebSocket::new();
        socket.connected().connect(move |()| {
            socket.send_text_message("Hello, other thread!");
        });
        let tell = send.clone();
        socket.text_message_received().connect(move |text| {
            tell.send(text.to_owned()).unwrap();
            socket.close();
        });
        socket.disconnected().connect(move |()| send.send("disconnected".to_owned()).unwrap());
        socket.open(url);
    });
    let mut told = Vec::new();
    wait_until("the echo and the end", || {
        told.extend(received.try_iter());
        told.len() == 2
    });
    assert_eq!((told, accepted.len()), (vec!["Hello, other thread!".into(), "disconnected".into()], 1));
    assert_eq!(thread.call(warnings::take), [""; 0]);
    thread.end();
}

/// `tst_QWebSocket::overlongCloseReason`
#[test]
fn an_overlong_reason_is_cut_and_the_code_is_kept() {
    let Connected { client, accepted, .. } = Connected::new();
    let ended = SignalSpy::new(accepted.disconnected());
    client.close_with(CloseCode::GoingAway, &"a".repeat(200));
    wait_until("the server has seen it", || !ended.is_empty());
    assert_eq!((accepted.close_code(), accepted.close_reason()), (CloseCode::GoingAway, "a".repeat(123)));
    wait_for_end(client);
    assert_eq!(client.close_reason(), "a".repeat(123));
}

/// `tst_QWebSocket::incomingMessageTooLong`
/// `tst_QWebSocket::incomingFrameTooLong`
#[test]
fn more_than_the_server_allows_ends_the_connection_with_1009() {
    let limits: [fn(WebSocket); 2] = [
        |socket| socket.set_max_allowed_incoming_message_size(1024),
        |socket| socket.set_max_allowed_incoming_frame_size(1024),
    ];
    for limit in limits {
        let Connected { client, accepted, .. } = Connected::new();
        limit(accepted);
        let received = SignalSpy::new(accepted.text_message_received());
        let ended = SignalSpy::new(client.disconnected());
        client.send_text_message("a".repeat(1024));
        wait_until("the message", || !received.is_empty());
        client.send_text_message("a".repeat(1025));
        wait_until("the end", || !ended.is_empty());
        assert_eq!(client.close_code(), CloseCode::TooMuchData);
        assert_eq!((received.len(), ended.len()), (1, 1));
    }
}

/// `tst_QWebSocket::testingFrameAndMessageSizeApi`
#[test]
fn sizes_are_what_was_set() {
    let socket = WebSocket::new();
    socket.set_max_allowed_incoming_frame_size(WebSocket::max_incoming_frame_size());
    assert_eq!(socket.max_allowed_incoming_frame_size(), WebSocket::max_incoming_frame_size());
    socket.set_max_allowed_incoming_message_size(WebSocket::max_incoming_message_size());
    assert_eq!(socket.max_allowed_incoming_message_size(), WebSocket::max_incoming_message_size());
    socket.set_outgoing_frame_size(WebSocket::max_outgoing_frame_size());
    assert_eq!(socket.outgoing_frame_size(), WebSocket::max_outgoing_frame_size());
    for size in [0, 1, 1024] {
        socket.set_max_allowed_incoming_frame_size(size);
        socket.set_max_allowed_incoming_message_size(size);
        socket.set_outgoing_frame_size(size);
        assert_eq!(socket.max_allowed_incoming_frame_size(), size);
        assert_eq!(socket.max_allowed_incoming_message_size(), size);
        assert_eq!(socket.outgoing_frame_size(), size);
    }
    socket.set_max_allowed_incoming_frame_size(WebSocket::max_incoming_frame_size() + 1);
    socket.set_max_allowed_incoming_message_size(u64::MAX);
    socket.set_outgoing_frame_size(WebSocket::max_outgoing_frame_size() + 1);
    assert_eq!(socket.max_allowed_incoming_frame_size(), 1024, "what is too large is ignored");
    assert_eq!(socket.max_allowed_incoming_message_size(), 1024);
    assert_eq!(socket.outgoing_frame_size(), 1024);
}

/// `tst_QWebSocket::customHeader`
#[test]
fn a_response_whose_end_comes_late_is_waited_for() {
    let listener = PeerListener::new();
    let socket = WebSocket::new();
    let mut request = NetworkRequest::new(listener.url());
    request.set_raw_header("CustomHeader", "Example");
    let journal = Journal::of(socket);
    socket.open(request);
    let mut peer = listener.accept();
    let head = peer.read_head();
    assert_eq!(header(&head, "customheader"), Some("Example"));
    let response = response_to(&head);
    let (begin, end) = response.split_at(response.len() - 4);
    assert_eq!(end, "\r\n\r\n");
    peer.send(begin);
    settle();
    assert_eq!(socket.state(), SocketState::Connecting);
    peer.send(end);
    wait_until("it is connected", || socket.is_valid());
    assert_eq!(journal.take(), ["state_changed(Connecting)", "state_changed(Connected)", "connected"]);
}
