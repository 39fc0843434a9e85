//! The load generator: one thread on mio, no WebSocket library.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use crate::servers::Server;
use crate::stream::{self, Stream};

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const BUFFER: usize = 256 << 10;
const MAX_SILENCE: Duration = Duration::from_secs(20);

/// What one server needed in one window.
#[derive(Clone, Copy)]
pub struct Measurement {
    messages: u64,
    cpu: Duration,
    wall: Duration,
}

impl Measurement {
    /// The server's CPU time per message, in nanoseconds.
    pub fn cpu(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e9 / self.messages as f64
    }

    /// The wall time per message, in nanoseconds.
    pub fn wall(&self) -> f64 {
        self.wall.as_secs_f64() * 1e9 / self.messages as f64
    }
}

/// Open connections to one server.
pub struct Load {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    messages: Messages,
    in_flight: usize,
    buffer: Vec<u8>,
}

/// What is sent, and what is expected back.
struct Messages {
    payload: Vec<u8>,
    op_code: u8,
    /// One masked frame, as often as one write may take.
    frames: Vec<u8>,
    frame_size: usize,
}

struct Connection {
    stream: Stream,
    /// Bytes that may be sent now.
    to_send: usize,
    /// Where in `Messages::frames` the next of them is.
    position: usize,
    echo: Echo,
}

/// Where in the echo of a message the next byte belongs; a server may cut a message into frames.
#[derive(Default)]
struct Echo {
    header: Vec<u8>,
    frame_left: usize,
    fin: bool,
    message_received: usize,
}

impl Load {
    pub fn connect(
        address: SocketAddr,
        connections: usize,
        in_flight: usize,
        size: usize,
        text: bool,
        tls: bool,
    ) -> Self {
        let poll = Poll::new().expect("a poller");
        let connections = (0..connections)
            .map(|index| {
                let mut stream = stream::open(address, tls).expect("the server accepts");
                let interest = Interest::READABLE | Interest::WRITABLE;
                poll.registry().register(stream.source(), Token(index), interest).expect("a new stream");
                Connection { stream, to_send: 0, position: 0, echo: Echo::default() }
            })
            .collect();
        Self {
            poll,
            events: Events::with_capacity(256),
            connections,
            messages: Messages::new(size, in_flight, text),
            in_flight,
            buffer: vec![0; BUFFER],
        }
    }

    /// Keeps messages in flight for that long, then waits for the last echoes.
    pub fn run(&mut self, server: &mut Server, window: Duration) -> Measurement {
        let cpu = server.cpu_time();
        let start = Instant::now();
        let mut echoed = 0;
        let mut sent = self.connections.len() * self.in_flight;
        for connection in &mut self.connections {
            connection.to_send = self.in_flight * self.messages.frame_size;
            connection.send(&self.messages).expect("the server reads");
        }
        while echoed < sent {
            self.poll.poll(&mut self.events, Some(MAX_SILENCE)).expect("a poller");
            assert!(!self.events.is_empty(), "the server is silent: {echoed} of {sent} messages came back");
            let goes_on = start.elapsed() < window;
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                if event.is_readable() {
                    let received = connection.receive(&self.messages, &mut self.buffer);
                    let received = received.expect("the server echoes");
                    echoed += received;
                    if goes_on {
                        sent += received;
                        connection.to_send += received * self.messages.frame_size;
                    }
                }
                connection.send(&self.messages).expect("the server reads");
            }
        }
        let wall = start.elapsed();
        Measurement { messages: echoed as u64, cpu: server.cpu_time() - cpu, wall }
    }
}

impl Messages {
    fn new(size: usize, in_flight: usize, text: bool) -> Self {
        let payload: Vec<u8> = (b'a'..=b'z').cycle().take(size).collect();
        let op_code = if text { 1 } else { 2 };
        let mut frame = vec![0x80 | op_code];
        match size {
            0..126 => frame.push(0x80 | size as u8),
            126..65536 => {
                frame.push(0x80 | 126);
                frame.extend((size as u16).to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((size as u64).to_be_bytes());
            }
        }
        frame.extend(KEY);
        frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
        let count = in_flight.min((BUFFER / frame.len()).max(1));
        Self { payload, op_code, frame_size: frame.len(), frames: frame.repeat(count) }
    }
}

impl Connection {
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
        self.stream.flush_some()
    }

    /// Reads all there is; returns the number of messages that are complete with it.
    fn receive(&mut self, messages: &Messages, buffer: &mut [u8]) -> io::Result<usize> {
        let mut complete = 0;
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    complete += self.echo.take(&buffer[..count], messages);
                    if self.stream.is_drained_by(count, buffer) {
                        return Ok(complete);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(complete),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Echo {
    /// Checks received bytes; returns the number of messages that are complete with them.
    fn take(&mut self, mut bytes: &[u8], messages: &Messages) -> usize {
        let mut complete = 0;
        while !bytes.is_empty() {
            if self.frame_left == 0 {
                self.header.push(bytes[0]);
                bytes = &bytes[1..];
                self.read_header(messages);
                continue;
            }
            let (piece, rest) = bytes.split_at(self.frame_left.min(bytes.len()));
            let start = self.message_received;
            assert!(messages.payload[start..].starts_with(piece), "a wrong echo");
            bytes = rest;
            self.frame_left -= piece.len();
            self.message_received += piece.len();
            if self.frame_left == 0 && self.fin {
                assert_eq!(self.message_received, messages.payload.len(), "a short echo");
                self.message_received = 0;
                complete += 1;
            }
        }
        complete
    }

    /// Goes on to the payload if the header is complete.
    fn read_header(&mut self, messages: &Messages) {
        let size = match *self.header {
            [_, 126, high, low] => u16::from_be_bytes([high, low]).into(),
            [_, 127, a, b, c, d, e, f, g, h] => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            [_, size @ 0..126] => size.into(),
            [_, 128..=255] => panic!("a masked echo"),
            _ => return,
        };
        let op_code = if self.message_received == 0 { messages.op_code } else { 0 };
        assert_eq!(self.header[0] & 0x7F, op_code, "an echo of another kind");
        self.fin = self.header[0] & 0x80 != 0;
        self.frame_left = size as usize;
        self.header.clear();
    }
}
