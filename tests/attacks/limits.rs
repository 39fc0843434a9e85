//! Peers that want more than the limits of a server or a client give.

use std::time::Duration;

use slotwire::prelude::*;

use crate::peer::{Peer, PeerListener, REQUEST};
use crate::scheme::Scheme;
use crate::support::{accepted_socket, frame, listening_server, settle, wait_for_end, wait_until};

/// A limited server of `ws`.
fn server_with(limits: Limits) -> WebSocketServer {
    let server = listening_server();
    server.set_limits(limits);
    server
}

#[test]
fn accepted_sockets_have_their_servers_limits_before_their_first_byte() {
    let small = Limits::internet().with_max_message_size(10).with_max_frame_size(5);
    let server = server_with(small.clone());
    let expected = small.clone();
    let accepted = SignalSpy::new(server.new_connection());
    server.new_connection().connect(move |()| {
        assert_eq!(server.next_pending_connection().unwrap().limits(), expected);
    });
    let mut peer = Peer::connect(server);
    // In one segment with the request, and before any slot has run.
    peer.send([REQUEST.as_bytes(), &frame(0x82, &[0; 6], true)].concat());
    assert!(peer.read_head().starts_with("HTTP/1.1 101 "));
    assert_eq!(peer.read_close().0, 1009);
    assert_eq!(accepted.len(), 1);
}

#[test]
fn what_is_set_on_one_socket_holds_for_that_one_alone() {
    let server = server_with(Limits::internet());
    let (first, second) = (Peer::client_of(server), Peer::client_of(server));
    let (one, other) = (accepted_socket(server), accepted_socket(server));
    one.set_max_allowed_incoming_frame_size(7);
    one.set_handshake_timeout(None);
    other.set_limits(Limits::qt());
    assert_eq!(one.limits(), Limits::internet().with_max_frame_size(7).with_opening_timeout(None));
    assert_eq!(other.limits(), Limits::qt());
    assert_eq!(server.limits(), Limits::internet());
    drop((first, second));
}

#[test]
fn a_message_beyond_the_limit_is_refused_by_its_header_in_both_roles_with_and_without_tls() {
    for scheme in Scheme::both() {
        let server = scheme.server(Limits::internet());
        let client = scheme.client();
        client.set_limits(Limits::internet().with_max_message_size(1000));
        client.open(server.server_url());
        wait_until("connected", || client.is_valid());
        let accepted = accepted_socket(server);
        accepted.send_binary_message([0; 1001]);
        wait_for_end(client);
        assert_eq!(client.close_code(), CloseCode::TooMuchData);

        let (client, accepted) = scheme.connected(Limits::internet());
        client.set_outgoing_frame_size(0);
        client.send_binary_message(vec![0; 1024 * 1024 + 1]);
        wait_for_end(accepted);
        assert_eq!(accepted.close_code(), CloseCode::TooMuchData);
    }
}

#[test]
fn one_connection_more_than_a_server_may_have_is_refused() {
    for scheme in Scheme::both() {
        let server = scheme.server(Limits::internet().with_max_connections(Some(2)));
        let errors = SignalSpy::new(server.server_error());
        let clients = [scheme.connected_client(server), scheme.connected_client(server)];
        let refused = scheme.client();
        refused.open(server.server_url());
        wait_for_end(refused);
        assert_eq!(server.refused_connections(), 1);
        assert_eq!(errors.take(), [CloseCode::AbnormalDisconnection]);
        assert_eq!(server.error_string(), "Too many connections.");

        // As soon as one has gone, there is room again.
        clients[0].abort();
        let accepted = accepted_socket(server);
        wait_for_end(accepted);
        let admitted = scheme.connected_client(server);
        assert!(admitted.is_valid() && clients[1].is_valid());
        assert_eq!(server.refused_connections(), 1);
    }
}

#[test]
fn a_client_of_ws_is_told_that_there_are_too_many_connections() {
    let server = server_with(Limits::internet().with_max_connections(Some(0)));
    let mut peer = Peer::connect(server);
    peer.send(REQUEST);
    assert!(peer.read_head().starts_with("HTTP/1.1 503 "));
    peer.expect_end();
}

