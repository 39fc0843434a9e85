use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, KeyPair, SanType, SerialNumber, date_time_ymd};
use slotwire::{
    AlternativeName, ErrorKind, HashAlgorithm, KeyAlgorithm, SslCertificate, SslConfiguration, SslError,
    SslErrorKind, SubjectInfo,
};

/// Of Demo's host demo.example, valid in 2026.
fn params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "demo.example");
    params.distinguished_name.push(DnType::OrganizationName, "Demo");
    params.distinguished_name.push(DnType::CountryName, "DE");
    params.serial_number = Some(SerialNumber::from_slice(&[0xa1, 0x02, 0x03]));
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params.subject_alt_names = vec![
        SanType::DnsName("*.demo.example".try_into().unwrap()),
        SanType::IpAddress("127.0.0.1".parse().unwrap()),
        SanType::Rfc822Name("a@demo.example".try_into().unwrap()),
    ];
    params
}

fn certificate() -> SslCertificate {
    let made = params().self_signed(&KeyPair::generate().unwrap()).unwrap();
    SslCertificate::from_der(made.der()).unwrap()
}

fn other() -> SslCertificate {
    let made = CertificateParams::default().self_signed(&KeyPair::generate().unwrap()).unwrap();
    SslCertificate::from_der(made.der()).unwrap()
}

#[test]
fn what_a_certificate_says_can_be_read() {
    let certificate = certificate();
    assert_eq!(certificate.version(), 3);
    assert_eq!(certificate.serial_number(), "a1:02:03");
    assert_eq!(certificate.subject_info(SubjectInfo::CommonName), ["demo.example"]);
    assert_eq!(certificate.subject_info(SubjectInfo::Organization), ["Demo"]);
    assert_eq!(certificate.issuer_info(SubjectInfo::CountryName), ["DE"]);
    assert!(certificate.subject_info(SubjectInfo::EmailAddress).is_empty());
    assert_eq!(certificate.subject_display_name(), "demo.example");
    assert_eq!(certificate.issuer_display_name(), "demo.example");
    assert_eq!(
        certificate.subject_alternative_names(),
        [
            AlternativeName::Dns("*.demo.example".into()),
            AlternativeName::IpAddress("127.0.0.1".parse().unwrap()),
            AlternativeName::Email("a@demo.example".into()),
        ]
    );
    assert!(certificate.is_self_signed());
    assert_eq!(certificate.public_key().algorithm(), KeyAlgorithm::Ec);
    assert_eq!(certificate.public_key().length(), 256);
}

#[test]
fn the_dates_are_those_of_the_certificate() {
    let certificate = certificate();
    let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    assert_eq!(certificate.effective_date(), begin);
    assert_eq!(certificate.expiry_date(), begin + Duration::from_secs(365 * 86_400));
}

#[test]
fn without_a_common_name_the_organization_is_shown() {
    let mut params = params();
    params.distinguished_name.remove(DnType::CommonName);
    let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    assert_eq!(SslCertificate::from_der(made.der()).unwrap().subject_display_name(), "Demo");
}

/// As `openssl x509 -fingerprint` shows them.
#[test]
fn digests_are_those_of_the_encoded_certificate() {
    let certificate = SslCertificate::from_der(include_bytes!("../fuzz/corpus/certificate/ed25519")).unwrap();
    let hex = |algorithm| {
        certificate.digest(algorithm).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert_eq!(hex(HashAlgorithm::Md5), "19f347d75d628f48e14ac8fbea207941");
    assert_eq!(hex(HashAlgorithm::Sha1), "fa2575e348b6074d6c779d1119ca596e24c14b19");
    assert_eq!(
        hex(HashAlgorithm::Sha256),
        "9e13f744036ae7a1d6d23145cb4a69c46eb932bac6c48396b9824454dcfa7afd"
    );
    assert_eq!(certificate.digest(HashAlgorithm::Sha384).len(), 48);
    assert_eq!(certificate.digest(HashAlgorithm::Sha512).len(), 64);
}

#[test]
fn what_was_written_is_read_again() {
    let certificate = certificate();
    assert_eq!(SslCertificate::from_der(certificate.to_der()).unwrap(), certificate);
    assert_eq!(SslCertificate::from_pem(certificate.to_pem()).unwrap(), std::slice::from_ref(&certificate));
    assert_ne!(certificate, other());
}

#[test]
fn all_certificates_of_a_text_are_read_and_nothing_else() {
    let (first, second) = (certificate(), other());
    let key = KeyPair::generate().unwrap().serialize_pem();
    let text = format!(
        "the server:\n{}\n{key}\r\nits root:\r\n{}",
        first.to_pem(),
        second.to_pem().replace('\n', "\r\n")
    );
    assert_eq!(SslCertificate::from_pem(text).unwrap(), [first, second]);
}

#[test]
fn a_trusted_certificate_of_openssl_is_read() {
    let text = include_str!("../fuzz/corpus/pem/trusted");
    assert_eq!(SslCertificate::from_pem(text).unwrap()[0].subject_display_name(), "demo.example");
}

#[test]
fn a_text_that_cannot_be_read_is_an_error_that_says_why() {
    let good = certificate().to_pem();
    let cut = &good[..good.len() - 30];
    let cases = [
        ("", "the PEM text: no certificate is in it"),
        ("nonsense", "the PEM text: no certificate is in it"),
        (include_str!("../fuzz/corpus/pem/rsa_pkcs1"), "the PEM text: no certificate is in it"),
        (cut, "the PEM text: certificate 1 in it cannot be read"),
        (
            &format!("{good}{}", good.replace("MII", "MIJ")),
            "the PEM text: certificate 2 in it cannot be read",
        ),
    ];
    for (text, expected) in cases {
        let error = SslCertificate::from_pem(text).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidCertificate, expected));
    }
}

