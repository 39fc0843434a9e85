//! TLS by pre-shared keys: between two of ours, and with the `openssl` command. For a build with the feature `openssl`; a
//! program of its own, because the TLS library is the whole process's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is how a test says what it needed"
)]

use std::cell::RefCell;
use std::env;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use slotwire::prelude::*;
use slotwire::websocket::protocol::accept_key;

const KEY: &[u8] = b"\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81";
const KEY_IN_HEX: &str = "1a2b3c4d5e6f7081";
const IDENTITY: &str = "Client_identity";
const VERSIONS: [SslProtocol; 2] = [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3];

/// What happened, on both sides.
type Log = Rc<RefCell<Vec<String>>>;

fn configuration(version: SslProtocol) -> SslConfiguration {
    assert!(SslSocket::set_active_backend("openssl"));
    let mut configuration = SslConfiguration::new();
    configuration.set_protocol(version);
    configuration
}

/// A server without a certificate, whose slot gives the key for an identity.
fn server(version: SslProtocol, log: &Log, key_for: fn(&[u8]) -> &'static [u8]) -> WebSocketServer {
    let server = WebSocketServer::new("", SslMode::Secure);
    let mut configuration = configuration(version);
    configuration.set_pre_shared_key_identity_hint("a hint");
    server.set_ssl_configuration(configuration);
    let note = noter("server", log);
    server.pre_shared_key_authentication_required().connect(move |authenticator| {
        assert_eq!(authenticator.identity_hint(), b"a hint");
        assert_eq!(authenticator.maximum_identity_length(), 0);
        note(format!("key for {}", String::from_utf8_lossy(&authenticator.identity())));
        authenticator.set_pre_shared_key(key_for(&authenticator.identity()));
    });
    let note = noter("server", log);
    server.alert_sent().connect(move |(level, kind, _)| note(format!("sent {level:?} {kind:?}")));
    let note = noter("server", log);
    server.alert_received().connect(move |(level, kind, _)| note(format!("received {level:?} {kind:?}")));
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server
}

/// A client whose slot gives that key, and which ignores that the server has no certificate.
fn client(version: SslProtocol, log: &Log, key: &'static [u8]) -> WebSocket {
    let client = WebSocket::new();
    client.set_ssl_configuration(configuration(version));
    let note = noter("client", log);
    client.pre_shared_key_authentication_required().connect(move |authenticator| {
        assert_eq!(authenticator.identity(), b"");
        assert!(authenticator.maximum_identity_length() >= 128);
        assert!(authenticator.maximum_pre_shared_key_length() >= 64);
        note("key".to_owned());
        authenticator.set_identity(IDENTITY);
        authenticator.set_pre_shared_key(key);
    });
    let note = noter("client", log);
    client.ssl_errors().connect(move |errors| {
        note(format!("errors {:?}", errors.iter().map(SslError::kind).collect::<Vec<_>>()));
        client.ignore_ssl_errors();
    });
    let note = noter("client", log);
    client.alert_sent().connect(move |(level, kind, _)| note(format!("sent {level:?} {kind:?}")));
    let note = noter("client", log);
    client.alert_received().connect(move |(level, kind, _)| note(format!("received {level:?} {kind:?}")));
    let note = noter("client", log);
    client.error_occurred().connect(move |error| note(format!("error {error:?}")));
    client
}

fn noter(who: &'static str, log: &Log) -> impl Fn(String) + 'static {
    let log = log.clone();
    move |what| log.borrow_mut().push(format!("{who}: {what}"))
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        if !Application::process_events() {
            thread::yield_now();
        }
    }
}

fn right_key(identity: &[u8]) -> &'static [u8] {
    if identity == IDENTITY.as_bytes() { KEY } else { b"" }
}

/// `tst_QWebSocketServer::tst_preSharedKey`
#[test]
fn both_sides_are_asked_once_and_the_connection_is_encrypted_by_the_key() {
    for version in VERSIONS {
        let log = Log::default();
        let server = server(version, &log, right_key);
        let client = client(version, &log, KEY);
        client.open(server.server_url());
        wait_until("connected", || client.is_valid() && server.has_pending_connections());
        let expected =
            ["client: key", "server: key for Client_identity", "client: errors [NoPeerCertificate]"];
        assert_eq!(log.take(), expected);
        let accepted = server.next_pending_connection().unwrap();
        for socket in [client, accepted] {
            let negotiated = socket.ssl_configuration();
            assert_eq!(negotiated.session_protocol(), Some(version));
            assert!(negotiated.peer_certificate().is_none());
        }
        if version == SslProtocol::TlsV1_2 {
            let cipher = client.ssl_configuration().session_cipher().unwrap().name().to_owned();
            assert_eq!(cipher, "ECDHE-PSK-CHACHA20-POLY1305");
        }
        let echo = SignalSpy::new(accepted.text_message_received());
        client.send_text_message("hello");
        wait_until("the text has arrived", || !echo.is_empty());
        server.delete();
        client.delete();
    }
}

