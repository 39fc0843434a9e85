//! Peers and programs that hope that an earlier session lets them in: each connection is judged anew, whether it resumes one
//! or not. OpenSSL resumes none here, and has to judge alike.

use std::time::{Duration, SystemTime};

use slotwire::prelude::*;

use crate::identity::{Authority, Identity, secure_server};
use crate::support::{accepted_socket, settle, wait_for_end, wait_until};

const PROTOCOLS: [SslProtocol; 2] = [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3];

/// Whether the back end resumes sessions at all.
fn resumes() -> bool {
    SslSocket::active_backend() == "rustls"
}

/// What became of a connection.
#[derive(Debug, PartialEq)]
enum Outcome {
    Open { is_resumed: bool },
    Refused,
}

const NEW: Outcome = Outcome::Open { is_resumed: false };

fn resumed() -> Outcome {
    Outcome::Open { is_resumed: resumes() }
}

/// Connects by that name, and ends the connection again when both sides have what they need for another one.
#[track_caller]
fn connect_to(server: WebSocketServer, host: &str, configuration: &SslConfiguration) -> Outcome {
    let client = WebSocket::new();
    client.set_ssl_configuration(configuration.clone());
    client.open(format!("wss://{host}:{}/", server.server_port()));
    wait_until("decided", || client.is_valid() || client.error() != SocketError::Unknown);
    // In TLS 1.3 a client is open before the server has judged it.
    settle();
    if !client.is_valid() {
        assert!(!server.has_pending_connections(), "it is refused, and waits to be served");
        client.delete();
        return Outcome::Refused;
    }
    let accepted = accepted_socket(server);
    let greetings = SignalSpy::new(client.text_message_received());
    accepted.send_text_message("welcome");
    wait_until("the greeting has come, and tickets with it", || !greetings.is_empty());
    let is_resumed = client.ssl_configuration().is_session_resumed();
    assert_eq!(accepted.ssl_configuration().is_session_resumed(), is_resumed);
    accepted.delete();
    wait_for_end(client);
    client.delete();
    Outcome::Open { is_resumed }
}

#[track_caller]
fn connect(server: WebSocketServer, configuration: &SslConfiguration) -> Outcome {
    connect_to(server, "localhost", configuration)
}

fn speaking(protocol: SslProtocol, mut configuration: SslConfiguration) -> SslConfiguration {
    configuration.set_protocol(protocol);
    configuration
}

fn with_mode(configuration: &SslConfiguration, mode: PeerVerifyMode) -> SslConfiguration {
    let mut changed = configuration.clone();
    changed.set_peer_verify_mode(mode);
    changed
}

/// A server that demands certificates of that authority.
fn demanding(authority: &Authority) -> SslConfiguration {
    let mut configuration = authority.issue().configuration();
    configuration.set_ca_certificates([authority.certificate.clone()]);
    with_mode(&configuration, PeerVerifyMode::VerifyPeer)
}

/// A client with that identity, which trusts that authority.
fn client_with(identity: &Identity, authority: &Authority) -> SslConfiguration {
    let mut configuration = identity.configuration();
    configuration.set_ca_certificates([authority.certificate.clone()]);
    configuration
}

// ---- another host

#[test]
fn a_session_with_one_host_is_no_good_for_another() {
    let authority = Authority::new();
    for protocol in PROTOCOLS {
        let server = secure_server(authority.issue_for(&["localhost"], |_| {}).configuration());
        let client = speaking(protocol, authority.configuration());
        assert_eq!(connect(server, &client), NEW);
        assert_eq!(connect(server, &client), resumed());
        for other in ["127.0.0.1", "evil.localhost.test"] {
            let _pinned = HostInfo::pin(other, &[HostAddress::LocalHost]);
            assert_eq!(connect_to(server, other, &client), Outcome::Refused, "{other}");
        }
    }
}

#[test]
fn a_session_with_one_server_is_no_good_at_another_of_its_name() {
    let authority = Authority::new();
    for protocol in PROTOCOLS {
        let good = secure_server(authority.issue().configuration());
        let evil = secure_server(Identity::self_signed(&["localhost"], |_| {}).configuration());
        let client = speaking(protocol, authority.configuration());
        assert_eq!(connect(good, &client), NEW);
        assert_eq!(connect(evil, &client), Outcome::Refused);
        // A server that others speak for: where it was, there is another one.
        assert_eq!(connect(good, &client), resumed());
        good.set_ssl_configuration(Identity::self_signed(&["localhost"], |_| {}).configuration());
        assert_eq!(connect(good, &client), Outcome::Refused);
    }
}

