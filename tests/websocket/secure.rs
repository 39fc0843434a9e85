//! `wss`: what is encrypted, whom a socket and a server trust, and what slots can do about it.

use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use slotwire::prelude::*;

use crate::journal::Journal;
use crate::peer::{Peer, PeerListener, response_to};
use crate::support::{Bystander, accepted_socket, echo_server, pass, settle, wait_for_end, wait_until};

/// A certificate authority that the tests trust, and what it has signed.
struct Authority {
    certificate: SslCertificate,
    server: Identity,
    client: Identity,
}

#[derive(Clone)]
struct Identity {
    certificate: SslCertificate,
    key: SslKey,
}

impl Authority {
    fn get() -> &'static Self {
        static AUTHORITY: OnceLock<Authority> = OnceLock::new();
        AUTHORITY.get_or_init(|| Self::new("Authority"))
    }

    fn new(name: &str) -> Self {
        let mut parameters = named(name, &[]);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        let signed = |name: &str, hosts: &[&str]| {
            let key = KeyPair::generate().unwrap();
            let certificate = named(name, hosts).signed_by(&key, &issuer).unwrap();
            Identity::new(certificate.der(), &key)
        };
        Self {
            certificate: SslCertificate::from_der(issuer.der()).unwrap(),
            server: signed("server", &["localhost", "127.0.0.1"]),
            client: signed("client", &[]),
        }
    }
}

impl Identity {
    fn new(certificate: &[u8], key: &KeyPair) -> Self {
        Self {
            certificate: SslCertificate::from_der(certificate).unwrap(),
            key: SslKey::from_der(key.serialize_der()).unwrap(),
        }
    }

    fn self_signed(host: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = named("self", &[host]).self_signed(&key).unwrap();
        Self::new(certificate.der(), &key)
    }

    fn configuration(&self) -> SslConfiguration {
        let mut configuration = SslConfiguration::new();
        configuration.set_local_certificate(self.certificate.clone());
        configuration.set_private_key(self.key.clone());
        configuration
    }
}

fn named(name: &str, hosts: &[&str]) -> CertificateParams {
    let mut parameters =
        CertificateParams::new(hosts.iter().map(|&host| host.to_owned()).collect::<Vec<_>>()).unwrap();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters
}

/// A server with that configuration, which echoes text.
fn server_with(configuration: SslConfiguration) -> WebSocketServer {
    let server = WebSocketServer::new("", SslMode::Secure);
    server.set_ssl_configuration(configuration);
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server
}

fn trusted_server() -> WebSocketServer {
    server_with(Authority::get().server.configuration())
}

fn self_signed_server() -> WebSocketServer {
    server_with(Identity::self_signed("127.0.0.1").configuration())
}

/// What a client needs to trust the tests' authority, and nobody else.
fn trusting() -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    configuration.set_ca_certificates([Authority::get().certificate.clone()]);
    configuration
}

fn client_of(server: WebSocketServer, configuration: SslConfiguration) -> WebSocket {
    let client = WebSocket::new();
    client.set_ssl_configuration(configuration);
    client.open(server.server_url());
    client
}

/// Both ends of a connection over TLS.
fn connected() -> (WebSocket, WebSocket) {
    let server = trusted_server();
    let client = client_of(server, trusting());
    wait_until("connected", || client.is_valid());
    (client, accepted_socket(server))
}

fn kinds(errors: &[SslError]) -> Vec<SslErrorKind> {
    errors.iter().map(SslError::kind).collect()
}

