//! `SECURITY.md` promises nothing that no test shows.
#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::fs;
use std::path::PathBuf;

const REFERENCES: [&str; 2] = ["[`", "`]("];

fn read(path: &str) -> Option<String> {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

/// The entries of the lists below that heading, up to the next one of its level.
fn entries(text: &str, heading: &str) -> Vec<String> {
    let section = text.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let mut entries: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in section.lines() {
        if let Some(first) = line.strip_prefix("- ") {
            entries.push(first.to_owned());
            is_open = true;
        } else if let (Some(rest), true) = (line.strip_prefix("  "), is_open) {
            let entry = entries.last_mut().unwrap();
            entry.push(' ');
            entry.push_str(rest);
        } else {
            is_open = false;
        }
    }
    entries
}

/// The tests that an entry names, and in which file each is: `` [`test`](file) ``.
fn tests(entry: &str) -> Vec<(&str, &str)> {
    let [begin, middle] = REFERENCES;
    let parts = entry.split(begin).skip(1);
    parts
        .filter_map(|part| part.split_once(middle))
        .filter_map(|(name, rest)| Some((name, rest.split_once(')')?.0)))
        .collect()
}

fn has_test(file: &str, name: &str) -> bool {
    let Some(text) = read(file) else { return false };
    let Some(start) = text.find(&format!("fn {name}(")) else { return false };
    let attributes = text[..start].trim_end().rsplit("\n\n").next().unwrap_or_default();
    attributes.contains("#[test]")
}

#[test]
fn every_sentence_names_tests_that_exist() {
    let text = read("SECURITY.md").unwrap();
    for heading in ["What is promised", "What is not"] {
        let entries = entries(&text, heading);
        assert!(!entries.is_empty(), "{heading}");
        for entry in entries {
            let named = tests(&entry);
            assert!(!named.is_empty(), "this names no test: {entry}");
            for (name, file) in named {
                assert!(has_test(file, name), "{file} has no test {name}");
            }
        }
    }
}

#[test]
fn a_test_that_does_not_exist_is_missed() {
    assert!(has_test("tests/security.rs", "every_sentence_names_tests_that_exist"));
    assert!(!has_test("tests/security.rs", "has_test"), "it is no test");
    assert!(!has_test("tests/security.rs", "every_sentence"));
    assert!(!has_test("tests/nothing.rs", "every_sentence_names_tests_that_exist"));
    assert_eq!(tests("This. [`a`](tests/b.rs) [`c`](d.rs)"), [("a", "tests/b.rs"), ("c", "d.rs")]);
}