// ---- others are trusted

#[test]
fn a_client_that_trusts_others_now_does_not_go_on_with_a_session() {
    let (authority, other) = (Authority::new(), Authority::new());
    for protocol in PROTOCOLS {
        let server = secure_server(authority.issue().configuration());
        let mut client = speaking(protocol, authority.configuration());
        assert_eq!(connect(server, &client), NEW);
        assert_eq!(connect(server, &client), resumed());
        client.set_ca_certificates([other.certificate.clone()]);
        assert_eq!(connect(server, &client), Outcome::Refused);
        client.set_ca_certificates([authority.certificate.clone()]);
        assert_eq!(connect(server, &client), NEW);
    }
}

#[test]
fn a_server_that_trusts_others_now_does_not_go_on_with_a_session() {
    let (authority, other) = (Authority::new(), Authority::new());
    let identity = authority.issue_for(&["client"], |_| {});
    for protocol in PROTOCOLS {
        let mut configuration = demanding(&authority);
        let server = secure_server(configuration.clone());
        let client = speaking(protocol, client_with(&identity, &authority));
        assert_eq!(connect(server, &client), NEW);
        assert_eq!(connect(server, &client), resumed());
        configuration.set_ca_certificates([other.certificate.clone()]);
        server.set_ssl_configuration(configuration);
        assert_eq!(connect(server, &client), Outcome::Refused);
        assert_eq!(connect(server, &client), Outcome::Refused);
    }
}

// ---- it is verified now

#[test]
fn a_client_that_verifies_now_does_not_go_on_with_what_it_did_not_verify() {
    let authority = Authority::new();
    for protocol in PROTOCOLS {
        for mode in [PeerVerifyMode::None, PeerVerifyMode::QueryPeer] {
            let server = secure_server(Identity::self_signed(&["localhost"], |_| {}).configuration());
            let lax = with_mode(&speaking(protocol, authority.configuration()), mode);
            assert_eq!(connect(server, &lax), NEW);
            assert_eq!(connect(server, &lax), resumed());
            assert_eq!(connect(server, &with_mode(&lax, PeerVerifyMode::VerifyPeer)), Outcome::Refused);
        }
    }
}

#[test]
fn a_server_that_verifies_now_does_not_go_on_with_what_it_did_not_verify() {
    let authority = Authority::new();
    let stranger = Authority::new().issue_for(&["client"], |_| {});
    for protocol in PROTOCOLS {
        for mode in [PeerVerifyMode::None, PeerVerifyMode::QueryPeer] {
            for client in [authority.configuration(), client_with(&stranger, &authority)] {
                let client = speaking(protocol, client);
                let strict = demanding(&authority);
                let server = secure_server(with_mode(&strict, mode));
                assert_eq!(connect(server, &client), NEW);
                assert_eq!(connect(server, &client), resumed());
                server.set_ssl_configuration(strict);
                assert_eq!(connect(server, &client), Outcome::Refused);
            }
        }
    }
}

#[test]
fn what_was_ignored_once_has_to_be_ignored_again() {
    let authority = Authority::new();
    for protocol in PROTOCOLS {
        let server = secure_server(Identity::self_signed(&["localhost"], |_| {}).configuration());
        let strict = speaking(protocol, authority.configuration());
        let client = WebSocket::new();
        client.set_ssl_configuration(strict.clone());
        let once = client.ssl_errors().connect(move |_| client.ignore_ssl_errors());
        client.open(format!("wss://localhost:{}/", server.server_port()));
        wait_until("connected", || client.is_valid());
        let accepted = accepted_socket(server);
        let greetings = SignalSpy::new(client.text_message_received());
        accepted.send_text_message("welcome");
        wait_until("tickets have come", || !greetings.is_empty());
        accepted.delete();
        wait_for_end(client);
        once.disconnect();
        client.open(format!("wss://localhost:{}/", server.server_port()));
        wait_for_end(client);
        assert_eq!(client.error(), SocketError::SslHandshakeFailed);
        assert_eq!(connect(server, &strict), Outcome::Refused);
        settle();
        assert!(!server.has_pending_connections());
    }
}

