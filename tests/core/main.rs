//! The object model through its public API, one fact a test.
#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

mod connection;
mod delete_later;
mod destroyed;
mod emissions;
mod event;
mod event_loop;
mod foreign_loop;
mod handle;
mod model;
mod prelude;
mod reentrancy;
mod remote;
mod sender;
mod signal;
mod signal_blocker;
mod signal_spy;
#[cfg(unix)]
mod socket_notifier;
mod support;
mod task;
mod thread;
mod timer;
mod timer_reentrancy;
mod tree;
