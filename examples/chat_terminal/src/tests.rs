//! What the screen shows, drawn into a buffer, with a server in the same loop.

use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use slotwire::prelude::*;
use slotwire::websocket::protocol::{HandshakeRequest, accept_key};
use url::Url;

use crate::chat_client::ChatClient;
use crate::view::{Action, View};

struct Screen {
    client: Handle<ChatClient>,
    view: View,
    terminal: Terminal<TestBackend>,
}

impl Screen {
    fn new(url: Url, width: u16, height: u16) -> Self {
        let client = ChatClient::new(url, "Ada");
        client.with(ChatClient::open);
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        Self { client, view: View::default(), terminal }
    }

    fn connected(server: WebSocketServer, width: u16, height: u16) -> (Self, WebSocket) {
        let screen = Self::new(server.server_url(), width, height);
        run_until(|| {
            screen.client.with(ChatClient::is_connected).unwrap() && server.has_pending_connections()
        });
        (screen, server.next_pending_connection().unwrap())
    }

    /// The rows, without the spaces at their ends.
    fn rows(&mut self) -> Vec<String> {
        self.client.with(|client| self.terminal.draw(|frame| self.view.draw(frame, client)).map(drop));
        let buffer = self.terminal.backend().buffer();
        let rows = buffer.content().chunks(buffer.area.width.into());
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned())
            .collect()
    }

    fn run_until_shown(&mut self, text: &str) {
        run_until(|| self.rows().iter().any(|row| row.contains(text)));
    }

    fn press(&mut self, code: KeyCode) -> Action {
        self.view.handle(&Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    fn write(&mut self, text: &str) {
        for character in text.chars() {
            self.press(KeyCode::Char(character));
        }
    }
}

fn run_until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain");
        if !Application::process_events() {
            std::thread::yield_now();
        }
    }
}

fn listening_server() -> WebSocketServer {
    let server = WebSocketServer::new("", SslMode::NonSecure);
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server
}

#[test]
fn what_is_said_is_seen_and_sent() {
    let (mut screen, peer) = Screen::connected(listening_server(), 60, 6);
    let received = SignalSpy::new(peer.text_message_received());
    screen.write("hello");
    assert_eq!(screen.rows()[4], "> hello");
    assert_eq!(screen.press(KeyCode::Enter), Action::Say("hello".to_owned()));
    assert_eq!(screen.client.with(|client| client.say("hello")), Some(true));
    run_until(|| received.len() == 1);
    assert_eq!(received.take(), ["Ada: hello"]);
    peer.send_text_message("Kurt: Grüße, 世界");
    screen.run_until_shown("Kurt");
    let rows = screen.rows();
    assert_eq!(rows[..2], ["You are in the room, Ada.", "Ada: hello"]);
    // The second half of a wide character is a cell of its own.
    assert_eq!(rows[2].replace(' ', ""), "Kurt:Grüße,世界");
    assert_eq!(rows[4], ">");
    assert!(rows[5].starts_with(" ●  connected to ws://127.0.0.1:"), "{rows:?}");
}

#[test]
fn a_long_line_is_wrapped_at_words_and_controls_nothing() {
    let (mut screen, peer) = Screen::connected(listening_server(), 20, 7);
    peer.send_text_message("Kurt: a line that is too long \u{1b}[2J\r\nfor it");
    screen.run_until_shown("too long");
    let rows = screen.rows();
    assert_eq!(rows[2..5], ["Kurt: a line that is", "too long  [2J  for", "it"]);
}

#[test]
fn who_has_scrolled_up_stays_there() {
    let (mut screen, peer) = Screen::connected(listening_server(), 60, 6);
    for number in 0..10 {
        peer.send_text_message(format!("Kurt: {number}"));
    }
    screen.run_until_shown("Kurt: 9");
    screen.press(KeyCode::PageUp);
    let above = screen.rows();
    assert_eq!(above[..4], ["Kurt: 2", "Kurt: 3", "Kurt: 4", "Kurt: 5"]);
    assert!(above[5].ends_with("4 more below"), "{above:?}");
    peer.send_text_message("Kurt: 10");
    screen.run_until_shown("5 more below");
    assert_eq!(screen.rows()[..4], above[..4]);
    screen.press(KeyCode::PageDown);
    screen.press(KeyCode::Down);
    assert_eq!(screen.rows()[3], "Kurt: 10");
    for _ in 0..100 {
        screen.press(KeyCode::Up);
    }
    assert_eq!(screen.rows()[0], "You are in the room, Ada.");
}

