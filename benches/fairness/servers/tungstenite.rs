//! tungstenite on mio. What a connection has is read before the next one is looked at.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use tungstenite::{Error, HandshakeError, Message, WebSocket};

const LISTENER: Token = Token(usize::MAX - 1);

pub fn serve(slot: Duration) {
    let mut listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    println!("{}", listener.local_addr().expect("it is bound").port());
    std::thread::spawn(|| {
        io::stdin().lines().map_while(Result::ok).for_each(|_| println!());
        std::process::exit(0);
    });
    let mut poll = Poll::new().expect("a poller");
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE).expect("a new listener");
    let mut events = Events::with_capacity(1024);
    let mut sockets: Vec<Option<WebSocket<TcpStream>>> = Vec::new();
    loop {
        if poll.poll(&mut events, None).is_err() {
            continue;
        }
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((stream, _)) = listener.accept() {
                    let Some(mut socket) = upgrade(stream) else { continue };
                    let interest = Interest::READABLE | Interest::WRITABLE;
                    let token = Token(sockets.len());
                    poll.registry().register(socket.get_mut(), token, interest).expect("a new stream");
                    sockets.push(Some(socket));
                }
            } else if let Some(socket) = &mut sockets[event.token().0]
                && !matches!(read(socket, slot), Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock)
            {
                sockets[event.token().0] = None;
            }
        }
    }
}

fn upgrade(stream: TcpStream) -> Option<WebSocket<TcpStream>> {
    stream.set_nodelay(true).ok()?;
    let mut handshake = tungstenite::accept(stream);
    loop {
        match handshake {
            Ok(socket) => return Some(socket),
            Err(HandshakeError::Interrupted(unfinished)) => handshake = unfinished.handshake(),
            Err(HandshakeError::Failure(_)) => return None,
        }
    }
}

/// Reads until that fails, usually because there is nothing more.
fn read(socket: &mut WebSocket<TcpStream>, slot: Duration) -> Error {
    loop {
        match socket.read() {
            Ok(Message::Text(_) | Message::Binary(_)) => super::work(slot),
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}
