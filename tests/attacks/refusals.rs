//! Openings that fail, in each way in which a server can fail them, and slots that do anything meanwhile.

use std::cell::Cell;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use slotwire::prelude::*;

use crate::journal::Journal;
use crate::support::{Bystander, caught, echo_server, panic_as_told, pass, settle, settle_through_panics};

/// What a server says to each request; behind it, it closes if that is `true`.
const SAID: [(&str, bool); 17] = [
    ("HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone", false),
    ("HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone", true),
    ("HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\ngone", true),
    ("HTTP/1.1 404 No\r\n\r\ngone", false),
    ("HTTP/1.1 404 No\r\n\r\ngone", true),
    ("HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngone\r\n0\r\n\r\n", false),
    ("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", false),
    ("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 2\r\n\r\nhi", false),
    ("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 2\r\n\r\nhi", true),
    ("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\nhi", false),
    ("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"r\"\r\nConnection: close\r\n\r\nhi", true),
    ("HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\nContent-Length: 2\r\n\r\nhi", false),
    (
        "HTTP/1.1 101 Fine\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n\u{1}",
        false,
    ),
    ("SSH-2.0-OpenSSH\r\n", false),
    ("HTTP/1.1 101 Fine\n\n", true),
    ("HTTP/1.1 103 Hints\r\n\r\n", true),
    ("", true),
];

type Deed = fn(WebSocket, &str);

const DEEDS: [(&str, Deed); 19] = [
    ("nothing", |_, _| {}),
    ("delete", |client, _| client.delete()),
    ("delete later", |client, _| client.delete_later()),
    ("abort", |client, _| client.abort()),
    ("close", |client, _| client.close()),
    ("open", |client, url| client.open(url)),
    ("open and abort", |client, url| {
        client.open(url);
        client.abort();
    }),
    ("abort and open", |client, url| {
        client.abort();
        client.open(url);
    }),
    ("open something invalid", |client, _| client.open("nonsense")),
    ("a nested loop", |_, _| settle()),
    ("a nested loop that deletes", |client, _| {
        Application::invoke_later(move || client.delete());
        settle();
    }),
    ("a nested loop that opens", |client, url| {
        let url = url.to_owned();
        Application::invoke_later(move || client.open(url));
        settle();
    }),
    ("a nested loop that aborts", |client, _| {
        Application::invoke_later(move || client.abort());
        settle();
    }),
    ("panic", |_, _| panic_as_told()),
    ("open and panic", |client, url| {
        client.open(url);
        panic_as_told();
    }),
    ("delete and panic", |client, _| {
        client.delete();
        panic_as_told();
    }),
    ("read", |client, _| {
        let _ = (client.refusal(), client.request(), client.error_string(), client.state());
    }),
    ("send", |client, _| {
        client.send_text_message("early");
        client.ping();
        client.flush();
    }),
    ("set things", |client, _| {
        client.set_handshake_timeout(None);
        client.set_limits(Limits::qt());
        client.disconnect_all();
    }),
];

type Hook = fn(WebSocket, Rc<dyn Fn()>);

const SIGNALS: [(&str, Hook); 8] = [
    ("error_occurred", |socket, slot| {
        socket.error_occurred().connect(move |_| slot());
    }),
    ("state_changed", |socket, slot| {
        socket.state_changed().connect(move |_| slot());
    }),
    ("disconnected", |socket, slot| {
        socket.disconnected().connect(move |()| slot());
    }),
    ("read_channel_finished", |socket, slot| {
        socket.read_channel_finished().connect(move |()| slot());
    }),
    ("authentication_required", |socket, slot| {
        socket.authentication_required().connect(move |authenticator| {
            authenticator.set_user("user");
            slot();
        });
    }),
    ("authentication_required, unanswered", |socket, slot| {
        socket.authentication_required().connect(move |_| slot());
    }),
    ("bytes_written", |socket, slot| {
        socket.bytes_written().connect(move |_| slot());
    }),
    ("about_to_close", |socket, slot| {
        socket.about_to_close().connect(move |()| slot());
    }),
];

/// A server that says the same to everybody who asks.
struct Repeater {
    listener: TcpListener,
    streams: Vec<TcpStream>,
    said: String,
    closes: bool,
    requests: usize,
}

impl Repeater {
    fn new(said: &str, closes: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self { listener, streams: Vec::new(), said: said.to_owned(), closes, requests: 0 }
    }

    fn url(&self) -> String {
        format!("ws://{}/", self.listener.local_addr().unwrap())
    }