#[test]
fn handshakes_that_nobody_finishes_take_no_more_than_their_places() {
    const PLACES: usize = 5;
    let clock = VirtualClock::install();
    for scheme in Scheme::both() {
        let server = scheme.server(Limits::internet().with_max_handshakes(Some(PLACES)));
        let mut silent: Vec<_> = (0..PLACES).map(|_| Peer::connect(server)).collect();
        settle();
        let mut refused: Vec<_> = (0..20).map(|_| Peer::connect(server)).collect();
        refused.iter_mut().for_each(Peer::expect_end);
        assert_eq!(server.refused_connections(), 20);
        assert_eq!(server.error_string(), "Too many handshakes under way.");
        assert!(silent.iter_mut().all(|peer| !peer.is_ended()));

        crate::support::pass(&clock, Duration::from_secs(11));
        silent.iter_mut().for_each(Peer::expect_end);
        assert!(scheme.connected_client(server).is_valid());
    }
}

/// A server of that scheme lets five handshakes be under way: five peers that it refuses stay.
fn refused_peers_keep_their_places(scheme: &Scheme, limits: Limits, request: &[u8]) {
    const PLACES: usize = 5;
    let clock = VirtualClock::install();
    let server = scheme.server(limits.with_max_handshakes(Some(PLACES)));
    let refused_peer = || {
        let mut peer = Peer::connect(server);
        peer.send(request);
        wait_until("it is told why", || !peer.take_received().is_empty());
        peer
    };
    let mut peers: Vec<_> = (0..PLACES).map(|_| refused_peer()).collect();
    settle();
    Peer::connect(server).expect_end();
    assert_eq!(server.error_string(), "Too many handshakes under way.");

    // Who closes the connection gives its place back at once.
    drop(peers.pop());
    settle();
    peers.push(refused_peer());
    Peer::connect(server).expect_end();

    // The others have two seconds.
    crate::support::pass(&clock, Duration::from_secs(3));
    let _more: Vec<_> = (0..PLACES).map(|_| refused_peer()).collect();
    server.delete();
}

#[test]
fn connections_that_were_refused_count_until_they_are_gone() {
    let internet = Limits::internet;
    let too_large = [REQUEST.trim_end(), "\r\nX: ", &"x".repeat(70_000)].concat();
    refused_peers_keep_their_places(&Scheme::Ws, internet(), b"GET / HTTP/1.1\r\n\r\n");
    refused_peers_keep_their_places(&Scheme::Ws, internet(), too_large.as_bytes());
    refused_peers_keep_their_places(
        &Scheme::Ws,
        internet().with_max_connections(Some(0)),
        REQUEST.as_bytes(),
    );
    for scheme in Scheme::both() {
        // A record of TLS with a message that does not exist: over TLS an alert answers it, else a refusal.
        refused_peers_keep_their_places(&scheme, internet(), &[22, 3, 1, 0, 5, 99, 0, 0, 1, 0]);
    }
}

#[test]
fn the_place_of_an_address_is_kept_until_a_refused_connection_is_gone() {
    let server = server_with(Limits::internet().with_max_connections_per_address(Some(1)));
    let mut refused = Peer::connect(server);
    refused.send("HELO there\r\n\r\n");
    assert!(refused.read_head().starts_with("HTTP/1.1 400 "));
    Peer::connect(server).expect_end();
    assert_eq!(server.error_string(), "Too many connections from one address.");
    drop(refused);
    settle();
    assert!(Scheme::Ws.connected_client(server).is_valid());
}

#[test]
fn connections_that_are_given_up_count_until_they_are_gone() {
    let slow = Limits::internet()
        .with_max_bytes_to_write(Some(1024 * 1024))
        .with_slow_peer_policy(SlowPeerPolicy::Close(CloseCode::from(1013)));
    for limits in
        [slow.clone().with_max_connections(Some(1)), slow.clone().with_max_connections_per_address(Some(1))]
    {
        let server = server_with(limits);
        let (peer, socket) = Peer::with_accepted(server);
        while socket.send_binary_message([0; 64 * 1024]) > 0 {}
        wait_for_end(socket);
        let mut refused = Peer::connect(server);
        refused.try_send(REQUEST.as_bytes());
        let (answer, _) = refused.read_end();
        assert!(!answer.starts_with(b"HTTP/1.1 101"), "the first one still holds what it was sent");
        assert_eq!(server.refused_connections(), 1);
        peer.reset();
        settle();
        assert!(Scheme::Ws.connected_client(server).is_valid());
    }
}

