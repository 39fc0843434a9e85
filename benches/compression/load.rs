//! The load generator: one thread on mio, no WebSocket library. What it sends was compressed before.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::WINDOW_BITS;
use crate::encoders::{OwnDecoder, payloads};
use crate::servers::Server;

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const BUFFER: usize = 256 << 10;
const MAX_SILENCE: Duration = Duration::from_secs(60);

/// What one server needed for a number of messages.
#[derive(Clone, Copy)]
pub struct Measurement {
    messages: usize,
    cpu: Duration,
    received: usize,
}

impl Measurement {
    /// The server's CPU time per message, in microseconds.
    pub fn cpu(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.messages as f64
    }

    /// The size of an echo on the wire, in bytes.
    pub fn size(&self) -> f64 {
        self.received as f64 / self.messages as f64
    }
}

/// What each connection sends, and then from the beginning, which refers to nothing.
pub struct Messages {
    plain: Vec<Vec<u8>>,
    /// All frames, one behind the other.
    frames: Vec<u8>,
    sizes: Vec<usize>,
}

impl Messages {
    pub fn new(plain: Vec<Vec<u8>>) -> Self {
        let mut messages = Self { plain, frames: Vec::new(), sizes: Vec::new() };
        for payload in payloads(&messages.plain) {
            let start = messages.frames.len();
            messages.frames.push(0xC1);
            match payload.len() {
                size @ 0..126 => messages.frames.push(0x80 | size as u8),
                size => {
                    messages.frames.push(0x80 | 126);
                    messages.frames.extend(u16::try_from(size).expect("not that large").to_be_bytes());
                }
            }
            messages.frames.extend(KEY);
            messages.frames.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
            messages.sizes.push(messages.frames.len() - start);
        }
        messages
    }
}

/// Open connections to one server.
pub struct Load<'m> {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    messages: &'m Messages,
    in_flight: usize,
    buffer: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    /// How many messages were given to it.
    count: usize,
    /// Bytes that may be sent now, and where in `Messages::frames` the next of them is.
    to_send: usize,
    position: usize,
    echo: Echo,
}

/// Where in the echo of a message the next byte belongs.
#[derive(Default)]
struct Echo {
    header: Vec<u8>,
    payload_left: usize,
    /// On one connection each message is looked at; on the others they are counted.
    checked: Option<Checked>,
}

struct Checked {
    decoder: OwnDecoder,
    payload: Vec<u8>,
    count: usize,
}

impl<'m> Load<'m> {
    pub fn connect(
        address: SocketAddr,
        connections: usize,
        in_flight: usize,
        messages: &'m Messages,
    ) -> Self {
        let poll = Poll::new().expect("a poller");
        let open = |index| {
            let mut stream = open(address).expect("the server accepts");
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(index), interest).expect("a new stream");
            let checked =
                (index == 0).then(|| Checked { decoder: OwnDecoder::new(), payload: Vec::new(), count: 0 });
            let echo = Echo { checked, ..Echo::default() };
            Connection { stream, count: 0, to_send: 0, position: 0, echo }
        };
        let connections = (0..connections).map(open).collect();
        Self {
            poll,
            events: Events::with_capacity(256),
            connections,
            messages,
            in_flight,
            buffer: vec![0; BUFFER],
        }
    }

    /// Has that many messages echoed.
    pub fn run(&mut self, server: &mut Server, messages: usize) -> Measurement {
        let cpu = server.cpu_time();
        let (mut sent, mut echoed, mut received) = (0, 0, 0);
        for _ in 0..self.in_flight {
            for connection in &mut self.connections {
                connection.give(self.messages);
                sent += 1;
            }
        }
        for connection in &mut self.connections {
            connection.send(self.messages).expect("the server reads");
        }
        while echoed < sent {
            self.poll.poll(&mut self.events, Some(MAX_SILENCE)).expect("a poller");
            assert!(!self.events.is_empty(), "the server is silent: {echoed} of {sent} messages came back");
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                if event.is_readable() {
                    let (count, bytes) =
                        connection.receive(self.messages, &mut self.buffer).expect("the server echoes");
                    echoed += count;
                    received += bytes;
                    for _ in 0..count.min(messages.saturating_sub(sent)) {
                        connection.give(self.messages);
                        sent += 1;
                    }
                }
                connection.send(self.messages).expect("the server reads");
            }
        }
        Measurement { messages: echoed, cpu: server.cpu_time() - cpu, received }
    }
}

