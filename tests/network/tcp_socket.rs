use std::cell::Cell;
use std::rc::Rc;

use slotwire::{
    Application, EventLoop, HostAddress, Object, SocketError, SocketOption, SocketState, TcpServer, TcpSocket,
};

use super::support::{Log, connection, connection_to, run_until, run_until_emitted, server, settle};

/// A port of this host at which nobody listens.
fn closed_port() -> u16 {
    let server = server().scoped();
    server.server_port()
}

// ---- a socket that is not connected

#[test]
fn a_new_socket_is_unconnected_and_without_error() {
    let socket = TcpSocket::new();
    assert_eq!(socket.state(), SocketState::Unconnected);
    assert_eq!(socket.error(), SocketError::Unknown);
    assert_eq!(socket.error_string(), "Unknown error");
    assert!(!socket.is_valid());
    assert_eq!((socket.peer_address(), socket.peer_port()), (HostAddress::Null, 0));
    assert_eq!((socket.local_address(), socket.local_port()), (HostAddress::Null, 0));
    assert_eq!((socket.bytes_available(), socket.bytes_to_write()), (0, 0));
    assert!(socket.at_end());
    #[cfg(unix)]
    assert_eq!(socket.socket_descriptor(), None);
}

#[test]
fn commands_to_an_unconnected_socket_do_nothing() {
    let socket = TcpSocket::new();
    let log = Log::of(socket);
    socket.close();
    socket.abort();
    socket.disconnect_from_host();
    assert!(!socket.flush());
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn writing_to_an_unconnected_socket_writes_nothing() {
    let socket = TcpSocket::new();
    assert_eq!(socket.write(b"lost"), 0);
    assert_eq!(socket.error_string(), "Unknown error", "it is not even open");
}

#[test]
fn writing_to_a_connection_that_is_over_says_that_it_is() {
    let (client, accepted) = connection();
    accepted.close();
    run_until_emitted(client.disconnected());
    assert_eq!(client.write(b"lost"), 0);
    assert_eq!(client.error_string(), "Socket is not connected");
}

#[test]
fn a_dead_socket_answers_as_an_unconnected_one() {
    let socket = TcpSocket::new();
    socket.delete();
    socket.connect_to_host("localhost", 1);
    socket.close();
    assert_eq!(socket.state(), SocketState::Unconnected);
    assert_eq!(socket.error_string(), "Unknown error");
    assert_eq!((socket.write(b"lost"), socket.read_all().len()), (0, 0));
}

// ---- connecting

#[test]
fn connecting_to_an_address_emits_in_qts_order() {
    let server = server();
    let socket = TcpSocket::new();
    let log = Log::of(socket);
    socket.connect_to_host("127.0.0.1", server.server_port());
    assert_eq!(log.take(), ["HostLookup", "Connecting", "host_found"]);
    run_until_emitted(socket.connected());
    assert_eq!(log.take(), ["Connected", "connected"]);
}

#[test]
fn connecting_to_a_name_emits_in_qts_order() {
    let server = server();
    let socket = TcpSocket::new();
    let log = Log::of(socket);
    socket.connect_to_host("localhost", server.server_port());
    assert_eq!(log.take(), ["HostLookup"]);
    assert_eq!(socket.peer_name(), "localhost");
    run_until_emitted(socket.connected());
    assert_eq!(log.take(), ["Connecting", "host_found", "Connected", "connected"]);
}

#[test]
fn a_connected_socket_knows_both_ends() {
    let server = server();
    let (client, accepted) = connection_to(server);
    assert_eq!((client.peer_address(), client.peer_port()), (HostAddress::LocalHost, server.server_port()));
    assert_eq!(
        (accepted.local_address(), accepted.local_port()),
        (client.peer_address(), client.peer_port())
    );
    assert_eq!(
        (accepted.peer_address(), accepted.peer_port()),
        (client.local_address(), client.local_port())
    );
    assert_eq!((client.peer_name().as_str(), accepted.peer_name().as_str()), ("127.0.0.1", ""));
    assert!(client.is_valid() && accepted.is_valid());
    #[cfg(unix)]
    assert!(client.socket_descriptor().is_some());
}

#[test]
fn a_refused_connection_is_told_after_the_state() {
    let socket = TcpSocket::new();
    socket.connect_to_host(HostAddress::LocalHost, closed_port());
    let log = Log::of(socket);
    let (text, seen) = (Rc::new(Cell::new(String::new())), socket);
    let set = Rc::clone(&text);
    socket.state_changed().connect(move |_| set.set(seen.error_string()));
    run_until_emitted(socket.error_occurred());
    assert_eq!(log.take(), ["Unconnected", "error ConnectionRefused"]);
    assert_eq!(text.take(), "Connection refused", "the error is set before the state is told");
    assert_eq!(socket.error(), SocketError::ConnectionRefused);
}

#[test]
fn a_name_without_an_address_is_host_not_found() {
    let socket = TcpSocket::new();
    let log = Log::of(socket);
    socket.connect_to_host("name.invalid", 80);
    run_until_emitted(socket.error_occurred());
    assert_eq!(log.take(), ["HostLookup", "Unconnected", "error HostNotFound"]);
    assert_eq!(socket.error_string(), "Host not found");
}

#[test]
fn connecting_twice_is_an_error_and_changes_nothing() {
    let (client, _) = connection();
    let log = Log::of(client);
    client.connect_to_host("127.0.0.1", 1);
    assert_eq!(log.take(), ["error Operation"]);
    assert_eq!(client.error_string(), "Trying to connect while connection is in progress");
    assert_eq!(client.state(), SocketState::Connected);
}

#[test]
fn a_socket_can_connect_again_after_it_was_closed() {
    let server = server();
    let (client, _) = connection_to(server);
    client.close();
    client.connect_to_host(HostAddress::LocalHost, server.server_port());
    run_until_emitted(client.connected());
    assert_eq!(client.state(), SocketState::Connected);
}

#[test]
fn a_socket_can_connect_again_in_its_slot_of_disconnected() {
    let server = server();
    let (client, accepted) = connection_to(server);
    client.disconnected().connect(move |()| {
        client.connect_to_host(HostAddress::LocalHost, server.server_port());
    });
    accepted.close();
    run_until_emitted(client.connected());
    assert_eq!(client.peer_port(), server.server_port());
}

#[test]
fn what_is_written_while_connecting_is_sent_once_connected() {
    let server = server();
    let socket = TcpSocket::new();
    let log = Log::of(socket);
    socket.connect_to_host("127.0.0.1", server.server_port());
    assert_eq!(socket.write(b"early"), 5);
    assert_eq!(socket.bytes_to_write(), 5);
    run_until_emitted(socket.bytes_written());
    let all = ["HostLookup", "Connecting", "host_found", "Connected", "connected", "bytes_written 5"];
    assert_eq!(log.take(), all);
    run_until(move || server.has_pending_connections());
    let accepted = server.next_pending_connection().unwrap();
    run_until(move || accepted.bytes_available() == 5);
    assert_eq!(accepted.read_all(), b"early");
}

#[test]
fn a_socket_that_is_closed_while_connecting_connects_first() {
    let server = server();
    let socket = TcpSocket::new();
    socket.connect_to_host("127.0.0.1", server.server_port());
    socket.write(b"queued");
    let log = Log::of(socket);
    socket.close();
    assert_eq!(socket.state(), SocketState::Connecting);
    run_until_emitted(socket.disconnected());
    let all = [
        "about_to_close",
        "Connected",
        "connected",
        "Closing",
        "bytes_written 6",
        "Unconnected",
        "read_channel_finished",
        "disconnected",
    ];
    assert_eq!(log.take(), all);
}

#[test]
fn an_attempt_that_is_aborted_ends_without_disconnected() {
    for host in ["127.0.0.1", "localhost"] {
        let socket = TcpSocket::new();
        socket.connect_to_host(host, server().server_port());
        let log = Log::of(socket);
        socket.abort();
        assert_eq!(log.take(), ["about_to_close", "Unconnected", "read_channel_finished"]);
        settle();
        assert_eq!(log.take(), [""; 0]);
    }
}

#[test]
fn an_attempt_may_be_aborted_or_deleted_in_any_of_its_slots() {
    type Act = fn(TcpSocket);
    let acts: [Act; 2] = [|socket| socket.abort(), |socket| socket.delete()];
    for act in acts {
        for state in [SocketState::HostLookup, SocketState::Connecting, SocketState::Connected] {
            let socket = TcpSocket::new();
            let is_over = Rc::new(Cell::new(false));
            let over = Rc::clone(&is_over);
            socket.state_changed().connect(move |now| {
                if now == state {
                    act(socket);
                    over.set(true);
                }
            });
            socket.connected().connect(|()| panic!("it was aborted"));
            socket.connect_to_host("localhost", server().server_port());
            run_until(move || is_over.get());
            settle();
            assert_eq!(socket.state(), SocketState::Unconnected);
        }
    }
}

// ---- the end

#[test]
fn disconnecting_emits_in_qts_order() {
    let (client, _) = connection();
    let log = Log::of(client);
    client.disconnect_from_host();
    assert_eq!(log.take(), ["Closing", "Unconnected", "read_channel_finished", "disconnected"]);
    assert_eq!(client.error(), SocketError::Unknown);
}

#[test]
fn disconnecting_waits_for_what_is_to_be_written() {
    let (client, accepted) = connection();
    let log = Log::of(client);
    client.write(b"bye");
    client.disconnect_from_host();
    assert_eq!(log.take(), ["Closing"]);
    assert_eq!(client.write(b", again"), 7, "what is written while the connection closes is sent as well");
    run_until_emitted(accepted.disconnected());
    assert_eq!(log.take(), ["bytes_written 10", "Unconnected", "read_channel_finished", "disconnected"]);
    assert_eq!(accepted.read_all(), b"bye, again");
}

#[test]
fn a_loop_in_a_slot_of_connected_reads_what_came_with_the_connection_and_sees_its_end() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpSocket::new();
    let seen = Rc::new(Cell::new(0));
    let count = Rc::clone(&seen);
    client.connected().connect(move |()| {
        run_until_emitted(client.ready_read());
        count.set(client.bytes_available());
        run_until_emitted(client.disconnected());
        count.set(count.get() + client.read_all().len());
    });
    client.connect_to_host(HostAddress::LocalHost, listener.local_addr().unwrap().port());
    let (mut peer, _) = listener.accept().unwrap();
    std::io::Write::write_all(&mut peer, b"hello").unwrap();
    drop(peer);
    let is_seen = Rc::clone(&seen);
    run_until(move || is_seen.get() > 5);
    assert_eq!(seen.get(), 10);
}

