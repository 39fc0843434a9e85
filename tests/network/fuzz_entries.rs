//! The places where certificates, keys and cookies come in, and what a proxy says, each as a function of arbitrary bytes that
//! fails if a promise is broken.
//!
//! `tests/fuzz` lets a fuzzer choose the bytes; `fuzzing`, beside this file, runs a bounded number in the ordinary tests.

#[cfg(feature = "_tls")]
use crate::certificate_entries::{certificate, key, pem};
use crate::cookie_entry::cookies;
use crate::proxy_entry::proxy_conversation;

pub(crate) type Entry = fn(&[u8]);

/// All of them, by name.
pub(crate) const ENTRIES: &[(&str, Entry)] = &[
    #[cfg(feature = "_tls")]
    ("certificate", certificate),
    ("cookies", cookies),
    #[cfg(feature = "_tls")]
    ("key", key),
    #[cfg(feature = "_tls")]
    ("pem", pem),
    ("proxy_conversation", proxy_conversation),
];
