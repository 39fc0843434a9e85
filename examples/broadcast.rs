//! Broadcast to many: a server that sends everything to all its clients, and does not let one of them hold up the others.
//!
//! ```text
//! cargo run --example broadcast [-- --deflate]      ends by itself
//! ```
//!
//! What a client does not read waits in the memory of the server, up to the limit that is set. Here there are twenty clients
//! that read and one that does not. That one is dropped when a megabyte waits for it; the others get every message.
//!
//! Each message is prepared once: what waits is in memory once, for however many clients, and with `--deflate` it is compressed
//! once for all that want that. The one that does not read wants it as it is.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

mod command_line_parser;

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::net::TcpStream;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use command_line_parser::CommandLineParser;
use slotwire::prelude::*;

const CLIENTS: u64 = 20;
static MESSAGE: [u8; 64 * 1024] = [42; 64 * 1024];
/// More than that does not wait for a client.
const LIMIT: usize = 1024 * 1024;

struct Broadcaster {
    this: Handle<Self>,
    server: WebSocketServer,
    clients: RefCell<Vec<WebSocket>>,
    sent: Cell<u64>,
    /// A client has been dropped.
    dropped: Emitter<()>,
}

impl Broadcaster {
    fn new() -> Result<Handle<Self>, Error> {
        let server = WebSocketServer::new("Broadcaster", SslMode::NonSecure);
        let limits = Limits::internet().with_max_bytes_to_write(Some(LIMIT));
        server.set_limits(limits.with_slow_peer_policy(SlowPeerPolicy::Abort));
        let this = Handle::new_cyclic(|this| Self {
            this,
            server,
            clients: RefCell::default(),
            sent: Cell::default(),
            dropped: Emitter::new(),
        });
        server.set_parent(this);
        server.new_connection().connect_to(this, Self::on_new_connection);
        server.listen(HostAddress::LocalHost, 0)?;
        Ok(this)
    }

    fn on_new_connection(&self, (): ()) {
        while let Some(socket) = self.server.next_pending_connection() {
            socket.set_parent(self.this);
            socket.error_occurred().connect_to(self.this, Self::on_error);
            socket.disconnected().connect_to(self.this, move |this, ()| {
                this.clients.borrow_mut().retain(|client| *client != socket);
                socket.delete_later();
            });
            self.clients.borrow_mut().push(socket);
        }
    }

    fn broadcast(&self, message: &[u8]) {
        self.sent.set(self.sent.get() + 1);
        let message = PreparedMessage::binary(message);
        for client in self.clients() {
            client.send_prepared_message(&message);
        }
    }

    fn on_error(&self, error: SocketError) {
        if error == SocketError::SocketResource {
            println!("dropped a client at message {}", self.sent.get());
            self.dropped.emit(());
        }
    }

    fn close(&self) {
        for client in self.clients() {
            client.close();
        }
    }

    /// A copy of the list: the slots that its clients run edit it.
    fn clients(&self) -> impl Iterator<Item = WebSocket> + use<> {
        self.clients.borrow().clone().into_iter()
    }
}

fn main() -> ExitCode {
    let mut parser = CommandLineParser::new();
    parser.set_application_description(
        "Sends everything to all clients, and drops the one that does not read.",
    );
    parser.add_help_option();
    #[cfg(feature = "deflate")]
    parser.add_option(command_line_parser::CommandLineOption::new(
        &["deflate"],
        "Compresses messages for those who want it.",
    ));
    parser.process();

    let broadcaster = match Broadcaster::new() {
        Ok(broadcaster) => broadcaster.scoped(),
        Err(error) => {
            eprintln!("broadcast: cannot listen: {error}");
            return ExitCode::FAILURE;
        }
    };
    let Some(server) = broadcaster.with(|it| it.server) else { return ExitCode::FAILURE };
    let options = HandshakeOptions::new();
    #[cfg(feature = "deflate")]
    let options = {
        let compression = parser.is_set("deflate").then(Compression::new);
        server.set_compression(compression.clone());
        options.with_compression(compression)
    };

    let (connected, received) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    for _ in 0..CLIENTS {
        let client = WebSocket::new();
        client.set_parent(*broadcaster);
        let count = received.clone();
        client.binary_message_received().connect(move |_| count.set(count.get() + 1));
        let count = connected.clone();
        client.connected().connect(move |()| count.set(count.get() + 1));
        let count = connected.clone();
        client.disconnected().connect(move |()| {
            count.set(count.get() - 1);
            if count.get() == 0 {
                Application::quit();
            }
        });
        client.open_with(server.server_url(), options.clone());
    }
    let idle = does_not_read(server.server_port());

    let tick = Timer::new();
    tick.set_parent(*broadcaster);
    tick.timeout().connect_to(*broadcaster, move |broadcaster, ()| {
        if connected.get() == CLIENTS {
            broadcaster.broadcast(&MESSAGE);
        }
    });
    tick.start(Duration::from_millis(1));
    // That is the end: what was sent before a `close` arrives before it.
    broadcaster.signal(|it| &it.dropped).connect_to(*broadcaster, move |broadcaster, ()| {
        tick.stop();
        broadcaster.close();
    });
    Application::exec();

    drop(idle);
    let sent = broadcaster.with(|it| it.sent.get()).unwrap_or(0);
    println!("{CLIENTS} clients have received {} of {} messages", received.get(), sent * CLIENTS);
    if received.get() == sent * CLIENTS { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A connection that has sent its handshake, and whose end is never read from.
fn does_not_read(port: u16) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    )?;
    Ok(stream)
}
