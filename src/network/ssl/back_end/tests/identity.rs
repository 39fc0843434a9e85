//! Certificates with their keys, made once for all tests.

use std::sync::LazyLock;

use rcgen::SignatureAlgorithm;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::network::ssl::{SslCertificate, SslConfiguration, SslKey};

pub(crate) struct Identity {
    pub(crate) certificate: SslCertificate,
    pub(crate) key: SslKey,
    /// The chain as it is sent.
    chain: Vec<SslCertificate>,
}

static AUTHORITY: LazyLock<(CertificateParams, KeyPair, Identity)> = LazyLock::new(|| {
    let mut params = named("Test Authority", &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().unwrap();
    let identity = Identity::new(params.self_signed(&key).unwrap().der(), &key, []);
    (params, key, identity)
});

static GOOD: LazyLock<Identity> =
    LazyLock::new(|| Identity::issued(&named("localhost", &["localhost", "127.0.0.1"])));

static BAD: LazyLock<Identity> = LazyLock::new(|| {
    let mut params = named("other.example", &["other.example"]);
    params.not_after = date_time_ymd(2020, 1, 1);
    Identity::self_signed(&params)
});

static CLIENT: LazyLock<Identity> = LazyLock::new(|| {
    let mut params = named("client", &["client"]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Identity::issued(&params)
});

fn named(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Identity {
    pub(crate) fn authority() -> &'static Self {
        &AUTHORITY.2
    }

    /// An identity for `localhost`, issued by the authority.
    pub(crate) fn good() -> &'static Self {
        &GOOD
    }

    /// Self-signed, expired, for another host.
    pub(crate) fn bad() -> &'static Self {
        &BAD
    }

    /// The identity of a client, issued by the authority.
    pub(crate) fn client() -> &'static Self {
        &CLIENT
    }

    /// An identity for `localhost`, with a certificate of X.509 v1.
    pub(crate) fn of_version_1() -> Self {
        let pem = include_str!("x509_v1.pem");
        let chain = SslCertificate::from_pem(pem).unwrap();
        Self { certificate: chain[0].clone(), key: SslKey::from_pem(pem).unwrap(), chain }
    }

    /// An identity for `localhost`, with a key for that algorithm.
    pub(crate) fn with_key_for(algorithm: &'static SignatureAlgorithm) -> Self {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let certificate = named("localhost", &["localhost"]).self_signed(&key).unwrap();
        Self::new(certificate.der(), &key, [])
    }

    pub(crate) fn install(&self, configuration: &mut SslConfiguration) {
        configuration.set_local_certificate_chain(self.chain.iter().cloned());
        configuration.set_private_key(self.key.clone());
    }

    fn issued(params: &CertificateParams) -> Self {
        let (authority, authority_key, identity) = &*AUTHORITY;
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &Issuer::from_params(authority, authority_key)).unwrap();
        Self::new(certificate.der(), &key, [identity.certificate.clone()])
    }

    fn self_signed(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self::new(params.self_signed(&key).unwrap().der(), &key, [])
    }

    fn new(der: &[u8], key: &KeyPair, issuers: impl IntoIterator<Item = SslCertificate>) -> Self {
        let certificate = SslCertificate::from_der(der).unwrap();
        let chain = std::iter::once(certificate.clone()).chain(issuers).collect();
        Self { certificate, key: SslKey::from_der(key.serialize_der()).unwrap(), chain }
    }
}