#[test]
fn connecting_again_forgets_the_error() {
    let (client, accepted) = connection();
    accepted.close();
    run_until_emitted(client.disconnected());
    assert_eq!(client.error(), SocketError::RemoteHostClosed);
    client.connect_to_host(HostAddress::LocalHost, server().server_port());
    assert_eq!((client.error(), &*client.error_string()), (SocketError::Unknown, "Unknown error"));
}

#[test]
fn aborting_a_socket_whose_connection_is_over_throws_its_input_away() {
    let (client, accepted) = connection();
    accepted.write(b"unread");
    accepted.close();
    run_until_emitted(client.disconnected());
    let log = Log::of(client);
    client.abort();
    assert_eq!(log.take(), ["about_to_close"]);
    assert_eq!(client.bytes_available(), 0);
}

#[test]
fn an_empty_host_name_is_looked_up_in_vain() {
    let client = TcpSocket::new();
    let log = Log::of(client);
    client.connect_to_host("", 1);
    run_until_emitted(client.error_occurred());
    assert_eq!(log.take(), ["HostLookup", "Unconnected", "error HostNotFound"]);
}

#[test]
fn a_large_output_is_written_before_the_connection_ends() {
    let (client, accepted) = connection();
    let data: Vec<u8> = (0..8 << 20).map(|n: u32| n.to_le_bytes()[n as usize % 4]).collect();
    let written = Rc::new(Cell::new(0));
    let count = Rc::clone(&written);
    client.bytes_written().connect(move |bytes| count.set(count.get() + bytes));
    assert_eq!(client.write(&data), data.len());
    assert_eq!(client.bytes_to_write(), data.len());
    client.close();
    assert_eq!(client.state(), SocketState::Closing);
    run_until_emitted(accepted.disconnected());
    assert!(accepted.read_all() == data);
    assert_eq!(written.get(), data.len());
}

