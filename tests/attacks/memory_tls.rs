//! Memory under TLS: a peer pays for the records that it has sent, whole or not, and for no more.

use std::io::{Read, Write};
use std::sync::Arc;

use allocation_counter::measure;
use rcgen::{BasicConstraints, CertificateParams, GeneralSubtree, IsCa, KeyPair, NameConstraints, SanType};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection};
use slotwire::prelude::*;

use crate::identity::{Authority, secure_server};
use crate::memory::{KIB, MIB, allowed, header, receive_only};
use crate::peer::{Peer, PeerListener, REQUEST, response_to};
use crate::support::{frame, settle, wait_until};

/// A peer that speaks TLS, and whose every byte is the test's.
struct TlsPeer {
    peer: Peer,
    tls: Connection,
}

impl TlsPeer {
    /// Does the handshakes.
    fn open(peer: Peer, tls: Connection) -> Self {
        let is_client = peer.is_client;
        let mut this = Self { peer, tls };
        if is_client {
            this.tls.writer().write_all(REQUEST.as_bytes()).unwrap();
        }
        let mut head = String::new();
        wait_until("there is a head", || {
            this.pump();
            let _ = this.tls.reader().read_to_string(&mut head);
            head.ends_with("\r\n\r\n")
        });
        if !is_client {
            this.tls.writer().write_all(response_to(&head).as_bytes()).unwrap();
        }
        // What there is once for all connections.
        let message = this.records(&frame(0x82, &[7; 100], is_client));
        this.peer.send(message);
        settle();
        this
    }

    fn pump(&mut self) {
        let received = self.peer.take_received();
        let mut input = &received[..];
        while !input.is_empty() {
            self.tls.read_tls(&mut input).unwrap();
            self.tls.process_new_packets().unwrap();
        }
        let output = self.output();
        self.peer.send(output);
    }

    fn output(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut output).unwrap();
        }
        output
    }

    /// These bytes, encrypted.
    fn records(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut records = Vec::new();
        for part in bytes.chunks(16 * KIB) {
            self.tls.writer().write_all(part).unwrap();
            records.extend(self.output());
        }
        records
    }
}

fn der(certificate: &SslCertificate) -> CertificateDer<'static> {
    certificate.to_der().to_vec().into()
}

/// The peer of a server that the authority has issued a certificate to.
fn client_peer(authority: &Authority, server: WebSocketServer) -> TlsPeer {
    let mut roots = RootCertStore::empty();
    roots.add(der(&authority.certificate)).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let tls = ClientConnection::new(Arc::new(config), name).unwrap();
    TlsPeer::open(Peer::connect(server), tls.into())
}

/// Both roles: a server's peer, and a client's.
fn peers() -> [TlsPeer; 2] {
    let authority = Authority::new();
    let identity = authority.issue();
    let server = secure_server(identity.configuration());
    server.new_connection().connect(move |()| receive_only(server.next_pending_connection().unwrap()));
    let server_peer = client_peer(&authority, server);

    let key = PrivatePkcs8KeyDer::from(identity.key.to_der().to_vec());
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![der(&identity.certificate)], key.into()).unwrap();
    let tls = ServerConnection::new(Arc::new(config)).unwrap();
    let client = authority.client();
    receive_only(client);
    let listener = PeerListener::new();
    client.open(format!("wss://localhost:{}", listener.port()));
    let client_peer = TlsPeer::open(listener.accept(), tls.into());
    settle();
    [server_peer, client_peer]
}

fn send(peer: &mut Peer, mut bytes: &[u8]) {
    wait_until("all is sent", || {
        bytes = &bytes[peer.try_send(bytes)..];
        bytes.is_empty()
    });
    settle();
}