#[test]
fn a_client_of_all_versions_may_be_asked_in_each() {
    for (version, times) in [(SslProtocol::TlsV1_2, 2), (SslProtocol::TlsV1_3, 1)] {
        let log = Log::default();
        let server = server(version, &log, right_key);
        let client = client(SslProtocol::SecureProtocols, &log, KEY);
        client.open(server.server_url());
        wait_until("connected", || client.is_valid());
        let asked = log.take().iter().filter(|entry| *entry == "client: key").count();
        assert_eq!(asked, times);
        server.delete();
        client.delete();
    }
}

#[test]
fn each_cipher_with_a_pre_shared_key_can_be_chosen() {
    assert!(SslSocket::set_active_backend("openssl"));
    let ciphers = SslConfiguration::supported_ciphers();
    for cipher in ciphers.into_iter().filter(|cipher| cipher.authentication_method() == "PSK") {
        let log = Log::default();
        let server = server(SslProtocol::TlsV1_2, &log, right_key);
        let client = client(SslProtocol::TlsV1_2, &log, KEY);
        let mut configuration = client.ssl_configuration();
        configuration.set_ciphers([cipher.clone()]);
        client.set_ssl_configuration(configuration);
        client.open(server.server_url());
        wait_until("connected", || client.is_valid());
        assert_eq!(client.ssl_configuration().session_cipher(), Some(&cipher));
        server.delete();
        client.delete();
    }
}

/// A connection that fails: what both sides noted about it.
fn failed(version: SslProtocol, clients: &'static [u8], servers: fn(&[u8]) -> &'static [u8]) -> Vec<String> {
    let log = Log::default();
    let server = server(version, &log, servers);
    let client = client(version, &log, clients);
    client.open(server.server_url());
    wait_until("the client has failed", || client.state() == SocketState::Unconnected);
    // The server may hear of it later.
    let seen = log.clone();
    wait_until("the server knows", || seen.borrow().iter().any(|entry| entry.starts_with("server: ")));
    for _ in 0..100 {
        Application::process_events();
    }
    server.delete();
    client.delete();
    let mut log = log.take();
    // The two sides' lists, each in its order.
    log.sort_by_key(|entry| entry.starts_with("server"));
    log
}

#[test]
fn a_wrong_key_is_told_by_an_alert() {
    let wrong: fn(&[u8]) -> &'static [u8] = |_| b"another key";
    let of_tls_1_2 = failed(SslProtocol::TlsV1_2, KEY, wrong);
    assert_eq!(
        of_tls_1_2,
        [
            "client: key",
            "client: received Fatal BAD_RECORD_MAC",
            "client: error SslHandshakeFailed",
            "server: key for Client_identity",
            "server: sent Fatal BAD_RECORD_MAC",
        ]
    );
    let of_tls_1_3 = failed(SslProtocol::TlsV1_3, KEY, wrong);
    assert_eq!(
        of_tls_1_3,
        [
            "client: key",
            "client: received Fatal ILLEGAL_PARAMETER",
            "client: error SslHandshakeFailed",
            "server: key for Client_identity",
            "server: sent Fatal ILLEGAL_PARAMETER",
        ]
    );
}

#[test]
fn without_a_key_there_is_no_connection() {
    let of_tls_1_2 = failed(SslProtocol::TlsV1_2, b"", right_key);
    assert_eq!(
        of_tls_1_2,
        [
            "client: key",
            "client: sent Fatal HANDSHAKE_FAILURE",
            "client: error SslHandshakeFailed",
            "server: received Fatal HANDSHAKE_FAILURE",
        ]
    );
    let of_tls_1_3 = failed(SslProtocol::TlsV1_3, b"", right_key);
    assert_eq!(
        of_tls_1_3,
        [
            "client: key",
            "client: received Fatal HANDSHAKE_FAILURE",
            "client: error SslHandshakeFailed",
            "server: sent Fatal HANDSHAKE_FAILURE",
        ]
    );
}

