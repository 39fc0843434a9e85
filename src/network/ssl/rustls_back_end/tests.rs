//! Tests of this back end alone: updates of keys (RFC 8446 §4.6.3), which change what is written past rustls; and that its checks
//! of certificates, which record only, accept nobody on their own.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::client::UnbufferedClientConnection;
use rustls::crypto::CipherSuiteCommon;
use rustls::{ClientConfig, ClientConnection, SupportedCipherSuite, Tls12CipherSuite, Tls13CipherSuite};

use super::call::{Call, Handshake};
use super::configuration::Setup;
use super::session::Session;
use super::verifier::Verifier;
use super::{alert_tap, configuration, provider, server_name};
use crate::network::ssl::SslProtocol;
use crate::network::ssl::back_end;
use crate::network::ssl::back_end::tests::{Pair, Side, client, server};
use crate::network::ssl::session::TlsProgress;

/// rustls itself, with its buffers, and what it received.
struct Peer {
    connection: ClientConnection,
    received: Vec<u8>,
    verifier: Arc<Verifier>,
}

impl Peer {
    /// Sends what it has, and takes what comes of that.
    fn exchange(&mut self, server: &mut Side, from_server: &[u8]) {
        let (mut from_server, mut from_peer) = (from_server.to_vec(), Vec::new());
        loop {
            let mut rest = &from_server[..];
            // Its certificate checks need a session to report to.
            let handshake =
                Handshake { host: "localhost".to_owned(), ..Handshake::new(self.verifier.clone()) };
            let mut call = Call { handshake: Some(Box::new(handshake)), ..Call::default() };
            call.during(|| {
                while !rest.is_empty() {
                    self.connection.read_tls(&mut rest).unwrap();
                    self.connection.process_new_packets().unwrap();
                    // It blocks when it has read all.
                    let _ = self.connection.reader().read_to_end(&mut self.received);
                }
            });
            while self.connection.wants_write() {
                self.connection.write_tls(&mut from_peer).unwrap();
            }
            if from_peer.is_empty() {
                break;
            }
            from_server = server.take(&std::mem::take(&mut from_peer));
        }
    }
}

#[test]
fn without_a_session_nobody_is_accepted() {
    for version in [SslProtocol::TlsV1_2, SslProtocol::TlsV1_3] {
        let config = configuration::client(client(version).settings()).unwrap().config;
        let mut peer = ClientConnection::new(config, server_name("localhost")).unwrap();
        let mut server = Side::new(back_end::server(server().settings()));
        let mut hello = Vec::new();
        peer.write_tls(&mut hello).unwrap();
        let answer = server.take(&hello);
        let mut rest = &answer[..];
        let mut is_refused = false;
        while !rest.is_empty() && !is_refused {
            peer.read_tls(&mut rest).unwrap();
            is_refused = peer.process_new_packets().is_err();
        }
        assert!(is_refused && peer.is_handshaking());
    }
}

#[test]
fn a_peer_may_ask_for_new_keys_at_any_time() {
    let Setup { config, verifier } = configuration::client(client(SslProtocol::TlsV1_3).settings()).unwrap();
    let connection = ClientConnection::new(config, server_name("localhost")).unwrap();
    let mut peer = Peer { connection, received: Vec::new(), verifier };
    let mut server = Side::new(back_end::server(server().settings()));
    peer.exchange(&mut server, &[]);
    for round in 0..5 {
        peer.connection.refresh_traffic_keys().unwrap();
        peer.connection.writer().write_all(b"with new keys").unwrap();
        peer.exchange(&mut server, &[]);
        assert_eq!(std::mem::take(&mut server.received), b"with new keys");
        // The answer to it comes with the next data, before it.
        let mut answer = server.send(&[round; 40_000]);
        answer.extend(server.send(&[round; 10]));
        peer.exchange(&mut server, &answer);
        assert!(std::mem::take(&mut peer.received) == [round; 40_010]);
    }
    assert!(server.is_open());
}

/// The settings of a client, with keys that are good for a few records only.
fn with_few_records(version: SslProtocol, records: u64) -> Setup<ClientConfig> {
    let common = |of: &CipherSuiteCommon| CipherSuiteCommon {
        suite: of.suite,
        hash_provider: of.hash_provider,
        confidentiality_limit: records,
    };
    let mut provider = rustls::crypto::CryptoProvider::clone(&provider::unwatched());
    for suite in &mut provider.cipher_suites {
        *suite = alert_tap::watched(match *suite {
            SupportedCipherSuite::Tls12(own) => {
                SupportedCipherSuite::Tls12(Box::leak(Box::new(Tls12CipherSuite {
                    common: common(&own.common),
                    prf_provider: own.prf_provider,
                    kx: own.kx,
                    sign: own.sign,
                    aead_alg: own.aead_alg,
                })))
            }
            SupportedCipherSuite::Tls13(own) => {
                SupportedCipherSuite::Tls13(Box::leak(Box::new(Tls13CipherSuite {
                    common: common(&own.common),
                    hkdf_provider: own.hkdf_provider,
                    aead_alg: own.aead_alg,
                    quic: None,
                })))
            }
        });
    }
    configuration::client_with(client(version).settings(), Arc::new(provider)).unwrap()
}

fn pair_with_few_records(version: SslProtocol, records: u64) -> Pair {
    let Setup { config, verifier } = with_few_records(version, records);
    let connection = UnbufferedClientConnection::new(config, server_name("localhost")).unwrap();
    let handshake = Handshake { host: "localhost".to_owned(), ..Handshake::new(verifier) };
    let mut pair = Pair::new(&client(version), &server());
    pair.client = Side::new(Ok(Box::new(Session::new(connection, handshake))));
    pair.run();
    assert!(pair.client.is_open() && pair.server.is_open());
    pair
}

#[test]
fn keys_are_updated_before_they_have_encrypted_too_much() {
    let mut pair = pair_with_few_records(SslProtocol::TlsV1_3, 5);
    let mut sent = Vec::new();
    for round in 0..40_u8 {
        let data = vec![round; if round % 3 == 0 { 40_000 } else { 7 }];
        sent.extend_from_slice(&data);
        pair.to_server = pair.client.send(&data);
        pair.run();
    }
    assert!(pair.server.received == sent);
    assert!(pair.client.is_open() && pair.server.is_open());
    // Behind the answers of the other side as well.
    let bytes = pair.server.send(b"still here");
    pair.client.take(&bytes);
    assert_eq!(pair.client.received, b"still here");
}

/// TLS 1.2 has no new keys without a new handshake.
#[test]
fn a_connection_of_tls_1_2_ends_when_its_key_has_encrypted_enough() {
    let mut pair = pair_with_few_records(SslProtocol::TlsV1_2, 5);
    let mut bytes = Vec::new();
    for _ in 0..10 {
        bytes.extend(pair.client.send(b"data"));
    }
    pair.server.take(&bytes);
    assert!(pair.server.received.len() < 40 && !pair.server.received.is_empty());
    assert!(matches!(pair.server.progress, TlsProgress::PeerClosed));
    pair.client.take(&[]);
    assert_eq!(*pair.client.log.borrow(), ["sent Warning CLOSE_NOTIFY"]);
    assert_eq!(pair.client.failure().unwrap().0, crate::SocketError::SslInternal);
}
