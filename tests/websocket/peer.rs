//! A peer whose every byte is the test's: a plain socket, driven in the same thread as the event loop.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::LazyLock;
use std::time::Duration;

use slotwire::prelude::*;
use slotwire::websocket::protocol::accept_key;
use socket2::{Domain, SockRef, Socket, Type};

use crate::support::{accepted_socket, frame, wait_until};

/// One end of a TCP connection, the other one is the crate's.
pub(crate) struct Peer {
    stream: TcpStream,
    received: Vec<u8>,
    end: Option<End>,
    /// A client masks.
    pub(crate) is_client: bool,
}

/// How the crate ended the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
}

/// A frame as it was on the wire, with its payload unmasked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) first: u8,
    pub(crate) masked: bool,
    pub(crate) payload: Vec<u8>,
}

/// A request that every server takes.
pub(crate) const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

impl Peer {
    /// Connects to a server, and sends nothing.
    pub(crate) fn connect(server: WebSocketServer) -> Self {
        Self::connect_to_port(server.server_port())
    }

    /// Connects to that port of this host, and sends nothing.
    pub(crate) fn connect_to_port(port: u16) -> Self {
        Self::new(TcpStream::connect(("127.0.0.1", port)).unwrap(), true)
    }

    /// Connects to a server and does the handshake.
    pub(crate) fn client_of(server: WebSocketServer) -> Self {
        let mut peer = Self::connect(server);
        peer.send(REQUEST);
        let head = peer.read_head();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        peer
    }

    /// Connects to a server that does not take its connections itself; with the socket that it accepted.
    pub(crate) fn with_accepted(server: WebSocketServer) -> (Self, WebSocket) {
        let peer = Self::client_of(server);
        (peer, accepted_socket(server))
    }

    /// Opens a connection of that client and does the handshake as its server.
    pub(crate) fn server_of(client: WebSocket) -> Self {
        let listener = PeerListener::new();
        client.open(listener.url());
        let mut peer = listener.accept();
        peer.accept_handshake();
        wait_until("the client is connected", || client.state() == SocketState::Connected);
        peer
    }

    fn new(stream: TcpStream, is_client: bool) -> Self {
        stream.set_nonblocking(true).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, received: Vec::new(), end: None, is_client }
    }

    /// Sends bytes as they are, handling events while the other end does not take them.
    #[track_caller]
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let mut rest = bytes.as_ref();
        wait_until("the bytes are sent", || {
            match self.stream.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("cannot send: {error}"),
            }
            rest.is_empty()
        });
    }

    /// Sends what the system takes at once; returns how much that was. For a connection that may be gone.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> usize {
        self.stream.write(bytes).unwrap_or(0)
    }

    /// Sends a frame, masked if this is a client.
    #[track_caller]
    pub(crate) fn send_frame(&mut self, first: u8, payload: impl AsRef<[u8]>) {
        self.send(self.frame(first, payload));
    }

    /// A frame as this peer sends it.
    pub(crate) fn frame(&self, first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
        frame(first, payload.as_ref(), self.is_client)
    }

    /// Answers the client's request; returns the request.
    pub(crate) fn accept_handshake(&mut self) -> String {
        let request = self.read_head();
        self.send(response_to(&request));
        request
    }

    fn fill(&mut self) {
        let mut buffer = [0; 16 * 1024];
        while self.end.is_none() {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.end = Some(End::Closed),
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.end = Some(End::Reset),
            }
        }
    }

    #[track_caller]
    pub(crate) fn read_exactly(&mut self, count: usize) -> Vec<u8> {
        wait_until("the peer has received enough", || {
            self.fill();
            self.received.len() >= count || self.end.is_some()
        });
        assert!(self.received.len() >= count, "{:?} after {:?}", self.end, self.received);
        let rest = self.received.split_off(count);
        std::mem::replace(&mut self.received, rest)
    }

    /// Reads the head of a request or response.
    #[track_caller]
    pub(crate) fn read_head(&mut self) -> String {
        let mut size = None;
        wait_until("the peer has received a head", || {
            self.fill();
            size = self.received.windows(4).position(|part| part == b"\r\n\r\n");
            size.is_some() || self.end.is_some()
        });
        let size = size.unwrap_or_else(|| panic!("{:?} after {:?}", self.end, self.received));
        String::from_utf8(self.read_exactly(size + 4)).unwrap()
    }

    #[track_caller]
    pub(crate) fn read_frame(&mut self) -> Frame {
        let start = self.read_exactly(2);
        let size = match start[1] & 0x7f {
            126 => u16::from_be_bytes(self.read_exactly(2).try_into().unwrap()).into(),
            127 => u64::from_be_bytes(self.read_exactly(8).try_into().unwrap()) as usize,
            size => size.into(),
        };
        let masked = start[1] & 0x80 != 0;
        let key = if masked { self.read_exactly(4) } else { vec![0; 4] };
        let mut payload = self.read_exactly(size);
        payload.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
        Frame { first: start[0], masked, payload }
    }

    /// Reads a close frame; returns its code and reason.
    #[track_caller]
    pub(crate) fn read_close(&mut self) -> (u16, String) {
        let frame = self.read_frame();
        assert_eq!(frame.first, 0x88, "{frame:?}");
        assert_ne!(frame.masked, self.is_client, "clients mask, servers do not");
        let code = u16::from_be_bytes([frame.payload[0], frame.payload[1]]);
        (code, String::from_utf8(frame.payload[2..].to_vec()).unwrap())
    }

    /// Reads up to the end of the connection; returns what came before it.
    #[track_caller]
    pub(crate) fn read_end(&mut self) -> (Vec<u8>, End) {
        wait_until("the connection has ended", || {
            self.fill();
            self.end.is_some()
        });
        (std::mem::take(&mut self.received), self.end.unwrap())
    }

    /// The crate closes the connection, and sends nothing before.
    #[track_caller]
    pub(crate) fn expect_end(&mut self) {
        assert_eq!(self.read_end(), (vec![], End::Closed));
    }

    /// What has arrived up to now.
    pub(crate) fn take_received(&mut self) -> Vec<u8> {
        self.fill();
        std::mem::take(&mut self.received)
    }

    pub(crate) fn is_ended(&mut self) -> bool {
        self.fill();
        self.end.is_some()
    }

    /// Sends nothing more, but reads on.
    pub(crate) fn shut_down_writing(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Ends the connection by a reset.
    pub(crate) fn reset(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// Waits for a client of the crate's.
pub(crate) struct PeerListener(TcpListener);

impl PeerListener {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/", self.port())
    }

    #[track_caller]
    pub(crate) fn accept(&self) -> Peer {
        let mut accepted = None;
        wait_until("a client has connected", || {
            accepted = self.0.accept().ok();
            accepted.is_some()
        });
        Peer::new(accepted.unwrap().0, false)
    }
}

/// The answer that accepts a request.
pub(crate) fn response_to(request: &str) -> String {
    let key = header(request, "Sec-WebSocket-Key").unwrap();
    let accept = String::from_utf8(accept_key(key).to_vec()).unwrap();
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// The value of a header field.
pub(crate) fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// A port of this host where nobody listens, and nobody will: it is bound for as long as the tests run.
pub(crate) fn refused_port() -> u16 {
    static BOUND: LazyLock<Socket> = LazyLock::new(|| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        socket
    });
    BOUND.local_addr().unwrap().as_socket().unwrap().port()
}
