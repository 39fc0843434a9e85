//! Qt's `tst_QWebSocketCorsAuthenticator`, function by function, and what the signal makes of the answers.

use slotwire::prelude::*;

use crate::support::{accepted_socket, listening_server, wait_for_end, wait_until};

/// `tst_QWebSocketCorsAuthenticator::tst_initialization`
#[test]
fn an_origin_is_allowed_at_first_and_a_copy_is_its_own() {
    for origin in ["", "Some origin"] {
        let authenticator = CorsAuthenticator::new(origin);
        assert_eq!((authenticator.origin(), authenticator.allowed()), (origin, true));
        let copy = authenticator.clone();
        copy.set_allowed(false);
        assert_eq!((copy.origin(), copy.allowed(), authenticator.allowed()), (origin, false, true));
        let mut assigned = CorsAuthenticator::new("other");
        assert_eq!(assigned.origin(), "other");
        assigned = copy.clone();
        copy.set_allowed(true);
        assert_eq!((assigned.origin(), assigned.allowed()), (origin, false));
        let moved = assigned;
        assert_eq!((moved.origin(), moved.allowed()), (origin, false));
    }
}

#[test]
fn the_last_slot_has_the_last_word() {
    for (answers, is_accepted) in [([false, true], true), ([true, false], false)] {
        let server = listening_server();
        for answer in answers {
            server.origin_authentication_required().connect(move |authenticator| {
                authenticator.set_allowed(answer);
            });
        }
        let client = WebSocket::with_origin("https://example.org");
        client.open(server.server_url());
        if is_accepted {
            wait_until("it is connected", || client.is_valid());
            assert_eq!(accepted_socket(server).origin(), "https://example.org");
        } else {
            wait_for_end(client);
            assert!(!server.has_pending_connections());
        }
    }
}

#[test]
fn a_queued_slot_comes_too_late() {
    let server = listening_server();
    server.origin_authentication_required().connect_with(ConnectionType::QUEUED, |authenticator| {
        assert_eq!(authenticator.origin(), "");
        authenticator.set_allowed(false);
    });
    let client = WebSocket::new();
    client.open(server.server_url());
    wait_until("it is connected", || client.is_valid());
}
