//! Servers that want to know who asks: 401, credentials, and the request again.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha2::{Digest, Sha256};
use slotwire::prelude::*;

use crate::journal::Journal;
use crate::peer::{Peer, PeerListener, header, response_to};
use crate::support::{pass, settle, wait_for_end, wait_until};

const REFUSED: [&str; 4] = [
    "error_occurred(ConnectionRefused)",
    "state_changed(Unconnected)",
    "disconnected",
    "read_channel_finished",
];
const NO_CREDENTIALS: &str = "QWebSocket::processHandshake: Host requires authentication";

/// How a server says 401.
#[derive(Clone, Copy)]
struct Flavour {
    fields: &'static str,
    body: &'static str,
    /// Whether the next request comes on the same connection.
    kept: bool,
    /// Whether the server closes the connection.
    closes: bool,
}

const KEPT: Flavour = Flavour { fields: "Content-Length: 5\r\n", body: "body!", kept: true, closes: false };

/// Those of Qt's test.
const FLAVOURS_OF_QT: [Flavour; 5] = [
    KEPT,
    Flavour {
        fields: "Connection: close\r\nContent-Length: 5\r\n",
        body: "body!",
        kept: false,
        closes: true,
    },
    Flavour { fields: "Connection: close\r\n", body: "body!", kept: false, closes: true },
    Flavour { fields: "Connection: close\r\n", body: "", kept: false, closes: true },
    Flavour { fields: "Connection: keep-alive\r\n", body: "", kept: false, closes: false },
];

impl Flavour {
    fn response(self, challenge: &str) -> String {
        let Self { fields, body, .. } = self;
        format!("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\n{fields}\r\n{body}")
    }