#[test]
fn a_narrow_terminal_tells_that_there_is_more_below() {
    let (mut screen, peer) = Screen::connected(listening_server(), 20, 4);
    for number in 0..5 {
        peer.send_text_message(format!("Kurt: {number}"));
    }
    screen.run_until_shown("Kurt: 4");
    screen.press(KeyCode::Up);
    assert_eq!(screen.rows()[3], " ●  co 1 more below");
}

#[test]
fn what_is_no_url_of_a_chat_is_refused() {
    for text in ["", "localhost:1234", "http://localhost:1234", "wss://localhost", "ws://", "--help"] {
        assert!(crate::chat_client::parse_url(text).is_err(), "{text}");
    }
    assert!(crate::chat_client::parse_url("ws://localhost:1234").is_ok());
}

#[test]
fn a_line_can_be_edited() {
    use KeyCode::{Backspace, Delete, End, Enter, Home, Left, Right};
    let mut screen = Screen::new(Url::parse("ws://127.0.0.1:1").unwrap(), 20, 6);
    screen.write("ello, word!");
    for (keys, text) in [
        (&[Home][..], "H"),
        (&[End, Left, Left], "l"),
        (&[Left, Right, Right, End, Backspace, Left, Right], "?"),
        (&[Home, Delete], "J"),
    ] {
        for key in keys {
            screen.press(*key);
        }
        screen.write(text);
    }
    assert_eq!(screen.press(Enter), Action::Say("Jello, world?".to_owned()));
    assert_eq!(screen.press(Enter), Action::None, "there is nothing to say");
    screen.view.handle(&Event::Paste("two\nlines".to_owned()));
    assert_eq!(screen.press(Enter), Action::Say("two lines".to_owned()));
    assert_eq!(screen.press(KeyCode::Esc), Action::Quit);
    // What is wider than the screen is seen around the cursor.
    screen.write("0123456789 0123456789 0123456789");
    assert_eq!(screen.rows()[4], "23456789 0123456789");
}

#[test]
fn a_connection_that_is_lost_comes_back() {
    let clock = VirtualClock::install();
    let server = listening_server();
    let (mut screen, peer) = Screen::connected(server, 60, 6);
    let port = server.server_port();
    server.close();
    peer.close_with(CloseCode::GoingAway, "restart");
    screen.run_until_shown("not connected, next attempt in 1 s");
    assert_eq!(screen.rows()[1], "The connection has ended: restart");
    assert_eq!(screen.client.with(|client| client.say("too early")), Some(false));
    clock.advance(Duration::from_secs(1));
    screen.run_until_shown("next attempt in 2 s");
    clock.advance(Duration::from_secs(1));
    screen.run_until_shown("next attempt in 1 s");

    server.listen(HostAddress::LocalHost, port).unwrap();
    clock.advance(Duration::from_secs(1));
    screen.run_until_shown("connected to ws://");
    assert_eq!(screen.rows()[2], "You are in the room, Ada.");
}

#[test]
fn a_server_that_does_not_answer_is_taken_for_dead() {
    let clock = VirtualClock::install();
    // It shakes hands, and that is all.
    let server = TcpServer::new();
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        socket.ready_read().connect_with(ConnectionType::DIRECT.single_shot(), move |()| {
            let request = HandshakeRequest::parse(&socket.read_all(), false).unwrap();
            let accept = accept_key(&request.key());
            socket
                .write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
            socket.write(&[b"Sec-WebSocket-Accept: ", &accept[..], b"\r\n\r\n"].concat());
        });
    });
    let url = Url::parse(&format!("ws://127.0.0.1:{}", server.server_port())).unwrap();
    let mut screen = Screen::new(url, 60, 6);
    screen.run_until_shown("connected to ws://");
    for _ in 0..5 {
        assert!(screen.client.with(ChatClient::is_connected).unwrap());
        clock.advance(Duration::from_secs(1));
        Application::process_events();
    }
    screen.run_until_shown("not connected");
}