impl Connection {
    /// Lets it send one more.
    fn give(&mut self, messages: &Messages) {
        self.to_send += messages.sizes[self.count % messages.sizes.len()];
        self.count += 1;
    }

    fn send(&mut self, messages: &Messages) -> io::Result<()> {
        while self.to_send > 0 {
            let end = messages.frames.len().min(self.position + self.to_send);
            match self.stream.write(&messages.frames[self.position..end]) {
                Ok(count) => {
                    self.to_send -= count;
                    self.position = (self.position + count) % messages.frames.len();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads all there is; returns the number of messages that are complete with it, and of bytes.
    fn receive(&mut self, messages: &Messages, buffer: &mut [u8]) -> io::Result<(usize, usize)> {
        let (mut complete, mut bytes) = (0, 0);
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    complete += self.echo.take(&buffer[..count], messages);
                    bytes += count;
                    if count < buffer.len() {
                        return Ok((complete, bytes));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok((complete, bytes)),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Echo {
    /// Takes received bytes; returns the number of messages that are complete with them.
    fn take(&mut self, mut bytes: &[u8], messages: &Messages) -> usize {
        let mut complete = 0;
        while !bytes.is_empty() {
            if self.payload_left == 0 {
                self.header.push(bytes[0]);
                bytes = &bytes[1..];
                self.read_header();
                continue;
            }
            let (piece, rest) = bytes.split_at(self.payload_left.min(bytes.len()));
            bytes = rest;
            self.payload_left -= piece.len();
            if let Some(checked) = &mut self.checked {
                checked.payload.extend_from_slice(piece);
            }
            if self.payload_left == 0 {
                complete += 1;
                if let Some(checked) = &mut self.checked {
                    checked.check(messages);
                }
            }
        }
        complete
    }

    /// Goes on to the payload if the header is complete.
    fn read_header(&mut self) {
        let size = match *self.header {
            [_, 126, high, low] => u16::from_be_bytes([high, low]).into(),
            [_, 127, a, b, c, d, e, f, g, h] => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            [_, size @ 0..126] => size.into(),
            [_, 128..=255] => panic!("a masked echo"),
            _ => return,
        };
        assert_eq!(self.header[0], 0xC1, "a text in one frame, compressed");
        self.payload_left = size as usize;
        self.header.clear();
    }
}

impl Checked {
    fn check(&mut self, messages: &Messages) {
        let size = self.decoder.decompress(&self.payload);
        let expected = &messages.plain[self.count % messages.plain.len()];
        assert!(self.decoder.output[..size] == expected[..], "a wrong echo");
        self.payload.clear();
        self.count += 1;
    }
}

/// Connects, and agrees on compression.
fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Extensions: {}\r\n\r\n",
        extension()
    );
    stream.write_all(request.as_bytes())?;
    let mut response = Vec::new();
    while !response.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        response.extend(byte);
    }
    let response = String::from_utf8_lossy(&response).to_lowercase();
    assert!(response.starts_with("http/1.1 101 "), "{response}");
    assert!(response.contains("\r\nsec-websocket-extensions: permessage-deflate"), "{response}");
    assert!(!response.contains("no_context_takeover"), "{response}");
    assert!(response.contains(&format!("server_max_window_bits={WINDOW_BITS}")), "{response}");
    stream.set_nonblocking(true)?;
    Ok(TcpStream::from_std(stream))
}

/// What the client offers, and what a server that is told what to do answers.
pub fn extension() -> String {
    format!("permessage-deflate; server_max_window_bits={WINDOW_BITS}; client_max_window_bits={WINDOW_BITS}")
}
