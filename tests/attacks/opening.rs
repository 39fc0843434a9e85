//! The opening of a connection, which has one time for all of it, and the queue of those who wait to be taken.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use slotwire::prelude::*;
use socket2::{Domain, Socket, Type};

use crate::journal::Journal;
use crate::peer::{Peer, PeerListener, response_to};
use crate::support::{
    accepted_socket, connected_client, listening_server, pass, settle, wait_for_end, wait_until,
};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// A port of this host where connections are neither accepted nor refused: its queue is full.
struct SilentPort {
    listener: Socket,
    _queue: Vec<TcpStream>,
}

impl SilentPort {
    fn new() -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let fill = || TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok();
        let _queue = std::iter::from_fn(fill).collect();
        Self { listener, _queue }
    }

    fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().as_socket().unwrap().port()
    }
}

#[test]
fn clients_that_leave_before_they_are_taken_keep_no_place() {
    let server = listening_server();
    server.set_max_pending_connections(30);
    let survivor = connected_client(server);
    for round in 0..3 {
        for _ in 0..29 {
            if round == 0 {
                Peer::client_of(server).reset();
            } else {
                drop(Peer::client_of(server));
            }
        }
        wait_until("the dead have left", || {
            // A client more is let in, whoever is gone.
            settle();
            Peer::connect(server).is_ended() || Application::dump_objects().matches("WebSocket(").count() < 40
        });
        drop(Peer::client_of(server));
        settle();
    }
    let taken = accepted_socket(server);
    assert_eq!(taken.peer_port(), survivor.local_port());
    assert_eq!(server.next_pending_connection(), None);
}

#[test]
fn a_host_that_does_not_answer_is_not_waited_for_any_longer_than_the_opening_may_take() {
    let clock = VirtualClock::install();
    let silent = SilentPort::new();
    let client = WebSocket::new();
    client.set_handshake_timeout(Some(SECOND));
    client.open(format!("ws://127.0.0.1:{}/", silent.port()));
    let journal = Journal::of(client);
    settle();
    assert_eq!(client.state(), SocketState::Connecting);
    pass(&clock, SECOND);
    assert_eq!(
        journal.take(),
        ["state_changed(Unconnected)", "disconnected", "error_occurred(SocketTimeout)"],
        "as of any host that cannot be reached"
    );
    assert_eq!(client.error(), SocketError::SocketTimeout);
    // Nothing of it is left.
    pass(&clock, HOUR);
    assert_eq!(journal.take(), [""; 0]);
}

#[test]
fn a_proxy_that_does_not_answer_has_the_time_of_the_opening() {
    for proxy_type in [ProxyType::Http, ProxyType::Socks5] {
        let clock = VirtualClock::install();
        let listener = PeerListener::new();
        let client = WebSocket::new();
        client.set_handshake_timeout(Some(SECOND));
        client.set_proxy(NetworkProxy::with_host(proxy_type, "127.0.0.1", listener.port()));
        client.open("ws://target.test/");
        let mut peer = listener.accept();
        peer.read_exactly(3);
        pass(&clock, SECOND);
        wait_for_end(client);
        assert_eq!(client.error(), SocketError::SocketTimeout);
        peer.read_end();
    }
}

#[test]
fn a_proxy_that_sends_interim_responses_for_ever_is_left() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.set_proxy(NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", listener.port()));
    client.open("ws://target.test/");
    let mut peer = listener.accept();
    peer.read_head();
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100);
    let mut sent = 0;
    wait_until("the client has left", || {
        sent += peer.try_send(interim.as_bytes());
        client.state() == SocketState::Unconnected
    });
    assert_eq!(client.error(), SocketError::ProxyProtocol);
    // What the system buffers is not counted.
    assert!(sent < 16 << 20, "{sent}");
}

#[test]
fn a_few_interim_responses_of_a_proxy_are_passed_over() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.set_proxy(NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", listener.port()));
    client.open("ws://target.test/");
    let mut peer = listener.accept();
    peer.read_head();
    peer.send("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100));
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    peer.accept_handshake();
    wait_until("connected", || client.is_valid());
}

#[test]
fn a_server_that_sends_interim_responses_without_an_end_refuses() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    peer.send("HTTP/1.1 100 Continue\r\n\r\n".repeat(100));
    wait_for_end(client);
    assert!(client.error_string().contains("100"), "{}", client.error_string());
}

#[test]
fn a_server_that_is_content_with_no_password_is_asked_a_few_times_only() {
    for challenge in ["Basic realm=\"x\"", "Digest realm=\"x\", nonce=\"y\", stale=true"] {
        for asks in [true, false] {
            let listener = PeerListener::new();
            let client = WebSocket::new();
            if asks {
                client.authentication_required().connect(|authenticator| {
                    authenticator.set_user("user");
                    authenticator.set_password("always the same");
                });
            }
            client.open(listener.url().replace("ws://", "ws://somebody:password@"));
            let mut peer = listener.accept();
            let refusal =
                format!("HTTP/1.1 401 No\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n");
            let mut requests = 0;
            while client.state() == SocketState::Connecting {
                peer.read_head();
                requests += 1;
                peer.send(&refusal);
                settle();
            }
            assert!(requests <= 6, "{requests} requests, {challenge}");
        }
    }
}

