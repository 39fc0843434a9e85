//! The errors that are found in certificate chains, compared with Qt's: each row was given to a `QSslSocket` of Qt 6 with OpenSSL
//! 3.0. Where another one is expected here, `differences` says why.

pub(in crate::network::ssl) mod authority;
mod path;

use std::fmt::Write;
use std::process::Command;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use self::authority::Authority;
use super::*;
use crate::SslConfiguration;
use crate::network::ssl::host_name;
use crate::network::ssl::rustls_back_end;

/// The sent chain, the trusted certificates, the server's name, and Qt's `sslErrors`.
const ROWS: &[(&str, &str, &str, &str)] = &[
    ("good", "root", "localhost", ""),
    ("cnonly", "root", "localhost", ""),
    ("mismatch", "root", "localhost", "HostNameMismatch(other.example)"),
    ("expired", "root", "localhost", "CertificateExpired(localhost)"),
    ("notyet", "root", "localhost", "CertificateNotYetValid(localhost)"),
    ("ekuclient", "root", "localhost", "InvalidPurpose(localhost)"),
    ("leafnonca nonca", "root", "localhost", "InvalidCaCertificate(NonCA) InvalidPurpose(NonCA)"),
    ("leafpath intbelow0 int0", "root", "localhost", "PathLengthExceeded(Int0)"),
    ("leafint intok", "root", "localhost", ""),
    (
        "leafint",
        "root",
        "localhost",
        "UnableToGetLocalIssuerCertificate(localhost) UnableToVerifyFirstCertificate(localhost)",
    ),
    ("leafintexp intexp", "root", "localhost", "CertificateExpired(IntExp)"),
    (
        "leafintexp2 intexp",
        "root",
        "localhost",
        "HostNameMismatch(other.example) CertificateExpired(IntExp) CertificateExpired(other.example)",
    ),
    ("selfsigned", "root", "localhost", "SelfSignedCertificate(localhost)"),
    (
        "self3",
        "root",
        "localhost",
        "HostNameMismatch(other.example) SelfSignedCertificate(other.example) CertificateExpired(other.example)",
    ),
    ("selfca", "root", "localhost", "SelfSignedCertificate(localhost)"),
    (
        "leafr2",
        "root",
        "localhost",
        "UnableToGetLocalIssuerCertificate(localhost) UnableToVerifyFirstCertificate(localhost)",
    ),
    ("leafr2 root2", "root", "localhost", "SelfSignedCertificateInChain(Other Root)"),
    (
        "leafr2bad",
        "root",
        "localhost",
        "HostNameMismatch(other.example) UnableToGetLocalIssuerCertificate(other.example) \
         UnableToVerifyFirstCertificate(other.example) CertificateExpired(other.example)",
    ),
    (
        "leafr2bad root2",
        "root",
        "localhost",
        "HostNameMismatch(other.example) SelfSignedCertificateInChain(Other Root) CertificateExpired(other.example)",
    ),
    (
        "badsig",
        "root",
        "localhost",
        "UnableToGetLocalIssuerCertificate(localhost) UnableToVerifyFirstCertificate(localhost)",
    ),
    ("unkcrit", "root", "localhost", "UnspecifiedError(localhost)"),
    ("leafintr2 intr2", "root", "localhost", "UnableToGetLocalIssuerCertificate(IntR2)"),
    ("leafintr2exp intr2exp", "root", "localhost", "UnableToGetLocalIssuerCertificate(IntR2Exp)"),
    ("wild", "root", "a.example.com", ""),
    ("wild", "root", "a.b.example.com", "HostNameMismatch(x)"),
    ("wild", "root", "example.com", "HostNameMismatch(x)"),
    ("wildpart", "root", "foo.example.com", ""),
    ("wildpart", "root", "bar.example.com", "HostNameMismatch(x)"),
    ("wildtld", "root", "example.com", "HostNameMismatch(x)"),
    ("ip4", "root", "127.0.0.1", ""),
    ("ip4", "root", "::1", ""),
    // Qt accepts this one.
    ("ipdns", "root", "127.0.0.1", "HostNameMismatch(x)"),
    ("upper", "root", "localhost", ""),
    ("good", "root", "LOCALHOST", ""),
    // And this one.
    ("cnandsan", "root", "localhost", "HostNameMismatch(localhost)"),
    ("kucrl", "root", "localhost", "InvalidPurpose(localhost)"),
    (
        "leafintnosign intnosign",
        "root",
        "localhost",
        "InvalidCaCertificate(IntNoSign) InvalidPurpose(IntNoSign) UnspecifiedError(IntNoSign)",
    ),
    ("leafintnc intnc", "root", "localhost", "UnspecifiedError(localhost)"),
    ("tampered", "root", "localhost", "CertificateSignatureFailed(localhost)"),
    (
        "leafint intwrong",
        "root",
        "localhost",
        "UnableToGetLocalIssuerCertificate(localhost) UnableToVerifyFirstCertificate(localhost)",
    ),
    ("v1", "root", "localhost", "SelfSignedCertificate(localhost)"),
    ("v1", "v1", "localhost", ""),
    ("selfsigned", "selfsigned", "localhost", ""),
    ("selfca", "selfca", "localhost", ""),
    (
        "self3",
        "self3",
        "localhost",
        "HostNameMismatch(other.example) SelfSignedCertificate(other.example) CertificateExpired(other.example)",
    ),
    (
        "good",
        "good",
        "localhost",
        "UnableToGetLocalIssuerCertificate(localhost) UnableToVerifyFirstCertificate(localhost)",
    ),
    ("leafint intok", "intok", "localhost", "UnableToGetIssuerCertificate(IntOK)"),
    // In Qt without the certificate, which was not sent.
    ("leafint", "intok", "localhost", "UnableToGetIssuerCertificate(IntOK)"),
    (
        "leafnonca nonca",
        "root2",
        "localhost",
        "UnableToGetLocalIssuerCertificate(NonCA) InvalidCaCertificate(NonCA) InvalidPurpose(NonCA)",
    ),
    (
        "leafpath intbelow0 int0",
        "root2",
        "localhost",
        "UnableToGetLocalIssuerCertificate(Int0) PathLengthExceeded(Int0)",
    ),
];

