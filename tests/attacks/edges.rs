//! The edges of a connection: what comes with its beginning and its end, and nothing of that is lost.

use std::cell::RefCell;
use std::rc::Rc;

use slotwire::prelude::*;

use crate::peer::{Peer, REQUEST};
use crate::support::{frame, wait_until};

/// A server that never listens; each connection of the TCP server is given to it once that has read so much of it.
fn adopting_server(read_ahead: usize) -> (TcpServer, WebSocketServer) {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    let tcp_server = TcpServer::new();
    tcp_server.listen(HostAddress::LocalHost, 0).unwrap();
    tcp_server.new_connection().connect(move |()| {
        while let Some(socket) = tcp_server.next_pending_connection() {
            socket.ready_read().connect(move |()| {
                if socket.bytes_available() == read_ahead {
                    server.handle_connection(socket);
                }
            });
        }
    });
    (tcp_server, server)
}

/// A request with that many messages right behind it, numbered.
fn request_with_messages(count: usize, size: usize) -> (Vec<u8>, Vec<String>) {
    let messages: Vec<String> = (0..count).map(|number| format!("{number:size$}")).collect();
    let frames = messages.iter().flat_map(|message| frame(0x81, message.as_bytes(), true));
    (REQUEST.bytes().chain(frames).collect(), messages)
}

#[test]
fn any_amount_behind_the_request_of_an_adopted_connection_is_taken() {
    let (all, messages) = request_with_messages(2500, 1000);
    let (tcp_server, server) = adopting_server(all.len());
    let received = Rc::new(RefCell::new(Vec::new()));
    let log = received.clone();
    server.new_connection().connect(move |()| {
        let log = log.clone();
        let socket = server.next_pending_connection().unwrap();
        socket.text_message_received().connect(move |text| log.borrow_mut().push(text.to_owned()));
    });
    let mut peer = Peer::connect_to_port(tcp_server.server_port());
    peer.send(&all);
    wait_until("all messages are there", || received.borrow().len() == messages.len());
    assert_eq!(*received.borrow(), messages);
    // What comes later still does.
    peer.send_frame(0x81, "later");
    wait_until("the last one", || received.borrow().last().is_some_and(|text| text == "later"));
}

#[test]
fn a_slot_that_enters_the_loop_receives_there_any_amount_that_is_held() {
    let (all, messages) = request_with_messages(2000, 1000);
    let (tcp_server, server) = adopting_server(all.len());
    let received = Rc::new(RefCell::new(Vec::new()));
    let log = received.clone();
    server.new_connection().connect(move |()| {
        let log = log.clone();
        let socket = server.next_pending_connection().unwrap();
        socket.text_message_received().connect(move |text| {
            let is_first = log.borrow().is_empty();
            log.borrow_mut().push(text.to_owned());
            if is_first {
                wait_until("the rest is handled inside", || log.borrow().len() == 2000);
            }
        });
    });
    let mut peer = Peer::connect_to_port(tcp_server.server_port());
    peer.send(&all);
    wait_until("all messages are there", || received.borrow().len() == messages.len());
    assert_eq!(*received.borrow(), messages);
}