#[test]
fn the_peer_closing_is_told_in_qts_order() {
    let (client, accepted) = connection();
    let log = Log::of(client);
    accepted.write(b"bye");
    accepted.disconnect_from_host();
    run_until_emitted(client.disconnected());
    let all = [
        "ready_read",
        "error RemoteHostClosed",
        "Closing",
        "Unconnected",
        "read_channel_finished",
        "disconnected",
    ];
    assert_eq!(log.take(), all);
    assert_eq!(client.error_string(), "The remote host closed the connection");
}

#[test]
fn what_was_read_ahead_can_be_read_after_the_end() {
    let (client, accepted) = connection();
    accepted.write(b"bye");
    accepted.disconnect_from_host();
    run_until_emitted(client.disconnected());
    assert!(client.is_valid());
    assert_eq!(client.read_all(), b"bye");
    let log = Log::of(client);
    client.close();
    assert_eq!(log.take(), ["about_to_close"]);
}

#[test]
fn the_addresses_are_known_in_the_slot_of_disconnected_and_not_after() {
    let (client, accepted) = connection();
    let port = Rc::new(Cell::new(0));
    let set = Rc::clone(&port);
    client.disconnected().connect(move |()| set.set(client.peer_port()));
    let expected = client.peer_port();
    accepted.close();
    run_until_emitted(client.disconnected());
    assert_eq!(port.get(), expected);
    assert_eq!((client.peer_address(), client.peer_port()), (HostAddress::Null, 0));
    assert_eq!((client.local_address(), client.local_port()), (HostAddress::Null, 0));
}

