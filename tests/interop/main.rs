//! slotwire against foreign implementations, both ways: their clients with our server, our client with their
//! servers, with and without TLS. `peers/README.md` says who they are, and how to run one by hand. Proxies, with both of
//! ours. A browser, which shows the pages of the examples and is driven by our client. And the `openssl` command.
//!
//! A peer that is not installed is left out, and a line on standard error says so; with
//! `SLOTWIRE_INTEROP=required` in the environment its tests fail instead. `setup.sh` installs all of them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is how a test says what it needed"
)]

mod browser;
#[cfg(feature = "_tls")]
mod certificates;
mod command_server;
mod peer;
#[path = "../examples/process.rs"]
mod process;

#[cfg(feature = "_tls")]
mod guide;
#[cfg(feature = "_tls")]
mod openssl;
mod our_client;
mod our_pages;
mod our_server;
mod proxies;

use std::time::{Duration, Instant};

use slotwire::Application;

const PATIENCE: Duration = Duration::from_secs(60);

/// Handles events until that is so.
#[track_caller]
fn run_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        if !Application::process_events() {
            std::thread::yield_now();
        }
    }
}

/// Makes each of these functions a test for each peer, with and without TLS.
macro_rules! test_with_each_peer {
    ($($test:ident,)+) => {
        test_with_each_peer! { websockets: crate::peer::Peer::WEBSOCKETS, $($test,)+ }
        test_with_each_peer! { ws: crate::peer::Peer::WS, $($test,)+ }
        test_with_each_peer! { qt: crate::peer::Peer::QT, $($test,)+ }
        #[cfg(feature = "_tls")]
        mod over_tls {
            use super::*;
            test_with_each_peer! { websockets: crate::peer::Peer::WEBSOCKETS.secure(), $($test,)+ }
            test_with_each_peer! { ws: crate::peer::Peer::WS.secure(), $($test,)+ }
            test_with_each_peer! { qt: crate::peer::Peer::QT.secure(), $($test,)+ }
        }
    };
    ($name:ident: $peer:expr, $($test:ident,)+) => {
        mod $name { $(#[test] fn $test() { ($peer).run(super::$test); })+ }
    };
}
use test_with_each_peer;
