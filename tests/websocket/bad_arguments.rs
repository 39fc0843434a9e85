//! What cannot be opened: Qt's error, text and order.

use slotwire::prelude::*;

use crate::journal::Journal;
use crate::peer::{PeerListener, refused_port};
use crate::support::{connected_client, listening_server, settle, wait_for_end, wait_until};

const NOT_REACHED: [&str; 3] = ["state_changed(Connecting)", "state_changed(Unconnected)", "disconnected"];

#[test]
fn what_is_no_websocket_url_is_refused_at_once_and_changes_nothing() {
    for (url, error, text) in [
        ("", SocketError::ConnectionRefused, "Invalid URL."),
        ("nonsense", SocketError::UnsupportedSocketOperation, "Unsupported WebSocket scheme: "),
        ("/just/a/path", SocketError::UnsupportedSocketOperation, "Unsupported WebSocket scheme: "),
        ("ws://[::1", SocketError::ConnectionRefused, "Invalid URL."),
        ("ws://host:99999/", SocketError::ConnectionRefused, "Invalid URL."),
        ("ws://host\r\nInjected: yes/", SocketError::ConnectionRefused, "Invalid URL."),
        ("ws://localhost/%0D%0AInjected", SocketError::ConnectionRefused, "Invalid resource name."),
        ("ws://localhost/%0d%0aInjected", SocketError::ConnectionRefused, "Invalid resource name."),
        ("ws:///%0d%0aInjected", SocketError::ConnectionRefused, "Invalid resource name."),
        ("http://localhost/", SocketError::UnsupportedSocketOperation, "Unsupported WebSocket scheme: http"),
        ("ftp://localhost/", SocketError::UnsupportedSocketOperation, "Unsupported WebSocket scheme: ftp"),
        ("about:blank", SocketError::UnsupportedSocketOperation, "Unsupported WebSocket scheme: about"),
    ] {
        let socket = WebSocket::new();
        let journal = Journal::of(socket);
        socket.open(url);
        assert_eq!(journal.take(), [format!("error_occurred({error:?})")], "{url:?}");
        assert_eq!(socket.error_string(), text, "{url:?}");
        assert_eq!(socket.state(), SocketState::Unconnected, "{url:?}");
        assert_eq!(socket.send_text_message("x"), 0);
        settle();
        assert_eq!(journal.take(), [""; 0], "{url:?}");
    }
}

#[test]
fn what_was_refused_is_kept_as_the_request_as_in_qt() {
    let socket = WebSocket::new();
    socket.open("http://host/path?query");
    assert_eq!(socket.request_url().unwrap().as_str(), "http://host/path?query");
    assert_eq!((socket.resource_name().as_str(), socket.peer_name().as_str()), ("/path?query", ""));
    socket.open("/just/a/path#fragment");
    assert_eq!(socket.request_url(), None);
    assert_eq!(socket.request().invalid_url(), Some("/just/a/path#fragment"));
    assert_eq!(socket.resource_name(), "/just/a/path");
    socket.open("");
    assert_eq!(socket.resource_name(), "/just/a/path", "nothing was asked for");
    socket.open("ws://localhost/%0D%0AInjected");
    assert_eq!(socket.request().invalid_url(), Some(""));
    assert_eq!(socket.resource_name(), "/just/a/path", "as in Qt, which clears the request only");
}

#[test]
fn what_is_refused_while_a_connection_exists_leaves_its_request_alone() {
    let server = listening_server();
    let socket = connected_client(server);
    socket.open("http://host/path");
    assert_eq!(socket.request_url(), Some(server.server_url()));
    assert_eq!((socket.resource_name().as_str(), socket.peer_name().as_str()), ("/", "127.0.0.1"));
}

#[test]
fn a_url_without_a_host_is_looked_up_in_vain() {
    for (url, resource) in
        [("ws:///path", "/path"), ("WS:///path#fragment", "/path"), ("ws://", "/"), ("ws:path", "path")]
    {
        let socket = WebSocket::new();
        let journal = Journal::of(socket);
        socket.open(url);
        assert_eq!(socket.state(), SocketState::Connecting, "{url}");
        wait_until("the error", || journal.contains("error_occurred(HostNotFound)"));
        assert_eq!(journal.take()[..3], NOT_REACHED);
        assert_eq!((socket.resource_name().as_str(), socket.peer_name().as_str()), (resource, ""));
    }
}

#[test]
fn a_line_break_in_a_path_is_refused() {
    for path in ["a\r\nInjected: yes", "\r\n", "a\r\n?query"] {
        let socket = WebSocket::new();
        let journal = Journal::of(socket);
        socket.open(format!("ws://127.0.0.1:{}/{path}", refused_port()));
        assert_eq!(journal.take(), ["error_occurred(ConnectionRefused)"], "{path:?}");
        assert_eq!(socket.error_string(), "Invalid resource name.", "{path:?}");
    }
}

