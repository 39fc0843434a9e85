//! Embedded in somebody else's loop: a gateway that waits with a mio poller of its own, in which slotwire is one of the
//! sources.
//!
//! ```text
//! cargo run --example foreign_loop      ends by itself
//! ```
//!
//! The datagrams are the program's own business, the WebSockets are slotwire's. Each datagram goes to all clients; here one
//! client sends three datagrams and gets them back as messages. With epoll, kqueue, libuv or SDL it is the same: wait for
//! `Application::poller_fd` beside the other descriptors, no longer than `Application::next_timeout`, and then call
//! `Application::process_events`. Unix only: elsewhere a poller has no descriptor, and a program calls these in turn.

#![expect(clippy::print_stdout, reason = "output is what this program is for")]

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    gateway::run()
}

#[cfg(not(unix))]
fn main() {
    println!("Here a poller has no descriptor.");
}

#[cfg(unix)]
mod gateway {
    use std::cell::{Cell, RefCell};
    use std::io::ErrorKind;
    use std::net::{SocketAddr, UdpSocket};
    use std::os::fd::AsRawFd;
    use std::rc::Rc;

    use mio::unix::SourceFd;
    use mio::{Events, Interest, Poll, Token};
    use slotwire::prelude::*;

    const SLOTWIRE: Token = Token(0);
    const DATAGRAMS: Token = Token(1);

    pub(super) fn run() -> Result<(), Box<dyn std::error::Error>> {
        let mut poll = Poll::new()?;
        let slotwire = Application::poller_fd()?;
        poll.registry().register(&mut SourceFd(&slotwire.as_raw_fd()), SLOTWIRE, Interest::READABLE)?;
        let mut datagrams = mio::net::UdpSocket::bind("127.0.0.1:0".parse()?)?;
        poll.registry().register(&mut datagrams, DATAGRAMS, Interest::READABLE)?;

        let clients = Rc::new(RefCell::new(Vec::new()));
        let server = serve(clients.clone())?;
        let is_done = talk(server, datagrams.local_addr()?)?;

        let mut events = Events::with_capacity(64);
        let mut buffer = [0; 1500];
        while !is_done.get() {
            match poll.poll(&mut events, Application::next_timeout()) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
                _ => {}
            }
            if events.iter().any(|event| event.token() == DATAGRAMS) {
                while let Ok(size) = datagrams.recv(&mut buffer) {
                    for client in clients.borrow().iter() {
                        client.send_binary_message(&buffer[..size]);
                    }
                }
            }
            // In every round, whatever has woken it: a timer may be due, and what was sent above is to be written. Until
            // there is nothing left, because this poller tells of readiness once.
            while Application::process_events() {}
        }
        Ok(())
    }

    fn serve(clients: Rc<RefCell<Vec<WebSocket>>>) -> Result<WebSocketServer, Error> {
        let server = WebSocketServer::new("Gateway", SslMode::NonSecure);
        server.set_limits(Limits::internet());
        server.new_connection().connect(move |()| {
            while let Some(socket) = server.next_pending_connection() {
                socket.send_binary_message("welcome");
                clients.borrow_mut().push(socket);
                let clients = clients.clone();
                socket.disconnected().connect(move |()| {
                    clients.borrow_mut().retain(|client| *client != socket);
                    socket.delete_later();
                });
            }
        });
        server.listen(HostAddress::LocalHost, 0)?;
        Ok(server)
    }

    /// A client that answers each message with the next datagram, and closes when there are no more. Tells when it has.
    fn talk(
        server: WebSocketServer,
        gateway: SocketAddr,
    ) -> Result<Rc<Cell<bool>>, Box<dyn std::error::Error>> {
        let sender = UdpSocket::bind("127.0.0.1:0")?;
        sender.connect(gateway)?;
        let socket = WebSocket::new();
        let mut datagrams = ["one", "two", "three"].into_iter();
        socket.binary_message_received().connect_mut(move |message| {
            println!("received {:?}", String::from_utf8_lossy(message));
            let sent = datagrams.next().is_some_and(|datagram| sender.send(datagram.as_bytes()).is_ok());
            if !sent {
                socket.close();
            }
        });
        let is_done = Rc::new(Cell::new(false));
        let done = is_done.clone();
        socket.disconnected().connect(move |()| done.set(true));
        socket.open(server.server_url());
        Ok(is_done)
    }
}