#[test]
fn an_identity_that_the_server_does_not_know_is_refused() {
    let none: fn(&[u8]) -> &'static [u8] = |_| b"";
    for (version, alert) in
        [(SslProtocol::TlsV1_2, "UNKNOWN_PSK_IDENTITY"), (SslProtocol::TlsV1_3, "HANDSHAKE_FAILURE")]
    {
        assert_eq!(
            failed(version, KEY, none),
            [
                "client: key".to_owned(),
                format!("client: received Fatal {alert}"),
                "client: error SslHandshakeFailed".to_owned(),
                "server: key for Client_identity".to_owned(),
                format!("server: sent Fatal {alert}"),
            ]
        );
    }
}

#[test]
fn a_server_without_a_certificate_is_an_error_unless_nobody_is_verified() {
    for version in VERSIONS {
        for (mode, is_accepted) in [
            (PeerVerifyMode::Auto, false),
            (PeerVerifyMode::VerifyPeer, false),
            (PeerVerifyMode::QueryPeer, true),
            (PeerVerifyMode::None, true),
        ] {
            let log = Log::default();
            let server = server(version, &log, right_key);
            let client = WebSocket::new();
            let mut configuration = configuration(version);
            configuration.set_peer_verify_mode(mode);
            client.set_ssl_configuration(configuration);
            client.pre_shared_key_authentication_required().connect(|authenticator| {
                authenticator.set_identity(IDENTITY);
                authenticator.set_pre_shared_key(KEY);
            });
            client.open(server.server_url());
            wait_until("decided", || client.state() != SocketState::Connecting);
            assert_eq!(client.is_valid(), is_accepted, "{mode:?}: {}", client.error_string());
            if !is_accepted {
                assert_eq!(client.error_string(), "The peer did not present any certificate");
            }
            server.delete();
            client.delete();
        }
    }
}

#[test]
fn a_slot_may_do_anything_to_its_socket() {
    type Deed = fn(WebSocket);
    let deeds: [(&str, Deed); 7] = [
        ("delete", |client| client.delete()),
        ("delete later", |client| client.delete_later()),
        ("abort", WebSocket::abort),
        ("close", WebSocket::close),
        ("open", |client| client.open("ws://127.0.0.1:1/")),
        ("a nested loop", |_| {
            Application::process_events();
        }),
        ("a nested loop that deletes", |client| {
            Application::invoke_later(move || client.delete());
            Application::process_events();
        }),
    ];
    for version in VERSIONS {
        for (what, deed) in deeds {
            let log = Log::default();
            let server = server(version, &log, right_key);
            let client = WebSocket::new();
            client.set_ssl_configuration(configuration(version));
            client.pre_shared_key_authentication_required().connect(move |authenticator| {
                authenticator.set_identity(IDENTITY);
                authenticator.set_pre_shared_key(KEY);
                deed(client);
            });
            client.open(server.server_url());
            wait_until(what, || !client.is_alive() || client.state() != SocketState::Connecting);
            client.delete();
            server.delete();
            for _ in 0..100 {
                Application::process_events();
            }
            assert_eq!(Application::dump_objects(), "", "{what}");
        }
    }
}

/// It must not unwind through C.
#[test]
fn a_panic_in_a_slot_comes_out_of_the_event_loop() {
    for version in VERSIONS {
        let log = Log::default();
        let server = server(version, &log, right_key);
        let client = WebSocket::new();
        client.set_ssl_configuration(configuration(version));
        client.pre_shared_key_authentication_required().connect(|_| panic!("in the slot"));
        client.open(server.server_url());
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            wait_until("it panics", || false);
        }));
        let panic = outcome.unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"in the slot"));
        client.delete();
        server.delete();
    }
}

#[test]
fn an_authenticator_prints_no_key() {
    let log = Log::default();
    let server = server(SslProtocol::TlsV1_3, &log, right_key);
    let client = client(SslProtocol::TlsV1_3, &log, KEY);
    client.pre_shared_key_authentication_required().connect(|authenticator| {
        authenticator.set_pre_shared_key("SECRET");
        let printed = format!("{authenticator:?}");
        assert!(printed.contains(IDENTITY) && !printed.contains("SECRET"), "{printed}");
        authenticator.set_pre_shared_key(KEY);
    });
    client.open(server.server_url());
    wait_until("connected", || client.is_valid());
}