#[test]
fn a_line_break_in_a_query_is_sent_encoded() {
    let listener = PeerListener::new();
    let socket = WebSocket::new();
    socket.open(format!("{}?a\r\nInjected: yes#b\r\nInjected: yes", listener.url()));
    let head = listener.accept().read_head();
    assert!(head.starts_with("GET /?a%0D%0AInjected:%20yes HTTP/1.1\r\nHost: "), "{head}");
}

#[test]
fn a_port_where_nobody_listens_refuses() {
    let socket = WebSocket::new();
    let journal = Journal::of(socket);
    let noted = journal.clone();
    socket.state_changed().connect(move |_| noted.note(socket.error_string()));
    socket.open(format!("ws://127.0.0.1:{}/", refused_port()));
    wait_until("the error", || journal.contains("error_occurred(ConnectionRefused)"));
    settle();
    assert_eq!(
        journal.take(),
        [
            "state_changed(Connecting)",
            "Unknown error",
            "state_changed(Unconnected)",
            "Connection refused",
            "disconnected",
            "error_occurred(ConnectionRefused)",
        ]
    );
    assert_eq!(socket.error(), SocketError::ConnectionRefused);
}

#[test]
fn a_name_without_an_address_is_not_found() {
    let socket = WebSocket::new();
    let journal = Journal::of(socket);
    socket.open("ws://name.invalid/");
    assert_eq!(journal.take(), ["state_changed(Connecting)"]);
    wait_until("the error", || journal.contains("error_occurred(HostNotFound)"));
    assert_eq!(journal.take()[..2], NOT_REACHED[1..]);
    assert_eq!(
        (socket.error(), socket.error_string().as_str()),
        (SocketError::HostNotFound, "Host not found")
    );
    assert_eq!(socket.peer_name(), "name.invalid");
}

#[test]
fn a_lookup_that_is_aborted_says_nothing_later() {
    let socket = WebSocket::new();
    socket.open("ws://name.invalid/");
    let journal = Journal::of(socket);
    socket.abort();
    assert_eq!(journal.take(), crate::journal::ABORT);
    let other = WebSocket::new();
    other.open("ws://other.invalid/");
    wait_for_end(other);
    settle();
    assert_eq!(journal.take(), [""; 0]);
}

#[test]
fn an_origin_with_a_line_break_ends_the_connection_before_the_request() {
    for origin in ["http://me\r\nInjected: yes", "\r\n"] {
        let listener = PeerListener::new();
        let socket = WebSocket::with_origin(origin);
        let journal = Journal::of(socket);
        socket.open(listener.url());
        let mut peer = listener.accept();
        wait_for_end(socket);
        assert_eq!(
            journal.take(),
            [
                "state_changed(Connecting)",
                "about_to_close",
                "state_changed(Unconnected)",
                "disconnected",
                "read_channel_finished",
                "error_occurred(ConnectionRefused)",
            ]
        );
        assert_eq!(
            socket.error_string(),
            "The origin contains newlines. Possible attack detected.",
            "{origin:?}"
        );
        assert_eq!(peer.read_end().0, b"");
    }
}

#[test]
fn header_fields_with_line_breaks_are_not_sent() {
    let listener = PeerListener::new();
    let mut request = NetworkRequest::new(listener.url());
    request.set_raw_header("X-Good", "good");
    request.set_raw_header("X-Bad", "bad\r\nInjected: yes");
    request.set_raw_header("X-Bad\r\nInjected", "yes");
    let socket = WebSocket::new();
    socket.open_with(&request, HandshakeOptions::new().with_subprotocols(["ok", "not\r\nok", "b{a}d", ""]));
    let head = listener.accept().read_head();
    assert!(head.contains("\r\nx-good: good\r\n"), "{head}");
    assert!(head.contains("\r\nSec-WebSocket-Protocol: ok\r\n"), "{head}");
    assert!(!head.to_lowercase().contains("injected") && !head.contains("bad"), "{head}");
}

#[test]
fn a_user_header_cannot_send_what_the_handshake_owns_twice() {
    let listener = PeerListener::new();
    let mut request = NetworkRequest::new(listener.url());
    for name in ["Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"] {
        request.set_raw_header(name, "mine");
    }
    let socket = WebSocket::new();
    socket.open(&request);
    let head = listener.accept().read_head();
    assert!(!head.contains("mine"), "{head}");
}

#[test]
fn a_socket_works_after_every_refusal() {
    let server = listening_server();
    let socket = WebSocket::new();
    for url in ["", "http://localhost/", "ws://localhost/%0d%0a"] {
        socket.open(url);
    }
    socket.open(format!("ws://127.0.0.1:{}/", refused_port()));
    wait_for_end(socket);
    socket.open(server.server_url());
    wait_until("connected", || socket.is_valid());
    assert_eq!((socket.error(), socket.error_string().as_str()), (SocketError::Unknown, "Unknown error"));
}

#[test]
fn flushing_says_true_without_a_tcp_socket_as_in_qt() {
    let client = WebSocket::new();
    assert!(client.flush());
    client.open("http://host/");
    assert!(client.flush(), "it was refused");
    client.open(listening_server().server_url());
    wait_until("it is connected", || client.state() == SocketState::Connected);
    client.abort();
    assert!(!client.flush());
}
