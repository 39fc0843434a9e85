//! Errors of certificates that are ignored: those that were meant, of the connection that was meant, and no others.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use slotwire::prelude::*;

use crate::identity::{Authority, Identity, expired, secure_server};
use crate::support::{accepted_socket, settle, wait_for_end, wait_until};

const PROTOCOLS: [SslProtocol; 2] = [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3];

fn self_signed(hosts: &[&str]) -> Identity {
    Identity::self_signed(hosts, |_| {})
}

#[track_caller]
fn gets_in(client: WebSocket, server: WebSocketServer) -> bool {
    client.open(server.server_url());
    wait_until("decided", || client.is_valid() || client.state() == SocketState::Unconnected);
    settle();
    let is_in = client.is_valid();
    assert_eq!(server.has_pending_connections(), is_in);
    if is_in {
        accepted_socket(server).delete();
        wait_for_end(client);
    }
    is_in
}

fn client(protocol: SslProtocol) -> WebSocket {
    let mut configuration = SslConfiguration::new();
    configuration.set_ca_certificates([]);
    configuration.set_protocol(protocol);
    let client = WebSocket::new();
    client.set_ssl_configuration(configuration);
    client
}

#[test]
fn an_expected_error_is_that_of_one_certificate() {
    let (known, strange) = (self_signed(&["127.0.0.1"]), self_signed(&["127.0.0.1"]));
    let of = |identity: &Identity, kind| SslError::with_certificate(kind, identity.certificate.clone());
    let kind = SslErrorKind::SelfSignedCertificate;
    for protocol in PROTOCOLS {
        let server = secure_server(known.configuration());
        for (ignored, expected) in [
            (vec![], false),
            (vec![SslError::new(kind)], false),
            (vec![of(&strange, kind)], false),
            (vec![of(&known, SslErrorKind::CertificateExpired)], false),
            (vec![of(&known, SslErrorKind::UnableToGetLocalIssuerCertificate)], false),
            (vec![of(&strange, kind), of(&known, kind)], true),
        ] {
            let client = client(protocol);
            client.ignore_ssl_errors_for(&ignored);
            assert_eq!(gets_in(client, server), expected, "{ignored:?}");
            // As long as the list stands.
            assert_eq!(gets_in(client, server), expected, "{ignored:?}");
            client.ignore_ssl_errors_for(&[]);
            assert!(!gets_in(client, server));
        }
        // The next server is another one.
        let client = client(protocol);
        client.ignore_ssl_errors_for(&[of(&known, kind)]);
        assert!(gets_in(client, server));
        assert!(!gets_in(client, secure_server(strange.configuration())));
    }
}

#[test]
fn one_expected_error_does_not_hide_another() {
    let identity = Identity::self_signed(&["another.example"], expired);
    let of = |kind| SslError::with_certificate(kind, identity.certificate.clone());
    for protocol in PROTOCOLS {
        let server = secure_server(identity.configuration());
        let probe = client(protocol);
        let told = SignalSpy::new(probe.ssl_errors());
        assert!(!gets_in(probe, server));
        let all = told.take().remove(0);
        let kinds: Vec<_> = all.iter().map(SslError::kind).collect();
        assert!(kinds.contains(&SslErrorKind::HostNameMismatch) && kinds.len() >= 2, "{kinds:?}");
        for left_out in 0..all.len() {
            let mut ignored = all.clone();
            let missing = ignored.remove(left_out);
            let client = client(protocol);
            client.ignore_ssl_errors_for(&ignored);
            assert!(!gets_in(client, server), "{missing:?} is not expected");
        }
        let client = client(protocol);
        client.ignore_ssl_errors_for(&all);
        assert!(gets_in(client, server));
        assert!(all.contains(&of(SslErrorKind::HostNameMismatch)));
    }
}

#[test]
fn who_ignores_in_a_slot_does_so_for_that_connection_of_that_socket() {
    for protocol in PROTOCOLS {
        let server = secure_server(self_signed(&["127.0.0.1"]).configuration());
        let (careless, careful) = (client(protocol), client(protocol));
        let times = Rc::new(Cell::new(0));
        let count = times.clone();
        careless.ssl_errors().connect(move |_| {
            // Once, and for no other socket.
            if count.replace(count.get() + 1) == 0 {
                careless.ignore_ssl_errors();
            }
        });
        assert!(gets_in(careless, server));
        assert!(!gets_in(careful, server));
        assert!(!gets_in(careless, server));
        assert_eq!(times.get(), 2);
    }
}

