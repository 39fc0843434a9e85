//! Qt's `echoclient`, line by line: says hello to an echo server, and ends when the connection has.
//!
//! ```text
//! cargo run --example echo_client -- --debug --hostname localhost --port 1234 [--deflate]
//! ```
//!
//! It needs a server, `cargo run --example echo_server` for example, and shows what that has answered.
//!
//! Where a line of C++ has become something else than the same call under its Rust name, a comment shows it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

mod command_line_parser;

use std::process::ExitCode;

use command_line_parser::{CommandLineOption, CommandLineParser};
use slotwire::prelude::*;
use url::Url;

/// `class EchoClient : public QObject`
struct EchoClient {
    /// C++ has `this` for nothing.
    this: Handle<Self>,
    web_socket: WebSocket,
    debug: bool,
    /// `Q_SIGNALS: void closed();`
    closed: Emitter<()>,
}

impl EchoClient {
    fn new(url: Url, options: HandshakeOptions, debug: bool) -> Handle<Self> {
        let web_socket = WebSocket::new();
        let this = Handle::new_cyclic(|this| Self { this, web_socket, debug, closed: Emitter::new() });
        // There the socket is a member, here a child: both end with their object.
        web_socket.set_parent(this);
        if debug {
            eprintln!("WebSocket server: {url}"); // qDebug()
        }
        // connect(&m_webSocket, &QWebSocket::connected, this, &EchoClient::onConnected);
        web_socket.connected().connect_to(this, Self::on_connected);
        // connect(&m_webSocket, &QWebSocket::disconnected, this, &EchoClient::closed);
        web_socket.disconnected().connect_signal(this.signal(|client| &client.closed));
        // Qt's ends in silence if there is no server.
        web_socket.error_occurred().connect_to(this, |this, _| {
            eprintln!("{}", this.web_socket.error_string());
            Application::exit(1);
        });
        web_socket.open_with(url, options); // m_webSocket.open(QUrl(url));
        this
    }

    fn on_connected(&self, (): ()) {
        if self.debug {
            eprintln!("WebSocket connected");
        }
        self.web_socket.text_message_received().connect_to(self.this, Self::on_text_message_received);
        self.web_socket.send_text_message("Hello, world!");
    }

    fn on_text_message_received(&self, message: &str) {
        if self.debug {
            eprintln!("Message received: {message:?}");
        }
        self.web_socket.close();
    }
}

fn main() -> ExitCode {
    let mut parser = CommandLineParser::new();
    parser.set_application_description("Example of slotwire: an echo client");
    parser.add_help_option();
    parser.add_option(CommandLineOption::new(&["d", "debug"], "Shows what happens [default: off]."));
    parser.add_option(CommandLineOption::with_value(
        &["n", "hostname"],
        "Host of the echo server [default: localhost].",
        "hostname",
        "localhost",
    ));
    parser.add_option(CommandLineOption::with_value(
        &["p", "port"],
        "Port of the echo server [default: 1234].",
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
    // int port = parser.value(portOption).toInt(&ok);
    let Ok(port @ 1..=65535) = parser.value("port").parse::<u32>() else {
        eprintln!("The port is a number from 1 to 65535.");
        return ExitCode::FAILURE;
    };
    // url.setScheme(…); url.setHost(…); url.setPort(…);
    // QUrl::setHost() puts the brackets around an IPv6 address itself.
    let host = match parser.value("hostname") {
        address if address.contains(':') => format!("[{address}]"),
        name => name.to_owned(),
    };
    let Ok(url) = Url::parse(&format!("ws://{host}:{port}")) else {
        eprintln!("The host name is not valid.");
        return ExitCode::FAILURE;
    };

    let options = HandshakeOptions::new();
    #[cfg(feature = "deflate")]
    let options = options.with_compression(parser.is_set("deflate").then(Compression::new));

    // EchoClient client(…);  on the stack
    let client = EchoClient::new(url, options, debug).scoped();
    // QObject::connect(&client, &EchoClient::closed, &a, &QCoreApplication::quit);
    client.signal(|client| &client.closed).connect(|()| Application::quit());
    u8::try_from(Application::exec()).map_or(ExitCode::FAILURE, ExitCode::from)
}
