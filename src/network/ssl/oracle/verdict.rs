//! Verdicts: whether a chain is good, and what is wrong with it.

use std::collections::HashMap;
use std::fmt;

/// A verdict as it is written in the records: "OK", or the errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict(pub(super) String);

impl Verdict {
    pub(super) const GOOD: &'static str = "OK";
    /// A certificate cannot be read: there is no handshake.
    pub(super) const UNREADABLE: &'static str = "unreadable";

    pub(super) fn is_good(&self) -> bool {
        self.0 == Self::GOOD
    }

    /// Reads the command's output about that file: in `good`, "file: OK"; in `wrong`, the errors, each below the subject of its
    /// certificate, and then "error file: verification failed". Errors are kept by number, with their depth and that subject's
    /// common name: `20@0=leaf`.
    pub(super) fn of_openssl(file: &str, good: &str, wrong: &str) -> Self {
        if good.lines().any(|line| line.strip_suffix(": OK") == Some(file)) {
            return Self(Self::GOOD.to_owned());
        }
        let end = format!("error {file}: verification failed");
        let (mut errors, mut above) = (Vec::new(), "");
        for line in wrong.lines() {
            if line == end {
                return Self(errors.join(" "));
            }
            if line.ends_with(": verification failed") {
                errors.clear();
            }
            errors.extend(error_of_openssl(line, above));
            above = line;
        }
        Self(Self::UNREADABLE.to_owned())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a line like "error 18 at 0 depth lookup: self-signed certificate", and the one above: "O = Company, CN = leaf".
fn error_of_openssl(line: &str, above: &str) -> Option<String> {
    let (number, rest) = line.strip_prefix("error ")?.split_once(" at ")?;
    let (depth, _) = rest.split_once(' ')?;
    let name = above.rsplit_once("CN = ").map_or("-", |(_, name)| name);
    Some(format!("{number}@{depth}={}", name.replace(' ', "_")))
}

/// The record of a case.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) digest: String,
    pub(super) openssl: Verdict,
    /// `None` if Qt cannot be asked.
    pub(super) qt: Option<Verdict>,
}

/// The records by the names of their cases.
pub(super) fn records() -> HashMap<String, Record> {
    lines(include_str!("verdicts.tsv"))
        .map(|line| {
            let [name, digest, openssl, qt] = columns(line);
            let qt = (qt != "-").then(|| Verdict(qt.to_owned()));
            (name.to_owned(), Record { digest: digest.to_owned(), openssl: Verdict(openssl.to_owned()), qt })
        })
        .collect()
}

/// The lines that have content.
pub(super) fn lines(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

pub(super) fn columns<const N: usize>(line: &str) -> [&str; N] {
    let columns: Vec<_> = line.split('\t').collect();
    columns.try_into().unwrap_or_else(|_| panic!("{N} columns are expected in {line:?}"))
}
