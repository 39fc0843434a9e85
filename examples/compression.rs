//! What compression saves on real text, live: the same messages to clients that ask for it in several ways, and what each way
//! costs on the wire, in time and in memory.
//!
//! ```text
//! cargo run --release --example compression                          ends by itself
//! cargo run --release --example compression -- --file chat.log       your text: each line is a message
//! cargo run --release --example compression -- --messages 0 --port 1234
//!                                                                    goes on, and serves whoever else connects
//! ```
//!
//! The text is pages of this project, each paragraph as the JSON in which a program would send it. Twenty clients want no
//! compression, twenty do, and so on. The table says for each of these ways:
//!
//! - on the wire: the bytes of a message as it is sent, its header included, and how much of the text that is;
//! - time: what it takes to make and queue a message for one client, system calls not included; by the clock, so that a busy
//!   machine makes it longer;
//! - memory: what an end of a connection keeps for compression from its first compressed message on.
//!
//! Whoever else connects, as a browser by `new WebSocket("ws://localhost:1234")` in its console, has a row of its own.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

mod command_line_parser;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use command_line_parser::{CommandLineOption, CommandLineParser};
use slotwire::prelude::*;
use slotwire::{ProcessEventsFlags, SocketState};
use url::Url;

/// The clients of each way.
const CLIENTS: usize = 20;
/// From message to message.
const PAUSE: Duration = Duration::from_millis(10);
/// From table to table.
const REFRESH: Duration = Duration::from_millis(500);

/// What clients ask for, and how they are sent to.
struct Way {
    name: &'static str,
    compression: Option<Compression>,
    /// Each message is prepared once for all of them.
    is_prepared: bool,
}

fn ways() -> [Way; 5] {
    let way = |name, compression| Way { name, compression, is_prepared: false };
    let wide = Compression::new().with_server_max_window_bits(15);
    let without_context = Compression::new().with_server_context_takeover(false);
    [
        way("no compression", None),
        way("compression", Some(Compression::new())),
        way("- with 32 KiB of context", Some(wide)),
        way("- without context", Some(without_context)),
        Way { is_prepared: true, ..way("- prepared once for all", Some(Compression::new())) },
    ]
}

/// A server that compresses for whoever wants it, as they want it.
fn new_server() -> WebSocketServer {
    let server = WebSocketServer::new("Compression", SslMode::NonSecure);
    server.set_compression(Compression::new().with_server_max_window_bits(15));
    server
}

/// A client that asks for that.
fn new_client(url: Url, compression: Option<&Compression>) -> WebSocket {
    let client = WebSocket::new();
    let options = HandshakeOptions::new().with_compression(compression.cloned());
    // What the client sends is nothing.
    Application::invoke_later(move || client.open_with(url, options));
    client
}

/// The clients that are sent to in one way, and what was measured of them.
#[derive(Default)]
struct Row {
    name: &'static str,
    is_prepared: bool,
    sockets: RefCell<Vec<WebSocket>>,
    messages: Cell<u64>,
    text_bytes: Cell<u64>,
    wire_bytes: Cell<u64>,
    time: Cell<Duration>,
    /// For one end of a connection.
    memory: Option<usize>,
}

impl Row {
    fn send(&self, text: &str) {
        let sockets = self.sockets.borrow().clone();
        let start = Instant::now();
        if self.is_prepared {
            let message = PreparedMessage::text(text);
            for socket in &sockets {
                socket.send_prepared_message(&message);
            }
        } else {
            for socket in &sockets {
                socket.send_text_message(text);
            }
        }
        self.time.set(self.time.get() + start.elapsed());
        self.messages.set(self.messages.get() + sockets.len() as u64);
        self.text_bytes.set(self.text_bytes.get() + (sockets.len() * text.len()) as u64);
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages = self.messages.get().max(1) as f64;
        let wire = self.wire_bytes.get() as f64;
        let part = 100.0 * wire / self.text_bytes.get().max(1) as f64;
        let time = self.time.get().as_secs_f64() * 1e6 / messages;
        write!(f, "{:<26}{:>9.1} B{part:>8.1} %{time:>11.2} µs", self.name, wire / messages)?;
        match self.memory {
            Some(memory) => write!(f, "{:>12.1} KiB", memory as f64 / 1024.0),
            None => write!(f, "{:>16}", "?"),
        }
    }
}

struct Streamer {
    this: Handle<Self>,
    server: WebSocketServer,
    texts: Vec<String>,
    /// The last is for whoever else connects.
    rows: Vec<Rc<Row>>,
    sent: Cell<usize>,
    /// After so many it ends; 0 for never.
    messages: usize,
    tick: Timer,
    refresh: Timer,
    /// The lines of the table on the screen.
    shown: Cell<usize>,
}