#[test]
fn each_step_takes_from_one_time() {
    let clock = VirtualClock::install();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.set_handshake_timeout(Some(10 * SECOND));
    client.set_proxy(NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", listener.port()));
    client.open("ws://target.test/");
    let mut peer = listener.accept();
    peer.read_head();
    pass(&clock, 6 * SECOND);
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    peer.read_head();
    assert_eq!(client.state(), SocketState::Connecting);
    pass(&clock, 5 * SECOND);
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::SocketTimeout);
}

#[test]
fn refusals_begin_no_new_time() {
    let clock = VirtualClock::install();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.set_handshake_timeout(Some(10 * SECOND));
    client.open(listener.url().replace("ws://", "ws://user:password@"));
    let mut peer = listener.accept();
    peer.read_head();
    pass(&clock, 6 * SECOND);
    // Answered over a new connection.
    peer.send("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nConnection: close\r\n\r\n");
    let mut peer = listener.accept();
    assert!(peer.read_head().contains("Authorization: Basic"));
    pass(&clock, 5 * SECOND);
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::SocketTimeout);
}

#[test]
fn the_time_stands_still_while_somebody_is_asked_for_a_password() {
    let clock = VirtualClock::install();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.set_handshake_timeout(Some(10 * SECOND));
    client.authentication_required().connect(|authenticator| {
        let question = EventLoop::new();
        Timer::single_shot(HOUR, move || question.quit());
        question.exec();
        authenticator.set_user("user");
        authenticator.set_password("password");
    });
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    pass(&clock, 6 * SECOND);
    peer.send("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n");
    let request = peer.read_head();
    assert!(clock.elapsed() > HOUR / 2);
    pass(&clock, 3 * SECOND);
    peer.send(response_to(&request));
    wait_until("connected", || client.is_valid());
    // A connection that is open has all the time in the world.
    pass(&clock, HOUR);
    assert!(client.is_valid());
}

#[test]
fn a_slot_that_asks_and_never_comes_back_with_an_answer_can_end_it() {
    let clock = VirtualClock::install();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.authentication_required().connect(move |_| client.abort());
    client.open(listener.url());
    let mut peer = listener.accept();
    peer.read_head();
    peer.send("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n");
    wait_for_end(client);
    client.open(listener.url());
    let mut peer = listener.accept();
    let request = peer.read_head();
    pass(&clock, 9 * SECOND);
    peer.send(response_to(&request));
    wait_until("the second attempt has its own time", || client.is_valid());
}

#[cfg(feature = "_tls")]
mod tls {
    use super::*;
    use crate::identity::{Authority, secure_server};
    use crate::relay::{Direction, Relay};

    #[test]
    fn a_server_has_one_time_for_tls_and_the_request() {
        let clock = VirtualClock::install();
        let authority = Authority::new();
        let server = secure_server(authority.issue().configuration());
        let client = authority.client();
        client.set_handshake_timeout(None);
        let mut relay = Relay::between(client, server);
        settle();
        pass(&clock, 6 * SECOND);
        // The hello, and behind it as much as ends the handshake of TLS and begins the request.
        let (mut is_hello, mut rest) = (true, 200);
        wait_until("TLS is done", || {
            relay.pass_on(|direction, bytes| {
                if direction == Direction::ToServer && !bytes.is_empty() && !std::mem::take(&mut is_hello) {
                    bytes.truncate(rest);
                    rest -= bytes.len();
                }
            });
            rest == 0
        });
        settle();
        assert!(!relay.pass_on(|_, _| {}), "it is still waited for");
        pass(&clock, 5 * SECOND);
        wait_until("the server has given up", || relay.pass_on(|_, bytes| bytes.clear()));
    }

    #[test]
    fn a_client_has_one_time_for_tls_and_the_response() {
        let clock = VirtualClock::install();
        let authority = Authority::new();
        let server = secure_server(authority.issue().configuration());
        let client = authority.client();
        let mut relay = Relay::between(client, server);
        pass(&clock, 6 * SECOND);
        wait_until("the request is there, and not its response", || {
            let is_there = server.has_pending_connections();
            if !is_there {
                relay.pass_on(|_, _| {});
            }
            is_there
        });
        pass(&clock, 5 * SECOND);
        wait_for_end(client);
        assert_eq!(client.error(), SocketError::SocketTimeout);
    }

    #[test]
    fn the_time_stands_still_while_errors_of_a_certificate_are_looked_at() {
        let clock = VirtualClock::install();
        let server = secure_server(Authority::new().issue().configuration());
        server.set_handshake_timeout(None);
        for decides_late in [true, false] {
            let client = Authority::new().client();
            client.set_handshake_timeout(Some(10 * SECOND));
            let errors = SignalSpy::new(client.ssl_errors());
            if decides_late {
                client.set_pause_mode(PauseMode::OnSslErrors);
            } else {
                client.ssl_errors().connect(move |_| {
                    let question = EventLoop::new();
                    Timer::single_shot(HOUR, move || question.quit());
                    question.exec();
                    client.ignore_ssl_errors();
                });
            }
            client.open(server.server_url());
            wait_until("the errors", || !errors.is_empty());
            if decides_late {
                pass(&clock, HOUR);
                client.ignore_ssl_errors();
                client.resume();
            }
            wait_until("connected", || client.is_valid());
            client.delete();
        }
        assert!(clock.elapsed() > HOUR + HOUR / 2, "coarse timers may be early");
    }
}
