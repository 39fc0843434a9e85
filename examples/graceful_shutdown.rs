//! Graceful shutdown: an echo server that on Ctrl-C or SIGTERM lets nobody in any more, tells its clients, and ends when they
//! have gone, or after five seconds.
//!
//! ```text
//! cargo run --example graceful_shutdown -- 1234     ends with Ctrl-C
//! ```
//!
//! A signal of the system may come at any time, in the middle of anything. It is written into a pipe, and the loop reads it
//! there like all else: `SocketNotifier`, as Qt's page "Calling Qt Functions From Unix Signal Handlers" has it. A second Ctrl-C
//! does not wait. Unix only.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    server::main()
}

#[cfg(not(unix))]
fn main() {
    println!("Here there are no such signals.");
}

#[cfg(unix)]
mod server {
    use std::cell::{Cell, RefCell};
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::process::ExitCode;
    use std::time::Duration;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use slotwire::prelude::*;

    /// How long the clients may take to say goodbye.
    const PATIENCE: Duration = Duration::from_secs(5);

    struct EchoServer {
        this: Handle<Self>,
        web_socket_server: WebSocketServer,
        clients: RefCell<Vec<WebSocket>>,
        is_shutting_down: Cell<bool>,
        /// It has shut down, and no client is left.
        finished: Emitter<()>,
    }

    impl EchoServer {
        fn new(port: u16) -> Result<Handle<Self>, Error> {
            let web_socket_server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
            web_socket_server.set_limits(Limits::internet());
            let this = Handle::new_cyclic(|this| Self {
                this,
                web_socket_server,
                clients: RefCell::default(),
                is_shutting_down: Cell::default(),
                finished: Emitter::new(),
            });
            web_socket_server.set_parent(this);
            web_socket_server.new_connection().connect_to(this, Self::on_new_connection);
            web_socket_server.listen(HostAddress::Any, port)?;
            println!("listening on port {}", web_socket_server.server_port());
            Ok(this)
        }

        fn on_new_connection(&self, (): ()) {
            while let Some(socket) = self.web_socket_server.next_pending_connection() {
                if self.is_shutting_down.get() {
                    // It was in its handshake when the server was closed.
                    socket.close_with(CloseCode::GoingAway, "shutting down");
                }
                socket.text_message_received().connect(move |text| {
                    socket.send_text_message(text);
                });
                socket.binary_message_received().connect(move |bytes| {
                    socket.send_binary_message(bytes);
                });
                socket.disconnected().connect_to(self.this, move |this, ()| this.on_disconnected(socket));
                self.clients.borrow_mut().push(socket);
            }
        }

        fn on_disconnected(&self, socket: WebSocket) {
            socket.delete_later();
            self.clients.borrow_mut().retain(|client| *client != socket);
            self.finish_if_empty();
        }

        /// Once, then at once.
        fn shut_down(&self) {
            if self.is_shutting_down.replace(true) {
                return self.finished.emit(());
            }
            self.web_socket_server.close();
            let clients = self.clients.borrow().clone();
            println!("shutting down, {} clients are told", clients.len());
            for client in clients {
                // What was sent to it before arrives before this.
                client.close_with(CloseCode::GoingAway, "shutting down");
            }
            self.finish_if_empty();
            Timer::single_shot_to(PATIENCE, self.this, |this| this.finished.emit(()));
        }

        fn finish_if_empty(&self) {
            if self.is_shutting_down.get() && self.clients.borrow().is_empty() {
                self.finished.emit(());
            }
        }
    }

    /// A notifier that is activated when one of the signals has come.
    fn watch_signals() -> Result<(SocketNotifier, UnixStream), Box<dyn std::error::Error>> {
        let (read, write) = UnixStream::pair()?;
        for signal in [SIGINT, SIGTERM] {
            signal_hook::low_level::pipe::register(signal, write.try_clone()?)?;
        }
        Ok((SocketNotifier::new(&read, NotifierType::Read)?, read))
    }

    fn run(port: u16) -> Result<i32, Box<dyn std::error::Error>> {
        let server = EchoServer::new(port)?.scoped();
        let (notifier, mut pipe) = watch_signals()?;
        notifier.set_parent(*server);
        let this = *server;
        notifier.activated().connect_mut(move |_| {
            let mut signals = [0; 16];
            if pipe.read(&mut signals).is_ok() {
                this.with(EchoServer::shut_down);
            }
        });
        server.signal(|server| &server.finished).connect(|()| Application::quit());
        let code = Application::exec();
        println!("{} clients were left", server.with(|server| server.clients.borrow().len()).unwrap_or(0));
        Ok(code)
    }

    pub(super) fn main() -> ExitCode {
        let argument = std::env::args_os().nth(1);
        let port = argument.as_ref().map_or(Some("1234"), |text| text.to_str());
        let Some(Ok(port)) = port.map(str::parse) else {
            eprintln!("Usage: graceful_shutdown [PORT]");
            return ExitCode::FAILURE;
        };
        match run(port) {
            Ok(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
            Err(error) => {
                eprintln!("graceful_shutdown: {error}");
                ExitCode::FAILURE
            }
        }
    }
}
