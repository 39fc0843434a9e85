//! TLS of the other end of the wire, and the certificates of both ends.

use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    SerialNumber,
};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, Connection, DigitallySignedStruct, DistinguishedName, Error,
    ServerConfig, ServerConnection, SignatureScheme,
};
use serde_json::Value;

/// A peer's side of TLS, between its socket and what it means.
pub(crate) struct Tls {
    connection: Connection,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Handshaking,
    Open,
    Failed,
}

/// What came of some bytes.
pub(crate) enum Event {
    /// The handshake is done, or it failed: for the log.
    Handshake(&'static str),
    Data(Vec<u8>),
}

impl Tls {
    /// `tls` of a step `accept`.
    pub(crate) fn server(tls: &Value) -> Result<Self, String> {
        let (chain, key) = identity(tls)?.ok_or("a TLS server needs a certificate")?;
        let config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(versions(tls))
            .map_err(text)?
            .with_client_cert_verifier(if tls["asks"] == true {
                Arc::new(Anybody)
            } else {
                WebPkiClientVerifier::no_client_auth()
            })
            .with_single_cert(chain, key)
            .map_err(text)?;
        let connection = ServerConnection::new(Arc::new(config)).map_err(text)?;
        Ok(Self { connection: connection.into(), state: State::Handshaking })
    }

    /// `tls` of a step `connect`.
    pub(crate) fn client(tls: &Value) -> Result<Self, String> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(versions(tls))
            .map_err(text)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody));
        let config = match identity(tls)? {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(text)?,
            None => builder.with_no_client_auth(),
        };
        let host = ServerName::try_from("localhost").map_err(text)?;
        let connection = ClientConnection::new(Arc::new(config), host).map_err(text)?;
        Ok(Self { connection: connection.into(), state: State::Handshaking })
    }

    pub(crate) fn is_decided(&self) -> bool {
        self.state != State::Handshaking
    }

    /// Takes what came from the subject.
    pub(crate) fn receive(&mut self, mut bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        while !bytes.is_empty() && self.state != State::Failed {
            let processed = self.connection.read_tls(&mut bytes).map_err(text);
            let processed = processed.and_then(|_| self.connection.process_new_packets().map_err(text));
            if self.state == State::Handshaking && !self.connection.is_handshaking() {
                self.state = State::Open;
                events.push(Event::Handshake("ok"));
            }
            let mut data = Vec::new();
            // It ends with "would block", or with the end of the stream.
            let _ = self.connection.reader().read_to_end(&mut data);
            if !data.is_empty() {
                events.push(Event::Data(data));
            }
            if processed.is_err() {
                self.state = State::Failed;
                events.push(Event::Handshake("failed"));
            }
        }
        events
    }

    /// Encrypts what the scenario sends. Before the handshake is done it is lost.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        if self.state == State::Open {
            self.connection.set_buffer_limit(None);
            let _ = self.connection.writer().write_all(bytes);
        }
    }

    pub(crate) fn close_notify(&mut self) {
        self.connection.send_close_notify();
    }

    /// What has to go to the subject.
    pub(crate) fn take_output(&mut self, output: &mut Vec<u8>) {
        while self.connection.wants_write() {
            if self.connection.write_tls(output).is_err() {
                return;
            }
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(aws_lc_rs::default_provider())).clone()
}

fn versions(tls: &Value) -> &'static [&'static rustls::SupportedProtocolVersion] {
    static UP_TO_12: [&rustls::SupportedProtocolVersion; 1] = [&TLS12];
    static ALL: [&rustls::SupportedProtocolVersion; 2] = [&TLS12, &TLS13];
    if tls["max"] == "1.2" { &UP_TO_12 } else { &ALL }
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn identity(tls: &Value) -> Result<Option<Identity>, String> {
    let Some(name) = tls["cert"].as_str() else { return Ok(None) };
    let folder = certificates()?;
    let certificate = CertificateDer::from_pem_file(folder.join(format!("{name}.pem")))
        .map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from_pem_file(folder.join(format!("{name}.key")))
        .map_err(|error| error.to_string())?;
    Ok(Some((vec![certificate], key)))
}

/// Takes everybody for who they say to be.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Anybody {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        ServerCertVerifier::verify_tls12_signature(self, message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        ServerCertVerifier::verify_tls13_signature(self, message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ServerCertVerifier::supported_verify_schemes(self)
    }
}

// ---- certificates

/// The folder that `{certs}` stands for: made anew by each run, so that nothing in it expires.
pub(crate) fn certificates() -> Result<PathBuf, String> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOLDER.get_or_init(|| make_certificates().map_err(|error| error.to_string())).clone()
}

/// `ca` and `ca2`, which are strangers; by `ca`: `server`, `mismatch` (of another host), `expired`, `client`; by `ca2`: `evil`;
/// `selfsigned`.
fn make_certificates() -> io::Result<PathBuf> {
    let folder =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("certificates").join(std::process::id().to_string());
    fs::create_dir_all(&folder)?;
    let write = |name: &str, pem: String, key: String| {
        fs::write(folder.join(format!("{name}.pem")), pem)?;
        fs::write(folder.join(format!("{name}.key")), key)
    };
    let mut issuers = Vec::new();
    for name in ["ca", "ca2"] {
        let mut params = parameters(&format!("Oracle {name}"), &[], 1)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        write(name, issuer.pem(), issuer.key().serialize_pem())?;
        issuers.push(issuer);
    }
    let localhost = ["localhost", "127.0.0.1"];
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let mut params = parameters("localhost", &localhost, 1)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).map_err(io::Error::other)?;
    write("selfsigned", certificate.pem(), key.serialize_pem())?;
    let all: [(&str, &str, &[&str], usize); 5] = [
        ("server", "localhost", &localhost, 0),
        ("mismatch", "other.example", &["other.example"], 0),
        ("expired", "localhost", &localhost, 0),
        ("client", "oracle-client", &[], 0),
        ("evil", "localhost", &localhost, 1),
    ];
    for (serial, (name, common_name, hosts, issuer)) in (2..).zip(all) {
        let mut params = parameters(common_name, hosts, serial)?;
        if name == "expired" {
            params.not_after = (SystemTime::now() - 24 * HOUR).into();
        }
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &issuers[issuer]).map_err(io::Error::other)?;
        write(name, certificate.pem(), key.serialize_pem())?;
    }
    Ok(folder)
}

const HOUR: Duration = Duration::from_secs(3600);

fn parameters(common_name: &str, hosts: &[&str], serial: u64) -> io::Result<CertificateParams> {
    let hosts: Vec<_> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut params = CertificateParams::new(hosts).map_err(io::Error::other)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.serial_number = Some(SerialNumber::from(serial));
    params.not_before = (SystemTime::now() - 48 * HOUR).into();
    params.not_after = (SystemTime::now() + 24 * HOUR).into();
    Ok(params)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