#[test]
fn what_is_ignored_between_connections_holds_for_none() {
    for protocol in PROTOCOLS {
        let server = secure_server(self_signed(&["127.0.0.1"]).configuration());
        let client = client(protocol);
        client.ignore_ssl_errors();
        client.continue_interrupted_handshake();
        client.resume();
        assert!(!gets_in(client, server));
        // At the beginning of one, before there is a server to know anything of.
        client.state_changed().connect(move |state| {
            if state == SocketState::Connecting {
                client.ignore_ssl_errors();
            }
        });
        assert!(!gets_in(client, server));
    }
}

// ---- servers

/// A server that demands certificates of that authority.
fn demanding(authority: &Authority, protocol: SslProtocol) -> WebSocketServer {
    let mut configuration = authority.issue().configuration();
    configuration.set_ca_certificates([authority.certificate.clone()]);
    configuration.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
    configuration.set_protocol(protocol);
    secure_server(configuration)
}

fn client_with(identity: &Identity, authority: &Authority) -> WebSocket {
    let mut configuration = identity.configuration();
    configuration.set_ca_certificates([authority.certificate.clone()]);
    let client = WebSocket::new();
    client.set_ssl_configuration(configuration);
    client
}

#[test]
fn a_server_that_ignores_the_errors_of_one_client_ignores_no_others() {
    let authority = Authority::new();
    let strangers = Authority::new();
    let [known, strange] = ["known", "strange"].map(|name| strangers.issue_for(&[name], |_| {}));
    for protocol in PROTOCOLS {
        let server = demanding(&authority, protocol);
        let expected = known.certificate.clone();
        server.ssl_errors_occurred().connect(move |(socket, _)| {
            if socket.ssl_configuration().peer_certificate() == Some(&expected) {
                socket.ignore_ssl_errors();
            }
        });
        for _ in 0..2 {
            assert!(gets_in(client_with(&known, &authority), server));
            assert!(!gets_in(client_with(&strange, &authority), server));
            assert!(!gets_in(authority.client(), server));
        }
    }
}

#[test]
fn what_a_server_ignores_after_the_slot_is_ignored_in_vain() {
    let authority = Authority::new();
    for protocol in PROTOCOLS {
        let server = demanding(&authority, protocol);
        let kept = Rc::new(RefCell::new(Vec::<SslSocket>::new()));
        let keep = kept.clone();
        server.ssl_errors_occurred().connect(move |(socket, _)| {
            // The one before, too late.
            keep.borrow().iter().copied().for_each(SslSocket::ignore_ssl_errors);
            keep.borrow_mut().push(*socket);
        });
        for _ in 0..3 {
            assert!(!gets_in(authority.client(), server));
        }
        assert_eq!(kept.borrow().len(), 3);
    }
}

#[test]
fn a_slot_may_end_the_connection_that_it_is_told_of() {
    let acts: [fn(SslSocket); 5] = [
        |socket| socket.abort(),
        |socket| socket.close(),
        |socket| socket.disconnect_from_host(),
        |socket| socket.delete(),
        |socket| {
            socket.write(b"out of turn");
            socket.disconnect_from_host();
        },
    ];
    let authority = Authority::new();
    for protocol in PROTOCOLS {
        for act in acts {
            let server = demanding(&authority, protocol);
            let ends = server.ssl_errors_occurred().connect(move |(socket, _)| {
                socket.ignore_ssl_errors();
                act(*socket);
            });
            assert!(!gets_in(authority.client(), server));
            ends.disconnect();
            server.ssl_errors_occurred().connect(|(socket, _)| socket.ignore_ssl_errors());
            assert!(gets_in(authority.client(), server));
        }
    }
}

#[test]
fn a_queued_slot_of_a_server_is_too_late() {
    let authority = Authority::new();
    for protocol in PROTOCOLS {
        let server = demanding(&authority, protocol);
        server
            .ssl_errors_occurred()
            .connect_with(ConnectionType::QUEUED, |(socket, _)| socket.ignore_ssl_errors());
        assert!(!gets_in(authority.client(), server));
    }
}
