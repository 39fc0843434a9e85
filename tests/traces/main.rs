//! Plays recorded scenarios and compares what happens with what happened with the real Qt. README.md says how.

#![cfg_attr(not(target_os = "linux"), allow(unused))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "this is a test")]

// The traces are of Qt on Linux, and so are the errors and the queues of its TCP in them.
#[cfg(target_os = "linux")]
mod differences;
#[cfg(target_os = "linux")]
mod driver;
#[cfg(target_os = "linux")]
mod peer;
#[cfg(target_os = "linux")]
mod rule;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod scenario;
#[cfg(target_os = "linux")]
mod script;
#[cfg(target_os = "linux")]
mod subject;
#[cfg(target_os = "linux")]
mod suite;
#[cfg(target_os = "linux")]
mod tls;
#[cfg(target_os = "linux")]
mod trace;

fn main() {
    #[cfg(target_os = "linux")]
    suite::main();
}
