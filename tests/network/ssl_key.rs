use rcgen::KeyPair;
use slotwire::{ErrorKind, KeyAlgorithm, KeyType, SslKey};

use super::ssl_certificate::Folder;

const EC: &str = include_str!("../fuzz/corpus/pem/ec_sec1");
const EC_WITH_PARAMETERS: &str = include_str!("../fuzz/corpus/pem/ec_with_parameters");
const EC_PKCS8: &str = include_str!("../fuzz/corpus/pem/key_and_certificate");
const RSA: &str = include_str!("../fuzz/corpus/pem/rsa_pkcs1");
const ENCRYPTED: &str = include_str!("../fuzz/corpus/pem/encrypted_pkcs8");
const ENCRYPTED_BY_OPENSSL: &str = include_str!("../fuzz/corpus/pem/encrypted_traditional");

#[test]
fn keys_are_read_in_all_their_forms() {
    let cases = [
        (EC, KeyAlgorithm::Ec, 256, "-----BEGIN EC PRIVATE KEY-----"),
        (EC_WITH_PARAMETERS, KeyAlgorithm::Ec, 256, "-----BEGIN EC PRIVATE KEY-----"),
        (EC_PKCS8, KeyAlgorithm::Ec, 256, "-----BEGIN PRIVATE KEY-----"),
        (RSA, KeyAlgorithm::Rsa, 2048, "-----BEGIN RSA PRIVATE KEY-----"),
    ];
    for (text, algorithm, length, label) in cases {
        let key = SslKey::from_pem(text).unwrap();
        assert_eq!((key.algorithm(), key.length(), key.key_type()), (algorithm, length, KeyType::Private));
        assert!(key.to_pem().starts_with(label));
        assert_eq!(SslKey::from_der(key.to_der()).unwrap(), key);
        assert_eq!(SslKey::from_pem(key.to_pem()).unwrap(), key);
    }
}

#[test]
fn keys_of_other_curves_have_their_length() {
    let cases = [
        (&rcgen::PKCS_ECDSA_P384_SHA384, KeyAlgorithm::Ec, 384),
        (&rcgen::PKCS_ECDSA_P521_SHA512, KeyAlgorithm::Ec, 521),
        (&rcgen::PKCS_ED25519, KeyAlgorithm::Ed25519, 256),
    ];
    for (algorithm, expected, length) in cases {
        let key = SslKey::from_pem(KeyPair::generate_for(algorithm).unwrap().serialize_pem()).unwrap();
        assert_eq!((key.algorithm(), key.length()), (expected, length));
    }
}

#[test]
fn a_text_that_cannot_be_read_is_an_error_that_says_why() {
    let certificate = &EC_PKCS8[EC_PKCS8.find("-----BEGIN CERTIFICATE").unwrap()..];
    let cases = [
        ("", "no private key is in it"),
        (certificate, "no private key is in it"),
        (ENCRYPTED, "the private key in it is encrypted, which is not supported"),
        (ENCRYPTED_BY_OPENSSL, "the private key in it is encrypted, which is not supported"),
        (&RSA[..RSA.len() - 40], "the private key in it is damaged"),
        (
            &RSA.replace("RSA PRIVATE KEY", "EC PRIVATE KEY"),
            "the private key is damaged, or for a curve that is not supported",
        ),
        (
            &RSA.replace("RSA PRIVATE KEY", "DSA PRIVATE KEY"),
            "a key of the kind \"DSA PRIVATE KEY\" is not supported",
        ),
    ];
    for (text, expected) in cases {
        let error = SslKey::from_pem(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidKey);
        assert_eq!(error.to_string(), format!("the PEM text: {expected}"));
    }
}

#[test]
fn data_that_is_no_key_is_an_error_that_says_why() {
    let x25519 = include_bytes!("../fuzz/corpus/key/x25519");
    let certificate = include_bytes!("../fuzz/corpus/certificate/ed25519");
    let cases = [
        (&b"nonsense"[..], "it is not a private key"),
        (certificate, "it is not a private key"),
        (
            include_bytes!("../fuzz/corpus/key/encrypted"),
            "the private key is encrypted, which is not supported",
        ),
        (x25519, "its algorithm is not supported: only RSA, EC (P-256, P-384, P-521) and Ed25519 are"),
    ];
    for (data, expected) in cases {
        let error = SslKey::from_der(data).unwrap_err();
        assert_eq!(error.to_string(), format!("the DER data: {expected}"));
    }
}

#[test]
fn a_file_may_be_pem_or_der_and_the_error_names_it() {
    let folder = Folder::new("keys");
    let key = SslKey::from_pem(EC).unwrap();
    assert_eq!(SslKey::from_path(folder.write("key.pem", EC)).unwrap(), key);
    assert_eq!(SslKey::from_path(folder.write("key.der", key.to_der())).unwrap(), key);
    let encrypted = folder.write("encrypted.pem", ENCRYPTED);
    let error = SslKey::from_path(&encrypted).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&format!("{}: the private key in it is encrypted", encrypted.display()))
    );
    let error = SslKey::from_path("no/such.key").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::System);
    assert!(error.to_string().starts_with("no/such.key: "), "{error}");
}

#[test]
fn a_private_key_is_not_shown() {
    let shown = format!("{:?}", SslKey::from_pem(EC).unwrap());
    assert_eq!(shown, "SslKey(Private, Ec, 256 bits)");
}
