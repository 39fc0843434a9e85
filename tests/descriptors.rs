//! What happens when the process has no descriptor left. The limit is the whole process's, so these tests have a binary of
//! their own and run one after the other.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed expectation is how a test says what it needed")]

use std::fs::File;
use std::io::Write;
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rlimit::Resource;
use slotwire::{
    Application, CloseCode, EventLoop, HostAddress, SignalSpy, SocketError, SocketState, SslMode, TcpServer,
    TcpSocket, VirtualClock, WebSocket, WebSocketServer,
};

const LIMIT: Duration = Duration::from_secs(20);

/// The limit, which is set back when this is dropped.
struct Descriptors {
    soft: u64,
    hard: u64,
}

/// Runs a test while no other does, in a thread of its own: when that has ended, so have its descriptors.
fn alone(test: fn(&Descriptors)) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let run = thread::spawn(move || {
        let (soft, hard) = Resource::NOFILE.get().unwrap();
        test(&Descriptors { soft, hard });
    });
    if let Err(panic) = run.join() {
        resume_unwind(panic);
    }
}

impl Descriptors {
    /// From now on no descriptor can be opened.
    fn exhaust(&self) {
        let lowest_free = File::open("/dev/null").unwrap().as_raw_fd();
        Resource::NOFILE.set(u64::try_from(lowest_free).unwrap(), self.hard).unwrap();
        assert!(File::open("/dev/null").is_err());
    }

    fn relieve(&self) {
        Resource::NOFILE.set(self.soft, self.hard).unwrap();
    }
}

impl Drop for Descriptors {
    fn drop(&mut self) {
        self.relieve();
    }
}

/// A server with clients that the system has connected and the server has not accepted yet.
fn server_with_waiting_clients(count: usize) -> TcpServer {
    let server = TcpServer::new();
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server.pause_accepting();
    for _ in 0..count {
        add_waiting_client(server);
    }
    server
}

fn add_waiting_client(server: TcpServer) {
    let client = TcpSocket::new();
    client.set_parent(server);
    client.connect_to_host(HostAddress::LocalHost, server.server_port());
    assert!(SignalSpy::new(client.connected()).wait(LIMIT));
}

#[test]
fn accepting_recovers_when_there_are_descriptors_again() {
    alone(|descriptors| {
        let server = server_with_waiting_clients(3);
        let errors = SignalSpy::new(server.accept_error());
        let connections = SignalSpy::new(server.new_connection());
        descriptors.exhaust();
        server.resume_accepting();
        assert!(errors.wait(LIMIT));
        assert_eq!(errors.take(), [SocketError::SocketResource]);
        assert_eq!(server.error(), SocketError::SocketResource);
        assert_eq!(server.error_string(), "Out of resources");
        assert!(server.is_listening());
        assert!(connections.is_empty());

        descriptors.relieve();
        assert!(connections.wait_for(3, LIMIT));
        assert!(errors.is_empty());
        server.delete();
    });
}

#[test]
fn a_websocket_server_has_the_text_of_the_error() {
    alone(|descriptors| {
        let server = WebSocketServer::new("", SslMode::NonSecure);
        server.listen(HostAddress::LocalHost, 0).unwrap();
        server.pause_accepting();
        let client = TcpSocket::new();
        client.connect_to_host(HostAddress::LocalHost, server.server_port());
        assert!(SignalSpy::new(client.connected()).wait(LIMIT));
        let errors = SignalSpy::new(server.accept_error());
        descriptors.exhaust();
        server.resume_accepting();
        assert!(errors.wait(LIMIT));
        assert_eq!((server.error(), server.error_string().as_str()), (CloseCode::Normal, "Out of resources"));
        descriptors.relieve();
        server.delete();
        client.delete();
    });
}

#[test]
fn the_error_is_told_once_for_as_long_as_it_lasts() {
    alone(|descriptors| {
        let server = server_with_waiting_clients(1);
        let errors = SignalSpy::new(server.accept_error());
        descriptors.exhaust();
        server.resume_accepting();
        assert!(errors.wait(LIMIT));
        {
            let _clock = VirtualClock::install();
            assert!(!errors.wait(Duration::from_secs(60)), "a minute of trying in vain, and no word of it");
        }
        assert_eq!(errors.len(), 1);
        descriptors.relieve();
        server.delete();
    });
}

