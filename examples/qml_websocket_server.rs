//! Qt's `qmlwebsocketserver` as a program of ours: a server and a client in one scene, talking with each other.
//!
//! ```text
//! cargo run --example qml_websocket_server
//! ```
//!
//! There is no window: a click is a line of the standard input, and what the window would show is printed. Press Enter and the
//! client says hello to the server, which answers; press Ctrl-D and the client closes its connection, and the program ends.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

mod qml;

use std::process::ExitCode;
use std::time::Duration;

use qml::{Status, WebSocketElement, on_clicked};
use slotwire::prelude::*;

/// `WebSocketServer { listen: true; onClientConnected: … }`
fn web_socket_server() -> Result<WebSocketServer, Error> {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    // onClientConnected: (webSocket) => …
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            socket.text_message_received().connect(move |message| {
                println!("Server received message: {message}");
                socket.send_text_message("Hello Client!");
            });
            socket.disconnected().connect(move |()| socket.delete_later());
        }
    });
    // onErrorStringChanged: …
    server.server_error().connect(move |_| println!("Server error: {}", server.error_string()));
    server.listen(HostAddress::LocalHost, 0)?;
    Ok(server)
}

/// `WebSocket { … }` with what is in the braces.
fn web_socket(url: String) -> Handle<WebSocketElement> {
    let element = WebSocketElement::new(url);
    let Some(socket) = element.with(|element| element.socket) else { return element };
    // onTextMessageReceived: (message) => …
    socket.text_message_received().connect(|message| println!("Client received message: {message}"));
    // onStatusChanged: …
    element.signal(|element| &element.status_changed).connect(move |status| match status {
        Status::Error => println!("Client error: {}", socket.error_string()),
        Status::Closed => {
            println!("Client socket closed");
            Application::quit();
        }
        // MouseArea { onClicked: socket.sendTextMessage(…) }  From now on, as a click before is lost.
        Status::Open => on_clicked(
            move || {
                socket.send_text_message("Hello Server!");
            },
            move || socket.close(),
        ),
        Status::Connecting | Status::Closing => {}
    });
    element
}

fn main() -> ExitCode {
    let server = match web_socket_server() {
        Ok(server) => server,
        Err(error) => {
            eprintln!("qml_websocket_server: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("The server listens at {}. Enter says hello, Ctrl-D ends.", server.server_url());
    let client = web_socket(server.server_url().into());
    // Timer { interval: 100; running: true; onTriggered: socket.active = true }
    Timer::single_shot_to(Duration::from_millis(100), client, |client| client.set_active(true));
    u8::try_from(Application::exec()).map_or(ExitCode::FAILURE, ExitCode::from)
}
