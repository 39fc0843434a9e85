//! The pages of the examples in a browser, with the servers of the examples.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::{Browser, Tab};
use crate::process::Server;

#[test]
fn two_tabs_chat_in_many_scripts() {
    Browser::run(|browser| {
        let mut server = Server::simple_chat();
        let ada = Guest::enter(browser, &server, "Ada");
        let kurt = Guest::enter(browser, &server, "Kurt");
        for _ in 0..2 {
            assert!(server.read_line().ends_with(" connected!\n"));
        }
        ada.say("Grüße, 世界, 🦀");
        kurt.hears("Ada: Grüße, 世界, 🦀");
        kurt.say("اهلا <b>&amp;</b>");
        ada.hears("Kurt: اهلا <b>&amp;</b>");
        // Each sees its own message once, as it is not sent back.
        let conversation = ["You are in the room.", "Ada: Grüße, 世界, 🦀", "Kurt: اهلا <b>&amp;</b>"];
        assert_eq!(ada.messages(), json!(conversation));
        assert_eq!(kurt.messages(), json!(conversation));
    });
}

#[test]
fn a_tab_that_is_reloaded_is_in_the_room_again() {
    Browser::run(|browser| {
        let mut server = Server::simple_chat();
        let ada = Guest::enter(browser, &server, "Ada");
        let kurt = Guest::enter(browser, &server, "Kurt");
        ada.tab.reload();
        ada.is_in();
        let log: Vec<_> = (0..4).map(|_| server.read_line()).collect();
        assert_eq!(log.iter().filter(|line| line.ends_with(" connected!\n")).count(), 3, "{log:?}");
        assert_eq!(log.iter().filter(|line| line.ends_with(" disconnected!\n")).count(), 1, "{log:?}");
        kurt.say("there you are");
        ada.hears("Kurt: there you are");
        assert_eq!(ada.messages(), json!(["You are in the room.", "Kurt: there you are"]));
    });
}

#[test]
fn a_chat_server_that_goes_away_is_seen_to_and_its_successor_is_found() {
    Browser::run(|browser| {
        let server = Server::simple_chat();
        let ada = Guest::enter(browser, &server, "Ada");
        let kurt = Guest::enter(browser, &server, "Kurt");
        let port = server.port.clone();
        drop(server);
        ada.hears("The connection has ended. Reload the page to come back.");
        kurt.hears("The connection has ended. Reload the page to come back.");
        let _server = Server::simple_chat_at(&port);
        for guest in [&ada, &kurt] {
            guest.tab.reload();
            guest.is_in();
        }
        ada.say("as if nothing had happened");
        kurt.hears("Ada: as if nothing had happened");
    });
}

#[test]
fn the_echo_page_gets_back_what_it_sends() {
    Browser::run(|browser| {
        let server = Server::quiet_echo();
        let page = echo_page(browser, &format!("ws://127.0.0.1:{}", server.port));
        // Every length that a frame has a form for, and more than goes into one.
        for size in [0, 1, 125, 126, 65535, 65536, 1 << 20, 16 << 20] {
            page.evaluate(&format!("byId('size').value = {size}; byId('bytes-form').requestSubmit()"));
            echoed(&page, &format!("{size} bytes"));
        }
        for text in ["", "Hello, world!", "Grüße, 世界, 🦀", "\\u0000"] {
            page.evaluate(&format!("byId('text').value = '{text}'; byId('text-form').requestSubmit()"));
            // As JavaScript counts.
            let length = page.evaluate("byId('text').value.length");
            echoed(&page, &format!("text of {length} characters"));
        }
        // 16 characters of 18 bytes
        page.evaluate("send('0123456789abcd✓\u{e9}'.repeat(1 << 20))");
        echoed(&page, &format!("text of {} characters", 16 << 20));

        page.evaluate("byId('connection').requestSubmit()");
        shows(&page, "disconnected, 1000 bye");
    });
}

#[test]
fn the_echo_page_connects_anew_when_it_is_reloaded_and_when_its_server_is_back() {
    Browser::run(|browser| {
        let server = Server::quiet_echo();
        let page = echo_page(browser, &format!("ws://127.0.0.1:{}", server.port));
        page.reload();
        shows(&page, "connected");
        let port = server.port.clone();
        drop(server);
        // A process that is killed says nothing: RFC 6455 §7.1.5.
        shows(&page, "disconnected, 1006 ");
        let _server = Server::quiet_echo_at(&port);
        page.evaluate("byId('connection').requestSubmit()");
        shows(&page, "connected");
        page.evaluate("byId('text-form').requestSubmit()");
        echoed(&page, "text of 13 characters");
    });
}

