//! Who is let in is decided by what a connection was begun with, whatever slots set meanwhile.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use slotwire::prelude::*;

use crate::identity::{Authority, Identity, secure_server};
use crate::peer::{PeerListener, response_to};
use crate::support::{accepted_socket, settle, wait_for_end, wait_until};

const PROTOCOLS: [SslProtocol; 2] = [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3];

fn with_mode(configuration: &SslConfiguration, mode: PeerVerifyMode) -> SslConfiguration {
    let mut changed = configuration.clone();
    changed.set_peer_verify_mode(mode);
    changed
}

/// How a deed gets into a slot of a client, by the name of its signal.
type ClientSlot = (&'static str, fn(WebSocket, Rc<dyn Fn()>));
/// How a deed gets into a slot of a server, by the name of its signal.
type ServerSlot = (&'static str, fn(WebSocketServer, Rc<dyn Fn()>));

/// Those that come before a client has decided about its server.
const CLIENT_SLOTS: [ClientSlot; 4] = [
    ("state_changed", |client, deed| {
        client.state_changed().connect(move |_| deed());
    }),
    ("peer_verify_error", |client, deed| {
        client.peer_verify_error().connect(move |_| deed());
    }),
    ("ssl_errors", |client, deed| {
        client.ssl_errors().connect(move |_| deed());
    }),
    ("handshake_interrupted_on_error", |client, deed| {
        client.handshake_interrupted_on_error().connect(move |_| {
            deed();
            client.continue_interrupted_handshake();
        });
    }),
];

/// Those that come before a server has decided about a client.
const SERVER_SLOTS: [ServerSlot; 3] = [
    ("peer_verify_error", |server, deed| {
        server.peer_verify_error().connect(move |_| deed());
    }),
    ("ssl_errors", |server, deed| {
        server.ssl_errors().connect(move |_| deed());
    }),
    ("ssl_errors_occurred", |server, deed| {
        server.ssl_errors_occurred().connect(move |_| deed());
    }),
];

fn interrupting(slot: &str) -> bool {
    slot == "handshake_interrupted_on_error"
}

#[test]
fn a_client_that_gives_up_verifying_in_a_slot_does_so_for_later_connections() {
    let server = secure_server(Identity::self_signed(&["127.0.0.1"], |_| {}).configuration());
    for protocol in PROTOCOLS {
        for (slot, watch) in CLIENT_SLOTS {
            let client = WebSocket::new();
            let mut strict = SslConfiguration::new();
            strict.set_protocol(protocol);
            strict.set_handshake_must_interrupt_on_error(interrupting(slot));
            let lax = with_mode(&strict, PeerVerifyMode::None);
            client.set_ssl_configuration(strict);
            let next = lax.clone();
            watch(client, Rc::new(move || client.set_ssl_configuration(next.clone())));
            client.open(server.server_url());
            wait_for_end(client);
            assert_eq!(client.error(), SocketError::SslHandshakeFailed, "{slot}");
            assert_eq!(client.ssl_configuration(), lax, "{slot}");

            client.open(server.server_url());
            wait_until(slot, || client.is_valid());
            client.delete();
            accepted_socket(server).delete();
        }
    }
}

#[test]
fn a_client_that_begins_to_verify_in_a_slot_does_so_for_later_connections() {
    let server = secure_server(Identity::self_signed(&["another.example"], |_| {}).configuration());
    for protocol in PROTOCOLS {
        // Without verification, only the name is looked at, and nothing interrupts.
        for (slot, watch) in &CLIENT_SLOTS[..3] {
            let client = WebSocket::new();
            let mut lax = with_mode(&SslConfiguration::new(), PeerVerifyMode::None);
            lax.set_protocol(protocol);
            let strict = with_mode(&lax, PeerVerifyMode::VerifyPeer);
            client.set_ssl_configuration(lax);
            watch(client, Rc::new(move || client.set_ssl_configuration(strict.clone())));
            client.open(server.server_url());
            wait_until(slot, || client.is_valid());
            accepted_socket(server).delete();
            wait_for_end(client);

            client.open(server.server_url());
            wait_for_end(client);
            assert_eq!(client.error(), SocketError::SslHandshakeFailed, "{slot}");
            client.delete();
        }
    }
}

#[test]
fn a_server_that_gives_up_verifying_in_a_slot_does_so_for_later_clients() {
    let authority = Authority::new();
    for protocol in PROTOCOLS {
        for (slot, watch) in SERVER_SLOTS {
            let mut strict = with_mode(&authority.issue().configuration(), PeerVerifyMode::VerifyPeer);
            strict.set_ca_certificates([authority.certificate.clone()]);
            strict.set_protocol(protocol);
            let lax = with_mode(&strict, PeerVerifyMode::None);
            let server = secure_server(strict);
            watch(server, Rc::new(move || server.set_ssl_configuration(lax.clone())));
            let client = authority.client();
            client.open(server.server_url());
            wait_for_end(client);
            settle();
            assert!(!server.has_pending_connections(), "{slot}");

            client.open(server.server_url());
            wait_until(slot, || client.is_valid());
            assert!(accepted_socket(server).is_valid());
            client.delete();
            server.delete();
        }
    }
}

#[test]
fn a_server_that_begins_to_verify_in_a_slot_does_so_for_later_clients() {
    let authority = Authority::new();
    let strange = Authority::new().issue_for(&["client"], |_| {});
    for protocol in PROTOCOLS {
        for (slot, watch) in SERVER_SLOTS {
            let mut lax = with_mode(&authority.issue().configuration(), PeerVerifyMode::QueryPeer);
            lax.set_protocol(protocol);
            let strict = with_mode(&lax, PeerVerifyMode::VerifyPeer);
            let server = secure_server(lax);
            watch(server, Rc::new(move || server.set_ssl_configuration(strict.clone())));
            let client = WebSocket::new();
            let mut own = strange.configuration();
            own.set_ca_certificates([authority.certificate.clone()]);
            client.set_ssl_configuration(own);
            client.open(server.server_url());
            wait_until(slot, || client.is_valid());
            accepted_socket(server).delete();
            wait_for_end(client);

            client.open(server.server_url());
            wait_for_end(client);
            settle();
            assert!(!server.has_pending_connections(), "{slot}");
            client.delete();
            server.delete();
        }
    }
}

#[test]
fn errors_that_are_resumed_are_those_of_the_connection_that_paused() {
    let server = secure_server(Identity::self_signed(&["127.0.0.1"], |_| {}).configuration());
    let client = WebSocket::new();
    client.set_pause_mode(PauseMode::OnSslErrors);
    let asked = SignalSpy::new(client.ssl_errors());
    client.open(server.server_url());
    wait_until("asked", || !asked.is_empty());
    client.resume();
    // What was resumed is dropped, and the next one is not let in or refused by that.
    client.open(server.server_url());
    wait_until("asked again", || asked.len() == 2);
    settle();
    assert_eq!(client.state(), SocketState::Connecting);
    client.ignore_ssl_errors();
    client.resume();
    wait_until("connected", || client.is_valid());
}

// ---- the second connection of a 401

/// The certificate that a server shows on one connection, and what it says to the request there.
type Turn = (Identity, fn(&str) -> String);

/// A server over TLS, blocking, and a connection for each turn.
fn serve(turns: Vec<Turn>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (identity, answer) in turns {
            let chain = vec![identity.certificate.to_der().to_vec().into()];
            let key = identity.key.to_der().to_vec().try_into().unwrap();
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let config = rustls::ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .unwrap();
            let connection = rustls::ServerConnection::new(config.into()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, listener.accept().unwrap().0);
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                head.extend(byte);
            }
            if head.is_empty() {
                // The client does not like the certificate.
                continue;
            }
            let answer = answer(&String::from_utf8(head).unwrap());
            if stream.write_all(answer.as_bytes()).is_ok() && !answer.contains(" 401 ") {
                // Until the client goes.
                let _ = stream.read(&mut byte);
            }
        }
    });
    port
}

