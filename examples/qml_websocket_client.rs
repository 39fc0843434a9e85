//! Qt's `qmlwebsocketclient` as a program of ours: a `ws` and a `wss` connection that a click opens and closes.
//!
//! ```text
//! cargo run --example qml_websocket_client
//! cargo run --example qml_websocket_client -- --url ws://echo.example --secure-url wss://echo.example
//! ```
//!
//! There is no window: a click is a line of the standard input, and what the window would show is printed. Press Enter and both
//! say hello to an echo server, press it again and both are closed, press Ctrl-D and the program ends. Qt's asks a public
//! echo server; without a URL this one asks a server in the same program.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

mod command_line_parser;
mod qml;
mod self_signed;

use std::process::ExitCode;

use command_line_parser::{CommandLineOption, CommandLineParser};
use qml::{Status, WebSocketElement, on_clicked};
use slotwire::prelude::*;

/// `WebSocket { … }` with what is in the braces.
fn web_socket(name: &'static str, url: String) -> Handle<WebSocketElement> {
    let element = WebSocketElement::new(url);
    let Some(socket) = element.with(|element| element.socket) else { return element };
    // onTextMessageReceived: (message) => …
    socket.text_message_received().connect(move |message| println!("{name}: received {message:?}"));
    // onStatusChanged: if (socket.status == WebSocket.Error) … else if (…)
    element.signal(|element| &element.status_changed).connect(move |status| match status {
        Status::Error => println!("{name}: error: {}", socket.error_string()),
        Status::Open => {
            socket.send_text_message("Hello, world!");
        }
        Status::Closed => println!("{name}: closed"),
        Status::Connecting | Status::Closing => {}
    });
    element
}

/// An echo server, as there is none in public that lasts. Its URL.
fn echo_server(server: WebSocketServer) -> Result<String, Error> {
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            socket.text_message_received().connect(move |text| {
                socket.send_text_message(text);
            });
            socket.disconnected().connect(move |()| socket.delete_later());
        }
    });
    server.listen(HostAddress::LocalHost, 0)?;
    Ok(server.server_url().into())
}

/// Another one, with a certificate that nobody but this program trusts.
fn secure_echo_server() -> Result<String, Box<dyn std::error::Error>> {
    let (certificate, key) = self_signed::certificate()?;
    let server = WebSocketServer::new("Echo Server", SslMode::Secure);
    let mut configuration = SslConfiguration::new();
    configuration.set_local_certificate(certificate.clone());
    configuration.set_private_key(key);
    server.set_ssl_configuration(configuration);
    let mut configuration = SslConfiguration::default_configuration();
    configuration.add_ca_certificate(certificate);
    SslConfiguration::set_default_configuration(&configuration);
    Ok(echo_server(server)?)
}

fn run(url: &str, secure_url: &str) -> Result<i32, Box<dyn std::error::Error>> {
    let url = match url {
        "" => echo_server(WebSocketServer::new("Echo Server", SslMode::NonSecure))?,
        url => url.to_owned(),
    };
    let secure_url = match secure_url {
        "" => secure_echo_server()?,
        url => url.to_owned(),
    };
    println!("Enter opens and closes {url} and {secure_url}, Ctrl-D ends.");
    let elements = [web_socket("ws", url), web_socket("wss", secure_url)];
    // onClicked: { socket.active = !socket.active; secureSocket.active = !secureSocket.active }
    let toggle = move || {
        for element in elements {
            element.with(|element| element.set_active(!element.is_active()));
        }
    };
    on_clicked(toggle, Application::quit);
    Ok(Application::exec())
}

fn main() -> ExitCode {
    let mut parser = CommandLineParser::new();
    parser.set_application_description("Example of slotwire: two connections that a click toggles");
    parser.add_help_option();
    for (names, description) in [
        (&["u", "url"], "URL of an echo server [default: one in this program]."),
        (&["s", "secure-url"], "The same with wss."),
    ] {
        parser.add_option(CommandLineOption::with_value(names, description, "url", ""));
    }
    parser.process();
    match run(parser.value("url"), parser.value("secure-url")) {
        Ok(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("qml_websocket_client: {error}");
            ExitCode::FAILURE
        }
    }
}