/// `tst_QWebSocket::tst_settersAndGetters`, `tst_QWebSocketServer::tst_settersAndGetters`: the TLS configuration
#[test]
fn configurations_are_what_was_set() {
    let mut configuration = SslConfiguration::new();
    configuration.set_protocol(SslProtocol::TlsV1_3OrLater);
    let socket = WebSocket::new();
    assert_ne!(socket.ssl_configuration().protocol(), configuration.protocol());
    socket.set_ssl_configuration(configuration.clone());
    assert_eq!(socket.ssl_configuration(), configuration);
    let server = WebSocketServer::new("", SslMode::Secure);
    server.set_ssl_configuration(configuration.clone());
    assert_eq!(server.ssl_configuration(), configuration);
    let plain = WebSocketServer::new("", SslMode::NonSecure);
    plain.set_ssl_configuration(configuration.clone());
    assert_ne!(plain.ssl_configuration(), configuration, "a server that does not speak TLS ignores it");
}

/// `tst_QWebSocketServer::tst_scheme`
#[test]
fn the_scheme_of_a_secure_servers_sockets_is_wss() {
    let (client, accepted) = connected();
    assert_eq!(accepted.request_url().unwrap().scheme(), "wss");
    assert_eq!(client.request_url().unwrap().scheme(), "wss");
}

/// `tst_QWebSocket::authenticationRequired`, encrypted
#[test]
fn credentials_are_given_over_tls_as_well() {
    let mut client = None;
    let port = serve_with_rustls(|stream| {
        let first = read_head(stream);
        assert!(!first.contains("authorization"), "{first}");
        stream
            .write_all(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\nno")
            .unwrap();
        let second = read_head(stream);
        assert!(
            second.to_ascii_lowercase().contains("authorization: basic dxnlcjpwyxnzd29yza=="),
            "{second}"
        );
        stream.write_all(response_to(&second).as_bytes()).unwrap();
        // Until the client goes.
        let _ = stream.read(&mut [0]);
    });
    for in_url in [false, true] {
        let socket = WebSocket::new();
        socket.set_ssl_configuration(trusting());
        socket.authentication_required().connect(|authenticator| {
            authenticator.set_user("user");
            authenticator.set_password("password");
        });
        let credentials = if in_url { "user:password@" } else { "" };
        socket.open(format!("wss://{credentials}localhost:{port}/"));
        wait_until("connected", || socket.is_valid());
        client = Some(socket);
    }
    client.unwrap().abort();
}

/// Serves every connection to a port in a thread of its own, over TLS and blocking.
fn serve_with_rustls(serve: fn(&mut rustls::StreamOwned<rustls::ServerConnection, TcpStream>)) -> u16 {
    let identity = &Authority::get().server;
    let chain = vec![identity.certificate.to_der().to_vec().into()];
    let key = identity.key.to_der().to_vec().try_into().unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            thread::spawn(move || serve(&mut stream));
        }
    });
    port
}

fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

// ---- data

#[test]
fn messages_of_every_size_go_both_ways() {
    let (client, accepted) = connected();
    accepted.binary_message_received().connect(move |bytes| {
        accepted.send_binary_message(bytes);
    });
    let echoed = SignalSpy::new(client.binary_message_received());
    let sizes = [0, 1, 125, 126, 16_383, 16_384, 16_385, 65_535, 65_536, 300_000, 4 << 20];
    let message = |size: usize| -> Vec<u8> { (0..size).map(|index| (index % 251) as u8).collect() };
    for size in sizes {
        client.send_binary_message(message(size));
    }
    wait_until("everything is echoed", || echoed.len() == sizes.len());
    for (echo, size) in echoed.take().into_iter().zip(sizes) {
        assert!(echo == message(size), "a message of {size} bytes has changed");
    }
}

#[test]
fn a_thousand_small_messages_arrive_in_order() {
    let (client, accepted) = connected();
    let received = SignalSpy::new(accepted.text_message_received());
    for number in 0..1000 {
        client.send_text_message(number.to_string());
    }
    wait_until("all have arrived", || received.len() == 1000);
    assert!(received.take().into_iter().map(|text| text.parse::<u32>().unwrap()).eq(0..1000));
}

