//! A root and a server's certificate of it for this machine, made once in the life of the process.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use base64::Engine;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use sha2::Digest;
use slotwire::{SslCertificate, SslConfiguration, SslKey};

/// Files in PEM.
pub(crate) struct Files {
    pub(crate) root: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// Where they are. What is left of them in the temporary folder harms nobody: the root's key is nowhere.
pub(crate) fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "slotwire interop root");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let mut server = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        server.distinguished_name.push(DnType::CommonName, "localhost");
        // Python is strict about what RFC 5280 §4.2.1.1 asks for.
        server.use_authority_key_identifier_extension = true;
        let certificate = server.signed_by(&key, &Issuer::from_params(&root, &root_key)).unwrap();

        let folder = std::env::temp_dir().join(format!("slotwire-interop-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, pem: String| {
            let path = folder.join(name);
            fs::write(&path, pem).unwrap();
            path
        };
        Files {
            root: write("root.pem", root.self_signed(&root_key).unwrap().pem()),
            certificate: write("server.pem", certificate.pem()),
            key: write("server.key", key.serialize_pem()),
        }
    })
}

/// Of a client that trusts the root and nobody else.
pub(crate) fn trusting() -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    configuration.set_ca_certificates(SslCertificate::from_path(&files().root).unwrap());
    configuration
}

/// Of a server with that certificate.
pub(crate) fn serving() -> SslConfiguration {
    let mut configuration = SslConfiguration::new();
    configuration.set_local_certificate_chain(SslCertificate::from_path(&files().certificate).unwrap());
    configuration.set_private_key(SslKey::from_path(&files().key).unwrap());
    configuration
}

/// Of a server with a certificate that it has made itself.
pub(crate) fn of_nobody() -> SslConfiguration {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let mut configuration = SslConfiguration::new();
    configuration.set_local_certificate(SslCertificate::from_der(certificate.der()).unwrap());
    configuration.set_private_key(SslKey::from_der(key.serialize_der()).unwrap());
    configuration
}

/// Of the server's key, in the way that browsers name keys.
pub(crate) fn public_key_hash() -> String {
    let [certificate, ..] = &SslCertificate::from_path(&files().certificate).unwrap()[..] else {
        unreachable!()
    };
    base64::prelude::BASE64_STANDARD.encode(sha2::Sha256::digest(certificate.public_key().to_der()))
}
