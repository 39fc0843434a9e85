//! Certificates made by the tests: a root, and what it has issued.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use slotwire::prelude::*;

use crate::support::Bystander;

/// A root. Its configurations are for clients that trust it alone.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pub(crate) certificate: SslCertificate,
}

/// A certificate and its key.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: SslCertificate,
    pub(crate) key: SslKey,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = SslCertificate::from_der(params.self_signed(&key).unwrap().der()).unwrap();
        Self { params, key, certificate }
    }

    /// For this host, as the tests call it.
    pub(crate) fn issue(&self) -> Identity {
        self.issue_for(&["localhost", "127.0.0.1"], |_| {})
    }

    pub(crate) fn issue_for(&self, hosts: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = params(hosts, change);
        let certificate = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap();
        Identity::new(&certificate, &key)
    }

    /// An authority below this one, with that key. Two of the same key stand for each other: one renews the other.
    pub(crate) fn intermediate(&self, key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::try_from(key.serialize_der()).unwrap();
        let mut params = params(&["intermediate"], change);
        params.subject_alt_names.clear();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let made = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap();
        let certificate = SslCertificate::from_der(made.der()).unwrap();
        Self { params, key, certificate }
    }

    /// Trusts this root.
    pub(crate) fn configuration(&self) -> SslConfiguration {
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates([self.certificate.clone()]);
        configuration
    }

    /// A server on a free port that sends back what it receives.
    pub(crate) fn echo_server(&self) -> WebSocketServer {
        echo_server(self.issue().configuration())
    }

    /// A client that trusts this root, and no connection yet.
    pub(crate) fn client(&self) -> WebSocket {
        let client = WebSocket::new();
        client.set_ssl_configuration(self.configuration());
        client
    }

    /// Connects a client to that server, for something to happen to another one.
    pub(crate) fn bystander(&self, server: WebSocketServer) -> Bystander {
        let client = self.client();
        client.open(server.server_url());
        Bystander::connecting(client)
    }
}

impl Identity {
    pub(crate) fn self_signed(hosts: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        Self::new(&params(hosts, change).self_signed(&key).unwrap(), &key)
    }

    fn new(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        Self {
            certificate: SslCertificate::from_der(certificate.der()).unwrap(),
            key: SslKey::from_der(key.serialize_der()).unwrap(),
        }
    }

    /// Of who has this certificate.
    pub(crate) fn configuration(&self) -> SslConfiguration {
        let mut configuration = SslConfiguration::new();
        configuration.set_local_certificate(self.certificate.clone());
        configuration.set_private_key(self.key.clone());
        configuration
    }
}

pub(crate) fn secure_server(configuration: SslConfiguration) -> WebSocketServer {
    let server = WebSocketServer::new("", SslMode::Secure);
    server.set_ssl_configuration(configuration);
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server
}

pub(crate) fn echo_server(configuration: SslConfiguration) -> WebSocketServer {
    let server = secure_server(configuration);
    crate::support::echo(server);
    server
}

pub(crate) fn expired(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
}

pub(crate) fn not_yet_valid(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(4000, 1, 1);
}

fn params(hosts: &[&str], change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params =
        CertificateParams::new(hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(DnType::CommonName, hosts[0]);
    // Roots of the same name are told apart by it.
    params.use_authority_key_identifier_extension = true;
    change(&mut params);
    params
}