#[test]
fn a_slow_reader_gets_everything_in_the_end() {
    let (client, accepted) = connected();
    let received = Rc::new(Cell::new(0));
    let sum = received.clone();
    accepted.binary_message_received().connect(move |bytes| sum.set(sum.get() + bytes.len()));
    let message = vec![7; 1 << 20];
    for _ in 0..32 {
        client.send_binary_message(&message);
    }
    assert!(client.bytes_to_write() > 0, "the system does not take 32 MiB at once");
    wait_until("everything has arrived", || received.get() == 32 << 20);
    wait_until("everything is written", || client.bytes_to_write() == 0);
}

#[test]
fn the_closing_handshake_is_followed_by_close_notify() {
    let (client, accepted) = connected();
    let said = SignalSpy::new(accepted.alert_sent());
    let heard = SignalSpy::new(client.alert_received());
    let journal = Journal::of(client);
    client.close_with(CloseCode::GoingAway, "enough");
    wait_for_end(client);
    wait_for_end(accepted);
    assert_eq!(accepted.close_reason(), "enough");
    let goodbye = (AlertLevel::Warning, AlertType::CLOSE_NOTIFY, "close notify".to_owned());
    assert_eq!(said.take(), [goodbye]);
    // The client closes as soon as it has its answer.
    assert!(heard.len() <= 1);
    assert_eq!(journal.take().last().map(String::as_str), Some("read_channel_finished"));
}

#[test]
fn both_ends_know_what_was_negotiated() {
    let (client, accepted) = connected();
    let configuration = client.ssl_configuration();
    assert_eq!(configuration.session_protocol(), Some(SslProtocol::TlsV1_3));
    assert_eq!(configuration.peer_certificate(), Some(&Authority::get().server.certificate));
    let cipher = configuration.session_cipher().unwrap().name().to_owned();
    assert!(cipher.starts_with("TLS_"), "{cipher}");
    let configuration = accepted.ssl_configuration();
    assert_eq!(configuration.session_protocol(), Some(SslProtocol::TlsV1_3));
    assert_eq!(configuration.session_cipher().unwrap().name(), cipher);
    assert_eq!(configuration.peer_certificate(), None);
    assert_eq!(accepted.request_url().unwrap().scheme(), "wss");
}

#[test]
fn the_range_of_protocols_is_kept_to() {
    for (client, server, spoken) in [
        (SslProtocol::TlsV1_2, SslProtocol::SecureProtocols, Some(SslProtocol::TlsV1_2)),
        (SslProtocol::SecureProtocols, SslProtocol::TlsV1_2, Some(SslProtocol::TlsV1_2)),
        (SslProtocol::TlsV1_3, SslProtocol::TlsV1_2OrLater, Some(SslProtocol::TlsV1_3)),
        (SslProtocol::TlsV1_2, SslProtocol::TlsV1_3, None),
        (SslProtocol::TlsV1_3OrLater, SslProtocol::TlsV1_2, None),
    ] {
        let mut configuration = Authority::get().server.configuration();
        configuration.set_protocol(server);
        let server = server_with(configuration);
        let mut configuration = trusting();
        configuration.set_protocol(client);
        let client = client_of(server, configuration);
        let alerts = SignalSpy::new(client.alert_received());
        wait_until("decided", || client.state() != SocketState::Connecting);
        assert_eq!(client.ssl_configuration().session_protocol().filter(|_| client.is_valid()), spoken);
        if spoken.is_none() {
            assert_eq!(client.error(), SocketError::SslHandshakeFailed);
            assert_eq!(alerts.take()[0].1, AlertType::PROTOCOL_VERSION);
        }
    }
}