fn unauthorized(_: &str) -> String {
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=a\r\nConnection: close\r\n\r\n".to_owned()
}

#[test]
fn the_second_connection_of_a_401_is_encrypted_and_verified_as_the_first() {
    let authority = Authority::new();
    let evil = Identity::self_signed(&["localhost"], |_| {});
    for is_good in [false, true] {
        let second = if is_good { authority.issue() } else { evil.clone() };
        let port = serve(vec![(authority.issue(), unauthorized), (second, response_to)]);
        let client = authority.client();
        let strict = client.ssl_configuration();
        let lax = with_mode(&strict, PeerVerifyMode::None);
        let asked = Rc::new(Cell::new(false));
        let is_asked = asked.clone();
        client.authentication_required().connect(move |authenticator| {
            is_asked.set(true);
            authenticator.set_user("ada");
            authenticator.set_password("lovelace");
            // For later connections.
            client.set_ssl_configuration(lax.clone());
        });
        client.open(format!("wss://localhost:{port}/"));
        wait_until("decided", || client.is_valid() || client.error() != SocketError::Unknown);
        assert!(asked.get());
        assert_eq!(client.is_valid(), is_good, "{}", client.error_string());
        client.delete();
    }
}

#[test]
fn the_second_connection_of_a_401_goes_the_way_of_the_first() {
    let (server, proxy) = (PeerListener::new(), PeerListener::new());
    let client = WebSocket::new();
    let address = NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", proxy.port());
    client.authentication_required().connect(move |authenticator| {
        authenticator.set_user("ada");
        // For later connections.
        client.set_proxy(address.clone());
    });
    client.open(server.url());
    let mut peer = server.accept();
    peer.read_head();
    peer.send(unauthorized(""));
    let mut peer = server.accept();
    let request = peer.read_head();
    peer.send(response_to(&request));
    wait_until("connected", || client.is_valid());
}