impl Streamer {
    fn new(texts: Vec<String>, messages: usize, port: u16) -> Result<Handle<Self>, Error> {
        let row = |way: &Way| {
            let memory = Some(memory_of_an_end(way.compression.as_ref(), &texts));
            Rc::new(Row { name: way.name, is_prepared: way.is_prepared, memory, ..Row::default() })
        };
        let mut rows: Vec<_> = ways().iter().map(row).collect();
        rows.push(Rc::new(Row { name: "others", ..Row::default() }));
        let server = new_server();
        server.listen(HostAddress::LocalHost, port)?;
        let (tick, refresh) = (Timer::new(), Timer::new());
        let this = Handle::new_cyclic(|this| Self {
            this,
            server,
            texts,
            rows,
            sent: Cell::default(),
            messages,
            tick,
            refresh,
            shown: Cell::default(),
        });
        server.set_parent(this);
        server.new_connection().connect_to(this, Self::on_new_connection);
        tick.set_parent(this);
        tick.timeout().connect_to(this, Self::on_tick);
        refresh.set_parent(this);
        refresh.timeout().connect_to(this, |this, ()| this.show());
        Ok(this)
    }

    fn start(&self) {
        println!("listening on {}", self.server.server_url());
        let average = self.texts.iter().map(String::len).sum::<usize>() / self.texts.len();
        println!(
            "{} messages of {average} bytes on average, each to {CLIENTS} clients of each way\n",
            self.texts.len()
        );
        self.tick.start(PAUSE);
        if std::io::stdout().is_terminal() || self.messages == 0 {
            self.refresh.start(REFRESH);
        }
    }

    fn on_new_connection(&self, (): ()) {
        while let Some(socket) = self.server.next_pending_connection() {
            socket.set_parent(self.this);
            // Clients of this program name the row in their URL.
            let path = socket.request_url().map(|url| url.path().to_owned()).unwrap_or_default();
            let number = path.strip_prefix("/way/").and_then(|number| number.parse::<usize>().ok());
            let row = self.rows[number.unwrap_or(usize::MAX).min(self.rows.len() - 1)].clone();
            row.sockets.borrow_mut().push(socket);
            let counted = row.clone();
            socket.bytes_written().connect(move |count| {
                counted.wire_bytes.set(counted.wire_bytes.get() + count);
            });
            socket.disconnected().connect(move |()| {
                row.sockets.borrow_mut().retain(|other| *other != socket);
                socket.delete_later();
            });
        }
    }

    fn on_tick(&self, (): ()) {
        let text = &self.texts[self.sent.get() % self.texts.len()];
        for row in &self.rows {
            row.send(text);
        }
        self.sent.set(self.sent.get() + 1);
        if self.sent.get() == self.messages {
            self.end();
        }
    }

    /// Closes behind the last message.
    fn end(&self) {
        self.tick.stop();
        for row in &self.rows {
            let sockets = row.sockets.borrow().clone();
            for socket in sockets {
                // The close frame is not part of the messages.
                socket.flush();
                socket.bytes_written().disconnect_all();
                socket.close();
            }
        }
    }

    /// Shows the table, on a screen in the place of the one before.
    fn show(&self) {
        if self.shown.get() > 0 && std::io::stdout().is_terminal() {
            // To its first line, and all below is cleared.
            print!("\x1b[{}F\x1b[J", self.shown.get());
        }
        println!(
            "{:<26}{:>11}{:>10}{:>14}{:>16}",
            "the client asks for", "on the wire", "of text", "time", "memory"
        );
        let rows = self.rows.iter().filter(|row| row.messages.get() > 0);
        self.shown.set(1 + rows.clone().count());
        for row in rows {
            println!("{row}");
        }
    }
}

/// The memory that an end of a connection keeps for compression, measured on as many of them as there will be.
fn memory_of_an_end(compression: Option<&Compression>, texts: &[String]) -> usize {
    let server = new_server();
    if server.listen(HostAddress::LocalHost, 0).is_err() {
        return 0;
    }
    let received = Rc::new(Cell::new(0));
    let clients: Vec<_> = (0..CLIENTS).map(|_| new_client(server.server_url(), compression)).collect();
    for client in &clients {
        let received = received.clone();
        client.text_message_received().connect(move |_| received.set(received.get() + 1));
    }
    let mut accepted = Vec::new();
    wait_until(|| {
        accepted.extend(std::iter::from_fn(|| server.next_pending_connection()));
        accepted.len() == CLIENTS && clients.iter().all(|client| client.state() == SocketState::Connected)
    });
    let send = |text: &str| {
        let expected = received.get() + CLIENTS;
        for socket in &accepted {
            socket.send_text_message(text);
        }
        wait_until(|| received.get() == expected);
        Application::release_memory();
    };
    // Too short to be compressed: what a connection has anyway is there then.
    send("");
    let held = allocation_counter::measure(|| texts.iter().take(300).for_each(|text| send(text)));
    for client in clients {
        client.delete();
    }
    server.delete();
    usize::try_from(held.bytes_current).unwrap_or(0) / (2 * CLIENTS)
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        Application::process_events_with(ProcessEventsFlags::WaitForMoreEvents);
    }
}