#[test]
fn nothing_spins_while_there_are_no_descriptors() {
    alone(|descriptors| {
        let server = server_with_waiting_clients(1);
        let errors = SignalSpy::new(server.accept_error());
        // As ported code does that knows Qt to pause after the error.
        server.accept_error().connect(move |_| server.resume_accepting());
        descriptors.exhaust();
        server.resume_accepting();
        assert!(errors.wait(LIMIT));
        let _clock = VirtualClock::install();
        while Application::process_events() {}
        assert_ne!(Application::next_timeout(), Some(Duration::ZERO));
        assert!(!Application::process_events());
        assert_eq!(errors.len(), 1);
        descriptors.relieve();
        server.delete();
    });
}

#[test]
fn a_second_shortage_is_told_again() {
    alone(|descriptors| {
        let server = server_with_waiting_clients(1);
        let errors = SignalSpy::new(server.accept_error());
        let connections = SignalSpy::new(server.new_connection());
        for shortage in 1..=2 {
            descriptors.exhaust();
            server.resume_accepting();
            assert!(errors.wait_for(shortage, LIMIT));
            descriptors.relieve();
            assert!(connections.wait_for(shortage, LIMIT));
            server.pause_accepting();
            add_waiting_client(server);
        }
        server.delete();
    });
}

#[test]
fn a_server_may_be_closed_or_deleted_in_its_slot_of_the_error() {
    alone(|descriptors| {
        type Act = fn(TcpServer);
        let acts: [Act; 3] = [TcpServer::close, |server| server.delete(), TcpServer::pause_accepting];
        for act in acts {
            let server = server_with_waiting_clients(1);
            let connections = SignalSpy::new(server.new_connection());
            let wait = EventLoop::new().scoped();
            let event_loop = *wait;
            server.accept_error().connect(move |_| {
                act(server);
                event_loop.quit();
            });
            descriptors.exhaust();
            server.resume_accepting();
            wait.exec();
            descriptors.relieve();
            let _clock = VirtualClock::install();
            assert!(!connections.wait(Duration::from_secs(10)));
            server.delete();
        }
    });
}

#[test]
fn connecting_without_a_descriptor_is_an_error_of_that_socket() {
    alone(|descriptors| {
        let server = server_with_waiting_clients(0);
        let socket = TcpSocket::new();
        let errors = SignalSpy::new(socket.error_occurred());
        descriptors.exhaust();
        socket.connect_to_host(HostAddress::LocalHost, server.server_port());
        assert_eq!(socket.state(), SocketState::Connecting);
        assert!(errors.wait(LIMIT));
        assert_eq!(errors.take(), [SocketError::SocketResource]);
        assert_eq!(socket.state(), SocketState::Unconnected);
    });
}

#[test]
fn listening_without_a_descriptor_fails() {
    alone(|descriptors| {
        let server = TcpServer::new();
        // Has the loop's own descriptors ready.
        Application::process_events();
        descriptors.exhaust();
        let error = server.listen(HostAddress::Any, 0).unwrap_err();
        assert_eq!(error.socket_error(), Some(SocketError::SocketResource));
        assert_eq!(server.error_string(), "Out of resources");
    });
}

#[test]
fn a_web_socket_server_serves_its_clients_while_it_cannot_accept() {
    alone(|descriptors| {
        let server = WebSocketServer::new("", SslMode::NonSecure);
        server.listen(HostAddress::LocalHost, 0).unwrap();
        server.new_connection().connect(move |()| {
            while let Some(socket) = server.next_pending_connection() {
                socket.text_message_received().connect(move |text| {
                    socket.send_text_message(text);
                });
            }
        });
        let client = WebSocket::new();
        let connected = SignalSpy::new(client.connected());
        client.open(server.server_url());
        assert!(connected.wait(LIMIT));
        let echo = SignalSpy::new(client.text_message_received());
        let late = TcpStream::connect(("127.0.0.1", server.server_port())).unwrap();
        let errors = SignalSpy::new(server.accept_error());
        let handshakes = SignalSpy::new(server.new_connection());

        descriptors.exhaust();
        assert!(errors.wait(LIMIT));
        client.send_text_message("still there?");
        assert!(echo.wait(LIMIT));
        assert_eq!(errors.take(), [SocketError::SocketResource]);
        assert!(server.is_listening());

        descriptors.relieve();
        write_request(&late);
        assert!(handshakes.wait(LIMIT));
        assert!(errors.is_empty());
        server.delete();
        client.delete();
    });
}

fn write_request(mut stream: &TcpStream) {
    stream
        .write_all(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        )
        .unwrap();
}
