//! Servers and proxies that try to get a password.

use std::cell::Cell;

use slotwire::prelude::*;

use crate::peer::{Peer, PeerListener, header, response_to};
use crate::support::{wait_for_end, wait_until};

const DIGEST: &str = "Digest realm=\"a\", nonce=\"n\", qop=auth, algorithm=SHA-256";

/// A response of a server or a proxy that asks.
fn asking(status: u16, challenge: &str) -> String {
    let field = if status == 401 { "WWW-Authenticate" } else { "Proxy-Authenticate" };
    format!("HTTP/1.1 {status} No\r\n{field}: {challenge}\r\nContent-Length: 0\r\n\r\n")
}

/// The ways to fall back to Basic after Digest.
const FALL_BACKS: [&str; 5] = [
    "Basic realm=\"a\"",
    "Basic realm=\"a\", stale=true",
    "Basic realm=\"a\", stale=TRUE, nonce=\"n\"",
    "Digest realm=\"a\", nonce=\"n\", algorithm=unknown, Basic realm=\"a\"",
    "Negotiate, Basic realm=\"b\"",
];

#[test]
fn a_server_that_asked_for_digest_does_not_get_the_password_by_asking_for_basic() {
    for fall_back in FALL_BACKS {
        for in_url in [false, true] {
            let listener = PeerListener::new();
            let client = WebSocket::new();
            // A slot that answers whoever asks, with another password each time.
            let count = Cell::new(0);
            client.authentication_required().connect(move |authenticator| {
                count.set(count.get() + 1);
                authenticator.set_user("ada");
                authenticator.set_password(format!("lovelace{}", count.get()));
            });
            let credentials = if in_url { "ada:lovelace@" } else { "" };
            client.open(listener.url().replace("://", &format!("://{credentials}")));
            let mut peer = listener.accept();
            peer.read_head();
            peer.send(asking(401, DIGEST));
            let answer = header(&peer.read_head(), "Authorization").unwrap().to_owned();
            assert!(answer.starts_with("Digest ") && !answer.contains("lovelace"), "{answer}");
            peer.send(asking(401, fall_back));
            wait_for_end(client);
            peer.expect_end();
            assert_eq!(peer.take_received(), b"", "{fall_back}");
            client.delete();
        }
    }
}

#[test]
fn a_server_that_asks_for_basic_with_a_stale_nonce_is_not_told_again() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    let asked = SignalSpy::new(client.authentication_required());
    client.open(listener.url().replace("://", "://ada:lovelace@"));
    let mut peer = listener.accept();
    peer.read_head();
    peer.send(asking(401, "Basic realm=a"));
    assert!(header(&peer.read_head(), "Authorization").unwrap().starts_with("Basic "));
    peer.send(asking(401, "Basic realm=a, stale=true"));
    wait_for_end(client);
    assert_eq!(asked.len(), 1);
    peer.expect_end();
    assert_eq!(peer.take_received(), b"");
}

#[test]
fn a_server_that_says_that_its_nonce_was_stale_is_answered_with_digest_once() {
    let listener = PeerListener::new();
    let client = WebSocket::new();
    client.open(listener.url().replace("://", "://ada:lovelace@"));
    let mut peer = listener.accept();
    peer.read_head();
    peer.send(asking(401, DIGEST));
    peer.read_head();
    peer.send(asking(401, &format!("{DIGEST}, stale=true")));
    let request = peer.read_head();
    assert!(header(&request, "Authorization").unwrap().starts_with("Digest "));
    peer.send(response_to(&request));
    wait_until("connected", || client.is_valid());
}

#[test]
fn a_proxy_that_asked_for_digest_does_not_get_the_password_by_asking_for_basic() {
    for fall_back in FALL_BACKS {
        for knows in [false, true] {
            let listener = PeerListener::new();
            let mut proxy = NetworkProxy::with_host(ProxyType::Http, "127.0.0.1", listener.port());
            if knows {
                proxy.set_user("ada");
                proxy.set_password("lovelace");
            }
            let client = WebSocket::new();
            client.set_proxy(proxy);
            let count = Cell::new(0);
            client.proxy_authentication_required().connect(move |(_, authenticator)| {
                count.set(count.get() + 1);
                authenticator.set_user("ada");
                authenticator.set_password(format!("lovelace{}", count.get()));
            });
            client.open("ws://server.example/");
            let mut peer: Peer = listener.accept();
            peer.read_head();
            peer.send(asking(407, DIGEST));
            let answer = header(&peer.read_head(), "Proxy-Authorization").unwrap().to_owned();
            assert!(answer.starts_with("Digest ") && !answer.contains("lovelace"), "{answer}");
            peer.send(asking(407, fall_back));
            wait_for_end(client);
            peer.expect_end();
            assert_eq!(peer.take_received(), b"", "{fall_back}");
            client.delete();
        }
    }
}