#[test]
fn a_reset_is_told_as_the_peer_closing() {
    let (client, accepted) = connection();
    // What is not read makes the system reset the connection.
    client.write(b"unread");
    accepted.set_read_buffer_size(1);
    run_until_emitted(accepted.ready_read());
    let log = Log::of(client);
    accepted.abort();
    run_until_emitted(client.disconnected());
    let all = ["error RemoteHostClosed", "Closing", "Unconnected", "read_channel_finished", "disconnected"];
    let seen: Vec<_> = log.take().into_iter().filter(|entry| !entry.starts_with("bytes_written")).collect();
    assert_eq!(seen, all);
}

#[test]
fn closing_emits_in_qts_order_and_loses_what_is_unread() {
    let (client, accepted) = connection();
    accepted.write(b"unread");
    run_until_emitted(client.ready_read());
    let log = Log::of(client);
    client.close();
    let all = ["about_to_close", "Closing", "Unconnected", "read_channel_finished", "disconnected"];
    assert_eq!(log.take(), all);
    assert_eq!(client.bytes_available(), 0);
    assert!(!client.is_valid());
}

#[test]
fn what_is_unread_survives_disconnecting() {
    let (client, accepted) = connection();
    accepted.write(b"unread");
    run_until_emitted(client.ready_read());
    client.disconnect_from_host();
    assert_eq!(client.read_all(), b"unread");
}

#[test]
fn aborting_emits_in_qts_order_and_loses_what_is_unwritten() {
    let (client, accepted) = connection();
    let log = Log::of(client);
    client.write(b"lost");
    client.abort();
    assert_eq!(log.take(), ["about_to_close", "Unconnected", "read_channel_finished", "disconnected"]);
    assert_eq!(client.bytes_to_write(), 0);
    run_until_emitted(accepted.disconnected());
    assert_eq!(accepted.bytes_available(), 0);
}