// ---- whom a client trusts

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_unless_a_slot_says_otherwise() {
    let server = self_signed_server();
    let client = WebSocket::new();
    let journal = Journal::of(client);
    let told = journal.clone();
    client
        .peer_verify_error()
        .connect(move |error| told.note(format!("peer_verify_error({:?})", error.kind())));
    let told = journal.clone();
    client.ssl_errors().connect(move |errors| told.note(format!("ssl_errors({:?})", kinds(errors))));
    client.open(server.server_url());
    wait_for_end(client);
    assert_eq!(
        journal.take(),
        [
            "state_changed(Connecting)",
            "peer_verify_error(SelfSignedCertificate)",
            "ssl_errors([SelfSignedCertificate])",
            "error_occurred(SslHandshakeFailed)",
            "state_changed(Unconnected)",
            "disconnected",
            "read_channel_finished",
        ]
    );
    assert_eq!(client.error_string(), "The certificate is self-signed, and untrusted");
    settle();
    assert!(!server.has_pending_connections());

    client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
    client.open(server.server_url());
    wait_until("connected all the same", || client.is_valid());
}

#[test]
fn ignoring_everything_holds_for_one_connection_only() {
    let server = self_signed_server();
    let client = WebSocket::new();
    // Too early: as in Qt, it has no effect.
    client.ignore_ssl_errors();
    client.open(server.server_url());
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::SslHandshakeFailed);
    let once = client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
    once.disconnect();
    client.open(server.server_url());
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::SslHandshakeFailed);
}

#[test]
fn expected_errors_are_ignored_if_there_are_no_others() {
    let expired_name = Identity::self_signed("another.example");
    let server = server_with(expired_name.configuration());
    let of = |kind| SslError::with_certificate(kind, expired_name.certificate.clone());
    let self_signed = of(SslErrorKind::SelfSignedCertificate);
    let mismatch = of(SslErrorKind::HostNameMismatch);
    let strange = SslError::with_certificate(
        SslErrorKind::SelfSignedCertificate,
        Authority::get().server.certificate.clone(),
    );
    for (expected, is_enough) in [
        (vec![], false),
        (vec![self_signed.clone()], false),
        (vec![mismatch.clone()], false),
        (vec![mismatch.clone(), strange], false),
        (vec![self_signed, mismatch], true),
    ] {
        let client = WebSocket::new();
        let errors = SignalSpy::new(client.ssl_errors());
        client.ignore_ssl_errors_for(&expected);
        client.open(server.server_url());
        wait_until("decided", || client.state() != SocketState::Connecting);
        assert_eq!(client.is_valid(), is_enough, "{expected:?}");
        assert_eq!(
            kinds(&errors.take()[0]),
            [SslErrorKind::HostNameMismatch, SslErrorKind::SelfSignedCertificate]
        );
    }
}

#[test]
fn a_queued_slot_is_too_late_unless_the_socket_pauses() {
    let server = self_signed_server();
    let client = WebSocket::new();
    client.ssl_errors().connect_with(ConnectionType::QUEUED, move |_| {
        client.ignore_ssl_errors();
        client.resume();
    });
    client.open(server.server_url());
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::SslHandshakeFailed);
    client.set_pause_mode(PauseMode::OnSslErrors);
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
}

#[test]
fn a_paused_socket_waits_for_as_long_as_it_takes() {
    let clock = VirtualClock::install();
    let server = self_signed_server();
    server.set_handshake_timeout(None);
    let client = WebSocket::new();
    let errors = SignalSpy::new(client.ssl_errors());
    client.set_pause_mode(PauseMode::OnSslErrors);
    client.open(server.server_url());
    wait_until("asked", || !errors.is_empty());
    pass(&clock, Duration::from_secs(3600));
    assert_eq!(client.state(), SocketState::Connecting);
    assert!(!server.has_pending_connections());
    client.ignore_ssl_errors();
    client.resume();
    wait_until("connected", || client.is_valid());
}

#[test]
fn without_verification_only_the_name_is_told() {
    let server = server_with(Identity::self_signed("another.example").configuration());
    let mut configuration = SslConfiguration::new();
    configuration.set_peer_verify_mode(PeerVerifyMode::None);
    let client = WebSocket::new();
    let errors = SignalSpy::new(client.ssl_errors());
    client.set_ssl_configuration(configuration);
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
    assert_eq!(kinds(&errors.take()[0]), [SslErrorKind::HostNameMismatch]);
}