#[test]
fn peers_that_do_not_read_share_one_copy_of_a_prepared_message() {
    const PEERS: usize = 8;
    const SIZE: usize = 32 * MIB;
    let (_peers, accepted): (Vec<_>, Vec<_>) = {
        let authority = Authority::new();
        let server = secure_server(authority.issue().configuration());
        (0..PEERS)
            .map(|_| (client_peer(&authority, server), server.next_pending_connection().unwrap()))
            .unzip()
    };
    let held = measure(|| {
        let message = PreparedMessage::binary(vec![7; SIZE]);
        accepted.iter().for_each(|socket| assert_eq!(socket.send_prepared_message(&message), SIZE));
        settle();
    });
    let waiting: usize = accepted.iter().map(|socket| socket.bytes_to_write() as usize).sum();
    println!("{waiting} bytes wait for {PEERS} peers over TLS, in {} bytes", held.bytes_current);
    assert!(waiting > 3 * SIZE, "{waiting}");
    assert!(held.bytes_current as usize <= SIZE + PEERS * 512 * KIB, "{}", held.bytes_current);
}

#[test]
fn what_a_header_announces_takes_no_memory_over_tls() {
    let payload = vec![0; 2 * MIB];
    for arrives in [0, 1, 100, KIB, 10 * KIB, 100 * KIB, 2 * MIB] {
        for peer in &mut peers() {
            let begin = header(0x82, 100 * MIB as u64, peer.peer.is_client);
            let records = peer.records(&[&begin[..], &payload[..arrives]].concat());
            let peak = measure(|| send(&mut peer.peer, &records)).bytes_max as usize;
            println!("{arrives} of 100 MiB over TLS: {peak} for {}", records.len());
            assert!(peak <= allowed(records.len()), "{arrives} bytes: {peak}");
        }
    }
}

#[test]
fn an_announced_record_takes_the_memory_of_what_has_arrived_of_it() {
    for arrives in [1, 5, 6, 100, KIB, 10 * KIB, 16 * KIB] {
        for peer in &mut peers() {
            let whole = peer.records(&[7; 16 * KIB]);
            let peak = measure(|| send(&mut peer.peer, &whole[..arrives])).bytes_max as usize;
            println!("{arrives} of a record: {peak}");
            assert!(peak <= allowed(arrives), "{arrives} bytes: {peak}");
        }
    }
}

#[test]
fn the_memory_of_a_record_is_not_kept_for_the_beginning_of_the_next() {
    for peer in &mut peers() {
        let message = frame(0x82, &[7; 16 * KIB - 20], peer.peer.is_client);
        let records = peer.records(&[message.clone(), message].concat());
        let held = measure(|| {
            send(&mut peer.peer, &records[..16 * KIB]);
            send(&mut peer.peer, &records[16 * KIB..17 * KIB]);
        });
        assert!(held.bytes_current as usize <= allowed(2 * KIB), "{}", held.bytes_current);
    }
}

#[test]
fn a_handshake_of_tls_that_stops_keeps_what_has_arrived() {
    let server = secure_server(Authority::new().issue().configuration());
    let hello = |size: usize| [&[22, 3, 1, 0x40, 0][..], &vec![1; size]].concat();
    for arrives in [1, 100, 10 * KIB] {
        // What there is once for all connections.
        let mut first = Peer::connect(server);
        send(&mut first, &hello(1));
        let mut peer = Peer::connect(server);
        settle();
        let begin = hello(arrives);
        let held = measure(|| send(&mut peer, &begin));
        println!("{arrives} of a handshake: {} held, {} at most", held.bytes_current, held.bytes_max);
        assert!(held.bytes_max as usize <= allowed(begin.len()), "{arrives} bytes: {}", held.bytes_max);
    }
}

#[test]
fn a_certificate_takes_little_more_than_its_bytes_however_many_names_are_in_it() {
    for of_authority in [false, true] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        if of_authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.name_constraints = Some(NameConstraints {
                permitted_subtrees: Vec::new(),
                excluded_subtrees: vec![GeneralSubtree::DnsName("a".to_owned()); 10_000],
            });
        } else {
            params.subject_alt_names = vec![SanType::DnsName("a".try_into().unwrap()); 10_000];
        }
        let der = params.self_signed(&key).unwrap().der().to_vec();
        let mut read = None;
        let held = measure(|| read = SslCertificate::from_der(&der).ok()).bytes_current;
        assert!(read.is_some());
        let held = usize::try_from(held).unwrap();
        assert!(held <= 4 * der.len(), "{held} for {}", der.len());
    }
}
