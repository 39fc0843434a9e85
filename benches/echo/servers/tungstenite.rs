//! tungstenite on mio. Echoes are buffered with `write` and flushed once an event.

use std::io;

use mio::net::TcpStream;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::mio_loop;

/// The default of 128 KiB is allocated for each connection, and cleared before each read.
const READ_BUFFER: usize = 16 << 10;

pub fn serve() {
    mio_loop::run(open, WebSocket::get_mut, echo);
}

fn open(stream: TcpStream) -> WebSocket<TcpStream> {
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    WebSocket::from_raw_socket(stream, Role::Server, Some(config))
}

fn echo(socket: &mut WebSocket<TcpStream>) -> io::Result<()> {
    let blocked = loop {
        let done = socket.read().and_then(|message| match message {
            Message::Text(_) | Message::Binary(_) => socket.write(message),
            _ => Ok(()),
        });
        if let Err(error) = done {
            break error;
        }
    };
    unless_blocked(blocked)?;
    socket.flush().or_else(unless_blocked)
}

fn unless_blocked(error: Error) -> io::Result<()> {
    match error {
        Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        error => Err(io::Error::other(error)),
    }
}