/// Opens the clients of all ways. Starts the stream when they are connected, and ends the loop when they have got it all.
fn open_clients(streamer: Handle<Streamer>, url: &Url) -> Rc<Cell<u64>> {
    let (open, received) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let ways = ways();
    let all = ways.len() * CLIENTS;
    for (number, way) in ways.iter().enumerate() {
        for _ in 0..CLIENTS {
            let mut url = url.clone();
            url.set_path(&format!("/way/{number}"));
            let client = new_client(url, way.compression.as_ref());
            client.set_parent(streamer);
            let count = received.clone();
            client.text_message_received().connect(move |_| count.set(count.get() + 1));
            let count = open.clone();
            client.connected().connect_to(streamer, move |streamer, ()| {
                count.set(count.get() + 1);
                if count.get() == all {
                    streamer.start();
                }
            });
            let count = open.clone();
            client.disconnected().connect(move |()| {
                count.set(count.get() - 1);
                if count.get() == 0 {
                    Application::quit();
                }
            });
        }
    }
    received
}

const PAGES: [(&str, &str); 10] = [
    ("README", include_str!("../README.md")),
    ("CHANGELOG", include_str!("../CHANGELOG.md")),
    ("SECURITY", include_str!("../SECURITY.md")),
    ("objects", include_str!("../src/porting/objects.md")),
    ("threads", include_str!("../src/porting/threads.md")),
    ("clients", include_str!("../src/porting/clients.md")),
    ("connections", include_str!("../src/porting/connections.md")),
    ("reconnect", include_str!("../src/porting/reconnect.md")),
    ("tls", include_str!("../src/porting/tls.md")),
    ("waiting", include_str!("../src/porting/waiting.md")),
];

/// The paragraphs of this project's pages, as JSON: none is there twice.
fn paragraphs() -> Vec<String> {
    let mut texts = Vec::new();
    for (page, text) in PAGES {
        for (number, paragraph) in text.split("\n\n").flat_map(|part| part.split("\n- ")).enumerate() {
            let text = paragraph.trim().replace('\n', " ");
            let json =
                serde_json::json!({ "type": "paragraph", "page": page, "number": number, "text": text });
            texts.push(json.to_string());
        }
    }
    texts
}

fn lines_of(path: &str) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path:?} cannot be read: {error}"))?;
    let lines: Vec<_> = text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if lines.is_empty() { Err(format!("{path:?} has no text")) } else { Ok(lines) }
}

fn run(parser: &CommandLineParser) -> Result<bool, String> {
    let port = parser.value("port").parse().map_err(|_| "The port is a number up to 65535.".to_owned())?;
    let texts = if parser.is_set("file") { lines_of(parser.value("file"))? } else { paragraphs() };
    let messages = match parser.value("messages") {
        "" => texts.len(),
        number => number.parse().map_err(|_| "The messages are a number.".to_owned())?,
    };
    let streamer = Streamer::new(texts, messages, port)
        .map_err(|error| format!("Cannot listen at port {port}: {error}"))?
        .scoped();
    let Some(server) = streamer.with(|streamer| streamer.server) else { return Ok(false) };
    let received = open_clients(*streamer, &server.server_url());
    Application::exec();
    streamer.with(Streamer::show);
    let expected = (messages * ways().len() * CLIENTS) as u64;
    println!("\n{} of {expected} messages have arrived", received.get());
    Ok(received.get() == expected)
}

fn main() -> ExitCode {
    let mut parser = CommandLineParser::new();
    parser.set_application_description("Shows what compression saves on real text, live.");
    parser.add_help_option();
    parser.add_option(CommandLineOption::with_value(
        &["f", "file"],
        "Text to send, a message in each line [default: pages of this project].",
        "file",
        "",
    ));
    parser.add_option(CommandLineOption::with_value(
        &["m", "messages"],
        "Messages to send to each client, 0 for no end [default: all of the text, once].",
        "messages",
        "",
    ));
    parser.add_option(CommandLineOption::with_value(
        &["p", "port"],
        "Port to listen at, 0 for a free one [default: 0].",
        "port",
        "0",
    ));
    parser.process();
    match run(&parser) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
