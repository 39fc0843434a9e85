//! What every test here needs: to wait for something, and a connection.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

use slotwire::prelude::*;

/// How long a test waits for what has to happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Handles events until that is so. Virtual time does not pass meanwhile.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        if !Application::process_events() {
            std::thread::yield_now();
        }
    }
}

/// Handles events until there are none left: over loopback, what is written is there at once.
#[track_caller]
pub(crate) fn settle() {
    let deadline = Instant::now() + PATIENCE;
    let mut quiet = 0;
    while quiet < 3 {
        assert!(Instant::now() < deadline, "there is always something to do");
        quiet = if Application::process_events() { 0 } else { quiet + 1 };
    }
}

/// What slots panic with that are to panic.
struct AsTold;

/// Panics in a slot, as a careless program does, but quietly.
pub(crate) fn panic_as_told() {
    resume_unwind(Box::new(AsTold));
}

/// Does something in which a slot may panic as it was told to; `None` if one did.
pub(crate) fn caught<R>(deed: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(deed)) {
        Ok(result) => Some(result),
        Err(panic) if panic.is::<AsTold>() => None,
        Err(panic) => resume_unwind(panic),
    }
}

/// Handles events until there are none left, as a program does that goes on after panics; returns how many there were.
#[track_caller]
pub(crate) fn settle_through_panics() -> usize {
    let mut panics = 0;
    while caught(settle).is_none() {
        panics += 1;
    }
    panics
}

/// Lets virtual time pass, and what falls due in it happen.
pub(crate) fn pass(clock: &VirtualClock, duration: Duration) {
    clock.advance(duration);
    settle();
}

/// A server on a free port.
pub(crate) fn listening_server() -> WebSocketServer {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server
}

/// A server on a free port that sends back what it receives, and deletes its sockets.
pub(crate) fn echo_server() -> WebSocketServer {
    let server = listening_server();
    echo(server);
    server
}

/// Lets a server send back what it receives, and delete its sockets.
pub(crate) fn echo(server: WebSocketServer) {
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            socket.text_message_received().connect(move |text| {
                socket.send_text_message(text);
            });
            socket.binary_message_received().connect(move |bytes| {
                socket.send_binary_message(bytes);
            });
            socket.disconnected().connect(move |()| socket.delete_later());
        }
    });
}

/// Connects a new client to that server.
pub(crate) fn connected_client(server: WebSocketServer) -> WebSocket {
    let client = WebSocket::new();
    client.open(server.server_url());
    wait_until("the client is connected", || client.state() == SocketState::Connected);
    client
}

/// The next socket that the server has accepted.
pub(crate) fn accepted_socket(server: WebSocketServer) -> WebSocket {
    wait_until("a connection is pending", || server.has_pending_connections());
    server.next_pending_connection().unwrap()
}

/// Both ends of a connection.
pub(crate) struct Connected {
    pub(crate) server: WebSocketServer,
    pub(crate) client: WebSocket,
    pub(crate) accepted: WebSocket,
}

impl Connected {
    pub(crate) fn new() -> Self {
        let server = listening_server();
        let client = connected_client(server);
        let accepted = accepted_socket(server);
        Self { server, client, accepted }
    }
}

/// Waits until the socket has lost its connection.
#[track_caller]
pub(crate) fn wait_for_end(socket: WebSocket) {
    wait_until("the connection has ended", || socket.state() == SocketState::Unconnected);
}

/// A connection on the same server, on which nothing of what happens to the others may be seen.
pub(crate) struct Bystander {
    client: WebSocket,
    ended: Rc<Cell<bool>>,
}

impl Bystander {
    /// Connects to a server that echoes.
    pub(crate) fn of(server: WebSocketServer) -> Self {
        Self::connecting(connected_client(server))
    }

    /// A client that connects to a server that echoes.
    pub(crate) fn connecting(client: WebSocket) -> Self {
        wait_until("the bystander is connected", || client.state() == SocketState::Connected);
        let ended = Rc::new(Cell::new(false));
        let flag = ended.clone();
        client.disconnected().connect(move |()| flag.set(true));
        client.error_occurred().connect(|error| panic!("the bystander has an error: {error:?}"));
        Self { client, ended }
    }

    /// Sends something, and gets it back.
    #[track_caller]
    pub(crate) fn goes_on(&self) {
        let echo = SignalSpy::new(self.client.text_message_received());
        self.client.send_text_message("still there?");
        wait_until("the bystander has its echo", || !echo.is_empty());
        assert!(!self.ended.get());
        assert_eq!(echo.take(), ["still there?"]);
    }
}

/// The frame that a server sends, or a client with the key 01 02 03 04.
pub(crate) fn frame(first: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mask_bit = if masked { 0x80 } else { 0 };
    let mut frame = vec![first];
    match payload.len() {
        size @ 0..=125 => frame.push(mask_bit | size as u8),
        size @ 126..=65535 => {
            frame.push(mask_bit | 126);
            frame.extend_from_slice(&(size as u16).to_be_bytes());
        }
        size => {
            frame.push(mask_bit | 127);
            frame.extend_from_slice(&(size as u64).to_be_bytes());
        }
    }
    append_payload(&mut frame, payload, masked);
    frame
}

/// A frame whose length is written as given, right or wrong.
pub(crate) fn frame_with_length(first: u8, length: &[u8], payload: &[u8], masked: bool) -> Vec<u8> {
    let mut frame = vec![first];
    frame.extend_from_slice(length);
    if masked {
        frame[1] |= 0x80;
    }
    append_payload(&mut frame, payload, masked);
    frame
}

fn append_payload(frame: &mut Vec<u8>, payload: &[u8], masked: bool) {
    const KEY: [u8; 4] = [1, 2, 3, 4];
    if masked {
        frame.extend_from_slice(&KEY);
        frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    } else {
        frame.extend_from_slice(payload);
    }
}

/// The payload of a close frame.
pub(crate) fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}
