//! An oracle of verdicts: chains of all kinds, good and bad, and what OpenSSL 3.0 and Qt 6.12 make of each. What is not let in
//! there is not let in here.
//!
//! | file | holds |
//! |---|---|
//! | `cases` | the chains, by what they are about |
//! | `case` | [`Case`](case::Case): the chain that was sent, the trusted certificates, and the purpose |
//! | `certificate`, `extension`, `name`, `key`, `der` | what certificates are put together from, right or wrong |
//! | `verdicts.tsv` | the verdicts of OpenSSL and of Qt, recorded |
//! | `differences.tsv` | where ours are to be others, and why |
//! | `verdict` | reads and writes those |
//! | `openssl` | asks the `openssl` command |
//! | `qt.py` | asks Qt, when verdicts are recorded |
//! | `ours` | asks our judges |
//! | `fuzz` | asks OpenSSL and ours about random chains |
//! | `differences` | holds ours to the verdicts, but for those that are listed |
//!
//! The verdicts are recorded anew, after a case was added or changed, by
//!
//! ```text
//! tests/interop/setup.sh
//! cargo test --lib oracle::record -- --ignored
//! ```
//!
//! and what ours are to be, after a judge or a verdict was changed, by `cargo test --lib oracle::write_differences -- --ignored`:
//! a line that is new there wants a reason.

mod case;
mod cases;
mod certificate;
mod der;
mod differences;
mod extension;
#[cfg(feature = "_rustls")]
mod fuzz;
mod key;
mod name;
mod openssl;
mod ours;
mod record;
mod verdict;

use std::collections::HashSet;
use std::io::Write;

use self::verdict::records;

/// Writes to the output of the tests.
fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

#[test]
fn there_are_cases_of_all_kinds_and_each_has_a_name_of_its_own() {
    use crate::network::ssl::certificate_chain::Purpose;
    let cases = cases::all();
    let of_clients = cases.iter().filter(|case| case.purpose == Purpose::Client).count();
    assert!(of_clients >= 40 && cases.len() - of_clients >= 300);
    let names: HashSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len());
}

#[test]
fn the_records_are_of_these_cases() {
    let cases = cases::all();
    let records = records();
    let stale =
        |case: &&case::Case| records.get(&case.name).is_none_or(|record| record.digest != case.digest());
    let stale: Vec<_> = cases.iter().filter(stale).map(|case| &case.name).collect();
    assert!(stale.is_empty(), "not recorded, or changed since: {stale:?}");
    assert_eq!(records.len(), cases.len(), "there are records of what is not there");
}

#[test]
fn openssl_says_what_was_recorded() {
    if !openssl::is_there() {
        return say("skipped: there is no openssl 3.0 here");
    }
    let cases = cases::all();
    let records = records();
    let verdicts = openssl::judge(&cases);
    let other: Vec<_> =
        cases.iter().zip(&verdicts).filter(|(case, said)| records[&case.name].openssl != **said).collect();
    assert!(
        other.is_empty(),
        "{:?}",
        other.iter().map(|(case, said)| (&case.name, said)).collect::<Vec<_>>()
    );
}
