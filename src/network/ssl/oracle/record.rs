//! Writes `verdicts.tsv`.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::case::Case;
use super::cases;
use super::certificate::bare;
use super::key::Key;
use super::openssl::{self, Folder, pem, pem_of};
use crate::network::ssl::certificate_chain::Purpose;

const HEAD: &str = "\
# What OpenSSL 3.0 and Qt 6.12 say of each case. Recorded (see mod.rs); never edited by hand.
# OpenSSL's errors are numbers, at depths, with the common name of the certificate there. Qt's are those of QSslSocket::sslErrors; \"-\": it cannot be asked.
# case\tdigest\topenssl\tqt
";

#[test]
#[ignore = "writes verdicts.tsv; needs openssl 3.0 and Qt (tests/interop/setup.sh)"]
fn record() {
    assert!(openssl::is_there(), "OpenSSL 3.0 is needed");
    let cases = cases::all();
    let of_openssl = openssl::judge(&cases);
    let of_qt = ask_qt(&cases);
    let mut table = HEAD.to_owned();
    for ((case, openssl), qt) in cases.iter().zip(of_openssl).zip(of_qt) {
        writeln!(table, "{}\t{}\t{openssl}\t{qt}", case.name, case.digest()).unwrap();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::write(root.join("src/network/ssl/oracle/verdicts.tsv"), table).unwrap();
}

fn ask_qt(cases: &[Case]) -> Vec<String> {
    let folder = Folder::new();
    let write = |name: String, content: &str| fs::write(folder.0.join(name), content).unwrap();
    let mut table = String::new();
    for (number, case) in cases.iter().enumerate() {
        let role = match case.purpose {
            Purpose::Server => "server",
            Purpose::Client => "client",
        };
        writeln!(table, "{}\t{role}\t{}", case.name, case.host.as_deref().unwrap_or("-")).unwrap();
        write(format!("{number}-sent.pem"), &pem(&case.sent));
        write(format!("{number}-key.pem"), &pem_of("PRIVATE KEY", case.sent[0].key.private()));
        write(format!("{number}-trusted.pem"), &pem(&case.trusted));
    }
    write("cases.tsv".to_owned(), &table);
    let own = bare("Qt").key(Key::p256()).self_signed();
    let key = pem_of("PRIVATE KEY", own.key.private());
    write("own.pem".to_owned(), &(pem(std::slice::from_ref(&own)) + &key));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let status = Command::new(root.join("target/interop/venv/bin/python"))
        .arg(root.join("src/network/ssl/oracle/qt.py"))
        .arg(&folder.0)
        .status()
        .expect("Qt: tests/interop/setup.sh installs it");
    assert!(status.success());
    let answers = fs::read_to_string(folder.0.join("qt.tsv")).unwrap();
    let answers = answers.lines().zip(cases);
    answers.map(|(answer, case)| if case.is_for_qt { answer.to_owned() } else { "-".to_owned() }).collect()
}
