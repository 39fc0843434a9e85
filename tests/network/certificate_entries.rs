//! The places where certificates and keys come in, each as a function of arbitrary bytes that fails if a promise is broken.

use slotwire::{HashAlgorithm, KeyType, SslCertificate, SslKey, SubjectInfo};

/// A certificate in DER: what was read is what is kept, and all of it can be looked at.
pub(crate) fn certificate(data: &[u8]) {
    match SslCertificate::from_der(data) {
        Ok(certificate) => {
            assert_eq!(certificate.to_der(), data);
            check_certificate(&certificate);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A private key in DER: likewise.
pub(crate) fn key(data: &[u8]) {
    match SslKey::from_der(data) {
        Ok(key) => {
            assert_eq!(key.to_der(), data);
            check_key(&key);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A text with certificates and keys.
pub(crate) fn pem(data: &[u8]) {
    if let Ok(certificates) = SslCertificate::from_pem(data) {
        assert!(!certificates.is_empty() && certificates.len() <= data.len() / 50);
        certificates.iter().for_each(check_certificate);
    }
    if let Ok(key) = SslKey::from_pem(data) {
        check_key(&key);
    }
}

fn check_certificate(certificate: &SslCertificate) {
    assert_eq!(SslCertificate::from_pem(certificate.to_pem()).unwrap(), std::slice::from_ref(certificate));
    assert!((1..=3).contains(&certificate.version()));
    assert_eq!(certificate.digest(HashAlgorithm::Sha256).len(), 32);
    let _ =
        (certificate.serial_number(), certificate.subject_display_name(), certificate.issuer_display_name());
    let _ = (certificate.subject_info(SubjectInfo::CountryName), certificate.subject_alternative_names());
    let _ = (certificate.effective_date(), certificate.expiry_date(), certificate.is_self_signed());
    assert_eq!(certificate.public_key().key_type(), KeyType::Public);
    assert!(!format!("{certificate:?}").is_empty());
}

fn check_key(key: &SslKey) {
    assert_eq!(key.key_type(), KeyType::Private);
    assert_eq!(&SslKey::from_pem(key.to_pem()).unwrap(), key);
    assert_ne!(key.length(), 0);
}
