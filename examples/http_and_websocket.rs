//! HTTP and WebSocket at one port: a page that shows a clock, and the clock, which ticks over a WebSocket.
//!
//! ```text
//! cargo run --example http_and_websocket -- 1234     then open http://localhost:1234/ in a browser
//! cargo run --example http_and_websocket             asks itself for both, and ends by itself
//! ```
//!
//! A `TcpServer` accepts and looks at the request without taking it from the socket. What wants a WebSocket is given to a
//! `WebSocketServer`, which does not listen; everything else is answered here. With an HTTP library in place of
//! [`respond`] the shape stays the same.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use slotwire::prelude::*;
use slotwire::websocket::protocol::{HandshakeRequest, MAX_HANDSHAKE_SIZE, find_header_end};

const PAGE: &str = "<!DOCTYPE html>
<meta charset=utf-8><meta name=color-scheme content='light dark'><title>Clock</title>
<h1>The server has been running for <output id=clock>…</output></h1>
<script>
    const socket = new WebSocket(`ws://${location.host}/clock`);
    socket.onmessage = event => clock.value = event.data;
    socket.onclose = () => clock.value = 'a while';
</script>
";

/// How long a connection may take for its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

fn serve(port: u16) -> Result<TcpServer, Error> {
    let clock = clock();
    let http = TcpServer::new();
    clock.set_parent(http);
    http.new_connection().connect(move |()| {
        while let Some(socket) = http.next_pending_connection() {
            socket.ready_read().connect(move |()| route(socket, clock));
            socket.disconnected().connect(move |()| socket.delete_later());
            Timer::single_shot_to(REQUEST_TIMEOUT, socket, |socket| {
                if socket.ready_read().is_connected() {
                    socket.abort();
                }
            });
        }
    });
    http.listen(HostAddress::Any, port)?;
    Ok(http)
}

/// What has arrived of a request, `peek`ed so that whoever answers it finds it whole.
fn route(socket: TcpSocket, clock: WebSocketServer) {
    let head = socket.peek(MAX_HANDSHAKE_SIZE);
    let Some(end) = find_header_end(&head, 0) else {
        if head.len() == MAX_HANDSHAKE_SIZE {
            socket.abort();
        }
        return;
    };
    socket.ready_read().disconnect_all();
    if HandshakeRequest::parse(&head[..end], false).is_ok() {
        clock.handle_connection(socket);
    } else {
        let path = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        socket.write(respond(path).as_bytes());
        socket.disconnect_from_host();
    }
}

fn respond(path: &[u8]) -> String {
    let (status, body) = if path == b"/" { ("200 OK", PAGE) } else { ("404 Not Found", "No such page.") };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A server that tells each of its clients ten times a second how long it has been running.
fn clock() -> WebSocketServer {
    let start = Instant::now();
    let server = WebSocketServer::new("Clock", SslMode::NonSecure);
    server.set_limits(Limits::internet());
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            let tick = Timer::new();
            tick.set_parent(socket);
            tick.timeout().connect_to(socket, move |socket, ()| {
                socket.send_text_message(format!("{:.1} s", start.elapsed().as_secs_f64()));
            });
            tick.start(Duration::from_millis(100));
            socket.disconnected().connect(move |()| socket.delete_later());
        }
    });
    server
}

/// Asks for the page, then for the clock, and ends the program when that has ticked.
fn ask(port: u16) {
    let http = TcpSocket::new();
    http.connect_to_host(HostAddress::LocalHost, port);
    http.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    http.disconnected().connect(move |()| {
        let response = http.read_all();
        println!("GET /: {}", String::from_utf8_lossy(&response).lines().next().unwrap_or(""));
        http.delete_later();
        let socket = WebSocket::new();
        socket.open(format!("ws://localhost:{port}/clock"));
        socket.text_message_received().connect(|time| {
            println!("/clock: {time}");
            Application::quit();
        });
        socket.error_occurred().connect(|_| Application::exit(1));
    });
}

fn main() -> ExitCode {
    let argument = std::env::args_os().nth(1);
    let port = argument.as_ref().map_or(Some("0"), |text| text.to_str());
    let Some(Ok(port)) = port.map(str::parse) else {
        eprintln!("Usage: http_and_websocket [PORT]");
        return ExitCode::FAILURE;
    };
    match serve(port) {
        Ok(http) if argument.is_none() => ask(http.server_port()),
        Ok(http) => println!("open http://localhost:{}/", http.server_port()),
        Err(error) => {
            eprintln!("http_and_websocket: cannot listen at port {port}: {error}");
            return ExitCode::FAILURE;
        }
    }
    u8::try_from(Application::exec()).map_or(ExitCode::FAILURE, ExitCode::from)
}
