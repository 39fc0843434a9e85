//! Qt's `simplechat`: a server that gives each text to all the others. Its page is served at the same port, for browsers.
//!
//! ```text
//! cargo run --example simple_chat -- --port 1234 [--deflate]
//! ```
//!
//! Then open <http://localhost:1234/> in several windows of a browser; who comes and goes is shown here.
//!
//! `ChatServer` is Qt's, line by line; where a line of C++ has become something else than the same call under its Rust
//! name, a comment shows it. `PageServer` is not in Qt's example, whose page is a file to open by hand. It accepts the
//! connections, answers requests for the page, and hands those that want a WebSocket to the chat's server.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

mod command_line_parser;

use std::cell::RefCell;
use std::process::ExitCode;
use std::time::Duration;

use command_line_parser::{CommandLineOption, CommandLineParser};
use slotwire::prelude::*;
use slotwire::websocket::protocol::{HandshakeRequest, MAX_HANDSHAKE_SIZE, find_header_end};

/// `class ChatServer : public QObject`
struct ChatServer {
    /// C++ has `this` for nothing.
    this: Handle<Self>,
    web_socket_server: WebSocketServer,
    /// `QList<QWebSocket *> m_clients;` A slot has `&self`, and changes it all the same.
    clients: RefCell<Vec<WebSocket>>,
}

impl ChatServer {
    fn new() -> Handle<Self> {
        let web_socket_server = WebSocketServer::new("Chat Server", SslMode::NonSecure);
        let this = Handle::new_cyclic(|this| Self { this, web_socket_server, clients: RefCell::default() });
        // new QWebSocketServer(…, this)
        web_socket_server.set_parent(this);
        // connect(m_pWebSocketServer, &QWebSocketServer::newConnection, this, &ChatServer::onNewConnection);
        web_socket_server.new_connection().connect_to(this, Self::on_new_connection);
        this
    }

    fn on_new_connection(&self, (): ()) {
        // auto pSocket = …; which is never null in this slot
        let Some(socket) = self.web_socket_server.next_pending_connection() else { return };
        println!("{} connected!", identifier(socket)); // QTextStream(stdout)
        socket.set_parent(self.this);
        socket.text_message_received().connect_to(self.this, Self::process_message);
        socket.disconnected().connect_to(self.this, Self::socket_disconnected);
        self.clients.borrow_mut().push(socket);
    }

    fn process_message(&self, message: &str) {
        let sender = sending_socket();
        // for (QWebSocket *pClient : std::as_const(m_clients))
        for client in self.clients.borrow().iter() {
            if Some(*client) != sender {
                client.send_text_message(message);
            }
        }
    }

    fn socket_disconnected(&self, (): ()) {
        if let Some(client) = sending_socket() {
            println!("{} disconnected!", identifier(client));
            // m_clients.removeAll(pClient);
            self.clients.borrow_mut().retain(|other| *other != client);
            client.delete_later();
        }
    }
}

/// `static QString getIdentifier(QWebSocket *peer)`
fn identifier(peer: WebSocket) -> String {
    format!("{}:{}", peer.peer_address(), peer.peer_port())
}

/// `qobject_cast<QWebSocket *>(sender())`
fn sending_socket() -> Option<WebSocket> {
    sender()?.cast()
}

const PAGE: &str = include_str!("simple_chat.html");

/// How long a connection may take for its request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves the page, and gives what wants a WebSocket to a server for that.
struct PageServer {
    this: Handle<Self>,
    tcp_server: TcpServer,
    web_socket_server: WebSocketServer,
}

impl PageServer {
    fn new(port: u16, web_socket_server: WebSocketServer) -> Result<Handle<Self>, Error> {
        let tcp_server = TcpServer::new();
        let this = Handle::new_cyclic(|this| Self { this, tcp_server, web_socket_server });
        tcp_server.set_parent(this);
        tcp_server.new_connection().connect_to(this, Self::on_new_connection);
        tcp_server.listen(HostAddress::Any, port)?;
        Ok(this)
    }

    fn on_new_connection(&self, (): ()) {
        while let Some(socket) = self.tcp_server.next_pending_connection() {
            socket.ready_read().connect_to(self.this, move |this, ()| this.read_request(socket));
            socket.disconnected().connect(move |()| socket.delete_later());
            Timer::single_shot_to(REQUEST_TIMEOUT, socket, |socket| {
                // Nobody has taken it: it is none of the chat's.
                if socket.ready_read().is_connected() {
                    socket.abort();
                }
            });
        }
    }

    /// Looks at the request without taking it, because whoever answers it wants to read it.
    fn read_request(&self, socket: TcpSocket) {
        let head = socket.peek(MAX_HANDSHAKE_SIZE);
        let Some(end) = find_header_end(&head, 0) else {
            if head.len() == MAX_HANDSHAKE_SIZE {
                socket.abort();
            }
            return;
        };
        socket.ready_read().disconnect_all();
        if HandshakeRequest::parse(&head[..end], false).is_ok() {
            self.web_socket_server.handle_connection(socket);
        } else {
            socket.write(response_to(&head).as_bytes());
            socket.disconnect_from_host();
        }
    }
}

fn response_to(head: &[u8]) -> String {
    let (status, body) = if head.starts_with(b"GET / HTTP/1.") {
        ("200 OK", PAGE)
    } else {
        ("404 Not Found", "There is nothing but the page at /.\n")
    };
    let content_type = if body == PAGE { "text/html" } else { "text/plain" };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

fn main() -> ExitCode {
    let mut parser = CommandLineParser::new();
    parser.set_application_description("Example of slotwire: a chat server");
    parser.add_help_option();
    parser.add_option(CommandLineOption::with_value(
        &["p", "port"],
        "Port of the chat, 0 for a free one [default: 1234].",
        "port",
        "1234",
    ));
    #[cfg(feature = "deflate")]
    parser.add_option(CommandLineOption::new(
        &["deflate"],
        "Compresses messages, if the other side does as well.",
    ));
    parser.process();
    let Ok(port) = parser.value("port").parse() else {
        eprintln!("The port is a number up to 65535.");
        return ExitCode::FAILURE;
    };

    // ChatServer server(1234);  on the stack
    let chat = ChatServer::new().scoped();
    let Some(web_socket_server) = chat.with(|chat| chat.web_socket_server) else { return ExitCode::FAILURE };
    #[cfg(feature = "deflate")]
    web_socket_server.set_compression(parser.is_set("deflate").then(Compression::new));
    let page = match PageServer::new(port, web_socket_server) {
        Ok(page) => page.scoped(),
        Err(error) => {
            eprintln!("Cannot listen at port {port}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let port = page.with(|page| page.tcp_server.server_port()).unwrap_or(port);
    println!("Chat Server listening on port {port}: open http://localhost:{port}/");
    u8::try_from(Application::exec()).map_or(ExitCode::FAILURE, ExitCode::from)
}