// ---- it has expired since

/// Calls that with certificates which expire soon, until it says that they were good for long enough; then waits until they
/// have expired.
fn while_valid<T>(mut begin: impl FnMut(&dyn Fn(&mut rcgen::CertificateParams)) -> Option<T>) -> T {
    for seconds in [1, 2, 4, 8, 16, 32] {
        let end = SystemTime::now() + Duration::from_secs(seconds);
        if let Some(begun) = begin(&move |params| params.not_after = end.into()) {
            wait_until("they have expired", || SystemTime::now() > end + Duration::from_secs(1));
            return begun;
        }
    }
    panic!("the machine is too slow");
}

#[test]
fn a_certificate_that_has_expired_since_is_refused_on_both_sides() {
    let authority = Authority::new();
    let strict = demanding(&authority);
    let lasting = authority.issue_for(&["client"], |_| {});
    let begun = while_valid(|expires| {
        let mut begun = Vec::new();
        for protocol in PROTOCOLS {
            let fleeting = authority.issue_for(&["localhost"], expires);
            let server = secure_server(fleeting.configuration());
            begun.push((server, speaking(protocol, authority.configuration())));
            let fleeting = authority.issue_for(&["client"], expires);
            begun.push((
                secure_server(strict.clone()),
                speaking(protocol, client_with(&fleeting, &authority)),
            ));
        }
        let were_valid = begun
            .iter()
            .all(|(server, client)| connect(*server, client) == NEW && connect(*server, client) == resumed());
        were_valid.then_some(begun)
    });
    for (server, client) in begun {
        assert_eq!(connect(server, &client), Outcome::Refused);
    }
    // The others are as good as ever.
    let server = secure_server(strict);
    assert_eq!(connect(server, &client_with(&lasting, &authority)), NEW);
}

// ---- certificates that change between connections

#[test]
fn a_client_that_changes_its_certificate_is_not_taken_for_who_it_was() {
    let authority = Authority::new();
    let [ada, kurt] = ["ada", "kurt"].map(|name| authority.issue_for(&[name], |_| {}));
    for protocol in PROTOCOLS {
        let strict = demanding(&authority);
        let server = secure_server(with_mode(&strict, PeerVerifyMode::QueryPeer));
        let client = WebSocket::new();
        let mut nobody = speaking(protocol, authority.configuration());
        nobody.set_local_certificate_chain([]);
        let [as_ada, as_kurt] =
            [&ada, &kurt].map(|identity| speaking(protocol, client_with(identity, &authority)));
        for (configuration, expected) in [
            (&as_ada, Some(&ada)),
            (&as_ada, Some(&ada)),
            (&as_kurt, Some(&kurt)),
            (&nobody, None),
            (&as_ada, Some(&ada)),
        ] {
            client.set_ssl_configuration(configuration.clone());
            client.open(server.server_url());
            wait_until("connected", || client.is_valid());
            let accepted = accepted_socket(server);
            let known = accepted.ssl_configuration().peer_certificate().cloned();
            assert_eq!(known.as_ref(), expected.map(|identity| &identity.certificate));
            accepted.delete();
            wait_for_end(client);
        }
    }
}

#[test]
fn a_server_that_changes_its_certificate_shows_the_new_one_and_keeps_its_connections() {
    let authority = Authority::new();
    let [first, second] = [(); 2].map(|()| authority.issue());
    for protocol in PROTOCOLS {
        let server = secure_server(first.configuration());
        let configuration = speaking(protocol, authority.configuration());
        let connected = || {
            let client = WebSocket::new();
            client.set_ssl_configuration(configuration.clone());
            client.open(server.server_url());
            wait_until("connected", || client.is_valid());
            (client, accepted_socket(server))
        };
        let shown = |client: WebSocket| client.ssl_configuration().peer_certificate().cloned().unwrap();
        let (old, accepted) = connected();
        server.set_ssl_configuration(second.configuration());
        let (new, _) = connected();
        assert_eq!(shown(old), first.certificate);
        assert_eq!(shown(new), second.certificate);
        let messages = SignalSpy::new(old.text_message_received());
        accepted.send_text_message("still there?");
        wait_until("the old connection goes on", || !messages.is_empty());
        server.delete();
    }
}