    /// Says 401 and waits for the next request.
    fn refuse(self, listener: &PeerListener, mut peer: Peer, challenge: &str) -> (Peer, String) {
        peer.send(self.response(challenge));
        if self.closes {
            peer.shut_down_writing();
        }
        if !self.kept {
            peer = listener.accept();
        }
        let request = peer.read_head();
        (peer, request)
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn authorization(request: &str) -> Option<&str> {
    header(request, "Authorization")
}

/// A client that answers with one pair of credentials after the other, and then with none.
fn client_that_answers(answers: &[(&'static str, &'static str)]) -> (WebSocket, Journal) {
    let client = WebSocket::new();
    let journal = Journal::of(client);
    let answers = RefCell::new(VecDeque::from(answers.to_vec()));
    client.authentication_required().connect(move |authenticator| {
        if let Some((user, password)) = answers.borrow_mut().pop_front() {
            authenticator.set_user(user);
            authenticator.set_password(password);
        }
    });
    (client, journal)
}

/// A connection whose first request has arrived.
fn opened(client: WebSocket, path: &str) -> (PeerListener, Peer, String) {
    let listener = PeerListener::new();
    client.open(format!("{}{path}", listener.url()));
    let mut peer = listener.accept();
    let request = peer.read_head();
    (listener, peer, request)
}

/// `tst_QWebSocket::authenticationRequired`
#[test]
fn credentials_come_from_the_url_and_then_from_the_slot() {
    const GOOD: (&str, &str) = ("user", "password");
    const WRONG: (&str, &str) = ("user", "wrong");
    const OTHER: (&str, &str) = ("user", "other");
    type Credentials = (&'static str, &'static str);
    let rows: [(Option<Credentials>, &[Credentials]); 6] = [
        (Some(GOOD), &[]),
        (None, &[GOOD]),
        (Some(WRONG), &[GOOD]),
        (Some(WRONG), &[OTHER]),
        (None, &[]),
        (Some(WRONG), &[OTHER, GOOD]),
    ];
    for flavour in FLAVOURS_OF_QT {
        for (in_url, from_slot) in rows {
            let tried: Vec<_> = in_url.into_iter().chain(from_slot.iter().copied()).collect();
            let is_good = tried.last() == Some(&GOOD);
            let (client, journal) = client_that_answers(from_slot);
            let listener = PeerListener::new();
            let plain = listener.url();
            let url = match in_url {
                Some((user, password)) => plain.replace("ws://", &format!("ws://{user}:{password}@")),
                None => plain.clone(),
            };
            client.open(url.clone());
            let mut peer = listener.accept();
            let mut request = peer.read_head();
            assert_eq!(authorization(&request), None);
            assert_eq!(client.request_url().unwrap().as_str(), url);
            for (user, password) in &tried {
                (peer, request) = flavour.refuse(&listener, peer, "Basic realm=\"shadow\"");
                assert_eq!(authorization(&request), Some(basic(user, password).as_str()));
                assert_eq!(client.state(), SocketState::Connecting);
                assert_eq!(client.request_url().unwrap().as_str(), plain);
            }
            if is_good {
                peer.send(response_to(&request));
                wait_until("the client is connected", || client.is_valid());
            } else {
                peer.send(flavour.response("Basic realm=\"shadow\""));
                wait_for_end(client);
                assert_eq!(client.error_string(), NO_CREDENTIALS);
            }
            settle();

            let mut expected: Vec<String> = vec!["state_changed(Connecting)".into()];
            let mut refused: Vec<&str> = vec![];
            for round in 0..=tried.len() {
                let was_refused = round < tried.len() || !is_good;
                let tries_url = round == 0 && in_url.is_some();
                if was_refused && !tries_url {
                    let user = refused.last().copied().unwrap_or_default();
                    expected.push(format!("authentication_required(\"shadow\", {user:?})"));
                }
                if let Some((user, _)) = tried.get(round) {
                    refused.push(user);
                    if !flavour.kept {
                        expected.push("read_channel_finished".into());
                    }
                }
            }
            let end: &[&str] = if is_good { &["state_changed(Connected)", "connected"] } else { &REFUSED };
            expected.extend(end.iter().map(|entry| (*entry).to_owned()));
            assert_eq!(journal.take(), expected);
            client.delete();
        }
    }
}

#[test]
fn each_request_has_a_key_of_its_own() {
    let (client, _) = client_that_answers(&[("user", "password")]);
    let (listener, peer, first) = opened(client, "");
    let (mut peer, second) = KEPT.refuse(&listener, peer, "Basic");
    assert_ne!(header(&first, "Sec-WebSocket-Key"), header(&second, "Sec-WebSocket-Key"));
    assert_eq!(first.lines().count() + 1, second.lines().count());
    peer.send(response_to(&second));
    wait_until("the client is connected", || client.is_valid());
}

#[test]
fn credentials_in_a_url_are_unescaped() {
    let client = WebSocket::new();
    let listener = PeerListener::new();
    client.open(listener.url().replace("ws://", "ws://us%40er%25:p%C3%A4ss%3Aword@"));
    let mut peer = listener.accept();
    peer.read_head();
    let (_, request) = KEPT.refuse(&listener, peer, "Basic charset=\"UTF-8\"");
    assert_eq!(authorization(&request), Some(basic("us@er%", "p\u{e4}ss:word").as_str()));
}

#[test]
fn credentials_with_a_percent_sign_that_begins_no_escape_were_not_escaped() {
    let client = WebSocket::new();
    let listener = PeerListener::new();
    client.open(listener.url().replace("ws://", "ws://us%65r:100%25%@"));
    let mut peer = listener.accept();
    peer.read_head();
    let (_, request) = KEPT.refuse(&listener, peer, "Basic");
    assert_eq!(authorization(&request), Some(basic("user", "100%25%").as_str()), "as QUrl takes them");
}

#[test]
fn a_request_that_is_sent_again_asks_for_the_same() {
    let client = WebSocket::new();
    let listener = PeerListener::new();
    client.open(format!(
        "{}/a/../b%7E?{{}}",
        listener.url().replace("ws://", "ws://user:pass@").trim_end_matches('/')
    ));
    let mut peer = listener.accept();
    let first = peer.read_head();
    assert!(first.starts_with("GET /a/../b~?%7B%7D HTTP/1.1\r\n"), "{first}");
    let (_, second) = KEPT.refuse(&listener, peer, "Basic");
    assert_eq!(first.lines().next(), second.lines().next());
    assert_eq!(authorization(&second), Some(basic("user", "pass").as_str()));
}

#[test]
fn an_authorization_of_the_request_gives_way_once_the_server_asks() {
    let (client, _) = client_that_answers(&[("user", "password")]);
    let listener = PeerListener::new();
    let mut request = NetworkRequest::new(listener.url());
    request.set_raw_header("Authorization", "Bearer abc");
    client.open(request);
    let mut peer = listener.accept();
    assert_eq!(header(&peer.read_head(), "authorization"), Some("Bearer abc"));
    let (_, request) = KEPT.refuse(&listener, peer, "Basic");
    assert_eq!(authorization(&request), Some(basic("user", "password").as_str()));
    assert_eq!(header(&request, "authorization"), None);
}

/// What a server computes for itself (RFC 7616 §3.4.1).
fn digest_response<H: Digest>(answer: &str, password: &str) -> String {
    let value = |name: &str| {
        let (_, rest) = answer.split_once(&format!("{name}=")).unwrap();
        rest.trim_start_matches('"').split(['"', ',']).next().unwrap().to_owned()
    };
    let hash = |text: String| -> String {
        H::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let secret = hash(format!("{}:{}:{password}", value("username"), value("realm")));
    let request = hash(format!("GET:{}", value("uri")));
    let parts = [&secret, &value("nonce"), &value("nc"), &value("cnonce"), "auth", &request];
    hash(parts.join(":"))
}

#[test]
fn digest_is_answered_for_the_request_target() {
    type Compute = fn(&str, &str) -> String;
    let rows: [(&str, Compute); 3] = [
        ("", digest_response::<Md5>),
        (", algorithm=MD5", digest_response::<Md5>),
        (", algorithm=SHA-256", digest_response::<Sha256>),
    ];
    for (algorithm, compute) in rows {
        let (client, _) = client_that_answers(&[("user", "password")]);
        let (listener, peer, _) = opened(client, "chat?room=1");
        let challenge = format!(
            "Basic realm=\"other\"\r\nWWW-Authenticate: Digest realm=\"shadow\", nonce=\"n\", qop=\"auth\"{algorithm}"
        );
        let (mut peer, request) = KEPT.refuse(&listener, peer, &challenge);
        let answer = authorization(&request).unwrap();
        let response = compute(answer, "password");
        assert!(answer.starts_with("Digest username=\"user\", realm=\"shadow\", nonce=\"n\""), "{answer}");
        assert!(answer.contains(", uri=\"/chat?room=1\""), "{answer}");
        assert!(answer.contains(&format!(", response=\"{response}\"")), "{answer}");
        peer.send(response_to(&request));
        wait_until("the client is connected", || client.is_valid());
    }
}

#[test]
fn a_stale_nonce_is_replaced_without_asking() {
    let (client, journal) = client_that_answers(&[("user", "password")]);
    let (listener, peer, _) = opened(client, "");
    let (peer, _) = KEPT.refuse(&listener, peer, "Digest realm=a, nonce=1, qop=auth");
    let (mut peer, request) = KEPT.refuse(&listener, peer, "Digest realm=a, nonce=2, qop=auth, stale=true");
    assert!(authorization(&request).unwrap().contains("nonce=\"2\""));
    // but not for ever
    peer.send(KEPT.response("Digest realm=a, nonce=3, qop=auth, stale=true"));
    wait_for_end(client);
    let asked = journal.take().iter().filter(|entry| entry.starts_with("authentication_required")).count();
    assert_eq!(asked, 2);
    assert_eq!(client.error_string(), NO_CREDENTIALS);
}

#[test]
fn a_challenge_that_is_not_known_fails_with_qts_text() {
    let text = |plural| {
        format!(
            "QWebSocketPrivate::processHandshake: Unsupported WWW-Authenticate challenge{plural} encountered."
        )
    };
    let rows = [
        ("WWW-Authenticate: Negotiate\r\n", text("")),
        ("WWW-Authenticate: Digest realm=a, nonce=b, algorithm=MD6\r\n", text("")),
        ("WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n", text("s")),
        ("", text("s")),
    ];
    for (fields, text) in rows {
        let (client, journal) = client_that_answers(&[("user", "password")]);
        let (_listener, mut peer, _) = opened(client, "");
        peer.send(format!("HTTP/1.1 401 Unauthorized\r\n{fields}Content-Length: 0\r\n\r\n"));
        wait_for_end(client);
        assert_eq!(client.error_string(), text);
        settle();
        assert_eq!(journal.take()[1..], REFUSED);
    }
}

#[test]
fn the_401_may_arrive_in_any_two_pieces() {
    let bodies = [
        ("Content-Length: 5\r\n", "body!"),
        ("Content-Length: 0\r\n", ""),
        ("Transfer-Encoding: chunked\r\n", "5;x=y\r\nbody!\r\n0\r\nTrailer: x\r\n\r\n"),
    ];
    for (fields, body) in bodies {
        let flavour = Flavour { fields, body, kept: true, closes: false };
        let response = flavour.response("Basic realm=\"shadow\"");
        for split in 1..response.len() {
            let (client, journal) = client_that_answers(&[("user", "password")]);
            let (_listener, mut peer, _) = opened(client, "");
            peer.send(&response[..split]);
            settle();
            peer.send(&response[split..]);
            let request = peer.read_head();
            assert_eq!(authorization(&request), Some(basic("user", "password").as_str()), "{split}");
            peer.send(response_to(&request));
            wait_until("the client is connected", || client.is_valid());
            assert!(!journal.contains("read_channel_finished"));
            client.abort();
            client.delete();
        }
    }
}

#[test]
fn what_does_not_end_or_goes_on_behind_its_end_is_left_for_a_new_connection() {
    let rows: [(&'static str, &'static str); 8] = [
        ("", "body"),
        ("Content-Length: many\r\n", "body"),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", "body!"),
        ("Content-Length: 99999999999\r\n", "body"),
        ("Content-Length: 4\r\n", "body and HTTP/1.1 200 OK\r\n\r\n"),
        ("Transfer-Encoding: gzip\r\nContent-Length: 4\r\n", "body"),
        ("Transfer-Encoding: chunked\r\n", "no chunk"),
        ("Transfer-Encoding: chunked\r\n", "fffffffff\r\n"),
    ];
    for (fields, body) in rows {
        let flavour = Flavour { fields, body, kept: false, closes: false };
        let (client, _) = client_that_answers(&[("user", "password")]);
        let (listener, peer, _) = opened(client, "");
        let (mut peer, request) = if body.starts_with("ffff") {
            let mut peer = peer;
            peer.send(flavour.response("Basic"));
            peer.send(vec![b'a'; 300 * 1024]);
            let mut peer = listener.accept();
            let request = peer.read_head();
            (peer, request)
        } else {
            flavour.refuse(&listener, peer, "Basic")
        };
        assert_eq!(authorization(&request), Some(basic("user", "password").as_str()), "{fields}");
        peer.send(response_to(&request));
        wait_until("the client is connected", || client.is_valid());
    }
}

#[test]
fn an_http_1_0_server_keeps_its_connection_only_if_it_says_so() {
    for (field, kept) in [("", false), ("Connection: keep-alive\r\n", true)] {
        let (client, _) = client_that_answers(&[("user", "password")]);
        let (listener, mut peer, _) = opened(client, "");
        peer.send(format!(
            "HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n{field}Content-Length: 0\r\n\r\n"
        ));
        if !kept {
            peer = listener.accept();
        }
        assert_eq!(authorization(&peer.read_head()), Some(basic("user", "password").as_str()));
    }
}

/// RFC 9112 §9.3.1: a client has to be ready for that at any time.
#[test]
fn a_connection_that_the_server_does_not_keep_is_replaced() {
    let ends: [fn(Peer); 2] = [drop, Peer::reset];
    for end in ends {
        // behind the next request, and within the body
        for cut in [0, 2] {
            let (client, journal) = client_that_answers(&[("user", "password")]);
            let (listener, mut peer, _) = opened(client, "");
            let response = KEPT.response("Basic realm=\"a\"");
            peer.send(&response[..response.len() - cut]);
            if cut == 0 {
                peer.read_head();
            } else {
                settle();
            }
            end(peer);
            let mut peer = listener.accept();
            let request = peer.read_head();
            assert_eq!(authorization(&request), Some(basic("user", "password").as_str()));
            peer.send(response_to(&request));
            wait_until("the client is connected", || client.is_valid());
            settle();
            assert_eq!(
                journal.take(),
                [
                    "state_changed(Connecting)",
                    "authentication_required(\"a\", \"\")",
                    "read_channel_finished",
                    "state_changed(Connected)",
                    "connected"
                ]
            );
        }
    }
}

#[test]
fn a_server_that_is_gone_when_the_client_reconnects_is_an_error() {
    let (client, journal) = client_that_answers(&[("user", "password")]);
    let (listener, mut peer, _) = opened(client, "");
    drop(listener);
    peer.send(FLAVOURS_OF_QT[1].response("Basic realm=\"a\""));
    wait_for_end(client);
    settle();
    assert_eq!(
        journal.take()[2..],
        [
            "read_channel_finished",
            "state_changed(Unconnected)",
            "disconnected",
            "error_occurred(ConnectionRefused)"
        ]
    );
}

#[test]
fn a_body_that_does_not_come_ends_with_the_time_for_the_handshake() {
    let clock = VirtualClock::install();
    let (client, journal) = client_that_answers(&[("user", "password")]);
    let (_listener, mut peer, _) = opened(client, "");
    let response = KEPT.response("Basic");
    peer.send(&response[..response.len() - 1]);
    settle();
    pass(&clock, Duration::from_secs(9));
    assert_eq!(client.state(), SocketState::Connecting);
    pass(&clock, Duration::from_secs(2));
    assert!(journal.contains("error_occurred(SocketTimeout)"));
    assert_eq!(client.state(), SocketState::Unconnected);
}

#[test]
fn a_person_may_take_its_time_to_answer() {
    let clock = Rc::new(VirtualClock::install());
    let client = WebSocket::new();
    let journal = Journal::of(client);
    let time = clock.clone();
    client.authentication_required().connect(move |authenticator| {
        pass(&time, Duration::from_secs(3600));
        authenticator.set_user("user");
    });
    let (_listener, mut peer, _) = opened(client, "");
    peer.send(KEPT.response("Basic"));
    let request = peer.read_head();
    assert_eq!(authorization(&request), Some(basic("user", "").as_str()));
    peer.send(response_to(&request));
    wait_until("the client is connected", || client.is_valid());
    assert!(!journal.contains("error_occurred(SocketTimeout)"));
}

#[test]
fn a_body_that_arrives_while_the_slot_waits_is_read_after_it() {
    let client = WebSocket::new();
    let listener = PeerListener::new();
    client.open(listener.url());
    let peer = Rc::new(RefCell::new(listener.accept()));
    peer.borrow_mut().read_head();
    let sender = peer.clone();
    client.authentication_required().connect(move |authenticator| {
        sender.borrow_mut().try_send(b"body!");
        settle();
        authenticator.set_user("user");
    });
    let head = KEPT.response("Basic").replace("body!", "");
    assert!(peer.borrow_mut().try_send(head.as_bytes()) > 0);
    wait_until("the client asks again", || {
        let received = String::from_utf8(peer.borrow_mut().take_received()).unwrap();
        received.contains(&basic("user", ""))
    });
}

#[test]
fn the_slot_may_do_anything_to_its_socket() {
    type Deed = fn(WebSocket, &str);
    let deeds: [(&str, Deed); 10] = [
        ("delete", |client, _| client.delete()),
        ("delete later", |client, _| client.delete_later()),
        ("abort", |client, _| client.abort()),
        ("close", |client, _| client.close()),
        ("open", |client, url| client.open(url)),
        ("abort and open", |client, url| {
            client.abort();
            client.open(url);
        }),
        ("open something invalid", |client, _| client.open("nonsense")),
        ("a nested loop", |_, _| settle()),
        ("a nested loop that deletes", |client, _| {
            Application::invoke_later(move || client.delete());
            settle();
        }),
        ("a nested loop that opens", |client, url| {
            let url = url.to_owned();
            Application::invoke_later(move || client.open(url));
            settle();
        }),
    ];
    for flavour in FLAVOURS_OF_QT {
        for (what, deed) in deeds {
            for in_signal in ["authentication_required", "read_channel_finished"] {
                let client = WebSocket::new();
                let (listener, mut peer, _) = opened(client, "");
                let url = listener.url();
                let done = Rc::new(Cell::new(false));
                if in_signal == "read_channel_finished" {
                    let done = done.clone();
                    client.read_channel_finished().connect(move |()| {
                        if !done.replace(true) {
                            deed(client, &url);
                        }
                    });
                    client.authentication_required().connect(|authenticator| authenticator.set_user("user"));
                } else {
                    client.authentication_required().connect(move |authenticator| {
                        authenticator.set_user("user");
                        deed(client, &url);
                    });
                }
                peer.send(flavour.response("Basic"));
                settle();
                done.set(true);
                if client.is_alive() {
                    client.abort();
                    assert_eq!(client.state(), SocketState::Unconnected, "{what} in {in_signal}");
                    client.delete();
                }
                settle();
                assert_eq!(Application::dump_objects(), "", "{what} in {in_signal}");
            }
        }
    }
}

#[test]
fn a_queued_slot_comes_too_late() {
    let client = WebSocket::new();
    client.authentication_required().connect_with(ConnectionType::QUEUED, |authenticator| {
        assert_eq!(authenticator.realm(), "a");
        authenticator.set_user("user");
    });
    let (_listener, mut peer, _) = opened(client, "");
    peer.send(KEPT.response("Basic realm=a"));
    wait_for_end(client);
    assert_eq!(client.error_string(), NO_CREDENTIALS);
}
