//! Our client, with the servers of others.

use std::cell::Cell;
use std::time::Duration;

use slotwire::prelude::*;

use crate::peer::{Peer, Server};
use crate::test_with_each_peer;

test_with_each_peer! {
    a_text_comes_back,
    a_text_of_many_scripts_comes_back,
    an_empty_text_comes_back,
    a_text_of_16_mib_comes_back,
    a_binary_message_comes_back,
    an_empty_binary_message_comes_back,
    a_binary_message_of_16_mib_comes_back,
    a_text_that_we_fragment_comes_back,
    a_text_that_they_fragment_arrives_whole,
    our_ping_is_answered_with_its_payload,
    their_ping_is_answered_with_its_payload,
    they_learn_our_close_code_and_reason,
    we_learn_their_close_code_and_reason,
}

const TIMEOUT: Duration = Duration::from_secs(60);
const MANY_SCRIPTS: &str = "Grüße, 世界, 🦀";

fn a_text_comes_back(peer: Peer) {
    assert_echoes_text(peer, "Hello, world!");
}

fn a_text_of_many_scripts_comes_back(peer: Peer) {
    assert_echoes_text(peer, MANY_SCRIPTS);
}

fn an_empty_text_comes_back(peer: Peer) {
    assert_echoes_text(peer, "");
}

fn a_text_of_16_mib_comes_back(peer: Peer) {
    // 16 bytes of UTF-8 that end in a character of three
    assert_echoes_text(peer, &"0123456789abc✓".repeat(1 << 20));
}

fn a_binary_message_comes_back(peer: Peer) {
    assert_echoes_binary(peer, &every_byte());
}

fn an_empty_binary_message_comes_back(peer: Peer) {
    assert_echoes_binary(peer, &[]);
}

fn a_binary_message_of_16_mib_comes_back(peer: Peer) {
    assert_echoes_binary(peer, &every_byte().repeat(1 << 16));
}

fn a_text_that_we_fragment_comes_back(peer: Peer) {
    let (socket, _server) = connect(peer);
    socket.set_outgoing_frame_size(3);
    assert_eq!(ask(*socket, MANY_SCRIPTS), MANY_SCRIPTS);
}

fn a_text_that_they_fragment_arrives_whole(peer: Peer) {
    let (socket, _server) = connect(peer);
    assert_eq!(ask(*socket, &format!("fragment:3:{MANY_SCRIPTS}")), MANY_SCRIPTS);
}

fn our_ping_is_answered_with_its_payload(peer: Peer) {
    let (socket, _server) = connect(peer);
    let pongs = SignalSpy::new(socket.pong());
    socket.ping_with(b"are you there?");
    assert!(pongs.wait(TIMEOUT), "no pong: {}", socket.error_string());
    let payload = pongs.take_first().map(|(_elapsed, payload)| payload);
    assert_eq!(payload.as_deref(), Some(b"are you there?".as_slice()));
}

fn their_ping_is_answered_with_its_payload(peer: Peer) {
    let (socket, _server) = connect(peer);
    assert_eq!(ask(*socket, "ping:and you?"), "pong:and you?");
}

fn they_learn_our_close_code_and_reason(peer: Peer) {
    let (socket, mut server) = connect(peer);
    let disconnected = SignalSpy::new(socket.disconnected());
    socket.close_with(CloseCode::from(4001), "going home ✓");
    assert!(disconnected.wait(TIMEOUT), "still connected");
    assert_eq!(server.wait_closed(), (4001, "going home ✓".to_owned()));
}

fn we_learn_their_close_code_and_reason(peer: Peer) {
    let (socket, _server) = connect(peer);
    let disconnected = SignalSpy::new(socket.disconnected());
    socket.send_text_message("close:4002:not today ✓");
    assert!(disconnected.wait(TIMEOUT), "still connected");
    assert_eq!(socket.close_code(), CloseCode::from(4002));
    assert_eq!(socket.close_reason(), "not today ✓");
}

/// Qt has no server that asks.
#[test]
fn websockets_learns_who_is_there() {
    Peer::WEBSOCKETS.run(they_learn_who_is_there);
}

#[test]
fn ws_learns_who_is_there() {
    Peer::WS.run(they_learn_who_is_there);
}

fn they_learn_who_is_there(peer: Peer) {
    let server = peer.server_for("ada", "love:lace ✓");
    let socket = WebSocket::new().scoped();
    let asked = Cell::new(0);
    socket.authentication_required().connect(move |authenticator| {
        assert_eq!(authenticator.realm(), "interop");
        authenticator.set_user("ada");
        authenticator.set_password(["wrong", "love:lace ✓"][asked.get()]);
        asked.set(asked.get() + 1);
    });
    let connected = SignalSpy::new(socket.connected());
    socket.open(server.url());
    assert!(connected.wait(TIMEOUT), "not connected: {}", socket.error_string());
    assert_eq!(ask(*socket, "who am I?"), "who am I?");
}

/// A socket connected to a server of the peer, which runs until it is dropped.
fn connect(peer: Peer) -> (Scoped<WebSocket>, Server) {
    let server = peer.server();
    let socket = WebSocket::new().scoped();
    #[cfg(feature = "_tls")]
    if peer.is_secure() {
        socket.set_ssl_configuration(crate::certificates::trusting());
    }
    let connected = SignalSpy::new(socket.connected());
    socket.open(server.url().as_str());
    assert!(connected.wait(TIMEOUT), "not connected: {}", socket.error_string());
    (socket, server)
}

fn assert_echoes_text(peer: Peer, text: &str) {
    let (socket, _server) = connect(peer);
    assert!(ask(*socket, text) == text, "another text of {} bytes came back", text.len());
}

fn assert_echoes_binary(peer: Peer, data: &[u8]) {
    let (socket, _server) = connect(peer);
    let messages = SignalSpy::new(socket.binary_message_received());
    socket.send_binary_message(data);
    assert!(messages.wait(TIMEOUT), "no answer: {}", socket.error_string());
    let same = messages.take_first().as_deref() == Some(data);
    assert!(same, "another message than the one of {} bytes came back", data.len());
}

/// Sends a text and waits for the one that comes back.
fn ask(socket: WebSocket, text: &str) -> String {
    let messages = SignalSpy::new(socket.text_message_received());
    socket.send_text_message(text);
    assert!(messages.wait(TIMEOUT), "no answer: {}", socket.error_string());
    messages.take_first().expect("it was waited for")
}

fn every_byte() -> Vec<u8> {
    (0..=u8::MAX).collect()
}
