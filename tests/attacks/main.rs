//! Hostile peers and careless programs: each test is one attack, and the figure or the fact that has to hold under it.
//!
//! What a peer of another kind than these can do wrong stands in `tests/websocket`. Nothing here sleeps or measures time:
//! what is bounded is bytes, calls, turns and depth. `SLOTWIRE_ATTACKS=long` plays each attack longer, for hours if need be.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed expectation is how a test says what it needed, and what was measured is told"
)]

#[cfg(feature = "_tls")]
#[allow(dead_code, reason = "shared with tests/websocket")]
#[path = "../websocket/identity.rs"]
mod identity;
#[allow(dead_code, reason = "shared with tests/websocket")]
#[path = "../websocket/journal.rs"]
mod journal;
#[allow(dead_code, reason = "shared with tests/websocket")]
#[path = "../websocket/peer.rs"]
mod peer;
#[cfg(feature = "_tls")]
#[allow(dead_code, reason = "shared with tests/websocket")]
#[path = "../websocket/relay.rs"]
mod relay;
#[allow(dead_code, reason = "shared with tests/websocket")]
#[path = "../websocket/support.rs"]
mod support;

#[cfg(feature = "deflate")]
mod compression;
mod credentials;
mod edges;
mod fairness;
mod half_close;
mod limits;
mod memory;
#[cfg(feature = "_tls")]
mod memory_tls;
mod opening;
mod panics;
mod reentrancy;
mod refusals;
mod scale;
mod scheme;
mod secrets;
mod slow_readers;
mod slow_senders;
mod stack;
#[cfg(feature = "_tls")]
mod tls_ignoring;
#[cfg(feature = "_tls")]
mod tls_interrupting;
#[cfg(feature = "_tls")]
mod tls_judging;
#[cfg(feature = "_tls")]
mod tls_random;
#[cfg(feature = "_tls")]
mod tls_resuming;
#[cfg(feature = "_tls")]
mod tls_trust;
