//! `wss`: what is encrypted.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use slotwire::prelude::*;

use crate::identity::{Authority, Identity, secure_server};
use crate::journal::Journal;
use crate::peer::{Peer, PeerListener, response_to};
use crate::support::{Bystander, accepted_socket, echo_server, pass, settle, wait_for_end, wait_until};

/// An authority that clients trust, and what it has issued.
pub(crate) struct Trusted {
    pub(crate) authority: Authority,
    pub(crate) server: Identity,
    pub(crate) client: Identity,
}

pub(crate) fn trusted() -> &'static Trusted {
    static TRUSTED: OnceLock<Trusted> = OnceLock::new();
    TRUSTED.get_or_init(|| {
        let authority = Authority::new();
        let (server, client) = (authority.issue(), authority.issue_for(&["client"], |_| {}));
        Trusted { authority, server, client }
    })
}

pub(crate) fn trusted_server() -> WebSocketServer {
    secure_server(trusted().server.configuration())
}

/// What a client needs to trust the tests' authority, and nobody else.
pub(crate) fn trusting() -> SslConfiguration {
    trusted().authority.configuration()
}

pub(crate) fn client_of(server: WebSocketServer, configuration: SslConfiguration) -> WebSocket {
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
    let identity = &trusted().server;
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
    assert_eq!(configuration.peer_certificate(), Some(&trusted().server.certificate));
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
        let mut configuration = trusted().server.configuration();
        configuration.set_protocol(server);
        let server = secure_server(configuration);
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