#[test]
fn one_address_has_no_more_connections_than_it_may_where_that_is_switched_on() {
    for scheme in Scheme::both() {
        let server = scheme.server(Limits::internet().with_max_connections_per_address(Some(2)));
        let open = scheme.connected_client(server);
        let under_way = Peer::connect(server);
        settle();
        let mut refused = Peer::connect(server);
        refused.expect_end();
        assert_eq!(server.error_string(), "Too many connections from one address.");

        // Either frees its place when it ends, of its own accord or because its socket is deleted.
        drop(under_way);
        settle();
        let second = scheme.connected_client(server);
        let accepted = [accepted_socket(server), accepted_socket(server)];
        accepted.iter().for_each(|socket| socket.delete());
        settle();
        let _third = scheme.connected_client(server);
        let _fourth = scheme.connected_client(server);
        assert_eq!(server.refused_connections(), 1);
        open.delete();
        second.delete();
    }
}

#[test]
fn connections_of_one_address_are_not_counted_unless_that_is_asked_for() {
    let server = server_with(Limits::internet());
    let _peers: Vec<_> = (0..100).map(|_| Peer::connect(server)).collect();
    settle();
    assert_eq!(server.refused_connections(), 0);
}

#[test]
fn a_connection_that_is_handed_over_is_refused_like_any_other() {
    let tcp_server = TcpServer::new();
    tcp_server.listen(HostAddress::LocalHost, 0).unwrap();
    let server = WebSocketServer::new("", SslMode::NonSecure);
    server.set_limits(Limits::internet().with_max_handshakes(Some(0)));
    let mut peer = Peer::connect_to_port(tcp_server.server_port());
    wait_until("a connection", || tcp_server.has_pending_connections());
    let socket = tcp_server.next_pending_connection().unwrap();
    server.handle_connection(socket);
    peer.expect_end();
    settle();
    assert!(!socket.is_alive(), "it is deleted like one whose handshake was refused");
    assert_eq!(server.refused_connections(), 1);
}

#[test]
fn a_slot_that_deletes_the_server_when_a_connection_is_refused_ends_it_and_nothing_else() {
    let server = server_with(Limits::internet().with_max_handshakes(Some(0)));
    server.server_error().connect(move |_| server.delete());
    let mut peers = [Peer::connect(server), Peer::connect(server)];
    peers.iter_mut().for_each(|peer| {
        peer.read_end();
    });
    assert!(!server.is_alive());
}

#[test]
fn a_client_is_limited_from_the_first_byte_of_its_server() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.set_limits(Limits::internet().with_max_frame_size(5));
    client.open(listener.url());
    let mut peer = listener.accept();
    let response = crate::peer::response_to(&peer.read_head());
    peer.send([response.as_bytes(), &frame(0x82, &[0; 6], false)].concat());
    wait_for_end(client);
    assert_eq!(client.close_code(), CloseCode::TooMuchData);
}

#[test]
fn limits_of_silence_that_leave_no_time_do_not_keep_the_loop_busy() {
    let second = Duration::from_secs(1);
    for (ping_after, idle_timeout) in [
        (Duration::ZERO, Duration::MAX),
        (Duration::from_nanos(1), second),
        (second, second + Duration::from_nanos(1)),
    ] {
        let _clock = VirtualClock::install();
        let server =
            server_with(Limits::qt().with_ping_after(Some(ping_after)).with_idle_timeout(Some(idle_timeout)));
        let (_peer, socket) = Peer::with_accepted(server);
        settle();
        assert!(socket.is_valid(), "{}", socket.error_string());
        let next = Application::next_timeout().unwrap();
        assert!(next >= Duration::from_millis(10), "{ping_after:?}, {idle_timeout:?}: {next:?}");
        server.delete();
    }
}

#[test]
fn no_more_connections_wait_than_may_when_a_slot_that_is_asked_runs_the_loop() {
    let server = server_with(Limits::internet());
    server.set_max_pending_connections(3);
    server.origin_authentication_required().connect(|_| {
        Application::process_events();
    });
    let mut peers: Vec<_> = (0..12).map(|_| Peer::connect(server)).collect();
    for peer in &mut peers {
        peer.send(REQUEST);
    }
    let is_accepted = |peer: &mut Peer| peer.read_head().starts_with("HTTP/1.1 101 ");
    let accepted = peers.iter_mut().map(is_accepted).filter(|accepted| *accepted).count();
    assert_eq!(accepted, 3);
    assert_eq!(server.refused_connections(), 9);
    let taken = std::iter::from_fn(|| server.next_pending_connection()).count();
    assert_eq!(taken, 3);
}