// ---- the openssl command

/// A run of the `openssl` command, whose output is read while events are handled.
struct OpenSsl {
    process: Child,
    output: Receiver<u8>,
    received: Vec<u8>,
}

impl OpenSsl {
    /// `None`, and a line that says so, if there is no such command.
    fn start(arguments: &[&str]) -> Option<Self> {
        let mut command = Command::new("openssl");
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = match command.spawn() {
            Ok(process) => process,
            Err(error) if env::var_os("SLOTWIRE_INTEROP").is_some_and(|value| value == "required") => {
                panic!("openssl: {error}")
            }
            Err(error) => {
                let _ = writeln!(io::stderr(), "left out: the openssl command ({error})");
                return None;
            }
        };
        let mut stdout = process.stdout.take().unwrap();
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut byte = [0];
            while stdout.read_exact(&mut byte).is_ok() && sender.send(byte[0]).is_ok() {}
        });
        Some(Self { process, output, received: Vec::new() })
    }

    fn write(&mut self, bytes: &[u8]) {
        let stdin = self.process.stdin.as_mut().unwrap();
        stdin.write_all(bytes).unwrap();
        stdin.flush().unwrap();
    }

    /// What it has written up to and with `end`.
    #[track_caller]
    fn read_until(&mut self, end: &[u8]) -> Vec<u8> {
        wait_until("openssl says something", || {
            self.received.extend(self.output.try_iter());
            self.received.windows(end.len()).any(|part| part == end)
        });
        let at = self.received.windows(end.len()).position(|part| part == end).unwrap() + end.len();
        self.received.drain(..at).collect()
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn our_client_and_openssls_server_share_a_key() {
    for (version, option, hint) in
        [(SslProtocol::TlsV1_2, "-tls1_2", "their hint"), (SslProtocol::TlsV1_3, "-tls1_3", "")]
    {
        let arguments = ["s_server", "-accept", "127.0.0.1:0", "-nocert", option];
        let psk = ["-psk", KEY_IN_HEX, "-psk_identity", IDENTITY, "-psk_hint", "their hint"];
        let Some(mut theirs) = OpenSsl::start(&[&arguments[..], &psk[..]].concat()) else { return };
        theirs.read_until(b"ACCEPT 127.0.0.1:");
        let port = String::from_utf8(theirs.read_until(b"\n")).unwrap();

        let log = Log::default();
        let client = client(version, &log, KEY);
        client.pre_shared_key_authentication_required().connect(move |authenticator| {
            assert_eq!(authenticator.identity_hint(), hint.as_bytes());
        });
        client.open(format!("wss://127.0.0.1:{}/", port.trim()));
        theirs.read_until(b"Sec-WebSocket-Key: ");
        let key = String::from_utf8(theirs.read_until(b"\r\n")).unwrap();
        theirs.read_until(b"\r\n\r\n");
        let accept = String::from_utf8(accept_key(key.trim()).to_vec()).unwrap();
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        theirs.write(response.as_bytes());
        wait_until("connected", || client.is_valid());
        assert_eq!(log.take(), ["client: key", "client: errors [NoPeerCertificate]"]);
        client.delete();
    }
}

#[test]
fn openssls_client_and_our_server_share_a_key() {
    for (version, option) in [(SslProtocol::TlsV1_2, "-tls1_2"), (SslProtocol::TlsV1_3, "-tls1_3")] {
        let log = Log::default();
        let server = server(version, &log, right_key);
        let address = format!("127.0.0.1:{}", server.server_port());
        let arguments = ["s_client", "-connect", &address, "-quiet", option];
        let psk = ["-psk", KEY_IN_HEX, "-psk_identity", IDENTITY];
        let Some(mut theirs) = OpenSsl::start(&[&arguments[..], &psk[..]].concat()) else { return };
        theirs.write(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        );
        let answer = theirs.read_until(b"\r\n\r\n");
        assert!(answer.starts_with(b"HTTP/1.1 101 "));
        assert_eq!(log.take(), ["server: key for Client_identity"]);
        wait_until("a connection is pending", || server.has_pending_connections());
        server.next_pending_connection().unwrap().send_text_message("hello");
        theirs.read_until(b"\x81\x05hello");
        server.delete();
    }
}
