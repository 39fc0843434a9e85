//! Calls that block: `waitForConnected` and the like. Their doings in each state stand in the traces `cw-…` and `sw-wait`.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use slotwire::{
    Application, HostAddress, HostInfo, SignalSpy, SocketError, SocketState, TcpServer, TcpSocket, Timer,
};

use super::support::{connection, run_until_emitted, settle};

const LONG: Duration = Duration::from_secs(30);

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[test]
fn a_conversation_needs_no_event_loop() {
    let (listener, port) = listener();
    let peer = thread::spawn(move || {
        let mut peer = listener.accept().unwrap().0;
        let mut question = [0; 4];
        peer.read_exact(&mut question).unwrap();
        peer.write_all(b"answer\n").unwrap();
        question
    });
    let socket = TcpSocket::new();
    socket.connect_to_host(HostAddress::LocalHost, port);
    assert!(socket.wait_for_connected(LONG));
    socket.write(b"what");
    assert!(socket.wait_for_bytes_written(LONG));
    while !socket.can_read_line() {
        assert!(socket.wait_for_ready_read(LONG));
    }
    assert_eq!(socket.read_line(), b"answer\n");
    assert!(socket.wait_for_disconnected(None));
    assert_eq!(socket.state(), SocketState::Unconnected);
    assert_eq!(&peer.join().unwrap(), b"what");
}

#[test]
fn more_than_the_system_takes_at_once_is_written_by_waits() {
    const SIZE: usize = 16 << 20;
    let (listener, port) = listener();
    let peer = thread::spawn(move || listener.accept().unwrap().0.read_to_end(&mut Vec::new()).unwrap());
    let socket = TcpSocket::new();
    socket.connect_to_host(HostAddress::LocalHost, port);
    socket.write(&vec![7; SIZE]);
    while socket.bytes_to_write() > 0 {
        assert!(socket.wait_for_bytes_written(LONG));
    }
    socket.disconnect_from_host();
    assert_eq!(peer.join().unwrap(), SIZE);
}

#[test]
fn nothing_else_is_delivered_inside_a_wait() {
    let (client, server) = connection();
    let others = Rc::new(Cell::new(0));
    let other = || {
        let others = Rc::clone(&others);
        move || others.set(others.get() + 1)
    };
    let (timed, posted, read) = (other(), other(), other());
    Timer::single_shot(Duration::ZERO, timed);
    Application::invoke_later(posted);
    server.ready_read().connect(move |()| read());
    client.write(b"hello");
    assert!(client.wait_for_bytes_written(LONG));
    assert!(!client.wait_for_ready_read(Duration::from_millis(1)));
    assert_eq!(others.get(), 0);
    settle();
    assert_eq!(others.get(), 3, "all of it came when the loop ran");
}

#[test]
fn a_wait_in_any_slot_of_a_beginning_connects_inside_it() {
    use SocketState::{Connected, Connecting, HostLookup};
    let (_listener, port) = listener();
    for host in ["127.0.0.1", "localhost"] {
        for waits_in in [Some(HostLookup), Some(Connecting), None] {
            let socket = TcpSocket::new();
            let (states, found) =
                (SignalSpy::new(socket.state_changed()), SignalSpy::new(socket.host_found()));
            let waited = Rc::new(Cell::new(None));
            let outcome = waited.clone();
            let wait = move || outcome.set(Some(socket.wait_for_connected(LONG)));
            match waits_in {
                None => drop(socket.host_found().connect(move |()| wait())),
                Some(point) => drop(socket.state_changed().connect(move |state| {
                    if state == point {
                        wait();
                    }
                })),
            }
            socket.connect_to_host(host, port);
            if waited.get().is_none() {
                run_until_emitted(socket.connected());
            }
            assert_eq!(waited.get(), Some(true), "{host}, {waits_in:?}");
            assert_eq!(states.take(), [HostLookup, Connecting, Connected], "{host}, {waits_in:?}");
            // Behind a slot that has waited for the connection, the host is old news.
            assert_eq!(found.len(), usize::from(waits_in != Some(Connecting)), "{host}, {waits_in:?}");
            socket.delete();
        }
    }
}

#[test]
fn a_wait_without_a_connection_is_over_at_once() {
    let socket = TcpSocket::new();
    assert!(!socket.wait_for_connected(None));
    assert!(!socket.wait_for_ready_read(None));
    assert!(!socket.wait_for_bytes_written(None));
    assert!(!socket.wait_for_disconnected(None));
    assert!(!TcpServer::new().wait_for_new_connection(None));
    socket.delete();
    assert!(!socket.wait_for_connected(None));
}

#[test]
fn a_name_without_an_address_fails_inside_the_wait() {
    let _pinned = HostInfo::pin("nobody.test", &[]);
    let socket = TcpSocket::new();
    socket.connect_to_host("nobody.test", 1);
    assert!(!socket.wait_for_connected(None));
    assert_eq!(socket.error(), SocketError::HostNotFound);
}

#[test]
fn a_slot_may_delete_the_socket_that_waits() {
    let (client, server) = connection();
    client.ready_read().connect(move |()| client.delete());
    server.write(b"hello");
    assert!(server.flush());
    client.wait_for_ready_read(LONG);
    assert!(!client.is_alive());
}