#[test]
fn an_error_is_told_early_if_the_configuration_asks_for_it() {
    let mut configuration = SslConfiguration::new();
    configuration.set_handshake_must_interrupt_on_error(true);
    for continues in [false, true] {
        let server = self_signed_server();
        let heard = SignalSpy::new(server.alert_received());
        let client = WebSocket::new();
        client.set_ssl_configuration(configuration.clone());
        let errors = SignalSpy::new(client.ssl_errors());
        client.handshake_interrupted_on_error().connect(move |error| {
            assert_eq!(error.kind(), SslErrorKind::SelfSignedCertificate);
            if continues {
                client.continue_interrupted_handshake();
            }
        });
        client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
        client.open(server.server_url());
        wait_until("decided", || client.state() != SocketState::Connecting);
        assert_eq!(client.is_valid(), continues);
        assert_eq!(errors.len(), usize::from(continues));
        if !continues {
            wait_until("the server is told", || !heard.is_empty());
            assert_eq!(heard.take()[0], (AlertLevel::Fatal, AlertType::UNKNOWN_CA, "unknown CA".to_owned()));
        }
    }
}

#[test]
fn every_slot_of_a_handshake_may_end_the_socket() {
    type Deed = fn(WebSocket);
    let deeds: [(&str, Deed); 5] = [
        ("abort", |client| client.abort()),
        ("close", |client| client.close()),
        ("delete", |client| client.delete()),
        ("delete later", |client| client.delete_later()),
        ("open another", |client| {
            let plain = echo_server();
            client.open(plain.server_url());
        }),
    ];
    type Watch = fn(WebSocket, Rc<dyn Fn()>);
    let slots: [(&str, Watch); 4] = [
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
        ("alert_sent", |client, deed| {
            client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
            client.connected().connect_with(ConnectionType::DIRECT.single_shot(), move |()| client.close());
            client.alert_sent().connect(move |_| deed());
        }),
    ];
    let server = self_signed_server();
    let mut configuration = SslConfiguration::new();
    for (slot, watch) in slots {
        configuration.set_handshake_must_interrupt_on_error(slot == "handshake_interrupted_on_error");
        for (name, deed) in deeds {
            let client = WebSocket::new();
            client.set_ssl_configuration(configuration.clone());
            let done = Rc::new(Cell::new(false));
            let once = done.clone();
            watch(
                client,
                Rc::new(move || {
                    if !once.replace(true) {
                        deed(client);
                    }
                }),
            );
            client.open(server.server_url());
            wait_until(&format!("{name} in {slot}"), || done.get());
            settle();
            match name {
                "open another" => wait_until("the other is open", || client.is_valid()),
                "delete" | "delete later" => assert!(!client.is_alive()),
                _ => wait_for_end(client),
            }
            client.delete();
        }
    }
    let client = WebSocket::new();
    client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
    client.open(server.server_url());
    wait_until("the server goes on", || client.is_valid());
}

#[test]
fn a_slot_of_ssl_errors_may_ask_the_user_in_a_loop_of_its_own() {
    let server = self_signed_server();
    let client = WebSocket::new();
    client.ssl_errors().connect(move |_| {
        let asking = EventLoop::new();
        Timer::single_shot(Duration::ZERO, move || asking.quit());
        asking.exec();
        client.ignore_ssl_errors();
    });
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
}