#[test]
fn aborting_ends_what_waits_to_be_written() {
    let (client, accepted) = connection();
    accepted.set_read_buffer_size(1);
    client.write(&vec![0; 16 << 20]);
    client.close();
    assert_eq!(client.state(), SocketState::Closing);
    let log = Log::of(client);
    client.abort();
    assert_eq!(log.take(), ["Unconnected", "read_channel_finished", "disconnected"]);
    settle();
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn a_closing_socket_ends_when_the_peer_does() {
    let (client, accepted) = connection();
    accepted.set_read_buffer_size(1);
    client.write(&vec![0; 16 << 20]);
    client.close();
    accepted.abort();
    run_until_emitted(client.disconnected());
    assert_eq!(client.state(), SocketState::Unconnected);
}

#[test]
fn a_closing_socket_lets_the_peer_go_on_sending() {
    let (client, accepted) = connection();
    client.set_read_buffer_size(1);
    accepted.set_read_buffer_size(1);
    client.write(&vec![0; 16 << 20]);
    accepted.write(&vec![0; 16 << 20]);
    run_until(move || client.bytes_available() == 1);
    client.close();
    run_until(move || accepted.bytes_to_write() == 0);
    accepted.set_read_buffer_size(0);
    run_until_emitted(client.disconnected());
    run_until(move || accepted.bytes_available() == 16 << 20);
}

#[test]
fn deleting_a_connected_socket_aborts_it() {
    let (client, accepted) = connection();
    let log = Log::of(client);
    client.delete();
    assert_eq!(log.take(), ["about_to_close", "Unconnected", "read_channel_finished", "disconnected"]);
    run_until_emitted(accepted.disconnected());
}

#[test]
fn a_socket_is_deleted_with_its_parent() {
    let (client, accepted) = connection();
    let parent = Object::new();
    client.set_parent(parent);
    parent.delete();
    run_until_emitted(accepted.disconnected());
    assert!(!client.is_alive());
}

#[test]
fn a_socket_may_be_deleted_in_any_of_its_slots() {
    type Connect = fn(TcpSocket, Rc<dyn Fn()>);
    let signals: [Connect; 7] = [
        |socket, act| {
            socket.ready_read().connect(move |()| act());
        },
        |socket, act| {
            socket.error_occurred().connect(move |_| act());
        },
        |socket, act| {
            socket.state_changed().connect(move |_| act());
        },
        |socket, act| {
            socket.read_channel_finished().connect(move |()| act());
        },
        |socket, act| {
            socket.disconnected().connect(move |()| act());
        },
        |socket, act| {
            socket.bytes_written().connect(move |_| act());
        },
        |socket, act| {
            socket.about_to_close().connect(move |()| act());
        },
    ];
    for connect in signals {
        let (client, accepted) = connection();
        connect(client, Rc::new(move || client.delete()));
        client.write(b"to be written");
        accepted.write(b"to be read");
        accepted.disconnect_from_host();
        settle();
        client.close();
        run_until(move || !client.is_alive());
    }
}

#[test]
fn a_socket_may_be_aborted_in_its_slot_of_about_to_close() {
    let (client, _) = connection();
    let log = Log::of(client);
    client.about_to_close().connect(move |()| client.abort());
    client.close();
    assert_eq!(log.take(), ["about_to_close", "Unconnected", "read_channel_finished", "disconnected"]);
}

#[test]
fn a_last_word_can_be_written_in_the_slot_of_about_to_close() {
    let (client, accepted) = connection();
    client.about_to_close().connect(move |()| assert_eq!(client.write(b"bye"), 3));
    client.close();
    run_until_emitted(accepted.disconnected());
    assert_eq!(accepted.read_all(), b"bye");
}

// ---- options and descriptors

#[test]
fn options_are_set_on_a_connection() {
    let (client, _) = connection();
    client.set_socket_option(SocketOption::LowDelay, true);
    client.set_socket_option(SocketOption::KeepAlive, true);
    client.set_socket_option(SocketOption::TypeOfService, 0x20);
    client.set_socket_option(SocketOption::SendBufferSize, 64 * 1024);
    client.set_socket_option(SocketOption::ReceiveBufferSize, 64 * 1024);
    assert_eq!(client.socket_option(SocketOption::LowDelay), Some(true));
    assert_eq!(client.socket_option(SocketOption::KeepAlive), Some(true));
    assert_eq!(client.socket_option(SocketOption::TypeOfService), Some(0x20));
    // The system may take more or less.
    assert!(client.socket_option(SocketOption::SendBufferSize).is_some_and(|size| size > 0));
    assert!(client.socket_option(SocketOption::ReceiveBufferSize).is_some_and(|size| size > 0));
    assert_eq!(client.state(), SocketState::Connected);
}

/// As Qt does it: the numbers do not switch it on.
#[cfg(any(target_os = "linux", target_os = "macos"))]
#[test]
fn the_numbers_of_keep_alive_are_set_and_leave_it_off() {
    let (client, _) = connection();
    let seconds = std::time::Duration::from_secs;
    client.set_socket_option(SocketOption::KeepAliveIdle, seconds(77));
    client.set_socket_option(SocketOption::KeepAliveInterval, seconds(5));
    client.set_socket_option(SocketOption::KeepAliveCount, 3);
    assert_eq!(client.socket_option(SocketOption::KeepAliveIdle), Some(seconds(77)));
    assert_eq!(client.socket_option(SocketOption::KeepAliveInterval), Some(seconds(5)));
    assert_eq!(client.socket_option(SocketOption::KeepAliveCount), Some(3));
    assert_eq!(client.socket_option(SocketOption::KeepAlive), Some(false));
    client.set_socket_option(SocketOption::KeepAlive, true);
    client.set_socket_option(SocketOption::KeepAliveCount, 0);
    assert_eq!(client.socket_option(SocketOption::KeepAlive), Some(true), "an error leaves it on");
}

#[test]
fn a_value_that_an_option_cannot_have_changes_nothing() {
    let (client, _) = connection();
    client.set_socket_option(SocketOption::SendBufferSize, usize::MAX);
    client.set_socket_option(SocketOption::ReceiveBufferSize, 0);
    client.set_socket_option(SocketOption::TypeOfService, u32::MAX);
    assert_eq!(client.state(), SocketState::Connected);
    client.write(b"goes on");
    assert!(client.wait_for_bytes_written(std::time::Duration::from_secs(5)));
}

#[cfg(unix)]
mod descriptors {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::fd::OwnedFd;

    use super::*;

    #[test]
    fn an_established_connection_can_be_taken_over() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        peer.write_all(b"before").unwrap();
        let socket = TcpSocket::from_fd(OwnedFd::from(stream)).unwrap();
        assert_eq!(socket.state(), SocketState::Connected);
        run_until_emitted(socket.ready_read());
        assert_eq!(socket.read_all(), b"before");
        socket.write(b"after");
        socket.close();
        run_until_emitted(socket.disconnected());
        let mut text = String::new();
        peer.read_to_string(&mut text).unwrap();
        assert_eq!(text, "after");
    }

    #[test]
    fn another_descriptor_is_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let file = std::fs::File::open("/dev/null").unwrap();
        for descriptor in [OwnedFd::from(listener), OwnedFd::from(udp), OwnedFd::from(file)] {
            let error = TcpSocket::from_fd(descriptor).unwrap_err();
            assert_eq!(error.socket_error(), Some(SocketError::UnsupportedSocketOperation));
            assert_eq!(error.to_string(), "Invalid socket descriptor");
        }
    }
}

