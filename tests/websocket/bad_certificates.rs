//! Certificates that are not as they should be, on either side: a clear error, and nothing at all on other connections.

use slotwire::prelude::*;

use crate::identity::{Authority, Identity, echo_server, expired, not_yet_valid, secure_server};
use crate::support::{settle, wait_for_end, wait_until};

/// What a client comes to that was given these certificates: what was wrong, error and text.
struct Refusal {
    peer_verify_errors: Vec<SslError>,
    ssl_errors: Vec<SslError>,
    error: SocketError,
    text: String,
}

/// Connects a client of that authority to a server of that identity.
#[track_caller]
fn refusal(authority: &Authority, identity: &Identity) -> Refusal {
    let server = secure_server(identity.configuration());
    let client = authority.client();
    let one_by_one = SignalSpy::new(client.peer_verify_error());
    let all = SignalSpy::new(client.ssl_errors());
    let errors = SignalSpy::new(client.error_occurred());
    client.open(server.server_url());
    wait_until("the client has an error", || !errors.is_empty());
    wait_for_end(client);
    settle();
    assert!(!server.has_pending_connections());
    assert_eq!((all.len(), errors.len()), (1, 1));
    let refusal = Refusal {
        peer_verify_errors: one_by_one.take(),
        ssl_errors: all.take_first().unwrap(),
        error: client.error(),
        text: client.error_string(),
    };
    client.delete();
    server.delete();
    refusal
}

fn kinds(errors: &[SslError]) -> Vec<SslErrorKind> {
    errors.iter().map(SslError::kind).collect()
}

/// RFC 5280 §6.1: any path to a trusted root will do. In either order: the first issuer that is sent is not the only one.
#[test]
fn a_server_that_sends_an_expired_intermediate_beside_the_renewed_one_is_connected_to() {
    let authority = Authority::new();
    let key = rcgen::KeyPair::generate().unwrap();
    let (old, renewed) = (authority.intermediate(&key, expired), authority.intermediate(&key, |_| {}));
    let leaf = renewed.issue();
    let [old, renewed] = [old, renewed].map(|intermediate| intermediate.certificate);
    for others in [[old.clone(), renewed.clone()], [renewed, old.clone()]] {
        let mut configuration = leaf.configuration();
        configuration.set_local_certificate_chain([leaf.certificate.clone()].into_iter().chain(others));
        let server = secure_server(configuration);
        let client = authority.client();
        let errors = SignalSpy::new(client.ssl_errors());
        let one_by_one = SignalSpy::new(client.peer_verify_error());
        client.open(server.server_url());
        wait_until("the client is connected", || client.is_valid());
        assert_eq!((errors.len(), one_by_one.len()), (0, 0));
        client.delete();
        server.delete();
    }

    // Alone, the expired one leads nowhere.
    let mut configuration = leaf.configuration();
    configuration.set_local_certificate_chain([leaf.certificate.clone(), old]);
    let server = secure_server(configuration);
    let client = authority.client();
    let errors = SignalSpy::new(client.ssl_errors());
    client.open(server.server_url());
    wait_until("the client has errors", || !errors.is_empty());
    assert_eq!(kinds(&errors.take_first().unwrap()), [SslErrorKind::CertificateExpired]);
    client.delete();
    server.delete();
}

