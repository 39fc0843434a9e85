//! What the terminal and the window show: a connection to `simple_chat`, which is opened again whenever it is lost, and what
//! was said over it. It knows nothing of who shows it, and tells of every change by a signal.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use slotwire::prelude::*;
use url::Url;

/// More than that is forgotten, the oldest first.
const MAX_LINES: usize = 2000;
const LONGEST_DELAY: u32 = 30;
/// Seconds from ping to ping. A server that has not answered by the next one is taken for dead.
const HEARTBEAT: u32 = 5;

/// A line of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// What somebody has said, as it was sent: `name: text`.
    Theirs(String),
    /// What was said here.
    Mine(String),
    /// What happened to the connection.
    Notice(String),
}

#[derive(Clone, Copy)]
enum Link {
    Connecting,
    Connected { since_ping: u32, has_answered: bool, round_trip: Option<Duration> },
    Waiting { seconds: u32 },
}

pub(crate) struct ChatClient {
    url: Url,
    name: String,
    socket: WebSocket,
    link: Cell<Link>,
    /// Seconds to wait after the next failure.
    delay: Cell<u32>,
    lines: RefCell<VecDeque<Line>>,
    /// The lines or the status are others than before.
    pub(crate) changed: Emitter<()>,
}

/// The URL of a chat, as a user writes it. With one that `open` refuses, the client would be connecting for ever.
pub(crate) fn parse_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "ws" => Ok(url),
        _ => Err(format!("{text:?} is not a URL of a chat, as ws://localhost:1234 is one")),
    }
}

/// The arguments of the program. What is no text is shown as well as it can be.
pub(crate) fn arguments() -> Vec<String> {
    std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect()
}

impl ChatClient {
    pub(crate) fn new(url: Url, name: &str) -> Handle<Self> {
        let (socket, second) = (WebSocket::new(), Timer::new());
        let this = Handle::new(Self {
            url,
            name: name.to_owned(),
            socket,
            link: Cell::new(Link::Connecting),
            delay: Cell::new(1),
            lines: RefCell::default(),
            changed: Emitter::new(),
        });
        socket.set_parent(this);
        second.set_parent(this);
        socket.connected().connect_to(this, Self::on_connected);
        socket.text_message_received().connect_to(this, |this, text| this.add(Line::Theirs(text.to_owned())));
        socket.pong().connect_to(this, |this, (elapsed, _)| this.on_pong(elapsed));
        // Once for every `open` of such a URL, whether it had succeeded or not.
        socket.disconnected().connect_to(this, Self::on_disconnected);
        second.timeout().connect_to(this, Self::on_second);
        second.start(Duration::from_secs(1));
        this
    }

    pub(crate) fn open(&self) {
        self.set_link(Link::Connecting);
        self.socket.open(self.url.clone());
    }

    /// Says goodbye. The socket closes its connection when it is deleted, too, but does not wait for the answer then.
    pub(crate) fn close(&self) {
        self.socket.close_with(CloseCode::GoingAway, "");
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.socket.is_valid()
    }

    /// Says that to all the others; `false` if nobody can be reached.
    pub(crate) fn say(&self, text: &str) -> bool {
        let message = format!("{}: {text}", self.name);
        let is_sent = self.socket.send_text_message(&message) > 0;
        if is_sent {
            self.add(Line::Mine(message));
        }
        is_sent
    }

    /// How the connection is, in words.
    pub(crate) fn status(&self) -> String {
        let url = &self.url;
        match self.link.get() {
            Link::Connecting => format!("connecting to {url} …"),
            Link::Connected { round_trip: None, .. } => format!("connected to {url}"),
            Link::Connected { round_trip: Some(time), .. } => {
                format!("connected to {url}, {:.1} ms", time.as_secs_f64() * 1e3)
            }
            Link::Waiting { seconds } => format!("not connected, next attempt in {seconds} s"),
        }
    }

    /// Calls that with what was said, the oldest first.
    pub(crate) fn with_lines<R>(&self, f: impl FnOnce(&VecDeque<Line>) -> R) -> R {
        f(&self.lines.borrow())
    }

    fn on_connected(&self, (): ()) {
        self.delay.set(1);
        self.add(Line::Notice(format!("You are in the room, {}.", self.name)));
        self.ping(None);
    }

    fn on_disconnected(&self, (): ()) {
        let why = match self.socket.close_reason() {
            reason if reason.is_empty() => self.socket.error_string(),
            reason => reason,
        };
        // An attempt that fails is seen in the status; that the connection has ended belongs to the conversation.
        if matches!(self.link.get(), Link::Connected { .. }) {
            self.add(Line::Notice(format!("The connection has ended: {why}")));
        }
        let seconds = self.delay.replace((self.delay.get() * 2).min(LONGEST_DELAY));
        self.set_link(Link::Waiting { seconds });
    }

    fn on_second(&self, (): ()) {
        match self.link.get() {
            Link::Connecting => {}
            Link::Connected { since_ping, has_answered, round_trip } if since_ping + 1 < HEARTBEAT => {
                let since_ping = since_ping + 1;
                self.link.set(Link::Connected { since_ping, has_answered, round_trip });
            }
            Link::Connected { has_answered: false, .. } => self.socket.abort(),
            Link::Connected { round_trip, .. } => self.ping(round_trip),
            Link::Waiting { seconds: 0 | 1 } => self.open(),
            Link::Waiting { seconds } => self.set_link(Link::Waiting { seconds: seconds - 1 }),
        }
    }

    fn ping(&self, round_trip: Option<Duration>) {
        self.set_link(Link::Connected { since_ping: 0, has_answered: false, round_trip });
        self.socket.ping();
    }

    fn on_pong(&self, elapsed: Duration) {
        if let Link::Connected { since_ping, .. } = self.link.get() {
            self.set_link(Link::Connected { since_ping, has_answered: true, round_trip: Some(elapsed) });
        }
    }

    fn set_link(&self, link: Link) {
        self.link.set(link);
        self.changed.emit(());
    }

    fn add(&self, line: Line) {
        {
            let mut lines = self.lines.borrow_mut();
            if lines.len() == MAX_LINES {
                lines.pop_front();
            }
            lines.push_back(line);
        }
        self.changed.emit(());
    }
}
