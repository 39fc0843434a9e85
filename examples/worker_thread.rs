//! The loop in a thread of its own: a program without an event loop that talks over a WebSocket all the same.
//!
//! ```text
//! cargo run --example worker_thread      ends by itself
//! ```
//!
//! Objects stay in the thread that made them. What other threads hold of them is a `Remote`: calls through it run in the
//! object's thread, and may wait for an answer. What happens to the object comes back over a channel. Here the main thread
//! sends three messages to an echo server, and prints what it gets back.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use slotwire::prelude::*;

/// What the main thread is told.
enum Happened {
    Connected,
    Received(String),
    Disconnected(CloseCode),
}

/// Lives in the worker.
struct Client {
    socket: WebSocket,
}

/// A connection for code that blocks. It can be sent to and shared between threads.
struct Connection {
    client: Remote<Client>,
    happened: Receiver<Happened>,
    thread: Option<JoinHandle<i32>>,
}

impl Connection {
    fn open(url: String) -> Option<Self> {
        let (tell, happened) = mpsc::channel();
        let (started, start) = mpsc::sync_channel(1);
        let thread = thread::spawn(move || {
            let socket = WebSocket::new();
            let client = Handle::new(Client { socket });
            socket.set_parent(client);
            // Nobody to hear it is no concern of the worker's.
            let told = tell.clone();
            socket.connected().connect(move |()| drop(told.send(Happened::Connected)));
            let told = tell.clone();
            socket
                .text_message_received()
                .connect(move |text| drop(told.send(Happened::Received(text.to_owned()))));
            socket
                .disconnected()
                .connect(move |()| drop(tell.send(Happened::Disconnected(socket.close_code()))));
            socket.open(url);
            drop(started.send(client.remote()));
            Application::exec()
        });
        Some(Self { client: start.recv().ok()?, happened, thread: Some(thread) })
    }

    /// Does not wait.
    fn send(&self, text: &'static str) {
        self.client.invoke(move |client| {
            client.socket.send_text_message(text);
        });
    }

    /// Asks the object something, and waits for the answer.
    fn is_connected(&self) -> bool {
        self.client.invoke_blocking(|client| client.socket.is_valid()).unwrap_or(false)
    }

    fn close(&self) {
        self.client.invoke(|client| client.socket.close());
    }

    /// Waits for the next thing that happens; `None` when the worker has ended.
    fn wait(&self) -> Option<Happened> {
        self.happened.recv().ok()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.client.event_loop().quit();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Another thread with a loop of its own: an echo server, which tells its URL once it listens.
fn echo_server() -> Option<String> {
    let (listening, listens) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
        server.set_limits(Limits::internet());
        server.new_connection().connect(move |()| {
            while let Some(socket) = server.next_pending_connection() {
                socket.text_message_received().connect(move |text| {
                    socket.send_text_message(text);
                });
                socket.disconnected().connect(move |()| socket.delete_later());
            }
        });
        if server.listen(HostAddress::LocalHost, 0).is_ok() {
            drop(listening.send(server.server_url().to_string()));
            Application::exec();
        }
    });
    listens.recv().ok()
}

fn main() -> ExitCode {
    let Some(connection) = echo_server().and_then(Connection::open) else {
        eprintln!("worker_thread: there is no connection");
        return ExitCode::FAILURE;
    };
    let mut messages = ["one", "two", "three"].into_iter();
    // No event loop runs in this thread.
    while let Some(happened) = connection.wait() {
        match happened {
            Happened::Connected => println!("connected"),
            Happened::Received(text) => println!("received {text:?}"),
            Happened::Disconnected(code) => {
                println!("disconnected, {code:?}");
                let ended_well = code == CloseCode::Normal && !connection.is_connected();
                return if ended_well { ExitCode::SUCCESS } else { ExitCode::FAILURE };
            }
        }
        match messages.next() {
            Some(text) => connection.send(text),
            None => connection.close(),
        }
    }
    ExitCode::FAILURE
}