    /// Answers whoever has asked meanwhile; says whether there was anybody.
    fn answer(&mut self) -> bool {
        let mut was_asked = false;
        while let Ok((stream, _)) = self.listener.accept() {
            stream.set_nonblocking(true).unwrap();
            self.streams.push(stream);
        }
        self.streams.retain_mut(|stream| {
            let mut buffer = [0; 4096];
            match stream.read(&mut buffer) {
                Ok(0) => false,
                Ok(_) => {
                    was_asked = true;
                    self.requests += 1;
                    let _ = stream.write_all(self.said.as_bytes());
                    !self.closes
                }
                Err(error) => error.kind() == ErrorKind::WouldBlock,
            }
        });
        was_asked
    }
}

#[test]
fn slots_do_anything_while_an_opening_fails() {
    let bystander = Bystander::of(echo_server());
    let before = Application::dump_objects();
    for (said, closes) in SAID {
        for (what, deed) in DEEDS {
            for (signal, hook) in SIGNALS {
                let clock = VirtualClock::install();
                let mut server = Repeater::new(said, closes);
                let url = server.url();
                let client = WebSocket::new();
                let left = Cell::new(2);
                let slot: Rc<dyn Fn()> = {
                    let url = url.clone();
                    Rc::new(move || {
                        if left.get() > 0 {
                            left.set(left.get() - 1);
                            deed(client, &url);
                        }
                    })
                };
                hook(client, slot);
                caught(|| client.open(&*url));
                settle_through_panics();
                while server.answer() {
                    settle_through_panics();
                    assert!(server.requests < 20, "{said:?}, {what} in {signal}");
                }
                for _ in 0..2 {
                    caught(|| pass(&clock, Duration::from_secs(40)));
                    settle_through_panics();
                }
                if client.is_alive() {
                    assert_eq!(client.state(), SocketState::Unconnected, "{said:?}, {what} in {signal}");
                    client.delete();
                }
                settle_through_panics();
                drop(clock);
                assert_eq!(Application::dump_objects(), before, "{said:?}, {what} in {signal}");
            }
        }
    }
    bystander.goes_on();
}

#[test]
fn an_opening_that_fails_has_one_error_however_long_its_slots_take() {
    for (said, closes) in SAID {
        let clock = VirtualClock::install();
        let mut server = Repeater::new(said, closes);
        let client = WebSocket::new();
        let journal = Journal::of(client);
        client.error_occurred().connect(|_| {
            // A dialog, which is closed in the end.
            let dialog = EventLoop::new().scoped();
            let quit = *dialog;
            Timer::single_shot(Duration::from_secs(100), move || quit.quit());
            dialog.exec();
        });
        client.open(server.url());
        settle();
        while server.answer() {
            settle();
        }
        pass(&clock, Duration::from_secs(1));
        let errors = journal.take().iter().filter(|entry| entry.starts_with("error_occurred")).count();
        assert_eq!(errors, 1, "{said:?}");
        assert_eq!(client.state(), SocketState::Unconnected, "{said:?}");
        assert_ne!(client.error(), SocketError::SocketTimeout, "{said:?}");
        client.delete();
    }
}

#[test]
fn an_opening_is_over_with_its_connection_wherever_that_is_cut() {
    let basic = "WWW-Authenticate: Basic realm=\"r\"";
    for said in [
        "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone".to_owned(),
        "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngone\r\n0\r\nA: b\r\n\r\n".to_owned(),
        format!("HTTP/1.1 401 No\r\n{basic}\r\nContent-Length: 2\r\n\r\nhi"),
        format!("HTTP/1.1 401 No\r\n{basic}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
        format!("HTTP/1.1 401 No\r\n{basic}\r\nConnection: close\r\n\r\nhi"),
    ] {
        for cut in 0..=said.len() {
            let clock = VirtualClock::install();
            let mut server = Repeater::new(&said[..cut], true);
            let client = WebSocket::new();
            let journal = Journal::of(client);
            client.authentication_required().connect(|authenticator| authenticator.set_user("ada"));
            client.open(server.url().replace("ws://", "ws://user:password@"));
            settle();
            while server.answer() {
                settle();
                assert!(server.requests <= 6, "{said:?} {cut}");
            }
            assert_eq!(client.state(), SocketState::Unconnected, "{said:?} {cut}");
            let errors = journal.take().iter().filter(|entry| entry.starts_with("error_occurred")).count();
            assert_eq!(errors, 1, "{said:?} {cut}");
            let is_told = client.refusal().is_some();
            assert!(is_told || client.error() == SocketError::RemoteHostClosed, "{said:?} {cut}");
            client.delete();
            drop(clock);
        }
    }
}