#[test]
fn all_errors_of_a_chain_are_found_in_the_order_of_qt() {
    let authority = Authority::new();
    let (mut expected, mut found) = (String::new(), String::new());
    for (sent, trusted, host, errors) in ROWS {
        let (chain, trusted_ones) = (authority.chain(sent), authority.chain(trusted));
        let mut list: Vec<_> = host_name::mismatch(&chain[0], host).into_iter().collect();
        list.extend(verifier(trusted_ones, 0).errors(&chain, Purpose::Server, now()));
        writeln!(expected, "{sent} | {trusted} | {host}: {errors}").unwrap();
        writeln!(found, "{sent} | {trusted} | {host}: {}", text(&list)).unwrap();
    }
    assert_eq!(found, expected);
}

/// OpenSSL takes it, and so does Qt.
#[test]
fn a_signature_over_sha_1_is_refused() {
    let chain = SslCertificate::from_pem(include_str!("../../../../tests/network/certificates/sha1leaf.pem"))
        .unwrap();
    let errors = verifier(vec![chain[1].clone()], 0).errors(&chain[..1], Purpose::Server, now());
    assert_eq!(text(&errors), "CertificateSignatureFailed(localhost)");
}

#[test]
fn the_certificate_of_a_client_is_for_clients() {
    let authority = Authority::new();
    let of_client = |names| {
        let errors =
            verifier(authority.chain("root"), 0).errors(&authority.chain(names), Purpose::Client, now());
        text(&errors)
    };
    assert_eq!(of_client("good"), "");
    assert_eq!(of_client("ekuclient"), "");
    assert_eq!(of_client("ekuserver"), "InvalidPurpose(localhost)");
    assert_eq!(of_client("leafint intok"), "");
    assert_eq!(of_client("leafintnc intnc"), "UnspecifiedError(localhost)");
    assert_eq!(of_client(""), "NoPeerCertificate");
    let trusting_nobody =
        verifier(Vec::new(), 0).errors(&authority.chain("selfsigned"), Purpose::Client, now());
    assert_eq!(text(&trusting_nobody), "SelfSignedCertificate(localhost)");
}

#[test]
fn an_authority_may_serve() {
    let authority = Authority::new();
    let errors =
        verifier(authority.chain("root"), 0).errors(&authority.chain("caleaf"), Purpose::Server, now());
    assert_eq!(text(&errors), "");
}

#[test]
fn a_chain_that_is_longer_than_allowed_is_refused() {
    let authority = Authority::new();
    let chain = authority.chain("leafdeep intbelowok intok");
    let with_depth =
        |depth| text(&verifier(authority.chain("root"), depth).errors(&chain, Purpose::Server, now()));
    assert_eq!(with_depth(0), "");
    assert_eq!(with_depth(2), "");
    assert_eq!(with_depth(1), "UnspecifiedError(IntOK)");
}

