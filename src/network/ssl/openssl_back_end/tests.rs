//! Cases in which OpenSSL's own judgement is not enough. The peer is OpenSSL as well, which sends anything.

use openssl::pkey::PKey;
use openssl::ssl::{Ssl, SslContext, SslMethod, SslStream, SslVerifyMode};
use openssl::x509::X509;
use rcgen::{BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair};

use super::stream::Stream;
use super::*;
use crate::network::ssl::back_end::tests::Side;
use crate::network::ssl::webpki::tests::authority::signed_anew;
use crate::network::ssl::{PeerVerifyMode, SslCertificate, SslConfiguration, SslError, SslErrorKind, SslKey};

struct Authority {
    params: CertificateParams,
    key: KeyPair,
    certificate: SslCertificate,
}

impl Authority {
    fn new(name: &str) -> Self {
        let (mut params, key) = (named(name), KeyPair::generate().unwrap());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = SslCertificate::from_der(params.self_signed(&key).unwrap().der()).unwrap();
        Self { params, key, certificate }
    }

    fn issue(&self, host: &str) -> (SslCertificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = named(host).signed_by(&key, &issuer).unwrap();
        (SslCertificate::from_der(certificate.der()).unwrap(), key)
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A peer that sends these, the first one with its key.
fn peer(sent: &[Vec<u8>], key: &KeyPair) -> SslStream<Stream> {
    let mut builder = SslContext::builder(SslMethod::tls()).unwrap();
    builder.set_certificate(&X509::from_der(&sent[0]).unwrap()).unwrap();
    builder.set_private_key(&PKey::private_key_from_der(&key.serialize_der()).unwrap()).unwrap();
    for other in &sent[1..] {
        builder.add_extra_chain_cert(X509::from_der(other).unwrap()).unwrap();
    }
    builder.set_verify(SslVerifyMode::NONE);
    SslStream::new(Ssl::new(&builder.build()).unwrap(), Stream::default()).unwrap()
}

fn trusting(authority: &Authority) -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    configuration.set_ca_certificates([authority.certificate.clone()]);
    configuration.set_peer_verify_mode(PeerVerifyMode::VerifyPeer);
    configuration
}

/// Runs both sides until nothing moves.
fn run(side: &mut Side, mut peer: SslStream<Stream>, mut shake: impl FnMut(&mut SslStream<Stream>)) {
    for _ in 0..8 {
        shake(&mut peer);
        let sent = std::mem::take(&mut peer.get_mut().output);
        let answer = side.take(&sent);
        peer.get_mut().receive(&answer);
    }
}

fn met_by_server(own: &SslConfiguration, host: &str, sent: &[Vec<u8>], key: &KeyPair) -> Side {
    let mut side = Side::new(client(own.settings(), host));
    let hello = side.take(&[]);
    let mut peer = peer(sent, key);
    peer.get_mut().receive(&hello);
    run(&mut side, peer, |peer| drop(peer.accept()));
    side
}

fn met_by_client(own: &SslConfiguration, sent: &[Vec<u8>], key: &KeyPair) -> Side {
    let mut side = Side::new(server(own.settings()));
    run(&mut side, peer(sent, key), |peer| drop(peer.connect()));
    side
}

/// OpenSSL reads BER; this crate reads the parts of a certificate that it reports from DER.
#[test]
fn nobody_is_taken_for_the_next_one_in_his_list() {
    let authority = Authority::new("Root");
    let (leaf, key) = authority.issue("other.example");
    let ber = signed_anew(&leaf, &authority.key, |signed| {
        assert_eq!(signed[..2], [0xa0, 3]);
        [&[0xa0, 0x81, 3], &signed[2..]].concat()
    });
    assert!(SslCertificate::from_der(&ber).is_err());
    let (good, good_key) = authority.issue("host.example");
    let sent = [ber, good.to_der().to_vec()];
    let mut own = trusting(&authority);
    let mut client = met_by_server(&own, "host.example", &sent, &key);
    assert!(!client.is_open());
    let failure = |side: &Side| side.failure().map(|(_, text)| text);
    let unreadable = Some("Error during SSL handshake: a certificate cannot be read".to_owned());
    assert_eq!(failure(&client), unreadable);
    assert!(client.session.facts().peer_certificate_chain.is_empty());

    own.set_local_certificate(good);
    own.set_private_key(SslKey::from_der(good_key.serialize_der()).unwrap());
    client = met_by_client(&own, &sent, &key);
    assert!(!client.is_open());
    assert_eq!(failure(&client), unreadable);
}

#[test]
fn an_error_is_that_of_the_certificate_on_the_path() {
    let (authority, evil) = (Authority::new("Root"), Authority::new("Evil Root"));
    let (leaf, key) = evil.issue("host.example");
    let sent = [&leaf, &authority.certificate, &evil.certificate].map(|sent| sent.to_der().to_vec());
    let side = met_by_server(&trusting(&Authority::new("Root")), "host.example", &sent, &key);
    let kind = SslErrorKind::SelfSignedCertificateInChain;
    assert_eq!(side.errors, [SslError::with_certificate(kind, evil.certificate)]);
}

/// OpenSSL does not look at policies.
#[test]
fn what_openssl_does_not_judge_is_judged_here() {
    let authority = Authority::new("Root");
    let key = KeyPair::generate().unwrap();
    let mut params = named("host.example");
    // A policy is required at once, and there is none.
    params.custom_extensions =
        vec![CustomExtension::from_oid_content(&[2, 5, 29, 36], vec![0x30, 3, 0x80, 1, 0])];
    let issuer = Issuer::from_params(&authority.params, &authority.key);
    let leaf = SslCertificate::from_der(params.signed_by(&key, &issuer).unwrap().der()).unwrap();
    let own = trusting(&authority);
    let side = met_by_server(&own, "host.example", &[leaf.to_der().to_vec()], &key);
    assert_eq!(side.errors, [SslError::with_certificate(SslErrorKind::UnspecifiedError, leaf)]);
}
