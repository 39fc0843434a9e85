//! Connecting to a host with several addresses. Where an address does not answer, time is virtual.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use slotwire::{HostAddress, HostInfo, SignalSpy, SocketError, SocketState, TcpSocket, VirtualClock};
use socket2::{Domain, Socket, Type};

use super::support::{Log, run_until, run_until_emitted, settle};

/// Addresses of this host, each of which can be listened at on its own.
const FIRST: HostAddress = HostAddress::V4(Ipv4Addr::LOCALHOST);
const SECOND: HostAddress = HostAddress::V4(Ipv4Addr::new(127, 0, 0, 2));
const THIRD: HostAddress = HostAddress::V4(Ipv4Addr::new(127, 0, 0, 3));
const IPV6: HostAddress = HostAddress::V6(Ipv6Addr::LOCALHOST);

/// A port at which addresses of this host answer, or do not.
struct Hosts {
    port: u16,
    _listeners: Vec<Socket>,
    _filling: Vec<TcpStream>,
}

impl Hosts {
    /// Those that answer, and those that do not; all others refuse. `None` if this host lacks one of them.
    fn new(answering: &[HostAddress], silent: &[HostAddress]) -> Option<Self> {
        // A port that is free at one address may be taken at another.
        for _ in 0..50 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut listeners = Vec::new();
            let mut filling = Vec::new();
            for address in answering {
                listeners.push(listen(*address, port, 16));
            }
            for address in silent {
                // With its queue full the system answers nobody.
                listeners.push(listen(*address, port, 0));
                filling.extend((0..2).filter_map(|_| begin_to_connect(*address, port)));
            }
            if let Some(listeners) = listeners.into_iter().collect() {
                return Some(Self { port, _listeners: listeners, _filling: filling });
            }
        }
        // Not every host has IPv6, nor all of 127.0.0.0/8.
        None
    }
}

fn listen(address: HostAddress, port: u16, backlog: i32) -> Option<Socket> {
    let address = SocketAddr::new(address.to_ip().unwrap(), port);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).ok()?;
    socket.bind(&address.into()).ok()?;
    socket.listen(backlog).ok()?;
    Some(socket)
}

fn begin_to_connect(address: HostAddress, port: u16) -> Option<TcpStream> {
    let address = SocketAddr::new(address.to_ip().unwrap(), port);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).ok()?;
    socket.set_nonblocking(true).ok()?;
    // It is under way.
    let _ = socket.connect(&address.into());
    Some(socket.into())
}

/// Connects to a host with those addresses; the address that was reached, and the virtual time that it took.
fn connect(addresses: &[HostAddress], hosts: &Hosts) -> (HostAddress, Duration) {
    let _pinned = HostInfo::pin("host.test", addresses);
    let clock = VirtualClock::install();
    let socket = TcpSocket::new();
    socket.connect_to_host("host.test", hosts.port);
    run_until_emitted(socket.connected());
    let reached = socket.peer_address();
    socket.delete();
    (reached, clock.elapsed())
}

const NO_TIME: Duration = Duration::ZERO;
/// RFC 8305 §5
const DELAY: Duration = Duration::from_millis(250);

#[track_caller]
fn assert_about(time: Duration, expected: Duration) {
    // A coarse timer may be off by a twentieth.
    assert!(time >= expected.mul_f64(0.95) && time <= expected.mul_f64(1.05), "{time:?}, not {expected:?}");
}

#[test]
fn the_first_address_is_connected_to_if_it_answers() {
    let Some(hosts) = Hosts::new(&[FIRST, SECOND], &[]) else { return };
    assert_eq!(connect(&[FIRST, SECOND], &hosts), (FIRST, NO_TIME));
    assert_eq!(connect(&[SECOND, FIRST], &hosts), (SECOND, NO_TIME));
}

#[test]
fn an_address_that_refuses_is_followed_by_the_next_at_once() {
    let Some(hosts) = Hosts::new(&[THIRD], &[]) else { return };
    assert_eq!(connect(&[FIRST, SECOND, THIRD], &hosts), (THIRD, NO_TIME));
}