#[test]
fn what_openssl_itself_finds_is_found() {
    if Command::new("openssl").arg("version").output().is_err() {
        return;
    }
    let authority = Authority::new();
    let folder = std::env::temp_dir().join(format!("slotwire-chains-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, certificates: &[SslCertificate]| {
        let path = folder.join(name);
        std::fs::write(&path, certificates.iter().map(SslCertificate::to_pem).collect::<String>()).unwrap();
        path
    };
    let (mut expected, mut found) = (String::new(), String::new());
    // An expired root is one that Qt does not pass on to OpenSSL.
    for (sent, trusted, ..) in ROWS.iter().filter(|(_, trusted, ..)| *trusted != "self3") {
        let (chain, trusted_ones) = (authority.chain(sent), authority.chain(trusted));
        let time = now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs().to_string();
        let output = Command::new("openssl")
            .args([
                "verify",
                "-no-CApath",
                "-no-CAstore",
                "-purpose",
                "sslserver",
                "-attime",
                &time,
                "-CAfile",
            ])
            .arg(write("trusted", &trusted_ones))
            .arg("-untrusted")
            .arg(write("untrusted", &chain))
            .arg(write("leaf", &chain[..1]))
            .output()
            .unwrap();
        // It goes on after some errors only.
        let of_openssl: Vec<_> =
            String::from_utf8_lossy(&output.stderr).lines().filter_map(of_openssl).collect();
        let ours = verifier(trusted_ones, 0).errors(&chain, Purpose::Server, now());
        let ours: Vec<_> = ours.iter().map(SslError::kind).take(of_openssl.len().max(1)).collect();
        writeln!(expected, "{sent} | {trusted}: {of_openssl:?}").unwrap();
        writeln!(found, "{sent} | {trusted}: {ours:?}").unwrap();
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(found, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_chain_that_was_changed_is_never_accepted(
        at in any::<prop::sample::Index>(),
        with in 1..=255u8,
        which in 0..2usize,
    ) {
        thread_local! {
            static AUTHORITY: (Vec<SslCertificate>, ChainVerifier) = {
                let authority = Authority::new();
                (authority.chain("leafint intok"), verifier(authority.chain("root"), 0))
            };
        }
        AUTHORITY.with(|(chain, verifier)| {
            let mut chain = chain.clone();
            let mut der = chain[which].to_der().to_vec();
            let at = at.index(der.len());
            der[at] ^= with;
            if let Ok(changed) = SslCertificate::from_der(der) {
                chain[which] = changed;
                prop_assert!(!verifier.errors(&chain, Purpose::Server, now()).is_empty());
            }
            Ok(())
        })?;
    }
}

fn verifier(trusted: Vec<SslCertificate>, depth: u32) -> ChainVerifier {
    let mut configuration = SslConfiguration::new();
    configuration.set_ca_certificates(trusted);
    configuration.set_peer_verify_depth(depth);
    ChainVerifier::new(configuration.settings(), &rustls_back_end::cryptography())
}

/// The middle of 2026.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_781_524_800)
}

fn text(errors: &[SslError]) -> String {
    errors.iter().map(|error| format!("{error:?}")).collect::<Vec<_>>().join(" ")
}

/// Reads a line like "error 18 at 0 depth lookup: self-signed certificate".
fn of_openssl(line: &str) -> Option<SslErrorKind> {
    let (number, _) = line.strip_prefix("error ")?.split_once(" at ")?;
    Some(match number {
        "2" => SslErrorKind::UnableToGetIssuerCertificate,
        "7" => SslErrorKind::CertificateSignatureFailed,
        "9" => SslErrorKind::CertificateNotYetValid,
        "10" => SslErrorKind::CertificateExpired,
        "18" => SslErrorKind::SelfSignedCertificate,
        "19" => SslErrorKind::SelfSignedCertificateInChain,
        "20" => SslErrorKind::UnableToGetLocalIssuerCertificate,
        "21" => SslErrorKind::UnableToVerifyFirstCertificate,
        "24" | "79" => SslErrorKind::InvalidCaCertificate,
        "25" => SslErrorKind::PathLengthExceeded,
        "26" => SslErrorKind::InvalidPurpose,
        _ => SslErrorKind::UnspecifiedError,
    })
}
