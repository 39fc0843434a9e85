//! The verdict of the `openssl` command, asked as Qt asks the library.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use super::case::{self, Case};
use super::certificate::Certificate;
use super::verdict::Verdict;
use crate::SslCertificate;
use crate::network::ssl::certificate_chain::Purpose;

/// Returns whether the command is installed, in the version that was recorded: others judge differently here and there.
pub(super) fn is_there() -> bool {
    let output = Command::new("openssl").arg("version").output();
    output.is_ok_and(|output| output.stdout.starts_with(b"OpenSSL 3.0."))
}

/// The verdicts of several cases, in their order. All cores are used.
pub(super) fn judge(cases: &[Case]) -> Vec<Verdict> {
    let folder = Folder::new();
    let questions = Question::gather(cases);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let verdicts: Vec<_> = std::thread::scope(|scope| {
        let parts = questions.chunks(questions.len().div_ceil(cores).max(1));
        let started: Vec<_> = parts
            .map(|part| {
                scope.spawn(|| part.iter().flat_map(|one| one.ask(&folder.0, cases)).collect::<Vec<_>>())
            })
            .collect();
        started.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    let mut in_order = vec![Verdict(Verdict::UNREADABLE.to_owned()); cases.len()];
    for (at, verdict) in verdicts {
        in_order[at] = verdict;
    }
    in_order
}

/// Cases that differ in their leaves only, and can be put at once: starting the command takes longest.
struct Question(Vec<usize>);

impl Question {
    fn gather(cases: &[Case]) -> Vec<Self> {
        let ders = |certificates: &[Certificate]| -> Vec<Vec<u8>> {
            certificates.iter().map(|certificate| certificate.der.clone()).collect()
        };
        let mut alike: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, case) in cases.iter().enumerate() {
            let is_client = case.purpose == Purpose::Client;
            let same = (is_client, &case.host, ders(&case.trusted), ders(&case.sent[1..]));
            alike.entry(same).or_default().push(at);
        }
        alike.into_values().map(Self).collect()
    }

    fn ask(&self, folder: &Path, cases: &[Case]) -> Vec<(usize, Verdict)> {
        let write = |name: String, certificates: &[Certificate]| {
            let path = folder.join(name);
            fs::write(&path, pem(certificates)).expect("a file");
            path
        };
        let first = self.0[0];
        let case = &cases[first];
        let mut command = asking(case.purpose, case.host.as_deref());
        match &trusted(case)[..] {
            [] => command.arg("-no-CAfile"),
            trusted => command.arg("-CAfile").arg(write(format!("{first}-trusted"), trusted)),
        };
        if case.sent.len() > 1 {
            command.arg("-untrusted").arg(write(format!("{first}-untrusted"), &case.sent[1..]));
        }
        let leaves: Vec<_> =
            self.0.iter().map(|at| write(format!("{at}-leaf"), &cases[*at].sent[..1])).collect();
        let output = command.args(&leaves).output().expect("openssl");
        let good = String::from_utf8_lossy(&output.stdout).into_owned();
        let wrong = String::from_utf8_lossy(&output.stderr).into_owned();
        let verdict = |(at, leaf): (&usize, &PathBuf)| {
            (*at, Verdict::of_openssl(&leaf.display().to_string(), &good, &wrong))
        };
        self.0.iter().zip(&leaves).map(verdict).collect()
    }
}

/// The command as far as it is the same for many chains.
///
/// A handshake sets the purpose, and the security level of Debian's library, and takes the given certificates alone for
/// trusted (`ssl_verify_cert_chain`). Qt sets neither `X509_V_FLAG_PARTIAL_CHAIN` nor `X509_V_FLAG_X509_STRICT`, and checks
/// host names by itself: this asks OpenSSL for them.
pub(super) fn asking(purpose: Purpose, host: Option<&str>) -> Command {
    let mut command = Command::new("openssl");
    command.args(["verify", "-no-CApath", "-no-CAstore", "-auth_level", "2"]);
    command.args(["-attime", &seconds(case::now()).to_string(), "-purpose"]);
    command.arg(match purpose {
        Purpose::Server => "sslserver",
        Purpose::Client => "sslclient",
    });
    if let Some(host) = host {
        let unbracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_address = unbracketed.parse::<std::net::IpAddr>().is_ok();
        let option = if is_address { "-verify_ip" } else { "-verify_hostname" };
        // A client looks for the name in the encoding of the DNS.
        let name =
            url::Host::parse(unbracketed).map_or_else(|_| unbracketed.to_owned(), |host| host.to_string());
        command.args([option, if is_address { unbracketed } else { &name }]);
    }
    command
}

/// Qt does not pass on what has expired.
fn trusted(case: &Case) -> Vec<Certificate> {
    let has_expired = |certificate: &&Certificate| {
        SslCertificate::from_der(&certificate.der).is_ok_and(|read| read.expiry_date() < case::now())
    };
    case.trusted.iter().filter(|certificate| !has_expired(certificate)).cloned().collect()
}

pub(super) fn pem(certificates: &[Certificate]) -> String {
    certificates
        .iter()
        .fold(String::new(), |text, certificate| text + &pem_of("CERTIFICATE", &certificate.der))
}

pub(super) fn pem_of(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).expect("ASCII"));
        pem.push('\n');
    }
    writeln!(pem, "-----END {label}-----").expect("a string");
    pem
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).expect("later").as_secs()
}

/// One for temporary files, which goes with them.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("slotwire-oracle-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
