//! What `cargo package` puts into the package: what users build, read and run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is how a test says what it needed"
)]

use std::path::Path;
use std::process::Command;

/// What is for readers, and what Cargo adds itself.
const OF_THE_ROOT: [&str; 9] = [
    ".cargo_vcs_info.json",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
];

/// Sources, and the pages that rustdoc and the examples take in.
const OF_FOLDERS: [&str; 3] = [".rs", ".md", ".html"];

/// Folders and files that have tests, fuzzing and recordings in them, wherever they stand.
const OF_TESTS: [&str; 6] = ["tests", "tests.rs", "oracle", "fuzz", "traces", "benches"];

fn packaged_files() -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["package", "--list", "--allow-dirty", "--offline", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|path| path.replace('\\', "/")).collect()
}

#[test]
fn the_package_has_sources_examples_and_what_is_to_be_read_and_nothing_else() {
    let files = packaged_files();
    for file in &files {
        let is_expected = match file.split_once('/') {
            None => OF_THE_ROOT.contains(&file.as_str()),
            Some(("src" | "examples", _)) => OF_FOLDERS.iter().any(|ending| file.ends_with(ending)),
            Some(_) => false,
        };
        assert!(is_expected, "{file} is shipped");
        let of_tests = file.split('/').find(|part| OF_TESTS.contains(part));
        assert_eq!(of_tests, None, "{file} is shipped");
    }
    for file in ["Cargo.toml", "LICENSE-MIT", "README.md", "examples/echo.rs", "src/lib.rs"] {
        assert!(files.iter().any(|shipped| shipped == file), "{file} is missing");
    }
}
