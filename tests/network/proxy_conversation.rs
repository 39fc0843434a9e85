//! A proxy that the test plays: what it says, and how that is cut into pieces.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use slotwire::{NetworkProxy, SocketError, SocketState, TcpSocket};

use super::support::{Log, run_until, run_until_emitted, settle};

/// What the proxy hears or says next.
#[derive(Clone, Copy)]
pub(crate) enum Turn {
    /// The client says that.
    Hears(&'static [u8]),
    /// The client sends a request with these lines, in which a `*` stands for anything.
    Request(&'static [&'static str]),
    Says(&'static [u8]),
    /// The client leaves, and comes again.
    Again,
    /// The proxy closes the connection.
    Closes,
}
use Turn::{Again, Closes, Hears, Request, Says};

pub(crate) struct Conversation {
    pub(crate) name: &'static str,
    pub(crate) proxy: NetworkProxy,
    pub(crate) host: &'static str,
    /// User and password that the slot of `proxy_authentication_required` fills in, the first time it is called and so on.
    pub(crate) answers: &'static [(&'static str, &'static str)],
    pub(crate) turns: Vec<Turn>,
    /// `None`: it is connected.
    pub(crate) failure: Option<(SocketError, &'static str)>,
}

/// How what the proxy says is cut into pieces.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    No,
    /// The n-th byte of all begins another piece.
    Before(usize),
    EachByte,
}

/// The proxy's end of a connection.
pub(crate) struct Proxy {
    listener: TcpListener,
    pub(crate) stream: Option<TcpStream>,
    /// How many bytes were said.
    said: usize,
}

impl Proxy {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self { listener, stream: None, said: 0 }
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    pub(crate) fn stream(&mut self) -> &mut TcpStream {
        let listener = &self.listener;
        self.stream.get_or_insert_with(|| {
            let stream = repeat_until_some(|| listener.accept().ok()).0;
            stream.set_nonblocking(true).unwrap();
            stream.set_nodelay(true).unwrap();
            stream
        })
    }

    /// Reads so many bytes.
    pub(crate) fn hear(&mut self, count: usize) -> Vec<u8> {
        let mut heard = vec![0; count];
        let mut length = 0;
        let stream = self.stream();
        repeat_until_some(|| {
            match stream.read(&mut heard[length..]) {
                Ok(0) if length < count => panic!("the client has closed the connection"),
                Ok(count) => length += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
            (length == count).then_some(())
        });
        heard
    }

    /// Reads a request, and no further.
    pub(crate) fn hear_request(&mut self) -> String {
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n\r\n") {
            heard.extend(self.hear(1));
        }
        String::from_utf8(heard).unwrap()
    }

    pub(crate) fn say(&mut self, bytes: &[u8], cut: Cut) {
        let start = self.said;
        self.said += bytes.len();
        let pieces: Vec<&[u8]> = match cut {
            Cut::EachByte => bytes.chunks(1).collect(),
            Cut::Before(at) if at > start && at < self.said => {
                let (head, tail) = bytes.split_at(at - start);
                vec![head, tail]
            }
            Cut::Before(_) | Cut::No => vec![bytes],
        };
        for piece in pieces {
            // A client that has heard enough may have closed the connection.
            let _ = self.stream().write(piece);
            settle();
        }
    }

    /// Waits until the client has closed the connection.
    pub(crate) fn hear_end(&mut self) {
        let stream = self.stream();
        repeat_until_some(|| match stream.read(&mut [0; 64]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Ok(1..) => None,
            Ok(0) | Err(_) => Some(()),
        });
        self.stream = None;
    }
}

/// Runs the loop until there is a value.
pub(crate) fn repeat_until_some<T>(mut get: impl FnMut() -> Option<T>) -> T {
    for _ in 0..100_000 {
        if let Some(value) = get() {
            return value;
        }
        settle();
    }
    panic!("it does not come");
}

pub(crate) fn matches(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| text.strip_prefix(start)) else { return false };
    let mut ends = pattern.ends_with('*') || rest.is_empty();
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        ends |= rest.is_empty();
    }
    ends
}

