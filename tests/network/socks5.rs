//! SOCKS5, in every split.

use std::cell::RefCell;
use std::rc::Rc;

use slotwire::{NetworkProxy, ProxyType, SocketError, TcpSocket};

use super::proxy_conversation::Turn::{self, Again, Closes, Hears, Says};
use super::proxy_conversation::{Conversation, Cut, Proxy, refused};

/// Without authentication.
fn socks5() -> NetworkProxy {
    NetworkProxy::new(ProxyType::Socks5)
}

fn socks5_as(user: &str, password: &str) -> NetworkProxy {
    let mut proxy = socks5();
    proxy.set_user(user);
    proxy.set_password(password);
    proxy
}

const ASK: Turn = Hears(b"\x05\x01\x00\x03\x0btarget.test\x00\x51");
const DONE: Turn = Says(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x1f\x90");

#[test]
fn socks5_connects_in_every_split() {
    let by_name = |name, proxy, turns| Conversation {
        name,
        proxy,
        host: "target.test",
        answers: &[("joe", "secret")],
        turns,
        failure: None,
    };
    let no_methods = |turns: Vec<Turn>| [vec![Hears(b"\x05\x01\x00"), Says(b"\x05\x00")], turns].concat();
    let with_user = [Hears(b"\x05\x01\x02"), Says(b"\x05\x02"), Hears(b"\x01\x03joe\x06secret")];
    let conversations = [
        by_name("without authentication", socks5(), no_methods(vec![ASK, DONE])),
        by_name(
            "bound to an IPv6 address",
            socks5(),
            no_methods(vec![ASK, Says(b"\x05\x00\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\x01")]),
        ),
        by_name("bound to a name", socks5(), no_methods(vec![ASK, Says(b"\x05\x00\x00\x03\x01a\0\x01")])),
        by_name(
            "with user and password",
            socks5_as("joe", "secret"),
            [&with_user[..], &[Says(b"\x01\x00"), ASK, DONE]].concat(),
        ),
        by_name(
            "with a user whom nobody wants to know",
            socks5_as("joe", "secret"),
            vec![Hears(b"\x05\x01\x02"), Says(b"\x05\x00"), ASK, DONE],
        ),
        by_name(
            "with a user who is asked for",
            socks5(),
            [
                &[Hears(b"\x05\x01\x00"), Says(b"\x05\xff"), Again][..],
                &with_user[..],
                &[Says(b"\x01\x00"), ASK, DONE],
            ]
            .concat(),
        ),
        by_name(
            "with a user who is refused, and another",
            socks5_as("jim", "guess"),
            [
                &[Hears(b"\x05\x01\x02"), Says(b"\x05\x02"), Hears(b"\x01\x03jim\x05guess")][..],
                &[Says(b"\x01\x01"), Again],
                &with_user[..],
                &[Says(b"\x01\x00"), ASK, DONE],
            ]
            .concat(),
        ),
    ];
    for conversation in conversations {
        conversation.play_in_every_split();
    }
}

#[test]
fn socks5_names_addresses_as_addresses() {
    let rows: [(&str, &[u8]); 2] = [
        ("192.0.2.7", b"\x05\x01\x00\x01\xc0\x00\x02\x07\x00\x51"),
        ("2001:db8::1", b"\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x00\x51"),
    ];
    for (host, request) in rows {
        let turns = vec![Hears(b"\x05\x01\x00"), Says(b"\x05\x00"), Hears(request), DONE];
        let conversation =
            Conversation { name: host, proxy: socks5(), host, answers: &[], turns, failure: None };
        conversation.play(Cut::No);
    }
}

#[test]
fn what_a_socks5_proxy_refuses_fails_with_qts_errors() {
    use SocketError as E;
    let replies: [(&[u8], E, &str); 12] = [
        // Of a name, Dante means that it was not found.
        (b"\x05\x01\x00\x01\0\0\0\0\0\0", E::HostNotFound, "Host not found"),
        (b"\x05\x02\x00\x01\0\0\0\0\0\0", E::HostNotFound, "Host not found"),
        (b"\x05\x03\x00\x01\0\0\0\0\0\0", E::Network, "Network unreachable"),
        (b"\x05\x04\x00\x01\0\0\0\0\0\0", E::HostNotFound, "Host not found"),
        (b"\x05\x05\x00\x01\0\0\0\0\0\0", E::ConnectionRefused, "Connection refused"),
        (b"\x05\x06\x00\x01\0\0\0\0\0\0", E::Network, "TTL expired"),
        (b"\x05\x07\x00", E::UnsupportedSocketOperation, "SOCKSv5 command not supported"),
        (b"\x05\x08\x00", E::UnsupportedSocketOperation, "Address type not supported"),
        (b"\x05\x1f\x00", E::Unknown, "Unknown SOCKSv5 proxy error code 0x1f"),
        (b"\x04\x00\x00", E::ProxyProtocol, "SOCKS version 5 protocol error"),
        (b"\x05\x00\x01", E::ProxyProtocol, "SOCKS version 5 protocol error"),
        (b"\x05\x00\x00\x02", E::ProxyProtocol, "SOCKS version 5 protocol error"),
    ];
    for (reply, error, text) in replies {
        let turns = vec![Hears(b"\x05\x01\x00"), Says(b"\x05\x00"), ASK, Says(reply)];
        refused(text, socks5(), "target.test", turns, error, text).play_in_every_split();
    }
    let of_addresses: [(&[u8], E, &str); 2] = [
        (b"\x05\x01\x00", E::Network, "General SOCKSv5 server failure"),
        (b"\x05\x02\x00", E::SocketAccess, "Connection not allowed by SOCKSv5 server"),
    ];
    for (reply, error, text) in of_addresses {
        let request = Hears(b"\x05\x01\x00\x01\xc0\x00\x02\x07\x00\x51");
        let turns = vec![Hears(b"\x05\x01\x00"), Says(b"\x05\x00"), request, Says(reply)];
        refused(text, socks5(), "192.0.2.7", turns, error, text).play(Cut::No);
    }
}

#[test]
fn a_socks5_proxy_that_does_not_know_the_user_fails_with_qts_errors() {
    let failed = "Proxy authentication failed";
    let rows = [
        (socks5(), vec![Hears(b"\x05\x01\x00"), Says(b"\x05\xff")], failed),
        (
            socks5_as("jim", "guess"),
            vec![
                Hears(b"\x05\x01\x02"),
                Says(b"\x05\x02"),
                Hears(b"\x01\x03jim\x05guess"),
                Says(b"\x01\x01"),
            ],
            failed,
        ),
    ];
    for (proxy, turns, text) in rows {
        let error = SocketError::ProxyAuthenticationRequired;
        refused("nobody answers", proxy, "target.test", turns, error, text).play_in_every_split();
    }
    let turns = vec![Hears(b"\x05\x01\x00"), Says(b"\x05\x01")];
    let text = "Proxy authentication failed: Socks5 host did not support authentication method.";
    refused("GSSAPI", socks5(), "target.test", turns, SocketError::SocketAccess, text).play(Cut::No);
    let turns = vec![Hears(b"\x05\x01\x00"), Says(b"\x05\x02")];
    refused("not offered", socks5(), "target.test", turns, SocketError::SocketAccess, text).play(Cut::No);
}

#[test]
fn credentials_that_a_socks5_proxy_has_refused_are_not_sent_again() {
    let conversation = Conversation {
        name: "the same again",
        proxy: socks5_as("joe", "secret"),
        host: "target.test",
        answers: &[("joe", "secret")],
        turns: vec![
            Hears(b"\x05\x01\x02"),
            Says(b"\x05\x02"),
            Hears(b"\x01\x03joe\x06secret"),
            Says(b"\x01\x01"),
        ],
        failure: Some((SocketError::ProxyAuthenticationRequired, "Proxy authentication failed")),
    };
    conversation.play(Cut::No);
}

#[test]
fn the_slot_that_a_socks5_proxy_asks_sees_who_was_refused() {
    let mut proxy = Proxy::new();
    let mut settings = NetworkProxy::with_host(ProxyType::Socks5, "127.0.0.1", proxy.port());
    settings.set_user("joe");
    settings.set_password("secret");
    let socket = TcpSocket::new();
    socket.set_proxy(settings);
    let refused = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&refused);
    socket.proxy_authentication_required().connect(move |(_, authenticator)| {
        seen.borrow_mut().push((authenticator.user(), authenticator.password()));
    });
    socket.connect_to_host("target.test", 81);
    proxy.hear(3);
    proxy.say(b"\x05\x02", Cut::No);
    proxy.hear(12);
    proxy.say(b"\x01\x01", Cut::No);
    proxy.hear_end();
    assert_eq!(*refused.borrow(), [("joe".to_owned(), "secret".to_owned())]);
}

#[test]
fn credentials_that_socks5_cannot_carry_are_not_sent() {
    let proxy = socks5_as(&"u".repeat(256), "");
    let turns = vec![Hears(b"\x05\x01\x02"), Says(b"\x05\x02")];
    let text = "Proxy authentication failed: User or password is too long.";
    let error = SocketError::ProxyAuthenticationRequired;
    refused("too long", proxy, "target.test", turns, error, text).play(Cut::No);
}

#[test]
fn a_socks5_proxy_that_leaves_fails_with_qts_error() {
    let rows = [
        vec![Hears(b"\x05\x01\x00"), Closes],
        vec![Hears(b"\x05\x01\x00"), Says(b"\x05"), Closes],
        vec![Hears(b"\x05\x01\x00"), Says(b"\x05\x00"), ASK, Says(b"\x05\x00\x00\x01"), Closes],
    ];
    for turns in rows {
        let text = "Connection to proxy closed prematurely";
        refused("leaves", socks5(), "target.test", turns, SocketError::ProxyConnectionClosed, text)
            .play(Cut::No);
    }
}
