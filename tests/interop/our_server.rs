//! Our server, with the clients of others.

use std::process::{Command, Output};
use std::thread;

use slotwire::prelude::*;

use crate::command_server;
use crate::peer::Peer;
use crate::test_with_each_peer;

test_with_each_peer! {
    their_client_passes_all_its_checks,
}

fn their_client_passes_all_its_checks(peer: Peer) {
    let (server, closes) = command_server::listen(peer.is_secure());
    let output = run(peer.client(server.server_url().as_str()));
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let closed = (CloseCode::from(4001), "going home ✓".to_owned());
    assert!(closes.borrow().contains(&closed), "the server saw {closes:?}");
}

/// Runs a process and, until it ends, the event loop of this thread.
fn run(mut command: Command) -> Output {
    let event_loop = EventLoopHandle::current();
    let process = thread::spawn(move || {
        let output = command.output();
        event_loop.quit();
        output
    });
    Application::exec();
    process.join().expect("it does not panic").expect("the interpreter has run before")
}