#[test]
fn an_address_that_does_not_answer_is_joined_by_the_next_after_250_ms() {
    let Some(hosts) = Hosts::new(&[THIRD], &[FIRST, SECOND]) else { return };
    let (reached, time) = connect(&[FIRST, THIRD], &hosts);
    assert_eq!(reached, THIRD);
    assert_about(time, DELAY);
    let (reached, time) = connect(&[FIRST, SECOND, THIRD], &hosts);
    assert_eq!(reached, THIRD);
    assert_about(time, 2 * DELAY);
}

#[test]
fn the_families_take_turns() {
    let Some(hosts) = Hosts::new(&[IPV6], &[FIRST, SECOND]) else { return };
    // In the resolver's order it would take twice as long.
    let (reached, time) = connect(&[FIRST, SECOND, IPV6], &hosts);
    assert_eq!(reached, IPV6);
    assert_about(time, DELAY);

    let Some(hosts) = Hosts::new(&[FIRST], &[IPV6]) else { return };
    let (reached, time) = connect(&[IPV6, FIRST], &hosts);
    assert_eq!(reached, FIRST);
    assert_about(time, DELAY);
}

#[test]
fn each_address_has_thirty_seconds_and_the_last_one_says_why() {
    let rows: [(&[HostAddress], SocketError, Duration); 3] = [
        (&[FIRST], SocketError::SocketTimeout, Duration::from_secs(30)),
        (&[FIRST, SECOND], SocketError::SocketTimeout, Duration::from_millis(30_250)),
        // The last in the order refuses, long before the first has had its time.
        (&[FIRST, THIRD], SocketError::ConnectionRefused, Duration::from_secs(30)),
    ];
    let Some(hosts) = Hosts::new(&[], &[FIRST, SECOND]) else { return };
    for (addresses, error, duration) in rows {
        let _pinned = HostInfo::pin("host.test", addresses);
        let clock = VirtualClock::install();
        let socket = TcpSocket::new();
        socket.connect_to_host("host.test", hosts.port);
        assert!(SignalSpy::new(socket.error_occurred()).wait(Duration::from_secs(100)));
        assert_eq!(socket.error(), error);
        assert_about(clock.elapsed(), duration);
    }
}

#[test]
fn several_addresses_make_no_difference_to_the_signals() {
    let Some(hosts) = Hosts::new(&[THIRD], &[FIRST]) else { return };
    let _pinned = HostInfo::pin("host.test", &[FIRST, SECOND, THIRD]);
    let _clock = VirtualClock::install();
    let socket = TcpSocket::new();
    let log = Log::of(socket);
    socket.connect_to_host("host.test", hosts.port);
    run_until_emitted(socket.connected());
    settle();
    assert_eq!(log.take(), ["HostLookup", "Connecting", "host_found", "Connected", "connected"]);
    assert_eq!(socket.peer_name(), "host.test");
}

#[test]
fn what_is_aborted_tries_no_further_address() {
    let Some(hosts) = Hosts::new(&[], &[FIRST]) else { return };
    let Some(second) = listen(SECOND, hosts.port, 16).map(TcpListener::from) else { return };
    let _pinned = HostInfo::pin("host.test", &[FIRST, SECOND]);
    let clock = VirtualClock::install();
    let socket = TcpSocket::new();
    socket.connect_to_host("host.test", hosts.port);
    run_until(move || socket.state() == SocketState::Connecting);
    socket.abort();
    clock.advance(DELAY * 2);
    settle();
    second.set_nonblocking(true).unwrap();
    assert!(second.accept().is_err());
    assert_eq!(socket.state(), SocketState::Unconnected);
}

#[test]
fn an_attempt_may_be_given_up_and_begun_anew_in_the_slot_of_host_found() {
    let Some(hosts) = Hosts::new(&[FIRST, SECOND], &[]) else { return };
    let _pinned = HostInfo::pin("host.test", &[FIRST]);
    let socket = TcpSocket::new();
    let port = hosts.port;
    let connection = socket.host_found().connect(move |()| {
        if socket.peer_name() == "host.test" {
            socket.abort();
            socket.connect_to_host(SECOND, port);
        }
    });
    socket.connect_to_host("host.test", hosts.port);
    run_until_emitted(socket.connected());
    connection.disconnect();
    assert_eq!(socket.peer_address(), SECOND);
}
