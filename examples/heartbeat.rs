//! A heartbeat: a server that finds out which of its clients are dead.
//!
//! ```text
//! cargo run --example heartbeat      ends by itself
//! ```
//!
//! A peer whose machine was switched off, or whose network is gone, says nothing: its connection looks alive until somebody
//! asks. The server pings each client five times a second and drops the one that has not answered by the next time. Of the
//! two clients here, one is a `WebSocket`, which answers by itself; the other does the handshake and then nothing.
//!
//! Where it need not be quick, `Limits::internet()` does the same without a line of code: a ping after 20 seconds of silence,
//! the end after 40.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

use std::cell::Cell;
use std::process::ExitCode;
use std::time::Duration;

use slotwire::prelude::*;

/// Half a minute is usual. A dead peer is found after one to two intervals.
const INTERVAL: Duration = Duration::from_millis(200);

/// Watches one socket, and lives as long as that.
struct Heartbeat {
    socket: WebSocket,
    has_answered: Cell<bool>,
}

impl Heartbeat {
    fn watch(socket: WebSocket) {
        let heartbeat = Handle::new(Self { socket, has_answered: Cell::new(true) });
        heartbeat.set_parent(socket);
        let timer = Timer::new();
        timer.set_parent(heartbeat);
        timer.timeout().connect_to(heartbeat, Self::beat);
        socket.pong().connect_to(heartbeat, |heartbeat, _| heartbeat.has_answered.set(true));
        // No more beats between the end of the connection and that of its socket.
        socket.disconnected().connect_to(timer, |timer, ()| timer.stop());
        timer.start(INTERVAL);
    }

    fn beat(&self, (): ()) {
        if self.has_answered.replace(false) {
            self.socket.ping();
        } else {
            // `close` would wait for an answer.
            self.socket.abort();
        }
    }
}

fn serve() -> Result<WebSocketServer, Error> {
    let server = WebSocketServer::new("Heartbeat Server", SslMode::NonSecure);
    server.set_limits(Limits::internet());
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            let name = socket.request_url().map_or_else(String::new, |url| url.path().to_owned());
            println!("{name} has come");
            Heartbeat::watch(socket);
            let of = name.clone();
            socket.pong().connect(move |(elapsed, _)| println!("{of} has answered after {elapsed:?}"));
            socket.disconnected().connect(move |()| {
                println!("{name} is gone");
                socket.delete_later();
                Application::quit();
            });
        }
    });
    server.listen(HostAddress::LocalHost, 0)?;
    Ok(server)
}

fn main() -> ExitCode {
    let server = match serve() {
        Ok(server) => server,
        Err(error) => {
            eprintln!("heartbeat: cannot listen: {error}");
            return ExitCode::FAILURE;
        }
    };
    let lively = WebSocket::new();
    lively.open(format!("{}lively", server.server_url()));

    let dead = TcpSocket::new();
    dead.connect_to_host(HostAddress::LocalHost, server.server_port());
    dead.write(
        b"GET /dead HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    Application::exec();
    if lively.is_valid() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