#[test]
fn data_that_is_no_certificate_is_an_error() {
    let certificate = certificate();
    let der = certificate.to_der();
    for data in [&b""[..], b"nonsense", &der[..der.len() - 1], &[der, b"x"].concat()] {
        let error = SslCertificate::from_der(data).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidCertificate);
        assert_eq!(error.to_string(), "the data is not a certificate in DER");
    }
}

#[test]
fn a_file_may_be_pem_or_der_and_the_error_names_it() {
    let folder = Folder::new("certificates");
    let certificate = certificate();
    let pem = folder.write("both.pem", certificate.to_pem() + &other().to_pem());
    let der = folder.write("one.der", certificate.to_der());
    let bad = folder.write("bad.pem", "nothing");
    assert_eq!(SslCertificate::from_path(pem).unwrap().len(), 2);
    assert_eq!(SslCertificate::from_path(der).unwrap(), [certificate]);
    let error = SslCertificate::from_path(&bad).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCertificate);
    assert_eq!(error.to_string(), format!("{}: no certificate is in it", bad.display()));
    let error = SslCertificate::from_path("no/such.pem").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::System);
    assert!(error.to_string().starts_with("no/such.pem: "), "{error}");
}

#[test]
fn errors_are_equal_if_kind_and_certificate_are() {
    let certificate = certificate();
    let error = SslError::with_certificate(SslErrorKind::CertificateExpired, certificate.clone());
    assert_eq!(error.certificate(), Some(&certificate));
    assert_eq!(error, SslError::with_certificate(SslErrorKind::CertificateExpired, certificate.clone()));
    assert_ne!(error, SslError::with_certificate(SslErrorKind::CertificateExpired, other()));
    assert_ne!(error, SslError::with_certificate(SslErrorKind::CertificateNotYetValid, certificate));
    assert_ne!(error, SslError::new(SslErrorKind::CertificateExpired));
    assert_eq!(error.to_string(), "The certificate has expired");
    assert_eq!(format!("{error:?}"), "CertificateExpired(demo.example)");
}

#[test]
fn a_chain_can_be_verified_without_a_connection() {
    let kinds = |chain: &[_], host| {
        SslCertificate::verify(chain, host).iter().map(SslError::kind).collect::<Vec<_>>()
    };
    let chain = [SslCertificate::from_der(include_bytes!("../fuzz/corpus/certificate/ed25519")).unwrap()];
    assert_eq!(kinds(&chain, None), [SslErrorKind::SelfSignedCertificate]);
    assert_eq!(kinds(&chain, Some("demo.example")), [SslErrorKind::SelfSignedCertificate]);
    assert_eq!(
        kinds(&chain, Some("demo.example.com")),
        [SslErrorKind::HostNameMismatch, SslErrorKind::SelfSignedCertificate]
    );
    assert_eq!(kinds(&[], None), [SslErrorKind::NoPeerCertificate]);

    // No other test of this process uses it.
    let mut trusting = SslConfiguration::new();
    trusting.set_ca_certificates(chain.clone());
    SslConfiguration::set_default_configuration(&trusting);
    assert_eq!(SslConfiguration::default_configuration(), trusting);
    assert_eq!(kinds(&chain, Some("demo.example")), []);
    SslConfiguration::set_default_configuration(&SslConfiguration::new());
}

/// A folder of a test's own, for as long as it lasts.
pub(crate) struct Folder(std::path::PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("slotwire-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> std::path::PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
