//! Qt's `echoserver`, line by line: sends back what it receives, until it is closed.
//!
//! ```text
//! cargo run --example echo_server -- --debug --port 1234 [--deflate]
//! ```
//!
//! Each message is shown as it comes. `cargo run --example echo_client` sends one; `examples/echo_client.html` is a client for
//! a browser, to be opened there as a file.
//!
//! Where a line of C++ has become something else than the same call under its Rust name, a comment shows it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

mod command_line_parser;

use std::cell::RefCell;
use std::process::ExitCode;

use command_line_parser::{CommandLineOption, CommandLineParser};
use slotwire::prelude::*;

/// `class EchoServer : public QObject`
struct EchoServer {
    /// C++ has `this` for nothing.
    this: Handle<Self>,
    web_socket_server: WebSocketServer,
    /// `QList<QWebSocket *> m_clients;` A slot has `&self`, and changes it all the same.
    clients: RefCell<Vec<WebSocket>>,
    debug: bool,
    /// `Q_SIGNALS: void closed();`
    closed: Emitter<()>,
}

impl EchoServer {
    /// C++ leaves out that listening may fail; then its program does nothing, for ever.
    fn new(port: u16, debug: bool) -> Result<Handle<Self>, Error> {
        let web_socket_server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
        let this = Handle::new_cyclic(|this| Self {
            this,
            web_socket_server,
            clients: RefCell::default(),
            debug,
            closed: Emitter::new(),
        });
        // new QWebSocketServer(…, this)
        web_socket_server.set_parent(this);
        web_socket_server.listen(HostAddress::Any, port)?;
        if debug {
            eprintln!("Echoserver listening on port {}", web_socket_server.server_port()); // qDebug()
        }
        // connect(m_pWebSocketServer, &QWebSocketServer::newConnection, this, &EchoServer::onNewConnection);
        web_socket_server.new_connection().connect_to(this, Self::on_new_connection);
        // connect(m_pWebSocketServer, &QWebSocketServer::closed, this, &EchoServer::closed);
        web_socket_server.closed().connect_signal(this.signal(|server| &server.closed));
        Ok(this)
    }

    fn on_new_connection(&self, (): ()) {
        // QWebSocket *pSocket = …; which is never null in this slot
        let Some(socket) = self.web_socket_server.next_pending_connection() else { return };
        socket.text_message_received().connect_to(self.this, Self::process_text_message);
        socket.binary_message_received().connect_to(self.this, Self::process_binary_message);
        socket.disconnected().connect_to(self.this, Self::socket_disconnected);
        self.clients.borrow_mut().push(socket);
    }

    fn process_text_message(&self, message: &str) {
        let client = sending_socket();
        if self.debug {
            eprintln!("Message received: {message:?}");
        }
        if let Some(client) = client {
            client.send_text_message(message);
        }
    }

    fn process_binary_message(&self, message: &[u8]) {
        let client = sending_socket();
        if self.debug {
            eprintln!("Binary Message received: {message:?}");
        }
        if let Some(client) = client {
            client.send_binary_message(message);
        }
    }

    fn socket_disconnected(&self, (): ()) {
        let client = sending_socket();
        if self.debug {
            eprintln!("socketDisconnected: {client:?}");
        }
        if let Some(client) = client {
            // m_clients.removeAll(pClient);
            self.clients.borrow_mut().retain(|other| *other != client);
            client.delete_later();
        }
    }
}

/// `~EchoServer()`
impl Drop for EchoServer {
    fn drop(&mut self) {
        self.web_socket_server.close();
        // qDeleteAll(m_clients.begin(), m_clients.end());
        for client in self.clients.take() {
            client.delete();
        }
    }
}

/// `qobject_cast<QWebSocket *>(sender())`
fn sending_socket() -> Option<WebSocket> {
    sender()?.cast()
}

fn main() -> ExitCode {
    let mut parser = CommandLineParser::new();
    parser.set_application_description("Example of slotwire: an echo server");
    parser.add_help_option();
    parser.add_option(CommandLineOption::new(&["d", "debug"], "Shows what happens [default: off]."));
    parser.add_option(CommandLineOption::with_value(
        &["p", "port"],
        "Port of the echo server, 0 for a free one [default: 1234].",
        "port",
        "1234",
    ));
    #[cfg(feature = "deflate")]
    parser.add_option(CommandLineOption::new(
        &["deflate"],
        "Compresses messages, if the other side does as well.",
    ));
    parser.process();
    let debug = parser.is_set("debug");
    let Ok(port) = parser.value("port").parse() else {
        eprintln!("The port is a number up to 65535.");
        return ExitCode::FAILURE;
    };

    let server = match EchoServer::new(port, debug) {
        // auto *server = new EchoServer(…);
        Ok(server) => server.scoped(),
        Err(error) => {
            eprintln!("Cannot listen at port {port}: {error}");
            return ExitCode::FAILURE;
        }
    };
    #[cfg(feature = "deflate")]
    if parser.is_set("deflate") {
        server.with(|server| server.web_socket_server.set_compression(Compression::new()));
    }
    // QObject::connect(server, &EchoServer::closed, &a, &QCoreApplication::quit);
    server.signal(|server| &server.closed).connect(|()| Application::quit());
    u8::try_from(Application::exec()).map_or(ExitCode::FAILURE, ExitCode::from)
}
