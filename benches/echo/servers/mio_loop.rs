//! The loop of the servers on mio: it accepts, and tells each connection when it is ready.

use std::io;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

const LISTENER: Token = Token(usize::MAX - 1);

/// Serves for ever. `open` makes a connection of a stream, `ready` does what can be done now; the connection is over when
/// that fails.
pub fn run<C>(
    mut open: impl FnMut(TcpStream) -> C,
    stream_of: impl Fn(&mut C) -> &mut TcpStream,
    mut ready: impl FnMut(&mut C) -> io::Result<()>,
) {
    let listener = super::listen();
    listener.set_nonblocking(true).expect("a listener");
    let mut watched = TcpListener::from_std(listener.try_clone().expect("a listener"));
    let mut poll = Poll::new().expect("a poller");
    poll.registry().register(&mut watched, LISTENER, Interest::READABLE).expect("a new listener");
    let mut events = Events::with_capacity(1024);
    let mut connections: Vec<Option<C>> = Vec::new();
    loop {
        if poll.poll(&mut events, None).is_err() {
            continue;
        }
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((stream, _)) = listener.accept() {
                    let Ok(stream) = super::upgrade(stream) else { continue };
                    let mut connection = open(TcpStream::from_std(stream));
                    let place = connections.iter().position(Option::is_none).unwrap_or(connections.len());
                    let interest = Interest::READABLE | Interest::WRITABLE;
                    poll.registry()
                        .register(stream_of(&mut connection), Token(place), interest)
                        .expect("a new stream");
                    connections.resize_with(connections.len().max(place + 1), || None);
                    connections[place] = Some(connection);
                }
            } else if let Some(connection) = &mut connections[event.token().0]
                && ready(connection).is_err()
            {
                connections[event.token().0] = None;
            }
        }
    }
}