#[test]
fn a_panic_in_a_slot_of_a_handshake_breaks_that_connection_only() {
    let server = self_signed_server();
    let client = WebSocket::new();
    let mut configuration = SslConfiguration::new();
    configuration.set_handshake_must_interrupt_on_error(true);
    client.set_ssl_configuration(configuration);
    client.handshake_interrupted_on_error().connect(|_| panic!("in the slot"));
    client.open(server.server_url());
    let handled = std::panic::AssertUnwindSafe(|| wait_for_end(client));
    assert!(std::panic::catch_unwind(handled).is_err());
    client.abort();
    assert_eq!(client.state(), SocketState::Unconnected);
    let other = WebSocket::new();
    other.ssl_errors().connect(move |_| other.ignore_ssl_errors());
    other.open(server.server_url());
    wait_until("another connects", || other.is_valid());
}

// ---- whom a server trusts

/// A server that wants certificates, by that mode.
fn strict_server(mode: PeerVerifyMode) -> WebSocketServer {
    let mut configuration = Authority::get().server.configuration();
    configuration.set_ca_certificates([Authority::get().certificate.clone()]);
    configuration.set_peer_verify_mode(mode);
    server_with(configuration)
}

fn with_identity(identity: &Identity) -> SslConfiguration {
    let mut configuration = trusting();
    configuration.set_local_certificate(identity.certificate.clone());
    configuration.set_private_key(identity.key.clone());
    configuration
}

#[test]
fn a_client_with_a_good_certificate_is_known_to_the_server() {
    let server = strict_server(PeerVerifyMode::VerifyPeer);
    let client = client_of(server, with_identity(&Authority::get().client));
    wait_until("connected", || client.is_valid());
    let accepted = accepted_socket(server);
    let certificate = accepted.ssl_configuration().peer_certificate().cloned().unwrap();
    assert_eq!(certificate, Authority::get().client.certificate);
    assert_eq!(certificate.subject_info(SubjectInfo::CommonName), ["client"]);
}

#[test]
fn a_client_without_a_good_certificate_is_dropped_by_a_server_that_verifies() {
    for protocol in [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3] {
        let strange = Authority::new("Stranger").client;
        for (identity, expected) in [
            (None, vec![SslErrorKind::NoPeerCertificate]),
            (
                Some(strange),
                vec![
                    SslErrorKind::UnableToGetLocalIssuerCertificate,
                    SslErrorKind::UnableToVerifyFirstCertificate,
                ],
            ),
        ] {
            let server = strict_server(PeerVerifyMode::VerifyPeer);
            let (errors, occurred) =
                (SignalSpy::new(server.ssl_errors()), SignalSpy::new(server.ssl_errors_occurred()));
            let mut configuration = identity.as_ref().map_or_else(trusting, with_identity);
            configuration.set_protocol(protocol);
            let client = client_of(server, configuration);
            wait_until("told", || !errors.is_empty());
            wait_for_end(client);
            assert_eq!(kinds(&errors.take()[0]), expected);
            assert_eq!(occurred.len(), 1);
            assert!(!server.has_pending_connections());
        }
    }
}

#[test]
fn a_server_lets_in_whom_its_slot_ignores_the_errors_of() {
    let server = strict_server(PeerVerifyMode::VerifyPeer);
    server.ssl_errors_occurred().connect(move |(socket, errors)| {
        assert_eq!(kinds(errors), [SslErrorKind::NoPeerCertificate]);
        assert!(socket.peer_address().is_loopback());
        assert!(socket.peer_port() > 0);
        socket.ignore_ssl_errors();
    });
    let client = client_of(server, trusting());
    wait_until("connected", || client.is_valid());
    assert!(accepted_socket(server).is_valid());
}

#[test]
fn a_server_that_only_asks_lets_everybody_in() {
    let server = strict_server(PeerVerifyMode::QueryPeer);
    let errors = SignalSpy::new(server.peer_verify_error());
    let client = client_of(server, trusting());
    wait_until("connected", || client.is_valid());
    // As in Qt, who has none has no errors either.
    assert!(errors.is_empty());
    let client = client_of(server, with_identity(&Authority::new("Stranger").client));
    wait_until("connected", || client.is_valid());
    assert_eq!(errors.take()[0].kind(), SslErrorKind::UnableToGetLocalIssuerCertificate);
}