const BEHIND: &[u8] = b"the peer speaks first";

impl Conversation {
    /// Plays it; returns how many bytes the proxy has said.
    pub(crate) fn play(&self, cut: Cut) -> usize {
        let mut proxy = Proxy::new();
        let mut settings = self.proxy.clone();
        settings.set_host_name("127.0.0.1");
        settings.set_port(proxy.port());
        let socket = TcpSocket::new();
        socket.set_proxy(&settings);
        let answers = RefCell::new(VecDeque::from_iter(self.answers));
        socket.proxy_authentication_required().connect(move |(asking, authenticator)| {
            assert_eq!(*asking, settings);
            if let Some((user, password)) = answers.borrow_mut().pop_front() {
                authenticator.set_user(*user);
                authenticator.set_password(*password);
            }
        });
        let log = Log::of(socket);
        socket.connect_to_host(self.host, 81);
        for (index, turn) in self.turns.iter().enumerate() {
            let is_last = index + 1 == self.turns.len();
            match *turn {
                Hears(expected) => {
                    let heard = proxy.hear(expected.len());
                    assert_eq!(heard, expected, "{}, {cut:?}", self.name);
                }
                Request(lines) => {
                    let heard = proxy.hear_request();
                    let expected = lines.join("\r\n") + "\r\n\r\n";
                    assert!(matches(&heard, &expected), "{}, {cut:?}: {heard}", self.name);
                }
                Says(bytes) if is_last && self.failure.is_none() => {
                    proxy.say(&[bytes, BEHIND].concat(), cut);
                }
                Says(bytes) => proxy.say(bytes, cut),
                Again => proxy.hear_end(),
                Closes => proxy.stream = None,
            }
        }
        match self.failure {
            None => self.goes_on(socket, &mut proxy),
            Some((error, text)) => {
                run_until(move || socket.state() == SocketState::Unconnected);
                assert_eq!(
                    (socket.error(), &*socket.error_string()),
                    (error, text),
                    "{}, {cut:?}",
                    self.name
                );
                let told = log.take();
                let end = ["Unconnected".to_owned(), format!("error {error:?}")];
                assert!(told.ends_with(&end), "{}: {told:?}", self.name);
                assert!(!told.contains(&"connected".to_owned()), "{}: {told:?}", self.name);
                if !matches!(self.turns.last(), Some(Closes)) {
                    proxy.hear_end();
                }
            }
        }
        socket.delete();
        proxy.said
    }

    /// The connection belongs to the two ends.
    pub(crate) fn goes_on(&self, socket: TcpSocket, proxy: &mut Proxy) {
        run_until(move || socket.bytes_available() >= BEHIND.len());
        assert_eq!(socket.state(), SocketState::Connected);
        assert_eq!(socket.read_all(), BEHIND, "{}", self.name);
        socket.write(b"hello");
        assert_eq!(proxy.hear(5), b"hello", "{}", self.name);
        assert_eq!((socket.peer_name().as_str(), socket.peer_port()), (self.host, 81), "{}", self.name);
        proxy.stream = None;
        run_until_emitted(socket.disconnected());
    }

    /// In one piece, byte by byte, and cut at each place.
    pub(crate) fn play_in_every_split(&self) {
        let said = self.play(Cut::No);
        self.play(Cut::EachByte);
        for at in 1..said.min(400) {
            self.play(Cut::Before(at));
        }
    }
}

pub(crate) fn refused(
    name: &'static str,
    proxy: NetworkProxy,
    host: &'static str,
    turns: Vec<Turn>,
    error: SocketError,
    text: &'static str,
) -> Conversation {
    Conversation { name, proxy, host, answers: &[], turns, failure: Some((error, text)) }
}
