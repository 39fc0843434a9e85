//! What a program does with the connections of a `TcpServer` in place of `incomingConnection`.

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use slotwire::{Application, EventLoop, HostAddress, SignalSpy, SocketState, TcpServer, TcpSocket};

use super::support::{LIMIT, run_until, server, settle};

fn connect(server: TcpServer) -> TcpStream {
    TcpStream::connect(("127.0.0.1", server.server_port())).unwrap()
}

#[test]
fn a_handler_gets_streams_that_block() {
    let server = server();
    let got = Rc::new(Cell::new(None));
    let streams = Rc::clone(&got);
    server.set_incoming_connection_handler(move |stream| streams.set(Some(stream)));
    let spy = SignalSpy::new(server.new_connection());
    let mut client = connect(server);
    assert!(spy.wait(LIMIT));
    assert!(!server.has_pending_connections());
    let mut stream: TcpStream = got.take().unwrap();
    assert!(stream.nodelay().unwrap());
    let writer = std::thread::spawn(move || client.write_all(b"hello"));
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"hello");
    writer.join().unwrap().unwrap();
}

#[test]
fn a_socket_of_the_programs_own_waits_to_be_taken() {
    let server = server();
    server.set_incoming_connection_handler(move |stream| {
        let socket = TcpSocket::new();
        socket.set_object_name("the program's own");
        socket.set_socket_descriptor(stream).unwrap();
        server.add_pending_connection(socket);
    });
    let available = SignalSpy::new(server.pending_connection_available());
    let spy = SignalSpy::new(server.new_connection());
    let _client = connect(server);
    assert!(spy.wait(LIMIT));
    assert_eq!((available.len(), spy.len()), (1, 1));
    let socket = server.next_pending_connection().unwrap();
    assert_eq!(socket.object_name(), "the program's own");
    assert_eq!(socket.state(), SocketState::Connected);
    assert!(socket.parent().is_none());
}

#[test]
fn a_dropped_stream_closes_the_connection() {
    let server = server();
    server.set_incoming_connection_handler(drop);
    let spy = SignalSpy::new(server.new_connection());
    let mut client = connect(server);
    assert!(spy.wait(LIMIT));
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_wait_ends_with_a_connection_that_the_handler_takes() {
    let server = server();
    server.set_incoming_connection_handler(drop);
    let _client = connect(server);
    assert!(server.wait_for_new_connection(LIMIT));
}

#[test]
fn a_handler_may_close_and_delete_the_server() {
    for end in [TcpServer::close, |server: TcpServer| server.delete()] {
        let server = server();
        let spy = SignalSpy::new(server.new_connection());
        let calls = Rc::new(Cell::new(0));
        let called = Rc::clone(&calls);
        server.set_incoming_connection_handler(move |_| {
            called.set(called.get() + 1);
            end(server);
            // What comes from here on finds no server.
            server.add_pending_connection(TcpSocket::new());
        });
        let _clients = [connect(server), connect(server)];
        let seen = Rc::clone(&calls);
        run_until(move || seen.get() > 0);
        settle();
        assert_eq!(calls.get(), 1);
        assert_eq!(spy.len(), usize::from(server.is_alive()));
    }
}

#[test]
fn a_loop_in_a_handler_accepts_further_connections() {
    let server = server();
    let depths = Rc::new(RefCell::new(Vec::new()));
    let (log, depth) = (Rc::clone(&depths), Cell::new(0));
    server.set_incoming_connection_handler(move |_| {
        depth.set(depth.get() + 1);
        log.borrow_mut().push(depth.get());
        if depth.get() == 1 {
            let inner = EventLoop::new().scoped();
            let event_loop = *inner;
            server.new_connection().connect(move |()| event_loop.quit());
            inner.exec();
        }
        depth.set(depth.get() - 1);
    });
    let _clients = [connect(server), connect(server)];
    let seen = Rc::clone(&depths);
    run_until(move || seen.borrow().len() == 2);
    assert_eq!(*depths.borrow(), [1, 2]);
}

#[test]
fn a_handler_may_be_replaced_in_itself() {
    let server = server();
    let calls = Rc::new(RefCell::new(Vec::new()));
    let log = Rc::clone(&calls);
    server.set_incoming_connection_handler(move |_| {
        let later = Rc::clone(&log);
        server.set_incoming_connection_handler(move |_| later.borrow_mut().push("second"));
        log.borrow_mut().push("first");
    });
    let _clients = [connect(server), connect(server)];
    let seen = Rc::clone(&calls);
    run_until(move || seen.borrow().len() == 2);
    assert_eq!(*calls.borrow(), ["first", "second"]);
}

#[test]
fn a_panic_in_a_handler_costs_that_connection() {
    let server = server();
    let calls = Rc::new(Cell::new(0));
    let called = Rc::clone(&calls);
    server.set_incoming_connection_handler(move |_| {
        called.set(called.get() + 1);
        assert!(called.get() != 1, "the first");
    });
    let spy = SignalSpy::new(server.new_connection());
    let _clients = [connect(server), connect(server)];
    let mut panics = 0;
    while spy.len() < 2 {
        panics += usize::from(catch_unwind(AssertUnwindSafe(Application::process_events)).is_err());
    }
    assert_eq!((panics, calls.get()), (1, 2));
}

#[test]
fn sockets_that_were_added_count_and_go_with_the_rest() {
    let server = server();
    server.set_max_pending_connections(1);
    let added = TcpSocket::new();
    server.add_pending_connection(added);
    let _client = connect(server);
    settle();
    assert_eq!(server.next_pending_connection(), Some(added));
    run_until(move || server.has_pending_connections());
    let dead = TcpSocket::new();
    dead.delete();
    server.add_pending_connection(dead);
    let waiting = TcpSocket::new();
    server.add_pending_connection(waiting);
    server.close();
    assert!(!waiting.is_alive() && added.is_alive());
    assert!(server.next_pending_connection().is_none());
}

#[test]
fn the_system_keeps_as_many_connections_as_it_is_told_to() {
    let server = TcpServer::new();
    for (size, kept) in [(7, 7), (0, 0), (usize::MAX, i32::MAX as usize)] {
        server.set_listen_backlog_size(size);
        assert_eq!(server.listen_backlog_size(), kept);
        server.listen(HostAddress::LocalHost, 0).unwrap();
        let _client = connect(server);
        run_until(move || server.has_pending_connections());
        server.close();
    }
}
