//! Ours are the verdicts of OpenSSL and Qt, or they are listed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use super::case::Case;
use super::cases;
use super::ours::{JUDGES, Judge};
use super::verdict::{Record, Verdict, columns, lines, records};

/// Let in here, though OpenSSL or Qt refuses: nothing else is.
const LET_IN: &[&str] = &["key of the leaf: a point that is not on P-256"];

const HEAD: &str = "\
# The cases of which our verdict is not to be that of OpenSSL and Qt (verdicts.tsv), and why. Written by
# `cargo test --lib oracle::write_differences -- --ignored`; the reasons by hand.
# case\tjudge\tours\treason
";

/// Verdicts and reasons by case and judge.
type Differences = BTreeMap<(String, String), (Verdict, String)>;

/// Good only if it is to both. The kinds of errors matter if Qt reports them.
fn agrees(ours: &Verdict, record: &Record) -> bool {
    match &record.qt {
        Some(qt) if !qt.is_good() => ours == qt,
        _ => ours.is_good() == record.openssl.is_good(),
    }
}

fn is_laxer(ours: &Verdict, record: &Record) -> bool {
    ours.is_good() && !agrees(ours, record)
}

fn listed() -> Differences {
    lines(include_str!("differences.tsv"))
        .map(|line| {
            let [case, judge, ours, reason] = columns(line);
            ((case.to_owned(), judge.to_owned()), (Verdict(ours.to_owned()), reason.to_owned()))
        })
        .collect()
}

/// The differences of the judges that are compiled in.
static FOUND: LazyLock<Differences> = LazyLock::new(|| {
    let (cases, records) = (cases::all(), records());
    let find = |part: &[Case]| {
        let mut found = Differences::new();
        for (case, Judge { name, judge }) in
            part.iter().flat_map(|case| JUDGES.iter().map(move |judge| (case, judge)))
        {
            if let Some(ours) = judge(case).filter(|ours| !agrees(ours, &records[&case.name])) {
                found.insert((case.name.clone(), (*name).to_owned()), (ours, String::new()));
            }
        }
        found
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let parts = cases.chunks(cases.len().div_ceil(cores));
        let started: Vec<_> = parts.map(|part| scope.spawn(|| find(part))).collect();
        started.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
});

#[test]
fn ours_are_the_verdicts_of_openssl_and_qt_but_for_those_that_are_listed() {
    let (listed, found) = (listed(), &*FOUND);
    let is_compiled_in = |name: &str| JUDGES.iter().any(|judge| judge.name == name);
    let mut wrong = String::new();
    for (key, (ours, _)) in found {
        if listed.get(key).is_none_or(|(known, _)| known != ours) {
            writeln!(wrong, "{} ({}): {ours}", key.0, key.1).unwrap();
        }
    }
    for key in listed.keys().filter(|key| is_compiled_in(&key.1) && !found.contains_key(key)) {
        writeln!(wrong, "{} ({}): is listed, and does not differ", key.0, key.1).unwrap();
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Other than in Qt, where they name what was sent at that place.
#[cfg(feature = "_rustls")]
#[test]
fn errors_name_the_certificate_on_the_path_that_openssl_names() {
    use super::ours::errors_with_rustls;
    use crate::{SslErrorKind, SubjectInfo};
    let records = records();
    let (mut compared, mut wrong) = (0, String::new());
    for case in cases::all() {
        let Record { openssl, qt, .. } = &records[&case.name];
        let Some(errors) = errors_with_rustls(&case) else { continue };
        let kinds: Vec<_> = errors.iter().map(|error| format!("{:?}", error.kind())).collect();
        // OpenSSL begins with what is wrong with the chain, and so do those.
        let first = errors.iter().find(|error| error.kind() != SslErrorKind::HostNameMismatch);
        let (Some(first), Some((_, name))) =
            (first, openssl.0.split_whitespace().next().and_then(|error| error.split_once('=')))
        else {
            continue;
        };
        if qt.as_ref().is_none_or(|qt| qt.0 != kinds.join(" ")) {
            continue;
        }
        compared += 1;
        let named = first.certificate().map(|certificate| certificate.subject_info(SubjectInfo::CommonName));
        let named = named
            .and_then(|names| Some(names.last()?.replace(' ', "_").replace('\0', "\\00")))
            .unwrap_or_else(|| "-".to_owned());
        if named != name {
            writeln!(wrong, "{}: {named}, and to OpenSSL {name}", case.name).unwrap();
        }
    }
    assert!(compared > 200, "{compared}");
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_difference_has_a_reason() {
    for ((case, judge), (_, reason)) in listed() {
        assert!(!reason.is_empty(), "{case} ({judge})");
    }
}

#[test]
fn nobody_is_let_in_whom_openssl_or_qt_refuses() {
    let records = records();
    let is_laxer = |case: &str, ours: &Verdict| is_laxer(ours, &records[case]);
    let mut let_in: Vec<_> = FOUND
        .iter()
        .filter(|((case, _), (ours, _))| is_laxer(case, ours))
        .map(|((case, _), _)| case)
        .collect();
    let_in.dedup();
    let unlisted: Vec<_> = let_in.iter().filter(|case| !LET_IN.contains(&case.as_str())).collect();
    assert!(unlisted.is_empty(), "{unlisted:#?}");
}

#[test]
#[ignore = "writes differences.tsv"]
fn write_differences() {
    let mut listed = listed();
    let is_compiled_in = |name: &str| JUDGES.iter().any(|judge| judge.name == name);
    let mut found = FOUND.clone();
    for (key, (_, reason)) in &mut found {
        if let Some((_, known)) = listed.remove(key) {
            *reason = known;
        }
    }
    found.extend(listed.into_iter().filter(|((_, judge), _)| !is_compiled_in(judge)));
    let mut table = HEAD.to_owned();
    for ((case, judge), (ours, reason)) in found {
        writeln!(table, "{case}\t{judge}\t{ours}\t{reason}").unwrap();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::write(root.join("src/network/ssl/oracle/differences.tsv"), table).unwrap();
}