#[test]
fn a_client_refuses_every_bad_certificate_and_says_why() {
    use SslErrorKind::*;

    let (authority, other) = (Authority::new(), Authority::new());
    let here = ["127.0.0.1"];
    let cases = [
        (Identity::self_signed(&here, |_| {}), vec![SelfSignedCertificate]),
        (Identity::self_signed(&here, expired), vec![SelfSignedCertificate, CertificateExpired]),
        (authority.issue_for(&here, expired), vec![CertificateExpired]),
        (authority.issue_for(&here, not_yet_valid), vec![CertificateNotYetValid]),
        (authority.issue_for(&["other.example"], |_| {}), vec![HostNameMismatch]),
        (authority.issue_for(&["*"], |_| {}), vec![HostNameMismatch]),
        (
            other.issue_for(&here, |_| {}),
            vec![UnableToGetLocalIssuerCertificate, UnableToVerifyFirstCertificate],
        ),
        (
            Identity::self_signed(&["other.example"], expired),
            vec![HostNameMismatch, SelfSignedCertificate, CertificateExpired],
        ),
        (
            authority.issue_for(&here, |params| {
                params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
            }),
            vec![InvalidPurpose],
        ),
    ];
    for (identity, expected) in cases {
        let refusal = refusal(&authority, &identity);
        assert_eq!(kinds(&refusal.ssl_errors), expected);
        assert_eq!(refusal.error, SocketError::SslHandshakeFailed);
        // The first of the list says what it is.
        assert_eq!(refusal.text, refusal.ssl_errors[0].to_string());
        assert!(refusal.ssl_errors.iter().all(|error| error.certificate() == Some(&identity.certificate)));
        // One by one they come in the order in which they are found: the name is looked at last.
        let mut one_by_one = kinds(&refusal.peer_verify_errors);
        one_by_one.rotate_right(usize::from(expected[0] == HostNameMismatch));
        assert_eq!(one_by_one, expected);
    }
}

#[test]
fn who_refuses_a_server_leaves_its_other_clients_alone() {
    let authority = Authority::new();
    let server = authority.echo_server();
    let bystander = authority.bystander(server);
    for _ in 0..3 {
        let stranger = WebSocket::new();
        stranger.set_ssl_configuration(Authority::new().configuration());
        stranger.open(server.server_url());
        wait_until("the stranger has an error", || stranger.error() == SocketError::SslHandshakeFailed);
        wait_for_end(stranger);
        bystander.goes_on();
        stranger.delete();
    }
}

#[test]
fn a_client_with_a_key_that_is_not_its_certificates_says_so() {
    let authority = Authority::new();
    let server = authority.echo_server();
    let bystander = authority.bystander(server);
    let client = authority.client();
    let mut configuration = client.ssl_configuration();
    configuration.set_local_certificate(authority.issue().certificate);
    configuration.set_private_key(authority.issue().key);
    client.set_ssl_configuration(configuration);
    let errors = SignalSpy::new(client.error_occurred());
    client.open(server.server_url());
    wait_until("the client has an error", || !errors.is_empty());
    assert_eq!(client.error(), SocketError::SslInvalidUserData);
    assert!(client.error_string().contains("key"), "{}", client.error_string());
    bystander.goes_on();
}

#[test]
fn a_server_that_verifies_refuses_clients_without_and_with_bad_certificates() {
    use SslErrorKind::*;

    let (authority, other) = (Authority::new(), Authority::new());
    let mut configuration = authority.issue().configuration();
    configuration.set_ca_certificates([authority.certificate.clone()]);
    configuration.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
    let server = echo_server(configuration);
    let errors = SignalSpy::new(server.ssl_errors());
    let with = |identity: Option<&Identity>| {
        let client = authority.client();
        if let Some(identity) = identity {
            let mut configuration = client.ssl_configuration();
            configuration.set_local_certificate(identity.certificate.clone());
            configuration.set_private_key(identity.key.clone());
            client.set_ssl_configuration(configuration);
        }
        client.open(server.server_url());
        client
    };
    let known = crate::support::Bystander::connecting(with(Some(&authority.issue())));
    let cases = [
        (None, vec![NoPeerCertificate]),
        (Some(Identity::self_signed(&["eve"], |_| {})), vec![SelfSignedCertificate]),
        (Some(authority.issue_for(&["ada"], expired)), vec![CertificateExpired]),
        (Some(other.issue()), vec![UnableToGetLocalIssuerCertificate, UnableToVerifyFirstCertificate]),
        (
            Some(authority.issue_for(&["ada"], |params| {
                params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
            })),
            vec![InvalidPurpose],
        ),
    ];
    for (identity, expected) in cases {
        let client = with(identity.as_ref());
        let end = SignalSpy::new(client.error_occurred());
        wait_until("the client has an error", || !end.is_empty());
        wait_for_end(client);
        wait_until("the server has looked at it", || !errors.is_empty());
        assert_eq!(kinds(&errors.take_first().unwrap()), expected);
        known.goes_on();
        client.delete();
    }
}