#[cfg(feature = "_tls")]
#[test]
fn the_echo_page_gets_back_what_it_sends_over_tls() {
    Browser::run(|browser| {
        let certificate = format!("{}/browser.pem", env!("CARGO_TARGET_TMPDIR"));
        let server = Server::ssl_echo_server(&certificate);
        let page = echo_page(browser, &format!("wss://localhost:{}", server.port));
        for size in [0, 1, 16 << 10, 16 << 20] {
            page.evaluate(&format!("byId('size').value = {size}; byId('bytes-form').requestSubmit()"));
            echoed(&page, &format!("{size} bytes"));
        }
        page.evaluate("send('Grüße, 世界, 🦀')");
        echoed(&page, "text of 13 characters");
        page.evaluate("byId('connection').requestSubmit()");
        shows(&page, "disconnected, 1000 bye");
    });
}

/// Somebody in the chat.
struct Guest<'b> {
    tab: Tab<'b>,
    name: &'static str,
}

impl<'b> Guest<'b> {
    fn enter(browser: &'b Browser, server: &Server, name: &'static str) -> Self {
        let guest = Self { tab: browser.open(&format!("http://127.0.0.1:{}/", server.port)), name };
        guest.is_in();
        guest
    }

    fn is_in(&self) {
        self.hears("You are in the room.");
    }

    fn say(&self, text: &str) {
        let (name, text) = (json!(self.name), json!(text));
        self.tab.evaluate(&format!(
            "byId('name').value = {name}; byId('text').value = {text}; byId('form').requestSubmit()"
        ));
    }

    #[track_caller]
    fn hears(&self, message: &str) {
        self.tab.wait_until(&format!("byId('messages').lastChild?.textContent === {}", json!(message)));
    }

    fn messages(&self) -> Value {
        self.tab.evaluate("Array.from(byId('messages').children, line => line.textContent)")
    }
}

fn echo_page<'b>(browser: &'b Browser, url: &str) -> Tab<'b> {
    let tab = echo_page_at(browser, url);
    shows(&tab, "connected");
    tab
}

fn echo_page_at<'b>(browser: &'b Browser, url: &str) -> Tab<'b> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/echo_client.html");
    browser.open(&format!("file://{}#{url}", page.display()))
}

/// Waits until that is the last line of the page's log.
#[track_caller]
fn shows(page: &Tab<'_>, line: &str) {
    page.wait_until(&format!("byId('log').lastChild?.textContent === {}", json!(line)));
}

#[track_caller]
fn echoed(page: &Tab<'_>, what: &str) {
    let line = json!(format!("{what}: as it was sent, after "));
    page.wait_until(&format!("byId('log').lastChild?.textContent.startsWith({line}) && sent.length === 0"));
}

#[cfg(feature = "_tls")]
#[test]
fn a_page_talks_to_a_server_that_is_trusted() {
    Browser::run_strictly(|browser| {
        let (server, closes) = crate::command_server::listen(true);
        // Who asks a browser for a certificate, as servers do by default, gets no connection of a page's.
        let mut configuration = server.ssl_configuration();
        configuration.set_peer_verify_mode(slotwire::PeerVerifyMode::None);
        server.set_ssl_configuration(configuration);
        let page = echo_page(browser, &format!("wss://localhost:{}", server.server_port()));
        page.evaluate("byId('text').value = 'Grüße, 世界, 🦀'; byId('text-form').requestSubmit()");
        echoed(&page, "text of 13 characters");
        page.evaluate("byId('connection').requestSubmit()");
        shows(&page, "disconnected, 1000 bye");
        crate::run_until("the server sees the end", || !closes.borrow().is_empty());
    });
}

#[cfg(feature = "_tls")]
#[test]
fn a_page_does_not_talk_to_a_server_that_nobody_knows() {
    Browser::run_strictly(|browser| {
        let (server, _closes) = crate::command_server::listen(true);
        server.set_ssl_configuration(crate::certificates::of_nobody());
        let alerts = slotwire::SignalSpy::new(server.alert_received());
        let page = echo_page_at(browser, &format!("wss://localhost:{}", server.server_port()));
        shows(&page, "disconnected, 1006 ");
        crate::run_until("the server is told why", || !alerts.is_empty());
        let (level, kind, _text) = alerts.take_first().unwrap();
        assert_eq!((level, kind), (slotwire::AlertLevel::Fatal, slotwire::AlertType::CERTIFICATE_UNKNOWN));
        assert!(!server.has_pending_connections());
    });
}