// ---- what is left behind

#[test]
fn nothing_is_left_of_sockets_that_were_deleted() {
    let before = Application::object_count();
    let server = TcpServer::new();
    server.listen(HostAddress::LocalHost, 0).unwrap();
    let (client, accepted) = connection_to(server);
    client.write(b"text");
    run_until_emitted(accepted.ready_read());
    client.delete();
    server.delete();
    assert!(!accepted.is_alive());
    assert_eq!(Application::object_count(), before);
}

#[test]
fn a_socket_may_be_deleted_in_a_nested_loop_of_its_slot() {
    let (client, accepted) = connection();
    client.ready_read().connect(move |()| {
        let wait = EventLoop::new().scoped();
        let event_loop = *wait;
        client.destroyed().connect(move |_| event_loop.quit());
        client.delete_later();
        client.invoke_later(move || client.delete());
        event_loop.exec();
        assert!(!client.is_alive());
        assert_eq!(client.read_all(), b"");
    });
    accepted.write(b"text");
    run_until(move || !client.is_alive());
}

#[test]
fn a_line_may_come_in_any_pieces_and_after_any_other_use_of_the_input() {
    let server = TcpServer::new();
    server.listen(HostAddress::LocalHost, 0).unwrap();
    let socket = TcpSocket::new();
    socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    run_until(move || server.has_pending_connections());
    let peer = server.next_pending_connection().unwrap();
    let send = |text: &str| {
        let expected = socket.bytes_available() + text.len();
        peer.write(text.as_bytes());
        run_until(move || socket.bytes_available() == expected);
    };
    for piece in ["a", "b", "cd"] {
        send(piece);
        assert!(!socket.can_read_line());
    }
    send("\nefgh\nij");
    assert!(socket.can_read_line());
    assert_eq!(socket.read_line(), b"abcd\n");
    assert_eq!(socket.skip(2), 2);
    assert_eq!(socket.read_line(), b"gh\n");
    assert!(!socket.can_read_line());
    assert_eq!(socket.read_line(), b"ij", "no line, but all that there is");
    send("\n");
    assert!(socket.can_read_line());
    send("k");
    assert_eq!(socket.read_all(), b"\nk");
    send("lm");
    assert!(!socket.can_read_line());
    socket.abort();
    // Another connection knows nothing of it.
    socket.connect_to_host(HostAddress::LocalHost, server.server_port());
    run_until(move || server.has_pending_connections());
    let peer = server.next_pending_connection().unwrap();
    peer.write(b"\nx");
    run_until(move || socket.bytes_available() == 2);
    assert!(socket.can_read_line());
}
