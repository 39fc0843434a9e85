//! The functions that are fuzzed. They are those of the ordinary tests, which run each with a bounded number of inputs.

#[path = "../network/certificate_entries.rs"]
mod certificate_entries;
#[path = "../network/cookie_entry.rs"]
mod cookie_entry;
#[path = "../websocket_protocol/deflate_entries.rs"]
#[allow(dead_code, reason = "the ordinary tests use the rest of it")]
mod deflate_entries;
#[path = "../websocket_protocol/fuzz_entries.rs"]
mod fuzz_entries;
#[path = "../../src/http/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the crate uses the rest of it")]
mod http;
#[path = "../network/fuzz_entries.rs"]
mod network_entries;
#[path = "../network/proxy_entry.rs"]
mod proxy_entry;
mod soak;
#[path = "../websocket_protocol/support.rs"]
#[allow(dead_code, reason = "the ordinary tests use the rest of it")]
mod support;

pub use soak::run as soak;

/// Gives the input to the entry of that name; panics if that breaks a promise.
pub fn run(name: &str, input: &[u8]) {
    let mut entries = fuzz_entries::ENTRIES.iter().chain(network_entries::ENTRIES);
    let (_, entry) = entries.find(|(entry, _)| *entry == name).expect("there is such an entry");
    entry(input);
}
