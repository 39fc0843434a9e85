//! Peers that send more while they are being judged, to slots that enter an event loop: nothing that accepts a peer leaves, and
//! nothing of it is taken, before the judgement.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use slotwire::prelude::*;

use crate::identity::{Authority, Identity, secure_server};
use crate::relay::{Direction, Relay};
use crate::support::{accepted_socket, settle, wait_until};

const PROTOCOLS: [SslProtocol; 2] = [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3];

#[test]
fn a_server_that_sends_more_while_a_slot_runs_the_loop_gets_nothing_from_the_client() {
    type Slot = fn(WebSocket, Rc<dyn Fn()>) -> Connection;
    let slots: [(&str, Slot); 2] = [
        ("peer_verify_error", |client, deed| client.peer_verify_error().connect(move |_| deed())),
        ("ssl_errors", |client, deed| client.ssl_errors().connect(move |_| deed())),
    ];
    let server = secure_server(Identity::self_signed(&["127.0.0.1"], |_| {}).configuration());
    let accepted = SignalSpy::new(server.new_connection());
    for protocol in PROTOCOLS {
        for (slot, watch) in slots {
            let mut configuration = SslConfiguration::new();
            configuration.set_ca_certificates([]);
            configuration.set_protocol(protocol);
            let client = WebSocket::new();
            client.set_ssl_configuration(configuration);
            let relay = Rc::new(RefCell::new(Relay::between(client, server)));
            let (sender, is_told) = (relay.clone(), Rc::new(Cell::new(false)));
            let told = is_told.clone();
            watch(
                client,
                Rc::new(move || {
                    // The beginning of a record, of which nothing more comes.
                    sender.borrow_mut().pass_on(|direction, bytes| {
                        if direction == Direction::ToClient {
                            bytes.push(0x16);
                        }
                    });
                    for _ in 0..20 {
                        settle();
                        sender.borrow_mut().pass_on(|direction, bytes| {
                            assert!(direction == Direction::ToClient || bytes.is_empty(), "it is answered");
                        });
                    }
                    told.set(true);
                }),
            );
            wait_until(slot, || {
                relay.borrow_mut().pass_on(|_, _| {});
                client.state() == SocketState::Unconnected
            });
            assert!(is_told.get());
            assert_eq!(client.error(), SocketError::SslHandshakeFailed, "{slot}");
            assert!(accepted.is_empty(), "{slot}");
            client.delete();
        }
    }
}

/// What comes while slots run the loop is not lost: it waits until they have returned.
#[test]
fn slots_of_a_handshake_that_run_the_loop_lose_nothing_of_it() {
    let server = secure_server(Identity::self_signed(&["127.0.0.1"], |_| {}).configuration());
    for protocol in PROTOCOLS {
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates([]);
        configuration.set_protocol(protocol);
        configuration.set_handshake_must_interrupt_on_error(true);
        let client = WebSocket::new();
        client.set_ssl_configuration(configuration);
        let relay = Rc::new(RefCell::new(Relay::between(client, server)));
        let held = Rc::new(RefCell::new(Vec::new()));
        // A few bytes at a time.
        let pass_on: Rc<dyn Fn()> = {
            let relay = relay.clone();
            Rc::new(move || {
                relay.borrow_mut().pass_on(|direction, bytes| {
                    if direction == Direction::ToClient {
                        let mut held = held.borrow_mut();
                        held.append(bytes);
                        let part = held.len().min(7);
                        bytes.extend(held.drain(..part));
                    }
                });
            })
        };
        let loops: Rc<dyn Fn()> = {
            let pass_on = pass_on.clone();
            Rc::new(move || {
                for _ in 0..20 {
                    pass_on();
                    settle();
                }
            })
        };
        let (interrupted, told, judged) = (loops.clone(), loops.clone(), loops);
        client.handshake_interrupted_on_error().connect(move |_| {
            interrupted();
            client.continue_interrupted_handshake();
        });
        client.peer_verify_error().connect(move |_| told());
        client.ssl_errors().connect(move |_| {
            judged();
            client.ignore_ssl_errors();
        });
        wait_until("connected", || {
            pass_on();
            client.is_valid()
        });
        assert!(accepted_socket(server).is_valid());
        client.delete();
    }
}

#[test]
fn a_client_that_sends_more_while_a_slot_runs_the_loop_does_not_get_in() {
    type Slot = fn(WebSocketServer, Rc<dyn Fn()>) -> Connection;
    let slots: [(&str, Slot); 3] = [
        ("peer_verify_error", |server, deed| server.peer_verify_error().connect(move |_| deed())),
        ("ssl_errors", |server, deed| server.ssl_errors().connect(move |_| deed())),
        ("ssl_errors_occurred", |server, deed| server.ssl_errors_occurred().connect(move |_| deed())),
    ];
    let authority = Authority::new();
    let stranger = Authority::new().issue_for(&["client"], |_| {});
    for protocol in PROTOCOLS {
        for (slot, watch) in slots {
            for has_certificate in [false, true] {
                let mut configuration = authority.issue().configuration();
                configuration.set_ca_certificates([authority.certificate.clone()]);
                configuration.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
                configuration.set_protocol(protocol);
                let server = secure_server(configuration);
                let told = Rc::new(Cell::new(false));
                let is_told = told.clone();
                let accepted = SignalSpy::new(server.new_connection());
                let client = WebSocket::new();
                let mut own =
                    if has_certificate { stranger.configuration() } else { SslConfiguration::new() };
                own.set_ca_certificates([authority.certificate.clone()]);
                client.set_ssl_configuration(own);
                let relay = Rc::new(RefCell::new(Relay::between(client, server)));
                let sender = relay.clone();
                watch(
                    server,
                    Rc::new(move || {
                        // The beginning of a record, of which nothing more comes; and before it, the client's request.
                        sender.borrow_mut().pass_on(|direction, bytes| {
                            if direction == Direction::ToServer {
                                bytes.push(0x17);
                            }
                        });
                        for _ in 0..20 {
                            settle();
                            sender.borrow_mut().pass_on(|_, _| {});
                        }
                        is_told.set(true);
                    }),
                );
                wait_until(slot, || {
                    relay.borrow_mut().pass_on(|_, _| {});
                    told.get()
                });
                wait_until(slot, || {
                    relay.borrow_mut().pass_on(|_, _| {}) || client.state() == SocketState::Unconnected
                });
                settle();
                assert!(accepted.is_empty(), "{slot}");
                assert!(!server.has_pending_connections(), "{slot}");
                client.delete();
                server.delete();
            }
        }
    }
}
