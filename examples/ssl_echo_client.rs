//! Qt's `sslechoclient`, line by line: says hello to an echo server over TLS, and ends when it has answered.
//!
//! ```text
//! cargo run --example ssl_echo_client -- --hostname localhost --port 1234
//! ```
//!
//! It needs a server, `cargo run --example ssl_echo_server`, and shows what that has answered. The certificate that this has
//! written beside its program is trusted as one of the system's would be; another one is an error, which ends the client.
//!
//! Where a line of C++ has become something else than the same call under its Rust name, a comment shows it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

mod command_line_parser;

use std::process::ExitCode;

use command_line_parser::{CommandLineOption, CommandLineParser};
use slotwire::prelude::*;
use url::Url;

/// `class SslEchoClient : public QObject`
struct SslEchoClient {
    /// C++ has `this` for nothing.
    this: Handle<Self>,
    web_socket: WebSocket,
}

impl SslEchoClient {
    fn new(url: Url, configuration: SslConfiguration) -> Handle<Self> {
        let web_socket = WebSocket::new();
        let this = Handle::new_cyclic(|this| Self { this, web_socket });
        // There the socket is a member, here a child: both end with their object.
        web_socket.set_parent(this);
        // connect(&m_webSocket, &QWebSocket::connected, this, &SslEchoClient::onConnected);
        web_socket.connected().connect_to(this, Self::on_connected);
        // connect(&m_webSocket, QOverload<const QList<QSslError>&>::of(&QWebSocket::sslErrors), …);
        web_socket.ssl_errors().connect_to(this, Self::on_ssl_errors);
        // Qt's waits for ever if there is no server.
        web_socket.error_occurred().connect_to(this, |this, _| {
            eprintln!("{}", this.web_socket.error_string());
            Application::exit(1);
        });
        web_socket.set_ssl_configuration(configuration);
        web_socket.open(url);
        this
    }

    fn on_connected(&self, (): ()) {
        eprintln!("WebSocket connected"); // qDebug()
        self.web_socket.text_message_received().connect_to(self.this, Self::on_text_message_received);
        self.web_socket.send_text_message("Hello, world!");
    }

    fn on_text_message_received(&self, message: &str) {
        eprintln!("Message received: {message:?}");
        // qApp->quit();
        Application::quit();
    }

    fn on_ssl_errors(&self, errors: &[SslError]) {
        for error in errors {
            eprintln!("SSL error: {error}");
        }
        // qApp->quit();  Here the code tells what was wrong.
        Application::exit(1);
    }
}

/// That of this process, which trusts the certificate in the file as well.
fn configuration(certificate: &str) -> Result<SslConfiguration, Box<dyn std::error::Error>> {
    let file = match certificate {
        "" => std::env::current_exe()?.with_file_name("ssl_echo.pem"),
        file => file.into(),
    };
    // QSslConfiguration sslConfiguration = QSslConfiguration::defaultConfiguration();
    let mut configuration = SslConfiguration::default_configuration();
    // sslConfiguration.addCaCertificate(…);
    configuration.add_ca_certificates_from_path(file)?;
    Ok(configuration)
}

fn main() -> ExitCode {
    let mut parser = CommandLineParser::new();
    parser.set_application_description("Example of slotwire: an echo client over TLS");
    parser.add_help_option();
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
    parser.add_option(CommandLineOption::with_value(
        &["c", "certificate"],
        "File with the certificate to trust [default: ssl_echo.pem beside the program].",
        "file",
        "",
    ));
    parser.process();
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
    let Ok(url) = Url::parse(&format!("wss://{host}:{port}")) else {
        eprintln!("The host name is not valid.");
        return ExitCode::FAILURE;
    };
    let configuration = match configuration(parser.value("certificate")) {
        Ok(configuration) => configuration,
        Err(error) => {
            eprintln!("There is no certificate to trust, is the server running? {error}");
            return ExitCode::FAILURE;
        }
    };
    // SslEchoClient client(…);  on the stack
    let _client = SslEchoClient::new(url, configuration).scoped();
    u8::try_from(Application::exec()).map_or(ExitCode::FAILURE, ExitCode::from)
}
