//! Qt's `sslechoserver`, line by line: sends back what it receives, over TLS.
//!
//! ```text
//! cargo run --example ssl_echo_server -- --port 1234
//! ```
//!
//! Who comes and goes is shown; `cargo run --example ssl_echo_client` is a client. The certificate is made anew with
//! each start, where Qt's comes with the program, and is written beside the program, where the client finds it. For a browser,
//! open <https://localhost:1234/> and accept the certificate there (there is no page, so an error is shown then), then
//! `examples/echo_client.html` with `wss://localhost:1234`.
//!
//! Where a line of C++ has become something else than the same call under its Rust name, a comment shows it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

mod command_line_parser;
mod self_signed;

use std::cell::RefCell;
use std::path::PathBuf;
use std::process::ExitCode;

use command_line_parser::{CommandLineOption, CommandLineParser};
use slotwire::prelude::*;

/// `class SslEchoServer : public QObject`
struct SslEchoServer {
    /// C++ has `this` for nothing.
    this: Handle<Self>,
    web_socket_server: WebSocketServer,
    /// `QList<QWebSocket *> m_clients;` A slot has `&self`, and changes it all the same.
    clients: RefCell<Vec<WebSocket>>,
}

impl SslEchoServer {
    fn new(port: u16, configuration: SslConfiguration) -> Result<Handle<Self>, Error> {
        let web_socket_server = WebSocketServer::new("SSL Echo Server", SslMode::Secure);
        let this = Handle::new_cyclic(|this| Self { this, web_socket_server, clients: RefCell::default() });
        // new QWebSocketServer(…, this)
        web_socket_server.set_parent(this);
        web_socket_server.set_ssl_configuration(configuration);
        web_socket_server.listen(HostAddress::Any, port)?;
        eprintln!("SSL Echo Server listening on port {}", web_socket_server.server_port()); // qDebug()
        // connect(m_pWebSocketServer, &QWebSocketServer::newConnection, this, &SslEchoServer::onNewConnection);
        web_socket_server.new_connection().connect_to(this, Self::on_new_connection);
        // connect(m_pWebSocketServer, &QWebSocketServer::sslErrors, this, &SslEchoServer::onSslErrors);
        web_socket_server.ssl_errors().connect_to(this, Self::on_ssl_errors);
        Ok(this)
    }

    fn on_new_connection(&self, (): ()) {
        // QWebSocket *pSocket = …; which is never null in this slot
        let Some(socket) = self.web_socket_server.next_pending_connection() else { return };
        eprintln!("Client connected: {:?} {:?}", socket.peer_name(), socket.origin());
        socket.text_message_received().connect_to(self.this, Self::process_text_message);
        socket.binary_message_received().connect_to(self.this, Self::process_binary_message);
        socket.disconnected().connect_to(self.this, Self::socket_disconnected);
        self.clients.borrow_mut().push(socket);
    }

    fn process_text_message(&self, message: &str) {
        if let Some(client) = sending_socket() {
            client.send_text_message(message);
        }
    }

    fn process_binary_message(&self, message: &[u8]) {
        if let Some(client) = sending_socket() {
            client.send_binary_message(message);
        }
    }

    fn socket_disconnected(&self, (): ()) {
        eprintln!("Client disconnected");
        if let Some(client) = sending_socket() {
            // m_clients.removeAll(pClient);
            self.clients.borrow_mut().retain(|other| *other != client);
            client.delete_later();
        }
    }

    fn on_ssl_errors(&self, _: &[SslError]) {
        eprintln!("Ssl errors occurred");
    }
}

/// `~SslEchoServer()`
impl Drop for SslEchoServer {
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

/// With a certificate that `file` gets for the clients.
fn configuration(file: PathBuf) -> Result<SslConfiguration, Box<dyn std::error::Error>> {
    let (certificate, key) = self_signed::certificate()?;
    std::fs::write(file, certificate.to_pem())?;
    let mut configuration = SslConfiguration::new();
    configuration.set_peer_verify_mode(PeerVerifyMode::None);
    configuration.set_local_certificate(certificate);
    configuration.set_private_key(key);
    Ok(configuration)
}

fn run(port: u16, certificate: &str) -> Result<i32, Box<dyn std::error::Error>> {
    let file = match certificate {
        "" => std::env::current_exe()?.with_file_name("ssl_echo.pem"),
        file => file.into(),
    };
    // SslEchoServer server(1234);  on the stack
    let _server = SslEchoServer::new(port, configuration(file)?)?.scoped();
    Ok(Application::exec())
}

fn main() -> ExitCode {
    let mut parser = CommandLineParser::new();
    parser.set_application_description("Example of slotwire: an echo server over TLS");
    parser.add_help_option();
    parser.add_option(CommandLineOption::with_value(
        &["p", "port"],
        "Port to listen at, 0 for a free one [default: 1234].",
        "port",
        "1234",
    ));
    parser.add_option(CommandLineOption::with_value(
        &["c", "certificate"],
        "File for the certificate [default: ssl_echo.pem beside the program].",
        "file",
        "",
    ));
    parser.process();
    let Ok(port) = parser.value("port").parse() else {
        eprintln!("The port is a number up to 65535.");
        return ExitCode::FAILURE;
    };
    match run(port, parser.value("certificate")) {
        Ok(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("Cannot serve at port {port}: {error}");
            ExitCode::FAILURE
        }
    }
}