#[test]
fn a_slot_of_ssl_errors_may_delete_the_server() {
    let server = strict_server(PeerVerifyMode::VerifyPeer);
    server.ssl_errors().connect(move |_| server.delete());
    let client = client_of(server, trusting());
    wait_for_end(client);
    assert!(!server.is_alive());
}

#[test]
fn a_new_configuration_holds_for_new_connections() {
    let server = trusted_server();
    let first = client_of(server, trusting());
    wait_until("connected", || first.is_valid());
    let other = Identity::self_signed("127.0.0.1");
    server.set_ssl_configuration(other.configuration());
    let second = client_of(server, trusting());
    let errors = SignalSpy::new(second.ssl_errors());
    wait_for_end(second);
    assert_eq!(errors.take()[0][0].certificate(), Some(&other.certificate));
    assert!(first.is_valid());
}

// ---- ws and wss

#[test]
fn a_ws_client_of_a_wss_server_is_dropped_at_once() {
    let server = trusted_server();
    let client = WebSocket::new();
    client.open(server.server_url().as_str().replace("wss:", "ws:"));
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::RemoteHostClosed);
    assert!(!server.has_pending_connections());
}

#[test]
fn a_wss_client_of_a_ws_server_fails_at_once() {
    let server = echo_server();
    let bystander = Bystander::of(server);
    let errors = SignalSpy::new(server.server_error());
    let client = WebSocket::new();
    client.open(server.server_url().as_str().replace("ws:", "wss:"));
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::SslHandshakeFailed);
    assert_eq!(client.error_string(), "Error during SSL handshake: wrong version number");
    assert_eq!(errors.take(), [CloseCode::ProtocolError]);
    bystander.goes_on();
}

// ---- time

#[test]
fn a_server_that_does_not_answer_the_hello_is_given_up() {
    let clock = VirtualClock::install();
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url().replace("ws:", "wss:"));
    let _peer = listener.accept();
    settle();
    pass(&clock, Duration::from_secs(9));
    assert_eq!(client.state(), SocketState::Connecting);
    pass(&clock, Duration::from_secs(2));
    assert_eq!((client.state(), client.error()), (SocketState::Unconnected, SocketError::SocketTimeout));
}

/// `tst_QWebSocketServer::tst_handshakeTimeout`, encrypted
#[test]
fn clients_that_do_not_say_hello_are_dropped_and_a_real_one_gets_through() {
    let clock = VirtualClock::install();
    let server = trusted_server();
    server.set_handshake_timeout(Some(Duration::from_millis(500)));
    let mut silent: Vec<_> = (0..50).map(|_| Peer::connect(server)).collect();
    let client = client_of(server, trusting());
    wait_until("connected", || client.is_valid());
    pass(&clock, Duration::from_millis(450));
    assert!(silent.iter_mut().all(|peer| !peer.is_ended()));
    pass(&clock, Duration::from_millis(100));
    silent.iter_mut().for_each(Peer::expect_end);
    pass(&clock, Duration::from_secs(60));
    assert!(client.is_valid());
}

#[test]
fn a_server_without_a_certificate_refuses_everybody_and_says_so() {
    let server = server_with(SslConfiguration::new());
    let alerts = SignalSpy::new(server.alert_sent());
    let client = client_of(server, trusting());
    let heard = Rc::new(RefCell::new(Vec::new()));
    let list = heard.clone();
    client.alert_received().connect(move |(_, kind, _)| list.borrow_mut().push(kind));
    wait_for_end(client);
    assert_eq!(client.error(), SocketError::SslHandshakeFailed);
    assert_eq!(alerts.take()[0].1, AlertType::HANDSHAKE_FAILURE);
    assert_eq!(heard.take(), [AlertType::HANDSHAKE_FAILURE]);
}
