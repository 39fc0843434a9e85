//! A certificate for `localhost`, with its key.

use rcgen::{CertificateParams, KeyPair};

pub struct Identity {
    pub certificate: Vec<u8>,
    pub key: Vec<u8>,
}

impl Identity {
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate: certificate.der().to_vec(), key: key.serialize_der() }
    }
}
