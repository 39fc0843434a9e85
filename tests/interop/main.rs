//! slotwire against foreign implementations, both ways: their clients with our server, our client with their
//! servers. `peers/README.md` says who they are, and how to run one by hand. And a browser, which shows the pages of
//! the examples and is driven by our client.
//!
//! A peer that is not installed is left out, and a line on standard error says so; with
//! `SLOTWIRE_INTEROP=required` in the environment its tests fail instead. `setup.sh` installs all of them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is how a test says what it needed"
)]

mod browser;
mod command_server;
mod peer;
#[path = "../examples/process.rs"]
mod process;

mod our_client;
mod our_pages;
mod our_server;

/// Makes each of these functions a test for each peer.
macro_rules! test_with_each_peer {
    ($($test:ident,)+) => {
        mod websockets { $(#[test] fn $test() { crate::peer::Peer::Websockets.run(super::$test); })+ }
        mod ws { $(#[test] fn $test() { crate::peer::Peer::Ws.run(super::$test); })+ }
        mod qt { $(#[test] fn $test() { crate::peer::Peer::Qt.run(super::$test); })+ }
    };
}
use test_with_each_peer;
