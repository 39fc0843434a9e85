//! A client that comes back: when its connection is lost it tries again, after a delay that doubles with every failure.
//!
//! ```text
//! cargo run --example reconnecting_client                          ends by itself
//! cargo run --example reconnecting_client -- ws://localhost:1234   until it is interrupted
//! ```
//!
//! Without a URL there is a server in the same program, which goes away as soon as it has greeted the client, and comes
//! back half a second later: the client is seen to connect, to fail a few times, and to connect again.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

use std::cell::Cell;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use slotwire::prelude::*;
use url::Url;

const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// A connection that has lasted that long was a good one: the delays begin anew. A server that accepts and drops at once
/// would otherwise be asked ten times a second.
const GOOD_CONNECTION: Duration = Duration::from_secs(5);

/// What the server in this program says when there is nothing more to see.
const LAST_MESSAGE: &str = "welcome back";

/// A [`WebSocket`] that is opened again whenever it has been disconnected.
struct ReconnectingClient {
    url: Url,
    socket: WebSocket,
    retry: Timer,
    failures: Cell<u32>,
    connected_at: Cell<Option<Instant>>,
}

impl ReconnectingClient {
    fn new(url: Url) -> Handle<Self> {
        let (socket, retry) = (WebSocket::new(), Timer::new());
        let this = Handle::new(Self {
            url,
            socket,
            retry,
            failures: Cell::default(),
            connected_at: Cell::default(),
        });
        socket.set_parent(this);
        retry.set_parent(this);
        retry.set_single_shot(true);
        retry.timeout().connect_to(this, |this, ()| this.open());
        socket.connected().connect_to(this, Self::on_connected);
        // Comes once for every `open` of a URL that can be one, whether it had succeeded or not: one slot is enough.
        socket.disconnected().connect_to(this, Self::on_disconnected);
        socket.text_message_received().connect_to(this, Self::on_text_message_received);
        this
    }

    /// All that a connection needs anew, logging in for example, belongs in the slot of `connected`.
    fn open(&self) {
        self.socket.open(self.url.clone());
    }

    fn on_connected(&self, (): ()) {
        println!("client: connected");
        self.connected_at.set(Some(Instant::now()));
    }

    fn on_text_message_received(&self, message: &str) {
        println!("client: received {message:?}");
        if message == LAST_MESSAGE {
            Application::quit();
        }
    }

    fn on_disconnected(&self, (): ()) {
        if self.connected_at.take().is_some_and(|start| start.elapsed() >= GOOD_CONNECTION) {
            self.failures.set(0);
        }
        let delay = delay_after(self.failures.replace(self.failures.get().saturating_add(1)));
        let why = match self.socket.close_reason() {
            reason if reason.is_empty() => self.socket.error_string(),
            reason => reason,
        };
        println!("client: disconnected ({why}), next attempt in {delay:?}");
        self.retry.start(delay);
    }
}

/// Between half of the delay and all of it, so that the clients of a server that comes back do not come all at once.
fn delay_after(failures: u32) -> Duration {
    let delay = FIRST_DELAY.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_DELAY);
    let mut random = [0];
    // Without a random number the delay is as good.
    let _ = getrandom::fill(&mut random);
    let delay = delay.mul_f64(0.5 + f64::from(random[0]) / 512.0);
    Duration::from_millis(delay.as_millis() as u64)
}

/// A server that goes away once.
fn unsteady_server() -> Result<Url, Error> {
    let server = WebSocketServer::new("Unsteady Server", SslMode::NonSecure);
    server.set_limits(Limits::internet());
    server.listen(HostAddress::LocalHost, 0)?;
    let (url, port) = (server.server_url(), server.server_port());
    let came_back = Cell::new(false);
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            socket.disconnected().connect(move |()| socket.delete_later());
            if came_back.replace(true) {
                socket.send_text_message(LAST_MESSAGE);
                return;
            }
            socket.send_text_message("welcome");
            socket.close_with(CloseCode::GoingAway, "restart");
            println!("server: away for half a second");
            server.close();
            Timer::single_shot_to(Duration::from_millis(500), server, move |server| {
                match server.listen(HostAddress::LocalHost, port) {
                    Ok(()) => println!("server: back"),
                    Err(error) => {
                        eprintln!("server: cannot listen at port {port} again: {error}");
                        Application::exit(1);
                    }
                }
            });
        }
    });
    Ok(url)
}

/// What `open` would refuse is no connection that could be lost: to try again would not help.
fn parse_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "ws" | "wss") => Ok(url),
        Ok(_) => Err(format!("{text:?} does not begin with ws: or wss:")),
        Err(error) => Err(format!("{text:?} is not a URL: {error}")),
    }
}

fn main() -> ExitCode {
    let url = match std::env::args_os().nth(1) {
        Some(argument) => parse_url(&argument.to_string_lossy()),
        None => unsteady_server().map_err(|error| error.to_string()),
    };
    let client = match url {
        Ok(url) => ReconnectingClient::new(url),
        Err(problem) => {
            eprintln!("reconnecting_client: {problem}\nUsage: reconnecting_client [URL]");
            return ExitCode::FAILURE;
        }
    };
    client.with(ReconnectingClient::open);
    u8::try_from(Application::exec()).map_or(ExitCode::FAILURE, ExitCode::from)
}