// ---- a configuration that is set in any slot

/// Sets another configuration in a slot: one by which nothing would work, so that it is seen where it is used.
fn useless() -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    configuration.set_ca_certificates([]);
    configuration.set_ciphers([]);
    configuration.set_protocol(SslProtocol::TlsV1_3);
    configuration.set_local_certificate(Identity::self_signed(&["useless"], |_| {}).certificate);
    configuration
}

#[test]
fn a_client_that_sets_a_configuration_in_any_slot_keeps_its_connection_and_finds_it_at_the_next() {
    type Slot = (&'static str, fn(WebSocket, Rc<dyn Fn()>) -> Connection);
    let slots: [Slot; 8] = [
        ("state_changed", |client, deed| client.state_changed().connect(move |_| deed())),
        ("peer_verify_error", |client, deed| client.peer_verify_error().connect(move |_| deed())),
        ("ssl_errors", |client, deed| client.ssl_errors().connect(move |_| deed())),
        ("handshake_interrupted_on_error", |client, deed| {
            client.handshake_interrupted_on_error().connect(move |_| {
                deed();
                client.continue_interrupted_handshake();
            })
        }),
        ("pre_shared_key_authentication_required", |client, deed| {
            client.pre_shared_key_authentication_required().connect(move |_| deed())
        }),
        ("connected", |client, deed| client.connected().connect(move |()| deed())),
        ("text_message_received", |client, deed| client.text_message_received().connect(move |_| deed())),
        ("bytes_written", |client, deed| client.bytes_written().connect(move |_| deed())),
    ];
    let server = secure_server(Identity::self_signed(&["127.0.0.1"], |_| {}).configuration());
    for protocol in PROTOCOLS {
        for (slot, watch) in slots {
            let mut first = SslConfiguration::new();
            first.set_protocol(protocol);
            first.set_handshake_must_interrupt_on_error(interrupting(slot));
            let client = WebSocket::new();
            client.set_ssl_configuration(first);
            client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
            let (next, is_set) = (useless(), Rc::new(Cell::new(false)));
            let (set, noted) = (next.clone(), is_set.clone());
            watch(
                client,
                Rc::new(move || {
                    noted.set(true);
                    client.set_ssl_configuration(set.clone());
                }),
            );
            client.open(server.server_url());
            wait_until(slot, || client.is_valid());
            let accepted = accepted_socket(server);
            let echo = SignalSpy::new(client.text_message_received());
            accepted.send_text_message("hello");
            client.send_text_message("hello");
            wait_until(slot, || !echo.is_empty());
            settle();
            if slot != "pre_shared_key_authentication_required" {
                assert!(is_set.get(), "{slot} has come");
            }
            assert_eq!(accepted.ssl_configuration().session_protocol(), Some(protocol), "{slot}");
            if is_set.get() {
                accepted.delete();
                wait_for_end(client);
                client.open(server.server_url());
                wait_for_end(client);
                assert_eq!(client.error(), SocketError::SslInvalidUserData, "{slot}");
            }
            client.delete();
            settle();
            while let Some(left) = server.next_pending_connection() {
                left.delete();
            }
        }
    }
}

#[test]
fn a_server_that_sets_a_configuration_in_any_slot_keeps_its_connection_and_finds_it_at_the_next() {
    type Slot = (&'static str, fn(WebSocketServer, Rc<dyn Fn()>) -> Connection);
    let slots: [Slot; 6] = [
        ("peer_verify_error", |server, deed| server.peer_verify_error().connect(move |_| deed())),
        ("ssl_errors", |server, deed| server.ssl_errors().connect(move |_| deed())),
        ("ssl_errors_occurred", |server, deed| server.ssl_errors_occurred().connect(move |_| deed())),
        ("pre_shared_key_authentication_required", |server, deed| {
            server.pre_shared_key_authentication_required().connect(move |_| deed())
        }),
        ("origin_authentication_required", |server, deed| {
            server.origin_authentication_required().connect(move |_| deed())
        }),
        ("new_connection", |server, deed| server.new_connection().connect(move |()| deed())),
    ];
    let authority = Authority::new();
    let strange = Authority::new().issue_for(&["client"], |_| {});
    for protocol in PROTOCOLS {
        for (slot, watch) in slots {
            let (first, second) = (authority.issue(), authority.issue());
            let begun = with_mode(&first.configuration(), PeerVerifyMode::QueryPeer);
            let server = secure_server(begun);
            let is_set = Rc::new(Cell::new(false));
            let (set, noted) = (second.configuration(), is_set.clone());
            watch(
                server,
                Rc::new(move || {
                    noted.set(true);
                    server.set_ssl_configuration(set.clone());
                }),
            );
            let client = WebSocket::new();
            let mut own = strange.configuration();
            own.set_ca_certificates([authority.certificate.clone()]);
            own.set_protocol(protocol);
            client.set_ssl_configuration(own);
            let shown = || client.ssl_configuration().peer_certificate().cloned();
            client.open(server.server_url());
            wait_until(slot, || client.is_valid());
            assert_eq!(shown().as_ref(), Some(&first.certificate), "{slot}");
            let accepted = accepted_socket(server);
            assert_eq!(accepted.ssl_configuration().local_certificate(), Some(&first.certificate));
            accepted.delete();
            wait_for_end(client);
            if is_set.get() {
                client.open(server.server_url());
                wait_until(slot, || client.is_valid());
                assert_eq!(shown().as_ref(), Some(&second.certificate), "{slot}");
            } else {
                assert_eq!(slot, "pre_shared_key_authentication_required", "the others have come");
            }
            client.delete();
            server.delete();
        }
    }
}

// ---- what is not checked

/// RFC 7633: the certificate demands that its server staples a proof that it was not revoked. Nobody asks for that here.
#[test]
fn a_certificate_that_must_be_stapled_is_taken_without() {
    let authority = Authority::new();
    let must_staple = |params: &mut rcgen::CertificateParams| {
        let status_request = vec![0x30, 3, 2, 1, 5];
        params
            .custom_extensions
            .push(rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 24], status_request));
    };
    let server = secure_server(authority.issue_for(&["127.0.0.1"], must_staple).configuration());
    let client = authority.client();
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
}
